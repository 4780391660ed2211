//! Errors of the service as Redshift's own errors.
//!
//! A statement's `Error` is what the service's JDBC driver prints: `ERROR: message`, then on lines of their own detail, hint
//! and position. It has no SQLSTATE, so that the state is found by the message: the words are Redshift's and PostgreSQL
//! 8.0's, and they are as stable as the states are.

use redshift_sql_dialect::{Error, SqlState};

use super::client::Failure;

/// How a message of a state begins and what it holds further on.
type Known = (SqlState, &'static str, &'static str);

/// Known messages, the more particular ones first.
const KNOWN: &[Known] = &[
    (SqlState::SYNTAX_ERROR, "syntax error", ""),
    (SqlState::SYNTAX_ERROR, "unterminated ", ""),
    (SqlState::SYNTAX_ERROR, "zero-length delimited identifier", ""),
    (SqlState::SYNTAX_ERROR, "improper qualified name", ""),
    (SqlState::SYNTAX_ERROR, "conflicting or redundant options", ""),
    (SqlState::SYNTAX_ERROR, "each UNION query must have the same number of columns", ""),
    (SqlState::SYNTAX_ERROR, "each INTERSECT query must have the same number of columns", ""),
    (SqlState::SYNTAX_ERROR, "each EXCEPT query must have the same number of columns", ""),
    (SqlState::SYNTAX_ERROR, "INSERT has more ", ""),
    (SqlState::SYNTAX_ERROR, "subquery must return", ""),
    (SqlState::SYNTAX_ERROR, "subquery has too", ""),
    (SqlState::SYNTAX_ERROR, "subquery in FROM must have an alias", ""),
    (SqlState::SYNTAX_ERROR, "cannot insert multiple commands", ""),
    (SqlState::SYNTAX_ERROR, "VALUES lists must all be the same length", ""),
    (SqlState::UNDEFINED_PARAMETER, "there is no parameter $", ""),
    (SqlState::INDETERMINATE_DATATYPE, "could not determine data type of parameter", ""),
    (SqlState::UNDEFINED_TABLE, "missing FROM-clause entry for table", ""),
    (SqlState::UNDEFINED_TABLE, "invalid reference to FROM-clause entry", ""),
    (SqlState::UNDEFINED_COLUMN, "column ", " does not exist"),
    (SqlState::UNDEFINED_COLUMN, "column ", " of relation "),
    (SqlState::AMBIGUOUS_COLUMN, "column reference ", " is ambiguous"),
    (SqlState::AMBIGUOUS_COLUMN, "ORDER BY ", " is ambiguous"),
    (SqlState::GROUPING_ERROR, "column ", " must appear in the GROUP BY clause"),
    (SqlState::GROUPING_ERROR, "aggregates not allowed in", ""),
    (SqlState::GROUPING_ERROR, "aggregate function calls may not be nested", ""),
    (SqlState::GROUPING_ERROR, "subquery uses ungrouped column", ""),
    (SqlState::WINDOWING_ERROR, "window functions not allowed in", ""),
    (SqlState::DUPLICATE_COLUMN, "column ", " duplicated"),
    (SqlState::DUPLICATE_COLUMN, "column ", " specified more than once"),
    (SqlState::DUPLICATE_COLUMN, "column ", " already exists"),
    (SqlState::DATATYPE_MISMATCH, "column ", " but expression is of type "),
    (SqlState::DATATYPE_MISMATCH, "argument of ", " must be type "),
    (SqlState::DATATYPE_MISMATCH, "UNION types ", " cannot be matched"),
    (SqlState::CANNOT_COERCE, "cannot cast type ", ""),
    (SqlState::DUPLICATE_SCHEMA, "Schema ", " already exists"),
    (SqlState::DUPLICATE_SCHEMA, "schema ", " already exists"),
    (SqlState::DUPLICATE_TABLE, "Relation ", " already exists"),
    (SqlState::DUPLICATE_TABLE, "relation ", " already exists"),
    (SqlState::DUPLICATE_DATABASE, "database ", " already exists"),
    (SqlState::DUPLICATE_FUNCTION, "function ", " already exists"),
    (SqlState::DUPLICATE_FUNCTION, "procedure ", " already exists"),
    (SqlState::DUPLICATE_OBJECT, "", " already exists"),
    (SqlState::UNDEFINED_TABLE, "relation ", " does not exist"),
    (SqlState::UNDEFINED_TABLE, "table ", " does not exist"),
    (SqlState::UNDEFINED_TABLE, "view ", " does not exist"),
    (SqlState::INVALID_SCHEMA_NAME, "Schema ", " does not exist"),
    (SqlState::INVALID_SCHEMA_NAME, "schema ", " does not exist"),
    (SqlState::INVALID_SCHEMA_NAME, "no schema has been selected to create in", ""),
    (SqlState::INVALID_CATALOG_NAME, "database ", " does not exist"),
    (SqlState::UNDEFINED_FUNCTION, "function ", " does not exist"),
    (SqlState::UNDEFINED_FUNCTION, "procedure ", " does not exist"),
    (SqlState::UNDEFINED_FUNCTION, "operator does not exist", ""),
    (SqlState::AMBIGUOUS_FUNCTION, "function ", " is not unique"),
    (SqlState::AMBIGUOUS_FUNCTION, "operator is not unique", ""),
    (SqlState::UNDEFINED_OBJECT, "unrecognized configuration parameter", ""),
    (SqlState::UNDEFINED_OBJECT, "", " does not exist"),
    (SqlState::WRONG_OBJECT_TYPE, "", " is not a table"),
    (SqlState::WRONG_OBJECT_TYPE, "", " is not a view"),
    (SqlState::WRONG_OBJECT_TYPE, "", " is an external table"),
    (SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "cannot drop ", " depend"),
    (SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "dependent privileges exist", ""),
    (SqlState::OBJECT_IN_USE, "cannot drop the currently open database", ""),
    (SqlState::OBJECT_IN_USE, "current user cannot be dropped", ""),
    (SqlState::OBJECT_IN_USE, "VACUUM is running", ""),
    (SqlState::INSUFFICIENT_PRIVILEGE, "permission denied", ""),
    (SqlState::INSUFFICIENT_PRIVILEGE, "must be owner of", ""),
    (SqlState::INSUFFICIENT_PRIVILEGE, "must be superuser", ""),
    (SqlState::IN_FAILED_SQL_TRANSACTION, "current transaction is aborted", ""),
    (SqlState::ACTIVE_SQL_TRANSACTION, "", " cannot run inside a transaction block"),
    (SqlState::ACTIVE_SQL_TRANSACTION, "", " cannot run inside a multiple commands statement"),
    (SqlState::READ_ONLY_SQL_TRANSACTION, "transaction is read-only", ""),
    (SqlState::QUERY_CANCELED, "Query cancelled on user's request", ""),
    (SqlState::QUERY_CANCELED, "Query (", "canceled"),
    (SqlState::QUERY_CANCELED, "canceling statement due to", ""),
    (SqlState::QUERY_CANCELED, "canceling query due to", ""),
    (SqlState::ADMIN_SHUTDOWN, "terminating connection", ""),
    (SqlState::DEADLOCK_DETECTED, "deadlock detected", ""),
    (SqlState::NOT_NULL_VIOLATION, "null value in column ", ""),
    (SqlState::NOT_NULL_VIOLATION, "Cannot insert a NULL value into column", ""),
    (SqlState::CARDINALITY_VIOLATION, "single-row subquery returns more than one row", ""),
    (SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery", ""),
    (SqlState::DIVISION_BY_ZERO, "division by zero", ""),
    (SqlState::DIVISION_BY_ZERO, "Divide by zero", ""),
    (SqlState::STRING_DATA_RIGHT_TRUNCATION, "value too long for type", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "Numeric data overflow", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value ", " is out of range"),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "smallint out of range", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range", ""),
    (SqlState::INTERVAL_FIELD_OVERFLOW, "interval field value out of range", ""),
    (SqlState::INTERVAL_FIELD_OVERFLOW, "interval out of range", ""),
    (SqlState::DATETIME_FIELD_OVERFLOW, "date/time field value out of range", ""),
    (SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range", ""),
    (SqlState::INVALID_TIME_ZONE_DISPLACEMENT, "time zone displacement out of range", ""),
    (SqlState::INVALID_DATETIME_FORMAT, "invalid input syntax for type date", ""),
    (SqlState::INVALID_DATETIME_FORMAT, "invalid input syntax for type time", ""),
    (SqlState::INVALID_DATETIME_FORMAT, "invalid input syntax for type interval", ""),
    (SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for", ""),
    (SqlState::INVALID_TEXT_REPRESENTATION, "malformed array literal", ""),
    (SqlState::SUBSTRING_ERROR, "negative substring length not allowed", ""),
    (SqlState::INVALID_ESCAPE_SEQUENCE, "LIKE pattern must not end with escape", ""),
    (SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string", ""),
    (SqlState::INVALID_REGULAR_EXPRESSION, "invalid regular expression", ""),
    (SqlState::INVALID_ROW_COUNT_IN_LIMIT, "LIMIT must not be negative", ""),
    (SqlState::INVALID_ROW_COUNT_IN_LIMIT, "OFFSET must not be negative", ""),
    (SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, "cannot take logarithm of", ""),
    (SqlState::INVALID_PARAMETER_VALUE, "invalid value for parameter", ""),
    (SqlState::INVALID_PARAMETER_VALUE, "time zone ", " not recognized"),
    (SqlState::INVALID_PARAMETER_VALUE, "unrecognized time zone name", ""),
    (SqlState::INVALID_PARAMETER_VALUE, "length for type ", ""),
    (SqlState::CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding", ""),
    (SqlState::INVALID_CURSOR_NAME, "cursor ", " does not exist"),
    (SqlState::OUT_OF_MEMORY, "out of memory", ""),
    (SqlState::STATEMENT_TOO_COMPLEX, "statement too complex", ""),
    (SqlState::PROGRAM_LIMIT_EXCEEDED, "Statement is too large", ""),
    (SqlState::PROGRAM_LIMIT_EXCEEDED, "Database response exceeded size limit", ""),
    (SqlState::PROGRAM_LIMIT_EXCEEDED, "Packet for query is too large", ""),
    (SqlState::FEATURE_NOT_SUPPORTED, "", " is not supported"),
    (SqlState::FEATURE_NOT_SUPPORTED, "", " are not supported"),
    (SqlState::FEATURE_NOT_SUPPORTED, "", " not supported"),
    (SqlState::FEATURE_NOT_SUPPORTED, "", " not yet implemented"),
    (SqlState::FEATURE_NOT_SUPPORTED, "", " not yet supported"),
];

/// The state of a message; XX000 where it is none that is known, as are all errors of compute nodes.
pub fn state_of(message: &str) -> SqlState {
    let first = message.lines().next().unwrap_or_default();
    let is = |(_, begins, holds): &&Known| {
        first.strip_prefix(begins).is_some_and(|rest| holds.is_empty() || rest.contains(holds))
    };
    KNOWN.iter().find(is).map_or(SqlState::INTERNAL_ERROR, |(state, ..)| *state)
}

/// The error of a statement that failed, from its text. Its position counts bytes of `sql`, the text that was sent.
pub fn statement_error(text: &str, sql: &str) -> Error {
    let text = text.trim_end();
    let text = ["ERROR: ", "FATAL: ", "PANIC: "].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let mut message = text.trim_start();
    let mut parts: [Option<&str>; 3] = [None; 3];
    // From behind, so that each part ends where the next one began.
    for (part, label) in parts.iter_mut().zip(["\n  Position: ", "\n  Hint: ", "\n  Detail: "]) {
        if let Some((before, value)) = message.rsplit_once(label) {
            (message, *part) = (before, Some(value));
        }
    }
    let [position, hint, detail] = parts;
    let mut error = Error::new(state_of(message), message);
    if let Some(detail) = detail {
        error = error.with_detail(detail);
    }
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    let character = position.and_then(|text| text.lines().next()?.trim().parse::<usize>().ok());
    let byte = character.and_then(|character| sql.char_indices().nth(character.checked_sub(1)?));
    if let Some((byte, _)) = byte {
        error = error.at(byte as u32);
    }
    error
}

/// 57014, as a cluster words it.
pub fn cancelled() -> Error {
    crate::wire::cancel::cancelled_error()
}

/// A call that failed, as its client hears of it.
pub fn call_error(failure: &Failure) -> Error {
    match failure {
        Failure::Refused { code, message } => refused(code, message),
        Failure::Lost(reason) => Error::new(SqlState::CONNECTION_FAILURE, reason.clone()),
    }
}

fn refused(code: &str, message: &str) -> Error {
    let said = if message.is_empty() { code.to_string() } else { format!("{code}: {message}") };
    let (state, hint) = match code {
        "ActiveSessionsExceededException" => {
            (SqlState::TOO_MANY_CONNECTIONS, Some("A workgroup or cluster has at most 500 sessions of the Data API."))
        }
        "ActiveStatementsExceededException" => (
            SqlState::INSUFFICIENT_RESOURCES,
            Some("A workgroup or cluster has at most 500 statements of the Data API."),
        ),
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationTokenException"
        | "InvalidClientTokenId" => (SqlState::INSUFFICIENT_PRIVILEGE, None),
        "ResourceNotFoundException" | "DatabaseConnectionException" | "Configuration" | "Dispatch" => {
            (SqlState::CONNECTION_FAILURE, None)
        }
        "ValidationException" => (SqlState::PROGRAM_LIMIT_EXCEEDED, None),
        _ => (SqlState::INSUFFICIENT_RESOURCES, None),
    };
    let error = Error::new(state, format!("the Data API refused: {said}"));
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as users of the service report them.
    #[test]
    fn the_text_of_an_error_is_taken_apart() {
        let error = statement_error("ERROR: column \"é\" does not exist\n  Hint: Look.\n  Position: 8", "select é");
        assert_eq!((error.sqlstate(), error.message()), (SqlState::UNDEFINED_COLUMN, "column \"é\" does not exist"));
        assert_eq!((error.hint(), error.position(), error.detail()), (Some("Look."), Some(7), None));
        let error = statement_error(
            "ERROR: Divide by zero\n  Detail: \n  ---\n  error:  Divide by zero\n  code:      1017\n  ---",
            "",
        );
        assert_eq!(error.sqlstate(), SqlState::DIVISION_BY_ZERO);
        assert_eq!(error.detail(), Some("\n  ---\n  error:  Divide by zero\n  code:      1017\n  ---"));
        let error = statement_error("FATAL: database \"x\" does not exist", "");
        assert_eq!(error.to_string(), "3D000: database \"x\" does not exist");
    }

    #[test]
    fn states_are_found_by_the_words() {
        let states = [
            ("syntax error at or near \":\" in context \"= :\", at line 1", "42601"),
            ("relation \"t\" does not exist", "42P01"),
            ("Relation \"t\" already exists", "42P07"),
            ("column \"a\" specified more than once", "42701"),
            ("permission denied for relation t", "42501"),
            ("group \"g\" already exists", "42710"),
            ("Load into table 't' failed.  Check 'sys_load_error_detail' system table for details.", "XX000"),
            ("VACUUM cannot run inside a transaction block", "25001"),
            ("1023", "XX000"),
        ];
        for (message, state) in states {
            assert_eq!(state_of(message).0, state, "{message}");
        }
    }
}
