-- the dashboard as a page: of an empty store and of one with hostile names, for a reader, of any days
SET client_min_messages = warning;
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

-- nothing yet: each panel says so
SELECT * FROM pg_temp.texts('//h2/text()', dashboard_html());
SELECT * FROM pg_temp.panels(dashboard_html()) WHERE panel <> 'Jobs';
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
SELECT dashboard_html(channel => 'absent'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
