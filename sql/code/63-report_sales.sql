/* sql/code/63-report_sales.sql: what orders have sold */

CREATE TYPE oms_internal.sale AS (
    change integer,
    order_id bigint,
    line_no integer,
    location_id integer,
    sku_id bigint,
    day date,
    channel_id integer,
    customer_id bigint,
    country text,
    region text,
    customer_group text,
    customer_kind text,
    new_customer boolean,
    currency text,
    orders integer,
    sku_orders integer,
    location_orders integer,
    units oms.quantity,
    returned oms.quantity,
    gross_sales bigint,
    discounts bigint,
    returns bigint,
    tax bigint,
    shipping bigint,
    net_sales_base bigint,
    total_sales_base bigint
);
COMMENT ON TYPE oms_internal.sale IS 'Part of a line of an order that one location ships, or of line 0 its shipping, with what the order counts by: money in minor units of its currency and of the base currency; of an order, of a SKU in it and of a location in it one row each counts as 1. Change -1 takes back what was counted';

CREATE OR REPLACE FUNCTION oms_internal.minor_share(minor bigint, since oms.quantity, until oms.quantity, whole oms.quantity)
    RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_minor_share';
COMMENT ON FUNCTION oms_internal.minor_share(bigint, oms.quantity, oms.quantity, oms.quantity)
    IS 'What units from one to another of a whole have of minor units, so that shares that follow each other add up';

/*
 * What orders have sold, from their rows as they are now. A line belongs to
 * the locations that ship it, by their units, and what nobody is to ship yet to
 * location 0; parts are differences of shares, so that they add up. Units come
 * back from the first fulfillments first. A line on which gift cards were
 * issued is no sale, nor is an order that replaces what came damaged. Of what
 * sums are kept by as much is taken as documents may have, since what is written
 * by hand may not fit an index. As in order_demand(), a batch is joined to large
 * tables.
 */
