# oms: one shared library, one install script, one store script

EXTENSION  = oms
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big = $(EXTENSION)
OBJS       = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))
DOCS      := $(wildcard doc/*.md)

# code/ are members, replayed by every update; store/ is what oms.install() creates
CODE_SQL   = $(sort $(wildcard sql/code/*.sql))
STORE_SQL  = $(sort $(wildcard sql/store/*.sql))

INSTALL_SQL = build/$(EXTENSION)--$(EXTVERSION).sql
STORE_FILE  = build/$(EXTENSION)-store--$(EXTVERSION).sql

DATA_built = $(INSTALL_SQL) $(STORE_FILE)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# CREATE, not CREATE OR REPLACE, so that a name defined twice fails the install
$(INSTALL_SQL): $(CODE_SQL)
	mkdir -p $(@D)
	sed 's/^CREATE OR REPLACE /CREATE /' $^ > $@

$(STORE_FILE): $(STORE_SQL)
	mkdir -p $(@D)
	cat $^ > $@

$(OBJS): $(wildcard src/*.h)
