/* sql/store/66-report_stock.sql: stock, what it is worth, how fast it turns and how long it lasts */

CREATE TABLE oms.stock_monthly (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    month date NOT NULL,
    until date NOT NULL,
    received oms.quantity NOT NULL,
    shipped oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    adjusted oms.quantity NOT NULL,
    transferred oms.quantity NOT NULL,
    closing oms.quantity NOT NULL,
    received_value oms.amount,
    shipped_value oms.amount,
    returned_value oms.amount,
    adjusted_value oms.amount,
    transferred_value oms.amount,
    closing_value oms.amount,
    CONSTRAINT stock_monthly_pkey PRIMARY KEY (sku_id, location_id, month),
    CONSTRAINT stock_monthly_until_check CHECK (until > month)
) PARTITION BY LIST (location_id);
CREATE TABLE oms.stock_monthly_everywhere PARTITION OF oms.stock_monthly FOR VALUES IN (0) WITH (fillfactor = 80);
CREATE TABLE oms.stock_monthly_locations PARTITION OF oms.stock_monthly DEFAULT WITH (fillfactor = 80);
CREATE INDEX stock_monthly_month_idx ON oms.stock_monthly (month);
COMMENT ON TABLE oms.stock_monthly IS 'Movements of stock by SKU, location and month, as far as the job roll_up_stock has counted them, and stock at the end; no row for a month without any';
COMMENT ON TABLE oms.stock_monthly_everywhere IS 'Rows of oms.stock_monthly of all locations together';
COMMENT ON TABLE oms.stock_monthly_locations IS 'Rows of oms.stock_monthly of one location each';
COMMENT ON COLUMN oms.stock_monthly.sku_id IS '0: all SKUs together';
COMMENT ON COLUMN oms.stock_monthly.location_id IS '0: all locations together';
COMMENT ON COLUMN oms.stock_monthly.month IS 'Its first day, in the time zone of reports';
COMMENT ON COLUMN oms.stock_monthly.until IS 'Month of the next row; stock is the same until then';
COMMENT ON COLUMN oms.stock_monthly.shipped IS 'Positive, as its value';
COMMENT ON COLUMN oms.stock_monthly.adjusted IS 'By adjustments and counts; its value by revaluations too';
COMMENT ON COLUMN oms.stock_monthly.transferred IS 'What came less what left';
COMMENT ON COLUMN oms.stock_monthly.received_value IS 'In the base currency, as all values; null: there was none';
COMMENT ON COLUMN oms.stock_monthly.closing IS 'On hand at the end of the month';

INSERT INTO oms.sequence_watermarks (name) VALUES ('stock_monthly');

CREATE OR REPLACE VIEW oms.stock_months WITH (security_invoker = true) AS
    SELECT k.sku_id, k.location_id, k.month, k.until, k.received, k.shipped, k.returned, k.adjusted, k.transferred, k.closing,
           k.received_value, k.shipped_value, k.returned_value, k.adjusted_value, k.transferred_value, k.closing_value
    FROM oms.stock_monthly AS k
    UNION ALL
    SELECT u.sku_id, u.location_id, u.month, u.until, u.received, u.shipped, u.returned, u.adjusted, u.transferred, u.closing,
           u.received_value, u.shipped_value, u.returned_value, u.adjusted_value, u.transferred_value, u.closing_value
    FROM oms_internal.uncounted_stock() AS u;
COMMENT ON VIEW oms.stock_months IS 'The same with what the job has not counted yet, in rows of its own: what of a month is asked for is the sum of rows of the month, and what was on hand at its end that of rows from month on and before until';

/* What there is */

/*
 * What can be promised is what is not reserved at active locations less what is
 * kept back, which is known from what oms.available_stock leaves: only where
 * something is to be kept back is that to be asked.
 */
