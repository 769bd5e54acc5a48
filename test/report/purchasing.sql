/*
 * test/report/purchasing.sql: what a bicycle maker ordered of its vendors, how it
 * came and what was billed
 *
 * The source has when goods were sent, not when they came: by the first means of
 * transport it takes three days, by the fifth eleven. Pending purchase orders have not
 * come, and complete ones are billed: all that was ordered, at prices with four
 * decimals of which cents were agreed, and the freight. What does not agree is
 * approved of the best vendors. Of preferred vendors bills are paid when they are
 * due, of the others half of every third.
 */
SET timezone = 'UTC';
\o /dev/null
SET search_path = oms, public;
CREATE TEMPORARY TABLE header (
    no integer PRIMARY KEY, revision integer, status integer, employee integer, vendor text, method integer, ordered_on date, sent_on date,
    goods numeric, tax numeric, freight numeric, total numeric
);
CREATE TEMPORARY TABLE detail (
    no integer, id integer PRIMARY KEY, due_on date, ordered numeric, product text, price numeric, total numeric, arrived numeric, rejected numeric, stocked numeric
);
CREATE TEMPORARY TABLE vendor (code text PRIMARY KEY, account text, name text, rating integer, preferred integer, active integer);
\copy header FROM PROGRAM 'gzip -dc "$DATA/adventureworks/purchase_order_header.csv.gz"' WITH (FORMAT csv, HEADER)
\copy detail FROM PROGRAM 'gzip -dc "$DATA/adventureworks/purchase_order_detail.csv.gz"' WITH (FORMAT csv, HEADER)
\copy vendor FROM PROGRAM 'cat "$DATA/adventureworks/vendors.csv"' WITH (FORMAT csv, HEADER)
DELETE FROM header WHERE no % greatest(:every / 3, 1) <> 0;

CREATE TABLE public.bought AS
SELECT h.no, 'PO-' || h.no AS code, h.vendor, h.status, h.ordered_on, h.sent_on, round(h.tax, 2) AS tax, round(h.freight, 2) AS freight, v.rating, v.preferred = 1 AS preferred,
       d.due_on, d.product, row_number() OVER (PARTITION BY h.no ORDER BY d.id) AS line_no, d.ordered, d.price, round(d.price, 2) AS agreed, h.status > 1 AS has_come,
       CASE WHEN h.status > 1 THEN d.stocked ELSE 0 END AS stocked, CASE WHEN h.status > 1 THEN d.rejected ELSE 0 END AS rejected,
       h.sent_on + 1 + 2 * h.method AS came_on, h.status = 4 AS is_billed, h.sent_on + 30 * v.rating AS pay_on
FROM header AS h JOIN detail AS d USING (no) JOIN vendor AS v ON v.code = h.vendor;

SELECT set_base_currency('USD'), put_location('{"code": "plant", "country": "US"}');
INSERT INTO oms.skus (code, name) SELECT DISTINCT product, product FROM public.bought;
SELECT count(put_supplier(jsonb_build_object('code', code, 'name', name, 'currency', 'USD', 'payment_days', 30 * rating, 'price_tolerance_rate', 0.03)))
FROM vendor;

