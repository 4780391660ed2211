//! What the base relations are made from.

use std::sync::Arc;

use redshift_sql_dialect::Result;

use super::{Activity, Directory, logs::Logs, visibility::Visibility};
use crate::{
    Engine,
    binder::SessionInfo,
    catalog::{Actor, Database, Oid},
};

/// What a statement's system relations tell of: its transaction's catalog, its session and the engine's logs.
#[derive(Clone)]
pub struct Source {
    /// The catalog as the transaction sees it.
    pub directory: Arc<dyn Directory>,
    /// The session.
    pub session: Arc<SessionInfo>,
    /// The logs.
    pub logs: Logs,
    /// Who is connected.
    pub activity: Activity,
    /// What plans are made by; none where there is only a catalog.
    pub engine: Option<Engine>,
    /// Is it of another database than the session is connected to? Then the system's relations are not among its own.
    pub elsewhere: bool,
    /// Is it asked only for the columns that a late-binding view has? Then there are none of other such views to list:
    /// a view may read the list that it is in.
    pub describing: bool,
}

impl Source {
    /// The same of another database; none where only one is known.
    pub(crate) fn in_database(&self, database: &Database) -> Option<Source> {
        if database.name == self.session.database {
            return Some(self.clone());
        }
        let directory = self.directory.in_database(database.oid)?;
        let session = Arc::new(SessionInfo { database: database.name.clone(), ..(*self.session).clone() });
        Some(Source { directory, session, elsewhere: true, ..self.clone() })
    }

    /// Is the session's user a superuser?
    pub(crate) fn is_superuser(&self) -> Result<bool> {
        Ok(self.session.superuser)
    }

    /// The session's user, with all that they hold privileges through.
    pub(crate) fn actor(&self) -> Result<Arc<Actor>> {
        self.directory.actor(Oid(self.session.user_id))
    }

    /// Does the session's user see the rows of others in the logs (c_visibility-of-data)?
    pub(crate) fn sees_all_rows(&self) -> Result<bool> {
        Ok(self.session.superuser || self.actor()?.sees_all_rows())
    }

    /// pg_database.oid of the session's database.
    pub(crate) fn database_oid(&self) -> Result<u32> {
        let databases = self.directory.databases()?;
        Ok(databases
            .iter()
            .find(|database| database.name == self.session.database)
            .map_or(0, |database| database.oid.0))
    }

    /// Which relations unqualified names find.
    pub(crate) fn visibility(&self) -> Result<Visibility> {
        let relations = self.directory.relations()?;
        Ok(Visibility::new(&self.session, relations.iter().map(|relation| &**relation)))
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("session", &self.session).finish_non_exhaustive()
    }
}
