/*
 * sql/code/48-replenishment_plan.sql: the job that proposes what to order
 *
 * It goes through all SKUs, then through the locations that have proposals. Of
 * proposals that somebody has locked, who is about to approve or reject them,
 * it keeps its hands off, and of their SKUs there. All else is reckoned anew
 * each time from what there is, after the proposals are locked; so it may be
 * stopped anywhere, and begun again.
 */

/* A day of replenishment is one of UTC, as that on which goods are expected. */
CREATE OR REPLACE FUNCTION oms_internal.replenishment_day() RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (oms.now() AT TIME ZONE 'UTC')::date
$$;
COMMENT ON FUNCTION oms_internal.replenishment_day() IS 'Today, in UTC';

CREATE OR REPLACE FUNCTION oms_internal.lock_proposals(sku_ids bigint[], location_id integer) RETURNS bigint[]
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(l.proposal_id), '{}')
    FROM (SELECT p.proposal_id
          FROM oms.replenishment_proposals AS p
          WHERE p.status = 'open' AND ($1 IS NULL OR p.sku_id = ANY ($1)) AND ($2 IS NULL OR p.location_id = $2)
          ORDER BY p.proposal_id
          FOR NO KEY UPDATE SKIP LOCKED) AS l
$$;
COMMENT ON FUNCTION oms_internal.lock_proposals(bigint[], integer) IS 'Lock the open proposals of SKUs, or of a location, that nobody else has locked; returns their ids';

CREATE OR REPLACE FUNCTION oms_internal.replenishment_skus(after bigint, max_series integer) RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(s.sku_id ORDER BY s.sku_id)
    FROM (SELECT k.sku_id, sum(n.count) OVER (ORDER BY k.sku_id) - n.count AS before
          FROM (SELECT u.sku_id FROM oms.skus AS u WHERE u.sku_id > $1 ORDER BY u.sku_id LIMIT $2) AS k
          CROSS JOIN LATERAL (SELECT greatest(count(*), 1) AS count FROM oms.planned_stock AS p WHERE p.sku_id = k.sku_id) AS n) AS s
    WHERE s.before < $2
$$;
COMMENT ON FUNCTION oms_internal.replenishment_skus(bigint, integer) IS 'The next SKUs after one, that have so many locations together, and a few more';

/*
 * What is due of some SKUs, and from where. Another location gives what it has
 * beyond its own order-up-to level, if that is all that is needed: who needs it
 * most is first, the one that can give most is asked, and no unit is given
 * twice. A location that a policy names gives as long as it has something.
 */
