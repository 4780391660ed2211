//! Compression analysis: ANALYZE COMPRESSION, and what COPY does with COMPUPDATE.
//!
//! Columns are not stored in Redshift's encodings here, so that nothing changes with them but what the catalog shows. The
//! analysis is true nevertheless: a sample of the table's rows is laid out as Redshift lays out a column, and its size in
//! each encoding that the column's type can have is reckoned ([`sizes`]). LZO and ZSTD are run; the others are computed from
//! what the guide says of them; AZ64, which is not published, is taken for bit-packed differences.
//!
//! Source: developer guide, "ANALYZE COMPRESSION", "Loading tables with automatic compression", "Compression encodings".

mod sizes;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::{datasource::provider_as_source, logical_expr::LogicalPlanBuilder};
use futures::TryStreamExt;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{AnalyzeCompression, CompUpdate, Copy, CopyOption, SystemPrivilege},
};

use self::sizes::{Layout, Sizes};
use super::{Work, access::OrElse, text_rows};
use crate::{
    catalog::{CatalogView, Column, Contents, LockMode, Relation, RowIdentity},
    clock,
    error::from_datafusion,
    execution,
    result::{Outcome, ResultColumn},
    system::{column_encoding, logs::CompressionRecord},
};

/// Rows that are looked at, at least.
const LEAST_ROWS: u64 = 100_000;
/// What COMPROWS may be.
const COMPROWS: std::ops::RangeInclusive<u64> = 1_000..=1_000_000_000;
/// What is needed of a table that the user does not own.
const OWNER: OrElse = OrElse { privilege: None, system: [Some(SystemPrivilege::Analyze), None] };
/// The columns of the report.
const TITLES: [&str; 4] = ["Table", "Column", "Encoding", "Est_reduction_pct"];

/// Runs ANALYZE COMPRESSION: a line for each column.
pub(crate) async fn analyze_compression(analyze: &AnalyzeCompression, work: &mut Work<'_>) -> Result<Outcome> {
    let rows = sample_rows(analyze)?;
    let mut tables = Vec::new();
    match &analyze.table {
        Some(name) => {
            work.require_owner(&*work.table(name)?, OWNER)?;
            tables.push(work.lock(name, LockMode::AccessExclusive).await?);
        }
        None => {
            for relation in work.view.relations()? {
                let Some(table) = relation.table() else { continue };
                let own = !table.temporary || relation.schema == work.state.temp_schema;
                if own && work.require_owner(&relation, OWNER).is_ok() {
                    work.transaction.lock_table(relation.oid, LockMode::AccessExclusive).await?;
                    tables.push(relation);
                }
            }
        }
    }
    let mut lines = Vec::new();
    for table in tables {
        let wanted = wanted_columns(analyze, &table, work)?;
        lines.extend(report(&table, &wanted, rows, work).await?);
    }
    text_rows(columns(), lines, "ANALYZE COMPRESSION")
}

/// The columns of the report.
pub(crate) fn columns() -> Vec<ResultColumn> {
    TITLES.iter().map(|title| ResultColumn::computed(*title, RedshiftType::Text)).collect()
}

fn sample_rows(analyze: &AnalyzeCompression) -> Result<u64> {
    let Some(rows) = analyze.comp_rows else { return Ok(LEAST_ROWS) };
    if analyze.table.is_none() {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "COMPROWS is only supported with a table name"));
    }
    if !COMPROWS.contains(&rows) {
        let message = format!("COMPROWS must be between {} and {}", COMPROWS.start(), COMPROWS.end());
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    Ok(rows.max(LEAST_ROWS))
}

/// The places of the columns that are analyzed.
fn wanted_columns(analyze: &AnalyzeCompression, table: &Relation, work: &Work<'_>) -> Result<Vec<usize>> {
    if analyze.columns.is_empty() {
        return Ok((0..table.columns.len()).collect());
    }
    let place = |name: &redshift_sql_dialect::names::Ident| {
        let folded = name.folded(work.context.session.case_sensitive);
        table.columns.iter().position(|column| column.name == folded).ok_or_else(|| {
            let message = format!("column \"{folded}\" of relation \"{}\" does not exist", table.name);
            Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
        })
    };
    analyze.columns.iter().map(place).collect()
}

