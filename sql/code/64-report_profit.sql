/* sql/code/64-report_profit.sql: what orders have earned */

CREATE TYPE oms_internal.profit AS (
    change integer,
    order_id bigint,
    line_no integer,
    sku_id bigint,
    day date,
    channel_id integer,
    customer_id bigint,
    orders integer,
    purchases integer,
    shipments integer,
    uncosted_shipments integer,
    unvalued_orders integer,
    units oms.quantity,
    returned oms.quantity,
    unvalued oms.quantity,
    net_sales bigint,
    net_revenue bigint,
    shipping bigint,
    restocking_fees bigint,
    cost bigint,
    payment_fees bigint,
    marketplace_fees bigint,
    shipping_cost bigint
);
COMMENT ON TYPE oms_internal.profit IS 'What an order (line 0) or a line has earned, in minor units of the base currency. Units are those sold of an order, and those that have left of a line. Change -1 takes back what was counted';

/*
 * What orders have earned is what the ledger says of them, each posting at the
 * value that it has there. Orders of which it has nothing, and which are no
 * sale, are not counted. It has nothing of goods whose cost has no value: for
 * want of a rate, if they were received at a cost in another currency.
 */
CREATE OR REPLACE FUNCTION oms_internal.order_profit(order_ids bigint[]) RETURNS SETOF oms_internal.profit
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 900
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH sale AS MATERIALIZED (
        SELECT s.order_id, sum(s.orders)::integer AS orders, sum(s.units) AS units, sum(s.returned) AS returned,
               coalesce(sum(s.net_sales_base), 0)::bigint AS net_sales, bool_or(s.net_sales_base IS NULL) AS unvalued
        FROM oms_internal.order_sales(order_ids) AS s
        GROUP BY s.order_id
    ), books AS MATERIALIZED (
        SELECT e.order_id, bool_or(e.base_amount IS NULL) AS unvalued,
               - sum(minor(e.base_amount)) FILTER (WHERE e.account IN ('revenue', 'discounts', 'returns')) AS net_revenue,
               - sum(minor(e.base_amount)) FILTER (WHERE e.account = 'shipping_income') AS shipping,
               - sum(minor(e.base_amount)) FILTER (WHERE e.account = 'restocking_fees') AS restocking_fees,
               sum(minor(e.base_amount)) FILTER (WHERE e.account = 'cost_of_goods_sold') AS cost,
               sum(minor(e.base_amount)) FILTER (WHERE e.account = 'payment_fees') AS payment_fees,
               sum(minor(e.base_amount)) FILTER (WHERE e.account = 'marketplace_fees') AS marketplace_fees,
               sum(minor(e.base_amount)) FILTER (WHERE e.account = 'freight_out') AS shipping_cost
        FROM oms.ledger_entries AS e
        WHERE e.order_id = ANY (order_ids)
              AND e.account IN ('revenue', 'discounts', 'returns', 'shipping_income', 'restocking_fees', 'cost_of_goods_sold',
                                'payment_fees', 'marketplace_fees', 'freight_out')
        GROUP BY e.order_id
    ), shipped AS MATERIALIZED (
        SELECT s.order_id, count(*)::integer AS shipments, count(*) FILTER (WHERE s.cost IS NULL)::integer AS uncosted
        FROM oms.shipments AS s
        WHERE s.order_id = ANY (order_ids)
        GROUP BY s.order_id
    ), unrated AS MATERIALIZED (
        SELECT DISTINCT m.order_id
        FROM oms.stock_movements AS m
        WHERE m.order_id = ANY (order_ids) AND m.kind = 'shipment' AND m.value IS NULL
              AND EXISTS (SELECT FROM oms.stock_movements AS r
                          WHERE r.sku_id = m.sku_id AND r.movement_id < m.movement_id AND r.value IS NULL
                                AND r.unit_cost IS NOT NULL AND currency_of(r.unit_cost) <> (SELECT oms_internal.base_currency()))
    )
    SELECT 1, o.order_id, 0, NULL::bigint, (o.placed_at AT TIME ZONE z.time_zone)::date, o.channel_id, o.customer_id,
           coalesce(s.orders, 0),
           CASE WHEN EXISTS (SELECT FROM oms.order_links AS k WHERE k.linked_order_id = o.order_id) THEN 0 ELSE coalesce(s.orders, 0) END,
           coalesce(h.shipments, 0), coalesce(h.uncosted, 0),
           (coalesce(s.unvalued, false) OR coalesce(b.unvalued, false) OR u.order_id IS NOT NULL)::integer,
           coalesce(s.units, '0'), coalesce(s.returned, '0'), '0'::quantity, coalesce(s.net_sales, 0),
           coalesce(b.net_revenue, 0)::bigint, coalesce(b.shipping, 0)::bigint, coalesce(b.restocking_fees, 0)::bigint,
           coalesce(b.cost, 0)::bigint, coalesce(b.payment_fees, 0)::bigint, coalesce(b.marketplace_fees, 0)::bigint,
           coalesce(b.shipping_cost, 0)::bigint
    FROM (SELECT oms_internal.report_time_zone() AS time_zone) AS z
    CROSS JOIN oms.orders AS o
    LEFT JOIN sale AS s ON s.order_id = o.order_id
    LEFT JOIN books AS b ON b.order_id = o.order_id
    LEFT JOIN shipped AS h ON h.order_id = o.order_id
    LEFT JOIN unrated AS u ON u.order_id = o.order_id
    WHERE o.order_id = ANY (order_ids) AND (s.order_id IS NOT NULL OR b.order_id IS NOT NULL OR h.order_id IS NOT NULL)
