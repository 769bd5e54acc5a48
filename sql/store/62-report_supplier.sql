/* sql/store/62-report_supplier.sql: how well suppliers deliver what was ordered, and bill it */

/*
 * A line is judged once it is due, or nothing of it is to come any more. What a
 * supplier was measured by is what the line was promised for first, and what was
 * ordered, not what was confirmed. Facts are lines, bills and lines of bills,
 * each with its own columns; a grouping set without the month is all of them.
 */
CREATE OR REPLACE VIEW oms_report.supplier_scorecard WITH (security_invoker = true) AS
WITH line AS (
    SELECT o.supplier_id, date_trunc('month', o.ordered_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date AS month, o.purchase_order_id,
           l.quantity::numeric AS ordered, l.received::numeric AS received, d.due_on,
           (o.ordered_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date AS ordered_on,
           l.quantity::numeric
           - greatest(l.quantity::numeric * coalesce(t.under_receipt_rate, p.under_receipt_rate),
                      coalesce(t.under_receipt_units, p.under_receipt_units)::numeric) AS enough,
           d.due_on < (SELECT oms_internal.report_today())
           OR l.received::numeric + l.cancelled::numeric >= l.quantity::numeric
           OR o.status OPERATOR(oms.>=) 'received'::oms.purchase_order_status AS judged,
           coalesce(r.rejected, 0) AS rejected, coalesce(r.by_due, 0) AS by_due, r.last_on, r.lead_days
    FROM oms.purchase_orders o
    JOIN oms.purchase_order_lines l USING (purchase_order_id)
    JOIN oms.suppliers p USING (supplier_id)
    LEFT JOIN oms.supplier_skus t ON t.supplier_id = o.supplier_id AND t.sku_id = l.sku_id
    CROSS JOIN LATERAL (SELECT coalesce(l.promised_on, l.expected_on, o.expected_on) AS due_on) AS d
    LEFT JOIN LATERAL (
        SELECT sum(c.rejected::numeric) AS rejected,
               sum(c.quantity::numeric) FILTER (WHERE (c.received_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date <= d.due_on) AS by_due,
               max((c.received_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date) FILTER (WHERE c.quantity::numeric > 0) AS last_on,
               sum(c.quantity::numeric * extract(epoch FROM c.received_at - o.ordered_at) / 86400)
               / nullif(sum(c.quantity::numeric), 0) AS lead_days
        FROM oms.purchase_receipts c
        WHERE c.purchase_order_id = l.purchase_order_id AND c.line_no = l.line_no
    ) AS r ON true
    WHERE o.ordered_at IS NOT NULL AND o.status OPERATOR(oms.<>) 'cancelled'::oms.purchase_order_status
), bill AS (
    SELECT b.supplier_id, date_trunc('month', coalesce(o.ordered_at AT TIME ZONE (SELECT oms_internal.report_time_zone()), b.billed_on::timestamp))::date AS month,
           b.bill_id, b.mismatched, b.agreed_at IS NOT NULL AND b.currency = p.currency AS compared
    FROM oms.bills b
    JOIN oms.suppliers p USING (supplier_id)
    LEFT JOIN oms.purchase_orders o USING (purchase_order_id)
), fact AS (
    SELECT supplier_id, month, purchase_order_id, ordered, received, due_on, ordered_on, enough, judged, rejected, by_due, last_on,
           lead_days, NULL::boolean AS mismatched, NULL::numeric AS billed, NULL::numeric AS agreed
    FROM line
    UNION ALL
    SELECT supplier_id, month, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, mismatched, NULL, NULL
    FROM bill
    UNION ALL
    SELECT b.supplier_id, b.month, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           i.total::numeric, l.unit_cost::numeric * i.quantity::numeric
    FROM bill b
    JOIN oms.bill_lines i USING (bill_id)
    JOIN oms.purchase_order_lines l ON l.purchase_order_id = i.purchase_order_id AND l.line_no = i.order_line_no
    WHERE b.compared AND l.unit_cost IS NOT NULL
)
SELECT p.code AS supplier, p.name AS supplier_name, f.month,
       count(DISTINCT f.purchase_order_id) AS orders, count(f.ordered) AS lines, count(*) FILTER (WHERE f.judged) AS judged_lines,
       round(avg((f.received > 0 AND f.last_on <= f.due_on)::integer) FILTER (WHERE f.judged AND f.due_on IS NOT NULL), 4) AS on_time_rate,
       round(avg((f.received >= f.enough)::integer) FILTER (WHERE f.judged), 4) AS in_full_rate,
       round(avg((f.by_due >= f.enough)::integer) FILTER (WHERE f.judged AND f.due_on IS NOT NULL), 4) AS otif_rate,
       round(sum(least(f.received, f.ordered)) FILTER (WHERE f.judged) / sum(f.ordered) FILTER (WHERE f.judged), 4) AS fill_rate,
       round(sum(f.rejected) / nullif(sum(f.received) + sum(f.rejected), 0), 4) AS rejected_rate,
       round(avg(f.lead_days), 2) AS lead_time_days, round(stddev_samp(f.lead_days), 2) AS lead_time_sd_days,
       round(avg(f.due_on - f.ordered_on) FILTER (WHERE f.lead_days IS NOT NULL), 2) AS promised_days,
       count(f.mismatched) AS bills, round(avg(f.mismatched::integer), 4) AS mismatched_bill_rate,
       p.currency, sum(f.billed) AS billed, sum(f.billed - f.agreed) AS price_variance,
       round(sum(f.billed - f.agreed) / nullif(sum(f.agreed), 0), 4) AS price_variance_rate
FROM fact f
JOIN oms.suppliers p USING (supplier_id)
GROUP BY GROUPING SETS ((p.supplier_id, p.code, p.name, p.currency), (p.supplier_id, p.code, p.name, p.currency, f.month));
COMMENT ON VIEW oms_report.supplier_scorecard IS 'How well each supplier delivers and bills, by the month in which it was ordered, and in all where the month is null';
COMMENT ON COLUMN oms_report.supplier_scorecard.supplier IS 'Code of the supplier';
COMMENT ON COLUMN oms_report.supplier_scorecard.supplier_name IS 'Name of the supplier';
COMMENT ON COLUMN oms_report.supplier_scorecard.month IS 'First day of the month in which purchase orders were sent; null: all months together';
COMMENT ON COLUMN oms_report.supplier_scorecard.orders IS 'Purchase orders';
COMMENT ON COLUMN oms_report.supplier_scorecard.lines IS 'Their lines';
COMMENT ON COLUMN oms_report.supplier_scorecard.judged_lines IS 'Lines that are past their day, or of which nothing is to come any more; the rates are of these';
COMMENT ON COLUMN oms_report.supplier_scorecard.on_time_rate IS 'Share of lines with a day of which something came, and nothing after that day';
COMMENT ON COLUMN oms_report.supplier_scorecard.in_full_rate IS 'Share of lines of which all that was ordered came, less the tolerance, whenever';
COMMENT ON COLUMN oms_report.supplier_scorecard.otif_rate IS 'On time, in full: share of lines with a day of which all, less the tolerance, came until that day';
COMMENT ON COLUMN oms_report.supplier_scorecard.fill_rate IS 'Units that came of units that were ordered';
COMMENT ON COLUMN oms_report.supplier_scorecard.rejected_rate IS 'Share of the units that came which were sent back at the door';
COMMENT ON COLUMN oms_report.supplier_scorecard.lead_time_days IS 'Days from order to receipt, mean of lines; of a line in parts by units';
COMMENT ON COLUMN oms_report.supplier_scorecard.lead_time_sd_days IS 'Standard deviation of that between lines';
COMMENT ON COLUMN oms_report.supplier_scorecard.promised_days IS 'Days from order to the day that was promised first, of the same lines';
COMMENT ON COLUMN oms_report.supplier_scorecard.bills IS 'Bills of the supplier';
COMMENT ON COLUMN oms_report.supplier_scorecard.mismatched_bill_rate IS 'Share of bills that did not agree when they were recorded';
COMMENT ON COLUMN oms_report.supplier_scorecard.currency IS 'Of the supplier, and of billed and price_variance';
COMMENT ON COLUMN oms_report.supplier_scorecard.billed IS 'Of lines that can be compared: what bills say';
COMMENT ON COLUMN oms_report.supplier_scorecard.price_variance IS 'What bills are above the ordered prices, of lines in the supplier''s currency';
COMMENT ON COLUMN oms_report.supplier_scorecard.price_variance_rate IS 'That as a share of what was agreed';
