/* sql/code/19-reference.sql: what the functions that put reference data share */

CREATE OR REPLACE FUNCTION oms_internal.raise_faults(kind text, faults text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF cardinality(faults) > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM007',
            MESSAGE = format('%s document has %s %s', replace(kind, '_', ' '), cardinality(faults),
                             CASE cardinality(faults) WHEN 1 THEN 'fault' ELSE 'faults' END),
            DETAIL = array_to_string(faults[:50], E'\n')
                     || coalesce(E'\nand ' || nullif(greatest(cardinality(faults) - 50, 0), 0) || ' more', ''),
            HINT = 'The keys of each document are described in doc/document.md.';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.raise_faults(text, text[]) IS 'Raise OM007 with the faults of a document, if it has any; beyond the first 50 they are only counted';

CREATE OR REPLACE FUNCTION oms_internal.require_codes(
    organizations text[] DEFAULT NULL, channels text[] DEFAULT NULL, locations text[] DEFAULT NULL,
    products text[] DEFAULT NULL, skus text[] DEFAULT NULL, suppliers text[] DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    missing text[];
    kind text;
BEGIN
    SELECT array_agg(DISTINCT format('%s "%s"', w.kind, w.code) COLLATE "C"), min(w.kind COLLATE "C")
    INTO missing, kind
    FROM (
        SELECT 'organization', code FROM unnest(organizations) AS code
        WHERE NOT EXISTS (SELECT FROM oms.organizations AS t WHERE t.code = code.code)
        UNION ALL
        SELECT 'channel', code FROM unnest(channels) AS code
        WHERE NOT EXISTS (SELECT FROM oms.channels AS t WHERE t.code = code.code)
        UNION ALL
        SELECT 'location', code FROM unnest(locations) AS code
        WHERE NOT EXISTS (SELECT FROM oms.locations AS t WHERE t.code = code.code)
        UNION ALL
        SELECT 'product', code FROM unnest(products) AS code
        WHERE NOT EXISTS (SELECT FROM oms.products AS t WHERE t.code = code.code)
        UNION ALL
        SELECT 'sku', code FROM unnest(skus) AS code
        WHERE NOT EXISTS (SELECT FROM oms.skus AS t WHERE t.code = code.code)
        UNION ALL
        SELECT 'supplier', code FROM unnest(suppliers) AS code
        WHERE NOT EXISTS (SELECT FROM oms.suppliers AS t WHERE t.code = code.code)
    ) AS w(kind, code)
    WHERE w.code IS NOT NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = missing[1] || ' does not exist',
            DETAIL = format('Unknown codes in the document: %s%s.', array_to_string(missing[:50], ', '),
                            ' and ' || nullif(greatest(cardinality(missing) - 50, 0), 0) || ' more'),
            HINT = CASE kind
                       WHEN 'organization' THEN 'Insert it into table oms.organizations first.'
                       ELSE format('Create it by oms.put_%s() first.', kind)
                   END;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_codes(text[], text[], text[], text[], text[], text[]) IS 'Raise OM006 that names every code that does not exist; null codes are passed over';

CREATE OR REPLACE FUNCTION oms_internal.table_of(kind text) RETURNS regclass
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('oms.%I', CASE right(kind, 1) WHEN 's' THEN kind WHEN 'y' THEN left(kind, -1) || 'ies' ELSE kind || 's' END)::regclass
$$;
COMMENT ON FUNCTION oms_internal.table_of(text) IS 'The table that rows of a kind are in: its plural';

/*
 * Only what a document names is written, so an update keeps the rest and a
 * new row gets the defaults of the table; without a name it gets its code as
 * name. A row that would stay the same is not written, nor is its sequence
 * advanced.
 */
CREATE OR REPLACE FUNCTION oms_internal.put_rows(
    kind text, documents jsonb[], arbiter text DEFAULT '(code)', same text DEFAULT 't.code = n.code'
) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target CONSTANT regclass := oms_internal.table_of(kind);
    batch record;
BEGIN
    FOR batch IN
        SELECT c.required, c.given, c.given_old, c.given_new, c.given_excluded, c.created, c.created_new,
               array_agg(jsonb_build_object('name', d.value -> 'code') || oms_internal.unblank(d.value)) AS documents
        FROM unnest(documents) AS d(value)
        CROSS JOIN LATERAL oms_internal.columns_of(target, d.value) AS c
        GROUP BY c.required, c.given, c.given_old, c.given_new, c.given_excluded, c.created, c.created_new
    LOOP
        PERFORM oms_internal.require_rows(kind, batch.documents, same, batch.required);
        EXECUTE format(
            'WITH n AS MATERIALIZED (SELECT n.* FROM unnest($1) AS d, jsonb_populate_record(NULL::%1$s, d) AS n),
                  changed AS (UPDATE %1$s AS t SET (%2$s) = ROW(%3$s) FROM n
                              WHERE %4$s AND ROW(%5$s)::record *<> ROW(%3$s)::record)
             INSERT INTO %1$s AS t (%6$s)
             SELECT %7$s FROM n WHERE NOT EXISTS (SELECT FROM %1$s AS t WHERE %4$s)
             ON CONFLICT %8$s DO UPDATE SET (%2$s) = ROW(%9$s)',
            target, batch.given, batch.given_new, same, batch.given_old,
            batch.created, batch.created_new, arbiter, batch.given_excluded)
        USING batch.documents;
    END LOOP;
END
$$;
COMMENT ON FUNCTION oms_internal.put_rows(text, jsonb[], text, text) IS 'Create or update the rows of one kind from documents; keys that are no column are passed over';

CREATE OR REPLACE FUNCTION oms_internal.columns_of(
    target regclass, document jsonb, OUT required name[], OUT given text, OUT given_old text, OUT given_new text,
    OUT given_excluded text, OUT created text, OUT created_new text
)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    SELECT array_agg(a.attname) FILTER (WHERE a.attnotnull AND NOT a.atthasdef AND NOT c.created),
           string_agg(c.name, ', ') FILTER (WHERE c.given), string_agg('t.' || c.name, ', ') FILTER (WHERE c.given),
           string_agg('n.' || c.name, ', ') FILTER (WHERE c.given),
           string_agg('excluded.' || c.name, ', ') FILTER (WHERE c.given),
           string_agg(c.name, ', ') FILTER (WHERE c.created), string_agg('n.' || c.name, ', ') FILTER (WHERE c.created)
    INTO required, given, given_old, given_new, given_excluded, created, created_new
    FROM pg_attribute AS a
    CROSS JOIN LATERAL (
        SELECT quote_ident(a.attname), document ? a.attname, document ? a.attname OR a.attname = 'name'
    ) AS c(name, given, created)
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped;
END
$$;
COMMENT ON FUNCTION oms_internal.columns_of(regclass, jsonb) IS 'Which columns of a table a document sets, as lists for a statement, and which it lacks to create a row';

CREATE OR REPLACE FUNCTION oms_internal.require_rows(kind text, documents jsonb[], same text, columns name[])
    RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    new_ones bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM unnest($1) AS d, jsonb_populate_record(NULL::%1$s, d) AS n
                    WHERE NOT EXISTS (SELECT FROM %1$s AS t WHERE %2$s)', oms_internal.table_of(kind), same)
    INTO new_ones USING documents;
    IF new_ones > 0 THEN
        PERFORM oms_internal.raise_faults(
            kind, array_agg(format('$.%s: is required to create %s %s', c, CASE WHEN kind ~ '^[aeiou]' THEN 'an' ELSE 'a' END,
                                   replace(kind, '_', ' '))))
        FROM unnest(columns) AS c;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_rows(text, jsonb[], text, name[]) IS 'Raise OM007 if a document that lacks columns names a row that does not exist yet';

CREATE OR REPLACE FUNCTION oms_internal.money_fault(path text, value numeric, currency text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF value = oms.amount(value, currency)::numeric THEN
        RETURN NULL;
    END IF;
    RETURN format('%s: must have at most %s decimals, is %s', path,
                  (SELECT c.minor_units FROM oms.currencies() AS c WHERE c.code = currency), value);
END
$$;
COMMENT ON FUNCTION oms_internal.money_fault(text, numeric, text) IS 'The fault of a number that is finer than the currency; null if it is not';

/* Parts of documents */

CREATE OR REPLACE FUNCTION oms_internal.with_id(document jsonb, key text, id_key text, id bigint) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN document ? key THEN document || jsonb_build_object(id_key, id) ELSE document END;
    END;
COMMENT ON FUNCTION oms_internal.with_id(jsonb, text, text, bigint) IS 'The document with an id beside the code that stands for it, if the document has that key';

CREATE OR REPLACE FUNCTION oms_internal.unblank(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN document || coalesce((SELECT jsonb_object_agg(key, NULL)
                                 FROM jsonb_each(document)
                                 WHERE jsonb_typeof(value) = 'string' AND value #>> '{}' !~ '[^[:space:]]'), '{}');
END
$$;
COMMENT ON FUNCTION oms_internal.unblank(jsonb) IS 'The document with null for texts of nothing but white space';

CREATE OR REPLACE FUNCTION oms_internal.elements(list jsonb) RETURNS jsonb[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN CASE WHEN jsonb_typeof(list) = 'array' THEN ARRAY(SELECT jsonb_array_elements(list)) ELSE '{}' END;
END
$$;
COMMENT ON FUNCTION oms_internal.elements(jsonb) IS 'The elements of a JSON array; none of anything else';

CREATE OR REPLACE FUNCTION oms_internal.values_of(documents jsonb[], key text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN ARRAY(SELECT d ->> key FROM unnest(documents) AS d);
END
$$;
COMMENT ON FUNCTION oms_internal.values_of(jsonb[], text) IS 'The values of one key in documents';

CREATE OR REPLACE FUNCTION oms_internal.repeated(documents jsonb[], key text, path text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (
        SELECT array_agg(format(path, v.n - 1) || format('.%s: must not be there twice, is "%s"', key, v.value)
                         ORDER BY v.n)
        FROM (SELECT u.value, u.n, row_number() OVER (PARTITION BY u.value ORDER BY u.n) AS nth
              FROM unnest(oms_internal.values_of(documents, key)) WITH ORDINALITY AS u(value, n)) AS v
        WHERE v.nth > 1);
END
$$;
COMMENT ON FUNCTION oms_internal.repeated(jsonb[], text, text) IS 'Faults of documents in which a key has the same value twice; the path has %s for the place of a document';
