-- security: letting roles in, and out again
SET client_min_messages = warning;
\set SHOW_CONTEXT never
BEGIN;
CREATE ROLE regress_oms_reader;
CREATE ROLE regress_oms_consumer;
CREATE ROLE regress_oms_shop;
CREATE ROLE regress_oms_nobody;
GRANT USAGE ON SCHEMA public TO regress_oms_reader, regress_oms_consumer, regress_oms_shop, regress_oms_nobody;
SELECT oms.grant_access('regress_oms_reader', 'reader');
SELECT oms.grant_access('regress_oms_consumer', 'consumer');
SELECT oms.grant_access('regress_oms_shop');
SELECT oms.put_channel('{"code": "security", "name": "Web", "currency": "EUR"}');
SELECT oms.put_sku('{"code": "SEC-1", "name": "Thing", "stocked": false}');
SELECT oms.put_location('{"code": "SEC-L", "name": "Here", "lat": 41, "lon": -8}');

-- an application places orders; what only functions write stays closed to it
SET LOCAL ROLE regress_oms_shop;
SELECT oms.place_order('{"channel": "security", "reference": "S-1", "lines": [{"sku": "SEC-1", "quantity": 1, "unit_price": "1"}]}') > 0 AS placed;
SAVEPOINT s;
INSERT INTO oms.events (order_id, sequence, type) VALUES (1, 99, 'order.invented');
ROLLBACK TO s;
TRUNCATE oms.orders CASCADE;
ROLLBACK TO s;
UPDATE oms.store SET version = '9';
ROLLBACK TO s;
SELECT oms.upgrade();
ROLLBACK TO s;
SELECT oms.grant_access('regress_oms_nobody');
ROLLBACK TO s;

-- nor does it write how far jobs are, what they have made or are yet to do; have them begin anew it may
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN object_not_in_prerequisite_state OR invalid_parameter_value OR insufficient_privilege THEN
    RETURN SQLERRM;
END
$$;
SELECT s AS statement, pg_temp.refusal(s) FROM unnest(ARRAY[
    'DELETE FROM oms.watermarks',
    'INSERT INTO oms.watermarks VALUES (''mine'', ''0'', 0)',
    'UPDATE oms.watermarks SET name = ''other'' WHERE name = ''reports''',
    'UPDATE oms.watermarks SET transaction_id = ''18446744073709551615''',
    'UPDATE oms.watermarks SET event_id = event_id + 1',
    'UPDATE oms.watermarks SET order_id = 9223372036854775807',
    'UPDATE oms.watermarks SET system_id = oms_internal.system_id()',
    'UPDATE oms.watermarks SET system_id = NULL',
    'UPDATE oms.watermarks SET system_id = 1',
    'INSERT INTO oms.watermarks VALUES (''reports'', ''0'', 0) ON CONFLICT (name) DO UPDATE SET event_id = 9',
    'DELETE FROM oms.sequence_watermarks',
    'INSERT INTO oms.sequence_watermarks VALUES (''mine'')',
    'UPDATE oms.sequence_watermarks SET name = ''other'' WHERE name = ''stock_monthly''',
    'UPDATE oms.sequence_watermarks SET counted_until = -1, time_zone = NULL',
    'UPDATE oms.sequence_watermarks SET settled_until = settled_until + 1, time_zone = NULL',
    'UPDATE oms.sequence_watermarks SET asked_until = settled_until, time_zone = NULL',
    'UPDATE oms.sequence_watermarks SET holders = ''{7}'', time_zone = NULL',
    'UPDATE oms.sequence_watermarks SET system_id = 1, time_zone = NULL',
    'UPDATE oms.sequence_watermarks SET time_zone = ''UTC''',
    'UPDATE oms.sequence_watermarks SET time_zone = NULL',
    'DELETE FROM oms.recategorized_skus', 'UPDATE oms.recategorized_skus SET sku_id = 0',
    'DELETE FROM oms.regrouped_customers', 'UPDATE oms.regrouped_customers SET customer_id = 0',
    'DELETE FROM oms.demand_series', 'DELETE FROM oms.seasonal_profiles', 'UPDATE oms.forecasts SET mean = 1', 'DELETE FROM oms.forecast_snapshots',
    'DELETE FROM oms.invoice_queue', 'DELETE FROM oms.job_orders', 'UPDATE oms.commands SET result = ''1''', 'DELETE FROM oms.jobs',
    'INSERT INTO oms.consumers VALUES (''evil'', ''18446744073709551615'', 9)'
]) WITH ORDINALITY AS v(s, n) ORDER BY n;
-- what it changes is counted again all the same
SELECT oms.put_product('{"code": "SEC-P", "category": "sec.one", "skus": [{"code": "SEC-2"}]}') IS NOT NULL AS put;
UPDATE oms.products SET category = 'sec.two' WHERE code = 'SEC-P';
SELECT count(*) FROM oms.recategorized_skus WHERE sku_id = (SELECT sku_id FROM oms.skus WHERE code = 'SEC-2');
SELECT oms.put_customer('{"reference": "sec", "group": "one"}') IS NOT NULL AS put;
UPDATE oms.customers SET customer_group = 'two' WHERE reference = 'sec';
SELECT count(*) FROM oms.regrouped_customers WHERE customer_id = (SELECT customer_id FROM oms.customers WHERE reference = 'sec');
INSERT INTO oms.settings VALUES ('time_zone', 'Asia/Tokyo') ON CONFLICT (name) DO UPDATE SET value = excluded.value;
SELECT name FROM oms.watermarks WHERE name = 'reports' AND system_id IS NULL;
ROLLBACK TO s;

