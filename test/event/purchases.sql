/*
 * test/event/purchases.sql: real purchases of medicines, lived through in
 * different ways: as ordered, changed, in parts, rejected, cancelled
 */

SET search_path = event, replay, oms, public;

CREATE TEMPORARY TABLE deliveries (
    id integer, project_code text, pq_num text, po text, asn_dn_num text, country text, managed_by text, fulfill_via text, vendor_inco_term text,
    shipment_mode text, pq_first_sent_to_client_date text, po_sent_to_vendor_date text, scheduled_delivery_date text, delivered_to_client_date text,
    delivery_recorded_date text, product_group text, sub_classification text, vendor text, item text, molecule_test_type text, brand text,
    dosage text, dosage_form text, unit_of_measure_per_pack text, quantity numeric, line_item_value text, pack_price numeric, unit_price text,
    manufacturing_site text, first_line_designation text, weight_kilograms text, freight_cost_usd text, line_item_insurance_usd text,
    pq_first_sent_to_client_date_raw text, po_sent_to_vendor_date_raw text
);
\copy deliveries FROM PROGRAM 'gzip -dc "$DATA/scms_shipments/scms_delivery_history.csv.gz"' WITH (FORMAT csv, HEADER)

/* a purchase of 2 to 6 lines; the numbers of the scenarios are taken in turn */
CREATE TABLE event.purchases AS
SELECT po AS code, 'V' || left(md5(vendor), 8) AS supplier, vendor, (row_number() OVER (ORDER BY md5(po)))::integer AS n, lines
FROM (SELECT po, min(vendor) AS vendor,
             jsonb_agg(jsonb_build_object('sku', 'M' || left(md5(item), 10), 'quantity', quantity, 'unit_cost', pack_price) ORDER BY id) AS lines
      FROM deliveries
      GROUP BY po
      HAVING count(*) BETWEEN 2 AND 6 AND min(quantity) >= 10 AND min(pack_price) > 0 AND count(DISTINCT vendor) = 1 AND count(DISTINCT item) = count(*)) AS p
ORDER BY md5(po)
LIMIT 64;

SELECT put_location('{"code": "depot", "name": "Depot", "country": "US"}') \g /dev/null
SELECT count(put_sku(jsonb_build_object('code', sku))) FROM (SELECT DISTINCT l ->> 'sku' AS sku FROM event.purchases, jsonb_array_elements(lines) AS l) AS s \g /dev/null
SELECT count(put_supplier(jsonb_build_object('code', supplier, 'name', vendor, 'currency', 'USD', 'price_tolerance_rate', 0.01)))
FROM (SELECT DISTINCT supplier, vendor FROM event.purchases) AS s \g /dev/null

/* buy calls a function about a purchase order; %s is its code */
CREATE FUNCTION event.buy(code text, call text, data jsonb DEFAULT NULL) RETURNS text
    LANGUAGE sql
AS $$
    SELECT event.act(NULL, replace(call, '%s', quote_literal(code)), NULL, jsonb_build_object('code', code) || coalesce(data, '{}'))
$$;

/* bill records a bill over what has come, each price times a factor, and numbered by its purchase order */
CREATE FUNCTION event.bill(p event.purchases, factor numeric) RETURNS text
    LANGUAGE sql
AS $$
    SELECT event.buy(p.code, format('record_bill(%L)', jsonb_build_object('supplier', p.supplier, 'number', 'B-' || p.code, 'purchase_order', p.code, 'lines', (
        SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, 'quantity', l.received::numeric, 'unit_cost', l.unit_cost::numeric * factor) ORDER BY l.line_no)
        FROM oms.purchase_order_lines AS l JOIN oms.purchase_orders AS o USING (purchase_order_id) WHERE o.code = p.code AND sign(l.received::numeric) > 0))))
$$;

/* confirm says when it comes, and what of a line */
CREATE FUNCTION event.confirm(code text, expected_on date, line jsonb DEFAULT NULL) RETURNS text
    LANGUAGE sql
