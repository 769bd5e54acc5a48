/*
 * sql/code/75-dashboard.sql: sales and operations on a page
 *
 * Each section reads views of oms_report for the days asked for and as many days before. With a channel, what is not
 * known by channel is left out. Nothing is written, so a reader on a standby may ask.
 */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_age(age interval) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN s.seconds < 90 THEN round(greatest(s.seconds, 0)) || ' s'
                WHEN s.seconds < 5400 THEN round(s.seconds / 60) || ' min'
                WHEN s.seconds < 172800 THEN round(s.seconds / 3600) || ' h'
                ELSE round(s.seconds / 86400) || ' d' END
    FROM (SELECT extract(epoch FROM age) AS seconds) AS s;
END;
COMMENT ON FUNCTION oms_internal.dashboard_age(interval) IS 'How long something is ago, in one unit';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_section(name text, panels text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat('<section><h2 id="', lower(replace(name, ' ', '-')), '">', oms_internal.html(name), E'</h2>\n<div class="grid12">\n',
                  array_to_string(panels, ''), E'</div></section>\n')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_section(text, text[]) IS 'A part of the dashboard with its panels';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_channel(channel text) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM oms.channels AS c WHERE c.code = dashboard_channel.channel) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('channel "%s" does not exist', dashboard_channel.channel),
            HINT = 'Create it by oms.put_channel() first.';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.dashboard_channel(text) IS 'Refuse a channel that does not exist';

/* Days that nobody means are refused before anything is added to them, as no date may lie behind the last. */
CREATE OR REPLACE FUNCTION oms_internal.dashboard_days(INOUT since date, INOUT until date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF since NOT BETWEEN '0001-01-01' AND '9999-12-31' OR until NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'a dashboard must be of days in the years 1 to 9999',
            DETAIL = concat_ws(' ', 'It was asked for days', 'since ' || since, 'until ' || until) || '.';
    END IF;
    until := coalesce(until, since + 27, oms_internal.report_today());
    since := coalesce(since, until - 27);
    IF until NOT BETWEEN since AND since + 3660 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'a dashboard must be of 1 to 3661 days',
            DETAIL = format('It would begin on %s and end on %s.', since, until);
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.dashboard_days(date, date) IS 'The days of a dashboard, both included, where one or none of them is given';

CREATE OR REPLACE FUNCTION oms.dashboard_html(since date DEFAULT NULL, until date DEFAULT NULL, channel text DEFAULT NULL, title text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $$
DECLARE
    v_since date;
    v_until date;
    v_title CONSTANT text := coalesce(title, (SELECT c.name FROM oms.channels AS c WHERE c.code = channel), 'Sales and operations');
    v_currency CONSTANT text := coalesce(oms_internal.base_currency(), '');
    v_all CONSTANT boolean := channel IS NULL;
    v_sales record;
    v_profit record;
    v_orders record;
    v_returns record;
    v_sections text;
BEGIN
    PERFORM oms_internal.dashboard_channel(channel);
    SELECT d.since, d.until INTO v_since, v_until FROM oms_internal.dashboard_days(dashboard_html.since, dashboard_html.until) AS d;
    v_sales := oms_internal.dashboard_sales(v_since, v_until, channel, v_currency);
    v_profit := oms_internal.dashboard_profit(v_since, v_until, channel, v_currency);
    v_orders := oms_internal.dashboard_open_orders(channel);
    v_returns := oms_internal.dashboard_returns(v_since, v_until, channel, v_currency);
    v_sections := concat(
        '<section class="tiles">', array_to_string(v_sales.tiles || v_profit.tiles || v_returns.tiles
            || oms_internal.dashboard_punctuality(v_since, v_until, channel) || v_orders.tiles
            || CASE WHEN v_all THEN ARRAY[oms_internal.dashboard_stock_value(v_currency)] END, ''), E'</section>\n',
        oms_internal.dashboard_section('Sales', v_sales.panels || v_profit.panels
            || CASE WHEN v_all THEN ARRAY[oms_internal.dashboard_regions(v_since, v_until, v_currency)] || oms_internal.dashboard_goods(v_since, v_until, v_currency)
                                    || oms_internal.dashboard_slow(v_currency) END),
        CASE WHEN v_all THEN
            oms_internal.dashboard_section('Customers', ARRAY[oms_internal.dashboard_new_customers(v_since, v_until, v_currency), oms_internal.dashboard_segments(v_currency),
                                                              oms_internal.dashboard_cohorts(v_until)]) END,
        oms_internal.dashboard_section('Fulfillment', v_orders.panels || oms_internal.dashboard_times(v_since, v_until, channel)
            || CASE WHEN v_all THEN ARRAY[oms_internal.dashboard_carriers(v_since, v_until, v_currency)] END || v_returns.panels),
        CASE WHEN v_all THEN
            oms_internal.dashboard_section('Stock', ARRAY[oms_internal.dashboard_classes(), oms_internal.dashboard_cover(), oms_internal.dashboard_stock_age(v_currency),
                                                          oms_internal.dashboard_stockouts(v_since, v_until, v_currency), oms_internal.dashboard_forecast(v_since, v_until)]) END,
        oms_internal.dashboard_section('Money', ARRAY[oms_internal.dashboard_receivables(channel, v_currency),
                                                      CASE WHEN v_all THEN oms_internal.dashboard_payables(v_currency) END]),
        oms_internal.dashboard_section('Operations', ARRAY[oms_internal.dashboard_alerts(channel), CASE WHEN v_all THEN oms_internal.dashboard_jobs() END]));
    RETURN oms_internal.chart_page(v_title,
        oms_internal.chart_days(v_since, v_until) || ', compared to ' || oms_internal.chart_days(v_since - (v_until - v_since + 1), v_since - 1), v_sections,
        concat_ws(' · ', to_char(oms.now() AT TIME ZONE oms_internal.report_time_zone(), 'FMDD Mon YYYY, HH24:MI ') || oms_internal.report_time_zone(), 'money in ' || nullif(v_currency, ''), 'oms ' || oms.version()));
END
$$;
COMMENT ON FUNCTION oms.dashboard_html(date, date, text, text) IS 'Sales and operations of some days, compared to as many before, as an HTML page with charts that needs neither network nor scripts';
