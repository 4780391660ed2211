//! Casts between types: which are allowed where, and what computes them.
//!
//! Source: developer guide, "Type compatibility and conversion" and "CAST"; what it leaves open is PostgreSQL 8.0's
//! pg_cast. Three strengths of casts exist, each allowing what the one before allows: implicit (of operands and
//! arguments), assignment (of stored values), explicit.
//!
//! Constants are cast at once and their errors worded as the leader node words them; columns are cast while the query
//! runs, with the errors of compute nodes. The guide also lets them round differently ("results of explicit casts of
//! values selected from tables are not rounded"): see [`rounding`].

use datafusion::{
    logical_expr::{
        Expr,
        expr::{Cast, Placeholder},
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::IntervalQualifier, types::MAX_PRECISION};

use super::{BindContext, Typed};
use crate::{
    error::from_datafusion,
    functions::{
        catalog_info::cast_identifier,
        collation,
        conversion::{Conversion, Excess, Failure},
        semistructured::scalar,
        spatial,
    },
    text_input::{
        Composite, DateOrder, DateTimeInput, InputError, IntervalUnits, Rounding, decimal_of_text, parse_interval,
        parse_qualified_interval, timetz_offset, zone::Zone,
    },
    text_output::{DayOrder, TextStyle},
    types::{arrow_field, arrow_type},
};

/// How a cast came about, which decides whether it is allowed and whether strings are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastKind {
    /// Of an operand or an argument.
    Implicit,
    /// Of a value that INSERT or UPDATE stores: a string that is too long is an error.
    Assignment,
    /// CAST, `::`, CONVERT: a string that is too long is cut.
    Explicit,
    /// TRY_CAST: NULL where the value does not fit.
    Try,
    /// Of a value of a system relation to its column's type: a string is cut, and CHAR holds any character of those that
    /// users have written in their statements.
    System,
}

/// The weakest context in which a cast is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    Implicit,
    Assignment,
    Explicit,
}