$$;
COMMENT ON FUNCTION oms_internal.order_profit(bigint[]) IS 'What orders have earned, for reports';

/*
 * What their lines have earned: the units that have left at their price, less
 * what was credited, and what became gift cards. What goods of an order have
 * cost, less what came back of them, is shared by the units of lines that are
 * still outside; where none is, by all that have left.
 */
CREATE OR REPLACE FUNCTION oms_internal.line_profit(order_ids bigint[]) RETURNS SETOF oms_internal.profit
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 3000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH restocked AS MATERIALIZED (
        SELECT i.order_id, i.line_no, sum(i.quantity) AS units
        FROM oms.return_inspections AS i
        WHERE i.order_id = ANY (order_ids) AND i.disposition = 'restock'
        GROUP BY i.order_id, i.line_no
    ), line AS MATERIALIZED (
        SELECT l.order_id, l.line_no, l.sku_id, (o.placed_at AT TIME ZONE z.time_zone)::date AS day, o.channel_id, l.shipped,
               coalesce(r.units, '0') AS restocked, o.currency, z.base_currency,
               CASE WHEN o.currency <> z.base_currency THEN o.base_rate * amount_from_minor(1, o.currency)::numeric END AS base_rate,
               CASE WHEN l.shipped > '0'
                    THEN oms_internal.minor_share(
                             minor(extended_price(l.unit_price, q.units, o.currency) - oms_internal.amount_part(l.discount, q.units, l.quantity))
                             - coalesce(minor(oms_internal.amount_part(l.included_tax, q.units, l.quantity)), 0), '0', l.shipped, q.units)
                         - coalesce(oms_internal.minor_share(
                                        minor(oms_internal.amount_part(l.order_discount, q.units, l.quantity)), '0', l.shipped, q.units), 0)
                    ELSE 0 END AS revenue
        FROM (SELECT oms_internal.report_time_zone() AS time_zone,
                     oms_internal.base_currency() AS base_currency) AS z
        CROSS JOIN oms.orders AS o
        JOIN oms.order_lines AS l ON l.order_id = o.order_id
        LEFT JOIN restocked AS r ON r.order_id = l.order_id AND r.line_no = l.line_no
        CROSS JOIN LATERAL (SELECT l.quantity - l.cancelled AS units) AS q
        WHERE o.order_id = ANY (order_ids)
    ), credit AS MATERIALIZED (
        SELECT l.order_id, l.line_no, sum(minor(l.goods) - minor(l.discount)) AS goods
        FROM oms.invoices AS i
        JOIN oms.invoice_lines AS l ON l.order_id = i.order_id AND l.invoice_no = i.invoice_no
        WHERE i.order_id = ANY (order_ids) AND i.kind = 'credit_note'
        GROUP BY l.order_id, l.line_no
    ), card AS MATERIALIZED (
        SELECT c.order_id, c.line_no,
               oms_internal.minor_share(c.minor, (c.until - c.issued)::quantity, c.until::quantity, c.whole::quantity) AS minor
        FROM (SELECT a.order_id, a.line_no, a.issued, e.minor, sum(a.issued) OVER (w ORDER BY a.line_no) AS until,
                     sum(a.issued) OVER w AS whole
              FROM (SELECT a.order_id, a.line_no, sum(minor(s.amount)) AS issued
                    FROM oms.stored_value_accounts AS a
                    JOIN oms.stored_value_entries AS s ON s.account_id = a.account_id AND s.kind = 'issue'
                    WHERE a.order_id = ANY (order_ids) AND a.kind = 'gift_card'
                    GROUP BY a.order_id, a.line_no) AS a
              JOIN (SELECT e.order_id, sum(minor(e.base_amount))::bigint AS minor
                    FROM oms.ledger_entries AS e
                    WHERE e.order_id = ANY (order_ids) AND e.kind = 'stored_value' AND e.account = 'revenue'
                    GROUP BY e.order_id) AS e ON e.order_id = a.order_id
              WINDOW w AS (PARTITION BY a.order_id)) AS c
    ), moved AS MATERIALIZED (
        SELECT m.order_id, m.sku_id, - sum(minor(m.value)) AS cost,
               coalesce(sum(- m.quantity) FILTER (WHERE m.value IS NULL AND m.kind = 'shipment'), '0') AS unvalued
        FROM oms.stock_movements AS m
        WHERE m.order_id = ANY (order_ids) AND m.kind IN ('shipment', 'return')
        GROUP BY m.order_id, m.sku_id
    ), taken AS MATERIALIZED (
        SELECT t.*, CASE WHEN sum(t.outside) OVER w > 0 THEN t.outside ELSE t.units END AS weight
        FROM (SELECT r.order_id, r.line_no, r.sku_id, sum(r.quantity)::numeric AS units,
                     sum(r.quantity)::numeric * (1 - l.restocked::numeric / l.shipped::numeric) AS outside
              FROM oms.reservations AS r
              JOIN line AS l ON l.order_id = r.order_id AND l.line_no = r.line_no
              WHERE r.order_id = ANY (order_ids) AND r.status = 'consumed' AND l.shipped > '0'
              GROUP BY r.order_id, r.line_no, r.sku_id, l.restocked, l.shipped) AS t
        WINDOW w AS (PARTITION BY t.order_id, t.sku_id)
    ), cost AS MATERIALIZED (
        SELECT s.order_id, s.line_no, sum(round(s.cost * s.until / s.whole) - round(s.cost * (s.until - s.weight) / s.whole)) AS cost,
               sum(round(s.unvalued * s.until / s.whole, 6)::quantity - round(s.unvalued * (s.until - s.weight) / s.whole, 6)::quantity)
                   AS unvalued
        FROM (SELECT t.order_id, t.line_no, t.weight, coalesce(m.cost, 0) AS cost, m.unvalued::numeric AS unvalued,
                     sum(t.weight) OVER (w ORDER BY t.line_no) AS until, sum(t.weight) OVER w AS whole
              FROM taken AS t
              JOIN moved AS m ON m.order_id = t.order_id AND m.sku_id = t.sku_id
              WINDOW w AS (PARTITION BY t.order_id, t.sku_id)) AS s
        GROUP BY s.order_id, s.line_no
    )
    SELECT 1, l.order_id, l.line_no, l.sku_id, l.day, l.channel_id, NULL::bigint, 0, 0, 0, 0, 0, l.shipped, l.restocked,
           coalesce(c.unvalued, '0'), 0::bigint, v.value - coalesce(g.minor, 0), 0::bigint, 0::bigint, coalesce(c.cost, 0)::bigint,
           0::bigint, 0::bigint, 0::bigint
    FROM line AS l
    LEFT JOIN credit AS r ON r.order_id = l.order_id AND r.line_no = l.line_no
    LEFT JOIN card AS g ON g.order_id = l.order_id AND g.line_no = l.line_no
    LEFT JOIN cost AS c ON c.order_id = l.order_id AND c.line_no = l.line_no
    CROSS JOIN LATERAL (
        SELECT coalesce(CASE WHEN l.currency = l.base_currency THEN (l.revenue - coalesce(r.goods, 0))::bigint
                             ELSE minor(amount((l.revenue - coalesce(r.goods, 0)) * l.base_rate, l.base_currency)) END, 0) AS value) AS v
    WHERE l.shipped > '0' OR v.value <> coalesce(g.minor, 0)
