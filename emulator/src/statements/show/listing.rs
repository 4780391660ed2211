//! SHOW commands that list objects.
//!
//! They narrow what there is by names, and look for none of the names beforehand: of a database, schema or relation that does
//! not exist, or that the user may not see, there are no rows. Redshift's drivers ask so for keys in all databases and schemas
//! (test_metadataAPI_keys.py of redshift_connector). Grants are in the order of their holders' numbers
//! (test_metadataAPI_privileges.py of the same).

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{
        ArgMode, BoundArg, BoundName, BoundText, DataType, GrantedObject, NamePart, PoliciesOf, PolicyKind, Principal,
        RoutineKind, ShowConstraints, ShowFilter, ShowInDatabase, ShowPatterns,
    },
    names::{Ident, ObjectName},
    parse_query,
};

use crate::{
    binder::{BindContext, Binder, Bound, Parameters, SessionInfo},
    catalog::Grantee,
    statements::Work,
    system::{Source, SystemView},
};

/// What is listed: a query over one of the relations of show.sql.
pub(super) struct Listing {
    /// Its text; the last parameter is the limit.
    text: &'static str,
    parameters: Vec<Option<String>>,
    /// The database; none that does not exist.
    there: Option<BindContext>,
}

impl Listing {
    /// Binds the query. The names of pg_internal are the system's, so that nobody's privileges are asked for; its rows are
    /// those that the session's user may see all the same.
    pub(super) fn bind(self, work: &Work<'_>) -> Result<Bound> {
        let Listing { text, mut parameters, there } = self;
        let context = there.unwrap_or_else(|| {
            if let Some(limit) = parameters.last_mut() {
                *limit = Some("0".to_string());
            }
            work.context.clone()
        });
        let session = SessionInfo { superuser: true, case_sensitive: false, ..(*context.session).clone() };
        let types = vec![Some(RedshiftType::Text); parameters.len() - 1];
        let types = types.into_iter().chain([Some(RedshiftType::Int8)]).collect();
        let parameters = match work.context.parameters.have_values() {
            true => Parameters::with_values(types, parameters),
            false => Parameters::to_describe(types),
        };
        let context = BindContext { session: Arc::new(session), parameters, ..context };
        Binder::new(context).query(&parse_query(text)?).map_err(Error::without_position)
    }

    fn new(
        text: &'static str,
        names: impl IntoIterator<Item = Option<String>>,
        filter: &ShowFilter,
        there: Option<BindContext>,
    ) -> Listing {
        let limit = filter.limit.map(|limit| limit.to_string());
        Listing { text, parameters: names.into_iter().chain([limit]).collect(), there }
    }

    /// SHOW DATABASES
    pub(super) fn databases(filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_databases where ($1 is null or database_name like $1)
                    order by database_name limit $2";
        Ok(Listing::new(text, [pattern(filter, work)], filter, here(work)?))
    }

    /// SHOW SCHEMAS
    pub(super) fn schemas(database: Option<&BoundName>, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_schemas where ($1 is null or schema_name like $1)
                    order by schema_name limit $2";
        let name = database.and_then(|name| parts(name, work).pop());
        Ok(Listing::new(text, [pattern(filter, work)], filter, in_database(name.as_deref(), work)?))
    }

    /// SHOW TABLES
    pub(super) fn tables(schema: &BoundName, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_tables
                    where schema_name = $1 and ($2 is null or table_name like $2)
                    order by table_name limit $3";
        Listing::in_schema(text, schema, filter, work)
    }

    /// SHOW TEMPLATES. There are none: nobody can make one here.
    pub(super) fn templates(schema: &BoundName, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_templates
                    where schema_name = $1 and ($2 is null or template_name like $2)
                    order by template_name limit $3";
        Listing::in_schema(text, schema, filter, work)
    }

