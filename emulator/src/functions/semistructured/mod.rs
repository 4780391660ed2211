//! SUPER values: functions, operators, casts and navigation.
//!
//! Source: developer guide, "Querying semistructured data" and the pages around it.
//!
//! # How a value is held
//!
//! As JSON text of one form ([`value`]): without blanks, integers and DECIMALs with their digits, floats with an
//! exponent. What a JSON null is in a column is NULL. [`parse`] makes that form of any JSON text; all else reads it in
//! place, from its beginning to what is asked for.
//!
//! # How values compare
//!
//! By keys ([`key`]): bytes that are the same for equal values and sort as ORDER BY does.

mod arrays;
pub(crate) mod elements;
mod info;
pub(crate) mod key;
pub(crate) mod navigate;
pub(crate) mod number;
pub(crate) mod objects;
pub(crate) mod operators;
pub(crate) mod parse;
pub(crate) mod scalar;
#[cfg(test)]
mod tests;
pub(crate) mod value;

use redshift_sql_dialect::Error;

use super::registry::{Function, Param};
use crate::binder::BindContext;

/// The tables of this chapter's functions.
pub(super) const FAMILIES: [&[Function]; 3] = [arrays::FUNCTIONS, info::FUNCTIONS, objects::FUNCTIONS];

const SUPER: Param = Param::Type(redshift_sql_dialect::RedshiftType::Super);

/// What becomes of operations that a value is of the wrong type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// They give NULL.
    Lax,
    /// They fail.
    Strict,
}

impl Mode {
    /// As a setting of the name `..._null_on_error` says.
    pub(crate) fn of_setting(ctx: &BindContext, name: &str) -> Mode {
        let value = ctx.session.settings.get(name).map(String::as_str);
        let strict_by_default = name == "parse_super_null_on_error";
        match value {
            Some("off") => Mode::Strict,
            None if strict_by_default => Mode::Strict,
            _ => Mode::Lax,
        }
    }
}

/// Is a setting on?
fn is_on(ctx: &BindContext, name: &str, default: bool) -> bool {
    ctx.session.settings.get(name).map_or(default, |value| value == "on")
}

/// XX000 `Invalid input`, with what is wrong as its context.
pub(crate) fn invalid_input(context: &str) -> Error {
    let detail = format!("error:  Invalid input\ncode:      8001\ncontext:   {context}");
    Error::internal("Invalid input").with_detail(detail)
}
