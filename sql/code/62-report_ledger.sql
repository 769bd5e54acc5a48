/*
 * sql/code/62-report_ledger.sql: balances that are counted up as postings come
 *
 * Entries of the ledger never change, so that each is counted once, in the
 * order of their numbers; views add those that the job has not counted yet.
 * What can change is the channel of an order, by hand. Its postings are then
 * counted under the channel that it had, by the job and by views, and what has
 * become another channel's is moved from there: the job moves what it has
 * counted and forgets the change in one statement, which sees the order and
 * the queue as of one moment, whoever changes the channel again beside it.
 */

CREATE OR REPLACE FUNCTION oms_internal.counted_postings() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT w.counted_until FROM oms.sequence_watermarks AS w
                     WHERE w.name = 'ledger_daily' AND w.time_zone = oms_internal.report_time_zone()), 0)
$$;
COMMENT ON FUNCTION oms_internal.counted_postings() IS 'The number up to which postings are in oms.ledger_daily and oms.order_balances; 0 where they have nothing, or days of another time zone';

CREATE OR REPLACE FUNCTION oms_internal.posted_daily(
    after bigint, until bigint, OUT day date, OUT account text, OUT kind text, OUT channel_id integer, OUT tax_jurisdiction text,
    OUT currency text, OUT debit oms.amount, OUT credit oms.amount, OUT base_debit oms.amount, OUT base_credit oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    v_zone CONSTANT text := oms_internal.report_time_zone();
    -- mostly there is none, which the planner is to know: it would sort the entries for a table that it takes to be larger
    v_rechanneled CONSTANT boolean := EXISTS (SELECT FROM oms.rechanneled_orders);
BEGIN
    RETURN QUERY
    SELECT e.day, e.account, e.kind, e.channel_id, e.tax_jurisdiction, e.currency,
           coalesce(sum(e.amount) FILTER (WHERE e.amount > e.nothing), e.nothing),
           coalesce(- sum(e.amount) FILTER (WHERE e.amount < e.nothing), e.nothing),
           sum(greatest(e.base_amount, e.base_amount * 0)), - sum(least(e.base_amount, e.base_amount * 0))
    FROM (SELECT (l.posted_at AT TIME ZONE v_zone)::date AS day, l.account, l.kind,
                 coalesce(c.channel_id, o.channel_id, 0) AS channel_id, coalesce(l.tax_jurisdiction, '') AS tax_jurisdiction,
                 currency_of(l.amount) AS currency, l.amount, l.amount * 0 AS nothing, l.base_amount
          FROM oms.ledger_entries AS l
          LEFT JOIN oms.orders AS o ON o.order_id = l.order_id
          LEFT JOIN oms.counted_channels AS c ON v_rechanneled AND c.order_id = l.order_id
          WHERE l.posting_id > after AND l.posting_id <= until) AS e
    GROUP BY e.day, e.account, e.kind, e.channel_id, e.tax_jurisdiction, e.currency, e.nothing;
END
$$;
COMMENT ON FUNCTION oms_internal.posted_daily(bigint, bigint) IS 'Postings with numbers in a range, by day, account, kind, channel, jurisdiction and currency; the channel is that which an order is counted under';

CREATE OR REPLACE FUNCTION oms_internal.moved_daily(
    order_ids bigint[], until bigint, OUT day date, OUT account text, OUT kind text, OUT channel_id integer, OUT tax_jurisdiction text,
    OUT currency text, OUT debit oms.amount, OUT credit oms.amount, OUT base_debit oms.amount, OUT base_credit oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    v_zone CONSTANT text := oms_internal.report_time_zone();
BEGIN
    RETURN QUERY
    SELECT e.day, e.account, e.kind, c.channel_id, e.tax_jurisdiction, e.currency,
           sum(greatest(e.amount, e.nothing) * c.sign), - sum(least(e.amount, e.nothing) * c.sign),
           sum(greatest(e.base_amount, e.base_amount * 0) * c.sign), - sum(least(e.base_amount, e.base_amount * 0) * c.sign)
    FROM (SELECT (l.posted_at AT TIME ZONE v_zone)::date AS day, l.account, l.kind, m.channel_id AS left_id, o.channel_id AS joined_id,
                 coalesce(l.tax_jurisdiction, '') AS tax_jurisdiction, currency_of(l.amount) AS currency, l.amount,
                 l.amount * 0 AS nothing, l.base_amount
          FROM oms.counted_channels AS m
          JOIN oms.orders AS o ON o.order_id = m.order_id AND o.channel_id <> m.channel_id
          JOIN oms.ledger_entries AS l ON l.order_id = m.order_id AND l.posting_id <= until
          WHERE m.order_id = ANY (order_ids)) AS e
    CROSS JOIN LATERAL (VALUES (e.left_id, -1), (e.joined_id, 1)) AS c(channel_id, sign)
    GROUP BY e.day, e.account, e.kind, c.channel_id, e.tax_jurisdiction, e.currency;
END
$$;
COMMENT ON FUNCTION oms_internal.moved_daily(bigint[], bigint)
    IS 'Postings of orders with numbers up to one, less for the channel that they are counted under and more for the one that the order is of';

CREATE OR REPLACE FUNCTION oms_internal.posted_orders(
    after bigint, until bigint, OUT order_id bigint, OUT currency text, OUT receivable oms.amount, OUT paid_before oms.amount,
    OUT base_receivable oms.amount, OUT base_paid_before oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
BEGIN
    RETURN QUERY
    SELECT e.order_id, currency_of(e.nothing),
           coalesce(sum(e.amount) FILTER (WHERE e.account = 'receivables'), e.nothing),
           coalesce(- sum(e.amount) FILTER (WHERE e.account = 'deferred_revenue'), e.nothing),
           sum(CASE e.account WHEN 'receivables' THEN e.base_amount ELSE e.base_amount * 0 END),
           sum(CASE e.account WHEN 'deferred_revenue' THEN - e.base_amount ELSE e.base_amount * 0 END)
    FROM (SELECT l.order_id, l.account, l.amount, l.amount * 0 AS nothing, l.base_amount
          FROM oms.ledger_entries AS l
          WHERE l.posting_id > after AND l.posting_id <= until AND l.order_id IS NOT NULL
                AND l.account IN ('receivables', 'deferred_revenue')) AS e
    GROUP BY e.order_id, e.nothing;
END
$$;
COMMENT ON FUNCTION oms_internal.posted_orders(bigint, bigint) IS 'What postings with numbers in a range have changed of what customers owe, or have paid before it was due, by order';

CREATE OR REPLACE FUNCTION oms_internal.count_postings(after bigint, until bigint, rechanneled bigint[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_orders bigint[];
    v_empty tid[];
    v_rows bigint;
BEGIN
    WITH moved AS (
        DELETE FROM oms.rechanneled_orders AS r WHERE r.order_id = ANY (rechanneled)
    ), counted AS (
        INSERT INTO oms.ledger_daily AS d
        SELECT n.day, n.account, n.kind, n.channel_id, n.tax_jurisdiction, n.currency, sum(n.debit), sum(n.credit),
               sum(n.base_debit), sum(n.base_credit)
        FROM (SELECT * FROM oms_internal.posted_daily(after, until)
              UNION ALL
              SELECT * FROM oms_internal.moved_daily(rechanneled, until)) AS n
        GROUP BY n.day, n.account, n.kind, n.channel_id, n.tax_jurisdiction, n.currency
        ORDER BY n.day, n.account, n.kind, n.channel_id, n.tax_jurisdiction, n.currency
        ON CONFLICT (day, account, kind, channel_id, tax_jurisdiction, currency)
        DO UPDATE SET debit = d.debit + excluded.debit, credit = d.credit + excluded.credit,
                      base_debit = coalesce(d.base_debit + excluded.base_debit, d.base_debit, excluded.base_debit),
                      base_credit = coalesce(d.base_credit + excluded.base_credit, d.base_credit, excluded.base_credit)
        RETURNING d.ctid, sign(d.debit) = 0 AND sign(d.credit) = 0 AND coalesce(sign(d.base_debit), 0) = 0
                          AND coalesce(sign(d.base_credit), 0) = 0 AS empty
    )
    SELECT count(*), array_agg(c.ctid) FILTER (WHERE c.empty) INTO v_rows, v_empty FROM counted AS c;
    IF cardinality(rechanneled) > 0 THEN
        DELETE FROM oms.ledger_daily AS d WHERE d.ctid = ANY (v_empty);
    END IF;

    WITH changed AS (
        INSERT INTO oms.order_balances AS d
        SELECT * FROM oms_internal.posted_orders(after, until) AS n
        WHERE sign(n.receivable) <> 0 OR sign(n.paid_before) <> 0 OR sign(n.base_receivable) <> 0 OR sign(n.base_paid_before) <> 0
        ORDER BY n.order_id, n.currency
        ON CONFLICT (order_id, currency)
        DO UPDATE SET receivable = d.receivable + excluded.receivable, paid_before = d.paid_before + excluded.paid_before,
                      base_receivable = coalesce(d.base_receivable + excluded.base_receivable, d.base_receivable, excluded.base_receivable),
                      base_paid_before = coalesce(d.base_paid_before + excluded.base_paid_before, d.base_paid_before, excluded.base_paid_before)
        RETURNING d.order_id
    )
    SELECT array_agg(c.order_id) INTO v_orders FROM changed AS c;
    DELETE FROM oms.order_balances AS d
    WHERE d.order_id = ANY (v_orders) AND sign(d.receivable) = 0 AND sign(d.paid_before) = 0
          AND coalesce(sign(d.base_receivable), 0) = 0 AND coalesce(sign(d.base_paid_before), 0) = 0;
    RETURN v_rows + coalesce(cardinality(v_orders), 0);
END
$$;
COMMENT ON FUNCTION oms_internal.count_postings(bigint, bigint, bigint[])
    IS 'Add postings with numbers in a range to oms.ledger_daily and oms.order_balances, and move sums of some orders to the channel that each is of; how many rows that changed';

/* Days of another time zone go first, some rows at a time. */
CREATE OR REPLACE FUNCTION oms_internal.forget_postings(max integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_days bigint;
    v_orders bigint;
BEGIN
    DELETE FROM oms.ledger_daily AS d WHERE d.ctid = ANY (ARRAY(SELECT o.ctid FROM oms.ledger_daily AS o LIMIT max));
    GET DIAGNOSTICS v_days = ROW_COUNT;
    DELETE FROM oms.order_balances AS d WHERE d.ctid = ANY (ARRAY(SELECT o.ctid FROM oms.order_balances AS o LIMIT max));
    GET DIAGNOSTICS v_orders = ROW_COUNT;
    UPDATE oms.sequence_watermarks AS w
    SET counted_until = 0, time_zone = CASE WHEN v_days + v_orders = 0 THEN oms_internal.report_time_zone() END
    WHERE w.name = 'ledger_daily';
    RETURN v_days + v_orders;
END
$$;
COMMENT ON FUNCTION oms_internal.forget_postings(integer) IS 'Delete up to some rows that were counted by another time zone; how many. When there are none, counting begins anew';

/* A change is put into a queue, so that who corrects an order waits for no job. */
CREATE OR REPLACE FUNCTION oms_internal.note_rechanneled() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO oms.rechanneled_orders (order_id, channel_id) VALUES (OLD.order_id, OLD.channel_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.note_rechanneled() IS 'Row trigger: what was posted of an order is another channel''s';

CREATE OR REPLACE FUNCTION oms_internal.job_roll_up_ledger(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_mark record;
    v_rechanneled bigint[];
    v_until bigint;
    v_rows bigint;
BEGIN
    SELECT * INTO v_mark FROM oms_internal.settle_sequence('ledger_daily', 'oms.ledger_entries_posting_id_seq') AS m;
    IF v_mark.counted_until IS NULL THEN
        RETURN (0, false, after)::oms_internal.job_step;
    ELSIF v_mark.time_zone IS DISTINCT FROM oms_internal.report_time_zone() THEN
        v_rows := oms_internal.forget_postings(batch_rows);
        IF v_rows > 0 THEN
            RETURN (v_rows, true, 'days of another time zone deleted')::oms_internal.job_step;
        END IF;
        v_mark.counted_until := 0;
    END IF;
    v_until := least(v_mark.settled_until, v_mark.counted_until + batch_rows);
    v_rechanneled := ARRAY(SELECT r.order_id FROM oms.rechanneled_orders AS r ORDER BY r.change_no LIMIT batch_rows);
    IF v_until > v_mark.counted_until OR cardinality(v_rechanneled) > 0 THEN
        v_rows := oms_internal.count_postings(v_mark.counted_until, v_until, v_rechanneled);
        UPDATE oms.sequence_watermarks AS w SET counted_until = v_until WHERE w.name = 'ledger_daily';
    END IF;
    RETURN (coalesce(v_rows, 0), v_until < v_mark.settled_until OR cardinality(v_rechanneled) = batch_rows,
            'posting ' || v_until)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_roll_up_ledger(integer, jsonb, text) IS 'A batch of the job roll_up_ledger: postings that were not counted yet, and orders that have become another channel''s';
