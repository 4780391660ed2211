//! Transactions, settings, cursors.

use std::fmt::{self, Display, Formatter};

use super::{List, Parenthesized, Quoted, flag};
use crate::{
    ast::{
        AlterSystem, Cancel, CloseCursor, Deallocate, DeclareCursor, Execute, Fetch, IsolationLevel, Literal, Reset,
        Set, SetValue, Setting, Show, TransactionModes,
    },
    names::Ident,
    reserved::is_reserved,
};

/// With a blank before each of them.
impl Display for TransactionModes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.isolation {
            Some(IsolationLevel::ReadUncommitted) => " ISOLATION LEVEL READ UNCOMMITTED",
            Some(IsolationLevel::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
            Some(IsolationLevel::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
            Some(IsolationLevel::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
            None => "",
        })?;
        f.write_str(match self.read_only {
            Some(true) => " READ ONLY",
            Some(false) => " READ WRITE",
            None => "",
        })
    }
}

/// The name of a parameter, in quotes where it would begin another form of SET, SHOW or RESET.
pub(super) struct ParameterName<'a>(pub &'a str);

/// Words behind SET, SHOW and RESET that mean something else than a parameter.
const TAKEN: [&str; 30] = [
    "all",
    "column",
    "columns",
    "constraints",
    "databases",
    "datashares",
    "external",
    "functions",
    "grants",
    "local",
    "masking",
    "model",
    "names",
    "parameters",
    "procedure",
    "procedures",
    "rls",
    "role",
    "schemas",
    "session",
    "table",
    "tables",
    "template",
    "templates",
    "time",
    "to",
    "transaction",
    "view",
    "authorization",
    "characteristics",
];

impl Display for ParameterName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // The name of a custom parameter has no quotes.
        if self.0.contains('.') {
            return f.write_str(self.0);
        }
        let quoted = TAKEN.contains(&self.0) || is_reserved(self.0);
        write!(f, "{}", Ident { value: self.0.to_owned(), quoted, written: None, pos: 0 })
    }
}

impl Display for SetValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SetValue::Word(word) => write!(f, "{word}"),
            SetValue::String(text) => write!(f, "{}", Quoted(text)),
            SetValue::Number(number) => f.write_str(number),
            SetValue::Interval { value, qualifier } => {
                write!(f, "{}", Literal::Interval { value: value.clone(), qualifier: *qualifier })
            }
        }
    }
}

/// `parameter TO values`
impl Display for Setting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        assignment(f, &self.name, &self.value)
    }
}

fn assignment(f: &mut Formatter<'_>, name: &str, value: &Option<Vec<SetValue>>) -> fmt::Result {
    match value {
        Some(values) => write!(f, "{} TO {}", ParameterName(name), List(values)),
        None => write!(f, "{} TO DEFAULT", ParameterName(name)),
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Set::Parameter { local, name, value } => {
                write!(f, "SET {}", flag(*local, "LOCAL "))?;
                assignment(f, name, value)
            }
            Set::TimeZone { local, zone } => {
                write!(f, "SET {}TIME ZONE ", flag(*local, "LOCAL "))?;
                match zone {
                    Some(zone) => write!(f, "{zone}"),
                    None => f.write_str("DEFAULT"),
                }
            }
            Set::SessionAuthorization { local, user } => {
                write!(f, "SET {}SESSION AUTHORIZATION ", flag(*local, "LOCAL "))?;
                match user {
                    Some(user) => write!(f, "{}", Quoted(user)),
                    None => f.write_str("DEFAULT"),
                }
            }
            Set::Transaction(modes) => write!(f, "SET TRANSACTION{modes}"),
            Set::SessionCharacteristics(modes) => write!(f, "SET SESSION CHARACTERISTICS AS TRANSACTION{modes}"),
        }
    }
}

impl Display for Reset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Reset::All => f.write_str("RESET ALL"),
            Reset::Parameter(name) => write!(f, "RESET {}", ParameterName(name)),
            Reset::SessionAuthorization => f.write_str("RESET SESSION AUTHORIZATION"),
        }
    }
}

impl Display for Show {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Show::All => f.write_str("SHOW ALL"),
            Show::Parameter(name) => write!(f, "SHOW {}", ParameterName(name)),
        }
    }
}

impl Display for AlterSystem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER SYSTEM SET {} = {}", ParameterName(&self.name), self.value)
    }
}

impl Display for Cancel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CANCEL {}", self.pid)?;
        match &self.message {
            Some(message) => write!(f, " {}", Quoted(message)),
            None => Ok(()),
        }
    }
}

impl Display for Execute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "EXECUTE {}{}", self.name, Parenthesized(&self.args))
    }
}

/// The name, or ALL where there is none.
fn name_or_all(f: &mut Formatter<'_>, name: &Option<Ident>) -> fmt::Result {
    match name {
        Some(name) => write!(f, "{name}"),
        None => f.write_str("ALL"),
    }
}

impl Display for Deallocate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("DEALLOCATE PREPARE ")?;
        name_or_all(f, &self.name)
    }
}

impl Display for CloseCursor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("CLOSE ")?;
        name_or_all(f, &self.name)
    }
}

impl Display for DeclareCursor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DECLARE {} CURSOR{} FOR {}", self.name, flag(self.hold, " WITH HOLD"), self.query)
    }
}

impl Display for Fetch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.count {
            None => write!(f, "FETCH ALL FROM {}", self.cursor),
            Some(1) => write!(f, "FETCH NEXT FROM {}", self.cursor),
            Some(count) => write!(f, "FETCH FORWARD {count} FROM {}", self.cursor),
        }
    }
}
