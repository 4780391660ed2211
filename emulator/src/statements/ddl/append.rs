//! ALTER TABLE APPEND: the rows of one table are moved to another.
//!
//! Source: developer guide, "ALTER TABLE APPEND".

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Expr, ExprKind, FromItem, Insert, InsertSource, Query, QueryBody, SelectItem, SystemPrivilege},
    names::{Ident, ObjectName},
    parse_query,
};

use crate::{
    binder::{BindContext, Binder, SessionInfo},
    catalog::{Column, LockMode, Relation, TableInfo, permission_denied},
    result::{CommandTag, Outcome},
    statements::{Work, access::OrElse, dml},
    system::column_encoding,
};

/// What becomes of columns that only one of the tables has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    /// It is an error.
    Refused,
    /// IGNOREEXTRA: those of the source are left out.
    Ignored,
    /// FILLTARGET: those of the target have their defaults.
    Filled,
}

/// Moves the rows of `source` to `target`.
pub(super) async fn append(
    target: &ObjectName,
    source: &ObjectName,
    extra: Extra,
    work: &mut Work<'_>,
) -> Result<Outcome> {
    work.require_owner(&*work.table(source)?, OrElse::ALTER).map_err(|error| error.at(source.pos()))?;
    let is_free = work.has_system(SystemPrivilege::IgnoreRls)?;
    if let Some(from) = Some(work.table(source)?).filter(|from| from.is_rls_on() && !is_free) {
        // Developer guide, "Considerations and limitations using RLS policies".
        return Err(permission_denied("relation", &from.name).at(source.pos()));
    }
    work.lock(target, LockMode::AccessExclusive).await?;
    work.lock(source, LockMode::AccessExclusive).await?;
    let (to, from) = (work.table(target)?, work.table(source)?);
    if to.oid == from.oid {
        return Err(refused("a table cannot be appended to itself"));
    }
    let columns = common_columns(&to, &from, extra)?;
    if !columns.is_empty() {
        let insert = Insert {
            table: target.clone(),
            columns: columns.iter().map(|name| quoted(name)).collect(),
            source: InsertSource::Query(Box::new(select(&columns, source)?)),
        };
        let bound = work.binder().insert_rows(&insert)?;
        dml::append(bound.plan, &bound.relation, work).await?;
    }
    work.transaction.truncate(&from).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER TABLE APPEND")))
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_TABLE_DEFINITION, message)
}

/// A name as the catalog has it, which is found as it is.
pub(super) fn quoted(name: &str) -> Ident {
    Ident { value: name.to_string(), quoted: true, written: None, pos: 0 }
}

/// The columns whose values are moved.
fn common_columns(to: &Relation, from: &Relation, extra: Extra) -> Result<Vec<String>> {
    let (Some(to_table), Some(from_table)) = (to.table(), from.table()) else {
        return Err(Error::internal("ALTER TABLE APPEND of no table"));
    };
    if to_table.temporary || from_table.temporary {
        return Err(Error::unsupported("ALTER TABLE APPEND is not supported for temporary tables"));
    }
    check_layout((to, to_table), (from, from_table))?;
    let generated = |column: &Column| column.identity.is_some_and(|identity| !identity.by_default);
    let alone = |column: &Column, other: &Relation| {
        let same = other.column(&column.name);
        same.is_none_or(generated) || generated(column)
    };
    if to.columns.iter().any(generated) && from.columns.iter().any(generated) {
        return Err(Error::unsupported("ALTER TABLE APPEND does not support identity columns"));
    }
    if let Some(column) = from.columns.iter().find(|column| alone(column, to))
        && extra != Extra::Ignored
    {
        let message = format!("column \"{}\" of the source table is not in the target table", column.name);
        return Err(refused(message).with_hint("Use IGNOREEXTRA to leave it out."));
    }
    if let Some(column) = to.columns.iter().find(|column| alone(column, from))
        && extra != Extra::Filled
    {
        let message = format!("column \"{}\" of the target table is not in the source table", column.name);
        return Err(refused(message).with_hint("Use FILLTARGET to fill it with its default."));
    }
    let mut names = Vec::new();
    for column in from.columns.iter().filter(|column| !alone(column, to)) {
        if let Some(other) = to.column(&column.name) {
            check_column(column, other)?;
        }
        names.push(column.name.clone());
    }
    Ok(names)
}

