/*
 * sql/code/60-report.sql: reports that are counted up as orders change
 *
 * What views add up over all orders there are is kept as sums, by a job that
 * reads the events. A view adds what the job has not read yet, so that it is
 * never behind; and as the job moves its mark and the sums in one transaction,
 * nothing is counted twice.
 */

CREATE OR REPLACE FUNCTION oms_internal.report_time_zone() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.value FROM oms.settings AS s WHERE s.name = 'time_zone'), 'UTC')
$$;
COMMENT ON FUNCTION oms_internal.report_time_zone() IS 'The time zone of the days that reports count by: time_zone of oms.settings, or UTC';

CREATE OR REPLACE FUNCTION oms_internal.report_today() RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (oms.now() AT TIME ZONE oms_internal.report_time_zone())::date
$$;
COMMENT ON FUNCTION oms_internal.report_today() IS 'This day in the time zone of reports';

CREATE OR REPLACE FUNCTION oms_internal.base_currency() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency'
$$;
COMMENT ON FUNCTION oms_internal.base_currency() IS 'The currency that the books are kept in, and in which reports compare; null: none yet';

/*
 * Days and values that were counted are those of the old settings, so all
 * orders are counted again. This waits for a batch of the job that runs, and
 * no batch begins until it has committed: otherwise what that batch counts by
 * the old settings would stay. It is a rare change by those who run the store,
 * and no order waits. Once that is noted, further changes write nothing; the
 * row is locked first, as a batch may be about to say that it has begun.
 */
CREATE OR REPLACE FUNCTION oms_internal.restart_reports() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'settings' THEN
        IF OLD IS NOT DISTINCT FROM NEW OR NOT '{time_zone,base_currency,return_days}' && ARRAY[OLD.name, NEW.name] THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM FROM oms.watermarks AS w WHERE w.name = 'reports' FOR NO KEY UPDATE;
    UPDATE oms.watermarks AS w SET system_id = NULL WHERE w.name = 'reports' AND w.system_id IS NOT NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.restart_reports() IS 'Row trigger: the job roll_up_reports begins anew after settings, or clocks of locations, that it counts by have changed';

CREATE OR REPLACE FUNCTION oms_internal.unread_orders() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.orders_after('reports')
$$;
COMMENT ON FUNCTION oms_internal.unread_orders() IS 'Orders that have changed since the job roll_up_reports has looked at them, for views to count as they are now';

/* All orders are unread in a store that was restored or counts by other days: an array of all that they count for may be too large. */
CREATE OR REPLACE FUNCTION oms_internal.order_batches(order_ids bigint[]) RETURNS SETOF bigint[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(u.order_id)
    FROM unnest(order_ids) WITH ORDINALITY AS u(order_id, n)
    GROUP BY (u.n - 1) / 10000
$$;
COMMENT ON FUNCTION oms_internal.order_batches(bigint[]) IS 'Orders in batches of 10,000';

/* What is counted of orders: each domain compares them with what it has counted before. */
CREATE OR REPLACE FUNCTION oms_internal.count_reports(order_ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM oms_internal.count_sales(order_ids);
    PERFORM oms_internal.count_returns(order_ids);
    PERFORM oms_internal.count_settlements(order_ids);
    PERFORM oms_internal.count_fulfillments(order_ids);
    PERFORM oms_internal.count_profit(order_ids);
END
$$;
COMMENT ON FUNCTION oms_internal.count_reports(bigint[]) IS 'Bring the sums that reports stand on to what some orders count for now';

CREATE OR REPLACE FUNCTION oms_internal.job_roll_up_reports(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_read CONSTANT record := oms_internal.read_orders('reports', NULL, batch_rows);
    v_recategorized bigint := 0;
    v_regrouped bigint := 0;
BEGIN
    IF cardinality(v_read.order_ids) > 0 THEN
        PERFORM oms_internal.count_reports(v_read.order_ids);
    END IF;
    IF NOT v_read.more AND v_read.mark IS NOT NULL THEN
        v_recategorized := oms_internal.count_recategorized(batch_rows);
        v_regrouped := oms_internal.count_regrouped(batch_rows);
    END IF;
    RETURN (coalesce(cardinality(v_read.order_ids), 0) + v_recategorized + v_regrouped,
            v_read.more OR greatest(v_recategorized, v_regrouped) = batch_rows,
            coalesce(v_read.mark, after))::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_roll_up_reports(integer, jsonb, text) IS 'A batch of the job roll_up_reports: what has changed in orders since the last time';
