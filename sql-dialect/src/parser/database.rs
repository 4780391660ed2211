//! CREATE and ALTER DATABASE.

use super::Parser;
use crate::{
    ast::{
        AlterDatabase, AlterDatabaseAction, CreateDatabase, DatabaseIsolation, DatabaseOption, DatabaseSource,
        IntegrationOption, IntegrationState, IntegrationTables, Statement,
    },
    error::{Error, Result},
    lexer::TokenKind,
};

impl Parser<'_> {
    pub(super) fn create_database(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let mut database = CreateDatabase {
            name,
            owner: None,
            connection_limit: None,
            case_insensitive: false,
            isolation: None,
            source: self.database_source()?,
        };
        self.eat_word("with");
        loop {
            if self.eat_word("owner") {
                self.eat(TokenKind::Eq);
                database.owner = Some(self.principal_name()?);
            } else if self.eat_words(&["connection", "limit"]) {
                database.connection_limit = self.connection_limit()?;
            } else if self.eat_word("collate") {
                database.case_insensitive = self.case_insensitive()?;
            } else if self.eat_words(&["isolation", "level"]) {
                database.isolation = Some(self.database_isolation()?);
            } else if self.is_one_of(&["encoding", "template", "lc_collate", "lc_ctype", "tablespace"]) {
                let option = self.folded_word().to_uppercase();
                let message = format!("CREATE DATABASE option {option} is not supported");
                return Err(Error::unsupported(message)
                    .with_hint("Databases are in UTF-8; COLLATE is CASE_SENSITIVE or CASE_INSENSITIVE.")
                    .at(self.pos()));
            } else {
                return Ok(Statement::CreateDatabase(database));
            }
        }
    }

    fn database_source(&mut self) -> Result<Option<DatabaseSource>> {
        let with_permissions = self.eat_words(&["with", "permissions"]);
        if with_permissions || self.are_words(&["from", "datashare"]) {
            self.expect_words(&["from", "datashare"])?;
            let name = self.ident()?;
            self.expect_word("of")?;
            let producer = self.producer()?;
            return Ok(Some(DatabaseSource::Datashare { with_permissions, name, producer }));
        }
        if self.eat_words(&["from", "arn"]) {
            let arn = self.string()?;
            self.expect_word("with")?;
            let none = self.eat_word("no");
            self.expect_words(&["data", "catalog", "schema"])?;
            let schema = if none { None } else { Some(self.external_id()?) };
            let iam_role = if self.eat_word("iam_role") { Some(self.iam_role_value()?) } else { None };
            return Ok(Some(DatabaseSource::Arn { arn, schema, iam_role }));
        }
        if self.eat_words(&["from", "integration"]) {
            let id = self.string()?;
            let database = if self.eat_word("database") { Some(self.external_id()?) } else { None };
            let set = self.eat_word("set");
            let options = self.integration_options()?;
            if set && options.is_empty() {
                return Err(self.unexpected());
            }
            return Ok(Some(DatabaseSource::Integration { id, database, options }));
        }
        Ok(None)
    }

    fn integration_options(&mut self) -> Result<Vec<IntegrationOption>> {
        let mut options = Vec::new();
        loop {
            let make = match self.folded_word().as_str() {
                "acceptinvchars" => IntegrationOption::AcceptInvChars,
                "query_all_states" => IntegrationOption::QueryAllStates,
                "truncatecolumns" => IntegrationOption::TruncateColumns,
                "history_mode" => IntegrationOption::HistoryMode,
                "auto_remediation" => IntegrationOption::AutoRemediation,
                "refresh_interval" => {
                    self.advance();
                    self.eat(TokenKind::Eq);
                    options.push(IntegrationOption::RefreshInterval(self.unsigned()?));
                    continue;
                }
                _ => return Ok(options),
            };
            self.advance();
            options.push(make(self.equals_true_false()?));
        }
    }

    pub(super) fn connection_limit(&mut self) -> Result<Option<u32>> {
        if self.eat_word("unlimited") { Ok(None) } else { self.unsigned().map(Some) }
    }

    fn case_insensitive(&mut self) -> Result<bool> {
        let insensitive = match self.folded_word().as_str() {
            "case_insensitive" | "ci" => true,
            "case_sensitive" | "cs" => false,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(insensitive)
    }

    fn database_isolation(&mut self) -> Result<DatabaseIsolation> {
        if self.eat_word("serializable") {
            return Ok(DatabaseIsolation::Serializable);
        }
        self.expect_word("snapshot")?;
        Ok(DatabaseIsolation::Snapshot)
    }

    pub(super) fn alter_database(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let action = if self.eat_words(&["rename", "to"]) {
            AlterDatabaseAction::RenameTo(self.ident()?)
        } else if self.eat_words(&["owner", "to"]) {
            AlterDatabaseAction::OwnerTo(self.principal_name()?)
        } else if self.eat_words(&["integration", "refresh"]) {
            AlterDatabaseAction::IntegrationRefresh(self.integration_tables()?)
        } else if self.eat_words(&["integration", "set"]) {
            let options = self.integration_options()?;
            if options.is_empty() {
                return Err(self.unexpected());
            }
            let tables = if self.eat_word("for") { Some(self.integration_tables()?) } else { None };
            AlterDatabaseAction::IntegrationSet(options, tables)
        } else {
            self.eat_word("with");
            AlterDatabaseAction::Options(self.database_options()?)
        };
        Ok(Statement::AlterDatabase(AlterDatabase { name, action }))
    }

    fn database_options(&mut self) -> Result<Vec<DatabaseOption>> {
        let mut options = Vec::new();
        loop {
            options.push(if self.eat_words(&["connection", "limit"]) {
                DatabaseOption::ConnectionLimit(self.connection_limit()?)
            } else if self.eat_word("collate") {
                DatabaseOption::CaseInsensitive(self.case_insensitive()?)
            } else if self.eat_words(&["isolation", "level"]) {
                DatabaseOption::Isolation(self.database_isolation()?)
            } else if options.is_empty() {
                return Err(self.unexpected());
            } else {
                return Ok(options);
            });
        }
    }

    /// `ALL | INERROR | REMEDIABLE TABLES [IN SCHEMA names]`, `TABLE names`
    fn integration_tables(&mut self) -> Result<IntegrationTables> {
        if self.eat_word("table") {
            return self.comma_list(Self::object_name).map(IntegrationTables::Named);
        }
        let state = match self.folded_word().as_str() {
            "all" => IntegrationState::All,
            "inerror" => IntegrationState::InError,
            "remediable" => IntegrationState::Remediable,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.expect_word("tables")?;
        let schemas = if self.eat_words(&["in", "schema"]) { self.comma_list(Self::ident)? } else { Vec::new() };
        Ok(IntegrationTables::Which(state, schemas))
    }
}
