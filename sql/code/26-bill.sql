/* sql/code/26-bill.sql: bills of suppliers, matched with what was ordered and received */

/*
 * Plans are made for a large store, where to call for workers and to hash whole
 * tables would look cheap. What a bill or a purchase order has is little, so the
 * functions that C calls have it looked up by index.
 */

CREATE OR REPLACE FUNCTION oms_internal.bill_name(bill_id integer) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT p.code || '/' || b.number FROM oms.bills AS b JOIN oms.suppliers AS p USING (supplier_id) WHERE b.bill_id = $1);
END
$$;
COMMENT ON FUNCTION oms_internal.bill_name(integer) IS 'The key of a bill''s events and alert: mill/M-77';

/*
 * Recording
 */

/* a line without line_no is of the only line that has its SKU; OFFSET keeps what it names from being read again for every line there is */
CREATE OR REPLACE FUNCTION oms_internal.bill_rows(
    purchase_order_id bigint, lines jsonb[],
    OUT n integer, OUT document jsonb, OUT order_line_no integer, OUT sku_id bigint, OUT matches integer,
    OUT quantity oms.quantity, OUT unit_cost numeric) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT d.n::integer, d.value, m.line_no, coalesce(m.sku_id, d.sku_id), m.matches::integer,
           (d.value ->> 'quantity')::oms.quantity, (d.value ->> 'unit_cost')::numeric
    FROM (SELECT e.n, e.value, s.sku_id, (e.value ->> 'line_no')::integer AS line_no, e.value ->> 'sku' IS NULL AS any_sku
          FROM unnest(lines) WITH ORDINALITY AS e(value, n)
          LEFT JOIN oms.skus AS s ON s.code = e.value ->> 'sku'
          OFFSET 0) AS d
    LEFT JOIN LATERAL (
        SELECT min(l.line_no) AS line_no, min(l.sku_id) AS sku_id, count(*) AS matches
        FROM oms.purchase_order_lines AS l
        WHERE l.purchase_order_id = bill_rows.purchase_order_id
              AND l.line_no BETWEEN coalesce(d.line_no, 1) AND coalesce(d.line_no, 2147483647)
              AND (l.sku_id = d.sku_id OR d.any_sku)
    ) AS m ON true;
END
$$;
COMMENT ON FUNCTION oms_internal.bill_rows(bigint, jsonb[]) IS 'Lines of the document of a bill, with the line of the purchase order that each is of, and how many it could be of';

CREATE OR REPLACE FUNCTION oms_internal.bill_faults(document jsonb, purchase_order_id bigint, lines jsonb[], currency text)
    RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
BEGIN
    RETURN (
        SELECT array_agg(f.fault ORDER BY f.n, f.fault)
        FROM (
            SELECT 0, oms_internal.money_fault('$.' || k, (document ->> k)::numeric, currency)
            FROM unnest(ARRAY['tax', 'shipping', 'total']) AS k
            UNION ALL
            SELECT 0, format('$.currency: must be %s as the purchase order, is "%s"', o.currency, document ->> 'currency')
            FROM oms.purchase_orders AS o
            WHERE o.purchase_order_id = bill_faults.purchase_order_id AND o.currency <> document ->> 'currency'
            UNION ALL
            SELECT 0, format('$.purchase_order: is of supplier "%s"', p.code)
            FROM oms.purchase_orders AS o JOIN oms.suppliers AS p USING (supplier_id)
            WHERE o.purchase_order_id = bill_faults.purchase_order_id AND p.code <> document ->> 'supplier'
            UNION ALL
            SELECT 0, format('$.due_on: must not be before billed_on, is "%s"', document ->> 'due_on')
            WHERE (document ->> 'due_on')::date < coalesce((document ->> 'billed_on')::date, oms_internal.report_today())
            UNION ALL
            SELECT r.n, format('$.lines[%s].%s', r.n - 1, r.fault)
            FROM (SELECT r.n, CASE
                         WHEN r.matches = 0 AND r.document ->> 'line_no' IS NOT NULL
                             THEN 'line_no: the purchase order has no line ' || (r.document ->> 'line_no')
                                  || coalesce(' of sku "' || (r.document ->> 'sku') || '"', '')
                         WHEN r.matches > 1 THEN 'sku: is on ' || r.matches || ' lines of the purchase order, so give line_no'
                         WHEN r.matches = 1 AND row_number() OVER (PARTITION BY r.order_line_no ORDER BY r.n) > 1
                             THEN 'line_no: line ' || r.order_line_no || ' of the purchase order must not be there twice' END AS fault
                  FROM oms_internal.bill_rows(bill_faults.purchase_order_id, lines) AS r) AS r
            WHERE r.fault IS NOT NULL
            UNION ALL
            SELECT r.n, format('$.lines[%s].quantity: must have at most %s decimals, is %s', r.n - 1, s.decimals, r.quantity)
            FROM oms_internal.bill_rows(bill_faults.purchase_order_id, lines) AS r JOIN oms.skus AS s USING (sku_id)
            WHERE r.quantity::numeric <> trunc(r.quantity::numeric, s.decimals)
        ) AS f(n, fault)
        WHERE f.fault IS NOT NULL);
