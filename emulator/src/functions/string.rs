//! Functions of strings.
//!
//! Source: developer guide, "String functions". Positions and lengths count characters.

use std::{borrow::Cow, sync::Arc};

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::BinaryOp, reserved, types::MAX_VARCHAR};

use super::{
    collation,
    kernel::{Args, Kernel},
    registry::{Call, Function, INT4, INT8, Param, function, takes},
    soundex,
};
use crate::binder::{self, Typed};

use Param::{Bytes, Integer, Text};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("ascii", &[takes(&[Text], ascii)]),
    function("bpcharcmp", &[takes(&[Text, Text], compare)]),
    function("btrim", &[takes(&[Text, Text], btrim).optional(1)]),
    function("bttext_pattern_cmp", &[takes(&[Text, Text], compare)]),
    function("char_length", &[takes(&[Text], length), takes(&[Bytes], byte_length)]),
    function("character_length", &[takes(&[Text], length), takes(&[Bytes], byte_length)]),
    function("charindex", &[takes(&[Text, Text], charindex)]),
    function("chr", &[takes(&[INT4], chr)]),
    function("concat", &[takes(&[Param::Any, Param::Any], concat)]),
    function("difference", &[takes(&[Text, Text], difference)]),
    function("initcap", &[takes(&[Text], initcap)]),
    function("left", &[takes(&[Text, INT4], left)]),
    function("len", &[takes(&[Text], length), takes(&[Bytes], byte_length)]),
    function("length", &[takes(&[Text], length), takes(&[Bytes], byte_length)]),
    function("lower", &[takes(&[Text], lower)]),
    function("lpad", &[takes(&[Text, INT4, Text], lpad).optional(1)]),
    function("ltrim", &[takes(&[Text, Text], ltrim).optional(1)]),
    function("octet_length", &[takes(&[Text], byte_length), takes(&[Bytes], byte_length)]),
    function("octetindex", &[takes(&[Text, Text], octetindex)]),
    function("position", &[takes(&[Text, Text], charindex)]),
    function("quote_ident", &[takes(&[Text], quote_ident)]),
    function("quote_literal", &[takes(&[Text], quote_literal)]),
    function("repeat", &[takes(&[Text, INT4], repeat)]),
    function("replace", &[takes(&[Text, Text, Text], replace)]),
    function("replicate", &[takes(&[Text, INT4], repeat)]),
    function("reverse", &[takes(&[Text], reverse)]),
    function("right", &[takes(&[Text, INT4], right)]),
    function("rpad", &[takes(&[Text, INT4, Text], rpad).optional(1)]),
    function("rtrim", &[takes(&[Text, Text], rtrim).optional(1)]),
    function("soundex", &[takes(&[Text], soundex_code)]),
    function("split_part", &[takes(&[Text, Text, INT4], split_part)]),
    function("strpos", &[takes(&[Text, Text], strpos)]),
    function("strtol", &[takes(&[Text, INT4], strtol)]),
    function(
        "substr",
        &[takes(&[Text, INT4, INT4], substring).optional(1), takes(&[Bytes, INT4, INT4], subbytes).optional(1)],
    ),
    function(
        "substring",
        &[takes(&[Text, INT4, INT4], substring).optional(1), takes(&[Bytes, INT4, INT4], subbytes).optional(1)],
    ),
    function("textlen", &[takes(&[Text], length)]),
    function("to_hex", &[takes(&[Integer], to_hex), takes(&[INT8], to_hex), takes(&[Bytes], bytes_to_hex)]),
    function("translate", &[takes(&[Text, Text, Text], translate)]),
    function("trim", &[takes(&[Text, Text], btrim).optional(1)]),
    function("upper", &[takes(&[Text], upper)]),
];

/// The name of the kernel of [`without_trailing_blanks`].
pub const WITHOUT_BLANKS: &str = "without_trailing_blanks";

