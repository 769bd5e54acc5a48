# sql/replay.awk: keeps the statements that an update may run again
#
# A statement starts in column 1 with a word in capitals and ends with the
# first semicolon at the end of a line that is neither dollar-quoted nor part
# of a BEGIN ATOMIC ... END body.  With starts=1 it lists their first lines
# instead, for test/lint.

!inside && /^[A-Z]/ {
    inside = 1
    atomic = 0
    quote = ""
    keep = !starts && /^(CREATE OR REPLACE|COMMENT ON|GRANT|REVOKE) /
    if (starts)
        print FILENAME ":" FNR ":" $0
}

inside && keep

inside {
    rest = $0
    while (match(rest, /\$[A-Za-z_]*\$/)) {
        tag = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (quote == "")
            quote = tag
        else if (quote == tag)
            quote = ""
    }
    if (quote == "" && /BEGIN ATOMIC/)
        atomic = 1
    if (quote == "" && /; *$/ && (!atomic || /^ *END *; *$/))
        inside = 0
}
