-- stock buffers: what is kept back from sale, of which SKU, where, from whom
SET search_path = oms, public;
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;

SELECT put_channel('{"code": "buf-web", "currency": "EUR"}'), put_channel('{"code": "buf-market", "currency": "EUR", "locations": ["buf-south"]}')
FROM (SELECT put_location('{"code": "buf-south"}'), put_location('{"code": "buf-north"}')) AS l;
SELECT put_sku('{"code": "BUF-TEE"}'), put_sku('{"code": "BUF-CAP"}'), put_sku('{"code": "BUF-TEA", "decimals": 3}'),
       put_sku('{"code": "BUF-SET", "kit": [{"sku": "BUF-TEE", "quantity": 2}, {"sku": "BUF-CAP", "quantity": 1}]}');
SELECT receive_stock(s, l, 10) FROM unnest('{BUF-TEE,BUF-CAP,BUF-TEA}'::text[]) AS s, unnest('{buf-south,buf-north}'::text[]) AS l;

CREATE VIEW pg_temp.buffers AS
    SELECT s.code AS sku, l.code AS location, c.code AS channel, quantity
    FROM oms.stock_buffers LEFT JOIN oms.skus AS s USING (sku_id) LEFT JOIN oms.locations AS l USING (location_id)
         LEFT JOIN oms.channels AS c USING (channel_id)
    ORDER BY s.code COLLATE "C" NULLS FIRST, l.code COLLATE "C" NULLS FIRST, c.code COLLATE "C" NULLS FIRST;
-- what is promised, and what reserving keeps back, from carts, the web and the market
CREATE VIEW pg_temp.promised AS
    SELECT s.code AS sku, l.code AS location, available(s.code, l.code), available(s.code, l.code, 'buf-web') AS web,
           available(s.code, l.code, 'buf-market') AS market,
           ARRAY(SELECT oms_internal.stock_buffer(s.sku_id, l.location_id, c.channel_id)
                 FROM (SELECT 0, '' UNION ALL SELECT channel_id, code FROM oms.channels WHERE code LIKE 'buf-%') AS c(channel_id, code)
                 ORDER BY array_position('{"",buf-web,buf-market}', c.code)) AS kept
    FROM oms.skus AS s, oms.locations AS l
    WHERE s.code IN ('BUF-TEE', 'BUF-CAP') AND l.code LIKE 'buf-%'
    ORDER BY s.code COLLATE "C" DESC, l.code COLLATE "C" DESC;
-- the view for queries tells the same as the function, and the function the same as what is kept back on reserving
CREATE VIEW pg_temp.differences AS
    SELECT s.code, l.code AS location, a.available, a.kept_back
    FROM oms.skus AS s CROSS JOIN oms.locations AS l LEFT JOIN oms.available_stock AS a USING (sku_id, location_id)
    WHERE s.code IN ('BUF-TEE', 'BUF-CAP', 'BUF-TEA') AND l.code LIKE 'buf-%'
          AND (coalesce(a.available, 0) <> available(s.code, l.code)
               OR a.kept_back <> oms_internal.stock_buffer(s.sku_id, l.location_id, 0)
               OR available(s.code, l.code, 'buf-web')
                  <> greatest(0, 10 - oms_internal.stock_buffer(s.sku_id, l.location_id,
                                                                (SELECT channel_id FROM oms.channels WHERE code = 'buf-web'))::numeric));

/*
 * Scopes: the largest that fits counts
 */
SELECT * FROM pg_temp.promised;
SELECT put_stock_buffer('{"quantity": 1}');
SELECT * FROM pg_temp.promised;
SELECT put_stock_buffer('{"sku": "BUF-TEE", "quantity": 2}'), put_stock_buffer('{"location": "buf-north", "quantity": 3}'),
       put_stock_buffer('{"channel": "buf-market", "quantity": 4}');
SELECT * FROM pg_temp.promised;
SELECT * FROM pg_temp.differences;
SELECT put_stock_buffer('{"sku": "BUF-TEE", "location": "buf-south", "quantity": 5}'),
       put_stock_buffer('{"sku": "BUF-TEE", "channel": "buf-web", "quantity": 6}'),
       put_stock_buffer('{"sku": "BUF-TEE", "location": "buf-south", "channel": "buf-market", "quantity": 7}'),
       put_stock_buffer('{"location": "buf-north", "channel": "buf-web", "quantity": "8"}');
SELECT * FROM pg_temp.promised;
SELECT * FROM pg_temp.differences;
SELECT * FROM pg_temp.buffers;

-- of a set each component is kept back, at each location
SELECT available('BUF-SET') AS sets, available('BUF-SET', 'buf-south') AS south, available('BUF-SET', NULL, 'buf-web') AS web,
       available('BUF-SET', NULL, 'buf-market') AS market;
