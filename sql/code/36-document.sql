/* sql/code/36-document.sql: orders as documents, for reading */

CREATE OR REPLACE FUNCTION oms_internal.money_text(amount oms.amount) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT amount::numeric::text;
END;
COMMENT ON FUNCTION oms_internal.money_text(oms.amount) IS 'Money as documents write it: the number with the currency''s decimals';

CREATE OR REPLACE FUNCTION oms_internal.price_text(price numeric, decimals integer) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT round(price, greatest(decimals, min_scale(price)))::text;
END;
COMMENT ON FUNCTION oms_internal.price_text(numeric, integer) IS 'A unit price with the currency''s decimals, or as many as it needs';

CREATE OR REPLACE FUNCTION oms.find_order(channel text, reference text) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.order_id
    FROM oms.channels c
         JOIN oms.orders o USING (channel_id)
    WHERE c.code = find_order.channel AND o.reference = find_order.reference
$$;
COMMENT ON FUNCTION oms.find_order(text, text) IS 'The order of a channel by the caller''s own reference; null if there is none';

/*
 * What few orders have is a function of its own, in PL/pgSQL, so that a session
 * plans it when it first meets one.
 */
/* What an order has of each kind; PL/pgSQL keeps the plans of their queries, which take longer to make than to run. */

CREATE OR REPLACE FUNCTION oms_internal.order_returns(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', r.return_no,
                   'name', r.order_id || '-R' || r.return_no,
                   'status', r.status::text,
                   'status_at', r.status_at,
                   'status_reason', r.status_reason,
                   'reason', r.reason,
                   'announced', r.announced,
                   'location', (SELECT l.code FROM oms.locations l WHERE l.location_id = r.location_id),
                   'send_by', r.send_by,
                   'label', r.label,
                   'carrier', r.carrier,
                   'tracking_number', r.tracking_number,
                   'credit', (SELECT oms_internal.money_text(i.total) FROM oms.invoices i
                              WHERE i.order_id = r.order_id AND i.invoice_no = r.invoice_no),
                   'fee', (SELECT oms_internal.money_text(i.fee) FROM oms.invoices i
                           WHERE i.order_id = r.order_id AND i.invoice_no = r.invoice_no),
                   'refunded', (SELECT oms_internal.money_text(f.amount) FROM oms.refunds f
                                WHERE f.order_id = r.order_id AND f.refund_no = r.refund_no),
                   'exchange', r.exchange_order_id,
                   'lines',
                       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                   'line_no', x.line_no,
                                   'reason', x.reason,
                                   'requested', x.requested::numeric,
                                   'approved', x.approved::numeric,
                                   'received', x.received::numeric,
                                   'inspected', x.inspected::numeric,
                                   'accepted', x.accepted::numeric) ORDER BY x.line_no), '[]')
                        FROM oms.return_lines x
                        WHERE x.order_id = r.order_id AND x.return_no = r.return_no),
                   'inspections',
                       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                   'line_no', x.line_no,
                                   'location', l.code,
                                   'quantity', x.quantity::numeric,
                                   'grade', x.grade,
                                   'disposition', x.disposition,
                                   'accepted', x.accepted,
                                   'inspected_at', x.inspected_at) ORDER BY x.inspection_no), '[]')
                        FROM oms.return_inspections x
                             JOIN oms.locations l USING (location_id)
                        WHERE x.order_id = r.order_id AND x.return_no = r.return_no)) ORDER BY r.return_no), '[]')
        FROM oms.returns r
        WHERE r.order_id = order_returns.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_returns(bigint) IS 'Returns of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_claims(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', c.claim_no,
                   'name', c.order_id || '-C' || c.claim_no,
                   'reason', c.reason,
                   'resolution', c.resolution,
                   'claimed_at', c.claimed_at,
                   'credit', (SELECT oms_internal.money_text(i.total) FROM oms.invoices i
                              WHERE i.order_id = c.order_id AND i.invoice_no = c.invoice_no),
                   'refunded', (SELECT oms_internal.money_text(f.amount) FROM oms.refunds f
                                WHERE f.order_id = c.order_id AND f.refund_no = c.refund_no),
                   'replacement', c.replacement_order_id,
                   'lines',
                       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                   'line_no', x.line_no,
                                   'quantity', x.quantity::numeric,
                                   'reason', x.reason) ORDER BY x.line_no), '[]')
                        FROM oms.claim_lines x
                        WHERE x.order_id = c.order_id AND x.claim_no = c.claim_no)) ORDER BY c.claim_no), '[]')
        FROM oms.claims c
        WHERE c.order_id = order_claims.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_claims(bigint) IS 'Claims of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_links(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'kind', k.kind,
                   'from', k.order_id || coalesce('-R' || k.return_no, '-C' || k.claim_no),
                   'order_id', k.linked_order_id,
                   'moved', oms_internal.money_text(k.moved)) ORDER BY k.order_id, k.linked_order_id), '[]')
        FROM oms.order_links k
        WHERE order_links.order_id IN (k.order_id, k.linked_order_id));
