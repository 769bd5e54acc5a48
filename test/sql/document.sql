-- the check of documents: all faults at once, each with its path
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
\set VERBOSITY default

-- tells if a document passes, and the faults it has, one a row
CREATE FUNCTION pg_temp.faults(kind text, document text) RETURNS SETOF text
    LANGUAGE plpgsql
    AS $$
DECLARE
    fault text;
BEGIN
    IF oms_internal.check_document(document::jsonb, kind) IS DISTINCT FROM document::jsonb THEN
        RAISE 'another document came back';
    END IF;
    RETURN NEXT 'passes';
EXCEPTION WHEN SQLSTATE 'OM007' THEN
    GET STACKED DIAGNOSTICS fault = PG_EXCEPTION_DETAIL;
    RETURN QUERY SELECT * FROM regexp_split_to_table(fault, E'\n');
END
$$;

-- tells of each value in a list if it passes as the value of a key
CREATE FUNCTION pg_temp.try(kind text, document text, path text[], VARIADIC tried text[]) RETURNS TABLE (value text, verdict text)
    LANGUAGE sql
    AS $$
    SELECT v, string_agg(f, '; ')
    FROM unnest(tried) WITH ORDINALITY AS t(v, n),
         LATERAL pg_temp.faults(kind, jsonb_set(document::jsonb, path, v::jsonb)::text) AS f
    GROUP BY n, v
    ORDER BY n
    $$;

/*
 * The order document
 */

\set example '{"channel": "web", "reference": "A-1001", "currency": "EUR", "placed_at": "2026-11-02T10:15:00Z", "customer": {"email": "a@b.example", "name": "Ana B", "reference": "C-77"}, "ship_to": {"name": "Ana B", "line1": "Rua 1", "city": "Porto", "region": "13", "postcode": "4000-001", "country": "PT", "lat": 41.15, "lon": -8.61}, "bill_to": {}, "lines": [{"sku": "TEE-M", "quantity": 2, "unit_price": "12.50", "discount": "1.00", "tax": "4.60", "metadata": {}}], "shipping": {"service": "standard", "price": "4.90", "tax": "0"}, "discounts": [{"code": "WELCOME", "amount": "5.00"}], "payments": [{"method": "card", "provider": "stripe", "reference": "pi_1", "amount": "28.50", "status": "authorized"}], "fulfillment": {"strategy": "cheapest", "allow_split": true, "allow_backorder": false, "pickup_location": null, "ship_from": null, "deliver_by": null}, "metadata": {}}'
SELECT * FROM pg_temp.faults('order', :'example');
SELECT * FROM pg_temp.faults('order', '{"channel": "web", "reference": "1", "lines": [{"sku": "A", "quantity": "0.5", "unit": "kg"}, {"sku": "A", "quantity": 1}]}');

-- one fault, as a caller sees it
SELECT oms_internal.check_document('{"channel": "web", "reference": "1", "lines": [{"sku": "A", "quantity": -1}]}', 'order');
\echo :LAST_ERROR_SQLSTATE

-- many
SELECT oms_internal.check_document('{
    "channel": "", "refrence": 5, "currency": "EURO", "placed_at": "2026-11-02T25:15:00Z",
    "customer": {"email": "ab.example", "name": 7, "reference": " C-77", "say \"cheese\"": 1},
    "ship_to": {"name": "Ana B", "country": "ZZ", "lat": 91.15}, "bill_to": {"lat": 5},
    "lines": [{"sku": "TEE-M", "quantity": -2, "unit_price": "NaN", "discount": "1.00001", "tax": 1e400, "metadata": []},
              {"sku": null, "quantity": "1e1000000000"}, 5, null, [], {}],
    "shipping": [], "discounts": {}, "payments": [{"method": "card", "amount": 0, "status": "captivated"}],
    "fulfillment": {"allow_split": "yes", "deliver_by": "2026-02-29"}, "metadata": 5
}', 'order');
\echo :LAST_ERROR_SQLSTATE

