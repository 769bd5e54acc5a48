-- The tables of an order are written without SQL while nobody can tell: what
-- a DBA adds to them is honoured all the same, and the rows are the same
SET client_min_messages = warning;
SET search_path = oms, public;
\set VERBOSITY default
BEGIN;
\o /dev/null
SELECT put_channel('{"code": "table-web", "currency": "EUR"}'), put_location('{"code": "table-porto", "country": "PT", "lat": 41.15, "lon": -8.61}'),
       put_sku('{"code": "TABLE-TEE", "price": "12.50 EUR"}'), put_sku('{"code": "TABLE-CAP", "price": "0.0425 EUR"}'),
       put_tax_rate('{"country": "PT", "category": "table", "rate": 0.23}'),
       put_shipping_service('{"code": "table-post", "currency": "EUR", "rates": [{"price": "4.90", "transit_days": 2}]}'),
       receive_stock('TABLE-TEE', 'table-porto', 100), receive_stock('TABLE-CAP', 'table-porto', 100);
SELECT setval('orders_order_id_seq', 71000);
\o

-- a document that fills every column that placing an order can fill
CREATE FUNCTION pg_temp.place(reference text) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object('reference', reference) || replace('{
        "channel": "table-web", "placed_at": "2026-11-02T10:15:00Z", "customer": {"email": "table@example.com"},
        "ship_to": {"country": "PT", "lat": 41.55, "lon": -8.42}, "bill_to": {"country": "PT"},
        "lines": [{"sku": "TABLE-TEE", "quantity": 2, "discount": "1.00", "tax": "4.60", "metadata": {"gift": true}},
                  {"sku": "TABLE-CAP", "quantity": 10, "tax": "0"}],
        "shipping": {"service": "table-post", "tax": "0.50"}, "discounts": [{"code": "HELLO", "amount": "2.00"}],
        "fulfillment": {"strategy": "cheapest", "deliver_by": "2026-12-24"}, "metadata": {"note": "x"},
        "payments": [{"method": "card", "provider": "psp", "reference": "p1", "amount": "20", "status": "captured"},
                     {"method": "gift", "amount": "13", "status": "authorized", "expires_at": "2026-12-02"}]}', 'p1', 'p1 ' || reference)::jsonb)
