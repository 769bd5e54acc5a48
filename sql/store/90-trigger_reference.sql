/* sql/store/90-trigger_reference.sql: what holds for orders that are placed while what they refer to changes */

/*
 * Orders refer to what they have read without a lock on its row. What
 * replication deletes fires row triggers alone, and only those that fire always.
 */
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF channel_id ON oms.channels
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF channel_id ON oms.channels
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.channels ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF location_id ON oms.locations
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF location_id ON oms.locations
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.locations ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF sku_id ON oms.skus
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF sku_id ON oms.skus
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.skus ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF service_id ON oms.shipping_services
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF service_id ON oms.shipping_services
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.shipping_services ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF customer_id ON oms.customers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF customer_id ON oms.customers
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.customers ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF order_id ON oms.orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF order_id ON oms.orders
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.orders ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF order_id, line_no ON oms.order_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF order_id, line_no ON oms.order_lines
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.order_lines ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF order_id, fulfillment_no ON oms.fulfillments
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF order_id, fulfillment_no ON oms.fulfillments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.fulfillments ENABLE ALWAYS TRIGGER await_writers_of_row;
CREATE TRIGGER await_writers BEFORE DELETE OR UPDATE OF order_id, payment_no ON oms.payments
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.await_writers();
CREATE TRIGGER await_writers_of_row BEFORE DELETE OR UPDATE OF order_id, payment_no ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.await_writers();
ALTER TABLE oms.payments ENABLE ALWAYS TRIGGER await_writers_of_row;

/* what sessions keep of these, they read again when it has changed, whoever changed it */
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.channels
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.channels
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.channels ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.channel_locations
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.channel_locations
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.channel_locations ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.locations
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.locations
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.locations ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.location_holidays
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.location_holidays
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.location_holidays ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.shipping_rates
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.shipping_rates
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.shipping_rates ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.shipping_services
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.shipping_services
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.shipping_services ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.stock_buffers
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.stock_buffers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.stock_buffers ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.routing_rules
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.routing_rules
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.routing_rules ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.tax_rates
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.tax_rates
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.tax_rates ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.carriers
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.carriers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.carriers ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.fx_rates
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.fx_rates
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.fx_rates ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
CREATE TRIGGER tell_change BEFORE INSERT OR UPDATE OR DELETE ON oms.settings
    FOR EACH ROW EXECUTE FUNCTION oms_internal.tell_change();
CREATE TRIGGER tell_truncate BEFORE TRUNCATE ON oms.settings
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.tell_change();
ALTER TABLE oms.settings ENABLE ALWAYS TRIGGER tell_change, ENABLE ALWAYS TRIGGER tell_truncate;
