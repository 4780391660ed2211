// PostgreSQL's JDBC driver, and Amazon's in tests/suites: what it asks at its start, parameters, batches, portions, metadata, transactions, types,
// large results, errors, cancel.

import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

public class Smoke {
    private static final String BLOCK = "select count(*) from d a, d b, d c, d e, d f, d g, d h, d i, d j, d k, d l, d m, d o, d p, d q "
        + "where a.n + b.n + c.n + q.n = 0";

    public static void main(String[] arguments) throws Exception {
        String address = arguments.length > 0 ? arguments[0]
            : "jdbc:redshift://" + System.getenv("REDSHIFT_TEST_HOST") + ":" + System.getenv("REDSHIFT_TEST_PORT") + "/dev?user=admin&password=any&ssl=false";
        try (Connection connection = DriverManager.getConnection(address)) {
            values(connection);
            batches(connection);
            portions(connection);
            metadata(connection);
            if (connection.getMetaData().getDriverName().startsWith("PostgreSQL")) {
                keysAndRoutines(connection);
            }
            transactions(connection);
            allTypes(connection);
            largeResults(connection);
            errors(connection);
            cancel(connection);
            cancelFromAnotherThread(connection);
        }
        System.out.println("all well");
    }

    static void same(Object wanted, Object got) {
        if (!Objects.equals(wanted, got)) {
            throw new AssertionError("wanted " + wanted + ", got " + got);
        }
    }

