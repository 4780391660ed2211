//! What each family of statements does, one file per family.

mod access;
mod cancel;
mod compression;
mod copy;
mod ddl;
mod dml;
mod explain;
mod maintenance;
mod merge;
mod policies;
mod privileges;
mod query;
mod roles;
mod routines;
mod rows;
pub(crate) mod settings;
mod show;
mod unload;
mod users;

pub(crate) use explain::{PlanNode, plan_nodes};

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, StringViewArray},
    datatypes::{Field, Schema},
    record_batch::RecordBatch,
};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Reset, Set, Statement},
    names::{Ident, ObjectName},
};

use crate::{
    binder::{BindContext, Binder, Destination, Parameters, SessionInfo},
    catalog::{Database, LockMode, Oid, Relation, RelationKind, Transaction, TransactionView},
    clock,
    result::{Description, Notice, Outcome, ResultColumn, Rows},
    session::SessionState,
    settings::Span,
    system::logs::AppliedPolicyRecord,
    types::arrow_type,
};

/// A statement at work: its session, its transaction and what it can see.
pub(crate) struct Work<'a> {
    /// The session.
    pub state: &'a mut SessionState,
    /// The transaction that it writes in.
    pub transaction: &'a Transaction,
    /// What it sees of the catalog, from the database of what it makes, changes or drops.
    pub view: Arc<TransactionView>,
    /// The same for the binder, with the system's relations and the session's state.
    pub context: BindContext,
    /// Its id in the logs.
    pub query: i64,
    started: i64,
    /// That database, where the statement names it.
    entered: Option<Oid>,
}