END
$$;
COMMENT ON FUNCTION oms_internal.bill_faults(jsonb, bigint, jsonb[], text) IS 'What is wrong with the document of a bill beyond its shape, with JSON paths';

/* the same number with the same content is the same bill */
CREATE OR REPLACE FUNCTION oms_internal.known_bill(supplier_id integer, document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_bill oms.bills;
BEGIN
    SELECT * INTO v_bill
    FROM oms.bills AS b
    WHERE b.supplier_id = known_bill.supplier_id AND b.number = known_bill.document ->> 'number' AND b.status <> 'rejected';
    IF v_bill.document <> document THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM004',
            MESSAGE = format('bill "%s" of supplier "%s" was recorded with other content', document ->> 'number', document ->> 'supplier'),
            DETAIL = format('It is of %s over %s, and %s.', v_bill.billed_on, v_bill.total, v_bill.status),
            HINT = CASE v_bill.status WHEN 'mismatched' THEN 'Reject it by oms.reject_bill() before another of this number is recorded.'
                                      ELSE 'A bill keeps its number and its content.' END;
    END IF;
    RETURN v_bill.status;
END
$$;
COMMENT ON FUNCTION oms_internal.known_bill(integer, jsonb) IS 'The status of a bill that is recorded already, null if it is not; raises OM004 if it was recorded with other content';

CREATE OR REPLACE FUNCTION oms_internal.insert_bill(supplier integer, purchase_order bigint, document jsonb, billed_in text)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_lines CONSTANT jsonb[] := oms_internal.elements(document -> 'lines');
    v_billed_on CONSTANT date := coalesce((document ->> 'billed_on')::date, oms_internal.report_today());
    v_goods CONSTANT oms.amount := (SELECT sum(extended_price(r.unit_cost, r.quantity, billed_in))
                                    FROM oms_internal.bill_rows(purchase_order, v_lines) AS r);
    v_tax CONSTANT oms.amount := amount(coalesce((document ->> 'tax')::numeric, 0), billed_in);
    v_shipping CONSTANT oms.amount := amount(coalesce((document ->> 'shipping')::numeric, 0), billed_in);
    v_total CONSTANT oms.amount := v_goods + v_tax + v_shipping;
    v_bill_id integer;
BEGIN
    IF (document ->> 'total')::numeric <> v_total::numeric THEN
        PERFORM oms_internal.raise_faults('bill', ARRAY[
            format('$.total: must be %s, the sum of lines, tax and shipping, is %s', v_total::numeric, document ->> 'total')]);
    END IF;
    INSERT INTO oms.bills AS b (supplier_id, number, purchase_order_id, currency, billed_on, due_on, goods, tax, shipping, total, paid, document)
    SELECT p.supplier_id, document ->> 'number', insert_bill.purchase_order, billed_in, v_billed_on,
           coalesce((document ->> 'due_on')::date, v_billed_on + p.payment_days), v_goods, v_tax, v_shipping, v_total,
           v_total - v_total, insert_bill.document
    FROM oms.suppliers AS p
    WHERE p.supplier_id = insert_bill.supplier
    ON CONFLICT (supplier_id, number) WHERE status <> 'rejected' DO NOTHING
    RETURNING b.bill_id INTO v_bill_id;
    INSERT INTO oms.bill_lines (bill_id, line_no, purchase_order_id, order_line_no, sku_id, quantity, unit_cost, total)
    SELECT v_bill_id, r.n, CASE WHEN r.order_line_no IS NOT NULL THEN insert_bill.purchase_order END, r.order_line_no, r.sku_id,
           r.quantity, r.unit_cost, extended_price(r.unit_cost, r.quantity, billed_in)
    FROM oms_internal.bill_rows(insert_bill.purchase_order, v_lines) AS r
    WHERE v_bill_id IS NOT NULL;
    RETURN v_bill_id;
END
$$;
COMMENT ON FUNCTION oms_internal.insert_bill(integer, bigint, jsonb, text) IS 'Write the rows of a bill; returns its id, null if somebody else has recorded the number meanwhile';

CREATE OR REPLACE FUNCTION oms_internal.record_bill(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    AS $$
DECLARE
    v_lines CONSTANT jsonb[] := oms_internal.elements(oms_internal.check_document(document, 'bill') -> 'lines');
    v_supplier oms.suppliers;
    v_order oms.purchase_orders;
    v_status text;
    v_currency text;
    v_bill_id integer;
BEGIN
    PERFORM oms_internal.require_codes(suppliers => ARRAY[document ->> 'supplier'], skus => oms_internal.values_of(v_lines, 'sku'));
    SELECT * INTO STRICT v_supplier FROM oms.suppliers AS p WHERE p.code = document ->> 'supplier';
    SELECT * INTO v_order FROM oms.purchase_orders AS o WHERE o.code = document ->> 'purchase_order' FOR NO KEY UPDATE;
    IF v_order.purchase_order_id IS NULL AND document ->> 'purchase_order' IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('purchase order "%s" does not exist', document ->> 'purchase_order'),
            HINT = 'Record a bill of nothing that was ordered without purchase_order.';
    END IF;
    v_status := oms_internal.known_bill(v_supplier.supplier_id, document);
    IF v_status IS NOT NULL THEN
        RETURN v_status;
    END IF;
    v_currency := coalesce(document ->> 'currency', v_order.currency, v_supplier.currency);
    PERFORM oms_internal.raise_faults('bill', oms_internal.bill_faults(document, v_order.purchase_order_id, v_lines, v_currency));
    v_bill_id := oms_internal.insert_bill(v_supplier.supplier_id, v_order.purchase_order_id, document, v_currency);
    RETURN coalesce(oms_internal.match_bill(v_bill_id), oms_internal.known_bill(v_supplier.supplier_id, document));
END
$$;
COMMENT ON FUNCTION oms_internal.record_bill(jsonb) IS 'What oms.record_bill() does, once per reference';

CREATE OR REPLACE FUNCTION oms.record_bill(document jsonb, reference text DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_bill';
COMMENT ON FUNCTION oms.record_bill(jsonb, text) IS 'Record a bill of a supplier by its document, and match it with what was ordered and received; returns its status, matched or mismatched';

/*
 * Matching
 */

CREATE OR REPLACE FUNCTION oms_internal.bill_line_differences(bill_id integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 5
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT jsonb_strip_nulls(jsonb_build_object('kind', v.kind, 'line_no', l.line_no, 'sku', s.code, 'billed', v.billed, 'expected', v.expected))
    FROM oms.bills AS b
    JOIN oms.bill_lines AS l USING (bill_id)
    JOIN oms.skus AS s USING (sku_id)
    JOIN oms.suppliers AS p USING (supplier_id)
    LEFT JOIN oms.purchase_order_lines AS o ON o.purchase_order_id = l.purchase_order_id AND o.line_no = l.order_line_no
    LEFT JOIN LATERAL oms_internal.receipt_limits(b.purchase_order_id, l.order_line_no, l.order_line_no) AS m ON true
    CROSS JOIN LATERAL (SELECT o.billed + l.quantity AS billed, coalesce(o.confirmed_cost, o.unit_cost)::numeric AS cost) AS c
    CROSS JOIN LATERAL (VALUES
        ('not_ordered', l.order_line_no IS NULL, l.quantity::text, NULL),
        ('quantity', c.billed > m.at_most, l.quantity::text, greatest(m.at_most - o.billed, '0')::text),
        ('not_received', c.billed > o.received AND c.billed <= m.at_most, l.quantity::text, greatest(o.received - o.billed, '0')::text),
        ('price', l.unit_cost > c.cost * (1 + p.price_tolerance_rate), trim_scale(l.unit_cost)::text, c.cost::text)
    ) AS v(kind, differs, billed, expected)
    WHERE b.bill_id = $1 AND v.differs
    ORDER BY l.line_no;
END
$$;
COMMENT ON FUNCTION oms_internal.bill_line_differences(integer) IS 'What lines of a bill that is not in the books do not agree in with what was ordered, received and billed before';

CREATE OR REPLACE FUNCTION oms_internal.bill_differences(bill_id integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        WITH lines AS (
            SELECT d.difference, d.n
            FROM oms_internal.bill_line_differences($1) WITH ORDINALITY AS d(difference, n)
        )
        SELECT jsonb_agg(a.difference ORDER BY a.place, a.n)
        FROM (
            SELECT 1 AS place, n, difference FROM lines
            UNION ALL
            SELECT 2, 1, jsonb_build_object('kind', 'shipping', 'billed', oms_internal.money_text(b.shipping),
                                            'expected', oms_internal.money_text(b.goods * p.price_tolerance_rate))
            FROM oms.bills AS b JOIN oms.suppliers AS p USING (supplier_id)
            WHERE b.bill_id = $1 AND b.shipping > b.goods * p.price_tolerance_rate
            UNION ALL
            SELECT 3, o.bill_id, jsonb_build_object('kind', 'duplicate', 'number', o.number)
            FROM oms.bills AS b
            JOIN oms.bills AS o ON o.supplier_id = b.supplier_id AND o.bill_id <> b.bill_id AND o.total = b.total AND o.status <> 'rejected'
                                   AND (o.purchase_order_id = b.purchase_order_id
                                        OR o.purchase_order_id IS NULL AND b.purchase_order_id IS NULL AND o.billed_on = b.billed_on)
            WHERE b.bill_id = $1
                  AND EXISTS (SELECT FROM lines WHERE lines.difference ->> 'kind' IN ('not_ordered', 'quantity', 'not_received'))
        ) AS a(place, n, difference));
END
$$;
COMMENT ON FUNCTION oms_internal.bill_differences(integer) IS 'All that does not agree of a bill that is not in the books, as an array; null if all does';

CREATE OR REPLACE FUNCTION oms_internal.match_bill(bill_id integer) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_bill oms.bills;
    v_differences jsonb;
    v_name CONSTANT text := oms_internal.bill_name(bill_id);
BEGIN
    PERFORM FROM oms.purchase_order_lines AS o
    WHERE (o.purchase_order_id, o.line_no) IN (SELECT l.purchase_order_id, l.order_line_no FROM oms.bill_lines AS l
                                               WHERE l.bill_id = match_bill.bill_id)
    ORDER BY o.line_no FOR NO KEY UPDATE;
    v_differences := oms_internal.bill_differences(bill_id);
    IF v_differences IS NULL THEN
        RETURN oms_internal.agree_bill(bill_id, 'matched', NULL);
    END IF;
    SELECT * INTO STRICT v_bill FROM oms.bills AS b WHERE b.bill_id = match_bill.bill_id;
    IF v_bill.differences IS NULL THEN
        PERFORM oms_internal.record_event('bill', v_name, 'mismatched',
                                          jsonb_build_object('total', v_bill.total::text, 'differences', v_differences));
    END IF;
    UPDATE oms.bills AS b SET differences = v_differences, mismatched = true
    WHERE b.bill_id = match_bill.bill_id AND b.differences IS DISTINCT FROM v_differences;
    PERFORM oms_internal.raise_alert(
        'bill_mismatched', v_name, 'warning',
        format('bill %s over %s does not agree: %s', v_name, v_bill.total,
               (SELECT string_agg(DISTINCT replace(d ->> 'kind', '_', ' '), ', ') FROM jsonb_array_elements(v_differences) AS d)),
        subject => 'bill ' || v_name, data => jsonb_build_object('differences', v_differences));
    RETURN 'mismatched';
END
$$;
COMMENT ON FUNCTION oms_internal.match_bill(integer) IS 'Match a bill that is not in the books, whose purchase order is locked: put it into the books, or say what does not agree; returns its status';

CREATE OR REPLACE FUNCTION oms_internal.review_bills(purchase_order_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_bill record;
BEGIN
    FOR v_bill IN
        SELECT b.bill_id, b.status FROM oms.bills AS b
        WHERE b.purchase_order_id = review_bills.purchase_order_id
              AND (b.status = 'mismatched'
                   OR b.agreed_at IS NOT NULL AND EXISTS (SELECT FROM oms.bill_lines AS l WHERE l.bill_id = b.bill_id
                                                          AND l.order_line_no IS NOT NULL AND l.cleared < l.quantity))
        ORDER BY b.bill_id FOR NO KEY UPDATE OF b
    LOOP
        IF v_bill.status = 'mismatched' THEN
            PERFORM oms_internal.match_bill(v_bill.bill_id);
        ELSE
            PERFORM oms_internal.post_ledger('bill', NULL, v_bill.bill_id, '{received_not_billed,purchase_price_variance}',
                                             ARRAY[c.value, - c.value], NULL, ARRAY[c.base_value, - c.base_value])
            FROM oms_internal.clear_receipts(v_bill.bill_id) AS c;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION oms_internal.review_bills(bigint) IS 'Match bills of a purchase order again, since goods have come or another price was confirmed';

/*
 * Into the books
 */

CREATE OR REPLACE FUNCTION oms_internal.clear_receipts(bill_id integer, OUT value oms.amount, OUT base_value oms.amount)
    RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE ROWS 1
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH open AS (
        SELECT l.line_no AS bill_line_no, r.purchase_order_id, r.receipt_no, r.line_no, r.quantity - r.billed AS quantity,
               l.quantity - l.cleared AS wanted,
               sum(r.quantity - r.billed) OVER (PARTITION BY r.line_no ORDER BY r.receipt_no) - (r.quantity - r.billed) AS before,
               coalesce(r.value - r.billed_value, r.value) AS value, coalesce(r.base_value - r.billed_base, r.base_value) AS base_value
        FROM oms.bill_lines AS l
        JOIN oms.purchase_receipts AS r ON r.purchase_order_id = l.purchase_order_id AND r.line_no = l.order_line_no
        WHERE l.bill_id = $1 AND l.cleared < l.quantity AND r.quantity > r.billed
    ), taken AS (
        SELECT o.bill_line_no, o.purchase_order_id, o.receipt_no, o.line_no, t.quantity,
               oms_internal.convert(o.value, currency_of(o.value), t.quantity::numeric, o.quantity::numeric) AS value,
               oms_internal.convert(o.base_value, currency_of(o.base_value), t.quantity::numeric, o.quantity::numeric) AS base_value
        FROM open AS o, LATERAL (SELECT least(o.quantity, o.wanted - o.before) AS quantity) AS t
        WHERE t.quantity > '0'
    ), receipts AS (
        UPDATE oms.purchase_receipts AS r
        SET billed = r.billed + t.quantity, billed_value = coalesce(r.billed_value + t.value, t.value),
            billed_base = coalesce(r.billed_base + t.base_value, t.base_value)
        FROM taken AS t
        WHERE r.purchase_order_id = t.purchase_order_id AND r.receipt_no = t.receipt_no AND r.line_no = t.line_no
    ), counted AS (
        UPDATE oms.bill_lines AS l SET cleared = l.cleared + t.quantity
        FROM (SELECT bill_line_no, sum(quantity) AS quantity FROM taken GROUP BY bill_line_no) AS t
        WHERE l.bill_id = $1 AND l.line_no = t.bill_line_no
    )
    SELECT sum(t.value), sum(t.base_value) FROM taken AS t WHERE t.value IS NOT NULL GROUP BY currency_of(t.value);
END
$$;
COMMENT ON FUNCTION oms_internal.clear_receipts(integer)
    IS 'Take what has come first and is not billed for what a bill is for; returns what the ledger owed for it, by currency';

/* what was received in another currency, as no rate was known, is cleared in that */
CREATE OR REPLACE FUNCTION oms_internal.post_bill(bill_id integer) RETURNS oms.amount
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_bill CONSTANT oms.bills := (SELECT b FROM oms.bills AS b WHERE b.bill_id = post_bill.bill_id);
    v_cleared record;
    v_value oms.amount := v_bill.goods - v_bill.goods;
    v_base oms.amount;
    v_posting_id bigint;
BEGIN
    FOR v_cleared IN SELECT c.value, c.base_value FROM oms_internal.clear_receipts(bill_id) AS c LOOP
        IF currency_of(v_cleared.value) = v_bill.currency THEN
            v_value := v_cleared.value;
            v_base := v_cleared.base_value;
        ELSE
            PERFORM oms_internal.post_ledger('bill', NULL, bill_id, '{received_not_billed,purchase_price_variance}',
                                             ARRAY[v_cleared.value, - v_cleared.value], NULL,
                                             ARRAY[v_cleared.base_value, - v_cleared.base_value]);
        END IF;
    END LOOP;
    v_posting_id := oms_internal.post_ledger(
        'bill', NULL, bill_id, '{received_not_billed,purchase_price_variance,input_tax,freight_in,payables}',
        ARRAY[v_value, v_bill.goods - v_value, v_bill.tax, v_bill.shipping, - v_bill.total], NULL,
        CASE WHEN v_base IS NOT NULL THEN ARRAY[v_base, NULL, NULL, NULL, NULL] END);
    RETURN (SELECT - e.base_amount FROM oms.ledger_entries AS e WHERE e.posting_id = v_posting_id AND e.account = 'payables');
END
$$;
COMMENT ON FUNCTION oms_internal.post_bill(integer) IS 'Put a bill into the books; returns what is owed by it in the base currency, null if no rate is known';

CREATE OR REPLACE FUNCTION oms_internal.agree_bill(bill_id integer, status text, reason text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_name CONSTANT text := oms_internal.bill_name(bill_id);
    v_base CONSTANT oms.amount := oms_internal.post_bill(bill_id);
    v_total oms.amount;
BEGIN
    UPDATE oms.purchase_order_lines AS o SET billed = o.billed + l.quantity
    FROM oms.bill_lines AS l
    WHERE l.bill_id = agree_bill.bill_id AND o.purchase_order_id = l.purchase_order_id AND o.line_no = l.order_line_no;
    UPDATE oms.bills AS b
    SET status = agree_bill.status, reason = agree_bill.reason, agreed_at = oms.now(), base_open = v_base,
        differences = CASE agree_bill.status WHEN 'approved' THEN b.differences END
    WHERE b.bill_id = agree_bill.bill_id
    RETURNING b.total INTO v_total;
    PERFORM oms_internal.close_alerts('{bill_mismatched}', ARRAY[v_name], reason);
    PERFORM oms_internal.record_event('bill', v_name, status, jsonb_build_object('total', v_total::text, 'reason', reason));
    RETURN status;
END
$$;
COMMENT ON FUNCTION oms_internal.agree_bill(integer, text, text) IS 'Put a bill into the books that is matched or approved; returns its status';