END
$$;
COMMENT ON FUNCTION oms_internal.order_links(bigint) IS 'What an order has come of and what has come of it, as get_order() shows it';

CREATE OR REPLACE FUNCTION oms_internal.order_lines(order_id bigint, decimals integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'line_no', l.line_no,
                   'sku', s.code,
                   'quantity', l.quantity::numeric,
                   'unit_price', oms_internal.price_text(l.unit_price, order_lines.decimals),
                   'discount', oms_internal.money_text(l.discount),
                   'tax', oms_internal.money_text(l.tax),
                   'included_tax', oms_internal.money_text(l.included_tax),
                   'tax_rate', trim_scale(l.tax_rate),
                   'tax_jurisdiction', l.tax_jurisdiction,
                   'order_discount', oms_internal.money_text(l.order_discount),
                   'total', oms_internal.money_text(l.total),
                   'cancelled', l.cancelled::numeric,
                   'allocated', l.allocated::numeric,
                   'backordered', l.backordered::numeric,
                   'expected_on', l.expected_on,
                   'shipped', l.shipped::numeric,
                   'delivered', l.delivered::numeric,
                   'returned', l.returned::numeric,
                   'metadata', coalesce(l.metadata, '{}')) ORDER BY l.line_no), '[]')
        FROM oms.order_lines l
             JOIN oms.skus s USING (sku_id)
        WHERE l.order_id = order_lines.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_lines(bigint, integer) IS 'Lines of an order as get_order() shows them, prices with so many decimals';

