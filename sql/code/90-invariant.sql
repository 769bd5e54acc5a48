/* sql/code/90-invariant.sql: what must hold of all rows, checked by queries */

/*
 * Each function below checks one invariant and returns a row for what breaks
 * it. They read the tables as they are and use none of the functions that
 * write them, so that they tell the truth when these are wrong. Money is
 * summed in minor units: rows in a wrong currency are to be shown, not to end
 * the query.
 */

/* What people call things */

CREATE OR REPLACE FUNCTION oms_internal.stock_name(sku_id bigint, location_id integer) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.code FROM oms.skus s WHERE s.sku_id = stock_name.sku_id), 'SKU ' || sku_id)
           || ' at '
           || coalesce((SELECT l.code FROM oms.locations l WHERE l.location_id = stock_name.location_id), 'location ' || location_id)
$$;
COMMENT ON FUNCTION oms_internal.stock_name(bigint, integer) IS 'Names a stock level: TEE-M at LIS';

CREATE OR REPLACE FUNCTION oms_internal.subject_name(machine text, order_id bigint, number integer) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE machine WHEN 'order' THEN 'order ' || order_id
                        ELSE machine || ' ' || order_id || '-' || upper(left(machine, 1)) || number END;
END;
COMMENT ON FUNCTION oms_internal.subject_name(text, bigint, integer) IS 'Names what has a status: order 1041, fulfillment 1041-F1';

CREATE OR REPLACE FUNCTION oms_internal.minor_text(minor numeric, like_amount oms.amount) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT round(minor / power(10::numeric, scale(like_amount::numeric)), scale(like_amount::numeric))
           || ' ' || oms.currency_of(like_amount);
END;
COMMENT ON FUNCTION oms_internal.minor_text(numeric, oms.amount) IS 'Writes a count of minor units as an amount in the currency of another, however large it is';

/* 3. Counters of order lines */

