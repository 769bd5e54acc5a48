/*
 * test/replay/olist.sql: orders of a Brazilian marketplace
 *
 * A SKU is a seller's offer of a product, and a seller is a location that
 * ships by itself, so an order of several sellers is split.  An item of the
 * source is a line; the freight of its items is the price of shipping.
 */

SET search_path = replay, oms, public;
SET timezone = 'America/Sao_Paulo';

CREATE TEMPORARY TABLE source_orders (
    order_id text PRIMARY KEY, customer_id text, status text, purchased timestamptz, approved timestamptz,
    carried timestamptz, delivered timestamptz, estimated timestamptz
);
CREATE TEMPORARY TABLE source_items (
    order_id text, item_no integer, product_id text, seller_id text, shipping_limit timestamptz,
    price numeric, freight numeric
);
CREATE TEMPORARY TABLE source_payments (
    order_id text, payment_no integer, method text, installments integer, value numeric
);
CREATE TEMPORARY TABLE source_customers (
    customer_id text PRIMARY KEY, unique_id text, postcode text, city text, state text
);
CREATE TEMPORARY TABLE source_sellers (
    seller_id text PRIMARY KEY, postcode text, city text, state text
);
CREATE TEMPORARY TABLE source_products (
    product_id text PRIMARY KEY, category text, name_length text, description_length text, photos text,
    weight_g integer, length_cm integer, height_cm integer, width_cm integer
);
CREATE TEMPORARY TABLE source_postcodes (
    postcode text, lat float8, lon float8, samples integer, city text, state text
);
\copy source_orders FROM PROGRAM 'gzip -dc "$DATA/olist/orders.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_items FROM PROGRAM 'gzip -dc "$DATA/olist/order_items.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_payments FROM PROGRAM 'gzip -dc "$DATA/olist/order_payments.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_customers FROM PROGRAM 'gzip -dc "$DATA/olist/customers.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_sellers FROM PROGRAM 'gzip -dc "$DATA/olist/sellers.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_products FROM PROGRAM 'gzip -dc "$DATA/olist/products.csv.gz"' WITH (FORMAT csv, HEADER)
\copy source_postcodes FROM PROGRAM 'gzip -dc "$DATA/olist/geolocation_zip_centroids.csv.gz"' WITH (FORMAT csv, HEADER)

DELETE FROM source_orders
WHERE order_id NOT IN (SELECT order_id
                       FROM (SELECT order_id, row_number() OVER (ORDER BY purchased, order_id) AS n FROM source_orders) AS o
                       WHERE n % :every = 0 AND n / :every <= :limit);
DELETE FROM source_items WHERE order_id NOT IN (SELECT order_id FROM source_orders);
DELETE FROM source_payments WHERE order_id NOT IN (SELECT order_id FROM source_orders);
ALTER TABLE source_items ADD sku text;
UPDATE source_items SET sku = product_id || '.' || left(seller_id, 8);
ANALYZE source_orders, source_items, source_payments, source_customers, source_sellers, source_products, source_postcodes;

/* Reference data: documents where they are few, rows where they are many */

SELECT put_channel('{"code": "olist", "name": "Olist", "kind": "marketplace", "currency": "BRL"}') \g /dev/null

INSERT INTO oms.postcodes (country, postcode, place, region, point)
SELECT 'BR', postcode, city, state, ST_MakePoint(lon, lat)::geography FROM source_postcodes;

SELECT count(put_location(jsonb_build_object(
    'code', s.seller_id, 'name', s.seller_id, 'kind', 'dropship', 'country', 'BR', 'region', s.state,
    'postcode', s.postcode, 'city', s.city, 'lat', p.lat, 'lon', p.lon, 'time_zone', 'America/Sao_Paulo')))
FROM source_sellers s LEFT JOIN source_postcodes p USING (postcode)
WHERE s.seller_id IN (SELECT seller_id FROM source_items) \g /dev/null

INSERT INTO oms.products (code, name, category)
SELECT product_id, coalesce(category, product_id), nullif(category, '')::ltree
FROM source_products WHERE product_id IN (SELECT product_id FROM source_items);

INSERT INTO oms.skus (code, product_id, name, weight_g, length_mm, width_mm, height_mm)
SELECT i.sku, p.product_id, p.name, s.weight_g, s.length_cm * 10, s.width_cm * 10, s.height_cm * 10
FROM (SELECT DISTINCT sku, product_id FROM source_items) AS i
JOIN source_products s ON s.product_id = i.product_id
JOIN oms.products p ON p.code = i.product_id;

