-- the day on which a location ships, by its own clock, and with room
\set SHOW_CONTEXT never
\pset null (null)
SET search_path = oms, public;
SET TimeZone = 'UTC';

CREATE FUNCTION pg_temp.ships(location text, VARIADIC at text[]) RETURNS TABLE (placed text, on_a text, ships text)
    LANGUAGE sql
    AS $$
    SELECT a, to_char(a::timestamptz AT TIME ZONE time_zone, 'Dy HH24:MI'),
           to_char(oms_internal.location_ships_on(location, a::timestamptz, false), 'Dy YYYY-MM-DD')
    FROM unnest(at) WITH ORDINALITY AS t(a, n), oms.locations AS l
    WHERE l.code = location
    ORDER BY n
    $$;

-- every day and no cutoff; the day is that of the location's clock
SELECT put_location('{"code": "cal-ny", "time_zone": "America/New_York"}'),
       put_location('{"code": "cal-in", "time_zone": "Asia/Kolkata"}');
SELECT * FROM pg_temp.ships('cal-ny', '2026-11-02 04:59:59Z', '2026-11-02 05:00Z', '2026-07-01 03:59Z', '2026-07-01 04:00Z', '2027-01-01 04:59Z');
SELECT * FROM pg_temp.ships('cal-in', '2026-11-02 18:29:59Z', '2026-11-02 18:30Z', '2026-12-31 18:30Z');

-- at the minute of the cutoff, on days when the clocks change, and at the end of the year
SELECT put_location('{"code": "cal-ny", "cutoff": "14:00"}'), put_location('{"code": "cal-in", "cutoff": "00:00"}');
SELECT * FROM pg_temp.ships('cal-ny', '2026-11-03 18:59:59Z', '2026-11-03 19:00Z', '2026-11-03 19:00:00.000001Z', '2026-11-03 19:01Z');
SELECT * FROM pg_temp.ships('cal-ny', '2026-03-08 18:00Z', '2026-03-08 18:01Z', '2026-11-01 05:30Z', '2026-11-01 06:30Z',
                            '2026-11-01 19:00Z', '2026-11-01 19:01Z', '2026-12-31 19:00Z', '2026-12-31 19:01Z');
SELECT * FROM pg_temp.ships('cal-in', '2026-11-02 18:30Z', '2026-11-02 18:30:01Z');
SELECT put_location('{"code": "cal-in", "cutoff": "23:59:59.999999"}');
SELECT * FROM pg_temp.ships('cal-in', '2026-11-02 18:29:59.999999Z', '2026-11-02 18:30Z');

-- the working week: Friday evening, Saturday, Sunday after the cutoff
SELECT put_location('{"code": "cal-ny", "working_days": [1, 2, 3, 4, 5]}');
SELECT * FROM pg_temp.ships('cal-ny', '2026-11-06 19:00Z', '2026-11-06 19:01Z', '2026-11-07 12:00Z', '2026-11-07 23:00Z',
                            '2026-11-08 12:00Z', '2026-11-08 23:00Z', '2026-11-09 12:00Z', '2026-11-09 23:00Z');

-- handling takes working days
SELECT put_location('{"code": "cal-ny", "handling_days": 2}');
SELECT * FROM pg_temp.ships('cal-ny', '2026-11-04 12:00Z', '2026-11-05 12:00Z', '2026-11-06 12:00Z', '2026-11-06 20:00Z', '2026-11-07 12:00Z');

-- holidays in a row, on days off too, over the end of the year, and behind the cutoff
SELECT put_location('{"code": "cal-ny", "handling_days": 0,
                      "holidays": ["2026-12-24", "2026-12-25", "2026-12-26", "2026-12-28", "2027-01-01"]}');
SELECT * FROM pg_temp.ships('cal-ny', '2026-12-23 12:00Z', '2026-12-23 20:00Z', '2026-12-24 12:00Z', '2026-12-28 23:00Z',
                            '2026-12-31 12:00Z', '2026-12-31 20:00Z');
SELECT put_location('{"code": "cal-ny", "handling_days": 1}');
SELECT * FROM pg_temp.ships('cal-ny', '2026-12-22 12:00Z', '2026-12-23 12:00Z', '2026-12-23 20:00Z', '2026-12-31 12:00Z');

-- what is known of holidays is forgotten when they change, by whatever statement
INSERT INTO location_holidays SELECT location_id, '2026-12-23' FROM locations WHERE code = 'cal-ny';
SELECT * FROM pg_temp.ships('cal-ny', '2026-12-22 12:00Z');
DELETE FROM location_holidays WHERE day <> '2026-12-24';
SELECT * FROM pg_temp.ships('cal-ny', '2026-12-22 12:00Z', '2026-12-23 12:00Z');
BEGIN;
TRUNCATE location_holidays;
SELECT * FROM pg_temp.ships('cal-ny', '2026-12-23 12:00Z');
ROLLBACK;
SELECT * FROM pg_temp.ships('cal-ny', '2026-12-23 12:00Z');

-- Sundays only; then all of them are holidays for a year
SELECT put_location('{"code": "cal-in", "working_days": [7], "cutoff": "12:00", "handling_days": 1}');
SELECT * FROM pg_temp.ships('cal-in', '2026-11-07 12:00Z', '2026-11-08 06:30Z', '2026-11-08 06:31Z', '2028-02-28 12:00Z');
SELECT put_location(jsonb_build_object('code', 'cal-in', 'handling_days', 0, 'holidays',
                                       (SELECT jsonb_agg(d::date) FROM generate_series('2026-11-08'::timestamp, '2027-11-08', '7 days') AS d)));
