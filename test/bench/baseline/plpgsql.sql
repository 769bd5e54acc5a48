/*
 * test/bench/baseline/plpgsql.sql: placing an order as PL/pgSQL does it
 *
 * The call that a good engineer would write without this extension's C: the
 * same document, checked and resolved; prices, taxes and the rate card as
 * queries; distances by PostGIS; stock locked in order; the very rows that
 * place_order() writes, in the very same tables. Statements work on sets
 * wherever there may be many rows, and no query is asked twice.
 *
 * It does less than place_order(): kits, units, coupons, holds, backorders,
 * terms of payment, shops to fetch from and postcodes without a position are
 * not known to it, and a document that has them is refused.
 *
 * The tables refuse reservations, allocations and events that are written by
 * hand. So its sessions run as those of the floor do (floor.sql comes first),
 * with session_replication_role = replica: the store's triggers, which would
 * cost it time, do not fire, but foreign keys are checked. Their search_path
 * must have oms and the schema of PostGIS.
 */
\set ON_ERROR_STOP on
SET search_path = oms, public;

CREATE TYPE bench.placed_line AS (
    line_no integer, sku_id bigint, quantity quantity, weight_g numeric, unit_price numeric,
    discount amount, tax amount, included_tax amount, total amount, tax_rate numeric, jurisdiction text
);
CREATE TYPE bench.pick AS (
    line_no integer, sku_id bigint, location_id integer, quantity quantity, distance_m double precision
);

/* Keys of an object that are not among those known */
CREATE FUNCTION bench.unknown_keys(path text, object jsonb, known text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF jsonb_typeof(object) IS DISTINCT FROM 'object' THEN
        RETURN CASE WHEN jsonb_typeof(object) <> 'null' THEN ARRAY[path || ' must be an object'] END;
    END IF;
    IF object - known = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT path || '.' || key || ' is not a known key' FROM jsonb_object_keys(object - known) AS key);
END
$$;

