/* test/bench/forecast/inventory.sql: what fill rate costs how much stock */

/*
 * 28 days of ordering up to a level each evening, that comes after 7 days; demand that finds no stock is lost. Starts with
 * the mean of past demand on the way on each of these days.
 */
CREATE FUNCTION simulate(demand float8[], mean float8, up_to float8, OUT sold float8, OUT stock float8) LANGUAGE plpgsql AS $$
DECLARE
    v_pipe float8[] := array_fill(floor(mean), ARRAY[7]);
    v_on_hand float8;
    v_wanted float8;
BEGIN
    sold := 0;
    stock := 0;
    v_on_hand := greatest(up_to - 7 * floor(mean), 0);
    FOREACH v_wanted IN ARRAY demand LOOP
        v_on_hand := v_on_hand + v_pipe[1];
        v_pipe := v_pipe[2:];
        sold := sold + least(v_on_hand, v_wanted);
        v_on_hand := v_on_hand - least(v_on_hand, v_wanted);
        stock := stock + v_on_hand;
        v_pipe := v_pipe || greatest(up_to - v_on_hand - (SELECT sum(p) FROM unnest(v_pipe) AS p), 0);
    END LOOP;
END;
$$;

CREATE TABLE frontier AS
SELECT level, sum(sold) / sum(wanted) AS fill, sum(stock) / sum(wanted) AS days
FROM (SELECT s.id, origin, f.quantiles, y[cut + 1:cut + 28] AS demand,
             (SELECT avg(d) FROM unnest(y[:cut]) AS d) AS mean, (SELECT sum(d) FROM unnest(y[cut + 1:cut + 28]) AS d) AS wanted
      FROM series AS s, generate_series(0, 3) AS origin,
           LATERAL (SELECT s.train || s.test AS y, cardinality(s.train) - 28 * origin AS cut) AS c,
           LATERAL oms.forecast_total(y[:cut], 8, s.season, '{0.9,0.95,0.975,0.99}') AS f
      WHERE s.set = 'm5tiny' AND cut >= 56) AS t,
     unnest('{0.9,0.95,0.975,0.99}'::float8[], quantiles) AS u(level, quantile),
     LATERAL simulate(demand, mean, round((quantile + 0.4999)::numeric)::float8)
GROUP BY level;

/* stock at a fill rate of 97.5 %, between the levels around it */
INSERT INTO bar
SELECT 'F9', 'days of stock at a fill rate of 97.5 %', a.days + (0.975 - a.fill) / (b.fill - a.fill) * (b.days - a.days), NULL, 6.6
FROM (SELECT fill, days, lead(fill) OVER w AS next FROM frontier WINDOW w AS (ORDER BY fill)) AS a JOIN frontier AS b ON b.fill = a.next
WHERE a.fill < 0.975 AND b.fill >= 0.975;
