//! What policies let pass and what they do not.

use redshift_sql_dialect::parse;

use super::*;
use crate::auth::gate::{Guest, Method};

fn guest(groups: &[&str]) -> Guest {
    Guest {
        name: "ana".into(),
        groups: groups.iter().map(|group| group.to_string()).collect(),
        method: Method::Password,
        targets: Vec::new(),
        acts: Default::default(),
        max_connections: None,
        max_running: None,
    }
}

/// A Friday, ten in the morning in London.
fn friday() -> DateTime<Utc> {
    "2026-11-27T10:00:00Z".parse().unwrap()
}

fn place() -> Place {
    Place::new("dev", Some("ana"), Some("\"$user\", public"))
}

fn decide_at(rules: &str, sql: &str, place: &Place, now: DateTime<Utc>) -> Result<Limits, Denial> {
    let policies = Policies::parse(&format!("[[policy]]\nname = \"p\"\n{rules}")).unwrap();
    let parsed = parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let statement = &parsed[0].statement;
    let footprint = Footprint::of(statement);
    policies.decide(Case { guest: &guest(&["analysts"]), statement, footprint: &footprint, place, now })
}

/// The rule that refuses a statement; none where it passes.
fn refused(rules: &str, sql: &str) -> Option<&'static str> {
    decide_at(rules, sql, &place(), friday()).err().map(|denial| denial.rule.name())
}

#[test]
fn a_refusal_names_its_rule() {
    let denial = decide_at("read = ['sales.*']", "select * from hr.salaries", &place(), friday()).unwrap_err();
    assert_eq!(
        denial.error().to_string(),
        "42501: permission denied by policy \"p\", rule \"read\": hr.salaries may not be read"
    );
}

#[test]
fn what_may_be_read_is_all_that_is_listed_and_the_catalog() {
    let rules = "read = ['sales.*', 'public.dim_*']";
    for sql in [
        "select * from sales.orders join public.dim_date on true",
        "with a as (select * from sales.orders) select * from a",
        "select * from pg_catalog.pg_class, information_schema.tables, pg_tables",
        "explain select * from sales.orders",
        "select 1",
        "show search_path",
        "create temp table t as select * from sales.orders",
        "select * from #mine",
    ] {
        assert_eq!(refused(rules, sql), None, "{sql}");
    }
    for sql in [
        "select * from hr.salaries",
        "select (select max(x) from hr.salaries) from sales.orders",
        "with a as (select * from hr.salaries) select 1 from sales.orders",
        "select * from public.facts",
        "select * from otherdb.sales.orders",
        "explain select * from hr.salaries",
        "unload ('select * from hr.salaries') to 's3://b/' iam_role default",
        "declare c cursor for select * from hr.salaries",
        "select * from \"SALES\".orders",
        // In PartiQL that is a path; where there is such a schema it is a table.
        "select * from sales.orders hr, hr.salaries",
    ] {
        assert_eq!(refused(rules, sql), Some("read"), "{sql}");
    }
    // What is not listed is not written.
    assert_eq!(refused(rules, "insert into sales.orders values (1)"), Some("write"));
    assert_eq!(refused(rules, "drop table sales.orders"), Some("write"));
    assert_eq!(refused(rules, "create view sales.v as select 1"), Some("write"));
    assert_eq!(refused(rules, "drop schema sales cascade"), Some("write"));
    assert_eq!(refused(rules, "use otherdb"), Some("database"));
}

#[test]
fn names_without_a_schema_must_be_allowed_wherever_they_may_be() {
    assert_eq!(refused("read = ['public.*']", "select * from orders"), Some("read"));
    assert_eq!(refused("read = ['public.*', 'ana.*']", "select * from orders"), None);
    let mut place = place();
    let rules = "read = ['public.*', 'ana.*']";
    let set = &parse("set search_path to hr").unwrap()[0].statement;
    place.after(set, true);
    // Whether the SET is still there nobody knows: both the old path and the new one count.
    place.rolled_back();
    assert_eq!(decide_at(rules, "select * from orders", &place, friday()).unwrap_err().rule, Rule::Read);
    assert!(decide_at(rules, "select * from public.orders", &place, friday()).is_ok());
    let unknown = Place::new("dev", Some("ana"), None);
    let denial = decide_at("deny-read = ['hr.*']", "select * from orders", &unknown, friday()).unwrap_err();
    assert_eq!((denial.rule, denial.error().hint()), (Rule::SearchPath, Some("Write the name with its schema.")));
}

