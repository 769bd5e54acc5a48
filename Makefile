# oms: one shared library, one install script, one store script
#
#   make && sudo make install && make installcheck    with a server of yours
#   make test, clients, demo, replay, stress, versions    on throw-away clusters
#   make bench, bench-forecast, bench-replenishment, bench-reports    the same, to measure

EXTENSION  = oms
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big = $(EXTENSION)
OBJS       = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))
DOCS      := $(wildcard doc/*.md)

# server headers need the exceptions to -Wextra
PG_CFLAGS  = -Wextra -Wno-unused-parameter -Wno-sign-compare \
             -Wno-missing-field-initializers

# code/ are members, store/ is what oms.install() creates.  A step to this
# version is what updates/ says, then all that can be replayed; steps between
# earlier versions are frozen in sql/ itself.
CODE_SQL   = $(sort $(wildcard sql/code/*.sql))
STORE_SQL  = $(sort $(wildcard sql/store/*.sql))
STEP_SQL   = $(wildcard sql/updates/*--$(EXTVERSION).sql)

INSTALL_SQL = build/$(EXTENSION)--$(EXTVERSION).sql
STORE_FILE  = build/$(EXTENSION)-store--$(EXTVERSION).sql
UPDATE_SQL  = $(patsubst sql/updates/%,build/$(EXTENSION)-%,$(filter sql/updates/store--%,$(STEP_SQL))) \
              $(patsubst sql/updates/%,build/$(EXTENSION)--%,$(filter-out sql/updates/store--%,$(STEP_SQL)))

DATA_built = $(INSTALL_SQL) $(STORE_FILE) $(UPDATE_SQL)
DATA      := $(wildcard sql/$(EXTENSION)--*.sql sql/$(EXTENSION)-store--*.sql)

# install creates the store that the others use; the last two look at all of it
LAST           = conventions uninstall
REGRESS        = install \
                 $(filter-out install $(LAST),$(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))) \
                 $(LAST)
REGRESS_OPTS   = --inputdir=test
ISOLATION      = store_install \
                 $(filter-out store_install,$(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec))))
ISOLATION_OPTS = --inputdir=test --outputdir=. \
                 --load-extension=postgis --load-extension=ltree --load-extension=oms

# the TAP tests start servers of their own: not as root, and with IPC::Run
TAP_TESTS     := $(shell test `id -u` != 0 && perl -MIPC::Run -e 'print 1' 2>/dev/null)
PROVE_TESTS    = test/t/*.pl

EXTRA_CLEAN    = build results tmp_check regression.diffs regression.out

PG_CONFIG ?= pg_config
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifneq ($(PGXS),)
include $(PGXS)
else
all install installcheck:
	@echo 'PostgreSQL'"'"'s development files were not found: install them (Debian:' >&2
	@echo 'postgresql-server-dev-15), or say where they are by PG_CONFIG=...' >&2
	@false
endif

# CREATE, not CREATE OR REPLACE, so that a name defined twice fails the install
$(INSTALL_SQL): $(CODE_SQL) build/sources
	sed 's/^CREATE OR REPLACE /CREATE /' $(CODE_SQL) > $@

$(STORE_FILE): $(STORE_SQL) build/sources
	sed 's/^CREATE OR REPLACE /CREATE /' $(STORE_SQL) > $@

build/$(EXTENSION)-store--%.sql: sql/updates/store--%.sql $(STORE_SQL) build/sources
	{ cat $<; awk -f sql/replay.awk $(STORE_SQL); } > $@

build/$(EXTENSION)--%.sql: sql/updates/%.sql $(CODE_SQL) build/sources
	{ cat $<; awk -f sql/replay.awk $(CODE_SQL); } > $@

# changes when a source appears or vanishes, or the server's version does
build/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(EXTVERSION) $(OBJS) $(CODE_SQL) $(STORE_SQL)' | cmp -s - $@ || \
	 echo '$(VERSION) $(EXTVERSION) $(OBJS) $(CODE_SQL) $(STORE_SQL)' > $@

$(OBJS): $(wildcard src/*.h) build/sources

# contracts and behaviour, in a database of their own
installcheck-pgtap:
	test/pgtap/run

# the solver of routing against GLPK, in a program of its own
installcheck-solve:
	PG_CONFIG=$(PG_CONFIG) test/solve/run

# On a machine with nothing but git and make: test/setup installs what is
# missing, test/cluster builds and runs a command on a throw-away cluster.
test:
	@test/setup clients
	@test/run

demo:
	@test/setup
	@demo/run

bench:
	@test/setup
	@test/cluster -d test/bench/run

bench-forecast:
	@test/setup
	@test/cluster -d test/bench/forecast/run

bench-replenishment:
	@test/setup
	@test/cluster test/bench/replenishment/run

# ORDERS=20000 for a short look
bench-reports:
	@test/setup
	@test/cluster -d test/bench/report/run

# DATA is also the name of a variable of PGXS, so it must not reach other makes
replay:
	@test/setup
	@unset MAKEFLAGS MAKEOVERRIDES MFLAGS; \
	 test/cluster test/replay/run $(if $(filter command,$(origin DATA)),"$(DATA)")

clients:
	@test/setup clients
	@test/cluster test/clients/run

stress:
	@test/setup
	@test/cluster -d test/stress/run

# make test on Debian 12, 13 and testing: PostgreSQL 15, 17 and 18
versions:
	@test/versions

.PHONY: FORCE installcheck-pgtap installcheck-solve versions test demo bench bench-forecast bench-replenishment bench-reports replay clients stress
