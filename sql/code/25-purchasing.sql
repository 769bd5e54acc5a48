/* sql/code/25-purchasing.sql: suppliers by document */

CREATE OR REPLACE FUNCTION oms_internal.supplier_faults(document jsonb, skus jsonb[]) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_supplier CONSTANT oms.suppliers := (SELECT p FROM oms.suppliers AS p WHERE p.code = document ->> 'code');
    v_currency CONSTANT text := coalesce(document ->> 'currency', v_supplier.currency);
BEGIN
    RETURN oms_internal.repeated(skus, 'sku', '$.skus[%s]') || (
        SELECT array_agg(f.fault ORDER BY f.n, f.fault)
        FROM (
            SELECT 0, format('$.%s: must be in %s, is "%s"', k, v_currency, document ->> k)
            FROM unnest(ARRAY['min_order', 'auto_approve_limit']) AS k
            WHERE oms.currency_of((document ->> k)::oms.amount) <> v_currency
            UNION ALL
            SELECT 0, format('$.%s: must be there where the currency changes, is %s', w.key, w.amount)
            FROM (VALUES ('min_order', v_supplier.min_order), ('auto_approve_limit', v_supplier.auto_approve_limit)) AS w(key, amount)
            WHERE NOT document ? w.key AND oms.currency_of(w.amount) <> v_currency
            UNION ALL
            SELECT d.n, format('$.skus[%s].max_quantity: must be at least min_quantity, is %s and %s', d.n - 1, q.most, q.least)
            FROM unnest(skus) WITH ORDINALITY AS d(value, n)
            LEFT JOIN oms.skus AS s ON s.code = d.value ->> 'sku'
            LEFT JOIN oms.supplier_skus AS t ON t.supplier_id = v_supplier.supplier_id AND t.sku_id = s.sku_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN d.value ? 'max_quantity' THEN (d.value ->> 'max_quantity')::numeric ELSE t.max_quantity::numeric END,
                       coalesce((d.value ->> 'min_quantity')::numeric, t.min_quantity::numeric)
            ) AS q(most, least)
            WHERE q.most < q.least
            UNION ALL
            SELECT d.n, format('$.skus[%s].cost_breaks[%s].cost: must be in %s as cost, is "%s"', d.n - 1, b.n - 1,
                               oms.currency_of((d.value ->> 'cost')::oms.amount), b.value ->> 'cost')
            FROM unnest(skus) WITH ORDINALITY AS d(value, n),
                 unnest(oms_internal.elements(d.value -> 'cost_breaks')) WITH ORDINALITY AS b(value, n)
            WHERE oms.currency_of((b.value ->> 'cost')::oms.amount) <> oms.currency_of((d.value ->> 'cost')::oms.amount)
            UNION ALL
            SELECT d.n, format('$.skus[%s].cost_breaks[%s].min_quantity: must not be there twice, is %s', d.n - 1, b.n - 1,
                               b.value ->> 'min_quantity')
            FROM unnest(skus) WITH ORDINALITY AS d(value, n),
                 LATERAL (SELECT e.value, e.n, row_number() OVER (PARTITION BY (e.value ->> 'min_quantity')::numeric ORDER BY e.n) AS nth
                          FROM unnest(oms_internal.elements(d.value -> 'cost_breaks')) WITH ORDINALITY AS e(value, n)) AS b
            WHERE b.nth > 1
        ) AS f(n, fault));
END
$$;
COMMENT ON FUNCTION oms_internal.supplier_faults(jsonb, jsonb[]) IS 'What is wrong with the document of a supplier beyond its shape, with JSON paths';

CREATE OR REPLACE FUNCTION oms_internal.put_cost_breaks(terms jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    DELETE FROM oms.supplier_cost_breaks AS b
    USING unnest(terms) AS d(value)
    WHERE d.value ? 'cost_breaks'
          AND b.supplier_id = (d.value ->> 'supplier_id')::integer AND b.sku_id = (d.value ->> 'sku_id')::bigint;
    INSERT INTO oms.supplier_cost_breaks (supplier_id, sku_id, min_quantity, cost)
    SELECT (d.value ->> 'supplier_id')::integer, (d.value ->> 'sku_id')::bigint,
           (b.value ->> 'min_quantity')::oms.quantity, (b.value ->> 'cost')::oms.amount
    FROM unnest(terms) AS d(value), unnest(oms_internal.elements(d.value -> 'cost_breaks')) AS b(value);
END
$$;
COMMENT ON FUNCTION oms_internal.put_cost_breaks(jsonb[]) IS 'Replace the quantity breaks of those terms of a supplier that say something of them';

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
    PERFORM oms_internal.raise_faults('supplier', oms_internal.supplier_faults(document, v_skus));

    PERFORM oms_internal.put_rows('supplier', ARRAY[document]);
    SELECT array_agg(d.value || jsonb_build_object('supplier_id', p.supplier_id, 'sku_id', s.sku_id)) INTO v_rows
    FROM unnest(v_skus) AS d(value)
    JOIN oms.skus AS s ON s.code = d.value ->> 'sku'
    JOIN oms.suppliers AS p ON p.code = document ->> 'code';
    PERFORM oms_internal.put_rows('supplier_sku', v_rows, '(supplier_id, sku_id)',
                                  't.supplier_id = n.supplier_id AND t.sku_id = n.sku_id');
    PERFORM oms_internal.put_cost_breaks(v_rows);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_supplier(jsonb) IS 'Create or update a supplier by its code, and its terms for the SKUs in the document; returns the code';

CREATE OR REPLACE FUNCTION oms_internal.supplier_cost(supplier_id integer, sku_id bigint, quantity oms.quantity) RETURNS oms.amount
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce((SELECT b.cost FROM oms.supplier_cost_breaks AS b
                         WHERE b.supplier_id = t.supplier_id AND b.sku_id = t.sku_id AND b.min_quantity <= $3
                         ORDER BY b.min_quantity DESC LIMIT 1), t.cost)
        FROM oms.supplier_skus AS t
        WHERE t.supplier_id = $1 AND t.sku_id = $2);
