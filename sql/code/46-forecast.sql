/* sql/code/46-forecast.sql: forecasting demand */

CREATE OR REPLACE FUNCTION oms_internal.forecast_levels() RETURNS double precision[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '{0.5,0.75,0.8,0.9,0.95,0.975,0.99,0.995}'::double precision[];
END;
COMMENT ON FUNCTION oms_internal.forecast_levels() IS 'Levels of the quantiles that forecasts keep';

CREATE TYPE oms_internal.demand_series AS (
    demand double precision[], promoted double precision[], first_day date, censored integer
);
COMMENT ON TYPE oms_internal.demand_series IS 'Days of demand, oldest first, not a number where it is not known; the shares of them that were promoted, null for none; the first day with demand; how many days are not known';

CREATE OR REPLACE FUNCTION oms_internal.demand_history_add(
    history internal, since date, until date, day date, demanded oms.quantity, promoted oms.quantity, out_of_stock_rate real
) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_history_add';
COMMENT ON FUNCTION oms_internal.demand_history_add(internal, date, date, date, oms.quantity, oms.quantity, real) IS 'A day more';

CREATE OR REPLACE FUNCTION oms_internal.demand_history_done(history internal) RETURNS oms_internal.demand_series
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_history_done';
COMMENT ON FUNCTION oms_internal.demand_history_done(internal) IS 'The days as a series';

CREATE OR REPLACE AGGREGATE oms_internal.demand_history(
    since date, until date, day date, demanded oms.quantity, promoted oms.quantity, out_of_stock_rate real) (
    SFUNC = oms_internal.demand_history_add,
    STYPE = internal,
    FINALFUNC = oms_internal.demand_history_done,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE oms_internal.demand_history(date, date, date, oms.quantity, oms.quantity, real) IS 'The rows of a SKU and location in oms.demand_daily as a series of all days from since to before until, null without rows';

/*
 * The index has all that is read, in its order, so that a series costs its rows.
 */
CREATE OR REPLACE FUNCTION oms_internal.read_series(sku_id bigint, location_id integer, since date, until date)
    RETURNS oms_internal.demand_series
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(oms_internal.demand_history(since, until, d.day, d.demanded, d.promoted, d.out_of_stock_rate),
                    (array_fill(0::double precision, ARRAY[until - since]), NULL, NULL, 0)::oms_internal.demand_series)
    FROM oms.demand_daily AS d
    WHERE d.sku_id = read_series.sku_id AND d.location_id = read_series.location_id AND d.day >= since AND d.day < until
$$;
COMMENT ON FUNCTION oms_internal.read_series(bigint, integer, date, date) IS 'Demand of a SKU at a location of all days from one to before another';

/*
 * Series begin with their first demand or the first stock that came. What was
 * loaded into oms.demand_daily is found by stepping from key to key of its
 * index.
 */
CREATE OR REPLACE FUNCTION oms_internal.find_series() RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH RECURSIVE demand AS (
        (SELECT d.sku_id, d.location_id, d.day
         FROM oms.demand_daily AS d
         ORDER BY d.sku_id, d.location_id, d.day
         LIMIT 1)
        UNION ALL
        SELECT n.sku_id, n.location_id, n.day
        FROM demand AS b
        CROSS JOIN LATERAL (
            SELECT d.sku_id, d.location_id, d.day
            FROM oms.demand_daily AS d
            WHERE (d.sku_id, d.location_id) > (b.sku_id, b.location_id)
            ORDER BY d.sku_id, d.location_id, d.day
            LIMIT 1) AS n
    ), found AS (
        SELECT f.sku_id, f.location_id, min(f.day) AS day, min(f.began_on) AS began_on, bool_or(f.known) AS known
        FROM (SELECT d.sku_id, d.location_id, d.day, NULL::date AS began_on, false AS known FROM demand AS d
              UNION ALL
              SELECT l.sku_id, l.location_id, NULL, NULL, false FROM oms.stock_levels AS l
              UNION ALL
              SELECT s.sku_id, s.location_id, NULL, s.began_on, true FROM oms.demand_series AS s) AS f
        GROUP BY f.sku_id, f.location_id
    ), begun AS (
        SELECT f.sku_id, f.location_id, least(f.began_on, f.day, m.day) AS began_on, f.began_on AS old_began_on, f.known
        FROM found AS f
        JOIN oms.skus AS k ON k.sku_id = f.sku_id AND k.active AND k.stocked AND NOT k.is_kit
        JOIN oms.locations AS l ON l.location_id = f.location_id AND l.active
        LEFT JOIN LATERAL (
            SELECT (m.occurred_at AT TIME ZONE l.time_zone)::date AS day
            FROM oms.stock_movements AS m
            WHERE m.sku_id = f.sku_id AND m.location_id = f.location_id AND m.quantity > '0'
            ORDER BY m.movement_id
            LIMIT 1) AS m ON f.began_on IS NULL
    ), put AS (
        INSERT INTO oms.demand_series AS s (sku_id, location_id, began_on, changed_from, changed_until)
        SELECT b.sku_id, b.location_id, b.began_on, CASE WHEN b.old_began_on IS NOT NULL THEN b.began_on END,
               CASE WHEN b.old_began_on IS NOT NULL THEN b.began_on END
        FROM begun AS b
        WHERE NOT b.known OR b.began_on IS DISTINCT FROM b.old_began_on
        ORDER BY b.sku_id, b.location_id
        ON CONFLICT (sku_id, location_id)
        DO UPDATE SET began_on = least(s.began_on, excluded.began_on, s.changed_from),
                      changed_from = least(s.changed_from, excluded.changed_from),
                      changed_until = greatest(s.changed_until, excluded.changed_until)
        RETURNING 1
    )
    SELECT count(*) FROM put
$$;
COMMENT ON FUNCTION oms_internal.find_series() IS 'Put SKUs and locations into oms.demand_series that are not there; how many';

/* both sides grouped as one, as no plan of a join is good for few and for many */
CREATE OR REPLACE FUNCTION oms_internal.read_terms() RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH changed AS (
        SELECT c.sku_id, c.location_id, max(c.days) AS days
        FROM (SELECT s.sku_id, s.location_id, s.protection_days AS before, NULL AS days FROM oms.demand_series AS s
              UNION ALL
              SELECT t.sku_id, t.location_id, NULL,
                     least(greatest(ceil(t.lead_time_days + t.review_days), 1), 365)::integer
              FROM oms.replenishment_terms AS t) AS c
        GROUP BY c.sku_id, c.location_id
        HAVING max(c.days) <> max(c.before)
    ), put AS (
        INSERT INTO oms.demand_series AS s (sku_id, location_id, protection_days)
        SELECT c.sku_id, c.location_id, c.days
        FROM changed AS c
        ORDER BY c.sku_id, c.location_id
        ON CONFLICT (sku_id, location_id) DO UPDATE SET protection_days = excluded.protection_days
        RETURNING 1
    )
    SELECT count(*) FROM put
$$;
COMMENT ON FUNCTION oms_internal.read_terms() IS 'Bring the protection days of series to what oms.replenishment_terms says; of how many they have changed';

/*
 * A hundred series of a category are enough to tell what they have in common,
 * and two hundred of a location. Which ones is chance, but always the same.
 */
CREATE OR REPLACE FUNCTION oms_internal.profile_location(location_id integer, today date, history_days integer) RETURNS bigint
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH member AS MATERIALIZED (
        SELECT m.sku_id, m.began_on, array_agg(m.category) AS categories
        FROM (SELECT s.sku_id, g.category, s.began_on,
                     row_number() OVER (PARTITION BY g.category ORDER BY hashint8(s.sku_id), s.sku_id)
                     * CASE WHEN g.category = '' THEN 1 ELSE 2 END AS n
              FROM oms.demand_series AS s
              JOIN oms.skus AS k ON k.sku_id = s.sku_id
              LEFT JOIN oms.products AS p ON p.product_id = k.product_id
              CROSS JOIN LATERAL (SELECT '' UNION SELECT split_part(p.category::text, '.', 1)) AS g(category)
              WHERE s.location_id = profile_location.location_id AND s.began_on < today AND g.category IS NOT NULL) AS m
        WHERE m.n <= 200
        GROUP BY m.sku_id, m.began_on
    ), history AS MATERIALIZED (
        SELECT m.sku_id, m.categories, (h.s).demand, (h.s).promoted,
               (SELECT avg(d.units)
                FROM unnest((h.s).demand[greatest(cardinality((h.s).demand) - 55, 1):]) AS d(units)
                WHERE d.units <> 'NaN') AS mean
        FROM member AS m
        CROSS JOIN LATERAL (
            SELECT oms_internal.read_series(m.sku_id, profile_location.location_id,
                                            greatest(m.began_on, today - history_days), today) AS s
            OFFSET 0) AS h
    ), put AS (
        INSERT INTO oms.seasonal_profiles AS p (location_id, category, starts_on, series, mean, mean_cv_rate, profile, months)
        SELECT profile_location.location_id, m.category, today, count(*), coalesce(avg(h.mean), 0),
               coalesce(stddev_pop(h.mean) / nullif(avg(h.mean), 0), 1),
               oms_internal.demand_profile(h.demand, h.promoted, 7 ORDER BY h.sku_id),
               oms_internal.demand_months(h.demand, today ORDER BY h.sku_id)
        FROM history AS h
        CROSS JOIN LATERAL unnest(h.categories) AS m(category)
        GROUP BY m.category
        HAVING oms_internal.demand_profile(h.demand, h.promoted, 7 ORDER BY h.sku_id) IS NOT NULL
               AND (m.category = '' OR count(*) >= 10)
        ORDER BY m.category
        ON CONFLICT (location_id, category)
        DO UPDATE SET starts_on = excluded.starts_on, series = excluded.series, mean = excluded.mean,
                      mean_cv_rate = excluded.mean_cv_rate, profile = excluded.profile, months = excluded.months
        RETURNING 1
    )
    SELECT count(*) FROM put
$$;
COMMENT ON FUNCTION oms_internal.profile_location(integer, date, integer) IS 'Bring oms.seasonal_profiles of a location to what its series are until today; how many';

/*
 * What a SKU sells elsewhere, of late, by how the location differs from there;
 * else what others of its category sell at the location, else all others.
 */
CREATE OR REPLACE FUNCTION oms_internal.expected_demand(
    sku_id bigint, location_id integer, category text, today date, OUT mean double precision, OUT cv double precision
)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(e.mean, p.mean), CASE WHEN e.mean IS NULL THEN least(greatest(p.mean_cv_rate, 0.5), 3) ELSE 0.7 END
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL (
        SELECT p.mean, p.mean_cv_rate
        FROM oms.seasonal_profiles AS p
        WHERE p.location_id = expected_demand.location_id AND p.category IN ('', expected_demand.category)
        ORDER BY p.category = ''
        LIMIT 1) AS p ON true
    LEFT JOIN LATERAL (
        SELECT avg(h.units::double precision / h.days * coalesce(p.mean / nullif(q.mean, 0), 1)) AS mean
        FROM oms.demand_series AS s
        JOIN oms.locations AS l ON l.location_id = s.location_id AND l.active
        CROSS JOIN LATERAL (
            SELECT sum(d.demanded) FILTER (WHERE d.out_of_stock_rate <= 0.5) AS units,
                   nullif(56 - count(*) FILTER (WHERE d.out_of_stock_rate > 0.5), 0) AS days
            FROM oms.demand_daily AS d
            WHERE d.sku_id = s.sku_id AND d.location_id = s.location_id AND d.day >= today - 56 AND d.day < today) AS h
        LEFT JOIN LATERAL (
            SELECT q.mean
            FROM oms.seasonal_profiles AS q
            WHERE q.location_id = s.location_id AND q.category IN ('', expected_demand.category)
            ORDER BY q.category = ''
            LIMIT 1) AS q ON true
        WHERE s.sku_id = expected_demand.sku_id AND s.location_id <> expected_demand.location_id
              AND s.began_on <= today - 56) AS e ON true
    WHERE coalesce(e.mean, p.mean) > 0
$$;
COMMENT ON FUNCTION oms_internal.expected_demand(bigint, integer, text, date) IS 'What a SKU may sell a day at a location where it is new, and the coefficient of variation of how far off that is; null if nobody knows';

/*
 * A fit depends on the days before today, by the clock of the location, and on
 * what is known of the group, and on nothing that a batch before has written.
 * What could be expected is for those of which there is little yet; given any,
 * the fit does not cut the days before the first demand, which do count, as
 * the history begins when there could have been some.
 */
CREATE OR REPLACE FUNCTION oms_internal.forecast_batch(
    sku_ids bigint[], location_ids integer[], horizon_days integer, history_days integer
) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
AS $$
    WITH series AS (
        SELECT s.sku_id, s.location_id, s.began_on, s.protection_days, t.today,
               least(greatest(t.today - history_days, coalesce(s.began_on, t.today - history_days)), t.today) AS since,
               split_part(p.category::text, '.', 1) AS category,
               oms_internal.day_slot(s.sku_id, s.location_id, t.today) = 0 AS keeps
        FROM unnest(sku_ids, location_ids) AS n(sku_id, location_id)
        JOIN oms.demand_series AS s ON s.sku_id = n.sku_id AND s.location_id = n.location_id
        JOIN oms.locations AS l ON l.location_id = s.location_id
        JOIN oms.skus AS k ON k.sku_id = s.sku_id
        LEFT JOIN oms.products AS p ON p.product_id = k.product_id
        CROSS JOIN LATERAL (SELECT (oms.now() AT TIME ZONE l.time_zone)::date AS today) AS t
    ), history AS MATERIALIZED (
        SELECT s.*, (h.s).demand, (h.s).promoted, (h.s).first_day, (h.s).censored, g.category AS profile_category, g.profile,
               y.months,
               CASE WHEN (h.s).first_day IS NULL THEN s.began_on > s.today - 180
                    ELSE cardinality((h.s).demand) - (h.s).censored < 8 END AS young
        FROM series AS s
        CROSS JOIN LATERAL (SELECT oms_internal.read_series(s.sku_id, s.location_id, s.since, s.today) AS s OFFSET 0) AS h
        LEFT JOIN LATERAL (
            SELECT g.category, oms_internal.shift_profile(g.profile, s.today - g.starts_on, 7) AS profile
            FROM oms.seasonal_profiles AS g
            WHERE g.location_id = s.location_id AND g.category IN ('', s.category)
            ORDER BY g.category = ''
            LIMIT 1) AS g ON true
        LEFT JOIN LATERAL (
            SELECT y.months
            FROM oms.seasonal_profiles AS y
            WHERE y.location_id = s.location_id AND y.category IN ('', s.category) AND y.months IS NOT NULL
            ORDER BY y.category = ''
            LIMIT 1) AS y ON true
    ), fit AS MATERIALIZED (
        SELECT h.sku_id, h.location_id, h.today, h.keeps, h.protection_days, f.means, f.total_mean, f.total_quantiles,
               CASE WHEN f.method = 'prior' THEN 'new' ELSE f.class END AS class, f.method, f.scale_rate, f.details,
               CASE WHEN h.keeps AND f.class <> 'none'
                    THEN (oms_internal.forecast_fit(h.demand, h.promoted, 1, 28, 0, 7, '{0.95}', h.profile,
                                                    months => h.months, since => h.since)).total_quantiles[1] END AS upper_mean,
               jsonb_build_object('since', h.since, 'days', cardinality(h.demand), 'censored', h.censored,
                                  'group', h.profile_category, 'expected', e.mean, 'months', h.months) AS seen
        FROM history AS h
        LEFT JOIN LATERAL oms_internal.expected_demand(h.sku_id, h.location_id, h.category, h.today) AS e ON h.young
        CROSS JOIN LATERAL oms_internal.forecast_fit(
            h.demand, h.promoted, horizon_days, h.protection_days, 0, 7, oms_internal.forecast_levels(), h.profile,
            CASE WHEN h.young THEN e.mean / coalesce(h.months[extract(month FROM h.today - 28)], 1)
                 WHEN h.first_day IS NOT NULL THEN 1 END, coalesce(e.cv, 1), h.months, h.since) AS f
    ), kept AS (
        INSERT INTO oms.forecast_snapshots AS s (sku_id, location_id, starts_on, ends_on, method, means, upper_mean, scale_rate)
        SELECT f.sku_id, f.location_id, f.today, f.today + 27, f.method, f.means[:28], f.upper_mean, f.scale_rate
        FROM fit AS f
        WHERE f.upper_mean IS NOT NULL
        ORDER BY f.sku_id, f.location_id
        ON CONFLICT (sku_id, location_id, starts_on) DO NOTHING
    ), put AS (
        INSERT INTO oms.forecasts AS o (sku_id, location_id, starts_on, fitted_at, class, method, means, mean, protection_days,
                                        total_mean, total_quantiles, scale_rate, details)
        SELECT f.sku_id, f.location_id, f.today, oms.now(), f.class, f.method, f.means,
               (SELECT avg(m) FROM unnest(f.means) AS m), f.protection_days, f.total_mean, f.total_quantiles, f.scale_rate,
               f.details || f.seen
        FROM fit AS f
        ORDER BY f.sku_id, f.location_id
        ON CONFLICT (sku_id, location_id)
        DO UPDATE SET starts_on = excluded.starts_on, fitted_at = excluded.fitted_at, class = excluded.class,
                      method = excluded.method, means = excluded.means, mean = excluded.mean,
                      protection_days = excluded.protection_days, total_mean = excluded.total_mean,
                      total_quantiles = excluded.total_quantiles, scale_rate = excluded.scale_rate, details = excluded.details
    )
    UPDATE oms.demand_series AS s
    SET changed_from = CASE WHEN s.changed_until >= f.today THEN greatest(s.changed_from, f.today) END,
        changed_until = CASE WHEN s.changed_until >= f.today THEN s.changed_until END
    FROM fit AS f
    WHERE s.sku_id = f.sku_id AND s.location_id = f.location_id AND s.changed_from IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.forecast_batch(bigint[], integer[], integer, integer) IS 'Forecast some series from the days before today; the caller holds their rows in oms.demand_series';

CREATE OR REPLACE FUNCTION oms_internal.day_slot(sku_id bigint, location_id integer, day date) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT ((day - '2000-01-01'::date + sku_id + location_id) % 28)::integer;
END;
COMMENT ON FUNCTION oms_internal.day_slot(bigint, integer, date) IS '0 on every 28th day, another for each series, so that what is to be done from time to time is spread';

/*
 * First the series are found, then their terms read, then their groups are looked at, a location a
 * batch and each once a week, and then they are forecast in the order of their
 * keys: what has new days, other terms, or a forecast of a week ago. What has
 * been forecast today is not again, so that a run goes on where one was killed.
 * A batch locks rows of oms.demand_series once, in the order of their keys, as
 * those of roll_up_demand do, so that the two can meet.
 */
CREATE OR REPLACE FUNCTION oms_internal.job_forecast_demand(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_history_days CONSTANT integer := coalesce(oms_internal.job_setting(settings, 'history_days'), 730);
    v_mark CONSTANT bigint[] := string_to_array(split_part(after, ' ', 2), ',')::bigint[];
    v_location record;
    v_sku_ids bigint[];
    v_location_ids integer[];
    v_count bigint;
BEGIN
    IF after IS NULL THEN
        RETURN (oms_internal.find_series(), true, 'terms'::text);
    END IF;
    IF after = 'terms' THEN
        RETURN (oms_internal.read_terms(), true, 'location 0'::text);
    END IF;
    IF after LIKE 'location %' THEN
        SELECT l.location_id, t.today INTO v_location
        FROM oms.locations AS l
        CROSS JOIN LATERAL (SELECT (oms.now() AT TIME ZONE l.time_zone)::date AS today) AS t
        WHERE l.location_id > v_mark[1] AND l.active
              AND EXISTS (SELECT FROM oms.demand_series AS s WHERE s.location_id = l.location_id)
              AND NOT EXISTS (SELECT FROM oms.seasonal_profiles AS p
                              WHERE p.location_id = l.location_id AND p.starts_on > t.today - 7)
        ORDER BY l.location_id
        LIMIT 1;
        IF FOUND THEN
            RETURN (oms_internal.profile_location(v_location.location_id, v_location.today, v_history_days), true,
                    'location ' || v_location.location_id);
        END IF;
        RETURN (0::bigint, true, 'series 0,0'::text);
    END IF;

    SELECT array_agg(d.sku_id), array_agg(d.location_id), count(*) INTO v_sku_ids, v_location_ids, v_count
    FROM (SELECT s.sku_id, s.location_id
          FROM oms.demand_series AS s
          JOIN oms.skus AS k ON k.sku_id = s.sku_id
          JOIN oms.locations AS l ON l.location_id = s.location_id
          LEFT JOIN oms.forecasts AS f ON f.sku_id = s.sku_id AND f.location_id = s.location_id
          CROSS JOIN LATERAL (SELECT (oms.now() AT TIME ZONE l.time_zone)::date AS today) AS t
          WHERE (s.sku_id, s.location_id) > (v_mark[1], v_mark[2]) AND k.active AND k.stocked AND NOT k.is_kit AND l.active
                AND (f.sku_id IS NULL
                     OR f.starts_on < t.today
                        AND (s.changed_from < t.today OR s.protection_days <> f.protection_days
                             OR f.class <> 'none'
                                AND (oms_internal.day_slot(s.sku_id, s.location_id, t.today) % 7 = 0
                                     OR f.starts_on <= t.today - 7)))
          ORDER BY s.sku_id, s.location_id
          LIMIT batch_rows
          FOR NO KEY UPDATE OF s) AS d;
    IF v_count > 0 THEN
        PERFORM oms_internal.forecast_batch(v_sku_ids, v_location_ids, coalesce(oms_internal.job_setting(settings, 'horizon_days'), 56),
                                            v_history_days);
    END IF;
    RETURN (v_count, v_count = batch_rows,
            CASE WHEN v_count > 0 THEN format('series %s,%s', v_sku_ids[v_count], v_location_ids[v_count]) ELSE after END);
END
$$;
COMMENT ON FUNCTION oms_internal.job_forecast_demand(integer, jsonb, text) IS 'A batch of the job forecast_demand: series, once a day, that have changed';

CREATE OR REPLACE FUNCTION oms_internal.quantity_within_reach(units double precision) RETURNS oms.quantity
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT oms.quantity(round(least(units, 1e12)::numeric, 6));
END;
COMMENT ON FUNCTION oms_internal.quantity_within_reach(double precision) IS 'A number as a quantity; far beyond what anybody has it is cut, so that a wrong number stops nobody';

/*
 * A snapshot is looked at when all of its days are over, and nothing of them is
 * left to be rolled up. Days on which stock was out for a time tell nothing of
 * how good it was.
 */
CREATE OR REPLACE FUNCTION oms_internal.job_evaluate_forecasts(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
AS $$
    WITH unread AS MATERIALIZED (
        SELECT coalesce(min(e.occurred_at), oms.now()) AS since
        FROM oms.watermarks AS w
        JOIN oms.events AS e ON (e.transaction_id, e.event_id) > (w.transaction_id, w.event_id)
        WHERE w.name = 'demand'
    ), due AS MATERIALIZED (
        SELECT s.sku_id, s.location_id, s.starts_on, s.ends_on, s.means, s.upper_mean
        FROM oms.forecast_snapshots AS s
        JOIN oms.locations AS l ON l.location_id = s.location_id
        CROSS JOIN unread AS u
        WHERE s.evaluated_at IS NULL AND s.ends_on < (least(u.since, oms.now()) AT TIME ZONE l.time_zone)::date
              AND s.ends_on < (oms.now() AT TIME ZONE 'UTC')::date + 1
        ORDER BY s.ends_on, s.sku_id, s.location_id
        LIMIT batch_rows
        FOR NO KEY UPDATE OF s SKIP LOCKED
    ), error AS (
        SELECT d.sku_id, d.location_id, d.starts_on, e.*
        FROM due AS d
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE f.known) AS known_days,
                   coalesce(sum(f.actual) FILTER (WHERE f.known), 0) AS actual,
                   coalesce(sum(f.mean) FILTER (WHERE f.known), 0) AS forecast,
                   coalesce(sum(abs(f.actual - f.mean)) FILTER (WHERE f.known), 0) AS absolute_error,
                   CASE WHEN bool_and(f.known) THEN sum(f.actual) <= d.upper_mean END AS covered
            FROM (SELECT m.mean::double precision, coalesce(y.demanded, '0')::double precision AS actual,
                         coalesce(y.out_of_stock_rate, 0) = 0 AS known
                  FROM unnest(d.means) WITH ORDINALITY AS m(mean, n)
                  LEFT JOIN oms.demand_daily AS y
                      ON y.sku_id = d.sku_id AND y.location_id = d.location_id AND y.day = d.starts_on + m.n::integer - 1
                  WHERE d.starts_on + m.n::integer - 1 <= d.ends_on) AS f) AS e
    ), put AS (
        UPDATE oms.forecast_snapshots AS s
        SET evaluated_at = oms.now(), known_days = e.known_days, actual = u.actual, forecast = u.forecast,
            absolute_error = u.absolute_error, covered = e.covered
        FROM error AS e
        CROSS JOIN LATERAL (SELECT oms_internal.quantity_within_reach(e.actual) AS actual,
                                   oms_internal.quantity_within_reach(e.forecast) AS forecast,
                                   oms_internal.quantity_within_reach(e.absolute_error) AS absolute_error) AS u
        WHERE s.sku_id = e.sku_id AND s.location_id = e.location_id AND s.starts_on = e.starts_on
    ), old AS (
        DELETE FROM oms.forecast_snapshots AS s
        USING (SELECT o.sku_id, o.location_id, o.starts_on
               FROM oms.forecast_snapshots AS o
               WHERE o.evaluated_at IS NOT NULL
                     AND o.ends_on < (oms.now() AT TIME ZONE 'UTC')::date - oms_internal.job_setting(settings, 'keep_days')
               LIMIT batch_rows
               FOR UPDATE SKIP LOCKED) AS o
        WHERE s.sku_id = o.sku_id AND s.location_id = o.location_id AND s.starts_on = o.starts_on
        RETURNING 1
    )
    SELECT (d.due + d.old, greatest(d.due, d.old) = batch_rows, coalesce(d.ends_on, after))::oms_internal.job_step
    FROM (SELECT (SELECT count(*) FROM due) AS due, (SELECT count(*) FROM old) AS old,
                 (SELECT max(due.ends_on)::text FROM due) AS ends_on) AS d
$$;
COMMENT ON FUNCTION oms_internal.job_evaluate_forecasts(integer, jsonb, text) IS 'A batch of the job evaluate_forecasts: snapshots whose days are over; those of long ago are deleted';