/// In which contexts values of one type are cast to another; none where there is no such cast.
pub(crate) fn strength(from: RedshiftType, to: RedshiftType) -> Option<Strength> {
    use RedshiftType::*;
    use Strength::{Assignment, Explicit, Implicit};
    if from == to || from == Unknown || from.oid() == to.oid() {
        return Some(Implicit);
    }
    if let (Some(from), Some(to)) = (number_rank(from), number_rank(to)) {
        return Some(if from < to { Implicit } else { Assignment });
    }
    Some(match (from, to) {
        (from, Super) if scalar::has_super(from) => Implicit,
        (Super, to) if scalar::is_scalar(to) => Explicit,
        (Int2 | Int4 | Int8, Bool) => Implicit,
        (Bool, Int2 | Int4 | Int8) => Explicit,
        (Int2 | Int4 | Int8, Oid) => Implicit,
        (Oid, Int8) => Implicit,
        (Oid, Int2 | Int4 | Numeric { .. } | Float4 | Float8) => Assignment,
        (Int2 | Int4 | Int8 | Numeric { .. } | Float4 | Float8 | Oid, Char(_) | Varchar(_) | Text | Name) => Implicit,
        (Date | Timestamp | TimestampTz | AbsTime, Char(_) | Varchar(_) | Text) => Implicit,
        (Time | TimeTz, Varchar(_) | Text) => Implicit,
        (Time | TimeTz, Char(_)) => Explicit,
        (Interval | IntervalYearToMonth(_) | IntervalDayToSecond(_), Char(_) | Varchar(_) | Text) => Explicit,
        (Char(_) | Varchar(_) | Text | Name | InternalChar, Char(_) | Varchar(_) | Text | Name | InternalChar) => {
            Implicit
        }
        // A DECIMAL and a string are compared as DECIMALs; SUM of strings is one of DECIMALs.
        (Char(_) | Varchar(_) | Text, Numeric { .. }) => Implicit,
        (Char(_) | Varchar(_) | Text | Name, Int2 | Int4 | Int8 | Float4 | Float8 | Oid) => Explicit,
        (Char(_) | Varchar(_) | Text, Date | Time | TimeTz | Timestamp | TimestampTz | AbsTime) => Explicit,
        (Char(_) | Varchar(_) | Text, Interval | IntervalYearToMonth(_) | IntervalDayToSecond(_)) => Explicit,
        (Char(_) | Varchar(_) | Text, HllSketch) => Explicit,
        (HllSketch, Char(_) | Varchar(_) | Text) => Assignment,
        // "can't be implicitly converted to any other data type, except each other"
        (Geometry, Geography) | (Geography, Geometry) => Implicit,
        (Int2 | Int4 | Int8, Varbyte(_)) => Explicit,
        (Char(_) | Varchar(_) | Text, Varbyte(_)) | (Varbyte(_), Char(_) | Varchar(_) | Text) => Explicit,
        (Date, Timestamp | TimestampTz) | (Timestamp, TimestampTz) | (Time, TimeTz) => Implicit,
        (AbsTime, Timestamp | TimestampTz) => Implicit,
        (Timestamp, Date | Time) | (TimestampTz, Date | Timestamp | Time | TimeTz | AbsTime) => Assignment,
        (TimeTz, Time) => Assignment,
        (Time, Interval | IntervalDayToSecond(_)) => Implicit,
        (Interval | IntervalDayToSecond(_), Time) => Assignment,
        (IntervalYearToMonth(_) | IntervalDayToSecond(_), Interval) => Implicit,
        (Interval, IntervalYearToMonth(_) | IntervalDayToSecond(_)) => Assignment,
        (RegProc | RegProcedure | RegClass | RegType, Oid) => Implicit,
        (RegProc | RegProcedure | RegClass | RegType, Char(_) | Varchar(_) | Text | Name | Int4 | Int8) => Assignment,
        (Oid | Int4 | Int8, RegProc | RegProcedure | RegClass | RegType) => Assignment,
        (Char(_) | Varchar(_) | Text | Name, RegProc | RegProcedure | RegClass | RegType) => Explicit,
        (InternalChar, Int4) => Explicit,
        // By their elements (PostgreSQL 8.0, "Arrays").
        (Int2Vector | OidVector | Int2Array | Int4Array | OidArray, Int2Array | Int4Array | OidArray | TextArray) => {
            Explicit
        }
        // An item of an ACL is a text that has been looked at.
        (AclItem, Char(_) | Varchar(_) | Text) => Implicit,
        (Char(_) | Varchar(_) | Text, AclItem) => Explicit,
        (Unknown | Char(_) | Varchar(_) | Text | Name, CString) => Implicit,
        (
            Int2Vector | OidVector | Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItemArray,
            Char(_) | Varchar(_) | Text,
        ) => Explicit,
        _ => return None,
    })
}

/// The place of a number's type among those that it widens to.
pub(crate) fn number_rank(ty: RedshiftType) -> Option<u8> {
    Some(match ty {
        RedshiftType::Int2 => 0,
        RedshiftType::Int4 => 1,
        RedshiftType::Int8 => 2,
        RedshiftType::Numeric { .. } => 3,
        RedshiftType::Float4 => 4,
        RedshiftType::Float8 => 5,
        _ => return None,
    })
}

/// Casts a value, a constant at once.
///
/// # Errors
/// 42846 `cannot cast type date to integer`; 42804 where an assignment would need an explicit cast; for constants also
/// what the cast itself finds: 22P02, 22003, 22008, 22001.
pub fn cast(value: Typed, target: RedshiftType, kind: CastKind, ctx: &BindContext) -> Result<Typed> {
    let value = value.shown();
    if value.ty == target {
        return Ok(value);
    }
    if value.ty == RedshiftType::Unknown && matches!(value.expr, Expr::Placeholder(_)) {
        return infer(value, target, ctx);
    }
    check_allowed(value.ty, target, kind)?;
    if collation::is_insensitive(&value) {
        let cast = cast(collation::sensitive(value), target, kind, ctx)?;
        return Ok(collation::inherited(cast, true));
    }
    if value.is_null_literal() {
        return null(target);
    }
    if target == RedshiftType::Super {
        return scalar::to_super(value, ctx);
    }
    if value.ty == RedshiftType::Super {
        return scalar::from_super(value.expr, target, kind, ctx);
    }
    if let Some(found) = cast_identifier(&value, target, ctx) {
        return found;
    }
    if let Some(found) = spatial::cast(&value, target, ctx) {
        return found;
    }
    if keeps_values(value.ty, target, kind) {
        return Ok(Typed::new(value.expr, target));
    }
    let constant = matches!(value.expr, Expr::Literal(..));
    if !constant && is_widening(value.ty, target) {
        return Ok(Typed::new(Expr::Cast(Cast::new(Box::new(value.expr), arrow_type(target))), target));
    }
    let offset = match (&value.expr, target) {
        (Expr::Literal(ScalarValue::Utf8View(Some(text)), _), RedshiftType::TimeTz) => {
            timetz_offset(text, &date_time_input(ctx)).ok()
        }
        _ => None,
    };
    let converted = conversion(value.ty, target, kind, Operand::of(constant), ctx).kernel();
    converted.call_or_fold(vec![value.expr]).map(|typed| Typed { offset, ..typed })
}

