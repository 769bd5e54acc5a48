# A plain dump keeps everything: each row, and what a DBA added.
use strict;
use warnings;

use File::Spec;
use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('dump');
my $dir  = PostgreSQL::Test::Utils::tempdir;

create_store($node, 'shop');
$node->safe_psql('shop', read_file("$FindBin::RealBin/shop.sql"));

# what is the DBA's
$node->safe_psql(
	'shop', q{
CREATE TABLE public.audit (audit_id bigserial PRIMARY KEY, what text);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.audit (what) VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
CREATE TRIGGER dba_note AFTER INSERT OR UPDATE ON oms.skus FOR EACH ROW EXECUTE FUNCTION public.note();
ALTER TABLE oms.skus ADD COLUMN dba_shelf text;
CREATE INDEX dba_shelf_idx ON oms.skus (dba_shelf);
GRANT SELECT ON oms.skus TO PUBLIC;
UPDATE oms.skus SET dba_shelf = 'A' || sku_id;
});

# an order that has ended, its events in the archive
$node->safe_psql(
	'shop', q{
UPDATE oms.jobs SET settings = '{"after_days": 0}' WHERE name = 'archive_events';
INSERT INTO oms.settings VALUES ('auto_refund_after', '0');
SELECT oms.place_order(document || '{"reference": "ended", "payments": [{"method": "cash", "amount": "38.68", "status": "captured"}]}')
FROM public.documents WHERE n = 1;
SELECT oms.cancel_order(5, 'no more');
SELECT oms.run_job('issue_invoices'), oms.run_job('refund_overdue'), oms.run_job('roll_up_demand'), oms.run_job('roll_up_reports');
SELECT oms.run_job('archive_events'), oms.run_job('archive_events');
});
is( $node->safe_psql(
		'shop',
		q{SELECT count(*) FILTER (WHERE ended_at IS NULL), count(*) > 5 FROM oms.event_history WHERE order_id = 5}
	),
	'0|t',
	'an order is in the archive');
my $before = contents($node, 'shop');
like($before, qr/^audit\|[1-9]/m, 'the trigger of the DBA works');

my $available = $node->safe_psql('shop',
	q{SELECT oms.available('TEE-S'), oms.available('TEE-L', 'berlin')});