impl<'a> Work<'a> {
    /// A statement that begins in a transaction, which `started` then.
    pub fn new(
        state: &'a mut SessionState,
        transaction: &'a Transaction,
        started: i64,
        parameters: Parameters,
    ) -> Result<Work<'a>> {
        state.commits = false;
        let (view, context) = state.look(transaction, started, parameters)?;
        Ok(Work { state, transaction, view, context, query: 0, started, entered: None })
    }

    /// A binder for a part of the statement.
    pub fn binder(&self) -> Binder {
        Binder::new(self.context.clone())
    }

    /// Locks a table and looks again: the statement sees what the one that it waited for committed.
    ///
    /// # Errors
    /// Where there is no such table, or it is a view or the system's; 1023 where the lock cannot be had.
    async fn lock(&mut self, name: &ObjectName, mode: LockMode) -> Result<Arc<Relation>> {
        let relation = self.table(name)?;
        self.enter(relation.database);
        self.transaction.lock_table(relation.oid, mode).await?;
        self.look_again()?;
        self.table(name)
    }

    /// From now on schemas are looked up in the database of what the statement makes, changes or drops.
    fn enter(&mut self, database: Oid) {
        if self.view.database_oid() != database {
            self.entered = Some(database);
            self.view = self.view.in_database(database);
        }
    }

    /// Enters the database that a name begins with, where it has one.
    ///
    /// # Errors
    /// 3D000 where it does not exist.
    fn enter_named(&mut self, database: Option<&Ident>) -> Result<()> {
        let Some(database) = database else { return Ok(()) };
        let database = self.database(database)?.oid;
        self.enter(database);
        Ok(())
    }

    /// The session as if it were connected to the database that was entered, whose collation new columns get.
    fn session_there(&self) -> Result<Arc<SessionInfo>> {
        let Some(entered) = self.entered else { return Ok(Arc::clone(&self.context.session)) };
        let databases = self.view.databases()?;
        let case_insensitive = databases.iter().any(|database| database.oid == entered && database.case_insensitive);
        Ok(Arc::new(SessionInfo { case_insensitive, ..(*self.context.session).clone() }))
    }

    /// The database of this name.
    ///
    /// # Errors
    /// 3D000 where it does not exist.
    fn database(&self, name: &Ident) -> Result<Arc<Database>> {
        let folded = name.folded(self.context.session.case_sensitive);
        self.view.database_named(&folded)?.ok_or_else(|| {
            Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{folded}\" does not exist")).at(name.pos)
        })
    }

    /// Fails where something is of another database than the one that the session is connected to: views and routines can
    /// be neither made nor changed there (developer guide, "Considerations for data sharing reads and writes").
    fn require_connected(&self, database: Oid, what: &str) -> Result<()> {
        if database == self.transaction.database().oid {
            return Ok(());
        }
        Err(Error::unsupported(format!("{what} in another database is not supported")))
    }

    /// Takes a new view of the catalog.
    fn look_again(&mut self) -> Result<()> {
        let parameters = self.context.parameters.clone();
        let variables = self.context.variables.take();
        (self.view, self.context) = self.state.look(self.transaction, self.started, parameters)?;
        self.context.variables = variables;
        if let Some(database) = self.entered {
            self.view = self.view.in_database(database);
        }
        Ok(())
    }

    /// Binds what reads tables. Those that others have locked are waited for, and then it is bound as they left them.
    ///
    /// # Errors
    /// Those of binding; 40P01 where transactions wait for each other.
    async fn bind<T>(&mut self, bind: impl Fn(Binder) -> Result<T>) -> Result<T> {
        loop {
            let bound = bind(self.binder());
            if !self.transaction.wait_to_read().await? {
                return bound;
            }
            self.look_again()?;
        }
    }

    /// The table of this name.
    fn table(&self, name: &ObjectName) -> Result<Arc<Relation>> {
        let relation = self.binder().resolve(name)?;
        let message = match relation.kind {
            RelationKind::Table(_) => return Ok(relation),
            RelationKind::View(_) => format!("\"{}\" is not a table", relation.name),
            RelationKind::System => {
                let message = format!("permission denied: \"{}\" is a system catalog", relation.name);
                return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(name.pos()));
            }
        };
        Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(name.pos()))
    }

    /// Refuses to change the rows of a view, as PostgreSQL 8.0 words it: `cannot insert into a view`.
    ///
    /// # Errors
    /// 0A000 where it is a view; 42P01 where there is no such relation.
    fn refuse_view(&self, name: &ObjectName, change: &str, event: &str) -> Result<()> {
        let relation = self.binder().resolve(name)?;
        if !matches!(relation.kind, RelationKind::View(_)) {
            return Ok(());
        }
        let error = Error::new(SqlState::FEATURE_NOT_SUPPORTED, format!("cannot {change} a view"));
        Err(error.with_hint(format!("You need an unconditional ON {event} DO INSTEAD rule.")).at(name.pos()))
    }

    /// Allots values for the identity column of a table.
    fn identities(&self, relation: &Arc<Relation>) -> rows::IdentityAllotment {
        self.transaction.identities(relation)
    }

    /// Tells the client something beside the result.
    fn inform(&mut self, message: String) {
        self.state.notices.push(Notice::info(message));
    }
}

/// Runs a statement in a transaction.
///
/// # Errors
/// Whatever is wrong with it; the transaction is to be rolled back then.
pub(crate) async fn run(statement: &Statement, work: &mut Work<'_>) -> Result<Outcome> {
    if statement.writes() && work.state.settings.is_read_only() && !writes_temporary(statement, work) {
        return Err(Error::new(SqlState::READ_ONLY_SQL_TRANSACTION, "transaction is read-only"));
    }
    work.state.ingested |= matches!(
        statement,
        Statement::Insert(_)
            | Statement::Copy(_)
            | Statement::CreateTableAs(_)
            | Statement::Update(_)
            | Statement::Merge(_)
    );
    work.context.effects.take_policies();
    let outcome = dispatch(statement, work).await;
    note_policies(statement, work);
    outcome
}

