//! Window functions: `f(args) OVER (PARTITION BY ... ORDER BY ... frame)`.

use datafusion::{
    logical_expr::{
        Expr as PlanExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, expr::NullTreatment as PlanNullTreatment,
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{self, FrameBound, FrameUnits, FunctionCall, NullTreatment, OrderByItem, WindowSpec},
};

use super::{Binder, Typed};
use crate::{
    binder::block::{Block, Clause, Place},
    functions::{self, FunctionClass, WindowParts, collation},
    result::ColumnValue,
};

/// Window functions that are no aggregates and yet work over a frame.
const FRAMED: [&str; 3] = ["first_value", "last_value", "nth_value"];

/// What an OVER clause says once its named window is looked up.
struct Over<'q> {
    partition_by: &'q [ast::Expr],
    order_by: &'q [OrderByItem],
    frame: Option<&'q ast::WindowFrame>,
}

impl Binder {
    pub(super) fn window_call<'q>(
        &mut self,
        name: String,
        call: &'q FunctionCall,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        if let Some(error) = place.clause.refuses_windows() {
            return Err(error);
        }
        let spec = call.over.as_ref().ok_or_else(|| Error::internal("a window function without OVER"))?;
        let over = self.over(spec, block)?;
        check_clauses(&name, &over)?;
        let inside = Place::of(Clause::WindowArgument);
        let args = self.aggregate_arguments(&call.args, block, inside)?;
        self.uses_function(&name, &args);
        let insensitive = args.iter().any(collation::is_insensitive);
        let partition_by = over
            .partition_by
            .iter()
            .map(|expr| {
                let value = self.expr(expr, block, inside)?;
                value.refuse_untyped("text").map_err(|error| error.at(expr.pos))?;
                if is_constant(&value) || block.scope.value_of(&value) == ColumnValue::Constant {
                    return Err(no_constants("partition by").at(expr.pos));
                }
                self.partition_key_of(value)
            })
            .collect::<Result<Vec<_>>>()?;
        if let Some(item) = over.order_by.iter().find(|item| is_string_literal(&item.expr)) {
            return Err(no_constants("order by").at(item.expr.pos));
        }
        let order_by = self.sort_exprs(over.order_by, block, inside)?;
        let parts = WindowParts {
            frame: self.frame(&name, &over)?,
            name,
            args,
            partition_by,
            order_by,
            nulls: call.nulls.map(|nulls| match nulls {
                NullTreatment::Ignore => PlanNullTreatment::IgnoreNulls,
                NullTreatment::Respect => PlanNullTreatment::RespectNulls,
            }),
            distinct: call.distinct,
            within_group: self.ordered_args(&call.within_group, block, inside)?,
        };
        let typed = functions::window(parts, &self.ctx)?;
        let ty = typed.ty;
        let expr = self.take_out(typed.expr, |binder, node| match node {
            PlanExpr::WindowFunction(_) => Some(Ok(block.take_window(node.clone(), || binder.fresh()))),
            _ => None,
        })?;
        Ok(collation::inherited(Typed::new(expr, ty), insensitive))
    }

    /// Puts a named window's parts under those that OVER adds.
    fn over<'q>(&self, spec: &'q WindowSpec, block: &Block<'q>) -> Result<Over<'q>> {
        let Some(base) = &spec.base else {
            return Ok(Over { partition_by: &spec.partition_by, order_by: &spec.order_by, frame: spec.frame.as_ref() });
        };
        let name = self.fold(base);
        let Some((_, named)) = block.named_windows.iter().find(|(known, _)| self.fold(known) == name) else {
            let message = format!("window \"{name}\" does not exist");
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(base.pos));
        };
        let base = self.over(named, block)?;
        let refuse = |what: &str| {
            Err(Error::new(SqlState::WINDOWING_ERROR, format!("cannot override {what} of window \"{name}\"")))
        };
        if !spec.partition_by.is_empty() {
            return refuse("PARTITION BY clause");
        }
        if !spec.order_by.is_empty() && !base.order_by.is_empty() {
            return refuse("ORDER BY clause");
        }
        Ok(Over {
            partition_by: base.partition_by,
            order_by: if spec.order_by.is_empty() { base.order_by } else { &spec.order_by },
            frame: spec.frame.as_ref().or(base.frame),
        })
    }

    /// The frame. Redshift wants one written where an aggregate has ORDER BY: developer guide, "Window function syntax
    /// summary".
    fn frame(&mut self, name: &str, over: &Over<'_>) -> Result<WindowFrame> {
        let Some(frame) = over.frame else {
            if over.order_by.is_empty() {
                return Ok(WindowFrame::new(None));
            }
            let aggregate = functions::classes(name).is_some_and(|c| c.contains(&FunctionClass::Aggregate));
            if aggregate || FRAMED.contains(&name) {
                let message = "Aggregate window functions with an ORDER BY clause require a frame clause";
                return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
            return Ok(WindowFrame::new(Some(false)));
        };
        self.written_frame(frame).map_err(|error| error.at(frame.pos))
    }

    fn written_frame(&mut self, frame: &ast::WindowFrame) -> Result<WindowFrame> {
        let invalid = |message: &str| Err(Error::new(SqlState::WINDOWING_ERROR, message));
        match (&frame.start, &frame.end) {
            (FrameBound::UnboundedFollowing, _) => return invalid("frame start cannot be UNBOUNDED FOLLOWING"),
            (_, FrameBound::UnboundedPreceding) => return invalid("frame end cannot be UNBOUNDED PRECEDING"),
            (FrameBound::CurrentRow, FrameBound::Preceding(_)) => {
                return invalid("frame starting from current row cannot have preceding rows");
            }
            (FrameBound::Following(_), FrameBound::Preceding(_) | FrameBound::CurrentRow) => {
                return invalid("frame starting from following row cannot end with current row");
            }
            _ => {}
        }
        if frame.units == FrameUnits::Range {
            return Err(Error::unsupported("RANGE clause of window functions not yet implemented"));
        }
        let start = self.frame_bound(&frame.start)?;
        let end = self.frame_bound(&frame.end)?;
        Ok(WindowFrame::new_bounds(WindowFrameUnits::Rows, start, end))
    }

    fn frame_bound(&mut self, bound: &FrameBound) -> Result<WindowFrameBound> {
        let unbounded = ScalarValue::UInt64(None);
        Ok(match bound {
            FrameBound::UnboundedPreceding => WindowFrameBound::Preceding(unbounded),
            FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
            FrameBound::UnboundedFollowing => WindowFrameBound::Following(unbounded),
            FrameBound::Preceding(offset) => WindowFrameBound::Preceding(self.frame_offset(offset)?),
            FrameBound::Following(offset) => WindowFrameBound::Following(self.frame_offset(offset)?),
        })
    }

    fn frame_offset(&mut self, offset: &ast::Expr) -> Result<ScalarValue> {
        match self.constant_as(offset, RedshiftType::Int8, Clause::Limit)? {
            ScalarValue::Int64(Some(rows)) if rows >= 0 => Ok(ScalarValue::UInt64(Some(rows as u64))),
            _ => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "frame offset must not be negative").at(offset.pos)),
        }
    }
}

