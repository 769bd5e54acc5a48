-- what holds for the whole store: values that nothing can read, and a base currency that is posted in, are refused
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-05-04 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
-- nothing is posted yet, whatever ran before
SET LOCAL session_replication_role = replica;
DELETE FROM ledger_entries;
DELETE FROM stock_movements;
DELETE FROM settings;
RESET session_replication_role;

/*
 * Days of returns: whole, from 0 to 9999
 */
INSERT INTO settings (name, value) VALUES ('return_days', 'thirty'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO settings (name, value) VALUES ('return_days', '30');
UPDATE settings SET value = '' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = '-1' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = '1.5' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = '30 days' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = E'30\n' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = '10000' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = '99999999999' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET value = '0' WHERE name = 'return_days';
SELECT oms_internal.return_days();
UPDATE settings SET value = '9999' WHERE name = 'return_days';
SELECT oms_internal.return_days(), run_job('roll_up_reports') ->> 'status' AS status;

/*
 * The base currency: any, until something is posted
 */
INSERT INTO settings (name, value) VALUES ('base_currency', 'euro'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO settings (name, value) VALUES ('base_currency', 'USD');
UPDATE settings SET value = 'JPY' WHERE name = 'base_currency';
UPDATE settings SET name = 'other' WHERE name = 'base_currency';
UPDATE settings SET name = 'base_currency' WHERE name = 'other';
DELETE FROM settings WHERE name = 'base_currency';
-- the first channel decides, and the first posting finds it decided
INSERT INTO channels (code, name, currency) VALUES ('set-web', 'Web', 'EUR');
SELECT put_location('{"code": "set-a"}'), put_sku('{"code": "SET-A", "cost": "2 EUR"}'), receive_stock('SET-A', 'set-a', 3);
SELECT value, (SELECT count(*) > 0 FROM ledger_entries) AS posted FROM settings WHERE name = 'base_currency';

-- from then on it stays, whoever writes it, and however
UPDATE settings SET value = 'USD' WHERE name = 'base_currency'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET name = 'other' WHERE name = 'base_currency'; \echo :LAST_ERROR_SQLSTATE
UPDATE settings SET name = 'base_currency', value = 'USD' WHERE name = 'return_days'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO settings (name, value) VALUES ('base_currency', 'USD')
ON CONFLICT (name) DO UPDATE SET value = excluded.value; \echo :LAST_ERROR_SQLSTATE
DELETE FROM settings; \echo :LAST_ERROR_SQLSTATE
TRUNCATE settings; \echo :LAST_ERROR_SQLSTATE
SELECT set_base_currency('USD'); \echo :LAST_ERROR_SQLSTATE
-- which is no change of other settings, nor of what it is already
UPDATE settings SET value = 'EUR' WHERE name = 'base_currency';
SELECT set_base_currency('EUR');
UPDATE settings SET value = '14' WHERE name = 'return_days';
DELETE FROM settings WHERE name = 'return_days';
INSERT INTO settings (name, value) VALUES ('time_zone', 'Europe/Lisbon');
INSERT INTO channels (code, name, currency) VALUES ('set-shop', 'Shop', 'USD');
SELECT name, value FROM settings ORDER BY name COLLATE "C";

-- stock with a value is enough, and so it is where the setting was lost
SET LOCAL session_replication_role = replica;
DELETE FROM ledger_entries;
RESET session_replication_role;
UPDATE settings SET value = 'USD' WHERE name = 'base_currency'; \echo :LAST_ERROR_SQLSTATE
SET LOCAL session_replication_role = replica;
DELETE FROM settings;
RESET session_replication_role;
INSERT INTO settings (name, value) VALUES ('base_currency', 'USD'); \echo :LAST_ERROR_SQLSTATE
SELECT set_base_currency('USD'); \echo :LAST_ERROR_SQLSTATE
-- what has no value binds nobody
SET LOCAL session_replication_role = replica;
UPDATE stock_movements SET value = NULL;
RESET session_replication_role;
INSERT INTO settings (name, value) VALUES ('base_currency', 'USD');
SELECT set_base_currency('JPY');
ROLLBACK;
