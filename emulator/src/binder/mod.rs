//! Statement to DataFusion's `LogicalPlan`: scopes, names, types, overloads, coercions, sub-queries.

pub mod cast;
pub mod coercion;
mod context;
pub mod operators;
mod typed;

pub use context::*;
pub use typed::*;
