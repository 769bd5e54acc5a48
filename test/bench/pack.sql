\set n :n + 1
\set id :first + (:n - 1) * :clients + :client_id
SELECT oms.pack(:id, 1, '[]');
