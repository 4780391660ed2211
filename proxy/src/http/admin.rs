//! What the control plane has the warehouse do: users and databases, made as the superuser.
//!
//! Statements are built as values, never as text.

use std::sync::Arc;

use blueshift_emulator::{Client, Login};
use redshift_sql_dialect::{
    Error, SqlState,
    ast::{AlterUser, CreateDatabase, CreateUser, Statement, UserOption},
    names::Ident,
};

use super::{
    credentials::Credentials, data_api::limits::Limits, json_rpc::ApiError, sigv4::Caller, sigv4::Identity,
    warehouses::Warehouses,
};
use crate::{
    backend::Backend,
    router::Company,
    session::{Command, Session},
    wire::cancel::Registry,
};

/// The control plane and what it reaches.
pub struct Control {
    /// Its state.
    pub warehouses: Arc<Warehouses>,
    /// The passwords that it issues.
    pub credentials: Arc<Credentials>,
    /// The warehouse.
    pub backend: Arc<dyn Backend>,
    /// Who can be cancelled there.
    pub registry: Arc<Registry>,
    /// The limits of the Data API.
    pub limits: Limits,
}

fn name(value: &str) -> Ident {
    Ident { value: value.to_string(), quoted: true, written: None, pos: 0 }
}

impl Control {
    /// Runs a statement as the superuser.
    async fn run(&self, statement: Statement) -> Result<(), Error> {
        let registration = self.registry.register();
        let door = self.warehouses.door();
        let login = Login {
            user: door.user.clone(),
            database: door.database.clone(),
            settings: vec![
                ("application_name".to_string(), "control plane".to_string()),
                ("enable_case_sensitive_identifier".to_string(), "on".to_string()),
            ],
            client: Client::local(),
            pid: registration.pid,
            control: Some(registration.control()),
        };
        let mut session = Session::new(self.backend.open(login).await?);
        // Passwords do not belong in the logs.
        let text = statement.command_name();
        let command =
            Command { statement: &statement, text, start: 0, types: &[], values: &[], company: Company::Alone };
        session.run(command).await.map(drop)
    }

    /// Is there such a database user?
    ///
    /// # Errors
    /// Where the backend cannot tell.
    pub fn user_exists(&self, user: &str) -> Result<bool, ApiError> {
        self.backend.credential(user).map(|credential| credential.is_some()).map_err(|error| failed(&error))
    }

    /// Makes a user who cannot log in with a password of its own, where there is none.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub async fn ensure_user(&self, user: &str) -> Result<(), ApiError> {
        if self.user_exists(user)? {
            return Ok(());
        }
        let create = CreateUser { name: name(user), options: vec![UserOption::Password(None)] };
        self.run_unless(Statement::CreateUser(create), SqlState::DUPLICATE_OBJECT).await
    }

    /// Makes a superuser, or gives one that there is this password.
    ///
    /// # Errors
    /// Where that fails, as where the password is too weak.
    pub async fn ensure_admin(&self, user: &str, password: Option<&str>) -> Result<(), ApiError> {
        let password = password.map(|password| UserOption::Password(Some(password.to_string())));
        let statement = if self.user_exists(user)? {
            let Some(password) = password else { return Ok(()) };
            Statement::AlterUser(AlterUser { name: name(user), options: vec![password], rename_to: None })
        } else {
            let options = vec![password.unwrap_or(UserOption::Password(None)), UserOption::CreateUser(true)];
            Statement::CreateUser(CreateUser { name: name(user), options })
        };
        self.run(statement).await.map_err(|error| failed(&error))
    }

    /// Makes a database where there is none.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub async fn ensure_database(&self, database: &str) -> Result<(), ApiError> {
        if database == self.warehouses.database() {
            return Ok(());
        }
        let create = CreateDatabase {
            name: name(database),
            owner: None,
            connection_limit: None,
            case_insensitive: false,
            isolation: None,
            source: None,
        };
        self.run_unless(Statement::CreateDatabase(create), SqlState::DUPLICATE_DATABASE).await
    }

    async fn run_unless(&self, statement: Statement, done_already: SqlState) -> Result<(), ApiError> {
        match self.run(statement).await {
            Err(error) if error.sqlstate() != done_already => Err(failed(&error)),
            _ => Ok(()),
        }
    }

    /// The database user of a caller, made where there is none: `IAM:name` or `IAMR:name`. Callers whose identity nobody
    /// told are the superuser.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub async fn user_of(&self, caller: &Caller) -> Result<String, ApiError> {
        let user = match &caller.identity {
            None => return Ok(self.warehouses.superuser().to_string()),
            Some(Identity::User(user)) => format!("IAM:{user}"),
            Some(Identity::Role(role)) => format!("IAMR:{role}"),
        };
        self.ensure_user(&user).await?;
        Ok(user)
    }
}

fn failed(error: &Error) -> ApiError {
    ApiError::validation(format!("ERROR: {}", error.message()))
}
