/* sql/code/48-replenishment_explain.sql: why so much is ordered, or nothing */

CREATE OR REPLACE FUNCTION oms_internal.replenishment_policies_of(
    sku_id bigint, location_id integer, OUT service text, OUT review_days text, OUT lead_time_days text, OUT reorder_point text,
    OUT order_up_to text, OUT max_stock text, OUT order_cost text, OUT origin text
)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (array_agg(p.code ORDER BY p.n) FILTER (WHERE num_nonnulls(p.service_level, p.fill_rate) > 0))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE p.review_days IS NOT NULL))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE p.lead_time_days IS NOT NULL))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE p.reorder_point IS NOT NULL))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE p.order_up_to IS NOT NULL))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE p.max_stock IS NOT NULL))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE p.order_cost IS NOT NULL))[1],
           (array_agg(p.code ORDER BY p.n) FILTER (WHERE num_nonnulls(p.supplier_id, p.from_location_id) > 0))[1]
    FROM (SELECT p.*, row_number() OVER (ORDER BY p.sku_id IS NULL, p.location_id IS NULL, length(p.category::text) DESC NULLS LAST) AS n
          FROM oms.replenishment_policies AS p
          JOIN oms.skus AS s ON s.sku_id = $1
          LEFT JOIN oms.products AS r ON r.product_id = s.product_id
          WHERE p.active AND coalesce(p.sku_id, $1) = $1 AND coalesce(p.location_id, $2) = $2
                AND (p.category IS NULL OR starts_with(r.category::text || '.', p.category::text || '.'))) AS p
$$;
COMMENT ON FUNCTION oms_internal.replenishment_policies_of(bigint, integer) IS 'Which policies say what of a SKU at a location, by code';

