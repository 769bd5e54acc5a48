-- orders that are late or stuck; each case is reckoned by hand
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET jit = off;
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE alerts_alert_id_seq RESTART 1;
ALTER SEQUENCE orders_order_id_seq RESTART 7001;
CREATE VIEW pg_temp.open AS
    SELECT kind, key, severity, message FROM alerts WHERE key LIKE '700%' AND status <> 'closed' ORDER BY key, kind;
CREATE FUNCTION pg_temp.watch(at text, VARIADIC keys text[] DEFAULT '{}') RETURNS integer LANGUAGE sql AS $$
    SELECT set_config('oms.now', at, false);
    SELECT oms_internal.run_watch('orders', settings || coalesce((SELECT jsonb_object_agg(split_part(k, '=', 1), split_part(k, '=', 2)::jsonb)
                                                                  FROM unnest(keys) AS k), '{}'), 1000)
    FROM jobs WHERE jobs.name = 'raise_alerts'
$$;
SELECT put_channel('{"code": "ao_web", "currency": "EUR"}'), put_location('{"code": "ao_porto", "country": "PT", "lat": 41.15, "lon": -8.61}'),
       put_location('{"code": "ao_tokyo", "country": "JP", "lat": 35.7, "lon": 139.7, "time_zone": "Asia/Tokyo", "handling_days": 5}'),
       put_sku('{"code": "ao_tee", "price": "10 EUR"}'), put_sku('{"code": "ao_fan", "price": "10 EUR"}');
SELECT receive_stock('ao_tee', 'ao_porto', 100), receive_stock('ao_fan', 'ao_tokyo', 100);
CREATE FUNCTION pg_temp.place(sku text, paid text) RETURNS bigint LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object('channel', 'ao_web', 'reference', gen_random_uuid(), 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', 1, 'unit_price', 10, 'tax', 0)),
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'amount', 10, 'status', paid))))
$$;
-- 7001 waits for payment; nobody begins with 7002; 7003 is picked, 7004 shipped; 7005 is held; 7006 leaves in five days
SELECT pg_temp.place('ao_tee', 'pending'), pg_temp.place('ao_tee', 'authorized'), pg_temp.place('ao_tee', 'authorized'),
       pg_temp.place('ao_tee', 'authorized'), pg_temp.place('ao_tee', 'authorized'), pg_temp.place('ao_fan', 'authorized');
SELECT start_picking(7003, 1), start_picking(7004, 1), pack(7004, 1, '[]'), ship(7004, 1), hold_order(7005, 'fraud', 'look');
UPDATE fulfillments SET arrives_on = '2026-11-05' WHERE order_id = 7004;
SELECT o.order_id, o.status, f.status AS fulfillment, f.ships_on, f.arrives_on
FROM orders AS o JOIN fulfillments AS f USING (order_id) WHERE o.order_id BETWEEN 7001 AND 7006 ORDER BY 1;

/*
 * On the day itself nothing is late, on the next it is
 */
SELECT pg_temp.watch('2026-11-02 23:59:59+00');
SELECT pg_temp.watch('2026-11-03 00:00:00+00');
SELECT * FROM pg_temp.open;
SELECT a.key, a.order_id, l.code AS location, c.code AS channel, a.subject, a.data
FROM alerts AS a LEFT JOIN locations AS l USING (location_id) LEFT JOIN channels AS c USING (channel_id)
WHERE a.key LIKE '700%' ORDER BY 1;
-- whoever looks says the same
SET DateStyle = 'German';
SELECT pg_temp.watch('2026-11-03 00:00:00+00');
RESET DateStyle;
-- 48 hours after the last move; then worse, three days late and three times as long stuck
SELECT pg_temp.watch('2026-11-04 10:00:00+00'), pg_temp.watch('2026-11-04 10:00:01+00');
SELECT * FROM pg_temp.open WHERE kind = 'stuck_order';
SELECT pg_temp.watch('2026-11-05 12:00:00+00');
SELECT key, severity FROM pg_temp.open;
SELECT pg_temp.watch('2026-11-08 10:00:01+00');
SELECT key, severity FROM pg_temp.open;

/*
 * In Tokyo the 8th begins at 15:00 of the 7th: it was late already, and nothing was due before. 7004 was to arrive on the
 * 5th, and has three days more
 */
SELECT ships_on FROM fulfillments WHERE order_id = 7006;
SELECT message FROM alerts WHERE key LIKE '7006%' ORDER BY alert_id;
SELECT pg_temp.watch('2026-11-09 00:00:00+00', 'stuck_order=null');
SELECT * FROM pg_temp.open;
SELECT mark_delivered(7004, 1), pg_temp.watch('2026-11-09 00:00:00+00', 'stuck_order=null');
SELECT key FROM pg_temp.open;
-- nobody says when goods arrive
SELECT pg_temp.watch('2026-11-09 00:00:00+00', 'stuck_order={"placed_hours": 48, "lookback_days": 30}', 'late_shipment=false');
SELECT * FROM pg_temp.open;

/*
 * However old, what has an alert keeps it until it has moved; what has none is not looked for
 */
SELECT pg_temp.watch('2027-02-02 10:00:00+00');
SELECT key FROM pg_temp.open;
SELECT pg_temp.watch('2027-02-02 10:00:00+00', 'stuck_order=null', 'late_shipment=null');
SELECT pg_temp.watch('2027-02-02 10:00:00+00');
SELECT pg_temp.watch('2026-11-09 00:00:00+00', 'stuck_order=null');
SELECT ship(7002, 1), ship(7003, 1), cancel_order(7001, 'no answer') FROM (SELECT start_picking(7002, 1), pack(7002, 1, '[]'), pack(7003, 1, '[]')) AS p;
SELECT pg_temp.watch('2026-11-09 00:00:00+00');
SELECT key FROM pg_temp.open;
SELECT kind, status, watched, closed_at FROM alerts WHERE key LIKE '7002-F1' ORDER BY alert_id;
-- nobody pays for what is waited for, so nobody buys it
SELECT put_sku('{"code": "ao_mug", "price": "10 EUR", "backorder_limit": 10}');
SELECT place_order('{"channel": "ao_web", "reference": "ao_wait", "ship_to": {"country": "PT", "lat": 41.2, "lon": -8.6},
    "lines": [{"sku": "ao_mug", "quantity": 1}], "fulfillment": {"allow_backorder": true}}');
SELECT pg_temp.watch('2026-11-11 00:00:00+00'), pg_temp.watch('2026-11-11 00:00:01+00');
SELECT * FROM pg_temp.open WHERE kind = 'stuck_order' AND key = '7007';
SELECT add_payment(7007, '{"method": "card", "amount": "10", "status": "authorized"}'), pg_temp.watch('2026-11-11 00:00:01+00');
SELECT count(*) FROM pg_temp.open WHERE key = '7007';
ROLLBACK;
