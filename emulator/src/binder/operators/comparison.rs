//! `= <> < <= > >=` and IN.
//!
//! The operands get one type and DataFusion's own operator compares them. Constants take the column's type where that
//! loses nothing, so that the column stays bare and files are pruned by their statistics.
//!
//! Strings are compared without their trailing blanks (developer guide, "Significance of trailing blanks"). A CHAR is
//! held without them and a constant loses them while it is bound; a VARCHAR column may have some. `c = 'x'` therefore is
//! `c >= 'x' AND c < 'x!' AND rtrim(c) = 'x'`: the range, in which nothing but `x` and blanks and what follows a blank
//! can be, prunes and decides nearly all rows; `!` is what follows the blank in ASCII. Two columns are compared as
//! `rtrim(a) = rtrim(b)`, a key like any other for a hash join; that rtrim gives back its argument where nothing in a
//! batch ends with a blank. On the leader node blanks at the end of a VARCHAR count; see [`TrailingBlanks`].

use datafusion::{
    logical_expr::{Expr, Operator, expr::InList},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, Result,
    ast::BinaryOp,
    types::{MAX_PRECISION, MAX_VARCHAR},
};

use super::{arithmetic::untyped, datafusion_binary, missing, text_length};
use crate::{
    binder::{
        BindContext, TrailingBlanks, Typed,
        cast::{CastKind, cast, number_rank, session_zone},
        coercion::wider,
        node,
    },
    functions::{collation, moments, string::without_trailing_blanks},
    text_input::{Rounding, calendar::DAY, power_of_ten, rescale, zone::Zone},
};

/// `left op right`
pub(super) fn compare(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    collation::check_mix([&left, &right])?;
    if collation::is_insensitive(&left) || collation::is_insensitive(&right) {
        return compare(op, collation::folded(left, ctx)?, collation::folded(right, ctx)?, ctx);
    }
    if let Some(compared) =
        date_and_constant(op, &left, &right).or_else(|| date_and_constant(mirrored(op), &right, &left))
    {
        return Ok(compared);
    }
    let spatial = |ty: RedshiftType| matches!(ty, RedshiftType::Geometry | RedshiftType::Geography);
    if spatial(left.ty) || spatial(right.ty) {
        return Err(missing(op.symbol(), Some(left.ty), right.ty));
    }
    let (left, right) = operands(op, left, right, ctx)?;
    let operator = operator(op);
    match left.ty {
        ty if is_texty(ty) => compare_strings(op, left, right, &ctx.blanks),
        ty if ty.is_interval() => {
            let order = |value: Typed| moments::interval_order().call_or_fold(vec![value.expr]);
            Ok(datafusion_binary(order(left)?, operator, order(right)?, RedshiftType::Bool))
        }
        _ => Ok(datafusion_binary(left, operator, right, RedshiftType::Bool)),
    }
}

/// A DATE and a constant TIMESTAMP, compared as dates so that the column stays bare; none for other operands.
///
/// `d < timestamp '2024-01-02 10:00'` is `d <= date '2024-01-02'`: a date is the midnight that it begins with.
fn date_and_constant(op: BinaryOp, date: &Typed, moment: &Typed) -> Option<Typed> {
    if (date.ty, moment.ty) != (RedshiftType::Date, RedshiftType::Timestamp) || matches!(date.expr, Expr::Literal(..)) {
        return None;
    }
    let Ok(ScalarValue::TimestampMicrosecond(Some(micros), _)) = crate::binder::evaluate(moment.clone()) else {
        return None;
    };
    let day = i32::try_from(micros.div_euclid(DAY)).ok()?;
    let op = match (op, micros.rem_euclid(DAY)) {
        (op, 0) => op,
        (BinaryOp::Lt, _) => BinaryOp::LtEq,
        (BinaryOp::GtEq, _) => BinaryOp::Gt,
        (BinaryOp::LtEq | BinaryOp::Gt, _) => op,
        // No date is a moment of the day.
        _ => return None,
    };
    let day = Expr::Literal(ScalarValue::Date32(Some(day)), None);
    Some(Typed::new(operation(date.expr.clone(), op, day), RedshiftType::Bool))
}

