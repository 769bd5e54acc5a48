/* sql/code/22-catalog.sql: products, SKUs and kits by document */

/*
 * A kit has no stock of its own, so it cannot be in another kit: neither by
 * one document, nor by what was there before. The path is where a
 * SKU stands in the caller's document, with %s for its place.
 */
CREATE OR REPLACE FUNCTION oms_internal.kit_faults(documents jsonb[], path text) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_kits CONSTANT jsonb := oms_internal.kits(documents);
BEGIN
    IF v_kits IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT array_agg(format(path, f.n - 1) || f.fault ORDER BY f.n, f.m)
        FROM (
            SELECT d.n, c.m, format('.kit[%s].sku: %s, is "%s"', c.m - 1,
                CASE WHEN c.sku = d.code THEN 'must not be the kit itself'
                     WHEN coalesce(v_kits -> c.sku <> '[]', s.is_kit) THEN 'must not be a kit'
                     WHEN c.nth > 1 THEN 'must not be there twice' END, c.sku)
            FROM (SELECT u.value ->> 'code', u.value -> 'kit', u.n
                  FROM unnest(documents) WITH ORDINALITY AS u(value, n)) AS d(code, kit, n)
            CROSS JOIN LATERAL (
                SELECT e.value ->> 'sku', e.m, row_number() OVER (PARTITION BY e.value -> 'sku' ORDER BY e.m)
                FROM unnest(oms_internal.elements(d.kit)) WITH ORDINALITY AS e(value, m)) AS c(sku, m, nth)
            LEFT JOIN oms.skus AS s ON s.code = c.sku
            WHERE c.sku = d.code OR c.nth > 1 OR coalesce(v_kits -> c.sku <> '[]', s.is_kit)
            UNION ALL
            SELECT d.n, 0, format('.kit: must be empty, "%s" is a component of "%s"', s.code, min(k.code))
            FROM unnest(documents) WITH ORDINALITY AS d(value, n)
            JOIN oms.skus AS s ON s.code = d.value ->> 'code'
            JOIN oms.kit_components AS c ON c.component_sku_id = s.sku_id
            JOIN oms.skus AS k ON k.sku_id = c.sku_id
            WHERE v_kits -> s.code <> '[]' AND NOT v_kits ? k.code
            GROUP BY d.n, s.code
        ) AS f(n, m, fault));
END
$$;
COMMENT ON FUNCTION oms_internal.kit_faults(jsonb[], text) IS 'What is wrong with the kits in SKU documents beyond their shape, with JSON paths';

