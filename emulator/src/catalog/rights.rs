//! What somebody may do, from ownership, grants, groups, roles and scoped privileges.
//!
//! An [`Actor`] is somebody with everything that they hold privileges through; the rights on one relation are told by
//! [`TransactionView::relation_rights`]. Superusers and owners are told apart first, so that nothing is read for them.
//!
//! Sources: developer guide, "GRANT", "Role hierarchy", "Scoped permissions", "Usage notes for column-level access
//! control".

use std::collections::{HashMap, HashSet};

use redshift_sql_dialect::{Error, Result, SqlState, ast::SystemPrivilege};

use super::{
    GrantEntry, GrantObject, Grantee, Oid, Privilege, RDSDB, Relation, Schema, ScopedKind, TransactionView,
    system_roles::SECADMIN,
};

/// Somebody, with all that they hold privileges through.
#[derive(Debug, Clone)]
pub struct Actor {
    /// pg_user.usesysid
    pub user: Oid,
    /// Are no privileges asked for?
    pub superuser: bool,
    /// SYSLOG ACCESS UNRESTRICTED?
    pub syslog_unrestricted: bool,
    grantees: HashSet<Grantee>,
    system: HashSet<SystemPrivilege>,
}

impl Actor {
    /// One for whom no privileges are asked for.
    pub fn unrestricted(user: Oid) -> Actor {
        Actor {
            user,
            superuser: true,
            syslog_unrestricted: true,
            grantees: HashSet::from([Grantee::User(user)]),
            system: HashSet::new(),
        }
    }

    /// One who holds what these hold, and no roles.
    pub fn ordinary(user: Oid, grantees: impl IntoIterator<Item = Grantee>) -> Actor {
        Actor {
            user,
            superuser: false,
            syslog_unrestricted: false,
            grantees: grantees.into_iter().collect(),
            system: HashSet::new(),
        }
    }

    /// Do they hold what this grantee holds?
    pub fn is(&self, grantee: Grantee) -> bool {
        grantee == Grantee::Public || self.grantees.contains(&grantee)
    }

    /// May they do this anywhere, as superusers or through a role?
    pub fn has_system(&self, privilege: SystemPrivilege) -> bool {
        self.superuser || self.system.contains(&privilege)
    }

    /// May they make policies and attach them: superusers, and who holds sys:secadmin?
    pub fn is_security_admin(&self) -> bool {
        self.superuser || self.is(Grantee::Role(SECADMIN))
    }

    /// Do they see what the logs tell of others?
    pub fn sees_all_rows(&self) -> bool {
        self.superuser || self.syslog_unrestricted || self.system.contains(&SystemPrivilege::AccessSystemTable)
    }

    /// Do these entries give them a privilege?
    pub fn holds(&self, entries: &[GrantEntry], privilege: Privilege) -> bool {
        self.superuser || entries.iter().any(|entry| entry.privilege == privilege && self.is(entry.grantee))
    }

    /// Do these entries let them grant a privilege?
    pub fn may_grant(&self, entries: &[GrantEntry], privilege: Privilege) -> bool {
        self.superuser
            || entries.iter().any(|entry| entry.privilege == privilege && entry.grant_option && self.is(entry.grantee))
    }
}

/// What somebody may do with a relation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RelationRights {
    /// Everything?
    everything: bool,
    /// With all of its columns.
    whole: HashSet<Privilege>,
    /// With one of its columns.
    columns: HashMap<i16, HashSet<Privilege>>,
}

impl RelationRights {
    /// Everything.
    pub fn everything() -> RelationRights {
        RelationRights { everything: true, ..RelationRights::default() }
    }

    /// These privileges.
    pub fn of(privileges: impl IntoIterator<Item = Privilege>) -> RelationRights {
        RelationRights { whole: privileges.into_iter().collect(), ..RelationRights::default() }
    }

    /// Is the privilege held on the relation as a whole?
    pub fn has(&self, privilege: Privilege) -> bool {
        self.everything || self.whole.contains(&privilege)
    }

    /// Is it held on this column?
    pub fn has_on(&self, attnum: i16, privilege: Privilege) -> bool {
        self.has(privilege) || self.columns.get(&attnum).is_some_and(|held| held.contains(&privilege))
    }

    /// Is it held on some column?
    pub fn has_somewhere(&self, privilege: Privilege) -> bool {
        self.has(privilege) || self.columns.values().any(|held| held.contains(&privilege))
    }
}

/// 42501 as PostgreSQL 8.0 words it: `permission denied for relation t`.
pub fn permission_denied(kind: &str, name: &str) -> Error {
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for {kind} {name}"))
}

/// 42501 `must be owner of relation t`
pub fn must_be_owner(kind: &str, name: &str) -> Error {
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}"))
}

impl TransactionView {
    /// Somebody, with all that they hold privileges through. One who is dropped holds what everybody does.
    pub(crate) fn find_actor(&self, id: Oid) -> Result<Actor> {
        let user = self.user_by_id(id)?;
        if id == RDSDB || user.as_ref().is_some_and(|user| user.superuser) {
            return Ok(Actor::unrestricted(id));
        }
        let mut grantees = HashSet::from([Grantee::User(id)]);
        grantees.extend(
            self.groups()?.iter().filter(|group| group.members.contains(&id)).map(|group| Grantee::Group(group.id)),
        );
        grantees.extend(self.session_groups(id).into_iter().map(Grantee::Group));
        self.add_roles(&mut grantees)?;
        let system = self.grants_on(GrantObject::System)?.into_iter().filter(|e| grantees.contains(&e.grantee));
        let system = system.filter_map(|entry| match entry.privilege {
            Privilege::System(privilege) => Some(privilege),
            _ => None,
        });
        let syslog_unrestricted = user.is_some_and(|user| user.syslog_unrestricted);
        Ok(Actor { user: id, superuser: false, syslog_unrestricted, system: system.collect(), grantees })
    }

