/*
 * test/sql/plan.sql: plans look rows up by index, whatever the statistics say
 *
 * The plans are made while the tables are all but empty, and ANALYZE has said
 * so: each table fits on a page, which the planner would rather read whole.
 */

SET client_min_messages = warning;
SET search_path = oms, public;
SET oms.now = '2026-03-02 09:00:00+00';

SELECT put_channel('{"code": "plan-web", "name": "Shop", "currency": "EUR"}'),
       put_location('{"code": "plan-hall", "name": "Hall", "country": "PT", "lat": 41, "lon": -8}'),
       put_sku('{"code": "PLAN-CUP", "name": "Cup", "price": "4.00 EUR"}');
SELECT receive_stock('PLAN-CUP', 'plan-hall', '100');
ANALYZE oms.channels, oms.locations, oms.skus, oms.customers, oms.orders, oms.order_lines, oms.fulfillments, oms.payments;

CREATE FUNCTION pg_temp.life(reference text) RETURNS oms.fulfillment_status
    LANGUAGE plpgsql
AS $$
DECLARE
    o bigint := oms.place_order(jsonb_build_object(
        'channel', 'plan-web', 'reference', reference, 'customer', '{"reference": "plan-ana"}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41.1, "lon": -8.6}'::jsonb,
        'lines', '[{"sku": "PLAN-CUP", "quantity": 2}]'::jsonb,
        'payments', '[{"method": "card", "amount": "8.00", "status": "authorized"}]'::jsonb));
BEGIN
    PERFORM oms.start_picking(o, 1), oms.pack(o, 1), oms.ship(o, 1), oms.capture(o, 1);
    RETURN oms.mark_delivered(o, 1);
END
$$;

SELECT pg_temp.life('plan-1');

/* Nothing of the store was read whole, neither for a command nor to check a foreign key */
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT pg_temp.life('plan-2');
SELECT receive_stock('PLAN-CUP', 'plan-hall', '1');
SELECT relname, seq_scan FROM pg_stat_xact_user_tables
WHERE schemaname = 'oms' AND seq_scan > 0 ORDER BY relname COLLATE "C";
COMMIT;
