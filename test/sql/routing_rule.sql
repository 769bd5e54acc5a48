-- routing rules: which lines they are for, and what they say of which locations
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

SELECT put_channel('{"code": "rule-web", "currency": "EUR"}'), put_channel('{"code": "rule-market", "currency": "EUR"}');
SELECT put_location('{"code": "rule-shop", "kind": "store", "country": "PT", "region": "13"}'),
       put_location('{"code": "rule-depot", "country": "PT", "region": "11"}'), put_location('{"code": "rule-vigo", "country": "ES", "kind": "dropship"}'),
       put_location('{"code": "rule-nowhere"}');
SELECT put_product('{"code": "RULE-SHIRT", "category": "apparel.shirts", "skus": [{"code": "RULE-TEE"}]}'),
       put_product('{"code": "RULE-COAT", "category": "apparel", "skus": [{"code": "RULE-COAT"}]}'),
       put_product('{"code": "RULE-APPARELS", "category": "apparels", "skus": [{"code": "RULE-OTHER"}]}'),
       put_product('{"code": "RULE-PLAIN", "skus": [{"code": "RULE-PLAIN"}]}'),
       put_sku('{"code": "RULE-CELL", "flags": ["final_sale", "hazardous"]}'), put_sku('{"code": "RULE-SOFA", "flags": ["oversize"]}');

CREATE FUNCTION pg_temp.said(channel text DEFAULT NULL, country text DEFAULT NULL, region text DEFAULT NULL, postcode text DEFAULT NULL,
                             at timestamptz DEFAULT NULL)
    RETURNS TABLE (sku text, location text, forbidden_by text, passed_by text[]) LANGUAGE sql AS $$
    SELECT s.code, l.code, r.*
    FROM oms.skus AS s, oms.locations AS l, oms_internal.routing_rule_of(s.code, l.code, $1, $2, $3, $4, $5) AS r
    WHERE s.code LIKE 'RULE-%' AND l.code LIKE 'rule-%' AND (r.forbidden_by IS NOT NULL OR r.passed_by <> '{}')
    ORDER BY s.code COLLATE "C", l.code COLLATE "C"
$$;
CREATE VIEW pg_temp.rules AS
    SELECT r.code, action, position, r.active, c.code AS channel, r.country, r.region, postcode_prefix AS prefix, s.code AS sku, category, flag,
           l.code AS location, location_kind, location_country, location_region, within
    FROM oms.routing_rules AS r LEFT JOIN oms.channels AS c USING (channel_id) LEFT JOIN oms.skus AS s USING (sku_id)
         LEFT JOIN oms.locations AS l USING (location_id)
    ORDER BY position, r.code COLLATE "C";
SELECT * FROM pg_temp.said();

/*
 * Conditions
 */
SELECT put_routing_rule('{"code": "cells", "action": "exclude", "when": {"flag": "hazardous"}, "locations": {"location": "rule-shop"}}'),
       put_routing_rule('{"code": "sofas", "action": "exclude", "when": {"flag": "oversize"}, "locations": {"kind": "store"}}'),
       put_routing_rule('{"code": "apparel", "action": "exclude", "when": {"category": "apparel"}, "locations": {"country": "ES"}}'),
       put_routing_rule('{"code": "shirts", "action": "exclude", "when": {"category": "apparel.shirts"}, "locations": {"country": "PT", "region": "11"}}'),
       put_routing_rule('{"code": "plain", "action": "exclude", "when": {"sku": "RULE-PLAIN"}, "locations": {"region": "13"}}');
SELECT * FROM pg_temp.said();
SELECT put_product('{"code": "RULE-COAT", "category": "apparel.shirts"}');
SELECT * FROM pg_temp.said() WHERE sku = 'RULE-COAT';
UPDATE routing_rules SET active = false;
SELECT * FROM pg_temp.said();

