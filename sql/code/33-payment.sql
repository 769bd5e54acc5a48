/* sql/code/33-payment.sql: what was promised, taken and given back */

CREATE OR REPLACE FUNCTION oms_internal.credited(order_id bigint, total oms.amount) RETURNS oms.amount
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(sum(i.total), credited.total - credited.total)
    FROM oms.invoices i
    WHERE i.order_id = credited.order_id AND i.kind = 'credit_note'
$$;
COMMENT ON FUNCTION oms_internal.credited(bigint, oms.amount) IS 'What the credit notes of an order of that total have taken back of it';

CREATE OR REPLACE FUNCTION oms_internal.is_covered(order_id bigint, total oms.amount) RETURNS boolean
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(sum(oms_internal.payment_cover(p.status, p.authorized, p.captured, p.refunded, p.expires_at)),
                    is_covered.total - is_covered.total)
           >= is_covered.total - oms_internal.credited(is_covered.order_id, is_covered.total)
    FROM oms.payments p
    WHERE p.order_id = is_covered.order_id
$$;
COMMENT ON FUNCTION oms_internal.is_covered(bigint, oms.amount) IS 'True if an order''s payments and credit notes cover its total';

CREATE OR REPLACE FUNCTION oms.add_payment(order_id bigint, payment jsonb, reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_add_payment';
COMMENT ON FUNCTION oms.add_payment(bigint, jsonb, text)
    IS 'Add a payment by its document to an order; returns its number. A payment that covers the order lets it be confirmed';

CREATE OR REPLACE FUNCTION oms.authorize(order_id bigint, payment_no integer, amount oms.amount DEFAULT NULL,
                                         reference text DEFAULT NULL) RETURNS oms.payment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_authorize';
COMMENT ON FUNCTION oms.authorize(bigint, integer, oms.amount, text)
    IS 'Say that the provider has granted a pending payment, by default all of it';

CREATE OR REPLACE FUNCTION oms.capture(order_id bigint, payment_no integer, amount oms.amount DEFAULT NULL,
                                       reference text DEFAULT NULL) RETURNS oms.payment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_capture';
COMMENT ON FUNCTION oms.capture(bigint, integer, oms.amount, text)
    IS 'Take money of a payment that is authorized, or pending (a direct sale); by default all that is left';

CREATE OR REPLACE FUNCTION oms.void(order_id bigint, payment_no integer, reference text DEFAULT NULL)
    RETURNS oms.payment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_void';
COMMENT ON FUNCTION oms.void(bigint, integer, text) IS 'Give up a payment of which nothing was captured';

CREATE OR REPLACE FUNCTION oms.refund(order_id bigint, amount oms.amount, reason text, reference text DEFAULT NULL)
    RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refund';
COMMENT ON FUNCTION oms.refund(bigint, oms.amount, text, text)
    IS 'Give captured money back, from the order''s payments by their methods and numbers; returns the refund''s number';

CREATE OR REPLACE FUNCTION oms.refund_payment(order_id bigint, payment_no integer, amount oms.amount, reason text,
                                              reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refund_payment';
COMMENT ON FUNCTION oms.refund_payment(bigint, integer, oms.amount, text, text)
    IS 'Give captured money of one payment back; returns the refund''s number';

CREATE OR REPLACE FUNCTION oms.retry_refund(order_id bigint, refund_no integer, reference text DEFAULT NULL)
    RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_retry_refund';
COMMENT ON FUNCTION oms.retry_refund(bigint, integer, text)
    IS 'Request what failed of a refund again; returns how many requests that makes';

CREATE OR REPLACE FUNCTION oms.request_payment(order_id bigint, payment_no integer, action text, amount oms.amount DEFAULT NULL,
                                               reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_request_payment';
COMMENT ON FUNCTION oms.request_payment(bigint, integer, text, oms.amount, text)
    IS 'Ask the provider to authorize, capture, void or refund a payment, by an event that a worker acts on; returns the request''s number';

CREATE OR REPLACE FUNCTION oms.record_payment_result(provider text, reference text, result jsonb) RETURNS oms.payment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_payment_result';
COMMENT ON FUNCTION oms.record_payment_result(text, text, jsonb)
    IS 'Record what a provider says of a transaction, once by the provider''s own key of it; returns the status of the payment';

CREATE OR REPLACE FUNCTION oms_internal.expire_authorizations(max integer DEFAULT 200) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_expire_authorizations';
COMMENT ON FUNCTION oms_internal.expire_authorizations(integer)
    IS 'Let up to max authorized payments expire whose time is over, the oldest first; returns how many';

CREATE OR REPLACE FUNCTION oms_internal.keep_sums() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_keep_sums';
COMMENT ON FUNCTION oms_internal.keep_sums() IS 'Row trigger: sums of a payment that is written by hand follow from its status';

CREATE OR REPLACE FUNCTION oms_internal.record_sums() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_sums';
COMMENT ON FUNCTION oms_internal.record_sums() IS 'Row trigger: writes the entries that explain a change of a payment''s sums';
