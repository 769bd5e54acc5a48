/* sql/code/38-return.sql: goods that come back, claims and exchanges */

CREATE OR REPLACE FUNCTION oms.put_return_reason(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.check_document(document, 'return_reason');
    PERFORM oms_internal.put_rows('return_reason', ARRAY[document]);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_return_reason(jsonb) IS 'Create or update a reason for returns and claims by its code, which is returned';

CREATE OR REPLACE FUNCTION oms.put_return_policy(document jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_channel_id integer;
    v_policy_id integer;
BEGIN
    PERFORM oms_internal.check_document(document, 'return_policy');
    PERFORM oms_internal.require_codes(channels => ARRAY[document ->> 'channel']);
    SELECT c.channel_id INTO v_channel_id FROM oms.channels AS c WHERE c.code = document ->> 'channel';

    INSERT INTO oms.return_policies AS p
        (channel_id, category, window_days, warranty_days, restocking_fee_rate, refund_shipping,
         auto_approve, auto_refund, send_days)
    SELECT v_channel_id, t.category, d.window_days, d.warranty_days,
           coalesce(d.restocking_fee_rate, 0), coalesce(d.refund_shipping, 'never'),
           coalesce(d.auto_approve, false), coalesce(d.auto_refund, false), d.send_days
    FROM jsonb_to_record(document) AS d(window_days integer, warranty_days integer, restocking_fee_rate numeric,
             refund_shipping text, auto_approve boolean, auto_refund boolean, send_days integer),
         jsonb_populate_record(NULL::oms.return_policies, jsonb_build_object('category', document -> 'category')) AS t
    ON CONFLICT (coalesce(channel_id, 0), coalesce(category::text, ''))
    DO UPDATE SET
        window_days = CASE WHEN document ? 'window_days' THEN excluded.window_days ELSE p.window_days END,
        warranty_days = CASE WHEN document ? 'warranty_days' THEN excluded.warranty_days ELSE p.warranty_days END,
        restocking_fee_rate = CASE WHEN document ? 'restocking_fee_rate' THEN excluded.restocking_fee_rate
                                   ELSE p.restocking_fee_rate END,
        refund_shipping = CASE WHEN document ? 'refund_shipping' THEN excluded.refund_shipping ELSE p.refund_shipping END,
        auto_approve = CASE WHEN document ? 'auto_approve' THEN excluded.auto_approve ELSE p.auto_approve END,
        auto_refund = CASE WHEN document ? 'auto_refund' THEN excluded.auto_refund ELSE p.auto_refund END,
        send_days = CASE WHEN document ? 'send_days' THEN excluded.send_days ELSE p.send_days END
    RETURNING p.policy_id INTO v_policy_id;
    RETURN v_policy_id;
END
$$;
COMMENT ON FUNCTION oms.put_return_policy(jsonb) IS 'Create or update what may be returned, and what is given back, by channel and category, each of which may be left out for all; returns the number of the policy';

CREATE OR REPLACE FUNCTION oms.request_return(order_id bigint, lines jsonb, reason text, reference text DEFAULT NULL)
    RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_request_return';
COMMENT ON FUNCTION oms.request_return(bigint, jsonb, text, text) IS 'Ask to send back lines [{"line_no", "quantity", "reason"}] of an order, within the policy; returns the number of the return';

CREATE OR REPLACE FUNCTION oms.approve_return(order_id bigint, return_no integer, reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_approve_return';
COMMENT ON FUNCTION oms.approve_return(bigint, integer, text) IS 'Let the goods of a return come back; its event says what a label needs';

CREATE OR REPLACE FUNCTION oms.reject_return(order_id bigint, return_no integer, reason text, reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reject_return';
COMMENT ON FUNCTION oms.reject_return(bigint, integer, text, text) IS 'Refuse a return that was requested';

CREATE OR REPLACE FUNCTION oms.cancel_return(order_id bigint, return_no integer, reason text DEFAULT NULL,
                                             reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_cancel_return';
COMMENT ON FUNCTION oms.cancel_return(bigint, integer, text, text) IS 'End a return of which nothing is on its way';

/*
 * Waits for nobody: what others have locked, or an order that is paid by the
 * return, is for the next time. What has changed since it was read is checked again.
 */
CREATE OR REPLACE FUNCTION oms_internal.expire_returns(max integer DEFAULT 1000) RETURNS integer
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH due AS MATERIALIZED (
        SELECT r.order_id, r.return_no, r.exchange_order_id FROM oms.returns r
        WHERE r.status = 'approved' AND r.send_by < (oms.now() AT TIME ZONE 'UTC')::date
        ORDER BY r.send_by LIMIT expire_returns.max),
    locked AS MATERIALIZED (
        SELECT o.order_id FROM oms.orders o
        WHERE o.order_id IN (SELECT d.order_id FROM due d UNION ALL SELECT d.exchange_order_id FROM due d)
        ORDER BY o.order_id FOR NO KEY UPDATE SKIP LOCKED),
    expired AS (
        UPDATE oms.returns r SET status = 'cancelled', status_reason = 'not sent in time'
        FROM due d
        WHERE r.order_id = d.order_id AND r.return_no = d.return_no
              AND d.order_id IN (SELECT l.order_id FROM locked l)
              AND (d.exchange_order_id IS NULL OR d.exchange_order_id IN (SELECT l.order_id FROM locked l))
              AND r.status = 'approved' AND r.send_by < (oms.now() AT TIME ZONE 'UTC')::date
              AND r.exchange_order_id IS NOT DISTINCT FROM d.exchange_order_id
        RETURNING 1)
    SELECT count(*)::integer FROM expired
$$;
COMMENT ON FUNCTION oms_internal.expire_returns(integer)
    IS 'Cancel up to max approved returns whose goods were not sent in time, the longest overdue first; returns how many';

CREATE OR REPLACE FUNCTION oms.set_return_location(order_id bigint, return_no integer, location text,
                                                   reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_set_return_location';
COMMENT ON FUNCTION oms.set_return_location(bigint, integer, text, text) IS 'Say where the goods of a return are to be sent, before they are; returns the status';

CREATE OR REPLACE FUNCTION oms.record_return_label(order_id bigint, return_no integer, label jsonb,
                                                   reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_return_label';
COMMENT ON FUNCTION oms.record_return_label(bigint, integer, jsonb, text) IS 'Keep the label {"carrier", "number", "service", "url"} by which goods are sent back; returns the status';

CREATE OR REPLACE FUNCTION oms.mark_return_in_transit(order_id bigint, return_no integer, tracking jsonb DEFAULT NULL,
                                                      reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_mark_return_in_transit';
COMMENT ON FUNCTION oms.mark_return_in_transit(bigint, integer, jsonb, text) IS 'Say that the customer has sent the goods, with {"carrier", "number", "service"}';

CREATE OR REPLACE FUNCTION oms.receive_return(order_id bigint, return_no integer, location text,
                                              lines jsonb DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_receive_return';
COMMENT ON FUNCTION oms.receive_return(bigint, integer, text, jsonb, text) IS 'Take in goods of a return, all that are open or of lines [{"line_no", "quantity"}], at any location';

CREATE OR REPLACE FUNCTION oms.receive_unannounced_return(order_id bigint, location text, lines jsonb,
                                                          reference text DEFAULT NULL)
    RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_receive_unannounced_return';
COMMENT ON FUNCTION oms.receive_unannounced_return(bigint, text, jsonb, text) IS 'Take in goods of an order that nobody had announced; returns the number of their return';

CREATE OR REPLACE FUNCTION oms.inspect_return(order_id bigint, return_no integer, lines jsonb, reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_inspect_return';
COMMENT ON FUNCTION oms.inspect_return(bigint, integer, jsonb, text) IS 'Say in which state received goods are and what becomes of them: [{"line_no", "quantity", "grade", "disposition", "accepted"}]';

CREATE OR REPLACE FUNCTION oms.complete_return(order_id bigint, return_no integer, reference text DEFAULT NULL)
    RETURNS oms.return_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_complete_return';
COMMENT ON FUNCTION oms.complete_return(bigint, integer, text) IS 'Credit what was accepted of a return that is inspected, and give back what is due of it';

CREATE OR REPLACE FUNCTION oms.release_unsellable(sku text, location text, disposition text, quantity oms.quantity,
                                                  became text, reason text, reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_release_unsellable';
COMMENT ON FUNCTION oms.release_unsellable(text, text, text, oms.quantity, text, text, text) IS 'Decide what becomes of units that are not for sale: restock, scrap, vendor, or another disposition; returns what is left of the one that they had';

CREATE OR REPLACE FUNCTION oms.exchange_return(order_id bigint, return_no integer, document jsonb, reference text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_exchange_return';
COMMENT ON FUNCTION oms.exchange_return(bigint, integer, jsonb, text) IS 'Place an order that is paid by what a return gives back; what its document leaves out is as in the earlier order. Returns its number';

CREATE OR REPLACE FUNCTION oms.claim_items(order_id bigint, lines jsonb, reason text, resolution text DEFAULT 'refund',
                                           reference text DEFAULT NULL)
    RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_claim_items';
COMMENT ON FUNCTION oms.claim_items(bigint, jsonb, text, text, text) IS 'Make good lines [{"line_no", "quantity", "reason"}] that came damaged or not at all, by refund or replacement; returns the number of the claim';

/*
 * What a new order says is as its document says; the earlier one says the
 * rest, but for what was paid and promised.
 */
CREATE OR REPLACE FUNCTION oms_internal.linked_order(order_id bigint, document jsonb, reference text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'channel', (SELECT c.code FROM oms.channels c WHERE c.channel_id = o.channel_id),
               'reference', linked_order.reference,
               'currency', o.currency,
               'customer', (SELECT jsonb_build_object('reference', c.reference, 'email', c.email, 'name', c.name)
                            FROM oms.customers c WHERE c.customer_id = o.customer_id),
               'ship_to', o.ship_to || CASE WHEN o.destination IS NULL THEN '{}'
                                            ELSE jsonb_build_object('lat', oms_internal.point_lat(o.destination),
                                                                    'lon', oms_internal.point_lon(o.destination)) END,
               'bill_to', o.bill_to))
           || linked_order.document
    FROM oms.orders o
    WHERE o.order_id = linked_order.order_id
$$;
COMMENT ON FUNCTION oms_internal.linked_order(bigint, jsonb, text) IS 'Document of an order that comes of another';

CREATE OR REPLACE FUNCTION oms_internal.return_items(order_id bigint, return_no integer) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'line_no', x.line_no, 'sku', s.code, 'quantity', x.requested::text,
               'weight_g', ceil(s.weight_g * x.requested::numeric)) ORDER BY x.line_no), '[]')
    FROM oms.return_lines x
         JOIN oms.order_lines l USING (order_id, line_no)
         JOIN oms.skus s USING (sku_id)
    WHERE x.order_id = return_items.order_id AND x.return_no = return_items.return_no
          AND x.requested OPERATOR(oms.>) '0'::oms.quantity
$$;
COMMENT ON FUNCTION oms_internal.return_items(bigint, integer) IS 'What is to be sent back';

CREATE OR REPLACE FUNCTION oms.return_instructions(order_id bigint, return_no integer) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'return', r.order_id || '-R' || r.return_no,
               'status', r.status::text,
               'label_wanted', r.announced AND r.label IS NULL AND r.location_id IS NOT NULL
                               AND r.status OPERATOR(oms.=) 'approved'::oms.return_status,
               'send_by', coalesce(r.send_by, CASE WHEN r.status OPERATOR(oms.=) 'approved'::oms.return_status
                                                   THEN (oms.now() AT TIME ZONE 'UTC')::date + r.send_days END),
               'to', (SELECT jsonb_build_object(
                                 'location', l.code, 'name', l.name, 'country', l.country, 'region', l.region,
                                 'postcode', l.postcode, 'city', l.city)
                      FROM oms.locations l WHERE l.location_id = r.location_id),
               'from', o.ship_to,
               'items', oms_internal.return_items(r.order_id, r.return_no),
               'label', r.label))
    FROM oms.returns r
         JOIN oms.orders o USING (order_id)
    WHERE r.order_id = return_instructions.order_id AND r.return_no = return_instructions.return_no
$$;
COMMENT ON FUNCTION oms.return_instructions(bigint, integer) IS 'What a customer needs to send goods back, and a worker to get the label: to, from, items, send_by, label; null if there is no such return';

CREATE OR REPLACE FUNCTION oms_internal.return_step_data(order_id bigint, return_no integer, status oms.return_status,
                                                         reason text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(jsonb_strip_nulls(
        CASE return_step_data.status::text
            WHEN 'requested' THEN jsonb_build_object(
                'reason', return_step_data.reason,
                'location', (SELECT l.code FROM oms.locations l WHERE l.location_id = r.location_id),
                'lines', oms_internal.return_items(r.order_id, r.return_no))
            WHEN 'approved' THEN oms.return_instructions(r.order_id, r.return_no) - 'return' - 'status'
            WHEN 'in_transit' THEN jsonb_build_object(
                'carrier', r.carrier, 'number', r.tracking_number, 'service', r.service)
            WHEN 'received' THEN (
                SELECT jsonb_build_object(
                           'location', min(l.code),
                           'lines', jsonb_agg(jsonb_build_object('line_no', c.line_no, 'quantity', c.quantity::text)
                                              ORDER BY c.line_no))
                FROM oms.return_receipts c
                     JOIN oms.locations l USING (location_id)
                WHERE c.order_id = r.order_id AND c.return_no = r.return_no
                      AND c.receipt_no = (SELECT max(m.receipt_no) FROM oms.return_receipts m
                                          WHERE m.order_id = r.order_id AND m.return_no = r.return_no))
            WHEN 'inspected' THEN (
                SELECT jsonb_build_object(
                           'lines', jsonb_agg(jsonb_build_object('line_no', x.line_no, 'inspected', x.inspected::text,
                                                                 'accepted', x.accepted::text) ORDER BY x.line_no))
                FROM oms.return_lines x
                WHERE x.order_id = r.order_id AND x.return_no = r.return_no)
            WHEN 'completed' THEN jsonb_build_object(
                'credit', (SELECT i.total::text FROM oms.invoices i
                           WHERE i.order_id = r.order_id AND i.invoice_no = r.invoice_no),
                'refund', (SELECT f.amount::text FROM oms.refunds f
                           WHERE f.order_id = r.order_id AND f.refund_no = r.refund_no))
            ELSE jsonb_build_object('reason', return_step_data.reason)
        END), '{}')
    FROM oms.returns r
    WHERE r.order_id = return_step_data.order_id AND r.return_no = return_step_data.return_no
$$;
COMMENT ON FUNCTION oms_internal.return_step_data(bigint, integer, oms.return_status, text) IS 'Data of the event of a step of a return';

CREATE OR REPLACE FUNCTION oms.track_return(order_id bigint, return_no integer) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
               'return', r.order_id || '-R' || r.return_no,
               'status', r.status::text,
               'status_at', r.status_at,
               'next', (SELECT coalesce(jsonb_agg(n::text ORDER BY n), '[]') FROM unnest(oms.next_states(r.status)) AS n),
               'history', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                      'type', e.type, 'occurred_at', e.occurred_at, 'data', e.data) ORDER BY e.sequence), '[]')
                           FROM oms_internal.order_events(r.order_id) e
                           WHERE e.subject_no = r.return_no AND e.type LIKE 'return.%'))
    FROM oms.returns r
    WHERE r.order_id = track_return.order_id AND r.return_no = track_return.return_no
$$;
COMMENT ON FUNCTION oms.track_return(bigint, integer) IS 'How far a return is, and how it came there, for who asks; null if there is no such return';
