//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.
//!
//! A statement is turned into objects with their owners, privileges and holders; then each privilege is granted or revoked
//! one by one. As in PostgreSQL, what a superuser grants is granted by the owner.
//!
//! Sources: developer guide, "GRANT", "REVOKE", their usage notes, "Scoped permissions", "ALTER DEFAULT PRIVILEGES".

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{
        AlterDefaultPrivileges, AssumedRoles, AssumingCommand, DefaultObjects, Grant, GrantTarget, Granted,
        Grantee as Named, Privilege as Word, Privileges, RoutineKind, Scope, ScopeKind, Signature, SystemPrivilege,
        SystemPrivileges,
    },
    names::Ident,
};

use super::{
    Work, roles,
    routines::{find, missing, word},
};
use crate::{
    catalog::{
        ALL_IAM_ROLES, DEFAULT_IAM_ROLE, DefaultKind, GrantEntry, GrantObject, Grantee, Oid, Owned, Privilege,
        Relation, ScopedKind, dependent_privileges, permission_denied,
    },
    result::{CommandTag, Outcome},
    system::{is_system_schema, language_named},
};

/// Somebody to whom something is granted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder {
    pub grantee: Grantee,
    /// WITH GRANT OPTION, WITH ADMIN OPTION?
    pub grant_option: bool,
}

/// An object on which privileges are granted or revoked.
struct Target {
    owned: Owned,
    /// As messages name it: `relation`, `t`.
    kind: &'static str,
    name: String,
    privileges: Vec<Privilege>,
}

/// What is done with the privileges on a target.
struct Change<'a> {
    revoke: bool,
    /// GRANT OPTION FOR?
    grant_option: bool,
    cascade: bool,
    holders: &'a [Holder],
}

impl Work<'_> {
    /// Somebody of a GRANT.
    pub(super) fn holder(&self, named: &Named) -> Result<Holder> {
        let holder = |grantee| Holder { grantee, grant_option: false };
        Ok(match named {
            Named::User { name, grant_option } => {
                Holder { grantee: Grantee::User(self.user(name)?.id), grant_option: *grant_option }
            }
            Named::Group(name) => holder(Grantee::Group(self.group(name)?.id)),
            Named::Role(name) => holder(Grantee::Role(self.role(name)?.id)),
            Named::Public => holder(Grantee::Public),
            Named::IamRole(_) => return Err(Error::unsupported("GRANT to an IAM_ROLE is not supported")),
            Named::Namespace(_) | Named::Account { .. } => {
                return Err(Error::unsupported("GRANT to a namespace or an account is not supported"));
            }
            Named::RlsPolicy(name) => holder(Grantee::RlsPolicy(self.rls_policy(name)?.oid)),
            Named::MaskingPolicy(_) => return Err(Error::unsupported("GRANT to a masking policy is not supported")),
        })
    }

    fn holders(&self, named: &[Named]) -> Result<Vec<Holder>> {
        named.iter().map(|named| self.holder(named)).collect()
    }
}

/// Runs GRANT and REVOKE.
pub(crate) async fn grant(grant: &Grant, work: &mut Work<'_>) -> Result<Outcome> {
    check_policies(grant)?;
    match &grant.what {
        Granted::On(privileges, target) => {
            let targets = targets(privileges, target, work)?;
            change(grant, targets, work).await?;
        }
        Granted::Scoped(privileges, scope) => {
            let target = scoped(privileges, scope, work)?;
            change(grant, vec![target], work).await?;
        }
        Granted::Roles(names) => roles::grant_roles(grant, names, work).await?,
        Granted::System(privileges) => system(grant, privileges, work).await?,
        Granted::Connect => return Err(Error::unsupported("GRANT CONNECT is not supported").at(grant.pos)),
        Granted::AssumeRole { roles, commands } => assume_role(grant, roles, commands, work).await?,
    }
    Ok(Outcome::Done(CommandTag::plain(if grant.revoke { "REVOKE" } else { "GRANT" })))
}

