/* sql/code/25-purchasing.sql: suppliers by document */

CREATE OR REPLACE FUNCTION oms.put_supplier(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_skus CONSTANT jsonb[] := oms_internal.elements(document -> 'skus');
    v_rows jsonb[];
BEGIN
    PERFORM oms_internal.check_document(document, 'supplier');
    PERFORM oms_internal.require_codes(skus => oms_internal.values_of(v_skus, 'sku'));
    PERFORM oms_internal.raise_faults('supplier', oms_internal.repeated(v_skus, 'sku', '$.skus[%s]'));

    PERFORM oms_internal.put_rows('supplier', ARRAY[document]);
    SELECT array_agg(d.value || jsonb_build_object('supplier_id', p.supplier_id, 'sku_id', s.sku_id)) INTO v_rows
    FROM unnest(v_skus) AS d(value)
    JOIN oms.skus AS s ON s.code = d.value ->> 'sku'
    JOIN oms.suppliers AS p ON p.code = document ->> 'code';
    PERFORM oms_internal.put_rows('supplier_sku', v_rows, '(supplier_id, sku_id)',
                                  't.supplier_id = n.supplier_id AND t.sku_id = n.sku_id');
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_supplier(jsonb) IS 'Create or update a supplier by its code, and its terms for the SKUs in the document; returns the code';

/*
 * The lines of a document are all there are: as nothing has come in, none is
 * referred to. A cost that is left out is the supplier's, if it is in the
 * currency of the purchase order.
 */
CREATE OR REPLACE FUNCTION oms_internal.purchase_line_faults(lines jsonb[], currency text) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (
        SELECT array_agg(f.fault ORDER BY f.n, f.fault)
        FROM (
            SELECT l.n, format('$.lines[%s].sku: must have stock of its own, is "%s"', l.n - 1, s.code)
            FROM unnest(lines) WITH ORDINALITY AS l(value, n)
            JOIN oms.skus AS s ON s.code = l.value ->> 'sku'
            WHERE s.is_kit OR NOT s.stocked
            UNION ALL
            SELECT l.n, format('$.lines[%s].quantity: must have at most %s decimals, is %s', l.n - 1, s.decimals, q.quantity)
            FROM unnest(lines) WITH ORDINALITY AS l(value, n)
            JOIN oms.skus AS s ON s.code = l.value ->> 'sku',
            LATERAL (SELECT (l.value ->> 'quantity')::numeric AS quantity) AS q
            WHERE q.quantity <> trunc(q.quantity, s.decimals)
            UNION ALL
            SELECT l.n, oms_internal.money_fault(format('$.lines[%s].unit_cost', l.n - 1), (l.value ->> 'unit_cost')::numeric, currency)
            FROM unnest(lines) WITH ORDINALITY AS l(value, n)
        ) AS f(n, fault)
        WHERE f.fault IS NOT NULL);
END
$$;
COMMENT ON FUNCTION oms_internal.purchase_line_faults(jsonb[], text) IS 'What is wrong with the lines of a purchase order beyond their shape, with JSON paths';

CREATE OR REPLACE FUNCTION oms_internal.put_purchase_lines(code text, lines jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_order CONSTANT oms.purchase_orders := (SELECT o FROM oms.purchase_orders AS o WHERE o.code = put_purchase_lines.code);
BEGIN
    PERFORM oms_internal.raise_faults('purchase_order', oms_internal.purchase_line_faults(lines, v_order.currency));
    DELETE FROM oms.purchase_order_lines AS l WHERE l.purchase_order_id = v_order.purchase_order_id;
    INSERT INTO oms.purchase_order_lines AS l (purchase_order_id, line_no, sku_id, quantity, unit_cost, expected_on)
    SELECT v_order.purchase_order_id, n.line_no, s.sku_id, (n.value ->> 'quantity')::oms.quantity,
           coalesce(oms.amount((n.value ->> 'unit_cost')::numeric, v_order.currency), t.cost),
           (n.value ->> 'expected_on')::date
    FROM unnest(lines) WITH ORDINALITY AS n(value, line_no)
    JOIN oms.skus AS s ON s.code = n.value ->> 'sku'
    LEFT JOIN oms.supplier_skus AS t
           ON t.supplier_id = v_order.supplier_id AND t.sku_id = s.sku_id AND oms.currency_of(t.cost) = v_order.currency;
END
$$;
COMMENT ON FUNCTION oms_internal.put_purchase_lines(text, jsonb[]) IS 'Replace the lines of a purchase order by those of a document';

CREATE OR REPLACE FUNCTION oms_internal.lock_purchase_order(code text) RETURNS oms.purchase_order_status
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_status oms.purchase_order_status;
BEGIN
    SELECT o.status INTO v_status
    FROM oms.purchase_orders AS o
    WHERE o.code = lock_purchase_order.code
    FOR NO KEY UPDATE;
    IF v_status OPERATOR(oms.>) 'sent'::oms.purchase_order_status THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM002',
            MESSAGE = format('purchase order "%s" cannot be changed', code),
            DETAIL = format('It is %s.', v_status),
            HINT = 'Only drafts and what was sent, but not confirmed, can be changed; dates by oms.confirm_purchase_order().';
    END IF;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION oms_internal.lock_purchase_order(text) IS 'Lock a purchase order that is to be changed and return its status, null if there is none; raises OM002 once it is confirmed';

CREATE OR REPLACE FUNCTION oms.put_purchase_order(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_lines CONSTANT jsonb[] := oms_internal.elements(document -> 'lines');
    v_currency text;
    v_supplier oms.suppliers;
BEGIN
    PERFORM oms_internal.check_document(document, 'purchase_order');
    PERFORM oms_internal.require_codes(
        locations => ARRAY[document ->> 'location'], suppliers => ARRAY[document ->> 'supplier'],
        skus => oms_internal.values_of(v_lines, 'sku'));
    PERFORM oms_internal.lock_purchase_order(document ->> 'code');
    SELECT o.currency INTO v_currency FROM oms.purchase_orders AS o WHERE o.code = document ->> 'code';
    IF v_currency IS NULL THEN
        PERFORM oms_internal.raise_faults('purchase_order', array_agg(format('$.%s: is required to create a purchase order', k)))
        FROM unnest(ARRAY['supplier', 'location']) AS k
        WHERE NOT document ? k;
    END IF;
    IF v_currency <> document ->> 'currency' AND NOT document ? 'lines' THEN
        PERFORM oms_internal.raise_faults('purchase_order', ARRAY['$.lines: must be there where the currency changes']);
    END IF;
    SELECT * INTO v_supplier FROM oms.suppliers AS s WHERE s.code = document ->> 'supplier';

    PERFORM oms_internal.put_rows('purchase_order', ARRAY[
        CASE WHEN v_currency IS NULL THEN jsonb_strip_nulls(jsonb_build_object('currency', v_supplier.currency)) ELSE '{}' END
        || oms_internal.with_id(document, 'supplier', 'supplier_id', v_supplier.supplier_id)
        || oms_internal.with_id(document, 'location', 'location_id',
                                (SELECT l.location_id FROM oms.locations AS l WHERE l.code = document ->> 'location'))]);
    /* somebody else may have created and confirmed it meanwhile */
    PERFORM oms_internal.lock_purchase_order(document ->> 'code');
    IF document ? 'lines' THEN
        PERFORM oms_internal.put_purchase_lines(document ->> 'code', v_lines);
    END IF;
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_purchase_order(jsonb) IS 'Create or change a purchase order by its code, until it is confirmed; returns the code';

CREATE OR REPLACE FUNCTION oms.send_purchase_order(code text, reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_send_purchase_order';
COMMENT ON FUNCTION oms.send_purchase_order(text, text) IS 'Say that a purchase order has gone to its supplier, so that its goods can be expected; returns its status';

CREATE OR REPLACE FUNCTION oms.confirm_purchase_order(code text, expected_on date DEFAULT NULL, lines jsonb DEFAULT NULL,
                                                      reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_confirm_purchase_order';
COMMENT ON FUNCTION oms.confirm_purchase_order(text, date, jsonb, text) IS 'Say when the supplier has promised the goods, for all or for lines [{"line_no", "expected_on"}], the first time or anew; returns the status';

CREATE OR REPLACE FUNCTION oms.receive_purchase_order(code text, lines jsonb DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_receive_purchase_order';
COMMENT ON FUNCTION oms.receive_purchase_order(text, jsonb, text) IS 'Take in goods of a purchase order, all that are open or of lines [{"line_no", "quantity"}], and serve the orders that wait for them; returns the status';

CREATE OR REPLACE FUNCTION oms.close_purchase_order(code text, reason text DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_close_purchase_order';
COMMENT ON FUNCTION oms.close_purchase_order(text, text, text) IS 'End a purchase order of which goods have come in, and give up what has not; returns its status';

CREATE OR REPLACE FUNCTION oms.cancel_purchase_order(code text, reason text DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_cancel_purchase_order';
COMMENT ON FUNCTION oms.cancel_purchase_order(text, text, text) IS 'End a purchase order of which nothing has come in; returns its status';
