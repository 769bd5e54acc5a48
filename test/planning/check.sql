/*
 * test/planning/check.sql: what the scripts in this directory, and in test/report, share
 *
 * What jobs have written is compared to plain queries over the source, and over
 * rows that jobs don't write. A claim is compared as often as one likes, and
 * told of in one line.
 */

CREATE SCHEMA planning;

CREATE TABLE planning.claims (
    claim_no serial PRIMARY KEY,
    claim text NOT NULL UNIQUE,
    times integer NOT NULL,
    row_count bigint,
    wrong text[] NOT NULL
);
COMMENT ON COLUMN planning.claims.row_count IS 'How many rows were expected in all; null: none should be';

/* claim adds what has come of a comparison */
CREATE FUNCTION planning.claim(claim text, row_count bigint, wrong text[]) RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO planning.claims AS c (claim, times, row_count, wrong)
    SELECT claim.claim, 1, claim.row_count, coalesce(array_agg(concat_ws(' ', nullif(oms.now()::text, now()::text) || ':', w)), '{}')
    FROM unnest(claim.wrong) AS w
    ON CONFLICT ON CONSTRAINT claims_claim_key DO UPDATE
    SET times = c.times + 1, row_count = c.row_count + excluded.row_count, wrong = c.wrong || excluded.wrong
$$;

/* same claims that two queries find the same rows */
CREATE FUNCTION planning.same(claim text, expected text, actual text) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    wrong text[];
    row_count bigint;
BEGIN
    EXECUTE format($query$
        WITH e AS MATERIALIZED (%s), f AS MATERIALIZED (%s), w AS (
            SELECT 'expected' AS side, t::text AS line FROM (TABLE e EXCEPT ALL TABLE f) AS t
            UNION ALL
            SELECT 'found', t::text FROM (TABLE f EXCEPT ALL TABLE e) AS t
            ORDER BY 2, 1 LIMIT 20
        )
        SELECT (SELECT array_agg(side || ' ' || line) FROM w), (SELECT count(*) FROM e)
        $query$, expected, actual) INTO wrong, row_count;
    PERFORM planning.claim(claim, row_count, wrong);
END
$$;

/* none claims that a query finds nothing */
CREATE FUNCTION planning.none(claim text, query text) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    wrong text[];
BEGIN
    EXECUTE format('SELECT array_agg(t::text) FROM (SELECT * FROM (%s) AS q LIMIT 20) AS t', query) INTO wrong;
    PERFORM planning.claim(claim, NULL, wrong);
END
$$;

/* books claims that the books are right */
CREATE FUNCTION planning.books() RETURNS void
    LANGUAGE sql
AS $$
    SELECT planning.none('check_invariants() is empty', 'SELECT * FROM oms.check_invariants()')
$$;

/* report tells of all claims, a line of TAP each, which run numbers; one that had nothing to compare fails */
CREATE FUNCTION planning.report() RETURNS SETOF text
    LANGUAGE sql
AS $$
    SELECT line
    FROM planning.claims AS c
    CROSS JOIN LATERAL (
        SELECT 0 AS n, format('%s - %s (%s%s)', CASE WHEN c.wrong = '{}' AND c.row_count IS DISTINCT FROM 0 THEN 'ok' ELSE 'not ok' END,
                              c.claim, c.row_count || ' rows, ',
                              CASE c.times WHEN 1 THEN 'once' ELSE c.times || ' times' END)
        UNION ALL
        SELECT w.n, '#   ' || w.line FROM unnest(c.wrong) WITH ORDINALITY AS w(line, n) WHERE w.n <= 20
    ) AS l(n, line)
    ORDER BY c.claim_no, l.n
$$;

/* run_job runs a job until nothing is left to do, and fails unless it succeeds */
CREATE FUNCTION planning.run_job(name text) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    answer jsonb;
BEGIN
    FOR i IN 1 .. 100 LOOP
        answer := oms.run_job(name);
        EXIT WHEN answer ->> 'status' <> 'stopped';
    END LOOP;
    IF answer ->> 'status' <> 'succeeded' THEN
        RAISE EXCEPTION 'job % ended as %', name, answer;
    END IF;
END
$$;