/// Policies hold SELECT on the tables that they look things up in, and nothing else (developer guide, "GRANT").
fn check_policies(grant: &Grant) -> Result<()> {
    if !grant.grantees.iter().any(|grantee| matches!(grantee, Named::RlsPolicy(_))) {
        return Ok(());
    }
    let is_select = |(word, columns): &(Word, Vec<Ident>)| *word == Word::Select && columns.is_empty();
    match &grant.what {
        Granted::On(Privileges::These(these), GrantTarget::Tables(_)) if these.iter().all(is_select) => Ok(()),
        _ => Err(Error::unsupported("only SELECT on tables can be granted to an RLS policy").at(grant.pos)),
    }
}

async fn change(grant: &Grant, targets: Vec<Target>, work: &mut Work<'_>) -> Result<()> {
    let holders = work.holders(&grant.grantees)?;
    let change =
        Change { revoke: grant.revoke, grant_option: grant.grant_option, cascade: grant.cascade, holders: &holders };
    for target in &targets {
        change.apply(target, work).await.map_err(|error| error.at(grant.pos))?;
    }
    Ok(())
}

impl Change<'_> {
    async fn apply(&self, target: &Target, work: &Work<'_>) -> Result<()> {
        let grantor = self.grantor(target, work)?;
        work.transaction.materialize(target.owned).await?;
        for holder in self.holders {
            for privilege in &target.privileges {
                match self.revoke {
                    true => self.take(target, holder.grantee, *privilege, grantor, work).await?,
                    false => give(target, *holder, *privilege, grantor, work).await?,
                }
            }
        }
        Ok(())
    }

    /// Who grants: the owner, also where a superuser does it; or one who holds the privileges WITH GRANT OPTION.
    fn grantor(&self, target: &Target, work: &Work<'_>) -> Result<Oid> {
        let Owned { object, owner } = target.owned;
        if work.state.superuser || owner == work.state.user_id {
            return Ok(owner);
        }
        let entries = work.view.grants_on(object)?;
        let actor = work.actor()?;
        if !matches!(object, GrantObject::Column(..))
            && target.privileges.iter().any(|privilege| actor.may_grant(&entries, *privilege))
        {
            return Ok(work.state.user_id);
        }
        Err(permission_denied(target.kind, &target.name))
    }

    async fn take(
        &self,
        target: &Target,
        grantee: Grantee,
        privilege: Privilege,
        grantor: Oid,
        work: &Work<'_>,
    ) -> Result<()> {
        let object = target.owned.object;
        if let (GrantObject::Column(relation, _), false) = (object, self.grant_option)
            && holds(GrantObject::Relation(relation), grantee, privilege, work)?
        {
            let word = privilege.as_str().to_uppercase();
            let message = format!("cannot revoke {word} on a column: it is granted on relation {}", target.name);
            return Err(Error::new(SqlState::INVALID_GRANT_OPERATION, message));
        }
        let held = work.transaction.view().grants_on(object)?;
        let entry = held.iter().find(|entry| entry.grantee == grantee && entry.privilege == privilege);
        // Who only has the grant option takes back what they gave themselves.
        let own = |entry: &GrantEntry| grantor == target.owned.owner || entry.grantor == grantor;
        if let Some(entry) = entry.filter(|entry| own(entry)) {
            self.take_given_on(&held, entry, work).await?;
            match self.grant_option {
                true => work.transaction.grant(GrantEntry { grant_option: false, ..*entry }).await?,
                false => work.transaction.revoke(object, grantee, privilege).await?,
            }
        }
        if let (GrantObject::Relation(relation), false) = (object, self.grant_option) {
            for entry in work.view.column_grants(relation)? {
                if entry.grantee == grantee && entry.privilege == privilege {
                    work.transaction.revoke(entry.object, grantee, privilege).await?;
                }
            }
        }
        Ok(())
    }

    /// What somebody gave to others by a grant option that they lose goes too, with CASCADE.
    async fn take_given_on(&self, held: &[GrantEntry], entry: &GrantEntry, work: &Work<'_>) -> Result<()> {
        let mut lost = vec![*entry];
        while let Some(entry) = lost.pop() {
            let Grantee::User(user) = entry.grantee else { continue };
            if !entry.grant_option {
                continue;
            }
            for given in held.iter().filter(|given| given.grantor == user && given.privilege == entry.privilege) {
                if given.grantee == entry.grantee {
                    continue;
                }
                if !self.cascade {
                    return Err(dependent_privileges());
                }
                work.transaction.revoke(given.object, given.grantee, given.privilege).await?;
                lost.push(*given);
            }
        }
        Ok(())
    }
}

