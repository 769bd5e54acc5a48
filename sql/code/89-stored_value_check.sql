/* sql/code/89-stored_value_check.sql: what must hold of gift cards and store credit */

CREATE OR REPLACE FUNCTION oms_internal.check_stored_value(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH lots AS (
        SELECT account_id, currency_of(amount) AS currency, expires_on, sum(minor(amount)) AS minor
        FROM oms.stored_value_entries
        GROUP BY account_id, currency_of(amount), expires_on
    ), entries AS (
        SELECT account_id, sum(minor) AS minor, min(currency) AS currency, max(currency) AS last_currency,
               min(expires_on) FILTER (WHERE minor > 0) AS expires_on
        FROM lots
        GROUP BY account_id
    )
    SELECT v.invariant, 'account ' || a.account_id, v.expected, v.found
    FROM oms.stored_value_accounts a
         LEFT JOIN entries e USING (account_id),
         LATERAL (VALUES
             ('the balance of stored value equals its entries', oms_internal.minor_text(coalesce(e.minor, 0), a.balance),
              a.balance::text),
             ('stored value has one currency', currency_of(a.balance), coalesce(e.currency, currency_of(a.balance))),
             ('stored value has one currency', currency_of(a.balance), coalesce(e.last_currency, currency_of(a.balance))),
             ('stored value knows what expires next', coalesce(e.expires_on::text, 'never'), coalesce(a.expires_on::text, 'never'))
         ) AS v(invariant, expected, found)
    WHERE v.expected <> v.found
    UNION
    SELECT 'no money of stored value is spent twice', 'account ' || account_id || ' until ' || coalesce(expires_on::text, 'ever'),
           '>= 0', minor || ' minor units of ' || currency
    FROM lots
    WHERE minor < 0
    UNION
    SELECT 'stored value holds no more than its balance', 'account ' || account_id, '0 to ' || balance, held::text
    FROM oms.stored_value_accounts
    WHERE minor(held) NOT BETWEEN 0 AND minor(balance)
    UNION
    SELECT 'a cancelled gift card has what is held alone', 'account ' || account_id, held::text, balance::text
    FROM oms.stored_value_accounts
    WHERE NOT active AND minor(held) <> minor(balance)
$$;
COMMENT ON FUNCTION oms_internal.check_stored_value() IS 'Invariant: balance = sum of entries; 0 <= held <= balance; of what was added on each day of expiry no more is spent';