$$;
COMMENT ON FUNCTION oms_internal.line_profit(bigint[]) IS 'What lines of orders have earned, for reports';

/* What was counted of orders: rows as order_profit() and line_profit() have given them. */
CREATE OR REPLACE FUNCTION oms_internal.counted_profit(order_ids bigint[]) RETURNS SETOF oms_internal.profit
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 4000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT 1, o.order_id, 0, NULL::bigint, o.day, o.channel_id, o.customer_id, o.orders, o.purchases, o.shipments,
           o.uncosted_shipments, o.unvalued_orders, o.units, o.returned, '0'::quantity, o.net_sales, o.net_revenue, o.shipping,
           o.restocking_fees, o.cost, o.payment_fees, o.marketplace_fees, o.shipping_cost
    FROM oms.profit_orders AS o
    WHERE o.order_id = ANY (order_ids)
    UNION ALL
    SELECT 1, l.order_id, l.line_no, l.sku_id, l.day, l.channel_id, NULL, 0, 0, 0, 0, 0, l.units, l.returned, l.unvalued, 0,
           l.net_revenue, 0, 0, l.cost, 0, 0, 0
    FROM oms.profit_lines AS l
    WHERE l.order_id = ANY (order_ids)
$$;
COMMENT ON FUNCTION oms_internal.counted_profit(bigint[]) IS 'What oms.profit_orders and oms.profit_lines have of orders';

