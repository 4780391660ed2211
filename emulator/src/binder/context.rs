//! What binding needs beside the statement: the session's state and the parameters.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use redshift_sql_dialect::{RedshiftType, Result};

use super::Typed;
use crate::{
    catalog::{CatalogView, ViewInfo},
    functions::Random,
    result::Notice,
    settings::Span,
    text_input::zone::Zone,
};

/// Everything that names, types and session functions depend on; one for each statement.
#[derive(Clone)]
pub struct BindContext {
    /// The catalog as the transaction sees it.
    pub catalog: Arc<dyn CatalogView>,
    /// The session as it stands when the statement begins.
    pub session: Arc<SessionInfo>,
    /// `$1`, `$2`, ...
    pub parameters: Parameters,
    /// What the statement does to its session beside its result.
    pub effects: Effects,
    /// The variables of the stored procedure that the statement stands in.
    pub variables: Option<Arc<dyn Variables>>,
    /// How strings are compared.
    pub blanks: TrailingBlanks,
}

/// Do blanks at the end of a VARCHAR count where it is compared?
///
/// On the compute nodes they do not (developer guide, "Significance of trailing blanks"); on the leader node, which is
/// PostgreSQL, they do. Which of them runs a statement is known when all of it is bound.
#[derive(Debug, Clone, Default)]
pub struct TrailingBlanks {
    count: bool,
    compared: Arc<AtomicBool>,
}

impl TrailingBlanks {
    /// They count.
    pub(super) fn counting() -> Self {
        TrailingBlanks { count: true, ..TrailingBlanks::default() }
    }

    /// Strings are compared: do they count?
    pub(super) fn count(&self) -> bool {
        self.compared.store(true, Ordering::Relaxed);
        self.count
    }

    /// Have strings been compared?
    pub(super) fn compared(&self) -> bool {
        self.compared.load(Ordering::Relaxed)
    }
}

/// What binding a statement leaves behind for its session.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    notices: Arc<Mutex<Vec<Notice>>>,
    settings: Arc<Mutex<Vec<SettingChange>>>,
    policies: Arc<Mutex<Vec<AppliedPolicy>>>,
}

/// A policy of row-level security that a statement's plan applies, or that rows are seen without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedPolicy {
    /// The relation's database.
    pub database: String,
    /// The relation's schema.
    pub schema: String,
    /// The relation.
    pub relation: String,
    /// The policy.
    pub policy: Option<String>,
    /// Without a policy: are all rows seen, or none?
    pub default: Option<bool>,
}

/// A call of `set_config(name, value, is_local)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// The parameter.
    pub name: String,
    /// Its new value.
    pub value: String,
    /// Until the block ends?
    pub span: Span,
}

impl Effects {
    /// Tells the client something beside the result.
    pub fn tell(&self, notice: Notice) {
        locked(&self.notices).push(notice);
    }

    /// Asks for a parameter to be set when the statement runs.
    pub fn set(&self, change: SettingChange) {
        locked(&self.settings).push(change);
    }

    /// Notes that a policy is applied, once for a statement.
    pub fn apply(&self, policy: AppliedPolicy) {
        let mut policies = locked(&self.policies);
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }

    /// Forgets what binding has left so far, because the statement is bound again.
    pub(super) fn forget(&self) {
        self.take_policies();
        self.take_notices();
        self.take_settings();
    }

    /// The policies that were applied since the last call.
    pub fn take_policies(&self) -> Vec<AppliedPolicy> {
        std::mem::take(&mut *locked(&self.policies))
    }