CREATE OR REPLACE FUNCTION oms_internal.replenishment_offers(
    sku_ids bigint[], transfers boolean, rejected_days integer, OUT sku_id bigint, OUT location_id integer, OUT supplier_id integer,
    OUT from_location_id integer, OUT quantity oms.quantity, OUT order_on date, OUT expected_on date, OUT "position" oms.quantity,
    OUT reorder_point oms.quantity, OUT order_up_to oms.quantity, OUT note text
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH needs AS MATERIALIZED (
        SELECT n.*, n."position"::numeric - n.reorder_point::numeric AS urgency
        FROM unnest(sku_ids) AS u(sku_id)
        CROSS JOIN LATERAL (SELECT * FROM oms.replenishment_needs AS n WHERE n.sku_id = u.sku_id OFFSET 0) AS n
    ), due AS (
        SELECT n.*
        FROM needs AS n
        WHERE n.due AND n.quantity > '0'
              AND NOT EXISTS (SELECT FROM oms.replenishment_proposals AS p
                              WHERE p.sku_id = n.sku_id AND p.location_id = n.location_id AND p.status = 'rejected'
                                    AND p.ended_at > oms.now() - make_interval(days => rejected_days)
                                    AND p."position" <= n."position")
    ), given AS (
        SELECT c.sku_id, c.location_id, c.giver
        FROM (SELECT o.*, sum(o.need) OVER (PARTITION BY o.sku_id, o.giver ORDER BY o.urgency, o.location_id) AS until
              FROM (SELECT d.sku_id, d.location_id, d.need, d.urgency, g.location_id AS giver, g.surplus,
                           row_number() OVER (PARTITION BY d.sku_id, d.location_id ORDER BY g.surplus DESC, g.location_id) AS n
                    FROM due AS d
                    JOIN needs AS g ON g.sku_id = d.sku_id AND g.location_id <> d.location_id AND g.surplus >= d.need
                    WHERE transfers AND d.from_location_id IS NULL) AS o
              WHERE o.n = 1) AS c
        WHERE c.until <= c.surplus
    ), drawn AS (
        SELECT d.sku_id, d.location_id,
               s.unreserved - (sum(d.quantity) OVER (PARTITION BY d.sku_id, d.from_location_id ORDER BY d.urgency, d.location_id) - d.quantity) AS left_over
        FROM due AS d
        CROSS JOIN LATERAL (SELECT coalesce(sum(l.on_hand - l.reserved), '0') AS unreserved
                            FROM oms.stock_levels AS l
                            WHERE l.sku_id = d.sku_id AND l.location_id = d.from_location_id) AS s
        WHERE d.from_location_id IS NOT NULL
    )
    SELECT d.sku_id, d.location_id, CASE WHEN g.giver IS NULL THEN d.supplier_id END, coalesce(g.giver, d.from_location_id),
           CASE WHEN g.giver IS NOT NULL THEN d.need WHEN w.left_over > '0' THEN least(d.quantity, w.left_over) ELSE d.quantity END,
           c.order_on, c.order_on + CASE WHEN g.giver IS NULL THEN ceil(d.lead_time_days)::integer ELSE 2 END, d."position", d.reorder_point, d.order_up_to,
           CASE WHEN w.left_over <= '0' THEN 'nothing is left there'
                WHEN w.left_over < d.quantity THEN 'no more is left there'
                WHEN g.giver IS NOT NULL THEN 'it has more than it needs itself'
                WHEN d.supplier_id IS NULL AND d.from_location_id IS NULL THEN 'nobody offers it' END
    FROM due AS d
    LEFT JOIN given AS g ON g.sku_id = d.sku_id AND g.location_id = d.location_id
    LEFT JOIN drawn AS w ON w.sku_id = d.sku_id AND w.location_id = d.location_id
    LEFT JOIN oms.suppliers AS u ON u.supplier_id = d.supplier_id AND g.giver IS NULL
    CROSS JOIN LATERAL (SELECT oms_internal.order_day(oms_internal.replenishment_day(), u.order_days, u.holidays) AS order_on) AS c;
END
$$;
COMMENT ON FUNCTION oms_internal.replenishment_offers(bigint[], boolean, integer)
    IS 'What should be ordered of SKUs now: due, not rejected in the last days at a position as low, from other locations that have too much, if transfers is true, else as the terms say';

CREATE OR REPLACE FUNCTION oms_internal.propose_replenishment(sku_ids bigint[], settings jsonb) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_locked CONSTANT bigint[] := oms_internal.lock_proposals(sku_ids, NULL);
    v_rows bigint;
BEGIN
    /* the snapshot of what follows is younger than the locks: what was ordered before they were taken is seen */
    WITH offers AS MATERIALIZED (
        SELECT o.*, oms_internal.supplier_cost(o.supplier_id, o.sku_id, o.quantity) AS unit_cost
        FROM oms_internal.replenishment_offers(sku_ids, coalesce((settings ->> 'transfers')::boolean, true),
                                               coalesce((settings ->> 'rejected_days')::integer, 7)) AS o
    ), gone AS (
        UPDATE oms.replenishment_proposals AS p
        SET status = 'obsolete', ended_at = oms.now()
        WHERE p.proposal_id = ANY (v_locked) AND NOT p.early
              AND NOT EXISTS (SELECT FROM offers AS o WHERE o.sku_id = p.sku_id AND o.location_id = p.location_id)
        RETURNING 1
    ), changed AS (
        UPDATE oms.replenishment_proposals AS p
        SET supplier_id = o.supplier_id, from_location_id = o.from_location_id, quantity = o.quantity, unit_cost = o.unit_cost,
            order_on = o.order_on, expected_on = o.expected_on, "position" = o."position", reorder_point = o.reorder_point,
            order_up_to = o.order_up_to, note = o.note, early = false
        FROM offers AS o
        WHERE p.proposal_id = ANY (v_locked) AND p.sku_id = o.sku_id AND p.location_id = o.location_id
              AND (p.supplier_id, p.from_location_id, p.quantity, p.unit_cost, p.order_on, p.expected_on, p."position",
                   p.reorder_point, p.order_up_to, p.note, p.early)
                  IS DISTINCT FROM
                  (o.supplier_id, o.from_location_id, o.quantity, o.unit_cost, o.order_on, o.expected_on, o."position",
                   o.reorder_point, o.order_up_to, o.note, false)
        RETURNING 1
    ), added AS (
        INSERT INTO oms.replenishment_proposals
            (sku_id, location_id, supplier_id, from_location_id, quantity, unit_cost, order_on, expected_on, "position",
             reorder_point, order_up_to, note)
        SELECT o.sku_id, o.location_id, o.supplier_id, o.from_location_id, o.quantity, o.unit_cost, o.order_on, o.expected_on,
               o."position", o.reorder_point, o.order_up_to, o.note
        FROM offers AS o
        WHERE NOT EXISTS (SELECT FROM oms.replenishment_proposals AS p
                          WHERE p.sku_id = o.sku_id AND p.location_id = o.location_id AND p.status = 'open')
        ORDER BY o.sku_id, o.location_id
        ON CONFLICT (sku_id, location_id) WHERE status = 'open' DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM changed) + (SELECT count(*) FROM added) INTO v_rows;
    RETURN v_rows;
END
$$;
COMMENT ON FUNCTION oms_internal.propose_replenishment(bigint[], jsonb) IS 'Bring the proposals of SKUs up to date; returns how many changed';

/*
 * Of suppliers that take nothing below a value: what is due soonest, by the
 * days that the stock is short of its order-up-to level, fills the order up.
 */
CREATE OR REPLACE FUNCTION oms_internal.fill_orders(to_location_id integer, locked bigint[], rejected_days integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_rows bigint;
BEGIN
    WITH short AS MATERIALIZED (
        SELECT p.supplier_id, u.min_order - sum(p.unit_cost * p.quantity) AS missing, max(p.order_on) AS order_on
        FROM oms.replenishment_proposals AS p
        JOIN oms.suppliers AS u ON u.supplier_id = p.supplier_id
        WHERE p.status = 'open' AND p.location_id = to_location_id AND NOT p.early
              AND u.min_order IS NOT NULL AND currency_of(p.unit_cost) = u.currency
        GROUP BY p.supplier_id, u.min_order
        HAVING sum(p.unit_cost * p.quantity) < u.min_order
    ), candidate AS MATERIALIZED (
        SELECT n.*, s.missing, s.order_on, c.cost,
               sum(c.cost * n.quantity) OVER (PARTITION BY s.supplier_id ORDER BY n.need::numeric::float8 / n.daily_mean DESC, n.sku_id)
                   - c.cost * n.quantity AS before
        FROM short AS s
        JOIN oms.supplier_skus AS k ON k.supplier_id = s.supplier_id
        CROSS JOIN LATERAL (SELECT * FROM oms.replenishment_needs AS n
                            WHERE n.sku_id = k.sku_id AND n.location_id = to_location_id OFFSET 0) AS n
        CROSS JOIN LATERAL (SELECT oms_internal.supplier_cost(s.supplier_id, n.sku_id, n.quantity) AS cost) AS c
        WHERE n.supplier_id = s.supplier_id AND n.quantity > '0' AND n.daily_mean > 0
              AND currency_of(c.cost) = currency_of(s.missing)
              AND NOT EXISTS (SELECT FROM oms.replenishment_proposals AS p
                              WHERE p.sku_id = n.sku_id AND p.location_id = n.location_id AND p.status = 'open'
                                    AND NOT (p.early AND p.proposal_id = ANY (locked))
                                    OR p.sku_id = n.sku_id AND p.location_id = n.location_id AND p.status = 'rejected'
                                       AND p.ended_at > oms.now() - make_interval(days => rejected_days))
              AND NOT n.due
    ), chosen AS MATERIALIZED (
        SELECT * FROM candidate AS c WHERE c.before < c.missing
    ), gone AS (
        UPDATE oms.replenishment_proposals AS p
        SET status = 'obsolete', ended_at = oms.now()
        WHERE p.proposal_id = ANY (locked) AND p.early
              AND NOT EXISTS (SELECT FROM chosen AS c WHERE c.sku_id = p.sku_id AND c.supplier_id = p.supplier_id)
        RETURNING 1
    ), changed AS (
        UPDATE oms.replenishment_proposals AS p
        SET quantity = c.quantity, unit_cost = c.cost, order_on = c.order_on, expected_on = c.order_on + ceil(c.lead_time_days)::integer,
            "position" = c."position", reorder_point = c.reorder_point, order_up_to = c.order_up_to
        FROM chosen AS c
        WHERE p.proposal_id = ANY (locked) AND p.early AND p.sku_id = c.sku_id AND p.supplier_id = c.supplier_id
              AND (p.quantity, p.unit_cost, p.order_on, p."position", p.reorder_point, p.order_up_to)
                  IS DISTINCT FROM (c.quantity, c.cost, c.order_on, c."position", c.reorder_point, c.order_up_to)
        RETURNING 1
    ), added AS (
        INSERT INTO oms.replenishment_proposals
            (sku_id, location_id, supplier_id, quantity, unit_cost, order_on, expected_on, "position", reorder_point, order_up_to,
             note, early)
        SELECT c.sku_id, c.location_id, c.supplier_id, c.quantity, c.cost, c.order_on, c.order_on + ceil(c.lead_time_days)::integer,
               c."position", c.reorder_point, c.order_up_to, 'fills up the order', true
        FROM chosen AS c
        WHERE NOT EXISTS (SELECT FROM oms.replenishment_proposals AS p
                          WHERE p.sku_id = c.sku_id AND p.location_id = c.location_id AND p.status = 'open')
        ORDER BY c.sku_id
        ON CONFLICT (sku_id, location_id) WHERE status = 'open' DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM changed) + (SELECT count(*) FROM added) INTO v_rows;
    RETURN v_rows;
END
$$;
COMMENT ON FUNCTION oms_internal.fill_orders(integer, bigint[], integer) IS 'Propose what is not due yet, until orders of a location reach the least that their suppliers take; proposals that this was for before are locked, and those that are not needed any more end; returns how many changed';

/*
 * One order a supplier and location. Of a supplier whose proposals somebody
 * has locked nothing is ordered, nor where more has been ordered by hand since
 * they were made.
 */
CREATE OR REPLACE FUNCTION oms_internal.approve_small_orders(to_location_id integer, locked bigint[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_ids bigint[];
    v_rows bigint := 0;
BEGIN
    FOR v_ids IN
        SELECT array_agg(p.proposal_id)
        FROM oms.replenishment_proposals AS p
        JOIN oms.suppliers AS u ON u.supplier_id = p.supplier_id
        JOIN oms.stock_positions AS n ON n.sku_id = p.sku_id AND n.location_id = p.location_id
        WHERE p.status = 'open' AND p.location_id = to_location_id AND u.auto_approve_limit IS NOT NULL
        GROUP BY u.supplier_id, u.currency, u.auto_approve_limit, u.min_order
        HAVING bool_and(p.proposal_id = ANY (locked) AND n."position" <= p."position"
                        AND p.order_on <= oms_internal.replenishment_day() AND coalesce(currency_of(p.unit_cost) = u.currency, false))
               AND sum(CASE WHEN currency_of(p.unit_cost) = u.currency THEN p.unit_cost * p.quantity END)
                   BETWEEN coalesce(u.min_order, amount(0, u.currency)) AND u.auto_approve_limit
        ORDER BY u.supplier_id
    LOOP
        PERFORM oms_internal.order_proposals(v_ids);
        v_rows := v_rows + cardinality(v_ids);
    END LOOP;
    RETURN v_rows;
END
$$;
COMMENT ON FUNCTION oms_internal.approve_small_orders(integer, bigint[]) IS 'Order from suppliers what a location needs, where that is worth no more than their auto_approve_limit, and no less than they take; returns how many proposals that were';

CREATE OR REPLACE FUNCTION oms_internal.approve_transfers(to_location_id integer, locked bigint[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_ids bigint[];
BEGIN
    SELECT array_agg(p.proposal_id) INTO v_ids
    FROM oms.replenishment_proposals AS p
    JOIN oms.stock_positions AS n ON n.sku_id = p.sku_id AND n.location_id = p.location_id
    JOIN oms.stock_positions AS f ON f.sku_id = p.sku_id AND f.location_id = p.from_location_id
    WHERE p.location_id = to_location_id AND p.proposal_id = ANY (locked) AND p.status = 'open'
          AND n."position" <= p."position" AND f.on_hand - f.reserved >= p.quantity;
    IF v_ids IS NOT NULL THEN
        PERFORM oms_internal.order_proposals(v_ids);
    END IF;
    RETURN coalesce(cardinality(v_ids), 0);
END
$$;
COMMENT ON FUNCTION oms_internal.approve_transfers(integer, bigint[]) IS 'Ship the transfers that are proposed to a location, as far as there is stock; returns how many';

/*
 * Its plans are long and its batches short: to make them anew each time, to
 * compile them or to call for workers would take longer than all else. What
 * is looked up of each SKU is little, so it is looked up by index.
 */
CREATE OR REPLACE FUNCTION oms_internal.job_plan_replenishment(batch_rows integer, settings jsonb, after text) RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan
    SET max_parallel_workers_per_gather = 0 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    v_after CONSTANT bigint := coalesce(split_part(after, ' ', 2)::bigint, 0);
    v_skus bigint[];
    v_location_id integer;
    v_locked bigint[];
    v_rows bigint := 0;
BEGIN
    IF after IS NULL OR starts_with(after, 'sku ') THEN
        v_skus := oms_internal.replenishment_skus(v_after, batch_rows);
        IF v_skus IS NULL THEN
            RETURN (0, true, 'location 0')::oms_internal.job_step;
        END IF;
        v_rows := oms_internal.propose_replenishment(v_skus, settings);
        RETURN (v_rows, true, 'sku ' || v_skus[cardinality(v_skus)])::oms_internal.job_step;
    END IF;

    SELECT min(p.location_id) INTO v_location_id
    FROM oms.replenishment_proposals AS p
    WHERE p.status = 'open' AND p.location_id > v_after;
    IF v_location_id IS NULL THEN
        RETURN (0, false, after)::oms_internal.job_step;
    END IF;
    v_locked := oms_internal.lock_proposals(NULL, v_location_id);
    v_rows := oms_internal.fill_orders(v_location_id, v_locked, coalesce((settings ->> 'rejected_days')::integer, 7));
    /* with those that fill up */
    v_locked := oms_internal.lock_proposals(NULL, v_location_id);
    v_rows := v_rows + oms_internal.approve_small_orders(v_location_id, v_locked);
    IF (settings ->> 'auto_transfers')::boolean THEN
        v_rows := v_rows + oms_internal.approve_transfers(v_location_id, v_locked);
    END IF;
    RETURN (v_rows, true, 'location ' || v_location_id)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_plan_replenishment(integer, jsonb, text) IS 'A batch of job plan_replenishment: proposals of some SKUs, or, after all of them, what the proposals of a location become';
