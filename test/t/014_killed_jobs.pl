# Jobs that are killed at moments that nobody chose and run again have done in
# the end what they do when nobody disturbs them: two copies of a database have
# the same rows after the same nights.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $seed = $ENV{SEED} || int(time) % 100000;
srand($seed);
note("SEED=$seed");
# how often a job is killed in a night, at most
my $kills = $ENV{KILLS} || 2;

# in the order of a night: what comes later reads what those before have written
my @jobs = qw(expire_carts expire_authorizations expire_stored_value expire_returns
  fill_backorders reroute_orders issue_invoices refund_overdue reconcile_settlements
  review_holds complete_orders fold_stock roll_up_demand evaluate_forecasts
  forecast_demand plan_replenishment roll_up_reports roll_up_stock roll_up_ledger raise_alerts dun_invoices
  archive_events purge_logs wake_consumers);
# which need a crowd, or other prices, or somebody who listens
my @idle = qw(fold_stock reroute_orders wake_consumers);
my @nights = ('2026-03-02', '2026-03-03', '2026-04-01');

# Columns that differ where a transaction was killed: numbers that sequences gave
# it are not given again, and it had a number of its own.
my %numbers = (
	events          => 'event_id,transaction_id',
	archived_events => 'event_id,transaction_id',
	archived_orders => 'last_event_id',
	subject_events  => 'event_id,transaction_id',
	ledger_entries  => 'posting_id',
	reservations    => 'reservation_id',
	alerts          => 'alert_id',
	replenishment_proposals => 'proposal_id');
# Rows of which there are others: that a run has failed raises an alert. Events
# of an alert have its number for a key, and its own key in their data.
my %others = (
	alerts         => q{kind = 'job_failed'},
	subject_events => q{data ->> 'kind' = 'job_failed'});
$numbers{subject_events} .= ',key';
# Tables that tell of runs, or of how far jobs have read by such numbers.
my @apart = qw(job_runs watermarks sequence_watermarks);

my $node = new_server('killed_jobs', 'restart_after_crash = on', 'autovacuum = off');
create_shop($node);
$node->safe_psql('shop', 'SET search_path = oms, public;' . read_file("$FindBin::RealBin/night.sql"));
# many small batches, each job enabled, and what is old is put away
$node->safe_psql('shop', q{
	UPDATE oms.jobs SET batch_rows = 5, enabled = true;
	UPDATE oms.jobs SET settings = settings || '{"after_days": 40}' WHERE name = 'archive_events'});
is($node->safe_psql('shop', 'SELECT name FROM oms.jobs ORDER BY name'),
	join("\n", sort @jobs), 'all jobs are run');
$node->safe_psql('postgres', 'CREATE DATABASE killed TEMPLATE shop');
# A sequence of the copy would go back if the server crashed now: the numbers
# that it may give out were logged for the original only, until a checkpoint.
$node->safe_psql('postgres', 'CHECKPOINT');

# The rows of a table, without what differs, in one order
sub rows
{
	my ($db, $table) = @_;
	my $without = $numbers{$table} // '';
	my $but     = $others{$table} // 'false';
	return [ split(/\n/, $node->safe_psql($db, qq{
		SELECT r FROM oms.$table AS t, LATERAL (SELECT (to_jsonb(t) - '{$without}'::text[])::text AS r) AS r
		WHERE ($but) IS NOT TRUE ORDER BY r COLLATE "C"})) ];
}

# Runs a job and returns how long that took; given a signal, sends it to the
# backend at a moment within the given time.
sub run_job
{
	my ($db, $job, $signal, $within) = @_;
	my ($in, $out) = ("SELECT pg_backend_pid();\nCALL oms.run_job_batches('$job');\n", '');
	my $psql = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db) ], '<', \$in, '>&', \$out);
	pump $psql until $out =~ /\n/ || !$psql->pumpable;
	my $start = time;
	if ($signal && $out =~ /^(\d+)\n/)
	{
		usleep(rand($within) * 1_000_000);
		kill($signal, $1);
	}
	IPC::Run::finish($psql);
	# a moment until the server has seen that it has crashed
	usleep(300_000) if $out =~ /server closed the connection/;
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server is not back';
	return (time - $start, $out);
}

