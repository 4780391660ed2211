//! What the functions that read the catalog find: names by OID, OIDs by name, definitions, comments, privileges.
//!
//! A [`Lookup`] is made for a batch of rows and reads each part of the catalog once.

use std::{cell::OnceCell, collections::HashMap, sync::Arc};

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{AssumingCommand, DataType, ExprKind, SystemPrivilege},
    parse_expression,
};

use super::{
    SYSTEM_SCHEMAS, Source,
    base::{acl_item, constraint_definition, index_definition, routines, view_definition},
    built_in,
    directory::Principals,
    names::{quote_identifier, split_name},
    relation_by_oid,
    types::{TypeRow, format_type, relation_of_row_type, row_type_of, type_named, type_of_oid},
    visibility::Visibility,
};
use crate::catalog::{
    Actor, CatalogView, Constraint, GrantEntry, GrantObject, Grantee, KeyKind, Oid, Privilege, Relation, RelationKind,
    Routine, User,
};

mod routine_names;

use self::routine_names::RoutineFound;
pub(crate) use self::routine_names::RoutineTypes;

/// Looks things up in the catalog of one statement.
pub(crate) struct Lookup<'a> {
    source: &'a Source,
    relations: OnceCell<Vec<Arc<Relation>>>,
    /// Where each relation is among these.
    places: OnceCell<HashMap<u32, usize>>,
    principals: OnceCell<Principals>,
    visibility: OnceCell<Visibility>,
    comments: OnceCell<HashMap<(u32, i32), String>>,
    grants: OnceCell<Vec<GrantEntry>>,
    routines: OnceCell<HashMap<u32, (String, Arc<Routine>)>>,
}

/// `OnceCell::get_or_try_init`, which is not stable yet.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        // It was empty a moment ago, and nobody else has it.
        let _ = cell.set(make()?);
    }
    cell.get().ok_or_else(|| Error::internal("a lookup went missing"))
}

impl<'a> Lookup<'a> {
    pub fn new(source: &'a Source) -> Self {
        Lookup {
            source,
            relations: OnceCell::new(),
            places: OnceCell::new(),
            principals: OnceCell::new(),
            visibility: OnceCell::new(),
            comments: OnceCell::new(),
            grants: OnceCell::new(),
            routines: OnceCell::new(),
        }
    }

    fn relations(&self) -> Result<&Vec<Arc<Relation>>> {
        once(&self.relations, || self.source.directory.relations())
    }

    /// The users' table or view of this OID.
    fn users_relation(&self, oid: u32) -> Result<Option<&Arc<Relation>>> {
        let relations = self.relations()?;
        let places =
            once(&self.places, || Ok(relations.iter().zip(0..).map(|(relation, at)| (relation.oid.0, at)).collect()))?;
        Ok(places.get(&oid).and_then(|at| relations.get(*at)))
    }

    fn visibility(&self) -> Result<&Visibility> {
        let make = || Ok(Visibility::new(&self.source.session, self.relations()?.iter().map(|relation| &**relation)));
        once(&self.visibility, make)
    }

    fn principals(&self) -> Result<&Principals> {
        once(&self.principals, || Principals::of(&*self.source.directory))
    }

    fn grants(&self) -> Result<&Vec<GrantEntry>> {
        once(&self.grants, || self.source.directory.grants())
    }

    fn relation(&self, oid: u32) -> Result<Option<Arc<Relation>>> {
        match relation_by_oid(oid) {
            Some(system) => Ok(Some(system.clone())),
            None => self.source.directory.relation_by_oid(Oid(oid)),
        }
    }

    /// The relation that a name as text finds.
    ///
    /// # Errors
    /// 42P01 where there is none, 42602 where the text is no name, 0A000 for another database.
    pub fn relation_named(&self, text: &str) -> Result<Arc<Relation>> {
        let missing = || Error::new(SqlState::UNDEFINED_TABLE, format!("relation \"{text}\" does not exist"));
        let parts = split_name(text).ok_or_else(|| Error::new(SqlState::INVALID_NAME, "invalid name syntax"))?;
        let session = &self.source.session;
        let find = |schema: &str, name: &str| match super::relation(schema, name, super::Edition::of(session)) {
            Some(relation) => Ok(Some(relation)),
            None => self.source.directory.relation_by_name(schema, name),
        };
        let found = match parts.as_slice() {
            [name] => {
                let first = [session.temp_schema.as_str(), "pg_catalog"];
                let mut path = first.into_iter().chain(session.search_path.iter().map(String::as_str));
                path.find_map(|schema| find(schema, name).transpose()).transpose()?
            }
            [schema, name] => find(schema, name)?,
            [database, schema, name] if *database == session.database => find(schema, name)?,
            _ => return Err(Error::unsupported(format!("cross-database references are not implemented: \"{text}\""))),
        };
        found.ok_or_else(missing)
    }

