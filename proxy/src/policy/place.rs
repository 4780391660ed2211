//! Where the names of a session are looked up, as far as a gateway can know.

use std::collections::BTreeSet;

use redshift_sql_dialect::{
    ast::{Reset, Set, SetValue, Statement},
    names::{Ident, ObjectName},
};

/// The schema of a session's own temporary tables.
pub const TEMPORARY: &str = "pg_temp";
/// The schema that is searched first, unless the search path names it.
pub const CATALOG: &str = "pg_catalog";

/// A relation or routine that a name may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The database; none is the one that the session is connected to.
    pub database: Option<String>,
    /// The schema.
    pub schema: String,
    /// The object.
    pub object: String,
}

/// Where names are looked up. It only ever grows: a transaction that is rolled back takes a SET with it, and nobody tells.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The database that the session is connected to.
    pub database: String,
    /// Its database user, which `$user` is.
    pub user: Option<String>,
    /// All schemas of all search paths that it has had.
    schemas: BTreeSet<String>,
    /// It may have had others.
    unknown: bool,
    /// Its temporary tables, and those of the open block.
    temporary: BTreeSet<String>,
    of_block: BTreeSet<String>,
}

impl Place {
    /// The place of a session that begins with this search path; none where that is not known.
    pub fn new(database: &str, user: Option<&str>, search_path: Option<&str>) -> Place {
        let mut place = Place { database: database.to_string(), user: user.map(str::to_string), ..Place::default() };
        match search_path {
            Some(path) => split_path(path).iter().for_each(|schema| place.add(schema)),
            None => place.unknown = true,
        }
        place
    }

    fn add(&mut self, schema: &str) {
        if schema != "$user" {
            self.schemas.insert(schema.to_ascii_lowercase());
        } else if let Some(user) = &self.user {
            self.schemas.insert(user.to_ascii_lowercase());
        } else {
            // A schema of that name is the user's own, but which one?
            self.unknown = true;
        }
    }

    /// What a name may mean; none where it may be anything.
    pub fn candidates(&self, name: &ObjectName) -> Option<Vec<Candidate>> {
        let text = |ident: &Ident| ident.value.clone();
        let of = |database: Option<&Ident>, schema: &Ident, object: &Ident| Candidate {
            database: database.map(text).filter(|database| *database != self.database),
            schema: text(schema),
            object: text(object),
        };
        match name.0.as_slice() {
            [only] => self.unqualified(&only.value),
            [schema, object] => Some(vec![of(None, schema, object)]),
            // A table of another database; where there is a column of that name, also a path into it.
            [database, schema, object] => Some(vec![of(Some(database), schema, object)]),
            [first, second, third, ..] => Some(vec![of(Some(first), second, third), of(None, first, second)]),
            [] => None,
        }
    }

    fn unqualified(&self, name: &str) -> Option<Vec<Candidate>> {
        let at = |schema: &str| Candidate { database: None, schema: schema.to_string(), object: name.to_string() };
        if name.starts_with('#') || self.temporary.contains(name) {
            return Some(vec![at(TEMPORARY)]);
        }
        // The catalog comes first, unless a path puts it elsewhere.
        if is_of_catalog(name) && !self.schemas.contains(CATALOG) && !self.unknown {
            return Some(vec![at(CATALOG)]);
        }
        if self.unknown {
            return None;
        }
        Some(self.schemas.iter().map(|schema| at(schema)).collect())
    }

    /// Takes note of a statement that has succeeded.
    pub fn after(&mut self, statement: &Statement, in_block: bool) {
        match statement {
            Statement::Set(Set::Parameter { local: _, name, value: Some(values) }) if name == "search_path" => {
                for value in values {
                    match value {
                        SetValue::Word(word) => self.add(&word.value),
                        other => split_path(other.text()).iter().for_each(|schema| self.add(schema)),
                    }
                }
            }
            Statement::Set(Set::Parameter { local: _, name, value: None }) if name == "search_path" => {
                self.unknown = true;
            }
            Statement::Reset(Reset::All) => self.unknown = true,
            Statement::Reset(Reset::Parameter(name)) if name == "search_path" => self.unknown = true,
            Statement::CreateTable(create) if create.temporary => self.made(&create.name, in_block),
            Statement::CreateTableAs(create) if create.temporary => self.made(&create.name, in_block),
            Statement::Drop(drop) => drop.names.iter().for_each(|name| {
                self.temporary.remove(&name.object().value);
            }),
            Statement::AlterTable(alter) => {
                self.temporary.remove(&alter.name.object().value);
            }
            // Who knows what it does?
            Statement::Call(_) => {
                self.unknown = true;
                self.temporary.clear();
            }
            _ => {}
        }
    }

    fn made(&mut self, name: &ObjectName, in_block: bool) {
        let name = name.object().value.clone();
        if in_block {
            self.of_block.insert(name.clone());
        }
        self.temporary.insert(name);
    }

    /// The open block was committed.
    pub fn committed(&mut self) {
        self.of_block.clear();
    }

    /// The open block was rolled back, with the tables that it made.
    pub fn rolled_back(&mut self) {
        for name in std::mem::take(&mut self.of_block) {
            self.temporary.remove(&name);
        }
    }
}

/// Is it the name of a relation that every warehouse has?
fn is_of_catalog(name: &str) -> bool {
    use blueshift_emulator::system::{Edition, relation};
    relation(CATALOG, name, Edition::Redshift).is_some()
}

/// The command that sets a search path, which is written as SHOW gives it.
pub fn search_path_command(path: &str) -> String {
    let quoted = |schema: &String| format!("'{}'", schema.replace('\\', "\\\\").replace('\'', "''"));
    let schemas: Vec<String> = split_path(path).iter().map(quoted).collect();
    format!("SET search_path TO {}", schemas.join(", "))
}

/// The schemas of a search path as SHOW gives it: `"$user", public`.
pub fn split_path(path: &str) -> Vec<String> {
    let names = path.split(',').map(|name| name.trim().trim_matches('"').to_string());
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_of_a_path_is_set_by_itself() {
        assert_eq!(search_path_command("public"), "SET search_path TO 'public'");
        assert_eq!(search_path_command("\"$user\", it's"), "SET search_path TO '$user', 'it''s'");
    }
}
