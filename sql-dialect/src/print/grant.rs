//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Parenthesized, Quoted, Texts, flag};
use crate::{
    ast::{
        AlterDefaultPrivileges, AssumedRoles, AssumingCommand, DefaultObjects, Grant, GrantTarget, Granted, Grantee,
        Privilege, Privileges, Scope, ScopeKind, SystemPrivilege, SystemPrivileges,
    },
    parser::grant::SYSTEM_PRIVILEGES,
};

impl Display for Grant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let of_roles = matches!(self.what, Granted::Roles(_));
        f.write_str(if self.revoke { "REVOKE " } else { "GRANT " })?;
        if self.revoke && self.grant_option {
            f.write_str(if of_roles { "ADMIN OPTION FOR " } else { "GRANT OPTION FOR " })?;
        }
        match &self.what {
            Granted::On(privileges, target) => write!(f, "{privileges} ON {target}")?,
            Granted::Scoped(privileges, scope) => write!(f, "{privileges} FOR {scope}")?,
            Granted::Roles(roles) => {
                for (index, role) in roles.iter().enumerate() {
                    write!(f, "{}ROLE {role}", if index > 0 { ", " } else { "" })?;
                }
            }
            Granted::System(privileges) => write!(f, "{privileges}")?,
            Granted::Connect => f.write_str("CONNECT ON WORKGROUP")?,
            Granted::AssumeRole { roles, .. } => write!(f, "ASSUMEROLE ON {roles}")?,
        }
        f.write_str(if self.revoke { " FROM " } else { " TO " })?;
        grantees(f, &self.grantees, of_roles)?;
        if let Granted::AssumeRole { commands, .. } = &self.what {
            if commands.is_empty() { f.write_str(" FOR ALL")? } else { write!(f, " FOR {}", List(commands))? }
        }
        let by_user = self.grantees.iter().any(|grantee| matches!(grantee, Grantee::User { grant_option: true, .. }));
        f.write_str(flag(!self.revoke && self.grant_option && !by_user, " WITH GRANT OPTION"))?;
        f.write_str(flag(self.cascade, " CASCADE"))
    }
}

fn grantees(f: &mut Formatter<'_>, grantees: &[Grantee], of_roles: bool) -> fmt::Result {
    for (index, grantee) in grantees.iter().enumerate() {
        write!(f, "{}{grantee}", if index > 0 { ", " } else { "" })?;
        if matches!(grantee, Grantee::User { grant_option: true, .. }) {
            f.write_str(if of_roles { " WITH ADMIN OPTION" } else { " WITH GRANT OPTION" })?;
        }
    }
    Ok(())
}

/// Without WITH GRANT OPTION.
impl Display for Grantee {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Grantee::User { name, .. } => write!(f, "{name}"),
            Grantee::Group(name) => write!(f, "GROUP {name}"),
            Grantee::Role(name) => write!(f, "ROLE {name}"),
            Grantee::Public => f.write_str("PUBLIC"),
            Grantee::IamRole(arn) => write!(f, "IAM_ROLE {}", Quoted(arn)),
            Grantee::Namespace(guid) => write!(f, "NAMESPACE {}", Quoted(guid)),
            Grantee::Account { id, via_data_catalog } => {
                write!(f, "ACCOUNT {}{}", Quoted(id), flag(*via_data_catalog, " VIA DATA CATALOG"))
            }
            Grantee::RlsPolicy(name) => write!(f, "RLS POLICY {name}"),
            Grantee::MaskingPolicy(name) => write!(f, "MASKING POLICY {name}"),
        }
    }
}

impl Privilege {
    /// As it is written and as messages name it.
    pub fn keyword(self) -> &'static str {
        match self {
            Privilege::Select => "SELECT",
            Privilege::Insert => "INSERT",
            Privilege::Update => "UPDATE",
            Privilege::Delete => "DELETE",
            Privilege::Drop => "DROP",
            Privilege::References => "REFERENCES",
            Privilege::Alter => "ALTER",
            Privilege::Truncate => "TRUNCATE",
            Privilege::Create => "CREATE",
            Privilege::Usage => "USAGE",
            Privilege::Temporary => "TEMPORARY",
            Privilege::Execute => "EXECUTE",
            Privilege::Share => "SHARE",
            Privilege::Rule => "RULE",
            Privilege::Trigger => "TRIGGER",
        }
    }
}

impl SystemPrivilege {
    /// All of them, with the words that they are written with, in lower case.
    pub fn all() -> impl Iterator<Item = (&'static str, SystemPrivilege)> {
        SYSTEM_PRIVILEGES.iter().copied()
    }
}

