/* sql/code/22-catalog.sql: products, SKUs and kits by document */

/*
 * The faults of an array of SKU documents that no single one shows. The path
 * is where the array stands in the caller's document; null: it is that
 * document itself.
 */
CREATE OR REPLACE FUNCTION oms_internal.sku_faults(documents jsonb, path text) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (
        WITH s AS (
            SELECT d.value AS document, d.value ->> 'code' AS code,
                   CASE WHEN path IS NULL THEN '$' ELSE format('%s[%s]', path, d.n - 1) END AS path,
                   count(*) OVER (PARTITION BY d.value ->> 'code') AS times
            FROM jsonb_array_elements(documents) WITH ORDINALITY AS d(value, n)
        ), k AS (
            SELECT s.code AS kit, s.code, c.value ->> 'sku' AS component,
                   format('%s.kit[%s].sku', s.path, c.n - 1) AS path,
                   count(*) OVER (PARTITION BY s.path, c.value ->> 'sku') AS times
            FROM s, jsonb_array_elements(CASE jsonb_typeof(s.document -> 'kit') WHEN 'array'
                                              THEN s.document -> 'kit' ELSE '[]' END)
                    WITH ORDINALITY AS c(value, n)
        )
        SELECT array_agg(f.fault ORDER BY f.fault COLLATE "C")
        FROM (
            SELECT format('%s.code: is there more than once: "%s"', s.path, s.code) FROM s WHERE s.times > 1
            UNION ALL
            SELECT format('%s: is there more than once: "%s"', k.path, k.component) FROM k WHERE k.times > 1
            UNION ALL
            SELECT format('%s: must not be the kit itself, is "%s"', k.path, k.component)
            FROM k WHERE k.component = k.kit
            UNION ALL
            SELECT format('%s: must not be a kit, is "%s"', k.path, k.component)
            FROM k
            WHERE k.component <> k.kit
                  AND CASE WHEN EXISTS (SELECT FROM s WHERE s.code = k.component AND s.document ? 'kit')
                           THEN EXISTS (SELECT FROM k AS o WHERE o.kit = k.component)
                           ELSE EXISTS (SELECT FROM oms.skus AS t WHERE t.code = k.component AND t.is_kit) END
            UNION ALL
            SELECT format('%s.kit: must be empty, "%s" is a component of kit "%s"', s.path, s.code, min(p.code))
            FROM s
            JOIN oms.skus AS t ON t.code = s.code
            JOIN oms.kit_components AS c ON c.component_sku_id = t.sku_id
            JOIN oms.skus AS p ON p.sku_id = c.sku_id
            WHERE s.code IN (SELECT k.kit FROM k)
                  AND NOT EXISTS (SELECT FROM s AS o WHERE o.code = p.code AND o.document ? 'kit')
            GROUP BY s.path, s.code
        ) AS f(fault));
END
$$;
COMMENT ON FUNCTION oms_internal.sku_faults(jsonb, text) IS 'What is wrong with SKU documents beyond their shape, with JSON paths';

/*
 * Locks the SKUs in the order of their ids, so that whoever replaces the same
 * kits at the same time waits; then the components are as in the documents.
 */
