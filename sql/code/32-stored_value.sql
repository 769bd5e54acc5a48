/* sql/code/32-stored_value.sql: gift cards and store credit */

CREATE OR REPLACE FUNCTION oms_internal.card_key(code text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT upper(translate(code, ' -', '') COLLATE "C");
END;
COMMENT ON FUNCTION oms_internal.card_key(text) IS 'The code of a gift card as it is looked up, however its letters and groups were written';

/* What has expired is spent first, so it is what is held; the rest of it only waits for the job */
CREATE OR REPLACE FUNCTION oms_internal.stored_value_available(account_id bigint, active boolean, balance oms.amount,
                                                               held oms.amount, expires_on date) RETURNS oms.amount
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT CASE WHEN NOT active THEN balance - balance
                WHEN expires_on < (oms.now() AT TIME ZONE 'UTC')::date
                THEN balance - greatest(held, (SELECT sum(e.amount)
                                               FROM oms.stored_value_entries e
                                               WHERE e.account_id = stored_value_available.account_id
                                                     AND e.expires_on < (oms.now() AT TIME ZONE 'UTC')::date))
                ELSE balance - held END
$$;
COMMENT ON FUNCTION oms_internal.stored_value_available(bigint, boolean, oms.amount, oms.amount, date)
    IS 'What can be spent of an account today: what is neither held nor expired';

CREATE OR REPLACE FUNCTION oms_internal.issue_gift_card(document jsonb, reference text DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_issue_gift_card';
COMMENT ON FUNCTION oms_internal.issue_gift_card(jsonb, text) IS 'Make a gift card; returns the account, since answers are kept and codes are secrets';

CREATE OR REPLACE FUNCTION oms.issue_gift_card(document jsonb, reference text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_account_id CONSTANT bigint := oms_internal.issue_gift_card(document, reference);
BEGIN
    RETURN (SELECT a.code FROM oms.stored_value_accounts AS a WHERE a.account_id = v_account_id);
END
$$;
COMMENT ON FUNCTION oms.issue_gift_card(jsonb, text) IS 'Make a gift card by its document, sold on an order or given away; returns its code';

CREATE OR REPLACE FUNCTION oms.adjust_gift_card(code text, amount oms.amount, reason text, reference text DEFAULT NULL)
    RETURNS oms.amount
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_adjust_gift_card';
COMMENT ON FUNCTION oms.adjust_gift_card(text, oms.amount, text, text)
    IS 'Put an amount onto a gift card, or with a negative one take it off; returns what can then be spent';

CREATE OR REPLACE FUNCTION oms.cancel_gift_card(code text, reason text, reference text DEFAULT NULL) RETURNS oms.amount
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_cancel_gift_card';
COMMENT ON FUNCTION oms.cancel_gift_card(text, text, text)
    IS 'End a gift card: nothing more can be authorized of it; returns what was taken off';

CREATE OR REPLACE FUNCTION oms.gift_card_balance(code text) RETURNS oms.amount
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_gift_card_balance';
COMMENT ON FUNCTION oms.gift_card_balance(text) IS 'What can be spent of a gift card today';

CREATE OR REPLACE FUNCTION oms.grant_store_credit(customer text, amount oms.amount, reason text, expires_on date DEFAULT NULL,
                                                  reference text DEFAULT NULL) RETURNS oms.amount
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_grant_store_credit';
COMMENT ON FUNCTION oms.grant_store_credit(text, oms.amount, text, date, text)
    IS 'Give a customer store credit, for good or until a day; returns what can then be spent in this currency';

CREATE OR REPLACE FUNCTION oms.adjust_store_credit(customer text, amount oms.amount, reason text, reference text DEFAULT NULL)
    RETURNS oms.amount
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_adjust_store_credit';
COMMENT ON FUNCTION oms.adjust_store_credit(text, oms.amount, text, text)
    IS 'Add to a customer''s store credit, or with a negative amount take off; returns what can then be spent in this currency';

CREATE OR REPLACE FUNCTION oms.store_credit_balance(customer text, currency text) RETURNS oms.amount
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_store_credit_balance';
COMMENT ON FUNCTION oms.store_credit_balance(text, text) IS 'What a customer can spend today of the store credit in a currency';

CREATE OR REPLACE FUNCTION oms.refund_to_store_credit(order_id bigint, amount oms.amount, reason text,
                                                      reference text DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refund_to_store_credit';
COMMENT ON FUNCTION oms.refund_to_store_credit(bigint, oms.amount, text, text)
    IS 'Give captured money back as store credit of the order''s customer, however it was paid; returns the refund''s number';

CREATE OR REPLACE FUNCTION oms_internal.expire_stored_value(max integer DEFAULT 1000) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_expire_stored_value';
COMMENT ON FUNCTION oms_internal.expire_stored_value(integer)
    IS 'Take what has expired and is not held off up to max gift cards and store credits, the oldest first; returns how many';