CREATE OR REPLACE FUNCTION oms_internal.order_payments(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', p.payment_no,
                   'method', p.method,
                   'provider', p.provider,
                   'reference', p.reference,
                   'status', p.status::text,
                   'status_reason', p.status_reason,
                   'amount', oms_internal.money_text(p.amount),
                   'authorized', oms_internal.money_text(p.authorized),
                   'captured', oms_internal.money_text(p.captured),
                   'refunded', oms_internal.money_text(p.refunded),
                   'expires_at', p.expires_at,
                   'metadata', coalesce(p.metadata, '{}'),
                   'entries', e.entries,
                   'requests', q.requests) ORDER BY p.payment_no), '[]')
        FROM oms.payments p,
             LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                 'key', q.order_id || '-P' || q.payment_no || '-Q' || q.request_no,
                                 'action', q.action,
                                 'amount', oms_internal.money_text(q.amount),
                                 'status', q.status,
                                 'refund', q.refund_no,
                                 'message', q.message,
                                 'requested_at', q.requested_at,
                                 'answered_at', q.answered_at) ORDER BY q.request_no), '[]') AS requests
                      FROM oms.payment_requests q
                      WHERE q.order_id = p.order_id AND q.payment_no = p.payment_no) AS q,
             LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                 'kind', e.kind,
                                 'amount', oms_internal.money_text(e.amount),
                                 'refund', e.refund_no,
                                 'occurred_at', e.occurred_at,
                                 'confirmed_at', e.confirmed_at,
                                 'provider_reference', e.provider_reference) ORDER BY e.entry_no), '[]') AS entries
                      FROM oms.payment_entries e
                      WHERE e.order_id = p.order_id AND e.payment_no = p.payment_no) AS e
        WHERE p.order_id = order_payments.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_payments(bigint) IS 'Payments of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_refunds(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', r.refund_no,
                   'amount', oms_internal.money_text(r.amount),
                   'destination', r.destination,
                   'reason', r.reason,
                   'reference', r.reference,
                   'status', r.status,
                   'created_at', r.created_at) ORDER BY r.refund_no), '[]')
        FROM oms.refunds r WHERE r.order_id = order_refunds.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_refunds(bigint) IS 'Refunds of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_invoices(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', b.invoice_no,
                   'name', b.name,
                   'kind', b.kind,
                   'total', oms_internal.money_text(b.total),
                   'issued_on', b.issued_on,
                   'due_on', b.due_on,
                   'status', b.status,
                   'open', oms_internal.money_text(b.open)) ORDER BY b.invoice_no), '[]')
        FROM oms.invoice_balances b WHERE b.order_id = order_invoices.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_invoices(bigint) IS 'Invoices and credit notes of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_holds(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'kind', h.kind,
                   'note', h.note,
                   'held_at', h.held_at,
                   'released_at', h.released_at) ORDER BY h.hold_no), '[]')
        FROM oms.order_holds h WHERE h.order_id = order_holds.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_holds(bigint) IS 'Holds of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_fulfillment_documents(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', f.fulfillment_no,
                   'name', f.order_id || '-F' || f.fulfillment_no,
                   'location', l.code,
                   'status', f.status::text,
                   'status_at', f.status_at,
                   'status_reason', f.status_reason,
                   'pickup', f.pickup,
                   'distance_m', round(f.distance_m),
                   'ships_on', f.ships_on,
                   'arrives_on', f.arrives_on,
                   'lines', fl.lines,
                   'packages', fp.packages,
                   'shipment', fs.shipment) ORDER BY f.fulfillment_no), '[]')
        FROM oms.fulfillments f
             JOIN oms.locations l USING (location_id),
             LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                 'line_no', x.line_no,
                                 'quantity', x.quantity::numeric) ORDER BY x.line_no), '[]') AS lines
                      FROM oms.fulfillment_lines x
                      WHERE x.order_id = f.order_id AND x.fulfillment_no = f.fulfillment_no) AS fl,
             LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                 'number', p.package_no,
                                 'weight_g', p.weight_g,
                                 'length_mm', p.length_mm,
                                 'width_mm', p.width_mm,
                                 'height_mm', p.height_mm,
                                 'lines',
                                     (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                                 'line_no', x.line_no,
                                                 'quantity', x.quantity::numeric) ORDER BY x.line_no), '[]')
                                      FROM oms.package_lines x
                                      WHERE x.order_id = p.order_id AND x.fulfillment_no = p.fulfillment_no
                                            AND x.package_no = p.package_no)) ORDER BY p.package_no), '[]') AS packages
                      FROM oms.packages p
                      WHERE p.order_id = f.order_id AND p.fulfillment_no = f.fulfillment_no) AS fp,
             LATERAL (SELECT (SELECT jsonb_build_object(
                                  'carrier', s.carrier,
                                  'number', s.tracking_number,
                                  'service', s.service,
                                  'cost', s.cost::text,
                                  'shipped_at', s.shipped_at,
                                  'delivered_at', s.delivered_at,
                                  'events',
                                      (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                                  'status', t.status,
                                                  'occurred_at', t.occurred_at,
                                                  'description', t.description) ORDER BY t.occurred_at, t.event_no), '[]')
                                       FROM oms.tracking_events t
                                       WHERE t.order_id = s.order_id AND t.fulfillment_no = s.fulfillment_no))
                              FROM oms.shipments s
                              WHERE s.order_id = f.order_id AND s.fulfillment_no = f.fulfillment_no) AS shipment) AS fs
        WHERE f.order_id = order_fulfillment_documents.order_id);
END
$$;
COMMENT ON FUNCTION oms_internal.order_fulfillment_documents(bigint) IS 'Fulfillments of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms_internal.order_history(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'sequence', e.sequence,
                   'type', e.type,
                   'subject',
                       CASE split_part(e.type, '.', 1)
                           WHEN 'fulfillment' THEN order_history.order_id || '-F' || e.subject_no
                           WHEN 'tracking' THEN order_history.order_id || '-F' || e.subject_no
                           WHEN 'payment' THEN order_history.order_id || '-P' || e.subject_no
                           WHEN 'return' THEN order_history.order_id || '-R' || e.subject_no
                           WHEN 'claim' THEN order_history.order_id || '-C' || e.subject_no
                           ELSE e.subject_no::text
                       END,
                   'data', e.data,
                   'occurred_at', e.occurred_at) ORDER BY e.sequence), '[]')
        FROM oms_internal.order_events(order_history.order_id) e);
