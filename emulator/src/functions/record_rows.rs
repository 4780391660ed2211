//! Functions of several rows and columns that are made on the spot: the time zones, the session's roles.
//!
//! Sources: developer guide, "CONVERT_TIMEZONE" (`pg_timezone_names`, `pg_timezone_abbrevs`), "PG_GET_SESSION_ROLES",
//! "PG_GET_IAM_ROLE_BY_USER", "PG_GET_GRANTEE_BY_IAM_ROLE"; PostgreSQL, "pg_timezone_names".

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BooleanArray, Int32Array, IntervalMonthDayNanoArray, RecordBatch, StringViewArray},
    datatypes::Schema,
};
use chrono::{Offset, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS, Tz};
use datafusion::{
    common::Column,
    datasource::{MemTable, provider_as_source},
    logical_expr::{Expr, LogicalPlanBuilder},
};
use redshift_sql_dialect::{Error, RedshiftType, Result, parse_query};

use super::{FunctionRows, conversion::interval, kernel::Kernel};
use crate::{
    binder::{BindContext, Binder, CastKind, Parameters, Typed, cast},
    catalog::permission_denied,
    error::from_datafusion,
    types::arrow_field,
};

const NAMES: [&str; 5] = [
    "pg_get_grantee_by_iam_role",
    "pg_get_iam_role_by_user",
    "pg_get_session_roles",
    "pg_timezone_abbrevs",
    "pg_timezone_names",
];

/// Is this the name of such a function?
pub(super) fn knows(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The names of all of them.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter()
}

/// Calls it.
///
/// # Errors
/// 42883 for other arguments; 42501 where a superuser is needed.
pub(super) fn rows(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<FunctionRows> {
    use RedshiftType::{Bool, Int4, Interval, Name, Text};
    let text = |values: Vec<String>| Arc::new(StringViewArray::from_iter_values(values)) as ArrayRef;
    match (name, &args[..]) {
        ("pg_timezone_names", []) => {
            let zones: Vec<ZoneRow> = TZ_VARIANTS.iter().map(|zone| ZoneRow::of(*zone)).collect();
            let names = text(zones.iter().map(|zone| zone.name.clone()).collect());
            let mut columns = vec![("name", Text, names)];
            columns.extend([("abbrev", Text, text(zones.iter().map(|zone| zone.abbreviation.clone()).collect()))]);
            columns.extend([("utc_offset", Interval, offsets(&zones)), ("is_dst", Bool, summers(&zones))]);
            table(name, columns)
        }
        ("pg_timezone_abbrevs", []) => {
            let mut zones: Vec<ZoneRow> = TZ_VARIANTS.iter().map(|zone| ZoneRow::of(*zone)).collect();
            zones.retain(|zone| zone.abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()));
            zones.sort_by(|a, b| a.abbreviation.cmp(&b.abbreviation));
            zones.dedup_by(|a, b| a.abbreviation == b.abbreviation);
            let names = text(zones.iter().map(|zone| zone.abbreviation.clone()).collect());
            table(
                name,
                vec![
                    ("abbrev", Text, names),
                    ("utc_offset", Interval, offsets(&zones)),
                    ("is_dst", Bool, summers(&zones)),
                ],
            )
        }
        // Nobody comes from an identity provider.
        ("pg_get_session_roles", []) => table(
            name,
            vec![("name", Name, text(Vec::new())), ("roleid", Int4, Arc::new(Int32Array::from(Vec::<i32>::new())))],
        ),
        ("pg_get_iam_role_by_user", [user]) => assumed(name, IAM_ROLES_OF_USER, user, ctx),
        ("pg_get_grantee_by_iam_role", [role]) => assumed(name, GRANTEES_OF_IAM_ROLE, role, ctx),
        _ => Err(super::no_such_function(name, &args)),
    }
}

/// What `default` stands for is any role that there is (developer guide, "PG_GET_IAM_ROLE_BY_USER").
const IAM_ROLES_OF_USER: &str = "
    select cast(grantee_name as varchar) as username,
        case object_name when 'ALL' then 'default' else object_name end as iam_role,
        ltrim(max(case privilege when 'COPY' then '|COPY' else '' end)
            || max(case privilege when 'CREATE MODEL' then '|CREATE MODEL' else '' end)
            || max(case privilege when 'EXTERNAL FUNCTION' then '|EXTERNAL FUNCTION' else '' end)
            || max(case privilege when 'UNLOAD' then '|UNLOAD' else '' end), '|') as cmd
    from pg_internal.privileges
    where object_kind = 'iam role' and grantee_kind = 'user' and grantee_name = $1
    group by 1, 2
    order by 2";

