-- sales: what orders have sold, by day, channel, place, customer and goods, and that views are right whatever the job has read
CREATE DATABASE regress_report_sales;
\c regress_report_sales
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
DO $$ BEGIN PERFORM oms.install(); END $$;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET datestyle = 'ISO';
SET jit = off;
SET oms.now = '2026-11-10 12:00:00+00';
\set SHOW_CONTEXT never
\set ECHO none
\i test/report/sales.sql
\set ECHO all
DO $$
BEGIN
    PERFORM put_channel('{"code": "web", "name": "Web", "currency": "EUR"}'), put_channel('{"code": "us", "name": "US", "currency": "USD"}');
    PERFORM put_fx_rate('2026-01-01', 'USD', 'EUR', 0.9);
    PERFORM put_location('{"code": "porto", "name": "Porto", "country": "PT", "lat": 41.15, "lon": -8.61, "takes_returns": true}');
    PERFORM put_location('{"code": "lisbon", "name": "Lisbon", "country": "PT", "lat": 38.72, "lon": -9.14}');
    PERFORM put_product('{"code": "TEE", "name": "T-shirt", "brand": "Acme", "category": "apparel.shirts", "skus": [{"code": "TEE-M", "price": "10 EUR"}, {"code": "TEE-L", "price": "10 EUR"}]}');
    PERFORM put_product('{"code": "HAT", "name": "Hat", "category": "apparel.hats", "skus": [{"code": "HAT", "price": "10 EUR"}]}');
    PERFORM put_sku('{"code": "CARD", "stocked": false, "price": "30 EUR"}');
    PERFORM put_sku('{"code": "SET", "price": "18 EUR", "kit": [{"sku": "TEE-M", "quantity": 1}, {"sku": "HAT", "quantity": 1}]}');
    PERFORM put_tax_rate('{"country": "ES", "rate": 0.21, "included": true}');
    PERFORM put_customer('{"reference": "ana", "name": "Ana", "group": "gold"}'), put_customer('{"reference": "firm", "name": "Firm", "kind": "company"}');
    PERFORM receive_stock('TEE-M', 'porto', 100, '4 EUR'), receive_stock('TEE-L', 'porto', 10, '4 EUR'), receive_stock('HAT', 'porto', 5, '6 EUR'),
            receive_stock('HAT', 'lisbon', 10, '6 EUR');
END
$$;
-- an order of "SKU quantity, ...", with what else the document has
CREATE FUNCTION place(reference text, lines jsonb, more jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object('channel', 'web', 'reference', reference, 'lines', lines, 'customer', '{"reference": "ana"}'::jsonb,
        'ship_to', '{"country": "PT", "region": "13", "lat": 41.2, "lon": -8.6}'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'fulfillment', '{"strategy": "nearest"}'::jsonb) || more)
$$;
CREATE FUNCTION of(name text) RETURNS bigint LANGUAGE sql AS $$ SELECT order_id FROM orders WHERE reference = name $$;
CREATE FUNCTION roll_up() RETURNS text LANGUAGE sql AS $$ SELECT r ->> 'status' || coalesce(': ' || (r ->> 'error'), '') FROM run_job('roll_up_reports') AS r $$;
SELECT * FROM pg_temp.sales_differences();
SELECT * FROM oms_report.sales;

/*
 * What an order counts for. By hand: discounts on line and order, tax on top, shipping
 */
SELECT place('A', '[{"sku": "TEE-M", "quantity": 3, "discount": "3.00", "tax": "5.29"}]', '{"discounts": [{"amount": "4.00"}],
    "shipping": {"price": "5.00", "tax": "1.15"}, "placed_at": "2026-11-02T10:00:00Z"}') AS a \gset
SELECT day, week, month, currency, orders, units, gross_sales, discounts, returns, net_sales, tax, shipping, total_sales,
       average_order_value AS aov, net_sales_base, total_sales_base, base_currency FROM oms_report.sales;
