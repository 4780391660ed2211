//! Errors and notices as messages.
//!
//! The fields and their order are those of PostgreSQL 8.0: S, C, M, D, H, P, W, and last F, L and R, which tell the place in
//! the server's source where the error was raised. Clients show them (`\set VERBOSITY verbose`, the errors of
//! redshift_connector and node-postgres). A cluster's places are told for the errors whose places are known.

use blueshift_emulator::{Notice, NoticeSeverity};
use pgwire::messages::response::{ErrorResponse, NoticeResponse};
use redshift_sql_dialect::{Error, SqlState};

/// What an error ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// The statement.
    Statement,
    /// The connection.
    Connection,
}

/// An error as the client gets it. `text` is the SQL that its position counts in, where there is such.
pub fn error_response(error: &Error, text: Option<&str>, ends: Ends) -> ErrorResponse {
    let severity = match ends {
        Ends::Statement => "ERROR",
        Ends::Connection => "FATAL",
    };
    let mut fields = base_fields(severity, error.sqlstate(), error.message());
    fields.extend(error.detail().map(|detail| (b'D', detail.to_string())));
    fields.extend(error.hint().map(|hint| (b'H', hint.to_string())));
    let position = text.zip(error.position()).map(|(text, position)| character_position(text, position as usize));
    fields.extend(position.map(|position| (b'P', position.to_string())));
    fields.extend(error.context().map(|context| (b'W', context.to_string())));
    fields.extend(place_fields(error));
    ErrorResponse::new(fields)
}

/// A notice as the client gets it.
pub fn notice_response(notice: &Notice) -> NoticeResponse {
    let severity = match notice.severity {
        NoticeSeverity::Info => "INFO",
        NoticeSeverity::Notice => "NOTICE",
        NoticeSeverity::Warning => "WARNING",
    };
    NoticeResponse::new(base_fields(severity, notice.sqlstate, &notice.message))
}

/// File below the server's source, line and routine where errors of a state with messages that begin so are raised.
///
/// Seen in reports of errors of clusters: the tests of redshift_connector (42601, 42704), issues of the JDBC driver
/// (XX000), of awslabs/amazon-redshift-utils (42P01), of aws-lambda-redshift-loader (42703, 28000) and others (a load), and
/// nmap's service probes (0A000 at start-up).
const PLACES: [(SqlState, &str, [&str; 3]); 8] = [
    (SqlState::SYNTAX_ERROR, "syntax error", ["pg/src/backend/parser/parser_scan.l", "718", "yyerror"]),
    (SqlState::UNDEFINED_COLUMN, "column", ["pg/src/backend/parser/parse_relation.c", "2737", "attnameAttNum"]),
    (SqlState::UNDEFINED_TABLE, "relation", ["pg/src/backend/catalog/namespace.c", "230", "RangeVarGetRelid"]),
    (SqlState::UNDEFINED_OBJECT, "type", ["pg/src/backend/parser/parse_type.c", "211", "typenameType"]),
    (SqlState::INVALID_AUTHORIZATION, "password", ["pg/src/backend/libpq/auth.c", "402", "auth_failed"]),
    (
        SqlState::FEATURE_NOT_SUPPORTED,
        "unsupported frontend protocol",
        ["pg/src/backend/postmaster/postmaster.c", "2463", "ProcessStartupPacket"],
    ),
    (SqlState::INTERNAL_ERROR, "Load into table", ["pg/src/backend/commands/commands_copy.c", "2426", "DoCopy"]),
    (SqlState::INTERNAL_ERROR, "", ["sys/xen_execute.cpp", "9989", "pg_throw"]),
];

fn place_fields(error: &Error) -> impl Iterator<Item = (u8, String)> {
    let is_here =
        |(state, begins, _): &&(SqlState, &str, _)| error.sqlstate() == *state && error.message().starts_with(begins);
    PLACES.iter().find(is_here).into_iter().flat_map(|(_, _, [file, line, routine])| {
        let file = format!("/home/ec2-user/padb/src/{file}");
        [(b'F', file), (b'L', line.to_string()), (b'R', routine.to_string())]
    })
}

fn base_fields(severity: &str, sqlstate: SqlState, message: &str) -> Vec<(u8, String)> {
    // Fields are C strings: a zero byte in a message would end it and everything behind it.
    let message = message.replace('\0', "");
    vec![(b'S', severity.to_string()), (b'C', sqlstate.to_string()), (b'M', message)]
}

/// Clients count characters from 1, errors count bytes from 0.
pub fn character_position(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(index, _)| *index < byte).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_fields_it_has() {
        let error = Error::new(SqlState::UNDEFINED_COLUMN, "column \"x\" does not exist");
        let response = error_response(&error, Some("select x"), Ends::Statement);
        assert_eq!(
            response.fields[..3],
            [(b'S', "ERROR".into()), (b'C', "42703".into()), (b'M', "column \"x\" does not exist".into())]
        );
        let error = error.at(7).with_detail("d").with_hint("h");
        let response = error_response(&error, Some("select x"), Ends::Connection);
        assert_eq!(response.fields[0].1, "FATAL");
        assert_eq!(response.fields[3..6], [(b'D', "d".into()), (b'H', "h".into()), (b'P', "8".into())]);
        let letters = |text| {
            let response = error_response(&error, text, Ends::Statement);
            response.fields.iter().map(|(letter, _)| char::from(*letter)).collect::<String>()
        };
        assert_eq!(letters(Some("select x")), "SCMDHPFLR");
        assert_eq!(letters(None), "SCMDHFLR");
        let error = error.clone().within("SQL statement \"select x\"").within("PL/pgSQL function \"f\" line 2");
        let fields = error_response(&error, None, Ends::Statement).fields;
        let context = "SQL statement \"select x\"\nPL/pgSQL function \"f\" line 2";
        assert_eq!(fields[5], (b'W', context.into()));
    }

    /// As redshift_connector's own tests have it from a cluster.
    #[test]
    fn errors_whose_place_is_known_tell_it() {
        let error = Error::new(SqlState::UNDEFINED_OBJECT, "type \"trash\" does not exist");
        assert_eq!(
            error_response(&error, None, Ends::Statement).fields[3..],
            [
                (b'F', "/home/ec2-user/padb/src/pg/src/backend/parser/parse_type.c".into()),
                (b'L', "211".into()),
                (b'R', "typenameType".into())
            ]
        );
        let error = Error::new(SqlState::UNDEFINED_OBJECT, "unrecognized configuration parameter \"x\"");
        assert_eq!(error_response(&error, None, Ends::Statement).fields.len(), 3);
        let error = Error::new(SqlState::DIVISION_BY_ZERO, "division by zero");
        assert_eq!(error_response(&error, None, Ends::Statement).fields.len(), 3);
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(character_position("select x", 0), 1);
        assert_eq!(character_position("select 'é', x", 13), 13);
        assert_eq!(character_position("ab", 2), 3);
        assert_eq!(character_position("ab", 99), 3);
    }
}
