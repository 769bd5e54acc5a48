/* sql/code/38-cost.sql: what stock is worth */

CREATE OR REPLACE FUNCTION oms.revalue_stock(sku text, location text, unit_cost oms.amount, reason text,
                                             reference text DEFAULT NULL)
    RETURNS oms.amount
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_revalue_stock';
COMMENT ON FUNCTION oms.revalue_stock(text, text, oms.amount, text, text)
    IS 'Value all units of a SKU at a location anew, at a cost of one; returns what they are then worth in the base currency';

/* Invariants */

CREATE OR REPLACE FUNCTION oms_internal.check_cost_layers(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH layers AS (
        SELECT sku_id, location_id, sum(quantity::numeric) AS quantity, sum(further) AS further,
               count(*) FILTER (WHERE layer_id > 0) AS counted, count(*) FILTER (WHERE layer_id = 0) AS firsts,
               string_agg(quantity || coalesce(' worth ' || value::text, ''), ', ' ORDER BY layer_id)
                   FILTER (WHERE quantity::numeric < 0 OR minor(value) < 0 OR layer_id > 0 AND quantity::numeric = 0
                                 OR value IS NOT NULL AND quantity::numeric = 0) AS wrong
        FROM oms.cost_layers
        GROUP BY sku_id, location_id
    )
    SELECT 'layers of cost have what is on hand', oms_internal.stock_name(sku_id, location_id),
           coalesce(s.on_hand, 0)::text, coalesce(l.quantity, 0)::text
    FROM layers l
         FULL JOIN (SELECT sku_id, location_id, sum(on_hand::numeric) AS on_hand
                    FROM oms.stock_levels
                    GROUP BY sku_id, location_id) AS s USING (sku_id, location_id)
    WHERE coalesce(l.quantity, 0) <> coalesce(s.on_hand, 0)
    UNION ALL
    SELECT 'layers of cost are counted by their first', oms_internal.stock_name(sku_id, location_id),
           format('%s first, %s further', firsts, further), format('%s first, %s further', 1, counted)
    FROM layers
    WHERE firsts <> 1 OR further <> counted
    UNION ALL
    SELECT 'a layer of cost has units or no value', oms_internal.stock_name(sku_id, location_id), 'units above 0', wrong
    FROM layers
    WHERE wrong IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.check_cost_layers() IS 'Invariant: layers of cost have the units on hand per SKU and location; nothing is negative';

CREATE OR REPLACE FUNCTION oms_internal.check_stock_values(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH base AS (
        SELECT coalesce((SELECT ('0 ' || value)::oms.amount FROM oms.settings WHERE name = 'base_currency'),
                        '0 EUR') AS amount
    )
    SELECT v.invariant, oms_internal.stock_name(sku_id, location_id),
           oms_internal.minor_text(v.expected, base.amount), oms_internal.minor_text(v.found, base.amount)
    FROM (SELECT sku_id, location_id, sum(minor(value)) AS layers
          FROM oms.cost_layers
          GROUP BY sku_id, location_id) AS l
         FULL JOIN (SELECT sku_id, location_id, sum(minor(value)) AS movements
                    FROM oms.stock_movements
                    GROUP BY sku_id, location_id) AS m USING (sku_id, location_id)
         FULL JOIN (SELECT sku_id, location_id, sum(minor(base_amount)) AS entries
                    FROM oms.ledger_entries
                    WHERE account = 'inventory'
                    GROUP BY sku_id, location_id) AS e USING (sku_id, location_id),
         base,
         LATERAL (VALUES ('stock is worth what its movements were', coalesce(m.movements, 0), coalesce(l.layers, 0)),
                         ('stock is worth what the ledger says', coalesce(e.entries, 0), coalesce(l.layers, 0))
         ) AS v(invariant, expected, found)
    WHERE v.expected <> v.found
    UNION ALL
    SELECT 'goods in transit are worth what the ledger says', coalesce((SELECT s.code FROM oms.skus s WHERE s.sku_id = t.sku_id), 'SKU ' || t.sku_id),
           oms_internal.minor_text(t.entries, base.amount), oms_internal.minor_text(t.transfers, base.amount)
    FROM (SELECT sku_id, coalesce(e.entries, 0) AS entries, coalesce(t.transfers, 0) AS transfers
          FROM (SELECT sku_id, sum(minor(value)) AS transfers FROM oms.transfers GROUP BY sku_id) AS t
               FULL JOIN (SELECT sku_id, sum(minor(base_amount)) AS entries
                          FROM oms.ledger_entries
                          WHERE account = 'goods_in_transit'
                          GROUP BY sku_id) AS e USING (sku_id)) AS t,
         base
    WHERE t.entries <> t.transfers
    UNION ALL
    SELECT 'a transfer that has ended is worth nothing', 'transfer ' || transfer_id, '0', value::text
    FROM oms.transfers
    WHERE minor(value) <> 0 AND status <> 'in_transit' OR minor(value) < 0
$$;
COMMENT ON FUNCTION oms_internal.check_stock_values() IS 'Invariant: stock on hand and in transit is worth what its movements were and what the ledger says';