-- a reader sees and changes nothing
SET LOCAL ROLE regress_oms_reader;
SELECT reference FROM oms.orders WHERE reference = 'S-1';
SELECT oms.place_order('{"channel": "security", "reference": "S-2", "lines": [{"sku": "SEC-1", "quantity": 1, "unit_price": "1"}]}');
ROLLBACK TO s;

-- who follows the events writes nothing but the cursors, and sees no codes of gift cards either
SET LOCAL ROLE regress_oms_reader;
SELECT oms.acknowledge('regress', '0/0');
ROLLBACK TO s;
SET LOCAL ROLE regress_oms_consumer;
SELECT oms.acknowledge('regress', '0/0') AS first, oms.acknowledge('regress', '0/1') AS farther, oms.acknowledge('regress', '0/1') AS again;
SELECT count(*) >= 0 AS readable FROM oms.events_since('regress');
SELECT consumer, cursor FROM oms.consumer_status;
SAVEPOINT c;
SELECT oms.acknowledge('regress', (SELECT e.event_id FROM oms.events_since('regress') AS e ORDER BY e.event_id DESC LIMIT 1)) IS NOT NULL AS "by id";
SELECT reference FROM oms.orders WHERE reference = 'S-1';
SELECT oms.get_order(order_id) ->> 'reference' AS reference FROM oms.orders WHERE reference = 'S-1';
SELECT oms.place_order('{"channel": "security", "reference": "S-2", "lines": [{"sku": "SEC-1", "quantity": 1, "unit_price": "1"}]}');
ROLLBACK TO c;
UPDATE oms.orders SET metadata = '{}';
ROLLBACK TO c;
INSERT INTO oms.settings (name, value) VALUES ('time_zone', 'UTC');
ROLLBACK TO c;
SELECT oms.drop_consumer('regress');
ROLLBACK TO c;
SELECT code FROM oms.stored_value_accounts;
ROLLBACK TO s;
RESET ROLE;
SELECT c.relname, string_agg(p.privilege_type, ' ' ORDER BY p.privilege_type COLLATE "C")
FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS p
WHERE p.grantee = 'regress_oms_consumer'::regrole AND p.privilege_type <> 'SELECT'
GROUP BY c.relname ORDER BY c.relname COLLATE "C";

-- others see nothing
SET LOCAL ROLE regress_oms_nobody;
SELECT count(*) FROM oms.orders;
ROLLBACK TO s;

RESET ROLE;
SAVEPOINT owner;
SELECT oms.grant_access('regress_oms_shop', 'everything');
ROLLBACK TO owner;
SELECT oms.grant_access('regress_oms_absent');
ROLLBACK TO owner;
SELECT oms.revoke_access('regress_oms_consumer');
SELECT has_table_privilege('regress_oms_consumer', 'oms.consumers', 'INSERT') AS consumers;
SELECT oms.revoke_access('regress_oms_shop');
SELECT has_schema_privilege('regress_oms_shop', 'oms', 'USAGE') AS schema,
       has_table_privilege('regress_oms_shop', 'oms.orders', 'SELECT') AS orders;

-- what no trigger refuse_... keeps an application from writing: doc/security.md says why
SELECT c.relname AS open
FROM pg_class AS c
WHERE c.relnamespace = 'oms'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname LIKE 'refuse%')
ORDER BY c.relname;

-- a trigger function of the store serves no other table, whose columns it would take for others
CREATE TABLE mine (status integer, status_reason integer, order_id text);
CREATE TRIGGER guard BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION oms_internal.guard_transition();
SAVEPOINT mine;
INSERT INTO mine VALUES (-1, 7, 'x');
ROLLBACK TO mine;
DROP TRIGGER guard ON mine;
CREATE TRIGGER refuse BEFORE INSERT ON mine EXECUTE FUNCTION oms_internal.refuse_write();
INSERT INTO mine VALUES (-1, 7, 'x');
ROLLBACK;
