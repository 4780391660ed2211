//! Policies of row-level security, and which relations they protect.
//!
//! A policy is an object of a database. Which policies are attached to a relation, and for whom, stands in the relation's own
//! definition ([`RowSecurity`]): who reads a relation without any asks for nothing more, and attachments go with the relation.
//! Those to a user or a role that is dropped are attached to nobody any more, because ids are never given twice.
//!
//! Sources: developer guide, "Row-level security" and the pages below it.

use std::sync::Arc;

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::SystemPrivilege};
use serde::{Deserialize, Serialize};

use super::{
    Actor, GrantObject, Grantee, Oid, Privilege, Relation, Transaction, TransactionView, encode,
    objects::{Cache, Caches, Kind, Object},
};

/// What policies call the table that they are attached to where they do not say.
pub const DEFAULT_ALIAS: &str = "rls_table";

/// A policy of row-level security.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RlsPolicy {
    /// Its OID.
    pub oid: Oid,
    /// The database that it was made in.
    pub database: Oid,
    /// Its name.
    pub name: String,
    /// How it calls the table.
    pub alias: String,
    /// The columns of the table that it reads.
    pub columns: Vec<PolicyColumn>,
    /// USING, as text that parses as an expression.
    pub using: String,
    /// USING, as SVV_RLS_POLICY shows it.
    pub shown: String,
    /// The search path that its unqualified names are looked up under.
    pub search_path: Vec<String>,
    /// The relations that it reads.
    pub lookups: Vec<Lookup>,
    /// The functions in SQL that it calls.
    pub functions: Vec<Oid>,
    /// Who made or altered it last.
    pub modified_by: Oid,
    /// When, in microseconds since 1970.
    pub modified: i64,
}

/// A column that a policy reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(with = "encode::redshift_type")]
    pub ty: RedshiftType,
}

/// A relation that a policy reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// Which relation.
    pub relation: Oid,
    /// attnums of the columns that the policy names.
    pub columns: Vec<i16>,
}

/// What protects the rows of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSecurity {
    /// ROW LEVEL SECURITY ON?
    pub on: bool,
    /// How several policies go together.
    pub conjunction: Conjunction,
    /// Is it on for datashares, over which the relation cannot be read then?
    pub on_for_datashares: bool,
    /// How several policies go together there.
    pub datashare_conjunction: Conjunction,
    /// Was it ever turned on or off?
    pub switched: bool,
    /// The policies that are attached, in the order in which they were.
    pub attached: Vec<AttachedPolicy>,
}

/// A policy that is attached to a relation for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedPolicy {
    /// Which policy.
    pub policy: Oid,
    /// For whom.
    pub grantee: Grantee,
    /// Who attached it.
    pub grantor: Oid,
}

/// How several policies go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Conjunction {
    /// Rows are seen that all of them let through.
    #[default]
    And,
    /// Rows are seen that any of them lets through.
    Or,
}

impl Conjunction {
    /// As SVV_RLS_RELATION shows it.
    pub fn word(self) -> &'static str {
        match self {
            Conjunction::And => "and",
            Conjunction::Or => "or",
        }
    }
}

impl Default for RowSecurity {
    fn default() -> Self {
        RowSecurity {
            on: false,
            conjunction: Conjunction::And,
            on_for_datashares: true,
            datashare_conjunction: Conjunction::And,
            switched: false,
            attached: Vec::new(),
        }
    }
}

/// Which rows of a relation with row-level security somebody sees.
#[derive(Debug, Clone)]
pub enum RowFilter {
    /// All: a superuser, or one with IGNORE RLS.
    Ignored,
    /// Those that these policies let through; none where there are none.
    Policies(Vec<Arc<RlsPolicy>>),
}

impl Object for RlsPolicy {
    const KIND: Kind = Kind::RlsPolicy;

    fn oid(&self) -> Oid {
        self.oid
    }

    fn parent(&self) -> Oid {
        self.database
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.rls_policies
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_OBJECT, format!("RLS policy \"{}\" already exists", self.name))
    }
}

impl Relation {
    /// Is row-level security on?
    pub fn is_rls_on(&self) -> bool {
        self.security.as_ref().is_some_and(|security| security.on)
    }

    /// The policies that are attached to it.
    pub fn attached_policies(&self) -> &[AttachedPolicy] {
        self.security.as_ref().map_or(&[], |security| &security.attached)
    }
}

impl RlsPolicy {
    /// Does it read this relation?
    pub fn lookup(&self, relation: Oid) -> Option<&Lookup> {
        self.lookups.iter().find(|lookup| lookup.relation == relation)
    }
}

impl TransactionView {
    /// The policies of the database, by OID.
    pub fn rls_policies(&self) -> Result<Vec<Arc<RlsPolicy>>> {
        Ok(self.objects_in(self.database_oid())?.into_iter().map(|version| version.object).collect())
    }

    /// The policy of this name in the database.
    pub fn rls_policy(&self, name: &str) -> Result<Option<Arc<RlsPolicy>>> {
        Ok(self.object_named(self.database_oid(), name)?.map(|version| version.object))
    }

    /// The policy with this OID.
    pub fn rls_policy_by_oid(&self, oid: Oid) -> Result<Option<Arc<RlsPolicy>>> {
        Ok(self.object(oid)?.map(|version| version.object))
    }

    /// Which rows of a relation somebody sees.
    pub fn rows_seen_by(&self, actor: &Actor, relation: &Relation) -> Result<RowFilter> {
        if actor.has_system(SystemPrivilege::IgnoreRls) {
            return Ok(RowFilter::Ignored);
        }
        let mut policies: Vec<Arc<RlsPolicy>> = Vec::new();
        for attached in relation.attached_policies() {
            // One that is attached in several ways applies once.
            if !actor.is(attached.grantee) || policies.iter().any(|policy| policy.oid == attached.policy) {
                continue;
            }
            policies.extend(self.rls_policy_by_oid(attached.policy)?);
        }
        Ok(RowFilter::Policies(policies))
    }

    /// Was SELECT on a relation granted to a policy?
    pub fn policy_may_read(&self, policy: Oid, relation: Oid) -> Result<bool> {
        let grants = self.grants_on(GrantObject::Relation(relation))?;
        let grantee = Grantee::RlsPolicy(policy);
        Ok(grants.iter().any(|entry| entry.grantee == grantee && entry.privilege == Privilege::Select))
    }
}

impl Transaction {
    /// Makes a policy; its OID is given here.
    ///
    /// # Errors
    /// 42710 where the database has one of this name.
    pub async fn create_rls_policy(&self, policy: RlsPolicy) -> Result<()> {
        self.writes_in(policy.database)?;
        self.insert_object(&RlsPolicy { oid: self.new_oid()?, ..policy }).await
    }

    /// Puts another version in the place of the policy with the same OID.
    ///
    /// # Errors
    /// XX000 where somebody else changed it.
    pub async fn update_rls_policy(&self, policy: &RlsPolicy) -> Result<()> {
        self.writes_in(policy.database)?;
        self.replace_object(policy).await
    }

    /// Drops a policy with what was granted to it; it is attached to nothing any more.
    ///
    /// # Errors
    /// XX000 where somebody else changed it.
    pub async fn drop_rls_policy(&self, policy: &RlsPolicy) -> Result<()> {
        self.writes_in(policy.database)?;
        self.drop_grantee(Grantee::RlsPolicy(policy.oid)).await?;
        self.remove_object::<RlsPolicy>(policy.oid).await
    }
}
