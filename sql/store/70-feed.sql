/* sql/store/70-feed.sql: who follows the events, and how far they are */

CREATE TABLE oms.consumers (
    name text NOT NULL,
    transaction_id xid8 NOT NULL,
    event_id bigint NOT NULL,
    acknowledged_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT consumers_pkey PRIMARY KEY (name),
    CONSTRAINT consumers_name_check CHECK (name <> '' AND char_length(name) <= 100)
);
COMMENT ON TABLE oms.consumers IS 'Who follows the events by oms.events_since(), and the last event that they have acknowledged';
COMMENT ON COLUMN oms.consumers.transaction_id IS 'With event_id the cursor of the last event that was acknowledged';

CREATE TRIGGER check_consumer BEFORE INSERT OR UPDATE OF transaction_id ON oms.consumers
    FOR EACH ROW EXECUTE FUNCTION oms_internal.check_consumer();

CREATE OR REPLACE VIEW oms.consumer_status WITH (security_invoker = true) AS
    SELECT c.name AS consumer, c.transaction_id || '/' || c.event_id AS cursor, c.acknowledged_at, u.unread, u.oldest_at AS oldest_unread_at
    FROM oms.consumers AS c
    CROSS JOIN LATERAL (SELECT count(*) AS unread, min(e.occurred_at) AS oldest_at
                        FROM oms_internal.unread_events(c.transaction_id, c.event_id, 10001) AS e) AS u;
COMMENT ON VIEW oms.consumer_status IS 'How far consumers of events are behind';
COMMENT ON COLUMN oms.consumer_status.unread IS 'Events that it could read; 10001: more than 10,000';
COMMENT ON COLUMN oms.consumer_status.oldest_unread_at IS 'When the oldest of these occurred';

CREATE OR REPLACE VIEW oms.feed_blockers WITH (security_invoker = true) AS
    SELECT b.kind, b.name, b.role, b.database, b.state, b.since, b.query,
           b.transaction_id = mod(pg_snapshot_xmin(pg_current_snapshot())::text::numeric, 4294967296) AS holds
    FROM (SELECT 'session' AS kind, a.pid::text AS name, a.usename::text AS role, a.datname::text AS database, a.state, a.xact_start AS since,
                 a.query, a.backend_xid::text::numeric AS transaction_id
          FROM pg_stat_activity AS a
          WHERE a.backend_xid IS NOT NULL
          UNION ALL
          SELECT 'prepared', p.gid, p.owner::text, p.database::text, NULL, p.prepared, NULL, p.transaction::text::numeric
          FROM pg_prepared_xacts AS p) AS b;
COMMENT ON VIEW oms.feed_blockers IS 'Transactions of the whole cluster that have written and are open: nobody reads events of them, nor of those that began later';
COMMENT ON COLUMN oms.feed_blockers.kind IS 'session or prepared, whose name is the process id or the transaction''s own';
COMMENT ON COLUMN oms.feed_blockers.holds IS 'It is the oldest, for which all readers wait';
