/*
 * test/event/facts_subject.sql: which events of alerts, purchase orders and bills
 * there must be, by the source, by what was called, and by rows other than events
 *
 * A view has the rows (key, type, data) of its events.
 */

SET search_path = event, replay, oms, public;

/* a purchase order as the source has it; its event has more, see told() */
CREATE FUNCTION event.ordered(code text, lines jsonb) RETURNS jsonb
    LANGUAGE sql
AS $$
    SELECT jsonb_build_object('code', code, 'lines', jsonb_agg(jsonb_build_object('line_no', n, 'sku', l ->> 'sku', 'quantity', l ->> 'quantity',
                                                                                  'unit_cost', round((l ->> 'unit_cost')::numeric, 2)::text) ORDER BY n))
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS e(l, n)
$$;

CREATE VIEW event.purchase_receipts AS
SELECT o.code, r.receipt_no, sum(r.quantity::numeric) AS quantity,
       sum(sum(r.quantity::numeric)) OVER w AS so_far, sum(least(sum(r.quantity::numeric), 1)) OVER w AS nth,
       (SELECT sum(l.quantity::numeric - l.cancelled::numeric) FROM oms.purchase_order_lines AS l WHERE l.purchase_order_id = o.purchase_order_id) AS ordered,
       jsonb_build_object('receipt_no', r.receipt_no, 'location', 'depot', 'lines', jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'line_no', r.line_no, 'sku', s.code, 'quantity', r.quantity::text, 'rejected', nullif(r.rejected, '0')::text)) ORDER BY r.line_no)) AS data
FROM oms.purchase_receipts AS r JOIN oms.purchase_orders AS o USING (purchase_order_id) JOIN oms.purchase_order_lines AS l USING (purchase_order_id, line_no)
     JOIN oms.skus AS s USING (sku_id)
GROUP BY o.code, o.purchase_order_id, r.receipt_no
WINDOW w AS (PARTITION BY o.purchase_order_id ORDER BY r.receipt_no);

CREATE VIEW event.facts_purchase AS
SELECT a.data ->> 'code' AS key, 'purchase_order.sent' AS type, event.ordered(a.data ->> 'code', a.data -> 'lines') AS data
FROM event.acts AS a WHERE a.kind = 'send_purchase_order'
UNION ALL
SELECT a.data ->> 'code', 'purchase_order.changed', event.ordered(a.data ->> 'code', a.data -> 'changed') FROM event.acts AS a WHERE a.kind = 'put_purchase_order' AND a.data ? 'changed'
UNION ALL
SELECT a.data ->> 'code', CASE row_number() OVER (PARTITION BY a.data ->> 'code' ORDER BY a.act_no) WHEN 1 THEN 'purchase_order.confirmed' ELSE 'purchase_order.further_confirmation' END,
       nullif(a.data - '{code,line}'::text[], '{}')
FROM event.acts AS a WHERE a.kind = 'confirm_purchase_order'
UNION ALL
SELECT p.code, 'purchase_order.lines_rejected', jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('line_no', 1, 'sku', p.lines #>> '{0,sku}')))
FROM event.acts AS a JOIN event.purchases AS p ON p.code = a.data ->> 'code' WHERE a.data #>> '{line,quantity}' = '0'
UNION ALL
SELECT code, CASE WHEN quantity = 0 THEN 'purchase_order.goods_rejected' WHEN so_far = ordered THEN 'purchase_order.received'
                  WHEN nth = 1 THEN 'purchase_order.partially_received' ELSE 'purchase_order.further_receipt' END, data
FROM event.purchase_receipts
UNION ALL
SELECT o.code, 'purchase_order.' || o.status::text, CASE WHEN o.status_reason IS NOT NULL THEN jsonb_build_object('reason', o.status_reason) END
FROM oms.purchase_orders AS o WHERE o.status IN ('closed', 'cancelled');

CREATE VIEW event.facts_bill AS
SELECT p.code || '/' || b.number AS key, 'bill.' || f.fact AS type, f.data
FROM oms.bills AS b
JOIN oms.suppliers AS p USING (supplier_id)
CROSS JOIN LATERAL (
    SELECT 'mismatched' AS fact, jsonb_build_object('total', b.total::text, 'differences', b.differences) AS data WHERE b.mismatched
    UNION ALL
    SELECT 'matched', jsonb_build_object('total', b.total::text) WHERE NOT b.mismatched
    UNION ALL
    SELECT CASE b.status WHEN 'rejected' THEN 'rejected' ELSE 'approved' END, jsonb_build_object('total', b.total::text, 'reason', b.reason) WHERE b.mismatched
    UNION ALL
    SELECT 'paid', jsonb_build_object('amount', m.amount::text, 'open', (b.total - sum(m.amount) OVER (ORDER BY m.payment_no))::text) FROM oms.bill_payments AS m WHERE m.bill_id = b.bill_id
) AS f;

/* what an alert said at the time may have changed since */
CREATE VIEW event.facts_alert AS
SELECT a.alert_id::text AS key, 'alert.' || f AS type,
       jsonb_strip_nulls(jsonb_build_object('kind', a.kind, 'key', a.key, 'order_id', a.order_id, 'sku', s.code, 'location', w.code, 'channel', c.code)) AS data
FROM oms.alerts AS a LEFT JOIN oms.skus AS s USING (sku_id) LEFT JOIN oms.locations AS w USING (location_id) LEFT JOIN oms.channels AS c USING (channel_id),
     unnest(ARRAY['opened', CASE WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' END, CASE WHEN a.closed_at IS NOT NULL THEN 'closed' END]) AS f
WHERE f IS NOT NULL;

/* told takes from the data of an event what rows still know */
CREATE FUNCTION event.told(type text, data jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN type IN ('purchase_order.sent', 'purchase_order.changed') THEN
            jsonb_build_object('code', data -> 'code', 'lines', (
                SELECT jsonb_agg(jsonb_build_object('line_no', l -> 'line_no', 'sku', l -> 'sku', 'quantity', l -> 'quantity', 'unit_cost', l -> 'unit_cost') ORDER BY n)
                FROM jsonb_array_elements(data -> 'lines') WITH ORDINALITY AS e(l, n)))
        WHEN type IN ('purchase_order.confirmed', 'purchase_order.further_confirmation') THEN nullif(data - 'lines', '{}')
        WHEN type LIKE 'alert.%' THEN data - '{severity,message,note}'::text[]
        WHEN type = 'return.requested' THEN data - 'location'
        ELSE data END
$$;
