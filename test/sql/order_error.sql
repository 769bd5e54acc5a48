-- orders that are refused, and why: each error, and that nothing was written
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "bad-web", "currency": "EUR"}'), put_location('{"code": "bad-here", "country": "PT", "lat": 41, "lon": -8, "ships_to": ["PT"]}'),
       put_location('{"code": "bad-there", "country": "ES", "lat": 42, "lon": -8, "ships_to": ["ES"]}'),
       put_sku('{"code": "BAD-TEE", "price": "10 EUR"}'), put_sku('{"code": "BAD-CAP", "price": "10 EUR", "decimals": 6}'),
       put_sku('{"code": "BAD-SET", "price": "25 EUR", "kit": [{"sku": "BAD-TEE", "quantity": 2}, {"sku": "BAD-CAP", "quantity": 1}]}');
SELECT receive_stock('BAD-TEE', 'bad-here', 5), receive_stock('BAD-TEE', 'bad-there', 3), receive_stock('BAD-CAP', 'bad-here', 1000000);
CREATE FUNCTION pg_temp.place(document jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order('{"channel": "bad-web", "reference": "bad", "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "customer": {"email": "bad@example.com"},
                             "lines": [{"sku": "BAD-TEE", "quantity": 1, "tax": 0}]}' || document)
$$;
CREATE FUNCTION pg_temp.line(line jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_temp.place(jsonb_build_object('lines', jsonb_build_array('{"sku": "BAD-CAP", "quantity": 1, "tax": 0}' || line)))
$$;
-- all that an order writes
CREATE FUNCTION pg_temp.written() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT count(*) FROM oms.orders), (SELECT count(*) FROM oms.order_lines), (SELECT count(*) FROM oms.order_adjustments),
                     (SELECT count(*) FROM oms.order_holds), (SELECT count(*) FROM oms.fulfillments), (SELECT count(*) FROM oms.fulfillment_lines),
                     (SELECT count(*) FROM oms.reservations), (SELECT count(*) FROM oms.payments), (SELECT count(*) FROM oms.payment_entries),
                     (SELECT count(*) FROM oms.events), (SELECT count(*) FROM oms.customers), (SELECT count(*) FROM oms.commands),
                     (SELECT oms.sum(reserved) FROM oms.stock_levels))
$$;
SELECT pg_temp.written() AS written \gset

/*
 * What is not an order document at all
 */
