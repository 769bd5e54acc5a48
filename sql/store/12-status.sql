/* sql/store/12-status.sql: the state machines as rows */

CREATE OR REPLACE VIEW oms.state_transitions WITH (security_invoker = true) AS
    SELECT machine, from_state, to_state, is_final
    FROM oms_internal.state_transitions();

COMMENT ON VIEW oms.state_transitions IS 'Every legal step of every state machine, in lifecycle order';
COMMENT ON COLUMN oms.state_transitions.machine IS 'order, fulfillment, payment, return, reservation or purchase_order';
COMMENT ON COLUMN oms.state_transitions.from_state IS 'Null where a row may be created in to_state';
COMMENT ON COLUMN oms.state_transitions.is_final IS 'No step leads out of to_state';
