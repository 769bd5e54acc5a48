-- replenishment: what is proposed, and what becomes of it
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = ISO;
SET oms.now = '2026-11-02 10:00:00+00'; -- a Monday
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE replenishment_proposals_proposal_id_seq RESTART 1;
-- forecasts are given by hand here
ALTER TABLE forecasts DISABLE TRIGGER USER;
SELECT count(put_location(jsonb_build_object('code', 're-' || l, 'country', 'PT'))) FROM unnest('{a,b,c,hub}'::text[]) AS l;
SELECT put_channel('{"code": "re-web", "currency": "EUR", "locations": ["re-a"]}');
-- stock of a SKU at a location, and what is forecast for so many days: normal with this mean and standard deviation
CREATE FUNCTION pg_temp.stock(sku text, location text, on_hand quantity) RETURNS void LANGUAGE sql AS $$
    SELECT count_stock(sku, location, on_hand)
$$;
CREATE FUNCTION pg_temp.forecast(sku text, location text, days integer, mean float8, sd float8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO forecasts AS f (sku_id, location_id, starts_on, class, method, means, mean, protection_days, total_mean, total_quantiles)
    SELECT s.sku_id, l.location_id, '2026-11-02', 'smooth', 'given', array_fill((mean / days)::real, ARRAY[28]), mean / days, days, mean,
           ARRAY(SELECT mean + sd * z FROM unnest('{0,0.67449,0.84162,1.28155,1.64485,1.95996,2.32635,2.57583}'::float8[]) AS z)
    FROM skus s, locations l WHERE s.code = sku AND l.code = location
    ON CONFLICT (sku_id, location_id) DO UPDATE SET mean = excluded.mean, total_mean = excluded.total_mean,
        total_quantiles = excluded.total_quantiles, protection_days = excluded.protection_days, means = excluded.means
$$;
CREATE FUNCTION pg_temp.plan() RETURNS text LANGUAGE sql AS $$ SELECT run_job('plan_replenishment') ->> 'status' $$;
CREATE VIEW pg_temp.proposal AS
    SELECT s.code AS sku, l.code AS at, coalesce(u.code, 'from ' || f.code) AS source, p.status, p.quantity, p.unit_cost AS cost, p.order_on, p.expected_on,
           p.position, p.reorder_point AS s, p.order_up_to AS "S", p.early, p.note
    FROM replenishment_proposals p JOIN skus s USING (sku_id) JOIN locations l USING (location_id)
    LEFT JOIN suppliers u USING (supplier_id) LEFT JOIN locations f ON f.location_id = p.from_location_id
    WHERE s.code LIKE 're-%' ORDER BY p.proposal_id;
CREATE FUNCTION pg_temp.ids(like_sku text, of_status text DEFAULT 'open') RETURNS bigint[] LANGUAGE sql AS $$
    SELECT array_agg(p.proposal_id ORDER BY p.proposal_id) FROM replenishment_proposals p JOIN skus s USING (sku_id)
    WHERE s.code LIKE like_sku AND p.status = of_status
$$;
CREATE VIEW pg_temp.bought AS
    SELECT regexp_replace(o.code, '\d+', 'n') AS code, u.code AS supplier, l.code AS at, o.status, o.expected_on, n.line_no AS no, s.code AS sku,
           n.quantity, n.unit_cost, n.expected_on AS line_expected
    FROM purchase_orders o JOIN suppliers u USING (supplier_id) JOIN locations l USING (location_id)
    JOIN purchase_order_lines n USING (purchase_order_id) JOIN skus s USING (sku_id)
    WHERE s.code LIKE 're-%' ORDER BY o.purchase_order_id, n.line_no;

/*
 * Static levels: at 20 up to 60 in packs of 12, min and max
 */
SELECT put_sku('{"code": "re-1"}');
SELECT put_supplier('{"code": "re-mill", "currency": "EUR", "skus": [{"sku": "re-1", "cost": "3.00 EUR", "lead_time_days": 7, "pack_size": 12,
    "cost_breaks": [{"min_quantity": 48, "cost": "2.50 EUR"}]}]}');