SELECT place_order(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('null'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('[]'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('"order"'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('{}'); \echo :LAST_ERROR_SQLSTATE
SELECT quote_order(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT quote_order('{}'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('{"channel": "bad-web", "reference": "\u0000", "lines": []}'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('{"channel": "bad-web", "reference": "\ud800", "lines": []}'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order('{"channel": "bad-web", "reference": "bad\nname", "lines": {}}'); \echo :LAST_ERROR_SQLSTATE
SELECT place_order(('{"channel": "bad-web", "reference": "big", "lines": [], "metadata": {"big": "' || repeat('x', 10000000) || '"}}')::jsonb); \echo :LAST_ERROR_SQLSTATE
SELECT place_order(jsonb_build_object('channel', 'bad-web', 'reference', 'long',
                                      'lines', (SELECT jsonb_agg('{"sku": "BAD-TEE", "quantity": 1}'::jsonb) FROM generate_series(1, 2001)))); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place(jsonb_build_object('reference', repeat('r', 101))); \echo :LAST_ERROR_SQLSTATE

/*
 * All faults of a document at once, each with its path (OM007)
 */
SELECT place_order('{"chanel": "bad-web", "reference": 7, "currency": "EURO", "placed_at": "yesterday", "customer": {"email": "@", "phone": "1"},
    "ship_to": {"country": "Portugal", "lat": 91, "lon": "west"}, "bill_to": {"lat": 1},
    "lines": [{"sku": "", "quantity": 0, "unit_price": -1, "discount": "a lot", "tax": "NaN", "metadata": []}, {"quantity": "1e400"}, 7, null],
    "shipping": {"service": 1, "price": "1 EUR", "tax": null}, "discounts": [{"amount": -5}, {"code": "X"}],
    "payments": [{"method": "card", "amount": 0, "status": "paid"}, {}],
    "fulfillment": {"allow_split": "no", "deliver_by": "2026-02-30", "ship_from": []}, "metadata": "free"}'); \echo :LAST_ERROR_SQLSTATE

/*
 * Numbers that are none, or too many
 */
SELECT pg_temp.line('{"quantity": "NaN"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"quantity": "Infinity"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"quantity": -1}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"quantity": 1e300}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"quantity": 0.0000001}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"quantity": 1000000000.000001}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"quantity": 1000000000}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"unit_price": "NaN"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"unit_price": 1e13}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"unit_price": 1e12, "quantity": 1000000}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"discount": 1e12}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.line('{"tax": 1000000000000.01}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"lines": [{"sku": "BAD-CAP", "quantity": 90, "unit_price": 999999999999, "tax": 0}, {"sku": "BAD-CAP", "quantity": 90, "unit_price": 999999999999, "tax": 0}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"placed_at": "infinity"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"placed_at": "294276-12-31T23:59:59Z"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"fulfillment": {"deliver_by": "infinity"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"ship_to": {"country": "PT", "lat": 90.0001, "lon": 180.5}}'); \echo :LAST_ERROR_SQLSTATE

/*
 * Codes that do not exist, all of them (OM006); before what only shows when they do
 */
SELECT pg_temp.place('{"channel": "bad-nowhere", "lines": [{"sku": "BAD-NONE", "quantity": 1}, {"sku": "BAD-TEE", "quantity": 0.5}, {"sku": "bad-tee", "quantity": 1}],
                       "shipping": {"service": "bad-drone"}, "fulfillment": {"ship_from": "bad-moon", "pickup_location": "bad-mars"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT quote_order('{"channel": "bad-web", "reference": "bad", "lines": [{"sku": "BAD-NONE", "quantity": 1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"fulfillment": {"pickup_location": "bad-here"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT get_order(-1); \echo :LAST_ERROR_SQLSTATE
SELECT get_order(NULL) AS null, find_order('bad-web', 'bad') AS none;

/*
 * Not enough (OM001): judged on the sum of all lines, kits and their components
 */
SELECT pg_temp.place('{"lines": [{"sku": "BAD-TEE", "quantity": 6}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"lines": [{"sku": "BAD-TEE", "quantity": 3}, {"sku": "BAD-CAP", "quantity": 1}, {"sku": "BAD-TEE", "quantity": 3}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"lines": [{"sku": "BAD-SET", "quantity": 2}, {"sku": "BAD-TEE", "quantity": 2}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"lines": [{"sku": "BAD-TEE", "quantity": 2}, {"sku": "BAD-SET", "quantity": 2}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"lines": [{"sku": "BAD-TEE", "quantity": 9}, {"sku": "BAD-CAP", "quantity": 1000000.000001}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT quote_order('{"channel": "bad-web", "reference": "bad", "ship_to": {"country": "PT"}, "lines": [{"sku": "BAD-TEE", "quantity": 6, "tax": 0}]}'); \echo :LAST_ERROR_SQLSTATE

-- many: the first fifty are named
SELECT put_product(jsonb_build_object('code', 'bad-many', 'skus', (SELECT jsonb_agg(jsonb_build_object('code', 'BAD-' || n, 'price', '1 EUR')) FROM generate_series(1, 60) AS n)));
CREATE FUNCTION pg_temp.last_lines(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN format('%s, %s lines, the last: %s', sqlerrm, cardinality(string_to_array(detail, E'\n')), (string_to_array(detail, E'\n'))[51]);
END
$$;
SELECT pg_temp.last_lines($$SELECT pg_temp.place(jsonb_build_object('lines', (SELECT jsonb_agg(jsonb_build_object('sku', 'BAD-' || n, 'quantity', 1)) FROM generate_series(1, 60) AS n)))$$);
SELECT pg_temp.last_lines($$SELECT pg_temp.place(jsonb_build_object('lines', (SELECT jsonb_agg(jsonb_build_object('sku', 'NONE-' || n, 'quantity', 1)) FROM generate_series(1, 60) AS n)))$$);
SELECT pg_temp.last_lines($$SELECT pg_temp.place(jsonb_build_object('lines', (SELECT jsonb_agg(jsonb_build_object('sku', 'BAD-' || n, 'quantity', -1)) FROM generate_series(1, 60) AS n)))$$);

/*
 * Nobody who has it serves the destination (OM003)
 */
SELECT pg_temp.place('{"ship_to": {"country": "DE", "lat": 52, "lon": 13}}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"ship_to": {"country": "ES"}, "lines": [{"sku": "BAD-CAP", "quantity": 1, "tax": 0}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"fulfillment": {"ship_from": "bad-there"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_location('{"code": "bad-here", "active": false}'), put_location('{"code": "bad-there", "active": false}');
SELECT pg_temp.place('{}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_location('{"code": "bad-here", "active": true}'), put_location('{"code": "bad-there", "active": true}');

/*
 * Nothing was written, and the same document without its fault is placed
 */
SELECT pg_temp.written() = :'written' AS nothing_written;
SELECT pg_temp.place('{}') AS placed \gset
SELECT find_order('bad-web', 'bad') = :placed AS placed, pg_temp.written() = :'written' AS nothing_written;
ROLLBACK;
