/*
 * sql/code/71-publication.sql: what other systems subscribe to
 *
 * Publications list the columns, so that one that a later version brings does
 * not stop subscribers who don't have it yet. What they get is text, which
 * fits columns of plain types.
 */

/*
 * Carts, keys of commands, plans and what jobs keep for themselves are no
 * business of others; codes of gift cards, and the accounts behind them, stay
 * here. Events are archived by being deleted, so only their insertion is
 * published; requests are for whoever talks to the payment provider.
 */
CREATE OR REPLACE FUNCTION oms_internal.published_tables() RETURNS TABLE (place bigint, publication text, name text, row_filter text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.place, 'oms', t.name, NULL
    FROM unnest('{organizations, channels, locations, customers, products, skus, kit_components,
                  carriers, shipping_services,
                  orders, order_lines, order_adjustments, order_holds, order_links,
                  fulfillments, fulfillment_lines, packages, package_lines, shipments, tracking_events,
                  payments, payment_entries, refunds, chargebacks, invoices, invoice_lines,
                  return_reasons, returns, return_lines, return_receipts, return_inspections, claims, claim_lines,
                  stock_levels, stock_movements, transfers, unsellable_stock, unsellable_movements,
                  suppliers, supplier_skus, purchase_orders, purchase_order_lines, purchase_receipts,
                  bills, bill_lines, bill_payments,
                  ledger_accounts, ledger_entries}'::text[]) WITH ORDINALITY AS t(name, place)
    UNION ALL
    VALUES (1001, 'oms_events', 'events', 'type NOT LIKE ''payment.%requested'''),
           (1002, 'oms_events', 'subject_events', NULL)
$$;
COMMENT ON FUNCTION oms_internal.published_tables() IS 'Tables that are published, by which publication, and which of their rows';

CREATE OR REPLACE FUNCTION oms_internal.plain_type(type oid, modifier integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN t.typcategory = 'A' THEN oms_internal.plain_type(t.typelem, modifier) || '[]'
                WHEN t.typtype = 'd' THEN oms_internal.plain_type(t.typbasetype, t.typtypmod)
                WHEN t.oid IN ('oms.quantity'::regtype, 'xid8'::regtype) THEN 'numeric'
                WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format_type(t.oid, modifier)
                ELSE 'text' END
    FROM pg_type AS t
    WHERE t.oid = type
$$;
COMMENT ON FUNCTION oms_internal.plain_type(oid, integer) IS 'The built-in type that reads the text of a type';

CREATE OR REPLACE FUNCTION oms_internal.published_columns()
    RETURNS TABLE (place bigint, publication text, relation regclass, row_filter text, attnum smallint, name name, type text, is_amount boolean, is_key boolean)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.place, t.publication, a.attrelid::regclass, t.row_filter, a.attnum, a.attname,
           oms_internal.plain_type(a.atttypid, a.atttypmod), a.atttypid = 'oms.amount'::regtype, coalesce(a.attnum = ANY (k.conkey), false)
    FROM oms_internal.published_tables() AS t
    JOIN pg_attribute AS a ON a.attrelid = format('oms.%I', t.name)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    LEFT JOIN pg_constraint AS k ON k.conrelid = a.attrelid AND k.contype = 'p'
    WHERE (t.name, a.attname) NOT IN (('locations', 'point'), ('orders', 'destination'), ('orders', 'document_hash'),
                                      ('returns', 'label'), ('bills', 'document'), ('stock_levels', 'span'))
$$;
COMMENT ON FUNCTION oms_internal.published_columns() IS 'Columns that are published, with the types that a subscriber has for them';

/*
 * A subscriber finds a row by its primary key, so that must be sent. Whatever
 * else is sent to identify it must be a column that is published, else the
 * server refuses each update of the table.
 */
CREATE OR REPLACE FUNCTION oms_internal.require_replica_identity() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tables CONSTANT text[] := ARRAY(
        SELECT p.relation::text
        FROM (SELECT c.relation, min(c.place) AS place, array_agg(c.attnum) AS published, array_agg(c.attnum) FILTER (WHERE c.is_key) AS key
              FROM oms_internal.published_columns() AS c
              WHERE c.publication = 'oms'
              GROUP BY c.relation) AS p
        JOIN pg_class AS r ON r.oid = p.relation
        CROSS JOIN LATERAL (
            SELECT array_agg(a.attnum) AS columns
            FROM pg_attribute AS a
            WHERE a.attrelid = p.relation AND a.attnum > 0 AND NOT a.attisdropped
                  AND (r.relreplident = 'f'
                       OR EXISTS (SELECT
                                  FROM pg_index AS i
                                  WHERE i.indrelid = p.relation AND a.attnum = ANY (i.indkey)
                                        AND (r.relreplident = 'd' AND i.indisprimary OR r.relreplident = 'i' AND i.indisreplident)))) AS i
        WHERE (p.key <@ i.columns AND i.columns <@ p.published) IS NOT TRUE
        ORDER BY p.place);
BEGIN
    IF v_tables <> '{}' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'tables have no replica identity that can be published',
            DETAIL = array_to_string(v_tables, ', '),
            HINT = 'Give each its primary key and run "ALTER TABLE ... REPLICA IDENTITY DEFAULT".';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_replica_identity() IS 'Raise 55000 and name the published tables whose updates could not be sent';

/* On a subscriber each amount has its number beside it, in a generated column, which nothing can be sent to. */
CREATE OR REPLACE FUNCTION oms_internal.require_free_names() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_columns CONSTANT text := (
        SELECT string_agg(format('%s.%I', c.relation, c.name), ', ' ORDER BY c.place, c.attnum)
        FROM oms_internal.published_columns() AS a
        JOIN oms_internal.published_columns() AS c ON c.relation = a.relation AND c.name = a.name || '_value'
        WHERE a.is_amount);
BEGIN
    IF v_columns IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'columns have names that subscribers have for the numbers of amounts',
            DETAIL = v_columns,
            HINT = 'Give them names that are not those of an amount and "_value".';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_free_names() IS 'Raise 55000 and name the published columns that a subscriber could not have';

CREATE OR REPLACE FUNCTION oms.ensure_publication() RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_publication record;
    v_count integer := 0;
BEGIN
    IF current_setting('wal_level') <> 'logical' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the server writes no log that can be published',
            DETAIL = format('wal_level is %s.', current_setting('wal_level')),
            HINT = 'Run "ALTER SYSTEM SET wal_level = logical" and restart the server.';
    END IF;
    PERFORM oms_internal.require_replica_identity();
    PERFORM oms_internal.require_free_names();
    FOR v_publication IN
        SELECT t.publication AS name, count(*) AS tables, string_agg(t.definition, ', ' ORDER BY t.place) AS definition,
               CASE t.publication WHEN 'oms' THEN 'insert, update, delete, truncate' ELSE 'insert' END AS publish,
               EXISTS (SELECT FROM pg_publication AS p WHERE p.pubname = t.publication) AS is_there
        FROM (SELECT c.publication, c.place,
                     format('TABLE %s (%s)', c.relation, string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum))
                     || coalesce(' WHERE (' || c.row_filter || ')', '') AS definition
              FROM oms_internal.published_columns() AS c
              GROUP BY c.publication, c.place, c.relation, c.row_filter) AS t
        GROUP BY t.publication
        ORDER BY t.publication
    LOOP
        IF NOT v_publication.is_there THEN
            EXECUTE format('CREATE PUBLICATION %I', v_publication.name);
        END IF;
        EXECUTE format('ALTER PUBLICATION %I SET %s', v_publication.name, v_publication.definition);
        EXECUTE format('ALTER PUBLICATION %I SET (publish = %L, publish_via_partition_root = true)', v_publication.name, v_publication.publish);
        v_count := v_count + v_publication.tables;
    END LOOP;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION oms.ensure_publication() IS 'Create the publications oms and oms_events, or bring them up to date, after oms.upgrade() say; returns how many tables they have';
REVOKE ALL ON FUNCTION oms.ensure_publication() FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms.drop_publication() RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_names CONSTANT text := (SELECT string_agg(quote_ident(p.pubname), ', ')
                              FROM pg_publication AS p
                              WHERE p.pubname IN (SELECT t.publication FROM oms_internal.published_tables() AS t));
BEGIN
    IF v_names IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE 'DROP PUBLICATION ' || v_names;
    RETURN true;
END
$$;
COMMENT ON FUNCTION oms.drop_publication() IS 'Drop the publications oms and oms_events; returns whether there were any';
REVOKE ALL ON FUNCTION oms.drop_publication() FROM PUBLIC;

/*
 * Each statement may be run again, so that it also adds what is missing; but
 * never to a store, which has tables of the same names. A column that nobody
 * sends gets its default: arrival numbers events as they are applied, which is
 * the order of commits.
 */
CREATE OR REPLACE FUNCTION oms.subscriber_ddl() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH columns AS (
        SELECT c.*, format('%I %s', c.name, c.type) AS definition, col_description(c.relation, c.attnum) AS remark
        FROM oms_internal.published_columns() AS c
    ), tables AS (
        SELECT c.place, c.relation,
               string_agg(c.definition, ', ' ORDER BY c.attnum) FILTER (WHERE c.is_key)
               || CASE c.publication WHEN 'oms_events' THEN ', arrival bigint GENERATED ALWAYS AS IDENTITY UNIQUE' ELSE '' END
               || format(', PRIMARY KEY (%s)', string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum) FILTER (WHERE c.is_key)) AS key,
               string_agg(format(E'\n    ADD COLUMN IF NOT EXISTS %s', c.definition)
                          || CASE WHEN c.is_amount
                                  THEN format(E',\n    ADD COLUMN IF NOT EXISTS %I numeric GENERATED ALWAYS AS (split_part(%I, '' '', 1)::numeric) STORED',
                                              c.name || '_value', c.name)
                                  ELSE '' END, ',' ORDER BY c.attnum) FILTER (WHERE NOT c.is_key) AS others,
               string_agg(format(E'\nCOMMENT ON COLUMN %s.%I IS %L;', c.relation, c.name, c.remark), '' ORDER BY c.attnum)
               FILTER (WHERE c.remark IS NOT NULL) AS remarks
        FROM columns AS c
        GROUP BY c.place, c.publication, c.relation
    )
    SELECT E'BEGIN;\nDO $store$\nBEGIN\n    IF EXISTS (SELECT FROM pg_extension WHERE extname = ''oms'') THEN\n'
           || E'        RAISE EXCEPTION ''a store is no subscriber'';\n    END IF;\nEND\n$store$;\n'
           || E'CREATE SCHEMA IF NOT EXISTS oms;\n'
           || string_agg(format(E'\nCREATE TABLE IF NOT EXISTS %s (%s);\n', t.relation, t.key)
                         || coalesce(format(E'ALTER TABLE %s%s;\n', t.relation, t.others), '')
                         || format(E'COMMENT ON TABLE %s IS %L;', t.relation, obj_description(t.relation, 'pg_class'))
                         || coalesce(t.remarks, '') || E'\n', '' ORDER BY t.place)
           || E'\nCOMMIT;\n'
    FROM tables AS t
$$;
COMMENT ON FUNCTION oms.subscriber_ddl() IS 'SQL that creates the published tables on a server without this extension, with columns of built-in types, or adds what they lack';
