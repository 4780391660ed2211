//! What the catalog holds: schemas, relations, columns. Values read from one snapshot; they never change.

use std::{collections::BTreeMap, sync::Arc};

use redshift_sql_dialect::{RedshiftType, ast::DistStyle};
use serde::{Deserialize, Serialize};

use super::{RowSecurity, encode};

/// An object identifier: stable for the life of the object, shown in pg_class.oid and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Oid(pub u32);

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// pg_namespace.oid
    pub oid: Oid,
    /// Its database.
    pub database: Oid,
    /// Its name.
    pub name: String,
    /// Its owner (pg_user.usesysid).
    pub owner: Oid,
    /// Its quota in megabytes.
    pub quota_mb: Option<u64>,
    /// COMMENT ON SCHEMA
    pub comment: Option<String>,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// pg_class.oid
    pub oid: Oid,
    /// Its schema's name.
    pub schema: String,
    /// Its schema.
    pub schema_oid: Oid,
    /// Its database; 0 where it is the system's, which every database has.
    pub database: Oid,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Oid,
    /// Its columns that were not dropped, by attnum.
    pub columns: Arc<[Column]>,
    /// What it is.
    pub kind: RelationKind,
    /// COMMENT ON TABLE | VIEW
    pub comment: Option<String>,
    /// Microseconds since 1970 of CREATE.
    pub created: i64,
    /// Row-level security; none where nobody ever attached a policy or turned it on.
    pub security: Option<Arc<RowSecurity>>,
}

/// What a relation is.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationKind {
    /// A table with rows of its own.
    Table(TableInfo),
    /// A view.
    View(ViewInfo),
    /// A relation of the system: SQL text or rows made on the spot. The catalog never returns it; `system` does.
    System,
}

/// What a table has beside its columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableInfo {
    /// Is it temporary (its schema is a session's own)?
    pub temporary: bool,
    /// DISTSTYLE; none is AUTO.
    #[serde(with = "encode::dist_style")]
    pub dist_style: Option<DistStyle>,
    /// INTERLEAVED SORTKEY? The columns carry their places.
    pub interleaved: bool,
    /// BACKUP NO?
    pub backup_off: bool,
    /// Keys, which are kept and shown, not enforced.
    pub constraints: Vec<Constraint>,
    /// COMMENT ON CONSTRAINT, by pg_constraint.oid.
    #[serde(default)]
    pub constraint_comments: BTreeMap<u32, String>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// pg_constraint.oid
    pub oid: Oid,
    /// Its name.
    pub name: String,
    /// What it says.
    pub kind: KeyKind,
    /// attnums of its columns.
    pub columns: Vec<i16>,
}

/// The kinds of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// PRIMARY KEY
    Primary,
    /// UNIQUE
    Unique,
    /// FOREIGN KEY
    Foreign {
        /// The table there.
        table: Oid,
        /// attnums there.
        columns: Vec<i16>,
    },
}

/// What a view has beside its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewInfo {
    /// The query's text, which parses as a query.
    pub query: String,
    /// WITH NO SCHEMA BINDING?
    pub late_binding: bool,
    /// The statement that made a late-binding one, as it was written; none of views from before this was kept.
    #[serde(default)]
    pub written: Option<String>,
    /// The names that a late-binding one was told to give its first columns.
    #[serde(default)]
    pub column_names: Vec<String>,
    /// The relations it reads, unless late-binding: DROP asks.
    pub depends_on: Vec<Oid>,
    /// The search path that its unqualified names were bound under.
    pub search_path: Vec<String>,
    /// Did attributes of SUPER values keep their case when it was made (`enable_case_sensitive_super_attribute`)? A
    /// late-binding view has none: it follows the session that reads it.
    #[serde(default)]
    pub case_sensitive_attributes: Option<bool>,
    /// What a materialized view has; none is an ordinary one.
    #[serde(default)]
    pub materialized: Option<Materialized>,
}

impl ViewInfo {
    /// The name of a late-binding view's column, which its query calls so.
    pub fn column_name(&self, index: usize, called: &str) -> String {
        self.column_names.get(index).map_or(called, String::as_str).to_string()
    }
}

/// What a materialized view has beside its query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Materialized {
    /// The table that holds its rows: `mv_tbl__name__0` in its schema.
    pub data: Oid,
    /// What stood before the query where the view was made, as it was written; none of views from before this was kept.
    #[serde(default)]
    pub head: Option<String>,
    /// AUTO REFRESH YES?
    pub auto_refresh: bool,
    /// Could its rows be brought up to date from the changes of its tables alone? stv_mv_info.state tells.
    pub incremental: bool,
    /// Why it cannot be refreshed any more.
    #[serde(default)]
    pub broken: Option<BaseChange>,
    /// The transaction of the last refresh.
    pub refreshed_by: i64,
    /// The versions of the tables that its rows were computed from: [`TransactionView::table_version`].
    ///
    /// [`TransactionView::table_version`]: crate::catalog::TransactionView::table_version
    pub versions: Vec<(Oid, i64)>,
}

