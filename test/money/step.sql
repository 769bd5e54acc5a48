-- one random step: a call is made up as text, run under a reference, now and then run again, and looked at

-- a call with its arguments; none if one of them is missing
CREATE FUNCTION money.call(pattern text, VARIADIC arguments text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN array_position(arguments, NULL) IS NULL THEN format(pattern, VARIADIC arguments) END
$$;
-- lines of an order, each now and then with a discount
CREATE FUNCTION money.lines(currency text, most integer) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT jsonb_agg(jsonb_build_object('sku', 'MNY-' || sku, 'quantity', CASE sku WHEN 5 THEN money.upto(400) / 100.0 ELSE money.upto(5) END)
                     || CASE WHEN random() < 0.2 THEN jsonb_build_object('discount', money.text(least(money.some(currency), oms.amount(0, currency)
                             + money.cheap(currency)))) ELSE '{}' END)
    FROM (SELECT money.upto(8) AS sku FROM generate_series(1, money.upto(most))) AS l
$$;
CREATE FUNCTION money.document(v_reference text) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    market money.markets := (SELECT m FROM money.markets AS m WHERE n = money.upto(5) OR n = 5 ORDER BY n LIMIT 1);
    document jsonb := jsonb_build_object(
        'channel', market.channel, 'reference', v_reference, 'lines', money.lines(market.currency, 4),
        'ship_to', jsonb_build_object('country', market.country, 'region', market.region, 'lat', 40 + money.upto(12), 'lon', money.upto(10)),
        'customer', CASE money.upto(6) WHEN 1 THEN '{"reference": "mny-terms"}' WHEN 2 THEN '{"reference": "mny-exempt"}' ELSE '{"email": "mny@example.com"}' END::jsonb,
        'discounts', CASE money.upto(3) WHEN 1 THEN jsonb_build_array(jsonb_build_object('code', 'SOME', 'amount', money.text(money.cheap(market.currency) * money.upto(3))),
                                                                      jsonb_build_object('code', 'MORE', 'amount', money.text(money.cheap(market.currency)))) ELSE '[]' END,
        'shipping', jsonb_build_object('price', money.text(money.cheap(market.currency) * 8))
                    || CASE money.upto(3) WHEN 1 THEN jsonb_build_object('tax', money.text(money.cheap(market.currency))) ELSE '{}' END);
    total oms.amount := oms.amount((oms.quote_order(document) ->> 'total')::numeric, market.currency);
    shares oms.amount[] := oms.allocate(total, ARRAY[random() + 0.01, random(), 0.3 * round(random())]::numeric[]);
BEGIN
    RETURN document || jsonb_build_object('payments',
        (SELECT coalesce(jsonb_agg(jsonb_build_object('method', method, 'amount', money.text(share))
                || CASE method WHEN 'gift_card' THEN jsonb_build_object('reference', 'MONEY-CARD-' || market.currency)
                               ELSE jsonb_build_object('provider', 'psp', 'reference', v_reference || '-' || method,
                                                       'status', (ARRAY['authorized', 'authorized', 'captured', 'pending'])[money.upto(4)]) END), '[]')
         FROM unnest(shares, ARRAY['card', 'gift_card', 'bank_transfer']) AS p(share, method) WHERE sign(share) > 0));
END
$$;
CREATE FUNCTION money.place() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    document jsonb := money.document('m-' || nextval('money.number'));
    placed bigint := oms.place_order(document);
BEGIN
    IF random() < 0.1 AND oms.place_order(document) <> placed THEN
        RAISE 'placed twice: %', document;
    END IF;
    RETURN placed;
END
$$;

-- a part of a line that may be cancelled or returned, or more
CREATE FUNCTION money.part(v_order_id bigint, of_shipped boolean) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', CASE WHEN random() < 0.3 THEN n ELSE ceil(n * random()) END))
    FROM (SELECT line_no, CASE WHEN of_shipped THEN delivered - returned ELSE quantity - cancelled - shipped END::numeric AS n
          FROM oms.order_lines WHERE order_id = v_order_id ORDER BY random() LIMIT money.upto(2)) AS l
    WHERE n > 0
$$;
CREATE FUNCTION money.ship(v_order_id bigint) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    f oms.fulfillments;
BEGIN
    SELECT * INTO f FROM oms.fulfillments WHERE order_id = v_order_id AND NOT oms.is_final(status) ORDER BY random() LIMIT 1;
    IF f.status IN ('released', 'picking') THEN
        PERFORM oms.pack(v_order_id, f.fulfillment_no);
        RETURN format('oms.ship(%s, %s', v_order_id, f.fulfillment_no);
    ELSIF f.status = 'shipped' THEN
        RETURN format('oms.mark_delivered(%s, %s', v_order_id, f.fulfillment_no);
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION money.pay(v_order_id bigint, v_currency text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_payment integer := (SELECT payment_no FROM oms.payments WHERE order_id = v_order_id ORDER BY random() LIMIT 1);
    owed oms.amount := (SELECT total FROM oms.orders WHERE order_id = v_order_id);
BEGIN
    CASE money.upto(9)
        WHEN 1 THEN RETURN format('oms.add_payment(%s, %L', v_order_id, jsonb_build_object('method', 'card', 'amount', money.text(money.some(v_currency)), 'status', 'captured'));
        WHEN 2 THEN RETURN format('oms.add_payment(%s, %L', v_order_id, jsonb_build_object('method', 'cash_on_delivery', 'amount', money.text(owed)));
        WHEN 3, 4, 5 THEN RETURN money.call('oms.capture(%s, %L', v_order_id::text, v_payment::text);
        WHEN 6, 7 THEN RETURN money.call('oms.capture(%s, %L, %L', v_order_id::text, v_payment::text, money.some(v_currency)::text);
        WHEN 8 THEN RETURN money.call('oms.void(%s, %L', v_order_id::text, v_payment::text);
        ELSE RETURN money.call('oms.authorize(%s, %L', v_order_id::text, v_payment::text);
    END CASE;
END
$$;
CREATE FUNCTION money.left_to_refund(v_order_id bigint) RETURNS amount LANGUAGE sql STABLE AS $$
    SELECT oms.sum(captured OPERATOR(oms.-) refunded) FROM oms.payments WHERE order_id = v_order_id
$$;
CREATE FUNCTION money.refund(v_order_id bigint, v_currency text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN money.call('oms.%s(%s, %L, %L', CASE money.upto(6) WHEN 1 THEN 'refund_to_store_credit' ELSE 'refund' END, v_order_id::text,
                  (CASE money.upto(6) WHEN 1 THEN money.left_to_refund(v_order_id) ELSE money.some(v_currency) END)::text, 'random');
END
$$;
CREATE FUNCTION money.return(v_order_id bigint, v_currency text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    r oms.returns;
BEGIN
    SELECT * INTO r FROM oms.returns WHERE order_id = v_order_id AND NOT oms.is_final(status) ORDER BY random() LIMIT 1;
    CASE
        WHEN r.return_no IS NULL OR random() < 0.1 THEN
            RETURN money.call('oms.request_return(%s, %L, %L', v_order_id::text, money.part(v_order_id, true)::text, (ARRAY['too small', 'damaged', 'late'])[money.upto(3)]);
        WHEN random() < 0.02 THEN RETURN format('oms.cancel_return(%s, %s', v_order_id, r.return_no);
        WHEN r.status = 'requested' AND random() < 0.05 THEN RETURN format('oms.reject_return(%s, %s, %L', v_order_id, r.return_no, 'random');
        WHEN r.status = 'requested' THEN RETURN format('oms.approve_return(%s, %s', v_order_id, r.return_no);
        WHEN r.status IN ('approved', 'received') AND random() < 0.1 THEN
            RETURN format('oms.exchange_return(%s, %s, %L', v_order_id, r.return_no,
                          jsonb_build_object('reference', 'x-' || nextval('money.number'), 'lines', money.lines(v_currency, 2)));
        WHEN r.status IN ('approved', 'in_transit') THEN
            RETURN format('oms.receive_return(%s, %s, %L', v_order_id, r.return_no, 'mny-' || money.upto(2));
        WHEN r.status = 'received' THEN
            RETURN format('oms.inspect_return(%s, %s, %L', v_order_id, r.return_no,
                          (SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', received::numeric,
                                                               'disposition', (ARRAY['restock', 'restock', 'scrap', 'quarantine'])[money.upto(4)]))
                           FROM oms.return_lines AS l WHERE l.order_id = v_order_id AND l.return_no = r.return_no AND received > '0'));
        ELSE RETURN format('oms.complete_return(%s, %s', v_order_id, r.return_no);
    END CASE;
END
$$;
CREATE FUNCTION money.claim(v_order_id bigint) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN money.call('oms.claim_items(%s, %L, %L, %L', v_order_id::text, money.part(v_order_id, true)::text, 'damaged', CASE WHEN random() < 0.7 THEN 'refund' ELSE 'replacement' END);
END
$$;
CREATE FUNCTION money.cancel(v_order_id bigint) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT CASE money.upto(4) WHEN 1 THEN format('oms.cancel_order(%s, %L', v_order_id, 'random')
                              ELSE money.call('oms.cancel_order(%s, %L, %L', v_order_id::text, 'random', money.part(v_order_id, false)::text) END
$$;
CREATE FUNCTION money.edit(v_order_id bigint, v_currency text) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT format('oms.edit_order(%s, %L', v_order_id, CASE money.upto(3)
        WHEN 1 THEN jsonb_build_object('lines', money.lines(v_currency, 1))
        WHEN 2 THEN jsonb_build_object('discounts', jsonb_build_array(jsonb_build_object('amount', money.text(money.cheap(v_currency)))))
        ELSE jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('quantity', money.upto(5), 'line_no', (SELECT line_no FROM oms.order_lines WHERE order_id = v_order_id ORDER BY random() LIMIT 1))))
    END)
