//! The SHOW commands that show objects.
//!
//! Most list what a relation of `system/sql/show.sql` has, narrowed to what the command names: a fixed text of SQL whose
//! parameters are the names, the pattern and the limit. The others show a definition as a statement that makes it again.
//!
//! Sources: developer guide, "SHOW DATABASES", "SHOW SCHEMAS", "SHOW TABLES", "SHOW COLUMNS", "SHOW CONSTRAINTS", "SHOW
//! GRANTS", "SHOW COLUMN GRANTS", "SHOW FUNCTIONS", "SHOW PROCEDURES", "SHOW TABLE", "SHOW VIEW", "SHOW MODEL", "SHOW
//! DATASHARES".

mod listing;
mod table;
#[cfg(test)]
mod tests;

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{RoutineKind, ShowObjects},
    names::ObjectName,
};

use self::listing::Listing;
use super::{
    Work,
    routines::{find, missing},
    text_rows,
};
use crate::{
    catalog::{Privilege, Relation, RelationKind, permission_denied},
    execution,
    result::{Outcome, ResultColumn, Rows},
    system::{routine_definition, view_definition},
};

/// What a SHOW command gives.
enum Shown {
    /// The rows of a listing.
    Listed(Listing),
    /// A definition in one row.
    Definition {
        /// The column's name.
        title: &'static str,
        /// None while it is only described.
        text: Option<String>,
    },
    /// No rows, in these columns.
    Nothing(&'static [&'static str]),
}

/// Runs a SHOW command.
pub(crate) async fn show(show: &ShowObjects, work: &mut Work<'_>) -> Result<Outcome> {
    match shown(show, work)? {
        Shown::Listed(listing) => {
            let bound = listing.bind(work)?;
            let batches = execution::execute(&bound.plan, work.state.engine.execution()).await?;
            Ok(Outcome::Rows(Rows { columns: bound.columns, batches, tag: "SHOW" }))
        }
        Shown::Definition { title, text } => {
            let rows = text.into_iter().map(|text| vec![text]).collect();
            text_rows(vec![column(title)], rows, "SHOW")
        }
        Shown::Nothing(titles) => text_rows(titles.iter().map(|title| column(title)).collect(), Vec::new(), "SHOW"),
    }
}

/// The columns of a SHOW command.
pub(crate) fn columns(show: &ShowObjects, work: &Work<'_>) -> Result<Vec<ResultColumn>> {
    Ok(match shown(show, work)? {
        Shown::Listed(listing) => listing.bind(work)?.columns.to_vec(),
        Shown::Definition { title, .. } => vec![column(title)],
        Shown::Nothing(titles) => titles.iter().map(|title| column(title)).collect(),
    })
}

fn column(title: &str) -> ResultColumn {
    ResultColumn::computed(title, RedshiftType::Text)
}

