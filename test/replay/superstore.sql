/*
 * test/replay/superstore.sql: four years of a shop for offices, with what came back
 *
 * The source names the orders that came back, not when nor why: all of such an
 * order comes back on the tenth day after it was delivered. What is claimed is
 * that the reports count what the source does.
 */

SET search_path = replay, oms, public;
SET timezone = 'UTC';

CREATE TEMPORARY TABLE source_lines (
    row_id numeric, order_id text, order_date timestamptz, ship_date timestamptz, ship_mode text, customer_id text,
    customer_name text, segment text, country text, city text, state text, postal_code text, region text, product_id text,
    category text, sub_category text, product_name text, sales numeric, quantity numeric, discount numeric, profit numeric
);
CREATE TEMPORARY TABLE source_returns (returned text, order_id text);
\copy source_lines FROM PROGRAM 'gzip -dc "$DATA/superstore/orders.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_returns FROM PROGRAM 'cat "$DATA/superstore/returns.csv"' WITH (FORMAT csv, HEADER)
DELETE FROM source_lines
WHERE order_id NOT IN (SELECT order_id
                       FROM (SELECT order_id, row_number() OVER (ORDER BY min(order_date), order_id) AS n
                             FROM source_lines GROUP BY 1) AS o
                       WHERE n % :every = 0 AND n / :every <= :limit);
ANALYZE source_lines, source_returns;

SELECT put_channel('{"code": "superstore", "name": "Superstore", "currency": "USD"}'),
       put_location('{"code": "warehouse", "name": "Warehouse", "country": "US", "takes_returns": true}') \g /dev/null

/* what the source calls by the same number is one SKU, whatever its names */
CREATE TABLE replay.sold AS
SELECT order_id, row_number() OVER (PARTITION BY order_id ORDER BY row_id) AS line_no, product_id AS sku,
       regexp_replace(category, '\W', '_', 'g') AS top,
       regexp_replace(category, '\W', '_', 'g') || '.' || regexp_replace(sub_category, '\W', '_', 'g') AS category,
       quantity, round(sales / quantity, 6) AS price, ship_date + interval '3 days' AS delivered_at,
       EXISTS (SELECT FROM source_returns r WHERE r.order_id = l.order_id) AS comes_back
FROM source_lines l;
INSERT INTO oms.products (code, name, category)
SELECT DISTINCT ON (sku) sku, sku, category::ltree FROM replay.sold ORDER BY sku, category;
INSERT INTO oms.skus (code, name, product_id) SELECT p.code, p.name, p.product_id FROM oms.products p;
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT k.sku_id, w.location_id, s.quantity::quantity
FROM (SELECT sku, sum(quantity) AS quantity FROM replay.sold GROUP BY 1) AS s
JOIN oms.skus k ON k.code = s.sku, oms.locations w;

INSERT INTO replay.orders (reference, placed_at, total, document)
SELECT l.order_id, min(order_date), min(s.total),
       jsonb_build_object(
           'channel', 'superstore', 'reference', l.order_id, 'placed_at', min(order_date),
           'customer', jsonb_build_object('reference', min(customer_id), 'name', min(customer_name)),
           'ship_to', jsonb_build_object('city', min(city), 'region', min(state), 'postcode', min(postal_code), 'country', 'US',
                                         'lat', 39.8, 'lon', -98.6),
           'lines', min(s.lines::text)::jsonb,
           'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'status', 'captured', 'amount', min(s.total))))
FROM source_lines l
JOIN (SELECT order_id, sum(round(price * quantity, 2)) AS total,
             jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', price, 'tax', 0) ORDER BY line_no) AS lines
      FROM replay.sold GROUP BY 1) AS s USING (order_id)
GROUP BY l.order_id;

INSERT INTO replay.steps (at, rank, kind, reference, arguments)
SELECT placed_at, 1, 'place', reference, NULL::jsonb FROM replay.orders
UNION ALL
SELECT min(delivered_at) - interval '3 days', 2, 'ship', order_id, NULL FROM replay.sold GROUP BY order_id
UNION ALL
SELECT min(delivered_at), 3, 'deliver', order_id, NULL FROM replay.sold GROUP BY order_id
UNION ALL
SELECT min(delivered_at) + interval '10 days', 4, 'come_back', order_id,
       jsonb_build_object('location', 'warehouse', 'lines', jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', quantity)))
FROM replay.sold WHERE comes_back GROUP BY order_id;

/* differ counts the values of a dimension for which the report counts other units than the source */
CREATE FUNCTION replay.differ(dimension text) RETURNS bigint
    LANGUAGE sql
AS $$
    WITH counted AS (
        SELECT value, sum(quantity) AS delivered, coalesce(sum(quantity) FILTER (WHERE comes_back), 0) AS returned
        FROM replay.sold s JOIN replay.orders o ON o.reference = s.order_id AND o.order_id IS NOT NULL
             JOIN oms.orders p ON p.order_id = o.order_id,
             unnest(CASE dimension WHEN 'sku' THEN ARRAY[s.sku] WHEN 'category' THEN ARRAY[s.top, s.category]
                                   WHEN 'customer' THEN ARRAY[p.customer_id::text] WHEN 'location' THEN '{warehouse}' ELSE '{all}' END) AS value
        GROUP BY value
    )
    SELECT count(*)
    FROM counted c FULL JOIN (SELECT * FROM oms_report.return_rates r WHERE r.dimension = differ.dimension) AS r USING (value)
    WHERE (c.delivered, c.returned, c.returned, c.returned / c.delivered)
          IS DISTINCT FROM (r.delivered, r.returned, r.mature_returned, r.mature_rate)
$$;

CREATE FUNCTION replay.claim() RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO replay.claims
    SELECT 'values of ' || d || ' of which the report counts other returns than the source', '0', replay.differ(d)::text
    FROM unnest('{all,sku,category,customer,location}'::text[]) AS d
    UNION ALL
    SELECT 'months of which the report counts other returns than the source', '0', count(*)::text
    FROM (SELECT date_trunc('month', delivered_at)::date AS month, sum(quantity) AS delivered,
                 coalesce(sum(quantity) FILTER (WHERE comes_back), 0) AS returned
          FROM replay.sold s JOIN replay.orders o ON o.reference = s.order_id AND o.order_id IS NOT NULL GROUP BY 1) AS c
    FULL JOIN (SELECT * FROM oms_report.return_trend WHERE dimension = 'all') AS r USING (month)
    WHERE (c.delivered, c.returned) IS DISTINCT FROM (r.delivered, r.returned_in_time)
    UNION ALL
    SELECT 'units that came back', round(sum(quantity) FILTER (WHERE comes_back))::text,
           (SELECT sum(units) FROM oms_report.return_reasons WHERE dimension = 'all')::text
    FROM replay.sold s JOIN replay.orders o ON o.reference = s.order_id AND o.order_id IS NOT NULL
$$;
