-- the status types and the machines behind them
SET search_path = oms, public;
SET client_min_messages = warning;
\set VERBOSITY default

/*
 * The machines
 */

SELECT machine, coalesce(from_state, '(new)') AS from_state,
       string_agg(to_state || CASE WHEN is_final THEN '.' ELSE '' END, ' ' ORDER BY n) AS to_states
FROM (SELECT *, row_number() OVER () AS n FROM state_transitions) AS t
GROUP BY machine, from_state
ORDER BY min(n);

-- every state can be reached, and from every state a final one
WITH RECURSIVE reached AS (
    SELECT machine, to_state FROM state_transitions WHERE from_state IS NULL
    UNION
    SELECT t.machine, t.to_state FROM reached r JOIN state_transitions t ON (t.machine, t.from_state) = (r.machine, r.to_state)
)
SELECT machine, from_state FROM state_transitions WHERE from_state IS NOT NULL
EXCEPT
SELECT * FROM reached;
WITH RECURSIVE ends AS (
    SELECT machine, to_state AS state FROM state_transitions WHERE is_final
    UNION
    SELECT t.machine, t.from_state FROM ends e JOIN state_transitions t ON (t.machine, t.to_state) = (e.machine, e.state)
    WHERE t.from_state IS NOT NULL
)
SELECT machine, to_state FROM state_transitions
EXCEPT
SELECT * FROM ends;

-- the page of documentation has the same diagrams
\set page `cat doc/status.md`
SELECT machine, position(E'```mermaid\n' || state_diagram(machine) || E'\n```' IN :'page') > 0 AS documented
FROM state_transitions GROUP BY machine ORDER BY machine COLLATE "C";

SELECT state_diagram('reservation');
SELECT state_diagram(NULL);
SELECT state_diagram('Order');
\echo :LAST_ERROR_SQLSTATE

/*
 * Questions
 */

SELECT can_transition('placed'::order_status, 'confirmed') AS step,
       can_transition('shipped'::order_status, 'cancelled') AS backward,
       can_transition('placed'::order_status, 'placed') AS same,
       can_transition('completed'::order_status, 'placed') AS revival,
       can_transition(NULL::order_status, 'placed') AS unknown;
SELECT can_transition('placed'::order_status, 'shipped'::fulfillment_status);
\echo :LAST_ERROR_SQLSTATE
SELECT next_states('in_fulfillment'::order_status), pg_typeof(next_states('in_fulfillment'::order_status));
SELECT next_states('delivered'::fulfillment_status), next_states('active'::reservation_status);
SELECT next_states('pending'::payment_status), next_states('approved'::return_status),
       next_states('partially_received'::purchase_order_status);
SELECT is_final('completed'::order_status), is_final('delivered'::order_status),
       is_final('delivered'::fulfillment_status), is_final('captured'::payment_status),
       is_final('expired'::reservation_status), is_final('closed'::purchase_order_status),
       is_final('inspected'::return_status);

-- the functions and the view tell the same
SELECT f.s, t.s, can_transition(f.s, t.s)
FROM (SELECT DISTINCT to_state::order_status FROM state_transitions WHERE machine = 'order') AS f(s),
     (SELECT DISTINCT to_state::order_status FROM state_transitions WHERE machine = 'order') AS t(s)
WHERE can_transition(f.s, t.s) <> EXISTS (SELECT FROM state_transitions v
                                          WHERE machine = 'order' AND from_state = f.s::text AND to_state = t.s::text);

/*
 * Input and output
 */

SELECT 'shipped'::order_status, ' shipped'::order_status;
\echo :LAST_ERROR_SQLSTATE
SELECT 'picking'::order_status;
SELECT ''::fulfillment_status;
SELECT 'Pending'::payment_status;
SELECT 'shipp'::return_status;
SELECT 'actives'::reservation_status;
SELECT 'lost'::purchase_order_status;
SELECT NULL::order_status IS NULL;
SELECT 1::order_status;
SELECT 'shipped'::order_status::fulfillment_status;
SELECT 'shipped'::order_status = 'shipped'::fulfillment_status;

-- as a literal, as text and from text
SELECT 'shipped'::order_status = 'shipped', 'shipped'::order_status <> 'placed',
       'is ' || 'shipped'::order_status, 'shipped'::order_status || '!', upper('shipped'::order_status::text),
       ('ship' || 'ped')::order_status;
CREATE TABLE regress_status (s order_status, t text);
INSERT INTO regress_status VALUES ('shipped'::text, 'shipped'::order_status);
PREPARE regress_insert (varchar) AS INSERT INTO regress_status (s) VALUES ($1);
EXECUTE regress_insert ('placed');
EXECUTE regress_insert ('nowhere');
DEALLOCATE regress_insert;
INSERT INTO regress_status (s) VALUES (1);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM regress_status;
DROP TABLE regress_status;
SELECT to_jsonb('shipped'::order_status), jsonb_build_object('status', 'lost'::fulfillment_status);

-- one byte by value
SELECT typname, typlen, typbyval, typalign, typarray <> 0 AS has_array
FROM pg_type
WHERE typname LIKE '%\_status' AND typtype = 'b' AND typnamespace = 'oms'::regnamespace AND typelem = 0
ORDER BY typname COLLATE "C";

