//! Users, groups, roles and identity providers.

use super::{IamRole, SetValue};
use crate::names::Ident;

/// `CREATE USER name [WITH] options`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateUser {
    /// Its name.
    pub name: Ident,
    /// Its options, in order.
    pub options: Vec<UserOption>,
}

/// `ALTER USER name [WITH] options`, `RENAME TO`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterUser {
    /// Which user.
    pub name: Ident,
    /// Its new options.
    pub options: Vec<UserOption>,
    /// `RENAME TO`
    pub rename_to: Option<Ident>,
}

/// An option of a user.
#[derive(Debug, Clone, PartialEq)]
pub enum UserOption {
    /// `PASSWORD 'text' | DISABLE`; none disables it.
    Password(Option<String>),
    /// CREATEDB, NOCREATEDB
    CreateDb(bool),
    /// CREATEUSER, NOCREATEUSER: a superuser.
    CreateUser(bool),
    /// SYSLOG ACCESS UNRESTRICTED?
    SyslogUnrestricted(bool),
    /// `IN GROUP names`
    InGroup(Vec<Ident>),
    /// `VALID UNTIL 'abstime'`
    ValidUntil(String),
    /// `CONNECTION LIMIT n`; none is UNLIMITED.
    ConnectionLimit(Option<u32>),
    /// `SESSION TIMEOUT seconds`; none resets it.
    SessionTimeout(Option<u32>),
    /// `EXTERNALID id`
    ExternalId(String),
    /// NOLOGIN: the user is locked (ALTER USER)
    NoLogin,
    /// `LOGIN PASSWORD 'password'`: the user is locked no more and has a new password (ALTER USER)
    Login(String),
    /// `SET parameter TO value` (ALTER USER)
    Set(Setting),
    /// `RESET parameter` (ALTER USER)
    Reset(String),
    /// RESET ALL (ALTER USER)
    ResetAll,
}

/// `SET parameter TO | = values`, of a user or a procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The parameter in lower case.
    pub name: String,
    /// Its value; none is DEFAULT.
    pub value: Option<Vec<SetValue>>,
}

/// `CREATE GROUP name [WITH USER names]`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateGroup {
    /// Its name.
    pub name: Ident,
    /// Its users.
    pub users: Vec<Ident>,
}

/// `DROP USER | GROUP [IF EXISTS] names`
#[derive(Debug, Clone, PartialEq)]
pub struct DropPrincipal {
    /// GROUP or USER.
    pub kind: PrincipalKind,
    /// IF EXISTS?
    pub if_exists: bool,
    /// Which ones.
    pub names: Vec<Ident>,
}

/// Who may hold a privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PrincipalKind {
    User,
    Group,
    Role,
    Public,
}

/// `ALTER GROUP name ADD USER | DROP USER | RENAME TO`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterGroup {
    /// Which group.
    pub name: Ident,
    /// What is done to it.
    pub action: AlterGroupAction,
}

/// What ALTER GROUP does.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum AlterGroupAction {
    AddUsers(Vec<Ident>),
    DropUsers(Vec<Ident>),
    RenameTo(Ident),
}

/// `CREATE ROLE name [EXTERNALID id]`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateRole {
    /// Its name.
    pub name: Ident,
    /// Its name at the identity provider.
    pub external_id: Option<String>,
}

/// `ALTER ROLE name [WITH] RENAME TO | OWNER TO | EXTERNALID TO, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterRole {
    /// Which role.
    pub name: Ident,
    /// What is done to it, in order.
    pub actions: Vec<AlterRoleAction>,
}

/// What ALTER ROLE does.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum AlterRoleAction {
    RenameTo(Ident),
    OwnerTo(Ident),
    ExternalIdTo(String),
}

/// `DROP ROLE name [FORCE | RESTRICT]`
#[derive(Debug, Clone, PartialEq)]
pub struct DropRole {
    /// Which role.
    pub name: Ident,
    /// FORCE: also where it is granted to somebody?
    pub force: bool,
}

/// `CREATE IDENTITY PROVIDER name TYPE type NAMESPACE 'namespace' options`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateIdentityProvider {
    /// Its name.
    pub name: Ident,
    /// AZURE, AWSIDC, ...: in lower case.
    pub provider_type: String,
    /// The prefix of its users and roles.
    pub namespace: String,
    /// The rest.
    pub options: Vec<IdentityProviderOption>,
}

/// `ALTER IDENTITY PROVIDER name options`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterIdentityProvider {
    /// Which one.
    pub name: Ident,
    /// Its new options.
    pub options: Vec<IdentityProviderOption>,
}

/// An option of an identity provider.
#[derive(Debug, Clone, PartialEq)]
pub enum IdentityProviderOption {
    /// `PARAMETERS 'json'`
    Parameters(String),
    /// `NAMESPACE 'namespace'` (ALTER)
    Namespace(String),
    /// `APPLICATION_ARN 'arn'`
    ApplicationArn(String),
    /// `IAM_ROLE ...`
    IamRole(IamRole),
    /// `AUTO_CREATE_ROLES [TRUE [INCLUDE | EXCLUDE GROUPS LIKE 'pattern'] | FALSE]`
    AutoCreateRoles {
        /// TRUE?
        on: bool,
        /// INCLUDE (true) or EXCLUDE (false), and the pattern.
        groups: Option<(bool, String)>,
    },
    /// ENABLE, DISABLE (ALTER)
    Enabled(bool),
}

/// `DROP IDENTITY PROVIDER [IF EXISTS] name [CASCADE]`
#[derive(Debug, Clone, PartialEq)]
pub struct DropIdentityProvider {
    /// IF EXISTS?
    pub if_exists: bool,
    /// Which one.
    pub name: Ident,
    /// CASCADE?
    pub cascade: bool,
}
