//! Functions of numbers.
//!
//! Source: developer guide, "Math functions".

use std::sync::Arc;

use arrow::array::Float64Array;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::BinaryOp, types::MAX_PRECISION};

use super::{
    arithmetic::out_of_range,
    datetime,
    kernel::{Kernel, Run},
    registry::{
        Call, DATE, FLOAT8, Function as Definition, INT4, INT8, Param, TIMESTAMP, TIMESTAMPTZ, function, takes,
    },
    semistructured::operators::{self, Function},
};
use crate::{
    binder::{self, CastKind, Typed, cast},
    text_input::{Rounding, power_of_ten},
};

use Param::Number;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Definition] = &[
    function("abs", &[takes(&[Number], abs), takes(&[Param::Super], |call| dynamic(call, Function::Absolute))]),
    function("acos", &[takes(&[FLOAT8], acos)]),
    function("asin", &[takes(&[FLOAT8], asin)]),
    function("atan", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(x.atan())))))]),
    function(
        "atan2",
        &[takes(&[FLOAT8, FLOAT8], |call| float(call, |(), args| args.map2(|y: f64, x: f64| Ok(Some(y.atan2(x))))))],
    ),
    function("cbrt", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(x.cbrt())))))]),
    function("ceil", CEIL),
    function("ceiling", CEIL),
    function("cos", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(x.cos())))))]),
    function("cot", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| finite(1.0 / x.tan()))))]),
    function("degrees", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| finite(x.to_degrees()))))]),
    function("dexp", EXP),
    function("dlog1", LN),
    function("dlog10", LOG),
    function("exp", EXP),
    function("factorial", &[takes(&[INT8], factorial)]),
    function("floor", &[takes(&[Number], floor), takes(&[Param::Super], |call| dynamic(call, Function::Floor))]),
    function("ln", LN),
    function("log", LOG),
    function("mod", &[takes(&[Number, Number], modulo)]),
    function("pi", &[takes(&[], |_| Ok(constant(std::f64::consts::PI)))]),
    function("pow", POWER),
    function("power", POWER),
    function(
        "radians",
        &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(x.to_radians())))))],
    ),
    function("random", &[takes(&[], random_number)]),
    function(
        "round",
        &[
            takes(&[Number, INT4], round).optional(1),
            takes(&[Param::Super], |call| dynamic(call, Function::Round)),
            takes(&[Param::Super, INT4], round_super),
        ],
    ),
    function("sign", &[takes(&[Number], sign), takes(&[Param::Super], |call| dynamic(call, Function::Sign))]),
    function("sin", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(x.sin())))))]),
    function("sqrt", &[takes(&[FLOAT8], sqrt)]),
    function("tan", &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(x.tan())))))]),
    function(
        "trunc",
        &[
            takes(&[Number, INT4], truncate).optional(1),
            takes(&[TIMESTAMP], datetime::trunc),
            takes(&[TIMESTAMPTZ], datetime::trunc),
            takes(&[DATE], datetime::trunc),
            // The number of places "isn't supported for the SUPER data type".
            takes(&[Param::Super], |call| dynamic(call, Function::Truncate)),
        ],
    ),
];

const CEIL: &[super::registry::Overload] =
    &[takes(&[Number], ceil), takes(&[Param::Super], |call| dynamic(call, Function::Ceiling))];
const EXP: &[super::registry::Overload] =
    &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| finite(x.exp()))))];
const LN: &[super::registry::Overload] =
    &[takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(positive(x)?.ln())))))];
const LOG: &[super::registry::Overload] = &[
    takes(&[FLOAT8], |call| float(call, |(), args| args.map1(|x: f64| Ok(Some(positive(x)?.log10()))))),
    takes(&[FLOAT8, FLOAT8], |call| {
        float(call, |(), args| args.map2(|base: f64, x: f64| finite(positive(x)?.ln() / positive(base)?.ln())))
    }),
];
const POWER: &[super::registry::Overload] = &[takes(&[FLOAT8, FLOAT8], power)];