CREATE OR REPLACE FUNCTION oms_internal.put_kits(documents jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_kits jsonb;
BEGIN
    SELECT jsonb_object_agg(l.sku_id, CASE l.kit WHEN 'null' THEN '[]' ELSE l.kit END) INTO v_kits
    FROM (SELECT s.sku_id, d.value -> 'kit' AS kit
          FROM jsonb_array_elements(documents) AS d(value)
          JOIN oms.skus AS s ON s.code = d.value ->> 'code'
          WHERE d.value ? 'kit'
          ORDER BY s.sku_id FOR NO KEY UPDATE OF s) AS l;
    IF v_kits IS NULL THEN
        RETURN;
    END IF;

    DELETE FROM oms.kit_components AS c
    USING jsonb_each(v_kits) AS k, oms.skus AS s
    WHERE c.sku_id = k.key::bigint AND s.sku_id = c.component_sku_id
          AND NOT k.value @> jsonb_build_array(jsonb_build_object('sku', s.code));

    INSERT INTO oms.kit_components AS c (sku_id, component_sku_id, quantity)
    SELECT k.key::bigint, s.sku_id, (e.value ->> 'quantity')::oms.quantity
    FROM jsonb_each(v_kits) AS k
    CROSS JOIN jsonb_array_elements(k.value) AS e(value)
    JOIN oms.skus AS s ON s.code = e.value ->> 'sku'
    ORDER BY 1, 2
    ON CONFLICT (sku_id, component_sku_id) DO UPDATE SET quantity = excluded.quantity;
END
$$;
COMMENT ON FUNCTION oms_internal.put_kits(jsonb) IS 'Replace the components of the SKUs whose documents have "kit"';

/*
 * The documents are without faults. Components may be SKUs of the same array.
 */
CREATE OR REPLACE FUNCTION oms_internal.put_skus(documents jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_rows jsonb;
BEGIN
    SELECT jsonb_agg(oms_internal.with_id(d.value, 'product', 'product_id', p.product_id)) INTO v_rows
    FROM jsonb_array_elements(documents) AS d(value)
    LEFT JOIN oms.products AS p ON p.code = d.value ->> 'product';

    PERFORM oms_internal.put_rows('sku', v_rows);
    PERFORM oms_internal.put_kits(documents);
    PERFORM oms_internal.put_general_prices(documents);
END
$$;
COMMENT ON FUNCTION oms_internal.put_skus(jsonb) IS 'Create or update SKUs, their kits and their general prices';

CREATE OR REPLACE FUNCTION oms_internal.component_codes(documents jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT array_agg(c #>> '{}')
        FROM jsonb_path_query(documents, 'lax $[*].kit[*].sku') AS c
        WHERE NOT documents @> jsonb_build_array(jsonb_build_object('code', c));
    END;
COMMENT ON FUNCTION oms_internal.component_codes(jsonb) IS 'Codes of the components in SKU documents, without the SKUs of the documents';

CREATE OR REPLACE FUNCTION oms.put_sku(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_documents CONSTANT jsonb := jsonb_build_array(document);
BEGIN
    PERFORM oms_internal.check_document(document, 'sku');
    PERFORM oms_internal.require_codes(
        products => ARRAY[document ->> 'product'],
        skus => oms_internal.component_codes(v_documents));
    PERFORM oms_internal.raise_faults('sku', oms_internal.sku_faults(v_documents, NULL));
    PERFORM oms_internal.put_skus(v_documents);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_sku(jsonb) IS 'Create or update a SKU by its code, with its general price and its kit; returns the code';

CREATE OR REPLACE FUNCTION oms.put_product(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code CONSTANT jsonb := document -> 'code';
    v_skus jsonb;
BEGIN
    PERFORM oms_internal.check_document(document, 'product');
    SELECT jsonb_agg(s || jsonb_build_object('product', v_code)) INTO v_skus
    FROM jsonb_array_elements(coalesce(document -> 'skus', '[]')) AS s;
    PERFORM oms_internal.require_codes(skus => oms_internal.component_codes(v_skus));
    PERFORM oms_internal.raise_faults('product', oms_internal.sku_faults(v_skus, '$.skus'));

    PERFORM oms_internal.put_rows('product', jsonb_build_array(document));
    PERFORM oms_internal.put_skus(v_skus);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_product(jsonb) IS 'Create or update a product by its code, with the SKUs in its document; returns the code';

/*
 * A kit has no stock of its own, so it cannot be in another kit. Columns
 * hold this, see table kit_components; the trigger marks the kit and says
 * what is wrong in words.
 */
CREATE OR REPLACE FUNCTION oms_internal.kit_components_mark() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_kit text;
    v_component text;
    v_wrong text;
BEGIN
    SELECT s.code INTO v_kit FROM oms.skus AS s WHERE s.sku_id = NEW.sku_id;
    SELECT s.code, CASE WHEN s.is_kit THEN s.code END INTO v_component, v_wrong
    FROM oms.skus AS s WHERE s.sku_id = NEW.component_sku_id;
    IF v_wrong IS NULL AND EXISTS (SELECT FROM oms.kit_components AS c WHERE c.component_sku_id = NEW.sku_id) THEN
        v_wrong := v_kit;
    END IF;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = format('sku "%s" cannot be both kit and component', v_wrong),
            DETAIL = format('It would stand in the row of kit "%s" with component "%s".', v_kit, v_component),
            HINT = 'List the components of the inner kit in the outer one.',
            SCHEMA = 'oms', TABLE = 'kit_components', CONSTRAINT = 'kit_components_component_sku_id_fkey';
    END IF;
    UPDATE oms.skus AS s SET is_kit = true WHERE s.sku_id = NEW.sku_id AND NOT s.is_kit;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION oms_internal.kit_components_mark() IS 'Trigger: mark the SKU as kit; refuse a kit in a kit';

CREATE OR REPLACE FUNCTION oms_internal.kit_components_unmark() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    UPDATE oms.skus AS s SET is_kit = false
    WHERE s.sku_id = ANY (SELECT o.sku_id FROM removed AS o)
          AND s.is_kit
          AND NOT EXISTS (SELECT FROM oms.kit_components AS c WHERE c.sku_id = s.sku_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.kit_components_unmark() IS 'Trigger: a SKU without components is no kit';
