-- profit: what orders and their lines have earned, by hand; the same
-- reckoned in plain SQL, with nothing, half and all of it counted by the job, in
-- a database of its own, as what a job reads must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_report_profit;
\c regress_report_profit
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-03-31 23:30:00+00';
\pset null -
SELECT put_channel('{"code": "web", "currency": "EUR"}'), set_base_currency('EUR'),
       put_channel('{"code": "fair", "kind": "marketplace", "currency": "EUR", "fee_rate": 0.1}'), put_channel('{"code": "us", "currency": "USD"}'),
       put_channel('{"code": "far", "currency": "KWD"}'), put_fx_rate('2026-03-01', 'EUR', 'USD', 1.25);
SELECT put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "takes_returns": true}'),
       put_location('{"code": "lisbon", "country": "PT", "lat": 38.72, "lon": -9.14, "takes_returns": true}');
SELECT put_product('{"code": "shirt", "category": "apparel.shirts", "skus": [{"code": "TEE", "price": "20 EUR"}]}'), put_sku('{"code": "MUG", "price": "9 EUR"}'),
       put_sku('{"code": "OLD", "price": "5 EUR"}'), put_sku('{"code": "CARD", "price": "50 EUR", "stocked": false}'),
       put_sku('{"code": "SET", "price": "30 EUR", "kit": [{"sku": "TEE", "quantity": 1}, {"sku": "MUG", "quantity": 2}]}');
SELECT receive_stock('TEE', 'porto', 10, '7 EUR'), receive_stock('TEE', 'lisbon', 3, '8 EUR'), receive_stock('MUG', 'porto', 20, '3 EUR'),
       receive_stock('OLD', 'porto', 5);
