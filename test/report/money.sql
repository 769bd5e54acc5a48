/*
 * test/report/money.sql: what a shop for offices sold, got back, taxed and is owed
 *
 * The source has what was sold and which orders came back. Companies pay thirty
 * days after their goods have left, or never; the others pay at once, by a
 * provider that reports a day later and keeps 1.4 %, but forgets some. A tax of
 * 8.25 % comes on top. Of what comes back furniture is thrown away, technology is
 * sold again and the rest is set aside.
 */

SET search_path = oms, public;
SELECT put_tax_rate('{"country": "US", "rate": 0.0825}') \g /dev/null
CREATE TABLE planning.sold AS
SELECT s.*, s.delivered_at - interval '3 days' AS shipped_at, round(s.price * s.quantity, 2) AS goods, round(round(s.price * s.quantity, 2) * 0.0825, 2) AS tax,
       l.segment = 'Corporate' AS on_terms, l.customer_name AS customer, l.order_date AS placed_at,
       CASE s.top WHEN 'Furniture' THEN 'scrap' WHEN 'Technology' THEN 'restock' ELSE 'quarantine' END AS verdict,
       right(s.order_id, 1) NOT IN ('3', '4', '7', '8') AS reported
FROM (SELECT *, min(delivered_at) OVER (PARTITION BY order_id) AS first_at FROM replay.sold) AS s
JOIN (SELECT DISTINCT ON (order_id) order_id, segment, customer_name, order_date FROM source_lines ORDER BY order_id, row_id) AS l USING (order_id);
UPDATE planning.sold SET delivered_at = first_at, shipped_at = first_at - interval '3 days';
INSERT INTO oms.customers (reference, name, payment_terms_days)
SELECT DISTINCT ON (customer_id) customer_id, customer_name, 30 FROM source_lines WHERE segment = 'Corporate' ORDER BY customer_id;
UPDATE replay.orders AS o
SET document = jsonb_set(
        CASE WHEN s.on_terms THEN o.document - 'payments'
             ELSE jsonb_set(o.document, '{payments}', jsonb_build_array(jsonb_build_object(
                 'method', 'card', 'provider', 'psp', 'reference', o.reference, 'status', 'captured', 'amount', s.total))) END,
        '{lines}', (SELECT jsonb_agg(l - 'tax' ORDER BY n) FROM jsonb_array_elements(o.document -> 'lines') WITH ORDINALITY AS l(l, n)))
    || '{"shipping": {"price": 0, "tax": 0}}'
FROM (SELECT order_id, on_terms, sum(goods + tax) AS total FROM planning.sold GROUP BY order_id, on_terms) AS s
WHERE s.order_id = o.reference;

/* what has become of them by now */
CREATE VIEW planning.life AS
SELECT s.*, s.placed_at <= oms.now() AS is_placed, s.shipped_at <= oms.now() AS is_shipped, s.delivered_at <= oms.now() AS is_delivered,
       s.comes_back AND s.delivered_at + interval '10 days' <= oms.now() AS is_back, (s.delivered_at + interval '10 days')::date AS back_on,
       (oms.now() AT TIME ZONE 'UTC')::date AS today
FROM planning.sold AS s
JOIN replay.orders AS o ON o.reference = s.order_id
WHERE o.order_id IS NOT NULL;
CREATE TABLE planning.invoicing (day date PRIMARY KEY);
COMMENT ON TABLE planning.invoicing IS 'Days on which what had left was invoiced';
CREATE VIEW planning.orders AS
SELECT o.*, today - i.day - 30 AS days_overdue
FROM (SELECT order_id, on_terms, reported, customer, is_shipped, placed_at::date AS placed_on, shipped_at::date AS shipped_on, today, sum(goods) AS goods,
             sum(tax) AS tax, sum(goods + tax) AS total
      FROM planning.life WHERE is_placed GROUP BY order_id, on_terms, reported, customer, is_shipped, placed_at, shipped_at, today) AS o
CROSS JOIN LATERAL (SELECT min(i.day) AS day FROM planning.invoicing AS i WHERE i.day >= o.shipped_on) AS i;

CREATE VIEW planning.wrong_lines AS
SELECT o.*, f.*
FROM planning.orders AS o
CROSS JOIN LATERAL (VALUES ('late ', 'amount', total - 1, NOT on_terms AND right(order_id, 1) IN ('3', '4')), ('again ', 'duplicate', total, NOT on_terms AND right(order_id, 1) IN ('1', '2')),
                           ('strange ', 'missing_here', total, on_terms)) AS f(kind, fault, amount, applies)