pub(super) fn operator(op: BinaryOp) -> Operator {
    match op {
        BinaryOp::Eq => Operator::Eq,
        BinaryOp::NotEq => Operator::NotEq,
        BinaryOp::Lt => Operator::Lt,
        BinaryOp::LtEq => Operator::LtEq,
        BinaryOp::Gt => Operator::Gt,
        _ => Operator::GtEq,
    }
}

/// Both operands in the type that they are compared in.
fn operands(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<(Typed, Typed)> {
    use RedshiftType::*;
    let (l, r) = (left.ty, right.ty);
    let both =
        |ty, left, right| Ok((cast(left, ty, CastKind::Implicit, ctx)?, cast(right, ty, CastKind::Implicit, ctx)?));
    let text = || Varchar(MAX_VARCHAR);
    match (l, r) {
        (Unknown, _) if !is_texty(r) => Ok((untyped(left, r, ctx)?, right)).and_then(|(l, r)| numbers(l, r, ctx)),
        (_, Unknown) if !is_texty(l) => Ok((left, untyped(right, l, ctx)?)).and_then(|(l, r)| numbers(l, r, ctx)),
        _ if number_rank(l).is_some() && number_rank(r).is_some() => numbers(left, right, ctx),
        _ if is_texty(l) && is_texty(r) => Ok((inferred(left, ctx)?, inferred(right, ctx)?)),
        (Numeric { .. }, _) if is_texty(r) => Ok((left, cast(right, l, CastKind::Implicit, ctx)?)),
        (_, Numeric { .. }) if is_texty(l) => Ok((cast(left, r, CastKind::Implicit, ctx)?, right)),
        (Oid | Int2 | Int4 | Int8, RegProc | RegProcedure | RegClass | RegType)
        | (RegProc | RegProcedure | RegClass | RegType, Oid | Int2 | Int4 | Int8) => both(Oid, left, right),
        // Other numbers, dates and times are compared with strings as strings.
        _ if (is_texty(l) && text_length(&right).is_some()) || (is_texty(r) && text_length(&left).is_some()) => {
            both(text(), left, right)
        }
        (Timestamp, TimestampTz) if constant_in_utc(&left, &right, ctx) => {
            Ok((left, cast(right, Timestamp, CastKind::Assignment, ctx)?))
        }
        (TimestampTz, Timestamp) if constant_in_utc(&right, &left, ctx) => {
            Ok((cast(left, Timestamp, CastKind::Assignment, ctx)?, right))
        }
        (Bool, Int2 | Int4 | Int8) | (Int2 | Int4 | Int8, Bool) => both(Bool, left, right),
        _ => match wider(l, r) {
            Some(ty) => both(ty, left, right),
            None => Err(missing(op.symbol(), Some(l), r)),
        },
    }
}

/// Is it a column of timestamps beside a constant with a zone, in a session whose clocks show UTC? Then they are compared
/// without zones, which leaves the column bare.
fn constant_in_utc(column: &Typed, constant: &Typed, ctx: &BindContext) -> bool {
    session_zone(ctx) == Zone::UTC
        && !matches!(column.expr, Expr::Literal(..))
        && !constant.expr.any_column_refs()
        && !constant.expr.contains_outer()
}

/// A string of its own type; a parameter of no type yet becomes a VARCHAR.
fn inferred(value: Typed, ctx: &BindContext) -> Result<Typed> {
    match value.expr {
        Expr::Placeholder(_) => cast(value, RedshiftType::Varchar(MAX_VARCHAR), CastKind::Implicit, ctx),
        _ => Ok(value),
    }
}

fn is_texty(ty: RedshiftType) -> bool {
    use RedshiftType::{RegClass, RegProc, RegProcedure, RegType};
    ty.is_string() || matches!(ty, RegProc | RegProcedure | RegClass | RegType)
}

/// Two numbers, and what else had a literal beside it: in one type.
fn numbers(left: Typed, right: Typed, ctx: &BindContext) -> Result<(Typed, Typed)> {
    if left.ty == right.ty {
        return Ok((left, right));
    }
    if let Some(exact) = exactly(&right, left.ty) {
        return Ok((left, exact));
    }
    if let Some(exact) = exactly(&left, right.ty) {
        return Ok((exact, right));
    }
    let ty = match (left.ty, right.ty) {
        // No digit may be lost between two DECIMALs, so the limit of stored columns does not apply.
        (RedshiftType::Float4, r) if r != RedshiftType::Float4 => RedshiftType::Float8,
        (l, RedshiftType::Float4) if l != RedshiftType::Float4 => RedshiftType::Float8,
        (l, r) => comparable(l, r),
    };
    Ok((cast(left, ty, CastKind::Implicit, ctx)?, cast(right, ty, CastKind::Implicit, ctx)?))
}

/// The type that two numbers are compared in: a DECIMAL of all digits that either has. Where there are more than 38, those before
/// the point that hardly any value has are given up, or else all but the first fifteen.
fn comparable(l: RedshiftType, r: RedshiftType) -> RedshiftType {
    use crate::binder::coercion::as_decimal;
    match (as_decimal(l), as_decimal(r)) {
        (RedshiftType::Numeric { precision: p1, scale: s1 }, RedshiftType::Numeric { precision: p2, scale: s2 })
            if !(l.is_integer() && r.is_integer()) =>
        {
            let scale = s1.max(s2);
            match (p1 - s1).max(p2 - s2) + scale {
                // Nineteen digits are held in 64 bits, which do not take all numbers of nineteen digits.
                19 => RedshiftType::numeric(20, scale),
                precision if precision <= MAX_PRECISION => RedshiftType::numeric(precision, scale),
                _ if MAX_PRECISION - scale >= 19 => RedshiftType::numeric(MAX_PRECISION, scale),
                _ => RedshiftType::Float8,
            }
        }
        _ => wider(l, r).unwrap_or(l),
    }
}

/// A constant number in another number's type, where it is the same number there.
fn exactly(value: &Typed, ty: RedshiftType) -> Option<Typed> {
    let Expr::Literal(scalar, _) = &value.expr else { return None };
    let (unscaled, scale) = match scalar {
        ScalarValue::Int16(Some(value)) => (i128::from(*value), 0),
        ScalarValue::Int32(Some(value)) => (i128::from(*value), 0),
        ScalarValue::Int64(Some(value)) => (i128::from(*value), 0),
        ScalarValue::Decimal128(Some(value), _, scale) => (*value, u8::try_from(*scale).ok()?),
        _ => return None,
    };
    let at_scale = |to: u8| {
        let value = rescale(unscaled, scale, to, Rounding::Truncate)?;
        (to >= scale || rescale(value, to, scale, Rounding::Truncate)? == unscaled).then_some(value)
    };
    let scalar = match ty {
        RedshiftType::Int2 => ScalarValue::Int16(Some(at_scale(0)?.try_into().ok()?)),
        RedshiftType::Int4 => ScalarValue::Int32(Some(at_scale(0)?.try_into().ok()?)),
        RedshiftType::Int8 => ScalarValue::Int64(Some(at_scale(0)?.try_into().ok()?)),
        RedshiftType::Numeric { precision, scale } => {
            let value = at_scale(scale)?;
            if value.unsigned_abs() >= power_of_ten(u32::from(precision)).unsigned_abs() {
                return None;
            }
            ScalarValue::Decimal128(Some(value), precision, scale as i8)
        }
        _ => return None,
    };
    Some(Typed::literal(scalar, ty))
}

/// A string without trailing blanks, and whether that had to be computed.
enum Trimmed {
    /// A constant.
    Constant(String),
    /// What has none: a CHAR, a name of the catalog, or NULL.
    Bare(Expr),
    /// What may have some.
    Column(Expr),
}

impl Trimmed {
    fn of(value: Typed) -> Trimmed {
        match (value.expr, value.ty) {
            (Expr::Literal(ScalarValue::Utf8View(Some(text)), _), _) => {
                Trimmed::Constant(text.trim_end_matches(' ').to_string())
            }
            (expr, RedshiftType::Varchar(_) | RedshiftType::Text) if !matches!(expr, Expr::Literal(..)) => {
                Trimmed::Column(expr)
            }
            (expr, _) => Trimmed::Bare(expr),
        }
    }

    fn expr(self) -> Expr {
        match self {
            Trimmed::Constant(text) => string(text),
            Trimmed::Bare(expr) => expr,
            Trimmed::Column(expr) => without_trailing_blanks(expr),
        }
    }
}

fn string(text: String) -> Expr {
    Expr::Literal(ScalarValue::Utf8View(Some(text)), None)
}

/// Do blanks at the end of these strings count? Beside a CHAR a literal is one, and those of a CHAR never do.
fn blanks_count(left: RedshiftType, right: RedshiftType, blanks: &TrailingBlanks) -> bool {
    use RedshiftType::{Char, Unknown};
    !matches!((left, right), (Char(_), Char(_) | Unknown) | (Unknown, Char(_))) && blanks.count()
}

fn compare_strings(op: BinaryOp, left: Typed, right: Typed, blanks: &TrailingBlanks) -> Result<Typed> {
    if blanks_count(left.ty, right.ty, blanks) {
        return Ok(datafusion_binary(left, operator(op), right, RedshiftType::Bool));
    }
    let expr = match (Trimmed::of(left), Trimmed::of(right)) {
        (Trimmed::Column(column), Trimmed::Constant(text)) => column_and_constant(op, column, text),
        (Trimmed::Constant(text), Trimmed::Column(column)) => column_and_constant(mirrored(op), column, text),
        (left, right) => operation(left.expr(), op, right.expr()),
    };
    Ok(Typed::new(expr, RedshiftType::Bool))
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::LtEq => BinaryOp::GtEq,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::GtEq => BinaryOp::LtEq,
        other => other,
    }
}

