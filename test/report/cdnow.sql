/*
 * test/report/cdnow.sql: purchases of a shop for records, and what is known of them
 *
 * Each is an order of records at the price that was paid, of a customer. What
 * views say of customers is compared with the source itself.
 */
SET timezone = 'UTC';
CREATE EXTENSION oms CASCADE;
\o /dev/null
SELECT oms.install();
SET search_path = oms, public;
CREATE TABLE public.source (purchase_no serial, customer text, day date, quantity integer, amount numeric);
\copy public.source (customer, day, quantity, amount) FROM PROGRAM 'gzip -dc "$DATA/cdnow/cdnow.csv.gz"' WITH (FORMAT csv, HEADER)
DELETE FROM public.source WHERE customer::integer % :every <> 0;
SELECT put_channel('{"code": "web", "currency": "USD"}'), set_base_currency('USD'), put_sku('{"code": "CD", "stocked": false}'),
       put_location('{"code": "store", "country": "US", "lat": 40.7, "lon": -74.0}');
SELECT count(put_customer(jsonb_build_object('reference', customer))) FROM (SELECT DISTINCT customer FROM public.source) AS c;
SELECT count(place_order(jsonb_build_object(
           'channel', 'web', 'reference', purchase_no::text, 'placed_at', day || ' 12:00+00', 'customer', jsonb_build_object('reference', customer),
           'ship_to', '{"country": "US", "lat": 40.7, "lon": -74.0}'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb,
           'lines', jsonb_build_array(jsonb_build_object('sku', 'CD', 'quantity', quantity, 'unit_price', round(amount / quantity, 6), 'tax', 0)))))
FROM (SELECT * FROM public.source ORDER BY day, purchase_no) AS s;
ANALYZE;
\o

CREATE VIEW public.buyer AS
    SELECT customer, count(*) AS orders, sum(quantity) AS units, sum(amount) AS amount, min(day) AS first_on, max(day) AS last_on,
           (array_agg(day ORDER BY day))[2] AS second_on
    FROM public.source GROUP BY customer;
SELECT format('%s - %s customers have bought %s times, %s records for %s USD', CASE WHEN s = v THEN 'ok' ELSE 'not ok' END, v.customers, v.orders, v.units, v.amount)
FROM (SELECT count(*) AS customers, sum(orders) AS orders, sum(units) AS units, sum(amount) AS amount FROM public.buyer) AS s,
     (SELECT count(*) AS customers, sum(orders) AS orders, sum(units) AS units, sum(net_sales) AS amount FROM oms_report.customers) AS v;
SELECT format('%s - each as the source has it', CASE count(*) WHEN 0 THEN 'ok' ELSE 'not ok' END)
FROM public.buyer AS s FULL JOIN oms_report.customers AS v ON v.reference = s.customer
WHERE (s.orders, s.units, s.amount, s.first_on, s.second_on, s.last_on) IS DISTINCT FROM (v.orders, v.units, v.net_sales, v.first_on, v.second_on, v.last_on);
SELECT format('%s - %s cohorts', CASE WHEN bool_and(c.customers = s.customers) AND count(c.cohort) = count(s.month) THEN 'ok' ELSE 'not ok' END, count(DISTINCT s.month))
FROM (SELECT date_trunc('month', first_on)::date AS month, count(*) AS customers FROM public.buyer GROUP BY 1) AS s
FULL JOIN (SELECT cohort, customers FROM oms_report.cohorts WHERE months_since = 0) AS c ON c.cohort = s.month;
SELECT format('%s - of customers of the first quarter of 1997, %s %% bought again within %s days', CASE WHEN s.rate = v.rate THEN 'ok' ELSE 'not ok' END, v.rate, days)
FROM (SELECT d AS days, round(100.0 * count(*) FILTER (WHERE second_on <= first_on + d) / count(*), 2) AS rate FROM public.buyer, unnest('{30,60,90,365}'::integer[]) AS d GROUP BY 1) AS s
JOIN (SELECT days, round(100.0 * sum(repeat_customers) / sum(mature_customers), 2) AS rate FROM oms_report.repeat_purchases GROUP BY 1) AS v USING (days)
ORDER BY days;