/// The lines of a table, which are noted in the logs.
async fn report(table: &Arc<Relation>, wanted: &[usize], rows: u64, work: &Work<'_>) -> Result<Vec<Vec<String>>> {
    let start = clock::now();
    let sample = sample(table, rows, work).await?;
    let mut lines = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        let line = |encoding: &str, reduction: f64| {
            vec![table.name.clone(), column.name.clone(), encoding.to_string(), format!("{reduction:.2}")]
        };
        if !wanted.contains(&place) {
            lines.push(line("N/A", 0.0));
            continue;
        }
        let Some(advice) = advice(column, place, &sample)? else {
            lines.push(line(current(column), 0.0));
            continue;
        };
        lines.push(line(advice.encoding, advice.reduction()));
        if advice.sizes.raw == 0 {
            continue;
        }
        note(table, place, (&advice, "ANALYZE ONLY", start), work);
    }
    Ok(lines)
}

/// The first rows of a table.
async fn sample(table: &Arc<Relation>, rows: u64, work: &Work<'_>) -> Result<Vec<RecordBatch>> {
    let Contents::Scan(provider) = work.view.contents(table, RowIdentity::Omitted)? else { return Ok(Vec::new()) };
    let plan = LogicalPlanBuilder::scan("sample", provider_as_source(provider), None)
        .and_then(|scan| scan.limit(0, Some(usize::try_from(rows).unwrap_or(usize::MAX))))
        .and_then(LogicalPlanBuilder::build)
        .map_err(from_datafusion)?;
    let stream = execution::stream(&plan, work.state.engine.execution()).await?;
    stream.try_collect().await.map_err(from_datafusion)
}

/// What is advised for a column.
struct Advice {
    encoding: &'static str,
    /// What takes the fewest bytes.
    best: &'static str,
    sizes: Sizes,
}

impl Advice {
    fn bytes(&self, encoding: &str) -> u64 {
        self.sizes.encoded.iter().find(|(name, _)| *name == encoding).map_or(self.sizes.raw, |(_, bytes)| *bytes)
    }

    /// Percent of the raw size that the encoding saves.
    fn reduction(&self) -> f64 {
        match self.sizes.raw {
            0 => 0.0,
            raw => 100.0 * raw.saturating_sub(self.bytes(self.encoding)) as f64 / raw as f64,
        }
    }
}

