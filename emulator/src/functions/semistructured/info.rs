//! JSON text to SUPER and back, and what SUPER values are.
//!
//! Source: developer guide, "JSON functions", "SUPER type information functions".

use redshift_sql_dialect::{
    RedshiftType, Result,
    types::{MAX_VARBYTE, MAX_VARCHAR},
};

use super::{
    Mode, SUPER, invalid_input, is_on,
    number::Number,
    parse::{Duplicates, LongStrings, MAX_STRING, ParseFault, ParseOptions, parse},
    value::{Json, Kind},
};
use crate::{
    binder::{BindContext, Typed},
    functions::registry::{Call, Function, Param, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("can_json_parse", &[takes(&[Param::Text], can_parse), takes(&[Param::Bytes], can_parse)]),
    function("decimal_precision", &[takes(&[SUPER], decimal_precision)]),
    function("decimal_scale", &[takes(&[SUPER], decimal_scale)]),
    function("is_array", &[takes(&[SUPER], |call| is(call, |value| value.kind() == Kind::Array))]),
    function("is_bigint", &[takes(&[SUPER], |call| is(call, is_in::<i64>))]),
    function("is_boolean", &[takes(&[SUPER], |call| is(call, |value| value.kind() == Kind::Boolean))]),
    function(
        "is_char",
        &[takes(&[SUPER], |call| is(call, |value| value.string().is_some_and(|text| text.is_ascii())))],
    ),
    function(
        "is_decimal",
        &[takes(&[SUPER], |call| is(call, |value| matches!(value.number(), Some(Number::Decimal { .. }))))],
    ),
    function("is_float", &[takes(&[SUPER], |call| is(call, |value| matches!(value.number(), Some(Number::Float(_)))))]),
    function("is_integer", &[takes(&[SUPER], |call| is(call, is_in::<i32>))]),
    function("is_object", &[takes(&[SUPER], |call| is(call, |value| value.kind() == Kind::Object))]),
    function(
        "is_scalar",
        &[takes(&[SUPER], |call| {
            is(call, |value| matches!(value.kind(), Kind::Boolean | Kind::Number | Kind::String))
        })],
    ),
    function("is_smallint", &[takes(&[SUPER], |call| is(call, is_in::<i16>))]),
    function("is_varchar", &[takes(&[SUPER], |call| is(call, |value| value.kind() == Kind::String))]),
    function("json_parse", &[takes(&[Param::Text], json_parse), takes(&[Param::Bytes], json_parse)]),
    function("json_serialize", &[takes(&[SUPER], serialize)]),
    function("json_serialize_to_varbyte", &[takes(&[SUPER], serialize_to_varbyte)]),
    function("json_size", &[takes(&[SUPER], json_size)]),
    function("json_typeof", &[takes(&[SUPER], json_typeof)]),
    function("size", &[takes(&[SUPER], size)]),
];

fn options(ctx: &BindContext) -> ParseOptions {
    ParseOptions {
        duplicates: match is_on(ctx, "json_parse_dedup_attributes", false) {
            true => Duplicates::KeepLast,
            false => Duplicates::Refuse,
        },
        long_strings: match is_on(ctx, "json_parse_truncate_strings", false) {
            true => LongStrings::Cut,
            false => LongStrings::Refuse,
        },
    }
}

/// How a text is parsed, and whether it is one or a VARBYTE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Parsing {
    options: ParseOptions,
    mode: Mode,
    bytes: bool,
}

impl Parsing {
    fn of(call: &Call<'_>) -> Parsing {
        Parsing {
            options: options(call.ctx),
            mode: Mode::of_setting(call.ctx, "parse_super_null_on_error"),
            bytes: matches!(call.ty(0), RedshiftType::Varbyte(_)),
        }
    }

    fn text(self, text: &str) -> Result<Option<String>> {
        match parse(text, self.options) {
            Ok(held) => Ok(Json::of(&held).present().is_some().then_some(held)),
            Err(_) if self.mode == Mode::Lax => Ok(None),
            Err(fault) => Err(fault.into_error(text)),
        }
    }
}

fn json_parse(call: Call<'_>) -> Result<Typed> {
    let parsing = Parsing::of(&call);
    call.kernel_with(parsing, RedshiftType::Super, |parsing, args| {
        if !parsing.bytes {
            return args.map1(|text: &str| parsing.text(text));
        }
        args.map1(|bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => parsing.text(text),
            Err(_) if parsing.mode == Mode::Lax => Ok(None),
            Err(_) => Err(ParseFault::Syntax.into_error(&String::from_utf8_lossy(bytes))),
        })
    })
}

fn can_parse(call: Call<'_>) -> Result<Typed> {
    let parsing = Parsing::of(&call);
    call.kernel_with(parsing, RedshiftType::Bool, |parsing, args| {
        if !parsing.bytes {
            return args.map1(|text: &str| Ok(Some(parse(text, parsing.options).is_ok())));
        }
        args.map1(|bytes: &[u8]| {
            Ok(Some(std::str::from_utf8(bytes).is_ok_and(|text| parse(text, parsing.options).is_ok())))
        })
    })
}

