//! Expressions and types.

use std::fmt::{self, Display, Formatter};

use super::{Quoted, comma_list, paren_list};
use crate::{
    ast::{
        ArraySyntax, BinaryOp, CastLength, CastSafety, DataType, Expr, ExprKind, FunctionCall, IntervalField,
        IntervalQualifier, IsTest, LikeKind, Link, Literal, Parentheses, PathStep, Quantifier, TrimSide, UnaryOp,
    },
    precedence::*,
};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Column(name) => write!(f, "{name}"),
            ExprKind::Parameter(number) => write!(f, "${number}"),
            ExprKind::Subscript { expr, step } => subscript(f, expr, step),
            ExprKind::Unary { op, expr } => unary(f, *op, expr),
            ExprKind::Binary { op, left, right } => binary(f, self, *op, left, right),
            ExprKind::Chain { first, rest } => links(f, first, rest),
            ExprKind::Function(call) => write!(f, "{call}"),
            ExprKind::Wildcard { qualifier, exclude } => {
                if let Some(qualifier) = qualifier {
                    write!(f, "{qualifier}.")?;
                }
                f.write_str("*")?;
                if !exclude.is_empty() {
                    f.write_str(" EXCLUDE ")?;
                    paren_list(f, exclude)?;
                }
                Ok(())
            }
            ExprKind::Default => f.write_str("DEFAULT"),
            ExprKind::ScalarQuery(query) => write!(f, "({query})"),
            ExprKind::Row(items) if items.len() > 1 => paren_list(f, items),
            ExprKind::Row(items) => {
                f.write_str("ROW")?;
                paren_list(f, items)
            }
            ExprKind::Array { items, constructor: ArraySyntax::Parentheses } => {
                f.write_str("ARRAY")?;
                paren_list(f, items)
            }
            ExprKind::Array { items, constructor: ArraySyntax::Brackets } => {
                f.write_str("ARRAY[")?;
                comma_list(f, items)?;
                f.write_str("]")
            }
            ExprKind::ArrayQuery(query) => write!(f, "ARRAY({query})"),
            ExprKind::Case { operand, branches, otherwise } => case(f, operand, branches, otherwise),
            ExprKind::Cast { expr, ty, safety, length } => {
                let ty = match (length, ty) {
                    (CastLength::Default, DataType::Known(known)) => known.base_name().to_string(),
                    _ => ty.to_string(),
                };
                if *safety == CastSafety::Null {
                    return write!(f, "TRY_CAST({expr} AS {ty})");
                }
                operand(f, expr, is_postfix_operand(expr))?;
                write!(f, "::{ty}")
            }
            _ => condition(f, &self.kind).unwrap_or_else(|| special(f, &self.kind)),
        }
    }
}

/// The predicates; none where this is none.
fn condition(f: &mut Formatter<'_>, kind: &ExprKind) -> Option<fmt::Result> {
    Some(match kind {
        ExprKind::Like { kind, negated, expr, pattern, escape } => like(f, (*kind, *negated), expr, pattern, escape),
        ExprKind::Is { expr, test, negated } => is(f, expr, *test, *negated),
        ExprKind::Between { expr, negated, low, high } => between(f, *negated, [expr, low, high]),
        ExprKind::InList { expr, negated, list } => in_head(f, expr, *negated).and_then(|()| paren_list(f, list)),
        ExprKind::InQuery { expr, negated, query } => in_head(f, expr, *negated).and_then(|()| write!(f, "({query})")),
        ExprKind::QuantifiedQuery { expr, op, quantifier, query } => {
            quantified(f, expr, *op, *quantifier).and_then(|()| write!(f, "({query})"))
        }
        ExprKind::QuantifiedArray { expr, op, quantifier, array } => {
            quantified(f, expr, *op, *quantifier).and_then(|()| write!(f, "({array})"))
        }
        ExprKind::Exists { negated, query } => {
            write!(f, "{}EXISTS ({query})", if *negated { "NOT " } else { "" })
        }
        _ => return None,
    })
}

