-- payments: what holds however they are mixed
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(27);

INSERT INTO channels (code, name, currency) VALUES ('pay-web', 'Web', 'EUR');
INSERT INTO locations (code, name) VALUES ('pay-here', 'Here');
INSERT INTO skus (code, name) VALUES ('PAY-TEE', 'T-shirt');
SELECT count_stock('PAY-TEE', 'pay-here', 1000) IS NOT NULL AS counted;
CREATE FUNCTION pg_temp.place(total numeric, payments jsonb DEFAULT '[]') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'pay-web', 'reference', gen_random_uuid(), 'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'PAY-TEE', 'quantity', 1, 'unit_price', total, 'tax', 0)),
        'shipping', '{"price": "0", "tax": "0"}'::jsonb, 'payments', payments))
$$;
CREATE FUNCTION pg_temp.state(bigint) RETURNS text LANGUAGE sql AS 'SELECT status::text FROM oms.orders WHERE order_id = $1';
CREATE FUNCTION pg_temp.paid(bigint) RETURNS amount LANGUAGE sql AS
    'SELECT sum(captured - refunded) FROM oms.payments WHERE order_id = $1';

/*
 * Cover
 */
SELECT pg_temp.place(50) AS id \gset
SELECT is(pg_temp.state(:id), 'placed', 'an order waits for its money');
SELECT add_payment(:id, '{"method": "card", "amount": "49.99", "status": "authorized"}') AS no \gset
SELECT is(pg_temp.state(:id), 'placed', 'a cent less than the total does not cover it');
SELECT add_payment(:id, '{"method": "card", "amount": "100.00", "status": "failed"}') AS no \gset
SELECT add_payment(:id, '{"method": "card", "amount": "100.00"}') AS no \gset
SELECT is(pg_temp.state(:id), 'placed', 'failed and pending payments cover nothing');
SELECT add_payment(:id, '{"method": "gift card", "amount": "0.01", "status": "captured"}') AS no \gset
SELECT is(pg_temp.state(:id), 'confirmed', 'authorized and captured payments add up');
SELECT is((SELECT status::text FROM fulfillments WHERE order_id = :id), 'released', 'and let the fulfillment be released');
SELECT void(:id, 1) AS status \gset
SELECT is(pg_temp.state(:id), 'confirmed', 'a confirmed order stays so when a payment is voided');

SELECT pg_temp.place(0) AS id \gset
SELECT is(pg_temp.state(:id), 'confirmed', 'what costs nothing needs no payment');

SELECT pg_temp.place(50, '[{"method": "card", "amount": "50", "status": "authorized"}]') AS id \gset
SELECT hold_order(:id, 'fraud') AS status \gset
SELECT is(capture(:id, 1)::text, 'captured', 'a held order may be paid');
SELECT throws_ok(format('SELECT oms.pack(%s, 1)', :id), 'OM010', NULL, 'but is not packed');
SELECT is(release_hold(:id, 'fraud')::text, 'confirmed', 'it goes on when it is released');
SELECT is(pack(:id, 1)::text, 'packed', 'and is packed');
SELECT is(ship(:id, 1)::text, 'shipped', 'and shipped');
SELECT throws_ok(format('SELECT oms.hold_order(%s, ''late'')', :id), 'OM002', NULL, 'what has left is not held');

/*
 * Cancelling
 */
SELECT pg_temp.place(50, '[{"method": "card", "amount": "30", "status": "captured"}, {"method": "card", "amount": "20", "status": "authorized"}]') AS id \gset
UPDATE orders SET status = 'cancelled' WHERE order_id = :id;
SELECT results_eq(format('SELECT status::text FROM oms.payments WHERE order_id = %s ORDER BY payment_no', :id),
    ARRAY['captured', 'voided'], 'cancelling voids what was promised and leaves what was taken');
SELECT is(refund(:id, '30 EUR', 'cancelled'), 1, 'which can be refunded');
SELECT throws_ok(format('SELECT oms.refund(%s, ''0.01 EUR'', NULL)', :id), 'OM008', NULL, 'but no cent more');

