//! Privileges: one by one, and as the ACLs of objects.

use std::collections::HashMap;

use redshift_sql_dialect::{RedshiftType, Result, ast::SystemPrivilege};

use super::routines::input_list;
use crate::{
    catalog::{Actor, DefaultKind, GrantEntry, GrantObject, Grantee, Oid, Privilege, ScopedKind},
    system::{
        Source,
        directory::Principals,
        listed,
        rows::{BaseColumn, Cell},
    },
};

pub const COLUMNS: &[BaseColumn] = &[
    ("object_kind", RedshiftType::Text),
    ("object", RedshiftType::Oid),
    ("schema", RedshiftType::Text),
    ("object_name", RedshiftType::Text),
    ("column_name", RedshiftType::Text),
    ("arguments", RedshiftType::Text),
    ("scope", RedshiftType::Text),
    ("privilege", RedshiftType::Text),
    ("grantee", RedshiftType::Int4),
    ("grantee_name", RedshiftType::Text),
    ("grantee_kind", RedshiftType::Text),
    ("grantor", RedshiftType::Int4),
    ("grantor_name", RedshiftType::Text),
    ("grant_option", RedshiftType::Bool),
    ("own", RedshiftType::Bool),
];

/// What an object is called, by kind and OID.
struct Names {
    databases: HashMap<Oid, String>,
    schemas: HashMap<Oid, String>,
    relations: HashMap<Oid, RelationNames>,
    routines: HashMap<Oid, RoutineNames>,
    iam_roles: HashMap<Oid, String>,
}

/// What a function or a procedure is called.
struct RoutineNames {
    schema: String,
    name: String,
    arguments: String,
}

/// What a relation and its columns are called.
struct RelationNames {
    schema: String,
    name: String,
    columns: Vec<(i16, String)>,
}

impl Names {
    fn of(source: &Source) -> Result<Names> {
        let directory = &source.directory;
        let users = directory.relations()?;
        let relations = users.iter().map(|relation| &**relation).chain(listed().map(|(relation, _)| relation));
        let relations = relations.map(|relation| {
            let columns = relation.columns.iter().map(|column| (column.attnum, column.name.clone())).collect();
            (relation.oid, RelationNames { schema: relation.schema.clone(), name: relation.name.clone(), columns })
        });
        Ok(Names {
            databases: directory.databases()?.iter().map(|found| (found.oid, found.name.clone())).collect(),
            schemas: directory.schemas()?.iter().map(|found| (found.oid, found.name.clone())).collect(),
            relations: relations.collect(),
            routines: directory
                .routines()?
                .into_iter()
                .map(|(schema, routine)| {
                    let (name, arguments) = (routine.name.clone(), input_list(&routine));
                    (routine.oid, RoutineNames { schema: schema.name.clone(), name, arguments })
                })
                .collect(),
            iam_roles: directory.iam_roles()?.iter().map(|found| (found.id, found.arn.clone())).collect(),
        })
    }

    /// Kind, OID, schema, name, column and scope of an object; none where it is another database's.
    fn object(&self, object: GrantObject, principals: &Principals) -> Option<Object> {
        let named = |kind, oid: Oid, name: &str| Object {
            kind,
            oid: oid.0,
            schema: None,
            name: name.to_string(),
            column: None,
            arguments: None,
            scope: None,
        };
        Some(match object {
            GrantObject::Database(oid) => {
                Object { scope: Some("DATABASE"), ..named("database", oid, self.databases.get(&oid)?) }
            }
            GrantObject::Schema(oid) => {
                Object { scope: Some("SCHEMA"), ..named("schema", oid, self.schemas.get(&oid)?) }
            }
            GrantObject::InDatabase(kind, oid) => {
                Object { scope: Some(scope_name(kind)), ..named("database", oid, self.databases.get(&oid)?) }
            }
            GrantObject::InSchema(kind, oid) => {
                Object { scope: Some(scope_name(kind)), ..named("schema", oid, self.schemas.get(&oid)?) }
            }
            GrantObject::Relation(oid) => {
                let RelationNames { schema, name, .. } = self.relations.get(&oid)?;
                Object { schema: Some(schema.clone()), ..named("relation", oid, name) }
            }
            GrantObject::Column(oid, attnum) => {
                let RelationNames { schema, name, columns } = self.relations.get(&oid)?;
                let (_, column) = columns.iter().find(|(number, _)| *number == attnum)?;
                Object { schema: Some(schema.clone()), column: Some(column.clone()), ..named("column", oid, name) }
            }
            GrantObject::Role(oid) => named("role", oid, principals.roles.get(&oid.0)?),
            GrantObject::IamRole(oid) => named("iam role", oid, self.iam_roles.get(&oid)?),
            GrantObject::System => named("system", Oid(0), ""),
            GrantObject::Language(oid) => named("language", oid, language_name(oid)?),
            GrantObject::Function(oid) | GrantObject::Procedure(oid) => {
                let RoutineNames { schema, name, arguments } = self.routines.get(&oid)?;
                let kind = if matches!(object, GrantObject::Function(_)) { "function" } else { "procedure" };
                Object { schema: Some(schema.clone()), arguments: Some(arguments.clone()), ..named(kind, oid, name) }
            }
            GrantObject::Default { owner, schema, kind } => {
                let schema = match schema {
                    Some(schema) => Some(self.schemas.get(&schema)?.clone()),
                    None => None,
                };
                let scope = match kind {
                    DefaultKind::Tables => "RELATION",
                    DefaultKind::Functions => "FUNCTION",
                    DefaultKind::Procedures => "PROCEDURE",
                };
                Object { schema, scope: Some(scope), ..named("default", owner, &principals.user(owner.0)) }
            }
        })
    }
}

