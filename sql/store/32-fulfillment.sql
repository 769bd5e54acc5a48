/* sql/store/32-fulfillment.sql: work for a location, parcels and their way */

CREATE TABLE oms.fulfillments (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    location_id integer NOT NULL,
    status oms.fulfillment_status NOT NULL DEFAULT 'planned',
    status_at timestamptz NOT NULL DEFAULT oms.now(),
    status_reason text,
    pickup boolean NOT NULL DEFAULT false,
    distance_m double precision,
    ships_on date,
    arrives_on date,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT fulfillments_pkey PRIMARY KEY (order_id, fulfillment_no),
    CONSTRAINT fulfillments_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders,
    CONSTRAINT fulfillments_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
) WITH (fillfactor = 85);
/* without the status, so that a step changes no index */
CREATE INDEX fulfillments_ships_on_idx ON oms.fulfillments (location_id, ships_on);
COMMENT ON TABLE oms.fulfillments IS 'Lines of an order that one location ships together';
COMMENT ON COLUMN oms.fulfillments.pickup IS 'The customer fetches it at the location';
COMMENT ON COLUMN oms.fulfillments.distance_m IS 'Metres from the location to the destination, null when unknown';
COMMENT ON COLUMN oms.fulfillments.arrives_on IS 'Date promised when it was planned';

CREATE TABLE oms.fulfillment_lines (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    line_no integer NOT NULL,
    quantity oms.quantity NOT NULL,
    reserves boolean NOT NULL DEFAULT true,
    CONSTRAINT fulfillment_lines_pkey PRIMARY KEY (order_id, fulfillment_no, line_no),
    CONSTRAINT fulfillment_lines_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT fulfillment_lines_fulfillment_fkey FOREIGN KEY (order_id, fulfillment_no) REFERENCES oms.fulfillments,
    CONSTRAINT fulfillment_lines_line_fkey FOREIGN KEY (order_id, line_no) REFERENCES oms.order_lines
);
COMMENT ON TABLE oms.fulfillment_lines IS 'Which part of which line a fulfillment ships: the line''s allocation';
COMMENT ON COLUMN oms.fulfillment_lines.reserves IS 'Stock is reserved for all of it; false where the SKU needed none when it was sourced';

CREATE TABLE oms.packages (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    package_no integer NOT NULL,
    weight_g integer,
    length_mm integer,
    width_mm integer,
    height_mm integer,
    CONSTRAINT packages_pkey PRIMARY KEY (order_id, fulfillment_no, package_no),
    CONSTRAINT packages_size_check CHECK (weight_g >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0),
    CONSTRAINT packages_fulfillment_fkey FOREIGN KEY (order_id, fulfillment_no) REFERENCES oms.fulfillments
);
COMMENT ON TABLE oms.packages IS 'A parcel that a fulfillment was packed into';
COMMENT ON COLUMN oms.packages.weight_g IS 'With packing; null when nobody weighed it and the SKUs'' weights are unknown';

CREATE TABLE oms.package_lines (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    package_no integer NOT NULL,
    line_no integer NOT NULL,
    quantity oms.quantity NOT NULL,
    CONSTRAINT package_lines_pkey PRIMARY KEY (order_id, fulfillment_no, package_no, line_no),
    CONSTRAINT package_lines_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT package_lines_package_fkey FOREIGN KEY (order_id, fulfillment_no, package_no) REFERENCES oms.packages,
    CONSTRAINT package_lines_fulfillment_line_fkey
        FOREIGN KEY (order_id, fulfillment_no, line_no) REFERENCES oms.fulfillment_lines
);
CREATE INDEX package_lines_line_idx ON oms.package_lines (order_id, fulfillment_no, line_no);
COMMENT ON TABLE oms.package_lines IS 'What is in a parcel';

CREATE TABLE oms.shipments (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    carrier text,
    tracking_number text,
    service text,
    shipped_at timestamptz NOT NULL DEFAULT oms.now(),
    delivered_at timestamptz,
    cost oms.amount,
    CONSTRAINT shipments_pkey PRIMARY KEY (order_id, fulfillment_no),
    CONSTRAINT shipments_cost_check CHECK (oms.sign(cost) >= 0),
    CONSTRAINT shipments_fulfillment_fkey FOREIGN KEY (order_id, fulfillment_no) REFERENCES oms.fulfillments
);
CREATE INDEX shipments_tracking_idx ON oms.shipments (tracking_number, carrier) WHERE tracking_number IS NOT NULL;
COMMENT ON TABLE oms.shipments IS 'A fulfillment on its way with a carrier';
COMMENT ON COLUMN oms.shipments.cost IS 'What the carrier charges for it; null where that is not known';
COMMENT ON COLUMN oms.shipments.carrier IS 'The carrier''s code as ship() was told; not necessarily one of oms.carriers';

CREATE TABLE oms.tracking_events (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    event_no integer NOT NULL,
    status text NOT NULL,
    occurred_at timestamptz NOT NULL,
    description text,
    recorded_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT tracking_events_pkey PRIMARY KEY (order_id, fulfillment_no, event_no),
    CONSTRAINT tracking_events_status_key UNIQUE (order_id, fulfillment_no, status, occurred_at),
    CONSTRAINT tracking_events_shipment_fkey FOREIGN KEY (order_id, fulfillment_no) REFERENCES oms.shipments
);
COMMENT ON TABLE oms.tracking_events IS 'What the carrier said of a shipment';
COMMENT ON COLUMN oms.tracking_events.occurred_at IS 'By the carrier''s clock';
