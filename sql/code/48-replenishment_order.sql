/* sql/code/48-replenishment_order.sql: what becomes of proposals: orders, transfers, nothing */

/*
 * Codes are those of the first proposal, of which there is one only. Who has
 * given that code to an order of their own is not overwritten.
 */
CREATE OR REPLACE FUNCTION oms_internal.new_order_code(proposal_id bigint) RETURNS text
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.code
    FROM generate_series(1, 1000) AS n
    CROSS JOIN LATERAL (SELECT 'R-' || $1 || CASE WHEN n > 1 THEN '-' || n ELSE '' END) AS c(code)
    WHERE NOT EXISTS (SELECT FROM oms.purchase_orders AS o WHERE o.code = c.code)
    ORDER BY n
    LIMIT 1
$$;
COMMENT ON FUNCTION oms_internal.new_order_code(bigint) IS 'The code of the purchase order that a proposal begins';

CREATE OR REPLACE FUNCTION oms_internal.buy_proposals(ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_order record;
    v_code text;
BEGIN
    FOR v_order IN
        SELECT n.supplier_id, n.location_id, min(n.proposal_id) AS proposal_id, array_agg(n.proposal_id) AS ids,
               jsonb_build_object(
                   'supplier', n.supplier, 'location', n.location, 'expected_on', max(n.expected_on),
                   'lines', jsonb_agg(jsonb_build_object('sku', n.sku, 'quantity', n.quantity::numeric, 'expected_on', n.expected_on)
                                      ORDER BY n.sku COLLATE "C")) AS document
        FROM (SELECT p.proposal_id, p.supplier_id, p.location_id, p.quantity, s.code AS sku, u.code AS supplier, l.code AS location,
                     (row_number() OVER (PARTITION BY p.supplier_id, p.location_id ORDER BY p.proposal_id) - 1) / 2000 AS part,
                     oms_internal.replenishment_day() + (p.expected_on - p.order_on) AS expected_on
              FROM oms.replenishment_proposals AS p
              JOIN oms.skus AS s ON s.sku_id = p.sku_id
              JOIN oms.suppliers AS u ON u.supplier_id = p.supplier_id
              JOIN oms.locations AS l ON l.location_id = p.location_id
              WHERE p.proposal_id = ANY (ids)) AS n
        GROUP BY n.supplier_id, n.supplier, n.location_id, n.location, n.part
        ORDER BY min(n.proposal_id)
    LOOP
        v_code := oms.put_purchase_order(v_order.document || jsonb_build_object('code', oms_internal.new_order_code(v_order.proposal_id)));
        PERFORM oms.send_purchase_order(v_code);
        UPDATE oms.replenishment_proposals AS p
        SET status = 'ordered', ended_at = oms.now(), purchase_order_id = o.purchase_order_id
        FROM oms.purchase_orders AS o
        WHERE o.code = v_code AND p.proposal_id = ANY (v_order.ids);
    END LOOP;
END
$$;
COMMENT ON FUNCTION oms_internal.buy_proposals(bigint[]) IS 'Make one purchase order of the proposals of a supplier and location, and send it';

CREATE OR REPLACE FUNCTION oms_internal.ship_proposals(ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_proposal record;
    v_transfer_id bigint;
BEGIN
    FOR v_proposal IN
        SELECT p.proposal_id, s.code AS sku, f.code AS from_location, l.code AS location, p.quantity,
               oms_internal.replenishment_day() + (p.expected_on - p.order_on) AS expected_on
        FROM oms.replenishment_proposals AS p
        JOIN oms.skus AS s ON s.sku_id = p.sku_id
        JOIN oms.locations AS f ON f.location_id = p.from_location_id
        JOIN oms.locations AS l ON l.location_id = p.location_id
        WHERE p.proposal_id = ANY (ids)
        ORDER BY p.sku_id, p.from_location_id, p.proposal_id
    LOOP
        v_transfer_id := oms.ship_transfer(v_proposal.sku, v_proposal.from_location, v_proposal.location, v_proposal.quantity,
                                           v_proposal.expected_on);
        UPDATE oms.replenishment_proposals AS p
        SET status = 'ordered', ended_at = oms.now(), transfer_id = v_transfer_id
        WHERE p.proposal_id = v_proposal.proposal_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION oms_internal.ship_proposals(bigint[]) IS 'Make a transfer of each proposal from another location';

CREATE OR REPLACE FUNCTION oms_internal.order_proposals(ids bigint[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_approval_id CONSTANT bigint := nextval('oms.replenishment_proposals_approval_id_seq');
BEGIN
    UPDATE oms.replenishment_proposals AS p SET approval_id = v_approval_id WHERE p.proposal_id = ANY (ids);
    PERFORM oms_internal.buy_proposals(ids);
    PERFORM oms_internal.ship_proposals(ids);
    RETURN v_approval_id;
END
$$;
COMMENT ON FUNCTION oms_internal.order_proposals(bigint[]) IS 'Order open proposals that are locked; returns the number of the approval';

CREATE OR REPLACE FUNCTION oms_internal.require_open_proposals(ids bigint[]) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id bigint;
    v_status text;
BEGIN
    SELECT u.id, p.status INTO v_id, v_status
    FROM unnest(ids) AS u(id)
    LEFT JOIN oms.replenishment_proposals AS p ON p.proposal_id = u.id
    WHERE p.status IS DISTINCT FROM 'open'
    ORDER BY p.status IS NOT NULL, u.id
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_status IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('replenishment proposal %s does not exist', coalesce(v_id::text, 'null')),
            HINT = 'Table oms.replenishment_proposals has them.';
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'OM002',
        MESSAGE = format('replenishment proposal %s is %s', v_id, v_status),
        HINT = 'Only open ones can be approved or rejected.';
END
$$;
COMMENT ON FUNCTION oms_internal.require_open_proposals(bigint[]) IS 'Raise OM006 for a proposal that does not exist, OM002 for one that has ended';

CREATE OR REPLACE FUNCTION oms_internal.lock_for_approval(ids bigint[], supplier text, location text) RETURNS bigint[]
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(l.proposal_id)
    FROM (SELECT p.proposal_id
          FROM oms.replenishment_proposals AS p
          WHERE CASE WHEN $1 IS NULL THEN p.status = 'open' ELSE p.proposal_id = ANY ($1) END
                AND ($2 IS NULL OR p.supplier_id = (SELECT u.supplier_id FROM oms.suppliers AS u WHERE u.code = $2))
                AND ($3 IS NULL OR p.location_id = (SELECT l.location_id FROM oms.locations AS l WHERE l.code = $3))
          ORDER BY p.proposal_id
          LIMIT 10000
          FOR NO KEY UPDATE) AS l
$$;
COMMENT ON FUNCTION oms_internal.lock_for_approval(bigint[], text, text) IS 'Lock proposals, those given or else the open ones, of a supplier and a location if these are given';

CREATE OR REPLACE FUNCTION oms_internal.approve_proposals(proposal_ids bigint[], supplier text, location text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_ids bigint[];
BEGIN
    IF proposal_ids IS NULL AND supplier IS NULL AND location IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'it must be said which proposals are approved',
            HINT = 'Give their ids, a supplier or a location.';
    END IF;
    IF cardinality(proposal_ids) > 10000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('there can be at most 10000 proposals, not %s', cardinality(proposal_ids));
    END IF;
    PERFORM oms_internal.require_codes(locations => ARRAY[location], suppliers => ARRAY[supplier]);
    v_ids := oms_internal.lock_for_approval(proposal_ids, supplier, location);
    PERFORM oms_internal.require_open_proposals(CASE WHEN supplier IS NULL AND location IS NULL THEN proposal_ids ELSE v_ids END);
    IF EXISTS (SELECT FROM oms.replenishment_proposals AS p
               WHERE p.proposal_id = ANY (v_ids) AND p.supplier_id IS NULL AND p.from_location_id IS NULL) THEN
        IF proposal_ids IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('nobody offers what replenishment proposal %s is for',
                                 (SELECT min(p.proposal_id) FROM oms.replenishment_proposals AS p
                                  WHERE p.proposal_id = ANY (v_ids) AND p.supplier_id IS NULL AND p.from_location_id IS NULL)),
                HINT = 'Say who does by oms.put_supplier(), and run job plan_replenishment.';
        END IF;
        v_ids := ARRAY(SELECT p.proposal_id FROM oms.replenishment_proposals AS p
                       WHERE p.proposal_id = ANY (v_ids) AND num_nulls(p.supplier_id, p.from_location_id) < 2);
    END IF;
    RETURN CASE WHEN cardinality(v_ids) > 0 THEN oms_internal.order_proposals(v_ids) END;
END
$$;
COMMENT ON FUNCTION oms_internal.approve_proposals(bigint[], text, text) IS 'What oms.approve_proposals() does, once per reference; returns the number of the approval, null if there was nothing to order';

CREATE OR REPLACE FUNCTION oms_internal.approve_proposals(proposal_ids bigint[], supplier text, location text, reference text)
    RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_approve_proposals';
COMMENT ON FUNCTION oms_internal.approve_proposals(bigint[], text, text, text) IS 'The same as a command';

CREATE OR REPLACE FUNCTION oms.approve_proposals(proposal_ids bigint[] DEFAULT NULL, supplier text DEFAULT NULL, location text DEFAULT NULL,
                                                 reference text DEFAULT NULL)
    RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_approval_id CONSTANT bigint := oms_internal.approve_proposals(proposal_ids, supplier, location, reference);
BEGIN
    RETURN QUERY
    SELECT coalesce(o.code, 'transfer ' || p.transfer_id)
    FROM oms.replenishment_proposals AS p
    LEFT JOIN oms.purchase_orders AS o ON o.purchase_order_id = p.purchase_order_id
    WHERE p.approval_id = v_approval_id
    GROUP BY o.code, p.transfer_id
    ORDER BY min(p.proposal_id);
END
$$;
COMMENT ON FUNCTION oms.approve_proposals(bigint[], text, text, text) IS 'Order what is proposed, those given or all open ones of a supplier, a location or both: one purchase order a supplier and location, which is sent, and a transfer each, which leaves; returns their codes and numbers';

CREATE OR REPLACE FUNCTION oms_internal.reject_proposal(proposal_id bigint, reason text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_status CONSTANT text := (SELECT p.status FROM oms.replenishment_proposals AS p
                               WHERE p.proposal_id = reject_proposal.proposal_id FOR NO KEY UPDATE);
BEGIN
    IF v_status = 'rejected' THEN
        RETURN false;
    END IF;
    PERFORM oms_internal.require_open_proposals(ARRAY[proposal_id]);
    UPDATE oms.replenishment_proposals AS p
    SET status = 'rejected', ended_at = oms.now(), note = reason
    WHERE p.proposal_id = reject_proposal.proposal_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION oms_internal.reject_proposal(bigint, text) IS 'What oms.reject_proposal() does, once per reference';

CREATE OR REPLACE FUNCTION oms.reject_proposal(proposal_id bigint, reason text, reference text DEFAULT NULL) RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reject_proposal';
COMMENT ON FUNCTION oms.reject_proposal(bigint, text, text) IS 'Say that what is proposed is not ordered, and why; it is not proposed again until the position has fallen, or for a week. Returns false if it was rejected before';