/// The name of the kernel of [`ordered_by_bytes`].
pub const ORDERED_BY_BYTES: &str = "ordered_by_bytes";
/// The name of the kernel of [`with_blanks_back`].
pub const WITH_BLANKS_BACK: &str = "with_blanks_back";

/// A string without the blanks at its end: what strings are compared as.
pub fn without_trailing_blanks(value: Expr) -> Expr {
    Kernel::new(WITHOUT_BLANKS, (), RedshiftType::Varchar(MAX_VARCHAR), trim_trailing_blanks).call(vec![value]).expr
}

/// Gives back the same array where no value ends with a blank, which is nearly always.
fn trim_trailing_blanks((): &(), args: &Args) -> Result<ArrayRef> {
    let array = &args.columns[0].array;
    let strings = array.as_string_view_opt().ok_or_else(|| Error::internal("a string is not one"))?;
    if !strings.bytes_iter().any(|bytes| bytes.last() == Some(&b' ')) {
        return Ok(Arc::clone(array));
    }
    let mut builder = StringViewBuilder::with_capacity(strings.len());
    for value in strings {
        builder.append_option(value.map(|text| text.trim_end_matches(' ')));
    }
    Ok(Arc::new(builder.finish()))
}

/// A string whose order by bytes is the order that strings are compared in, for MIN and MAX: blanks at its end do not count,
/// unless nothing else differs. No string has the character 0, and none sorts before it. See [`with_blanks_back`].
pub fn ordered_by_bytes(value: Expr) -> Expr {
    let run = |_: &(), args: &Args| last_characters(args, ' ', '\0');
    Kernel::new(ORDERED_BY_BYTES, (), RedshiftType::Varchar(MAX_VARCHAR), run).call(vec![value]).expr
}

/// The string that [`ordered_by_bytes`] was made of.
pub fn with_blanks_back(ordered: Expr) -> Typed {
    let run = |_: &(), args: &Args| last_characters(args, '\0', ' ');
    Kernel::new(WITH_BLANKS_BACK, (), RedshiftType::Varchar(MAX_VARCHAR), run).call(vec![ordered])
}

/// Strings that have another character instead of this one at their end; the same array where none ends with it.
fn last_characters(args: &Args, from: char, to: char) -> Result<ArrayRef> {
    let array = &args.columns[0].array;
    let strings = array.as_string_view_opt().ok_or_else(|| Error::internal("a string is not one"))?;
    if !strings.bytes_iter().any(|bytes| bytes.last() == Some(&(from as u8))) {
        return Ok(Arc::clone(array));
    }
    let mut builder = StringViewBuilder::with_capacity(strings.len());
    let mut replaced = String::new();
    for value in strings {
        let Some(text) = value else {
            builder.append_null();
            continue;
        };
        let kept = text.trim_end_matches(from);
        replaced.clear();
        replaced.push_str(kept);
        replaced.extend(std::iter::repeat_n(to, text.len() - kept.len()));
        builder.append_value(&replaced);
    }
    Ok(Arc::new(builder.finish()))
}

/// The type of a function's result that has no more bytes than its first argument.
fn same(call: &Call<'_>) -> RedshiftType {
    match call.ty(0) {
        ty @ (RedshiftType::Varchar(_) | RedshiftType::Text) => ty,
        _ => RedshiftType::Varchar(call.length(0)),
    }
}

fn max() -> RedshiftType {
    RedshiftType::Varchar(MAX_VARCHAR)
}

fn ascii(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map1(|text: &str| Ok(Some(text.chars().next().map_or(0, |c| c as i32))))
    })
}

/// "If the input number has no ASCII match, the function returns null."
fn chr(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(1), |(), args| {
        args.map1(|code: i32| {
            // "If the input number has no ASCII match, the function returns NULL", as it does for 0.
            let found = u8::try_from(code).ok().filter(|code| *code != 0 && code.is_ascii());
            Ok(found.map(|code| char::from(code).to_string()))
        })
    })
}

