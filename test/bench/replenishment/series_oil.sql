-- a refinery's spare parts by month, without 1997-11: negative values are what came back; lead times in days, minimum
-- and maximum as they were set in the end
CREATE TEMPORARY TABLE line (text text);
\copy line FROM PROGRAM 'zcat "$DATA/intermittent_oil/oil_refinery_wide.csv.gz" | tail -n +2' (DELIMITER E'\x01')
CREATE TEMPORARY TABLE series AS
SELECT f[1] AS id, ARRAY(SELECT greatest(d::float8, 0) FROM unnest(f[7:16] || f[18:]) AS d) AS demand,
       ARRAY(SELECT greatest(-d::float8, 0) FROM unnest(f[7:16] || f[18:]) AS d) AS returned,
       greatest(round(f[2]::numeric / 30.4), 1)::integer AS lead, f[6]::float8 AS cost, 0::float8 AS min_quantity,
       f[3]::float8 AS reorder_point, f[4]::float8 AS order_up_to
FROM line, string_to_array(text, ',') AS f;
SELECT count(*) AS series, min(cardinality(demand)) AS periods, round(avg(lead), 1) AS "mean lead time" FROM series;
