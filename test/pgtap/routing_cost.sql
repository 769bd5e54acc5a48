-- routing: what the chosen plans of random orders cost, against all sets of locations there are
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
BEGIN;
SELECT plan(15);
\o /dev/null
SELECT setseed(0.3);

/*
 * Six networks of ten locations on one map, each with a channel of its own:
 * 1 all that can cost, 2 nothing costs anything but the way, 3 four currencies, 4 handling decides, as it is much dearer
 * at some, 5 a service that does not reach far, 6 a high split penalty
 */
SELECT put_fx_rate('2026-01-01', base, quote, rate)
FROM (VALUES ('EUR', 'USD', 1.25), ('GBP', 'USD', 1.5), ('JPY', 'USD', 0.01), ('EUR', 'GBP', 0.8)) AS v(base, quote, rate);
CREATE TEMPORARY TABLE networks AS
SELECT k, 'cost-' || k AS channel, CASE WHEN k = 3 THEN 'USD' ELSE 'EUR' END AS currency,
       CASE k WHEN 6 THEN 1500 WHEN 4 THEN NULL WHEN 2 THEN NULL ELSE 100 END AS split_penalty
FROM generate_series(1, 6) AS k;
SELECT put_location(jsonb_build_object(
           'code', format('cost-%s-%s', k, b), 'lat', 38 + random() * 8, 'lon', -8 + random() * 12,
           'handling_days', floor(random() * 3)::integer)
       || CASE k WHEN 2 THEN '{}'
          ELSE jsonb_build_object(
              'currency', c, 'handling_cost', floor(random() * CASE WHEN k = 4 THEN 20 ELSE 3 END) * CASE WHEN c = 'JPY' THEN 100 ELSE 1 END,
              'unit_cost', floor(random() * 10)::integer * CASE WHEN c = 'JPY' THEN 1 ELSE 0.05 END) END)
FROM generate_series(1, 6) AS k, generate_series(0, 9) AS b,
     LATERAL (SELECT CASE WHEN k = 3 THEN ('{EUR,USD,GBP,JPY}'::text[])[1 + b % 4] ELSE 'EUR' END) AS v(c);
UPDATE locations SET point = NULL WHERE code IN ('cost-1-3', 'cost-5-4');
UPDATE locations SET handling_cost = NULL, unit_cost = NULL WHERE code IN ('cost-1-5', 'cost-3-6', 'cost-4-7');
SELECT put_channel(jsonb_build_object('code', channel, 'currency', currency, 'split_penalty', split_penalty / 100.0,
                                      'locations', (SELECT jsonb_agg(format('cost-%s-%s', k, b)) FROM generate_series(0, 9) AS b)))
FROM networks;
SELECT put_shipping_service('{"code": "cost-1", "currency": "EUR", "rates": [
           {"max_distance_km": 200, "price": "3.50", "per_kg": "0.40", "transit_days": 1},
           {"max_distance_km": 500, "price": "4.20", "per_kg": "0.70", "transit_days": 2},
           {"max_distance_km": 500, "origin": "cost-1-1", "price": "2.20", "per_kg": "0.90", "transit_days": 1},
           {"max_distance_km": 800, "origin": "cost-4-2", "price": "0", "per_kg": "0", "transit_days": 6},
           {"price": "6.90", "per_kg": "1.10", "transit_days": 3}]}'),
       put_shipping_service('{"code": "cost-2", "currency": "USD", "rates": [
           {"max_distance_km": 250, "price": "8", "per_kg": "0.10", "transit_days": 3},
           {"max_distance_km": 600, "price": "5", "per_kg": "1", "transit_days": 1},
           {"price": "6", "per_kg": "0.30", "transit_days": 2}]}'),
       put_shipping_service('{"code": "cost-3", "currency": "EUR", "rates": [
           {"max_distance_km": 150, "price": "3", "per_kg": "0.30", "transit_days": 1},
           {"max_distance_km": 450, "price": "5", "per_kg": "0.60", "transit_days": 4}]}');
