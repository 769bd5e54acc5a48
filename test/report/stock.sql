/*
 * test/report/stock.sql: stock of a wholesaler's articles at two warehouses, with
 * too little of most, against the rows of its invoices
 *
 * Half of what a year asks for is there before, a fifth comes in June, and of every
 * other article the rest is ordered in November. An invoice leaves at 8 on the next
 * day if all of it is there then, and never otherwise. Who asked first is served
 * first, so that the running sum of what was asked for tells what waits.
 */
SET timezone = 'UTC';
\o /dev/null
SET search_path = replay, oms, public;
CREATE TEMPORARY TABLE source (
    row_no bigserial, invoice text, sku text, name text, quantity integer, at timestamptz, price numeric, customer text, country text
);
\copy source (invoice, sku, name, quantity, at, price, customer, country) FROM PROGRAM 'gzip -dc "$DATA/online_retail/online_retail.csv.gz"' WITH (FORMAT csv, HEADER)
DELETE FROM source WHERE invoice !~ '^[0-9]' OR upper(sku) !~ '^[0-9]{5}' OR quantity <= 0 OR price <= 0;
DELETE FROM source
WHERE invoice NOT IN (SELECT invoice FROM (SELECT invoice, row_number() OVER (ORDER BY min(at), invoice) AS n FROM source GROUP BY 1) AS i WHERE n % (5 * :every) = 0);

CREATE TABLE public.article AS
SELECT upper(sku) AS sku, 'g' || left(sku, 1) || '.g' || left(sku, 2) AS category, CASE WHEN substr(sku, 5, 1) IN ('1', '2', '3') THEN 'south' ELSE 'north' END AS location,
       round(max(price) / 2, 2) AS cost, ceil(sum(quantity) * 0.5) AS first, floor(sum(quantity) * 0.2) AS second, sum(quantity) AS asked, substr(sku, 5, 1)::integer % 2 = 0 AS reordered
FROM source GROUP BY upper(sku), left(sku, 1), left(sku, 2), substr(sku, 5, 1);
CREATE TABLE public.supply AS
SELECT a.sku, s.at, s.quantity FROM public.article AS a CROSS JOIN LATERAL (VALUES (timestamptz '2010-11-15', a.first), ('2011-06-15', a.second)) AS s(at, quantity) WHERE s.quantity > 0;
CREATE TABLE public.line AS
SELECT l.*, sum(quantity) OVER (PARTITION BY sku ORDER BY at, invoice, line_no) AS asked, false AS is_there
FROM (SELECT invoice, row_number() OVER (PARTITION BY invoice ORDER BY row_no) AS line_no, upper(sku) AS sku, quantity, price, min(at) OVER (PARTITION BY invoice) AS at,
             date_trunc('day', min(at) OVER (PARTITION BY invoice)) + interval '1 day 8 hours' AS leaves_at
      FROM source) AS l;
UPDATE public.line AS l SET is_there = r.is_there
FROM (SELECT invoice, bool_and(asked <= (SELECT sum(s.quantity) FROM public.supply AS s WHERE s.sku = l.sku AND s.at <= l.leaves_at)) AS is_there
      FROM public.line AS l GROUP BY invoice) AS r
WHERE r.invoice = l.invoice;

