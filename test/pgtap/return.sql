-- returns: nothing is lost to rounding and nothing is given back twice, however they are mixed
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(8);
SELECT setseed(0.42) IS NULL AS seeded;

INSERT INTO channels (code, name, currency) VALUES ('rr-EUR', 'Euro', 'EUR'), ('rr-JPY', 'Yen', 'JPY'), ('rr-KWD', 'Dinar', 'KWD');
INSERT INTO locations (code, name) VALUES ('rr-a', 'A'), ('rr-b', 'B');
INSERT INTO skus (code, name) VALUES ('RR-1', 'One'), ('RR-2', 'Two'), ('RR-KIT', 'Kit');
INSERT INTO kit_components SELECT k.sku_id, c.sku_id, 3 FROM skus AS k, skus AS c WHERE k.code = 'RR-KIT' AND c.code = 'RR-1';
SELECT count_stock('RR-1', 'rr-a', 100000) + count_stock('RR-2', 'rr-a', 100000) IS NOT NULL AS counted;
CREATE TEMPORARY TABLE placed (order_id bigint PRIMARY KEY);

CREATE FUNCTION pg_temp.amount_of(below int, currency text) RETURNS numeric LANGUAGE sql AS
    'SELECT trunc((random() * below)::numeric, CASE currency WHEN ''JPY'' THEN 0 WHEN ''KWD'' THEN 3 ELSE 2 END)';
CREATE FUNCTION pg_temp.place(cur text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint := oms.place_order(jsonb_build_object(
        'channel', 'rr-' || cur, 'reference', gen_random_uuid(), 'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', (ARRAY['RR-1', 'RR-2', 'RR-KIT'])[n], 'quantity', 1 + trunc(random() * 7),
                                                      'unit_price', round((random() * 30)::numeric, 4), 'tax', pg_temp.amount_of(9, cur), 'discount', '0'))
                  FROM generate_series(1, 3) AS n),
        'discounts', jsonb_build_array(jsonb_build_object('amount', pg_temp.amount_of(12, cur))),
        'shipping', jsonb_build_object('price', pg_temp.amount_of(6, cur), 'tax', pg_temp.amount_of(2, cur))));
BEGIN
    PERFORM oms.add_payment(id, jsonb_build_object('method', 'card', 'status', 'captured', 'amount', total::numeric))
    FROM oms.orders WHERE order_id = id AND sign(total) > 0;
    PERFORM oms.pack(id, 1), oms.ship(id, 1), oms.mark_delivered(id, 1);
    INSERT INTO placed VALUES (id);
    RETURN id;
END
$$;
-- units of lines that are still the customer's
CREATE FUNCTION pg_temp.some(id bigint) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', 1 + trunc(random() * (rest - 1))))
    FROM oms.order_lines AS l,
         LATERAL (SELECT (l.delivered - l.returned)::numeric
                         - coalesce((SELECT sum(quantity::numeric) FROM oms.claim_lines AS c WHERE c.order_id = id AND c.line_no = l.line_no), 0) AS rest) AS r
    WHERE order_id = id AND rest > 0 AND random() < 0.6
$$;
CREATE FUNCTION pg_temp.step(id bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    lines jsonb := pg_temp.some(id);
    kind double precision := random();
    no int;
BEGIN
    IF lines IS NULL THEN
        RETURN 'nothing';
    ELSIF kind < 0.15 THEN
        PERFORM oms.claim_items(id, lines, 'lost');
        RETURN 'claim';
    ELSIF kind < 0.2 THEN
        PERFORM oms.claim_items(id, lines, 'lost', 'replacement');
        RETURN 'replacement';
    ELSIF kind < 0.3 THEN
        PERFORM oms.refund(id, left_over, 'sorry')
        FROM (SELECT amount(trunc(random() * 3)::numeric, currency_of(total)) AS left_over, total FROM oms.orders WHERE order_id = id) AS o
        WHERE sign(left_over) > 0
              AND left_over <= (SELECT sum(captured - refunded) FROM oms.payments WHERE order_id = id)
                               - coalesce((SELECT sum(moved) FROM oms.order_links WHERE order_id = id), left_over - left_over);
        RETURN 'refund';
    END IF;
    no := oms.request_return(id, lines, 'x');
    PERFORM oms.approve_return(id, no);
    IF kind < 0.45 THEN
        PERFORM oms.exchange_return(id, no, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object(
            'sku', 'RR-2', 'quantity', 1, 'unit_price', trunc(random() * 20), 'tax', 0)), 'shipping', '{"price": 0, "tax": 0}'::jsonb));
    END IF;
    PERFORM oms.receive_return(id, no, 'rr-b');
    PERFORM oms.inspect_return(id, no, (
        SELECT jsonb_agg(l || jsonb_build_object('disposition', (ARRAY['restock', 'scrap', 'quarantine'])[1 + trunc(random() * 3)::int], 'accepted', random() < 0.9))
        FROM jsonb_array_elements(lines) AS l));
    PERFORM oms.complete_return(id, no);
    RETURN 'return';
END
$$;

SELECT lives_ok($$SELECT pg_temp.place((ARRAY['EUR', 'JPY', 'KWD'])[1 + n % 3]) FROM generate_series(1, 60) AS n$$, 'orders in three currencies are delivered');
SELECT lives_ok($$SELECT pg_temp.step(order_id) FROM placed, generate_series(1, 6) AS n ORDER BY n, random()$$, 'returns, claims, exchanges and refunds at random');
SELECT is_empty('SELECT * FROM check_invariants()', 'and all that must hold does');
SELECT ok((SELECT count(*) FROM returns) > 50 AND (SELECT count(*) FROM order_links) > 10 AND (SELECT count(*) FROM claims) > 10, 'all of it has happened');
SELECT is_empty($$SELECT order_id FROM orders JOIN placed USING (order_id)
                  WHERE (SELECT sum(minor(i.total) + minor(fee)) FROM invoices AS i WHERE i.order_id = orders.order_id AND kind = 'credit_note') > minor(total)$$,
                'no more is credited than was charged');
SELECT is_empty($$SELECT order_id FROM orders JOIN placed USING (order_id)
                  WHERE (SELECT sum(minor(captured) - minor(refunded)) FROM payments WHERE payments.order_id = orders.order_id)
                        - coalesce((SELECT sum(minor(moved)) FROM order_links AS k WHERE k.order_id = orders.order_id), 0)
                        <> minor(total) - coalesce((SELECT sum(minor(i.total)) FROM invoices AS i WHERE i.order_id = orders.order_id AND kind = 'credit_note'), 0)$$,
                'what is kept is what is owed, to the last unit');
SELECT is_empty('SELECT 1 FROM ledger_entries GROUP BY posting_id, currency_of(amount) HAVING sum(minor(amount)) <> 0', 'each posting is even');
SELECT is((SELECT sum(minor(amount)) FROM ledger_entries WHERE account = 'clearing' AND provider = 'exchange'), 0::numeric, 'exchanged money stays nowhere on its way');
SELECT * FROM finish();
ROLLBACK;
