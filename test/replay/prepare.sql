/* test/replay/prepare.sql: what the replays of all data sets share */

\set QUIET on
\pset footer off

CREATE EXTENSION oms CASCADE;
SELECT oms.install() \g /dev/null

CREATE SCHEMA replay;
SET search_path = replay, oms, public;

/* The orders of the source, as documents, with what the source says they come to */
CREATE TABLE replay.orders (
    reference text PRIMARY KEY,
    placed_at timestamptz NOT NULL,
    total numeric NOT NULL,
    document jsonb NOT NULL,
    source_status text,
    order_id bigint
);

/* What happens, in the order in which it happened */
CREATE TABLE replay.steps (
    at timestamptz NOT NULL,
    rank integer NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    arguments jsonb
);
COMMENT ON COLUMN replay.steps.rank IS 'Order of steps at the same time';

CREATE TABLE replay.queue (
    step_no integer PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    arguments jsonb
);
COMMENT ON TABLE replay.queue IS 'The steps in their order';

CREATE TABLE replay.refused (
    at timestamptz NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    sqlstate text NOT NULL,
    message text NOT NULL,
    detail text,
    hint text
);
CREATE INDEX refused_reference_idx ON replay.refused (reference);

CREATE TABLE replay.timings (
    kind text NOT NULL,
    seconds float8 NOT NULL
);

/* Remarks for the report: what the source has that an order cannot say */
CREATE TABLE replay.remarks (
    remark text NOT NULL,
    orders bigint NOT NULL,
    amount numeric
);

/* What must be true in the end */
CREATE TABLE replay.claims (
    claim text NOT NULL,
    expected text NOT NULL,
    found text
);

/* each_fulfillment does one thing with the fulfillments of an order that are in one of the states */
CREATE FUNCTION replay.each_fulfillment(order_id bigint, states text[], command text, details jsonb DEFAULT '{}')
    RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    number integer;
BEGIN
    FOR number IN
        SELECT f.fulfillment_no FROM oms.fulfillments f
        WHERE f.order_id = each_fulfillment.order_id AND f.status::text = ANY (states)
        ORDER BY f.fulfillment_no
    LOOP
        CASE command
        WHEN 'pick' THEN PERFORM oms.start_picking(order_id, number);
        WHEN 'pack' THEN PERFORM oms.pack(order_id, number);
        WHEN 'ship' THEN PERFORM oms.ship(order_id, number, details);
        WHEN 'deliver' THEN PERFORM oms.mark_delivered(order_id, number);
        WHEN 'reject' THEN PERFORM oms.reject(order_id, number, details ->> 'reason');
        END CASE;
    END LOOP;
END
$$;

/* give_back refunds what was captured and not refunded of an order */
CREATE FUNCTION replay.give_back(order_id bigint, reason text) RETURNS void
    LANGUAGE sql
AS $$
    SELECT oms.refund(give_back.order_id, rest, reason)
    FROM (SELECT sum(p.captured - p.refunded) AS rest FROM oms.payments p
          WHERE p.order_id = give_back.order_id) AS r
    WHERE sign(rest) > 0
$$;

/* cover adds a payment of what an order's payments lack of its total */
CREATE FUNCTION replay.cover(order_id bigint, method text) RETURNS void
    LANGUAGE sql
AS $$
    SELECT oms.add_payment(o.order_id,
                           jsonb_build_object('method', method, 'status', 'captured',
                                              'amount', (o.total - coalesce(p.paid, o.total - o.total))::numeric))
    FROM oms.orders o
    LEFT JOIN (SELECT p.order_id, sum(p.captured - p.refunded) AS paid FROM oms.payments p
               WHERE p.order_id = cover.order_id GROUP BY 1) AS p USING (order_id)
    WHERE o.order_id = cover.order_id AND (p.paid IS NULL OR p.paid < o.total) AND sign(o.total) > 0
$$;

