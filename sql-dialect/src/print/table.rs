//! Databases, schemas, tables and views.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Parenthesized, Properties, Quoted, TextClause, expr::above, flag, true_false};
use crate::{
    ast::{
        AlterDatabase, AlterDatabaseAction, AlterMaterializedView, AlterMaterializedViewAction, AlterSchema,
        AlterSchemaAction, AlterTable, AlterTableAction, ColumnAttribute, ColumnDef, Comment, ConstraintKind,
        CreateDatabase, CreateMaterializedView, CreateSchema, CreateTable, CreateView, DatabaseIsolation,
        DatabaseOption, DatabaseSource, DistStyle, Drop, DropMaterializedView, IcebergStorage, IntegrationOption,
        IntegrationState, IntegrationTables, ObjectKind, Producer, RefreshMaterializedView, SortKey, TableAttributes,
        TableConstraint, TableElement,
    },
    names::Ident,
    precedence::OPERATOR,
};

// ---- Databases

impl Display for CreateDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE DATABASE {}", self.name)?;
        if let Some(source) = &self.source {
            write!(f, "{source}")?;
        }
        write!(f, "{}{}", Clause("OWNER", &self.owner), Clause("CONNECTION LIMIT", &self.connection_limit))?;
        f.write_str(flag(self.case_insensitive, " COLLATE CASE_INSENSITIVE"))?;
        write!(f, "{}", Clause("ISOLATION LEVEL", &self.isolation))
    }
}

impl Display for DatabaseIsolation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DatabaseIsolation::Snapshot => "SNAPSHOT",
            DatabaseIsolation::Serializable => "SERIALIZABLE",
        })
    }
}

/// With a blank before it.
impl Display for DatabaseSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseSource::Datashare { with_permissions, name, producer } => {
                write!(f, "{} FROM DATASHARE {name} OF {producer}", flag(*with_permissions, " WITH PERMISSIONS"))
            }
            DatabaseSource::Arn { arn, schema, iam_role } => {
                write!(f, " FROM ARN {}", Quoted(arn))?;
                match schema {
                    Some(schema) => write!(f, " WITH DATA CATALOG SCHEMA {}", Quoted(schema))?,
                    None => f.write_str(" WITH NO DATA CATALOG SCHEMA")?,
                }
                write!(f, "{}", Clause("IAM_ROLE", iam_role))
            }
            DatabaseSource::Integration { id, database, options } => {
                write!(f, " FROM INTEGRATION {}{}", Quoted(id), TextClause("DATABASE", database))?;
                integration_options(f, options)
            }
        }
    }
}

/// ` SET option ...`, or nothing.
fn integration_options(f: &mut Formatter<'_>, options: &[IntegrationOption]) -> fmt::Result {
    f.write_str(flag(!options.is_empty(), " SET"))?;
    options.iter().try_for_each(|option| write!(f, " {option}"))
}

impl Display for IntegrationOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (name, on) = match self {
            IntegrationOption::RefreshInterval(seconds) => return write!(f, "REFRESH_INTERVAL {seconds}"),
            IntegrationOption::AcceptInvChars(on) => ("ACCEPTINVCHARS", on),
            IntegrationOption::QueryAllStates(on) => ("QUERY_ALL_STATES", on),
            IntegrationOption::TruncateColumns(on) => ("TRUNCATECOLUMNS", on),
            IntegrationOption::HistoryMode(on) => ("HISTORY_MODE", on),
            IntegrationOption::AutoRemediation(on) => ("AUTO_REMEDIATION", on),
        };
        write!(f, "{name} = {}", true_false(*on))
    }
}

impl Display for Producer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(account) = &self.account {
            write!(f, "ACCOUNT {} ", Quoted(account))?;
        }
        write!(f, "NAMESPACE {}", Quoted(&self.namespace))
    }
}

impl Display for AlterDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER DATABASE {}", self.name)?;
        match &self.action {
            AlterDatabaseAction::RenameTo(name) => write!(f, " RENAME TO {name}"),
            AlterDatabaseAction::OwnerTo(owner) => write!(f, " OWNER TO {owner}"),
            AlterDatabaseAction::Options(options) => options.iter().try_for_each(|option| write!(f, " {option}")),
            AlterDatabaseAction::IntegrationRefresh(tables) => write!(f, " INTEGRATION REFRESH {tables}"),
            AlterDatabaseAction::IntegrationSet(options, tables) => {
                f.write_str(" INTEGRATION")?;
                integration_options(f, options)?;
                write!(f, "{}", Clause("FOR", tables))
            }
        }
    }
}

