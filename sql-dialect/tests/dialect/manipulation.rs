//! INSERT, UPDATE, DELETE and commands over whole tables.

use redshift_sql_dialect::ast::{ExprKind, InsertSource, QueryBody, Statement, VacuumMode};

use crate::support::{assert_syntax_error, name, object, statement};

#[test]
fn inserts() {
    let Statement::Insert(insert) = statement("insert into s.t (a, b) values (1, default), ($1, null)") else {
        panic!()
    };
    assert_eq!((insert.table, insert.columns), (object("s.t"), vec![name("a"), name("b")]));
    let InsertSource::Query(query) = insert.source else { panic!() };
    let QueryBody::Values(rows) = query.body else { panic!() };
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0][1].kind, ExprKind::Default);
    assert!(matches!(
        statement("insert into t default values"),
        Statement::Insert(insert) if insert.source == InsertSource::DefaultValues
    ));
    for sql in ["insert into t select 1", "insert into t (select 1)", "insert into t (a) with x as (select 1) select 2"]
    {
        let Statement::Insert(insert) = statement(sql) else { panic!("{sql}") };
        assert!(matches!(insert.source, InsertSource::Query(_)), "{sql}");
    }
    let Statement::Insert(insert) = statement("insert into t (select 1)") else { panic!() };
    assert!(insert.columns.is_empty());
    assert_syntax_error("insert t values (1)", "t");
}

/// Developer guide, "UPDATE": also with WITH before it.
#[test]
fn updates() {
    let Statement::Update(update) =
        statement("with x as (select 1) update s.t as a set b = c + 1, d = default from x, u where a.id = u.id")
    else {
        panic!()
    };
    assert!(update.with.is_some() && update.selection.is_some());
    assert_eq!((update.table, update.alias, update.from.len()), (object("s.t"), Some(name("a")), 2));
    assert_eq!(update.assignments[1].1.kind, ExprKind::Default);
    let Statement::Update(update) = statement("update t set a = 1") else { panic!() };
    assert_eq!((update.alias, update.from.len(), update.selection), (None, 0, None));
}

#[test]
fn deletes() {
    let Statement::Delete(delete) = statement("delete from t using u, (select 1) v where t.a = u.a") else { panic!() };
    assert_eq!((delete.table, delete.using.len()), (object("t"), 2));
    for sql in ["delete t", "delete from t", "delete from t as x", "with a as (select 1) delete from t"] {
        assert!(matches!(statement(sql), Statement::Delete(_)), "{sql}");
    }
}

#[test]
fn whole_tables() {
    for sql in ["truncate t", "truncate table s.t"] {
        assert!(matches!(statement(sql), Statement::Truncate(_)), "{sql}");
    }
    let Statement::Lock(lock) = statement("lock table a, s.b") else { panic!() };
    assert_eq!(lock.tables.len(), 2);
    let Statement::Analyze(analyze) = statement("analyze verbose s.t (a, b) predicate columns") else { panic!() };
    assert_eq!((analyze.table, analyze.columns.len()), (Some(object("s.t")), 2));
    assert!(matches!(statement("analyze"), Statement::Analyze(analyze) if analyze.table.is_none()));
}

/// Developer guide, "VACUUM".
#[test]
fn vacuums() {
    let vacuum = |sql: &str| match statement(sql) {
        Statement::Vacuum(vacuum) => vacuum,
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(vacuum("vacuum").mode, VacuumMode::Full);
    assert_eq!(vacuum("vacuum sort only t").mode, VacuumMode::SortOnly);
    assert_eq!(vacuum("vacuum delete only").mode, VacuumMode::DeleteOnly);
    assert_eq!(vacuum("vacuum reindex t").mode, VacuumMode::Reindex);
    assert_eq!(vacuum("vacuum recluster t").mode, VacuumMode::Recluster);
    let full = vacuum("vacuum full s.t to 75 percent boost");
    assert_eq!((full.mode, full.threshold, full.boost), (VacuumMode::Full, Some(75), true));
    assert_eq!(full.table, Some(object("s.t")));
    assert!(vacuum("vacuum").table.is_none());
}