-- binary form
SELECT encode(oms_internal.order_status_send('shipped'), 'escape'),
       encode(oms_internal.fulfillment_status_send('returned_to_sender'), 'escape');
CREATE TABLE regress_binary (a order_status, b purchase_order_status, c order_status[]);
INSERT INTO regress_binary VALUES ('draft', 'closed', '{held,cancelled,NULL}'), (NULL, 'draft', '{}');
CREATE TABLE regress_text (LIKE regress_binary);
\set file `echo /tmp/regress_oms_status.$$`
COPY regress_binary TO :'file' (FORMAT binary);
COPY regress_text FROM :'file' (FORMAT binary);
SELECT * FROM regress_text;
CREATE TABLE regress_other (a fulfillment_status, b purchase_order_status, c order_status[]);
COPY regress_other FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT ''::text, ''::text) TO :'file' (FORMAT binary);
COPY regress_text (a, b) FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
\setenv REGRESS_FILE :file
\! rm -f "$REGRESS_FILE"
DROP TABLE regress_binary, regress_text, regress_other;

/*
 * Order and classes
 */

-- from early to late, not by the alphabet
SELECT array_agg(s ORDER BY s) FROM (SELECT DISTINCT to_state::order_status FROM state_transitions WHERE machine = 'order') AS o(s);
SELECT array_agg(s ORDER BY s) FROM (SELECT DISTINCT to_state::fulfillment_status FROM state_transitions WHERE machine = 'fulfillment') AS o(s);
SELECT array_agg(s ORDER BY s) FROM (SELECT DISTINCT to_state::payment_status FROM state_transitions WHERE machine = 'payment') AS o(s);
SELECT array_agg(s ORDER BY s) FROM (SELECT DISTINCT to_state::return_status FROM state_transitions WHERE machine = 'return') AS o(s);
SELECT array_agg(s ORDER BY s) FROM (SELECT DISTINCT to_state::reservation_status FROM state_transitions WHERE machine = 'reservation') AS o(s);
SELECT array_agg(s ORDER BY s) FROM (SELECT DISTINCT to_state::purchase_order_status FROM state_transitions WHERE machine = 'purchase_order') AS o(s);
SELECT a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM (VALUES ('placed'::order_status, 'shipped'::order_status), ('shipped', 'shipped'), ('shipped', 'placed')) AS v(a, b);
SELECT max(s), min(s) FROM unnest('{placed,shipped,NULL,draft,held}'::order_status[]) AS s;
SELECT max(s), min(s) FROM unnest('{}'::payment_status[]) AS s;

-- the classes hold together
SELECT opcname, amname, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
WHERE opcname LIKE '%\_status\_ops' AND opcnamespace = 'oms'::regnamespace
ORDER BY opcname COLLATE "C", amname COLLATE "C";

-- indexes, joins, distinct and partitions use them
CREATE TABLE regress_orders (id int, s order_status);
INSERT INTO regress_orders
SELECT i, (ARRAY['completed', 'completed', 'completed', 'held', 'placed', 'shipped'])[i % 6 + 1]::order_status
FROM generate_series(1, 3000) AS i;
CREATE INDEX regress_orders_s_idx ON regress_orders (s);
CREATE INDEX regress_orders_s_hash ON regress_orders USING hash (s) WHERE s < 'delivered';
ANALYZE regress_orders;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM regress_orders WHERE s < 'confirmed';
SELECT count(*) FROM regress_orders WHERE s < 'confirmed';
SELECT max(s) FROM regress_orders;
SELECT count(*) FROM regress_orders WHERE s IN ('held', 'placed');
RESET enable_seqscan;
RESET enable_bitmapscan;
SET enable_mergejoin = off;
SET enable_nestloop = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM regress_orders a JOIN regress_orders b USING (s) WHERE a.id < 10 AND b.id < 10;
SELECT count(*) FROM regress_orders a JOIN regress_orders b USING (s) WHERE a.id < 10 AND b.id < 10;
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT count(*) FROM regress_orders a JOIN regress_orders b USING (s) WHERE a.id < 10 AND b.id < 10;
RESET enable_mergejoin;
RESET enable_nestloop;
RESET enable_hashjoin;
SELECT s, count(*) FROM regress_orders GROUP BY s ORDER BY s;
DROP TABLE regress_orders;
CREATE TABLE regress_parts (s payment_status) PARTITION BY HASH (s);
CREATE TABLE regress_parts_0 PARTITION OF regress_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE regress_parts_1 PARTITION OF regress_parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO regress_parts SELECT to_state::payment_status FROM state_transitions WHERE machine = 'payment';
SELECT count(DISTINCT s), count(DISTINCT tableoid) FROM regress_parts;
DROP TABLE regress_parts;
CREATE TABLE regress_list (s return_status) PARTITION BY LIST (s);
CREATE TABLE regress_list_new PARTITION OF regress_list FOR VALUES IN ('requested', 'approved');
INSERT INTO regress_list VALUES ('requested'), ('approved');
SELECT count(*) FROM regress_list_new;
INSERT INTO regress_list VALUES ('received');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE regress_list;

-- each operator has its opposite and its mirror image
SELECT count(*) FROM pg_operator o JOIN pg_type t ON t.oid = oprleft
WHERE t.typname LIKE '%\_status' AND (oprcom = 0 OR oprnegate = 0);
