/* sql/code/42-chargeback.sql: payments that banks take back */

CREATE OR REPLACE FUNCTION oms_internal.open_chargeback(order_id bigint, payment_no integer, provider text, reference text,
                                                        amount oms.amount, reason text, due_on date) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_open_chargeback';
COMMENT ON FUNCTION oms_internal.open_chargeback(bigint, integer, text, text, oms.amount, text, date)
    IS 'Open a chargeback on a payment: its row, event, posting, alert, and a hold where the order can be held; returns its number';

CREATE OR REPLACE FUNCTION oms_internal.end_chargeback(order_id bigint, chargeback_no integer, status text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_end_chargeback';
COMMENT ON FUNCTION oms_internal.end_chargeback(bigint, integer, text) IS 'Say that a chargeback was won or lost; raises OM002 for what cannot be';

/* From reports */

CREATE OR REPLACE FUNCTION oms_internal.match_chargebacks(lines bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_line record;
    v_case oms.chargebacks;
    v_fault text;
    v_lines bigint[] := '{}';
    v_faults text[] := '{}';
    v_order_ids bigint[] := '{}';
    v_payment_nos integer[] := '{}';
    v_ours oms.amount[] := '{}';
BEGIN
    FOR v_line IN
        SELECT s.settlement_id, s.provider, s.kind, abs(s.amount) AS amount, s.reason, p.order_id, p.payment_no,
               p.amount AS asked, coalesce(s.transaction_reference, s.reference) AS dispute
        FROM oms.settlements AS s
        LEFT JOIN oms.payments AS p ON p.provider = s.provider AND p.reference = s.payment_reference AND p.status <> 'failed'
        WHERE s.settlement_id = ANY (lines) AND s.status IN ('open', 'mismatched')
              AND s.kind IN ('chargeback', 'chargeback_reversal')
        ORDER BY p.order_id, s.settlement_id
    LOOP
        PERFORM FROM oms.orders AS o WHERE o.order_id = v_line.order_id FOR NO KEY UPDATE;
        SELECT * INTO v_case
        FROM oms.chargebacks AS c
        WHERE c.provider = v_line.provider AND c.reference = v_line.dispute;
        IF v_case.order_id IS NULL THEN
            SELECT * INTO v_case
            FROM oms.chargebacks AS c
            WHERE c.order_id = v_line.order_id AND c.payment_no = v_line.payment_no AND c.amount = v_line.amount
                  AND NOT EXISTS (SELECT FROM oms.settlements AS t
                                  WHERE t.order_id = c.order_id AND t.chargeback_no = c.chargeback_no AND t.kind = v_line.kind)
            ORDER BY c.chargeback_no LIMIT 1;
        END IF;
        v_fault := CASE
            WHEN v_case.order_id IS NULL AND (v_line.order_id IS NULL OR v_line.kind <> 'chargeback') THEN 'missing_here'
            WHEN currency_of(coalesce(v_case.amount, v_line.asked)) <> currency_of(v_line.amount) THEN 'currency'
            WHEN v_case.amount <> v_line.amount THEN 'amount'
            WHEN EXISTS (SELECT FROM oms.settlements AS t
                         WHERE t.order_id = v_case.order_id AND t.chargeback_no = v_case.chargeback_no
                               AND t.kind = v_line.kind) THEN 'duplicate' END;
        IF v_fault IS NOT NULL THEN
            v_lines := v_lines || v_line.settlement_id;
            v_faults := v_faults || v_fault;
            v_order_ids := v_order_ids || coalesce(v_case.order_id, v_line.order_id);
            v_payment_nos := v_payment_nos || coalesce(v_case.payment_no, v_line.payment_no);
            v_ours := v_ours || CASE WHEN v_fault IN ('amount', 'currency') THEN coalesce(v_case.amount, v_line.asked) END;
            CONTINUE;
        END IF;
        IF v_case.order_id IS NULL THEN
            v_case.order_id := v_line.order_id;
            v_case.payment_no := v_line.payment_no;
            v_case.chargeback_no := oms_internal.open_chargeback(v_line.order_id, v_line.payment_no, v_line.provider,
                                                                 v_line.dispute, v_line.amount, v_line.reason, NULL);
        ELSIF v_line.kind = 'chargeback_reversal' AND v_case.status <> 'won' THEN
            PERFORM oms_internal.end_chargeback(v_case.order_id, v_case.chargeback_no, 'won');
        END IF;
        UPDATE oms.settlements AS s
        SET status = 'matched', fault = NULL, order_id = v_case.order_id, payment_no = v_case.payment_no,
            chargeback_no = v_case.chargeback_no, closed_at = oms.now()
        WHERE s.settlement_id = v_line.settlement_id;
    END LOOP;
    PERFORM oms_internal.mismatch_settlements(v_lines, v_faults, v_order_ids, v_payment_nos, v_ours,
                                              array_fill(NULL::text, ARRAY[cardinality(v_lines)]));
END
$$;
COMMENT ON FUNCTION oms_internal.match_chargebacks(bigint[]) IS 'Match lines of chargebacks and their reversals, and open and win the chargebacks that they tell of';

/* From elsewhere, such as a webhook */

CREATE OR REPLACE FUNCTION oms_internal.lock_chargeback(provider text, dispute text) RETURNS oms.amount
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_amount oms.amount;
BEGIN
    PERFORM FROM oms.orders AS o
    WHERE o.order_id = (SELECT c.order_id FROM oms.chargebacks AS c
                        WHERE c.provider = lock_chargeback.provider AND c.reference = dispute)
    FOR NO KEY UPDATE;
    SELECT c.amount INTO v_amount FROM oms.chargebacks AS c
    WHERE c.provider = lock_chargeback.provider AND c.reference = dispute;
    RETURN v_amount;
END
$$;
COMMENT ON FUNCTION oms_internal.lock_chargeback(text, text) IS 'Lock the order of a chargeback and return the amount; null if there is none';

/* a line that does not name its dispute has opened the chargeback under its own reference */
CREATE OR REPLACE FUNCTION oms_internal.adopt_chargeback(order_id bigint, payment_no integer, amount oms.amount, provider text,
                                                         dispute text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_case record;
BEGIN
    SELECT c.chargeback_no, c.reference INTO v_case
    FROM oms.chargebacks AS c
    JOIN oms.settlements AS s ON s.order_id = c.order_id AND s.chargeback_no = c.chargeback_no AND s.kind = 'chargeback'
    WHERE c.order_id = adopt_chargeback.order_id AND c.payment_no = adopt_chargeback.payment_no
          AND c.amount = adopt_chargeback.amount AND c.provider = adopt_chargeback.provider
          AND s.transaction_reference IS NULL AND s.reference = c.reference
    ORDER BY c.chargeback_no LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE oms.chargebacks AS c SET reference = dispute
    WHERE c.order_id = adopt_chargeback.order_id AND c.chargeback_no = v_case.chargeback_no;
    UPDATE oms.alerts AS a SET key = provider || '/' || dispute, data = a.data || jsonb_build_object('dispute', dispute)
    WHERE a.kind = 'chargeback' AND a.key = provider || '/' || v_case.reference AND a.status <> 'closed';
    RETURN true;
END
$$;
COMMENT ON FUNCTION oms_internal.adopt_chargeback(bigint, integer, oms.amount, text, text)
    IS 'Give the provider''s key of a dispute to a chargeback that a report without it has opened; false if there is none';

CREATE OR REPLACE FUNCTION oms_internal.start_chargeback(provider text, chargeback jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_payment record;
    v_amount CONSTANT numeric := chargeback ->> 'amount';
    v_currency CONSTANT text := chargeback ->> 'currency';
BEGIN
    PERFORM oms_internal.raise_faults('chargeback', array_agg(format('$.%s: is required to open a chargeback', k)))
    FROM unnest(ARRAY['payment', 'currency', 'amount']) AS k
    WHERE chargeback ->> k IS NULL;
    PERFORM oms_internal.raise_faults('chargeback', array_remove(ARRAY[
        oms_internal.money_fault('$.amount', v_amount, v_currency)], NULL));
    SELECT p.order_id, p.payment_no, currency_of(p.amount) AS currency INTO v_payment
    FROM oms.payments AS p
    WHERE p.provider = start_chargeback.provider AND p.reference = chargeback ->> 'payment' AND p.status <> 'failed';
    IF v_payment.order_id IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('payment "%s" of %s does not exist', chargeback ->> 'payment', quote_ident(provider)),
            HINT = 'It is found by its provider and reference.';
    ELSIF v_payment.currency <> v_currency THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM005',
            MESSAGE = format('payment "%s" of %s is in %s', chargeback ->> 'payment', quote_ident(provider), v_payment.currency),
            DETAIL = format('The chargeback is in %s.', v_currency);
    END IF;
    PERFORM FROM oms.orders AS o WHERE o.order_id = v_payment.order_id FOR NO KEY UPDATE;
    IF oms_internal.lock_chargeback(provider, chargeback ->> 'reference') IS NULL
       AND NOT oms_internal.adopt_chargeback(v_payment.order_id, v_payment.payment_no, amount(v_amount, v_currency),
                                             provider, chargeback ->> 'reference') THEN
        PERFORM oms_internal.open_chargeback(v_payment.order_id, v_payment.payment_no, provider, chargeback ->> 'reference',
                                             amount(v_amount, v_currency), nullif(btrim(chargeback ->> 'reason'), ''),
                                             (chargeback ->> 'due_on')::date);
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.start_chargeback(text, jsonb) IS 'Open a chargeback by its document, unless somebody else has meanwhile';

CREATE OR REPLACE FUNCTION oms_internal.record_chargeback(provider text, chargeback jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_case record;
    v_dispute CONSTANT text := chargeback ->> 'reference';
BEGIN
    PERFORM oms_internal.check_document(chargeback, 'chargeback');
    IF oms_internal.lock_chargeback(provider, v_dispute) IS NULL THEN
        PERFORM oms_internal.start_chargeback(provider, chargeback);
    END IF;
    SELECT c.*, p.reference AS payment INTO STRICT v_case
    FROM oms.chargebacks AS c JOIN oms.payments AS p USING (order_id, payment_no)
    WHERE c.provider = record_chargeback.provider AND c.reference = v_dispute;
    IF v_case.payment <> chargeback ->> 'payment' OR currency_of(v_case.amount) <> chargeback ->> 'currency'
       OR v_case.amount::numeric <> (chargeback ->> 'amount')::numeric THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM004',
            MESSAGE = format('chargeback "%s" of %s was recorded with other content', v_dispute, quote_ident(provider)),
            DETAIL = format('It is %s of payment "%s".', v_case.amount, v_case.payment),
            HINT = 'Reason, day and status may change; another dispute has a reference of its own.';
    END IF;
    UPDATE oms.chargebacks AS c
    SET reason = coalesce(nullif(btrim(chargeback ->> 'reason'), ''), c.reason),
        due_on = coalesce((chargeback ->> 'due_on')::date, c.due_on)
    WHERE c.order_id = v_case.order_id AND c.chargeback_no = v_case.chargeback_no;
    IF chargeback ->> 'status' <> v_case.status THEN
        PERFORM oms_internal.end_chargeback(v_case.order_id, v_case.chargeback_no, chargeback ->> 'status');
    END IF;
    RETURN v_case.chargeback_no;
END
$$;
COMMENT ON FUNCTION oms_internal.record_chargeback(text, jsonb) IS 'What oms.record_chargeback() does, once per reference';

CREATE OR REPLACE FUNCTION oms.record_chargeback(provider text, chargeback jsonb, reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_chargeback';
COMMENT ON FUNCTION oms.record_chargeback(text, jsonb, text)
    IS 'Record that a bank takes a payment back, or what became of it, by its document; returns its number within the order';
