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

CREATE TRIGGER guard_transition BEFORE INSERT OR UPDATE ON oms.returns
    FOR EACH ROW EXECUTE FUNCTION oms_internal.guard_transition();
CREATE TRIGGER record_transition AFTER INSERT OR UPDATE OF status ON oms.returns
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_transition();
CREATE TRIGGER refuse_receipt BEFORE UPDATE OF status ON oms.returns
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand() AND NEW.status OPERATOR(oms.<>) OLD.status
          AND (NEW.status OPERATOR(oms.=) 'received'::oms.return_status
               OR NEW.status OPERATOR(oms.=) 'inspected'::oms.return_status
               OR NEW.status OPERATOR(oms.=) 'completed'::oms.return_status))
    EXECUTE FUNCTION oms_internal.refuse_change('goods that come back', 'oms.receive_return(), inspect_return() or complete_return()');
CREATE TRIGGER refuse_key_changes BEFORE UPDATE ON oms.returns
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.order_id <> OLD.order_id OR NEW.return_no <> OLD.return_no
               OR NEW.invoice_no IS DISTINCT FROM OLD.invoice_no OR NEW.refund_no IS DISTINCT FROM OLD.refund_no
               OR NEW.exchange_order_id IS DISTINCT FROM OLD.exchange_order_id))
    EXECUTE FUNCTION oms_internal.refuse_change('keys, credits and exchanges', 'oms.complete_return() or exchange_return()');

/* what of a purchase order has come in, and what its supplier has said, is not written by hand */
CREATE TRIGGER guard_transition BEFORE INSERT OR UPDATE ON oms.purchase_orders
    FOR EACH ROW EXECUTE FUNCTION oms_internal.guard_transition();
CREATE TRIGGER record_purchase_step AFTER UPDATE OF status ON oms.purchase_orders
    FOR EACH ROW
    WHEN (NEW.status OPERATOR(oms.<>) OLD.status)
    EXECUTE FUNCTION oms_internal.record_purchase_step();
CREATE TRIGGER refuse_receipt BEFORE UPDATE OF status ON oms.purchase_orders
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand() AND NEW.status OPERATOR(oms.<>) OLD.status
          AND (NEW.status OPERATOR(oms.=) 'partially_received'::oms.purchase_order_status
               OR NEW.status OPERATOR(oms.=) 'received'::oms.purchase_order_status))
    EXECUTE FUNCTION oms_internal.refuse_change('receipts', 'oms.receive_purchase_order()');
CREATE TRIGGER refuse_sent_changes BEFORE UPDATE OF code, supplier_id ON oms.purchase_orders
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand() AND OLD.status OPERATOR(oms.<>) 'draft'::oms.purchase_order_status
          AND (NEW.code <> OLD.code OR NEW.supplier_id <> OLD.supplier_id))
    EXECUTE FUNCTION oms_internal.refuse_change('code and supplier of sent rows', 'oms.cancel_purchase_order(), and put_purchase_order() with another code');
CREATE TRIGGER refuse_sent_deletion BEFORE DELETE ON oms.purchase_orders
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand() AND OLD.status OPERATOR(oms.<>) 'draft'::oms.purchase_order_status)
    EXECUTE FUNCTION oms_internal.refuse_change('sent rows', 'oms.cancel_purchase_order()');
CREATE TRIGGER refuse_counters BEFORE INSERT ON oms.purchase_order_lines
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.received OPERATOR(oms.<>) '0'::oms.quantity OR NEW.cancelled OPERATOR(oms.<>) '0'::oms.quantity
               OR NEW.billed OPERATOR(oms.<>) '0'::oms.quantity OR NEW.confirmed_quantity IS NOT NULL OR NEW.confirmed_cost IS NOT NULL OR NEW.promised_on IS NOT NULL))
    EXECUTE FUNCTION oms_internal.refuse_change('counters and confirmations',
                                                'oms.receive_purchase_order() or confirm_purchase_order()');
CREATE TRIGGER refuse_counter_changes BEFORE UPDATE ON oms.purchase_order_lines
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.purchase_order_id <> OLD.purchase_order_id OR NEW.line_no <> OLD.line_no OR NEW.sku_id <> OLD.sku_id
               OR NEW.received OPERATOR(oms.<>) OLD.received OR NEW.cancelled OPERATOR(oms.<>) OLD.cancelled
               OR NEW.billed OPERATOR(oms.<>) OLD.billed
               OR NEW.confirmed_quantity::text IS DISTINCT FROM OLD.confirmed_quantity::text
               OR NEW.confirmed_cost::text IS DISTINCT FROM OLD.confirmed_cost::text
               OR NEW.promised_on IS DISTINCT FROM OLD.promised_on))
    EXECUTE FUNCTION oms_internal.refuse_change('keys, counters and confirmations',
                                                'oms.put_purchase_order(), confirm_purchase_order() or receive_purchase_order()');