-- of very many 50
SELECT oms_internal.check_document(jsonb_build_object('channel', 'web', 'reference', '1', 'lines',
           (SELECT jsonb_agg(jsonb_build_object('sku', 'S' || i)) FROM generate_series(1, 500) AS i)), 'order');

/*
 * What is no order at all
 */

SELECT oms_internal.check_document(NULL, 'order');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.faults('order', '{}');
SELECT d, f FROM unnest('{"null",5,true,"\"order\"","[]","[{\"channel\": \"web\"}]"}'::text[]) AS d, pg_temp.faults('order', d) AS f;
SELECT * FROM pg_temp.faults('packages', '{"lines": []}');
SELECT * FROM pg_temp.faults('packages', '5');
\set VERBOSITY terse
SELECT oms_internal.check_document('{"a": "\u00"}', 'order');
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.check_document('{"a": "\u0000"}', 'order');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT oms_internal.check_document('{}', 'ordre');
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.check_document('{}', NULL);
\echo :LAST_ERROR_SQLSTATE

/*
 * Limits
 */

SELECT * FROM pg_temp.faults('order', jsonb_build_object('metadata', jsonb_build_object('x', repeat('x', 10 * 1024 * 1024)))::text);
SELECT f FROM pg_temp.faults('order', (SELECT jsonb_agg(i) FROM generate_series(1, 800000) AS i)::text) AS f;
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{lines}', (SELECT jsonb_agg(jsonb_build_object('sku', 'A', 'quantity', 1)) FROM generate_series(1, 2000)))::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{lines}', (SELECT jsonb_agg(NULL::text) FROM generate_series(1, 2001)))::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{lines}', '[]')::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{reference}', to_jsonb(repeat('é', 100)))::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{reference}', to_jsonb(repeat('é', 101)))::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{ship_to,name}', to_jsonb(repeat('é', 201)))::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{metadata}', (repeat('{"a":', 32) || '1' || repeat('}', 32))::jsonb)::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{metadata}', (repeat('{"a":', 33) || '1' || repeat('}', 33))::jsonb)::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{metadata}', ('{"a":' || repeat('[', 5000) || repeat(']', 5000) || '}')::jsonb)::text);
SELECT * FROM pg_temp.faults('sku', jsonb_build_object('code', 'A', 'units', (SELECT jsonb_object_agg('u' || i, 1) FROM generate_series(1, 101) AS i))::text);
SELECT left(f, 120) FROM pg_temp.faults('sku', jsonb_build_object('code', 'A', 'units', jsonb_build_object(repeat('é', 200), 0, '', 1, 'ok', 2))::text) AS f;

-- five hundred numbers of a hundred thousand digits each
SELECT count(*), max(length(f)) FROM pg_temp.faults('sku', (SELECT jsonb_build_object('code', 'A', 'kit', jsonb_agg(jsonb_build_object('sku', 'B', 'quantity', 1e100000))) FROM generate_series(1, 500))::text) AS f;

/*
 * Keys
 */

SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{lines,0,price}', '"1"')::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{lines,0,Quantity}', '1')::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{shiping}', '{}')::text);
SELECT * FROM pg_temp.faults('order', jsonb_set(:'example', '{}'::text[] || repeat('k', 5000), '{}')::text);
SELECT * FROM pg_temp.faults('order', '{"": 1, "ключ": 2, "channel": "web", "reference": "1", "lines": [{"sku": "A", "quantity": 1}]}');
-- of a key given twice the last counts, as everywhere in jsonb
SELECT * FROM pg_temp.faults('order', '{"channel": "web", "reference": "1", "lines": 5, "lines": [{"sku": "A", "quantity": 1, "quantity": 2}]}');
-- null is the same as left out, but not where a value is required
SELECT * FROM pg_temp.faults('order', '{"channel": null, "reference": "1", "currency": null, "placed_at": null, "customer": null, "ship_to": null, "bill_to": null, "lines": [{"sku": "A", "quantity": null, "unit_price": null, "metadata": null}], "shipping": null, "discounts": null, "payments": null, "fulfillment": null, "metadata": null}');

/*
 * Values
 */