    /// Adds the roles that these hold, and those that the roles hold.
    fn add_roles(&self, grantees: &mut HashSet<Grantee>) -> Result<()> {
        let grants = self.role_grants()?;
        loop {
            let before = grantees.len();
            for entry in &grants {
                if let GrantObject::Role(role) = entry.object
                    && (entry.grantee == Grantee::Public || grantees.contains(&entry.grantee))
                {
                    grantees.insert(Grantee::Role(role));
                }
            }
            if grantees.len() == before {
                return Ok(());
            }
        }
    }

    /// The roles that a role or a user holds, those of its roles among them.
    pub fn roles_of(&self, grantee: Grantee) -> Result<HashSet<Oid>> {
        let mut grantees = HashSet::from([grantee]);
        self.add_roles(&mut grantees)?;
        let role = |held: Grantee| match held {
            Grantee::Role(role) if held != grantee => Some(role),
            _ => None,
        };
        Ok(grantees.into_iter().filter_map(role).collect())
    }

    /// What somebody may do with a user's table or view.
    pub fn rights_on(&self, actor: &Actor, relation: &Relation) -> Result<RelationRights> {
        if actor.superuser {
            return Ok(RelationRights::everything());
        }
        let entries = self.grants_on(GrantObject::Relation(relation.oid))?;
        let is_owner = relation.owner == actor.user;
        if entries.is_empty() && is_owner {
            return Ok(RelationRights::everything());
        }
        let mut whole: HashSet<Privilege> = HashSet::new();
        // What is temporary is nobody else's.
        let scopes = [
            GrantObject::InSchema(ScopedKind::Tables, relation.schema_oid),
            GrantObject::InDatabase(ScopedKind::Tables, relation.database),
        ];
        let scoped = scopes.iter().map(|scope| self.grants_on(*scope)).collect::<Result<Vec<_>>>()?;
        for entry in entries.iter().chain(scoped.iter().flatten()) {
            if actor.is(entry.grantee) {
                whole.insert(entry.privilege);
            }
        }
        if is_owner {
            whole.extend([Privilege::Drop, Privilege::Alter, Privilege::Truncate]);
        }
        let mut columns: HashMap<i16, HashSet<Privilege>> = HashMap::new();
        for entry in self.column_grants(relation.oid)? {
            if let GrantObject::Column(_, attnum) = entry.object
                && actor.is(entry.grantee)
            {
                columns.entry(attnum).or_default().insert(entry.privilege);
            }
        }
        Ok(RelationRights { everything: false, whole, columns })
    }

    /// Does somebody hold this privilege on a schema?
    pub fn may_with_schema(&self, actor: &Actor, schema: &Schema, privilege: Privilege) -> Result<bool> {
        if actor.superuser {
            return Ok(true);
        }
        let own = GrantObject::Schema(schema.oid);
        let database = GrantObject::InDatabase(ScopedKind::Schemas, schema.database);
        self.may_with(actor, (own, schema.owner), database, privilege)
    }

    /// Does somebody hold this privilege on a database?
    pub fn may_with_database(&self, actor: &Actor, database: Oid, privilege: Privilege) -> Result<bool> {
        if actor.superuser {
            return Ok(true);
        }
        let owner = self.databases()?.iter().find(|other| other.oid == database).map(|database| database.owner);
        let entries = self.grants_on(GrantObject::Database(database))?;
        if entries.is_empty() && owner == Some(actor.user) {
            return Ok(true);
        }
        Ok(actor.holds(&entries, privilege))
    }

    /// Does somebody hold this privilege on an object of an owner, or on all objects of the kind?
    fn may_with(
        &self,
        actor: &Actor,
        (object, owner): (GrantObject, Oid),
        scope: GrantObject,
        privilege: Privilege,
    ) -> Result<bool> {
        let entries = self.grants_on(object)?;
        if owner == actor.user && (entries.is_empty() || !object.owner_privileges().contains(&privilege)) {
            return Ok(true);
        }
        Ok(actor.holds(&entries, privilege) || actor.holds(&self.grants_on(scope)?, privilege))
    }

    /// May somebody write functions or procedures in this language?
    pub fn may_write_in(&self, actor: &Actor, language: Oid) -> Result<bool> {
        let object = GrantObject::Language(language);
        let mut entries = self.grants_on(object)?;
        if entries.is_empty() {
            entries = super::grants::default_entries(object, super::RDSDB);
        }
        let everywhere = GrantObject::InDatabase(ScopedKind::Languages, self.database_oid());
        Ok(actor.holds(&entries, Privilege::Usage) || actor.holds(&self.grants_on(everywhere)?, Privilege::Usage))
    }

    /// May somebody run this function or procedure of a schema?
    pub fn may_execute(&self, actor: &Actor, owned: super::Owned, schema: Oid) -> Result<bool> {
        if actor.superuser || owned.owner == actor.user {
            return Ok(true);
        }
        let mut entries = self.grants_on(owned.object)?;
        if entries.is_empty() {
            entries = super::grants::default_entries(owned.object, owned.owner);
        }
        if actor.holds(&entries, Privilege::Execute) {
            return Ok(true);
        }
        for scope in [
            GrantObject::InSchema(ScopedKind::Routines, schema),
            GrantObject::InDatabase(ScopedKind::Routines, self.database_oid()),
        ] {
            if actor.holds(&self.grants_on(scope)?, Privilege::Execute) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
