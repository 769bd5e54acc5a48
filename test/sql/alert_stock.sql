-- what is low, out of stock or soon will be, by location and by channel; each case is reckoned by hand
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET jit = off;
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE alerts_alert_id_seq RESTART 1;
-- what jobs find out is told by hand here
ALTER TABLE demand_lines DISABLE TRIGGER USER;
ALTER TABLE forecasts DISABLE TRIGGER USER;
CREATE VIEW pg_temp.open AS
    SELECT alert_id AS id, kind, key, severity, message FROM alerts WHERE key LIKE 'al%' AND status <> 'closed'
    ORDER BY kind, key;
CREATE FUNCTION pg_temp.watch(watch text, VARIADIC keys text[] DEFAULT '{}') RETURNS integer LANGUAGE sql AS $$
    SELECT oms_internal.run_watch(watch, settings || coalesce((SELECT jsonb_object_agg(split_part(k, '=', 1), split_part(k, '=', 2)::jsonb)
                                                              FROM unnest(keys) AS k), '{}'), 1000)
    FROM jobs WHERE jobs.name = 'raise_alerts'
$$;
-- where the watch sees something else available than whoever asks
CREATE VIEW pg_temp.differs AS
    SELECT s.code, l.code AS location, c.code AS channel, x.available
    FROM oms_internal.stock_scopes() AS x
    JOIN skus AS s USING (sku_id) LEFT JOIN locations AS l USING (location_id) LEFT JOIN channels AS c USING (channel_id)
    WHERE x.available <> available(s.code, l.code, c.code);
-- the watch of stock sees nothing else
UPDATE skus SET active = false WHERE code NOT LIKE 'al%';
SELECT put_channel('{"code": "al_web", "currency": "EUR"}'), put_location('{"code": "al_porto", "country": "PT"}'),
       put_location('{"code": "al_faro", "country": "PT"}'), put_location('{"code": "al_old", "country": "PT"}'),
       put_channel('{"code": "al_market", "currency": "EUR", "locations": ["al_faro"]}');
CREATE FUNCTION pg_temp.channels() RETURNS text LANGUAGE sql AS $$ SELECT 'low_stock={"channels": ["al_web", "al_market"]}' $$;
SELECT count(put_sku(jsonb_build_object('code', 'al_' || c))) FROM unnest('{tee,cap,sock,kit,gone,gift,new}'::text[]) AS c;
SELECT put_sku('{"code": "al_kit", "kit": [{"sku": "al_tee", "quantity": 2}]}'), put_sku('{"code": "al_gift", "stocked": false}'),
       put_sku('{"code": "al_new", "available_from": "2026-12-01"}');
INSERT INTO replenishment_policies (code, sku_id, location_id, reorder_point, order_up_to)
SELECT s.code || l.code, s.sku_id, l.location_id, 10, 30
FROM skus AS s, locations AS l WHERE s.code IN ('al_tee', 'al_new') AND l.code IN ('al_porto', 'al_faro');

/*
 * Low: the position is at the reorder point. al_tee has 11 + 10, of which web may sell 21 of two reorder points
 * of 10 together, and market, which has Faro alone, 10
 */
SELECT receive_stock('al_tee', 'al_porto', 11), receive_stock('al_tee', 'al_faro', 10), receive_stock('al_tee', 'al_old', 1);
SELECT pg_temp.watch('stock', pg_temp.channels());
SELECT * FROM pg_temp.open;
SELECT a.key, a.sku_id = s.sku_id AS sku, l.code AS location, c.code AS channel, a.subject, a.data, a.status, a.watched
FROM alerts AS a JOIN skus AS s ON s.code = 'al_tee' LEFT JOIN locations AS l USING (location_id) LEFT JOIN channels AS c USING (channel_id)
WHERE a.key LIKE 'al%' ORDER BY 1;
-- nothing new, no write
SELECT pg_temp.watch('stock', pg_temp.channels());
-- safety stock counts for the channel, but not for the position; what a channel is not given neither
SELECT put_stock_buffer('{"sku": "al_tee", "location": "al_porto", "quantity": 1}'),
       put_stock_buffer('{"sku": "al_tee", "location": "al_porto", "channel": "al_web", "quantity": 2}');
SELECT pg_temp.watch('stock', pg_temp.channels());
SELECT * FROM pg_temp.open;
SELECT * FROM pg_temp.differs;
SELECT put_stock_buffer('{"sku": "al_tee", "quantity": 3}'), put_stock_buffer('{"channel": "al_market", "location": "al_faro", "quantity": 4}'),
       put_stock_buffer('{"channel": "al_web", "quantity": 50}');
SELECT * FROM pg_temp.differs;
SELECT put_stock_buffer('{"sku": "al_tee", "quantity": 0}'), put_stock_buffer('{"channel": "al_market", "location": "al_faro", "quantity": 0}'),
       put_stock_buffer('{"channel": "al_web", "quantity": 0}');
SELECT put_stock_buffer('{"sku": "al_tee", "location": "al_porto", "quantity": 0}'),
       put_stock_buffer('{"sku": "al_tee", "location": "al_porto", "channel": "al_web", "quantity": 0}');

/*
 * What is on the way counts, unless what is available is asked for
 */
SELECT put_supplier('{"code": "al_mill", "currency": "EUR", "email": "mill@example.org", "name": "The mill",
                      "skus": [{"sku": "al_tee", "supplier_sku": "T1", "cost": "3 EUR", "lead_time_days": 4}]}'),
       put_purchase_order('{"code": "al_1", "supplier": "al_mill", "location": "al_faro", "expected_on": "2026-11-06",
                            "lines": [{"sku": "al_tee", "quantity": 1}]}'), send_purchase_order('al_1');
