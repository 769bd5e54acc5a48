-- replenishment policies: the most specific that says something counts; the arithmetic of orders
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
SELECT put_location('{"code": "rp-a", "country": "PT"}');
SELECT put_location('{"code": "rp-b", "country": "PT"}');
SELECT put_product('{"code": "rp-tee", "category": "rp.tops.tees", "skus": [{"code": "rp-1"}, {"code": "rp-2", "decimals": 1}]}');
SELECT put_product('{"code": "rp-cap", "category": "rp.caps", "skus": [{"code": "rp-3"}]}');
SELECT put_sku('{"code": "rp-4", "cost": "2.00 EUR"}');
SELECT put_sku('{"code": "rp-5", "stocked": false}');
SELECT put_supplier('{"code": "rp-mill", "currency": "EUR", "order_days": [1, 4], "skus": [
    {"sku": "rp-1", "cost": "3 EUR", "lead_time_days": 7, "lead_time_sd_days": 1.5, "min_quantity": 24, "pack_size": 12},
    {"sku": "rp-2", "cost": "5 EUR", "rank": 1}]}');
SELECT put_supplier('{"code": "rp-shed", "currency": "EUR", "skus": [
    {"sku": "rp-1", "cost": "4 EUR", "lead_time_days": 1}, {"sku": "rp-2", "cost": "9 EUR", "lead_time_days": 20, "max_quantity": 50}]}');
SELECT adjust_stock(s, l, 10, 'found') FROM unnest('{rp-1,rp-2,rp-3,rp-4}'::text[]) AS s, unnest('{rp-a,rp-b}'::text[]) AS l;
CREATE VIEW pg_temp.terms AS
    SELECT s.code AS sku, l.code AS location, u.code AS supplier, f.code AS "from", t.lead_time_days AS lead, t.lead_time_sd_days AS sd,
           t.review_days AS review, t.service_level AS service, t.fill_rate AS fill, t.min_quantity AS min, t.pack_size AS pack,
           t.max_quantity AS max, t.cost, t.reorder_point AS s, t.order_up_to AS "S", t.max_stock, t.order_cost, t.holding_rate AS holding
    FROM replenishment_terms t JOIN skus s USING (sku_id) JOIN locations l USING (location_id)
    LEFT JOIN suppliers u USING (supplier_id) LEFT JOIN locations f ON f.location_id = t.from_location_id
    WHERE s.code LIKE 'rp-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";

-- without policies: the lower rank first, then the cheaper; nobody offers the last two
SELECT sku, location, supplier, lead, sd, review, service, fill, min, pack, max, cost FROM pg_temp.terms;

/*
 * By SKU before by location before by category, for each attribute by itself
 */
SELECT put_replenishment_policy('{"code": "rp all", "service_level": 0.9, "review_days": 14, "order_cost": "5 EUR"}');
SELECT put_replenishment_policy('{"code": "rp tops", "category": "rp.tops", "service_level": 0.91, "holding_rate": 0.3}');
SELECT put_replenishment_policy('{"code": "rp tees", "category": "rp.tops.tees", "fill_rate": 0.92}');
SELECT put_replenishment_policy('{"code": "rp b", "location": "rp-b", "service_level": 0.93, "from_location": "rp-a"}');
SELECT put_replenishment_policy('{"code": "rp 1", "sku": "rp-1", "supplier": "rp-shed", "max_stock": 500}');
SELECT put_replenishment_policy('{"code": "rp 1b", "sku": "rp-1", "location": "rp-b", "service_level": 0.95, "reorder_point": 20, "order_up_to": 60}');
SELECT sku, location, supplier, "from", lead, review, service, fill, s, "S", max_stock, order_cost, holding FROM pg_temp.terms;
-- a supplier that doesn't offer the SKU is passed over; costs of another currency say nothing
SELECT put_replenishment_policy('{"code": "rp 1", "supplier": "rp-mill", "order_cost": "6 USD"}');
SELECT put_replenishment_policy('{"code": "rp 4", "sku": "rp-4", "supplier": "rp-mill", "lead_time_days": 3.5}');
SELECT sku, location, supplier, "from", lead, review, order_cost FROM pg_temp.terms WHERE sku IN ('rp-1', 'rp-4');
-- not active: as if it weren't there; what is null now is said elsewhere
SELECT put_replenishment_policy('{"code": "rp 1b", "active": false}');
SELECT put_replenishment_policy('{"code": "rp tees", "fill_rate": null}');
SELECT sku, location, service, fill, s FROM pg_temp.terms WHERE sku IN ('rp-1', 'rp-2');
-- a policy for a SKU at a location makes it planned there
SELECT put_sku('{"code": "rp-6"}');
SELECT put_replenishment_policy('{"code": "rp 6", "sku": "rp-6", "location": "rp-a", "reorder_point": 0, "order_up_to": 0}');
SELECT sku, location, s, "S" FROM pg_temp.terms WHERE sku = 'rp-6';
-- not: SKUs that are retired, locations that are closed or dropship
SELECT put_sku('{"code": "rp-6", "active": false}');
SELECT put_location('{"code": "rp-b", "kind": "dropship"}');
SELECT count(*), count(*) FILTER (WHERE location = 'rp-a') AS in_a, count(*) FILTER (WHERE sku = 'rp-6') AS retired FROM pg_temp.terms;