/// Tells the logs which policies of row-level security the statement applied (developer guide, "SVV_RLS_APPLIED_POLICY").
fn note_policies(statement: &Statement, work: &Work<'_>) {
    let applied = work.context.effects.take_policies();
    let command = match statement {
        Statement::Query(_) | Statement::CreateTableAs(_) | Statement::Unload(_) => 's',
        Statement::Update(_) => 'u',
        Statement::Insert(_) => 'i',
        Statement::Delete(_) => 'd',
        Statement::Merge(_) => 'k',
        // They only look at definitions.
        _ => return,
    };
    for policy in applied {
        work.state.engine.logs().append(AppliedPolicyRecord {
            query: work.query,
            user_id: work.state.user_id.0,
            user: work.state.user.clone(),
            xid: work.transaction.id(),
            pid: work.state.login.pid,
            time: clock::now(),
            command,
            policy,
        });
    }
}

async fn dispatch(statement: &Statement, work: &mut Work<'_>) -> Result<Outcome> {
    match statement {
        Statement::Query(query) => query::select(query, work).await,
        Statement::Explain(explain) => explain::explain(explain, work).await,
        Statement::Insert(insert) => dml::insert(insert, work).await,
        Statement::Update(update) => dml::update(update, work).await,
        Statement::Delete(delete) => dml::delete(delete, work).await,
        Statement::Merge(merge) => merge::merge(merge, work).await,
        Statement::Truncate(truncate) => dml::truncate(truncate, work).await,
        Statement::Copy(statement) => copy::copy(statement, work).await,
        Statement::Unload(statement) => unload::unload(statement, work).await,
        Statement::CreateTable(create) => ddl::create_table(create, work).await,
        Statement::CreateTableAs(create) => ddl::create_table_as(create, work).await,
        Statement::CreateView(create) => ddl::create_view(create, work).await,
        Statement::CreateMaterializedView(create) => ddl::create_materialized_view(create, work).await,
        Statement::AlterMaterializedView(alter) => ddl::alter_materialized_view(alter, work).await,
        Statement::RefreshMaterializedView(refresh) => ddl::refresh_materialized_view(refresh, work).await,
        Statement::DropMaterializedView(drop) => ddl::drop_materialized_view(drop, work).await,
        Statement::CreateFunction(create) => routines::create_function(create, work).await,
        Statement::CreateProcedure(create) => routines::create_procedure(create, work).await,
        Statement::AlterRoutine(alter) => routines::alter_routine(alter, work).await,
        Statement::DropRoutine(drop) => routines::drop_routine(drop, work).await,
        Statement::CreateSchema(create) => ddl::create_schema(create, work).await,
        Statement::CreateDatabase(create) => ddl::create_database(create, work).await,
        Statement::AlterTable(alter) => ddl::alter_table(alter, work).await,
        Statement::AlterSchema(alter) => ddl::alter_schema(alter, work).await,
        Statement::AlterDatabase(alter) => ddl::alter_database(alter, work).await,
        Statement::Drop(drop) => ddl::drop_objects(drop, work).await,
        Statement::Comment(comment) => ddl::comment(comment, work).await,
        Statement::Analyze(analyze) => maintenance::analyze(analyze, work),
        Statement::AnalyzeCompression(analyze) => compression::analyze_compression(analyze, work).await,
        Statement::Vacuum(vacuum) => maintenance::vacuum(vacuum, work).await,
        Statement::Lock(lock) => maintenance::lock(lock, work).await,
        Statement::Set(Set::SessionAuthorization { local, user }) => {
            let span = if *local { Span::Block } else { Span::Session };
            users::set_session_authorization(user.as_deref(), span, work)
        }
        Statement::Reset(Reset::SessionAuthorization) => users::set_session_authorization(None, Span::Session, work),
        Statement::Use(change) => settings::use_database(change, work),
        Statement::Set(set) => settings::set(work.state, set),
        Statement::Reset(reset) => settings::reset(work.state, reset),
        Statement::Show(show) => settings::show(&work.state.settings, show),
        Statement::Cancel(cancel) => cancel::cancel(cancel, work),
        Statement::CreateUser(create) => users::create_user(create, work).await,
        Statement::AlterUser(alter) => users::alter_user(alter, work).await,
        Statement::CreateGroup(create) => users::create_group(create, work).await,
        Statement::AlterGroup(alter) => users::alter_group(alter, work).await,
        Statement::DropPrincipal(drop) => users::drop_principal(drop, work).await,
        Statement::CreateRole(create) => roles::create_role(create, work).await,
        Statement::AlterRole(alter) => roles::alter_role(alter, work).await,
        Statement::DropRole(drop) => roles::drop_role(drop, work).await,
        Statement::Grant(grant) => privileges::grant(grant, work).await,
        Statement::AlterDefaultPrivileges(alter) => privileges::alter_default_privileges(alter, work).await,
        Statement::CreateRlsPolicy(create) => policies::create_rls_policy(create, work).await,
        Statement::AlterPolicy(alter) => policies::alter_policy(alter, work).await,
        Statement::DropPolicy(drop) => policies::drop_policy(drop, work).await,
        Statement::AttachRlsPolicy(attach) => policies::attach_rls_policy(attach, work).await,
        Statement::AlterTableSecurity(alter) => policies::alter_table_security(alter, work).await,
        Statement::ShowObjects(objects) => show::show(objects, work).await,
        Statement::Begin(_)
        | Statement::Commit
        | Statement::Rollback
        | Statement::Savepoint(_)
        | Statement::Release(_)
        | Statement::Prepare(_)
        | Statement::Execute(_)
        | Statement::Deallocate(_)
        | Statement::DeclareCursor(_)
        | Statement::Fetch(_)
        | Statement::CloseCursor(_)
        | Statement::CreateIdentityProvider(_)
        | Statement::AlterIdentityProvider(_)
        | Statement::DropIdentityProvider(_)
        | Statement::DescIdentityProvider(_)
        | Statement::CopyJob(_)
        | Statement::CreateTemplate(_)
        | Statement::AlterTemplate(_)
        | Statement::DropTemplate(_)
        | Statement::CreateExternalFunction(_)
        | Statement::Call(_)
        | Statement::CreateLibrary(_)
        | Statement::DropLibrary(_)
        | Statement::CreateExternalSchema(_)
        | Statement::AlterExternalSchema(_)
        | Statement::CreateExternalTable(_)
        | Statement::AlterExternalTable(_)
        | Statement::CreateExternalView(_)
        | Statement::AlterExternalView(_)
        | Statement::DropExternalView(_)
        | Statement::CreateDatashare(_)
        | Statement::AlterDatashare(_)
        | Statement::DropDatashare(_)
        | Statement::DescDatashare(_)
        | Statement::CreateModel(_)
        | Statement::CreateExternalModel(_)
        | Statement::DropModel(_)
        | Statement::CreateMaskingPolicy(_)
        | Statement::AttachMaskingPolicy(_)
        | Statement::AlterSystem(_) => {
            Err(Error::unsupported(format!("{} is not supported", statement.command_name())))
        }
    }
}