/// Both tables have the same distribution and sort style and keys.
fn check_layout((to, to_table): (&Relation, &TableInfo), (from, from_table): (&Relation, &TableInfo)) -> Result<()> {
    let key = |relation: &Relation| relation.columns.iter().find(|column| column.dist_key).map(|c| c.name.clone());
    if to_table.dist_style != from_table.dist_style || key(to) != key(from) {
        return Err(refused("the tables have different distribution styles or distribution keys"));
    }
    let sorted = |relation: &Relation| {
        let mut columns: Vec<(i16, String)> =
            relation.columns.iter().filter(|c| c.sort_key > 0).map(|c| (c.sort_key, c.name.clone())).collect();
        columns.sort();
        columns
    };
    if to_table.interleaved != from_table.interleaved || sorted(to) != sorted(from) {
        return Err(refused("the tables have different sort styles or sort keys"));
    }
    Ok(())
}

/// Columns of one name have the same attributes.
fn check_column(from: &Column, to: &Column) -> Result<()> {
    let what = if from.ty != to.ty {
        "data type"
    } else if column_encoding(from) != column_encoding(to) {
        "compression encoding"
    } else if from.not_null != to.not_null {
        "NOT NULL"
    } else {
        return Ok(());
    };
    Err(refused(format!("column \"{}\" of the source and the target table differ in {what}", from.name)))
}

/// `SELECT columns FROM source`
fn select(columns: &[String], source: &ObjectName) -> Result<Query> {
    let mut query = parse_query("select 1 from t")?;
    let QueryBody::Select(select) = &mut query.body else { return Err(Error::internal("a query without SELECT")) };
    let column = |name: &String| SelectItem {
        expr: Expr { kind: ExprKind::Column(ObjectName(vec![quoted(name)])), pos: source.pos() },
        alias: None,
    };
    select.items = columns.iter().map(column).collect();
    select.from = vec![FromItem::Table { name: source.clone(), alias: None, at: None }];
    Ok(query)
}

/// The most bytes that a value of a column has.
pub(super) async fn longest(table: &ObjectName, column: &str, work: &mut Work<'_>) -> Result<i64> {
    use arrow::{array::AsArray, datatypes::Int32Type};
    use futures::TryStreamExt;

    let mut query = parse_query("select max(octet_length(a)) from t")?;
    let QueryBody::Select(select) = &mut query.body else { return Err(Error::internal("a query without SELECT")) };
    select.from = vec![FromItem::Table { name: table.clone(), alias: None, at: None }];
    let inner = select.items.first_mut().and_then(|item| match &mut item.expr.kind {
        ExprKind::Function(call) => call.args.first_mut(),
        _ => None,
    });
    if let Some(Expr { kind: ExprKind::Function(call), .. }) = inner {
        call.args = vec![Expr { kind: ExprKind::Column(ObjectName(vec![quoted(column)])), pos: 0 }];
    }
    // All rows are looked at, whichever of them the user may see.
    let session = Arc::new(SessionInfo { superuser: true, ..(*work.context.session).clone() });
    let bound = Binder::new(BindContext { session, ..work.context.clone() }).query(&query)?;
    let mut batches = crate::execution::execute(&bound.plan, work.state.engine.execution()).await?;
    let mut most = 0;
    while let Some(batch) = batches.try_next().await? {
        let values = batch.column(0).as_primitive_opt::<Int32Type>();
        most = values.into_iter().flat_map(|values| values.iter().flatten()).map(i64::from).fold(most, i64::max);
    }
    Ok(most)
}
