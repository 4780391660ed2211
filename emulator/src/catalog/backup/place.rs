//! Where backups are: folders beside the data, or memory.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as ObjectPath};
use redshift_sql_dialect::{Error, Result};
use rusqlite::{Connection, OpenFlags};

use super::{BackupId, Linked, copy, missing};
use crate::catalog::{
    Oid, Shared,
    garbage::data_path,
    objects::locked,
    sql::{io_error, sql_error, sync_folder},
};

/// What a backup is called that is not finished, or not there any more.
const PART: &str = "part";
/// Its catalog.
const CATALOG: &str = "catalog.db";
/// Its data files.
const DATA: &str = "data";

/// The backups of a catalog.
pub(crate) enum Backups {
    /// In this folder.
    Folder(PathBuf),
    /// Their catalogs; their data files are in the catalog's own store, under [`in_memory`].
    Memory(Mutex<HashMap<BackupId, Arc<Mutex<Connection>>>>),
}

/// A backup that is being made.
pub(super) struct Begun {
    pub(super) connection: Connection,
}

impl Backups {
    /// Those of the catalog in a folder, or in memory. Removes what a crash has left.
    pub(crate) fn of(folder: Option<&Path>) -> Result<Backups> {
        let Some(folder) = folder else { return Ok(Backups::Memory(Mutex::default())) };
        let folder = folder.join("snapshots");
        for entry in entries(&folder)? {
            if entry.extension().is_some_and(|extension| extension == PART) {
                fs::remove_dir_all(&entry).map_err(|error| io_error(&error))?;
            }
        }
        Ok(Backups::Folder(folder))
    }

    pub(super) fn all(&self) -> Result<Vec<BackupId>> {
        let mut all: Vec<BackupId> = match self {
            Backups::Folder(folder) => {
                let names = entries(folder)?.into_iter();
                names.filter_map(|path| BackupId::parse(path.file_name()?.to_str()?)).collect()
            }
            Backups::Memory(catalogs) => locked(catalogs).keys().copied().collect(),
        };
        all.sort_unstable();
        Ok(all)
    }

    /// An empty catalog to copy into.
    pub(super) fn begin(&self, id: BackupId) -> Result<Begun> {
        let connection = match self {
            Backups::Memory(_) => Connection::open_in_memory(),
            Backups::Folder(folder) => {
                let folder = part(folder, id);
                fs::create_dir_all(folder.join(DATA)).map_err(|error| io_error(&error))?;
                Connection::open(folder.join(CATALOG))
            }
        };
        let connection = connection.map_err(sql_error)?;
        // Nobody misses it where it is not finished.
        let pragmas = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;";
        connection.execute_batch(pragmas).map_err(sql_error)?;
        Ok(Begun { connection })
    }

    /// Links the catalog's data files into a backup that is being made.
    pub(super) async fn link_in(&self, shared: &Shared, id: BackupId, files: &[Linked]) -> Result<()> {
        let files = files.iter().filter(|file| file.data).map(|file| file.from);
        match self {
            Backups::Folder(folder) => {
                let (from, to) = (shared.place.data_folder().unwrap_or_default(), part(folder, id).join(DATA));
                let links = files.map(|(table, file)| {
                    let path = data_path(table, file);
                    (from.join(path.as_ref()), to.join(path.as_ref()))
                });
                let links = links.collect();
                off_thread(move || link_all(links)).await
            }
            Backups::Memory(_) => {
                for (table, file) in files {
                    copy_object(&*shared.store, &data_path(table, file), &in_memory(id, table, file)).await?;
                }
                Ok(())
            }
        }
    }

    /// Links a backup's data files back under their new names.
    pub(super) async fn link_out(&self, shared: &Shared, id: BackupId, files: &[Linked]) -> Result<()> {
        let files = files.iter().filter(|file| file.data);
        match self {
            Backups::Folder(folder) => {
                let (from, to) =
                    (folder.join(id.to_string()).join(DATA), shared.place.data_folder().unwrap_or_default());
                let path = |(table, file): (Oid, i64)| data_path(table, file);
                let links =
                    files.map(|file| (from.join(path(file.from).as_ref()), to.join(path(file.to).as_ref()))).collect();
                off_thread(move || link_all(links)).await
            }
            Backups::Memory(_) => {
                for Linked { from, to, .. } in files {
                    copy_object(&*shared.store, &in_memory(id, from.0, from.1), &data_path(to.0, to.1)).await?;
                }
                Ok(())
            }
        }
    }