SELECT total FROM orders WHERE order_id = :a;
-- the price contains the tax: 24.20 with 4.20 of it; a discount with its tax
SELECT place('B', '[{"sku": "TEE-M", "quantity": 2, "unit_price": "12.10"}]', '{"ship_to": {"country": "ES", "lat": 42, "lon": -8.6}, "placed_at": "2026-11-02T10:00:00Z"}'),
       place('B-2', '[{"sku": "TEE-M", "quantity": 1, "unit_price": "12.10", "discount": "2.42"}]', '{"ship_to": {"country": "ES", "lat": 42, "lon": -8.6}, "placed_at": "2026-11-03T10:00:00Z"}');
SELECT day, country, region, orders, units, gross_sales, discounts, net_sales, tax, total_sales FROM oms_report.sales_by_region ORDER BY day, country;
-- another channel and currency, without a customer; without an exchange rate
SELECT place('C', '[{"sku": "TEE-L", "quantity": 2, "unit_price": "20.00", "tax": 0}]', '{"channel": "us", "customer": null, "ship_to": {"country": "US", "region": "CA", "lat": 37, "lon": -120}}'),
       place('C-2', '[{"sku": "TEE-L", "quantity": 1, "unit_price": "500", "tax": 0}]', '{"channel": "us", "currency": "JPY", "customer": {"reference": "firm"}}');
SELECT day, channel, channel_name, currency, orders, gross_sales, net_sales, average_order_value AS aov, net_sales_base, total_sales_base FROM oms_report.sales_by_channel ORDER BY day, channel, currency;
SELECT day, customer_group, customer_kind, new_customer, currency, orders, net_sales FROM oms_report.sales_by_segment ORDER BY 1, 2, 3, 4, 5;
-- a kit is sold as what it is
SELECT place('D', '[{"sku": "SET", "quantity": 1, "tax": 0}]');
-- two locations ship a line, and the last cents go to the second
SELECT place('E', '[{"sku": "HAT", "quantity": 11, "discount": "1.00", "tax": "2.01"}]');
SELECT location, location_name, orders, units, gross_sales, discounts, net_sales, tax, total_sales, average_order_value AS aov FROM oms_report.sales_by_location WHERE day = '2026-11-10' AND currency = 'EUR' ORDER BY 1;
SELECT sku, name, product, category, orders, units, net_sales FROM oms_report.sales_by_sku_day WHERE day = '2026-11-10' AND currency = 'EUR' ORDER BY sku;
SELECT week, product, name, brand, category, units, net_sales FROM oms_report.sales_by_product_week WHERE currency = 'EUR' ORDER BY week, product;
SELECT month, category, level, units, net_sales FROM oms_report.sales_by_category_month WHERE currency = 'EUR' ORDER BY category;
-- of TEE-M 3 for 30.00 less 7.00 and 2 for 20.00 on the 2nd, a Monday, and 1 for 12.10 less 2.42, with 1.68 of tax, on the 3rd; on the 10th 11 hats for 110.00 less 1.00 and a set for 18.00
SELECT week, sku, orders, units, gross_sales, discounts, net_sales FROM oms_report.sales_by_sku_week WHERE currency = 'EUR' ORDER BY week, sku;
SELECT day, product, units, net_sales FROM oms_report.sales_by_product_day WHERE currency = 'EUR' ORDER BY day, product;
SELECT month, product, name, units, net_sales FROM oms_report.sales_by_product_month WHERE currency = 'EUR' ORDER BY product;
SELECT week, category, level, units, net_sales FROM oms_report.sales_by_category_week WHERE currency = 'EUR' ORDER BY week, category;
SELECT * FROM pg_temp.sales_differences();
SELECT roll_up();
SELECT count(*) FROM oms_internal.unread_sales();
SELECT * FROM pg_temp.sales_differences();
-- what waits is of no location, and two lines of a SKU are one order of it
SELECT place('F', '[{"sku": "TEE-L", "quantity": 8, "tax": 0}, {"sku": "TEE-L", "quantity": 2, "tax": 0}]', '{"fulfillment": {"allow_backorder": true}}');
SELECT location, orders, units FROM oms_report.sales_by_location WHERE day = '2026-11-10' AND currency = 'EUR' ORDER BY 1;
SELECT sku, orders, units FROM oms_report.sales_by_sku_month WHERE currency = 'EUR' ORDER BY sku;