CREATE OR REPLACE FUNCTION oms_internal.check_line_counters(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH counted AS (
        SELECT fl.order_id, fl.line_no,
               sum(fl.quantity::numeric) FILTER (WHERE f.status NOT IN ('cancelled', 'rejected')) AS allocated,
               sum(fl.quantity::numeric) FILTER (WHERE f.status IN ('shipped', 'delivered', 'picked_up', 'lost',
                                                                    'returned_to_sender')) AS shipped,
               sum(fl.quantity::numeric) FILTER (WHERE f.status IN ('delivered', 'picked_up')) AS delivered
        FROM oms.fulfillment_lines fl
             JOIN oms.fulfillments f USING (order_id, fulfillment_no)
        GROUP BY fl.order_id, fl.line_no
    ), received AS (
        SELECT order_id, line_no, sum(quantity::numeric) AS returned
        FROM oms.return_receipts
        GROUP BY order_id, line_no
    )
    SELECT 'a line''s ' || v.counter || ' equals its ' || v.rows, l.order_id || ' line ' || l.line_no,
           coalesce(v.expected, 0)::text, v.found::text
    FROM oms.order_lines l
         LEFT JOIN counted c USING (order_id, line_no)
         LEFT JOIN received r USING (order_id, line_no),
         LATERAL (VALUES ('allocated', 'fulfillments', c.allocated, l.allocated),
                         ('shipped', 'fulfillments', c.shipped, l.shipped),
                         ('delivered', 'fulfillments', c.delivered, l.delivered),
                         ('returned', 'receipts', r.returned, l.returned)) AS v(counter, rows, expected, found)
    WHERE coalesce(v.expected, 0) <> v.found::numeric
$$;
COMMENT ON FUNCTION oms_internal.check_line_counters() IS 'Invariant: the counters of each order line equal the sums of its allocations, shipments, deliveries and returns';

CREATE OR REPLACE FUNCTION oms_internal.check_line_order(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a line''s counters are in order', order_id || ' line ' || line_no,
           '0 <= returned <= delivered <= shipped <= allocated + backordered <= quantity - cancelled',
           format('%s <= %s <= %s <= %s + %s <= %s - %s', returned, delivered, shipped, allocated, backordered,
                  quantity, cancelled)
    FROM oms.order_lines
    WHERE NOT (returned::numeric >= 0 AND returned::numeric <= delivered::numeric
               AND delivered::numeric <= shipped::numeric
               AND shipped::numeric <= allocated::numeric + backordered::numeric
               AND allocated::numeric >= 0 AND backordered::numeric >= 0 AND cancelled::numeric >= 0
               AND allocated::numeric + backordered::numeric <= quantity::numeric - cancelled::numeric
               AND quantity::numeric > 0)
$$;
COMMENT ON FUNCTION oms_internal.check_line_order() IS 'Invariant: 0 <= returned <= delivered <= shipped <= allocated + backordered <= quantity - cancelled';

CREATE OR REPLACE FUNCTION oms_internal.check_orphans(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'an allocation belongs to a line', f.order_id || '-F' || f.fulfillment_no, 'line ' || f.line_no, 'none'
    FROM oms.fulfillment_lines f
    WHERE NOT EXISTS (SELECT FROM oms.order_lines l WHERE l.order_id = f.order_id AND l.line_no = f.line_no)
    UNION ALL
    SELECT 'an allocation belongs to a fulfillment', l.order_id || ' line ' || l.line_no,
           l.order_id || '-F' || l.fulfillment_no, 'none'
    FROM oms.fulfillment_lines l
    WHERE NOT EXISTS (SELECT FROM oms.fulfillments f
                      WHERE f.order_id = l.order_id AND f.fulfillment_no = l.fulfillment_no)
    UNION ALL
    SELECT 'what is of an order has the order', r.name || ' ' || r.order_id || '-' || r.number, 'order ' || r.order_id, 'none'
    FROM (SELECT 'line' AS name, order_id, line_no AS number FROM oms.order_lines
          UNION ALL SELECT 'discount', order_id, adjustment_no FROM oms.order_adjustments
          UNION ALL SELECT 'hold', order_id, hold_no FROM oms.order_holds
          UNION ALL SELECT 'fulfillment', order_id, fulfillment_no FROM oms.fulfillments
          UNION ALL SELECT 'payment', order_id, payment_no FROM oms.payments
          UNION ALL SELECT 'refund', order_id, refund_no FROM oms.refunds
          UNION ALL SELECT 'return', order_id, return_no FROM oms.returns
          UNION ALL SELECT 'claim', order_id, claim_no FROM oms.claims
          UNION ALL SELECT 'event', order_id, sequence FROM oms.event_history
          UNION ALL SELECT 'archived event', order_id, last_sequence FROM oms.archived_orders) AS r
         LEFT JOIN oms.orders o USING (order_id)
    WHERE o.order_id IS NULL
$$;
COMMENT ON FUNCTION oms_internal.check_orphans() IS 'Invariant: every allocation belongs to a line, every row of an order to an order';

/* 4. Money */

CREATE OR REPLACE FUNCTION oms_internal.check_currencies(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT DISTINCT 'an order has one currency', a.name, o.currency, currency_of(a.amount)
    FROM (SELECT order_id, 'order ' || order_id AS name, m.amount
          FROM oms.orders,
               LATERAL (VALUES (total), (lines_total), (shipping_price), (shipping_tax), (shipping_included_tax), (discount)) AS m(amount)
          UNION ALL
          SELECT order_id, order_id || ' line ' || line_no, m.amount
          FROM oms.order_lines, LATERAL (VALUES (total), (discount), (tax), (included_tax), (order_discount)) AS m(amount)
          UNION ALL
          SELECT order_id, order_id || ' discount ' || adjustment_no, amount
          FROM oms.order_adjustments
          UNION ALL
          SELECT order_id, 'payment ' || order_id || '-P' || payment_no, m.amount
          FROM oms.payments, LATERAL (VALUES (amount), (authorized), (captured), (refunded)) AS m(amount)
          UNION ALL
          SELECT order_id, 'payment ' || order_id || '-P' || payment_no || ' entry ' || entry_no, amount
          FROM oms.payment_entries
          UNION ALL
          SELECT order_id, order_id || ' refund ' || refund_no, amount
          FROM oms.refunds
          UNION ALL
          SELECT order_id, 'request ' || order_id || '-P' || payment_no || '-Q' || request_no, amount
          FROM oms.payment_requests
          UNION ALL
          SELECT order_id, 'result ' || provider || ' ' || reference, amount
          FROM oms.payment_results WHERE amount IS NOT NULL) AS a
         JOIN oms.orders o USING (order_id)
    WHERE currency_of(a.amount) <> o.currency
$$;
COMMENT ON FUNCTION oms_internal.check_currencies() IS 'Invariant: all money of an order is in the order''s currency';

CREATE OR REPLACE FUNCTION oms_internal.check_line_totals(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a line''s total is price less discount plus tax of what is not cancelled',
           l.order_id || ' line ' || l.line_no, c.total || ' ' || currency_of(l.total), l.total::text
    FROM oms.order_lines l,
         LATERAL (SELECT scale(l.total::numeric) AS decimals,
                         l.quantity::numeric - l.cancelled::numeric AS charged) AS q,
         LATERAL (SELECT round(l.unit_price * q.charged, q.decimals)
                         - round(l.discount::numeric * q.charged / nullif(l.quantity::numeric, 0), q.decimals)
                         + round(l.tax::numeric * q.charged / nullif(l.quantity::numeric, 0), q.decimals) AS total) AS c
    WHERE c.total IS DISTINCT FROM l.total::numeric
$$;
COMMENT ON FUNCTION oms_internal.check_line_totals() IS 'Invariant: what is charged for a line follows from its price, discount and tax';

CREATE OR REPLACE FUNCTION oms_internal.check_order_totals(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH line_sums AS (
        SELECT order_id, sum(minor(total)) AS total FROM oms.order_lines GROUP BY order_id
    ), discounts AS (
        SELECT order_id, sum(minor(amount)) AS total FROM oms.order_adjustments GROUP BY order_id
    )
    SELECT v.invariant, 'order ' || o.order_id, oms_internal.minor_text(v.expected, o.total), v.found::text
    FROM oms.orders o
         LEFT JOIN line_sums l USING (order_id),
         LATERAL (VALUES
             ('an order''s lines add up', coalesce(l.total, 0), o.lines_total),
             ('an order''s total is lines plus shipping less discounts',
              minor(o.lines_total)::numeric + minor(o.shipping_price) + minor(o.shipping_tax) - minor(o.discount), o.total)
         ) AS v(invariant, expected, found)
    WHERE v.expected <> minor(v.found)
    UNION ALL
    SELECT 'an order''s discount is that of its adjustments at most', 'order ' || o.order_id,
           'at most ' || oms_internal.minor_text(coalesce(d.total, 0), o.total), o.discount::text
    FROM oms.orders o
         LEFT JOIN discounts d USING (order_id)
    WHERE minor(o.discount) NOT BETWEEN 0 AND coalesce(d.total, 0)
$$;
COMMENT ON FUNCTION oms_internal.check_order_totals() IS 'Invariant: charged lines + shipping + tax - discounts = order total';

CREATE OR REPLACE FUNCTION oms_internal.check_discount_shares(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH shares AS (
        SELECT l.order_id, l.line_no, l.total,
               round(minor(l.order_discount)::numeric * (l.quantity::numeric - l.cancelled::numeric)
                     / nullif(l.quantity::numeric, 0)) AS share
        FROM oms.order_lines l
        WHERE l.order_discount IS NOT NULL
    )
    SELECT 'a line bears no more of its order''s discount than it costs', s.order_id || ' line ' || s.line_no,
           'at most ' || s.total, oms_internal.minor_text(s.share, s.total)
    FROM shares s
    WHERE s.share NOT BETWEEN 0 AND greatest(minor(s.total), 0)
    UNION ALL
    SELECT 'an order''s discount is what its lines bear, and shipping as far as it costs', 'order ' || o.order_id,
           oms_internal.minor_text(b.lines, o.total) || ' to '
           || oms_internal.minor_text(b.lines + minor(o.shipping_price) + minor(o.shipping_tax), o.total),
           o.discount::text
    FROM oms.orders o
         LEFT JOIN (SELECT order_id, sum(share) AS lines FROM shares GROUP BY order_id) AS s USING (order_id),
         LATERAL (SELECT coalesce(s.lines, 0) AS lines) AS b
    WHERE minor(o.discount) - b.lines NOT BETWEEN 0 AND minor(o.shipping_price)::numeric + minor(o.shipping_tax)
$$;
COMMENT ON FUNCTION oms_internal.check_discount_shares() IS 'Invariant: what lines and shipping bear of an order''s discount adds up to it';

/* 5. Statuses */

CREATE OR REPLACE FUNCTION oms_internal.check_statuses(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH transitions AS MATERIALIZED (
        SELECT machine, coalesce(from_state, '') AS from_state, to_state FROM oms.state_transitions
    ), dropped AS (
        SELECT DISTINCT ON (order_id) order_id, last_sequence, states
        FROM oms.archived_orders
        WHERE ended_at < oms_internal.archive_begins()
        ORDER BY order_id, last_sequence DESC
    ), steps AS MATERIALIZED (
        SELECT order_id, machine, number, sequence, state, is_known,
               coalesce(lag(state) OVER history, '') AS previous, lead(state) OVER history IS NULL AS is_last
        FROM (SELECT order_id, split_part(type, '.', 1) AS machine, coalesce(subject_no, 0) AS number, sequence,
                     split_part(type, '.', 2) AS state, true AS is_known
              FROM oms.event_history
              WHERE ended_at IS NULL OR ended_at >= oms_internal.archive_begins()
              UNION ALL
              SELECT d.order_id, split_part(s.key, ' ', 1), split_part(s.key, ' ', 2)::integer, d.last_sequence, s.value, false
              FROM dropped d, LATERAL jsonb_each_text(d.states) AS s) AS e
        WHERE (machine, state) IN (SELECT machine, to_state FROM transitions)
        WINDOW history AS (PARTITION BY order_id, machine, number ORDER BY sequence)
    ), subjects AS (
        SELECT 'order' AS machine, order_id, 0 AS number, status::text AS status FROM oms.orders
        UNION ALL
        SELECT 'fulfillment', order_id, fulfillment_no, status::text FROM oms.fulfillments
        UNION ALL
        SELECT 'payment', order_id, payment_no, status::text FROM oms.payments
        UNION ALL
        SELECT 'return', order_id, return_no, status::text FROM oms.returns
    )
    SELECT 'a status is that of its last event', oms_internal.subject_name(machine, order_id, number),
           coalesce(s.state, 'none'), coalesce(x.status, 'none')
    FROM (SELECT order_id, machine, number, state FROM steps
          WHERE is_last AND machine IN ('order', 'fulfillment', 'payment', 'return')) AS s
         FULL JOIN subjects x USING (order_id, machine, number)
    WHERE s.state IS DISTINCT FROM x.status
    UNION ALL
    SELECT 'a step is legal',
           oms_internal.subject_name(machine, order_id, number) || ' event ' || sequence,
           coalesce((SELECT string_agg(t.to_state, ' or ') FROM transitions t
                     WHERE t.machine = s.machine AND t.from_state = s.previous), 'none'),
           s.state
    FROM steps s
    WHERE s.is_known AND (s.machine, s.previous, s.state) NOT IN (SELECT machine, from_state, to_state FROM transitions)
$$;
COMMENT ON FUNCTION oms_internal.check_statuses() IS 'Invariant: every status equals the last status event of its subject, and each step between consecutive events was legal';

/* 6. Events */

CREATE OR REPLACE FUNCTION oms_internal.check_events(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH span AS (
        SELECT order_id, sequence, sequence AS last_sequence, event_id, event_id AS last_event_id
        FROM oms.event_history
        WHERE ended_at IS NULL OR ended_at >= oms_internal.archive_begins()
        UNION ALL
        SELECT order_id, 1, max(last_sequence), NULL, max(last_event_id)
        FROM oms.archived_orders
        WHERE ended_at < oms_internal.archive_begins()
        GROUP BY order_id
    ), numbered AS (
        SELECT order_id, sequence, event_id,
               coalesce(lag(last_sequence) OVER log, 0) AS previous_sequence, lag(last_event_id) OVER log AS previous_event_id
        FROM span
        WINDOW log AS (PARTITION BY order_id ORDER BY sequence)
    )
    SELECT 'events of an order are dense', 'order ' || order_id, 'event ' || previous_sequence + 1, 'event ' || sequence
    FROM numbered
    WHERE sequence <> previous_sequence + 1
    UNION ALL
    SELECT 'events of an order are in order', 'order ' || order_id || ' event ' || sequence,
           'event_id above ' || previous_event_id, event_id::text
    FROM numbered
    WHERE event_id <= previous_event_id
    UNION ALL
    SELECT 'what was archived is in the archive', 'order ' || order_id || ' event ' || sequence, 'event', 'none'
    FROM (SELECT order_id, last_sequence AS sequence, ended_at
          FROM oms.archived_orders
          WHERE ended_at >= oms_internal.archive_begins()) AS a
         LEFT JOIN oms.archived_events e USING (order_id, sequence, ended_at)
    WHERE e.order_id IS NULL
    UNION ALL
    SELECT 'the archive has what was archived', 'order ' || e.order_id || ' event ' || max(e.sequence), 'archived',
           coalesce('up to event ' || a.last_sequence, 'not archived')
    FROM oms.archived_events e
         LEFT JOIN oms.archived_orders a USING (order_id, ended_at)
    GROUP BY e.order_id, e.ended_at, a.last_sequence
    HAVING max(e.sequence) IS DISTINCT FROM a.last_sequence
$$;
COMMENT ON FUNCTION oms_internal.check_events() IS 'Invariant: events of one order are dense and in order';

/* 7. References */

/* without indexes, so that what a broken one would hide is seen */
CREATE OR REPLACE FUNCTION oms_internal.check_references(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_indexscan = off
    SET enable_indexonlyscan = off
    SET enable_bitmapscan = off
AS $$
    SELECT 'one order per channel and reference',
           coalesce((SELECT c.code FROM oms.channels c WHERE c.channel_id = o.channel_id), channel_id::text) || ' ' || reference,
           '1', count(*) || ' orders: ' || string_agg(order_id::text, ', ' ORDER BY order_id)
    FROM oms.orders o
    GROUP BY channel_id, reference
    HAVING count(*) > 1
    UNION ALL
    SELECT 'one payment per key of a provider, but for failed ones', provider || ' ' || reference, '1',
           count(*) || ' payments: ' || string_agg(order_id || '-P' || payment_no, ', ' ORDER BY order_id, payment_no)
    FROM oms.payments
    WHERE reference IS NOT NULL AND provider IS NOT NULL AND status <> 'failed'
    GROUP BY provider, reference
    HAVING count(*) > 1
$$;
COMMENT ON FUNCTION oms_internal.check_references() IS 'Invariant: one order per channel and reference, one payment per key of a provider';

CREATE OR REPLACE FUNCTION oms_internal.check_holds(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'an order is held while it has a hold', 'order ' || o.order_id,
           CASE WHEN h.order_id IS NULL THEN 'not held' ELSE 'held' END, o.status::text
    FROM oms.orders o
         LEFT JOIN (SELECT DISTINCT order_id FROM oms.order_holds WHERE released_at IS NULL) AS h USING (order_id)
    WHERE o.status IN ('placed', 'held', 'confirmed', 'in_fulfillment')
          AND (o.status = 'held') <> (h.order_id IS NOT NULL)
$$;
COMMENT ON FUNCTION oms_internal.check_holds() IS 'Invariant: an order of which nothing has left is held while it has an open hold, and only then';

/* Returns */

CREATE OR REPLACE FUNCTION oms_internal.check_returns(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH receipts AS (
        SELECT order_id, return_no, line_no, sum(quantity::numeric) AS received, sum(inspected::numeric) AS inspected
        FROM oms.return_receipts
        GROUP BY order_id, return_no, line_no
    ), inspections AS (
        SELECT order_id, return_no, line_no, sum(quantity::numeric) AS inspected,
               sum(quantity::numeric) FILTER (WHERE accepted) AS accepted
        FROM oms.return_inspections
        GROUP BY order_id, return_no, line_no
    )
    SELECT 'a return''s ' || v.counter || ' equals its ' || v.rows,
           oms_internal.subject_name('return', x.order_id, x.return_no) || ' line ' || x.line_no,
           coalesce(v.expected, 0)::text, v.found::text
    FROM oms.return_lines x
         LEFT JOIN receipts r USING (order_id, return_no, line_no)
         LEFT JOIN inspections i USING (order_id, return_no, line_no),
         LATERAL (VALUES ('received', 'receipts', r.received, x.received),
                         ('inspected', 'receipts', r.inspected, x.inspected),
                         ('inspected', 'inspections', i.inspected, x.inspected),
                         ('accepted', 'inspections', i.accepted, x.accepted)) AS v(counter, rows, expected, found)
    WHERE coalesce(v.expected, 0) <> v.found::numeric
    UNION ALL
    SELECT 'a return''s status is that of its lines', oms_internal.subject_name('return', r.order_id, r.return_no),
           r.status::text, format('%s received, %s inspected of %s lines', l.received, l.inspected, l.lines)
    FROM oms.returns r,
         LATERAL (SELECT count(*) AS lines, count(*) FILTER (WHERE received > '0') AS received,
                         count(*) FILTER (WHERE inspected >= received) AS inspected
                  FROM oms.return_lines x
                  WHERE x.order_id = r.order_id AND x.return_no = r.return_no) AS l
    WHERE NOT CASE WHEN r.status IN ('inspected', 'completed') THEN l.received > 0 AND l.inspected = l.lines
                   WHEN r.status = 'received' THEN l.received > 0 AND l.inspected < l.lines
                   ELSE l.received = 0 END
    UNION ALL
    SELECT 'units that are not for sale equal their movements',
           oms_internal.stock_name(sku_id, location_id) || ' ' || disposition, coalesce(m.moved, 0)::text,
           coalesce(u.quantity::text, 'none')
    FROM (SELECT sku_id, location_id, disposition, sum(quantity::numeric) AS moved
          FROM oms.unsellable_movements
          GROUP BY sku_id, location_id, disposition) AS m
         FULL JOIN oms.unsellable_stock u USING (sku_id, location_id, disposition)
    WHERE coalesce(m.moved, 0) IS DISTINCT FROM u.quantity::numeric
    UNION ALL
    SELECT 'units are credited or replaced once', x.order_id || ' line ' || x.line_no, 'at most ' || l.quantity::numeric - l.cancelled::numeric,
           sum(x.quantity)::text
    FROM (SELECT i.order_id, i.line_no, i.quantity::numeric AS quantity
          FROM oms.invoice_lines i JOIN oms.invoices n USING (order_id, invoice_no)
          WHERE n.kind = 'credit_note'
          UNION ALL
          SELECT c.order_id, c.line_no, c.quantity::numeric
          FROM oms.claim_lines c JOIN oms.claims n USING (order_id, claim_no)
          WHERE n.resolution = 'replacement') AS x
         JOIN oms.order_lines l USING (order_id, line_no)
    GROUP BY x.order_id, x.line_no, l.quantity, l.cancelled
    HAVING sum(x.quantity) > l.quantity::numeric - l.cancelled::numeric
    UNION ALL
    SELECT 'an exchange has moved what its payment took', k.order_id || ' to ' || k.linked_order_id,
           oms_internal.minor_text(coalesce(p.taken, 0), o.total), coalesce(k.moved::text, 'none')
    FROM oms.order_links k
         JOIN oms.orders o ON o.order_id = k.linked_order_id,
         LATERAL (SELECT sum(minor(captured) - minor(refunded)) AS taken FROM oms.payments p
                  WHERE p.order_id = k.linked_order_id AND p.method = 'exchange') AS p
    WHERE coalesce(p.taken, 0) <> coalesce(minor(k.moved), 0)
$$;
COMMENT ON FUNCTION oms_internal.check_returns() IS 'Invariant: counters and status of returns agree with what came and was inspected; units are credited once; exchanged money is in one place';

/* All of them, in one snapshot; sorting and hashing of all events fits the memory of a large query */
CREATE OR REPLACE FUNCTION oms.check_invariants(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
    SET work_mem = '64MB'
AS $$
    SELECT * FROM oms_internal.check_on_hand()
    UNION ALL SELECT * FROM oms_internal.check_reserved()
    UNION ALL SELECT * FROM oms_internal.check_reservations()
    UNION ALL SELECT * FROM oms_internal.check_open_fulfillments()
    UNION ALL SELECT * FROM oms_internal.check_line_counters()
    UNION ALL SELECT * FROM oms_internal.check_line_order()
    UNION ALL SELECT * FROM oms_internal.check_orphans()
    UNION ALL SELECT * FROM oms_internal.check_currencies()
    UNION ALL SELECT * FROM oms_internal.check_line_totals()
    UNION ALL SELECT * FROM oms_internal.check_order_totals()
    UNION ALL SELECT * FROM oms_internal.check_discount_shares()
    UNION ALL SELECT * FROM oms_internal.check_payments()
    UNION ALL SELECT * FROM oms_internal.check_refunds()
    UNION ALL SELECT * FROM oms_internal.check_payment_requests()
    UNION ALL SELECT * FROM oms_internal.check_statuses()
    UNION ALL SELECT * FROM oms_internal.check_holds()
    UNION ALL SELECT * FROM oms_internal.check_events()
    UNION ALL SELECT * FROM oms_internal.check_references()
    UNION ALL SELECT * FROM oms_internal.check_returns()
    UNION ALL SELECT * FROM oms_internal.check_purchase_orders()
    UNION ALL SELECT * FROM oms_internal.check_bills()
    UNION ALL SELECT * FROM oms_internal.check_bill_ledger()
    UNION ALL SELECT * FROM oms_internal.check_settlements()
    UNION ALL SELECT * FROM oms_internal.check_settlement_ledger()
    UNION ALL SELECT * FROM oms_internal.check_invoice_numbers()
    UNION ALL SELECT * FROM oms_internal.check_invoice_sums()
    UNION ALL SELECT * FROM oms_internal.check_invoiced()
    UNION ALL SELECT * FROM oms_internal.check_cost_layers()
    UNION ALL SELECT * FROM oms_internal.check_stock_values()
    UNION ALL SELECT * FROM oms_internal.check_postings()
    UNION ALL SELECT * FROM oms_internal.check_order_books()
    UNION ALL SELECT * FROM oms_internal.check_freight()
    UNION ALL SELECT * FROM oms_internal.check_customer_accounts()
    UNION ALL SELECT * FROM oms_internal.check_credit_notes()
    UNION ALL SELECT * FROM oms_internal.check_stored_value()
$$;
COMMENT ON FUNCTION oms.check_invariants() IS 'Check all that must hold of the store; returns a row for each violation, so none when all is well';