/// The functions and operators that have a syntax of their own.
fn special(f: &mut Formatter<'_>, kind: &ExprKind) -> fmt::Result {
    match kind {
        ExprKind::Extract { part, expr } => write!(f, "EXTRACT({} FROM {expr})", Part(part)),
        ExprKind::Position { needle, haystack } => {
            f.write_str("POSITION(")?;
            above(f, needle, OPERATOR)?;
            f.write_str(" IN ")?;
            above(f, haystack, OPERATOR)?;
            f.write_str(")")
        }
        ExprKind::ObjectTransform { input, keep, set } => {
            write!(f, "OBJECT_TRANSFORM({input}")?;
            for (index, path) in keep.iter().enumerate() {
                write!(f, "{}{path}", if index > 0 { ", " } else { " KEEP " })?;
            }
            for (index, (path, value)) in set.iter().enumerate() {
                write!(f, "{}{path}, {value}", if index > 0 { ", " } else { " SET " })?;
            }
            f.write_str(")")
        }
        ExprKind::Substring { expr, from, length } => {
            write!(f, "SUBSTRING({expr}")?;
            if let Some(from) = from {
                write!(f, " FROM {from}")?;
            }
            if let Some(length) = length {
                write!(f, " FOR {length}")?;
            }
            f.write_str(")")
        }
        ExprKind::Trim { side, characters, expr } => {
            let side = match side {
                TrimSide::Both => "BOTH",
                TrimSide::Leading => "LEADING",
                TrimSide::Trailing => "TRAILING",
            };
            write!(f, "TRIM({side} ")?;
            if let Some(characters) = characters {
                write!(f, "{characters} ")?;
            }
            write!(f, "FROM {expr})")
        }
        ExprKind::AtTimeZone { expr, zone } => {
            above(f, expr, AT_TIME_ZONE)?;
            f.write_str(" AT TIME ZONE ")?;
            above(f, zone, AT_TIME_ZONE + 1)
        }
        ExprKind::Collate { expr, collation } => {
            above(f, expr, COLLATE)?;
            write!(f, " COLLATE {collation}")
        }
        ExprKind::Prior(expr) => write!(f, "PRIOR {expr}"),
        ExprKind::OuterJoinMark(expr) => {
            operand(f, expr, is_postfix_operand(expr))?;
            f.write_str("(+)")
        }
        // Printed already.
        _ => Err(fmt::Error),
    }
}

/// How tightly the outermost operator of an expression binds.
fn level(expr: &Expr) -> Level {
    match &expr.kind {
        // As the left operand of its own level a prefix operator needs no parentheses, as that of a higher one it does.
        ExprKind::Unary { op, .. } => match op {
            UnaryOp::Minus | UnaryOp::Plus => SIGN,
            UnaryOp::Not => NOT,
            other => operand_level(*other) - 1,
        },
        ExprKind::Binary { op, .. } => binary_level(*op),
        ExprKind::Chain { rest, .. } => rest.last().map_or(PRIMARY, |link| binary_level(link.op)),
        ExprKind::QuantifiedQuery { op, .. } | ExprKind::QuantifiedArray { op, .. } => binary_level(*op),
        ExprKind::Like { negated: true, .. }
        | ExprKind::Between { negated: true, .. }
        | ExprKind::InList { negated: true, .. }
        | ExprKind::InQuery { negated: true, .. }
        | ExprKind::Exists { negated: true, .. } => NOT,
        ExprKind::Like { .. } => LIKE,
        ExprKind::Between { .. } => BETWEEN,
        ExprKind::InList { .. } | ExprKind::InQuery { .. } => IN,
        ExprKind::Is { .. } => IS,
        ExprKind::AtTimeZone { .. } => AT_TIME_ZONE,
        ExprKind::Collate { .. } => COLLATE,
        _ => PRIMARY,
    }
}

/// An operand, in parentheses unless its operator binds at least so tightly.
pub(super) fn above(f: &mut Formatter<'_>, expr: &Expr, least: Level) -> fmt::Result {
    operand(f, expr, level(expr) >= least)
}

fn operand(f: &mut Formatter<'_>, expr: &Expr, bare: bool) -> fmt::Result {
    if bare { write!(f, "{expr}") } else { write!(f, "({expr})") }
}

/// May `::` or `(+)` stand behind this without parentheses?
fn is_postfix_operand(expr: &Expr) -> bool {
    level(expr) == PRIMARY && !matches!(expr.kind, ExprKind::Prior(_) | ExprKind::Wildcard { .. } | ExprKind::Default)
}

fn subscript(f: &mut Formatter<'_>, expr: &Expr, step: &PathStep) -> fmt::Result {
    let head = &expr.kind;
    let continues = matches!(head, ExprKind::Subscript { .. } | ExprKind::Function(_) | ExprKind::Parameter(_));
    match step {
        PathStep::Index(index) => {
            operand(f, expr, continues || matches!(head, ExprKind::Column(_)))?;
            write!(f, "[{index}]")
        }
        // A field behind a bare column would be a part of the column's name.
        PathStep::Field(field) => {
            operand(f, expr, continues)?;
            write!(f, ".{field}")
        }
    }
}

