//! What Redshift refuses and Postgres has.

use crate::support::{assert_error, assert_syntax_error, error};

/// Statement, message, what the hint names, where.
#[track_caller]
fn assert_refused(cases: &[(&str, &str, &str, &str)]) {
    for (sql, message, hint, place) in cases {
        assert_error(sql, "0A000", message, place);
        let error = error(sql);
        assert!(error.hint().unwrap_or_default().contains(hint), "{sql}: {:?}", error.hint());
    }
}

/// Developer guide, "Unsupported PostgreSQL features".
#[test]
fn postgres_only_commands() {
    assert_refused(&[
        ("create index i on t (a)", "CREATE INDEX is not supported", "SORTKEY", "create"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE UNIQUE INDEX is not supported", "SORTKEY", "CREATE"),
        ("create sequence s", "CREATE SEQUENCE is not supported", "IDENTITY", "create"),
        ("create trigger t after insert on u", "CREATE TRIGGER is not supported", "procedures", "create"),
        ("create extension hstore", "CREATE EXTENSION is not supported", "functions", "create"),
        ("create type mood as enum ('sad')", "CREATE TYPE is not supported", "SUPER", "create"),
        ("create type r as range (subtype = int)", "CREATE TYPE is not supported", "SUPER", "create"),
        ("create tablespace x location '/x'", "CREATE TABLESPACE is not supported", "storage", "create"),
        ("rollback to savepoint a", "ROLLBACK TO SAVEPOINT is not supported", "ROLLBACK", "to"),
        ("drop index i", "DROP INDEX is not supported", "SORTKEY", "drop"),
        ("create or replace rule r as on insert to t do nothing", "CREATE RULE is not supported", "views", "create"),
    ]);
}

#[test]
fn postgres_only_clauses() {
    assert_refused(&[
        ("insert into t values (1) on conflict do nothing", "INSERT ... ON CONFLICT is not supported", "MERGE", "on"),
        ("insert into t values (1) returning a", "RETURNING is not supported", "SELECT", "returning"),
        ("update t set a = 1 returning a", "RETURNING is not supported", "SELECT", "returning"),
        ("delete from t returning a", "RETURNING is not supported", "SELECT", "returning"),
        ("select distinct on (a) b from t", "SELECT DISTINCT ON is not supported", "QUALIFY", "distinct"),
        ("select count(*) filter (where a) from t", "FILTER is not supported", "CASE", "filter"),
        ("select * from a, lateral (select 1) b", "LATERAL is not supported", "", "lateral"),
        ("values (1, 2)", "VALUES lists as constant tables are not supported", "UNION ALL", "values"),
        ("select * from (values (1)) t", "VALUES lists as constant tables are not supported", "UNION ALL", "values"),
        ("select a is distinct from b", "IS DISTINCT FROM is not supported", "IS NULL", "is"),
        ("select * from t for update", "SELECT FOR UPDATE is not supported", "LOCK", "for"),
        ("copy t from stdin", "COPY FROM STDIN is not supported", "s3://", "stdin"),
        ("copy t to 's3://b/k'", "COPY TO is not supported", "UNLOAD", "to"),
    ]);
}

#[test]
fn tables_as_only_postgres_has_them() {
    assert_refused(&[
        ("create table t (a serial)", "type \"serial\" is not supported", "IDENTITY", "serial"),
        ("create table t (a bigserial)", "type \"bigserial\" is not supported", "IDENTITY", "bigserial"),
        ("create table t (a int[])", "Array columns are not supported", "SUPER", "int[]"),
        ("create table t (a int array)", "Array columns are not supported", "SUPER", "int"),
        ("create table t (a int check (a > 0))", "CHECK constraints are not supported", "NOT NULL", "check"),
        ("create table t (a int, check (a > 0))", "CHECK constraints are not supported", "NOT NULL", "check"),
        (
            "create table t (a int, exclude using gist (a with =))",
            "Exclusion constraints are not supported",
            "",
            "exclude",
        ),
        (
            "create table t (a int) partition by range (a)",
            "Table partitioning is not supported",
            "DISTKEY",
            "partition",
        ),
        ("create table t (a int) tablespace x", "Tablespaces are not supported", "", "tablespace"),
        ("create table t (a int) inherits (u)", "Table inheritance is not supported", "", "inherits"),
        (
            "create table t (a int references u on delete cascade)",
            "Actions of foreign keys are not supported",
            "informational",
            "on",
        ),
    ]);
}

#[test]
fn what_is_no_command_is_a_syntax_error() {
    assert_syntax_error("selct 1", "selct");
    assert_syntax_error("create tabel t (a int)", "tabel");
    assert_syntax_error("drop tabel t", "tabel");
    assert_syntax_error("create or replace table t (a int)", "table");
    assert_syntax_error("1", "1");
    assert_syntax_error("select 1 1", "1");
}
