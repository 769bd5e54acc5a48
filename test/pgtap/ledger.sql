-- the books at random: five currencies with 0, 2 and 3 decimals, rates that move; parts add up, and a full refund takes back exactly the tax
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(19);
CREATE SCHEMA bk;
SET LOCAL oms.now = '2026-03-01 12:00+00';

\o /dev/null
SELECT set_base_currency('EUR');
SELECT put_channel('{"code": "bk-web", "currency": "EUR"}'), put_channel('{"code": "bk-market", "currency": "EUR"}');
UPDATE channels SET fee_rate = 0.083333 WHERE code = 'bk-market';
SELECT put_location(jsonb_build_object('code', 'bk-' || n, 'country', 'PT', 'lat', 40 + n, 'lon', -8)) FROM generate_series(1, 3) AS n;
SELECT put_sku(jsonb_build_object('code', 'BK-' || n, 'price', '1 EUR')), put_sku('{"code": "BK-KG", "price": "1 EUR", "decimals": 3}') FROM generate_series(1, 5) AS n;
SELECT count_stock(s.code, 'bk-' || l, CASE s.code WHEN 'BK-1' THEN 100000 ELSE 3000 END) FROM skus AS s, generate_series(1, 3) AS l WHERE s.code LIKE 'BK-%';
SELECT put_tax_rate('{"country": "PT", "rate": 0.23}'), put_tax_rate('{"country": "JP", "rate": 0.10, "included": true}'),
       put_tax_rate('{"country": "US", "region": "CA", "rate": 0.0725}');
SELECT put_fx_rate('2026-02-01', 'EUR', c, r) FROM (VALUES ('USD', 1.0837), ('JPY', 161.37), ('KWD', 0.3341), ('CLP', 1047.9)) AS v(c, r);
\o

CREATE TABLE bk.cur AS
SELECT * FROM (VALUES ('EUR', 2, 1.0), ('USD', 2, 1.1), ('JPY', 0, 161.0), ('KWD', 3, 0.33), ('CLP', 0, 1048.0)) AS v(code, decimals, level);
CREATE TABLE bk.orders (order_id bigint PRIMARY KEY);
CREATE TABLE bk.done (what text, code text);
CREATE FUNCTION bk.upto(n integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::integer $$;

CREATE FUNCTION bk.place(n integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_cur bk.cur := (SELECT c FROM bk.cur AS c ORDER BY random() LIMIT 1);
    v_document jsonb := jsonb_build_object(
        'channel', CASE bk.upto(2) WHEN 1 THEN 'bk-web' ELSE 'bk-market' END, 'reference', 'bk-' || n, 'currency', v_cur.code,
        'ship_to', (ARRAY['{"country": "PT", "lat": 41, "lon": -8}', '{"country": "JP", "lat": 42, "lon": -8}',
                          '{"country": "US", "region": "CA", "lat": 43, "lon": -8}'])[bk.upto(3)]::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', CASE WHEN k = 6 THEN 'BK-KG' ELSE 'BK-' || k END,
                                   'quantity', CASE WHEN k = 6 THEN bk.upto(9000) / 1000.0 ELSE bk.upto(7) END,
                                   'unit_price', round((random() * 40 * v_cur.level)::numeric, (ARRAY[v_cur.decimals, 6])[bk.upto(2)]))
                                   || CASE bk.upto(4) WHEN 1 THEN '{"discount": 1}' ELSE '{}' END::jsonb
                                   || CASE bk.upto(6) WHEN 1 THEN '{"tax": 1}' ELSE '{}' END::jsonb)
                  FROM (SELECT bk.upto(6) AS k FROM generate_series(1, bk.upto(4))) AS l),
        'discounts', CASE bk.upto(2) WHEN 1 THEN jsonb_build_array(jsonb_build_object('amount', round((random() * 9 * v_cur.level)::numeric, v_cur.decimals))) ELSE '[]' END,
        'shipping', jsonb_build_object('price', round((random() * 9 * v_cur.level)::numeric, v_cur.decimals)) || CASE bk.upto(2) WHEN 1 THEN '{"tax": 1}' ELSE '{}' END::jsonb);
    v_total numeric := (oms.quote_order(v_document) ->> 'total')::numeric;
    v_part numeric := round((v_total * random())::numeric, v_cur.decimals);
