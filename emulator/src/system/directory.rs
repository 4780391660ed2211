//! The seam between the catalog and what shows it: the system relations and the functions that read the catalog.

use std::{collections::HashMap, sync::Arc};

use redshift_sql_dialect::Result;

use crate::{
    catalog::{
        Actor, Changes, Conflict, Database, GrantEntry, Grantee, Group, IamRole, Oid, Privilege, Relation,
        RelationRights, RlsPolicy, Role, Routine, Schema, TableLock, TransactionView, User,
    },
    storage::TableStatistics,
};

/// Everything that the catalog tells of a database, as a transaction sees it.
pub trait Directory: Send + Sync {
    /// What it tells of the database with this OID; none where only one is known.
    fn in_database(&self, _database: Oid) -> Option<Arc<dyn Directory>> {
        None
    }

    /// The users' schemas, temporary ones among them; not pg_catalog and its like.
    fn schemas(&self) -> Result<Vec<Arc<Schema>>>;

    /// The users' tables and views; not the system's relations.
    fn relations(&self) -> Result<Vec<Arc<Relation>>>;

    /// The users' table or view of this OID.
    fn relation_by_oid(&self, oid: Oid) -> Result<Option<Arc<Relation>>>;

    /// The users' table or view of this name.
    fn relation_by_name(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>>;

    /// All users.
    fn users(&self) -> Result<Vec<Arc<User>>>;

    /// All groups.
    fn groups(&self) -> Result<Vec<Arc<Group>>>;

    /// All databases.
    fn databases(&self) -> Result<Vec<Arc<Database>>>;

    /// All roles.
    fn roles(&self) -> Result<Vec<Arc<Role>>>;

    /// The roles of IAM that ASSUMEROLE was granted on.
    fn iam_roles(&self) -> Result<Vec<Arc<IamRole>>>;

    /// Somebody, with all that they hold privileges through.
    fn actor(&self, user: Oid) -> Result<Arc<Actor>>;

    /// What somebody may do with a user's table or view.
    fn relation_rights(&self, actor: &Actor, relation: &Relation) -> Result<RelationRights>;

    /// Does somebody hold this privilege on a schema?
    fn may_with_schema(&self, actor: &Actor, schema: &Schema, privilege: Privilege) -> Result<bool>;

    /// Does somebody hold this privilege on a database?
    fn may_with_database(&self, actor: &Actor, database: Oid, privilege: Privilege) -> Result<bool>;

    /// Every privilege that was granted on an object of this database, or on a database.
    fn grants(&self) -> Result<Vec<GrantEntry>>;

    /// The policies of row-level security of all databases, with the databases.
    fn rls_policies(&self) -> Result<Vec<(Arc<Database>, Arc<RlsPolicy>)>> {
        Ok(Vec::new())
    }

    /// How much a table holds.
    fn statistics(&self, table: Oid) -> Result<TableStatistics>;

    /// A number that changes with the rows of a table.
    fn table_version(&self, table: Oid) -> Result<i64>;

    /// When relations were changed last, by OID; what is not there, nobody knows of.
    fn changes(&self) -> Result<HashMap<Oid, Changes>> {
        Ok(HashMap::new())
    }

    /// The locks that transactions of all databases hold on tables and views, or wait for.
    fn locks(&self) -> Vec<TableLock>;

    /// The last transactions that were aborted, because no serial order had the same result.
    fn conflicts(&self) -> Vec<Conflict>;

    /// The functions and procedures of users with the schemas they are in.
    fn routines(&self) -> Result<Vec<(Arc<Schema>, Arc<Routine>)>>;

    /// May somebody run a function or a procedure?
    fn may_execute(&self, actor: &Actor, routine: &Routine) -> Result<bool>;

    /// May somebody write functions or procedures in a language?
    fn may_write_in(&self, actor: &Actor, language: Oid) -> Result<bool>;
}

impl Directory for TransactionView {
    fn in_database(&self, database: Oid) -> Option<Arc<dyn Directory>> {
        Some(TransactionView::in_database(self, database))
    }

    fn schemas(&self) -> Result<Vec<Arc<Schema>>> {
        self.schemas()
    }

    fn relations(&self) -> Result<Vec<Arc<Relation>>> {
        self.relations()
    }

    fn relation_by_oid(&self, oid: Oid) -> Result<Option<Arc<Relation>>> {
        self.relation_by_oid(oid)
    }

