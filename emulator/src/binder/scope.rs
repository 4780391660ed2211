//! What names mean in a query block.

use std::sync::Arc;

use datafusion::{common::Column, logical_expr::Expr};
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, Result, SqlState,
    names::{Ident, ObjectName},
};

use super::{
    Binder, Typed, node,
    row_security::{UnderPolicy, not_rewritten},
};
use crate::{
    catalog::permission_denied,
    functions::collation,
    result::{ColumnOrigin, ColumnValue},
    system,
    types::arrow_field,
};

/// The relations of a FROM clause and their columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub tables: Vec<ScopeTable>,
    pub columns: Vec<ScopeColumn>,
}

/// A relation as columns are qualified with it.
#[derive(Debug, Clone)]
pub(super) struct ScopeTable {
    /// Database and schema of a relation that has no alias: it can be qualified with them.
    pub path: Option<(String, String)>,
    /// Its alias or own name.
    pub name: String,
}

/// A column in sight.
#[derive(Debug, Clone)]
pub(super) struct ScopeColumn {
    /// Which of the scope's tables it belongs to: none for a sub-query without alias and for a merged column of USING.
    pub table: Option<usize>,
    /// What the user calls it.
    pub name: String,
    /// What the plan calls it.
    pub internal: String,
    pub ty: RedshiftType,
    pub origin: Option<Arc<ColumnOrigin>>,
    pub exposure: Exposure,
    pub value: ColumnValue,
}

/// By which names a column is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposure {
    /// By its name and its qualified name; `*` shows it.
    Full,
    /// By its names; `*` does not show it: a pseudo-column such as LEVEL, a system column such as pg_class.oid.
    Pseudo,
    /// By its name alone, before columns of the same name: an element of a SUPER value.
    Variable,
    /// By its qualified name and by `t.*` only: USING has merged it with another.
    Qualified,
    /// By its names, to be told that the user may not read it; `*` does not show it.
    Denied,
}

impl ScopeColumn {
    /// Does `*` show it?
    pub(super) fn is_shown(&self) -> bool {
        matches!(self.exposure, Exposure::Full | Exposure::Variable)
    }

    /// The column as an expression of its own block.
    pub(super) fn typed(&self) -> Typed {
        self.as_typed(node::column(self.internal.clone()))
    }

    /// The same, under the collation that it was declared with.
    pub(super) fn collated(&self) -> Typed {
        collation::of_origin(self.typed(), self.origin.as_deref())
    }

    /// The column as a block inside its own sees it.
    fn outer_reference(&self) -> Typed {
        let field = arrow_field(&self.internal, self.ty);
        self.as_typed(Expr::OuterReferenceColumn(field, Column::new_unqualified(self.internal.clone())))
    }

    fn as_typed(&self, expr: Expr) -> Typed {
        match (self.value, self.ty) {
            (ColumnValue::Untyped, RedshiftType::Varchar(bytes)) => Typed::untyped_column(expr, bytes),
            _ => Typed::new(expr, self.ty),
        }
    }
}

impl Scope {
    /// Adds the tables and columns of another scope behind its own.
    pub(super) fn append(&mut self, other: Scope) -> Result<()> {
        for table in &other.tables {
            if self.tables.iter().any(|mine| mine.conflicts(table)) {
                let message = format!("table name \"{}\" specified more than once", table.name);
                return Err(Error::new(SqlState::DUPLICATE_ALIAS, message));
            }
        }
        let shift = self.tables.len();
        self.tables.extend(other.tables);
        self.columns.extend(
            other
                .columns
                .into_iter()
                .map(|column| ScopeColumn { table: column.table.map(|table| table + shift), ..column }),
        );
        Ok(())
    }

    /// The table that a qualifier of folded parts names.
    pub(super) fn table(&self, qualifier: &[String]) -> Option<usize> {
        self.tables.iter().position(|table| table.is_named(qualifier))
    }

    /// The column with this internal name.
    pub(super) fn by_internal(&self, internal: &str) -> Option<&ScopeColumn> {
        self.columns.iter().find(|column| column.internal == internal)
    }

