//! The functions behind operators: `int4pl(1, 2)`, `textlike('ab', 'a%')`; those of MAX and MIN: `int4larger(1, 2)`; and those
//! that order values for an index: `btint4cmp(1, 2)`.
//!
//! PostgreSQL 8.0 computes an operator by a call of a function of pg_proc ("User-Defined Operators"), which can be called by its
//! name as well. Here the operator is what the binder knows, so that such a call becomes the operator over its operands.

use datafusion::{
    logical_expr::{Expr, expr::Case},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    RedshiftType, Result,
    ast::{BinaryOp, LikeKind, UnaryOp},
};

use super::{
    catalog_arrays::element_of,
    no_such_function,
    registry::{self, Param},
};
use crate::{
    binder::{BindContext, CastKind, LikeParts, Typed, binary, cast, common_type, like, unary},
    system::{
        built_in::{BuiltIn, only_one_named},
        facts::{Operator, compares, operator_of_function},
    },
};

/// pg_type.oid of anyarray.
const ANY_ARRAY: u32 = 2277;

/// The operators of two operands, but for LIKE's.
const BINARY: [BinaryOp; 22] = [
    BinaryOp::Eq,
    BinaryOp::NotEq,
    BinaryOp::Lt,
    BinaryOp::LtEq,
    BinaryOp::Gt,
    BinaryOp::GtEq,
    BinaryOp::Plus,
    BinaryOp::Minus,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Modulo,
    BinaryOp::Power,
    BinaryOp::Concat,
    BinaryOp::BitAnd,
    BinaryOp::BitOr,
    BinaryOp::BitXor,
    BinaryOp::ShiftLeft,
    BinaryOp::ShiftRight,
    BinaryOp::Match,
    BinaryOp::MatchInsensitive,
    BinaryOp::NotMatch,
    BinaryOp::NotMatchInsensitive,
];

/// What a function does with its arguments.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// The operator that is written so.
    Operator(&'static str),
    /// Gives the one that is this to the other.
    Extreme(BinaryOp),
    /// Tells whether the first is less (-1), equal (0) or greater (1).
    Comparison,
}

/// The function of this name, and what it does.
fn function(name: &str) -> Option<(&'static BuiltIn, Meaning)> {
    if let Some(Operator { symbol, function }) = operator_of_function(name) {
        return Some((function, Meaning::Operator(symbol)));
    }
    // Those that the guide documents are the registry's.
    if compares(name) && !registry::knows(name) {
        return Some((only_one_named(name)?, Meaning::Comparison));
    }
    let op = match name {
        name if name.ends_with("larger") => BinaryOp::GtEq,
        name if name.ends_with("smaller") => BinaryOp::LtEq,
        _ => return None,
    };
    Some((only_one_named(name)?, Meaning::Extreme(op)))
}

/// Is there such a function?
pub(super) fn knows(name: &str) -> bool {
    function(name).is_some()
}

/// Calls it.
///
/// # Errors
/// 42883 where the arguments are no operands of its operator; those of the operator.
pub(super) fn call(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let missing = no_such_function(name, &args);
    let Some((function, meaning)) = function(name).filter(|(function, _)| function.inputs.len() == args.len()) else {
        return Err(missing);
    };
    let operands = args.into_iter().zip(&function.inputs).map(|(arg, ty)| operand(arg, *ty, ctx));
    let Some(operands) = operands.collect::<Option<Result<Vec<_>>>>() else { return Err(missing) };
    match meaning {
        Meaning::Operator(symbol) => operator(symbol, operands?, ctx).ok_or(missing)?,
        Meaning::Extreme(op) => match <[Typed; 2]>::try_from(operands?) {
            Ok(pair) => extreme(op, pair, name, ctx),
            Err(_) => Err(missing),
        },
        Meaning::Comparison => match <[Typed; 2]>::try_from(operands?) {
            Ok(pair) => comparison(pair, ctx),
            Err(_) => Err(missing),
        },
    }
}

