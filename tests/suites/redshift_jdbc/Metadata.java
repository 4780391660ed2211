// Amazon's JDBC driver: connecting with and without TLS, and all of DatabaseMetaData that asks the server. It runs twice, once as
// the driver is, and once as its versions before SHOW DISCOVERY ask: what comes back has to be the same.

import java.sql.*;
import java.util.*;

public class Metadata {
    private static final String[] TABLES = {
        "drop schema if exists meta cascade",
        "create schema meta",
        "create table meta.parent (id int not null, line smallint not null, code varchar(5) unique, primary key (id, line))",
        "create table meta.child (id int identity(1,1), parent int, line smallint, amount decimal(8,2) default 1.5 encode az64, at timestamp,"
            + " atz timestamptz, s super, l bool, d date, t time, f4 real, f8 float8, c char(3), i8 bigint, v varchar(20) not null,"
            + " foreign key (parent, line) references meta.parent (id, line)) distkey (parent) sortkey (at)",
        "create view meta.names as select id, code from meta.parent",
        "create view meta.late as select id from meta.parent with no schema binding",
        "create function meta.plus(int, int) returns bigint immutable as $$ select ($1 + $2)::bigint $$ language sql",
        "create procedure meta.twice(n int, result inout decimal(8,2)) as $$ begin result := n * 2; end $$ language plpgsql",
        "grant select on meta.parent to public",
        "grant update (amount) on meta.child to public",
        "comment on table meta.child is 'theirs'",
        "comment on column meta.child.amount is 'how much'",
    };

