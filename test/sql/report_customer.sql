-- customers: value, recency and frequency, cohorts and repeat purchases, by hand; the
-- same reckoned in plain SQL, with nothing, half and all of it counted by the
-- job, in a database of its own, as what a job reads must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_report_customer;
\c regress_report_customer
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-04-10 12:00:00+00';
\pset null -
SELECT put_channel('{"code": "web", "currency": "EUR"}'), put_channel('{"code": "shop", "currency": "EUR"}'), set_base_currency('EUR'),
       put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "takes_returns": true}'),
       put_sku('{"code": "TEE", "price": "10 EUR"}'), receive_stock('TEE', 'porto', 1000, '4 EUR');
SELECT put_customer('{"reference": "ana", "name": "Ana", "group": "gold"}'), put_customer('{"reference": "ben", "name": "Ben"}'),
       put_customer('{"reference": "cleo", "name": "Cleo", "kind": "company"}'), put_customer('{"email": "guest@example.com"}');
CREATE FUNCTION buy(customer jsonb, day date, quantity int, channel text DEFAULT 'web') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_strip_nulls(jsonb_build_object(
        'channel', channel, 'reference', 'C-' || (SELECT count(*) + 1 FROM oms.orders), 'placed_at', day || ' 10:00+00', 'customer', customer,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'TEE', 'quantity', quantity, 'tax', 0)), 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'cash', 'amount', quantity * 10, 'status', 'captured')))))