/// The constant NULL of a type.
pub fn null(ty: RedshiftType) -> Result<Typed> {
    let value = ScalarValue::try_from(&arrow_type(ty)).map_err(from_datafusion)?;
    Ok(Typed::literal(value, ty))
}

fn infer(value: Typed, target: RedshiftType, ctx: &BindContext) -> Result<Typed> {
    let Expr::Placeholder(Placeholder { id, .. }) = value.expr else { return Ok(value) };
    let number = id.trim_start_matches('$').parse().map_err(|_| Error::internal(format!("placeholder {id}")))?;
    ctx.parameters.infer(number, without_length(target));
    Ok(placeholder(id, target))
}

/// The type that a parameter gets from its context: what is too long for a column is the column's business, and must not
/// be cut before it gets there.
fn without_length(ty: RedshiftType) -> RedshiftType {
    match ty {
        RedshiftType::Char(_) | RedshiftType::Varchar(_) | RedshiftType::Varbyte(_) => {
            RedshiftType::from_oid(ty.oid(), -1).unwrap_or(ty)
        }
        ty => ty,
    }
}

fn placeholder(id: String, ty: RedshiftType) -> Typed {
    let field = arrow_field(&id, ty);
    Typed::new(Expr::Placeholder(Placeholder::new_with_field(id, Some(field))), ty)
}

fn check_allowed(from: RedshiftType, to: RedshiftType, kind: CastKind) -> Result<()> {
    let strongest = match kind {
        CastKind::Implicit => Strength::Implicit,
        CastKind::Assignment => Strength::Assignment,
        CastKind::Explicit | CastKind::Try | CastKind::System => Strength::Explicit,
    };
    match strength(from, to) {
        Some(_) if kind == CastKind::Try && !is_tried(from, to) => Err(cannot_cast(from, to)),
        Some(needed) if needed <= strongest => Ok(()),
        found if kind == CastKind::Assignment => {
            // Who knows the column's name says it better: see [`is_assignable`].
            let message = format!("expression is of type {} but {} is needed", from.base_name(), to.base_name());
            let error = Error::new(SqlState::DATATYPE_MISMATCH, message);
            let hint = "You will need to rewrite or cast the expression.";
            Err(if found.is_some() { error.with_hint(hint) } else { error })
        }
        _ => Err(cannot_cast(from, to)),
    }
}

fn cannot_cast(from: RedshiftType, to: RedshiftType) -> Error {
    let message = format!("cannot cast type {} to {}", from.base_name(), to.base_name());
    Error::new(SqlState::CANNOT_COERCE, message)
}

/// Does TRY_CAST know the pair of types? Developer guide, "TRY_CAST function", usage notes; an untyped literal is a
/// VARCHAR there.
fn is_tried(from: RedshiftType, to: RedshiftType) -> bool {
    use RedshiftType::*;
    let text = to.is_string();
    match from {
        _ if from.oid() == to.oid() => true,
        Bool => to.is_integer() || to == Super,
        Int2 | Int4 | Int8 => to.is_number() || text || matches!(to, Bool | Super),
        Numeric { .. } | Float4 | Float8 => to.is_number() || text || to == Super,
        Unknown | Char(_) | Varchar(_) | Text => to.is_number() || text || to.is_datetime() || to == Super,
        Timestamp => text || matches!(to, TimestampTz | Date | Time),
        TimestampTz => text || matches!(to, Timestamp | Date | Time | TimeTz),
        Date => text || matches!(to, Timestamp | TimestampTz),
        Time | TimeTz => text,
        Super => !to.is_datetime(),
        _ => false,
    }
}

