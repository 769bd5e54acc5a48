-- the archive of events: what goes there, what stays known of it, and what follows later;
-- in a database of its own, as the job looks at all there is
SET client_min_messages = warning;
CREATE DATABASE regress_event_archive;
\c regress_event_archive
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-01-10 10:00:00+00';
SELECT put_channel('{"code": "web", "currency": "EUR"}'),
       put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "takes_returns": true}'),
       put_sku('{"code": "TEE", "price": "10 EUR"}'), receive_stock('TEE', 'porto', 1000);
CREATE FUNCTION pg_temp.place(n integer) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'web', 'reference', 'H-' || n, 'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb,
        'lines', '[{"sku": "TEE", "quantity": 2}]'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'cash', 'amount', 20, 'status', 'captured'))))
$$;
-- all that reads events does so before
CREATE FUNCTION pg_temp.run(job text DEFAULT 'archive_events') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', r ->> 'status', 'rows ' || (r ->> 'rows'), 'batches ' || (r ->> 'batches'), r ->> 'error',
                     substring(r ->> 'watermark' FROM 'no .*|[a-z_]* has read up to 0'))
    FROM oms.run_job(job) AS r
$$;
CREATE FUNCTION pg_temp.read() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(job, ', ' ORDER BY job)
    FROM unnest('{issue_invoices,refund_overdue,roll_up_demand,roll_up_reports,complete_orders}'::text[]) AS job
    WHERE oms.run_job(job) ->> 'status' = 'succeeded'
$$;
CREATE VIEW pg_temp.kept AS
    SELECT order_id, count(*) FILTER (WHERE archived) AS archived, count(*) FILTER (WHERE NOT archived) AS live,
           min(sequence) AS first, max(sequence) AS last, string_agg(DISTINCT place, ', ') AS partition
    FROM (SELECT order_id, sequence, false, NULL FROM oms.events
          UNION ALL
          SELECT order_id, sequence, true, tableoid::regclass::text FROM oms.archived_events) AS e(order_id, sequence, archived, place)
    GROUP BY order_id ORDER BY order_id;

-- 1 and 2 are delivered, 3 is cancelled on the last day of January in UTC, 4 is open
SELECT pg_temp.place(n) FROM generate_series(1, 4) AS n;
SELECT pack(n, 1), ship(n, 1), mark_delivered(n, 1) FROM generate_series(1, 2) AS n;
SET oms.now = '2026-01-31 23:59:59+00';
SELECT cancel_order(3, 'no more'), refund(3, '20 EUR', 'no more');
SELECT pg_temp.read();
SET oms.now = '2026-02-10 10:00:00+00';
SELECT pg_temp.read();
SELECT order_id, status FROM orders ORDER BY 1;
SELECT * FROM pg_temp.kept;

/*
 * Nothing without days, nothing before they are over, nothing that is not read
 */
SELECT pg_temp.run();
UPDATE jobs SET settings = '{"after_days": 90}', batch_rows = 1 WHERE name = 'archive_events';
SELECT pg_temp.run() AS too_young;
-- 3 is old enough; to 1 and 2 something has happened since, which has to be read first
SET oms.now = '2026-05-01 23:59:59+00';
SELECT pg_temp.run(), pg_temp.run() AS again;
SELECT * FROM pg_temp.kept;
SELECT order_id, since FROM job_orders WHERE job = 'archive_events' ORDER BY 1;
SET oms.now = '2026-05-11 10:00:00+00';
SELECT pg_temp.run() AS not_read;
SELECT pg_temp.read();
SELECT pg_temp.run() AS not_yet_again;
SET oms.now = '2026-05-12 10:00:00+00';
SELECT pg_temp.run(), pg_temp.run() AS again;
SELECT * FROM pg_temp.kept;
SELECT * FROM archived_orders ORDER BY order_id;
SELECT * FROM check_invariants();

/*
 * All is found as before, and nobody writes there
 */
SELECT jsonb_array_length(get_order(1) -> 'events') AS events, get_order(1) -> 'events' -> 0 ->> 'type' AS first,
       get_order(1) -> 'events' -> -1 ->> 'type' AS last;
SELECT count(*) = max(sequence) AS dense, count(*) FROM event_history WHERE order_id = 1;
DELETE FROM archived_events; \echo :LAST_ERROR_SQLSTATE
DELETE FROM archived_events_2026_02; \echo :LAST_ERROR_SQLSTATE
TRUNCATE archived_events_2026_02; \echo :LAST_ERROR_SQLSTATE
UPDATE archived_orders SET last_sequence = 1; \echo :LAST_ERROR_SQLSTATE
SELECT pg_get_expr(c.relpartbound, c.oid), obj_description(c.oid), pg_get_userbyid(c.relowner) = current_user AS mine
FROM pg_class AS c WHERE c.relname = 'archived_events_2026_01';

/*
 * What happens later is numbered on, and goes the same way
 */
