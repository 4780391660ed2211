//! The `blueshift` program: arguments to configuration, and from there to the server.

use std::process::ExitCode;

use blueshift::{
    config::{Cli, Command},
    server,
};
use clap::Parser;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("BLUESHIFT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Command::Emulate(arguments) = cli.into_command();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start threads: {error}")),
    };
    let ended = runtime.block_on(server::emulate(arguments));
    // Threads that are still in a blocking call (a slow disk) must not hold up the end.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("blueshift: {message}");
    ExitCode::FAILURE
}
