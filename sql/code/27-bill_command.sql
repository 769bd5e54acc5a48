/* sql/code/27-bill_command.sql: what is done with bills of suppliers */

CREATE OR REPLACE FUNCTION oms_internal.lock_bill(supplier text, number text) RETURNS integer
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_bill record;
BEGIN
    SELECT b.bill_id, b.purchase_order_id INTO v_bill
    FROM oms.bills AS b JOIN oms.suppliers AS p USING (supplier_id)
    WHERE p.code = supplier AND b.number = lock_bill.number AND b.status <> 'rejected';
    IF v_bill.bill_id IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('bill "%s" of supplier "%s" does not exist', number, supplier),
            HINT = 'Record it by oms.record_bill() first.';
    END IF;
    PERFORM FROM oms.purchase_orders AS o WHERE o.purchase_order_id = v_bill.purchase_order_id FOR NO KEY UPDATE;
    PERFORM FROM oms.bills AS b WHERE b.bill_id = v_bill.bill_id FOR NO KEY UPDATE;
    RETURN v_bill.bill_id;
END
$$;
COMMENT ON FUNCTION oms_internal.lock_bill(text, text) IS 'Lock a bill, after its purchase order, and return its id; raises OM006 if there is none that is not rejected';

CREATE OR REPLACE FUNCTION oms_internal.require_mismatched(bill_id integer) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_status CONSTANT text := (SELECT b.status FROM oms.bills AS b WHERE b.bill_id = require_mismatched.bill_id);
BEGIN
    IF v_status <> 'mismatched' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM002',
            MESSAGE = format('bill %s is %s', oms_internal.bill_name(bill_id), v_status),
            DETAIL = 'Only a bill that is mismatched can be approved or rejected.';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_mismatched(integer) IS 'Raise OM002 for a bill that is in the books or rejected';

CREATE OR REPLACE FUNCTION oms_internal.approve_bill(supplier text, number text, reason text) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    AS $$
DECLARE
    v_bill_id CONSTANT integer := oms_internal.lock_bill(supplier, number);
BEGIN
    PERFORM oms_internal.require_mismatched(v_bill_id);
    RETURN oms_internal.agree_bill(v_bill_id, 'approved', reason);
END
$$;
COMMENT ON FUNCTION oms_internal.approve_bill(text, text, text) IS 'What oms.approve_bill() does, once per reference';

