-- What doc/event.md says of each type of events: a row of its tables, for each
-- type. Words that stand as code in the column of the data are keys; without
-- such words it is bare, or tells in words what the data is.
\set page `cat doc/event.md`
CREATE TEMPORARY TABLE documented AS
SELECT type[1] AS type, split_part(type[1], '.', 1) AS family, line,
       ARRAY(SELECT m[1] FROM regexp_matches(cells[4], '`([a-z_]+)`', 'g') AS m) AS keys, btrim(cells[4]) = '' AS bare, btrim(cells[3]) <> '' AS of_subject
FROM regexp_split_to_table(:'page', '\n') WITH ORDINALITY AS l(text, line), string_to_array(text, '|') AS cells,
     regexp_matches(cells[2], '`([a-z_]+\.[a-z_]+)`', 'g') AS type
WHERE text ~ '^\| `[a-z_]+\.';