SELECT put_sku(jsonb_build_object('code', 'COST-' || s, 'weight_g', (ARRAY[NULL, 120, 350, 900, 2400, 7777])[s])) FROM generate_series(1, 6) AS s;
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id, 1 + floor(random() * 6)::integer FROM skus AS s, locations AS l
WHERE s.code LIKE 'COST-%' AND l.code LIKE 'cost-%' AND random() < 0.45;
INSERT INTO scarcity_prices (sku_id, location_id, price)
SELECT sku_id, location_id, amount(1 + floor(random() * 500)::integer / 100.0, (ARRAY['EUR', 'USD'])[1 + floor(random() * 2)::integer])
FROM stock_levels WHERE random() < 0.5 AND location_id IN (SELECT location_id FROM locations WHERE code LIKE 'cost-%');

CREATE TEMPORARY TABLE asked AS
SELECT n, 1 + n % 6 AS k,
       (SELECT jsonb_agg(jsonb_build_object('sku', 'COST-' || 1 + floor(random() * 6)::integer, 'quantity', i * 0 + 1 + floor(random() * CASE WHEN n % 10 = 0 THEN 25 ELSE 5 END)::integer))
        FROM generate_series(1, 1 + floor(random() * 4 + n * 0)::integer) AS i) AS lines,
       CASE WHEN n % 17 <> 0 THEN format('POINT(%s %s)', -8 + random() * 12, 38 + random() * 8)::geography END AS destination,
       CASE n % 7 WHEN 0 THEN 'cost-2' WHEN 1 THEN NULL WHEN 2 THEN 'cost-3' ELSE CASE WHEN n % 6 = 4 THEN 'cost-3' ELSE 'cost-1' END END AS service
FROM generate_series(1, 300) AS n;

/*
 * What each location costs for each order, in thousandths of a minor unit of the channel's currency
 */
CREATE FUNCTION pg_temp.money(a oms.amount, currency text) RETURNS numeric LANGUAGE sql AS $$
    SELECT coalesce(round(a::numeric * 1000 * CASE WHEN currency_of(a) = currency THEN 1
                                                   WHEN currency = 'USD' THEN CASE currency_of(a) WHEN 'EUR' THEN 1.25 WHEN 'GBP' THEN 1.5 ELSE 0.01 END
                                                   ELSE 0.8 END * 100), 0)  -- all have 100 minor units, and USD to EUR is 0.8
$$;
CREATE TEMPORARY TABLE places AS
SELECT a.n, a.k, l.location_id, l.code AS location, 1 << right(l.code, 1)::integer AS bit, coalesce(w.distance_m, 33000000) AS distance_m,
       coalesce(c.split_penalty, 0) * 1000 + pg_temp.money(l.handling_cost, c.currency) + coalesce(pg_temp.money(r.price, c.currency), 0) AS fixed,
       pg_temp.money(l.unit_cost, c.currency) AS unit, coalesce(pg_temp.money(r.per_kg, c.currency), 0) / 1000 AS per_g,
       (a.service IS NOT NULL AND r.price IS NULL)::integer AS fault,
       CASE WHEN a.service IS NOT NULL AND r.price IS NULL THEN 'infinity' ELSE date '2026-11-02' + l.handling_days + coalesce(r.transit_days, 0) END AS arrives_on
FROM asked AS a JOIN networks AS c USING (k) JOIN locations AS l ON l.code LIKE format('cost-%s-_', a.k)
     CROSS JOIN LATERAL (SELECT oms_internal.distance_m(l.point, a.destination)) AS w(distance_m)
     LEFT JOIN LATERAL (SELECT r.* FROM shipping_rates AS r JOIN shipping_services AS s USING (service_id)
                        WHERE s.code = a.service AND (r.origin_location_id IS NULL OR r.origin_location_id = l.location_id)
                              AND (r.max_distance_km IS NULL OR w.distance_m <= r.max_distance_km * 1000)
                        ORDER BY r.max_distance_km NULLS LAST, r.origin_location_id NULLS LAST LIMIT 1) AS r ON true;
