/* demo/month.sql: four weeks of trade, each step a call of the API in a transaction of its own */
CREATE TABLE demo.pace (calls text PRIMARY KEY, count integer NOT NULL DEFAULT 0, seconds double precision NOT NULL DEFAULT 0);
INSERT INTO demo.pace VALUES ('quote'), ('place'), ('ship'), ('deliver');

CREATE PROCEDURE demo.clock(kind text, since timestamptz, calls integer DEFAULT 1)
    LANGUAGE sql
AS $$
    UPDATE demo.pace SET count = count + clock.calls, seconds = seconds + extract(epoch FROM clock_timestamp() - since)
    WHERE pace.calls = kind
$$;

-- the shop asks for the total and has it authorized; who can't collect in the store has it sent; text is a refusal
CREATE FUNCTION demo.quote(document jsonb, fate text) RETURNS jsonb
    LANGUAGE plpgsql
AS $$
BEGIN
    RETURN document || jsonb_build_object('payments', jsonb_build_array(jsonb_build_object(
        'method', 'card', 'provider', 'demo', 'amount', oms.quote_order(document) -> 'total',
        'status', CASE fate WHEN 'unpaid' THEN 'pending' ELSE 'authorized' END)));
EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM003' THEN
    IF document #>> '{shipping,service}' = 'collect' THEN
        RETURN demo.quote(document || '{"shipping": {"service": "standard"}, "fulfillment": {}}', fate);
    END IF;
    RETURN to_jsonb(SQLERRM);
END
$$;

CREATE PROCEDURE demo.take_orders(day date)
    LANGUAGE plpgsql
AS $$
DECLARE
    cart demo.carts;
    wanted jsonb;
    since timestamptz;
BEGIN
    FOR cart IN SELECT * FROM demo.carts WHERE at::date = day ORDER BY n LOOP
        PERFORM set_config('oms.now', cart.at::text, false);
        since := clock_timestamp();
        wanted := demo.quote(cart.document, cart.fate);
        CALL demo.clock('quote', since);
        IF jsonb_typeof(wanted) = 'string' THEN
            UPDATE demo.carts SET refusal = wanted #>> '{}' WHERE n = cart.n;
            CONTINUE;
        END IF;
        COMMIT;

        since := clock_timestamp();
        cart.order_id := oms.place_order(wanted);
        COMMIT;
        CALL demo.clock('place', since);
        UPDATE demo.carts SET order_id = cart.order_id WHERE n = cart.n;

        PERFORM set_config('oms.now', (cart.at + interval '25 min')::text, false);
        IF cart.fate = 'cancelled' THEN
            PERFORM oms.cancel_order(cart.order_id, 'changed my mind');
        ELSIF cart.fate = 'fraud' THEN
            PERFORM oms.hold_order(cart.order_id, 'fraud', 'first order, express, new card');
        END IF;
        COMMIT;
    END LOOP;
END
$$;

-- the office: holds are looked into, unpaid orders get their money or are given up
CREATE PROCEDURE demo.open_office(day date)
    LANGUAGE plpgsql
AS $$
DECLARE
    item record;
BEGIN
    PERFORM set_config('oms.now', day || ' 08:30', false);
    FOR item IN SELECT order_id, kind FROM oms.order_holds WHERE released_at IS NULL AND held_at < day ORDER BY 1, 2 LOOP
        PERFORM oms.release_hold(item.order_id, item.kind);
        COMMIT;
    END LOOP;
    FOR item IN SELECT p.order_id, p.payment_no, c.n
                FROM oms.payments p JOIN demo.carts c USING (order_id)
                WHERE p.status = 'pending' AND c.at < day ORDER BY 1, 2 LOOP
        IF demo.dice('pays', item.n) < 0.6 THEN
            PERFORM oms.authorize(item.order_id, item.payment_no);
        ELSIF day - (SELECT at::date FROM demo.carts WHERE n = item.n) > 2 THEN
            PERFORM oms.cancel_order(item.order_id, 'not paid');
        END IF;
        COMMIT;
    END LOOP;
END
$$;

