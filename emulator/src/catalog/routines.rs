//! Functions in SQL and stored procedures.

use std::sync::Arc;

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};
use serde::{Deserialize, Serialize};

use super::{
    DefaultKind, GrantObject, Oid, Owned, Schema, Transaction, TransactionView, encode,
    objects::{Cache, Caches, Kind, Object},
    open,
};

/// A function or a stored procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// pg_proc.oid
    pub oid: Oid,
    /// Its schema.
    pub schema_oid: Oid,
    /// Its name.
    pub name: String,
    /// Name and types of its input arguments: what no other routine of the schema has.
    pub signature: String,
    /// Its owner.
    pub owner: Oid,
    /// What it is.
    pub kind: RoutineKind,
    /// Its arguments.
    pub args: Vec<RoutineArgument>,
    /// Its text: a SELECT of a function, PL/pgSQL of a procedure.
    pub body: String,
    /// The search path that it was made under.
    pub search_path: Vec<String>,
    /// Microseconds since 1970 of CREATE.
    pub created: i64,
}

/// What a routine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoutineKind {
    /// A function in SQL.
    Function {
        /// What it gives.
        returns: ArgumentType,
        /// pg_proc.provolatile: `i`, `s` or `v`.
        volatility: char,
    },
    /// A stored procedure.
    Procedure {
        /// SECURITY DEFINER?
        definer: bool,
        /// NONATOMIC?
        nonatomic: bool,
        /// SET parameter TO value: while it runs.
        settings: Vec<(String, String)>,
    },
}

/// A type as the catalog keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentType(#[serde(with = "encode::redshift_type")] pub RedshiftType);

/// An argument of a routine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutineArgument {
    /// Its name.
    pub name: Option<String>,
    /// Its direction.
    pub mode: ArgumentMode,
    /// Its type; none is `refcursor`.
    pub ty: Option<ArgumentType>,
}

/// The direction of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ArgumentMode {
    In,
    Out,
    InOut,
}

impl Routine {
    /// The arguments that a call gives.
    pub fn inputs(&self) -> impl Iterator<Item = &RoutineArgument> {
        self.args.iter().filter(|arg| arg.mode != ArgumentMode::Out)
    }

    /// The arguments that come back.
    pub fn outputs(&self) -> impl Iterator<Item = &RoutineArgument> {
        self.args.iter().filter(|arg| arg.mode != ArgumentMode::In)
    }

    /// What privileges on it are granted on.
    pub fn owned(&self) -> Owned {
        let object = match self.kind {
            RoutineKind::Function { .. } => GrantObject::Function(self.oid),
            RoutineKind::Procedure { .. } => GrantObject::Procedure(self.oid),
        };
        Owned { object, owner: self.owner }
    }

    /// Is it a procedure?
    pub fn is_procedure(&self) -> bool {
        matches!(self.kind, RoutineKind::Procedure { .. })
    }
}

impl RoutineArgument {
    /// Its type as messages show it.
    pub fn type_name(&self) -> &'static str {
        self.ty.map_or("refcursor", |ty| ty.0.base_name())
    }
}

impl Object for Routine {
    const KIND: Kind = Kind::Routine;

    fn oid(&self) -> Oid {
        self.oid
    }

    fn parent(&self) -> Oid {
        self.schema_oid
    }

    #[expect(clippy::misnamed_getters, reason = "within its schema a routine is told from others by its signature")]
    fn name(&self) -> &str {
        &self.signature
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.routines
    }

    fn duplicate(&self) -> Error {
        let message = format!("function \"{}\" already exists with same argument types", self.name);
        Error::new(SqlState::DUPLICATE_FUNCTION, message)
    }
}

impl TransactionView {
    /// The functions and procedures of a schema, by OID.
    pub fn routines_in(&self, schema: Oid) -> Result<Vec<Arc<Routine>>> {
        Ok(self.objects_in::<Routine>(schema)?.into_iter().map(|version| version.object).collect())
    }

    /// All functions and procedures with the schemas they are in.
    pub fn routines(&self) -> Result<Vec<(Arc<Schema>, Arc<Routine>)>> {
        let mut all = Vec::new();
        for schema in self.schemas()? {
            let routines = self.routines_in(schema.oid)?;
            all.extend(routines.into_iter().map(|routine| (Arc::clone(&schema), routine)));
        }
        Ok(all)
    }

    /// The functions and procedures of a name in a schema.
    pub(crate) fn routines_named(&self, schema: &str, name: &str) -> Result<Vec<Arc<Routine>>> {
        let Some(schema) = self.schema(schema)? else { return Ok(Vec::new()) };
        Ok(self.routines_in(schema.oid)?.into_iter().filter(|routine| routine.name == name).collect())
    }
}

impl Transaction {
    /// Makes a function or procedure; its OID is given here.
    ///
    /// # Errors
    /// 42723 where there is one of the same name and arguments.
    pub async fn create_routine(&self, routine: Routine) -> Result<()> {
        let routine = Routine { oid: self.new_oid()?, created: open::now(), ..routine };
        self.insert_object(&routine).await?;
        let kind = match routine.kind {
            RoutineKind::Function { .. } => DefaultKind::Functions,
            RoutineKind::Procedure { .. } => DefaultKind::Procedures,
        };
        self.apply_default_privileges(routine.owned(), routine.schema_oid, kind).await
    }

    /// Puts another version in the place of the one with the same OID.
    ///
    /// # Errors
    /// XX000 where somebody else changed it.
    pub async fn update_routine(&self, routine: &Routine) -> Result<()> {
        self.replace_object(routine).await
    }

    /// Drops a function or procedure.
    ///
    /// # Errors
    /// XX000 where somebody else changed it.
    pub async fn drop_routine(&self, routine: &Routine) -> Result<()> {
        self.remove_object::<Routine>(routine.oid).await?;
        self.drop_privileges(routine.owned().object).await
    }
}
