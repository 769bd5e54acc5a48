# Other systems follow the store while it works, by a subscription without the
# extension, by a stream of JSON and by the feed: whatever is stopped, killed or
# promoted meanwhile, nothing is lost and nothing comes twice.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $dir = PostgreSQL::Test::Utils::tempdir;
my $publisher = new_server('publisher', 'wal_level = replica', 'max_wal_senders = 10', 'autovacuum = off');
create_store($publisher, 'shop');

my ($status, $out, $err) = $publisher->psql('shop', 'SELECT oms.ensure_publication()');
like($err, qr/DETAIL:  wal_level is replica\.\nHINT:  .*wal_level = logical/, 'a log that cannot be published: what to do');
my $has_wal2json = -e (`pg_config --pkglibdir` =~ s/\n//r) . '/wal2json.so';
$publisher->append_conf('postgresql.conf', 'wal_level = logical');
# servers that don't know the setting load any plugin
$publisher->append_conf('postgresql.conf', q{output_plugin_libraries = 'pgoutput, wal2json'})
  if $publisher->safe_psql('postgres', q{SELECT name FROM pg_settings WHERE name = 'output_plugin_libraries'});
$publisher->restart;
$publisher->safe_psql('shop', q{
SELECT oms.ensure_publication();
CREATE ROLE erp LOGIN REPLICATION;
SELECT oms.grant_access('erp', 'reader')});

# A subscriber that has plain PostgreSQL, and the tables.
my $subscriber = new_server('subscriber', 'wal_retrieve_retry_interval = 100ms');
$subscriber->safe_psql('postgres', 'CREATE DATABASE erp');
$subscriber->safe_psql('erp', $publisher->safe_psql('shop', 'SELECT oms.subscriber_ddl()'));

sub subscribe
{
	my ($node) = @_;
	my $connection = $node->connstr . ' dbname=shop user=erp';
	$subscriber->safe_psql('erp', qq{CREATE SUBSCRIPTION oms CONNECTION '$connection' PUBLICATION oms, oms_events
		WITH (synchronous_commit = on, streaming = off)});
	$subscriber->wait_for_subscription_sync($node, 'oms', 'erp');
	return;
}

# Both sides have the same rows in each published table, byte by byte; events
# that are there are those of a view here.
sub same_rows
{
	my ($node, $events, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$node->wait_for_catchup('oms');
	my $queries = $node->safe_psql('shop', q{
SELECT format('SELECT %L, count(*), md5(string_agg(r, chr(10) ORDER BY r COLLATE "C")) FROM (SELECT ROW(%s)::text AS r FROM oms.%I%s) AS t;',
              tablename, (SELECT string_agg(format('%I::text', a), ', ') FROM unnest(attnames) AS a), tablename, ' WHERE ' || rowfilter)
FROM pg_publication_tables WHERE pubname IN ('oms', 'oms_events') ORDER BY tablename});
	my $there = $subscriber->safe_psql('erp', $queries);
	$queries =~ s/FROM oms\.events\b/FROM oms.$events/;
	my $here = $node->safe_psql('shop', $queries);
	is($there, $here, "$name: each table has the rows of the publisher");
	return { map { /^(\w+)\|(\d+)/ } split(/\n/, $there) };
}

# a first copy of what is there, then rows of most tables while nobody listens
$publisher->safe_psql('shop', read_file("$FindBin::RealBin/shop.sql"));
subscribe($publisher);
my $rows = same_rows($publisher, 'event_history', 'first copy');
$subscriber->stop('immediate');
$publisher->safe_psql('shop', $_)
  foreach 'SET search_path = oms, public;' . read_file("$FindBin::RealBin/../stress/work.sql"), read_file("$FindBin::RealBin/buy.sql"), q{
SELECT oms.put_supplier('{"code": "mill", "name": "Mill", "currency": "EUR", "skus": [{"sku": "TEE-M", "cost": "3 EUR"}]}'),
       oms.put_purchase_order('{"code": "PO-7", "supplier": "mill", "location": "porto", "lines": [{"sku": "TEE-M", "quantity": 10}]}');
SELECT oms.send_purchase_order('PO-7');
SELECT oms.receive_purchase_order('PO-7');
SELECT oms.record_bill('{"supplier": "mill", "number": "M-1", "purchase_order": "PO-7", "lines": [{"sku": "TEE-M", "quantity": 10, "unit_cost": "3"}]}');
SELECT oms.pay_bill('mill', 'M-1');
SELECT oms.ship_transfer('TEE-M', 'porto', 'berlin', 2);
SELECT oms.put_sku('{"code": "RND-6", "kit": [{"sku": "RND-1", "quantity": 1}]}');
SELECT oms.put_sku('{"code": "RND-6", "kit": [{"sku": "RND-3", "quantity": 0.5}]}');
UPDATE oms.customers SET name = E'Zoë "Z" \\\\N\t|', metadata = '{"a": [1, null]}' WHERE reference = 'C-77'};
$subscriber->start;
$rows = same_rows($publisher, 'event_history', 'while nobody listened');
my $filled = grep { $_ } values %$rows;
cmp_ok($filled, '>=', 36, "$filled of " . keys(%$rows) . ' tables have rows');

# A column comes and goes, as by an upgrade, while rows are sent.
$publisher->safe_psql('shop', q{
ALTER TABLE oms.orders ADD COLUMN erp_number text, ADD COLUMN erp_price oms.amount;
UPDATE oms.orders SET erp_number = 'not yet', erp_price = '1 EUR' WHERE order_id = 1});
same_rows($publisher, 'event_history', 'a column that is not published yet');
$subscriber->safe_psql('erp', $publisher->safe_psql('shop', 'SELECT oms.subscriber_ddl()'));
$publisher->safe_psql('shop', q{
SELECT oms.ensure_publication();
UPDATE oms.orders SET erp_number = 'E-' || order_id, erp_price = '2.50 EUR' WHERE order_id < 4});
$subscriber->safe_psql('erp', 'ALTER SUBSCRIPTION oms REFRESH PUBLICATION');
$publisher->wait_for_catchup('oms');
is($subscriber->safe_psql('erp', 'SELECT order_id, erp_number, erp_price_value FROM oms.orders ORDER BY order_id'),
	"1|E-1|2.50\n2|E-2|2.50\n3|E-3|2.50\n4||", 'and that is published now');
($status, $out, $err) = $publisher->psql('shop', 'ALTER TABLE oms.orders DROP COLUMN erp_number');
like($err, qr/other objects depend on it/, 'a published column stays');
$publisher->safe_psql('shop', q{
BEGIN;
ALTER PUBLICATION oms DROP TABLE oms.orders;
ALTER TABLE oms.orders DROP COLUMN erp_number, DROP COLUMN erp_price;
UPDATE oms.store SET upgraded_at = now();
SELECT oms.ensure_publication();
UPDATE oms.orders SET metadata = '{"after": true}' WHERE order_id = 4;
COMMIT});
same_rows($publisher, 'event_history', 'without the column again');

# Two readers on the publisher: by the cursor, and by ids above the last, who
# pass by a transaction that is still open.
$publisher->safe_psql('shop', q{
CREATE TABLE work.got (reader text, n bigserial, event_id bigint, cursor text);
CREATE TABLE work.stop (now boolean);
CREATE VIEW work.events AS
    SELECT transaction_id, event_id FROM oms.event_history UNION ALL SELECT transaction_id, event_id FROM oms.subject_events;
CREATE PROCEDURE work.follow() LANGUAGE plpgsql AS $$
DECLARE
    v_stop boolean;
    v_cursor text;
    v_last bigint := 0;
BEGIN
    LOOP
        v_stop := EXISTS (SELECT FROM work.stop);
        v_cursor := NULL;
        WITH portion AS (INSERT INTO work.got (reader, event_id, cursor)
                         SELECT 'cursor', e.event_id, e.cursor FROM oms.events_since('reader', 200) AS e RETURNING n, cursor)
        SELECT p.cursor INTO v_cursor FROM portion AS p ORDER BY n DESC LIMIT 1;
        IF v_cursor IS NOT NULL THEN
            PERFORM oms.acknowledge('reader', v_cursor);
        END IF;
        WITH portion AS (INSERT INTO work.got (reader, event_id)
                         SELECT 'ids', e.event_id FROM work.events AS e WHERE e.event_id > v_last ORDER BY e.event_id LIMIT 200 RETURNING event_id)
        SELECT coalesce(max(p.event_id), v_last) INTO v_last FROM portion AS p;
        COMMIT;
        EXIT WHEN v_stop AND v_cursor IS NULL;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
SELECT oms.acknowledge('reader', '0/0')});
my $open = $publisher->background_psql('shop');
$open->query_safe(q{BEGIN; SELECT work.buy('open', 1, 'RND-8')});
my $others = $publisher->safe_psql('shop', q{SELECT work.buy('meanwhile', 1, 'RND-10')});
$publisher->safe_psql('shop', "SELECT oms.cancel_order($others, 'archived later')");
my $reader = $publisher->background_psql('shop');
$reader->query_until(qr/^follows$/m, "\\echo follows\nCALL work.follow();\n");
$publisher->poll_query_until('shop', qq{
SELECT count(*) > 0 FROM work.got JOIN oms.events USING (event_id) WHERE reader = 'ids' AND order_id = $others}) or die 'nobody follows';
is($publisher->safe_psql('shop', qq{
SELECT count(*) FROM work.got JOIN oms.events USING (event_id) WHERE reader = 'cursor' AND order_id = $others}),
	'0', 'the reader by cursor waits for a transaction that is open');
$open->query_safe('COMMIT');
$open->quit;

# Random work by many sessions for so long.
sub start_work
{
	my ($node, $clients, $seconds) = @_;
	local %ENV = ($node->_get_env(), PGDATABASE => 'shop');
	return map {
		IPC::Run::start([ "$FindBin::RealBin/../stress/client", 'read\\ committed', $seconds ], '>', "$dir/work.$_", '2>&1')
	} 1 .. $clients;
}

# The subscriber is killed again and again meanwhile. Somebody there reads
# events as they arrive.
my %arrived;
my $last = 0;
sub read_arrived
{
	foreach (split(/\n/, $subscriber->safe_psql('erp', qq{SELECT arrival, order_id, sequence FROM oms.events WHERE arrival > $last ORDER BY arrival})))
	{
		my ($arrival, $event) = split(/\|/, $_, 2);
		$arrived{$event}++;
		$last = $arrival;
	}
	return;
}
my @work = start_work($publisher, 3, 10);
foreach (1 .. 4)
{
	foreach (1 .. 10)
	{
		read_arrived();
		usleep(100_000);
	}
	$subscriber->stop('immediate');
	usleep(300_000);
	$subscriber->start;
}
$_->finish foreach @work;
$publisher->poll_query_until('shop', q{SELECT unread = 0 FROM oms.consumer_status WHERE consumer = 'reader'}) or die 'the reader is behind';
$publisher->safe_psql('shop', q{
SELECT oms.run_job(j) FROM unnest('{issue_invoices,refund_overdue,roll_up_demand,roll_up_reports}'::text[]) AS j;
SELECT set_config('oms.now', (now() + interval '2 days')::text, false);
SELECT oms.run_job('archive_events');
INSERT INTO work.stop VALUES (true)});
$reader->quit;
$rows = same_rows($publisher, 'event_history', 'after four crashes under load');
cmp_ok($rows->{events}, '>', 500, "$rows->{events} events, $rows->{orders} orders");
cmp_ok($publisher->safe_psql('shop', 'SELECT count(*) FROM oms.archived_events'), '>', 0, 'some are archived, and stay with the subscriber');
my $sums = q{SELECT sum(%s), sum(%s) FROM oms.orders};
is( $subscriber->safe_psql('erp', sprintf($sums, 'total_value', 'shipping_price_value')),
	$publisher->safe_psql('shop', sprintf($sums, 'total::numeric', 'shipping_price::numeric')),
	'amounts are numbers there');
is( $subscriber->safe_psql('erp', q{
SELECT count(*) FROM (SELECT sequence, lag(sequence) OVER (PARTITION BY order_id ORDER BY arrival) AS before FROM oms.events) AS e
WHERE sequence < before}), '0', 'events of an order arrive in its order');
read_arrived();
is( join("\n", sort map { "$_ $arrived{$_}" } keys %arrived),
	join("\n", sort map { "$_ 1" } split(/\n/, $subscriber->safe_psql('erp', 'SELECT order_id, sequence FROM oms.events'))),
	'who reads there by arrival gets each event once');

is($publisher->safe_psql('shop', q{
SELECT event_id FROM work.got WHERE reader = 'cursor' ORDER BY n}),
	$publisher->safe_psql('shop', 'SELECT event_id FROM work.events ORDER BY transaction_id, event_id'),
	'the reader by cursor got each event once, in order');
my $missed = $publisher->safe_psql('shop', q{
SELECT count(*) FROM work.events WHERE event_id NOT IN (SELECT event_id FROM work.got WHERE reader = 'ids')});
cmp_ok($missed, '>', 0, "the one by ids has missed $missed");
is($publisher->safe_psql('shop', 'SELECT * FROM oms.check_invariants()'), '', 'the books are right after the load');

# A stream of JSON, whose reader is killed: it keeps whole transactions, and
# begins again behind the last of them.
SKIP:
{
	skip 'wal2json is not installed', 3 if !$has_wal2json;

	my @stream = ('pg_recvlogical', '-d', $publisher->connstr('shop'), '--slot', 'erp_json');
	command_ok([ @stream, '--create-slot', '--plugin', 'wal2json' ], 'a slot for wal2json');
	my $start = sub {
		my ($file, @options) = @_;
		return IPC::Run::start([ @stream, '--start', '--file', "$dir/$file", @options, '-o', 'format-version=2', '-o', 'include-lsn=1',
				'-o', 'add-tables=oms.orders,oms.order_lines' ], '2>&1');
	};
	my $buy = sub {
		my ($from, $to) = @_;
		$publisher->safe_psql('shop', join('', map { "SELECT work.buy('json $_', 1, 'RND-51');" } $from .. $to));
		return;
	};
	my $read = sub {
		my ($file) = @_;
		my (@done, @rows, $next);
		foreach (split(/\n/, -e "$dir/$file" ? read_file("$dir/$file") : ''))
		{
			my $line = eval { decode_json($_) } or last;
			push @rows, $line if $line->{action} eq 'I';
			next if $line->{action} ne 'C';
			push @done, splice @rows;
			$next = $line->{nextlsn};
		}
		return ($next, map { $_->{value} } map { grep { $_->{name} eq 'reference' } @{ $_->{columns} } } grep { $_->{table} eq 'orders' } @done);
	};
	my $wait = sub {
		my ($file, $n) = @_;
		foreach (1 .. 300)
		{
			return if (() = $read->($file)) > $n;
			usleep(100_000);
		}
		die "no orders in $file";
	};

	$buy->(1, 5);
	my $run = $start->('first');
	$wait->('first', 3);
	$run->signal('KILL');
	$buy->(6, 10);
	eval { $run->finish };
	my ($next, @first) = $read->('first');
	$run = $start->('second', "--startpos=$next");
	$buy->(11, 15);
	$wait->('second', 15 - @first);
	$run->signal('INT');
	$run->finish;
	my (undef, @second) = $read->('second');
	is(join(' ', @first, @second), join(' ', map { "json $_" } 1 .. 15), scalar(@first) . ' orders before the reader is killed, and the rest behind: each once');
	command_ok([ @stream, '--drop-slot' ], 'the slot is dropped');
}

# A failover under load: a consumer of the feed goes on from its cursor.
$publisher->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($publisher, 'base', has_streaming => 1);
$standby->start;
$publisher->append_conf('postgresql.conf', q{synchronous_standby_names = 'standby'});
$publisher->reload;

$publisher->safe_psql('shop', q{
SELECT oms.acknowledge('erp', (SELECT e.cursor FROM oms.events_since('erp', 100000) WITH ORDINALITY AS e ORDER BY e.ordinality DESC LIMIT 1))});
my $begin = $publisher->safe_psql('shop', q{SELECT transaction_id, event_id FROM oms.consumers WHERE name = 'erp'});
my $consumer = $publisher->background_psql('shop');
my @read;
sub read_events
{
	return map { [ split(/\|/) ] } split(/\n/, $consumer->query_safe(q{SELECT cursor, event_id FROM oms.events_since('erp', 50)}));
}
sub read_on
{
	my @events = @_;
	$consumer->query_safe("SELECT oms.acknowledge('erp', '$events[-1][0]')");
	push @read, map { $_->[1] } @events;
	return;
}

@work = start_work($publisher, 3, 6);
my $until = time + 4;
while (time < $until)
{
	my @events = read_events();
	read_on(@events) if @events;
	usleep(20_000);
}
my @pending;
usleep(10_000) while !(@pending = read_events());
$publisher->stop('immediate');
$_->finish foreach @work;
$consumer->{run}->finish;
$standby->promote;
$consumer = $standby->background_psql('shop');
my @again = read_events();
cmp_ok(scalar(@read), '>', 50, scalar(@read) . ' events were acknowledged before the failover');
is($again[0][1], $pending[0][1], 'the new primary goes on with the first that was not acknowledged');
$standby->safe_psql('shop', 'SELECT work.step() FROM generate_series(1, 50)');
while (@again)
{
	read_on(@again);
	@again = read_events();
}
$consumer->quit;
is( join("\n", @read),
	$standby->safe_psql('shop', "SELECT event_id FROM work.events WHERE (transaction_id, event_id) > ("
		  . join(', ', map { "'$_'" } split(/\|/, $begin)) . ") ORDER BY transaction_id, event_id"),
	'no event is lost, and none that was acknowledged comes again');
is($standby->safe_psql('shop', 'SELECT * FROM oms.check_invariants()'), '', 'the books are right after the failover');

# The slot is gone with the old primary: the subscriber begins anew.
$subscriber->safe_psql('erp', $_)
  foreach 'ALTER SUBSCRIPTION oms DISABLE', 'ALTER SUBSCRIPTION oms SET (slot_name = NONE)', 'DROP SUBSCRIPTION oms',
  q{SELECT format('TRUNCATE %s', string_agg(oid::regclass::text, ', ')) FROM pg_class WHERE relnamespace = 'oms'::regnamespace AND relkind = 'r' \gexec};
subscribe($standby);
same_rows($standby, 'events', 'after the failover');

$subscriber->stop;
$standby->stop;
done_testing();
