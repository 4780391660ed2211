//! Which relations unqualified names find.

use std::collections::HashMap;

use super::names::quote_identifier;
use crate::{binder::SessionInfo, catalog::Relation};

/// The session's schemas in the order in which unqualified names are looked up, with the names that are in each.
pub(crate) struct Visibility {
    /// Where a name is found first, by name: the schema.
    first: HashMap<String, String>,
}

impl Visibility {
    pub fn new<'a>(session: &SessionInfo, relations: impl Iterator<Item = &'a Relation>) -> Visibility {
        let mut path: Vec<&str> = vec![&session.temp_schema, "pg_catalog"];
        path.extend(session.search_path.iter().map(String::as_str));
        let place = |schema: &str| path.iter().position(|other| *other == schema);
        let mut first: HashMap<String, (usize, String)> = HashMap::new();
        for relation in relations {
            if let Some(found) = place(&relation.schema) {
                let entry = first.entry(relation.name.clone()).or_insert_with(|| (found, relation.schema.clone()));
                if found < entry.0 {
                    *entry = (found, relation.schema.clone());
                }
            }
        }
        Visibility { first: first.into_iter().map(|(name, (_, schema))| (name, schema)).collect() }
    }

    /// Does the relation's name alone find it?
    pub fn shows(&self, relation: &Relation) -> bool {
        self.first.get(&relation.name) == Some(&relation.schema)
    }

    /// The relation's name as SQL text that finds it.
    pub fn name_of(&self, relation: &Relation) -> String {
        let name = quote_identifier(&relation.name);
        if self.shows(relation) { name } else { format!("{}.{name}", quote_identifier(&relation.schema)) }
    }
}
