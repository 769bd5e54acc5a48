/*
 * test/replay/online_retail.sql: invoices of a British wholesaler
 *
 * An invoice is an order; postage is the price of shipping.  A credit note
 * (its number starts with C) cancels what has not left yet of earlier orders
 * of the same customer and SKU, and pays back what has.  Single lines without
 * price and customer are corrections of the stock.
 */

SET search_path = replay, oms, public;
SET timezone = 'Europe/London';

CREATE TEMPORARY TABLE source (
    row_no bigserial, invoice text, sku text, name text, quantity integer, at timestamptz, price numeric,
    customer text, country text
);
\copy source (invoice, sku, name, quantity, at, price, customer, country) FROM PROGRAM 'gzip -dc "$DATA/online_retail/online_retail.csv.gz"' WITH (FORMAT csv, HEADER)

/* The countries as the source names them, and where their capitals lie */
CREATE TEMPORARY TABLE countries (name text PRIMARY KEY, code text NOT NULL, lat float8 NOT NULL, lon float8 NOT NULL);
INSERT INTO countries VALUES
    ('Australia', 'AU', -35.28, 149.13), ('Austria', 'AT', 48.21, 16.37), ('Bahrain', 'BH', 26.22, 50.58),
    ('Belgium', 'BE', 50.85, 4.35), ('Brazil', 'BR', -15.78, -47.93), ('Canada', 'CA', 45.41, -75.70),
    ('Channel Islands', 'JE', 49.19, -2.10), ('Cyprus', 'CY', 35.17, 33.37), ('Czech Republic', 'CZ', 50.09, 14.42),
    ('Denmark', 'DK', 55.68, 12.57), ('EIRE', 'IE', 53.33, -6.25), ('Finland', 'FI', 60.17, 24.94),
    ('France', 'FR', 48.85, 2.35), ('Germany', 'DE', 52.52, 13.41), ('Greece', 'GR', 37.98, 23.73),
    ('Hong Kong', 'HK', 22.28, 114.17), ('Iceland', 'IS', 64.14, -21.90), ('Israel', 'IL', 31.77, 35.22),
    ('Italy', 'IT', 41.89, 12.51), ('Japan', 'JP', 35.69, 139.69), ('Lebanon', 'LB', 33.89, 35.50),
    ('Lithuania', 'LT', 54.69, 25.28), ('Malta', 'MT', 35.90, 14.51), ('Netherlands', 'NL', 52.37, 4.89),
    ('Norway', 'NO', 59.91, 10.75), ('Poland', 'PL', 52.23, 21.01), ('Portugal', 'PT', 38.72, -9.13),
    ('RSA', 'ZA', -25.74, 28.19), ('Saudi Arabia', 'SA', 24.69, 46.72), ('Singapore', 'SG', 1.29, 103.85),
    ('Spain', 'ES', 40.42, -3.70), ('Sweden', 'SE', 59.33, 18.07), ('Switzerland', 'CH', 46.95, 7.45),
    ('USA', 'US', 38.90, -77.04), ('United Arab Emirates', 'AE', 24.45, 54.38), ('United Kingdom', 'GB', 51.51, -0.13);

DELETE FROM source
WHERE invoice NOT IN (SELECT invoice
                      FROM (SELECT invoice, row_number() OVER (ORDER BY min(at), invoice) AS n FROM source GROUP BY 1) AS i
                      WHERE n % :every = 0 AND n / :every <= :limit);

/* The code of an article is written in upper and lower case */
UPDATE source SET sku = upper(sku) WHERE sku <> upper(sku);

/* What is not a thing on a shelf, and what is postage */
CREATE INDEX ON source (invoice);
ANALYZE source;
ALTER TABLE source ADD kind text, ADD is_postage boolean;
UPDATE source SET
    is_postage = sku IN ('POST', 'DOT', 'C2')
                 AND EXISTS (SELECT FROM source s
                             WHERE s.invoice = source.invoice AND s.sku NOT IN ('POST', 'DOT', 'C2')),
    kind = CASE WHEN invoice LIKE 'C%' THEN 'credit'
                WHEN invoice LIKE 'A%' THEN 'ledger'
                WHEN quantity < 0 OR customer IS NULL AND price = 0
                     AND NOT EXISTS (SELECT FROM source s WHERE s.invoice = source.invoice AND s.price <> 0) THEN 'correction'
                ELSE 'order' END;
CREATE INDEX ON source (customer, sku) WHERE kind = 'order';
ANALYZE source;

SELECT put_channel('{"code": "wholesale", "name": "Online Retail", "kind": "b2b", "currency": "GBP"}') \g /dev/null
SELECT put_location('{"code": "uk", "name": "Warehouse", "country": "GB", "lat": 51.51, "lon": -0.13,
                      "time_zone": "Europe/London"}') \g /dev/null

INSERT INTO oms.products (code, name)
SELECT sku, coalesce((array_agg(name ORDER BY row_no) FILTER (WHERE name IS NOT NULL AND price > 0))[1], sku)
FROM source GROUP BY 1;
INSERT INTO oms.skus (code, product_id, name, stocked)
SELECT code, product_id, name, code ~ '^[0-9]{5}' OR code LIKE 'DCGS%' FROM oms.products;

