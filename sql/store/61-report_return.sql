/* sql/store/61-report_return.sql: what comes back, how often and why */

CREATE TABLE oms.delivered_lines (
    order_id bigint NOT NULL,
    line_no integer NOT NULL,
    fulfillment_no integer NOT NULL,
    delivered_on date NOT NULL,
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    channel_id integer NOT NULL,
    customer_id bigint,
    category text,
    currency text NOT NULL,
    delivered oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    returned_in_time oms.quantity NOT NULL,
    delivered_value numeric,
    returned_value numeric,
    CONSTRAINT delivered_lines_pkey PRIMARY KEY (order_id, line_no, fulfillment_no)
) WITH (fillfactor = 90);
CREATE INDEX delivered_lines_delivered_on_idx ON oms.delivered_lines (delivered_on);
CREATE INDEX delivered_lines_sku_id_idx ON oms.delivered_lines (sku_id);
COMMENT ON TABLE oms.delivered_lines IS 'What order lines count for in oms.delivered_monthly, so that a line that changes counts by the difference';
COMMENT ON COLUMN oms.delivered_lines.delivered_on IS 'By the time zone of reports';
COMMENT ON COLUMN oms.delivered_lines.location_id IS 'That shipped them';
COMMENT ON COLUMN oms.delivered_lines.category IS 'Of the SKU''s product when it was counted';
COMMENT ON COLUMN oms.delivered_lines.delivered_value IS 'In the base currency; null where no rate is known';

