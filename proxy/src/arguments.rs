//! Parameters of PREPARE and arguments of EXECUTE (developer guide, "PREPARE", "EXECUTE").

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{CastLength, CastSafety, DataType, Explain, Expr, ExprKind, Query, QueryBody, Select, SelectItem, Statement},
    types::{MAX_PRECISION, MAX_VARCHAR},
};

use crate::session::Prepared;

/// The type of a parameter of PREPARE. It has no length: arguments keep their own (developer guide, "PREPARE").
pub(crate) fn known_type(ty: &DataType) -> Result<Option<RedshiftType>> {
    match ty {
        // Blanks that fill up a CHAR are not the argument's.
        DataType::Known(RedshiftType::Char(_)) => Ok(Some(RedshiftType::Varchar(MAX_VARCHAR))),
        DataType::Known(ty @ (RedshiftType::Varchar(_) | RedshiftType::Varbyte(_) | RedshiftType::Numeric { .. })) => {
            Ok(RedshiftType::from_oid(ty.oid(), -1))
        }
        DataType::Known(ty) => Ok(Some(*ty)),
        DataType::Named(name) => {
            let message = format!("type \"{name}\" does not exist");
            Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos()))
        }
    }
}

/// The EXPLAIN of what was prepared.
pub(crate) fn explained(explain: &Explain, prepared: &Prepared) -> Result<Statement> {
    let Some(statement) = &prepared.statement else {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "EXPLAIN of an empty statement"));
    };
    Ok(Statement::Explain(Explain { verbose: explain.verbose, statement: Box::new(statement.clone()) }))
}

/// NUMERIC without precision and scale, as PREPARE has it.
pub(crate) fn any_numeric() -> Option<RedshiftType> {
    RedshiftType::from_oid(RedshiftType::numeric(MAX_PRECISION, 0).oid(), -1)
}

/// The type of an argument for a parameter of type NUMERIC: it has the digits that it is written with.
///
/// # Errors
/// 42804 where it is neither a number nor a string.
pub(crate) fn numeric_of(value: &str, given: RedshiftType, index: usize) -> Result<RedshiftType> {
    if !given.is_number() && !given.is_string() {
        let message = format!(
            "parameter ${} of type {} cannot be coerced to the expected type numeric",
            index + 1,
            given.base_name()
        );
        return Err(Error::new(SqlState::DATATYPE_MISMATCH, message)
            .with_hint("You will need to rewrite or cast the expression."));
    }
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let scale = digits(fraction);
    let precision = (digits(whole) + scale).max(1);
    let fits = precision <= usize::from(MAX_PRECISION) && !value.contains(['e', 'E']);
    Ok(if fits {
        RedshiftType::numeric(precision as u8, scale as u8)
    } else {
        RedshiftType::numeric(MAX_PRECISION, 10)
    })
}

/// `SELECT` of the arguments of EXECUTE, each as its parameter's type; none where there are no arguments. What is for a NUMERIC
/// stays as it is written: see [`numeric_of`].
pub(crate) fn argument_query(args: &[Expr], types: &[Option<RedshiftType>]) -> Option<Statement> {
    let first = args.first()?;
    let items = args.iter().enumerate().map(|(index, arg)| {
        let wanted = types.get(index).copied().flatten().filter(|_| types[index] != any_numeric());
        let known = wanted.filter(|ty| *ty != RedshiftType::Unknown);
        let expr = match known {
            None => arg.clone(),
            Some(ty) => {
                let expr = Box::new(arg.clone());
                let (ty, safety) = (DataType::Known(ty), CastSafety::Error);
                let kind = ExprKind::Cast { expr, ty, safety, length: CastLength::Given };
                Expr { kind, pos: arg.pos }
            }
        };
        SelectItem { expr, alias: None }
    });
    let select = Select { items: items.collect(), ..Select::empty(first.pos) };
    let body = QueryBody::Select(Box::new(select));
    Some(Statement::Query(Box::new(Query { with: None, body, order_by: Vec::new(), limit: None, offset: None })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_argument_has_the_digits_it_is_written_with() {
        let of = |value: &str| numeric_of(value, RedshiftType::Unknown, 0).unwrap().to_string();
        assert_eq!(of("1"), "numeric(1,0)");
        assert_eq!(of("-12.50"), "numeric(4,2)");
        assert_eq!(of(".5"), "numeric(1,1)");
        assert_eq!(of("1e20"), "numeric(38,10)");
        let refused = numeric_of("t", RedshiftType::Bool, 1).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "42804: parameter $2 of type boolean cannot be coerced to the expected type numeric"
        );
    }
}
