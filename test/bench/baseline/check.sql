/*
 * test/bench/baseline/check.sql: do both calls write the same?
 *
 * Places 200 documents by place_order() and by the baseline and raises an
 * error if what they wrote differs in more than ids, references and times.
 */
\set ON_ERROR_STOP on
SET search_path = oms, public;

CREATE FUNCTION pg_temp.picture(id bigint) RETURNS jsonb
    LANGUAGE sql
    AS $$
    SELECT jsonb_build_array(
        (SELECT to_jsonb(o) - '{order_id,reference,status_at,placed_at,document_hash}'::text[]
         FROM orders AS o WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(l) - 'order_id' ORDER BY line_no) FROM order_lines AS l WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(f) - '{order_id,status_at,created_at}'::text[] ORDER BY fulfillment_no)
         FROM fulfillments AS f WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(l) - 'order_id' ORDER BY fulfillment_no, line_no)
         FROM fulfillment_lines AS l WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(r) - '{order_id,reservation_id}'::text[] ORDER BY fulfillment_no, line_no)
         FROM reservations AS r WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(p) - '{order_id,status_at,created_at}'::text[] ORDER BY payment_no)
         FROM payments AS p WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(e) - '{order_id,occurred_at}'::text[] ORDER BY payment_no, entry_no)
         FROM payment_entries AS e WHERE order_id = id),
        (SELECT jsonb_agg(to_jsonb(e) - '{order_id,event_id,transaction_id,occurred_at}'::text[] ORDER BY sequence)
         FROM events AS e WHERE order_id = id),
        (SELECT count(*) FROM ledger_entries WHERE order_id = id))
$$;

CREATE TEMP TABLE documents AS
    SELECT n, jsonb_build_object(
        'channel', 'web', 'currency', 'EUR',
        'customer', jsonb_build_object('reference', 'C' || n),
        'ship_to', jsonb_build_object('name', 'Ana Bench', 'country', 'PT', 'region', '13', 'postcode', '4000-001',
                                      'lat', 37.001, 'lon', -9.001 + n % 50 * 0.1),
        'lines', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                             'sku', 'S' || (n * 7919 + l * 3333) % 10000 + 1, 'quantity', (n + l) % 9 + 1,
                             'unit_price', CASE WHEN l % 3 = 2 THEN '3.333333' END,
                             'discount', CASE WHEN l % 4 = 3 THEN 0.5 END,
                             'tax', CASE WHEN l % 5 = 4 THEN '0.35' END)))
                  FROM generate_series(1, n % 10 + 1) AS l),
        'shipping', '{"service": "standard"}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'amount', n, 'status', 'authorized'))) AS document
    FROM generate_series(1, 200) AS n;
CREATE TEMP TABLE ours AS
    SELECT n, oms.place_order(document || jsonb_build_object('reference', 'ours-' || n)) AS id FROM documents;
SET session_replication_role = replica;
CREATE TEMP TABLE theirs AS
    SELECT n, bench.baseline_place(document || jsonb_build_object('reference', 'theirs-' || n)) AS id FROM documents;
RESET session_replication_role;
DO $$
DECLARE
    differing CONSTANT integer[] := ARRAY(
        SELECT o.n FROM ours AS o JOIN theirs AS t USING (n)
        WHERE pg_temp.picture(o.id) IS DISTINCT FROM pg_temp.picture(t.id));
BEGIN
    IF differing <> '{}' THEN
        RAISE EXCEPTION 'the baseline writes something else for the documents %', differing;
    END IF;
END
$$;