# The restored database equals the first one, and goes on where that ended.
sub check_copy
{
	my ($node, $db) = @_;
	is(contents($node, $db), $before, "$db: every row and every sequence");
	is( $node->safe_psql(
			$db,
			q{SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid = 'oms.skus'::regclass AND attname = 'dba_shelf'),
			         (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'oms.skus'::regclass AND tgname = 'dba_note'),
			         to_regclass('oms.dba_shelf_idx'), has_table_privilege('pg_monitor', 'oms.skus', 'SELECT')}),
		'1|1|oms.dba_shelf_idx|t',
		"$db: column, trigger, index and grant of the DBA");
	is($node->safe_psql($db, 'SELECT version = oms.version() FROM oms.store'),
		't', "$db: the store knows its version");
	my ($status, $out, $err) = $node->psql($db, 'SELECT oms.install()');
	like($err, qr/already installed/, "$db: and is not installed again");

	# who repeats a command gets the first answer, and nothing else happens
	is( $node->safe_psql(
			$db,
			q{SELECT oms.place_order(document) FROM public.documents WHERE n = 2;
			  SELECT oms.ship(2, 1, '{"carrier": "dhl", "number": "JD01"}', reference => 'ship-2');
			  SELECT oms.complete_return(2, 1, reference => 'return-2');
			  SELECT oms.refund(2, '1.00 EUR', 'late', reference => 'refund-2')}
		),
		"2\nshipped\ncompleted\n1",
		"$db: repeated commands are known");
	is(contents($node, $db), $before, "$db: and change nothing");
	is( $node->safe_psql(
			$db, q{SELECT oms.available('TEE-S'), oms.available('TEE-L', 'berlin')}),
		$available,
		"$db: the same is available");
	is($node->safe_psql($db, 'SELECT * FROM oms.check_invariants()'),
		'', "$db: no invariant is broken");

	# the next row gets the next number
	is( $node->safe_psql(
			$db,
			q{INSERT INTO oms.channels (code, name, currency) VALUES ('next', 'Next', 'EUR');
			  SELECT channel_id = (SELECT max(channel_id) FROM oms.channels WHERE code <> 'next') + 1
			  FROM oms.channels WHERE code = 'next'}),
		't',
		"$db: sequences continue");
	is( $node->safe_psql(
			$db,
			q{SELECT oms.place_order(document) FROM public.documents WHERE n = 5;
			  SELECT oms.ship(3, 1)}),
		"6\nshipped",
		"$db: business goes on");

	# what happens to the archived order is numbered on, and the job takes it
	# up from the orders themselves where it was read elsewhere
	is( $node->safe_psql(
			$db,
			q{SELECT oms.refund(5, '38.68 EUR', 'no more');
			  SELECT min(sequence) = (SELECT last_sequence + 1 FROM oms.archived_orders)
			  FROM oms.events WHERE order_id = 5;
			  SELECT oms.run_job('archive_events') ->> 'status'}),
		"1\nt\nsucceeded",
		"$db: the archive goes on");

	# what is owed, held and on its way is so here too; jobs read on, also in a
	# cluster that counts its transactions anew
	is( $node->safe_psql(
			$db,
			q{SELECT oms.pack(4, 1), oms.ship(4, 1);
			  SELECT oms.gift_card_balance('DUMPCARD-0001'), oms.store_credit_balance('C-77', 'EUR');
			  SELECT oms.inspect_return(2, 2, '[{"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock", "accepted": true}]'),
			         oms.complete_return(2, 2);
			  SELECT oms.issue_invoices(), oms.issue_invoices();
			  SELECT string_agg(kind || ' ' || order_id || ':' || number, ', ' ORDER BY kind, number) FROM oms.invoices}
		),
		"packed|shipped\n11.32 EUR|8.00 EUR\ninspected|completed\n3|0\n"
		  . 'credit_note 2:1, credit_note 2:2, credit_note 2:3, invoice 2:1, invoice 3:2, invoice 4:3',
		"$db: so do money, returns and invoices");
	is($node->safe_psql($db, 'SELECT * FROM oms.check_invariants()'),
		'', "$db: still no invariant is broken");

	# the orders do not go silently
	($status, $out, $err) = $node->psql($db, 'DROP EXTENSION oms');
	like($err, qr/other objects depend on it/, "$db: DROP EXTENSION refuses");
	return;
}

$node->safe_psql('postgres',
	'CREATE DATABASE plain TEMPLATE template0; CREATE DATABASE custom TEMPLATE template0'
);

$node->command_ok(
	[ 'pg_dump', '-d', $node->connstr('shop'), '-f', "$dir/plain.sql" ],
	'pg_dump');
$node->command_ok(
	[
		'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d',
		$node->connstr('plain'), '-f', "$dir/plain.sql"
	],
	'psql');
check_copy($node, 'plain');

$node->command_ok(
	[
		'pg_dump', '-Fc', '-d', $node->connstr('shop'), '-f',
		"$dir/custom.dump"
	],
	'pg_dump -Fc');
$node->command_ok(
	[
		'pg_restore', '--exit-on-error', '-d', $node->connstr('custom'),
		"$dir/custom.dump"
	],
	'pg_restore');
check_copy($node, 'custom');

my $other = new_server('other');
$other->safe_psql('postgres', 'CREATE DATABASE moved TEMPLATE template0');
$other->command_ok(
	[
		'pg_restore', '--exit-on-error', '-d', $other->connstr('moved'),
		"$dir/custom.dump"
	],
	'pg_restore into another cluster');
check_copy($other, 'moved');
$other->stop;

$node->stop;
done_testing();