/// Is it a value that no row has a part in?
pub(in crate::binder) fn is_constant(value: &Typed) -> bool {
    value.expr.column_refs().is_empty() && !value.expr.contains_outer() && !value.expr.is_volatile()
}

/// Is it what ORDER BY of a window does not take? Programs write other constants there, and Redshift takes them.
fn is_string_literal(expr: &ast::Expr) -> bool {
    matches!(expr.kind, ast::ExprKind::Literal(ast::Literal::String(_)))
}

fn no_constants(clause: &str) -> Error {
    Error::unsupported(format!("constant expressions are not supported in {clause} clauses"))
}

/// Window functions whose OVER "cannot contain a window frame specification" (their pages).
const UNFRAMED: [&str; 8] = ["cume_dist", "dense_rank", "lag", "lead", "ntile", "percent_rank", "rank", "row_number"];

/// Refuses what the page of a function does not let its OVER have.
fn check_clauses(name: &str, over: &Over<'_>) -> Result<()> {
    let refused = match over.frame {
        // "The OVER clause cannot contain a window ordering or window frame specification."
        _ if name == "ratio_to_report" && !over.order_by.is_empty() => "ORDER BY",
        Some(_) if name == "ratio_to_report" || UNFRAMED.contains(&name) => "a frame clause",
        _ => return Ok(()),
    };
    Err(Error::unsupported(format!("{refused} is not supported in the OVER clause of {name}")))
}
