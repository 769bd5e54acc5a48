/*
 * test/planning/man.sql: parts of a manufacturer, with their costs, lead times
 * and least quantities, as one looks at them on the Monday after the last week
 *
 * Week n of the source is ordered on the Monday of the n-th week from 2012-01-02
 * on, with three decimals at most. The source says nothing of stock: of every
 * fourth part there is none, of the others what is wanted in half a lead time,
 * in a whole one, and in two.
 */

SET search_path = oms, public;

CREATE TEMPORARY TABLE lines (line text);
\copy lines FROM PROGRAM 'gzip -dc "$DATA/intermittent_man/man_wide.csv.gz"' WITH (FORMAT csv, HEADER, DELIMITER E'\t')
CREATE TEMPORARY TABLE source AS
SELECT 'MAN-' || v[1] AS sku, v[3]::numeric AS cost, v[6]::integer AS lead_weeks, v[7]::numeric AS least, v[8:]::numeric[] AS weeks
FROM lines, string_to_array(line, ',') AS v
ORDER BY md5(v[1]) LIMIT :parts;

CREATE TABLE planning.demand AS
SELECT sku, date '2012-01-02' + 7 * (week::integer - 1) AS day, round(quantity, 3)::oms.quantity AS quantity
FROM source, unnest(weeks) WITH ORDINALITY AS w(quantity, week)
WHERE quantity > 0;
SELECT set_config('oms.now', (date '2012-01-02' + 7 * max(cardinality(weeks)))::text || ' 00:30+00', false) AS now FROM source \gset

SELECT put_location('{"code": "works", "country": "DE", "lat": 48.4, "lon": 10.9}'),
       put_channel('{"code": "spare", "currency": "EUR"}') \g /dev/null
INSERT INTO oms.skus (code, name, decimals)
SELECT sku, sku, (SELECT max(scale(trim_scale(round(q, 3)))) FROM unnest(weeks) AS q) FROM source;
INSERT INTO oms.suppliers (code, name, currency) VALUES ('mill', 'Mill', 'EUR');
INSERT INTO oms.supplier_skus (supplier_id, sku_id, cost, lead_time_days, min_quantity)
SELECT supplier_id, sku_id, amount(round(m.cost, 2), 'EUR'), 7 * lead_weeks, least::oms.quantity
FROM source AS m JOIN oms.skus AS s ON s.code = m.sku, oms.suppliers;
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id,
       ceil((SELECT avg(q) FROM unnest(weeks) AS q) * lead_weeks * (ARRAY[0, 0.5, 1, 2])[1 + sku_id % 4])::oms.quantity
FROM source AS m JOIN oms.skus AS s ON s.code = m.sku, oms.locations;

/* an order costs 5 EUR beyond its goods, and holding a unit for a year a fifth of its price */
SELECT put_replenishment_policy('{"code": "all", "order_cost": "5.00 EUR", "holding_rate": 0.2}') \g /dev/null
