//! Statement to DataFusion's `LogicalPlan`: scopes, names, types, overloads, coercions, sub-queries.

mod context;
mod typed;

pub use context::*;
pub use typed::*;
