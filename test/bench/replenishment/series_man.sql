-- a manufacturer's parts by week: lead time in weeks, unit cost, least order quantity
CREATE TEMPORARY TABLE line (text text);
\copy line FROM PROGRAM 'zcat "$DATA/intermittent_man/man_wide.csv.gz" | tail -n +2' (DELIMITER E'\x01')
CREATE TEMPORARY TABLE series AS
SELECT f[1] AS id, ARRAY(SELECT coalesce(nullif(d, '')::float8, 0) FROM unnest(f[8:]) AS d) AS demand, array_fill(0::float8, ARRAY[150]) AS returned,
       f[6]::integer AS lead, f[3]::float8 AS cost, coalesce(nullif(f[7], '')::float8, 0) AS min_quantity,
       NULL::float8 AS reorder_point, NULL::float8 AS order_up_to
FROM line, string_to_array(text, ',') AS f;
SELECT count(*) AS series, min(cardinality(demand)) AS periods, round(avg(lead), 1) AS "mean lead time" FROM series;
