//! Rows of constants: of VALUES, and of `SELECT 1 UNION ALL SELECT 2 ...`.
//!
//! Thousands of them are gathered into one batch in memory; a plan node for each would take the optimiser too long.

use std::sync::Arc;

use arrow::{
    array::ArrayRef,
    datatypes::{Field, Schema},
    record_batch::RecordBatch,
};
use datafusion::{
    common::{Column as PlanColumn, TableReference},
    datasource::{MemTable, provider_as_source},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{Typed, constant::evaluate, node, planned};
use crate::types::arrow_type;

/// The value of an expression that is constant; any other expression as it is.
pub(super) fn folded(value: Typed) -> Result<Typed> {
    let computed = matches!(value.expr, Expr::Literal(..)) || value.expr.is_volatile();
    if computed || !value.expr.column_refs().is_empty() || value.expr.contains_outer() {
        return Ok(value);
    }
    match evaluate(value.clone()) {
        Ok(constant) => Ok(Typed::literal(constant, value.ty)),
        Err(error) if error.sqlstate() == SqlState::FEATURE_NOT_SUPPORTED => Ok(value),
        Err(error) => Err(error),
    }
}

/// The constants of a row, or the row back where one of its values is none.
pub(super) fn constants(values: Vec<Typed>) -> std::result::Result<Vec<ScalarValue>, Vec<Typed>> {
    if values.iter().any(|value| !matches!(value.expr, Expr::Literal(..))) {
        return Err(values);
    }
    let scalars = values.into_iter().filter_map(|value| match value.expr {
        Expr::Literal(scalar, _) => Some(scalar),
        _ => None,
    });
    Ok(scalars.collect())
}

/// A plan that gives rows of constants, by column, under these names.
pub(super) fn constant_rows(fields: &[(String, RedshiftType)], columns: Vec<Vec<ScalarValue>>) -> Result<LogicalPlan> {
    let schema: Vec<Field> = fields.iter().map(|(name, ty)| Field::new(name, arrow_type(*ty), true)).collect();
    let schema = Arc::new(Schema::new(schema));
    let arrays = columns
        .into_iter()
        .map(|values| planned(ScalarValue::iter_to_array(values)))
        .collect::<Result<Vec<ArrayRef>>>()?;
    let rows = RecordBatch::try_new(schema.clone(), arrays).map_err(|error| Error::internal(error.to_string()))?;
    let table = planned(MemTable::try_new(schema, vec![vec![rows]]))?;
    let name = TableReference::bare("values");
    let scan = LogicalPlanBuilder::scan(name.clone(), provider_as_source(Arc::new(table)), None);
    let plan = planned(scan.and_then(LogicalPlanBuilder::build))?;
    let exprs = fields.iter().map(|(field, _)| Expr::Column(PlanColumn::new(Some(name.clone()), field)).alias(field));
    node::project(plan, exprs.collect())
}
