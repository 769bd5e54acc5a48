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
            MESSAGE = format('channel "%s" does not exist', dashboard_channel.channel);
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.dashboard_channel(text) IS 'Refuse a channel that does not exist';

CREATE OR REPLACE FUNCTION oms.dashboard_html(since date DEFAULT NULL, until date DEFAULT NULL, channel text DEFAULT NULL, title text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_until CONSTANT date := coalesce(until, since + 27, (oms.now() AT TIME ZONE oms_internal.report_time_zone())::date);
    v_since CONSTANT date := coalesce(since, v_until - 27);
    v_title CONSTANT text := coalesce(title, (SELECT c.name FROM oms.channels AS c WHERE c.code = channel), 'Sales and operations');
    v_currency CONSTANT text := (SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency');
    v_sections text;
BEGIN
    PERFORM oms_internal.dashboard_channel(channel);
    IF v_until NOT BETWEEN v_since AND v_since + 3660 OR NOT isfinite(v_since) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'a dashboard must be of 1 to 3661 days',
            DETAIL = format('It would begin on %s and end on %s.', v_since, v_until);
    END IF;
    v_sections := concat(
        oms_internal.dashboard_section('Money', ARRAY[oms_internal.dashboard_receivables(channel, v_currency),
                                                      CASE WHEN channel IS NULL THEN oms_internal.dashboard_payables(v_currency) END]),
        oms_internal.dashboard_section('Operations', ARRAY[oms_internal.dashboard_alerts(channel),
                                                           CASE WHEN channel IS NULL THEN oms_internal.dashboard_jobs() END]));
    RETURN concat(
        E'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n<meta name="viewport" content="width=device-width, initial-scale=1"/>\n',
        E'<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; base-uri ''none''; form-action ''none''"/>\n',
        '<title>', oms_internal.html(v_title), E'</title>\n<style>', oms_internal.dashboard_style(), E'</style>\n</head>\n<body>\n<main>\n<header><h1>',
        oms_internal.html(v_title), '</h1><p>', oms_internal.chart_days(v_since, v_until), ', compared to ',
        oms_internal.chart_days(v_since - (v_until - v_since + 1), v_since - 1), E'</p></header>\n<nav>',
        (SELECT string_agg(format('<a href="#%s">%s</a>', m[1], m[2]), '' ORDER BY n)
         FROM regexp_matches(v_sections, '<h2 id="([^"]*)">([^<]*)<', 'g') WITH ORDINALITY AS h(m, n)),
        E'</nav>\n', v_sections,
        '<footer>', to_char(oms.now() AT TIME ZONE oms_internal.report_time_zone(), 'FMDD Mon YYYY, HH24:MI'), ', ', oms_internal.html(oms_internal.report_time_zone()),
        ' · oms ', oms.version(), E'</footer>\n</main>\n</body>\n</html>\n');
END
$$;
COMMENT ON FUNCTION oms.dashboard_html(date, date, text, text) IS 'Sales and operations of some days, compared to as many before, as an HTML page with charts that needs neither network nor scripts';
