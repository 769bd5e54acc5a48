# Consumers of different speed follow the events while others write, undo and
# prepare transactions, keep some open for long, and archive; and the server is
# killed. Whatever was committed each consumer gets, once it has acknowledged it
# never again, in one order.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $dir = PostgreSQL::Test::Utils::tempdir;
my $node = new_server('feed', 'max_prepared_transactions = 10', 'restart_after_crash = on');
create_shop($node);
$node->safe_psql('shop', q{
CREATE VIEW work.all_events AS
    SELECT transaction_id, event_id, order_id, type FROM oms.event_history
    UNION ALL SELECT transaction_id, event_id, NULL, type FROM oms.subject_events;
SELECT oms.put_sku('{"code": "FEED", "stocked": false}');
SELECT oms.acknowledge(c, '0/0') FROM unnest('{quick,slow,by the piece}'::text[]) AS c});

my %most = ('quick' => 500, 'slow' => 40, 'by the piece' => 1);
my (%consumers, @work);
{
	local %ENV = ($node->_get_env(), PGDATABASE => 'shop');
	foreach (keys %most)
	{
		$consumers{$_} = IPC::Run::start([ "$FindBin::RealBin/consume", $_, $most{$_}, "$dir/stop" ], '>', "$dir/$_");
	}
	@work = map {
		IPC::Run::start([ "$FindBin::RealBin/../stress/client", 'read\\ committed', 15 ], '>', "$dir/work.$_", '2>&1')
	} 1 .. 3;
}

# Transactions that are prepared, or open for long; of some the half is undone.
my %buys = ('kept' => 0, 'undone' => 0);
my ($n, %prepared) = (0);
sub prepare
{
	my $name = 'feed ' . ++$n;
	$node->safe_psql('shop', qq{
BEGIN;
SELECT work.buy('$name', 1, 'FEED');
SAVEPOINT half;
SELECT oms.hold_order(oms.find_order('rnd-web', '$name'), 'undone'), work.buy('$name half', 1, 'FEED');
ROLLBACK TO half;
SELECT oms.hold_order(oms.find_order('rnd-web', '$name'), 'kept');
PREPARE TRANSACTION '$name'});
	return $name;
}

sub finish_prepared
{
	my ($name, $keep) = @_;
	$node->safe_psql('shop', ($keep ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$name'");
	$buys{ $keep ? 'kept' : 'undone' }++;
	return;
}

# Jobs read the events, and what all have read of orders that have ended goes to
# the archive.
sub archive
{
	$node->safe_psql('shop', q{
SELECT oms.run_job(j) FROM unnest('{issue_invoices,refund_overdue,roll_up_demand,roll_up_reports}'::text[]) AS j;
SELECT set_config('oms.now', (now() + interval '2 days')::text, false);
SELECT oms.run_job('archive_events')});
	return;
}

# Nobody passes by a transaction that is prepared, whatever was committed since.
my $name = prepare();
my $order = $node->safe_psql('shop', q{SELECT work.buy('meanwhile', 1, 'FEED')});
my $events = qq{SELECT count(*) FROM work.all_events WHERE order_id = $order};
sub unread
{
	return $node->safe_psql('shop', qq{SELECT count(*) FROM oms.events_since('peek', 100000) WHERE order_id = $order});
}
is(unread(), '0', 'behind a transaction that is prepared nothing is read');
is($node->safe_psql('shop', q{SELECT kind, name FROM oms.feed_blockers WHERE holds}), "prepared|$name", 'and a view tells which one it is');
$node->stop('immediate');
$node->start;
is(unread(), '0', 'neither after a crash');
is($node->safe_psql('shop', q{SELECT kind, name FROM oms.feed_blockers WHERE holds}), "prepared|$name", 'the view tells so');
finish_prepared($name, 1);
$node->poll_query_until('shop', qq{SELECT count(*) = ($events) FROM oms.events_since('peek', 100000) WHERE order_id = $order}) or die 'nothing can be read';
is(unread(), $node->safe_psql('shop', $events), 'it is read once that one has ended');

# an order that nobody else gets hold of before it has ended, so that something goes to the archive
$node->safe_psql('shop', q{SELECT oms.cancel_order(work.buy('not wanted', 1, 'FEED'), 'not wanted')});

# While all work: one stays prepared, one open; a server process is killed, the server is stopped at once.
foreach my $round (1 .. 3)
{
	my @open = map { $node->background_psql('shop', on_error_stop => 0) } 1 .. 2;
	$_->query_safe("BEGIN; SELECT work.buy('open @{[ ++$n ]}', 1, 'FEED')") foreach @open;
	my @names = map { prepare() } 1 .. 3;
	usleep(500_000);
	$open[0]->query_safe('COMMIT');
	finish_prepared($names[0], 1);
	finish_prepared($names[1], 0);
	archive();
	usleep(500_000);
	if ($round == 2)
	{
		$node->stop('immediate');
		$node->start;
	}
	else
	{
		my $pid = $node->safe_psql('shop', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY backend_xid IS NULL LIMIT 1});
		kill('KILL', $pid);
		usleep(200_000);
		$node->poll_query_until('postgres', 'SELECT true');
	}
	finish_prepared($names[2], $round % 2);
	$_->{run}->kill_kill foreach @open;
}
$_->finish foreach @work;
write_file("$dir/stop", '');
foreach (1 .. 5)
{
	archive();
	usleep(300_000);
}
$_->finish foreach values %consumers;

is($node->safe_psql('shop', q{SELECT count(*) FROM oms.orders WHERE reference LIKE 'feed % half'}), '0', 'nothing of what was undone is there');
is($node->safe_psql('shop', q{SELECT count(*) FROM oms.orders WHERE reference ~ '^feed \d+$'}), $buys{kept}, "$buys{kept} prepared orders were kept, $buys{undone} undone");
my $all = $node->safe_psql('shop', 'SELECT event_id FROM work.all_events ORDER BY transaction_id, event_id');
my $count = () = $all =~ /^/mg;
cmp_ok($count, '>', 300, "$count events");
my $archived = $node->safe_psql('shop', 'SELECT count(*) FROM oms.archived_events');
cmp_ok($archived, '>', 0, "$archived of them are in the archive");

# A portion that nobody acknowledged, because the server was gone, comes again
# from its first event on, or was acknowledged after all; none else does.
foreach my $consumer (sort keys %most)
{
	my (@got, @open);
	my ($portions, $again) = (0, 0);
	foreach (split(/\n/, read_file("$dir/$consumer")))
	{
		if (/^read (.*)/)
		{
			my @ids = split(/ /, $1);
			if (@open && $open[0] == $ids[0])
			{
				$again++;
			}
			else
			{
				push @got, @open;
			}
			@open = @ids;
			$portions++;
		}
		else
		{
			push @got, splice @open;
		}
	}
	push @got, @open;
	is(join("\n", @got), $all, "consumer \"$consumer\" got each event once, in order: $portions portions, $again of them again");
}
check_books($node, 'after all that');
is($node->safe_psql('shop', q{SELECT DISTINCT unread FROM oms.consumer_status}), '0', 'nothing is left to read');
$node->stop;

done_testing();