/// "The returned VARCHAR value is always a non-null JSON string. If super_expression is NULL, JSON_SERIALIZE returns the
/// JSON string 'null'."
fn serialize(call: Call<'_>) -> Result<Typed> {
    call.lenient_kernel(RedshiftType::Varchar(MAX_VARCHAR), |(), args| {
        let values = args.reader::<&str>(0)?;
        args.rows(|row| {
            let text = values.get(row).unwrap_or("null");
            if text.len() > MAX_STRING {
                return Err(invalid_input("JSON_SERIALIZE result exceeds the max VARCHAR size of 16000000 bytes"));
            }
            Ok(Some(text))
        })
    })
}

fn serialize_to_varbyte(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varbyte(MAX_VARBYTE), |(), args| {
        args.map1(|text: &str| {
            if text.len() > MAX_VARBYTE as usize {
                let context =
                    format!("JSON_SERIALIZE_TO_VARBYTE result exceeds the max VARBYTE size of {MAX_VARBYTE} bytes");
                return Err(invalid_input(&context));
            }
            Ok(Some(text.as_bytes().to_vec()))
        })
    })
}

/// "JSON_SIZE(x) is functionally identical to OCTET_LENGTH(JSON_SERIALIZE)", which makes `null` of NULL.
fn json_size(call: Call<'_>) -> Result<Typed> {
    call.lenient_kernel(RedshiftType::Int4, |(), args| {
        let values = args.reader::<&str>(0)?;
        args.rows(|row| Ok(Some(values.get(row).unwrap_or("null").len() as i32)))
    })
}

/// What a value is has an answer for NULL too, which is JSON's null.
fn json_typeof(call: Call<'_>) -> Result<Typed> {
    call.lenient_kernel(RedshiftType::Varchar(MAX_VARCHAR), |(), args| {
        let values = args.reader::<&str>(0)?;
        args.rows(|row| {
            Ok(Some(match values.get(row).map_or(Kind::Null, |text| Json::of(text).kind()) {
                Kind::Null => "null",
                Kind::Boolean => "boolean",
                Kind::Number => "number",
                Kind::String => "string",
                Kind::Array => "array",
                Kind::Object => "object",
            }))
        })
    })
}

/// A question whose answer for NULL is no.
fn is(call: Call<'_>, test: fn(Json<'_>) -> bool) -> Result<Typed> {
    call.lenient_kernel_with(Test(test), RedshiftType::Bool, |test, args| {
        let values = args.reader::<&str>(0)?;
        args.rows(|row| Ok(Some(values.get(row).is_some_and(|text| (test.0)(Json::of(text))))))
    })
}

/// A question about a value. Two are one where they have one function's name, which the kernel compares itself.
#[derive(Debug, Clone)]
struct Test(fn(Json<'_>) -> bool);

impl PartialEq for Test {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Test {}

impl std::hash::Hash for Test {
    fn hash<H: std::hash::Hasher>(&self, _state: &mut H) {}
}

/// A number of scale 0 in the range of an integer type.
fn is_in<T: TryFrom<i128>>(value: Json<'_>) -> bool {
    match value.number() {
        Some(Number::Decimal { unscaled, scale: 0 }) => T::try_from(unscaled).is_ok(),
        _ => false,
    }
}

fn decimal_precision(call: Call<'_>) -> Result<Typed> {
    decimal(call, Part::Precision)
}

fn decimal_scale(call: Call<'_>) -> Result<Typed> {
    decimal(call, Part::Scale)
}

/// What is asked about a DECIMAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Precision,
    Scale,
}

/// Digits of a DECIMAL; NULL for what is none.
fn decimal(call: Call<'_>, part: Part) -> Result<Typed> {
    call.kernel_with(part, RedshiftType::Int4, |part, args| {
        args.map1(|text: &str| {
            let Some(Number::Decimal { unscaled, scale }) = Json::of(text).number() else { return Ok(None) };
            let RedshiftType::Numeric { precision, .. } = Number::decimal_type(unscaled, scale) else {
                return Ok(None);
            };
            Ok(Some(i32::from(if *part == Part::Scale { scale } else { precision })))
        })
    })
}

/// Bytes in memory, by the guide's examples: 4 for null and booleans, 23 for `[0,1,2,3]`, 52 for `{"a":0,...,"d":3}`.
/// The guide does not say what longer numbers and strings take.
fn size(call: Call<'_>) -> Result<Typed> {
    fn inner(value: Json<'_>) -> usize {
        match value.kind() {
            Kind::Null | Kind::Boolean => 1,
            Kind::Number => match value.number() {
                Some(Number::Decimal { unscaled, .. }) if i16::try_from(unscaled).is_ok() => 1,
                Some(Number::Decimal { unscaled, .. }) if i64::try_from(unscaled).is_err() => 16,
                _ => 8,
            },
            Kind::String => 4 + value.string().map_or(0, |text| text.len()),
            Kind::Array => 3 + value.items().map(|item| 4 + inner(item)).sum::<usize>(),
            Kind::Object => {
                4 + value.members().map(|(name, value)| 10 + name.len().saturating_sub(2) + inner(value)).sum::<usize>()
            }
        }
    }
    call.lenient_kernel(RedshiftType::Int4, |(), args| {
        let values = args.reader::<&str>(0)?;
        args.rows(|row| {
            let Some(value) = values.get(row).map(Json::of) else { return Ok(Some(4_i32)) };
            let size = match value.kind() {
                Kind::Array | Kind::Object => inner(value),
                _ => inner(value).max(4),
            };
            Ok(Some(size as i32))
        })
    })
}
