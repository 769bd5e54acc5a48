/* sql/code/66-report_stock.sql: stock as it was at the end of each month, from movements alone */

/*
 * What movements with numbers above one and up to another come to, by SKU and
 * location; a 0 is all of them. What comes and goes in each column is said by
 * doc/report_stock.md.
 */
CREATE OR REPLACE FUNCTION oms_internal.moved_stock(
    after bigint, until bigint, time_zone text, OUT sku_id bigint, OUT location_id integer, OUT month date,
    OUT received oms.quantity, OUT shipped oms.quantity, OUT returned oms.quantity, OUT adjusted oms.quantity,
    OUT transferred oms.quantity, OUT received_value oms.amount, OUT shipped_value oms.amount, OUT returned_value oms.amount,
    OUT adjusted_value oms.amount, OUT transferred_value oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $$
DECLARE
    v_zero CONSTANT oms.amount := '0 ' || oms_internal.base_currency();
BEGIN
    RETURN QUERY
    SELECT coalesce(m.sku_id, 0), coalesce(m.location_id, 0), d.month,
           coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'receipt'), '0'),
           coalesce(- sum(m.quantity) FILTER (WHERE m.kind = 'shipment'), '0'),
           coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'return'), '0'),
           coalesce(sum(m.quantity) FILTER (WHERE m.kind IN ('adjustment', 'count')), '0'),
           coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'transfer'), '0'),
           coalesce(sum(m.value) FILTER (WHERE m.kind = 'receipt'), v_zero),
           coalesce(- sum(m.value) FILTER (WHERE m.kind = 'shipment'), v_zero),
           coalesce(sum(m.value) FILTER (WHERE m.kind = 'return'), v_zero),
           coalesce(sum(m.value) FILTER (WHERE m.kind IN ('adjustment', 'count', 'revaluation')), v_zero),
           coalesce(sum(m.value) FILTER (WHERE m.kind = 'transfer'), v_zero)
    FROM oms.stock_movements AS m
    CROSS JOIN LATERAL (SELECT date_trunc('month', m.occurred_at AT TIME ZONE moved_stock.time_zone)::date AS month) AS d
    WHERE m.movement_id > after AND m.movement_id <= until
    GROUP BY CUBE (m.sku_id, m.location_id), d.month;
END
$$;
COMMENT ON FUNCTION oms_internal.moved_stock(bigint, bigint, text) IS 'Movements with numbers in a range, by SKU, location and month, and of all SKUs, all locations, and both';

/*
 * Months that are not as they were counted because of a range of movements: of
 * each SKU and location that moved the first month in which it did, the row that
 * lasts until then or beyond it, and all later ones. What was on hand before them
 * is carried: of the rows that were counted, the last closing less all of their
 * changes. If the range begins at 0, nothing has been counted.
 */
