//! What a CALL gives: a row of the OUT and INOUT arguments of its procedure, if it has some. The warehouse tells them with SHOW
//! PROCEDURES and SHOW PARAMETERS.
//!
//! Source: developer guide, "CALL", "SHOW PROCEDURES", "SHOW PARAMETERS".

use redshift_sql_dialect::ast::Call;

/// A row of an answer, as text.
pub type Texts = Vec<Option<String>>;

/// The procedures of a schema that a CALL may mean.
pub struct Candidates<'a> {
    /// The database.
    pub database: &'a str,
    /// The schema.
    pub schema: &'a str,
    /// The CALL.
    pub call: &'a Call,
}

impl Candidates<'_> {
    fn name(&self) -> &str {
        &self.call.name.object().value
    }

    /// The command that lists them. A name is a pattern there, so that there may be others among them.
    pub fn listing(&self) -> String {
        let Candidates { database, schema, .. } = self;
        let pattern = self.name().replace('\\', "\\\\").replace('\'', "''");
        format!("SHOW PROCEDURES FROM SCHEMA {}.{} LIKE '{pattern}'", quoted(database), quoted(schema))
    }

    /// The command that tells the arguments of the one that is meant, by the answer to [`listing`](Self::listing). None where
    /// there is none, or several differ by types alone.
    pub fn arguments(&self, listed: &[Texts]) -> Option<String> {
        let count = self.call.args.len().to_string();
        let is_meant = |row: &&Texts| {
            text(row, 2).is_some_and(|name| name == self.name()) && text(row, 3).is_some_and(|number| number == count)
        };
        let mut meant = listed.iter().filter(is_meant);
        let (Some(row), None) = (meant.next(), meant.next()) else { return None };
        let place = [self.database, self.schema, self.name()].map(quoted).join(".");
        Some(format!("SHOW PARAMETERS OF PROCEDURE {place}({})", text(row, 4).unwrap_or_default()))
    }
}

/// A query whose columns are those of the CALL, by the answer to [`Candidates::arguments`]; none where it gives no row.
pub fn row(arguments: &[Texts]) -> Option<String> {
    let columns: Vec<String> = arguments.iter().filter_map(|argument| column(argument)).collect();
    (!columns.is_empty()).then(|| format!("SELECT {}", columns.join(", ")))
}

/// An argument as a column, if it is OUT or INOUT.
fn column(argument: &[Option<String>]) -> Option<String> {
    let name = text(argument, 3)?;
    if !matches!(text(argument, 5)?, "OUT" | "INOUT") {
        return None;
    }
    let ty = text(argument, 6)?;
    let ty = match (ty, text(argument, 7), text(argument, 8), text(argument, 9)) {
        (ty, Some(length), ..) => format!("{ty}({length})"),
        ("numeric", None, Some(precision), Some(scale)) => format!("numeric({precision}, {scale})"),
        (ty, ..) => ty.to_string(),
    };
    Some(format!("CAST(NULL AS {ty}) AS {}", quoted(name)))
}

fn text(row: &[Option<String>], column: usize) -> Option<&str> {
    row.get(column)?.as_deref()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::{ast::Statement, parse};

    use super::*;

    fn texts(rows: &[&[&str]]) -> Vec<Texts> {
        let value = |value: &&str| (!value.is_empty()).then(|| value.to_string());
        rows.iter().map(|row| row.iter().map(value).collect()).collect()
    }

    #[test]
    fn the_procedure_that_is_meant_is_found_by_its_number_of_arguments() {
        let parsed = parse("call \"Do it\"(1, 'x')").unwrap();
        let Statement::Call(call) = &parsed[0].statement else { panic!("it is a CALL") };
        let candidates = Candidates { database: "dev", schema: "s", call };
        assert_eq!(candidates.listing(), "SHOW PROCEDURES FROM SCHEMA \"dev\".\"s\" LIKE 'Do it'");
        let one: &[&str] = &["dev", "s", "Do it", "2", "integer, character varying"];
        let listed = texts(&[one, &["dev", "s", "Do it", "1", "integer"], &["dev", "s", "Do-it", "2", "date, date"]]);
        let wanted = "SHOW PARAMETERS OF PROCEDURE \"dev\".\"s\".\"Do it\"(integer, character varying)";
        assert_eq!(candidates.arguments(&listed).as_deref(), Some(wanted));
        assert_eq!(candidates.arguments(&texts(&[one, &["dev", "s", "Do it", "2", "date, date"]])), None);
        assert_eq!(candidates.arguments(&texts(&[])), None);
    }

    #[test]
    fn what_it_gives_is_what_is_out() {
        let arguments = texts(&[
            &["dev", "s", "p", "n", "1", "IN", "integer", "", "32", "0"],
            &["dev", "s", "p", "twice", "2", "OUT", "numeric", "", "8", "2"],
            &["dev", "s", "p", "say \"it\"", "3", "INOUT", "character varying", "20", "", ""],
            &["dev", "s", "p", "day", "4", "OUT", "date", "", "", ""],
        ]);
        assert_eq!(
            row(&arguments).as_deref(),
            Some(
                "SELECT CAST(NULL AS numeric(8, 2)) AS \"twice\", CAST(NULL AS character varying(20)) AS \"say \"\"it\"\"\", \
                 CAST(NULL AS date) AS \"day\""
            )
        );
        assert_eq!(row(&arguments[..1]), None);
    }
}
