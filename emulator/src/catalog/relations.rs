//! Schemas and relations.

use std::sync::Arc;

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, Result};

use super::{Column, Oid, Relation, RelationKind, Schema, Transaction, TransactionView};

/// A schema to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchema {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Oid,
    /// Its quota in megabytes.
    pub quota_mb: Option<u64>,
}

/// A table or a view to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRelation {
    /// Its schema; see [`Transaction::temp_schema`] for temporary tables.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Oid,
    /// Its columns; their attnums are given here, in order from 1, and constraints count on that.
    pub columns: Vec<Column>,
    /// What it is. The OIDs of its constraints are given here.
    pub kind: RelationKind,
}

impl TransactionView {
    /// All schemas of the database, temporary ones included, by OID.
    pub fn schemas(&self) -> Result<Vec<Arc<Schema>>> {
        Err(Error::unsupported("schemas are not supported"))
    }

    /// The schema of this name.
    pub fn schema(&self, _name: &str) -> Result<Option<Arc<Schema>>> {
        Err(Error::unsupported("schemas are not supported"))
    }

    /// All tables and views of the database, by OID.
    pub fn relations(&self) -> Result<Vec<Arc<Relation>>> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// The tables and views of a schema, by OID.
    pub fn relations_in(&self, _schema: Oid) -> Result<Vec<Arc<Relation>>> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// The table or view with this OID.
    pub fn relation_by_oid(&self, _oid: Oid) -> Result<Option<Arc<Relation>>> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// The views, late-binding ones aside, that read this relation.
    pub fn dependents(&self, _oid: Oid) -> Result<Vec<Arc<Relation>>> {
        Err(Error::unsupported("relations are not supported"))
    }
}

impl Transaction {
    /// Makes a schema.
    ///
    /// # Errors
    /// 42P06 where there is one of this name.
    pub fn create_schema(&self, _schema: NewSchema) -> Result<Oid> {
        Err(Error::unsupported("schemas are not supported"))
    }

    /// Puts another version (name, owner, quota, comment) in the place of the schema with the same OID.
    ///
    /// # Errors
    /// 42P06 where its new name is another's.
    pub fn update_schema(&self, _schema: &Schema) -> Result<()> {
        Err(Error::unsupported("schemas are not supported"))
    }

    /// Drops a schema with everything in it; the caller has asked what is in it.
    pub fn drop_schema(&self, _schema: Oid) -> Result<()> {
        Err(Error::unsupported("schemas are not supported"))
    }

    /// Makes the session's schema of temporary tables (`pg_temp_N`) where there is none, and gives its name.
    pub fn temp_schema(&self, _owner: Oid) -> Result<String> {
        Err(Error::unsupported("temporary tables are not supported"))
    }

    /// Makes a table or a view.
    ///
    /// # Errors
    /// 42P07 where there is one of this name; 3F000 where there is no such schema.
    pub fn create_relation(&self, _relation: NewRelation) -> Result<Arc<Relation>> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// Puts another version in the place of the relation with the same OID: other name, schema, owner, columns (fewer,
    /// renamed, of wider types), constraints (with OIDs from [`Transaction::new_oid`]), comment or query. Columns are
    /// added with [`Transaction::add_column`].
    ///
    /// # Errors
    /// 42P07 where its new name is another's.
    pub fn update_relation(&self, _relation: Relation) -> Result<Arc<Relation>> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// Adds a column, whose attnum is given here. Rows that are there already have `value` in it, or NULL.
    pub fn add_column(&self, _table: &Relation, _column: Column, _value: Option<ScalarValue>) -> Result<Arc<Relation>> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// Drops a table with its rows, or a view; the caller has asked for its dependents.
    pub fn drop_relation(&self, _relation: Oid) -> Result<()> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// An OID that was never given before; never given back.
    pub fn new_oid(&self) -> Result<Oid> {
        Err(Error::unsupported("relations are not supported"))
    }

    /// Allots `rows` values of a table's identity column and gives the first; the others follow by its step. Values of a
    /// transaction that rolls back are not given again.
    pub fn allot_identity(&self, _table: &Relation, _rows: u64) -> Result<i64> {
        Err(Error::unsupported("IDENTITY is not supported"))
    }
}
