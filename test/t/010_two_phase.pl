# A transaction with commands can be prepared: what it holds is held through
# restarts and crashes, and what becomes of it is all of it or nothing.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('two_phase', 'max_prepared_transactions = 10');
create_shop($node);

my %between = (
	'at once' => sub { },
	'after a restart' => sub { $node->restart },
	'after a crash' => sub { $node->stop('immediate'); $node->start });

# of 40 units 12 are ordered; the transaction cancels these, orders 20, puts
# 4 into a cart and ships one of another order
sub prepare
{
	my ($sku) = @_;
	$node->safe_psql(
		'shop', qq{
SELECT work.stock_sku('$sku', 10);
SELECT work.buy('$sku before', 12, '$sku');
SELECT work.buy('$sku to ship', 1, '$sku');
SELECT oms.pack(oms.find_order('rnd-web', '$sku to ship'), 1);
BEGIN;
SELECT oms.cancel_order(oms.find_order('rnd-web', '$sku before'), 'prepared');
SELECT work.buy('$sku prepared', 20, '$sku');
SELECT oms.reserve('$sku', 4, reference => '$sku cart');
SELECT oms.ship(oms.find_order('rnd-web', '$sku to ship'), 1, reference => '$sku ship');
PREPARE TRANSACTION '$sku'});
	return;
}

my $n = 0;
foreach my $when ('at once', 'after a restart', 'after a crash')
{
	my ($kept, $undone) = ('TWO-' . ++$n, 'TWO-' . ++$n);
	prepare($_) foreach $kept, $undone;
	$between{$when}->();
	# numbers of movements that are prepared are not settled: they are counted once they are committed
	$node->safe_psql('shop', "SELECT oms.adjust_stock('RND-7', code, 1, 'found') FROM oms.locations; SELECT oms.run_job('roll_up_stock')");

	is($node->safe_psql('shop', "SELECT oms.available('$kept')"),
		'27', "$when: nobody sees what is only prepared");
	my ($status, $out, $err) = $node->psql('shop', qq{
\\set VERBOSITY sqlstate
SET lock_timeout = '100ms';
SELECT work.buy('$kept all', 27, '$kept')});
	like($err, qr/55P03/, "$when: who wants all that is left waits");
	($status, $out, $err) = $node->psql('shop', qq{
\\set VERBOSITY sqlstate
SET lock_timeout = '100ms';
SELECT work.buy('$kept prepared', 20, '$kept')});
	like($err, qr/55P03/, "$when: so does who repeats the call");
	is($node->psql('shop', "SELECT work.buy('$kept other', 1, 'RND-7')"),
		0, "$when: who wants something else doesn't");

	$node->safe_psql('shop', "COMMIT PREPARED '$kept'; ROLLBACK PREPARED '$undone'");
	foreach ([ $kept, '15' ], [ $undone, '27' ])
	{
		my ($sku, $left) = @$_;
		is($node->safe_psql('shop', "SELECT oms.available('$sku')"),
			$left, "$when: $left units of $sku are left");
	}
	is( $node->safe_psql(
			'shop', qq{
SELECT sku, action, status FROM unnest('{$kept,$undone}'::text[]) AS sku CROSS JOIN unnest('{before,prepared,to ship}'::text[]) AS action
     LEFT JOIN oms.orders AS o ON reference = sku || ' ' || action
ORDER BY sku, action}),
		"$kept|before|cancelled\n$kept|prepared|confirmed\n$kept|to ship|shipped\n"
		  . "$undone|before|confirmed\n$undone|prepared|\n$undone|to ship|in_fulfillment",
		"$when: all has happened, or nothing");
	is( $node->safe_psql(
			'shop', qq{
SELECT work.buy('$_ prepared', 20, '$_') AS repeated \\gset
SELECT oms.find_order('rnd-web', '$_ prepared') = :repeated;
SELECT oms.ship(oms.find_order('rnd-web', '$_ to ship'), 1, reference => '$_ ship')}),
		"t\nshipped",
		"$when: $_: a repeated call is answered")
	  foreach $kept, $undone;
	is( $node->safe_psql(
			'shop', q{
SELECT oms.run_job('roll_up_stock') ->> 'status';
SELECT sum(closing::numeric) = (SELECT sum(quantity::numeric) FROM oms.stock_movements) FROM oms.stock_monthly WHERE until = 'infinity' AND sku_id > 0 AND location_id > 0}),
		"succeeded\nt",
		"$when: all movements are counted");
	check_books($node, $when);
}

$node->stop;
done_testing();
