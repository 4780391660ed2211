//! Tables, views and system relations by name.

use std::sync::Arc;

use datafusion::{
    common::{Column as PlanColumn, TableReference},
    datasource::{TableProvider, provider_as_source},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder},
};
use redshift_sql_dialect::{
    Error, Result, SqlState,
    names::{Ident, ObjectName},
    parse_query,
};

use super::{
    Binder, CastKind, MAX_VIEW_DEPTH, SessionInfo, Typed, node, planned,
    query::{Open, Untyped},
    row_security::UnderPolicy,
    scope::{Exposure, ScopeColumn},
};
use crate::{
    catalog::{
        CatalogView, Column, Contents, Oid, Privilege, ROW_FILE, ROW_POSITION, Relation, RelationKind, RelationRights,
        RowIdentity, permission_denied, too_far,
    },
    functions::collation,
    result::{ColumnOrigin, ColumnValue},
    system::is_system_schema,
};

/// The rows of a relation: a plan and its columns, which have no table yet.
pub(super) struct Source {
    pub plan: LogicalPlan,
    pub columns: Vec<ScopeColumn>,
    /// The internal names of [`ROW_FILE`] and [`ROW_POSITION`], where they were asked for.
    pub identity: Option<[String; 2]>,
}

impl Binder {
    /// The relation that a name means.
    ///
    /// # Errors
    /// 42P01 `relation "x" does not exist`, 3F000 `schema "x" does not exist`.
    pub fn resolve(&self, name: &ObjectName) -> Result<Arc<Relation>> {
        self.find_relation(name).map_err(|error| error.at(name.pos()))
    }

    fn find_relation(&self, name: &ObjectName) -> Result<Arc<Relation>> {
        let parts: Vec<String> = name.0.iter().map(|part| self.fold(part)).collect();
        let relation = match parts.as_slice() {
            [object] => self.on_search_path(object)?.ok_or_else(|| no_such_relation(&parts))?,
            [schema, object] => self.in_schema(&*self.ctx.catalog, schema, object, &parts)?,
            [database, schema, object] => {
                let catalog = self.in_database(database, schema)?;
                self.in_schema(&*catalog, schema, object, &parts)?
            }
            _ => {
                let message = format!("improper relation name (too many dotted names): {}", parts.join("."));
                return Err(super::syntax(message));
            }
        };
        match self.elsewhere {
            Some(_) if relation.kind == RelationKind::System => {
                Err(Error::unsupported("Only user perm tables supported in producer views"))
            }
            Some(database) if relation.database != database => Err(too_far(&relation)),
            _ => Ok(relation),
        }
    }

    fn on_search_path(&self, object: &str) -> Result<Option<Arc<Relation>>> {
        let (catalog, session) = (&self.ctx.catalog, &self.ctx.session);
        let first = [session.temp_schema.as_str(), "pg_catalog"];
        for schema in first.into_iter().chain(session.search_path.iter().map(String::as_str)) {
            if let Some(relation) = catalog.relation(schema, object)?
                && self.may_use_schema(&**catalog, schema)?
            {
                return Ok(Some(relation));
            }
        }
        Ok(None)
    }