const GRANTEES_OF_IAM_ROLE: &str = "
    select cast(grantee_name as varchar) as grantee,
        case grantee_kind when 'public' then 'p' when 'group' then 'g' when 'role' then 'r' else 'u' end as grantee_type,
        privilege as cmd_type
    from pg_internal.privileges
    where object_kind = 'iam role' and object_name = $1
    order by 1, 2, 3";

/// Who may assume which role of IAM: a query over the privileges, whose parameter is a constant.
fn assumed(name: &str, query: &str, argument: &Typed, ctx: &BindContext) -> Result<FunctionRows> {
    if !ctx.session.superuser {
        return Err(permission_denied("function", name));
    }
    let Some(argument) = argument.unknown_text() else {
        return Err(Error::unsupported(format!("{name} is supported for a constant only")));
    };
    let parameters = Parameters::with_values(vec![Some(RedshiftType::Text)], vec![Some(argument.to_string())]);
    let bound = Binder::new(BindContext { parameters, ..ctx.clone() }).query(&parse_query(query)?)?;
    let columns = bound.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
    Ok(FunctionRows { plan: bound.plan, columns, single: false })
}

/// A time zone at this moment.
struct ZoneRow {
    name: String,
    abbreviation: String,
    seconds: i64,
    summer: bool,
}

impl ZoneRow {
    fn of(zone: Tz) -> ZoneRow {
        let offset = zone.offset_from_utc_datetime(&Utc::now().naive_utc());
        ZoneRow {
            name: zone.name().to_string(),
            abbreviation: offset.abbreviation().unwrap_or_default().to_string(),
            seconds: i64::from(offset.fix().local_minus_utc()),
            summer: !offset.dst_offset().is_zero(),
        }
    }
}

fn offsets(zones: &[ZoneRow]) -> ArrayRef {
    let values = zones.iter().map(|zone| interval(0, 0, zone.seconds * 1_000_000));
    Arc::new(IntervalMonthDayNanoArray::from_iter_values(values))
}

fn summers(zones: &[ZoneRow]) -> ArrayRef {
    Arc::new(zones.iter().map(|zone| Some(zone.summer)).collect::<BooleanArray>())
}

fn table(name: &str, columns: Vec<(&str, RedshiftType, ArrayRef)>) -> Result<FunctionRows> {
    let fields: Vec<_> = columns.iter().map(|(name, ty, _)| arrow_field(name, *ty)).collect();
    let shown = columns.iter().map(|(name, ty, _)| (name.to_string(), *ty)).collect();
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, _, values)| values).collect())
            .map_err(|error| Error::internal(error.to_string()))?;
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(from_datafusion)?;
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::new(table)), None)
        .and_then(LogicalPlanBuilder::build)
        .map_err(from_datafusion)?;
    Ok(FunctionRows { plan, columns: shown, single: false })
}

/// The records as texts: `(public,sales,salesid,integer,1)`.
///
/// # Errors
/// None but defects.
pub(super) fn as_text(rows: FunctionRows, ctx: &BindContext) -> Result<FunctionRows> {
    let fields: Vec<Column> = rows.plan.schema().columns();
    let mut texts = Vec::with_capacity(fields.len());
    for (field, (_, ty)) in fields.into_iter().zip(&rows.columns) {
        let value = Typed::new(Expr::Column(field), *ty);
        texts.push(match ty {
            RedshiftType::Bool => {
                Kernel::new("bool_text", (), RedshiftType::Text, |(), args| {
                    args.map1(|value: bool| Ok(Some(if value { "t" } else { "f" })))
                })
                .call(vec![value.expr])
                .expr
            }
            _ => cast(value, RedshiftType::Varchar(256), CastKind::Explicit, ctx)?.expr,
        });
    }
    let record = Kernel::new("record", (), RedshiftType::Text, |(), args| {
        let columns = (0..args.len()).map(|index| args.reader::<&str>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| {
            let items: Vec<String> = columns.iter().map(|column| item(column.get(row))).collect();
            Ok(Some(format!("({})", items.join(","))))
        })
    });
    let value = record.not_strict().call(texts).expr.alias("record");
    let plan = LogicalPlanBuilder::from(rows.plan)
        .project([value])
        .and_then(LogicalPlanBuilder::build)
        .map_err(from_datafusion)?;
    Ok(FunctionRows { plan, columns: vec![("record".to_string(), RedshiftType::Text)], single: true })
}

/// A value within a record: in quotes where it would be misread without.
fn item(value: Option<&str>) -> String {
    let special = |c: char| matches!(c, '(' | ')' | ',' | '"' | '\\') || c.is_whitespace();
    match value {
        None => String::new(),
        Some(text) if !text.is_empty() && !text.contains(special) => text.to_string(),
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")),
    }
}
