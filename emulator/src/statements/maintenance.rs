//! ANALYZE, VACUUM and LOCK.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Analyze, Lock, SystemPrivilege, Vacuum},
};

use super::{Work, access::OrElse};
use crate::{
    catalog::{LockMode, Privilege, Relation, permission_denied},
    result::{CommandTag, Notice, Outcome},
};

/// Runs ANALYZE: statistics come from the files themselves and are never out of date, so only its names are checked.
pub(crate) fn analyze(analyze: &Analyze, work: &mut Work<'_>) -> Result<Outcome> {
    if let Some(name) = &analyze.table {
        let relation = work.table(name)?;
        for column in &analyze.columns {
            let folded = column.folded(work.context.session.case_sensitive);
            if relation.column(&folded).is_none() {
                let message = format!("column \"{folded}\" of relation \"{}\" does not exist", relation.name);
                return Err(Error::new(SqlState::UNDEFINED_COLUMN, message).at(column.pos));
            }
        }
        warn_others(&relation, SystemPrivilege::Analyze, "analyze", work)?;
    }
    Ok(Outcome::Done(CommandTag::plain("ANALYZE")))
}

/// Runs VACUUM: files are compacted as they are written, so only its name is checked.
pub(crate) fn vacuum(vacuum: &Vacuum, work: &mut Work<'_>) -> Result<Outcome> {
    if let Some(name) = &vacuum.table {
        let relation = work.table(name)?;
        warn_others(&relation, SystemPrivilege::Vacuum, "vacuum", work)?;
    }
    Ok(Outcome::Done(CommandTag::plain("VACUUM")))
}

/// One who may not vacuum or analyze a table is told that it is left out, as in PostgreSQL 8.0.
fn warn_others(relation: &Relation, system: SystemPrivilege, verb: &str, work: &mut Work<'_>) -> Result<()> {
    let or_else = OrElse { privilege: None, system: [Some(system), None] };
    let owns_database = work.transaction.database().owner == work.state.user_id;
    if owns_database || work.require_owner(relation, or_else).is_ok() {
        return Ok(());
    }
    let message = format!("skipping \"{}\" --- only table or database owner can {verb} it", relation.name);
    work.state.notices.push(Notice::warning(SqlState::WARNING, message));
    Ok(())
}

/// Runs LOCK: nobody else reads or writes these tables until the transaction ends.
pub(crate) async fn lock(lock: &Lock, work: &mut Work<'_>) -> Result<Outcome> {
    for table in &lock.tables {
        let relation = work.table(table)?;
        let rights = work.view.rights_on(&*work.actor()?, &relation)?;
        if ![Privilege::Update, Privilege::Delete].into_iter().any(|privilege| rights.has(privilege)) {
            return Err(permission_denied("relation", &relation.name).at(table.pos()));
        }
        work.lock(table, LockMode::AccessExclusive).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("LOCK TABLE")))
}
