//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use super::Signature;
use crate::{
    error::Pos,
    names::{Ident, ObjectName},
};

/// GRANT and REVOKE in all forms.
#[derive(Debug, Clone)]
pub struct Grant {
    /// REVOKE?
    pub revoke: bool,
    /// What is given or taken.
    pub what: Granted,
    /// To or from whom.
    pub grantees: Vec<Grantee>,
    /// WITH GRANT OPTION for any of them, GRANT OPTION FOR, ADMIN OPTION FOR?
    pub grant_option: bool,
    /// REVOKE ... CASCADE?
    pub cascade: bool,
    /// Where it begins.
    pub pos: Pos,
}

/// What GRANT gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Granted {
    /// `privileges ON objects`
    On(Privileges, GrantTarget),
    /// `privileges FOR kind IN place`: on all objects that are and will be there.
    Scoped(Privileges, Scope),
    /// `ROLE name, ...`
    Roles(Vec<Ident>),
    /// `CREATE TABLE, ...`: what a role may do anywhere. `CREATE MODEL` may be given to users, too.
    System(SystemPrivileges),
    /// `CONNECT [ON WORKGROUP]`: users of an identity provider may connect here.
    Connect,
    /// `ASSUMEROLE ON roles ... FOR commands`
    AssumeRole {
        /// Which roles of IAM.
        roles: AssumedRoles,
        /// For which commands; empty is ALL.
        commands: Vec<AssumingCommand>,
    },
}

/// Privileges on objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Privileges {
    /// `ALL [PRIVILEGES] [(columns)]`
    All {
        /// Only on these columns.
        columns: Vec<Ident>,
    },
    /// `SELECT [(columns)], ...`
    These(Vec<(Privilege, Vec<Ident>)>),
}

/// The privileges on objects. RULE and TRIGGER are shown by the catalog and are not given (developer guide, "REVOKE").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Drop,
    References,
    Alter,
    Truncate,
    Create,
    Usage,
    Temporary,
    Execute,
    Share,
    Rule,
    Trigger,
}

/// What a privilege is on.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum GrantTarget {
    Tables(Vec<ObjectName>),
    AllTablesInSchemas(Vec<Ident>),
    Schemas(Vec<ObjectName>),
    Databases(Vec<Ident>),
    Functions(Vec<Signature>),
    AllFunctionsInSchemas(Vec<Ident>),
    Procedures(Vec<Signature>),
    AllProceduresInSchemas(Vec<Ident>),
    Languages(Vec<Ident>),
    CopyJobs(Vec<Ident>),
    Templates(Vec<ObjectName>),
    Models(Vec<ObjectName>),
    ExternalTables(Vec<ObjectName>),
    ExternalSchemas(Vec<Ident>),
    Datashares(Vec<Ident>),
}

/// `FOR kind IN SCHEMA [database.]schema | SCHEMA schema DATABASE database | DATABASE database`
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// On objects of which kind.
    pub kind: ScopeKind,
    /// In which schema; in the whole database where there is none.
    pub schema: Option<Ident>,
    /// In which database; the current one where it is left out.
    pub database: Option<Ident>,
}

/// The kinds of objects of a scoped privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ScopeKind {
    Schemas,
    Tables,
    Functions,
    Procedures,
    Languages,
    CopyJobs,
    Templates,
}

/// Privileges that are on no object.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum SystemPrivileges {
    All,
    These(Vec<SystemPrivilege>),
}

/// A privilege that is on no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SystemPrivilege {
    CreateUser,
    DropUser,
    AlterUser,
    CreateSchema,
    DropSchema,
    AlterDefaultPrivileges,
    AccessCatalog,
    AccessSystemTable,
    CreateTable,
    DropTable,
    AlterTable,
    CreateOrReplaceFunction,
    CreateOrReplaceExternalFunction,
    DropFunction,
    CreateOrReplaceProcedure,
    DropProcedure,
    CreateOrReplaceView,
    DropView,
    CreateModel,
    DropModel,
    CreateDatashare,
    AlterDatashare,
    DropDatashare,
    CreateLibrary,
    DropLibrary,
    CreateRole,
    DropRole,
    TruncateTable,
    Vacuum,
    Analyze,
    Cancel,
    IgnoreRls,
    ExplainRls,
    ExplainMasking,
}

/// The roles of IAM that may be assumed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum AssumedRoles {
    All,
    Default,
    Arns(Vec<String>),
}

/// The commands that assume a role of IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AssumingCommand {
    Copy,
    Unload,
    ExternalFunction,
    CreateModel,
}

/// To whom a privilege is given.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Grantee {
    User {
        name: Ident,
        /// WITH GRANT OPTION, WITH ADMIN OPTION?
        grant_option: bool,
    },
    Group(Ident),
    Role(Ident),
    Public,
    /// `IAM_ROLE 'arn'`
    IamRole(String),
    /// `NAMESPACE 'guid'`
    Namespace(String),
    /// `ACCOUNT 'id' [VIA DATA CATALOG]`
    Account {
        id: String,
        via_data_catalog: bool,
    },
    /// `RLS POLICY name`
    RlsPolicy(ObjectName),
    /// `MASKING POLICY name`
    MaskingPolicy(ObjectName),
}

/// `ALTER DEFAULT PRIVILEGES [FOR USER users] [IN SCHEMA schemas] GRANT | REVOKE ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterDefaultPrivileges {
    /// For objects that these users make; the current user where it is empty.
    pub users: Vec<Ident>,
    /// In these schemas; in all where it is empty.
    pub schemas: Vec<Ident>,
    /// REVOKE?
    pub revoke: bool,
    /// GRANT OPTION FOR?
    pub grant_option: bool,
    /// Which privileges.
    pub privileges: Privileges,
    /// On objects of which kind.
    pub on: DefaultObjects,
    /// To or from whom.
    pub grantees: Vec<Grantee>,
    /// CASCADE?
    pub cascade: bool,
}

/// The kinds of objects that have default privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DefaultObjects {
    Tables,
    Functions,
    Procedures,
}

/// Two grants are one where they say the same; where they stand does not matter.
impl PartialEq for Grant {
    fn eq(&self, other: &Self) -> bool {
        let Grant { revoke, what, grantees, grant_option, cascade, pos: _ } = self;
        *revoke == other.revoke
            && *what == other.what
            && *grantees == other.grantees
            && *grant_option == other.grant_option
            && *cascade == other.cascade
    }
}
