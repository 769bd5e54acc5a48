/* sql/code/23-party.sql: customers by document */

/*
 * A customer with a reference is known by it alone. One without is a guest,
 * known by e-mail in any case of letters; the same address may stand with
 * customers who have references.
 */
CREATE OR REPLACE FUNCTION oms.put_customer(document jsonb) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_reference CONSTANT text := document ->> 'reference';
    v_rows CONSTANT jsonb[] := ARRAY[
        document || CASE WHEN document ? 'group'
                         THEN jsonb_build_object('customer_group', document -> 'group') ELSE '{}' END];
BEGIN
    PERFORM oms_internal.check_document(document, 'customer');
    PERFORM oms_internal.raise_faults('customer', ARRAY(
        SELECT '$.tax_exempt: needs a tax_id'
        FROM (SELECT) AS one
             LEFT JOIN oms.customers AS c
                    ON CASE WHEN v_reference IS NOT NULL THEN c.reference = v_reference
                            ELSE c.reference IS NULL AND lower(c.email) = lower(document ->> 'email') END
        WHERE coalesce((document ->> 'tax_exempt')::boolean, c.tax_exempt)
              AND CASE WHEN document ? 'tax_id' THEN document ->> 'tax_id' ELSE c.tax_id END IS NULL));
    IF v_reference IS NOT NULL THEN
        PERFORM oms_internal.put_rows('customer', v_rows, '(reference)', 't.reference = n.reference');
        RETURN (SELECT c.customer_id FROM oms.customers AS c WHERE c.reference = v_reference);
    END IF;
    PERFORM oms_internal.put_rows('customer', v_rows, '(lower(email)) WHERE reference IS NULL',
                                  't.reference IS NULL AND lower(t.email) = lower(n.email)');
    RETURN (SELECT c.customer_id FROM oms.customers AS c
            WHERE c.reference IS NULL AND lower(c.email) = lower(document ->> 'email'));
END
$$;
COMMENT ON FUNCTION oms.put_customer(jsonb) IS 'Create or update a customer by reference, a guest by e-mail; returns the customer''s id';
