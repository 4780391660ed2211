//! Errors as Redshift words them: a SQLSTATE, a message, and where known a detail, a hint and a position.
//!
//! SQLSTATEs are those of PostgreSQL's appendix "Error Codes", which Redshift shares.

use std::fmt;

/// A five-character SQLSTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(pub &'static str);

macro_rules! sqlstates {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl SqlState {
            $($(#[$doc])* pub const $name: SqlState = SqlState($code);)*

            /// The known state with this code, or XX000 where it is none of ours.
            pub fn from_code(code: &str) -> SqlState {
                match code {
                    $($code => SqlState::$name,)*
                    _ => SqlState::INTERNAL_ERROR,
                }
            }
        }
    };
}

sqlstates! {
    /// successful_completion
    SUCCESS = "00000";
    /// warning
    WARNING = "01000";
    /// feature_not_supported
    FEATURE_NOT_SUPPORTED = "0A000";
    /// connection_failure
    CONNECTION_FAILURE = "08006";
    /// transaction_resolution_unknown
    TRANSACTION_RESOLUTION_UNKNOWN = "08007";
    /// protocol_violation
    PROTOCOL_VIOLATION = "08P01";
    /// invalid_grant_operation
    INVALID_GRANT_OPERATION = "0LP01";
    /// cardinality_violation
    CARDINALITY_VIOLATION = "21000";
    /// data_exception
    DATA_EXCEPTION = "22000";
    /// string_data_right_truncation
    STRING_DATA_RIGHT_TRUNCATION = "22001";
    /// numeric_value_out_of_range
    NUMERIC_VALUE_OUT_OF_RANGE = "22003";
    /// invalid_datetime_format
    INVALID_DATETIME_FORMAT = "22007";
    /// datetime_field_overflow
    DATETIME_FIELD_OVERFLOW = "22008";
    /// invalid_time_zone_displacement_value
    INVALID_TIME_ZONE_DISPLACEMENT = "22009";
    /// interval_field_overflow
    INTERVAL_FIELD_OVERFLOW = "22015";
    /// substring_error
    SUBSTRING_ERROR = "22011";
    /// division_by_zero
    DIVISION_BY_ZERO = "22012";
    /// invalid_escape_sequence
    INVALID_ESCAPE_SEQUENCE = "22025";
    /// invalid_parameter_value
    INVALID_PARAMETER_VALUE = "22023";
    /// invalid_argument_for_logarithm
    INVALID_ARGUMENT_FOR_LOGARITHM = "2201E";
    /// invalid_argument_for_power_function
    INVALID_ARGUMENT_FOR_POWER = "2201F";
    /// invalid_regular_expression
    INVALID_REGULAR_EXPRESSION = "2201B";
    /// invalid_row_count_in_limit_clause
    INVALID_ROW_COUNT_IN_LIMIT = "2201W";
    /// character_not_in_repertoire
    CHARACTER_NOT_IN_REPERTOIRE = "22021";
    /// invalid_text_representation
    INVALID_TEXT_REPRESENTATION = "22P02";
    /// invalid_binary_representation
    INVALID_BINARY_REPRESENTATION = "22P03";
    /// integrity_constraint_violation
    INTEGRITY_CONSTRAINT_VIOLATION = "23000";
    /// not_null_violation
    NOT_NULL_VIOLATION = "23502";
    /// invalid_cursor_state
    INVALID_CURSOR_STATE = "24000";
    /// invalid_transaction_state
    INVALID_TRANSACTION_STATE = "25000";
    /// active_sql_transaction
    ACTIVE_SQL_TRANSACTION = "25001";
    /// read_only_sql_transaction
    READ_ONLY_SQL_TRANSACTION = "25006";
    /// no_active_sql_transaction
    NO_ACTIVE_SQL_TRANSACTION = "25P01";
    /// in_failed_sql_transaction
    IN_FAILED_SQL_TRANSACTION = "25P02";
    /// invalid_sql_statement_name
    INVALID_SQL_STATEMENT_NAME = "26000";
    /// invalid_authorization_specification
    INVALID_AUTHORIZATION = "28000";
    /// invalid_password
    INVALID_PASSWORD = "28P01";
    /// dependent_objects_still_exist
    DEPENDENT_OBJECTS_STILL_EXIST = "2BP01";
    /// invalid_cursor_name
    INVALID_CURSOR_NAME = "34000";
    /// invalid_savepoint_specification
    INVALID_SAVEPOINT = "3B001";
    /// invalid_catalog_name
    INVALID_CATALOG_NAME = "3D000";
    /// invalid_schema_name
    INVALID_SCHEMA_NAME = "3F000";
    /// serialization_failure
    SERIALIZATION_FAILURE = "40001";
    /// deadlock_detected
    DEADLOCK_DETECTED = "40P01";
    /// insufficient_privilege
    INSUFFICIENT_PRIVILEGE = "42501";
    /// syntax_error
    SYNTAX_ERROR = "42601";
    /// invalid_name
    INVALID_NAME = "42602";
    /// invalid_column_definition
    INVALID_COLUMN_DEFINITION = "42611";
    /// name_too_long
    NAME_TOO_LONG = "42622";
    /// reserved_name
    RESERVED_NAME = "42939";
    /// duplicate_column
    DUPLICATE_COLUMN = "42701";
    /// ambiguous_column
    AMBIGUOUS_COLUMN = "42702";
    /// undefined_column
    UNDEFINED_COLUMN = "42703";
    /// undefined_object
    UNDEFINED_OBJECT = "42704";
    /// duplicate_object
    DUPLICATE_OBJECT = "42710";
    /// duplicate_alias
    DUPLICATE_ALIAS = "42712";
    /// duplicate_function
    DUPLICATE_FUNCTION = "42723";
    /// ambiguous_function
    AMBIGUOUS_FUNCTION = "42725";
    /// grouping_error
    GROUPING_ERROR = "42803";
    /// datatype_mismatch
    DATATYPE_MISMATCH = "42804";
    /// wrong_object_type
    WRONG_OBJECT_TYPE = "42809";
    /// cannot_coerce
    CANNOT_COERCE = "42846";
    /// undefined_function
    UNDEFINED_FUNCTION = "42883";
    /// undefined_table
    UNDEFINED_TABLE = "42P01";
    /// undefined_parameter
    UNDEFINED_PARAMETER = "42P02";
    /// duplicate_cursor
    DUPLICATE_CURSOR = "42P03";
    /// duplicate_database
    DUPLICATE_DATABASE = "42P04";
    /// duplicate_prepared_statement
    DUPLICATE_PREPARED_STATEMENT = "42P05";
    /// duplicate_schema
    DUPLICATE_SCHEMA = "42P06";
    /// duplicate_table
    DUPLICATE_TABLE = "42P07";
    /// ambiguous_parameter
    AMBIGUOUS_PARAMETER = "42P08";
    /// invalid_column_reference
    INVALID_COLUMN_REFERENCE = "42P10";
    /// invalid_cursor_definition
    INVALID_CURSOR_DEFINITION = "42P11";
    /// invalid_schema_definition
    INVALID_SCHEMA_DEFINITION = "42P15";
    /// invalid_table_definition
    INVALID_TABLE_DEFINITION = "42P16";
    /// indeterminate_datatype
    INDETERMINATE_DATATYPE = "42P18";
    /// invalid_recursion
    INVALID_RECURSION = "42P19";
    /// windowing_error
    WINDOWING_ERROR = "42P20";
    /// insufficient_resources
    INSUFFICIENT_RESOURCES = "53000";
    /// out_of_memory
    OUT_OF_MEMORY = "53200";
    /// too_many_connections
    TOO_MANY_CONNECTIONS = "53300";
    /// program_limit_exceeded
    PROGRAM_LIMIT_EXCEEDED = "54000";
    /// statement_too_complex
    STATEMENT_TOO_COMPLEX = "54001";
    /// too_many_columns
    TOO_MANY_COLUMNS = "54011";
    /// object_not_in_prerequisite_state
    OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
    /// object_in_use
    OBJECT_IN_USE = "55006";
    /// query_canceled
    QUERY_CANCELED = "57014";
    /// admin_shutdown
    ADMIN_SHUTDOWN = "57P01";
    /// io_error
    IO_ERROR = "58030";
    /// internal_error
    INTERNAL_ERROR = "XX000";
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a client is told when a statement fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<ErrorBody>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct ErrorBody {
    sqlstate: SqlState,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    position: Option<Pos>,
    context: Option<String>,
}

/// A byte offset into the text of a message (which may hold several statements).
pub type Pos = u32;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with this state and message.
    pub fn new(sqlstate: SqlState, message: impl Into<String>) -> Self {
        let message = message.into();
        Error(Box::new(ErrorBody { sqlstate, message, detail: None, hint: None, position: None, context: None }))
    }

    /// 0A000: something that Blueshift or Redshift does not support; `what` is the whole message.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Error::new(SqlState::FEATURE_NOT_SUPPORTED, what)
    }

    /// XX000: a defect of ours or a fault of the machine.
    pub fn internal(what: impl Into<String>) -> Self {
        Error::new(SqlState::INTERNAL_ERROR, what)
    }

    /// 42601: `syntax error at or near "token"` at `position`.
    pub fn syntax_near(token: &str, position: Pos) -> Self {
        Error::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{token}\"")).at(position)
    }

    /// The same error at this position, unless it has one already.
    pub fn at(mut self, position: Pos) -> Self {
        self.0.position.get_or_insert(position);
        self
    }

    /// The same error with a detail.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same error with a hint.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error inside of this: a line more of its context, such as `PL/pgSQL function "f" line 2 at assignment`.
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.0.context = Some(match self.0.context.take() {
            Some(inner) => format!("{inner}\n{place}"),
            None => place.to_string(),
        });
        self
    }

    /// The same error without a position: for errors in text that the client did not send (a view's definition).
    pub fn without_position(mut self) -> Self {
        self.0.position = None;
        self
    }

    /// Its SQLSTATE.
    pub fn sqlstate(&self) -> SqlState {
        self.0.sqlstate
    }

    /// Its message, as Redshift words it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// More about what went wrong.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// What the user may do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What it happened in, innermost first, line by line: statements and functions of stored procedures.
    pub fn context(&self) -> Option<&str> {
        self.0.context.as_deref()
    }

    /// Byte offset of the place in the message text.
    pub fn position(&self) -> Option<Pos> {
        self.0.position
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.sqlstate, self.0.message)
    }
}

impl std::error::Error for Error {}
