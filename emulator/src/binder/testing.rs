//! A catalog in memory and a way to run queries over it, for the binder's tests.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use arrow::{
    array::ArrayRef,
    datatypes::Schema,
    record_batch::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use datafusion::{datasource::MemTable, execution::context::SessionState, scalar::ScalarValue};
use futures::TryStreamExt;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{Query, Statement},
};

use super::{BindContext, Binder, Bound, CastKind, Effects, Parameters, SessionInfo, Typed, cast, evaluate};
use crate::{
    catalog::{
        CatalogView, Column, Contents, Oid, ROW_FILE, ROW_POSITION, Relation, RelationKind, RelationRights,
        RowIdentity, TableInfo, ViewInfo,
    },
    execution::{ExecutionOptions, execute, session_state},
    text_input::zone::Zone,
    types::{arrow_field, arrow_type},
};

/// Tables and views in the schema `public`.
#[derive(Default)]
pub(crate) struct MemoryCatalog {
    relations: Mutex<BTreeMap<(String, String), Held>>,
}

/// A relation and, where it is a table, its rows.
type Held = (Arc<Relation>, Option<Vec<RecordBatch>>);

impl MemoryCatalog {
    /// Adds a table with its rows as batches.
    pub(crate) fn add_table(&self, name: &str, columns: &[(&str, RedshiftType)], batches: Vec<RecordBatch>) {
        let columns: Vec<Column> =
            columns.iter().enumerate().map(|(i, (name, ty))| column(i as i16 + 1, name, *ty)).collect();
        self.add(name, columns, RelationKind::Table(TableInfo::default()), Some(batches));
    }

    /// Adds a table whose columns are given as the catalog has them.
    pub(crate) fn add_columns(&self, name: &str, columns: Vec<Column>) {
        let fields: Vec<_> = columns.iter().map(|column| arrow_field(&column.name, column.ty)).collect();
        let empty = RecordBatch::new_empty(Arc::new(Schema::new(fields)));
        self.add(name, columns, RelationKind::Table(TableInfo::default()), Some(vec![empty]));
    }

    /// Adds a view.
    pub(crate) fn add_view(&self, name: &str, columns: &[(&str, RedshiftType)], query: &str) {
        let columns = columns.iter().enumerate().map(|(i, (name, ty))| column(i as i16 + 1, name, *ty)).collect();
        let view = ViewInfo {
            query: query.to_string(),
            late_binding: false,
            written: None,
            column_names: Vec::new(),
            depends_on: Vec::new(),
            search_path: vec!["public".to_string()],
            case_sensitive_attributes: None,
            materialized: None,
        };
        self.add(name, columns, RelationKind::View(view), None);
    }

    fn add(&self, name: &str, columns: Vec<Column>, kind: RelationKind, batches: Option<Vec<RecordBatch>>) {
        let mut relations = self.relations.lock().expect("no test panics with the lock");
        let relation = Relation {
            oid: Oid(100_000 + relations.len() as u32),
            schema: "public".to_string(),
            schema_oid: Oid(2200),
            database: Oid(1),
            name: name.to_string(),
            owner: Oid(100),
            columns: columns.into(),
            kind,
            comment: None,
            created: 0,
            security: None,
        };
        relations.insert(("public".to_string(), name.to_string()), (Arc::new(relation), batches));
    }
}

