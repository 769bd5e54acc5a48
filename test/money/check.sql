-- what must hold of an order's money after each step, told by the rows themselves
CREATE FUNCTION money.faults(v_order_id bigint) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH paid AS (
        SELECT coalesce(sum(minor(captured)), 0) AS captured, coalesce(sum(minor(refunded)), 0) AS refunded,
               (SELECT coalesce(sum(minor(moved)), 0) FROM oms.order_links WHERE order_id = v_order_id) AS moved
        FROM oms.payments WHERE order_id = v_order_id
    ), books AS (
        SELECT coalesce(sum(minor(amount)) FILTER (WHERE account IN ('receivables', 'deferred_revenue')), 0) AS customer,
               coalesce(sum(minor(amount)) FILTER (WHERE account = 'receivables'), 0) AS receivables,
               coalesce(-sum(minor(amount)) FILTER (WHERE account IN ('revenue', 'shipping_income', 'tax_payable', 'discounts') AND kind = 'shipment'), 0) AS recognised,
               coalesce(-sum(minor(amount)) FILTER (WHERE account = 'tax_payable'), 0) AS tax
        FROM oms.ledger_entries WHERE order_id = v_order_id
    ), credits AS (
        SELECT coalesce(sum(minor(total)), 0) AS total, coalesce(sum(minor(tax)), 0) AS tax, coalesce(sum(minor(fee)), 0) AS fee
        FROM oms.invoices WHERE order_id = v_order_id AND kind = 'credit_note'
    ), charge AS (
        SELECT minor(o.total) AS total, minor(o.shipping_tax) + coalesce(minor(o.shipping_included_tax), 0) + coalesce(l.tax, 0) AS tax, o.currency, l.all_shipped
        FROM oms.orders AS o,
             LATERAL (SELECT sum(minor(oms.amount(round((tax::numeric + coalesce(included_tax::numeric, 0)) * (quantity - cancelled)::numeric / quantity::numeric,
                                                        scale(tax::numeric)), o.currency))) AS tax, bool_and(shipped >= quantity - cancelled) AS all_shipped
                      FROM oms.order_lines WHERE order_id = v_order_id) AS l
        WHERE order_id = v_order_id
    )
    SELECT format('order %s: refunded %s of %s captured', v_order_id, refunded, captured) FROM paid WHERE refunded > captured OR refunded < 0
    UNION ALL
    SELECT format('order %s: credited %s and fees %s of %s charged', v_order_id, credits.total, fee, charge.total)
    FROM credits, charge WHERE credits.total + fee > charge.total OR credits.total < 0
    UNION ALL
    SELECT format('order %s: tax of %s credited of %s charged', v_order_id, credits.tax, charge.tax) FROM credits, charge WHERE credits.tax > charge.tax + 1
    UNION ALL
    SELECT format('order %s: the books of the customer say %s, what was paid, recognised and credited says %s', v_order_id, customer, recognised - credits.total - captured + refunded + moved)
    FROM paid, books, credits WHERE customer <> recognised - credits.total - captured + refunded + moved
    UNION ALL
    SELECT format('order %s: all has left, %s is charged and %s recognised', v_order_id, charge.total, recognised)
    FROM books, charge WHERE all_shipped AND charge.total <> recognised AND charge.total > 0
    UNION ALL
    SELECT format('order %s: posting %s is out of balance: %s, in base %s', v_order_id, posting_id, sum(minor(amount)), sum(minor(base_amount)))
    FROM oms.ledger_entries WHERE order_id = v_order_id GROUP BY posting_id
    HAVING sum(minor(amount)) <> 0 OR sum(minor(base_amount)) IS DISTINCT FROM 0
    UNION ALL
    SELECT format('order %s: refund %s is not what payments gave', v_order_id, r.refund_no)
    FROM oms.refunds AS r WHERE order_id = v_order_id
         AND minor(r.amount) <> (SELECT sum(minor(e.amount)) FROM oms.payment_entries AS e WHERE e.order_id = v_order_id AND e.refund_no = r.refund_no AND e.kind = 'refund');
END
$$;

-- a batch of steps, each looked at; a day passes now and then, which changes the exchange rates
CREATE PROCEDURE money.work(steps integer, recent integer) LANGUAGE plpgsql AS $$
DECLARE
    v_order_id bigint;
    v_fault text;
BEGIN
    FOR i IN 1 .. steps LOOP
        v_order_id := money.step(recent);
        SELECT f INTO v_fault FROM money.faults(v_order_id) AS f LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '%', v_fault || ' after ' || current_setting('money.call') USING DETAIL = jsonb_pretty(oms.get_order(v_order_id));
        END IF;
        IF i % 100 = 0 THEN
            COMMIT;
        END IF;
        IF i % 500 = 0 THEN
            PERFORM set_config('oms.now', (oms.now() + interval '1 day')::text, false);
        END IF;
    END LOOP;
    COMMIT;
END
$$;

-- all that customers have paid goes back: of what was paid in full and has left, nothing of the charge stays, to the last unit of its tax
CREATE PROCEDURE money.give_back() LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_fault text;
BEGIN
    FOR v IN SELECT o.order_id, o.currency, sum(minor(p.captured) - minor(p.refunded))
                    - coalesce((SELECT sum(minor(l.moved)) FROM oms.order_links AS l WHERE l.order_id = o.order_id), 0) AS left_over
             FROM oms.orders AS o JOIN oms.payments AS p USING (order_id) GROUP BY o.order_id ORDER BY o.order_id LOOP
        CONTINUE WHEN v.left_over <= 0;
        PERFORM oms.refund(v.order_id, oms.amount(v.left_over / power(10::numeric, scale(oms.amount(0, v.currency)::numeric)), v.currency), 'all of it');
        SELECT f INTO v_fault FROM money.faults(v.order_id) AS f LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '%', v_fault || ' after all was given back' USING DETAIL = jsonb_pretty(oms.get_order(v.order_id));
        END IF;
        COMMIT;
    END LOOP;
END
$$;
CREATE FUNCTION money.remains() RETURNS TABLE (order_id bigint, account text, amount text) LANGUAGE sql STABLE AS $$
    SELECT e.order_id, a.account, sum(minor(e.amount)) || ' ' || o.currency
    FROM oms.ledger_entries AS e JOIN oms.orders AS o USING (order_id),
         LATERAL (SELECT CASE WHEN e.account = 'returns' THEN 'revenue' ELSE e.account END AS account) AS a
    WHERE NOT EXISTS (SELECT FROM oms.order_lines AS l WHERE l.order_id = o.order_id AND l.shipped < l.quantity - l.cancelled)
          AND minor(o.total) = (SELECT sum(minor(i.total)) FROM oms.invoices AS i WHERE i.order_id = o.order_id AND i.kind = 'credit_note')
          AND e.account IN ('revenue', 'returns', 'shipping_income', 'tax_payable', 'discounts', 'restocking_fees', 'receivables', 'deferred_revenue')
    GROUP BY 1, 2, o.currency
    HAVING sum(minor(e.amount)) <> 0
$$;
