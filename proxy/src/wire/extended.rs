//! The extended protocol: Parse, Bind, Describe, Execute, Close.
//!
//! A statement is analysed when it is parsed, so that unknown names are told there and types of parameters that the client
//! left open are known from there on, and again when it runs. What runs before a Sync is one transaction,
//! except that a statement with nothing but Sync behind it is a transaction of its own at once.

use std::sync::{Arc, OnceLock};

use blueshift_emulator::{Description, ResultColumn};
use pgwire::messages::{
    data::{NoData, ParameterDescription},
    extendedquery::{
        Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, PortalSuspended,
        TARGET_TYPE_BYTE_STATEMENT,
    },
    response::{CommandComplete, EmptyQueryResponse},
};
use redshift_sql_dialect::{Error, RedshiftType, SqlState, ast::Statement, parse};

use super::{
    connection::Connection,
    decode::parameter,
    describe::{formats_for, put_row_description},
    encode::Format,
    simple::tag_of,
    stream::{End, Halt, Line},
};
use crate::{
    router::{self, Block, Company},
    rows::RowStream,
    session::{Answer, Bound, Command, Portal, Prepared, Progress},
};

impl Connection<'_> {
    /// Parse: a statement to be kept under a name.
    pub(super) async fn parse(&mut self, message: Parse) -> Result<(), Halt> {
        let Parse { name, query, type_oids, .. } = message;
        let name = name.unwrap_or_default();
        let text: Arc<str> = query.into();
        let prepared = prepare(&text, type_oids).map_err(|error| Halt::FailedIn(Arc::clone(&text), error))?;
        let prepared = Arc::new(prepared);
        self.refuse_if_aborted(&prepared)?;
        // Drivers use the name of a statement again that failed here.
        if !self.session.describes_at_a_cost() {
            self.infer(&prepared).await?;
        }
        self.session.keep_prepared(&name, prepared)?;
        self.wire.put(&ParseComplete::new());
        Ok(())
    }

    /// Bind: a prepared statement gets its parameters.
    pub(super) async fn bind(&mut self, message: Bind) -> Result<(), Halt> {
        let Bind {
            portal_name, statement_name, parameter_format_codes, parameters, result_column_format_codes, ..
        } = message;
        let statement_name = statement_name.unwrap_or_default();
        let prepared = self.session.prepared(&statement_name)?;
        self.refuse_if_aborted(&prepared)?;
        let (given, wanted) = (parameters.len(), usize::from(prepared.parameters));
        if given != wanted {
            let message = format!(
                "bind message supplies {given} parameters, but prepared statement \"{statement_name}\" requires {wanted}"
            );
            return Err(Error::new(SqlState::PROTOCOL_VIOLATION, message).into());
        }
        let formats = parameter_formats(&parameter_format_codes, given)?;
        let undeclared = |index: usize| formats[index] == Format::Binary && prepared.declared_oid(index).is_none();
        if prepared.inferred.get().is_none() && (0..given).any(undeclared) {
            self.infer(&prepared).await?;
        }
        let mut values = Vec::with_capacity(given);
        for (index, (value, format)) in parameters.into_iter().zip(formats).enumerate() {
            values.push(parameter(value, format, prepared.wire_oid(index), index + 1)?);
        }
        let formats = result_column_format_codes.iter().map(|code| Format::of_code(*code)).collect::<Result<_, _>>()?;
        let bound = Bound { types: prepared.known_types(), prepared, values, formats };
        let portal = Portal { bound, progress: Progress::Ready };
        self.session.keep_portal(&portal_name.unwrap_or_default(), portal)?;
        self.wire.put(&BindComplete::new());
        Ok(())
    }

    /// Describe: parameters and columns of a statement, or columns of a portal.
    pub(super) async fn describe(&mut self, message: Describe) -> Result<(), Halt> {
        let name = message.name.unwrap_or_default();
        if message.target_type == TARGET_TYPE_BYTE_STATEMENT {
            let prepared = self.session.prepared(&name)?;
            let described = self.infer(&prepared).await;
            if described.is_err() && self.session.describes_at_a_cost() {
                // It would have failed when it was parsed, and not have been kept.
                self.session.forget_prepared(&name);
            }
            let description = described?;
            let types = description.parameters.iter().map(|ty| ty.oid()).collect();
            self.wire.put(&ParameterDescription::new(types));
            return self.put_columns(&description, &[]);
        }
        if let Some(columns) = self.session.cursor_columns(&name) {
            return self.put_columns(&Description { parameters: Vec::new(), columns: Some(columns) }, &[]);
        }
        self.run_ahead(&name).await?;
        let portal = self.session.portal(&name)?;
        let bound = portal.bound.clone();
        let description = match &portal.progress {
            Progress::Suspended(rows) => {
                Description { parameters: Vec::new(), columns: Some(Arc::clone(&rows.columns)) }
            }
            Progress::Done(_) => Description { parameters: Vec::new(), columns: None },
            _ => self.description(&bound.prepared, &bound.types).await?,
        };
        self.put_columns(&description, &bound.formats)
    }

    /// Runs a portal that is about to be executed, where describing it alone would cost as much as running it.
    async fn run_ahead(&mut self, name: &str) -> Result<(), Halt> {
        if !self.session.describes_at_a_cost() {
            return Ok(());
        }
        let Some(behind) = self.wire.upcoming_execute(name) else { return Ok(()) };
        let portal = self.session.portal(name)?;
        let prepared = Arc::clone(&portal.bound.prepared);
        // Whether a procedure gives a row, its OUT arguments, nobody knows before.
        let may_give_rows = |statement: &Statement| statement.returns_rows() || matches!(statement, Statement::Call(_));
        let gives_rows = prepared.statement.as_ref().is_some_and(may_give_rows);
        if !matches!(portal.progress, Progress::Ready) || !gives_rows {
            return Ok(());
        }
        let Portal { bound, .. } = self.session.take_portal(name)?;
        self.refuse_if_aborted(&prepared)?;
        let Some(command) = command_of(&bound, behind) else { return Ok(()) };
        let progress = match self.run_command(command).await.map_err(|halt| located(&prepared, halt))? {
            Answer::Rows(rows) => Progress::Suspended(rows),
            Answer::Done(tag) => Progress::Done(tag),
        };
        self.session.put_back(name, Portal { bound, progress });
        Ok(())
    }

    /// Execute: a portal runs, or runs on.
    pub(super) async fn execute(&mut self, message: Execute) -> Result<(), Halt> {
        let name = message.name.unwrap_or_default();
        let limit = u64::try_from(message.max_rows).ok().filter(|limit| *limit > 0);
        let Portal { bound, progress } = self.session.take_portal(&name)?;
        self.refuse_if_aborted(&bound.prepared)?;
        let prepared = Arc::clone(&bound.prepared);
        let located = |halt| located(&prepared, halt);
        let progress = match progress {
            Progress::Ready => self.execute_ready(&bound, limit).await.map_err(located)?,
            Progress::Suspended(rows) => self.send_portion(rows, &bound.formats, limit).await.map_err(located)?,
            Progress::Done(tag) => {
                self.announce();
                self.wire.put(&CommandComplete::new(tag));
                Progress::Spent
            }
            Progress::Finished(tag) => {
                self.wire.put(&CommandComplete::new(tag.clone()));
                Progress::Finished(tag)
            }
            Progress::Spent => {
                let message = format!("portal \"{name}\" cannot be run anymore");
                return Err(Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message).into());
            }
        };
        self.session.put_back(&name, Portal { bound, progress });
        Ok(())
    }

    async fn execute_ready(&mut self, bound: &Bound, limit: Option<u64>) -> Result<Progress, Halt> {
        let Some(command) = command_of(bound, self.wire.upcoming()) else {
            self.wire.put(&EmptyQueryResponse::new());
            return Ok(Progress::Ready);
        };
        match self.run_command(command).await? {
            Answer::Rows(rows) => {
                check_described(bound, &rows)?;
                self.send_portion(rows, &bound.formats, limit).await
            }
            Answer::Done(tag) => {
                self.announce();
                self.wire.put(&CommandComplete::new(tag));
                Ok(Progress::Spent)
            }
        }
    }

    async fn send_portion(
        &mut self,
        mut rows: RowStream,
        formats: &[Format],
        limit: Option<u64>,
    ) -> Result<Progress, Halt> {
        let formats = formats_for(&rows.columns, formats, self.protocol)?;
        let (deadline, encoding) = (self.deadline(), self.encoding());
        let mut line = Line::resume(self.wire, &self.registration, deadline);
        let sent = line.send_rows(&mut rows, &formats, encoding, limit).await?;
        self.announce();
        match sent.end {
            End::Limit => {
                self.wire.put(&PortalSuspended::new());
                Ok(Progress::Suspended(rows))
            }
            End::Exhausted => {
                let tag = tag_of(&rows, &sent);
                self.wire.put(&CommandComplete::new(tag.clone()));
                Ok(Progress::Finished(tag))
            }
        }
    }

    /// Close: a statement or a portal is forgotten.
    pub(super) fn close(&mut self, message: Close) -> Result<(), Halt> {
        let name = message.name.unwrap_or_default();
        if message.target_type == TARGET_TYPE_BYTE_STATEMENT {
            self.session.forget_prepared(&name);
        } else {
            self.session.forget_portal(&name);
        }
        self.wire.put(&CloseComplete::new());
        Ok(())
    }

    /// In a block that failed nothing is prepared, bound or run but its end.
    fn refuse_if_aborted(&self, prepared: &Prepared) -> Result<(), Error> {
        match &prepared.statement {
            None | Some(Statement::Commit | Statement::Rollback) => Ok(()),
            Some(_) if self.session.block() == Block::Aborted => Err(router::aborted()),
            Some(_) => Ok(()),
        }
    }

    /// Describes a statement and keeps the types of its parameters.
    async fn infer(&mut self, prepared: &Arc<Prepared>) -> Result<Description, Halt> {
        let description = self.description(prepared, &prepared.types).await?;
        // A second description agrees with the first, or comes too late for what was bound.
        let _ = prepared.inferred.set(description.parameters.clone());
        if let Some(columns) = &description.columns {
            let _ = prepared.described.set(Arc::clone(columns));
        }
        Ok(description)
    }

    async fn description(
        &mut self,
        prepared: &Arc<Prepared>,
        types: &[Option<RedshiftType>],
    ) -> Result<Description, Halt> {
        let Some(statement) = &prepared.statement else {
            return Ok(Description { parameters: Vec::new(), columns: None });
        };
        let deadline = self.deadline();
        let mut line = Line::begin(self.wire, &self.registration, deadline);
        line.interruptible(self.session.describe(statement, types)).await.map_err(|halt| match halt {
            Halt::Failed(error) => Halt::FailedIn(Arc::clone(&prepared.message), error),
            other => other,
        })
    }

    fn put_columns(&mut self, description: &Description, formats: &[Format]) -> Result<(), Halt> {
        match &description.columns {
            Some(columns) => {
                let formats = formats_for(columns, formats, self.protocol)?;
                put_row_description(self.wire.output(), columns, &formats, self.protocol);
            }
            None => self.wire.put(&NoData::new()),
        }
        Ok(())
    }
}

