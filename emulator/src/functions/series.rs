//! generate_series: rows from a number to a number.
//!
//! Source: PostgreSQL 8.0, "Set Returning Functions".

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int32Builder, ListBuilder},
    datatypes::{DataType, Field, Schema},
};
use datafusion::{
    datasource::provider_as_source,
    functions_table::generate_series::{GenSeriesArgs, GenerateSeriesTable},
    logical_expr::{Expr, LogicalPlanBuilder, expr::Cast},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{
    FunctionRows,
    kernel::{Kernel, Run},
    no_such_function,
};
use crate::{
    binder::{BindContext, CastKind, Typed, cast, evaluate_known},
    error::from_datafusion,
    types::arrow_type,
};

const NAME: &str = "generate_series";

/// `generate_series(start, stop [, step])` of integers.
///
/// # Errors
/// 42883 for other arguments, 0A000 for arguments that are not constant, 22023 for a step of 0.
pub(super) fn rows(args: Vec<Typed>, ctx: &BindContext) -> Result<FunctionRows> {
    let fits = |arg: &Typed| arg.ty.is_integer() || arg.ty == RedshiftType::Unknown;
    if !(2..=3).contains(&args.len()) || !args.iter().all(fits) {
        return Err(no_such_function(NAME, &args));
    }
    let wide = args.iter().any(|arg| arg.ty == RedshiftType::Int8);
    let ty = if wide { RedshiftType::Int8 } else { RedshiftType::Int4 };
    let mut bounds = Vec::with_capacity(3);
    for arg in args {
        let value = evaluate_known(cast(arg, RedshiftType::Int8, CastKind::Implicit, ctx)?)?;
        bounds.push(match value {
            ScalarValue::Int64(value) => value,
            _ => return Err(Error::internal("a bound of a series is no integer")),
        });
    }
    let series = match bounds[..] {
        [Some(start), Some(end), step] if !matches!(step, None | Some(0)) => int_series(start, end, step.unwrap_or(1)),
        [Some(start), Some(end)] => int_series(start, end, 1),
        [_, _, Some(0)] => {
            return Err(no_step());
        }
        _ => GenSeriesArgs::ContainsNull { name: NAME },
    };
    let schema = Arc::new(Schema::new(vec![Field::new("value", DataType::Int64, true)]));
    let table = provider_as_source(Arc::new(GenerateSeriesTable::new(schema, series)));
    let value = Expr::Cast(Cast::new(Box::new(Expr::Column("value".into())), arrow_type(ty)));
    let plan = LogicalPlanBuilder::scan(NAME, table, None)
        .and_then(|plan| plan.project([value.alias(NAME)]))
        .and_then(LogicalPlanBuilder::build)
        .map_err(from_datafusion)?;
    Ok(FunctionRows { plan, columns: vec![(NAME.to_string(), ty)], single: true })
}

/// `generate_series(start, stop [, step])` for each row: an INTEGER[], NULL where an argument is.
///
/// # Errors
/// 42883 for other arguments, 0A000 for BIGINT; when it runs, 22023 for a step of 0.
pub(super) fn list(args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    if args.iter().any(|arg| arg.ty == RedshiftType::Int8) {
        return Err(Error::unsupported("generate_series of BIGINT columns is not supported"));
    }
    let fits = |arg: &Typed| arg.ty.is_integer() || arg.ty == RedshiftType::Unknown;
    if !(2..=3).contains(&args.len()) || !args.iter().all(fits) {
        return Err(no_such_function(NAME, &args));
    }
    let args = args.into_iter().map(|arg| cast(arg, RedshiftType::Int8, CastKind::Implicit, ctx).map(|arg| arg.expr));
    let run: Run<()> = |(), args| {
        let (starts, stops) = (args.reader::<i64>(0)?, args.reader::<i64>(1)?);
        let steps = (args.len() > 2).then(|| args.reader::<i64>(2)).transpose()?;
        let mut lists = ListBuilder::new(Int32Builder::new());
        for row in 0..args.rows {
            let step = steps.as_ref().map_or(Some(1), |steps| steps.get(row));
            let (Some(start), Some(stop), Some(step)) = (starts.get(row), stops.get(row), step) else {
                lists.append_null();
                continue;
            };
            if step == 0 {
                return Err(no_step());
            }
            let more = |at: i64| if step > 0 { at <= stop } else { at >= stop };
            let numbers = std::iter::successors(Some(start), |at| at.checked_add(step)).take_while(|at| more(*at));
            for number in numbers {
                lists.values().append_option(i32::try_from(number).ok());
            }
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()) as ArrayRef)
    };
    Ok(Kernel::new(NAME, (), RedshiftType::Int4Array, run).call(args.collect::<Result<_>>()?))
}

fn no_step() -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, "step size may not be 0")
}

/// A series that goes the other way than its step has no rows.
fn int_series(start: i64, end: i64, step: i64) -> GenSeriesArgs {
    if (step > 0) != (end >= start) && start != end {
        return GenSeriesArgs::ContainsNull { name: NAME };
    }
    GenSeriesArgs::Int64Args { start, end, step, include_end: true, name: NAME }
}

#[cfg(test)]
mod tests {
    use crate::binder::testing::Database;

    #[tokio::test]
    async fn series_go_up_and_down() {
        let db = Database::new();
        for (sql, expected) in [
            ("select * from generate_series(1, 3)", "1 2 3"),
            ("select n * 2 from generate_series(5, 1, -2) as n", "10 6 2"),
            ("select * from generate_series(3, 1)", ""),
            ("select * from generate_series(1, null)", ""),
            ("select count(*) from generate_series(1, 100000)", "100000"),
        ] {
            let rows = db.rows(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert_eq!(rows.join(" "), expected, "{sql}");
        }
        assert_eq!(db.error("select * from generate_series(1, 2, 0)").await, "22023: step size may not be 0 at 14");
    }
}
