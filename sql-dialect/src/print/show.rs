//! The SHOW commands that show objects, without the word SHOW.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Quoted, Texts, flag};
use crate::ast::{
    BoundArg, BoundName, BoundText, DataCatalog, GrantedObject, NamePart, PoliciesOf, RoutineKind, ShowConstraints,
    ShowFilter, ShowInDatabase, ShowObjects, ShowPatterns,
};

impl Display for BoundName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { "." } else { "" })?;
            match part {
                NamePart::Name(name) => write!(f, "{name}")?,
                NamePart::Parameter(number) => write!(f, "${number}")?,
            }
        }
        Ok(())
    }
}

impl Display for BoundArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            BoundArg::Arg(arg) => write!(f, "{arg}"),
            BoundArg::Parameter(number) => write!(f, "${number}"),
        }
    }
}

impl Display for BoundText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            BoundText::Text(text) => write!(f, "{}", Quoted(text)),
            BoundText::Parameter(number) => write!(f, "${number}"),
        }
    }
}

/// With a blank before each of them.
impl Display for ShowFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Clause("LIKE", &self.like), Clause("LIMIT", &self.limit))
    }
}

/// With a blank before each of them.
impl Display for ShowPatterns {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(token) = &self.driver_token {
            write!(f, " DRIVER_TOKEN {}", Quoted(token))?;
        }
        let patterns = [("SCHEMA_NAME", &self.schema), ("TABLE_NAME", &self.table), ("COLUMN_NAME", &self.column)];
        let patterns = patterns.into_iter().filter_map(|(name, pattern)| Some((name, pattern.as_ref()?)));
        for (index, (name, pattern)) in patterns.enumerate() {
            let word = if index == 0 { "WHERE" } else { "AND" };
            write!(f, " {word} {name} LIKE {pattern}")?;
        }
        Ok(())
    }
}

impl Display for ShowObjects {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ShowObjects::Table(name) => write!(f, "TABLE {name}"),
            ShowObjects::View(name) => write!(f, "VIEW {name}"),
            ShowObjects::ExternalTable { name, partition } => {
                write!(f, "EXTERNAL TABLE {name}{}", flag(*partition, " PARTITION"))
            }
            ShowObjects::Databases { catalog: None, filter } => write!(f, "DATABASES{filter}"),
            ShowObjects::Databases { catalog: Some(catalog), filter } => databases(f, catalog, filter),
            ShowObjects::Schemas { database, filter } => {
                write!(f, "SCHEMAS{}{filter}", Clause("FROM DATABASE", database))
            }
            ShowObjects::Tables { schema, filter } => write!(f, "TABLES FROM SCHEMA {schema}{filter}"),
            ShowObjects::OfDatabase { what, database, patterns } => {
                let what = match what {
                    ShowInDatabase::Tables => "TABLES",
                    ShowInDatabase::Columns => "COLUMNS",
                    ShowInDatabase::TableGrants => "GRANTS ON TABLES",
                };
                write!(f, "{what} FROM DATABASE {database}{patterns}")
            }
            ShowObjects::Columns { table, filter } => write!(f, "COLUMNS FROM TABLE {table}{filter}"),
            ShowObjects::Routines { kind: RoutineKind::Function, schema, filter } => {
                write!(f, "FUNCTIONS FROM SCHEMA {schema}{filter}")
            }
            ShowObjects::Routines { kind: RoutineKind::Procedure, schema, filter } => {
                write!(f, "PROCEDURES FROM SCHEMA {schema}{filter}")
            }
            ShowObjects::Parameters { kind, name, args, filter } => {
                write!(f, "PARAMETERS OF {} {name}", kind.keyword())?;
                if let Some(args) = args {
                    write!(f, "({})", List(args))?;
                }
                write!(f, "{filter}")
            }
            ShowObjects::Procedure(signature) => write!(f, "PROCEDURE {signature}"),
            ShowObjects::Constraints { kind, table, filter } => {
                let kind = match kind {
                    ShowConstraints::PrimaryKeys => "PRIMARY KEYS",
                    ShowConstraints::ForeignKeys => "FOREIGN KEYS",
                    ShowConstraints::ExportedForeignKeys => "FOREIGN KEYS EXPORTED",
                };
                write!(f, "CONSTRAINTS {kind} FROM TABLE {table}{filter}")
            }
            ShowObjects::GrantsOn { object, principal, filter } => {
                write!(f, "GRANTS ON {object}{}{filter}", Clause("FOR", principal))
            }
            ShowObjects::GrantsFor { principal, database, filter } => {
                write!(f, "GRANTS FOR {principal}{}{filter}", Clause("FROM DATABASE", database))
            }
            ShowObjects::ColumnGrants { table, principal, filter } => {
                write!(f, "COLUMN GRANTS ON TABLE {table}{}{filter}", Clause("FOR", principal))
            }
            ShowObjects::Policies { kind, of, filter } => {
                write!(f, "{} POLICIES", kind.keyword())?;
                match of {
                    Some(PoliciesOf::Table { name, principal }) => {
                        write!(f, " ON {name}{}", Clause("FOR", principal))?;
                    }
                    Some(PoliciesOf::Database(name)) => write!(f, " FROM DATABASE {name}")?,
                    None => {}
                }
                write!(f, "{filter}")
            }
            ShowObjects::Datashares(filter) => write!(f, "DATASHARES{filter}"),
            ShowObjects::Model(Some(name)) => write!(f, "MODEL {name}"),
            ShowObjects::Model(None) => f.write_str("MODEL ALL"),
            ShowObjects::UserLockout => f.write_str("USER LOCKOUT"),
            ShowObjects::Template(name) => write!(f, "TEMPLATE {name}"),
            ShowObjects::Templates { schema, filter } => write!(f, "TEMPLATES FROM SCHEMA {schema}{filter}"),
        }
    }
}

fn databases(f: &mut Formatter<'_>, catalog: &DataCatalog, filter: &ShowFilter) -> fmt::Result {
    f.write_str("DATABASES FROM DATA CATALOG")?;
    if !catalog.accounts.is_empty() {
        write!(f, " ACCOUNT {}", Texts(&catalog.accounts))?;
    }
    write!(f, "{}{}", Clause("LIKE", &filter.like), Clause("IAM_ROLE", &catalog.iam_role))?;
    write!(f, "{}", Clause("LIMIT", &filter.limit))
}

impl Display for GrantedObject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            GrantedObject::Database(name) => write!(f, "DATABASE {name}"),
            GrantedObject::Schema(name) => write!(f, "SCHEMA {name}"),
            GrantedObject::Table(name) => write!(f, "TABLE {name}"),
            GrantedObject::Template(name) => write!(f, "TEMPLATE {name}"),
            GrantedObject::Function { name, args } => {
                write!(f, "FUNCTION {name}")?;
                match args {
                    Some(args) => write!(f, "({})", List(args)),
                    None => Ok(()),
                }
            }
        }
    }
}
