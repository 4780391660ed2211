//! What is known of the tables that a plan scans: how many rows they have, and what their columns hold, from a sample of
//! their first rows. ANALYZE keeps such figures; here they are found out when they are asked for.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use arrow::datatypes::{DataType, Field};
use datafusion::{
    common::{Column, tree_node::TreeNodeRecursion},
    execution::context::SessionState,
    functions::string::expr_fn::octet_length,
    functions_aggregate::expr_fn::{avg, count, count_distinct, max, min},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableScan, cast, lit},
    scalar::ScalarValue,
};
use futures::StreamExt;
use redshift_sql_dialect::{RedshiftType, Result, types::UNSIZED};

use crate::{
    binder::{Labels, scan_key},
    catalog::{ROW_FILE, ROW_POSITION, Relation},
    error::from_datafusion,
    execution,
    types::declared_type,
};

/// Rows that are looked at.
const SAMPLE: usize = 30_000;
/// If more of a sample's rows than one in so many differ, then so do those of the table (PostgreSQL, ANALYZE).
const SCALES: f64 = 10.0;

/// The scans of a plan, by their sources.
pub(super) struct Scans(HashMap<usize, Scan>);

/// A table that is scanned.
pub(super) struct Scan {
    /// Its name.
    pub name: String,
    /// What the statement calls it.
    pub alias: Option<String>,
    /// None is rows that the statement itself has.
    pub relation: Option<Arc<Relation>>,
    pub rows: f64,
    pub columns: HashMap<String, ColumnFacts>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnFacts {
    pub ty: Option<RedshiftType>,
    /// Bytes of a value.
    pub width: usize,
    /// How many different values; at least one.
    pub distinct: f64,
    /// Which share of the rows is NULL.
    pub nulls: f64,
    /// The least and the greatest value, as numbers.
    pub range: Option<(f64, f64)>,
}

/// The identity of a scan within a plan and what is made of it.
pub(super) fn key(scan: &TableScan) -> usize {
    scan_key(&scan.source)
}

/// The scan that a plan reads with nothing between but a filter.
pub(super) fn below(plan: &LogicalPlan) -> Option<&TableScan> {
    match plan {
        LogicalPlan::TableScan(scan) => Some(scan),
        LogicalPlan::Filter(filter) => below(&filter.input),
        _ => None,
    }
}

impl Scans {
    /// Looks at all tables of a plan.
    ///
    /// # Errors
    /// Where their rows cannot be read.
    pub async fn survey(plan: &LogicalPlan, labels: &Labels, state: &SessionState) -> Result<Scans> {
        let mut found: HashMap<usize, TableScan> = HashMap::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                found.insert(key(scan), scan.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map_err(from_datafusion)?;
        let mut scans = HashMap::new();
        for (key, scan) in found {
            let scan = match labels.scan(key) {
                Some((relation, alias)) => Scan::survey(&scan, relation, alias, state).await?,
                // VALUES, a function's rows, or the rows of a recursion so far, which are nowhere yet.
                None => Scan::unknown(&scan),
            };
            scans.insert(key, scan);
        }
        Ok(Scans(scans))
    }

    pub fn get(&self, scan: &TableScan) -> Option<&Scan> {
        self.by_key(key(scan))
    }

    pub fn by_key(&self, key: usize) -> Option<&Scan> {
        self.0.get(&key)
    }

    /// Is there more than one?
    pub fn several(&self) -> bool {
        self.0.len() > 1
    }
}

impl Scan {
    fn unknown(scan: &TableScan) -> Scan {
        let name = scan.table_name.table().to_string();
        Scan { name, alias: None, relation: None, rows: 1.0, columns: HashMap::new() }
    }

