# The store and the extension, brought from version to version, equal those
# that were made new; and no way leads into a state between two versions.
use strict;
use warnings;

use File::Spec;
use FindBin;
use lib $FindBin::RealBin;
use Oms;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('upgrade');
plan skip_all => 'this server finds extensions in one place only'
  unless can_relocate($node);

# Three versions, of which the last two exist for this test only.
my $dir = PostgreSQL::Test::Utils::tempdir;
my ($setting, $extension) = extension_settings($node, "$dir/share");

sub set_version
{
	my ($tree, $version) = @_;
	my $control = read_file("$tree/oms.control");
	$control =~ s/^default_version.*$/default_version = '$version'/m;
	write_file("$tree/oms.control", $control);
	return;
}

my $first = build_scripts("$dir/first", $extension);

# What 97.0 adds, as the sources of that version would have it.
sub add_97
{
	my ($tree) = @_;
	set_version($tree, '97.0');
	write_file("$tree/sql/code/97-test.sql", <<'SQL');
CREATE OR REPLACE FUNCTION oms.test_answer() RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT 97;
    END;
COMMENT ON FUNCTION oms.test_answer() IS 'Of 97.0';
REVOKE ALL ON FUNCTION oms.test_answer() FROM PUBLIC;
SQL
	write_file("$tree/sql/store/97-test.sql", <<'SQL');
ALTER TABLE oms.channels ADD COLUMN test_note text DEFAULT 'new';
CREATE TABLE oms.test_notes (
    note_id bigint NOT NULL,
    place @postgis@.geography(Point, 4326),
    CONSTRAINT test_notes_pkey PRIMARY KEY (note_id)
);
CREATE OR REPLACE VIEW oms_report.test_notes AS
    SELECT note_id FROM oms.test_notes;
COMMENT ON TABLE oms.test_notes IS 'One note';
SQL
	write_file("$tree/sql/updates/$first--97.0.sql", "-- all is replayed\n");
	my $step = read_file("$tree/sql/store/97-test.sql");
	$step =~ s/^CREATE OR REPLACE VIEW.*?;\n//ms;
	write_file("$tree/sql/updates/store--$first--97.0.sql", $step);
	return;
}

# 98.0 changes a body, a comment and a view of 97.0.
sub add_98
{
	my ($tree) = @_;
	add_97($tree);
	unlink glob("$tree/sql/updates/*");
	set_version($tree, '98.0');
	foreach my $file ('code', 'store')
	{
		my $text = read_file("$tree/sql/$file/97-test.sql");
		$text =~ s/SELECT 97/SELECT 98/;
		$text =~ s/Of 97.0/Of 98.0/;
		$text =~ s/SELECT note_id/SELECT note_id, place IS NULL AS lost/;
		write_file("$tree/sql/$file/97-test.sql", $text);
	}
	write_file("$tree/sql/updates/97.0--98.0.sql",       "-- all is replayed\n");
	write_file("$tree/sql/updates/store--97.0--98.0.sql", "-- all is replayed\n");
	return;
}

build_scripts("$dir/97", $extension, \&add_97);
build_scripts("$dir/98", $extension, \&add_98);
$node->append_conf('postgresql.conf', $setting);
$node->restart;

sub fingerprint
{
	my ($db) = @_;
	my ($out, $err) = run_command(
		[
			'psql', '-qX', '-d', $node->connstr($db), '-f',
			"$FindBin::RealBin/../fingerprint.sql"
		]);
	return $out;
}

# A statement must fail with a message; the database stays as it was.
sub refused
{
	my ($db, $sql, $message, $name) = @_;
	my ($status, $out, $err) = $node->psql($db, $sql);
	isnt($status, 0, "$name: refused");
	like($err, $message, "$name: says why");
	return;
}

# fresh
create_store($node, 'fresh');
is($node->safe_psql('fresh', 'SELECT version FROM oms.store'),
	'98.0', 'a new store has the default version');
is($node->safe_psql('fresh', 'SELECT oms.test_answer()'),
	98, 'a new extension has the code of its version');

like(fingerprint('fresh'), qr/^column oms\.test_notes\.place/m,
	'a fingerprint lists the columns');