fn unary(f: &mut Formatter<'_>, op: UnaryOp, expr: &Expr) -> fmt::Result {
    let symbol = match op {
        UnaryOp::Plus => "+",
        UnaryOp::Minus => "-",
        UnaryOp::Not => "NOT ",
        UnaryOp::BitNot => "~ ",
        UnaryOp::Abs => "@ ",
        UnaryOp::SquareRoot => "|/ ",
        UnaryOp::CubeRoot => "||/ ",
    };
    f.write_str(symbol)?;
    // `--5` would be a comment, and `-@ 5` one operator.
    let signed = matches!(op, UnaryOp::Plus | UnaryOp::Minus) && matches!(expr.kind, ExprKind::Unary { .. });
    f.write_str(if signed { " " } else { "" })?;
    operand(f, expr, level(expr) >= operand_level(op))
}

fn binary(f: &mut Formatter<'_>, whole: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> fmt::Result {
    if matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Concat) {
        return chain(f, whole, op, left, right);
    }
    let own = binary_level(op);
    let (left_least, right_least) = match op {
        BinaryOp::Eq => (own + 1, own),
        _ if is_non_associative(own) => (own + 1, own + 1),
        _ => (own, own + 1),
    };
    above(f, left, left_least)?;
    write!(f, " {} ", op.symbol())?;
    above(f, right, right_least)
}

/// `a + b - c ...`: a first operand that is of the same level would be a part of the chain without its parentheses.
fn links(f: &mut Formatter<'_>, first: &Expr, rest: &[Link]) -> fmt::Result {
    let Some(last) = rest.last() else { return write!(f, "{first}") };
    let own = binary_level(last.op);
    above(f, first, own + 1)?;
    for Link { op, operand, .. } in rest {
        write!(f, " {} ", op.symbol())?;
        above(f, operand, own + 1)?;
    }
    Ok(())
}

/// `a AND b AND c` where the parser would make the same tree of it; else with parentheses around either side that is
/// a chain itself.
fn chain(f: &mut Formatter<'_>, whole: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> fmt::Result {
    let mut operands = Vec::new();
    collect_operands(whole, op, &mut operands);
    let own = binary_level(op);
    if has_parsed_shape(whole, op, operands.len()) {
        for (index, expr) in operands.iter().enumerate() {
            if index > 0 {
                write!(f, " {} ", op.symbol())?;
            }
            above(f, expr, if index == 0 { own } else { own + 1 })?;
        }
        return Ok(());
    }
    let is_chain = |expr: &Expr| matches!(&expr.kind, ExprKind::Binary { op: inner, .. } if *inner == op);
    operand(f, left, level(left) >= own && !is_chain(left))?;
    write!(f, " {} ", op.symbol())?;
    above(f, right, own + 1)
}

fn collect_operands<'a>(expr: &'a Expr, op: BinaryOp, operands: &mut Vec<&'a Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: inner, left, right } if *inner == op => {
            collect_operands(left, op, operands);
            collect_operands(right, op, operands);
        }
        _ => operands.push(expr),
    }
}

/// Is this the tree that the parser makes of so many operands in a row?
fn has_parsed_shape(expr: &Expr, op: BinaryOp, count: usize) -> bool {
    match &expr.kind {
        ExprKind::Binary { op: inner, left, right } if *inner == op => {
            let left_count = left_operands(count.max(2));
            count > 1 && has_parsed_shape(left, op, left_count) && has_parsed_shape(right, op, count - left_count)
        }
        _ => count == 1,
    }
}

fn like(
    f: &mut Formatter<'_>,
    (kind, negated): (LikeKind, bool),
    expr: &Expr,
    pattern: &Expr,
    escape: &Option<Box<Expr>>,
) -> fmt::Result {
    above(f, expr, LIKE + 1)?;
    let word = match kind {
        LikeKind::Like => "LIKE",
        LikeKind::ILike => "ILIKE",
        LikeKind::SimilarTo => "SIMILAR TO",
    };
    write!(f, " {}{word} ", if negated { "NOT " } else { "" })?;
    above(f, pattern, LIKE + 1)?;
    if let Some(escape) = escape {
        f.write_str(" ESCAPE ")?;
        above(f, escape, ESCAPE + 1)?;
    }
    Ok(())
}