CREATE OR REPLACE FUNCTION oms.approve_bill(supplier text, number text, reason text, reference text DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_approve_bill';
COMMENT ON FUNCTION oms.approve_bill(text, text, text, text) IS 'Take a bill that does not agree as it is, and say why; returns its status';

CREATE OR REPLACE FUNCTION oms_internal.reject_bill(supplier text, number text, reason text) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    AS $$
DECLARE
    v_bill_id CONSTANT integer := oms_internal.lock_bill(supplier, number);
    v_name CONSTANT text := oms_internal.bill_name(v_bill_id);
    v_total oms.amount;
BEGIN
    PERFORM oms_internal.require_mismatched(v_bill_id);
    UPDATE oms.bills AS b SET status = 'rejected', reason = reject_bill.reason WHERE b.bill_id = v_bill_id
    RETURNING b.total INTO v_total;
    PERFORM oms_internal.close_alerts('{bill_mismatched}', ARRAY[v_name], reason);
    PERFORM oms_internal.record_event('bill', v_name, 'rejected', jsonb_build_object('total', v_total::text, 'reason', reason));
    RETURN 'rejected';
END
$$;
COMMENT ON FUNCTION oms_internal.reject_bill(text, text, text) IS 'What oms.reject_bill() does, once per reference';

CREATE OR REPLACE FUNCTION oms.reject_bill(supplier text, number text, reason text, reference text DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reject_bill';
COMMENT ON FUNCTION oms.reject_bill(text, text, text, text) IS 'Refuse a bill that does not agree, and say why, so that the supplier can send another of its number; returns its status';

CREATE OR REPLACE FUNCTION oms_internal.require_payable(bill_id integer, amount oms.amount) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_bill CONSTANT oms.bills := (SELECT b FROM oms.bills AS b WHERE b.bill_id = require_payable.bill_id);
    v_name CONSTANT text := oms_internal.bill_name(bill_id);
BEGIN
    IF v_bill.agreed_at IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM002',
            MESSAGE = format('bill %s is %s', v_name, v_bill.status),
            HINT = CASE v_bill.status WHEN 'mismatched' THEN 'Approve it by oms.approve_bill() before it is paid, or wait until it agrees.'
                                      ELSE 'Record the right one by oms.record_bill() first.' END;
    ELSIF currency_of(amount) <> v_bill.currency THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM005',
            MESSAGE = format('bill %s is in %s', v_name, v_bill.currency),
            DETAIL = format('The payment is %s.', amount);
    ELSIF sign(amount) < 0 OR sign(amount) = 0 AND sign(v_bill.total) > 0 AND v_bill.status <> 'paid' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('a payment must be more than nothing, is %s', amount);
    ELSIF amount > v_bill.total - v_bill.paid OR v_bill.status = 'paid' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM008',
            MESSAGE = format('more is paid than is open of bill %s', v_name),
            DETAIL = format('Paid %s, open %s.', amount, v_bill.total - v_bill.paid);
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_payable(integer, oms.amount) IS 'Raise an error if an amount cannot be paid of a bill';

/* what was owed while no rate was known is worth nothing in the base currency */
CREATE OR REPLACE FUNCTION oms_internal.pay_bill(supplier text, number text, amount oms.amount) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    AS $$
DECLARE
    v_bill_id CONSTANT integer := oms_internal.lock_bill(supplier, number);
    v_bill CONSTANT oms.bills := (SELECT b FROM oms.bills AS b WHERE b.bill_id = v_bill_id);
    v_open CONSTANT oms.amount := v_bill.total - v_bill.paid;
    v_paid CONSTANT oms.amount := coalesce(pay_bill.amount, v_open);
    v_status text;
    v_base oms.amount;
BEGIN
    PERFORM oms_internal.require_payable(v_bill_id, v_paid);
    v_status := CASE WHEN v_paid = v_open THEN 'paid' ELSE v_bill.status END;
    v_base := CASE WHEN v_paid = v_open THEN v_bill.base_open
                   ELSE oms_internal.convert(v_bill.base_open, currency_of(v_bill.base_open), v_paid::numeric, v_open::numeric) END;
    PERFORM oms_internal.post_ledger('bill_payment', NULL, v_bill_id, '{payables,bank}', ARRAY[v_paid, - v_paid], NULL,
                                     ARRAY[coalesce(v_base, amount(0, (SELECT t.value FROM oms.settings AS t WHERE t.name = 'base_currency'))), NULL]);
    INSERT INTO oms.bill_payments (bill_id, payment_no, amount)
    SELECT v_bill_id, count(*) + 1, v_paid FROM oms.bill_payments AS y WHERE y.bill_id = v_bill_id HAVING sign(v_paid) > 0;
    UPDATE oms.bills AS b SET paid = b.paid + v_paid, base_open = b.base_open - v_base, status = v_status
    WHERE b.bill_id = v_bill_id;
    PERFORM oms_internal.record_event('bill', oms_internal.bill_name(v_bill_id), 'paid',
                                      jsonb_build_object('amount', v_paid::text, 'open', (v_open - v_paid)::text));
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION oms_internal.pay_bill(text, text, oms.amount) IS 'What oms.pay_bill() does, once per reference';

CREATE OR REPLACE FUNCTION oms.pay_bill(supplier text, number text, amount oms.amount DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_pay_bill';
COMMENT ON FUNCTION oms.pay_bill(text, text, oms.amount, text) IS 'Record that a bill was paid from the bank, all that is open or a part; returns its status';
