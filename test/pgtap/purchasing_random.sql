-- purchasing: 2,000 random steps of purchase orders and bills in four currencies leave nothing that is wrong
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(5);

CREATE TEMPORARY TABLE done (step text, outcome text, count integer, PRIMARY KEY (step, outcome));
CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql AS $$
    SELECT choices[1 + floor(random() * cardinality(choices))::integer]
$$;
CREATE FUNCTION pg_temp.some(most numeric, decimals integer) RETURNS numeric LANGUAGE sql AS $$
    SELECT round((random() * random() * most)::numeric, decimals)
$$;
/* lines [{"line_no", ...}] of a purchase order: some of them, by a part of what was ordered or come, or a little more */
CREATE FUNCTION pg_temp.lines(purchase_order text, kind text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, 'quantity', d.quantity)
                     || CASE kind WHEN 'receipt' THEN jsonb_build_object('rejected', CASE WHEN random() < 0.2 THEN pg_temp.some(5, s.decimals) ELSE 0 END)
                                  WHEN 'bill' THEN jsonb_build_object('unit_cost', round(d.cost * d.factor, 6))
                                  ELSE jsonb_build_object('unit_cost', round(d.cost * d.factor, scale(d.cost))) END)
    FROM purchase_order_lines AS l JOIN purchase_orders AS o USING (purchase_order_id) JOIN skus AS s USING (sku_id),
         LATERAL (SELECT CASE kind WHEN 'confirmation' THEN round(l.quantity::numeric * (0.5 + random() / 2)::numeric, s.decimals)
                                   WHEN 'receipt' THEN pg_temp.some(l.quantity::numeric * 1.2, s.decimals)
                                   ELSE greatest(pg_temp.some(l.received::numeric * 1.3 + 1, s.decimals), round(0.01, s.decimals)) END AS quantity,
                         coalesce(l.confirmed_cost, l.unit_cost)::numeric AS cost,
                         CASE WHEN random() < 0.7 THEN 1 ELSE (0.9 + random() / 5)::numeric END AS factor) AS d
    WHERE o.code = purchase_order AND random() < 0.6
          AND (kind <> 'bill' OR d.quantity > 0 AND d.cost IS NOT NULL)
$$;
CREATE FUNCTION pg_temp.step(kind text, purchase_order text, n integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_supplier text := (SELECT p.code FROM purchase_orders AS o JOIN suppliers AS p USING (supplier_id) WHERE o.code = purchase_order);
    v_bill text := (SELECT b.number FROM oms.bills AS b JOIN suppliers AS p USING (supplier_id)
                    WHERE p.code = v_supplier AND (kind = 'pay') = (b.status IN ('matched', 'approved')) ORDER BY random() LIMIT 1);
BEGIN
    CASE kind
        WHEN 'put' THEN
            v_supplier := pg_temp.pick('rnd-eur', 'rnd-usd', 'rnd-jpy', 'rnd-kwd');
            PERFORM put_purchase_order(jsonb_build_object('code', 'RND-' || n, 'supplier', v_supplier, 'location', pg_temp.pick('rnd-1', 'rnd-2'),
                'lines', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', CASE sku WHEN 'RND-KG' THEN 0.01 + pg_temp.some(20, 2) ELSE 1 + pg_temp.some(40, 0) END)
                                           || CASE WHEN random() < 0.9 THEN jsonb_build_object('unit_cost', pg_temp.some(30, CASE v_supplier WHEN 'rnd-jpy' THEN 0 ELSE 2 END))
                                                   ELSE '{}' END)
                          FROM unnest(ARRAY['RND-A', 'RND-B', 'RND-KG', pg_temp.pick('RND-A', 'RND-KG')]) AS sku)));
            RETURN send_purchase_order('RND-' || n);
        WHEN 'confirm' THEN RETURN confirm_purchase_order(purchase_order, oms.now()::date + 7, pg_temp.lines(purchase_order, 'confirmation'));
        WHEN 'receive' THEN RETURN receive_purchase_order(purchase_order, pg_temp.lines(purchase_order, 'receipt'));
        WHEN 'reject goods' THEN RETURN receive_purchase_order(purchase_order, '[{"line_no": 1, "quantity": 0, "rejected": 1}]');
        WHEN 'confirm what came' THEN
            RETURN confirm_purchase_order(purchase_order, NULL, (SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', least(received, quantity)))
                                                                 FROM purchase_order_lines JOIN purchase_orders USING (purchase_order_id) WHERE code = purchase_order));
        WHEN 'receive all' THEN RETURN receive_purchase_order(purchase_order);
        WHEN 'close' THEN RETURN close_purchase_order(purchase_order);
        WHEN 'cancel' THEN RETURN cancel_purchase_order(purchase_order);
        WHEN 'bill' THEN
            RETURN record_bill(jsonb_strip_nulls(jsonb_build_object('supplier', v_supplier, 'number', 'B-' || n, 'purchase_order', purchase_order,
                       'lines', pg_temp.lines(purchase_order, 'bill'), 'tax', CASE WHEN random() < 0.5 THEN pg_temp.some(9, 0) END,
                       'shipping', CASE WHEN random() < 0.2 THEN pg_temp.some(9, 0) END)));
        WHEN 'approve' THEN RETURN approve_bill(v_supplier, v_bill, 'random');
        WHEN 'reject' THEN RETURN reject_bill(v_supplier, v_bill, 'random');
        WHEN 'pay' THEN RETURN pay_bill(v_supplier, v_bill, (SELECT CASE WHEN random() < 0.5 THEN amount(pg_temp.some(60, 0), b.currency) END
                                                             FROM oms.bills AS b JOIN suppliers AS p USING (supplier_id)
                                                             WHERE p.code = v_supplier AND b.number = v_bill AND b.status <> 'rejected'));
        WHEN 'sell' THEN RETURN 'left ' || sign(adjust_stock(pg_temp.pick('RND-A', 'RND-B'), 'rnd-1', -1, 'sold')::numeric);
        WHEN 'rate' THEN RETURN left(put_fx_rate(oms.now()::date, 'EUR', pg_temp.pick('USD', 'JPY', 'USD', 'JPY', CASE WHEN n > 800 THEN 'KWD' ELSE 'USD' END), round((0.2 + random())::numeric, 4)), 3);
    END CASE;