SELECT put_routing_rule('{"code": "market", "action": "exclude", "when": {"channel": "rule-market", "sku": "RULE-TEE"}, "locations": {"location": "rule-shop"}}'),
       put_routing_rule('{"code": "madeira", "action": "exclude", "when": {"country": "PT", "region": "30", "sku": "RULE-TEE"}, "locations": {"location": "rule-depot"}}'),
       put_routing_rule('{"code": "porto", "action": "exclude", "when": {"postcode_prefix": "40-0 0", "sku": "RULE-TEE"}, "locations": {"location": "rule-vigo"}}'),
       put_routing_rule('{"code": "advent", "action": "exclude", "when": {"sku": "RULE-TEE"}, "locations": {"location": "rule-nowhere"},
                          "valid_from": "2026-12-01T00:00:00Z", "valid_until": "2026-12-25T00:00:00Z"}');
SELECT * FROM pg_temp.rules WHERE active;
SELECT * FROM pg_temp.said();
SELECT location, forbidden_by FROM pg_temp.said('rule-web', 'ES', '30', '08001');
SELECT location, forbidden_by FROM pg_temp.said('rule-market', 'PT', '13', '4 000-123');
SELECT location, forbidden_by FROM pg_temp.said('rule-market', 'PT', '30', '400');
SELECT location, forbidden_by FROM pg_temp.said('rule-market', 'pt', '30', '40');
SELECT at, location, forbidden_by FROM unnest('{2026-11-30 23:59:59.999999,2026-12-01,2026-12-24 23:59:59.999999,2026-12-25}'::timestamptz[]) AS at,
     pg_temp.said(at => at);
SET oms.now = '2026-12-24 10:00:00+00';
SELECT location, forbidden_by FROM pg_temp.said();
SET oms.now = '2026-11-02 10:00:00+00';

/*
 * What they say: all that limit are obeyed, those that prefer in their order
 */
DELETE FROM routing_rules;
SELECT put_routing_rule('{"code": "home", "action": "require", "locations": {"country": "PT"}, "position": 2}');
SELECT location, forbidden_by FROM pg_temp.said() WHERE sku = 'RULE-TEE';
SELECT put_routing_rule('{"code": "shop", "action": "require", "when": {"channel": "rule-web"}, "locations": {"kind": "store"}, "position": 1}');
SELECT location, forbidden_by FROM pg_temp.said('rule-web') WHERE sku = 'RULE-TEE';
SELECT put_routing_rule('{"code": "home", "locations": {"country": "ES"}}');
SELECT location, forbidden_by FROM pg_temp.said('rule-web') WHERE sku = 'RULE-TEE';

SELECT put_routing_rule('{"code": "home", "action": "prefer", "locations": {"country": "PT"}, "within": "5.00 EUR"}'),
       put_routing_rule('{"code": "shop", "action": "prefer", "when": null}'),
       put_routing_rule('{"code": "any depot", "action": "prefer", "locations": {"kind": "warehouse"}, "position": 2}');
SELECT * FROM pg_temp.rules;
SELECT location, forbidden_by, passed_by FROM pg_temp.said('rule-web') WHERE sku = 'RULE-TEE';

/*
 * Updates keep what they do not name; conditions and locations are replaced together
 */
SELECT put_routing_rule('{"code": "home", "when": {"country": "PT", "region": "13"}, "active": false, "position": 7}');
SELECT put_routing_rule('{"code": "home", "when": {"flag": "oversize"}, "locations": {"region": "13"}}');
SELECT * FROM pg_temp.rules WHERE code = 'home';
-- a limit of money goes with the preference
SELECT put_routing_rule('{"code": "home", "action": "exclude"}');
SELECT * FROM pg_temp.rules WHERE code = 'home';
SELECT put_routing_rule('{"code": "home"}'), put_routing_rule('{"code": "home", "when": {}}');
SELECT * FROM pg_temp.rules WHERE code = 'home';

/*
 * By hand, and what a session keeps is forgotten with it
 */