SELECT put_replenishment_policy('{"code": "re 1", "sku": "re-1", "location": "re-a", "reorder_point": 20, "order_up_to": 60}');
SELECT pg_temp.stock('re-1', 're-a', 21);
SELECT pg_temp.plan();
SELECT * FROM pg_temp.proposal;
-- 40 is 3.3 packs: 3, as sqrt(3 * 4) = 3.46; again: nothing changes
SELECT pg_temp.stock('re-1', 're-a', 20);
SELECT pg_temp.plan();
SELECT * FROM pg_temp.proposal;
SELECT pg_temp.plan();
SELECT count(*) FROM pg_temp.proposal;
-- 50 is 4.17 packs: 4, for which units are cheaper; the same proposal
SELECT pg_temp.stock('re-1', 're-a', 10);
SELECT pg_temp.plan();
SELECT * FROM pg_temp.proposal;
-- not needed any more; needed again
SELECT pg_temp.stock('re-1', 're-a', 30);
SELECT pg_temp.plan();
SELECT sku, status, quantity FROM pg_temp.proposal;
SELECT pg_temp.stock('re-1', 're-a', 0);
SELECT pg_temp.plan();
SELECT sku, status, quantity FROM pg_temp.proposal;
-- no more than there is room for
SELECT put_replenishment_policy('{"code": "re 1", "max_stock": 40}');
SELECT pg_temp.plan();
SELECT sku, status, quantity, s, "S" FROM pg_temp.proposal WHERE status = 'open';
SELECT put_replenishment_policy('{"code": "re 1", "max_stock": 11}');
SELECT pg_temp.plan();
SELECT sku, status, quantity FROM pg_temp.proposal;
-- nobody writes them by hand
UPDATE replenishment_proposals SET quantity = 1; \echo :LAST_ERROR_SQLSTATE

/*
 * By forecast: lead time 7 and review 1 day, mean 16, sd 3: s = 16 + 1.645 * 3 = 20.9; no order cost: a week's 14 on top
 */
SELECT put_sku('{"code": "re-2"}');
SELECT put_supplier('{"code": "re-mill", "skus": [{"sku": "re-2", "cost": "3.00 EUR", "lead_time_days": 7}]}');
SELECT pg_temp.forecast('re-2', 're-a', 8, 16, 3);
CREATE VIEW pg_temp.point AS
    SELECT s.code AS sku, l.code AS at, r.reorder_point AS s, r.order_up_to AS "S", r.source, r.protection_days AS days, round(r.daily_mean::numeric, 3) AS daily,
           round(r.protection_mean::numeric, 3) AS mean, round(r.other_sd::numeric, 3) AS other_sd, r.order_quantity
    FROM reorder_points r JOIN skus s USING (sku_id) JOIN locations l USING (location_id) WHERE s.code LIKE 're-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";
SELECT * FROM pg_temp.point WHERE sku = 're-2';
-- the lead time varies by 2 days: sd = sqrt(3^2 + (2 * 2)^2) = 5, s = 16 + 1.645 * 5 = 24.2, rounded to 24; at 0.99: 16 + 2.326 * 5 = 27.6
SELECT put_supplier('{"code": "re-mill", "skus": [{"sku": "re-2", "cost": "3.00 EUR", "lead_time_days": 7, "lead_time_sd_days": 2}]}');
SELECT * FROM pg_temp.point WHERE sku = 're-2';
SELECT put_replenishment_policy('{"code": "re 2", "sku": "re-2", "service_level": 0.99}');
SELECT * FROM pg_temp.point WHERE sku = 're-2';
-- 16 days instead of 8: mean 32, sd sqrt(2 * 9 + 16) = 5.83, s = 32 + 1.645 * 5.83 = 41.6
SELECT put_replenishment_policy('{"code": "re 2", "service_level": null, "review_days": 9}');
SELECT * FROM pg_temp.point WHERE sku = 're-2';
-- order cost 5 EUR, 730 a year at 0.2 * 3 EUR: sqrt(2 * 730 * 5 / 0.6) = 110.3; a fill rate of 0.95 of 111 leaves 5.55 short: more than the spread, s is below the mean
SELECT put_replenishment_policy('{"code": "re 2", "review_days": null, "order_cost": "5 EUR", "fill_rate": 0.95}');
SELECT * FROM pg_temp.point WHERE sku = 're-2';
SELECT * FROM explain_replenishment('re-2', 're-a');
-- nobody knows anything: nothing is proposed
SELECT put_sku('{"code": "re-3"}');
SELECT pg_temp.stock('re-3', 're-a', 0);
SELECT * FROM pg_temp.point WHERE sku = 're-3';
SELECT item, value FROM explain_replenishment('re-3', 're-a');
-- nobody offers it: proposed without a source, which can't be approved
SELECT put_replenishment_policy('{"code": "re 3", "sku": "re-3", "location": "re-a", "order_up_to": 5}');
SELECT pg_temp.plan();
SELECT * FROM pg_temp.proposal WHERE sku IN ('re-2', 're-3');
\set VERBOSITY terse
SELECT approve_proposals(pg_temp.ids('re-3')); \echo :LAST_ERROR_SQLSTATE
SELECT approve_proposals(location => 're-a') ~ '^R-\d+$' AS bought;
SELECT * FROM pg_temp.bought;
-- what is on its way counts: nothing but what nobody offers is left
SELECT pg_temp.plan();
SELECT sku, status, note FROM pg_temp.proposal WHERE sku IN ('re-2', 're-3');

