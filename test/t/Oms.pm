# test/t/Oms.pm: what the TAP tests share
package Oms;

use strict;
use warnings;

use Exporter 'import';
use File::Basename;
use File::Copy;
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(read_file write_file build_scripts can_relocate
  extension_settings create_store contents new_server create_shop
  check_books);

# The top of the source tree.
our $top = dirname(dirname(dirname(File::Spec->rel2abs(__FILE__))));

sub read_file
{
	my ($path) = @_;
	open(my $file, '<', $path) or die "$path: $!";
	local $/;
	return scalar <$file>;
}

sub write_file
{
	my ($path, $text) = @_;
	make_path(dirname($path));
	open(my $file, '>', $path) or die "$path: $!";
	print $file $text;
	close($file);
	return;
}

# Copies what the SQL scripts are made of into a directory, lets a function
# change it there, has make build the scripts and puts them with the control
# file into a second directory.
sub build_scripts
{
	my ($tree, $target, $change) = @_;
	local $ENV{MAKEFLAGS} = '';
	local $ENV{MAKELEVEL} = '';

	make_path($tree, $target);
	system('cp', '-R', "$top/Makefile", "$top/oms.control", "$top/sql",
		$tree) == 0
	  or die 'could not copy';
	$change->($tree) if $change;

	my ($version) =
	  read_file("$tree/oms.control") =~ /^default_version *= *'(.*)'/m;
	my @scripts = ("oms--$version.sql", "oms-store--$version.sql");
	foreach my $step (glob("$tree/sql/updates/*--$version.sql"))
	{
		my $name = basename($step);
		push @scripts, $name =~ /^store--/ ? "oms-$name" : "oms--$name";
	}
	system('make', '-s', '-C', $tree, 'PG_CONFIG=pg_config',
		map { "build/$_" } @scripts) == 0
	  or die 'could not build the scripts';
	copy("$tree/build/$_", $target) or die $! foreach @scripts;
	copy("$tree/oms.control", $target) or die $!;
	return $version;
}

# Whether this server can find extensions elsewhere than where it is installed.
sub can_relocate
{
	my ($node) = @_;
	return $node->safe_psql('postgres',
		q{SELECT name FROM pg_settings
		  WHERE name IN ('extension_control_path', 'extension_destdir')});
}

# The setting that makes a server look for extensions below a directory, and
# the subdirectory for control files and scripts there.
sub extension_settings
{
	my ($node, $dir) = @_;
	if (can_relocate($node) eq 'extension_control_path')
	{
		return ("extension_control_path = '$dir:\$system'",
			"$dir/extension");
	}

	# below that directory the server looks for the library too
	chomp(my ($share, $lib) = `pg_config --sharedir --pkglibdir`);
	my $before = $node->safe_psql('postgres', 'SHOW extension_destdir');
	make_path("$dir$lib");
	symlink("$before$lib/oms.so", "$dir$lib/oms.so") or die $!;
	return ("extension_destdir = '$dir'", "$dir$share/extension");
}

# A running server, with settings of its own.
sub new_server
{
	my ($name, @settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', $_) foreach @settings;
	$node->start;
	return $node;
}

# A database with an empty store.
sub create_store
{
	my ($node, $db) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db,
		'SET client_min_messages = warning; CREATE EXTENSION oms CASCADE; SELECT oms.install()'
	);
	return;
}

# A database "shop" with the shop of the stress run, and with buyers.
sub create_shop
{
	my ($node) = @_;
	create_store($node, 'shop');
	$node->safe_psql('shop', 'SET search_path = oms, public;' . read_file($_))
	  foreach "$top/test/stress/work.sql", "$top/test/t/buy.sql";
	return;
}

# Nothing in the books of the shop is wrong, and each unit can be bought.
sub check_books
{
	my ($node, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is( $node->safe_psql(
			'shop',
			'SELECT * FROM oms.check_invariants(); SELECT * FROM work.lost;
			 BEGIN; SELECT * FROM work.unsellable(); ROLLBACK'),
		'',
		"$name: the books are right, and each unit can be bought");
	return;
}

# One line per table of the database and per sequence: name, rows, and a
# digest of the rows.
sub contents
{
	my ($node, $db) = @_;
	my $queries = $node->safe_psql(
		$db, q{
SELECT format(CASE relkind
                  WHEN 'S' THEN 'SELECT %L, last_value, is_called FROM %s'
                  ELSE 'SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text COLLATE "C")) FROM %s t'
              END, c.oid::regclass, c.oid::regclass)
FROM pg_class c
WHERE relkind IN ('r', 'S') AND relnamespace::regnamespace::text IN ('oms', 'oms_internal', 'public')
ORDER BY c.oid::regclass::text COLLATE "C"});
	return $node->safe_psql($db, join(";\n", split(/\n/, $queries)));
}

1;
