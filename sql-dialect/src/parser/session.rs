//! Transactions, settings, cursors, the use of prepared statements, USE and CANCEL.

use super::Parser;
use crate::{
    ast::{
        AlterSystem, Cancel, CloseCursor, Deallocate, Execute, Fetch, IsolationLevel, Reset, Set, SetValue, Statement,
        TransactionModes, Use,
    },
    error::{Error, Result},
    lexer::TokenKind,
    names::Ident,
};

/// The hint where a transaction is to be committed in two phases.
pub(super) const NO_TWO_PHASES: &str = "There is no commit in two phases.";

impl Parser<'_> {
    // ---- Transactions

    /// BEGIN, START TRANSACTION
    pub(super) fn begin(&mut self) -> Result<Statement> {
        if self.eat_word("start") {
            self.expect_word("transaction")?;
        } else {
            self.advance();
            self.transaction_word();
        }
        Ok(Statement::Begin(self.transaction_modes()?))
    }

    fn transaction_word(&mut self) {
        if !self.eat_word("work") {
            self.eat_word("transaction");
        }
    }

    pub(super) fn commit(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_word("prepared") {
            return Err(self.newer(0, NO_TWO_PHASES));
        }
        self.transaction_word();
        Ok(Statement::Commit)
    }

    pub(super) fn rollback(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_word("prepared") {
            return Err(self.newer(0, NO_TWO_PHASES));
        }
        self.transaction_word();
        if self.is_word("to") {
            return Err(self.refused_command("ROLLBACK ends the whole transaction."));
        }
        Ok(Statement::Rollback)
    }

    /// `SAVEPOINT name`
    pub(super) fn savepoint(&mut self) -> Result<Statement> {
        self.advance();
        Ok(Statement::Savepoint(self.ident()?))
    }

    /// `RELEASE [SAVEPOINT] name`
    pub(super) fn release(&mut self) -> Result<Statement> {
        self.advance();
        self.eat_word("savepoint");
        Ok(Statement::Release(self.ident()?))
    }

    /// `[ISOLATION LEVEL ...] [READ WRITE | READ ONLY]`, with or without commas.
    fn transaction_modes(&mut self) -> Result<TransactionModes> {
        let mut modes = TransactionModes::default();
        loop {
            if self.eat_words(&["isolation", "level"]) {
                modes.isolation = Some(self.isolation_level()?);
            } else if self.eat_words(&["read", "write"]) {
                modes.read_only = Some(false);
            } else if self.eat_words(&["read", "only"]) {
                modes.read_only = Some(true);
            } else if self.is_word("deferrable") || self.are_words(&["not", "deferrable"]) {
                return Err(self.newer(0, "Transactions are never deferrable."));
            } else {
                return Ok(modes);
            }
            self.eat(TokenKind::Comma);
        }
    }

    fn isolation_level(&mut self) -> Result<IsolationLevel> {
        if self.eat_word("serializable") {
            Ok(IsolationLevel::Serializable)
        } else if self.eat_words(&["read", "uncommitted"]) {
            Ok(IsolationLevel::ReadUncommitted)
        } else if self.eat_words(&["read", "committed"]) {
            Ok(IsolationLevel::ReadCommitted)
        } else if self.eat_words(&["repeatable", "read"]) {
            Ok(IsolationLevel::RepeatableRead)
        } else {
            Err(self.unexpected())
        }
    }

    // ---- Settings

    pub(super) fn set(&mut self) -> Result<Statement> {
        self.advance();
        let session = self.is_word("session") && !self.is_setting_operator(1);
        let local = self.is_word("local") && !self.is_setting_operator(1);
        if session {
            self.advance();
            if self.eat_word("authorization") {
                return self.session_authorization(local);
            }
            if self.eat_word("characteristics") {
                self.expect_words(&["as", "transaction"])?;
                return Ok(Statement::Set(Set::SessionCharacteristics(self.transaction_modes()?)));
            }
        } else if local {
            self.advance();
            if self.eat_words(&["session", "authorization"]) {
                return self.session_authorization(local);
            }
        }
        if self.eat_words(&["time", "zone"]) {
            return self.time_zone(local);
        }
        // The guide's example sets an interval without TO: SET timezone INTERVAL '-8 hours'.
        if self.is_word("timezone") && self.word_at(1, "interval") {
            self.advance();
            return self.time_zone(local);
        }
        if self.is_word("transaction") && !self.is_setting_operator(1) {
            self.advance();
            if self.is_word("snapshot") {
                return Err(self.newer(0, "Snapshots cannot be named."));
            }
            return Ok(Statement::Set(Set::Transaction(self.transaction_modes()?)));
        }
        if self.is_one_of(&["role", "constraints"]) && !self.is_setting_operator(1) {
            let what = self.folded_word().to_uppercase();
            return Err(Error::unsupported(format!("SET {what} is not supported")).at(self.pos()));
        }
        if self.eat_word("names") {
            let value = vec![SetValue::String(self.string()?)];
            let name = "client_encoding".to_owned();
            return Ok(Statement::Set(Set::Parameter { local, name, value: Some(value) }));
        }
        let name = self.parameter_name()?;
        if !self.eat(TokenKind::Eq) {
            self.expect_word("to")?;
        }
        let value = if self.eat_word("default") { None } else { Some(self.comma_list(Self::set_value)?) };
        // SET SESSION AUTHORIZATION as a parameter (developer guide, "Managing transactions").
        if name == "session_authorization" && value.as_ref().is_none_or(|values| values.len() == 1) {
            let user = value.and_then(|mut values| values.pop()).map(|user| user.text().to_owned());
            return Ok(Statement::Set(Set::SessionAuthorization { local, user }));
        }
        Ok(Statement::Set(Set::Parameter { local, name, value }))
    }

    /// Is the token so many ahead `=`, TO, or the dot of a custom parameter: what stands behind a parameter's name?
    fn is_setting_operator(&self, ahead: usize) -> bool {
        matches!(self.peek_at(ahead).kind, TokenKind::Eq | TokenKind::Dot) || self.word_at(ahead, "to")
    }

    fn session_authorization(&mut self, local: bool) -> Result<Statement> {
        let user = if self.eat_word("default") {
            None
        } else if self.begins_string(0) {
            Some(self.string()?)
        } else {
            Some(self.ident()?.value)
        };
        Ok(Statement::Set(Set::SessionAuthorization { local, user }))
    }

    fn time_zone(&mut self, local: bool) -> Result<Statement> {
        if !self.eat_word("to") {
            self.eat(TokenKind::Eq);
        }
        let zone = if self.eat_word("local") || self.eat_word("default") { None } else { Some(self.set_value()?) };
        Ok(Statement::Set(Set::TimeZone { local, zone }))
    }

    /// The name of a parameter in lower case. That of a custom one has a dot, and no quotes.
    pub(super) fn parameter_name(&mut self) -> Result<String> {
        let start = self.at;
        let quoted = self.is(TokenKind::QuotedIdent);
        let mut name = self.ident()?.value.to_lowercase();
        if quoted && (name.contains('.') || self.is(TokenKind::Dot)) {
            return Err(self.unexpected_at(start));
        }
        if self.eat(TokenKind::Dot) {
            if self.is(TokenKind::QuotedIdent) {
                return Err(self.unexpected());
            }
            name.push('.');
            name.push_str(&self.label()?.value.to_lowercase());
        }
        Ok(name)
    }

    pub(super) fn set_value(&mut self) -> Result<SetValue> {
        if self.begins_string(0) {
            return self.string().map(SetValue::String);
        }
        if self.is_word("interval") && self.begins_string(1) {
            self.advance();
            return Ok(SetValue::Interval { value: self.string()?, qualifier: self.interval_qualifier()? });
        }
        let start = self.peek();
        let signed = matches!(start.kind, TokenKind::Minus | TokenKind::Plus);
        let number = self.peek_at(usize::from(signed));
        if matches!(number.kind, TokenKind::Integer | TokenKind::Decimal | TokenKind::Float) {
            self.at += usize::from(signed) + 1;
            let sign = if start.kind == TokenKind::Minus { "-" } else { "" };
            return Ok(SetValue::Number(format!("{sign}{}", self.token_text(number))));
        }
        self.label().map(SetValue::Word)
    }

    pub(super) fn reset(&mut self) -> Result<Statement> {
        self.advance();
        let reset = if self.eat_word("all") {
            Reset::All
        } else if self.eat_words(&["session", "authorization"]) {
            Reset::SessionAuthorization
        } else if self.eat_words(&["time", "zone"]) {
            Reset::Parameter("timezone".to_owned())
        } else {
            match self.parameter_name()? {
                name if name == "session_authorization" => Reset::SessionAuthorization,
                name => Reset::Parameter(name),
            }
        };
        Ok(Statement::Reset(reset))
    }

    // ---- Databases, processes, the system

    /// `USE database`
    pub(super) fn use_database(&mut self) -> Result<Statement> {
        self.advance();
        Ok(Statement::Use(Use { database: self.database_name()? }))
    }

    /// `CANCEL pid ['message']`
    pub(super) fn cancel(&mut self) -> Result<Statement> {
        self.advance();
        let pid = self.unsigned()?;
        let message = if self.begins_string(0) { Some(self.string()?) } else { None };
        Ok(Statement::Cancel(Cancel { pid, message }))
    }

    /// SYSTEM and what follows, behind ALTER.
    pub(super) fn alter_system(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_word("set")?;
        let name = self.parameter_name()?;
        if !self.eat(TokenKind::Eq) {
            self.expect_word("to")?;
        }
        Ok(Statement::AlterSystem(AlterSystem { name, value: self.set_value()? }))
    }

    // ---- Prepared statements and cursors

    pub(super) fn execute(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let mut args = Vec::new();
        if self.eat(TokenKind::LeftParen) && !self.eat(TokenKind::RightParen) {
            args = self.comma_list(Self::expr)?;
            self.expect(TokenKind::RightParen)?;
        }
        Ok(Statement::Execute(Execute { name, args }))
    }

    pub(super) fn deallocate(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_word("prepare") && self.at + 2 < self.tokens.len() {
            self.advance();
        }
        Ok(Statement::Deallocate(Deallocate { name: self.name_or_all()? }))
    }

    pub(super) fn close_cursor(&mut self) -> Result<Statement> {
        self.advance();
        Ok(Statement::CloseCursor(CloseCursor { name: self.name_or_all()? }))
    }

    fn name_or_all(&mut self) -> Result<Option<Ident>> {
        if self.eat_word("all") { Ok(None) } else { self.ident().map(Some) }
    }

    /// `FETCH [NEXT | ALL | n | FORWARD [n | ALL]] [FROM | IN] cursor`
    pub(super) fn fetch(&mut self) -> Result<Statement> {
        self.advance();
        let mut count = Some(1);
        // A lone word is the cursor, whatever it is called.
        let is_direction = self.at + 2 < self.tokens.len();
        if is_direction {
            for word in ["prior", "first", "last", "absolute", "relative", "backward"] {
                if self.is_word(word) {
                    let what = word.to_uppercase();
                    return Err(Error::unsupported(format!("FETCH {what} is not supported"))
                        .with_hint("Cursors only move forward.")
                        .at(self.pos()));
                }
            }
            if !self.eat_word("next") {
                self.eat_word("forward");
                count = self.fetch_count()?;
            }
            if !self.eat_word("from") {
                self.eat_word("in");
            }
        }
        Ok(Statement::Fetch(Fetch { count, cursor: self.ident()? }))
    }

    fn fetch_count(&mut self) -> Result<Option<u64>> {
        if self.eat_word("all") {
            Ok(None)
        } else if self.is(TokenKind::Integer) {
            self.unsigned().map(Some)
        } else {
            Ok(Some(1))
        }
    }
}