    /// SHOW TABLES, COLUMNS and GRANTS ON TABLES of a database, in the columns that those of one schema or table have.
    pub(super) fn of_database(
        what: ShowInDatabase,
        database: &BoundName,
        patterns: &ShowPatterns,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let text = match what {
            ShowInDatabase::Tables => {
                "select * from pg_internal.show_tables
                 where ($1 is null or schema_name like $1) and ($2 is null or table_name like $2) and $3 is null
                 order by schema_name, table_name limit $4"
            }
            ShowInDatabase::Columns => {
                "select * from pg_internal.show_columns
                 where ($1 is null or schema_name like $1) and ($2 is null or table_name like $2)
                     and ($3 is null or column_name like $3)
                 order by schema_name, table_name, ordinal_position limit $4"
            }
            ShowInDatabase::TableGrants => {
                "select * from pg_internal.show_grants
                 where object_type = 'TABLE' and ($1 is null or schema_name like $1)
                     and ($2 is null or object_name like $2) and $3 is null
                 order by schema_name, object_name, identity_id, identity_name, privilege_type limit $4"
            }
        };
        let name = parts(database, work).pop();
        let narrowed = [&patterns.schema, &patterns.table, &patterns.column];
        let narrowed = narrowed.map(|pattern| pattern.as_ref().and_then(|pattern| bound_text(pattern, work)));
        Ok(Listing::new(text, narrowed, &ShowFilter::default(), in_database(name.as_deref(), work)?))
    }

    /// SHOW FUNCTIONS
    pub(super) fn functions(schema: &BoundName, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_functions
                    where schema_name = $1 and ($2 is null or function_name like $2)
                    order by function_name, argument_list limit $3";
        Listing::in_schema(text, schema, filter, work)
    }

    /// SHOW PROCEDURES
    pub(super) fn procedures(schema: &BoundName, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_procedures
                    where schema_name = $1 and ($2 is null or procedure_name like $2)
                    order by procedure_name, argument_list limit $3";
        Listing::in_schema(text, schema, filter, work)
    }

    /// SHOW PARAMETERS OF FUNCTION | PROCEDURE
    pub(super) fn parameters(
        kind: RoutineKind,
        name: &BoundName,
        args: Option<&[BoundArg]>,
        filter: &ShowFilter,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let text = match kind {
            RoutineKind::Function => {
                "select database_name, schema_name, routine_name as function_name, parameter_name, ordinal_position,
                     parameter_type, data_type, character_maximum_length, numeric_precision, numeric_scale
                 from pg_internal.show_parameters
                 where not is_procedure and schema_name = $1 and routine_name = $2 and ($3 is null or input_list = $3)
                     and ($4 is null or coalesce(parameter_name, '') like $4)
                 order by routine, ordinal_position limit $5"
            }
            RoutineKind::Procedure => {
                "select database_name, schema_name, routine_name as procedure_name, parameter_name, ordinal_position,
                     parameter_type, data_type, character_maximum_length, numeric_precision, numeric_scale
                 from pg_internal.show_parameters
                 where is_procedure and schema_name = $1 and routine_name = $2 and ($3 is null or input_list = $3)
                     and ($4 is null or coalesce(parameter_name, '') like $4)
                 order by routine, ordinal_position limit $5"
            }
        };
        let mut names = parts(name, work);
        let routine = names.pop();
        let schema = match names.pop() {
            Some(schema) => Some(schema),
            None => routine.as_deref().map(|name| schema_of_routine(kind, name, work)).transpose()?.flatten(),
        };
        let there = in_database(names.pop().as_deref(), work)?;
        let types = args.map(|args| input_types(args, work)).transpose()?;
        Ok(Listing::new(text, [schema, routine, types, pattern(filter, work)], filter, there))
    }

    fn in_schema(text: &'static str, schema: &BoundName, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let mut names = parts(schema, work);
        let name = names.pop();
        let there = in_database(names.pop().as_deref(), work)?;
        Ok(Listing::new(text, [name, pattern(filter, work)], filter, there))
    }

    /// SHOW COLUMNS
    pub(super) fn columns(table: &BoundName, filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_columns
                    where schema_name = $1 and table_name = $2 and ($3 is null or column_name like $3)
                    order by ordinal_position limit $4";
        let (schema, name, there) = relation(table, work)?;
        Ok(Listing::new(text, [schema, name, pattern(filter, work)], filter, there))
    }