SELECT request_return(1, '[{"line_no": 1, "quantity": 1}]', 'broke');
SELECT sequence, type FROM events WHERE order_id = 1;
SELECT track_return(1, 1) -> 'history' -> 0 ->> 'type' AS history;
SELECT jsonb_array_length(get_order(1) -> 'events') AS events;
SELECT * FROM check_invariants();
SET oms.now = '2026-08-10 10:00:00+00';
SELECT pg_temp.read();
SELECT reject_return(1, 1, 'worn');
SELECT pg_temp.run() AS not_yet;
SET oms.now = '2026-11-08 10:00:00+00';
SELECT pg_temp.read();
SELECT pg_temp.run();
SELECT * FROM pg_temp.kept WHERE order_id = 1;
SELECT last_sequence, ended_at, states FROM archived_orders WHERE order_id = 1 ORDER BY 1;
SELECT array_agg(e ->> 'sequence') FROM jsonb_array_elements(get_order(1) -> 'events') AS e;
SELECT * FROM check_invariants();

/*
 * Months are dropped once they are so old, not while somebody reads the archive
 */
UPDATE jobs SET settings = settings || '{"drop_after_months": 9}' WHERE name = 'archive_events';
SELECT pg_temp.run();
SELECT value FROM settings WHERE name = 'archive_begins';
UPDATE jobs SET settings = settings || '{"drop_after_months": 8}' WHERE name = 'archive_events';
SET DateStyle = 'SQL, DMY';
SELECT pg_temp.run(), pg_temp.run() AS again;
SET DateStyle = 'ISO, MDY';
SELECT value FROM settings WHERE name = 'archive_begins';
SELECT * FROM pg_temp.kept;
SELECT * FROM check_invariants();
-- of 2 nothing is left but how it ended: what follows is still checked by that
SELECT get_order(2) -> 'events' AS events, get_order(2) ->> 'status' AS status;
SELECT request_return(2, '[{"line_no": 1, "quantity": 1}]', 'broke'), refund(2, '1 EUR', 'sorry');
SELECT sequence, type FROM events WHERE order_id = 2;
SELECT * FROM check_invariants();

/*
 * What is wrong with the archive is seen
 */
CREATE FUNCTION pg_temp.after(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_found text[];
BEGIN
    BEGIN
        SET LOCAL session_replication_role = replica;
        EXECUTE statement;
        v_found := ARRAY(SELECT concat_ws(' | ', v.invariant, v.key, v.expected, v.found) FROM oms.check_invariants() AS v ORDER BY 1);
        RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
        NULL;
    END;
    RETURN QUERY SELECT unnest(v_found);
END
$$;
SELECT pg_temp.after('DELETE FROM archived_events WHERE order_id = 1 AND sequence = 14');
SELECT pg_temp.after('DELETE FROM archived_events WHERE order_id = 1 AND sequence = 15');
SELECT pg_temp.after('UPDATE archived_events SET type = ''return.completed'' WHERE order_id = 1 AND sequence = 15');
SELECT pg_temp.after('DELETE FROM archived_orders WHERE order_id = 1');
SELECT pg_temp.after('UPDATE archived_orders SET last_sequence = 14 WHERE order_id = 1 AND last_sequence = 15');
SELECT pg_temp.after('DELETE FROM archived_orders WHERE order_id = 3');
SELECT pg_temp.after('UPDATE archived_orders SET states = jsonb_set(states, ''{"payment 1"}'', ''"voided"'') WHERE order_id = 2');
SELECT pg_temp.after('UPDATE archived_orders SET order_id = 8 WHERE order_id = 3');
SELECT pg_temp.after('UPDATE events SET event_id = 1 WHERE order_id = 2 AND sequence = 15');
SELECT pg_temp.after('DROP TABLE archived_events_2026_08');

/*
 * What comes late to a month that was dropped, and what waits for somebody else
 */
SET oms.now = '2026-11-20 10:00:00+00';
UPDATE jobs SET settings = settings || '{"drop_after_months": 24}' WHERE name = 'archive_events';
SELECT cancel_order(4, 'forgotten'), refund(4, '20 EUR', 'forgotten');
UPDATE events SET occurred_at = '2026-01-20' WHERE order_id = 4; \echo :LAST_ERROR_SQLSTATE
SET session_replication_role = replica;
UPDATE events SET occurred_at = '2026-01-20' WHERE order_id = 4;
RESET session_replication_role;
SET oms.now = '2026-11-22 10:00:00+00';
SELECT pg_temp.read();
SET oms.now = '2026-11-22 10:00:01+00';
SELECT pg_temp.read();
SET session_replication_role = replica;
INSERT INTO invoice_queue VALUES (4);
RESET session_replication_role;
SELECT pg_temp.run();
SET session_replication_role = replica;
DELETE FROM invoice_queue;
RESET session_replication_role;
SET oms.now = '2027-03-01 10:00:00+00';
SELECT pg_temp.run();
SELECT * FROM pg_temp.kept WHERE order_id = 4;
SELECT * FROM check_invariants();

-- a restored copy begins anew, by the orders themselves, and archives the rest
SELECT reject_return(2, 1, 'worn');
UPDATE watermarks SET system_id = 1 WHERE system_id IS NOT NULL;
SET oms.now = '2027-08-01 10:00:00+00';
SELECT pg_temp.run() AS not_read;
SELECT pg_temp.read();
SET oms.now = '2027-08-02 10:00:00+00';
SELECT pg_temp.read();
SELECT pg_temp.run();
SELECT * FROM pg_temp.kept;
SELECT count(*) FROM job_orders;
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_archive;
