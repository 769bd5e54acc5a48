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
    value oms.amount,
    CONSTRAINT stock_movements_pkey PRIMARY KEY (sku_id, movement_id),
    CONSTRAINT stock_movements_kind_check
        CHECK (kind IN ('receipt', 'adjustment', 'count', 'transfer', 'shipment', 'return', 'revaluation'))
);
ALTER SEQUENCE oms.stock_movements_movement_id_seq OWNED BY oms.stock_movements.movement_id;
CREATE INDEX stock_movements_order_id_idx ON oms.stock_movements (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX stock_movements_movement_id_idx ON oms.stock_movements USING brin (movement_id, occurred_at)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX stock_movements_inbound_idx ON oms.stock_movements (sku_id, location_id, occurred_at DESC) INCLUDE (quantity)
    WHERE quantity OPERATOR(oms.>) '0'::oms.quantity;
CREATE INDEX stock_movements_unrated_idx ON oms.stock_movements (sku_id, movement_id)
    WHERE value IS NULL AND unit_cost IS NOT NULL;
COMMENT ON TABLE oms.stock_movements IS 'Every change of stock on hand, append-only; a correction is a new row';
COMMENT ON COLUMN oms.stock_movements.quantity IS 'Signed: what came is positive, what left is negative';
COMMENT ON COLUMN oms.stock_movements.unit_cost IS 'Cost of one unit received, or at which all are revalued';
COMMENT ON COLUMN oms.stock_movements.value IS 'What the units were worth in the base currency, signed as quantity; null where no cost is known. A revaluation has no units';

CREATE SEQUENCE oms.cost_layers_layer_id_seq;
CREATE TABLE oms.cost_layers (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    layer_id bigint NOT NULL DEFAULT nextval('oms.cost_layers_layer_id_seq'),
    quantity oms.quantity NOT NULL,
    value oms.amount,
    further integer NOT NULL DEFAULT 0,
    received_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT cost_layers_pkey PRIMARY KEY (sku_id, location_id, layer_id),
    CONSTRAINT cost_layers_quantity_check CHECK (quantity OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT cost_layers_value_check
        CHECK (oms.sign(value) >= 0 AND (value IS NULL OR quantity OPERATOR(oms.>) '0'::oms.quantity)),
    CONSTRAINT cost_layers_further_check CHECK (further >= 0 AND (further = 0 OR layer_id = 0))
) WITH (fillfactor = 70);
ALTER SEQUENCE oms.cost_layers_layer_id_seq OWNED BY oms.cost_layers.layer_id;
COMMENT ON TABLE oms.cost_layers IS 'What stock on hand is worth: units of a SKU at a location that have one cost together. Moving average has one layer, 0; FIFO one for each receipt, the oldest taken first';
COMMENT ON COLUMN oms.cost_layers.quantity IS 'Units of the layer that are on hand';
COMMENT ON COLUMN oms.cost_layers.value IS 'What they are worth in the base currency; null where no cost is known, or no unit is left';
COMMENT ON COLUMN oms.cost_layers.further IS 'Of layer 0: how many others there are';
COMMENT ON COLUMN oms.cost_layers.received_at IS 'When its first units came in';

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
CREATE INDEX reservations_ended_idx ON oms.reservations (expires_at)
    WHERE order_id IS NULL AND status OPERATOR(oms.<>) 'active'::oms.reservation_status;
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

CREATE SEQUENCE oms.transfers_transfer_id_seq;
CREATE TABLE oms.transfers (
    sku_id bigint NOT NULL,
    transfer_id bigint NOT NULL DEFAULT nextval('oms.transfers_transfer_id_seq'),
    from_location_id integer NOT NULL,
    to_location_id integer NOT NULL,
    quantity oms.quantity NOT NULL,
    received oms.quantity NOT NULL DEFAULT '0',
    status text NOT NULL DEFAULT 'in_transit',
    expected_on date,
    shipped_at timestamptz NOT NULL DEFAULT oms.now(),
    ended_at timestamptz,
    value oms.amount,
    CONSTRAINT transfers_pkey PRIMARY KEY (sku_id, transfer_id),
    CONSTRAINT transfers_status_check CHECK (status IN ('in_transit', 'received', 'cancelled')),
    CONSTRAINT transfers_ended_at_check CHECK ((status = 'in_transit') = (ended_at IS NULL)),
    CONSTRAINT transfers_location_check CHECK (from_location_id <> to_location_id),
    CONSTRAINT transfers_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT transfers_received_check
        CHECK (received OPERATOR(oms.>=) '0'::oms.quantity AND received OPERATOR(oms.<=) quantity
               AND (status = 'received') = (received OPERATOR(oms.=) quantity)),
    CONSTRAINT transfers_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT transfers_from_location_id_fkey FOREIGN KEY (from_location_id) REFERENCES oms.locations,
    CONSTRAINT transfers_to_location_id_fkey FOREIGN KEY (to_location_id) REFERENCES oms.locations
);
ALTER SEQUENCE oms.transfers_transfer_id_seq OWNED BY oms.transfers.transfer_id;
CREATE INDEX transfers_transfer_id_idx ON oms.transfers (transfer_id);
CREATE INDEX transfers_from_location_id_idx ON oms.transfers (from_location_id);
CREATE INDEX transfers_to_location_id_idx ON oms.transfers (to_location_id);
CREATE INDEX transfers_in_transit_idx ON oms.transfers (sku_id) WHERE status = 'in_transit';
COMMENT ON TABLE oms.transfers IS 'Units of a SKU that have left a location for another; those of a transfer in transit are on hand nowhere';
COMMENT ON COLUMN oms.transfers.quantity IS 'Units that were shipped';
COMMENT ON COLUMN oms.transfers.received IS 'Units that have arrived; those of a cancelled transfer that have not went back';
COMMENT ON COLUMN oms.transfers.value IS 'What is on its way is worth in the base currency; null where no cost is known';
COMMENT ON COLUMN oms.transfers.expected_on IS 'When they should arrive; may be changed by hand';

CREATE OR REPLACE VIEW oms.incoming_stock WITH (security_invoker = true) AS
    SELECT i.sku_id, i.location_id, i.expected_on, i.quantity, i.purchase_order_id, i.transfer_id
    FROM (SELECT l.sku_id, o.location_id, coalesce(l.expected_on, o.expected_on) AS expected_on,
                 l.quantity OPERATOR(oms.-) l.cancelled OPERATOR(oms.-) l.received AS quantity,
                 o.purchase_order_id, NULL::bigint AS transfer_id
          FROM oms.purchase_order_lines l
          JOIN oms.purchase_orders o USING (purchase_order_id)
          WHERE l.quantity OPERATOR(oms.-) l.cancelled OPERATOR(oms.>) l.received
                AND o.status OPERATOR(oms.>=) 'sent'::oms.purchase_order_status
                AND o.status OPERATOR(oms.<=) 'partially_received'::oms.purchase_order_status
          UNION ALL
          SELECT t.sku_id, t.to_location_id, t.expected_on, t.quantity OPERATOR(oms.-) t.received, NULL, t.transfer_id
          FROM oms.transfers t
          WHERE t.status = 'in_transit') AS i
    JOIN oms.locations p USING (location_id)
    WHERE p.active;
COMMENT ON VIEW oms.incoming_stock IS 'What is on its way to active locations: open lines of purchase orders that were sent, and transfers in transit';
COMMENT ON COLUMN oms.incoming_stock.expected_on IS 'Null: nobody knows when. A day that is over says as little';