SELECT pg_temp.watch('stock', pg_temp.channels());
SELECT * FROM pg_temp.open;
SELECT pg_temp.watch('stock', 'low_stock={"measure": "available"}', 'out_of_stock=null');
SELECT * FROM pg_temp.open;
-- only for the channels that are named
SELECT pg_temp.watch('stock', 'low_stock={"measure": "available", "channels": []}');
SELECT key FROM pg_temp.open;
SELECT pg_temp.watch('stock', 'low_stock=null');
SELECT * FROM pg_temp.open;

/*
 * Out of stock: where somebody wants it, or it is to be there. Nothing is said of al_gone, which nobody has bought for
 * long, of kits, of what needs no stock or is not for sale yet
 */
SELECT adjust_stock('al_tee', 'al_porto', -11, 'lost'), adjust_stock('al_tee', 'al_old', -1, 'lost');
SELECT count(receive_stock(s, 'al_porto', 1)), count(adjust_stock(s, 'al_porto', -1, 'lost'))
FROM unnest('{al_cap,al_sock,al_gone}'::text[]) AS s;
INSERT INTO demand_daily (sku_id, location_id, day, demanded)
SELECT s.sku_id, l.location_id, d, q
FROM (VALUES ('al_cap', '2026-10-30'::date, 1), ('al_gone', '2026-08-04', 1), ('al_sock', '2026-10-30', 0)) AS v(code, d, q)
JOIN skus AS s USING (code), locations AS l WHERE l.code = 'al_porto';
SELECT pg_temp.watch('stock');
SELECT * FROM pg_temp.open;
SELECT pg_temp.watch('stock', 'out_of_stock={"sold_days": 91, "channels": []}');
SELECT key FROM pg_temp.open WHERE kind = 'out_of_stock';
SELECT pg_temp.watch('stock', 'out_of_stock={"channels": []}');
SELECT key FROM pg_temp.open WHERE kind = 'out_of_stock';
SELECT pg_temp.watch('stock');

-- closed by hand it is silent, and raised again when it was there meanwhile; a location that is closed has no stock to miss
SELECT close_alert(alert_id, 'know that') FROM alerts WHERE key = 'al_cap@al_porto' AND status = 'open';
SELECT pg_temp.watch('stock');
SELECT receive_stock('al_cap', 'al_porto', 1), pg_temp.watch('stock'), adjust_stock('al_cap', 'al_porto', -1, 'lost');
SELECT pg_temp.watch('stock');
SELECT count(*) FILTER (WHERE status = 'open') AS open, count(*) FROM alerts WHERE key = 'al_cap@al_porto';
UPDATE locations SET active = false WHERE code = 'al_porto';
SELECT pg_temp.watch('stock');
SELECT * FROM pg_temp.open;
UPDATE locations SET active = true WHERE code = 'al_porto';
-- who waits makes it worse
SELECT place_order('{"channel": "al_web", "reference": "al-1", "lines": [{"sku": "al_cap", "quantity": 2, "unit_price": 0}],
                     "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "shipping": {"price": 0},
                     "fulfillment": {"allow_backorder": true}}') > 0 AS placed;
INSERT INTO demand_lines (order_id, line_no, sku_id, location_id, day, quantity)
SELECT o.order_id, 1, s.sku_id, l.location_id, '2026-11-02', 2
FROM orders AS o, skus AS s, locations AS l WHERE o.reference = 'al-1' AND s.code = 'al_cap' AND l.code = 'al_porto';
SELECT pg_temp.watch('stock', 'out_of_stock={"sold_days": 90, "channels": []}');
SELECT * FROM pg_temp.open WHERE key LIKE 'al_cap%';

/*
 * Soon: at al_faro are 10 al_tee; 3 a day are wanted from today on, so on the fourth day, the 5th, they don't suffice. One
 * comes on the 6th
 */
INSERT INTO forecasts (sku_id, location_id, starts_on, class, method, means, mean, protection_days, total_mean, total_quantiles)
SELECT s.sku_id, l.location_id, '2026-11-01', 'smooth', 'test', '{3,3,3,3,3,3,3,3}', 3, 5, 15, array_fill(15::float8, ARRAY[8])
FROM skus AS s, locations AS l WHERE s.code = 'al_tee' AND l.code = 'al_faro';
SELECT pg_temp.watch('stockouts');
SELECT * FROM pg_temp.open WHERE kind = 'stockout_expected';
SELECT data FROM alerts WHERE kind = 'stockout_expected';
-- the one that comes in time is too little; with three more it is the next day; 15 do for the five days of protection
SELECT confirm_purchase_order('al_1', '2026-11-04'), pg_temp.watch('stockouts');
SELECT message FROM pg_temp.open WHERE kind = 'stockout_expected';
SELECT receive_purchase_order('al_1'), adjust_stock('al_tee', 'al_faro', 3, 'found'), pg_temp.watch('stockouts');
SELECT severity, message FROM pg_temp.open WHERE kind = 'stockout_expected';
SELECT adjust_stock('al_tee', 'al_faro', 1, 'found'), pg_temp.watch('stockouts');
SELECT severity, message FROM pg_temp.open WHERE kind = 'stockout_expected';
-- as far ahead as the forecast goes, if asked
SELECT pg_temp.watch('stockouts', 'stockout_expected={"days": 30, "critical_days": 5}');
SELECT severity, message FROM pg_temp.open WHERE kind = 'stockout_expected';
-- what has run out is out of stock
SELECT adjust_stock('al_tee', 'al_faro', -15, 'lost'), pg_temp.watch('stockouts'), pg_temp.watch('stock');
SELECT kind FROM pg_temp.open WHERE key = 'al_tee@al_faro';
ROLLBACK;
