-- settlement lines: reports of payment providers are taken in, line by line, once
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-04 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
-- a line of a report, with what differs from the default
CREATE FUNCTION pg_temp.line(reference text, changes jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('reference', reference, 'kind', 'capture', 'currency', 'EUR', 'amount', '10.00', 'fee', '0.40',
                              'occurred_on', '2026-11-02', 'payment', 'pi_' || reference) || changes
$$;
CREATE VIEW pg_temp.lines AS
    SELECT provider, reference, kind, amount, fee, occurred_on AS on, payment_reference AS payment,
           transaction_reference AS transaction, payout, reason, metadata, status
    FROM oms.settlements ORDER BY provider COLLATE "C", settlement_id;
CREATE VIEW pg_temp.alarm AS
    SELECT kind, key, severity, message, data, status FROM oms.alerts ORDER BY alert_id;

/*
 * New ones are counted, known ones passed over, in their own order
 */
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('a'), pg_temp.line('b', '{"fee": null}')));
SELECT import_settlements('imp', jsonb_build_array(
    pg_temp.line('c', '{"kind": "refund", "amount": -3.5, "fee": -0.1, "transaction": "re_1", "reason": " ", "metadata": {"row": 7}}'),
    pg_temp.line('a'), pg_temp.line('b', '{"fee": 0}')));
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('a'), pg_temp.line('b', '{"fee": 0, "metadata": {"downloaded": "again"}}')));
-- each provider has its own
SELECT import_settlements('imp2', jsonb_build_array(pg_temp.line('a', '{"amount": 11, "currency": "JPY", "fee": 1}')));
SELECT * FROM pg_temp.lines WHERE provider LIKE 'imp%';
SELECT provider, grace_days, reported_on, checked_on FROM settlement_providers WHERE provider LIKE 'imp%' ORDER BY 1;
-- the same call again gives its first answer
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('d')), 'import-1');
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('d')), 'import-1');

/*
 * A payout may be told later, nothing else may change; all who differ are named
 */
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('a', '{"payout": "po_1"}'), pg_temp.line('d', '{"payout": "po_1"}')));
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('a')));
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('a', '{"payout": "po_2"}'))); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', jsonb_build_array(
    pg_temp.line('e'), pg_temp.line('a', '{"amount": "10.01"}'), pg_temp.line('b', '{"fee": 0.01}'),
    pg_temp.line('d', '{"occurred_on": "2026-11-03"}'))); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('d', '{"payment": null}'))); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('d', '{"currency": "USD"}'))); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('e')), 'import-1'); \echo :LAST_ERROR_SQLSTATE
SELECT reference, payout FROM pg_temp.lines WHERE provider = 'imp';

/*
 * Faults, all of them, and nothing is written
 */
SELECT import_settlements('imp', jsonb_build_array(
    pg_temp.line('f', '{"amount": 0}'), pg_temp.line('g', '{"kind": "refund"}'),
    pg_temp.line('h', '{"kind": "chargeback", "amount": 0}'), pg_temp.line('i', '{"kind": "chargeback_reversal", "amount": -1}'),
    pg_temp.line('j', '{"amount": "0.001"}'), pg_temp.line('k', '{"currency": "JPY", "fee": "0.5"}'),
    pg_temp.line('f', '{"occurred_on": "2026-11-06"}'), pg_temp.line('l'))); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', '[{"kind": "gift", "colour": "red"}, 7]'); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', '[]'); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', (SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 5001))); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements(NULL, '[]'); \echo :LAST_ERROR_SQLSTATE
SELECT import_settlements(' ', jsonb_build_array(pg_temp.line('f'))); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_temp.lines WHERE provider = 'imp';
-- amounts as large as they get
SELECT import_settlements('imp', jsonb_build_array(
    pg_temp.line('big', '{"amount": 1000000000000, "currency": "KWD"}'), pg_temp.line('bigger', '{"amount": 1000000000000.01}')));
\echo :LAST_ERROR_SQLSTATE
SELECT import_settlements('imp', jsonb_build_array(pg_temp.line('big', '{"amount": 1000000000000, "currency": "KWD"}')));
-- 5,000 lines
SELECT import_settlements('imp3', (SELECT jsonb_agg(jsonb_build_object(
    'reference', n::text, 'kind', 'fee', 'currency', 'EUR', 'amount', -n, 'occurred_on', '2026-11-01'))
    FROM generate_series(1, 5000) AS n));
SELECT count(*), sum(amount) FROM settlements WHERE provider = 'imp3';

/*
 * Nobody else writes them; days of grace are a setting
 */
INSERT INTO settlements (provider, reference, kind, amount, fee, occurred_on) VALUES ('imp', 'x', 'fee', '1 EUR', '0 EUR', '2026-11-01'); \echo :LAST_ERROR_SQLSTATE
UPDATE settlements SET amount = '1 EUR' WHERE provider = 'imp'; \echo :LAST_ERROR_SQLSTATE
DELETE FROM settlements; \echo :LAST_ERROR_SQLSTATE
UPDATE settlement_providers SET checked_on = '2020-01-01'; \echo :LAST_ERROR_SQLSTATE
UPDATE settlement_providers SET grace_days = 7 WHERE provider = 'imp';
UPDATE settlement_providers SET grace_days = -1 WHERE provider = 'imp'; \echo :LAST_ERROR_SQLSTATE
SELECT * FROM check_invariants();
ROLLBACK;
