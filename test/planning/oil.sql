/*
 * test/planning/oil.sql: spare parts of a refinery, with the stock, the minimum
 * and the maximum that its planners had set, as one looks at them on 2001-09-01
 *
 * What was used in a month is ordered on its first day. What came back on
 * balance in a month (negative) is no demand. The source says that November of
 * 1997 can't be relied on: it is marked as not known, by an out_of_stock_rate of
 * 1. The currency isn't told.
 */

SET search_path = oms, public;

CREATE TEMPORARY TABLE lines (line text);
\copy lines FROM PROGRAM 'gzip -dc "$DATA/intermittent_oil/oil_refinery_wide.csv.gz"' WITH (FORMAT csv, HEADER, DELIMITER E'\t')
CREATE TEMPORARY TABLE source AS
SELECT 'OIL-' || v[1] AS sku, v[2]::integer AS lead_days, v[3]::numeric AS least, v[4]::numeric AS most, v[5]::numeric AS on_hand,
       v[6]::numeric AS price, v[7:]::numeric[] AS months
FROM lines, string_to_array(line, ',') AS v
ORDER BY md5(v[1]) LIMIT :parts;

CREATE TABLE planning.demand AS
SELECT sku, (date '1997-01-01' + make_interval(months => month::integer - 1))::date AS day, quantity::oms.quantity AS quantity
FROM source, unnest(months) WITH ORDINALITY AS m(quantity, month)
WHERE quantity > 0;
SELECT set_config('oms.now', '2001-09-01 00:30+00', false) AS now \gset

SELECT put_location('{"code": "works", "country": "NL", "lat": 51.9, "lon": 4.3}'),
       put_channel('{"code": "spare", "currency": "EUR"}') \g /dev/null
INSERT INTO oms.skus (code, name) SELECT sku, sku FROM source;
INSERT INTO oms.suppliers (code, name, currency) VALUES ('mill', 'Mill', 'EUR');
INSERT INTO oms.supplier_skus (supplier_id, sku_id, cost, lead_time_days)
SELECT supplier_id, sku_id, amount(round(m.price, 2), 'EUR'), lead_days
FROM source AS m JOIN oms.skus AS s ON s.code = m.sku, oms.suppliers;
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id, on_hand::oms.quantity FROM source AS m JOIN oms.skus AS s ON s.code = m.sku, oms.locations;
INSERT INTO oms.replenishment_policies (code, sku_id, reorder_point, order_up_to)
SELECT s.code, sku_id, least::oms.quantity, most::oms.quantity
FROM source AS m JOIN oms.skus AS s ON s.code = m.sku WHERE right(s.code, 1) < '8';