async fn give(target: &Target, holder: Holder, privilege: Privilege, grantor: Oid, work: &Work<'_>) -> Result<()> {
    let Holder { grantee, grant_option } = holder;
    let object = target.owned.object;
    match object {
        // What is held on the whole table is held on its columns.
        GrantObject::Column(relation, _) => {
            if holds(GrantObject::Relation(relation), grantee, privilege, work)? {
                return Ok(());
            }
            if grant_option {
                return Err(Error::unsupported("WITH GRANT OPTION is not supported for column privileges"));
            }
        }
        GrantObject::Relation(relation) => {
            let on_columns = work.view.column_grants(relation)?;
            if on_columns.iter().any(|entry| entry.grantee == grantee && entry.privilege == privilege) {
                let word = privilege.as_str().to_uppercase();
                let message = format!("cannot grant {word} on relation {}: it is granted on its columns", target.name);
                return Err(Error::new(SqlState::INVALID_GRANT_OPERATION, message));
            }
        }
        _ => {}
    }
    let held = work.transaction.view().grants_on(object)?;
    let before = held.iter().find(|entry| entry.grantee == grantee && entry.privilege == privilege);
    // A grant option that is held stays.
    let grant_option = grant_option || before.is_some_and(|entry| entry.grant_option);
    work.transaction.grant(GrantEntry { object, grantee, privilege, grantor, grant_option }).await
}

fn holds(object: GrantObject, grantee: Grantee, privilege: Privilege, work: &Work<'_>) -> Result<bool> {
    let entries = work.view.grants_on(object)?;
    Ok(entries.iter().any(|entry| entry.grantee == grantee && entry.privilege == privilege))
}

/// The objects of `ON ...`, each with the privileges that the statement names.
fn targets(privileges: &Privileges, target: &GrantTarget, work: &Work<'_>) -> Result<Vec<Target>> {
    let unsupported = |what: &str| Err(Error::unsupported(format!("GRANT on {what} is not supported")));
    let case_sensitive = work.context.session.case_sensitive;
    match target {
        GrantTarget::Tables(names) => {
            let mut found = Vec::new();
            for name in names {
                let relation = work.binder().resolve(name)?;
                add_relation(&mut found, privileges, &relation, work)?;
            }
            Ok(found)
        }
        GrantTarget::AllTablesInSchemas(schemas) => {
            let mut found = Vec::new();
            for name in schemas {
                let schema = work.schema(name)?;
                for relation in work.view.relations_in(schema.oid)? {
                    add_relation(&mut found, privileges, &relation, work)?;
                }
            }
            Ok(found)
        }
        GrantTarget::Schemas(names) => names
            .iter()
            // Everybody uses the system's schemas, so that there is nothing to give or to take.
            .filter(|name| {
                let is_system = name.schema().is_none() && is_system_schema(&name.object().folded(case_sensitive));
                !(is_system && work.context.session.superuser && is_usage(privileges))
            })
            .map(|name| {
                let schema = work.schema_in(name.schema(), name.object())?;
                let owned = Owned { object: GrantObject::Schema(schema.oid), owner: schema.owner };
                Ok(whole(privileges, owned, ("schema", &schema.name)))
            })
            .collect(),
        GrantTarget::Databases(names) => names
            .iter()
            .map(|name| {
                let folded = name.folded(case_sensitive);
                let database = work.view.database_named(&folded)?.ok_or_else(|| {
                    let message = format!("database \"{folded}\" does not exist");
                    Error::new(SqlState::INVALID_CATALOG_NAME, message).at(name.pos)
                })?;
                let owned = Owned { object: GrantObject::Database(database.oid), owner: database.owner };
                Ok(whole(privileges, owned, ("database", &database.name)))
            })
            .collect(),
        GrantTarget::Languages(names) => names
            .iter()
            .map(|name| {
                let folded = name.folded(case_sensitive);
                let language = language_named(&folded).ok_or_else(|| {
                    let message = format!("language \"{folded}\" does not exist");
                    Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos)
                })?;
                let owned = Owned { object: GrantObject::Language(Oid(language)), owner: crate::catalog::RDSDB };
                Ok(whole(privileges, owned, ("language", &folded)))
            })
            .collect(),
        GrantTarget::Functions(signatures) => routines(RoutineKind::Function, privileges, signatures, work),
        GrantTarget::Procedures(signatures) => routines(RoutineKind::Procedure, privileges, signatures, work),
        GrantTarget::AllFunctionsInSchemas(schemas) => all_routines(RoutineKind::Function, privileges, schemas, work),
        GrantTarget::AllProceduresInSchemas(schemas) => all_routines(RoutineKind::Procedure, privileges, schemas, work),
        GrantTarget::CopyJobs(_) => unsupported("copy jobs"),
        GrantTarget::Templates(_) => unsupported("templates"),
        GrantTarget::Models(_) => unsupported("models"),
        GrantTarget::ExternalTables(_) | GrantTarget::ExternalSchemas(_) => unsupported("external tables and schemas"),
        GrantTarget::Datashares(_) => unsupported("datashares"),
    }
}

