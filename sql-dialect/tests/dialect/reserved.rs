//! Which words are names without quotes: developer guide, "Reserved words".

use redshift_sql_dialect::{parse, reserved::RESERVED_WORDS};

use crate::support::{assert_syntax_error, error, statement};

/// TIMESTAMP is on the guide's list, and yet columns of system tables have that name and are asked for without quotes.
const NEVERTHELESS: &str = "timestamp";

#[test]
fn reserved_words_are_no_names() {
    for word in RESERVED_WORDS.iter().filter(|word| **word != NEVERTHELESS) {
        for sql in [
            format!("create table {word} (a int)"),
            format!("drop table {word}"),
            format!("alter table t rename to {word}"),
            format!("create view {} as select 1", word.to_uppercase()),
            format!("truncate {word}").replace("truncate table", "truncate table table"),
        ] {
            let error = error(&sql);
            let position = error.position().expect("a position") as usize;
            assert_eq!(error.sqlstate().0, "42601", "{sql}");
            assert!(sql[position..].to_lowercase().starts_with(word), "{sql}: {error} at {:?}", &sql[position..]);
        }
        // As columns some of them begin something else, which ends wrong later.
        assert!(*word == "like" || parse(&format!("create table t ({word} int)")).is_err(), "{word}");
    }
}

#[test]
fn quoted_they_are_names() {
    for word in RESERVED_WORDS {
        statement(&format!("create table \"{word}\" (\"{word}\" int)"));
        statement(&format!("select \"{word}\".\"{word}\" as {word} from \"{word}\" \"{word}\""));
        statement(&format!("select t.{word} from t"));
        statement(&format!("update \"{word}\" set \"{word}\" = 1"));
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

#[test]
fn other_words_are_names() {
    for word in FREE {
        assert!(!RESERVED_WORDS.contains(word), "{word}");
        statement(&format!("create table {word} ({word} int, b int)"));
        statement(&format!("select {word}, t.{word}, b as {word} from s.{word} as {word}"));
        statement(&format!("select b from t where {word} = 1 group by {word} order by {word}"));
        statement(&format!("insert into {word} ({word}) select 1"));
        statement(&format!("create schema {word}"));
        statement(&format!("create user {word} password disable"));
    }
    // The words that may be reserved in Postgres and are free here.
    for word in ["returning", "window", "lateral", "concurrently", "fetch", "symmetric"] {
        statement(&format!("select {word} from t"));
    }
}

#[test]
fn aliases_without_as() {
    for word in ["year", "name", "type", "level", "value", "date", "text", "time", "status", "role", "key", "public"] {
        statement(&format!("select a {word} from t"));
        statement(&format!("select a from t {word}"));
        statement(&format!("select a from (select 1) {word}"));
    }
    assert_syntax_error("select a from t user", "user");
    assert_syntax_error("select a snapshot from t", "snapshot");
}

#[test]
fn a_timestamp_may_be_a_column() {
    statement("select timestamp, t.timestamp from t where timestamp > timestamp '2020-01-01'");
    statement("create table t (timestamp timestamp, \"timestamp2\" timestamptz)");
}
