/* sql/code/66-report_stock.sql: stock as it was at the end of each month, from movements alone */

/*
 * What movements with numbers above one and up to another come to. What comes
 * and goes in each column is said by doc/report_stock.md.
 */
CREATE OR REPLACE FUNCTION oms_internal.moved_stock(
    after bigint, until bigint, time_zone text, OUT sku_id bigint, OUT location_id integer, OUT month date,
    OUT received oms.quantity, OUT shipped oms.quantity, OUT returned oms.quantity, OUT adjusted oms.quantity,
    OUT transferred oms.quantity, OUT received_value oms.amount, OUT shipped_value oms.amount, OUT returned_value oms.amount,
    OUT adjusted_value oms.amount, OUT transferred_value oms.amount
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT m.sku_id, m.location_id, d.month,
           coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'receipt'), '0'),
           coalesce(- sum(m.quantity) FILTER (WHERE m.kind = 'shipment'), '0'),
           coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'return'), '0'),
           coalesce(sum(m.quantity) FILTER (WHERE m.kind IN ('adjustment', 'count')), '0'),
           coalesce(sum(m.quantity) FILTER (WHERE m.kind = 'transfer'), '0'),
           sum(m.value) FILTER (WHERE m.kind = 'receipt'),
           - sum(m.value) FILTER (WHERE m.kind = 'shipment'),
           sum(m.value) FILTER (WHERE m.kind = 'return'),
           sum(m.value) FILTER (WHERE m.kind IN ('adjustment', 'count', 'revaluation')),
           sum(m.value) FILTER (WHERE m.kind = 'transfer')
    FROM oms.stock_movements AS m
    CROSS JOIN LATERAL (SELECT date_trunc('month', m.occurred_at AT TIME ZONE moved_stock.time_zone)::date AS month) AS d
    WHERE m.movement_id > after AND m.movement_id <= until
    GROUP BY m.sku_id, m.location_id, d.month;
END
$$;
COMMENT ON FUNCTION oms_internal.moved_stock(bigint, bigint, text) IS 'Movements with numbers in a range, by SKU, location and month';

/*
 * All months of the SKUs and locations that moved in a range of movements: what
 * has been counted of them before, and these. If the range is all there is, what
 * has been counted is none of it.
 */
CREATE OR REPLACE FUNCTION oms_internal.chain_stock(
    after bigint, until bigint, time_zone text, OUT sku_id bigint, OUT location_id integer, OUT month date, OUT until_month date,
    OUT received oms.quantity, OUT shipped oms.quantity, OUT returned oms.quantity, OUT adjusted oms.quantity,
    OUT transferred oms.quantity, OUT closing oms.quantity, OUT received_value oms.amount, OUT shipped_value oms.amount,
    OUT returned_value oms.amount, OUT adjusted_value oms.amount, OUT transferred_value oms.amount, OUT closing_value oms.amount
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
AS $$
    WITH moved AS MATERIALIZED (
        SELECT * FROM oms_internal.moved_stock(after, until, time_zone)
    ), month AS (
        SELECT p.sku_id, p.location_id, p.month, sum(p.received) AS received, sum(p.shipped) AS shipped, sum(p.returned) AS returned,
               sum(p.adjusted) AS adjusted, sum(p.transferred) AS transferred, sum(p.received_value) AS received_value,
               sum(p.shipped_value) AS shipped_value, sum(p.returned_value) AS returned_value,
               sum(p.adjusted_value) AS adjusted_value, sum(p.transferred_value) AS transferred_value
        FROM (SELECT * FROM moved
              UNION ALL
              SELECT k.sku_id, k.location_id, k.month, k.received, k.shipped, k.returned, k.adjusted, k.transferred,
                     k.received_value, k.shipped_value, k.returned_value, k.adjusted_value, k.transferred_value
              FROM (SELECT DISTINCT m.sku_id, m.location_id FROM moved AS m) AS m
              JOIN oms.stock_monthly AS k ON k.sku_id = m.sku_id AND k.location_id = m.location_id
              WHERE after > 0) AS p
        GROUP BY p.sku_id, p.location_id, p.month
    ), zero AS (
        SELECT (SELECT ('0 ' || s.value)::amount FROM oms.settings AS s WHERE s.name = 'base_currency') AS amount
    )
    SELECT m.sku_id, m.location_id, m.month, coalesce(lead(m.month) OVER w, 'infinity'),
           m.received, m.shipped, m.returned, m.adjusted, m.transferred,
           sum(m.received - m.shipped + m.returned + m.adjusted + m.transferred) OVER w,
           m.received_value, m.shipped_value, m.returned_value, m.adjusted_value, m.transferred_value,
           sum(coalesce(m.received_value, z.amount) - coalesce(m.shipped_value, z.amount) + coalesce(m.returned_value, z.amount)
               + coalesce(m.adjusted_value, z.amount) + coalesce(m.transferred_value, z.amount)) OVER w
    FROM month AS m
    CROSS JOIN zero AS z
    WINDOW w AS (PARTITION BY m.sku_id, m.location_id ORDER BY m.month)
$$;
COMMENT ON FUNCTION oms_internal.chain_stock(bigint, bigint, text) IS 'Months of the SKUs and locations of which there are movements with numbers in a range, as they are with these';

CREATE OR REPLACE FUNCTION oms_internal.counted_movements() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT w.counted_until FROM oms.sequence_watermarks AS w
                     WHERE w.name = 'stock_monthly' AND w.time_zone = oms_internal.report_time_zone()), 0)
