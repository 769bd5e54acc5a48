\set sku random(1, 10000)
SELECT oms.reserve('S' || :sku::text, '1');