impl Display for DatabaseOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseOption::ConnectionLimit(Some(limit)) => write!(f, "CONNECTION LIMIT {limit}"),
            DatabaseOption::ConnectionLimit(None) => f.write_str("CONNECTION LIMIT UNLIMITED"),
            DatabaseOption::CaseInsensitive(true) => f.write_str("COLLATE CASE_INSENSITIVE"),
            DatabaseOption::CaseInsensitive(false) => f.write_str("COLLATE CASE_SENSITIVE"),
            DatabaseOption::Isolation(isolation) => write!(f, "ISOLATION LEVEL {isolation}"),
        }
    }
}

impl Display for IntegrationTables {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            IntegrationTables::Named(tables) => write!(f, "TABLE {}", List(tables)),
            IntegrationTables::Which(state, schemas) => {
                f.write_str(match state {
                    IntegrationState::All => "ALL TABLES",
                    IntegrationState::InError => "INERROR TABLES",
                    IntegrationState::Remediable => "REMEDIABLE TABLES",
                })?;
                if schemas.is_empty() { Ok(()) } else { write!(f, " IN SCHEMA {}", List(schemas)) }
            }
        }
    }
}

// ---- Schemas

impl Display for CreateSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE SCHEMA{}", flag(self.if_not_exists, " IF NOT EXISTS"))?;
        if let Some(name) = &self.name {
            f.write_str(" ")?;
            self.database.iter().try_for_each(|database| write!(f, "{database}."))?;
            write!(f, "{name}")?;
        }
        write!(f, "{}{}", Clause("AUTHORIZATION", &self.authorization), Clause("QUOTA", &self.quota_mb))?;
        self.elements.iter().try_for_each(|element| write!(f, " {element}"))
    }
}

impl Display for AlterSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER SCHEMA {}", self.name)?;
        match &self.action {
            AlterSchemaAction::RenameTo(name) => write!(f, " RENAME TO {name}"),
            AlterSchemaAction::OwnerTo(owner) => write!(f, " OWNER TO {owner}"),
            AlterSchemaAction::Quota(Some(megabytes)) => write!(f, " QUOTA {megabytes} MB"),
            AlterSchemaAction::Quota(None) => f.write_str(" QUOTA UNLIMITED"),
        }
    }
}

// ---- Tables

impl Display for CreateTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let temp = flag(self.temporary && !self.name.object().value.starts_with('#'), " TEMP");
        let exists = flag(self.if_not_exists, " IF NOT EXISTS");
        write!(f, "CREATE{temp} TABLE{exists} {} (", self.name)?;
        // `{:#}` puts each column in a line of its own, as SHOW TABLE does.
        let lines = f.alternate() && !self.elements.is_empty();
        for (index, element) in self.elements.iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            f.write_str(match (lines, index) {
                (true, _) => "\n    ",
                (false, 0) => "",
                (false, _) => " ",
            })?;
            write!(f, "{element}")?;
        }
        write!(f, "{}{}", if lines { "\n)" } else { ")" }, self.attributes)?;
        match &self.iceberg {
            Some(iceberg) => write!(f, "{iceberg}"),
            None => Ok(()),
        }
    }
}

impl Display for TableElement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TableElement::Column(column) => write!(f, "{column}"),
            TableElement::Constraint(constraint) => write!(f, "{constraint}"),
            TableElement::Like { table, including_defaults } => {
                write!(f, "LIKE {table}{}", flag(*including_defaults, " INCLUDING DEFAULTS"))
            }
        }
    }
}

impl Display for ColumnDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.ty)?;
        self.attributes.iter().try_for_each(|attribute| write!(f, " {attribute}"))
    }
}

