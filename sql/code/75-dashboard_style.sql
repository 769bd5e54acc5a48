/* sql/code/75-dashboard_style.sql: how the dashboard looks: light and dark, wide and narrow, on the screen and printed */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_style() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '
:root { color-scheme: light dark;
    --page: #f3f4f6; --card: #fff; --ink: #16191d; --soft: #59616b; --line: #dde0e5; --grid: #e8eaed; --track: #eef0f3;
    --c1: #1e67c1; --c2: #e6732a; --c3: #4ba28b; --c4: #64056a; --c5: #826210; --c6: #4f565e; --before: #8a929c;
    --good: #0a7248; --bad: #b3261e; --warn: #8a5a00;
    --h0: #f3f4f6; --h1: #e1ebf7; --h2: #c3d8ef; --h3: #98bde3; --h4: #5b92cc; --h5: #1f66b5; --h6: #0d437e;
    --h4-ink: #0a0c0f; --h5-ink: #fff; }
@media screen and (prefers-color-scheme: dark) { :root {
    --page: #0f1215; --card: #181c20; --ink: #e9ebee; --soft: #a2abb5; --line: #2d333a; --grid: #262c32; --track: #242a30;
    --c1: #618df3; --c2: #f78e44; --c3: #9df4c7; --c4: #b06196; --c5: #eee330; --c6: #acb2bb; --before: #7d8791;
    --good: #4cc38a; --bad: #ff8a80; --warn: #e0b050;
    --h0: #1e2328; --h1: #1c2f45; --h2: #1f4064; --h3: #265788; --h4: #4a8bd0; --h5: #7db3ee; --h6: #b4d5fa;
    --h4-ink: #0a0c0f; --h5-ink: #0a0c0f; } }
.c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); }
.before { --c: var(--before); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
    font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1400px; margin: 0 auto; padding: 32px 28px 40px; overflow-x: clip; }
h1, h2, h3, p, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 28px; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; }
h2 { font-size: 18px; font-weight: 650; letter-spacing: -0.01em; margin: 36px 0 12px; scroll-margin-top: 12px; }
h3 { font-size: 14px; font-weight: 600; }
header p { color: var(--soft); margin-top: 4px; }
nav { display: flex; flex-wrap: wrap; gap: 6px; margin: 16px 0 20px; }
nav a { color: var(--ink); text-decoration: none; border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: 3px 12px; font-size: 13px; }
nav a:hover, nav a:focus-visible { border-color: var(--c1); }
.tiles { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 14px; }
.tile, .panel { background: var(--card); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.tile { padding: 14px 16px 0; overflow: hidden; display: flex; flex-direction: column; }
.tile h3 { font-weight: 500; color: var(--soft); font-size: 13px; }
.figure { font-size: 25px; line-height: 1.3; font-weight: 650; letter-spacing: -0.02em; white-space: nowrap; }
.sub { display: flex; flex-wrap: wrap; gap: 0 8px; font-size: 12.5px; color: var(--soft); padding-bottom: 12px; min-height: 32px; }
.change { white-space: nowrap; } .good { color: var(--good); } .bad { color: var(--bad); }
.spark { display: block; height: 34px; width: calc(100% + 32px); margin: auto -16px 0; }
.grid12 { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 14px; }
.panel { grid-column: span 6; padding: 16px 18px 16px; display: flex; flex-direction: column; }
.w3 { grid-column: span 3; } .w4 { grid-column: span 4; } .w5 { grid-column: span 5; } .w7 { grid-column: span 7; } .w8 { grid-column: span 8; } .w12 { grid-column: 1 / -1; } .two { grid-row: span 2; }
.note { color: var(--soft); font-size: 13px; }
.panel > .note + *, .panel > h3 + :not(.note) { margin-top: 12px; }
.empty { color: var(--soft); margin: auto; padding: 28px 0; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); margin-bottom: 12px; }
.legend li::before, .shares li::before, .cards u::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; background: var(--c); margin-inline-end: 6px; }
.legend .line::before, .legend .area::before { height: 3px; vertical-align: 3px; width: 14px; }
.legend .dash::before { height: 0; border-top: 2px dashed var(--c); background: none; vertical-align: 3px; width: 14px; border-radius: 0; }
.legend .band::before { opacity: 0.3; }
.plot { margin-top: auto; }
.frame { display: grid; grid-template-columns: max-content minmax(0, 1fr); column-gap: 8px; font-size: 12px; line-height: 16px; color: var(--soft); padding-top: 8px; }
.y { display: flex; flex-direction: column; justify-content: space-between; text-align: end; margin-block: -8px; white-space: nowrap; }
.pane { position: relative; height: 220px; } .tall .pane { height: 280px; } .low .pane { height: 160px; }
.pane svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.x { grid-column: 2; position: relative; height: 16px; margin-top: 6px; }
.x span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
svg path { fill: none; stroke: var(--c); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; }
svg .grid { stroke: var(--grid); stroke-width: 1; stroke-linecap: butt; } svg .zero { stroke: var(--before); stroke-width: 1; stroke-linecap: butt; }
svg .dash path { stroke-width: 1.5; stroke-dasharray: 4 4; stroke-linecap: butt; }
svg .fill { fill: var(--c); fill-opacity: 0.12; stroke: none; } svg .end { stroke-width: 7; } .spark .end { stroke: none; } .spark path { stroke-width: 1.5; }
svg .band path { fill: var(--c); fill-opacity: 0.2; stroke: none; } svg .column path { fill: var(--c); stroke: none; }
svg rect { fill: var(--c); }
.cards { position: absolute; inset: 0; display: flex; }
.cards i { flex: 1; position: relative; font-style: normal; }
.cards i:hover { background: color-mix(in srgb, var(--soft) 14%, transparent); }
.cards b { display: none; position: absolute; z-index: 2; top: 0; left: calc(100% + 6px); width: max-content; max-width: 260px; pointer-events: none;
    background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 4px 14px rgb(0 0 0 / 0.16); padding: 8px 12px; font-weight: 400; }