#[test]
fn the_search_path_does_not_change_unseen() {
    let rules = "read = ['sales.*']";
    assert_eq!(refused(rules, "set search_path to sales"), None);
    assert_eq!(refused(rules, "select set_config('search_path', 'hr', false)"), Some("search-path"));
    assert_eq!(refused(rules, "select set_config('search' || '_path', 'hr', false)"), Some("search-path"));
    assert_eq!(refused(rules, "select set_config('query_group', 'x', false)"), None);
    let fixed = "read = ['sales.*']\nsearch-path = ['sales']";
    assert_eq!(refused(fixed, "set search_path to hr"), Some("search-path"));
    assert_eq!(refused(fixed, "reset all"), Some("search-path"));
}

#[test]
fn temporary_tables_are_the_sessions_own_while_they_last() {
    let mut place = place();
    let rules = "read = ['sales.*']";
    let run = |place: &mut Place, sql: &str, in_block| place.after(&parse(sql).unwrap()[0].statement, in_block);
    run(&mut place, "create temp table t (a int)", false);
    run(&mut place, "create temp table u (a int)", true);
    for sql in ["select * from t, u", "insert into t select * from sales.orders", "drop table t"] {
        assert!(decide_at(rules, sql, &place, friday()).is_ok(), "{sql}");
    }
    place.rolled_back();
    assert!(decide_at(rules, "select * from t", &place, friday()).is_ok());
    assert!(decide_at(rules, "select * from u", &place, friday()).is_err());
    run(&mut place, "drop table t", false);
    assert!(decide_at(rules, "select * from t", &place, friday()).is_err());
}

#[test]
fn what_is_forbidden_is_forbidden_wherever_it_hides() {
    let rules = "deny-read = ['*.salaries']\ndeny-write = ['audit.*']";
    for sql in [
        "select * from hr.salaries",
        "select * from \"HR\".\"Salaries\"",
        "select * from salaries",
        "select * from otherdb.hr.salaries",
        "create view v as select * from hr.salaries",
        "insert into public.t select * from hr.salaries",
        "create procedure public.p() as $$ begin perform max(x) from hr.salaries; end $$ language plpgsql",
        "alter table public.t append from hr.salaries",
        "show table hr.salaries",
    ] {
        assert_eq!(refused(rules, sql), Some("deny-read"), "{sql}");
    }
    for sql in ["delete from audit.log where true", "grant select on audit.log to u", "drop schema audit"] {
        assert_eq!(refused(rules, sql), Some("deny-write"), "{sql}");
    }
    assert_eq!(refused(rules, "select * from sales.orders"), None);
    assert_eq!(refused(rules, "insert into sales.orders values (1)"), None);
}

#[test]
fn writing_is_listed_for_itself() {
    let rules = "read = ['sales.*']\nwrite = ['stage.*']\nprocedures = ['stage.load_*']\nlocations = ['s3://ours/*']";
    for sql in [
        "insert into stage.t select * from sales.orders",
        "create table stage.t (a int)",
        "copy stage.t from 's3://ours/k' iam_role default",
        "create schema stage",
        "call stage.load_all(1)",
        "create procedure stage.q() as $$ begin delete from stage.t; end $$ language plpgsql",
    ] {
        assert_eq!(refused(rules, sql), None, "{sql}");
    }
    assert_eq!(refused(rules, "insert into sales.orders values (1)"), Some("write"));
    assert_eq!(refused(rules, "copy stage.t from 's3://theirs/k' iam_role default"), Some("locations"));
    assert_eq!(refused(rules, "unload ('select 1') to 's3://theirs/' iam_role default"), Some("locations"));
    assert_eq!(refused(rules, "call stage.drop_all()"), Some("procedures"));
    assert_eq!(refused(rules, "call load_all()"), Some("procedures"));
    let dynamic = "create procedure stage.q() as $$ begin execute 'drop table hr.x'; end $$ language plpgsql";
    assert_eq!(refused(rules, dynamic), Some("procedures"));
    // Under which path it will run nobody knows.
    let bare = "create procedure stage.q() as $$ begin delete from t; end $$ language plpgsql";
    assert_eq!(refused(rules, bare), Some("search-path"));
}

#[test]
fn who_only_reads_changes_nothing() {
    let rules = "read-only = true\nprocedures = ['etl.report']";
    for sql in [
        "select * from t",
        "explain delete from t",
        "show tables from schema s",
        "set query_group to x",
        "begin",
        "call etl.report()",
    ] {
        assert_eq!(refused(rules, sql), None, "{sql}");
    }
    for sql in [
        "insert into t values (1)",
        "select * into x from t",
        "create temp table x (a int)",
        "unload ('select 1') to 's3://b/' iam_role default",
        "call etl.load()",
        "grant select on t to u",
        "prepare p as delete from t",
        "alter user u password 'Secret123'",
        "vacuum",
    ] {
        assert_eq!(refused(rules, sql), Some("read-only"), "{sql}");
    }
}

