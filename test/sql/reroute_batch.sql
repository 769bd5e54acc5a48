-- reroute_batch: orders that nobody works on, planned once more all together
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

-- on a meridian, 111 km a degree: up to 100 km costs 3 EUR, up to 500 km 5 EUR, beyond 9 EUR and a day more
SELECT put_location('{"code": "batch-south", "country": "PT", "lat": 40, "lon": -8}'), put_location('{"code": "batch-north", "country": "PT", "lat": 41, "lon": -8}'),
       put_channel('{"code": "batch", "currency": "EUR"}'), put_channel('{"code": "batch-nearest", "currency": "EUR", "strategy": "nearest"}'),
       put_shipping_service('{"code": "batch-parcel", "currency": "EUR", "rates": [{"max_distance_km": 100, "price": 3, "transit_days": 1},
                             {"max_distance_km": 500, "price": 5, "transit_days": 1}, {"price": 9, "transit_days": 2}]}'),
       put_sku('{"code": "BATCH-A", "price": "10 EUR"}'), put_sku('{"code": "BATCH-B", "price": "10 EUR"}'),
       put_sku('{"code": "BATCH-KIT", "price": "15 EUR", "kit": [{"sku": "BATCH-A", "quantity": 1}]}');
SELECT count(receive_stock(s, l, 1)) FROM unnest('{BATCH-A,BATCH-B}'::text[]) AS s, unnest('{batch-south,batch-north}'::text[]) AS l;
CREATE FUNCTION pg_temp.place(reference text, lat float8, sku text DEFAULT 'BATCH-A', channel text DEFAULT 'batch', options jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object('channel', channel, 'reference', reference, 'ship_to', jsonb_build_object('country', 'PT', 'lat', lat, 'lon', -8),
                                              'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', 1, 'unit_price', 0)), 'shipping', '{"service": "batch-parcel", "price": 0}'::jsonb,
                                              'fulfillment', options))
$$;
CREATE VIEW pg_temp.placed AS
    SELECT o.reference, o.status, f.fulfillment_no AS no, l.code AS location, f.status AS fulfillment, f.arrives_on
    FROM orders AS o JOIN fulfillments AS f USING (order_id) JOIN locations AS l USING (location_id)
    WHERE o.channel_id IN (SELECT channel_id FROM channels WHERE code LIKE 'batch%')
    ORDER BY o.order_id, f.fulfillment_no;
-- only the orders of this test
CREATE FUNCTION pg_temp.batch(dry boolean DEFAULT false, min_saving oms.amount DEFAULT NULL) RETURNS record LANGUAGE sql AS $$
    SELECT reroute_batch(channel => 'batch', time_limit => '1 s', dry_run => dry, min_saving => min_saving)
$$;

-- nothing to do
SELECT pg_temp.batch();

/*
 * Who came first took the south, to which he is a little nearer; it would cost him nothing to leave it to the second
 */
SELECT pg_temp.place('first', 40.45) IS NOT NULL AS placed;
SELECT pg_temp.place('second', 39.2) IS NOT NULL AS placed;
SELECT * FROM pg_temp.placed;
SAVEPOINT placed;
-- what it would save; a dry run leaves all
SELECT pg_temp.batch(true);
SELECT count(*) FROM pg_temp.placed WHERE fulfillment = 'cancelled';
SELECT count(*) FROM scarcity_prices;
-- more is kept back by now: nobody gives up what he could not get again
INSERT INTO stock_buffers (quantity) VALUES ('10');
SELECT pg_temp.batch();
SELECT reference, status, no, location, fulfillment FROM pg_temp.placed;
DELETE FROM stock_buffers;
-- not worth it
SELECT pg_temp.batch(min_saving => '1.01 EUR');
SELECT count(*) FROM pg_temp.placed WHERE fulfillment = 'cancelled';
SELECT pg_temp.batch(min_saving => '1 EUR');
SELECT * FROM pg_temp.placed;
SELECT reference, type, subject_no FROM events JOIN orders USING (order_id) WHERE reference IN ('first', 'second') AND sequence > 4 ORDER BY order_id, sequence;
-- and it stays so
SELECT pg_temp.batch();
-- nothing is scarce: who went north pays no more there
SELECT s.code, l.code AS location, price FROM scarcity_prices JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id);
SELECT invariant, key FROM check_invariants() WHERE key LIKE '%BATCH%';
ROLLBACK TO placed;

-- that a rule prefers the north counts above money, but is not in what it costs
SELECT put_routing_rule('{"code": "batch-north", "action": "prefer", "when": {"channel": "batch"}, "locations": {"location": "batch-north"}}');
SELECT pg_temp.batch(true);
SELECT receive_stock('BATCH-A', 'batch-north', 1);
SELECT pg_temp.batch();
SELECT reference, no, location, fulfillment FROM pg_temp.placed;
ROLLBACK TO placed;

