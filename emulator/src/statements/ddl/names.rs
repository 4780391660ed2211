//! Where a new object goes: its schema and name.

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::SystemPrivilege,
    names::{Ident, ObjectName},
};

use crate::{
    catalog::{Oid, Relation, Schema},
    statements::Work,
};

/// Does a statement ask for a table of the session's own?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifetime {
    Permanent,
    Temporary,
}

/// Where a new relation goes.
#[derive(Debug)]
pub(super) struct Place {
    pub database: Oid,
    pub schema: String,
    pub name: String,
}

impl Work<'_> {
    /// The schema and name of a new relation: the first schema of the search path that exists, unless it says one.
    pub(super) async fn place(&mut self, name: &ObjectName, lifetime: Lifetime) -> Result<Place> {
        self.enter_named(name.database())?;
        let session = &self.context.session;
        let object = name.object().folded(session.case_sensitive);
        if lifetime == Lifetime::Temporary {
            if let Some(schema) = name.schema()
                && schema.value != session.temp_schema
            {
                let message = "cannot create temporary relation in non-temporary schema";
                return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message).at(name.pos()));
            }
            self.require_temporary()?;
            let database = self.transaction.database().oid;
            let schema = self.transaction.temp_schema(self.state.user_id).await?;
            return Ok(Place { database, schema, name: object });
        }
        let schema = match name.schema() {
            Some(schema) if is_system(&schema.value) => {
                let message = format!("permission denied to create \"{}.{object}\"", schema.value);
                return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message)
                    .with_detail("System catalog modifications are currently disallowed.")
                    .at(name.pos()));
            }
            Some(schema) => self.schema(schema)?,
            None => self.current_schema()?,
        };
        if schema.name != session.temp_schema {
            self.require_create(&schema, &[SystemPrivilege::CreateTable, SystemPrivilege::CreateOrReplaceView])
                .map_err(|error| error.at(name.pos()))?;
        }
        Ok(Place { database: schema.database, schema: schema.name.clone(), name: object })
    }

    /// The schema of this name.
    pub(in crate::statements) fn schema(&self, name: &Ident) -> Result<Arc<Schema>> {
        let folded = name.folded(self.context.session.case_sensitive);
        self.view.schema(&folded)?.ok_or_else(|| no_such_schema(&folded).at(name.pos))
    }

    /// The schema of this name in the database of this name.
    pub(in crate::statements) fn schema_in(&self, database: Option<&Ident>, name: &Ident) -> Result<Arc<Schema>> {
        let Some(database) = database else { return self.schema(name) };
        let folded = name.folded(self.context.session.case_sensitive);
        let view = self.view.in_database(self.database(database)?.oid);
        view.schema(&folded)?.ok_or_else(|| no_such_schema(&folded).at(name.pos))
    }

    /// The first schema of the search path that exists.
    fn current_schema(&self) -> Result<Arc<Schema>> {
        for name in &self.context.session.search_path {
            if let Some(schema) = self.view.schema(name)? {
                return Ok(schema);
            }
        }
        Err(Error::new(SqlState::INVALID_SCHEMA_NAME, "no schema has been selected to create in"))
    }

    /// The relation of this name, or none.
    ///
    /// # Errors
    /// Where its schema does not exist.
    pub(super) fn find(&self, name: &ObjectName) -> Result<Option<Arc<Relation>>> {
        match self.binder().resolve(name) {
            Ok(relation) => Ok(Some(relation)),
            Err(error) if error.sqlstate() == SqlState::UNDEFINED_TABLE => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// 3F000
pub(super) fn no_such_schema(name: &str) -> Error {
    Error::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))
}

/// 42P07
pub(super) fn relation_exists(name: &str) -> Error {
    Error::new(SqlState::DUPLICATE_TABLE, format!("Relation \"{name}\" already exists"))
}

/// Is it a schema of the system, which users cannot write to?
pub(super) fn is_system(schema: &str) -> bool {
    matches!(schema, "pg_catalog" | "information_schema" | "pg_internal" | "pg_toast" | "catalog_history")
}
