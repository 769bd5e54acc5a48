/* sql/code/31-order.sql: orders, their lines and holds */

CREATE OR REPLACE FUNCTION oms_internal.line_total(unit_price numeric, quantity oms.quantity, cancelled oms.quantity,
                                                   discount oms.amount, tax oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_line_total';
COMMENT ON FUNCTION oms_internal.line_total(numeric, oms.quantity, oms.quantity, oms.amount, oms.amount)
    IS 'What is charged for a line: price of what is not cancelled, less discount and plus tax in proportion to it';

CREATE OR REPLACE FUNCTION oms_internal.amount_part(amount oms.amount, part oms.quantity, whole oms.quantity) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_part';
COMMENT ON FUNCTION oms_internal.amount_part(oms.amount, oms.quantity, oms.quantity)
    IS 'The part of an amount for a part of a quantity, rounded half away from zero';

/*
 * What a line is to bear of what is not cancelled is written for all that was
 * ordered: there and back, rounding returns to the same.
 */
CREATE OR REPLACE FUNCTION oms_internal.spread_discount(order_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    UPDATE oms.order_lines AS l
    SET order_discount = w.share
    FROM (SELECT n.line_no,
                 nullif(oms_internal.amount_part(n.share, n.quantity, n.quantity - n.cancelled), n.share - n.share) AS share
          FROM (SELECT unnest(a.line_nos) AS line_no, unnest(a.quantities) AS quantity, unnest(a.cancelled) AS cancelled,
                       unnest(CASE WHEN a.total > 0 AND sign(o.discount) > 0
                                   THEN oms.allocate(amount_from_minor(least(minor(o.discount), a.total)::bigint, o.currency),
                                                     a.weights)
                                   ELSE array_fill(o.total - o.total, ARRAY[cardinality(a.weights)]) END) AS share
                FROM oms.orders AS o,
                     (SELECT array_agg(x.line_no ORDER BY x.line_no) AS line_nos,
                             array_agg(x.quantity ORDER BY x.line_no) AS quantities,
                             array_agg(x.cancelled ORDER BY x.line_no) AS cancelled,
                             array_agg(x.weight ORDER BY x.line_no) AS weights, sum(x.weight) AS total
                      FROM (SELECT y.line_no, y.quantity, y.cancelled, greatest(minor(y.total), 0)::numeric AS weight
                            FROM oms.order_lines AS y
                            WHERE y.order_id = spread_discount.order_id AND y.quantity > y.cancelled) AS x) AS a
                WHERE o.order_id = spread_discount.order_id AND a.line_nos IS NOT NULL) AS n) AS w
    WHERE l.order_id = spread_discount.order_id AND l.line_no = w.line_no AND l.order_discount IS DISTINCT FROM w.share;
END
$$;
COMMENT ON FUNCTION oms_internal.spread_discount(bigint) IS 'Spread the discount of an order over its lines by what they cost; what exceeds these is left to shipping';

CREATE OR REPLACE FUNCTION oms_internal.line_counters_hold(quantity oms.quantity, cancelled oms.quantity,
                                                           allocated oms.quantity, backordered oms.quantity,
                                                           shipped oms.quantity, delivered oms.quantity,
                                                           returned oms.quantity) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_line_counters_hold';
COMMENT ON FUNCTION oms_internal.line_counters_hold(oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity)
    IS 'True if 0 <= returned <= delivered <= shipped <= allocated + backordered <= quantity - cancelled and no counter is negative';

CREATE OR REPLACE FUNCTION oms_internal.in_currency(amount oms.amount, other oms.amount) RETURNS oms.amount
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT CASE WHEN currency_of(amount) = currency_of(other) THEN amount
                ELSE convert(amount, currency_of(other), (oms.now() AT TIME ZONE 'UTC')::date) END
$$;
COMMENT ON FUNCTION oms_internal.in_currency(oms.amount, oms.amount) IS 'An amount in the currency of another, at today''s rate';

/* not STRICT, since a strict function with a CASE is never inlined */
CREATE OR REPLACE FUNCTION oms_internal.payment_cover(status oms.payment_status, authorized oms.amount,
                                                      captured oms.amount, refunded oms.amount,
                                                      expires_at timestamptz) RETURNS oms.amount
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN (status OPERATOR(oms.=) 'authorized'::oms.payment_status
                      OR status OPERATOR(oms.=) 'partially_captured'::oms.payment_status)
                     AND (expires_at IS NULL OR expires_at > oms.now())
                THEN authorized ELSE captured END OPERATOR(oms.-) refunded;
END;
COMMENT ON FUNCTION oms_internal.payment_cover(oms.payment_status, oms.amount, oms.amount, oms.amount, timestamptz)
    IS 'How much of an order''s total a payment covers: what may still be captured or was, less what went back';

/*
 * An order on terms owes all that no payment covers and no credit note has
 * taken back; payments on terms are owed until they are captured, as far as
 * the order still costs that. What has moved to an exchange is given back.
 */
CREATE OR REPLACE FUNCTION oms_internal.credit_used(customer_id bigint, credit_limit oms.amount,
                                                    only_order_id bigint DEFAULT NULL) RETURNS oms.amount
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(sum(oms_internal.in_currency(CASE WHEN o.on_terms THEN d.due
                                                      ELSE greatest(least(d.due, p.open), z.zero) END, credit_limit)),
                    credit_limit - credit_limit)
    FROM oms.orders o
    CROSS JOIN LATERAL (SELECT o.total - o.total AS zero) AS z
    CROSS JOIN LATERAL
        (SELECT coalesce(sum(CASE WHEN p.method = 'terms' AND p.status IN ('authorized', 'partially_captured')
                                  THEN p.authorized - p.captured END), z.zero) AS open,
                coalesce(sum(oms_internal.payment_cover(p.status, p.authorized, p.captured, p.refunded, p.expires_at)),
                         z.zero) AS covered
         FROM oms.payments p WHERE p.order_id = o.order_id) AS p
    CROSS JOIN LATERAL
        (SELECT o.total - p.covered + p.open - oms_internal.credited(o.order_id, o.total)
                + coalesce((SELECT sum(k.moved) FROM oms.order_links k WHERE k.order_id = o.order_id), z.zero) AS due) AS d
    WHERE o.customer_id = credit_used.customer_id AND o.status <> 'cancelled' AND (o.on_terms OR p.open > z.zero)
          AND (only_order_id IS NULL OR o.order_id = only_order_id)
$$;
COMMENT ON FUNCTION oms_internal.credit_used(bigint, oms.amount, bigint)
    IS 'What a customer owes on terms, of all orders or one, in the currency of the credit limit';

CREATE OR REPLACE FUNCTION oms.place_order(document jsonb) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_place_order';
COMMENT ON FUNCTION oms.place_order(jsonb) IS 'Place the order of a document: price, tax, route and reserve it; returns its number, of the first one if the reference was used with the same document';

CREATE OR REPLACE FUNCTION oms.quote_order(document jsonb) RETURNS jsonb
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_quote_order';
COMMENT ON FUNCTION oms.quote_order(jsonb) IS 'Price, tax and route the order of a document without writing anything: totals, and source, cost, distance and dates of each leg';

CREATE OR REPLACE FUNCTION oms.edit_order(order_id bigint, document jsonb, reference text DEFAULT NULL)
    RETURNS oms.order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_edit_order';
COMMENT ON FUNCTION oms.edit_order(bigint, jsonb, text) IS 'Change lines, addresses, shipping, discounts or metadata of an order of which nothing has left; returns its status';

CREATE OR REPLACE FUNCTION oms.cancel_order(order_id bigint, reason text, lines jsonb DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_cancel_order';
COMMENT ON FUNCTION oms.cancel_order(bigint, text, jsonb, text) IS 'Cancel an order, or units of its lines: [{"line_no", "quantity"}]; returns the order''s status';

CREATE OR REPLACE FUNCTION oms_internal.lock_free_orders(order_ids bigint[]) RETURNS bigint[]
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_lock_free_orders';
COMMENT ON FUNCTION oms_internal.lock_free_orders(bigint[]) IS 'Lock those of some orders that nobody has locked, and return them in order; raises 40001 if one has changed since the snapshot of a transaction that keeps one';

CREATE OR REPLACE FUNCTION oms_internal.cancel_orders(order_ids bigint[], reason text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_cancel_orders';
COMMENT ON FUNCTION oms_internal.cancel_orders(bigint[], text) IS 'Cancel orders that are locked, none of which is final or has left';

CREATE OR REPLACE FUNCTION oms_internal.fill_backorders(after bigint DEFAULT 0, max integer DEFAULT 100)
    RETURNS bigint
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_fill_backorders';
COMMENT ON FUNCTION oms_internal.fill_backorders(bigint, integer)
    IS 'Serve up to max orders above an order_id that wait for stock which has become free; returns the last one looked at, null if there was none';