/// What a portal runs; none where it is empty. `behind` is the type of the message that comes next.
fn command_of(bound: &Bound, behind: Option<u8>) -> Option<Command<'_>> {
    let Bound { prepared, types, values, .. } = bound;
    let statement = prepared.statement.as_ref()?;
    let company = if behind == Some(b'S') { Company::Alone } else { Company::Pipeline };
    Some(Command { statement, text: &prepared.text, start: prepared.start, types, values, company })
}

/// A client that was told of other columns would misread values in binary: a table has changed since then.
fn check_described(bound: &Bound, rows: &RowStream) -> Result<(), Error> {
    let Some(told) = bound.prepared.described.get() else { return Ok(()) };
    let formats = formats_for(&rows.columns, &bound.formats, 0)?;
    let is_same = |((told, column), format): ((&ResultColumn, &ResultColumn), &Format)| {
        *format == Format::Text || told.ty.oid() == column.ty.oid()
    };
    if told.len() == rows.columns.len() && told.iter().zip(rows.columns.iter()).zip(&formats).all(is_same) {
        return Ok(());
    }
    Err(Error::unsupported("cached plan must not change result type"))
}

/// The positions of a statement's errors count in its message.
fn located(prepared: &Prepared, halt: Halt) -> Halt {
    match halt {
        Halt::Failed(error) => Halt::FailedIn(Arc::clone(&prepared.message), error),
        other => other,
    }
}