SELECT * FROM pg_temp.try('order', :'example', '{lines,0,quantity}',
    '1', '"1"', '0.000001', '"0.000001"', '1000000000', '1e3', '"1e3"', '0', '"-0"', '0.0000001', '1000000000.000001', '-1', '1e400', '1e-400',
    '"NaN"', '"Infinity"', '"-Infinity"', '"1,5"', '"0x10"', '" 1"', '"1 "', '""', '"1 case"', '"1_000"', 'true', '[]', '{}',
    '99999999999999999999', '123456789.123456789123456789123456789', '1.10');
SELECT * FROM pg_temp.try('order', :'example', '{lines,0,unit_price}', '0', '"0.042500"', '0.0425', '0.0000001', '-0.01', '1000000000000', '1000000000000.01', '"12.50 EUR"');
SELECT * FROM pg_temp.try('order', :'example', '{shipping,price}', '0', '"4.9000"', '4.90001', '-1', '"free"');
SELECT * FROM pg_temp.try('order', :'example', '{payments,0,amount}', '0.01', '0', '-1');
SELECT * FROM pg_temp.try('order', :'example', '{payments,0,status}', '"pending"', '"captured"', '"failed"', '"refunded"', '"Pending"', '5', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{ship_to,lat}', '90', '-90', '90.000001', '"41.15"', '-91', '1e999', '"NaN"', '"north"', 'true');
SELECT * FROM pg_temp.try('order', :'example', '{ship_to,lon}', '180', '-180', '180.1', '41.123456789012345', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{placed_at}',
    '"2026-11-02"', '"2026-11-02T10:15"', '"2026-11-02 10:15:00"', '"2026-11-02t10:15:00z"', '"2026-11-02T10:15:00.123456789+01:00"', '"2026-11-02T10:15:00-0330"',
    '"2026-11-02T10:15:00+05"', '"0001-01-01"', '"9999-12-31T23:59:59Z"', '"0000-01-01"', '"2026-02-29"', '"2028-02-29"', '"2026-13-01"', '"2026-11-02T24:00:00Z"',
    '"2026-11-02T10:60:00Z"', '"2026-11-02T10:15:60Z"', '"2026-11-02T10:15:00+99:00"', '"2026-11-02T10:15:00Z "', '"2026-11-02T"', '"2026-11-02T10"', '"02.11.2026"',
    '"now"', '"infinity"', '"tomorrow"', '1793614500', '""');
SELECT * FROM pg_temp.try('order', :'example', '{fulfillment,deliver_by}', '"2026-11-02"', '"2026-11-02T00:00:00Z"', '"2026-11-31"', '"20261102"');
SELECT * FROM pg_temp.try('order', :'example', '{currency}', '"JPY"', '"eur"', '"XTS"', '"XAU"', '978', '""', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{ship_to,country}', '"PT"', '"pt"', '"UK"', '"PRT"', '""', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{ship_to,line2}', '""', '"  "', '"2nd floor\nleft"', '5', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{customer,email}', '"a@b"', '"@b"', '"a@"', '"a b@c"', '"a@b\n"', '""', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{reference}', '"A 1"', '" A"', '"A "', '"A\tB"', '"\u007f"', '" "', '""', '1', '"日本"', 'null');
SELECT * FROM pg_temp.try('order', :'example', '{fulfillment,allow_split}', 'true', 'false', '"true"', '1', 'null');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{priority}', '0', '-5', '2.0', '2.5', '1e6', '1e7', '"1"', 'null');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{handling_days}', '0', '365', '366', '-1');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{daily_capacity}', '0', '2147483647', '2147483648', 'null');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{cutoff}', '"14:00"', '"14:00:30"', '"24:00"', '"2 pm"', '"14"', 'null');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{time_zone}', '"Europe/Lisbon"', '"UTC"', '"Europe/Lisboa"', '""', 'null', '"../../etc/passwd"');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{ships_to}', '["PT", "ES"]', '[]', '["Portugal"]', '"PT"', '[null]', 'null');
SELECT * FROM pg_temp.try('location', '{"code": "W"}', '{lat}', '41');
SELECT * FROM pg_temp.try('location', '{"code": "W", "lat": null}', '{lon}', 'null', '5');
SELECT * FROM pg_temp.try('sku', '{"code": "S"}', '{price}', '"12.50 EUR"', '"EUR 12.50"', '"0.0425 EUR"', '"0.0000425 EUR"', '"12.50"', '12.50', '"12.50 EURO"', '"12.50 XTS"', '"-1 EUR"', '" EUR"', '"EUR"', '"1 2 EUR"', 'null');
SELECT * FROM pg_temp.try('sku', '{"code": "S"}', '{cost}', '"7.00 EUR"', '"7 JPY"', '"7.005 EUR"', '"7.005 KWD"', '"7.5 JPY"', '"900000000000.0001 CLF"', '"1000000000000 CLF"', 'null');
SELECT * FROM pg_temp.try('sku', '{"code": "S"}', '{gtin}', '"4006381333931"', '"4006381333932"', '"40063813339"', '4006381333931', 'null');
SELECT * FROM pg_temp.try('sku', '{"code": "S"}', '{flags}', '[]', '["hazardous", "oversize"]', '["fragile"]', 'null', '[["oversize"]]');
SELECT * FROM pg_temp.try('sku', '{"code": "S"}', '{units}', '{}', '{"case": 12, "kg": "0.001"}', '{"case": 0}', '{"case": null}', '{" case": 1}', '[12]', 'null');
SELECT * FROM pg_temp.try('sku', '{"code": "S"}', '{kit}', '[]', '[{"sku": "A", "quantity": 1}]', '[{"sku": "A"}]', '["A"]', 'null');
SELECT * FROM pg_temp.try('product', '{"code": "P"}', '{category}', '"apparel.shirts"', '"a"', '"a..b"', '".a"', '"a."', '"a-b"', '"vêtements"', '""', 'null');
SELECT * FROM pg_temp.try('product', '{"code": "P"}', '{names}', '{"fr": "Chemise"}', '{"fr": ""}', '{"fr": null}', '["Chemise"]', 'null');
SELECT * FROM pg_temp.faults('product', '{"code": "P", "skus": [{"code": "S", "price": 5, "kit": [{"sku": "A", "quantity": 0}]}]}');
SELECT * FROM pg_temp.try('customer', '{"reference": "C"}', '{language}', '"en"', '"pt-BR"', '"zh-Hant-TW"', '"english"', '"e"', '"en-"', 'null');
SELECT * FROM pg_temp.try('channel', '{"code": "C"}', '{fee_rate}', '0', '1', '"0.15"', '1.01', '-0.1', 'null');
SELECT * FROM pg_temp.try('channel', '{"code": "C"}', '{kind}', '"b2b"', '"shop"', 'null');