CREATE FUNCTION public.step(kind text, purchase integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b CONSTANT public.bought := (SELECT x FROM public.bought AS x WHERE x.no = purchase LIMIT 1);
    status text;
BEGIN
    CASE kind
    WHEN 'order' THEN
        PERFORM oms.put_purchase_order(jsonb_build_object('code', b.code, 'supplier', b.vendor, 'location', 'plant', 'lines',
                    jsonb_agg(jsonb_build_object('sku', product, 'quantity', ordered, 'unit_cost', agreed, 'expected_on', due_on) ORDER BY line_no)))
        FROM public.bought WHERE no = purchase;
        PERFORM oms.send_purchase_order(b.code);
    WHEN 'receive' THEN
        PERFORM oms.receive_purchase_order(b.code, lines)
        FROM (SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', stocked, 'rejected', rejected) ORDER BY line_no) AS lines
              FROM public.bought WHERE no = purchase AND stocked + rejected > 0) AS l
        WHERE lines IS NOT NULL;
    WHEN 'bill' THEN
        status := oms.record_bill(jsonb_build_object('supplier', b.vendor, 'number', purchase::text, 'purchase_order', b.code, 'billed_on', b.sent_on, 'tax', b.tax, 'shipping', b.freight,
                    'lines', (SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', ordered, 'unit_cost', price) ORDER BY line_no)
                              FROM public.bought WHERE no = purchase)));
        IF status = 'mismatched' AND b.rating = 1 THEN
            PERFORM oms.approve_bill(b.vendor, purchase::text, 'a good vendor');
        END IF;
    WHEN 'pay' THEN
        PERFORM oms.pay_bill(b.vendor, purchase::text, CASE WHEN NOT b.preferred THEN oms.amount(round(i.total::numeric / 2, 2), 'USD') END)
        FROM oms.bills AS i WHERE i.number = purchase::text AND i.status IN ('matched', 'approved');
    END CASE;
END
$$;
SELECT format('SET oms.now = %L', at), format('SELECT public.step(%L, %s)', kind, no)
FROM (SELECT DISTINCT no, s.*
      FROM public.bought AS b
      CROSS JOIN LATERAL (VALUES
          (1, 'order', ordered_on + interval '9 hours', true), (2, 'receive', came_on + interval '15 hours', has_come), (3, 'bill', came_on + interval '16 hours', is_billed),
          (4, 'pay', greatest(pay_on, came_on) + interval '17 hours', is_billed AND (preferred OR no % 3 = 0))) AS s(rank, kind, at, happens)
      WHERE happens) AS s
WHERE at < '2025-09-21'
ORDER BY at, rank, no
\gexec
SET oms.now = '2025-09-21 12:00+00';
\o

/* what bills came to: those with a line of which less was taken in than billed, or with a price too high, did not agree */
CREATE TEMPORARY VIEW billed AS
SELECT no, vendor, rating, preferred, date_trunc('month', ordered_on)::date AS month, pay_on, sum(round(price * ordered, 2)) AS goods, sum(agreed * ordered) AS agreed,
       sum(round(price * ordered, 2)) + tax + freight AS total, bool_or(stocked < ordered OR price > agreed * 1.03) OR freight > sum(round(price * ordered, 2)) * 0.03 AS mismatched
FROM public.bought
WHERE is_billed AND came_on < '2025-09-21'
GROUP BY no, vendor, rating, preferred, ordered_on, pay_on, tax, freight;
CREATE TEMPORARY VIEW owed AS
SELECT b.*, NOT mismatched OR rating = 1 AS taken, date '2025-09-21' - pay_on AS days,
       total - CASE WHEN (mismatched AND rating > 1) OR pay_on >= '2025-09-21' OR NOT (preferred OR no % 3 = 0) THEN 0
                    WHEN preferred THEN total ELSE round(total / 2, 2) END AS open
FROM billed AS b;
SELECT planning.same('what vendors are owed, by how long it is overdue',
    'SELECT vendor, count(*) FILTER (WHERE taken), coalesce(sum(open) FILTER (WHERE taken), 0), coalesce(sum(open) FILTER (WHERE taken AND days <= 0), 0),
            coalesce(sum(open) FILTER (WHERE taken AND days > 0 AND days <= 30), 0), coalesce(sum(open) FILTER (WHERE taken AND days > 30 AND days <= 60), 0),
            coalesce(sum(open) FILTER (WHERE taken AND days > 60 AND days <= 90), 0), coalesce(sum(open) FILTER (WHERE taken AND days > 90), 0),
            coalesce(sum(open) FILTER (WHERE taken), 0), count(*) FILTER (WHERE NOT taken), coalesce(sum(open) FILTER (WHERE NOT taken), 0)
     FROM owed WHERE open > 0 GROUP BY vendor',
    'SELECT supplier, bills, open, not_due, overdue_1_30, overdue_31_60, overdue_61_90, overdue_over_90, base_open, mismatched_bills, mismatched
     FROM oms_report.payables WHERE currency = ''USD''');

/* lines that came at 15:00 were ordered at 9:00, a quarter of a day earlier */
CREATE TEMPORARY VIEW judged AS
SELECT b.*, date_trunc('month', ordered_on)::date AS month, came_on < '2025-09-21' AS seen, due_on < '2025-09-21' OR came_on < '2025-09-21' AND stocked >= ordered AS judged
FROM (SELECT no, vendor, ordered_on, due_on, ordered, came_on, CASE WHEN came_on < '2025-09-21' THEN stocked ELSE 0 END AS stocked,
             CASE WHEN came_on < '2025-09-21' THEN rejected ELSE 0 END AS rejected, has_come
      FROM public.bought WHERE ordered_on < '2025-09-21') AS b;
CREATE TEMPORARY VIEW card AS
SELECT j.vendor, j.month, j.lines, j.orders, j.judged, round(j.on_time / j.judged::numeric, 4) AS on_time, round(j.in_full / j.judged::numeric, 4) AS in_full, round(j.otif / j.judged::numeric, 4) AS otif,
       round(j.filled / j.asked, 4) AS filled, round(j.rejected / nullif(j.came, 0), 4) AS rejected, round(j.lead, 2) AS lead, round(j.spread, 2) AS spread, round(j.promised, 2) AS promised,
       coalesce(b.bills, 0) AS bills, round(b.mismatched / b.bills::numeric, 4) AS mismatched, b.billed, b.billed - b.agreed AS variance, round((b.billed - b.agreed) / nullif(b.agreed, 0), 4) AS variance_rate
FROM (SELECT vendor, month, count(*) AS lines, count(DISTINCT no) AS orders, nullif(count(*) FILTER (WHERE judged), 0) AS judged, count(*) FILTER (WHERE judged AND stocked > 0 AND came_on <= due_on) AS on_time,
             count(*) FILTER (WHERE judged AND stocked = ordered) AS in_full, count(*) FILTER (WHERE judged AND stocked = ordered AND came_on <= due_on) AS otif,
             sum(stocked) FILTER (WHERE judged) AS filled, sum(ordered) FILTER (WHERE judged) AS asked, sum(rejected) AS rejected, sum(stocked + rejected) AS came,
             avg(came_on - ordered_on + 0.25) FILTER (WHERE stocked > 0) AS lead, stddev_samp(came_on - ordered_on) FILTER (WHERE stocked > 0) AS spread,
             avg(due_on - ordered_on) FILTER (WHERE stocked > 0) AS promised
      FROM judged GROUP BY GROUPING SETS ((vendor, month), (vendor))) AS j
LEFT JOIN (SELECT vendor, month, count(*) AS bills, count(*) FILTER (WHERE mismatched) AS mismatched, sum(goods) FILTER (WHERE NOT mismatched OR rating = 1) AS billed,
                  sum(agreed) FILTER (WHERE NOT mismatched OR rating = 1) AS agreed
           FROM billed GROUP BY GROUPING SETS ((vendor, month), (vendor))) AS b ON b.vendor = j.vendor AND b.month IS NOT DISTINCT FROM j.month;
SELECT planning.same('how vendors delivered and billed, in all and by month',
    'SELECT vendor, month, orders, lines, coalesce(judged, 0), on_time, in_full, otif, filled, rejected, lead, spread, promised, bills, mismatched, billed, variance, variance_rate FROM card',
    'SELECT supplier, month, orders, lines, judged_lines, on_time_rate, in_full_rate, otif_rate, fill_rate, rejected_rate, lead_time_days, lead_time_sd_days, promised_days, bills,
            mismatched_bill_rate, billed, price_variance, price_variance_rate FROM oms_report.supplier_scorecard');
SELECT planning.none('of what vendors do all kinds are there',
    'SELECT * FROM (SELECT count(*) FILTER (WHERE mismatched AND rating > 1) AS refused, count(*) FILTER (WHERE mismatched AND rating = 1) AS approved, count(*) FILTER (WHERE taken AND open = 0) AS paid,
                           count(*) FILTER (WHERE taken AND open BETWEEN 0.01 AND total - 0.01) AS half, count(*) FILTER (WHERE taken AND days <= 0) AS early, count(*) FILTER (WHERE taken AND days > 90) AS late
                    FROM owed) AS k WHERE 0 IN (refused, approved, paid, half, early, late)');
SELECT planning.books();
SELECT planning.report();
