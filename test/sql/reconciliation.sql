-- reconciliation: what providers report against what was captured and refunded
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 91001;
INSERT INTO channels (code, name, currency) VALUES ('rec-web', 'Web', 'EUR');
INSERT INTO locations (code, name) VALUES ('rec-here', 'Here');
INSERT INTO skus (code, name, stocked) VALUES ('REC', 'A download', false);
-- an order of one payment rec_<reference> by the provider
CREATE FUNCTION pg_temp.place(reference text, total numeric, status text DEFAULT 'captured', currency text DEFAULT 'EUR') RETURNS bigint
LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'rec-web', 'reference', reference, 'currency', currency, 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'REC', 'quantity', 1, 'unit_price', total, 'tax', 0)),
        'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'provider', 'rec', 'reference', 'rec_' || reference,
                                                         'amount', total, 'status', status))))
$$;
CREATE FUNCTION pg_temp.line(reference text, payment text, amount numeric, changes jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('reference', reference, 'kind', CASE WHEN amount < 0 THEN 'refund' ELSE 'capture' END, 'currency', 'EUR',
                              'amount', amount, 'fee', '0.40', 'occurred_on', '2026-11-02', 'payment', 'rec_' || payment) || changes
$$;
CREATE VIEW pg_temp.lines AS
    SELECT reference, kind, amount, status, fault, order_id, payment_no AS p, entry_no AS e, chargeback_no AS c, closed_at
    FROM oms.settlements WHERE provider = 'rec' ORDER BY settlement_id;
CREATE VIEW pg_temp.alarm AS
    SELECT kind, key, severity, order_id, message, data, status
    FROM oms.alerts WHERE data ->> 'provider' = 'rec' ORDER BY alert_id;
CREATE VIEW pg_temp.book AS
    SELECT kind, account, sum(amount) AS amount FROM oms.ledger_entries
    WHERE posting_id IN (SELECT posting_id FROM oms.ledger_entries WHERE provider = 'rec') AND kind IN ('settlement', 'chargeback')
    GROUP BY kind, account, currency_of(amount) ORDER BY kind COLLATE "C", account COLLATE "C", 3;

SELECT pg_temp.place('1', 10), pg_temp.place('2', 20), pg_temp.place('3', 30), pg_temp.place('4', 40),
       pg_temp.place('5', 50, 'authorized'), pg_temp.place('6', 60), pg_temp.place('7', 70, 'authorized');
SELECT refund(91002, '5 EUR', 'a'), refund(91002, '5 EUR', 'b'), refund(91002, '4 EUR', 'c');
SELECT capture(91007, 1, '30 EUR'), capture(91007, 1, '40 EUR');

/*
 * What agrees is matched, each once; the rest says what is wrong
 */
SET oms.now = '2026-11-03 10:00:00+00';
SELECT import_settlements('rec', jsonb_build_array(
    pg_temp.line('agrees', '1', 10), pg_temp.line('takes', '2', 20), pg_temp.line('gives', '2', -5), pg_temp.line('gives too', '2', -5),
    pg_temp.line('gives thrice', '2', -5), pg_temp.line('less', '3', 29), pg_temp.line('dollars', '4', 40, '{"currency": "USD"}'),
    pg_temp.line('early', '5', 50), pg_temp.line('unknown', 'x', 50), pg_temp.line('again', '1', 10),
    pg_temp.line('of nothing', '1', 1, '{"payment": null}'), pg_temp.line('second part', '7', 40, '{"fee": 0}'),
    pg_temp.line('first part', '7', 30, '{"fee": "-0.40"}'),
    pg_temp.line('monthly', '1', 1, '{"kind": "fee", "amount": -3, "fee": 0, "payment": null}'),
    pg_temp.line('reserve', '1', 1, '{"kind": "adjustment", "amount": -2, "payment": null}')));
SELECT reconcile_settlements();
SELECT * FROM pg_temp.lines;
SELECT * FROM pg_temp.alarm;
SELECT * FROM pg_temp.book;
-- nothing new: nothing happens, and an alert that was closed by hand stays so
SELECT close_alert(alert_id, 'known') FROM alerts WHERE key = 'rec/unknown';
SELECT reconcile_settlements();
SELECT count(*) FILTER (WHERE status = 'open'), count(*) FROM pg_temp.alarm;
SELECT * FROM check_invariants();

/*
 * What comes later closes the alerts
 */
SELECT capture(91005, 1);
SELECT refund(91002, '5 EUR', 'd');
SELECT reconcile_settlements();
SELECT reference, status, fault, e FROM pg_temp.lines WHERE reference IN ('early', 'gives thrice');
SELECT key, kind, status FROM pg_temp.alarm WHERE key IN ('rec/early', 'rec/gives thrice');
-- another fault is another alert
SELECT capture(91001, 1) AS too_late; \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(91001, '{"method": "card", "provider": "rec", "reference": "rec_x", "amount": "49", "status": "captured"}');
SELECT reconcile_settlements();
SELECT reference, status, fault FROM pg_temp.lines WHERE reference = 'unknown';
SELECT kind, status, message FROM pg_temp.alarm WHERE key = 'rec/unknown';

/*
 * Days of grace: missing there, until a late line comes
 */
SELECT reported_on, checked_on FROM settlement_providers WHERE provider = 'rec';
SELECT kind FROM pg_temp.alarm WHERE kind ~ 'there|late';
SET oms.now = '2026-11-07 10:00:00+00';
SELECT import_settlements('rec', jsonb_build_array(pg_temp.line('no news', '1', 1, '{"kind": "fee", "amount": -1, "payment": null, "occurred_on": "2026-11-07"}')));
SELECT reconcile_settlements();
SELECT reported_on, checked_on FROM settlement_providers WHERE provider = 'rec';
SELECT * FROM pg_temp.alarm WHERE kind ~ 'there|late';
SET oms.now = '2026-11-09 10:00:00+00';
SELECT import_settlements('rec', jsonb_build_array(pg_temp.line('late', '6', 60, '{"occurred_on": "2026-11-09"}')));
SELECT reconcile_settlements();
SELECT * FROM pg_temp.alarm WHERE order_id = 91006;

/*
 * Payouts are the sum of their lines, told at once or later
 */
SELECT import_settlements('rec', jsonb_build_array(
    pg_temp.line('p1', '1', 1, '{"kind": "fee", "amount": 12, "fee": 0, "payout": "po_1"}'),
    pg_temp.line('po1', '1', 1, '{"kind": "payout", "amount": -20, "fee": 0, "payout": "po_1", "payment": null}')));
SELECT reconcile_settlements();
SELECT key, severity, message, data, status FROM pg_temp.alarm WHERE kind = 'settlement_payout';
SELECT import_settlements('rec', jsonb_build_array(pg_temp.line('p2', '1', 1, '{"kind": "fee", "amount": "7.5", "fee": "-0.5", "payout": "po_1"}')));
SELECT reconcile_settlements();
SELECT key, status FROM pg_temp.alarm WHERE kind = 'settlement_payout';
SELECT import_settlements('rec', jsonb_build_array(pg_temp.line('less', '3', 29, '{"payout": "po_1"}')));
SELECT key, message, status FROM pg_temp.alarm WHERE kind = 'settlement_payout';
SELECT reconcile_settlements();

/*
 * By the provider's own key of the transaction, if both have it; else in their order
 */
SELECT pg_temp.place('8', 20, 'authorized');
SELECT capture(91008, 1, '10 EUR'), capture(91008, 1, '10 EUR');
UPDATE payment_entries SET provider_reference = 'tx_2' WHERE order_id = 91008 AND entry_no = 3; \echo :LAST_ERROR_SQLSTATE
SET session_replication_role = replica;
UPDATE payment_entries SET provider_reference = 'tx_' || entry_no - 1, confirmed_at = now() WHERE order_id = 91008 AND kind = 'capture';
RESET session_replication_role;
SELECT import_settlements('rec', jsonb_build_array(pg_temp.line('tx2', '8', 10, '{"transaction": "tx_2"}'), pg_temp.line('tx?', '8', 10, '{"transaction": "ch_77"}')));
SELECT reconcile_settlements();
SELECT reference, status, e FROM pg_temp.lines WHERE order_id = 91008;

/*
 * Closed by hand: the difference is written off
 */
SELECT close_settlement('rec', 'less', 'lost in conversion', 'close-1');
SELECT close_settlement('rec', 'less', 'lost in conversion', 'close-1');
SELECT close_settlement('rec', 'less', 'once more');
SELECT close_settlement('rec', 'again', 'paid twice, sent back in cash');
SELECT close_settlement('rec', 'agrees', 'why?'); \echo :LAST_ERROR_SQLSTATE
SELECT close_settlement('rec', 'nobody', 'why?'); \echo :LAST_ERROR_SQLSTATE
SELECT close_settlement('rec', 'again', ' '); \echo :LAST_ERROR_SQLSTATE
SELECT close_settlement('rec', 'again', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT reference, status, fault, order_id, p, e FROM pg_temp.lines WHERE status = 'closed';
SELECT note FROM settlements WHERE provider = 'rec' AND reference = 'less';
SELECT kind, key, status FROM pg_temp.alarm WHERE key IN ('rec/less', 'rec/again', '91003-P1-2');
SELECT * FROM pg_temp.book;

/*
 * The report, to the cent
 */
SELECT day, currency, captured_here, captured_there, refunded_here AS ref_here, refunded_there AS ref_there, fees, adjusted AS adj, paid_out AS paid,
       written_off AS off, closed_lines AS closed, open_lines AS open, mismatched_lines AS bad, difference
FROM oms_report.reconciliation WHERE provider = 'rec' ORDER BY 1, 2;
SELECT fault, line, kind, day, payment, order_id, currency, there, here, difference, alert_status
FROM oms_report.settlement_mismatches WHERE provider = 'rec' ORDER BY alert_id;
-- what differs is what does not match
SELECT currency, sum(difference),
       (SELECT sum(CASE kind WHEN 'refund' THEN here - there ELSE there - here END) FROM (
            SELECT kind, CASE fault WHEN 'missing_there' THEN 0 ELSE there END AS there, CASE fault WHEN 'missing_there' THEN here ELSE 0 END AS here
            FROM oms_report.settlement_mismatches AS m WHERE m.provider = 'rec' AND m.currency = r.currency AND fault <> 'payout') AS m) AS mismatches
FROM oms_report.reconciliation AS r WHERE provider = 'rec' GROUP BY currency ORDER BY 1;
/*
 * The job counts orders, the view the rest; the same from the rows alone
 */
CREATE VIEW pg_temp.again AS
WITH fact AS (
    SELECT (e.occurred_at AT TIME ZONE (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC')))::date AS day, p.provider, e.amount, e.kind AS here, NULL::text AS there,
           NULL::text AS status, NULL::oms.amount AS fee, NULL::oms.amount AS matched_with
    FROM oms.payment_entries AS e
    JOIN oms.payments AS p USING (order_id, payment_no)
    WHERE p.provider IS NOT NULL AND e.kind IN ('capture', 'refund')
    UNION ALL
    SELECT (c.opened_at AT TIME ZONE (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC')))::date, c.provider, c.amount, 'chargeback', NULL, NULL, NULL, NULL
    FROM oms.chargebacks AS c
    UNION ALL
    SELECT (c.closed_at AT TIME ZONE (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC')))::date, c.provider, OPERATOR(oms.-) c.amount, 'chargeback', NULL, NULL, NULL, NULL
    FROM oms.chargebacks AS c
    WHERE c.status = 'won'
    UNION ALL
    SELECT coalesce((e.occurred_at AT TIME ZONE (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC')))::date,
                    (CASE s.kind WHEN 'chargeback' THEN c.opened_at ELSE c.closed_at END AT TIME ZONE (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC')))::date,
                    s.occurred_on),
           s.provider, s.amount, NULL, s.kind, s.status, s.fee,
           CASE s.kind WHEN 'refund' THEN OPERATOR(oms.-) e.amount ELSE e.amount END
    FROM oms.settlements AS s
    LEFT JOIN oms.payment_entries AS e USING (order_id, payment_no, entry_no)
    LEFT JOIN oms.chargebacks AS c ON c.order_id = s.order_id AND c.chargeback_no = s.chargeback_no
), number AS (
    SELECT day, provider, oms.currency_of(amount) AS currency, here, there, status, amount::numeric AS amount,
           coalesce(fee::numeric, 0) AS fee, coalesce(matched_with::numeric, 0) AS matched_with
    FROM fact
), total AS (
    SELECT day, provider, currency,
           coalesce(sum(amount) FILTER (WHERE here = 'capture'), 0) AS captured_here,
           coalesce(sum(amount) FILTER (WHERE there = 'capture'), 0) AS captured_there,
           coalesce(sum(amount) FILTER (WHERE here = 'refund'), 0) AS refunded_here,
           coalesce(-sum(amount) FILTER (WHERE there = 'refund'), 0) AS refunded_there,
           coalesce(sum(amount) FILTER (WHERE here = 'chargeback'), 0) AS charged_back_here,
           coalesce(-sum(amount) FILTER (WHERE there IN ('chargeback', 'chargeback_reversal')), 0) AS charged_back_there,
           coalesce(sum(fee - CASE there WHEN 'fee' THEN amount ELSE 0 END), 0) AS fees,
           coalesce(sum(amount) FILTER (WHERE there = 'adjustment'), 0) AS adjusted,
           coalesce(-sum(amount) FILTER (WHERE there = 'payout'), 0) AS paid_out,
           coalesce(sum(amount - matched_with) FILTER (WHERE status = 'closed'), 0) AS written_off,
           count(*) FILTER (WHERE status IN ('matched', 'closed')) AS closed_lines,
           count(*) FILTER (WHERE status = 'open') AS open_lines,
           count(*) FILTER (WHERE status = 'mismatched') AS mismatched_lines
    FROM number
    GROUP BY day, provider, currency
)
SELECT day, provider, currency, captured_here, captured_there, refunded_here, refunded_there, charged_back_here,
       charged_back_there, fees, adjusted, paid_out, written_off, closed_lines, open_lines, mismatched_lines,
       captured_there - refunded_there - charged_back_there
       - (captured_here - refunded_here - charged_back_here) - written_off AS difference
FROM total;
CREATE VIEW pg_temp.counted AS
SELECT (SELECT count(*) > 0 FROM settlement_daily WHERE provider = 'rec') AS counted, oms_internal.unread_orders() = '{}' AS "all",
       (SELECT count(*) FROM ((TABLE oms_report.reconciliation EXCEPT TABLE pg_temp.again) UNION ALL (TABLE pg_temp.again EXCEPT TABLE oms_report.reconciliation)) AS d) AS wrong;
CREATE FUNCTION pg_temp.roll_up() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE oms.watermarks SET system_id = NULL WHERE name = 'reports';
    PERFORM oms.run_job('roll_up_reports');
    PERFORM set_config('session_replication_role', 'replica', true);
    UPDATE oms.watermarks SET (transaction_id, event_id) = (SELECT pg_current_xact_id(), max(event_id) FROM oms.events) WHERE name = 'reports';
    PERFORM set_config('session_replication_role', 'origin', true);
    RETURN (SELECT s::text FROM pg_temp.counted AS s);
END
$$;
TABLE pg_temp.counted;
SELECT pg_temp.roll_up();
INSERT INTO settings (name, value) VALUES ('time_zone', 'Pacific/Kiritimati');
TABLE pg_temp.counted;
SELECT pg_temp.roll_up();
DELETE FROM settings WHERE name = 'time_zone';
SELECT pg_temp.roll_up();

SELECT reconcile_settlements(0); \echo :LAST_ERROR_SQLSTATE
SELECT reconcile_settlements(NULL) IS NULL AS nothing;
-- as many at a time as are asked for
SELECT import_settlements('rec', (SELECT jsonb_agg(pg_temp.line('many ' || n, 'x', 1, '{"kind": "fee"}')) FROM generate_series(1, 5) AS n));
SELECT reconcile_settlements(2), reconcile_settlements(2), reconcile_settlements(2), reconcile_settlements(2);
-- what came since is not counted yet
TABLE pg_temp.counted;
SELECT pg_temp.roll_up();
SELECT * FROM check_invariants();

/*
 * What would break is found
 */
SAVEPOINT before;
SET session_replication_role = replica;
UPDATE settlements SET amount = '11 EUR' WHERE provider = 'rec' AND reference = 'agrees';
UPDATE settlements SET fee = '0 EUR' WHERE provider = 'rec' AND reference = 'takes';
UPDATE alerts SET status = 'open', closed_at = NULL WHERE key IN ('rec/early', '91006-P1-2');
SELECT * FROM check_invariants();
ROLLBACK TO before;
DROP INDEX settlements_entry_key;
UPDATE settlements SET entry_no = 3 WHERE provider = 'rec' AND reference = 'gives too'; \echo :LAST_ERROR_SQLSTATE
SET session_replication_role = replica;
UPDATE settlements SET entry_no = 3 WHERE provider = 'rec' AND reference = 'gives too';
SELECT * FROM check_invariants();
ROLLBACK;
