//! Transactions, settings, SHOW, prepared statements, cursors, and what kind of statement each is.

use redshift_sql_dialect::{
    ast::{
        BoundName, BoundText, IsolationLevel, NamePart, Reset, Set, SetValue, Show, ShowFilter, ShowObjects, Statement,
        TransactionModes,
    },
    parse,
};

use crate::support::{assert_syntax_error, name, object, statement};

#[test]
fn transactions() {
    let plain = Statement::Begin(TransactionModes::default());
    for sql in ["begin", "BEGIN WORK", "begin transaction", "start transaction"] {
        assert_eq!(statement(sql), plain, "{sql}");
    }
    let modes = TransactionModes { isolation: Some(IsolationLevel::Serializable), read_only: Some(true) };
    assert_eq!(statement("begin isolation level serializable read only"), Statement::Begin(modes));
    assert_eq!(statement("start transaction isolation level serializable, read only"), Statement::Begin(modes));
    for (sql, isolation) in [
        ("begin isolation level read uncommitted", IsolationLevel::ReadUncommitted),
        ("begin isolation level read committed", IsolationLevel::ReadCommitted),
        ("begin isolation level repeatable read read write", IsolationLevel::RepeatableRead),
    ] {
        assert!(matches!(statement(sql), Statement::Begin(modes) if modes.isolation == Some(isolation)), "{sql}");
    }
    for sql in ["commit", "commit work", "end transaction", "END"] {
        assert_eq!(statement(sql), Statement::Commit, "{sql}");
    }
    for sql in ["rollback", "abort work", "rollback transaction"] {
        assert_eq!(statement(sql), Statement::Rollback, "{sql}");
    }
}

#[test]
fn settings() {
    let parameter = |local, name: &str, value: Option<Vec<SetValue>>| {
        Statement::Set(Set::Parameter { local, name: name.into(), value })
    };
    let word = |text: &str| SetValue::Word(name(text));
    assert_eq!(
        statement("set search_path to a, \"$user\", 'c'"),
        match statement("set search_path = a, \"$user\", 'c'") {
            Statement::Set(Set::Parameter { name, value: Some(values), .. }) => {
                assert_eq!(values.iter().map(SetValue::text).collect::<Vec<_>>(), ["a", "$user", "c"]);
                parameter(false, &name, Some(values))
            }
            other => panic!("{other:?}"),
        }
    );
    assert_eq!(
        statement("SET SESSION Statement_Timeout TO 1000"),
        parameter(false, "statement_timeout", Some(vec![SetValue::Number("1000".into())]))
    );
    assert_eq!(statement("set local query_group to default"), parameter(true, "query_group", None));
    assert_eq!(
        statement("set enable_result_cache_for_session = off"),
        parameter(false, "enable_result_cache_for_session", Some(vec![word("off")]))
    );
    assert_eq!(
        statement("set extra_float_digits = -3"),
        parameter(false, "extra_float_digits", Some(vec![SetValue::Number("-3".into())]))
    );
    assert_eq!(
        statement("set app.user to 'x'"),
        parameter(false, "app.user", Some(vec![SetValue::String("x".into())]))
    );
    assert_eq!(
        statement("set names 'utf8'"),
        parameter(false, "client_encoding", Some(vec![SetValue::String("utf8".into())]))
    );
    assert_eq!(
        statement("set time zone 'UTC'"),
        Statement::Set(Set::TimeZone { local: false, zone: Some(SetValue::String("UTC".into())) })
    );
    assert_eq!(statement("set time zone local"), Statement::Set(Set::TimeZone { local: false, zone: None }));
    assert_eq!(
        statement("set session authorization 'bob'"),
        Statement::Set(Set::SessionAuthorization { local: false, user: Some("bob".into()) })
    );
    assert_eq!(
        statement("set local session authorization default"),
        Statement::Set(Set::SessionAuthorization { local: true, user: None })
    );
    let serializable = TransactionModes { isolation: Some(IsolationLevel::Serializable), read_only: None };
    assert_eq!(
        statement("set transaction isolation level serializable"),
        Statement::Set(Set::Transaction(serializable))
    );
    assert_eq!(
        statement("set session characteristics as transaction isolation level serializable"),
        Statement::Set(Set::SessionCharacteristics(serializable))
    );
    assert_syntax_error("set a b", "b");
    assert_eq!(statement("reset all"), Statement::Reset(Reset::All));
    assert_eq!(statement("reset QUERY_GROUP"), Statement::Reset(Reset::Parameter("query_group".into())));
    assert_eq!(statement("reset session authorization"), Statement::Reset(Reset::SessionAuthorization));
}

