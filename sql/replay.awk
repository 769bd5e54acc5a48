# sql/replay.awk: keeps the statements that an update may run again
#
# A statement starts in column 1 with an upper-case word and goes on to the
# next such line; a comment before it stands or falls with the one above.

/^[A-Z]/ {
    keep = /^(CREATE OR REPLACE|COMMENT ON|GRANT|REVOKE) /
}

keep
