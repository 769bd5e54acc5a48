-- discounts and taxes of orders at random, in currencies of 0, 2 and 3 decimals: whatever is cancelled or edited, all adds up
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(13);
\o /dev/null
SELECT put_channel('{"code": "mon-line", "currency": "EUR"}'), put_channel('{"code": "mon-order", "currency": "EUR", "tax_rounding": "order"}'),
       put_location('{"code": "mon-a", "country": "PT", "lat": 41, "lon": -8}'),
       put_customer('{"reference": "mon-exempt", "tax_id": "X", "tax_exempt": true}');
SELECT put_sku('{"code": "MON-1"}'), put_sku('{"code": "MON-2", "tax_category": "food"}'), put_sku('{"code": "MON-3", "decimals": 3}');
SELECT receive_stock(s, 'mon-a', 1000000) FROM unnest('{MON-1,MON-2,MON-3}'::text[]) AS s;
SELECT import_tax_rates('[{"country": "PT", "rate": 0.23}, {"country": "PT", "category": "food", "rate": 0.06}, {"country": "PT", "category": "shipping", "rate": 0.23},
                          {"country": "DE", "rate": 0.19, "included": true}, {"country": "DE", "category": "food", "rate": 0.07, "included": true}, {"country": "DE", "category": "shipping", "rate": 0.19, "included": true}]');
\o
CREATE TEMP SEQUENCE number;
CREATE TEMP TABLE done (step integer, what text, code text, order_id bigint, beyond_lines boolean);
CREATE TEMP TABLE wrong (step integer, order_id bigint, what text);

CREATE FUNCTION pg_temp.upto(n integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * n)::integer $$;
-- money with as many decimals as the currency has
CREATE FUNCTION pg_temp.money(most numeric, currency text) RETURNS numeric LANGUAGE sql VOLATILE AS $$
    SELECT oms.amount(round((random() * random())::numeric * most, 4), currency)::numeric
$$;
CREATE FUNCTION pg_temp.line(currency text) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', price)
           || CASE pg_temp.upto(3) WHEN 0 THEN jsonb_build_object('discount', trunc(price * quantity * random()::numeric, CASE currency WHEN 'JPY' THEN 0 ELSE 2 END)) ELSE '{}' END
           || CASE pg_temp.upto(4) WHEN 0 THEN jsonb_build_object('tax', pg_temp.money(5, currency)) ELSE '{}' END
    FROM (SELECT 'MON-' || 1 + pg_temp.upto(3) AS sku, 1 + pg_temp.upto(7) AS quantity, round((random() * random() * 60)::numeric, pg_temp.upto(7)) AS price) AS r
$$;
CREATE FUNCTION pg_temp.place(currency text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', CASE pg_temp.upto(2) WHEN 0 THEN 'mon-line' ELSE 'mon-order' END, 'reference', 'mon-' || nextval('pg_temp.number'), 'currency', currency,
        'ship_to', jsonb_build_object('country', CASE pg_temp.upto(2) WHEN 0 THEN 'PT' ELSE 'DE' END, 'lat', 41, 'lon', -8),
        'lines', (SELECT jsonb_agg(pg_temp.line(currency)) FROM generate_series(1, 1 + pg_temp.upto(5))))
        || CASE pg_temp.upto(4) WHEN 0 THEN '{}' ELSE jsonb_build_object('discounts', jsonb_build_array(jsonb_build_object('amount', pg_temp.money(60, currency)), jsonb_build_object('amount', pg_temp.money(9, currency)))) END
        || CASE pg_temp.upto(3) WHEN 0 THEN '{}' ELSE jsonb_build_object('shipping', jsonb_build_object('price', pg_temp.money(9, currency))) END
        || CASE pg_temp.upto(9) WHEN 0 THEN '{"customer": {"reference": "mon-exempt"}}' ELSE '{}' END::jsonb)
