//! What a session tells of itself.
//!
//! Source: developer guide, "System information functions", "System administration functions". All are constants of the
//! statement. What has a meaning in a cluster only (its account, its namespace) answers as a fixed one does.

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{
    kernel::Kernel,
    registry::{BOOL, Call, Function, Param, function, takes, text},
};
use crate::binder::Typed;

const TEXT: Param = Param::Text;

/// The release that the emulator answers as; `padb_version` of the protocol says the same.
pub const REDSHIFT_VERSION: &str = "1.0.133982";

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("current_aws_account", &[takes(&[], |_| Ok(bigint(123_456_789_012)))]),
    function("current_catalog", &[takes(&[], current_database)]),
    function("current_database", &[takes(&[], current_database)]),
    function("current_namespace", &[takes(&[], current_namespace)]),
    function("current_schema", &[takes(&[], current_schema)]),
    // Only users whom IAM or IAM Identity Center knows everywhere have one: who is local gets NULL.
    function("current_session_arn", &[takes(&[], |_| crate::binder::null(RedshiftType::Varchar(2048)))]),
    function("current_setting", &[takes(&[TEXT, BOOL], current_setting).optional(1)]),
    function("current_user", &[takes(&[], current_user)]),
    function("current_user_id", &[takes(&[], |call| Ok(integer(i64::from(call.ctx.session.user_id))))]),
    function("default_iam_role", &[takes(&[], |_| Ok(text("none", RedshiftType::Varchar(256))))]),
    function("get_mounted_role", &[takes(&[], |_| crate::binder::null(RedshiftType::Varchar(2048)))]),
    function("getdatabaseencoding", &[takes(&[], |_| Ok(name("UTF8")))]),
    function("last_user_query_id", &[takes(&[], |call| Ok(bigint(call.ctx.session.last_query_id)))]),
    function("pg_backend_pid", &[takes(&[], |call| Ok(integer(i64::from(call.ctx.session.pid))))]),
    function("pg_client_encoding", &[takes(&[], |_| Ok(name("UTF8")))]),
    function("pg_last_copy_count", &[takes(&[], |call| Ok(bigint(call.ctx.session.last_copy_count)))]),
    function("pg_last_copy_id", &[takes(&[], |call| Ok(integer(call.ctx.session.last_copy_id)))]),
    function("pg_last_query_id", &[takes(&[], |call| Ok(integer(call.ctx.session.last_query_id)))]),
    function("pg_last_unload_count", &[takes(&[], |call| Ok(bigint(call.ctx.session.last_unload_count)))]),
    function("pg_last_unload_id", &[takes(&[], |call| Ok(integer(call.ctx.session.last_unload_id)))]),
    function("session_user", &[takes(&[], session_user)]),
    function("slice_num", &[takes(&[], |_| Ok(integer(10_000)))]),
    function("user", &[takes(&[], current_user)]),
    function("version", &[takes(&[], version)]),
];

fn name(value: impl Into<String>) -> Typed {
    text(value, RedshiftType::Name)
}

fn bigint(value: i64) -> Typed {
    Typed::literal(ScalarValue::Int64(Some(value)), RedshiftType::Int8)
}

/// An INTEGER; what has outgrown it stays at its largest.
fn integer(value: i64) -> Typed {
    let value = value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    Typed::literal(ScalarValue::Int32(Some(value)), RedshiftType::Int4)
}

fn version(_call: Call<'_>) -> Result<Typed> {
    let version = format!(
        "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), \
         Redshift {REDSHIFT_VERSION}"
    );
    Ok(text(version, RedshiftType::Text))
}

fn current_database(call: Call<'_>) -> Result<Typed> {
    Ok(name(call.ctx.session.database.clone()))
}

fn current_user(call: Call<'_>) -> Result<Typed> {
    Ok(name(call.ctx.session.user.clone()))
}

fn session_user(call: Call<'_>) -> Result<Typed> {
    Ok(name(call.ctx.session.session_user.clone()))
}

fn current_namespace(_call: Call<'_>) -> Result<Typed> {
    Ok(text("00000000-0000-0000-0000-000000000000", RedshiftType::Varchar(36)))
}

/// The first schema of the search path that exists; NULL where none does.
fn current_schema(call: Call<'_>) -> Result<Typed> {
    for schema in &call.ctx.session.search_path {
        if call.ctx.catalog.has_schema(schema)? {
            return Ok(name(schema.clone()));
        }
    }
    crate::binder::null(RedshiftType::Name)
}

/// A parameter as SHOW gives it; NULL for a session context variable that was reset.
///
/// # Errors
/// 42704 where there is none, unless the second argument is false.
/// Of a constant, as applications ask, or of a column of pg_settings, as psql's `\dconfig` does.
fn current_setting(mut call: Call<'_>) -> Result<Typed> {
    let lenient = match call.args.get(1) {
        Some(strict) => {
            matches!(crate::binder::evaluate(strict.clone()), Ok(ScalarValue::Boolean(Some(false))))
        }
        None => false,
    };
    call.args.truncate(1);
    let session = &call.ctx.session;
    let settings = (session.settings.clone(), session.null_settings.clone(), lenient);
    let kernel = Kernel::new(call.name, settings, RedshiftType::Text, |(settings, nulls, lenient), args| {
        args.map1(|setting: &str| match settings.get(&setting.to_lowercase()) {
            None if !lenient && !nulls.contains(&setting.to_lowercase()) => {
                let message = format!("unrecognized configuration parameter \"{setting}\"");
                Err(Error::new(SqlState::UNDEFINED_OBJECT, message))
            }
            value => Ok(value.cloned()),
        })
    });
    kernel.call_or_fold(call.exprs())
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors, check_types};

    #[test]
    fn sessions_know_themselves() {
        check(&[
            ("current_database()", "dev"),
            ("current_user", "admin"),
            ("session_user", "admin"),
            ("current_user_id", "100"),
            ("pg_backend_pid()", "4711"),
            ("pg_last_copy_id()", "-1"),
            ("pg_last_copy_count()", "0"),
            ("current_schema()", "NULL"),
            ("current_session_arn()", "NULL"),
            ("current_setting('query_group')", "default"),
            ("current_setting('app_context.user_id', 'f')", "NULL"),
            ("slice_num()", "10000"),
            (
                "version()",
                "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 \
                 (Red Hat 3.4.2-6.fc3), Redshift 1.0.133982",
            ),
        ]);
        check_types(&[("current_database()", "name"), ("pg_last_copy_id()", "integer"), ("version()", "text")]);
        check_errors(&[("current_setting('x.y')", "42704", "unrecognized configuration parameter \"x.y\"")]);
    }
}