    /// The relation that an OID or a name as text means: what a REGCLASS is read from.
    fn relation_of_text(&self, text: &str) -> Result<Option<Arc<Relation>>> {
        match text.parse() {
            Ok(oid) => self.relation(oid),
            Err(_) => self.relation_named(text).map(Some),
        }
    }

    /// A REGCLASS as it is shown: the shortest name that finds the relation; the number where there is none.
    pub fn regclass_name(&self, oid: u32) -> Result<String> {
        if oid == 0 {
            return Ok("-".to_string());
        }
        if let Some(relation) = self.relation(oid)? {
            return self.shown_name(&relation);
        }
        match self.key(oid)? {
            Some((relation, index)) if self.visibility()?.shows(&relation) => Ok(quote_identifier(&index.name)),
            Some((relation, index)) => {
                Ok(format!("{}.{}", quote_identifier(&relation.schema), quote_identifier(&index.name)))
            }
            None => Ok(oid.to_string()),
        }
    }

    fn shown_name(&self, relation: &Relation) -> Result<String> {
        if relation.schema == "pg_catalog" {
            return Ok(quote_identifier(&relation.name));
        }
        Ok(self.visibility()?.name_of(relation))
    }

    /// What `'text'::regclass` is shown as.
    pub fn regclass_of_text(&self, text: &str) -> Result<String> {
        match self.relation_of_text(text)? {
            Some(relation) => self.shown_name(&relation),
            None => Ok(text.to_string()),
        }
    }

    /// The OID of a REGCLASS.
    pub fn regclass_oid(&self, text: &str) -> Result<u32> {
        match text.parse() {
            Ok(oid) => Ok(oid),
            Err(_) if text == "-" => Ok(0),
            Err(_) => match self.relation_named(text) {
                Ok(relation) => Ok(relation.oid.0),
                Err(error) => self.index_named(text)?.ok_or(error),
            },
        }
    }

    fn index_named(&self, text: &str) -> Result<Option<u32>> {
        let Some(parts) = split_name(text) else { return Ok(None) };
        let Some((name, schema)) = parts.split_last() else { return Ok(None) };
        let found = self.relations()?.iter().find_map(|relation| {
            let in_schema = schema.last().is_none_or(|schema| *schema == relation.schema);
            let constraints = &relation.table()?.constraints;
            constraints.iter().find(|constraint| in_schema && constraint.name == *name).map(|found| found.oid.0)
        });
        Ok(found)
    }

    /// A key of the database and its table.
    fn key(&self, oid: u32) -> Result<Option<(Arc<Relation>, Constraint)>> {
        let found = self.relations()?.iter().find_map(|relation| {
            let constraint = relation.table()?.constraints.iter().find(|constraint| constraint.oid.0 == oid)?;
            Some((relation.clone(), constraint.clone()))
        });
        Ok(found)
    }

    /// `pg_get_userbyid`
    pub fn user_name(&self, id: u32) -> Result<String> {
        Ok(self.principals()?.user(id))
    }

    /// `pg_table_is_visible`; none where there is no such relation.
    pub fn is_visible(&self, oid: u32) -> Result<Option<bool>> {
        if let Some(relation) = relation_by_oid(oid) {
            let seen = relation.schema == "pg_catalog" || self.source.session.search_path.contains(&relation.schema);
            return Ok(Some(seen));
        }
        if let Some(relation) = self.users_relation(oid)? {
            return Ok(Some(self.visibility()?.shows(relation)));
        }
        Ok(match self.key(oid)? {
            Some((relation, _)) => Some(self.visibility()?.shows(&relation)),
            None => None,
        })
    }

    /// `pg_type_is_visible`: a row type is as visible as its relation.
    pub fn type_is_visible(&self, oid: u32) -> Result<Option<bool>> {
        match relation_of_row_type(oid) {
            Some(relation) => self.is_visible(relation),
            None => Ok(Some(true)),
        }
    }