CREATE OR REPLACE VIEW oms.stock_parts WITH (security_invoker = true) AS
    SELECT v.sku_id, v.location_id, v.on_hand, v.reserved, CASE WHEN a.active THEN v.on_hand OPERATOR(oms.-) v.reserved END AS unreserved,
           NULL::oms.quantity AS kept_back, NULL::oms.quantity AS incoming, NULL::oms.quantity AS backordered,
           NULL::oms.quantity AS unsellable, NULL::oms.quantity AS valued, NULL::oms.amount AS value
    FROM oms.stock_levels AS v
    JOIN oms.locations AS a ON a.location_id = v.location_id
    UNION ALL
    SELECT v.sku_id, v.location_id, NULL, NULL, NULL, v.on_hand OPERATOR(oms.-) v.reserved, NULL, NULL, NULL, NULL, NULL
    FROM oms.stock_levels AS v
    JOIN oms.locations AS a ON a.location_id = v.location_id
    WHERE a.active AND EXISTS (SELECT FROM oms.stock_buffers)
    UNION ALL
    SELECT a.sku_id, a.location_id, NULL, NULL, NULL, OPERATOR(oms.-) a.available, NULL, NULL, NULL, NULL, NULL
    FROM oms.available_stock AS a
    WHERE EXISTS (SELECT FROM oms.stock_buffers)
    UNION ALL
    SELECT y.sku_id, y.location_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, CASE WHEN y.value IS NOT NULL THEN y.quantity END, y.value
    FROM oms.cost_layers AS y
    UNION ALL
    SELECT i.sku_id, i.location_id, NULL, NULL, NULL, NULL, i.quantity, NULL, NULL, NULL, NULL FROM oms.incoming_stock AS i
    UNION ALL
    SELECT b.sku_id, b.location_id, NULL, NULL, NULL, NULL, NULL, b.quantity, NULL, NULL, NULL FROM oms.backordered_stock AS b
    UNION ALL
    SELECT u.sku_id, u.location_id, NULL, NULL, NULL, NULL, NULL, NULL, u.quantity, NULL, NULL FROM oms.unsellable_stock AS u;
COMMENT ON VIEW oms.stock_parts IS 'All that there is of SKUs at locations, each number in rows of its own, to be added up';
COMMENT ON COLUMN oms.stock_parts.unreserved IS 'At active locations; less kept_back it is what can be promised';

CREATE OR REPLACE VIEW oms_report.stock_on_hand WITH (security_invoker = true) AS
    SELECT s.code AS sku, s.name, r.code AS product, r.category::text AS category, l.code AS location,
           coalesce(oms.sum(p.on_hand)::numeric, 0) AS on_hand, coalesce(oms.sum(p.reserved)::numeric, 0) AS reserved,
           coalesce(oms.sum(p.kept_back)::numeric, 0) AS kept_back,
           coalesce(oms.sum(p.unreserved)::numeric, 0) - coalesce(oms.sum(p.kept_back)::numeric, 0) AS available,
           coalesce(oms.sum(p.incoming)::numeric, 0) AS incoming, coalesce(oms.sum(p.backordered)::numeric, 0) AS backordered,
           coalesce(oms.sum(p.unsellable)::numeric, 0) AS unsellable,
           round(oms.sum(p.value)::numeric / nullif(oms.sum(p.valued)::numeric, 0), 6) AS unit_cost,
           coalesce(oms.sum(p.value)::numeric, (SELECT b.unit * 0 FROM oms.base_unit AS b), 0) AS value,
           (SELECT b.currency FROM oms.base_unit AS b) AS currency
    FROM oms.stock_parts AS p
    JOIN oms.skus AS s ON s.sku_id = p.sku_id
    JOIN oms.locations AS l ON l.location_id = p.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id
    GROUP BY s.sku_id, l.location_id, r.product_id;
COMMENT ON VIEW oms_report.stock_on_hand IS 'What there is of each SKU at each location, now';
COMMENT ON COLUMN oms_report.stock_on_hand.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.stock_on_hand.name IS 'Its name';
COMMENT ON COLUMN oms_report.stock_on_hand.product IS 'Code of its product';
COMMENT ON COLUMN oms_report.stock_on_hand.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.stock_on_hand.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.stock_on_hand.on_hand IS 'Units physically there';
COMMENT ON COLUMN oms_report.stock_on_hand.reserved IS 'Of these, promised to orders and carts';
COMMENT ON COLUMN oms_report.stock_on_hand.kept_back IS 'Safety stock that is there, of what is not reserved at active locations';
COMMENT ON COLUMN oms_report.stock_on_hand.available IS 'What can be promised: on hand less reserved and kept back, at locations that are active';
COMMENT ON COLUMN oms_report.stock_on_hand.incoming IS 'Open lines of purchase orders that were sent, and transfers in transit';
COMMENT ON COLUMN oms_report.stock_on_hand.backordered IS 'What orders wait for, as the job roll_up_demand has seen them';
COMMENT ON COLUMN oms_report.stock_on_hand.unsellable IS 'Units to be refurbished, sent back or looked at, which are not on hand';
COMMENT ON COLUMN oms_report.stock_on_hand.unit_cost IS 'Average cost of the units of which a cost is known';
COMMENT ON COLUMN oms_report.stock_on_hand.value IS 'What the units on hand are worth';
COMMENT ON COLUMN oms_report.stock_on_hand.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.stock_by_sku WITH (security_invoker = true) AS
    SELECT s.code AS sku, s.name, r.code AS product, r.category::text AS category,
           coalesce(t.on_hand::numeric, 0) AS on_hand, coalesce(t.reserved::numeric, 0) AS reserved,
           coalesce(t.kept_back::numeric, 0) AS kept_back,
           coalesce(t.unreserved::numeric, 0) - coalesce(t.kept_back::numeric, 0) AS available,
           coalesce(t.incoming::numeric, 0) AS incoming, coalesce(t.backordered::numeric, 0) AS backordered,
           coalesce(t.unsellable::numeric, 0) AS unsellable,
           round(t.value::numeric / nullif(t.valued::numeric, 0), 6) AS unit_cost,
           coalesce(t.value::numeric, (SELECT b.unit * 0 FROM oms.base_unit AS b), 0) AS value,
           (SELECT b.currency FROM oms.base_unit AS b) AS currency
    FROM (SELECT p.sku_id, oms.sum(p.on_hand) AS on_hand, oms.sum(p.reserved) AS reserved, oms.sum(p.unreserved) AS unreserved,
                 oms.sum(p.kept_back) AS kept_back, oms.sum(p.incoming) AS incoming, oms.sum(p.backordered) AS backordered,
                 oms.sum(p.unsellable) AS unsellable, oms.sum(p.valued) AS valued, oms.sum(p.value) AS value
          FROM oms.stock_parts AS p
          GROUP BY p.sku_id) AS t
    JOIN oms.skus AS s ON s.sku_id = t.sku_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id;
