//! The variables of a procedure that runs.

use std::{collections::HashMap, sync::Arc};

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, plpgsql::Target};

use crate::{
    binder::{BindContext, CastKind, Typed, Variables, cast, evaluate},
    types::arrow_type,
};

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub value: ScalarValue,
    pub ty: RedshiftType,
}

impl Value {
    pub(super) fn null(ty: RedshiftType) -> Result<Value> {
        let value = ScalarValue::try_from(&arrow_type(ty)).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Value { value, ty })
    }

    pub(super) fn text(text: String) -> Value {
        let ty = RedshiftType::Varchar(text.len().clamp(1, 65_535) as u32);
        Value { value: ScalarValue::Utf8View(Some(text)), ty }
    }

    pub(super) fn bool(value: bool) -> Value {
        Value { value: ScalarValue::Boolean(Some(value)), ty: RedshiftType::Bool }
    }

    pub(super) fn typed(&self) -> Typed {
        Typed::literal(self.value.clone(), self.ty)
    }

    /// The value in another type. What no assignment gives goes through the type's text, as PL/pgSQL does; NULL is one of
    /// every type.
    pub(super) fn cast(&self, ty: RedshiftType, ctx: &BindContext) -> Result<Value> {
        if self.value.is_null() {
            return Value::null(ty);
        }
        let assigned = cast(self.typed(), ty, CastKind::Assignment, ctx);
        let assigned = match assigned {
            Err(error) if matches!(error.sqlstate(), SqlState::DATATYPE_MISMATCH | SqlState::CANNOT_COERCE) => {
                cast(self.typed(), ty, CastKind::Explicit, ctx)
            }
            assigned => assigned,
        };
        Ok(Value { value: evaluate(assigned.map_err(Error::without_position)?)?, ty })
    }
}

/// What a variable holds.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    /// A value of a type.
    Scalar { value: Value, constant: bool, not_null: bool },
    /// A row; none before it is assigned.
    Record(Option<Vec<(String, Value)>>),
    /// The name of a cursor.
    Cursor(Option<String>),
    /// Another name of a variable.
    Alias(String),
}

/// The variables of a block, under its label.
pub(super) type Scope = (Option<String>, HashMap<String, Slot>);

/// The variables in sight: those of the innermost block last.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    scopes: Vec<Scope>,
    /// `$1`, `$2`, ...: the names of the arguments.
    pub arguments: Vec<String>,
}

impl Scopes {
    pub(super) fn enter(&mut self, label: Option<String>) {
        self.scopes.push((label, HashMap::new()));
    }

    pub(super) fn depth(&self) -> usize {
        self.scopes.len()
    }

    /// Takes all scopes out but the first ones.
    pub(super) fn split_off(&mut self, depth: usize) -> Vec<Scope> {
        self.scopes.split_off(depth.min(self.scopes.len()))
    }

    /// Puts back what was taken out.
    pub(super) fn put_back(&mut self, scopes: Vec<Scope>) {
        self.scopes.extend(scopes);
    }

    /// Leaves all scopes but the first ones.
    pub(super) fn leave_to(&mut self, depth: usize) {
        self.scopes.truncate(depth);
    }

    pub(super) fn declare(&mut self, name: &str, slot: Slot) {
        if let Some((_, scope)) = self.scopes.last_mut() {
            scope.insert(name.to_string(), slot);
        }
    }

    fn find(&self, name: &str) -> Option<&Slot> {
        let slot = self.scopes.iter().rev().find_map(|(_, scope)| scope.get(name))?;
        match slot {
            Slot::Alias(other) if other != name => self.find(other),
            slot => Some(slot),
        }
    }

    fn in_label(&self, label: &str, name: &str) -> Option<&Slot> {
        let scope = self.scopes.iter().rev().find(|(own, _)| own.as_deref() == Some(label))?;
        scope.1.get(name)
    }

    pub(super) fn slot(&self, name: &str) -> Option<&Slot> {
        self.find(name)
    }

    fn slot_mut(&mut self, name: &str) -> Option<&mut Slot> {
        let mut name = name.to_string();
        loop {
            let index = self.scopes.iter().rposition(|(_, scope)| scope.contains_key(&name))?;
            match self.scopes[index].1.get(&name) {
                Some(Slot::Alias(other)) if *other != name => name = other.clone(),
                _ => return self.scopes[index].1.get_mut(&name),
            }
        }
    }

