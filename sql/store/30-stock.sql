/*
 * sql/store/30-stock.sql: what is where, why it changed, and who holds it
 *
 * Movements and reservations name a stock level without a foreign key: its
 * check would lock the row of the level in share mode beside the update that
 * each of them goes with, which on a popular SKU makes a MultiXact a sale.
 * Levels that are not empty cannot be deleted instead.
 */

CREATE TABLE oms.stock_levels (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    stripe smallint NOT NULL DEFAULT 0,
    span smallint NOT NULL DEFAULT 64,
    on_hand oms.quantity NOT NULL DEFAULT '0',
    reserved oms.quantity NOT NULL DEFAULT '0',
    CONSTRAINT stock_levels_pkey PRIMARY KEY (sku_id, location_id, stripe),
    CONSTRAINT stock_levels_stripe_check CHECK (stripe >= 0 AND span > 0 AND stripe + span <= 64),
    CONSTRAINT stock_levels_reserved_check
        CHECK (reserved OPERATOR(oms.>=) '0'::oms.quantity AND reserved OPERATOR(oms.<=) on_hand),
    CONSTRAINT stock_levels_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT stock_levels_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
) WITH (fillfactor = 70);
CREATE INDEX stock_levels_location_id_idx ON oms.stock_levels (location_id);
CREATE INDEX stock_levels_split_idx ON oms.stock_levels (sku_id, location_id) WHERE stripe > 0;
COMMENT ON TABLE oms.stock_levels IS 'Stock of a SKU at a location, usually one row, else to be added up. Loading rows or changing on_hand by hand writes the movement that explains it; reserved is kept by functions alone';
COMMENT ON COLUMN oms.stock_levels.stripe IS '0, but for a level that many buyers at once have split into several rows: its stock is their sum';
COMMENT ON COLUMN oms.stock_levels.span IS 'How many numbers from stripe on this row may be split into; 64 where it is all of the level';
COMMENT ON COLUMN oms.stock_levels.on_hand IS 'Units physically there, the sum of the movements';
COMMENT ON COLUMN oms.stock_levels.reserved IS 'Units promised to orders and carts, the sum of the active reservations';

CREATE SEQUENCE oms.stock_movements_movement_id_seq;
CREATE TABLE oms.stock_movements (
    sku_id bigint NOT NULL,
    movement_id bigint NOT NULL DEFAULT nextval('oms.stock_movements_movement_id_seq'),
    location_id integer NOT NULL,
    quantity oms.quantity NOT NULL,
    kind text NOT NULL,
    unit_cost oms.amount,
    reason text,
    order_id bigint,
    fulfillment_no integer,
    occurred_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT stock_movements_pkey PRIMARY KEY (sku_id, movement_id),
    CONSTRAINT stock_movements_kind_check
        CHECK (kind IN ('receipt', 'adjustment', 'count', 'transfer', 'shipment', 'return'))
);
ALTER SEQUENCE oms.stock_movements_movement_id_seq OWNED BY oms.stock_movements.movement_id;
COMMENT ON TABLE oms.stock_movements IS 'Every change of stock on hand, append-only; a correction is a new row';
COMMENT ON COLUMN oms.stock_movements.quantity IS 'Signed: what came is positive, what left is negative';
COMMENT ON COLUMN oms.stock_movements.unit_cost IS 'Cost of one unit received';

CREATE SEQUENCE oms.reservations_reservation_id_seq;
CREATE TABLE oms.reservations (
    sku_id bigint NOT NULL,
    reservation_id bigint NOT NULL DEFAULT nextval('oms.reservations_reservation_id_seq'),
    location_id integer NOT NULL,
    quantity oms.quantity NOT NULL,
    status oms.reservation_status NOT NULL DEFAULT 'active',
    order_id bigint,
    fulfillment_no integer,
    line_no integer,
    reference text,
    expires_at timestamptz,
    CONSTRAINT reservations_pkey PRIMARY KEY (sku_id, reservation_id, location_id),
    CONSTRAINT reservations_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT reservations_holder_check
        CHECK (order_id IS NULL = (expires_at IS NOT NULL)
               AND order_id IS NULL = (fulfillment_no IS NULL)
               AND order_id IS NULL = (line_no IS NULL))
);
ALTER SEQUENCE oms.reservations_reservation_id_seq OWNED BY oms.reservations.reservation_id;
CREATE INDEX reservations_order_idx ON oms.reservations (order_id, fulfillment_no, line_no) WHERE order_id IS NOT NULL;
CREATE INDEX reservations_cart_idx ON oms.reservations (reservation_id) WHERE order_id IS NULL;
CREATE INDEX reservations_expiry_idx ON oms.reservations (expires_at)
    WHERE order_id IS NULL AND status OPERATOR(oms.=) 'active'::oms.reservation_status;