COMMENT ON VIEW oms_report.stock_by_sku IS 'What there is of each SKU at all locations, now';
COMMENT ON COLUMN oms_report.stock_by_sku.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.stock_by_sku.name IS 'Its name';
COMMENT ON COLUMN oms_report.stock_by_sku.product IS 'Code of its product';
COMMENT ON COLUMN oms_report.stock_by_sku.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.stock_by_sku.on_hand IS 'Units physically there';
COMMENT ON COLUMN oms_report.stock_by_sku.reserved IS 'Of these, promised to orders and carts';
COMMENT ON COLUMN oms_report.stock_by_sku.kept_back IS 'Safety stock that is there, of what is not reserved at active locations';
COMMENT ON COLUMN oms_report.stock_by_sku.available IS 'What can be promised: on hand less reserved and kept back, at locations that are active';
COMMENT ON COLUMN oms_report.stock_by_sku.incoming IS 'Open lines of purchase orders that were sent, and transfers in transit';
COMMENT ON COLUMN oms_report.stock_by_sku.backordered IS 'What orders wait for, as the job roll_up_demand has seen them';
COMMENT ON COLUMN oms_report.stock_by_sku.unsellable IS 'Units to be refurbished, sent back or looked at, which are not on hand';
COMMENT ON COLUMN oms_report.stock_by_sku.unit_cost IS 'Average cost of the units of which a cost is known';
COMMENT ON COLUMN oms_report.stock_by_sku.value IS 'What the units on hand are worth';
COMMENT ON COLUMN oms_report.stock_by_sku.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.stock_by_location WITH (security_invoker = true) AS
    SELECT l.code AS location, l.name AS location_name,
           coalesce(oms.sum(p.on_hand)::numeric, 0) AS on_hand, coalesce(oms.sum(p.reserved)::numeric, 0) AS reserved,
           coalesce(oms.sum(p.kept_back)::numeric, 0) AS kept_back,
           coalesce(oms.sum(p.unreserved)::numeric, 0) - coalesce(oms.sum(p.kept_back)::numeric, 0) AS available,
           coalesce(oms.sum(p.incoming)::numeric, 0) AS incoming, coalesce(oms.sum(p.backordered)::numeric, 0) AS backordered,
           coalesce(oms.sum(p.unsellable)::numeric, 0) AS unsellable,
           coalesce(oms.sum(p.value)::numeric, (SELECT b.unit * 0 FROM oms.base_unit AS b), 0) AS value,
           (SELECT b.currency FROM oms.base_unit AS b) AS currency
    FROM oms.stock_parts AS p
    JOIN oms.locations AS l ON l.location_id = p.location_id
    GROUP BY l.location_id;
