//! What WITH NO SCHEMA BINDING asks of a view's query.
//!
//! Source: developer guide, "CREATE VIEW".

use redshift_sql_dialect::{
    Error, Result,
    ast::{FromItem, Query},
    names::{Ident, ObjectName},
    visit::{Use, Visitor, walk_from_item, walk_query},
};

use super::names::is_system;
use crate::statements::Work;

/// Looks at the names in the query of a late-binding view; whether the relations exist is asked when it is read.
///
/// # Errors
/// 0A000 where a relation has no schema in front, and for WITH RECURSIVE; 3F000 where the schema does not exist, 3D000 where
/// its database does not.
pub(super) fn check_late_binding(query: &Query, work: &Work<'_>) -> Result<()> {
    let mut names = Names { case_sensitive: work.context.session.case_sensitive, ..Names::default() };
    names.visit_query(query);
    if names.recursive {
        return Err(Error::unsupported(
            "recursive common table expressions are not supported in views WITH NO SCHEMA BINDING",
        ));
    }
    for name in &names.relations {
        let Some(schema) = name.schema() else {
            let message =
                "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING.";
            return Err(Error::unsupported(message).at(name.pos()));
        };
        if !is_system(&schema.folded(names.case_sensitive)) {
            work.schema_in(name.database(), schema)?;
        }
    }
    Ok(())
}

/// The names that a query reads from, without those that it defines itself.
#[derive(Default)]
struct Names {
    relations: Vec<ObjectName>,
    /// Is there a WITH RECURSIVE?
    recursive: bool,
    /// Common table expressions, innermost last.
    ctes: Vec<String>,
    /// What the items of FROM are called: a path of PartiQL begins with one of them.
    aliases: Vec<String>,
    /// How many of both there were where each open scope began.
    scopes: Vec<(usize, usize)>,
    case_sensitive: bool,
}

impl Visitor for Names {
    fn visit_query(&mut self, query: &Query) {
        self.recursive |= query.with.as_ref().is_some_and(|with| with.recursive);
        walk_query(self, query);
    }

    fn visit_from_item(&mut self, item: &FromItem) {
        walk_from_item(self, item);
        let name = match item {
            FromItem::Table { name, alias, .. } => Some(alias.as_ref().map_or(name.object(), |alias| &alias.name)),
            FromItem::Path { alias, .. } | FromItem::Query { alias, .. } | FromItem::Function { alias, .. } => {
                alias.as_ref().map(|alias| &alias.name)
            }
            FromItem::UnpivotObject { value, .. } => Some(value),
            FromItem::Join(join) => join.alias.as_ref().map(|alias| &alias.name),
            FromItem::Pivot(pivot) => pivot.alias.as_ref().map(|alias| &alias.name),
            FromItem::Unpivot(unpivot) => unpivot.alias.as_ref().map(|alias| &alias.name),
        };
        if let Some(name) = name {
            self.aliases.push(name.folded(self.case_sensitive));
        }
    }

    fn visit_relation(&mut self, name: &ObjectName, _: Use) {
        let Some(first) = name.0.first() else { return };
        let known = if name.0.len() == 1 { &self.ctes } else { &self.aliases };
        if !known.contains(&first.folded(self.case_sensitive)) {
            self.relations.push(name.clone());
        }
    }

    fn enter_scope(&mut self) {
        self.scopes.push((self.ctes.len(), self.aliases.len()));
    }

    fn define_cte(&mut self, name: &Ident) {
        self.ctes.push(name.folded(self.case_sensitive));
    }

    fn leave_scope(&mut self) {
        let (ctes, aliases) = self.scopes.pop().unwrap_or_default();
        self.ctes.truncate(ctes);
        self.aliases.truncate(aliases);
    }
}