WHERE f.applies;
CREATE VIEW planning.dimensions AS
SELECT d.dimension, d.value, l.*
FROM planning.life AS l JOIN oms.orders AS o ON o.reference = l.order_id
CROSS JOIN LATERAL (VALUES ('all', 'all'), ('sku', l.sku), ('category', l.category), ('category', l.top), ('channel', 'superstore'), ('customer', o.customer_id::text),
                           ('location', 'warehouse')) AS d(dimension, value);

CREATE FUNCTION planning.look() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('units delivered and back, per day',
        'SELECT day, sum(delivered), sum(back)
         FROM (SELECT delivered_at::date AS day, quantity AS delivered, 0 AS back FROM planning.life WHERE is_delivered
               UNION ALL SELECT back_on, 0, quantity FROM planning.life WHERE is_back) AS f GROUP BY day',
        'SELECT day, delivered, returned FROM oms_report.returns_by_day');
    PERFORM planning.same('worth of what was delivered, and of what came back of it, per month',
        'SELECT date_trunc(''month'', delivered_at)::date, sum(quantity), coalesce(sum(quantity) FILTER (WHERE is_back), 0),
                coalesce(sum(goods + tax) FILTER (WHERE is_back), 0)
         FROM planning.life WHERE is_delivered GROUP BY 1',
        'SELECT month, delivered, returned, returned_value FROM oms_report.return_trend WHERE dimension = ''all''');
    PERFORM planning.same('rates of categories, old enough and in the last 90 days of these',
        'SELECT c.category, count(DISTINCT order_id), sum(quantity), coalesce(sum(quantity) FILTER (WHERE is_back), 0),
                coalesce(sum(quantity) FILTER (WHERE delivered_at::date <= today - 30), 0),
                coalesce(sum(quantity) FILTER (WHERE is_back AND delivered_at::date <= today - 30), 0),
                coalesce(sum(quantity) FILTER (WHERE delivered_at::date <= today - 30 AND delivered_at::date > today - 120), 0)
         FROM planning.life JOIN oms.skus AS k ON k.code = sku JOIN oms.products AS p USING (product_id)
              CROSS JOIN LATERAL (VALUES (p.category::text), (split_part(p.category::text, ''.'', 1))) AS c(category)
         WHERE is_delivered GROUP BY c.category',
        'SELECT value, orders, delivered, returned, mature_delivered, mature_returned, recent_delivered FROM oms_report.return_rates WHERE dimension = ''category''');
    PERFORM planning.same('what came back, each time',
        'SELECT order_id, sku, back_on, quantity, goods + tax FROM planning.life WHERE is_back',
        'SELECT o.reference, sku, received_on, units, round(returned_value, 2) FROM oms_report.returned_units JOIN oms.orders AS o USING (order_id)');
    PERFORM planning.same('units that were delivered, line by line',
        'SELECT order_id, sku, delivered_at::date, delivered_at::date <= today - 30, category, quantity, CASE WHEN is_back THEN quantity ELSE 0 END,
                CASE WHEN is_back THEN quantity ELSE 0 END, goods + tax, CASE WHEN is_back THEN goods + tax ELSE 0 END
         FROM planning.life WHERE is_delivered',
        'SELECT o.reference, u.sku, u.delivered_on, u.mature, u.category, u.delivered, u.returned, u.returned_in_time, round(u.delivered_value, 2), round(u.returned_value, 2)
         FROM oms_report.delivered_units AS u JOIN oms.orders AS o USING (order_id) WHERE u.channel = ''superstore'' AND u.location = ''warehouse'' AND u.base_currency = ''USD''');
    PERFORM planning.same('the same by dimension',
        'SELECT d.dimension, d.value, order_id, sku, quantity FROM planning.dimensions AS d WHERE is_delivered',
        'SELECT u.dimension, u.value, o.reference, u.sku, u.delivered FROM oms_report.delivered_units_by AS u JOIN oms.orders AS o USING (order_id)');
    PERFORM planning.same('what came back by dimension',
        'SELECT d.dimension, d.value, order_id, sku, back_on, quantity FROM planning.dimensions AS d WHERE is_back',
        'SELECT u.dimension, u.value, o.reference, u.sku, u.received_on, u.units FROM oms_report.returned_units_by AS u JOIN oms.orders AS o USING (order_id)');
    PERFORM planning.same('what became of what came back, per month of the inspection',
        'SELECT date_trunc(''month'', i.day)::date, sku, category, ''warehouse'', verdict, sum(quantity)
         FROM planning.life CROSS JOIN LATERAL (SELECT min(day) AS day FROM planning.invoicing WHERE day >= back_on) AS i
         WHERE is_back GROUP BY 1, 2, 3, 5',
        'SELECT month, sku, category, location, disposition, units FROM oms_report.return_dispositions');
    PERFORM planning.same('the worst SKU comes back as often as any',
        'SELECT max(rate) FROM (SELECT oms.wilson_lower(sum(quantity) FILTER (WHERE is_back), sum(quantity)) AS rate
                                FROM planning.life WHERE delivered_at::date <= today - 30 GROUP BY sku) AS r',
        'SELECT max(rate_low) FROM oms_report.worst_skus');
    PERFORM planning.same('balances of accounts',
        'SELECT account, sum(n) FROM (
             SELECT ''clearing'' AS account, total AS n FROM planning.orders WHERE NOT on_terms
             UNION ALL SELECT ''revenue'', -goods FROM planning.orders WHERE is_shipped
             UNION ALL SELECT ''tax_payable'', -tax FROM planning.orders WHERE is_shipped
             UNION ALL SELECT ''receivables'', total FROM planning.orders WHERE is_shipped AND on_terms
             UNION ALL SELECT ''deferred_revenue'', -total FROM planning.orders WHERE NOT on_terms AND NOT is_shipped) AS f GROUP BY account',
        'SELECT account, balance + CASE account WHEN ''clearing'' THEN (SELECT coalesce(sum(fees), 0) FROM oms_report.reconciliation) ELSE 0 END
         FROM oms_report.trial_balance WHERE balance <> 0 AND account <> ''payment_fees''');
    PERFORM planning.same('the journal has what stands on the accounts',
        'SELECT account, debit, credit FROM oms_report.trial_balance',
        'SELECT account, sum(debit), sum(credit) FROM oms_report.journal GROUP BY account');
    PERFORM planning.same('tax, per day',
        'SELECT shipped_on, sum(tax) FROM planning.orders WHERE is_shipped GROUP BY 1',
        'SELECT day, tax FROM oms_report.tax_by_jurisdiction WHERE jurisdiction = ''US''');
    PERFORM planning.same('revenue, per day',
        'SELECT shipped_on, sum(goods) FROM planning.orders WHERE is_shipped GROUP BY 1',
        'SELECT day, net_revenue FROM oms_report.gross_margin WHERE channel = ''superstore''');
    PERFORM planning.same('who owes something, and who has paid before',
        'SELECT order_id, CASE WHEN on_terms THEN total ELSE 0 END, CASE WHEN on_terms THEN 0 ELSE total END
         FROM planning.orders WHERE on_terms AND is_shipped OR NOT on_terms AND NOT is_shipped',
        'SELECT reference, receivable, paid_before FROM oms_report.receivables');
    PERFORM planning.same('the same by customer',
        'SELECT customer, count(*), sum(total) FROM planning.orders WHERE on_terms AND is_shipped GROUP BY customer',
        'SELECT customer_name, sum(orders)::bigint, sum(receivable) FROM oms_report.customer_receivables WHERE receivable > 0 GROUP BY 1');
    PERFORM planning.same('invoices that are open',
        'SELECT order_id, customer, greatest(days_overdue, 0), total FROM planning.orders WHERE on_terms AND is_shipped',
        'SELECT o.reference, i.customer_name, i.days_overdue, i.open FROM oms_report.open_invoices AS i JOIN oms.orders AS o USING (order_id)');
    PERFORM planning.same('how long they are overdue, by customer',
        'SELECT customer, sum(total) FILTER (WHERE days_overdue <= 0), sum(total) FILTER (WHERE days_overdue BETWEEN 1 AND 30),
                sum(total) FILTER (WHERE days_overdue > 90), sum(total)
         FROM planning.orders WHERE on_terms AND is_shipped GROUP BY customer',
        'SELECT customer_name, nullif(sum(not_due), 0), nullif(sum(overdue_1_30), 0), nullif(sum(overdue_over_90), 0), sum(open) FROM oms_report.receivables_ageing GROUP BY 1');
    PERFORM planning.same('money with the provider, per day',
        'SELECT placed_on, sum(total), coalesce(sum(total) FILTER (WHERE reported AND placed_on < today), 0), coalesce(sum(round(total * 0.014, 2)) FILTER (WHERE reported AND placed_on < today), 0)
         FROM planning.orders WHERE NOT on_terms GROUP BY placed_on',
        'SELECT day, captured_here, captured_there, fees FROM oms_report.reconciliation');
