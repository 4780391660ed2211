//! ANALYZE, VACUUM and LOCK.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Analyze, DistStyle, Lock, SystemPrivilege, Vacuum, VacuumMode},
};

use super::{Work, access::OrElse};
use crate::{
    Analyzed,
    catalog::{LockMode, Oid, Privilege, Relation, permission_denied},
    clock,
    result::{CommandTag, Notice, Outcome},
    system::{
        logs::{AnalyzeRecord, VacuumRecord},
        table_blocks,
    },
};

/// Runs ANALYZE: statistics come from the files themselves and are never out of date, so only its names are checked.
pub(crate) fn analyze(analyze: &Analyze, work: &mut Work<'_>) -> Result<Outcome> {
    let began = clock::now();
    let Some(name) = &analyze.table else {
        for relation in work.view.relations()? {
            if relation.table().is_some() && permitted(&relation, SystemPrivilege::Analyze, work) == Permitted::Yes {
                note_analyze(&relation, began, work)?;
            }
        }
        return Ok(Outcome::Done(CommandTag::plain("ANALYZE")));
    };
    {
        let relation = work.table(name)?;
        for column in &analyze.columns {
            let folded = column.folded(work.context.session.case_sensitive);
            if relation.column(&folded).is_none() {
                let message = format!("column \"{folded}\" of relation \"{}\" does not exist", relation.name);
                return Err(Error::new(SqlState::UNDEFINED_COLUMN, message).at(column.pos));
            }
        }
        if warn_others(&relation, SystemPrivilege::Analyze, "analyze", work) == Permitted::Yes {
            note_analyze(&relation, began, work)?;
        }
    }
    Ok(Outcome::Done(CommandTag::plain("ANALYZE")))
}

/// Notes in the logs that a table was analyzed (developer guide, "STL_ANALYZE"), or left out because fewer of its rows have changed
/// since the last time than `analyze_threshold_percent` says ("ANALYZE", "Analyzing tables").
fn note_analyze(relation: &Relation, began: i64, work: &Work<'_>) -> Result<()> {
    let setting = work.state.settings.get("analyze_threshold_percent");
    let threshold = setting.and_then(|percent| percent.parse::<f64>().ok()).unwrap_or(10.0);
    let statistics = work.view.table_statistics(relation.oid)?;
    let (rows, deleted) = (statistics.rows as i64, statistics.deleted_rows as i64);
    let stored = rows + deleted;
    let mut analyzed = work.state.engine.analyzed();
    let before = analyzed.get(&relation.oid.0).copied();
    let modified = before.map_or(rows, |before| (stored - before.stored).abs() + (deleted - before.deleted).abs());
    let skipped = before.is_some() && (modified as f64) * 100.0 < threshold * rows as f64;
    if !skipped {
        analyzed.insert(relation.oid.0, Analyzed { stored, deleted, at: clock::now() });
    }
    work.state.engine.logs().append(AnalyzeRecord {
        user_id: work.state.user_id.0,
        xid: work.transaction.id(),
        database: work.state.login.database.clone(),
        schema: relation.schema.clone(),
        name: relation.name.clone(),
        table: relation.oid.0,
        status: if skipped { "Skipped" } else { "Full" },
        rows,
        modified,
        threshold: threshold as i32,
        previous: before.map(|before| before.at),
        start: began,
        end: clock::now(),
    });
    Ok(())
}

/// Which share of a table's rows, in percent, VACUUM is content with.
const VACUUM_THRESHOLD: u8 = 95;

/// Runs VACUUM, table by table, each in a transaction of its own: writers of a table wait, its readers do not.
///
/// Rows are not kept in the order of the sort key, so that SORT ONLY and RECLUSTER find nothing to do.
pub(crate) async fn vacuum(vacuum: &Vacuum, work: &mut Work<'_>) -> Result<Outcome> {
    let tables = match &vacuum.table {
        Some(name) => {
            let relation = work.table(name)?;
            if vacuum.mode == VacuumMode::Recluster {
                check_reclustered(&relation)?;
            }
            let may = warn_others(&relation, SystemPrivilege::Vacuum, "vacuum", work);
            if may == Permitted::Yes { vec![relation] } else { Vec::new() }
        }
        None => work.view.relations()?.into_iter().filter(|relation| is_vacuumed(relation, work)).collect(),
    };
    let _turn = work.state.engine.vacuum_turn()?;
    match vacuum.mode {
        VacuumMode::Full | VacuumMode::DeleteOnly | VacuumMode::Reindex => {
            for table in tables {
                let record = begun(&table, vacuum.mode, work)?;
                let done = reclaim(&table, vacuum.threshold.unwrap_or(VACUUM_THRESHOLD), work).await?;
                note_vacuum(record, table.columns.len() as u64, done, work)?;
            }
        }
        VacuumMode::SortOnly | VacuumMode::Recluster => {
            for table in tables {
                note_vacuum(begun(&table, vacuum.mode, work)?, table.columns.len() as u64, None, work)?;
            }
        }
    }
    Ok(Outcome::Done(CommandTag::plain("VACUUM")))
}