/* step does one step */
CREATE FUNCTION replay.step(kind text, reference text, arguments jsonb) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    target replay.orders;
BEGIN
    SELECT * INTO target FROM replay.orders o WHERE o.reference = step.reference;
    IF kind NOT IN ('place', 'adjust', 'credit') AND target.order_id IS NULL THEN
        RETURN;
    END IF;

    CASE kind
    WHEN 'place' THEN
        UPDATE replay.orders o SET order_id = oms.place_order(target.document)
        WHERE o.reference = step.reference;
    WHEN 'capture' THEN
        PERFORM oms.capture(p.order_id, p.payment_no) FROM oms.payments p
        WHERE p.order_id = target.order_id AND p.status = 'pending';
    WHEN 'cover' THEN
        PERFORM replay.cover(target.order_id, arguments ->> 'method');
    WHEN 'release_holds' THEN
        PERFORM oms.release_hold(h.order_id, h.kind) FROM oms.order_holds h
        WHERE h.order_id = target.order_id AND h.released_at IS NULL;
    WHEN 'pick' THEN
        PERFORM replay.each_fulfillment(target.order_id, '{released}', 'pick');
    WHEN 'pack' THEN
        PERFORM replay.each_fulfillment(target.order_id, '{released,picking}', 'pack');
    WHEN 'ship' THEN
        PERFORM replay.each_fulfillment(target.order_id, '{released,picking}', 'pack');
        PERFORM replay.each_fulfillment(target.order_id, '{packed}', 'ship', coalesce(arguments, '{}'));
    WHEN 'deliver' THEN
        PERFORM replay.each_fulfillment(target.order_id, '{shipped}', 'deliver');
    WHEN 'track' THEN
        PERFORM oms.record_tracking(s.carrier, s.tracking_number, arguments ->> 'status', oms.now())
        FROM oms.shipments s WHERE s.order_id = target.order_id;
    WHEN 'reject' THEN
        PERFORM replay.each_fulfillment(target.order_id, '{released}', 'reject', arguments);
    WHEN 'cancel' THEN
        PERFORM oms.cancel_order(target.order_id, arguments ->> 'reason');
    WHEN 'give_back' THEN
        PERFORM replay.give_back(target.order_id, arguments ->> 'reason');
    WHEN 'come_back' THEN
        PERFORM oms.receive_unannounced_return(target.order_id, arguments ->> 'location', arguments -> 'lines');
    WHEN 'adjust' THEN
        PERFORM oms.adjust_stock(arguments ->> 'sku', arguments ->> 'location',
                                 (arguments ->> 'delta')::oms.quantity, arguments ->> 'reason');
    WHEN 'credit' THEN
        PERFORM replay.credit(reference, arguments);
    END CASE;
END
$$;

/* run does steps, each at its own time in a transaction of its own, and keeps what was refused */
CREATE PROCEDURE replay.run(first integer, last integer)
    LANGUAGE plpgsql
AS $$
DECLARE
    next replay.queue;
    started float8;
    fault replay.refused;
BEGIN
    FOR next IN
        SELECT * FROM replay.queue q WHERE q.step_no BETWEEN first AND last ORDER BY q.step_no
    LOOP
        PERFORM set_config('oms.now', next.at::text, false);
        started := extract(epoch FROM clock_timestamp());
        BEGIN
            PERFORM replay.step(next.kind, next.reference, next.arguments);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS fault.sqlstate = RETURNED_SQLSTATE, fault.message = MESSAGE_TEXT,
                fault.detail = PG_EXCEPTION_DETAIL, fault.hint = PG_EXCEPTION_HINT;
            INSERT INTO replay.refused
            VALUES (next.at, next.kind, next.reference, fault.sqlstate, fault.message,
                    nullif(fault.detail, ''), nullif(fault.hint, ''));
        END;
        INSERT INTO replay.timings VALUES (next.kind, extract(epoch FROM clock_timestamp()) - started);
        COMMIT;
    END LOOP;
    PERFORM set_config('oms.now', '', false);
END
$$;
