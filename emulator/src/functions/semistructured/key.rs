//! Bytes that sort and compare as SUPER values do.
//!
//! Two values are equal where their keys are: numbers by value whatever their scale, strings without trailing blanks,
//! objects whatever the order of their attributes ("Querying semistructured data": "deep equal"). Keys sort as ORDER BY
//! does: booleans, numbers, strings, arrays, objects. So equality, joins, GROUP BY and ORDER BY are DataFusion's own
//! nodes over keys. A key is never the beginning of another.

use super::value::{Json, Kind, unescaped};
use crate::{
    binder::Typed,
    functions::{
        collation,
        kernel::{Args, Kernel},
    },
};
use arrow::array::{ArrayRef, BinaryBuilder};
use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{RedshiftType, Result, types::MAX_VARBYTE};
use std::sync::Arc;

const END: u8 = 0;

/// Appends a value's key.
pub(super) fn write_key(value: Json<'_>, out: &mut Vec<u8>) {
    match value.kind() {
        Kind::Boolean => out.extend([1, u8::from(value.boolean() == Some(true))]),
        Kind::Number => {
            out.push(2);
            if let Some(number) = value.number() {
                number.write_key(out);
            }
        }
        Kind::String => {
            out.push(3);
            write_text(&value.string().unwrap_or_default(), out);
        }
        Kind::Array => {
            out.push(4);
            for item in value.items() {
                write_key(item, out);
            }
            out.push(END);
        }
        Kind::Object => {
            out.push(5);
            let mut members: Vec<_> = value.members().map(|(name, value)| (unescaped(name), value)).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, value) in members {
                out.push(3);
                write_text(&name, out);
                write_key(value, out);
            }
            out.push(END);
        }
        Kind::Null => out.push(9),
    }
}

/// The two lowest bytes are escaped, because the lowest ends a text.
fn write_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.trim_end_matches(' ').bytes() {
        if byte <= 1 {
            out.push(1);
        }
        out.push(if byte == 0 {
            1
        } else if byte == 1 {
            2
        } else {
            byte
        });
    }
    out.push(END);
}

/// A value's key.
pub(super) fn key(value: Json<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.text().len() + 4);
    write_key(value, &mut out);
    out
}

/// The key of a SUPER expression.
pub(crate) fn key_of(value: Expr) -> Result<Expr> {
    let kernel = Kernel::new("super_key", (), RedshiftType::Varbyte(MAX_VARBYTE), keys);
    Ok(kernel.call_or_fold(vec![value])?.expr)
}

/// What an expression is compared, grouped and sorted by: the key of a SUPER, the folded form of a case-insensitive
/// string, any other as it is.
pub(crate) fn comparable(value: Typed) -> Result<Expr> {
    if collation::is_insensitive(&value) {
        return Ok(collation::key_of(value));
    }
    if value.ty == RedshiftType::Super { key_of(value.expr) } else { Ok(value.expr) }
}

/// Does [`comparable`] make something else of the expression?
pub(crate) fn has_key(value: &Typed) -> bool {
    value.ty == RedshiftType::Super || collation::is_insensitive(value)
}

fn keys(_: &(), args: &Args) -> Result<ArrayRef> {
    let values = args.reader::<&str>(0)?;
    let mut builder = BinaryBuilder::with_capacity(args.rows, args.rows * 16);
    let mut key = Vec::new();
    for row in 0..args.rows {
        match values.get(row) {
            Some(text) => {
                key.clear();
                write_key(Json::of(text), &mut key);
                builder.append_value(&key);
            }
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// A SUPER expression behind its key, for MIN and MAX; see [`behind_key`].
pub(crate) fn keyed(value: Expr) -> Expr {
    let run = |_: &(), args: &Args| {
        args.map1(|text: &str| {
            let mut bytes = key(Json::of(text));
            let length = (bytes.len() as u32).to_le_bytes();
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(&length);
            Ok(Some(bytes))
        })
    };
    Kernel::new("super_keyed", (), RedshiftType::Varbyte(MAX_VARBYTE), run).call(vec![value]).expr
}

/// The value that [`keyed`] put behind its key.
pub(crate) fn behind_key(keyed: Expr) -> Typed {
    let run = |_: &(), args: &Args| {
        args.map1(|bytes: &[u8]| {
            let text = bytes.split_last_chunk::<4>().and_then(|(rest, length)| {
                rest.get(u32::from_le_bytes(*length) as usize..).and_then(|text| std::str::from_utf8(text).ok())
            });
            Ok(text.map(str::to_string))
        })
    };
    Kernel::new("super_behind_key", (), RedshiftType::Super, run).call(vec![keyed])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_by_type_and_value() {
        // "Querying semistructured data", "Order by".
        let sorted = [
            "false",
            "true",
            "-2.5",
            "0",
            "1",
            "2e+0",
            "10",
            "\"\"",
            "\"AWS\"",
            "\"AWS \\u0001\"",
            "\"Amazon\"",
            "\"é\"",
            "[]",
            "[1]",
            "[1,2]",
            "[1,null]",
            "[2]",
            "{}",
            "{\"a\":1}",
            "{\"a\":1,\"b\":2}",
            "{\"b\":0}",
        ];
        for pair in sorted.windows(2) {
            assert!(key(Json::of(pair[0])) < key(Json::of(pair[1])), "{pair:?}");
        }
    }

    #[test]
    fn equal_values_have_one_key() {
        for (a, b) in [
            ("1", "1.00"),
            ("\"a\"", "\"a  \""),
            ("{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1e+0}"),
            ("\"\\n\"", "\"\\u000a\""),
        ] {
            assert_eq!(key(Json::of(a)), key(Json::of(b)), "{a} {b}");
        }
        for (a, b) in
            [("1", "\"1\""), ("[1]", "1"), ("[]", "{}"), ("[null]", "[]"), ("{\"a\":null}", "{}"), ("true", "1")]
        {
            assert_ne!(key(Json::of(a)), key(Json::of(b)), "{a} {b}");
        }
    }
}