$$;
CREATE FUNCTION deliver(order_id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT oms.pack(order_id, 1) || ' ' || oms.ship(order_id, 1) || ' ' || oms.mark_delivered(order_id, 1)
$$;

-- until all that was committed can be read, as when statistics are gathered meanwhile
CREATE PROCEDURE roll_up() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 1000 LOOP
        PERFORM oms.run_job('roll_up_reports');
        COMMIT;
        EXIT WHEN cardinality(oms_internal.unread_orders()) = 0;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;

\set ECHO none
\i test/report/customer.sql
\set ECHO all
CREATE TEMPORARY VIEW differences AS SELECT * FROM pg_temp.customer_differences();
CREATE VIEW customers_now AS
    SELECT customer_id AS id, reference, name, kind, customer_group, first_channel, first_on, second_on, last_on, days_since, orders, net_sales, gross_profit,
           average_order_value AS aov, days_between_orders AS days_between, units, returned_units AS returned, return_rate
    FROM oms_report.customers ORDER BY 1;
CREATE VIEW cohorts_now AS
    SELECT cohort, months_since AS since, cohort_customers AS of, customers, retention_rate AS rate, orders, net_sales, cumulative_net_sales AS cumulative, value_per_customer AS value, profit_per_customer AS profit
    FROM oms_report.cohorts ORDER BY cohort, month;

-- nobody has bought
SELECT count(*) FROM oms_report.customers;
SELECT * FROM cohorts_now;
SELECT count(*) FROM oms_report.rfm_segments;

-- who bought twice and is alone, or as the others, has all first scores but that of recency: no new customer; who bought once is
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART;
SELECT buy('{"reference": "ana"}', '2026-03-06', 1), buy('{"reference": "ana"}', '2026-03-07', 1);
SELECT reference, orders, rfm, segment FROM oms_report.customer_rfm;
SELECT buy('{"reference": "ben"}', '2026-03-06', 1), buy('{"reference": "ben"}', '2026-03-07', 1);
SELECT reference, orders, rfm, segment FROM oms_report.customer_rfm ORDER BY 1;
SELECT segment, customers, orders FROM oms_report.rfm_segments;
SELECT cancel_order(2, 'no more'), cancel_order(4, 'no more');
SELECT reference, orders, rfm, segment FROM oms_report.customer_rfm ORDER BY 1;
ROLLBACK;

-- Ana in January and March, Ben twice in January, Cleo in February; a guest, and somebody who is not known
SELECT buy('{"reference": "ana"}', '2026-01-05', 1), buy('{"reference": "ana"}', '2026-03-06', 3), buy('{"reference": "ben"}', '2026-01-20', 2, 'shop'),
       buy('{"reference": "ben"}', '2026-01-20', 1), buy('{"reference": "cleo"}', '2026-02-10', 5), buy('{"email": "Guest@example.com"}', '2026-03-31', 1), buy(NULL, '2026-03-31', 7);
SELECT * FROM customers_now;
SELECT * FROM cohorts_now;
SELECT * FROM differences;
CALL roll_up();
SELECT count(*) FROM customer_totals;
SELECT * FROM differences;

-- goods leave and earn something, some come back; the guest has an account later, which is another customer
SELECT deliver(n) FROM generate_series(1, 5) AS n;
SELECT receive_unannounced_return(5, 'porto', '[{"line_no": 1, "quantity": 2}]'), inspect_return(5, 1, '[{"line_no": 1, "quantity": 2, "disposition": "restock"}]'), complete_return(5, 1);
SELECT put_customer('{"reference": "gus", "email": "guest@example.com"}'), buy('{"reference": "gus"}', '2026-04-01', 2);
-- an exchange is no new purchase, but what is sold by it counts
SELECT receive_unannounced_return(1, 'porto', '[{"line_no": 1, "quantity": 1}]'), inspect_return(1, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT exchange_return(1, 1, '{"reference": "C-9", "lines": [{"sku": "TEE", "quantity": 1, "tax": 0}], "shipping": {"price": 0, "tax": 0}}');
SELECT * FROM customers_now;
SELECT * FROM differences;
SELECT dimension, value, customers, orders, net_sales, gross_profit, average_order_value AS aov, orders_per_customer AS per, repeat_customers AS again, repeat_rate AS rate, lifetime_value AS value, lifetime_profit AS profit, median_value AS median, top_tenth_value AS top
FROM oms_report.customer_value ORDER BY 1, 2;
SELECT * FROM oms_report.customers_by_orders ORDER BY 1;
SELECT * FROM oms_report.new_and_returning_customers ORDER BY 1;
SELECT * FROM oms_report.repeat_purchases ORDER BY 1, 2;

-- Ana's first order is cancelled: she moves to the cohort of March; Ben's second: he has bought once
SELECT buy('{"reference": "ana"}', '2026-01-02', 1), buy('{"reference": "ana"}', '2026-02-02', 1);
SELECT * FROM cohorts_now;
CALL roll_up();
SELECT cancel_order(10, 'changed her mind');
SELECT first_on, second_on, orders FROM customers_now WHERE reference = 'ana';
SELECT cancel_order(11, 'changed her mind');
SELECT * FROM cohorts_now;
SELECT * FROM differences;
-- an order becomes another's, who then bought earlier; all are counted, and are the same
UPDATE orders SET customer_id = (SELECT customer_id FROM customers WHERE reference = 'cleo') WHERE order_id = 4;
SELECT reference, first_on, second_on, orders FROM customers_now WHERE reference IN ('ben', 'cleo');
SELECT * FROM differences;
CREATE TABLE before AS SELECT * FROM cohorts_now;
CREATE TABLE before_customers AS SELECT * FROM customers_now;
CALL roll_up();
SELECT * FROM customers_now;
(TABLE before EXCEPT SELECT * FROM cohorts_now) UNION ALL (SELECT * FROM cohorts_now EXCEPT TABLE before);
(TABLE before_customers EXCEPT SELECT * FROM customers_now) UNION ALL (SELECT * FROM customers_now EXCEPT TABLE before_customers);
SELECT * FROM differences;
-- from the beginning
UPDATE watermarks SET system_id = NULL WHERE name = 'reports';
SELECT * FROM differences;
CALL roll_up();
SELECT * FROM differences;

-- scores: fifths of all customers, equal ones alike
SELECT put_customer(jsonb_build_object('reference', 'r' || n)), buy(jsonb_build_object('reference', 'r' || n), date '2026-01-01' + 10 * n, 10 + n) FROM generate_series(1, 9) AS n;
SELECT customer_id AS id, reference, days_since, orders, net_sales, recency_score AS r, frequency_score AS f, monetary_score AS m, rfm, segment FROM oms_report.customer_rfm ORDER BY days_since, id;
SELECT * FROM oms_report.rfm_segments ORDER BY segment;
SELECT r, string_agg(oms_internal.rfm_segment(r, f, 1), ', ' ORDER BY f) AS "f from 1 to 5" FROM generate_series(1, 5) AS r, generate_series(1, 5) AS f GROUP BY r ORDER BY r DESC;
-- who has bought twice is not new, whatever the others have
SELECT oms_internal.rfm_segment(r, 1, 2) FROM generate_series(5, 1, -1) AS r;
CALL roll_up();
SELECT * FROM differences;
SELECT 'months' FROM (SELECT customer_id, sum(orders), sum(net_sales), sum(gross_profit) FROM customer_months GROUP BY 1
                      EXCEPT SELECT customer_id, orders, net_sales, gross_profit FROM customer_totals) AS m;
\c postgres
DROP DATABASE regress_report_customer;
