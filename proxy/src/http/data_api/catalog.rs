//! ListDatabases, ListSchemas, ListTables and DescribeTable: questions to the catalog, answered at once.

use std::{sync::Arc, time::Duration};

use redshift_sql_dialect::{Error, parse};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::{run::Runner, sessions::Sessions, statements::Target};
use crate::{
    http::json_rpc::{ApiError, object},
    router::Company,
    session::{Answer, Command},
    wire::encode::text_value,
};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(60);

const DATABASES: &str = "select database_name from svv_redshift_databases order by 1";
const SCHEMAS: &str = "select nspname from pg_catalog.pg_namespace where nspname like $1 order by 1";
const TABLES: &str = "select relname, nspname, case
        when relkind = 'v' and nspname in ('pg_catalog', 'information_schema') then 'SYSTEM VIEW'
        when nspname in ('pg_catalog', 'information_schema', 'pg_internal') then 'SYSTEM TABLE'
        when nspname like 'pg\\\\_temp%' then 'LOCAL TEMPORARY'
        when relkind = 'v' then 'VIEW' else 'TABLE' end
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where relkind in ('r', 'v', 'm') and nspname like $1 and relname like $2
    order by 3, 2, 1";
const COLUMNS: &str = "select a.attname, n.nspname, c.relname, a.attnotnull, t.typname, a.atttypmod,
        (select d.adsrc from pg_catalog.pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum)
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_type t on t.oid = a.atttypid
    where a.attnum > 0 and c.relkind in ('r', 'v', 'm') and n.nspname like $1 and c.relname like $2
    order by n.nspname, c.relname, a.attnum";

/// Asks the catalog of a database.
pub struct Catalog<'a> {
    /// What sessions are made with.
    pub sessions: &'a Arc<Sessions>,
    /// The database and the user.
    pub target: Target,
}

type Row = Vec<Option<String>>;

impl Catalog<'_> {
    /// Can the user log in to the database?
    ///
    /// # Errors
    /// Where that is refused.
    pub async fn check_login(&self) -> Result<(), ApiError> {
        let opened = self.sessions.open_backend(&self.target, Instant::now() + PATIENCE).await;
        opened.map(drop).map_err(|error| cannot_connect(&error))
    }

    /// The names of the databases.
    ///
    /// # Errors
    /// Where the catalog cannot be asked.
    pub async fn databases(&self) -> Result<Vec<Value>, ApiError> {
        Ok(self.ask(DATABASES, &[]).await?.into_iter().map(|row| text(&row, 0).into()).collect())
    }

    /// The names of the schemas of this pattern.
    ///
    /// # Errors
    /// Where the catalog cannot be asked.
    pub async fn schemas(&self, pattern: Option<&str>) -> Result<Vec<Value>, ApiError> {
        let rows = self.ask(SCHEMAS, &[pattern.unwrap_or("%")]).await?;
        Ok(rows.into_iter().map(|row| text(&row, 0).into()).collect())
    }

    /// The tables of these patterns.
    ///
    /// # Errors
    /// Where the catalog cannot be asked.
    pub async fn tables(&self, schema: Option<&str>, table: Option<&str>) -> Result<Vec<Value>, ApiError> {
        let rows = self.ask(TABLES, &[schema.unwrap_or("%"), table.unwrap_or("%")]).await?;
        let tables =
            rows.into_iter().map(|row| json!({"name": text(&row, 0), "schema": text(&row, 1), "type": text(&row, 2)}));
        Ok(tables.collect())
    }

    /// The columns of these tables.
    ///
    /// # Errors
    /// Where the catalog cannot be asked.
    pub async fn columns(&self, schema: Option<&str>, table: Option<&str>) -> Result<Vec<Value>, ApiError> {
        let literal = |name: Option<&str>| name.map_or("%".to_string(), escaped);
        let (schema, table) = (literal(schema), literal(table));
        Ok(self.ask(COLUMNS, &[&schema, &table]).await?.iter().map(described).collect())
    }

    async fn ask(&self, sql: &str, values: &[&str]) -> Result<Vec<Row>, ApiError> {
        let asked = timeout(PATIENCE, async {
            let mut runner = self.sessions.open_backend(&self.target, Instant::now() + PATIENCE).await;
            let runner = runner.as_mut().map_err(|error| cannot_connect(error))?;
            rows(runner, sql, values).await.map_err(|error| ApiError::validation(format!("ERROR: {}", error.message())))
        });
        asked.await.unwrap_or_else(|_| {
            let message = "The query did not complete within the time that it has.";
            Err(ApiError::client("QueryTimeoutException", message))
        })
    }
}

