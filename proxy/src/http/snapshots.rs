//! Snapshots of namespaces and clusters: backups of the one warehouse under names, for so many days.
//!
//! A backup is made first and gets its name then; a name goes first and its backup then. So a crash leaves at most a backup
//! without a name, which the next start removes ([`Control::forget_nameless`]).

use blueshift_emulator::catalog::{BackupId, TableRestore};
use redshift_sql_dialect::{Error, SqlState};
use uuid::Uuid;

use super::{
    admin::Control,
    json_rpc::ApiError,
    now,
    warehouses::{Snapshot, Source, State, TableRestored},
};
use crate::backend::Archive;

/// Microseconds of a day.
const DAY: i64 = 24 * 3_600 * 1_000_000;
/// How many requests for tables are remembered.
const KEPT_RESTORES: usize = 1_000;

/// Whose snapshots: each kind has names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Those of namespaces.
    Serverless,
    /// Those of clusters.
    Provisioned,
}

impl Kind {
    /// The snapshots of this kind.
    pub fn of(self, state: &State) -> &std::collections::BTreeMap<String, Snapshot> {
        match self {
            Kind::Serverless => &state.snapshots,
            Kind::Provisioned => &state.cluster_snapshots,
        }
    }

    fn of_mut(self, state: &mut State) -> &mut std::collections::BTreeMap<String, Snapshot> {
        match self {
            Kind::Serverless => &mut state.snapshots,
            Kind::Provisioned => &mut state.cluster_snapshots,
        }
    }
}

impl Snapshot {
    /// Has its time passed?
    fn is_over(&self) -> bool {
        self.retention >= 0 && now() >= self.created + self.retention * DAY
    }

    /// Days that are left; none where it is kept for ever.
    pub fn days_left(&self) -> Option<i64> {
        let left = self.created + self.retention * DAY - now();
        (self.retention >= 0).then_some((left + DAY - 1) / DAY)
    }
}

/// A snapshot that is to be taken.
pub struct NewSnapshot {
    /// Its name, which nobody has yet.
    pub name: String,
    /// Days that it is to be kept; -1 is for ever.
    pub retention: i64,
    /// What it is taken of.
    pub source: Source,
}

impl Control {
    fn archive(&self) -> Result<&dyn Archive, ApiError> {
        self.backend.archive().ok_or_else(|| {
            ApiError::client("UnsupportedOperation", "Snapshots are kept where the data is, which is not here.")
        })
    }

    /// Takes a snapshot. `name_it` changes the state together with it, as where it gets tags.
    ///
    /// # Errors
    /// `taken` where its name is another's; where it cannot be written.
    pub async fn take_snapshot(
        &self,
        kind: Kind,
        new: NewSnapshot,
        taken: impl Fn() -> ApiError,
        name_it: impl FnOnce(&mut State, &Snapshot) -> Result<(), ApiError>,
    ) -> Result<Snapshot, ApiError> {
        self.expire_snapshots().await;
        let archive = self.archive()?;
        if kind.of(&self.warehouses.state()).contains_key(&new.name) {
            return Err(taken());
        }
        let begun = now();
        let backup = archive.back_up().await.map_err(|error| failed(&error))?;
        let snapshot = Snapshot {
            name: new.name,
            backup: backup.id.to_string(),
            created: begun,
            took: now() - begun,
            bytes: backup.bytes,
            retention: new.retention,
            source: new.source,
        };
        let named = self.warehouses.change(|state| {
            if kind.of(state).contains_key(&snapshot.name) {
                return Err(taken());
            }
            name_it(state, &snapshot)?;
            kind.of_mut(state).insert(snapshot.name.clone(), snapshot.clone());
            Ok(())
        });
        if let Err(error) = named {
            self.drop_backup(&snapshot.backup).await;
            return Err(error);
        }
        Ok(snapshot)
    }

