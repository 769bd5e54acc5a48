-- cost: what comes, goes and stays is worth what it must be, by both methods, and the ledger has it
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
INSERT INTO channels (code, name, currency) VALUES ('cost-web', 'Web', 'EUR');
SELECT set_base_currency('EUR');
INSERT INTO locations (code, name, country, point, pickup)
VALUES ('cost-a', 'A', 'PT', oms_internal.make_point(41.15, -8.61), true), ('cost-b', 'B', 'PT', oms_internal.make_point(38.72, -9.14), true);
SELECT put_sku('{"code": "COST-AVG"}'), put_sku('{"code": "COST-FIFO", "costing": "fifo"}'),
       put_sku('{"code": "COST-TEA", "decimals": 3, "cost": "2.00 EUR"}'), put_sku('{"code": "COST-WORDS", "stocked": false, "cost": "5 EUR"}'),
       put_sku('{"code": "COST-SET", "kit": [{"sku": "COST-AVG", "quantity": 2}, {"sku": "COST-FIFO", "quantity": 1}]}');
SELECT put_sku('{"code": "COST-AVG", "costing": "lifo"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_sku('{"code": "COST-AVG", "costing": null}'); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
UPDATE skus SET costing = 'lifo' WHERE code = 'COST-AVG';
\set VERBOSITY default

CREATE VIEW pg_temp.layers AS
    SELECT s.code AS sku, l.code AS location, layer_id > 0 AS receipt, quantity, value, further
    FROM cost_layers AS c JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
    WHERE s.code LIKE 'COST-%' ORDER BY s.code, l.code, layer_id;
CREATE TEMPORARY TABLE seen AS SELECT max(movement_id) AS movement_id, max(posting_id) AS posting_id FROM stock_movements, ledger_entries;
CREATE VIEW pg_temp.news AS
    SELECT m.kind, s.code AS sku, l.code AS location, m.quantity, m.value, m.unit_cost
    FROM stock_movements AS m JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
    WHERE m.movement_id > coalesce((SELECT movement_id FROM seen), 0) ORDER BY m.movement_id;
CREATE VIEW pg_temp.postings AS
    SELECT e.kind, order_id, subject_no, string_agg(account || ' ' || amount::text || CASE WHEN amount <> base_amount THEN ' (' || base_amount::text || ')' ELSE '' END
                                                  || coalesce(' ' || s.code || ' ' || l.code, ''), ', ' ORDER BY line_no) AS lines
    FROM ledger_entries AS e LEFT JOIN skus AS s USING (sku_id) LEFT JOIN locations AS l USING (location_id)
    WHERE posting_id > coalesce((SELECT posting_id FROM seen), 0) GROUP BY posting_id, e.kind, order_id, subject_no ORDER BY posting_id;
\set onward 'UPDATE seen SET movement_id = (SELECT max(movement_id) FROM stock_movements), posting_id = (SELECT max(posting_id) FROM ledger_entries);'
\set news 'TABLE pg_temp.news; TABLE pg_temp.postings; ' :onward

/* what comes in */
SELECT receive_stock('COST-AVG', 'cost-a', 2, '3.00 EUR'), receive_stock('COST-AVG', 'cost-a', 1, '3.10 EUR'),
       receive_stock('COST-FIFO', 'cost-a', 2, '3.00 EUR'), receive_stock('COST-FIFO', 'cost-a', 1, '3.10 EUR');
TABLE pg_temp.layers;
:news

-- without a cost: the SKU's, else the average, else nothing is known
SELECT receive_stock('COST-TEA', 'cost-a', 0.333), receive_stock('COST-AVG', 'cost-a', 1), receive_stock('COST-AVG', 'cost-b', 4),
       receive_stock('COST-FIFO', 'cost-a', 1), receive_stock('COST-FIFO', 'cost-b', 2);
:news
-- a cost of nothing is a cost, and what is known counts from then on
SELECT receive_stock('COST-AVG', 'cost-b', 1, '0 EUR'), receive_stock('COST-FIFO', 'cost-b', 1, '0.01 EUR');
-- a currency without a rate is no cost; with one it counts by the day
SELECT receive_stock('COST-TEA', 'cost-b', 1, '3.00 USD');
SELECT put_fx_rate('2026-11-02', 'EUR', 'USD', 1.25), put_fx_rate('2026-11-03', 'EUR', 'USD', 1.5);
SELECT receive_stock('COST-TEA', 'cost-b', 1, '3.01 USD', 'tea 1'), receive_stock('COST-TEA', 'cost-b', 1, '3.01 USD', 'tea 1');
SET oms.now = '2026-11-03 10:15:00+00';
SELECT receive_stock('COST-TEA', 'cost-b', 0.001, '3.01 USD'), receive_stock('COST-TEA', 'cost-b', 1, '301 JPY');
SELECT receive_stock('COST-TEA', 'cost-b', 1, '-0.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('COST-TEA', 'cost-b', 9000000000, '10000000.00 EUR'); \echo :LAST_ERROR_SQLSTATE
:news
TABLE pg_temp.layers;

/* what is found is worth the average, what is lost what it has cost; an empty place is worth nothing */
SELECT adjust_stock('COST-AVG', 'cost-a', -1, 'torn'), adjust_stock('COST-AVG', 'cost-a', 1, 'mended'), count_stock('COST-AVG', 'cost-a', 1),
       adjust_stock('COST-AVG', 'cost-a', -1, 'lost'), adjust_stock('COST-FIFO', 'cost-a', -3, 'broken'), count_stock('COST-FIFO', 'cost-a', 3),
       count_stock('COST-FIFO', 'cost-a', 3);
:news
SELECT * FROM pg_temp.layers WHERE location = 'cost-a';

/* written by hand, many rows a statement */
INSERT INTO skus (code, name, cost) SELECT 'COST-H' || n, 'By hand', CASE WHEN n < 3 THEN '1.50 EUR'::amount END FROM generate_series(1, 3) AS n;
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id, '3' FROM skus, locations AS l WHERE skus.code LIKE 'COST-H%' AND l.code LIKE 'cost-%' ORDER BY 1 DESC, 2;
UPDATE stock_levels SET on_hand = CASE WHEN s.code = 'COST-H2' THEN '0' ELSE on_hand - '1' END FROM skus AS s, locations AS l
WHERE s.sku_id = stock_levels.sku_id AND l.location_id = stock_levels.location_id AND s.code LIKE 'COST-H%' AND l.code = 'cost-a';
UPDATE stock_levels SET on_hand = on_hand FROM skus AS s WHERE s.sku_id = stock_levels.sku_id AND s.code LIKE 'COST-H%';
:news
SELECT * FROM pg_temp.layers WHERE sku LIKE 'COST-H%';
DELETE FROM stock_levels USING skus AS s WHERE s.sku_id = stock_levels.sku_id AND s.code = 'COST-H2'; \echo :LAST_ERROR_SQLSTATE
DELETE FROM stock_levels USING skus AS s WHERE s.sku_id = stock_levels.sku_id AND s.code = 'COST-H2' AND on_hand = '0';
WITH up AS (UPDATE stock_levels SET on_hand = on_hand + '1' FROM skus AS s WHERE s.sku_id = stock_levels.sku_id AND s.code = 'COST-H1' RETURNING 1),
     new AS (INSERT INTO stock_levels (sku_id, location_id, on_hand) SELECT sku_id, location_id, '7' FROM skus AS s, locations AS l
             WHERE s.code = 'COST-H2' AND l.code = 'cost-a' RETURNING 1)
SELECT (SELECT count(*) FROM up), (SELECT count(*) FROM new);
SELECT * FROM pg_temp.layers WHERE sku LIKE 'COST-H%';
-- more rows than are recorded at once
INSERT INTO skus (code, name, cost) SELECT 'COST-M' || n, 'Many', '0.01 EUR' FROM generate_series(1, 5001) AS n;
INSERT INTO stock_levels (sku_id, location_id, on_hand) SELECT sku_id, location_id, '2' FROM skus, locations AS l WHERE skus.code LIKE 'COST-M%' AND l.code = 'cost-a';
SELECT count(*), sum(value) FROM stock_movements JOIN skus USING (sku_id) WHERE code LIKE 'COST-M%';
SELECT oms_internal.explain_level();
CREATE TRIGGER bad AFTER INSERT ON stock_levels FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.explain_level();
INSERT INTO stock_levels (sku_id, location_id) SELECT sku_id, location_id FROM skus, locations AS l WHERE skus.code = 'COST-M1' AND l.code = 'cost-b'; \echo :LAST_ERROR_SQLSTATE
DROP TRIGGER bad ON stock_levels;
INSERT INTO cost_layers (sku_id, location_id, quantity) SELECT sku_id, 1, '1' FROM skus LIMIT 1; \echo :LAST_ERROR_SQLSTATE
UPDATE cost_layers SET value = NULL;
DELETE FROM cost_layers;
TRUNCATE cost_layers;
:onward

/* moved: at once, and over some days */
SELECT receive_stock('COST-AVG', 'cost-a', 3, '3.33 EUR'), receive_stock('COST-AVG', 'cost-a', 3, '1.00 EUR');
SELECT transfer_stock('COST-AVG', 'cost-a', 'cost-b', 1), transfer_stock('COST-AVG', 'cost-b', 'cost-a', 5), transfer_stock('COST-FIFO', 'cost-a', 'cost-b', 2);
:news
ALTER SEQUENCE transfers_transfer_id_seq RESTART 901;
SELECT ship_transfer('COST-AVG', 'cost-a', 'cost-b', 3), ship_transfer('COST-FIFO', 'cost-b', 'cost-a', 2);
SELECT transfer_id, value FROM transfers WHERE transfer_id > 900;
SELECT receive_transfer(901, 1), receive_transfer(901, 1), receive_transfer(902);
SELECT transfer_id, value FROM transfers WHERE transfer_id > 900;
SELECT cancel_transfer(901);
SELECT transfer_id, status, value FROM transfers WHERE transfer_id > 900;
UPDATE transfers SET value = '1 EUR' WHERE transfer_id = 901; \echo :LAST_ERROR_SQLSTATE
:news
SELECT * FROM pg_temp.layers WHERE sku IN ('COST-AVG', 'COST-FIFO');

/* a SKU that changes its costing: nothing is lost, and one layer is the oldest */
SELECT put_sku('{"code": "COST-AVG", "costing": "fifo"}');
SELECT receive_stock('COST-AVG', 'cost-a', 1, '9.99 EUR'), adjust_stock('COST-AVG', 'cost-a', -1, 'the oldest'), adjust_stock('COST-AVG', 'cost-a', 1, 'found');
SELECT * FROM pg_temp.layers WHERE sku = 'COST-AVG' AND location = 'cost-a';
SELECT put_sku('{"code": "COST-AVG", "costing": "average"}');
SELECT receive_stock('COST-AVG', 'cost-a', 1, '1.00 EUR');
SELECT * FROM pg_temp.layers WHERE sku = 'COST-AVG' AND location = 'cost-a';
:news

/* revalued */
SELECT revalue_stock('COST-AVG', 'cost-a', '2.00 EUR', 'list 2027', 'list'), revalue_stock('COST-AVG', 'cost-a', '2.00 EUR', 'list 2027', 'list');
SELECT revalue_stock('COST-AVG', 'cost-a', '2.50 EUR', 'list 2027', 'list'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-FIFO', 'cost-b', '2.00 USD', 'list 2027'), revalue_stock('COST-AVG', 'cost-a', '2.00 EUR', 'the same');
SELECT revalue_stock('COST-AVG', 'cost-a', '2.00 JPY', 'list 2027'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-M1', 'cost-b', '2.00 EUR', 'list 2027'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-AVG', 'cost-a', '-2.00 EUR', 'list 2027'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-AVG', 'cost-a', '2.00 EUR', ' '); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-SET', 'cost-a', '2.00 EUR', 'list 2027'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-WORDS', 'cost-a', '2.00 EUR', 'list 2027'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-AVG', 'nowhere', '2.00 EUR', 'list 2027'); \echo :LAST_ERROR_SQLSTATE
SELECT revalue_stock('COST-AVG', 'cost-a', NULL, 'list 2027'); \echo :LAST_ERROR_SQLSTATE
:news

/* sold: a kit by its parts, what is not stocked not at all */
ALTER SEQUENCE orders_order_id_seq RESTART 9001;
CREATE FUNCTION pg_temp.place(lines jsonb, fulfillment jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'cost-web', 'reference', 'cost-' || (SELECT count(*) FROM oms.orders), 'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', '{"name": "Ana", "line1": "Rua 1", "country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('unit_price', '0', 'tax', '0') || l) FROM jsonb_array_elements(lines) AS l),
        'shipping', '{"price": "0", "tax": "0"}'::jsonb, 'fulfillment', fulfillment))
$$;
SELECT receive_stock('COST-FIFO', 'cost-a', 2, '2.00 EUR');
:onward
SELECT pg_temp.place('[{"sku": "COST-SET", "quantity": 2}, {"sku": "COST-FIFO", "quantity": 1}, {"sku": "COST-WORDS", "quantity": 1}]', '{"ship_from": "cost-a"}');
TABLE pg_temp.news;
SELECT pack(9001, 1), ship(9001, 1);
:news
-- fetched at the counter
SELECT pg_temp.place('[{"sku": "COST-TEA", "quantity": 0.1}]', '{"pickup_location": "cost-b"}');
SELECT pack(9002, 1), mark_ready_for_pickup(9002, 1), mark_picked_up(9002, 1);
:news
-- cancelled: nothing leaves
SELECT pg_temp.place('[{"sku": "COST-TEA", "quantity": 0.1}]'), cancel_order(9003, 'no');
TABLE pg_temp.news;

/* what comes back is worth what it left with, whatever the stock is worth by then, and in parts to the cent */
SELECT put_sku('{"code": "COST-BACK"}'), put_location('{"code": "cost-a", "takes_returns": true}');
SELECT receive_stock('COST-BACK', 'cost-a', 3, '3.33 EUR'), receive_stock('COST-BACK', 'cost-a', 1, '3.34 EUR');
SELECT pg_temp.place('[{"sku": "COST-BACK", "quantity": 4}]', '{"ship_from": "cost-a"}') AS order_id \gset
SELECT pack(:order_id, 1), ship(:order_id, 1), mark_delivered(:order_id, 1);
SELECT receive_stock('COST-BACK', 'cost-a', 2, '9.00 EUR');
UPDATE seen SET movement_id = (SELECT max(movement_id) FROM stock_movements), posting_id = (SELECT max(posting_id) FROM ledger_entries);
SELECT receive_unannounced_return(:order_id, 'cost-a', '[{"line_no": 1, "quantity": 1}]'), receive_unannounced_return(:order_id, 'cost-a', '[{"line_no": 1, "quantity": 3}]');
SELECT inspect_return(:order_id, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT inspect_return(:order_id, 2, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}, {"line_no": 1, "quantity": 1, "disposition": "scrap"},
    {"line_no": 1, "quantity": 1, "disposition": "restock"}]');
:news
SELECT * FROM pg_temp.layers WHERE sku = 'COST-BACK';
-- of units that were loaded without a cost it is the average
SELECT receive_stock('COST-H3', 'cost-a', 1) \gset
SELECT pg_temp.place('[{"sku": "COST-H3", "quantity": 1}]', '{"ship_from": "cost-a"}') AS order_id \gset
SELECT pack(:order_id, 1), ship(:order_id, 1), mark_delivered(:order_id, 1), revalue_stock('COST-H3', 'cost-a', '2.00 EUR', 'known at last');
SELECT receive_unannounced_return(:order_id, 'cost-a', '[{"line_no": 1, "quantity": 1}]'), inspect_return(:order_id, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
:news
-- what comes back to a location that never had it is worth what it left with
SELECT put_location('{"code": "cost-z", "takes_returns": true}'), put_sku('{"code": "COST-ELSE"}'), receive_stock('COST-ELSE', 'cost-a', 2, '3.00 EUR');
SELECT pg_temp.place('[{"sku": "COST-ELSE", "quantity": 1}]', '{"ship_from": "cost-a"}') AS order_id \gset
SELECT pack(:order_id, 1), ship(:order_id, 1), mark_delivered(:order_id, 1);
SELECT receive_unannounced_return(:order_id, 'cost-z', '[{"line_no": 1, "quantity": 1}]'), inspect_return(:order_id, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT m.value FROM stock_movements AS m JOIN skus AS s USING (sku_id) WHERE s.code = 'COST-ELSE' ORDER BY m.movement_id;
:news

SELECT month, channel, category, sku, units, restocked_units, unvalued_units, net_revenue, cost, gross_margin, currency
FROM oms_report.profit_by_sku_month WHERE sku LIKE 'COST-%' ORDER BY sku;
SELECT cost, currency FROM oms_report.gross_margin WHERE channel = 'cost-web';
SELECT sku, location, quantity, unvalued_units, value, unit_cost, currency FROM oms_report.inventory_value WHERE sku LIKE 'COST-%' AND sku NOT LIKE 'COST-M%' ORDER BY sku, location;

/* nobody may change the base currency of what has a value */
SELECT set_base_currency('USD'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM check_invariants();

/* what is broken is seen */
SET LOCAL session_replication_role = replica;
SAVEPOINT whole;
UPDATE cost_layers SET quantity = quantity + '1' FROM skus AS s WHERE s.sku_id = cost_layers.sku_id AND s.code = 'COST-H1' AND location_id = (SELECT location_id FROM locations WHERE code = 'cost-a');
SELECT * FROM oms_internal.check_cost_layers();
ROLLBACK TO whole;
UPDATE cost_layers SET further = 7 FROM skus AS s WHERE s.sku_id = cost_layers.sku_id AND s.code = 'COST-FIFO' AND layer_id = 0;
SELECT * FROM oms_internal.check_cost_layers() ORDER BY key;
ROLLBACK TO whole;
UPDATE cost_layers SET value = value + '0.01 EUR' FROM skus AS s WHERE s.sku_id = cost_layers.sku_id AND s.code = 'COST-H1';
SELECT * FROM oms_internal.check_stock_values() ORDER BY invariant, key;
ROLLBACK TO whole;
UPDATE ledger_entries SET base_amount = base_amount + '0.01 EUR' WHERE account = 'goods_in_transit' AND (posting_id, line_no) =
    (SELECT posting_id, line_no FROM ledger_entries WHERE account = 'goods_in_transit' ORDER BY 1, 2 LIMIT 1);
SELECT * FROM oms_internal.check_stock_values() ORDER BY invariant, key;
ROLLBACK TO whole;
UPDATE transfers SET value = '0.05 EUR' WHERE transfer_id = 901;
SELECT * FROM oms_internal.check_stock_values() ORDER BY invariant, key;
ROLLBACK TO whole;

/* units that no layer knows can leave, and are seen too */
UPDATE stock_levels SET on_hand = '10' FROM skus AS s WHERE s.sku_id = stock_levels.sku_id AND s.code = 'COST-H1' AND location_id = (SELECT location_id FROM locations WHERE code = 'cost-a');
SET LOCAL session_replication_role = origin;
SELECT adjust_stock('COST-H1', 'cost-a', -10, 'all');
SELECT * FROM pg_temp.layers WHERE sku = 'COST-H1' AND location = 'cost-a';
ROLLBACK;
