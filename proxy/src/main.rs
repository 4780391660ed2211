//! The `blueshift` program: arguments to configuration, and from there to the server.

use std::process::ExitCode;

use blueshift::{
    check,
    config::{Cli, Command},
    server, user_command,
};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Planning a statement makes thousands of small values on one thread and drops them on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("BLUESHIFT_LOG").unwrap_or_else(|_| EnvFilter::new("warn,aws_config=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let ended = match cli.into_command() {
        Command::Emulate(arguments) => server::emulate(arguments),
        Command::Proxy(arguments) => server::proxy(&arguments),
        Command::User(arguments) => return user_command::run(&arguments),
        Command::Check(arguments) => return check::run(&arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("blueshift: {error}");
            ExitCode::FAILURE
        }
    }
}