CREATE FUNCTION bench.address_faults(path text, address jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    texts CONSTANT text[] := '{name,company,line1,line2,city,region,postcode,phone}';
    faults text[] := bench.unknown_keys(path, address, texts || '{country,lat,lon}');
    lat CONSTANT jsonb := address -> 'lat';
    lon CONSTANT jsonb := address -> 'lon';
BEGIN
    IF address IS NULL OR jsonb_typeof(address) <> 'object' THEN
        RETURN faults;
    END IF;
    IF NOT coalesce(is_country(address ->> 'country'), true) THEN
        faults := faults || (path || '.country must be a country of ISO 3166-1');
    END IF;
    IF jsonb_typeof(lat) <> 'number' OR NOT lat::double precision BETWEEN -90 AND 90 THEN
        faults := faults || (path || '.lat must be a number from -90 to 90');
    END IF;
    IF jsonb_typeof(lon) <> 'number' OR NOT lon::double precision BETWEEN -180 AND 180 THEN
        faults := faults || (path || '.lon must be a number from -180 to 180');
    END IF;
    RETURN faults || ARRAY(
        SELECT path || '.' || key || ' must be a text of up to 200 characters'
        FROM jsonb_each(address) AS a(key, value)
        WHERE key = ANY (texts) AND (jsonb_typeof(value) NOT IN ('string', 'null') OR length(value #>> '{}') > 200));
END
$$;

CREATE FUNCTION bench.line_faults(path text, line jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    faults text[] := bench.unknown_keys(path, line, '{sku,quantity,unit_price,discount,tax,metadata}');
BEGIN
    IF jsonb_typeof(line) <> 'object' THEN
        RETURN faults;
    END IF;
    IF jsonb_typeof(line -> 'sku') IS DISTINCT FROM 'string' OR line ->> 'sku' !~ '^\S(.{0,98}\S)?$' THEN
        faults := faults || (path || '.sku must be a code');
    END IF;
    IF line ->> 'quantity' IS NULL OR line ->> 'quantity' !~ '^\d{1,9}(\.\d{1,6})?$' OR (line ->> 'quantity')::numeric = 0 THEN
        faults := faults || (path || '.quantity must be a number greater than 0 with up to 6 decimals');
    END IF;
    IF line ->> 'unit_price' !~ '^\d{1,12}(\.\d{1,6})?$' THEN
        faults := faults || (path || '.unit_price must be a number with up to 6 decimals');
    END IF;
    IF line ->> 'discount' !~ '^\d{1,12}(\.\d{1,3})?$' THEN
        faults := faults || (path || '.discount must be an amount of money');
    END IF;
    IF line ->> 'tax' !~ '^\d{1,12}(\.\d{1,3})?$' THEN
        faults := faults || (path || '.tax must be an amount of money');
    END IF;
    RETURN faults;
END
$$;

CREATE FUNCTION bench.payment_faults(path text, payment jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    faults text[] := bench.unknown_keys(path, payment, '{method,provider,reference,amount,status,metadata}');
BEGIN
    IF jsonb_typeof(payment) <> 'object' THEN
        RETURN faults;
    END IF;
    IF coalesce(payment ->> 'method', '') !~ '^\S(.{0,98}\S)?$' THEN
        faults := faults || (path || '.method must be a code');
    END IF;
    IF coalesce(payment ->> 'amount', '') !~ '^\d{1,12}(\.\d{1,3})?$' OR (payment ->> 'amount')::numeric = 0 THEN
        faults := faults || (path || '.amount must be an amount of money greater than 0');
    END IF;
    IF coalesce(payment ->> 'status', 'pending') NOT IN ('pending', 'authorized', 'captured', 'failed') THEN
        faults := faults || (path || '.status must be pending, authorized, captured or failed');
    END IF;
    RETURN faults;
END
$$;

/* Whether the elements of an array are too few or too many, or it is none */
CREATE FUNCTION bench.array_fault(path text, elements jsonb, least_count integer, most_count integer) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF jsonb_typeof(elements) IS DISTINCT FROM 'array' THEN
        RETURN CASE WHEN least_count > 0 OR jsonb_typeof(elements) <> 'null' THEN ARRAY[path || ' must be an array'] END;
    END IF;
    IF NOT jsonb_array_length(elements) BETWEEN least_count AND most_count THEN
        RETURN ARRAY[format('%s must have %s to %s elements', path, least_count, most_count)];
    END IF;
    RETURN NULL;
END
$$;

/* All that is wrong with the form of a document */
CREATE FUNCTION bench.form_faults(document jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    faults text[] := bench.unknown_keys('$', document,
        '{channel,reference,currency,placed_at,customer,ship_to,bill_to,lines,shipping,payments,metadata}');
    element record;
BEGIN
    IF jsonb_typeof(document) IS DISTINCT FROM 'object' THEN
        RETURN coalesce(faults, '{"$ must be an object"}');
    END IF;
    IF coalesce(document ->> 'channel', '') !~ '^\S(.{0,98}\S)?$' THEN
        faults := faults || '$.channel must be a code'::text;
    END IF;
    IF coalesce(document ->> 'reference', '') !~ '^\S(.{0,98}\S)?$' THEN
        faults := faults || '$.reference must be a code'::text;
    END IF;
    IF NOT coalesce(is_currency(document ->> 'currency'), true) THEN
        faults := faults || '$.currency must be a currency of ISO 4217'::text;
    END IF;
    IF document ->> 'placed_at' !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$' THEN
        faults := faults || '$.placed_at must be a time of ISO 8601'::text;
    END IF;
    IF document #>> '{shipping,price}' !~ '^\d{1,12}(\.\d{1,3})?$'
       OR document #>> '{shipping,tax}' !~ '^\d{1,12}(\.\d{1,3})?$' THEN
        faults := faults || '$.shipping must have amounts of money'::text;
    END IF;
    IF document #> '{ship_to,lat}' IS NULL OR document #> '{ship_to,lon}' IS NULL THEN
        faults := faults || '$.ship_to must have lat and lon'::text;
    END IF;
    faults := faults || bench.unknown_keys('$.customer', document -> 'customer', '{email,name,reference}')
        || bench.unknown_keys('$.shipping', document -> 'shipping', '{service,price,tax}')
        || bench.address_faults('$.ship_to', document -> 'ship_to')
        || bench.address_faults('$.bill_to', document -> 'bill_to')
        || bench.array_fault('$.lines', document -> 'lines', 1, 1000)
        || bench.array_fault('$.payments', document -> 'payments', 0, 100);
    FOR element IN SELECT e.value, format('$.lines[%s]', e.n - 1) AS path
                   FROM jsonb_path_query(document, '$.lines[*]') WITH ORDINALITY AS e(value, n)
    LOOP
        faults := faults || bench.line_faults(element.path, element.value);
    END LOOP;
    FOR element IN SELECT e.value, format('$.payments[%s]', e.n - 1) AS path
                   FROM jsonb_path_query(document, '$.payments[*]') WITH ORDINALITY AS e(value, n)
    LOOP
        faults := faults || bench.payment_faults(element.path, element.value);
    END LOOP;
    RETURN faults;
END
$$;

CREATE FUNCTION bench.refuse(faults text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'order document is not valid'
        USING ERRCODE = 'OM007', DETAIL = array_to_string(faults, E'\n');
END
$$;

/* The buyer, created if there is none yet; null if the document names none */
CREATE FUNCTION bench.find_customer(customer jsonb) RETURNS customers
    LANGUAGE plpgsql
    AS $$
DECLARE
    found_customer customers;
BEGIN
    IF customer ->> 'reference' IS NOT NULL THEN
        SELECT * INTO found_customer FROM customers WHERE reference = customer ->> 'reference';
    ELSIF customer ->> 'email' IS NOT NULL THEN
        SELECT * INTO found_customer FROM customers
        WHERE lower(email) = lower(customer ->> 'email') AND reference IS NULL;
    ELSE
        RETURN NULL;
    END IF;
    IF NOT FOUND THEN
        INSERT INTO customers (reference, email, name)
        VALUES (customer ->> 'reference', customer ->> 'email', customer ->> 'name')
        ON CONFLICT DO NOTHING
        RETURNING * INTO found_customer;
        IF NOT FOUND THEN    -- somebody else was quicker
            RETURN bench.find_customer(customer);
        END IF;
    END IF;
    RETURN found_customer;
END
$$;

/* The lines with their SKUs, prices and taxes; raises all that is missing */
CREATE FUNCTION bench.price_lines(
    document jsonb, channel integer, money text, buyer_group text, at timestamptz
) RETURNS bench.placed_line[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    lines bench.placed_line[];
    faults text[];
    land CONSTANT text := document #>> '{ship_to,country}';
    area CONSTANT text := document #>> '{ship_to,region}';
    zip CONSTANT text := upper(translate(document #>> '{ship_to,postcode}', ' -', ''));
    day CONSTANT date := (at AT TIME ZONE 'UTC')::date;
BEGIN
    SELECT array_agg(ROW (l.n, s.sku_id, l.quantity, s.weight_g * l.quantity, u.price, l.discount, t.tax, t.included_tax,
                          g.goods + t.tax, r.rate, r.jurisdiction)::bench.placed_line ORDER BY l.n)
           FILTER (WHERE f.fault IS NULL),
           array_agg(format('$.lines[%s] %s', l.n - 1, f.fault)) FILTER (WHERE f.fault IS NOT NULL)
    INTO lines, faults
    FROM (SELECT e.n, e.line ->> 'sku' AS sku, (e.line ->> 'quantity')::numeric AS quantity,
                 (e.line ->> 'unit_price')::numeric AS unit_price, (e.line ->> 'tax')::numeric AS tax,
                 amount(coalesce((e.line ->> 'discount')::numeric, 0), money) AS discount
          FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY AS e(line, n)) AS l
         LEFT JOIN LATERAL    -- LIMIT: of 100 lines, for which the planner takes any array, it would read all SKUs
         (SELECT * FROM skus WHERE code = l.sku LIMIT 1) AS s ON true
         LEFT JOIN LATERAL
         (SELECT p.price FROM prices AS p
          WHERE l.unit_price IS NULL AND p.sku_id = s.sku_id AND p.currency = money
                AND coalesce(p.channel_id, 0) IN (0, channel)
                AND coalesce(p.customer_group, '') IN ('', buyer_group)
                AND p.min_quantity::numeric <= l.quantity AND p.valid_from <= at AND p.valid_until > at
          ORDER BY p.customer_group NULLS LAST, p.channel_id NULLS LAST, p.min_quantity DESC, p.valid_from DESC
          LIMIT 1) AS p ON true
         LEFT JOIN LATERAL
         (SELECT r.rate, r.included, concat_ws('-', r.country, r.region) AS jurisdiction FROM tax_rates AS r
          WHERE l.tax IS NULL AND r.country = land
                AND (r.region IS NULL OR r.region = area)
                AND (r.postcode_prefix IS NULL OR starts_with(zip, r.postcode_prefix))
                AND (r.category IS NULL OR r.category = s.tax_category)
                AND r.valid_from <= day AND r.valid_until > day
          ORDER BY length(r.postcode_prefix) DESC NULLS LAST, r.region NULLS LAST, r.category NULLS LAST, r.valid_from DESC
          LIMIT 1) AS r ON true
         CROSS JOIN LATERAL
         (SELECT coalesce(l.unit_price, p.price) AS price) AS u
         CROSS JOIN LATERAL
         (SELECT amount(u.price * l.quantity, money) - l.discount AS goods) AS g
         CROSS JOIN LATERAL
         (SELECT CASE WHEN l.tax IS NOT NULL THEN amount(l.tax, money)
                      WHEN r.rate IS NULL OR r.included THEN amount(0, money)
                      ELSE g.goods * r.rate END AS tax,
                 CASE WHEN r.included THEN g.goods - g.goods / (1 + r.rate) END AS included_tax) AS t
         CROSS JOIN LATERAL
         (SELECT CASE WHEN s.sku_id IS NULL THEN format('has an unknown sku "%s"', l.sku)
                      WHEN NOT s.active THEN format('has a sku that is not active: "%s"', l.sku)
                      WHEN s.is_kit OR NOT s.stocked THEN format('has a sku without stock of its own: "%s"', l.sku)
                      WHEN scale(trim_scale(l.quantity)) > s.decimals THEN 'has too many decimals in its quantity'
                      WHEN u.price IS NULL THEN format('has no price in %s', money)
                      WHEN sign(g.goods) < 0 THEN 'has a discount that exceeds its price' END AS fault) AS f;
    IF faults IS NOT NULL THEN
        PERFORM bench.refuse(faults);
    END IF;
    RETURN lines;
END
$$;

/*
 * What the nearest locations have together of an order that none has all of.
 * The units asked of a SKU are laid beside those that the locations have, in
 * order of distance: where a line's stretch and a location's overlap, that is
 * a pick.
 */
CREATE FUNCTION bench.split_lines(
    lines bench.placed_line[], sources integer[], land text, target geography
) RETURNS bench.pick[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    picks bench.pick[];
BEGIN
    WITH asked AS (
        SELECT line_no, sku_id, quantity, sum(quantity) OVER (PARTITION BY sku_id ORDER BY line_no) AS upto
        FROM unnest(lines)
    ), had AS (
        SELECT s.sku_id, s.location_id, d.distance_m, s.on_hand - s.reserved AS available,
               sum(s.on_hand - s.reserved) OVER (PARTITION BY s.sku_id ORDER BY d.distance_m, s.location_id) AS upto
        FROM stock_levels AS s
             JOIN locations AS l USING (location_id)
             CROSS JOIN LATERAL (SELECT ST_Distance(l.point, target) AS distance_m) AS d
        WHERE s.sku_id IN (SELECT sku_id FROM unnest(lines)) AND s.on_hand > s.reserved
              AND l.active AND l.point IS NOT NULL
              AND (l.ships_to IS NULL OR land = ANY (l.ships_to::text[]))
              AND (sources = '{}' OR l.location_id = ANY (sources))
    )
    SELECT array_agg(ROW (a.line_no, a.sku_id, h.location_id,
                          least(a.upto, h.upto) - greatest(a.upto - a.quantity, h.upto - h.available),
                          h.distance_m)::bench.pick ORDER BY h.distance_m, h.location_id, a.line_no)
    INTO picks
    FROM asked AS a
         JOIN had AS h ON h.sku_id = a.sku_id AND h.upto > a.upto - a.quantity AND h.upto - h.available < a.upto;
    IF (SELECT sum(quantity) FROM unnest(lines)) > coalesce((SELECT sum(quantity) FROM unnest(picks)), '0') THEN
        RAISE EXCEPTION 'not enough stock' USING ERRCODE = 'OM001';
    END IF;
    RETURN picks;
END
$$;

/* Who ships what: the nearest location that has everything, else several; nothing is locked */
CREATE FUNCTION bench.route_lines(
    lines bench.placed_line[], channel integer, land text, target geography
) RETURNS bench.pick[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    sources CONSTANT integer[] := ARRAY(SELECT location_id FROM channel_locations WHERE channel_id = channel);
    nearest record;
BEGIN
    SELECT l.location_id, ST_Distance(l.point, target) AS distance_m INTO nearest
    FROM locations AS l
    WHERE l.active AND l.point IS NOT NULL
          AND (l.ships_to IS NULL OR land = ANY (l.ships_to::text[]))
          AND (sources = '{}' OR l.location_id = ANY (sources))
          AND NOT EXISTS (SELECT FROM (SELECT sku_id, sum(quantity) AS quantity FROM unnest(lines) GROUP BY sku_id) AS d
                          WHERE NOT EXISTS (SELECT FROM stock_levels AS s
                                            WHERE s.sku_id = d.sku_id AND s.location_id = l.location_id
                                                  AND s.on_hand - s.reserved >= d.quantity))
    ORDER BY l.point <-> target
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN bench.split_lines(lines, sources, land, target);
    END IF;
    RETURN ARRAY(SELECT ROW (line_no, sku_id, nearest.location_id, quantity, nearest.distance_m)::bench.pick
                 FROM unnest(lines) ORDER BY line_no);
END
$$;

/*
 * Reserves what was picked and returns it. If somebody was quicker, it picks
 * again; the rows that it has locked by then stay locked, so that two calls
 * may deadlock and one is to be repeated.
 */
CREATE FUNCTION bench.reserve_picks(
    picks bench.pick[], lines bench.placed_line[], channel integer, land text, target geography
) RETURNS bench.pick[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    short boolean;
BEGIN
    LOOP
        SELECT bool_or(level.on_hand - level.reserved < level.quantity) INTO short
        FROM (SELECT s.on_hand, s.reserved, p.quantity
              FROM stock_levels AS s
                   JOIN (SELECT sku_id, location_id, sum(quantity) AS quantity
                         FROM unnest(picks) GROUP BY sku_id, location_id) AS p USING (sku_id, location_id)
              ORDER BY s.sku_id, s.location_id
              FOR NO KEY UPDATE OF s) AS level;
        EXIT WHEN NOT short;
        picks := bench.route_lines(lines, channel, land, target);
    END LOOP;

    UPDATE stock_levels AS s
    SET reserved = s.reserved + p.quantity
    FROM (SELECT sku_id, location_id, sum(quantity) AS quantity FROM unnest(picks) GROUP BY sku_id, location_id) AS p
    WHERE s.sku_id = p.sku_id AND s.location_id = p.location_id;
    RETURN picks;
END
$$;

/* The rate of a service that fits a weight and a distance */
CREATE FUNCTION bench.find_rate(service integer, land text, km numeric, grams numeric, OUT price amount, OUT transit_days integer)
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT r.price + r.per_kg * (grams / 1000), r.transit_days
    INTO find_rate.price, find_rate.transit_days
    FROM shipping_rates AS r
    WHERE r.service_id = service AND (r.country IS NULL OR r.country = land)
          AND (r.max_distance_km IS NULL OR r.max_distance_km >= km)
          AND (r.max_weight_g IS NULL OR r.max_weight_g >= grams)
    ORDER BY r.max_distance_km NULLS LAST, r.max_weight_g NULLS LAST, r.country NULLS LAST
    LIMIT 1;
END
$$;

/* What shipping costs: as the document says, else by the rate card for the whole weight and the longest way */
CREATE FUNCTION bench.price_shipping(
    document jsonb, service integer, money text, at timestamptz, picks bench.pick[], lines bench.placed_line[]
) RETURNS amount
    LANGUAGE plpgsql
    AS $$
DECLARE
    price amount := amount((document #>> '{shipping,price}')::numeric, money);
BEGIN
    IF price IS NOT NULL OR service IS NULL THEN
        RETURN coalesce(price, amount(0, money));
    END IF;
    SELECT convert(r.price, money, at::date) INTO price
    FROM bench.find_rate(service, document #>> '{ship_to,country}',
                         (SELECT max(distance_m / 1000)::numeric FROM unnest(picks)),
                         (SELECT sum(weight_g) FROM unnest(lines))) AS r;
    IF price IS NULL THEN
        RAISE EXCEPTION 'shipping service has no rate for the order' USING ERRCODE = 'OM003';
    END IF;
    RETURN price;
END
$$;

/* The fulfillments of an order with their lines and reservations; returns how many */
CREATE FUNCTION bench.insert_fulfillments(
    id bigint, state fulfillment_status, picks bench.pick[], lines bench.placed_line[],
    service integer, land text, at timestamptz
) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    locations_of CONSTANT integer[] := ARRAY(SELECT location_id FROM unnest(picks)
                                             GROUP BY location_id ORDER BY min(distance_m), location_id);
BEGIN
    INSERT INTO fulfillments (order_id, fulfillment_no, location_id, status, pickup, distance_m, ships_on, arrives_on)
    SELECT id, p.no, p.location_id, state, false, p.distance_m, d.ships_on, d.ships_on + r.transit_days
    FROM (SELECT location_id, array_position(locations_of, location_id) AS no, min(p.distance_m) AS distance_m,
                 sum(l.weight_g * (p.quantity::numeric / l.quantity::numeric)) AS grams
          FROM unnest(picks) AS p JOIN unnest(lines) AS l USING (line_no)
          GROUP BY location_id) AS p
         JOIN locations AS l USING (location_id)
         CROSS JOIN LATERAL (SELECT at AT TIME ZONE l.time_zone AS local) AS t
         CROSS JOIN LATERAL (SELECT t.local::date + l.handling_days + (t.local::time > coalesce(l.cutoff, '24:00'))::integer
                                    AS ships_on) AS d
         LEFT JOIN LATERAL bench.find_rate(service, land, (p.distance_m / 1000)::numeric, p.grams) AS r ON true;

    INSERT INTO fulfillment_lines (order_id, fulfillment_no, line_no, quantity)
    SELECT id, array_position(locations_of, location_id), line_no, quantity
    FROM unnest(picks);

    INSERT INTO reservations (order_id, sku_id, location_id, quantity, fulfillment_no, line_no)
    SELECT id, sku_id, location_id, quantity, array_position(locations_of, location_id), line_no
    FROM unnest(picks);
    RETURN cardinality(locations_of);
END
$$;

/* The payments of a document with the entries that explain their sums */
CREATE FUNCTION bench.insert_payments(id bigint, payments jsonb, money text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH payment AS (
        INSERT INTO payments (order_id, payment_no, method, provider, reference, status,
               amount, authorized, captured, refunded, metadata)
        SELECT id, p.n, p.item ->> 'method', p.item ->> 'provider', p.item ->> 'reference', a.status::payment_status, a.amount,
               CASE WHEN a.status IN ('authorized', 'captured') THEN a.amount ELSE amount(0, money) END,
               CASE WHEN a.status = 'captured' THEN a.amount ELSE amount(0, money) END,
               amount(0, money), p.item -> 'metadata'
        FROM jsonb_array_elements(insert_payments.payments) WITH ORDINALITY AS p(item, n)
             CROSS JOIN LATERAL (SELECT amount((p.item ->> 'amount')::numeric, money) AS amount,
                                        coalesce(p.item ->> 'status', 'pending') AS status) AS a
        RETURNING payment_no, authorized, captured
    )
    INSERT INTO payment_entries (order_id, payment_no, entry_no, kind, amount)
    SELECT id, payment_no, e.no, e.kind, e.amount
    FROM payment CROSS JOIN LATERAL (VALUES (1, 'authorization', authorized), (2, 'capture', captured)) AS e(no, kind, amount)
    WHERE sign(e.amount) > 0;
END
$$;

CREATE FUNCTION bench.insert_events(id bigint, total amount, payments jsonb, parcels integer, confirmed boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO events (order_id, sequence, type, subject_no, data)
    SELECT id, row_number() OVER (ORDER BY e.step, e.subject_no), e.type, e.subject_no, e.data
    FROM (SELECT 1 AS step, 'order.placed' AS type, NULL::bigint AS subject_no, jsonb_build_object('total', total::text) AS data
          UNION ALL
          SELECT 2, 'payment.' || coalesce(p.item ->> 'status', 'pending'), p.n,
                 jsonb_build_object('amount', amount((p.item ->> 'amount')::numeric, currency_of(total))::text)
          FROM jsonb_array_elements(payments) WITH ORDINALITY AS p(item, n)
          UNION ALL
          SELECT 3, 'fulfillment.planned', n, NULL FROM generate_series(1, parcels) AS n
          UNION ALL
          SELECT 4, 'order.confirmed', NULL, NULL WHERE confirmed
          UNION ALL
          SELECT 5, 'fulfillment.released', n, NULL FROM generate_series(1, parcels) AS n WHERE confirmed) AS e;
END
$$;

/* What is known of a document before its lines are looked at */
CREATE FUNCTION bench.find_codes(
    document jsonb,
    OUT channel_id integer, OUT currency text, OUT service_id integer, OUT order_id bigint, OUT document_hash bigint
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    faults text[] := bench.form_faults(document);
BEGIN
    IF faults <> '{}' THEN
        PERFORM bench.refuse(faults);
    END IF;
    SELECT c.channel_id, coalesce(document ->> 'currency', c.currency), s.service_id, o.order_id, o.document_hash
    INTO find_codes.channel_id, find_codes.currency, find_codes.service_id, find_codes.order_id, find_codes.document_hash
    FROM (SELECT) AS one
         LEFT JOIN channels AS c ON c.code = document ->> 'channel'
         LEFT JOIN shipping_services AS s ON s.code = document #>> '{shipping,service}'
         LEFT JOIN orders AS o ON o.channel_id = c.channel_id AND o.reference = document ->> 'reference';
    IF channel_id IS NULL THEN
        faults := faults || '$.channel is unknown'::text;
    END IF;
    IF service_id IS NULL AND document #>> '{shipping,service}' IS NOT NULL THEN
        faults := faults || '$.shipping.service is unknown'::text;
    END IF;
    IF faults <> '{}' THEN
        PERFORM bench.refuse(faults);
    END IF;
END
$$;

/* The order of this reference if it came of this document, else an error */
CREATE FUNCTION bench.repeated(id bigint, old_hash bigint, new_hash bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF old_hash <> new_hash THEN
        RAISE EXCEPTION 'reference was used with other content' USING ERRCODE = 'OM004';
    END IF;
    RETURN id;
END
$$;

/* Places an order; the order of the first call if the document was placed before */
CREATE FUNCTION bench.baseline_place(document jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    hash CONSTANT bigint := jsonb_hash_extended(document, 0);
    ship_to CONSTANT jsonb := document -> 'ship_to';
    land CONSTANT text := ship_to ->> 'country';
    payments CONSTANT jsonb := coalesce(nullif(document -> 'payments', 'null'), '[]');
    codes record := bench.find_codes(document);
    at timestamptz := coalesce((document ->> 'placed_at')::timestamptz, now());
    target geography;
    customer customers;
    lines bench.placed_line[];
    picks bench.pick[];
    goods amount;
    shipping amount;
    shipping_tax amount;
    total amount;
    paid amount;
    confirmed boolean;
    id bigint;
    parcels integer;
BEGIN
    IF codes.order_id IS NOT NULL THEN
        RETURN bench.repeated(codes.order_id, codes.document_hash, hash);
    END IF;
    target := ST_SetSRID(ST_MakePoint((ship_to ->> 'lon')::float8, (ship_to ->> 'lat')::float8), 4326)::geography;
    customer := bench.find_customer(document -> 'customer');
    lines := bench.price_lines(document, codes.channel_id, codes.currency, customer.customer_group, at);
    picks := bench.route_lines(lines, codes.channel_id, land, target);

    shipping := bench.price_shipping(document, codes.service_id, codes.currency, at, picks, lines);
    shipping_tax := amount(coalesce((document #>> '{shipping,tax}')::numeric, 0), codes.currency);
    goods := (SELECT sum(l.total) FROM unnest(lines) AS l);
    total := goods + shipping + shipping_tax;
    paid := (SELECT amount(coalesce(sum((p ->> 'amount')::numeric), 0), codes.currency)
             FROM jsonb_array_elements(payments) AS p
             WHERE p ->> 'status' IN ('authorized', 'captured'));
    confirmed := paid >= total;

    INSERT INTO orders (channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total,
           placed_at, customer_id, service_id, destination, ship_to, bill_to, metadata, document_hash, base_rate)
    VALUES (codes.channel_id, document ->> 'reference', CASE WHEN confirmed THEN 'confirmed' ELSE 'placed' END::order_status,
            codes.currency, goods, shipping, shipping_tax, amount(0, codes.currency), total,
            at, customer.customer_id, codes.service_id, target, ship_to, document -> 'bill_to', document -> 'metadata', hash, 1)
    ON CONFLICT (channel_id, reference) DO NOTHING
    RETURNING order_id INTO id;
    IF id IS NULL THEN    -- somebody else was quicker
        RETURN bench.baseline_place(document);
    END IF;
    picks := bench.reserve_picks(picks, lines, codes.channel_id, land, target);

    INSERT INTO order_lines (order_id, line_no, sku_id, quantity, allocated, unit_price, discount, tax, included_tax, total,
           tax_rate, tax_jurisdiction)
    SELECT id, l.line_no, l.sku_id, l.quantity, l.quantity, l.unit_price, l.discount, l.tax, l.included_tax, l.total, l.tax_rate, l.jurisdiction
    FROM unnest(lines) AS l;
    parcels := bench.insert_fulfillments(id, CASE WHEN confirmed THEN 'released' ELSE 'planned' END::fulfillment_status,
                                         picks, lines, codes.service_id, land, at);
    PERFORM bench.insert_payments(id, payments, codes.currency);
    PERFORM bench.insert_events(id, total, payments, parcels, confirmed);
    RETURN id;
END
$$;