END
$$;

/* what the provider reports of the days that are over, what is invoiced, and what is seen of what came back */
CREATE FUNCTION planning.settle() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM oms.import_settlements('psp', lines)
    FROM (SELECT jsonb_agg(jsonb_build_object('reference', order_id, 'kind', 'capture', 'currency', 'USD', 'amount', total, 'fee', round(total * 0.014, 2),
                                              'occurred_on', placed_on + 1, 'payment', order_id)) AS lines
          FROM planning.orders AS o
          WHERE NOT on_terms AND reported AND placed_on < today
                AND NOT EXISTS (SELECT FROM oms.settlements AS s WHERE s.provider = 'psp' AND s.reference = o.order_id)) AS n
    WHERE lines IS NOT NULL;
    PERFORM planning.run_job('reconcile_settlements'), planning.run_job('issue_invoices');
    PERFORM oms.inspect_return(r.order_id, r.return_no, jsonb_agg(jsonb_build_object('line_no', r.line_no, 'quantity', r.quantity::numeric, 'disposition', s.verdict)))
    FROM oms.return_receipts AS r
    JOIN oms.orders AS o USING (order_id)
    JOIN planning.sold AS s ON s.order_id = o.reference AND s.line_no = r.line_no
    WHERE NOT EXISTS (SELECT FROM oms.return_inspections AS i WHERE i.order_id = r.order_id AND i.return_no = r.return_no)
    GROUP BY r.order_id, r.return_no;
    INSERT INTO planning.invoicing VALUES ((oms.now() AT TIME ZONE 'UTC')::date);
