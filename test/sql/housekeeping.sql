-- jobs that end what is over, serve who waits, watch holds, complete orders and purge logs:
-- in a database of their own, as they look at all there is
SET client_min_messages = warning;
CREATE DATABASE regress_housekeeping;
\c regress_housekeeping
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-01-10 10:00:00+00';
SELECT put_channel('{"code": "web", "currency": "EUR"}'),
       put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "takes_returns": true, "pickup": true}'),
       put_sku('{"code": "TEE", "price": "10 EUR"}'), put_product('{"code": "BOOT", "category": "shoes", "skus": [{"code": "BOOT", "price": "10 EUR"}]}'),
       put_sku('{"code": "MUG", "price": "10 EUR", "backorder_limit": 100}'), put_return_policy('{"category": "shoes", "window_days": 45}'),
       receive_stock('TEE', 'porto', 1000), receive_stock('BOOT', 'porto', 1000);

-- order n of two of a SKU, paid by cards of an amount each, and delivered
CREATE FUNCTION pg_temp.place(n integer, sku text DEFAULT 'TEE', status text DEFAULT 'captured', amount numeric DEFAULT 20,
                              more jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'web', 'reference', 'H-' || n, 'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', 2)),
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'provider', 'psp', 'reference', 'ch_' || n,
                                                         'amount', amount, 'status', status))) || more)
$$;
CREATE FUNCTION pg_temp.deliver(order_id bigint) RETURNS oms.fulfillment_status LANGUAGE sql AS $$
    SELECT oms.pack($1, 1); SELECT oms.ship($1, 1); SELECT oms.mark_delivered($1, 1);
