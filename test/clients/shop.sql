-- test/clients/shop.sql: what the clients find: the small shop of the TAP tests, purchases, and what jobs make of it
\ir ../t/shop.sql
SELECT oms.put_supplier('{"code": "mill", "name": "Mill", "currency": "EUR", "skus": [{"sku": "TEE-M", "cost": "3 EUR", "lead_time_days": 5}]}');
SELECT oms.put_purchase_order('{"code": "PO-7", "supplier": "mill", "location": "porto", "lines": [{"sku": "TEE-M", "quantity": 10}]}');
SELECT oms.send_purchase_order('PO-7');
SELECT oms.receive_purchase_order('PO-7');
SELECT oms.record_bill('{"supplier": "mill", "number": "M-1", "purchase_order": "PO-7", "lines": [{"sku": "TEE-M", "quantity": 10, "unit_cost": "3"}]}');
SELECT oms.receive_stock('TEE-' || size, 'porto', 1000, '7.00 EUR') FROM unnest('{S,M,L}'::text[]) AS size;
SELECT oms.run_job(name) FROM oms.jobs WHERE enabled ORDER BY name;

CREATE ROLE clients_application LOGIN PASSWORD 'clients';
SELECT oms.grant_access('clients_application');
CREATE ROLE clients_reader LOGIN PASSWORD 'clients';
SELECT oms.grant_access('clients_reader', 'reader');
ALTER ROLE clients_application SET search_path = oms, public;
