//! Large expressions, sealed while a plan is optimised.
//!
//! The optimiser walks every expression some eighty times: each rule looks at it, in up to three rounds. For a CASE of
//! 100,000 arms or as many strings in a chain of `||` that is all that a statement spends its time with, and nothing is
//! gained. So an expression of many parts becomes one function of the columns that it reads, which computes it:
//!
//! ```text
//! Projection: CASE i WHEN 1 THEN a WHEN 2 THEN b ... END   =>   Projection: sealed(i, a, b, ...)
//! ```
//!
//! Filters still move to where their columns are: of a long AND, the conditions on the same columns are sealed together.
//! What needs more than a row (sub-queries, aggregates) or is not the same twice stays as it is; its arguments are sealed.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow::{
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use datafusion::{
    common::{
        Column, DFSchema, Result,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    error::DataFusionError,
    execution::context::SessionState,
    logical_expr::{
        BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs,
        ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
        expr_rewriter::NamePreserver,
        physical_planning_context::PhysicalPlanningContext,
        utils::{conjunction, merge_schema, split_conjunction_owned},
    },
    physical_expr::{PhysicalExpr, create_physical_expr},
};

/// From how many parts on an expression is sealed.
const LARGE: usize = 1_000;

/// The parts of an expression.
///
/// # Errors
/// None of its own.
pub(super) fn parts(expr: &Expr) -> Result<usize> {
    let mut parts = 0;
    expr.apply(|_| {
        parts += 1;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(parts)
}

/// Seals the large expressions of a plan, of which the largest has so many parts.
///
/// # Errors
/// What building an expression finds.
pub(super) fn seal(plan: LogicalPlan, largest: usize, state: &SessionState) -> Result<LogicalPlan> {
    if largest < LARGE {
        return Ok(plan);
    }
    plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            if parts(&expr)? < LARGE {
                return Ok(Transformed::no(expr));
            }
            let name = names.save(&expr);
            Ok(Transformed::yes(name.restore(seal_in(expr, &schema, state)?)))
        })
    })
    .data()
}

/// Gives a plan its expressions back.
///
/// # Errors
/// None of its own.
pub(super) fn unseal(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| {
        node.map_expressions(|expr| {
            expr.transform_up(|expr| match expr {
                Expr::ScalarFunction(ScalarFunction { ref func, ref args }) => match sealed_of(func) {
                    Some(sealed) => sealed.opened(args).map(Transformed::yes),
                    None => Ok(Transformed::no(expr)),
                },
                expr => Ok(Transformed::no(expr)),
            })
        })
    })
    .data()
}

fn sealed_of(function: &ScalarUDF) -> Option<&Sealed> {
    let implementation: &dyn Any = function.inner().as_ref();
    implementation.downcast_ref::<Sealed>()
}

/// Seals what is large and can be sealed in an expression.
fn seal_in(expr: Expr, schema: &DFSchema, state: &SessionState) -> Result<Expr> {
    let sealed = expr.transform_down(|expr| {
        if parts(&expr)? < LARGE {
            return Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump));
        }
        if matches!(expr, Expr::Alias(_)) || !needs_only_a_row(&expr)? {
            return Ok(Transformed::no(expr));
        }
        let sealed = match expr {
            Expr::BinaryExpr(BinaryExpr { op: Operator::And, .. }) => conditions(expr, schema, state)?,
            expr => Sealed::call(expr, schema, state)?,
        };
        Ok(Transformed::new(sealed, true, TreeNodeRecursion::Jump))
    });
    sealed.data()
}