    async fn survey(
        scan: &TableScan,
        relation: &Arc<Relation>,
        alias: Option<&str>,
        state: &SessionState,
    ) -> Result<Scan> {
        let name = scan.table_name.table().to_string();
        let rows = Builder::of(scan, BTreeSet::new())?.one_row(vec![count(lit(1_i64))], state).await?;
        let rows = rows.first().and_then(number).unwrap_or(0.0);
        let wanted: Vec<Arc<Field>> = scan.projected_schema.fields().iter().cloned().collect();
        let wanted: Vec<Arc<Field>> =
            wanted.into_iter().filter(|field| ![ROW_FILE, ROW_POSITION].contains(&field.name().as_str())).collect();
        let mut columns = HashMap::new();
        if !wanted.is_empty() {
            let places = scan.projection.clone().unwrap_or_else(|| (0..scan.source.schema().fields().len()).collect());
            let sample = Builder::of(scan, places.into_iter().collect())?.limited()?;
            let asked = wanted.iter().flat_map(|field| questions(scan, field)).chain([count(lit(1_i64))]).collect();
            let answers = sample.one_row(asked, state).await?;
            let sampled = answers.last().and_then(number).unwrap_or(0.0);
            for (field, answers) in wanted.iter().zip(answers.chunks(QUESTIONS)) {
                columns.insert(field.name().clone(), ColumnFacts::new(field, answers, sampled, rows));
            }
        }
        let alias = alias.filter(|alias| *alias != name).map(str::to_string);
        Ok(Scan { name, alias, relation: Some(Arc::clone(relation)), rows, columns })
    }
}

/// How many figures are asked for each column.
const QUESTIONS: usize = 5;

/// Different values, values that are not NULL, the least, the greatest, and the bytes of a string.
fn questions(scan: &TableScan, field: &Field) -> [Expr; QUESTIONS] {
    let name = field.name();
    let column = || Expr::Column(Column::new(Some(scan.table_name.clone()), name));
    let ordered = field.data_type().is_numeric()
        || matches!(field.data_type(), DataType::Date32 | DataType::Timestamp(..) | DataType::Time64(_));
    let text = matches!(field.data_type(), DataType::Utf8View);
    let hashed = !matches!(field.data_type(), DataType::List(_));
    let bound = |bound: Expr| if ordered { bound } else { max(lit(ScalarValue::Float64(None))) };
    let bytes = if text { cast(octet_length(column()), DataType::Float64) } else { lit(ScalarValue::Float64(None)) };
    let figures = [
        if hashed { count_distinct(column()) } else { count(column()) },
        count(column()),
        bound(min(column())),
        bound(max(column())),
        avg(bytes),
    ];
    // Two columns may have the same answers for the same reason.
    let mut number = 0;
    figures.map(|figure| {
        number += 1;
        figure.alias(format!("{name}\u{1}{number}"))
    })
}

impl ColumnFacts {
    fn new(field: &Field, answers: &[ScalarValue], sampled: f64, rows: f64) -> ColumnFacts {
        let figure = |at: usize| answers.get(at).and_then(number);
        let (distinct, present) = (figure(0).unwrap_or(0.0), figure(1).unwrap_or(0.0));
        let scale = if sampled > 0.0 { rows / sampled } else { 1.0 };
        let distinct = if distinct * SCALES > sampled { distinct * scale } else { distinct };
        let ty = declared_type(field);
        let width = match figure(4) {
            // A string has a head of four bytes.
            Some(bytes) => bytes.round() as usize + 4,
            None => ty.map_or_else(|| arrow_width(field.data_type()), width_of),
        };
        ColumnFacts {
            ty,
            width,
            distinct: distinct.max(1.0),
            nulls: if sampled > 0.0 { 1.0 - present / sampled } else { 0.0 },
            range: figure(2).zip(figure(3)),
        }
    }
}

/// A plan over a scan's source.
struct Builder(LogicalPlanBuilder);

impl Builder {
    fn of(scan: &TableScan, places: BTreeSet<usize>) -> Result<Builder> {
        let places = Some(places.into_iter().collect());
        let plan = LogicalPlanBuilder::scan(scan.table_name.clone(), Arc::clone(&scan.source), places);
        plan.map(Builder).map_err(from_datafusion)
    }

    fn limited(self) -> Result<Builder> {
        self.0.limit(0, Some(SAMPLE)).map(Builder).map_err(from_datafusion)
    }

    /// The values of aggregate functions over all its rows.
    async fn one_row(self, figures: Vec<Expr>, state: &SessionState) -> Result<Vec<ScalarValue>> {
        let plan = self.0.aggregate(Vec::<Expr>::new(), figures).and_then(LogicalPlanBuilder::build);
        let mut batches = execution::execute(&plan.map_err(from_datafusion)?, state).await?;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            if batch.num_rows() > 0 {
                let values = batch.columns().iter().map(|column| ScalarValue::try_from_array(column, 0));
                return values.collect::<datafusion::error::Result<_>>().map_err(from_datafusion);
            }
        }
        Ok(Vec::new())
    }
}

/// A value as a place on a line; none where it has no such place.
pub(super) fn number(value: &ScalarValue) -> Option<f64> {
    use ScalarValue::*;
    match value {
        Int8(value) => value.map(f64::from),
        Int16(value) => value.map(f64::from),
        Int32(value) | Date32(value) => value.map(f64::from),
        Int64(value) | TimestampMicrosecond(value, _) | Time64Microsecond(value) => value.map(|value| value as f64),
        UInt64(value) => value.map(|value| value as f64),
        Float32(value) => value.map(f64::from),
        Float64(value) => *value,
        Decimal128(value, _, scale) => value.map(|value| value as f64 / 10f64.powi(i32::from(*scale))),
        _ => None,
    }
}

/// What PostgreSQL 8.0 takes for the bytes of a value whose column it knows nothing more of than the type.
pub(super) fn width_of(ty: RedshiftType) -> usize {
    use RedshiftType::*;
    // Beyond 32 bytes it thinks of a value as half full, and beyond 1,000 as of 1,000.
    let half = |most: usize| if most <= 32 { most } else { 32 + (most.min(1_000) - 32) / 2 };
    match ty {
        Bool | InternalChar => 1,
        Int2 => 2,
        Int4 | Oid | Float4 | Date | RegProc | RegProcedure | RegClass | RegType | IntervalYearToMonth(_) | AbsTime => {
            4
        }
        Int8 | Float8 | Time | Timestamp | TimestampTz | IntervalDayToSecond(_) => 8,
        TimeTz | AclItem => 12,
        Interval => 16,
        Name => 64,
        Numeric { precision, .. } => half(usize::from(precision) + 2),
        Varchar(UNSIZED) => 32,
        // A character of UTF-8 is thought of as three bytes, behind a head of four.
        Varchar(length) => half(length as usize * 3 + 4),
        Char(length) => length as usize * 3 + 4,
        Text | Unknown | Super | Varbyte(_) | HllSketch | Geometry | Geography | Int2Vector | Int2Array | Int4Array
        | OidVector | OidArray | TextArray | InternalCharArray | AclItemArray | CString => 32,
    }
}

/// The same where only the form in memory is known.
pub(super) fn arrow_width(ty: &DataType) -> usize {
    match ty {
        DataType::Boolean => 1,
        DataType::Decimal128(..) => 32,
        other => other.primitive_width().unwrap_or(32),
    }
}
