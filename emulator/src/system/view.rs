//! The catalog of a statement: the users' relations and the system's.

use std::sync::Arc;

use redshift_sql_dialect::{Result, ast::SystemPrivilege};

use super::{Edition, INTERNAL_SCHEMA, Source, contents, is_for_superusers, is_system_schema, relation};
use crate::catalog::{
    CatalogView, Contents, Oid, Privilege, Relation, RelationKind, RelationRights, Routine, RowFilter, RowIdentity,
};

/// What a statement sees: a transaction's relations, and the system's in their schemas.
pub struct SystemView {
    users: Arc<dyn CatalogView>,
    source: Arc<Source>,
}

impl SystemView {
    /// The relations of `users`, and the system's as `source` tells of them.
    pub fn new(users: Arc<dyn CatalogView>, source: Source) -> SystemView {
        SystemView { users, source: Arc::new(source) }
    }

    /// The system's relations as they are, beside these.
    fn with_users(&self, users: Arc<dyn CatalogView>) -> SystemView {
        SystemView { users, source: Arc::clone(&self.source) }
    }
}

impl CatalogView for SystemView {
    fn has_schema(&self, schema: &str) -> Result<bool> {
        Ok(is_system_schema(schema) || self.users.has_schema(schema)?)
    }

    fn relation(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        if is_system_schema(schema) {
            return Ok(relation(schema, name, Edition::of(&self.source.session)));
        }
        self.users.relation(schema, name)
    }

    fn contents(&self, relation: &Arc<Relation>, identity: RowIdentity) -> Result<Contents> {
        match relation.kind {
            RelationKind::System => contents(relation, &self.source),
            RelationKind::Table(_) | RelationKind::View(_) => self.users.contents(relation, identity),
        }
    }

    fn relation_rights(&self, user: Oid, relation: &Relation) -> Result<RelationRights> {
        if relation.kind != RelationKind::System {
            return self.users.relation_rights(user, relation);
        }
        if !is_for_superusers(relation) {
            return Ok(RelationRights::of([Privilege::Select]));
        }
        let actor = self.source.directory.actor(user)?;
        if actor.has_system(SystemPrivilege::AccessSystemTable) {
            return Ok(RelationRights::of([Privilege::Select]));
        }
        self.users.relation_rights(user, relation)
    }

    fn may_use_schema(&self, user: Oid, schema: &str) -> Result<bool> {
        if is_system_schema(schema) {
            return Ok(schema != INTERNAL_SCHEMA);
        }
        self.users.may_use_schema(user, schema)
    }

    fn routines(&self, schema: &str, name: &str) -> Result<Vec<Arc<Routine>>> {
        self.users.routines(schema, name)
    }

    fn may_execute(&self, user: Oid, routine: &Routine) -> Result<bool> {
        self.users.may_execute(user, routine)
    }

    fn row_filter(&self, user: Oid, relation: &Relation) -> Result<RowFilter> {
        self.users.row_filter(user, relation)
    }

    fn may_explain_rls(&self, user: Oid) -> Result<bool> {
        self.users.may_explain_rls(user)
    }

    fn policy_rights(&self, policy: Oid, relation: &Relation) -> Result<RelationRights> {
        self.users.policy_rights(policy, relation)
    }

    fn in_database(&self, database: &str) -> Result<Option<Arc<dyn CatalogView>>> {
        let users = self.users.in_database(database)?;
        Ok(users.map(|users| -> Arc<dyn CatalogView> { Arc::new(self.with_users(users)) }))
    }

    fn around(&self, relation: &Relation) -> Result<Option<Arc<dyn CatalogView>>> {
        let users = self.users.around(relation)?;
        Ok(users.map(|users| -> Arc<dyn CatalogView> { Arc::new(self.with_users(users)) }))
    }

    fn other_database(&self, relation: &Relation) -> Result<Option<String>> {
        self.users.other_database(relation)
    }

    fn describing(&self) -> Option<Arc<dyn CatalogView>> {
        let users = self.users.describing()?;
        Some(Arc::new(SystemView::new(users, Source { describing: true, ..(*self.source).clone() })))
    }

    fn source(&self) -> Option<&Arc<Source>> {
        Some(&self.source)
    }
}
