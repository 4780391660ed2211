//! The SHOW commands that show objects.

use super::{IamRole, PolicyKind, Principal, RoutineArg, RoutineKind, Signature};
use crate::names::{Ident, ObjectName};

/// A part of a name, which a client may bind: `SHOW TABLES FROM SCHEMA $1.$2`.
#[derive(Debug, Clone, PartialEq)]
pub enum NamePart {
    /// As written.
    Name(Ident),
    /// `$n`, counted from 1.
    Parameter(u16),
}

/// A dotted name of one to three parts, any of which may be a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundName(pub Vec<NamePart>);

impl BoundName {
    /// The name where no part is a parameter.
    pub fn object_name(&self) -> Option<ObjectName> {
        let part = |part: &NamePart| match part {
            NamePart::Name(name) => Some(name.clone()),
            NamePart::Parameter(_) => None,
        };
        self.0.iter().map(part).collect::<Option<Vec<Ident>>>().map(ObjectName)
    }
}

/// The type of an argument, which a client may bind: `f($1, $2)`.
#[derive(Debug, Clone, PartialEq)]
pub enum BoundArg {
    /// As written.
    Arg(RoutineArg),
    /// `$n`, counted from 1.
    Parameter(u16),
}

/// A pattern, which a client may bind: `LIKE $1`.
#[derive(Debug, Clone, PartialEq)]
pub enum BoundText {
    /// As written.
    Text(String),
    /// `$n`, counted from 1.
    Parameter(u16),
}

/// `[LIKE pattern] [LIMIT n]`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShowFilter {
    /// The pattern.
    pub like: Option<BoundText>,
    /// At most so many rows.
    pub limit: Option<u64>,
}

/// `[DRIVER_TOKEN 'token'] [WHERE column LIKE pattern [AND ...]]`, as Redshift's drivers narrow what a database has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShowPatterns {
    /// What the driver was told to show at the start.
    pub driver_token: Option<String>,
    /// SCHEMA_NAME LIKE
    pub schema: Option<BoundText>,
    /// TABLE_NAME LIKE
    pub table: Option<BoundText>,
    /// COLUMN_NAME LIKE
    pub column: Option<BoundText>,
}

/// What SHOW ... FROM DATABASE lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ShowInDatabase {
    Tables,
    Columns,
    /// `SHOW GRANTS ON TABLES`
    TableGrants,
}

/// The SHOW commands that show objects.
#[derive(Debug, Clone, PartialEq)]
pub enum ShowObjects {
    /// `SHOW TABLE name`: its DDL.
    Table(ObjectName),
    /// `SHOW VIEW name`: its definition.
    View(ObjectName),
    /// `SHOW EXTERNAL TABLE name [PARTITION]`
    ExternalTable {
        /// The table.
        name: ObjectName,
        /// PARTITION?
        partition: bool,
    },
    /// `SHOW DATABASES [FROM DATA CATALOG ...] [LIKE pattern] [LIMIT n]`
    Databases {
        /// FROM DATA CATALOG
        catalog: Option<DataCatalog>,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW SCHEMAS [FROM DATABASE name] [LIKE pattern] [LIMIT n]`
    Schemas {
        /// The database.
        database: Option<BoundName>,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW TABLES FROM SCHEMA name [LIKE pattern] [LIMIT n]`
    Tables {
        /// The schema.
        schema: BoundName,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW COLUMNS FROM TABLE name [LIKE pattern] [LIMIT n]`
    Columns {
        /// The table.
        table: BoundName,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW TABLES | COLUMNS | GRANTS ON TABLES FROM DATABASE name [DRIVER_TOKEN 'token'] [WHERE ...]`
    OfDatabase {
        /// What is listed.
        what: ShowInDatabase,
        /// The database.
        database: BoundName,
        /// Which ones.
        patterns: ShowPatterns,
    },
    /// `SHOW FUNCTIONS | PROCEDURES FROM SCHEMA name [LIKE pattern] [LIMIT n]`
    Routines {
        /// Functions or procedures.
        kind: RoutineKind,
        /// The schema.
        schema: BoundName,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW PARAMETERS OF FUNCTION | PROCEDURE name [(types)] [LIKE pattern]`
    Parameters {
        /// Function or procedure.
        kind: RoutineKind,
        /// Which one.
        name: BoundName,
        /// Its arguments.
        args: Option<Vec<BoundArg>>,
        /// Which parameters.
        filter: ShowFilter,
    },
    /// `SHOW PROCEDURE name [(types)]`: its definition.
    Procedure(Signature),
    /// `SHOW CONSTRAINTS PRIMARY KEYS | FOREIGN KEYS [EXPORTED] FROM TABLE name [LIMIT n]`
    Constraints {
        /// Which constraints.
        kind: ShowConstraints,
        /// The table.
        table: BoundName,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW GRANTS ON object [FOR principal] [LIMIT n]`
    GrantsOn {
        /// The object.
        object: GrantedObject,
        /// Whose.
        principal: Option<Principal>,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW GRANTS FOR principal [FROM DATABASE name] [LIMIT n]`
    GrantsFor {
        /// Whose.
        principal: Principal,
        /// In which database.
        database: Option<Ident>,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW COLUMN GRANTS ON TABLE name [FOR principal] [LIKE pattern] [LIMIT n]`
    ColumnGrants {
        /// The table.
        table: BoundName,
        /// Whose.
        principal: Option<Principal>,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW RLS | MASKING POLICIES [ON table [FOR principal] | FROM DATABASE name] [LIMIT n]`
    Policies {
        /// Which kind.
        kind: PolicyKind,
        /// Of what.
        of: Option<PoliciesOf>,
        /// Which ones.
        filter: ShowFilter,
    },
    /// `SHOW DATASHARES [LIKE pattern]`
    Datashares(ShowFilter),
    /// `SHOW MODEL ALL | name`; none is ALL.
    Model(Option<ObjectName>),
    /// `SHOW TEMPLATE name`: its definition.
    Template(ObjectName),
    /// `SHOW USER LOCKOUT`
    UserLockout,
    /// `SHOW TEMPLATES FROM SCHEMA name [LIKE pattern] [LIMIT n]`
    Templates {
        /// The schema.
        schema: BoundName,
        /// Which ones.
        filter: ShowFilter,
    },
}

/// `FROM DATA CATALOG [ACCOUNT 'id', ...] [IAM_ROLE ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct DataCatalog {
    /// The accounts.
    pub accounts: Vec<String>,
    /// With which role.
    pub iam_role: Option<IamRole>,
}

/// What SHOW CONSTRAINTS shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ShowConstraints {
    PrimaryKeys,
    ForeignKeys,
    /// Of other tables that point here.
    ExportedForeignKeys,
}

/// The object whose grants are shown.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum GrantedObject {
    Database(BoundName),
    Schema(BoundName),
    Table(BoundName),
    Template(BoundName),
    Function { name: BoundName, args: Option<Vec<RoutineArg>> },
}

/// Whose policies are shown.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum PoliciesOf {
    Table { name: BoundName, principal: Option<Principal> },
    Database(Ident),
}
