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
) WITH (fillfactor = 80);
CREATE INDEX stock_monthly_month_idx ON oms.stock_monthly (month);
COMMENT ON TABLE oms.stock_monthly IS 'Movements of stock by SKU, location and month, as far as the job roll_up_stock has counted them, and stock at the end; no row for a month without any';
COMMENT ON COLUMN oms.stock_monthly.month IS 'Its first day, in the time zone of reports';
COMMENT ON COLUMN oms.stock_monthly.until IS 'Month of the next row; stock is the same until then';
COMMENT ON COLUMN oms.stock_monthly.shipped IS 'Positive, as its value';
COMMENT ON COLUMN oms.stock_monthly.adjusted IS 'By adjustments and counts; its value by revaluations too';
COMMENT ON COLUMN oms.stock_monthly.transferred IS 'What came less what left';
COMMENT ON COLUMN oms.stock_monthly.received_value IS 'In the base currency, as all values; null: there is none';
COMMENT ON COLUMN oms.stock_monthly.closing IS 'On hand at the end of the month';

INSERT INTO oms.sequence_watermarks (name) VALUES ('stock_monthly');

CREATE OR REPLACE VIEW oms.stock_months WITH (security_invoker = true) AS
    SELECT k.sku_id, k.location_id, k.month, k.until, k.received, k.shipped, k.returned, k.adjusted, k.transferred, k.closing,
           k.received_value, k.shipped_value, k.returned_value, k.adjusted_value, k.transferred_value, k.closing_value
    FROM oms.stock_monthly AS k
    WHERE (SELECT oms_internal.counted_movements()) > 0
          AND NOT EXISTS (SELECT FROM oms_internal.moved_stock((SELECT oms_internal.counted_movements()), 9223372036854775807, 'UTC') AS m
                          WHERE m.sku_id = k.sku_id AND m.location_id = k.location_id)
    UNION ALL
    SELECT c.sku_id, c.location_id, c.month, c.until_month, c.received, c.shipped, c.returned, c.adjusted, c.transferred, c.closing,
           c.received_value, c.shipped_value, c.returned_value, c.adjusted_value, c.transferred_value, c.closing_value
    FROM oms_internal.chain_stock((SELECT oms_internal.counted_movements()), 9223372036854775807, (SELECT oms_internal.report_time_zone())) AS c;
COMMENT ON VIEW oms.stock_months IS 'The same with the movements that the job has not counted yet';