impl Display for ColumnAttribute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ColumnAttribute::Default(value) => {
                f.write_str("DEFAULT ")?;
                above(f, value, OPERATOR)
            }
            ColumnAttribute::Identity { seed, step } => write!(f, "IDENTITY({seed}, {step})"),
            ColumnAttribute::DefaultIdentity { seed, step } => {
                write!(f, "GENERATED BY DEFAULT AS IDENTITY({seed}, {step})")
            }
            ColumnAttribute::Encode(encoding) => write!(f, "ENCODE {}", Ident::new(encoding)),
            ColumnAttribute::DistKey => f.write_str("DISTKEY"),
            ColumnAttribute::SortKey => f.write_str("SORTKEY"),
            ColumnAttribute::Collate(collation) => write!(f, "COLLATE {}", Ident::new(collation)),
            ColumnAttribute::NotNull => f.write_str("NOT NULL"),
            ColumnAttribute::Null => f.write_str("NULL"),
            ColumnAttribute::Unique => f.write_str("UNIQUE"),
            ColumnAttribute::PrimaryKey => f.write_str("PRIMARY KEY"),
            ColumnAttribute::References { table, column } => {
                write!(f, "REFERENCES {table}")?;
                match column {
                    Some(column) => write!(f, " ({column})"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Display for TableConstraint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "CONSTRAINT {name} ")?;
        }
        match &self.kind {
            ConstraintKind::Unique(columns) => write!(f, "UNIQUE ({})", List(columns)),
            ConstraintKind::PrimaryKey(columns) => write!(f, "PRIMARY KEY ({})", List(columns)),
            ConstraintKind::ForeignKey { columns, table, referenced } => {
                write!(f, "FOREIGN KEY ({}) REFERENCES {table}{}", List(columns), Parenthesized(referenced))
            }
        }
    }
}

/// With a blank before each of them.
impl Display for TableAttributes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(backup) = self.backup {
            f.write_str(if backup { " BACKUP YES" } else { " BACKUP NO" })?;
        }
        write!(f, "{}", Clause("DISTSTYLE", &self.dist_style))?;
        if let Some(column) = &self.dist_key {
            write!(f, " DISTKEY ({column})")?;
        }
        if let Some(key) = &self.sort_key {
            write!(f, " {key}")?;
        }
        f.write_str(flag(self.encode_auto, " ENCODE AUTO"))
    }
}

impl Display for DistStyle {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DistStyle::Auto => "AUTO",
            DistStyle::Even => "EVEN",
            DistStyle::Key => "KEY",
            DistStyle::All => "ALL",
        })
    }
}

impl Display for SortKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SortKey::Auto => f.write_str("SORTKEY AUTO"),
            SortKey::None => f.write_str("SORTKEY NONE"),
            SortKey::Compound(columns) => write!(f, "COMPOUND SORTKEY ({})", List(columns)),
            SortKey::Interleaved(columns) => write!(f, "INTERLEAVED SORTKEY ({})", List(columns)),
        }
    }
}

impl Display for AlterTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER TABLE {} {}", self.name, self.action)
    }
}

impl Display for AlterTableAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            AlterTableAction::AddColumn(column) => write!(f, "ADD COLUMN {column}"),
            AlterTableAction::DropColumn { name, cascade } => {
                write!(f, "DROP COLUMN {name}{}", flag(*cascade, " CASCADE"))
            }
            AlterTableAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterTableAction::RenameColumn { from, to } => write!(f, "RENAME COLUMN {from} TO {to}"),
            AlterTableAction::AlterType { name, ty } => write!(f, "ALTER COLUMN {name} TYPE {ty}"),
            AlterTableAction::SetDefault { name, value } => {
                write!(f, "ALTER COLUMN {name} SET DEFAULT ")?;
                above(f, value, OPERATOR)
            }
            AlterTableAction::DropDefault(name) => write!(f, "ALTER COLUMN {name} DROP DEFAULT"),
            AlterTableAction::AlterEncode { columns } => {
                for (index, (name, encoding)) in columns.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}ALTER COLUMN {name} ENCODE {}", Ident::new(encoding))?;
                }
                Ok(())
            }
            AlterTableAction::OwnerTo(owner) => write!(f, "OWNER TO {owner}"),
            AlterTableAction::AddConstraint(constraint) => write!(f, "ADD {constraint}"),
            AlterTableAction::DropConstraint { name, cascade } => {
                write!(f, "DROP CONSTRAINT {name}{}", flag(*cascade, " CASCADE"))
            }
            AlterTableAction::AlterDistKey(column) => write!(f, "ALTER DISTKEY {column}"),
            AlterTableAction::AlterDistStyle(style) => write!(f, "ALTER DISTSTYLE {style}"),
            AlterTableAction::AlterSortKey(key) => write!(f, "ALTER {key}"),
            AlterTableAction::AlterEncodeAuto => f.write_str("ALTER ENCODE AUTO"),
            AlterTableAction::Several(actions) => write!(f, "{}", List(actions)),
            AlterTableAction::AppendFrom { source, ignore_extra, fill_target } => {
                let extra = flag(*ignore_extra, " IGNOREEXTRA");
                write!(f, "APPEND FROM {source}{extra}{}", flag(*fill_target, " FILLTARGET"))
            }
        }
    }
}