fn float(call: Call<'_>, run: Run<()>) -> Result<Typed> {
    call.kernel(RedshiftType::Float8, run)
}

fn constant(value: f64) -> Typed {
    Typed::literal(datafusion::scalar::ScalarValue::Float64(Some(value)), RedshiftType::Float8)
}

/// A result that is still a number.
fn finite(value: f64) -> Result<Option<f64>> {
    if value.is_infinite() {
        return Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow"));
    }
    Ok(Some(value))
}

/// The argument of a logarithm.
fn positive(value: f64) -> Result<f64> {
    if value > 0.0 || value.is_nan() {
        return Ok(value);
    }
    let what = if value == 0.0 { "zero" } else { "a negative number" };
    Err(Error::new(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, format!("cannot take logarithm of {what}")))
}

fn within_one(value: f64) -> Result<f64> {
    if (-1.0..=1.0).contains(&value) || value.is_nan() {
        return Ok(value);
    }
    Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range"))
}

fn acos(call: Call<'_>) -> Result<Typed> {
    float(call, |(), args| args.map1(|x: f64| Ok(Some(within_one(x)?.acos()))))
}

fn asin(call: Call<'_>) -> Result<Typed> {
    float(call, |(), args| args.map1(|x: f64| Ok(Some(within_one(x)?.asin()))))
}

fn sqrt(call: Call<'_>) -> Result<Typed> {
    float(call, |(), args| {
        args.map1(|x: f64| {
            if x < 0.0 {
                let message = "cannot take square root of a negative number";
                return Err(Error::new(SqlState::INVALID_ARGUMENT_FOR_POWER, message));
            }
            Ok(Some(x.sqrt()))
        })
    })
}

fn power(call: Call<'_>) -> Result<Typed> {
    let call = Call { name: "power", ..call };
    float(call, |(), args| {
        args.map2(|base: f64, exponent: f64| {
            let refuse = |message: &str| Err(Error::new(SqlState::INVALID_ARGUMENT_FOR_POWER, message));
            if base == 0.0 && exponent < 0.0 {
                return refuse("zero raised to a negative power is undefined");
            }
            if base < 0.0 && exponent.fract() != 0.0 {
                return refuse("a negative number raised to a non-integer power yields a complex result");
            }
            finite(base.powf(exponent))
        })
    })
}

/// A number from 0 to 1, another one in each row; after SET SEED those of the seed.
fn random_number(call: Call<'_>) -> Result<Typed> {
    let random = call.ctx.session.random.clone();
    let kernel = Kernel::new("random", random, RedshiftType::Float8, |random, args| {
        Ok(Arc::new(Float64Array::from(random.take(args.rows))))
    });
    Ok(kernel.volatile().call(Vec::new()))
}

/// Of the leader node only, and there only as far as 38 digits go.
fn factorial(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::numeric(38, 0), |(), args| {
        args.map1(|number: i64| {
            let product = (2..=i128::from(number)).try_fold(1_i128, i128::checked_mul);
            let overflow = || Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
            product.filter(|product| *product < power_of_ten(38)).map(Some).ok_or_else(overflow)
        })
    })
}

fn modulo(call: Call<'_>) -> Result<Typed> {
    let (ctx, missing) = (call.ctx, call.missing());
    let [left, right] = <[Typed; 2]>::try_from(call.args).map_err(|_| missing)?;
    binder::binary(BinaryOp::Modulo, left, right, ctx)
}

fn abs(call: Call<'_>) -> Result<Typed> {
    let ty = call.ty(0);
    match ty {
        RedshiftType::Int2 => call.kernel(ty, |(), args| {
            args.map1(|v: i16| v.checked_abs().map(Some).ok_or_else(|| out_of_range(RedshiftType::Int2)))
        }),
        RedshiftType::Int4 => call.kernel(ty, |(), args| {
            args.map1(|v: i32| v.checked_abs().map(Some).ok_or_else(|| out_of_range(RedshiftType::Int4)))
        }),
        RedshiftType::Int8 | RedshiftType::Oid => call.kernel(RedshiftType::Int8, |(), args| {
            args.map1(|v: i64| v.checked_abs().map(Some).ok_or_else(|| out_of_range(RedshiftType::Int8)))
        }),
        RedshiftType::Numeric { .. } => call.kernel(ty, |(), args| args.map1(|v: i128| Ok(Some(v.abs())))),
        RedshiftType::Float4 => call.kernel(ty, |(), args| args.map1(|v: f32| Ok(Some(v.abs())))),
        _ => call.kernel(RedshiftType::Float8, |(), args| args.map1(|v: f64| Ok(Some(v.abs())))),
    }
}

