/* sql/code/26-purchasing_step.sql: what follows from the steps of purchase orders */

/*
 * As documents
 */

CREATE OR REPLACE FUNCTION oms_internal.purchase_order_lines(purchase_order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'line_no', l.line_no, 'sku', s.code, 'gtin', s.gtin, 'name', s.name, 'supplier_sku', t.supplier_sku,
                   'quantity', l.quantity::text,
                   'unit_cost', oms_internal.money_text(l.unit_cost),
                   'total', oms_internal.money_text(l.unit_cost * l.quantity),
                   'expected_on', l.expected_on, 'promised_on', l.promised_on,
                   'confirmed_quantity', l.confirmed_quantity::text,
                   'confirmed_cost', oms_internal.money_text(l.confirmed_cost),
                   'received', nullif(l.received, '0')::text, 'cancelled', nullif(l.cancelled, '0')::text)) ORDER BY l.line_no), '[]')
        FROM oms.purchase_order_lines AS l
        JOIN oms.purchase_orders AS o USING (purchase_order_id)
        JOIN oms.skus AS s USING (sku_id)
        LEFT JOIN oms.supplier_skus AS t ON t.supplier_id = o.supplier_id AND t.sku_id = l.sku_id
        WHERE l.purchase_order_id = $1);
END
$$;
COMMENT ON FUNCTION oms_internal.purchase_order_lines(bigint) IS 'The lines of a purchase order as documents; keys without a value are left out';

