/* sql/store/48-replenishment.sql: when to order how much of what, and from whom */

CREATE SEQUENCE oms.replenishment_policies_policy_id_seq;
CREATE TABLE oms.replenishment_policies (
    policy_id bigint NOT NULL DEFAULT nextval('oms.replenishment_policies_policy_id_seq'),
    code text NOT NULL,
    sku_id bigint,
    location_id integer,
    category @ltree@.ltree,
    service_level numeric(5, 4),
    review_days integer,
    reorder_point oms.quantity,
    order_up_to oms.quantity,
    supplier_id integer,
    from_location_id integer,
    active boolean NOT NULL DEFAULT true,
    CONSTRAINT replenishment_policies_pkey PRIMARY KEY (policy_id),
    CONSTRAINT replenishment_policies_code_key UNIQUE (code),
    CONSTRAINT replenishment_policies_code_check CHECK (code <> ''),
    CONSTRAINT replenishment_policies_service_level_check CHECK (service_level > 0 AND service_level < 1),
    CONSTRAINT replenishment_policies_review_days_check CHECK (review_days > 0),
    CONSTRAINT replenishment_policies_order_up_to_check CHECK (order_up_to OPERATOR(oms.>=) reorder_point),
    CONSTRAINT replenishment_policies_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT replenishment_policies_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations,
    CONSTRAINT replenishment_policies_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES oms.suppliers,
    CONSTRAINT replenishment_policies_from_location_id_fkey FOREIGN KEY (from_location_id) REFERENCES oms.locations
);
ALTER SEQUENCE oms.replenishment_policies_policy_id_seq OWNED BY oms.replenishment_policies.policy_id;
CREATE INDEX replenishment_policies_sku_id_idx ON oms.replenishment_policies (sku_id);
CREATE INDEX replenishment_policies_location_id_idx ON oms.replenishment_policies (location_id);
CREATE INDEX replenishment_policies_supplier_id_idx ON oms.replenishment_policies (supplier_id);
CREATE INDEX replenishment_policies_from_location_id_idx ON oms.replenishment_policies (from_location_id);
COMMENT ON TABLE oms.replenishment_policies IS 'How stock is replenished: of the rows that fit a SKU at a location the most specific that says something counts';
COMMENT ON COLUMN oms.replenishment_policies.service_level IS 'Probability that stock lasts until the next order comes; null: not said here';
COMMENT ON COLUMN oms.replenishment_policies.review_days IS 'How often it is looked at; null: not said here';
COMMENT ON COLUMN oms.replenishment_policies.reorder_point IS 'Order when the position falls to it; null: as forecast';
COMMENT ON COLUMN oms.replenishment_policies.order_up_to IS 'Order up to it; null: as forecast';
COMMENT ON COLUMN oms.replenishment_policies.from_location_id IS 'Replenished by transfers from there; null: by suppliers';

CREATE OR REPLACE VIEW oms.stock_positions WITH (security_invoker = true) AS
    SELECT k.sku_id, k.location_id,
           coalesce(s.on_hand, '0'::oms.quantity) AS on_hand, coalesce(s.reserved, '0'::oms.quantity) AS reserved,
           coalesce(w.backordered, '0'::oms.quantity) AS backordered,
           coalesce(i.incoming, '0'::oms.quantity) AS incoming,
           coalesce(s.on_hand OPERATOR(oms.-) s.reserved, '0'::oms.quantity)
               OPERATOR(oms.-) coalesce(w.backordered, '0'::oms.quantity)
               OPERATOR(oms.+) coalesce(i.incoming, '0'::oms.quantity) AS position
    FROM (SELECT l.sku_id, l.location_id FROM oms.stock_levels l
          UNION SELECT f.sku_id, f.location_id FROM oms.forecasts f) AS k
    LEFT JOIN (SELECT l.sku_id, l.location_id, oms.sum(l.on_hand) AS on_hand, oms.sum(l.reserved) AS reserved
               FROM oms.stock_levels l GROUP BY l.sku_id, l.location_id) AS s USING (sku_id, location_id)
    LEFT JOIN (SELECT d.sku_id, d.location_id, oms.sum(l.backordered) AS backordered
               FROM oms.order_lines l JOIN oms.demand_lines d USING (order_id, line_no)
               WHERE l.backordered OPERATOR(oms.>) '0'::oms.quantity
               GROUP BY d.sku_id, d.location_id) AS w USING (sku_id, location_id)
    LEFT JOIN (SELECT n.sku_id, n.location_id, oms.sum(n.quantity) AS incoming
               FROM oms.incoming_stock n GROUP BY n.sku_id, n.location_id) AS i USING (sku_id, location_id);
