//! How tightly operators bind.
//!
//! The levels are those of Postgres 8.0, from which Redshift comes, not those of today's Postgres: `<=`, `>=` and `<>`
//! bind as tightly as `||`, IS binds tighter than `||`, `=` is right-associative, `a = b NOT LIKE c` is `(a = b) NOT LIKE
//! c`. Where the developer guide says otherwise ("Compound expressions": `@`, `|/`, `||/`, the operators of bits before
//! `||`) the guide holds.

use crate::ast::{BinaryOp, UnaryOp};

/// How tightly an operator binds: a higher one binds tighter.
pub(crate) type Level = u8;

pub(crate) const OR: Level = 1;
pub(crate) const AND: Level = 2;
/// Also of NOT LIKE, NOT IN and NOT BETWEEN, as seen from what stands before them.
pub(crate) const NOT: Level = 3;
pub(crate) const EQUAL: Level = 4;
pub(crate) const LESS: Level = 5;
pub(crate) const LIKE: Level = 6;
pub(crate) const ESCAPE: Level = 7;
pub(crate) const OVERLAPS: Level = 8;
pub(crate) const BETWEEN: Level = 9;
pub(crate) const IN: Level = 10;
/// `||`, `<=`, `~` and every other operator of several characters.
pub(crate) const OPERATOR: Level = 11;
/// `&`, `|`, `#`, `<<`, `>>`
pub(crate) const BITS: Level = 12;
pub(crate) const NOT_NULL: Level = 13;
pub(crate) const IS_NULL: Level = 14;
pub(crate) const IS: Level = 15;
pub(crate) const PLUS: Level = 16;
pub(crate) const TIMES: Level = 17;
pub(crate) const POWER: Level = 18;
pub(crate) const AT_TIME_ZONE: Level = 19;
pub(crate) const COLLATE: Level = 20;
pub(crate) const SIGN: Level = 21;
/// What needs no parentheses anywhere.
pub(crate) const PRIMARY: Level = 22;

/// The level of an infix operator.
pub(crate) fn binary_level(op: BinaryOp) -> Level {
    use BinaryOp::*;
    match op {
        Or => OR,
        And => AND,
        Eq => EQUAL,
        Lt | Gt => LESS,
        Overlaps => OVERLAPS,
        NotEq | LtEq | GtEq | Concat | Match | MatchInsensitive | NotMatch | NotMatchInsensitive => OPERATOR,
        BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight => BITS,
        Plus | Minus => PLUS,
        Multiply | Divide | Modulo => TIMES,
        Power => POWER,
    }
}

/// The least level of a prefix operator's operand.
pub(crate) fn operand_level(op: UnaryOp) -> Level {
    match op {
        UnaryOp::Minus | UnaryOp::Plus => SIGN,
        UnaryOp::Not => NOT,
        UnaryOp::BitNot => BITS + 1,
        UnaryOp::Abs => PLUS + 1,
        UnaryOp::SquareRoot | UnaryOp::CubeRoot => POWER,
    }
}

/// Is `a op b op c` an error at this level?
pub(crate) fn is_non_associative(level: Level) -> bool {
    matches!(level, LESS | LIKE | OVERLAPS | BETWEEN | IN | NOT_NULL | IS_NULL | IS)
}

/// Do operators of this level make flat chains where there are many of them? They lean to the left and none of them is
/// anything but a binary operator.
pub(crate) fn makes_links(level: Level) -> bool {
    matches!(level, BITS | PLUS | TIMES | POWER)
}

/// The most operands of AND, OR, `||` and the set operators that make a tree leaning to the left; more of them make a
/// balanced one, see [`left_operands`].
pub(crate) const LEFT_DEEP: usize = 16;

/// How many of so many operands of an associative operator stand in the left branch of their tree.
pub(crate) fn left_operands(count: usize) -> usize {
    if count <= LEFT_DEEP { count - 1 } else { count.div_ceil(2) }
}