CREATE OR REPLACE FUNCTION oms_internal.order_sales(order_ids bigint[]) RETURNS SETOF oms_internal.sale
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 4000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH setting AS MATERIALIZED (
        SELECT oms_internal.report_time_zone() AS time_zone, oms_internal.base_currency() AS base_currency
    ), placed AS MATERIALIZED (
        SELECT o.order_id, (o.placed_at AT TIME ZONE s.time_zone)::date AS day, o.channel_id, o.customer_id,
               left(nullif(o.ship_to ->> 'country', ''), 200) AS country, left(nullif(o.ship_to ->> 'region', ''), 200) AS region,
               left(c.customer_group, 200) AS customer_group, c.kind AS customer_kind,
               CASE WHEN c.customer_id IS NOT NULL
                    THEN NOT EXISTS (SELECT FROM oms.orders AS e
                                     WHERE e.customer_id = o.customer_id AND e.order_id < o.order_id) END AS new_customer,
               o.currency, o.discount, o.shipping_price, o.shipping_tax, o.shipping_included_tax, s.base_currency,
               CASE WHEN o.currency = s.base_currency THEN NULL
                    ELSE o.base_rate * amount_from_minor(1, o.currency)::numeric END AS base_rate
        FROM setting AS s
        CROSS JOIN oms.orders AS o
        LEFT JOIN oms.customers AS c ON c.customer_id = o.customer_id
        WHERE o.order_id = ANY (order_ids) AND o.status <> ALL ('{draft,cancelled}'::order_status[])
              AND NOT EXISTS (SELECT FROM oms.order_links AS k WHERE k.linked_order_id = o.order_id AND k.kind = 'replacement')
    ), credit AS MATERIALIZED (
        SELECT l.order_id, l.line_no, sum(minor(l.goods) - minor(l.discount))::bigint AS goods, sum(minor(l.tax))::bigint AS tax
        FROM oms.invoices AS i
        JOIN oms.invoice_lines AS l ON l.order_id = i.order_id AND l.invoice_no = i.invoice_no
        WHERE i.order_id = ANY (order_ids) AND i.kind = 'credit_note'
        GROUP BY l.order_id, l.line_no
    ), line AS MATERIALIZED (
        SELECT l.order_id, l.line_no, l.sku_id, q.units, l.returned, p.currency,
               extended_price(l.unit_price, q.units, p.currency) AS price, s.discount, s.order_discount, s.tax, s.included_tax,
               coalesce(c.goods, 0) AS returns, coalesce(c.tax, 0) AS returned_tax,
               EXISTS (SELECT FROM oms.stored_value_accounts AS a
                       WHERE a.order_id = l.order_id AND a.line_no = l.line_no AND a.kind = 'gift_card') AS is_card
        FROM placed AS p
        JOIN oms.order_lines AS l ON l.order_id = p.order_id
        LEFT JOIN credit AS c ON c.order_id = l.order_id AND c.line_no = l.line_no
        CROSS JOIN LATERAL (SELECT l.quantity - l.cancelled AS units) AS q
        CROSS JOIN LATERAL (
            SELECT minor(oms_internal.amount_part(l.discount, q.units, l.quantity)) AS discount,
                   coalesce(minor(oms_internal.amount_part(l.order_discount, q.units, l.quantity)), 0) AS order_discount,
                   minor(oms_internal.amount_part(l.tax, q.units, l.quantity)) AS tax,
                   coalesce(minor(oms_internal.amount_part(l.included_tax, q.units, l.quantity)), 0) AS included_tax) AS s
    ), place AS MATERIALIZED (
        SELECT l.order_id, l.line_no, f.location_id, sum(l.quantity) AS quantity, min(l.fulfillment_no) AS fulfillment_no
        FROM oms.fulfillments AS f
        JOIN oms.fulfillment_lines AS l ON l.order_id = f.order_id AND l.fulfillment_no = f.fulfillment_no
        WHERE f.order_id = ANY (order_ids) AND f.status <> ALL ('{cancelled,rejected}'::fulfillment_status[])
        GROUP BY l.order_id, l.line_no, f.location_id
    ), part AS MATERIALIZED (
        SELECT p.*, sum(p.quantity) OVER (PARTITION BY p.order_id, p.line_no ORDER BY p.fulfillment_no, p.location_id) AS until
        FROM (SELECT * FROM place
              UNION ALL
              SELECT l.order_id, l.line_no, 0, l.units - coalesce(f.quantity, '0'), NULL
              FROM line AS l
              LEFT JOIN (SELECT p.order_id, p.line_no, sum(p.quantity) AS quantity FROM place AS p
                         GROUP BY p.order_id, p.line_no) AS f ON f.order_id = l.order_id AND f.line_no = l.line_no
              WHERE l.units > coalesce(f.quantity, '0') OR l.units = '0' AND l.returns <> 0) AS p
    ), share AS MATERIALIZED (
        SELECT l.order_id, l.line_no, l.sku_id, p.location_id, p.fulfillment_no, p.quantity AS units,
               u.returned_until - u.returned_since AS returned,
               oms_internal.minor_share(minor(l.price) - l.included_tax, u.since, u.until, l.units) AS gross_sales,
               oms_internal.minor_share(l.discount + l.order_discount, u.since, u.until, l.units) AS discounts,
               CASE WHEN l.returned > '0' THEN oms_internal.minor_share(l.returns, u.returned_since, u.returned_until, l.returned)
                    ELSE oms_internal.minor_share(l.returns, u.since, u.until, l.units) END AS returns,
               oms_internal.minor_share(l.tax + l.included_tax - l.returned_tax, u.since, u.until, l.units) AS tax
        FROM line AS l
        JOIN part AS p ON p.order_id = l.order_id AND p.line_no = l.line_no
        CROSS JOIN LATERAL (
            SELECT p.until - p.quantity AS since, p.until, least(l.returned, p.until - p.quantity) AS returned_since,
                   least(l.returned, p.until) AS returned_until) AS u
        WHERE NOT l.is_card
    ), sold AS MATERIALIZED (
        SELECT s.order_id, s.line_no, s.location_id, s.sku_id, 0 AS orders,
               (row_number() OVER (PARTITION BY s.order_id, s.sku_id ORDER BY s.line_no, s.location_id) = 1)::integer AS sku_orders,
               (row_number() OVER (PARTITION BY s.order_id, s.location_id ORDER BY s.line_no) = 1)::integer AS location_orders,
               s.units, s.returned, s.gross_sales, s.discounts, s.returns, s.tax, 0::bigint AS shipping
        FROM share AS s
        UNION ALL
        SELECT p.order_id, 0, 0, NULL, 1, 0, 0, '0', '0', 0, 0, 0,
               minor(p.shipping_tax) + coalesce(minor(p.shipping_included_tax), 0) - coalesce(c.tax, 0),
               minor(p.shipping_price) - coalesce(minor(p.shipping_included_tax), 0) - (minor(p.discount) - l.order_discount)
               - coalesce(c.goods, 0)
        FROM placed AS p
        JOIN (SELECT l.order_id, sum(l.order_discount)::bigint AS order_discount, bool_and(l.is_card) AS is_card
              FROM line AS l
              GROUP BY l.order_id) AS l ON l.order_id = p.order_id AND NOT l.is_card
        LEFT JOIN credit AS c ON c.order_id = p.order_id AND c.line_no = 0
    )
    SELECT 1, s.order_id, s.line_no, s.location_id, s.sku_id, p.day, p.channel_id, p.customer_id, p.country, p.region,
           p.customer_group, p.customer_kind, p.new_customer, p.currency, s.orders, s.sku_orders, s.location_orders, s.units,
           s.returned, s.gross_sales, s.discounts, s.returns, s.tax, s.shipping, b.net, b.net + b.more
    FROM sold AS s
    JOIN placed AS p ON p.order_id = s.order_id
    CROSS JOIN LATERAL (SELECT s.gross_sales - s.discounts - s.returns AS net, s.tax + s.shipping AS more) AS m
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.currency = p.base_currency THEN m.net
                    ELSE minor(amount(m.net * p.base_rate, p.base_currency)) END AS net,
               CASE WHEN p.currency = p.base_currency THEN m.more
                    ELSE minor(amount(m.more * p.base_rate, p.base_currency)) END AS more) AS b