END
$$;
COMMENT ON FUNCTION oms_internal.supplier_cost(integer, bigint, oms.quantity)
    IS 'What one base unit costs at a supplier where so many are ordered; null if it does not offer the SKU';

CREATE OR REPLACE FUNCTION oms_internal.receipt_limits(
    purchase_order_id bigint, first_line integer DEFAULT 1, last_line integer DEFAULT 2147483647,
    OUT line_no integer, OUT at_least oms.quantity, OUT at_most oms.quantity) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
    SELECT l.line_no,
           c.quantity - least(greatest(quantity(trunc(c.quantity::numeric * coalesce(t.under_receipt_rate, p.under_receipt_rate), 6)),
                                       coalesce(t.under_receipt_units, p.under_receipt_units)), c.quantity),
           l.quantity + greatest(quantity(trunc(l.quantity::numeric * coalesce(t.over_receipt_rate, p.over_receipt_rate), 6)),
                                 coalesce(t.over_receipt_units, p.over_receipt_units))
    FROM oms.purchase_order_lines AS l
    JOIN oms.purchase_orders AS o USING (purchase_order_id)
    JOIN oms.suppliers AS p USING (supplier_id)
    LEFT JOIN oms.supplier_skus AS t ON t.supplier_id = o.supplier_id AND t.sku_id = l.sku_id
    CROSS JOIN LATERAL (SELECT coalesce(l.confirmed_quantity, l.quantity) AS quantity) AS c
    WHERE l.purchase_order_id = $1 AND l.line_no BETWEEN $2 AND $3;
END
$$;
COMMENT ON FUNCTION oms_internal.receipt_limits(bigint, integer, integer) IS 'How much of lines of a purchase order counts as all that was confirmed of it, and how much may come in, by the tolerances';

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
           coalesce(oms.amount((n.value ->> 'unit_cost')::numeric, v_order.currency),
                    CASE WHEN oms.currency_of(t.cost) = v_order.currency THEN t.cost END),
           (n.value ->> 'expected_on')::date
    FROM unnest(lines) WITH ORDINALITY AS n(value, line_no)
    JOIN oms.skus AS s ON s.code = n.value ->> 'sku'
    CROSS JOIN LATERAL (
        SELECT oms_internal.supplier_cost(v_order.supplier_id, s.sku_id, (n.value ->> 'quantity')::oms.quantity)
    ) AS t(cost);
END
$$;
COMMENT ON FUNCTION oms_internal.put_purchase_lines(text, jsonb[]) IS 'Replace the lines of a purchase order by those of a document';