/// May INSERT and UPDATE store a value of one type in a column of another without an explicit cast?
pub fn is_assignable(from: RedshiftType, to: RedshiftType) -> bool {
    strength(from, to).is_some_and(|needed| needed <= Strength::Assignment)
}

/// Does the cast change nothing but the type's name?
fn keeps_values(from: RedshiftType, to: RedshiftType, kind: CastKind) -> bool {
    use RedshiftType::*;
    match (from, to) {
        (Char(from), Char(to)) | (Char(from) | Varchar(from), Varchar(to)) if from <= to => true,
        // An implicit cast has the length that the operands' types give it.
        (from, Varchar(_)) if kind == CastKind::Implicit => from.is_string(),
        (Char(_) | Varchar(_) | Text | Name | InternalChar | RegProcedure | RegClass | RegType, Text) => true,
        (AclItem | CString | Unknown, Text) | (Text, AclItem | CString) => true,
        (Name | InternalChar, Varchar(to)) => to >= 127,
        (IntervalDayToSecond(_), to) if to == RedshiftType::DAY_TO_SECOND => true,
        (IntervalYearToMonth(_), to) if to == RedshiftType::YEAR_TO_MONTH => true,
        (Oid, Int8) | (Int8, Oid) => true,
        _ => false,
    }
}

/// Is it a cast that DataFusion does as Redshift does, and that cannot fail?
fn is_widening(from: RedshiftType, to: RedshiftType) -> bool {
    use RedshiftType::*;
    match (from, to) {
        (Int2, Int4 | Int8 | Float4 | Float8) | (Int4, Int8 | Float8) | (Int8, Float8) | (Float4, Float8) => true,
        (Int2 | Int4 | Int8, Numeric { precision, scale }) => precision >= scale + digits_of(from),
        (Numeric { precision: p1, scale: s1 }, Numeric { precision: p2, scale: s2 }) => s2 >= s1 && p2 - s2 >= p1 - s1,
        _ => false,
    }
}

/// Digits that an integer of this type may have.
pub(crate) fn digits_of(integer: RedshiftType) -> u8 {
    match integer {
        RedshiftType::Int2 => 5,
        RedshiftType::Int4 => 10,
        _ => 19,
    }
}

/// Is a cast's operand a constant?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operand {
    Constant,
    Column,
}

impl Operand {
    fn of(constant: bool) -> Self {
        if constant { Operand::Constant } else { Operand::Column }
    }
}

fn conversion(from: RedshiftType, to: RedshiftType, kind: CastKind, operand: Operand, ctx: &BindContext) -> Conversion {
    let failure = match (kind, operand) {
        (CastKind::Try, _) => Failure::Null,
        (CastKind::System, _) | (_, Operand::Constant) => Failure::Leader,
        (_, Operand::Column) => Failure::Compute,
    };
    let excess = match kind {
        CastKind::Assignment => Excess::Refuse,
        CastKind::Implicit => Excess::Keep,
        CastKind::Explicit | CastKind::Try | CastKind::System => Excess::Cut,
    };
    Conversion {
        from,
        to,
        rounding: if rounds_numbers(from, to, ctx) { Rounding::HalfAwayFromZero } else { rounding(kind, operand) },
        excess,
        failure,
        input: date_time_input(ctx),
        style: text_style(ctx),
    }
}

/// "If `enable_numeric_rounding` is `on`, Amazon Redshift rounds NUMERIC values when casting them to other numeric types":
/// developer guide, "enable_numeric_rounding".
fn rounds_numbers(from: RedshiftType, to: RedshiftType, ctx: &BindContext) -> bool {
    let on = || ctx.session.settings.get("enable_numeric_rounding").is_some_and(|value| value == "on");
    matches!(from, RedshiftType::Numeric { .. }) && to.is_number() && on()
}