/// An object as a row tells of it.
struct Object {
    kind: &'static str,
    oid: u32,
    schema: Option<String>,
    name: String,
    column: Option<String>,
    /// The types of a routine's inputs.
    arguments: Option<String>,
    scope: Option<&'static str>,
}

/// pg_language.lanname by OID.
pub fn language_name(oid: Oid) -> Option<&'static str> {
    LANGUAGES.iter().find(|(language, _)| *language == oid.0).map(|(_, name)| *name)
}

/// The languages that there are (PG_LANGUAGE), by OID.
pub const LANGUAGES: [(u32, &str); 6] =
    [(12, "internal"), (13, "c"), (14, "sql"), (100_125, "plpythonu"), (100_126, "plpgsql"), (100_127, "exfunc")];

fn scope_name(kind: ScopedKind) -> &'static str {
    match kind {
        ScopedKind::Schemas => "SCHEMAS",
        ScopedKind::Tables => "TABLES",
        ScopedKind::Routines => "FUNCTIONS",
        ScopedKind::Languages => "LANGUAGES",
        ScopedKind::CopyJobs => "JOBS",
        ScopedKind::Templates => "TEMPLATES",
    }
}

/// May the user see what this entry tells? A superuser sees all, others what they hold themselves and what roles hold that
/// they own or made.
struct Seen {
    all: bool,
    own_roles: Vec<Oid>,
}

impl Seen {
    fn of(source: &Source, actor: &Actor) -> Result<Seen> {
        let all = actor.sees_all_rows() || actor.has_system(SystemPrivilege::AccessSystemTable);
        let roles = source.directory.roles()?;
        let own_roles = roles.iter().filter(|role| role.owner == actor.user).map(|role| role.id).collect();
        Ok(Seen { all, own_roles })
    }

    fn shows(&self, entry: &GrantEntry, actor: &Actor) -> bool {
        self.all
            || actor.is(entry.grantee)
            || entry.grantor == actor.user
            || matches!(entry.grantee, Grantee::Role(role) if self.own_roles.contains(&role))
    }
}

/// The privileges that were granted, as far as the user may see them.
pub fn rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let grants = source.directory.grants()?;
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let principals = Principals::of(&*source.directory)?;
    let names = Names::of(source)?;
    let actor = source.actor()?;
    let seen = Seen::of(source, &actor)?;
    let row = |grant: &GrantEntry| {
        let Object { kind, oid, schema, name, column, arguments, scope } = names.object(grant.object, &principals)?;
        let (id, grantee, grantee_kind) = principals.grantee(grant.grantee);
        Some(vec![
            kind.into(),
            oid.into(),
            schema.into(),
            name.into(),
            column.into(),
            arguments.into(),
            scope.into(),
            privilege_name(grant.privilege).into(),
            id.into(),
            grantee.into(),
            grantee_kind.into(),
            grant.grantor.0.into(),
            principals.user(grant.grantor.0).into(),
            grant.grant_option.into(),
            (grant.grantee == Grantee::User(grant.grantor)).into(),
        ])
    };
    // "Possible values are user, role, group, or public" (developer guide, "SVV_RELATION_PRIVILEGES").
    let is_of_policy = |grant: &&GrantEntry| matches!(grant.grantee, Grantee::RlsPolicy(_));
    let shown = grants.iter().filter(|grant| !is_of_policy(grant) && seen.shows(grant, &actor));
    Ok(shown.filter_map(row).collect())
}