CREATE OR REPLACE FUNCTION oms_internal.chain_stock(
    after bigint, until bigint, time_zone text, OUT sku_id bigint, OUT location_id integer, OUT month date, OUT until_month date,
    OUT received oms.quantity, OUT shipped oms.quantity, OUT returned oms.quantity, OUT adjusted oms.quantity,
    OUT transferred oms.quantity, OUT closing oms.quantity, OUT received_value oms.amount, OUT shipped_value oms.amount,
    OUT returned_value oms.amount, OUT adjusted_value oms.amount, OUT transferred_value oms.amount, OUT closing_value oms.amount
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET max_parallel_workers_per_gather = 0
    SET jit = off
AS $$
    WITH moved AS MATERIALIZED (
        SELECT * FROM oms_internal.moved_stock(after, until, time_zone)
    ), kept AS MATERIALIZED (
        SELECT k.*
        FROM (SELECT m.sku_id, m.location_id, min(m.month) AS month FROM moved AS m WHERE after > 0 GROUP BY m.sku_id, m.location_id) AS f
        CROSS JOIN LATERAL (
            SELECT k.*
            FROM oms.stock_monthly AS k
            WHERE k.sku_id = f.sku_id AND k.location_id = f.location_id AND k.until > f.month
                  AND k.month >= coalesce((SELECT max(o.month) FROM oms.stock_monthly AS o
                                           WHERE o.sku_id = f.sku_id AND o.location_id = f.location_id AND o.month < f.month),
                                          f.month)) AS k
    ), part AS (
        SELECT * FROM moved
        UNION ALL
        SELECT k.sku_id, k.location_id, k.month, k.received, k.shipped, k.returned, k.adjusted, k.transferred,
               k.received_value, k.shipped_value, k.returned_value, k.adjusted_value, k.transferred_value
        FROM kept AS k
        UNION ALL
        SELECT k.sku_id, k.location_id, '-infinity', '0', '0', '0',
               sum(k.closing) FILTER (WHERE k.until = 'infinity')
               - sum(k.received - k.shipped + k.returned + k.adjusted + k.transferred), '0', NULL, NULL, NULL,
               sum(k.closing_value) FILTER (WHERE k.until = 'infinity')
               - sum(k.received_value - k.shipped_value + k.returned_value + k.adjusted_value + k.transferred_value), NULL
        FROM kept AS k
        GROUP BY k.sku_id, k.location_id
    ), month AS (
        SELECT p.sku_id, p.location_id, p.month, sum(p.received) AS received, sum(p.shipped) AS shipped, sum(p.returned) AS returned,
               sum(p.adjusted) AS adjusted, sum(p.transferred) AS transferred, sum(p.received_value) AS received_value,
               sum(p.shipped_value) AS shipped_value, sum(p.returned_value) AS returned_value,
               sum(p.adjusted_value) AS adjusted_value, sum(p.transferred_value) AS transferred_value
        FROM part AS p
        GROUP BY p.sku_id, p.location_id, p.month
    ), chain AS (
        SELECT m.sku_id, m.location_id, m.month, coalesce(lead(m.month) OVER w, 'infinity'),
               m.received, m.shipped, m.returned, m.adjusted, m.transferred,
               sum(m.received - m.shipped + m.returned + m.adjusted + m.transferred) OVER w,
               m.received_value, m.shipped_value, m.returned_value, m.adjusted_value, m.transferred_value,
               sum(CASE WHEN m.month = '-infinity' THEN m.adjusted_value
                        ELSE m.received_value - m.shipped_value + m.returned_value + m.adjusted_value + m.transferred_value END) OVER w
        FROM month AS m
        WINDOW w AS (PARTITION BY m.sku_id, m.location_id ORDER BY m.month)
    )
    SELECT c.* FROM chain AS c WHERE c.month > '-infinity'
$$;
COMMENT ON FUNCTION oms_internal.chain_stock(bigint, bigint, text) IS 'Months that some movements have changed, as they are with these: those to come after them too';

/*
 * What is to be added to the rows of oms.stock_monthly: a movement changes
 * its month, and what is on hand at the end of it and of all months after it.
 * Where months are of another time zone, they are taken off.
 */
CREATE OR REPLACE FUNCTION oms_internal.uncounted_stock(
    OUT sku_id bigint, OUT location_id integer, OUT month date, OUT until date,
    OUT received oms.quantity, OUT shipped oms.quantity, OUT returned oms.quantity, OUT adjusted oms.quantity,
    OUT transferred oms.quantity, OUT closing oms.quantity, OUT received_value oms.amount, OUT shipped_value oms.amount,
    OUT returned_value oms.amount, OUT adjusted_value oms.amount, OUT transferred_value oms.amount, OUT closing_value oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_zone CONSTANT text := oms_internal.report_time_zone();
    v_counted CONSTANT bigint := (SELECT w.counted_until FROM oms.sequence_watermarks AS w
                                  WHERE w.name = 'stock_monthly' AND w.time_zone = v_zone);
BEGIN
    RETURN QUERY
    SELECT m.sku_id, m.location_id, m.month, 'infinity'::date, m.received, m.shipped, m.returned, m.adjusted, m.transferred,
           m.received - m.shipped + m.returned + m.adjusted + m.transferred,
           m.received_value, m.shipped_value, m.returned_value, m.adjusted_value, m.transferred_value,
           m.received_value - m.shipped_value + m.returned_value + m.adjusted_value + m.transferred_value
    FROM oms_internal.moved_stock(coalesce(v_counted, 0), 9223372036854775807, v_zone) AS m;
    IF v_counted IS NULL THEN
        RETURN QUERY
        SELECT k.sku_id, k.location_id, k.month, k.until, - k.received, - k.shipped, - k.returned, - k.adjusted, - k.transferred,
               - k.closing, - k.received_value, - k.shipped_value, - k.returned_value, - k.adjusted_value, - k.transferred_value,
               - k.closing_value
        FROM oms.stock_monthly AS k;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.uncounted_stock() IS 'What is to be added to oms.stock_monthly because of movements that it does not have';

CREATE OR REPLACE FUNCTION oms_internal.job_roll_up_stock(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_zone CONSTANT text := oms_internal.report_time_zone();
    v_mark record;
    v_until bigint;
    v_rows bigint;
BEGIN
    SELECT * INTO v_mark FROM oms_internal.settle_sequence('stock_monthly', 'oms.stock_movements_movement_id_seq') AS m;
    IF v_mark.counted_until IS NULL THEN
        RETURN (0, false, after)::oms_internal.job_step;
    END IF;

    IF v_mark.time_zone IS DISTINCT FROM v_zone THEN
        DELETE FROM oms.stock_monthly AS k
        USING (SELECT o.sku_id, o.location_id, o.month FROM oms.stock_monthly AS o LIMIT batch_rows) AS o
        WHERE (k.sku_id, k.location_id, k.month) = (o.sku_id, o.location_id, o.month);
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        UPDATE oms.sequence_watermarks AS w
        SET counted_until = 0, time_zone = CASE WHEN v_rows = 0 THEN v_zone END
        WHERE w.name = 'stock_monthly';
        IF v_rows > 0 THEN
            RETURN (v_rows, true, 'months of another time zone deleted')::oms_internal.job_step;
        END IF;
        v_mark.counted_until := 0;
    END IF;

    v_until := least(v_mark.settled_until, v_mark.counted_until + batch_rows);
    IF v_until = v_mark.counted_until THEN
        RETURN (0, false, 'movement ' || v_until)::oms_internal.job_step;
    END IF;
    INSERT INTO oms.stock_monthly AS k (sku_id, location_id, month, until, received, shipped, returned, adjusted, transferred, closing,
                                        received_value, shipped_value, returned_value, adjusted_value, transferred_value, closing_value)
    SELECT c.* FROM oms_internal.chain_stock(v_mark.counted_until, v_until, v_zone) AS c
    ORDER BY c.sku_id, c.location_id, c.month
    ON CONFLICT (sku_id, location_id, month)
    DO UPDATE SET (until, received, shipped, returned, adjusted, transferred, closing,
                   received_value, shipped_value, returned_value, adjusted_value, transferred_value, closing_value)
        = (excluded.until, excluded.received, excluded.shipped, excluded.returned, excluded.adjusted, excluded.transferred,
           excluded.closing, excluded.received_value, excluded.shipped_value, excluded.returned_value, excluded.adjusted_value,
           excluded.transferred_value, excluded.closing_value)
    WHERE k IS DISTINCT FROM excluded;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    UPDATE oms.sequence_watermarks AS w SET counted_until = v_until WHERE w.name = 'stock_monthly';
    RETURN (v_rows, v_until < v_mark.settled_until, 'movement ' || v_until)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_roll_up_stock(integer, jsonb, text) IS 'A batch of the job roll_up_stock: movements that were not in oms.stock_monthly yet';

CREATE OR REPLACE FUNCTION oms_internal.report_month() RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT date_trunc('month', oms_internal.report_today()::timestamp)::date
$$;
COMMENT ON FUNCTION oms_internal.report_month() IS 'First day of this month in the time zone of reports';

CREATE OR REPLACE FUNCTION oms_internal.stock_calendar() RETURNS SETOF date
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 24
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g::date
    FROM generate_series(least((SELECT min(k.month) FROM oms.stock_monthly AS k),
                               (SELECT min(u.month) FROM oms_internal.uncounted_stock() AS u))::timestamp,
                         oms_internal.report_month(), '1 month') AS g
$$;
COMMENT ON FUNCTION oms_internal.stock_calendar() IS 'Months from the first in which stock moved to this one';

CREATE OR REPLACE FUNCTION oms.stock_as_of(day date, OUT sku text, OUT location text, OUT quantity numeric, OUT value numeric, OUT currency text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_zone CONSTANT text := oms_internal.report_time_zone();
    v_month date;
    v_since timestamptz;
    v_until timestamptz;
BEGIN
    IF stock_as_of.day NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'day is out of range',
            DETAIL = format('It is %s.', stock_as_of.day),
            HINT = 'Give a day from 0001-01-01 to 9999-12-31.';
    END IF;
    v_month := date_trunc('month', stock_as_of.day::timestamp)::date;
    v_since := v_month::timestamp AT TIME ZONE v_zone;
    v_until := (stock_as_of.day + 1)::timestamp AT TIME ZONE v_zone;
    RETURN QUERY
    SELECT s.code, l.code, t.quantity, t.value, (SELECT oms_internal.base_currency())
    FROM (SELECT p.sku_id, p.location_id, sum(p.quantity)::numeric AS quantity, coalesce(sum(p.value)::numeric, 0) AS value
          FROM (SELECT k.sku_id, k.location_id, k.closing AS quantity, k.closing_value AS value
                FROM oms.stock_months AS k
                WHERE k.month < v_month AND k.until >= v_month
                UNION ALL
                SELECT m.sku_id, m.location_id, m.quantity, m.value
                FROM oms.stock_movements AS m
                WHERE m.occurred_at >= v_since AND m.occurred_at < v_until) AS p
          GROUP BY p.sku_id, p.location_id
          HAVING sum(p.quantity) <> '0') AS t
    JOIN oms.skus AS s ON s.sku_id = t.sku_id
    JOIN oms.locations AS l ON l.location_id = t.location_id;
END
$$;
COMMENT ON FUNCTION oms.stock_as_of(date) IS 'What was on hand at the end of a day, and what it was worth in the base currency';

CREATE OR REPLACE FUNCTION oms_internal.demand_weeks_add(weeks internal, week integer, demanded oms.quantity) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_weeks_add';
COMMENT ON FUNCTION oms_internal.demand_weeks_add(internal, integer, oms.quantity) IS 'What was wanted in a week';

CREATE OR REPLACE FUNCTION oms_internal.demand_weeks_done(weeks internal) RETURNS numeric[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_weeks_done';
COMMENT ON FUNCTION oms_internal.demand_weeks_done(internal) IS 'The weeks, added up';

CREATE OR REPLACE AGGREGATE oms_internal.demand_weeks(week integer, demanded oms.quantity) (
    SFUNC = oms_internal.demand_weeks_add,
    STYPE = internal,
    SSPACE = 424,
    FINALFUNC = oms_internal.demand_weeks_done,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE oms_internal.demand_weeks(integer, oms.quantity) IS 'Of 52 weeks, 0 the last: what was wanted, the sum of its squares by week, and how many weeks there are up to the first with a row';