-- on Mondays suppliers bring the warehouses back to what they had
CREATE PROCEDURE demo.restock(day date)
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('oms.now', day || ' 06:00', false);
    PERFORM oms.receive_stock(o.sku, o.location, o.quantity - s.on_hand::numeric::integer, k.cost, format('restock %s %s %s', day, o.sku, o.location))
    FROM demo.opening o
    JOIN oms.skus k ON k.code = o.sku
    JOIN oms.locations l ON l.code = o.location
    JOIN oms.stock_levels s USING (sku_id, location_id)
    WHERE l.kind = 'warehouse' AND s.on_hand < (o.quantity * 0.3)::oms.quantity
    ORDER BY o.location, o.sku;
    COMMIT;
END
$$;

-- parcels reach their doors in the course of the day, and customers come to the stores
CREATE PROCEDURE demo.deliver(day date)
    LANGUAGE plpgsql
AS $$
DECLARE
    parcel record;
    since timestamptz;
BEGIN
    FOR parcel IN
        SELECT f.order_id, f.fulfillment_no, f.status, s.carrier, s.tracking_number, c.n, c.fate,
               day + time '09:00' + interval '1 second' * floor(32000 * demo.dice('door', c.n)) AS at
        FROM oms.fulfillments f
        LEFT JOIN oms.shipments s USING (order_id, fulfillment_no)
        JOIN demo.carts c USING (order_id)
        WHERE f.status = 'shipped' AND f.arrives_on + (demo.dice('late', c.n) < 0.08)::integer <= day
           OR f.status = 'ready_for_pickup' AND f.status_at::date + floor(3 * demo.dice('comes', c.n))::integer <= day
        ORDER BY 1, 2
    LOOP
        PERFORM set_config('oms.now', parcel.at::text, false);
        since := clock_timestamp();
        IF parcel.status = 'ready_for_pickup' THEN
            PERFORM oms.mark_picked_up(parcel.order_id, parcel.fulfillment_no);
        ELSE
            PERFORM oms.record_tracking(parcel.carrier, parcel.tracking_number,
                                        CASE parcel.fate WHEN 'lost' THEN 'lost' ELSE 'delivered' END, parcel.at);
        END IF;
        COMMIT;
        CALL demo.clock('deliver', since);
        IF parcel.fate = 'refunded' AND parcel.fulfillment_no = 1 AND parcel.status = 'shipped' THEN
            PERFORM oms.refund(parcel.order_id, (SELECT captured / 10 FROM oms.payments p
                                                 WHERE p.order_id = parcel.order_id AND captured > refunded LIMIT 1),
                               'scratched on the way', 'goodwill ' || parcel.order_id || '-' || parcel.fulfillment_no);
            COMMIT;
        END IF;
    END LOOP;
END
$$;

-- locations pick, pack and hand over what is due; now and then the shelf is empty all the same
CREATE PROCEDURE demo.fulfil(day date)
    LANGUAGE plpgsql
AS $$
DECLARE
    work record;
    since timestamptz;
BEGIN
    PERFORM set_config('oms.now', day || ' 17:30', false);
    FOR work IN
        SELECT f.order_id, f.fulfillment_no, f.pickup, c.n,
               CASE s.code WHEN 'express' THEN 'kestrel' ELSE 'groundhog' END AS carrier
        FROM oms.fulfillments f
        JOIN oms.orders o USING (order_id)
        LEFT JOIN oms.shipping_services s USING (service_id)
        JOIN demo.carts c USING (order_id)
        WHERE f.status = 'released' AND f.ships_on <= day AND o.status <> 'held'
        ORDER BY 1, 2
    LOOP
        since := clock_timestamp();
        PERFORM oms.start_picking(work.order_id, work.fulfillment_no);
        IF work.fulfillment_no = 1 AND demo.dice('shelf', work.n) < 0.02 THEN
            PERFORM oms.reject(work.order_id, work.fulfillment_no, 'not on the shelf');
            COMMIT;
            CONTINUE;
        END IF;
        PERFORM oms.pack(work.order_id, work.fulfillment_no);
        IF work.pickup THEN
            PERFORM oms.mark_ready_for_pickup(work.order_id, work.fulfillment_no);
        ELSE
            PERFORM oms.ship(work.order_id, work.fulfillment_no, jsonb_build_object(
                'carrier', work.carrier, 'number', format('%s%s%s', upper(left(work.carrier, 2)), 100000 + work.order_id, work.fulfillment_no)));
        END IF;
        PERFORM oms.capture(p.order_id, p.payment_no)
        FROM oms.payments p
        WHERE p.order_id = work.order_id AND p.status = 'authorized';
        COMMIT;
        CALL demo.clock('ship', since);
    END LOOP;
