//! Sessions through a socket.

use std::net::SocketAddr;

use blueshift_tests::{
    pg::{Client, Message},
    server::USER,
};

use super::{Answer, Failure};

/// A session through a socket, by the simple protocol.
pub struct Socket(Client);

impl Socket {
    /// Opens a session as the superuser in a database.
    pub fn connect(address: SocketAddr, database: &str) -> Result<Socket, Failure> {
        Client::connect(address, USER, database).map(Socket).map_err(lost)
    }

    /// Runs a text; of several statements the last answer counts.
    pub fn run(&mut self, sql: &str) -> Result<Answer, Failure> {
        let mut oids = None;
        let mut rows = Vec::new();
        let mut answer = Answer::Done(String::new());
        let mut failure = None;
        for message in self.0.query(sql).map_err(lost)? {
            match message {
                Message::RowDescription(columns) => {
                    oids = Some(columns.into_iter().map(|column| column.oid).collect());
                    rows = Vec::new();
                }
                Message::DataRow(values) => rows.push(values.into_iter().map(|value| value.map(text)).collect()),
                Message::CommandComplete(tag) => {
                    answer = match oids.take() {
                        Some(oids) => Answer::Rows { oids, rows: std::mem::take(&mut rows) },
                        None => Answer::Done(tag),
                    };
                }
                Message::Error(report) => {
                    failure = Some(Failure {
                        sqlstate: report.field('C').to_string(),
                        message: report.field('M').to_string(),
                    });
                }
                Message::End => failure = Some(Failure { sqlstate: "08006".into(), message: "connection lost".into() }),
                _ => {}
            }
        }
        failure.map_or(Ok(answer), Err)
    }
}

fn text(value: Vec<u8>) -> String {
    String::from_utf8_lossy(&value).into_owned()
}

fn lost(e: std::io::Error) -> Failure {
    Failure { sqlstate: "08006".into(), message: e.to_string() }
}
