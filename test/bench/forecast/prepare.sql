/* test/bench/forecast/prepare.sql: the series, and how forecasts of them are judged */
CREATE EXTENSION oms CASCADE;
CREATE TABLE series (
    id text, set text, season integer, horizon integer, train float8[], test float8[], promoted float8[],
    season_change float8, change float8, PRIMARY KEY (set, id)
);
CREATE TABLE reference (set text, method text, source text, mase float8, smape float8, rmsse float8, total float8, cpu float8);
CREATE TABLE forecast (set text, method text, id text, means float8[]);
CREATE TABLE score (set text, method text, source text, mase float8, smape float8, rmsse float8, total float8, bias float8, cpu float8);
CREATE TABLE bar (bar text, measures text, value float8, least float8, most float8);

/* seconds of CPU that the backend has used; where there is no /proc, time */
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
    RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e9;
EXCEPTION WHEN OTHERS THEN
    RETURN extract(epoch FROM clock_timestamp());
END;
$$;

/* mean absolute and mean squared change of a series over so many periods */
CREATE FUNCTION change(y float8[], lag integer, power float8) RETURNS float8 LANGUAGE sql
BEGIN ATOMIC
    SELECT avg(power(abs(a.y - b.y), $3))
    FROM unnest($1[$2 + 1:]) WITH ORDINALITY AS a(y, n) JOIN unnest($1) WITH ORDINALITY AS b(y, n) USING (n);
END;

/*
 * MASE: mean absolute error / mean absolute change from season to season (Hyndman and Koehler 2006); sMAPE as in M3 and
 * M4; RMSSE: root mean squared error / root mean squared change from period to period (M5); total: absolute errors of
 * the sum over the horizon, all together / demand; bias likewise.
 */
CREATE FUNCTION put_score(p_sets text[], p_method text, p_cpu float8, p_set text) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO score
    SELECT p_set, p_method, 'here', avg(error / nullif(season_change, 0)), avg(smape), avg(sqrt(square / nullif(change, 0))),
           sum(abs(wanted - forecast)) / sum(wanted), (sum(forecast) - sum(wanted)) / sum(wanted), 1000 * p_cpu / count(*)
    FROM (SELECT s.season_change, s.change, avg(abs(y - f)) AS error, avg((y - f) ^ 2) AS square, sum(y) AS wanted, sum(f) AS forecast,
                 avg(CASE WHEN y = 0 AND f = 0 THEN 0 ELSE 200 * abs(y - f) / (abs(y) + abs(f)) END) AS smape
          FROM forecast AS c JOIN series AS s USING (set, id), unnest(s.test, c.means) AS u(y, f)
          WHERE c.set = ANY (p_sets) AND c.method = p_method
          GROUP BY s.set, s.id, s.season_change, s.change) AS each;
END;
