//! Which share of the rows a condition keeps, as PostgreSQL 8.0 guesses: by the number of different values, the share of
//! NULLs and the range of a column, and where these say nothing by constants.

use datafusion::logical_expr::{BinaryExpr, Expr, Operator, expr::ScalarFunction};

use super::{names::Names, scans::number};

/// Of an equality of which nothing is known, or a pattern.
const UNKNOWN: f64 = 0.005;
/// Of an inequality of which nothing is known.
const INEQUALITY: f64 = 1.0 / 3.0;

/// The parts of an AND, without those that only help to leave out files: `a = 'x'` of strings brings `a >= 'x'` and
/// `a < 'x!'` along.
pub(super) fn conjuncts(condition: &Expr) -> Vec<Expr> {
    let mut parts = Vec::new();
    split(condition, &mut parts);
    let equal: Vec<(Expr, Expr)> = parts.iter().filter_map(string_equality).collect();
    parts.retain(|part| match part {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::GtEq | Operator::Lt, right }) => {
            let bounded = |(column, value): &(Expr, Expr)| column == &**left && begins_with(right, value);
            !equal.iter().any(bounded)
        }
        _ => true,
    });
    parts.into_iter().map(|part| plain_equality(&part).unwrap_or(part)).collect()
}

fn split(condition: &Expr, parts: &mut Vec<Expr>) {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            split(left, parts);
            split(right, parts);
        }
        other => parts.push(other.clone()),
    }
}

/// The two sides of `without_trailing_blanks(a) = 'x'`.
fn string_equality(part: &Expr) -> Option<(Expr, Expr)> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = part else { return None };
    let side = |expr: &Expr| match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "without_trailing_blanks" => {
            args.first().cloned()
        }
        _ => None,
    };
    match (side(left), side(right)) {
        (None, None) => None,
        (a, b) => Some((a.unwrap_or_else(|| (**left).clone()), b.unwrap_or_else(|| (**right).clone()))),
    }
}

fn plain_equality(part: &Expr) -> Option<Expr> {
    let (left, right) = string_equality(part)?;
    Some(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), Operator::Eq, Box::new(right))))
}

fn begins_with(bound: &Expr, value: &Expr) -> bool {
    match (bound, value) {
        (Expr::Literal(bound, _), Expr::Literal(value, _)) => bound.to_string().starts_with(&value.to_string()),
        _ => false,
    }
}

/// How many operators and functions it takes to compute an expression. Conjunctions and tests for NULL cost nothing.
pub(super) fn operators(condition: &Expr) -> usize {
    use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
    let mut count = 0;
    for part in conjuncts(condition) {
        // Counting does not fail.
        let _ = part.apply(|expr| {
            count += match expr {
                Expr::BinaryExpr(BinaryExpr { op: Operator::And | Operator::Or, .. }) => 0,
                Expr::BinaryExpr(_) | Expr::Like(_) | Expr::ScalarFunction(_) | Expr::Negative(_) => 1,
                Expr::InList(list) => list.list.len(),
                _ => 0,
            };
            Ok(TreeNodeRecursion::Continue)
        });
    }
    count
}

impl Names {
    /// The share of rows that a condition over a plan's columns keeps.
    pub fn selectivity(&self, condition: &Expr, scan: Option<usize>) -> f64 {
        let mut total = 1.0;
        // The bounds of a range say more together than each on its own.
        let mut ranges: Vec<(Expr, f64, f64)> = Vec::new();
        for part in conjuncts(condition) {
            let one = self.part(&part, scan).clamp(0.0, 1.0);
            match bound(&part) {
                Some((column, upper)) => {
                    let at = ranges.iter().position(|(other, ..)| other == &column).unwrap_or_else(|| {
                        ranges.push((column, 1.0, 1.0));
                        ranges.len() - 1
                    });
                    let side = if upper { &mut ranges[at].2 } else { &mut ranges[at].1 };
                    *side = side.min(one);
                }
                None => total *= one,
            }
        }
        for (_, low, high) in ranges {
            let both = low < 1.0 && high < 1.0;
            let default = low == INEQUALITY && high == INEQUALITY;
            total *= match (both, default) {
                (true, true) => UNKNOWN,
                (true, false) => (low + high - 1.0).max(UNKNOWN.min(low).min(high)),
                (false, _) => low * high,
            };
        }
        total
    }

