/*
 * sql/code/75-dashboard_plot.sql: lines, areas, bands and columns over a row of labels
 *
 * A plot has places for its labels that are equally wide. In the SVG it is 1000 units wide and high, and stretched;
 * lines keep their width. Values are read from cards that CSS shows where the pointer is, so no script is needed.
 */

/* What is told of a plot to those who don't see it */
CREATE OR REPLACE FUNCTION oms_internal.plot_description(labels text[], series jsonb, unit text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('%s: from %s (%s) to %s (%s), highest %s (%s).', s.name,
                             oms_internal.chart_number(p.value[1], unit), p.label[1],
                             oms_internal.chart_number(p.value[cardinality(p.value)], unit), p.label[cardinality(p.value)],
                             oms_internal.chart_number(m.value, unit), m.label), ' ' ORDER BY s.n)
    FROM (SELECT e ->> 'name' AS name, e -> 'values' AS list, n FROM jsonb_array_elements(series) WITH ORDINALITY AS a(e, n)) AS s
    CROSS JOIN LATERAL (
        SELECT array_agg(v.value::numeric ORDER BY v.i) AS value, array_agg(labels[v.i] ORDER BY v.i) AS label
        FROM jsonb_array_elements_text(s.list) WITH ORDINALITY AS v(value, i) WHERE v.value IS NOT NULL) AS p
    CROSS JOIN LATERAL (SELECT v.value, v.label FROM unnest(p.value, p.label) AS v(value, label) ORDER BY v.value DESC, v.label LIMIT 1) AS m
$$;
COMMENT ON FUNCTION oms_internal.plot_description(text[], jsonb, text) IS 'The ends and the highest point of each series in words';

/* The points of all series: columns stand on each other, a band has two ends */
CREATE OR REPLACE FUNCTION oms_internal.plot_points(
    series jsonb, OUT n integer, OUT kind text, OUT i integer, OUT value numeric, OUT base numeric, OUT top numeric
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.n::integer, s.kind, v.i::integer, v.value::numeric,
           CASE s.kind WHEN 'band' THEN (s.e -> 'low' ->> v.i::integer - 1)::numeric
                       WHEN 'column' THEN sum(coalesce(v.value::numeric, 0)) OVER w - coalesce(v.value::numeric, 0)
                       ELSE 0 END,
           CASE s.kind WHEN 'column' THEN sum(coalesce(v.value::numeric, 0)) OVER w ELSE v.value::numeric END
    FROM (SELECT a.n, a.e, coalesce(a.e ->> 'kind', 'line') AS kind FROM jsonb_array_elements(series) WITH ORDINALITY AS a(e, n)) AS s
    CROSS JOIN LATERAL jsonb_array_elements_text(s.e -> 'values') WITH ORDINALITY AS v(value, i)
    -- what is below the base line is stacked downwards
    WINDOW w AS (PARTITION BY v.i, s.kind, sign(v.value::numeric) < 0 ORDER BY s.n)
$$;
COMMENT ON FUNCTION oms_internal.plot_points(jsonb) IS 'The points of all series of a plot, from base to top';

CREATE OR REPLACE FUNCTION oms_internal.plot_shapes(labels integer, series jsonb, low numeric, high numeric) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('<g class="%s %s">%s</g>', s.e ->> 'class', p.kind, p.shape), E'\n' ORDER BY p.kind <> 'band', s.n)
    FROM jsonb_array_elements(series) WITH ORDINALITY AS s(e, n)
    JOIN (
        SELECT q.n, q.kind,
               CASE q.kind
                   WHEN 'column' THEN format('<path d="%s"/>', string_agg(format('M%s %sh%sV%sh-%sz', q.x - q.half, q.base, 2 * q.half, q.top, 2 * q.half), '' ORDER BY q.i)
                                                               FILTER (WHERE q.base <> q.top))
                   WHEN 'band' THEN format('<path d="M%sL%sz"/>', string_agg(q.x || ' ' || q.top, 'L' ORDER BY q.i),
                                           string_agg(q.x || ' ' || q.base, 'L' ORDER BY q.i DESC))
                   ELSE CASE q.kind WHEN 'area' THEN format('<path class="fill" d="M%s %sL%sV%sz"/>', min(q.x), min(q.base),
                                                            string_agg(q.x || ' ' || q.top, 'L' ORDER BY q.i), min(q.base)) ELSE '' END
                        || format('<path d="%s"/>', string_agg(CASE WHEN q.first THEN 'M' ELSE 'L' END || q.x || ' ' || q.top
                                                               || CASE WHEN q.first AND q.last THEN 'h0' ELSE '' END, '' ORDER BY q.i))
                        || CASE WHEN q.kind <> 'dash' THEN format('<path class="end" d="M%sh0"/>', (array_agg(q.x || ' ' || q.top ORDER BY q.i DESC))[1]) ELSE '' END
               END AS shape
        FROM (SELECT r.n, r.kind, r.i, r.value, trim_scale(round(1000 * (r.i - 0.5) / labels, 1)) AS x, trim_scale(round(350.0 / labels, 1)) AS half,
                     trim_scale(round(1000 * (high - r.base) / (high - low), 1)) AS base, trim_scale(round(1000 * (high - r.top) / (high - low), 1)) AS top,
                     lag(r.value) OVER w IS NULL AS first, lead(r.value) OVER w IS NULL AS last
              FROM oms_internal.plot_points(series) AS r
              WINDOW w AS (PARTITION BY r.n ORDER BY r.i)) AS q
        WHERE q.value IS NOT NULL
        GROUP BY q.n, q.kind) AS p ON p.n = s.n