/* Enough of everything for all that is sold and written off */
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT k.sku_id, l.location_id,
       sum(CASE s.kind WHEN 'order' THEN s.quantity WHEN 'correction' THEN greatest(-s.quantity, 0) END)::quantity
FROM source s JOIN oms.skus k ON k.code = s.sku, oms.locations l
WHERE k.stocked AND s.kind IN ('order', 'correction')
GROUP BY 1, 2;

/* Customers that have an account are billed; the others pay first */
SELECT count(put_customer(jsonb_build_object('reference', customer, 'kind', 'company', 'payment_terms_days', 30)))
FROM (SELECT DISTINCT customer FROM source WHERE customer IS NOT NULL) AS c \g /dev/null

INSERT INTO replay.orders (reference, placed_at, total, document)
SELECT s.invoice, min(s.at), sum(round(s.price * s.quantity, 2)),
       jsonb_strip_nulls(jsonb_build_object(
           'channel', 'wholesale',
           'reference', s.invoice,
           'placed_at', min(s.at),
           'customer', CASE WHEN min(s.customer) IS NOT NULL THEN jsonb_build_object('reference', min(s.customer)) END,
           'ship_to', jsonb_build_object('country', min(c.code), 'lat', min(c.lat), 'lon', min(c.lon)),
           'lines', coalesce(jsonb_agg(jsonb_build_object('sku', s.sku, 'quantity', s.quantity, 'unit_price', s.price,
                                                          'tax', 0) ORDER BY s.row_no) FILTER (WHERE NOT s.is_postage), '[]'),
           'shipping', jsonb_build_object('price', coalesce(sum(s.price * s.quantity) FILTER (WHERE s.is_postage), 0)),
           'payments', CASE WHEN min(s.customer) IS NULL AND sum(round(s.price * s.quantity, 2)) > 0
                            THEN jsonb_build_array(jsonb_build_object(
                                'method', 'card', 'status', 'captured', 'amount', sum(round(s.price * s.quantity, 2))))
                       END))
FROM source s LEFT JOIN countries c ON c.name = s.country
WHERE s.kind = 'order'
GROUP BY s.invoice;

/*
 * Credit notes: each line goes to the latest earlier order of the customer
 * that has as much left of the SKU at the same price.
 */
CREATE TABLE replay.sold (
    row_no bigint PRIMARY KEY, reference text, line_no integer, customer text, sku text, price numeric,
    at timestamptz, remains integer
);
INSERT INTO replay.sold
SELECT row_no, invoice, row_number() OVER (PARTITION BY invoice ORDER BY row_no), customer, sku, price, at, quantity
FROM source WHERE kind = 'order' AND NOT is_postage AND customer IS NOT NULL;
CREATE INDEX sold_customer_idx ON replay.sold (customer, sku, at);

CREATE TABLE replay.credits (
    row_no bigint PRIMARY KEY, reference text, at timestamptz, sku text, quantity integer, price numeric,
    sold_row_no bigint
);
DO $$
DECLARE
    credit record;
    found replay.sold;
BEGIN
    FOR credit IN
        SELECT row_no, invoice, at, sku, -quantity AS quantity, price, customer FROM source
        WHERE kind = 'credit' ORDER BY at, row_no
    LOOP
        SELECT * INTO found FROM replay.sold s
        WHERE s.customer = credit.customer AND s.sku = credit.sku AND s.at <= credit.at
              AND s.remains >= credit.quantity AND s.price = credit.price
        ORDER BY s.at DESC, s.row_no LIMIT 1;
        UPDATE replay.sold s SET remains = remains - credit.quantity WHERE s.row_no = found.row_no;
        INSERT INTO replay.credits
        VALUES (credit.row_no, credit.invoice, credit.at, credit.sku, credit.quantity, credit.price, found.row_no);
    END LOOP;
END
$$;

\copy (SELECT reference, at, sku, quantity, price FROM replay.credits WHERE sold_row_no IS NULL ORDER BY row_no) TO PROGRAM 'cat > "$REFUSED/online_retail_credits.csv"' WITH (FORMAT csv, HEADER)

/* What a credit note does, to the order that arguments name */
CREATE FUNCTION replay.credit(note text, arguments jsonb) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    target oms.orders;
    line oms.order_lines;
    quantity oms.quantity := (arguments ->> 'quantity')::oms.quantity;
