//! The base relations: what the catalog, the session and the logs tell, as rows under the names of `pg_internal`.
//!
//! Every other system relation is a query over these. They are made when they are scanned, with the projected columns
//! only, and are listed nowhere.

use arrow::record_batch::RecordBatch;
use redshift_sql_dialect::Result;

use super::{
    Source, built_in,
    facts::Facts,
    logs::LogTable,
    rows::{BaseColumn, batch_of},
    types,
};

use self::everywhere::Everywhere;
pub(crate) use self::{
    attributes::{encoding as column_encoding, encoding_name},
    blocks::of_table as table_blocks,
    constraints::{definition as constraint_definition, index_definition},
    privileges::acl_item,
    relations::view_definition,
};

mod attributes;
mod blocks;
mod constraints;
pub(crate) mod defaults;
mod everywhere;
mod history;
mod locks;
mod namespaces;
mod plans;
mod principals;
pub(crate) mod privileges;
mod relations;
pub(crate) mod routines;
mod security;
mod session;
mod texts;

/// A base relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Namespaces,
    Relations,
    Attributes,
    Constraints,
    ConstraintColumns,
    Dependencies,
    Comments,
    Types,
    Users,
    Groups,
    Databases,
    Privileges,
    DefaultAcls,
    Roles,
    Settings,
    Sessions,
    RunningQueries,
    Locks,
    Log(LogTable),
    /// Statements in pieces of 200 bytes.
    LogQueryText,
    /// Statements in pieces of 4,000 bytes.
    LogQueryLongText,
    /// The steps of queries.
    LogSteps,
    /// Begins and ends of sessions.
    ConnectionEvents,
    /// Serializable conflicts.
    Conflicts,
    Routines,
    /// The system's functions.
    BuiltInRoutines,
    RoutineArguments,
    /// The blocks of tables.
    Blocks,
    /// Open cursors.
    Cursors,
    /// Loads that run.
    Loads,
    /// The steps of statements that run.
    RunningSteps,
    /// The texts of statements that run.
    RunningTexts,
    /// Policies of row-level security.
    RlsPolicies,
    /// What they are attached to.
    RlsAttachments,
    /// The relations that are protected.
    RlsRelations,
    /// What PostgreSQL's catalog says of these.
    Facts(Facts),
    /// One of these of all databases.
    Everywhere(Everywhere),
}

impl Base {
    pub const ALL: [Base; 67] = [
        Base::Namespaces,
        Base::Relations,
        Base::Attributes,
        Base::Constraints,
        Base::ConstraintColumns,
        Base::Dependencies,
        Base::Comments,
        Base::Types,
        Base::Users,
        Base::Groups,
        Base::Databases,
        Base::Privileges,
        Base::DefaultAcls,
        Base::Roles,
        Base::Settings,
        Base::Sessions,
        Base::RunningQueries,
        Base::Locks,
        Base::Log(LogTable::Query),
        Base::Log(LogTable::Load),
        Base::Log(LogTable::LoadFile),
        Base::Log(LogTable::LoadError),
        Base::Log(LogTable::LoadErrorField),
        Base::Log(LogTable::Replacement),
        Base::Log(LogTable::Unload),
        Base::Log(LogTable::UnloadFile),
        Base::Log(LogTable::MvRefresh),
        Base::LogQueryText,
        Base::LogQueryLongText,
        Base::Log(LogTable::Termination),
        Base::Log(LogTable::Session),
        Base::Log(LogTable::Transaction),
        Base::Log(LogTable::UserChange),
        Base::Log(LogTable::Vacuum),
        Base::Log(LogTable::Analyze),
        Base::Log(LogTable::Call),
        Base::Log(LogTable::ProcedureMessage),
        Base::LogSteps,
        Base::ConnectionEvents,
        Base::Conflicts,
        Base::Log(LogTable::Plan),
        Base::Routines,
        Base::RoutineArguments,
        Base::Log(LogTable::MvState),
        Base::Log(LogTable::QuotaViolation),
        Base::Blocks,
        Base::Cursors,
        Base::Everywhere(Everywhere::Namespaces),
        Base::Everywhere(Everywhere::Relations),
        Base::Everywhere(Everywhere::Attributes),
        Base::Everywhere(Everywhere::Routines),
        Base::Log(LogTable::Compression),
        Base::Log(LogTable::Simplification),
        Base::Loads,
        Base::RunningSteps,
        Base::RunningTexts,
        Base::BuiltInRoutines,
        Base::RlsPolicies,
        Base::RlsAttachments,
        Base::RlsRelations,
        Base::Log(LogTable::AppliedPolicy),
        Base::Facts(Facts::Operators),
        Base::Facts(Facts::Casts),
        Base::Facts(Facts::AggregateStates),
        Base::Facts(Facts::OperatorClasses),
        Base::Facts(Facts::ClassOperators),
        Base::Facts(Facts::ClassFunctions),
    ];