$$;

-- what was tried how often, and what came of it
CREATE TABLE money.log (action text, outcome text, n bigint NOT NULL, PRIMARY KEY (action, outcome));

-- a random call on a random one of the last orders; none if there is nothing to do
CREATE FUNCTION money.pick(recent integer) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_order_id bigint;
    v_currency text;
BEGIN
    SELECT o.order_id, o.currency INTO v_order_id, v_currency
    FROM oms.orders AS o WHERE o.order_id > (SELECT max(order_id) FROM oms.orders) - money.upto(recent) ORDER BY o.order_id LIMIT 1;
    PERFORM set_config('money.order_id', v_order_id::text, false);
    CASE money.upto(18)
        WHEN 1, 2, 3, 4 THEN RETURN money.ship(v_order_id);
        WHEN 5, 6, 7 THEN RETURN money.pay(v_order_id, v_currency);
        WHEN 8, 9 THEN RETURN money.refund(v_order_id, v_currency);
        WHEN 10, 11, 12, 13, 14, 15 THEN RETURN money.return(v_order_id, v_currency);
        WHEN 16 THEN RETURN money.claim(v_order_id);
        WHEN 17 THEN RETURN money.cancel(v_order_id);
        ELSE RETURN money.edit(v_order_id, v_currency);
    END CASE;
