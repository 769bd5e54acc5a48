/*
 * test/event/lives.sql: what befalls some of the real orders beyond what their
 * source knows, so that every type of event occurs
 *
 * Orders are set aside that were paid by one payment; each scenario takes some
 * of them. What was called is written down, since not every step leaves more
 * than its event.
 */

CREATE SCHEMA event;
SET search_path = event, replay, oms, public;

CREATE TABLE event.acts (
    act_no serial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT oms.now(),
    kind text NOT NULL,
    order_id bigint,
    no integer,
    data jsonb,
    answer text
);
COMMENT ON COLUMN event.acts.kind IS 'The function that was called';
COMMENT ON COLUMN event.acts.no IS 'The fulfillment, payment, line or return that it was about';

/* act calls a function a minute after the one before, %s being the order */
CREATE FUNCTION event.act(o bigint, call text, no integer DEFAULT NULL, data jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('oms.now', (oms.now() + interval '1 minute')::text, false);
    EXECUTE 'SELECT oms.' || replace(call, '%s', coalesce(o::text, '')) INTO answer;
    INSERT INTO event.acts (kind, order_id, no, data, answer) VALUES (split_part(call, '(', 1), o, no, data, answer);
    RETURN answer;
END
$$;

/* answer has the provider answer about payment 1 */
CREATE FUNCTION event.answer(o bigint, action text, status text, more jsonb DEFAULT '{}') RETURNS text
    LANGUAGE sql
AS $$
    SELECT event.act(o, format('record_payment_result(''psp'', %L, %L)', 'tx-' || (SELECT count(*) FROM event.acts),
                               jsonb_build_object('order_id', o, 'payment_no', 1, 'action', action, 'status', status) || more))
$$;

CREATE TABLE event.aside (
    reference text PRIMARY KEY,
    scenario text NOT NULL,
    order_id bigint
);

/* lines says how many lines of one seller an order must have at least */
CREATE FUNCTION event.set_aside(scenario text, orders integer, lines integer DEFAULT 1) RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO event.aside (reference, scenario)
    SELECT o.reference, set_aside.scenario
    FROM replay.orders AS o
    JOIN lives AS l USING (reference)
    WHERE o.source_status = 'delivered' AND NOT l.unknown_place AND l.unpaid = 0 AND o.total > 10
          AND jsonb_array_length(o.document -> 'payments') = 1 AND jsonb_array_length(o.document -> 'lines') >= set_aside.lines
          AND (SELECT count(DISTINCT split_part(d ->> 'sku', '.', 2)) FROM jsonb_array_elements(o.document -> 'lines') AS d) = 1
          AND o.reference NOT IN (SELECT a.reference FROM event.aside AS a)
    ORDER BY md5(o.reference)
    LIMIT set_aside.orders
$$;
SELECT set_aside('come back', 5, 3), set_aside('exchanged', 4, 2), set_aside('claimed', 5, 2), set_aside('changed', 5, 2), set_aside('granted', 6),
       set_aside('refused', 5), set_aside('expired', 4), set_aside('rejected', 5), set_aside('lost', 4), set_aside('picked up', 4), set_aside('on terms', 5),
       set_aside('charged back', 6), set_aside('card', 4), set_aside('held', 4), set_aside('by hand', 3) \g /dev/null

/* they are only placed, with what their scenario needs; a copy of what each seller has is at a store, where goods are fetched and come back */
DELETE FROM replay.steps WHERE kind <> 'place' AND reference IN (SELECT reference FROM event.aside);
DELETE FROM replay.steps WHERE reference IN (SELECT reference FROM event.aside WHERE scenario = 'by hand');
SELECT put_location('{"code": "store", "name": "Loja", "city": "São Paulo", "kind": "store", "country": "BR", "region": "SP", "lat": -23.55, "lon": -46.63,
                      "pickup": true, "takes_returns": true}'),
       put_dunning_level('{"level": 1, "name": "Lembrete", "days_overdue": 5}'), put_dunning_level('{"level": 2, "name": "Aviso", "days_overdue": 15, "fee": "9.90 BRL"}'),
       put_return_policy('{"restocking_fee_rate": 0.1, "send_days": 10}') > 0, put_return_reason('{"code": "damaged", "fault": "carrier"}') \g /dev/null
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT s.sku_id, (SELECT location_id FROM oms.locations WHERE code = 'store'), 9
FROM event.aside JOIN replay.orders AS o USING (reference), jsonb_array_elements(o.document -> 'lines') AS d JOIN oms.skus AS s ON s.code = d ->> 'sku'
GROUP BY s.sku_id;
SELECT count(put_customer(jsonb_build_object('reference', o.document #>> '{customer,reference}', 'payment_terms_days', 7, 'credit_limit', '99999 BRL')))
FROM event.aside JOIN replay.orders AS o USING (reference) WHERE scenario = 'on terms' \g /dev/null
UPDATE replay.orders AS o
SET document = CASE scenario
    WHEN 'on terms' THEN document - 'payments'
    WHEN 'held' THEN document - 'payments'
    WHEN 'picked up' THEN jsonb_set(document, '{fulfillment}', '{"pickup_location": "store"}')
    WHEN 'expired' THEN jsonb_set(document, '{payments,0}', document #> '{payments,0}' || jsonb_build_object('status', 'authorized', 'expires_at', o.placed_at + interval '7 days'))
    ELSE jsonb_set(document, '{payments,0}', document #> '{payments,0}' || jsonb_build_object('provider', 'psp', 'reference', o.reference)) END
FROM event.aside AS a
WHERE a.reference = o.reference;

/* what more than one scenario does */
CREATE FUNCTION event.ship(o bigint, f integer DEFAULT 1, status text DEFAULT 'delivered') RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM act(o, format('pack(%%s, %s)', f));
    PERFORM act(o, format('ship(%%s, %s, ''{"carrier": "correios", "number": "%s-%s", "service": "PAC"}'')', f, o, f));
    PERFORM act(o, format('record_tracking(''correios'', ''%s-%s'', ''em trânsito'', oms.now(), ''saiu'')', o, f));
    PERFORM act(o, format('record_tracking(''correios'', ''%s-%s'', %L, oms.now(), %L)', o, f, status, CASE status WHEN 'delivered' THEN NULL ELSE 'by the carrier' END));
    PERFORM act(o, format('record_shipping_cost(%%s, %s, ''%s BRL'')', f, r.document #>> '{shipping,price}')) FROM replay.orders AS r WHERE r.order_id = o;
END
$$;
CREATE FUNCTION event.deliver(o bigint) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM act(o, 'capture(%s, 1)');
    PERFORM event.ship(o);
END
$$;

/* live has an order live by its scenario */
CREATE FUNCTION event.live(scenario text, o bigint) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    total CONSTANT numeric := (SELECT r.total FROM replay.orders AS r WHERE r.order_id = o);
    line CONSTANT jsonb := (SELECT r.document #> '{lines,0}' FROM replay.orders AS r WHERE r.order_id = o);
BEGIN
    CASE scenario
    WHEN 'granted' THEN
        PERFORM act(o, 'request_payment(%s, 1, ''authorize'')'), event.answer(o, 'authorize', 'succeeded');
        PERFORM act(o, 'request_payment(%s, 1, ''capture'', ''5 BRL'')'), event.answer(o, 'capture', 'succeeded');
        PERFORM act(o, 'capture(%s, 1, ''2.50 BRL'')'), act(o, 'capture(%s, 1)'), event.ship(o);
        PERFORM act(o, 'refund(%s, ''1 BRL'', ''atrasado'')'), event.answer(o, 'refund', 'failed', '{"message": "conta encerrada"}');
        PERFORM act(o, 'retry_refund(%s, 1)'), event.answer(o, 'refund', 'succeeded');
        PERFORM act(o, 'refund(%s, ''1.25 BRL'', NULL)');
        PERFORM act(o, format('refund(%%s, ''%s BRL'', ''tudo'')', total - 2.25)) WHERE o % 2 = 0;
    WHEN 'refused' THEN
        PERFORM act(o, 'request_payment(%s, 1, ''authorize'')'), event.answer(o, 'authorize', 'failed', '{"message": "sem saldo"}');
        PERFORM act(o, format('add_payment(%%s, ''{"method": "card", "provider": "psp", "reference": "%s-2", "amount": "%s", "status": "authorized"}'')', o, total), 2);
        PERFORM act(o, 'request_payment(%s, 2, ''void'')'), event.answer(o, 'void', 'failed', '{"payment_no": 2, "message": "timeout"}');
        PERFORM event.answer(o, 'authorize', 'failed', '{"payment_no": 2}');
        PERFORM act(o, 'request_payment(%s, 2, ''capture'')'), event.answer(o, 'capture', 'failed', '{"payment_no": 2, "message": "timeout"}');
        PERFORM event.answer(o, 'refund', 'failed', '{"payment_no": 2, "amount": 3, "message": "nada"}');
        PERFORM act(o, 'void(%s, 2)'), event.answer(o, 'authorize', 'succeeded', '{"payment_no": 2}');
        PERFORM event.answer(o, 'capture', 'succeeded', jsonb_build_object('payment_no', 2, 'amount', total)), event.ship(o);
    WHEN 'expired' THEN
        PERFORM act(o, 'run_job(''expire_authorizations'')'), act(o, 'cancel_order(%s, ''não pago'')');
    WHEN 'rejected' THEN
        PERFORM act(o, 'capture(%s, 1)'), act(o, 'start_picking(%s, 1)', 1), act(o, 'reject(%s, 1, ''quebrado'')', 1);
        PERFORM act(o, 'start_picking(%s, 2)', 2), event.ship(o, 2, CASE WHEN o % 2 = 0 THEN 'delivered' ELSE 'returned_to_sender' END);
    WHEN 'lost' THEN
        PERFORM act(o, 'capture(%s, 1)'), event.ship(o, 1, 'lost');
        PERFORM act(o, 'claim_items(%s, ''[{"line_no": 1, "quantity": 1}]'', ''damaged'')');
    WHEN 'picked up' THEN
        PERFORM act(o, 'capture(%s, 1)'), act(o, 'pack(%s, 1)'), act(o, 'mark_ready_for_pickup(%s, 1)', 1), act(o, 'mark_picked_up(%s, 1)');
    WHEN 'changed' THEN
        PERFORM act(o, 'authorize(%s, 1)'), act(o, 'hold_order(%s, ''fraude'', ''ligar'')'), act(o, 'release_hold(%s, ''fraude'')');
        PERFORM act(o, format('receive_stock(%L, %L, 5)', s.code, l.code))
        FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
        WHERE s.code IN (SELECT d ->> 'sku' FROM replay.orders AS r, jsonb_array_elements(r.document -> 'lines') AS d WHERE r.order_id = o);
        PERFORM act(o, 'edit_order(%s, ''{"lines": [{"line_no": 1, "quantity": 3}]}'')', 1, '{"lines": [{"line_no": 1, "quantity": 3}]}');
        PERFORM act(o, 'add_payment(%s, ' || format('''{"method": "pix", "amount": "%s", "status": "captured"}'')', 2 * (line ->> 'unit_price')::numeric));
        PERFORM act(o, 'cancel_order(%s, ''um basta'', ''[{"line_no": 1, "quantity": 1}]'')', 1, '{"reason": "um basta", "quantity": "1"}');
        PERFORM act(o, 'reroute(%s, 1)');
        PERFORM act(o, 'cancel_order(%s, ''desistiu'')');
        PERFORM act(o, 'refund_to_store_credit(%s, ''1 BRL'', ''desculpa'')');
    WHEN 'on terms' THEN
        PERFORM event.ship(o), act(o, 'issue_invoice(%s)');
        PERFORM act(o, 'refund(%s, ''1 BRL'', ''arranhado'')') FROM act(o, 'add_payment(%s, ''{"method": "pix", "amount": "4", "status": "captured"}'')') WHERE o % 2 = 0;
    WHEN 'charged back' THEN
        PERFORM event.deliver(o);
        PERFORM act(o, format('record_chargeback(''psp'', ''{"reference": "cb-%s", "payment": %s, "currency": "BRL", "amount": "%s", "reason": "fraude"}'')',
                              o, to_json(reference), round(total / 2, 2))) FROM oms.payments WHERE order_id = o;
        PERFORM act(o, format('record_chargeback(''psp'', ''{"reference": "cb-%%s", "status": "%s"}'')', (ARRAY['won', 'lost'])[o % 3])) WHERE o % 3 > 0;
    WHEN 'card' THEN
        PERFORM event.deliver(o);
        PERFORM act(o, format('issue_gift_card(''{"amount": "%s BRL", "order_id": %%s, "line_no": 1}'')', round((line ->> 'unit_price')::numeric / 2, 2)), 1);
    WHEN 'held' THEN
        PERFORM act(o, 'hold_order(%s, ''fraude'')'), act(o, 'hold_order(%s, ''endereço'', ''número?'')'), act(o, 'release_hold(%s, ''fraude'')'), act(o, 'release_hold(%s, ''endereço'')');
        PERFORM act(o, format('add_payment(%%s, ''{"method": "boleto", "amount": "%s"}'')', total), 1);
        PERFORM act(o, 'void(%s, 1)') WHERE o % 2 = 0;
    WHEN 'come back' THEN
        PERFORM event.deliver(o);
        PERFORM act(o, 'request_return(%s, ''[{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 1}, {"line_no": 3, "quantity": 1}]'', ''pequeno'')');
        PERFORM act(o, 'set_return_location(%s, 1, ''store'')', 1, '{"location": "store"}'), act(o, 'approve_return(%s, 1)');
        PERFORM act(o, 'record_return_label(%s, 1, ''{"carrier": "correios", "number": "R%s", "url": "https://example.com/R%s"}'')');
        PERFORM act(o, 'mark_return_in_transit(%s, 1, ''{"service": "PAC"}'')', 1);
        PERFORM act(o, 'receive_return(%s, 1, ''store'', ''[{"line_no": 1, "quantity": 1}, {"line_no": 3, "quantity": 1}]'')');
        PERFORM act(o, 'inspect_return(%s, 1, ''[{"line_no": 3, "quantity": 1, "disposition": "restock"}]'')'), act(o, 'receive_return(%s, 1, ''store'')');
        PERFORM act(o, 'inspect_return(%s, 1, ''[{"line_no": 1, "quantity": 1, "disposition": "scrap", "accepted": false}, {"line_no": 2, "quantity": 1, "disposition": "restock"}]'')');
        PERFORM act(o, 'complete_return(%s, 1)');
    WHEN 'exchanged' THEN
        PERFORM event.deliver(o);
        PERFORM act(o, 'request_return(%s, ''[{"line_no": 1, "quantity": 1}]'', ''cor'')'), act(o, 'reject_return(%s, 1, ''usado'')');
        PERFORM act(o, 'request_return(%s, ''[{"line_no": 1, "quantity": 1}]'', ''cor'')'), act(o, 'approve_return(%s, 2)'), act(o, 'cancel_return(%s, 2, ''fica'')');
        PERFORM act(o, 'request_return(%s, ''[{"line_no": 1, "quantity": 1}]'', ''damaged'')'), act(o, 'approve_return(%s, 3)');
        PERFORM act(o, format('exchange_return(%%s, 3, %L)', jsonb_build_object('lines', jsonb_build_array(line), 'shipping', '{"price": 0, "tax": 0}'::jsonb)));
        PERFORM act(o, 'receive_return(%s, 3, ''store'')'), act(o, 'inspect_return(%s, 3, ''[{"line_no": 1, "quantity": 1, "disposition": "quarantine"}]'')');
        PERFORM act(o, 'complete_return(%s, 3)'), act(o, 'receive_unannounced_return(%s, ''store'', ''[{"line_no": 2, "quantity": 1}]'')');
    WHEN 'claimed' THEN
        PERFORM event.deliver(o), act(o, 'claim_items(%s, ''[{"line_no": 1, "quantity": 1}]'', ''damaged'')');
        PERFORM act(o, 'claim_items(%s, ''[{"line_no": 2, "quantity": 1}]'', ''damaged'', ''replacement'')');
    END CASE;
END
$$;
CREATE PROCEDURE event.live_on() LANGUAGE plpgsql AS $$
DECLARE
    next record;
BEGIN
    UPDATE event.aside AS a SET order_id = o.order_id FROM replay.orders AS o WHERE o.reference = a.reference;
    FOR next IN SELECT * FROM event.aside WHERE scenario <> 'by hand' ORDER BY scenario, reference LOOP
        PERFORM event.live(next.scenario, next.order_id);
        COMMIT;
    END LOOP;
END
$$;

/* by_hand inserts an order as a draft, and places it */
CREATE FUNCTION event.by_hand(reference text) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    r CONSTANT replay.orders := (SELECT o FROM replay.orders AS o WHERE o.reference = by_hand.reference);
    o CONSTANT bigint := nextval('oms.orders_order_id_seq');
    freight CONSTANT amount := amount((r.document #>> '{shipping,price}')::numeric, 'BRL');
    total CONSTANT amount := amount(r.total, 'BRL');
BEGIN
    INSERT INTO oms.orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
    SELECT o, channel_id, by_hand.reference, 'draft', 'BRL', total - freight, freight, '0 BRL', '0 BRL', total FROM oms.channels;
    INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
    SELECT o, n, s.sku_id, '1', (l ->> 'unit_price')::numeric, '0 BRL', '0 BRL', amount((l ->> 'unit_price')::numeric, 'BRL')
    FROM jsonb_array_elements(r.document -> 'lines') WITH ORDINALITY AS e(l, n) JOIN oms.skus AS s ON s.code = l ->> 'sku';
    UPDATE oms.orders SET status = 'placed' WHERE order_id = o;
    UPDATE event.aside AS a SET order_id = o WHERE a.reference = by_hand.reference;
END
$$;

/* correct changes an order, its first line and its first fulfillment by hand */
CREATE FUNCTION event.correct(o bigint) RETURNS void
    LANGUAGE sql
AS $$
    UPDATE oms.orders SET deliver_by = '2018-12-24' WHERE order_id = o;
    UPDATE oms.order_lines SET tax_jurisdiction = 'BR-SP' WHERE order_id = o AND line_no = 1;
    UPDATE oms.fulfillments SET ships_on = '2018-12-20', arrives_on = '2018-12-23' WHERE order_id = o AND fulfillment_no = 1;
    INSERT INTO event.acts (kind, order_id, no, data)
    VALUES ('order.corrected', o, NULL, '{"changed": ["deliver_by"]}'), ('line.corrected', o, 1, '{"changed": ["tax_jurisdiction"]}'),
           ('fulfillment.corrected', o, 1, '{"changed": ["ships_on", "arrives_on"]}');
$$;