BEGIN
    RETURN oms.place_order(v_document || jsonb_build_object('payments', CASE
        WHEN v_total = 0 THEN '[]'
        WHEN v_part IN (0, v_total) OR random() < 0.5 THEN jsonb_build_array(jsonb_build_object('method', 'card', 'provider', 'stripe', 'amount', v_total,
            'status', (ARRAY['authorized', 'captured'])[bk.upto(2)]))
        ELSE jsonb_build_array(jsonb_build_object('method', 'card', 'provider', 'stripe', 'amount', v_part, 'status', 'captured'),
                               jsonb_build_object('method', 'wallet', 'provider', 'adyen', 'amount', v_total - v_part, 'status', 'authorized')) END));
END
$$;
-- what the customer has paid too much
CREATE FUNCTION bk.overpaid(bigint) RETURNS amount LANGUAGE sql AS $$
    SELECT o.lines_total - o.lines_total + coalesce((SELECT sum(p.captured - p.refunded) FROM oms.payments AS p WHERE p.order_id = o.order_id), o.total - o.total)
           - o.total + coalesce((SELECT sum(i.total) FROM oms.invoices AS i WHERE i.order_id = o.order_id AND i.kind = 'credit_note'), o.total - o.total)
    FROM oms.orders AS o WHERE order_id = $1
$$;
CREATE FUNCTION bk.paid(bigint) RETURNS amount LANGUAGE sql AS
    'SELECT coalesce((SELECT sum(captured - refunded) FROM oms.payments WHERE order_id = $1), (SELECT total - total FROM oms.orders WHERE order_id = $1))';
CREATE FUNCTION bk.part(amount) RETURNS amount LANGUAGE sql VOLATILE AS
    'SELECT oms.amount_from_minor(greatest(1, floor(oms.minor($1) * random())::bigint), oms.currency_of($1))';
CREATE FUNCTION bk.move(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    SELECT fulfillment_no AS no, status::text INTO v FROM oms.fulfillments
    WHERE order_id = v_order_id AND status IN ('released', 'picking', 'packed', 'shipped') ORDER BY random() LIMIT 1;
    CASE v.status WHEN 'released' THEN PERFORM oms.pack(v_order_id, v.no);
                  WHEN 'packed' THEN PERFORM oms.ship(v_order_id, v.no);
                  WHEN 'shipped' THEN PERFORM oms.mark_delivered(v_order_id, v.no); END CASE;
END
$$;
CREATE FUNCTION bk.cancel(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v oms.order_lines := (SELECT l FROM oms.order_lines AS l WHERE order_id = v_order_id ORDER BY random() LIMIT 1);
BEGIN
    IF random() < 0.15 THEN
        PERFORM oms.cancel_order(v_order_id, 'random');
    ELSE
        PERFORM oms.cancel_order(v_order_id, 'random', jsonb_build_array(jsonb_build_object('line_no', v.line_no, 'quantity', bk.upto(3))));
    END IF;
END
$$;
CREATE FUNCTION bk.edit(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_line integer := (SELECT line_no FROM oms.order_lines WHERE order_id = v_order_id ORDER BY random() LIMIT 1);
BEGIN
    PERFORM oms.edit_order(v_order_id, CASE bk.upto(4)
        WHEN 1 THEN jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('line_no', v_line, 'quantity', bk.upto(8))))
        WHEN 2 THEN jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('line_no', v_line, 'unit_price', bk.upto(30))))
        WHEN 3 THEN jsonb_build_object('discounts', jsonb_build_array(jsonb_build_object('amount', bk.upto(5))))
        ELSE jsonb_build_object('shipping', jsonb_build_object('price', bk.upto(9))) END);
