//! Where a statement would run: on the leader node alone, or on the compute nodes too.
//!
//! Sources: developer guide, "SQL functions supported on the leader node", "Leader node-only functions", "Compute
//! node-only functions", "Querying the catalog tables". A statement that reads a table of a user or a system table (STL,
//! STV, SVL, SYS) runs on the compute nodes, which lack some of the leader's functions and types; without one it runs on
//! the leader, which lacks LISTAGG, MEDIAN and the percentiles. What fills a table runs on the compute nodes, too.
//!
//! While a statement is bound, [`Uses`] collects what decides that; [`Binder::check_nodes`] looks at it when all is bound.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{Binder, Typed, scope::ScopeColumn};
use crate::{
    catalog::{Relation, RelationKind},
    functions::{self, Node},
    result::Notice,
};

/// What a statement uses that only one kind of node has, and what it reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    /// Does it read a table of a user?
    pub(super) user_tables: bool,
    /// Does it read a system table?
    pub(super) system_tables: bool,
    /// Does it read a relation of the catalog?
    catalog: bool,
    /// Does it use a function of the compute nodes?
    compute_only: bool,
    /// Does it call a function whose result depends on when and by whom it is called?
    pub(super) mutable: bool,
    /// Does it compare strings without regard to case?
    case_insensitive: bool,
    /// What of the leader's it uses, as an INFO says it.
    leader_only: Vec<LeaderOnly>,
}

impl Uses {
    /// Does it read rows that are on the compute nodes?
    pub(super) fn reads_rows(&self) -> bool {
        self.user_tables || self.system_tables
    }

    /// Does it read nothing, so that all its values are its own?
    pub(super) fn reads_nothing(&self) -> bool {
        !self.reads_rows() && !self.catalog
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LeaderOnly {
    info: String,
    /// What bars it; types and relations that only the leader has are barred as the catalog's functions are.
    kind: Node,
}

/// Where the rows of a query go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To the client: from the leader node where it can compute them.
    Client,
    /// Into a table or to S3: from the compute nodes.
    Table,
    /// Nowhere yet: the definition of a view is checked when the view is used.
    Definition,
}

/// Relations of the catalog whose definition calls functions that only the leader node has, with one of these.
const LEADER_VIEWS: [(&str, &str); 4] = [
    ("pg_table_def", "pg_table_is_visible(oid)"),
    ("pg_stats", "has_table_privilege(oid,text)"),
    ("pg_indexes", "pg_get_indexdef(oid)"),
    ("pg_rules", "pg_get_ruledef(oid)"),
];

/// Views over the catalog alone, which the leader node has in spite of their prefix: tools put its functions beside them
/// (Redash and Metabase: `has_schema_privilege(table_schema, 'USAGE')` over SVV_COLUMNS and SVV_EXTERNAL_TABLES).
const CATALOG_VIEWS: [&str; 7] = [
    "svv_columns",
    "svv_external_columns",
    "svv_external_databases",
    "svv_external_partitions",
    "svv_external_schemas",
    "svv_external_tables",
    "svv_tables",
];

impl Binder {
    /// Notes that a relation is read.
    pub(super) fn uses_relation(&mut self, relation: &Relation) {
        match relation.kind {
            RelationKind::Table(_) => self.uses.user_tables = true,
            RelationKind::System => {
                self.uses.catalog = true;
                let name = relation.name.as_str();
                let prefix = name.split('_').next().unwrap_or_default();
                self.uses.system_tables |=
                    matches!(prefix, "stl" | "stv" | "svl" | "svv" | "svcs" | "sys") && !CATALOG_VIEWS.contains(&name);
                if let Some((_, function)) = LEADER_VIEWS.iter().find(|(view, _)| *view == name) {
                    self.note_leader_only(format!("Function \"{function}\" not supported."), Node::Catalog);
                }
                if relation.schema == "information_schema" {
                    let info = "Function \"has_table_privilege(oid,text)\" not supported.";
                    self.note_leader_only(info.into(), Node::Catalog);
                }
            }
            _ => {}
        }
    }

