//! Stored procedures: CALL, and the interpreter of PL/pgSQL.
//!
//! 1. [`call`] finds the procedure by its name and the types of its arguments, and parses its body.
//! 2. [`interpreter::Interpreter`] runs the tree. Each SQL statement is run as a session's own would be, in a [`Host`]'s
//!    transaction; the names of variables in it are found by the binder through [`crate::binder::Variables`], which come
//!    before columns, so that no text is put together.
//! 3. COMMIT, ROLLBACK and TRUNCATE end the [`Host`]'s transaction and begin another one.
//! 4. An error rolls the transaction back. Where a block has a handler, that runs in a new transaction, which is
//!    committed; then the error goes on, except in a NONATOMIC procedure. There a CONTINUE_HANDLER leads back behind the
//!    statement that failed.
//! 5. Cursors belong to the [`Host`]: procedures hand them to each other by their names, and those that are open when a
//!    CALL in a block of the client's ends are the client's to fetch from.
//!
//! Source: developer guide, "Creating stored procedures in Amazon Redshift" and its pages.

mod call;
mod host;
mod interpreter;
mod rows;
mod variables;

pub(crate) use call::{call, columns};
pub(crate) use host::Host;

use std::future::{Future, poll_fn};

use futures::future::BoxFuture;
use redshift_sql_dialect::{
    Error, Result, SqlState,
    plpgsql::{Block, Mode, parse_block},
};

/// Bytes of stack that one level of a procedure may take.
const LEVEL_STACK: usize = 1 << 20;

/// A future of a nested level, which runs on a stack that grows with the levels.
fn nested<'a, T: Send + 'a>(level: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    let mut level = Box::pin(level);
    let grown =
        poll_fn(move |context| stacker::maybe_grow(LEVEL_STACK, 4 * LEVEL_STACK, || level.as_mut().poll(context)));
    Box::pin(grown)
}

/// Bytes of a body, at most (developer guide, "Stored procedure limitations").
const MOST_SOURCE: usize = 2 << 20;

/// Checks a body when its procedure is made.
///
/// # Errors
/// 42601 for what is not PL/pgSQL; 54000 where it is too large.
pub(crate) fn check(body: &str, mode: Mode) -> Result<()> {
    if body.len() > MOST_SOURCE {
        let message = "the source of a procedure can have at most 2 MB";
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
    }
    block(body, mode).map(|_| ())
}

/// A body, parsed. Its errors have no place: the client's text is another one.
fn block(body: &str, mode: Mode) -> Result<Block> {
    parse_block(body, mode).map_err(Error::without_position)
}