/*
 * Spreading
 */
SELECT pg_temp.place(0.06, '[{"method": "a", "amount": "0.01", "status": "captured"}, {"method": "b", "amount": "0.02", "status": "authorized"}, {"method": "c", "amount": "0.03", "status": "captured"}]') AS id \gset
SELECT refund(:id, '0.02 EUR', NULL) AS no \gset
SELECT results_eq(format('SELECT refunded::text FROM oms.payments WHERE order_id = %s ORDER BY payment_no', :id),
    ARRAY['0.01 EUR', '0.00 EUR', '0.01 EUR'], 'a refund passes by what was not captured');
SELECT is(pg_temp.paid(:id), '0.02 EUR', 'and leaves the rest');
SELECT throws_ok(format('SELECT oms.refund(%s, ''0.03 EUR'', NULL)', :id), 'OM008', NULL, 'of which no more can be refunded');
SELECT is((SELECT count(*)::int FROM refunds WHERE order_id = :id), 1, 'and a refused refund leaves no row');

/*
 * As the retries of a lost connection do
 */
SELECT pg_temp.place(10, '[{"method": "card", "amount": "10", "status": "authorized"}]') AS id \gset
SELECT is((SELECT count(DISTINCT capture(:id, 1, '4 EUR', 'pay-tap-capture')::text)::int FROM generate_series(1, 5)), 1,
    'a command repeated by reference answers the same');
SELECT is(pg_temp.paid(:id), '4 EUR', 'and is done once');
SELECT capture(:id, 1, '4 EUR') AS status, capture(:id, 1, '2 EUR') AS status_2 \gset
SELECT is(pg_temp.paid(:id), '10 EUR', 'without a reference it is another command');
SELECT ok((SELECT refund(:id, '3 EUR', NULL, 'pay-tap-refund') = refund(:id, '3 EUR', NULL, 'pay-tap-refund')),
    'the number of a refund comes back, too');
SELECT is(pg_temp.paid(:id), '7 EUR', 'for one refund');

/*
 * Whatever is tried, in any order, the books are right
 */
CREATE FUNCTION pg_temp.tries(order_id bigint, tries integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    done integer := 0;
    cents numeric;
BEGIN
    FOR i IN 1 .. tries LOOP
        cents := (1 + floor(random() * 3000)) / 100;
        BEGIN
            CASE floor(random() * 6)
                WHEN 0 THEN PERFORM oms.add_payment(order_id, jsonb_build_object('method', 'card', 'amount', cents,
                    'status', (ARRAY['pending', 'authorized', 'captured', 'failed'])[1 + floor(random() * 4)::int]));
                WHEN 1 THEN PERFORM oms.capture(order_id, 1 + floor(random() * 6)::int, oms.amount(cents, 'EUR'));
                WHEN 2 THEN PERFORM oms.capture(order_id, 1 + floor(random() * 6)::int);
                WHEN 3 THEN PERFORM oms.void(order_id, 1 + floor(random() * 6)::int);
                WHEN 4 THEN PERFORM oms.refund(order_id, oms.amount(cents, 'EUR'), 'by chance');
                ELSE PERFORM oms.authorize(order_id, 1 + floor(random() * 6)::int, oms.amount(cents, 'EUR'));
            END CASE;
            done := done + 1;
        EXCEPTION WHEN SQLSTATE 'OM002' OR SQLSTATE 'OM006' OR SQLSTATE 'OM008' THEN
            NULL;
        END;
    END LOOP;
    RETURN done;
END
$$;
SELECT setseed(0.42);
SELECT cmp_ok(sum(pg_temp.tries(pg_temp.place(80), 60))::int, '>', 100, 'many steps succeed') FROM generate_series(1, 10);
SELECT is_empty('SELECT * FROM oms.check_invariants()', 'and the books are right');

SELECT * FROM finish();
ROLLBACK;
