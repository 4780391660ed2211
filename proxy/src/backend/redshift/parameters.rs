//! A statement as text for the Data API, its parameters in their places.
//!
//! The text is the client's own, so that comments and positions stay. `$n` becomes `:pn` where the lexer finds it, never by
//! looking for its characters. A parameter whose type the client declared is cast to it; the others take the type of their
//! place, as literals do. The Data API has no NULL and no empty string for a value, so that these stand as literals.
//!
//! A text in which all values are literals is needed where a statement stands inside of a string, in UNLOAD.
//!
//! Source: management guide, "Running SQL statements with parameters when calling the Amazon Redshift Data API"; API
//! reference, "SqlParameter".

use std::ops::Range;

use blueshift_emulator::Request;
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, Result, SqlState,
    ast::{Expr, ExprKind, Literal, Parsed, Statement},
    parameters_in, parse,
};

use crate::arguments::numeric_of;

/// Most bytes of a text: management guide, "Considerations when calling the Amazon Redshift Data API".
const MAX_SQL: usize = 100 * 1000;

/// A text and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What is sent.
    pub sql: String,
    /// Names, without the colon, and values.
    pub parameters: Vec<(String, String)>,
    /// What was put in the place of what: bytes in the text that is sent, and in the client's.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Text {
    /// A text without parameters.
    pub fn plain(sql: impl Into<String>) -> Text {
        Text { sql: sql.into(), parameters: Vec::new(), places: Vec::new() }
    }

    /// A client's statement.
    ///
    /// # Errors
    /// 54000 where it is longer than the Data API takes.
    pub fn of(request: Request<'_>) -> Result<Text> {
        Text::with(request, Values::Named)?.checked()
    }

    /// A client's statement with its values as literals.
    ///
    /// # Errors
    /// 42P02 where a value is missing.
    pub fn literal(request: Request<'_>) -> Result<String> {
        Ok(Text::with(request, Values::Literal)?.sql)
    }

    fn with(request: Request<'_>, values: Values) -> Result<Text> {
        let printed;
        // The text of DECLARE and of PREPARE is not the one of the statement inside.
        let text = if says(request.text, request.statement) {
            request.text
        } else {
            printed = request.statement.to_string();
            &printed
        };
        // SHOW takes values, not expressions.
        let casts = !matches!(request.statement, Statement::ShowObjects(_));
        placed(text, values, |number| {
            let index = usize::from(number).checked_sub(1)?;
            let value = request.parameters.get(index)?.as_deref();
            let ty = request.parameter_types.get(index).copied().flatten();
            Some((value, ty.filter(|ty| casts && (is_declared(*ty) || is_as_written(*ty, value)))))
        })
    }

    /// The same statement, with NULL for its parameters: for questions about its columns.
    pub fn probe(statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Text> {
        let sql = statement.to_string();
        let text = placed(&sql, Values::Named, |number| {
            let index = usize::from(number).checked_sub(1)?;
            Some((None, types.get(index).copied().flatten().filter(|ty| is_declared(*ty))))
        })?;
        text.checked()
    }

    /// The text, where the Data API takes one of its length.
    ///
    /// # Errors
    /// 54000 where it is too long.
    pub fn checked(self) -> Result<Text> {
        if self.sql.len() <= MAX_SQL {
            return Ok(self);
        }
        let message = format!(
            "Statement is too large. Statement Size: {} bytes. Maximum Allowed: {MAX_SQL} bytes",
            self.sql.len()
        );
        Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
            .with_hint("That is the limit of the Data API; rows in bulk are loaded with COPY."))
    }

    /// The place in the client's text of a place in the text that was sent.
    pub fn original(&self, position: Pos) -> Pos {
        let position = position as usize;
        let mut shift = 0isize;
        for (sent, own) in &self.places {
            if position < sent.start {
                break;
            }
            if position < sent.end {
                return own.start as Pos;
            }
            shift = own.end as isize - sent.end as isize;
        }
        position.saturating_add_signed(shift) as Pos
    }
}

