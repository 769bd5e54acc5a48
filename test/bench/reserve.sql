\set sku random(1, 10000)
\set location random(1, 50)
SELECT oms.reserve('S' || :sku::text, '1', 'L' || :location::text);
