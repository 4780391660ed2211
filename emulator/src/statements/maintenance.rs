//! ANALYZE, VACUUM and LOCK.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Analyze, Lock, Vacuum},
};

use super::Work;
use crate::{
    catalog::LockMode,
    result::{CommandTag, Outcome},
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
    }
    Ok(Outcome::Done(CommandTag::plain("ANALYZE")))
}

/// Runs VACUUM: files are compacted as they are written, so only its name is checked.
pub(crate) fn vacuum(vacuum: &Vacuum, work: &mut Work<'_>) -> Result<Outcome> {
    if let Some(name) = &vacuum.table {
        work.table(name)?;
    }
    Ok(Outcome::Done(CommandTag::plain("VACUUM")))
}

/// Runs LOCK: nobody else reads or writes these tables until the transaction ends.
pub(crate) async fn lock(lock: &Lock, work: &mut Work<'_>) -> Result<Outcome> {
    for table in &lock.tables {
        work.lock(table, LockMode::AccessExclusive).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("LOCK TABLE")))
}
