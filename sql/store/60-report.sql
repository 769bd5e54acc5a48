/* sql/store/60-report.sql: what reports count by */

ALTER TABLE oms.settings
    ADD CONSTRAINT settings_time_zone_check CHECK (name <> 'time_zone' OR oms_internal.is_time_zone(value)),
    ADD CONSTRAINT settings_return_days_check CHECK (name <> 'return_days' OR value ~ '^[0-9]{1,4}$'),
    ADD CONSTRAINT settings_base_currency_check CHECK (name <> 'base_currency' OR oms.is_currency(value));

CREATE TRIGGER restart_reports AFTER INSERT OR UPDATE OR DELETE ON oms.settings
    FOR EACH ROW EXECUTE FUNCTION oms_internal.restart_reports();