CREATE TABLE oms.delivered_monthly (
    dimension text NOT NULL,
    key text NOT NULL,
    month date NOT NULL,
    orders bigint NOT NULL,
    delivered oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    returned_in_time oms.quantity NOT NULL,
    delivered_value numeric NOT NULL,
    returned_value numeric NOT NULL,
    CONSTRAINT delivered_monthly_pkey PRIMARY KEY (dimension, key, month)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.delivered_monthly IS 'Sums of oms.delivered_lines by the month of the delivery, kept by the job roll_up_reports';
COMMENT ON COLUMN oms.delivered_monthly.dimension IS 'all, sku, category, channel, customer or location';
COMMENT ON COLUMN oms.delivered_monthly.key IS 'Id of the dimension''s value, or the category';
COMMENT ON COLUMN oms.delivered_monthly.orders IS 'Orders of which something was delivered in this month first';

CREATE TABLE oms.returned_lines (
    order_id bigint NOT NULL,
    return_no integer NOT NULL,
    line_no integer NOT NULL,
    receipt_no integer NOT NULL,
    received_on date NOT NULL,
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    channel_id integer NOT NULL,
    customer_id bigint,
    reason text,
    fault text NOT NULL,
    units oms.quantity NOT NULL,
    value numeric,
    CONSTRAINT returned_lines_pkey PRIMARY KEY (order_id, return_no, line_no, receipt_no)
);
CREATE INDEX returned_lines_received_on_idx ON oms.returned_lines (received_on);
CREATE INDEX returned_lines_sku_id_idx ON oms.returned_lines (sku_id);
COMMENT ON TABLE oms.returned_lines IS 'What came back, as reports count it, kept by the job roll_up_reports';
COMMENT ON COLUMN oms.returned_lines.received_on IS 'By the time zone of reports';
COMMENT ON COLUMN oms.returned_lines.location_id IS 'Where it came';
COMMENT ON COLUMN oms.returned_lines.reason IS 'Of the line, else of the return';
COMMENT ON COLUMN oms.returned_lines.value IS 'In the base currency; null where no rate is known';

CREATE TABLE oms.inspected_lines (
    order_id bigint NOT NULL,
    return_no integer NOT NULL,
    inspection_no integer NOT NULL,
    inspected_on date NOT NULL,
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    disposition text NOT NULL,
    grade text,
    units oms.quantity NOT NULL,
    CONSTRAINT inspected_lines_pkey PRIMARY KEY (order_id, return_no, inspection_no)
);
COMMENT ON TABLE oms.inspected_lines IS 'What became of what came back, as reports count it, kept by the job roll_up_reports';
COMMENT ON COLUMN oms.inspected_lines.inspected_on IS 'By the time zone of reports';

CREATE TABLE oms.returns_daily (
    day date NOT NULL,
    channel_id integer NOT NULL,
    delivered oms.quantity NOT NULL,
    delivered_value numeric NOT NULL,
    returned oms.quantity NOT NULL,
    returned_value numeric NOT NULL,
    CONSTRAINT returns_daily_pkey PRIMARY KEY (day, channel_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.returns_daily IS 'Sums of oms.delivered_lines and oms.returned_lines by the day of each, kept by the job roll_up_reports';

CREATE TABLE oms.recategorized_skus (
    sku_id bigint NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT recategorized_skus_pkey PRIMARY KEY (sku_id, transaction_id)
);
COMMENT ON TABLE oms.recategorized_skus IS 'SKUs whose category has changed, until no order counts in another; a row for each transaction, so that none is forgotten that was not seen';

CREATE TRIGGER note_recategorized AFTER UPDATE OF category ON oms.products
    FOR EACH ROW WHEN (OLD.category::text IS DISTINCT FROM NEW.category::text)
    EXECUTE FUNCTION oms_internal.note_recategorized();
CREATE TRIGGER note_recategorized AFTER UPDATE OF product_id ON oms.skus
    FOR EACH ROW WHEN (OLD.product_id IS DISTINCT FROM NEW.product_id)
    EXECUTE FUNCTION oms_internal.note_recategorized();

/* row by row */

/*
 * Returns lag sales: in time is what came within the days of exposure
 * (settings, return_days) after the delivery, and mature is a delivery that is
 * so old.
 */
CREATE OR REPLACE VIEW oms_report.delivered_units WITH (security_invoker = true) AS
WITH unread AS MATERIALIZED (
    SELECT oms_internal.unread_returns() AS order_ids
), unit AS (
    SELECT d.*
    FROM oms.delivered_lines AS d
    WHERE NOT EXISTS (SELECT FROM unnest((SELECT n.order_ids FROM unread AS n)) AS n(order_id) WHERE n.order_id = d.order_id)
    UNION ALL
    SELECT * FROM oms_internal.delivered_parts((SELECT n.order_ids FROM unread AS n))
)
SELECT u.order_id, u.line_no, u.fulfillment_no, u.delivered_on, u.delivered_on <= t.mature_on AS mature,
       ch.code AS channel, u.customer_id, l.code AS location, s.code AS sku, u.category, u.currency,
       u.delivered::numeric AS delivered, u.returned::numeric AS returned, u.returned_in_time::numeric AS returned_in_time,
       u.delivered_value, u.returned_value, (SELECT oms_internal.base_currency()) AS base_currency
FROM unit AS u
CROSS JOIN (SELECT (SELECT oms_internal.report_today()) - oms_internal.return_days() AS mature_on) AS t
JOIN oms.channels AS ch ON ch.channel_id = u.channel_id
JOIN oms.locations AS l ON l.location_id = u.location_id
JOIN oms.skus AS s ON s.sku_id = u.sku_id;
COMMENT ON VIEW oms_report.delivered_units IS 'Units of order lines that were delivered together, and what of them came back. Ask for days, a SKU or an order';
COMMENT ON COLUMN oms_report.delivered_units.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.delivered_units.line_no IS 'Line of the order';
COMMENT ON COLUMN oms_report.delivered_units.fulfillment_no IS 'Fulfillment of the order that brought them';
COMMENT ON COLUMN oms_report.delivered_units.delivered_on IS 'Day of the delivery or the pick-up, by the time zone of reports';
COMMENT ON COLUMN oms_report.delivered_units.mature IS 'Delivered so long ago that what comes back in time has come';
COMMENT ON COLUMN oms_report.delivered_units.channel IS 'Code of the channel that sold them';
COMMENT ON COLUMN oms_report.delivered_units.customer_id IS 'Number of the customer; null: the order has none';
COMMENT ON COLUMN oms_report.delivered_units.location IS 'Code of the location that shipped them';
COMMENT ON COLUMN oms_report.delivered_units.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.delivered_units.category IS 'Category of its product, from the most general on: apparel.shirts; null: none';
COMMENT ON COLUMN oms_report.delivered_units.currency IS 'Of the order';
COMMENT ON COLUMN oms_report.delivered_units.delivered IS 'Units';
COMMENT ON COLUMN oms_report.delivered_units.returned IS 'Of these, units that came back';
COMMENT ON COLUMN oms_report.delivered_units.returned_in_time IS 'That came back within the days of exposure: settings, return_days, by default 30';
COMMENT ON COLUMN oms_report.delivered_units.delivered_value IS 'What the customer pays for them, with tax and less discounts, in the base currency by the order''s rate; null if the rate is not known';
COMMENT ON COLUMN oms_report.delivered_units.returned_value IS 'What of it is for what came back';
COMMENT ON COLUMN oms_report.delivered_units.base_currency IS 'Currency of the values';

CREATE OR REPLACE VIEW oms_report.delivered_units_by WITH (security_invoker = true) AS
SELECT 'all' AS dimension, 'all' AS value, u.* FROM oms_report.delivered_units AS u
UNION ALL
SELECT 'sku', u.sku, u.* FROM oms_report.delivered_units AS u
UNION ALL
SELECT 'category', array_to_string((string_to_array(u.category, '.'))[:n], '.'), u.*
FROM oms_report.delivered_units AS u, generate_series(1, cardinality(string_to_array(u.category, '.'))) AS n
UNION ALL
SELECT 'channel', u.channel, u.* FROM oms_report.delivered_units AS u
UNION ALL
SELECT 'customer', u.customer_id::text, u.* FROM oms_report.delivered_units AS u WHERE u.customer_id IS NOT NULL
UNION ALL
SELECT 'location', u.location, u.* FROM oms_report.delivered_units AS u;
COMMENT ON VIEW oms_report.delivered_units_by IS 'The same per dimension: all, sku, category with those above it, channel, customer and location. Ask for one dimension, and days';
COMMENT ON COLUMN oms_report.delivered_units_by.dimension IS 'all, sku, category, channel, customer or location';
COMMENT ON COLUMN oms_report.delivered_units_by.value IS 'Code of the SKU, channel or location that shipped, the category, or the customer''s number';
COMMENT ON COLUMN oms_report.delivered_units_by.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.delivered_units_by.line_no IS 'Line of the order';
COMMENT ON COLUMN oms_report.delivered_units_by.fulfillment_no IS 'Fulfillment of the order that brought them';
COMMENT ON COLUMN oms_report.delivered_units_by.delivered_on IS 'Day of the delivery or the pick-up, by the time zone of reports';
COMMENT ON COLUMN oms_report.delivered_units_by.mature IS 'Delivered so long ago that what comes back in time has come';
COMMENT ON COLUMN oms_report.delivered_units_by.channel IS 'Code of the channel that sold them';
COMMENT ON COLUMN oms_report.delivered_units_by.customer_id IS 'Number of the customer; null: the order has none';
COMMENT ON COLUMN oms_report.delivered_units_by.location IS 'Code of the location that shipped them';
COMMENT ON COLUMN oms_report.delivered_units_by.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.delivered_units_by.category IS 'Category of its product, from the most general on: apparel.shirts; null: none';
COMMENT ON COLUMN oms_report.delivered_units_by.currency IS 'Of the order';
COMMENT ON COLUMN oms_report.delivered_units_by.delivered IS 'Units';
COMMENT ON COLUMN oms_report.delivered_units_by.returned IS 'Of these, units that came back';
COMMENT ON COLUMN oms_report.delivered_units_by.returned_in_time IS 'That came back within the days of exposure: settings, return_days, by default 30';
COMMENT ON COLUMN oms_report.delivered_units_by.delivered_value IS 'What the customer pays for them, with tax and less discounts, in the base currency by the order''s rate; null if the rate is not known';
COMMENT ON COLUMN oms_report.delivered_units_by.returned_value IS 'What of it is for what came back';
COMMENT ON COLUMN oms_report.delivered_units_by.base_currency IS 'Currency of the values';

CREATE OR REPLACE VIEW oms.return_facts WITH (security_invoker = true) AS
WITH unread AS MATERIALIZED (
    SELECT oms_internal.unread_orders() AS order_ids
)
SELECT u.order_id, u.return_no, u.line_no, u.receipt_no, u.received_on, u.sku_id, u.location_id, u.channel_id, u.customer_id,
       CASE WHEN w.code IS NOT NULL THEN w.code WHEN u.reason IS NULL THEN 'none' ELSE 'other' END AS reason, u.fault, u.units, u.value
FROM (SELECT d.*
      FROM oms.returned_lines AS d
      WHERE NOT EXISTS (SELECT FROM unnest((SELECT n.order_ids FROM unread AS n)) AS n(order_id) WHERE n.order_id = d.order_id)
      UNION ALL
      SELECT * FROM oms_internal.returned_parts((SELECT n.order_ids FROM unread AS n))) AS u
LEFT JOIN oms.return_reasons AS w ON w.code = u.reason;
COMMENT ON VIEW oms.return_facts IS 'What came back, each time some came, of orders that the job has counted and of the others';
COMMENT ON COLUMN oms.return_facts.reason IS 'A code of return_reasons; other: words of the customer; none: nothing was said';

CREATE OR REPLACE VIEW oms_report.returned_units WITH (security_invoker = true) AS
SELECT u.order_id, u.return_no, u.line_no, u.receipt_no, u.received_on, ch.code AS channel, u.customer_id, l.code AS location,
       s.code AS sku, p.category::text AS category,
       u.reason, u.fault,
       u.units::numeric AS units, u.value AS returned_value, (SELECT oms_internal.base_currency()) AS base_currency
FROM oms.return_facts AS u
JOIN oms.channels AS ch ON ch.channel_id = u.channel_id
JOIN oms.locations AS l ON l.location_id = u.location_id
JOIN oms.skus AS s ON s.sku_id = u.sku_id
LEFT JOIN oms.products AS p ON p.product_id = s.product_id;
COMMENT ON VIEW oms_report.returned_units IS 'Units that came back, each time some came';
COMMENT ON COLUMN oms_report.returned_units.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.returned_units.return_no IS 'Return of the order';
COMMENT ON COLUMN oms_report.returned_units.line_no IS 'Line of the order';
COMMENT ON COLUMN oms_report.returned_units.receipt_no IS 'Of what came together of a return';
COMMENT ON COLUMN oms_report.returned_units.received_on IS 'Day on which they came, by the time zone of reports';
COMMENT ON COLUMN oms_report.returned_units.channel IS 'Code of the channel that had sold them';
COMMENT ON COLUMN oms_report.returned_units.customer_id IS 'Number of the customer; null: the order has none';
COMMENT ON COLUMN oms_report.returned_units.location IS 'Code of the location where they came';
COMMENT ON COLUMN oms_report.returned_units.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.returned_units.category IS 'Category of its product; null: none';
COMMENT ON COLUMN oms_report.returned_units.reason IS 'Code of the line''s reason, else of the return''s; other: words of the customer; none: nothing was said';
COMMENT ON COLUMN oms_report.returned_units.fault IS 'Whose fault it was: customer, seller or carrier';
COMMENT ON COLUMN oms_report.returned_units.units IS 'Units that came';
COMMENT ON COLUMN oms_report.returned_units.returned_value IS 'What the customer had paid for them, with tax and less discounts, in the base currency by the order''s rate; null if the rate is not known';
COMMENT ON COLUMN oms_report.returned_units.base_currency IS 'Currency of the value';

CREATE OR REPLACE VIEW oms_report.returned_units_by WITH (security_invoker = true) AS
SELECT 'all' AS dimension, 'all' AS value, u.* FROM oms_report.returned_units AS u
UNION ALL
SELECT 'sku', u.sku, u.* FROM oms_report.returned_units AS u
UNION ALL
SELECT 'category', array_to_string((string_to_array(u.category, '.'))[:n], '.'), u.*
FROM oms_report.returned_units AS u, generate_series(1, cardinality(string_to_array(u.category, '.'))) AS n
UNION ALL
SELECT 'channel', u.channel, u.* FROM oms_report.returned_units AS u
UNION ALL
SELECT 'customer', u.customer_id::text, u.* FROM oms_report.returned_units AS u WHERE u.customer_id IS NOT NULL
UNION ALL
SELECT 'location', u.location, u.* FROM oms_report.returned_units AS u;
COMMENT ON VIEW oms_report.returned_units_by IS 'The same per dimension: all, sku, category with those above it, channel, customer and location. Ask for one dimension';
COMMENT ON COLUMN oms_report.returned_units_by.dimension IS 'all, sku, category, channel, customer or location';
COMMENT ON COLUMN oms_report.returned_units_by.value IS 'Code of the SKU, channel or location where they came, the category, or the customer''s number';
COMMENT ON COLUMN oms_report.returned_units_by.returned_value IS 'What the customer had paid for them, with tax and less discounts, in the base currency by the order''s rate; null if the rate is not known';
COMMENT ON COLUMN oms_report.returned_units_by.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.returned_units_by.return_no IS 'Return of the order';
COMMENT ON COLUMN oms_report.returned_units_by.line_no IS 'Line of the order';
COMMENT ON COLUMN oms_report.returned_units_by.receipt_no IS 'Of what came together of a return';
COMMENT ON COLUMN oms_report.returned_units_by.received_on IS 'Day on which they came, by the time zone of reports';
COMMENT ON COLUMN oms_report.returned_units_by.channel IS 'Code of the channel that had sold them';
COMMENT ON COLUMN oms_report.returned_units_by.customer_id IS 'Number of the customer; null: the order has none';
COMMENT ON COLUMN oms_report.returned_units_by.location IS 'Code of the location where they came';
COMMENT ON COLUMN oms_report.returned_units_by.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.returned_units_by.category IS 'Category of its product; null: none';
COMMENT ON COLUMN oms_report.returned_units_by.reason IS 'Code of the line''s reason, else of the return''s; other: words of the customer; none: nothing was said';
COMMENT ON COLUMN oms_report.returned_units_by.fault IS 'Whose fault it was: customer, seller or carrier';
COMMENT ON COLUMN oms_report.returned_units_by.units IS 'Units that came';
COMMENT ON COLUMN oms_report.returned_units_by.base_currency IS 'Currency of the value';