    /// Notes that a column is used. Those of the catalog may have types that only the leader node knows.
    pub(super) fn uses_column(&mut self, column: &ScopeColumn) {
        use RedshiftType::*;
        let Some(origin) = column.origin.as_ref().filter(|origin| origin.schema == "pg_catalog") else { return };
        let unknown = matches!(
            column.ty,
            Int2Vector
                | OidVector
                | Int2Array
                | Int4Array
                | OidArray
                | TextArray
                | InternalCharArray
                | AclItem
                | AclItemArray
                | AbsTime
        ) || matches!(column.ty, RegProc | RegProcedure | RegClass | RegType);
        if unknown {
            let ty = column.ty;
            self.note_leader_only(
                format!("Column \"{}.{}\" has unsupported type \"{ty}\".", origin.table, origin.column),
                Node::Catalog,
            );
        }
    }

    /// Notes that a function is called.
    pub(super) fn uses_function(&mut self, name: &str, args: &[Typed]) {
        self.uses.mutable |= functions::is_mutable(name);
        if let ("collate", [_, collation]) = (name, args) {
            let collation = collation.unknown_text().unwrap_or_default();
            self.uses.case_insensitive |= matches!(collation.to_lowercase().as_str(), "case_insensitive" | "ci");
        }
        match functions::node(name) {
            Some(Node::Compute) => self.uses.compute_only = true,
            Some(node @ (Node::Leader | Node::Catalog | Node::Time)) => {
                let types: Vec<&str> = args.iter().map(|arg| type_name(arg.ty)).collect();
                let info = format!("Function \"{name}({})\" not supported.", types.join(","));
                self.note_leader_only(info, node);
            }
            // Numbers with a decimal point have their logarithm on the leader node alone (developer guide, "LN").
            None if name == "ln" => {
                let of_rows =
                    |arg: &&Typed| matches!(arg.ty, RedshiftType::Numeric { .. }) && arg.expr.any_column_refs();
                if args.iter().any(|arg| of_rows(&arg)) {
                    self.note_leader_only("Function \"ln(numeric)\" not supported.".to_string(), Node::Leader);
                }
            }
            None => {}
        }
    }

    fn note_leader_only(&mut self, info: String, kind: Node) {
        let found = LeaderOnly { info, kind };
        if !self.uses.leader_only.contains(&found) {
            self.uses.leader_only.push(found);
        }
    }

    /// Binds a part of the system's making (its own relation, a default) whose functions say nothing of the statement.
    pub(super) fn unseen<T>(&mut self, work: impl FnOnce(&mut Binder) -> T) -> T {
        let uses = self.uses.clone();
        let done = work(self);
        self.uses = uses;
        done
    }

    /// Refuses a statement that no node could run.
    ///
    /// # Errors
    /// 0A000 for functions and types of the leader node in a statement for the compute nodes, each named by an INFO, and
    /// for case-insensitive strings in a statement for the leader node (developer guide, "CREATE DATABASE");
    /// XX000 for functions of the compute nodes in a statement for the leader node.
    pub(super) fn check_nodes(&self, destination: Destination) -> Result<()> {
        let uses = &self.uses;
        if destination == Destination::Definition {
            return Ok(());
        }
        let refused = |found: &&LeaderOnly| {
            uses.user_tables
                || (destination == Destination::Table && found.kind != Node::Time)
                || (uses.system_tables && found.kind == Node::Leader)
        };
        let refused: Vec<_> = uses.leader_only.iter().filter(refused).collect();
        if !refused.is_empty() {
            for found in refused {
                self.ctx.effects.tell(Notice::info(&found.info));
            }
            let message = "Specified types or functions (one per INFO message) not supported on Redshift tables.";
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
        }
        if uses.case_insensitive && !uses.reads_rows() && destination == Destination::Client {
            let message = "Case insensitive collation is not supported in leader node only query.";
            return Err(Error::unsupported(message));
        }
        if uses.compute_only && !uses.user_tables && !uses.system_tables {
            let message = "One or more of the used functions must be applied on at least one user created tables. \
                           Examples of user table only functions are LISTAGG, MEDIAN, PERCENTILE_CONT, etc";
            return Err(Error::internal(message));
        }
        Ok(())
    }
}

/// A type as a function's signature shows it.
fn type_name(ty: RedshiftType) -> &'static str {
    match ty {
        RedshiftType::Unknown => "text",
        ty => ty.base_name(),
    }
}
