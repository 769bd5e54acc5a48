-- what dashboards are drawn of: numbers, axes, plots, tables, whatever the names and numbers are
\pset tuples_only on
SELECT setseed(0.5);
SET search_path = oms_internal, public;
-- whether a piece is well-formed, with text only where text belongs
CREATE FUNCTION pg_temp.wrong(piece text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN nullif(xpath('count(//script|//b[@onload]|//*[@href])', xmlparse(DOCUMENT '<div>' || piece || '</div>'))::text, '{0}');
END
$$;

-- numbers: three digits on axes, all of them in tables; units of all kinds
SELECT n, chart_short(n), chart_number(n), chart_number(n, 'EUR'), chart_number(n, 'JPY'), chart_number(n, 'KWD', true), chart_number(n, '%'), chart_number(n, 'h')
FROM unnest(ARRAY[0, 0.0004, 0.5, 1, 12.345, 99.995, 999.4, 999.5, 1000, 12345, 999499, 999500, -1234567, 12345678901, 9223372036854775807, NULL]) AS n;
SELECT chart_number(5, 'EUR', beside => 2000), chart_number(5, 'EUR', beside => 20), chart_number(0.5, '%', true), chart_number(0.999, '%'), chart_number(-0.0341, '%');
SELECT chart_days('2026-10-05', '2026-10-05'), chart_days('2026-10-05', '2026-10-31'), chart_days('2026-10-05', '2026-11-01'), chart_days('2025-12-31', '2026-01-01');

-- axes: round steps that enclose the values, of at most five intervals, whole ones for what is counted
SELECT low, high, chart_ticks(low, high), chart_ticks(low, high, 1)
FROM (VALUES (0::numeric, 0::numeric), (0, 0.013), (0, 1), (0, 3), (0, 7), (0, 10), (0, 10.01), (0, 11), (0, 1234), (-50, 120), (-3, 0), (0, 9223372036854775807)) AS v(low, high);
SELECT count(*) AS wrong
FROM (SELECT - (random() * 10 ^ (random() * 12))::numeric * (i % 3) AS low, (random() * 10 ^ (random() * 12 - 3))::numeric AS high FROM generate_series(1, 2000) AS i) AS v
CROSS JOIN LATERAL (SELECT chart_ticks(low, high) AS t) AS c
WHERE t[1] > low OR t[cardinality(t)] < high OR cardinality(t) NOT BETWEEN 2 AND 6 OR t[2] - t[1] > (high - low)
      OR EXISTS (SELECT FROM generate_series(2, cardinality(t)) AS i WHERE t[i] - t[i - 1] <> t[2] - t[1]);

-- points: columns stand on each other, upwards and downwards; bands have two ends
SELECT p.* FROM plot_points('[{"kind": "column", "values": [1, -2, null]}, {"kind": "column", "values": [4, -5, 6]}, {"values": [7, null, 8]},
    {"kind": "band", "values": [3, 4, null], "low": [1, 2, null]}]') AS p ORDER BY n, i;
-- shapes: a line has a gap where a value is missing, and a dot where both neighbours are
SELECT plot_shapes(4, '[{"class": "c1", "values": [0, 5, 10, 5]}]', 0, 10);
SELECT plot_shapes(4, '[{"class": "c1", "kind": "dash", "values": [1, null, 2, 3]}]', 0, 4);
SELECT plot_shapes(2, '[{"class": "c1", "kind": "area", "values": [1, 2]}]', 0, 2);
SELECT plot_shapes(2, '[{"class": "c1", "kind": "column", "values": [1, 0]}, {"class": "c2", "kind": "column", "values": [1, 2]}]', 0, 2);
SELECT plot_shapes(2, '[{"class": "c1", "kind": "line", "values": [1, 2]}, {"class": "c2", "kind": "band", "values": [2, 2], "low": [0, 1]}]', 0, 2);
SELECT plot_description('{a,b,c}', '[{"name": "Sales", "values": [1, 30, 2]}, {"name": "None", "values": [null, null, null]}]', 'EUR');

-- a plot
SELECT chart_plot('Sales', '{"5 Oct","6 Oct"}', '[{"name": "Now", "kind": "area", "class": "c1", "values": [10, 30]}, {"name": "Before", "kind": "dash", "class": "before", "values": [null, 20]}]', 'EUR');
SELECT chart_plot('Nothing', '{a,b}', '[{"name": "Now", "class": "c1", "values": [null, null]}]') IS NULL, chart_plot('Nothing', '{}', '[{"name": "Now", "class": "c1", "values": []}]') IS NULL;
-- labels: no more than seven
SELECT n, (SELECT count(*) FROM regexp_matches(plot_labels((SELECT array_agg('x' || i) FROM generate_series(1, n) AS i)), '<span', 'g')) FROM unnest(ARRAY[1, 2, 7, 8, 28, 366]) AS n;
SELECT chart_spark('{1,2,4}');
SELECT chart_spark('{1}') IS NULL, chart_spark('{}') IS NULL, chart_spark('{NULL,NULL}') IS NULL, pg_temp.wrong(chart_spark('{0,0,0}')), pg_temp.wrong(chart_spark('{-1,0}'));

-- changes: what is better is good; a share changes by points
SELECT chart_change(12, 10), chart_change(9, 10), chart_change(9, 10, 'less'), chart_change(9, 10, 'none'), chart_change(10.001, 10), chart_change(5, 0), chart_change(NULL, 4), chart_change(-5, -10);
SELECT chart_change(0.05, 0.04, 'less', true);
SELECT chart_tile('Orders', '12', chart_change(12, 10), 'before 10', NULL);
SELECT chart_panel('Title', NULL, NULL);
SELECT chart_table('List', '[{"name": "Name"}, {"kind": "bar"}, {"name": "Sales", "kind": "number", "unit": "EUR"}, {"name": "Change", "kind": "change"}, {"name": "State", "kind": "level"}, {"name": "Age", "kind": "plain"}]',
                   '[["A", 4, 4000, [2, 1], ["good", "fine"], "1 h"], [null, 1, 5, [1, 0], ["bad", "failed"], null], ["C", -3, null, [1, 2], ["", "none"], "-"]]');
SELECT chart_table('None', '[{"name": "Name"}]', '[]') IS NULL, chart_table('None', '[{"name": "Name"}]', NULL) IS NULL;
SELECT chart_heat('Cohorts', 'Month', '{0,1,2}', '[{"name": "Jan", "note": "12", "values": [1, 0.5, 0]}, {"name": "Feb", "values": [0.17, 0.16, null]}]', '%');
SELECT chart_heat('None', 'Month', '{0}', '[]') IS NULL, chart_heat('None', 'Month', '{0}', NULL) IS NULL;
SELECT chart_shares('Ages', '[{"name": "new", "value": 30}, {"name": "old", "value": 10}, {"name": "paid back", "value": -5}]', 'EUR');
SELECT chart_shares('None', '[{"name": "new", "value": 0}]') IS NULL, chart_shares('None', '[]') IS NULL, chart_shares('None', NULL) IS NULL;

-- whatever the names are, they are text
\set name '<script>alert(1)</script>&"''><b onload=x>]]>{}%s%1$s'
SELECT count(*), count(pg_temp.wrong(piece)), min(strpos(piece, '&lt;script&gt;')) > 0, bool_or(piece ~ '<script|<b onload')
FROM (VALUES (chart_plot(:'name', ARRAY[:'name', 'b'], jsonb_build_array(jsonb_build_object('name', :'name', 'class', 'c1', 'values', '{1,2}'::int[]), jsonb_build_object('name', :'name', 'class', 'c2', 'values', '{1,2}'::int[])))),
             (chart_table(:'name', jsonb_build_array(jsonb_build_object('name', :'name'), '{"kind": "level"}'::jsonb, '{"kind": "plain"}'::jsonb), jsonb_build_array(jsonb_build_array(:'name', ARRAY['bad', :'name'], :'name')))),
             (chart_heat(:'name', :'name', ARRAY[:'name'], jsonb_build_array(jsonb_build_object('name', :'name', 'note', :'name', 'values', '{1}'::int[])))),
             (chart_shares(:'name', jsonb_build_array(jsonb_build_object('name', :'name', 'value', 1)))),
             (chart_tile(:'name', :'name', '', :'name')), (chart_panel(:'name', :'name', NULL, empty => :'name'))) AS p(piece);
-- whatever the numbers are, there is a chart
SELECT count(*), count(pg_temp.wrong(chart_plot('x', '{a,b,c}', jsonb_build_array(jsonb_build_object('name', 'x', 'class', 'c1', 'kind', kind, 'values', list, 'low', list)), unit)))
FROM unnest(ARRAY['line', 'area', 'dash', 'column', 'band']) AS kind,
     (VALUES ('[1,2,3]'::jsonb), ('[0,0,0]'), ('[null,1,null]'), ('[-1,-2,3]'), ('[9223372036854775807,1e30,0.000001]'), ('[1]'), ('[-5,null,-5]')) AS v(list),
     unnest(ARRAY['', 'EUR', '%', 'h']) AS unit;
