/* sql/code/90-invariant_purchasing.sql: what must never be, of purchase orders and the bills for them */

CREATE OR REPLACE FUNCTION oms_internal.check_purchase_orders(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a purchase order''s status is that of its lines', 'purchase order ' || o.code, o.status::text,
           format('%s received of %s lines, %s whole', l.received, l.lines, l.whole)
    FROM oms.purchase_orders o,
         LATERAL (SELECT count(*) AS lines, count(*) FILTER (WHERE received > '0') AS received,
                         count(*) FILTER (WHERE received + cancelled >= quantity) AS whole
                  FROM oms.purchase_order_lines l
                  WHERE l.purchase_order_id = o.purchase_order_id) AS l
    WHERE NOT CASE WHEN o.status IN ('draft', 'sent', 'confirmed', 'cancelled') THEN l.received = 0
                   WHEN o.status = 'partially_received' THEN l.received > 0 AND l.whole < l.lines
                   WHEN o.status = 'received' THEN l.received > 0 AND l.whole = l.lines
                   ELSE l.received > 0 END
    UNION ALL
    SELECT 'a purchase order has one currency', 'purchase order ' || o.code || ' line ' || l.line_no, o.currency, c.currency
    FROM oms.purchase_orders o
         JOIN oms.purchase_order_lines l USING (purchase_order_id),
         LATERAL (VALUES (currency_of(l.unit_cost)), (currency_of(l.confirmed_cost))) AS c(currency)
    WHERE c.currency <> o.currency
    UNION ALL
    SELECT 'what a line of a purchase order has received equals its receipts', 'purchase order ' || o.code || ' line ' || l.line_no,
           coalesce(r.quantity, 0)::text, l.received::text
    FROM oms.purchase_orders o
         JOIN oms.purchase_order_lines l USING (purchase_order_id)
         LEFT JOIN (SELECT purchase_order_id, line_no, sum(quantity::numeric) AS quantity
                    FROM oms.purchase_receipts
                    GROUP BY purchase_order_id, line_no) AS r USING (purchase_order_id, line_no)
    WHERE l.received::numeric <> coalesce(r.quantity, 0)
    UNION ALL
    SELECT 'the status of a purchase order is that of its last event', 'purchase order ' || o.code, e.state, o.status::text
    FROM oms.purchase_orders o,
         LATERAL (SELECT split_part(e.type, '.', 2) AS state
                  FROM oms.subject_events e
                  WHERE e.subject = 'purchase_order' AND e.key = o.code
                        AND e.type IN (SELECT 'purchase_order.' || s.state FROM unnest(
                            '{sent,confirmed,partially_received,received,closed,cancelled}'::text[]) AS s(state))
                  ORDER BY e.event_id DESC LIMIT 1) AS e
    WHERE e.state <> o.status::text
$$;
COMMENT ON FUNCTION oms_internal.check_purchase_orders() IS 'Invariant: the status of a purchase order agrees with what its lines have received and with its events; its costs are in its currency';

CREATE OR REPLACE FUNCTION oms_internal.check_bills(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a bill is the sum of its lines', 'bill ' || b.bill_id, oms_internal.minor_text(coalesce(l.minor, 0), b.goods), b.goods::text
    FROM oms.bills b
         LEFT JOIN (SELECT bill_id, sum(minor(total)) AS minor FROM oms.bill_lines GROUP BY bill_id) AS l USING (bill_id)
    WHERE coalesce(l.minor, 0) <> minor(b.goods)
    UNION ALL
    SELECT 'a line of a bill is quantity by price', 'bill ' || l.bill_id || ' line ' || l.line_no,
           round(l.quantity::numeric * l.unit_cost, scale(l.total::numeric))::text, l.total::numeric::text
    FROM oms.bill_lines l
    WHERE round(l.quantity::numeric * l.unit_cost, scale(l.total::numeric)) <> l.total::numeric
    UNION ALL
    SELECT 'what was paid of a bill equals its payments', 'bill ' || b.bill_id, oms_internal.minor_text(coalesce(y.minor, 0), b.paid), b.paid::text
    FROM oms.bills b
         LEFT JOIN (SELECT bill_id, sum(minor(amount)) AS minor FROM oms.bill_payments GROUP BY bill_id) AS y USING (bill_id)
    WHERE coalesce(y.minor, 0) <> minor(b.paid) OR b.agreed_at IS NULL AND minor(b.paid) > 0
    UNION ALL
    SELECT 'what was billed of a line equals its bills', 'purchase order ' || o.code || ' line ' || l.line_no,
           coalesce(i.quantity, 0)::text, l.billed::text
    FROM oms.purchase_order_lines l
         JOIN oms.purchase_orders o USING (purchase_order_id)
         LEFT JOIN (SELECT i.purchase_order_id, i.order_line_no AS line_no, sum(i.quantity::numeric) AS quantity
                    FROM oms.bill_lines i JOIN oms.bills b USING (bill_id)
                    WHERE b.agreed_at IS NOT NULL
                    GROUP BY 1, 2) AS i USING (purchase_order_id, line_no)
    WHERE coalesce(i.quantity, 0) <> l.billed::numeric
    UNION ALL
    SELECT 'what is billed has come, as far as it can', 'purchase order ' || o.code || ' line ' || l.line_no,
           least(l.received, l.billed)::text, format('%s of receipts, %s of bills', coalesce(r.billed, 0), coalesce(i.cleared, 0))
    FROM oms.purchase_order_lines l
         JOIN oms.purchase_orders o USING (purchase_order_id)
         LEFT JOIN (SELECT purchase_order_id, line_no, sum(billed::numeric) AS billed
                    FROM oms.purchase_receipts
                    GROUP BY 1, 2) AS r USING (purchase_order_id, line_no)
         LEFT JOIN (SELECT purchase_order_id, order_line_no AS line_no, sum(cleared::numeric) AS cleared
                    FROM oms.bill_lines
                    GROUP BY 1, 2) AS i USING (purchase_order_id, line_no)
    WHERE coalesce(r.billed, 0) <> least(l.received, l.billed)::numeric OR coalesce(i.cleared, 0) <> coalesce(r.billed, 0)
    UNION ALL
    SELECT 'a bill has an alert while it is mismatched', 'bill ' || b.bill_id, b.status, coalesce(a.status, 'closed')
    FROM oms.bills b
         JOIN oms.suppliers p USING (supplier_id)
         JOIN oms.alerts a ON a.kind = 'bill_mismatched' AND a.key = p.code || '/' || b.number AND a.status <> 'closed'
    WHERE b.status NOT IN ('mismatched', 'rejected')
$$;
COMMENT ON FUNCTION oms_internal.check_bills() IS 'Invariant: bills add up, what was billed and paid is counted, and an alert tells of what does not agree';

CREATE OR REPLACE FUNCTION oms_internal.check_bill_ledger(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH posted AS (
        SELECT subject_no AS bill_id, account, currency_of(amount) AS currency, sum(minor(amount)) AS minor,
               sum(minor(base_amount)) AS base_minor, min(base_amount) AS like_base
        FROM oms.ledger_entries
        WHERE kind IN ('bill', 'bill_payment') AND account IN ('payables', 'bank', 'input_tax', 'freight_in')
        GROUP BY 1, 2, 3
    ), expected AS (
        SELECT b.bill_id, v.account, b.currency, v.minor, b.total
        FROM oms.bills b,
             LATERAL (VALUES ('payables', minor(b.paid) - minor(b.total)), ('bank', - minor(b.paid)), ('input_tax', minor(b.tax)),
                             ('freight_in', minor(b.shipping))) AS v(account, minor)
        WHERE b.agreed_at IS NOT NULL
    )
    SELECT 'the books have what was billed and paid', 'bill ' || coalesce(x.bill_id, p.bill_id) || ' ' || coalesce(x.account, p.account),
           coalesce(x.minor, 0)::text, coalesce(p.minor, 0)::text
    FROM expected x FULL JOIN posted p USING (bill_id, account, currency)
    WHERE coalesce(x.minor, 0) <> coalesce(p.minor, 0)
    UNION ALL
    SELECT 'what is open of a bill is worth what the books say', 'bill ' || b.bill_id, coalesce(b.base_open::text, '0'),
           oms_internal.minor_text(- coalesce(p.base_minor, 0), coalesce(b.base_open, p.like_base))
    FROM oms.bills b
         LEFT JOIN posted p ON p.bill_id = b.bill_id AND p.account = 'payables'
    WHERE coalesce(minor(b.base_open), 0) <> - coalesce(p.base_minor, 0)
    UNION ALL
    SELECT 'the books have what was received and not billed', coalesce(r.currency, e.currency),
           coalesce(r.minor, 0) || ' and ' || coalesce(r.base_minor, 0), coalesce(e.minor, 0) || ' and ' || coalesce(e.base_minor, 0)
    FROM (SELECT currency_of(value) AS currency, sum(minor(value) - coalesce(minor(billed_value), 0)) AS minor,
                 sum(minor(base_value) - coalesce(minor(billed_base), 0)) AS base_minor
          FROM oms.purchase_receipts
          WHERE value IS NOT NULL
          GROUP BY 1) AS r
         FULL JOIN (SELECT currency_of(amount) AS currency, - sum(minor(amount)) AS minor, - sum(minor(base_amount)) AS base_minor
                    FROM oms.ledger_entries
                    WHERE account = 'received_not_billed'
                    GROUP BY 1) AS e USING (currency)
    WHERE (coalesce(r.minor, 0), coalesce(r.base_minor, 0)) <> (coalesce(e.minor, 0), coalesce(e.base_minor, 0))
$$;
COMMENT ON FUNCTION oms_internal.check_bill_ledger() IS 'Invariant: the ledger owes what bills say and were not paid, and what has come and was not billed';
