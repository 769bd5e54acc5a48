/* sql/code/89-invoice_check.sql: what must hold of invoices, checked by queries; see 90-invariant.sql */

CREATE OR REPLACE FUNCTION oms_internal.check_invoice_numbers(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'numbers of a series have no gaps', 'series ' || i.series || coalesce(' in ' || nullif(i.series_year, 0), ''),
           (max(i.number) - min(i.number) + 1) || ' numbers', count(*)::text
    FROM oms.invoices AS i
    WHERE i.number IS NOT NULL
    GROUP BY i.series, i.series_year
    HAVING count(*) <> max(i.number) - min(i.number) + 1
    UNION ALL
    SELECT 'a series goes on behind its last number', 'series ' || s.code, (l.number + 1)::text, s.next_number::text
    FROM oms.invoice_series AS s
    JOIN (SELECT i.series, i.series_year, max(i.number) AS number FROM oms.invoices AS i WHERE i.number IS NOT NULL
          GROUP BY i.series, i.series_year) AS l ON l.series = s.code AND l.series_year = s.year
    WHERE s.next_number <> l.number + 1
    UNION ALL
    SELECT 'numbers are in the order of days', 'series ' || d.series || ' number ' || d.number, '>= ' || d.before, d.issued_on::text
    FROM (SELECT i.series, i.number, i.issued_on,
                 lag(i.issued_on) OVER (PARTITION BY i.series ORDER BY i.series_year, i.number) AS before
          FROM oms.invoices AS i WHERE i.number IS NOT NULL) AS d
    WHERE d.issued_on < d.before
$$;
COMMENT ON FUNCTION oms_internal.check_invoice_numbers() IS 'Invariant: numbers of invoices and credit notes are dense in each series, and in the order of days';

CREATE OR REPLACE FUNCTION oms_internal.check_invoice_sums(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'an invoice is the sum of its lines', i.order_id || ' invoice ' || i.invoice_no,
           format('%s + %s - %s + %s', x.goods, x.shipping, x.discount, x.tax),
           format('%s + %s - %s + %s', minor(i.goods), minor(i.shipping), minor(i.discount), minor(i.tax))
    FROM oms.invoices AS i
         LEFT JOIN (SELECT order_id, invoice_no, sum(minor(goods)) FILTER (WHERE line_no <> 0) AS goods,
                           sum(minor(goods)) FILTER (WHERE line_no = 0) AS shipping,
                           sum(minor(discount)) AS discount, sum(minor(tax)) AS tax
                    FROM oms.invoice_lines
                    GROUP BY order_id, invoice_no) AS l USING (order_id, invoice_no),
         -- a credit note that gives back a fee has no lines
         LATERAL (SELECT coalesce(l.goods, 0) AS goods, coalesce(l.shipping, 0) AS shipping,
                         coalesce(l.discount, 0) AS discount, coalesce(l.tax, 0) AS tax) AS x
    WHERE (x.goods, x.shipping, x.discount, x.tax)
          IS DISTINCT FROM (minor(i.goods)::numeric, minor(i.shipping)::numeric, minor(i.discount)::numeric, minor(i.tax)::numeric)
$$;
COMMENT ON FUNCTION oms_internal.check_invoice_sums() IS 'Invariant: the sums of an invoice or credit note are those of its lines';

/* What was cancelled or edited after the last invoice, the next one corrects */
CREATE OR REPLACE FUNCTION oms_internal.check_invoiced(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH lines AS (
        SELECT l.order_id, l.line_no, sum(l.quantity::numeric) AS quantity
        FROM oms.invoice_lines AS l
        JOIN oms.invoices AS i ON i.order_id = l.order_id AND i.invoice_no = l.invoice_no
        WHERE i.kind = 'invoice' AND l.line_no > 0
        GROUP BY l.order_id, l.line_no
    ), orders AS (
        SELECT i.order_id, sum(minor(i.total)) AS total, bool_and(i.closed) AS closed
        FROM oms.invoices AS i WHERE i.kind = 'invoice'
        GROUP BY i.order_id
    ), wrong AS (
        SELECT 'no more of a line is invoiced than is charged' AS invariant, l.order_id, l.order_id || ' line ' || l.line_no AS key,
               '<= ' || o.quantity - o.cancelled AS expected, l.quantity::text AS found
        FROM lines AS l
        JOIN oms.order_lines AS o ON o.order_id = l.order_id AND o.line_no = l.line_no
        WHERE l.quantity > (o.quantity - o.cancelled)::numeric
        UNION ALL
        SELECT 'the invoices of an order add up to its total', i.order_id, 'order ' || i.order_id, o.total::text,
               oms_internal.minor_text(i.total, o.total)
        FROM orders AS i
        JOIN oms.orders AS o ON o.order_id = i.order_id
        WHERE i.total <> minor(o.total)
              AND NOT EXISTS (SELECT FROM oms.order_lines AS l
                              LEFT JOIN lines AS n ON n.order_id = l.order_id AND n.line_no = l.line_no
                              WHERE l.order_id = o.order_id AND coalesce(n.quantity, 0) < (l.quantity - l.cancelled)::numeric)
    )
    SELECT w.invariant, w.key, w.expected, w.found
    FROM wrong AS w
    WHERE NOT EXISTS (SELECT FROM oms.event_history AS e
                      WHERE e.order_id = w.order_id AND e.type IN ('line.cancelled', 'order.cancelled', 'order.edited')
                            AND e.sequence > (SELECT max(x.sequence) FROM oms.event_history AS x
                                              WHERE x.order_id = w.order_id AND x.type = 'invoice.issued'))
    UNION ALL
    SELECT 'nothing is open of what is closed', 'order ' || i.order_id, '<= 0', oms_internal.minor_text(d.open, o.total)
    FROM orders AS i
    JOIN oms.orders AS o ON o.order_id = i.order_id
    CROSS JOIN LATERAL (
        SELECT i.total - (SELECT coalesce(sum(minor(p.captured) - minor(p.refunded)), 0) FROM oms.payments AS p
                          WHERE p.order_id = i.order_id)
               - (SELECT coalesce(sum(minor(c.total)), 0) FROM oms.invoices AS c
                  WHERE c.order_id = i.order_id AND c.kind = 'credit_note') AS open) AS d
    WHERE i.closed AND d.open > 0
$$;
COMMENT ON FUNCTION oms_internal.check_invoiced() IS 'Invariant: the invoices of an order never say more than is charged, and in the end say all of it';
