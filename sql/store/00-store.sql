/* sql/store/00-store.sql: what is installed here */

CREATE TABLE oms.store (
    singleton boolean NOT NULL DEFAULT true,
    version text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    upgraded_at timestamptz,
    CONSTRAINT store_pkey PRIMARY KEY (singleton),
    CONSTRAINT store_singleton_check CHECK (singleton)
);
COMMENT ON TABLE oms.store IS 'One row: the version that the store was installed or upgraded to';
COMMENT ON COLUMN oms.store.singleton IS 'Always true, so that there is one row';
COMMENT ON COLUMN oms.store.version IS 'Equals oms.version() except between ALTER EXTENSION oms UPDATE and oms.upgrade()';

CREATE TABLE oms.settings (
    name text NOT NULL,
    value text NOT NULL,
    CONSTRAINT settings_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE oms.settings IS 'What holds for the whole store, such as base_currency';
