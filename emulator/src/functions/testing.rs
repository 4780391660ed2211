//! Expressions written as SQL, computed in two ways: from constants and from columns.
//!
//! Numbers, typed literals (`date '2024-01-01'`) and casts of literals become columns in the second way; bare strings stay
//! constants, because some arguments (a date part, a format) must be.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, RecordBatch, RecordBatchOptions},
    datatypes::{FieldRef, Schema},
};
use datafusion::{
    common::DFSchema,
    logical_expr::{ColumnarValue, Expr as PlanExpr},
    prelude::SessionContext,
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{ArraySyntax, CastSafety, DataType, Expr, ExprKind, Literal, TrimSide, UnaryOp},
    parse_expression,
};

use super::conversion::text_writer;
use crate::{
    binder::{self, BindContext, CastKind, LikeParts, Parameters, SessionInfo, Typed},
    catalog::{CatalogView, Contents, Oid, Relation, RelationRights, RowIdentity},
    error::from_datafusion,
    text_input::{calendar::Day, decimal_of_text, zone::Zone},
    text_output::TextStyle,
    types::{arrow_field, arrow_type},
};

/// Are leaves constants or columns?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    Constants,
    Columns,
}

struct EmptyCatalog;

impl CatalogView for EmptyCatalog {
    fn relation_rights(&self, _user: Oid, _relation: &Relation) -> Result<RelationRights> {
        Ok(RelationRights::everything())
    }

    fn may_use_schema(&self, _user: Oid, _schema: &str) -> Result<bool> {
        Ok(true)
    }

    fn may_execute(&self, _user: Oid, _routine: &crate::catalog::Routine) -> Result<bool> {
        Ok(true)
    }

    fn has_schema(&self, _schema: &str) -> Result<bool> {
        Ok(false)
    }

    fn relation(&self, _schema: &str, _name: &str) -> Result<Option<Arc<Relation>>> {
        Ok(None)
    }

    fn contents(&self, _relation: &Arc<Relation>, _identity: RowIdentity) -> Result<Contents> {
        Err(Error::unsupported("no contents"))
    }
}

/// A session of `admin` in `dev`, in UTC, at 2024-02-29 10:45:32.021394.
pub fn context() -> BindContext {
    let now = Day { year: 2024, month: 2, day: 29 }.days() * 86_400_000_000 + 38_732_021_394;
    BindContext {
        effects: crate::binder::Effects::default(),
        variables: None,
        blanks: Default::default(),
        catalog: Arc::new(EmptyCatalog),
        session: Arc::new(SessionInfo {
            database: "dev".into(),
            case_insensitive: false,
            database_in_use: None,
            user: "admin".into(),
            user_id: 100,
            superuser: true,
            session_user: "admin".into(),
            pid: 4711,
            search_path: vec!["admin".into(), "public".into()],
            temp_schema: "pg_temp_1".into(),
            case_sensitive: false,
            case_settings_changed: false,
            time_zone: Zone::UTC,
            transaction_start: now,
            statement_start: now,
            settings: Arc::new(BTreeMap::from([
                ("datestyle".into(), "ISO, MDY".into()),
                ("query_group".into(), "default".into()),
            ])),
            null_settings: Arc::default(),
            last_copy_id: -1,
            last_copy_count: 0,
            last_unload_id: -1,
            last_unload_count: 0,
            last_query_id: -1,
            random: super::Random::new(),
            extensions: false,
        }),
        parameters: Parameters::default(),
    }
}

/// Binds expressions without names, and keeps the leaves that became columns.
struct Harness {
    ctx: BindContext,
    leaves: Leaves,
    columns: Vec<(FieldRef, ScalarValue)>,
}

impl Harness {
    fn leaf(&mut self, value: Typed) -> Result<Typed> {
        let (Leaves::Columns, PlanExpr::Literal(scalar, _)) = (self.leaves, &value.expr) else { return Ok(value) };
        let name = format!("c{}", self.columns.len());
        self.columns.push((arrow_field(&name, value.ty), scalar.clone()));
        Ok(Typed::new(PlanExpr::Column(name.into()), value.ty))
    }

    fn function(&mut self, name: &str, args: Vec<Typed>) -> Result<Typed> {
        super::scalar(name, args, &self.ctx)
    }

