# Reports are read on a standby while the store works, and on the primary
# without holding up anybody; both say the same, and what they say is right.
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
my $primary = new_server('primary', 'wal_level = replica', 'max_wal_senders = 10');
create_shop($primary);
$primary->safe_psql('shop', q{CREATE ROLE bi LOGIN; SELECT oms.grant_access('bi', 'reader')});
my @views = split(/\n/, $primary->safe_psql('shop', q{
SELECT relname FROM pg_class WHERE relnamespace = 'oms_report'::regnamespace AND relkind = 'v' ORDER BY relname}));
cmp_ok(scalar(@views), '>', 20, scalar(@views) . ' views');

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'hot_standby_feedback = on');
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = -1');
$standby->start;

# What a role with rights of a reader gets of each view, and the dashboard; what fails is told on stderr.
my $all = join('', map { "SELECT '$_', count(*) FROM (SELECT * FROM oms_report.$_ OFFSET 0) AS r;\n" } @views)
	. "SELECT 'dashboard', right(oms.dashboard_html(), 8);\n";

# Random work by many, with the jobs beside it.
my $seconds = 12;
my @work = map {
	local %ENV = ($primary->_get_env(), PGDATABASE => 'shop');
	IPC::Run::start([ "$FindBin::RealBin/../stress/client", 'read\\ committed', $seconds ], '>', "$dir/work.$_", '2>&1')
} 1 .. 2;
my ($rounds, $failed, $pages) = (0, '', 0);
my $until = time + $seconds;
while (time < $until)
{
	$primary->safe_psql('shop', "SELECT oms.run_job('$_')") foreach qw(roll_up_reports roll_up_ledger roll_up_stock issue_invoices);
	my ($status, $out, $err) = $standby->psql('shop', "BEGIN READ ONLY;\n$all COMMIT", extra_params => [ '-U', 'bi' ]);
	$failed .= $err;
	$pages += $out =~ m{^dashboard\|</html>}m;
	$rounds++;
}
$_->finish foreach @work;
is($failed, '', "each view is read on the standby while the primary works, $rounds times");
is($pages, $rounds, 'and so is the dashboard');
cmp_ok($primary->safe_psql('shop', 'SELECT count(*) FROM oms.orders'), '>', 20, 'orders were placed meanwhile');

# Both servers say the same of the same moment, whether all is counted or not.
sub digests
{
	my ($node) = @_;
	return $node->safe_psql('shop', "SET oms.now = '2040-01-01Z';\n" . join('', map {
		"SELECT '$_', count(*), md5(string_agg(r::text, chr(10) ORDER BY r::text COLLATE \"C\")) FROM oms_report.$_ AS r;\n" } @views));
}
sub same_reports
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$primary->wait_for_catchup($standby);
	my $here = digests($primary);
	is(digests($standby), $here, "$name: both servers report the same");
	return $here;
}
# what the last of the work has changed is not counted
my $live = same_reports('before all is counted');
$primary->safe_psql('shop', "SELECT oms.run_job('$_')") foreach qw(roll_up_reports roll_up_ledger roll_up_stock);
is(same_reports('when all is counted'), $live, 'to count changes nothing');
$primary->safe_psql('shop', q{
UPDATE oms.watermarks SET system_id = 0 WHERE name = 'reports';
UPDATE oms.sequence_watermarks SET time_zone = NULL});
is(same_reports('when nothing is taken for counted'), $live, 'and so does not to have counted');
$primary->safe_psql('shop', "SELECT oms.run_job('$_')") foreach qw(roll_up_reports roll_up_ledger roll_up_stock);
is(same_reports('when all is counted anew'), $live, 'nor to count anew');

# A report that is still open holds up nobody.
my $report = $primary->background_psql('shop', extra_params => [ '-U', 'bi' ]);
$report->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n$all");
is( $primary->safe_psql('shop', q{
SELECT DISTINCT mode FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE usename = 'bi' AND locktype NOT IN ('virtualxid')}),
	'AccessShareLock', 'it has no lock that a writer waits for');
is( $primary->safe_psql('shop', q{
SET lock_timeout = '1s';
SELECT work.stock_sku('REP-1', 10);
SELECT work.buy('report', 3, 'REP-1') AS id \gset
SELECT oms.pack(:id, 1), oms.ship(:id, 1), oms.mark_delivered(:id, 1);
SELECT oms.request_return(:id, '[{"line_no": 1, "quantity": 1}]', 'too small') AS no \gset
SELECT oms.approve_return(:id, :no), oms.receive_return(:id, :no, 'rnd-1');
SELECT oms.inspect_return(:id, :no, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT oms.complete_return(:id, :no);
SELECT oms.run_job(j) ->> 'status' FROM unnest('{roll_up_reports,roll_up_ledger,roll_up_stock}'::text[]) AS j;
SELECT delivered, returned FROM oms_report.return_rates WHERE dimension = 'sku' AND value = 'REP-1'}),
	"\npacked|shipped|delivered\napproved|received\ninspected\ncompleted\nsucceeded\nsucceeded\nsucceeded\n3|1",
	'orders are placed, shipped and returned, and reports are counted');
is($report->query_safe(q{SELECT count(*) FROM oms_report.return_rates WHERE value = 'REP-1'}), '0', 'the report still tells of its moment');
$report->query_safe('COMMIT');
$report->quit;
check_books($primary, 'in the end');

$standby->stop;
$primary->stop;
done_testing();