    fn relation_by_name(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        crate::catalog::CatalogView::relation(self, schema, name)
    }

    fn users(&self) -> Result<Vec<Arc<User>>> {
        self.users()
    }

    fn groups(&self) -> Result<Vec<Arc<Group>>> {
        self.groups()
    }

    fn databases(&self) -> Result<Vec<Arc<Database>>> {
        self.databases()
    }

    fn roles(&self) -> Result<Vec<Arc<Role>>> {
        self.roles()
    }

    fn iam_roles(&self) -> Result<Vec<Arc<IamRole>>> {
        self.iam_roles()
    }

    fn actor(&self, user: Oid) -> Result<Arc<Actor>> {
        self.actor(user)
    }

    fn relation_rights(&self, actor: &Actor, relation: &Relation) -> Result<RelationRights> {
        self.rights_on(actor, relation)
    }

    fn may_with_schema(&self, actor: &Actor, schema: &Schema, privilege: Privilege) -> Result<bool> {
        self.may_with_schema(actor, schema, privilege)
    }

    fn may_with_database(&self, actor: &Actor, database: Oid, privilege: Privilege) -> Result<bool> {
        self.may_with_database(actor, database, privilege)
    }

    fn grants(&self) -> Result<Vec<GrantEntry>> {
        self.grants()
    }

    fn rls_policies(&self) -> Result<Vec<(Arc<Database>, Arc<RlsPolicy>)>> {
        let mut all = Vec::new();
        for database in self.databases()? {
            let policies = TransactionView::in_database(self, database.oid).rls_policies()?;
            all.extend(policies.into_iter().map(|policy| (Arc::clone(&database), policy)));
        }
        Ok(all)
    }

    fn statistics(&self, table: Oid) -> Result<TableStatistics> {
        self.table_statistics(table)
    }

    fn table_version(&self, table: Oid) -> Result<i64> {
        self.table_version(table)
    }

    fn changes(&self) -> Result<HashMap<Oid, Changes>> {
        self.changes()
    }

    fn locks(&self) -> Vec<TableLock> {
        self.shared().locks.on_tables()
    }

    fn conflicts(&self) -> Vec<Conflict> {
        self.shared().serialization.conflicts()
    }

    fn routines(&self) -> Result<Vec<(Arc<Schema>, Arc<Routine>)>> {
        self.routines()
    }

    fn may_execute(&self, actor: &Actor, routine: &Routine) -> Result<bool> {
        self.may_execute(actor, routine.owned(), routine.schema_oid)
    }

    fn may_write_in(&self, actor: &Actor, language: Oid) -> Result<bool> {
        self.may_write_in(actor, language)
    }
}

/// The names of users, groups and roles, by id.
pub(crate) struct Principals {
    pub users: HashMap<u32, String>,
    pub groups: HashMap<u32, String>,
    pub roles: HashMap<u32, String>,
}

impl Principals {
    pub fn of(directory: &dyn Directory) -> Result<Principals> {
        let users = directory.users()?.iter().map(|user| (user.id.0, user.name.clone())).collect();
        let groups = directory.groups()?.iter().map(|group| (group.id.0, group.name.clone())).collect();
        let roles = directory.roles()?.iter().map(|role| (role.id.0, role.name.clone())).collect();
        Ok(Principals { users, groups, roles })
    }

    /// What `pg_get_userbyid` gives. The system's own objects belong to `rdsdb`, whose id is 1.
    pub fn user(&self, id: u32) -> String {
        match self.users.get(&id) {
            Some(name) => name.clone(),
            None if id == super::SYSTEM_USER => "rdsdb".to_string(),
            None => format!("unknown (OID={id})"),
        }
    }

    /// Id, name and kind of somebody who holds a privilege, as `identity_id`, `identity_name` and `identity_type` have them.
    pub fn grantee(&self, grantee: Grantee) -> (u32, String, &'static str) {
        match grantee {
            Grantee::Public => (0, "public".to_string(), "public"),
            Grantee::User(id) => (id.0, self.user(id.0), "user"),
            Grantee::Group(id) => (id.0, self.groups.get(&id.0).cloned().unwrap_or_default(), "group"),
            Grantee::Role(id) => (id.0, self.roles.get(&id.0).cloned().unwrap_or_default(), "role"),
            // What policies hold is shown nowhere.
            Grantee::RlsPolicy(id) => (id.0, String::new(), "rls policy"),
        }
    }
}