$$;
COMMENT ON FUNCTION oms_internal.counted_movements() IS 'The number up to which movements are in oms.stock_monthly; 0 where it has nothing, or months of another time zone';

CREATE OR REPLACE FUNCTION oms_internal.job_roll_up_stock(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_zone CONSTANT text := oms_internal.report_time_zone();
    v_mark record;
    v_until bigint;
    v_rows bigint;
BEGIN
    SELECT * INTO v_mark FROM oms_internal.settle_sequence('stock_monthly', 'oms.stock_movements_movement_id_seq') AS m;
    IF v_mark.counted_until IS NULL THEN
        RETURN (0, false, after)::oms_internal.job_step;
    END IF;

    IF v_mark.time_zone IS DISTINCT FROM v_zone THEN
        DELETE FROM oms.stock_monthly AS k WHERE k.ctid = ANY (ARRAY(SELECT o.ctid FROM oms.stock_monthly AS o LIMIT batch_rows));
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        UPDATE oms.sequence_watermarks AS w
        SET counted_until = 0, time_zone = CASE WHEN v_rows = 0 THEN v_zone END
        WHERE w.name = 'stock_monthly';
        IF v_rows > 0 THEN
            RETURN (v_rows, true, 'months of another time zone deleted')::oms_internal.job_step;
        END IF;
        v_mark.counted_until := 0;
    END IF;

    v_until := least(v_mark.settled_until, v_mark.counted_until + batch_rows);
    IF v_until = v_mark.counted_until THEN
        RETURN (0, false, 'movement ' || v_until)::oms_internal.job_step;
    END IF;
    INSERT INTO oms.stock_monthly AS k (sku_id, location_id, month, until, received, shipped, returned, adjusted, transferred, closing,
                                        received_value, shipped_value, returned_value, adjusted_value, transferred_value, closing_value)
    SELECT c.* FROM oms_internal.chain_stock(v_mark.counted_until, v_until, v_zone) AS c
    ORDER BY c.sku_id, c.location_id, c.month
    ON CONFLICT (sku_id, location_id, month)
    DO UPDATE SET (until, received, shipped, returned, adjusted, transferred, closing,
                   received_value, shipped_value, returned_value, adjusted_value, transferred_value, closing_value)
        = (excluded.until, excluded.received, excluded.shipped, excluded.returned, excluded.adjusted, excluded.transferred,
           excluded.closing, excluded.received_value, excluded.shipped_value, excluded.returned_value, excluded.adjusted_value,
           excluded.transferred_value, excluded.closing_value)
    WHERE k IS DISTINCT FROM excluded;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    UPDATE oms.sequence_watermarks AS w SET counted_until = v_until WHERE w.name = 'stock_monthly';
    RETURN (v_rows, v_until < v_mark.settled_until, 'movement ' || v_until)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_roll_up_stock(integer, jsonb, text) IS 'A batch of the job roll_up_stock: movements that were not in oms.stock_monthly yet';
