//! The program under test, in a process of its own.

use std::{
    error::Error,
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

/// The superuser of a new server.
pub const USER: &str = "admin";
/// The database of a new server.
pub const DATABASE: &str = "dev";

/// A running server; dropping it stops it.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    process: Child,
}

impl Server {
    /// Starts one that keeps its data in memory, on a free port of 127.0.0.1, and waits until it listens.
    ///
    /// # Errors
    /// Where the program was not built, or ends before it listens; what it said is in the error.
    pub fn start() -> Result<Server, Box<dyn Error + Send + Sync>> {
        Self::start_with::<&str>(&[])
    }

    /// The same with more arguments.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with<A: AsRef<OsStr>>(arguments: &[A]) -> Result<Server, Box<dyn Error + Send + Sync>> {
        let program = program()?;
        let mut process = Command::new(&program)
            .args(["emulate", "--ephemeral", "--listen", "127.0.0.1:0", "--http-listen", "off"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}: `cargo build --workspace` makes it", program.display()))?;
        let output = process.stdout.take().ok_or("the program has no output")?;
        let mut output = BufReader::new(output);
        let mut said = String::new();
        loop {
            let start = said.len();
            if output.read_line(&mut said)? == 0 {
                let status = process.wait()?;
                return Err(format!("the server ended ({status}) before it listened: {said}").into());
            }
            if let Some(address) = address_in(&said[start..]) {
                // Nobody reads on, and a full pipe would stop the server.
                thread::spawn(move || output.read_to_end(&mut Vec::new()));
                return Ok(Server { address, process });
            }
        }
    }
}

impl Server {
    /// Asks it to end, as a user would: so it leaves nothing behind.
    fn ask_to_end(&self) -> bool {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status();
        asked.is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.ask_to_end() {
            // Where it ended by itself there is nothing to stop.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// The first `127.0.0.1:PORT` of a line.
fn address_in(line: &str) -> Option<SocketAddr> {
    let start = line.find("127.0.0.1:")?;
    let rest = &line[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// `BLUESHIFT_BIN`, or the program that was built with this test: it is two folders above it.
fn program() -> Result<PathBuf, Box<dyn Error + Send + Sync>> {
    if let Some(path) = std::env::var_os("BLUESHIFT_BIN") {
        return Ok(path.into());
    }
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(|deps| deps.parent()).ok_or("the test has no folder")?;
    Ok(folder.join(format!("blueshift{}", std::env::consts::EXE_SUFFIX)))
}
