//! CANCEL: the statement of another session stops.

use redshift_sql_dialect::{Error, Result, ast::Cancel};

use super::Work;
use crate::{
    control::{Signal, no_session},
    functions::signaller,
    result::{CommandTag, Outcome},
};

/// Runs CANCEL.
///
/// # Errors
/// Where no session has the number; 42501 where it is another user's and this one is no superuser's.
pub(crate) fn cancel(cancel: &Cancel, work: &mut Work<'_>) -> Result<Outcome> {
    let signal = Signal::Cancel(cancel.message.clone());
    let signaller = signaller(&work.context, &signal)?;
    if work.state.engine.activity().signal(&signaller, cancel.pid, &signal)? {
        work.state.engine.logs().append(signaller.record(cancel.pid, &signal));
        Ok(Outcome::Done(CommandTag::plain("CANCEL")))
    } else {
        Err(Error::internal(no_session(cancel.pid)))
    }
}
