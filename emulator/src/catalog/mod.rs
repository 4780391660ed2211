//! The catalog: what exists, as each transaction sees it.

mod model;
mod view;

pub use model::*;
pub use view::*;
