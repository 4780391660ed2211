//! A walk over the tree of a statement.
//!
//! Who wants to know something of all queries, names or calls in a statement implements the methods of [`Visitor`] that are
//! about it, and goes on with the function of the same name that begins with `walk_` where what is inside matters, too. The
//! walk takes every part of every node apart by name, so that a part that is added to the tree does not compile until
//! somebody has thought about it here.
//!
//! Bodies of procedures are parsed and walked as well; what cannot be parsed, and what is put together only when it runs, is
//! told with [`Visitor::visit_opaque`].

mod expr;
mod procedure;
mod query;
mod statement;

pub use expr::walk_expr;
pub use query::{walk_from_item, walk_query, walk_with};
pub use statement::walk_statement;

use crate::{
    ast::{Expr, FromItem, FunctionCall, Query, Statement},
    names::{Ident, ObjectName},
};

/// What a statement does with a relation that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// Its rows are read.
    Read,
    /// Rows are added, changed or removed.
    Write,
    /// It is made, altered or dropped, or somebody's rights on it are changed.
    Define,
    /// It is named and its rows are not touched: SHOW, COMMENT, ANALYZE, LOCK, LIKE, REFERENCES.
    Mention,
}

/// What a statement does with a function or procedure outside of expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoutineUse {
    /// CALL
    Call,
    /// It is made, altered or dropped, or somebody's rights on it are changed.
    Define,
    /// SHOW
    Mention,
}

/// Which way data go between the warehouse and a place outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// COPY, external tables
    In,
    /// UNLOAD
    Out,
}

/// Why a part of a statement cannot be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opaque {
    /// CALL, and jobs that run later: what the procedure does is in the warehouse.
    Call,
    /// EXECUTE in a procedure: the text is put together when it runs.
    DynamicSql,
    /// The body of a procedure or a text that does not parse, or is in another language.
    Body,
}

/// What is done with the parts of a statement. Each method does by default what the walk needs, and nothing else.
#[allow(unused_variables)]
pub trait Visitor {
    /// A statement, also one inside of another.
    fn visit_statement(&mut self, statement: &Statement) {
        walk_statement(self, statement);
    }

    /// A query, also one inside of another.
    fn visit_query(&mut self, query: &Query) {
        walk_query(self, query);
    }

    /// An item of FROM.
    fn visit_from_item(&mut self, item: &FromItem) {
        walk_from_item(self, item);
    }

    /// An expression.
    fn visit_expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }

    /// A call in an expression; its arguments are visited behind it.
    fn visit_call(&mut self, call: &FunctionCall) {}

    /// A table or view that is named. In FROM it may also be the name of a common table expression, or in PartiQL a path
    /// over an earlier item.
    fn visit_relation(&mut self, name: &ObjectName, usage: Use) {}

    /// A function or procedure that is named outside of expressions.
    fn visit_routine(&mut self, name: &ObjectName, usage: RoutineUse) {}

    /// A schema whose relations are named all together, or that is itself what the statement is about.
    fn visit_schema(&mut self, name: &Ident, usage: Use) {}

    /// A place outside of the warehouse, such as `s3://bucket/prefix`.
    fn visit_location(&mut self, location: &str, direction: Direction) {}

    /// A part that cannot be looked into.
    fn visit_opaque(&mut self, why: Opaque) {}

    /// Names of common table expressions that are defined from here on are known until [`Visitor::leave_scope`].
    fn enter_scope(&mut self) {}

    /// A common table expression is known from here on.
    fn define_cte(&mut self, name: &Ident) {}

    /// The end of what [`Visitor::enter_scope`] began.
    fn leave_scope(&mut self) {}
}
