/* sql/store/64-report_profit.sql: what orders have earned, counted by the job roll_up_reports, and views of it */

/* as last counted, so that what differs can be added to the sums */
CREATE TABLE oms.profit_orders (
    order_id bigint NOT NULL,
    day date NOT NULL,
    channel_id integer NOT NULL,
    customer_id bigint,
    orders integer NOT NULL,
    purchases integer NOT NULL,
    shipments integer NOT NULL,
    uncosted_shipments integer NOT NULL,
    unvalued_orders integer NOT NULL,
    units oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    net_sales bigint NOT NULL,
    net_revenue bigint NOT NULL,
    shipping bigint NOT NULL,
    restocking_fees bigint NOT NULL,
    cost bigint NOT NULL,
    payment_fees bigint NOT NULL,
    marketplace_fees bigint NOT NULL,
    shipping_cost bigint NOT NULL,
    CONSTRAINT profit_orders_pkey PRIMARY KEY (order_id)
);
CREATE INDEX profit_orders_customer_id_idx ON oms.profit_orders (customer_id, day, order_id) WHERE purchases > 0;
CREATE INDEX profit_orders_day_idx ON oms.profit_orders (day);
COMMENT ON TABLE oms.profit_orders IS 'What orders have earned, as it is counted by the job roll_up_reports: of all that sales count, and of others that have cost something. Money in minor units of the base currency';
COMMENT ON COLUMN oms.profit_orders.day IS 'When it was placed, in the time zone of reports';
COMMENT ON COLUMN oms.profit_orders.orders IS '1: counted in sales; 0: cancelled, or a replacement';
COMMENT ON COLUMN oms.profit_orders.purchases IS 'The same, but 0 of an exchange, which is no new purchase of the customer';
COMMENT ON COLUMN oms.profit_orders.uncosted_shipments IS 'Shipments of which the cost is not known';
COMMENT ON COLUMN oms.profit_orders.unvalued_orders IS '1: some of it has no value in the base currency, as no rate was known';
COMMENT ON COLUMN oms.profit_orders.net_revenue IS 'For goods that have left, less discounts and what was credited, without tax';

CREATE TABLE oms.profit_lines (
    order_id bigint NOT NULL,
    line_no integer NOT NULL,
    sku_id bigint NOT NULL,
    day date NOT NULL,
    channel_id integer NOT NULL,
    units oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    unvalued oms.quantity NOT NULL,
    net_revenue bigint NOT NULL,
    cost bigint NOT NULL,
    CONSTRAINT profit_lines_pkey PRIMARY KEY (order_id, line_no)
);
COMMENT ON TABLE oms.profit_lines IS 'What lines of these orders have earned and cost; money in minor units of the base currency';
COMMENT ON COLUMN oms.profit_lines.units IS 'That have left';
COMMENT ON COLUMN oms.profit_lines.returned IS 'That came back to stock';
COMMENT ON COLUMN oms.profit_lines.unvalued IS 'Units of stock that left without a known cost; of kits those of their components';