END
$$;
-- one in eight steps places an order, the others make a call, one in ten of them twice; what is refused for a reason that
-- random calls may have is counted, all else ends the run
CREATE FUNCTION money.step(recent integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    places boolean := money.upto(8) = 1 OR NOT EXISTS (SELECT FROM oms.orders);
    call text;
    answer text;
    again text;
    outcome text := 'done';
BEGIN
    BEGIN
        IF places THEN
            PERFORM set_config('money.order_id', money.place()::text, false);
        ELSE
            FOR i IN 1 .. 100 LOOP
                call := money.pick(recent);
                EXIT WHEN call IS NOT NULL;
            END LOOP;
            call := call || format(', reference => %L)', 'm-' || nextval('money.number'));
            EXECUTE 'SELECT ' || call INTO STRICT answer;
            IF money.upto(10) = 1 THEN
                EXECUTE 'SELECT ' || call INTO again;
                IF again IS DISTINCT FROM answer THEN
                    RAISE 'the second answer % is not the first %: %', again, answer, call;
                END IF;
            END IF;
        END IF;
    EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM002' OR SQLSTATE 'OM007' OR SQLSTATE 'OM008' OR SQLSTATE 'OM009' OR SQLSTATE 'OM010' OR invalid_parameter_value OR object_not_in_prerequisite_state THEN
        outcome := SQLSTATE;
    END;
    PERFORM set_config('money.call', coalesce(call, 'placing'), false);
    INSERT INTO money.log AS l VALUES (coalesce(split_part(split_part(call, '(', 1), '.', 2), CASE WHEN places THEN 'place_order' ELSE 'pack' END), outcome, 1)
    ON CONFLICT ON CONSTRAINT log_pkey DO UPDATE SET n = l.n + 1;
    RETURN current_setting('money.order_id');
END
$$;
