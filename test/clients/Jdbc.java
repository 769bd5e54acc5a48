// test/clients/Jdbc.java: JDBC as applications use it, and BI tools that look around by its metadata

import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

public class Jdbc {
    static int number = 0;

    interface Body {
        void run() throws Exception;
    }

    /* passes if the body throws nothing */
    static void test(String name, Body body) {
        number++;
        try {
            body.run();
            System.out.println("ok " + number + " - " + name);
        } catch (Exception | AssertionError e) {
            System.out.println("not ok " + number + " - " + name);
            System.out.println("#   " + e.toString().replace("\n", "\n#   "));
            for (StackTraceElement at : e.getStackTrace())
                if (at.getClassName().startsWith("Jdbc"))
                    System.out.println("#     at line " + at.getLineNumber());
        }
    }

    static void is(Object got, Object expected) {
        if (!Objects.equals(got, expected))
            throw new AssertionError("got " + got + ", expected " + expected);
    }

    static void yes(boolean condition, String what) {
        if (!condition)
            throw new AssertionError(what);
    }

    static Connection connect(String role, String... settings) throws SQLException {
        Properties p = new Properties();
        boolean owner = role.equals("owner");
        p.setProperty("user", owner ? System.getenv("PGUSER") : "clients_" + role);
        p.setProperty("password", owner ? System.getenv("PGPASSWORD") : "clients");
        for (String setting : settings)
            p.setProperty(setting.split("=")[0], setting.split("=")[1]);
        return DriverManager.getConnection("jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE"), p);
    }

    /* what the first row has in the first column */
    static String value(Connection c, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement s = c.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++)
                s.setObject(i + 1, parameters[i]);
            try (ResultSet r = s.executeQuery()) {
                yes(r.next(), "no row: " + sql);
                return r.getString(1);
            }
        }
    }

    /* rows of metadata, by the values of some columns */
    static List<Map<String, String>> rows(ResultSet r) throws SQLException {
        List<Map<String, String>> rows = new ArrayList<>();
        ResultSetMetaData m = r.getMetaData();
        while (r.next()) {
            Map<String, String> row = new LinkedHashMap<>();
            for (int i = 1; i <= m.getColumnCount(); i++)
                row.put(m.getColumnName(i).toUpperCase(), r.getString(i));
            rows.add(row);
        }
        r.close();
        return rows;
    }

    static List<String> column(List<Map<String, String>> rows, String name) {
        List<String> values = new ArrayList<>();
        for (Map<String, String> row : rows)
            values.add(row.get(name));
        return values;
    }

    static String document(String reference) {
        return "{\"channel\": \"web\", \"reference\": \"" + reference + "\", \"ship_to\": {\"country\": \"PT\", \"lat\": 41.2, \"lon\": -8.6},"
            + " \"lines\": [{\"sku\": \"TEE-M\", \"quantity\": 2, \"unit_price\": \"12.50\", \"tax\": 0}], \"shipping\": {\"price\": 0, \"tax\": 0},"
            + " \"payments\": [{\"method\": \"card\", \"amount\": \"25\", \"status\": \"authorized\"}]}";
    }

    /* what a BI tool asks of a schema before it shows anything */
    static void metadata(Connection c, String role) throws SQLException {
        DatabaseMetaData m = c.getMetaData();

        test("metadata, " + role + ": schemas and tables, each with its remark", () -> {
            List<String> schemas = column(rows(m.getSchemas()), "TABLE_SCHEM");
            yes(schemas.containsAll(List.of("oms", "oms_report")), "schemas " + schemas);
            for (String schema : new String[] {"oms", "oms_report"}) {
                List<Map<String, String>> tables = rows(m.getTables(null, schema, "%", new String[] {"TABLE", "VIEW", "PARTITIONED TABLE"}));
                is(String.valueOf(tables.size()), value(c, "SELECT count(*) FROM pg_class WHERE relnamespace = ?::regnamespace AND relkind IN ('r', 'v', 'p')", schema));
                for (Map<String, String> table : tables)
                    yes(table.get("REMARKS") != null, table.get("TABLE_NAME") + " has no remark");
            }
        });

        test("metadata, " + role + ": columns, their types, and remarks in reports", () -> {
            Set<Integer> plain = Set.of(Types.VARCHAR, Types.NUMERIC, Types.BIGINT, Types.INTEGER, Types.DOUBLE, Types.BIT, Types.DATE, Types.TIMESTAMP);
            for (Map<String, String> column : rows(m.getColumns(null, "oms_report", "%", "%")))
                yes(plain.contains(Integer.valueOf(column.get("DATA_TYPE"))), column.toString());
            Map<String, Map<String, String>> orders = new HashMap<>();
            for (Map<String, String> column : rows(m.getColumns(null, "oms", "orders", "%")))
                orders.put(column.get("COLUMN_NAME"), column);
            is(orders.get("order_id").get("DATA_TYPE"), String.valueOf(Types.BIGINT));
            is(orders.get("order_id").get("IS_NULLABLE"), "NO");
            is(orders.get("total").get("DATA_TYPE"), String.valueOf(Types.OTHER));
            is(orders.get("total").get("TYPE_NAME"), "\"oms\".\"amount\"");
            is(orders.get("status").get("TYPE_NAME"), "\"oms\".\"order_status\"");
            is(orders.get("customer_id").get("IS_NULLABLE"), "YES");
            yes(orders.get("base_rate").get("REMARKS") != null, "orders.base_rate has no remark");
            int n = rows(m.getColumns(null, "oms", "%", "%")).size();
            yes(n > 500, n + " columns");
        });

        test("metadata, " + role + ": each table has a primary key, and foreign keys lead both ways", () -> {
            for (String table : column(rows(m.getTables(null, "oms", "%", new String[] {"TABLE", "PARTITIONED TABLE"})), "TABLE_NAME")) {
                /* the driver takes columns that the index only carries along for part of the key */
                String key = value(c, "SELECT string_agg(attname, ', ' ORDER BY n) FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS k(attnum, n)"
                                      + " JOIN pg_attribute AS a USING (attnum) WHERE a.attrelid = conrelid AND contype = 'p' AND conrelid = ?::regclass", "oms." + table);
                yes(key != null && String.join(", ", column(rows(m.getPrimaryKeys(null, "oms", table)), "COLUMN_NAME")).startsWith(key), "the primary key of " + table);
                rows(m.getImportedKeys(null, "oms", table));
                rows(m.getExportedKeys(null, "oms", table));
                rows(m.getIndexInfo(null, "oms", table, false, true));
                rows(m.getBestRowIdentifier(null, "oms", table, DatabaseMetaData.bestRowSession, true));
            }
            is(column(rows(m.getPrimaryKeys(null, "oms", "order_lines")), "COLUMN_NAME"), List.of("order_id", "line_no"));
            yes(column(rows(m.getImportedKeys(null, "oms", "order_lines")), "PKTABLE_NAME").containsAll(List.of("orders", "skus")), "imported keys of order_lines");
            yes(column(rows(m.getExportedKeys(null, "oms", "orders")), "FKTABLE_NAME").containsAll(List.of("order_lines", "fulfillments", "payments")), "exported keys of orders");
            yes(column(rows(m.getIndexInfo(null, "oms", "orders", true, false)), "INDEX_NAME").contains("orders_pkey"), "indexes of orders");
        });

        test("metadata, " + role + ": types, functions and their parameters", () -> {
            yes(column(rows(m.getTypeInfo()), "TYPE_NAME").containsAll(List.of("amount", "quantity", "order_status")), "types");
            List<Map<String, String>> functions = rows(m.getFunctions(null, "oms", "%"));
            yes(functions.size() > 150, functions.size() + " functions");
            for (Map<String, String> function : functions)
                yes(function.get("REMARKS") != null, function.get("FUNCTION_NAME") + " has no remark");
            is(column(rows(m.getFunctionColumns(null, "oms", "place_order", "%")), "COLUMN_NAME").toString(), "[returnValue, document]");
            List<Map<String, String>> parameters = rows(m.getFunctionColumns(null, "oms", "receive_stock", "%"));
            is(column(parameters, "COLUMN_NAME").toString(), "[returnValue, sku, location, quantity, unit_cost, reference]");
            is(parameters.get(3).get("TYPE_NAME"), "\"oms\".\"quantity\"");
            rows(m.getFunctionColumns(null, "oms", "%", "%"));
            rows(m.getProcedures(null, "oms%", "%"));
            rows(m.getProcedureColumns(null, "oms%", "%", "%"));
            rows(m.getUDTs(null, "oms", "%", null));
            rows(m.getTablePrivileges(null, "oms", "orders"));
            rows(m.getColumnPrivileges(null, "oms", "orders", "%"));
        });
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection owner = connect("owner"); Connection reader = connect("reader");
             Connection application = connect("application", "prepareThreshold=1")) {
            metadata(owner, "owner");
            metadata(reader, "reader");
            reports(reader);
            orders(application);
            binary();
            procedure(owner);
            test("the books are right after that", () ->
                is(value(owner, "SELECT count(*) FROM oms.check_invariants()"), "0"));
        }
        System.out.println("1.." + number);
    }

    static void reports(Connection reader) {
        test("each view for reports is read, by its metadata, in pages, read only", () -> {
            reader.setReadOnly(true);
            reader.setAutoCommit(false);
            for (String view : column(rows(reader.getMetaData().getTables(null, "oms_report", "%", new String[] {"VIEW"})), "TABLE_NAME")) {
                try (Statement s = reader.createStatement()) {
                    s.setFetchSize(10);
                    ResultSet r = s.executeQuery("SELECT * FROM oms_report." + view);
                    ResultSetMetaData m = r.getMetaData();
                    for (int i = 1; i <= m.getColumnCount(); i++)
                        yes(!m.getColumnClassName(i).equals("java.lang.Object") && !m.getColumnClassName(i).contains("PG"),
                            view + "." + m.getColumnName(i) + " is a " + m.getColumnClassName(i));
                    for (int n = 0; n < 100 && r.next(); n++)
                        for (int i = 1; i <= m.getColumnCount(); i++)
                            r.getObject(i);
                }
                reader.commit();
            }
            reader.setAutoCommit(true);
            reader.setReadOnly(false);
        });
    }

    static void orders(Connection c) {
        test("a document is set as a text that is cast, or as a PGobject", () -> {
            String id = value(c, "SELECT oms.place_order(?::jsonb)", document("jdbc-1"));
            org.postgresql.util.PGobject object = new org.postgresql.util.PGobject();
            object.setType("jsonb");
            object.setValue(document("jdbc-1"));
            is(value(c, "SELECT oms.place_order(?)", object), id);
            yes(value(c, "SELECT oms.get_order(?)", Long.valueOf(id)).contains("\"jdbc-1\""), "the document");
        });

        test("an error has SQLSTATE, detail and hint", () -> {
            try {
                value(c, "SELECT oms.place_order(?::jsonb)", document("jdbc-2").replace("\"quantity\": 2", "\"quantity\": 99999").replace("\"25\"", "\"1\""));
                throw new AssertionError("not refused");
            } catch (org.postgresql.util.PSQLException e) {
                is(e.getSQLState(), "OM001");
                yes(e.getServerErrorMessage().getDetail().contains("asked 99999"), e.getServerErrorMessage().getDetail());
                yes(e.getServerErrorMessage().getHint() != null, "a hint");
            }
        });

        test("a batch of commands is done as a whole", () -> {
            c.setAutoCommit(false);
            String before = value(c, "SELECT oms.available('TEE-S', 'porto')");
            try (PreparedStatement s = c.prepareStatement("SELECT oms.receive_stock(?, ?, ?, ?::oms.amount)")) {
                for (int i = 1; i <= 20; i++) {
                    s.setString(1, "TEE-S");
                    s.setString(2, "porto");
                    s.setObject(3, i, Types.OTHER);
                    s.setString(4, "7.00 EUR");
                    s.addBatch();
                }
                is(s.executeBatch().length, 20);
            }
            is(new BigDecimal(value(c, "SELECT oms.available('TEE-S', 'porto')")), new BigDecimal(before).add(new BigDecimal(210)));
            c.rollback();
            is(value(c, "SELECT oms.available('TEE-S', 'porto')"), before);
            c.commit();
            c.setAutoCommit(true);
        });

        test("parameters of our types: a text that is cast, a number, Types.OTHER, an array", () -> {
            is(value(c, "SELECT ?::oms.amount + ?::oms.amount", "12.50 EUR", "0.50 EUR"), "13.00 EUR");
            is(value(c, "SELECT oms.amount(?, ?)", new BigDecimal("12.5"), "EUR"), "12.50 EUR");
            is(value(c, "SELECT ?::oms.quantity * 2", new BigDecimal("5.25")), "10.5");
            is(value(c, "SELECT count(*) FROM oms.orders WHERE reference = 'jdbc-1' AND status = ANY (?::oms.order_status[])",
                     c.createArrayOf("text", new String[] {"confirmed", "shipped"})), "1");
            try (PreparedStatement s = c.prepareStatement("SELECT count(*) FROM oms.orders WHERE reference = 'jdbc-1' AND status = ? AND total >= ?")) {
                s.setObject(1, "confirmed", Types.OTHER);
                s.setObject(2, "25 EUR", Types.OTHER);
                ResultSet r = s.executeQuery();
                r.next();
                is(r.getString(1), "1");
            }
        });

        test("texts without a type, by an option of the connection, need no cast", () -> {
            try (Connection untyped = connect("application", "stringtype=unspecified")) {
                value(untyped, "SELECT oms.place_order(?)", document("jdbc-1"));
                is(value(untyped, "SELECT count(*) FROM oms.orders WHERE reference = ? AND status = ? AND total = ?", "jdbc-1", "confirmed", "25 EUR"), "1");
            }
        });

        test("a function is called by the escape of JDBC", () -> {
            try (CallableStatement s = c.prepareCall("{? = call oms.find_order(?, ?)}")) {
                s.registerOutParameter(1, Types.BIGINT);
                s.setString(2, "web");
                s.setString(3, "jdbc-1");
                s.execute();
                yes(s.getLong(1) > 0, "an order");
            }
        });
    }

    static void binary() throws SQLException {
        /* prepared at the server at once, and all that the driver can read so in binary form */
        try (Connection c = connect("application", "prepareThreshold=-1", "binaryTransfer=true");
             Connection reader = connect("reader", "prepareThreshold=-1")) {
            test("our types are right where others come in binary form", () -> {
                for (int i = 0; i < 12; i++)
                    try (PreparedStatement s = c.prepareStatement("SELECT total, status, total::numeric, quantity, o.order_id, placed_at, o.metadata, ARRAY[total], ARRAY[status]"
                             + " FROM oms.orders AS o JOIN oms.order_lines AS l USING (order_id, total) WHERE reference = ? AND total >= ?::oms.amount")) {
                        s.setString(1, "jdbc-1");
                        s.setString(2, "0.01 EUR");
                        ResultSet r = s.executeQuery();
                        yes(r.next(), "a row");
                        is(r.getString(1), "25.00 EUR");
                        is(r.getObject(1).toString(), "25.00 EUR");
                        is(r.getString(2), "confirmed");
                        is(r.getBigDecimal(3), new BigDecimal("25.00"));
                        is(r.getBigDecimal(4), new BigDecimal("2"));
                        yes(r.getLong(5) > 0, "an order");
                        yes(r.getTimestamp(6) != null, "a time");
                        is(r.getArray(8).toString(), "{\"25.00 EUR\"}");
                        is(r.getArray(9).toString(), "{confirmed}");
                    }
            });
            test("all tables are read, by ten executions each of a prepared statement", () -> {
                for (String table : column(rows(reader.getMetaData().getTables(null, "oms", "%", new String[] {"TABLE", "VIEW"})), "TABLE_NAME")) {
                    if (table.equals("stored_value_accounts"))
                        continue;
                    try (PreparedStatement s = reader.prepareStatement("SELECT * FROM oms." + table + " LIMIT 10")) {
                        for (int n = 0; n < 10; n++) {
                            ResultSet r = s.executeQuery();
                            while (r.next())
                                for (int i = 1; i <= r.getMetaData().getColumnCount(); i++)
                                    r.getObject(i);
                        }
                    } catch (SQLException e) {
                        throw new AssertionError(table + ": " + e.getMessage());
                    }
                }
            });
        }
    }

    static void procedure(Connection owner) {
        test("a procedure is called", () -> {
            try (CallableStatement s = owner.prepareCall("CALL oms.run_job_batches(?, ?)")) {
                s.setString(1, "wake_consumers");
                s.setObject(2, null, Types.OTHER);
                s.registerOutParameter(2, Types.OTHER);
                s.execute();
                yes(s.getObject(2).toString().startsWith("{"), "what was done");
            }
        });
    }
}