/// -1, 0 or 1; NULL where one is NULL.
fn comparison([left, right]: [Typed; 2], ctx: &BindContext) -> Result<Typed> {
    let branches = [(BinaryOp::Lt, -1), (BinaryOp::Eq, 0), (BinaryOp::Gt, 1)].map(|(op, value)| {
        let condition = binary(op, left.clone(), right.clone(), ctx)?;
        Ok((Box::new(condition.expr), Box::new(Expr::Literal(ScalarValue::Int32(Some(value)), None))))
    });
    let branches = branches.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(Typed::new(Expr::Case(Case::new(None, branches, None)), RedshiftType::Int4))
}

/// The left one where it is this to the right one, which it is not where one is NULL.
fn extreme(op: BinaryOp, [left, right]: [Typed; 2], name: &str, ctx: &BindContext) -> Result<Typed> {
    let ty = common_type(&[&left, &right], name)?;
    let (left, right) = (cast(left, ty, CastKind::Implicit, ctx)?, cast(right, ty, CastKind::Implicit, ctx)?);
    let other_way = if op == BinaryOp::GtEq { BinaryOp::Lt } else { BinaryOp::Gt };
    let branches = [(op, &left), (other_way, &right)].map(|(op, value)| {
        let condition = binary(op, left.clone(), right.clone(), ctx)?;
        Ok((Box::new(condition.expr), Box::new(value.expr.clone())))
    });
    let branches = branches.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(Typed::new(Expr::Case(Case::new(None, branches, None)), ty))
}

/// An argument as an operand of the type of this OID; none where it cannot be one.
fn operand(arg: Typed, ty: u32, ctx: &BindContext) -> Option<Result<Typed>> {
    if arg.ty.oid() == ty {
        return Some(Ok(arg));
    }
    let param = match RedshiftType::from_oid(ty, -1) {
        Some(RedshiftType::Text) => Param::Text,
        Some(RedshiftType::Numeric { .. }) => Param::Decimal,
        Some(ty) => Param::Type(ty),
        None => return (ty == ANY_ARRAY && element_of(arg.ty).is_some()).then_some(Ok(arg)),
    };
    param.cost(arg.ty)?;
    Some(param.accept(arg, ctx))
}

/// The operator that is written so, over one or two operands; none where there is none.
fn operator(symbol: &str, operands: Vec<Typed>, ctx: &BindContext) -> Option<Result<Typed>> {
    match <[Typed; 2]>::try_from(operands) {
        Ok([left, right]) => match pattern_match(symbol) {
            Some((kind, negated)) => {
                Some(like(LikeParts { kind, negated, value: left, pattern: right, escape: None }, ctx))
            }
            None => {
                let op = BINARY.into_iter().find(|op| op.symbol() == symbol)?;
                Some(binary(op, left, right, ctx))
            }
        },
        Err(mut one) => {
            let op = match symbol {
                "+" => UnaryOp::Plus,
                "-" => UnaryOp::Minus,
                "~" => UnaryOp::BitNot,
                "@" => UnaryOp::Abs,
                "|/" => UnaryOp::SquareRoot,
                "||/" => UnaryOp::CubeRoot,
                _ => return None,
            };
            Some(unary(op, one.pop()?, ctx))
        }
    }
}