END
$$;

-- some send back what doesn't please, a few days later; it comes to the nearest warehouse
CREATE PROCEDURE demo.take_back(day date)
    LANGUAGE plpgsql
AS $$
DECLARE
    item record;
    v_return integer;
BEGIN
    PERFORM set_config('oms.now', day || ' 16:00', false);
    FOR item IN
        SELECT c.order_id, f.location_id, l.code AS location,
               (ARRAY['too_small', 'too_large', 'changed_mind', 'not_as_described', 'damaged'])[demo.pick(demo.dice('why', c.n), '{0.3, 0.52, 0.78, 0.9, 1}')] AS reason
        FROM demo.carts c
        JOIN oms.orders o USING (order_id)
        JOIN oms.fulfillments f ON f.order_id = c.order_id AND f.fulfillment_no = 1 AND f.status = 'delivered'
        JOIN oms.locations l USING (location_id)
        WHERE c.fate = 'returned' AND o.status = 'delivered' AND f.status_at::date + 2 + floor(6 * demo.dice('back', c.n))::integer <= day
              AND NOT EXISTS (SELECT FROM oms.returns r WHERE r.order_id = c.order_id)
        ORDER BY 1
    LOOP
        v_return := oms.request_return(item.order_id, '[{"line_no": 1, "quantity": 1}]', item.reason);
        PERFORM oms.approve_return(item.order_id, v_return);
        PERFORM oms.receive_return(item.order_id, v_return, item.location);
        PERFORM oms.inspect_return(item.order_id, v_return, jsonb_build_array(jsonb_build_object(
            'line_no', 1, 'quantity', 1, 'disposition', CASE item.reason WHEN 'damaged' THEN 'scrap' ELSE 'restock' END)));
        PERFORM oms.complete_return(item.order_id, v_return);
        COMMIT;
    END LOOP;
END
$$;

-- at night the jobs bring up to date what they keep; on Sundays they look ahead too
CREATE PROCEDURE demo.sleep(day date)
    LANGUAGE plpgsql
AS $$
DECLARE
    job text;
BEGIN
    PERFORM set_config('oms.now', day || ' 23:00', false);
    -- autovacuum has had no time for what came in minutes instead of a week
    IF extract(isodow FROM day) = 7 THEN
        ANALYZE;
    END IF;
    FOREACH job IN ARRAY '{issue_invoices,roll_up_demand,roll_up_stock,roll_up_reports}'::text[]
                         || CASE extract(isodow FROM day) WHEN 7 THEN '{forecast_demand,plan_replenishment,evaluate_forecasts,raise_alerts}' ELSE '{}' END::text[] LOOP
        PERFORM oms.run_job(job);
        COMMIT;
    END LOOP;
END
$$;

CREATE PROCEDURE demo.live(day date)
    LANGUAGE plpgsql
AS $$
BEGIN
    IF extract(isodow FROM day) = 1 AND day > '2026-10-05' THEN
        CALL demo.restock(day);
    END IF;
    CALL demo.open_office(day);
    CALL demo.deliver(day);
    CALL demo.take_orders(day);
    CALL demo.fulfil(day);
    CALL demo.take_back(day);
    CALL demo.sleep(day);
    RAISE INFO 'progress % % %', (SELECT count(*) FROM demo.carts WHERE at < day + 1), (SELECT count(*) FROM demo.carts), to_char(day, 'FMDD Mon');
END
$$;
