//! Scalar functions by name, and which overload a call's argument types choose.
//!
//! A family's file has a table of [`Function`]s. An overload says what its parameters take and how the call is built from
//! arguments that have been cast to that. Among the overloads that the arguments can be cast to implicitly the one with
//! the least to cast is taken, as PostgreSQL does ("Function Type Resolution"); untyped literals fit everything, strings
//! best.

use std::{collections::HashMap, sync::LazyLock};

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::{
    collation,
    kernel::{Kernel, Parameters, Run},
    no_such_function, no_such_function_of,
};
use crate::binder::{BindContext, CastKind, Strength, Typed, cast, number_rank, settle, strength};

/// A scalar function.
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) overloads: &'static [Overload],
}

/// A function of these overloads.
pub(super) const fn function(name: &'static str, overloads: &'static [Overload]) -> Function {
    Function { name, overloads }
}

/// A way to call a function.
pub(super) struct Overload {
    params: &'static [Param],
    /// How many of the parameters, at the end, need not be given.
    optional: usize,
    /// What any number of further arguments have to be.
    rest: Option<Param>,
    build: Build,
}

/// Makes a call's expression.
pub(super) type Build = fn(Call<'_>) -> Result<Typed>;

/// Takes exactly these.
pub(super) const fn takes(params: &'static [Param], build: Build) -> Overload {
    Overload { params, optional: 0, rest: None, build }
}

impl Overload {
    /// The last parameters need not be given.
    pub(super) const fn optional(mut self, count: usize) -> Overload {
        self.optional = count;
        self
    }

    /// Any number of further arguments of this kind may follow.
    pub(super) const fn and_more(mut self, rest: Param) -> Overload {
        self.rest = Some(rest);
        self
    }

    /// What it can be called with: without optional parameters, with them, with one of those that may follow.
    #[cfg(test)]
    pub(super) fn shapes(&self) -> Vec<Vec<Param>> {
        let fewest = self.params.len() - self.optional;
        let mut shapes: Vec<_> = (fewest..=self.params.len()).map(|count| self.params[..count].to_vec()).collect();
        shapes.extend(self.rest.map(|rest| [self.params, &[rest]].concat()));
        shapes
    }

    fn param(&self, index: usize) -> Option<Param> {
        self.params.get(index).copied().or(self.rest)
    }

    /// What casting the arguments costs; none where they do not fit.
    fn cost(&self, args: &[Typed]) -> Option<u32> {
        if args.len() + self.optional < self.params.len() {
            return None;
        }
        args.iter().enumerate().map(|(index, arg)| self.param(index)?.cost(arg.ty)).sum()
    }
}

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Param {
    /// Anything; an untyped literal stays one.
    Any,
    /// Anything that has a text: CHAR and VARCHAR as they are, all else as VARCHAR.
    Text,
    /// SMALLINT, INTEGER or BIGINT as it is.
    Integer,
    /// A number of any type as it is.
    Number,
    /// A DECIMAL as it is, or an integer as one.
    Decimal,
    /// An interval of any type as it is.
    Interval,
    /// VARBYTE of any length.
    Bytes,
    /// A SUPER as it is.
    Super,
    /// Exactly this type.
    Type(RedshiftType),
}

pub(super) const BOOL: Param = Param::Type(RedshiftType::Bool);
pub(super) const INT4: Param = Param::Type(RedshiftType::Int4);
pub(super) const INT8: Param = Param::Type(RedshiftType::Int8);
pub(super) const FLOAT8: Param = Param::Type(RedshiftType::Float8);
pub(super) const DATE: Param = Param::Type(RedshiftType::Date);
pub(super) const TIME: Param = Param::Type(RedshiftType::Time);
pub(super) const TIMETZ: Param = Param::Type(RedshiftType::TimeTz);
pub(super) const TIMESTAMP: Param = Param::Type(RedshiftType::Timestamp);
pub(super) const TIMESTAMPTZ: Param = Param::Type(RedshiftType::TimestampTz);

/// What it costs to make an argument of this type of a value; none where it cannot be.
pub(crate) fn argument_cost(from: RedshiftType, to: RedshiftType) -> Option<u32> {
    Param::Type(to).cost(from)
}

impl Param {
    /// What it costs to make such an argument of a value; none where it cannot be.
    pub(super) fn cost(self, from: RedshiftType) -> Option<u32> {
        use RedshiftType::*;
        if from == Unknown {
            return Some(match self {
                Param::Any | Param::Text => 1,
                // Of dates and times PostgreSQL and Redshift's examples take a timestamp.
                Param::Type(Timestamp) => 2,
                Param::Type(Float8) => 2,
                Param::Super => 9,
                _ => 3,
            });
        }
        match self {
            Param::Any => Some(5),
            Param::Text if from.is_string() => Some(0),
            Param::Text => (strength(from, Varchar(MAX_VARCHAR)) == Some(Strength::Implicit)).then_some(20),
            Param::Integer => from.is_integer().then_some(0),
            Param::Number => from.is_number().then_some(0),
            Param::Decimal => match from {
                Numeric { .. } => Some(0),
                _ if from.is_integer() => Some(2),
                _ => None,
            },
            Param::Interval => from.is_interval().then_some(0),
            Param::Bytes => matches!(from, Varbyte(_)).then_some(0),
            Param::Super => (from == Super).then_some(0),
            Param::Type(to) if from.oid() == to.oid() => Some(0),
            Param::Type(to) => match strength(from, to) {
                Some(Strength::Implicit) => Some(match (number_rank(from), number_rank(to)) {
                    (Some(from), Some(to)) => u32::from(to - from),
                    _ => distance(from, to),
                }),
                _ => None,
            },
        }
    }

    /// Its type, where there is one.
    fn type_name(self) -> &'static str {
        match self {
            Param::Any | Param::Text => "text",
            Param::Integer => "integer",
            Param::Number => "double precision",
            Param::Decimal => "numeric",
            Param::Interval => "interval",
            Param::Bytes => "binary varying",
            Param::Super => "super",
            Param::Type(ty) => ty.base_name(),
        }
    }

    /// The argument as it has to be.
    pub(super) fn accept(self, arg: Typed, ctx: &BindContext) -> Result<Typed> {
        if self != Param::Any {
            arg.refuse_untyped(self.type_name())?;
        }
        match self {
            Param::Any => Ok(arg.shown()),
            Param::Text if arg.ty == RedshiftType::Unknown => settle(arg, ctx),
            Param::Text if arg.ty.is_string() => Ok(arg),
            Param::Text => {
                let length = crate::binder::text_length(&arg).unwrap_or(MAX_VARCHAR);
                cast(arg, RedshiftType::Varchar(length), CastKind::Implicit, ctx)
            }
            Param::Number if arg.ty == RedshiftType::Unknown => {
                cast(arg, RedshiftType::Float8, CastKind::Implicit, ctx)
            }
            Param::Integer if arg.ty == RedshiftType::Unknown => cast(arg, RedshiftType::Int4, CastKind::Implicit, ctx),
            Param::Decimal if arg.ty == RedshiftType::Unknown => {
                cast(arg, RedshiftType::numeric(38, 10), CastKind::Implicit, ctx)
            }
            Param::Decimal => {
                let ty = crate::binder::as_decimal(arg.ty);
                cast(arg, ty, CastKind::Implicit, ctx)
            }
            Param::Interval if arg.ty == RedshiftType::Unknown => {
                cast(arg, RedshiftType::Interval, CastKind::Implicit, ctx)
            }
            Param::Bytes if arg.ty == RedshiftType::Unknown => {
                let length = arg.unknown_text().map_or(MAX_VARCHAR, |text| text.len().max(1) as u32);
                cast(arg, RedshiftType::Varbyte(length), CastKind::Implicit, ctx)
            }
            Param::Super => cast(arg, RedshiftType::Super, CastKind::Implicit, ctx),
            Param::Number | Param::Integer | Param::Interval | Param::Bytes => Ok(arg),
            Param::Type(ty) => cast(arg, ty, CastKind::Implicit, ctx),
        }
    }
}