/// Does the statement write rows of a temporary table? A READ ONLY transaction may (PostgreSQL 8.0, "SET TRANSACTION").
fn writes_temporary(statement: &Statement, work: &Work<'_>) -> bool {
    let target = match statement {
        Statement::Insert(insert) => &insert.table,
        Statement::Update(update) => &update.table,
        Statement::Delete(delete) => &delete.table,
        Statement::Copy(copy) => &copy.table,
        _ => return false,
    };
    let relation = work.binder().resolve(target);
    relation.is_ok_and(|relation| relation.table().is_some_and(|table| table.temporary))
}

/// Tells a statement's parameters and the columns of its result.
///
/// # Errors
/// Whatever binding it gives.
pub(crate) fn describe(statement: &Statement, work: &Work<'_>) -> Result<Description> {
    let columns = match statement {
        Statement::Query(query) => Some(work.binder().query(query)?.columns),
        Statement::Insert(insert) => work.binder().insert_rows(insert).map(|_| None)?,
        Statement::Update(update) => work.binder().update_rows(update).map(|_| None)?,
        Statement::Delete(delete) => work.binder().delete_rows(delete).map(|_| None)?,
        Statement::Merge(merge) => work.binder().merge_rows(merge).map(|_| None)?,
        Statement::CreateTableAs(create) => work.binder().query_for(&create.query, Destination::Table).map(|_| None)?,
        Statement::Call(call) => crate::procedures::columns(call, work)?,
        Statement::Explain(_) => Some(vec![explain::plan_column()].into()),
        Statement::AnalyzeCompression(_) => Some(compression::columns().into()),
        Statement::Show(show) => Some(settings::show_columns(show).into()),
        Statement::ShowObjects(objects) => Some(show::columns(objects, work)?.into()),
        _ => None,
    };
    let types = work.context.parameters.types();
    let parameters = types.into_iter().map(|ty| ty.unwrap_or(RedshiftType::Unknown)).collect();
    Ok(Description { parameters, columns })
}