/* nor what was agreed changed, once it is; the currency of all lines is looked at when they all are written */
CREATE TRIGGER require_changeable AFTER UPDATE ON oms.purchase_orders
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.location_id <> OLD.location_id OR NEW.currency <> OLD.currency))
    EXECUTE FUNCTION oms_internal.require_changeable();
CREATE TRIGGER require_changeable BEFORE INSERT OR DELETE ON oms.purchase_order_lines
    FOR EACH ROW WHEN (oms_internal.written_by_hand()) EXECUTE FUNCTION oms_internal.require_changeable();
CREATE TRIGGER require_changeable_update BEFORE UPDATE ON oms.purchase_order_lines
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.quantity OPERATOR(oms.<>) OLD.quantity OR NEW.unit_cost::text IS DISTINCT FROM OLD.unit_cost::text))
    EXECUTE FUNCTION oms_internal.require_changeable();
CREATE CONSTRAINT TRIGGER purchase_orders_currency_trigger AFTER UPDATE OF currency ON oms.purchase_orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.currency <> OLD.currency)
    EXECUTE FUNCTION oms_internal.require_one_currency();
CREATE TRIGGER require_one_currency AFTER INSERT OR UPDATE OF unit_cost ON oms.purchase_order_lines
    FOR EACH ROW WHEN (NEW.unit_cost IS NOT NULL) EXECUTE FUNCTION oms_internal.require_one_currency();
CREATE TRIGGER refuse_write BEFORE TRUNCATE ON oms.purchase_orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.cancel_purchase_order()');
CREATE TRIGGER refuse_write BEFORE TRUNCATE ON oms.purchase_order_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.put_purchase_order()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.purchase_receipts
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.receive_purchase_order()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.bills
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.record_bill(), approve_bill(), reject_bill() or pay_bill()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.bill_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.record_bill()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.bill_payments
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.pay_bill()');
CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF sku_id, transfer_id, from_location_id, to_location_id, quantity, received, status, ended_at, value ON oms.transfers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.ship_transfer(), receive_transfer() or cancel_transfer()');

CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.replenishment_proposals
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.approve_proposals(), reject_proposal() or the job plan_replenishment');

/* sorts after guard_transition and record_sums before record_transition, as they must run */
CREATE TRIGGER keep_sums BEFORE INSERT OR UPDATE ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.keep_sums();
CREATE TRIGGER record_sums AFTER INSERT OR UPDATE ON oms.payments
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_sums();

/* nor who has the money of what was granted: the books say so too */
CREATE TRIGGER refuse_provider_changes BEFORE UPDATE OF provider ON oms.payments
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand() AND oms.sign(OLD.authorized) > 0 AND NEW.provider IS DISTINCT FROM OLD.provider)
    EXECUTE FUNCTION oms_internal.refuse_change('providers of granted rows', 'oms.void() or refund(), and add_payment() with another provider');

CREATE TRIGGER record_hold AFTER INSERT OR UPDATE ON oms.order_holds
    FOR EACH ROW EXECUTE FUNCTION oms_internal.record_hold();

CREATE TRIGGER explain_inserted AFTER INSERT ON oms.stock_levels
    REFERENCING NEW TABLE AS new_levels FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.explain_level();
CREATE TRIGGER explain_updated AFTER UPDATE ON oms.stock_levels
    REFERENCING OLD TABLE AS old_levels NEW TABLE AS new_levels
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.explain_level();
CREATE TRIGGER explain_deleted AFTER DELETE ON oms.stock_levels
    REFERENCING OLD TABLE AS old_levels FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.explain_level();

CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.receive_stock(), adjust_stock(), count_stock() or transfer_stock()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.cost_layers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.receive_stock(), adjust_stock() or revalue_stock()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.reservations
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.reserve() and oms.release_reservation()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.fulfillment_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.place_order(), edit_order(), cancel_order() or reroute()');
CREATE TRIGGER refuse_cost BEFORE INSERT ON oms.shipments
    FOR EACH ROW WHEN (oms_internal.written_by_hand() AND NEW.cost IS NOT NULL)
    EXECUTE FUNCTION oms_internal.refuse_change('costs', 'oms.record_shipping_cost()');