SELECT put_stock_buffer('{"sku": "BUF-SET", "quantity": 9}');
SELECT available('BUF-SET') AS sets;

-- another quantity, the same, and none
SELECT put_stock_buffer('{"sku": "BUF-TEE", "location": "buf-south", "channel": null, "quantity": 9.5}');
SELECT available('BUF-TEE', 'buf-south');
SELECT put_stock_buffer('{"sku": "BUF-TEE", "location": "buf-south", "quantity": 9.5}');
SELECT count(*) FROM stock_buffers;
SELECT put_stock_buffer('{"sku": "BUF-TEE", "location": "buf-south", "quantity": 0}');
SELECT available('BUF-TEE', 'buf-south');
SELECT put_stock_buffer('{"sku": "BUF-CAP", "location": "buf-south", "quantity": 0}');
SELECT count(*) FROM stock_buffers;
-- more than there is, and more than can be added to
SELECT put_stock_buffer('{"quantity": 1000000000}');
SELECT available('BUF-TEE'), available('BUF-SET');
UPDATE stock_buffers SET quantity = 9223372036854.775807 WHERE quantity = 1000000000;
SELECT * FROM pg_temp.differences;
SELECT count(*) FROM available_stock JOIN skus USING (sku_id) WHERE code LIKE 'BUF-%';
SELECT put_stock_buffer('{"sku": null, "location": null, "channel": null, "quantity": 0}');

/*
 * What is kept back can be moved, counted, adjusted and given to who was promised it
 */
DELETE FROM stock_buffers;
SELECT available('BUF-TEA', 'buf-south');
SELECT reserve('BUF-TEA', 4, 'buf-south') AS cart \gset
SELECT put_stock_buffer('{"sku": "BUF-TEA", "quantity": 6.5}');
SELECT available('BUF-TEA', 'buf-south');
SELECT transfer_stock('BUF-TEA', 'buf-south', 'buf-north', 1), adjust_stock('BUF-TEA', 'buf-south', -1, 'spilled'), count_stock('BUF-TEA', 'buf-south', 7);
SELECT available('BUF-TEA', 'buf-south') AS south, available('BUF-TEA', 'buf-north') AS north;
SELECT release_reservation(:cart), available('BUF-TEA', 'buf-south');
SELECT reserve('BUF-TEA', 0.5, 'buf-south') IS NOT NULL AS held;
SELECT available('BUF-TEA', 'buf-south');

/*
 * Loaded by hand, and changed by it
 */
COPY stock_buffers (sku_id, location_id, channel_id, quantity) FROM stdin;
\N	\N	\N	2.5
\.
SELECT available('BUF-TEE', 'buf-south'), available('BUF-TEA', 'buf-north');
SAVEPOINT changed;
UPDATE stock_buffers SET quantity = 3 WHERE sku_id IS NULL;
SELECT oms_internal.stock_buffer(sku_id, 0, 0), available(code, 'buf-south') FROM skus WHERE code = 'BUF-TEE';
ROLLBACK TO changed;
SELECT oms_internal.stock_buffer(sku_id, 0, 0), available(code, 'buf-south') FROM skus WHERE code = 'BUF-TEE';
TRUNCATE stock_buffers;
SELECT oms_internal.stock_buffer(sku_id, 0, 0), available(code, 'buf-south') FROM skus WHERE code = 'BUF-TEE';

/*
 * What is refused
 */
SELECT put_stock_buffer('{"sku": "BUF-NONE", "location": "nowhere", "channel": "nothing", "quantity": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT put_stock_buffer('{"sku": "", "location": 7, "quantity": -1, "color": "red"}');
\echo :LAST_ERROR_SQLSTATE
SELECT put_stock_buffer('{"sku": "BUF-TEE"}');
SELECT put_stock_buffer('{"quantity": null}');
SELECT put_stock_buffer('{"quantity": "0.0000001"}');
SELECT put_stock_buffer('{"quantity": 9223372036855}');
SELECT put_stock_buffer('[]');
SELECT put_stock_buffer(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM stock_buffers;
\set VERBOSITY terse
INSERT INTO stock_buffers (quantity) VALUES (-1);
INSERT INTO stock_buffers (quantity) VALUES (NULL);
INSERT INTO stock_buffers (quantity) VALUES (1), (2);
INSERT INTO stock_buffers (sku_id, quantity) VALUES (-1, 2);
SELECT put_stock_buffer('{"channel": "buf-web", "quantity": 9}');
DELETE FROM channels WHERE code = 'buf-web';
ROLLBACK;
