//! COALESCE and its relatives.
//!
//! Source: developer guide, "Conditional expressions".

use datafusion::{
    functions::core::{greatest, least},
    logical_expr::{Case, Expr, ScalarUDF},
};
use redshift_sql_dialect::{
    RedshiftType, Result,
    ast::BinaryOp,
    types::{MAX_CHAR, sized},
};

use super::{
    collation,
    registry::{Call, Function, Param, function, takes},
    semistructured::key,
};
use crate::binder::{self, BindContext, CastKind, Typed, cast, common_type};

use Param::Any;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("coalesce", &[takes(&[Any], first_present).and_more(Any)]),
    function("decode", &[takes(&[Any, Any, Any], decode).and_more(Any)]),
    function("greatest", &[takes(&[Any], largest).and_more(Any)]),
    function("isnull", &[takes(&[Any, Any], first_present)]),
    function("least", &[takes(&[Any], smallest).and_more(Any)]),
    function("nullif", &[takes(&[Any, Any], nullif)]),
    function("nvl", &[takes(&[Any], first_present).and_more(Any)]),
    function("nvl2", &[takes(&[Any, Any, Any], nvl2)]),
];

/// All arguments in one type.
fn unified(args: Vec<Typed>, construct: &str, ctx: &BindContext) -> Result<(Vec<Expr>, RedshiftType)> {
    let ty = common_type(&args.iter().collect::<Vec<_>>(), construct)?;
    let args = args.into_iter().map(|arg| Ok(cast(arg, ty, CastKind::Implicit, ctx)?.expr)).collect::<Result<_>>()?;
    Ok((args, ty))
}

fn first_present(call: Call<'_>) -> Result<Typed> {
    let (mut args, ty) = unified(call.args, "COALESCE", call.ctx)?;
    let last = args.pop();
    if args.is_empty() {
        return last.map(|only| Typed::new(only, ty)).ok_or_else(|| super::no_such_function("coalesce", &[]));
    }
    let branches = args.into_iter().map(|arg| (arg.clone().is_not_null(), arg)).collect();
    Ok(Typed::new(case(branches, last), ty))
}

fn largest(call: Call<'_>) -> Result<Typed> {
    extreme(call, "GREATEST", &greatest())
}

fn smallest(call: Call<'_>) -> Result<Typed> {
    extreme(call, "LEAST", &least())
}

/// NULLs do not take part.
fn extreme(call: Call<'_>, construct: &str, function: &ScalarUDF) -> Result<Typed> {
    let insensitive = call.args.iter().any(collation::is_insensitive);
    let (args, ty) = unified(call.args, construct, call.ctx)?;
    if ty == RedshiftType::Super {
        let of_its_collation = |arg| collation::inherited(Typed::new(arg, ty), insensitive);
        let keyed = args.into_iter().map(|arg| key::keyed(of_its_collation(arg))).collect();
        return Ok(collation::inherited(key::behind_key(function.call(keyed)), insensitive));
    }
    if !insensitive {
        return Ok(Typed::new(function.call(args), ty));
    }
    let keyed = args.into_iter().map(|arg| collation::keyed(Typed::new(arg, ty))).collect();
    let found = collation::behind_key(function.call(keyed));
    Ok(collation::insensitive(Typed::new(found.expr, ty)))
}

fn case(branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    let when_then_expr = branches.into_iter().map(|(when, then)| (Box::new(when), Box::new(then))).collect();
    Expr::Case(Case { expr: None, when_then_expr, else_expr: otherwise.map(Box::new) })
}

fn nullif(mut call: Call<'_>) -> Result<Typed> {
    let missing = call.missing();
    let (Some(second), Some(first)) = (call.args.pop(), call.args.pop()) else { return Err(missing) };
    let first = match (first.ty, second.ty) {
        (RedshiftType::Unknown, RedshiftType::Unknown) => binder::settle(first, call.ctx)?,
        (RedshiftType::Unknown, ty) => cast(first, ty, CastKind::Implicit, call.ctx)?,
        _ => first,
    };
    let equal = binder::binary(BinaryOp::Eq, first.clone(), second, call.ctx)?;
    let null = binder::null(first.ty)?;
    Ok(Typed::new(case(vec![(equal.expr, null.expr)], Some(first.expr)), first.ty))
}