/// Constants and stored values are rounded, other values of columns are cut.
///
/// Developer guide, "DECIMAL or NUMERIC type": a value that is loaded "is rounded to the specified scale"; "However,
/// results of explicit casts of values selected from tables are not rounded."
fn rounding(kind: CastKind, operand: Operand) -> Rounding {
    match (kind, operand) {
        (CastKind::Assignment, _) | (_, Operand::Constant) => Rounding::HalfAwayFromZero,
        (CastKind::Implicit | CastKind::Explicit | CastKind::Try | CastKind::System, Operand::Column) => {
            Rounding::Truncate
        }
    }
}

/// How the session reads dates and times.
pub fn date_time_input(ctx: &BindContext) -> DateTimeInput {
    let style = ctx.session.settings.get("datestyle").map(|style| style.to_lowercase()).unwrap_or_default();
    let order = match style.rsplit(',').next().map(str::trim) {
        Some("dmy") => DateOrder::DayMonthYear,
        Some("ymd") => DateOrder::YearMonthDay,
        _ => DateOrder::MonthDayYear,
    };
    DateTimeInput { order, zone: session_zone(ctx), now: ctx.session.transaction_start }
}

/// The session's time zone.
pub fn session_zone(ctx: &BindContext) -> Zone {
    ctx.session.time_zone
}

/// How the session writes values.
pub fn text_style(ctx: &BindContext) -> TextStyle {
    let mut style = TextStyle::of_settings(|name| ctx.session.settings.get(name).cloned());
    style.zone = ctx.session.time_zone;
    if ctx.session.settings.get("datestyle").is_some_and(|style| style.to_lowercase().contains("dmy")) {
        style.day_order = DayOrder::DayFirst;
    }
    style
}

/// `INTERVAL 'value' [qualifier]`
///
/// # Errors
/// 22007 where the text is no interval, or of the other kind than the qualifier's.
pub fn interval(value: &str, qualifier: Option<IntervalQualifier>) -> Result<Typed> {
    let Some(qualifier) = qualifier else {
        let value = parse_interval(value).map_err(InputError::into_error)?;
        let interval = crate::functions::conversion::interval(value.months, value.days, value.micros);
        return Ok(Typed::literal(ScalarValue::IntervalMonthDayNano(Some(interval)), RedshiftType::Interval));
    };
    let value = parse_qualified_interval(value, qualifier, Composite::Refuse).map_err(InputError::into_error)?;
    Ok(match IntervalUnits::of(qualifier.from) {
        IntervalUnits::YearToMonth => {
            Typed::literal(ScalarValue::IntervalYearMonth(Some(value.months)), RedshiftType::YEAR_TO_MONTH)
        }
        IntervalUnits::DayToSecond => {
            Typed::literal(ScalarValue::DurationMicrosecond(Some(value.micros)), RedshiftType::DAY_TO_SECOND)
        }
    })
}

/// `$number`: a placeholder while describing, its value when executing.
///
/// # Errors
/// 42P02 where there is no such parameter; 22P02 and its like where the value is not one of its declared type.
pub fn parameter(number: u16, ctx: &BindContext) -> Result<Typed> {
    let declared = ctx.parameters.type_of(number).filter(|ty| *ty != RedshiftType::Unknown);
    if number == 0 {
        return Err(Error::new(SqlState::UNDEFINED_PARAMETER, "there is no parameter $0"));
    }
    if !ctx.parameters.have_values() {
        return Ok(placeholder(format!("${number}"), declared.unwrap_or(RedshiftType::Unknown)));
    }
    let value = ctx
        .parameters
        .value_of(number)
        .ok_or_else(|| Error::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${number}")))?;
    let literal = Typed::literal(ScalarValue::Utf8View(value.map(str::to_string)), RedshiftType::Unknown);
    match declared {
        Some(ty) => cast(literal, exact_type(ty, value), CastKind::Explicit, ctx),
        None => Ok(literal),
    }
}

/// The type of a parameter's value: a NUMERIC without a modifier is whatever the value needs.
fn exact_type(ty: RedshiftType, value: Option<&str>) -> RedshiftType {
    let RedshiftType::Numeric { precision, scale } = ty else { return ty };
    match value.and_then(decimal_of_text) {
        Some((_, digits, places)) if places > scale || digits - places > precision - scale => {
            RedshiftType::numeric(MAX_PRECISION, places)
        }
        _ => ty,
    }
}

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod tests;
