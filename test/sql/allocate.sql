-- Shares of an amount that add up to it
SET search_path = oms, public;

SELECT whole, weights, allocate(whole, weights)
FROM (VALUES ('10 EUR'::amount, '{1,1,1}'::numeric[]), ('-10 EUR', '{1,1,1}'), ('10 EUR', '{5}'), ('0 EUR', '{1,2}'), ('0.01 EUR', '{1,1,1}'),
      ('100 EUR', '{50,30,20}'), ('0.05 EUR', '{3,7}'), ('-0.05 EUR', '{3,7}'), ('5 JPY', '{1,0,1}'), ('1 KWD', '{1,2,3,0.5}'),
      ('10 EUR', ARRAY[1 / 3.0, 1 / 3.0, 1 / 3.0]), ('10 EUR', '{0.00000000000000000001,0}'),
      ('90071992547409.91 EUR', '{9223372036854.775807,9223372036854.775807,1}'), ('1 EUR', '[0:1]={1,3}')) AS t(whole, weights);
SELECT allocate('7 EUR', '{1e100,2e100,3e-100}');

-- ties go to those that come first
SELECT allocate('0.03 EUR', '{1,1,1,1,1}'), allocate('0.03 EUR', '{2,1,1,1,1,2}'), allocate('-0.01 EUR', '{1,1}');

-- refused
SELECT allocate('10 EUR', '{0,0}');
SELECT allocate('10 EUR', '{0.0000000000,0.00}');
SELECT allocate('10 EUR', '{}');
SELECT allocate('10 EUR', '{1,NULL}');
SELECT allocate('10 EUR', '{1,NaN}');
SELECT allocate('10 EUR', '{1,Infinity}');
SELECT allocate('10 EUR', '{1,-0.01}');
SELECT allocate('10 EUR', '{{1,2},{3,4}}');
SELECT allocate('10 EUR', NULL), allocate(NULL, '{1}');

-- random: exact sum, each share within a unit of its part, and the slow way does the same as the fast one
SELECT setseed(0.42);
CREATE TEMP TABLE sample AS
SELECT i, amount_from_minor(trunc((random() - 0.5)::numeric * 10 ^ trunc((random() * 16)::numeric))::bigint, CASE i % 2 WHEN 0 THEN 'EUR' ELSE 'KWD' END) AS whole,
       (SELECT array_agg(trunc((random() * 10 ^ (i % 5))::numeric, i % 4) ORDER BY j) || 1.0 FROM generate_series(1, 1 + i % 9) AS j) AS weights
FROM generate_series(1, 3000) AS i;
SELECT count(*) AS wrong
FROM (SELECT whole, weights, allocate(whole, weights) AS shares FROM sample) AS s,
     LATERAL (SELECT sum(minor(share)) AS sum,
                     max(abs(minor(share) * total - minor(whole) * weight)) AS deviation, max(total) AS unit,
                     count(*) FILTER (WHERE weight = 0 AND sign(share) <> 0) AS without_weight,
                     count(*) FILTER (WHERE sign(share) * sign(whole) < 0) AS of_other_sign
              FROM unnest(shares, weights) AS u(share, weight), (SELECT sum(w) AS total FROM unnest(weights) AS w) AS t) AS c
WHERE sum <> minor(whole) OR deviation >= unit OR without_weight + of_other_sign > 0 OR cardinality(shares) <> cardinality(weights);
SELECT count(*) AS different
FROM sample WHERE allocate(whole, weights) <> allocate(whole, (SELECT array_agg(w * 1e-9 ORDER BY n) FROM unnest(weights) WITH ORDINALITY AS u(w, n)));
