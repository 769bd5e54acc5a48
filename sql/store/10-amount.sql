/* sql/store/10-amount.sql: exchange rates */

CREATE TABLE oms.fx_rates (
    rate_date date NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    rate numeric NOT NULL,
    CONSTRAINT fx_rates_pkey PRIMARY KEY (base, quote, rate_date),
    CONSTRAINT fx_rates_rate_date_check CHECK (isfinite(rate_date)),
    CONSTRAINT fx_rates_base_check CHECK (oms.is_currency(base)),
    CONSTRAINT fx_rates_quote_check CHECK (oms.is_currency(quote) AND quote <> base),
    CONSTRAINT fx_rates_rate_check CHECK (rate > 0 AND rate < 'Infinity')
);
CREATE INDEX fx_rates_quote_idx ON oms.fx_rates (quote, base);
COMMENT ON TABLE oms.fx_rates IS 'Exchange rates; each counts from its day until the next of the same two currencies';
COMMENT ON COLUMN oms.fx_rates.base IS 'ISO 4217 code of the currency of which one unit is priced';
COMMENT ON COLUMN oms.fx_rates.quote IS 'ISO 4217 code of the currency that the rate is in';
COMMENT ON COLUMN oms.fx_rates.rate IS 'Units of quote for one unit of base: 1.08 for base EUR and quote USD';
