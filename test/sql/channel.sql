-- channels by document; what all put_ functions have in common is tried here
\set SHOW_CONTEXT never
\pset null (null)
CREATE TEMPORARY VIEW shown AS
SELECT c.code, c.name, c.kind, c.currency, o.code AS organization, c.capture, c.fee_rate, c.metadata, c.strategy, c.split_penalty,
       (SELECT array_agg(l.code ORDER BY cl.priority, l.code COLLATE "C")
        FROM oms.channel_locations AS cl JOIN oms.locations AS l USING (location_id)
        WHERE cl.channel_id = c.channel_id) AS locations
FROM oms.channels AS c LEFT JOIN oms.organizations AS o USING (organization_id)
WHERE c.code LIKE 'ch-%';
INSERT INTO oms.organizations (code, name) VALUES ('ch-acme', 'Acme');
SELECT oms.put_location('{"code": "ch-lis"}'), oms.put_location('{"code": "ch-opo"}');

-- with the least that creates one: defaults of the table, the code as name
SELECT oms.put_channel('{"code": "ch-web", "currency": "EUR"}');
TABLE shown \gx

-- all keys
SELECT oms.put_channel('{"code": "ch-mart", "name": "Mart", "kind": "marketplace", "currency": "JPY",
                         "organization": "ch-acme", "locations": ["ch-opo", "ch-lis", "ch-opo"], "capture": "on_ship",
                         "fee_rate": 0.15, "metadata": {"seller": 7}, "strategy": "balanced", "split_penalty": "150"}');
SELECT * FROM shown WHERE code = 'ch-mart' \gx

-- what is left out stays; nothing moves if nothing changes
SELECT oms.put_channel('{"code": "ch-mart", "fee_rate": "0.12"}');
SELECT * FROM shown WHERE code = 'ch-mart' \gx
SELECT ctid, xmin FROM oms.channels WHERE code = 'ch-mart' \gset
SELECT oms.put_channel('{"code": "ch-mart", "name": "Mart", "fee_rate": 0.12, "metadata": {"seller": 7}}');
SELECT ctid = :'ctid' AND xmin = :xmin AS untouched FROM oms.channels WHERE code = 'ch-mart';

-- the first of the locations is preferred; what stays in its place isn't written
CREATE TEMPORARY VIEW places AS
SELECT l.code, cl.priority, cl.ctid AS place
FROM oms.channel_locations AS cl JOIN oms.locations AS l USING (location_id) JOIN oms.channels AS c USING (channel_id)
WHERE c.code = 'ch-mart';
SELECT code, priority FROM places ORDER BY priority;
SELECT oms.put_channel('{"code": "ch-mart", "locations": ["ch-lis", "ch-opo"]}');
SELECT code, priority FROM places ORDER BY priority;
SELECT array_agg(place ORDER BY priority) AS before FROM places \gset
SELECT oms.put_channel('{"code": "ch-mart", "locations": ["ch-lis", "ch-opo"]}');
SELECT array_agg(place ORDER BY priority) = :'before' AS untouched FROM places;

-- the penalty is in the channel's currency
SELECT oms.put_channel('{"code": "ch-mart", "currency": "EUR"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_channel('{"code": "ch-mart", "split_penalty": 1.5}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_channel('{"code": "ch-mart", "currency": "EUR", "split_penalty": 1.5}');
SELECT strategy, split_penalty FROM shown WHERE code = 'ch-mart';
SELECT oms.put_channel('{"code": "ch-mart", "split_penalty": null, "strategy": null}');
SELECT oms.put_channel('{"code": "ch-mart", "currency": "JPY"}');
SELECT strategy, split_penalty FROM shown WHERE code = 'ch-mart';
SELECT oms.put_channel('{"code": "ch-mart", "split_penalty": 0, "strategy": "nearest"}');
SELECT strategy, split_penalty FROM shown WHERE code = 'ch-mart';

-- null clears, the locations are replaced as a whole
SELECT oms.put_channel('{"code": "ch-mart", "locations": ["ch-opo"]}');
SELECT locations FROM shown WHERE code = 'ch-mart';
SELECT oms.put_channel('{"code": "ch-mart", "organization": null, "locations": null, "metadata": null,
                         "strategy": null, "split_penalty": null}');
SELECT * FROM shown WHERE code = 'ch-mart' \gx

-- all faults at once
SELECT oms.put_channel('{"code": "ch-bad", "kind": "shop", "currency": "EURO", "fee_rate": 2, "colour": "red", "name": null,
                         "strategy": "best", "split_penalty": -1}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_channel('[]');
SELECT oms.put_channel('{}');
SELECT oms.put_channel('{"code": "ch-bad", "name": "Without a currency"}');
SELECT oms.put_channel('{"code": "ch-bad", "split_penalty": "1.50"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_channel(NULL);

-- all codes that nobody knows
SELECT oms.put_channel('{"code": "ch-bad", "currency": "EUR", "organization": "ch-none",
                         "locations": ["ch-lis", "ch-nowhere", "ch-neither"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_channel('{"code": "ch-bad", "currency": "EUR", "organization": "ch-none"}');
SELECT oms.put_channel(jsonb_build_object('code', 'ch-bad', 'currency', 'EUR', 'locations', jsonb_agg('ch-' || n)))
FROM generate_series(1, 52) AS n;
SELECT count(*) FROM shown WHERE code = 'ch-bad';

-- the table keeps its rules, whoever writes
\set VERBOSITY terse
INSERT INTO oms.channels (code, name, currency) VALUES ('ch-raw', 'x', 'EURO');
INSERT INTO oms.channels (code, name, currency) VALUES ('', 'x', 'EUR');
INSERT INTO oms.channels (code, name, currency, kind) VALUES ('ch-raw', 'x', 'EUR', 'shop');
INSERT INTO oms.channels (code, name, currency, fee_rate) VALUES ('ch-raw', 'x', 'EUR', 1.1);
INSERT INTO oms.channels (code, name, currency, strategy) VALUES ('ch-raw', 'x', 'EUR', 'best');
INSERT INTO oms.channels (code, name, currency, split_penalty) VALUES ('ch-raw', 'x', 'EUR', '-1 EUR');
INSERT INTO oms.channels (code, name, currency, split_penalty) VALUES ('ch-raw', 'x', 'EUR', '1 USD');
INSERT INTO oms.organizations (code, name) VALUES ('', 'x');
\set VERBOSITY default

-- rows by COPY are as good
COPY oms.channels (code, name, currency, kind) FROM stdin;
ch-copy	Copied	GBP	b2b
\.
SELECT oms.put_channel('{"code": "ch-copy", "capture": "on_ship"}');
SELECT code, name, kind, currency, capture FROM shown WHERE code = 'ch-copy';

-- no search path matters
BEGIN;
SET LOCAL search_path = '';
SELECT oms.put_channel('{"code": "ch-copy", "name": "Pathless"}');
ROLLBACK;

DELETE FROM oms.channels WHERE code LIKE 'ch-%';
DELETE FROM oms.locations WHERE code LIKE 'ch-%';
DELETE FROM oms.organizations WHERE code LIKE 'ch-%';
