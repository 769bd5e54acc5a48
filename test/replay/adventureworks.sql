/*
 * test/replay/adventureworks.sql: orders of a bicycle shop's customers
 *
 * The source has stock by bin in a plant, without a place on the map, and less
 * of most products than was sold in two and a half years.  What is missing is
 * put into the reseller stores, to each as large a part of it as its share of
 * the product's customers, by the nearest store; so plant and stores together
 * have exactly what is sold, and who ships is left to the router.
 */

SET search_path = replay, oms, public;
SET timezone = 'UTC';

CREATE TEMPORARY TABLE source_lines (
    order_date timestamptz, stock_date date, order_number text, product_key text, customer_key text,
    territory_key integer, line_no integer, quantity integer
);
CREATE TEMPORARY TABLE source_customers (
    customer_key text PRIMARY KEY, line1 text, city text, state_code text, state_name text, country text,
    postcode text, lat float8, lon float8, territory_key integer
);
CREATE TEMPORARY TABLE source_products (
    product_key text PRIMARY KEY, subcategory_key integer, sku text, name text, model text, description text,
    colour text, size text, style text, cost numeric, price numeric
);
CREATE TEMPORARY TABLE source_plant (
    product_id integer PRIMARY KEY, name text, sku text, make_flag integer, finished integer,
    safety_stock integer, reorder_point integer, cost numeric, price numeric, weight_unit text, weight numeric,
    days_to_manufacture integer
);
CREATE TEMPORARY TABLE source_bins (product_id integer, area integer, shelf text, bin integer, quantity integer);
CREATE TEMPORARY TABLE source_areas (area integer, name text, cost_rate numeric, availability numeric);
CREATE TEMPORARY TABLE source_stores (
    store_id integer, name text, address_kind text, line1 text, city text, state_code text, country text,
    postcode text, lat float8, lon float8
);
CREATE TEMPORARY TABLE source_returns (return_date date, territory_key integer, product_key text, quantity integer);
\copy source_lines FROM PROGRAM 'gzip -dc "$DATA/adventureworks/sales_lines.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_customers FROM PROGRAM 'gzip -dc "$DATA/adventureworks/customers_geo.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_products FROM PROGRAM 'cat "$DATA/adventureworks/products.csv"' WITH (FORMAT csv, HEADER)
\copy source_plant FROM PROGRAM 'cat "$DATA/adventureworks/oltp_products.csv"' WITH (FORMAT csv, HEADER)
\copy source_bins FROM PROGRAM 'cat "$DATA/adventureworks/product_inventory.csv"' WITH (FORMAT csv, HEADER)
\copy source_areas FROM PROGRAM 'cat "$DATA/adventureworks/inventory_locations.csv"' WITH (FORMAT csv, HEADER)
\copy source_stores FROM PROGRAM 'cat "$DATA/adventureworks/reseller_stores_geo.csv"' WITH (FORMAT csv, HEADER)
\copy source_returns FROM PROGRAM 'cat "$DATA/adventureworks/returns.csv"' WITH (FORMAT csv, HEADER)

DELETE FROM source_lines
WHERE order_number NOT IN (SELECT order_number
                           FROM (SELECT order_number, row_number() OVER (ORDER BY min(order_date), order_number) AS n
                                 FROM source_lines GROUP BY 1) AS o
                           WHERE n % :every = 0 AND n / :every <= :limit);
ANALYZE source_lines, source_customers, source_products, source_plant, source_bins, source_stores, source_returns;

SELECT put_channel('{"code": "adventureworks", "name": "Adventure Works", "currency": "USD"}') \g /dev/null

SELECT count(put_location(jsonb_build_object('code', 'plant-' || area, 'name', name, 'country', 'US')))
FROM source_areas \g /dev/null

SELECT count(put_location(jsonb_build_object(
    'code', 'store-' || store_id, 'name', name, 'kind', 'store', 'country', country, 'region', state_code,
    'postcode', postcode, 'city', city, 'lat', lat, 'lon', lon)))
FROM source_stores WHERE address_kind = 'main_office' \g /dev/null

INSERT INTO oms.products (code, name) SELECT DISTINCT ON (sku) sku, name FROM source_products ORDER BY sku;
INSERT INTO oms.skus (code, product_id, name, weight_g, cost)
SELECT DISTINCT ON (s.sku) s.sku, p.product_id, s.name,
       round(w.weight * CASE w.weight_unit WHEN 'LB' THEN 453.59237 ELSE 1 END), amount(s.cost, 'USD')
FROM source_products s JOIN oms.products p ON p.code = s.sku LEFT JOIN source_plant w ON w.sku = s.sku
ORDER BY s.sku, s.product_key;

/* Stock: bins by area, and the rest by store */
CREATE TEMPORARY TABLE sold AS
SELECT p.sku, l.customer_key, sum(l.quantity) AS quantity
FROM source_lines l JOIN source_products p USING (product_key) GROUP BY 1, 2;

