/* sql/store/63-report_sales.sql: what orders have sold, counted by the job roll_up_reports, and views of it */

/* as last counted, so that what differs can be added to the sums */
CREATE TABLE oms.sales_orders (
    order_id bigint NOT NULL,
    day date NOT NULL,
    channel_id integer NOT NULL,
    customer_id bigint,
    country text,
    region text,
    customer_group text,
    customer_kind text,
    new_customer boolean,
    currency text NOT NULL,
    shipping bigint NOT NULL,
    shipping_tax bigint NOT NULL,
    shipping_base bigint,
    CONSTRAINT sales_orders_pkey PRIMARY KEY (order_id)
);
COMMENT ON TABLE oms.sales_orders IS 'Orders as they are counted in sales, by the job roll_up_reports: all but drafts, those that were cancelled as a whole, those that replace claimed goods, and those of gift cards alone';
COMMENT ON COLUMN oms.sales_orders.day IS 'When it was placed, in the time zone of reports';
COMMENT ON COLUMN oms.sales_orders.region IS 'With country where the order is shipped to';
COMMENT ON COLUMN oms.sales_orders.new_customer IS 'It is the first order of the customer, by its number; null without a customer';
COMMENT ON COLUMN oms.sales_orders.shipping IS 'In minor units, without tax, less what it bears of the order''s discounts and what was credited';
COMMENT ON COLUMN oms.sales_orders.shipping_base IS 'With its tax, in minor units of the base currency; null where the rate is not known';

CREATE TABLE oms.sales_lines (
    order_id bigint NOT NULL,
    line_no integer NOT NULL,
    location_id integer NOT NULL,
    day date NOT NULL,
    sku_id bigint NOT NULL,
    currency text NOT NULL,
    sku_orders integer NOT NULL,
    location_orders integer NOT NULL,
    units oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    gross_sales bigint NOT NULL,
    discounts bigint NOT NULL,
    returns bigint NOT NULL,
    tax bigint NOT NULL,
    net_sales_base bigint,
    total_sales_base bigint,
    CONSTRAINT sales_lines_pkey PRIMARY KEY (order_id, line_no, location_id)
);
CREATE INDEX sales_lines_day_idx ON oms.sales_lines
    USING brin (day, ((date_trunc('week', day::timestamp))::date), ((date_trunc('month', day::timestamp))::date));
CREATE INDEX sales_lines_sku_id_idx ON oms.sales_lines (sku_id, day);
COMMENT ON TABLE oms.sales_lines IS 'What lines of these orders have sold, per location that ships it; money in minor units';
COMMENT ON COLUMN oms.sales_lines.location_id IS '0: what nobody is to ship yet';
COMMENT ON COLUMN oms.sales_lines.sku_orders IS '1 on one row of the SKU in its order, so that the sum counts orders';
COMMENT ON COLUMN oms.sales_lines.location_orders IS '1 on one row of the location in its order';
COMMENT ON COLUMN oms.sales_lines.units IS 'Not cancelled';
COMMENT ON COLUMN oms.sales_lines.discounts IS 'On the line and its share of those on the order';
COMMENT ON COLUMN oms.sales_lines.returns IS 'What credit notes have taken back, without tax';
COMMENT ON COLUMN oms.sales_lines.tax IS 'Added to the price or contained in it, less what was credited';
COMMENT ON COLUMN oms.sales_lines.net_sales_base IS 'In minor units of the base currency; null where the order''s rate is not known';

CREATE SEQUENCE oms.regrouped_customers_change_no_seq;
CREATE TABLE oms.regrouped_customers (
    change_no bigint NOT NULL DEFAULT nextval('oms.regrouped_customers_change_no_seq'),
    customer_id bigint NOT NULL,
    CONSTRAINT regrouped_customers_pkey PRIMARY KEY (change_no)
);
ALTER SEQUENCE oms.regrouped_customers_change_no_seq OWNED BY oms.regrouped_customers.change_no;
COMMENT ON TABLE oms.regrouped_customers IS 'Customers whose orders count otherwise than they did, as the group or kind has changed or an order has become another''s, until the job roll_up_reports has counted them again';