impl Display for Privileges {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Privileges::All { columns } => write!(f, "ALL PRIVILEGES{}", Parenthesized(columns)),
            Privileges::These(privileges) => {
                for (index, (privilege, columns)) in privileges.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{}{}", privilege.keyword(), Parenthesized(columns))?;
                }
                Ok(())
            }
        }
    }
}

impl Display for GrantTarget {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            GrantTarget::Tables(names) => write!(f, "TABLE {}", List(names)),
            GrantTarget::AllTablesInSchemas(names) => write!(f, "ALL TABLES IN SCHEMA {}", List(names)),
            GrantTarget::Schemas(names) => write!(f, "SCHEMA {}", List(names)),
            GrantTarget::Databases(names) => write!(f, "DATABASE {}", List(names)),
            GrantTarget::Functions(signatures) => write!(f, "FUNCTION {}", List(signatures)),
            GrantTarget::AllFunctionsInSchemas(names) => write!(f, "ALL FUNCTIONS IN SCHEMA {}", List(names)),
            GrantTarget::Procedures(signatures) => write!(f, "PROCEDURE {}", List(signatures)),
            GrantTarget::AllProceduresInSchemas(names) => write!(f, "ALL PROCEDURES IN SCHEMA {}", List(names)),
            GrantTarget::Languages(names) => write!(f, "LANGUAGE {}", List(names)),
            GrantTarget::CopyJobs(names) => write!(f, "COPY JOB {}", List(names)),
            GrantTarget::Templates(names) => write!(f, "TEMPLATE {}", List(names)),
            GrantTarget::Models(names) => write!(f, "MODEL {}", List(names)),
            GrantTarget::ExternalTables(names) => write!(f, "EXTERNAL TABLE {}", List(names)),
            GrantTarget::ExternalSchemas(names) => write!(f, "EXTERNAL SCHEMA {}", List(names)),
            GrantTarget::Datashares(names) => write!(f, "DATASHARE {}", List(names)),
        }
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ScopeKind::Schemas => "SCHEMAS IN",
            ScopeKind::Tables => "TABLES IN",
            ScopeKind::Functions => "FUNCTIONS IN",
            ScopeKind::Procedures => "PROCEDURES IN",
            ScopeKind::Languages => "LANGUAGES IN",
            ScopeKind::CopyJobs => "COPY JOBS IN",
            ScopeKind::Templates => "TEMPLATES IN",
        })?;
        write!(f, "{}{}", Clause("SCHEMA", &self.schema), Clause("DATABASE", &self.database))
    }
}

impl Display for SystemPrivileges {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SystemPrivileges::All => f.write_str("ALL PRIVILEGES"),
            SystemPrivileges::These(privileges) => write!(f, "{}", List(privileges)),
        }
    }
}

impl Display for SystemPrivilege {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (words, _) = SYSTEM_PRIVILEGES.iter().find(|(_, privilege)| privilege == self).ok_or(fmt::Error)?;
        f.write_str(&words.to_uppercase())
    }
}

impl Display for AssumedRoles {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            AssumedRoles::All => f.write_str("ALL"),
            AssumedRoles::Default => f.write_str("default"),
            AssumedRoles::Arns(arns) => write!(f, "{}", Texts(arns)),
        }
    }
}

impl Display for AssumingCommand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AssumingCommand::Copy => "COPY",
            AssumingCommand::Unload => "UNLOAD",
            AssumingCommand::ExternalFunction => "EXTERNAL FUNCTION",
            AssumingCommand::CreateModel => "CREATE MODEL",
        })
    }
}

impl Display for AlterDefaultPrivileges {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ALTER DEFAULT PRIVILEGES")?;
        if !self.users.is_empty() {
            write!(f, " FOR USER {}", List(&self.users))?;
        }
        if !self.schemas.is_empty() {
            write!(f, " IN SCHEMA {}", List(&self.schemas))?;
        }
        f.write_str(if self.revoke { " REVOKE " } else { " GRANT " })?;
        f.write_str(flag(self.grant_option, "GRANT OPTION FOR "))?;
        let on = match self.on {
            DefaultObjects::Tables => "TABLES",
            DefaultObjects::Functions => "FUNCTIONS",
            DefaultObjects::Procedures => "PROCEDURES",
        };
        write!(f, "{} ON {on} {} ", self.privileges, if self.revoke { "FROM" } else { "TO" })?;
        grantees(f, &self.grantees, false)?;
        f.write_str(flag(self.cascade, " CASCADE"))
    }
}