    fn part(&self, condition: &Expr, scan: Option<usize>) -> f64 {
        match condition {
            Expr::Literal(value, _) => f64::from(u8::from(value.to_string() == "true")),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
                Operator::And => self.selectivity(condition, scan),
                Operator::Or => {
                    let (left, right) = (self.selectivity(left, scan), self.selectivity(right, scan));
                    left + right - left * right
                }
                Operator::Eq => self.equality(left, right, scan),
                Operator::NotEq => 1.0 - self.equality(left, right, scan),
                Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => self.inequality(condition, scan),
                _ => INEQUALITY,
            },
            Expr::Not(inner) => 1.0 - self.selectivity(inner, scan),
            Expr::IsNull(inner) => self.nulls(inner, scan),
            Expr::IsNotNull(inner) => 1.0 - self.nulls(inner, scan),
            Expr::IsTrue(inner) => self.selectivity(inner, scan),
            Expr::Like(like) if like.negated => 1.0 - UNKNOWN,
            Expr::Like(_) => UNKNOWN,
            Expr::InList(list) => {
                let each = list.list.iter().map(|item| self.equality(&list.expr, item, scan)).sum::<f64>().min(1.0);
                if list.negated { 1.0 - each } else { each }
            }
            Expr::Column(_) => 0.5,
            _ => INEQUALITY,
        }
    }

    fn equality(&self, left: &Expr, right: &Expr, scan: Option<usize>) -> f64 {
        let facts = [left, right].map(|side| match uncast(side) {
            Expr::Column(column) => self.facts(column, scan),
            _ => None,
        });
        match facts {
            [Some(a), Some(b)] => (1.0 - a.nulls) * (1.0 - b.nulls) / a.distinct.max(b.distinct),
            [Some(one), None] | [None, Some(one)] => (1.0 - one.nulls) / one.distinct,
            [None, None] => UNKNOWN,
        }
    }

    fn inequality(&self, condition: &Expr, scan: Option<usize>) -> f64 {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = condition else { return INEQUALITY };
        let (column, value, below) = match (uncast(left), uncast(right)) {
            (Expr::Column(column), Expr::Literal(value, _)) => {
                (column, value, matches!(op, Operator::Lt | Operator::LtEq))
            }
            (Expr::Literal(value, _), Expr::Column(column)) => {
                (column, value, matches!(op, Operator::Gt | Operator::GtEq))
            }
            _ => return INEQUALITY,
        };
        let Some((facts, value)) = self.facts(column, scan).zip(number(value)) else { return INEQUALITY };
        let Some((least, greatest)) = facts.range else { return INEQUALITY };
        let share = if greatest > least {
            ((value - least) / (greatest - least)).clamp(0.0, 1.0)
        } else {
            f64::from(u8::from(value >= least))
        };
        (1.0 - facts.nulls) * if below { share } else { 1.0 - share }
    }

    fn nulls(&self, expr: &Expr, scan: Option<usize>) -> f64 {
        match expr {
            Expr::Column(column) => self.facts(column, scan).map_or(UNKNOWN, |facts| facts.nulls),
            _ => UNKNOWN,
        }
    }
}

/// What is bounded by an inequality, and whether from above.
fn bound(part: &Expr) -> Option<(Expr, bool)> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = part else { return None };
    let upper = match op {
        Operator::Lt | Operator::LtEq => true,
        Operator::Gt | Operator::GtEq => false,
        _ => return None,
    };
    match (&**left, &**right) {
        (column, Expr::Literal(..)) => Some((column.clone(), upper)),
        (Expr::Literal(..), column) => Some((column.clone(), !upper)),
        _ => None,
    }
}

pub(super) fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) => uncast(&cast.expr),
        other => other,
    }
}