fn sign(call: Call<'_>) -> Result<Typed> {
    match call.ty(0) {
        RedshiftType::Int2 => call.kernel(RedshiftType::Int2, |(), args| args.map1(|v: i16| Ok(Some(v.signum())))),
        RedshiftType::Int4 => call.kernel(RedshiftType::Int4, |(), args| args.map1(|v: i32| Ok(Some(v.signum())))),
        RedshiftType::Int8 | RedshiftType::Oid => {
            call.kernel(RedshiftType::Int8, |(), args| args.map1(|v: i64| Ok(Some(v.signum()))))
        }
        RedshiftType::Numeric { .. } => {
            call.kernel(RedshiftType::numeric(1, 0), |(), args| args.map1(|v: i128| Ok(Some(v.signum()))))
        }
        _ => {
            let value = cast_float(call)?;
            float(value, |(), args| args.map1(|v: f64| Ok(Some(if v == 0.0 { 0.0 } else { v.signum() }))))
        }
    }
}

/// The same call with its first argument as a DOUBLE PRECISION.
fn cast_float(mut call: Call<'_>) -> Result<Call<'_>> {
    let value = call.args.remove(0);
    call.args.insert(0, cast(value, RedshiftType::Float8, CastKind::Implicit, call.ctx)?);
    Ok(call)
}

/// Which whole number a number becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Towards {
    Up,
    Down,
    Zero,
    Nearest,
}

