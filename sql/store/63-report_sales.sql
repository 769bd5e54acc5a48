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
CREATE INDEX sales_lines_day_idx ON oms.sales_lines USING brin (day);
COMMENT ON TABLE oms.sales_lines IS 'What lines of these orders have sold, per location that ships it; money in minor units';
COMMENT ON COLUMN oms.sales_lines.location_id IS '0: what nobody is to ship yet';
COMMENT ON COLUMN oms.sales_lines.sku_orders IS '1 on one row of the SKU in its order, so that the sum counts orders';
COMMENT ON COLUMN oms.sales_lines.location_orders IS '1 on one row of the location in its order';
COMMENT ON COLUMN oms.sales_lines.units IS 'Not cancelled';
COMMENT ON COLUMN oms.sales_lines.discounts IS 'On the line and its share of those on the order';
COMMENT ON COLUMN oms.sales_lines.returns IS 'What credit notes have taken back, without tax';
COMMENT ON COLUMN oms.sales_lines.tax IS 'Added to the price or contained in it, less what was credited';
COMMENT ON COLUMN oms.sales_lines.net_sales_base IS 'In minor units of the base currency; null where the order''s rate is not known';

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
COMMENT ON COLUMN oms.sales_sums.key IS 'Which channel, region, kind of customer, location or SKU it is, in one word';
COMMENT ON COLUMN oms.sales_sums.valued_rows IS 'Rows behind it that have a value in the base currency';
COMMENT ON COLUMN oms.sales_sums.location_id IS '0: what nobody is to ship yet';
