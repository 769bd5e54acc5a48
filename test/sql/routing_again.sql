-- routing again: rejected, rerouted, moved, arrived
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

-- four places on a meridian, one of them for another channel
SELECT put_location(jsonb_build_object('code', 'again-' || n, 'lat', 40 + n, 'lon', -8)) FROM generate_series(1, 4) AS n;
SELECT put_channel('{"code": "again-web", "currency": "EUR", "locations": ["again-1", "again-2", "again-3"]}'),
       put_product('{"code": "again", "skus": [{"code": "AGAIN-A"}, {"code": "AGAIN-B"}, {"code": "AGAIN-C"}]}'),
       put_sku('{"code": "AGAIN-SET", "kit": [{"sku": "AGAIN-A", "quantity": 2}, {"sku": "AGAIN-B", "quantity": 1}]}');
SELECT count(receive_stock(s, 'again-' || n, CASE WHEN n = 3 THEN 4 ELSE 10 END))
FROM unnest('{AGAIN-A,AGAIN-B}'::text[]) AS s, generate_series(1, 4) AS n;
SELECT receive_stock('AGAIN-C', 'again-1', 2);
ALTER SEQUENCE orders_order_id_seq RESTART 7501;
CREATE FUNCTION pg_temp.place(lines jsonb, fulfillment jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'again-web', 'reference', 'again-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg('{"unit_price": 0, "tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'fulfillment', fulfillment))
$$;
CREATE FUNCTION pg_temp.shipped_by(order_id bigint, OUT no integer, OUT location text, OUT status text, OUT reason text, OUT lines text, OUT holds text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT f.fulfillment_no, l.code, f.status, status_reason,
           (SELECT string_agg(x.quantity || ' of ' || x.line_no, ', ' ORDER BY x.line_no) FROM oms.fulfillment_lines AS x
            WHERE (x.order_id, x.fulfillment_no) = (f.order_id, f.fulfillment_no)),
           (SELECT string_agg(format('%s %s', r.quantity, s.code), ', ' ORDER BY s.code COLLATE "C") FROM oms.reservations AS r JOIN oms.skus AS s USING (sku_id)
            WHERE (r.order_id, r.fulfillment_no) = (f.order_id, f.fulfillment_no) AND r.status::text = 'active')
    FROM oms.fulfillments AS f JOIN oms.locations AS l USING (location_id) WHERE f.order_id = shipped_by.order_id ORDER BY fulfillment_no
$$;
CREATE FUNCTION pg_temp.state(order_id bigint, OUT status order_status, OUT lines text, OUT holds text) LANGUAGE sql AS $$
    SELECT status, (SELECT string_agg(format('%s: %s allocated, %s backordered', line_no, allocated, backordered), '; ' ORDER BY line_no)
                    FROM oms.order_lines AS l WHERE l.order_id = o.order_id),
           (SELECT string_agg(kind, ', ') FROM oms.order_holds AS h WHERE h.order_id = o.order_id AND released_at IS NULL)
    FROM oms.orders AS o WHERE o.order_id = state.order_id
$$;

/*
 * Rerouted by hand: the goods come from the next, with the rest of the order if that comes from there
 */
SELECT pg_temp.place('[{"sku": "AGAIN-SET", "quantity": 3}, {"sku": "AGAIN-A", "quantity": 2}]') AS placed;
SELECT reroute(7501, 1);
SELECT * FROM pg_temp.shipped_by(7501);
SELECT reroute(7501, 1); \echo :LAST_ERROR_SQLSTATE
SELECT reroute(7501, 3); \echo :LAST_ERROR_SQLSTATE
SELECT reroute(-1, 1); \echo :LAST_ERROR_SQLSTATE
SELECT reroute(7501, NULL); \echo :LAST_ERROR_SQLSTATE
-- nobody else has that many: it stays where it was
SELECT reroute(7501, 2, 'again'), reroute(7501, 2, 'again');
SELECT count_stock('AGAIN-A', 'again-2', 0);
SELECT * FROM pg_temp.shipped_by(7501);
SELECT reroute(7501, 3); \echo :LAST_ERROR_SQLSTATE
SELECT no, location, status FROM pg_temp.shipped_by(7501);
SELECT count_stock('AGAIN-A', 'again-2', 10);
-- what a location works on may be taken away, too; what has left may not
SELECT start_picking(7501, 3), reroute(7501, 3), start_picking(7501, 4), pack(7501, 4), ship(7501, 4);
SELECT reroute(7501, 4); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.shipped_by(7501);
SELECT sequence, type, subject_no AS no, data FROM events WHERE order_id = 7501 AND sequence > 4 ORDER BY sequence;

/*
 * Rejected: others are asked at once, none twice
 */
SELECT pg_temp.place('[{"sku": "AGAIN-B", "quantity": 3}]') AS placed;
SELECT reject(7502, 1, 'broken'), reject(7502, 2, 'lost');
SELECT * FROM pg_temp.shipped_by(7502);
SELECT start_picking(7502, 3), reject(7502, 3, 'wet');
SELECT * FROM pg_temp.state(7502);
-- one who has rejected is not asked again when stock arrives; somebody else is
SELECT receive_stock('AGAIN-B', 'again-1', 1), receive_stock('AGAIN-B', 'again-4', 1);
SELECT * FROM pg_temp.state(7502);
SELECT put_location('{"code": "again-5", "lat": 45, "lon": -8}'), put_channel('{"code": "again-web", "locations": null}');
SELECT receive_stock('AGAIN-B', 'again-5', 2);
SELECT * FROM pg_temp.state(7502);
SELECT * FROM pg_temp.shipped_by(7502);

/*
 * Short and held: what is missing is cancelled, or the order is changed, and the rest goes on
 */
SELECT pg_temp.place('[{"sku": "AGAIN-C", "quantity": 2}, {"sku": "AGAIN-B", "quantity": 1}]') AS short, pg_temp.place('[{"sku": "AGAIN-B", "quantity": 1}]') AS whole;
SELECT reject(7503, 1, 'broken');
SELECT * FROM pg_temp.state(7503);
SELECT edit_order(7503, '{"lines": [{"line_no": 2, "quantity": 2}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(7503, '{"lines": [{"line_no": 1, "quantity": 1}]}');
SELECT * FROM pg_temp.state(7503);
SELECT cancel_order(7503, 'none left', '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.state(7503);
SELECT reject(7504, 1, 'broken'), (SELECT location FROM pg_temp.shipped_by(7504) WHERE no = 1);
SELECT * FROM pg_temp.shipped_by(7504);

/*
 * One that may wait waits
 */
SELECT pg_temp.place('[{"sku": "AGAIN-C", "quantity": 2}]', '{"allow_backorder": true}') AS placed;
SELECT reroute(7505, 1);
SELECT * FROM pg_temp.state(7505);
SELECT receive_stock('AGAIN-C', 'again-3', 5);
SELECT * FROM pg_temp.state(7505);
SELECT * FROM pg_temp.shipped_by(7505);
SELECT * FROM check_invariants();
ROLLBACK;