CREATE TRIGGER refuse_cost_changes BEFORE UPDATE ON oms.shipments
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.order_id <> OLD.order_id OR NEW.fulfillment_no <> OLD.fulfillment_no
               OR NEW.cost::text IS DISTINCT FROM OLD.cost::text))
    EXECUTE FUNCTION oms_internal.refuse_change('keys and costs', 'oms.record_shipping_cost()');
CREATE TRIGGER refuse_cost_deletion BEFORE DELETE ON oms.shipments
    FOR EACH ROW WHEN (oms_internal.written_by_hand() AND OLD.cost IS NOT NULL)
    EXECUTE FUNCTION oms_internal.refuse_change('rows with a cost', 'oms.record_shipping_cost()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.payment_entries
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.add_payment(), capture(), void() or refund()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.refunds
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.refund()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.payment_requests
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.request_payment() or record_payment_result()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.payment_results
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.record_payment_result()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the function that makes the fact true');
CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF account, type ON oms.ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('other names and numbers');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.invoices
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.issue_invoice() or refund()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.invoice_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.issue_invoice() or refund()');
CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR TRUNCATE ON oms.returns
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.request_return() or cancel_return()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.return_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.request_return(), receive_return() or inspect_return()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.return_receipts
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.receive_return()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.return_inspections
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.inspect_return()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.unsellable_stock
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.inspect_return() or release_unsellable()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.unsellable_movements
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.inspect_return() or release_unsellable()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.claims
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.claim_items()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.claim_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.claim_items()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.order_links
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.exchange_return() or claim_items()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.dunnings
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.dun_invoices()');
CREATE TRIGGER refuse_numbers BEFORE UPDATE ON oms.invoice_series
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.code <> OLD.code OR NEW.kind <> OLD.kind
               OR OLD.issued_on IS NOT NULL AND NEW.yearly <> OLD.yearly
               OR NEW.next_number IS DISTINCT FROM OLD.next_number OR NEW.year IS DISTINCT FROM OLD.year
               OR NEW.issued_on IS DISTINCT FROM OLD.issued_on))
    EXECUTE FUNCTION oms_internal.refuse_change('counters', 'oms.issue_invoice(), or open another series');
CREATE TRIGGER keep_base_currency AFTER INSERT ON oms.channels
    FOR EACH ROW EXECUTE FUNCTION oms_internal.keep_base_currency();
CREATE TRIGGER guard_base_currency AFTER INSERT OR UPDATE OR DELETE ON oms.settings
    FOR EACH ROW WHEN (oms_internal.written_by_hand()) EXECUTE FUNCTION oms_internal.guard_base_currency();
CREATE TRIGGER guard_base_currency_truncate BEFORE TRUNCATE ON oms.settings
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.guard_base_currency();
CREATE TRIGGER reopen_invoices AFTER UPDATE OF captured, refunded ON oms.payments
    FOR EACH ROW
    WHEN (oms.minor(NEW.captured) - oms.minor(NEW.refunded) < oms.minor(OLD.captured) - oms.minor(OLD.refunded))
    EXECUTE FUNCTION oms_internal.reopen_invoices();
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.settlements
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.import_settlements()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OF provider, reported_on, checked_on OR DELETE OR TRUNCATE
    ON oms.settlement_providers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.import_settlements()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.chargebacks
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.record_chargeback()');
CREATE TRIGGER check_job BEFORE INSERT OR UPDATE ON oms.jobs
    FOR EACH ROW EXECUTE FUNCTION oms_internal.check_job();