COMMENT ON VIEW oms_report.stock_by_location IS 'What there is at each location, now';
COMMENT ON COLUMN oms_report.stock_by_location.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.stock_by_location.location_name IS 'Its name';
COMMENT ON COLUMN oms_report.stock_by_location.on_hand IS 'Units physically there';
COMMENT ON COLUMN oms_report.stock_by_location.reserved IS 'Of these, promised to orders and carts';
COMMENT ON COLUMN oms_report.stock_by_location.kept_back IS 'Safety stock that is there, of what is not reserved at active locations';
COMMENT ON COLUMN oms_report.stock_by_location.available IS 'What can be promised: on hand less reserved and kept back, at locations that are active';
COMMENT ON COLUMN oms_report.stock_by_location.incoming IS 'Open lines of purchase orders that were sent, and transfers in transit';
COMMENT ON COLUMN oms_report.stock_by_location.backordered IS 'What orders wait for, as the job roll_up_demand has seen them';
COMMENT ON COLUMN oms_report.stock_by_location.unsellable IS 'Units to be refurbished, sent back or looked at, which are not on hand';
COMMENT ON COLUMN oms_report.stock_by_location.value IS 'What the units on hand are worth';
COMMENT ON COLUMN oms_report.stock_by_location.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.stock_by_category WITH (security_invoker = true) AS
    SELECT c.category, count(*) AS skus, count(*) FILTER (WHERE h.on_hand > 0) AS skus_on_hand, sum(h.on_hand) AS on_hand,
           sum(h.reserved) AS reserved, sum(h.kept_back) AS kept_back, sum(h.available) AS available, sum(h.incoming) AS incoming,
           sum(h.backordered) AS backordered, sum(h.unsellable) AS unsellable, sum(h.value) AS value, min(h.currency) AS currency
    FROM oms_report.stock_by_sku AS h
    LEFT JOIN LATERAL (SELECT @ltree@.ltree2text(@ltree@.subltree(h.category::@ltree@.ltree, 0, n)) AS category
                       FROM generate_series(1, @ltree@.nlevel(h.category::@ltree@.ltree)) AS n) AS c ON true
    GROUP BY c.category;
COMMENT ON VIEW oms_report.stock_by_category IS 'What there is of each category, with those below it, now';
COMMENT ON COLUMN oms_report.stock_by_category.category IS 'Category; null: SKUs that have none';
COMMENT ON COLUMN oms_report.stock_by_category.skus IS 'SKUs of which there is something';
COMMENT ON COLUMN oms_report.stock_by_category.skus_on_hand IS 'Of these, those with units on hand';
COMMENT ON COLUMN oms_report.stock_by_category.on_hand IS 'Units physically there';
COMMENT ON COLUMN oms_report.stock_by_category.reserved IS 'Of these, promised to orders and carts';
COMMENT ON COLUMN oms_report.stock_by_category.kept_back IS 'Safety stock that is there, of what is not reserved at active locations';
COMMENT ON COLUMN oms_report.stock_by_category.available IS 'What can be promised: on hand less reserved and kept back, at locations that are active';
COMMENT ON COLUMN oms_report.stock_by_category.incoming IS 'Open lines of purchase orders that were sent, and transfers in transit';
COMMENT ON COLUMN oms_report.stock_by_category.backordered IS 'What orders wait for, as the job roll_up_demand has seen them';
COMMENT ON COLUMN oms_report.stock_by_category.unsellable IS 'Units to be refurbished, sent back or looked at, which are not on hand';
COMMENT ON COLUMN oms_report.stock_by_category.value IS 'What the units on hand are worth';
COMMENT ON COLUMN oms_report.stock_by_category.currency IS 'The base currency, in which all values are; null where there is none';

/* What there was */

CREATE OR REPLACE VIEW oms_report.stock_monthly WITH (security_invoker = true) AS
    SELECT s.code AS sku, r.category::text AS category, l.code AS location, m.month,
           (oms.sum(k.closing) OPERATOR(oms.-) coalesce(oms.sum(k.received OPERATOR(oms.-) k.shipped OPERATOR(oms.+) k.returned
                OPERATOR(oms.+) k.adjusted OPERATOR(oms.+) k.transferred) FILTER (WHERE k.month = m.month), '0'::oms.quantity))::numeric AS opening,
           coalesce(oms.sum(k.received) FILTER (WHERE k.month = m.month)::numeric, 0) AS received,
           coalesce(oms.sum(k.shipped) FILTER (WHERE k.month = m.month)::numeric, 0) AS shipped,
           coalesce(oms.sum(k.returned) FILTER (WHERE k.month = m.month)::numeric, 0) AS returned,
           coalesce(oms.sum(k.adjusted) FILTER (WHERE k.month = m.month)::numeric, 0) AS adjusted,
           coalesce(oms.sum(k.transferred) FILTER (WHERE k.month = m.month)::numeric, 0) AS transferred,
           oms.sum(k.closing)::numeric AS closing,
           coalesce(oms.sum(k.closing_value)::numeric, 0)
           - coalesce(oms.sum(k.received_value OPERATOR(oms.-) k.shipped_value OPERATOR(oms.+) k.returned_value OPERATOR(oms.+) k.adjusted_value
                OPERATOR(oms.+) k.transferred_value) FILTER (WHERE k.month = m.month)::numeric, 0) AS opening_value,
           coalesce(oms.sum(k.received_value) FILTER (WHERE k.month = m.month)::numeric, 0) AS received_value,
           coalesce(oms.sum(k.shipped_value) FILTER (WHERE k.month = m.month)::numeric, 0) AS shipped_value,
           coalesce(oms.sum(k.returned_value) FILTER (WHERE k.month = m.month)::numeric, 0) AS returned_value,
           coalesce(oms.sum(k.adjusted_value) FILTER (WHERE k.month = m.month)::numeric, 0) AS adjusted_value,
           coalesce(oms.sum(k.transferred_value) FILTER (WHERE k.month = m.month)::numeric, 0) AS transferred_value,
           coalesce(oms.sum(k.closing_value)::numeric, (SELECT b.unit * 0 FROM oms.base_unit AS b), 0) AS closing_value, (SELECT b.currency FROM oms.base_unit AS b) AS currency
    FROM oms_internal.stock_calendar() AS m(month)
    JOIN oms.stock_months AS k ON k.month <= m.month AND k.until > m.month
    JOIN oms.skus AS s ON s.sku_id = k.sku_id
    JOIN oms.locations AS l ON l.location_id = k.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id
    WHERE k.month = m.month OR k.closing OPERATOR(oms.<>) '0'::oms.quantity
    GROUP BY m.month, s.sku_id, l.location_id, r.product_id
    HAVING bool_or(k.month = m.month) OR oms.sum(k.closing) OPERATOR(oms.<>) '0'::oms.quantity;
