/* sql/code/20-channel.sql: channels by document */

/* The penalty is written as a number in the currency that the channel has then. */
CREATE OR REPLACE FUNCTION oms_internal.channel_penalty(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code CONSTANT text := document ->> 'code';
    v_penalty CONSTANT numeric := document ->> 'split_penalty';
    v_currency text;
    v_stored text;
BEGIN
    SELECT c.currency, oms.currency_of(c.split_penalty) INTO v_currency, v_stored
    FROM oms.channels AS c WHERE c.code = v_code;
    v_currency := coalesce(document ->> 'currency', v_currency);

    IF v_stored <> v_currency AND NOT document ? 'split_penalty' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM005',
            MESSAGE = format('split penalty of channel "%s" would be in another currency', v_code),
            DETAIL = format('A penalty in %s stays, the document is in %s.', v_stored, v_currency),
            HINT = 'Give "split_penalty" in the new currency.';
    END IF;
    IF v_penalty IS NULL THEN
        RETURN '{}';
    END IF;
    PERFORM oms_internal.raise_faults('channel', array_remove(ARRAY[
        oms_internal.money_fault('$.split_penalty', v_penalty, v_currency)], NULL));
    -- a channel without a currency is refused with all else that it lacks
    RETURN jsonb_build_object('split_penalty', oms.amount(v_penalty, v_currency)::text);
END
$$;
COMMENT ON FUNCTION oms_internal.channel_penalty(jsonb) IS 'The split penalty of a channel''s document as an amount';

CREATE OR REPLACE FUNCTION oms.put_channel(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code CONSTANT text := document ->> 'code';
    v_locations text[];
    v_channel_id integer;
BEGIN
    PERFORM oms_internal.check_document(document, 'channel');
    v_locations := ARRAY(SELECT l #>> '{}' FROM unnest(oms_internal.elements(document -> 'locations')) AS l);
    PERFORM oms_internal.require_codes(
        organizations => ARRAY[document ->> 'organization'], locations => v_locations);

    PERFORM oms_internal.put_rows('channel', ARRAY[
        oms_internal.with_id(document, 'organization', 'organization_id',
            (SELECT o.organization_id FROM oms.organizations AS o WHERE o.code = document ->> 'organization'))
        || oms_internal.channel_penalty(document)]);

    IF document ? 'locations' THEN
        SELECT c.channel_id INTO v_channel_id
        FROM oms.channels AS c WHERE c.code = v_code FOR NO KEY UPDATE;
        DELETE FROM oms.channel_locations AS cl USING oms.locations AS l
        WHERE cl.channel_id = v_channel_id AND l.location_id = cl.location_id
              AND NOT EXISTS (SELECT FROM unnest(v_locations) AS v(code) WHERE v.code = l.code);
        INSERT INTO oms.channel_locations AS cl (channel_id, location_id, priority)
        SELECT v_channel_id, l.location_id, min(v.n) - 1
        FROM unnest(v_locations) WITH ORDINALITY AS v(code, n) JOIN oms.locations AS l USING (code)
        GROUP BY l.location_id
        ON CONFLICT (channel_id, location_id) DO UPDATE SET priority = excluded.priority
        WHERE cl.priority <> excluded.priority;
    END IF;
    RETURN v_code;
END
$$;
COMMENT ON FUNCTION oms.put_channel(jsonb) IS 'Create or update a channel by its code; returns the code';
