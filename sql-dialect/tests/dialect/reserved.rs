//! Which words are names without quotes: developer guide, "Reserved words".

use redshift_sql_dialect::{parse, reserved::RESERVED_WORDS};

use crate::support::{assert_syntax_error, error, statement};

/// TIMESTAMP is on the guide's list, and yet columns of system tables have that name and are asked for without quotes.
const NEVERTHELESS: &str = "timestamp";

/// Statements in which `{}` is a name.
const NAMES: &[&str] = &[
    "create table {} (a int)",
    "create table s.t ({} int)",
    "create table t (a int, {} int)",
    "create temp table {} as select 1",
    "create view {} as select 1",
    "create view v ({}) as select 1",
    "create materialized view {} as select 1",
    "create schema {}",
    "create database {}",
    "create user {} password disable",
    "create group {}",
    "create role {}",
    "create function {}(int) returns int stable as $$ select 1 $$ language sql",
    "create procedure {}() as $$ begin end $$ language plpgsql",
    "drop table {}",
    "drop schema {}",
    "alter table t rename to {}",
    "alter table t rename column a to {}",
    "alter table t add column {} int",
    "alter table t drop column {}",
    "alter table t add constraint {} unique (a)",
    "insert into {} values (1)",
    "insert into t ({}) values (1)",
    "update {} set a = 1",
    "update t set {} = 1",
    "delete from {}",
    "copy {} from 's3://b/k' iam_role default",
    "copy t ({}) from 's3://b/k' iam_role default",
    "comment on table {} is 'x'",
    "truncate table {}",
    "with {} as (select 1) select 1",
    "with x ({}) as (select 1) select 1",
    "select a from {}",
    "select a from u as {}",
    "select a from u {}",
    "select a from (select 1) {}",
    "select a from (select 1) as {} where true",
    "select a from u as x ({})",
    "select a from u join v using ({})",
    "prepare {} as select 1",
    "declare {} cursor for select 1",
    "set {} to 1",
];

/// What is a name in the guide, or the beginning of something else: OID is a column of common table expressions that drivers
/// send, ARRAY an item of FROM, LIKE the beginning of another table's columns; `TRUNCATE TABLE TABLE` has no name.
const OTHERWISE: &[(&str, &str)] = &[
    ("oid", "with x ({}) as (select 1) select 1"),
    ("array", "select a from {}"),
    ("array", "select a from u as {}"),
    ("array", "select a from (select 1) as {} where true"),
    ("like", "create table t (a int, {} int)"),
    ("like", "create table s.t ({} int)"),
];

#[test]
fn reserved_words_are_no_names() {
    for word in RESERVED_WORDS.iter().filter(|word| **word != NEVERTHELESS) {
        for pattern in NAMES.iter().filter(|pattern| !OTHERWISE.contains(&(*word, **pattern))) {
            for written in [(*word).to_owned(), word.to_uppercase()] {
                let sql = pattern.replace("{}", &written);
                assert!(parse(&sql).is_err(), "{sql}");
            }
        }
        // Where nothing but a name can stand, the error is there.
        for sql in [
            format!("create table {word} (a int)"),
            format!("drop table {word}"),
            format!("alter table t rename to {word}"),
            format!("create view {} as select 1", word.to_uppercase()),
            format!("insert into {word} values (1)"),
        ] {
            let error = error(&sql);
            let position = error.position().expect("a position") as usize;
            assert_eq!(error.sqlstate().0, "42601", "{sql}");
            assert!(sql[position..].to_lowercase().starts_with(word), "{sql}: {error} at {:?}", &sql[position..]);
        }
    }
}

/// Behind a column's expression without AS, too, except where they are operators.
#[test]
fn reserved_words_are_no_aliases_without_as() {
    for word in RESERVED_WORDS.iter().filter(|word| !["isnull", "notnull"].contains(word)) {
        let sql = format!("select a {word} from t");
        assert!(parse(&sql).is_err(), "{sql}");
    }
}

#[test]
fn quoted_they_are_names() {
    for word in RESERVED_WORDS {
        for pattern in NAMES {
            statement(&pattern.replace("{}", &format!("\"{word}\"")));
        }
        statement(&format!("select \"{word}\" \"{word}\" from \"{word}\" \"{word}\""));
        statement(&format!("select \"{word}\".\"{word}\" as {word} from \"{word}\" as \"{word}\""));
        statement(&format!("update \"{word}\" set \"{word}\" = 1 where \"{word}\" = 2"));
    }
}

/// Behind AS in a select list and behind a dot any word is a name.
#[test]
fn reserved_words_are_names_where_nothing_else_can_stand() {
    for word in RESERVED_WORDS {
        statement(&format!("select 1 as {word}, t.{word}, s.t.{word} from s.{word}"));
        statement(&format!("create table s.{word} (a int)"));
        statement(&format!("select sum(a) as {word} from t group by a order by 1"));
    }
}

/// Columns of system relations that are asked for without quotes.
#[test]
fn some_reserved_words_are_columns() {
    for word in ["oid", "backup", "timestamp"] {
        statement(&format!("select {word}, max({word}) from t where {word} = 1 group by {word} order by {word}"));
    }
}