    /// SHOW CONSTRAINTS
    pub(super) fn constraints(
        kind: ShowConstraints,
        table: &BoundName,
        filter: &ShowFilter,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let text = match kind {
            ShowConstraints::PrimaryKeys => {
                "select * from pg_internal.show_primary_keys where schema_name = $1 and table_name = $2 and accessible
                 order by key_seq limit $3"
            }
            ShowConstraints::ForeignKeys => {
                "select * from pg_internal.show_foreign_keys where fk_schema_name = $1 and fk_table_name = $2 and fk_accessible
                 order by fk_name, key_seq limit $3"
            }
            ShowConstraints::ExportedForeignKeys => {
                "select * from pg_internal.show_foreign_keys where pk_schema_name = $1 and pk_table_name = $2 and pk_accessible
                 order by fk_schema_name, fk_table_name, fk_name, key_seq limit $3"
            }
        };
        let (schema, name, there) = relation(table, work)?;
        Ok(Listing::new(text, [schema, name], filter, there))
    }

    /// SHOW RLS | MASKING POLICIES. Of masking policies there are none: nobody can make one here.
    pub(super) fn policies(
        kind: PolicyKind,
        of: Option<&PoliciesOf>,
        filter: &ShowFilter,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let there = match of {
            None => here(work)?,
            Some(PoliciesOf::Database(name)) => {
                let name = name.folded(work.context.session.case_sensitive);
                in_database(Some(&name), work)?
            }
            Some(PoliciesOf::Table { name, principal }) => {
                let [grantee_kind, grantee] = identity(principal.as_ref(), work)?;
                let (schema, table, there) = relation(name, work)?;
                let text = match kind {
                    PolicyKind::Rls => {
                        "select * from pg_internal.show_attached_rls_policies
                         where schema_name = $1 and relation_name = $2
                             and ($3 is null or grantee_kind = $3 and grantee = $4)
                         order by policy_name, grantee_kind, grantee limit $5"
                    }
                    PolicyKind::Masking => {
                        "select * from pg_internal.show_attached_masking_policies
                         where schema_name = $1 and relation_name = $2
                             and ($3 is null or grantee_type = $3 and grantee = $4)
                         order by policy_name limit $5"
                    }
                };
                return Ok(Listing::new(text, [schema, table, grantee_kind, grantee], filter, there));
            }
        };
        let text = match kind {
            PolicyKind::Rls => "select * from pg_internal.show_rls_policies order by policy_name limit $1",
            PolicyKind::Masking => "select * from pg_internal.show_masking_policies order by policy_name limit $1",
        };
        Ok(Listing::new(text, [], filter, there))
    }

    /// SHOW GRANTS ON
    pub(super) fn grants_on(
        object: &GrantedObject,
        principal: Option<&Principal>,
        filter: &ShowFilter,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let [kind, who] = identity(principal, work)?;
        match object {
            GrantedObject::Database(name) => {
                let text = "select database_name, privilege_type, identity_id, identity_name, identity_type,
                                admin_option, privilege_scope, grantor_name
                            from pg_internal.show_grants
                            where object_type = 'DATABASE' and object_name = $1
                                and ($2 is null or identity_type = $2 and identity_name = $3)
                            order by identity_id, identity_name, privilege_scope, privilege_type limit $4";
                let database = parts(name, work).pop();
                Ok(Listing::new(text, [database, kind, who], filter, here(work)?))
            }
            GrantedObject::Schema(name) => {
                let text = "select * from pg_internal.show_grants
                            where object_type = 'SCHEMA' and object_name = $1
                                and ($2 is null or identity_type = $2 and identity_name = $3)
                            order by identity_id, identity_name, privilege_scope, privilege_type limit $4";
                let mut names = parts(name, work);
                let schema = names.pop();
                let there = in_database(names.pop().as_deref(), work)?;
                Ok(Listing::new(text, [schema, kind, who], filter, there))
            }
            GrantedObject::Table(name) => {
                let text = "select * from pg_internal.show_grants
                            where object_type = 'TABLE' and schema_name = $1 and object_name = $2
                                and ($3 is null or identity_type = $3 and identity_name = $4)
                            order by identity_id, identity_name, privilege_type limit $5";
                let (schema, table, there) = relation(name, work)?;
                Ok(Listing::new(text, [schema, table, kind, who], filter, there))
            }
            GrantedObject::Template(_) => Err(Error::unsupported("SHOW GRANTS ON TEMPLATE is not supported")),
            GrantedObject::Function { name, args } => {
                let text = "select schema_name, object_name, object_type, privilege_type, identity_id, identity_name,
                                identity_type, admin_option, privilege_scope, database_name, grantor_name
                            from pg_internal.show_routine_grants
                            where schema_name = $1 and object_name = $2
                                and ($3 is null or arguments = $3)
                                and ($4 is null or identity_type = $4 and identity_name = $5)
                            order by identity_id, identity_name, privilege_type limit $6";
                let mut names = parts(name, work);
                let routine = names.pop();
                let schema = match names.pop() {
                    Some(schema) => Some(schema),
                    None => {
                        let of = |kind| routine.as_deref().map(|name| schema_of_routine(kind, name, work)).transpose();
                        of(RoutineKind::Function)?.flatten().or(of(RoutineKind::Procedure)?.flatten())
                    }
                };
                let there = in_database(names.pop().as_deref(), work)?;
                let types =
                    args.as_ref().map(|args| args.iter().map(|arg| type_text(&arg.ty)).collect::<Vec<_>>().join(", "));
                Ok(Listing::new(text, [schema, routine, types, kind, who], filter, there))
            }
        }
    }