BEGIN
    SELECT o.* INTO target FROM oms.orders o JOIN replay.orders r USING (order_id)
    WHERE r.reference = arguments ->> 'order';
    SELECT l.* INTO line FROM oms.order_lines l
    WHERE l.order_id = target.order_id AND l.line_no = (arguments ->> 'line_no')::integer;
    IF target.order_id IS NULL THEN
        RETURN;
    END IF;
    IF line.quantity - line.cancelled - line.shipped >= quantity THEN
        PERFORM oms.cancel_order(target.order_id, 'credit note ' || note,
                                 jsonb_build_array(jsonb_build_object('line_no', line.line_no, 'quantity', quantity::numeric)));
        INSERT INTO replay.credited VALUES (note, 'cancelled', (arguments ->> 'amount')::numeric);
    ELSE
        PERFORM oms.refund(target.order_id, oms.amount((arguments ->> 'amount')::numeric, 'GBP'), 'credit note',
                           note || '/' || (arguments ->> 'row_no'))
        WHERE (arguments ->> 'amount')::numeric > 0;
        INSERT INTO replay.credited VALUES (note, 'refunded', (arguments ->> 'amount')::numeric);
    END IF;
END
$$;
CREATE TABLE replay.credited (reference text, how text, amount numeric);

/*
 * Lives: the source has no times after the invoice's, so an order leaves at 8
 * on the next day, is paid then if it was not before, and arrives in three days.
 */
INSERT INTO replay.steps (at, rank, kind, reference, arguments)
SELECT placed_at, 1, 'place', reference, NULL::jsonb FROM replay.orders
UNION ALL
SELECT placed_at, 2, 'release_holds', reference, NULL FROM replay.orders
WHERE document #>> '{ship_to,country}' IS NULL
UNION ALL
SELECT date_trunc('day', placed_at) + s.wait, s.rank, s.kind, reference, s.arguments
FROM replay.orders,
     (VALUES (interval '1 day 8 hours', 5, 'ship', NULL), ('1 day 8 hours', 6, 'cover', '{"method": "bank_transfer"}'::jsonb),
             ('4 days 12 hours', 8, 'deliver', NULL)) AS s(wait, rank, kind, arguments)
UNION ALL
SELECT c.at, 7, 'credit', c.reference,
       jsonb_build_object('row_no', c.row_no, 'order', s.reference, 'line_no', s.line_no, 'quantity', c.quantity,
                          'amount', round(c.price * c.quantity, 2))
FROM replay.credits c JOIN replay.sold s ON s.row_no = c.sold_row_no
UNION ALL
SELECT s.at, 3, 'adjust', s.invoice,
       jsonb_build_object('sku', s.sku, 'location', 'uk', 'delta', s.quantity, 'reason', coalesce(s.name, 'unknown'))
FROM source s WHERE s.kind = 'correction' AND s.sku IN (SELECT code FROM oms.skus WHERE stocked);

INSERT INTO replay.remarks
SELECT 'invoices of the source, in all', count(DISTINCT invoice), sum(price * quantity) FROM source
UNION ALL
SELECT '... orders', count(DISTINCT invoice), sum(price * quantity) FROM source WHERE kind = 'order'
UNION ALL
SELECT '... corrections of the stock', count(DISTINCT invoice), sum(price * quantity) FROM source WHERE kind = 'correction'
UNION ALL
SELECT '... credit notes', count(DISTINCT invoice), sum(price * quantity) FROM source WHERE kind = 'credit'
UNION ALL
SELECT '... bad debt, not orders', count(DISTINCT invoice), sum(price * quantity) FROM source WHERE kind = 'ledger'
UNION ALL
SELECT 'lines of credit notes that an earlier order explains', count(*), sum(-price * quantity)
FROM replay.credits WHERE sold_row_no IS NOT NULL
UNION ALL
SELECT 'lines of credit notes that none explains: discounts, fees, sales before the data begin', count(*), sum(-price * quantity)
FROM replay.credits WHERE sold_row_no IS NULL
UNION ALL
SELECT 'corrections of what has no stock (fees), left out', count(*), sum(price * quantity)
FROM source WHERE kind = 'correction' AND sku NOT IN (SELECT code FROM oms.skus WHERE stocked)
UNION ALL
SELECT 'rounding of lines', count(*), sum(round(price * quantity, 2) - price * quantity)
FROM source WHERE kind = 'order' AND price * quantity <> round(price * quantity, 2)
UNION ALL
SELECT 'country unspecified: held until somebody mends the address', count(*), NULL
FROM replay.orders WHERE document #>> '{ship_to,country}' IS NULL;

CREATE FUNCTION replay.claim() RETURNS void
    LANGUAGE sql
AS $$
    INSERT INTO replay.claims
    SELECT 'credited: cancelled before it left (with the postage of orders of which nothing was left), and paid back',
           ((SELECT coalesce(sum(round(c.price * c.quantity, 2)), 0.00)
             FROM replay.credits c JOIN replay.sold s ON s.row_no = c.sold_row_no
             JOIN replay.orders o ON o.reference = s.reference AND o.order_id IS NOT NULL)
            + (SELECT coalesce(sum((r.document #>> '{shipping,price}')::numeric), 0.00)
               FROM replay.orders r JOIN oms.orders o USING (order_id) WHERE o.status = 'cancelled'))::text,
           ((SELECT coalesce(sum((e.data ->> 'total')::amount::numeric - o.total::numeric), 0.00)
             FROM oms.orders o JOIN oms.events e ON e.order_id = o.order_id AND e.sequence = 1)
            + (SELECT coalesce(sum(amount::numeric), 0) FROM oms.refunds))::text
$$;
