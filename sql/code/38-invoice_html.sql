/* sql/code/38-invoice_html.sql: invoices and credit notes as documents to print */

CREATE OR REPLACE FUNCTION oms_internal.html(content text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT replace(replace(replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
END;
COMMENT ON FUNCTION oms_internal.html(text) IS 'Text as HTML shows it: markup in it is none';

/* All that is written on invoices, a row for each language; a new one needs a row here */
CREATE OR REPLACE FUNCTION oms_internal.invoice_languages(
    OUT language text, OUT labels text[], OUT decimal_point text, OUT group_mark text, OUT date_format text, OUT months text[]
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT *
    FROM (VALUES
        ('en', ARRAY['Invoice', 'Credit note', 'Corrective invoice', 'Number', 'Date', 'Due date', 'Order', 'Order date', 'Customer',
                     'Bill to', 'Ship to', 'Tax ID', 'Item', 'Quantity', 'Unit price', 'Tax', 'Net amount',
                     'Goods', 'Shipping', 'Net total', 'Tax', 'on', 'Discount', 'Fee kept', 'Total', 'Credited', 'Paid', 'Balance due',
                     'Refers to invoice', 'No tax is charged: the customer is exempt.', 'Please pay with this reference', 'Bank account',
                     'due at once', 'All amounts in', 'Allowance', 'Draft'],
         '.', ',', 'D Mon YYYY', ARRAY['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']),
        ('de', ARRAY['Rechnung', 'Gutschrift', 'Rechnungskorrektur', 'Nummer', 'Datum', 'Fällig am', 'Bestellung', 'Bestelldatum', 'Kunde',
                     'Rechnung an', 'Lieferung an', 'USt-IdNr.', 'Artikel', 'Menge', 'Einzelpreis', 'USt.', 'Netto',
                     'Waren', 'Versand', 'Summe netto', 'USt.', 'auf', 'Rabatt', 'Einbehaltene Gebühr', 'Gesamtbetrag', 'Gutgeschrieben', 'Bezahlt', 'Offener Betrag',
                     'Zu Rechnung', 'Es wird keine Umsatzsteuer berechnet: der Kunde ist befreit.', 'Bitte bei der Zahlung angeben', 'Bankverbindung',
                     'sofort fällig', 'Alle Beträge in', 'Nachlass', 'Entwurf'],
         ',', '.', 'DD.MM.YYYY', NULL),
        ('fr', ARRAY['Facture', 'Avoir', 'Facture rectificative', 'Numéro', 'Date', 'Échéance', 'Commande', 'Date de commande', 'Client',
                     'Facturé à', 'Livré à', 'N° TVA', 'Article', 'Quantité', 'Prix unitaire', 'TVA', 'Montant HT',
                     'Articles', 'Livraison', 'Total HT', 'TVA', 'sur', 'Remise', 'Frais retenus', 'Total TTC', 'Crédité', 'Payé', 'Reste à payer',
                     'Concerne la facture', 'Aucune taxe facturée : le client est exonéré.', 'Référence à rappeler au paiement', 'Coordonnées bancaires',
                     'payable immédiatement', 'Montants en', 'Geste commercial', 'Brouillon'],
         ',', E'\u202F', 'DD/MM/YYYY', NULL),
        ('es', ARRAY['Factura', 'Nota de crédito', 'Factura rectificativa', 'Número', 'Fecha', 'Vencimiento', 'Pedido', 'Fecha del pedido', 'Cliente',
                     'Facturar a', 'Enviar a', 'NIF/IVA', 'Artículo', 'Cantidad', 'Precio unitario', 'IVA', 'Importe neto',
                     'Artículos', 'Envío', 'Total neto', 'IVA', 'sobre', 'Descuento', 'Gastos retenidos', 'Total', 'Abonado', 'Pagado', 'Importe pendiente',
                     'Relativa a la factura', 'No se repercute impuesto: el cliente está exento.', 'Indique esta referencia al pagar', 'Cuenta bancaria',
                     'pago inmediato', 'Importes en', 'Bonificación', 'Borrador'],
         ',', '.', 'DD/MM/YYYY', NULL),
        ('pt', ARRAY['Fatura', 'Nota de crédito', 'Fatura retificativa', 'Número', 'Data', 'Vencimento', 'Encomenda', 'Data da encomenda', 'Cliente',
                     'Faturado a', 'Entregue a', 'NIF', 'Artigo', 'Quantidade', 'Preço unitário', 'IVA', 'Valor líquido',
                     'Artigos', 'Portes', 'Total líquido', 'IVA', 'sobre', 'Desconto', 'Taxa retida', 'Total', 'Creditado', 'Pago', 'Valor em dívida',
                     'Referente à fatura', 'Sem imposto: o cliente está isento.', 'Indique esta referência no pagamento', 'Conta bancária',
                     'pagamento imediato', 'Valores em', 'Abatimento', 'Rascunho'],
         ',', E'\u00A0', 'DD/MM/YYYY', NULL),
        ('it', ARRAY['Fattura', 'Nota di credito', 'Fattura rettificativa', 'Numero', 'Data', 'Scadenza', 'Ordine', 'Data ordine', 'Cliente',
                     'Fatturato a', 'Spedito a', 'Partita IVA', 'Articolo', 'Quantità', 'Prezzo unitario', 'IVA', 'Imponibile',
                     'Articoli', 'Spedizione', 'Totale imponibile', 'IVA', 'su', 'Sconto', 'Spese trattenute', 'Totale', 'Accreditato', 'Pagato', 'Saldo dovuto',
                     'Riferita alla fattura', 'Nessuna imposta addebitata: il cliente è esente.', 'Indicare questo riferimento nel pagamento', 'Coordinate bancarie',
                     'pagamento immediato', 'Importi in', 'Abbuono', 'Bozza'],
         ',', '.', 'DD/MM/YYYY', NULL),
        ('nl', ARRAY['Factuur', 'Creditnota', 'Correctiefactuur', 'Nummer', 'Datum', 'Vervaldatum', 'Bestelling', 'Besteldatum', 'Klant',
                     'Factuuradres', 'Afleveradres', 'Btw-nummer', 'Artikel', 'Aantal', 'Stukprijs', 'Btw', 'Nettobedrag',
                     'Artikelen', 'Verzending', 'Totaal excl. btw', 'Btw', 'over', 'Korting', 'Ingehouden kosten', 'Totaal', 'Gecrediteerd', 'Betaald', 'Te betalen',
                     'Bij factuur', 'Er wordt geen btw berekend: de klant is vrijgesteld.', 'Vermeld dit kenmerk bij betaling', 'Bankrekening',
                     'direct te betalen', 'Alle bedragen in', 'Tegemoetkoming', 'Concept'],
         ',', '.', 'DD-MM-YYYY', NULL),
        ('pl', ARRAY['Faktura', 'Nota kredytowa', 'Faktura korygująca', 'Numer', 'Data', 'Termin płatności', 'Zamówienie', 'Data zamówienia', 'Klient',
                     'Nabywca', 'Adres dostawy', 'NIP', 'Towar', 'Ilość', 'Cena netto', 'VAT', 'Wartość netto',
                     'Towary', 'Wysyłka', 'Razem netto', 'VAT', 'od', 'Rabat', 'Potrącona opłata', 'Razem', 'Skorygowano', 'Zapłacono', 'Do zapłaty',
                     'Dotyczy faktury', 'Nie naliczono podatku: klient jest zwolniony.', 'Prosimy podać przy płatności', 'Rachunek bankowy',
                     'płatne natychmiast', 'Wszystkie kwoty w', 'Upust', 'Projekt'],
         ',', E'\u00A0', 'DD.MM.YYYY', NULL)) AS l(language, labels, decimal_point, group_mark, date_format, months);
END;
COMMENT ON FUNCTION oms_internal.invoice_languages() IS 'What invoices say in each language, by the keys of oms_internal.invoice_labels(), and how it writes numbers and dates';

CREATE OR REPLACE FUNCTION oms_internal.invoice_labels(labels text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT jsonb_object(
        ARRAY['invoice', 'credit_note', 'correction', 'number', 'date', 'due', 'order', 'order_date', 'customer',
              'bill_to', 'ship_to', 'tax_id', 'item', 'quantity', 'unit_price', 'line_tax', 'amount',
              'goods', 'shipping', 'net', 'tax', 'tax_on', 'discount', 'fee', 'total', 'credited', 'paid', 'open',
              'refers', 'exempt', 'reference', 'bank',
              'at_once', 'currency', 'allowance', 'draft'], labels);
END;
COMMENT ON FUNCTION oms_internal.invoice_labels(text[]) IS 'The labels of a language by their keys';

CREATE OR REPLACE FUNCTION oms_internal.invoice_language(wanted text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce((SELECT l.language FROM oms_internal.invoice_languages() AS l WHERE l.language = split_part(lower(wanted), '-', 1)), 'en');
END;
COMMENT ON FUNCTION oms_internal.invoice_language(text) IS 'The language in which an invoice can be written that was wanted in another: that without its region, else English';

/* Countries write a language differently: Swiss and Austrian German, American English, Brazilian Portuguese, Mexican Spanish */
CREATE OR REPLACE FUNCTION oms_internal.local_format(language text, OUT decimal_point text, OUT group_mark text, OUT date_format text, OUT months text[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(r.decimal_point, l.decimal_point), coalesce(r.group_mark, l.group_mark), coalesce(r.date_format, l.date_format), l.months
    FROM oms_internal.invoice_languages() AS l
    LEFT JOIN (VALUES ('de-CH', '.', '’', NULL), ('fr-CH', '.', '’', 'DD.MM.YYYY'), ('it-CH', '.', '’', 'DD.MM.YYYY'),
                      ('pt-BR', ',', '.', NULL), ('es-MX', '.', ',', NULL), ('en-US', '.', ',', 'Mon D, YYYY'))
              AS r(tag, decimal_point, group_mark, date_format) ON r.tag = local_format.language
    WHERE l.language = oms_internal.invoice_language(local_format.language);
END;
COMMENT ON FUNCTION oms_internal.local_format(text) IS 'How numbers and dates are written in a language and region';

CREATE OR REPLACE FUNCTION oms_internal.grouped_number(value numeric, group_mark text, decimal_point text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN value < 0 THEN '−' ELSE '' END
           || regexp_replace(split_part(abs(value)::text, '.', 1), '(\d)(?=(\d{3})+$)', '\1' || group_mark, 'g')
           || CASE WHEN scale(value) > 0 THEN decimal_point || split_part(abs(value)::text, '.', 2) ELSE '' END;
END;
COMMENT ON FUNCTION oms_internal.grouped_number(numeric, text, text) IS 'A number with the decimals that it has, its digits in groups of three';

CREATE OR REPLACE FUNCTION oms_internal.local_number(value numeric, language text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT oms_internal.grouped_number(value, f.group_mark, f.decimal_point)
    FROM oms_internal.local_format(language) AS f;
END;
COMMENT ON FUNCTION oms_internal.local_number(numeric, text) IS 'A number with the decimals that it has, as a language and region writes it';

CREATE OR REPLACE FUNCTION oms_internal.local_date(day date, language text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT replace(replace(replace(replace(replace(f.date_format,
               'YYYY', lpad(extract(year FROM day)::text, 4, '0')),
               'DD', lpad(extract(day FROM day)::text, 2, '0')),
               'MM', lpad(extract(month FROM day)::text, 2, '0')),
               'D', extract(day FROM day)::text),
               'Mon', coalesce(f.months[extract(month FROM day)::integer], ''))
    FROM oms_internal.local_format(language) AS f;
END;
COMMENT ON FUNCTION oms_internal.local_date(date, text) IS 'A day as a language and region writes it';

CREATE OR REPLACE FUNCTION oms_internal.html_address(address jsonb, more text[] DEFAULT '{}') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(string_agg(CASE n WHEN 1 THEN '<strong>' || oms_internal.html(line) || '</strong>' ELSE oms_internal.html(line) END, '<br>' ORDER BY n), '')
    FROM (SELECT row_number() OVER (ORDER BY i) AS n, line
          FROM unnest(ARRAY[address ->> 'company', address ->> 'name', address ->> 'line1', address ->> 'line2',
                            concat_ws(', ', nullif(CASE WHEN address ->> 'country' IN ('US', 'CA', 'AU')
                                 THEN concat_ws(' ', concat_ws(', ', nullif(address ->> 'city', ''), nullif(address ->> 'region', '')),
                                                nullif(address ->> 'postcode', ''))
                                 ELSE concat_ws(' ', nullif(address ->> 'postcode', ''), nullif(address ->> 'city', '')) END, ''),
                                 nullif(address ->> 'country', ''))] || more) WITH ORDINALITY AS a(line, i)
          WHERE btrim(line) <> '') AS lines;
END;
COMMENT ON FUNCTION oms_internal.html_address(jsonb, text[]) IS 'The lines of an address and more, the first of them in bold';

CREATE OR REPLACE FUNCTION oms_internal.html_row(label text, value text, class text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '<tr' || coalesce(' class="' || class || '"', '') || '><th scope="row">' || oms_internal.html(label) || '</th><td>'
           || oms_internal.html(value) || E'</td></tr>\n';
END;
COMMENT ON FUNCTION oms_internal.html_row(text, text, text) IS 'A row with a label and a value; null without a value';

CREATE OR REPLACE FUNCTION oms_internal.invoice_style() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '
@page { margin: 15mm 16mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt Helvetica, Arial, sans-serif; color: #666; } }
* { box-sizing: border-box; }
body { margin: 0; color: #1a1a1a; background: #fff; font: 9.5pt/1.45 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "Noto Sans", sans-serif;
       font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
main { max-width: 178mm; margin: 0 auto; }
header { display: flex; justify-content: space-between; gap: 12mm; align-items: flex-start; padding-bottom: 7mm; border-bottom: 0.6pt solid #1a1a1a; }
header p { margin: 0; color: #444; font-size: 8.5pt; }
header p strong { display: inline-block; color: #1a1a1a; font-size: 13pt; margin-bottom: 1mm; }
h1 { margin: 0; font-size: 18pt; font-weight: 600; line-height: 1.2; text-align: end; white-space: nowrap; }
h1 small { display: block; font-size: 10.5pt; font-weight: 400; color: #444; margin-top: 1mm; }
.parties { display: grid; grid-template-columns: 1fr 1fr 1.15fr; gap: 8mm; margin: 7mm 0 8mm; }
h2 { margin: 0 0 1.2mm; font-size: 7.5pt; font-weight: 600; color: #666; letter-spacing: 0.03em; }
.parties p { margin: 0; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 400; text-align: start; }
.facts { align-self: start; }
.facts td { text-align: end; }
.facts th { color: #666; padding-inline-end: 3mm; white-space: nowrap; }
.facts td, .facts th { padding-block: 0 0.5mm; vertical-align: top; }
.lines thead { display: table-header-group; }
.lines thead th { font-size: 7.5pt; font-weight: 600; color: #666; padding: 0 0 1.5mm; border-bottom: 0.6pt solid #1a1a1a; vertical-align: bottom; }
.lines td { padding: 1.3mm 0; border-bottom: 0.4pt solid #d4d4d4; vertical-align: top; }
.lines th + th, .lines td + td { padding-inline-start: 4mm; text-align: end; white-space: nowrap; }
.lines tr { break-inside: avoid; }
.lines tbody tr:last-child { break-after: avoid; }
.lines small { display: block; color: #666; font-size: 8pt; }
.end { break-inside: avoid; display: grid; grid-template-columns: 1fr 84mm; gap: 8mm; align-items: start; margin-top: 4mm; }
.totals td { text-align: end; white-space: nowrap; padding-inline-start: 4mm; }
.totals td, .totals th { padding-block: 0.5mm; vertical-align: top; }
.totals .rule td, .totals .rule th { border-top: 0.4pt solid #d4d4d4; padding-top: 1.4mm; }
.totals .total td, .totals .total th { border-top: 0.6pt solid #1a1a1a; font-weight: 600; font-size: 11.5pt; padding-block: 1.6mm; }
.totals .open td, .totals .open th { font-weight: 600; }
.notes p { margin: 0.5mm 0 2mm; color: #444; }
.notes small { display: block; color: #666; font-size: 8pt; }
footer { break-inside: avoid; margin-top: 8mm; padding-top: 3mm; border-top: 0.4pt solid #d4d4d4; color: #666; font-size: 8pt; }
footer p { margin: 0 0 0.5mm; }
@media screen { body { background: #eee; } main { background: #fff; max-width: 210mm; padding: 16mm; margin: 8mm auto; box-shadow: 0 1px 4px rgba(0, 0, 0, 0.2); } }
@media screen and (max-width: 640px) { main { padding: 5mm; margin: 0; } .parties { grid-template-columns: 1fr; } header { flex-wrap: wrap; } h1 { text-align: start; white-space: normal; } .end { display: block; } }
';
END;
COMMENT ON FUNCTION oms_internal.invoice_style() IS 'How invoices look on paper and on the screen';

/* The rows of an invoice's table of lines; shipping stands below it */
CREATE OR REPLACE FUNCTION oms_internal.invoice_lines_html(order_id bigint, invoice_no integer, language text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(string_agg(
               '<tr><td>' || oms_internal.html(coalesce(p.names ->> invoice_lines_html.language,
                                                        p.names ->> oms_internal.invoice_language(invoice_lines_html.language),
                                                        nullif(s.name, s.code), p.name, s.name))
               || '<small>' || oms_internal.html(s.code) || '</small></td><td>'
               || coalesce(oms_internal.local_number(l.quantity::numeric, invoice_lines_html.language), '') || '</td><td>'
               || coalesce(oms_internal.local_number(
                      oms_internal.price_text(
                          CASE WHEN amount(o.unit_price * l.quantity::numeric, currency_of(l.goods)) = l.goods THEN o.unit_price
                               ELSE round(l.goods::numeric / l.quantity::numeric, scale(l.goods::numeric) + 2) END,
                          scale(l.goods::numeric))::numeric, invoice_lines_html.language), '') || '</td><td>'
               || coalesce(oms_internal.local_number(trim_scale(l.tax_rate * 100), invoice_lines_html.language) || ' %', '') || '</td><td>'
               || oms_internal.local_number(l.goods::numeric, invoice_lines_html.language) || E'</td></tr>\n',
               '' ORDER BY l.line_no), '')
    FROM oms.invoice_lines AS l
    JOIN oms.order_lines AS o ON o.order_id = l.order_id AND o.line_no = l.line_no
    JOIN oms.skus AS s ON s.sku_id = o.sku_id
    LEFT JOIN oms.products AS p ON p.product_id = s.product_id
    WHERE l.order_id = invoice_lines_html.order_id AND l.invoice_no = invoice_lines_html.invoice_no
$$;
COMMENT ON FUNCTION oms_internal.invoice_lines_html(bigint, integer, text) IS 'The rows of an invoice for its lines';

/* Tax is charged before the discount on the order, which therefore stands below it */
CREATE OR REPLACE FUNCTION oms_internal.invoice_totals_html(order_id bigint, invoice_no integer, language text, labels jsonb) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT string_agg(oms_internal.html_row(
                          r.label, oms_internal.local_number(r.value, language)
                                   || CASE WHEN r.class = 'total' THEN ' ' || currency_of(i.total) ELSE '' END, r.class), '' ORDER BY r.n)
    FROM oms.invoices AS i
    JOIN oms.invoice_balances AS b ON b.order_id = i.order_id AND b.invoice_no = i.invoice_no
    CROSS JOIN LATERAL (
        SELECT 1 AS n, labels ->> 'goods' AS label, i.goods::numeric AS value, NULL AS class
        WHERE sign(i.goods) <> 0
        UNION ALL
        SELECT 2, labels ->> 'shipping', i.shipping::numeric, NULL
        WHERE sign(i.shipping) <> 0
        UNION ALL
        SELECT 3, labels ->> 'net', i.goods::numeric + i.shipping::numeric, 'rule'
        WHERE sign(i.goods) <> 0 AND sign(i.shipping) <> 0
        UNION ALL
        SELECT 4, concat_ws(' ', labels ->> 'tax', oms_internal.local_number(trim_scale(t.rate * 100), language) || ' %',
                            labels ->> 'tax_on', oms_internal.local_number(t.goods, language)), t.tax, NULL
        FROM (SELECT l.tax_rate AS rate, sum(l.goods::numeric) AS goods, sum(l.tax::numeric) AS tax
              FROM oms.invoice_lines AS l
              WHERE l.order_id = i.order_id AND l.invoice_no = i.invoice_no
              GROUP BY l.tax_rate
              ORDER BY l.tax_rate DESC NULLS LAST) AS t
        WHERE t.rate IS NOT NULL OR t.tax <> 0
        UNION ALL
        SELECT 5, labels ->> 'discount', -i.discount::numeric, NULL
        WHERE sign(i.discount) <> 0
        UNION ALL
        SELECT 6, labels ->> 'fee', -i.fee::numeric, NULL
        WHERE sign(i.fee) <> 0
        UNION ALL
        SELECT 7, labels ->> 'total', i.total::numeric, 'total'
        UNION ALL
        SELECT 8, labels ->> 'credited', -b.credited::numeric, NULL
        WHERE sign(b.credited) <> 0
        UNION ALL
        SELECT 9, labels ->> 'paid', -b.paid::numeric, NULL
        WHERE sign(b.paid) <> 0
        UNION ALL
        SELECT 10, labels ->> 'open', b.open::numeric, 'open'
        WHERE i.kind = 'invoice' AND sign(i.total) > 0
    ) AS r
    WHERE i.order_id = invoice_totals_html.order_id AND i.invoice_no = invoice_totals_html.invoice_no
$$;
COMMENT ON FUNCTION oms_internal.invoice_totals_html(bigint, integer, text, jsonb) IS 'The rows below the lines of an invoice: sums, taxes by rate, what is paid and open';

/* What stands beside the addresses */
CREATE OR REPLACE FUNCTION oms_internal.invoice_facts_html(order_id bigint, invoice_no integer, language text, labels jsonb) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT string_agg(oms_internal.html_row(f.label, f.value), '' ORDER BY f.n)
    FROM oms.invoices AS v
    JOIN oms.orders AS o ON o.order_id = v.order_id
    LEFT JOIN oms.customers AS c ON c.customer_id = o.customer_id
    CROSS JOIN LATERAL (
        VALUES (1, labels ->> 'date', oms_internal.local_date(v.issued_on, invoice_facts_html.language)),
               (2, labels ->> 'due', CASE WHEN v.due_on = v.issued_on THEN labels ->> 'at_once'
                                          ELSE oms_internal.local_date(v.due_on, invoice_facts_html.language) END),
               (3, labels ->> 'refers',
                CASE WHEN v.kind = 'credit_note' OR v.reason = 'correction'
                     THEN (SELECT string_agg(DISTINCT i.name, ', ')
                           FROM oms.invoices AS i
                           JOIN oms.invoice_lines AS l ON l.order_id = i.order_id AND l.invoice_no = i.invoice_no
                           JOIN oms.invoice_lines AS n ON n.order_id = i.order_id AND n.line_no = l.line_no
                           WHERE i.order_id = v.order_id AND i.kind = 'invoice' AND i.reason IS NULL
                                 AND i.invoice_no < v.invoice_no AND n.invoice_no = v.invoice_no) END),
               (4, labels ->> 'order', o.reference),
               (5, labels ->> 'order_date', oms_internal.local_date((o.placed_at AT TIME ZONE oms_internal.report_time_zone())::date, invoice_facts_html.language)),
               (6, labels ->> 'customer', c.reference)) AS f(n, label, value)
    WHERE v.order_id = invoice_facts_html.order_id AND v.invoice_no = invoice_facts_html.invoice_no AND f.value IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.invoice_facts_html(bigint, integer, text, jsonb) IS 'The rows of an invoice for its dates, the order and the customer';

CREATE OR REPLACE FUNCTION oms.invoice_html(order_id bigint, invoice_no integer, language text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    v_invoice oms.invoices;
    v_order oms.orders;
    v_customer oms.customers;
    v_seller oms.organizations;
    v_channel text;
    v_tag text;
    v_labels jsonb;
    v_bill_to jsonb;
    v_title text;
    v_name text;
    v_open oms.amount;
BEGIN
    SELECT * INTO v_invoice FROM oms.invoices AS i
    WHERE i.order_id = invoice_html.order_id AND i.invoice_no = invoice_html.invoice_no;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('invoice %s of order %s does not exist', coalesce(invoice_html.invoice_no::text, 'null'), coalesce(invoice_html.order_id::text, 'null'));
    END IF;
    SELECT * INTO v_order FROM oms.orders AS o WHERE o.order_id = v_invoice.order_id;
    SELECT * INTO v_customer FROM oms.customers AS c WHERE c.customer_id = v_order.customer_id;
    SELECT c.name INTO v_channel FROM oms.channels AS c WHERE c.channel_id = v_order.channel_id;
    SELECT o.* INTO v_seller FROM oms.channels AS c JOIN oms.organizations AS o ON o.organization_id = c.organization_id
    WHERE c.channel_id = v_order.channel_id;
    SELECT b.open INTO v_open FROM oms.invoice_balances AS b
    WHERE b.order_id = v_invoice.order_id AND b.invoice_no = v_invoice.invoice_no;

    v_tag := coalesce(invoice_html.language, v_customer.language, 'en');
    SELECT oms_internal.invoice_labels(l.labels) INTO v_labels
    FROM oms_internal.invoice_languages() AS l WHERE l.language = oms_internal.invoice_language(v_tag);
    v_title := v_labels ->> CASE WHEN v_invoice.reason = 'correction' THEN 'correction' ELSE v_invoice.kind END;
    v_name := coalesce(v_invoice.name, v_labels ->> 'draft');
    v_bill_to := coalesce(nullif(v_order.bill_to, '{}'), v_order.ship_to, '{}');
    v_bill_to := jsonb_build_object('name', coalesce(v_customer.name, v_customer.email)) || v_bill_to;

    RETURN concat(
        E'<!DOCTYPE html>\n<html lang="', oms_internal.invoice_language(v_tag), E'">\n<head>\n<meta charset="utf-8">\n',
        E'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>', oms_internal.html(v_title || ' ' || v_name),
        E'</title>\n<style>', oms_internal.invoice_style(), E'</style>\n</head>\n<body>\n<main>\n<header>\n<p>',
        oms_internal.html_address(jsonb_build_object('company', coalesce(v_seller.legal_name, v_seller.name, v_channel))
                                  || coalesce(v_seller.address - '{company,name}'::text[], '{}'),
                                  ARRAY[(v_labels ->> 'tax_id') || ' ' || v_seller.tax_id]),
        E'</p>\n<h1>', oms_internal.html(v_title), '<small>', oms_internal.html(v_name), E'</small></h1>\n</header>\n',

        E'<section class="parties">\n<div><h2>', oms_internal.html(v_labels ->> 'bill_to'), '</h2><p>',
        oms_internal.html_address(v_bill_to, ARRAY[(v_labels ->> 'tax_id') || ' ' || v_customer.tax_id]), E'</p></div>\n<div>',
        CASE WHEN coalesce(v_order.ship_to ->> 'line1', v_order.ship_to ->> 'city', v_order.ship_to ->> 'name') <> ''
                  AND oms_internal.html_address(v_order.ship_to) <> oms_internal.html_address(v_bill_to)
             THEN '<h2>' || oms_internal.html(v_labels ->> 'ship_to') || '</h2><p>' || oms_internal.html_address(v_order.ship_to) || '</p>' END,
        E'</div>\n<table class="facts">\n', oms_internal.invoice_facts_html(v_invoice.order_id, v_invoice.invoice_no, v_tag, v_labels), E'</table>\n</section>\n',

        E'<table class="lines">\n<thead><tr><th scope="col">',
        (SELECT string_agg(oms_internal.html(v_labels ->> k.key), '</th><th scope="col">' ORDER BY k.n)
         FROM unnest(ARRAY['item', 'quantity', 'unit_price', 'line_tax', 'amount']) WITH ORDINALITY AS k(key, n)),
        E'</th></tr></thead>\n<tbody>\n',
        oms_internal.invoice_lines_html(v_invoice.order_id, v_invoice.invoice_no, v_tag), E'</tbody>\n</table>\n',

        E'<section class="end">\n<div class="notes">\n',
        CASE WHEN v_customer.tax_exempt AND sign(v_invoice.tax) = 0
             THEN '<p>' || oms_internal.html(v_labels ->> 'exempt') || E'</p>\n' END,
        CASE WHEN v_invoice.kind = 'invoice' AND sign(v_open) > 0 AND v_seller.bank_account IS NOT NULL
             THEN '<p><small>' || oms_internal.html(v_labels ->> 'bank') || '</small>' || oms_internal.html(v_seller.bank_account) || '</p><p><small>'
                  || oms_internal.html(v_labels ->> 'reference') || '</small>' || oms_internal.html(v_name) || E'</p>\n' END,
        E'</div>\n<table class="totals">\n',
        oms_internal.invoice_totals_html(v_invoice.order_id, v_invoice.invoice_no, v_tag, v_labels),
        E'</table>\n</section>\n<footer>\n<p>',
        concat_ws(' · ', oms_internal.html(coalesce(v_seller.legal_name, v_seller.name, v_channel)), oms_internal.html(v_seller.email),
                  oms_internal.html(v_seller.invoice_note)),
        E'</p>\n</footer>\n</main>\n</body>\n</html>\n');
END
$$;
COMMENT ON FUNCTION oms.invoice_html(bigint, integer, text) IS 'An invoice or credit note as an HTML document to print, in a language, by default the customer''s';
