//! Queries as drivers and tools send them to the catalog: Postgres' syntax that Redshift understands.

use redshift_sql_dialect::{ast::Statement, parse, parse_query};

use crate::support::statement;

/// In the manner of psql's backslash commands, JDBC, ODBC and SQLAlchemy.
const CATALOG_QUERIES: &[&str] = &[
    r#"SELECT n.nspname AS "Schema", c.relname AS "Name",
         CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' END AS "Type"
       FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'v', '') AND n.nspname !~ '^pg_toast' AND pg_catalog.pg_table_is_visible(c.oid)
       ORDER BY 1, 2"#,
    r#"SELECT c.oid FROM pg_catalog.pg_class c
       WHERE c.relname OPERATOR(pg_catalog.~) '^(t1)$' COLLATE pg_catalog.default ORDER BY 2, 3"#,
    r#"SELECT pg_catalog.array_to_string(d.datacl, E'\n') AS "Access privileges",
         pg_catalog.array_to_string(ARRAY(SELECT x.a FROM x ORDER BY 1), ', ') FROM pg_catalog.pg_database d"#,
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
         FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef)
       FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = '123'::pg_catalog.regclass::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped",
    r#"SELECT 't' = ANY (ARRAY['t', 'u']) , c.relacl::text[], c.relkind::"char", '{}'::name[] FROM pg_class c"#,
    "SELECT * FROM (SELECT i, (c.conkey)[i] AS k, c.confkey[1] FROM pg_constraint c, generate_series(1, 10) i) s
       WHERE (s.i, s.k) = (1, 2)",
    "SELECT NULL AS table_cat, current_schema() AS s, t.typname, -1::int4 FROM pg_type t
       JOIN pg_namespace USING (typnamespace) WHERE t.typtype <> 'c' AND t.typname NOT LIKE '\\\\_%' ESCAPE '\\\\'",
    "select distinct schema_name::varchar(128), nullif(remarks, '') from svv_all_columns
       where database_name = current_database() and table_name like 'a\\\\_b' order by schema_name nulls first",
    "SELECT oid, typname FROM pg_type WHERE oid = $1",
];

#[test]
fn catalog_queries_parse_and_print() {
    for sql in CATALOG_QUERIES {
        let Statement::Query(query) = statement(sql) else { panic!("{sql}") };
        assert_eq!(parse_query(&query.to_string()).expect(sql), *query, "{sql}");
    }
}

#[test]
fn what_drivers_say_on_connecting_parses() {
    for sql in [
        "SET extra_float_digits = 2",
        "SET application_name = 'PostgreSQL JDBC Driver'",
        "set client_encoding to 'UTF8'",
        "SET DateStyle=ISO; SET search_path TO a, public; show transaction_isolation",
        "SHOW TRANSACTION ISOLATION LEVEL",
        "BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ WRITE",
        "DEALLOCATE \"_PLAN0x1\"",
        "DECLARE \"c\" CURSOR WITHOUT HOLD FOR SELECT 1",
        "FETCH FORWARD 100 FROM \"c\"; CLOSE \"c\"",
        "/* a tool's comment */ select 1; -- end",
    ] {
        assert!(parse(sql).is_ok(), "{sql}: {:?}", parse(sql));
    }
}

#[test]
fn everyday_statements_parse_and_print() {
    for parsed in redshift_sql_dialect::parse(include_str!("../everyday.sql")).expect("all of it parses") {
        crate::support::assert_printed_parses_back(&parsed.statement);
    }
}
