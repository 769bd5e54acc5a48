\set n :n + 1
\set id :first + (:n - 1) * :clients + :client_id
SELECT oms.ship(:id, 1, '{"carrier": "post", "number": "T1"}');