CREATE TABLE oms.profit_days (
    day date NOT NULL,
    channel_id integer NOT NULL,
    orders bigint NOT NULL,
    counted bigint NOT NULL,
    shipments bigint NOT NULL,
    uncosted_shipments bigint NOT NULL,
    unvalued_orders bigint NOT NULL,
    net_sales bigint NOT NULL,
    net_revenue bigint NOT NULL,
    shipping bigint NOT NULL,
    restocking_fees bigint NOT NULL,
    cost bigint NOT NULL,
    payment_fees bigint NOT NULL,
    marketplace_fees bigint NOT NULL,
    shipping_cost bigint NOT NULL,
    CONSTRAINT profit_days_pkey PRIMARY KEY (day, channel_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE oms.profit_days IS 'Sums of oms.profit_orders by the day of the order and channel';
COMMENT ON COLUMN oms.profit_days.counted IS 'Rows behind it';

CREATE TABLE oms.profit_skus (
    month date NOT NULL,
    sku_id bigint NOT NULL,
    channel_id integer NOT NULL,
    counted bigint NOT NULL,
    units oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    unvalued oms.quantity NOT NULL,
    net_revenue bigint NOT NULL,
    cost bigint NOT NULL,
    CONSTRAINT profit_skus_pkey PRIMARY KEY (month, sku_id, channel_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE oms.profit_skus IS 'Sums of oms.profit_lines by the month of the order, SKU and channel';
COMMENT ON COLUMN oms.profit_skus.counted IS 'Rows behind it';

/* Sums, and what the job has not read yet */
CREATE OR REPLACE VIEW oms_report.profit_by_channel WITH (security_invoker = true) AS
WITH base AS MATERIALIZED (
    SELECT * FROM oms.base_unit
), total AS (
    SELECT p.day, p.channel_id, sum(p.orders) AS orders, sum(p.counted) AS counted, sum(p.shipments) AS shipments,
           sum(p.uncosted_shipments) AS uncosted_shipments, sum(p.unvalued_orders) AS unvalued_orders, sum(p.net_sales) AS net_sales,
           sum(p.net_revenue) AS net_revenue, sum(p.shipping) AS shipping, sum(p.restocking_fees) AS restocking_fees,
           sum(p.cost) AS cost, sum(p.payment_fees) AS payment_fees, sum(p.marketplace_fees) AS marketplace_fees,
           sum(p.shipping_cost) AS shipping_cost,
           sum(p.net_revenue + p.shipping + p.restocking_fees) AS income,
           sum(p.net_revenue + p.shipping + p.restocking_fees - p.cost - p.payment_fees - p.marketplace_fees - p.shipping_cost)
               AS gross_profit
    FROM (SELECT d.day, d.channel_id, d.orders, d.counted, d.shipments, d.uncosted_shipments, d.unvalued_orders, d.net_sales,
                 d.net_revenue, d.shipping, d.restocking_fees, d.cost, d.payment_fees, d.marketplace_fees, d.shipping_cost
          FROM oms.profit_days AS d
          UNION ALL
          SELECT u.day, u.channel_id, u.orders, u.change, u.shipments, u.uncosted_shipments, u.unvalued_orders, u.net_sales,
                 u.net_revenue, u.shipping, u.restocking_fees, u.cost, u.payment_fees, u.marketplace_fees, u.shipping_cost
          FROM oms_internal.unread_profit() AS u
          WHERE u.line_no = 0) AS p
    GROUP BY p.day, p.channel_id
)
SELECT t.day, date_trunc('month', t.day::timestamp)::date AS month, c.code AS channel, b.currency, t.orders::bigint AS orders,
       t.net_sales * b.unit AS net_sales, t.net_revenue * b.unit AS net_revenue, t.shipping * b.unit AS shipping,
       t.restocking_fees * b.unit AS restocking_fees, t.cost * b.unit AS cost, t.payment_fees * b.unit AS payment_fees,
       t.marketplace_fees * b.unit AS marketplace_fees, t.shipping_cost * b.unit AS shipping_cost,
       t.gross_profit * b.unit AS gross_profit, CASE WHEN t.income > 0 THEN round(t.gross_profit / t.income, 4) END AS margin_rate,
       t.shipments::bigint AS shipments, t.uncosted_shipments::bigint AS uncosted_shipments,
       t.unvalued_orders::bigint AS unvalued_orders
FROM total AS t
CROSS JOIN base AS b
JOIN oms.channels AS c ON c.channel_id = t.channel_id
WHERE t.counted > 0;
COMMENT ON VIEW oms_report.profit_by_channel IS 'What the orders of a day have earned since, by channel, in the base currency';
COMMENT ON COLUMN oms_report.profit_by_channel.day IS 'On which the orders were placed, in the time zone of reports';
COMMENT ON COLUMN oms_report.profit_by_channel.month IS 'First day of its month';
COMMENT ON COLUMN oms_report.profit_by_channel.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.profit_by_channel.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.profit_by_channel.orders IS 'That are sales: not those that were cancelled, or replace what came damaged, whose cost is counted all the same';
COMMENT ON COLUMN oms_report.profit_by_channel.net_sales IS 'Of what was ordered and not cancelled, as views of sales have it';
COMMENT ON COLUMN oms_report.profit_by_channel.net_revenue IS 'For goods that have left, less discounts and what was credited, without tax';
COMMENT ON COLUMN oms_report.profit_by_channel.shipping IS 'Shipping that customers were charged, once goods have left, less what was credited, without tax';
COMMENT ON COLUMN oms_report.profit_by_channel.restocking_fees IS 'Kept of what was credited';
COMMENT ON COLUMN oms_report.profit_by_channel.cost IS 'What goods that have left have cost, less what came back to stock';
COMMENT ON COLUMN oms_report.profit_by_channel.payment_fees IS 'Kept by payment providers of captures and refunds, as their reports say';
COMMENT ON COLUMN oms_report.profit_by_channel.marketplace_fees IS 'Kept by the channel';
COMMENT ON COLUMN oms_report.profit_by_channel.shipping_cost IS 'Charged by carriers, as far as it is known';
COMMENT ON COLUMN oms_report.profit_by_channel.gross_profit IS 'Net revenue, shipping and restocking fees, less cost of goods, fees and shipping cost';
COMMENT ON COLUMN oms_report.profit_by_channel.margin_rate IS 'Gross profit by net revenue, shipping and restocking fees; null unless these are above 0';
COMMENT ON COLUMN oms_report.profit_by_channel.shipments IS 'Shipments that have left';
COMMENT ON COLUMN oms_report.profit_by_channel.uncosted_shipments IS 'Of these, whose cost is not known, so that the profit is less than it seems';
COMMENT ON COLUMN oms_report.profit_by_channel.unvalued_orders IS 'Orders of which something is not counted, as no exchange rate was known';

CREATE OR REPLACE VIEW oms_report.profit_by_sku_month WITH (security_invoker = true) AS
WITH base AS MATERIALIZED (
    SELECT * FROM oms.base_unit
), total AS (
    SELECT p.month, p.sku_id, p.channel_id, sum(p.counted) AS counted, oms.sum(p.units) AS units, oms.sum(p.returned) AS returned,
           oms.sum(p.unvalued) AS unvalued, sum(p.net_revenue) AS net_revenue, sum(p.cost) AS cost
    FROM (SELECT s.month, s.sku_id, s.channel_id, s.counted, s.units, s.returned, s.unvalued, s.net_revenue, s.cost
          FROM oms.profit_skus AS s
          UNION ALL
          SELECT date_trunc('month', u.day::timestamp)::date, u.sku_id, u.channel_id, u.change, u.units, u.returned, u.unvalued,
                 u.net_revenue, u.cost
          FROM oms_internal.unread_profit() AS u
          WHERE u.line_no > 0) AS p
    GROUP BY p.month, p.sku_id, p.channel_id
)
SELECT t.month, c.code AS channel, s.code AS sku, s.name, d.code AS product, d.category::text AS category, d.brand, b.currency,
       t.units::numeric AS units, t.returned::numeric AS restocked_units, t.unvalued::numeric AS unvalued_units,
       t.net_revenue * b.unit AS net_revenue, t.cost * b.unit AS cost, (t.net_revenue - t.cost) * b.unit AS gross_margin,
       CASE WHEN t.net_revenue > 0 THEN round((t.net_revenue - t.cost) / t.net_revenue, 4) END AS margin_rate
FROM total AS t
CROSS JOIN base AS b
JOIN oms.channels AS c ON c.channel_id = t.channel_id
JOIN oms.skus AS s ON s.sku_id = t.sku_id
LEFT JOIN oms.products AS d ON d.product_id = s.product_id
WHERE t.counted > 0;
COMMENT ON VIEW oms_report.profit_by_sku_month IS 'What goods of the orders of a month have earned since, by SKU and channel, in the base currency, before what is of orders and not of goods: shipping and fees';
COMMENT ON COLUMN oms_report.profit_by_sku_month.month IS 'First day of the month in which the orders were placed';
COMMENT ON COLUMN oms_report.profit_by_sku_month.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.profit_by_sku_month.sku IS 'As it was ordered: a kit, not its components';
COMMENT ON COLUMN oms_report.profit_by_sku_month.name IS 'Name of the SKU';
COMMENT ON COLUMN oms_report.profit_by_sku_month.product IS 'Code of its product; null for none';
COMMENT ON COLUMN oms_report.profit_by_sku_month.category IS 'Of the product, as it is now';
COMMENT ON COLUMN oms_report.profit_by_sku_month.brand IS 'Of the product';
COMMENT ON COLUMN oms_report.profit_by_sku_month.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.profit_by_sku_month.units IS 'That have left, in base units of the SKU';
COMMENT ON COLUMN oms_report.profit_by_sku_month.restocked_units IS 'Of these, that came back to stock';
COMMENT ON COLUMN oms_report.profit_by_sku_month.unvalued_units IS 'Units that left without a known cost, so that the margin is less than it seems; of kits those of their components';
COMMENT ON COLUMN oms_report.profit_by_sku_month.net_revenue IS 'For units that have left, less discounts on lines and orders and what was credited, without tax';
COMMENT ON COLUMN oms_report.profit_by_sku_month.cost IS 'What they have cost, less what came back to stock';
COMMENT ON COLUMN oms_report.profit_by_sku_month.gross_margin IS 'Net revenue less cost';
COMMENT ON COLUMN oms_report.profit_by_sku_month.margin_rate IS 'Gross margin by net revenue; null unless that is above 0';

CREATE OR REPLACE VIEW oms_report.order_profit WITH (security_invoker = true) AS
WITH base AS MATERIALIZED (
    SELECT * FROM oms.base_unit
), changed AS MATERIALIZED (
    SELECT u.* FROM oms_internal.unread_profit() AS u WHERE u.line_no = 0
), earned AS (
    SELECT p.order_id, p.day, p.channel_id, p.customer_id, p.shipments, p.uncosted_shipments, p.unvalued_orders, p.net_sales,
           p.net_revenue, p.shipping, p.restocking_fees, p.cost, p.payment_fees, p.marketplace_fees, p.shipping_cost
    FROM oms.profit_orders AS p
    WHERE NOT EXISTS (SELECT FROM changed AS c WHERE c.order_id = p.order_id)
    UNION ALL
    SELECT c.order_id, c.day, c.channel_id, c.customer_id, c.shipments, c.uncosted_shipments, c.unvalued_orders, c.net_sales,
           c.net_revenue, c.shipping, c.restocking_fees, c.cost, c.payment_fees, c.marketplace_fees, c.shipping_cost
    FROM changed AS c
    WHERE c.change > 0
)
SELECT e.order_id, o.reference, c.code AS channel, e.customer_id, o.status::text AS status, e.day, b.currency,
       e.net_sales * b.unit AS net_sales, e.net_revenue * b.unit AS net_revenue, e.shipping * b.unit AS shipping,
       e.restocking_fees * b.unit AS restocking_fees, e.cost * b.unit AS cost, e.payment_fees * b.unit AS payment_fees,
       e.marketplace_fees * b.unit AS marketplace_fees, e.shipping_cost * b.unit AS shipping_cost,
       g.gross_profit * b.unit AS gross_profit,
       CASE WHEN g.income > 0 THEN round(g.gross_profit::numeric / g.income, 4) END AS margin_rate,
       e.shipments, e.uncosted_shipments, e.unvalued_orders > 0 AS unvalued
FROM earned AS e
CROSS JOIN base AS b
JOIN oms.orders AS o ON o.order_id = e.order_id
JOIN oms.channels AS c ON c.channel_id = e.channel_id
CROSS JOIN LATERAL (
    SELECT e.net_revenue + e.shipping + e.restocking_fees AS income,
           e.net_revenue + e.shipping + e.restocking_fees - e.cost - e.payment_fees - e.marketplace_fees - e.shipping_cost
               AS gross_profit) AS g;
COMMENT ON VIEW oms_report.order_profit IS 'What each order has earned, in the base currency. Ask for orders or days';
COMMENT ON COLUMN oms_report.order_profit.order_id IS 'The order: all that are sales, and others that have cost something';
COMMENT ON COLUMN oms_report.order_profit.reference IS 'The caller''s key of the order';
COMMENT ON COLUMN oms_report.order_profit.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.order_profit.customer_id IS 'Who ordered; null for an order without a customer';
COMMENT ON COLUMN oms_report.order_profit.status IS 'Of the order, now';
COMMENT ON COLUMN oms_report.order_profit.day IS 'On which it was placed, in the time zone of reports';
COMMENT ON COLUMN oms_report.order_profit.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.order_profit.net_sales IS 'Of what was ordered and not cancelled, as views of sales have it';
COMMENT ON COLUMN oms_report.order_profit.net_revenue IS 'For goods that have left, less discounts and what was credited, without tax';
COMMENT ON COLUMN oms_report.order_profit.shipping IS 'Shipping that the customer was charged, once goods have left, less what was credited, without tax';
COMMENT ON COLUMN oms_report.order_profit.restocking_fees IS 'Kept of what was credited';
COMMENT ON COLUMN oms_report.order_profit.cost IS 'What goods that have left have cost, less what came back to stock';
COMMENT ON COLUMN oms_report.order_profit.payment_fees IS 'Kept by payment providers of captures and refunds, as their reports say';
COMMENT ON COLUMN oms_report.order_profit.marketplace_fees IS 'Kept by the channel';
COMMENT ON COLUMN oms_report.order_profit.shipping_cost IS 'Charged by carriers, as far as it is known';
COMMENT ON COLUMN oms_report.order_profit.gross_profit IS 'Net revenue, shipping and restocking fees, less cost of goods, fees and shipping cost';
COMMENT ON COLUMN oms_report.order_profit.margin_rate IS 'Gross profit by net revenue, shipping and restocking fees; null unless these are above 0';
COMMENT ON COLUMN oms_report.order_profit.shipments IS 'Shipments that have left';
COMMENT ON COLUMN oms_report.order_profit.uncosted_shipments IS 'Of these, whose cost is not known';
COMMENT ON COLUMN oms_report.order_profit.unvalued IS 'Something of it is not counted, as no exchange rate was known';
