-- locations by document, points and postcodes
\set SHOW_CONTEXT never
\pset null (null)
CREATE TEMPORARY VIEW shown AS
SELECT l.code, name, kind, country, region, postcode, city, oms_internal.point_lat(point) AS lat,
       oms_internal.point_lon(point) AS lon, time_zone, priority, pickup, takes_returns, ships_to, daily_capacity,
       cutoff, handling_days, handling_cost, unit_cost, active, organization_id IS NOT NULL AS organized, metadata,
       working_days, handles, ARRAY(SELECT h.day FROM oms.location_holidays AS h WHERE h.location_id = l.location_id
                                    ORDER BY h.day) AS holidays
FROM oms.locations AS l
WHERE l.code LIKE 'lo-%';
INSERT INTO oms.organizations (code, name) VALUES ('lo-acme', 'Acme');

-- points and distances, in degrees and metres
SELECT oms_internal.point_lat(p) AS lat, oms_internal.point_lon(p) AS lon FROM oms_internal.make_point(41.15, -8.61) AS p;
SELECT round(oms_internal.distance_m(a, b)) AS spheroid, round(oms_internal.sphere_distance_m(a, b)) AS sphere
FROM oms_internal.make_point(41.15, -8.61) AS a, oms_internal.make_point(38.72, -9.14) AS b;

-- postcodes: as written, in another writing, the area in front
COPY oms.postcodes (country, postcode, place, point) FROM stdin;
PT	4000-001	Porto	POINT(-8.61 41.15)
PT	4000	Porto (area)	POINT(-8.6 41.1)
GB	M1	Manchester	POINT(-2.2 53.5)
GB	M11	Beswick	POINT(-2.1 53.4)
US	10001	New York	POINT(-74 40.75)
\.
SELECT country, asked, oms_internal.point_lat(oms_internal.find_postcode(country, asked)) AS lat
FROM (VALUES ('PT', '4000-001'), ('PT', '4000 001'), ('PT', '4000001'), ('PT', '4000-999'), ('PT', '4000'), ('PT', '5000-001'),
             ('GB', 'm1 1aa'), ('GB', 'M1-1AA'), ('GB', 'M111AA'), ('US', '10001-1234'), ('US', ' 10001 '), ('DE', '10001'),
             ('US', ''), ('US', '-'), (NULL, '10001'), ('US', NULL)) AS v(country, asked);

-- with the least that creates one
SELECT oms.put_location('{"code": "lo-min"}');
TABLE shown \gx

-- all keys
SELECT oms.put_location('{"code": "lo-lis", "name": "Lisbon", "kind": "store", "country": "PT", "region": "11",
    "postcode": "1000-001", "city": "Lisboa", "lat": 38.72, "lon": "-9.14", "time_zone": "Europe/Lisbon", "priority": 3,
    "pickup": true, "takes_returns": false, "ships_to": ["PT", "ES"], "daily_capacity": 200, "cutoff": "14:00",
    "handling_days": 1, "handling_cost": "1.20", "unit_cost": 0.1, "currency": "EUR", "active": true,
    "organization": "lo-acme", "metadata": {"floor": 2},
    "working_days": [6, 2, 1, 6], "holidays": ["2026-12-25", "2026-12-08", "2026-12-25"], "handles": ["oversize"]}');
SELECT * FROM shown WHERE code = 'lo-lis' \gx

-- what is left out stays
SELECT oms.put_location('{"code": "lo-lis", "priority": -1}');
SELECT * FROM shown WHERE code = 'lo-lis' \gx

-- null clears
SELECT oms.put_location('{"code": "lo-lis", "region": null, "city": null, "ships_to": null, "daily_capacity": null,
    "cutoff": null, "handling_cost": null, "unit_cost": null, "organization": null, "metadata": null, "active": false,
    "working_days": null, "holidays": null, "handles": null}');
SELECT * FROM shown WHERE code = 'lo-lis' \gx

-- the list of holidays replaces all; who stays keeps the name
SELECT oms.put_location('{"code": "lo-lis", "holidays": ["2026-12-25", "2026-12-08"], "handles": []}');
UPDATE oms.location_holidays SET name = 'Christmas' WHERE day = '2026-12-25';
SELECT oms.put_location('{"code": "lo-lis", "holidays": ["2027-01-01", "2026-12-25"]}');
SELECT day, h.name, handles FROM oms.location_holidays AS h JOIN oms.locations USING (location_id) ORDER BY day;
SELECT oms.put_location('{"code": "lo-lis", "holidays": []}');
SELECT count(*) FROM oms.location_holidays;

-- the point: given, or found by postcode, and kept until the location moves
SELECT oms.put_location('{"code": "lo-point", "country": "PT", "postcode": "4000-001"}');
SELECT lat, lon FROM shown WHERE code = 'lo-point';
SELECT oms.put_location('{"code": "lo-point", "lat": 41.2, "lon": -8.7}');
SELECT oms.put_location('{"code": "lo-point", "country": "PT", "postcode": "4000-001", "name": "Porto"}');
SELECT lat, lon FROM shown WHERE code = 'lo-point';
SELECT oms.put_location('{"code": "lo-point", "lat": null, "lon": null}');
SELECT lat, lon FROM shown WHERE code = 'lo-point';
SELECT oms.put_location('{"code": "lo-point", "country": "US", "postcode": "10001-1234"}');
SELECT lat, lon FROM shown WHERE code = 'lo-point';
SELECT oms.put_location('{"code": "lo-point", "postcode": "99999"}');
SELECT lat, lon FROM shown WHERE code = 'lo-point';