SELECT put_channel('{"code": "wholesale", "currency": "GBP"}'), set_base_currency('GBP');
SELECT put_location('{"code": "north", "country": "GB", "lat": 53.5, "lon": -2.2}'), put_location('{"code": "south", "country": "GB", "lat": 50.8, "lon": -0.1}');
INSERT INTO oms.products (code, name, category) SELECT sku, sku, category::ltree FROM public.article;
INSERT INTO oms.skus (code, name, product_id) SELECT code, name, product_id FROM oms.products;
INSERT INTO oms.suppliers (code, name, currency) VALUES ('maker', 'Maker', 'GBP');
INSERT INTO replay.orders (reference, placed_at, total, document)
SELECT invoice, at, sum(round(price * quantity, 2)),
       jsonb_build_object('channel', 'wholesale', 'reference', invoice, 'placed_at', at, 'ship_to', '{"country": "GB", "lat": 52, "lon": -1}'::jsonb,
                          'shipping', '{"price": 0, "tax": 0}'::jsonb, 'fulfillment', '{"allow_backorder": true}'::jsonb,
                          'lines', jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', price, 'tax', 0) ORDER BY line_no),
                          'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'status', 'captured', 'amount', sum(round(price * quantity, 2)))))
FROM public.line GROUP BY invoice, at;
INSERT INTO replay.steps (at, rank, kind, reference)
SELECT placed_at, 1, 'place', reference FROM replay.orders
UNION ALL
SELECT DISTINCT leaves_at, 2, 'ship', invoice FROM public.line WHERE is_there;
INSERT INTO replay.queue (step_no, at, kind, reference) SELECT row_number() OVER (ORDER BY at, rank, reference), at, kind, reference FROM replay.steps;

/* what there is of each article now */
CREATE VIEW public.there AS
SELECT a.sku, a.category, a.location, a.cost, s.received - coalesce(l.shipped, 0) AS on_hand, least(s.received, coalesce(l.asked, 0)) - coalesce(l.shipped, 0) AS reserved,
       greatest(coalesce(l.asked, 0) - s.received, 0) AS waits,
       CASE WHEN a.reordered AND oms.now() > '2011-11-01' THEN a.asked - a.first - a.second ELSE 0 END AS incoming
FROM public.article AS a
JOIN (SELECT sku, sum(quantity) AS received FROM public.supply WHERE at <= oms.now() GROUP BY sku) AS s USING (sku)
LEFT JOIN (SELECT sku, sum(quantity) AS asked, sum(quantity) FILTER (WHERE is_there AND leaves_at <= oms.now()) AS shipped
           FROM public.line WHERE at <= oms.now() GROUP BY sku) AS l USING (sku);
/* and what has come and left of it, month by month, from the first */
CREATE VIEW public.flow AS
SELECT d.dimension, d.value, date_trunc('month', f.at)::date AS month, f.received, f.sold
FROM (SELECT sku, at, quantity AS received, 0 AS sold FROM public.supply WHERE at <= oms.now()
      UNION ALL
      SELECT sku, leaves_at, 0, quantity FROM public.line WHERE is_there AND leaves_at <= oms.now()) AS f
JOIN public.article AS a USING (sku)
CROSS JOIN LATERAL (VALUES ('all', 'all'), ('sku', sku), ('location', location), ('category', category), ('category', split_part(category, '.', 1))) AS d(dimension, value);

/* what is out from one look to another: the job sees what is there when it runs, and what somebody waits for is not out */
CREATE TABLE public.out (sku text, began_at timestamptz, ended_at timestamptz);

CREATE FUNCTION planning.look() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM planning.run_job('roll_up_demand');
    UPDATE public.out SET ended_at = oms.now() WHERE ended_at IS NULL AND sku NOT IN (SELECT sku FROM public.there WHERE on_hand = reserved AND waits = 0);
    INSERT INTO public.out (sku, began_at)
    SELECT sku, oms.now() FROM public.there WHERE on_hand = reserved AND waits = 0 AND sku NOT IN (SELECT sku FROM public.out WHERE ended_at IS NULL);
    PERFORM planning.same('when articles were out',
        'SELECT o.sku, a.location, began_at, ended_at, ended_at IS NULL, round(extract(epoch FROM coalesce(ended_at, oms.now()) - began_at) / 86400, 2)
         FROM public.out AS o JOIN public.article AS a USING (sku)',
        'SELECT sku, location, began_at, ended_at, open, days FROM oms_report.stockouts');
    PERFORM planning.same('stock of articles',
        'SELECT sku, category, on_hand, reserved, on_hand - reserved, incoming, waits, CASE WHEN on_hand > 0 THEN cost END, on_hand * cost FROM public.there',
        'SELECT sku, category, on_hand, reserved, available, incoming, backordered, round(unit_cost, 2), coalesce(value, 0) FROM oms_report.stock_by_sku');
    PERFORM planning.same('stock of warehouses',
        'SELECT location, sum(on_hand), sum(reserved), sum(on_hand - reserved), sum(incoming), sum(waits), sum(on_hand * cost) FROM public.there GROUP BY location',
        'SELECT location, on_hand, reserved, available, incoming, backordered, value FROM oms_report.stock_by_location');
    PERFORM planning.same('stock of categories, with those below them',
        'SELECT c.category, count(*), count(*) FILTER (WHERE on_hand > 0), sum(on_hand), sum(reserved), sum(on_hand - reserved), sum(incoming), sum(waits), sum(on_hand * cost)
         FROM public.there AS t CROSS JOIN LATERAL (VALUES (t.category), (split_part(t.category, ''.'', 1))) AS c(category) GROUP BY 1',
        'SELECT category, skus, skus_on_hand, on_hand, reserved, available, incoming, backordered, coalesce(value, 0) FROM oms_report.stock_by_category');
    PERFORM planning.same('what stock is worth',
        'SELECT sku, location, on_hand, on_hand * cost, cost FROM public.there WHERE on_hand > 0',
        'SELECT sku, location, quantity, value, round(unit_cost, 2) FROM oms_report.inventory_value');
    PERFORM planning.same('what is sold of what could be, per month',
        'SELECT dimension, value, month::date, closing - received + sold, received, sold, closing, round(sold / nullif(sold + closing, 0), 4)
         FROM (SELECT m.dimension, m.value, g.month, coalesce(sum(f.received) FILTER (WHERE f.month = g.month), 0) AS received,
                      coalesce(sum(f.sold) FILTER (WHERE f.month = g.month), 0) AS sold, sum(f.received - f.sold) AS closing
               FROM (SELECT dimension, value, min(month) AS month FROM public.flow GROUP BY 1, 2) AS m
               CROSS JOIN LATERAL generate_series(m.month::timestamp, date_trunc(''month'', oms.now() AT TIME ZONE ''UTC''), ''1 month'') AS g(month)
               JOIN public.flow AS f ON f.dimension = m.dimension AND f.value = m.value AND f.month <= g.month GROUP BY 1, 2, 3) AS t',
        'SELECT dimension, value, month, opening, received, sold, closing, rate FROM oms_report.sell_through');
    -- of a line that is served in part the rest waits
    PERFORM planning.same('what customers wait for',
        'SELECT sku, count(DISTINCT invoice), sum(least(quantity, asked - received)), min(at)
         FROM public.line JOIN (SELECT sku, sum(s.quantity) AS received FROM public.supply AS s WHERE s.at <= oms.now() GROUP BY 1) AS s USING (sku)
         WHERE at <= oms.now() AND asked > received GROUP BY sku',
        'SELECT sku, orders, units, oldest_at FROM oms_report.backorders WHERE channel = ''wholesale''');
END
$$;
SET oms.now = '2010-11-15 00:00+00';
SELECT count(receive_stock(sku, location, first::quantity, amount(cost, 'GBP'))) FROM public.article WHERE first > 0;
SELECT format('CALL replay.run(%s, %s)', min(step_no), max(step_no)), format('SET oms.now = %L', until),
       CASE until WHEN '2011-06-15' THEN $q$SELECT count(receive_stock(sku, location, second::quantity, amount(cost, 'GBP'))) FROM public.article WHERE second > 0$q$
                  WHEN '2011-11-01' THEN $q$SELECT send_purchase_order(put_purchase_order(jsonb_build_object('code', location, 'supplier', 'maker', 'location', location, 'expected_on', '2012-01-15',
                      'lines', jsonb_agg(jsonb_build_object('sku', sku, 'quantity', asked - first - second, 'unit_cost', cost)))))
                      FROM public.article WHERE reordered AND asked > first + second GROUP BY location$q$
                  WHEN '2011-03-01' THEN 'SELECT planning.run_job(''roll_up_stock'')' END,
       format('SET oms.now = %L', until + interval '1 hour'),
       CASE WHEN until IN ('2011-03-01', '2011-06-15', '2011-12-31') THEN 'SELECT planning.look()' END
FROM (SELECT step_no, u.until
      FROM replay.queue AS q
      CROSS JOIN LATERAL (SELECT min(u) AS until FROM unnest('{2011-03-01,2011-06-15,2011-11-01,2011-12-31}'::timestamptz[]) AS u WHERE u > q.at) AS u) AS q
GROUP BY until ORDER BY until
\gexec
SELECT planning.run_job('roll_up_stock');
SELECT planning.look();
\o
SELECT planning.none('what the store refused', 'SELECT * FROM replay.refused');
SELECT planning.books();
SELECT planning.report();