$$;
COMMENT ON FUNCTION oms_internal.plot_shapes(integer, jsonb, numeric, numeric) IS 'The shapes of a plot''s series, between two values';

/* Where the pointer is, a card tells the values; those of the right half open to the left */
CREATE OR REPLACE FUNCTION oms_internal.plot_cards(labels text[], series jsonb, unit text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('<i%s><b><em>%s</em>%s</b></i>', CASE WHEN c.i > cardinality(labels) / 2.0 THEN ' class="r"' ELSE '' END,
                             oms_internal.html(labels[c.i]), c.lines), '' ORDER BY c.i)
    FROM (SELECT i, coalesce(string_agg(format('<u class="%s">%s</u><s>%s</s>', e ->> 'class', oms_internal.html(e ->> 'name'),
                                               CASE WHEN e ->> 'kind' = 'band' THEN oms_internal.chart_number((e -> 'low' ->> i - 1)::numeric, unit) || ' – ' ELSE '' END
                                               || oms_internal.chart_number((e -> 'values' ->> i - 1)::numeric, unit)), '' ORDER BY n)
                             FILTER (WHERE e -> 'values' ->> i - 1 IS NOT NULL), '') AS lines
          FROM generate_series(1, cardinality(labels)) AS i
          CROSS JOIN jsonb_array_elements(series) WITH ORDINALITY AS s(e, n)
          GROUP BY i) AS c
$$;
COMMENT ON FUNCTION oms_internal.plot_cards(text[], jsonb, text) IS 'What a plot shows of each label under the pointer';

/* At most seven labels are written, fewer long ones, on narrow pages every other one of them */
CREATE OR REPLACE FUNCTION oms_internal.plot_labels(labels text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('<span style="left:%s%%"%s>%s</span>', trim_scale(round(100 * (i - 0.5) / cardinality(labels), 2)),
                             CASE WHEN (i - 1) / step % 2 = 1 THEN ' class="odd"' ELSE '' END, oms_internal.html(labels[i])), '' ORDER BY i)
    FROM (SELECT ceil(cardinality(labels) / greatest(2, least(7, 42 / greatest(1, (SELECT max(length(l)) FROM unnest(labels) AS l)))::numeric))::integer AS step) AS s
    CROSS JOIN LATERAL generate_series(1, cardinality(labels), step) AS i
