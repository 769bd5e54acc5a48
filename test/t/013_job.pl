# Jobs as they are run: by pg_cron, in this database and in another, and what
# becomes of a run that is killed, on a standby, and after a failover.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A job of six batches, each of which leaves a row; it waits before the third
# for as long as another session holds advisory lock 1.
my $tap_job = q{
CREATE TABLE public.done (batch integer PRIMARY KEY, transaction_id xid8 DEFAULT pg_current_xact_id());
INSERT INTO oms.jobs (name, schedule) VALUES ('tap', '* * * * *');
CREATE FUNCTION oms_internal.job_tap(batch_rows integer, settings jsonb, after text) RETURNS oms_internal.job_step
    LANGUAGE plpgsql AS $$
DECLARE
    v_batch CONSTANT integer := (SELECT count(*) + 1 FROM public.done);
BEGIN
    IF v_batch = 3 THEN
        PERFORM pg_advisory_xact_lock_shared(1);
    END IF;
    INSERT INTO public.done VALUES (v_batch);
    RETURN ROW(1, v_batch < 6, v_batch)::oms_internal.job_step;
END
$$};
my $waits =
  q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted};
my $runs = q{SELECT status, batches, watermark FROM oms.job_runs ORDER BY run_id};

# A run that has committed two batches and waits, and who has it wait.
sub start_run
{
	my ($node) = @_;
	my $holder = $node->background_psql('shop', on_error_stop => 0);
	my $runner = $node->background_psql('shop', on_error_stop => 0);
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$runner->query_until(qr/^starts$/m,
		"\\echo starts\nCALL oms.run_job_batches('tap');\n");
	$node->poll_query_until('shop', $waits, '1') or die 'no run waits';
	return ($holder, $runner);
}

sub answer
{
	my ($node, $call) = @_;
	return $node->safe_psql('shop', $call) =~ s/"run_id": \d+, //r;
}

my $all = '{"job": "tap", "rows": %d, "status": "succeeded", "batches": %d, "watermark": "6"}';