/* Each seller has what it sold */
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT s.sku_id, l.location_id, count(*)::quantity
FROM source_items i JOIN oms.skus s ON s.code = i.sku JOIN oms.locations l ON l.code = i.seller_id
GROUP BY 1, 2;

/* The documents */
INSERT INTO replay.orders (reference, placed_at, total, source_status, document)
SELECT o.order_id, o.purchased, coalesce(i.total, 0), o.status,
       jsonb_build_object(
           'channel', 'olist',
           'reference', o.order_id,
           'placed_at', o.purchased,
           'customer', jsonb_build_object('reference', c.unique_id),
           'ship_to', jsonb_build_object('postcode', c.postcode, 'city', c.city, 'region', c.state,
                                         'country', 'BR'),
           'lines', coalesce(i.lines, '[]'),
           'shipping', jsonb_build_object('price', coalesce(i.freight, 0)),
           'payments', coalesce(p.payments, '[]'),
           'metadata', jsonb_build_object('promised', o.estimated))
FROM source_orders o
JOIN source_customers c USING (customer_id)
LEFT JOIN (SELECT order_id, sum(price + freight) AS total, sum(freight) AS freight,
                  jsonb_agg(jsonb_build_object('sku', sku, 'quantity', 1, 'unit_price', price, 'tax', 0)
                            ORDER BY item_no) AS lines
           FROM source_items GROUP BY 1) AS i USING (order_id)
LEFT JOIN (SELECT order_id,
                  jsonb_agg(jsonb_build_object('method', method, 'amount', value, 'status', 'pending',
                                               'metadata', jsonb_build_object('installments', installments))
                            ORDER BY payment_no) AS payments
           FROM source_payments WHERE value > 0 GROUP BY 1) AS p USING (order_id);

/*
 * Lives.  Where a later step has an earlier time in the source, it happens
 * right after the one before; a delivery without a time, and parcels that
 * went out for a cancelled order and came back, have the promised day.
 */
CREATE TEMPORARY TABLE lives AS
SELECT o.order_id AS reference, o.status, o.purchased, r.total - coalesce(p.paid, 0) AS unpaid,
       z.postcode IS NULL AS unknown_place,
       o.approved IS NOT NULL OR o.carried IS NOT NULL AS is_approved,
       greatest(o.approved, o.purchased) AS approved,
       CASE WHEN o.carried IS NOT NULL THEN greatest(o.carried, o.approved, o.purchased) END AS carried,
       CASE WHEN o.delivered IS NOT NULL THEN greatest(o.delivered, o.carried, o.approved, o.purchased)
            WHEN o.status = 'delivered' THEN greatest(o.estimated, o.carried) END AS delivered,
       greatest(o.estimated, o.carried) AS returned
FROM source_orders o
JOIN replay.orders r ON r.reference = o.order_id
JOIN source_customers c USING (customer_id)
LEFT JOIN source_postcodes z USING (postcode)
LEFT JOIN (SELECT order_id, sum(value) AS paid FROM source_payments GROUP BY 1) AS p ON p.order_id = o.order_id;

INSERT INTO replay.steps (at, rank, kind, reference, arguments)
SELECT purchased, 1, 'place', reference, NULL::jsonb FROM lives
UNION ALL
SELECT approved, 2, 'release_holds', reference, NULL FROM lives WHERE unknown_place
UNION ALL
SELECT approved, 3, 'capture', reference, NULL FROM lives WHERE is_approved
UNION ALL
SELECT approved, 4, 'cover', reference, '{"method": "not_in_source"}' FROM lives
WHERE unpaid > 0 AND status IN ('delivered', 'shipped', 'invoiced', 'processing', 'approved')
UNION ALL
SELECT approved, 5, 'pick', reference, NULL FROM lives WHERE status = 'processing'
UNION ALL
SELECT approved, 5, 'pack', reference, NULL FROM lives WHERE status = 'invoiced'
UNION ALL
SELECT carried, 6, 'ship', reference, jsonb_build_object('carrier', 'olist', 'number', reference) FROM lives
WHERE carried IS NOT NULL
UNION ALL
SELECT delivered, 7, 'deliver', reference, NULL FROM lives WHERE delivered IS NOT NULL
UNION ALL
SELECT returned, 7, 'track', reference, '{"status": "returned_to_sender"}' FROM lives
WHERE status = 'canceled' AND carried IS NOT NULL AND delivered IS NULL
UNION ALL
SELECT approved, 8, 'cancel', reference, jsonb_build_object('reason', status) FROM lives
WHERE status IN ('canceled', 'unavailable') AND carried IS NULL
UNION ALL
SELECT CASE WHEN carried IS NULL THEN approved ELSE coalesce(delivered, returned) END, 9, 'give_back', reference,
       jsonb_build_object('reason', status) FROM lives
