//! Whose each statement is, in a file, so that a gateway that starts anew knows the statements that were started before.
//!
//! A line of JSON for each, without its text. The service keeps statements for 24 hours; older lines are not read. The file is
//! followed by another when it is full, and the one before it is kept: together they have the newest 50,000 statements and more.

use std::{collections::HashMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::ledger::RETENTION;
use crate::{audit::Sink, http::now, policy::Limits};

/// Bytes of a file: a line has some 150.
const MAX_BYTES: u64 = 16 << 20;

/// What is written of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was started, in microseconds since 1970.
    pub at: i64,
    /// Its id.
    pub id: String,
    /// Whose it is; none where the gateway knew no users.
    pub owner: Option<String>,
    /// The name of its target.
    pub target: String,
    /// What bounds the result of each of its texts, where policies do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limits>,
}

/// The file, and what was in it at the start.
pub struct Journal {
    earlier: HashMap<String, Entry>,
    sink: Sink,
}

impl Journal {
    /// Reads the file and opens it for more.
    ///
    /// # Errors
    /// Where it cannot be read or written, in one line.
    pub fn open(path: &Path) -> Result<Journal, String> {
        let failed = |error: io::Error| format!("cannot use {}: {error}", path.display());
        let mut before = path.as_os_str().to_owned();
        before.push(".1");
        let mut earlier = HashMap::new();
        for file in [Path::new(&before), path] {
            let text = match fs::read_to_string(file) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            // The last line of one that was cut off is nobody's.
            let entries = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
            let oldest = now() - RETENTION;
            earlier.extend(entries.filter(|entry| entry.at > oldest).map(|entry| (entry.id.clone(), entry)));
        }
        Ok(Journal { earlier, sink: Sink::file(path, MAX_BYTES, 1).map_err(failed)? })
    }

    /// A statement from before the start, if it is this user's.
    pub fn earlier(&self, id: &str, owner: Option<&str>) -> Option<&Entry> {
        let is_kept = |entry: &&Entry| now() - entry.at < RETENTION && entry.owner.as_deref() == owner;
        self.earlier.get(id).filter(is_kept)
    }

    /// Writes a statement down. Where that fails, it is not known after the next start.
    pub fn note(&self, entry: &Entry) {
        let written = serde_json::to_vec(entry).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.sink.write(&line)
        });
        if let Err(error) = written {
            tracing::warn!(%error, id = entry.id, "a statement will not be known after the next start");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, at: i64) -> Entry {
        let (owner, target) = (Some("ana".to_string()), "sales".to_string());
        let limits = vec![Limits { rows: Some((100, "analysts".to_string())), bytes: None }];
        Entry { at, id: id.to_string(), owner, target, limits }
    }

    #[test]
    fn what_was_written_is_known_after_the_next_start_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("statements.jsonl");
        let journal = Journal::open(&file).unwrap();
        let (new, old) = (entry("new", now()), entry("old", now() - RETENTION));
        journal.note(&new);
        journal.note(&old);
        assert_eq!(journal.earlier("new", Some("ana")), None);
        fs::rename(&file, folder.path().join("statements.jsonl.1")).unwrap();
        fs::write(&file, "{\"at\":1,\"id\":\"cut").unwrap();
        let journal = Journal::open(&file).unwrap();
        assert_eq!(journal.earlier("new", Some("ana")), Some(&new));
        assert_eq!(journal.earlier("new", Some("ben")), None);
        assert_eq!(journal.earlier("new", None), None);
        assert_eq!(journal.earlier("old", Some("ana")), None);
        assert!(Journal::open(&folder.path().join("no/such/folder")).err().unwrap().starts_with("cannot use "));
    }
}