    /// What the query of FROM has in the place of a value.
    pub(super) fn value_of(&self, value: &Typed) -> ColumnValue {
        match &value.expr {
            Expr::Column(column) => self.by_internal(&column.name).map_or(ColumnValue::Varying, |found| found.value),
            _ => ColumnValue::Varying,
        }
    }

    /// A column as messages name it: `t.a`, or `a` where it has no table.
    pub(super) fn display(&self, column: &ScopeColumn) -> String {
        match column.table {
            Some(table) => format!("{}.{}", self.tables[table].name, column.name),
            None => column.name.clone(),
        }
    }

    /// ` in t, u`: what Redshift adds to the message about a column that none of these tables has.
    fn names(&self) -> String {
        let names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
        if names.is_empty() { String::new() } else { format!(" in {}", names.join(", ")) }
    }

    /// Where to look for a column that a system relation in sight does not have.
    fn hint(&self, qualifier: &[String], column: &str) -> Option<&'static str> {
        let table = self.table(qualifier);
        let columns = self.columns.iter().filter(|other| table.is_none() || other.table == table);
        let mut relations: Vec<u32> = columns.filter_map(|other| Some(other.origin.as_ref()?.table_oid)).collect();
        relations.dedup();
        relations.into_iter().find_map(|relation| system::missing_column_hint(relation, column))
    }

    /// The element of a SUPER value that has this name; of several the last.
    pub(super) fn variable(&self, name: &str) -> Option<&ScopeColumn> {
        self.columns.iter().rev().find(|column| column.exposure == Exposure::Variable && column.name == name)
    }

    fn find(&self, qualifier: &[String], name: &str) -> Result<Option<&ScopeColumn>> {
        let table = match qualifier {
            [] => None,
            _ => match self.table(qualifier) {
                None => return Ok(None),
                found => found,
            },
        };
        if let (None, Some(variable)) = (table, self.variable(name)) {
            return Ok(Some(variable));
        }
        let mut matches = self.columns.iter().filter(|column| {
            column.name == name
                && if table.is_some() { column.table == table } else { column.exposure != Exposure::Qualified }
        });
        let found = matches.next();
        if matches.next().is_some() {
            let message = format!("column reference \"{name}\" is ambiguous");
            return Err(Error::new(SqlState::AMBIGUOUS_COLUMN, message));
        }
        if let Some(column) = found
            && column.exposure == Exposure::Denied
        {
            let relation = column.origin.as_ref().map_or("", |origin| &origin.table);
            return Err(permission_denied("relation", relation));
        }
        Ok(found)
    }
}

impl ScopeTable {
    /// Can the two not stand in one FROM? Two relations of one name from different schemas can.
    fn conflicts(&self, other: &ScopeTable) -> bool {
        self.name == other.name
            && match (&self.path, &other.path) {
                (Some(mine), Some(others)) => mine == others,
                _ => true,
            }
    }

    fn is_named(&self, qualifier: &[String]) -> bool {
        match (qualifier, &self.path) {
            ([name], _) => *name == self.name,
            ([schema, name], Some(path)) => *name == self.name && *schema == path.1,
            ([database, schema, name], Some(path)) => *name == self.name && *schema == path.1 && *database == path.0,
            _ => false,
        }
    }
}

/// What a name was found to be.
pub(super) enum Resolved {
    /// A column of the block itself.
    Here(ScopeColumn),
    /// A column of an enclosing block.
    Outer(Typed),
    /// Nothing.
    Nothing,
}