.cards .r b { left: auto; right: calc(100% + 6px); }
.cards i:hover b { display: grid; grid-template-columns: auto auto; gap: 1px 14px; }
.cards em { grid-column: 1 / -1; font-style: normal; color: var(--soft); } .cards u { text-decoration: none; } .cards s { text-decoration: none; text-align: end; font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th { font-weight: 500; color: var(--soft); font-size: 12.5px; text-align: end; vertical-align: bottom; white-space: nowrap; }
td { text-align: end; white-space: nowrap; }
th, td { padding: 5px 0 5px 14px; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { padding-inline-start: 0; }
thead th { border-color: var(--line); } tbody tr:last-child > * { border-bottom: 0; }
td.plain:first-child, th.plain:first-child, .text, .level { text-align: start; }
td.text { max-width: 0; width: 42%; min-width: 90px; overflow: hidden; text-overflow: ellipsis; }
td.long { white-space: normal; } .long span { display: grid; grid-template-columns: 16px minmax(0, 1fr); align-items: baseline; }
td.bar { width: 30%; min-width: 48px; } td.bar svg { display: block; width: 100%; height: 12px; background: var(--track); border-radius: 3px; }
.level span::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-inline-end: 7px; background: var(--soft); }
.level .good::before { background: var(--good); } .level .warn::before { background: var(--warn); border-radius: 2px; } .level .bad::before { background: var(--bad); border-radius: 0; transform: rotate(45deg); }
.level span { color: inherit; }
.heat { border-collapse: separate; border-spacing: 2px; font-size: 12.5px; }
.heat th, .heat td { border: 0; } .heat th { padding: 4px 6px; text-align: center; } .heat .text { text-align: start; } .heat th small { font-weight: 400; }
.heat td { padding: 6px 6px; border-radius: 3px; text-align: center; min-width: 44px; }
.h0 { background: var(--h0); } .h1 { background: var(--h1); } .h2 { background: var(--h2); } .h3 { background: var(--h3); }
.h4 { background: var(--h4); color: var(--h4-ink); } .h5 { background: var(--h5); color: var(--h5-ink); } .h6 { background: var(--h6); color: var(--h5-ink); }
.shares > svg { display: block; width: 100%; height: 16px; border-radius: 4px; background: var(--track); }
.shares rect { stroke: var(--card); stroke-width: 1.5; }
.shares ul { list-style: none; margin-top: 12px; font-size: 13.5px; }
.shares li { display: grid; grid-template-columns: 16px minmax(0, 1fr) max-content 64px; align-items: baseline; padding: 4px 0; border-bottom: 1px solid var(--grid); }
.shares li:last-child { border: 0; } .shares b { font-weight: 500; } .shares small { color: var(--soft); text-align: end; font-size: 12.5px; }
footer { color: var(--soft); font-size: 12.5px; margin-top: 28px; }
@media (max-width: 1100px) { .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); } .w3, .w4, .w5, .w7 { grid-column: span 6; } .w8 { grid-column: 1 / -1; } }
@media (max-width: 720px) { main { padding: 20px 14px 28px; } h1 { font-size: 23px; } .grid12 > .panel { grid-column: 1 / -1; padding: 14px; }
    .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; } .tile { padding: 12px 12px 0; } .spark { width: calc(100% + 24px); margin-inline: -12px; }
    .figure { font-size: 20px; } .grid12 { gap: 10px; } .x .odd, .extra { display: none; } td.text { white-space: normal; overflow-wrap: anywhere; vertical-align: top; } }
@media print { @page { size: A4 landscape; margin: 10mm; } body { background: none; font-size: 11px; } main { max-width: none; padding: 0; } nav, .cards { display: none; }
    * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } .panel, .tile { break-inside: avoid; } h2 { break-after: avoid; } }
';
END;
COMMENT ON FUNCTION oms_internal.dashboard_style() IS 'How the dashboard looks: light and dark, wide and narrow, on the screen and printed';

/* The policy lets a page do nothing but show itself */
CREATE OR REPLACE FUNCTION oms_internal.chart_page(title text, lead text, body text, foot text, style text DEFAULT '') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat(
        E'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n<meta name="viewport" content="width=device-width, initial-scale=1"/>\n',
        E'<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; base-uri ''none''; form-action ''none''"/>\n',
        '<title>', oms_internal.html(title), E'</title>\n<style>', oms_internal.dashboard_style(), style, E'</style>\n</head>\n<body>\n<main>\n<header><h1>',
        oms_internal.html(title), '</h1><p>', oms_internal.html(lead), E'</p></header>\n<nav>',
        (SELECT string_agg(format('<a href="#%s">%s</a>', h.m[1], h.m[2]), '' ORDER BY h.n)
         FROM regexp_matches(body, '<h2 id="([^"]*)">([^<]*)<', 'g') WITH ORDINALITY AS h(m, n)),
        E'</nav>\n', body, '<footer>', oms_internal.html(foot), E'</footer>\n</main>\n</body>\n</html>\n')
$$;
COMMENT ON FUNCTION oms_internal.chart_page(text, text, text, text, text) IS 'Sections with charts as a page of its own';
