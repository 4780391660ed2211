//! `blueshift user`: changes the file of users who may pass the gateway.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use rand::{Rng, distr::Alphanumeric};

use crate::auth::{users::UsersDocument, verifier::VerifierKind};

/// Characters of a password that is made.
const LENGTH: usize = 32;
/// What ids of access keys begin with, and how many characters follow: as long as those of AWS, and none of them.
const KEY_ID: (&str, usize) = ("BLUE", 16);
/// Characters of the secret of an access key, as many as AWS's have.
const SECRET_LENGTH: usize = 40;

/// The arguments of `user`.
#[derive(Debug, Clone, Args)]
pub struct UserArgs {
    /// The file of users
    #[arg(long, value_name = "FILE", default_value = "users.toml", env = "BLUESHIFT_USERS", global = true)]
    pub users: PathBuf,

    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Add a user; the password is asked for, read from standard input, or made
    Add {
        /// The user's name
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
        /// Groups that policies are for, with commas between them
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        groups: Vec<String>,
        /// No password: the user comes with a certificate or a token
        #[arg(long, conflicts_with_all = ["generate", "verifier"])]
        no_password: bool,
    },
    /// Give a user another password
    Password {
        /// The user's name
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Issue an access key, with which a user signs requests to the gateway's Data API; it is printed once
    Key {
        /// The user's name
        name: String,
        /// Take this access key away, instead
        #[arg(long, value_name = "ID")]
        remove: Option<String>,
    },
    /// Remove a user
    Remove {
        /// The user's name
        name: String,
    },
    /// Lock a user: nobody gets in under that name
    Lock {
        /// The user's name
        name: String,
    },
    /// Let a locked user in again
    Unlock {
        /// The user's name
        name: String,
    },
    /// List the users
    List,
}

#[derive(Debug, Clone, Args)]
struct PasswordArgs {
    /// Make a password and print it
    #[arg(long)]
    generate: bool,
    /// How the password is kept
    #[arg(long, value_enum, default_value_t)]
    verifier: VerifierKind,
}

/// Runs the command.
pub fn run(arguments: &UserArgs) -> ExitCode {
    match change(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("blueshift: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn change(arguments: &UserArgs) -> Result<(), String> {
    let mut users = UsersDocument::open(&arguments.users)?;
    match &arguments.action {
        Action::List => {
            for (name, kind, locked, groups) in users.list() {
                let lock = if locked { "  locked" } else { "" };
                println!("{name}  {kind}  {}{lock}", groups.join(","));
            }
            return Ok(());
        }
        Action::Add { name, groups, no_password: true, .. } => {
            users.add(name, None, VerifierKind::default(), groups)?;
        }
        Action::Add { name, password, groups, no_password: false } => {
            users.add(name, Some(&password.read()?), password.verifier, groups)?;
        }
        Action::Password { name, password } => users.set_password(name, &password.read()?, password.verifier)?,
        Action::Key { name, remove: Some(id) } => users.remove_key(name, id)?,
        Action::Key { name, remove: None } => {
            let (prefix, length) = KEY_ID;
            let id = format!("{prefix}{}", random(length).to_ascii_uppercase());
            let secret = random(SECRET_LENGTH);
            users.add_key(name, &id, &secret)?;
            users.save()?;
            // As AWS's tools have it in their file of credentials.
            println!("aws_access_key_id = {id}\naws_secret_access_key = {secret}");
            return Ok(());
        }
        Action::Remove { name } => users.remove(name)?,
        Action::Lock { name } => users.set_locked(name, true)?,
        Action::Unlock { name } => users.set_locked(name, false)?,
    }
    users.save()
}

/// So many letters and digits that nobody guesses.
fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

impl PasswordArgs {
    fn read(&self) -> Result<String, String> {
        if self.generate {
            let password = random(LENGTH);
            println!("{password}");
            return Ok(password);
        }
        let failed = |error: io::Error| format!("cannot read the password: {error}");
        let password = if io::stdin().is_terminal() {
            let password = rpassword::prompt_password("Password: ").map_err(failed)?;
            if rpassword::prompt_password("Again: ").map_err(failed)? != password {
                return Err("the passwords differ".to_string());
            }
            password
        } else {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map_err(failed)?;
            line.trim_end_matches(['\r', '\n']).to_string()
        };
        if password.is_empty() { Err("a password is expected".to_string()) } else { Ok(password) }
    }
}
