//! Files that are read again when they change: users, policies, keys, certificates.
//!
//! Nothing watches: who asks looks at the files' stamps, at most once a second. A file that has become wrong or cannot be
//! read leaves what was read before, and a word in the log; only at the start is that an error.

use std::{
    fmt::Display,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// How long what was read counts as fresh.
const FRESH: Duration = Duration::from_secs(1);

/// What tells that a file has changed.
type Stamp = Option<(SystemTime, u64)>;

/// Reads a value from its files.
type Read<T> = Box<dyn Fn() -> Result<T, String> + Send + Sync>;

/// A value that is read from files, and read again when they change.
pub struct Reloading<T> {
    paths: Vec<PathBuf>,
    read: Read<T>,
    fresh: Duration,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    stamps: Vec<Stamp>,
    looked: Instant,
}

impl<T> Reloading<T> {
    /// Reads these files with `read`.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn new<E: Display>(
        paths: Vec<PathBuf>,
        read: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Reloading<T>, E> {
        // Stamped first: a change while it is read is seen the next time.
        let stamps = stamps(&paths);
        let value = Arc::new(read()?);
        let state = Mutex::new(State { value, stamps, looked: Instant::now() });
        let read = Box::new(move || read().map_err(|error| error.to_string()));
        Ok(Reloading { paths, read, fresh: FRESH, state })
    }

    /// A value that never changes.
    pub fn fixed(value: T) -> Reloading<T> {
        let state = State { value: Arc::new(value), stamps: Vec::new(), looked: Instant::now() };
        let read = Box::new(|| Err("it has no file".to_string()));
        Reloading { paths: Vec::new(), read, fresh: FRESH, state: Mutex::new(state) }
    }

    /// Looks at the files whenever it is asked.
    #[cfg(test)]
    pub fn eager(mut self) -> Self {
        self.fresh = Duration::ZERO;
        self
    }

    /// The value as the files have it now.
    pub fn get(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.paths.is_empty() || state.looked.elapsed() < self.fresh {
            return Arc::clone(&state.value);
        }
        state.looked = Instant::now();
        let stamps = stamps(&self.paths);
        if stamps != state.stamps {
            state.stamps = stamps;
            match (self.read)() {
                Ok(value) => state.value = Arc::new(value),
                Err(reason) => {
                    tracing::error!(%reason, "a file has changed and cannot be used; what it said before holds")
                }
            }
        }
        Arc::clone(&state.value)
    }
}

fn stamps(paths: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |path: &PathBuf| {
        let data = fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    paths.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_when_it_changes_and_kept_when_it_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        fs::write(&path, "1").unwrap();
        let read = {
            let path = path.clone();
            move || -> Result<u32, String> {
                fs::read_to_string(&path).map_err(|e| e.to_string())?.parse().map_err(|_| "no number".to_string())
            }
        };
        let number = Reloading::new(vec![path.clone()], read.clone()).unwrap().eager();
        assert_eq!(*number.get(), 1);
        // Of another length: the clock of a file system may be coarse.
        fs::write(&path, "22").unwrap();
        assert_eq!(*number.get(), 22);
        fs::write(&path, "nonsense").unwrap();
        assert_eq!(*number.get(), 22);
        fs::remove_file(&path).unwrap();
        assert_eq!(*number.get(), 22);
        assert!(Reloading::new(vec![path], read).is_err());
    }
}