    /// `format_type`: a row type has its relation's name.
    pub fn type_name(&self, oid: u32, typmod: Option<i32>) -> Result<String> {
        let Some(relation) = relation_of_row_type(oid) else { return Ok(format_type(oid, typmod)) };
        match relation_by_oid(relation) {
            Some(system) => self.shown_name(system),
            None => match self.users_relation(relation)? {
                Some(relation) => self.shown_name(relation),
                None => Ok(format_type(oid, typmod)),
            },
        }
    }

    /// The OID of a REGTYPE: a type's, or that of a relation's row type.
    ///
    /// # Errors
    /// 42704 `type "x" does not exist`.
    pub fn regtype_oid(&self, text: &str) -> Result<u32> {
        let missing = match regtype_named(text) {
            Ok(row) => return Ok(row.oid),
            Err(error) => error,
        };
        if let Some(relation) = text.parse().ok().and_then(relation_of_row_type) {
            return match self.relation(relation)? {
                Some(relation) => Ok(row_type_of(relation.oid.0)),
                None => Err(missing),
            };
        }
        self.relation_named(text).map(|relation| row_type_of(relation.oid.0)).map_err(|_| missing)
    }

    /// `pg_get_viewdef`
    pub fn view_definition(&self, oid: u32) -> Result<Option<String>> {
        Ok(self.relation(oid)?.and_then(|relation| view_definition(&relation)))
    }

    /// The function or procedure of this OID, and its schema's name.
    fn routine(&self, oid: u32) -> Result<Option<(String, Arc<Routine>)>> {
        Ok(self.routines()?.get(&oid).cloned())
    }

    /// The users' routines by OID, with their schemas' names.
    fn routines(&self) -> Result<&HashMap<u32, (String, Arc<Routine>)>> {
        once(&self.routines, || {
            let all = self.source.directory.routines()?.into_iter();
            Ok(all.map(|(schema, routine)| (routine.oid.0, (schema.name.clone(), routine))).collect())
        })
    }

    /// `pg_get_functiondef`
    pub fn routine_definition(&self, oid: u32) -> Result<Option<String>> {
        Ok(self.routine(oid)?.map(|(schema, routine)| routines::definition(&schema, &routine)))
    }

    /// `pg_get_function_arguments`
    pub fn routine_arguments(&self, oid: u32) -> Result<Option<String>> {
        if let Some(function) = built_in::of_oid(oid) {
            return Ok(Some(function.arguments(", ")));
        }
        Ok(self.routine(oid)?.map(|(_, routine)| routines::argument_list(&routine)))
    }

    /// `pg_get_function_result`; none of procedures.
    pub fn routine_result(&self, oid: u32) -> Result<Option<String>> {
        if let Some(function) = built_in::of_oid(oid) {
            return Ok(Some(function.result()));
        }
        let function = self.routine(oid)?.filter(|(_, routine)| !routine.is_procedure());
        Ok(function.map(|(_, routine)| routines::result(&routine).1))
    }

    /// `pg_function_is_visible`: is its schema on the search path?
    pub fn routine_is_visible(&self, oid: u32) -> Result<bool> {
        Ok(self.routine(oid)?.is_none_or(|(schema, _)| self.source.session.search_path.contains(&schema)))
    }

