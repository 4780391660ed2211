//! Casts between types.

use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::{BindContext, Typed};

/// How a cast came about, which decides whether it is allowed and whether strings are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastKind {
    /// Of an operand or an argument.
    Implicit,
    /// Of a value that INSERT or UPDATE stores: a string that is too long is an error.
    Assignment,
    /// CAST, `::`, CONVERT: a string that is too long is cut.
    Explicit,
    /// TRY_CAST: NULL where the value does not fit.
    Try,
}

/// Casts a value, a constant at once.
///
/// # Errors
/// 42846 `cannot cast type date to integer`; 42804 where an assignment would need an explicit cast; for constants also
/// what the cast itself finds: 22P02, 22003, 22008, 22001.
pub fn cast(value: Typed, target: RedshiftType, _kind: CastKind, _ctx: &BindContext) -> Result<Typed> {
    if value.ty == target {
        return Ok(value);
    }
    Err(Error::unsupported(format!("cast from {} to {target} is not supported", value.ty)))
}

/// `$number`: a placeholder while describing, its value when executing.
///
/// # Errors
/// 42P02 where there is no such parameter; 22P02 and its like where the value is not one of its declared type.
pub fn parameter(number: u16, _ctx: &BindContext) -> Result<Typed> {
    Err(Error::unsupported(format!("parameter ${number} is not supported")))
}
