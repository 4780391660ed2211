// PostgreSQL's JDBC driver: what it asks at its start, parameters, batches, portions, metadata, errors, cancel.

import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

public class Smoke {
    private static final String BLOCK = "select count(*) from d a, d b, d c, d e, d f, d g, d h, d i, d j, d k, d l, d m, d o, d p, d q "
        + "where a.n + b.n + c.n + q.n = 0";

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            values(connection);
            batches(connection);
            portions(connection);
            metadata(connection);
            errors(connection);
            cancel(connection);
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

    static void errors(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("select * from nothing");
            throw new AssertionError("there is no such table");
        } catch (SQLException error) {
            same("42P01", error.getSQLState());
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
