//! Users, groups, roles and identity providers.

use std::fmt::{self, Display, Formatter};

use super::{List, Quoted, TextClause, flag, session::ParameterName};
use crate::ast::{
    AlterGroup, AlterGroupAction, AlterIdentityProvider, AlterRole, AlterRoleAction, AlterUser, CreateGroup,
    CreateIdentityProvider, CreateRole, CreateUser, DropIdentityProvider, DropPrincipal, DropRole,
    IdentityProviderOption, PrincipalKind, UserOption,
};

impl Display for CreateUser {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE USER {}", self.name)?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for AlterUser {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER USER {}", self.name)?;
        if let Some(name) = &self.rename_to {
            write!(f, " RENAME TO {name}")?;
        }
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for UserOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            UserOption::Password(Some(password)) => write!(f, "PASSWORD {}", Quoted(password)),
            UserOption::Password(None) => f.write_str("PASSWORD DISABLE"),
            UserOption::CreateDb(true) => f.write_str("CREATEDB"),
            UserOption::CreateDb(false) => f.write_str("NOCREATEDB"),
            UserOption::CreateUser(true) => f.write_str("CREATEUSER"),
            UserOption::CreateUser(false) => f.write_str("NOCREATEUSER"),
            UserOption::SyslogUnrestricted(true) => f.write_str("SYSLOG ACCESS UNRESTRICTED"),
            UserOption::SyslogUnrestricted(false) => f.write_str("SYSLOG ACCESS RESTRICTED"),
            UserOption::InGroup(groups) => write!(f, "IN GROUP {}", List(groups)),
            UserOption::ValidUntil(time) => write!(f, "VALID UNTIL {}", Quoted(time)),
            UserOption::ConnectionLimit(Some(limit)) => write!(f, "CONNECTION LIMIT {limit}"),
            UserOption::ConnectionLimit(None) => f.write_str("CONNECTION LIMIT UNLIMITED"),
            UserOption::SessionTimeout(Some(seconds)) => write!(f, "SESSION TIMEOUT {seconds}"),
            UserOption::SessionTimeout(None) => f.write_str("RESET SESSION TIMEOUT"),
            UserOption::ExternalId(id) => write!(f, "EXTERNALID {}", Quoted(id)),
            UserOption::NoLogin => f.write_str("NOLOGIN"),
            UserOption::Login(password) => write!(f, "LOGIN PASSWORD {}", Quoted(password)),
            UserOption::Set(setting) => write!(f, "SET {setting}"),
            UserOption::Reset(name) => write!(f, "RESET {}", ParameterName(name)),
            UserOption::ResetAll => f.write_str("RESET ALL"),
        }
    }
}

impl Display for CreateGroup {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE GROUP {}", self.name)?;
        if self.users.is_empty() { Ok(()) } else { write!(f, " WITH USER {}", List(&self.users)) }
    }
}

impl Display for AlterGroup {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER GROUP {} ", self.name)?;
        match &self.action {
            AlterGroupAction::AddUsers(users) => write!(f, "ADD USER {}", List(users)),
            AlterGroupAction::DropUsers(users) => write!(f, "DROP USER {}", List(users)),
            AlterGroupAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
        }
    }
}

impl Display for DropPrincipal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PrincipalKind::User | PrincipalKind::Public => "USER",
            PrincipalKind::Group => "GROUP",
            PrincipalKind::Role => "ROLE",
        };
        write!(f, "DROP {kind}{} {}", flag(self.if_exists, " IF EXISTS"), List(&self.names))
    }
}

impl Display for CreateRole {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE ROLE {}{}", self.name, TextClause("EXTERNALID", &self.external_id))
    }
}

impl Display for AlterRole {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER ROLE {} WITH {}", self.name, List(&self.actions))
    }
}

impl Display for AlterRoleAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            AlterRoleAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterRoleAction::OwnerTo(owner) => write!(f, "OWNER TO {owner}"),
            AlterRoleAction::ExternalIdTo(id) => write!(f, "EXTERNALID TO {}", Quoted(id)),
        }
    }
}

impl Display for DropRole {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DROP ROLE {}{}", self.name, flag(self.force, " FORCE"))
    }
}

impl Display for CreateIdentityProvider {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let CreateIdentityProvider { name, provider_type, namespace, options } = self;
        let (provider_type, namespace) = (Quoted(provider_type), Quoted(namespace));
        write!(f, "CREATE IDENTITY PROVIDER {name} TYPE {provider_type} NAMESPACE {namespace}")?;
        options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for AlterIdentityProvider {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER IDENTITY PROVIDER {}", self.name)?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for IdentityProviderOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            IdentityProviderOption::Parameters(json) => write!(f, "PARAMETERS {}", Quoted(json)),
            IdentityProviderOption::Namespace(namespace) => write!(f, "NAMESPACE {}", Quoted(namespace)),
            IdentityProviderOption::ApplicationArn(arn) => write!(f, "APPLICATION_ARN {}", Quoted(arn)),
            IdentityProviderOption::IamRole(role) => write!(f, "IAM_ROLE {role}"),
            IdentityProviderOption::AutoCreateRoles { on: false, .. } => f.write_str("AUTO_CREATE_ROLES FALSE"),
            IdentityProviderOption::AutoCreateRoles { on: true, groups: None } => f.write_str("AUTO_CREATE_ROLES TRUE"),
            IdentityProviderOption::AutoCreateRoles { on: true, groups: Some((include, pattern)) } => {
                let word = if *include { "INCLUDE" } else { "EXCLUDE" };
                write!(f, "AUTO_CREATE_ROLES TRUE {word} GROUPS LIKE {}", Quoted(pattern))
            }
            IdentityProviderOption::Enabled(true) => f.write_str("ENABLE"),
            IdentityProviderOption::Enabled(false) => f.write_str("DISABLE"),
        }
    }
}

impl Display for DropIdentityProvider {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_exists, " IF EXISTS");
        write!(f, "DROP IDENTITY PROVIDER{exists} {}{}", self.name, flag(self.cascade, " CASCADE"))
    }
}