    fn in_schema(
        &self,
        catalog: &dyn CatalogView,
        schema: &str,
        object: &str,
        parts: &[String],
    ) -> Result<Arc<Relation>> {
        if !self.may_use_schema(catalog, schema)? {
            return Err(permission_denied("schema", schema));
        }
        match catalog.relation(schema, object)? {
            Some(relation) => Ok(relation),
            None if catalog.has_schema(schema)? => Err(no_such_relation(parts)),
            None => Err(Error::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{schema}\" does not exist"))),
        }
    }

    /// The catalog as it is seen from the database of this name. The system's relations are those of the database that the
    /// session is connected to (developer guide, "Considerations" of cross-database queries).
    fn in_database(&self, database: &str, schema: &str) -> Result<Arc<dyn CatalogView>> {
        let session = &self.ctx.session;
        let connected = database == session.database;
        if connected && session.database_in_use.is_none() && self.elsewhere.is_none() {
            return Ok(Arc::clone(&self.ctx.catalog));
        }
        if !connected && is_system_schema(schema) {
            let message = format!("cross-database references to the schema \"{schema}\" are not supported");
            return Err(Error::unsupported(message));
        }
        self.ctx.catalog.in_database(database)?.ok_or_else(|| {
            Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{database}\" does not exist"))
        })
    }

    /// The name of the database that a relation is in.
    pub(super) fn database_of(&self, relation: &Relation) -> Result<String> {
        let other = self.ctx.catalog.other_database(relation)?;
        Ok(other.unwrap_or_else(|| self.ctx.session.database.clone()))
    }

    /// Can what is in a schema be named? A view's query was bound when it was made: then its owner could.
    fn may_use_schema(&self, catalog: &dyn CatalogView, schema: &str) -> Result<bool> {
        match self.acting {
            Some(user)
                if self.view_depth == 0 && self.under_policy.is_none() && schema != self.ctx.session.temp_schema =>
            {
                catalog.may_use_schema(user, schema)
            }
            _ => Ok(true),
        }
    }

    /// What the acting user may do with a relation, or the policy that reads it.
    fn rights(&self, relation: &Relation) -> Result<RelationRights> {
        match (self.under_policy, self.acting) {
            (Some(UnderPolicy::Applied(policy)), _) => self.ctx.catalog.policy_rights(policy, relation),
            (None, Some(user)) => self.ctx.catalog.relation_rights(user, relation),
            (Some(UnderPolicy::Checked), _) | (None, None) => Ok(RelationRights::everything()),
        }
    }

    /// Fails where the acting user does not hold a privilege on a relation, or on all of these columns of it.
    ///
    /// # Errors
    /// 42501 `permission denied for relation t`
    pub fn require<'c>(
        &self,
        relation: &Relation,
        privilege: Privilege,
        columns: impl IntoIterator<Item = &'c Column>,
    ) -> Result<()> {
        if self.acting.is_none() {
            return Ok(());
        }
        let rights = self.rights(relation)?;
        let mut columns = columns.into_iter().peekable();
        let on_columns = columns.peek().is_some() && columns.all(|column| rights.has_on(column.attnum, privilege));
        if rights.has(privilege) || on_columns {
            return Ok(());
        }
        Err(permission_denied("relation", &relation.name))
    }

    /// The rows of a relation under internal names.
    ///
    /// A relation that is read needs SELECT on some of its columns, and the others cannot be named; of one that is written
    /// to, columns can be named where SELECT is held.
    ///
    /// # Errors
    /// 42501 `permission denied for relation t`
    pub(super) fn source(&mut self, relation: &Arc<Relation>, identity: RowIdentity) -> Result<Source> {
        let rights = self.rights(relation)?;
        if identity == RowIdentity::Omitted && !rights.has_somewhere(Privilege::Select) {
            return Err(permission_denied("relation", &relation.name));
        }
        let source = self.unsecured_source(relation, identity)?;
        let mut source = self.secured(relation, identity, source)?;
        if !rights.has(Privilege::Select) {
            for (column, declared) in source.columns.iter_mut().zip(relation.columns.iter()) {
                if !rights.has_on(declared.attnum, Privilege::Select) {
                    column.exposure = Exposure::Denied;
                }
            }
        }
        Ok(source)
    }

    /// The rows of a relation, whoever may see them.
    pub(super) fn unsecured_source(&mut self, relation: &Arc<Relation>, identity: RowIdentity) -> Result<Source> {
        self.uses_relation(relation);
        self.reads.insert(relation.oid);
        match self.ctx.catalog.contents(relation, identity)? {
            Contents::Scan(provider) => self.scan(relation, provider, identity),
            Contents::Query { text, search_path } => {
                let open = match relation.kind {
                    RelationKind::System => self.unseen(|binder| binder.view(relation, &text, search_path)),
                    _ => self.view(relation, &text, search_path),
                };
                let open = open.map_err(Error::without_position)?;
                self.view_columns(relation, open)
            }
        }
    }

    fn scan(
        &mut self,
        relation: &Arc<Relation>,
        provider: Arc<dyn TableProvider>,
        identity: RowIdentity,
    ) -> Result<Source> {
        let table = TableReference::bare(relation.name.as_str());
        let rows = provider_as_source(provider);
        let scan = planned(LogicalPlanBuilder::scan(table.clone(), Arc::clone(&rows), None))?;
        let plan = planned(scan.build())?;
        let mut exprs = Vec::with_capacity(relation.columns.len());
        let mut columns = Vec::with_capacity(relation.columns.len());
        let database = self.database_of(relation)?;
        for column in relation.columns.iter() {
            let field = Expr::Column(PlanColumn::new(Some(table.clone()), &column.name));
            let (expr, internal) = if collation::has_collation(column.ty) && !column.case_insensitive {
                let internal = format!("{}{}", self.fresh(), collation::SENSITIVE);
                (field.alias(internal.clone()), internal)
            } else {
                self.renamed(field)
            };
            exprs.push(expr);
            columns.push(scope_column(&database, relation, column, internal));
        }
        if let Some(labels) = &mut self.labels {
            labels.scanned(&rows, relation, &columns);
        }
        let identity = match identity {
            RowIdentity::Omitted => None,
            RowIdentity::Included => {
                let mut name = |field: &str| {
                    let (expr, internal) = self.renamed(Expr::Column(PlanColumn::new(Some(table.clone()), field)));
                    exprs.push(expr);
                    internal
                };
                Some([name(ROW_FILE), name(ROW_POSITION)])
            }
        };
        Ok(Source { plan: node::project(plan, exprs)?, columns, identity })
    }

    /// Binds a view's text in its own database and under its own search path, with nothing of the statement around it in
    /// sight.
    fn view(&mut self, relation: &Relation, text: &str, search_path: Vec<String>) -> Result<Open> {
        if self.view_depth >= MAX_VIEW_DEPTH {
            let message = format!("infinite recursion detected in rules for relation \"{}\"", relation.name);
            return Err(Error::new(SqlState::INVALID_RECURSION, message));
        }
        let query = parse_query(text)?;
        let session = match &relation.kind {
            RelationKind::View(view) => Arc::new(self.ctx.session.inside(view)),
            _ if search_path == self.ctx.session.search_path => self.ctx.session.clone(),
            _ => Arc::new(SessionInfo { search_path, ..(*self.ctx.session).clone() }),
        };
        let session = std::mem::replace(&mut self.ctx.session, session);
        let around = self.ctx.catalog.around(relation)?;
        let catalog = around.map(|around| std::mem::replace(&mut self.ctx.catalog, around));
        let elsewhere = self.elsewhere;
        if self.ctx.catalog.other_database(relation)?.is_some() {
            self.elsewhere = Some(relation.database);
        }
        let outer = std::mem::take(&mut self.outer);
        let ctes = std::mem::take(&mut self.ctes);
        let owner = self.owner_of(relation);
        let acting = std::mem::replace(&mut self.acting, owner);
        let under_policy = self.under_policy.take();
        let variables = self.ctx.variables.take();
        let subquery_depth = std::mem::take(&mut self.subquery_depth);
        self.view_depth += 1;
        let open = super::with_stack(|| self.open_query(&query));
        self.view_depth -= 1;
        self.subquery_depth = subquery_depth;
        self.ctx.variables = variables;
        self.under_policy = under_policy;
        self.acting = acting;
        self.ctes = ctes;
        self.outer = outer;
        self.elsewhere = elsewhere;
        if let Some(catalog) = catalog {
            self.ctx.catalog = catalog;
        }
        self.ctx.session = session;
        open
    }

    /// Whose privileges are asked for inside of a view.
    fn owner_of(&self, relation: &Relation) -> Option<Oid> {
        match relation.kind {
            RelationKind::System => None,
            RelationKind::Table(_) | RelationKind::View(_) => match self.acting {
                None if relation.owner.0 == self.ctx.session.user_id => None,
                _ => Some(relation.owner),
            },
        }
    }

    /// Gives a view's rows the columns that it was declared with; a late-binding view has those of its query.
    fn view_columns(&mut self, relation: &Relation, open: Open) -> Result<Source> {
        let late_binding = match &relation.kind {
            RelationKind::View(view) if view.late_binding => Some(view),
            _ => None,
        };
        let database = self.database_of(relation)?;
        if late_binding.is_some() || relation.columns.is_empty() {
            let bound = self.close(open, Untyped::Settle)?;
            if late_binding.is_some_and(|view| view.column_names.len() > bound.columns.len()) {
                return Err(too_many_names());
            }
            let columns = bound.columns.iter().zip(node::field_names(&bound.plan)).enumerate();
            let columns = columns.map(|(index, (result, internal))| {
                let case_insensitive = result.origin.as_ref().is_some_and(|origin| origin.case_insensitive);
                let plain = Column::plain(index as i16 + 1, result.ty);
                let name = match late_binding {
                    Some(view) => view.column_name(index, &result.name),
                    None => result.name.clone(),
                };
                let column = Column { name, case_insensitive, ..plain };
                let value = result.value.typed();
                ScopeColumn { value, ..scope_column(&database, relation, &column, internal) }
            });
            return Ok(Source { columns: columns.collect(), plan: bound.plan, identity: None });
        }
        if open.items.len() < relation.columns.len() {
            return Err(Error::internal(format!("view {} has fewer columns than declared", relation.name)));
        }
        let kind = if relation.kind == RelationKind::System { CastKind::System } else { CastKind::Explicit };
        let mut exprs = Vec::with_capacity(relation.columns.len());
        let mut columns = Vec::with_capacity(relation.columns.len());
        for (column, item) in relation.columns.iter().zip(open.items) {
            let case_insensitive = item.origin.as_ref().is_some_and(|origin| origin.case_insensitive);
            let column = &Column { case_insensitive, ..column.clone() };
            let value = if kind == CastKind::System { ColumnValue::Varying } else { item.value.typed() };
            let cast = if item.typed.ty == column.ty { item } else { self.cast_item(item, column.ty, kind)? };
            let (expr, internal) = self.renamed(cast.typed.expr);
            exprs.push(expr);
            columns.push(ScopeColumn { value, ..scope_column(&database, relation, column, internal) });
        }
        Ok(Source { plan: node::project(open.plan, exprs)?, columns, identity: None })
    }

    /// Names the columns of a relation anew, as `t (a, b)` does: the first ones, as many as there are names.
    pub(super) fn rename_columns<'n>(
        &self,
        table: &str,
        columns: &mut [ScopeColumn],
        names: impl ExactSizeIterator<Item = &'n Ident>,
    ) -> Result<()> {
        if names.len() > columns.len() {
            let message = format!(
                "table \"{table}\" has {} columns available but {} columns specified",
                columns.len(),
                names.len()
            );
            return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message));
        }
        for (column, name) in columns.iter_mut().zip(names) {
            column.name = self.fold(name);
        }
        Ok(())
    }
}