$$;
COMMENT ON FUNCTION oms_internal.order_sales(bigint[]) IS 'What orders have sold, for reports';

/* What was counted of orders, taken back: rows as order_sales() has given them. */
CREATE OR REPLACE FUNCTION oms_internal.counted_sales(order_ids bigint[]) RETURNS SETOF oms_internal.sale
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 4000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT 1, o.order_id, p.line_no, p.location_id, p.sku_id, o.day, o.channel_id, o.customer_id, o.country, o.region,
           o.customer_group, o.customer_kind, o.new_customer, o.currency, p.orders, p.sku_orders, p.location_orders, p.units,
           p.returned, p.gross_sales, p.discounts, p.returns, p.tax, p.shipping, p.net_sales_base, p.total_sales_base
    FROM oms.sales_orders AS o
    CROSS JOIN LATERAL (
        SELECT l.line_no, l.location_id, l.sku_id, 0 AS orders, l.sku_orders, l.location_orders, l.units, l.returned, l.gross_sales,
               l.discounts, l.returns, l.tax, 0::bigint AS shipping, l.net_sales_base, l.total_sales_base
        FROM oms.sales_lines AS l
        WHERE l.order_id = o.order_id
        UNION ALL
        SELECT 0, 0, NULL, 1, 0, 0, '0', '0', 0, 0, 0, o.shipping_tax, o.shipping,
               CASE WHEN o.shipping_base IS NOT NULL THEN 0 END, o.shipping_base) AS p
    WHERE o.order_id = ANY (order_ids)
$$;
COMMENT ON FUNCTION oms_internal.counted_sales(bigint[]) IS 'What oms.sales_orders and oms.sales_lines have of orders, as order_sales() gives it';