SELECT * FROM pg_temp.ships('cal-in', '2026-11-02 12:00Z', '2026-11-12 12:00Z', '2026-11-13 12:00Z', '2026-11-14 12:00Z');
SELECT put_location('{"code": "cal-in", "handling_days": 365, "holidays": null}');
SELECT * FROM pg_temp.ships('cal-in', '2026-11-08 00:00Z');

-- what cannot be
SELECT oms_internal.location_ships_on('cal-none', now(), false);
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.location_ships_on('cal-in', 'infinity', false);
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.location_ships_on('cal-ny', '294276-12-31 23:59:59Z', false);

-- an order that such a location would ship is refused; else its day is that of the calendar
SELECT put_channel('{"code": "cal-web", "currency": "EUR", "locations": ["cal-in"]}'), put_sku('{"code": "cal-sku"}');
SELECT receive_stock('cal-sku', 'cal-in', 100);
CREATE FUNCTION pg_temp.quote(placed_at text) RETURNS text
    LANGUAGE sql
    AS $$
    SELECT to_char((l ->> 'ships_on')::date, 'Dy YYYY-MM-DD')
    FROM jsonb_array_elements(quote_order(jsonb_build_object(
             'channel', 'cal-web', 'reference', 'C-1', 'placed_at', placed_at,
             'lines', '[{"sku": "cal-sku", "quantity": 1, "unit_price": 0}]'::jsonb)) -> 'legs') AS l
    $$;
SELECT put_location(jsonb_build_object('code', 'cal-in', 'handling_days', 0, 'holidays',
                                       (SELECT jsonb_agg(d::date) FROM generate_series('2026-11-08'::timestamp, '2027-11-08', '7 days') AS d)));
SELECT pg_temp.quote('2026-11-02T12:00:00Z');
\echo :LAST_ERROR_SQLSTATE
SELECT put_location('{"code": "cal-in", "working_days": [1, 2, 3, 4, 5], "holidays": null, "daily_capacity": 2}');
SELECT pg_temp.quote('2026-11-06T06:00:00Z'), pg_temp.quote('2026-11-06T12:00:00Z');

-- room on a Friday: cancelled fulfillments leave it, shipped ones do not, those without a day take none
CREATE FUNCTION pg_temp.room(at text) RETURNS text
    LANGUAGE sql
    AS $$ SELECT to_char(oms_internal.location_ships_on('cal-in', at::timestamptz, true), 'Dy YYYY-MM-DD') $$;
BEGIN;
INSERT INTO orders (order_id, channel_id, reference, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT -1, channel_id, 'C-1', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR' FROM channels WHERE code = 'cal-web';
INSERT INTO fulfillments (order_id, fulfillment_no, location_id, ships_on)
SELECT -1, n, location_id, '2026-11-06' FROM locations, generate_series(1, 2) AS n WHERE code = 'cal-in';
SELECT pg_temp.room('2026-11-05 06:00Z'), pg_temp.room('2026-11-06 06:00Z');
UPDATE fulfillments SET status = 'cancelled' WHERE order_id = -1 AND fulfillment_no = 1;
SELECT pg_temp.room('2026-11-06 06:00Z');
UPDATE fulfillments SET status = 'released' WHERE order_id = -1 AND fulfillment_no = 2;
UPDATE fulfillments SET status = 'packed' WHERE order_id = -1 AND fulfillment_no = 2;
UPDATE fulfillments SET status = 'shipped' WHERE order_id = -1 AND fulfillment_no = 2;
SELECT put_location('{"code": "cal-in", "daily_capacity": 1}');
SELECT pg_temp.room('2026-11-06 06:00Z');
UPDATE fulfillments SET ships_on = NULL WHERE order_id = -1 AND fulfillment_no = 2;
SELECT pg_temp.room('2026-11-06 06:00Z');
UPDATE fulfillments SET ships_on = '2026-11-09' WHERE order_id = -1 AND fulfillment_no = 2;
SELECT pg_temp.room('2026-11-06 12:00Z');

-- where the index cannot be probed, a query counts the same
SAVEPOINT probed;
ALTER TABLE fulfillments ENABLE ROW LEVEL SECURITY;
SELECT pg_temp.room('2026-11-09 06:00Z');
ROLLBACK TO probed;
DROP INDEX fulfillments_ships_on_idx;
SELECT pg_temp.room('2026-11-09 06:00Z');
ROLLBACK TO probed;

-- nobody looks further than 60 days
INSERT INTO fulfillments (order_id, fulfillment_no, location_id, ships_on)
SELECT -1, 3 + n, location_id, date '2026-11-10' + n FROM locations, generate_series(0, 58) AS n WHERE code = 'cal-in';
SELECT pg_temp.room('2026-11-10 06:00Z'), pg_temp.room('2026-11-11 06:00Z');
INSERT INTO fulfillments (order_id, fulfillment_no, location_id, ships_on)
SELECT -1, 100, location_id, '2027-01-08' FROM locations WHERE code = 'cal-in';
SELECT pg_temp.room('2026-11-10 06:00Z'), pg_temp.room('2026-11-12 06:00Z'), pg_temp.room('2026-11-13 06:00Z');

-- a capacity of none, and none at all
SELECT put_location('{"code": "cal-in", "daily_capacity": 0}');
SELECT pg_temp.room('2026-11-09 06:00Z');
SELECT put_location('{"code": "cal-in", "daily_capacity": null}');
SELECT pg_temp.room('2026-11-09 06:00Z');
ROLLBACK;

UPDATE locations SET active = false WHERE code LIKE 'cal-%';