-- two in the far south: the one who gets a parcel from the north makes a unit more in the south worth 2 EUR
SELECT count(pg_temp.place('south-' || n, 39.3, 'BATCH-B')) FROM generate_series(1, 2) AS n;
SELECT pg_temp.batch();
SELECT round(coalesce(sum(price::numeric) FILTER (WHERE l.code = 'batch-south'), 0) - coalesce(sum(price::numeric) FILTER (WHERE l.code = 'batch-north'), 0)) AS south_is_worth_more
FROM scarcity_prices JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id) WHERE s.code = 'BATCH-B';
ROLLBACK TO placed;

-- the strategy balanced leaves the last unit to those who need it more: here there is still one for each
INSERT INTO scarcity_prices (sku_id, location_id, price) SELECT sku_id, location_id, '2.50 EUR' FROM skus, locations WHERE skus.code = 'BATCH-B' AND locations.code = 'batch-south';
SELECT pg_temp.place('cheap', 40.45, 'BATCH-B') IS NOT NULL AS placed;
SELECT location FROM pg_temp.placed WHERE reference = 'cheap';
ROLLBACK TO placed;
INSERT INTO scarcity_prices (sku_id, location_id, price) SELECT sku_id, location_id, '2.50 EUR' FROM skus, locations WHERE skus.code = 'BATCH-B' AND locations.code = 'batch-south';
SELECT pg_temp.place('balanced', 40.45, 'BATCH-B', options => '{"strategy": "balanced"}') IS NOT NULL AS placed;
SELECT location FROM pg_temp.placed WHERE reference = 'balanced';
ROLLBACK TO placed;

/*
 * Who stays
 */
-- what is being picked; what is held
SELECT start_picking((SELECT order_id FROM orders WHERE reference = 'first' AND channel_id = (SELECT channel_id FROM channels WHERE code = 'batch')), 1);
SELECT pg_temp.batch();
ROLLBACK TO placed;
SELECT hold_order((SELECT order_id FROM orders WHERE reference = 'second' AND channel_id = (SELECT channel_id FROM channels WHERE code = 'batch')), 'fraud', 'looks odd');
SELECT pg_temp.batch();
ROLLBACK TO placed;
-- who would get it later than was promised
UPDATE shipping_rates SET transit_days = 3 WHERE max_distance_km = 100 AND service_id = (SELECT service_id FROM shipping_services WHERE code = 'batch-parcel');
SELECT pg_temp.batch();
ROLLBACK TO placed;
-- a location that has rejected the order, or is closed by now
UPDATE locations SET active = false WHERE code = 'batch-north';
SELECT pg_temp.batch();
ROLLBACK TO placed;
-- a parcel that has become too heavy for its service
SELECT receive_stock('BATCH-B', 'batch-north', 1), put_sku('{"code": "BATCH-B", "weight_g": 600}');
SELECT place_order('{"channel": "batch", "reference": "heavy", "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "shipping": {"service": "batch-parcel", "price": 0},
                     "lines": [{"sku": "BATCH-B", "quantity": 2, "unit_price": 0}]}') IS NOT NULL AS placed;
UPDATE shipping_rates SET max_weight_g = 1000 WHERE service_id = (SELECT service_id FROM shipping_services WHERE code = 'batch-parcel');
SELECT pg_temp.batch(true);
ROLLBACK TO placed;
-- a role that does not see a location neither ships from there nor moves what is there
CREATE ROLE regress_oms_batch;
SELECT grant_access('regress_oms_batch');
CREATE POLICY batch_south ON locations USING (code <> 'batch-south');
ALTER TABLE locations ENABLE ROW LEVEL SECURITY;
SELECT receive_stock('BATCH-A', 'batch-south', 1), receive_stock('BATCH-A', 'batch-north', 1);
SET ROLE regress_oms_batch;
SELECT location FROM route('[{"sku": "BATCH-A", "quantity": 1}]', oms_internal.make_point(40, -8));
SELECT orders, moved FROM reroute_batch(channel => 'batch');
RESET ROLE;
ROLLBACK TO placed;
-- other strategies, kits, one parcel or one place only: of seven orders two are planned
SELECT count(receive_stock('BATCH-A', l, 10)) FROM unnest('{batch-south,batch-north}'::text[]) AS l;
SELECT count(pg_temp.place('nearest', 40.45, channel => 'batch-nearest')), count(pg_temp.place('kit', 40.45, 'BATCH-KIT')),
       count(pg_temp.place('whole', 40.45, options => '{"allow_split": false}')), count(pg_temp.place('from', 40.45, options => '{"ship_from": "batch-north"}')),
       count(pg_temp.place('splits', 40.45, options => '{"strategy": "fewest_splits"}'));
SELECT (reroute_batch(channel => 'batch')).orders, (reroute_batch(channel => 'batch-nearest')).orders;

/*
 * What is refused
 */
SELECT reroute_batch(max_orders => 0); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(max_orders => 10001); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(max_orders => NULL); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(time_limit => '0 s'); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(time_limit => '2 hours'); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(time_limit => NULL); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(min_saving => '-0.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT reroute_batch(channel => 'batch-none'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
