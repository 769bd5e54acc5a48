/* sql/store/39-alert.sql: what somebody should look at */

CREATE SEQUENCE oms.alerts_alert_id_seq;
CREATE TABLE oms.alerts (
    alert_id bigint NOT NULL DEFAULT nextval('oms.alerts_alert_id_seq'),
    raised_at timestamptz NOT NULL DEFAULT oms.now(),
    kind text NOT NULL,
    key text NOT NULL,
    severity text NOT NULL DEFAULT 'warning',
    order_id bigint,
    subject text,
    message text NOT NULL,
    data jsonb,
    status text NOT NULL DEFAULT 'open',
    acknowledged_at timestamptz,
    closed_at timestamptz,
    note text,
    sku_id bigint,
    location_id integer,
    channel_id integer,
    updated_at timestamptz,
    watched boolean NOT NULL DEFAULT false,
    CONSTRAINT alerts_pkey PRIMARY KEY (alert_id),
    CONSTRAINT alerts_kind_check CHECK (kind <> ''),
    CONSTRAINT alerts_severity_check CHECK (severity IN ('info', 'warning', 'critical')),
    CONSTRAINT alerts_status_check CHECK (status IN ('open', 'acknowledged', 'closed')),
    CONSTRAINT alerts_acknowledged_at_check CHECK (status <> 'acknowledged' OR acknowledged_at IS NOT NULL),
    CONSTRAINT alerts_closed_at_check CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
ALTER SEQUENCE oms.alerts_alert_id_seq OWNED BY oms.alerts.alert_id;
CREATE UNIQUE INDEX alerts_key ON oms.alerts (kind, key) WHERE status <> 'closed';
CREATE UNIQUE INDEX alerts_watched_key ON oms.alerts (kind, key) WHERE watched;
CREATE INDEX alerts_order_id_idx ON oms.alerts (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX alerts_sku_id_idx ON oms.alerts (sku_id, location_id) WHERE status <> 'closed' AND sku_id IS NOT NULL;
CREATE INDEX alerts_closed_at_idx ON oms.alerts (closed_at) WHERE status = 'closed';
COMMENT ON TABLE oms.alerts IS 'What somebody should look at: raised once for each cause, until it is closed, by hand or because the cause is gone';
COMMENT ON COLUMN oms.alerts.kind IS 'Such as settlement_amount or chargeback; rows of kinds of one''s own may be inserted';
COMMENT ON COLUMN oms.alerts.key IS 'Names the cause within the kind; there is one alert of it that is not closed';
COMMENT ON COLUMN oms.alerts.subject IS 'What it is about, as people name it: payment 1041-P1';
COMMENT ON COLUMN oms.alerts.data IS 'The values behind the message; amounts are text such as 12.50 EUR';
COMMENT ON COLUMN oms.alerts.note IS 'What whoever acknowledged or closed it had to say';
COMMENT ON COLUMN oms.alerts.channel_id IS 'The channel it is about, null: all or none';
COMMENT ON COLUMN oms.alerts.updated_at IS 'When its severity, message or data last changed; null: never';
COMMENT ON COLUMN oms.alerts.watched IS 'A job looks whether its cause is still there. Of a closed alert: it was closed by hand, and no other is raised until the cause was gone once or is more severe';

CREATE TABLE oms.alert_watches (
    name text NOT NULL,
    place integer NOT NULL,
    every interval NOT NULL,
    looked_at timestamptz,
    CONSTRAINT alert_watches_pkey PRIMARY KEY (name),
    CONSTRAINT alert_watches_every_check CHECK (every >= '0')
);
COMMENT ON TABLE oms.alert_watches IS 'What the job raise_alerts looks at, and how often; what it raises is in the settings of the job';
COMMENT ON COLUMN oms.alert_watches.place IS 'Which is looked at first';
COMMENT ON COLUMN oms.alert_watches.every IS 'A run that begins sooner passes it by';
COMMENT ON COLUMN oms.alert_watches.looked_at IS 'Null: the next run looks at it';

INSERT INTO oms.alert_watches (name, place, every) VALUES
    ('stock', 1, '0'), ('stockouts', 2, '1 hour'), ('orders', 3, '1 hour'), ('idle_stock', 4, '1 day'),
    ('return_rates', 5, '1 day'), ('supplier_mails', 6, '0');

CREATE SEQUENCE oms.notifications_notification_id_seq;
CREATE TABLE oms.notifications (
    notification_id bigint NOT NULL DEFAULT nextval('oms.notifications_notification_id_seq'),
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    kind text NOT NULL,
    recipient text,
    subject text NOT NULL,
    body text NOT NULL,
    alert_id bigint,
    purchase_order_id bigint,
    sent_at timestamptz,
    supplier_id integer,
    day date,
    error text,
    CONSTRAINT notifications_pkey PRIMARY KEY (notification_id),
    CONSTRAINT notifications_kind_check CHECK (kind <> '')
);
ALTER SEQUENCE oms.notifications_notification_id_seq OWNED BY oms.notifications.notification_id;
CREATE INDEX notifications_unsent_idx ON oms.notifications (notification_id) WHERE sent_at IS NULL;
CREATE INDEX notifications_sent_at_idx ON oms.notifications (sent_at) WHERE sent_at IS NOT NULL;
CREATE UNIQUE INDEX notifications_low_stock_key ON oms.notifications (supplier_id, day) WHERE kind = 'low_stock';
COMMENT ON TABLE oms.notifications IS 'Messages that a mailer is to send, as it does so it sets sent_at';
COMMENT ON COLUMN oms.notifications.kind IS 'Such as low_stock or purchase_order';
COMMENT ON COLUMN oms.notifications.recipient IS 'E-mail address; null: whoever the mailer is set up for';
COMMENT ON COLUMN oms.notifications.supplier_id IS 'Whom it is for, if it is a supplier';
COMMENT ON COLUMN oms.notifications.day IS 'Of what is written once a day: which';
COMMENT ON COLUMN oms.notifications.error IS 'Why the mailer could not send it; until it is null again it is not tried again';
