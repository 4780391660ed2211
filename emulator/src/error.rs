//! Errors on their way through DataFusion and back.

use datafusion::error::DataFusionError;
use redshift_sql_dialect::{Error, SqlState};

/// The error as DataFusion carries it out of a kernel or a table provider.
pub fn to_datafusion(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The error that a plan's building or running ended with: ours unwrapped, DataFusion's own under a fitting SQLSTATE.
pub fn from_datafusion(error: DataFusionError) -> Error {
    if let Some(ours) = find_ours(&error) {
        return ours;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => {
            Error::new(SqlState::OUT_OF_MEMORY, "out of memory").with_detail(message.clone())
        }
        DataFusionError::NotImplemented(message) => Error::unsupported(message.clone()),
        DataFusionError::ArrowError(inner, _) => from_arrow(inner),
        other => Error::internal(other.strip_backtrace()),
    }
}

/// An error of a compute node: XX000, its detail laid out as the nodes do, with a code of theirs.
pub fn compute_error(message: &str, code: u16, context: &str) -> Error {
    let detail = format!("error:  {message}\ncode:      {code}\ncontext:   {context}");
    Error::internal(message).with_detail(detail)
}

/// What the leader node says of a constant, as a compute node says it of a row.
pub fn as_compute_error(error: Error) -> Error {
    let message = error.message();
    if error.sqlstate() == SqlState::DIVISION_BY_ZERO {
        return Error::internal("Divide by zero");
    }
    if message.starts_with("Numeric data overflow") || message.contains("numeric data overflow") {
        let width = if message.starts_with("128 bit") { "128 bit overflow" } else { "64 bit overflow" };
        return compute_error(message, 1058, width);
    }
    error
}

fn from_arrow(error: &arrow::error::ArrowError) -> Error {
    use arrow::error::ArrowError;
    match error {
        ArrowError::DivideByZero => Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"),
        ArrowError::ArithmeticOverflow(_) => {
            Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range").with_detail(error.to_string())
        }
        other => Error::internal(other.to_string()),
    }
}

fn find_ours(error: &DataFusionError) -> Option<Error> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(ours) = current.downcast_ref::<Error>() {
            return Some(ours.clone());
        }
        // A shared error's source() starts behind what it shares.
        if let Some(DataFusionError::Shared(inner)) = current.downcast_ref::<DataFusionError>() {
            return find_ours(inner);
        }
        if let Some(DataFusionError::External(inner)) = current.downcast_ref::<DataFusionError>() {
            if let Some(ours) = inner.downcast_ref::<Error>() {
                return Some(ours.clone());
            }
            if let Some(nested) = inner.downcast_ref::<DataFusionError>() {
                return find_ours(nested);
            }
        }
        if let Some(arrow::error::ArrowError::ExternalError(inner)) = current.downcast_ref::<arrow::error::ArrowError>()
            && let Some(ours) = inner.downcast_ref::<Error>()
        {
            return Some(ours.clone());
        }
        source = current.source();
    }
    None
}
