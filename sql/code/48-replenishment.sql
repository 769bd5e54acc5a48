/* sql/code/48-replenishment.sql: how stock is replenished: policies, and the arithmetic of orders */

/*
 * Arithmetic
 */

CREATE OR REPLACE FUNCTION oms_internal.demand_of_days(means real[], mean double precision, fitted_days integer,
                                                       fitted_mean double precision, days double precision)
    RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_of_days';
COMMENT ON FUNCTION oms_internal.demand_of_days(real[], double precision, integer, double precision, double precision)
    IS 'Expected demand of the next days, of which there may be a fraction; what was fitted, if it is for as many';

CREATE OR REPLACE FUNCTION oms_internal.reorder_level(
    levels double precision[], quantiles double precision[], fitted_mean double precision, fitted_days integer,
    mean double precision, days double precision, sd double precision,
    service_level double precision, fill_rate double precision, quantity double precision
) RETURNS double precision
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'oms_reorder_level';
COMMENT ON FUNCTION oms_internal.reorder_level(double precision[], double precision[], double precision, integer, double precision, double precision, double precision, double precision, double precision, double precision)
    IS 'Position at which to order: the quantile of service_level of the demand of days, or, with a fill_rate, such that no more than the rest of each order of a quantity sells out before it comes. Its mean is given, its spread that of the quantiles of another number of days, and sd from elsewhere';

CREATE OR REPLACE FUNCTION oms_internal.economic_quantity(
    annual_demand double precision, order_cost double precision, holding_rate double precision, usual double precision,
    cost double precision, break_quantities double precision[], break_costs double precision[]
) RETURNS double precision
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'oms_economic_quantity';
COMMENT ON FUNCTION oms_internal.economic_quantity(double precision, double precision, double precision, double precision, double precision, double precision[], double precision[])
    IS 'How much to order at once: the economic quantity, or the usual one without an order_cost, or a price break above it that saves more than holding costs; at most a year''s demand';

CREATE OR REPLACE FUNCTION oms_internal.whole_units(value double precision, decimals integer) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_whole_units';
COMMENT ON FUNCTION oms_internal.whole_units(double precision, integer) IS 'A number rounded up to decimals, as a quantity that is not negative';

CREATE OR REPLACE FUNCTION oms_internal.order_quantity(need oms.quantity, above oms.quantity, pack_size oms.quantity,
                                                       min_quantity oms.quantity, max_quantity oms.quantity)
    RETURNS oms.quantity
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_order_quantity';
COMMENT ON FUNCTION oms_internal.order_quantity(oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity)
    IS 'What can be ordered for a need: whole packs, up or down by the geometric mean, more than above, within the bounds; 0 if that is nothing';

CREATE OR REPLACE FUNCTION oms_internal.shrunk(seen bigint, measured double precision, prior double precision)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (coalesce(seen * measured, 0) + greatest(5 - coalesce(seen, 0), 0) * prior) / greatest(coalesce(seen, 0), 5);
END;
COMMENT ON FUNCTION oms_internal.shrunk(bigint, double precision, double precision)
    IS 'A measured mean; of fewer than five it is made up to five by what was thought before';

/*
 * Calendar of suppliers
 */

CREATE OR REPLACE FUNCTION oms_internal.order_gap(order_days integer[]) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN order_days IS NULL THEN 1 ELSE
        (SELECT max(coalesce(d.following, d.first + 7) - d.day)
         FROM (SELECT u.day, lead(u.day) OVER (ORDER BY u.day) AS following, min(u.day) OVER () AS first
               FROM (SELECT DISTINCT unnest(order_days) AS day) AS u) AS d) END;
END;
COMMENT ON FUNCTION oms_internal.order_gap(integer[]) IS 'Most days from one weekday on which orders may be sent to the next; 1 for null';

CREATE OR REPLACE FUNCTION oms_internal.order_day(first_day date, order_days integer[], holidays date[]) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN order_days IS NULL AND first_day <> ALL (coalesce(holidays, '{}')) THEN first_day ELSE
        coalesce((SELECT first_day + n FROM generate_series(0, 60) AS n
                  WHERE (order_days IS NULL OR extract(isodow FROM first_day + n) = ANY (order_days))
                        AND first_day + n <> ALL (coalesce(holidays, '{}'))
                  ORDER BY n LIMIT 1), first_day + 61) END;
END;
COMMENT ON FUNCTION oms_internal.order_day(date, integer[], date[]) IS 'First day from a day on, on which orders are taken; without end of holidays, two months later';

