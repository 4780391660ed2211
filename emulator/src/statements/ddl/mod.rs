//! CREATE, ALTER, DROP and COMMENT.

mod alter_table;
mod append;
mod columns;
mod comment;
mod create_table;
mod create_table_as;
mod database;
mod drop;
mod encodings;
mod late_binding;
mod materialized_view;
mod names;
mod schema;
mod view;

pub(crate) use alter_table::alter_table;
pub(super) use columns::storable;
pub(crate) use comment::comment;
pub(crate) use create_table::{create_table, default_value};
pub(crate) use create_table_as::create_table_as;
pub(crate) use database::{alter_database, create_database};
pub(crate) use drop::{drop_objects, drop_users_of};
pub(crate) use materialized_view::{
    Impact, alter_materialized_view, create_materialized_view, drop_materialized_view, mark_readers,
    refresh_materialized_view,
};
pub(crate) use schema::{alter_schema, create_schema};
pub(crate) use view::create_view;