fn compare(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map2(|a: &str, b: &str| Ok(Some(a.trim_end_matches(' ').cmp(b.trim_end_matches(' ')) as i32)))
    })
}

fn length(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| args.map1(|text: &str| Ok(Some(character_count(text) as i32))))
}

/// Of a CHAR it is the declared length, blanks included; of other strings the bytes that are there.
fn byte_length(call: Call<'_>) -> Result<Typed> {
    if let RedshiftType::Char(length) = call.ty(0) {
        return call
            .kernel_with(length as i32, RedshiftType::Int4, |length, args| args.map1(|_: &str| Ok(Some(*length))));
    }
    if matches!(call.ty(0), RedshiftType::Varbyte(_)) {
        return call.kernel(RedshiftType::Int4, |(), args| args.map1(|bytes: &[u8]| Ok(Some(bytes.len() as i32))));
    }
    call.kernel(RedshiftType::Int4, |(), args| args.map1(|text: &str| Ok(Some(text.len() as i32))))
}

fn character_count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// The byte offset of the character at a place counted from 0, or the text's end.
fn offset_of(text: &str, place: usize) -> usize {
    if text.is_ascii() {
        return place.min(text.len());
    }
    text.char_indices().nth(place).map_or(text.len(), |(offset, _)| offset)
}

fn upper(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| args.map1(|text: &str| Ok(Some(text.chars().map(upper_of).collect::<String>()))))
}

fn lower(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| args.map1(|text: &str| Ok(Some(text.chars().map(lower_of).collect::<String>()))))
}

/// One character for one, as towupper has it: a character whose capitals are several (ß) stays.
pub(super) fn upper_of(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

pub(super) fn lower_of(c: char) -> char {
    let mut small = c.to_lowercase();
    match (small.next(), small.next()) {
        (Some(small), None) => small,
        _ => c,
    }
}

/// Words are what stands between characters that are neither letters nor digits.
fn initcap(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        args.map1(|text: &str| {
            let mut result = String::with_capacity(text.len());
            let mut inside = false;
            for c in text.chars() {
                result.push(if inside { lower_of(c) } else { upper_of(c) });
                inside = c.is_alphanumeric();
            }
            Ok(Some(result))
        })
    })
}

fn concat(call: Call<'_>) -> Result<Typed> {
    let missing = call.missing();
    let ctx = call.ctx;
    let [left, right] = <[Typed; 2]>::try_from(call.args).map_err(|_| missing.clone())?;
    binder::binary(BinaryOp::Concat, left, right, ctx).map_err(|_| missing)
}

fn left(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        args.map2(|text: &str, count: i32| Ok(Some(&text[..offset_of(text, count.max(0) as usize)])))
    })
}

fn right(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        args.map2(|text: &str, count: i32| {
            let skipped = character_count(text).saturating_sub(count.max(0) as usize);
            Ok(Some(&text[offset_of(text, skipped)..]))
        })
    })
}

/// From a place counted from 1, which may lie before the text, so many characters.
fn substring(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        if args.len() == 2 {
            return args.map2(|text: &str, start: i32| Ok(Some(slice(text, start.into(), i64::MAX)?)));
        }
        args.map3(|text: &str, start: i32, count: i32| Ok(Some(slice(text, start.into(), count.into())?)))
    })
}

fn slice(text: &str, start: i64, count: i64) -> Result<&str> {
    let (from, to) = bounds(start, count)?;
    let from = offset_of(text, from);
    let rest = &text[from..];
    Ok(&rest[..offset_of(rest, to)])
}

/// Where a substring begins, counted from 0, and how long it is, once what lies before the text is left out.
fn bounds(start: i64, count: i64) -> Result<(usize, usize)> {
    if count < 0 {
        return Err(Error::new(SqlState::SUBSTRING_ERROR, "negative substring length not allowed"));
    }
    let end = start.saturating_add(count).max(1);
    let start = start.max(1);
    Ok((start as usize - 1, usize::try_from((end - start).max(0)).unwrap_or(usize::MAX)))
}

