-- test/t/night.sql: sixty days in the shop of test/stress/work.sql, in which
-- something is left for each job to do; the setting oms.now is moved along
SELECT setseed(0.42);

-- who supplies, and what was wanted in the half year before
SELECT put_supplier(jsonb_build_object('code', 'mill', 'name', 'Mill', 'currency', 'EUR', 'skus', jsonb_agg(jsonb_build_object(
           'sku', code, 'cost', '3.10 EUR', 'lead_time_days', 3 + sku_id % 9, 'lead_time_sd_days', 1.5, 'min_quantity', 6, 'pack_size', 3))))
FROM oms.skus WHERE code <> 'RND-4' AND NOT is_kit;
INSERT INTO oms.demand_daily (sku_id, location_id, day, demanded)
SELECT sku_id, location_id, date '2026-01-01' - n, (1 + hash % 5)::quantity
FROM oms.skus, oms.locations, generate_series(1, 180) AS n, abs(hashint8(sku_id * 1000000 + location_id * 1000 + n)) AS hash
WHERE NOT is_kit AND hash % 7 < sku_id % 4 + 1;

-- what expires
SET oms.now = '2026-01-01T12:00:00Z';
SELECT oms.issue_gift_card(jsonb_build_object('code', 'NIGHT-' || 1000 + n, 'amount', '10 EUR', 'expires_on', date '2026-02-20' + n))
FROM generate_series(1, 30) AS n;

-- sixty days of random work, and more buyers who have not paid yet
CREATE PROCEDURE work.days(n integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR day IN 0 .. n - 1 LOOP
        PERFORM set_config('oms.now', (timestamptz '2026-01-01T08:00:00Z' + make_interval(days => day))::text, false);
        PERFORM work.steps(50);
        PERFORM work.buy('night ' || day, 2, 'RND-' || 7 + day % 40, 'RND-' || 8 + day % 40);
        PERFORM oms.reserve('RND-51', 1, reference => 'cart ' || day);
        COMMIT;
    END LOOP;
END
$$;
CALL work.days(60);

-- authorizations that end, more than is owed, and what a provider reports of payments that are not known
SELECT oms.put_channel('{"code": "rnd-web", "auto_refund": true}');
SELECT oms.add_payment(order_id, jsonb_build_object('method', 'card', 'amount', 5, 'status', CASE order_id % 2 WHEN 0 THEN 'captured' ELSE 'authorized' END,
                                                    'expires_at', CASE order_id % 2 WHEN 1 THEN '2026-03-02T00:00:00Z' END))
FROM oms.orders AS o WHERE status < 'cancelled' AND order_id % 4 < 2;
SELECT oms.import_settlements('psp', jsonb_agg(jsonb_build_object('reference', n::text, 'kind', 'capture', 'currency', 'EUR', 'amount', n, 'fee', 0,
                                                                  'occurred_on', '2026-02-28', 'payment', 'pi_' || n)))
FROM generate_series(1, 30) AS n;

-- what should have come back
SELECT oms.put_return_policy('{"send_days": 14}');
SELECT oms.request_return(order_id, jsonb_build_array(jsonb_build_object('line_no', line_no, 'quantity', 1)), 'too small')
FROM oms.order_lines WHERE delivered - returned >= '1' AND order_id % 3 = 0 AND line_no = 1;
SELECT oms.approve_return(order_id, return_no) FROM oms.returns WHERE status = 'requested';