/// LIKE and ILIKE as operators, and whether NOT is before them.
fn pattern_match(symbol: &str) -> Option<(LikeKind, bool)> {
    Some(match symbol {
        "~~" => (LikeKind::Like, false),
        "!~~" => (LikeKind::Like, true),
        "~~*" => (LikeKind::ILike, false),
        "!~~*" => (LikeKind::ILike, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        functions::testing::{check, check_errors, check_types, context},
        system::{
            built_in,
            facts::tests::{Listed, operators},
        },
    };

    #[test]
    fn a_function_computes_its_operator() {
        check(&[
            ("int4pl(1, 2)", "3"),
            ("int4pl(1::int2, '2')", "3"),
            ("int8um(3)", "-3"),
            ("numeric_mul(1.5, 2)", "3.0"),
            ("texteq('a ', 'a')", "true"),
            ("textcat('a', 'b')", "ab"),
            ("textlike('ab', 'a%')", "true"),
            ("texticnlike('AB', 'a%')", "false"),
            ("textregexeq('abc', '^a')", "true"),
            ("date_mi(date '2024-03-01', date '2024-02-28')", "2"),
            ("dsqrt(9)", "3"),
            ("int4lt(null, 2)", "NULL"),
            ("int4larger(1, 2)", "2"),
            ("int4larger(1, null)", "NULL"),
            ("text_smaller('b', 'a')", "a"),
            ("numeric_larger(1.5, 1.25)", "1.50"),
            ("date_smaller(date '2024-03-01', date '2024-02-28')", "2024-02-28"),
            ("btint4cmp(1, 2)", "-1"),
            ("btint84cmp(2::int8, 2)", "0"),
            ("bttextcmp('b', 'a')", "1"),
            ("btboolcmp(true, false)", "1"),
            ("numeric_cmp(1.5, null)", "NULL"),
        ]);
        check_types(&[
            ("int4eq(1, 2)", "boolean"),
            ("int24pl(1::int2, 2)", "integer"),
            ("dpow(2, 3)", "double precision"),
        ]);
        check_errors(&[
            ("int4pl(1)", "42883", "function int4pl(integer) does not exist"),
            ("int4pl(1, true)", "42883", "function int4pl(integer, boolean) does not exist"),
            ("int2pl(1, 2)", "42883", "function int2pl(integer, integer) does not exist"),
        ]);
    }

    /// A column of the type of this OID; of anyarray one of many.
    fn column(name: &str, ty: u32) -> Typed {
        let ty = match ty {
            ANY_ARRAY => RedshiftType::Int4Array,
            ty => RedshiftType::from_oid(ty, -1).unwrap_or_else(|| panic!("{ty} is no type of values")),
        };
        Typed::new(Expr::Column(name.into()), ty)
    }

    /// As pg_operator shows a type.
    fn shown(ty: RedshiftType) -> u32 {
        match ty {
            RedshiftType::Varchar(_) => RedshiftType::Text.oid(),
            RedshiftType::Int4Array => ANY_ARRAY,
            ty => ty.oid(),
        }
    }

    #[test]
    fn every_operator_that_is_listed_is_one_of_the_binder() {
        let ctx = context();
        let mut wrong = Vec::new();
        for Listed { oid, symbol, operands, result } in operators() {
            let args = operands.iter().zip(["a", "b"]).map(|(ty, name)| column(name, *ty)).collect();
            match operator(symbol, args, &ctx) {
                Some(Ok(bound)) if shown(bound.ty) == result => {}
                other => {
                    wrong.push(format!("{oid} {symbol} {operands:?}: {:?}", other.map(|found| found.map(|v| v.ty))))
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn values_of_every_class_are_compared() {
        let ctx = context();
        for comparing in built_in::all() {
            let Some((_, Meaning::Comparison)) = function(comparing.name) else { continue };
            let args = comparing.inputs.iter().zip(["a", "b"]).map(|(ty, name)| column(name, *ty)).collect();
            let found = call(comparing.name, args, &ctx).map(|value| value.ty);
            assert_eq!(found, Ok(RedshiftType::Int4), "{}", comparing.name);
        }
    }

    #[test]
    fn the_larger_and_the_smaller_one_have_the_type_of_both() {
        let ctx = context();
        for of_pair in built_in::all().iter().filter(|function| function.name.ends_with("er")) {
            let Some((_, Meaning::Extreme(_))) = function(of_pair.name) else { continue };
            let args = of_pair.inputs.iter().zip(["a", "b"]).map(|(ty, name)| column(name, *ty)).collect();
            let found = call(of_pair.name, args, &ctx).map(|value| shown(value.ty));
            assert_eq!(found, Ok(of_pair.result), "{}", of_pair.name);
        }
    }
}
