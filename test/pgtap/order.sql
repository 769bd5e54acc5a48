-- order: what others paid for, a lesson each (numbers are those of the threads' list), and other yes or no
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(45);

SELECT put_location(jsonb_build_object('code', 'les-' || n, 'lat', 40 + n, 'lon', -8)) FROM generate_series(1, 4) AS n;
SELECT put_channel('{"code": "les-web", "currency": "EUR"}'), put_channel('{"code": "les-one", "currency": "EUR", "locations": ["les-1"]}'),
       put_channel('{"code": "les-two", "currency": "EUR", "locations": ["les-1", "les-2"]}');
SELECT put_sku(jsonb_build_object('code', 'LES-' || n, 'price', '10 EUR')) FROM generate_series(1, 25) AS n;
CREATE FUNCTION pg_temp.place(lines text, document jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'les-web', 'reference', gen_random_uuid(), 'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', 'LES-' || split_part(l, ' x ', 2), 'quantity', split_part(l, ' x ', 1), 'tax', 0)
                                   ORDER BY n) FROM unnest(string_to_array(lines, ', ')) WITH ORDINALITY AS u(l, n))) || document)
$$;
CREATE FUNCTION pg_temp.paid(lines text, total numeric, document jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_temp.place(lines, jsonb_build_object('payments', jsonb_build_array(
        jsonb_build_object('method', 'card', 'amount', total, 'status', 'captured'))) || document)
$$;
CREATE FUNCTION pg_temp.level(sku integer, location integer) RETURNS text LANGUAGE sql AS $$
    SELECT reserved || ' of ' || on_hand FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code = 'LES-' || sku AND l.code = 'les-' || location
$$;
CREATE FUNCTION pg_temp.line(order_id bigint, line_no integer DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s: %s cancelled, %s allocated, %s backordered, %s shipped', quantity, cancelled, allocated, backordered, shipped)
    FROM oms.order_lines AS l WHERE l.order_id = line.order_id AND l.line_no = line.line_no
$$;
CREATE FUNCTION pg_temp.written() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT count(*) FROM oms.orders), (SELECT count(*) FROM oms.order_lines), (SELECT count(*) FROM oms.fulfillments),
                     (SELECT count(*) FROM oms.reservations), (SELECT count(*) FROM oms.events), (SELECT count(*) FROM oms.customers))
$$;
SELECT receive_stock('LES-' || n, 'les-1', 10) FROM generate_series(1, 25) AS n;

-- stock
SELECT throws_ok($$SELECT pg_temp.place('11 x 1')$$, 'OM001', 'not enough stock', '#1 the eleventh of ten is not sold');
SELECT lives_ok($$SELECT pg_temp.place('10 x 1')$$, '#5 the tenth of ten is');
SELECT throws_ok($$SELECT pg_temp.paid('1 x 1', 10)$$, 'OM001', NULL, '#5 and whoever is late is refused before any payment is taken');
SELECT is((SELECT count(*) FROM payments), 0::bigint, '#5 so there is none');
SELECT lives_ok($$SELECT pg_temp.place('6 x 2', '{"channel": "les-one"}')$$, '#2 one channel takes 6 of 10 at a place');
SELECT throws_ok($$SELECT pg_temp.place('5 x 2', '{"channel": "les-two"}')$$, 'OM001', NULL, '#2 another, with more places, finds 4 there');
SELECT is(available('LES-2', channel => 'les-two')::text, '4', '#2 as it was shown');
SELECT pg_temp.written() AS written \gset
SELECT throws_ok($$SELECT pg_temp.place('1 x 3, 99 x 4', '{"customer": {"email": "new@example.com"}}')$$, 'OM001', NULL, '#3 #12 an order that fails in its second line');
SELECT is(pg_temp.written(), :'written', '#3 #12 leaves no order, no hold and no customer');
SELECT is(pg_temp.level(3, 1), '0 of 10', '#3 #12 and holds nothing');
SELECT pg_temp.place('6 x 5', '{"fulfillment": {"allow_backorder": true}}') AS five \gset
SELECT pg_temp.place('6 x 5', '{"fulfillment": {"allow_backorder": true}}') AS waits \gset
SELECT is(pg_temp.line(:waits), '6: 0 cancelled, 4 allocated, 2 backordered, 0 shipped', '#6 what waits is a number of its own');
SELECT is(pg_temp.level(5, 1), '10 of 10', '#6 and nothing is negative');
SELECT throws_ok($$SELECT pg_temp.place('6 x 6, 6 x 6')$$, 'OM001', NULL, '#10 #15 two lines of a SKU are judged on their sum');
SELECT is(pg_temp.line(pg_temp.place('6 x 6, 4 x 6'), 2), '4: 0 cancelled, 4 allocated, 0 backordered, 0 shipped', '#10 #15 and get it, if it is there');
SELECT receive_stock('LES-7', 'les-2', 10);
SELECT is(available('LES-7')::text, '20', '#13 ten here and ten there are shown as 20');
SELECT pg_temp.place('15 x 7') AS split \gset
SELECT is((SELECT count(*) FROM fulfillments WHERE order_id = :split), 2::bigint, '#13 and 15 of them are sold');

