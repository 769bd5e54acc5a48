/*
 * test/report/profit.sql: what orders have earned, reckoned in plain SQL from what
 * the ledger is written from, to be compared with the views
 *
 * Defines pg_temp.profit_differences(): orders, lines and sums of which views
 * say something else. Orders in other currencies may differ by a cent a
 * posting, as each is rounded.
 */
CREATE TEMPORARY VIEW reckoned_profit AS
WITH charge AS (
    SELECT c.order_id, sum(round(c.goods * c.shipped / c.charged) - round(c.discount * c.shipped / c.charged)) FILTER (WHERE c.line_no > 0) AS goods,
           sum(round(c.goods * c.shipped / c.charged)) FILTER (WHERE c.line_no = 0) AS shipping, sum(round(c.discount * c.shipped / c.charged)) FILTER (WHERE c.line_no = 0) AS shared,
           sum(round(c.goods * c.shipped / c.charged) + round(c.tax * c.shipped / c.charged) - round(c.discount * c.shipped / c.charged)) AS due
    FROM oms_internal.line_charges() AS c
    GROUP BY c.order_id
), credit AS (
    SELECT order_id, sum(minor(goods) - minor(discount)) AS goods, sum(minor(shipping)) AS shipping, sum(minor(fee)) AS fee
    FROM oms.invoices WHERE kind = 'credit_note' GROUP BY order_id
), card AS (
    SELECT a.order_id, sum(minor(s.amount)) AS issued
    FROM oms.stored_value_accounts AS a JOIN oms.stored_value_entries AS s USING (account_id)
    WHERE s.kind = 'issue' GROUP BY a.order_id
), cost AS (
    SELECT order_id, - sum(value::numeric) AS cost FROM oms.stock_movements WHERE kind IN ('shipment', 'return') GROUP BY order_id
), fee AS (
    SELECT order_id, sum(fee::numeric) AS fee, bool_and(oms.currency_of(fee) = value) AS comparable
    FROM oms.settlements, oms.settings
    WHERE status IN ('matched', 'closed') AND kind IN ('capture', 'refund') AND name = 'base_currency' GROUP BY order_id
), freight AS (
    SELECT order_id, count(*) AS shipments, count(*) FILTER (WHERE cost IS NULL) AS uncosted, sum(cost::numeric) AS cost, bool_and(oms.currency_of(cost) = value) AS comparable
    FROM oms.shipments, oms.settings WHERE name = 'base_currency' GROUP BY order_id
)
SELECT o.order_id, h.code AS channel, (o.placed_at AT TIME ZONE coalesce((SELECT value FROM oms.settings WHERE name = 'time_zone'), 'UTC'))::date AS day,
       round((c.goods - c.shared - coalesce(i.goods, 0) - coalesce(k.issued, 0)) * u.unit, 2) AS net_revenue,
       round((c.shipping - coalesce(i.shipping, 0)) * u.unit, 2) AS shipping, round(coalesce(i.fee, 0) * u.unit, 2) AS restocking_fees,
       coalesce(m.cost, 0) AS cost, coalesce(f.fee, 0) AS payment_fees, round(coalesce(c.due * h.fee_rate, 0) * u.unit, 2) AS marketplace_fees,
       coalesce(s.cost, 0) AS shipping_cost, coalesce(s.shipments, 0) AS shipments, coalesce(s.uncosted, 0) AS uncosted,
       o.currency = b.value AND coalesce(f.comparable, true) AND coalesce(s.comparable, true) AS exact, u.unit IS NOT NULL AS valued
FROM oms.orders AS o
JOIN oms.channels AS h USING (channel_id)
CROSS JOIN (SELECT value FROM oms.settings WHERE name = 'base_currency') AS b
CROSS JOIN LATERAL (SELECT CASE o.currency WHEN b.value THEN 1 ELSE o.base_rate END * oms.amount_from_minor(1, o.currency)::numeric AS unit) AS u
JOIN charge AS c USING (order_id)
LEFT JOIN credit AS i USING (order_id)
LEFT JOIN card AS k USING (order_id)
LEFT JOIN cost AS m USING (order_id)
LEFT JOIN fee AS f USING (order_id)
LEFT JOIN freight AS s USING (order_id)
WHERE o.status <> 'draft';