fn shown(show: &ShowObjects, work: &Work<'_>) -> Result<Shown> {
    let unsupported = |what: &str| Err(Error::unsupported(format!("{what} is not supported")));
    Ok(match show {
        ShowObjects::Table(name) => {
            let relation = readable(name, work)?;
            let RelationKind::Table(info) = &relation.kind else { return Err(wrong_kind(&relation, "table", name)) };
            let text = table::definition(&relation, info, work)?;
            Shown::Definition { title: "Show Table DDL statement", text: Some(text) }
        }
        ShowObjects::View(name) => {
            let relation = readable(name, work)?;
            if !matches!(relation.kind, RelationKind::View(_)) {
                return Err(wrong_kind(&relation, "view", name));
            }
            Shown::Definition { title: "Show View DDL statement", text: view_definition(&relation) }
        }
        ShowObjects::ExternalTable { name, .. } => {
            let relation = work.binder().resolve(name)?;
            return Err(wrong_kind(&relation, "external table", name));
        }
        ShowObjects::Databases { catalog: Some(_), .. } => return unsupported("SHOW DATABASES FROM DATA CATALOG"),
        ShowObjects::Databases { catalog: None, filter } => Shown::Listed(Listing::databases(filter, work)?),
        ShowObjects::Schemas { database, filter } => Shown::Listed(Listing::schemas(database.as_ref(), filter, work)?),
        ShowObjects::Tables { schema, filter } => Shown::Listed(Listing::tables(schema, filter, work)?),
        ShowObjects::OfDatabase { what, database, patterns } => {
            Shown::Listed(Listing::of_database(*what, database, patterns, work)?)
        }
        ShowObjects::Columns { table, filter } => Shown::Listed(Listing::columns(table, filter, work)?),
        ShowObjects::Routines { kind, schema, filter } => Shown::Listed(match kind {
            RoutineKind::Function => Listing::functions(schema, filter, work)?,
            RoutineKind::Procedure => Listing::procedures(schema, filter, work)?,
        }),
        ShowObjects::Constraints { kind, table, filter } => {
            Shown::Listed(Listing::constraints(*kind, table, filter, work)?)
        }
        ShowObjects::GrantsOn { object, principal, filter } => {
            Shown::Listed(Listing::grants_on(object, principal.as_ref(), filter, work)?)
        }
        ShowObjects::GrantsFor { principal, database, filter } => {
            Shown::Listed(Listing::grants_for(principal, database.as_ref(), filter, work)?)
        }
        ShowObjects::ColumnGrants { table, principal, filter } => {
            Shown::Listed(Listing::column_grants(table, principal.as_ref(), filter, work)?)
        }
        ShowObjects::Datashares(filter) => Shown::Listed(Listing::datashares(filter, work)?),
        ShowObjects::Model(None) => Shown::Nothing(&["Schema Name", "Model Name"]),
        ShowObjects::Model(Some(name)) => {
            let message = format!("model \"{name}\" does not exist");
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos()));
        }
        ShowObjects::Parameters { kind, name, args, filter } => {
            Shown::Listed(Listing::parameters(*kind, name, args.as_deref(), filter, work)?)
        }
        ShowObjects::Procedure(signature) => {
            let kind = RoutineKind::Procedure;
            let routine = find(kind, signature, work)?.ok_or_else(|| missing(kind, signature))?;
            let schemas = work.view.schemas()?;
            let schema = schemas.iter().find(|schema| schema.oid == routine.schema_oid);
            let text = routine_definition(schema.map_or("", |schema| &schema.name), &routine);
            Shown::Definition { title: "Stored Procedure Definition", text: Some(text) }
        }
        ShowObjects::Policies { kind, of, filter } => {
            Shown::Listed(Listing::policies(*kind, of.as_ref(), filter, work)?)
        }
        ShowObjects::UserLockout => return unsupported("SHOW USER LOCKOUT"),
        ShowObjects::Template(name) => {
            let message = format!("template \"{name}\" does not exist");
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos()));
        }
        ShowObjects::Templates { schema, filter } => Shown::Listed(Listing::templates(schema, filter, work)?),
    })
}

/// A relation whose definition the user may see: one who may read some of it.
fn readable(name: &ObjectName, work: &Work<'_>) -> Result<std::sync::Arc<Relation>> {
    let relation = work.binder().resolve(name)?;
    let owns = work.state.superuser || relation.owner == work.state.user_id;
    if owns || relation.kind == RelationKind::System {
        return Ok(relation);
    }
    if work.view.rights_on(&*work.actor()?, &relation)?.has_somewhere(Privilege::Select) {
        return Ok(relation);
    }
    Err(permission_denied("relation", &relation.name).at(name.pos()))
}

fn wrong_kind(relation: &Relation, wanted: &str, name: &ObjectName) -> Error {
    let article = if wanted.starts_with('e') { "an" } else { "a" };
    let message = format!("\"{}\" is not {article} {wanted}", relation.name);
    Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(name.pos())
}
