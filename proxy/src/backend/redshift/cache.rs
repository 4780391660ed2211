//! Answers that are kept for a short while: what drivers and tools ask of the catalog when they connect and browse.
//!
//! A question may be answered from here where its statement shows that the answer hangs on nothing but the catalog, the
//! session's settings and who asks. Answers are dropped when somebody changes the catalog through this gateway; what is
//! changed elsewhere is seen when their time is over. Nothing is kept for a session in a transaction block or with
//! temporary tables: it may see another catalog than the others.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arrow::record_batch::RecordBatch;
use blueshift_emulator::{ResultColumn, Rows, settings::Settings};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{
    Result,
    ast::{Expr, ExprKind, FunctionCall, Query, Show, Statement},
    footprint::Footprint,
    names::ObjectName,
    visit::{Use, Visitor, walk_expr, walk_query},
};
use tokio::time::Instant;

use super::parameters::Text;

/// How long an answer holds.
const LIFE: Duration = Duration::from_secs(30);
/// Bytes of one answer and of all of them, and how many there may be.
const MOST: (usize, usize, usize) = (4 << 20, 64 << 20, 4_096);

/// Functions that give the same for the same catalog, settings and user. What is not named here is not kept: a function of
/// the user's may be anything.
#[rustfmt::skip]
const STABLE: &[&str] = &[
    "abs", "array_to_string", "array_lower", "array_upper", "btrim", "char_length", "charindex", "coalesce", "col_description",
    "concat", "count", "current_database", "current_schema", "current_schemas", "current_setting", "current_user", "database",
    "dense_rank", "format_type", "generate_series", "has_column_privilege", "has_database_privilege", "has_function_privilege",
    "has_schema_privilege", "has_table_privilege", "information_schema", "isnull", "initcap", "left", "len", "length",
    "listagg", "lower", "ltrim", "max", "min", "nullif", "nvl", "nvl2", "obj_description", "octet_length", "oidvectortypes",
    "pg_encoding_to_char", "pg_get_constraintdef", "pg_get_expr", "pg_get_function_result", "pg_get_functiondef",
    "pg_get_indexdef", "pg_get_late_binding_view_cols", "pg_get_cols", "pg_get_userbyid", "pg_get_viewdef",
    "pg_table_is_visible", "pg_function_is_visible", "pg_type_is_visible", "position", "quote_ident", "quote_literal", "rank",
    "regexp_replace", "regexp_substr", "repeat", "replace", "reverse", "right", "row_number", "rtrim", "session_user",
    "shobj_description", "split_part", "strpos", "substr", "substring", "sum", "textcat", "translate", "trim", "unnest", "upper",
    "user", "version",
];

/// Relations of the catalog that show what goes on.
const LIVE: &[&str] =
    &["pg_locks", "pg_stat", "svv_transactions", "svv_query", "svv_vacuum", "svv_diskusage", "svv_table_info"];

/// The answers of one target, as one identity gets them.
#[derive(Default)]
pub struct Cache {
    entries: Mutex<Entries>,
    /// How often the catalog was changed through this gateway.
    version: AtomicU64,
}

#[derive(Default)]
struct Entries {
    answers: HashMap<Key, (Instant, Answer)>,
    bytes: usize,
    columns: HashMap<Key, (Instant, Arc<[ResultColumn]>)>,
}

/// What an answer hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    user: String,
    sql: String,
    parameters: Vec<(String, String)>,
    settings: u64,
    version: u64,
}

/// Rows that are kept.
#[derive(Clone)]
pub struct Answer {
    columns: Arc<[ResultColumn]>,
    batches: Arc<[RecordBatch]>,
    tag: &'static str,
    bytes: usize,
}

impl Answer {
    /// The rows, as if they came from the warehouse.
    pub fn rows(&self) -> Rows {
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        Rows { columns: Arc::clone(&self.columns), batches: stream::iter(batches).boxed(), tag: self.tag }
    }
}