$$;
-- cancels units of a line, or changes quantity, price, discounts or shipping
CREATE FUNCTION pg_temp.change(order_id bigint, what integer, currency text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    line record;
BEGIN
    SELECT l.line_no, (l.quantity - l.cancelled)::numeric AS charged, l.quantity::numeric AS quantity INTO line
    FROM oms.order_lines AS l WHERE l.order_id = change.order_id AND l.quantity > l.cancelled ORDER BY random() LIMIT 1;
    IF what < 5 THEN
        PERFORM oms.cancel_order(order_id, NULL, jsonb_build_array(jsonb_build_object('line_no', line.line_no, 'quantity', 1 + pg_temp.upto(line.charged::integer))));
    ELSIF what < 7 THEN
        PERFORM oms.edit_order(order_id, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('line_no', line.line_no, 'quantity', 1 + pg_temp.upto(9)), pg_temp.line(currency))));
    ELSIF what < 8 THEN
        PERFORM oms.edit_order(order_id, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('line_no', line.line_no, 'quantity', line.charged,
            'unit_price', round((random() * random() * 60)::numeric, 3), 'discount', 0))));
    ELSIF what < 9 THEN
        PERFORM oms.edit_order(order_id, jsonb_build_object('discounts', jsonb_build_array(jsonb_build_object('amount',
            CASE pg_temp.upto(3) WHEN 0 THEN (SELECT lines_total::numeric + trunc(shipping_price::numeric * random()::numeric, scale(total::numeric))
                                              FROM oms.orders AS o WHERE o.order_id = change.order_id)
            ELSE pg_temp.money(50, currency) END))));
    ELSE
        PERFORM oms.edit_order(order_id, jsonb_build_object('shipping', jsonb_build_object('price', pg_temp.money(9, currency))));
    END IF;
END
$$;
-- what is wrong with an order now, counted in minor units by numerics
CREATE FUNCTION pg_temp.faults(order_id bigint) RETURNS SETOF text LANGUAGE sql AS $$
    WITH o AS (SELECT * FROM oms.orders AS o WHERE o.order_id = faults.order_id),
    l AS (SELECT l.*, minor(l.total)::numeric AS due, coalesce(round(minor(l.order_discount) * (l.quantity - l.cancelled)::numeric / l.quantity::numeric), 0) AS share
          FROM oms.order_lines AS l WHERE l.order_id = faults.order_id),
    s AS (SELECT sum(due) AS due, sum(share) AS share FROM l)
    SELECT 'a share out of bounds' FROM l WHERE share < 0 OR share > due
    UNION ALL SELECT 'shipping bears too much' FROM o, s WHERE minor(o.discount) - s.share NOT BETWEEN 0 AND minor(o.shipping_price) + minor(o.shipping_tax)
    UNION ALL SELECT 'lines and shipping are not the total' FROM o, s
              WHERE minor(o.total) <> (s.due - s.share) + (minor(o.shipping_price) + minor(o.shipping_tax) - (minor(o.discount) - s.share))
    UNION ALL SELECT 'a negative total' FROM o WHERE minor(o.total) < 0
    UNION ALL SELECT 'shipping bears what lines could' FROM o, s WHERE minor(o.discount) > s.share AND s.due - s.share > 2 * (SELECT count(*) FROM l)
    UNION ALL SELECT 'included tax exceeds the price' FROM l WHERE minor(included_tax) NOT BETWEEN 0 AND round(unit_price * quantity::numeric * 1000)