/*
 * What changes counts by the difference, before and after the job
 */
SELECT cancel_order(of('A'), 'one less', '[{"line_no": 1, "quantity": 1}]'), cancel_order(of('B-2'), 'none'),
       edit_order(of('B'), '{"lines": [{"line_no": 1, "quantity": 5}, {"sku": "HAT", "quantity": 1, "tax": 0}]}');
SELECT day, orders, units, gross_sales, discounts, net_sales, tax, shipping, total_sales FROM oms_report.sales WHERE day < '2026-11-10' ORDER BY day;
SELECT * FROM pg_temp.sales_differences();
SELECT roll_up();
SELECT * FROM pg_temp.sales_differences();
-- goods leave from two places and come back in part, the first shipped first; then an allowance
SELECT add_payment(of('E'), '{"method": "card", "amount": "111.01", "status": "captured"}');
SELECT pack(of('E'), n), ship(of('E'), n), mark_delivered(of('E'), n) FROM generate_series(1, 2) AS n;
SELECT request_return(of('E'), '[{"line_no": 1, "quantity": 2}]', 'too big'), approve_return(of('E'), 1), receive_return(of('E'), 1, 'porto'),
       inspect_return(of('E'), 1, '[{"line_no": 1, "quantity": 2, "disposition": "restock"}]'), complete_return(of('E'), 1);
SELECT refund(of('E'), '1.00 EUR', 'late');
SELECT location, units, returned_units, gross_sales, discounts, returns, net_sales, tax FROM oms_report.sales_by_location WHERE day = '2026-11-10' AND currency = 'EUR' ORDER BY 1;
SELECT total::numeric - (SELECT sum(total::numeric) FROM invoices WHERE order_id = of('E') AND kind = 'credit_note') AS left FROM orders WHERE order_id = of('E');
SELECT * FROM pg_temp.sales_differences();
-- gift cards are sold when they are spent
SELECT place('G', '[{"sku": "CARD", "quantity": 1, "tax": 0}, {"sku": "TEE-M", "quantity": 1, "tax": 0}]') AS g \gset
SELECT issue_gift_card(jsonb_build_object('code', '7777-1234', 'amount', '30 EUR', 'order_id', :g, 'line_no', 1));
SELECT place('G-2', '[{"sku": "CARD", "quantity": 1, "tax": 0}]') AS g \gset
SELECT issue_gift_card(jsonb_build_object('code', '7777-1235', 'amount', '30 EUR', 'order_id', :g, 'line_no', 1));
SELECT s.orders, s.line_no, s.units, s.gross_sales FROM oms_internal.order_sales(ARRAY[of('G'), of('G-2')]) AS s ORDER BY s.order_id, s.line_no;
-- what replaces what came damaged is no sale, what is exchanged is one
SELECT claim_items(of('E'), '[{"line_no": 1, "quantity": 1}]', 'damaged', 'replacement');
SELECT count(*) AS replaced FROM order_links WHERE order_id = of('E') \gset
SELECT :replaced, count(*) FROM oms_internal.order_sales(ARRAY(SELECT linked_order_id FROM order_links));
-- a draft is none before it is placed
BEGIN;
INSERT INTO orders (channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total, placed_at, customer_id)
SELECT channel_id, 'draft', 'draft', 'EUR', '10 EUR', '0 EUR', '0 EUR', '0 EUR', '10 EUR', '2026-11-04 10:00:00+00', customer_id FROM channels, customers WHERE code = 'web' AND customers.reference = 'firm';
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
SELECT of('draft'), 1, sku_id, '1', 10, '0 EUR', '0 EUR', '10 EUR' FROM skus WHERE code = 'TEE-M';
COMMIT;
SELECT roll_up();
SELECT count(*) FROM oms_report.sales WHERE day = '2026-11-04';
UPDATE orders SET status = 'placed' WHERE order_id = of('draft');
SELECT day, orders, units, net_sales FROM oms_report.sales WHERE day = '2026-11-04';
SELECT * FROM pg_temp.sales_differences();
SELECT roll_up();