/*
 * What orders wait for counts against the position, and of a kit its parts
 */
SELECT put_sku('{"code": "re-4", "backorder_limit": null, "price": "1 EUR"}');
SELECT put_sku('{"code": "re-kit", "price": "1 EUR", "kit": [{"sku": "re-4", "quantity": 3}]}');
SELECT pg_temp.stock('re-4', 're-a', 2);
CREATE FUNCTION pg_temp.ordered(reference text, sku text, quantity numeric) RETURNS bigint LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object('channel', 're-web', 'reference', reference, 'customer', '{"email": "a@b.example"}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity)),
        'fulfillment', '{"allow_backorder": true}'::jsonb,
        'payments', '[{"method": "card", "provider": "p", "amount": "100", "status": "authorized"}]'::jsonb))
$$;
SELECT pg_temp.ordered('re-o1', 're-4', 5) > 0 AS placed, pg_temp.ordered('re-o2', 're-kit', 2) > 0 AS placed;
SELECT run_job('roll_up_demand') ->> 'status';
SELECT l.code, on_hand, reserved, backordered, incoming, position FROM stock_positions JOIN skus s USING (sku_id) JOIN locations l USING (location_id) WHERE s.code = 're-4';

/*
 * Approving and rejecting
 */
SELECT put_sku('{"code": "re-5"}'), put_sku('{"code": "re-6"}');
SELECT put_supplier('{"code": "re-farm", "currency": "EUR", "order_days": [3], "skus": [
    {"sku": "re-5", "cost": "2.00 EUR", "lead_time_days": 2}, {"sku": "re-6", "cost": "4.00 EUR", "lead_time_days": 5, "min_quantity": 30}]}');