#[test]
fn show() {
    let parameter = |name: &str| Statement::Show(Show::Parameter(name.into()));
    assert_eq!(statement("show all"), Statement::Show(Show::All));
    assert_eq!(statement("SHOW Search_Path"), parameter("search_path"));
    assert_eq!(statement("show time zone"), parameter("timezone"));
    assert_eq!(statement("show transaction isolation level"), parameter("transaction_isolation"));
    for (sql, objects) in [
        ("show table s.t", ShowObjects::Table(object("s.t"))),
        ("show view v", ShowObjects::View(object("v"))),
        ("show databases", ShowObjects::Databases { catalog: None, filter: filter(None, None) }),
        ("show databases like 'd%'", ShowObjects::Databases { catalog: None, filter: filter(Some("d%"), None) }),
        (
            "show schemas from database d",
            ShowObjects::Schemas { database: Some(bound(&["d"])), filter: filter(None, None) },
        ),
        (
            "show tables from schema d.s like 't%' limit 5",
            ShowObjects::Tables { schema: bound(&["d", "s"]), filter: filter(Some("t%"), Some(5)) },
        ),
        (
            "show columns from table d.s.t",
            ShowObjects::Columns { table: bound(&["d", "s", "t"]), filter: filter(None, None) },
        ),
    ] {
        assert_eq!(statement(sql), Statement::ShowObjects(objects), "{sql}");
    }
}

fn bound(parts: &[&str]) -> BoundName {
    BoundName(parts.iter().map(|part| NamePart::Name(name(part))).collect())
}

fn filter(like: Option<&str>, limit: Option<u64>) -> ShowFilter {
    ShowFilter { like: like.map(|like| BoundText::Text(like.into())), limit }
}

/// Drivers bind names and patterns of SHOW.
#[test]
fn names_and_patterns_of_show_may_be_parameters() {
    let parsed = parse("show tables from schema $1.$2 like $3").unwrap().remove(0);
    assert_eq!(parsed.parameters, 3);
    let objects = ShowObjects::Tables {
        schema: BoundName(vec![NamePart::Parameter(1), NamePart::Parameter(2)]),
        filter: ShowFilter { like: Some(BoundText::Parameter(3)), limit: None },
    };
    assert_eq!(parsed.statement, Statement::ShowObjects(objects));
    for sql in [
        "show schemas from database $1 like $2",
        "show columns from table $1.$2.$3 like $4",
        "show constraints primary keys from table $1.$2.$3",
        "show constraints foreign keys exported from table $1.$2.$3",
        "show grants on table $1.$2.$3",
        "show column grants on table $1.$2.$3 like $4",
        "show procedures from schema $1.$2 like $3",
        "show functions from schema $1.$2",
        "show parameters of procedure $1.$2.$3($4, $5) like $6",
        "show parameters of function $1.$2.$3()",
        "show tables from database $1",
        "show tables from database d where schema_name like $1 and table_name like 't%'",
        "show columns from database $1 driver_token 'x' where column_name like $2",
        "show grants on tables from database $1 where schema_name like $2 and table_name like $3",
    ] {
        assert!(matches!(statement(sql), Statement::ShowObjects(_)), "{sql}");
    }
    assert_eq!(bound(&["a", "b"]).object_name(), Some(object("a.b")));
    assert_eq!(BoundName(vec![NamePart::Parameter(1)]).object_name(), None);
}

