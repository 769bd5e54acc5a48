-- following the events: cursors, what is not readable yet, restored dumps; in a
-- database of its own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_feed;
\c regress_feed
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\set VERBOSITY default

-- waits for what else the server does, such as gathering statistics
CREATE PROCEDURE pg_temp.settle() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 1000 LOOP
        EXIT WHEN pg_snapshot_xmin(pg_current_snapshot()) = pg_snapshot_xmax(pg_current_snapshot());
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
-- what is there is read by one consumer, in order, whatever the size of the portions
CREATE TEMPORARY TABLE got (consumer text, n serial, event event);
CREATE PROCEDURE pg_temp.follow(consumer text, portion integer) LANGUAGE plpgsql AS $$
DECLARE
    v_last text;
BEGIN
    LOOP
        v_last := NULL;
        WITH portion AS (INSERT INTO got (consumer, event) SELECT follow.consumer, e FROM events_since(follow.consumer, portion) AS e RETURNING n, (event).cursor)
        SELECT p.cursor INTO v_last FROM portion AS p ORDER BY n DESC LIMIT 1;
        EXIT WHEN v_last IS NULL;
        PERFORM acknowledge(follow.consumer, v_last);
        COMMIT;
    END LOOP;
END
$$;
SELECT put_channel('{"code": "feed", "currency": "EUR"}'), put_location('{"code": "feed", "country": "PT"}'), put_sku('{"code": "FEED", "stocked": false}') \g /dev/null
SELECT place_order('{"channel": "feed", "reference": "feed 1", "lines": [{"sku": "FEED", "quantity": 1, "unit_price": 1, "tax": 0}], "shipping": {"price": 0, "tax": 0}}') AS o \gset
SELECT cancel_order(:o, 'no more');
SELECT oms_internal.raise_alert('feed', 'a', 'info', 'a fact that is of no order') > 0 AS raised;
CALL pg_temp.settle();
CALL pg_temp.follow('regress whole', 100000);
CALL pg_temp.follow('regress parts', 7);
SELECT count(*) > 4 AS some, count(*) = (SELECT count(*) FROM (SELECT event_id FROM events UNION ALL SELECT event_id FROM subject_events) AS e) AS "all",
       count(*) = count(DISTINCT (event).event_id) AS "each once" FROM got WHERE consumer = 'regress whole';
SELECT count(*) FROM (SELECT (event).cursor, row_number() OVER (ORDER BY n) FROM got WHERE consumer = 'regress whole'
                      EXCEPT SELECT (event).cursor, row_number() OVER (ORDER BY n) FROM got WHERE consumer = 'regress parts') AS differing;
SELECT (event).type, (event).sequence, (event).subject_no, (event).key, (event).data FROM got WHERE consumer = 'regress parts' AND (event).order_id = :o ORDER BY n;
SELECT (event).type, (event).order_id, (event).key = (SELECT alert_id::text FROM alerts WHERE kind = 'feed') AS key FROM got
WHERE consumer = 'regress parts' ORDER BY n DESC LIMIT 1;
-- events of an order come in its order
SELECT count(*) FROM (SELECT (event).sequence AS s, lag((event).sequence) OVER (PARTITION BY (event).order_id ORDER BY n) AS before FROM got WHERE consumer = 'regress parts') AS e
WHERE s < before;
SELECT consumer, unread, oldest_unread_at FROM consumer_status WHERE consumer LIKE 'regress %' ORDER BY 1;

-- acknowledged again, behind, beyond, and what is no cursor
SELECT cursor AS last FROM consumer_status WHERE consumer = 'regress parts' \gset
SELECT acknowledge('regress parts', :'last') AS again, acknowledge('regress parts', '0/1') AS behind, acknowledge('regress parts', 1::bigint) AS "by an old id";
SELECT acknowledge('regress parts', '9000000000000000000/1');
SELECT acknowledge('regress parts', 'one');
SELECT acknowledge('regress parts', '1/');
SELECT acknowledge('regress parts', NULL::text);
SELECT acknowledge(NULL, '0/1');
SELECT acknowledge('', '0/1');
SELECT acknowledge(repeat('x', 101), '0/1');
SELECT * FROM events_since('regress parts', 0);
SELECT * FROM events_since('regress parts', NULL);
SELECT * FROM events_since(NULL);
SELECT cursor = :'last' AS "stays where it was" FROM consumer_status WHERE consumer = 'regress parts';

-- by the id of an event
SELECT place_order('{"channel": "feed", "reference": "feed 2", "lines": [{"sku": "FEED", "quantity": 1, "unit_price": 0, "tax": 0}], "shipping": {"price": 0, "tax": 0}}') AS o \gset
CALL pg_temp.settle();
SELECT acknowledge('regress parts', (SELECT event_id FROM events_since('regress parts') WHERE order_id = :o AND type = 'order.placed')) AS moved;
SELECT type FROM events_since('regress parts');