SELECT count(put_replenishment_policy(jsonb_build_object('code', s || l, 'sku', s, 'location', l, 'reorder_point', 5, 'order_up_to', 20)))
FROM unnest('{re-5,re-6}'::text[]) AS s, unnest('{re-a,re-b}'::text[]) AS l;
SELECT pg_temp.plan();
-- on Wednesday, as the supplier takes orders then
SELECT sku, at, source, status, quantity, cost, order_on, expected_on, position FROM pg_temp.proposal WHERE sku IN ('re-5', 're-6');
SELECT approve_proposals(); \echo :LAST_ERROR_SQLSTATE
SELECT approve_proposals('{1,NULL,9223372036854775807}'); \echo :LAST_ERROR_SQLSTATE
SELECT approve_proposals(supplier => 'nobody', location => 'nowhere'); \echo :LAST_ERROR_SQLSTATE
SELECT approve_proposals(array_fill(1, ARRAY[10001])); \echo :LAST_ERROR_SQLSTATE
SELECT reject_proposal(-1, 'no'); \echo :LAST_ERROR_SQLSTATE
SELECT reject_proposal(1, ' '); \echo :LAST_ERROR_SQLSTATE
SELECT reject_proposal(NULL, 'no'); \echo :LAST_ERROR_SQLSTATE
-- one is rejected, twice
SELECT reject_proposal((pg_temp.ids('re-5'))[2], 'the season is over'), reject_proposal((pg_temp.ids('re-5', 'rejected'))[1], 'again');
SELECT approve_proposals(pg_temp.ids('re-5', 'rejected')); \echo :LAST_ERROR_SQLSTATE
-- the rest, one order a location; the same reference, the same answer
CREATE TEMPORARY TABLE answer AS SELECT approve_proposals(supplier => 're-farm', reference => 're-approve') AS code;
SELECT count(*), count(DISTINCT code) FROM answer;
SELECT approve_proposals(supplier => 're-farm', reference => 're-approve') EXCEPT SELECT code FROM answer;
SELECT approve_proposals(supplier => 're-mill', reference => 're-approve'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.bought WHERE supplier = 're-farm';
SELECT approve_proposals(supplier => 're-farm');
SELECT approve_proposals(pg_temp.ids('re-6', 'ordered'));
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS ended, count(approval_id) AS approved, count(purchase_order_id) AS bought FROM replenishment_proposals WHERE proposal_id = ANY (pg_temp.ids('re-6', 'ordered'));
-- what was rejected comes back when the position has fallen, or after a week
SELECT pg_temp.plan();
SELECT sku, at, status, note FROM pg_temp.proposal WHERE sku = 're-5' AND at = 're-b';
SET oms.now = '2026-11-09 10:00:01+00';
SELECT pg_temp.plan();
SELECT sku, at, status, note FROM pg_temp.proposal WHERE sku = 're-5' AND at = 're-b';
SELECT pg_temp.stock('re-5', 're-b', 2);
SELECT pg_temp.plan();
SELECT reject_proposal((pg_temp.ids('re-5'))[1], 'no');
SELECT pg_temp.plan();
SELECT sku, at, status, position, note FROM pg_temp.proposal WHERE sku = 're-5' AND at = 're-b';
SELECT pg_temp.stock('re-5', 're-b', 1);
SELECT pg_temp.plan();
SELECT sku, at, status, position, note FROM pg_temp.proposal WHERE sku = 're-5' AND at = 're-b';
-- a purchase order of somebody's own has the code
SELECT put_replenishment_policy('{"code": "re-6re-c", "sku": "re-6", "location": "re-c", "order_up_to": 20}');
SELECT pg_temp.plan();
SELECT put_purchase_order(jsonb_build_object('code', 'R-' || (pg_temp.ids('re-6'))[1], 'supplier', 're-mill', 'location', 're-c')) ~ '^R-';
SELECT approve_proposals(pg_temp.ids('re-6')) ~ '^R-\d+-2$';

/*
 * By itself: up to 100 EUR on a day on which orders are taken, one order a location
 */
SELECT put_sku('{"code": "re-7"}'), put_sku('{"code": "re-8"}'), put_sku('{"code": "re-9"}');
SELECT put_supplier('{"code": "re-auto", "currency": "EUR", "auto_approve_limit": "100 EUR", "order_days": [2], "skus": [
    {"sku": "re-7", "cost": "3 EUR"}, {"sku": "re-8", "cost": "2 EUR"}]}');
SELECT count(put_replenishment_policy(jsonb_build_object('code', s || l, 'sku', s, 'location', l, 'order_up_to', 20)))
FROM unnest('{re-7,re-8}'::text[]) AS s, unnest('{re-a,re-b}'::text[]) AS l;
SELECT put_replenishment_policy('{"code": "re-8re-b", "order_up_to": 21}');
-- Monday
SELECT pg_temp.plan();
SELECT sku, at, status, quantity, cost, order_on FROM pg_temp.proposal WHERE sku IN ('re-7', 're-8');
-- Tuesday: 20 * 3 + 20 * 2 = 100 at a, 20 * 3 + 21 * 2 = 102 at b
SET oms.now = '2026-11-10 10:00:01+00';
SELECT pg_temp.plan();
SELECT sku, at, status, quantity FROM pg_temp.proposal WHERE sku IN ('re-7', 're-8');
SELECT * FROM pg_temp.bought WHERE supplier = 're-auto';
SELECT pg_temp.plan();
SELECT count(*) FROM pg_temp.bought WHERE supplier = 're-auto';

/*
 * The supplier takes nothing below 60 EUR: what is shortest, in days, is ordered early
 */
SELECT put_supplier('{"code": "re-min", "currency": "EUR", "min_order": "60 EUR", "auto_approve_limit": "90 EUR", "skus": [{"sku": "re-9", "cost": "1 EUR"}]}');
SELECT count(put_sku(jsonb_build_object('code', 're-m' || n))), count(put_supplier(jsonb_build_object('code', 're-min', 'skus', jsonb_build_array(
    jsonb_build_object('sku', 're-m' || n, 'cost', '1 EUR', 'lead_time_days', 1))))) FROM generate_series(1, 4) AS n;