impl Towards {
    /// The multiple of `unit` that a value becomes.
    fn integer(self, value: i128, unit: i128) -> i128 {
        let (quotient, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
        let down = quotient * unit;
        let up = if rest == 0 { down } else { down + unit };
        match self {
            Towards::Down => down,
            Towards::Up => up,
            Towards::Zero if value < 0 => up,
            Towards::Zero => down,
            // A half goes away from zero.
            Towards::Nearest if rest * 2 > unit || (rest * 2 == unit && value > 0) => up,
            Towards::Nearest => down,
        }
    }

    fn float(self, value: f64) -> f64 {
        match self {
            Towards::Up => value.ceil(),
            Towards::Down => value.floor(),
            Towards::Zero => value.trunc(),
            Towards::Nearest => value.round(),
        }
    }
}

/// A number in a SUPER: the result is one too.
fn dynamic(call: Call<'_>, function: Function) -> Result<Typed> {
    let name = call.name;
    let [value] = <[_; 1]>::try_from(call.exprs()).map_err(|_| Error::internal("a function of one argument"))?;
    operators::number(function, name, value)
}

/// "When the input is of the SUPER type, the output retains the same dynamic type."
fn round_super(call: Call<'_>) -> Result<Typed> {
    operators::round_to_places(call.exprs())
}

fn ceil(call: Call<'_>) -> Result<Typed> {
    whole(Call { name: "ceil", ..call }, Towards::Up)
}

fn floor(call: Call<'_>) -> Result<Typed> {
    whole(call, Towards::Down)
}

fn round(call: Call<'_>) -> Result<Typed> {
    to_places(call, Towards::Nearest)
}

fn truncate(call: Call<'_>) -> Result<Typed> {
    to_places(call, Towards::Zero)
}

/// To a whole number of the argument's type; a DECIMAL loses its scale.
fn whole(call: Call<'_>, towards: Towards) -> Result<Typed> {
    match call.ty(0) {
        ty @ RedshiftType::Numeric { scale, .. } => {
            let result = with_scale(ty, 0, towards);
            call.kernel_with((towards, scale), result, |(towards, scale), args| {
                let unit = power_of_ten(u32::from(*scale));
                args.map1(|value: i128| Ok(Some(towards.integer(value, unit) / unit)))
            })
        }
        ty if ty.is_integer() => Ok(Typed::new(call.args[0].expr.clone(), ty)),
        RedshiftType::Float4 => call.kernel_with(towards, RedshiftType::Float4, |towards, args| {
            args.map1(|value: f32| Ok(Some(towards.float(value.into()) as f32)))
        }),
        _ => float_with(call, towards),
    }
}

fn float_with(call: Call<'_>, towards: Towards) -> Result<Typed> {
    let call = cast_float(call)?;
    call.kernel_with(towards, RedshiftType::Float8, |towards, args| {
        args.map1(|value: f64| Ok(Some(towards.float(value))))
    })
}

/// The type of a DECIMAL that is rounded to a scale: rounding up may take one more digit.
fn with_scale(ty: RedshiftType, scale: u8, towards: Towards) -> RedshiftType {
    let RedshiftType::Numeric { precision, scale: from } = ty else { return ty };
    let more = u8::from(towards != Towards::Zero && scale < from);
    let digits = precision - from + scale + more;
    RedshiftType::numeric(digits.clamp(scale.max(1), MAX_PRECISION), scale)
}

/// To so many places behind the point, or before it where they are negative.
fn to_places(mut call: Call<'_>, towards: Towards) -> Result<Typed> {
    let places = match call.args.get(1) {
        None => return whole(call, towards),
        Some(places) => binder::evaluate(places.clone()).ok(),
    };
    let places = match places {
        Some(datafusion::scalar::ScalarValue::Int32(Some(places))) => Some(places),
        _ => None,
    };
    let ty = call.ty(0);
    match ty {
        RedshiftType::Numeric { scale, .. } => {
            // The scale is known where the places are; otherwise it stays.
            let kept = places.map_or(scale, |places| places.clamp(0, i32::from(scale)) as u8);
            let result = with_scale(ty, kept, towards);
            call.kernel_with((towards, scale, kept), result, |(towards, scale, kept), args| {
                let drop = power_of_ten(u32::from(scale - kept));
                args.map2(|value: i128, places: i32| {
                    let digits = (i64::from(*scale) - i64::from(places)).clamp(0, 38) as u32;
                    let rounded = towards.integer(value, power_of_ten(digits)) / drop;
                    let within = rounded.unsigned_abs() < power_of_ten(38).unsigned_abs();
                    let overflow =
                        || Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "Numeric data overflow (result precision)");
                    if within { Ok(Some(rounded)) } else { Err(overflow()) }
                })
            })
        }
        _ if ty.is_integer() => {
            let value = call.args.remove(0);
            call.args.insert(0, cast(value, RedshiftType::Int8, CastKind::Implicit, call.ctx)?);
            let ctx = call.ctx;
            let rounded = call.kernel_with(towards, RedshiftType::Int8, |towards, args| {
                args.map2(|value: i64, places: i32| {
                    let unit = power_of_ten(places.min(0).unsigned_abs());
                    let rounded = towards.integer(value.into(), unit);
                    i64::try_from(rounded).map(Some).map_err(|_| out_of_range(RedshiftType::Int8))
                })
            })?;
            cast(rounded, ty, CastKind::Assignment, ctx)
        }
        _ => {
            let call = cast_float(call)?;
            call.kernel_with(towards, RedshiftType::Float8, |towards, args| {
                args.map2(|value: f64, places: i32| Ok(Some(float_to_places(value, places, *towards))))
            })
        }
    }
}

