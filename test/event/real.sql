/*
 * test/event/real.sql: what befalls real orders and purchases, while consumers
 * read of it in portions of random size, and what they must have read
 */

SET search_path = event, replay, oms, public;
\i test/event/reader.sql
\i test/planning/check.sql
SELECT setseed(0.5) \g /dev/null

SELECT format('CALL replay.run(%s, %s)', n, n + 999), format('CALL public.read_on(''random'', %s)', 1 + n / 50)
FROM generate_series(1, (SELECT max(step_no) FROM replay.queue), 1000) AS n
\gexec
SELECT planning.none('no step of real orders is refused, but for orders without lines',
                     'SELECT * FROM replay.refused WHERE reference IN (SELECT order_id FROM source_items)') \g /dev/null

SET oms.now = '2018-12-01 12:00:00+00';
CALL event.live_on();
CALL public.read_on('random', 300);
CALL event.purchase_all();
CALL public.read_on('late', 20);
SELECT event.by_hand(reference) FROM event.aside WHERE scenario = 'by hand' ORDER BY reference \g /dev/null
SELECT event.correct(order_id) FROM event.aside WHERE scenario = 'held' ORDER BY reference \g /dev/null
SELECT planning.run_job('issue_invoices') \g /dev/null
SELECT import_settlements('psp', jsonb_agg(jsonb_build_object(
           'reference', format('%s-%s-%s', order_id, payment_no, entry_no), 'kind', kind, 'currency', 'BRL', 'payment', p.reference, 'occurred_on', (occurred_at AT TIME ZONE 'UTC')::date,
           'amount', CASE kind WHEN 'capture' THEN e.amount::numeric ELSE -e.amount::numeric END, 'fee', CASE kind WHEN 'capture' THEN round(e.amount::numeric * 0.02, 2) ELSE 0 END))),
       reconcile_settlements()
FROM oms.payment_entries AS e JOIN oms.payments AS p USING (order_id, payment_no) WHERE p.provider = 'psp' AND kind IN ('capture', 'refund') \g /dev/null
SELECT planning.run_job('roll_up_demand') \g /dev/null
SELECT planning.run_job('raise_alerts') \g /dev/null
SELECT count(oms.acknowledge_alert(alert_id, 'visto')) FROM (SELECT alert_id FROM oms.alerts WHERE status = 'open' ORDER BY alert_id LIMIT 5) AS a \g /dev/null
SET oms.now = '2018-12-31 12:00:00+00';
SELECT planning.run_job('dun_invoices') \g /dev/null
SET oms.now = '2019-01-20 12:00:00+00';
SELECT planning.run_job('dun_invoices'), planning.run_job('complete_orders') \g /dev/null
CALL public.read_on('random', 300);
CALL public.read_on('late', 20);

\i test/event/facts_order.sql
\i test/event/facts_money.sql
\i test/event/facts_return.sql
\i test/event/facts_subject.sql
CREATE TABLE event.facts AS
SELECT NULL::text AS key, * FROM (TABLE event.facts_order UNION ALL TABLE event.facts_fulfillment UNION ALL TABLE event.facts_payment UNION ALL TABLE event.facts_return) AS f
UNION ALL
SELECT key, NULL, NULL, type, data FROM (TABLE event.facts_purchase UNION ALL TABLE event.facts_bill UNION ALL TABLE event.facts_alert) AS f;
CREATE TABLE event.seen AS
SELECT (event).key, (event).order_id, (event).subject_no, (event).type, event.told((event).type, (event).data) AS data FROM read WHERE consumer = 'random';

/* a line of each type: as many events as facts, about the same, with the same data */
SELECT planning.same(type || ': what consumers read follows from the rows that there are',
                     format('SELECT key, order_id, subject_no, data FROM event.facts WHERE type = %L', type),
                     format('SELECT key, order_id, subject_no, data FROM event.seen WHERE type = %L', type))
FROM (SELECT type FROM documented UNION SELECT type FROM event.seen) AS t ORDER BY type \g /dev/null

SELECT planning.none('all types that doc/event.md lists occur, with the keys that it lists', 'SELECT * FROM disagreements()') \g /dev/null
/* consumers that read now and then, and all at the end, have read the same in the same order */
SELECT planning.same(format('consumer %s has read each event once, in order', consumer),
                     'SELECT row_number() OVER (ORDER BY transaction_id, event_id), event_id FROM
                      (SELECT transaction_id, event_id FROM oms.events UNION ALL SELECT transaction_id, event_id FROM oms.subject_events) AS e',
                     format('SELECT row_number() OVER (ORDER BY n), (event).event_id FROM read WHERE consumer = %L', consumer))
FROM unnest('{random,late}'::text[]) AS consumer \g /dev/null
SELECT planning.books() \g /dev/null
SELECT planning.report();