/// A name as a pattern that only it has.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn cannot_connect(error: &Error) -> ApiError {
    ApiError::validation(format!("FATAL: {}", error.message()))
}

async fn rows(runner: &mut Runner, sql: &str, values: &[&str]) -> Result<Vec<Row>, Error> {
    let parsed = parse(sql)?;
    let values: Vec<_> = values.iter().map(|value| Some((*value).to_string())).collect();
    let mut found = Vec::new();
    let Some(first) = parsed.first() else { return Ok(found) };
    let command = Command {
        statement: &first.statement,
        text: sql,
        start: 0,
        types: &[],
        values: &values,
        company: Company::Alone,
    };
    let Answer::Rows(mut rows) = runner.session.run(command).await? else { return Ok(found) };
    while let Some(batch) = rows.next(usize::MAX).await? {
        for row in 0..batch.num_rows() {
            let values = rows.columns.iter().zip(batch.columns());
            let style = runner.session.style();
            found.push(
                values.map(|(column, values)| text_value(values, row, column.ty, style)).collect::<Result<_, _>>()?,
            );
        }
    }
    Ok(found)
}

fn text(row: &Row, at: usize) -> String {
    row.get(at).cloned().flatten().unwrap_or_default()
}

/// ColumnMetadata of a column of the catalog.
fn described(row: &Row) -> Value {
    let (name, type_name) = (text(row, 0), text(row, 4));
    let typmod: i64 = text(row, 5).parse().unwrap_or(-1);
    let modified = typmod - 4;
    let (length, precision, scale) = match type_name.as_str() {
        "varchar" | "bpchar" | "varbyte" if typmod >= 4 => (modified, modified, 0),
        "numeric" if typmod >= 4 => ((modified >> 16) & 0xffff, (modified >> 16) & 0xffff, modified & 0xffff),
        "int2" => (5, 5, 0),
        "int4" | "oid" => (10, 10, 0),
        "int8" => (19, 19, 0),
        "float4" => (8, 8, 8),
        "float8" => (17, 17, 17),
        "bool" => (1, 1, 0),
        "date" => (13, 13, 0),
        "time" => (15, 15, 6),
        "timetz" => (21, 21, 6),
        "timestamp" => (29, 29, 6),
        "timestamptz" => (35, 35, 6),
        _ => (0, 0, 0),
    };
    object([
        ("columnDefault", row.get(6).cloned().flatten().map_or(Value::Null, Value::from)),
        ("isCaseSensitive", matches!(type_name.as_str(), "varchar" | "bpchar" | "text" | "name" | "super").into()),
        ("isCurrency", false.into()),
        ("isSigned", matches!(type_name.as_str(), "int2" | "int4" | "int8" | "float4" | "float8" | "numeric").into()),
        ("label", name.clone().into()),
        ("length", length.into()),
        ("name", name.into()),
        ("nullable", i32::from(text(row, 3) != "t").into()),
        ("precision", precision.into()),
        ("scale", scale.into()),
        ("schemaName", text(row, 1).into()),
        ("tableName", text(row, 2).into()),
        ("typeName", type_name.into()),
    ])
}