/// The encoding that fits the values of a column; none where it is a sort key, which is left as it is.
///
/// AZ64 is preferred to others that are smaller, as in the guide's examples: it is the quickest to read.
fn advice(column: &Column, place: usize, sample: &[RecordBatch]) -> Result<Option<Advice>> {
    if column.sort_key > 0 {
        return Ok(None);
    }
    let mut layout = Layout::new(column.ty);
    for batch in sample {
        layout.add(batch.column(place))?;
    }
    let sizes = layout.sizes(column.ty)?;
    let smaller = |(_, bytes): &&(&'static str, u64)| *bytes < sizes.raw;
    let best = sizes.encoded.iter().filter(smaller).min_by_key(|(_, bytes)| *bytes).map_or("raw", |(name, _)| name);
    let has_az64 = sizes.encoded.iter().filter(smaller).any(|(name, _)| *name == "az64");
    Ok(Some(Advice { encoding: if has_az64 { "az64" } else { best }, best, sizes }))
}

/// The encoding that a column has, as statements name it.
fn current(column: &Column) -> &str {
    match column_encoding(column) {
        "none" => "raw",
        encoding => encoding,
    }
}

fn note(table: &Relation, place: usize, analyzed: (&Advice, &'static str, i64), work: &Work<'_>) {
    let (advice, mode, start) = analyzed;
    let Some(column) = table.columns.get(place) else { return };
    work.state.engine.logs().append(CompressionRecord {
        best: advice.best.to_string(),
        bytes: Some(advice.bytes(advice.encoding)),
        best_bytes: Some(advice.bytes(advice.best)),
        distinct: Some(advice.sizes.distinct),
        ..record(table, column, (place, advice.encoding, mode, start), work)
    });
}

fn record(
    table: &Relation,
    column: &Column,
    (place, encoding, mode, start): (usize, &str, &'static str, i64),
    work: &Work<'_>,
) -> CompressionRecord {
    CompressionRecord {
        user_id: work.state.user_id.0,
        start,
        xid: work.transaction.id(),
        table: table.oid.0,
        name: table.name.clone(),
        column: place as i64,
        old: current(column).to_string(),
        new: encoding.to_string(),
        mode,
        ..CompressionRecord::default()
    }
}

/// What COPY does about the encodings of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Automatic {
    /// Nothing.
    Off,
    /// They follow from the types of the columns.
    Preset,
    /// They follow from so many rows that are loaded.
    On(u64),
}

impl Automatic {
    /// What a COPY asks for, whose table is seen before the load: a table that holds rows keeps its encodings, and one with
    /// encodings keeps them where nothing is said.
    pub(super) fn of(copy: &Copy, table: &Relation, work: &Work<'_>) -> Result<Automatic> {
        let mut asked = None;
        let mut rows = LEAST_ROWS;
        for option in &copy.options {
            match option {
                CopyOption::NoLoad | CopyOption::Parquet | CopyOption::Orc => return Ok(Automatic::Off),
                CopyOption::CompUpdate(update) => asked = Some(*update),
                CopyOption::CompRows(given) => rows = (*given).max(LEAST_ROWS),
                _ => {}
            }
        }
        let is_raw =
            |column: &Column| column.encoding.as_deref().is_none_or(|encoding| matches!(encoding, "raw" | "auto"));
        let automatic = match asked {
            Some(CompUpdate::Off) => Automatic::Off,
            Some(CompUpdate::On) => Automatic::On(rows),
            Some(CompUpdate::Preset) => Automatic::Preset,
            None if table.columns.iter().all(is_raw) => Automatic::Preset,
            None => Automatic::Off,
        };
        let statistics = work.view.table_statistics(table.oid)?;
        Ok(if statistics.rows == 0 { automatic } else { Automatic::Off })
    }

    /// Gives the columns of a table that was loaded their encodings.
    pub(super) async fn apply(self, table: &Arc<Relation>, work: &mut Work<'_>) -> Result<()> {
        let start = clock::now();
        let mut columns = table.columns.to_vec();
        match self {
            Automatic::Off => return Ok(()),
            Automatic::Preset => {
                for (place, column) in columns.iter_mut().enumerate() {
                    let by_type = Column { encoding: None, ..column.clone() };
                    let encoding = current(&by_type).to_string();
                    work.state.engine.logs().append(record(table, column, (place, &encoding, "PRESET", start), work));
                    if current(column) != encoding && column.sort_key == 0 {
                        column.encoding = Some(encoding);
                    }
                }
            }
            Automatic::On(rows) => {
                work.look_again()?;
                let sample = sample(table, rows, work).await?;
                // Fewer rows are no meaningful sample.
                if sample.iter().map(|batch| batch.num_rows() as u64).sum::<u64>() < LEAST_ROWS {
                    return Ok(());
                }
                for (place, column) in columns.iter_mut().enumerate() {
                    let Some(advice) = advice(column, place, &sample)? else { continue };
                    note(table, place, (&advice, "ON", start), work);
                    if current(column) != advice.encoding {
                        column.encoding = Some(advice.encoding.to_string());
                    }
                }
            }
        }
        if columns[..] != table.columns[..] {
            work.transaction.update_relation(Relation { columns: columns.into(), ..(**table).clone() }).await?;
        }
        Ok(())
    }
}