/* lines: what goods of an order have cost is shared by units that are outside, not rounded */
CREATE TEMPORARY VIEW reckoned_lines AS
WITH line AS (
    SELECT l.order_id, l.line_no, l.sku_id, l.shipped::numeric AS shipped,
           coalesce((SELECT sum(i.quantity::numeric) FROM oms.return_inspections AS i
                     WHERE i.order_id = l.order_id AND i.line_no = l.line_no AND i.disposition = 'restock'), 0) AS returned
    FROM oms.order_lines AS l
), part AS (
    SELECT r.order_id, r.line_no, r.sku_id, sum(r.quantity::numeric) AS units, sum(r.quantity::numeric) * (1 - min(l.returned) / min(l.shipped)) AS outside
    FROM oms.reservations AS r JOIN line AS l USING (order_id, line_no)
    WHERE r.status = 'consumed' AND l.shipped > 0
    GROUP BY r.order_id, r.line_no, r.sku_id
), share AS (
    SELECT p.order_id, p.line_no, m.cost * CASE WHEN sum(p.outside) OVER w > 0 THEN p.outside / sum(p.outside) OVER w ELSE p.units / sum(p.units) OVER w END AS cost
    FROM part AS p
    JOIN (SELECT order_id, sku_id, - sum(value::numeric) AS cost FROM oms.stock_movements WHERE kind IN ('shipment', 'return') GROUP BY 1, 2) AS m USING (order_id, sku_id)
    WINDOW w AS (PARTITION BY p.order_id, p.sku_id)
)
SELECT l.order_id, l.line_no, l.sku_id, l.shipped, l.returned, coalesce(sum(s.cost), 0) AS cost, count(s.cost) AS parts
FROM line AS l LEFT JOIN share AS s USING (order_id, line_no)
GROUP BY l.order_id, l.line_no, l.sku_id, l.shipped, l.returned;

