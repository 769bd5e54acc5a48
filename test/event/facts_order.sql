/*
 * test/event/facts_order.sql: which events of orders, holds and fulfillments
 * there must be, by the source, by what was called, and by rows other than events
 *
 * A view has the rows (order_id, subject_no, type, data) of its events.
 */

SET search_path = event, replay, oms, public;

/* when an order was held: from the first of holds that overlap to the end of the last; kind is that of the last */
CREATE VIEW event.islands AS
SELECT order_id, min(held_at) AS starts, nullif(max(coalesce(released_at, 'infinity')), 'infinity') AS ends,
       (array_agg(kind ORDER BY coalesce(released_at, 'infinity') DESC))[1] AS kind
FROM (SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY order_id ORDER BY held_at, hold_no) AS island
      FROM (SELECT *, coalesce(held_at > max(coalesce(released_at, 'infinity')) OVER (PARTITION BY order_id ORDER BY held_at, hold_no
                                                                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS begins
            FROM oms.order_holds) AS h) AS i
GROUP BY order_id, island;

/* when the payments of an order first came to what it then cost: what was placed, as what it costs later changes */
CREATE VIEW event.covered AS
SELECT order_id, CASE WHEN o.on_terms OR p.total = 0 THEN o.placed_at ELSE (
           SELECT min(e.occurred_at)
           FROM (SELECT occurred_at, sum(CASE kind WHEN 'authorization' THEN amount::numeric WHEN 'capture' THEN 0 ELSE -amount::numeric END) OVER (ORDER BY occurred_at, kind) AS sum
                 FROM oms.payment_entries AS e WHERE e.order_id = o.order_id) AS e
           WHERE e.sum >= p.total) END AS at
FROM oms.orders AS o
CROSS JOIN LATERAL (SELECT coalesce((SELECT r.total FROM replay.orders AS r WHERE r.reference = o.reference), o.total::numeric) AS total) AS p;

/* a hold that ends lets an order go on, unless it is cancelled with it; else it is confirmed when it is covered */
CREATE VIEW event.confirmations AS
SELECT i.order_id, i.ends AS at, i.kind = 'uncovered' OR coalesce(c.at < i.ends, false) AS confirmed
FROM event.islands AS i JOIN oms.orders AS o USING (order_id) JOIN event.covered AS c USING (order_id)
WHERE i.ends IS NOT NULL AND NOT EXISTS (SELECT FROM event.acts AS a WHERE a.order_id = i.order_id AND a.kind = 'cancel_order' AND a.no IS NULL AND a.at = i.ends)
      AND NOT (o.status = 'cancelled' AND o.status_at = i.ends)
UNION ALL
SELECT c.order_id, c.at, true
FROM event.covered AS c
WHERE c.at IS NOT NULL AND NOT EXISTS (SELECT FROM event.islands AS i WHERE i.order_id = c.order_id AND i.starts <= c.at AND coalesce(i.ends, 'infinity') > c.at);

CREATE VIEW event.facts_order AS
/* what was placed costs what the source says, what came of a return or claim what its lines do */
SELECT o.order_id, NULL::integer AS subject_no, 'order.placed' AS type,
       jsonb_build_object('total', coalesce((SELECT round(r.total, 2) FROM replay.orders AS r WHERE r.reference = o.reference),
                                            (SELECT sum(l.total::numeric) FROM oms.order_lines AS l WHERE l.order_id = o.order_id)) || ' BRL') AS data
FROM oms.orders AS o WHERE o.order_id NOT IN (SELECT a.order_id FROM event.aside AS a WHERE a.scenario = 'by hand')
UNION ALL
SELECT a.order_id, NULL, 'order.' || t, NULL FROM event.aside AS a, unnest('{draft,placed}'::text[]) AS t WHERE a.scenario = 'by hand'
UNION ALL
SELECT order_id, NULL, CASE WHEN confirmed THEN 'order.confirmed' ELSE 'order.placed' END, NULL FROM event.confirmations
UNION ALL
/* all that worked on it have rejected it */
SELECT a.order_id, NULL, 'order.confirmed', NULL FROM event.acts AS a WHERE a.kind = 'reject'
UNION ALL
SELECT order_id, NULL, 'order.held', NULL FROM event.islands
UNION ALL
/* somebody has picked or packed, or has after all had rejected */
SELECT DISTINCT order_id, NULL::integer, 'order.in_fulfillment', NULL::jsonb
FROM (SELECT p.order_id FROM oms.packages AS p UNION SELECT r.order_id FROM replay.queue AS q JOIN replay.orders AS r USING (reference) WHERE q.kind = 'pick') AS w
UNION ALL
SELECT a.order_id, NULL, 'order.in_fulfillment', NULL FROM event.acts AS a WHERE a.kind = 'reject'
UNION ALL
SELECT s.order_id, NULL, 'order.partially_shipped', NULL FROM oms.shipments AS s GROUP BY s.order_id HAVING count(*) > 1
UNION ALL
/* what is left of its lines has left, has arrived */
SELECT l.order_id, NULL, 'order.shipped', NULL FROM oms.order_lines AS l JOIN oms.orders AS o USING (order_id)
WHERE o.pickup_location_id IS NULL
GROUP BY l.order_id HAVING sum(l.shipped::numeric) = sum(l.quantity::numeric - l.cancelled::numeric) AND sum(l.shipped::numeric) > 0
UNION ALL
SELECT l.order_id, NULL, 'order.delivered', NULL FROM oms.order_lines AS l
GROUP BY l.order_id HAVING sum(l.delivered::numeric) = sum(l.quantity::numeric - l.cancelled::numeric) AND sum(l.delivered::numeric) > 0
UNION ALL
SELECT o.order_id, NULL, 'order.' || o.status::text, CASE WHEN o.status_reason IS NOT NULL THEN jsonb_build_object('reason', o.status_reason) END
FROM oms.orders AS o WHERE o.status IN ('completed', 'cancelled')
UNION ALL
SELECT a.order_id, NULL, 'order.edited', a.data FROM event.acts AS a WHERE a.kind = 'edit_order'
UNION ALL
SELECT a.order_id, a.no, a.kind, a.data FROM event.acts AS a WHERE a.kind LIKE '%.corrected'
UNION ALL
SELECT a.order_id, a.no, 'line.cancelled', a.data FROM event.acts AS a WHERE a.kind = 'cancel_order' AND a.no IS NOT NULL
UNION ALL
SELECT v.order_id, v.line_no, 'line.gift_card_issued', jsonb_build_object('amount', v.balance::text, 'ending', v.code_end, 'account_id', v.account_id)
FROM oms.stored_value_accounts AS v WHERE v.order_id IS NOT NULL
UNION ALL
SELECT h.order_id, h.hold_no, 'hold.added', jsonb_strip_nulls(jsonb_build_object('kind', h.kind, 'note', h.note)) FROM oms.order_holds AS h
UNION ALL
SELECT h.order_id, h.hold_no, 'hold.released', jsonb_build_object('kind', h.kind) FROM oms.order_holds AS h WHERE h.released_at IS NOT NULL;

CREATE VIEW event.facts_fulfillment AS
SELECT f.order_id, f.fulfillment_no AS subject_no, 'fulfillment.planned' AS type, NULL::jsonb AS data FROM oms.fulfillments AS f
UNION ALL
SELECT a.order_id, a.no, 'fulfillment.extended', NULL FROM event.acts AS a WHERE a.kind = 'edit_order'
UNION ALL
/* it has gone on, or the order was confirmed before it was cancelled */
SELECT f.order_id, f.fulfillment_no, 'fulfillment.released', NULL FROM oms.fulfillments AS f
WHERE f.status NOT IN ('planned', 'cancelled')
      OR f.status = 'cancelled' AND EXISTS (SELECT FROM event.confirmations AS c WHERE c.order_id = f.order_id AND c.confirmed AND c.at <= f.status_at)
UNION ALL
SELECT r.order_id, f.fulfillment_no, 'fulfillment.picking', NULL FROM replay.queue AS q JOIN replay.orders AS r USING (reference) JOIN oms.fulfillments AS f USING (order_id)
WHERE q.kind = 'pick'
UNION ALL
SELECT a.order_id, a.no, 'fulfillment.picking', NULL FROM event.acts AS a WHERE a.kind = 'start_picking'
UNION ALL
SELECT DISTINCT p.order_id, p.fulfillment_no, 'fulfillment.packed', NULL::jsonb FROM oms.packages AS p
UNION ALL
SELECT a.order_id, a.no, 'fulfillment.ready_for_pickup', NULL FROM event.acts AS a WHERE a.kind = 'mark_ready_for_pickup'
UNION ALL
SELECT s.order_id, s.fulfillment_no, 'fulfillment.shipped', NULL FROM oms.shipments AS s JOIN oms.fulfillments AS f USING (order_id, fulfillment_no) WHERE NOT f.pickup
UNION ALL
SELECT s.order_id, s.fulfillment_no, 'fulfillment.cost_known', jsonb_build_object('cost', s.cost::text) FROM oms.shipments AS s WHERE s.cost IS NOT NULL
UNION ALL
/* how it has ended */
SELECT f.order_id, f.fulfillment_no, 'fulfillment.' || f.status::text, CASE WHEN f.status_reason IS NOT NULL THEN jsonb_build_object('reason', f.status_reason) END
FROM oms.fulfillments AS f WHERE f.status IN ('delivered', 'picked_up', 'lost', 'returned_to_sender', 'rejected', 'cancelled')
UNION ALL
SELECT t.order_id, t.fulfillment_no, 'tracking.recorded',
       jsonb_strip_nulls(jsonb_build_object('carrier', s.carrier, 'number', s.tracking_number, 'status', t.status, 'description', t.description,
                                            'occurred_at', to_char(t.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS+00:00')))
FROM oms.tracking_events AS t JOIN oms.shipments AS s USING (order_id, fulfillment_no);
