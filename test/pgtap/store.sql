-- who may install, and what stays out of sight
BEGIN;
SELECT plan(12);

SELECT has_schema('oms');
SELECT has_schema('oms_report');
SELECT has_schema('oms_internal');
SELECT has_table('oms', 'store', 'the store has a table that tells its version');

SELECT function_privs_are('oms', 'install', '{}'::text[], 'pg_monitor', '{}'::text[],
                          'install() is not for everyone');
SELECT function_privs_are('oms', 'upgrade', '{}'::text[], 'pg_monitor', '{}'::text[],
                          'upgrade() is not for everyone');
SELECT function_privs_are('oms', 'version', '{}'::text[], 'pg_monitor', '{EXECUTE}'::text[],
                          'version() is');
SELECT schema_privs_are('oms_internal', 'pg_monitor', '{}'::text[],
                        'nobody looks into oms_internal');

SELECT volatility_is('oms', 'now', '{}'::text[], 'stable', 'the present stands still in a statement');
SELECT is(oms.now(), now(), 'the present is the start of the transaction');
SET LOCAL oms.now = '2026-11-02 10:15:00+00';
SELECT is(oms.now(), '2026-11-02 10:15:00+00'::timestamptz, 'or what the setting says');
SET LOCAL ROLE pg_monitor;
SELECT throws_ok('SET oms.now = ''2026-11-02''', '42501', NULL, 'which only superusers may change');

SELECT finish();
ROLLBACK;