/// A change after which a materialized view cannot be refreshed (developer guide, "STV_MV_INFO", state).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BaseChange {
    /// A column of a table was dropped.
    ColumnDropped,
    /// The type of a column was changed.
    ColumnTypeChanged,
    /// A table was renamed.
    TableRenamed,
    /// A column was renamed.
    ColumnRenamed,
    /// A schema was renamed.
    SchemaRenamed,
}

impl BaseChange {
    /// stv_mv_info.state
    pub fn code(self) -> i64 {
        match self {
            BaseChange::ColumnDropped => 101,
            BaseChange::ColumnTypeChanged => 102,
            BaseChange::TableRenamed => 103,
            BaseChange::ColumnRenamed => 104,
            BaseChange::SchemaRenamed => 105,
        }
    }

    /// stl_mv_state.event_desc
    pub fn event(self) -> &'static str {
        match self {
            BaseChange::ColumnDropped => "Column was dropped",
            BaseChange::ColumnTypeChanged => "Column type was changed",
            BaseChange::TableRenamed => "Table was renamed",
            BaseChange::ColumnRenamed => "Column was renamed",
            BaseChange::SchemaRenamed => "Schema name was changed",
        }
    }

    /// svl_mv_refresh_status.status
    pub fn refusal(self) -> &'static str {
        match self {
            BaseChange::ColumnDropped => "Refresh failed. A base table column was dropped",
            BaseChange::ColumnTypeChanged => "Refresh failed. A base table column type was changed",
            BaseChange::TableRenamed => "Refresh failed. A base table was renamed",
            BaseChange::ColumnRenamed => "Refresh failed. A base table column was renamed",
            BaseChange::SchemaRenamed => "Refresh failed. Schema of MV was renamed",
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// pg_attribute.attnum, from 1; never used twice in one table. Negative: see [`Column::is_hidden`].
    pub attnum: i16,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(with = "encode::redshift_type")]
    pub ty: RedshiftType,
    /// NOT NULL? See also [`Column::refuses_null`].
    pub not_null: bool,
    /// DEFAULT, as SQL text.
    pub default: Option<String>,
    /// IDENTITY
    pub identity: Option<Identity>,
    /// ENCODE, in lower case; none is the system's choice.
    pub encoding: Option<String>,
    /// DISTKEY?
    pub dist_key: bool,
    /// Its place in the sort key from 1; 0 is not in it.
    pub sort_key: i16,
    /// COLLATE CASE_INSENSITIVE?
    pub case_insensitive: bool,
    /// COMMENT ON COLUMN
    pub comment: Option<String>,
}

/// IDENTITY(seed, step)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The first value.
    pub seed: i64,
    /// What each row adds.
    pub step: i64,
    /// GENERATED BY DEFAULT: INSERT may give a value.
    pub by_default: bool,
}

impl Relation {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Its part of a materialized view, where it is one.
    pub fn materialized(&self) -> Option<&Materialized> {
        match &self.kind {
            RelationKind::View(view) => view.materialized.as_ref(),
            RelationKind::Table(_) | RelationKind::System => None,
        }
    }

    /// Its table part, where it is a table.
    pub fn table(&self) -> Option<&TableInfo> {
        match &self.kind {
            RelationKind::Table(table) => Some(table),
            RelationKind::View(_) | RelationKind::System => None,
        }
    }
}

impl Column {
    /// A nullable column without anything else; its attnum is not given yet.
    pub fn new(name: impl Into<String>, ty: RedshiftType) -> Column {
        Column {
            attnum: 0,
            name: name.into(),
            ty,
            not_null: false,
            default: None,
            identity: None,
            encoding: None,
            dist_key: false,
            sort_key: 0,
            case_insensitive: false,
            comment: None,
        }
    }

    /// May no value of it be NULL? Those of an IDENTITY column may not, which the catalog does not show as NOT NULL.
    pub fn refuses_null(&self) -> bool {
        self.not_null || self.identity.is_some()
    }

    /// Is it one of the system's columns, such as pg_class.oid, that a name finds but `*` and NATURAL do not?
    pub fn is_hidden(&self) -> bool {
        self.attnum < 0
    }
}