CREATE OR REPLACE FUNCTION oms_internal.sales_changes(order_ids bigint[]) RETURNS SETOF oms_internal.sale
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 4000
    SET search_path = pg_catalog, oms, pg_temp
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH now AS MATERIALIZED (
        SELECT * FROM oms_internal.order_sales(order_ids)
    ), before AS MATERIALIZED (
        SELECT * FROM oms_internal.counted_sales(order_ids)
    )
    (SELECT * FROM now EXCEPT SELECT * FROM before)
    UNION ALL
    SELECT - b.change, b.order_id, b.line_no, b.location_id, b.sku_id, b.day, b.channel_id, b.customer_id, b.country, b.region,
           b.customer_group, b.customer_kind, b.new_customer, b.currency, - b.orders, - b.sku_orders, - b.location_orders,
           - b.units, - b.returned, - b.gross_sales, - b.discounts, - b.returns, - b.tax, - b.shipping, - b.net_sales_base,
           - b.total_sales_base
    FROM (SELECT * FROM before EXCEPT SELECT * FROM now) AS b
$$;
COMMENT ON FUNCTION oms_internal.sales_changes(bigint[]) IS 'What orders have sold that is not counted, and what was counted and is so no more, negative';

/*
 * Sums by channel, region, kind of customer and location, per day, and by SKU, per
 * month. Rows of line 0 are of no location and SKU.
 */