    public static void main(String[] arguments) throws Exception {
        boolean shows = arguments[0].equals("show");
        String address = "jdbc:redshift://" + System.getenv("REDSHIFT_TEST_HOST") + ":" + System.getenv("REDSHIFT_TEST_PORT") + "/dev?user=admin&password=any";
        try (Connection connection = DriverManager.getConnection(address + "&ssl=true&sslmode=verify-ca&sslrootcert=" + System.getenv("SSL_CERT_FILE"))) {
            same(true, connection.isValid(10));
        }
        try (Connection connection = DriverManager.getConnection(address + "&ssl=false"); Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                statement.execute(table);
            }
            server(connection);
            names(connection.getMetaData(), shows);
            columns(connection.getMetaData(), shows);
            keys(connection.getMetaData());
            privileges(connection.getMetaData());
            routines(connection.getMetaData(), shows);
            session(connection);
        }
        System.out.println("all well");
    }

    static void same(Object wanted, Object got) {
        if (!Objects.equals(wanted, got)) {
            throw new AssertionError("wanted " + wanted + "\n   got " + got);
        }
    }

    /** The rows of a result in order, with some of its columns in each, joined by blanks. */
    static List<String> rows(ResultSet result, String... columns) throws SQLException {
        List<String> found = new ArrayList<>();
        try (result) {
            while (result.next()) {
                StringJoiner row = new StringJoiner(" ");
                for (String column : columns) {
                    row.add(result.getString(column));
                }
                found.add(row.toString());
            }
        }
        Collections.sort(found);
        return found;
    }

    static void server(Connection connection) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        same("Redshift 8.0.2 admin", metadata.getDatabaseProductName() + " " + metadata.getDatabaseProductVersion() + " " + metadata.getUserName());
        same("dev public", connection.getCatalog() + " " + connection.getSchema());
        same(List.of("dev"), rows(metadata.getCatalogs(), "TABLE_CAT"));
        same(true, rows(metadata.getTableTypes(), "TABLE_TYPE").containsAll(List.of("TABLE", "VIEW", "EXTERNAL TABLE")));
        same(true, rows(metadata.getTypeInfo(), "TYPE_NAME").containsAll(List.of("int4", "varchar", "numeric", "super", "timestamptz")));
    }

    static void names(DatabaseMetaData metadata, boolean shows) throws SQLException {
        same(List.of("meta dev"), rows(metadata.getSchemas(null, "met_"), "TABLE_SCHEM", "TABLE_CATALOG"));
        same(
            List.of("dev child TABLE theirs", "dev late VIEW null", "dev names VIEW null", "dev parent TABLE null"),
            rows(metadata.getTables(null, "meta", "%", new String[] {"TABLE", "VIEW"}), "TABLE_CAT", "TABLE_NAME", "TABLE_TYPE", "REMARKS"));
        same(List.of("names"), rows(metadata.getTables("dev", "meta", "nam%", null), "TABLE_NAME"));
        same(List.of(), rows(metadata.getTables(null, "nothing", "%", null), "TABLE_NAME"));
        if (shows) {
            same(
                List.of("child REGULAR TABLE KEY (parent)", "late LATE BINDING VIEW null", "names REGULAR VIEW null"),
                rows(metadata.getTables(null, "meta", "%", null), "TABLE_NAME", "TABLE_SUBTYPE", "DIST_STYLE").subList(0, 3));
        }
    }

    static void columns(DatabaseMetaData metadata, boolean shows) throws SQLException {
        String[] wanted = {"COLUMN_NAME", "TYPE_NAME", "DATA_TYPE", "NULLABLE", "ORDINAL_POSITION", "IS_AUTOINCREMENT"};
        same(
            List.of(
                "amount numeric 2 1 4 NO", "at timestamp 93 1 5 NO", "atz timestamptz 2014 1 6 NO", "c char 1 1 13 NO", "d date 91 1 9 NO",
                "f4 float4 7 1 11 NO", "f8 float8 8 1 12 NO", "i8 int8 -5 1 14 NO",
                // The older queries have another type for SUPER, and mean GENERATED BY DEFAULT.
                shows ? "id int4 4 0 1 YES" : "id int4 4 0 1 NO", "l bool -7 1 8 NO", "line int2 5 1 3 NO",
                "parent int4 4 1 2 NO", shows ? "s super -1 1 7 NO" : "s super -16 1 7 NO", "t time 92 1 10 NO", "v varchar 12 0 15 NO"),
            rows(metadata.getColumns(null, "meta", "child", "%"), wanted).stream().map(row -> row.replace(" bpchar ", " char ")).toList());
        same(List.of("amount 8 2 1.5 how much"), rows(metadata.getColumns(null, "meta", "child", "am%"), "COLUMN_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "COLUMN_DEF", "REMARKS"));
        same(List.of("v 20"), rows(metadata.getColumns(null, "meta", "child", "v"), "COLUMN_NAME", "COLUMN_SIZE"));
        same(List.of("code varchar", "id int4"), rows(metadata.getColumns(null, "meta", "names", null), "COLUMN_NAME", "TYPE_NAME"));
        same(List.of("id int4"), rows(metadata.getColumns(null, "meta", "late", null), "COLUMN_NAME", "TYPE_NAME"));
    }

    static void keys(DatabaseMetaData metadata) throws SQLException {
        same(List.of("parent id 1", "parent line 2"), rows(metadata.getPrimaryKeys(null, "meta", "parent"), "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ"));
        String[] ends = {"PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ"};
        List<String> pairs = List.of("parent id child parent 1", "parent line child line 2");
        same(pairs, rows(metadata.getImportedKeys(null, "meta", "child"), ends));
        same(pairs, rows(metadata.getExportedKeys(null, "meta", "parent"), ends));
        same(pairs, rows(metadata.getCrossReference(null, "meta", "parent", null, "meta", "child"), ends));
        same(List.of("id int4", "line int2"), rows(metadata.getBestRowIdentifier(null, "meta", "parent", 0, true), "COLUMN_NAME", "TYPE_NAME"));
        same(List.of(), rows(metadata.getIndexInfo(null, "meta", "parent", false, true), "INDEX_NAME"));
    }

    static void privileges(DatabaseMetaData metadata) throws SQLException {
        String[] wanted = {"PRIVILEGE", "GRANTEE", "IS_GRANTABLE"};
        List<String> found = rows(metadata.getTablePrivileges(null, "meta", "parent"), wanted);
        same(List.of("SELECT public NO"), found.stream().map(row -> row.replace("PUBLIC", "public")).filter(row -> row.contains("public")).toList());
        same(true, rows(metadata.getColumnPrivileges(null, "meta", "child", "amount"), "COLUMN_NAME", "GRANTOR").contains("amount admin"));
    }

    static void routines(DatabaseMetaData metadata, boolean shows) throws SQLException {
        same(true, rows(metadata.getProcedures(null, "meta", "tw%"), "PROCEDURE_NAME", "PROCEDURE_SCHEM").contains("twice meta"));
        same(List.of("plus meta"), rows(metadata.getFunctions(null, "meta", "%"), "FUNCTION_NAME", "FUNCTION_SCHEM"));
        // 1 goes in, 2 goes in and comes out. Older versions also list what the procedure returns, which has no name.
        List<String> columns = rows(metadata.getProcedureColumns(null, "meta", "twice", "%"), "COLUMN_NAME", "TYPE_NAME", "COLUMN_TYPE");
        same(
            List.of(shows ? "n int4 1" : "n integer 1", "result numeric 2"),
            columns.stream().filter(row -> !row.startsWith(" ")).toList());
        if (!shows) {
            // Parameters of functions in SQL have no names, and older versions take the positions of what has names.
            return;
        }
        // The result is the column 0.
        same(List.of("0 int8", "1 int4", "2 int4"), rows(metadata.getFunctionColumns(null, "meta", "plus", "%"), "ORDINAL_POSITION", "TYPE_NAME"));
    }

    static void session(Connection connection) throws SQLException {
        connection.setReadOnly(true);
        connection.setReadOnly(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        connection.setSchema("meta");
        same("meta", connection.getSchema());
        connection.setClientInfo("ApplicationName", "a tool");
        same("a tool", connection.getClientInfo("ApplicationName"));
    }
}