impl Cache {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the answer to this text hangs on, asked by this user with these settings.
    pub fn key(&self, user: &str, text: &Text, settings: &Settings) -> Key {
        let mut hasher = DefaultHasher::new();
        settings.all().hash(&mut hasher);
        Key {
            user: user.to_string(),
            sql: text.sql.clone(),
            parameters: text.parameters.clone(),
            settings: hasher.finish(),
            version: self.version.load(Ordering::Acquire),
        }
    }

    /// Somebody has changed the catalog, or may have.
    pub fn drop_all(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
        let mut entries = self.entries();
        entries.answers.clear();
        entries.columns.clear();
        entries.bytes = 0;
    }

    /// The answer, where there is one.
    pub fn get(&self, key: &Key) -> Option<Answer> {
        let entries = self.entries();
        entries.answers.get(key).filter(|(since, _)| since.elapsed() < LIFE).map(|(_, answer)| answer.clone())
    }

    /// Reads an answer to its end and keeps it, unless it is large; the rows are given on.
    ///
    /// # Errors
    /// Those of the rows.
    pub async fn keep(&self, key: Key, rows: Rows) -> Result<Rows> {
        let Rows { columns, mut batches, tag } = rows;
        let (mut read, mut bytes) = (Vec::new(), 0);
        while let Some(batch) = batches.next().await.transpose()? {
            bytes += batch.get_array_memory_size();
            read.push(batch);
            if bytes > MOST.0 {
                let first = stream::iter(read.into_iter().map(Ok));
                return Ok(Rows { columns, batches: first.chain(batches).boxed(), tag });
            }
        }
        let answer = Answer { columns, batches: read.into(), tag, bytes };
        let rows = answer.rows();
        self.insert(key, answer);
        Ok(rows)
    }

    fn insert(&self, key: Key, answer: Answer) {
        let mut entries = self.entries();
        if key.version != self.version.load(Ordering::Acquire) {
            // The catalog was changed while the answer was on its way.
            return;
        }
        if entries.bytes + answer.bytes > MOST.1 || entries.answers.len() >= MOST.2 {
            entries.answers.retain(|_, (since, _)| since.elapsed() < LIFE);
            entries.bytes = entries.answers.values().map(|(_, answer)| answer.bytes).sum();
            if entries.bytes + answer.bytes > MOST.1 || entries.answers.len() >= MOST.2 {
                entries.answers.clear();
                entries.bytes = 0;
            }
        }
        entries.bytes += answer.bytes;
        if let Some((_, before)) = entries.answers.insert(key, (Instant::now(), answer)) {
            entries.bytes -= before.bytes;
        }
    }

    /// The columns of a statement that was described before.
    pub fn columns(&self, key: &Key) -> Option<Arc<[ResultColumn]>> {
        let entries = self.entries();
        entries.columns.get(key).filter(|(since, _)| since.elapsed() < LIFE).map(|(_, columns)| Arc::clone(columns))
    }

    /// Keeps the columns of a statement.
    pub fn keep_columns(&self, key: Key, columns: Arc<[ResultColumn]>) {
        let mut entries = self.entries();
        if entries.columns.len() >= MOST.2 {
            entries.columns.clear();
        }
        if key.version == self.version.load(Ordering::Acquire) {
            entries.columns.insert(key, (Instant::now(), columns));
        }
    }
}

/// Does the answer to this statement hang on the catalog, settings and user alone?
pub fn is_stable(statement: &Statement, footprint: &Footprint) -> bool {
    match statement {
        Statement::Show(Show::Parameter(_)) => true,
        Statement::Query(_) => {
            let mut calls = Calls { all_stable: true };
            calls.visit_statement(statement);
            calls.all_stable
                && footprint.settings.is_empty()
                && footprint.opaque.is_empty()
                && footprint.relations.iter().all(|(name, usage)| *usage == Use::Read && is_catalog(name))
                && (!footprint.relations.is_empty() || asks_of_the_session(statement))
        }
        _ => false,
    }
}