/// A column without attributes.
pub(crate) fn column(attnum: i16, name: &str, ty: RedshiftType) -> Column {
    Column {
        attnum,
        name: name.to_string(),
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

impl CatalogView for MemoryCatalog {
    fn relation_rights(&self, _user: Oid, _relation: &Relation) -> Result<RelationRights> {
        Ok(RelationRights::everything())
    }

    fn may_use_schema(&self, _user: Oid, _schema: &str) -> Result<bool> {
        Ok(true)
    }

    fn may_execute(&self, _user: Oid, _routine: &crate::catalog::Routine) -> Result<bool> {
        Ok(true)
    }

    fn has_schema(&self, schema: &str) -> Result<bool> {
        Ok(matches!(schema, "public" | "pg_catalog"))
    }

    fn relation(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        let relations = self.relations.lock().expect("no test panics with the lock");
        Ok(relations.get(&(schema.to_string(), name.to_string())).map(|(relation, _)| relation.clone()))
    }

    fn contents(&self, relation: &Arc<Relation>, identity: RowIdentity) -> Result<Contents> {
        let relations = self.relations.lock().expect("no test panics with the lock");
        let key = (relation.schema.clone(), relation.name.clone());
        match (relations.get(&key), &relation.kind) {
            (_, RelationKind::View(view)) => {
                Ok(Contents::Query { text: view.query.clone(), search_path: view.search_path.clone() })
            }
            (Some((_, Some(batches))), _) => {
                let batches = match identity {
                    RowIdentity::Omitted => batches.clone(),
                    RowIdentity::Included => batches.iter().map(with_identity).collect(),
                };
                let table = MemTable::try_new(batches[0].schema(), vec![batches]).expect("batches of one schema");
                Ok(Contents::Scan(Arc::new(table)))
            }
            _ => Err(Error::internal("a relation without contents")),
        }
    }
}

fn with_identity(batch: &RecordBatch) -> RecordBatch {
    let rows = batch.num_rows();
    let mut fields: Vec<_> = batch.schema().fields().to_vec();
    fields.push(arrow_field(ROW_FILE, RedshiftType::Int8));
    fields.push(arrow_field(ROW_POSITION, RedshiftType::Int8));
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(arrow::array::Int64Array::from(vec![7; rows])));
    columns.push(Arc::new(arrow::array::Int64Array::from_iter_values(0..rows as i64)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}

/// A database of a test and the session that asks it.
pub(crate) struct Database {
    pub(crate) catalog: Arc<MemoryCatalog>,
    pub(crate) state: SessionState,
    pub(crate) settings: BTreeMap<String, String>,
}

impl Database {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let options = ExecutionOptions { parallelism: Some(2), ..Default::default() };
        Database {
            catalog: Arc::new(MemoryCatalog::default()),
            state: session_state(&options).expect("the default runtime"),
            settings: BTreeMap::new(),
        }
    }

    /// Adds a table whose rows are written as literals.
    pub(crate) fn table(&self, name: &str, columns: &[(&str, RedshiftType)], rows: &[&[&str]]) -> &Self {
        let ctx = self.context(Parameters::default());
        let arrays = columns.iter().enumerate().map(|(i, (_, ty))| array_of(rows, i, *ty, &ctx)).collect();
        let fields: Vec<_> = columns.iter().map(|(name, ty)| arrow_field(name, *ty)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length");
        self.catalog.add_table(name, columns, vec![batch]);
        self
    }

    /// What a statement is bound in.
    pub(crate) fn context(&self, parameters: Parameters) -> BindContext {
        BindContext {
            catalog: self.catalog.clone(),
            session: Arc::new(session(self.settings.clone())),
            parameters,
            effects: Effects::default(),
            variables: None,
            blanks: Default::default(),
        }
    }

    /// A binder for one statement.
    pub(crate) fn binder(&self) -> Binder {
        Binder::new(self.context(Parameters::default()))
    }

    /// Binds a query.
    pub(crate) fn bind(&self, sql: &str) -> Result<Bound> {
        self.binder().query(&query(sql)?)
    }

    /// The rows of a query, each as its values with blanks between, and NULL for nulls.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<String>> {
        let bound = self.bind(sql)?;
        for (result, field) in bound.columns.iter().zip(bound.plan.schema().fields()) {
            assert_eq!(*field.data_type(), arrow_type(result.ty), "column {} of {sql}", result.name);
        }
        self.run(&bound.plan).await
    }

    /// The rows of a plan, in the same form.
    pub(crate) async fn run(&self, plan: &datafusion::logical_expr::LogicalPlan) -> Result<Vec<String>> {
        let batches: Vec<RecordBatch> = execute(plan, &self.state).await?.try_collect().await?;
        Ok(batches.iter().flat_map(show).collect())
    }

    /// The SQLSTATE, message and position that a query fails with.
    pub(crate) async fn error(&self, sql: &str) -> String {
        match self.rows(sql).await {
            Ok(rows) => panic!("{sql} gave {rows:?}"),
            Err(error) => match error.position() {
                Some(position) => format!("{error} at {position}"),
                None => error.to_string(),
            },
        }
    }
}

fn session(settings: BTreeMap<String, String>) -> SessionInfo {
    SessionInfo {
        database: "dev".to_string(),
        case_insensitive: false,
        database_in_use: None,
        user: "admin".to_string(),
        user_id: 100,
        superuser: true,
        session_user: "admin".to_string(),
        pid: 1,
        search_path: vec!["admin".to_string(), "public".to_string()],
        temp_schema: "pg_temp_1".to_string(),
        case_sensitive: false,
        case_settings_changed: false,
        time_zone: Zone::UTC,
        transaction_start: 1_700_000_000_000_000,
        statement_start: 1_700_000_000_000_000,
        settings: Arc::new(settings),
        null_settings: Arc::default(),
        last_copy_id: -1,
        last_copy_count: 0,
        last_unload_id: -1,
        last_unload_count: 0,
        last_query_id: -1,
        random: crate::functions::Random::new(),
        extensions: false,
    }
}

/// The query that a text is.
pub(crate) fn query(sql: &str) -> Result<Query> {
    match statement(sql)? {
        Statement::Query(query) => Ok(*query),
        other => Err(Error::internal(format!("not a query: {other:?}"))),
    }
}

/// The statement that a text is.
pub(crate) fn statement(sql: &str) -> Result<Statement> {
    let mut parsed = redshift_sql_dialect::parse(sql)?;
    Ok(parsed.remove(0).statement)
}

fn array_of(rows: &[&[&str]], index: usize, ty: RedshiftType, ctx: &BindContext) -> ArrayRef {
    let values = rows.iter().map(|row| match row[index] {
        "NULL" => ScalarValue::try_from(&arrow_type(ty)).expect("a type with nulls"),
        text => {
            let text = Typed::literal(ScalarValue::Utf8View(Some(text.to_string())), RedshiftType::Unknown);
            evaluate(cast(text, ty, CastKind::Assignment, ctx).expect("a literal")).expect("a constant")
        }
    });
    let values: Vec<ScalarValue> = values.collect();
    if values.is_empty() {
        return arrow::array::new_empty_array(&arrow_type(ty));
    }
    ScalarValue::iter_to_array(values).expect("values of one type")
}

fn show(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let formatters: Vec<ArrayFormatter<'_>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).expect("a type that prints"))
        .collect();
    let line = |row| formatters.iter().map(|f| f.value(row).to_string()).collect::<Vec<_>>().join(" ");
    (0..batch.num_rows()).map(line).collect()
}