END
$$;

/* some months, by what nothing, some or all of it has been rolled up */
SELECT format('CALL replay.run(%s, %s)', min(step_no), max(step_no)),
       format('SET oms.now = %L', max(at)), 'SELECT planning.settle()',
       CASE row_number() OVER w % 4 WHEN 2 THEN 'SELECT planning.run_job(j) FROM unnest(''{roll_up_reports,roll_up_ledger}''::text[]) AS j' END,
       CASE row_number() OVER w % 4 WHEN 1 THEN 'ANALYZE' END,
       CASE row_number() OVER w % 4 WHEN 2 THEN 'SELECT planning.look()' WHEN 0 THEN 'SELECT planning.look()' END
FROM (SELECT *, date_trunc('quarter', at) AS quarter FROM replay.queue) AS q
GROUP BY quarter
WINDOW w AS (ORDER BY quarter)
ORDER BY quarter
\gexec
SELECT planning.look();
SELECT planning.run_job(j) FROM unnest('{roll_up_reports,roll_up_ledger}'::text[]) AS j;
SELECT planning.look();

/* at last the provider reports some of what it forgot, a dollar too little, some a second time, and what it never had */
SELECT oms.import_settlements('psp', jsonb_agg(jsonb_build_object('reference', kind || order_id, 'kind', 'capture', 'currency', 'USD', 'amount', amount, 'fee', 0,
                                                                  'occurred_on', placed_on + 1, 'payment', order_id)))
FROM planning.wrong_lines \g /dev/null
SELECT planning.run_job('reconcile_settlements');
-- what is reported with another amount is still missing; nothing is before the first report, and in the last five days of all reports
SELECT planning.same('what does not agree with the reports of the provider',
    'SELECT fault, kind || order_id, placed_on + 1, order_id, CASE WHEN fault <> ''missing_here'' THEN order_id END, amount, CASE fault WHEN ''amount'' THEN total END,
            CASE fault WHEN ''amount'' THEN -1 END
     FROM planning.wrong_lines
     UNION ALL SELECT ''missing_there'', NULL, placed_on, order_id, order_id, 0, total, -total FROM planning.orders
     WHERE NOT on_terms AND NOT reported AND placed_on > (SELECT min(placed_on) FROM planning.orders WHERE NOT on_terms AND reported)
           AND placed_on <= (SELECT max(occurred_on) - 5 FROM oms.settlements)',
    'SELECT m.fault, m.line, m.day, m.payment, o.reference, m.there, m.here, m.difference
     FROM oms_report.settlement_mismatches AS m LEFT JOIN oms.orders AS o USING (order_id) WHERE m.provider = ''psp'' AND m.kind = ''capture'' AND m.currency = ''USD'' AND m.alert_status = ''open''');
SELECT planning.same('of each fault there is one', 'SELECT unnest(''{amount,duplicate,missing_here,missing_there}''::text[])', 'SELECT DISTINCT fault FROM oms_report.settlement_mismatches');
SELECT planning.none('what the store refused', 'SELECT * FROM replay.refused');
SELECT planning.books();
SELECT planning.report();
