//! Functions of the session and the system: who, where, since when. Their values are known when a statement is bound.
//!
//! Source: developer guide, "System information functions".

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::registry::{BOOL, Call, Function, Param, function, takes, text};
use crate::binder::Typed;

/// What `version()` answers; clients parse it (SQLAlchemy takes the last number).
pub(crate) const VERSION: &str = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 \
                                  (Red Hat 3.4.2-6.fc3), Redshift 1.0.133982";

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("current_database", &[takes(&[], current_database)]),
    function("current_schema", &[takes(&[], current_schema)]),
    function("current_schemas", &[takes(&[BOOL], current_schemas)]),
    function("current_setting", &[takes(&[Param::Varchar], current_setting)]),
    function("current_user", &[takes(&[], current_user)]),
    function("current_user_id", &[takes(&[], current_user_id)]),
    function("getpgusername", &[takes(&[], current_user)]),
    function("pg_backend_pid", &[takes(&[], pg_backend_pid)]),
    function("pg_last_copy_count", &[takes(&[], pg_last_copy_count)]),
    function("pg_last_copy_id", &[takes(&[], pg_last_copy_id)]),
    function("pg_last_query_id", &[takes(&[], pg_last_query_id)]),
    function("session_user", &[takes(&[], session_user)]),
    function("slice_num", &[takes(&[], slice_num)]),
    function("user", &[takes(&[], current_user)]),
    function("version", &[takes(&[], version)]),
];

fn name(value: &str) -> Result<Typed> {
    Ok(text(value, RedshiftType::Name))
}

fn bigint(value: i64) -> Result<Typed> {
    Ok(Typed::literal(ScalarValue::Int64(Some(value)), RedshiftType::Int8))
}

fn integer(value: i32) -> Result<Typed> {
    Ok(Typed::literal(ScalarValue::Int32(Some(value)), RedshiftType::Int4))
}

fn version(_: Call<'_>) -> Result<Typed> {
    Ok(text(VERSION, RedshiftType::Text))
}

fn current_database(call: Call<'_>) -> Result<Typed> {
    name(&call.ctx.session.database)
}

fn current_user(call: Call<'_>) -> Result<Typed> {
    name(&call.ctx.session.user)
}

fn session_user(call: Call<'_>) -> Result<Typed> {
    name(&call.ctx.session.session_user)
}

fn current_user_id(call: Call<'_>) -> Result<Typed> {
    integer(call.ctx.session.user_id as i32)
}

fn pg_backend_pid(call: Call<'_>) -> Result<Typed> {
    integer(call.ctx.session.pid)
}

fn pg_last_copy_id(call: Call<'_>) -> Result<Typed> {
    bigint(call.ctx.session.last_copy_id)
}

fn pg_last_copy_count(call: Call<'_>) -> Result<Typed> {
    bigint(call.ctx.session.last_copy_count)
}

fn pg_last_query_id(call: Call<'_>) -> Result<Typed> {
    bigint(call.ctx.session.last_query_id)
}

/// One slice does everything.
fn slice_num(_: Call<'_>) -> Result<Typed> {
    integer(0)
}

/// The first schema of the search path that exists.
fn current_schema(call: Call<'_>) -> Result<Typed> {
    for schema in &call.ctx.session.search_path {
        if call.ctx.catalog.has_schema(schema)? {
            return name(schema);
        }
    }
    Ok(Typed::literal(ScalarValue::Utf8View(None), RedshiftType::Name))
}

/// The schemas of the search path that exist; with `true` those that are searched without being named, first.
fn current_schemas(call: Call<'_>) -> Result<Typed> {
    let implicit = match &call.args[0].expr {
        datafusion::logical_expr::Expr::Literal(ScalarValue::Boolean(implicit), _) => implicit.unwrap_or(false),
        _ => return Err(Error::unsupported("argument 1 of current_schemas has to be a constant")),
    };
    let session = &call.ctx.session;
    let mut names: Vec<&str> = Vec::new();
    if implicit {
        if call.ctx.catalog.has_schema(&session.temp_schema)? {
            names.push(&session.temp_schema);
        }
        names.push("pg_catalog");
    }
    for schema in &session.search_path {
        if call.ctx.catalog.has_schema(schema)? {
            names.push(schema);
        }
    }
    let items: Vec<ScalarValue> = names.iter().map(|name| ScalarValue::Utf8View(Some(name.to_string()))).collect();
    let list = ScalarValue::new_list_nullable(&items, &arrow::datatypes::DataType::Utf8View);
    Ok(Typed::literal(ScalarValue::List(list), RedshiftType::TextArray))
}

/// A setting's value as SHOW gives it.
fn current_setting(call: Call<'_>) -> Result<Typed> {
    let Some(setting) = call.constant(0)?.map(str::to_lowercase) else {
        return Ok(Typed::literal(ScalarValue::Utf8View(None), RedshiftType::Text));
    };
    let value = call.ctx.session.settings.get(&setting).ok_or_else(|| {
        let message = format!("unrecognized configuration parameter \"{setting}\"");
        Error::new(SqlState::UNDEFINED_OBJECT, message)
    })?;
    Ok(text(value, RedshiftType::Text))
}
