-- The types of events that code can append are those that doc/event.md lists,
-- and each has a test. Each query but the first returns the offenders, so no
-- row; test/sql/event_*.sql have all types occur.
\set ECHO none
\i test/event/documented.sql
\set ECHO all
SET search_path = pg_catalog, pg_temp;
\set words `grep -hv '^#include' src/*.c | grep -oE '"[a-z_]{2,}\.[a-z_]+"'`
\set purchasing `cat src/purchasing*.c`
\set code `cat sql/code/*.sql`
CREATE TEMPORARY TABLE appended AS
-- names in C, but for those of types and functions
SELECT m[1] AS type FROM regexp_matches(:'words', '"([a-z_.]+)"', 'g') AS m WHERE m[1] NOT LIKE 'oms.%'
UNION
-- steps of machines; stock is reserved without an event, and nobody hears of a draft of a purchase order
SELECT machine || '.' || to_state FROM oms.state_transitions
WHERE machine <> 'reservation' AND (machine, to_state) <> ('purchase_order', 'draft')
UNION
-- what else happens to a purchase order
SELECT 'purchase_order.' || f[1]
FROM regexp_matches(:'purchasing', '(PurchaseOrderRecord\([^;]*|tell_supplier\([^;]*);', 'g') AS m, regexp_matches(m[1], '["'']([a-z_]+)["'']', 'g') AS f
UNION
-- facts that SQL names
SELECT m[1] || '.' || m[2] FROM regexp_matches(:'code', 'record_event\(''(\w+)'', [^'']*, ''(\w+)''', 'g') AS m
UNION
-- of bills and alerts, the statuses
SELECT replace(subject || '.' || m[1], 'alert.open', 'alert.opened')
FROM (VALUES ('bill', 'bills_status_check'), ('alert', 'alerts_status_check')) AS c(subject, constraint_name),
     regexp_matches((SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = constraint_name), '''(\w+)''', 'g') AS m;

SELECT count(*) > 90 AS many, count(DISTINCT type) = count(*) AS "each once" FROM documented;
SELECT type AS "not listed" FROM appended WHERE type NOT IN (SELECT type FROM documented) ORDER BY 1;
SELECT type AS "not appended" FROM documented WHERE type NOT IN (SELECT type FROM appended) ORDER BY 1;

-- families that no test has occur whole
\set tests `grep -oh 'disagreements(.*)' test/sql/event_*.sql`
SELECT DISTINCT family FROM documented
WHERE family NOT IN (SELECT m[1] FROM regexp_matches(:'tests', '''(\w+)''', 'g') AS m) ORDER BY 1;

-- subjects whose events are listed under other subjects than in the store
SELECT DISTINCT family FROM documented
WHERE (family IN (SELECT m[1] FROM regexp_matches(:'code', 'record_events?\(\s*''(\w+)''', 'g') AS m))
      <> (line > (SELECT line FROM regexp_split_to_table(:'page', '\n') WITH ORDINALITY AS l(text, line) WHERE text = '## Other subjects'))
ORDER BY 1;