    /// The name in `pg_internal`.
    pub fn name(self) -> &'static str {
        match self {
            Base::Namespaces => "namespaces",
            Base::Relations => "relations",
            Base::Attributes => "attributes",
            Base::Constraints => "constraints",
            Base::ConstraintColumns => "constraint_columns",
            Base::Dependencies => "dependencies",
            Base::Comments => "comments",
            Base::Types => "types",
            Base::Users => "users",
            Base::Groups => "groups",
            Base::Databases => "databases",
            Base::Privileges => "privileges",
            Base::DefaultAcls => "default_acls",
            Base::Roles => "roles",
            Base::Settings => "settings",
            Base::Sessions => "sessions",
            Base::RunningQueries => "running_queries",
            Base::Locks => "locks",
            Base::Log(LogTable::Query) => "log_query",
            Base::Log(LogTable::Load) => "log_load",
            Base::Log(LogTable::LoadFile) => "log_load_file",
            Base::Log(LogTable::LoadError) => "log_load_error",
            Base::Log(LogTable::LoadErrorField) => "log_load_error_field",
            Base::Log(LogTable::Replacement) => "log_replacement",
            Base::Log(LogTable::Unload) => "log_unload",
            Base::Log(LogTable::UnloadFile) => "log_unload_file",
            Base::Log(LogTable::Termination) => "log_termination",
            Base::Log(LogTable::MvRefresh) => "log_mv_refresh",
            Base::LogSteps => "log_steps",
            Base::ConnectionEvents => "connection_events",
            Base::Conflicts => "conflicts",
            Base::Log(LogTable::Plan) => "log_plans",
            Base::Routines => "routines",
            Base::BuiltInRoutines => "built_in_routines",
            Base::Facts(facts) => facts.name(),
            Base::Blocks => "blocks",
            Base::Cursors => "cursors",
            Base::Loads => "running_loads",
            Base::RunningSteps => "running_steps",
            Base::RunningTexts => "running_texts",
            Base::Log(LogTable::RefusedLogin) => "log_refused_login",
            Base::Log(LogTable::MvState) => "log_mv_state",
            Base::Log(LogTable::QuotaViolation) => "log_quota_violation",
            Base::Log(LogTable::Compression) => "log_compression",
            Base::Log(LogTable::Simplification) => "log_simplification",
            Base::RoutineArguments => "routine_arguments",
            Base::RlsPolicies => "rls_policies",
            Base::RlsAttachments => "rls_attachments",
            Base::RlsRelations => "rls_relations",
            Base::Log(LogTable::AppliedPolicy) => "log_applied_policy",
            Base::Everywhere(everywhere) => everywhere.name(),
            Base::Log(LogTable::Session) => "log_session",
            Base::Log(LogTable::Transaction) => "log_transaction_end",
            Base::Log(LogTable::UserChange) => "log_user_change",
            Base::Log(LogTable::Vacuum) => "log_vacuum",
            Base::Log(LogTable::Analyze) => "log_analyze",
            Base::Log(LogTable::Call) => "log_call",
            Base::Log(LogTable::ProcedureMessage) => "log_procedure_message",
            Base::LogQueryText => "log_query_text",
            Base::LogQueryLongText => "log_query_long_text",
        }
    }

    /// Its columns, in order.
    pub fn columns(self) -> &'static [BaseColumn] {
        match self {
            Base::Namespaces => namespaces::COLUMNS,
            Base::Relations => relations::COLUMNS,
            Base::Attributes => attributes::COLUMNS,
            Base::Constraints => constraints::COLUMNS,
            Base::ConstraintColumns => constraints::COLUMN_COLUMNS,
            Base::Dependencies => constraints::DEPENDENCY_COLUMNS,
            Base::Comments => namespaces::COMMENT_COLUMNS,
            Base::Types => types::COLUMNS,
            Base::Users => principals::USER_COLUMNS,
            Base::Groups => principals::GROUP_COLUMNS,
            Base::Databases => principals::DATABASE_COLUMNS,
            Base::Privileges => privileges::COLUMNS,
            Base::DefaultAcls => privileges::DEFAULT_ACL_COLUMNS,
            Base::Roles => principals::ROLE_COLUMNS,
            Base::Settings => session::SETTING_COLUMNS,
            Base::Sessions => session::SESSION_COLUMNS,
            Base::RunningQueries => session::RUNNING_COLUMNS,
            Base::Locks => locks::COLUMNS,
            Base::Log(table) => table.columns(),
            Base::LogSteps => history::STEP_COLUMNS,
            Base::ConnectionEvents => history::EVENT_COLUMNS,
            Base::Conflicts => history::CONFLICT_COLUMNS,
            Base::Routines => routines::COLUMNS,
            Base::BuiltInRoutines => built_in::COLUMNS,
            Base::Facts(facts) => facts.columns(),
            Base::Blocks => blocks::COLUMNS,
            Base::Cursors => session::CURSOR_COLUMNS,
            Base::Loads => session::LOAD_COLUMNS,
            Base::RunningSteps => session::RUNNING_STEP_COLUMNS,
            Base::RunningTexts => session::RUNNING_TEXT_COLUMNS,
            Base::RoutineArguments => routines::ARGUMENT_COLUMNS,
            Base::RlsPolicies => security::POLICY_COLUMNS,
            Base::RlsAttachments => security::ATTACHMENT_COLUMNS,
            Base::RlsRelations => security::RELATION_COLUMNS,
            Base::LogQueryText | Base::LogQueryLongText => texts::COLUMNS,
            Base::Everywhere(everywhere) => everywhere.columns(),
        }
    }

    /// Its rows, with these columns only.
    pub async fn scan(self, source: &Source, projection: &[usize]) -> Result<Vec<RecordBatch>> {
        let rows = match self {
            Base::Namespaces => namespaces::rows(source)?,
            Base::Relations => relations::rows(source, &Wanted { columns: self.columns(), projection })?,
            Base::Attributes => return attributes::scan(source, projection),
            Base::Constraints => constraints::rows(source)?,
            Base::ConstraintColumns => constraints::column_rows(source)?,
            Base::Dependencies => constraints::dependency_rows(source)?,
            Base::Comments => namespaces::comment_rows(source)?,
            Base::Types => return types::scan(source, projection),
            Base::Users => principals::user_rows(source)?,
            Base::Groups => principals::group_rows(source)?,
            Base::Databases => principals::database_rows(source)?,
            Base::Privileges => privileges::rows(source)?,
            Base::DefaultAcls => privileges::default_acl_rows(source)?,
            Base::Roles => principals::role_rows(source)?,
            Base::Settings => session::setting_rows(source),
            Base::Sessions => session::session_rows(source)?,
            Base::RunningQueries => session::running_rows(source)?,
            Base::Locks => locks::rows(source)?,
            Base::Everywhere(everywhere) => return everywhere.scan(source, projection).await,
            Base::Log(LogTable::Plan) => return plans::scan(source, projection).await,
            Base::Log(table) => return texts::log(source, table, projection).await,
            Base::LogSteps => history::step_rows(source).await?,
            Base::ConnectionEvents => history::event_rows(source).await?,
            Base::Conflicts => history::conflict_rows(source),
            Base::Routines => routines::rows(source)?,
            Base::BuiltInRoutines => built_in::rows(),
            Base::Facts(facts) => facts.rows(),
            Base::Blocks => blocks::rows(source)?,
            Base::Cursors => session::cursor_rows(source)?,
            Base::Loads => session::load_rows(source)?,
            Base::RunningSteps => session::running_step_rows(source)?,
            Base::RunningTexts => session::running_text_rows(source)?,
            Base::RoutineArguments => routines::argument_rows(source)?,
            Base::RlsPolicies => security::policy_rows(source)?,
            Base::RlsAttachments => security::attachment_rows(source)?,
            Base::RlsRelations => security::relation_rows(source)?,
            Base::LogQueryText => texts::rows(source, texts::SHORT).await?,
            Base::LogQueryLongText => texts::rows(source, texts::LONG).await?,
        };
        Ok(vec![batch_of(self.columns(), &rows, projection)?])
    }
}