fn subbytes(call: Call<'_>) -> Result<Typed> {
    let ty = call.ty(0);
    call.kernel(ty, |(), args| {
        let part = |bytes: &[u8], start: i32, count: i64| -> Result<Option<Vec<u8>>> {
            let (from, length) = bounds(start.into(), count)?;
            let rest = bytes.get(from..).unwrap_or_default();
            Ok(Some(rest[..length.min(rest.len())].to_vec()))
        };
        if args.len() == 2 {
            return args.map2(|bytes: &[u8], start: i32| part(bytes, start, i64::MAX));
        }
        args.map3(|bytes: &[u8], start: i32, count: i32| part(bytes, start, count.into()))
    })
}

/// A CHAR with the trailing blanks that it is held without.
pub(crate) fn padded(value: Typed, length: u32) -> Typed {
    let ty = RedshiftType::Varchar(length);
    let kernel = Kernel::new("padded", length, ty, |length, args| {
        args.map1(|text: &str| Ok(Some(format!("{text:<width$}", width = *length as usize))))
    });
    kernel.call(vec![value.expr])
}

/// A length that a string may be padded or repeated to.
fn check_length(bytes: usize) -> Result<()> {
    if bytes > 16_000_000 {
        return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, "requested length too large"));
    }
    Ok(())
}

fn padding(text: &str, length: i32, fill: &str) -> Result<(usize, String)> {
    let length = length.max(0) as usize;
    let missing = length.saturating_sub(character_count(text));
    check_length(missing)?;
    Ok((length, fill.chars().cycle().take(if fill.is_empty() { 0 } else { missing }).collect()))
}

fn lpad(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        let pad = |text: &str, length: i32, fill: &str| -> Result<Option<String>> {
            let (length, padding) = padding(text, length, fill)?;
            Ok(Some(padding + &text[..offset_of(text, length)]))
        };
        if args.len() == 2 {
            return args.map2(|text: &str, length: i32| pad(text, length, " "));
        }
        args.map3(pad)
    })
}

fn rpad(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        let pad = |text: &str, length: i32, fill: &str| -> Result<Option<String>> {
            let (length, padding) = padding(text, length, fill)?;
            Ok(Some(text[..offset_of(text, length)].to_string() + &padding))
        };
        if args.len() == 2 {
            return args.map2(|text: &str, length: i32| pad(text, length, " "));
        }
        args.map3(pad)
    })
}

fn btrim(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    let call = Call { name: "btrim", ..call };
    call.kernel(ty, |(), args| {
        if args.len() == 1 {
            return args.map1(|text: &str| Ok(Some(text.trim_matches(' '))));
        }
        args.map2(|text: &str, set: &str| Ok(Some(text.trim_matches(|c| set.contains(c)))))
    })
}

fn ltrim(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        if args.len() == 1 {
            return args.map1(|text: &str| Ok(Some(text.trim_start_matches(' '))));
        }
        args.map2(|text: &str, set: &str| Ok(Some(text.trim_start_matches(|c| set.contains(c)))))
    })
}

fn rtrim(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        if args.len() == 1 {
            return args.map1(|text: &str| Ok(Some(text.trim_end_matches(' '))));
        }
        args.map2(|text: &str, set: &str| Ok(Some(text.trim_end_matches(|c| set.contains(c)))))
    })
}

/// Where a string is first found, counted from 1; 0 where it is not.
fn place_of(needle: &str, text: &str) -> i32 {
    text.find(needle).map_or(0, |offset| character_count(&text[..offset]) as i32 + 1)
}