    /// SHOW GRANTS FOR: a superuser's to ask, the user's own, and of a role its owner's and holders' (developer guide).
    pub(super) fn grants_for(
        principal: &Principal,
        database: Option<&Ident>,
        filter: &ShowFilter,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let text = "select database_name, schema_name,
                        case when object_type = 'TABLE' then object_name end as object_name, object_type,
                        privilege_type, identity_id, identity_name, identity_type, privilege_scope, grantor_name
                    from pg_internal.show_grants
                    where identity_type = $1 and identity_name = $2
                    order by object_type, schema_name, object_name, privilege_scope, privilege_type limit $3";
        let [kind, who] = identity(Some(principal), work)?;
        let actor = work.actor()?;
        let allowed = actor.superuser
            || match principal {
                Principal::User(name) => work.user(name)?.id == actor.user,
                Principal::Role(name) => {
                    let role = work.role(name)?;
                    role.owner == actor.user || actor.is(Grantee::Role(role.id))
                }
                Principal::Public => true,
            };
        if !allowed {
            let name = who.unwrap_or_default();
            let message = format!("permission denied to show grants for \"{name}\"");
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
        }
        let database = database.map(|name| name.folded(work.context.session.case_sensitive));
        Ok(Listing::new(text, [kind, who], filter, in_database(database.as_deref(), work)?))
    }

    /// SHOW COLUMN GRANTS
    pub(super) fn column_grants(
        table: &BoundName,
        principal: Option<&Principal>,
        filter: &ShowFilter,
        work: &Work<'_>,
    ) -> Result<Listing> {
        let text = "select * from pg_internal.show_column_grants
                    where schema_name = $1 and table_name = $2
                        and ($3 is null or identity_type = $3 and identity_name = $4)
                        and ($5 is null or column_name like $5)
                    order by column_name, identity_id, identity_name, privilege_type limit $6";
        let (schema, name, there) = relation(table, work)?;
        let [kind, who] = identity(principal, work)?;
        Ok(Listing::new(text, [schema, name, kind, who, pattern(filter, work)], filter, there))
    }

    /// SHOW DATASHARES
    pub(super) fn datashares(filter: &ShowFilter, work: &Work<'_>) -> Result<Listing> {
        let text = "select * from pg_internal.show_datashares where ($1 is null or share_name like $1)
                    order by share_name limit $2";
        Ok(Listing::new(text, [pattern(filter, work)], filter, here(work)?))
    }
}

/// The first schema of the search path that has such a function or procedure.
fn schema_of_routine(kind: RoutineKind, name: &str, work: &Work<'_>) -> Result<Option<String>> {
    for schema in &work.context.session.search_path {
        let found = work.view.routines_named(schema, name)?;
        if found.iter().any(|routine| routine.is_procedure() == (kind == RoutineKind::Procedure)) {
            return Ok(Some(schema.clone()));
        }
    }
    Ok(None)
}

/// The types of arguments as they are listed: `integer, character varying`.
fn input_types(args: &[BoundArg], work: &Work<'_>) -> Result<String> {
    let mut types = Vec::with_capacity(args.len());
    for arg in args {
        match arg {
            BoundArg::Arg(arg) if arg.mode == Some(ArgMode::Out) => {}
            BoundArg::Arg(arg) => types.push(type_text(&arg.ty)),
            BoundArg::Parameter(number) => types.extend(bound(*number, work)),
        }
    }
    Ok(types.join(", "))
}