/*
 * What is corrected by hand, or changes without an event of the order
 */
BEGIN;
UPDATE order_lines SET unit_price = 11, discount = '2.00 EUR', total = '9.00 EUR' WHERE order_id = of('draft');
UPDATE orders SET lines_total = '9.00 EUR', total = '9.00 EUR' WHERE order_id = of('draft');
COMMIT;
SELECT day, gross_sales, discounts, net_sales FROM oms_report.sales WHERE day = '2026-11-04';
UPDATE orders SET placed_at = '2026-11-05 23:30:00+00', channel_id = (SELECT channel_id FROM channels WHERE code = 'us'), ship_to = '{"country": "FR"}' WHERE order_id = of('draft');
SELECT day, channel, orders FROM oms_report.sales_by_channel WHERE day BETWEEN '2026-11-04' AND '2026-11-06';
SELECT roll_up();
-- it becomes another's: who ordered first was new
SELECT customer_group, customer_kind, new_customer, sum(orders) FROM oms_report.sales_by_segment WHERE currency <> 'USD' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
UPDATE orders SET customer_id = NULL WHERE order_id = of('C-2');
SELECT customer_group, customer_kind, new_customer, sum(orders) FROM oms_report.sales_by_segment WHERE currency <> 'USD' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT * FROM pg_temp.sales_differences();
-- the group and kind of customers are those of today
SELECT put_customer('{"reference": "ana", "group": "silver"}');
SELECT customer_group, customer_kind, new_customer, sum(orders) FROM oms_report.sales_by_segment WHERE currency <> 'USD' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT * FROM pg_temp.sales_differences();
SELECT roll_up(), count(*) FROM regrouped_customers;
SELECT * FROM pg_temp.sales_differences();
UPDATE customers SET name = 'Anna' WHERE reference = 'ana';
SELECT count(*) FROM regrouped_customers;
-- so are categories
SELECT put_product('{"code": "HAT", "category": "headwear"}');
SELECT category, level, units FROM oms_report.sales_by_category_month WHERE currency = 'EUR' ORDER BY category;
SELECT * FROM pg_temp.sales_differences();
-- days are those of the time zone
SELECT day, orders FROM oms_report.sales WHERE day BETWEEN '2026-11-04' AND '2026-11-06';
INSERT INTO settings (name, value) VALUES ('time_zone', 'Europe/Berlin');
SELECT day, orders FROM oms_report.sales WHERE day BETWEEN '2026-11-04' AND '2026-11-06';
SELECT * FROM pg_temp.sales_differences();
UPDATE jobs SET batch_rows = 3 WHERE name = 'roll_up_reports';
SELECT roll_up();
-- rolled up in part: a batch of three orders
UPDATE watermarks SET system_id = NULL WHERE name = 'reports';
CREATE FUNCTION roll_up_once() RETURNS text LANGUAGE sql AS $$
    UPDATE jobs SET time_limit = '1 microsecond' WHERE name = 'roll_up_reports';
    SELECT r ->> 'batches' FROM run_job('roll_up_reports') AS r
$$;
DELETE FROM settings WHERE name = 'time_zone';
SELECT roll_up_once();
SELECT order_id < (SELECT max(order_id) FROM orders) AS half FROM watermarks WHERE name = 'reports';
SELECT * FROM pg_temp.sales_differences();
UPDATE jobs SET time_limit = '10 minutes' WHERE name = 'roll_up_reports';
SELECT roll_up();
-- a dump restored into another cluster: what was counted stays, and is compared with the orders
SET session_replication_role = replica;
UPDATE watermarks SET system_id = 1, transaction_id = '1000000000' WHERE name = 'reports';
RESET session_replication_role;
SELECT * FROM pg_temp.sales_differences();
SELECT cancel_order(of('G'), 'no more');
SELECT roll_up();
SELECT * FROM pg_temp.sales_differences();
-- a watermark that is lost: views count all orders, and the job makes it again
SET session_replication_role = replica;
DELETE FROM watermarks;
RESET session_replication_role;
SELECT * FROM pg_temp.sales_differences();
SELECT cardinality(oms_internal.unread_orders()) = (SELECT count(*) FROM orders) AS "all";
SELECT roll_up();
SELECT * FROM pg_temp.sales_differences();
SELECT oms_internal.unread_orders() = '{}' AS "none", issue_invoices() IS NOT NULL AS issued, refund_overdue() IS NOT NULL AS refunded;
SELECT run_job(j) ->> 'status' AS status FROM unnest('{roll_up_demand,complete_orders,archive_events}'::text[]) AS j;
SELECT name FROM watermarks ORDER BY name;
-- what has gone leaves nothing
SELECT count(*) FROM sales_lines WHERE order_id = of('G');

