/* sql/code/32-fulfillment.sql: what a location does with a fulfillment; each returns the new status */

CREATE OR REPLACE FUNCTION oms.release(order_id bigint, fulfillment_no integer, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_release';
COMMENT ON FUNCTION oms.release(bigint, integer, text) IS 'Hand a fulfillment to its location';

CREATE OR REPLACE FUNCTION oms.start_picking(order_id bigint, fulfillment_no integer, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_start_picking';
COMMENT ON FUNCTION oms.start_picking(bigint, integer, text) IS 'The location collects the goods of a fulfillment';

CREATE OR REPLACE FUNCTION oms.pack(order_id bigint, fulfillment_no integer, packages jsonb DEFAULT '[]', reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_pack';
COMMENT ON FUNCTION oms.pack(bigint, integer, jsonb, text) IS 'A fulfillment is packed, into packages that hold exactly its lines; [] is one package of everything';

CREATE OR REPLACE FUNCTION oms.ship(order_id bigint, fulfillment_no integer, tracking jsonb DEFAULT '{}', reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_ship';
COMMENT ON FUNCTION oms.ship(bigint, integer, jsonb, text) IS 'A fulfillment leaves with a carrier: its goods leave the stock';

CREATE OR REPLACE FUNCTION oms.record_shipping_cost(order_id bigint, fulfillment_no integer, cost oms.amount, reference text DEFAULT NULL)
    RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_shipping_cost';
COMMENT ON FUNCTION oms.record_shipping_cost(bigint, integer, oms.amount, text) IS 'Record what the carrier charges for a shipment; returns false if that was known';

CREATE OR REPLACE FUNCTION oms.mark_delivered(order_id bigint, fulfillment_no integer, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_mark_delivered';
COMMENT ON FUNCTION oms.mark_delivered(bigint, integer, text) IS 'A shipped fulfillment has reached the customer';

CREATE OR REPLACE FUNCTION oms.mark_ready_for_pickup(order_id bigint, fulfillment_no integer, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_mark_ready_for_pickup';
COMMENT ON FUNCTION oms.mark_ready_for_pickup(bigint, integer, text) IS 'A packed fulfillment waits for the customer at its location';

CREATE OR REPLACE FUNCTION oms.mark_picked_up(order_id bigint, fulfillment_no integer, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_mark_picked_up';
COMMENT ON FUNCTION oms.mark_picked_up(bigint, integer, text) IS 'The customer has fetched a fulfillment: its goods leave the stock';

CREATE OR REPLACE FUNCTION oms.reject(order_id bigint, fulfillment_no integer, reason text, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reject';
COMMENT ON FUNCTION oms.reject(bigint, integer, text, text) IS 'The location cannot ship a fulfillment: other locations are asked';

CREATE OR REPLACE FUNCTION oms.record_tracking(carrier text, number text, status text, occurred_at timestamptz,
    description text DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.fulfillment_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_tracking';
COMMENT ON FUNCTION oms.record_tracking(text, text, text, timestamptz, text, text) IS 'Record what a carrier said of a shipment; "delivered", "lost" and "returned_to_sender" also move its fulfillment';