    /// Changes a snapshot that there is; none where there is none.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn change_snapshot(
        &self,
        kind: Kind,
        name: &str,
        change: impl FnOnce(&mut Snapshot),
    ) -> Result<Option<Snapshot>, ApiError> {
        self.warehouses.change(|state| {
            let Some(snapshot) = kind.of_mut(state).get_mut(name) else { return Ok(None) };
            change(snapshot);
            Ok(Some(snapshot.clone()))
        })
    }

    /// Removes a snapshot and its tags.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub async fn remove_snapshot(&self, kind: Kind, snapshot: &Snapshot) -> Result<(), ApiError> {
        self.warehouses.change(|state| {
            state.tags.remove(&super::snapshot_arn(snapshot));
            kind.of_mut(state).remove(&snapshot.name);
            Ok(())
        })?;
        self.drop_backup(&snapshot.backup).await;
        Ok(())
    }

    /// Everything becomes as it was when a snapshot was taken; all sessions end.
    ///
    /// # Errors
    /// Where it cannot be read; then nothing has changed.
    pub async fn restore_snapshot(&self, snapshot: &Snapshot) -> Result<(), ApiError> {
        let archive = self.archive()?;
        let id = BackupId::parse(&snapshot.backup).ok_or_else(|| ApiError::internal("The snapshot has no id."))?;
        archive.restore(id).await.map_err(|error| failed(&error))
    }

    /// Makes a table of one that a snapshot has; whether that succeeded is in what this gives.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub async fn restore_table(
        &self,
        snapshot: &Snapshot,
        place: (String, Option<String>),
        [from, to]: [[String; 3]; 2],
    ) -> Result<TableRestored, ApiError> {
        let archive = self.archive()?;
        let admin = match &snapshot.source {
            Source::Namespace(namespace) => namespace.admin.clone(),
            Source::Cluster(cluster) => cluster.admin.clone(),
        };
        let [source_database, source_schema, source_table] = from.clone();
        let [target_database, target_schema, new_table] = to.clone();
        let what = TableRestore {
            source_database,
            source_schema,
            source_table,
            target_database,
            target_schema,
            new_table,
            admin,
        };
        let id = BackupId::parse(&snapshot.backup).ok_or_else(|| ApiError::internal("The snapshot has no id."))?;
        let done = archive.restore_table(id, &what).await;
        let (bytes, error) = match done {
            Ok(bytes) => (bytes, None),
            Err(error) => (0, Some(error.message().to_string())),
        };
        let snapshot = snapshot.name.clone();
        let restored =
            TableRestored { id: Uuid::new_v4().to_string(), requested: now(), place, snapshot, from, to, bytes, error };
        self.warehouses.change(|state| {
            let surplus = (state.table_restores.len() + 1).saturating_sub(KEPT_RESTORES);
            state.table_restores.drain(..surplus);
            state.table_restores.push(restored.clone());
            Ok(())
        })?;
        Ok(restored)
    }

    /// Removes the snapshots whose time has passed.
    pub async fn expire_snapshots(&self) {
        let over: Vec<(Kind, Snapshot)> = {
            let state = self.warehouses.state();
            let of =
                |kind: Kind| kind.of(&state).values().filter(|one| one.is_over()).map(move |one| (kind, one.clone()));
            of(Kind::Serverless).chain(of(Kind::Provisioned)).collect()
        };
        for (kind, snapshot) in over {
            if let Err(error) = self.remove_snapshot(kind, &snapshot).await {
                tracing::warn!(error = error.message, snapshot = snapshot.name, "a snapshot cannot be removed");
            }
        }
    }

    /// Removes the backups that no snapshot names, which a crash has left.
    pub async fn forget_nameless(&self) {
        let Some(archive) = self.backend.archive() else { return };
        let all = archive.backups().unwrap_or_default();
        let named = |id: &BackupId| {
            let state = self.warehouses.state();
            let mut snapshots = state.snapshots.values().chain(state.cluster_snapshots.values());
            snapshots.any(|snapshot| snapshot.backup == id.to_string())
        };
        let nameless: Vec<_> = all.into_iter().filter(|id| !named(id)).collect();
        for id in nameless {
            self.drop_backup(&id.to_string()).await;
        }
    }

    async fn drop_backup(&self, backup: &str) {
        let (Some(archive), Some(id)) = (self.backend.archive(), BackupId::parse(backup)) else { return };
        match archive.drop_backup(id).await {
            Err(error) if error.sqlstate() != SqlState::UNDEFINED_OBJECT => {
                tracing::warn!(%error, %id, "a backup cannot be removed");
            }
            _ => {}
        }
    }
}

fn failed(error: &Error) -> ApiError {
    tracing::error!(%error, "a snapshot failed");
    ApiError::internal(error.message())
}