/// Key words of the language that are not on the list.
const FREE: &[&str] = &[
    "abort",
    "access",
    "account",
    "action",
    "add",
    "after",
    "alter",
    "always",
    "append",
    "assumerole",
    "at",
    "auto",
    "avro",
    "begin",
    "by",
    "call",
    "cancel",
    "cascade",
    "catalog",
    "close",
    "cluster",
    "comment",
    "commit",
    "compound",
    "compression",
    "comprows",
    "compupdate",
    "connect",
    "connection",
    "content",
    "copy",
    "csv",
    "cube",
    "current",
    "cursor",
    "data",
    "database",
    "datashare",
    "date",
    "day",
    "deallocate",
    "declare",
    "definer",
    "delete",
    "delimiter",
    "desc_",
    "distkey",
    "diststyle",
    "drop",
    "each",
    "escape",
    "even",
    "exclude",
    "execute",
    "exists_",
    "explain",
    "external",
    "extract_",
    "fetch",
    "fillrecord",
    "first",
    "fixedwidth",
    "following",
    "force",
    "format",
    "forward",
    "function",
    "generated",
    "global",
    "grants",
    "grouping",
    "header",
    "hour",
    "iam_role",
    "if",
    "immutable",
    "include",
    "including",
    "insert",
    "interleaved",
    "invoker",
    "isolation",
    "job",
    "json",
    "key",
    "lambda",
    "language",
    "last",
    "level",
    "library",
    "listen",
    "local",
    "location",
    "lock",
    "manifest",
    "masking",
    "match",
    "materialized",
    "max",
    "maxerror",
    "merge",
    "min",
    "minute",
    "model",
    "month",
    "name",
    "namespace",
    "next",
    "no",
    "none",
    "nothing",
    "object",
    "orc",
    "owner",
    "parquet",
    "partitioned",
    "password",
    "policy",
    "port",
    "preceding",
    "prepare",
    "preserve",
    "prior",
    "privileges",
    "procedure",
    "protected",
    "provider",
    "public",
    "qualify",
    "quota",
    "quote",
    "range",
    "read",
    "recursive",
    "refresh",
    "region",
    "release",
    "remove",
    "rename",
    "replace",
    "reset",
    "restrict",
    "returning",
    "returns",
    "revoke",
    "rls",
    "role",
    "rollback",
    "rollup",
    "row",
    "rows",
    "sagemaker",
    "savepoint",
    "schema",
    "scroll",
    "second",
    "security",
    "serializable",
    "session",
    "set",
    "settings",
    "share",
    "show",
    "sort",
    "sortkey",
    "stable",
    "start",
    "statistics",
    "status",
    "stored",
    "super",
    "target",
    "temp",
    "template",
    "temporary",
    "text",
    "time",
    "token",
    "transaction",
    "trigger",
    "truncate",
    "type",
    "unbounded",
    "unknown",
    "unlimited",
    "unload",
    "until",
    "update",
    "uri",
    "usage",
    "use",
    "vacuum",
    "valid",
    "value",
    "values",
    "varbyte",
    "view",
    "volatile",
    "window",
    "within",
    "work",
    "write",
    "year",
    "yes",
    "zone",
    "zstd",
];

/// Words that later versions of Postgres reserve, among others, and Redshift does not.
const FREE_HERE: &[&str] = &[
    "asymmetric",
    "concurrently",
    "current_catalog",
    "current_role",
    "current_schema",
    "fetch",
    "lateral",
    "returning",
    "symmetric",
    "tablesample",
    "variadic",
    "window",
];

#[test]
fn other_words_are_names() {
    for word in FREE.iter().chain(FREE_HERE) {
        assert!(!RESERVED_WORDS.contains(word), "{word}");
        // PREPARE TRANSACTION and SET NAMES are commands of their own.
        let is_other = |pattern: &str| pattern.starts_with("prepare") && *word == "transaction";
        for pattern in NAMES.iter().filter(|pattern| !is_other(pattern)) {
            statement(&pattern.replace("{}", word));
        }
        statement(&format!("create table {word} ({word} int, b int)"));
        statement(&format!("select {word}, t.{word}, b as {word} from s.{word} as {word}"));
        statement(&format!("select b from t where {word} = 1 group by {word} order by {word}"));
    }
}

#[test]
fn other_words_are_aliases_without_as() {
    for word in FREE.iter().chain(FREE_HERE) {
        statement(&format!("select a {word}, b + 1 {word}, count(*) {word} from t"));
        statement(&format!("select a from t {word}"));
        statement(&format!("select a from t {word} where {word}.a = 1"));
        statement(&format!("select a from s.t {word}, (select 1) {word}"));
        statement(&format!("select a from t {word} join u on {word}.a = u.a order by a limit 1"));
        statement(&format!("update t {word} set a = 1"));
        statement(&format!("delete from t {word}"));
    }
    assert_syntax_error("select a from t user", "user");
    assert_syntax_error("select a snapshot from t", "snapshot");
}

#[test]
fn a_timestamp_may_be_a_column() {
    statement("select timestamp, t.timestamp from t where timestamp > timestamp '2020-01-01'");
    statement("create table t (timestamp timestamp, \"timestamp2\" timestamptz)");
}