/// Of implicit casts that are none of numbers, those to strings are the last choice.
fn distance(from: RedshiftType, to: RedshiftType) -> u32 {
    use RedshiftType::*;
    match (from, to) {
        (Date, Timestamp) | (Timestamp, TimestampTz) | (Time, TimeTz) => 1,
        (Date, TimestampTz) => 2,
        _ if to.is_string() && from.is_string() => 1,
        _ if to.is_string() => 20,
        _ => 4,
    }
}

/// A call of a function whose arguments are as the overload wants them.
pub(super) struct Call<'a> {
    /// The function's name.
    pub(super) name: &'a str,
    /// Its arguments.
    pub(super) args: Vec<Typed>,
    /// What else the call depends on.
    pub(super) ctx: &'a BindContext,
}

impl Call<'_> {
    /// The type of an argument.
    pub(super) fn ty(&self, index: usize) -> RedshiftType {
        self.args[index].ty
    }

    /// The most bytes of a string argument.
    pub(super) fn length(&self, index: usize) -> u32 {
        crate::binder::text_length(&self.args[index]).unwrap_or(MAX_VARCHAR).max(1)
    }

    /// The call of a kernel without parameters of its own.
    pub(super) fn kernel(self, returns: RedshiftType, run: Run<()>) -> Result<Typed> {
        self.kernel_with((), returns, run)
    }

    /// The call of a kernel that may make something of a NULL.
    pub(super) fn lenient_kernel(self, returns: RedshiftType, run: Run<()>) -> Result<Typed> {
        self.lenient_kernel_with((), returns, run)
    }

    /// The same with parameters.
    pub(super) fn lenient_kernel_with<P: Parameters>(
        self,
        parameters: P,
        returns: RedshiftType,
        run: Run<P>,
    ) -> Result<Typed> {
        let name = self.name.to_string();
        Ok(Kernel::new(name, parameters, returns, run).not_strict().call(self.exprs()))
    }

    /// The call of a kernel.
    pub(super) fn kernel_with<P: Parameters>(self, parameters: P, returns: RedshiftType, run: Run<P>) -> Result<Typed> {
        let name = self.name.to_string();
        Ok(Kernel::new(name, parameters, returns, run).call(self.exprs()))
    }

    /// The arguments' expressions.
    pub(super) fn exprs(self) -> Vec<Expr> {
        self.args.into_iter().map(|arg| arg.expr).collect()
    }

    /// The text of an argument that is a constant; none where it is NULL.
    ///
    /// # Errors
    /// 0A000 where it is no constant.
    pub(super) fn constant(&self, index: usize) -> Result<Option<&str>> {
        match &self.args[index].expr {
            Expr::Literal(ScalarValue::Utf8View(text), _) => Ok(text.as_deref()),
            _ => {
                let message = format!("argument {} of {} has to be a constant", index + 1, self.name);
                Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
            }
        }
    }

    /// 42883, for what the overload itself does not tell apart.
    pub(super) fn missing(&self) -> Error {
        no_such_function(self.name, &self.args)
    }
}