# old
$node->safe_psql('postgres', 'CREATE DATABASE updated');
$node->safe_psql('updated',
	"CREATE EXTENSION postgis; CREATE EXTENSION ltree; CREATE EXTENSION oms VERSION '$first'"
);
refused('updated', 'SELECT oms.upgrade()',
	qr/not installed.*HINT:.*oms\.install/s,
	'upgrade before install');
$node->safe_psql('updated', 'SELECT oms.install()');
$node->safe_psql('updated',
	"INSERT INTO oms.channels (code, name, currency) VALUES ('web', 'Web', 'EUR')"
);
is($node->safe_psql('updated', 'SELECT oms.upgrade()'),
	$first, 'nothing to do is no error');
is($node->safe_psql('updated', 'SELECT upgraded_at IS NULL FROM oms.store'),
	't', 'and changes nothing');

# a version whose store nobody can reach
refused(
	'updated', qq{
BEGIN;
UPDATE oms.store SET version = '0.0.1';
SELECT oms.upgrade();
}, qr/no upgrade path for the store from version 0\.0\.1 to version $first.*HINT/s,
	'no path');

# a busy table, and who does not want to wait
$node->safe_psql('updated', 'ALTER EXTENSION oms UPDATE');
is($node->safe_psql('updated', 'SELECT oms.version(), version FROM oms.store'),
	"98.0|$first", 'between ALTER EXTENSION and upgrade() the versions differ');
my $reader = $node->background_psql('updated');
$reader->query_safe('BEGIN; SELECT * FROM oms.channels');
refused('updated', "SET lock_timeout = '100ms'; SELECT oms.upgrade()",
	qr/lock timeout/, 'a reader in the way');
is($node->safe_psql('updated', 'SELECT version FROM oms.store'),
	$first, 'nothing of it happened');
$reader->query_safe('COMMIT');
$reader->quit;

# updated, in two steps
is($node->safe_psql('updated', 'SELECT oms.upgrade()'),
	'98.0', 'upgrade returns the version it reached');
is( $node->safe_psql('updated',
		'SELECT version, upgraded_at IS NOT NULL FROM oms.store'),
	'98.0|t',
	'and records it');
is($node->safe_psql('updated', 'SELECT code, test_note FROM oms.channels'),
	'web|new', 'rows are kept');
is(fingerprint('updated'), fingerprint('fresh'),
	'updated equals fresh, object by object');

# a dump of the old store in a database of the new extension
$node->safe_psql('postgres', 'CREATE DATABASE old');
$node->safe_psql('old',
	"CREATE EXTENSION postgis; CREATE EXTENSION ltree; CREATE EXTENSION oms VERSION '$first'; SELECT oms.install()"
);
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(
	[ 'pg_dump', '-d', $node->connstr('old'), '-f', "$dir/old.sql" ],
	'dump the first version');
$node->command_ok(
	[
		'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d',
		$node->connstr('restored'), '-f', "$dir/old.sql"
	],
	'restore it where the last version is installed');
is($node->safe_psql('restored', 'SELECT oms.version(), version FROM oms.store'),
	"98.0|$first", 'the store is still of the first version');
$node->safe_psql('restored', 'SELECT oms.upgrade()');
is(fingerprint('restored'), fingerprint('fresh'),
	'restored and upgraded equals fresh');

# a script with a fault: all or nothing, and it says where
write_file("$extension/oms-store--98.0--99.0.sql",
	"DROP TABLE oms.test_notes CASCADE;\n\nSELECT 1 / 0;\n");
write_file("$extension/oms--98.0--99.0.sql", '');
$node->safe_psql('updated', "ALTER EXTENSION oms UPDATE TO '99.0'");
refused('updated', 'SELECT oms.upgrade()',
	qr/division by zero.*oms-store--98\.0--99\.0\.sql", near line 3/s,
	'a faulty script');
is($node->safe_psql('updated', "SELECT to_regclass('oms.test_notes')"),
	'oms.test_notes', 'its first statement was undone');
write_file("$extension/oms-store--98.0--99.0.sql", "COMMIT;\n");
refused('updated', 'SELECT oms.upgrade()',
	qr/statement cannot run in a script of the store/,
	'a script that ends the transaction');

$node->stop;
done_testing();