$$;
COMMENT ON FUNCTION oms_internal.plot_labels(text[]) IS 'The labels below a plot, as many as there is place for';

/* series: [{"name", "class": c1 to c6 or before, "kind": line, area, dash, band with "low", or column, "values": [...]}] */
CREATE OR REPLACE FUNCTION oms_internal.chart_plot(title text, labels text[], series jsonb, unit text DEFAULT '', class text DEFAULT '') RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_range CONSTANT record := (SELECT r FROM (SELECT least(0, min(least(p.base, p.top))) AS low, greatest(0, max(greatest(p.base, p.top))) AS high, count(p.value) AS points
                                               FROM oms_internal.plot_points(series) AS p) AS r);
    v_ticks CONSTANT numeric[] := oms_internal.chart_ticks(v_range.low, v_range.high, CASE unit WHEN '' THEN 1 ELSE 0 END);
    v_low CONSTANT numeric := v_ticks[1];
    v_high CONSTANT numeric := v_ticks[cardinality(v_ticks)];
BEGIN
    IF v_range.points = 0 THEN
        RETURN NULL;
    END IF;
    RETURN concat(
        '<figure class="plot ', class, E'">\n',
        CASE WHEN jsonb_array_length(series) > 1 THEN
            (SELECT concat('<ul class="legend">', string_agg(format('<li class="%s %s">%s</li>', e ->> 'class', e ->> 'kind', oms_internal.html(e ->> 'name')), '' ORDER BY n), E'</ul>\n')
             FROM jsonb_array_elements(series) WITH ORDINALITY AS s(e, n)) END,
        '<div class="frame"><div class="y">',
        (SELECT string_agg(format('<span>%s</span>', oms_internal.chart_number(t, unit, true)), '' ORDER BY t DESC) FROM unnest(v_ticks) AS t),
        E'</div>\n<div class="pane"><svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label="', oms_internal.html(title), '"><desc>',
        oms_internal.html(oms_internal.plot_description(labels, series, unit)), '</desc><path class="grid" d="',
        (SELECT string_agg(format('M0 %sh1000', trim_scale(round(1000 * (v_high - t) / (v_high - v_low), 1))), '' ORDER BY t) FROM unnest(v_ticks) AS t WHERE t <> 0),
        '"/><path class="zero" d="M0 ', trim_scale(round(1000 * v_high / (v_high - v_low), 1)), E'h1000"/>\n',
        oms_internal.plot_shapes(cardinality(labels), series, v_low, v_high),
        E'</svg>\n<div class="cards" aria-hidden="true">', oms_internal.plot_cards(labels, series, unit),
        E'</div></div>\n<div class="x">', oms_internal.plot_labels(labels), E'</div></div>\n</figure>\n');
END
$$;
COMMENT ON FUNCTION oms_internal.chart_plot(text, text[], jsonb, text, text) IS 'Series of values over labels as a plot with axes; null without a value';

CREATE OR REPLACE FUNCTION oms_internal.chart_spark("values" numeric[], class text DEFAULT 'c1') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- from the first point to the last
    SELECT format('<svg class="spark" viewBox="%s 0 %s 1000" preserveAspectRatio="none" aria-hidden="true">%s</svg>',
                  round(500.0 / n.points, 1), round(1000 - 1000.0 / n.points, 1),
                  oms_internal.plot_shapes(n.points, s.series, least(0, b.low), greatest(b.high, CASE WHEN b.low < 0 THEN 0 ELSE 1e-9 END)))
    FROM (SELECT jsonb_build_array(jsonb_build_object('kind', 'area', 'class', class, 'values', to_jsonb("values"))) AS series) AS s
    CROSS JOIN (SELECT min(v) AS low, max(v) AS high FROM unnest("values") AS v) AS b
    -- null before anything is divided by it
    CROSS JOIN (SELECT nullif(cardinality("values"), 0) AS points) AS n
    WHERE n.points > 1 AND b.low IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.chart_spark(numeric[], text) IS 'Values as a small line without axes; null for less than two';
