/* sql/code/20-channel.sql: channels by document */

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
            (SELECT o.organization_id FROM oms.organizations AS o WHERE o.code = document ->> 'organization'))]);

    IF document ? 'locations' THEN
        SELECT c.channel_id INTO v_channel_id
        FROM oms.channels AS c WHERE c.code = v_code FOR NO KEY UPDATE;
        DELETE FROM oms.channel_locations AS cl USING oms.locations AS l
        WHERE cl.channel_id = v_channel_id AND l.location_id = cl.location_id
              AND NOT EXISTS (SELECT FROM unnest(v_locations) AS v(code) WHERE v.code = l.code);
        INSERT INTO oms.channel_locations (channel_id, location_id)
        SELECT v_channel_id, l.location_id FROM unnest(v_locations) AS v(code) JOIN oms.locations AS l USING (code)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN v_code;
END
$$;
COMMENT ON FUNCTION oms.put_channel(jsonb) IS 'Create or update a channel by its code; returns the code';