fn operation(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    datafusion::logical_expr::binary_expr(left, operator(op), right)
}

/// What a column that may have trailing blanks is to a constant that has none.
fn column_and_constant(op: BinaryOp, column: Expr, text: String) -> Expr {
    // Characters before the blank would let `x` and a blank come behind what `x` comes before.
    let plain = !text.bytes().any(|byte| byte < b' ');
    let behind_blanks = string(format!("{text}!"));
    let constant = string(text);
    let exact = |column: Expr, op| operation(without_trailing_blanks(column), op, constant.clone());
    match op {
        BinaryOp::Eq => operation(column.clone(), BinaryOp::GtEq, constant.clone())
            .and(operation(column.clone(), BinaryOp::Lt, behind_blanks))
            .and(exact(column, op)),
        BinaryOp::Lt | BinaryOp::GtEq if plain => operation(column, op, constant),
        BinaryOp::LtEq if plain => {
            operation(column.clone(), BinaryOp::Lt, behind_blanks).and(exact(column, BinaryOp::LtEq))
        }
        BinaryOp::Gt => operation(column.clone(), BinaryOp::Gt, constant.clone()).and(exact(column, op)),
        _ => exact(column, op),
    }
}

/// `value [NOT] IN (items)`, where none of them is a row; errors stand where the item does.
///
/// # Errors
/// 42883 as for `=`.
pub fn in_list(value: &Typed, items: Vec<(Typed, Pos)>, negated: bool, ctx: &BindContext) -> Result<Typed> {
    if value.ty == RedshiftType::Super || items.iter().any(|(item, _)| item.ty == RedshiftType::Super) {
        return dynamic_list(value, items, negated, ctx);
    }
    collation::check_mix(items.iter().map(|(item, _)| item).chain([value]))?;
    if collation::is_insensitive(value) {
        let folded = items.into_iter().map(|(item, pos)| Ok((collation::folded(item, ctx)?, pos)));
        return in_list(&collation::folded(value.clone(), ctx)?, folded.collect::<Result<_>>()?, negated, ctx);
    }
    let mut constants: Vec<(Expr, Expr)> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut column = None;
    let mut others: Vec<Expr> = Vec::new();
    for (item, pos) in items {
        super::refuse_untyped(value, &item).map_err(|error| error.at(pos))?;
        let (left, right) = operands(BinaryOp::Eq, value.clone(), item, ctx).map_err(|error| error.at(pos))?;
        let strings = is_texty(left.ty);
        match (&left.expr, &right.expr) {
            (left_expr, Expr::Literal(ScalarValue::Utf8View(Some(text)), _))
                if strings
                    && !matches!(left_expr, Expr::Literal(..))
                    && !blanks_count(left.ty, right.ty, &ctx.blanks) =>
            {
                texts.push(text.trim_end_matches(' ').to_string());
                column = Some(left);
            }
            (_, Expr::Literal(..)) if !strings && !left.ty.is_interval() => constants.push((left.expr, right.expr)),
            _ => others.push(compare(BinaryOp::Eq, left, right, ctx)?.expr),
        }
    }
    let mut tests = lists(constants);
    if let Some(column) = column {
        tests.push(string_list(column, texts));
    }
    tests.extend(others);
    // Balanced, because one OR after the other is as deep as the list is long.
    let any = node::any_of(tests).ok_or_else(|| Error::internal("an empty IN list"))?;
    let expr = if !negated {
        any
    } else if let Expr::InList(list) = any {
        Expr::InList(InList { negated: !list.negated, ..list })
    } else {
        Expr::Not(Box::new(any))
    };
    Ok(Typed::new(expr, RedshiftType::Bool))
}

