//! Functions in FROM that list columns: `pg_get_late_binding_view_cols()` and `pg_get_cols('name')`.
//!
//! Sources: PG_GET_LATE_BINDING_VIEW_COLS.md, PG_GET_COLS.md. Both return records, so that the columns' names and types
//! are given behind the alias: `cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)`.

use std::sync::Arc;

use arrow::{
    array::{Int32Array, RecordBatch, StringViewArray},
    datatypes::Schema,
};
use datafusion::{
    common::Column,
    datasource::{MemTable, provider_as_source},
    logical_expr::{Expr, LogicalPlanBuilder},
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, parse_query};

use super::FunctionRows;
use crate::{
    binder::{BindContext, Binder, CastKind, Destination, Effects, Typed, cast},
    catalog::{Relation, RelationKind, ViewInfo},
    error::from_datafusion,
    system::{Source, lookup::Lookup},
    types::arrow_field,
};

/// The columns of the records.
const COLUMNS: [(&str, RedshiftType); 5] = [
    ("view_schema", RedshiftType::Name),
    ("view_name", RedshiftType::Name),
    ("col_name", RedshiftType::Name),
    ("col_type", RedshiftType::Varchar(256)),
    ("col_num", RedshiftType::Int4),
];

/// Is this the name of a function that lists columns?
pub(super) fn knows(name: &str) -> bool {
    matches!(name, "pg_get_late_binding_view_cols" | "pg_get_cols")
}

/// Calls it.
///
/// # Errors
/// 42601 without a column list, 42804 with one that does not fit, 42883 for other arguments, 42P01 where there is no such
/// relation.
pub(super) fn rows(
    name: &str,
    args: Vec<Typed>,
    definition: &[(String, Option<RedshiftType>)],
    ctx: &BindContext,
) -> Result<FunctionRows> {
    let source = ctx.catalog.source().ok_or_else(|| Error::unsupported("there is no system catalog here"))?;
    let records = match (name, &args[..]) {
        ("pg_get_late_binding_view_cols", []) => late_binding_views(source, ctx)?,
        ("pg_get_cols", [arg]) => match arg.unknown_text() {
            Some(text) => of_relation(&*Lookup::new(source).relation_named(text)?, ctx)?,
            None => return Err(Error::unsupported("pg_get_cols is supported for a constant name only")),
        },
        _ => return Err(super::no_such_function(name, &args)),
    };
    let types = types_of(definition)?;
    let batch = batch_of(&records)?;
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(from_datafusion)?;
    let scan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::new(table)), None).map_err(from_datafusion)?;
    let exprs = COLUMNS.iter().zip(&types).map(|((column, natural), (shown, ty))| {
        let value = Typed::new(Expr::Column(Column::new(Some(name), *column)), *natural);
        Ok(cast(value, *ty, CastKind::Explicit, ctx)?.expr.alias(shown))
    });
    let plan =
        scan.project(exprs.collect::<Result<Vec<_>>>()?).and_then(|plan| plan.build()).map_err(from_datafusion)?;
    Ok(FunctionRows { plan, columns: types, single: false })
}

/// The same with the columns' own names and types.
///
/// # Errors
/// 42883 for other arguments, 42P01 where there is no such relation.
pub(super) fn natural_rows(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<FunctionRows> {
    let definition: Vec<_> = COLUMNS.iter().map(|(name, ty)| (name.to_string(), Some(*ty))).collect();
    rows(name, args, &definition, ctx)
}

/// The names and types that the query gives the records' columns.
fn types_of(definition: &[(String, Option<RedshiftType>)]) -> Result<Vec<(String, RedshiftType)>> {
    let typed = definition.iter().map(|(name, ty)| Some((name.clone(), (*ty)?)));
    match typed.collect::<Option<Vec<_>>>() {
        Some(types) if types.len() == COLUMNS.len() => Ok(types),
        Some(types) if !types.is_empty() => {
            let message = "function return row and query-specified return row do not match";
            let detail = format!("Returned row contains 5 attributes, but query expects {}.", types.len());
            Err(Error::new(SqlState::DATATYPE_MISMATCH, message).with_detail(detail))
        }
        _ => {
            let message = "a column definition list is required for functions returning \"record\"";
            Err(Error::new(SqlState::SYNTAX_ERROR, message))
        }
    }
}

struct Record {
    schema: String,
    relation: String,
    column: String,
    ty: RedshiftType,
    number: i32,
}

fn late_binding_views(source: &Source, ctx: &BindContext) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    if source.describing {
        return Ok(records);
    }
    for relation in source.directory.relations()? {
        if matches!(&relation.kind, RelationKind::View(view) if view.late_binding) {
            // A view whose tables are gone has no columns.
            records.extend(of_relation(&relation, ctx).unwrap_or_default());
        }
    }
    Ok(records)
}

fn of_relation(relation: &Relation, ctx: &BindContext) -> Result<Vec<Record>> {
    let columns = match &relation.kind {
        RelationKind::View(view) if view.late_binding => columns_of_view(view, ctx)?,
        RelationKind::Table(_) | RelationKind::View(_) | RelationKind::System => {
            let shown = relation.columns.iter().filter(|column| !column.is_hidden());
            shown.map(|column| (column.name.clone(), column.ty)).collect()
        }
    };
    let record = |(number, (column, ty))| Record {
        schema: relation.schema.clone(),
        relation: relation.name.clone(),
        column,
        ty,
        number,
    };
    Ok((1..).zip(columns).map(record).collect())
}

/// What a late-binding view's query gives at this moment. It is not run: were its tables locked, who lists the columns of
/// views would keep everybody from replacing tables until the end of the transaction.
fn columns_of_view(view: &ViewInfo, ctx: &BindContext) -> Result<Vec<(String, RedshiftType)>> {
    let session = Arc::new(ctx.session.inside(view));
    let catalog = ctx.catalog.describing().unwrap_or_else(|| Arc::clone(&ctx.catalog));
    // What is found out on the way is nothing that the statement does.
    let effects = Effects::default();
    let bound = Binder::new(BindContext { session, catalog, effects, ..ctx.clone() })
        .query_for(&parse_query(&view.query)?, Destination::Definition)?;
    let columns = bound.columns.iter().enumerate();
    Ok(columns.map(|(index, column)| (view.column_name(index, &column.name), column.ty)).collect())
}

fn batch_of(records: &[Record]) -> Result<RecordBatch> {
    let fields: Vec<_> = COLUMNS.iter().map(|(name, ty)| arrow_field(name, *ty)).collect();
    let text = |value: fn(&Record) -> &str| StringViewArray::from_iter_values(records.iter().map(value));
    let types: Vec<String> = records.iter().map(|record| record.ty.to_string()).collect();
    let batch = RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        vec![
            Arc::new(text(|record| &record.schema)),
            Arc::new(text(|record| &record.relation)),
            Arc::new(text(|record| &record.column)),
            Arc::new(StringViewArray::from_iter_values(types)),
            Arc::new(Int32Array::from_iter_values(records.iter().map(|record| record.number))),
        ],
    );
    batch.map_err(|error| Error::internal(error.to_string()))
}
