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
    SELECT 'stored value holds what payments are granted', 'account ' || a.account_id,
           oms_internal.minor_text(coalesce(p.minor, 0), a.balance), a.held::text
    FROM oms.stored_value_accounts a
         LEFT JOIN (SELECT account_id, sum(minor(authorized) - minor(captured)) AS minor
                    FROM oms.payments
                    WHERE status IN ('authorized', 'partially_captured')
                    GROUP BY account_id) AS p USING (account_id)
    WHERE coalesce(p.minor, 0) <> minor(a.held)
    UNION
    SELECT 'stored value has lost what payments have taken', 'payment ' || p.order_id || '-P' || p.payment_no,
           p.captured::text, oms_internal.minor_text(coalesce(-e.minor, 0), p.captured)
    FROM oms.payments p
         LEFT JOIN (SELECT account_id, order_id, payment_no, sum(minor(amount)) AS minor
                    FROM oms.stored_value_entries
                    WHERE kind = 'redeem'
                    GROUP BY account_id, order_id, payment_no) AS e USING (account_id, order_id, payment_no)
    WHERE p.account_id IS NOT NULL AND minor(p.captured) <> coalesce(-e.minor, 0)
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
    SELECT 'the books owe what stored value has', coalesce(a.kind, l.kind) || ' ' || currency,
           -coalesce(a.minor, 0) || ' minor units', coalesce(l.minor, 0) || ' minor units'
    FROM (SELECT kind, currency_of(balance) AS currency, sum(minor(balance)) AS minor
          FROM oms.stored_value_accounts
          GROUP BY kind, currency_of(balance)) AS a
         FULL JOIN (SELECT CASE account WHEN 'gift_card_liability' THEN 'gift_card' ELSE 'store_credit' END AS kind,
                           currency_of(amount) AS currency, sum(minor(amount)) AS minor
                    FROM oms.ledger_entries
                    WHERE account IN ('gift_card_liability', 'store_credit_liability')
                    GROUP BY account, currency_of(amount)) AS l USING (kind, currency)
    WHERE coalesce(a.minor, 0) <> -coalesce(l.minor, 0)
    UNION
    SELECT 'a cancelled gift card has what is held alone', 'account ' || account_id, held::text, balance::text
    FROM oms.stored_value_accounts
    WHERE NOT active AND minor(held) <> minor(balance)
$$;
COMMENT ON FUNCTION oms_internal.check_stored_value() IS 'Invariant: balance = sum of entries; held = what payments are granted; of what was added on each day of expiry no more is spent';
