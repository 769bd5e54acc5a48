-- routing: random networks, compared to what a query over all of them says
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(5);
\o /dev/null
SELECT setseed(0.4);
SELECT put_location(jsonb_build_object('code', 'net-' || n, 'lat', 35 + random() * 15, 'lon', -10 + random() * 20, 'priority', floor(random() * 3)))
FROM generate_series(1, 300) AS n;
-- some share a place, some are not on the map, some are closed
UPDATE locations SET point = (SELECT point FROM locations WHERE code = 'net-7') WHERE code IN ('net-70', 'net-71', 'net-72');
UPDATE locations SET point = NULL WHERE code IN ('net-9', 'net-19');
UPDATE locations SET active = false WHERE code LIKE 'net-%5';
SELECT put_channel('{"code": "net", "currency": "EUR", "locations": ["net-1", "net-2", "net-3", "net-4", "net-30", "net-31", "net-7", "net-71", "net-9"]}');
SELECT put_sku(jsonb_build_object('code', 'NET-' || n)) FROM generate_series(1, 6) AS n;
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id, floor(random() * 8)::integer FROM skus AS s, locations AS l
WHERE s.code LIKE 'NET-%' AND l.code LIKE 'net-%' AND random() < 0.25;
\o

CREATE TEMPORARY TABLE asked AS
SELECT n, (SELECT jsonb_agg(jsonb_build_object('sku', 'NET-' || 1 + floor(random() * 6)::integer, 'quantity', i * 0 + 1 + floor(random() * CASE WHEN n % 10 = 0 THEN 500 ELSE 5 END)::integer))
           FROM generate_series(1, 1 + floor(random() * 3 + n * 0)::integer) AS i) AS lines,
       CASE WHEN n % 11 = 0 THEN NULL
            WHEN n % 13 = 0 THEN (SELECT point FROM locations WHERE code = 'net-7')
            ELSE format('POINT(%s %s)', -10 + random() * 20, 35 + random() * 15)::geography END AS destination,
       CASE WHEN n % 3 = 0 THEN 'net' END AS channel
FROM generate_series(1, 400) AS n;
CREATE VIEW pg_temp.demand AS
    SELECT n, channel, l ->> 'sku' AS sku, sum((l ->> 'quantity')::numeric) AS quantity
    FROM asked, jsonb_array_elements(lines) AS l GROUP BY n, channel, l ->> 'sku';
-- who may ship for a channel, and what each has
CREATE VIEW pg_temp.shelf AS
    SELECT c.channel, l.location_id, l.code AS location, l.point, l.priority, s.code AS sku, v.on_hand::numeric AS quantity
    FROM (VALUES (NULL), ('net')) AS c(channel), locations AS l JOIN stock_levels AS v USING (location_id) JOIN skus AS s USING (sku_id)
    WHERE l.active AND l.code LIKE 'net-%'
          AND (c.channel IS NULL OR l.location_id IN (SELECT location_id FROM channel_locations JOIN channels AS k USING (channel_id) WHERE k.code = c.channel));
CREATE FUNCTION pg_temp.routed(asked, options jsonb) RETURNS SETOF oms.route_leg LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT * FROM oms.route($1.lines, $1.destination, options || jsonb_build_object('channel', $1.channel));
EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM003' THEN
    RETURN;
END
$$;

-- one place that has everything: the nearest, by priority, by age
CREATE TEMPORARY TABLE one AS
SELECT n, (SELECT string_agg(DISTINCT location, ', ') FROM pg_temp.routed(a, '{"allow_split": false}')) AS got,
       (SELECT l.location
        FROM (SELECT location_id, location, point, priority FROM pg_temp.shelf AS h JOIN pg_temp.demand AS d ON d.sku = h.sku AND h.quantity >= d.quantity
              WHERE d.n = a.n AND h.channel IS NOT DISTINCT FROM a.channel
              GROUP BY location_id, location, point, priority HAVING count(*) = (SELECT count(*) FROM pg_temp.demand AS d WHERE d.n = a.n)) AS l
        ORDER BY oms_internal.distance_m(l.point, a.destination) NULLS LAST, priority, location_id LIMIT 1) AS wanted
FROM asked AS a;
SELECT is_empty('SELECT * FROM one WHERE got IS DISTINCT FROM wanted', 'who ships all of 400 orders is the nearest that has everything');
SELECT ok((SELECT count(wanted) BETWEEN 100 AND 390 FROM one), 'of which some can be shipped from one place, not all');

-- split: nothing is lost, nobody gives what he has not, and only what nobody has is open
CREATE TEMPORARY TABLE legs AS
SELECT a.n, a.channel, r.* FROM asked AS a, LATERAL pg_temp.routed(a, '{"allow_backorder": true}') AS r;
SELECT is_empty($$SELECT n, i, l FROM asked, jsonb_array_elements(lines) WITH ORDINALITY AS u(l, i)
                  WHERE (l ->> 'quantity')::numeric <> (SELECT sum(quantity::numeric) FROM legs WHERE legs.n = asked.n AND line_no = i)$$, 'legs add up to the lines');
SELECT is_empty($$SELECT g.n, g.sku, g.location FROM legs AS g JOIN pg_temp.shelf AS h ON h.sku = g.sku AND h.location = g.location AND h.channel IS NOT DISTINCT FROM g.channel
                  GROUP BY g.n, g.sku, g.location, h.quantity HAVING sum(g.quantity::numeric) > h.quantity$$, 'no place gives more than it has');
SELECT is_empty($$SELECT d.n, d.sku FROM pg_temp.demand AS d
                  WHERE greatest(d.quantity - coalesce((SELECT sum(h.quantity) FROM pg_temp.shelf AS h WHERE h.sku = d.sku AND h.channel IS NOT DISTINCT FROM d.channel), 0), 0)
                        <> coalesce((SELECT sum(g.quantity::numeric) FROM legs AS g WHERE g.n = d.n AND g.sku = d.sku AND g.location IS NULL), 0)$$,
                'what is open is what nobody has');
SELECT * FROM finish();
ROLLBACK;
