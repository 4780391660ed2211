//! Bodies of procedures.

use super::{Opaque, Visitor};
use crate::plpgsql::{
    Block, Declaration, DeclarationKind, Handler, Mode, PlStatement, PlStatementKind, Raise, RowSource, parse_block,
};

/// Visits the statements and queries of a body in PL/pgSQL.
pub(super) fn walk_procedure_body<V: Visitor + ?Sized>(visitor: &mut V, text: &str, mode: Mode) {
    match parse_block(text, mode) {
        Ok(block) => walk_block(visitor, &block),
        Err(_) => visitor.visit_opaque(Opaque::Body),
    }
}

fn walk_block<V: Visitor + ?Sized>(visitor: &mut V, block: &Block) {
    let Block { label: _, declarations, body, handler, line: _ } = block;
    for Declaration { name: _, kind } in declarations {
        match kind {
            DeclarationKind::Variable { ty: _, constant: _, not_null: _, default } => {
                default.iter().for_each(|query| visitor.visit_query(query));
            }
            DeclarationKind::Cursor { args: _, query } => visitor.visit_query(query),
            DeclarationKind::Argument(_) | DeclarationKind::Alias(_) => {}
        }
    }
    walk_statements(visitor, body);
    if let Some(Handler { resumes: _, body }) = handler {
        walk_statements(visitor, body);
    }
}

fn walk_statements<V: Visitor + ?Sized>(visitor: &mut V, statements: &[PlStatement]) {
    statements.iter().for_each(|statement| walk_pl_statement(visitor, &statement.kind));
}

fn walk_pl_statement<V: Visitor + ?Sized>(visitor: &mut V, statement: &PlStatementKind) {
    match statement {
        PlStatementKind::Block(block) => walk_block(visitor, block),
        PlStatementKind::Assign { target: _, value } => visitor.visit_query(value),
        PlStatementKind::If { branches, otherwise } => {
            for (condition, statements) in branches {
                visitor.visit_query(condition);
                walk_statements(visitor, statements);
            }
            walk_statements(visitor, otherwise);
        }
        PlStatementKind::Case { operand, branches, otherwise } => {
            operand.iter().for_each(|query| visitor.visit_query(query));
            for (values, statements) in branches {
                values.iter().for_each(|query| visitor.visit_query(query));
                walk_statements(visitor, statements);
            }
            otherwise.iter().for_each(|statements| walk_statements(visitor, statements));
        }
        PlStatementKind::Loop { label: _, condition, body } => {
            condition.iter().for_each(|query| visitor.visit_query(query));
            walk_statements(visitor, body);
        }
        PlStatementKind::ForInteger { label: _, variable: _, reverse: _, from, to, body } => {
            visitor.visit_query(from);
            visitor.visit_query(to);
            walk_statements(visitor, body);
        }
        PlStatementKind::ForQuery { label: _, targets: _, source, body } => {
            walk_source(visitor, source);
            walk_statements(visitor, body);
        }
        PlStatementKind::Exit { label: _, when } | PlStatementKind::Continue { label: _, when } => {
            when.iter().for_each(|query| visitor.visit_query(query));
        }
        PlStatementKind::Raise(raise) => {
            let args = raise.iter().flat_map(|Raise { level: _, format: _, args }| args);
            args.for_each(|query| visitor.visit_query(query));
        }
        PlStatementKind::Execute { command, into: _ } => {
            visitor.visit_query(command);
            visitor.visit_opaque(Opaque::DynamicSql);
        }
        PlStatementKind::Sql { statement, text: _, into: _ } => visitor.visit_statement(statement),
        PlStatementKind::Perform(query) => visitor.visit_query(query),
        PlStatementKind::Open { cursor: _, source } => walk_source(visitor, source),
        PlStatementKind::OpenBound { cursor: _, args } => args.iter().for_each(|query| visitor.visit_query(query)),
        PlStatementKind::Fetch { cursor: _, targets: _ }
        | PlStatementKind::Close(_)
        | PlStatementKind::GetRowCount(_)
        | PlStatementKind::StartTransaction
        | PlStatementKind::Commit
        | PlStatementKind::Rollback
        | PlStatementKind::Return
        | PlStatementKind::Null => {}
    }
}

fn walk_source<V: Visitor + ?Sized>(visitor: &mut V, source: &RowSource) {
    match source {
        RowSource::Query(query) => visitor.visit_query(query),
        RowSource::Execute(text) => {
            visitor.visit_query(text);
            visitor.visit_opaque(Opaque::DynamicSql);
        }
    }
}