/// Is it USAGE and nothing else?
fn is_usage(privileges: &Privileges) -> bool {
    matches!(privileges, Privileges::These(these) if matches!(these[..], [(Word::Usage, _)]))
}

/// Functions or procedures by their signatures.
fn routines(
    kind: RoutineKind,
    privileges: &Privileges,
    signatures: &[Signature],
    work: &Work<'_>,
) -> Result<Vec<Target>> {
    let target = |signature: &Signature| {
        let routine = find(kind, signature, work)?.ok_or_else(|| missing(kind, signature))?;
        Ok(whole(privileges, routine.owned(), (word(kind), &routine.name)))
    };
    signatures.iter().map(target).collect()
}

/// All functions or procedures of schemas.
fn all_routines(kind: RoutineKind, privileges: &Privileges, schemas: &[Ident], work: &Work<'_>) -> Result<Vec<Target>> {
    let mut found = Vec::new();
    for name in schemas {
        let schema = work.schema(name)?;
        for routine in work.view.routines_in(schema.oid)? {
            if routine.is_procedure() == (kind == RoutineKind::Procedure) {
                found.push(whole(privileges, routine.owned(), (word(kind), &routine.name)));
            }
        }
    }
    Ok(found)
}

/// An object as a whole, with the privileges that the statement names.
fn whole(privileges: &Privileges, owned: Owned, (kind, name): (&'static str, &str)) -> Target {
    let privileges = match privileges {
        Privileges::All { .. } => owned.object.all_privileges().to_vec(),
        Privileges::These(these) => these.iter().map(|(word, _)| privilege(*word)).collect(),
    };
    Target { owned, kind, name: name.to_string(), privileges }
}

/// A table or a view, and its columns where the statement names some.
fn add_relation(found: &mut Vec<Target>, privileges: &Privileges, relation: &Relation, work: &Work<'_>) -> Result<()> {
    let owner = relation.owner;
    let of = |object: GrantObject, privileges: Vec<Privilege>| Target {
        owned: Owned { object, owner },
        kind: "relation",
        name: relation.name.clone(),
        privileges,
    };
    let relation_object = GrantObject::Relation(relation.oid);
    match privileges {
        Privileges::All { columns } if columns.is_empty() => {
            found.push(of(relation_object, relation_object.all_privileges().to_vec()));
        }
        Privileges::All { columns } => {
            for column in columns {
                let object = column_object(relation, column, work)?;
                found.push(of(object, object.all_privileges().to_vec()));
            }
        }
        Privileges::These(these) => {
            let of_all: Vec<Privilege> =
                these.iter().filter(|(_, columns)| columns.is_empty()).map(|(word, _)| privilege(*word)).collect();
            if !of_all.is_empty() {
                found.push(of(relation_object, of_all));
            }
            for (word, columns) in these {
                for column in columns {
                    found.push(of(column_object(relation, column, work)?, vec![privilege(*word)]));
                }
            }
        }
    }
    Ok(())
}

fn column_object(relation: &Relation, name: &Ident, work: &Work<'_>) -> Result<GrantObject> {
    let folded = name.folded(work.context.session.case_sensitive);
    let column = relation.column(&folded).ok_or_else(|| {
        let message = format!("column \"{folded}\" of relation \"{}\" does not exist", relation.name);
        Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
    })?;
    Ok(GrantObject::Column(relation.oid, column.attnum))
}

/// A privilege of a statement as the catalog has it.
fn privilege(word: Word) -> Privilege {
    match word {
        Word::Select => Privilege::Select,
        Word::Insert => Privilege::Insert,
        Word::Update => Privilege::Update,
        Word::Delete => Privilege::Delete,
        Word::Drop => Privilege::Drop,
        Word::References => Privilege::References,
        Word::Alter => Privilege::Alter,
        Word::Truncate => Privilege::Truncate,
        Word::Create => Privilege::Create,
        Word::Usage => Privilege::Usage,
        Word::Temporary => Privilege::Temporary,
        Word::Execute => Privilege::Execute,
        Word::Share => Privilege::Share,
        Word::Rule => Privilege::Rule,
        Word::Trigger => Privilege::Trigger,
    }
}

/// `FOR kind IN place`
fn scoped(privileges: &Privileges, scope: &Scope, work: &Work<'_>) -> Result<Target> {
    let kind = match scope.kind {
        ScopeKind::Schemas => ScopedKind::Schemas,
        ScopeKind::Tables => ScopedKind::Tables,
        ScopeKind::Functions | ScopeKind::Procedures => ScopedKind::Routines,
        ScopeKind::Languages => ScopedKind::Languages,
        ScopeKind::CopyJobs => ScopedKind::CopyJobs,
        ScopeKind::Templates => ScopedKind::Templates,
    };
    let case_sensitive = work.context.session.case_sensitive;
    let database = match &scope.database {
        Some(name) => {
            let folded = name.folded(case_sensitive);
            work.view.database_named(&folded)?.ok_or_else(|| {
                let message = format!("database \"{folded}\" does not exist");
                Error::new(SqlState::INVALID_CATALOG_NAME, message).at(name.pos)
            })?
        }
        None => work.transaction.database().clone(),
    };
    let Some(name) = &scope.schema else {
        let owned = Owned { object: GrantObject::InDatabase(kind, database.oid), owner: database.owner };
        return Ok(whole(privileges, owned, ("database", &database.name)));
    };
    if database.oid != work.transaction.database().oid {
        return Err(Error::unsupported("scoped permissions in a schema of another database are not supported"));
    }
    let schema = work.schema(name)?;
    let owned = Owned { object: GrantObject::InSchema(kind, schema.oid), owner: schema.owner };
    Ok(whole(privileges, owned, ("schema", &schema.name)))
}

/// `CREATE TABLE, ... TO ROLE r`: what a role may do anywhere.
async fn system(grant: &Grant, privileges: &SystemPrivileges, work: &mut Work<'_>) -> Result<()> {
    let privileges: Vec<SystemPrivilege> = match privileges {
        SystemPrivileges::All => SystemPrivilege::all().map(|(_, privilege)| privilege).collect(),
        SystemPrivileges::These(these) => these.clone(),
    };
    // Security administrators give what is about policies (developer guide, "Row-level security end-to-end example").
    let of_policies = |privilege: &SystemPrivilege| {
        matches!(privilege, SystemPrivilege::IgnoreRls | SystemPrivilege::ExplainRls | SystemPrivilege::ExplainMasking)
    };
    if !(privileges.iter().all(of_policies) && work.actor()?.is_security_admin()) {
        work.require_superuser("grant or revoke system permissions")?;
    }
    for named in &grant.grantees {
        let Holder { grantee, grant_option } = work.holder(named)?;
        let only_models = privileges.iter().all(|privilege| *privilege == SystemPrivilege::CreateModel);
        if !matches!(grantee, Grantee::Role(_)) && !only_models {
            return Err(Error::unsupported("system permissions can be granted to roles only").at(grant.pos));
        }
        if let Named::Role(name) = named
            && work.role(name)?.is_system()
        {
            let message = format!("system role \"{}\" cannot be altered", name.value);
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(name.pos));
        }
        for privilege in &privileges {
            let (object, privilege) = (GrantObject::System, Privilege::System(*privilege));
            match grant.revoke {
                true => work.transaction.revoke(object, grantee, privilege).await?,
                false => {
                    let grantor = work.state.user_id;
                    let entry = GrantEntry { object, grantee, privilege, grantor, grant_option };
                    work.transaction.grant(entry).await?;
                }
            }
        }
    }
    Ok(())
}