END
$$;
COMMENT ON FUNCTION oms_internal.order_history(bigint) IS 'Events of an order as get_order() shows them';

CREATE OR REPLACE FUNCTION oms.get_order(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    document jsonb;
BEGIN
    SELECT jsonb_build_object(
        'order_id', o.order_id,
        'status', o.status::text,
        'status_at', o.status_at,
        'status_reason', o.status_reason,
        'channel', (SELECT c.code FROM oms.channels c WHERE c.channel_id = o.channel_id),
        'reference', o.reference,
        'currency', o.currency,
        'placed_at', o.placed_at,
        'customer',
            (SELECT jsonb_build_object('customer_id', c.customer_id, 'reference', c.reference, 'email', c.email, 'name', c.name)
             FROM oms.customers c WHERE c.customer_id = o.customer_id),
        'ship_to', a.ship_to,
        'bill_to', coalesce(nullif(o.bill_to, '{}'), a.ship_to),
        'lines', oms_internal.order_lines(o.order_id, scale(o.total::numeric)),
        'shipping', jsonb_build_object(
            'service', (SELECT s.code FROM oms.shipping_services s WHERE s.service_id = o.service_id),
            'price', oms_internal.money_text(o.shipping_price),
            'tax', oms_internal.money_text(o.shipping_tax),
            'included_tax', oms_internal.money_text(o.shipping_included_tax),
            'tax_rate', trim_scale(o.shipping_tax_rate),
            'tax_jurisdiction', o.shipping_tax_jurisdiction),
        'discounts',
            (SELECT coalesce(jsonb_agg(jsonb_build_object(
                        'code', d.code,
                        'amount', oms_internal.money_text(d.amount)) ORDER BY d.adjustment_no), '[]')
             FROM oms.order_adjustments d WHERE d.order_id = o.order_id),
        'payments', oms_internal.order_payments(o.order_id),
        'refunds', oms_internal.order_refunds(o.order_id),
        'invoices', oms_internal.order_invoices(o.order_id),
        'fulfillment', jsonb_build_object(
            'strategy', o.strategy,
            'allow_split', o.allow_split,
            'allow_backorder', o.allow_backorder,
            'pickup_location', (SELECT l.code FROM oms.locations l WHERE l.location_id = o.pickup_location_id),
            'ship_from', (SELECT l.code FROM oms.locations l WHERE l.location_id = o.ship_from_location_id),
            'deliver_by', o.deliver_by,
            'priority', o.priority),
        'metadata', coalesce(o.metadata, '{}'),
        'on_terms', o.on_terms,
        'lines_total', oms_internal.money_text(o.lines_total),
        'discount', oms_internal.money_text(o.discount),
        'total', oms_internal.money_text(o.total),
        'base_rate', o.base_rate,
        'paid', oms_internal.money_text(m.paid),
        'overpaid', oms_internal.money_text(greatest(m.paid - o.total + oms_internal.credited(o.order_id, o.total),
                                                     o.total - o.total)),
        'holds', oms_internal.order_holds(o.order_id),
        'fulfillments', oms_internal.order_fulfillment_documents(o.order_id),
        'returns', oms_internal.order_returns(o.order_id),
        'claims', oms_internal.order_claims(o.order_id),
        'links', oms_internal.order_links(o.order_id),
        'events', oms_internal.order_history(o.order_id))
    INTO document
    FROM oms.orders o,
         LATERAL (SELECT o.ship_to || CASE WHEN o.destination IS NULL THEN '{}'
                                           ELSE jsonb_build_object('lat', oms_internal.point_lat(o.destination),
                                                                   'lon', oms_internal.point_lon(o.destination))
                                      END AS ship_to) AS a,
         LATERAL (SELECT coalesce((SELECT sum(p.captured - p.refunded)
                                   FROM oms.payments p WHERE p.order_id = o.order_id), o.total - o.total) AS paid) AS m
    WHERE o.order_id = get_order.order_id;

    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('order %s does not exist', get_order.order_id);
    END IF;
    RETURN document;
END
$$;
COMMENT ON FUNCTION oms.get_order(bigint) IS 'An order as the document that placed it, with all that has happened since';