/* A row a number on the way from the forecast to the order; what is null is left out. */
CREATE OR REPLACE FUNCTION oms_internal.explain_replenishment(
    sku_id bigint, location_id integer, OUT n integer, OUT item text, OUT value text, OUT note text
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 20
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT i.n, i.item, i.value, i.note
    FROM oms.reorder_points AS r
    JOIN oms.replenishment_terms AS t ON t.sku_id = r.sku_id AND t.location_id = r.location_id
    JOIN oms.stock_positions AS k ON k.sku_id = r.sku_id AND k.location_id = r.location_id
    CROSS JOIN oms_internal.replenishment_policies_of($1, $2) AS p
    LEFT JOIN oms.forecasts AS f ON f.sku_id = r.sku_id AND f.location_id = r.location_id
    LEFT JOIN oms.dependent_demand AS h ON h.sku_id = r.sku_id AND h.location_id = r.location_id
    LEFT JOIN oms.suppliers AS u ON u.supplier_id = t.supplier_id
    LEFT JOIN oms.supplier_skus AS x ON x.supplier_id = t.supplier_id AND x.sku_id = r.sku_id
    LEFT JOIN oms.locations AS g ON g.location_id = t.from_location_id
    LEFT JOIN oms.replenishment_needs AS d ON d.sku_id = r.sku_id AND d.location_id = r.location_id
    CROSS JOIN LATERAL (VALUES
        (1, 'source', coalesce(u.code, g.code), CASE WHEN g.code IS NOT NULL THEN 'a transfer' WHEN u.code IS NULL THEN 'nobody offers it' ELSE 'supplier' END
             || coalesce(', as policy "' || p.origin || '" says', CASE WHEN u.code IS NOT NULL THEN ', of the lowest rank, then cost' END, '')),
        (2, 'demand a day', round(r.daily_mean::numeric, 4)::text,
         coalesce('forecast of ' || f.starts_on || ', class ' || f.class || ', method ' || f.method, 'no forecast of its own')
             || coalesce('; ' || round(h.mean::numeric, 4) || ' of it by locations that are replenished from here', '')),
        (3, 'lead time, days', t.lead_time_days::text,
         CASE WHEN p.lead_time_days IS NOT NULL THEN format('policy "%s"', p.lead_time_days)
              WHEN g.code IS NOT NULL THEN 'of transfers' WHEN u.code IS NULL THEN 'nobody says'
              ELSE format('the supplier says %s; %s orders received here in the last year', x.lead_time_days, t.receipts) END),
        (4, 'its standard deviation', t.lead_time_sd_days::text, CASE WHEN x.sku_id IS NOT NULL THEN format('the supplier says %s', x.lead_time_sd_days) END),
        (5, 'review, days', t.review_days::text,
         coalesce('policy "' || p.review_days || '"',
                  CASE WHEN u.order_days IS NOT NULL THEN 'between the days on which the supplier takes orders' ELSE 'each night' END)),
        (6, 'demand until then', round(r.protection_mean::numeric, 4)::text, 'of lead time and review'),
        (7, CASE WHEN t.fill_rate IS NULL THEN 'service level' ELSE 'fill rate' END, coalesce(t.service_level, t.fill_rate)::text,
         coalesce('policy "' || p.service || '"', 'default')),
        (8, 'safety stock', CASE WHEN r.source = 'forecast' THEN (r.reorder_point::numeric - round(r.protection_mean::numeric, 4))::text END,
         'the reorder point less the demand until then'
             || CASE WHEN r.other_sd > 0 THEN format('; %s a standard deviation beside the forecast''s own', round(r.other_sd::numeric, 4)) ELSE '' END),
        (9, 'reorder point', r.reorder_point::text,
         CASE WHEN t.reorder_point IS NOT NULL THEN format('policy "%s"', p.reorder_point) ELSE r.source END),
        (10, 'order quantity', r.order_quantity::text,
         CASE WHEN t.order_cost IS NULL THEN 'demand of a week, or of the review if that is longer'
              ELSE format('economic, or a price break: an order costs %s (policy "%s"), holding %s of the cost a year', t.order_cost, p.order_cost, t.holding_rate) END),
        (11, 'order-up-to level', r.order_up_to::text,
         CASE WHEN t.order_up_to IS NOT NULL THEN format('policy "%s"', p.order_up_to) ELSE 'reorder point and order quantity' END
             || CASE WHEN r.order_up_to = t.max_stock THEN format('; at most %s, policy "%s"', t.max_stock, p.max_stock) ELSE '' END),
        (12, 'on hand', k.on_hand::text, NULL), (13, 'reserved', k.reserved::text, NULL), (14, 'waited for', k.backordered::text, 'by orders'),
        (15, 'incoming', k.incoming::text, NULL), (16, 'position', k."position"::text, 'on hand - reserved - waited for + incoming'),
        (17, 'due', CASE WHEN d.due THEN 'yes' WHEN NOT d.due THEN 'no' END, 'whether the position has fallen to the reorder point'),
        (18, 'need', d.need::text, 'up to the order-up-to level'),
        (19, 'quantity', d.quantity::text,
         format('packs of %s', t.pack_size) || CASE WHEN t.min_quantity > '0' THEN format(', at least %s', t.min_quantity) ELSE '' END
             || coalesce(', at most ' || t.max_quantity::text, '')),
        (20, 'unit cost', oms_internal.supplier_cost(t.supplier_id, r.sku_id, d.quantity)::text, 'below all price breaks ' || x.cost::text)
    ) AS i(n, item, value, note)
    WHERE r.sku_id = $1 AND r.location_id = $2 AND (i.value IS NOT NULL OR i.n = 1)
$$;
COMMENT ON FUNCTION oms_internal.explain_replenishment(bigint, integer) IS 'The numbers that a proposal is made of';

CREATE OR REPLACE FUNCTION oms_internal.replenishment_alternatives(
    sku_id bigint, location_id integer, OUT item text, OUT value text, OUT note text
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 5
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH own AS MATERIALIZED (
        SELECT n.need, n.supplier_id, n.from_location_id FROM oms.replenishment_needs AS n WHERE n.sku_id = $1 AND n.location_id = $2
    ), other AS (
        SELECT 1 AS kind, 'transfer' AS item, l.code AS value,
               CASE WHEN l.location_id = o.from_location_id THEN 'a policy wants it'
                    WHEN n.surplus <= '0' THEN 'has nothing beyond its own order-up-to level'
                    WHEN n.surplus < o.need THEN format('can give %s, which is not all that is needed', n.surplus)
                    WHEN o.from_location_id IS NOT NULL THEN format('can give %s, but a policy wants another', n.surplus)
                    ELSE format('can give %s, which comes before buying', n.surplus) END AS note
        FROM own AS o
        JOIN oms.replenishment_needs AS n ON n.sku_id = $1 AND n.location_id <> $2
        JOIN oms.locations AS l ON l.location_id = n.location_id
        UNION ALL
        SELECT 2, 'supplier', u.code,
               CASE WHEN o.supplier_id = u.supplier_id THEN 'preferred'
                    WHEN o.supplier_id IS NULL THEN 'not asked, as it is transferred'
                    ELSE 'another is preferred' END
                   || format(': rank %s, %s a unit, %s days', x."rank", x.cost, x.lead_time_days)
        FROM own AS o
        JOIN oms.supplier_skus AS x ON x.sku_id = $1
        JOIN oms.suppliers AS u ON u.supplier_id = x.supplier_id
    )
    SELECT o.item, o.value, o.note FROM other AS o ORDER BY o.kind, o.value COLLATE "C"
$$;
COMMENT ON FUNCTION oms_internal.replenishment_alternatives(bigint, integer) IS 'Who else could give or sell, and why not';

CREATE OR REPLACE FUNCTION oms.explain_replenishment(sku text, location text, OUT item text, OUT value text, OUT note text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 30
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    v_sku_id bigint;
    v_location_id integer;
BEGIN
    PERFORM oms_internal.require_codes(locations => ARRAY[location], skus => ARRAY[sku]);
    SELECT s.sku_id INTO v_sku_id FROM oms.skus AS s WHERE s.code = sku;
    SELECT l.location_id INTO v_location_id FROM oms.locations AS l WHERE l.code = location;
    RETURN QUERY SELECT e.item, e.value, e.note FROM oms_internal.explain_replenishment(v_sku_id, v_location_id) AS e ORDER BY e.n;
    RETURN QUERY SELECT a.item, a.value, a.note FROM oms_internal.replenishment_alternatives(v_sku_id, v_location_id) AS a;
    RETURN QUERY
    SELECT 'proposal'::text, p.proposal_id::text, concat_ws(', ', p.status, p.quantity::text || ' units', 'order on ' || p.order_on, p.note)
    FROM oms.replenishment_proposals AS p
    WHERE p.sku_id = v_sku_id AND p.location_id = v_location_id
    ORDER BY p.proposal_id DESC
    LIMIT 1;
END
$$;
COMMENT ON FUNCTION oms.explain_replenishment(text, text) IS 'How a SKU is replenished at a location: every number on the way to what is proposed, where it is from, who else could give or sell, and the last proposal';