/// Where a string is case-insensitive, all are searched in small letters.
fn without_case(call: Call<'_>) -> Result<Call<'_>> {
    if !call.args.iter().any(collation::is_insensitive) {
        return Ok(call);
    }
    let Call { name, args, ctx } = call;
    let args = args.into_iter().map(|arg| collation::folded(arg, ctx)).collect::<Result<_>>()?;
    Ok(Call { name, args, ctx })
}

fn charindex(call: Call<'_>) -> Result<Typed> {
    let call = without_case(call)?;
    call.kernel(RedshiftType::Int4, |(), args| args.map2(|needle: &str, text: &str| Ok(Some(place_of(needle, text)))))
}

fn strpos(call: Call<'_>) -> Result<Typed> {
    let call = without_case(call)?;
    call.kernel(RedshiftType::Int4, |(), args| args.map2(|text: &str, needle: &str| Ok(Some(place_of(needle, text)))))
}

fn octetindex(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map2(|needle: &str, text: &str| Ok(Some(text.find(needle).map_or(0, |offset| offset as i32 + 1))))
    })
}

/// Quoted where it is no name, or would not stay what it is.
fn quote_ident(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        args.map1(|name: &str| {
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            let safe = name.starts_with(plain)
                && name.chars().all(|c| plain(c) || c.is_ascii_digit())
                && !reserved::is_reserved(name);
            Ok(Some(if safe { Cow::Borrowed(name) } else { format!("\"{}\"", name.replace('"', "\"\"")).into() }))
        })
    })
}

fn quote_literal(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        args.map1(|text: &str| Ok(Some(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")))))
    })
}

fn repeat(call: Call<'_>) -> Result<Typed> {
    let call = Call { name: "repeat", ..call };
    call.kernel(max(), |(), args| {
        args.map2(|text: &str, count: i32| {
            let count = count.max(0) as usize;
            check_length(text.len().saturating_mul(count))?;
            Ok(Some(text.repeat(count)))
        })
    })
}

fn replace(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        args.map3(|text: &str, old: &str, new: &str| {
            let found = !old.is_empty() && text.contains(old);
            Ok(Some(if found { Cow::Owned(text.replace(old, new)) } else { Cow::Borrowed(text) }))
        })
    })
}

fn reverse(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| args.map1(|text: &str| Ok(Some(text.chars().rev().collect::<String>()))))
}

fn soundex_code(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(4), |(), args| args.map1(|text: &str| Ok(Some(soundex::code(text)))))
}

fn difference(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| args.map2(|a: &str, b: &str| Ok(Some(soundex::likeness(a, b)))))
}

fn split_part(call: Call<'_>) -> Result<Typed> {
    let ty = same(&call);
    call.kernel(ty, |(), args| {
        args.map3(|text: &str, delimiter: &str, part: i32| {
            if part <= 0 {
                let message = "field position must be greater than zero";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            if delimiter.is_empty() {
                return Ok(Some(if part == 1 { text } else { "" }));
            }
            Ok(Some(text.split(delimiter).nth(part as usize - 1).unwrap_or("")))
        })
    })
}

/// As the C function of this name: blanks, a sign, `0x` in base 16; an empty string is 0.
fn strtol(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| {
        args.map2(|text: &str, base: i32| {
            if !(2..=36).contains(&base) {
                let message = "base must be between 2 and 36";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            let trimmed = text.trim_start();
            let (negative, digits) = match trimmed.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
            };
            let prefix = || digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
            let digits = if base == 16 { prefix().unwrap_or(digits) } else { digits };
            if digits.is_empty() || digits.starts_with('\0') {
                return Ok(Some(0));
            }
            let number = i128::from_str_radix(digits, base as u32).ok().filter(|_| !digits.starts_with(['+', '-']));
            let signed = number.map(|number| if negative { -number } else { number });
            signed.and_then(|number| i64::try_from(number).ok()).map(Some).ok_or_else(|| {
                let message = format!("The input {text} is not valid to be converted to base {base}");
                Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
            })
        })
    })
}