CREATE OR REPLACE FUNCTION oms_internal.purchase_order_document(purchase_order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
BEGIN
    RETURN (
        SELECT jsonb_strip_nulls(jsonb_build_object(
                   'code', o.code, 'status', o.status::text, 'status_reason', o.status_reason,
                   'supplier', jsonb_build_object('code', p.code, 'name', p.name, 'email', p.email),
                   'location', jsonb_build_object('code', w.code, 'name', w.name, 'city', w.city, 'postcode', w.postcode,
                                                  'region', w.region, 'country', w.country),
                   'currency', o.currency, 'ordered_at', o.ordered_at, 'expected_on', o.expected_on,
                   'total', (SELECT oms_internal.money_text(sum(l.unit_cost * l.quantity)) FROM oms.purchase_order_lines AS l
                             WHERE l.purchase_order_id = o.purchase_order_id HAVING count(l.unit_cost) = count(*)),
                   'lines', oms_internal.purchase_order_lines(o.purchase_order_id)))
               || CASE WHEN o.metadata IS NULL THEN '{}' ELSE jsonb_build_object('metadata', o.metadata) END
        FROM oms.purchase_orders AS o
        JOIN oms.suppliers AS p USING (supplier_id)
        JOIN oms.locations AS w USING (location_id)
        WHERE o.purchase_order_id = $1);
END
$$;
COMMENT ON FUNCTION oms_internal.purchase_order_document(bigint) IS 'A purchase order as a document, with all that a supplier needs to know';

CREATE OR REPLACE FUNCTION oms.get_purchase_order(code text) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.purchase_order_document(o.purchase_order_id) FROM oms.purchase_orders AS o WHERE o.code = $1
$$;
COMMENT ON FUNCTION oms.get_purchase_order(text) IS 'A purchase order as a document, with what has become of it; null if there is none';

CREATE OR REPLACE FUNCTION oms_internal.purchase_order_text(document jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_location CONSTANT jsonb := document -> 'location';
    v_currency CONSTANT text := document ->> 'currency';
BEGIN
    RETURN concat_ws(E'\n',
        format('Purchase order %s', document ->> 'code'),
        format('To: %s', document #>> '{supplier,name}'),
        format('Deliver to: %s', concat_ws(', ', v_location ->> 'name',
               nullif(concat_ws(' ', v_location ->> 'postcode', v_location ->> 'city'), ''),
               v_location ->> 'region', v_location ->> 'country')),
        'Expected on: ' || (document ->> 'expected_on'),
        '',
        (SELECT string_agg(concat_ws(', ',
                    format('%s. %s', l ->> 'line_no', concat_ws(' ', l ->> 'sku', nullif(l ->> 'name', l ->> 'sku')))
                    || coalesce(' (your code ' || (l ->> 'supplier_sku') || ')', '') || ': ' || (l ->> 'quantity')
                    || coalesce(' at ' || (l ->> 'unit_cost') || ' = ' || (l ->> 'total') || ' ' || v_currency, ''),
                    'expected on ' || (l ->> 'expected_on')), E'\n' ORDER BY n)
         FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY AS e(l, n)),
        '',
        'Total: ' || (document ->> 'total') || ' ' || v_currency,
        'Please confirm quantities, prices and days.');
END
$$;
COMMENT ON FUNCTION oms_internal.purchase_order_text(jsonb) IS 'The message of a purchase order to its supplier, as plain text';

/*
 * Events
 */

/* a supplier without an address is told by whoever follows the events */
CREATE OR REPLACE FUNCTION oms_internal.tell_supplier(purchase_order_id bigint, fact text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_document CONSTANT jsonb := oms_internal.purchase_order_document(purchase_order_id);
BEGIN
    PERFORM oms_internal.record_event('purchase_order', v_document ->> 'code', fact, v_document);
    INSERT INTO oms.notifications (kind, recipient, subject, body, purchase_order_id, supplier_id)
    SELECT 'purchase_order', p.email,
           CASE fact WHEN 'sent' THEN '' ELSE 'Changed: ' END || 'Purchase order ' || o.code,
           oms_internal.purchase_order_text(v_document), o.purchase_order_id, o.supplier_id
    FROM oms.purchase_orders AS o JOIN oms.suppliers AS p USING (supplier_id)
    WHERE o.purchase_order_id = tell_supplier.purchase_order_id AND p.email IS NOT NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.tell_supplier(bigint, text) IS 'Leave the event that a purchase order was sent or changed, with all of it, and a message to the supplier';

CREATE OR REPLACE FUNCTION oms_internal.call_off(purchase_order_id bigint, fact text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
BEGIN
    INSERT INTO oms.notifications (kind, recipient, subject, body, purchase_order_id, supplier_id)
    SELECT 'purchase_order', p.email, initcap(fact) || ': Purchase order ' || o.code,
           concat_ws(E'\n', format('Purchase order %s is %s.', o.code, fact), format('To: %s', p.name), '',
                     CASE fact WHEN 'closed' THEN 'Please send no more of it.' ELSE 'Please send nothing of it.' END),
           o.purchase_order_id, o.supplier_id
    FROM oms.purchase_orders AS o JOIN oms.suppliers AS p USING (supplier_id)
    WHERE o.purchase_order_id = call_off.purchase_order_id AND o.ordered_at IS NOT NULL AND p.email IS NOT NULL
          AND EXISTS (SELECT FROM oms.purchase_order_lines AS l
                      WHERE l.purchase_order_id = o.purchase_order_id AND l.quantity - l.cancelled > l.received);
END
$$;
COMMENT ON FUNCTION oms_internal.call_off(bigint, text) IS 'Leave a message to the supplier of a purchase order that has ended, if it was sent and something is open';

CREATE OR REPLACE FUNCTION oms_internal.confirmation_data(purchase_order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object(
                   'expected_on', o.expected_on,
                   'lines', (SELECT jsonb_agg(jsonb_build_object(
                                        'line_no', l.line_no, 'quantity', l.quantity::text,
                                        'confirmed_quantity', l.confirmed_quantity::text, 'unit_cost', l.unit_cost::text,
                                        'confirmed_cost', l.confirmed_cost::text, 'expected_on', l.expected_on) ORDER BY l.line_no)
                             FROM oms.purchase_order_lines AS l
                             WHERE l.purchase_order_id = o.purchase_order_id
                                   AND (l.confirmed_quantity IS NOT NULL OR l.confirmed_cost IS NOT NULL OR l.expected_on IS NOT NULL)))
        FROM oms.purchase_orders AS o
        WHERE o.purchase_order_id = $1);
END
$$;
COMMENT ON FUNCTION oms_internal.confirmation_data(bigint) IS 'What a supplier has confirmed, as data of an event';

CREATE OR REPLACE FUNCTION oms_internal.receipt_data(purchase_order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object(
                   'receipt_no', r.receipt_no, 'location', min(w.code),
                   'lines', jsonb_agg(jsonb_build_object(
                                'line_no', r.line_no, 'sku', s.code, 'quantity', r.quantity::text,
                                'rejected', nullif(r.rejected, '0')::text) ORDER BY r.line_no))
        FROM oms.purchase_receipts AS r
        JOIN oms.purchase_order_lines AS l USING (purchase_order_id, line_no)
        JOIN oms.skus AS s USING (sku_id)
        JOIN oms.locations AS w ON w.location_id = r.location_id
        WHERE r.purchase_order_id = $1
        GROUP BY r.receipt_no
        ORDER BY r.receipt_no DESC LIMIT 1);
END
$$;
COMMENT ON FUNCTION oms_internal.receipt_data(bigint) IS 'What has come last of a purchase order, as data of an event';

CREATE OR REPLACE FUNCTION oms_internal.enter_purchase_step(purchase_order_id bigint, code text, fact text, reason text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    AS $$
BEGIN
    IF fact = 'sent' THEN
        UPDATE oms.purchase_orders AS o SET ordered_at = oms.now()
        WHERE o.purchase_order_id = enter_purchase_step.purchase_order_id AND o.ordered_at IS NULL;
        PERFORM oms_internal.tell_supplier(purchase_order_id, fact);
        RETURN;
    END IF;
    IF fact NOT IN ('closed', 'cancelled') THEN
        UPDATE oms.purchase_order_lines AS l SET promised_on = coalesce(l.expected_on, o.expected_on)
        FROM oms.purchase_orders AS o
        WHERE l.purchase_order_id = enter_purchase_step.purchase_order_id AND o.purchase_order_id = l.purchase_order_id
              AND l.promised_on IS NULL AND coalesce(l.expected_on, o.expected_on) IS NOT NULL;
    END IF;
    PERFORM oms_internal.record_event('purchase_order', code, fact, CASE
        WHEN fact IN ('confirmed', 'further_confirmation') THEN oms_internal.confirmation_data(purchase_order_id)
        WHEN fact IN ('closed', 'cancelled') THEN jsonb_build_object('reason', reason)
        ELSE oms_internal.receipt_data(purchase_order_id) END);
    IF fact IN ('closed', 'cancelled') THEN
        PERFORM oms_internal.close_alerts('{purchase_price_changed}', ARRAY[code]);
        PERFORM oms_internal.call_off(purchase_order_id, fact);
    ELSE
        PERFORM oms_internal.review_bills(purchase_order_id);
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.enter_purchase_step(bigint, text, text, text)
    IS 'What follows from a step of a purchase order, whoever takes it, or from more of the same: its event, the message to the supplier, the day that was promised, bills that agree now';

CREATE OR REPLACE FUNCTION oms_internal.record_purchase_step() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_purchase_step';
COMMENT ON FUNCTION oms_internal.record_purchase_step() IS 'Row trigger: a step of a purchase order has its event, and what follows from it happens';

CREATE OR REPLACE FUNCTION oms_internal.change_purchase_order(purchase_order_id bigint) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_change_purchase_order';
COMMENT ON FUNCTION oms_internal.change_purchase_order(bigint) IS 'Tell the supplier of a purchase order that was sent before that it has changed';

/*
 * What suppliers confirm
 */

CREATE OR REPLACE FUNCTION oms_internal.confirmation_faults(purchase_order_id bigint, lines jsonb[]) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_order CONSTANT oms.purchase_orders := (SELECT o FROM oms.purchase_orders AS o
                                             WHERE o.purchase_order_id = confirmation_faults.purchase_order_id);
BEGIN
    RETURN oms_internal.repeated(lines, 'line_no', '$[%s]') || (
        SELECT array_agg(f.fault ORDER BY d.n, f.fault)
        FROM unnest(lines) WITH ORDINALITY AS d(value, n)
        LEFT JOIN oms.purchase_order_lines AS l
               ON l.purchase_order_id = v_order.purchase_order_id AND l.line_no = (d.value ->> 'line_no')::integer
        LEFT JOIN oms.skus AS s USING (sku_id)
        CROSS JOIN LATERAL (SELECT (d.value ->> 'quantity')::numeric AS quantity) AS q
        CROSS JOIN LATERAL (
            SELECT format('$[%s].line_no: purchase order "%s" has no line %s', d.n - 1, v_order.code, d.value ->> 'line_no')
            WHERE l.line_no IS NULL
            UNION ALL
            SELECT format('$[%s].quantity: must have at most %s decimals, is %s', d.n - 1, s.decimals, q.quantity)
            WHERE q.quantity <> trunc(q.quantity, s.decimals)
            UNION ALL
            SELECT format('$[%s].quantity: must be between the %s received and the %s ordered, is %s', d.n - 1, l.received,
                          l.quantity, q.quantity)
            WHERE q.quantity NOT BETWEEN least(l.received, l.quantity)::numeric AND l.quantity::numeric
            UNION ALL
            SELECT oms_internal.money_fault(format('$[%s].unit_cost', d.n - 1), (d.value ->> 'unit_cost')::numeric, v_order.currency)
        ) AS f(fault)
        WHERE f.fault IS NOT NULL);
END
$$;
COMMENT ON FUNCTION oms_internal.confirmation_faults(bigint, jsonb[]) IS 'What is wrong with a confirmation beyond its shape, with JSON paths';

CREATE OR REPLACE FUNCTION oms_internal.watch_purchase_prices(purchase_order_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_order record;
    v_lines jsonb;
BEGIN
    SELECT o.code, p.code AS supplier, p.price_tolerance_rate INTO STRICT v_order
    FROM oms.purchase_orders AS o JOIN oms.suppliers AS p USING (supplier_id)
    WHERE o.purchase_order_id = watch_purchase_prices.purchase_order_id;
    SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, 'sku', s.code, 'unit_cost', l.unit_cost::text,
                                        'confirmed_cost', l.confirmed_cost::text) ORDER BY l.line_no)
    INTO v_lines
    FROM oms.purchase_order_lines AS l JOIN oms.skus AS s USING (sku_id)
    WHERE l.purchase_order_id = watch_purchase_prices.purchase_order_id
          AND l.confirmed_cost::numeric > l.unit_cost::numeric * (1 + v_order.price_tolerance_rate);
    IF v_lines IS NULL THEN
        PERFORM oms_internal.close_alerts('{purchase_price_changed}', ARRAY[v_order.code]);
        RETURN;
    END IF;
    PERFORM oms_internal.raise_alert(
        'purchase_price_changed', v_order.code, 'warning',
        format('supplier %s has confirmed %s of purchase order %s dearer than ordered', v_order.supplier,
               CASE jsonb_array_length(v_lines) WHEN 1 THEN 'a line' ELSE jsonb_array_length(v_lines) || ' lines' END, v_order.code),
        subject => 'purchase order ' || v_order.code, data => jsonb_build_object('lines', v_lines));
END
$$;
COMMENT ON FUNCTION oms_internal.watch_purchase_prices(bigint) IS 'Raise an alert if a supplier has confirmed prices beyond the tolerance, and close it if it has not any more';

CREATE OR REPLACE FUNCTION oms_internal.confirm_purchase_lines(purchase_order_id bigint, lines jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    AS $$
DECLARE
    v_lines CONSTANT jsonb[] := oms_internal.elements(oms_internal.check_document(lines, 'confirmation_lines'));
    v_order CONSTANT oms.purchase_orders := (SELECT o FROM oms.purchase_orders AS o
                                             WHERE o.purchase_order_id = confirm_purchase_lines.purchase_order_id);
    v_rejected jsonb;
BEGIN
    PERFORM oms_internal.raise_faults('confirmation_lines', oms_internal.confirmation_faults(purchase_order_id, v_lines));
    SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, 'sku', s.code) ORDER BY l.line_no) INTO v_rejected
    FROM unnest(v_lines) AS d(value)
    JOIN oms.purchase_order_lines AS l ON l.purchase_order_id = v_order.purchase_order_id AND l.line_no = (d.value ->> 'line_no')::integer
    JOIN oms.skus AS s USING (sku_id)
    WHERE (d.value ->> 'quantity')::numeric = 0 AND l.confirmed_quantity IS DISTINCT FROM '0';

    UPDATE oms.purchase_order_lines AS l
    SET expected_on = (d.value ->> 'expected_on')::date,
        confirmed_quantity = coalesce(q.confirmed, l.confirmed_quantity),
        cancelled = coalesce(l.quantity - q.confirmed, l.cancelled),
        confirmed_cost = coalesce(amount((d.value ->> 'unit_cost')::numeric, v_order.currency), l.confirmed_cost)
    FROM unnest(v_lines) AS d(value)
    CROSS JOIN LATERAL (SELECT (d.value ->> 'quantity')::oms.quantity AS confirmed) AS q
    WHERE l.purchase_order_id = v_order.purchase_order_id AND l.line_no = (d.value ->> 'line_no')::integer;

    IF v_rejected IS NOT NULL THEN
        PERFORM oms_internal.record_event('purchase_order', v_order.code, 'lines_rejected', jsonb_build_object('lines', v_rejected));
    END IF;
    PERFORM oms_internal.watch_purchase_prices(purchase_order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.confirm_purchase_lines(bigint, jsonb) IS 'Write down what a supplier has confirmed of some lines';