CREATE TRIGGER record_opened AFTER INSERT ON oms.alerts
    REFERENCING NEW TABLE AS latter
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.record_alert_steps();
CREATE TRIGGER record_steps AFTER UPDATE ON oms.alerts
    REFERENCING OLD TABLE AS former NEW TABLE AS latter
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.record_alert_steps();
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.demand_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_demand');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.order_progress
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.fulfillment_progress
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.fulfillment_metrics
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stockouts
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_demand');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.sales_orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.sales_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.sales_sums
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stock_monthly
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_stock');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stock_monthly_everywhere
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_stock');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stock_monthly_locations
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_stock');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.profit_orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.profit_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.profit_days
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.profit_skus
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.customer_totals
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.customer_months
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.cohort_months
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.delivered_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.returned_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.delivered_monthly
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.inspected_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.returns_daily
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.ledger_daily
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_ledger');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.order_balances
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_ledger');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.order_settlements
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.settlement_daily
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.subject_events
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the function that makes the fact true');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.events
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the function that makes the fact true');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.archived_events
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('job archive_events');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.archived_orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('job archive_events');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.demand_series
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the jobs roll_up_demand and forecast_demand');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.seasonal_profiles
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job forecast_demand');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.forecasts
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job forecast_demand');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.forecast_snapshots
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the jobs forecast_demand and evaluate_forecasts');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.invoice_queue
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.issue_invoices()');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.job_orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the jobs complete_orders and archive_events');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR TRUNCATE ON oms.commands
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('a function, with the reference');

/* how far jobs are; by hand they begin anew at most, which ends with the same sums */
CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR TRUNCATE ON oms.watermarks
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.run_job(); a job makes a watermark that it lacks');
CREATE TRIGGER refuse_mark_changes BEFORE UPDATE ON oms.watermarks
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.system_id IS NOT DISTINCT FROM oms_internal.system_id() OR NEW.name <> OLD.name
               OR NEW.transaction_id <> OLD.transaction_id OR NEW.event_id <> OLD.event_id
               OR NEW.order_id IS DISTINCT FROM OLD.order_id))
    EXECUTE FUNCTION oms_internal.refuse_change('cursors', 'oms.run_job(); it looks at all orders after system_id was set to null');
CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR TRUNCATE ON oms.sequence_watermarks
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.run_job(); a job makes a watermark that it lacks');
CREATE TRIGGER refuse_mark_changes BEFORE UPDATE ON oms.sequence_watermarks
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.time_zone IS NOT NULL OR NEW.name <> OLD.name OR NEW.counted_until <> OLD.counted_until
               OR NEW.settled_until <> OLD.settled_until OR NEW.asked_until IS DISTINCT FROM OLD.asked_until
               OR NEW.holders IS DISTINCT FROM OLD.holders OR NEW.system_id IS DISTINCT FROM OLD.system_id))
    EXECUTE FUNCTION oms_internal.refuse_change('numbers', 'oms.run_job(); it counts all rows after time_zone was set to null');

/* whoever changes a row has it counted again, by a trigger; nobody else crosses it off */
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON oms.recategorized_skus
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON oms.regrouped_customers
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_reports');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON oms.rechanneled_orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('the job roll_up_ledger');
-- a row says which channel was counted, so that a wrong one would take from another's sums
CREATE TRIGGER refuse_row BEFORE INSERT ON oms.rechanneled_orders
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND oms_internal.written_by_hand())
    EXECUTE FUNCTION oms_internal.refuse_change('rows', 'an UPDATE of channel_id of oms.orders');

CREATE TRIGGER refuse_write BEFORE INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF account_id, kind, code, customer_id, balance, held, expires_on, active, order_id, line_no
    ON oms.stored_value_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.issue_gift_card(), grant_store_credit() and their kin');
CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.stored_value_entries
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.issue_gift_card(), grant_store_credit() and their kin');

CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE ON oms.job_runs
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.run_job()');

/* rows that others refer to by number do not go by hand, and no row trigger sees a TRUNCATE */
CREATE TRIGGER refuse_write BEFORE UPDATE OF order_id OR DELETE OR TRUNCATE ON oms.orders
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.cancel_order()');
CREATE TRIGGER refuse_write BEFORE TRUNCATE ON oms.order_lines
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.edit_order() or cancel_order()');
CREATE TRIGGER refuse_write BEFORE TRUNCATE ON oms.order_adjustments
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.edit_order()');
CREATE TRIGGER refuse_write BEFORE DELETE OR TRUNCATE ON oms.order_holds
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.release_hold()');
CREATE TRIGGER refuse_write BEFORE DELETE OR TRUNCATE ON oms.fulfillments
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.cancel_order() or reroute()');
CREATE TRIGGER refuse_write BEFORE DELETE OR TRUNCATE ON oms.payments
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.void() or refund()');
CREATE TRIGGER refuse_write BEFORE TRUNCATE ON oms.stock_levels
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write('oms.adjust_stock() or count_stock()');

