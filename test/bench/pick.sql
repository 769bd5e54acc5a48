\set n :n + 1
\set id :first + (:n - 1) * :clients + :client_id
SELECT oms.start_picking(:id, 1);
