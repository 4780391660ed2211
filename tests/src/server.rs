//! The program under test, in a process of its own.

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::NamedTempFile;

/// The superuser of a new server.
pub const USER: &str = "admin";
/// The database of a new server.
pub const DATABASE: &str = "dev";

/// The variable that says what clients of a test talk to: `emulator`, which is the default, or `gateway`, which is a gateway
/// whose Data API is an emulator's.
pub const TARGET: &str = "BLUESHIFT_TARGET";

/// A running server; dropping it stops it.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The last one is the one that clients talk to.
    processes: Vec<Process>,
    /// What the gateway was started with.
    _config: Option<NamedTempFile>,
}

type Failure = Box<dyn Error + Send + Sync>;

impl Server {
    /// Starts one that keeps its data in memory, on a free port of 127.0.0.1, and waits until it listens; behind a gateway where
    /// the variable [`TARGET`] says so.
    ///
    /// # Errors
    /// Where the program was not built, or ends before it listens; what it said is in the error.
    pub fn start() -> Result<Server, Failure> {
        if std::env::var(TARGET).is_ok_and(|target| target == "gateway") {
            return Self::start_behind_gateway(&[]);
        }
        let (emulator, address) = Process::start(emulator_command("off")?, "127.0.0.1:")?;
        Ok(Server { address, processes: vec![emulator], _config: None })
    }

    /// Starts one, and a gateway before its Data API, through which clients reach the database of every server and these.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_behind_gateway(databases: &[&str]) -> Result<Server, Failure> {
        let (emulator, _) = Process::start(emulator_command("127.0.0.1:0")?, "127.0.0.1:")?;
        let url = format!("http://{}", emulator.said_after("http://")?);
        let mut config = NamedTempFile::new()?;
        for database in [&[DATABASE], databases].concat() {
            writeln!(config, "[targets.{database}]\nworkgroup = \"default\"\ndatabase = \"{database}\"")?;
            writeln!(config, "region = \"us-east-1\"\nendpoint-url = \"{url}\"")?;
        }
        let mut command = Command::new(program()?);
        command.args(["proxy", "--listen", "127.0.0.1:0", "--config"]).arg(config.path());
        if !databases.is_empty() {
            // They are still to be made.
            command.arg("--no-check");
        }
        command.env("AWS_ACCESS_KEY_ID", "AKIDADMIN").env("AWS_SECRET_ACCESS_KEY", "secret");
        let (gateway, address) = Process::start(command, "127.0.0.1:")?;
        Ok(Server { address, processes: vec![emulator, gateway], _config: Some(config) })
    }
}

fn emulator_command(http: &str) -> Result<Command, Failure> {
    let mut command = Command::new(program()?);
    command.args(["emulate", "--ephemeral", "--listen", "127.0.0.1:0", "--http-listen", http]);
    Ok(command)
}

impl Drop for Server {
    fn drop(&mut self) {
        while self.processes.pop().is_some() {}
    }
}

/// A process of the program, and what it has said until it listened.
struct Process {
    child: Child,
    said: String,
}

impl Process {
    /// Starts one and waits until it has said all of where it listens; the first address behind `mark` is given back.
    fn start(mut command: Command, mark: &str) -> Result<(Process, SocketAddr), Failure> {
        let program = command.get_program().to_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}: `cargo build --workspace` makes it", program.display()))?;
        let output = child.stdout.take().ok_or("the program has no output")?;
        let mut output = BufReader::new(output);
        let mut said = String::new();
        // What it says of TLS is the last.
        while !said.contains("  TLS ") {
            if output.read_line(&mut said)? == 0 {
                let status = child.wait()?;
                return Err(format!("the server ended ({status}) before it listened: {said}").into());
            }
        }
        // Nobody reads on, and a full pipe would stop the server.
        thread::spawn(move || output.read_to_end(&mut Vec::new()));
        let process = Process { child, said };
        let address = process.said_after(mark)?;
        Ok((process, address))
    }

    /// The first address that was said behind a mark, which may be its own beginning.
    fn said_after(&self, mark: &str) -> Result<SocketAddr, Failure> {
        let found = self.said.find(mark).and_then(|start| address_in(&self.said[start..]));
        found.ok_or_else(|| format!("no address behind {mark:?} in: {}", self.said).into())
    }

    /// Asks it to end, as a user would: so it leaves nothing behind.
    fn ask_to_end(&self) -> bool {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        asked.is_ok_and(|status| status.success())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.ask_to_end() {
            // Where it ended by itself there is nothing to stop.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
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