CREATE FUNCTION pg_temp.profit_differences() RETURNS TABLE (what text, found text, expected text) LANGUAGE sql SET jit = off AS $$
    WITH seen AS MATERIALIZED (SELECT * FROM oms_report.order_profit), reckoned AS MATERIALIZED (SELECT * FROM reckoned_profit),
    goods AS MATERIALIZED (SELECT * FROM oms_report.profit_by_sku_month),
    line AS MATERIALIZED (SELECT p.* FROM oms_internal.line_profit(ARRAY(SELECT order_id FROM oms.orders)) AS p)
    SELECT 'order ' || coalesce(r.order_id, s.order_id),
           (s.day, s.channel, s.net_revenue, s.shipping, s.restocking_fees, s.cost, s.payment_fees, s.marketplace_fees, s.shipping_cost, s.shipments, s.uncosted_shipments)::text,
           (r.day, r.channel, r.net_revenue, r.shipping, r.restocking_fees, r.cost, r.payment_fees, r.marketplace_fees, r.shipping_cost, r.shipments, r.uncosted)::text
    FROM reckoned AS r FULL JOIN seen AS s USING (order_id)
    WHERE CASE WHEN s.order_id IS NULL THEN r.net_revenue <> 0 OR r.shipping <> 0 OR r.cost <> 0 OR r.payment_fees <> 0 OR r.shipments > 0
               WHEN NOT r.valued THEN NOT s.unvalued
               WHEN r.exact THEN (s.day, s.channel, s.net_revenue, s.shipping, s.restocking_fees, s.cost, s.payment_fees, s.marketplace_fees, s.shipping_cost,
                                  s.shipments::bigint, s.uncosted_shipments::bigint)
                                 IS DISTINCT FROM (r.day, r.channel, r.net_revenue, r.shipping, r.restocking_fees, r.cost, r.payment_fees, r.marketplace_fees,
                                                   r.shipping_cost, r.shipments, r.uncosted)
               ELSE abs(s.net_revenue - r.net_revenue) + abs(s.shipping - r.shipping) > 0.10 OR s.cost <> r.cost END
    UNION ALL
    SELECT 'order ' || s.order_id || ' itself', s.gross_profit::text, p.profit::text
    FROM seen AS s
    CROSS JOIN LATERAL (SELECT s.net_revenue + s.shipping + s.restocking_fees - s.cost - s.payment_fees - s.marketplace_fees - s.shipping_cost AS profit) AS p
    WHERE (s.gross_profit, s.margin_rate) IS DISTINCT FROM (p.profit, CASE WHEN s.net_revenue + s.shipping + s.restocking_fees > 0 THEN round(p.profit / (s.net_revenue + s.shipping + s.restocking_fees), 4) END)
    UNION ALL
    SELECT 'channel ' || channel || ' on ' || day, c.v, o.v
    FROM (SELECT channel, day, (sum(net_sales), sum(net_revenue), sum(shipping), sum(cost), sum(payment_fees), sum(marketplace_fees), sum(shipping_cost), sum(gross_profit),
                                sum(shipments), sum(uncosted_shipments), count(*) FILTER (WHERE unvalued))::text AS v FROM seen GROUP BY 1, 2) AS o
    FULL JOIN (SELECT channel, day, (net_sales, net_revenue, shipping, cost, payment_fees, marketplace_fees, shipping_cost, gross_profit, shipments, uncosted_shipments,
                                     unvalued_orders)::text AS v FROM oms_report.profit_by_channel) AS c USING (channel, day)
    WHERE c.v IS DISTINCT FROM o.v
    UNION ALL
    SELECT 'orders of ' || channel || ' on ' || day, p.orders::text, s.orders::text
    FROM (SELECT channel, day, orders FROM oms_report.profit_by_channel WHERE orders > 0) AS p
    FULL JOIN (SELECT r.channel, r.day, count(*) AS orders
               FROM reckoned AS r JOIN oms.orders AS o USING (order_id)
               WHERE o.status <> 'cancelled' AND NOT EXISTS (SELECT FROM oms.order_links AS k WHERE k.linked_order_id = o.order_id AND k.kind = 'replacement')
                     AND EXISTS (SELECT FROM oms.order_lines AS l
                                 WHERE l.order_id = o.order_id
                                       AND NOT EXISTS (SELECT FROM oms.stored_value_accounts AS a WHERE a.order_id = l.order_id AND a.line_no = l.line_no))
               GROUP BY 1, 2) AS s USING (channel, day)
    WHERE p.orders IS DISTINCT FROM s.orders
    UNION ALL
    SELECT 'line ' || r.order_id || '-' || r.line_no, (l.units, l.returned, l.cost)::text, (r.shipped, r.returned, r.cost)::text
    FROM reckoned_lines AS r FULL JOIN line AS l USING (order_id, line_no)
    CROSS JOIN (SELECT oms.amount_from_minor(1, oms_internal.base_currency())::numeric AS unit) AS u
    WHERE CASE WHEN l.order_id IS NULL THEN r.shipped > 0 OR r.cost <> 0
               ELSE (l.units::numeric, l.returned::numeric) IS DISTINCT FROM (r.shipped, r.returned) OR abs(l.cost * u.unit - r.cost) > r.parts * u.unit END
    UNION ALL
    SELECT 'lines of order ' || s.order_id, (l.revenue, l.cost)::text, (s.net_revenue, s.cost)::text
    FROM seen AS s
    JOIN reckoned AS r USING (order_id)
    LEFT JOIN (SELECT l.order_id, sum(l.net_revenue) * min(u.unit) AS revenue, sum(l.cost) * min(u.unit) AS cost
               FROM line AS l CROSS JOIN (SELECT oms.amount_from_minor(1, oms_internal.base_currency())::numeric AS unit) AS u GROUP BY l.order_id) AS l USING (order_id)
    -- what shipping bears of the discounts is of no line
    CROSS JOIN LATERAL (SELECT coalesce(sum(round(c.discount * c.shipped / c.charged)), 0) AS shared FROM oms_internal.line_charges() AS c WHERE c.order_id = s.order_id AND c.line_no = 0 AND c.discount > 0) AS d
    WHERE r.exact AND d.shared = 0 AND (coalesce(l.revenue, 0), coalesce(l.cost, 0)) <> (s.net_revenue, s.cost)
    UNION ALL
    SELECT 'goods ' || concat_ws(' ', month, channel, sku), g.v, l.v
    FROM (SELECT month, channel, sku, (units, restocked_units, unvalued_units, net_revenue, cost, gross_margin)::text AS v FROM goods) AS g
    FULL JOIN (SELECT date_trunc('month', l.day::timestamp)::date AS month, h.code AS channel, k.code AS sku,
                      (sum(l.units::numeric), sum(l.returned::numeric), trim_scale(sum(l.unvalued::numeric)), sum(l.net_revenue) * min(u.unit), sum(l.cost) * min(u.unit),
                       sum(l.net_revenue - l.cost) * min(u.unit))::text AS v
               FROM line AS l JOIN oms.channels AS h USING (channel_id) JOIN oms.skus AS k USING (sku_id)
               CROSS JOIN (SELECT oms.amount_from_minor(1, oms_internal.base_currency())::numeric AS unit) AS u
               GROUP BY 1, 2, 3) AS l USING (month, channel, sku)
    WHERE g.v IS DISTINCT FROM l.v
    UNION ALL
    SELECT 'books of ' || channel, m.v, c.v
    FROM (SELECT channel, (round(coalesce(sum(net_revenue), 0), 3), round(coalesce(sum(cost), 0), 3))::text AS v FROM oms_report.gross_margin GROUP BY 1) AS m
    FULL JOIN (SELECT channel, (round(sum(net_revenue), 3), round(sum(cost), 3))::text AS v, bool_or(net_revenue <> 0 OR cost <> 0) AS posted FROM oms_report.profit_by_channel GROUP BY 1) AS c USING (channel)
    WHERE m.v IS DISTINCT FROM c.v AND (m.v IS NOT NULL OR c.posted)
$$;