CREATE FUNCTION place(channel text, lines jsonb, more jsonb DEFAULT '{}') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_order_id bigint := oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'P-' || (SELECT count(*) + 1 FROM oms.orders),
        'lines', (SELECT jsonb_agg('{"tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb) || more);
BEGIN
    PERFORM oms.add_payment(v_order_id, jsonb_build_object('method', 'card', 'provider', 'psp', 'reference', 'pi_' || v_order_id, 'status', 'captured',
                                                           'amount', o.total::numeric))
    FROM oms.orders AS o WHERE o.order_id = v_order_id AND sign(o.total) > 0;
    RETURN v_order_id;
END
$$;
CREATE FUNCTION deliver(order_id bigint, cost amount DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(oms.pack(f.order_id, f.fulfillment_no) || ' ' || oms.ship(f.order_id, f.fulfillment_no, jsonb_build_object('carrier', 'ctt', 'cost', cost::text))
                      || ' ' || oms.mark_delivered(f.order_id, f.fulfillment_no), ', ')
    FROM oms.fulfillments AS f WHERE f.order_id = deliver.order_id AND f.status < 'shipped'
$$;
CREATE FUNCTION back(order_id bigint, lines jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT oms.complete_return(back.order_id, n)::text
    FROM (SELECT oms.receive_unannounced_return(back.order_id, 'porto', (SELECT jsonb_agg(l - 'disposition') FROM jsonb_array_elements(lines) AS l)) AS n) AS r,
         LATERAL (SELECT oms.inspect_return(back.order_id, n, lines)) AS i
$$;

-- until all that was committed can be read, as when statistics are gathered meanwhile
CREATE PROCEDURE roll_up() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 1000 LOOP
        PERFORM oms.run_job('roll_up_reports');
        COMMIT;
        EXIT WHEN cardinality(oms_internal.unread_orders()) = 0;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;

\set ECHO none
\i test/report/profit.sql
\set ECHO all
CREATE TEMPORARY VIEW differences AS SELECT * FROM pg_temp.profit_differences();
CREATE VIEW profit AS
    SELECT order_id, channel, status, day, net_sales, net_revenue, shipping, restocking_fees AS fees_kept, cost, payment_fees AS psp, marketplace_fees AS fair, shipping_cost AS freight,
           gross_profit, margin_rate AS rate, shipments AS parcels, uncosted_shipments AS uncosted
    FROM oms_report.order_profit ORDER BY order_id;
CREATE VIEW goods AS
    SELECT month, channel, sku, category, units, restocked_units AS returned, unvalued_units AS unvalued, net_revenue, cost, gross_margin, margin_rate AS rate FROM oms_report.profit_by_sku_month ORDER BY 1, 2, 3;

-- 1: 2 x 20 + 9 - 4.90 off, 5.00 of shipping; a T-shirt comes back: goods 20 less its share 2.00 of the discount, cost 7
SELECT place('web', '[{"sku": "TEE", "quantity": 2}, {"sku": "MUG", "quantity": 1}]', '{"discounts": [{"amount": 4.90}], "shipping": {"price": 5, "tax": 0}}');
SELECT * FROM profit;
SELECT deliver(1, '4.20 EUR');
SELECT * FROM profit;
SELECT back(1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT * FROM profit;
SELECT * FROM goods;
-- what comes back and is not sold again has cost what it did
SELECT back(1, '[{"line_no": 2, "quantity": 1, "disposition": "scrap"}]');
SELECT * FROM goods;
-- the provider's report has its fees; the carrier's bill another cost
SELECT import_settlements('psp', '[{"reference": "t1", "kind": "capture", "currency": "EUR", "amount": "49.10", "fee": "1.03", "occurred_on": "2026-03-31", "payment": "pi_1"}]'),
       reconcile_settlements(), record_shipping_cost(1, 1, '4.50 EUR');
SELECT * FROM profit;
SELECT * FROM differences;

-- 2: a set and a T-shirt at a marketplace that keeps a tenth: of T-shirts at 7 each has one; the set comes back
SELECT place('fair', '[{"sku": "SET", "quantity": 1}, {"sku": "TEE", "quantity": 2}, {"sku": "TEE", "quantity": 1}]'), deliver(2);
SELECT * FROM profit WHERE order_id = 2;
SELECT * FROM goods WHERE channel = 'fair';
SELECT back(2, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT * FROM goods WHERE channel = 'fair';
SELECT line_no, units, returned, net_revenue, cost FROM oms_internal.line_profit('{2}') ORDER BY line_no;

-- the job counts these; all that follows is not read yet
CALL roll_up();
SELECT count(*) FROM profit_orders;
SELECT * FROM differences;
SET oms.now = '2026-04-01 10:00:00+00';

-- 3: in another currency, 25 USD at 1.25; 4: cancelled, after its payment has cost something; 5: not shipped; 6: nobody knows what it cost
SELECT place('us', '[{"sku": "TEE", "quantity": 1, "unit_price": 25}]'), deliver(3, '3 EUR');
SELECT place('web', '[{"sku": "MUG", "quantity": 1}]'), cancel_order(4, 'changed her mind');
SELECT import_settlements('psp', '[{"reference": "t4", "kind": "capture", "currency": "EUR", "amount": "9", "fee": "0.30", "occurred_on": "2026-04-01", "payment": "pi_4"}]'), reconcile_settlements();
SELECT place('web', '[{"sku": "MUG", "quantity": 3}]');
SELECT place('web', '[{"sku": "OLD", "quantity": 2}]'), deliver(6, '2 EUR');
-- 7: of what is claimed as lost a replacement is sent, 8, which earns nothing and costs again; 9: its customer gets an allowance
SELECT place('web', '[{"sku": "MUG", "quantity": 1}]'), deliver(7, '2 EUR');
SELECT claim_items(7, '[{"line_no": 1, "quantity": 1}]', 'lost', 'replacement'), deliver(8);
SELECT place('web', '[{"sku": "MUG", "quantity": 2}]', '{"shipping": {"price": 2, "tax": 0}}'), deliver(9), refund(9, '4 EUR', 'a scratch');
-- 10: a gift card is no revenue, 11: nor what is paid by it less; 12: no rate is known
SELECT place('web', '[{"sku": "CARD", "quantity": 1}, {"sku": "MUG", "quantity": 1}]'), deliver(10);
SELECT issue_gift_card('{"amount": "50 EUR", "order_id": 10, "line_no": 1, "code": "GIFT-0001-0001"}') IS NOT NULL AS issued;
SELECT place_order('{"channel": "web", "reference": "P-11", "lines": [{"sku": "MUG", "quantity": 1, "tax": 0}], "shipping": {"price": 0, "tax": 0}, "ship_to": {"country": "PT", "lat": 41.2, "lon": -8.6},
    "payments": [{"method": "gift_card", "reference": "GIFT-0001-0001", "amount": "9"}]}');
SELECT deliver(11), place('far', '[{"sku": "MUG", "quantity": 1, "unit_price": 4}]'), deliver(12);
-- an older one changes once more, and one is corrected by hand
SELECT record_shipping_cost(2, 1, '6 EUR'), back(2, '[{"line_no": 2, "quantity": 2, "disposition": "restock"}]');
SELECT * FROM profit;
SELECT * FROM goods;
SELECT * FROM differences;
SELECT unvalued, net_sales, net_revenue, cost FROM oms_report.order_profit WHERE order_id = 12;
SELECT day, month, channel, orders, net_sales, net_revenue, gross_profit, margin_rate, shipments, uncosted_shipments, unvalued_orders FROM oms_report.profit_by_channel ORDER BY 1, 3;

-- all is counted, and is the same; so it is when it is counted again, and from the beginning, by days elsewhere
CREATE TABLE before AS SELECT * FROM oms_report.order_profit;
CALL roll_up();
SELECT * FROM differences;
(TABLE before EXCEPT SELECT * FROM oms_report.order_profit) UNION ALL (SELECT * FROM oms_report.order_profit EXCEPT TABLE before);
INSERT INTO settings (name, value) VALUES ('time_zone', 'Europe/Lisbon');
SELECT day, channel, orders, gross_profit FROM oms_report.profit_by_channel ORDER BY 1, 2;
CALL roll_up();
SELECT day, channel, orders, gross_profit FROM oms_report.profit_by_channel ORDER BY 1, 2;
SELECT * FROM differences;

-- of four whose cost nobody knows, on two lines, one comes back: of the three that are outside the first line has two
SELECT receive_stock('OLD', 'porto', 1);
SELECT place('web', '[{"sku": "OLD", "quantity": 3}, {"sku": "OLD", "quantity": 1}]') AS old \gset
SELECT deliver(:old), back(:old, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT line_no, units, returned, unvalued FROM oms_internal.line_profit(ARRAY[:old]) ORDER BY line_no;
CALL roll_up();
SELECT * FROM differences;

/*
 * What is put on a gift card is no revenue, also before its line has left: - 50.00, which is no margin of 100 %, though - 50 / - 50 is 1.
 * A mug at 9 leaves with the card, at 3: (9 + 50 - 50 - 3) / 9 = 0.6667.
 */
SET oms.now = '2026-04-02 10:00:00+00';
SELECT place('web', '[{"sku": "CARD", "quantity": 1}, {"sku": "MUG", "quantity": 1}]') AS card \gset
SELECT issue_gift_card(jsonb_build_object('amount', '50 EUR', 'order_id', :card, 'line_no', 1, 'code', 'GIFT-0002-0002')) IS NOT NULL AS issued;
SELECT net_revenue, gross_profit, rate FROM profit WHERE order_id = :card;
SELECT channel, net_revenue, gross_profit, margin_rate FROM oms_report.profit_by_channel WHERE channel = 'web' AND day = '2026-04-02';
SELECT sku, net_revenue, gross_margin, rate FROM goods WHERE sku = 'CARD';
SELECT * FROM differences;
SELECT deliver(:card);
SELECT net_revenue, gross_profit, rate FROM profit WHERE order_id = :card;
SELECT * FROM differences;

/*
 * FAR was received at 2 KWD, of which no rate is known: what has left of it has cost something that is not counted, other than of OLD, whose
 * cost nobody knows. At 5 each: two of FAR, one of FAR with a mug at 3, one of OLD; what had been received at 4 EUR when FAR left is counted.
 */
SELECT put_sku('{"code": "FAR", "price": "5 EUR"}'), receive_stock('FAR', 'porto', 4, '2 KWD'), receive_stock('OLD', 'porto', 1), put_sku('{"code": "NEAR", "price": "5 EUR"}'),
       receive_stock('NEAR', 'porto', 1, '4 EUR'), receive_stock('NEAR', 'porto', 1, '2 KWD');
SELECT place('web', '[{"sku": "FAR", "quantity": 2}]') AS far, place('web', '[{"sku": "FAR", "quantity": 1}, {"sku": "MUG", "quantity": 1}]') AS both,
       place('web', '[{"sku": "OLD", "quantity": 1}]') AS old, place('web', '[{"sku": "NEAR", "quantity": 2}]') AS near \gset
SELECT order_id - :far AS n, unvalued FROM oms_report.order_profit WHERE order_id >= :far ORDER BY 1;
SELECT sum(unvalued_orders) FROM oms_report.profit_by_channel WHERE channel = 'web';
SELECT deliver(:far), deliver(:both), deliver(:old), deliver(:near);
SELECT order_id - :far AS n, net_revenue, cost, unvalued FROM oms_report.order_profit WHERE order_id >= :far ORDER BY 1;
SELECT sum(unvalued_orders) FROM oms_report.profit_by_channel WHERE channel = 'web';
SELECT sku, units, unvalued FROM goods WHERE sku IN ('FAR', 'NEAR');
SELECT * FROM differences;
CALL roll_up();
SELECT sum(unvalued_orders) FROM oms_report.profit_by_channel WHERE channel = 'web';
SELECT * FROM differences;
-- from when it is worth something it is counted
SELECT revalue_stock('FAR', 'porto', '4 EUR', 'the rate of today'), place('web', '[{"sku": "FAR", "quantity": 1}]') AS later \gset
SELECT deliver(:later);
SELECT cost, unvalued FROM oms_report.order_profit WHERE order_id = :later;

-- by the day of the posting: a day without any rate has no amounts, with the cost of a mug only that
SET oms.now = '2026-04-20 10:00:00+00';
SELECT place('far', '[{"sku": "OLD", "quantity": 1, "unit_price": 4}]', '{"reference": "P-none", "fulfillment": {"allow_backorder": true}}') AS none \gset
SELECT receive_stock('OLD', 'porto', 1);
SELECT deliver(:none);
SELECT day, channel, net_revenue, cost, margin, currency FROM oms_report.gross_margin WHERE channel = 'far' ORDER BY 1;
SELECT * FROM differences;
CALL roll_up();

-- sums are those of what was counted, and written by the job alone
SELECT 'days' FROM (SELECT day, channel_id, sum(orders), count(*), sum(net_revenue), sum(cost) FROM profit_orders GROUP BY 1, 2
                    EXCEPT SELECT day, channel_id, orders, counted, net_revenue, cost FROM profit_days) AS d;
DELETE FROM profit_orders;
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_report_profit;
