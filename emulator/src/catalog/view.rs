//! The seam between names and what they stand for.

use std::sync::Arc;

use datafusion::datasource::TableProvider;
use redshift_sql_dialect::Result;

use super::{Oid, RelationRights, RowFilter, model::Relation, routines::Routine};
use crate::system::Source;

/// What a statement may ask of the catalog, as its transaction sees it.
///
/// Names come folded already. Every method sees the transaction's own writes and nobody else's uncommitted ones.
pub trait CatalogView: Send + Sync {
    /// Is there a schema of this name?
    fn has_schema(&self, schema: &str) -> Result<bool>;

    /// The table, view or system relation of this name, or none.
    fn relation(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>>;

    /// How the rows of a relation are had.
    fn contents(&self, relation: &Arc<Relation>, identity: RowIdentity) -> Result<Contents>;

    /// What a user may do with a relation.
    fn relation_rights(&self, user: Oid, relation: &Relation) -> Result<RelationRights>;

    /// Does a user have USAGE on a schema? One that is not there can be used.
    fn may_use_schema(&self, user: Oid, schema: &str) -> Result<bool>;

    /// The users' functions and procedures of this name.
    fn routines(&self, _schema: &str, _name: &str) -> Result<Vec<Arc<Routine>>> {
        Ok(Vec::new())
    }

    /// May a user run a function or a procedure?
    fn may_execute(&self, user: Oid, routine: &Routine) -> Result<bool>;

    /// Which rows of a relation a user sees that has row-level security on.
    fn row_filter(&self, _user: Oid, _relation: &Relation) -> Result<RowFilter> {
        Ok(RowFilter::Policies(Vec::new()))
    }

    /// May a user see the conditions of policies in plans (EXPLAIN RLS)?
    fn may_explain_rls(&self, _user: Oid) -> Result<bool> {
        Ok(false)
    }

    /// What a policy may do with a relation that it reads.
    fn policy_rights(&self, _policy: Oid, _relation: &Relation) -> Result<RelationRights> {
        Ok(RelationRights::default())
    }

    /// The same catalog for one who is in the database of this name, whose schemas are looked up there; none where there is
    /// no such database. The system's relations are looked up in the session's own.
    fn in_database(&self, _database: &str) -> Result<Option<Arc<dyn CatalogView>>> {
        Ok(None)
    }

    /// The same catalog for the names in a view's query, where it is another database's than those that are looked up here.
    fn around(&self, _relation: &Relation) -> Result<Option<Arc<dyn CatalogView>>> {
        Ok(None)
    }

    /// The name of the database that a relation is in, where the session is not connected to it.
    fn other_database(&self, _relation: &Relation) -> Result<Option<String>> {
        Ok(None)
    }

    /// The same catalog for one who only describes relations and reads none: it locks nothing. None where looking locks
    /// nothing anyhow.
    fn describing(&self) -> Option<Arc<dyn CatalogView>> {
        None
    }

    /// What functions that read the catalog (`pg_get_userbyid`, ...) look things up in; none where there is no system.
    fn source(&self) -> Option<&Arc<Source>> {
        None
    }
}

/// Does a scan also give what DELETE and UPDATE need to find its rows again?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowIdentity {
    /// The relation's columns only.
    Omitted,
    /// Two more columns behind them: [`ROW_FILE`] and [`ROW_POSITION`], both BIGINT.
    Included,
}

/// The column that says in which file a row is; a negative number is the inline rows of the catalog.
pub const ROW_FILE: &str = "\u{1}file";
/// The column that says at which position of its file a row is, from 0.
pub const ROW_POSITION: &str = "\u{1}position";

/// How the rows of a relation are had.
pub enum Contents {
    /// By scanning: the provider's fields are the relation's columns, in order, under their names, in the Arrow types of
    /// [`crate::types::arrow_type`].
    Scan(Arc<dyn TableProvider>),
    /// By a query: a user's view or a system relation written in SQL.
    Query {
        /// Its text.
        text: String,
        /// Where its unqualified names are looked up.
        search_path: Vec<String>,
    },
}