/// May a statement change the catalog?
pub fn may_change_catalog(statement: &Statement) -> bool {
    !matches!(
        statement,
        Statement::Query(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
            | Statement::Copy(_)
            | Statement::Unload(_)
            | Statement::Explain(_)
            | Statement::Show(_)
            | Statement::ShowObjects(_)
            | Statement::Set(_)
            | Statement::Reset(_)
            | Statement::Analyze(_)
            | Statement::AnalyzeCompression(_)
            | Statement::Vacuum(_)
            | Statement::Lock(_)
            | Statement::Cancel(_)
            | Statement::Truncate(_)
            | Statement::DescDatashare(_)
            | Statement::DescIdentityProvider(_)
    )
}

/// A relation of pg_catalog or information_schema, or one of theirs without its schema: they are searched first.
pub fn is_catalog(name: &ObjectName) -> bool {
    let parts: Vec<String> = name.0.iter().map(|part| part.value.to_ascii_lowercase()).collect();
    let live = |relation: &str| LIVE.iter().any(|live| relation.starts_with(live));
    match &parts[..] {
        [relation] => (relation.starts_with("pg_") || relation.starts_with("svv_")) && !live(relation),
        [schema, relation] => match schema.as_str() {
            "information_schema" => true,
            "pg_catalog" => (relation.starts_with("pg_") || relation.starts_with("svv_")) && !live(relation),
            _ => false,
        },
        _ => false,
    }
}

/// `SELECT version(), current_database()`: calls of functions and nothing else.
fn asks_of_the_session(statement: &Statement) -> bool {
    use redshift_sql_dialect::ast::QueryBody;
    let Statement::Query(query) = statement else { return false };
    let QueryBody::Select(select) = &query.body else { return false };
    query.with.is_none()
        && select.from.is_empty()
        && select.selection.is_none()
        && select.items.iter().all(|item| matches!(&item.expr.kind, ExprKind::Function(call) if call.over.is_none()))
}

/// Are all functions that are called stable?
struct Calls {
    all_stable: bool,
}

impl Visitor for Calls {
    fn visit_query(&mut self, query: &Query) {
        walk_query(self, query);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }

    fn visit_call(&mut self, call: &FunctionCall) {
        let stable = |name: &str| STABLE.contains(&name.to_ascii_lowercase().as_str());
        self.all_stable &= match &call.name.0[..] {
            [function] => stable(&function.value),
            [schema, function] => schema.value == "pg_catalog" && stable(&function.value),
            _ => false,
        };
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    fn stable(sql: &str) -> bool {
        let parsed = parse(sql).unwrap();
        is_stable(&parsed[0].statement, &Footprint::of(&parsed[0].statement))
    }

    #[test]
    fn what_hangs_on_the_catalog_alone_is_kept() {
        for sql in [
            "select version()",
            "select current_database(), current_user",
            "show transaction isolation level",
            "select c.relname from pg_catalog.pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname ~ '^t$'",
            "select * from information_schema.columns where table_name = 't' order by 1 limit 5",
            "with t as (select * from svv_tables) select count(*) from t",
        ] {
            assert!(stable(sql), "{sql}");
        }
    }

    #[test]
    fn all_else_is_asked_each_time() {
        for sql in [
            "select 1",
            "select now()",
            "select pg_backend_pid()",
            "select set_config('timezone', 'UTC', false)",
            "select * from pg_locks",
            "select * from pg_class, t",
            "select f(relname) from pg_class",
            "select relname, random() from pg_class",
            "select * from other.pg_class",
            "select * from stv_inflight",
            "insert into t select relname from pg_class",
            "show tables from schema dev.public",
        ] {
            assert!(!stable(sql), "{sql}");
        }
    }

    #[test]
    fn a_changed_catalog_drops_what_was_kept() {
        let cache = Cache::default();
        let settings = Settings::new("admin", "on");
        let text = Text::plain("select version()");
        let key = cache.key("admin", &text, &settings);
        let answer = Answer { columns: [].into(), batches: [].into(), tag: "SELECT", bytes: 1 };
        cache.insert(key.clone(), answer.clone());
        assert!(cache.get(&key).is_some());
        assert!(cache.get(&cache.key("other", &text, &settings)).is_none());
        cache.drop_all();
        assert!(cache.get(&key).is_none());
        // What was asked before the change is not kept behind it.
        cache.insert(key.clone(), answer);
        assert!(cache.get(&key).is_none());
    }
}