CREATE TABLE oms.sales_sums (
    dimension text NOT NULL,
    starts_on date NOT NULL,
    currency text NOT NULL,
    key text NOT NULL,
    channel_id integer,
    location_id integer,
    sku_id bigint,
    country text,
    region text,
    customer_group text,
    customer_kind text,
    new_customer boolean,
    orders bigint NOT NULL,
    valued_orders bigint NOT NULL,
    valued_rows bigint NOT NULL,
    units oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    gross_sales bigint NOT NULL,
    discounts bigint NOT NULL,
    returns bigint NOT NULL,
    tax bigint NOT NULL,
    shipping bigint NOT NULL,
    net_sales_base bigint NOT NULL,
    total_sales_base bigint NOT NULL,
    CONSTRAINT sales_sums_pkey PRIMARY KEY (dimension, starts_on, key, currency),
    CONSTRAINT sales_sums_dimension_check CHECK (dimension IN ('channel', 'region', 'segment', 'location', 'sku'))
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.sales_sums IS 'Sums of these orders and lines per day, of SKUs per month, in minor units; views of oms_report.sales and its kin add what the job has not read yet';
COMMENT ON COLUMN oms.sales_sums.key IS 'Which channel, location or SKU it is, by its id; of a region or kind of customer an array in JSON of what makes it, so that no two are one';
COMMENT ON COLUMN oms.sales_sums.valued_orders IS 'Of these orders, those that have a value in the base currency';
COMMENT ON COLUMN oms.sales_sums.valued_rows IS 'Rows behind it that have a value in the base currency';
COMMENT ON COLUMN oms.sales_sums.location_id IS '0: what nobody is to ship yet';

/* what the job has counted, and what it has not read yet */

CREATE OR REPLACE VIEW oms.base_unit WITH (security_invoker = true) AS
SELECT b.currency, oms.amount_from_minor(1, b.currency)::numeric AS unit
FROM oms_internal.base_currency() AS b(currency);
COMMENT ON VIEW oms.base_unit IS 'The base currency and its minor unit';

CREATE OR REPLACE VIEW oms.current_sales WITH (security_invoker = true) AS
SELECT t.dimension, t.starts_on, t.currency, t.channel_id, t.location_id, t.sku_id, t.country, t.region, t.customer_group,
       t.customer_kind, t.new_customer, t.orders::bigint AS orders, t.valued_orders::bigint AS valued_orders,
       t.units::numeric AS units, t.returned::numeric AS returned,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax, t.shipping * u.unit AS shipping,
       (t.gross_sales - t.discounts - t.returns + t.tax + t.shipping) * u.unit AS total_sales, b.currency AS base_currency,
       CASE WHEN t.valued_rows > 0 THEN t.net_sales_base * b.unit END AS net_sales_base,
       CASE WHEN t.valued_rows > 0 THEN t.total_sales_base * b.unit END AS total_sales_base
FROM (SELECT s.dimension, s.starts_on, s.currency, s.channel_id, s.location_id, s.sku_id, s.country, s.region, s.customer_group,
             s.customer_kind, s.new_customer, sum(s.orders) AS orders, sum(s.valued_orders) AS valued_orders,
             sum(s.valued_rows) AS valued_rows,
             oms.sum(s.units) AS units, oms.sum(s.returned) AS returned, sum(s.gross_sales) AS gross_sales,
             sum(s.discounts) AS discounts, sum(s.returns) AS returns, sum(s.tax) AS tax, sum(s.shipping) AS shipping,
             sum(s.net_sales_base) AS net_sales_base, sum(s.total_sales_base) AS total_sales_base
      FROM (SELECT * FROM oms.sales_sums
            UNION ALL
            SELECT * FROM oms_internal.unread_sums()) AS s
      GROUP BY s.dimension, s.starts_on, s.key, s.currency, s.channel_id, s.location_id, s.sku_id, s.country, s.region,
               s.customer_group, s.customer_kind, s.new_customer
      HAVING sum(s.orders) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms.current_sales IS 'oms.sales_sums with what the job roll_up_reports has not read yet, as numbers: ask for one dimension';

CREATE OR REPLACE VIEW oms.current_sales_lines WITH (security_invoker = true) AS
SELECT l.day, (date_trunc('week', l.day::timestamp))::date AS week, (date_trunc('month', l.day::timestamp))::date AS month,
       l.order_id, o.channel_id, o.country, o.region, l.sku_id, l.currency, 1 AS lines, l.sku_orders, l.location_orders, l.units,
       l.returned, l.gross_sales, l.discounts, l.returns, l.tax, (l.net_sales_base IS NOT NULL)::integer AS valued_lines,
       l.net_sales_base, l.total_sales_base
FROM oms.sales_lines AS l
LEFT JOIN oms.sales_orders AS o ON o.order_id = l.order_id
UNION ALL
SELECT c.day, (date_trunc('week', c.day::timestamp))::date, (date_trunc('month', c.day::timestamp))::date,
       c.order_id, c.channel_id, c.country, c.region, c.sku_id, c.currency, c.change, c.sku_orders, c.location_orders, c.units,
       c.returned, c.gross_sales, c.discounts, c.returns, c.tax, c.change * (c.net_sales_base IS NOT NULL)::integer, c.net_sales_base,
       c.total_sales_base
FROM oms_internal.unread_sales() AS c
WHERE c.line_no > 0;
COMMENT ON VIEW oms.current_sales_lines IS 'oms.sales_lines with what the job roll_up_reports has not read yet; what it takes back of these is negative';
COMMENT ON COLUMN oms.current_sales_lines.lines IS '-1 of what is taken back';
COMMENT ON COLUMN oms.current_sales_lines.valued_lines IS 'The same of what has a value in the base currency, 0 of what has none';

CREATE OR REPLACE VIEW oms_report.sales WITH (security_invoker = true) AS
SELECT s.starts_on AS day, (date_trunc('week', s.starts_on::timestamp))::date AS week,
       (date_trunc('month', s.starts_on::timestamp))::date AS month, s.currency, sum(s.orders)::bigint AS orders,
       sum(s.units) AS units, sum(s.returned) AS returned_units, sum(s.gross_sales) AS gross_sales,
       sum(s.discounts) AS discounts, sum(s.returns) AS returns, sum(s.net_sales) AS net_sales, sum(s.tax) AS tax,
       sum(s.shipping) AS shipping, sum(s.total_sales) AS total_sales,
       round(sum(s.net_sales) / sum(s.orders), scale(sum(s.net_sales))) AS average_order_value, s.base_currency,
       sum(s.net_sales_base) AS net_sales_base, sum(s.total_sales_base) AS total_sales_base,
       sum(s.valued_orders)::bigint AS valued_orders
FROM oms.current_sales AS s
WHERE s.dimension = 'channel'
GROUP BY s.starts_on, s.currency, s.base_currency;
COMMENT ON VIEW oms_report.sales IS 'What was sold, per day and currency';
COMMENT ON COLUMN oms_report.sales.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales.orders IS 'Not drafts, nor those that were cancelled as a whole';
COMMENT ON COLUMN oms_report.sales.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales.tax IS 'Of goods and shipping, less what was credited';
COMMENT ON COLUMN oms_report.sales.shipping IS 'Charged for it without tax, less its share of discounts and what was credited';
COMMENT ON COLUMN oms_report.sales.total_sales IS 'net_sales, tax and shipping';
COMMENT ON COLUMN oms_report.sales.average_order_value IS 'net_sales by orders';
COMMENT ON COLUMN oms_report.sales.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales.total_sales_base IS 'The same of total_sales';
COMMENT ON COLUMN oms_report.sales.valued_orders IS 'Of the orders, those with a rate, which the columns in the base currency are of';

CREATE OR REPLACE VIEW oms_report.sales_by_channel WITH (security_invoker = true) AS
SELECT s.starts_on AS day, (date_trunc('week', s.starts_on::timestamp))::date AS week,
       (date_trunc('month', s.starts_on::timestamp))::date AS month, c.code AS channel, c.name AS channel_name,
       s.currency, s.orders, s.units, s.returned AS returned_units, s.gross_sales, s.discounts, s.returns, s.net_sales, s.tax,
       s.shipping, s.total_sales, round(s.net_sales / s.orders, scale(s.net_sales)) AS average_order_value,
       s.base_currency, s.net_sales_base, s.total_sales_base, s.valued_orders
FROM oms.current_sales AS s
JOIN oms.channels AS c ON c.channel_id = s.channel_id
WHERE s.dimension = 'channel';
COMMENT ON VIEW oms_report.sales_by_channel IS 'What was sold, per day, channel and currency';
COMMENT ON COLUMN oms_report.sales_by_channel.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_channel.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_channel.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_channel.channel IS 'Its code';
COMMENT ON COLUMN oms_report.sales_by_channel.channel_name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_channel.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_channel.orders IS 'Not drafts, nor those that were cancelled as a whole';
COMMENT ON COLUMN oms_report.sales_by_channel.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_channel.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_channel.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_channel.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_channel.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_channel.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_channel.tax IS 'Of goods and shipping, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_channel.shipping IS 'Charged for it without tax, less its share of discounts and what was credited';
COMMENT ON COLUMN oms_report.sales_by_channel.total_sales IS 'net_sales, tax and shipping';
COMMENT ON COLUMN oms_report.sales_by_channel.average_order_value IS 'net_sales by orders';
COMMENT ON COLUMN oms_report.sales_by_channel.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_channel.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_channel.total_sales_base IS 'The same of total_sales';
COMMENT ON COLUMN oms_report.sales_by_channel.valued_orders IS 'Of the orders, those with a rate, which the columns in the base currency are of';

CREATE OR REPLACE VIEW oms_report.sales_by_region WITH (security_invoker = true) AS
SELECT s.starts_on AS day, (date_trunc('week', s.starts_on::timestamp))::date AS week,
       (date_trunc('month', s.starts_on::timestamp))::date AS month, s.country, s.region,
       s.currency, s.orders, s.units, s.returned AS returned_units, s.gross_sales, s.discounts, s.returns, s.net_sales, s.tax,
       s.shipping, s.total_sales, round(s.net_sales / s.orders, scale(s.net_sales)) AS average_order_value,
       s.base_currency, s.net_sales_base, s.total_sales_base, s.valued_orders
FROM oms.current_sales AS s
WHERE s.dimension = 'region';
COMMENT ON VIEW oms_report.sales_by_region IS 'What was sold, per day, country and region that orders are shipped to, and currency';
COMMENT ON COLUMN oms_report.sales_by_region.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_region.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_region.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_region.country IS 'Of the address, ISO 3166-1 alpha-2; null where the order has none, as where it is fetched';
COMMENT ON COLUMN oms_report.sales_by_region.region IS 'Of the address, as it was given; null where it has none';
COMMENT ON COLUMN oms_report.sales_by_region.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_region.orders IS 'Not drafts, nor those that were cancelled as a whole';
COMMENT ON COLUMN oms_report.sales_by_region.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_region.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_region.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_region.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_region.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_region.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_region.tax IS 'Of goods and shipping, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_region.shipping IS 'Charged for it without tax, less its share of discounts and what was credited';
COMMENT ON COLUMN oms_report.sales_by_region.total_sales IS 'net_sales, tax and shipping';
COMMENT ON COLUMN oms_report.sales_by_region.average_order_value IS 'net_sales by orders';
COMMENT ON COLUMN oms_report.sales_by_region.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_region.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_region.total_sales_base IS 'The same of total_sales';
COMMENT ON COLUMN oms_report.sales_by_region.valued_orders IS 'Of the orders, those with a rate, which the columns in the base currency are of';

CREATE OR REPLACE VIEW oms_report.sales_by_location WITH (security_invoker = true) AS
SELECT s.starts_on AS day, (date_trunc('week', s.starts_on::timestamp))::date AS week,
       (date_trunc('month', s.starts_on::timestamp))::date AS month, l.code AS location, l.name AS location_name,
       s.currency, s.orders, s.units, s.returned AS returned_units, s.gross_sales, s.discounts, s.returns, s.net_sales, s.tax,
       s.total_sales, round(s.net_sales / s.orders, scale(s.net_sales)) AS average_order_value,
       s.base_currency, s.net_sales_base, s.total_sales_base, s.valued_orders
FROM oms.current_sales AS s
LEFT JOIN oms.locations AS l ON l.location_id = s.location_id
WHERE s.dimension = 'location';
COMMENT ON VIEW oms_report.sales_by_location IS 'What was sold, per day, location that ships it or has shipped it, and currency';
COMMENT ON COLUMN oms_report.sales_by_location.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_location.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_location.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_location.location IS 'Its code; null for what waits for stock or is in no fulfillment';
COMMENT ON COLUMN oms_report.sales_by_location.location_name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_location.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_location.orders IS 'That it ships something of: an order that several locations ship is counted by each';
COMMENT ON COLUMN oms_report.sales_by_location.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_location.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_location.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_location.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_location.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_location.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_location.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_location.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_location.average_order_value IS 'net_sales by orders';
COMMENT ON COLUMN oms_report.sales_by_location.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_location.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_location.total_sales_base IS 'The same of total_sales';
COMMENT ON COLUMN oms_report.sales_by_location.valued_orders IS 'Of the orders, those with a rate, which the columns in the base currency are of';

CREATE OR REPLACE VIEW oms_report.sales_by_segment WITH (security_invoker = true) AS
SELECT s.starts_on AS day, (date_trunc('week', s.starts_on::timestamp))::date AS week,
       (date_trunc('month', s.starts_on::timestamp))::date AS month, s.customer_group, s.customer_kind, s.new_customer,
       s.currency, s.orders, s.units, s.returned AS returned_units, s.gross_sales, s.discounts, s.returns, s.net_sales, s.tax,
       s.shipping, s.total_sales, round(s.net_sales / s.orders, scale(s.net_sales)) AS average_order_value,
       s.base_currency, s.net_sales_base, s.total_sales_base, s.valued_orders
FROM oms.current_sales AS s
WHERE s.dimension = 'segment';
COMMENT ON VIEW oms_report.sales_by_segment IS 'What was sold, per day, group and kind of customer, and currency';
COMMENT ON COLUMN oms_report.sales_by_segment.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_segment.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_segment.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_segment.customer_group IS 'Of the customer as it is today; null without one';
COMMENT ON COLUMN oms_report.sales_by_segment.customer_kind IS 'person or company; null where the order has no customer';
COMMENT ON COLUMN oms_report.sales_by_segment.new_customer IS 'The order is the first of its customer, by its number';
COMMENT ON COLUMN oms_report.sales_by_segment.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_segment.orders IS 'Not drafts, nor those that were cancelled as a whole';
COMMENT ON COLUMN oms_report.sales_by_segment.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_segment.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_segment.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_segment.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_segment.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_segment.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_segment.tax IS 'Of goods and shipping, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_segment.shipping IS 'Charged for it without tax, less its share of discounts and what was credited';
COMMENT ON COLUMN oms_report.sales_by_segment.total_sales IS 'net_sales, tax and shipping';
COMMENT ON COLUMN oms_report.sales_by_segment.average_order_value IS 'net_sales by orders';
COMMENT ON COLUMN oms_report.sales_by_segment.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_segment.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_segment.total_sales_base IS 'The same of total_sales';
COMMENT ON COLUMN oms_report.sales_by_segment.valued_orders IS 'Of the orders, those with a rate, which the columns in the base currency are of';