/// Which columns a scan asks for: what is dear to find out is left out where nobody asks.
struct Wanted<'a> {
    columns: &'a [BaseColumn],
    projection: &'a [usize],
}

impl Wanted<'_> {
    fn any(&self, names: &[&str]) -> bool {
        self.projection.iter().any(|index| names.contains(&self.columns[*index].0))
    }
}

/// The OID of a catalog, as `classid` columns name it.
mod class {
    pub const RELATION: u32 = 1259;
    pub const ATTRDEF: u32 = 2604;
    pub const CONSTRAINT: u32 = 2606;
    pub const NAMESPACE: u32 = 2615;
    pub const REWRITE: u32 = 2618;
    pub const ROUTINE: u32 = 1255;
    pub const DATABASE: u32 = 1262;
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::RedshiftType;

    use super::*;

    #[test]
    fn base_relations_have_unique_names_and_columns() {
        for (index, base) in Base::ALL.iter().enumerate() {
            assert!(Base::ALL[..index].iter().all(|other| other.name() != base.name()));
            let columns = base.columns();
            for (index, (name, ty)) in columns.iter().enumerate() {
                assert!(columns[..index].iter().all(|(other, _)| other != name), "{}.{name}", base.name());
                assert_ne!(*ty, RedshiftType::Unknown);
            }
        }
    }
}
