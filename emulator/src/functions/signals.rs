//! Functions that stop other sessions: `pg_cancel_backend(pid)`, `pg_terminate_backend(pid)`.
//!
//! Sources: PG_CANCEL_BACKEND.md, PG_TERMINATE_BACKEND.md; PostgreSQL 8.0 manual, "System Administration Functions": both
//! answer 1 where the signal was sent and 0 where there is no such session, which is told beside the result and fails
//! nothing, because a session may end while a query walks over all of them.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use redshift_sql_dialect::{Error, RedshiftType, Result, ast::SystemPrivilege};

use super::{
    kernel::{Args, Kernel},
    registry::{Call, Function, INT4, function, takes},
};
use crate::{
    binder::{BindContext, Typed},
    control::{Signal, SignalRights, Signaller, no_session},
    result::Notice,
    system::{Activity, logs::Logs},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("pg_cancel_backend", &[takes(&[INT4], |call| signals(call, Signal::Cancel(None)))]),
    function("pg_terminate_backend", &[takes(&[INT4], |call| signals(call, Signal::Terminate))]),
];

/// What a call needs to send its signal.
#[derive(Clone)]
struct Sender {
    activity: Activity,
    logs: Logs,
    signaller: Signaller,
    signal: Signal,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("signaller", &self.signaller).field("signal", &self.signal).finish()
    }
}

/// An engine has one activity only.
impl PartialEq for Sender {
    fn eq(&self, other: &Self) -> bool {
        self.signaller == other.signaller && self.signal == other.signal
    }
}

impl Eq for Sender {}

impl Hash for Sender {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.signaller.hash(state);
        self.signal.hash(state);
    }
}

impl Sender {
    fn send(&self, args: &Args) -> Result<arrow::array::ArrayRef> {
        args.map1(|pid: i32| {
            let found = self.activity.signal(&self.signaller, pid, &self.signal)?;
            if found {
                self.logs.append(self.signaller.record(pid, &self.signal));
            } else {
                self.activity.inform(self.signaller.pid, Notice::info(no_session(pid)));
            }
            Ok(Some(i32::from(found)))
        })
    }
}

fn signals(call: Call<'_>, signal: Signal) -> Result<Typed> {
    let source = call.ctx.catalog.source().ok_or_else(|| Error::unsupported("there are no sessions here"))?;
    let (activity, logs) = (source.activity.clone(), source.logs.clone());
    let sender = Sender { activity, logs, signaller: signaller(call.ctx, &signal)?, signal };
    let kernel = Kernel::new(call.name, sender, RedshiftType::Int4, Sender::send);
    Ok(kernel.volatile().call(call.exprs()))
}

/// The session of a statement as one that stops others: a superuser's, or that of a user whose roles have the privilege
/// CANCEL, which is one to cancel only (developer guide, "CANCEL", "System permissions for RBAC").
///
/// # Errors
/// Where the catalog cannot be read.
pub(crate) fn signaller(ctx: &BindContext, signal: &Signal) -> Result<Signaller> {
    let source = ctx.catalog.source().ok_or_else(|| Error::unsupported("there are no sessions here"))?;
    let all = match signal {
        Signal::Cancel(_) => source.actor()?.has_system(SystemPrivilege::Cancel),
        Signal::Terminate => source.is_superuser()?,
    };
    let rights = if all { SignalRights::All } else { SignalRights::Own };
    Ok(Signaller { pid: ctx.session.pid, user_id: ctx.session.user_id, rights })
}
