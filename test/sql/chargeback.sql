-- chargebacks: the bank takes a payment back, and the order stops
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 92001;
INSERT INTO channels (code, name, currency) VALUES ('cb-web', 'Web', 'EUR');
INSERT INTO locations (code, name) VALUES ('cb-here', 'Here');
INSERT INTO skus (code, name, stocked) VALUES ('CB', 'A download', false);
CREATE FUNCTION pg_temp.place(reference text, total numeric) RETURNS bigint
LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'cb-web', 'reference', reference, 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'CB', 'quantity', 1, 'unit_price', total, 'tax', 0)),
        'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'provider', 'cb', 'reference', 'cb_' || reference,
                                                         'amount', total, 'status', 'captured'))))
$$;
CREATE FUNCTION pg_temp.line(reference text, payment text, amount numeric, changes jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('reference', reference, 'kind', CASE WHEN amount < 0 THEN 'chargeback' ELSE 'chargeback_reversal' END,
                              'currency', 'EUR', 'amount', amount, 'fee', 15, 'occurred_on', '2026-11-02', 'payment', 'cb_' || payment) || changes
$$;
CREATE VIEW pg_temp.cases AS
    SELECT order_id, chargeback_no AS no, payment_no AS p, reference, amount, reason, due_on, status, closed_at
    FROM oms.chargebacks WHERE provider = 'cb' ORDER BY 1, 2;
CREATE VIEW pg_temp.book AS
    SELECT kind, account, sum(amount) AS amount FROM oms.ledger_entries
    WHERE posting_id IN (SELECT posting_id FROM oms.ledger_entries WHERE provider = 'cb') AND kind IN ('settlement', 'chargeback')
    GROUP BY kind, account ORDER BY kind COLLATE "C", account COLLATE "C";
CREATE VIEW pg_temp.alarm AS
    SELECT kind, key, severity, order_id, message, data, status
    FROM oms.alerts WHERE data ->> 'provider' = 'cb' ORDER BY alert_id;
SELECT pg_temp.place('1', 10), pg_temp.place('2', 20), pg_temp.place('3', 30), pg_temp.place('4', 40);

/*
 * Recorded by a document: the order stops, the money is gone
 */
SELECT record_chargeback('cb', '{"reference": "dp_1", "payment": "cb_1", "currency": "EUR", "amount": "10.00", "reason": "fraudulent"}');
SELECT status FROM orders WHERE order_id = 92001;
SELECT kind, note FROM order_holds WHERE order_id = 92001;
SELECT * FROM pg_temp.cases;
SELECT * FROM pg_temp.book;
SELECT * FROM pg_temp.alarm;
-- again, with more that is known by now
SELECT record_chargeback('cb', '{"reference": "dp_1", "due_on": "2026-11-20"}', 'cb-1');
SELECT record_chargeback('cb', '{"reference": "dp_1", "due_on": "2026-11-20"}', 'cb-1');
SELECT record_chargeback('cb', '{"reference": "dp_1", "payment": "cb_1", "currency": "EUR", "amount": 10, "status": "open"}');
SELECT * FROM pg_temp.cases;
SELECT count(*) FROM pg_temp.alarm;

/*
 * Its money is not given back again
 */
SELECT refund(92001, '1 EUR', 'please'); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(92001, 1, '1 EUR', 'please'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(92001, '{"method": "card", "provider": "cb", "reference": "cb_1b", "amount": "5", "status": "captured"}');
SELECT refund(92001, '6 EUR', 'please'); \echo :LAST_ERROR_SQLSTATE
SELECT refund(92001, '5 EUR', 'please');
SELECT payment_no, refunded FROM payments WHERE order_id = 92001 ORDER BY 1;

/*
 * Won: the money comes back, and the order goes on
 */
SELECT record_chargeback('cb', '{"reference": "dp_1", "status": "won"}');
SELECT status FROM orders WHERE order_id = 92001;
SELECT * FROM pg_temp.cases;
SELECT * FROM pg_temp.book;
SELECT key, status FROM pg_temp.alarm;
SELECT refund(92001, '1 EUR', 'please');
SELECT type, subject_no, data FROM events WHERE order_id = 92001 AND type ~ 'chargeback|hold' ORDER BY sequence;

/*
 * From the report; two disputes of an order; lost; won after all
 */
SELECT import_settlements('cb', jsonb_build_array(
    pg_temp.line('r1', '2', -15, '{"transaction": "dp_2", "reason": "not received"}'), pg_temp.line('r2', '2', -5),
    pg_temp.line('r3', 'x', -5), pg_temp.line('r4', '3', 30), pg_temp.line('r5', '3', -30, '{"currency": "USD"}')));
SELECT reconcile_settlements();
SELECT * FROM pg_temp.cases WHERE order_id = 92002;
SELECT reference, status, fault, order_id, chargeback_no FROM settlements WHERE provider = 'cb' ORDER BY settlement_id;
SELECT kind, note FROM order_holds WHERE order_id = 92002;
SELECT record_chargeback('cb', '{"reference": "dp_2", "status": "lost"}');
SELECT status FROM orders WHERE order_id = 92002;
SELECT record_chargeback('cb', '{"reference": "r2", "status": "lost"}');
SELECT status FROM orders WHERE order_id = 92002;
SELECT * FROM pg_temp.alarm WHERE order_id = 92002;
SELECT import_settlements('cb', jsonb_build_array(
    pg_temp.line('r6', '2', 15, '{"transaction": "dp_2"}'), pg_temp.line('r7', '2', 15), pg_temp.line('r8', '2', 4, '{"transaction": "r2"}'),
    pg_temp.line('r9', '2', -15, '{"transaction": "dp_2"}')));
SELECT reconcile_settlements();
SELECT * FROM pg_temp.cases WHERE order_id = 92002;
SELECT reference, status, fault, order_id, chargeback_no FROM settlements WHERE provider = 'cb' AND reference > 'r5' ORDER BY settlement_id;
SELECT kind, key, message, status FROM pg_temp.alarm WHERE kind <> 'chargeback';
-- recorded first, reported then: the same
SELECT record_chargeback('cb', '{"reference": "dp_4", "payment": "cb_4", "currency": "EUR", "amount": 40, "status": "won"}');
SELECT import_settlements('cb', jsonb_build_array(pg_temp.line('r10', '4', -40), pg_temp.line('r11', '4', 40)));
SELECT reconcile_settlements();
SELECT * FROM pg_temp.cases WHERE order_id = 92004;
SELECT * FROM pg_temp.book;
SELECT day, charged_back_here AS here, charged_back_there AS there, fees, difference
FROM oms_report.reconciliation WHERE provider = 'cb' ORDER BY day, currency;

/*
 * What has left cannot be held
 */
SELECT release(92003, 1), pack(92003, 1), ship(92003, 1);
SELECT record_chargeback('cb', '{"reference": "dp_3", "payment": "cb_3", "currency": "EUR", "amount": 30}');
SELECT status FROM orders WHERE order_id = 92003;
SELECT kind FROM order_holds WHERE order_id = 92003;
SELECT key, status FROM pg_temp.alarm WHERE order_id = 92003;

/*
 * What is refused
 */
SELECT record_chargeback('cb', '{"reference": "dp_9"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_9", "payment": "nix", "currency": "EUR", "amount": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_9", "payment": "cb_1", "currency": "USD", "amount": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_9", "payment": "cb_1", "currency": "EUR", "amount": "0.001"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"payment": 7, "amount": 0, "status": "maybe", "colour": "red"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_1", "amount": 11}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_1", "payment": "cb_2"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_1", "currency": "USD"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_1", "status": "lost"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "r2", "status": "open"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('other', '{"reference": "dp_1", "status": "won"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', '{"reference": "dp_1", "due_on": "2026-11-21"}', 'cb-1'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('cb', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback(NULL, '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_chargeback('', '{}'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO chargebacks (order_id, chargeback_no, payment_no, provider, reference, amount) VALUES (92001, 9, 1, 'cb', 'x', '1 EUR'); \echo :LAST_ERROR_SQLSTATE
UPDATE chargebacks SET status = 'won'; \echo :LAST_ERROR_SQLSTATE
DELETE FROM chargebacks; \echo :LAST_ERROR_SQLSTATE
SELECT * FROM check_invariants();

/*
 * What would break is found
 */
SET session_replication_role = replica;
UPDATE chargebacks SET amount = '16 EUR' WHERE reference = 'dp_2';
UPDATE alerts SET status = 'open', closed_at = NULL WHERE key = 'cb/dp_1';
SELECT * FROM check_invariants();
ROLLBACK;