/*
 * Sellers
 */
SELECT month, rank_by_units AS units_rank, rank_by_sales AS sales_rank, sku, name, product, units, returned_units, net_sales_base FROM oms_report.best_sellers ORDER BY month, rank_by_units;
SELECT channel, rank_by_units, rank_by_sales, sku, units, net_sales_base FROM oms_report.best_sellers_by_channel WHERE month = '2026-11-01' ORDER BY channel, rank_by_sales;
SELECT country, region, rank_by_units, sku, units FROM oms_report.best_sellers_by_region WHERE month = '2026-11-01' ORDER BY country, region, rank_by_units;
DO $$ BEGIN PERFORM put_sku('{"code": "OLD", "price": "10 EUR"}'), put_sku('{"code": "DEAR", "price": "10 EUR"}'), receive_stock('OLD', 'porto', 1, '1 EUR'), receive_stock('DEAR', 'porto', 2, '8 EUR'); END $$;
SET oms.now = '2027-01-05 12:00:00+00';
SELECT place('H', '[{"sku": "TEE-M", "quantity": 1, "tax": 0}]');
SELECT rank, sku, units_30_days AS d30, units_90_days AS d90, last_sold_on, days_since_sold AS days, on_hand, stock_value, base_currency FROM oms_report.worst_sellers ORDER BY rank;
SELECT * FROM pg_temp.sales_differences();
-- what is dated years ahead is not sold yet, read by the job or not: units, last day and rank stay those of the orders until today
SELECT place('Z', '[{"sku": "TEE-M", "quantity": 2, "tax": 0}, {"sku": "OLD", "quantity": 1, "tax": 0}]', '{"placed_at": "2099-11-10T10:00:00Z"}') AS z \gset
CREATE VIEW worst AS SELECT rank, sku, units_30_days AS d30, units_90_days AS d90, last_sold_on, days_since_sold AS days FROM oms_report.worst_sellers ORDER BY rank;
SELECT * FROM worst;
SELECT * FROM pg_temp.sales_differences();
SELECT roll_up();
SELECT * FROM worst;
SELECT * FROM pg_temp.sales_differences();
SELECT cancel_order(:z, 'a slip');
-- what has no rate is worth nothing that is known, also where what had one has just gone
SELECT place('I', '[{"sku": "TEE-M", "quantity": 1, "tax": 0}]', '{"ship_to": {"country": "LU"}}'),
       place('I-2', '[{"sku": "TEE-M", "quantity": 1, "unit_price": "500", "tax": 0}]', '{"ship_to": {"country": "LU", "region": ""}, "channel": "us", "currency": "JPY"}');
SELECT roll_up();
-- of the two orders of the day 10 EUR are of one, and the other has 500 JPY
SELECT currency, orders, valued_orders, net_sales, net_sales_base FROM oms_report.sales_by_channel WHERE day = '2027-01-05' AND currency = 'JPY';
SELECT country, sum(orders) AS orders, sum(valued_orders) AS valued, sum(net_sales_base) AS net_sales_base FROM oms_report.sales_by_region WHERE country = 'LU' GROUP BY 1;
SELECT cancel_order(of('I'), 'no more');
SELECT country, region, units, net_sales_base FROM oms_report.best_sellers_by_region WHERE country = 'LU';
SELECT * FROM pg_temp.sales_differences();