/*
 * What joins keys
 */

SELECT * FROM pg_temp.faults('customer', '{"name": "Ana"}');
SELECT * FROM pg_temp.faults('customer', '{"email": null, "reference": null}');
SELECT * FROM pg_temp.faults('order_edit', '{"lines": [{"line_no": 1, "quantity": 0}, {"sku": "A", "quantity": 1, "unit_price": 5}], "ship_to": {"city": "Porto"}}');
SELECT * FROM pg_temp.faults('order_edit', '{"lines": [{"quantity": 1}, {"line_no": 1, "sku": "A", "quantity": 1}, {"sku": "A", "quantity": 0}, {"line_no": 0, "quantity": 1}]}');
SELECT * FROM pg_temp.faults('order_edit', '{"channel": "web"}');

/*
 * The other documents
 */

SELECT * FROM pg_temp.faults('price', '{"sku": "S", "channel": null, "customer_group": "vip", "price": "12.50 EUR", "min_quantity": 10, "valid_from": "2026-01-01", "valid_until": null}');
SELECT * FROM pg_temp.faults('shipping_service', '{"code": "std", "carrier": "dhl", "name": "Standard", "currency": "EUR", "kind": "delivery", "rates": [{"country": "PT", "max_distance_km": 500.5, "max_weight_g": 1000, "price": "4.90", "per_kg": "0.50", "transit_days": 2}, {"price": 9}]}');
SELECT * FROM pg_temp.faults('shipping_service', '{"code": "std", "rates": [{"max_distance_km": 0, "max_weight_g": 0, "transit_days": 400}]}');
SELECT * FROM pg_temp.faults('tax_rate', '{"country": "PT", "region": null, "rate": 0.23, "included": true, "valid_from": "2026-01-01"}');
SELECT * FROM pg_temp.faults('tax_rate', '{"rate": 23, "region": ""}');
SELECT * FROM pg_temp.faults('supplier', '{"code": "ACME", "currency": "EUR", "skus": [{"sku": "S", "supplier_sku": "X", "cost": "3.10 EUR", "lead_time_days": 5, "lead_time_sd_days": 1.5, "min_quantity": 10, "pack_size": 5}]}');
SELECT * FROM pg_temp.faults('supplier', '{"code": "ACME", "skus": [{"sku": "S", "pack_size": 0}]}');
SELECT * FROM pg_temp.faults('payment', '{"method": "card", "amount": "28.50", "metadata": {"risk": 3}}');
SELECT * FROM pg_temp.faults('payment', '{"status": "voided"}');
SELECT * FROM pg_temp.faults('fulfillment_options', '{"allow_split": false, "pickup_location": "STORE-1"}');
SELECT * FROM pg_temp.faults('packages', '[]');
SELECT * FROM pg_temp.faults('packages', '[{"weight_g": 500, "lines": [{"line_no": 1, "quantity": 2}]}, {"weight_g": -1, "lines": [{"line_no": "1"}]}]');
SELECT * FROM pg_temp.faults('tracking', '{"carrier": "dhl", "number": "00340434161094042557", "service": "express"}');
SELECT * FROM pg_temp.faults('tracking', '{"tracking_number": "1"}');
SELECT * FROM pg_temp.faults('cancel_lines', '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.faults('cancel_lines', '[]');
SELECT * FROM pg_temp.faults('return_lines', '[{"line_no": 1, "quantity": 0}]');
SELECT * FROM pg_temp.faults('inspection_lines', '[{"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"}, {"line_no": 2, "quantity": 1, "disposition": "eat"}]');
SELECT * FROM pg_temp.faults('route_lines', '[{"sku": "A", "quantity": 2}]');
SELECT * FROM pg_temp.faults('route_options', '{"strategy": "cheapest", "service": "standard", "channel": "web"}');

/*
 * The page of documentation has every key of every document
 */

\set page `cat doc/document.md`
SELECT kind, line
FROM unnest('{channel,location,product,sku,price,stock_buffer,customer,shipping_service,tax_rate,supplier,purchase_order,confirmation_lines,receipt_lines,bill,order,order_edit,payment,gift_card,fulfillment_options,packages,tracking,cancel_lines,return_lines,inspection_lines,return_label,return_reason,return_policy,routing_rule,replenishment_policy,route_lines,route_options,settlement_lines,chargeback}'::text[]) AS kind,
     LATERAL (SELECT substring(:'page' FROM position('## `' || kind || '`' IN :'page'))) AS p(below),
     LATERAL (SELECT left(below, strpos(below || E'\n## ', E'\n## '))) AS s(section),
     LATERAL (SELECT format('| `%s` | %s | %s | %s |', k.path, k.kind,
                            CASE WHEN k.required THEN 'required' WHEN k.nullable THEN 'or null' ELSE '' END, k.bounds)
              FROM oms_internal.document_keys(kind) AS k
              UNION ALL
              SELECT '(no section)' WHERE position('## `' || kind || '`' IN :'page') = 0) AS l(line)
WHERE position(line IN section) = 0;
SELECT count(*) > 200 AS many, count(*) = count(DISTINCT (document_kind, path)) AS distinct_paths
FROM unnest('{channel,location,product,sku,price,stock_buffer,customer,shipping_service,tax_rate,supplier,purchase_order,bill,order,order_edit,payment,gift_card,packages,routing_rule}'::text[]) AS document_kind,
     oms_internal.document_keys(document_kind);
