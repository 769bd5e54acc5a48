/* sql/code/75-dashboard_table.sql: tables with bars in them, heat maps, shares of a whole, headline figures */

CREATE OR REPLACE FUNCTION oms_internal.chart_change(now numeric, before numeric, better text DEFAULT 'more', points boolean DEFAULT false) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN d.change IS NULL THEN ''
        WHEN abs(d.change) < 0.0005 THEN '<span class="change">unchanged</span>'
        ELSE format('<span class="change%s">%s%s%s</span>',
                    CASE WHEN better = 'none' THEN '' WHEN (d.change > 0) = (better = 'more') THEN ' good' ELSE ' bad' END,
                    CASE WHEN d.change > 0 THEN '▲ ' ELSE '▼ ' END,
                    oms_internal.chart_number(abs(d.change), '%', NOT points),
                    CASE WHEN points THEN ' points' ELSE '' END)
        END
    FROM (SELECT CASE WHEN points THEN now - before ELSE (now - before) / nullif(abs(before), 0) END AS change) AS d
$$;
COMMENT ON FUNCTION oms_internal.chart_change(numeric, numeric, text, boolean) IS 'By which share a number has changed, or a share by how many points; better is more, less or none';

CREATE OR REPLACE FUNCTION oms_internal.chart_tile(label text, figure text, change text, note text DEFAULT NULL, spark text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat('<div class="tile"><h3>', oms_internal.html(label), '</h3><p class="figure">', oms_internal.html(figure), '</p><p class="sub">',
                  change, '<span>', oms_internal.html(note), '</span></p>', spark, E'</div>\n')
$$;
COMMENT ON FUNCTION oms_internal.chart_tile(text, text, text, text, text) IS 'A headline figure, how it has changed, and its line';

CREATE OR REPLACE FUNCTION oms_internal.chart_panel(title text, note text, body text, class text DEFAULT '', empty text DEFAULT 'Nothing in these days.') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat('<article class="panel ', class, '"><h3>', oms_internal.html(title), '</h3>', '<p class="note">' || oms_internal.html(note) || '</p>', E'\n',
                  coalesce(body, '<p class="empty">' || oms_internal.html(empty) || '</p>'), E'</article>\n')
$$;
COMMENT ON FUNCTION oms_internal.chart_panel(text, text, text, text, text) IS 'A chart with its title; a line instead of a chart that is null';

/*
 * columns: [{"name", "kind": text, plain, number, bar, change or level, "unit", "class"}]; rows: [[value, ...]]. Text is
 * cut off where it is too long, plain is not. A bar is as long as its number is of the column's largest; it may be
 * [number, class of its colour]. A change is [now, before], a level [good, warn, bad or nothing, text]. A column of the
 * class extra is left out on narrow pages.
 */
CREATE OR REPLACE FUNCTION oms_internal.chart_cell("column" jsonb, value jsonb, largest numeric) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_kind CONSTANT text := coalesce("column" ->> 'kind', 'text');
    v_class CONSTANT text := concat_ws(' ', v_kind, "column" ->> 'class');
    v_text CONSTANT text := CASE jsonb_typeof(value) WHEN 'array' THEN value ->> 0 ELSE value #>> '{}' END;
BEGIN
    CASE v_kind
        WHEN 'text' THEN
            RETURN format('<td class="%s" title="%s">%s</td>', v_class, oms_internal.html(coalesce(v_text, '')), oms_internal.html(coalesce(v_text, '–')));
        WHEN 'plain' THEN
            RETURN format('<td class="%s">%s</td>', v_class, oms_internal.html(v_text));
        WHEN 'number' THEN
            RETURN format('<td class="%s">%s</td>', v_class, oms_internal.html(oms_internal.chart_number(v_text::numeric, coalesce("column" ->> 'unit', ''), beside => largest)));
        WHEN 'bar' THEN
            RETURN format('<td class="%s"><svg class="%s" aria-hidden="true"><rect width="%s%%" height="100%%"/></svg></td>', v_class,
                          coalesce(value ->> 1, "column" ->> 'colour', 'c1'), coalesce(trim_scale(round(100 * greatest(v_text::numeric, 0) / nullif(largest, 0), 1)), 0));
        WHEN 'change' THEN
            RETURN format('<td class="%s">%s</td>', v_class, oms_internal.chart_change(v_text::numeric, (value ->> 1)::numeric, coalesce("column" ->> 'better', 'more')));
        WHEN 'level' THEN
            RETURN format('<td class="%s"><span class="%s">%s</span></td>', v_class, v_text, oms_internal.html(value ->> 1));
    END CASE;
END
$$;
COMMENT ON FUNCTION oms_internal.chart_cell(jsonb, jsonb, numeric) IS 'A cell of chart_table()';

CREATE OR REPLACE FUNCTION oms_internal.chart_table(title text, columns jsonb, "rows" jsonb, currency text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH col AS MATERIALIZED (
        SELECT c.n::integer AS n, CASE c.e ->> 'unit' WHEN 'money' THEN c.e || jsonb_build_object('unit', currency) ELSE c.e END AS e,
               coalesce(c.e ->> 'kind', 'text') AS kind,
               (SELECT max((CASE jsonb_typeof(r -> c.n::integer - 1) WHEN 'array' THEN r -> c.n::integer - 1 ->> 0 ELSE r ->> c.n::integer - 1 END)::numeric)
                FROM jsonb_array_elements("rows") AS r WHERE c.e ->> 'kind' IN ('bar', 'number')) AS largest
        FROM jsonb_array_elements(columns) WITH ORDINALITY AS c(e, n)
    )
    SELECT concat('<div class="scroll"><table><caption>', oms_internal.html(title), '</caption><thead><tr>',
                  (SELECT string_agg(format('<th scope="col" class="%s">%s</th>', concat_ws(' ', c.kind, c.e ->> 'class'), oms_internal.html(coalesce(c.e ->> 'name', ''))), '' ORDER BY c.n) FROM col AS c),
                  E'</tr></thead>\n<tbody>',
                  (SELECT string_agg(format('<tr>%s</tr>', w.cells), E'\n' ORDER BY w.i)
                   FROM (SELECT r.i, string_agg(oms_internal.chart_cell(c.e, r.e -> c.n - 1, c.largest), '' ORDER BY c.n) AS cells
                         FROM jsonb_array_elements("rows") WITH ORDINALITY AS r(e, i) CROSS JOIN col AS c GROUP BY r.i) AS w),
                  E'</tbody></table></div>\n')
    WHERE jsonb_array_length("rows") > 0
$$;
COMMENT ON FUNCTION oms_internal.chart_table(text, jsonb, jsonb, text) IS 'Rows as a table with bars, changes and levels; null without rows; currency is that of the unit money';

/* rows: [{"name", "note", "values": [...], "texts": [...] where they are not the values}] */
CREATE OR REPLACE FUNCTION oms_internal.chart_heat(title text, corner text, columns text[], "rows" jsonb, unit text DEFAULT '', high numeric DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS MATERIALIZED (
        SELECT r.i, v.n, v.value::numeric AS value
        FROM jsonb_array_elements("rows") WITH ORDINALITY AS r(e, i)
        CROSS JOIN LATERAL jsonb_array_elements_text(r.e -> 'values') WITH ORDINALITY AS v(value, n)
    ), line AS (
        SELECT c.i, string_agg(CASE WHEN c.value IS NULL THEN '<td class="none"></td>'
                                    ELSE format('<td class="h%s">%s</td>', CASE WHEN c.value <= 0 THEN 0 ELSE least(6, ceil(6 * c.value / m.value)) END,
                                                oms_internal.html(oms_internal.chart_number(c.value, unit, true))) END, '' ORDER BY c.n) AS cells
        FROM cell AS c CROSS JOIN (SELECT coalesce(high, max(value)) AS value FROM cell) AS m
        GROUP BY c.i
    )
    SELECT concat('<div class="scroll"><table class="heat"><caption>', oms_internal.html(title), '</caption><thead><tr><th scope="col" class="text">', oms_internal.html(corner), '</th>',
                  (SELECT string_agg(format('<th scope="col">%s</th>', oms_internal.html(name)), '' ORDER BY n) FROM unnest(columns) WITH ORDINALITY AS c(name, n)),
                  E'</tr></thead>\n<tbody>',
                  string_agg(format('<tr><th scope="row" class="text">%s%s</th>%s</tr>', oms_internal.html(r.e ->> 'name'),
                                    ' <small>' || oms_internal.html(r.e ->> 'note') || '</small>', line.cells), E'\n' ORDER BY r.i),
                  E'</tbody></table></div>\n')
    FROM jsonb_array_elements("rows") WITH ORDINALITY AS r(e, i)
    JOIN line ON line.i = r.i
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION oms_internal.chart_heat(text, text, text[], jsonb, text, numeric) IS 'A table whose cells are the darker, the larger their number; null without rows';

/* parts: [{"name", "value", "class"}] */
CREATE OR REPLACE FUNCTION oms_internal.chart_shares(title text, parts jsonb, unit text DEFAULT '') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS (
        SELECT p.n, p.e ->> 'name' AS name, coalesce(p.e ->> 'class', 'c' || p.n) AS class, (p.e ->> 'value')::numeric AS value,
               greatest((p.e ->> 'value')::numeric, 0) / nullif(sum(greatest((p.e ->> 'value')::numeric, 0)) OVER (), 0) AS share
        FROM jsonb_array_elements(parts) WITH ORDINALITY AS p(e, n)
    )
    SELECT concat('<figure class="shares"><svg role="img" aria-label="', oms_internal.html(title), '"><desc>',
                  string_agg(oms_internal.html(format('%s: %s.', s.name, oms_internal.chart_number(s.value, unit))), ' ' ORDER BY s.n), '</desc>',
                  string_agg(format('<rect class="%s" x="%s%%" width="%s%%" height="100%%"/>', s.class, trim_scale(round(100 * (s.until - s.share), 2)),
                                    trim_scale(round(100 * s.share, 2))), '' ORDER BY s.n),
                  '</svg><ul>',
                  string_agg(format('<li class="%s"><span>%s</span><b>%s</b><small>%s</small></li>', s.class, oms_internal.html(s.name),
                                    oms_internal.html(oms_internal.chart_number(s.value, unit, beside => s.largest)), oms_internal.chart_number(s.share, '%', true)), '' ORDER BY s.n),
                  E'</ul></figure>\n')
    FROM (SELECT *, sum(part.share) OVER (ORDER BY part.n) AS until, max(part.value) OVER () AS largest FROM part) AS s
    HAVING sum(s.share) > 0
$$;
COMMENT ON FUNCTION oms_internal.chart_shares(text, jsonb, text) IS 'Parts of a whole as a bar, with what each is; null if all are zero';