    static void values(Connection connection) throws SQLException {
        String sql = "select ?::int, ?::bigint, ?::varchar(10), ?::decimal(8,2), ?::date, ?::boolean, null::timestamp";
        // More than five runs, so that the driver names the statement and asks for binary results.
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int run = 0; run < 8; run++) {
                statement.setInt(1, run);
                statement.setLong(2, 1L << 40);
                statement.setString(3, "it's");
                statement.setBigDecimal(4, new BigDecimal("1.5"));
                statement.setDate(5, java.sql.Date.valueOf("2020-02-29"));
                statement.setBoolean(6, true);
                try (ResultSet rows = statement.executeQuery()) {
                    same(true, rows.next());
                    same(run, rows.getInt(1));
                    same(1L << 40, rows.getLong(2));
                    same("it's", rows.getString(3));
                    same(new BigDecimal("1.50"), rows.getBigDecimal(4));
                    same("2020-02-29", rows.getDate(5).toString());
                    same(true, rows.getBoolean(6));
                    same(null, rows.getTimestamp(7));
                    same(false, rows.next());
                    same(8, rows.getMetaData().getPrecision(4));
                    same(2, rows.getMetaData().getScale(4));
                    same(10, rows.getMetaData().getPrecision(3));
                }
            }
        }
    }

    static void batches(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table batch (i int, t varchar(10))");
        }
        try (PreparedStatement insert = connection.prepareStatement("insert into batch values (?, ?)")) {
            for (int i = 0; i < 40; i++) {
                insert.setInt(1, i);
                insert.setString(2, "t" + i);
                insert.addBatch();
            }
            same(40, Arrays.stream(insert.executeBatch()).sum());
        }
    }

    static void portions(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(7);
            try (ResultSet rows = statement.executeQuery("select i from batch order by i")) {
                for (int i = 0; i < 40; i++) {
                    same(true, rows.next());
                    same(i, rows.getInt(1));
                }
                same(false, rows.next());
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    static void metadata(Connection connection) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        same("8.0.2", metadata.getDatabaseProductVersion());
        try (ResultSet tables = metadata.getTables(null, "public", "batch", null)) {
            same(true, tables.next());
            same("TABLE", tables.getString("TABLE_TYPE"));
            same(false, tables.next());
        }
        List<String> columns = new ArrayList<>();
        try (ResultSet rows = metadata.getColumns(null, "public", "batch", "%")) {
            while (rows.next()) {
                columns.add(rows.getString("COLUMN_NAME") + " " + rows.getString("TYPE_NAME") + " " + rows.getInt("COLUMN_SIZE"));
            }
        }
        same(List.of("i int4 10", "t varchar 10"), columns);
    }

    /** The rows of a result, with some of its columns in each, joined by blanks. */
    static List<String> rows(ResultSet result, String... columns) throws SQLException {
        List<String> found = new ArrayList<>();
        try (result) {
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (String column : columns) {
                    row.add(result.getString(column));
                }
                found.add(String.join(" ", row));
            }
        }
        return found;
    }

    static void keysAndRoutines(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create schema meta");
            statement.execute("create table meta.parent (id int not null primary key, code varchar(5) unique)");
            statement.execute("create table meta.child (id int, parent int references meta.parent (id))");
            statement.execute("create view meta.names as select id from meta.parent");
            statement.execute("create function meta.plus(int, int) returns int immutable as $$ select $1 + $2 $$ language sql");
            statement.execute("grant select on meta.parent to public");
        }
        DatabaseMetaData metadata = connection.getMetaData();
        same(List.of("meta"), rows(metadata.getSchemas(null, "meta"), "TABLE_SCHEM"));
        same(
            List.of("child TABLE", "parent TABLE", "names VIEW"),
            rows(metadata.getTables(null, "meta", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE"));
        // It asks with a function that PostgreSQL 8.0 and Redshift do not have (npgsql issue 651).
        try {
            metadata.getPrimaryKeys(null, "meta", "parent");
            throw new AssertionError("Redshift has no _pg_expandarray");
        } catch (SQLException error) {
            same("42883", error.getSQLState());
        }
        String[] ends = {"PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME"};
        same(List.of("parent id child parent"), rows(metadata.getImportedKeys(null, "meta", "child"), ends));
        same(List.of("parent id child parent"), rows(metadata.getExportedKeys(null, "meta", "parent"), ends));
        same(List.of("plus"), rows(metadata.getProcedures(null, "meta", "%"), "PROCEDURE_NAME"));
        same(
            List.of("SELECT PUBLIC"),
            rows(metadata.getTablePrivileges(null, "meta", "parent"), "PRIVILEGE", "GRANTEE").stream()
                .filter(row -> row.endsWith("PUBLIC")).toList());
    }

    static void transactions(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table moved (i int)");
            connection.setAutoCommit(false);
            statement.execute("insert into moved values (1)");
            connection.rollback();
            statement.execute("insert into moved values (2)");
            connection.commit();
            connection.setAutoCommit(true);
            same(List.of("2"), rows(statement.executeQuery("select i from moved"), "i"));
        }
    }

    static void allTypes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create temp table kinds (i2 smallint, i8 bigint, n decimal(18,4), f4 real, f8 float8, l bool, c char(5),"
                + " v varchar(20), d date, t time, at timestamp, atz timestamptz)");
        }
        // More than five runs, so that the driver asks for binary results.
        for (int run = 0; run < 7; run++) {
            try (PreparedStatement insert = connection.prepareStatement("insert into kinds values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
                insert.setShort(1, Short.MIN_VALUE);
                insert.setLong(2, Long.MIN_VALUE);
                insert.setBigDecimal(3, new BigDecimal("-99999999999999.9999"));
                insert.setFloat(4, 0.5f);
                insert.setDouble(5, -1.25e300);
                insert.setBoolean(6, false);
                insert.setString(7, "ab");
                insert.setString(8, "d\u00e9j\u00e0 'vu'");
                insert.setDate(9, java.sql.Date.valueOf("1900-02-28"));
                insert.setObject(10, java.time.LocalTime.of(23, 59, 59, 500_000_000));
                insert.setTimestamp(11, java.sql.Timestamp.valueOf("2020-02-29 01:02:03.456789"));
                insert.setObject(12, java.time.OffsetDateTime.parse("2000-01-01T12:00:00Z"));
                same(1, insert.executeUpdate());
            }
        }
        try (PreparedStatement select = connection.prepareStatement("select * from kinds where i2 < ?")) {
            for (int run = 0; run < 7; run++) {
                select.setInt(1, 0);
                try (ResultSet row = select.executeQuery()) {
                    same(true, row.next());
                    same(Short.MIN_VALUE, row.getShort(1));
                    same(Long.MIN_VALUE, row.getLong(2));
                    same(new BigDecimal("-99999999999999.9999"), row.getBigDecimal(3));
                    same(0.5f, row.getFloat(4));
                    same(-1.25e300, row.getDouble(5));
                    same(false, row.getBoolean(6));
                    same("ab   ", row.getString(7));
                    same("d\u00e9j\u00e0 'vu'", row.getString(8));
                    same("1900-02-28", row.getDate(9).toString());
                    same(java.time.LocalTime.of(23, 59, 59, 500_000_000), row.getObject(10, java.time.LocalTime.class));
                    same(java.sql.Timestamp.valueOf("2020-02-29 01:02:03.456789"), row.getTimestamp(11));
                    same(java.time.Instant.parse("2000-01-01T12:00:00Z"), row.getObject(12, java.time.OffsetDateTime.class).toInstant());
                }
            }
        }
    }

    static void largeResults(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create temp table digits as select 0 as n union all select 1 union all select 2 union all select 3 union all"
                + " select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9");
            long sum = 0;
            try (ResultSet rows = statement.executeQuery("select a.n * 1000 + b.n * 100 + c.n * 10 + d.n"
                + " from digits a, digits b, digits c, digits d, digits e where e.n < 5")) {
                while (rows.next()) {
                    sum += rows.getInt(1);
                }
            }
            same(5L * 9999 * 10000 / 2, sum);
        }
    }

    static void errors(Connection connection) throws SQLException {
        String[][] failures = {
            {"select 1 frm t", "42601"}, {"select nothing", "42703"}, {"select 1 / 0", "22012"}, {"select 'x'::int", "22P02"},
            {"select * from nothing", "42P01"}, {"select nothing(1)", "42883"}, {"drop schema nothing", "3F000"},
        };
        for (String[] failure : failures) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(failure[0]);
                throw new AssertionError(failure[0]);
            } catch (SQLException error) {
                same(failure[1], error.getSQLState());
            }
        }
    }

    /** `Statement.cancel` from another thread, as soon as the statement runs; the session goes on. */
    static void cancelFromAnotherThread(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement();
            Connection other = DriverManager.getConnection(connection.getMetaData().getURL(), "admin", "any");
            Statement asking = other.createStatement()) {
            Thread stopper = new Thread(() -> {
                try {
                    String running = "select 1 from stv_inflight where text like 'select count%' and pid <> pg_backend_pid()";
                    while (rows(asking.executeQuery(running)).isEmpty()) {
                        Thread.onSpinWait();
                    }
                    statement.cancel();
                } catch (SQLException error) {
                    throw new AssertionError(error);
                }
            });
            stopper.start();
            try {
                statement.executeQuery(BLOCK);
                throw new AssertionError("it should have been canceled");
            } catch (SQLException error) {
                same("57014", error.getSQLState());
            }
            stopper.join();
        }
        try (Statement statement = connection.createStatement()) {
            same(List.of("1"), rows(statement.executeQuery("select 1 as one"), "one"));
        }
    }

    static void cancel(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table d as select 1 as n union all select 2 union all select 3 union all select 4 union all select 5");
            statement.setQueryTimeout(1);
            statement.executeQuery(BLOCK);
            throw new AssertionError("it should have been canceled");
        } catch (SQLException error) {
            same("57014", error.getSQLState());
        }
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("select 1")) {
            same(true, rows.next());
        }
    }
}
