//! LIKE, ILIKE, SIMILAR TO and the POSIX operators `~ ~* !~ !~*`.
//!
//! Source: developer guide, "Pattern-matching conditions". LIKE with a constant pattern is DataFusion's own, which prunes
//! by the pattern's beginning; another escape character than backslash is rewritten in the pattern.

use datafusion::{
    logical_expr::{Expr, Like},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{BinaryOp, LikeKind},
    types::MAX_VARCHAR,
};

use super::{missing, text_length};
use crate::{
    binder::{
        BindContext, Typed,
        cast::{CastKind, cast},
    },
    functions::{
        collation,
        regex::{Case, PatternKind, pattern_match},
        string::padded,
    },
};

/// The parts of `value [NOT] LIKE pattern [ESCAPE escape]`.
#[derive(Debug, Clone)]
pub struct LikeParts {
    /// LIKE, ILIKE or SIMILAR TO.
    pub kind: LikeKind,
    /// NOT?
    pub negated: bool,
    /// The value.
    pub value: Typed,
    /// The pattern.
    pub pattern: Typed,
    /// The escape character; backslash where there is none.
    pub escape: Option<Typed>,
}

/// LIKE, ILIKE and SIMILAR TO.
///
/// # Errors
/// 22025 where the escape string is not one character; 42883 where an operand is no string.
pub fn like(parts: LikeParts, ctx: &BindContext) -> Result<Typed> {
    let LikeParts { kind, negated, value, pattern, escape } = parts;
    let insensitive = collation::is_insensitive(&value);
    let kind = if insensitive && kind == LikeKind::Like { LikeKind::ILike } else { kind };
    let (symbol, case) = match kind {
        LikeKind::Like => ("~~", Case::Sensitive),
        LikeKind::ILike if insensitive => ("~~*", Case::Insensitive),
        LikeKind::ILike => ("~~*", Case::AsciiInsensitive),
        LikeKind::SimilarTo if insensitive => ("SIMILAR TO", Case::Insensitive),
        LikeKind::SimilarTo => ("SIMILAR TO", Case::Sensitive),
    };
    let escape = escape_character(escape, ctx)?;
    let blanks = match value.ty {
        RedshiftType::Char(length) if kind != LikeKind::SimilarTo => Some(length),
        _ => None,
    };
    let (mut value, pattern) = strings(symbol, value, pattern, ctx)?;
    // "LIKE and ILIKE predicates do not implicitly ignore trailing spaces."
    if let Some(length) = blanks
        && !is_blind_to_blanks(&pattern, escape)
    {
        value = padded(value, length);
    }
    if kind == LikeKind::SimilarTo {
        let found = pattern_match(PatternKind::Similar(escape), case).call(vec![value.expr, pattern.expr]);
        return Ok(negate(found, negated));
    }
    let plain = match &pattern.expr {
        Expr::Literal(ScalarValue::Utf8View(Some(text)), _) => {
            Some(Expr::Literal(ScalarValue::Utf8View(Some(with_backslashes(text, escape)?)), None))
        }
        _ if escape == Some('\\') => Some(pattern.expr.clone()),
        _ => None,
    };
    let Some(plain) = plain else {
        let found = pattern_match(PatternKind::Like(escape), case).call(vec![value.expr, pattern.expr]);
        return Ok(negate(found, negated));
    };
    // ILIKE "performs a case-insensitive pattern match for single-byte UTF-8 (ASCII) characters".
    if kind == LikeKind::ILike && !insensitive && !is_ascii(&plain) {
        let found = pattern_match(PatternKind::Like(Some('\\')), Case::AsciiInsensitive).call(vec![value.expr, plain]);
        return Ok(negate(found, negated));
    }
    let insensitive = kind == LikeKind::ILike;
    let like = Like::new(negated, Box::new(value.expr), Box::new(plain), None, insensitive);
    Ok(Typed::new(Expr::Like(like), RedshiftType::Bool))
}

/// Is it a constant that has no letters beyond ASCII?
fn is_ascii(pattern: &Expr) -> bool {
    matches!(pattern, Expr::Literal(ScalarValue::Utf8View(Some(text)), _) if text.is_ascii())
}

/// Does a pattern match a CHAR with its trailing blanks exactly where it matches it without them? So does `abc%`.
fn is_blind_to_blanks(pattern: &Typed, escape: Option<char>) -> bool {
    let Expr::Literal(ScalarValue::Utf8View(Some(text)), _) = &pattern.expr else { return false };
    let last = text.trim_end_matches('%').chars().next_back();
    text.ends_with('%') && last.is_none_or(|last| !matches!(last, ' ' | '_') && Some(last) != escape)
}

fn negate(found: Typed, negated: bool) -> Typed {
    if negated { Typed::new(Expr::Not(Box::new(found.expr)), RedshiftType::Bool) } else { found }
}

/// `~`, `~*`, `!~`, `!~*`
pub(super) fn matches(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    let case = match op {
        BinaryOp::MatchInsensitive | BinaryOp::NotMatchInsensitive => Case::Insensitive,
        _ if collation::is_insensitive(&left) => Case::Insensitive,
        _ => Case::Sensitive,
    };
    let (value, pattern) = strings(op.symbol(), left, right, ctx)?;
    let found = pattern_match(PatternKind::Posix, case).call(vec![value.expr, pattern.expr]);
    Ok(negate(found, matches!(op, BinaryOp::NotMatch | BinaryOp::NotMatchInsensitive)))
}

/// Both operands as strings.
fn strings(symbol: &str, left: Typed, right: Typed, ctx: &BindContext) -> Result<(Typed, Typed)> {
    left.refuse_untyped("text")?;
    right.refuse_untyped("text")?;
    let of_super = |value: Typed| match value.ty {
        RedshiftType::Super => cast(value, RedshiftType::Varchar(MAX_VARCHAR), CastKind::Explicit, ctx),
        _ => Ok(value),
    };
    let (left, right) = (of_super(left)?, of_super(right)?);
    let (l, r) = (left.ty, right.ty);
    if text_length(&left).is_none() || text_length(&right).is_none() {
        return Err(missing(symbol, Some(l), r));
    }
    let text = |value| cast(value, RedshiftType::Varchar(MAX_VARCHAR), CastKind::Implicit, ctx);
    Ok((text(left)?, text(right)?))
}

/// The escape character: a backslash where none is given, no character at all for `ESCAPE ''`.
fn escape_character(escape: Option<Typed>, ctx: &BindContext) -> Result<Option<char>> {
    let Some(escape) = escape else { return Ok(Some('\\')) };
    let escape = cast(escape, RedshiftType::Varchar(MAX_VARCHAR), CastKind::Implicit, ctx)?;
    let Expr::Literal(ScalarValue::Utf8View(Some(text)), _) = escape.expr else {
        return Err(Error::unsupported("an ESCAPE that is not a constant is not supported"));
    };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (first, None) => Ok(first),
        _ => Err(Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
            .with_hint("Escape string must be empty or one character.")),
    }
}

/// The pattern with backslashes as escape characters.
fn with_backslashes(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut rewritten = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if Some(c) == escape {
            let escaped = characters.next().ok_or_else(|| {
                Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "LIKE pattern must not end with escape character")
            })?;
            if matches!(escaped, '%' | '_' | '\\') {
                rewritten.push('\\');
            }
            rewritten.push(escaped);
        } else {
            if c == '\\' {
                rewritten.push('\\');
            }
            rewritten.push(c);
        }
    }
    Ok(rewritten)
}