#[test]
fn prepared_statements() {
    let Statement::Prepare(prepare) = statement("prepare p (int, varchar(5)) as select $1, $2") else { panic!() };
    assert_eq!((prepare.types.len(), prepare.parameters), (2, 2));
    assert!(matches!(*prepare.statement, Statement::Query(_)));
    let Statement::Execute(execute) = statement("execute p (1, 'a')") else { panic!() };
    assert_eq!((execute.name, execute.args.len()), (name("p"), 2));
    assert!(matches!(statement("execute p"), Statement::Execute(execute) if execute.args.is_empty()));
    for sql in ["deallocate p", "deallocate prepare p"] {
        assert!(matches!(statement(sql), Statement::Deallocate(one) if one.name == Some(name("p"))), "{sql}");
    }
    assert!(matches!(statement("deallocate all"), Statement::Deallocate(all) if all.name.is_none()));
    assert!(matches!(statement("deallocate prepare"), Statement::Deallocate(one) if one.name == Some(name("prepare"))));
}

#[test]
fn cursors() {
    let Statement::DeclareCursor(declare) = statement("declare c cursor with hold for select 1") else { panic!() };
    assert!(declare.hold);
    assert!(matches!(statement("declare c cursor for select 1"), Statement::DeclareCursor(one) if !one.hold));
    for (sql, count) in [
        ("fetch c", Some(1)),
        ("fetch next from c", Some(1)),
        ("fetch 5 from c", Some(5)),
        ("fetch forward 10 from c", Some(10)),
        ("fetch forward from c", Some(1)),
        ("fetch all in c", None),
        ("fetch forward all from c", None),
        ("fetch all c", None),
    ] {
        let Statement::Fetch(fetch) = statement(sql) else { panic!("{sql}") };
        assert_eq!((fetch.count, fetch.cursor), (count, name("c")), "{sql}");
    }
    assert!(matches!(statement("close all"), Statement::CloseCursor(all) if all.name.is_none()));
}

#[test]
fn explain() {
    let Statement::Explain(explain) = statement("explain verbose delete from t") else { panic!() };
    assert!(explain.verbose);
    assert!(matches!(statement("explain (select 1)"), Statement::Explain(_)));
    assert_syntax_error("explain commit", "commit");
}

/// Statement, name, refused in a block?, rows?
#[test]
fn kinds_of_statements() {
    for (sql, command, refused, rows) in [
        ("select 1", "SELECT", false, true),
        ("insert into t values (1)", "INSERT", false, false),
        ("create table t (a int)", "CREATE TABLE", false, false),
        ("create table t as select 1", "CREATE TABLE AS", false, false),
        ("select 1 into t", "SELECT INTO", false, false),
        ("create database d", "CREATE DATABASE", true, false),
        ("drop database d", "DROP DATABASE", true, false),
        ("drop table t", "DROP TABLE", false, false),
        ("vacuum", "VACUUM", true, false),
        ("alter table t append from u", "ALTER TABLE APPEND", true, false),
        ("alter table t alter column a type varchar(9)", "ALTER TABLE", true, false),
        ("alter table t add column a int", "ALTER TABLE", false, false),
        ("truncate t", "TRUNCATE TABLE", false, false),
        ("explain select 1", "EXPLAIN", false, true),
        ("show all", "SHOW", false, true),
        ("show tables from schema s", "SHOW TABLES", false, true),
        ("begin", "BEGIN", false, false),
        ("grant select on t to u", "GRANT", false, false),
        ("revoke select on t from u", "REVOKE", false, false),
        ("call p()", "CALL", false, true),
        ("unload ('select 1') to 's3://b/k' iam_role default", "UNLOAD", false, false),
        ("drop procedure p()", "DROP PROCEDURE", false, false),
        ("alter database d isolation level snapshot", "ALTER DATABASE", true, false),
        ("alter database d connection limit 5", "ALTER DATABASE", false, false),
        ("detach rls policy p on t from public", "DETACH RLS POLICY", false, false),
        ("copy job list", "COPY JOB", false, true),
        ("copy job drop j", "COPY JOB", true, false),
        ("grant select on external table s.t to iam_role 'r'", "GRANT", true, false),
    ] {
        let statement = statement(sql);
        assert_eq!(
            (statement.command_name(), statement.refused_in_block(), statement.returns_rows()),
            (command, refused, rows),
            "{sql}"
        );
        assert_eq!(statement.is_transaction_control(), sql == "begin", "{sql}");
    }
}