-- where it is
SELECT receive_stock('LES-8', 'les-2', 1);
SELECT pg_temp.place('10 x 8') AS moved \gset
SELECT throws_ok(format('SELECT oms.reroute(%s, 1)', :moved), 'OM001', NULL, '#14 a hold of ten is not moved to where one is');
SELECT is(pg_temp.level(8, 1) || ', ' || pg_temp.level(8, 2), '10 of 10, 0 of 1', '#14 and stays where it was');
SELECT receive_stock('LES-8', 'les-3', 10);
SELECT lives_ok(format('SELECT oms.reroute(%s, 1)', :moved), '#14 it is moved to where ten are');
SELECT is(pg_temp.level(8, 1) || ', ' || pg_temp.level(8, 3), '0 of 10, 10 of 10', '#14 wholly');
SELECT add_payment(:moved, '{"method": "card", "amount": 100, "status": "captured"}'), pack(:moved, 2), ship(:moved, 2);
SELECT is(pg_temp.level(8, 1) || ', ' || pg_temp.level(8, 3), '0 of 10, 0 of 0', '#14 and shipped from where it is held');
SELECT receive_stock('LES-9', 'les-' || n, 2) FROM generate_series(2, 4) AS n;
SELECT pg_temp.paid('16 x 9', 160) AS four \gset
SELECT is((SELECT string_agg(code || ': ' || quantity, ', ' ORDER BY code) FROM fulfillments JOIN fulfillment_lines USING (order_id, fulfillment_no)
           JOIN locations USING (location_id) WHERE order_id = :four), 'les-1: 10, les-2: 2, les-3: 2, les-4: 2', '#23 an order needs four places and gets them');
SELECT reject(:four, (SELECT fulfillment_no FROM fulfillments JOIN locations USING (location_id) WHERE order_id = :four AND code = 'les-3'), 'lost');
SELECT is(pg_temp.line(:four), '16: 0 cancelled, 14 allocated, 2 backordered, 0 shipped', '#23 what one rejects is not taken for what others have');
SELECT is((SELECT status::text FROM orders WHERE order_id = :four), 'held', '#23 and somebody is to look at it');

-- units come back once
SELECT pg_temp.place('10 x 10') AS dup \gset
SELECT cancel_order(:dup, 'twice', NULL, 'les-cancel'), cancel_order(:dup, 'twice', NULL, 'les-cancel');
SELECT is(pg_temp.level(10, 1), '0 of 10', '#19 cancelling, and once more, frees ten of ten');
SELECT throws_ok(format($$UPDATE oms.orders SET status = 'placed' WHERE order_id = %s$$, :dup), 'OM002', NULL, '#19 what is cancelled does not come alive');
SELECT pg_temp.paid('4 x 11, 4 x 12', 80) AS part \gset
SELECT cancel_order(:part, 'fewer', '[{"line_no": 1, "quantity": 1}]'), pack(:part, 1), ship(:part, 1);
SELECT throws_ok(format($$SELECT oms.cancel_order(%s, 'late', '[{"line_no": 1, "quantity": 1}]')$$, :part), 'OM008', NULL, '#9 what has left is not cancelled');
SELECT is(pg_temp.line(:part), '4: 1 cancelled, 3 allocated, 0 backordered, 3 shipped', '#9 each unit has one fate');
SELECT is(pg_temp.level(11, 1), '0 of 7', '#25 three of ten are gone, none came back');
SELECT is((SELECT count(*) FROM stock_movements WHERE order_id = :dup), 0::bigint, '#25 a cancelled order moves no stock');
SELECT is_empty($$SELECT reservation_id FROM reservations WHERE order_id IS NOT NULL AND (fulfillment_no IS NULL OR line_no IS NULL)$$, '#20 every hold names its line');
SELECT throws_ok($$UPDATE oms.order_lines SET allocated = allocated$$ || ' + 1', '55000', NULL, '#20 and no line is allocated without one');

