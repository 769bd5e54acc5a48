/* sql/store/90-trigger.sql: what keeps the tables right, whoever writes them */

CREATE TRIGGER guard_transition BEFORE INSERT OR UPDATE ON oms.orders
    FOR EACH ROW EXECUTE FUNCTION oms_internal.guard_transition();
CREATE TRIGGER record_transition AFTER INSERT OR UPDATE OF status ON oms.orders
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_transition();

CREATE TRIGGER guard_transition BEFORE INSERT OR UPDATE ON oms.fulfillments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.guard_transition();
CREATE TRIGGER record_transition AFTER INSERT OR UPDATE OF status ON oms.fulfillments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_transition();

CREATE TRIGGER guard_transition BEFORE INSERT OR UPDATE ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.guard_transition();
CREATE TRIGGER record_transition AFTER INSERT OR UPDATE OF status ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_transition();

/* sorts after guard_transition and record_sums before record_transition, as they must run */
CREATE TRIGGER keep_sums BEFORE INSERT OR UPDATE ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.keep_sums();
CREATE TRIGGER record_sums AFTER INSERT OR UPDATE ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_sums();

CREATE TRIGGER record_hold AFTER INSERT OR UPDATE ON oms.order_holds
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_hold();

CREATE TRIGGER explain_level AFTER INSERT OR UPDATE OR DELETE ON oms.stock_levels
    FOR EACH ROW EXECUTE FUNCTION oms_internal.explain_level();

CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.receive_stock(), adjust_stock(), count_stock() or transfer_stock()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.reservations
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.reserve() and oms.release_reservation()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.fulfillment_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.place_order(), edit_order(), cancel_order() or reroute()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.payment_entries
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.add_payment(), capture(), void() or refund()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.refunds
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.refund()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.events
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the function that makes the fact true');