    /// The messages since the last call.
    pub fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *locked(&self.notices))
    }

    /// The parameters to be set since the last call.
    pub fn take_settings(&self) -> Vec<SettingChange> {
        std::mem::take(&mut *locked(&self.settings))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The variables that names in a statement of a stored procedure stand for.
pub trait Variables: Send + Sync {
    /// The value behind a folded name, or `record.field`; none where it is no variable.
    ///
    /// # Errors
    /// 55000 and 42703 where a record does not have the field.
    fn value(&self, parts: &[String]) -> Result<Option<Typed>>;

    /// The argument `$number`.
    fn argument(&self, number: u16) -> Option<Typed>;
}

/// The session's state that a statement can see.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// current_database()
    pub database: String,
    /// Are the strings of its tables compared without regard to case where nothing else is said (CREATE DATABASE ... COLLATE)?
    pub case_insensitive: bool,
    /// The database that names without one are looked up in, after USE.
    pub database_in_use: Option<String>,
    /// current_user
    pub user: String,
    /// current_user_id
    pub user_id: u32,
    /// Are no privileges asked for?
    pub superuser: bool,
    /// session_user
    pub session_user: String,
    /// pg_backend_pid()
    pub pid: i32,
    /// Schemas that unqualified names are looked up in, existing or not, `$user` replaced; without pg_catalog, which is
    /// first, and the temporary schema, which is before it.
    pub search_path: Vec<String>,
    /// The session's schema of temporary tables.
    pub temp_schema: String,
    /// Do quoted identifiers keep their case (`enable_case_sensitive_identifier`)?
    pub case_sensitive: bool,
    /// Are the settings that say how names are folded others than the session's defaults?
    pub case_settings_changed: bool,
    /// `timezone`
    pub time_zone: Zone,
    /// Microseconds since 1970 (UTC) when the transaction began: what SYSDATE gives.
    pub transaction_start: i64,
    /// Microseconds since 1970 (UTC) when the statement began: what GETDATE gives.
    pub statement_start: i64,
    /// All settings by name, with their values as SHOW gives them.
    pub settings: Arc<BTreeMap<String, String>>,
    /// Session context variables that are NULL.
    pub null_settings: Arc<BTreeSet<String>>,
    /// pg_last_copy_id(); -1 before the first COPY of the session.
    pub last_copy_id: i64,
    /// pg_last_copy_count()
    pub last_copy_count: i64,
    /// pg_last_unload_id(); -1 before the first UNLOAD of the session.
    pub last_unload_id: i64,
    /// pg_last_unload_count()
    pub last_unload_count: i64,
    /// pg_last_query_id(); -1 before the first.
    pub last_query_id: i64,
    /// What RANDOM() takes its numbers from.
    pub random: Random,
    /// Is `--extensions` on: conveniences that Redshift does not have?
    pub extensions: bool,
}

/// The setting under which attributes of SUPER values keep their case.
const CASE_SENSITIVE_ATTRIBUTES: &str = "enable_case_sensitive_super_attribute";

impl SessionInfo {
    /// Do unquoted attributes of SUPER values keep their case?
    pub fn case_sensitive_attributes(&self) -> bool {
        self.settings.get(CASE_SENSITIVE_ATTRIBUTES).is_some_and(|value| value == "on")
    }

    /// The same session as a view's query sees it.
    ///
    /// "Views and materialized views follow the value of enable_case_sensitive_super_attribute at the time of their
    /// creation": developer guide, "enable_case_sensitive_super_attribute".
    pub fn inside(&self, view: &ViewInfo) -> SessionInfo {
        let mut session = SessionInfo { search_path: view.search_path.clone(), ..self.clone() };
        if let Some(kept) = view.case_sensitive_attributes.filter(|kept| *kept != self.case_sensitive_attributes()) {
            let value = if kept { "on" } else { "off" };
            Arc::make_mut(&mut session.settings).insert(CASE_SENSITIVE_ATTRIBUTES.to_string(), value.to_string());
        }
        session
    }
}

/// The parameters of a statement: their types, which binding may infer, and at execution their values.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    types: Arc<Mutex<Vec<Option<RedshiftType>>>>,
    values: Option<Arc<[Option<String>]>>,
}

impl Parameters {
    /// Parameters to be described: types that the client gave, the others to be inferred.
    pub fn to_describe(types: Vec<Option<RedshiftType>>) -> Self {
        Parameters { types: Arc::new(Mutex::new(types)), values: None }
    }

    /// Parameters with values in text form; NULL is none.
    pub fn with_values(types: Vec<Option<RedshiftType>>, values: Vec<Option<String>>) -> Self {
        Parameters { types: Arc::new(Mutex::new(types)), values: Some(values.into()) }
    }

    /// The type of `$number`, where it is known by now.
    pub fn type_of(&self, number: u16) -> Option<RedshiftType> {
        let types = self.types.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        types.get(usize::from(number).checked_sub(1)?).copied().flatten()
    }

    /// Notes the type that the context of `$number` asks for, unless it has one.
    pub fn infer(&self, number: u16, ty: RedshiftType) {
        let mut types = self.types.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let index = usize::from(number.max(1)) - 1;
        if types.len() <= index {
            types.resize(index + 1, None);
        }
        types[index].get_or_insert(ty);
    }

    /// Is the statement executed, with a value for each parameter, rather than described?
    pub fn have_values(&self) -> bool {
        self.values.is_some()
    }

    /// The value of `$number`: none while describing, `Some(None)` for NULL.
    pub fn value_of(&self, number: u16) -> Option<Option<&str>> {
        let values = self.values.as_ref()?;
        values.get(usize::from(number).checked_sub(1)?).map(|value| value.as_deref())
    }

    /// All types as they are known by now.
    pub fn types(&self) -> Vec<Option<RedshiftType>> {
        self.types.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}
