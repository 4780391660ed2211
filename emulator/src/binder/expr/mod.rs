//! Value expressions: which column, operator, cast or function each stands for.

mod call;
mod forms;
mod literal;
mod name;
mod path;
mod routine;
mod row;
mod walk;
mod window;

use datafusion::logical_expr::Expr as PlanExpr;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{BinaryOp, Expr, ExprKind, IsTest, Link, UnaryOp},
    names::ObjectName,
};

pub(crate) use self::routine::cheapest;
pub(super) use self::window::is_constant;
pub(super) use self::{
    name::output_name,
    walk::{children, contains},
};
use super::{
    Binder, CastKind, LikeParts, Typed,
    block::{Block, Clause, Place},
    node, outer_mark,
    scope::Resolved,
    with_stack,
};
use crate::functions::collation;

impl Binder {
    /// Binds an expression; an error without a position gets the expression's.
    pub(super) fn expr<'q>(&mut self, expr: &'q Expr, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        with_stack(|| self.expr_at(expr, block, place)).map_err(|error| error.at(expr.pos))
    }

    /// Binds an expression and casts it.
    pub(super) fn expr_as<'q>(
        &mut self,
        expr: &'q Expr,
        ty: RedshiftType,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let value = self.expr(expr, block, place)?;
        super::cast(value, ty, CastKind::Implicit, &self.ctx).map_err(|error| error.at(expr.pos))
    }

    fn expr_at<'q>(&mut self, expr: &'q Expr, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Column(name) => self.column(name, expr.pos, block, place),
            ExprKind::Parameter(number) => {
                let argument = self.ctx.variables.as_ref().and_then(|variables| variables.argument(*number));
                argument.map_or_else(|| super::parameter(*number, &self.ctx), Ok)
            }
            ExprKind::Unary { op, expr } => self.unary_op(*op, expr, block, place),
            ExprKind::Binary { .. } => self.binary_chain(expr, block, place),
            ExprKind::Chain { first, rest } => self.links(first, rest, block, place),
            ExprKind::Like { kind, negated, expr, pattern, escape } => {
                let value = self.expr(expr, block, place)?;
                let pattern = self.expr(pattern, block, place)?;
                let escape = escape.as_ref().map(|escape| self.expr(escape, block, place)).transpose()?;
                super::like(LikeParts { kind: *kind, negated: *negated, value, pattern, escape }, &self.ctx)
            }
            ExprKind::Is { expr, test, negated } => self.is_test(expr, *test, *negated, block, place),
            ExprKind::Between { expr, negated, low, high } => self.between(expr, *negated, (low, high), block, place),
            ExprKind::InList { expr, negated, list } => self.in_list(expr, *negated, list, block, place),
            ExprKind::InQuery { expr, negated, query } => self.in_query(expr, *negated, query, block, place),
            ExprKind::QuantifiedQuery { expr, op, quantifier, query } => {
                self.quantified_query(expr, *op, *quantifier, query, block, place)
            }
            ExprKind::QuantifiedArray { expr, op, quantifier, array } => {
                self.quantified_array(expr, (*op, *quantifier), array, block, place)
            }
            ExprKind::Exists { negated, query } => self.exists(*negated, query, block, place),
            ExprKind::ScalarQuery(query) => self.scalar_query(query, block, place),
            ExprKind::Row(items) => self.row_value(items, block, place),
            ExprKind::Array { items, constructor } => self.array(items, *constructor, block, place),
            ExprKind::ArrayQuery(query) => self.array_query(query, block, place),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), block, place)
            }
            ExprKind::Cast { expr, ty, safety, length } => self.cast_to(expr, (ty, *length), *safety, block, place),
            ExprKind::Function(call) => self.call(call, block, place),
            ExprKind::Extract { part, expr } => self.extract(part, expr, block, place),
            ExprKind::Position { needle, haystack } => self.function_of("position", &[needle, haystack], block, place),
            ExprKind::ObjectTransform { input, keep, set } => self.object_transform(input, keep, set, block, place),
            ExprKind::Substring { expr, from, length } => {
                self.substring(expr, from.as_deref(), length.as_deref(), block, place)
            }
            ExprKind::Trim { side, characters, expr } => self.trim(*side, characters.as_deref(), expr, block, place),
            ExprKind::AtTimeZone { expr, zone } => self.function_of("timezone", &[zone, expr], block, place),
            ExprKind::Collate { expr, collation } => {
                let typed = self.expr(expr, block, place)?;
                self.with_collation(typed, collation)
            }
            ExprKind::Subscript { expr, step } => self.subscript(expr, step, block, place),
            ExprKind::Prior(expr) => self.prior(expr, block, place),
            ExprKind::OuterJoinMark(expr) if outer_mark::is_ignored(block, place) => self.expr(expr, block, place),
            ExprKind::OuterJoinMark(_) => Err(Error::unsupported(
                "the outer join operator (+) is only allowed in comparisons of columns in the WHERE clause",
            )),
            ExprKind::Wildcard { .. } => Err(super::syntax("syntax error at or near \"*\"")),
            ExprKind::Default => Err(super::syntax("DEFAULT is only allowed in INSERT VALUES and UPDATE SET")),
        }
    }

    /// A name: first a column of FROM, then an alias of the select list, then a column of an enclosing block.
    ///
    /// In a stored procedure its variables come before all of these, as PL/pgSQL puts them in their names' place.
    fn column<'q>(&mut self, name: &'q ObjectName, pos: u32, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        if let Some(variables) = &self.ctx.variables {
            let parts: Vec<String> = name.0.iter().map(|part| self.fold(part)).collect();
            if let Some(value) = variables.value(&parts)? {
                return Ok(value);
            }
        }
        match self.resolve_column(&block.scope, name)? {
            Resolved::Here(column) => {
                self.uses_column(&column);
                block.positions.entry(column.internal.clone()).or_insert(pos);
                Ok(column.collated())
            }
            found => {
                if let [bare] = name.0.as_slice()
                    && let Some(typed) = self.lateral_alias(&self.fold(bare), block, place)?
                {
                    return Ok(typed);
                }
                match found {
                    Resolved::Outer(typed) => Ok(typed),
                    _ if crate::functions::is_called_bare(name) => {
                        crate::functions::scalar(&self.fold(name.object()), Vec::new(), &self.ctx)
                    }
                    _ => match self.named_path(name, block, place)? {
                        Some(typed) => Ok(typed),
                        None => Err(self.no_such_column(&block.scope, name)),
                    },
                }
            }
        }
    }

    /// An alias that was given to an item of the select list.
    ///
    /// Redshift puts the aliased expression in the alias' place. An expression that was bound for the same stage is
    /// shared; elsewhere (WHERE, the argument of an aggregate) it is bound anew under that place's rules.
    fn lateral_alias<'q>(&mut self, name: &str, block: &mut Block<'q>, place: Place) -> Result<Option<Typed>> {
        let Some(alias) = block.alias(name) else { return Ok(None) };
        if let Some(bound) = &alias.bound
            && place.stage == super::block::Stage::Final
        {
            return Ok(Some(bound.clone()));
        }
        let (expr, item) = (alias.expr, alias.item);
        let before = std::mem::replace(&mut block.aliases_before, item);
        let typed = self.expr(expr, block, place);
        block.aliases_before = before;
        typed.map(Some)
    }

    /// `PRIOR expr`: of the parent row.
    fn prior<'q>(&mut self, expr: &'q Expr, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        let Some(prior) = block.prior.clone() else {
            return Err(super::syntax("PRIOR is only allowed in CONNECT BY"));
        };
        let scope = std::mem::replace(&mut block.scope, prior);
        let typed = self.expr(expr, block, place);
        block.scope = scope;
        typed
    }

    fn unary_op<'q>(&mut self, op: UnaryOp, operand: &'q Expr, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        if let (UnaryOp::Minus, ExprKind::Literal(literal)) = (op, &operand.kind)
            && let Some(negative) = self.negative_literal(literal)?
        {
            return Ok(negative);
        }
        if op == UnaryOp::Not {
            let condition = self.condition(operand, "NOT", block, place)?;
            return Ok(Typed::new(PlanExpr::Not(Box::new(condition)), RedshiftType::Bool));
        }
        let operand = self.expr(operand, block, place)?;
        super::unary(op, operand, &self.ctx)
    }

    /// `a op b op c ...`: the operators of one level hang on each other's left, thousands of them perhaps.
    fn binary_chain<'q>(&mut self, expr: &'q Expr, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        if let ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } = &expr.kind {
            let conditions = chain(expr, *op)
                .into_iter()
                .map(|operand| self.condition(operand, op.symbol(), block, place))
                .collect::<Result<Vec<_>>>()?;
            let combined = if *op == BinaryOp::And { node::all_of(conditions) } else { node::any_of(conditions) };
            return combined
                .map(|expr| Typed::new(expr, RedshiftType::Bool))
                .ok_or_else(|| Error::internal("an operator without operands"));
        }
        let mut links = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary { op, left, right } = &leftmost.kind {
            if matches!(op, BinaryOp::And | BinaryOp::Or) {
                break;
            }
            links.push((*op, left.as_ref(), right.as_ref(), leftmost.pos));
            leftmost = left;
        }
        let mut result: Option<Typed> = None;
        while let Some((op, left, right, pos)) = links.pop() {
            let typed = match result.take() {
                Some(left) if !row::is_row(right) => {
                    let right = self.expr(right, block, place)?;
                    super::binary(op, left, right, &self.ctx)
                }
                Some(_) => Err(row::mismatch()),
                None => self.comparison(op, left, right, block, place),
            };
            result = Some(typed.map_err(|error| error.at(pos))?);
        }
        result.ok_or_else(|| Error::internal("an operator without operands"))
    }

    /// `first op a op b ...`
    fn links<'q>(&mut self, first: &'q Expr, rest: &'q [Link], block: &mut Block<'q>, place: Place) -> Result<Typed> {
        let mut result = self.expr(first, block, place)?;
        for Link { op, pos, operand } in rest {
            if row::is_row(first) || row::is_row(operand) {
                return Err(row::mismatch().at(*pos));
            }
            let operand = self.expr(operand, block, place)?;
            result = super::binary(*op, result, operand, &self.ctx).map_err(|error| error.at(*pos))?;
        }
        Ok(result)
    }

    /// `left op right`, of values or of rows.
    fn comparison<'q>(
        &mut self,
        op: BinaryOp,
        left: &'q Expr,
        right: &'q Expr,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        match (&left.kind, &right.kind) {
            (ExprKind::Row(lefts), ExprKind::Row(rights)) => self.row_comparison(op, (lefts, rights), block, place),
            (ExprKind::Row(_), _) | (_, ExprKind::Row(_)) => Err(row::mismatch()),
            _ => {
                let left = self.expr(left, block, place)?;
                let right = self.expr(right, block, place)?;
                super::binary(op, left, right, &self.ctx)
            }
        }
    }

    /// An expression that has to be true or false: an operand of AND, OR and NOT, or a whole condition.
    ///
    /// Redshift takes an integer for one, where 0 is false; an untyped literal becomes a BOOLEAN.
    pub(super) fn condition<'q>(
        &mut self,
        expr: &'q Expr,
        of: &str,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<PlanExpr> {
        let typed = self.expr(expr, block, place)?;
        self.truth(typed, of).map_err(|error| error.at(expr.pos))
    }

    fn truth(&self, typed: Typed, of: &str) -> Result<PlanExpr> {
        super::condition(typed, of, &self.ctx).map(|typed| typed.expr)
    }

    /// The condition of a clause, its AND chain taken apart.
    pub(super) fn conjuncts<'q>(
        &mut self,
        expr: &'q Expr,
        clause: Clause,
        block: &mut Block<'q>,
    ) -> Result<Vec<PlanExpr>> {
        self.all_conditions(chain(expr, BinaryOp::And), clause, block)
    }

    /// Conditions of a clause, all of which have to be true.
    pub(in crate::binder) fn all_conditions<'q>(
        &mut self,
        parts: Vec<&'q Expr>,
        clause: Clause,
        block: &mut Block<'q>,
    ) -> Result<Vec<PlanExpr>> {
        let place = Place::of(clause);
        let of = if parts.len() > 1 { "AND" } else { clause.words() };
        parts.into_iter().map(|part| self.condition(part, of, block, place)).collect()
    }

    fn is_test<'q>(
        &mut self,
        expr: &'q Expr,
        test: IsTest,
        negated: bool,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        if let (ExprKind::Row(items), IsTest::Null) = (&expr.kind, test) {
            return self.row_is_null(items, negated, block, place);
        }
        let typed = self.expr(expr, block, place)?;
        let typed = if test == IsTest::Null {
            typed.expr
        } else {
            self.truth(typed, "IS").map_err(|error| error.at(expr.pos))?
        };
        let operand = Box::new(typed);
        let tested = match (test, negated) {
            (IsTest::Null, false) => PlanExpr::IsNull(operand),
            (IsTest::Null, true) => PlanExpr::IsNotNull(operand),
            (IsTest::True, false) => PlanExpr::IsTrue(operand),
            (IsTest::True, true) => PlanExpr::IsNotTrue(operand),
            (IsTest::False, false) => PlanExpr::IsFalse(operand),
            (IsTest::False, true) => PlanExpr::IsNotFalse(operand),
            (IsTest::Unknown, false) => PlanExpr::IsUnknown(operand),
            (IsTest::Unknown, true) => PlanExpr::IsNotUnknown(operand),
        };
        Ok(Typed::new(tested, RedshiftType::Bool))
    }

    fn with_collation(&self, typed: Typed, name: &ObjectName) -> Result<Typed> {
        match self.fold(name.object()).as_str() {
            "default" => Ok(typed),
            "c" | "posix" | "case_sensitive" | "cs" => Ok(collation::sensitive(typed)),
            "case_insensitive" | "ci" if collation::has_collation(typed.ty) => Ok(collation::insensitive(typed)),
            other => Err(Error::unsupported(format!("collation \"{other}\" is not supported")).at(name.pos())),
        }
    }
}

/// The operands of a chain of one associative operator, from left to right.
pub(super) fn chain(expr: &Expr, op: BinaryOp) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Binary { op: this, left, right } if *this == op => {
                open.push(right);
                open.push(left);
            }
            _ => found.push(expr),
        }
    }
    found
}