/// Is an expression computed from the columns of a row alone, with the same result each time?
fn needs_only_a_row(expr: &Expr) -> Result<bool> {
    let other = expr.exists(|expr| {
        Ok(match expr {
            Expr::ScalarFunction(call) => call.func.signature().volatility == Volatility::Volatile,
            Expr::Alias(_)
            | Expr::Column(_)
            | Expr::Literal(..)
            | Expr::BinaryExpr(_)
            | Expr::Like(_)
            | Expr::SimilarTo(_)
            | Expr::Not(_)
            | Expr::IsNotNull(_)
            | Expr::IsNull(_)
            | Expr::IsTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNotFalse(_)
            | Expr::IsNotUnknown(_)
            | Expr::Negative(_)
            | Expr::Between(_)
            | Expr::Case(_)
            | Expr::Cast(_)
            | Expr::TryCast(_)
            | Expr::InList(_) => false,
            _ => true,
        })
    })?;
    Ok(!other)
}

/// The conditions of a long AND, those on the same columns in one: each can move where its columns are.
fn conditions(all: Expr, schema: &DFSchema, state: &SessionState) -> Result<Expr> {
    let mut places: HashMap<Vec<Column>, usize> = HashMap::new();
    let mut groups: Vec<Vec<Expr>> = Vec::new();
    for condition in split_conjunction_owned(all) {
        let mut columns: Vec<Column> = condition.column_refs().into_iter().cloned().collect();
        columns.sort();
        let place = *places.entry(columns).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(condition),
            None => groups.push(vec![condition]),
        }
    }
    let sealed = groups.into_iter().filter_map(balanced).map(|condition| {
        if parts(&condition)? < LARGE { Ok(condition) } else { Sealed::call(condition, schema, state) }
    });
    let sealed = sealed.collect::<Result<Vec<_>>>()?;
    conjunction(sealed).ok_or_else(|| DataFusionError::Internal("an AND without conditions".to_string()))
}

/// Conditions joined by AND in a low tree.
fn balanced(mut conditions: Vec<Expr>) -> Option<Expr> {
    if conditions.len() < 3 {
        return conjunction(conditions);
    }
    let right = balanced(conditions.split_off(conditions.len() / 2))?;
    Some(balanced(conditions)?.and(right))
}

/// A function that computes an expression from the columns that it reads.
struct Sealed {
    /// `sealed_n`: no two have the same.
    name: String,
    /// The expression over columns 0, 1, ... without qualifier.
    expr: Expr,
    /// The same, ready to run.
    ready: Arc<dyn PhysicalExpr>,
    arguments: SchemaRef,
    returns: FieldRef,
    signature: Signature,
}

impl Sealed {
    /// The call that stands for an expression.
    fn call(expr: Expr, schema: &DFSchema, state: &SessionState) -> Result<Expr> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (_, returns) = expr.to_field(schema)?;
        let mut places: HashMap<Column, usize> = HashMap::new();
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        let expr = expr.transform_up(|part| {
            let Expr::Column(column) = part else { return Ok(Transformed::no(part)) };
            let place = match places.get(&column) {
                Some(place) => *place,
                None => {
                    let place = columns.len();
                    let field = schema.qualified_field_from_column(&column)?.1;
                    fields.push(Field::clone(field).with_name(place.to_string()).with_nullable(true));
                    columns.push(Expr::Column(column.clone()));
                    places.insert(column, place);
                    place
                }
            };
            Ok(Transformed::yes(argument(place)))
        });
        let expr = expr.data()?;
        let arguments = Arc::new(Schema::new(fields));
        let over = DFSchema::try_from(arguments.clone())?;
        let ready = create_physical_expr(&expr, &over, state.execution_props(), &PhysicalPlanningContext::default())?;
        let signature = match columns.len() {
            0 => Signature::nullary(Volatility::Immutable),
            count => Signature::any(count, Volatility::Immutable),
        };
        let sealed = Sealed {
            name: format!("sealed_{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            expr,
            ready,
            arguments,
            returns,
            signature,
        };
        let function = Arc::new(ScalarUDF::new_from_impl(sealed));
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, columns)))
    }

    /// The expression over these arguments.
    fn opened(&self, args: &[Expr]) -> Result<Expr> {
        let opened = self.expr.clone().transform_up(|part| {
            let Expr::Column(column) = &part else { return Ok(Transformed::no(part)) };
            match column.name.parse::<usize>().ok().and_then(|place| args.get(place)) {
                Some(arg) => Ok(Transformed::yes(arg.clone())),
                None => Err(DataFusionError::Internal("a sealed expression without its argument".to_string())),
            }
        });
        opened.data()
    }
}

