/* sql/store/34-event.sql: what happened, in order, for those who follow */

CREATE SEQUENCE oms.events_event_id_seq;
CREATE TABLE oms.events (
    event_id bigint NOT NULL DEFAULT nextval('oms.events_event_id_seq'),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    order_id bigint NOT NULL,
    sequence integer NOT NULL,
    type text NOT NULL,
    subject_no integer,
    data jsonb,
    occurred_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT events_pkey PRIMARY KEY (order_id, sequence),
    CONSTRAINT events_sequence_check CHECK (sequence > 0)
);
ALTER SEQUENCE oms.events_event_id_seq OWNED BY oms.events.event_id;
CREATE INDEX events_cursor_idx ON oms.events (transaction_id, event_id);
COMMENT ON TABLE oms.events IS 'Facts about orders, append-only, written by the transaction that made them true';
COMMENT ON COLUMN oms.events.transaction_id IS 'With event_id the cursor of readers: the id alone is not in commit order';
COMMENT ON COLUMN oms.events.sequence IS '1, 2, 3, ... without gap within an order';
COMMENT ON COLUMN oms.events.type IS 'subject.fact, such as order.confirmed or fulfillment.shipped; a fact that is a state of the subject''s machine is a step to it';
COMMENT ON COLUMN oms.events.subject_no IS 'Number of the fulfillment, payment or return within the order';

/* what is no more at work; the job makes the partitions, a month each */

CREATE TABLE oms.archived_events (
    event_id bigint NOT NULL,
    transaction_id xid8 NOT NULL,
    order_id bigint NOT NULL,
    sequence integer NOT NULL,
    type text NOT NULL,
    subject_no integer,
    data jsonb,
    occurred_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    CONSTRAINT archived_events_pkey PRIMARY KEY (order_id, sequence, ended_at)
) PARTITION BY RANGE (ended_at);
COMMENT ON TABLE oms.archived_events IS 'Events of orders that have ended, as they were in oms.events; oms.event_history has both';
COMMENT ON COLUMN oms.archived_events.ended_at IS 'When the last of the events occurred that were archived with it, so that all are in the partition of one month';

CREATE TABLE oms.archived_orders (
    order_id bigint NOT NULL,
    last_sequence integer NOT NULL,
    last_event_id bigint NOT NULL,
    ended_at timestamptz NOT NULL,
    states jsonb NOT NULL,
    CONSTRAINT archived_orders_pkey PRIMARY KEY (order_id, last_sequence)
);
COMMENT ON TABLE oms.archived_orders IS 'Orders whose events were archived, a row each time; it stays when the events are dropped, so that what follows can go on from there';
COMMENT ON COLUMN oms.archived_orders.last_sequence IS 'Number of the last event that was archived';
COMMENT ON COLUMN oms.archived_orders.ended_at IS 'As in oms.archived_events, whose events are gone if this is before archive_begins of oms.settings';
COMMENT ON COLUMN oms.archived_orders.states IS 'Last state of each subject by these events and those before: {"order 0": "completed", "payment 1": "captured"}';

CREATE OR REPLACE VIEW oms.event_history WITH (security_invoker = true) AS
SELECT event_id, transaction_id, order_id, sequence, type, subject_no, data, occurred_at, ended_at FROM oms.archived_events
UNION ALL
SELECT event_id, transaction_id, order_id, sequence, type, subject_no, data, occurred_at, NULL FROM oms.events;
COMMENT ON VIEW oms.event_history IS 'All events of orders that there are, archived or not';
COMMENT ON COLUMN oms.event_history.ended_at IS 'As in oms.archived_events; null: it is not archived';

CREATE TABLE oms.subject_events (
    event_id bigint NOT NULL DEFAULT nextval('oms.events_event_id_seq'),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    subject text NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    data jsonb,
    occurred_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT subject_events_pkey PRIMARY KEY (event_id),
    CONSTRAINT subject_events_subject_check CHECK (subject <> '' AND key <> '')
);
CREATE INDEX subject_events_cursor_idx ON oms.subject_events (transaction_id, event_id);
CREATE INDEX subject_events_key_idx ON oms.subject_events (subject, key);
CREATE INDEX subject_events_alert_idx ON oms.subject_events (occurred_at) WHERE subject = 'alert';
COMMENT ON TABLE oms.subject_events IS 'Facts about what is not of an order: purchase orders, alerts; append-only, with the same cursor as oms.events. Those of an alert go after it';
COMMENT ON COLUMN oms.subject_events.event_id IS 'From the sequence of oms.events, so that readers of both have one cursor';
COMMENT ON COLUMN oms.subject_events.subject IS 'Such as purchase_order or alert';
COMMENT ON COLUMN oms.subject_events.key IS 'Code or number of the subject';
COMMENT ON COLUMN oms.subject_events.type IS 'subject.fact, such as purchase_order.sent';

CREATE TABLE oms.commands (
    reference text NOT NULL,
    command text NOT NULL,
    content_hash bigint NOT NULL,
    result text,
    executed_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT commands_pkey PRIMARY KEY (reference, command)
);
CREATE INDEX commands_executed_at_idx ON oms.commands (executed_at);
COMMENT ON TABLE oms.commands IS 'Commands that were given a reference, with what they answered, so that repeating one repeats the answer';
COMMENT ON COLUMN oms.commands.content_hash IS 'Hash of the arguments, to tell a repeated command from a conflicting one';
COMMENT ON COLUMN oms.commands.result IS 'The answer in text form; null for none';

CREATE TABLE oms.watermarks (
    name text NOT NULL,
    transaction_id xid8 NOT NULL,
    event_id bigint NOT NULL,
    system_id bigint,
    order_id bigint,
    CONSTRAINT watermarks_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE oms.watermarks IS 'How far jobs have read oms.events';
COMMENT ON COLUMN oms.watermarks.transaction_id IS 'With event_id the cursor of the last event that was read';
COMMENT ON COLUMN oms.watermarks.system_id IS 'Identifier of the cluster that the cursor is of; in another, such as after a dump was restored, the job begins anew. Null: it has never run';
COMMENT ON COLUMN oms.watermarks.order_id IS 'Of a job that has begun anew and looks at all orders first: the last that it has looked at; null: it has looked at all';

INSERT INTO oms.watermarks (name, transaction_id, event_id) VALUES
    ('invoices', '0', 0),
    ('refund_overdue', '0', 0),
    ('demand', '0', 0),
    ('reports', '0', 0),
    ('complete_orders', '0', 0),
    ('archive_events', '0', 0);