/// The record of a table that is about to be vacuumed.
fn begun(table: &Relation, mode: VacuumMode, work: &Work<'_>) -> Result<VacuumRecord> {
    let held = work.view.table_statistics(table.oid)?;
    Ok(VacuumRecord {
        query: work.query,
        user_id: work.state.user_id.0,
        xid: work.transaction.id(),
        database: work.state.login.database.clone(),
        schema: table.schema.clone(),
        name: table.name.clone(),
        table: table.oid.0,
        mode: match mode {
            VacuumMode::Full => "Full",
            VacuumMode::DeleteOnly => "Delete",
            VacuumMode::SortOnly => "Sort",
            VacuumMode::Reindex => "Reindex",
            VacuumMode::Recluster => "Recluster",
        },
        start: clock::now(),
        rows_before: (held.rows + held.deleted_rows) as i64,
        deleted_before: held.deleted_rows as i64,
        blocks_before: table_blocks(table.columns.len() as u64, held) as i64,
        ..VacuumRecord::default()
    })
}

/// Notes in the logs that a table was vacuumed, and in which transaction; none is that there was nothing to do.
fn note_vacuum(record: VacuumRecord, columns: u64, done: Option<i64>, work: &Work<'_>) -> Result<()> {
    let held = match done {
        Some(_) => work.state.engine.catalog().look().table_statistics(Oid(record.table))?,
        None => work.view.table_statistics(Oid(record.table))?,
    };
    work.state.engine.logs().append(VacuumRecord {
        xid: done.unwrap_or(record.xid),
        skipped: done.is_none(),
        end: clock::now(),
        rows_after: (held.rows + held.deleted_rows) as i64,
        blocks_after: table_blocks(columns, held) as i64,
        ..record
    });
    Ok(())
}

/// Does VACUUM without a name take this table: one of the user's, and of no other session?
fn is_vacuumed(relation: &Relation, work: &Work<'_>) -> bool {
    let Some(table) = relation.table() else { return false };
    let own = !table.temporary || relation.schema == work.state.temp_schema;
    own && permitted(relation, SystemPrivilege::Vacuum, work) == Permitted::Yes
}

/// Developer guide, "VACUUM": RECLUSTER is not for interleaved sort keys and DISTSTYLE ALL.
fn check_reclustered(relation: &Relation) -> Result<()> {
    let Some(table) = relation.table() else { return Ok(()) };
    let refused =
        |what: &str| Err(Error::unsupported(format!("VACUUM RECLUSTER is not supported on tables with {what}")));
    match (table.interleaved, table.dist_style) {
        (true, _) => refused("interleaved sort keys"),
        (false, Some(DistStyle::All)) => refused("ALL distribution style"),
        (false, _) => Ok(()),
    }
}

/// Rids a table of its deleted rows where they are too many, and gives the transaction that did; none did otherwise.
async fn reclaim(table: &Relation, threshold: u8, work: &Work<'_>) -> Result<Option<i64>> {
    let held = work.view.table_statistics(table.oid)?;
    let live = 100.0 * held.rows as f64 / (held.rows + held.deleted_rows) as f64;
    let scattered = held.files > 1 && threshold > 0;
    if held.files == 0 || (held.deleted_rows == 0 || live >= f64::from(threshold)) && !scattered {
        return Ok(None);
    }
    let transaction = work.state.engine.catalog().begin(work.state.login.pid, &work.state.login.database)?;
    transaction.lock_table(table.oid, LockMode::ShareRowExclusive).await?;
    // Somebody who had the lock before may have dropped it.
    let Some(table) = transaction.view().relation_by_oid(table.oid)? else { return Ok(None) };
    transaction.compact(&table).await?;
    let number = transaction.id();
    transaction.commit().await?;
    Ok(Some(number))
}

/// One who may not vacuum or analyze a table is told that it is left out, as in PostgreSQL 8.0.
fn warn_others(relation: &Relation, system: SystemPrivilege, verb: &str, work: &mut Work<'_>) -> Permitted {
    let permitted = permitted(relation, system, work);
    if permitted == Permitted::No {
        let message = format!("skipping \"{}\" --- only table or database owner can {verb} it", relation.name);
        work.state.notices.push(Notice::warning(SqlState::WARNING, message));
    }
    permitted
}

/// May the user do it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permitted {
    Yes,
    No,
}

fn permitted(relation: &Relation, system: SystemPrivilege, work: &Work<'_>) -> Permitted {
    let or_else = OrElse { privilege: None, system: [Some(system), None] };
    let owns_database = work.transaction.database().owner == work.state.user_id;
    if owns_database || work.require_owner(relation, or_else).is_ok() { Permitted::Yes } else { Permitted::No }
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