    /// A backup is finished: from now on it is there.
    pub(super) async fn keep(&self, id: BackupId, made: Begun) -> Result<()> {
        match self {
            Backups::Memory(catalogs) => {
                locked(catalogs).insert(id, Arc::new(Mutex::new(made.connection)));
                Ok(())
            }
            Backups::Folder(folder) => {
                made.connection.close().map_err(|(_, error)| sql_error(error))?;
                let (folder, part) = (folder.clone(), part(folder, id));
                off_thread(move || {
                    fs::File::open(part.join(CATALOG))?.sync_all()?;
                    sync_folder(&part.join(DATA))?;
                    sync_folder(&part)?;
                    fs::rename(&part, folder.join(id.to_string()))?;
                    sync_folder(&folder)?;
                    folder.parent().map_or(Ok(()), sync_folder)
                })
                .await
            }
        }
    }

    /// The catalog of a backup, to be read.
    pub(super) fn open(&self, id: BackupId) -> Result<Arc<Mutex<Connection>>> {
        let connection = match self {
            Backups::Memory(catalogs) => {
                return locked(catalogs).get(&id).cloned().ok_or_else(|| missing(id));
            }
            Backups::Folder(folder) => {
                let file = folder.join(id.to_string()).join(CATALOG);
                if !file.exists() {
                    return Err(missing(id));
                }
                Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql_error)?
            }
        };
        connection.execute_batch("PRAGMA temp_store = MEMORY").map_err(sql_error)?;
        copy::check_version(&connection)?;
        Ok(Arc::new(Mutex::new(connection)))
    }

    /// A backup is not there any more; [`Backups::discard`] removes what is left of it.
    pub(super) fn forget(&self, id: BackupId) -> Result<()> {
        match self {
            Backups::Memory(catalogs) => locked(catalogs).remove(&id).map(drop).ok_or_else(|| missing(id)),
            Backups::Folder(folder) => {
                let kept = folder.join(id.to_string());
                if !kept.exists() {
                    return Err(missing(id));
                }
                let renamed = fs::rename(&kept, part(folder, id)).and_then(|()| sync_folder(folder));
                renamed.map_err(|error| io_error(&error))
            }
        }
    }

    /// Removes what is left of a backup that is not finished or not there any more.
    pub(super) async fn discard(&self, shared: &Shared, id: BackupId) {
        let removed = match self {
            Backups::Folder(folder) => {
                let part = part(folder, id);
                off_thread(move || match fs::remove_dir_all(part) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                })
                .await
            }
            Backups::Memory(_) => remove_objects(&*shared.store, id).await,
        };
        if let Err(error) = removed {
            tracing::warn!(%error, %id, "a snapshot could not be removed; the next start tries again");
        }
    }
}

fn part(folder: &Path, id: BackupId) -> PathBuf {
    folder.join(format!("{id}.{PART}"))
}

/// What is in a folder; nothing where there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect()),
    };
    read.map_err(|error| io_error(&error))
}

async fn off_thread(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<()> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal(format!("a snapshot has stopped: {error}")))?.map_err(|error| io_error(&error))
}

/// Links files, or copies them where the disk has no links, and brings the folders to disk that they are in.
fn link_all(links: Vec<(PathBuf, PathBuf)>) -> io::Result<()> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for (from, to) in links {
        let Some(folder) = to.parent() else { continue };
        if folders.last().is_none_or(|last| last != folder) {
            fs::create_dir_all(folder)?;
            folders.push(folder.to_path_buf());
        }
        if fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to)?;
            fs::File::open(&to)?.sync_all()?;
        }
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))?;
    folders.first().and_then(|folder| folder.parent()).map_or(Ok(()), sync_folder)
}

/// Where a backup in memory has a file.
fn in_memory(id: BackupId, table: Oid, file: i64) -> ObjectPath {
    ObjectPath::from_iter(["snapshots".to_string(), id.to_string(), table.0.to_string(), file.to_string()])
}

async fn copy_object(store: &dyn ObjectStore, from: &ObjectPath, to: &ObjectPath) -> Result<()> {
    let copied = store.copy(from, to).await;
    copied.map_err(|error| Error::internal(format!("a file could not be copied: {error}")))
}

async fn remove_objects(store: &dyn ObjectStore, id: BackupId) -> Result<()> {
    let prefix = ObjectPath::from_iter(["snapshots".to_string(), id.to_string()]);
    let failed = |error: object_store::Error| Error::internal(error.to_string());
    let found: Vec<_> = store.list(Some(&prefix)).try_collect().await.map_err(failed)?;
    for object in found {
        store.delete(&object.location).await.map_err(failed)?;
    }
    Ok(())
}
