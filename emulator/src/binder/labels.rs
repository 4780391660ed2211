//! What the columns of a plan are called by who wrote the statement: EXPLAIN asks for it, and nobody else.

use std::{collections::HashMap, sync::Arc};

use datafusion::logical_expr::TableSource;

use super::scope::{ScopeColumn, ScopeTable};
use crate::catalog::Relation;

/// The columns of a plan by their internal names, and its scans.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels {
    columns: HashMap<String, Label>,
    scans: HashMap<usize, Scanned>,
}

/// A relation that is scanned, and the internal name of a column of it.
#[derive(Debug, Clone)]
struct Scanned {
    relation: Arc<Relation>,
    column: Option<String>,
    /// What policies of row-level security call it.
    alias: Option<String>,
}

/// What tells one scan of a plan from the others: its source, of which each scan has its own.
pub(crate) fn scan_key(source: &Arc<dyn TableSource>) -> usize {
    Arc::as_ptr(source).cast::<()>() as usize
}

/// A column as the statement calls it.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// The items of FROM that have it, the innermost first: `t`, and `x` where `FROM (SELECT a FROM t) x` is above.
    pub tables: Vec<String>,
    /// Its name in the innermost of them.
    pub name: String,
    /// The relation that it is a column of, and at which place.
    pub source: Option<(Arc<Relation>, usize)>,
}

impl Labels {
    /// What is known of a column.
    pub fn get(&self, internal: &str) -> Option<&Label> {
        self.columns.get(internal)
    }

    /// The relation that a scan reads, and what the statement calls it.
    pub fn scan(&self, key: usize) -> Option<(&Arc<Relation>, Option<&str>)> {
        let scan = self.scans.get(&key)?;
        let label = scan.column.as_ref().and_then(|column| self.get(column));
        let alias = scan.alias.as_ref().or_else(|| label.and_then(|label| label.tables.first()));
        Some((&scan.relation, alias.map(String::as_str)))
    }

    pub(super) fn scanned(&mut self, source: &Arc<dyn TableSource>, relation: &Arc<Relation>, columns: &[ScopeColumn]) {
        let column = columns.first().map(|column| column.internal.clone());
        self.scans.insert(scan_key(source), Scanned { relation: Arc::clone(relation), column, alias: None });
        for (index, column) in columns.iter().enumerate() {
            let source = Some((Arc::clone(relation), index));
            let label = Label { tables: Vec::new(), name: column.name.clone(), source };
            self.columns.insert(column.internal.clone(), label);
        }
    }

    /// The scan of these columns is below what policies let through, and has the name that they call it by.
    pub(super) fn secured(&mut self, columns: &[ScopeColumn], alias: &str) {
        let of_these = |scan: &&mut Scanned| scan.column.as_ref() == columns.first().map(|column| &column.internal);
        if let Some(scan) = self.scans.values_mut().find(of_these) {
            scan.alias = Some(alias.to_string());
        }
    }

    pub(super) fn named(&mut self, table: &ScopeTable, columns: &[ScopeColumn]) {
        for column in columns {
            let label = self.columns.entry(column.internal.clone()).or_insert_with(|| Label {
                tables: Vec::new(),
                name: column.name.clone(),
                source: None,
            });
            label.tables.push(table.name.clone());
        }
    }
}