/// A privilege as the views name it.
fn privilege_name(privilege: Privilege) -> String {
    match privilege {
        Privilege::Temporary => "TEMP".to_string(),
        Privilege::Assume(redshift_sql_dialect::ast::AssumingCommand::ExternalFunction) => "EXFUNC".to_string(),
        other => other.as_str().to_uppercase(),
    }
}

pub const DEFAULT_ACL_COLUMNS: &[BaseColumn] = &[
    ("owner", RedshiftType::Int4),
    ("schema", RedshiftType::Oid),
    ("kind", RedshiftType::InternalChar),
    ("acl", RedshiftType::AclItemArray),
];

/// The rows of pg_default_acl.
pub fn default_acl_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let principals = Principals::of(&*source.directory)?;
    let acls = Acls::of(source, &principals)?;
    let mut rows = Vec::new();
    for object in &acls.order {
        let GrantObject::Default { owner, schema, kind } = object else { continue };
        let letter = match kind {
            DefaultKind::Tables => "r",
            DefaultKind::Functions => "f",
            DefaultKind::Procedures => "p",
        };
        let acl = acls.of_object(*object, owner.0);
        rows.push(vec![owner.0.into(), schema.map_or(0, |schema| schema.0).into(), letter.into(), acl.into()]);
    }
    Ok(rows)
}

/// The ACLs of the objects on which privileges were granted.
pub struct Acls<'a> {
    grants: HashMap<GrantObject, Vec<GrantEntry>>,
    /// The objects in the order in which something was granted on them.
    order: Vec<GrantObject>,
    principals: &'a Principals,
}

impl<'a> Acls<'a> {
    pub fn of(source: &Source, principals: &'a Principals) -> Result<Self> {
        let mut grants: HashMap<GrantObject, Vec<GrantEntry>> = HashMap::new();
        let mut order = Vec::new();
        for grant in source.directory.grants()? {
            // How an ACL would name a policy is not documented.
            if matches!(grant.grantee, Grantee::RlsPolicy(_)) {
                continue;
            }
            let entries = grants.entry(grant.object).or_default();
            if entries.is_empty() {
                order.push(grant.object);
            }
            entries.push(grant);
        }
        Ok(Acls { grants, order, principals })
    }

    /// The items of an object's ACL, the owner's first: `admin=arwdRxtDPA/admin`, `group g=r/admin`, `=r/admin`. None where
    /// nothing was granted, as in PostgreSQL.
    pub fn of_object(&self, object: GrantObject, owner: u32) -> Option<Vec<String>> {
        let grants = self.grants.get(&object)?;
        let mut holders: Vec<(Grantee, Oid)> = Vec::new();
        let own = |grant: &&GrantEntry| grant.grantee == Grantee::User(Oid(owner));
        for grant in grants.iter().filter(own).chain(grants.iter().filter(|grant| !own(grant))) {
            let holder = (grant.grantee, grant.grantor);
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
        let item = |(grantee, grantor): (Grantee, Oid)| {
            let mut held: Vec<&GrantEntry> =
                grants.iter().filter(|grant| (grant.grantee, grant.grantor) == (grantee, grantor)).collect();
            let order = object.all_privileges();
            held.sort_by_key(|grant| order.iter().position(|other| *other == grant.privilege));
            let mut letters = String::new();
            for grant in held {
                letters.extend(grant.privilege.letter());
                letters.extend(grant.grant_option.then_some('*'));
            }
            acl_item(self.principals, grantee, &letters, grantor)
        };
        Some(holders.into_iter().map(item).collect())
    }

    /// The ACL of a column.
    pub fn of_column(&self, relation: Oid, attnum: i16, owner: u32) -> Option<Vec<String>> {
        self.of_object(GrantObject::Column(relation, attnum), owner)
    }
}

/// An item of an ACL: `admin=arwd/admin`, `group readers=r/admin`, `=r/admin`.
pub(crate) fn acl_item(principals: &Principals, grantee: Grantee, letters: &str, grantor: Oid) -> String {
    let (_, name, kind) = principals.grantee(grantee);
    let name = match kind {
        "public" => String::new(),
        "group" | "role" => format!("{kind} {}", quoted(&name)),
        _ => quoted(&name),
    };
    format!("{name}={letters}/{}", quoted(&principals.user(grantor.0)))
}

/// A name in an ACL: in double quotes where it is not made of letters, digits and underscores.
fn quoted(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        name.to_string()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