/// Does the text say this statement and nothing else?
fn says(text: &str, statement: &Statement) -> bool {
    match statement {
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_)
        | Statement::Explain(_) => {
            matches!(parse(text).as_deref(), Ok([Parsed { statement: said, .. }]) if said == statement)
        }
        _ => !text.is_empty(),
    }
}

/// Is it a type that a value must be cast to? Text takes the type of its place, and so does what follows from the place
/// with a modifier: a cast would cut it to that. A declared NUMERIC has the modifier that stands for none.
fn is_declared(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    matches!(
        ty,
        Bool | Int2 | Int4 | Int8 | Oid | Float4 | Float8 | Date | Time | TimeTz | Timestamp | TimestampTz | Super
    ) || matches!(ty, IntervalYearToMonth(_) | IntervalDayToSecond(_) | Interval | Geometry | Geography)
        || Some(ty) == RedshiftType::from_oid(RedshiftType::numeric(1, 0).oid(), -1)
}

/// Is it a NUMERIC of as many digits as its value has, as EXECUTE gives it?
fn is_as_written(ty: RedshiftType, value: Option<&str>) -> bool {
    let written = value.map(|value| numeric_of(value, RedshiftType::Unknown, 0));
    matches!(ty, RedshiftType::Numeric { .. }) && matches!(written, Some(Ok(written)) if written == ty)
}

/// The type of a declared parameter. A NUMERIC without a modifier has 28 digits before the point and 10 behind it; a value that has
/// more on one side gets room there.
fn with_room(ty: RedshiftType, value: Option<&str>) -> RedshiftType {
    let (RedshiftType::Numeric { precision, scale }, Some(value)) = (ty, value) else { return ty };
    let (whole, fraction) = value.trim_start_matches(['-', '+']).split_once('.').unwrap_or((value, ""));
    let fits = whole.len() <= usize::from(precision - scale) && fraction.len() <= usize::from(scale);
    if fits || value.contains(['e', 'E']) {
        return ty;
    }
    let digits = u8::try_from(fraction.len()).unwrap_or(u8::MAX);
    RedshiftType::numeric(precision, digits.min(precision - 1))
}

/// How values stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Beside it, under names.
    Named,
    /// In it.
    Literal,
}

type Value<'a> = (Option<&'a str>, Option<RedshiftType>);

/// Puts values in the place of `$n`. `value` knows no such parameter: 42P02.
fn placed<'a>(text: &str, values: Values, value: impl Fn(u16) -> Option<Value<'a>>) -> Result<Text> {
    let spans = parameters_in(text);
    let mut out = Text::plain(String::with_capacity(text.len()));
    if spans.is_empty() {
        out.sql.push_str(text);
        return Ok(out);
    }
    let prefix = unused_prefix(text);
    let mut copied = 0;
    for (own, number) in spans {
        let Some((value, ty)) = value(number) else {
            let message = format!("there is no parameter ${number}");
            return Err(Error::new(SqlState::UNDEFINED_PARAMETER, message).at(own.start as Pos));
        };
        out.sql.push_str(&text[copied..own.start]);
        let start = out.sql.len();
        let operand = match value {
            None => "NULL".to_string(),
            Some("") => "''".to_string(),
            Some(value) if values == Values::Literal => {
                Expr { kind: ExprKind::Literal(Literal::String(value.to_string())), pos: 0 }.to_string()
            }
            Some(value) => {
                let name = format!("{prefix}{number}");
                if !out.parameters.iter().any(|(known, _)| *known == name) {
                    out.parameters.push((name.clone(), value.to_string()));
                }
                format!(":{name}")
            }
        };
        match ty.map(|ty| with_room(ty, value)) {
            Some(ty) => out.sql.push_str(&format!("CAST({operand} AS {ty})")),
            None => out.sql.push_str(&operand),
        }
        // A word behind it must not become part of the name.
        if text[own.end..].starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            out.sql.push(' ');
        }
        out.places.push((start..out.sql.len(), own.clone()));
        copied = own.end;
    }
    out.sql.push_str(&text[copied..]);
    Ok(out)
}