#[test]
fn statements_are_told_by_their_commands() {
    let rules = "statements = ['select', 'create *']\ndeny-statements = ['create user']";
    assert_eq!(refused(rules, "select 1"), None);
    assert_eq!(refused(rules, "create table t (a int)"), None);
    assert_eq!(refused(rules, "commit"), None);
    assert_eq!(refused(rules, "drop table t"), Some("statements"));
    assert_eq!(refused(rules, "create user u password disable"), Some("deny-statements"));
    let body = "create procedure p() as $$ begin delete from t; end $$ language plpgsql";
    assert_eq!(refused(rules, body), Some("statements"));
}

#[test]
fn changes_of_whole_tables_need_a_where() {
    let rules = "require-where = true";
    assert_eq!(refused(rules, "update t set a = 1"), Some("require-where"));
    assert_eq!(refused(rules, "delete from t"), Some("require-where"));
    assert_eq!(refused(rules, "delete from t using u where t.a = u.a"), None);
    assert_eq!(refused(rules, "explain delete from t"), None);
}

#[test]
fn there_is_a_time_for_everything() {
    let at = |rules: &str, now: &str| {
        decide_at(rules, "select 1", &place(), now.parse().unwrap()).err().map(|denial| denial.rule.name())
    };
    let office = "hours = '08:00-18:00'\ndays = ['mon', 'fri']\ntime-zone = 'Europe/Berlin'";
    assert_eq!(at(office, "2026-11-27T07:00:00Z"), None);
    assert_eq!(at(office, "2026-11-27T06:59:00Z"), Some("hours"));
    assert_eq!(at(office, "2026-11-27T17:00:00Z"), Some("hours"));
    assert_eq!(at(office, "2026-11-28T10:00:00Z"), Some("days"));
    let night = "hours = '22:00-06:00'";
    assert_eq!(at(night, "2026-11-27T23:00:00Z"), None);
    assert_eq!(at(night, "2026-11-27T12:00:00Z"), Some("hours"));
}

#[test]
fn results_have_the_tightest_of_all_bounds() {
    let policies = Policies::parse(
        "[[policy]]\nname = 'a'\nmax-rows = 100\n[[policy]]\nname = 'b'\nmax-rows = 10\nmax-bytes = 1000",
    )
    .unwrap();
    let statement = &parse("select 1").unwrap()[0].statement;
    let footprint = Footprint::of(statement);
    let case = Case { guest: &guest(&[]), statement, footprint: &footprint, place: &place(), now: friday() };
    let limits = policies.decide(case).unwrap();
    assert!(limits.check(10, 1_000).is_ok());
    let denial = limits.check(11, 0).unwrap_err();
    assert_eq!(
        denial.error().to_string(),
        "42501: permission denied by policy \"b\", rule \"max-rows\": the result has more than 10 rows"
    );
    assert_eq!(limits.check(1, 1_001).unwrap_err().rule, Rule::MaxBytes);
}

#[test]
fn policies_are_for_somebody() {
    let decide = |text: &str, groups: &[&str]| {
        let policies = Policies::parse(text).unwrap();
        let statement = &parse("select 1").unwrap()[0].statement;
        let footprint = Footprint::of(statement);
        policies
            .decide(Case { guest: &guest(groups), statement, footprint: &footprint, place: &place(), now: friday() })
            .map(|_| ())
            .map_err(|denial| denial.error().message().to_string())
    };
    let analysts = "[[policy]]\nname = 'a'\ngroups = ['analysts']";
    assert_eq!(decide(analysts, &["analysts"]), Ok(()));
    assert_eq!(decide(analysts, &[]), Err("permission denied: no policy is for user \"ana\"".into()));
    assert_eq!(decide(&format!("default = 'allow'\n{analysts}"), &[]), Ok(()));
    assert_eq!(decide("[[policy]]\nname = 'a'\nusers = ['ana']", &[]), Ok(()));
    assert!(decide("[[policy]]\nname = 'a'\nusers = ['bob']", &[]).is_err());
    // All that are for somebody hold.
    let both = "[[policy]]\nname = 'a'\n[[policy]]\nname = 'b'\ngroups = ['analysts']\nstatements = ['show']";
    assert!(decide(both, &["analysts"]).unwrap_err().contains("policy \"b\", rule \"statements\""));
}

#[test]
fn a_wrong_file_is_refused() {
    for text in [
        "[[policy]]\nread = ['a.*']",
        "[[policy]]\nname = 'a'\nreed = ['a.*']",
        "[[policy]]\nname = 'a'\nread = ['a']",
        "[[policy]]\nname = 'a'\nhours = 'always'",
        "[[policy]]\nname = 'a'\ndays = ['someday']",
        "[[policy]]\nname = 'a'\ntime-zone = 'Mars/Phobos'",
        "default = 'perhaps'",
    ] {
        assert!(Policies::parse(text).is_err(), "{text}");
    }
}