CREATE OR REPLACE FUNCTION oms_internal.profit_changes(order_ids bigint[]) RETURNS SETOF oms_internal.profit
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 4000
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH now AS MATERIALIZED (
        SELECT * FROM oms_internal.order_profit(order_ids)
        UNION ALL
        SELECT * FROM oms_internal.line_profit(order_ids)
    ), before AS MATERIALIZED (
        SELECT * FROM oms_internal.counted_profit(order_ids)
    )
    (SELECT * FROM now EXCEPT SELECT * FROM before)
    UNION ALL
    SELECT - b.change, b.order_id, b.line_no, b.sku_id, b.day, b.channel_id, b.customer_id, - b.orders, - b.purchases,
           - b.shipments, - b.uncosted_shipments, - b.unvalued_orders, - b.units, - b.returned, - b.unvalued, - b.net_sales,
           - b.net_revenue, - b.shipping, - b.restocking_fees, - b.cost, - b.payment_fees, - b.marketplace_fees, - b.shipping_cost
    FROM (SELECT * FROM before EXCEPT SELECT * FROM now) AS b
$$;
COMMENT ON FUNCTION oms_internal.profit_changes(bigint[]) IS 'What orders have earned that is not counted, and what was counted and is so no more, negative';

CREATE OR REPLACE FUNCTION oms_internal.unread_profit() RETURNS SETOF oms_internal.profit
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 900
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.*
    FROM oms_internal.order_batches(oms_internal.unread_orders()) AS b(order_ids)
    CROSS JOIN LATERAL oms_internal.profit_changes(b.order_ids) AS c
$$;
COMMENT ON FUNCTION oms_internal.unread_profit() IS 'The same of the orders that the job roll_up_reports has not looked at yet';