/// A beginning of names that the text does not have behind a colon, so that no cast and no string is taken for a parameter.
fn unused_prefix(text: &str) -> String {
    let mut prefix = "p".to_string();
    while text.contains(&format!(":{prefix}")) {
        prefix.push('p');
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str, types: &[Option<RedshiftType>], values: &[Option<&str>]) -> Text {
        let parsed = parse(sql).unwrap();
        let values: Vec<_> = values.iter().map(|value| value.map(str::to_string)).collect();
        let statement = &parsed[0].statement;
        Text::of(Request { statement, text: sql, parameter_types: types, parameters: &values }).unwrap()
    }

    #[test]
    fn parameters_stand_where_the_lexer_finds_them() {
        let text = text("select $1, '$1 :p1'::text /* $2 */, $2 + $1", &[], &[Some("7"), Some("x")]);
        assert_eq!(text.sql, "select :pp1, '$1 :p1'::text /* $2 */, :pp2 + :pp1");
        assert_eq!(text.parameters, [("pp1".into(), "7".into()), ("pp2".into(), "x".into())]);
    }

    #[test]
    fn null_and_the_empty_string_are_literals() {
        let types = [Some(RedshiftType::Int4), None, Some(RedshiftType::Varchar(65_535))];
        let text = text("select $1, $2, $3", &types, &[None, Some(""), None]);
        assert_eq!(text.sql, "select CAST(NULL AS integer), '', NULL");
        assert!(text.parameters.is_empty());
    }

    #[test]
    fn what_the_client_declared_is_cast() {
        let types = [Some(RedshiftType::Int8), Some(RedshiftType::TimestampTz)];
        let text = text("select $1,$2from t", &types, &[Some("1"), Some("now")]);
        assert_eq!(text.sql, "select CAST(:p1 AS bigint),CAST(:p2 AS timestamp with time zone) from t");
        // The comma, what stands in the place of $2, and the t.
        assert_eq!([text.original(26), text.original(40), text.original(text.sql.len() as u32 - 1)], [9, 10, 17]);
    }

    #[test]
    fn numbers_have_room_for_their_digits() {
        let numeric = RedshiftType::from_oid(RedshiftType::numeric(1, 0).oid(), -1);
        let cast = |value: &str| text("select $1", &[numeric], &[Some(value)]).sql;
        assert_eq!(cast("-1.5"), "select CAST(:p1 AS numeric(38,10))");
        assert_eq!(cast(&"9".repeat(38)), "select CAST(:p1 AS numeric(38,0))");
        assert_eq!(cast(&format!("-9.{}", "9".repeat(37))), "select CAST(:p1 AS numeric(38,37))");
        assert_eq!(cast("1e30"), "select CAST(:p1 AS numeric(38,10))");
    }

    #[test]
    fn the_statement_inside_of_another_is_printed() {
        let sql = "declare c cursor for select $1";
        let inner = parse("select $1").unwrap();
        let values = [Some("1".to_string())];
        let request = Request { statement: &inner[0].statement, text: sql, parameter_types: &[], parameters: &values };
        assert_eq!(Text::of(request).unwrap().sql, "SELECT :p1");
    }

    #[test]
    fn values_are_literals_where_they_have_to_be() {
        let sql = "select $1, $2 from t where a = '$1'";
        let parsed = parse(sql).unwrap();
        let values = [Some("it's \\".to_string()), None];
        let types = [None, Some(RedshiftType::Int4)];
        let statement = &parsed[0].statement;
        let request = Request { statement, text: sql, parameter_types: &types, parameters: &values };
        let expected = r"select 'it''s \\', CAST(NULL AS integer) from t where a = '$1'";
        assert_eq!(Text::literal(request).unwrap(), expected);
    }

    #[test]
    fn a_text_that_is_too_long_is_not_sent() {
        let sql = format!("select '{}'", "x".repeat(MAX_SQL));
        let parsed = parse(&sql).unwrap();
        let request = Request { statement: &parsed[0].statement, text: &sql, parameter_types: &[], parameters: &[] };
        assert_eq!(Text::of(request).unwrap_err().sqlstate(), SqlState::PROGRAM_LIMIT_EXCEEDED);
    }
}