SAVEPOINT before;
COPY routing_rules (code, action, location_kind) FROM stdin;
by hand	exclude	store
\.
SELECT DISTINCT location, forbidden_by FROM pg_temp.said() WHERE forbidden_by IS NOT NULL;
UPDATE routing_rules SET location_kind = 'dropship' WHERE code = 'by hand';
SELECT DISTINCT location, forbidden_by FROM pg_temp.said() WHERE forbidden_by IS NOT NULL;
ROLLBACK TO before;
SELECT count(*) FROM pg_temp.said() WHERE forbidden_by IS NOT NULL;
TRUNCATE routing_rules;
SELECT count(*) FROM pg_temp.said();

/*
 * Not too many
 */
INSERT INTO routing_rules (code, action, location_kind) SELECT 'rule ' || n, 'prefer', 'store' FROM generate_series(1, 999) AS n;
SELECT put_routing_rule('{"code": "the last", "action": "prefer", "locations": {"kind": "store"}}');
SELECT put_routing_rule('{"code": "too many", "action": "prefer", "locations": {"kind": "store"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT put_routing_rule('{"code": "for later", "action": "prefer", "locations": {"kind": "store"}, "active": false}');
SELECT location, cardinality(passed_by) FROM pg_temp.said() WHERE sku = 'RULE-TEE';
DELETE FROM routing_rules;

/*
 * What is refused
 */
SELECT put_routing_rule('{"code": "new"}');
\echo :LAST_ERROR_SQLSTATE
SELECT put_routing_rule('{"action": "exclude", "locations": {"kind": "store"}}');
SELECT put_routing_rule('{"code": "new", "action": "exclude", "locations": {}}');
SELECT put_routing_rule('{"code": "new", "action": "exclude", "locations": null}');
SELECT put_routing_rule('{"code": "new", "action": "forbid", "when": {"flag": "final_sale", "category": "a b", "country": "xx", "color": 1},
                          "locations": {"kind": "shop"}, "within": "-1 EUR", "position": 1.5, "active": null}');
SELECT put_routing_rule('{"code": "new", "action": "exclude", "locations": {"kind": "store"}, "within": "1 EUR"}');
SELECT put_routing_rule('{"code": "new", "when": {"postcode_prefix": " - "}, "valid_from": "2026-12-01T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"}');
SELECT put_routing_rule('{"code": "new", "when": {"postcode_prefix": "-"}, "valid_from": "2026-12-01T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"}');
SELECT put_routing_rule('{"code": "new", "action": "exclude", "when": {"channel": "nothing", "sku": "NONE"}, "locations": {"location": "nowhere"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT put_routing_rule(NULL);
SELECT oms_internal.routing_rule_of('RULE-NONE', 'rule-shop');
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.routing_rule_of('RULE-TEE', 'rule-none');
SELECT oms_internal.routing_rule_of('RULE-TEE', 'rule-shop', 'rule-none');
SELECT oms_internal.routing_rule_of(NULL, 'rule-shop') IS NULL AS nothing;
\set VERBOSITY terse
INSERT INTO routing_rules (code, action) VALUES ('new', 'exclude');
INSERT INTO routing_rules (code, action, location_kind) VALUES ('new', 'forbid', 'store');
INSERT INTO routing_rules (code, action, location_kind) VALUES ('new', 'exclude', 'shop');
INSERT INTO routing_rules (code, action, location_kind, within) VALUES ('new', 'exclude', 'store', '1 EUR');
INSERT INTO routing_rules (code, action, location_kind, within) VALUES ('new', 'prefer', 'store', '-1 EUR');
INSERT INTO routing_rules (code, action, location_kind, postcode_prefix) VALUES ('new', 'prefer', 'store', '4-0');
INSERT INTO routing_rules (code, action, location_kind, region) VALUES ('new', 'prefer', 'store', '');
INSERT INTO routing_rules (code, action, location_kind, flag) VALUES ('new', 'prefer', 'store', 'final_sale');
INSERT INTO routing_rules (code, action, location_kind, valid_from, valid_until) VALUES ('new', 'prefer', 'store', 'tomorrow', 'today');
INSERT INTO routing_rules (code, action, location_kind) VALUES ('new', 'prefer', 'store'), ('new', 'prefer', 'store');
SELECT count(*) FROM routing_rules;
ROLLBACK;