    /// `has_function_privilege`: of a function or procedure by OID or as `schema.name(types)`.
    ///
    /// # Errors
    /// 42883 where there is none.
    pub fn has_function_privilege(&self, user: Option<&str>, function: &str, privileges: &str) -> Result<bool> {
        let missing = || Error::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{function}\" does not exist"));
        let found = match function.parse() {
            Ok(oid) => match built_in::of_oid(oid) {
                Some(function) => Some(RoutineFound::BuiltIn(function)),
                None => self.routine(oid)?.map(|(_, routine)| RoutineFound::OfUser(routine)),
            },
            Err(_) => self.routine_named(function)?,
        };
        let found = found.ok_or_else(missing)?;
        let wanted = privileges_of(privileges)?;
        // The system's functions are everybody's.
        let RoutineFound::OfUser(routine) = found else { return Ok(true) };
        let actor = self.named_or_own(user)?;
        let owned = (routine.owned().object, routine.owner);
        self.any(&wanted, &actor, owned, |privilege| {
            Ok(privilege == Privilege::Execute && self.source.directory.may_execute(&actor, &routine)?)
        })
    }

    /// `makeaclitem`: what a grantor granted to a user or a group (to all where both are 0), as an ACL shows it.
    ///
    /// # Errors
    /// 22023 for a user and a group at once, and for what is no privilege.
    pub fn acl_item(
        &self,
        (user, group): (u32, u32),
        grantor: u32,
        privilege: &str,
        grant_option: bool,
    ) -> Result<String> {
        let grantee = match (user, group) {
            (0, 0) => Grantee::Public,
            (user, 0) => Grantee::User(Oid(user)),
            (0, group) => Grantee::Group(Oid(group)),
            _ => return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "cannot specify both user and group")),
        };
        let mut letters = String::new();
        for wanted in privileges_of(privilege)? {
            letters.extend(wanted.privilege.letter());
            letters.extend(grant_option.then_some('*'));
        }
        Ok(acl_item(self.principals()?, grantee, &letters, Oid(grantor)))
    }

    /// `pg_get_constraintdef`
    pub fn constraint_definition(&self, oid: u32) -> Result<Option<String>> {
        let Some((relation, constraint)) = self.key(oid)? else { return Ok(None) };
        let foreign = match &constraint.kind {
            KeyKind::Foreign { table, .. } => self.relation(table.0)?,
            KeyKind::Primary | KeyKind::Unique => None,
        };
        Ok(Some(constraint_definition(&relation, &constraint, foreign.as_deref(), self.visibility()?)))
    }

    /// `pg_get_indexdef`: the whole statement for column 0, the name of a column otherwise.
    pub fn index_definition(&self, oid: u32, column: i32) -> Result<Option<String>> {
        let Some((relation, constraint)) = self.key(oid)? else { return Ok(None) };
        if column == 0 {
            return Ok(index_definition(&relation, &constraint));
        }
        let attnum = usize::try_from(column - 1).ok().and_then(|index| constraint.columns.get(index));
        let named = attnum.and_then(|attnum| relation.columns.iter().find(|column| column.attnum == *attnum));
        Ok(Some(named.map(|column| quote_identifier(&column.name)).unwrap_or_default()))
    }

    /// `obj_description` for column 0, `col_description` otherwise.
    pub fn comment(&self, oid: u32, column: i32) -> Result<Option<String>> {
        let comments = once(&self.comments, || {
            let mut comments = HashMap::new();
            let mut add = |oid: Oid, column: i16, comment: &Option<String>| {
                if let Some(comment) = comment {
                    comments.insert((oid.0, i32::from(column)), comment.clone());
                }
            };
            for relation in self.relations()? {
                add(relation.oid, 0, &relation.comment);
                relation.columns.iter().for_each(|column| add(relation.oid, column.attnum, &column.comment));
                let keys = relation.table().into_iter().flat_map(|table| &table.constraint_comments);
                keys.for_each(|(key, comment)| add(Oid(*key), 0, &Some(comment.clone())));
            }
            for schema in self.source.directory.schemas()? {
                add(schema.oid, 0, &schema.comment);
            }
            for database in self.source.directory.databases()? {
                add(database.oid, 0, &database.comment);
            }
            Ok(comments)
        })?;
        Ok(comments.get(&(oid, column)).cloned())
    }

    /// Bytes that a table takes.
    pub fn table_size(&self, oid: u32) -> Result<Option<i64>> {
        match self.relation(oid)? {
            Some(relation) if relation.table().is_some() => {
                Ok(Some(self.source.directory.statistics(relation.oid)?.bytes as i64))
            }
            Some(_) => Ok(Some(0)),
            None => Ok(self.key(oid)?.map(|_| 0)),
        }
    }

    /// Bytes that the tables of the session's database take; none for another database.
    pub fn database_size(&self, database: &str) -> Result<Option<i64>> {
        if database != self.source.session.database {
            let known = self.source.directory.databases()?.iter().any(|other| other.name == database);
            return Ok(known.then_some(0));
        }
        let mut bytes = 0;
        for relation in self.relations()?.iter().filter(|relation| relation.table().is_some()) {
            bytes += self.source.directory.statistics(relation.oid)?.bytes as i64;
        }
        Ok(Some(bytes))
    }

    /// The name of the database of this OID.
    pub fn database_name(&self, oid: u32) -> Result<Option<String>> {
        let databases = self.source.directory.databases()?;
        Ok(databases.iter().find(|database| database.oid.0 == oid).map(|database| database.name.clone()))
    }

    fn user(&self, name: &str) -> Result<Arc<User>> {
        let users = self.source.directory.users()?;
        let found = users.into_iter().find(|user| user.name == name);
        found.ok_or_else(|| Error::new(SqlState::UNDEFINED_OBJECT, format!("user \"{name}\" does not exist")))
    }

    /// `has_table_privilege`: does the user (the session's where none is named) hold one of these privileges?
    pub fn has_table_privilege(&self, user: Option<&str>, table: &str, privileges: &str) -> Result<bool> {
        let relation = self.relation_of_text(table)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_TABLE, format!("relation with OID {table} does not exist"))
        })?;
        let wanted = privileges_of(privileges)?;
        let actor = self.named_or_own(user)?;
        if relation.kind == RelationKind::System && !actor.superuser && !super::is_for_superusers(&relation) {
            return Ok(wanted.iter().any(|wanted| wanted.privilege == Privilege::Select && !wanted.grant_option));
        }
        let object = GrantObject::Relation(relation.oid);
        let rights = self.source.directory.relation_rights(&actor, &relation)?;
        self.any(&wanted, &actor, (object, relation.owner), |privilege| Ok(rights.has(privilege)))
    }

    /// `has_any_column_privilege`: on the relation or on a column of it.
    pub fn has_any_column_privilege(&self, user: Option<&str>, table: &str, privileges: &str) -> Result<bool> {
        let relation = self.relation_of_text(table)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_TABLE, format!("relation with OID {table} does not exist"))
        })?;
        if relation.kind == RelationKind::System {
            return self.has_table_privilege(user, table, privileges);
        }
        let wanted = privileges_of(privileges)?;
        let actor = self.named_or_own(user)?;
        let object = GrantObject::Relation(relation.oid);
        let rights = self.source.directory.relation_rights(&actor, &relation)?;
        self.any(&wanted, &actor, (object, relation.owner), |privilege| Ok(rights.has_somewhere(privilege)))
    }

    /// `has_column_privilege`
    pub fn has_column_privilege(
        &self,
        user: Option<&str>,
        (table, column): (&str, &str),
        privileges: &str,
    ) -> Result<bool> {
        let relation = self.relation_of_text(table)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_TABLE, format!("relation with OID {table} does not exist"))
        })?;
        let number = column.parse::<i16>().ok();
        let found = relation.columns.iter().find(|other| other.name == column || Some(other.attnum) == number);
        let column = found.ok_or_else(|| {
            let message = format!("column \"{column}\" of relation \"{}\" does not exist", relation.name);
            Error::new(SqlState::UNDEFINED_COLUMN, message)
        })?;
        let wanted = privileges_of(privileges)?;
        let actor = self.named_or_own(user)?;
        let object = GrantObject::Column(relation.oid, column.attnum);
        let rights = self.source.directory.relation_rights(&actor, &relation)?;
        self.any(&wanted, &actor, (object, relation.owner), |privilege| Ok(rights.has_on(column.attnum, privilege)))
    }

    /// `has_schema_privilege`
    pub fn has_schema_privilege(&self, user: Option<&str>, schema: &str, privileges: &str) -> Result<bool> {
        let wanted = privileges_of(privileges)?;
        let actor = self.named_or_own(user)?;
        let is_it = |oid: u32, name: &str| schema == name || schema.parse() == Ok(oid);
        if SYSTEM_SCHEMAS.iter().any(|(oid, name)| is_it(*oid, name)) {
            return Ok(actor.superuser || wanted.iter().any(|wanted| wanted.privilege == Privilege::Usage));
        }
        let schemas = self.source.directory.schemas()?;
        let found = schemas
            .iter()
            .find(|found| is_it(found.oid.0, &found.name))
            .ok_or_else(|| Error::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{schema}\" does not exist")))?;
        let owned = (GrantObject::Schema(found.oid), found.owner);
        self.any(&wanted, &actor, owned, |privilege| self.source.directory.may_with_schema(&actor, found, privilege))
    }

    /// `has_database_privilege`
    pub fn has_database_privilege(&self, user: Option<&str>, database: &str, privileges: &str) -> Result<bool> {
        let databases = self.source.directory.databases()?;
        let is_it =
            |found: &&Arc<crate::catalog::Database>| found.name == database || database.parse() == Ok(found.oid.0);
        let found = databases.iter().find(is_it).ok_or_else(|| {
            Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{database}\" does not exist"))
        })?;
        let actor = self.named_or_own(user)?;
        // Everybody may connect: CONNECT is PostgreSQL's, and clients ask for it.
        if privileges.split(',').any(|word| word.trim().eq_ignore_ascii_case("connect")) {
            return Ok(true);
        }
        let wanted = privileges_of(privileges)?;
        let owned = (GrantObject::Database(found.oid), found.owner);
        self.any(&wanted, &actor, owned, |privilege| {
            self.source.directory.may_with_database(&actor, found.oid, privilege)
        })
    }

    /// `has_assumerole_privilege`: may a user assume a role of IAM for a command?
    ///
    /// # Errors
    /// 42704 where there is no such user, 42501 where it is another than who asks, 22023 for another command.
    pub fn has_assume_role_privilege(&self, user: Option<&str>, role: &str, command: &str) -> Result<bool> {
        let actor = self.named_or_own(user)?;
        // "Superusers and users can use this function. However, users can only view their own privileges."
        if !self.is_self_or_may_ask(actor.user, &[])? {
            let message = "permission denied to check the privileges of other users";
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
        }
        let command = match command.trim().to_ascii_lowercase().as_str() {
            "copy" => AssumingCommand::Copy,
            "unload" => AssumingCommand::Unload,
            "external function" => AssumingCommand::ExternalFunction,
            "create model" => AssumingCommand::CreateModel,
            _ => {
                let message = format!("unrecognized command type: \"{command}\"");
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
        };
        let roles = self.source.directory.iam_roles()?;
        let is_it = |object: GrantObject| match object {
            GrantObject::IamRole(id) => roles
                .iter()
                .any(|known| known.id == id && (known.arn == crate::catalog::ALL_IAM_ROLES || known.arn == role)),
            _ => false,
        };
        let entries: Vec<GrantEntry> = self.grants()?.iter().filter(|entry| is_it(entry.object)).copied().collect();
        Ok(actor.holds(&entries, Privilege::Assume(command)))
    }

    /// `has_language_privilege`
    pub fn has_language_privilege(&self, user: Option<&str>, language: &str, privileges: &str) -> Result<bool> {
        let actor = self.named_or_own(user)?;
        privileges_of(privileges)?;
        let missing = || Error::new(SqlState::UNDEFINED_OBJECT, format!("language \"{language}\" does not exist"));
        let oid = super::language_named(language).ok_or_else(missing)?;
        self.source.directory.may_write_in(&actor, Oid(oid))
    }

    /// `user_is_member_of`: is a user in a group, or does one hold a role, directly or through others?
    ///
    /// # Errors
    /// 42704 where there is no such user, group or role; 42501 where a user without sys:secadmin or sys:superuser asks for
    /// another.
    pub fn user_is_member_of(&self, user: &str, role: &str) -> Result<bool> {
        let user = self.user(user)?.id;
        if !self.is_self_or_may_ask(user, &["sys:secadmin", "sys:superuser"])? {
            return Err(Error::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                "permission denied to check the roles of other users",
            ));
        }
        if let Some(group) = self.source.directory.groups()?.iter().find(|group| group.name == role) {
            return Ok(group.members.contains(&user));
        }
        self.holds_role(Grantee::User(user), self.role(role)?)
    }

    /// Is it the session's user, or may that ask for others: as a superuser, or with one of these roles?
    fn is_self_or_may_ask(&self, user: Oid, roles: &[&str]) -> Result<bool> {
        let session = &self.source.session;
        if session.superuser || session.user_id == user.0 {
            return Ok(true);
        }
        for role in roles {
            if self.holds_role(Grantee::User(Oid(session.user_id)), self.role(role)?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `role_is_member_of`: does a role hold another, directly or through others?
    ///
    /// # Errors
    /// 42704 where there is no such role; 42501 where a user who does not hold it and may not access system tables asks.
    pub fn role_is_member_of(&self, role: &str, member_of: &str) -> Result<bool> {
        let session = &self.source.session;
        let may_ask = session.superuser
            || self.named_or_own(None)?.has_system(SystemPrivilege::AccessSystemTable)
            || self.holds_role(Grantee::User(Oid(session.user_id)), self.role(role)?)?;
        if !may_ask {
            let message = format!("permission denied for role \"{role}\"");
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
        }
        self.holds_role(Grantee::Role(self.role(role)?), self.role(member_of)?)
    }

    fn holds_role(&self, holder: Grantee, wanted: Oid) -> Result<bool> {
        let grants = self.grants()?;
        let mut held = vec![holder];
        let mut at = 0;
        while let Some(holder) = held.get(at).copied() {
            at += 1;
            for grant in grants.iter().filter(|grant| grant.grantee == holder) {
                if let GrantObject::Role(inner) = grant.object
                    && !held.contains(&Grantee::Role(inner))
                {
                    held.push(Grantee::Role(inner));
                }
            }
        }
        Ok(held.contains(&Grantee::Role(wanted)))
    }

    fn role(&self, name: &str) -> Result<Oid> {
        let roles = self.source.directory.roles()?;
        let found = roles.iter().find(|role| role.name == name).map(|role| role.id);
        found.ok_or_else(|| Error::new(SqlState::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist")))
    }

    fn named_or_own(&self, user: Option<&str>) -> Result<Arc<Actor>> {
        let own = &self.source.session;
        match user {
            Some(name) if name != own.user => self.source.directory.actor(self.user(name)?.id),
            _ => self.source.directory.actor(Oid(own.user_id)),
        }
    }

    /// Is one of these privileges held, WITH GRANT OPTION where that is asked for?
    fn any(
        &self,
        wanted: &[Wanted],
        actor: &Actor,
        (object, owner): (GrantObject, Oid),
        holds: impl Fn(Privilege) -> Result<bool>,
    ) -> Result<bool> {
        for Wanted { privilege, grant_option } in wanted {
            let held = match grant_option {
                false => holds(*privilege)?,
                true if actor.superuser || actor.user == owner => true,
                true => {
                    let entries: Vec<GrantEntry> =
                        self.grants()?.iter().filter(|entry| entry.object == object).copied().collect();
                    actor.may_grant(&entries, *privilege)
                }
            };
            if held {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A privilege that is asked for.
struct Wanted {
    privilege: Privilege,
    grant_option: bool,
}

/// The privileges of a list such as `SELECT, INSERT WITH GRANT OPTION`.
///
/// # Errors
/// 22023 `unrecognized privilege type: "x"`.
fn privileges_of(text: &str) -> Result<Vec<Wanted>> {
    let privilege = |word: &str| {
        let word = word.trim().to_ascii_uppercase();
        let (name, grant_option) = match word.strip_suffix(" WITH GRANT OPTION") {
            Some(name) => (name, true),
            None => (word.as_str(), false),
        };
        match Privilege::from_word(&name.to_ascii_lowercase()) {
            Some(privilege) => Ok(Wanted { privilege, grant_option }),
            None => {
                let message = format!("unrecognized privilege type: \"{word}\"");
                Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
            }
        }
    };
    text.split(',').map(privilege).collect()
}

/// The type that a name as text means, as REGTYPE reads it.
///
/// # Errors
/// 42704 `type "x" does not exist`.
pub(crate) fn regtype_named(text: &str) -> Result<&'static TypeRow> {
    let name = text.trim();
    let bare = name.strip_prefix("pg_catalog.").unwrap_or(name).trim_matches('"');
    let base = bare.split_once('(').map_or(bare, |(name, _)| name.trim());
    let found = match base.parse() {
        Ok(oid) => type_of_oid(oid),
        Err(_) => type_named(&base.to_lowercase()),
    };
    found.ok_or_else(|| Error::new(SqlState::UNDEFINED_OBJECT, format!("type \"{text}\" does not exist")))
}

/// The OID of a type as SQL writes it: `int`, `character varying(20)`; none where there is no such type.
fn type_oid(text: &str) -> Option<u32> {
    let written = parse_expression(&format!("null::{text}")).ok()?;
    match written.kind {
        ExprKind::Cast { ty: DataType::Known(ty), .. } => Some(ty.oid()),
        _ => type_named(text).map(|row| row.oid),
    }
}

/// The catalog's type of this name: what a cast to a name that is no key word means (`regclass`, `oid`, `_text`).
pub(crate) fn catalog_type(name: &str) -> Option<RedshiftType> {
    RedshiftType::from_oid(type_named(name)?.oid, -1)
}

/// `current_schemas`: the schemas of the search path that are there, the implicit ones first where they are wanted.
pub(crate) fn current_schemas(catalog: &dyn CatalogView, source: &Source, implicit: bool) -> Result<Vec<String>> {
    let session = &source.session;
    let mut schemas = Vec::new();
    if implicit {
        if catalog.has_schema(&session.temp_schema)? {
            schemas.push(session.temp_schema.clone());
        }
        schemas.push("pg_catalog".to_string());
    }
    for schema in &session.search_path {
        if !schemas.contains(schema) && catalog.has_schema(schema)? {
            schemas.push(schema.clone());
        }
    }
    Ok(schemas)
}

/// `pg_size_pretty`
pub(crate) fn size_pretty(bytes: i64) -> String {
    let mut size = bytes;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if size.abs() < 10 * 1024 {
            return format!("{size} {unit}");
        }
        size = (size + 512) / 1024;
    }
    format!("{size} TB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::{Sample, source};

    #[test]
    fn relations_are_found_by_name_and_shown_by_the_shortest_one() {
        let source = source(100);
        let lookup = Lookup::new(&source);
        for text in ["sales", "public.sales", "dev.public.sales", "PUBLIC.Sales", "\"sales\""] {
            assert_eq!(lookup.regclass_oid(text).unwrap(), Sample::SALES, "{text}");
            assert_eq!(lookup.regclass_of_text(text).unwrap(), "sales");
        }
        assert_eq!(lookup.regclass_oid("pg_catalog.pg_class").unwrap(), 1259);
        assert_eq!(lookup.regclass_name(1259).unwrap(), "pg_class");
        assert_eq!(lookup.regclass_name(100_101).unwrap(), "customer_pkey");
        assert_eq!(lookup.regclass_name(5).unwrap(), "5");
        let error = lookup.regclass_oid("nowhere").unwrap_err();
        assert_eq!(
            (error.sqlstate(), error.message()),
            (SqlState::UNDEFINED_TABLE, "relation \"nowhere\" does not exist")
        );
    }

    #[test]
    fn definitions_are_statements() {
        let source = source(100);
        let lookup = Lookup::new(&source);
        assert_eq!(lookup.view_definition(100_300).unwrap().as_deref(), Some("select price from sales;"));
        assert_eq!(
            lookup.view_definition(100_301).unwrap().as_deref(),
            Some("create view public.late_prices as select price from sales with no schema binding;")
        );
        assert_eq!(lookup.constraint_definition(100_101).unwrap().as_deref(), Some("PRIMARY KEY (id)"));
        assert_eq!(
            lookup.constraint_definition(100_201).unwrap().as_deref(),
            Some("FOREIGN KEY (customer_id) REFERENCES customer(id)")
        );
        assert_eq!(lookup.index_definition(100_101, 1).unwrap().as_deref(), Some("id"));
        assert_eq!(lookup.comment(Sample::CUSTOMER, 2).unwrap().as_deref(), Some("how to call them"));
    }

    #[test]
    fn privileges_come_from_ownership_grants_and_groups() {
        let source = source(100);
        let lookup = Lookup::new(&source);
        let reader = Some("reader");
        assert!(lookup.has_table_privilege(None, "customer", "INSERT").unwrap());
        assert!(!lookup.has_table_privilege(reader, "customer", "SELECT").unwrap());
        assert!(lookup.has_table_privilege(reader, "sales", "SELECT").unwrap());
        assert!(lookup.has_table_privilege(reader, "sales", "insert, select").unwrap());
        assert!(!lookup.has_table_privilege(reader, "100200", "delete").unwrap());
        assert!(lookup.has_schema_privilege(reader, "public", "USAGE").unwrap());
        assert!(!lookup.has_database_privilege(reader, "dev", "CREATE").unwrap());
        let unknown = lookup.has_table_privilege(reader, "sales", "dance").unwrap_err();
        assert_eq!(unknown.message(), "unrecognized privilege type: \"DANCE\"");
        assert!(lookup.has_table_privilege(Some("nobody"), "sales", "SELECT").is_err());
    }

    #[test]
    fn only_what_the_search_path_finds_is_visible() {
        let source = source(100);
        let lookup = Lookup::new(&source);
        assert_eq!(lookup.is_visible(Sample::SALES).unwrap(), Some(true));
        assert_eq!(lookup.is_visible(1259).unwrap(), Some(true));
        assert_eq!(lookup.is_visible(10_303).unwrap(), Some(false));
        assert_eq!(lookup.is_visible(1).unwrap(), None);
    }

    #[test]
    fn types_are_found_under_all_their_names() {
        for text in ["int4", "integer", "pg_catalog.int4", "23", "INTEGER"] {
            assert_eq!(regtype_named(text).unwrap().oid, 23, "{text}");
        }
        assert_eq!(regtype_named("character varying(20)").unwrap().oid, 1043);
        assert_eq!(regtype_named("pg_catalog.trigger").unwrap().oid, 2279);
        assert_eq!(regtype_named("nonsense").unwrap_err().message(), "type \"nonsense\" does not exist");
        assert_eq!(catalog_type("regclass"), Some(RedshiftType::RegClass));
    }

    #[test]
    fn sizes_are_shown_in_the_unit_that_fits() {
        let shown = [0, 10_239, 10_240, 20_971_520].map(size_pretty);
        assert_eq!(shown, ["0 bytes", "10239 bytes", "10 kB", "20 MB"]);
    }
}
