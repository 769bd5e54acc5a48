-- the dashboard as a page: of an empty store and of one with hostile names, for a reader, of any days
SET client_min_messages = warning;
CREATE DATABASE regress_dashboard;
\c regress_dashboard
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = ISO;
SET oms.now = '2026-11-02 10:00:00+00';
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
BEGIN;
-- the page as XML, which it is too; its panels, each with what it has
CREATE FUNCTION pg_temp.page(page text) RETURNS xml LANGUAGE sql AS $$
    SELECT xmlparse(DOCUMENT replace(page, '<!DOCTYPE html>', ''))
$$;
CREATE FUNCTION pg_temp.texts(path text, page text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT x::text FROM unnest(xpath(path, pg_temp.page(page))) AS x
$$;
CREATE FUNCTION pg_temp.panels(page text) RETURNS TABLE (panel text, has text) LANGUAGE sql AS $$
    SELECT (xpath('//h3/text()', p))[1]::text,
           concat_ws(', ', nullif((xpath('count(//svg[@role="img"])', p))[1]::text || ' charts', '0 charts'),
                     nullif((xpath('count(//tbody/tr)', p))[1]::text || ' rows', '0 rows'), (xpath('//p[@class="empty"]/text()', p))[1]::text)
    FROM unnest(xpath('//article', pg_temp.page(page))) AS p
$$;

CREATE FUNCTION pg_temp.tiles(page text) RETURNS TABLE (label text, figure text, change text) LANGUAGE sql AS $$
    SELECT (xpath('//h3/text()', t))[1]::text, (xpath('//p[@class="figure"]/text()', t))[1]::text,
           concat_ws(' ', nullif((xpath('//span[contains(@class, "change")]/@class', t))[1]::text, 'change'), array_to_string(xpath('//span/text()', t), ' '))
    FROM unnest(xpath('//div[@class="tile"]', pg_temp.page(page))) AS t
$$;
-- the rows of a panel's table
CREATE FUNCTION pg_temp.cells(panel text, page text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT array_to_string(ARRAY(SELECT coalesce(nullif(array_to_string(xpath('//text()', c), ''), ''), (xpath('//rect/@width', c))[1]::text) FROM unnest(xpath('/tr/*', r)) AS c), ' | ')
    FROM unnest(xpath(format('//article[h3="%s"]//tbody/tr', panel), pg_temp.page(page))) AS r
$$;

-- nothing yet: each panel says so
SELECT * FROM pg_temp.texts('//h2/text()', dashboard_html());
SELECT * FROM pg_temp.panels(dashboard_html()) WHERE panel <> 'Jobs';
SELECT * FROM pg_temp.tiles(dashboard_html());
-- what a page may do: show itself
SELECT * FROM pg_temp.texts('//meta/@content', dashboard_html());
SELECT count(*) AS reach_out FROM pg_temp.texts('//@src | //@href[not(starts-with(., "#"))] | //script | //link | //@onload', dashboard_html());
SELECT dashboard_html() ~ 'https?:|url\(|@import' AS names_others;

-- the days
SELECT x FROM unnest(ARRAY[dashboard_html(), dashboard_html('2026-10-01'), dashboard_html(until => '2026-10-31'), dashboard_html('2026-10-05', '2026-10-05'),
                           dashboard_html('2016-01-01', '2025-12-31')]) AS page, pg_temp.texts('//header/p/text()', page) AS x;
SELECT dashboard_html('2026-10-05', '2026-10-04'); \echo :LAST_ERROR_SQLSTATE
SELECT dashboard_html('0001-01-01', '2026-10-04'); \echo :LAST_ERROR_SQLSTATE
SELECT dashboard_html('-infinity', 'infinity'); \echo :LAST_ERROR_SQLSTATE
-- the last and the first dates there are, to which nothing can be added
SELECT dashboard_html('5874897-12-31'); \echo :LAST_ERROR_SQLSTATE
SELECT dashboard_html('5874897-12-31', '5874897-12-31'); \echo :LAST_ERROR_SQLSTATE
SELECT dashboard_html(until => '4714-11-24 BC'); \echo :LAST_ERROR_SQLSTATE
SELECT dashboard_html('infinity'); \echo :LAST_ERROR_SQLSTATE
SELECT dashboard_html('2026-10-05', 'infinity'); \echo :LAST_ERROR_SQLSTATE
SELECT length(dashboard_html('9999-12-31', '9999-12-31')) > 10000 AS last, length(dashboard_html('9999-12-31')) > 10000 AS beyond,
       length(dashboard_html('0001-01-01', '0001-01-02')) > 10000 AS first, length(dashboard_html(until => '0001-01-01')) > 10000 AS before;
SELECT dashboard_html(channel => 'absent'); \echo :LAST_ERROR_SQLSTATE

/*
 * A shop: what was sold in two weeks and the two before, on two channels
 */
\o /dev/null
\set name '<script>alert("1")</script> & Söhne'
SELECT put_channel(jsonb_build_object('code', 'dash-web', 'name', :'name', 'currency', 'EUR')), put_channel('{"code": "dash-shop", "name": "Shop", "currency": "EUR"}'),
       put_location('{"code": "dash-here", "name": "Here", "country": "PT", "lat": 41, "lon": -8, "takes_returns": true}'),
       put_product('{"code": "DASH-TEE", "category": "apparel.shirts"}'), put_product('{"code": "DASH-MUG", "category": "kitchen"}'),
       put_sku(jsonb_build_object('code', 'DASH-TEE', 'product', 'DASH-TEE', 'name', 'Tee ' || :'name', 'price', '10.00 EUR')),
       put_sku('{"code": "DASH-MUG", "product": "DASH-MUG", "name": "Mug", "price": "4.00 EUR"}');
SELECT receive_stock('DASH-TEE', 'dash-here', 1000, '6.00 EUR'), receive_stock('DASH-MUG', 'dash-here', 1000, '1.00 EUR');
CREATE FUNCTION pg_temp.sell(channel text, day date, sku text, quantity integer, region text, customer text) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object('channel', channel, 'reference', concat(channel, day, sku), 'placed_at', day + time '12:00', 'customer', jsonb_build_object('reference', customer, 'name', customer),
        'ship_to', jsonb_build_object('country', 'PT', 'region', region, 'lat', 41, 'lon', -8), 'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity, 'tax', 0)),
        'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'status', 'captured', 'amount', quantity * CASE sku WHEN 'DASH-TEE' THEN 10 ELSE 4 END))))
$$;
SELECT pg_temp.sell(channel, day, sku, quantity, region, customer)
FROM (VALUES ('dash-web', date '2026-10-10', 'DASH-TEE', 8, 'Porto', 'ana'), ('dash-shop', '2026-10-12', 'DASH-MUG', 5, 'Lisboa', 'rui'),
             ('dash-web', '2026-10-20', 'DASH-TEE', 10, 'Porto', 'ana'), ('dash-web', '2026-10-22', 'DASH-MUG', 5, 'Lisboa', 'eva'),
             ('dash-shop', '2026-11-01', 'DASH-TEE', 3, 'Lisboa', 'rui')) AS s(channel, day, sku, quantity, region, customer);
\o
\set page 'dashboard_html(\'2026-10-20\', \'2026-11-02\')'
-- 100 + 20 + 30 after 80 + 20; three orders after two; units 18 after 13
SELECT * FROM pg_temp.tiles(:page);
SELECT * FROM pg_temp.cells('Channels', :page);
SELECT * FROM pg_temp.cells('Regions', :page);
SELECT * FROM pg_temp.cells('Categories', :page);
SELECT * FROM pg_temp.cells('Best sellers', :page);
SELECT * FROM pg_temp.cells('Worst sellers', :page);
SELECT * FROM pg_temp.cells('Open orders by age', :page);
SELECT pg_temp.texts('//article[h3="Net sales"]//desc/text()', :page);
SELECT pg_temp.texts('//article[h3="New and returning customers"]//desc/text()', :page);
-- of one channel only what is its own, under its name
SELECT * FROM pg_temp.tiles(dashboard_html('2026-10-20', '2026-11-02', 'dash-shop'));
SELECT * FROM pg_temp.panels(dashboard_html('2026-10-20', '2026-11-02', 'dash-shop'));
SELECT * FROM pg_temp.texts('//title/text() | //h1/text()', dashboard_html(channel => 'dash-web'));
SELECT count(*) FROM pg_temp.texts('//script | //b[@onload]', :page), pg_temp.page(:page);
-- a day is enough, and years are not too many
SELECT pg_temp.texts('//article[h3="Net sales"]//desc/text()', dashboard_html('2026-10-20', '2026-10-20'));
SELECT days, count(*) AS labels
FROM (VALUES (1), (2), (100), (101), (735), (736), (3660)) AS d(days)
CROSS JOIN LATERAL unnest(oms_internal.dashboard_labels(date '2026-11-02' - days + 1, '2026-11-02'))
GROUP BY days ORDER BY days;
SELECT dashboard_html('2017-01-01', '2026-11-02') ~ 'by four weeks';

-- orders in a currency without a rate have no part in the mean, 150 / 3, and the page says how many there are
SELECT place_order(jsonb_build_object('channel', 'dash-web', 'reference', 'yen-' || n, 'currency', 'JPY', 'placed_at', timestamptz '2026-10-25 12:00+00',
    'lines', '[{"sku": "DASH-MUG", "quantity": 1, "unit_price": 700, "tax": 0}]'::jsonb, 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
    'shipping', '{"price": 0, "tax": 0}'::jsonb)) > 0 AS placed FROM generate_series(1, 2) AS n;
SELECT * FROM pg_temp.tiles(:page) WHERE label IN ('Net sales', 'Orders', 'Average order');
SELECT p, pg_temp.texts(format('//article[h3="%s"]/p[@class="note"]/text()', p), :page) FROM unnest('{Net sales,From revenue to profit}'::text[]) AS p;

-- who may only read may ask, and so may a transaction that may write nothing
CREATE ROLE regress_oms_reader;
SELECT grant_access('regress_oms_reader', 'reader');
SET LOCAL ROLE regress_oms_reader;
SET TRANSACTION READ ONLY;
SELECT length(dashboard_html()) > 10000 AS drawn;
ROLLBACK;
\c postgres
DROP DATABASE regress_dashboard;
