//! The simple protocol: a text of any number of statements, which are one transaction.

use pgwire::messages::response::{CommandComplete, EmptyQueryResponse};
use redshift_sql_dialect::{Error, SqlState, ast::Parsed, parse};

use super::{
    connection::Connection,
    describe::{formats_for, put_row_description},
    socket::WireError,
    stream::{Halt, Line, Sent},
};
use crate::{
    router::Company,
    rows::RowStream,
    session::{Answer, Command},
};

impl Connection<'_> {
    /// Answers a Query message.
    ///
    /// # Errors
    /// Where the connection is lost; what goes wrong with the statements is told to the client.
    pub(super) async fn simple_query(&mut self, text: &str) -> Result<(), WireError> {
        self.session.forget_prepared("");
        self.session.forget_portal("");
        if let Err(halt) = self.run_message(text).await {
            let halt = match halt {
                Halt::Failed(error) => Halt::FailedIn(text.into(), error),
                other => other,
            };
            self.report(halt).await?;
        }
        self.ready().await
    }

    /// Parses the whole message before anything runs, then runs it statement by statement.
    async fn run_message(&mut self, text: &str) -> Result<(), Halt> {
        let statements = parse(text)?;
        let Some(last) = statements.len().checked_sub(1) else {
            self.wire.put(&EmptyQueryResponse::new());
            return Ok(());
        };
        let company = if last > 0 { Company::Message } else { Company::Alone };
        for (index, parsed) in statements.iter().enumerate() {
            let tag = self.run_parsed(parsed, text, company).await?;
            if index == last {
                // A commit that fails must not be announced as done.
                self.session.finish_implicit().await?;
            }
            self.announce();
            self.wire.put(&CommandComplete::new(tag));
        }
        Ok(())
    }

    /// Runs a statement and sends its rows; what is left to send is its tag.
    async fn run_parsed(&mut self, parsed: &Parsed, text: &str, company: Company) -> Result<String, Halt> {
        if parsed.parameters > 0 {
            return Err(Error::new(SqlState::UNDEFINED_PARAMETER, "there is no parameter $1").into());
        }
        let command = Command {
            statement: &parsed.statement,
            text: parsed.text(text),
            start: parsed.begin,
            types: &[],
            values: &[],
            company,
        };
        match self.run_command(command).await? {
            Answer::Done(tag) => Ok(tag),
            Answer::Rows(mut rows) => {
                let formats = formats_for(&rows.columns, &[], self.protocol)?;
                put_row_description(self.wire.output(), &rows.columns, &formats, self.protocol);
                let (deadline, encoding) = (self.deadline(), self.encoding());
                let mut line = Line::resume(self.wire, &self.registration, deadline);
                let sent = line.send_rows(&mut rows, &formats, encoding, None).await?;
                Ok(tag_of(&rows, &sent))
            }
        }
    }

    /// Runs a statement, cancelled on demand; but a transaction ends as it ends.
    pub(super) async fn run_command(&mut self, command: Command<'_>) -> Result<Answer, Halt> {
        let deadline = self.deadline();
        let mut line = Line::begin(self.wire, &self.registration, deadline);
        if command.statement.is_transaction_control() {
            return Ok(self.session.run(command).await?);
        }
        line.interruptible(self.session.run(command)).await
    }
}

/// The command tag of rows. As in PostgreSQL 8.0, FETCH tells how many there were and SELECT does not.
pub(super) fn tag_of(rows: &RowStream, sent: &Sent) -> String {
    match rows.tag {
        "FETCH" => format!("FETCH {}", sent.rows),
        other => other.to_string(),
    }
}