CREATE TEMPORARY TABLE demands AS
SELECT a.n, a.k, s.sku_id, s.code AS sku, coalesce(s.weight_g, 0) AS weight_g, sum((l ->> 'quantity')::integer) AS wanted
FROM asked AS a, jsonb_array_elements(lines) AS l JOIN skus AS s ON s.code = l ->> 'sku' GROUP BY a.n, a.k, s.sku_id, s.code, s.weight_g;
CREATE TEMPORARY TABLE sources AS
SELECT d.n, d.sku, d.wanted, p.bit, v.on_hand::numeric AS stock, p.unit + p.per_g * d.weight_g AS cost,
       p.unit + p.per_g * d.weight_g + pg_temp.money(x.price, c.currency) AS balanced
FROM demands AS d JOIN places AS p USING (n) JOIN networks AS c ON c.k = d.k JOIN stock_levels AS v USING (sku_id, location_id)
     LEFT JOIN scarcity_prices AS x USING (sku_id, location_id);
CREATE TEMPORARY TABLE masks AS
SELECT n, m::integer AS mask FROM (SELECT n, bit_or(bit) AS most FROM sources GROUP BY n) AS s, generate_series(1, 1023) AS m WHERE m & ~most = 0;
ANALYZE sources, places, masks;

/*
 * All sets of locations, and what it costs to ship as much as can be from them
 */
CREATE TEMPORARY TABLE sets AS
WITH shipments AS (
    SELECT m.n, m.mask, sum(fixed) AS fixed, count(*) AS shipments, sum(floor(distance_m)) AS metres, sum(fault) AS faults, max(arrives_on) AS arrives_on
    FROM masks AS m JOIN places AS p ON p.n = m.n AND p.bit & m.mask <> 0 GROUP BY m.n, m.mask
), taken AS (
    SELECT m.n, m.mask, s.sku, s.wanted, stock, cost, balanced, sum(stock) OVER (PARTITION BY m.n, m.mask, s.sku ORDER BY cost, bit) - stock AS before,
           sum(stock) OVER (PARTITION BY m.n, m.mask, s.sku ORDER BY balanced, bit) - stock AS before_balanced
    FROM masks AS m JOIN sources AS s ON s.n = m.n AND s.bit & m.mask <> 0
), units AS (
    SELECT n, mask, sum(greatest(least(stock, wanted - before), 0) * cost) AS cost, sum(greatest(least(stock, wanted - before), 0)) AS taken,
           sum(greatest(least(stock, wanted - before_balanced), 0) * balanced) AS balanced
    FROM taken GROUP BY n, mask
)
SELECT n, mask, fixed + cost AS cost, fixed + balanced AS balanced, shipments, metres, faults, arrives_on
FROM (SELECT *, max(taken) OVER (PARTITION BY n) AS most FROM units) AS u JOIN shipments USING (n, mask)
WHERE taken = most;
ANALYZE sets;

/*
 * What the router does
 */
CREATE TEMPORARY TABLE legs AS
SELECT a.n, a.k, s AS strategy, r.* FROM asked AS a, unnest('{cheapest,balanced,fewest_splits,nearest,fastest,whole}'::text[]) AS s,
       LATERAL route(a.lines, a.destination, jsonb_strip_nulls(jsonb_build_object(
           'channel', 'cost-' || a.k, 'service', a.service, 'strategy', nullif(s, 'whole'), 'allow_split', s <> 'whole', 'allow_backorder', true))) AS r;
CREATE TEMPORARY TABLE plans AS
SELECT g.n, g.strategy, sum(g.cost) + sum(g.fixed) AS cost, sum(g.balanced) + sum(g.fixed) AS balanced, count(*) AS shipments,
       sum(metres) AS metres, sum(fault) AS faults, max(arrives_on) AS arrives_on
