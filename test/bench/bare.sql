\set n :n + 1
\set id :first + (:n - 1) * :clients + :client_id
WITH step AS (
    UPDATE oms.fulfillments SET status = 'picking', status_at = now()
    WHERE order_id = :id AND fulfillment_no = 1 RETURNING order_id
)
INSERT INTO oms.events (order_id, sequence, type, subject_no)
SELECT order_id, 6, 'fulfillment.picking', 1 FROM step;