-- costs are in one currency
SELECT oms.put_location('{"code": "lo-cost", "handling_cost": "1.20"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_location('{"code": "lo-cost", "handling_cost": "1.20", "currency": "EUR"}');
SELECT oms.put_location('{"code": "lo-cost", "unit_cost": 0.105}');
SELECT oms.put_location('{"code": "lo-cost", "unit_cost": 0.11}');
SELECT handling_cost, unit_cost FROM shown WHERE code = 'lo-cost';
SELECT oms.put_location('{"code": "lo-cost", "unit_cost": "0.10", "currency": "USD"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_location('{"code": "lo-cost", "unit_cost": "0.10", "handling_cost": 1, "currency": "USD"}');
SELECT handling_cost, unit_cost FROM shown WHERE code = 'lo-cost';

-- faults
SELECT oms.put_location('{"code": "lo-bad", "kind": "shed", "country": "Portugal", "lat": 91, "lon": -8, "time_zone": "Mars/Olympus",
    "ships_to": ["PT", "x"], "cutoff": "25:00", "handling_days": -1, "daily_capacity": 1.5,
    "working_days": [0, 8, 1.5, null], "holidays": ["2026-02-29", "infinity", null], "handles": ["final_sale"]}');
SELECT oms.put_location('{"code": "lo-bad", "working_days": []}');
SELECT oms.put_location('{"code": "lo-bad", "working_days": [1, 2, 3, 4, 5, 6, 7, 1], "holidays": "2026-12-25"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_location('{"code": "lo-bad", "lat": 41.2}');
SELECT oms.put_location('{"code": "lo-bad", "country": "ZZ"}');
SELECT oms.put_location('{"code": "lo-bad", "organization": "lo-none"}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shown WHERE code = 'lo-bad';

-- the table keeps its rules, whoever writes
\set VERBOSITY terse
INSERT INTO oms.locations (code, name, time_zone) VALUES ('lo-raw', 'x', 'Mars/Olympus');
INSERT INTO oms.locations (code, name, handling_cost, unit_cost) VALUES ('lo-raw', 'x', '1 EUR', '1 USD');
INSERT INTO oms.locations (code, name, handling_cost) VALUES ('lo-raw', 'x', '-1 EUR');
INSERT INTO oms.locations (code, name, daily_capacity) VALUES ('lo-raw', 'x', -1);
INSERT INTO oms.locations (code, name, working_days) VALUES ('lo-raw', 'x', '{}');
INSERT INTO oms.locations (code, name, working_days) VALUES ('lo-raw', 'x', '{0}');
INSERT INTO oms.locations (code, name, working_days) VALUES ('lo-raw', 'x', '{1,1}');
INSERT INTO oms.locations (code, name, working_days) VALUES ('lo-raw', 'x', '{1,NULL}');
INSERT INTO oms.locations (code, name, working_days) VALUES ('lo-raw', 'x', '{{1,2},{3,4}}');
INSERT INTO oms.locations (code, name, handles) VALUES ('lo-raw', 'x', '{final_sale}');
INSERT INTO oms.locations (code, name, handles) VALUES ('lo-raw', 'x', '{NULL}');
INSERT INTO oms.location_holidays (location_id, day) SELECT location_id, 'infinity' FROM oms.locations WHERE code = 'lo-lis';
INSERT INTO oms.location_holidays (location_id, day) VALUES (-1, '2026-12-25');
INSERT INTO oms.locations (code, name, point) VALUES ('lo-raw', 'x', 'LINESTRING(0 0, 1 1)');
INSERT INTO oms.locations (code, name, point) VALUES ('lo-raw', 'x', 'POINT EMPTY');
INSERT INTO oms.locations (code, name, point) VALUES ('lo-raw', 'x', 'POINT(NaN NaN)');
INSERT INTO oms.postcodes (country, postcode, point) VALUES ('PT', '', oms_internal.make_point(0, 0));
INSERT INTO oms.postcodes (country, postcode, point) VALUES ('PT', '1', 'POINT EMPTY');
\set VERBOSITY default

-- rows by COPY are as good
COPY oms.locations (code, name, country, point, ships_to, handling_cost, cutoff) FROM stdin;
lo-copy	Copied	PT	POINT(-8.61 41.15)	{PT,ES}	1.20 EUR	14:00
\.
SELECT oms.put_location('{"code": "lo-copy", "unit_cost": 0.5}');
SELECT code, lat, lon, ships_to, cutoff, handling_cost, unit_cost FROM shown WHERE code = 'lo-copy';

DELETE FROM oms.locations WHERE code LIKE 'lo-%';
DELETE FROM oms.organizations WHERE code LIKE 'lo-%';
DELETE FROM oms.postcodes WHERE country IN ('PT', 'GB', 'US');
