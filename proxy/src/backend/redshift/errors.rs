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
    (SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "cannot ", " because other objects depend on it"),
    (SqlState::SYNTAX_ERROR, "syntax error", ""),
    (SqlState::SYNTAX_ERROR, "unterminated ", ""),
    (SqlState::SYNTAX_ERROR, "zero-length delimited identifier", ""),
    (SqlState::SYNTAX_ERROR, "improper qualified name", ""),
    (SqlState::SYNTAX_ERROR, "conflicting or redundant options", ""),
    (SqlState::SYNTAX_ERROR, "each UNION query must have the same number of columns", ""),
    (SqlState::SYNTAX_ERROR, "each INTERSECT query must have the same number of columns", ""),
    (SqlState::SYNTAX_ERROR, "each EXCEPT query must have the same number of columns", ""),
    (SqlState::SYNTAX_ERROR, "INSERT has more ", ""),
    (SqlState::SYNTAX_ERROR, "CREATE VIEW specifies more column names than columns", ""),
    (SqlState::SYNTAX_ERROR, "subquery must return", ""),
    (SqlState::SYNTAX_ERROR, "subquery has too", ""),
    (SqlState::SYNTAX_ERROR, "subquery in FROM must have an alias", ""),
    (SqlState::SYNTAX_ERROR, "cannot insert multiple commands", ""),
    (SqlState::SYNTAX_ERROR, "VALUES lists must all be the same length", ""),
    (SqlState("42601"), "\"", " is not a known variable"),
    (SqlState("42601"), "query has no destination for result data", ""),
    (SqlState("42601"), "recursive common table expression ", " must have a list of column names"),
    (SqlState("42601"), "COMPROWS is only supported with a table name", ""),
    (SqlState("42601"), "CONNECT BY needs a condition with PRIOR", ""),
    (SqlState("42601"), "APPROXIMATE can only be used with COUNT DISTINCT", ""),
    (SqlState("42602"), "a permanent table cannot be renamed to a name that begins with", ""),
    (SqlState("42602"), "a permanent view cannot be renamed to a name that begins with", ""),
    (SqlState("42701"), "column name ", " conflicts with a system column name"),
    (SqlState("42809"), "cannot copy to view ", ""),
    (SqlState("42939"), "group name ", " is reserved"),
    (SqlState("42P16"), "invalid encoding type specified for column ", ""),
    (SqlState("22023"), "argument of nth_value must be greater than zero", ""),
    (SqlState("22023"), "invalid format phrase ", ""),
    (SqlState("0A000"), "", " does not support "),
    (SqlState("0A000"), "cannot insert into a view", ""),
    (SqlState("0A000"), "Default parameter not be supported for window function ", ""),
    (SqlState("0A000"), "within group ORDER BY clauses for aggregate functions must be the same", ""),
    (SqlState("0A000"), "SUPER values cannot be unnested in ", ""),
    (SqlState("0A000"), "cannot update a view", ""),
    (
        SqlState("0A000"),
        "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING",
        "",
    ),
    (SqlState("0A000"), "cannot delete from a view", ""),
    (SqlState("0A000"), "only the collation of the current database can be altered", ""),
    (SqlState("0A000"), "the collation of database ", " cannot be altered"),
    (SqlState("22007"), "Interval ", " literal cannot contain "),
    (SqlState("22023"), "", " not recognized"),
    (SqlState("22023"), "COMPROWS must be between ", ""),
    (SqlState("22023"), "OBJECT_TRANSFORM path must be ", ""),
    (SqlState("22023"), "a linestring of ", " is not closed"),
    (SqlState("22023"), "an argument of ", " is the empty point"),
    (SqlState("22023"), "cannot specify both user and group", ""),
    (SqlState("22023"), "depth ", " is out of range"),
    (SqlState("22023"), "index ", " is out of range"),
    (SqlState("22023"), "invalid H3 index", ""),
    (SqlState("22023"), "invalid geosquare ", ""),
    (SqlState("22023"), "invalid priority ", ""),
    (SqlState("22023"), "the point of ", " must be a POINT"),
    (SqlState("22023"), "the radius of ", " is negative"),
    (SqlState("22023"), "the threshold of ", " is negative"),
    (SqlState("22P02"), "expected a left parenthesis", ""),
    (SqlState("42809"), "", " is not an external table"),
    (SqlState("42846"), "OBJECT could not convert type ", ""),
    (SqlState("42883"), "json_extract_path_text takes 5 path elements at most", ""),
    (SqlState("42P16"), "Materialized view ", " could not be refreshed"),
    (SqlState("54000"), "the H3 cells exceed the maximum size ", ""),
    (SqlState("42712"), "table name ", " specified more than once"),
    (SqlState("42725"), "more than one function named ", ""),
    (SqlState("42804"), "UNPIVOT types ", " cannot be matched"),
    (SqlState("42804"), "Source and target of Merge statement with REMOVE DUPLICATES", ""),
    (SqlState("42809"), "", " is not a materialized view"),
    (SqlState("42809"), "", " is a materialized view"),
    (SqlState("42883"), "could not identify an ordering operator", ""),
    (SqlState("42939"), "role name ", " is reserved"),
    (SqlState("42P10"), "GROUP BY position ", " is not in select list"),
    (SqlState("42P10"), "ORDER BY position ", " is not in select list"),
    (SqlState("42P13"), "cannot change return type of existing function", ""),
    (SqlState("42P16"), "ALTER TABLE ADD COLUMN defined as NOT NULL", ""),
    (SqlState("42P16"), "cannot change name of view column", ""),
    (SqlState("42P16"), "cannot create temporary relation in non-temporary schema", ""),
    (SqlState("42P16"), "multiple primary keys for table", ""),
    (SqlState("42P16"), "cannot add primary key to nullable column", ""),
    (SqlState("42P16"), "column ", " cannot be a SORTKEY"),
    (SqlState("42P16"), "column ", " cannot be a DISTKEY"),
    (SqlState("42P16"), "column ", " already has the encoding"),
    (SqlState("42P16"), "column ", " of the source "),
    (SqlState("42P16"), "a table cannot be appended to itself", ""),
    (SqlState("42P16"), "the tables have different sort styles or sort keys", ""),
    (SqlState("42P19"), "recursive reference to query ", ""),
    (SqlState("42P19"), "aggregate functions not allowed in a recursive query", ""),
    (SqlState("42P20"), "frame starting from ", ""),
    (SqlState("0LP01"), "cannot grant ", " is granted on its columns"),
    (SqlState("0LP01"), "cannot revoke ", ": it is granted on "),
    (SqlState("0LP01"), "role ", " cannot be granted in a cycle"),
    (SqlState("0LP01"), "grant options can only be revoked from individual users", ""),
    (SqlState("2BP01"), "cannot drop this role since", ""),
    (SqlState("55006"), "user ", " cannot be dropped because"),
    (SqlState("55P02"), "parameter ", " cannot be changed"),
    (SqlState("42501"), "User ", " does not have ASSUMEROLE permission"),
    (SqlState("42501"), "system role ", " cannot be "),
    (SqlState("22023"), "parameter ", " requires a"),
    (SqlState("22023"), "", " is outside the valid range for parameter "),
    (SqlState("22023"), "conflicting ", " specifications"),
    (SqlState("22023"), "unrecognized ", " key word"),
    (SqlState("22023"), "unrecognized privilege type", ""),
    (SqlState("22023"), "invalid interval value for time zone", ""),
    (SqlState("22023"), "step size may not be 0", ""),
    (SqlState("22023"), "password ", ""),
    (SqlState("22023"), "SRID ", ""),
    (SqlState("22023"), "the argument", ""),
    (SqlState("22023"), "the first argument of ", ""),
    (SqlState("22023"), "the second argument of ", ""),
    (SqlState("22023"), "the geometries have different ", ""),
    (SqlState("22023"), "", " is out of range, "),
    (SqlState("22P02"), "invalid GeoJSON", ""),
    (SqlState("22P02"), "invalid geohash", ""),
    (SqlState("22P02"), "invalid well-known ", ""),
    (SqlState("22P02"), "Compass I/O exception", ""),
    (SqlState("22004"), "NULL cannot be assigned to variable", ""),
    (SqlState("22005"), "", " is declared CONSTANT"),
    (SqlState("20000"), "case not found", ""),
    (SqlState("2D000"), "invalid transaction termination", ""),
    (SqlState("54000"), "Geometry size: ", " is larger than maximum supported size"),
    (SqlState("54001"), "requested length too large", ""),
    (SqlState("54001"), "stored procedure calls are nested", ""),
    (SqlState("0A000"), "Materialized views cannot reference ", ""),
    (SqlState("0A000"), "Outer join operator (+)", ""),
    (SqlState("0A000"), "A table may be outer joined to at most one other table", ""),
    (SqlState("0A000"), "Aggregate window functions with an ORDER BY clause require a frame clause", ""),
    (SqlState("0A000"), "Source and target of Merge statement cannot be the same table", ""),
    (SqlState("0A000"), "Source view/subquery in Merge statement cannot reference target table", ""),
    (SqlState("0A000"), "Target table must be part of an equijoin predicate", ""),
    (SqlState("0A000"), "The select expression of a SQL function ", ""),
    (SqlState("0A000"), "PIVOT ", ""),
    (SqlState("0A000"), "UNPIVOT can only be applied", ""),
    (SqlState("22023"), "cannot alter type of column ", ": it holds values of "),
    (SqlState("0A000"), "cannot alter type of column ", ""),
    (SqlState("0A000"), "the outer join operator (+) is only allowed in ", ""),
    (SqlState("0A000"), "can't use subqueries in multi-row VALUES", ""),
    (SqlState("0A000"), "session user may not be renamed", ""),
    (SqlState("0A000"), "the isolation level of database ", " cannot be altered"),
    (SqlState("0A000"), "system permissions can be granted to roles only", ""),
    (SqlState("0A000"), "only SELECT on tables can be granted to an RLS policy", ""),
    (SqlState("0A000"), "RLS policy could not be rewritten", ""),
    (SqlState("0A000"), "RLS policies cannot refer to ", ""),
    (SqlState("0A000"), "RLS policies attached to relation ", " must have the same alias"),
    (SqlState("0A000"), "RLS-protected relation ", " cannot be accessed"),
    (SqlState("42704"), "RLS policy ", " is not attached to "),
    (SqlState("42710"), "RLS policy ", " is already attached to "),
    (SqlState("42804"), "column ", " but the RLS policy declares "),
    (SqlState("0A000"), "Not implemented", ""),
    (SqlState::UNDEFINED_PARAMETER, "there is no parameter $", ""),
    (SqlState::INDETERMINATE_DATATYPE, "could not determine data type of parameter", ""),
    (SqlState::UNDEFINED_TABLE, "missing FROM-clause entry for table", ""),
    (SqlState::UNDEFINED_TABLE, "invalid reference to FROM-clause entry", ""),
    (SqlState::UNDEFINED_COLUMN, "column ", " does not exist"),
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
    (SqlState::UNDEFINED_COLUMN, "SORTKEY column ", " does not exist"),
    (SqlState::UNDEFINED_COLUMN, "DISTKEY column ", " does not exist"),
    (SqlState::UNDEFINED_COLUMN, "column ", " of relation "),
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
    (SqlState::UNDEFINED_TABLE, "Table ", " does not exist"),
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
    (SqlState::INVALID_CURSOR_NAME, "cursor ", " does not exist"),
    (SqlState::DUPLICATE_CURSOR, "cursor ", " already in use"),
    (SqlState::INVALID_CURSOR_STATE, "opening multiple cursors", ""),
    (SqlState("22004"), "cursor variable ", " is NULL"),
    (SqlState::UNDEFINED_OBJECT, "", " does not exist"),
    (SqlState::WRONG_OBJECT_TYPE, "", " is not a table"),
    (SqlState::WRONG_OBJECT_TYPE, "", " is not a view"),
    (SqlState::WRONG_OBJECT_TYPE, "", " is an external table"),
    (SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "cannot drop ", " depend"),
    (SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "group ", " can't be dropped because"),
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
    (SqlState::ACTIVE_SQL_TRANSACTION, "USEd Database cannot be set or reset", ""),
    (SqlState::READ_ONLY_SQL_TRANSACTION, "transaction is read-only", ""),
    (SqlState::QUERY_CANCELED, "Query cancelled on user's request", ""),
    (SqlState::QUERY_CANCELED, "Query (", "canceled"),
    (SqlState::QUERY_CANCELED, "Query (", "cancelled"),
    (SqlState::QUERY_CANCELED, "canceling statement due to", ""),
    (SqlState::QUERY_CANCELED, "canceling query due to", ""),
    (SqlState::ADMIN_SHUTDOWN, "terminating connection", ""),
    (SqlState::DEADLOCK_DETECTED, "deadlock detected", ""),
    (SqlState::NOT_NULL_VIOLATION, "null value in column ", ""),
    (SqlState::NOT_NULL_VIOLATION, "Cannot insert a NULL value into column", ""),
    (SqlState::CARDINALITY_VIOLATION, "single-row subquery returns more than one row", ""),
    (SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery", ""),
    (SqlState::DIVISION_BY_ZERO, "division by zero", ""),
    (SqlState::STRING_DATA_RIGHT_TRUNCATION, "value too long for type", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow", ""),
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
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "LIMIT must not be larger than ", ""),
    (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "OFFSET must not be larger than ", ""),
    (SqlState::INVALID_ROW_COUNT_IN_LIMIT, "LIMIT must not be negative", ""),
    (SqlState::INVALID_ROW_COUNT_IN_LIMIT, "OFFSET must not be negative", ""),
    (SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, "cannot take logarithm of", ""),
    (SqlState::INVALID_PARAMETER_VALUE, "invalid value for parameter", ""),
    (SqlState::INVALID_PARAMETER_VALUE, "time zone ", " not recognized"),
    (SqlState::INVALID_PARAMETER_VALUE, "timestamp units ", " not recognized"),
    (SqlState::INVALID_PARAMETER_VALUE, "unrecognized time zone name", ""),
    (SqlState::INVALID_PARAMETER_VALUE, "length for type ", ""),
    (SqlState::CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding", ""),
    (SqlState("2D000"), "", " cannot be invoked from a procedure that is executing in an atomic context"),
    (SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "record ", " is not assigned yet"),
    (SqlState::UNDEFINED_COLUMN, "record ", " has no field "),
    (SqlState::ACTIVE_SQL_TRANSACTION, "", " cannot be executed from a function or multi-command string"),
    (SqlState::OUT_OF_MEMORY, "out of memory", ""),
    (SqlState::STATEMENT_TOO_COMPLEX, "too many grouping sets present", ""),
    (SqlState::STATEMENT_TOO_COMPLEX, "statement too complex", ""),
    (SqlState::SYNTAX_ERROR, "Statement is too large", ""),
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
    let mut parts: [Option<&str>; 4] = [None; 4];
    // From behind, so that each part ends where the next one began.
    for (part, label) in parts.iter_mut().zip(["\n  Where: ", "\n  Position: ", "\n  Hint: ", "\n  Detail: "]) {
        if let Some((before, value)) = message.rsplit_once(label) {
            (message, *part) = (before, Some(value));
        }
    }
    let [context, position, hint, detail] = parts;
    let mut error = Error::new(state_of(message), message);
    if let Some(detail) = detail {
        error = error.with_detail(detail);
    }
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    if let Some(context) = context {
        error = error.within(context);
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
        // That is a compute node's.
        assert_eq!(error.sqlstate(), SqlState::INTERNAL_ERROR);
        assert_eq!(error.detail(), Some("\n  ---\n  error:  Divide by zero\n  code:      1017\n  ---"));
        let error = statement_error(
            "ERROR: x\n  Hint: Look.\n  Where: SQL statement \"select 1\"\nPL/pgSQL function \"f\"",
            "",
        );
        assert_eq!(error.context(), Some("SQL statement \"select 1\"\nPL/pgSQL function \"f\""));
        assert_eq!((error.message(), error.hint()), ("x", Some("Look.")));
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
            ("column \"a\" of relation \"t\" already exists", "42701"),
            ("column \"a\" of relation \"t\" does not exist", "42703"),
            ("parameter \"x\" requires a Boolean value", "22023"),
            ("ORDER BY position 2 is not in select list", "42P10"),
            ("division by zero", "22012"),
            ("Query (46) cancelled on user's request", "57014"),
            ("timestamp units \"fortnight\" not recognized", "22023"),
            ("TO_CHAR does not support 128-bit DECIMAL values", "0A000"),
        ];
        for (message, state) in states {
            assert_eq!(state_of(message).0, state, "{message}");
        }
    }
}