/// A list in which something is a SUPER.
fn dynamic_list(value: &Typed, items: Vec<(Typed, Pos)>, negated: bool, ctx: &BindContext) -> Result<Typed> {
    let mut tests = Vec::with_capacity(items.len());
    for (item, pos) in items {
        tests.push(super::binary(BinaryOp::Eq, value.clone(), item, ctx).map_err(|error| error.at(pos))?.expr);
    }
    let any = tests.into_iter().reduce(Expr::or).ok_or_else(|| Error::internal("an empty IN list"))?;
    Ok(Typed::new(if negated { Expr::Not(Box::new(any)) } else { any }, RedshiftType::Bool))
}

/// Constants that one expression is compared with become one list; the value may have been cast differently for some.
fn lists(constants: Vec<(Expr, Expr)>) -> Vec<Expr> {
    let mut lists: Vec<InList> = Vec::new();
    for (left, constant) in constants {
        match lists.iter_mut().find(|list| *list.expr == left) {
            Some(list) => list.list.push(constant),
            None => lists.push(InList { expr: Box::new(left), list: vec![constant], negated: false }),
        }
    }
    let test = |list: InList| match list.list.as_slice() {
        [only] => operation(*list.expr, BinaryOp::Eq, only.clone()),
        _ => Expr::InList(list),
    };
    lists.into_iter().map(test).collect()
}

/// The list looks the trimmed value up; the range that its smallest and largest items span prunes.
fn string_list(column: Typed, texts: Vec<String>) -> Expr {
    if let [only] = texts.as_slice() {
        return match Trimmed::of(column) {
            Trimmed::Column(column) => column_and_constant(BinaryOp::Eq, column, only.clone()),
            bare => operation(bare.expr(), BinaryOp::Eq, string(only.clone())),
        };
    }
    let range = (texts.iter().min().cloned(), texts.iter().max().cloned());
    let trimmed = Trimmed::of(column);
    let bare = match &trimmed {
        Trimmed::Column(column) => Some(column.clone()),
        Trimmed::Constant(_) | Trimmed::Bare(_) => None,
    };
    let list = texts.into_iter().map(string).collect();
    let found = Expr::InList(InList { expr: Box::new(trimmed.expr()), list, negated: false });
    match (bare, range) {
        (Some(column), (Some(first), Some(last))) => operation(column.clone(), BinaryOp::GtEq, string(first))
            .and(operation(column, BinaryOp::Lt, string(format!("{last}!"))))
            .and(found),
        _ => found,
    }
}