CREATE OR REPLACE FUNCTION oms_internal.lock_purchase_order(code text) RETURNS oms.purchase_order_status
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_order oms.purchase_orders;
BEGIN
    SELECT * INTO v_order
    FROM oms.purchase_orders AS o
    WHERE o.code = lock_purchase_order.code
    FOR NO KEY UPDATE;
    IF v_order.status OPERATOR(oms.>) 'sent'::oms.purchase_order_status
       OR EXISTS (SELECT FROM oms.purchase_receipts AS r WHERE r.purchase_order_id = v_order.purchase_order_id)
       OR EXISTS (SELECT FROM oms.bills AS b WHERE b.purchase_order_id = v_order.purchase_order_id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM002',
            MESSAGE = format('purchase order "%s" cannot be changed', code),
            DETAIL = CASE WHEN v_order.status OPERATOR(oms.>) 'sent'::oms.purchase_order_status
                          THEN format('It is %s.', v_order.status) ELSE 'There are receipts or bills of it.' END,
            HINT = 'Only drafts and what was sent, but not confirmed, can be changed; dates by oms.confirm_purchase_order().';
    END IF;
    RETURN v_order.status;
END
$$;
COMMENT ON FUNCTION oms_internal.lock_purchase_order(text) IS 'Lock a purchase order that is to be changed and return its status, null if there is none; raises OM002 once it is confirmed';

/* a line is locked by then, so to wait for the purchase order, as its commands lock that first, could be a deadlock */
CREATE OR REPLACE FUNCTION oms_internal.require_changeable() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code text;
BEGIN
    SELECT o.code INTO STRICT v_code
    FROM oms.purchase_orders AS o
    WHERE o.purchase_order_id = CASE TG_OP WHEN 'DELETE' THEN OLD.purchase_order_id ELSE NEW.purchase_order_id END
    FOR NO KEY UPDATE NOWAIT;
    PERFORM oms_internal.lock_purchase_order(v_code);
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION oms_internal.require_changeable() IS 'Row trigger of purchase orders, after, and of their lines, before: lock the purchase order, and refuse what is written by hand once it is confirmed';

CREATE OR REPLACE FUNCTION oms_internal.require_one_currency() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_line_no CONSTANT integer := to_jsonb(NEW) ->> 'line_no';
    v_line record;
BEGIN
    SELECT o.code, o.currency, l.line_no, l.unit_cost INTO v_line
    FROM oms.purchase_orders AS o JOIN oms.purchase_order_lines AS l USING (purchase_order_id)
    WHERE o.purchase_order_id = NEW.purchase_order_id AND oms.currency_of(l.unit_cost) <> o.currency
          AND l.line_no BETWEEN coalesce(v_line_no, 1) AND coalesce(v_line_no, 2147483647)
    ORDER BY l.line_no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = format('purchase order "%s" is in %s', v_line.code, v_line.currency),
            DETAIL = format('Line %s costs %s.', v_line.line_no, v_line.unit_cost),
            HINT = 'Change the currency first, and the costs of all lines in the same transaction.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.require_one_currency() IS 'Row trigger of purchase orders, all lines of which are looked at, and of their lines, each by itself: costs are in the currency of the purchase order';

CREATE OR REPLACE FUNCTION oms.put_purchase_order(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_lines CONSTANT jsonb[] := oms_internal.elements(document -> 'lines');
    v_currency text;
    v_supplier oms.suppliers;
    v_sent jsonb;
BEGIN
    PERFORM oms_internal.check_document(document, 'purchase_order');
    PERFORM oms_internal.require_codes(
        locations => ARRAY[document ->> 'location'], suppliers => ARRAY[document ->> 'supplier'],
        skus => oms_internal.values_of(v_lines, 'sku'));
    PERFORM oms_internal.lock_purchase_order(document ->> 'code');
    SELECT o.currency, CASE WHEN o.status OPERATOR(oms.=) 'sent'::oms.purchase_order_status
                            THEN oms_internal.purchase_order_document(o.purchase_order_id) END
    INTO v_currency, v_sent
    FROM oms.purchase_orders AS o WHERE o.code = document ->> 'code';
    IF v_currency IS NULL THEN
        PERFORM oms_internal.raise_faults('purchase_order', array_agg(format('$.%s: is required to create a purchase order', k)))
        FROM unnest(ARRAY['supplier', 'location']) AS k
        WHERE NOT document ? k;
    END IF;
    IF v_sent #>> '{supplier,code}' <> document ->> 'supplier' THEN
        PERFORM oms_internal.raise_faults('purchase_order', ARRAY[
            format('$.supplier: must be "%s", to whom it was sent, is "%s"', v_sent #>> '{supplier,code}', document ->> 'supplier')]);
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
    PERFORM oms_internal.change_purchase_order(o.purchase_order_id)
    FROM oms.purchase_orders AS o
    WHERE o.code = document ->> 'code' AND v_sent <> oms_internal.purchase_order_document(o.purchase_order_id);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_purchase_order(jsonb) IS 'Create or change a purchase order by its code, until it is confirmed; returns the code';

CREATE OR REPLACE FUNCTION oms.send_purchase_order(code text, reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_send_purchase_order';
COMMENT ON FUNCTION oms.send_purchase_order(text, text) IS 'Send a purchase order to its supplier, by an event and a message, so that its goods can be expected; returns its status';

CREATE OR REPLACE FUNCTION oms.confirm_purchase_order(code text, expected_on date DEFAULT NULL, lines jsonb DEFAULT NULL,
                                                      reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_confirm_purchase_order';
COMMENT ON FUNCTION oms.confirm_purchase_order(text, date, jsonb, text) IS 'Say what the supplier has confirmed: when the goods come, and of lines [{"line_no", "quantity", "unit_cost", "expected_on"}] how many at which price, the first time or anew; returns the status';

CREATE OR REPLACE FUNCTION oms.receive_purchase_order(code text, lines jsonb DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.purchase_order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_receive_purchase_order';
COMMENT ON FUNCTION oms.receive_purchase_order(text, jsonb, text) IS 'Take in goods of a purchase order, all that are open or of lines [{"line_no", "quantity", "rejected"}], and serve the orders that wait for them; returns the status';

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