FROM (SELECT g.n, g.strategy, p.location, min(p.fixed) AS fixed, sum(g.quantity::numeric * s.cost) AS cost,
             sum(g.quantity::numeric * s.balanced) AS balanced, min(floor(p.distance_m)) AS metres, min(p.fault) AS fault, min(p.arrives_on) AS arrives_on
      FROM legs AS g JOIN places AS p USING (n, location) JOIN sources AS s USING (n, sku, bit)
      GROUP BY g.n, g.strategy, p.location) AS g
GROUP BY g.n, g.strategy;
\o

SELECT ok((SELECT count(*) > 280 FROM (SELECT DISTINCT n FROM sets) AS s), 'there is something to choose in nearly all of 300 orders');
SELECT is_empty($$(SELECT n, s, i::integer, (l ->> 'quantity')::numeric FROM asked, jsonb_array_elements(lines) WITH ORDINALITY AS u(l, i), unnest('{cheapest,balanced,fewest_splits,nearest,fastest,whole}'::text[]) AS s)
                  EXCEPT SELECT n, strategy, line_no, sum(quantity::numeric) FROM legs GROUP BY 1, 2, 3$$, 'legs add up to the lines');
SELECT is_empty($$SELECT g.n, g.strategy, g.sku FROM (SELECT n, strategy, sku, location, sum(quantity::numeric) AS quantity FROM legs WHERE location IS NOT NULL GROUP BY 1, 2, 3, 4) AS g
                         LEFT JOIN places AS p USING (n, location) LEFT JOIN sources AS s USING (n, sku, bit) WHERE g.quantity > coalesce(s.stock, 0)$$,
                'no location ships what it has not, or that is not the channel''s');
SELECT is_empty($$SELECT g.n, g.strategy, g.sku FROM (SELECT n, strategy, sku, sum(quantity::numeric) AS quantity FROM legs WHERE location IS NULL AND strategy <> 'whole' GROUP BY 1, 2, 3) AS g
                         JOIN demands AS d USING (n, sku) WHERE g.quantity <> d.wanted - coalesce((SELECT sum(stock) FROM sources AS s WHERE s.n = d.n AND s.sku = d.sku), 0)$$,
                'what waits is what nobody has');
SELECT is_empty($$SELECT n, p.cost, s.cost FROM plans AS p JOIN LATERAL (SELECT * FROM sets AS s WHERE s.n = p.n ORDER BY faults, cost, shipments LIMIT 1) AS s USING (n)
                  WHERE strategy = 'cheapest' AND (p.faults, p.cost, p.shipments) <> (s.faults, s.cost, s.shipments)$$, 'cheapest: no set of locations costs less');
SELECT is_empty($$SELECT n, p.balanced, s.balanced FROM plans AS p JOIN LATERAL (SELECT * FROM sets AS s WHERE s.n = p.n ORDER BY faults, balanced, shipments LIMIT 1) AS s USING (n)
                  WHERE strategy = 'balanced' AND (p.faults, p.balanced, p.shipments) <> (s.faults, s.balanced, s.shipments)$$, 'balanced: nor with what is scarce');
SELECT is_empty($$SELECT n, p.shipments, s.shipments, p.cost, s.cost FROM plans AS p JOIN LATERAL (SELECT * FROM sets AS s WHERE s.n = p.n ORDER BY faults, shipments, cost LIMIT 1) AS s USING (n)
                  WHERE strategy = 'fewest_splits' AND (p.faults, p.shipments, p.cost) <> (s.faults, s.shipments, s.cost)$$, 'fewest_splits: no set is smaller, or as small and cheaper');
SELECT is_empty($$SELECT n, p.metres, s.metres FROM plans AS p JOIN LATERAL (SELECT * FROM sets AS s WHERE s.n = p.n ORDER BY faults, metres LIMIT 1) AS s USING (n)
                  WHERE strategy = 'nearest' AND (p.faults, p.metres) <> (s.faults, s.metres)$$, 'nearest: no set is nearer');
