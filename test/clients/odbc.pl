# test/clients/odbc.pl: a spreadsheet or BI tool that comes by ODBC
use strict;
use warnings;
use utf8;

use DBI;
use Test::More;

binmode Test::More->builder->$_, ':utf8' foreach qw(output failure_output);

# connects as application, reader or owner
sub connect_as
{
	my ($role) = @_;
	my ($user, $password) = $role eq 'owner' ? @ENV{qw(PGUSER PGPASSWORD)} : ("clients_$role", 'clients');
	return DBI->connect(
		"dbi:ODBC:DRIVER={PostgreSQL Unicode};SERVER=$ENV{PGHOST};PORT=$ENV{PGPORT};DATABASE=$ENV{PGDATABASE};UID=$user;PWD=$password",
		undef, undef, { RaiseError => 1, PrintError => 0, odbc_ignore_named_placeholders => 1, LongReadLen => 100000 });
}

# the values of some columns of a handle's rows
sub rows
{
	my ($statement, @columns) = @_;
	return map { my $row = $_; join ' ', map { $row->{$_} // '' } @columns } @{ $statement->fetchall_arrayref({}) };
}

my $document = q({"channel": "web", "reference": "odbc-1", "ship_to": {"name": "Zoë \u00d1", "country": "PT", "lat": 41.2, "lon": -8.6},
"lines": [{"sku": "TEE-M", "quantity": 2, "unit_price": "12.50", "tax": 0}], "shipping": {"price": 0, "tax": 0},
"payments": [{"method": "card", "amount": "25", "status": "authorized"}]});

foreach my $role (qw(owner reader))
{
	my $db = connect_as($role);
	foreach my $schema (qw(oms oms_report))
	{
		my @tables = rows($db->table_info('', $schema, '%', 'TABLE,VIEW'), 'TABLE_NAME');
		my @there = map { $_->[0] } @{ $db->selectall_arrayref("SELECT relname FROM pg_class WHERE relnamespace = '$schema'::regnamespace AND relkind IN ('r', 'v', 'p')") };
		is_deeply([ sort @tables ], [ sort @there ], "$role: all tables and views of $schema are found");
	}

	my @columns = rows($db->column_info('', 'oms', 'orders', '%'), qw(COLUMN_NAME TYPE_NAME NULLABLE));
	is_deeply([ grep { /^(order_id|total|status|placed_at|base_rate) / } @columns ],
		[ 'order_id int8 0', 'status order_status 0', 'total amount 0', 'placed_at timestamptz 0', 'base_rate numeric 1' ],
		"$role: columns and their types");
	my %plain = map { $_ => 1 } qw(text numeric int8 int4 float8 bool date timestamptz);
	is_deeply([ grep { !$plain{ (split)[-1] } } rows($db->column_info('', 'oms_report', '%', '%'), qw(TABLE_NAME COLUMN_NAME TYPE_NAME)) ],
		[], "$role: columns of reports have plain types");

	my @tables = rows($db->table_info('', 'oms', '%', 'TABLE'), 'TABLE_NAME');
	is_deeply([ grep { my $keys = $db->primary_key_info('', 'oms', $_); !$keys || !rows($keys, 'COLUMN_NAME') } @tables ],
		[], "$role: each table has a primary key");
	is_deeply([ rows($db->primary_key_info('', 'oms', 'order_lines'), qw(KEY_SEQ COLUMN_NAME)) ],
		[ '1 order_id', '2 line_no' ], "$role: its columns in order");
	my @foreign = rows($db->foreign_key_info('', 'oms', 'orders', '', 'oms', 'order_lines'), qw(UK_TABLE_NAME UK_COLUMN_NAME FK_TABLE_NAME FK_COLUMN_NAME PKTABLE_NAME PKCOLUMN_NAME FKTABLE_NAME FKCOLUMN_NAME));
	is(@foreign, 1, "$role: order_lines leads to orders");
	ok(rows($db->statistics_info('', 'oms', 'orders', 0, 1), 'INDEX_NAME') >= 3, "$role: indexes");
	$db->disconnect;
}

my $reader = connect_as('reader');
my @views = rows($reader->table_info('', 'oms_report', '%', 'VIEW'), 'TABLE_NAME');
my @unread;
foreach my $view (@views)
{
	my $columns = rows($reader->column_info('', 'oms_report', $view, '%'), 'COLUMN_NAME');
	eval {
		my $statement = $reader->prepare("SELECT * FROM oms_report.$view");
		$statement->execute;
		my $rows = $statement->fetchall_arrayref([], 1000);
		die "other columns\n" if $statement->{NUM_OF_FIELDS} != $columns;
		die "no name\n" if grep { !length } @{ $statement->{NAME} };
		1;
	} or push @unread, "$view: $@";
}
ok(@views > 10, 'there are views for reports');
is_deeply(\@unread, [], 'and each is read');
my ($sum) = $reader->selectrow_array('SELECT sum(receivable) FROM oms_report.receivables');
like($sum // '0', qr/^-?[0-9.]+$/, 'a sum of money is a number');
eval { $reader->selectrow_array('SELECT oms.place_order(?::jsonb)', undef, $document) };
is($reader->state, '42501', 'a reader places nothing');
$reader->disconnect;

my $application = connect_as('application');
my ($order) = $application->selectrow_array('SELECT oms.place_order(?::jsonb)', undef, $document);
like($order, qr/^\d+$/, 'an order is placed by a parameter');
is($application->selectrow_array('SELECT oms.place_order(?::jsonb)', undef, $document), $order, 'and once');
my @row = $application->selectrow_array('SELECT o.status, o.total, o.total::numeric, l.quantity, o.ship_to ->> ?
	FROM oms.orders AS o JOIN oms.order_lines AS l USING (order_id) WHERE order_id = ? AND o.status = ?', undef, 'name', $order, 'confirmed');
utf8::decode($row[4]);
is_deeply(\@row, [ 'confirmed', '25.00 EUR', '25.00', '2', "Zo\x{eb} \x{d1}" ], 'statuses, amounts and quantities are texts; letters stay');
is($application->selectrow_array('{call oms.cancel_order(?, ?)}', undef, $order, 'changed his mind'), 'cancelled', 'a function is called by the escape of ODBC');
eval { $application->do('SELECT oms.start_picking(?, 1)', undef, $order) };
is($application->state, 'OM002', 'an error has its SQLSTATE');
like($application->errstr, qr/cancelled/, 'and its message');
$application->{AutoCommit} = 0;
$application->do('SELECT oms.adjust_stock(?, ?, ?, ?)', undef, 'TEE-M', 'porto', -5, 'torn');
$application->rollback;
$application->{AutoCommit} = 1;
is($application->selectrow_array(q{SELECT count(*) FROM oms.check_invariants()}), 0, 'the books are right after that');
$application->disconnect;
done_testing;
