/* sql/code/75-dashboard_money.sql: what is owed, what needs somebody, and whether the jobs are well */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_ageing(title text, note text, ages numeric[], other text, currency text, empty text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.chart_panel(title, concat_ws('; ', note, 'in other currencies ' || other),
        oms_internal.chart_shares(title, (SELECT jsonb_agg(jsonb_build_object('name', p.name, 'value', a.value, 'class', p.class) ORDER BY p.n)
                                          FROM unnest(ARRAY['not due', '1 to 30 days overdue', '31 to 60 days', '61 to 90 days', 'more than 90 days'],
                                                      ARRAY['c1', 'c3', 'c5', 'c2', 'c4']) WITH ORDINALITY AS p(name, class, n)
                                          JOIN unnest(ages) WITH ORDINALITY AS a(value, n) ON a.n = p.n), currency),
        empty => empty)
$$;
COMMENT ON FUNCTION oms_internal.dashboard_ageing(text, text, numeric[], text, text, text) IS 'A panel of what is owed by how long it is overdue; amounts in other currencies are told and not added';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_receivables(channel text, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH invoice AS MATERIALIZED (
        SELECT i.currency, i.days_overdue, i.open
        FROM oms_report.open_invoices AS i
        WHERE i.channel = dashboard_receivables.channel OR dashboard_receivables.channel IS NULL
    )
    SELECT oms_internal.dashboard_ageing('Owed by customers', 'invoices that are open',
        (SELECT ARRAY[sum(i.open) FILTER (WHERE i.days_overdue = 0), sum(i.open) FILTER (WHERE i.days_overdue BETWEEN 1 AND 30),
                      sum(i.open) FILTER (WHERE i.days_overdue BETWEEN 31 AND 60), sum(i.open) FILTER (WHERE i.days_overdue BETWEEN 61 AND 90),
                      sum(i.open) FILTER (WHERE i.days_overdue > 90)]
         FROM invoice AS i WHERE i.currency = dashboard_receivables.currency),
        (SELECT string_agg(oms_internal.chart_number(o.open, o.currency), ', ' ORDER BY o.currency)
         FROM (SELECT i.currency, sum(i.open) AS open FROM invoice AS i WHERE i.currency <> dashboard_receivables.currency GROUP BY i.currency) AS o),
        currency, 'No invoice is open.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_receivables(text, text) IS 'A panel of open invoices by how long they are overdue';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_payables(currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH supplier AS MATERIALIZED (
        SELECT * FROM oms_report.payables AS p
    )
    SELECT oms_internal.dashboard_ageing('Owed to suppliers', 'bills that are in the books',
        (SELECT ARRAY[sum(p.not_due), sum(p.overdue_1_30), sum(p.overdue_31_60), sum(p.overdue_61_90), sum(p.overdue_over_90)]
         FROM supplier AS p WHERE p.currency = dashboard_payables.currency),
        (SELECT string_agg(oms_internal.chart_number(o.open, o.currency), ', ' ORDER BY o.currency)
         FROM (SELECT p.currency, sum(p.open) AS open FROM supplier AS p WHERE p.currency <> dashboard_payables.currency GROUP BY p.currency HAVING sum(p.open) > 0) AS o),
        currency, 'No bill is open.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_payables(text) IS 'A panel of open bills by how long they are overdue';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_alerts(channel text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH alert AS MATERIALIZED (
        SELECT a.severity, a.message, a.hours, a.alert_id, array_position('{critical,warning,info}', a.severity) AS rank
        FROM oms_report.alerts AS a
        WHERE a.status <> 'closed' AND (a.channel = dashboard_alerts.channel OR dashboard_alerts.channel IS NULL)
    )
    SELECT oms_internal.chart_panel('Open alerts',
        (SELECT string_agg(s.severity || ' ' || oms_internal.chart_number(s.alerts), ', ' ORDER BY s.rank)
         FROM (SELECT a.severity, a.rank, count(*) AS alerts FROM alert AS a GROUP BY a.severity, a.rank) AS s),
        oms_internal.chart_table('Open alerts', '[{"name": "What", "kind": "level", "class": "long"}, {"name": "Since", "kind": "plain"}]',
            (SELECT jsonb_agg(jsonb_build_array(jsonb_build_array(CASE t.severity WHEN 'critical' THEN 'bad' WHEN 'warning' THEN 'warn' ELSE '' END, t.message), oms_internal.dashboard_age(make_interval(secs => (3600 * t.hours)::double precision)))
                              ORDER BY t.rank, t.hours DESC, t.alert_id)
             FROM (SELECT * FROM alert AS a ORDER BY a.rank, a.hours DESC, a.alert_id LIMIT 10) AS t)),
        'w7', 'Nothing needs anybody''s attention.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_alerts(text) IS 'A panel of the alerts that are open, the worst first';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_jobs() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH job AS MATERIALIZED (
        SELECT j.job, CASE WHEN j.failures > 0 THEN 'bad' WHEN j.overdue THEN 'warn' WHEN j.last_success_at IS NULL THEN '' ELSE 'good' END AS level,
               CASE WHEN j.failures > 0 THEN 'failed' WHEN j.pid IS NOT NULL THEN 'running' WHEN j.overdue THEN 'overdue'
                    WHEN j.last_success_at IS NULL THEN 'not run yet' ELSE 'fine' END AS state,
               clock_timestamp() - j.last_success_at AS age
        FROM oms.job_status AS j
        WHERE j.enabled
    )
    SELECT oms_internal.chart_panel('Jobs',
        (SELECT string_agg(s.jobs || ' ' || s.state, ', ' ORDER BY s.state) FROM (SELECT j.state, count(*) AS jobs FROM job AS j GROUP BY j.state) AS s),
        oms_internal.chart_table('Jobs', '[{"name": "Job"}, {"name": "State", "kind": "level"}, {"name": "Last success", "kind": "plain"}]',
            (SELECT jsonb_agg(jsonb_build_array(replace(t.job, '_', ' '), jsonb_build_array(t.level, t.state), coalesce(oms_internal.dashboard_age(t.age) || ' ago', '–'))
                              ORDER BY array_position('{bad,warn,"",good}', t.level), t.age, t.job)
             FROM (SELECT * FROM job AS j ORDER BY array_position('{bad,warn,"",good}', j.level), j.age, j.job LIMIT 10) AS t)),
        'w5', 'There are no jobs.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_jobs() IS 'A panel of the jobs that are enabled, those that are not well first';