COMMENT ON VIEW oms_report.stock_monthly IS 'What came and went of each SKU at each location in each month, and what was there. Ask for some months, SKUs or locations';
COMMENT ON COLUMN oms_report.stock_monthly.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.stock_monthly.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.stock_monthly.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.stock_monthly.month IS 'First day of the month, in the time zone of reports';
COMMENT ON COLUMN oms_report.stock_monthly.opening IS 'Units on hand before the month';
COMMENT ON COLUMN oms_report.stock_monthly.received IS 'Units of receipts';
COMMENT ON COLUMN oms_report.stock_monthly.shipped IS 'Units that left for customers';
COMMENT ON COLUMN oms_report.stock_monthly.returned IS 'Units that came back into stock';
COMMENT ON COLUMN oms_report.stock_monthly.adjusted IS 'Units found less units lost, by adjustments and counts';
COMMENT ON COLUMN oms_report.stock_monthly.transferred IS 'Units that came from other locations less those that left for them';
COMMENT ON COLUMN oms_report.stock_monthly.closing IS 'Units on hand at the end of the month, or now';
COMMENT ON COLUMN oms_report.stock_monthly.opening_value IS 'What opening was worth';
COMMENT ON COLUMN oms_report.stock_monthly.received_value IS 'What received was worth';
COMMENT ON COLUMN oms_report.stock_monthly.shipped_value IS 'What shipped had cost';
COMMENT ON COLUMN oms_report.stock_monthly.returned_value IS 'What returned had cost';
COMMENT ON COLUMN oms_report.stock_monthly.adjusted_value IS 'What adjustments, counts and revaluations have changed';
COMMENT ON COLUMN oms_report.stock_monthly.transferred_value IS 'What transfers brought less what they took';
COMMENT ON COLUMN oms_report.stock_monthly.closing_value IS 'What closing was worth';
COMMENT ON COLUMN oms_report.stock_monthly.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms.stock_months_by WITH (security_invoker = true) AS
    SELECT 'all' AS dimension, 'all' AS value, k.* FROM oms.stock_months AS k WHERE k.sku_id = 0 AND k.location_id = 0
    UNION ALL
    SELECT 'category', @ltree@.ltree2text(@ltree@.subltree(r.category, 0, n)), k.*
    FROM oms.stock_months AS k
    JOIN oms.skus AS s ON s.sku_id = k.sku_id
    JOIN oms.products AS r ON r.product_id = s.product_id
    CROSS JOIN LATERAL generate_series(1, @ltree@.nlevel(r.category)) AS n
    WHERE k.location_id = 0
    UNION ALL
    SELECT 'sku', s.code, k.*
    FROM oms.stock_months AS k
    JOIN oms.skus AS s ON s.sku_id = k.sku_id
    WHERE k.location_id = 0
    UNION ALL
    SELECT 'location', l.code, k.*
    FROM oms.stock_months AS k
    JOIN oms.locations AS l ON l.location_id = k.location_id
    WHERE k.sku_id = 0;
COMMENT ON VIEW oms.stock_months_by IS 'Rows of oms.stock_months per dimension and value: all, category with those above it, SKU and location. Ask for one dimension';

