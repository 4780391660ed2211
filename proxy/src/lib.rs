//! Blueshift's sockets and sessions: what stands between a client and the warehouse.
//!
//! The way of a statement:
//!
//! 1. [`server::run`] accepts a connection, [`wire`] encrypts it, reads the start-up message and has [`auth`] check who
//!    it is; `Backend::open` gives the session behind it.
//! 2. A message with SQL arrives: `wire::simple` or `wire::extended` parses the whole of it before anything runs.
//! 3. [`session::Session`] looks at its transaction and has [`router::route`] tell who runs the statement: the session
//!    itself (transactions, prepared statements, cursors) or the backend.
//! 4. The backend answers with a tag or a stream of Arrow batches, each column with its Redshift type.
//! 5. `wire::encode` turns each batch into rows of the protocol, which leave as they are made: a result is never held as
//!    a whole.
//!
//! Before the backend stands the [`guard`]: it asks the [`policy`], writes the [`audit`] and counts in the [`metrics`]; who may pass
//! at all [`auth`] decides. [`doors`] puts these together as the gateway's configuration says.
//!
//! This crate is the only one that knows the wire protocol. It knows no SQL beyond transactions, prepared statements and
//! cursors.

mod arguments;
pub mod audit;
pub mod auth;
pub mod backend;
pub mod check;
pub mod config;
pub mod doors;
pub mod guard;
pub mod http;
pub mod metrics;
pub mod policy;
pub mod reload;
pub mod router;
pub mod rows;
pub mod server;
pub mod session;
#[cfg(test)]
mod testing;
pub mod user_command;
pub mod wire;
