//! RAISE: messages to the client, errors, and what the logs keep of them.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    plpgsql::{Raise, RaiseLevel},
};

use super::Interpreter;
use crate::{
    clock,
    result::{Notice, NoticeSeverity},
    system::logs::MessageRecord,
};

impl Interpreter<'_, '_> {
    pub(super) async fn raise(&mut self, raise: Option<&Raise>) -> Result<()> {
        let Some(raise) = raise else {
            let error = self.error.clone();
            let outside = || {
                Error::new(SqlState("0Z002"), "RAISE without parameters cannot be used outside an exception handler")
            };
            // An error that is raised again has its context.
            self.located = true;
            return Err(error.unwrap_or_else(outside));
        };
        let mut args = Vec::with_capacity(raise.args.len());
        for arg in &raise.args {
            args.push(self.text(arg).await?.unwrap_or_else(|| "<NULL>".to_string()));
        }
        let message = formatted(&raise.format, args)?;
        self.log_message(raise.level, &message);
        let severity = match raise.level {
            RaiseLevel::Exception => {
                // What raises an exception on purpose is left out of its context, as PostgreSQL 8.0 does.
                self.located = true;
                return Err(Error::new(SqlState("P0001"), message));
            }
            // Below what clients are told by default.
            RaiseLevel::Debug | RaiseLevel::Log => return Ok(()),
            RaiseLevel::Info => NoticeSeverity::Info,
            RaiseLevel::Notice => NoticeSeverity::Notice,
            RaiseLevel::Warning => NoticeSeverity::Warning,
        };
        let sqlstate = if severity == NoticeSeverity::Warning { SqlState::WARNING } else { SqlState::SUCCESS };
        self.host.state.notices.push(Notice { severity, sqlstate, message });
        Ok(())
    }

    /// Keeps a message in the logs (developer guide, "SVL_STORED_PROC_MESSAGES", "stored_proc_log_min_messages").
    fn log_message(&self, level: RaiseLevel, message: &str) {
        let level = match level {
            RaiseLevel::Debug => return,
            RaiseLevel::Log => 20,
            RaiseLevel::Info => 30,
            RaiseLevel::Notice => 40,
            RaiseLevel::Warning => 50,
            RaiseLevel::Exception => 60,
        };
        let state = &self.host.state;
        let least = match state.settings.get("stored_proc_log_min_messages") {
            Some("info") => 30,
            Some("notice") => 40,
            Some("warning") => 50,
            Some("exception") => 60,
            _ => 20,
        };
        if level < least {
            return;
        }
        state.engine.logs().append(MessageRecord {
            query: self.host.query,
            user_id: state.user_id.0,
            session_user_id: state.authenticated.id.0,
            label: state.settings.get("query_group").unwrap_or("default").to_string(),
            xid: self.host.xid(),
            pid: state.login.pid,
            time: clock::now(),
            level,
            message: message.to_string(),
            line: i32::try_from(self.line).ok(),
        });
    }
}

/// A message with its arguments in the places of `%`; `%%` is a `%`.
fn formatted(format: &str, args: Vec<String>) -> Result<String> {
    let mut message = String::new();
    let mut args = args.into_iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '%' if chars.peek() == Some(&'%') => {
                chars.next();
                message.push('%');
            }
            '%' => match args.next() {
                Some(arg) => message.push_str(&arg),
                None => return Err(Error::new(SqlState::SYNTAX_ERROR, "too few parameters specified for RAISE")),
            },
            c => message.push(c),
        }
    }
    match args.next() {
        Some(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "too many parameters specified for RAISE")),
        None => Ok(message),
    }
}
