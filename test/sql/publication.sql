-- publishing to other systems: which tables, kept up to date, and what a subscriber needs
SET search_path = oms, public;
SET client_min_messages = warning;
\set VERBOSITY default
\set SHOW_CONTEXT never

-- only the owner publishes
CREATE ROLE regress_erp;
SELECT grant_access('regress_erp');
SET ROLE regress_erp;
SELECT ensure_publication();
SELECT drop_publication();
SELECT subscriber_ddl() LIKE '%CREATE TABLE IF NOT EXISTS oms.orders (order_id bigint, PRIMARY KEY (order_id));%' AS readable;
RESET ROLE;
SELECT revoke_access('regress_erp');
DROP ROLE regress_erp;

-- what is published, by which publication
SELECT drop_publication() AS nothing_there;
SELECT ensure_publication() = count(*) AS as_many FROM oms_internal.published_tables();
SELECT pubname, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot FROM pg_publication WHERE pubname IN ('oms', 'oms_events') ORDER BY 1;
CREATE VIEW pg_temp.published AS
SELECT pubname, tablename, unnest(attnames) AS name, rowfilter FROM pg_publication_tables WHERE pubname IN ('oms', 'oms_events');
SELECT DISTINCT pubname, tablename, rowfilter FROM published WHERE pubname = 'oms_events' ORDER BY 2;
SELECT count(*) FROM (SELECT pubname, tablename, name FROM published) AS p
FULL JOIN (SELECT publication, relname, name FROM oms_internal.published_columns() JOIN pg_class ON pg_class.oid = relation) AS c
     ON (p.pubname, p.tablename, p.name) = (c.publication, c.relname, c.name)
WHERE p.name IS NULL OR c.name IS NULL;
-- what carriers said of a shipment and what the codes of returns mean belongs to orders
SELECT tablename, count(*) AS columns FROM published WHERE tablename IN ('tracking_events', 'return_reasons') GROUP BY tablename ORDER BY tablename;
-- tables that the page for subscribers does not name
\set page `cat doc/erp.md`
SELECT c.relname FROM pg_class AS c
WHERE c.relnamespace = 'oms'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND strpos(:'page', '`' || c.relname || '`') = 0
ORDER BY c.relname COLLATE "C";
-- columns of published tables that stay here, and whether any should that do not
SELECT c.relname, a.attname
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'oms'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname IN (SELECT tablename FROM published)
      AND (c.relname, a.attname) NOT IN (SELECT tablename, name FROM published)
ORDER BY c.relname COLLATE "C", a.attnum;
SELECT tablename, name FROM published WHERE name ~ '(hash|secret|password|token)' OR tablename LIKE 'stored\_value%' OR tablename IN ('reservations', 'commands', 'settings');

-- changed by hand, and with a column of one's own: as they should be again
BEGIN;
ALTER PUBLICATION oms DROP TABLE skus, orders;
ALTER PUBLICATION oms_events SET (publish = 'insert, delete');
ALTER TABLE order_lines ADD COLUMN regress_erp_item text;
CREATE PUBLICATION regress_own FOR TABLE prices;
SELECT count(*) FROM published WHERE tablename IN ('skus', 'orders') OR name = 'regress_erp_item';
SELECT ensure_publication() = count(*) AS as_many FROM oms_internal.published_tables();
SELECT count(DISTINCT tablename), count(*) FILTER (WHERE name = 'regress_erp_item') FROM published WHERE tablename IN ('skus', 'orders') OR name = 'regress_erp_item';
SELECT pubinsert, pubdelete FROM pg_publication WHERE pubname = 'oms_events';
SELECT tablename FROM pg_publication_tables WHERE pubname = 'regress_own';
ROLLBACK;

-- a column that is called like the number of an amount, which a subscriber could not have
BEGIN;
ALTER TABLE order_lines ADD COLUMN total_value numeric, ADD COLUMN regress_value numeric;
SELECT ensure_publication();
ROLLBACK;

-- replica identities: which do, and which don't
BEGIN;
ALTER TABLE channels REPLICA IDENTITY FULL;
ALTER TABLE shipments REPLICA IDENTITY USING INDEX shipments_pkey;
SELECT ensure_publication() > 0 AS published;
ALTER TABLE orders REPLICA IDENTITY FULL;
ALTER TABLE packages REPLICA IDENTITY NOTHING;
ALTER TABLE skus REPLICA IDENTITY USING INDEX skus_code_key;
ALTER TABLE order_adjustments DROP CONSTRAINT order_adjustments_pkey;
ALTER TABLE events REPLICA IDENTITY FULL;
SELECT ensure_publication();
ROLLBACK;

-- what is published can be written, by commands and by hand
SELECT put_channel('{"code": "erp", "currency": "EUR"}'), put_location('{"code": "erp", "country": "PT"}'), put_sku('{"code": "ERP", "stocked": false}') \g /dev/null
SELECT cancel_order(place_order('{"channel": "erp", "reference": "erp 1", "ship_to": {"country": "PT"}, "shipping": {"price": 0, "tax": 0},
    "lines": [{"sku": "ERP", "quantity": 1, "unit_price": 0, "tax": 0}]}'), 'no more');
UPDATE locations SET name = 'Warehouse' WHERE code = 'erp';
SELECT drop_publication() AS dropped, drop_publication() AS again;
SELECT pubname FROM pg_publication;

-- elsewhere the tables have types that each server knows, and columns can be added by the same script
\set publisher :DBNAME
\t \a
\o results/publication.sql
SELECT subscriber_ddl();
\o
\t \a
CREATE DATABASE regress_subscriber;
\c regress_subscriber
SET client_min_messages = warning;
\set ECHO none
\i results/publication.sql
ALTER TABLE oms.orders DROP COLUMN total CASCADE;
\i results/publication.sql
\set ECHO all
SELECT column_name, data_type, is_generated FROM information_schema.columns
WHERE table_schema = 'oms' AND (table_name = 'stock_movements' AND column_name IN ('quantity', 'value', 'value_value')
                                OR table_name = 'orders' AND column_name IN ('status', 'total', 'total_value', 'ship_to', 'base_rate')
                                OR table_name = 'locations' AND column_name IN ('country', 'ships_to', 'cutoff')
                                OR table_name = 'order_lines' AND column_name = 'unit_price'
                                OR table_name = 'products' AND column_name = 'category'
                                OR table_name = 'events' AND column_name IN ('transaction_id', 'arrival'))
ORDER BY table_name COLLATE "C", ordinal_position;
SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid JOIN pg_type AS t ON t.oid = atttypid
WHERE c.relnamespace = 'oms'::regnamespace AND c.relkind = 'r' AND t.typnamespace <> 'pg_catalog'::regnamespace;
SELECT obj_description('oms.orders'::regclass), col_description('oms.stock_levels'::regclass, 3) LIKE '0, but%' AS remark;
INSERT INTO oms.order_adjustments (order_id, adjustment_no, amount) VALUES (1, 1, '-12.500 KWD'), (1, 2, '-5 JPY'), (1, 3, NULL);
SELECT adjustment_no, amount_value FROM oms.order_adjustments;
\c :publisher
DROP DATABASE regress_subscriber;
SET search_path = oms, public;
-- but not in a store
SELECT substring(subscriber_ddl() FROM 'DO .*END\n\$store\$;') \gexec