SELECT pg_temp.forecast('re-m' || n, 're-a', 2, 2, 0) FROM generate_series(1, 4) AS n; -- one a day: s = 2, S = 9
SELECT put_replenishment_policy(format('{"code": "re m%s", "sku": "re-m%1$s", "order_up_to": 30}', n)::jsonb) FROM generate_series(1, 4) AS n;
SELECT pg_temp.stock('re-m' || n, 're-a', h) FROM (VALUES (1, 2), (2, 20), (3, 10), (4, 5)) AS c(n, h);
SELECT pg_temp.plan();
-- 28 is due; 25 of re-m4 and 20 of re-m3 are more than 60 with it, so re-m2 is not; 73 EUR are within the limit
SELECT sku, source, status, quantity, cost, position, s, "S", early, note FROM pg_temp.proposal WHERE sku LIKE 're-m%';
-- without the limit they stay open, and are brought up to date
SELECT cancel_purchase_order(o.code) FROM purchase_orders o JOIN suppliers u USING (supplier_id) WHERE u.code = 're-min';
SELECT put_supplier('{"code": "re-min", "auto_approve_limit": null}');
SELECT pg_temp.plan();
SELECT pg_temp.plan();
SELECT sku, status, quantity, early FROM pg_temp.proposal WHERE sku LIKE 're-m%' AND status = 'open';
SELECT pg_temp.stock('re-m3', 're-a', 1);
SELECT pg_temp.plan();
SELECT sku, status, quantity, early, note FROM pg_temp.proposal WHERE sku LIKE 're-m%' AND status <> 'ordered';
SELECT put_supplier('{"code": "re-min", "min_order": null}');
SELECT pg_temp.plan();
SELECT sku, status, quantity, early FROM pg_temp.proposal WHERE sku LIKE 're-m%' AND status <> 'ordered';

/*
 * Transfers first: where another has as much beyond its own order-up-to level
 */
