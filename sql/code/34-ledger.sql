/* sql/code/34-ledger.sql: the books */

CREATE OR REPLACE FUNCTION oms_internal.post_ledger(kind text, order_id bigint, subject_no integer, accounts text[],
                                                    amounts oms.amount[], provider text DEFAULT NULL,
                                                    base_amounts oms.amount[] DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_post_ledger';
COMMENT ON FUNCTION oms_internal.post_ledger(text, bigint, integer, text[], oms.amount[], text, oms.amount[])
    IS 'Write a posting of amounts that add up to nothing: debit positive, credit negative; account customer is receivables or deferred revenue of the order; base amounts that are given count, others are by the rate. Returns its number';

CREATE OR REPLACE FUNCTION oms_internal.recharge() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_recharge';
COMMENT ON FUNCTION oms_internal.recharge() IS 'Row trigger at the end of the transaction: credit notes and books of an order follow what was written by hand';

/* Not by the first posting: all others would wait for its transaction */
CREATE OR REPLACE FUNCTION oms_internal.keep_base_currency() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    INSERT INTO oms.settings (name, value) VALUES ('base_currency', NEW.currency) ON CONFLICT (name) DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.keep_base_currency() IS 'Row trigger: the books are kept in the currency of the first channel, if in no other';

/*
 * Waits for postings that others write, unless there was no base currency
 * before: then who posts first decides it, in the same row.
 */
CREATE OR REPLACE FUNCTION oms_internal.require_no_postings(base_currency text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF base_currency IS NOT NULL THEN
        LOCK TABLE oms.ledger_entries, oms.stock_movements IN SHARE MODE;
    END IF;
    IF EXISTS (SELECT FROM oms.ledger_entries)
       OR EXISTS (SELECT FROM oms.stock_movements AS m WHERE m.value IS NOT NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the base currency cannot be changed once the ledger has entries',
            DETAIL = format('It is %s.', coalesce(base_currency, 'not set'));
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_no_postings(text) IS 'Raises 55000 if the base currency, which is given, or null for none, has been posted in';

CREATE OR REPLACE FUNCTION oms_internal.guard_base_currency() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_before text;
    v_after text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        SELECT s.value INTO v_before FROM oms.settings AS s WHERE s.name = 'base_currency';
    ELSE
        v_before := CASE OLD.name WHEN 'base_currency' THEN OLD.value END;
        v_after := CASE NEW.name WHEN 'base_currency' THEN NEW.value END;
    END IF;
    IF v_after IS DISTINCT FROM v_before THEN
        PERFORM oms_internal.require_no_postings(v_before);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.guard_base_currency() IS 'Trigger of oms.settings: the base currency stays what has been posted in';

CREATE OR REPLACE FUNCTION oms.set_base_currency(currency text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_before CONSTANT text := (SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency');
BEGIN
    IF oms.is_currency(currency) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('currency %s does not exist', coalesce('"' || currency || '"', 'null')),
            HINT = 'Use a code of ISO 4217, such as EUR.';
    END IF;
    /* before the row is locked, which others may wait for while they post */
    IF currency IS DISTINCT FROM v_before THEN
        PERFORM oms_internal.require_no_postings(v_before);
    END IF;
    INSERT INTO oms.settings AS s (name, value) VALUES ('base_currency', currency)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE s.value <> excluded.value;
    RETURN currency;
END
$$;
COMMENT ON FUNCTION oms.set_base_currency(text) IS 'Set the currency that the books are kept in, before the first posting; else it is that of the first channel';

CREATE OR REPLACE FUNCTION oms_internal.posting_memo(kind text, order_id bigint, subject_no integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT replace(kind, '_', ' ')
           || CASE WHEN order_id IS NULL THEN coalesce(' ' || subject_no, '')
                   WHEN subject_no IS NULL THEN ', order ' || order_id
                   WHEN kind = 'capture' THEN ', payment ' || order_id || '-P' || subject_no
                   WHEN kind IN ('shipment', 'cost', 'fee', 'freight') THEN ', fulfillment ' || order_id || '-F' || subject_no
                   ELSE ' ' || subject_no || ', order ' || order_id END;
END;
COMMENT ON FUNCTION oms_internal.posting_memo(text, bigint, integer) IS 'Says what a posting is about: capture, payment 1041-P1; bill 7';

CREATE OR REPLACE FUNCTION oms_internal.csv_field(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN value ~ '[",\r\n]' THEN '"' || replace(value, '"', '""') || '"' ELSE coalesce(value, '') END;
END;
COMMENT ON FUNCTION oms_internal.csv_field(text) IS 'A field of a CSV file, quoted where it must be; null is empty';

/* Names of accounts must not have what ends or divides them there */
CREATE OR REPLACE FUNCTION oms_internal.plain_account(type text, name text, detail text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE type WHEN 'asset' THEN 'Assets' WHEN 'liability' THEN 'Liabilities' WHEN 'income' THEN 'Income'
                     ELSE 'Expenses' END
           || ':' || btrim(regexp_replace(name, '[[:cntrl:][:space:];:()\[\]|]+', ' ', 'g'))
           || coalesce(':' || nullif(btrim(regexp_replace(detail, '[[:cntrl:][:space:];:()\[\]|]+', ' ', 'g')), ''), '');
END;
COMMENT ON FUNCTION oms_internal.plain_account(text, text, text) IS 'Name of an account for plain-text accounting: Assets:Bank';

/*
 * In the currency of the fact, at the cost that it has in the base currency.
 * What has no such cost, or one that goes the other way, is a line of its own.
 */
CREATE OR REPLACE FUNCTION oms_internal.plain_lines(
    account text, amount numeric, currency text, base_amount numeric, base_currency text) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '    ' || account || '  ' || amount || ' ' || currency
           || CASE WHEN currency <> base_currency
                   THEN ' @@ ' || CASE WHEN amount * base_amount > 0 THEN abs(base_amount) ELSE 0 * base_amount END
                        || ' ' || base_currency
                   ELSE '' END
    WHERE amount <> 0
    UNION ALL
    SELECT '    ' || account || '  ' || base_amount || ' ' || base_currency
    WHERE currency <> base_currency AND base_amount <> 0 AND amount * base_amount <= 0
          OR currency = base_currency AND amount = 0 AND base_amount <> 0
$$;
COMMENT ON FUNCTION oms_internal.plain_lines(text, numeric, text, numeric, text) IS 'A line of the ledger as plain-text accounting writes it, at its cost in the base currency';

CREATE OR REPLACE FUNCTION oms_internal.journal_csv(from_date date, until date) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'date,journal,account,name,debit,credit,currency,memo,base_debit,base_credit,base_currency,order,channel,tax_jurisdiction,provider'
    UNION ALL
    (SELECT concat_ws(',', to_char(j.posted_on, 'YYYY-MM-DD'), j.posting_id, oms_internal.csv_field(j.number), oms_internal.csv_field(j.name),
                      CASE WHEN j.credit > 0 THEN '' ELSE j.debit::text END, CASE WHEN j.credit > 0 THEN j.credit::text ELSE '' END,
                      j.currency, oms_internal.csv_field(j.memo),
                      CASE WHEN j.base_credit > 0 THEN '' ELSE coalesce(j.base_debit::text, '') END,
                      CASE WHEN j.base_credit > 0 THEN j.base_credit::text ELSE '' END, coalesce(j.base_currency, ''),
                      oms_internal.csv_field(j.order_reference), oms_internal.csv_field(j.channel),
                      oms_internal.csv_field(j.tax_jurisdiction), oms_internal.csv_field(j.provider))
     FROM oms_report.journal j
     WHERE (from_date IS NULL OR j.posted_at >= from_date::timestamp AT TIME ZONE (SELECT oms_internal.report_time_zone()))
           AND (until IS NULL OR j.posted_at < until::timestamp AT TIME ZONE (SELECT oms_internal.report_time_zone()))
     ORDER BY j.posting_id, j.line_no)
$$;
COMMENT ON FUNCTION oms_internal.journal_csv(date, date) IS 'The journal as CSV, with a heading';

CREATE OR REPLACE FUNCTION oms_internal.journal_plain(from_date date, until date) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.line
    FROM oms_report.journal j,
         LATERAL (SELECT 0, '' WHERE j.line_no = 1
                  UNION ALL
                  SELECT 1, to_char(j.posted_on, 'YYYY-MM-DD') || ' (' || j.posting_id || ') ' || j.memo WHERE j.line_no = 1
                  UNION ALL
                  SELECT 2, oms_internal.plain_lines(
                      oms_internal.plain_account(j.type, j.name, coalesce(j.tax_jurisdiction, j.provider)),
                      j.debit - j.credit, j.currency, j.base_debit - j.base_credit, j.base_currency)
         ) AS v(place, line)
    WHERE (from_date IS NULL OR j.posted_at >= from_date::timestamp AT TIME ZONE (SELECT oms_internal.report_time_zone()))
          AND (until IS NULL OR j.posted_at < until::timestamp AT TIME ZONE (SELECT oms_internal.report_time_zone()))
    ORDER BY j.posting_id, j.line_no, v.place
$$;
COMMENT ON FUNCTION oms_internal.journal_plain(date, date) IS 'The journal in the format of ledger and hledger';

CREATE OR REPLACE FUNCTION oms.export_journal(from_date date, until date, format text DEFAULT 'csv') RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CASE format
        WHEN 'csv' THEN RETURN QUERY SELECT * FROM oms_internal.journal_csv(from_date, until);
        WHEN 'ledger' THEN RETURN QUERY SELECT * FROM oms_internal.journal_plain(from_date, until);
        ELSE RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('format %s does not exist', coalesce('"' || format || '"', 'null')),
            HINT = 'Formats are csv, and ledger for ledger and hledger.';
    END CASE;
END
$$;
COMMENT ON FUNCTION oms.export_journal(date, date, text) IS 'The journal of the days from one up to another, which is left out, a line a row: csv, or ledger for plain-text accounting; null is without a limit';