    /// The value of `name` or `record.field`; none where that is no variable.
    ///
    /// # Errors
    /// 55000 for a field of a record that nothing was assigned to, 42703 for one that the record does not have.
    pub(super) fn value_of(&self, parts: &[String]) -> Result<Option<Value>> {
        match parts {
            [name] => match self.find(name) {
                Some(slot) => slot.value(),
                None => Ok(None),
            },
            [first, second] => match (self.find(first), self.in_label(first, second)) {
                (Some(Slot::Record(fields)), _) => field(first, fields, second).map(Some),
                (_, Some(slot)) => slot.value(),
                (_, None) => Ok(None),
            },
            [label, record, name] => match self.in_label(label, record) {
                Some(Slot::Record(fields)) => field(record, fields, name).map(Some),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// Is it a variable, or a field of a record?
    pub(super) fn knows(&self, parts: &[String]) -> bool {
        !matches!(self.value_of(parts), Ok(None))
    }

    /// Assigns a value.
    ///
    /// # Errors
    /// 42601 for a name that is no variable or a constant; 22004 for NULL where NOT NULL was declared; what the cast to
    /// the variable's type gives.
    pub(super) fn assign(&mut self, target: &Target, value: Value, ctx: &BindContext) -> Result<()> {
        let unknown =
            || Error::new(SqlState::SYNTAX_ERROR, format!("\"{}\" is not a known variable", target.join(".")));
        let name = match target.as_slice() {
            [name] => name,
            [record, field] => {
                if let Some(Slot::Record(fields)) = self.slot_mut(record) {
                    let fields = fields.as_mut().ok_or_else(|| not_assigned(record))?;
                    let found = fields.iter_mut().find(|(name, _)| name == field);
                    let found = found.ok_or_else(|| no_field(record, field))?;
                    found.1 = value.cast(found.1.ty, ctx)?;
                    return Ok(());
                }
                field
            }
            _ => return Err(unknown()),
        };
        match self.slot_mut(name).ok_or_else(unknown)? {
            Slot::Scalar { constant: true, .. } => {
                Err(Error::new(SqlState("22005"), format!("\"{name}\" is declared CONSTANT")))
            }
            Slot::Scalar { value: old, not_null, .. } => {
                let new = value.cast(old.ty, ctx)?;
                if *not_null && new.value.is_null() {
                    let message = format!("NULL cannot be assigned to variable \"{name}\" declared NOT NULL");
                    return Err(Error::new(SqlState("22004"), message));
                }
                *old = new;
                Ok(())
            }
            Slot::Cursor(cursor) => {
                *cursor = match value.cast(RedshiftType::Varchar(256), ctx)?.value {
                    ScalarValue::Utf8View(name) => name,
                    _ => None,
                };
                Ok(())
            }
            Slot::Record(_) | Slot::Alias(_) => {
                Err(Error::new(SqlState::DATATYPE_MISMATCH, "cannot assign non-composite value to a row variable"))
            }
        }
    }

    /// Assigns a row to a record, or its values to as many variables; NULLs where there is no row.
    ///
    /// # Errors
    /// 42601 where the numbers differ.
    pub(super) fn assign_row(
        &mut self,
        targets: &[Target],
        row: Vec<(String, Value)>,
        ctx: &BindContext,
    ) -> Result<()> {
        if let [target] = targets
            && let [name] = target.as_slice()
            && let Some(Slot::Record(fields)) = self.slot_mut(name)
        {
            *fields = Some(row);
            return Ok(());
        }
        if targets.len() != row.len() {
            let message = "number of source and target fields in assignment do not match";
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        }
        for (target, (_, value)) in targets.iter().zip(row) {
            self.assign(target, value, ctx)?;
        }
        Ok(())
    }

    pub(super) fn set_cursor(&mut self, name: &str, portal: String) {
        if let Some(Slot::Cursor(cursor)) = self.slot_mut(name) {
            *cursor = Some(portal);
        }
    }

    /// What a statement sees of them.
    pub(super) fn snapshot(&self) -> Arc<dyn Variables> {
        Arc::new(self.clone())
    }
}

impl Slot {
    /// Its value; none of a record as a whole.
    fn value(&self) -> Result<Option<Value>> {
        match self {
            Slot::Scalar { value, .. } => Ok(Some(value.clone())),
            Slot::Cursor(Some(name)) => Ok(Some(Value::text(name.clone()))),
            Slot::Cursor(None) => Value::null(RedshiftType::Varchar(1)).map(Some),
            Slot::Record(_) | Slot::Alias(_) => Ok(None),
        }
    }
}

/// The value of a record's field.
fn field(record: &str, fields: &Option<Vec<(String, Value)>>, name: &str) -> Result<Value> {
    let fields = fields.as_ref().ok_or_else(|| not_assigned(record))?;
    let found = fields.iter().find(|(field, _)| field == name);
    found.map(|(_, value)| value.clone()).ok_or_else(|| no_field(record, name))
}

fn no_field(record: &str, field: &str) -> Error {
    Error::new(SqlState::UNDEFINED_COLUMN, format!("record \"{record}\" has no field \"{field}\""))
}

fn not_assigned(record: &str) -> Error {
    Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("record \"{record}\" is not assigned yet"))
        .with_detail("The tuple structure of a not-yet-assigned record is indeterminate.")
}

impl Variables for Scopes {
    fn value(&self, parts: &[String]) -> Result<Option<Typed>> {
        Ok(self.value_of(parts)?.map(|value| value.typed()))
    }

    fn argument(&self, number: u16) -> Option<Typed> {
        let name = self.arguments.get(usize::from(number).checked_sub(1)?)?;
        self.value_of(std::slice::from_ref(name)).ok()?.map(|value| value.typed())
    }
}
