/* sql/code/37-invoice.sql: invoices and credit notes, their numbers, and who is reminded of them */

CREATE OR REPLACE FUNCTION oms_internal.series_faults(code text, kind text, channel_id integer, organization_id integer)
    RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(f.fault ORDER BY f.fault)
    FROM (SELECT '$: must not have both a channel and an organization' AS fault
          WHERE channel_id IS NOT NULL AND organization_id IS NOT NULL
          UNION ALL
          SELECT format('$: series "%s" is for the same', s.code)
          FROM oms.invoice_series AS s
          WHERE s.code <> series_faults.code AND s.kind = series_faults.kind
                AND s.channel_id IS NOT DISTINCT FROM series_faults.channel_id
                AND s.organization_id IS NOT DISTINCT FROM series_faults.organization_id) AS f
$$;
COMMENT ON FUNCTION oms_internal.series_faults(text, text, integer, integer) IS 'What is wrong with whom a series is for; null for nothing';

CREATE OR REPLACE FUNCTION oms.put_invoice_series(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code CONSTANT text := document ->> 'code';
    v_channel_id integer;
    v_organization_id integer;
BEGIN
    PERFORM oms_internal.check_document(document, 'invoice_series');
    PERFORM oms_internal.require_codes(organizations => ARRAY[document ->> 'organization'],
                                       channels => ARRAY[document ->> 'channel']);
    SELECT c.channel_id INTO v_channel_id FROM oms.channels AS c WHERE c.code = document ->> 'channel';
    SELECT o.organization_id INTO v_organization_id FROM oms.organizations AS o WHERE o.code = document ->> 'organization';
    PERFORM oms_internal.raise_faults('invoice_series', oms_internal.series_faults(
        v_code, coalesce(document ->> 'kind', old.kind),
        CASE WHEN document ? 'channel' THEN v_channel_id ELSE old.channel_id END,
        CASE WHEN document ? 'organization' THEN v_organization_id ELSE old.organization_id END))
    FROM (SELECT v_code AS code) AS new
    LEFT JOIN oms.invoice_series AS old USING (code);

    PERFORM oms_internal.put_rows('invoice_series', ARRAY[
        oms_internal.with_id(oms_internal.with_id(document, 'channel', 'channel_id', v_channel_id),
                             'organization', 'organization_id', v_organization_id)]);
    RETURN v_code;
END
$$;
COMMENT ON FUNCTION oms.put_invoice_series(jsonb) IS 'Create or update a series of numbers by its code; returns the code';

/* The rows of one series are numbered in the order of orders and their invoices. */
CREATE OR REPLACE FUNCTION oms_internal.number_invoices(
    order_ids bigint[], OUT order_id bigint, OUT invoice_no integer, OUT kind text, OUT name text, OUT total oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    v_today CONSTANT date := oms_internal.report_today();
    v_new oms.invoices[];
    v_series text[];
    v_lacking text;
    v_batch record;
    v_counter oms.invoice_series;
BEGIN
    SELECT array_agg(i ORDER BY i.order_id, i.invoice_no), array_agg(s.code ORDER BY i.order_id, i.invoice_no),
           min(i.kind) FILTER (WHERE s.code IS NULL)
    INTO v_new, v_series, v_lacking
    FROM oms.invoices AS i
    JOIN oms.orders AS o ON o.order_id = i.order_id
    JOIN oms.channels AS c ON c.channel_id = o.channel_id
    LEFT JOIN LATERAL (
        SELECT s.code
        FROM oms.invoice_series AS s
        WHERE s.kind = i.kind
              AND (s.channel_id = c.channel_id OR s.organization_id = c.organization_id
                   OR s.channel_id IS NULL AND s.organization_id IS NULL)
        ORDER BY s.channel_id NULLS LAST, s.organization_id NULLS LAST
        LIMIT 1) AS s ON true
    WHERE i.order_id = ANY (order_ids) AND i.number IS NULL;

    IF v_lacking IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('no series has numbers for a %s', replace(v_lacking, '_', ' ')),
            HINT = 'Create one by oms.put_invoice_series().';
    END IF;

    /* whoever else issues waits from here on, so nothing but this is done behind it */
    FOR v_batch IN
        SELECT n.code, count(*)::bigint AS count, array_agg(n.i) AS members
        FROM unnest(v_series) WITH ORDINALITY AS n(code, i)
        GROUP BY n.code ORDER BY n.code
    LOOP
        UPDATE oms.invoice_series AS s
        SET issued_on = greatest(s.issued_on, v_today),
            year = CASE WHEN s.yearly THEN extract(year FROM greatest(s.issued_on, v_today))::integer ELSE 0 END,
            next_number = CASE WHEN s.yearly AND s.year > 0 AND s.year < extract(year FROM greatest(s.issued_on, v_today))
                               THEN 1 ELSE s.next_number END + v_batch.count
        WHERE s.code = v_batch.code
        RETURNING * INTO v_counter;

        RETURN QUERY
        UPDATE oms.invoices AS i
        SET series = v_counter.code, series_year = v_counter.year, number = n.number, name = t.name,
            issued_on = v_counter.issued_on, due_on = CASE WHEN i.kind = 'invoice' THEN v_counter.issued_on + n.terms END
        FROM (SELECT v.order_id, v.invoice_no, v_counter.next_number - v_batch.count + m.k - 1 AS number,
                     coalesce(c.payment_terms_days, 0) AS terms
              FROM unnest(v_batch.members) WITH ORDINALITY AS m(i, k)
              CROSS JOIN LATERAL (SELECT (v_new[m.i]).order_id, (v_new[m.i]).invoice_no) AS v
              JOIN oms.orders AS o ON o.order_id = v.order_id
              LEFT JOIN oms.customers AS c ON c.customer_id = o.customer_id) AS n
        CROSS JOIN LATERAL (
            SELECT coalesce(v_counter.prefix, '') || CASE WHEN v_counter.yearly THEN v_counter.year || '-' ELSE '' END
                   || lpad(n.number::text, greatest(v_counter.digits, length(n.number::text)), '0') AS name) AS t
        WHERE i.order_id = n.order_id AND i.invoice_no = n.invoice_no
        RETURNING i.order_id, i.invoice_no, i.kind, i.name, i.total;
    END LOOP;
END
$$;
COMMENT ON FUNCTION oms_internal.number_invoices(bigint[]) IS 'Give numbers to all invoices and credit notes of some orders that have none, and return them; the callers hold the locks of the orders';

CREATE OR REPLACE FUNCTION oms.issue_invoice(order_id bigint, reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_issue_invoice';
COMMENT ON FUNCTION oms.issue_invoice(bigint, text)
    IS 'Invoice what has left of an order and is not invoiced, and number it and the order''s credit notes; returns the invoice''s number within the order, null where there was nothing to invoice';

CREATE OR REPLACE FUNCTION oms.issue_invoices(max integer DEFAULT 1000) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_issue_invoices';
COMMENT ON FUNCTION oms.issue_invoices(integer)
    IS 'oms.issue_invoice() for up to max orders with something to invoice or to number, as the events since the last time tell; returns how many invoices and credit notes were issued';

/*
 * Reads on from the watermark until as many orders are queued as were asked
 * for. Below the oldest running transaction no event can appear any more. One
 * reads at a time, another goes on with what is queued.
 */
CREATE OR REPLACE FUNCTION oms_internal.queue_invoices(max integer) RETURNS boolean
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_chunk CONSTANT integer := 10000;
    v_system_id CONSTANT bigint := oms_internal.system_id();
    v_mark oms.watermarks;
    v_horizon CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_read record;
    v_queued bigint := 0;
BEGIN
    PERFORM oms_internal.ensure_watermark('invoices');
    SELECT * INTO v_mark FROM oms.watermarks AS w WHERE w.name = 'invoices' FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_mark.system_id IS DISTINCT FROM v_system_id THEN
        PERFORM oms_internal.queue_all_invoices();
        UPDATE oms.watermarks AS w SET (transaction_id, event_id, system_id) = (v_horizon, 0, v_system_id)
        WHERE w.name = 'invoices';
        RETURN true;
    END IF;

    LOOP
        WITH news AS MATERIALIZED (
            SELECT e.transaction_id, e.event_id, e.order_id, e.type
            FROM oms.events AS e
            WHERE (e.transaction_id, e.event_id) > (v_mark.transaction_id, v_mark.event_id) AND e.transaction_id < v_horizon
            ORDER BY e.transaction_id, e.event_id
            LIMIT v_chunk
        ), queued AS (
            INSERT INTO oms.invoice_queue AS q (order_id)
            SELECT DISTINCT n.order_id
            FROM news AS n
            WHERE n.type IN ('fulfillment.shipped', 'fulfillment.picked_up', 'order.confirmed', 'order.edited',
                             'order.cancelled', 'line.cancelled')
            ON CONFLICT DO NOTHING
            RETURNING q.order_id
        )
        SELECT count(*) AS count, (SELECT count(*) FROM queued) AS queued,
               (array_agg(n.transaction_id ORDER BY n.transaction_id DESC, n.event_id DESC))[1] AS transaction_id,
               (array_agg(n.event_id ORDER BY n.transaction_id DESC, n.event_id DESC))[1] AS event_id
        INTO v_read
        FROM news AS n;
        EXIT WHEN v_read.count = 0;
        v_queued := v_queued + v_read.queued;
        v_mark.transaction_id := v_read.transaction_id;
        v_mark.event_id := v_read.event_id;
        EXIT WHEN v_read.count < v_chunk OR v_queued >= max;
    END LOOP;

    UPDATE oms.watermarks AS w SET (transaction_id, event_id) = (v_mark.transaction_id, v_mark.event_id)
    WHERE w.name = 'invoices' AND (w.transaction_id, w.event_id) <> (v_mark.transaction_id, v_mark.event_id);
    RETURN v_read.count = v_chunk;
END
$$;
COMMENT ON FUNCTION oms_internal.queue_invoices(integer) IS 'Put orders into oms.invoice_queue that events since the last time are of; true if there is more to read';

CREATE OR REPLACE FUNCTION oms_internal.queue_all_invoices() RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    INSERT INTO oms.invoice_queue (order_id)
    SELECT DISTINCT l.order_id
    FROM oms.order_lines AS l
    JOIN oms.orders AS o ON o.order_id = l.order_id
    JOIN oms.channels AS c ON c.channel_id = o.channel_id
    LEFT JOIN (SELECT n.order_id, n.line_no, sum(n.quantity) AS quantity
               FROM oms.invoices AS i
               JOIN oms.invoice_lines AS n ON n.order_id = i.order_id AND n.invoice_no = i.invoice_no
               WHERE i.kind = 'invoice'
               GROUP BY n.order_id, n.line_no) AS d ON d.order_id = l.order_id AND d.line_no = l.line_no
    WHERE CASE WHEN c.invoice = 'on_order' THEN l.quantity - l.cancelled ELSE l.shipped END <> coalesce(d.quantity, '0')
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION oms_internal.queue_all_invoices() IS 'Put all orders into oms.invoice_queue that are not invoiced as far as they could be, from the orders themselves';

CREATE OR REPLACE FUNCTION oms_internal.reopen_invoices() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reopen_invoices';
COMMENT ON FUNCTION oms_internal.reopen_invoices() IS 'Row trigger: an invoice that was paid may be open when money went back';

CREATE OR REPLACE FUNCTION oms.put_dunning_level(document jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_level CONSTANT integer := document ->> 'level';
BEGIN
    PERFORM oms_internal.check_document(document, 'dunning_level');
    LOCK TABLE oms.dunning_levels IN SHARE ROW EXCLUSIVE MODE;
    PERFORM oms_internal.raise_faults('dunning_level', array_agg(
        format('$.days_overdue: must be %s than the %s days of level %s, is %s',
               CASE WHEN l.level < v_level THEN 'more' ELSE 'less' END, l.days_overdue, l.level, document ->> 'days_overdue')
        ORDER BY l.level))
    FROM oms.dunning_levels AS l
    WHERE l.level <> v_level
          AND (l.level < v_level) <> (l.days_overdue < (document ->> 'days_overdue')::integer);
    PERFORM oms_internal.put_rows('dunning_level', ARRAY[document], '(level)', 't.level = n.level');
    RETURN v_level;
END
$$;
COMMENT ON FUNCTION oms.put_dunning_level(jsonb) IS 'Create or update a level of dunning by its number; returns the number';

CREATE OR REPLACE FUNCTION oms.dun_invoices(max integer DEFAULT 1000) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_dun_invoices';
COMMENT ON FUNCTION oms.dun_invoices(integer)
    IS 'Raise up to max overdue invoices to their next level of dunning, and close those that are paid; returns how many were raised';

/*
 * The next level is due by the days since the due date, and not sooner after
 * the last than the levels are apart: who was not reminded for a while does
 * not get all levels in a row.
 */
CREATE OR REPLACE FUNCTION oms_internal.next_dunning(
    order_id bigint, invoice_no integer, overdue integer, today date, OUT level integer, OUT fee oms.amount
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n.level, n.fee
    FROM (SELECT max(d.level) AS level, max(d.dunned_on) AS dunned_on
          FROM oms.dunnings AS d
          WHERE d.order_id = next_dunning.order_id AND d.invoice_no = next_dunning.invoice_no) AS last
    LEFT JOIN oms.dunning_levels AS old ON old.level = last.level
    CROSS JOIN LATERAL (SELECT l.level, l.fee, l.days_overdue
                        FROM oms.dunning_levels AS l
                        WHERE l.level > coalesce(last.level, 0)
                        ORDER BY l.level LIMIT 1) AS n
    WHERE n.days_overdue <= overdue
          AND (last.level IS NULL OR today - last.dunned_on >= n.days_overdue - coalesce(old.days_overdue, 0))
$$;
COMMENT ON FUNCTION oms_internal.next_dunning(bigint, integer, integer, date) IS 'The level that an overdue invoice is to be raised to today; no row if none';

CREATE OR REPLACE FUNCTION oms_internal.duns(metadata jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(metadata -> 'dunning' <> 'false'::jsonb, true);
END;
COMMENT ON FUNCTION oms_internal.duns(jsonb) IS 'False if the metadata of an order or customer say "dunning": false';

/*
 * Finds first and locks then, so that an invoice is only closed while nobody
 * pays or gives back. What others have locked comes next time.
 */
CREATE OR REPLACE FUNCTION oms_internal.dun_invoices(
    max integer, OUT order_id bigint, OUT invoice_no integer, OUT level integer, OUT open oms.amount, OUT fee oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    v_today CONSTANT date := oms_internal.report_today();
    v_orders bigint[];
BEGIN
    SELECT array_agg(DISTINCT t.order_id) INTO v_orders
    FROM (SELECT i.order_id
          FROM oms.invoices AS i
          JOIN oms.orders AS o ON o.order_id = i.order_id
          LEFT JOIN oms.customers AS c ON c.customer_id = o.customer_id
          JOIN oms.invoice_balances AS b ON b.order_id = i.order_id AND b.invoice_no = i.invoice_no
          WHERE i.kind = 'invoice' AND i.number IS NOT NULL AND NOT i.closed AND i.due_on < v_today
                AND (sign(b.open) = 0
                     OR oms_internal.duns(o.metadata) AND oms_internal.duns(c.metadata)
                        AND EXISTS (SELECT FROM oms_internal.next_dunning(i.order_id, i.invoice_no, v_today - i.due_on, v_today)))
          ORDER BY i.due_on, i.order_id
          LIMIT max) AS t;

    v_orders := oms_internal.lock_free_orders(v_orders);

    RETURN QUERY
    UPDATE oms.invoices AS i SET closed = true
    FROM oms.invoice_balances AS b
    WHERE b.order_id = ANY (v_orders) AND b.order_id = i.order_id AND b.invoice_no = i.invoice_no AND sign(b.open) = 0
          AND i.kind = 'invoice' AND i.number IS NOT NULL AND NOT i.closed AND i.due_on < v_today
    RETURNING i.order_id, i.invoice_no, NULL::integer, b.open, NULL::oms.amount;

    RETURN QUERY
    INSERT INTO oms.dunnings AS d (order_id, invoice_no, level, open, fee, dunned_on)
    SELECT i.order_id, i.invoice_no, n.level, b.open, CASE WHEN currency_of(n.fee) = o.currency THEN n.fee END, v_today
    FROM oms.orders AS o
    LEFT JOIN oms.customers AS c ON c.customer_id = o.customer_id
    JOIN oms.invoices AS i ON i.order_id = o.order_id
    JOIN oms.invoice_balances AS b ON b.order_id = i.order_id AND b.invoice_no = i.invoice_no
    CROSS JOIN LATERAL oms_internal.next_dunning(i.order_id, i.invoice_no, v_today - i.due_on, v_today) AS n
    WHERE o.order_id = ANY (v_orders) AND oms_internal.duns(o.metadata) AND oms_internal.duns(c.metadata)
          AND i.kind = 'invoice' AND i.number IS NOT NULL AND NOT i.closed AND i.due_on < v_today AND sign(b.open) > 0
    ORDER BY i.order_id, i.invoice_no
    RETURNING d.order_id, d.invoice_no, d.level, d.open, d.fee;
END
$$;
COMMENT ON FUNCTION oms_internal.dun_invoices(integer) IS 'Do what oms.dun_invoices() does, but the events, and return what was raised; without a level, what was closed because it is paid';