/// A string constant.
pub(super) fn text(value: impl Into<String>, ty: RedshiftType) -> Typed {
    Typed::literal(ScalarValue::Utf8View(Some(value.into())), ty)
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> =
    LazyLock::new(|| super::FAMILIES.iter().flat_map(|family| family.iter()).map(|f| (f.name, f)).collect());

/// Is there a scalar function of this name?
pub(super) fn knows(name: &str) -> bool {
    BY_NAME.contains_key(name)
}

/// Calls a scalar function.
///
/// # Errors
/// 42883 where no overload fits.
pub(super) fn call(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let Some(function) = BY_NAME.get(name) else { return Err(no_such_function(name, &args)) };
    let fitting = function.overloads.iter().filter_map(|overload| Some((overload.cost(&args)?, overload)));
    let Some((_, overload)) = fitting.min_by_key(|(cost, _)| *cost) else {
        return Err(no_such_function(name, &args));
    };
    collation::check_mix(&args)?;
    let insensitive = name != collation::COLLATE && args.iter().any(collation::is_insensitive);
    let types: Vec<RedshiftType> = args.iter().map(|arg| arg.ty).collect();
    let accept = |(index, arg)| overload.param(index).unwrap_or(Param::Any).accept(arg, ctx);
    let args = args.into_iter().enumerate().map(accept).collect::<Result<_>>()?;
    let result = (overload.build)(Call { name: function.name, args, ctx });
    let result = result.map_err(|error| with_types(error, name, &types))?;
    Ok(collation::inherited(result, insensitive))
}

/// That there is no such function is said of the arguments as they were before they were cast.
fn with_types(error: Error, name: &str, types: &[RedshiftType]) -> Error {
    if error.sqlstate() != SqlState::UNDEFINED_FUNCTION || !error.message().starts_with("function ") {
        return error;
    }
    no_such_function_of(name, types.iter().copied())
}