/// "NVL2 return type": the other's where one is NULL, the common one of numbers and of dates, else the second argument's,
/// where it is a string's as long as the longer one needs.
fn nvl2(call: Call<'_>) -> Result<Typed> {
    let missing = call.missing();
    let ctx = call.ctx;
    let [tested, present, absent] = <[Typed; 3]>::try_from(call.args).map_err(|_| missing)?;
    let ty = match (present.ty, absent.ty) {
        (RedshiftType::Unknown, RedshiftType::Unknown) => common_type(&[&present, &absent], "NVL2")?,
        (RedshiftType::Unknown, ty) if present.is_null_literal() => ty,
        (RedshiftType::Unknown, _) => {
            let written = present.unknown_text().map_or(1, str::len).max(1) as u32;
            let other = binder::text_length(&absent).filter(|_| !absent.ty.is_number());
            RedshiftType::Varchar(other.map_or(written, |other| other.max(written)))
        }
        (ty, _) if absent.is_null_literal() => ty,
        (RedshiftType::Char(a), RedshiftType::Varchar(b)) => RedshiftType::Char(a.max(sized(b)).min(MAX_CHAR)),
        (a, b) if a.is_number() == b.is_number() => common_type(&[&present, &absent], "NVL2")?,
        (ty, _) => ty,
    };
    let (present, absent) = (cast(present, ty, CastKind::Implicit, ctx)?, cast(absent, ty, CastKind::Implicit, ctx)?);
    let test = binder::settle(tested, ctx)?.expr.is_not_null();
    Ok(Typed::new(case(vec![(test, present.expr)], Some(absent.expr)), ty))
}

/// Searches are equal also where both are NULL.
fn decode(call: Call<'_>) -> Result<Typed> {
    let ctx = call.ctx;
    let mut args = call.args.into_iter();
    let Some(value) = args.next() else { return Err(super::no_such_function("decode", &[])) };
    let mut rest: Vec<Typed> = args.collect();
    let default = if rest.len() % 2 == 1 { rest.pop() } else { None };
    let mut tests = Vec::new();
    let mut results = Vec::new();
    let mut rest = rest.into_iter();
    while let (Some(search), Some(result)) = (rest.next(), rest.next()) {
        tests.push(matches_search(&value, search, ctx)?);
        results.push(result);
    }
    let has_default = default.is_some();
    results.extend(default);
    let (mut results, ty) = unified(results, "CASE", ctx)?;
    let otherwise = if has_default { results.pop() } else { None };
    Ok(Typed::new(case(tests.into_iter().zip(results).collect(), otherwise), ty))
}

fn matches_search(value: &Typed, search: Typed, ctx: &BindContext) -> Result<Expr> {
    if search.is_null_literal() {
        return Ok(binder::settle(value.clone(), ctx)?.expr.is_null());
    }
    let constant = matches!(search.expr, Expr::Literal(..));
    let equal = binder::binary(BinaryOp::Eq, value.clone(), search.clone(), ctx)?.expr;
    if constant {
        return Ok(equal);
    }
    let (value, search) = (binder::settle(value.clone(), ctx)?, binder::settle(search, ctx)?);
    Ok(equal.or(value.expr.is_null().and(search.expr.is_null())))
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors, check_types};

    #[test]
    fn the_first_that_is_present() {
        check(&[
            ("nvl(null, 5)", "5"),
            ("coalesce(null::int4, 2.5)", "2.5"),
            ("nvl('a'::varchar(5), 'b')", "a"),
            ("coalesce(null, null)", "NULL"),
            ("nvl(null::date, '2024-01-01')", "2024-01-01"),
        ]);
        check_types(&[
            ("nvl(1::decimal(8,2), 0)", "numeric(12,2)"),
            ("coalesce('a'::varchar(3), 'bcde')", "character varying(4)"),
        ]);
        check_errors(&[("coalesce(1, true)", "42804", "COALESCE types integer and boolean cannot be matched")]);
    }

    #[test]
    fn one_of_two() {
        check(&[
            // NVL2
            ("nvl2(null::int4, 'x', 'no')", "no"),
            ("nvl2(1, 'x', 'no')", "x"),
            ("nvl2(null::int4, '2345', 1234)", "1234"),
            // NULLIF
            ("nullif('a'::varchar(5), 'a')", "NULL"),
            ("nullif('a', 'b')", "a"),
            ("nullif(5, 5.0)", "NULL"),
            ("nullif(5, null)", "5"),
        ]);
        check_types(&[
            // NVL2, usage notes
            ("nvl2(null::int4, '2345', 1234)", "character varying(4)"),
            ("decode(null::int4, null, 1234, '2345')", "integer"),
            ("nullif(5, 5.0)", "integer"),
        ]);
    }

    #[test]
    fn decode() {
        check(&[
            // DECODE, examples
            ("decode(date '2008-06-01', '2008-06-01', 'June 1st, 2008', 'other')", "June 1st, 2008"),
            ("decode(4, 1, 'one', 2, 'two')", "NULL"),
            ("decode(4, 1, 'one', 2, 'two', 'many')", "many"),
            ("decode(null::int4, null, 'none', 'some')", "none"),
            ("decode(null::int4, null::int4, 'none', 'some')", "none"),
            ("decode('a '::varchar(3), 'a', 1, 0)", "1"),
        ]);
    }

    #[test]
    fn extremes() {
        check(&[
            ("greatest('Lars', 'Ratliff')", "Ratliff"),
            ("least(3, 1.5, null)", "1.5"),
            ("greatest(null, null)", "NULL"),
            ("greatest(1, 2)", "2"),
            ("least(date '2024-01-02', '2024-01-01')", "2024-01-01"),
        ]);
    }
}