/* what is counted from fulfillments is not written by hand */
CREATE TRIGGER refuse_counters BEFORE INSERT ON oms.order_lines
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.cancelled OPERATOR(oms.<>) '0'::oms.quantity OR NEW.allocated OPERATOR(oms.<>) '0'::oms.quantity
               OR NEW.backordered OPERATOR(oms.<>) '0'::oms.quantity OR NEW.shipped OPERATOR(oms.<>) '0'::oms.quantity
               OR NEW.delivered OPERATOR(oms.<>) '0'::oms.quantity OR NEW.returned OPERATOR(oms.<>) '0'::oms.quantity))
    EXECUTE FUNCTION oms_internal.refuse_change('counters', 'oms.place_order() or edit_order()');
CREATE TRIGGER refuse_counter_changes BEFORE UPDATE ON oms.order_lines
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.order_id <> OLD.order_id OR NEW.line_no <> OLD.line_no OR NEW.sku_id <> OLD.sku_id
               OR NEW.cancelled OPERATOR(oms.<>) OLD.cancelled OR NEW.allocated OPERATOR(oms.<>) OLD.allocated
               OR NEW.backordered OPERATOR(oms.<>) OLD.backordered OR NEW.shipped OPERATOR(oms.<>) OLD.shipped
               OR NEW.delivered OPERATOR(oms.<>) OLD.delivered OR NEW.returned OPERATOR(oms.<>) OLD.returned))
    EXECUTE FUNCTION oms_internal.refuse_change('keys and counters', 'oms.edit_order(), cancel_order() or the functions of fulfillments');
CREATE TRIGGER refuse_key_changes BEFORE UPDATE ON oms.fulfillments
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.order_id <> OLD.order_id OR NEW.fulfillment_no <> OLD.fulfillment_no OR NEW.location_id <> OLD.location_id))
    EXECUTE FUNCTION oms_internal.refuse_change('keys and location', 'oms.reroute()');

/* what is written by hand adds up in the end, in whatever order it is written */
CREATE CONSTRAINT TRIGGER orders_sums_trigger AFTER INSERT ON oms.orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (oms_internal.written_by_hand())
    EXECUTE FUNCTION oms_internal.require_sums();
CREATE CONSTRAINT TRIGGER orders_changed_sums_trigger AFTER UPDATE ON oms.orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.lines_total OPERATOR(oms.<>) OLD.lines_total OR NEW.discount OPERATOR(oms.<>) OLD.discount
               OR NEW.shipping_price OPERATOR(oms.<>) OLD.shipping_price
               OR NEW.shipping_tax OPERATOR(oms.<>) OLD.shipping_tax))
    EXECUTE FUNCTION oms_internal.require_sums();
CREATE CONSTRAINT TRIGGER order_lines_sums_trigger AFTER INSERT OR UPDATE OR DELETE ON oms.order_lines
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (oms_internal.written_by_hand())
    EXECUTE FUNCTION oms_internal.require_sums();
CREATE CONSTRAINT TRIGGER order_adjustments_sums_trigger AFTER INSERT OR UPDATE OR DELETE ON oms.order_adjustments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (oms_internal.written_by_hand())
    EXECUTE FUNCTION oms_internal.require_sums();

/* and the books follow; the names let that come after */
CREATE CONSTRAINT TRIGGER orders_total_trigger AFTER UPDATE ON oms.orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.shipping_price OPERATOR(oms.<>) OLD.shipping_price OR NEW.shipping_tax OPERATOR(oms.<>) OLD.shipping_tax
               OR NEW.shipping_included_tax::text IS DISTINCT FROM OLD.shipping_included_tax::text
               OR NEW.shipping_tax_jurisdiction IS DISTINCT FROM OLD.shipping_tax_jurisdiction
               OR NEW.discount OPERATOR(oms.<>) OLD.discount))
    EXECUTE FUNCTION oms_internal.recharge();
CREATE CONSTRAINT TRIGGER order_lines_total_trigger AFTER UPDATE ON oms.order_lines
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.unit_price <> OLD.unit_price OR NEW.quantity OPERATOR(oms.<>) OLD.quantity
               OR NEW.discount OPERATOR(oms.<>) OLD.discount OR NEW.tax OPERATOR(oms.<>) OLD.tax
               OR NEW.included_tax::text IS DISTINCT FROM OLD.included_tax::text
               OR NEW.order_discount::text IS DISTINCT FROM OLD.order_discount::text
               OR NEW.tax_jurisdiction IS DISTINCT FROM OLD.tax_jurisdiction))
    EXECUTE FUNCTION oms_internal.recharge();

