-- gift cards and store credit: what comes on, what goes off, and when
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "value-web", "currency": "EUR"}'), put_location('{"code": "value-shop"}');
SELECT put_customer('{"reference": "VALUE-1", "email": "ana@value.example"}') > 0 AS customer,
       put_customer('{"email": "Guest@value.example"}') > 0 AS guest;
SELECT put_sku('{"code": "VALUE-CARD", "stocked": false, "price": "50 EUR"}');
SELECT place_order('{"channel": "value-web", "reference": "1", "lines": [{"sku": "VALUE-CARD", "quantity": 1}]}') AS sold \gset

CREATE VIEW pg_temp.cards AS
    SELECT code_end, balance, held, available, expires_on, active, order_id IS NOT NULL AS sold
    FROM oms.gift_cards ORDER BY account_id;
CREATE VIEW pg_temp.credits AS
    SELECT coalesce(c.reference, c.email) AS customer, balance, held, available, expires_on
    FROM oms.store_credits JOIN oms.customers AS c USING (customer_id) ORDER BY account_id;
CREATE VIEW pg_temp.entries AS
    SELECT coalesce(a.code_end, c.reference, c.email) AS account, e.entry_no AS no, e.kind, e.amount, e.expires_on,
           e.order_id IS NOT NULL AS of_order, e.payment_no AS payment, e.refund_no AS refund, e.reason
    FROM oms.stored_value_entries AS e JOIN oms.stored_value_accounts AS a USING (account_id)
         LEFT JOIN oms.customers AS c ON c.customer_id = a.customer_id AND a.kind = 'store_credit'
    ORDER BY e.account_id, entry_no;
CREATE VIEW pg_temp.books AS
    SELECT account, sum(amount) AS balance FROM oms.ledger_entries
    WHERE kind = 'stored_value'
    GROUP BY account, currency_of(amount) ORDER BY account COLLATE "C", currency_of(amount);

/*
 * Gift cards: with a code of one's own, or one that nobody can guess
 */
SELECT issue_gift_card('{"code": "WELCOME-2026", "amount": "10 EUR", "reason": "newsletter"}', 'gift-1');
SELECT issue_gift_card('{"code": "WELCOME-2026", "amount": "10 EUR", "reason": "newsletter"}', 'gift-1');
SELECT issue_gift_card('{"code": "WELCOME-2026", "amount": "11 EUR"}', 'gift-1'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "25 EUR", "expires_on": "2026-12-31"}', 'gift-2') AS random \gset
SELECT :'random' ~ '^([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}$' AS random,
       :'random' = issue_gift_card('{"amount": "25 EUR", "expires_on": "2026-12-31"}', 'gift-2') AS same_again;
SELECT count(DISTINCT issue_gift_card('{"amount": "1 JPY"}')) FROM generate_series(1, 100);
SELECT issue_gift_card(jsonb_build_object('code', 'SOLD-ON-1041', 'amount', '50 EUR', 'order_id', :sold, 'line_no', 1,
                                          'customer', 'VALUE-1', 'metadata', '{"to": "bob"}'::jsonb));
SELECT * FROM pg_temp.cards WHERE code_end IN ('2026', '1041');
SELECT metadata FROM stored_value_accounts WHERE code_end = '1041';
SELECT type, subject_no, data - 'account_id' AS data FROM events WHERE order_id = :sold AND type LIKE 'line.%';
-- written in any way
SELECT gift_card_balance('WELCOME-2026'), gift_card_balance('welcome2026'), gift_card_balance('Welcome 20 26');

-- the code stands nowhere else
SELECT reference, command, result ~ '^\d+$' AS account FROM commands WHERE reference LIKE 'gift-_' ORDER BY 1;

-- what is wrong with a document, all at once
SELECT issue_gift_card('{"code": " x", "amount": "0 EUR", "expires_on": "soon", "colour": "red"}');
\echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "0 EUR", "expires_on": "2026-11-01"}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "-5 EUR", "order_id": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "5.001 EUR"}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"code": "SHORT--1 2", "amount": "5 EUR"}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"code": "wel-come 2026", "amount": "5 EUR"}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "5 EUR", "customer": "nobody"}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "5 EUR", "order_id": 999999999, "line_no": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_gift_card('{"amount": "5 EUR", "order_id": 9999999999999999999999, "line_no": 1}'); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
SELECT issue_gift_card(jsonb_build_object('amount', '5 EUR', 'order_id', :sold, 'line_no', 7)); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT issue_gift_card(jsonb_build_object('amount', '5 USD', 'order_id', :sold, 'line_no', 1)); \echo :LAST_ERROR_SQLSTATE
-- sold once, so not made twice: but anew when the first was cancelled
SELECT issue_gift_card(jsonb_build_object('amount', '0.01 EUR', 'order_id', :sold, 'line_no', 1)); \echo :LAST_ERROR_SQLSTATE
SAVEPOINT sold_once;
SELECT cancel_gift_card('SOLD-ON-1041', 'sent to the wrong person');
SELECT issue_gift_card(jsonb_build_object('code', 'SENT-AGAIN-1', 'amount', '20 EUR', 'order_id', :sold, 'line_no', 1)),
       issue_gift_card(jsonb_build_object('code', 'SENT-AGAIN-2', 'amount', '30 EUR', 'order_id', :sold, 'line_no', 1));
ROLLBACK TO SAVEPOINT sold_once;
SELECT issue_gift_card(NULL); \echo :LAST_ERROR_SQLSTATE

/*
 * Adjusted and cancelled
 */
