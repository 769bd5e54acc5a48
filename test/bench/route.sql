/*
 * test/bench/route.sql: what a call of route() takes within its session
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS bench;

/*
 * Microseconds of each call, by the clock, of what is called with it; the
 * first fifth is left out, in which the session reads what it keeps.
 */
CREATE FUNCTION bench.route_times(lines jsonb[], destinations geography[], options jsonb) RETURNS SETOF double precision
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    began timestamptz;
    ended timestamptz;
BEGIN
    FOR i IN 1..cardinality(lines) LOOP
        began := clock_timestamp();
        PERFORM FROM oms.route(lines[i], destinations[i], options);
        ended := clock_timestamp();
        IF i > cardinality(lines) / 5 THEN
            RETURN NEXT extract(epoch FROM ended - began) * 1000000;
        END IF;
    END LOOP;
END
$$;

/* "p50 p95 p99" of these */
CREATE FUNCTION bench.route_percentiles(lines jsonb[], destinations geography[], options jsonb) RETURNS text
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT array_to_string(percentile_disc('{0.5,0.95,0.99}'::double precision[]) WITHIN GROUP (ORDER BY us), ' ')
    FROM (SELECT round(t) AS us FROM bench.route_times(lines, destinations, options) AS t) AS t;
END;

/* Lines of two units each of some SKUs by their numbers */
CREATE FUNCTION bench.lines_of(skus integer[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT jsonb_agg(jsonb_build_object('sku', 'S' || s, 'quantity', 2) ORDER BY s) FROM unnest(skus) AS s;
END;

/* The point at a location of the shop */
CREATE FUNCTION bench.point_at(n integer) RETURNS geography
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT oms_internal.make_point(37.001 + (n / 100) * 0.01, -9.001 + (n % 100) * 0.1);
END;

/* The same of orders of the same SKUs to everywhere */
CREATE FUNCTION bench.route_lines(count integer, skus integer[], locations integer, options jsonb) RETURNS text
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT bench.route_percentiles(array_agg(bench.lines_of(skus)), array_agg(bench.point_at(1 + n * 7919 % locations)), options)
    FROM generate_series(1, count) AS n;
END;

/* The same of so many orders, of SKUs that are drawn from the numbers given */
CREATE FUNCTION bench.route_random(count integer, lines integer, first integer, last integer, locations integer, options jsonb) RETURNS text
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT bench.route_percentiles(array_agg(bench.lines_of(o.skus)), array_agg(bench.point_at(o.place)), options)
    FROM (SELECT (SELECT array_agg(first + (last - first + 1) / lines * l + floor(random() * ((last - first + 1) / lines))::integer)
                  FROM generate_series(0, lines - 1) AS l WHERE n > 0) AS skus,
                 1 + floor(random() * locations)::integer AS place
          FROM generate_series(1, count) AS n) AS o;
END;