/* and those who follow the events know */
CREATE TRIGGER record_correction AFTER UPDATE ON oms.orders
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand() AND OLD.status OPERATOR(oms.<>) 'draft'::oms.order_status
          AND (NEW.channel_id <> OLD.channel_id OR NEW.reference <> OLD.reference OR NEW.currency <> OLD.currency
               OR NEW.placed_at <> OLD.placed_at OR NEW.customer_id IS DISTINCT FROM OLD.customer_id
               OR NEW.ship_to IS DISTINCT FROM OLD.ship_to OR NEW.bill_to IS DISTINCT FROM OLD.bill_to
               OR NEW.service_id IS DISTINCT FROM OLD.service_id OR NEW.deliver_by IS DISTINCT FROM OLD.deliver_by
               OR NEW.base_rate IS DISTINCT FROM OLD.base_rate OR NEW.total OPERATOR(oms.<>) OLD.total
               OR NEW.lines_total OPERATOR(oms.<>) OLD.lines_total OR NEW.discount OPERATOR(oms.<>) OLD.discount
               OR NEW.shipping_price OPERATOR(oms.<>) OLD.shipping_price
               OR NEW.shipping_tax OPERATOR(oms.<>) OLD.shipping_tax
               OR NEW.shipping_included_tax::text IS DISTINCT FROM OLD.shipping_included_tax::text
               OR NEW.shipping_tax_rate IS DISTINCT FROM OLD.shipping_tax_rate
               OR NEW.shipping_tax_jurisdiction IS DISTINCT FROM OLD.shipping_tax_jurisdiction
               OR NEW.status_reason IS DISTINCT FROM OLD.status_reason AND NEW.status OPERATOR(oms.=) OLD.status))
    EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER record_correction AFTER UPDATE ON oms.order_lines
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.unit_price <> OLD.unit_price OR NEW.quantity OPERATOR(oms.<>) OLD.quantity
               OR NEW.discount OPERATOR(oms.<>) OLD.discount OR NEW.tax OPERATOR(oms.<>) OLD.tax
               OR NEW.included_tax::text IS DISTINCT FROM OLD.included_tax::text OR NEW.total OPERATOR(oms.<>) OLD.total
               OR NEW.tax_rate IS DISTINCT FROM OLD.tax_rate
               OR NEW.tax_jurisdiction IS DISTINCT FROM OLD.tax_jurisdiction))
    EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER record_rows AFTER INSERT OR DELETE ON oms.order_lines
    FOR EACH ROW WHEN (oms_internal.written_by_hand()) EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER record_correction AFTER UPDATE ON oms.fulfillments
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.pickup <> OLD.pickup OR NEW.ships_on IS DISTINCT FROM OLD.ships_on OR NEW.arrives_on IS DISTINCT FROM OLD.arrives_on
               OR (NEW.status_at <> OLD.status_at OR NEW.status_reason IS DISTINCT FROM OLD.status_reason)
                  AND NEW.status OPERATOR(oms.=) OLD.status))
    EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER record_correction AFTER UPDATE ON oms.shipments
    FOR EACH ROW
    WHEN (oms_internal.written_by_hand()
          AND (NEW.carrier IS DISTINCT FROM OLD.carrier OR NEW.service IS DISTINCT FROM OLD.service
               OR NEW.tracking_number IS DISTINCT FROM OLD.tracking_number OR NEW.shipped_at <> OLD.shipped_at
               OR NEW.delivered_at IS DISTINCT FROM OLD.delivered_at))
    EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER record_rows AFTER INSERT OR DELETE ON oms.shipments
    FOR EACH ROW WHEN (oms_internal.written_by_hand()) EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER record_rows AFTER INSERT OR DELETE ON oms.packages
    FOR EACH ROW WHEN (oms_internal.written_by_hand()) EXECUTE FUNCTION oms_internal.record_correction();
CREATE TRIGGER note_regrouped AFTER UPDATE ON oms.customers
    FOR EACH ROW
    WHEN (NEW.customer_group IS DISTINCT FROM OLD.customer_group OR NEW.kind <> OLD.kind)
    EXECUTE FUNCTION oms_internal.note_regrouped();
CREATE TRIGGER note_regrouped AFTER UPDATE ON oms.orders
    FOR EACH ROW
    WHEN (NEW.customer_id IS DISTINCT FROM OLD.customer_id)
    EXECUTE FUNCTION oms_internal.note_regrouped();