/*
 * Faults, all of them, and nothing is written
 */
SELECT put_replenishment_policy('{"service_level": 0, "fill_rate": "much", "review_days": 0, "lead_time_days": -1, "colour": 1, "category": "a..b",
    "order_cost": "5", "holding_rate": 0, "active": null, "reorder_point": -1}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_replenishment_policy('{"code": "rp x", "sku": "rp-2", "category": "rp", "service_level": 1, "fill_rate": 0.5, "supplier": "rp-mill", "from_location": "rp-a",
    "location": "rp-a", "reorder_point": 2.25, "order_up_to": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_replenishment_policy('{"code": "rp x", "sku": "nix", "location": "no", "supplier": "nobody", "from_location": "where"}'); \echo :LAST_ERROR_SQLSTATE
-- against what is there already
SELECT put_replenishment_policy('{"code": "rp tops", "sku": "rp-1", "fill_rate": 0.9}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_replenishment_policy('{"code": "rp x", "service_level": 0.5}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_replenishment_policy(NULL); \echo :LAST_ERROR_SQLSTATE
INSERT INTO replenishment_policies (code, service_level) VALUES ('rp y', 0.5); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
UPDATE replenishment_policies SET service_level = 1 WHERE code = 'rp all'; \echo :LAST_ERROR_SQLSTATE
UPDATE replenishment_policies SET fill_rate = 0.9 WHERE code = 'rp all'; \echo :LAST_ERROR_SQLSTATE
UPDATE replenishment_policies SET from_location_id = location_id, supplier_id = NULL WHERE code = 'rp b'; \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT count(*) FROM replenishment_policies WHERE code LIKE 'rp %';

/*
 * Rounding to packs: up from n to n + 1 where need / pack > sqrt(n (n + 1)), never below the minimum, never to what isn't more than "above"
 */
SELECT need, above, pack, min, max, oms_internal.order_quantity(need, above, pack, min, max)
FROM (VALUES (1, 0, 12, 0, NULL), (16, 0, 12, 0, NULL), (17, 0, 12, 0, NULL), -- sqrt(1 * 2) * 12 = 16.97
             (29, 0, 12, 0, NULL), (30, 0, 12, 0, NULL),                       -- sqrt(2 * 3) * 12 = 29.39
             (24, 0, 12, 0, NULL), (16, 12, 12, 0, NULL), (16, 16, 12, 0, NULL), (5, 0, 12, 24, NULL), (5, 0, 12, 25, NULL),
             (100, 0, 12, 0, 40), (5, 0, 12, 24, 23), (5, 0, 12, 0, 11), (0, -1, 12, 24, NULL), (-3, -5, 1, 0, NULL), (7, 3, NULL, NULL, NULL))
     AS c(need, above, pack, min, max);
SELECT oms_internal.order_quantity(need, 0, pack, min, NULL)
FROM (VALUES ('0.7'::quantity, '0.25'::quantity, '0'::quantity), ('9223372036854.775807', '9223372036854', '0'), ('1', '9223372036854', '9223372036854'),
             (NULL, '1', '0')) AS c(need, pack, min);
SELECT oms_internal.order_quantity(1, 0, 0, 0, 0);
-- rounding up to the decimals of a SKU; a millionth is forgiven
SELECT value, decimals, oms_internal.whole_units(value, decimals)
FROM (VALUES (2.1::float8, 0), (2.0000000001, 0), (2.00001, 0), (-5, 0), (0, 2), (2.341, 2), (0.0000014, 6), (1e30, 0), (1e30, 6),
             ('NaN', 0), ('Infinity', 0)) AS c(value, decimals);

/*
 * Economic quantity: sqrt(2 D K / h); at most a year's demand; a break if it saves more than holding costs
 */
-- sqrt(2 * 1000 * 5 / (0.2 * 10)) = 70.7; without an order cost the usual; never more than a year's demand
SELECT round(q::numeric, 3) FROM (VALUES
    (oms_internal.economic_quantity(1000, 5, 0.2, 20, 10, NULL, NULL)), (oms_internal.economic_quantity(1000, NULL, 0.2, 20, 10, NULL, NULL)),
    (oms_internal.economic_quantity(3, 5, 0.2, 20, 0.01, NULL, NULL)), (oms_internal.economic_quantity(0, 5, 0.2, 20, 10, NULL, NULL)),
    (oms_internal.economic_quantity(1000, 5, 0.2, 20, NULL, NULL, NULL)),
    -- a year at 70.7: 10,000 + 70.7 + 70.7 = 10,141.42; at 200 for 9.80: 9,800 + 25 + 196 = 10,021; for 9.99: 9,990 + 25 + 199.80 = 10,214.80
    (oms_internal.economic_quantity(1000, 5, 0.2, 20, 10, '{200}', '{9.80}')), (oms_internal.economic_quantity(1000, 5, 0.2, 20, 10, '{200}', '{9.99}')),
    -- the second break's own quantity, sqrt(2 * 1000 * 500 / (0.2 * 9)) = 745.4, has its cost
    (oms_internal.economic_quantity(1000, 500, 0.2, 20, 10, '{200,700}', '{9.5,9}')),
    -- beyond a year's demand
    (oms_internal.economic_quantity(1000, 5, 0.2, 20, 10, '{2000}', '{1}'))) AS c(q);
SELECT oms_internal.economic_quantity(1, 1, 1, 1, 1, '{1}', NULL);

/*
 * Reorder level, with quantiles as of a normal distribution of mean 100 and sd 20 over 10 days
 */
CREATE FUNCTION pg_temp.level(days float8, mean float8, sd float8, service float8, fill float8 DEFAULT NULL, quantity float8 DEFAULT 0)
    RETURNS numeric LANGUAGE sql AS $$
    SELECT round(oms_internal.reorder_level('{0.5,0.9,0.95,0.99}', '{100,125.631,132.897,146.527}', 100, 10, mean, days, sd, service, fill, quantity)::numeric, 1)
$$;
-- at a level, between two, beyond the last and below the first: 100 + 20 z
SELECT pg_temp.level(10, 100, 0, 0.95), pg_temp.level(10, 100, 0, 0.975), pg_temp.level(10, 100, 0, 0.999), pg_temp.level(10, 100, 0, 0.3);
-- four times the days: twice the spread; a lead time of sd 2 at 10 a day: sqrt(20^2 + 20^2) z
SELECT pg_temp.level(40, 400, 0, 0.95), pg_temp.level(10, 100, 20, 0.95), pg_temp.level(10, 100, 20, 0.5);
-- a fill rate of 0.98 with orders of 100: G(k) = 0.02 * 100 / 20 = 0.1, k = 0.902; with orders of 1,000: G(k) = 1, k = -0.9 (the formula of a normal distribution)
SELECT pg_temp.level(10, 100, 0, NULL, 0.98, 100), pg_temp.level(10, 100, 0, NULL, 0.98, 1000), pg_temp.level(10, 100, 0, NULL, 0.98, 1e9);
-- nothing but what others draw; nothing at all
SELECT round(oms_internal.reorder_level('{0.5,0.9}', NULL, NULL, NULL, 50, 10, 10, 0.9, NULL, 0)::numeric, 2),
       oms_internal.reorder_level('{0.5,0.9}', '{0,0}', 0, 10, 0, 10, 0, 0.9, NULL, 0);
-- no more than a quantity can hold
SELECT oms_internal.reorder_level('{0.5,0.9}', '{1e15,1e16}', 1e15, 10, 1e15, 10, 0, 0.9, NULL, 0) AS most;
SELECT oms_internal.reorder_level('{0.5,0.9}', '{1}', 0, 10, 0, 10, 0, 0.9, NULL, 0);
SELECT oms_internal.reorder_level('{0.5,NULL}', '{1,2}', 0, 10, 0, 10, 0, 0.9, NULL, 0);
-- demand of days: as fitted, of fewer, of part of a day, of more than are there
SELECT oms_internal.demand_of_days('{1,2,3}', 2, 3, 6.5, d) FROM unnest('{3,2,2.5,5,0}'::float8[]) AS d;

/*
 * Calendars
 */
SELECT oms_internal.order_gap(d) FROM (VALUES (NULL::int[]), ('{1,2,3,4,5,6,7}'), ('{3}'), ('{1,4}'), ('{5,1,5}')) AS c(d);
SELECT oms_internal.order_day('2026-11-04', d, h)
FROM (VALUES (NULL::int[], NULL::date[]), (NULL, '{2026-11-04,2026-11-05}'), ('{3}', NULL), ('{2}', NULL), ('{2}', '{2026-11-10}'), ('{}', NULL)) AS c(d, h);
SELECT oms_internal.shrunk(n, 4, 1) FROM unnest('{0,1,4,5,50,NULL}'::bigint[]) AS n;
ROLLBACK;
