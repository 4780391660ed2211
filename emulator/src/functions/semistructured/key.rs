//! Bytes that sort and compare as SUPER values do.
//!
//! Two values are equal where their keys are: numbers by value whatever their scale, strings without trailing blanks,
//! objects whatever the order of their attributes ("Querying semistructured data": "deep equal"). Keys sort as ORDER BY
//! does: booleans, numbers, strings, arrays, objects. So equality, joins, GROUP BY and ORDER BY are DataFusion's own
//! nodes over keys. A key is never the beginning of another.
//!
//! Where values are sorted, objects are compared by their attributes as they stand: of the products of the guide's
//! "UNNEST examples" MAX takes the one whose first attribute is greatest. Under a case-insensitive collation strings are
//! compared in small letters, attributes' names as they are ("Operators and functions", collation behavior).

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

/// Does the case of strings count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Case {
    Sensitive,
    Insensitive,
}

impl Case {
    /// As the collation of a value has it.
    pub(crate) fn of(value: &Typed) -> Case {
        if collation::is_insensitive(value) { Case::Insensitive } else { Case::Sensitive }
    }
}

/// In which order a key has the attributes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Attributes {
    /// By their names: keys that tell values apart.
    Sorted,
    /// As they stand: keys that values are sorted by.
    Written,
}

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Keying {
    case: Case,
    attributes: Attributes,
}

impl Keying {
    /// The name of the kernel that makes such keys.
    fn name(self) -> &'static str {
        match (self.attributes, self.case) {
            (Attributes::Sorted, Case::Sensitive) => "super_key",
            (Attributes::Sorted, Case::Insensitive) => "super_key_without_case",
            (Attributes::Written, Case::Sensitive) => "super_order",
            (Attributes::Written, Case::Insensitive) => "super_order_without_case",
        }
    }
}

/// Appends a value's key.
fn write_key(value: Json<'_>, keying: Keying, out: &mut Vec<u8>) {
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
            let text = value.string().unwrap_or_default();
            match keying.case {
                Case::Sensitive => write_text(&text, out),
                Case::Insensitive => write_text(&text.to_lowercase(), out),
            }
        }
        Kind::Array => {
            out.push(4);
            for item in value.items() {
                write_key(item, keying, out);
            }
            out.push(END);
        }
        Kind::Object => {
            out.push(5);
            let mut members: Vec<_> = value.members().map(|(name, value)| (unescaped(name), value)).collect();
            if keying.attributes == Attributes::Sorted {
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
            }
            for (name, value) in members {
                out.push(3);
                write_text(&name, out);
                write_key(value, keying, out);
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

fn bytes(value: Json<'_>, keying: Keying) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.text().len() + 4);
    write_key(value, keying, &mut out);
    out
}

/// What tells a value from others.
pub(super) fn key(value: Json<'_>, case: Case) -> Vec<u8> {
    bytes(value, Keying { case, attributes: Attributes::Sorted })
}

/// What a value is sorted by.
pub(super) fn order(value: Json<'_>, case: Case) -> Vec<u8> {
    bytes(value, Keying { case, attributes: Attributes::Written })
}

/// The key of a SUPER expression.
pub(crate) fn key_of(value: Expr, case: Case) -> Result<Expr> {
    keyed_as(value, Keying { case, attributes: Attributes::Sorted })
}

/// What a SUPER expression is sorted by.
pub(crate) fn order_of(value: Typed) -> Result<Expr> {
    let case = Case::of(&value);
    keyed_as(collation::sensitive(value).expr, Keying { case, attributes: Attributes::Written })
}

fn keyed_as(value: Expr, keying: Keying) -> Result<Expr> {
    let kernel = Kernel::new(keying.name(), keying, RedshiftType::Varbyte(MAX_VARBYTE), keys);
    Ok(kernel.call_or_fold(vec![value])?.expr)
}

/// What an expression is compared, grouped and sorted by: the key of a SUPER, the folded form of a case-insensitive
/// string, any other as it is.
pub(crate) fn comparable(value: Typed) -> Result<Expr> {
    if value.ty == RedshiftType::Super {
        let case = Case::of(&value);
        return key_of(collation::sensitive(value).expr, case);
    }
    if collation::is_insensitive(&value) { Ok(collation::key_of(value)) } else { Ok(value.expr) }
}

/// Does [`comparable`] make something else of the expression?
pub(crate) fn has_key(value: &Typed) -> bool {
    value.ty == RedshiftType::Super || collation::is_insensitive(value)
}

fn keys(keying: &Keying, args: &Args) -> Result<ArrayRef> {
    let values = args.reader::<&str>(0)?;
    let mut builder = BinaryBuilder::with_capacity(args.rows, args.rows * 16);
    let mut key = Vec::new();
    for row in 0..args.rows {
        match values.get(row) {
            Some(text) => {
                key.clear();
                write_key(Json::of(text), *keying, &mut key);
                builder.append_value(&key);
            }
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// A SUPER expression behind what it is sorted by, for MIN and MAX; see [`behind_key`].
pub(crate) fn keyed(value: Typed) -> Expr {
    let case = Case::of(&value);
    let value = collation::sensitive(value).expr;
    let run = |case: &Case, args: &Args| {
        args.map1(|text: &str| {
            let mut bytes = order(Json::of(text), *case);
            let length = (bytes.len() as u32).to_le_bytes();
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(&length);
            Ok(Some(bytes))
        })
    };
    let name = if case == Case::Sensitive { "super_keyed" } else { "super_keyed_without_case" };
    Kernel::new(name, case, RedshiftType::Varbyte(MAX_VARBYTE), run).call(vec![value]).expr
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

    fn key(text: &str) -> Vec<u8> {
        super::key(Json::of(text), Case::Sensitive)
    }

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
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
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
            assert_eq!(key(a), key(b), "{a} {b}");
        }
        for (a, b) in
            [("1", "\"1\""), ("[1]", "1"), ("[]", "{}"), ("[null]", "[]"), ("{\"a\":null}", "{}"), ("true", "1")]
        {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn objects_are_sorted_by_their_attributes_as_they_stand() {
        let order = |text| super::order(Json::of(text), Case::Sensitive);
        let (cable, headphones) = (r#"{"id":"P567","a":"USB Cable"}"#, r#"{"id":"P678","a":"Headphones"}"#);
        assert!(order(cable) < order(headphones));
        assert!(key(cable) > key(headphones));
    }

    #[test]
    fn values_lose_their_case_and_names_do_not() {
        let key = |text| super::key(Json::of(text), Case::Insensitive);
        assert_eq!(key(r#"{"attribute":"a","b":["É"]}"#), key(r#"{"b":["é"],"attribute":"A"}"#));
        assert_ne!(key(r#"{"attribute":"a"}"#), key(r#"{"ATTRIBUTE":"a"}"#));
    }
}
