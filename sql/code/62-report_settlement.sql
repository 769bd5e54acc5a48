/* sql/code/62-report_settlement.sql: money with payment providers, counted up order by order */

/*
 * What is of no order, or was matched with nothing, is not here: of these there
 * are few, which the view reads itself. What was matched counts on our day, so
 * that days differ by what was not.
 */
CREATE OR REPLACE FUNCTION oms_internal.order_settlements(
    order_ids bigint[], OUT order_id bigint, OUT day date, OUT provider text, OUT currency text, OUT captured_here numeric,
    OUT captured_there numeric, OUT refunded_here numeric, OUT refunded_there numeric, OUT charged_back_here numeric, OUT fees numeric,
    OUT written_off numeric, OUT closed_lines bigint, OUT facts bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH fact AS (
        SELECT e.order_id, e.occurred_at AS at, p.provider, e.amount, e.kind AS here, NULL::text AS there, NULL::amount AS fee,
               NULL::amount AS matched_with
        FROM oms.payment_entries AS e
        JOIN oms.payments AS p ON p.order_id = e.order_id AND p.payment_no = e.payment_no
        WHERE e.order_id = ANY (order_ids) AND p.provider IS NOT NULL AND e.kind IN ('capture', 'refund')
        UNION ALL
        SELECT c.order_id, c.opened_at, c.provider, c.amount, 'chargeback', NULL, NULL, NULL
        FROM oms.chargebacks AS c
        WHERE c.order_id = ANY (order_ids)
        UNION ALL
        SELECT c.order_id, c.closed_at, c.provider, - c.amount, 'chargeback', NULL, NULL, NULL
        FROM oms.chargebacks AS c
        WHERE c.order_id = ANY (order_ids) AND c.status = 'won'
        UNION ALL
        SELECT s.order_id, e.occurred_at, s.provider, s.amount, NULL, s.kind, s.fee,
               CASE WHEN s.status = 'closed' THEN CASE s.kind WHEN 'refund' THEN - e.amount ELSE e.amount END END
        FROM oms.settlements AS s
        JOIN oms.payment_entries AS e
            ON e.order_id = s.order_id AND e.payment_no = s.payment_no AND e.entry_no = s.entry_no
        WHERE s.order_id = ANY (order_ids) AND s.entry_no IS NOT NULL
    )
    SELECT f.order_id, d.day, f.provider, currency_of(f.amount),
           coalesce(sum(f.amount::numeric) FILTER (WHERE f.here = 'capture'), 0),
           coalesce(sum(f.amount::numeric) FILTER (WHERE f.there = 'capture'), 0),
           coalesce(sum(f.amount::numeric) FILTER (WHERE f.here = 'refund'), 0),
           coalesce(- sum(f.amount::numeric) FILTER (WHERE f.there = 'refund'), 0),
           coalesce(sum(f.amount::numeric) FILTER (WHERE f.here = 'chargeback'), 0),
           coalesce(sum(f.fee::numeric), 0), coalesce(sum(f.amount::numeric - f.matched_with::numeric), 0), count(f.there), count(*)
    FROM fact AS f
    CROSS JOIN (SELECT oms_internal.report_time_zone() AS time_zone) AS z
    CROSS JOIN LATERAL (SELECT (f.at AT TIME ZONE z.time_zone)::date AS day) AS d
    GROUP BY f.order_id, d.day, f.provider, currency_of(f.amount)
$$;
COMMENT ON FUNCTION oms_internal.order_settlements(bigint[])
    IS 'Money of orders with payment providers, by our books and by lines that were matched with them, from their rows as they are now';

CREATE OR REPLACE FUNCTION oms_internal.settlement_differences(
    order_ids bigint[], OUT day date, OUT provider text, OUT currency text, OUT captured_here numeric, OUT captured_there numeric,
    OUT refunded_here numeric, OUT refunded_there numeric, OUT charged_back_here numeric, OUT fees numeric, OUT written_off numeric,
    OUT closed_lines bigint, OUT facts bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT f.day, f.provider, f.currency, sum(f.sign * f.captured_here), sum(f.sign * f.captured_there), sum(f.sign * f.refunded_here),
           sum(f.sign * f.refunded_there), sum(f.sign * f.charged_back_here), sum(f.sign * f.fees), sum(f.sign * f.written_off),
           sum(f.sign * f.closed_lines)::bigint, sum(f.sign * f.facts)::bigint
    FROM (SELECT 1 AS sign, n.* FROM oms_internal.order_settlements(order_ids) AS n
          UNION ALL
          SELECT -1, d.order_id, d.day, d.provider, d.currency, d.captured_here, d.captured_there, d.refunded_here, d.refunded_there,
                 d.charged_back_here, d.fees, d.written_off, d.closed_lines, d.facts
          FROM oms.order_settlements AS d
          WHERE d.order_id = ANY (order_ids)) AS f
    GROUP BY f.day, f.provider, f.currency
$$;
COMMENT ON FUNCTION oms_internal.settlement_differences(bigint[]) IS 'What oms.settlement_daily lacks of orders as they are now';

CREATE OR REPLACE FUNCTION oms_internal.count_settlements(order_ids bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH counted AS MATERIALIZED (
        SELECT * FROM oms_internal.order_settlements(order_ids)
    ), gone AS (
        DELETE FROM oms.order_settlements AS d
        WHERE d.order_id = ANY (order_ids)
              AND NOT EXISTS (SELECT FROM counted AS n
                              WHERE (n.order_id, n.day, n.provider, n.currency) = (d.order_id, d.day, d.provider, d.currency))
    ), noted AS (
        INSERT INTO oms.order_settlements AS d
        SELECT * FROM counted AS n ORDER BY n.order_id, n.day, n.provider, n.currency
        ON CONFLICT (order_id, day, provider, currency)
        DO UPDATE SET captured_here = excluded.captured_here, captured_there = excluded.captured_there,
                      refunded_here = excluded.refunded_here, refunded_there = excluded.refunded_there,
                      charged_back_here = excluded.charged_back_here, fees = excluded.fees, written_off = excluded.written_off,
                      closed_lines = excluded.closed_lines, facts = excluded.facts
        WHERE d.* IS DISTINCT FROM excluded.*
    )
    INSERT INTO oms.settlement_daily AS m
    SELECT * FROM oms_internal.settlement_differences(order_ids) AS f
    WHERE (f.captured_here, f.captured_there, f.refunded_here, f.refunded_there, f.charged_back_here, f.fees, f.written_off, f.closed_lines,
           f.facts) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
    ORDER BY f.day, f.provider, f.currency
    ON CONFLICT (day, provider, currency)
    DO UPDATE SET captured_here = m.captured_here + excluded.captured_here, captured_there = m.captured_there + excluded.captured_there,
                  refunded_here = m.refunded_here + excluded.refunded_here, refunded_there = m.refunded_there + excluded.refunded_there,
                  charged_back_here = m.charged_back_here + excluded.charged_back_here, fees = m.fees + excluded.fees,
                  written_off = m.written_off + excluded.written_off, closed_lines = m.closed_lines + excluded.closed_lines,
                  facts = m.facts + excluded.facts
$$;
COMMENT ON FUNCTION oms_internal.count_settlements(bigint[]) IS 'Bring oms.order_settlements and oms.settlement_daily to what some orders count for now';
