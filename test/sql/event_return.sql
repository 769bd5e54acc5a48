-- events of returns and claims, as a consumer reads them; in a database of its
-- own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_event_return;
\c regress_event_return
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET oms.now = '2026-11-02 10:00:00+00';
\set ECHO none
\i test/event/reader.sql
\set ECHO all
SELECT put_channel('{"code": "web", "currency": "EUR"}'),
       put_location('{"code": "porto", "name": "Porto", "city": "Porto", "country": "PT", "lat": 41.15, "lon": -8.61, "takes_returns": true}'),
       put_location('{"code": "lisbon", "kind": "store", "country": "PT", "lat": 38.72, "lon": -9.14, "takes_returns": true}'),
       put_sku('{"code": "TEE", "name": "T-shirt", "price": "12.50 EUR", "weight_g": 180}'), receive_stock('TEE', 'porto', 100),
       put_return_policy('{"restocking_fee_rate": 0.1, "send_days": 14}') > 0 AS policy, put_return_reason('{"code": "damaged", "fault": "carrier"}');
-- an order over six shirts that was delivered
CREATE FUNCTION delivered() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    o CONSTANT bigint := oms.place_order(jsonb_build_object(
        'channel', 'web', 'reference', 'E-' || (SELECT count(*) + 1 FROM oms.orders), 'customer', '{"email": "ana@example.com", "name": "Ana"}'::jsonb,
        'lines', '[{"sku": "TEE", "quantity": 6, "tax": 0}]'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'ship_to', '{"name": "Ana", "line1": "Rua 1", "city": "Braga", "country": "PT", "lat": 41.5, "lon": -8.4}'::jsonb,
        'payments', '[{"method": "cash", "amount": 75, "status": "captured"}]'::jsonb));
BEGIN
    PERFORM oms.pack(o, 1), oms.ship(o, 1), oms.mark_delivered(o, 1);
    RETURN o;
END
$$;
-- what followed from that
CREATE FUNCTION news_of_returns() RETURNS TABLE (order_id bigint, sequence integer, type text, subject_no integer, data jsonb) LANGUAGE sql AS $$
    SELECT * FROM news() AS n WHERE split_part(n.type, '.', 1) NOT IN ('order', 'fulfillment') AND n.type <> 'payment.captured'
$$;

-- from the wish to the money, in parts: two units come, one of them is looked at, then the other, then a third comes
SELECT delivered(), request_return(1, '[{"line_no": 1, "quantity": 3}]', 'too small'), approve_return(1, 1);
CALL read_on();
SELECT * FROM news_of_returns();
SELECT set_return_location(1, 1, 'lisbon'), record_return_label(1, 1, '{"carrier": "ctt", "number": "R-77", "url": "https://labels.example/R-77.pdf"}'),
       mark_return_in_transit(1, 1, '{"service": "express"}');
SELECT receive_return(1, 1, 'lisbon', '[{"line_no": 1, "quantity": 2}]');
SELECT inspect_return(1, 1, '[{"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"}]');
SELECT receive_return(1, 1, 'porto');
SELECT inspect_return(1, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}, {"line_no": 1, "quantity": 1, "disposition": "scrap", "accepted": false}]');
SELECT complete_return(1, 1);
CALL read_on();
SELECT * FROM news_of_returns();

-- what does not come
SELECT request_return(1, '[{"line_no": 1, "quantity": 1}]', 'wrong colour'), reject_return(1, 2, 'the tags are cut off');
SELECT request_return(1, '[{"line_no": 1, "quantity": 1}]', 'wrong colour'), approve_return(1, 3), cancel_return(1, 3, 'keeps it after all');
SELECT request_return(1, '[{"line_no": 1, "quantity": 1}]', 'wrong colour'), cancel_return(1, 4);
CALL read_on();
SELECT * FROM news_of_returns();

-- nobody had asked for what comes
SELECT receive_unannounced_return(1, 'porto', '[{"line_no": 1, "quantity": 1, "reason": "damaged"}]');
CALL read_on();
SELECT * FROM news_of_returns();

-- another shirt instead: its order has events of its own, and its payment moves with the return's end
SELECT delivered() AS o \gset
SELECT request_return(:o, '[{"line_no": 1, "quantity": 1}]', 'damaged'), approve_return(:o, 1);
SELECT exchange_return(:o, 1, '{"lines": [{"sku": "TEE", "quantity": 1, "tax": 0}], "shipping": {"price": 0, "tax": 0}}');
SELECT receive_return(:o, 1, 'porto'), inspect_return(:o, 1, '[{"line_no": 1, "quantity": 1, "disposition": "scrap"}]'), complete_return(:o, 1);
CALL read_on();
SELECT * FROM news_of_returns();

-- made good without being sent back: by money, and by the same once more
SELECT delivered() AS o \gset
SELECT claim_items(:o, '[{"line_no": 1, "quantity": 2}]', 'damaged'), claim_items(:o, '[{"line_no": 1, "quantity": 1}]', 'lost', 'replacement');
CALL read_on();
SELECT * FROM news_of_returns();
-- an order that nobody has paid is credited, and there is nothing to give back
SELECT place_order('{"channel": "web", "reference": "E-7", "lines": [{"sku": "TEE", "quantity": 1, "tax": 0}], "ship_to": {"country": "PT", "lat": 41.5, "lon": -8.4},
    "shipping": {"price": 0, "tax": 0}}') AS o \gset
SELECT release(:o, 1), pack(:o, 1), ship(:o, 1), mark_delivered(:o, 1), claim_items(:o, '[{"line_no": 1, "quantity": 1}]', 'damaged');
CALL read_on();
SELECT * FROM news_of_returns();

-- all that is listed has occurred, with the keys that are listed
SELECT * FROM disagreements('return', 'claim');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_return;
