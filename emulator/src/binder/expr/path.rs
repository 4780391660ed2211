//! Paths into SUPER values: `t.c.a.b[0].c`.
//!
//! Source: developer guide, "Querying semistructured data" (navigation), "SUPER configurations",
//! "enable_case_sensitive_super_attribute". What a dotted name means is found from its longest beginning that is a
//! column: `t.c.a` is a column before it is the attribute `a` of a column `t.c`, and that before it is a path into a
//! column `t`.

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Expr, ExprKind, Literal, PathStep},
    names::{Ident, ObjectName},
};

use super::{Binder, CastKind, Typed};
use crate::{
    binder::{
        self,
        block::{Block, Place},
        scope::Resolved,
    },
    functions::{
        self, collation,
        semistructured::{
            Mode,
            navigate::{Path, Step, navigate},
        },
    },
};

impl Binder {
    /// A name that is no column, as a path into one; none where it leads into no SUPER.
    pub(super) fn named_path<'q>(
        &mut self,
        name: &'q ObjectName,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Option<Typed>> {
        let Some((head, fields)) = self.path_head(name, block, place)? else { return Ok(None) };
        let steps = fields.iter().map(|field| Step::Attribute(self.attribute(field))).collect();
        self.navigated(head, steps, Vec::new()).map(Some)
    }

    /// The SUPER column that a name begins with, and the attributes behind it.
    fn path_head<'q>(
        &mut self,
        name: &'q ObjectName,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Option<(Typed, &'q [Ident])>> {
        for end in (1..name.0.len()).rev() {
            let head = ObjectName(name.0[..end].to_vec());
            let typed = match self.resolve_column(&block.scope, &head)? {
                Resolved::Here(column) => {
                    block.positions.entry(column.internal.clone()).or_insert(name.pos());
                    column.collated()
                }
                Resolved::Outer(typed) => typed,
                Resolved::Nothing if end == 1 => match self.lateral_alias(&self.fold(&name.0[0]), block, place)? {
                    Some(typed) => typed,
                    None => continue,
                },
                Resolved::Nothing => continue,
            };
            if typed.ty == RedshiftType::Super {
                return Ok(Some((typed, &name.0[end..])));
            }
        }
        Ok(None)
    }

    /// `expr[index]`, `expr.field`: all steps of a path at once.
    pub(super) fn subscript<'q>(
        &mut self,
        expr: &'q Expr,
        step: &'q PathStep,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let mut written = vec![step];
        let mut base = expr;
        while let ExprKind::Subscript { expr, step } = &base.kind {
            written.push(step);
            base = expr;
        }
        written.reverse();
        let mut steps = Vec::with_capacity(written.len());
        let mut value = match &base.kind {
            ExprKind::Column(name) if matches!(self.resolve_column(&block.scope, name)?, Resolved::Nothing) => {
                match self.path_head(name, block, place)? {
                    Some((head, fields)) => {
                        steps.extend(fields.iter().map(|field| Step::Attribute(self.attribute(field))));
                        head
                    }
                    None => self.expr(base, block, place)?,
                }
            }
            _ => self.expr(base, block, place)?,
        };
        if value.ty != RedshiftType::Super {
            for step in written {
                value = self.array_step(value, step, block, place)?;
            }
            return Ok(value);
        }
        let mut indexes = Vec::new();
        for step in written {
            steps.push(match step {
                PathStep::Field(field) => Step::Attribute(self.attribute(field)),
                PathStep::Index(index) => match &index.kind {
                    ExprKind::Literal(Literal::Integer(digits)) => Step::Item(digits.parse().unwrap_or(i64::MAX)),
                    ExprKind::Literal(Literal::String(name)) => Step::Attribute(name.clone()),
                    _ => {
                        let place_of_item = self.expr(index, block, place)?;
                        let kind = if place_of_item.ty == RedshiftType::Super {
                            CastKind::Explicit
                        } else {
                            CastKind::Implicit
                        };
                        let cast = binder::cast(place_of_item, RedshiftType::Int8, kind, &self.ctx);
                        indexes.push(cast.map_err(|error| error.at(index.pos))?.expr);
                        Step::Computed
                    }
                },
            });
        }
        self.navigated(value, steps, indexes)
    }

    /// A step into what is no SUPER: a subscript of a catalog's array.
    fn array_step<'q>(
        &mut self,
        value: Typed,
        step: &'q PathStep,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        match step {
            PathStep::Index(index) => {
                let index = self.expr_as(index, RedshiftType::Int4, block, place)?;
                functions::scalar("array_subscript", vec![value, index], &self.ctx)
            }
            PathStep::Field(field) => {
                let message = format!(
                    "column notation .{} applied to type {}, which is not a composite type",
                    self.fold(field),
                    value.ty.base_name()
                );
                Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message))
            }
        }
    }

    fn navigated(&self, value: Typed, steps: Vec<Step>, indexes: Vec<datafusion::logical_expr::Expr>) -> Result<Typed> {
        let mode = Mode::of_setting(&self.ctx, "navigate_super_null_on_error");
        let insensitive = collation::is_insensitive(&value);
        let found = navigate(collation::sensitive(value).expr, Path { steps, mode }, indexes)?;
        Ok(collation::inherited(found, insensitive))
    }

    /// An attribute's name, which keeps its case under `enable_case_sensitive_super_attribute`, and in quotes under
    /// `enable_case_sensitive_identifier`.
    fn attribute(&self, name: &Ident) -> String {
        if self.ctx.session.case_sensitive_attributes() { name.as_written().to_string() } else { self.fold(name) }
    }
}