SELECT is_empty($$SELECT n, p.arrives_on, s.arrives_on, p.cost, s.cost FROM plans AS p JOIN LATERAL (SELECT * FROM sets AS s WHERE s.n = p.n ORDER BY arrives_on, faults, cost LIMIT 1) AS s USING (n)
                  WHERE strategy = 'fastest' AND (p.arrives_on, p.faults, p.cost) <> (s.arrives_on, s.faults, s.cost)$$, 'fastest: no set is there earlier, or as early and cheaper');
SELECT is_empty($$SELECT s.n, p.cost, s.cost FROM (SELECT DISTINCT ON (n) * FROM sets WHERE shipments = 1 ORDER BY n, faults, cost) AS s LEFT JOIN plans AS p ON p.n = s.n AND p.strategy = 'whole'
                  WHERE (p.faults, p.cost, p.shipments) IS DISTINCT FROM (s.faults, s.cost, s.shipments)$$, 'not split: no location that has all of it costs less');
-- what that is worth
SELECT cmp_ok((SELECT count(*) FROM plans AS c JOIN plans AS o USING (n) WHERE c.strategy = 'cheapest' AND o.strategy = 'nearest' AND c.cost < o.cost), '>', 80::bigint,
              'the nearest are not the cheapest in many of them');
SELECT cmp_ok((SELECT count(DISTINCT n) FROM legs WHERE location IS NULL), '>', 20::bigint, 'in some of them something has to wait');

/*
 * Steps of weight: who ships which of up to four lines of one unit, whatever way they are shared out (a line is not
 * divided between two for the sake of a step)
 */
\o /dev/null
SELECT put_shipping_service('{"code": "cost-7", "currency": "EUR", "rates": [
           {"max_distance_km": 300, "max_weight_g": 500, "price": "2.10", "transit_days": 1},
           {"max_distance_km": 300, "max_weight_g": 2000, "price": "4.40", "per_kg": "0.20", "transit_days": 1},
           {"max_distance_km": 300, "price": "4.00", "per_kg": "0.90", "transit_days": 1},
           {"max_distance_km": 700, "max_weight_g": 1000, "price": "3.00", "transit_days": 2},
           {"max_distance_km": 700, "max_weight_g": 3000, "price": "5.20", "transit_days": 2},
           {"origin": "cost-1-2", "max_weight_g": 9000, "price": "3.30", "transit_days": 3},
           {"max_weight_g": 1000, "price": "3.90", "transit_days": 3},
           {"max_weight_g": 5000, "price": "7.00", "per_kg": "0.10", "transit_days": 3},
           {"price": "12.00", "per_kg": "0.50", "transit_days": 3}]}');
CREATE TEMPORARY TABLE heavy AS
SELECT n, (ARRAY[1, 3, 4, 6])[1 + n % 4] AS k, format('POINT(%s %s)', -8 + random() * 12, 38 + random() * 8)::geography AS destination,
       ARRAY(SELECT 'COST-' || i FROM generate_series(1, 6) AS i ORDER BY random() + n * 0 LIMIT 1 + floor(random() * 4 + n * 0)::integer) AS units
FROM generate_series(1, 200) AS n;
CREATE TEMPORARY TABLE shelves AS
SELECT c.k, l.location_id, l.code AS location, s.code AS sku, coalesce(s.weight_g, 0) AS weight_g, v.on_hand::numeric::integer AS stock,
       coalesce(c.split_penalty, 0) * 1000 + pg_temp.money(l.handling_cost, c.currency) AS fixed, pg_temp.money(l.unit_cost, c.currency) AS unit