-- money
SELECT place_order('{"channel": "les-web", "reference": "les-16", "lines": [{"sku": "LES-13", "quantity": 1, "unit_price": "10.285", "tax": 0}], "ship_to": {"country": "PT", "lat": 40, "lon": -8},
                     "payments": [{"method": "card", "amount": "10.29", "status": "captured"}]}') AS sixteen \gset
SELECT is((SELECT status || ' ' || total FROM orders WHERE order_id = :sixteen), 'confirmed 10.29 EUR', '#16 10.285 is 10.29, and 10.29 covers it');
SELECT is(refund(:sixteen, '10.29 EUR', 'all'), 1, '#16 and all of it can be given back');
SELECT place_order('{"channel": "les-web", "reference": "les-25", "lines": [{"sku": "LES-13", "quantity": 9, "unit_price": "13.9563", "tax": 0}], "ship_to": {"country": "PT", "lat": 40, "lon": -8},
                     "payments": [{"method": "card", "amount": "125.61", "status": "captured"}]}') AS money \gset
SELECT is((SELECT status || ' ' || total FROM orders WHERE order_id = :money), 'confirmed 125.61 EUR', '#25 9 x 13.9563 is 125.61, rounded once');
SELECT cancel_order(:money, 'one', jsonb_build_array(jsonb_build_object('line_no', 1, 'quantity', 1))) FROM generate_series(1, 4);
SELECT is((SELECT total::text FROM orders WHERE order_id = :money), '69.78 EUR', '#17 #24 cancelled one by one, the total is that of the rest, not a sum of differences');
SELECT cancel_order(:money, 'all');
SELECT throws_ok(format($$SELECT oms.refund(%s, '125.62 EUR', 'all')$$, :money), 'OM008', NULL, '#24 more than was captured is not given back');
SELECT is(refund(:money, '125.61 EUR', 'all'), 1, '#25 what was captured is, to the cent');
SELECT place_order('{"channel": "les-web", "reference": "les-17", "lines": [{"sku": "LES-14", "quantity": 3, "tax": "2.00", "discount": "1.00"}], "ship_to": {"country": "PT", "lat": 40, "lon": -8}}') AS taxed \gset
SELECT cancel_order(:taxed, 'fewer', '[{"line_no": 1, "quantity": 2}]');
SELECT is((SELECT total::text FROM orders WHERE order_id = :taxed), '10.34 EUR', '#17 tax and discount of a line go with its units');

-- payments come first
SELECT pg_temp.place('1 x 15') AS unpaid \gset
SELECT adjust_stock('LES-15', 'les-1', -9, 'gone'), add_payment(:unpaid, '{"method": "card", "amount": 10, "status": "captured"}', 'les-pay'),
       add_payment(:unpaid, '{"method": "card", "amount": 10, "status": "captured"}', 'les-pay');
SELECT is((SELECT orders.status || ', ' || count(*) FROM orders JOIN payments USING (order_id) WHERE order_id = :unpaid GROUP BY orders.status), 'confirmed, 1',
          '#8 a payment that is told twice counts once, and needs no stock');
SELECT is((SELECT count(*) FROM payments AS p WHERE NOT EXISTS (SELECT FROM orders AS o WHERE o.order_id = p.order_id)), 0::bigint, '#8 no payment is without its order');

-- holds at the same time: what a cart has is not sold
SELECT reserve('LES-16', 5) AS cart \gset
SELECT throws_ok($$SELECT pg_temp.place('6 x 16')$$, 'OM001', NULL, '#18 what a cart holds is not sold');
SELECT lives_ok($$SELECT pg_temp.place('5 x 16')$$, '#18 what it does not is');
SELECT is((SELECT reserved::text FROM stock_levels JOIN skus USING (sku_id) WHERE code = 'LES-16'), '10', '#11 both are counted');
SELECT is_empty('SELECT * FROM check_invariants()', 'and the books are right');
SELECT * FROM finish();
ROLLBACK;
