//! The command tag of a statement, which the Data API does not tell.
//!
//! The words are those that a cluster answers with, as the emulator has them; rows are counted by INSERT, UPDATE and DELETE.

use blueshift_emulator::CommandTag;
use redshift_sql_dialect::ast::Statement;

/// The word of the tag of a statement that gives rows.
pub fn rows_tag(statement: &Statement) -> &'static str {
    match statement {
        Statement::Show(_) | Statement::ShowObjects(_) => "SHOW",
        Statement::Explain(_) => "EXPLAIN",
        Statement::Call(_) => "CALL",
        _ => "SELECT",
    }
}

/// Does the tag of a statement count rows?
pub fn counts_rows(statement: &Statement) -> bool {
    matches!(statement, Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_))
}

/// The tag of a statement that gave no rows, and changed so many.
pub fn done_tag(statement: &Statement, rows: u64) -> CommandTag {
    match statement {
        _ if counts_rows(statement) => CommandTag::rows(statement.command_name(), rows),
        // A cluster answers both with SELECT, as PostgreSQL 8.0 does.
        Statement::CreateTableAs(_) => CommandTag::plain("SELECT"),
        Statement::RefreshMaterializedView(_) => CommandTag::plain("REFRESH"),
        Statement::CreateExternalSchema(_) => CommandTag::plain("CREATE SCHEMA"),
        Statement::Set(_) => CommandTag::plain("SET"),
        other => CommandTag::plain(other.command_name()),
    }
}
