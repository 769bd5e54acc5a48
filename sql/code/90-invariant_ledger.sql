/* sql/code/90-invariant_ledger.sql: what must hold of the books */

CREATE OR REPLACE FUNCTION oms_internal.check_postings(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT v.invariant, 'posting ' || p.posting_id, v.expected, v.found
    FROM (SELECT posting_id, sum(minor(amount)) AS minor, min(amount) AS like_amount,
                 count(DISTINCT currency_of(amount)) AS currencies,
                 sum(minor(base_amount)) AS base_minor, min(base_amount) AS like_base,
                 count(base_amount) AS valued, count(*) AS lines
          FROM oms.ledger_entries
          GROUP BY posting_id) AS p,
         LATERAL (VALUES
             ('a posting adds up to nothing', p.minor = 0, '0', oms_internal.minor_text(p.minor, p.like_amount)),
             ('a posting adds up to nothing in the base currency', p.base_minor = 0, '0',
              oms_internal.minor_text(p.base_minor, p.like_base)),
             ('a posting has one currency', p.currencies = 1, '1', p.currencies::text),
             ('a posting is valued as a whole', p.valued IN (0, p.lines), '0 or ' || p.lines || ' lines', p.valued::text)
         ) AS v(invariant, holds, expected, found)
    WHERE NOT v.holds
    UNION ALL
    SELECT 'the books have one base currency', 'posting ' || min(posting_id),
           (SELECT value FROM oms.settings WHERE name = 'base_currency'), currency_of(base_amount)
    FROM oms.ledger_entries
    WHERE base_amount IS NOT NULL
    GROUP BY currency_of(base_amount)
    HAVING currency_of(base_amount) IS DISTINCT FROM (SELECT value FROM oms.settings WHERE name = 'base_currency')
$$;
COMMENT ON FUNCTION oms_internal.check_postings() IS 'Invariant: every posting balances, in its currency and in the base currency of the store';

/*
 * Written without the functions that the postings are made by. The part that has
 * left is a pair, as its quotient would have to be rounded: 5 of 6 units of 0.03
 * are 0.025, but 0.8333 of it is less, which rounds to another cent.
 */
CREATE OR REPLACE FUNCTION oms_internal.line_charges(
    OUT order_id bigint, OUT line_no integer, OUT goods numeric, OUT discount numeric, OUT tax numeric,
    OUT shipped numeric, OUT charged numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH lines AS (
        SELECT l.order_id, l.line_no, c.goods - c.included AS goods, c.discount, c.tax + c.included AS tax,
               CASE WHEN q.charged > 0 THEN l.shipped::numeric ELSE 0 END AS shipped, coalesce(nullif(q.charged, 0), 1) AS charged
        FROM oms.order_lines l,
             LATERAL (SELECT l.quantity::numeric - l.cancelled::numeric AS charged) AS q,
             LATERAL (SELECT round(l.unit_price * q.charged * power(10::numeric, scale(l.total::numeric)))
                             - round(minor(l.discount) * q.charged / l.quantity::numeric) AS goods,
                             coalesce(round(minor(l.included_tax) * q.charged / l.quantity::numeric), 0) AS included,
                             coalesce(round(minor(l.order_discount) * q.charged / l.quantity::numeric), 0) AS discount,
                             round(minor(l.tax) * q.charged / l.quantity::numeric) AS tax) AS c
    )
    SELECT order_id, line_no, goods, discount, tax, shipped, charged FROM lines
    UNION ALL
    SELECT o.order_id, 0, minor(o.shipping_price) - coalesce(minor(o.shipping_included_tax), 0),
           minor(o.discount) - coalesce(l.discount, 0),
           minor(o.shipping_tax) + coalesce(minor(o.shipping_included_tax), 0),
           coalesce(l.shipped, 0), 1
    FROM oms.orders o
         LEFT JOIN (SELECT order_id, sum(discount) AS discount, max(sign(shipped)) AS shipped
                    FROM lines GROUP BY order_id) AS l USING (order_id)
$$;
COMMENT ON FUNCTION oms_internal.line_charges() IS 'What each line of each order costs, shipping as line 0, in minor units, and how many of the units that are charged have left';

CREATE OR REPLACE FUNCTION oms_internal.check_order_books(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH shipped AS (
        SELECT order_id,
               sum(round(goods * shipped / charged)) FILTER (WHERE line_no > 0) AS revenue,
               sum(round(goods * shipped / charged)) FILTER (WHERE line_no = 0) AS shipping,
               sum(round(tax * shipped / charged)) AS tax, sum(round(discount * shipped / charged)) AS discount
        FROM oms_internal.line_charges()
        GROUP BY order_id
    ), credited AS (
        SELECT order_id, sum(minor(goods)) AS goods, sum(minor(shipping)) AS shipping, sum(minor(tax)) AS tax,
               sum(minor(discount)) AS discount, sum(minor(fee)) AS fee, sum(minor(total)) AS total
        FROM oms.invoices
        WHERE kind = 'credit_note'
        GROUP BY order_id
    ), paid AS (
        SELECT order_id, sum(minor(e.amount)) FILTER (WHERE e.kind = 'capture') AS captured,
               sum(minor(e.amount)) FILTER (WHERE e.kind = 'refund') AS refunded
        FROM oms.payment_entries e
             JOIN oms.payments p USING (order_id, payment_no)
        WHERE p.method <> 'exchange'
        GROUP BY order_id
    ), books AS (
        SELECT order_id, kind, CASE WHEN account IN ('receivables', 'deferred_revenue') THEN 'customer' ELSE account END AS account,
               sum(minor(amount)) AS minor
        FROM oms.ledger_entries
        WHERE order_id IS NOT NULL
        GROUP BY 1, 2, 3
    )
    SELECT 'the books have what has left', 'order ' || coalesce(x.order_id, b.order_id) || ' ' || coalesce(x.account, b.account),
           oms_internal.minor_text(coalesce(x.minor, 0), o.total), oms_internal.minor_text(coalesce(b.minor, 0), o.total)
    FROM (SELECT order_id, v.account, v.minor
          FROM shipped s,
               LATERAL (VALUES ('customer', s.revenue + s.shipping + s.tax - s.discount), ('revenue', -s.revenue),
                               ('shipping_income', -s.shipping), ('tax_payable', -s.tax), ('discounts', s.discount)
               ) AS v(account, minor)) AS x
         FULL JOIN (SELECT * FROM books WHERE kind = 'shipment') AS b USING (order_id, account)
         LEFT JOIN oms.orders o USING (order_id)
    WHERE coalesce(x.minor, 0) <> coalesce(b.minor, 0)
    UNION ALL
    SELECT 'the books have what was credited', 'order ' || coalesce(x.order_id, b.order_id) || ' ' || coalesce(x.account, b.account),
           oms_internal.minor_text(coalesce(x.minor, 0), o.total), oms_internal.minor_text(coalesce(b.minor, 0), o.total)
    FROM (SELECT order_id, v.account, v.minor
          FROM credited c,
               LATERAL (VALUES ('customer', -c.total), ('returns', c.goods), ('shipping_income', c.shipping),
                               ('tax_payable', c.tax), ('discounts', -c.discount), ('restocking_fees', -c.fee)
               ) AS v(account, minor)) AS x
         FULL JOIN (SELECT * FROM books WHERE kind = 'credit_note') AS b USING (order_id, account)
         LEFT JOIN oms.orders o USING (order_id)
    WHERE coalesce(x.minor, 0) <> coalesce(b.minor, 0)
    UNION ALL
    SELECT 'the books have what was paid', 'order ' || coalesce(x.order_id, b.order_id) || ' ' || coalesce(x.kind, b.kind),
           oms_internal.minor_text(coalesce(x.minor, 0), o.total), oms_internal.minor_text(coalesce(b.minor, 0), o.total)
    FROM (SELECT order_id, v.kind, v.minor
          FROM paid p, LATERAL (VALUES ('capture', -p.captured), ('refund', p.refunded)) AS v(kind, minor)) AS x
         FULL JOIN (SELECT * FROM books WHERE kind IN ('capture', 'refund') AND account = 'customer') AS b
              USING (order_id, kind)
         LEFT JOIN oms.orders o USING (order_id)
    WHERE coalesce(x.minor, 0) <> coalesce(b.minor, 0)
$$;
COMMENT ON FUNCTION oms_internal.check_order_books() IS 'Invariant: revenue, tax and discounts of what has left, credits, captures and refunds are on the books of each order, to the cent';

CREATE OR REPLACE FUNCTION oms_internal.check_customer_accounts(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT v.invariant, 'order ' || a.order_id, v.expected, v.found
    FROM (SELECT order_id, min(amount) AS like_amount, min(base_amount) AS like_base,
                 coalesce(sum(minor(amount)) FILTER (WHERE account = 'receivables'), 0) AS receivables,
                 coalesce(sum(minor(amount)) FILTER (WHERE account = 'deferred_revenue'), 0) AS deferred,
                 coalesce(sum(minor(base_amount)) FILTER (WHERE account = 'receivables'), 0) AS receivables_base,
                 coalesce(sum(minor(base_amount)) FILTER (WHERE account = 'deferred_revenue'), 0) AS deferred_base
          FROM oms.ledger_entries
          WHERE order_id IS NOT NULL AND account IN ('receivables', 'deferred_revenue')
          GROUP BY order_id) AS a,
         LATERAL (VALUES
             ('a customer owes or has paid before', a.receivables >= 0 AND a.deferred <= 0 AND a.receivables * a.deferred = 0,
              'receivables or deferred revenue',
              oms_internal.minor_text(a.receivables, a.like_amount) || ' and ' || oms_internal.minor_text(a.deferred, a.like_amount)),
             ('an account that is even is worth nothing',
              NOT (a.receivables = 0 AND a.receivables_base <> 0 OR a.deferred = 0 AND a.deferred_base <> 0), '0',
              oms_internal.minor_text(a.receivables_base + a.deferred_base, a.like_base))
         ) AS v(invariant, holds, expected, found)
    WHERE NOT v.holds
$$;
COMMENT ON FUNCTION oms_internal.check_customer_accounts() IS 'Invariant: of an order the customer owes or has paid too early, never both, and nothing is left in the base currency of what is even';

CREATE OR REPLACE FUNCTION oms_internal.check_credit_notes(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH lines AS (
        SELECT l.order_id, l.invoice_no, l.line_no, minor(l.goods) AS goods, minor(l.discount) AS discount, minor(l.tax) AS tax
        FROM oms.invoice_lines l
             JOIN oms.invoices i USING (order_id, invoice_no)
        WHERE i.kind = 'credit_note'
    )
    SELECT 'a credit note''s ' || v.sum || ' is that of its lines', 'credit note ' || i.order_id || '-' || i.invoice_no,
           oms_internal.minor_text(coalesce(v.expected, 0), i.total), v.found::text
    FROM oms.invoices i
         LEFT JOIN (SELECT order_id, invoice_no, sum(goods) FILTER (WHERE line_no > 0) AS goods,
                           sum(goods) FILTER (WHERE line_no = 0) AS shipping, sum(discount) AS discount, sum(tax) AS tax
                    FROM lines GROUP BY order_id, invoice_no) AS l USING (order_id, invoice_no),
         LATERAL (VALUES ('goods', l.goods, i.goods), ('shipping', l.shipping, i.shipping),
                         ('discount', l.discount, i.discount), ('tax', l.tax, i.tax)) AS v(sum, expected, found)
    WHERE i.kind = 'credit_note' AND coalesce(v.expected, 0) <> minor(v.found)
    UNION ALL
    SELECT 'no more is credited than was charged', c.order_id || ' line ' || c.line_no || ' ' || v.part,
           '0 to ' || coalesce(oms_internal.minor_text(v.charged, o.total), 'nothing'), oms_internal.minor_text(v.credited, o.total)
    FROM (SELECT order_id, line_no, sum(goods) AS goods, sum(discount) AS discount, sum(tax) AS tax
          FROM lines GROUP BY order_id, line_no) AS c
         LEFT JOIN oms_internal.line_charges() AS l USING (order_id, line_no)
         LEFT JOIN oms.orders o USING (order_id),
         LATERAL (VALUES ('price', l.goods, c.goods), ('discount', l.discount, c.discount), ('tax', l.tax, c.tax)
         ) AS v(part, charged, credited)
    WHERE (v.credited BETWEEN 0 AND v.charged) IS NOT TRUE
    UNION ALL
    SELECT 'no more fees are given back than were kept', 'order ' || order_id, 'at least 0', sum(fee)::text
    FROM oms.invoices
    WHERE kind = 'credit_note'
    GROUP BY order_id
    HAVING sum(minor(fee)) < 0
$$;
COMMENT ON FUNCTION oms_internal.check_credit_notes() IS 'Invariant: credit notes add up, and take back at most what was charged of each part of each line';

CREATE OR REPLACE FUNCTION oms_internal.check_freight(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'the books have what shipments cost',
           'fulfillment ' || coalesce(s.order_id, e.order_id) || '-F' || coalesce(s.fulfillment_no, e.subject_no),
           coalesce(s.cost::text, 'nothing'), coalesce(e.amount::text, 'nothing')
    FROM (SELECT * FROM oms.shipments WHERE sign(cost) > 0) AS s
         FULL JOIN (SELECT order_id, subject_no, sum(amount) AS amount
                    FROM oms.ledger_entries
                    WHERE account = 'freight_out'
                    GROUP BY order_id, subject_no, currency_of(amount)
                    HAVING sign(sum(amount)) <> 0) AS e ON e.order_id = s.order_id AND e.subject_no = s.fulfillment_no
    WHERE s.cost IS DISTINCT FROM e.amount
$$;
COMMENT ON FUNCTION oms_internal.check_freight() IS 'Invariant: the ledger has what carriers charge for shipments';