FROM networks AS c JOIN locations AS l ON l.code LIKE format('cost-%s-_', c.k) JOIN stock_levels AS v USING (location_id) JOIN skus AS s USING (sku_id);
CREATE TEMPORARY TABLE shared AS
WITH RECURSIVE shared AS (
    SELECT n, k, 0 AS u, '{}'::text[] AS places FROM heavy
    UNION ALL
    SELECT s.n, s.k, s.u + 1, s.places || h.location
    FROM shared AS s JOIN heavy AS o USING (n) JOIN shelves AS h ON h.k = s.k AND h.sku = o.units[s.u + 1]
    WHERE (SELECT count(*) FROM generate_series(1, s.u) AS i WHERE s.places[i] = h.location AND o.units[i] = h.sku) < h.stock
)
SELECT s.n, s.k, row_number() OVER () AS id, places, destination, units FROM shared AS s JOIN heavy AS o USING (n) WHERE s.u = cardinality(o.units);
-- what was routed is one of them, as id 0
INSERT INTO shared
SELECT o.n, o.k, 0, array_agg(r.location ORDER BY r.line_no), o.destination, o.units
FROM heavy AS o, LATERAL route((SELECT jsonb_agg(jsonb_build_object('sku', s, 'quantity', 1) ORDER BY i) FROM unnest(o.units) WITH ORDINALITY AS u(s, i)),
                               o.destination, jsonb_build_object('channel', 'cost-' || k, 'service', 'cost-7')) AS r
GROUP BY o.n, o.k, o.destination, o.units;
CREATE TEMPORARY TABLE parcels AS
SELECT s.n, s.k, s.id, h.location, sum(h.weight_g) AS weight_g, sum(h.unit) + min(h.fixed) AS cost
FROM shared AS s, unnest(places, units) AS u(location, sku) JOIN shelves AS h USING (location, sku) GROUP BY s.n, s.k, s.id, h.location;
CREATE TEMPORARY TABLE prices_of AS
SELECT w.n, w.location, w.weight_g, pg_temp.money(r.price, c.currency) + coalesce(pg_temp.money(r.per_kg, c.currency), 0) * w.weight_g / 1000 AS price
FROM (SELECT DISTINCT n, k, location, weight_g FROM parcels) AS w JOIN heavy AS o USING (n) JOIN networks AS c ON c.k = w.k JOIN locations AS l ON l.code = w.location,
     LATERAL (SELECT oms_internal.distance_m(l.point, o.destination) AS distance_m) AS d,
     LATERAL (SELECT r.* FROM shipping_rates AS r JOIN shipping_services AS s USING (service_id)
              WHERE s.code = 'cost-7' AND (r.origin_location_id IS NULL OR r.origin_location_id = l.location_id)
                    AND (r.max_distance_km IS NULL OR d.distance_m <= r.max_distance_km * 1000) AND (r.max_weight_g IS NULL OR w.weight_g <= r.max_weight_g)
              ORDER BY r.max_distance_km NULLS LAST, r.max_weight_g NULLS LAST, r.origin_location_id NULLS LAST LIMIT 1) AS r;
ANALYZE parcels, prices_of;
CREATE TEMPORARY TABLE ways AS
SELECT n, id, sum(cost + price) AS cost, count(*) AS shipments FROM parcels JOIN prices_of USING (n, location, weight_g) GROUP BY n, id;
\o
SELECT ok((SELECT count(*) > 190 AND sum(ways) > 10000 FROM (SELECT n, count(*) AS ways FROM ways GROUP BY n) AS w), '200 orders, shared out in many ways');
SELECT is_empty($$SELECT * FROM (SELECT n, min(cost) FILTER (WHERE id = 0) AS got, min(cost) FILTER (WHERE id > 0) AS wanted FROM ways GROUP BY n) AS w WHERE got IS DISTINCT FROM wanted$$,
                'with steps of weight: no way costs less');
SELECT cmp_ok((SELECT count(*) FROM ways WHERE id = 0 AND shipments > 1), '>', 20::bigint, 'some of them are split');
SELECT * FROM finish();
ROLLBACK;