/// Negative numbers as their two's complement, in as many bits as their type has.
fn to_hex(call: Call<'_>) -> Result<Typed> {
    match call.ty(0) {
        RedshiftType::Int8 => {
            call.kernel(RedshiftType::Varchar(16), |(), args| args.map1(|n: i64| Ok(Some(format!("{n:x}")))))
        }
        RedshiftType::Int2 => call
            .kernel(RedshiftType::Varchar(8), |(), args| args.map1(|n: i16| Ok(Some(format!("{:x}", i32::from(n)))))),
        _ => call.kernel(RedshiftType::Varchar(8), |(), args| args.map1(|n: i32| Ok(Some(format!("{n:x}"))))),
    }
}

fn bytes_to_hex(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        args.map1(|bytes: &[u8]| Ok(Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())))
    })
}

/// Characters by their places; those without a substitute are dropped.
fn translate(call: Call<'_>) -> Result<Typed> {
    call.kernel(max(), |(), args| {
        args.map3(|text: &str, from: &str, to: &str| {
            let translated = text.chars().filter_map(|c| match from.chars().position(|old| old == c) {
                Some(place) => to.chars().nth(place),
                None => Some(c),
            });
            Ok(Some(translated.collect::<String>()))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors, check_types};

    #[test]
    fn parts_of_strings() {
        check(&[
            // SUBSTRING
            ("substring('caterpillar',6,4)", "pill"),
            ("substring('caterpillar'::varchar(20),6,8)", "pillar"),
            ("substring('caterpillar',-2,6)", "cat"),
            ("substring('caterpillar',-5,4)", ""),
            ("substring('caterpillar' from 6 for 4)", "pill"),
            ("substr('caterpillar', 6)", "pillar"),
            ("substring('día', 2, 1)", "í"),
            ("substring(12345, 2, 2)", "23"),
            // LEFT, RIGHT
            ("left('Chicago', 5)", "Chica"),
            ("right('Pal Joey', 5)", " Joey"),
            ("left('dí', 1) || right('dí', 1)", "dí"),
            // SPLIT_PART
            ("split_part('2008-03-05 12:25:29', '-', 1)", "2008"),
            ("split_part(split_part('2008-03-05 12:25:29','-',3),' ',1)", "05"),
            ("split_part('a,b', ',', 3)", ""),
            ("split_part('ab', ',', 1)", "ab"),
        ]);
        check_errors(&[
            ("substring('caterpillar', 1, -1)", "22011", "negative substring length not allowed"),
            ("split_part('a', ',', 0)", "22023", "field position must be greater than zero"),
        ]);
    }

    #[test]
    fn padding_and_trimming() {
        check(&[
            // LPAD, RPAD
            ("lpad('Salome', 10)", "    Salome"),
            ("lpad('La Cenerentola (Cinderella)', 20)", "La Cenerentola (Cind"),
            ("rpad('Boris Godunov',20,'0123456789')", "Boris Godunov0123456"),
            ("lpad('a', -1)", ""),
            ("rpad('a', 3, '')", "a"),
            // BTRIM, TRIM, LTRIM, RTRIM
            ("btrim('     abc    ')", "abc"),
            ("btrim('xyzaxyzbxyzcxyz', 'xyz')", "axyzbxyzc"),
            ("trim('\"' FROM '\"dog\"')", "dog"),
            ("ltrim('2008-08-15 02:08:13', '2008-')", "15 02:08:13"),
            ("trim('Citizens Bank Park', 'CDG')", "itizens Bank Park"),
            ("rtrim('Pizza Hut Park', 'Park')", "Pizza Hut "),
            ("trim(leading 'x' from 'xax')", "ax"),
            ("rtrim('ab  ')", "ab"),
        ]);
    }

    #[test]
    fn places_and_lengths() {
        check(&[
            // LEN, OCTET_LENGTH
            ("octet_length('français')", "9"),
            // OCTET_LENGTH (2026): "the function returns the length of the CHAR string".
            ("octet_length(cast('francais   ' as char(15)))", "15"),
            ("octet_length(cast('francais   ' as varchar(15)))", "11"),
            ("len('français')", "8"),
            ("len('cat   '::varchar(10))", "6"),
            ("length('cat   '::char(10))", "3"),
            ("len(12345)", "5"),
            // POSITION, CHARINDEX, STRPOS, OCTETINDEX
            ("position('fish' in 'dogfish')", "4"),
            ("position('dog' in 'fish')", "0"),
            ("charindex('fish', 'dogfish')", "4"),
            ("strpos('dogfish', 'fish')", "4"),
            ("octetindex('AWS', 'Amazon AWS')", "8"),
            ("octetindex('AWS', 'Άμαζον AWS')", "14"),
            ("charindex('.', 999.50)", "4"),
            // ASCII, CHR
            ("ascii('amazon')", "97"),
            ("ascii('')", "0"),
            ("chr(65)", "A"),
            ("chr(200)", "NULL"),
        ]);
    }

    #[test]
    fn other_forms_of_strings() {
        check(&[
            ("upper('aé')", "AÉ"),
            ("lower('AB'::varchar(2))", "ab"),
            ("initcap('All non-musical theatre')", "All Non-Musical Theatre"),
            ("initcap('o''neil MCDONALD')", "O'Neil Mcdonald"),
            ("reverse('abcde')", "edcba"),
            ("reverse(172456)", "654271"),
            ("repeat(10, 3)", "101010"),
            ("replicate('ab', 0)", ""),
            ("replace('Shows', 'Shows', 'Theatre')", "Theatre"),
            ("replace('a', 'a', null)", "NULL"),
            ("translate('mint tea', 'inea', 'osin')", "most tin"),
            ("translate('St. George', ' .', '_')", "St_George"),
            ("concat('December 25, ', '2008')", "December 25, 2008"),
            ("concat(' seats ', 0)", " seats 0"),
            ("concat('a', null)", "NULL"),
            ("quote_ident('MLB')", "\"MLB\""),
            ("quote_ident('mlb')", "mlb"),
            ("quote_ident('select')", "\"select\""),
            ("quote_literal(1)", "'1'"),
            ("quote_literal('it''s')", "'it''s'"),
            ("soundex('Amazon')", "A525"),
            ("soundex('AWS Amazon')", "A252"),
            ("soundex('+-*/%')", ""),
            ("difference('Amazon', '+-*/%')", "0"),
            ("difference('AC/DC', 'Ay See Dee See')", "4"),
            ("bpcharcmp('ab'::char(3), 'ac'::char(3))", "-1"),
        ]);
    }

    #[test]
    fn numbers_of_other_bases() {
        check(&[
            // STRTOL, TO_HEX
            ("strtol('0xf',16)", "15"),
            ("strtol('abcd1234',16)", "2882343476"),
            ("strtol('1234567', 8)", "342391"),
            ("strtol('110101', 2)", "53"),
            ("strtol('', 10)", "0"),
            ("strtol(' -12', 10)", "-12"),
            ("to_hex(2147676847)", "8002f2af"),
            ("to_hex(-1)", "ffffffff"),
            ("to_hex('abc'::varbyte(3))", "616263"),
        ]);
        check_errors(&[("strtol('12z', 10)", "22023", "The input 12z is not valid to be converted to base 10")]);
    }

    #[test]
    fn lengths_of_results() {
        check_types(&[
            ("upper('ab'::varchar(20))", "character varying(20)"),
            ("len('ab')", "integer"),
            ("strtol('1', 10)", "bigint"),
            ("left('ab'::char(5), 1)", "character varying(5)"),
        ]);
        check_errors(&[
            ("upper('a', 'b')", "42883", "function upper(\"unknown\", \"unknown\") does not exist"),
            ("upper(true)", "42883", "function upper(boolean) does not exist"),
            ("left('a', 1.5)", "42883", "function left(\"unknown\", numeric) does not exist"),
        ]);
    }
}