fn is(f: &mut Formatter<'_>, expr: &Expr, test: IsTest, negated: bool) -> fmt::Result {
    above(f, expr, IS + 1)?;
    let word = match test {
        IsTest::Null => "NULL",
        IsTest::True => "TRUE",
        IsTest::False => "FALSE",
        IsTest::Unknown => "UNKNOWN",
    };
    write!(f, " IS {}{word}", if negated { "NOT " } else { "" })
}

fn between(f: &mut Formatter<'_>, negated: bool, [expr, low, high]: [&Expr; 3]) -> fmt::Result {
    above(f, expr, BETWEEN + 1)?;
    f.write_str(if negated { " NOT BETWEEN " } else { " BETWEEN " })?;
    above(f, low, IN + 1)?;
    f.write_str(" AND ")?;
    above(f, high, IN + 1)
}

fn in_head(f: &mut Formatter<'_>, expr: &Expr, negated: bool) -> fmt::Result {
    above(f, expr, IN + 1)?;
    f.write_str(if negated { " NOT IN " } else { " IN " })
}

fn quantified(f: &mut Formatter<'_>, expr: &Expr, op: BinaryOp, quantifier: Quantifier) -> fmt::Result {
    above(f, expr, binary_level(op) + 1)?;
    let word = match quantifier {
        Quantifier::Any => "ANY",
        Quantifier::All => "ALL",
    };
    write!(f, " {} {word} ", op.symbol())
}

fn case(
    f: &mut Formatter<'_>,
    operand: &Option<Box<Expr>>,
    branches: &[(Expr, Expr)],
    otherwise: &Option<Box<Expr>>,
) -> fmt::Result {
    f.write_str("CASE")?;
    if let Some(operand) = operand {
        write!(f, " {operand}")?;
    }
    for (condition, result) in branches {
        write!(f, " WHEN {condition} THEN {result}")?;
    }
    if let Some(otherwise) = otherwise {
        write!(f, " ELSE {otherwise}")?;
    }
    f.write_str(" END")
}

/// A date part: a word, or a string where it is none.
struct Part<'a>(&'a str);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_word = self.0.starts_with(|char: char| char.is_ascii_lowercase())
            && self.0.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
        if is_word { f.write_str(self.0) } else { write!(f, "{}", Quoted(self.0)) }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("NULL"),
            Literal::Bool(true) => f.write_str("TRUE"),
            Literal::Bool(false) => f.write_str("FALSE"),
            Literal::Integer(digits) | Literal::Decimal(digits) | Literal::Float(digits) => f.write_str(digits),
            Literal::String(text) => write!(f, "{}", Quoted(text)),
            Literal::Bits { hexadecimal, digits } => {
                write!(f, "{}{}", if *hexadecimal { 'x' } else { 'b' }, Quoted(digits))
            }
            Literal::Interval { value, qualifier: None } => write!(f, "INTERVAL {}", Quoted(value)),
            Literal::Interval { value, qualifier: Some(qualifier) } => {
                write!(f, "INTERVAL {} {qualifier}", Quoted(value))
            }
        }
    }
}

impl Display for IntervalQualifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.from)?;
        if let Some(to) = self.to {
            write!(f, " TO {to}")?;
        }
        match self.precision {
            Some(digits) if self.to.unwrap_or(self.from) == IntervalField::Second => write!(f, "({digits})"),
            _ => Ok(()),
        }
    }
}

impl Display for IntervalField {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IntervalField::Year => "YEAR",
            IntervalField::Month => "MONTH",
            IntervalField::Day => "DAY",
            IntervalField::Hour => "HOUR",
            IntervalField::Minute => "MINUTE",
            IntervalField::Second => "SECOND",
        })
    }
}

impl Display for DataType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            DataType::Known(ty) => write!(f, "{ty}"),
            DataType::Named(name) => write!(f, "{name}"),
        }
    }
}

impl Display for FunctionCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.approximate {
            f.write_str("APPROXIMATE ")?;
        }
        write!(f, "{}", self.name)?;
        if self.parentheses == Parentheses::Omitted {
            return Ok(());
        }
        f.write_str(if self.distinct { "(DISTINCT " } else { "(" })?;
        comma_list(f, &self.args)?;
        f.write_str(")")?;
        if !self.within_group.is_empty() {
            f.write_str(" WITHIN GROUP (ORDER BY ")?;
            comma_list(f, &self.within_group)?;
            f.write_str(")")?;
        }
        if let Some(nulls) = self.nulls {
            write!(f, " {}", nulls.keyword())?;
        }
        match &self.over {
            Some(window) => write!(f, " OVER {window}"),
            None => Ok(()),
        }
    }
}
