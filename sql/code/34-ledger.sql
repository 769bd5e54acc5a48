/* sql/code/34-ledger.sql: the books */

CREATE OR REPLACE FUNCTION oms_internal.post_ledger(kind text, order_id bigint, subject_no integer, accounts text[],
                                                    amounts oms.amount[], provider text DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_post_ledger';
COMMENT ON FUNCTION oms_internal.post_ledger(text, bigint, integer, text[], oms.amount[], text)
    IS 'Write a posting of amounts that add up to nothing: debit positive, credit negative; account customer is receivables or deferred revenue of the order';

CREATE OR REPLACE FUNCTION oms.set_base_currency(currency text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF oms.is_currency(currency) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('currency "%s" does not exist', currency),
            HINT = 'Use a code of ISO 4217, such as EUR.';
    END IF;
    LOCK TABLE oms.ledger_entries, oms.stock_movements IN SHARE MODE;
    IF (EXISTS (SELECT FROM oms.ledger_entries)
        OR EXISTS (SELECT FROM oms.stock_movements AS m WHERE m.value IS NOT NULL))
       AND currency IS DISTINCT FROM (SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the base currency cannot be changed once the ledger has entries',
            DETAIL = format('It is %s.', (SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency'));
    END IF;
    INSERT INTO oms.settings AS s (name, value) VALUES ('base_currency', currency)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE s.value <> excluded.value;
    RETURN currency;
END
$$;
COMMENT ON FUNCTION oms.set_base_currency(text) IS 'Set the currency that the books are kept in, before the first posting; else it is that of the first channel';