CREATE OR REPLACE FUNCTION oms_internal.kits(documents jsonb[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT jsonb_object_agg(d ->> 'code', CASE d -> 'kit' WHEN 'null' THEN '[]' ELSE d -> 'kit' END)
            FROM unnest(documents) AS d
            WHERE d ? 'kit');
END
$$;
COMMENT ON FUNCTION oms_internal.kits(jsonb[]) IS 'Components by code of those SKU documents that have "kit"; null if none has';

/*
 * Locks the SKUs in the order of their ids, so that whoever replaces the same
 * kits at the same time waits; then the components are as in the documents.
 */
CREATE OR REPLACE FUNCTION oms_internal.put_kits(kits jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM FROM oms.skus AS s
    WHERE s.code IN (SELECT jsonb_object_keys(kits))
    ORDER BY s.sku_id FOR NO KEY UPDATE;

    DELETE FROM oms.kit_components AS c
    USING oms.skus AS k, oms.skus AS s
    WHERE k.code IN (SELECT jsonb_object_keys(kits)) AND k.is_kit
          AND c.sku_id = k.sku_id AND s.sku_id = c.component_sku_id
          AND NOT kits -> k.code @> jsonb_build_array(jsonb_build_object('sku', s.code));

    INSERT INTO oms.kit_components AS c (sku_id, component_sku_id, quantity)
    SELECT k.sku_id, s.sku_id, (e ->> 'quantity')::oms.quantity
    FROM jsonb_each(kits) AS d
    JOIN oms.skus AS k ON k.code = d.key
    CROSS JOIN unnest(oms_internal.elements(d.value)) AS e
    JOIN oms.skus AS s ON s.code = e ->> 'sku'
    ORDER BY k.sku_id, s.sku_id
    ON CONFLICT (sku_id, component_sku_id) DO UPDATE SET quantity = excluded.quantity;
END
$$;
COMMENT ON FUNCTION oms_internal.put_kits(jsonb) IS 'Replace the components of kits, given by code as {"code": [{"sku", "quantity"}]}';

CREATE OR REPLACE FUNCTION oms_internal.component_codes(documents jsonb[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN ARRAY(SELECT c ->> 'sku'
                 FROM unnest(documents) AS d
                 CROSS JOIN unnest(oms_internal.elements(d -> 'kit')) AS c
                 EXCEPT
                 SELECT d ->> 'code' FROM unnest(documents) AS d);
END
$$;
COMMENT ON FUNCTION oms_internal.component_codes(jsonb[]) IS 'Codes of the components in SKU documents, without the SKUs of the documents';

/* Larger units: positive numbers of base units by name */

CREATE OR REPLACE FUNCTION oms_internal.is_units(units jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT jsonb_typeof(units) = 'object'
               AND NOT jsonb_path_exists(units, '$.* ? (@.type() != "number" || @ <= 0)');
    END;
COMMENT ON FUNCTION oms_internal.is_units(jsonb) IS 'Is it an object of positive numbers?';

CREATE OR REPLACE FUNCTION oms_internal.with_units(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF jsonb_typeof(document -> 'units') IS DISTINCT FROM 'object' THEN
        RETURN document;
    END IF;
    RETURN jsonb_set(document, '{units}', coalesce(
        (SELECT jsonb_object_agg(u.key, u.value::numeric) FROM jsonb_each_text(document -> 'units') AS u), '{}'));
END
$$;
COMMENT ON FUNCTION oms_internal.with_units(jsonb) IS 'A SKU document with its units as numbers, which it may write as texts';

CREATE OR REPLACE FUNCTION oms_internal.put_skus(documents jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_rows jsonb[];
BEGIN
    SELECT array_agg(oms_internal.with_id(oms_internal.with_units(d), 'product', 'product_id', p.product_id)) INTO v_rows
    FROM unnest(documents) AS d
    LEFT JOIN oms.products AS p ON p.code = d ->> 'product';

    PERFORM oms_internal.put_rows('sku', v_rows);
    PERFORM oms_internal.put_kits(oms_internal.kits(documents));
    PERFORM oms_internal.put_general_prices(documents);
END
$$;
COMMENT ON FUNCTION oms_internal.put_skus(jsonb[]) IS 'Create or update SKUs, their kits and their general prices, from documents without faults';

CREATE OR REPLACE FUNCTION oms.put_sku(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    AS $$
BEGIN
    PERFORM oms_internal.check_document(document, 'sku');
    PERFORM oms_internal.require_codes(
        products => ARRAY[document ->> 'product'], skus => oms_internal.component_codes(ARRAY[document]));
    PERFORM oms_internal.raise_faults('sku', oms_internal.kit_faults(ARRAY[document], '$'));
    PERFORM oms_internal.put_skus(ARRAY[document]);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_sku(jsonb) IS 'Create or update a SKU by its code, with its general price and its kit; returns the code';

CREATE OR REPLACE FUNCTION oms.put_product(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_product CONSTANT jsonb := jsonb_build_object('product', document -> 'code');
    v_skus jsonb[];
BEGIN
    PERFORM oms_internal.check_document(document, 'product');
    SELECT array_agg(s || v_product) INTO v_skus
    FROM unnest(oms_internal.elements(document -> 'skus')) AS s;
    PERFORM oms_internal.require_codes(skus => oms_internal.component_codes(v_skus));
    PERFORM oms_internal.raise_faults('product', oms_internal.repeated(v_skus, 'code', '$.skus[%s]')
                                                 || oms_internal.kit_faults(v_skus, '$.skus[%s]'));

    PERFORM oms_internal.put_rows('product', ARRAY[document]);
    PERFORM oms_internal.put_skus(v_skus);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_product(jsonb) IS 'Create or update a product by its code, with the SKUs in its document; returns the code';

/*
 * That no kit is in another is held by two foreign keys of kit_components;
 * the trigger marks the kit for them and says in words what is wrong.
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
