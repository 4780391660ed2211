//! Functions, procedures and libraries.

use super::{DataType, Expr, IamRole};
use crate::names::{Ident, ObjectName};

/// An argument of a function or procedure: `[name] [mode] type`, also `mode name type`.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutineArg {
    /// Its name.
    pub name: Option<Ident>,
    /// IN where it is left out.
    pub mode: Option<ArgMode>,
    /// Its type.
    pub ty: DataType,
}

/// The direction of an argument of a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ArgMode {
    In,
    Out,
    InOut,
}

/// A function or procedure as ALTER, DROP, GRANT and SHOW name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Its name.
    pub name: ObjectName,
    /// Its arguments; none where no parentheses are written.
    pub args: Option<Vec<RoutineArg>>,
}

/// The text of a function or procedure, with the quotes it was written in.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutineBody {
    /// What is between the quotes, escapes resolved.
    pub text: String,
    /// How it was quoted.
    pub quoting: Quoting,
}

/// How a body is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quoting {
    /// `'...'`
    Single,
    /// `$tag$...$tag$`
    Dollar {
        /// What is between the dollar signs; may be empty.
        tag: String,
    },
}

/// `CREATE [OR REPLACE] FUNCTION name (args) RETURNS type volatility AS body LANGUAGE sql | plpythonu`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    /// OR REPLACE?
    pub or_replace: bool,
    /// Its name.
    pub name: ObjectName,
    /// Its arguments; those of a function in SQL have no names.
    pub args: Vec<RoutineArg>,
    /// What it gives.
    pub returns: DataType,
    /// VOLATILE where it is left out.
    pub volatility: Option<Volatility>,
    /// Its language.
    pub language: FunctionLanguage,
    /// Its text.
    pub body: RoutineBody,
}

/// May a function give other results for the same arguments?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Volatility {
    Volatile,
    Stable,
    Immutable,
}

/// The languages of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FunctionLanguage {
    Sql,
    /// plpythonu
    Python,
}

/// `CREATE [OR REPLACE] PROCEDURE name (args) [NONATOMIC] AS body LANGUAGE plpgsql [SECURITY ...] [SET ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateProcedure {
    /// OR REPLACE?
    pub or_replace: bool,
    /// Its name.
    pub name: ObjectName,
    /// Its arguments.
    pub args: Vec<RoutineArg>,
    /// NONATOMIC: each of its statements commits.
    pub nonatomic: bool,
    /// With whose rights it runs.
    pub security: Option<Security>,
    /// `SET parameter TO value`: settings while it runs.
    pub settings: Vec<super::Setting>,
    /// Its text in PL/pgSQL.
    pub body: RoutineBody,
}

/// With whose rights a procedure runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Security {
    Invoker,
    Definer,
}

/// `CREATE [OR REPLACE] EXTERNAL FUNCTION name (types) RETURNS type volatility LAMBDA | SAGEMAKER 'name' IAM_ROLE ...`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalFunction {
    /// OR REPLACE?
    pub or_replace: bool,
    /// Its name.
    pub name: ObjectName,
    /// Its arguments, which mostly have no names.
    pub args: Vec<RoutineArg>,
    /// What it gives.
    pub returns: DataType,
    /// VOLATILE, STABLE or IMMUTABLE.
    pub volatility: Option<Volatility>,
    /// Where it runs.
    pub endpoint: FunctionEndpoint,
    /// With which role.
    pub iam_role: IamRole,
    /// RETRY_TIMEOUT in milliseconds.
    pub retry_timeout: Option<u64>,
    /// MAX_BATCH_ROWS
    pub max_batch_rows: Option<u64>,
    /// MAX_BATCH_SIZE
    pub max_batch_size: Option<BatchSize>,
}

/// Where an external function runs.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionEndpoint {
    /// `LAMBDA 'function'`
    Lambda(String),
    /// `SAGEMAKER 'endpoint'`
    SageMaker(String),
}

/// `n [KB | MB]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize {
    /// The number.
    pub amount: u64,
    /// What it counts; none is kilobytes.
    pub unit: Option<BatchUnit>,
}

/// What the size of a batch counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BatchUnit {
    Kilobytes,
    Megabytes,
}

/// FUNCTION or PROCEDURE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RoutineKind {
    Function,
    Procedure,
}

/// `ALTER FUNCTION | PROCEDURE signature RENAME TO name | OWNER TO user`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterRoutine {
    /// Function or procedure.
    pub kind: RoutineKind,
    /// Which one.
    pub signature: Signature,
    /// What is done to it.
    pub action: AlterRoutineAction,
}

/// What ALTER FUNCTION and ALTER PROCEDURE do.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum AlterRoutineAction {
    RenameTo(Ident),
    OwnerTo(NewOwner),
}

/// The new owner of a function or procedure.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum NewOwner {
    User(Ident),
    CurrentUser,
    SessionUser,
}

/// `DROP FUNCTION | PROCEDURE signature [CASCADE | RESTRICT]`
#[derive(Debug, Clone, PartialEq)]
pub struct DropRoutine {
    /// Function or procedure.
    pub kind: RoutineKind,
    /// Which one.
    pub signature: Signature,
    /// CASCADE?
    pub cascade: bool,
}

/// `CALL name (arguments)`
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Which procedure.
    pub name: ObjectName,
    /// The arguments, without those that are OUT only.
    pub args: Vec<Expr>,
}

/// `CREATE [OR REPLACE] LIBRARY name LANGUAGE plpythonu FROM 'url' [authorization] [REGION [AS] 'region']`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateLibrary {
    /// OR REPLACE?
    pub or_replace: bool,
    /// Its name.
    pub name: Ident,
    /// `https://...` or `s3://...`
    pub source: String,
    /// Authorization and region, as those of COPY.
    pub options: Vec<super::CopyOption>,
}