COMMENT ON TABLE oms.reservations IS 'Units of stock held at a location, for an order''s fulfillment or for a cart until it expires';
COMMENT ON COLUMN oms.reservations.reservation_id IS 'A cart''s reservation may have several rows, one a SKU and location';
COMMENT ON COLUMN oms.reservations.order_id IS 'Null for a cart';

CREATE SEQUENCE oms.stock_buffers_buffer_id_seq;
CREATE TABLE oms.stock_buffers (
    buffer_id bigint NOT NULL DEFAULT nextval('oms.stock_buffers_buffer_id_seq'),
    sku_id bigint,
    location_id integer,
    channel_id integer,
    quantity oms.quantity NOT NULL,
    CONSTRAINT stock_buffers_pkey PRIMARY KEY (buffer_id),
    CONSTRAINT stock_buffers_quantity_check CHECK (quantity OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT stock_buffers_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT stock_buffers_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations,
    CONSTRAINT stock_buffers_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels
);
ALTER SEQUENCE oms.stock_buffers_buffer_id_seq OWNED BY oms.stock_buffers.buffer_id;
CREATE UNIQUE INDEX stock_buffers_scope_key ON oms.stock_buffers
    (coalesce(sku_id, 0), coalesce(location_id, 0), coalesce(channel_id, 0));
CREATE INDEX stock_buffers_sku_id_idx ON oms.stock_buffers (sku_id);
CREATE INDEX stock_buffers_location_id_idx ON oms.stock_buffers (location_id);
CREATE INDEX stock_buffers_channel_id_idx ON oms.stock_buffers (channel_id);
COMMENT ON TABLE oms.stock_buffers IS 'Units that are kept back from sale, of each SKU at each location: of the rows that fit, the largest quantity counts, so that another row never frees units';
COMMENT ON COLUMN oms.stock_buffers.sku_id IS 'Null fits all SKUs that have stock of their own';
COMMENT ON COLUMN oms.stock_buffers.location_id IS 'Null fits all locations, each of which keeps the quantity back';
COMMENT ON COLUMN oms.stock_buffers.channel_id IS 'Null is safety stock, kept back from carts and all channels; else kept back from this channel only';

CREATE OR REPLACE VIEW oms.available_stock WITH (security_invoker = true) AS
    SELECT u.sku_id, u.location_id, u.unreserved OPERATOR(oms.-) u.kept_back AS available, u.kept_back
    FROM (SELECT s.sku_id, s.location_id, oms.sum(s.on_hand OPERATOR(oms.-) s.reserved) AS unreserved,
                 CASE WHEN EXISTS (SELECT FROM oms.stock_buffers)
                      THEN coalesce((SELECT oms.max(b.quantity) FROM oms.stock_buffers b
                                     WHERE coalesce(b.sku_id, 0) = ANY (ARRAY[0, s.sku_id])
                                           AND coalesce(b.location_id, 0) = ANY (ARRAY[0, s.location_id])
                                           AND coalesce(b.channel_id, 0) = 0), '0'::oms.quantity)
                      ELSE '0'::oms.quantity
                 END AS kept_back
          FROM oms.stock_levels s
          JOIN oms.locations l USING (location_id)
          WHERE l.active AND s.on_hand OPERATOR(oms.>) s.reserved
          GROUP BY s.sku_id, s.location_id) u
    WHERE u.unreserved OPERATOR(oms.>) u.kept_back;
COMMENT ON VIEW oms.available_stock IS 'What can be promised, by SKU and location, less safety stock: the one definition for what is shown, routed and reserved. What a channel may not have beside that, oms.available() knows';
COMMENT ON COLUMN oms.available_stock.kept_back IS 'Safety stock, which is neither reserved nor available';
