/* sql/code/33-payment.sql: what was promised, taken and given back */

CREATE OR REPLACE FUNCTION oms_internal.payment_cover(status oms.payment_status, authorized oms.amount,
                                                      captured oms.amount, refunded oms.amount) RETURNS oms.amount
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN status OPERATOR(oms.=) 'authorized'::oms.payment_status
                  OR status OPERATOR(oms.=) 'partially_captured'::oms.payment_status
                THEN authorized ELSE captured END OPERATOR(oms.-) refunded;
END;
COMMENT ON FUNCTION oms_internal.payment_cover(oms.payment_status, oms.amount, oms.amount, oms.amount)
    IS 'How much of an order''s total a payment covers: what may still be captured or was, less what went back';

CREATE OR REPLACE FUNCTION oms_internal.is_covered(order_id bigint, total oms.amount) RETURNS boolean
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(sum(oms_internal.payment_cover(p.status, p.authorized, p.captured, p.refunded)) >= is_covered.total,
                    sign(is_covered.total) = 0)
    FROM oms.payments p
    WHERE p.order_id = is_covered.order_id
$$;
COMMENT ON FUNCTION oms_internal.is_covered(bigint, oms.amount) IS 'True if an order''s payments cover its total';