# How the last run of a job ended
sub status
{
	my ($db, $job) = @_;
	return $node->safe_psql($db, "SELECT status FROM oms.job_runs WHERE job = '$job' ORDER BY run_id DESC LIMIT 1");
}

my %hit = (TERM => 0, INT => 0, KILL => 0);
foreach my $night (@nights)
{
	$node->safe_psql('postgres', "ALTER DATABASE $_ SET oms.now = '$night 03:00:00Z'") foreach 'shop', 'killed';
	my $ended_well = 1;
	foreach my $job (@jobs)
	{
		my ($seconds) = run_job('shop', $job);
		$ended_well = 0, diag("$job: " . status('shop', $job)) unless status('shop', $job) eq 'succeeded';

		foreach (1 .. $kills)
		{
			my $signal = (qw(TERM INT))[ rand(2) ];
			# seldom, as all wait until the server is back, but at least once
			$signal = 'KILL' if rand() < 0.06 || $night eq $nights[-1] && !$hit{KILL};
			my (undef, $said) = run_job('killed', $job, $signal, $seconds);
			$hit{$signal}++ if $said =~ /terminating connection|canceling statement|server closed the connection/;
		}
		# whose connection is gone may take a moment to be gone as well
		foreach (1 .. 100)
		{
			run_job('killed', $job);
			last if status('killed', $job) eq 'succeeded';
			usleep(50_000);
		}
		$ended_well = 0, diag("$job, killed: " . status('killed', $job)) unless status('killed', $job) eq 'succeeded';
	}
	ok($ended_well, "$night: each job succeeds in the end");
	# a job that counts by the numbers of a sequence waits for who was about to write when it looked
	foreach my $db ('shop', 'killed')
	{
		$node->poll_query_until($db, q{
			SELECT count(oms.run_job(job)) = 2 AND (SELECT bool_and(counted_until = last)
				FROM oms.sequence_watermarks JOIN (VALUES ('ledger_daily', (SELECT last_value FROM oms.ledger_entries_posting_id_seq)),
					('stock_monthly', (SELECT last_value FROM oms.stock_movements_movement_id_seq))) AS s(name, last) USING (name))
			FROM unnest('{roll_up_ledger,roll_up_stock}'::text[]) AS job}) or die "$db has not counted all";
	}

	my @tables = split(/\n/, $node->safe_psql('shop', q{
		SELECT relname FROM pg_class WHERE relnamespace = 'oms'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1}));
	foreach my $table (@tables)
	{
		next if grep { $_ eq $table } @apart;
		my ($plain, $killed) = (rows('shop', $table), rows('killed', $table));
		next if "@$plain" eq "@$killed";
		is_deeply($killed, $plain, "$night: rows of $table");
	}
	is($node->safe_psql('killed', 'SELECT * FROM oms.check_invariants()'), '', "$night: the books are right");
}
my %changed = map { split(/\|/, $_) } split(/\n/,
	$node->safe_psql('shop', 'SELECT job, sum("rows") FROM oms.job_runs GROUP BY job'));
cmp_ok($hit{$_}, '>=', 1, "runs were ended by $_: $hit{$_}") foreach sort keys %hit;
note("$_ changed $changed{$_}") foreach sort keys %changed;
foreach my $job (@jobs)
{
	fail("$job had nothing to do") unless $changed{$job} || grep { $_ eq $job } @idle;
}
like($node->safe_psql('killed', 'SELECT status, count(*) FROM oms.job_runs GROUP BY 1 ORDER BY 1'), qr/^killed\|/m, 'runs are known to have been killed');

$node->stop;
done_testing();