-- regions that are spelled the same when put together stay two, whether they are counted at once or one after the other
SELECT place('J', '[{"sku": "TEE-M", "quantity": 1, "tax": 0}]', '{"placed_at": "2026-11-01T10:00:00Z"}'),
       place('J-2', '[{"sku": "TEE-M", "quantity": 2, "tax": 0}]', '{"placed_at": "2026-11-01T10:00:00Z"}');
UPDATE orders SET ship_to = '{"country": "PT-A", "region": "B"}' WHERE order_id = of('J');
UPDATE orders SET ship_to = '{"country": "PT", "region": "A-B"}' WHERE order_id = of('J-2');
SELECT roll_up();
SELECT place('J-3', '[{"sku": "TEE-M", "quantity": 4, "tax": 0}]', '{"placed_at": "2026-11-01T10:00:00Z", "ship_to": {"country": "PT"}}');
UPDATE orders SET ship_to = '{"country": "PT-A-B"}' WHERE order_id = of('J-3');
SELECT roll_up();
SELECT country, region, orders, units, net_sales FROM oms_report.sales_by_region WHERE day = '2026-11-01' ORDER BY units;
SELECT key, orders, units FROM sales_sums WHERE dimension = 'region' AND starts_on = '2026-11-01' ORDER BY units;
SELECT * FROM pg_temp.sales_differences();
-- kinds of customers are told apart in the same way
SELECT DISTINCT key FROM sales_sums WHERE dimension = 'segment' ORDER BY key;
-- a region and a group longer than any index would take are counted too, by their first 200 characters
SELECT string_agg(md5(n::text), '' ORDER BY n) AS long FROM generate_series(1, 300) AS n \gset
UPDATE orders SET ship_to = jsonb_build_object('country', 'PT', 'region', :'long') WHERE order_id = of('J-2');
UPDATE customers SET customer_group = :'long' WHERE reference = 'ana';
SELECT roll_up();
SELECT country, region = left(:'long', 200) AS beginning, units FROM oms_report.sales_by_region WHERE day = '2026-11-01' ORDER BY units;
SELECT bool_and(customer_group = left(:'long', 200)) AS beginning FROM oms_report.sales_by_segment WHERE day = '2026-11-01';
UPDATE orders SET ship_to = '{"country": "PT", "region": "A-B"}' WHERE order_id = of('J-2');
SELECT put_customer('{"reference": "ana", "group": "silver"}'), roll_up();
SELECT * FROM pg_temp.sales_differences();

/*
 * Who may read, what is locked, what is refused
 */
CREATE ROLE regress_sales_reader;
SELECT grant_access('regress_sales_reader', 'reader');
SET ROLE regress_sales_reader;
BEGIN READ ONLY;
SELECT count(*) > 0 AS some, sum(orders) FROM oms_report.sales;
SELECT count(*) > 0 AS some FROM oms_report.sales_by_category_day;
SELECT count(*) > 0 AS some FROM oms_report.worst_sellers;
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation';
COMMIT;
RESET ROLE;
-- who sees no rows of the sums sees none by a view either
BEGIN;
ALTER TABLE sales_sums ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE regress_sales_reader;
SELECT (SELECT count(*) FROM sales_sums) AS sums, (SELECT count(*) FROM oms_report.sales) AS sales, (SELECT count(*) FROM oms_report.sales_by_sku_month) AS months;
ROLLBACK;
SELECT revoke_access('regress_sales_reader');
DROP ROLE regress_sales_reader;
\set VERBOSITY terse
DELETE FROM sales_orders;
UPDATE orders SET placed_at = 'infinity' WHERE order_id = of('H');
UPDATE customers SET customer_group = '' WHERE reference = 'firm';
UPDATE sales_lines SET units = '0';
TRUNCATE sales_sums;
SELECT oms_internal.minor_share(100, '0', '1', '3'), oms_internal.minor_share(100, '1', '2', '3'), oms_internal.minor_share(100, '2', '3', '3'), oms_internal.minor_share(-7, '0', '0', '0');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_report_sales;
