/* sql/store/48-replenishment.sql: when to order how much of what, and from whom */

CREATE SEQUENCE oms.replenishment_policies_policy_id_seq;
CREATE TABLE oms.replenishment_policies (
    policy_id bigint NOT NULL DEFAULT nextval('oms.replenishment_policies_policy_id_seq'),
    code text NOT NULL,
    sku_id bigint,
    location_id integer,
    category @ltree@.ltree,
    service_level numeric,
    fill_rate numeric,
    review_days integer,
    lead_time_days numeric(6, 2),
    reorder_point oms.quantity,
    order_up_to oms.quantity,
    max_stock oms.quantity,
    order_cost oms.amount,
    holding_rate numeric,
    supplier_id integer,
    from_location_id integer,
    active boolean NOT NULL DEFAULT true,
    CONSTRAINT replenishment_policies_pkey PRIMARY KEY (policy_id),
    CONSTRAINT replenishment_policies_code_key UNIQUE (code),
    CONSTRAINT replenishment_policies_code_check CHECK (code <> ''),
    CONSTRAINT replenishment_policies_category_check CHECK (category IS NULL OR sku_id IS NULL),
    CONSTRAINT replenishment_policies_service_level_check CHECK (service_level > 0 AND service_level < 1),
    CONSTRAINT replenishment_policies_fill_rate_check
        CHECK (fill_rate > 0 AND fill_rate < 1 AND (fill_rate IS NULL OR service_level IS NULL)),
    CONSTRAINT replenishment_policies_review_days_check CHECK (review_days BETWEEN 1 AND 365),
    CONSTRAINT replenishment_policies_lead_time_days_check CHECK (lead_time_days >= 0),
    CONSTRAINT replenishment_policies_reorder_point_check CHECK (reorder_point OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT replenishment_policies_order_up_to_check
        CHECK (order_up_to OPERATOR(oms.>=) '0'::oms.quantity AND order_up_to OPERATOR(oms.>=) reorder_point),
    CONSTRAINT replenishment_policies_max_stock_check CHECK (max_stock OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT replenishment_policies_cost_check CHECK (oms.sign(order_cost) >= 0 AND holding_rate > 0),
    CONSTRAINT replenishment_policies_source_check
        CHECK ((supplier_id IS NULL OR from_location_id IS NULL) AND from_location_id <> location_id),
    CONSTRAINT replenishment_policies_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT replenishment_policies_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations,
    CONSTRAINT replenishment_policies_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES oms.suppliers,
    CONSTRAINT replenishment_policies_from_location_id_fkey FOREIGN KEY (from_location_id) REFERENCES oms.locations
);
ALTER SEQUENCE oms.replenishment_policies_policy_id_seq OWNED BY oms.replenishment_policies.policy_id;
CREATE UNIQUE INDEX replenishment_policies_scope_key ON oms.replenishment_policies
    (coalesce(sku_id, 0), coalesce(location_id, 0), coalesce(category::text, ''));
CREATE INDEX replenishment_policies_sku_id_idx ON oms.replenishment_policies (sku_id, location_id);
CREATE INDEX replenishment_policies_location_id_idx ON oms.replenishment_policies (location_id);
CREATE INDEX replenishment_policies_supplier_id_idx ON oms.replenishment_policies (supplier_id);
CREATE INDEX replenishment_policies_from_location_id_idx ON oms.replenishment_policies (from_location_id);
CREATE INDEX replenishment_policies_many_idx ON oms.replenishment_policies (active) WHERE sku_id IS NULL;
COMMENT ON TABLE oms.replenishment_policies IS 'How stock is replenished: of the rows that fit a SKU at a location the most specific that says something counts: those that name the SKU first, then those that name the location, then those of the longer category';
COMMENT ON COLUMN oms.replenishment_policies.service_level IS 'Probability that stock lasts until the next order comes; null, as with all that follows: not said here';
COMMENT ON COLUMN oms.replenishment_policies.fill_rate IS 'Share of the demand that is served from stock, instead of a service level';
COMMENT ON COLUMN oms.replenishment_policies.review_days IS 'How often orders are looked at or sent';
COMMENT ON COLUMN oms.replenishment_policies.lead_time_days IS 'Days that goods take, whatever the supplier says; for transfers too';
COMMENT ON COLUMN oms.replenishment_policies.reorder_point IS 'Order when the position falls to it; null: as forecast';
COMMENT ON COLUMN oms.replenishment_policies.order_up_to IS 'Order up to it; null: the reorder point and an economic quantity';
COMMENT ON COLUMN oms.replenishment_policies.max_stock IS 'Never order beyond it: room, shelf life';
COMMENT ON COLUMN oms.replenishment_policies.order_cost IS 'What a line of an order costs beyond its goods, in the currency of their cost';
COMMENT ON COLUMN oms.replenishment_policies.holding_rate IS 'What it costs to hold a unit for a year, as a share of its cost';
COMMENT ON COLUMN oms.replenishment_policies.from_location_id IS 'Replenished by transfers from there';

CREATE OR REPLACE VIEW oms.planned_stock WITH (security_invoker = true) AS
    SELECT l.sku_id, l.location_id FROM oms.stock_levels l
    UNION
    SELECT f.sku_id, f.location_id FROM oms.forecasts f
    UNION
    SELECT d.sku_id, d.location_id FROM oms.demand_series d
    UNION
    SELECT p.sku_id, p.location_id FROM oms.replenishment_policies p
    WHERE p.active AND p.sku_id IS NOT NULL AND p.location_id IS NOT NULL;
COMMENT ON VIEW oms.planned_stock IS 'Which SKUs belong to which locations: those with a stock level, demand, a forecast or a policy of their own there';

CREATE OR REPLACE VIEW oms.backordered_stock WITH (security_invoker = true) AS
    SELECT d.sku_id, d.location_id,
           oms.sum(least(l.backordered OPERATOR(oms.*) m.per,
                         greatest(d.quantity OPERATOR(oms.-) f.planned OPERATOR(oms.*) m.per, '0'::oms.quantity))) AS quantity
    FROM oms.order_lines l
    JOIN oms.demand_lines d ON d.order_id = l.order_id AND d.line_no = l.line_no
    LEFT JOIN oms.kit_components k ON k.sku_id = l.sku_id AND k.component_sku_id = d.sku_id
    CROSS JOIN LATERAL (SELECT coalesce(k.quantity, '1'::oms.quantity)::numeric AS per) AS m
    CROSS JOIN LATERAL (SELECT coalesce(oms.sum(i.quantity), '0'::oms.quantity)::numeric AS planned
                        FROM oms.fulfillment_lines i
                        JOIN oms.fulfillments n USING (order_id, fulfillment_no)
                        WHERE i.order_id = l.order_id AND i.line_no = l.line_no AND n.location_id = d.location_id
                              AND n.status OPERATOR(oms.<>) 'cancelled'::oms.fulfillment_status
                              AND n.status OPERATOR(oms.<>) 'rejected'::oms.fulfillment_status) AS f
    WHERE l.backordered OPERATOR(oms.>) '0'::oms.quantity
    GROUP BY d.sku_id, d.location_id;
COMMENT ON VIEW oms.backordered_stock IS 'What waits for stock, by SKU and the location that would be asked for it';

CREATE OR REPLACE VIEW oms.stock_positions WITH (security_invoker = true) AS
    SELECT k.sku_id, k.location_id,
           coalesce(s.on_hand, '0'::oms.quantity) AS on_hand, coalesce(s.reserved, '0'::oms.quantity) AS reserved,
           coalesce(w.quantity, '0'::oms.quantity) AS backordered,
           coalesce(i.incoming, '0'::oms.quantity) AS incoming,
           coalesce(s.on_hand OPERATOR(oms.-) s.reserved, '0'::oms.quantity)
               OPERATOR(oms.-) coalesce(w.quantity, '0'::oms.quantity)
               OPERATOR(oms.+) coalesce(i.incoming, '0'::oms.quantity) AS position
    FROM oms.planned_stock k
    LEFT JOIN (SELECT l.sku_id, l.location_id, oms.sum(l.on_hand) AS on_hand, oms.sum(l.reserved) AS reserved
               FROM oms.stock_levels l GROUP BY l.sku_id, l.location_id) AS s
           ON s.sku_id = k.sku_id AND s.location_id = k.location_id
    LEFT JOIN oms.backordered_stock w
           ON w.sku_id = k.sku_id AND w.location_id = k.location_id
    LEFT JOIN (SELECT n.sku_id, n.location_id, oms.sum(n.quantity) AS incoming
               FROM oms.incoming_stock n GROUP BY n.sku_id, n.location_id) AS i
           ON i.sku_id = k.sku_id AND i.location_id = k.location_id;
COMMENT ON VIEW oms.stock_positions IS 'What there is, is promised and is on its way, by SKU and location: on hand, less reserved, less what waits, plus incoming';

/* what is said of many SKUs at once; first those of a location, which have its id, then those of all */
CREATE OR REPLACE VIEW oms.category_policies WITH (security_invoker = true) AS
    SELECT c.category, coalesce(p.location_id, 0) AS location_id,
           (array_agg(coalesce(p.service_level, -p.fill_rate) ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST)
                FILTER (WHERE p.service_level IS NOT NULL OR p.fill_rate IS NOT NULL))[1] AS service,
           (array_agg(p.review_days ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.review_days IS NOT NULL))[1] AS review_days,
           (array_agg(p.lead_time_days ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.lead_time_days IS NOT NULL))[1] AS lead_time_days,
           (array_agg(p.reorder_point ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.reorder_point IS NOT NULL))[1] AS reorder_point,
           (array_agg(p.order_up_to ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.order_up_to IS NOT NULL))[1] AS order_up_to,
           (array_agg(p.max_stock ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.max_stock IS NOT NULL))[1] AS max_stock,
           (array_agg(p.order_cost ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.order_cost IS NOT NULL))[1] AS order_cost,
           (array_agg(p.holding_rate ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST) FILTER (WHERE p.holding_rate IS NOT NULL))[1] AS holding_rate,
           (array_agg(coalesce(p.supplier_id, -p.from_location_id) ORDER BY @ltree@.nlevel(p.category) DESC NULLS LAST)
                FILTER (WHERE p.supplier_id IS NOT NULL OR p.from_location_id IS NOT NULL))[1] AS origin
    FROM oms.replenishment_policies p
    JOIN (SELECT coalesce(r.category, ''::@ltree@.ltree) AS category FROM oms.products r
          UNION SELECT ''::@ltree@.ltree) AS c ON p.category IS NULL OR c.category OPERATOR(@ltree@.<@) p.category
    WHERE p.active AND p.sku_id IS NULL
    GROUP BY c.category, coalesce(p.location_id, 0);
COMMENT ON VIEW oms.category_policies IS 'What policies that name no SKU say of each category that products have';
COMMENT ON COLUMN oms.category_policies.category IS 'Empty: of SKUs without one';
COMMENT ON COLUMN oms.category_policies.location_id IS '0: of all locations';
COMMENT ON COLUMN oms.category_policies.service IS 'Service level, or a fill rate with a minus sign';
COMMENT ON COLUMN oms.category_policies.origin IS 'Id of a supplier, or of a location with a minus sign';

CREATE OR REPLACE VIEW oms.supplier_lead_times WITH (security_invoker = true) AS
    SELECT o.supplier_id, o.location_id, count(*) AS receipts, avg(o.late) AS days_late, coalesce(var_samp(o.late), 0) AS variance
    FROM (SELECT p.supplier_id, r.location_id,
                 avg(extract(epoch FROM r.received_at - p.ordered_at)::float8 / 86400 - coalesce(t.lead_time_days, 0)::float8) AS late
          FROM oms.purchase_orders p
          JOIN oms.purchase_order_lines l USING (purchase_order_id)
          JOIN oms.purchase_receipts r ON r.purchase_order_id = l.purchase_order_id AND r.line_no = l.line_no
          LEFT JOIN oms.supplier_skus t ON t.supplier_id = p.supplier_id AND t.sku_id = l.sku_id
          WHERE p.ordered_at > oms.now() - interval '365 days' AND r.quantity OPERATOR(oms.>) '0'::oms.quantity
          GROUP BY p.supplier_id, r.location_id, p.purchase_order_id) AS o
    GROUP BY GROUPING SETS ((o.supplier_id, o.location_id), (o.supplier_id));
COMMENT ON VIEW oms.supplier_lead_times IS 'How much later than their terms say suppliers have delivered to a location in the last year, an order counting once, and to all locations together';
COMMENT ON COLUMN oms.supplier_lead_times.location_id IS 'Null: all';
COMMENT ON COLUMN oms.supplier_lead_times.days_late IS 'Mean; negative: earlier';

/* OFFSET 0, here and below, has what it stands behind reckoned once a row, and not wherever it is named */
CREATE OR REPLACE VIEW oms.replenishment_terms WITH (security_invoker = true) AS
    SELECT p.sku_id, p.location_id, t.supplier_id,
           CASE WHEN p.origin < 0 THEN -p.origin END AS from_location_id,
           coalesce(p.lead_time_days,
                    CASE WHEN p.origin < 0 THEN 2 WHEN t.supplier_id IS NULL THEN 7
                         ELSE round(greatest(t.lead_time_days + m.late, 0)::numeric, 2) END) AS lead_time_days,
           CASE WHEN t.supplier_id IS NULL THEN 0 ELSE round(sqrt(m.variance)::numeric, 2) END AS lead_time_sd_days,
           coalesce(p.review_days, oms_internal.order_gap(u.order_days)) AS review_days,
           CASE WHEN p.service < 0 THEN NULL ELSE coalesce(p.service, 0.95) END AS service_level,
           coalesce(t.min_quantity, '0'::oms.quantity) AS min_quantity,
           coalesce(t.pack_size, p.step) AS pack_size, coalesce(t.cost, p.cost) AS cost,
           p.reorder_point, p.order_up_to,
           CASE WHEN p.service < 0 THEN -p.service END AS fill_rate, p.max_stock, t.max_quantity,
           CASE WHEN oms.currency_of(p.order_cost) = oms.currency_of(coalesce(t.cost, p.cost)) THEN p.order_cost END AS order_cost,
           coalesce(p.holding_rate, 0.2) AS holding_rate, p.decimals, m.receipts
    FROM (SELECT k.sku_id, k.location_id, s.decimals, s.cost, oms.quantity(10::numeric ^ -s.decimals) AS step,
                 coalesce(a.service_level, -a.fill_rate, b.service_level, -b.fill_rate, c.service, d.service) AS service,
                 coalesce(a.review_days, b.review_days, c.review_days, d.review_days) AS review_days,
                 coalesce(a.lead_time_days, b.lead_time_days, c.lead_time_days, d.lead_time_days) AS lead_time_days,
                 coalesce(a.reorder_point, b.reorder_point, c.reorder_point, d.reorder_point) AS reorder_point,
                 coalesce(a.order_up_to, b.order_up_to, c.order_up_to, d.order_up_to) AS order_up_to,
                 coalesce(a.max_stock, b.max_stock, c.max_stock, d.max_stock) AS max_stock,
                 coalesce(a.order_cost, b.order_cost, c.order_cost, d.order_cost) AS order_cost,
                 coalesce(a.holding_rate, b.holding_rate, c.holding_rate, d.holding_rate) AS holding_rate,
                 coalesce(a.supplier_id, -a.from_location_id, b.supplier_id, -b.from_location_id, c.origin, d.origin) AS origin
          FROM oms.planned_stock k
          JOIN oms.skus s ON s.sku_id = k.sku_id
          JOIN oms.locations l ON l.location_id = k.location_id
          LEFT JOIN oms.products r ON r.product_id = s.product_id
          LEFT JOIN oms.replenishment_policies a ON a.sku_id = k.sku_id AND a.location_id = k.location_id AND a.active
          LEFT JOIN oms.replenishment_policies b ON b.sku_id = k.sku_id AND b.location_id IS NULL AND b.active
          LEFT JOIN oms.category_policies c ON c.category::text = coalesce(r.category::text, '') AND c.location_id = k.location_id
          LEFT JOIN oms.category_policies d ON d.category::text = coalesce(r.category::text, '') AND d.location_id = 0
          WHERE s.active AND s.stocked AND NOT s.is_kit AND l.active AND l.kind <> 'dropship') AS p
    LEFT JOIN oms.supplier_skus n ON n.supplier_id = p.origin AND n.sku_id = p.sku_id
    LEFT JOIN (SELECT DISTINCT ON (x.sku_id) x.sku_id, x.supplier_id, x.cost, x.lead_time_days, x.lead_time_sd_days,
                      x.min_quantity, x.max_quantity, x.pack_size
               FROM oms.supplier_skus x
               ORDER BY x.sku_id, x."rank", x.cost, x.lead_time_days, x.supplier_id) AS b
           ON b.sku_id = p.sku_id AND coalesce(p.origin, 1) > 0
    CROSS JOIN LATERAL (
        SELECT coalesce(n.supplier_id, b.supplier_id) AS supplier_id, coalesce(n.cost, b.cost) AS cost,
               coalesce(n.lead_time_days, b.lead_time_days) AS lead_time_days,
               coalesce(n.lead_time_sd_days, b.lead_time_sd_days) AS lead_time_sd_days,
               coalesce(n.min_quantity, b.min_quantity) AS min_quantity, coalesce(n.pack_size, b.pack_size) AS pack_size,
               CASE WHEN n.supplier_id IS NULL THEN b.max_quantity ELSE n.max_quantity END AS max_quantity) AS t
    LEFT JOIN oms.suppliers u ON u.supplier_id = t.supplier_id
    LEFT JOIN oms.supplier_lead_times e ON e.supplier_id = t.supplier_id AND e.location_id = p.location_id
    LEFT JOIN oms.supplier_lead_times f ON f.supplier_id = t.supplier_id AND f.location_id IS NULL
    CROSS JOIN LATERAL (
        SELECT coalesce(e.receipts, 0) AS receipts,
               oms_internal.shrunk(e.receipts, e.days_late, oms_internal.shrunk(f.receipts, f.days_late, 0)) AS late,
               oms_internal.shrunk(CASE WHEN e.receipts > 1 THEN e.receipts END, e.variance,
                                   oms_internal.shrunk(CASE WHEN f.receipts > 1 THEN f.receipts END, f.variance,
                                                       t.lead_time_sd_days::float8 ^ 2)) AS variance
        OFFSET 0) AS m;
COMMENT ON VIEW oms.replenishment_terms IS 'From whom, how fast and how reliably a SKU is replenished at a location, as policies and suppliers say and receipts show';
COMMENT ON COLUMN oms.replenishment_terms.lead_time_days IS 'As a policy says; else as the supplier says and, by the receipts of the last year, how late it is: at this location, made up to five by those at all, and these by none';
COMMENT ON COLUMN oms.replenishment_terms.lead_time_sd_days IS 'Standard deviation, from the same';
COMMENT ON COLUMN oms.replenishment_terms.review_days IS 'Days from a chance to order to the next: as a policy says, else by the days on which the supplier takes orders';
COMMENT ON COLUMN oms.replenishment_terms.cost IS 'Of a unit, without breaks; the SKU''s own where no supplier says';
COMMENT ON COLUMN oms.replenishment_terms.fill_rate IS 'Instead of a service level; one of the two is null';
COMMENT ON COLUMN oms.replenishment_terms.receipts IS 'How many orders were received at this location in the last year';

CREATE OR REPLACE VIEW oms.dependent_demand WITH (security_invoker = true) AS
    SELECT t.sku_id, t.from_location_id AS location_id, sum(f.mean) AS mean,
           sum(greatest(f.mean, ((f.total_quantiles[5] - f.total_mean) / 1.644854) ^ 2 / f.protection_days)) AS variance
    FROM oms.replenishment_terms t
    JOIN oms.forecasts f ON f.sku_id = t.sku_id AND f.location_id = t.location_id
    WHERE t.from_location_id IS NOT NULL
          AND EXISTS (SELECT FROM oms.replenishment_policies p WHERE p.from_location_id IS NOT NULL AND p.active)
    GROUP BY t.sku_id, t.from_location_id;
COMMENT ON VIEW oms.dependent_demand IS 'What locations that are replenished from another will draw from it a day: mean and variance of their demand';

CREATE OR REPLACE VIEW oms.reorder_points WITH (security_invoker = true) AS
    SELECT t.sku_id, t.location_id, least(c.reorder_point, t.max_stock) AS reorder_point,
           least(greatest(coalesce(t.order_up_to, c.reorder_point OPERATOR(oms.+) b.order_quantity), c.reorder_point), t.max_stock) AS order_up_to,
           CASE WHEN t.reorder_point IS NOT NULL THEN 'static'
                WHEN a.known THEN 'forecast'
                WHEN t.order_up_to IS NOT NULL THEN 'static' END AS source,
           a.days AS protection_days, a.daily_mean, b.mean AS protection_mean, b.sd AS other_sd, b.order_quantity,
           t.supplier_id, t.from_location_id, t.lead_time_days, t.min_quantity, t.pack_size, t.max_quantity, t.max_stock
    FROM oms.replenishment_terms t
    LEFT JOIN oms.forecasts f ON f.sku_id = t.sku_id AND f.location_id = t.location_id
    LEFT JOIN oms.dependent_demand h ON h.sku_id = t.sku_id AND h.location_id = t.location_id
    LEFT JOIN (SELECT k.supplier_id, k.sku_id,
                      array_agg(k.min_quantity::numeric::float8 ORDER BY k.min_quantity) AS quantities,
                      array_agg(k.cost::numeric::float8 ORDER BY k.min_quantity) AS costs
               FROM oms.supplier_cost_breaks k GROUP BY k.supplier_id, k.sku_id) AS k
           ON k.supplier_id = t.supplier_id AND k.sku_id = t.sku_id
    CROSS JOIN LATERAL (
        SELECT (t.lead_time_days + t.review_days)::float8 AS days,
               coalesce(f.mean, 0) + coalesce(h.mean, 0) AS daily_mean,
               f.sku_id IS NOT NULL OR h.sku_id IS NOT NULL AS known
        OFFSET 0) AS a
    CROSS JOIN LATERAL (
        SELECT coalesce(oms_internal.demand_of_days(f.means, f.mean, f.protection_days, f.total_mean, a.days), 0)
                   + coalesce(h.mean, 0) * a.days AS mean,
               sqrt((a.daily_mean * t.lead_time_sd_days::float8) ^ 2 + coalesce(h.variance, 0) * a.days) AS sd,
               oms_internal.whole_units(
                   oms_internal.economic_quantity(a.daily_mean * 365, t.order_cost::numeric::float8, t.holding_rate::float8,
                                                  a.daily_mean * greatest(t.review_days, 7), t.cost::numeric::float8, k.quantities, k.costs),
                   t.decimals) AS order_quantity
        OFFSET 0) AS b
    CROSS JOIN LATERAL (
        SELECT coalesce(t.reorder_point,
                        CASE WHEN a.known THEN oms.quantity(round(
                            oms_internal.reorder_level(
                                oms_internal.forecast_levels(), f.total_quantiles, f.total_mean, f.protection_days,
                                b.mean, a.days, b.sd, t.service_level::float8, t.fill_rate::float8,
                                greatest(b.order_quantity, t.min_quantity, t.pack_size)::numeric::float8)::numeric,
                            t.decimals)) END,
                        t.order_up_to) AS reorder_point
        OFFSET 0) AS c;
COMMENT ON VIEW oms.reorder_points IS 'The position at which a SKU is ordered for a location, and up to which';
COMMENT ON COLUMN oms.reorder_points.source IS 'static: a policy says it; forecast; null: nobody knows';
COMMENT ON COLUMN oms.reorder_points.protection_days IS 'Days that the reorder point has to last for: lead time and review';
COMMENT ON COLUMN oms.reorder_points.daily_mean IS 'Expected demand of a day, with that of locations replenished from here';
COMMENT ON COLUMN oms.reorder_points.protection_mean IS 'Expected demand of the protection days';
COMMENT ON COLUMN oms.reorder_points.other_sd IS 'Standard deviation of what the forecast of the location itself does not have: the lead time''s, and of locations replenished from here';
COMMENT ON COLUMN oms.reorder_points.order_quantity IS 'Economic quantity of an order; a week''s demand, or that of the review days, where what an order costs is not known';

CREATE OR REPLACE VIEW oms.replenishment_needs WITH (security_invoker = true) AS
    SELECT r.sku_id, r.location_id, p.on_hand, p.reserved, p.position, r.reorder_point, r.order_up_to, r.daily_mean,
           p.position OPERATOR(oms.<=) r.reorder_point AS due,
           r.order_up_to OPERATOR(oms.-) p.position AS need,
           oms_internal.order_quantity(
               r.order_up_to OPERATOR(oms.-) p.position, r.reorder_point OPERATOR(oms.-) p.position, r.pack_size, r.min_quantity,
               least(r.max_quantity, r.max_stock OPERATOR(oms.-) p.position)) AS quantity,
           least(p.position OPERATOR(oms.-) r.order_up_to, p.on_hand OPERATOR(oms.-) p.reserved) AS surplus,
           r.supplier_id, r.from_location_id, r.lead_time_days, r.source
    FROM oms.reorder_points r
    JOIN oms.stock_positions p ON p.sku_id = r.sku_id AND p.location_id = r.location_id
    WHERE r.reorder_point IS NOT NULL;
COMMENT ON VIEW oms.replenishment_needs IS 'Positions against reorder points: what is due, and how much can be ordered';
COMMENT ON COLUMN oms.replenishment_needs.due IS 'The position has fallen to the reorder point';
COMMENT ON COLUMN oms.replenishment_needs.need IS 'What is missing up to the order-up-to level, due or not';
COMMENT ON COLUMN oms.replenishment_needs.quantity IS 'The same, rounded to what can be ordered; 0 if nothing can';
COMMENT ON COLUMN oms.replenishment_needs.surplus IS 'What other locations can have, if it is positive';

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
    early boolean NOT NULL DEFAULT false,
    approval_id bigint,
    CONSTRAINT replenishment_proposals_pkey PRIMARY KEY (proposal_id),
    CONSTRAINT replenishment_proposals_status_check CHECK (status IN ('open', 'ordered', 'rejected', 'obsolete')),
    CONSTRAINT replenishment_proposals_ended_at_check CHECK ((status = 'open') = (ended_at IS NULL)),
    CONSTRAINT replenishment_proposals_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT replenishment_proposals_source_check CHECK (supplier_id IS NULL OR from_location_id IS NULL)
);
ALTER SEQUENCE oms.replenishment_proposals_proposal_id_seq OWNED BY oms.replenishment_proposals.proposal_id;
CREATE SEQUENCE oms.replenishment_proposals_approval_id_seq;
ALTER SEQUENCE oms.replenishment_proposals_approval_id_seq OWNED BY oms.replenishment_proposals.approval_id;
CREATE INDEX replenishment_proposals_sku_id_idx ON oms.replenishment_proposals (sku_id, location_id, proposal_id);
CREATE INDEX replenishment_proposals_open_idx ON oms.replenishment_proposals (location_id, supplier_id) WHERE status = 'open';
CREATE INDEX replenishment_proposals_approval_id_idx ON oms.replenishment_proposals (approval_id) WHERE approval_id IS NOT NULL;
CREATE UNIQUE INDEX replenishment_proposals_open_key ON oms.replenishment_proposals (sku_id, location_id) WHERE status = 'open';
COMMENT ON TABLE oms.replenishment_proposals IS 'What should be ordered, and what has become of it';
COMMENT ON COLUMN oms.replenishment_proposals.supplier_id IS 'Null, as from_location_id: nobody offers it';
COMMENT ON COLUMN oms.replenishment_proposals.status IS 'obsolete: it is not needed any more';
COMMENT ON COLUMN oms.replenishment_proposals.position IS 'As it was when it was proposed, as reorder_point and order_up_to';
COMMENT ON COLUMN oms.replenishment_proposals.unit_cost IS 'By the breaks of the supplier; null: not known';
COMMENT ON COLUMN oms.replenishment_proposals.early IS 'It is not due yet, and fills up an order to the least that the supplier takes';
COMMENT ON COLUMN oms.replenishment_proposals.approval_id IS 'Equal for what was approved together';