END
$$;
CREATE FUNCTION pg_temp.run(steps integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_kind text;
    v_outcome text;
BEGIN
    FOR n IN 1 .. steps LOOP
        PERFORM set_config('oms.now', ('2026-01-01 12:00+00'::timestamptz + n * interval '3 hours')::text, false);
        v_kind := CASE WHEN n <= 10 THEN 'put'
                       ELSE pg_temp.pick('put', 'confirm', 'receive', 'receive', 'receive', 'receive all', 'reject goods', 'confirm what came', 'close', 'cancel', 'bill', 'bill', 'bill', 'approve', 'reject',
                                         'pay', 'pay', 'sell', 'rate') END;
        BEGIN
            v_outcome := pg_temp.step(v_kind, (SELECT o.code FROM purchase_orders AS o WHERE o.code LIKE 'RND-%' ORDER BY purchase_order_id DESC OFFSET floor(random() * 12) LIMIT 1), n);
        EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM002' OR SQLSTATE 'OM006' OR SQLSTATE 'OM007' OR SQLSTATE 'OM008'
                       OR SQLSTATE '22004' OR SQLSTATE '22023' OR SQLSTATE '55000' THEN
            v_outcome := SQLSTATE;
        END;
        INSERT INTO done AS d VALUES (v_kind, v_outcome, 1) ON CONFLICT ON CONSTRAINT done_pkey DO UPDATE SET count = d.count + 1;
    END LOOP;
END
$$;

SELECT set_base_currency('EUR'), put_fx_rate('2026-01-01', 'EUR', 'USD', 1.1), put_fx_rate('2026-01-01', 'EUR', 'JPY', 160),
       put_location('{"code": "rnd-1"}'), put_location('{"code": "rnd-2"}'),
       put_sku('{"code": "RND-A", "cost": "3.33 EUR"}'), put_sku('{"code": "RND-B", "costing": "fifo"}'), put_sku('{"code": "RND-KG", "decimals": 2, "cost": "0.07 EUR"}'),
       put_supplier('{"code": "rnd-eur", "currency": "EUR", "over_receipt_rate": 0.1, "under_receipt_units": 1, "price_tolerance_rate": 0.05}'),
       put_supplier('{"code": "rnd-usd", "currency": "USD", "under_receipt_rate": 0.2, "price_tolerance_rate": 0.1}'),
       put_supplier('{"code": "rnd-jpy", "currency": "JPY", "email": "buy@rnd.example", "over_receipt_units": 3}'), put_supplier('{"code": "rnd-kwd", "currency": "KWD"}');
SELECT setseed(0.4711);
SELECT lives_ok('SELECT pg_temp.run(2000)', 'no step fails in another way than documented');
SELECT is_empty('SELECT * FROM check_invariants()', 'all invariants hold');
SELECT is_empty('SELECT currency, sum(balance), sum(base_balance) FROM oms_report.trial_balance GROUP BY currency HAVING sum(balance) <> 0',
                'the books are balanced in each currency');
SELECT is((SELECT sum(base_balance) FROM oms_report.trial_balance), 0::numeric, 'and in the base currency');
SELECT set_has($$ SELECT step, outcome FROM done WHERE outcome !~ '^([0-9]|OM)' AND step NOT IN ('put', 'sell', 'rate') $$,
               $$ VALUES ('confirm', 'confirmed'), ('confirm', 'partially_received'), ('receive', 'partially_received'), ('receive', 'received'),
                        ('receive all', 'received'), ('reject goods', 'sent'), ('reject goods', 'confirmed'), ('reject goods', 'partially_received'),
                        ('confirm what came', 'confirmed'), ('confirm what came', 'received'), ('close', 'closed'), ('cancel', 'cancelled'),
                        ('bill', 'matched'), ('bill', 'mismatched'), ('approve', 'approved'), ('reject', 'rejected'), ('pay', 'matched'), ('pay', 'approved'),
                        ('pay', 'paid') $$, 'every outcome was seen');
SELECT diag(string_agg(format('%s: %s %s', step, outcome, count), ', ' ORDER BY step, outcome)) FROM done;
SELECT * FROM finish();
ROLLBACK;