COMMENT ON VIEW oms.stock_positions IS 'What there is, is promised and is on its way, by SKU and location: on hand, less reserved, less what waits, plus incoming';

CREATE OR REPLACE VIEW oms.replenishment_terms WITH (security_invoker = true) AS
    SELECT p.sku_id, p.location_id, t.supplier_id, NULL::integer AS from_location_id,
           coalesce(t.lead_time_days, 7) AS lead_time_days, coalesce(t.lead_time_sd_days, 0) AS lead_time_sd_days,
           7 AS review_days, 0.95 AS service_level, t.min_quantity, t.pack_size, t.cost,
           NULL::oms.quantity AS reorder_point, NULL::oms.quantity AS order_up_to
    FROM (SELECT l.sku_id, l.location_id FROM oms.stock_levels l
          UNION SELECT d.sku_id, d.location_id FROM oms.forecasts d) AS p
    LEFT JOIN LATERAL (SELECT s.* FROM oms.supplier_skus s WHERE s.sku_id = p.sku_id
                       ORDER BY s.cost::numeric, s.supplier_id LIMIT 1) AS t ON true;
COMMENT ON VIEW oms.replenishment_terms IS 'From whom, how fast and how reliably a SKU is replenished at a location, as policies and suppliers say';

CREATE OR REPLACE VIEW oms.reorder_points WITH (security_invoker = true) AS
    SELECT t.sku_id, t.location_id,
           coalesce(t.reorder_point,
                    oms.quantity(ceil(f.total_quantiles[5]::numeric))) AS reorder_point,
           coalesce(t.order_up_to,
                    oms.quantity(ceil(f.total_quantiles[5]::numeric))) AS order_up_to,
           CASE WHEN t.reorder_point IS NOT NULL THEN 'static' WHEN f.sku_id IS NOT NULL THEN 'forecast' END AS source
    FROM oms.replenishment_terms t
    LEFT JOIN oms.forecasts f USING (sku_id, location_id);
COMMENT ON VIEW oms.reorder_points IS 'The position at which a SKU is ordered for a location, and up to which';
COMMENT ON COLUMN oms.reorder_points.source IS 'static: a policy says it; forecast; null: nobody knows';

CREATE SEQUENCE oms.replenishment_proposals_proposal_id_seq;
CREATE TABLE oms.replenishment_proposals (
    proposal_id bigint NOT NULL DEFAULT nextval('oms.replenishment_proposals_proposal_id_seq'),
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    supplier_id integer,
    from_location_id integer,
    status text NOT NULL DEFAULT 'open',
    quantity oms.quantity NOT NULL,
    unit_cost oms.amount,
    order_on date NOT NULL,
    expected_on date,
    position oms.quantity NOT NULL,
    reorder_point oms.quantity NOT NULL,
    order_up_to oms.quantity NOT NULL,
    purchase_order_id bigint,
    transfer_id bigint,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    ended_at timestamptz,
    note text,
    CONSTRAINT replenishment_proposals_pkey PRIMARY KEY (proposal_id),
    CONSTRAINT replenishment_proposals_status_check CHECK (status IN ('open', 'ordered', 'rejected', 'obsolete')),
    CONSTRAINT replenishment_proposals_ended_at_check CHECK ((status = 'open') = (ended_at IS NULL)),
    CONSTRAINT replenishment_proposals_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT replenishment_proposals_source_check CHECK (supplier_id IS NULL OR from_location_id IS NULL)
);
ALTER SEQUENCE oms.replenishment_proposals_proposal_id_seq OWNED BY oms.replenishment_proposals.proposal_id;
CREATE UNIQUE INDEX replenishment_proposals_open_key ON oms.replenishment_proposals (sku_id, location_id) WHERE status = 'open';
COMMENT ON TABLE oms.replenishment_proposals IS 'What should be ordered, and what has become of it';
COMMENT ON COLUMN oms.replenishment_proposals.supplier_id IS 'Null, as from_location_id: nobody offers it';
COMMENT ON COLUMN oms.replenishment_proposals.status IS 'obsolete: it is not needed any more';
COMMENT ON COLUMN oms.replenishment_proposals.position IS 'As it was when it was proposed, as reorder_point and order_up_to';