CREATE OR REPLACE FUNCTION oms_internal.count_profit(order_ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_changes CONSTANT oms_internal.profit[] := ARRAY(SELECT c FROM oms_internal.profit_changes(order_ids) AS c);
BEGIN
    IF cardinality(v_changes) = 0 THEN
        RETURN;
    END IF;
    PERFORM oms_internal.count_customers(v_changes);
    DELETE FROM oms.profit_orders AS o
    USING unnest(v_changes) AS c
    WHERE c.change < 0 AND c.line_no = 0 AND o.order_id = c.order_id;
    DELETE FROM oms.profit_lines AS l
    USING unnest(v_changes) AS c
    WHERE c.change < 0 AND c.line_no > 0 AND (l.order_id, l.line_no) = (c.order_id, c.line_no);
    INSERT INTO oms.profit_orders (order_id, day, channel_id, customer_id, orders, purchases, shipments, uncosted_shipments,
                                   unvalued_orders, units, returned, net_sales, net_revenue, shipping, restocking_fees, cost,
                                   payment_fees, marketplace_fees, shipping_cost)
    SELECT c.order_id, c.day, c.channel_id, c.customer_id, c.orders, c.purchases, c.shipments, c.uncosted_shipments,
           c.unvalued_orders, c.units, c.returned, c.net_sales, c.net_revenue, c.shipping, c.restocking_fees, c.cost,
           c.payment_fees, c.marketplace_fees, c.shipping_cost
    FROM unnest(v_changes) AS c
    WHERE c.change > 0 AND c.line_no = 0;
    INSERT INTO oms.profit_lines (order_id, line_no, sku_id, day, channel_id, units, returned, unvalued, net_revenue, cost)
    SELECT c.order_id, c.line_no, c.sku_id, c.day, c.channel_id, c.units, c.returned, c.unvalued, c.net_revenue, c.cost
    FROM unnest(v_changes) AS c
    WHERE c.change > 0 AND c.line_no > 0;
    INSERT INTO oms.profit_days AS d (day, channel_id, orders, counted, shipments, uncosted_shipments, unvalued_orders, net_sales,
                                      net_revenue, shipping, restocking_fees, cost, payment_fees, marketplace_fees, shipping_cost)
    SELECT c.day, c.channel_id, sum(c.orders), sum(c.change), sum(c.shipments), sum(c.uncosted_shipments), sum(c.unvalued_orders),
           sum(c.net_sales), sum(c.net_revenue), sum(c.shipping), sum(c.restocking_fees), sum(c.cost), sum(c.payment_fees),
           sum(c.marketplace_fees), sum(c.shipping_cost)
    FROM unnest(v_changes) AS c
    WHERE c.line_no = 0
    GROUP BY c.day, c.channel_id
    ON CONFLICT (day, channel_id) DO UPDATE
    SET orders = d.orders + excluded.orders, counted = d.counted + excluded.counted, shipments = d.shipments + excluded.shipments,
        uncosted_shipments = d.uncosted_shipments + excluded.uncosted_shipments,
        unvalued_orders = d.unvalued_orders + excluded.unvalued_orders, net_sales = d.net_sales + excluded.net_sales,
        net_revenue = d.net_revenue + excluded.net_revenue, shipping = d.shipping + excluded.shipping,
        restocking_fees = d.restocking_fees + excluded.restocking_fees, cost = d.cost + excluded.cost,
        payment_fees = d.payment_fees + excluded.payment_fees, marketplace_fees = d.marketplace_fees + excluded.marketplace_fees,
        shipping_cost = d.shipping_cost + excluded.shipping_cost;
    INSERT INTO oms.profit_skus AS s (month, sku_id, channel_id, counted, units, returned, unvalued, net_revenue, cost)
    SELECT date_trunc('month', c.day::timestamp)::date, c.sku_id, c.channel_id, sum(c.change), sum(c.units), sum(c.returned),
           sum(c.unvalued), sum(c.net_revenue), sum(c.cost)
    FROM unnest(v_changes) AS c
    WHERE c.line_no > 0
    GROUP BY 1, c.sku_id, c.channel_id
    ON CONFLICT (month, sku_id, channel_id) DO UPDATE
    SET counted = s.counted + excluded.counted, units = s.units + excluded.units, returned = s.returned + excluded.returned,
        unvalued = s.unvalued + excluded.unvalued, net_revenue = s.net_revenue + excluded.net_revenue, cost = s.cost + excluded.cost;
END
$$;
COMMENT ON FUNCTION oms_internal.count_profit(bigint[]) IS 'Bring what is counted of profit and customers to what some orders have earned by now';
