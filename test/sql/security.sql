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