SET enable_seqscan = off;
CREATE TEMPORARY TABLE nearest AS
SELECT c.customer_key, s.location_id
FROM source_customers c,
     LATERAL (SELECT location_id FROM oms.locations
              WHERE kind = 'store'
              ORDER BY point <-> ST_MakePoint(c.lon, c.lat)::geography LIMIT 1) AS s
WHERE c.customer_key IN (SELECT customer_key FROM sold);
RESET enable_seqscan;

CREATE TEMPORARY TABLE stock AS
WITH bins AS (
    SELECT p.sku, b.area, sum(b.quantity) AS quantity
    FROM source_bins b JOIN source_plant p USING (product_id) GROUP BY 1, 2
), needs AS (
    SELECT sku, sum(quantity) AS sold, coalesce((SELECT sum(b.quantity) FROM bins b WHERE b.sku = s.sku), 0) AS binned
    FROM sold s GROUP BY 1
), shares AS (
    SELECT n.sku, n.sold - n.binned AS missing, x.location_id,
           floor((n.sold - n.binned) * sum(s.quantity) / n.sold) AS quantity
    FROM needs n JOIN sold s USING (sku) JOIN nearest x USING (customer_key)
    WHERE n.sold > n.binned GROUP BY n.sku, n.sold, n.binned, x.location_id
)
SELECT sku, l.location_id, quantity FROM bins JOIN oms.locations l ON l.code = 'plant-' || area
UNION ALL
SELECT sku, location_id, quantity FROM shares
UNION ALL
SELECT sku, l.location_id, missing - sum(quantity) FROM shares JOIN oms.locations l ON l.code = 'plant-7'
GROUP BY sku, l.location_id, missing;

INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT k.sku_id, s.location_id, sum(s.quantity)::quantity
FROM stock s JOIN oms.skus k ON k.code = s.sku
GROUP BY 1, 2 HAVING sum(s.quantity) > 0;

/* The documents; the source says nothing of payment, so it is paid when it is ordered */
INSERT INTO replay.orders (reference, placed_at, total, document)
SELECT order_number, min(order_date), sum(round(price * quantity, 2)),
       jsonb_build_object(
           'channel', 'adventureworks',
           'reference', order_number,
           'placed_at', min(order_date),
           'customer', jsonb_build_object('reference', customer_key),
           'ship_to', jsonb_build_object('line1', min(line1), 'city', min(city), 'region', min(state_code),
                                         'postcode', min(postcode), 'country', min(country),
                                         'lat', min(lat), 'lon', min(lon)),
           'lines', jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', price, 'tax', 0)
                              ORDER BY line_no),
           'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'status', 'captured',
                                                            'amount', sum(round(price * quantity, 2)))))
FROM source_lines l JOIN source_products p USING (product_key) JOIN source_customers c USING (customer_key)
GROUP BY order_number, customer_key;

/*
 * Lives: the source has no times after the order's, so each is shipped when
 * its slowest product could have been made, and delivered on the third day.
 */
INSERT INTO replay.steps (at, rank, kind, reference)
SELECT placed_at, 1, 'place', reference FROM replay.orders
UNION ALL
SELECT shipped_at + days, rank, kind, order_number
FROM (SELECT order_number, min(order_date) + max(days_to_manufacture) * interval '1 day' + interval '8 hours' AS shipped_at
      FROM source_lines l JOIN source_products USING (product_key) JOIN source_plant USING (sku)
      GROUP BY 1) AS o,
     (VALUES (interval '0', 2, 'ship'), ('3 days', 3, 'deliver')) AS s(days, rank, kind);

INSERT INTO replay.remarks
SELECT 'lines of fractional cents, each rounded once: rounded less exact', count(DISTINCT order_number),
       sum(round(price * quantity, 2) - price * quantity)
FROM source_lines JOIN source_products USING (product_key)
WHERE price * quantity <> round(price * quantity, 2)
HAVING count(*) > 0
UNION ALL
SELECT 'units beyond what the bins hold, put into the stores', count(DISTINCT sku), NULL
FROM stock JOIN oms.locations l USING (location_id) WHERE l.kind = 'store' AND quantity > 0
UNION ALL
SELECT 'returned lines (a date, a territory and a product, no order)', count(*), sum(price * quantity)
FROM source_returns JOIN source_products USING (product_key)
UNION ALL
SELECT '... that an order of the same territory came before', count(*), sum(price * r.quantity)
FROM source_returns r JOIN source_products USING (product_key)
WHERE EXISTS (SELECT FROM source_lines l
              WHERE l.territory_key = r.territory_key AND l.product_key = r.product_key
                    AND l.quantity >= r.quantity AND l.order_date <= r.return_date);

CREATE FUNCTION replay.claim() RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO replay.claims
    SELECT 'units left of the products of which plant and stores had just enough', '0',
           coalesce(sum(l.on_hand), '0')::text
    FROM oms.stock_levels l JOIN oms.skus k USING (sku_id)
    WHERE k.code IN (SELECT s.sku FROM stock s JOIN oms.locations w USING (location_id) WHERE w.kind = 'store')
$$;