    fn bind(&mut self, expr: &Expr) -> Result<Typed> {
        match &expr.kind {
            ExprKind::Literal(literal) => {
                let value = constant(literal, "")?;
                if value.ty == RedshiftType::Unknown { Ok(value) } else { self.leaf(value) }
            }
            ExprKind::Unary { op: UnaryOp::Minus, expr } if number_of(expr).is_some() => {
                let value = constant(number_of(expr).ok_or_else(|| Error::internal("no number"))?, "-")?;
                self.leaf(value)
            }
            ExprKind::Unary { op, expr } => {
                let operand = self.bind(expr)?;
                binder::unary(*op, operand, &self.ctx)
            }
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.bind(left)?, self.bind(right)?);
                binder::binary(*op, left, right, &self.ctx)
            }
            ExprKind::Cast { expr, ty: DataType::Known(ty), safety, .. } => {
                let kind = if *safety == CastSafety::Null { CastKind::Try } else { CastKind::Explicit };
                let constant = matches!(expr.kind, ExprKind::Literal(Literal::String(_) | Literal::Null));
                let value = self.bind(expr)?;
                let cast = binder::cast(value, *ty, kind, &self.ctx)?;
                if constant { self.leaf(cast) } else { Ok(cast) }
            }
            ExprKind::Like { kind, negated, expr, pattern, escape } => {
                let escape = escape.as_ref().map(|escape| self.bind(escape)).transpose()?;
                let (value, pattern) = (self.bind(expr)?, self.bind(pattern)?);
                binder::like(LikeParts { kind: *kind, negated: *negated, value, pattern, escape }, &self.ctx)
            }
            ExprKind::InList { expr, negated, list } => {
                let value = self.bind(expr)?;
                let items = list.iter().map(|item| Ok((self.constant_item(item)?, item.pos))).collect::<Result<_>>()?;
                binder::in_list(&value, items, *negated, &self.ctx)
            }
            ExprKind::Function(call) => {
                let name = call.name.object().value.clone();
                let mut args = Vec::new();
                for (index, arg) in call.args.iter().enumerate() {
                    args.push(match &arg.kind {
                        ExprKind::Column(part) if index == 0 && super::takes_date_part(&name) => {
                            text(&part.object().value)
                        }
                        _ => self.bind(arg)?,
                    });
                }
                self.function(&name, args)
            }
            ExprKind::Extract { part, expr } => {
                let args = vec![text(part), self.bind(expr)?];
                self.function("extract", args)
            }
            ExprKind::Position { needle, haystack } => {
                let args = vec![self.bind(needle)?, self.bind(haystack)?];
                self.function("position", args)
            }
            ExprKind::Substring { expr, from: Some(from), length } => {
                let mut args = vec![self.bind(expr)?, self.bind(from)?];
                args.extend(length.as_ref().map(|length| self.bind(length)).transpose()?);
                self.function("substring", args)
            }
            ExprKind::Trim { side, characters, expr } => {
                let mut args = vec![self.bind(expr)?];
                args.extend(characters.as_ref().map(|characters| self.bind(characters)).transpose()?);
                let name = match side {
                    TrimSide::Both => "btrim",
                    TrimSide::Leading => "ltrim",
                    TrimSide::Trailing => "rtrim",
                };
                self.function(name, args)
            }
            ExprKind::AtTimeZone { expr, zone } => {
                let args = vec![self.bind(zone)?, self.bind(expr)?];
                self.function("timezone", args)
            }
            ExprKind::Array { items, constructor: ArraySyntax::Parentheses } => {
                let items = items.iter().map(|item| self.bind(item)).collect::<Result<_>>()?;
                self.function("array", items)
            }
            ExprKind::Column(name) => self.function(&name.object().value, Vec::new()),
            other => Err(Error::unsupported(format!("the test harness does not bind {other:?}"))),
        }
    }

    fn constant_item(&mut self, item: &Expr) -> Result<Typed> {
        let leaves = std::mem::replace(&mut self.leaves, Leaves::Constants);
        let bound = self.bind(item);
        self.leaves = leaves;
        bound
    }
}

fn number_of(expr: &Expr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(number @ (Literal::Integer(_) | Literal::Decimal(_) | Literal::Float(_))) => Some(number),
        _ => None,
    }
}

fn text(value: &str) -> Typed {
    Typed::literal(ScalarValue::Utf8View(Some(value.to_string())), RedshiftType::Unknown)
}

fn constant(literal: &Literal, sign: &str) -> Result<Typed> {
    Ok(match literal {
        Literal::Null => Typed::literal(ScalarValue::Utf8View(None), RedshiftType::Unknown),
        Literal::Bool(value) => Typed::literal(ScalarValue::Boolean(Some(*value)), RedshiftType::Bool),
        Literal::String(value) => text(value),
        Literal::Bits { .. } => return Err(Error::unsupported("bit string literals are not supported")),
        Literal::Interval { value, qualifier } => binder::interval(value, *qualifier)?,
        Literal::Float(digits) => {
            let value = format!("{sign}{digits}").parse().expect("a float");
            Typed::literal(ScalarValue::Float64(Some(value)), RedshiftType::Float8)
        }
        Literal::Integer(digits) if format!("{sign}{digits}").parse::<i32>().is_ok() => {
            let value = format!("{sign}{digits}").parse().ok();
            Typed::literal(ScalarValue::Int32(value), RedshiftType::Int4)
        }
        Literal::Integer(digits) if format!("{sign}{digits}").parse::<i64>().is_ok() => {
            let value = format!("{sign}{digits}").parse().ok();
            Typed::literal(ScalarValue::Int64(value), RedshiftType::Int8)
        }
        Literal::Integer(digits) | Literal::Decimal(digits) => {
            let (value, precision, scale) = decimal_of_text(&format!("{sign}{digits}")).expect("a decimal");
            let scalar = ScalarValue::Decimal128(Some(value), precision, scale as i8);
            Typed::literal(scalar, RedshiftType::numeric(precision, scale))
        }
    })
}

