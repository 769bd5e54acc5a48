/* sql/code/30-stock.sql: stock levels, movements and reservations */

CREATE OR REPLACE FUNCTION oms_internal.explain_level() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_explain_level';
COMMENT ON FUNCTION oms_internal.explain_level() IS 'Trigger with transition tables: records the movements that explain stock written by hand, and refuses to let reserved be written so';

CREATE OR REPLACE FUNCTION oms.receive_stock(sku text, location text, quantity oms.quantity,
                                             unit_cost oms.amount DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_receive_stock';
COMMENT ON FUNCTION oms.receive_stock(text, text, oms.quantity, oms.amount, text)
    IS 'Take in goods at a location; returns what is then on hand';

CREATE OR REPLACE FUNCTION oms.adjust_stock(sku text, location text, delta oms.quantity, reason text,
                                            reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_adjust_stock';
COMMENT ON FUNCTION oms.adjust_stock(text, text, oms.quantity, text, text)
    IS 'Correct what is on hand by a difference, never below what is reserved; returns what is then on hand';

CREATE OR REPLACE FUNCTION oms.count_stock(sku text, location text, counted oms.quantity,
                                           reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_count_stock';
COMMENT ON FUNCTION oms.count_stock(text, text, oms.quantity, text)
    IS 'Correct what is on hand to what was counted, never below what is reserved; returns what is then on hand';

CREATE OR REPLACE FUNCTION oms.transfer_stock(sku text, from_location text, to_location text,
                                              quantity oms.quantity, reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_transfer_stock';
COMMENT ON FUNCTION oms.transfer_stock(text, text, text, oms.quantity, text)
    IS 'Move units that are not reserved to another location; returns what is then on hand there';

CREATE OR REPLACE FUNCTION oms.put_stock_buffer(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_scope record;
    v_quantity oms.quantity;
BEGIN
    PERFORM oms_internal.check_document(document, 'stock_buffer');
    PERFORM oms_internal.require_codes(
        channels => ARRAY[document ->> 'channel'], locations => ARRAY[document ->> 'location'],
        skus => ARRAY[document ->> 'sku']);
    SELECT (SELECT s.sku_id FROM oms.skus AS s WHERE s.code = document ->> 'sku'),
           (SELECT l.location_id FROM oms.locations AS l WHERE l.code = document ->> 'location'),
           (SELECT c.channel_id FROM oms.channels AS c WHERE c.code = document ->> 'channel')
    INTO v_scope;
    v_quantity := document ->> 'quantity';

    IF v_quantity OPERATOR(oms.=) '0'::oms.quantity THEN
        DELETE FROM oms.stock_buffers AS b
        WHERE (coalesce(b.sku_id, 0), coalesce(b.location_id, 0), coalesce(b.channel_id, 0))
              = (coalesce(v_scope.sku_id, 0), coalesce(v_scope.location_id, 0), coalesce(v_scope.channel_id, 0));
    ELSE
        INSERT INTO oms.stock_buffers AS b (sku_id, location_id, channel_id, quantity)
        VALUES (v_scope.sku_id, v_scope.location_id, v_scope.channel_id, v_quantity)
        ON CONFLICT (coalesce(sku_id, 0), coalesce(location_id, 0), coalesce(channel_id, 0))
        DO UPDATE SET quantity = excluded.quantity
        WHERE b.quantity OPERATOR(oms.<>) excluded.quantity;
    END IF;
    RETURN document ->> 'sku';
END
$$;
COMMENT ON FUNCTION oms.put_stock_buffer(jsonb) IS 'Keep a quantity back from sale, or another than before, by SKU, location and channel, each of which may be left out for all; 0 keeps nothing back; returns the code of the SKU';

CREATE OR REPLACE FUNCTION oms_internal.stock_buffer(sku_id bigint, location_id integer, channel_id integer)
    RETURNS oms.quantity
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_stock_buffer';
COMMENT ON FUNCTION oms_internal.stock_buffer(bigint, integer, integer)
    IS 'What is kept back of a SKU at a location from a channel, 0 for carts, as it is reserved';
CREATE OR REPLACE FUNCTION oms.ship_transfer(sku text, from_location text, to_location text, quantity oms.quantity,
                                             expected_on date DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_ship_transfer';
COMMENT ON FUNCTION oms.ship_transfer(text, text, text, oms.quantity, date, text)
    IS 'Let units that are not reserved leave for another location, where they are expected on a day; returns the number of the transfer';

CREATE OR REPLACE FUNCTION oms.receive_transfer(transfer_id bigint, quantity oms.quantity DEFAULT NULL,
                                                reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_receive_transfer';
COMMENT ON FUNCTION oms.receive_transfer(bigint, oms.quantity, text)
    IS 'Take in units of a transfer, all that are on their way by default, and serve the orders that wait for them; returns what is then on hand';

CREATE OR REPLACE FUNCTION oms.cancel_transfer(transfer_id bigint, reference text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_cancel_transfer';
COMMENT ON FUNCTION oms.cancel_transfer(bigint, text)
    IS 'Bring what is on its way back to where it came from; returns what is then on hand there';

CREATE OR REPLACE FUNCTION oms.available(sku text, location text DEFAULT NULL, channel text DEFAULT NULL)
    RETURNS oms.quantity
    LANGUAGE C STABLE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_available';
COMMENT ON FUNCTION oms.available(text, text, text)
    IS 'How much can be promised, at a location or all active ones that a channel may use; null if the SKU needs no stock';

CREATE OR REPLACE FUNCTION oms.available_to_promise(
    sku text, location text DEFAULT NULL, channel text DEFAULT NULL, until date DEFAULT NULL,
    OUT day date, OUT incoming oms.quantity, OUT promised oms.quantity, OUT available oms.quantity) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10
    AS 'MODULE_PATHNAME', 'oms_available_to_promise';
COMMENT ON FUNCTION oms.available_to_promise(text, text, text, date)
    IS 'How much can be promised by which day: the first, and each on which goods come in, what of these goes to those who wait, and what is free by then in sum';

CREATE OR REPLACE FUNCTION oms.promise_date(sku text, quantity oms.quantity, location text DEFAULT NULL,
                                            channel text DEFAULT NULL)
    RETURNS date
    LANGUAGE C STABLE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_promise_date';
COMMENT ON FUNCTION oms.promise_date(text, oms.quantity, text, text)
    IS 'The day by which so many more units can be promised; null if it is not known';

CREATE OR REPLACE FUNCTION oms.reserve(sku text, quantity oms.quantity, location text DEFAULT NULL,
                                       expires interval DEFAULT '15 min', reference text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reserve';
COMMENT ON FUNCTION oms.reserve(text, oms.quantity, text, interval, text)
    IS 'Hold units for a cart until it expires; returns the reservation, null if the SKU needs no stock';

CREATE OR REPLACE FUNCTION oms.release_reservation(reservation_id bigint, reference text DEFAULT NULL)
    RETURNS oms.reservation_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_release_reservation';
COMMENT ON FUNCTION oms.release_reservation(bigint, text)
    IS 'Give up what a cart holds; returns the status, which tells if it had ended before';

CREATE OR REPLACE FUNCTION oms_internal.expire_reservations(max integer DEFAULT 200) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_expire_reservations';
COMMENT ON FUNCTION oms_internal.expire_reservations(integer)
    IS 'End up to max rows of carts'' reservations that are over, the oldest first; returns how many';

CREATE OR REPLACE FUNCTION oms_internal.fold_stock(max integer DEFAULT 1000) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_fold_stock';
COMMENT ON FUNCTION oms_internal.fold_stock(integer)
    IS 'Make up to max stock levels one row again that are split and that nobody has in hand; returns how many';
