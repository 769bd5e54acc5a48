/*
 * sql/code/44-housekeeping.sql: batches of the jobs that end what is over,
 * serve who waits and clear up; what the work itself is stands in its domain
 */

CREATE OR REPLACE FUNCTION oms_internal.job_setting(settings jsonb, name text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT (settings ->> name)::integer;
END;
COMMENT ON FUNCTION oms_internal.job_setting(jsonb, text) IS 'A whole number among the settings of a job; null if it is left out';

/* What is over */

CREATE OR REPLACE FUNCTION oms_internal.job_expire_carts(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, n >= batch_rows, NULL FROM oms_internal.expire_reservations(batch_rows) AS n
$$;
COMMENT ON FUNCTION oms_internal.job_expire_carts(integer, jsonb, text) IS 'Job: give back the units of carts whose time is over';

CREATE OR REPLACE FUNCTION oms_internal.job_expire_authorizations(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, n >= batch_rows, NULL FROM oms_internal.expire_authorizations(batch_rows) AS n
$$;
COMMENT ON FUNCTION oms_internal.job_expire_authorizations(integer, jsonb, text) IS 'Job: end authorizations whose time is over, and hold the orders that are not covered then';

CREATE OR REPLACE FUNCTION oms_internal.job_expire_returns(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, n >= batch_rows, NULL FROM oms_internal.expire_returns(batch_rows) AS n
$$;
COMMENT ON FUNCTION oms_internal.job_expire_returns(integer, jsonb, text) IS 'Job: cancel approved returns whose goods were not sent in time';

CREATE OR REPLACE FUNCTION oms_internal.job_expire_stored_value(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, n >= batch_rows, NULL FROM oms_internal.expire_stored_value(batch_rows) AS n
$$;
COMMENT ON FUNCTION oms_internal.job_expire_stored_value(integer, jsonb, text) IS 'Job: take off gift cards and store credit what has expired';

/* Stock */

CREATE OR REPLACE FUNCTION oms_internal.job_fill_backorders(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_job_fill_backorders';
COMMENT ON FUNCTION oms_internal.job_fill_backorders(integer, jsonb, text) IS 'Job: serve orders that wait from stock that became free, in order of order_id';

CREATE OR REPLACE FUNCTION oms_internal.job_fold_stock(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, n >= batch_rows, NULL FROM oms_internal.fold_stock(batch_rows) AS n
$$;
COMMENT ON FUNCTION oms_internal.job_fold_stock(integer, jsonb, text) IS 'Job: make stock levels one row again that a crowd of buyers had split';

/* a second batch of a run would plan the same orders again */
CREATE OR REPLACE FUNCTION oms_internal.job_reroute_orders(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.moved, false, b.orders || ' orders planned'
    FROM oms.reroute_batch(batch_rows, coalesce((settings ->> 'time_limit')::interval, '5 s'), settings ->> 'channel',
                           (settings ->> 'min_saving')::oms.amount) AS b
$$;
COMMENT ON FUNCTION oms_internal.job_reroute_orders(integer, jsonb, text) IS 'Job: plan orders that nobody works on yet once more, and move those that are better off elsewhere';

/* Money */

CREATE OR REPLACE FUNCTION oms_internal.job_issue_invoices(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_job_issue_invoices';
COMMENT ON FUNCTION oms_internal.job_issue_invoices(integer, jsonb, text) IS 'Job: invoice what has left, and number credit notes';

CREATE OR REPLACE FUNCTION oms_internal.job_dun_invoices(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_job_dun_invoices';
COMMENT ON FUNCTION oms_internal.job_dun_invoices(integer, jsonb, text) IS 'Job: raise overdue invoices to their next level, and close those that are paid';

CREATE OR REPLACE FUNCTION oms_internal.job_reconcile_settlements(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, n >= batch_rows, NULL FROM oms.reconcile_settlements(batch_rows) AS n
$$;
COMMENT ON FUNCTION oms_internal.job_reconcile_settlements(integer, jsonb, text) IS 'Job: compare what payment providers report with what was captured and refunded';

CREATE OR REPLACE FUNCTION oms_internal.job_refund_overdue(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM oms_internal.refund_overdue(batch_rows)
$$;
COMMENT ON FUNCTION oms_internal.job_refund_overdue(integer, jsonb, text) IS 'Job: refund what customers have paid too much for long, or raise alerts';

/* Holds that nobody looks at: a chargeback has an alert and an end of its own */

CREATE OR REPLACE FUNCTION oms_internal.overdue_holds(before timestamptz, OUT order_id bigint, OUT hold_no integer, OUT kind text,
                                                      OUT note text, OUT held_at timestamptz) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT h.order_id, h.hold_no, h.kind, h.note, h.held_at
    FROM oms.order_holds AS h
    JOIN oms.orders AS o ON o.order_id = h.order_id
    WHERE h.released_at IS NULL AND h.held_at <= before AND h.kind <> 'chargeback' AND o.status = 'held'
$$;
COMMENT ON FUNCTION oms_internal.overdue_holds(timestamptz) IS 'Open holds of held orders that are there since some time or longer';

CREATE OR REPLACE FUNCTION oms_internal.abandoned_orders(before timestamptz, order_ids bigint[], max integer) RETURNS SETOF bigint
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT h.order_id
    FROM oms_internal.overdue_holds(before) AS h
    WHERE (order_ids IS NULL OR h.order_id = ANY (order_ids))
          AND NOT EXISTS (SELECT FROM oms.order_holds AS c
                          WHERE c.order_id = h.order_id AND c.kind = 'chargeback' AND c.released_at IS NULL)
          AND NOT EXISTS (SELECT FROM oms.order_lines AS l WHERE l.order_id = h.order_id AND l.shipped > '0')
    GROUP BY h.order_id
    ORDER BY min(h.held_at), h.order_id
    LIMIT max
$$;
COMMENT ON FUNCTION oms_internal.abandoned_orders(timestamptz, bigint[], integer)
    IS 'Orders, of some or of all (null), that have a hold since some time or longer, of which nothing has left, the longest first';

CREATE OR REPLACE FUNCTION oms_internal.job_review_holds(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_alert_days CONSTANT integer := oms_internal.job_setting(settings, 'alert_after_days');
    v_cancel_days CONSTANT integer := oms_internal.job_setting(settings, 'cancel_after_days');
    v_before CONSTANT timestamptz := oms.now() - make_interval(days => v_cancel_days);
    v_due bigint[];
    v_locked bigint[];
    v_changed integer;
BEGIN
    v_due := ARRAY(SELECT oms_internal.abandoned_orders(v_before, NULL, batch_rows));
    v_locked := oms_internal.lock_free_orders(v_due);
    v_locked := ARRAY(SELECT oms_internal.abandoned_orders(v_before, v_locked, batch_rows));
    PERFORM oms_internal.cancel_orders(v_locked, format('on hold for %s days', v_cancel_days));

    v_changed := oms_internal.sync_alerts('{hold_overdue}', ARRAY(
        SELECT ROW('hold_overdue', h.order_id || '-' || h.hold_no, 'warning',
                   format('order %s has a hold of kind "%s" since %s', h.order_id, h.kind,
                          to_char(h.held_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')),
                   h.order_id, NULL, NULL, NULL, 'order ' || h.order_id,
                   jsonb_strip_nulls(jsonb_build_object('kind', h.kind, 'note', h.note)))::oms_internal.alert_cause
        FROM oms_internal.overdue_holds(oms.now() - make_interval(days => v_alert_days)) AS h
        ORDER BY h.held_at, h.order_id, h.hold_no
        LIMIT 100000), batch_rows);
    RETURN ROW(cardinality(v_locked) + v_changed,
               cardinality(v_locked) > 0 AND cardinality(v_due) = batch_rows OR v_changed >= batch_rows,
               NULL)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_review_holds(integer, jsonb, text)
    IS 'Job: cancel orders that are on hold for cancel_after_days, and keep alerts of holds that nobody has released for alert_after_days';

/* Logs, oldest rows first; what has no days in the settings is kept */

CREATE OR REPLACE FUNCTION oms_internal.job_purge_logs(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_log record;
    v_left integer := batch_rows;
    v_gone integer;
BEGIN
    FOR v_log IN
        SELECT l.name, l.at, l.condition, oms_internal.job_setting(settings, l.setting) AS days
        FROM (VALUES
            ('oms.commands', 'executed_at', 'true', 'commands_days'),
            ('oms.job_runs', 'started_at',
             '(status IN (''failed'', ''killed'')
               OR EXISTS (SELECT FROM oms.job_runs AS n WHERE n.job = job_runs.job AND n.run_id > job_runs.run_id
                          AND n.status IN (''succeeded'', ''stopped'')))', 'job_runs_days'),
            ('oms.alerts', 'closed_at', 'status = ''closed'' AND NOT watched', 'alerts_days'),
            ('oms.subject_events', 'occurred_at',
             'subject = ''alert''
              AND NOT EXISTS (SELECT FROM oms.alerts AS a
                              WHERE a.alert_id = CASE subject_events.subject WHEN ''alert'' THEN subject_events.key::bigint END)
              AND NOT EXISTS (SELECT FROM oms.consumers AS c
                              WHERE (c.transaction_id, c.event_id) < (subject_events.transaction_id, subject_events.event_id))',
             'alerts_days'),
            ('oms.notifications', 'sent_at', 'sent_at IS NOT NULL', 'notifications_days'),
            ('oms.reservations', 'expires_at', 'order_id IS NULL AND status <> ''active''', 'carts_days'),
            ('cron.job_run_details', 'end_time', 'command ~ ''[[:<:]]oms[.]run_job_batches[[:>:]]''', 'job_runs_days')
        ) AS l(name, at, condition, setting)
        WHERE to_regclass(l.name) IS NOT NULL AND has_table_privilege(l.name, 'DELETE')
    LOOP
        CONTINUE WHEN v_log.days IS NULL;
        EXECUTE format('DELETE FROM %1$s
                        WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE %2$s < $1 AND %3$s
                                                ORDER BY %2$s LIMIT $2 FOR UPDATE SKIP LOCKED))',
                       v_log.name, v_log.at, v_log.condition)
        USING oms.now() - make_interval(days => v_log.days), v_left;
        GET DIAGNOSTICS v_gone = ROW_COUNT;
        v_left := v_left - v_gone;
        EXIT WHEN v_left = 0;
    END LOOP;
    RETURN ROW(batch_rows - v_left, v_left = 0, NULL)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_purge_logs(integer, jsonb, text)
    IS 'Job: delete what is older than the settings say: repeatable commands, runs of jobs, closed alerts with their events, sent notifications, ended carts';