fn argument(place: usize) -> Expr {
    Expr::Column(Column::new_unqualified(place.to_string()))
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Sealed {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Sealed {}

impl Hash for Sealed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Sealed {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.returns.data_type().clone())
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = args.args.into_iter().map(|arg| arg.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.arguments.clone(), columns, &options)?;
        self.ready.evaluate(&batch)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        logical_expr::{LogicalPlanBuilder, lit, when},
        prelude::col,
    };

    use super::*;
    use crate::execution::{ExecutionOptions, session_state};

    fn state() -> SessionState {
        session_state(&ExecutionOptions::default()).expect("state")
    }

    fn rows() -> LogicalPlanBuilder {
        LogicalPlanBuilder::values(vec![vec![lit(1i64), lit("a")], vec![lit(2i64), lit("b")]]).expect("rows")
    }

    fn arms(column: &str) -> Expr {
        let mut arms = when(col(column).eq(lit(0i64)), lit(0i64));
        for n in 1..1_000i64 {
            arms = arms.when(col(column).eq(lit(n)), lit(n * 10));
        }
        arms.end().expect("CASE")
    }

    #[test]
    fn opened_expressions_are_what_they_were() {
        let plan = rows().project([arms("column1").alias("x")]).expect("plan");
        let plan = plan.build().expect("plan");
        let sealed = seal(plan.clone(), usize::MAX, &state()).expect("sealed");
        assert!(sealed.to_string().len() < 500, "{sealed}");
        assert_eq!(unseal(sealed).expect("opened").to_string(), plan.to_string());
    }

    #[test]
    fn what_reads_no_column_is_computed() {
        // As drivers send it: a parameter in a list of parameters.
        let found = lit(7i64).in_list((0..1_000i64).map(lit).collect(), false);
        let plan = rows().filter(found).expect("plan").build().expect("plan");
        let state = state();
        let sealed = seal(plan, usize::MAX, &state).expect("sealed");
        assert!(sealed.to_string().contains("sealed_"), "{sealed}");
        let optimized = state.optimizer().optimize(sealed, &state, |_, _| {}).expect("optimized");
        assert!(!optimized.to_string().contains("Filter"), "{optimized}");
    }

    #[test]
    fn conditions_on_different_columns_stay_apart() {
        let conditions = |column: &'static str| (0..1_000i64).map(move |n| col(column).not_eq(lit(n)));
        let all = conditions("column1").chain(conditions("column2")).reduce(Expr::and).expect("some");
        let plan = rows().filter(all).expect("plan").build().expect("plan");
        let LogicalPlan::Filter(filter) = seal(plan, usize::MAX, &state()).expect("sealed") else { panic!("a filter") };
        let columns =
            split_conjunction_owned(filter.predicate).into_iter().map(|condition| condition.column_refs().len());
        assert_eq!(columns.collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn small_ones_and_those_of_several_rows_stay() {
        let small = rows().project([col("column1") + lit(1i64)]).expect("plan").build().expect("plan");
        assert_eq!(seal(small.clone(), usize::MAX, &state()).expect("plan"), small);
        let sum = datafusion::functions_aggregate::expr_fn::sum(arms("column1"));
        let total = rows().aggregate(Vec::<Expr>::new(), [sum.alias("x")]).expect("plan").build().expect("plan");
        let sealed = seal(total, usize::MAX, &state()).expect("plan").to_string();
        assert!(sealed.contains("sum(sealed_"), "{sealed}");
    }
}