$$;
-- all rows of an order, without what differs from order to order
CREATE FUNCTION pg_temp.rows_of(v_order_id bigint) RETURNS TABLE (name text, columns jsonb) LANGUAGE plpgsql AS $$
BEGIN
    FOREACH name IN ARRAY ARRAY['orders', 'order_lines', 'order_adjustments', 'fulfillments', 'fulfillment_lines', 'reservations',
                                'payments', 'payment_entries', 'events'] LOOP
        RETURN QUERY EXECUTE format('SELECT %L, to_jsonb(t) - ''{order_id,reference,document_hash,event_id,transaction_id,reservation_id,dba_note}''::text[]
                                     FROM oms.%I AS t WHERE order_id = $1', name, name) USING v_order_id;
    END LOOP;
END
$$;
SELECT pg_temp.place('plain') AS plain \gset
SELECT name, count(*) FROM pg_temp.rows_of(:plain) GROUP BY name ORDER BY name COLLATE "C";
SELECT unit_price, destination IS NOT NULL AS placed, ST_AsText(destination::geometry) AS destination
FROM orders JOIN order_lines USING (order_id) WHERE order_id = :plain ORDER BY line_no;

-- a trigger of a DBA: rows go by INSERT, it fires, and they are the same
SAVEPOINT s;
CREATE TABLE public.seen (what text, n bigint);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        INSERT INTO public.seen VALUES (TG_TABLE_NAME || ' ' || TG_OP, 1);
    ELSE
        INSERT INTO public.seen SELECT TG_TABLE_NAME || ' ' || TG_OP || ' statement', count(*) FROM added;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER dba_note AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER dba_note AFTER INSERT ON order_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.note();
CREATE TRIGGER dba_note AFTER UPDATE ON stock_levels FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER dba_note AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION public.note();
SELECT pg_temp.place('trigger') AS trigger \gset
SELECT what, sum(n) FROM public.seen GROUP BY what ORDER BY what COLLATE "C";
ROLLBACK TO s;
SELECT pg_temp.place('again') AS again \gset
SELECT count(*) AS differences FROM ((SELECT * FROM pg_temp.rows_of(:plain) EXCEPT ALL SELECT * FROM pg_temp.rows_of(:again))
                                     UNION ALL (SELECT * FROM pg_temp.rows_of(:again) EXCEPT ALL SELECT * FROM pg_temp.rows_of(:plain))) AS d;
CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['orders', 'order_lines', 'order_adjustments', 'fulfillments', 'fulfillment_lines', 'reservations',
                                   'payments', 'payment_entries', 'events', 'stock_levels'] LOOP
        EXECUTE format('CREATE TRIGGER dba_nothing AFTER INSERT OR UPDATE ON oms.%I FOR EACH ROW EXECUTE FUNCTION public.nothing()', v_table);
    END LOOP;
END
$$;
SELECT pg_temp.place('sql') AS sql \gset
SELECT count(*) AS differences FROM ((SELECT * FROM pg_temp.rows_of(:plain) EXCEPT ALL SELECT * FROM pg_temp.rows_of(:sql))
                                     UNION ALL (SELECT * FROM pg_temp.rows_of(:sql) EXCEPT ALL SELECT * FROM pg_temp.rows_of(:plain))) AS d;
-- the reference is known there too, and so is what is wrong
SELECT pg_temp.place('sql') = :sql AS repeated;
ROLLBACK TO s;

-- columns, defaults, checks and indexes of a DBA
CREATE FUNCTION public.shout(what text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(what)';
CREATE SEQUENCE public.tickets START 900;
ALTER TABLE orders ADD COLUMN dba_note text DEFAULT public.shout('from ' || 'dba'), ADD COLUMN dba_ticket bigint DEFAULT nextval('public.tickets');
ALTER TABLE order_lines DROP COLUMN metadata, ADD COLUMN metadata jsonb, ADD CONSTRAINT dba_few CHECK (quantity <= '50'::oms.quantity);
CREATE INDEX dba_lower_idx ON orders (lower(reference)) WHERE total > '1 EUR'::oms.amount;
CREATE UNIQUE INDEX dba_once_idx ON payments (provider, reference, order_id);
CREATE INDEX dba_brin_idx ON stock_levels USING brin (sku_id);
SELECT pg_temp.place('columns') AS columns \gset
SELECT dba_note, dba_ticket >= 900 AS ticket FROM orders WHERE order_id = :columns;
SET LOCAL enable_seqscan = off;
SELECT order_id = :columns AS found FROM orders WHERE lower(reference) = 'columns' AND total > '1 EUR'::oms.amount;
RESET enable_seqscan;
SAVEPOINT t;
\set VERBOSITY terse
SELECT place_order('{"channel": "table-web", "reference": "many", "lines": [{"sku": "TABLE-TEE", "quantity": 60}]}');
ROLLBACK TO t;
ALTER TABLE orders ALTER COLUMN dba_note SET NOT NULL, ALTER COLUMN dba_note DROP DEFAULT;
SELECT place_order('{"channel": "table-web", "reference": "null", "lines": [{"sku": "TABLE-TEE", "quantity": 1}]}');
\set VERBOSITY default
ROLLBACK TO s;

-- a generated column, a deferrable key, and an own foreign key go by INSERT
CREATE TABLE public.known (currency text PRIMARY KEY);
INSERT INTO public.known VALUES ('EUR');
ALTER TABLE orders ADD COLUMN dba_day date GENERATED ALWAYS AS ((placed_at AT TIME ZONE 'UTC')::date) STORED,
    ADD CONSTRAINT dba_known_fkey FOREIGN KEY (currency) REFERENCES public.known;
ALTER TABLE payments ADD CONSTRAINT dba_later UNIQUE (order_id, payment_no) DEFERRABLE INITIALLY DEFERRED;
SELECT pg_temp.place('generated') AS generated \gset
SELECT dba_day FROM orders WHERE order_id = :generated;
SAVEPOINT t;
DELETE FROM public.known;
ROLLBACK TO t;
TRUNCATE public.known CASCADE;
ROLLBACK TO s;

-- policies hold
DROP ROLE IF EXISTS regress_oms_table;
CREATE ROLE regress_oms_table;
SELECT grant_access('regress_oms_table');
CREATE POLICY dba_all ON orders USING (true) WITH CHECK (reference <> 'forbidden');
CREATE POLICY dba_skus ON skus USING (code <> 'TABLE-CAP');
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE regress_oms_table;
SELECT place_order('{"channel": "table-web", "reference": "allowed", "lines": [{"sku": "TABLE-TEE", "quantity": 1, "tax": "0"}]}') > 0 AS allowed;
SAVEPOINT t;
SELECT place_order('{"channel": "table-web", "reference": "forbidden", "lines": [{"sku": "TABLE-TEE", "quantity": 1, "tax": "0"}]}');
ROLLBACK TO t;
RESET ROLE;
ALTER TABLE skus ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE regress_oms_table;
SELECT place_order('{"channel": "table-web", "reference": "hidden", "lines": [{"sku": "TABLE-CAP", "quantity": 1, "tax": "0"}]}');
ROLLBACK TO s;

-- what fails once fails again: nothing half learnt is kept
CREATE FUNCTION public.secret(what text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN what; END';
CREATE FUNCTION public.fine(what oms.quantity) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN false; END';
REVOKE EXECUTE ON FUNCTION public.secret(text), public.fine(oms.quantity) FROM PUBLIC;
CREATE ROLE regress_oms_table;
SELECT grant_access('regress_oms_table');
CREATE FUNCTION public.try(command text, OUT outcome text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    outcome := 'done';
EXCEPTION WHEN insufficient_privilege OR check_violation OR unique_violation THEN
    GET STACKED DIAGNOSTICS outcome = RETURNED_SQLSTATE;
END
$$;
ALTER TABLE orders ADD COLUMN dba_secret text DEFAULT public.secret('x');
SET LOCAL ROLE regress_oms_table;
SELECT public.try(format('SELECT oms.place_order(%L)', '{"channel": "table-web", "reference": "t", "lines": [{"sku": "TABLE-TEE", "quantity": 1}]}'))
FROM generate_series(1, 3);
RESET ROLE;
ALTER TABLE orders DROP COLUMN dba_secret;
ALTER TABLE reservations ADD CONSTRAINT a_check CHECK (public.fine(quantity)) NOT VALID;
SET LOCAL ROLE regress_oms_table;
SELECT public.try($$SELECT oms.reserve('TABLE-TEE', 1)$$) FROM generate_series(1, 3);
RESET ROLE;
SELECT public.try($$SELECT oms.reserve('TABLE-TEE', 1)$$) FROM generate_series(1, 2);
ROLLBACK TO s;

-- a function that a check inlines, a domain, another type, a key that is checked later
CREATE FUNCTION public.few(what oms.quantity) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
ALTER TABLE reservations ADD CONSTRAINT dba_few CHECK (public.few(quantity));
SELECT reserve('TABLE-TEE', 1) > 0 AS reserved;
CREATE OR REPLACE FUNCTION public.few(what oms.quantity) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
SAVEPOINT t;
\set VERBOSITY terse
SELECT reserve('TABLE-TEE', 1);
ROLLBACK TO s;
CREATE DOMAIN public.must AS text CHECK (value IS NOT NULL);
ALTER TABLE events ADD COLUMN dba_must public.must DEFAULT 'x';
ALTER TABLE events ALTER COLUMN dba_must DROP DEFAULT;
SELECT pg_temp.place('domain');
ROLLBACK TO s;
\set VERBOSITY default
ALTER TABLE order_lines ALTER COLUMN metadata TYPE json USING metadata::json;
SELECT pg_temp.place('json') AS json \gset
SELECT metadata ->> 'gift' AS gift FROM order_lines WHERE order_id = :json AND line_no = 1;
ROLLBACK TO s;
ALTER TABLE stock_levels ADD CONSTRAINT dba_later UNIQUE (location_id, reserved) DEFERRABLE;
SELECT reserve('TABLE-CAP', 3) > 0 AS held;
ROLLBACK TO s;

-- rights are those of the caller
CREATE ROLE regress_oms_table;
SELECT grant_access('regress_oms_table');
REVOKE INSERT ON payments FROM regress_oms_table;
SET LOCAL ROLE regress_oms_table;
SELECT pg_temp.place('no right');
ROLLBACK TO s;
SET TRANSACTION READ ONLY;
SELECT place_order('{"channel": "table-web", "reference": "read only", "lines": [{"sku": "TABLE-TEE", "quantity": 1}]}');
ROLLBACK;

-- what a session keeps is what there is: its own changes, and not those it gave up
BEGIN;
\o /dev/null
SELECT put_channel('{"code": "table-web", "currency": "EUR"}'), put_sku('{"code": "TABLE-TEE", "price": "10 EUR"}'),
       put_location('{"code": "table-porto", "country": "PT", "lat": 41.15, "lon": -8.61}'), receive_stock('TABLE-TEE', 'table-porto', 5),
       put_shipping_service('{"code": "table-post", "currency": "EUR", "rates": [{"price": "4.90"}]}');
\o
CREATE FUNCTION pg_temp.total() RETURNS text LANGUAGE sql AS $$
    SELECT q ->> 'total' || ' ' || coalesce(q #>> '{legs,0,location}', '') FROM oms.quote_order('{"channel": "table-web", "reference": "q",
        "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "shipping": {"service": "table-post"}, "lines": [{"sku": "TABLE-TEE", "quantity": 1}]}') AS q
$$;
SELECT pg_temp.total();
SAVEPOINT s;
SELECT put_shipping_service('{"code": "table-post", "currency": "EUR", "rates": [{"price": "1.00"}]}');
SELECT pg_temp.total();
SELECT put_tax_rate('{"country": "PT", "rate": 0.5}');
SELECT pg_temp.total();
UPDATE shipping_rates SET price = '2 EUR' WHERE price = '1 EUR';
SELECT pg_temp.total();
ROLLBACK TO s;
SELECT pg_temp.total();
UPDATE channels SET currency = 'USD' WHERE code = 'table-web';
SELECT pg_temp.total();
ROLLBACK TO s;
SELECT put_location('{"code": "table-near", "country": "PT", "lat": 41, "lon": -8}');
SELECT receive_stock('TABLE-TEE', 'table-near', 1);
SELECT pg_temp.total();
SELECT put_location('{"code": "table-near", "active": false}');
SELECT pg_temp.total();
ROLLBACK TO s;
-- nor what another role may see
DROP ROLE IF EXISTS regress_oms_table;
CREATE ROLE regress_oms_table;
SELECT grant_access('regress_oms_table');
SELECT pg_temp.total();
CREATE POLICY dba_rates ON shipping_rates USING (current_user <> 'regress_oms_table');
ALTER TABLE shipping_rates ENABLE ROW LEVEL SECURITY;
SELECT pg_temp.total();
SET LOCAL ROLE regress_oms_table;
SAVEPOINT t;
SELECT pg_temp.total();
ROLLBACK TO t;
RESET ROLE;
SELECT pg_temp.total();
ALTER TABLE shipping_rates DISABLE ROW LEVEL SECURITY;
REVOKE SELECT ON shipping_rates FROM regress_oms_table;
SELECT pg_temp.total();
SET LOCAL ROLE regress_oms_table;
\set VERBOSITY terse
SELECT pg_temp.total();
ROLLBACK TO s;
\set VERBOSITY default
-- nor what a statement that failed had changed
WITH closed AS (UPDATE locations SET active = false WHERE code = 'table-porto' RETURNING code)
SELECT receive_stock('TABLE-TEE', code, 1) FROM closed;
ROLLBACK TO s;
SELECT receive_stock('TABLE-TEE', 'table-porto', 1) > 0 AS received;
-- nor anything that is read while others work for the same query
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT DISTINCT available('TABLE-TEE', 'table-porto', 'table-web') >= 0 AS available FROM skus;
-- keys that no row can have
SELECT * FROM oms_internal.find_tax_rates(repeat('x', 5000), NULL, NULL, ARRAY[NULL::text], '2026-11-02');
SELECT available('TABLE-TEE', channel => repeat('x', 5000));
ROLLBACK;