# servers with pg_cron first: it begins with the next full minute
my $has_cron = -e (`pg_config --pkglibdir` =~ s/\n//r) . '/pg_cron.so';
my ($workers, $sessions);
if ($has_cron)
{
	$workers = new_server('workers',
		q{shared_preload_libraries = 'pg_cron'}, q{cron.database_name = 'postgres'},
		'cron.use_background_workers = on', 'max_worker_processes = 20');
	create_store($workers, 'branch');
	$workers->safe_psql('branch', q{
INSERT INTO oms.locations (code, name) VALUES ('here', 'Here');
INSERT INTO oms.skus (code, name) VALUES ('TEE', 'A shirt');
SELECT oms.receive_stock('TEE', 'here', 5);
SELECT oms.reserve('TEE', 2, expires => '1 millisecond')});

	my ($status, $out, $err) = $workers->psql('branch', 'SELECT oms.schedule_jobs()');
	like($err, qr/in database "postgres"/, 'who schedules elsewhere is told where pg_cron is');
	$workers->safe_psql('postgres',
		'SET client_min_messages = warning; CREATE EXTENSION oms CASCADE');
	($status, $out, $err) = $workers->psql('postgres', q{SELECT oms.schedule_jobs('branch')});
	like($err, qr/HINT:  Run "CREATE EXTENSION pg_cron" here/, 'and how to get it');
	is( $workers->safe_psql(
			'postgres',
			q{CREATE EXTENSION pg_cron;
			  SELECT oms.schedule_jobs('branch') = (SELECT count(*) FROM oms_internal.shipped_jobs())}),
		't',
		'without a store the jobs are those that ship with the extension');

	$sessions = new_server('sessions',
		q{shared_preload_libraries = 'pg_cron'}, q{cron.database_name = 'shop'});
	$sessions->append_conf('postgresql.conf', q{cron.host = '} . $sessions->host . q{'});
	$sessions->restart;
	create_store($sessions, 'shop');
	$sessions->safe_psql('shop', $tap_job
		  . q{;UPDATE oms.jobs SET schedule = '59 23 31 12 *' WHERE name <> 'tap';
		      INSERT INTO oms.jobs (name, schedule) VALUES ('missing', '* * * * *');
		      CREATE EXTENSION pg_cron; SELECT oms.schedule_jobs()});
}

my $node = new_server('job', 'restart_after_crash = on', 'wal_level = replica', 'max_wal_senders = 4');
create_store($node, 'shop');
$node->safe_psql('shop', $tap_job);

my ($status, $out, $err) = $node->psql('shop', 'SELECT oms.schedule_jobs()');
like($err, qr/The server has not loaded it.*Add pg_cron to shared_preload_libraries, set cron.database_name = 'shop'/s,
	'a server without pg_cron: how to get it');

# ended by an administrator
my ($holder, $runner) = start_run($node);
is( $node->safe_psql('shop',
		q{SELECT pg_terminate_backend(pid, 10000) FROM oms.job_status WHERE job = 'tap'}),
	't', 'a run is ended');
is($node->safe_psql('shop', "SELECT count(*) FROM done; $runs"),
	"2\nrunning|2|2", 'what it had committed is there');
$holder->quit;
is(answer($node, q{CALL oms.run_job_batches('tap')}), sprintf($all, 4, 4), 'the next run goes on');
is($node->safe_psql('shop', $runs), "killed|2|2\nsucceeded|4|6", 'and says so');

# killed, and the server with it
$node->safe_psql('shop', 'TRUNCATE done; DELETE FROM oms.job_runs');
($holder, $runner) = start_run($node);
kill('KILL', $node->safe_psql('shop', q{SELECT pid FROM oms.job_status WHERE job = 'tap'}));
$holder->{run}->finish;
$runner->{run}->finish;
$node->poll_query_until('shop', 'SELECT count(*) FROM done', '2') or die 'no server';
is(answer($node, q{SELECT oms.run_job('tap')}), sprintf($all, 4, 4), 'after a crash the next run goes on');
is($node->safe_psql('shop', $runs), "killed|2|2\nsucceeded|4|6", 'and says so');

# on a standby, and after a failover in the midst of a run
$node->safe_psql('shop', 'TRUNCATE done; DELETE FROM oms.job_runs');
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
($holder, $runner) = start_run($node);
$node->wait_for_catchup('standby', 'replay', $node->lsn('insert'));
is($standby->safe_psql('shop', $_), '{"job": "tap", "status": "standby"}', "standby: $_")
  foreach q{SELECT oms.run_job('tap')}, q{CALL oms.run_job_batches('tap')};
is($standby->safe_psql('shop', q{SELECT last_status, failures, overdue FROM oms.job_status WHERE job = 'tap'}),
	'running|0|f', 'standby: how jobs are doing can be read');
$node->stop('immediate');
$standby->promote;
is(answer($standby, q{CALL oms.run_job_batches('tap')}), sprintf($all, 4, 4), 'after a failover the next run goes on');
is($standby->safe_psql('shop', $runs), "killed|2|2\nsucceeded|4|6", 'and says so');
$standby->stop;

SKIP:
{
	skip 'pg_cron is not installed', 7 if !$has_cron;

	ok($workers->poll_query_until('branch', q{SELECT oms.available('TEE')}, '5'),
		'background workers: the carts of another database end');
	is( $workers->safe_psql('postgres', q{SELECT DISTINCT jobname, d.status FROM cron.job_run_details AS d JOIN cron.job USING (jobid)
	                                      WHERE jobname = 'oms branch expire_carts' AND d.status NOT IN ('starting', 'running')}),
		'oms branch expire_carts|succeeded', 'background workers: as pg_cron sees it');
	is( $workers->safe_psql('postgres', q{SELECT oms.unschedule_jobs('branch') > 0; SELECT count(*) FROM cron.job}),
		"t\n0", 'no entry is left');

	my $ended = q{FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')};
	$sessions->poll_query_until('shop', "SELECT count(DISTINCT command) $ended", '2')
	  or die 'pg_cron has not run the jobs';
	is( $sessions->safe_psql('shop', q{SELECT status, batches FROM oms.job_runs WHERE job = 'tap' ORDER BY run_id LIMIT 1;
	                                   SELECT count(DISTINCT transaction_id::text) FROM done WHERE batch <= 6}),
		"succeeded|6\n6", 'sessions: the job has run and committed each batch');
	is( $sessions->safe_psql('shop', "SELECT DISTINCT command, status $ended ORDER BY command;
	                                  SELECT key, kind, status FROM oms.alerts"),
		"CALL oms.run_job_batches('missing')|failed\nCALL oms.run_job_batches('tap')|succeeded\nmissing|job_failed|open",
		'sessions: a failure is known to pg_cron and raises an alert');
	is( $sessions->safe_psql('shop', q{BEGIN;
	                                   UPDATE cron.job_run_details SET command = 'SELECT 1' WHERE command ~ 'missing';
	                                   SET LOCAL oms.now = '2100-01-01 00:00:00+00';
	                                   SELECT oms.run_job('purge_logs') ->> 'status';
	                                   SELECT DISTINCT command FROM cron.job_run_details WHERE end_time IS NOT NULL;
	                                   ROLLBACK}),
		"succeeded\nSELECT 1", "old entries of pg_cron's own log go too, but those of others");
	is( $sessions->safe_psql('shop', q{DELETE FROM oms.jobs WHERE name = 'missing';
	                                   UPDATE oms.jobs SET schedule = '1 2 * * *' WHERE name = 'tap';
	                                   SELECT oms.schedule_jobs() = (SELECT count(*) FROM oms.jobs);
	                                   SELECT schedule FROM cron.job WHERE jobname = 'oms shop tap';
	                                   SELECT count(*) FROM cron.job WHERE jobname = 'oms shop missing'}),
		"t\n1 2 * * *\n0", 'scheduling again brings pg_cron up to date');
	$_->stop foreach $workers, $sessions;
}
done_testing();
