/* sql/code/25-purchasing.sql: suppliers by document */

CREATE OR REPLACE FUNCTION oms.put_supplier(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_skus CONSTANT jsonb[] := oms_internal.elements(document -> 'skus');
    v_rows jsonb[];
BEGIN
    PERFORM oms_internal.check_document(document, 'supplier');
    PERFORM oms_internal.require_codes(skus => oms_internal.values_of(v_skus, 'sku'));
    PERFORM oms_internal.raise_faults('supplier', oms_internal.repeated(v_skus, 'sku', '$.skus[%s]'));

    PERFORM oms_internal.put_rows('supplier', ARRAY[document]);
    SELECT array_agg(d.value || jsonb_build_object('supplier_id', p.supplier_id, 'sku_id', s.sku_id)) INTO v_rows
    FROM unnest(v_skus) AS d(value)
    JOIN oms.skus AS s ON s.code = d.value ->> 'sku'
    JOIN oms.suppliers AS p ON p.code = document ->> 'code';
    PERFORM oms_internal.put_rows('supplier_sku', v_rows, '(supplier_id, sku_id)',
                                  't.supplier_id = n.supplier_id AND t.sku_id = n.sku_id');
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_supplier(jsonb) IS 'Create or update a supplier by its code, and its terms for the SKUs in the document; returns the code';
