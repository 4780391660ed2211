//! Errors and notices as messages.

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

fn base_fields(severity: &str, sqlstate: SqlState, message: &str) -> Vec<(u8, String)> {
    // Fields are C strings: a zero byte in a message would end it and everything behind it.
    let message = message.replace('\0', "");
    vec![(b'S', severity.to_string()), (b'C', sqlstate.to_string()), (b'M', message)]
}

/// Clients count characters from 1, errors count bytes from 0.
fn character_position(text: &str, byte: usize) -> usize {
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
            response.fields,
            [(b'S', "ERROR".into()), (b'C', "42703".into()), (b'M', "column \"x\" does not exist".into())]
        );
        let error = error.at(7).with_detail("d").with_hint("h");
        let response = error_response(&error, Some("select x"), Ends::Connection);
        assert_eq!(response.fields[0].1, "FATAL");
        assert_eq!(response.fields[3..], [(b'D', "d".into()), (b'H', "h".into()), (b'P', "8".into())]);
        assert_eq!(error_response(&error, None, Ends::Statement).fields.len(), 5);
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(character_position("select x", 0), 1);
        assert_eq!(character_position("select 'é', x", 13), 13);
        assert_eq!(character_position("ab", 2), 3);
        assert_eq!(character_position("ab", 99), 3);
    }
}
