/* demo/carts.sql: what customers will want in the next four weeks */
CREATE TABLE demo.carts (
    n integer PRIMARY KEY,
    at timestamptz NOT NULL,
    postcode text NOT NULL,
    fate text NOT NULL,
    document jsonb NOT NULL,
    order_id bigint,
    refusal text
);

-- customers live where people live; some come back
CREATE TABLE demo.customers AS
    SELECT c AS customer, p.*,
           (ARRAY['Ada','Ben','Carla','Dev','Elena','Femi','Grace','Hugo','Ines','Jonas','Kim','Lena','Mateo','Nora','Omar',
                  'Priya','Quinn','Rosa','Sam','Tara','Uma','Victor','Wen','Yara','Zoe'])[1 + floor(25 * demo.dice('first', c))]
           || ' ' ||
           (ARRAY['Abbott','Baker','Cruz','Diaz','Ellis','Foster','Garcia','Hayes','Ivanov','Jones','Khan','Lopez','Meyer',
                  'Nguyen','Ortiz','Patel','Reyes','Shah','Turner','Usman','Vega','Walsh','Xu','Young','Zimmer'])[1 + floor(25 * demo.dice('last', c))]
           AS name,
           (SELECT s.code FROM demo.sites s
            WHERE s.kind = 'store' AND abs(s.lat - p.lat) < 0.25 AND abs(s.lon - p.lon) < 0.3
            ORDER BY (s.lat - p.lat) ^ 2 + (s.lon - p.lon) ^ 2, s.code LIMIT 1) AS store
    FROM generate_series(1, ceil(:orders * 0.75)::integer) AS c
    CROSS JOIN (SELECT array_agg(postcode ORDER BY postcode) AS postcodes, array_agg(sum ORDER BY postcode) AS sums
                FROM (SELECT postcode, sum(people) OVER (ORDER BY postcode)::double precision AS sum FROM demo.places) AS p) AS all_places
    JOIN demo.places p ON p.postcode = postcodes[demo.pick(demo.dice('home', c), sums)];
ALTER TABLE demo.customers ADD PRIMARY KEY (customer);

INSERT INTO demo.carts (n, at, postcode, fate, document)
    SELECT row_number() OVER (ORDER BY at, w.n), at, c.postcode,
           (ARRAY['unpaid', 'cancelled', 'fraud', 'lost', 'refunded', 'returned', 'usual'])
               [demo.pick(demo.dice('fate', w.n), '{0.025, 0.06, 0.07, 0.074, 0.09, 0.17, 1}')],
           jsonb_strip_nulls(jsonb_build_object(
               'channel', channel,
               'reference', 'L-' || to_char(at, 'MMDD') || '-' || lpad(w.n::text, 5, '0'),
               'placed_at', at,
               'customer', jsonb_build_object('reference', 'C-' || lpad(c.customer::text, 5, '0'), 'name', c.name,
                                              'email', lower(replace(c.name, ' ', '.')) || c.customer || '@mail.example'),
               'ship_to', jsonb_build_object('name', c.name, 'city', c.city, 'region', c.state, 'country', 'US',
                                             'line1', 1 + floor(demo.dice('house', c.customer) * 990) || ' Main Street',
                                             'postcode', CASE WHEN demo.dice('typo', w.n) < 0.006 THEN '00000' ELSE c.postcode END),
               'lines', (SELECT jsonb_agg(jsonb_build_object(
                                    'sku', skus[demo.pick(demo.dice('sku', w.n * 10::bigint + i), sums)],
                                    'quantity', demo.pick(demo.dice('quantity', w.n * 10::bigint + i), '{0.78, 0.94, 0.98, 1}')))
                         FROM generate_series(1, demo.pick(demo.dice('lines', w.n), '{0.42, 0.72, 0.88, 0.96, 1}')) AS i),
               'shipping', jsonb_build_object('service', CASE WHEN collects THEN 'collect'
                                                              WHEN demo.dice('express', w.n) < 0.15 THEN 'express' ELSE 'standard' END),
               'fulfillment', jsonb_build_object('pickup_location', CASE WHEN collects THEN c.store END,
                                                 'allow_split', NOT collects AND demo.dice('split', w.n) < 0.9,
                                                 'allow_backorder', NOT collects AND demo.dice('wait', w.n) < 0.3)))
    FROM demo.wishes,
         generate_series(1, :orders) AS w(n)
    JOIN demo.customers c ON c.customer = 1 + floor(ceil(:orders * 0.75) * demo.dice('buyer', w.n) ^ 1.4)
    CROSS JOIN LATERAL (SELECT (ARRAY['web', 'marketplace', 'phone'])[demo.pick(demo.dice('channel', w.n), '{0.72, 0.94, 1}')]) AS a(channel)
    CROSS JOIN LATERAL (SELECT channel = 'web' AND c.store IS NOT NULL AND demo.dice('collect', w.n) < 0.3) AS b(collects)
    CROSS JOIN LATERAL (SELECT '2026-10-05 00:00-05'::timestamptz
                            + interval '1 day' * (demo.pick(demo.dice('day', w.n), (
                                  SELECT array_agg(sum ORDER BY d)
                                  FROM (SELECT d, sum((ARRAY[0.95, 0.9, 0.9, 1, 1.1, 1.3, 1.35])[1 + d % 7] * (1 + d / 56.0))
                                                      OVER (ORDER BY d)::double precision AS sum
                                        FROM generate_series(0, 27) AS d) AS days)) - 1)
                            + interval '1 hour' * (demo.pick(demo.dice('hour', w.n),
                                  '{2,3,4,5,7,11,19,31,47,66,86,106,128,148,167,187,208,230,255,284,316,345,364,372}') - 1)
                            + interval '1 second' * floor(3600 * demo.dice('second', w.n))) AS t(at);

ANALYZE;