CREATE OR REPLACE FUNCTION oms_internal.sum_sales(
    changes oms_internal.sale[], OUT dimension text, OUT starts_on date, OUT currency text, OUT key text, OUT channel_id integer,
    OUT location_id integer, OUT sku_id bigint, OUT country text, OUT region text, OUT customer_group text,
    OUT customer_kind text, OUT new_customer boolean, OUT orders bigint, OUT valued_orders bigint, OUT valued_rows bigint,
    OUT units oms.quantity, OUT returned oms.quantity, OUT gross_sales bigint, OUT discounts bigint, OUT returns bigint,
    OUT tax bigint, OUT shipping bigint, OUT net_sales_base bigint, OUT total_sales_base bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 4000
    SET search_path = pg_catalog, oms, pg_temp
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT d.dimension, coalesce(s.day, s.month), s.currency,
           CASE d.dimension WHEN 'channel' THEN s.channel_id::text
                            WHEN 'region' THEN jsonb_build_array(s.country, s.region)::text
                            WHEN 'segment' THEN jsonb_build_array(s.customer_kind, s.new_customer, s.customer_group)::text
                            WHEN 'location' THEN s.location_id::text
                            ELSE s.sku_id::text END,
           s.channel_id, s.location_id, s.sku_id, s.country, s.region, s.customer_group, s.customer_kind, s.new_customer,
           CASE d.dimension WHEN 'sku' THEN s.sku_orders WHEN 'location' THEN s.location_orders ELSE s.orders END,
           CASE d.dimension WHEN 'sku' THEN s.valued_sku_orders WHEN 'location' THEN s.valued_location_orders ELSE s.valued_orders END,
           s.valued_rows,
           s.units, s.returned, s.gross_sales, s.discounts, s.returns, s.tax, s.shipping, s.net_sales_base, s.total_sales_base
    FROM (SELECT grouping(c.channel_id, c.country, c.customer_kind, c.location_id, c.sku_id) AS grouped, c.day, c.month,
                 c.currency, c.channel_id, c.location_id, c.sku_id, c.country, c.region, c.customer_group, c.customer_kind,
                 c.new_customer, sum(c.orders) AS orders, sum(c.sku_orders) AS sku_orders,
                 sum(c.location_orders) AS location_orders,
                 coalesce(sum(c.orders) FILTER (WHERE c.total_sales_base IS NOT NULL), 0) AS valued_orders,
                 coalesce(sum(c.sku_orders) FILTER (WHERE c.total_sales_base IS NOT NULL), 0) AS valued_sku_orders,
                 coalesce(sum(c.location_orders) FILTER (WHERE c.total_sales_base IS NOT NULL), 0) AS valued_location_orders,
                 coalesce(sum(c.change) FILTER (WHERE c.total_sales_base IS NOT NULL), 0) AS valued_rows,
                 sum(c.units) AS units, sum(c.returned) AS returned, sum(c.gross_sales)::bigint AS gross_sales,
                 sum(c.discounts)::bigint AS discounts, sum(c.returns)::bigint AS returns, sum(c.tax)::bigint AS tax,
                 sum(c.shipping)::bigint AS shipping, coalesce(sum(c.net_sales_base)::bigint, 0) AS net_sales_base,
                 coalesce(sum(c.total_sales_base)::bigint, 0) AS total_sales_base
          FROM (SELECT c.change, c.day, date_trunc('month', c.day::timestamp)::date AS month, c.currency, c.channel_id,
                       CASE WHEN c.line_no > 0 THEN c.location_id END AS location_id, c.sku_id, c.country, c.region,
                       c.customer_group, c.customer_kind, c.new_customer, c.orders, c.sku_orders, c.location_orders,
                       c.units, c.returned, c.gross_sales, c.discounts, c.returns, c.tax, c.shipping, c.net_sales_base,
                       c.total_sales_base
                FROM unnest(changes) AS c) AS c
          GROUP BY GROUPING SETS ((c.day, c.currency, c.channel_id), (c.day, c.currency, c.country, c.region),
                                  (c.day, c.currency, c.customer_kind, c.new_customer, c.customer_group),
                                  (c.day, c.currency, c.location_id), (c.month, c.currency, c.sku_id))) AS s
    JOIN (VALUES (15, 'channel'), (23, 'region'), (27, 'segment'), (29, 'location'), (30, 'sku')) AS d(grouped, dimension)
      ON d.grouped = s.grouped
    WHERE (d.dimension <> 'location' OR s.location_id IS NOT NULL) AND (d.dimension <> 'sku' OR s.sku_id IS NOT NULL)
$$;
COMMENT ON FUNCTION oms_internal.sum_sales(oms_internal.sale[]) IS 'Changes of what was sold, added up as oms.sales_sums has them';

CREATE OR REPLACE FUNCTION oms_internal.unread_sale_batches() RETURNS SETOF bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.order_batches(
        ARRAY(SELECT u.order_id FROM unnest(oms_internal.unread_orders()) AS u(order_id)
              UNION
              SELECT o.order_id
              FROM oms.regrouped_customers AS r
              JOIN oms.orders AS o ON o.customer_id = r.customer_id))
$$;
COMMENT ON FUNCTION oms_internal.unread_sale_batches() IS 'Orders whose sales the job roll_up_reports has not counted as they are now, in batches';

CREATE OR REPLACE FUNCTION oms_internal.unread_sales() RETURNS SETOF oms_internal.sale
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT c.*
    FROM oms_internal.unread_sale_batches() AS b(order_ids)
    CROSS JOIN LATERAL oms_internal.sales_changes(b.order_ids) AS c
$$;
COMMENT ON FUNCTION oms_internal.unread_sales() IS 'Changes of what was sold that the job roll_up_reports has not read yet';

CREATE OR REPLACE FUNCTION oms_internal.unread_sums(
    OUT dimension text, OUT starts_on date, OUT currency text, OUT key text, OUT channel_id integer,
    OUT location_id integer, OUT sku_id bigint, OUT country text, OUT region text, OUT customer_group text,
    OUT customer_kind text, OUT new_customer boolean, OUT orders bigint, OUT valued_orders bigint, OUT valued_rows bigint,
    OUT units oms.quantity, OUT returned oms.quantity, OUT gross_sales bigint, OUT discounts bigint, OUT returns bigint,
    OUT tax bigint, OUT shipping bigint, OUT net_sales_base bigint, OUT total_sales_base bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT s.*
    FROM oms_internal.unread_sale_batches() AS b(order_ids)
    CROSS JOIN LATERAL oms_internal.sum_sales(ARRAY(SELECT c FROM oms_internal.sales_changes(b.order_ids) AS c)) AS s
$$;
COMMENT ON FUNCTION oms_internal.unread_sums() IS 'The same added up as oms.sales_sums has them';

CREATE OR REPLACE FUNCTION oms_internal.count_sales(order_ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET jit = off
AS $$
DECLARE
    v_changes CONSTANT oms_internal.sale[] := ARRAY(SELECT c FROM oms_internal.sales_changes(order_ids) AS c);
BEGIN
    IF cardinality(v_changes) = 0 THEN
        RETURN;
    END IF;
    DELETE FROM oms.sales_lines AS l
    USING unnest(v_changes) AS c
    WHERE c.change < 0 AND (l.order_id, l.line_no, l.location_id) = (c.order_id, c.line_no, c.location_id);
    DELETE FROM oms.sales_orders AS o
    USING unnest(v_changes) AS c
    WHERE c.change < 0 AND c.orders <> 0 AND o.order_id = c.order_id;
    INSERT INTO oms.sales_orders (order_id, day, channel_id, customer_id, country, region, customer_group, customer_kind,
                                  new_customer, currency, shipping, shipping_tax, shipping_base)
    SELECT c.order_id, c.day, c.channel_id, c.customer_id, c.country, c.region, c.customer_group, c.customer_kind,
           c.new_customer, c.currency, c.shipping, c.tax, c.total_sales_base
    FROM unnest(v_changes) AS c
    WHERE c.change > 0 AND c.orders > 0;
    INSERT INTO oms.sales_lines (order_id, line_no, location_id, sku_id, day, currency, sku_orders, location_orders, units,
                                 returned, gross_sales, discounts, returns, tax, net_sales_base, total_sales_base)
    SELECT c.order_id, c.line_no, c.location_id, c.sku_id, c.day, c.currency, c.sku_orders, c.location_orders, c.units,
           c.returned, c.gross_sales, c.discounts, c.returns, c.tax, c.net_sales_base, c.total_sales_base
    FROM unnest(v_changes) AS c
    WHERE c.change > 0 AND c.orders = 0;
    INSERT INTO oms.sales_sums AS s (dimension, starts_on, currency, key, channel_id, location_id, sku_id, country, region,
                                     customer_group, customer_kind, new_customer, orders, valued_orders, valued_rows, units,
                                     returned, gross_sales, discounts, returns, tax, shipping, net_sales_base, total_sales_base)
    SELECT * FROM oms_internal.sum_sales(v_changes)
    ON CONFLICT (dimension, starts_on, key, currency) DO UPDATE
    SET orders = s.orders + excluded.orders, valued_orders = s.valued_orders + excluded.valued_orders,
        valued_rows = s.valued_rows + excluded.valued_rows,
        units = s.units + excluded.units, returned = s.returned + excluded.returned,
        gross_sales = s.gross_sales + excluded.gross_sales, discounts = s.discounts + excluded.discounts,
        returns = s.returns + excluded.returns, tax = s.tax + excluded.tax, shipping = s.shipping + excluded.shipping,
        net_sales_base = s.net_sales_base + excluded.net_sales_base,
        total_sales_base = s.total_sales_base + excluded.total_sales_base;
END
$$;
COMMENT ON FUNCTION oms_internal.count_sales(bigint[]) IS 'Bring oms.sales_orders, sales_lines and sales_sums to what some orders have sold by now';

/* What the events don't tell: other groups and kinds of customers, or others' orders. */
CREATE OR REPLACE FUNCTION oms_internal.note_regrouped() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO oms.regrouped_customers (customer_id)
    SELECT v.customer_id FROM (VALUES (OLD.customer_id), (NEW.customer_id)) AS v(customer_id) WHERE v.customer_id IS NOT NULL
    EXCEPT ALL
    SELECT NEW.customer_id WHERE NEW.customer_id = OLD.customer_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.note_regrouped() IS 'Row trigger: the orders of a customer are to be counted again';

CREATE OR REPLACE FUNCTION oms_internal.count_regrouped(max integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_customer_ids bigint[];
    v_count bigint;
BEGIN
    WITH gone AS (
        DELETE FROM oms.regrouped_customers AS r
        WHERE r.change_no IN (SELECT n.change_no FROM oms.regrouped_customers AS n ORDER BY n.change_no LIMIT max)
        RETURNING r.customer_id
    )
    SELECT count(*), array_agg(DISTINCT g.customer_id) INTO v_count, v_customer_ids FROM gone AS g;
    PERFORM oms_internal.count_sales(b.order_ids)
    FROM oms_internal.order_batches(ARRAY(SELECT o.order_id FROM oms.orders AS o WHERE o.customer_id = ANY (v_customer_ids))) AS b(order_ids);
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION oms_internal.count_regrouped(integer) IS 'Count the orders of up to max customers again whose group or kind has changed; how many changes that were';