/// `ASSUMEROLE ON roles TO ... FOR commands`
async fn assume_role(
    grant: &Grant,
    roles: &AssumedRoles,
    commands: &[AssumingCommand],
    work: &mut Work<'_>,
) -> Result<()> {
    work.require_superuser("grant or revoke ASSUMEROLE")?;
    let all = [
        AssumingCommand::Copy,
        AssumingCommand::Unload,
        AssumingCommand::ExternalFunction,
        AssumingCommand::CreateModel,
    ];
    let commands = if commands.is_empty() { &all } else { commands };
    let arns = match roles {
        AssumedRoles::All => vec![ALL_IAM_ROLES.to_string()],
        AssumedRoles::Default => vec![DEFAULT_IAM_ROLE.to_string()],
        AssumedRoles::Arns(arns) => arns.clone(),
    };
    let holders = work.holders(&grant.grantees)?;
    for arn in arns {
        let object = GrantObject::IamRole(work.transaction.iam_role(&arn).await?);
        for holder in &holders {
            for command in commands {
                let privilege = Privilege::Assume(*command);
                match grant.revoke {
                    true => work.transaction.revoke(object, holder.grantee, privilege).await?,
                    false => {
                        let (grantee, grantor) = (holder.grantee, work.state.user_id);
                        let entry = GrantEntry { object, grantee, privilege, grantor, grant_option: false };
                        work.transaction.grant(entry).await?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Runs ALTER DEFAULT PRIVILEGES: a user's own, a superuser's of everybody (developer guide).
pub(crate) async fn alter_default_privileges(alter: &AlterDefaultPrivileges, work: &mut Work<'_>) -> Result<Outcome> {
    let owners = match alter.users.as_slice() {
        [] => vec![work.state.user_id],
        users => users.iter().map(|user| Ok(work.user(user)?.id)).collect::<Result<Vec<_>>>()?,
    };
    if owners.iter().any(|owner| *owner != work.state.user_id) {
        work.require_system(SystemPrivilege::AlterDefaultPrivileges, "alter the default privileges of others")?;
    }
    let schemas = match alter.schemas.as_slice() {
        [] => vec![None],
        names => names.iter().map(|name| Ok(Some(work.schema(name)?.oid))).collect::<Result<Vec<_>>>()?,
    };
    let kind = match alter.on {
        DefaultObjects::Tables => DefaultKind::Tables,
        DefaultObjects::Functions => DefaultKind::Functions,
        DefaultObjects::Procedures => DefaultKind::Procedures,
    };
    let holders = work.holders(&alter.grantees)?;
    if alter.revoke && alter.grant_option && holders.iter().any(|holder| !matches!(holder.grantee, Grantee::User(_))) {
        let message = "grant options can only be revoked from individual users";
        return Err(Error::new(SqlState::INVALID_GRANT_OPERATION, message));
    }
    let change =
        Change { revoke: alter.revoke, grant_option: alter.grant_option, cascade: alter.cascade, holders: &holders };
    for owner in owners {
        for schema in &schemas {
            let owned = Owned { object: GrantObject::Default { owner, schema: *schema, kind }, owner };
            let target = whole(&alter.privileges, owned, ("user", ""));
            work.transaction.materialize(target.owned).await?;
            for holder in change.holders {
                for privilege in &target.privileges {
                    match change.revoke {
                        true => change.take(&target, holder.grantee, *privilege, owner, work).await?,
                        false => give(&target, *holder, *privilege, owner, work).await?,
                    }
                }
            }
        }
    }
    Ok(Outcome::Done(CommandTag::plain("ALTER DEFAULT PRIVILEGES")))
}