END
$$;
CREATE FUNCTION bk.pay(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_no integer := (SELECT payment_no FROM oms.payments WHERE order_id = v_order_id AND status IN ('authorized', 'partially_captured') ORDER BY random() LIMIT 1);
BEGIN
    IF v_no IS NULL THEN
        PERFORM oms.add_payment(v_order_id, jsonb_build_object('method', 'bank_transfer', 'status', 'captured', 'amount', bk.upto(20)));
    ELSE
        PERFORM oms.capture(v_order_id, v_no, CASE bk.upto(2) WHEN 1 THEN (SELECT bk.part(authorized - captured) FROM oms.payments WHERE order_id = v_order_id AND payment_no = v_no) END);
    END IF;
END
$$;
CREATE FUNCTION bk.step() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_order_id bigint := (SELECT order_id FROM bk.orders ORDER BY random() LIMIT 1);
    v_what text := (ARRAY['move', 'move', 'move', 'move', 'cancel', 'edit', 'pay', 'refund', 'refund', 'rate', 'hand'])[bk.upto(11)];
BEGIN
    CASE v_what
        WHEN 'move' THEN PERFORM bk.move(v_order_id);
        WHEN 'cancel' THEN PERFORM bk.cancel(v_order_id);
        WHEN 'edit' THEN PERFORM bk.edit(v_order_id);
        WHEN 'pay' THEN PERFORM bk.pay(v_order_id);
        WHEN 'refund' THEN
            PERFORM oms.refund(v_order_id, CASE WHEN random() < 0.3 THEN bk.paid(v_order_id) ELSE bk.part(bk.paid(v_order_id)) END, 'random');
        WHEN 'rate' THEN
            PERFORM set_config('oms.now', (oms.now() + interval '1 day')::text, true);
            PERFORM oms.put_fx_rate(oms.now()::date, 'EUR', c.code, (c.level * (0.9 + random() / 5))::numeric(12, 6)) FROM bk.cur AS c WHERE c.code <> 'EUR';
        ELSE
            UPDATE oms.orders AS o SET shipping_price = s.price, total = o.total - o.shipping_price + s.price
            FROM (SELECT oms.amount_from_minor(minor(x.shipping_price) + bk.upto(100), x.currency) AS price
                  FROM oms.orders AS x WHERE x.order_id = v_order_id) AS s
            WHERE o.order_id = v_order_id AND o.status <> 'cancelled';
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
    END CASE;
    INSERT INTO bk.done VALUES (v_what, 'done');
EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM002' OR SQLSTATE 'OM007' OR SQLSTATE 'OM008' OR SQLSTATE 'OM010' OR invalid_parameter_value OR case_not_found THEN
    INSERT INTO bk.done VALUES (v_what, SQLSTATE);
END
$$;
CREATE FUNCTION bk.steps(n integer) RETURNS TABLE (step integer, invariant text, key text, expected text, found text) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. n LOOP
        PERFORM bk.step();
        IF i % 250 = 0 THEN
            RETURN QUERY SELECT i, c.* FROM oms.check_invariants() AS c LIMIT 5;
        END IF;
    END LOOP;
END
$$;

SELECT setseed(0.1494);
\o /dev/null
INSERT INTO bk.orders SELECT bk.place(n) FROM generate_series(1, 60) AS n;
\o
SELECT is_empty('SELECT * FROM bk.steps(1500)', '1,500 random steps on 60 orders leave nothing wrong on the books');
SELECT is_empty($$SELECT what FROM unnest('{move,cancel,edit,pay,refund,rate,hand}'::text[]) AS what
                  WHERE (SELECT count(*) FROM bk.done AS d WHERE d.what = what.what AND code = 'done') < 10$$, 'each kind of step was done at least 10 times');
SELECT is((SELECT count(DISTINCT currency) FROM orders JOIN bk.orders USING (order_id)), 5::bigint, 'in five currencies');
SELECT cmp_ok((SELECT count(*) FROM invoices WHERE reason = 'allowance'), '>', 50::bigint, 'there were allowances');
SELECT cmp_ok((SELECT count(*) FROM invoices WHERE reason = 'correction'), '>', 5::bigint, 'some were taken back');
SELECT cmp_ok((SELECT count(*) FROM ledger_entries WHERE account = 'fx_gain_loss'), '>', 50::bigint, 'rates made a difference');
SELECT cmp_ok((SELECT count(*) FROM ledger_entries WHERE kind = 'fee'), '>', 20::bigint, 'marketplaces took their fee');
SELECT is_empty('SELECT currency FROM oms_report.trial_balance GROUP BY currency HAVING sum(balance) <> 0', 'the trial balance is even in each currency');
SELECT is((SELECT sum(base_balance) FROM oms_report.trial_balance), 0.00, 'and in the base currency');
SELECT is_empty($$SELECT order_id FROM ledger_entries WHERE base_amount IS NULL$$, 'all has a value in it');

/*
 * The end: what is left ships or is cancelled, the customer pays the rest or gets it back
 */
CREATE FUNCTION bk.finish(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_over oms.amount;
BEGIN
    FOR v IN SELECT fulfillment_no AS no, status::text FROM oms.fulfillments WHERE order_id = v_order_id AND status IN ('released', 'picking', 'packed') LOOP
        IF v.status <> 'packed' THEN
            PERFORM oms.pack(v_order_id, v.no);
        END IF;
        PERFORM oms.ship(v_order_id, v.no);
    END LOOP;
    v_over := bk.overpaid(v_order_id);
    IF sign(v_over) > 0 THEN
        PERFORM oms.refund(v_order_id, v_over, 'too much');
    ELSIF sign(v_over) < 0 THEN
        PERFORM oms.add_payment(v_order_id, jsonb_build_object('method', 'card', 'status', 'captured', 'amount', - v_over::numeric));
    END IF;
END
$$;
\o /dev/null
SELECT bk.finish(order_id) FROM orders JOIN bk.orders USING (order_id) WHERE status NOT IN ('placed', 'held') ORDER BY order_id;
\o
SELECT is_empty('SELECT * FROM check_invariants()', 'when all has left and is paid, nothing is wrong');
SELECT is_empty($$SELECT e.order_id FROM ledger_entries AS e JOIN orders AS o USING (order_id) JOIN bk.orders USING (order_id)
                  WHERE e.account IN ('receivables', 'deferred_revenue') AND o.status NOT IN ('placed', 'held')
                  GROUP BY 1 HAVING sum(minor(amount)) <> 0 OR sum(minor(base_amount)) <> 0$$, 'nobody owes anything, in either currency');
SELECT is_empty($$SELECT o.order_id, o.total, b.minor FROM orders AS o JOIN bk.orders USING (order_id)
                  LEFT JOIN (SELECT order_id, - sum(minor(amount)) AS minor FROM ledger_entries
                             WHERE kind = 'shipment' AND account IN ('revenue', 'shipping_income', 'tax_payable', 'discounts') GROUP BY 1) AS b USING (order_id)
                  WHERE o.status NOT IN ('placed', 'held') AND coalesce(b.minor, 0) <> minor(o.total)$$, 'what was recognised is the total of each order');

-- everything goes back
\o /dev/null
SELECT refund(order_id, p.paid, 'all of it')
FROM bk.orders, LATERAL (SELECT bk.paid(order_id) AS paid) AS p WHERE sign(p.paid) > 0 ORDER BY order_id;
\o
SELECT is_empty('SELECT * FROM check_invariants()', 'when all was refunded, nothing is wrong');
SELECT is_empty($$SELECT e.order_id, tax_jurisdiction, sum(amount) FROM ledger_entries AS e JOIN orders AS o USING (order_id) JOIN bk.orders USING (order_id)
                  WHERE account = 'tax_payable' AND o.status NOT IN ('placed', 'held')
                  GROUP BY 1, 2 HAVING sum(minor(amount)) <> 0$$, 'the tax of each order and jurisdiction went back exactly');
SELECT is_empty($$SELECT e.order_id, sum(amount) FROM ledger_entries AS e JOIN orders AS o USING (order_id) JOIN bk.orders USING (order_id)
                  WHERE account IN ('revenue', 'returns', 'shipping_income', 'discounts') AND o.status NOT IN ('placed', 'held')
                  GROUP BY 1 HAVING sum(minor(amount)) <> 0$$, 'so did revenue, shipping and discounts');
SELECT is_empty($$SELECT provider, currency_of(amount) FROM ledger_entries AS e JOIN bk.orders USING (order_id) WHERE account = 'clearing'
                  GROUP BY 1, 2 HAVING sum(minor(amount)) <> 0$$, 'no money is left with any provider');

/*
 * What others read
 */
\set file `mktemp`
\pset tuples_only on
\pset format unaligned
\o :file
SELECT export_journal(NULL, NULL, 'ledger');
\o
\setenv JOURNAL :file
\set parsed `if ! command -v ledger > /dev/null; then echo skip; elif ledger -f "$JOURNAL" --basis balance > "$JOURNAL.out" 2>&1; then tail -n 1 "$JOURNAL.out" | tr -d ' '; else head -n 3 "$JOURNAL.out" | tr -d "'"; fi`
SELECT CASE :'parsed' WHEN 'skip' THEN skip('ledger is not installed'::text, 1) ELSE is(:'parsed'::text, '0', 'ledger reads the export, and it adds up to nothing') END;
\set checked `if ! command -v hledger > /dev/null; then echo skip; elif hledger -f "$JOURNAL" check > "$JOURNAL.out" 2>&1; then echo ok; else head -n 5 "$JOURNAL.out" | tr -d "'"; fi; rm -f "$JOURNAL" "$JOURNAL.out"`
SELECT CASE :'checked' WHEN 'skip' THEN skip('hledger is not installed'::text, 1) ELSE is(:'checked'::text, 'ok', 'hledger finds every posting in balance') END;
SELECT * FROM finish();
ROLLBACK;