/// The text of an expression's value, `NULL` for none, and its type.
pub fn evaluate(sql: &str, leaves: Leaves) -> Result<(String, RedshiftType)> {
    evaluate_in(sql, leaves, context())
}

/// The same in another session.
pub fn evaluate_in(sql: &str, leaves: Leaves, ctx: BindContext) -> Result<(String, RedshiftType)> {
    let mut harness = Harness { ctx, leaves, columns: Vec::new() };
    let typed = harness.bind(&parse_expression(sql)?)?;
    let fields: Vec<FieldRef> = harness.columns.iter().map(|(field, _)| Arc::clone(field)).collect();
    let schema = Arc::new(Schema::new(fields));
    let df_schema = DFSchema::try_from(Arc::clone(&schema)).map_err(from_datafusion)?;
    let physical = SessionContext::new().create_physical_expr(typed.expr, &df_schema).map_err(from_datafusion)?;
    // The row of interest between two rows of NULLs.
    let mut arrays = Vec::new();
    for (field, value) in &harness.columns {
        let null = ScalarValue::try_from(field.data_type()).map_err(from_datafusion)?;
        let rows = [null.clone(), value.clone(), null];
        arrays.push(ScalarValue::iter_to_array(rows).map_err(from_datafusion)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let batch = RecordBatch::try_new_with_options(schema, arrays, &options).expect("a batch");
    let value = physical.evaluate(&batch).map_err(from_datafusion)?;
    let array = match value {
        ColumnarValue::Array(array) => array,
        ColumnarValue::Scalar(scalar) => scalar.to_array_of_size(3).map_err(from_datafusion)?,
    };
    assert_eq!(array.len(), 3, "{sql}: as many rows as there were");
    assert_eq!(array.data_type(), &arrow_type(typed.ty), "{sql}: the Arrow type of {}", typed.ty);
    let mut text = String::new();
    if array.is_null(1) {
        text.push_str("NULL");
    } else {
        text_writer(&array, typed.ty, TextStyle::default())?(&mut text, 1).expect("text is written");
    }
    Ok((text, typed.ty))
}

/// Checks values computed from constants and from columns.
pub fn check(cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        for leaves in [Leaves::Constants, Leaves::Columns] {
            match evaluate(sql, leaves) {
                Ok((text, _)) => assert_eq!(text, *expected, "{sql} ({leaves:?})"),
                Err(error) => panic!("{sql} ({leaves:?}): {error} {:?}", error.detail()),
            }
        }
    }
}

/// Checks types.
pub fn check_types(cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        for leaves in [Leaves::Constants, Leaves::Columns] {
            match evaluate(sql, leaves) {
                Ok((_, ty)) => assert_eq!(ty.to_string(), *expected, "{sql} ({leaves:?})"),
                Err(error) => panic!("{sql} ({leaves:?}): {error}"),
            }
        }
    }
}

/// Checks errors, of constants and of columns.
pub fn check_errors(cases: &[(&str, &str, &str)]) {
    check_errors_of(Leaves::Constants, cases);
    let of_columns: Vec<_> = cases.iter().map(|case| compute_error_for(*case)).collect();
    check_errors_of(Leaves::Columns, &of_columns);
}

/// What compute nodes say of columns, where it is not what the leader says of constants.
fn compute_error_for<'a>((sql, sqlstate, message): (&'a str, &'a str, &'a str)) -> (&'a str, &'a str, &'a str) {
    match sqlstate {
        "22012" => (sql, "XX000", "Divide by zero"),
        "22003" if message.to_lowercase().contains("numeric data overflow") => (sql, "XX000", message),
        _ => (sql, sqlstate, message),
    }
}

/// Checks errors of constants or of columns.
pub fn check_errors_of(leaves: Leaves, cases: &[(&str, &str, &str)]) {
    for (sql, sqlstate, message) in cases {
        match evaluate(sql, leaves) {
            Ok((text, _)) => panic!("{sql} ({leaves:?}) gave {text}"),
            Err(error) => {
                assert_eq!(error.message(), *message, "{sql} ({leaves:?})");
                assert_eq!(error.sqlstate().0, *sqlstate, "{sql} ({leaves:?})");
            }
        }
    }
}