impl Binder {
    /// Looks a column up in a scope and then in those of the enclosing blocks.
    ///
    /// # Errors
    /// 42702 where several columns have the name; 0A000 for a reference that skips a block, which Redshift refuses.
    pub(super) fn resolve_column(&self, scope: &Scope, name: &ObjectName) -> Result<Resolved> {
        let parts: Vec<String> = name.0.iter().map(|part| self.fold(part)).collect();
        let Some((column, qualifier)) = parts.split_last() else { return Ok(Resolved::Nothing) };
        if let Some(found) = scope.find(qualifier, column)? {
            return Ok(Resolved::Here(found.clone()));
        }
        if !qualifier.is_empty() && scope.table(qualifier).is_some() {
            return Ok(Resolved::Nothing);
        }
        for (level, outer) in self.outer.iter().enumerate().rev() {
            if let Some(found) = outer.find(qualifier, column)? {
                if matches!(self.under_policy, Some(UnderPolicy::Applied(_))) {
                    return Err(not_rewritten());
                }
                if level + 1 < self.outer.len() && self.uses.user_tables {
                    return Err(unsupported_correlation());
                }
                let outer = collation::of_origin(found.outer_reference(), found.origin.as_deref());
                return Ok(Resolved::Outer(outer));
            }
            if !qualifier.is_empty() && outer.table(qualifier).is_some() {
                break;
            }
        }
        Ok(Resolved::Nothing)
    }

    /// 42703 for a column that is not there, 42P01 for a qualifier that names no table of FROM.
    pub(super) fn no_such_column(&self, scope: &Scope, name: &ObjectName) -> Error {
        let parts: Vec<String> = name.0.iter().map(|part| self.fold(part)).collect();
        let shown = parts.join(".");
        let Some((column, qualifier)) = parts.split_last() else { return Error::internal("a name without parts") };
        let known = |scope: &Scope| scope.table(qualifier).is_some();
        let missing = |shown: String, place: &str| {
            let error = Error::new(SqlState::UNDEFINED_COLUMN, format!("column {shown} does not exist{place}"));
            match scope.hint(qualifier, column) {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        };
        if qualifier.is_empty() {
            return missing(format!("\"{shown}\""), &scope.names());
        }
        if known(scope) || self.outer.iter().any(|outer| known(outer)) {
            return missing(shown, "");
        }
        let table = qualifier.join(".");
        Error::new(SqlState::UNDEFINED_TABLE, format!("missing FROM-clause entry for table \"{table}\""))
    }

    /// The columns that `*` or `t.*` shows.
    pub(super) fn expand_wildcard(
        &self,
        scope: &Scope,
        qualifier: Option<&ObjectName>,
        pos: Pos,
    ) -> Result<Vec<ScopeColumn>> {
        let Some(name) = qualifier else {
            if scope.tables.is_empty() && scope.columns.is_empty() {
                let message = "SELECT * with no tables specified is not valid";
                return Err(super::syntax(message).at(pos));
            }
            return Ok(scope.columns.iter().filter(|column| column.is_shown()).cloned().collect());
        };
        let parts: Vec<String> = name.0.iter().map(|part| self.fold(part)).collect();
        let Some(table) = scope.table(&parts) else {
            let message = format!("relation \"{}\" does not exist", parts.join("."));
            return Err(Error::new(SqlState::UNDEFINED_TABLE, message).at(pos));
        };
        let shown = |column: &&ScopeColumn| {
            column.table == Some(table) && !matches!(column.exposure, Exposure::Pseudo | Exposure::Denied)
        };
        Ok(scope.columns.iter().filter(shown).cloned().collect())
    }

    /// Takes the columns of these names out of a list.
    ///
    /// # Errors
    /// 42703 where a name is none of the list's.
    pub(super) fn exclude(&self, columns: &mut Vec<ScopeColumn>, names: &[Ident]) -> Result<()> {
        for ident in names {
            let name = self.fold(ident);
            let before = columns.len();
            columns.retain(|column| column.name != name);
            if columns.len() == before {
                let message = format!("column \"{name}\" does not exist");
                return Err(Error::new(SqlState::UNDEFINED_COLUMN, message).at(ident.pos));
            }
        }
        Ok(())
    }

    /// Gives the columns that a plan's fields hold internal names of their own.
    pub(super) fn renamed(&mut self, field: Expr) -> (Expr, String) {
        let internal = self.fresh();
        (field.alias(internal.clone()), internal)
    }
}

/// 0A000 as Redshift words it for correlated sub-queries that it cannot run.
pub(super) fn unsupported_correlation() -> Error {
    Error::unsupported("This type of correlated subquery pattern is not supported yet")
}
