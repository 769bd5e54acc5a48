# Whatever interrupts a call, what it has done is undone with it: savepoints
# and transactions that are rolled back, timeouts, sessions that are ended and
# backends that are killed, at moments that nobody chose.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = new_server('interrupt', 'restart_after_crash = on', 'autovacuum = off');
my $dir  = PostgreSQL::Test::Utils::tempdir;
create_shop($node);
$ENV{PGDATABASE} = 'shop';

# The rows of all tables, without the sequences, which nothing takes back.
sub rows
{
	return join("\n", grep { !/_seq\|/ } split(/\n/, contents($node, 'shop')));
}

# Calls of each kind; % stands for the name of a story, :o is its order.
my @story = (
	q{SELECT oms.place_order('{"channel": "rnd-web", "reference": "%", "ship_to": {"country": "PT", "lat": 41, "lon": -8},
	      "lines": [{"sku": "%-A", "quantity": 5, "unit_price": 4, "tax": 0}, {"sku": "%-B", "quantity": 3, "unit_price": 2, "tax": 0}],
	      "payments": [{"method": "card", "amount": "26.00", "status": "authorized"}]}') AS o \gset},
	q{SELECT oms.hold_order(:o, 'look')},
	q{SELECT oms.release_hold(:o, 'look')},
	q{SELECT oms.edit_order(:o, '{"lines": [{"line_no": 1, "quantity": 4}, {"sku": "%-B", "quantity": 1, "unit_price": 2, "tax": 0}]}')},
	q{SELECT oms.edit_order(:o, '{"ship_to": {"country": "PT", "lat": 42, "lon": -8}}')},
	q{SELECT oms.cancel_order(:o, 'fewer', '[{"line_no": 2, "quantity": 1}]')},
	q{SELECT oms.add_payment(:o, '{"method": "card", "amount": "9.00"}')},
	q{SELECT oms.authorize(:o, 2)},
	q{SELECT oms.void(:o, 2)},
	q{SELECT max(fulfillment_no) AS f FROM oms.fulfillments WHERE order_id = :o \gset},
	q{SELECT oms.reject(:o, :f, 'not there')},
	q{SELECT max(fulfillment_no) AS f FROM oms.fulfillments WHERE order_id = :o \gset},
	q{SELECT oms.start_picking(:o, :f)},
	q{SELECT oms.pack(:o, :f)},
	q{SELECT oms.ship(:o, :f, '{"carrier": "ctt", "number": "%"}')},
	q{SELECT oms.capture(:o, 1)},
	q{SELECT oms.record_tracking('ctt', '%', 'delivered', now())},
	q{SELECT oms.refund(:o, '1.50 EUR', 'sorry')},
	q{SELECT oms.receive_stock('%-A', 'rnd-1', 3)},
	q{SELECT oms.adjust_stock('%-A', 'rnd-2', -1, 'torn')},
	q{SELECT oms.count_stock('%-B', 'rnd-3', 7)},
	q{SELECT oms.transfer_stock('%-B', 'rnd-3', 'rnd-4', 2)},
	q{SELECT oms.reserve('%-A', 6) AS r \gset},
	q{SELECT oms.release_reservation(:r)},
	q{SELECT oms.reserve('%-B', 2)},
	q{SELECT work.buy('% other', 2, '%-A', '%-B') AS p \gset},
	q{SELECT oms.cancel_order(:p, 'changed my mind')});

# Tells a story, each call by a function that makes SQL of it, and returns all
# that came of it.
sub story
{
	my ($name, $call) = @_;
	$node->safe_psql('shop', "SELECT work.stock_sku('$name-A', 10), work.stock_sku('$name-B', 10)");
	my $sql = join('', map { $call->(/gset$/ ? "$_\n" : "$_;\n") } @story);
	$sql =~ s/%/$name/g;
	$node->safe_psql('shop', $sql);

	my $facts = $node->safe_psql('shop', qq{
SELECT 'stock', code, location_id, sum(on_hand::numeric), sum(reserved::numeric)
FROM oms.stock_levels JOIN oms.skus USING (sku_id) WHERE code LIKE '$name-%' GROUP BY code, location_id ORDER BY code, location_id;
SELECT o.reference, status, total FROM oms.orders AS o WHERE o.reference LIKE '$name%' ORDER BY 1;
SELECT o.reference, line_no, quantity, cancelled, allocated, shipped, delivered, l.total
FROM oms.order_lines AS l JOIN oms.orders AS o USING (order_id) WHERE o.reference LIKE '$name%' ORDER BY 1, 2;
SELECT fulfillment_no, location_id, f.status FROM oms.fulfillments AS f JOIN oms.orders AS o USING (order_id) WHERE o.reference = '$name' ORDER BY 1;
SELECT payment_no, p.status, captured, refunded FROM oms.payments AS p JOIN oms.orders AS o USING (order_id) WHERE o.reference = '$name' ORDER BY 1;
SELECT o.reference, sequence, type FROM oms.events JOIN oms.orders AS o USING (order_id) WHERE o.reference LIKE '$name%' ORDER BY 1, 2});
	$facts =~ s/$name/story/g;
	return $facts;
}

my $plain = story('plain', sub { $_[0] });
like($plain, qr/^story\|delivered\|/m, 'each kind of call has been made');
like($plain, qr/^story other\|cancelled\|/m, 'and an order was cancelled');

# each call twice, the first time in vain; and one that fails
my $twice = story('twice', sub {
	my ($call) = @_;
	my $begin = $call =~ /place_order/ ? 'BEGIN; ' : '';
	my $end   = $call =~ /changed my mind/ ? "COMMIT;\n" : '';
	return "${begin}SAVEPOINT a; SAVEPOINT b; ${call}ROLLBACK TO b; ${call}ROLLBACK TO a; ${call}RELEASE a;\n$end";
});
is($twice, $plain, 'savepoints: calls that were rolled back have left nothing');
check_books($node, 'savepoints');

is($node->psql('shop', q{
\set ON_ERROR_STOP off
\set VERBOSITY sqlstate
SELECT work.stock_sku('FAILS', 1);
BEGIN;
SELECT work.buy('fails first', 1, 'FAILS');
SAVEPOINT s;
SELECT work.buy('fails', 9, 'FAILS');
ROLLBACK TO s;
SELECT work.buy('fails last', 3, 'FAILS');
SAVEPOINT s;
SELECT work.buy('fails', 1, 'FAILS');
ROLLBACK TO s;
COMMIT}, stderr => \my $errors), 0, 'calls fail within a transaction');
is($errors =~ s/.*ERROR:  //gr, "OM001\nOM001", 'savepoints: refused each time');
is($node->safe_psql('shop', q{SELECT oms.available('FAILS'), count(*) FROM oms.orders WHERE reference LIKE 'fails%'}),
	'0|2', 'savepoints: after a failure the rest can be bought, to the last unit');

# long transactions of a caller
my $many = q{SELECT work.buy('many ' || n, 1, 'RND-9', 'RND-10') FROM generate_series(1, 60) AS n; SELECT * FROM work.steps(80)};
my $before = rows();
$node->safe_psql('shop', "BEGIN; $many; ROLLBACK");
is(rows(), $before, 'a long transaction, rolled back, has left nothing');
check_books($node, 'a long transaction, rolled back');
$node->safe_psql('shop', "BEGIN; $many; COMMIT");
is($node->safe_psql('shop', q{SELECT count(*) FROM oms.orders WHERE reference LIKE 'many %'}),
	'60', 'a long transaction, committed, has done all');
check_books($node, 'a long transaction, committed');

# Sessions work at random, each in a way of its own, while something is done
# to them; then the check of the stress run finds nothing wrong with what they
# were told. Errors that are looked for must be there.
sub interrupt
{
	my ($name, $error, $clients, $fault) = @_;
	my @runs;
	foreach my $client (@$clients)
	{
		my ($command, $in) = @$client;
		my $file = "$dir/" . scalar(@runs);
		local %ENV = $node->_get_env();
		write_file("$file.in", $in);
		push @runs, IPC::Run::start($command, '<', "$file.in", '>', $file, '2>&1');
	}
	my $times = $fault ? $fault->() : undef;
	IPC::Run::finish($_) foreach @runs;

	my $record = join('', map { read_file("$dir/$_") } 0 .. $#runs);
	my $there  = () = $record =~ /$error/g;
	$times //= $there;
	cmp_ok($times, '>=', $fault ? 1 : 10, "$name: often enough: $times times") or diag($record);
	cmp_ok($there, '>=', 1, "$name: and it is seen");
	my $done = () = $record =~ /^\w+\|done/mg;
	cmp_ok($done, '>=', 4, "$name: other calls succeed");
	write_file("$dir/record", join("\n", grep { /^\w+\||ERROR: / && !/$error/ } split(/\n/, $record)) . "\n");
	$node->command_ok(["$FindBin::RealBin/../stress/check", "$dir/record"],
		"$name: the books are right, and are what the sessions were told");
	return;
}

# A session that works by itself: each step is begun and ended by SQL that depends on its number.
sub session
{
	my ($steps, $begin, $end) = @_;
	return [
		[ 'psql', '-XAtq' ],
		"\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\n"
		  . join('', map { $begin->($_) . "SELECT * FROM work.step();\n" . ($end // '') } 1 .. $steps)
	];
}

# The same with a setting that changes from step to step.
sub session_with
{
	my ($setting, $most) = @_;
	return session(250, sub { "SET $setting = '" . (1 + $_[0] % $most) . "ms';\n" });
}

sub worker
{
	my ($seconds) = @_;
	return [ [ "$FindBin::RealBin/../stress/client", 'read\\ committed', $seconds ], '' ];
}

interrupt('statement_timeout', qr/ERROR:  57014/,
	[ session_with('statement_timeout', 20), session_with('statement_timeout', 7) ]);

# others keep their locks for a while
interrupt('lock_timeout', qr/ERROR:  55P03/,
	[ (map { session_with('lock_timeout', 3) } 1 .. 2),
	  (map { session(60, sub { "BEGIN;\n" }, "SELECT FROM pg_sleep(0.03);\nCOMMIT;\n") } 1 .. 3) ]);

# Somebody who loses the connection repeats the call, with the reference it had.
sub buy_until_answered
{
	my ($sku, $i) = @_;
	foreach (1 .. 1000)
	{
		# the server may be gone before it is asked, which newer versions die of
		my $status = eval { $node->psql('shop', "SELECT work.buy('$sku $i', 1, '$sku')", stderr => \my $err) };
		return if defined $status && $status == 0;
		usleep(10_000);
	}
	die "no answer to $sku $i";
}

sub check_repeated
{
	my ($name, $n) = @_;
	is($node->safe_psql('shop', "SELECT count(*) FROM oms.orders WHERE reference LIKE '$name %'"),
		$n, "$name: who repeats a call until it is answered gets one order");
	return;
}

$node->safe_psql('shop', q{SELECT work.stock_sku('ENDED', 10), work.stock_sku('KILLED', 10)});
my $busy = q{FROM pg_stat_activity WHERE datname = 'shop' AND state = 'active' AND query LIKE '%work.%' AND pid <> pg_backend_pid()};

interrupt('pg_terminate_backend', qr/FATAL:  57P01/, [ map { worker(5) } 1 .. 3 ], sub {
	my $killer = $node->background_psql('postgres');
	$killer->query_safe('SET client_min_messages = error; CREATE TABLE ended (pid integer)');
	$killer->query_until(qr/^starts$/m, qq{\\echo starts
DO \$\$
DECLARE
    stop_at timestamptz := clock_timestamp() + interval '4 s';
BEGIN
    WHILE clock_timestamp() < stop_at LOOP
        PERFORM pg_sleep(random() * 0.15), pg_stat_clear_snapshot();
        INSERT INTO ended SELECT pid FROM (SELECT pid $busy ORDER BY random() LIMIT 1) AS one WHERE pg_terminate_backend(pid);
    END LOOP;
END
\$\$;
});
	buy_until_answered('ENDED', $_) foreach 1 .. 10;
	my $times = $killer->query_safe('SELECT count(*) FROM ended');
	$killer->quit;
	return $times;
});
check_repeated('ENDED', 10);

my $killed = 0;
interrupt('kill -9', qr/server closed the connection/, [ map { worker(8) } 1 .. 3 ], sub {
	my $end = time + 7;
	while (time < $end)
	{
		my ($status, $pid) = eval { $node->psql('postgres', "SELECT pid $busy ORDER BY random() LIMIT 1", stderr => \my $err) };
		next if !defined $status || $status != 0 || $pid eq '';
		my $out;
		my $call = "SELECT pg_sleep(0.01), work.buy('KILLED " . ++$killed . "', 1, 'KILLED')";
		# not by its input: it may be gone before that is written
		my $buyer = IPC::Run::start([ 'psql', '-X', '-d', $node->connstr('shop'), '-c', $call ], '<', \undef, '>', \$out, '2>&1');
		kill('KILL', $pid);
		IPC::Run::finish($buyer);
		buy_until_answered('KILLED', $killed);
	}
	return $killed;
});
check_repeated('KILLED', $killed);

$node->stop;
done_testing();