-- what this transaction has written nobody reads yet, itself included
CALL pg_temp.settle();
BEGIN;
SELECT cancel_order(:o, 'changed my mind');
SELECT count(*) FROM events_since('regress parts') WHERE type = 'order.cancelled';
SELECT holds FROM feed_blockers WHERE name = pg_backend_pid()::text;
ROLLBACK;

-- the job that wakes consumers
SELECT run_job('wake_consumers') ->> 'rows' AS woken;
SELECT acknowledge('regress parts', (SELECT max(event_id) FROM events_since('regress parts'))), acknowledge('regress whole', (SELECT max(event_id) FROM events_since('regress whole')));
SELECT run_job('wake_consumers') ->> 'rows' AS woken;

-- nobody is ahead of what can be read, by hand neither: it would miss all up to there
INSERT INTO consumers VALUES ('regress evil', '18446744073709551615', 9);
SELECT acknowledge('regress evil', '9223372036854775807/9');
\set VERBOSITY sqlstate
UPDATE consumers SET transaction_id = pg_snapshot_xmin(pg_current_snapshot()) WHERE name = 'regress parts';
\set VERBOSITY default
SELECT consumer, unread FROM consumer_status ORDER BY consumer;

-- nothing is written by who reads, but by who acknowledges, as on a standby; the archive keeps what a consumer has not read
BEGIN READ ONLY;
SELECT count(*) > 5 FROM events_since('regress new');
SELECT acknowledge('regress new', '0/0'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT acknowledge('regress new', '0/0');
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE watermarks SET transaction_id = '1', order_id = NULL, system_id = oms_internal.system_id();
SELECT name, transaction_id, event_id FROM oms_internal.slowest_reader();
ROLLBACK;

-- what a consumer needs is the access of that name: it reads committed events, and the orders that they are about, and goes on behind them
CREATE ROLE regress_feed_consumer;
SELECT grant_access('regress_feed_consumer', 'consumer');
SET ROLE regress_feed_consumer;
SELECT cursor AS third FROM events_since('regress new', 3) OFFSET 2 \gset
SELECT acknowledge('regress new', :'third') AS farther;
SELECT count(*) AS "left out" FROM (SELECT cursor FROM events_since('regress other', 3) INTERSECT SELECT cursor FROM events_since('regress new', 100000)) AS e;
SELECT bool_and(get_order(order_id) IS NOT NULL) AS "orders too" FROM events_since('regress new') WHERE order_id IS NOT NULL;
RESET ROLE;
SELECT revoke_access('regress_feed_consumer');
DROP ROLE regress_feed_consumer;
DELETE FROM consumers WHERE name = 'regress new';
SELECT acknowledge('regress new', '0/0');

-- a dump restored into a cluster that is not as far: the events' transactions are yet to come
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE events SET transaction_id = (transaction_id::text::bigint + 1000000000000)::text::xid8;
UPDATE subject_events SET transaction_id = (transaction_id::text::bigint + 1000000000000)::text::xid8;
UPDATE consumers SET transaction_id = (transaction_id::text::bigint + 1000000000000)::text::xid8 WHERE name <> 'regress new';
\set VERBOSITY terse
SELECT count(*) FROM events_since('regress parts');
\set VERBOSITY default
SELECT adopt_events() = (SELECT count(*) FROM (SELECT event_id FROM events UNION ALL SELECT event_id FROM subject_events) AS e) AS "all";
SELECT adopt_events() AS "done before";
SELECT count(*) AS "read already" FROM events_since('regress parts');
SELECT count(*) = (SELECT count(*) FROM (SELECT event_id FROM events UNION ALL SELECT event_id FROM subject_events) AS e) AS "all of them" FROM events_since('regress new', 100000);
ROLLBACK;

-- who has read all but the first event of another cluster gets that one, and what is behind it
BEGIN;
SET LOCAL session_replication_role = replica;
SELECT min(event_id) AS first, max(event_id) AS last FROM events WHERE order_id = :o \gset
UPDATE events SET transaction_id = (CASE event_id WHEN :first THEN 2000000000000 ELSE 1000000000000 END)::text::xid8;
UPDATE subject_events SET transaction_id = '1000000000000';
UPDATE consumers SET transaction_id = '1000000000000', event_id = 999999999 WHERE name = 'regress parts';
SELECT adopt_events() > 0 AS adopted;
SELECT bool_and(event_id >= :first) AS "none before", bool_or(event_id = :first) AS "that one" FROM events_since('regress parts');
ROLLBACK;

SELECT drop_consumer('regress parts'), drop_consumer('regress whole'), drop_consumer('regress new'), drop_consumer('regress new') AS again;

\c postgres
DROP DATABASE regress_feed;