$$;
CREATE FUNCTION pg_temp.steps(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_currencies CONSTANT text[] := '{JPY,EUR,USD,KWD,TND}';
    v_order_id bigint;
    v_currency text;
    v_code text;
    v_what text;
BEGIN
    FOR i IN 1 .. n LOOP
        v_code := 'done';
        v_order_id := NULL;
        BEGIN
            IF i % 5 = 0 OR NOT EXISTS (SELECT FROM oms.orders WHERE status <> 'cancelled') THEN
                v_what := 'place';
                v_order_id := pg_temp.place(v_currencies[1 + i / 5 % 5]);
            ELSE
                SELECT o.order_id, o.currency INTO v_order_id, v_currency FROM oms.orders AS o
                WHERE o.status <> 'cancelled' AND o.order_id > (SELECT max(order_id) - 40 FROM oms.orders) ORDER BY random() LIMIT 1;
                v_what := pg_temp.upto(10)::text;
                PERFORM pg_temp.change(v_order_id, v_what::integer, v_currency);
            END IF;
        EXCEPTION WHEN SQLSTATE 'OM007' OR SQLSTATE 'OM008' OR SQLSTATE 'OM002' THEN
            v_code := SQLSTATE;
        END;
        INSERT INTO done SELECT i, v_what, v_code, v_order_id, minor(o.discount) > sum(minor(l.total)) FROM (SELECT) AS one LEFT JOIN oms.orders AS o ON o.order_id = v_order_id
                         LEFT JOIN oms.order_lines AS l USING (order_id) GROUP BY o.discount;
        INSERT INTO wrong SELECT i, v_order_id, f FROM pg_temp.faults(v_order_id) AS f;
    END LOOP;
END
$$;
SELECT setseed(0.5005);
\o /dev/null
SELECT pg_temp.steps(2000);
\o
SELECT is_empty('TABLE wrong', '2,000 random steps: after each the parts are the whole, to the minor unit');
SELECT is_empty('SELECT * FROM check_invariants()', 'and no invariant is broken');

-- what that is worth
SELECT cmp_ok((SELECT count(*) FROM done WHERE what = 'place' AND code = 'done'), '>=', 300::bigint, 'hundreds of orders were placed');
SELECT is_empty($$SELECT w FROM generate_series(0, 9) AS w WHERE (SELECT count(*) FROM done WHERE what = w::text AND code = 'done') < 50$$, 'each change was made 50 times at least');
SELECT set_has($$SELECT code FROM done$$, $$VALUES ('done'), ('OM007')$$, 'some were refused');
SELECT cmp_ok((SELECT count(DISTINCT currency) FROM orders), '=', 5::bigint, 'in five currencies');
SELECT cmp_ok((SELECT count(*) FROM done WHERE beyond_lines), '>=', 10::bigint, 'shipping bore some');

-- taxes, of orders as they were placed
\o /dev/null
CREATE FUNCTION pg_temp.try(currency text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN pg_temp.place(currency);
EXCEPTION WHEN SQLSTATE 'OM007' THEN
    RETURN NULL;
END
$$;
CREATE TEMP TABLE fresh AS SELECT order_id FROM (SELECT pg_temp.try(c) AS order_id FROM unnest('{JPY,EUR,KWD}'::text[]) AS c, generate_series(1, 60)) AS p WHERE order_id IS NOT NULL;
\o
CREATE TEMP VIEW taxed AS
SELECT l.*, c.tax_rounding, scale(l.total::numeric) AS digits, round(unit_price * quantity::numeric, scale(l.total::numeric)) - l.discount::numeric AS goods, coalesce(included_tax, tax)::numeric AS owed
FROM fresh JOIN orders AS o USING (order_id) JOIN channels AS c USING (channel_id) JOIN order_lines AS l USING (order_id) WHERE l.tax_rate IS NOT NULL;
SELECT is_empty($$SELECT * FROM taxed WHERE tax_rounding = 'line' AND owed <> CASE WHEN included_tax IS NULL THEN round(goods * tax_rate, digits) ELSE goods - round(goods / (1 + tax_rate), digits) END$$,
                'the tax of each line is rounded');
SELECT is_empty($$SELECT order_id, tax_rate FROM taxed WHERE tax_rounding = 'order' GROUP BY order_id, tax_rate, digits, included_tax IS NULL
                  HAVING sum(owed) <> CASE WHEN included_tax IS NULL THEN round(sum(goods) * tax_rate, digits) ELSE sum(goods) - round(sum(goods) / (1 + tax_rate), digits) END$$,
                'or the tax of all lines of a rate is');
SELECT is_empty($$SELECT * FROM taxed WHERE abs(owed - CASE WHEN included_tax IS NULL THEN goods * tax_rate ELSE goods - goods / (1 + tax_rate) END) >= 1.5 * 10.0 ^ -digits$$, 'of which no line is far from its own');
SELECT is_empty($$SELECT o.order_id FROM fresh JOIN orders AS o USING (order_id)
                  WHERE shipping_tax_rate IS NOT NULL
                        AND CASE WHEN shipping_included_tax IS NULL THEN shipping_tax::numeric <> round(shipping_price::numeric * shipping_tax_rate, scale(total::numeric))
                                 ELSE shipping_included_tax::numeric <> shipping_price::numeric - round(shipping_price::numeric / (1 + shipping_tax_rate), scale(total::numeric)) END$$, 'shipping is rounded by itself');
SELECT is_empty($$SELECT order_id FROM (SELECT order_id, o.discount, array_agg(coalesce(order_discount, o.total - o.total) ORDER BY line_no) AS shares, array_agg(l.total::numeric ORDER BY line_no) AS totals, sum(l.total) AS due
                                        FROM fresh JOIN orders AS o USING (order_id) JOIN order_lines AS l USING (order_id) GROUP BY order_id, o.discount, o.total) AS s
                  WHERE sign(due) > 0 AND shares <> allocate(least(discount, due), totals)$$, 'discounts are spread as allocate() does');
SELECT cmp_ok((SELECT count(*) FROM taxed WHERE tax_rounding = 'order' AND owed <> CASE WHEN included_tax IS NULL THEN round(goods * tax_rate, digits) ELSE goods - round(goods / (1 + tax_rate), digits) END), '>=', 5::bigint,
              'which is not what rounding each line gives');
SELECT * FROM finish();
ROLLBACK;