SELECT adjust_gift_card('WELCOME-2026', '5 EUR', 'late parcel', 'adjust-1'), adjust_gift_card('WELCOME-2026', '5 EUR', 'late parcel', 'adjust-1');
SELECT adjust_gift_card('WELCOME-2026', '-3 EUR', 'too much');
SELECT adjust_gift_card('WELCOME-2026', '-12.01 EUR', 'too much'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_gift_card('WELCOME-2026', '1 USD', 'other money'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_gift_card('WELCOME-2026', '0 EUR', 'nothing'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_gift_card('WELCOME-2026', '1 EUR', ' '); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_gift_card('WELCOME-2026', '1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_gift_card('WELCOME-2027', '1 EUR', 'no such card'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_gift_card('welcome 2026', 'stolen', 'cancel-1'), cancel_gift_card('welcome 2026', 'stolen', 'cancel-1');
SELECT cancel_gift_card('welcome 2026', 'again'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_gift_card('WELCOME-2026', '1 EUR', 'again'); \echo :LAST_ERROR_SQLSTATE
SELECT gift_card_balance('WELCOME-2026');
SELECT gift_card_balance('WELCOME-2027'); \echo :LAST_ERROR_SQLSTATE
SELECT gift_card_balance(NULL) IS NULL AS none;
SELECT cancel_gift_card('SOLD-ON-1041', NULL);
SELECT * FROM pg_temp.entries WHERE account IN ('2026', '1041');
SELECT * FROM pg_temp.books;

/*
 * Store credit: what expires first goes first, and what has expired can't be spent
 */
SELECT store_credit_balance('VALUE-1', 'EUR');
SELECT grant_store_credit('VALUE-1', '20 EUR', 'goodwill', NULL, 'grant-1'), grant_store_credit('VALUE-1', '20 EUR', 'goodwill', NULL, 'grant-1');
SELECT grant_store_credit('VALUE-1', '10 EUR', 'birthday', '2026-11-30'), grant_store_credit('VALUE-1', '7 EUR', 'campaign', '2026-11-10');
SELECT grant_store_credit('VALUE-1', '500 JPY', 'campaign', '2026-11-10'), grant_store_credit('guest@VALUE.example', '1.234 KWD', 'apology');
SELECT * FROM pg_temp.credits;
SELECT adjust_store_credit('VALUE-1', '-9 EUR', 'a mistake');
SELECT grant_store_credit('VALUE-1', '0 EUR', 'nothing'); \echo :LAST_ERROR_SQLSTATE
SELECT grant_store_credit('VALUE-1', '1 EUR', 'late', '2026-11-01'); \echo :LAST_ERROR_SQLSTATE
SELECT grant_store_credit('VALUE-1', '1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT grant_store_credit('VALUE-9', '1 EUR', 'nobody'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_store_credit('VALUE-1', '-28.01 EUR', 'too much'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_store_credit('VALUE-9', '1 EUR', 'nobody'); \echo :LAST_ERROR_SQLSTATE
SELECT store_credit_balance('VALUE-9', 'EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT store_credit_balance('VALUE-1', 'XXX'); \echo :LAST_ERROR_SQLSTATE
SELECT store_credit_balance('VALUE-1', 'USD');

-- valid on the last day, and not on the day after, job or not
SET LOCAL oms.now = '2026-11-30 23:59:59+00';
SELECT store_credit_balance('VALUE-1', 'EUR');
SET LOCAL oms.now = '2026-12-01 00:00:00+00';
SELECT store_credit_balance('VALUE-1', 'EUR');
SELECT * FROM pg_temp.credits;
-- whoever changes an account takes off what has expired
SELECT adjust_store_credit('VALUE-1', '-20 EUR', 'all of it');
SELECT adjust_store_credit('VALUE-1', '-0.01 EUR', 'more'); \echo :LAST_ERROR_SQLSTATE
SELECT adjust_store_credit('VALUE-1', '2 EUR', 'back');
SELECT * FROM pg_temp.entries WHERE account = 'VALUE-1';

-- the job takes what others have left
SELECT oms_internal.expire_stored_value(0); \echo :LAST_ERROR_SQLSTATE
SET LOCAL oms.now = '2027-01-01 00:00:00+00';
SELECT oms_internal.expire_stored_value(1), oms_internal.expire_stored_value(), oms_internal.expire_stored_value();
SELECT gift_card_balance(:'random');
SELECT * FROM pg_temp.credits;
SELECT * FROM pg_temp.books;
-- what comes onto a card after its time has a year
SELECT adjust_gift_card(:'random', '1 EUR', 'good will');
SELECT expires_on FROM pg_temp.cards WHERE balance = '1 EUR';

/*
 * By hand
 */
UPDATE stored_value_accounts SET balance = balance; \echo :LAST_ERROR_SQLSTATE
UPDATE stored_value_accounts SET metadata = '{}' WHERE metadata IS NOT NULL;
DELETE FROM stored_value_entries; \echo :LAST_ERROR_SQLSTATE
INSERT INTO stored_value_accounts (kind, code, balance, held) VALUES ('gift_card', 'ABCDEFGHI', '1 EUR', '0 EUR'); \echo :LAST_ERROR_SQLSTATE

-- readers see cards, but not what they could spend
CREATE ROLE value_reader;
SELECT grant_access('value_reader', 'reader');
SET LOCAL ROLE value_reader;
SELECT code FROM stored_value_accounts; \echo :LAST_ERROR_SQLSTATE
SELECT count(*) > 100 AS cards, count(available) = count(*) AS available FROM gift_cards;
RESET ROLE;
SELECT revoke_access('value_reader');

SELECT * FROM check_invariants();
SELECT currency_of(amount) AS currency, sum(amount) FROM ledger_entries GROUP BY 1 ORDER BY 1;
ROLLBACK;