/// Through the shortest decimal, so that 28.05 is rounded as it is written.
fn float_to_places(value: f64, places: i32, towards: Towards) -> f64 {
    if !value.is_finite() || places > 17 {
        return value;
    }
    if places <= 0 {
        let unit = 10_f64.powi(-places.max(-400));
        return if unit.is_finite() { towards.float(value / unit) * unit } else { 0.0 };
    }
    let text = format!("{value}");
    let rounding = if towards == Towards::Nearest { Rounding::HalfAwayFromZero } else { Rounding::Truncate };
    match crate::text_input::parse_numeric(&text, 38, places as u8, rounding) {
        Ok(units) => format!("{units}e-{places}").parse().unwrap_or(value),
        Err(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors, check_types};

    #[test]
    fn numbers_are_rounded() {
        check(&[
            // ROUND
            ("round(28.05)", "28"),
            ("round(28.05, '1')", "28.1"),
            ("round(-2.5)", "-3"),
            ("round(28.05::float8, 1)", "28.1"),
            ("round(1234, -2)", "1200"),
            ("round(1250, -2)", "1300"),
            ("round(15.5e0)", "16"),
            // TRUNC
            ("trunc(111.15)", "111"),
            ("trunc(111.15, '1')", "111.1"),
            ("trunc(111.15, '-1')", "110"),
            ("trunc(-1.9)", "-1"),
            ("trunc(1.999e0, 2)", "1.99"),
            // CEILING, FLOOR
            ("ceiling(28.05)", "29"),
            ("ceil(-43.8)", "-43"),
            ("floor(28.05)", "28"),
            ("floor(-43.8)", "-44"),
            ("ceil(3)", "3"),
            ("floor(2.5e0)", "2"),
            ("round(99.95, '1')", "100.0"),
            // Where the places are not constant the scale stays.
            ("round(28.05, '1'::integer) = 28.1", "true"),
        ]);
        check_types(&[
            ("round(28.05, '1')", "numeric(4,1)"),
            ("trunc(28.05)", "numeric(2,0)"),
            ("ceil(3)", "integer"),
            ("round(2.5e0)", "double precision"),
        ]);
    }

    #[test]
    fn numbers_have_signs_and_remainders() {
        check(&[
            ("abs(-38)", "38"),
            ("abs(14 - 76.5)", "62.5"),
            ("sign(-3.5)", "-1"),
            ("sign(0)", "0"),
            ("sign(2e0)", "1"),
            ("mod(10, 4)", "2"),
            ("mod(-43.5, 5)", "-3.5"),
        ]);
        check_types(&[("sign(1.5)", "numeric(1,0)"), ("abs(1::int2)", "smallint"), ("mod(1::int2, 2)", "integer")]);
    }

    #[test]
    fn logarithms_and_roots() {
        check(&[
            ("log(100)", "2"),
            ("dlog10(1000)", "3"),
            ("ln(1)", "0"),
            ("dlog1(2.718281828)", "0.999999999831127"),
            ("exp(0)", "1"),
            ("sqrt(16)", "4"),
            ("cbrt(27)", "3"),
            ("power(2, 10)", "1024"),
            ("pow(2, 0.5)", "1.4142135623731"),
            ("2 ^ 10", "1024"),
            ("@ (-3)", "3"),
            ("|/ 25.0", "5"),
            ("||/ 27.0", "3"),
        ]);
        check_errors(&[
            ("ln(0)", "2201E", "cannot take logarithm of zero"),
            ("log(-1)", "2201E", "cannot take logarithm of a negative number"),
            ("sqrt(-1)", "2201F", "cannot take square root of a negative number"),
            ("power(0, -1)", "2201F", "zero raised to a negative power is undefined"),
            ("exp(1000)", "22003", "value out of range: overflow"),
        ]);
    }

    #[test]
    fn angles() {
        check(&[
            ("degrees(0.5)", "28.6478897565412"),
            ("radians(180)", "3.14159265358979"),
            ("pi()", "3.14159265358979"),
            ("sin(0)", "0"),
            ("cos(0)", "1"),
            ("atan2(2,2) * 4 = pi()", "true"),
            ("acos(-1) = pi()", "true"),
            ("cot(0.9)", "0.793551147842317"),
        ]);
        check_errors(&[("acos(2)", "22003", "input is out of range")]);
    }
}
