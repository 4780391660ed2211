//! Routines by name: what REGPROC and REGPROCEDURE read and show.
//!
//! Source: PostgreSQL 8.0 documentation, "Object Identifier Types".

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState};

use super::{Lookup, type_oid};
use crate::{
    catalog::Routine,
    system::{
        base::routines::shown_type,
        built_in::{self, BuiltIn},
        names::{quote_identifier, split_name},
    },
};

/// pg_type.oid of text.
const TEXT: u32 = 25;
/// pg_type.oid of varchar.
const VARCHAR: u32 = 1043;

/// Is a routine shown with the types of its inputs?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoutineTypes {
    /// As REGPROCEDURE shows it.
    Shown,
    /// As REGPROC shows it.
    Hidden,
}

/// A routine that was looked up.
pub(super) enum RoutineFound {
    /// The system's.
    BuiltIn(&'static BuiltIn),
    /// A user's.
    OfUser(Arc<Routine>),
}

/// The name of a function of the system's that `[pg_catalog.]name` may mean.
fn built_in_name(parts: &[String]) -> Option<&str> {
    match parts {
        [name] => Some(name),
        [schema, name] if schema == "pg_catalog" => Some(name),
        _ => None,
    }
}

impl Lookup<'_> {
    /// The routine as REGPROC shows it, `name`, or with `types` as REGPROCEDURE does, `name(integer,text)`: with its schema
    /// where that is not on the search path, and the number where there is no such routine. A REGPROC stays the number, too,
    /// where several of the system's functions have the name ([`built_in::written`]).
    pub fn routine_name(&self, oid: u32, types: RoutineTypes) -> Result<String> {
        if oid == 0 {
            return Ok("-".to_string());
        }
        if let Some(function) = built_in::of_oid(oid) {
            let name = quote_identifier(function.name);
            return Ok(match types {
                RoutineTypes::Shown => format!("{name}({})", function.arguments(",")),
                RoutineTypes::Hidden if built_in::only_one_named(function.name).is_none() => oid.to_string(),
                RoutineTypes::Hidden => name,
            });
        }
        let Some((schema, routine)) = self.routine(oid)? else { return Ok(oid.to_string()) };
        let mut shown = quote_identifier(&routine.name);
        if !self.source.session.search_path.contains(&schema) {
            shown = format!("{}.{shown}", quote_identifier(&schema));
        }
        if types == RoutineTypes::Shown {
            let inputs: Vec<String> = routine.inputs().map(|arg| shown_type(arg.ty)).collect();
            shown = format!("{shown}({})", inputs.join(","));
        }
        Ok(shown)
    }

    /// The OID of the routine that REGPROCEDURE reads: `schema.name(types)`, or its number.
    ///
    /// # Errors
    /// 22P02 where there are no parentheses, 42883 where there is no such routine.
    pub fn regprocedure_oid(&self, text: &str) -> Result<u32> {
        if text == "-" {
            return Ok(0);
        }
        if let Ok(oid) = text.parse() {
            return Ok(oid);
        }
        if !text.contains('(') {
            return Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "expected a left parenthesis"));
        }
        match self.routine_named(text)? {
            Some(RoutineFound::BuiltIn(function)) => Ok(function.oid),
            Some(RoutineFound::OfUser(routine)) => Ok(routine.oid.0),
            None => Err(Error::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist"))),
        }
    }

    /// The OID of a REGPROC: its name is the system's function's where one has it.
    ///
    /// # Errors
    /// 42725 where several routines have the name.
    pub fn oid_of_regproc(&self, held: &str) -> Result<Option<u32>> {
        match built_in::only_one_named(held) {
            Some(function) => Ok(Some(function.oid)),
            None => self.regproc_oid(held),
        }
    }

    /// The OID of the only routine of this name, as REGPROC reads it; none where there is none.
    ///
    /// # Errors
    /// 42725 where several have the name.
    pub fn regproc_oid(&self, text: &str) -> Result<Option<u32>> {
        if let Ok(oid) = text.parse() {
            return Ok(Some(oid));
        }
        let parts = split_name(text).unwrap_or_default();
        let built_in = built_in_name(&parts).into_iter().flat_map(built_in::named).map(|function| function.oid);
        let users = self.routines()?.values().filter(|(schema, routine)| self.is_called(&parts, schema, routine));
        let mut found = built_in.chain(users.map(|(_, routine)| routine.oid.0));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                Err(Error::new(SqlState::AMBIGUOUS_FUNCTION, format!("more than one function named \"{text}\"")))
            }
            (first, _) => Ok(first),
        }
    }

    /// Does `[schema,] name` mean the routine of this schema?
    fn is_called(&self, parts: &[String], schema: &str, routine: &Routine) -> bool {
        match parts {
            [name] => routine.name == *name && self.source.session.search_path.iter().any(|of| of == schema),
            [of, name] => routine.name == *name && schema == of,
            _ => false,
        }
    }

    /// The routine that `schema.name(types)` means.
    pub(super) fn routine_named(&self, text: &str) -> Result<Option<RoutineFound>> {
        let Some((name, types)) = text.trim().strip_suffix(')').and_then(|text| text.split_once('(')) else {
            return Ok(None);
        };
        let parts = split_name(name).unwrap_or_default();
        let mut wanted = Vec::new();
        for ty in types.split(',').map(str::trim).filter(|ty| !ty.is_empty()) {
            wanted.push(type_oid(ty));
        }
        let of_system = built_in_name(&parts).into_iter().flat_map(built_in::named);
        // Their strings are TEXT, and who writes TEXT means VARCHAR.
        let is_wanted = |(input, wanted): (&u32, &Option<u32>)| {
            let wanted = wanted.map(|oid| if oid == VARCHAR { TEXT } else { oid });
            wanted == Some(*input)
        };
        let mut of_system = of_system.filter(|function| {
            function.inputs.len() == wanted.len() && function.inputs.iter().zip(&wanted).all(is_wanted)
        });
        if let Some(function) = of_system.next() {
            return Ok(Some(RoutineFound::BuiltIn(function)));
        }
        let fits = |(schema, routine): &&(String, Arc<Routine>)| {
            let types = routine.inputs().map(|arg| arg.ty.map(|ty| ty.0.oid()));
            self.is_called(&parts, schema, routine) && types.eq(wanted.iter().copied())
        };
        Ok(self.routines()?.values().find(fits).map(|(_, routine)| RoutineFound::OfUser(Arc::clone(routine))))
    }
}
