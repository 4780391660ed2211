//! The steps of a query as its row in the log keeps them: one text, which is taken apart when somebody asks.
//!
//! So a query writes one row, however many steps it has.

/// A step of a query, in the words of Redshift (developer guide, "Query planning and execution workflow", "SVL_QUERY_SUMMARY").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryStep {
    /// Segments that run at the same time are of one stream.
    pub stream: i32,
    /// Steps that one process does are of one segment.
    pub segment: i32,
    /// Its number in the segment.
    pub step: i32,
    /// `scan`, `project`, `aggr`, `hash`, `hjoin`, ...
    pub kind: String,
    /// How it is done: `hashed`, `plain`, `left`, ...
    pub detail: String,
    /// Rows that it gave.
    pub rows: i64,
    /// Rows of a scan before its condition.
    pub rows_before: i64,
    /// Bytes of those that it gave.
    pub bytes: i64,
    /// Microseconds after the query's begin at which it began.
    pub start: i64,
    /// Microseconds after the query's begin at which it ended.
    pub end: i64,
    /// The table that is scanned or written; 0 is none.
    pub table: u32,
    /// Its name.
    pub table_name: String,
}

/// What separates fields; no name of SQL has it.
const FIELD: char = '\u{1f}';
/// What separates steps.
const STEP: char = '\u{1e}';

/// The text of steps.
pub fn encoded(steps: &[QueryStep]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(steps.len() * 48);
    for step in steps {
        let QueryStep { stream, segment, step: number, kind, detail, rows, rows_before, bytes, start, end, .. } = step;
        let (table, name) = (step.table, &step.table_name);
        // A string takes whatever is written to it.
        let _ = write!(
            text,
            "{stream}{FIELD}{segment}{FIELD}{number}{FIELD}{kind}{FIELD}{detail}{FIELD}{rows}{FIELD}{rows_before}{FIELD}\
             {bytes}{FIELD}{start}{FIELD}{end}{FIELD}{table}{FIELD}{name}{STEP}"
        );
    }
    text
}

/// The steps of a text; what is none is left out.
pub fn decoded(text: &str) -> impl Iterator<Item = QueryStep> {
    text.split(STEP).filter_map(step)
}

fn step(text: &str) -> Option<QueryStep> {
    let mut fields = text.split(FIELD);
    let mut next = || fields.next();
    Some(QueryStep {
        stream: next()?.parse().ok()?,
        segment: next()?.parse().ok()?,
        step: next()?.parse().ok()?,
        kind: next()?.to_string(),
        detail: next()?.to_string(),
        rows: next()?.parse().ok()?,
        rows_before: next()?.parse().ok()?,
        bytes: next()?.parse().ok()?,
        start: next()?.parse().ok()?,
        end: next()?.parse().ok()?,
        table: next()?.parse().ok()?,
        table_name: next()?.to_string(),
    })
}

impl QueryStep {
    /// `step_type` of STL_QUERY_METRICS; none of what that view does not list.
    pub fn step_type(&self) -> Option<i32> {
        Some(match self.kind.as_str() {
            "scan" => 1,
            "insert" => 2,
            "aggr" => 3,
            "sort" => 6,
            "merge" => 7,
            "hjoin" => 10,
            "mjoin" => 11,
            "save" => 12,
            "hash" => 14,
            "nloop" => 15,
            "project" => 16,
            "limit" => 17,
            "unique" => 18,
            "delete" => 20,
            "window" => 29,
            "return" => 38,
            _ => return None,
        })
    }

    /// Its label in SVL_QUERY_SUMMARY: `scan   tbl=100448 name=sales`, `aggr   tbl=0`, `project`.
    pub fn label(&self) -> String {
        match self.kind.as_str() {
            "project" | "return" | "limit" | "merge" | "window" | "unique" => self.kind.clone(),
            kind if self.table_name.is_empty() => format!("{kind:<7}tbl={}", self.table),
            kind => format!("{kind:<7}tbl={} name={}", self.table, self.table_name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_back_as_they_went() {
        let scan = QueryStep {
            kind: "scan".into(),
            rows: 3,
            rows_before: 5,
            table: 100_001,
            table_name: "my, table".into(),
            end: 7,
            ..QueryStep::default()
        };
        let back = QueryStep { segment: 1, stream: 1, kind: "return".into(), ..QueryStep::default() };
        let steps = vec![scan, back];
        assert_eq!(decoded(&encoded(&steps)).collect::<Vec<_>>(), steps);
        assert_eq!(decoded("").count(), 0);
        assert_eq!(decoded("nonsense").count(), 0);
    }

    #[test]
    fn labels_name_tables() {
        let step = QueryStep { kind: "scan".into(), table: 5, table_name: "t".into(), ..QueryStep::default() };
        assert_eq!(step.label(), "scan   tbl=5 name=t");
        assert_eq!(QueryStep { kind: "project".into(), ..QueryStep::default() }.label(), "project");
    }
}