impl Column {
    /// A column without name and attributes.
    fn plain(attnum: i16, ty: redshift_sql_dialect::RedshiftType) -> Self {
        Column {
            attnum,
            name: String::new(),
            ty,
            not_null: false,
            default: None,
            identity: None,
            encoding: None,
            dist_key: false,
            sort_key: 0,
            case_insensitive: false,
            comment: None,
        }
    }
}

impl ScopeColumn {
    /// A column that no table has.
    pub(super) fn computed(name: impl Into<String>, typed: &Typed, internal: String) -> Self {
        ScopeColumn {
            table: None,
            name: name.into(),
            internal,
            ty: typed.ty,
            origin: None,
            exposure: Exposure::Full,
            value: ColumnValue::Varying,
        }
    }
}

fn scope_column(database: &str, relation: &Relation, column: &Column, internal: String) -> ScopeColumn {
    let origin = ColumnOrigin {
        table_oid: relation.oid.0,
        attnum: column.attnum,
        database: database.to_string(),
        schema: relation.schema.clone(),
        table: relation.name.clone(),
        column: column.name.clone(),
        not_null: column.not_null,
        identity: column.identity.is_some(),
        case_insensitive: column.case_insensitive && relation.schema != "pg_catalog",
    };
    ScopeColumn {
        table: None,
        name: column.name.clone(),
        internal,
        ty: column.ty,
        origin: Some(Arc::new(origin)),
        exposure: if column.is_hidden() { Exposure::Pseudo } else { Exposure::Full },
        value: ColumnValue::Varying,
    }
}

/// 42601 for a view whose columns were given more names than its query has columns.
pub(crate) fn too_many_names() -> Error {
    Error::new(SqlState::SYNTAX_ERROR, "CREATE VIEW specifies more column names than columns")
}

fn no_such_relation(parts: &[String]) -> Error {
    Error::new(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", parts.join(".")))
}
