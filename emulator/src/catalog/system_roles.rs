//! The roles that every warehouse has.
//!
//! Source: developer guide, "Amazon Redshift system-defined roles" and "System permissions for RBAC".

use redshift_sql_dialect::{
    Result,
    ast::{AssumingCommand, SystemPrivilege},
};
use rusqlite::Connection;

use super::{GrantEntry, GrantObject, Grantee, IamRole, Oid, Privilege, RDSDB, Role, grants, objects};

/// The first of them by name.
pub(super) const MONITOR: &str = "sys:monitor";

const OPERATOR: Oid = Oid(9_102);
/// The security administrators' role.
pub(super) const SECADMIN: Oid = Oid(9_105);
/// What stands for every role of IAM.
pub const ALL_IAM_ROLES: &str = "ALL";
/// What stands for the role of `IAM_ROLE default`.
pub const DEFAULT_IAM_ROLE: &str = "default-aws-iam-role";

/// Makes them, with what they may do; and lets everybody assume every role of IAM until that is revoked.
pub(super) fn found(connection: &Connection, txn: i64) -> Result<()> {
    for (id, name) in [
        (Oid(9_101), MONITOR),
        (OPERATOR, "sys:operator"),
        (Oid(9_103), "sys:dba"),
        (Oid(9_104), "sys:superuser"),
        (SECADMIN, "sys:secadmin"),
    ] {
        objects::insert(connection, &Role { id, name: name.to_string(), owner: RDSDB, external_id: None }, txn)?;
        for privilege in privileges(name) {
            let entry = entry(GrantObject::System, Grantee::Role(id), Privilege::System(privilege));
            grants::insert(connection, &entry, txn)?;
        }
    }
    let inherited = entry(GrantObject::Role(OPERATOR), Grantee::Role(Oid(9_103)), Privilege::Member);
    grants::insert(connection, &inherited, txn)?;
    let everything = IamRole { id: Oid(9_199), arn: ALL_IAM_ROLES.to_string() };
    objects::insert(connection, &everything, txn)?;
    for privilege in [
        AssumingCommand::Copy,
        AssumingCommand::Unload,
        AssumingCommand::ExternalFunction,
        AssumingCommand::CreateModel,
    ] {
        let entry = entry(GrantObject::IamRole(everything.id), Grantee::Public, Privilege::Assume(privilege));
        grants::insert(connection, &entry, txn)?;
    }
    Ok(())
}

fn entry(object: GrantObject, grantee: Grantee, privilege: Privilege) -> GrantEntry {
    GrantEntry { object, grantee, privilege, grantor: RDSDB, grant_option: false }
}

fn privileges(role: &str) -> Vec<SystemPrivilege> {
    use SystemPrivilege::*;
    match role {
        MONITOR => vec![AccessCatalog, AccessSystemTable],
        "sys:operator" => vec![AccessCatalog, AccessSystemTable, Analyze, Vacuum, Cancel],
        "sys:dba" => vec![
            CreateSchema,
            CreateTable,
            DropSchema,
            DropTable,
            TruncateTable,
            CreateOrReplaceProcedure,
            DropProcedure,
            CreateOrReplaceFunction,
            CreateOrReplaceExternalFunction,
            CreateOrReplaceView,
            DropView,
        ],
        "sys:secadmin" => {
            vec![CreateUser, AlterUser, DropUser, CreateRole, DropRole, ExplainRls, IgnoreRls, ExplainMasking]
        }
        _ => SystemPrivilege::all().map(|(_, privilege)| privilege).collect(),
    }
}
