//! Blueshift from end to end: every file under `slt/` and `wire/` is a test of its own.
//!
//! SQL scripts run three times: on the library (`slt::embedded::FILE`), through the socket (`slt::wire::FILE`), and through a
//! gateway before the Data API (`slt::gateway::FILE`); wire scripts twice (`wire::FILE`, `wire::gateway::FILE`). What a gateway
//! cannot give is in [`gateway`]. One more test sees to it that scripts call every function there is ([`functions`]).

mod functions;
mod gateway;
mod slt;
mod wire;

use std::path::{Path, PathBuf};

use blueshift_tests::server::Server;
use sqllogictest::harness::{Arguments, Failed, Trial, glob};

fn main() {
    let mut trials = Vec::new();
    for file in files("slt", "slt") {
        for engine in slt::ENGINES {
            if engine == slt::GATEWAY && !gateway::takes(&format!("slt::{}", file.name)) {
                continue;
            }
            let path = file.path.clone();
            trials.push(Trial::test(format!("slt::{engine}::{}", file.name), move || {
                slt::run(&path, engine).map_err(Failed::from)
            }));
        }
    }
    trials.push(Trial::test("functions::every_function_of_the_list_is_called", || {
        let scripts = files("slt", "slt");
        let scripts: Vec<&Path> = scripts.iter().map(|file| file.path.as_path()).collect();
        functions::check(&scripts).map_err(Failed::from)
    }));
    for file in files("wire", "wire") {
        if gateway::takes(&format!("wire::{}", file.name)) {
            let path = file.path.clone();
            trials.push(Trial::test(format!("wire::gateway::{}", file.name), move || {
                let server = Server::start_behind_gateway(&[])?;
                wire::run(&path, server.address)?;
                Ok(())
            }));
        }
        trials.push(Trial::test(format!("wire::{}", file.name), move || {
            let server = Server::start()?;
            wire::run(&file.path, server.address)?;
            Ok(())
        }));
    }
    sqllogictest::harness::run(&Arguments::from_args(), trials).exit();
}

struct File {
    path: PathBuf,
    name: String,
}

/// The files of this kind below a folder of this crate, named `folder::file`.
fn files(folder: &str, extension: &str) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let pattern = format!("{}/**/*.{extension}", root.display());
    let found = glob(&pattern).expect("the pattern is well formed");
    let mut files: Vec<File> = found
        .map(|path| path.expect("the folder can be read"))
        .map(|path| {
            let relative = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
            File { name: relative.to_string_lossy().replace('/', "::"), path }
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}
