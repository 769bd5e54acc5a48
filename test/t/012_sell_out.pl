# More buyers than units, at each isolation level: exactly the units there are
# get sold, the others are refused with OM001 at once, and nothing is left over
# that nobody can buy.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('sell_out', 'autovacuum = off');
my $dir  = PostgreSQL::Test::Utils::tempdir;
create_shop($node);

# somebody who has nothing to do with it reads and buys for as long as all this takes
my $long = $node->background_psql('shop');
$long->query_safe(
	q{BEGIN ISOLATION LEVEL REPEATABLE READ;
	  SELECT count(*) FROM oms.stock_levels;
	  SELECT work.buy('long', 1, 'RND-8')});

# so many sessions, each of which tries so often
my ($clients, $tries) = (5, 8);

# Sells a SKU per letter, of which each of four locations has so many, in such
# quantities; returns what was left of each.
sub sell
{
	my ($level, $name, %sale) = @_;
	my @skus = map { "$name-$level-$_" } split(//, $sale{skus});
	$node->safe_psql('shop', "SELECT work.stock_sku('$_', $sale{each})") foreach @skus;

	my $try = sprintf('SELECT work.try(%s, %s, %s, %s);',
		"'$name-$level'", $sale{cart} // 'false', $sale{quantity},
		join(', ', map { "'$_'" } @skus));
	write_file("$dir/try", $sale{undo}
		? "\\set undo random(1, 4)\nBEGIN;\n$try\n\\if :undo = 1\nROLLBACK;\n\\else\nCOMMIT;\n\\endif\n"
		: "$try\n");

	# who has to wait longer is not refused at once; who can't be serialized tries again
	local $ENV{PGOPTIONS} = "-c default_transaction_isolation=$level -c statement_timeout=10s";
	$ENV{PGOPTIONS} =~ s/=(\w+) (\w+) /=$1\\ $2 /;
	my $each = $sale{undo} ? 2 * $tries : $tries;
	$node->command_like(
		[
			'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $each,
			'--max-tries=1000', '-f', "$dir/try", 'shop'
		],
		qr/actually processed: (\d+)\/\1\b.*failed transactions: 0 /s,
		"$name at $level: all buyers got an answer");

	my $units   = 4 * $sale{each};
	my $sold    = int($units / $sale{quantity});
	my $refused = $sale{undo} ? '\d+' : $clients * $each - $sold;
	my $left    = $units - $sold * $sale{quantity};
	like($node->safe_psql('shop', qq{
SELECT code, count(*) FROM work.outcomes WHERE sale = '$name-$level' GROUP BY code ORDER BY code;
SELECT DISTINCT oms.available(code)::numeric = $left, sum(on_hand::numeric - reserved::numeric) = $left, bool_and(reserved::numeric <= on_hand::numeric)
FROM oms.stock_levels JOIN oms.skus USING (sku_id) WHERE code LIKE '$name-$level-%' GROUP BY code}),
		qr/^OM001\|$refused\nsold\|$sold\nt\|t\|t$/,
		"$name at $level: $sold are sold, the others refused, $left left");
	return;
}

# Of one unit, which one buyer has in hand, another is in want: he gets it if
# the first gives it back, and is refused if not.
sub last_unit
{
	my ($level, $end) = @_;
	my $sku = "LAST-$level-$end";
	$node->safe_psql('shop', qq{
SELECT work.stock_sku('$sku', 1);
SELECT work.buy('$sku all but one', 3, '$sku')});

	my $begin  = "SET default_transaction_isolation = '$level'; BEGIN";
	my $first  = $node->background_psql('shop');
	my $second = $node->background_psql('shop', on_error_stop => 0);
	$first->query_safe("$begin; SELECT work.buy('$sku first', 1, '$sku')");
	$second->query_safe("$begin; SELECT count(*) FROM oms.orders");
	$second->query_until(qr/^asks$/m, "\\set VERBOSITY sqlstate\n\\echo asks\nSELECT work.buy('$sku second', 1, '$sku');\n");
	$node->poll_query_until('shop',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'})
	  or die 'the second does not wait';
	$first->query_safe($end);
	my $answer = $second->query("COMMIT");
	$second->{stderr} =~ /ERROR:  (\w+)/;
	my $code = $1 // 'sold';
	$second->quit;
	$first->quit;

	is($code, $end eq 'ROLLBACK' ? 'sold' : $level eq 'read committed' ? 'OM001' : '40001',
		"at $level the last unit is wanted, and the first who has it ends by $end: $code");
	my ($status, $out, $err) = $node->psql('shop',
		"\\set VERBOSITY sqlstate\nSELECT oms.available('$sku');\n$begin; SELECT work.buy('$sku third', 1, '$sku'); COMMIT");
	is($out, '0', "at $level $end: none is left");
	like($err, qr/OM001/, "at $level $end: a third is refused");
	return;
}

# One who rolls back, with nobody there: the next gets it.
sub given_back
{
	my ($level) = @_;
	$node->safe_psql('shop', qq{
SET default_transaction_isolation = '$level';
SELECT work.stock_sku('BACK-$level', 0.25);
BEGIN;
SELECT work.buy('BACK-$level first', 1, 'BACK-$level');
ROLLBACK;
SELECT work.buy('BACK-$level second', 1, 'BACK-$level')});
	is($node->safe_psql('shop', "SELECT oms.available('BACK-$level')"),
		'0', "at $level: what is given back is sold to the next");
	return;
}

foreach my $level ('read committed', 'repeatable read', 'serializable')
{
	sell($level, 'one line', skus => 'A', each => 5, quantity => 1, undo => 1);
	sell($level, 'two lines by threes', skus => 'AB', each => 8, quantity => 3, undo => 1);
	sell($level, 'three lines by decimals', skus => 'ABC', each => 2.5, quantity => 0.75);
	sell($level, 'carts', skus => 'A', each => 5, quantity => 1, cart => 'true');
	last_unit($level, $_) foreach 'COMMIT', 'ROLLBACK';
	given_back($level);
}

$long->query_safe('COMMIT');
$long->quit;
is($node->safe_psql('postgres', "SELECT deadlocks FROM pg_stat_database WHERE datname = 'shop'"),
	'0', 'no deadlock');
check_books($node, 'after all sales');

$node->stop;
done_testing();