$$;
CREATE FUNCTION pg_temp.run(job text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', r ->> 'status', 'rows ' || (r ->> 'rows'), 'batches ' || (r ->> 'batches'), r ->> 'error')
    FROM oms.run_job(job) AS r
$$;
CREATE VIEW pg_temp.orders AS
    SELECT substr(reference, 3)::integer AS n, status, status_reason AS reason, oms_internal.completion_obstacle(order_id) AS obstacle
    FROM oms.orders ORDER BY 1;

/*
 * Completion: after_days after the delivery, or after the days of returns
 */
SELECT pg_temp.deliver(pg_temp.place(1)), pg_temp.deliver(pg_temp.place(2, 'BOOT')), pg_temp.deliver(pg_temp.place(3, status => 'authorized'));
SELECT pg_temp.deliver(pg_temp.place(4)), pg_temp.deliver(pg_temp.place(5)), pg_temp.deliver(pg_temp.place(6));
SELECT pg_temp.deliver(pg_temp.place(7, amount => 25)), pg_temp.deliver(pg_temp.place(8, status => 'authorized'));
SELECT order_id - 1 AS zero FROM oms.orders WHERE reference = 'H-1' \gset
SELECT request_return(:zero + 4, '[{"line_no": 1, "quantity": 1}]', 'too small');
SELECT record_chargeback('psp', '{"reference": "dp_5", "payment": "ch_5", "currency": "EUR", "amount": 20}'),
       record_chargeback('psp', '{"reference": "dp_5", "status": "lost"}'),
       record_chargeback('psp', '{"reference": "dp_6", "payment": "ch_6", "currency": "EUR", "amount": 20}');
SELECT request_payment(:zero + 8, 1, 'capture') > 0 AS asked;
-- nothing has left of 9, 10 is fetched at the counter, 11 is cancelled
SELECT pg_temp.place(9) > 0, cancel_order(pg_temp.place(11), 'no more');
SELECT pg_temp.place(10, more => '{"fulfillment": {"pickup_location": "porto"}}') AS ten \gset
SELECT pack(:ten, 1), mark_ready_for_pickup(:ten, 1), mark_picked_up(:ten, 1);
-- the first run looks at all orders, those behind read on
SELECT pg_temp.run('complete_orders');
SELECT order_id - :zero AS n, job, since FROM job_orders ORDER BY 1;
SELECT order_id IS NULL AND system_id = oms_internal.system_id() AS has_read_all FROM watermarks WHERE name = 'complete_orders';
SET oms.now = '2026-02-09 09:59:59+00';
SELECT pg_temp.run('complete_orders');
UPDATE jobs SET batch_rows = 2 WHERE name = 'complete_orders';
SET oms.now = '2026-02-09 10:00:00+00';
SELECT pg_temp.run('complete_orders'), pg_temp.run('complete_orders') AS again;
SELECT * FROM pg_temp.orders;
SELECT order_id - :zero AS n, since FROM job_orders;
-- what was in the way is not any more
SELECT capture(:zero + 3, 1), cancel_return(:zero + 4, 1), refund(:zero + 7, '5 EUR', 'paid too much'),
       record_chargeback('psp', '{"reference": "dp_6", "status": "won"}'),
       record_payment_result('psp', 'cp_8', '{"payment_reference": "ch_8", "action": "capture", "status": "succeeded", "request_no": 1}');
SELECT pg_temp.run('complete_orders'), pg_temp.run('complete_orders') AS again;
SELECT * FROM pg_temp.orders WHERE obstacle <> 'the order is completed';
SELECT record_payment_result('psp', 'rf_7', '{"payment_reference": "ch_7", "action": "refund", "status": "succeeded", "refund_no": 1}');
SELECT pg_temp.run('complete_orders');
-- boots may come back until the 24th
SET oms.now = '2026-02-24 23:59:59+00';
SELECT pg_temp.run('complete_orders');
SET oms.now = '2026-02-25 00:00:00+00';
SELECT pg_temp.run('complete_orders');
-- other days count at once, no days complete nothing
SELECT pg_temp.deliver(pg_temp.place(12));
SET oms.now = '2026-03-07 00:00:00+00';
SELECT pg_temp.run('complete_orders');
UPDATE jobs SET settings = '{"after_days": 11}' WHERE name = 'complete_orders';
SELECT pg_temp.run('complete_orders');
UPDATE jobs SET settings = '{"after_days": 10}' WHERE name = 'complete_orders';
SELECT pg_temp.run('complete_orders');
UPDATE jobs SET settings = '{}' WHERE name = 'complete_orders';
SELECT pg_temp.run('complete_orders');
-- a watermark of another cluster: all orders are looked at again
UPDATE jobs SET settings = '{"after_days": 0}' WHERE name = 'complete_orders';
SELECT pg_temp.deliver(pg_temp.place(13));
SET session_replication_role = replica;
UPDATE watermarks SET system_id = 1, transaction_id = '1000000000' WHERE name = 'complete_orders';
RESET session_replication_role;
SELECT pg_temp.run('complete_orders');
SELECT n, status FROM pg_temp.orders WHERE n > 11;
SELECT count(*) FROM job_orders;

/*
 * Holds: alerts come and go, and the order goes if it is said so
 */
SET oms.now = '2026-03-10 10:00:00+00';
SELECT hold_order(:zero + 9, 'fraud', 'two cards'), hold_order(pg_temp.place(14), 'fraud'), hold_order(pg_temp.place(15), 'address');
CREATE VIEW pg_temp.alerts AS
    SELECT kind, key, severity, subject, message, data, status FROM oms.alerts WHERE kind = 'hold_overdue' ORDER BY alert_id;
SET oms.now = '2026-03-11 09:59:59+00';
SELECT pg_temp.run('review_holds');
SET oms.now = '2026-03-11 10:00:00+00';
SELECT pg_temp.run('review_holds'), pg_temp.run('review_holds') AS again;
SELECT kind, message, data, status FROM pg_temp.alerts;
SELECT release_hold(order_id, 'address') FROM oms.orders WHERE reference = 'H-15';
SELECT pg_temp.run('review_holds');
SELECT message, status FROM pg_temp.alerts WHERE status <> 'open';
-- a second hold is as young as it is; that of a chargeback is the bank's
SELECT record_chargeback('psp', '{"reference": "dp_9", "payment": "ch_9", "currency": "EUR", "amount": 20}');
UPDATE jobs SET settings = settings || '{"cancel_after_days": 7}' WHERE name = 'review_holds';
SET oms.now = '2026-03-17 09:59:59+00';
SELECT pg_temp.run('review_holds');
SET oms.now = '2026-03-17 10:00:00+00';
SELECT pg_temp.run('review_holds'), pg_temp.run('review_holds') AS again;
SELECT * FROM pg_temp.orders WHERE n IN (9, 14, 15);
SELECT message, status FROM pg_temp.alerts;
SELECT kind, released_at IS NULL AS open FROM oms.order_holds ORDER BY order_id, hold_no;
SELECT available('TEE');
SELECT record_chargeback('psp', '{"reference": "dp_9", "status": "won"}');
UPDATE jobs SET settings = settings || '{"alert_after_days": null}' WHERE name = 'review_holds';
SELECT pg_temp.run('review_holds'), pg_temp.run('review_holds') AS again;
SELECT n, status, reason FROM pg_temp.orders WHERE n = 9;
SELECT count(*) FROM pg_temp.alerts WHERE status = 'open';

/*
 * Carts, authorizations, returns, gift cards that are over
 */
SELECT count(reserve('TEE', 1, expires => '1 hour')) FROM generate_series(1, 5);
UPDATE jobs SET batch_rows = 2 WHERE name ~ '^expire_';
SELECT pg_temp.run('expire_carts');
SET oms.now = '2026-03-17 11:00:00+00';
SELECT pg_temp.run('expire_carts'), pg_temp.run('expire_carts') AS again;
SELECT status, count(*) FROM reservations WHERE order_id IS NULL GROUP BY 1;

SELECT count(pg_temp.place(n, status => 'authorized',
                           more => jsonb_build_object('payments', jsonb_build_array(jsonb_build_object(
                               'method', 'card', 'amount', 20, 'status', 'authorized', 'expires_at', '2026-03-20T00:00:00Z')))))
FROM generate_series(21, 23) AS n;
SELECT pg_temp.run('expire_authorizations');
SET oms.now = '2026-03-20 00:00:00+00';
SELECT pg_temp.run('expire_authorizations'), pg_temp.run('expire_authorizations') AS again;
SELECT n, status FROM pg_temp.orders WHERE n > 20;

SELECT put_return_policy('{"auto_approve": true, "send_days": 3}') > 0;
SELECT request_return(:zero + n, '[{"line_no": 1, "quantity": 1}]', 'too large') FROM unnest('{1,3,4}'::integer[]) AS n;
SELECT pg_temp.run('expire_returns');
SET oms.now = '2026-03-24 00:00:00+00';
SELECT pg_temp.run('expire_returns'), pg_temp.run('expire_returns') AS again;

SELECT count(issue_gift_card('{"amount": "10 EUR", "expires_on": "2026-03-31"}')) FROM generate_series(1, 3);
SELECT pg_temp.run('expire_stored_value');
SET oms.now = '2026-04-01 00:00:00+00';
SELECT pg_temp.run('expire_stored_value'), pg_temp.run('expire_stored_value') AS again;
SELECT DISTINCT balance FROM stored_value_accounts;

/*
 * Orders that wait, one behind the other
 */
SELECT count(pg_temp.place(n, 'MUG', more => '{"fulfillment": {"allow_backorder": true}}')) FROM generate_series(31, 33) AS n;
SELECT pg_temp.run('fill_backorders') AS nothing_came;
INSERT INTO stock_levels (sku_id, location_id, on_hand) SELECT s.sku_id, l.location_id, '5' FROM skus AS s, locations AS l WHERE s.code = 'MUG';
UPDATE jobs SET batch_rows = 2 WHERE name = 'fill_backorders';
SELECT pg_temp.run('fill_backorders'), pg_temp.run('fill_backorders') AS again;
SELECT substr(o.reference, 3) AS n, l.backordered FROM order_lines AS l JOIN oms.orders AS o USING (order_id) JOIN skus AS s USING (sku_id)
WHERE s.code = 'MUG' ORDER BY 1;
SELECT pg_temp.run('fold_stock'), pg_temp.run('reroute_orders');
UPDATE jobs SET enabled = true, settings = settings || '{"channel": "web", "time_limit": "1 s"}' WHERE name = 'reroute_orders';
SELECT pg_temp.run('reroute_orders');

/*
 * Money
 */
UPDATE jobs SET batch_rows = 3 WHERE name IN ('issue_invoices', 'dun_invoices', 'reconcile_settlements', 'refund_overdue');
SELECT pg_temp.run('issue_invoices'), pg_temp.run('issue_invoices') AS again;
SELECT count(*) FROM invoices WHERE kind = 'invoice';
SELECT put_dunning_level('{"level": 1, "days_overdue": 5}');
SET oms.now = '2026-04-10 00:00:00+00';
-- who has not paid is reminded, and what is paid is closed
SELECT pg_temp.run('dun_invoices'), pg_temp.run('dun_invoices') AS again;
SELECT closed, count(*) FROM invoices WHERE kind = 'invoice' GROUP BY 1 ORDER BY 1;
SELECT order_id - :zero AS n, level, open FROM dunnings;
SELECT import_settlements('psp', (SELECT jsonb_agg(jsonb_build_object('reference', 'line_' || n, 'kind', 'capture', 'payment', 'ch_' || n,
    'currency', 'EUR', 'amount', 20, 'occurred_on', '2026-01-10')) FROM generate_series(1, 4) AS n));
SELECT pg_temp.run('reconcile_settlements'), pg_temp.run('reconcile_settlements') AS again;
UPDATE channels SET auto_refund = true;
SELECT pg_temp.run('refund_overdue'), pg_temp.run('refund_overdue') AS again;
SELECT order_id - :zero AS n, amount, reason FROM refunds ORDER BY 1;

/*
 * Logs: what is older than its days, in batches; the last good run of a job stays
 */
SET session_replication_role = replica;
INSERT INTO commands (reference, command, content_hash, executed_at)
SELECT 'old-' || n, 'ship', 1, '2026-03-11 00:00:00+00'::timestamptz - n * interval '1 hour' FROM generate_series(1, 5) AS n;
RESET session_replication_role;
INSERT INTO notifications (kind, subject, body, created_at, sent_at)
VALUES ('regress', 'sent long ago', '', '2026-01-01', '2026-01-09 23:59:59'), ('regress', 'not sent', '', '2026-01-01', NULL),
       ('regress', 'sent', '', '2026-01-01', '2026-01-10');
SET session_replication_role = replica;
UPDATE job_runs SET started_at = CASE WHEN job IN ('fold_stock', 'expire_carts') THEN '2026-03-01' ELSE '2026-04-01' END::timestamptz;
RESET session_replication_role;
UPDATE oms.alerts SET closed_at = '2025-04-09 23:59:59+00' WHERE kind = 'hold_overdue' AND status = 'closed' AND key = (:zero + 9) || '-1'
RETURNING alert_id AS old \gset
SET session_replication_role = replica;
UPDATE oms.subject_events SET occurred_at = '2025-04-09 23:59:59+00' WHERE subject = 'alert' AND key = :'old';
RESET session_replication_role;
UPDATE jobs SET batch_rows = 4 WHERE name = 'purge_logs';
INSERT INTO jobs (name, schedule) VALUES ('regress', '0 0 1 * *');
SET session_replication_role = replica;
INSERT INTO job_runs (job, started_at, ended_at, status)
SELECT 'regress', t, t, s FROM (VALUES ('2026-01-01'::timestamptz, 'succeeded'), ('2026-02-01', 'failed'), ('2026-04-01', 'failed')) AS v(t, s);
RESET session_replication_role;
CREATE VIEW pg_temp.logs AS
    SELECT (SELECT count(*) FROM oms.commands) AS commands, (SELECT count(*) FROM oms.notifications) AS notifications,
           (SELECT count(*) FROM oms.alerts WHERE kind = 'hold_overdue') AS alerts,
           (SELECT string_agg(type, ', ' ORDER BY event_id) FROM oms.subject_events WHERE subject = 'alert' AND key = :'old') AS events,
           (SELECT count(*) FROM oms.reservations WHERE order_id IS NULL) AS carts,
           (SELECT string_agg(job || ' ' || coalesce(nullif(status, 'succeeded'), "rows"::text), ', ' ORDER BY run_id)
            FROM oms.job_runs WHERE job IN ('fold_stock', 'expire_carts', 'regress')) AS runs;
SELECT * FROM pg_temp.logs;
UPDATE jobs SET settings = '{}' WHERE name = 'purge_logs';
SELECT pg_temp.run('purge_logs') AS keep_all;
UPDATE jobs SET settings = '{"commands_days": 30, "job_runs_days": 30, "alerts_days": 365, "notifications_days": 90, "carts_days": 23}'
WHERE name = 'purge_logs';
SELECT acknowledge('regress', '0/0');
SELECT pg_temp.run('purge_logs'), pg_temp.run('purge_logs') AS again;
SELECT * FROM pg_temp.logs;
-- events of alerts wait for who has not read them
SELECT drop_consumer('regress'), pg_temp.run('purge_logs'), pg_temp.run('purge_logs') AS again;
SELECT * FROM pg_temp.logs;

DELETE FROM jobs WHERE name = 'regress';

/*
 * Nobody may take money of an order that has ended
 */
SELECT pg_temp.place(50, more => '{"payments": [{"method": "card", "amount": "20", "status": "captured"},
    {"method": "card", "amount": "5", "status": "authorized"}, {"method": "transfer", "amount": "5", "status": "pending"}]}') AS fifty \gset
SELECT pg_temp.deliver(:fifty), void(:fifty, 2);
SELECT oms_internal.completion_obstacle(:fifty), void(:fifty, 3);
SELECT oms_internal.completion_obstacle(:fifty);

/*
 * Whatever jobs did, all is right; the largest batches are no error
 */
UPDATE jobs SET batch_rows = 10000;
SELECT name FROM jobs WHERE enabled AND run_job(name) ->> 'status' <> 'succeeded';
SELECT name, status, "rows", error FROM job_runs JOIN jobs ON name = job WHERE status <> 'succeeded' ORDER BY run_id;
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_housekeeping;
