//! Functions of binary values.
//!
//! Source: developer guide, "VARBYTE functions and operators".

use base64::{Engine, prelude::BASE64_STANDARD};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::registry::{Call, Function, INT4, Param, function, takes};
use crate::binder::Typed;

use Param::{Bytes, Text};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("from_hex", &[takes(&[Text], from_hex)]),
    function("from_varbyte", &[takes(&[Bytes, Text], from_varbyte)]),
    function("getbit", &[takes(&[Bytes, INT4], getbit)]),
    function("to_varbyte", &[takes(&[Text, Text], to_varbyte)]),
];

/// How binary values are written as strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Hex,
    Binary,
    Utf8,
    Base64,
}

impl Form {
    fn named(name: &str) -> Result<Form> {
        match name.to_lowercase().as_str() {
            "hex" => Ok(Form::Hex),
            "binary" => Ok(Form::Binary),
            "utf8" | "utf-8" | "utf_8" => Ok(Form::Utf8),
            "base64" => Ok(Form::Base64),
            _ => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid format \"{name}\""))),
        }
    }

    /// What a string of this form stands for; of digits that are too few for a byte the first is a 0.
    fn read(self, text: &str) -> Result<Vec<u8>> {
        let invalid = || {
            let message = format!("invalid input syntax for type binary varying: \"{text}\"");
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
        };
        let (radix, width) = match self {
            Form::Hex => (16, 2),
            Form::Binary => (2, 8),
            Form::Utf8 => return Ok(text.as_bytes().to_vec()),
            Form::Base64 => return BASE64_STANDARD.decode(text).map_err(|_| invalid()),
        };
        if !text.chars().all(|c| c.is_digit(radix)) {
            return Err(invalid());
        }
        let padded = "0".repeat(text.len().next_multiple_of(width) - text.len()) + text;
        let bytes = (0..padded.len() / width).map(|i| u8::from_str_radix(&padded[i * width..(i + 1) * width], radix));
        bytes.collect::<std::result::Result<_, _>>().map_err(|_| invalid())
    }

    fn write(self, bytes: &[u8]) -> Result<String> {
        match self {
            Form::Hex => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            Form::Binary => Ok(bytes.iter().map(|byte| format!("{byte:08b}")).collect()),
            Form::Base64 => Ok(BASE64_STANDARD.encode(bytes)),
            Form::Utf8 => String::from_utf8(bytes.to_vec()).map_err(|_| {
                let message = "String contains invalid or unsupported UTF-8 codepoints.";
                Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message)
            }),
        }
    }
}

fn from_hex(call: Call<'_>) -> Result<Typed> {
    let ty = RedshiftType::Varbyte(call.length(0).div_ceil(2).max(1));
    call.kernel(ty, |(), args| args.map1(|text: &str| Form::Hex.read(text).map(Some)))
}

fn to_varbyte(call: Call<'_>) -> Result<Typed> {
    let ty = RedshiftType::Varbyte(call.length(0));
    call.kernel(ty, |(), args| args.map2(|text: &str, form: &str| Form::named(form)?.read(text).map(Some)))
}

fn from_varbyte(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(MAX_VARCHAR), |(), args| {
        args.map2(|bytes: &[u8], form: &str| Form::named(form)?.write(bytes).map(Some))
    })
}

/// The bit at a place counted from the right, from 0.
fn getbit(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map2(|bytes: &[u8], place: i32| {
            let out_of_range = || {
                let message = format!("index {place} out of valid range, 0..{}", bytes.len() as i64 * 8 - 1);
                Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
            };
            let place = usize::try_from(place).map_err(|_| out_of_range())?;
            let byte = bytes.iter().rev().nth(place / 8).ok_or_else(out_of_range)?;
            Ok(Some(i32::from(byte >> (place % 8) & 1)))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors, check_types};

    #[test]
    fn binary_values_have_forms() {
        check(&[
            ("to_hex(from_hex('6162'))", "6162"),
            ("from_varbyte('ab', 'hex')", "6162"),
            ("from_varbyte(from_hex('4d'), 'binary')", "01001101"),
            ("to_hex(to_varbyte('6162', 'hex'))", "6162"),
            ("to_hex(to_varbyte('01001101', 'binary'))", "4d"),
            ("to_hex(to_varbyte('a', 'utf8'))", "61"),
            ("from_varbyte('ab'::varbyte(2), 'utf_8')", "ab"),
            // RFC 4648, section 4.
            ("from_varbyte('hello'::varbyte(5), 'base64')", "aGVsbG8="),
            ("from_varbyte(to_varbyte('aGVsbG8=', 'base64'), 'utf8')", "hello"),
            ("to_hex(to_varbyte('4', 'hex'))", "04"),
            ("getbit(from_hex('4d'), 2)", "1"),
            ("getbit(from_hex('4d'), 7)", "0"),
            ("len('abc'::varbyte(3))", "3"),
            ("'abc'::varbyte(3)::varchar(3)", "abc"),
            ("to_hex('ab'::varbyte(2) || 'c'::varbyte(1))", "616263"),
            ("to_hex(substring('abc'::varbyte(3), 2, 1))", "62"),
            ("to_hex(5::smallint::varbyte(2))", "0005"),
            ("to_hex(5::int::varbyte(4))", "00000005"),
            ("to_hex(5::bigint::varbyte(8))", "0000000000000005"),
            ("to_hex('aa'::char(4)::varbyte(10))", "61612020"),
        ]);
        check_types(&[("from_hex('6162')", "binary varying(2)")]);
        check_errors(&[("from_hex('6g')", "22P02", "invalid input syntax for type binary varying: \"6g\"")]);
    }
}