/// The only statement of a text, with the types that the client declared.
fn prepare(text: &Arc<str>, declared: Vec<u32>) -> Result<Prepared, Error> {
    let mut statements = parse(text)?;
    if statements.len() > 1 {
        let message = "cannot insert multiple commands into a prepared statement";
        return Err(Error::new(SqlState::SYNTAX_ERROR, message));
    }
    let types: Vec<_> = declared.iter().map(|oid| declared_type(*oid)).collect();
    let prepared = Prepared {
        message: Arc::clone(text),
        text: String::new(),
        start: 0,
        statement: None,
        types,
        parameters: declared.len() as u16,
        declared,
        inferred: OnceLock::new(),
        described: OnceLock::new(),
    };
    let Some(parsed) = statements.pop() else { return Ok(prepared) };
    let parameters = prepared.parameters.max(parsed.parameters);
    let (text, start) = (parsed.text(text).to_string(), parsed.begin);
    Ok(Prepared { text, start, statement: Some(parsed.statement), parameters, ..prepared })
}

/// The type of a parameter that the client declared; none where it leaves the choice to us.
fn declared_type(oid: u32) -> Option<RedshiftType> {
    RedshiftType::from_oid(oid, -1).filter(|ty| *ty != RedshiftType::Unknown)
}

/// One format for each parameter: none given is text, one is for all.
fn parameter_formats(codes: &[i16], parameters: usize) -> Result<Vec<Format>, Error> {
    match codes {
        [] => Ok(vec![Format::Text; parameters]),
        [all] => Ok(vec![Format::of_code(*all)?; parameters]),
        each if each.len() == parameters => each.iter().map(|code| Format::of_code(*code)).collect(),
        each => {
            let message = format!("bind message has {} parameter formats but {parameters} parameters", each.len());
            Err(Error::new(SqlState::PROTOCOL_VIOLATION, message))
        }
    }
}