CREATE OR REPLACE VIEW oms_report.stock_trend WITH (security_invoker = true) AS
    SELECT t.dimension, t.value, g.month::date AS month, t.opening + CASE WHEN o.moved THEN 0 ELSE t.change END AS opening,
           CASE WHEN o.moved THEN t.received ELSE 0 END AS received, CASE WHEN o.moved THEN t.shipped ELSE 0 END AS shipped,
           CASE WHEN o.moved THEN t.returned ELSE 0 END AS returned, CASE WHEN o.moved THEN t.adjusted ELSE 0 END AS adjusted,
           CASE WHEN o.moved THEN t.transferred ELSE 0 END AS transferred, t.opening + t.change AS closing,
           t.opening_value + CASE WHEN o.moved THEN 0 ELSE t.change_value END AS opening_value,
           CASE WHEN o.moved THEN t.received_value ELSE 0 END AS received_value,
           CASE WHEN o.moved THEN t.shipped_value - t.returned_value ELSE 0 END AS cost,
           CASE WHEN o.moved THEN t.adjusted_value ELSE 0 END AS adjusted_value,
           CASE WHEN o.moved THEN t.transferred_value ELSE 0 END AS transferred_value,
           t.opening_value + t.change_value AS closing_value, t.currency
    FROM (SELECT c.*, lead(c.month) OVER w AS next_month,
                 sum(c.change) OVER w - c.change AS opening, sum(c.change_value) OVER w - c.change_value AS opening_value
          FROM (SELECT a.*, a.received - a.shipped + a.returned + a.adjusted + a.transferred AS change,
                       a.received_value - a.shipped_value + a.returned_value + a.adjusted_value + a.transferred_value AS change_value
                FROM (SELECT k.dimension, k.value, k.month, oms.sum(k.received)::numeric AS received, oms.sum(k.shipped)::numeric AS shipped,
                             oms.sum(k.returned)::numeric AS returned, oms.sum(k.adjusted)::numeric AS adjusted,
                             oms.sum(k.transferred)::numeric AS transferred, coalesce(oms.sum(k.received_value)::numeric, 0) AS received_value,
                             coalesce(oms.sum(k.shipped_value)::numeric, 0) AS shipped_value,
                             coalesce(oms.sum(k.returned_value)::numeric, 0) AS returned_value,
                             coalesce(oms.sum(k.adjusted_value)::numeric, 0) AS adjusted_value,
                             coalesce(oms.sum(k.transferred_value)::numeric, 0) AS transferred_value,
                             (SELECT b.currency FROM oms.base_unit AS b) AS currency
                      FROM oms.stock_months_by AS k
                      GROUP BY k.dimension, k.value, k.month) AS a) AS c
          WINDOW w AS (PARTITION BY c.dimension, c.value ORDER BY c.month)) AS t
    CROSS JOIN LATERAL generate_series(t.month::timestamp,
                                       coalesce(t.next_month - interval '1 month', (SELECT oms_internal.report_month())), '1 month') AS g(month)
    CROSS JOIN LATERAL (SELECT g.month = t.month AS moved) AS o;
COMMENT ON VIEW oms_report.stock_trend IS 'What came and went in each month, and what was there, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.stock_trend.dimension IS 'all, category with those above it, location or sku; ask for one';
COMMENT ON COLUMN oms_report.stock_trend.value IS 'all, the category, or the code of the location or SKU';
COMMENT ON COLUMN oms_report.stock_trend.month IS 'First day of the month, in the time zone of reports';
COMMENT ON COLUMN oms_report.stock_trend.opening IS 'Units on hand before the month';
COMMENT ON COLUMN oms_report.stock_trend.received IS 'Units of receipts';
COMMENT ON COLUMN oms_report.stock_trend.shipped IS 'Units that left for customers';
COMMENT ON COLUMN oms_report.stock_trend.returned IS 'Units that came back into stock';
COMMENT ON COLUMN oms_report.stock_trend.adjusted IS 'Units found less units lost, by adjustments and counts';
COMMENT ON COLUMN oms_report.stock_trend.transferred IS 'Units that came by transfer less those that left; over several locations what is in transit is missing';
COMMENT ON COLUMN oms_report.stock_trend.closing IS 'Units on hand at the end of the month, or now';
COMMENT ON COLUMN oms_report.stock_trend.opening_value IS 'What opening was worth';
COMMENT ON COLUMN oms_report.stock_trend.received_value IS 'What received was worth';
COMMENT ON COLUMN oms_report.stock_trend.cost IS 'Cost of goods sold: what shipped had cost less what returned had';
COMMENT ON COLUMN oms_report.stock_trend.adjusted_value IS 'What adjustments, counts and revaluations have changed';
COMMENT ON COLUMN oms_report.stock_trend.transferred_value IS 'What transfers brought less what they took';
COMMENT ON COLUMN oms_report.stock_trend.closing_value IS 'What closing was worth';
COMMENT ON COLUMN oms_report.stock_trend.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.sell_through WITH (security_invoker = true) AS
    SELECT t.dimension, t.value, t.month, t.opening, t.received, t.shipped - t.returned AS sold, t.closing,
           round((t.shipped - t.returned) / nullif(t.shipped - t.returned + t.closing, 0), 4) AS rate
    FROM oms_report.stock_trend AS t;
