//! Where lines go: a file that is followed by the next when it is full, or standard output.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where lines go.
pub struct Sink {
    target: Target,
    well: AtomicBool,
}

enum Target {
    None,
    Stdout,
    File(Mutex<Rotating>),
}

/// `FILE`, and behind it `FILE.1`, the youngest, to `FILE.keep`.
struct Rotating {
    path: PathBuf,
    file: File,
    written: u64,
    max_bytes: u64,
    keep: usize,
}

impl Sink {
    /// Nowhere.
    pub fn none() -> Sink {
        Sink { target: Target::None, well: AtomicBool::new(true) }
    }

    /// Standard output.
    pub fn stdout() -> Sink {
        Sink { target: Target::Stdout, well: AtomicBool::new(true) }
    }

    /// A file.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn file(path: &Path, max_bytes: u64, keep: usize) -> io::Result<Sink> {
        let file = open(path)?;
        let written = file.metadata()?.len();
        let rotating = Rotating { path: path.to_path_buf(), file, written, max_bytes, keep };
        Ok(Sink { target: Target::File(Mutex::new(rotating)), well: AtomicBool::new(true) })
    }

    /// Could the last line be written?
    pub fn is_well(&self) -> bool {
        self.well.load(Ordering::Relaxed)
    }

    /// Writes a whole line.
    ///
    /// # Errors
    /// Where it is not, or not whole, with the operating system.
    pub fn write(&self, line: &[u8]) -> io::Result<()> {
        let written = match &self.target {
            Target::None => Ok(()),
            Target::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(line).and_then(|()| stdout.flush())
            }
            Target::File(rotating) => rotating.lock().unwrap_or_else(PoisonError::into_inner).write(line),
        };
        self.well.store(written.is_ok(), Ordering::Relaxed);
        written
    }
}

impl Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        if self.written > 0 && self.written + length > self.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.written += length;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for n in (1..self.keep).rev() {
            let from = numbered(&self.path, n);
            if from.exists() {
                fs::rename(from, numbered(&self.path, n + 1))?;
            }
        }
        if self.keep > 0 {
            fs::rename(&self.path, numbered(&self.path, 1))?;
        } else {
            fs::remove_file(&self.path)?;
        }
        self.file = open(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

fn numbered(path: &Path, n: usize) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".{n}"));
    name.into()
}

/// Nobody but the owner reads it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_followed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        let sink = Sink::file(&path, 10, 2).unwrap();
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "a line that is longer\n", "six\n"] {
            sink.write(line.as_bytes()).unwrap();
        }
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!(read(&path), "six\n");
        assert_eq!(read(&numbered(&path, 1)), "a line that is longer\n");
        assert_eq!(read(&numbered(&path, 2)), "four\nfive\n");
        assert!(!numbered(&path, 3).exists());
        // Who starts anew goes on where the last one stopped.
        drop(sink);
        Sink::file(&path, 10, 2).unwrap().write(b"seven\n").unwrap();
        assert_eq!(read(&path), "six\nseven\n");
    }
}
