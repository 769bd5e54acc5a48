-- settlements: whatever providers report, in whatever order, nothing is matched twice and nothing is lost
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(12);
SELECT setseed(0.5) IS NULL AS seeded;

INSERT INTO channels (code, name, currency) VALUES ('stl-web', 'Web', 'EUR');
INSERT INTO locations (code, name) VALUES ('stl-here', 'Here');
INSERT INTO skus (code, name, stocked) VALUES ('STL', 'A download', false);
SELECT count(put_fx_rate('2020-01-01', 'EUR', quote, rate)) AS rates FROM (VALUES ('USD', 1.1), ('JPY', 160), ('KWD', 0.33), ('GBP', 0.85)) AS r(quote, rate);

/*
 * Payments in five currencies, captured and refunded in parts, some of the same amount; and their lines, of which a
 * part is left out, told twice, with another amount or currency, as one, or of nothing
 */
CREATE TEMPORARY TABLE fact (n bigserial, order_id bigint, payment text, kind text, amount numeric, currency text);
DO $$
DECLARE
    v_order_id bigint;
    v_currency text;
    v_left numeric;
    v_part numeric;
BEGIN
    FOR i IN 1 .. 150 LOOP
        v_currency := (ARRAY['EUR', 'USD', 'JPY', 'KWD', 'GBP'])[1 + i % 5];
        v_left := 100 * (1 + i % 3);
        v_order_id := oms.place_order(jsonb_build_object(
            'channel', 'stl-web', 'reference', 'stl-' || i, 'currency', v_currency, 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
            'lines', jsonb_build_array(jsonb_build_object('sku', 'STL', 'quantity', 1, 'unit_price', v_left, 'tax', 0)),
            'shipping', '{"price": 0, "tax": 0}'::jsonb,
            'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'provider', 'stl-' || i % 2, 'reference', 'stl_' || i,
                                                             'amount', v_left, 'status', 'authorized'))));
        FOR j IN 1 .. 1 + i % 3 LOOP
            v_part := CASE WHEN random() < 0.3 THEN 10 ELSE 1 + floor(random() * 30) END;
            PERFORM oms.capture(v_order_id, 1, oms.amount(v_part, v_currency));
            INSERT INTO fact (order_id, payment, kind, amount, currency) VALUES (v_order_id, 'stl_' || i, 'capture', v_part, v_currency);
        END LOOP;
        IF random() < 0.5 THEN
            v_part := 1 + floor(random() * 5);
            PERFORM oms.refund(v_order_id, oms.amount(least(v_part, 1), v_currency), 'some');
            INSERT INTO fact (order_id, payment, kind, amount, currency) VALUES (v_order_id, 'stl_' || i, 'refund', -least(v_part, 1), v_currency);
        END IF;
    END LOOP;
END
$$;
CREATE TEMPORARY TABLE report AS
SELECT row_number() OVER (ORDER BY random()) AS n, 'stl-' || substr(payment, 5)::int % 2 AS provider, f.payment, f.kind,
       f.amount + CASE WHEN f.luck BETWEEN 0.10 AND 0.15 THEN sign(f.amount) ELSE 0 END AS amount,
       CASE WHEN f.luck BETWEEN 0.15 AND 0.18 THEN 'CHF' ELSE f.currency END AS currency, f.luck
FROM (SELECT *, random() AS luck FROM fact) AS f, generate_series(1, CASE WHEN luck BETWEEN 0.18 AND 0.22 THEN 2 ELSE 1 END)
WHERE f.luck > 0.08;
INSERT INTO report SELECT 10000 + n, 'stl-0', 'unheard of ' || n, 'capture', n, 'EUR', 1 FROM generate_series(1, 10) AS n;
CREATE FUNCTION pg_temp.import(part integer) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(n) FROM (
        SELECT oms.import_settlements(provider, jsonb_agg(jsonb_build_object(
            'reference', n::text, 'kind', kind, 'currency', currency, 'amount', amount, 'fee', 0,
            'occurred_on', current_date, 'payment', payment))) AS n
        FROM report WHERE n % 3 = part GROUP BY provider) AS i
$$;
CREATE VIEW pg_temp.difference AS
    SELECT currency, sum(difference) AS difference FROM oms_report.reconciliation WHERE provider LIKE 'stl-%' GROUP BY currency;

SELECT is(pg_temp.import(0) + pg_temp.import(1), (SELECT count(*) FROM report WHERE n % 3 < 2), 'lines are imported');
SELECT is(pg_temp.import(0), 0::bigint, 'once');
SELECT cmp_ok(reconcile_settlements(7), '=', 7, 'as many are looked at as asked for');
SELECT cmp_ok(reconcile_settlements(), '>', 100, 'the rest at once');
SELECT is(reconcile_settlements(), 0, 'and then nothing is left to do');
SELECT is(pg_temp.import(2), (SELECT count(*) FROM report WHERE n % 3 = 2), 'more lines come');
SELECT cmp_ok(reconcile_settlements(), '>', 0, 'and are matched with what the first have left');

SELECT is((SELECT count(*) FROM settlements s WHERE provider LIKE 'stl-%' AND status = 'matched'),
          (SELECT sum(least(f.n, r.n))::bigint
           FROM (SELECT payment, kind, amount, currency, count(*) AS n FROM fact GROUP BY 1, 2, 3, 4) AS f
           JOIN (SELECT payment, kind, amount, currency, count(*) AS n FROM report GROUP BY 1, 2, 3, 4) AS r
           USING (payment, kind, amount, currency)),
          'of each payment, kind and amount as many are matched as both sides have');
SELECT results_eq(
    'SELECT currency, difference FROM pg_temp.difference WHERE difference <> 0 ORDER BY 1',
    'SELECT currency, sum(amount) FROM (SELECT currency, amount FROM report UNION ALL SELECT currency, -amount FROM fact) AS x
     GROUP BY currency HAVING sum(amount) <> 0 ORDER BY 1',
    'the difference is what one side has more, to the smallest unit');
SELECT is((SELECT count(*) FROM alerts WHERE kind ~ '^settlement_' AND data ->> 'provider' LIKE 'stl-%' AND status <> 'closed'),
          (SELECT count(*) FROM settlements WHERE provider LIKE 'stl-%' AND status = 'mismatched'),
          'each line that does not match has one alert');

SELECT close_settlement(provider, reference, 'accepted') AS closed FROM settlements
WHERE provider LIKE 'stl-%' AND status = 'mismatched' \g /dev/null
SELECT is((SELECT sum(minor(e.amount)) FROM ledger_entries AS e WHERE e.account = 'write_offs'),
          (SELECT sum(minor(CASE WHEN e.amount IS NULL THEN -s.amount WHEN s.kind = 'refund' THEN -s.amount - e.amount ELSE e.amount - s.amount END))
           FROM settlements s LEFT JOIN payment_entries e USING (order_id, payment_no, entry_no)
           WHERE provider LIKE 'stl-%' AND s.status = 'closed'),
          'what is accepted is written off');
SELECT is_empty('SELECT * FROM check_invariants()', 'all invariants hold');
SELECT * FROM finish();
ROLLBACK;