AS $$
    SELECT event.buy(code, format('confirm_purchase_order(%%s, %L, %L)', expected_on, CASE WHEN line IS NOT NULL THEN jsonb_build_array(line) END),
                     jsonb_strip_nulls(jsonb_build_object('expected_on', expected_on, 'line', line)))
$$;

CREATE FUNCTION event.purchase(p event.purchases) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    number CONSTANT text := format('%L, ''B-%s''', p.supplier, p.code);
    half CONSTANT jsonb := (SELECT jsonb_agg(jsonb_build_object('line_no', n, 'quantity', trunc((l ->> 'quantity')::numeric / 2))) FROM jsonb_array_elements(p.lines) WITH ORDINALITY AS e(l, n));
BEGIN
    PERFORM event.buy(p.code, format('put_purchase_order(%L)', jsonb_build_object('code', p.code, 'supplier', p.supplier, 'location', 'depot', 'lines', p.lines)));
    IF p.n % 8 > 0 THEN
        PERFORM event.buy(p.code, 'send_purchase_order(%s)', jsonb_build_object('lines', p.lines));
    END IF;
    CASE p.n % 8
    WHEN 0 THEN
        PERFORM event.buy(p.code, 'cancel_purchase_order(%s)');
    WHEN 1 THEN
        PERFORM event.confirm(p.code, '2019-01-10'), event.buy(p.code, 'receive_purchase_order(%s)');
        PERFORM event.bill(p, 1), event.buy(p.code, format('pay_bill(%s, ''0.01 USD'')', number)), event.buy(p.code, format('pay_bill(%s)', number));
        PERFORM event.buy(p.code, 'close_purchase_order(%s, ''billed'')');
    WHEN 2 THEN
        PERFORM event.buy(p.code, format('put_purchase_order(%L)', jsonb_build_object('code', p.code, 'expected_on', '2019-02-01', 'lines', p.lines - 1)),
                          jsonb_build_object('changed', p.lines - 1));
        PERFORM event.confirm(p.code, '2019-01-10'), event.confirm(p.code, '2019-01-20');
        PERFORM event.buy(p.code, 'receive_purchase_order(%s, ''[{"line_no": 1, "quantity": 3}]'')');
        PERFORM event.buy(p.code, 'receive_purchase_order(%s, ''[{"line_no": 1, "quantity": 2, "rejected": 1}]'')'), event.buy(p.code, 'receive_purchase_order(%s)');
        PERFORM event.bill(p, 1.1), event.buy(p.code, format('approve_bill(%s, ''dearer'')', number)), event.buy(p.code, format('pay_bill(%s)', number));
    WHEN 3 THEN
        PERFORM event.confirm(p.code, NULL, '{"line_no": 1, "quantity": 0}');
        PERFORM event.buy(p.code, 'receive_purchase_order(%s)'), event.bill(p, 1);
    WHEN 4 THEN
        PERFORM event.buy(p.code, 'receive_purchase_order(%s, ''[{"line_no": 2, "quantity": 0, "rejected": 4}]'')'), event.buy(p.code, 'receive_purchase_order(%s)');
        PERFORM event.bill(p, 2), event.buy(p.code, format('reject_bill(%s, ''twice as much'')', number));
    WHEN 5 THEN
        PERFORM event.buy(p.code, 'cancel_purchase_order(%s, ''not needed'')');
    WHEN 6 THEN
        PERFORM event.confirm(p.code, '2019-01-10', jsonb_build_object('line_no', 1, 'unit_cost', 2 * (p.lines #>> '{0,unit_cost}')::numeric));
        PERFORM event.buy(p.code, format('receive_purchase_order(%%s, %L)', half)), event.buy(p.code, 'close_purchase_order(%s)');
    ELSE
        NULL;
    END CASE;
END
$$;
CREATE PROCEDURE event.purchase_all() LANGUAGE plpgsql AS $$
DECLARE
    next event.purchases;
BEGIN
    FOR next IN SELECT * FROM event.purchases ORDER BY n LOOP
        PERFORM event.purchase(next);
        COMMIT;
    END LOOP;
END
$$;