/// What sys_query_history.query_type says of a statement (developer guide, "SYS_QUERY_HISTORY").
pub(crate) fn query_type(statement: &Statement) -> &'static str {
    match statement {
        Statement::Query(_) | Statement::Fetch(_) | Statement::DeclareCursor(_) => "SELECT",
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        Statement::Copy(_) => "COPY",
        Statement::Unload(_) => "UNLOAD",
        Statement::CreateTableAs(_) => "CTAS",
        Statement::CreateTable(_)
        | Statement::CreateView(_)
        | Statement::CreateFunction(_)
        | Statement::CreateProcedure(_)
        | Statement::AlterRoutine(_)
        | Statement::DropRoutine(_)
        | Statement::CreateMaterializedView(_)
        | Statement::AlterMaterializedView(_)
        | Statement::DropMaterializedView(_)
        | Statement::CreateSchema(_)
        | Statement::CreateDatabase(_)
        | Statement::AlterTable(_)
        | Statement::AlterSchema(_)
        | Statement::AlterDatabase(_)
        | Statement::Drop(_)
        | Statement::CreateUser(_)
        | Statement::AlterUser(_)
        | Statement::CreateGroup(_)
        | Statement::DropPrincipal(_)
        | Statement::AlterGroup(_)
        | Statement::CreateRole(_)
        | Statement::AlterRole(_)
        | Statement::DropRole(_)
        | Statement::AlterDefaultPrivileges(_)
        | Statement::CreateRlsPolicy(_)
        | Statement::AlterPolicy(_)
        | Statement::DropPolicy(_)
        | Statement::AttachRlsPolicy(_)
        | Statement::AlterTableSecurity(_)
        | Statement::Grant(_) => "DDL",
        _ => "UTILITY",
    }
}

/// An outcome of rows of text that are there already.
pub(crate) fn text_rows(columns: Vec<ResultColumn>, rows: Vec<Vec<String>>, tag: &'static str) -> Result<Outcome> {
    let rows = rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
    nullable_text_rows(columns, rows, tag)
}

/// The same where values may be NULL.
pub(crate) fn nullable_text_rows(
    columns: Vec<ResultColumn>,
    rows: Vec<Vec<Option<String>>>,
    tag: &'static str,
) -> Result<Outcome> {
    let arrays: Vec<ArrayRef> = (0..columns.len())
        .map(|index| -> ArrayRef {
            Arc::new(rows.iter().map(|row| row[index].as_deref()).collect::<StringViewArray>())
        })
        .collect();
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(&column.name, arrow_type(column.ty), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| Error::internal(error.to_string()))?;
    Ok(Outcome::Rows(Rows { columns: columns.into(), batches: stream::iter([Ok(batch)]).boxed(), tag }))
}