COMMENT ON VIEW oms_report.sell_through IS 'How much of what could be sold was sold in each month, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.sell_through.dimension IS 'all, category with those above it, location or sku; ask for one';
COMMENT ON COLUMN oms_report.sell_through.value IS 'all, the category, or the code of the location or SKU';
COMMENT ON COLUMN oms_report.sell_through.month IS 'First day of the month, in the time zone of reports';
COMMENT ON COLUMN oms_report.sell_through.opening IS 'Units on hand before the month';
COMMENT ON COLUMN oms_report.sell_through.received IS 'Units of receipts';
COMMENT ON COLUMN oms_report.sell_through.sold IS 'Shipped less returned';
COMMENT ON COLUMN oms_report.sell_through.closing IS 'Units on hand at the end of the month, or now';
COMMENT ON COLUMN oms_report.sell_through.rate IS 'sold / (sold + closing); null where there was nothing';

/*
 * A row has what was there at the end of its month and of each until the next row,
 * so that means are sums over rows. Days between first days of months, which are at
 * most three more or less than so many times 30.44, give the number of months.
 */
CREATE OR REPLACE VIEW oms_report.stock_turnover WITH (security_invoker = true) AS
    SELECT t.dimension, t.value, t.since, t.days, t.cost, round(t.average_value, 2) AS average_value, t.stock_value,
           round(t.cost * 365 / t.days / nullif(t.average_value, 0), 2) AS turnover,
           round(t.average_value * t.days / nullif(t.cost, 0), 1) AS inventory_days, t.currency
    FROM (SELECT s.dimension, s.value, s.since, s.today - s.since + 1 AS days, s.cost, s.stock_value, s.currency,
                 s.values / (round((s.next - s.since) / 30.44) + 1) AS average_value
          FROM (SELECT k.dimension, k.value, w.today, w.next, min(greatest(k.month, w.first)) AS since,
                       coalesce(oms.sum(k.shipped_value OPERATOR(oms.-) k.returned_value) FILTER (WHERE k.month >= w.first)::numeric, 0) AS cost,
                       coalesce(oms.sum(k.closing_value) FILTER (WHERE k.until >= w.next)::numeric, 0) AS stock_value,
                       coalesce(sum(k.closing_value::numeric * round(greatest(least(k.until, w.next) - greatest(k.month, w.before), 0) / 30.44)), 0)
                           AS values,
                       (SELECT b.currency FROM oms.base_unit AS b) AS currency
                FROM oms.stock_months_by AS k
                CROSS JOIN (SELECT d.today, (d.month - interval '1 year')::date AS before, (d.month - interval '11 months')::date AS first,
                                   (d.month + interval '1 month')::date AS next
                            FROM (SELECT oms_internal.report_today() AS today, oms_internal.report_month() AS month OFFSET 0) AS d
                            OFFSET 0) AS w
                GROUP BY k.dimension, k.value, w.today, w.next) AS s) AS t;
COMMENT ON VIEW oms_report.stock_turnover IS 'How fast stock turns, over this month and the eleven before, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.stock_turnover.dimension IS 'all, category with those above it, location or sku; ask for one';
COMMENT ON COLUMN oms_report.stock_turnover.value IS 'all, the category, or the code of the location or SKU';
COMMENT ON COLUMN oms_report.stock_turnover.since IS 'First of these months in which there was something';
COMMENT ON COLUMN oms_report.stock_turnover.days IS 'From then to today';
COMMENT ON COLUMN oms_report.stock_turnover.cost IS 'Cost of goods sold in these days';
COMMENT ON COLUMN oms_report.stock_turnover.average_value IS 'Mean of what stock was worth at the beginning and at the end of each month, of the last one now';
COMMENT ON COLUMN oms_report.stock_turnover.stock_value IS 'What it is worth now';
COMMENT ON COLUMN oms_report.stock_turnover.turnover IS 'How often stock was sold in a year: cost × 365 / days / average_value';
COMMENT ON COLUMN oms_report.stock_turnover.inventory_days IS 'For how many days it lasts at cost: average_value × days / cost';
COMMENT ON COLUMN oms_report.stock_turnover.currency IS 'The base currency, in which all values are; null where there is none';

/* How old it is */

/*
 * Layer 0 holds the oldest units of a SKU at a location, all of them at the
 * moving average: those that came in last, but for as many as are in younger
 * layers. What nobody has seen coming counts as old as the first that came.
 */