WHERE status IN ('canceled', 'unavailable');

INSERT INTO replay.remarks
SELECT 'a step is earlier than the one before', count(*), NULL::numeric
FROM source_orders
WHERE approved < purchased OR carried < greatest(approved, purchased) OR delivered < greatest(carried, approved, purchased)
HAVING count(*) > 0
UNION ALL
SELECT 'place unknown: held until somebody mends the address', count(*), NULL::numeric FROM lives WHERE unknown_place
HAVING count(*) > 0
UNION ALL
SELECT 'delivered at an unknown time: the promised day', count(*), NULL::numeric
FROM source_orders WHERE status = 'delivered' AND delivered IS NULL
HAVING count(*) > 0
UNION ALL
SELECT 'cancelled after it had left: came back, or delivered', count(*), NULL::numeric
FROM source_orders WHERE status = 'canceled' AND carried IS NOT NULL
HAVING count(*) > 0
UNION ALL
SELECT 'payments of zero, left out', count(DISTINCT order_id), 0::numeric FROM source_payments WHERE value = 0
HAVING count(*) > 0
UNION ALL
SELECT 'payments below items and freight', count(*), sum(unpaid) FROM lives
JOIN replay.orders o USING (reference) WHERE unpaid > 0 AND o.total > 0
HAVING count(*) > 0
UNION ALL
SELECT 'payments above items and freight (interest, rounding)', count(*), sum(-unpaid) FROM lives
JOIN replay.orders o USING (reference) WHERE unpaid < 0 AND o.total > 0
HAVING count(*) > 0;

CREATE FUNCTION replay.claim() RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO replay.claims
    SELECT 'lines that the seller ships who sold them',
           (SELECT count(*) FROM oms.order_lines WHERE cancelled = '0')::text,
           (SELECT count(*) FROM oms.fulfillment_lines g
            JOIN oms.fulfillments f USING (order_id, fulfillment_no)
            JOIN oms.order_lines l USING (order_id, line_no)
            JOIN oms.skus s USING (sku_id)
            JOIN oms.locations w USING (location_id)
            WHERE f.status <> 'cancelled' AND split_part(s.code, '.', 2) = left(w.code, 8))::text
    UNION ALL
    SELECT 'orders that came to the state that the source has',
           (SELECT count(*) FROM replay.orders WHERE order_id IS NOT NULL)::text,
           (SELECT count(*) FROM replay.orders r JOIN oms.orders o USING (order_id)
            WHERE o.status = CASE r.source_status
                             WHEN 'approved' THEN 'confirmed'
                             WHEN 'processing' THEN 'in_fulfillment'
                             WHEN 'invoiced' THEN 'in_fulfillment'
                             WHEN 'unavailable' THEN 'cancelled'
                             WHEN 'canceled' THEN CASE WHEN (SELECT carried IS NULL FROM lives l WHERE l.reference = r.reference)
                                                       THEN 'cancelled' ELSE o.status::text END
                             ELSE r.source_status END::oms.order_status)::text
    UNION ALL
    SELECT 'captured, but for what the source does not have',
           (SELECT coalesce(sum(p.value), 0.00) FROM source_payments p
            JOIN lives l ON l.reference = p.order_id AND l.is_approved
            JOIN replay.orders o ON o.reference = p.order_id AND o.order_id IS NOT NULL)::text,
           (SELECT coalesce(sum(captured::numeric), 0.00) FROM oms.payments WHERE method <> 'not_in_source')::text
    UNION ALL
    SELECT 'orders that have a SKU on several lines, judged on their sum', count(DISTINCT order_id)::text,
           count(DISTINCT order_id) FILTER (WHERE allocated OR cancelled)::text
    FROM (SELECT order_id, sum(allocated) = sum(quantity) AS allocated, sum(cancelled) = sum(quantity) AS cancelled
          FROM oms.order_lines GROUP BY order_id, sku_id HAVING count(*) > 1) AS l
$$;
