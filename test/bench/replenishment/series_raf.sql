-- spare parts of an air force by month: lead time in months, price; a description may have commas, so fields are counted from the end
CREATE TEMPORARY TABLE line (text text);
\copy line FROM PROGRAM 'zcat "$DATA/intermittent_raf/raf_wide.csv.gz" | tail -n +2' (DELIMITER E'\x01')
CREATE TEMPORARY TABLE series AS
SELECT f[1] AS id, ARRAY(SELECT d::float8 FROM unnest(f[cardinality(f) - 83:]) AS d) AS demand, array_fill(0::float8, ARRAY[84]) AS returned,
       greatest(round(f[cardinality(f) - 85]::numeric), 1)::integer AS lead, f[cardinality(f) - 84]::float8 AS cost, 0::float8 AS min_quantity,
       NULL::float8 AS reorder_point, NULL::float8 AS order_up_to
FROM line, string_to_array(text, ',') AS f;
SELECT count(*) AS series, min(cardinality(demand)) AS periods, round(avg(lead), 1) AS "mean lead time" FROM series;
