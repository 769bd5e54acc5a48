/* sql/code/40-settlement.sql: what providers say of the money, against what the store knows */

/*
 * Import
 *
 * Lines are looked up one by one in the index: no plan may read all that a
 * provider has ever reported.
 */

CREATE OR REPLACE FUNCTION oms_internal.settlement_rows(
    lines jsonb,
    OUT n bigint, OUT reference text, OUT kind text, OUT currency text, OUT amount numeric, OUT fee numeric,
    OUT occurred_on date, OUT payment text, OUT transaction text, OUT payout text, OUT reason text, OUT metadata jsonb
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 5000
    SET search_path = pg_catalog, pg_temp
    SET datestyle = ISO
AS $$
    SELECT l.n, l.value ->> 'reference', l.value ->> 'kind', l.value ->> 'currency', (l.value ->> 'amount')::numeric,
           coalesce((l.value ->> 'fee')::numeric, 0), (l.value ->> 'occurred_on')::date, l.value ->> 'payment',
           l.value ->> 'transaction', l.value ->> 'payout', nullif(btrim(l.value ->> 'reason'), ''),
           nullif(l.value -> 'metadata', 'null')
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS l(value, n)
$$;
COMMENT ON FUNCTION oms_internal.settlement_rows(jsonb) IS 'The lines of a settlement document that has been checked, as rows';

CREATE OR REPLACE FUNCTION oms_internal.settlement_faults(lines jsonb) RETURNS text[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH r AS MATERIALIZED (
        SELECT r.*, format('$[%s]', r.n - 1) AS path FROM oms_internal.settlement_rows(lines) AS r
    )
    SELECT array_agg(f.fault ORDER BY f.n, f.fault)
    FROM (
        SELECT r.n, format('%s.reference: must not be there twice, is "%s"', r.path, r.reference)
        FROM (SELECT n, path, reference, row_number() OVER (PARTITION BY reference ORDER BY n) AS nth FROM r) AS r
        WHERE r.nth > 1
        UNION ALL
        SELECT n, format('%s.amount: must be %s than 0 for a %s, is %s', path,
                         CASE WHEN kind IN ('refund', 'chargeback') THEN 'less' ELSE 'greater' END,
                         replace(kind, '_', ' '), amount)
        FROM r
        WHERE kind IN ('capture', 'chargeback_reversal') AND amount <= 0 OR kind IN ('refund', 'chargeback') AND amount >= 0
        UNION ALL
        SELECT n, oms_internal.money_fault(path || '.amount', amount, currency) FROM r
        UNION ALL
        SELECT n, oms_internal.money_fault(path || '.fee', fee, currency) FROM r
        UNION ALL
        SELECT n, format('%s.occurred_on: must not be in the future, is %s', path, to_char(occurred_on, 'YYYY-MM-DD'))
        FROM r
        WHERE occurred_on > (oms.now() AT TIME ZONE 'UTC')::date + 1
    ) AS f(n, fault)
    WHERE f.fault IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.settlement_faults(jsonb) IS 'What is wrong with settlement lines beyond their shape, with JSON paths';

CREATE OR REPLACE FUNCTION oms_internal.refuse_other_settlements(provider text, lines jsonb) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $$
DECLARE
    v_others text[];
BEGIN
    SELECT array_agg(format('"%s"', r.reference) ORDER BY r.n) INTO v_others
    FROM oms_internal.settlement_rows(lines) AS r
    JOIN oms.settlements AS s ON s.provider = refuse_other_settlements.provider AND s.reference = r.reference
    WHERE (s.kind, s.amount, s.fee, s.occurred_on, s.payment_reference, s.transaction_reference, s.reason)
          IS DISTINCT FROM (r.kind, oms.amount(r.amount, r.currency), oms.amount(r.fee, r.currency), r.occurred_on,
                            r.payment, r.transaction, r.reason)
          OR s.payout <> r.payout;
    IF v_others IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM004',
            MESSAGE = format('%s settlement %s of %s imported with other content', cardinality(v_others),
                             CASE cardinality(v_others) WHEN 1 THEN 'line' ELSE 'lines' END,
                             quote_ident(provider) || CASE cardinality(v_others) WHEN 1 THEN ' was' ELSE ' were' END),
            DETAIL = 'Lines: ' || array_to_string(v_others[:50], ', ')
                     || coalesce(' and ' || nullif(greatest(cardinality(v_others) - 50, 0), 0) || ' more', '') || '.',
            HINT = 'A line keeps its reference and its content; a correction is a line of its own.';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.refuse_other_settlements(text, jsonb) IS 'Raise OM004 if lines were imported with other content; a payout that was not known may be told later';

CREATE OR REPLACE FUNCTION oms_internal.import_settlements(provider text, lines jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $$
DECLARE
    v_paid_out text[];
    v_new integer;
BEGIN
    PERFORM oms_internal.check_document(lines, 'settlement_lines');
    PERFORM oms_internal.raise_faults('settlement_lines', oms_internal.settlement_faults(lines));
    /* locks the provider: whoever imports the same lines waits here, and sees them */
    INSERT INTO oms.settlement_providers AS p (provider, reported_on, checked_on)
    SELECT import_settlements.provider, max(r.occurred_on), min(r.occurred_on) - 1
    FROM oms_internal.settlement_rows(lines) AS r
    ON CONFLICT ON CONSTRAINT settlement_providers_pkey
    DO UPDATE SET reported_on = greatest(p.reported_on, excluded.reported_on);
    PERFORM oms_internal.refuse_other_settlements(provider, lines);

    WITH paid_out AS (
        UPDATE oms.settlements AS s SET payout = r.payout
        FROM oms_internal.settlement_rows(lines) AS r
        WHERE s.provider = import_settlements.provider AND s.reference = r.reference
              AND s.payout IS NULL AND r.payout IS NOT NULL
        RETURNING s.payout
    )
    SELECT array_agg(DISTINCT payout) INTO v_paid_out FROM paid_out;
    IF v_paid_out IS NOT NULL THEN
        PERFORM oms_internal.check_payouts(array_fill(provider, ARRAY[cardinality(v_paid_out)]), v_paid_out);
    END IF;

    INSERT INTO oms.settlements (provider, reference, kind, amount, fee, occurred_on, payment_reference,
                                 transaction_reference, payout, reason, metadata)
    SELECT import_settlements.provider, r.reference, r.kind, oms.amount(r.amount, r.currency), oms.amount(r.fee, r.currency),
           r.occurred_on, r.payment, r.transaction, r.payout, r.reason, r.metadata
    FROM oms_internal.settlement_rows(lines) AS r
    WHERE NOT EXISTS (SELECT FROM oms.settlements AS s
                      WHERE s.provider = import_settlements.provider AND s.reference = r.reference)
    ORDER BY r.n;
    GET DIAGNOSTICS v_new = ROW_COUNT;
    RETURN v_new;
END
$$;
COMMENT ON FUNCTION oms_internal.import_settlements(text, jsonb) IS 'What oms.import_settlements() does, once per reference';

CREATE OR REPLACE FUNCTION oms.import_settlements(provider text, lines jsonb, reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_import_settlements';
COMMENT ON FUNCTION oms.import_settlements(text, jsonb, text)
    IS 'Take in lines of a provider''s settlement report, those that are not there yet; returns how many are new';

/* Payouts */

CREATE OR REPLACE FUNCTION oms_internal.check_payouts(providers text[], payouts text[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH payout AS MATERIALIZED (
        SELECT s.provider, s.payout, currency_of(s.amount) AS currency,
               sum(s.amount - s.fee) FILTER (WHERE s.kind <> 'payout') AS lines,
               -sum(s.amount) FILTER (WHERE s.kind = 'payout') AS paid,
               coalesce(sum(s.fee) FILTER (WHERE s.kind = 'payout'), amount(0, currency_of(s.amount))) AS fee
        FROM (SELECT DISTINCT * FROM unnest(providers, payouts) AS u(provider, payout)) AS u
        JOIN oms.settlements AS s USING (provider, payout)
        GROUP BY s.provider, s.payout, currency_of(s.amount)
        HAVING count(*) FILTER (WHERE s.kind = 'payout') > 0
    ), difference AS MATERIALIZED (
        SELECT provider, payout, currency, provider || '/' || payout || '/' || currency AS key, paid,
               coalesce(lines, amount(0, currency)) - fee AS lines,
               paid - coalesce(lines, amount(0, currency)) + fee AS difference
        FROM payout
    )
    SELECT oms_internal.close_alerts(ARRAY['settlement_payout'], array_agg(key) FILTER (WHERE sign(difference) = 0)),
           count(oms_internal.raise_alert(
                     'settlement_payout', key, 'warning',
                     format('payout %s of %s is %s, its lines add up to %s', payout, provider, paid, lines), NULL,
                     format('payout %s', payout),
                     jsonb_build_object('provider', provider, 'payout', payout, 'there', paid::text, 'here', lines::text,
                                        'difference', difference::text)))
               FILTER (WHERE sign(difference) <> 0)
    FROM difference
$$;
COMMENT ON FUNCTION oms_internal.check_payouts(text[], text[]) IS 'Raise alerts for payouts that are not the sum of their lines, close those of payouts that are';