fn type_text(ty: &DataType) -> String {
    match ty {
        DataType::Known(ty) => ty.format_name().to_string(),
        DataType::Named(name) => name.object().value.clone(),
    }
}

/// The parts of a name that are known: those that a client binds are not while the command is described.
fn parts(name: &BoundName, work: &Work<'_>) -> Vec<String> {
    let part = |part: &NamePart| match part {
        NamePart::Name(name) => Some(name.folded(work.context.session.case_sensitive)),
        NamePart::Parameter(number) => bound(*number, work),
    };
    name.0.iter().filter_map(part).collect()
}

/// The value of a parameter, which is a text.
fn bound(number: u16, work: &Work<'_>) -> Option<String> {
    work.context.parameters.infer(number, RedshiftType::Text);
    work.context.parameters.value_of(number).flatten().map(str::to_string)
}

/// The pattern of LIKE.
fn pattern(filter: &ShowFilter, work: &Work<'_>) -> Option<String> {
    bound_text(filter.like.as_ref()?, work)
}

fn bound_text(text: &BoundText, work: &Work<'_>) -> Option<String> {
    match text {
        BoundText::Text(text) => Some(text.clone()),
        BoundText::Parameter(number) => bound(*number, work),
    }
}

/// `identity_type` and `identity_name` of FOR.
fn identity(principal: Option<&Principal>, work: &Work<'_>) -> Result<[Option<String>; 2]> {
    Ok(match principal {
        None => [None, None],
        Some(Principal::User(name)) => [Some("user".to_string()), Some(work.user(name)?.name.clone())],
        Some(Principal::Role(name)) => [Some("role".to_string()), Some(work.role(name)?.name.clone())],
        Some(Principal::Public) => [Some("public".to_string()), Some("public".to_string())],
    })
}

/// The database that the session works in.
fn here(work: &Work<'_>) -> Result<Option<BindContext>> {
    in_database(None, work)
}

/// A database as the transaction sees it, by default the one that names are looked up in; none where there is none of this
/// name.
fn in_database(name: Option<&str>, work: &Work<'_>) -> Result<Option<BindContext>> {
    let session = &work.context.session;
    let Some(name) = name.or(session.database_in_use.as_deref()) else { return Ok(Some(work.context.clone())) };
    let Some(found) = work.view.database_named(name)? else { return Ok(None) };
    let view = work.view.in_database(found.oid);
    let database = SessionInfo { database: name.to_string(), database_in_use: None, ..(**session).clone() };
    let session = Arc::new(database);
    let Some(source) = work.context.catalog.source() else { return Err(Error::internal("no system catalog")) };
    let source = Source { directory: view.clone(), session: session.clone(), ..(**source).clone() };
    let catalog = Arc::new(SystemView::new(view, source));
    Ok(Some(BindContext { catalog, session, ..work.context.clone() }))
}

/// The schema and name of the relation that a name means, and where it is. A name without a schema is looked for along the
/// search path. While the command is described with parameters in it nothing is known.
fn relation(name: &BoundName, work: &Work<'_>) -> Result<(Option<String>, Option<String>, Option<BindContext>)> {
    let mut names = parts(name, work);
    if names.len() < name.0.len() {
        return Ok((None, None, here(work)?));
    }
    let table = names.pop();
    let schema = match (names.pop(), &table) {
        (None, Some(table)) => schema_of_relation(table, work)?,
        (schema, _) => schema,
    };
    Ok((schema, table, in_database(names.pop().as_deref(), work)?))
}

/// The schema where a name without one finds its relation.
fn schema_of_relation(name: &str, work: &Work<'_>) -> Result<Option<String>> {
    let Some(there) = here(work)? else { return Ok(None) };
    let session = SessionInfo { case_sensitive: true, ..(*there.session).clone() };
    let context = BindContext { session: Arc::new(session), ..there };
    let name = Ident { value: name.to_string(), quoted: true, written: None, pos: 0 };
    match Binder::new(context).resolve(&ObjectName(vec![name])) {
        Ok(relation) => Ok(Some(relation.schema.clone())),
        Err(error) if error.sqlstate() == SqlState::UNDEFINED_TABLE => Ok(None),
        Err(error) => Err(error.without_position()),
    }
}