SELECT put_sku('{"code": "re-t1"}');
SELECT put_supplier('{"code": "re-mill", "skus": [{"sku": "re-t1", "cost": "3.00 EUR", "lead_time_days": 7}]}');
SELECT count(put_replenishment_policy(jsonb_build_object('code', 're-t1' || l, 'sku', 're-t1', 'location', l, 'reorder_point', 5, 'order_up_to', 20)))
FROM unnest('{re-a,re-b,re-c}'::text[]) AS l;
-- a needs 15, b 17, c could give 30: that is enough for one, b who needs it most; a buys
SELECT pg_temp.stock('re-t1', 're-a', 5), pg_temp.stock('re-t1', 're-b', 3), pg_temp.stock('re-t1', 're-c', 50);
SELECT pg_temp.plan();
SELECT sku, at, source, quantity, cost, order_on, expected_on, note FROM pg_temp.proposal WHERE sku = 're-t1' ORDER BY at COLLATE "C";
SELECT pg_temp.stock('re-t1', 're-c', 52);
SELECT pg_temp.plan();
SELECT sku, at, source, quantity FROM pg_temp.proposal WHERE sku = 're-t1' ORDER BY at COLLATE "C";
SELECT * FROM explain_replenishment('re-t1', 're-a') WHERE item IN ('reorder point', 'need', 'quantity', 'unit cost', 'transfer', 'supplier', 'proposal');
SELECT * FROM explain_replenishment('re-t1', 'nowhere'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM explain_replenishment('re-kit', 're-a');
SELECT * FROM explain_replenishment(NULL, 're-a');
SELECT array_agg(code ~ '^transfer \d+$') FROM approve_proposals(pg_temp.ids('re-t1')) AS code;
SELECT l.code, on_hand, incoming, position FROM stock_positions JOIN skus s USING (sku_id) JOIN locations l USING (location_id) WHERE s.code = 're-t1' ORDER BY 1;
SELECT pg_temp.plan();
SELECT count(*) FROM pg_temp.proposal WHERE sku = 're-t1' AND status = 'open';
-- not wanted: bought; by itself: shipped
SELECT pg_temp.stock('re-t1', 're-c', 60);
SELECT put_replenishment_policy('{"code": "re-t1re-a", "reorder_point": 25, "order_up_to": 40}');
UPDATE jobs SET settings = settings || '{"transfers": false}' WHERE name = 'plan_replenishment';
SELECT pg_temp.plan();
SELECT sku, at, source, quantity FROM pg_temp.proposal WHERE sku = 're-t1' AND status = 'open';
UPDATE jobs SET settings = settings || '{"transfers": true, "auto_transfers": true}' WHERE name = 'plan_replenishment';
SELECT pg_temp.plan();
SELECT sku, at, source, status, quantity FROM pg_temp.proposal WHERE sku = 're-t1' AND at = 're-a';
UPDATE jobs SET settings = settings || '{"auto_transfers": false}' WHERE name = 'plan_replenishment';

/*
 * From a hub, which is replenished for those it supplies: each sells 10 a day, sd 4 a day
 */
SELECT put_sku('{"code": "re-h1"}');
SELECT put_supplier('{"code": "re-mill", "skus": [{"sku": "re-h1", "cost": "3.00 EUR", "lead_time_days": 8}]}');
SELECT put_replenishment_policy('{"code": "re h1", "sku": "re-h1", "from_location": "re-hub"}');
SELECT put_replenishment_policy('{"code": "re h1 hub", "sku": "re-h1", "location": "re-hub", "supplier": "re-mill"}');
SELECT pg_temp.forecast('re-h1', l, 3, 30, 4 * sqrt(3)) FROM unnest('{re-a,re-b}'::text[]) AS l;
-- at a: 3 days, 30 + 1.645 * 6.93 = 41.4; at the hub: 9 days, 180 + 1.645 * sqrt(2 * 16 * 9) = 207.9
SELECT * FROM pg_temp.point WHERE sku = 're-h1';
SELECT pg_temp.stock('re-h1', 're-a', 20), pg_temp.stock('re-h1', 're-b', 0), pg_temp.stock('re-h1', 're-hub', 130);
SELECT pg_temp.plan();
-- b has 112 of 130, a what is left of 92
SELECT sku, at, source, quantity, position, s, "S", note FROM pg_temp.proposal WHERE sku = 're-h1' ORDER BY at COLLATE "C";
SELECT pg_temp.stock('re-h1', 're-hub', 0);
SELECT pg_temp.plan();
SELECT sku, at, source, quantity, note FROM pg_temp.proposal WHERE sku = 're-h1' ORDER BY at COLLATE "C";
-- every number of it, and why not otherwise
SELECT * FROM explain_replenishment('re-h1', 're-hub');
SELECT * FROM explain_replenishment('re-h1', 're-a') WHERE item IN ('source', 'lead time, days', 'transfer', 'supplier');
-- retired: nothing is needed
SELECT put_sku('{"code": "re-h1", "active": false}');
SELECT pg_temp.plan();
SELECT sku, at, status FROM pg_temp.proposal WHERE sku = 're-h1' ORDER BY at COLLATE "C";

/*
 * Lead times as they were: the supplier says 10 days, sd 1; 3 orders came after 12, 14 and 16 days here, 2 after 10 elsewhere
 */
SELECT put_sku('{"code": "re-l1"}');
SELECT put_supplier('{"code": "re-late", "currency": "EUR", "skus": [{"sku": "re-l1", "cost": "3.00 EUR", "lead_time_days": 10, "lead_time_sd_days": 1}]}');
SELECT pg_temp.stock('re-l1', l, 1) FROM unnest('{re-a,re-b,re-c}'::text[]) AS l;
CREATE FUNCTION pg_temp.received(code text, location text, days integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('oms.now', '2026-08-01 10:00:00+00', false);
    PERFORM put_purchase_order(jsonb_build_object('code', code, 'supplier', 're-late', 'location', location, 'lines', '[{"sku": "re-l1", "quantity": 1}]'::jsonb));
    PERFORM send_purchase_order(code);
    PERFORM set_config('oms.now', (timestamptz '2026-08-01 10:00:00+00' + days * interval '1 day')::text, false);
    PERFORM receive_purchase_order(code);
END $$;
SELECT pg_temp.received('re-l' || n, l, d) FROM (VALUES (1, 're-a', 12), (2, 're-a', 14), (3, 're-a', 16), (4, 're-b', 10), (5, 're-b', 10)) AS c(n, l, d);
SET oms.now = '2026-11-11 10:00:00+00';
SELECT l.code, receipts, round(days_late::numeric, 2) AS days_late, round(variance::numeric, 2) AS variance
FROM supplier_lead_times t JOIN suppliers s USING (supplier_id) LEFT JOIN locations l USING (location_id) WHERE s.code = 're-late' ORDER BY 1;
-- by all five: 2.4 days late, variance 6.8; at a (3 * 4 + 2 * 2.4) / 5 = 3.36 and (3 * 4 + 2 * 6.8) / 5 = 5.12, at b (0 + 3 * 2.4) / 5 = 1.44 and (0 + 3 * 6.8) / 5 = 4.08
SELECT l.code, lead_time_days, lead_time_sd_days, round(lead_time_sd_days ^ 2, 1) AS variance, receipts
FROM replenishment_terms JOIN skus s USING (sku_id) JOIN locations l USING (location_id) WHERE s.code = 're-l1' ORDER BY 1;
SELECT * FROM check_invariants();
ROLLBACK;