CREATE OR REPLACE VIEW oms_report.stock_ageing WITH (security_invoker = true) AS
WITH younger AS (
    SELECT y.sku_id, y.location_id, oms.sum(y.quantity) AS quantity
    FROM oms.cost_layers AS y
    WHERE y.layer_id > 0
    GROUP BY y.sku_id, y.location_id
), inbound AS (
    SELECT m.sku_id, m.location_id, m.occurred_at, oms.sum(m.quantity) OVER w OPERATOR(oms.-) m.quantity AS since,
           CASE WHEN lead(m.sku_id) OVER w IS NOT NULL THEN oms.sum(m.quantity) OVER w END AS until
    FROM oms.stock_movements AS m
    WHERE m.quantity OPERATOR(oms.>) '0'::oms.quantity
    WINDOW w AS (PARTITION BY m.sku_id, m.location_id ORDER BY m.occurred_at DESC ROWS UNBOUNDED PRECEDING)
), part AS (
    SELECT y.sku_id, y.location_id, y.received_at, y.quantity, y.value::numeric AS value
    FROM oms.cost_layers AS y
    WHERE y.layer_id > 0 AND y.quantity OPERATOR(oms.>) '0'::oms.quantity
    UNION ALL
    SELECT y.sku_id, y.location_id, coalesce(i.occurred_at, y.received_at), q.quantity,
           CASE WHEN q.quantity OPERATOR(oms.=) y.quantity THEN y.value::numeric
                ELSE round(y.value::numeric * q.until::numeric / y.quantity::numeric, scale(y.value::numeric))
                     - round(y.value::numeric * q.since::numeric / y.quantity::numeric, scale(y.value::numeric)) END
    FROM oms.cost_layers AS y
    LEFT JOIN inbound AS i ON i.sku_id = y.sku_id AND i.location_id = y.location_id
    LEFT JOIN younger AS o ON o.sku_id = y.sku_id AND o.location_id = y.location_id
    CROSS JOIN LATERAL (
        SELECT u.since, u.until, u.until OPERATOR(oms.-) u.since AS quantity
        FROM (SELECT greatest(i.since OPERATOR(oms.-) coalesce(o.quantity, '0'), '0') AS since,
                     least(i.until OPERATOR(oms.-) coalesce(o.quantity, '0'), y.quantity) AS until) AS u) AS q
    WHERE y.layer_id = 0 AND y.quantity OPERATOR(oms.>) '0'::oms.quantity AND q.quantity OPERATOR(oms.>) '0'::oms.quantity
)
SELECT s.code AS sku, r.category::text AS category, l.code AS location, a.received_on, d.today - a.received_on AS age_days, g.band,
       (ARRAY['0-30', '31-60', '61-90', '91-180', '181-365', 'over 365'])[g.band] AS age_class, p.quantity::numeric AS quantity,
       coalesce(p.value, (SELECT b.unit * 0 FROM oms.base_unit AS b), 0) AS value, (SELECT b.currency FROM oms.base_unit AS b) AS currency
FROM part AS p
CROSS JOIN (
    SELECT z.zone, z.today, ARRAY(SELECT (z.today - n)::timestamp AT TIME ZONE z.zone FROM unnest('{365,180,90,60,30}'::integer[]) AS n) AS classes
    FROM (SELECT oms_internal.report_time_zone() AS zone, oms_internal.report_today() AS today OFFSET 0) AS z
    OFFSET 0) AS d
CROSS JOIN LATERAL (SELECT (p.received_at AT TIME ZONE d.zone)::date AS received_on) AS a
CROSS JOIN LATERAL (SELECT 6 - width_bucket(p.received_at, d.classes) AS band) AS g
LEFT JOIN oms.skus AS s ON s.sku_id = p.sku_id
LEFT JOIN oms.locations AS l ON l.location_id = p.location_id
LEFT JOIN oms.products AS r ON r.product_id = s.product_id;
COMMENT ON VIEW oms_report.stock_ageing IS 'When what is on hand came in, first in, first out';
COMMENT ON COLUMN oms_report.stock_ageing.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.stock_ageing.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.stock_ageing.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.stock_ageing.received_on IS 'Day on which they came to the location';
COMMENT ON COLUMN oms_report.stock_ageing.age_days IS 'Days since then';
COMMENT ON COLUMN oms_report.stock_ageing.band IS 'Class of that, 1 to 6, the youngest first';
COMMENT ON COLUMN oms_report.stock_ageing.age_class IS '0-30, 31-60, 61-90, 91-180, 181-365 or over 365 days';
COMMENT ON COLUMN oms_report.stock_ageing.quantity IS 'Units of it that are on hand';
COMMENT ON COLUMN oms_report.stock_ageing.value IS 'What they are worth';
COMMENT ON COLUMN oms_report.stock_ageing.currency IS 'The base currency, in which all values are; null where there is none';
