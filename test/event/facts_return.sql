/*
 * test/event/facts_return.sql: which events of returns and claims there must be,
 * by what was called, and by rows other than events
 */

SET search_path = event, replay, oms, public;

CREATE FUNCTION event.asked(order_id bigint, return_no integer) RETURNS jsonb
    LANGUAGE sql
AS $$
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('line_no', line_no, 'sku', s.code, 'quantity', r.requested::text,
                                                                   'weight_g', ceil(s.weight_g * r.requested::numeric))) ORDER BY line_no) FILTER (WHERE r.requested > '0'), '[]')
    FROM oms.return_lines AS r JOIN oms.order_lines AS l USING (order_id, line_no) JOIN oms.skus AS s USING (sku_id)
    WHERE r.order_id = asked.order_id AND r.return_no = asked.return_no
$$;

/* calls by which something was received or inspected, and how much had come by then */
CREATE VIEW event.receipts AS
SELECT r.order_id, r.return_no, r.receipt_no, min(r.received_at) AS at, row_number() OVER (PARTITION BY r.order_id, r.return_no ORDER BY r.receipt_no) AS nth,
       jsonb_build_object('location', min(w.code), 'lines', jsonb_agg(jsonb_build_object('line_no', r.line_no, 'quantity', r.quantity::text) ORDER BY r.line_no)) AS data
FROM oms.return_receipts AS r JOIN oms.locations AS w USING (location_id)
GROUP BY r.order_id, r.return_no, r.receipt_no;

CREATE VIEW event.inspections AS
SELECT i.order_id, i.return_no, i.at,
       (SELECT sum(r.quantity::numeric) FROM oms.return_receipts AS r WHERE r.order_id = i.order_id AND r.return_no = i.return_no AND r.received_at <= i.at)
       = (SELECT sum(x.quantity::numeric) FROM oms.return_inspections AS x WHERE x.order_id = i.order_id AND x.return_no = i.return_no AND x.inspected_at <= i.at) AS whole,
       (SELECT jsonb_build_object('lines', jsonb_agg(jsonb_build_object('line_no', l.line_no, 'inspected', coalesce(s.inspected, 0)::text, 'accepted', coalesce(s.accepted, 0)::text)
                                                     ORDER BY l.line_no))
        FROM oms.return_lines AS l
        LEFT JOIN (SELECT x.line_no, sum(x.quantity::numeric) AS inspected, sum(x.quantity::numeric) FILTER (WHERE x.accepted) AS accepted
                   FROM oms.return_inspections AS x WHERE x.order_id = i.order_id AND x.return_no = i.return_no AND x.inspected_at <= i.at GROUP BY x.line_no) AS s USING (line_no)
        WHERE l.order_id = i.order_id AND l.return_no = i.return_no) AS data
FROM (SELECT DISTINCT order_id, return_no, inspected_at AS at FROM oms.return_inspections) AS i;

/* where a return was to go at first is not known any more */
CREATE VIEW event.facts_return AS
SELECT r.order_id, r.return_no AS subject_no, 'return.requested' AS type,
       jsonb_strip_nulls(jsonb_build_object('reason', r.reason, 'lines', event.asked(r.order_id, r.return_no))) AS data FROM oms.returns AS r
UNION ALL
SELECT r.order_id, r.return_no, 'return.approved',
       jsonb_strip_nulls(jsonb_build_object('to', (SELECT jsonb_build_object('location', w.code, 'name', w.name, 'country', w.country, 'region', w.region, 'postcode', w.postcode, 'city', w.city)
                                                       FROM oms.locations AS w WHERE w.location_id = r.location_id), 'from', o.ship_to, 'items', event.asked(r.order_id, r.return_no), 'send_by', r.send_by, 'label_wanted', r.announced))
FROM oms.returns AS r JOIN oms.orders AS o USING (order_id) WHERE r.status NOT IN ('requested', 'rejected')
UNION ALL
SELECT r.order_id, r.return_no, 'return.labelled', r.label FROM oms.returns AS r WHERE r.label IS NOT NULL
UNION ALL
SELECT a.order_id, a.no, 'return.redirected', a.data FROM event.acts AS a WHERE a.kind = 'set_return_location'
UNION ALL
SELECT r.order_id, r.return_no, 'return.' || r.status::text, jsonb_build_object('reason', r.status_reason) FROM oms.returns AS r WHERE r.status IN ('rejected', 'cancelled')
UNION ALL
SELECT a.order_id, a.no, 'return.in_transit', jsonb_strip_nulls(jsonb_build_object('carrier', r.carrier, 'number', r.tracking_number, 'service', r.service))
FROM event.acts AS a JOIN oms.returns AS r ON r.order_id = a.order_id AND r.return_no = a.no WHERE a.kind = 'mark_return_in_transit'
UNION ALL
SELECT order_id, return_no, CASE nth WHEN 1 THEN 'return.received' ELSE 'return.further_receipt' END, data FROM event.receipts
UNION ALL
SELECT order_id, return_no, CASE WHEN whole THEN 'return.inspected' ELSE 'return.further_inspection' END, data FROM event.inspections
UNION ALL
SELECT r.order_id, r.return_no, 'return.exchanged', jsonb_build_object('order', r.exchange_order_id) FROM oms.returns AS r WHERE r.exchange_order_id IS NOT NULL
UNION ALL
SELECT r.order_id, r.return_no, 'return.completed', jsonb_strip_nulls(jsonb_build_object('credit', i.total::text, 'refund', f.amount::text))
FROM oms.returns AS r LEFT JOIN oms.invoices AS i USING (order_id, invoice_no) LEFT JOIN oms.refunds AS f USING (order_id, refund_no) WHERE r.status = 'completed'
UNION ALL
SELECT c.order_id, c.claim_no, 'claim.settled',
       jsonb_strip_nulls(jsonb_build_object('reason', c.reason, 'resolution', c.resolution, 'order', c.replacement_order_id, 'credit', i.total::text, 'refund', f.amount::text,
           'lines', (SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, 'quantity', l.quantity::text) ORDER BY l.line_no) FROM oms.claim_lines AS l
                     WHERE l.order_id = c.order_id AND l.claim_no = c.claim_no)))
FROM oms.claims AS c LEFT JOIN oms.invoices AS i USING (order_id, invoice_no) LEFT JOIN oms.refunds AS f USING (order_id, refund_no);