// ---- Views

/// With the text of the query as it was written, which the catalog keeps.
impl Display for CreateView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let replace = flag(self.or_replace, " OR REPLACE");
        let binding = flag(self.late_binding, " WITH NO SCHEMA BINDING");
        write!(f, "CREATE{replace} VIEW {}{} AS {}{binding}", self.name, Parenthesized(&self.columns), self.query_text)
    }
}

/// With the text of the query as it was written, which the catalog keeps.
impl Display for CreateMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE MATERIALIZED VIEW {}{}", self.name, Parenthesized(&self.columns))?;
        if let Some(iceberg) = &self.iceberg {
            write!(f, "{iceberg}")?;
        }
        write!(f, "{}", self.attributes)?;
        if let Some(auto) = self.auto_refresh {
            f.write_str(if auto { " AUTO REFRESH YES" } else { " AUTO REFRESH NO" })?;
        }
        write!(f, " AS {}", self.query_text)
    }
}

/// With a blank before it.
impl Display for IcebergStorage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " USING ICEBERG{}", TextClause("LOCATION", &self.location))?;
        if !self.partitioned_by.is_empty() {
            write!(f, " PARTITIONED BY ({})", List(&self.partitioned_by))?;
        }
        if !self.properties.is_empty() {
            write!(f, " TABLE PROPERTIES {}", Properties(&self.properties))?;
        }
        Ok(())
    }
}

impl Display for AlterMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER MATERIALIZED VIEW {} ", self.name)?;
        match &self.action {
            AlterMaterializedViewAction::AutoRefresh(true) => f.write_str("AUTO REFRESH YES"),
            AlterMaterializedViewAction::AutoRefresh(false) => f.write_str("AUTO REFRESH NO"),
            AlterMaterializedViewAction::DistKey(column) => write!(f, "ALTER DISTKEY {column}"),
            AlterMaterializedViewAction::DistStyle(style) => write!(f, "ALTER DISTSTYLE {style}"),
            AlterMaterializedViewAction::SortKey(key) => write!(f, "ALTER {key}"),
            AlterMaterializedViewAction::Security(security) => write!(f, "{security}"),
            AlterMaterializedViewAction::OwnerTo(owner) => write!(f, "OWNER TO {owner}"),
        }
    }
}

impl Display for RefreshMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "REFRESH MATERIALIZED VIEW {}{}", self.name, flag(self.cascade, " CASCADE"))
    }
}

impl Display for DropMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_exists, " IF EXISTS");
        write!(f, "DROP MATERIALIZED VIEW{exists} {}{}", List(&self.names), flag(self.cascade, " CASCADE"))
    }
}

// ---- DROP, COMMENT

impl ObjectKind {
    /// As it is written.
    pub fn keyword(self) -> &'static str {
        match self {
            ObjectKind::Table => "TABLE",
            ObjectKind::View => "VIEW",
            ObjectKind::Schema => "SCHEMA",
            ObjectKind::Database => "DATABASE",
            ObjectKind::Column => "COLUMN",
            ObjectKind::Constraint => "CONSTRAINT",
        }
    }
}

impl Display for Drop {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_exists, " IF EXISTS");
        let external = flag(self.external_database, " DROP EXTERNAL DATABASE");
        let cascade = flag(self.cascade, " CASCADE");
        let force = flag(self.force, " FORCE");
        write!(f, "DROP {}{exists} {}{external}{cascade}{force}", self.kind.keyword(), List(&self.names))
    }
}

impl Display for Comment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "COMMENT ON {} {}{} IS ", self.kind.keyword(), self.name, Clause("ON", &self.table))?;
        match &self.text {
            Some(text) => write!(f, "{}", Quoted(text)),
            None => f.write_str("NULL"),
        }
    }
}