/*
 * Policies
 */

CREATE OR REPLACE FUNCTION oms_internal.replenishment_policy_columns(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    document := oms_internal.with_id(document, 'sku', 'sku_id', (SELECT s.sku_id FROM oms.skus AS s WHERE s.code = document ->> 'sku'));
    document := oms_internal.with_id(document, 'location', 'location_id',
                                     (SELECT l.location_id FROM oms.locations AS l WHERE l.code = document ->> 'location'));
    document := oms_internal.with_id(document, 'from_location', 'from_location_id',
                                     (SELECT l.location_id FROM oms.locations AS l WHERE l.code = document ->> 'from_location'));
    RETURN oms_internal.with_id(document, 'supplier', 'supplier_id',
                                (SELECT s.supplier_id FROM oms.suppliers AS s WHERE s.code = document ->> 'supplier'));
END
$$;
COMMENT ON FUNCTION oms_internal.replenishment_policy_columns(jsonb) IS 'The document of a replenishment policy with the ids that its codes stand for';

CREATE OR REPLACE FUNCTION oms_internal.replenishment_policy_faults(columns jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    AS $$
DECLARE
    /* as it would be */
    v_row CONSTANT oms.replenishment_policies := jsonb_populate_record(
        NULL::oms.replenishment_policies,
        coalesce((SELECT to_jsonb(p) FROM oms.replenishment_policies AS p WHERE p.code = columns ->> 'code'), '{}')
        || oms_internal.unblank(columns));
BEGIN
    RETURN ARRAY(
        SELECT format('$.%s: must not be there together with %s', k.one, k.other)
        FROM (VALUES ('category', 'sku', v_row.category IS NOT NULL AND v_row.sku_id IS NOT NULL),
                     ('fill_rate', 'service_level', v_row.fill_rate IS NOT NULL AND v_row.service_level IS NOT NULL),
                     ('from_location', 'supplier', v_row.from_location_id IS NOT NULL AND v_row.supplier_id IS NOT NULL))
             AS k(one, other, together)
        WHERE k.together
        UNION ALL
        SELECT format('$.%s: must be less than 1, is %s', k.key, k.value)
        FROM (VALUES ('fill_rate', v_row.fill_rate), ('service_level', v_row.service_level)) AS k(key, value)
        WHERE k.value >= 1
        UNION ALL
        SELECT format('$.order_up_to: must not be less than reorder_point, %s, is %s', v_row.reorder_point, v_row.order_up_to)
        WHERE v_row.order_up_to < v_row.reorder_point
        UNION ALL
        SELECT '$.from_location: must not be the location itself'
        WHERE v_row.from_location_id = v_row.location_id
        UNION ALL
        SELECT format('$.%s: must have at most %s decimals, is %s', k.key, s.decimals, k.quantity)
        FROM oms.skus AS s,
             (VALUES ('max_stock', v_row.max_stock::numeric), ('order_up_to', v_row.order_up_to::numeric),
                     ('reorder_point', v_row.reorder_point::numeric)) AS k(key, quantity)
        WHERE s.sku_id = v_row.sku_id AND k.quantity <> trunc(k.quantity, s.decimals)
        UNION ALL
        SELECT format('$: must not be for the same as policy "%s"', p.code)
        FROM oms.replenishment_policies AS p
        WHERE p.code <> v_row.code
              AND (p.sku_id, p.location_id, p.category::text) IS NOT DISTINCT FROM (v_row.sku_id, v_row.location_id, v_row.category::text));
END
$$;
COMMENT ON FUNCTION oms_internal.replenishment_policy_faults(jsonb) IS 'Faults of a replenishment policy that it takes more than the shape of its document to see';

CREATE OR REPLACE FUNCTION oms.put_replenishment_policy(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_columns jsonb;
BEGIN
    PERFORM oms_internal.check_document(document, 'replenishment_policy');
    PERFORM oms_internal.require_codes(
        locations => ARRAY[document ->> 'location', document ->> 'from_location'],
        skus => ARRAY[document ->> 'sku'], suppliers => ARRAY[document ->> 'supplier']);
    v_columns := oms_internal.replenishment_policy_columns(document);
    PERFORM oms_internal.raise_faults('replenishment_policy', oms_internal.replenishment_policy_faults(v_columns));
    PERFORM oms_internal.put_rows('replenishment_policy', ARRAY[v_columns]);
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_replenishment_policy(jsonb) IS 'Create or update a replenishment policy by its code; returns the code';
