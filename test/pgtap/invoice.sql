-- invoices: what is open of them, whatever was paid, credited and given back, in any currency
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(7);

SELECT put_location('{"code": "bal-here", "lat": 41, "lon": -8}') IS NOT NULL, put_sku('{"code": "BAL-A"}') IS NOT NULL,
       put_customer('{"reference": "bal", "payment_terms_days": 30}') IS NOT NULL, receive_stock('BAL-A', 'bal-here', 10000) IS NOT NULL;
SELECT put_channel(jsonb_build_object('code', 'bal-' || c, 'currency', c, 'invoice', 'on_order')) IS NOT NULL FROM unnest(ARRAY['EUR', 'JPY', 'KWD', 'USD', 'PLN']) AS c;

-- an order that is invoiced as a whole, then lessened, paid and given back at random
CREATE FUNCTION pg_temp.play(currency text, seed integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_order bigint;
    v_left bigint;
    v_unit CONSTANT bigint := 100 + seed * 7919 % 9000;
BEGIN
    v_order := oms.place_order(jsonb_build_object(
        'channel', 'bal-' || currency, 'reference', gen_random_uuid(), 'customer', '{"reference": "bal"}'::jsonb, 'shipping', '{"price": "1", "tax": "0"}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'BAL-A', 'quantity', 1 + seed % 4, 'unit_price', oms.amount_from_minor(v_unit, currency)::numeric, 'tax', 0),
                                   jsonb_build_object('sku', 'BAL-A', 'quantity', 1, 'unit_price', oms.amount_from_minor(v_unit, currency)::numeric, 'tax', 0))));
    PERFORM oms.issue_invoice(v_order);
    FOR i IN 1 .. 1 + seed % 5 LOOP
        CASE (seed * 31 + i * 17) % 4
            WHEN 0 THEN
                PERFORM oms.add_payment(v_order, jsonb_build_object('method', 'bank_transfer', 'status', 'captured',
                    'amount', oms.amount_from_minor(1 + (seed * 104729 + i * 7) % v_unit, currency)::numeric));
            WHEN 1 THEN
                SELECT sum(oms.minor(captured) - oms.minor(refunded)) INTO v_left FROM oms.payments WHERE order_id = v_order;
                IF v_left > 1 THEN
                    PERFORM oms.refund(v_order, oms.amount_from_minor(v_left / 2, currency), 'x');
                END IF;
            WHEN 2 THEN
                IF (SELECT quantity - cancelled > '0' FROM oms.order_lines WHERE order_id = v_order AND line_no = 1) THEN
                    PERFORM oms.cancel_order(v_order, 'x', '[{"line_no": 1, "quantity": 1}]');
                END IF;
            ELSE
                PERFORM oms.issue_invoice(v_order);
        END CASE;
    END LOOP;
    PERFORM oms.issue_invoice(v_order);
    RETURN v_order;
END
$$;
CREATE TEMPORARY TABLE played AS
SELECT pg_temp.play(c, s) AS order_id FROM unnest(ARRAY['EUR', 'JPY', 'KWD', 'USD', 'PLN']) AS c, generate_series(1, 40) AS s;
CREATE TEMPORARY TABLE found AS
SELECT o.order_id, minor(o.total) AS total, coalesce(p.paid, 0) AS paid, coalesce(c.credit, 0) AS credit,
       b.open, b.credited, b.settled, b.invoiced
FROM played JOIN orders o USING (order_id)
LEFT JOIN (SELECT order_id, sum(minor(captured) - minor(refunded)) AS paid FROM payments GROUP BY 1) p USING (order_id)
LEFT JOIN (SELECT order_id, sum(minor(total)) AS credit FROM invoices WHERE kind = 'credit_note' GROUP BY 1) c USING (order_id)
JOIN (SELECT order_id, sum(minor(open)) FILTER (WHERE kind = 'invoice') AS open, sum(minor(credited)) AS credited, sum(minor(paid)) AS settled,
             sum(minor(total)) FILTER (WHERE kind = 'invoice') AS invoiced FROM invoice_balances GROUP BY 1) b USING (order_id);

SELECT cmp_ok((SELECT count(*) FROM found WHERE credit > 0), '>', 10::bigint, 'some orders have credit notes');
SELECT cmp_ok((SELECT count(*) FROM found WHERE open > 0 AND paid > 0), '>', 10::bigint, 'some are partly paid');
SELECT is_empty('SELECT * FROM found WHERE invoiced <> total', 'the invoices of an order add up to its total');
SELECT is_empty('SELECT * FROM found WHERE open <> greatest(total - credit - paid, 0)', 'what is open is the total less what was credited and paid');
SELECT is_empty('SELECT * FROM invoice_balances JOIN found f USING (order_id)
                 WHERE kind = ''invoice'' AND minor(invoice_balances.total) >= 0
                       AND minor(invoice_balances.total) <> minor(invoice_balances.credited) + minor(invoice_balances.paid) + minor(invoice_balances.open)',
                'each invoice is credited, paid or open');
SELECT is_empty('SELECT * FROM invoice_balances b JOIN found f USING (order_id) WHERE minor(b.paid) < 0 OR minor(b.credited) < 0 OR b.kind = ''invoice'' AND minor(b.open) < 0',
                'and nothing of it is negative');
SELECT is_empty('SELECT * FROM check_invariants()', 'all that must hold does');
SELECT * FROM finish();
ROLLBACK;
