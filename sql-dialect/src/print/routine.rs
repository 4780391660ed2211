//! Functions, procedures and libraries.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Quoted, flag};
use crate::ast::{
    AlterRoutine, AlterRoutineAction, ArgMode, BatchSize, BatchUnit, CreateExternalFunction, CreateFunction,
    CreateLibrary, CreateProcedure, DropRoutine, FunctionEndpoint, FunctionLanguage, NewOwner, Quoting, RoutineArg,
    RoutineBody, RoutineKind, Security, Signature, Volatility,
};

/// `[name] [mode] type`
impl Display for RoutineArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} ")?;
        }
        f.write_str(match self.mode {
            Some(ArgMode::In) => "IN ",
            Some(ArgMode::Out) => "OUT ",
            Some(ArgMode::InOut) => "INOUT ",
            None => "",
        })?;
        write!(f, "{}", self.ty)
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.args {
            Some(args) => write!(f, "({})", List(args)),
            None => Ok(()),
        }
    }
}

/// In the quotes it was written in.
impl Display for RoutineBody {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.quoting {
            Quoting::Single => write!(f, "{}", Quoted(&self.text)),
            Quoting::Dollar { tag } => write!(f, "${tag}${}${tag}$", self.text),
        }
    }
}

impl Display for Volatility {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Volatility::Volatile => "VOLATILE",
            Volatility::Stable => "STABLE",
            Volatility::Immutable => "IMMUTABLE",
        })
    }
}

impl Display for CreateFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let replace = flag(self.or_replace, " OR REPLACE");
        write!(f, "CREATE{replace} FUNCTION {}({}) RETURNS {}", self.name, List(&self.args), self.returns)?;
        if let Some(volatility) = self.volatility {
            write!(f, " {volatility}")?;
        }
        let language = match self.language {
            FunctionLanguage::Sql => "sql",
            FunctionLanguage::Python => "plpythonu",
        };
        write!(f, " AS {} LANGUAGE {language}", self.body)
    }
}

impl Display for CreateProcedure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let replace = flag(self.or_replace, " OR REPLACE");
        let nonatomic = flag(self.nonatomic, " NONATOMIC");
        write!(f, "CREATE{replace} PROCEDURE {}({}){nonatomic}", self.name, List(&self.args))?;
        write!(f, " AS {} LANGUAGE plpgsql", self.body)?;
        f.write_str(match self.security {
            Some(Security::Invoker) => " SECURITY INVOKER",
            Some(Security::Definer) => " SECURITY DEFINER",
            None => "",
        })?;
        self.settings.iter().try_for_each(|setting| write!(f, " SET {setting}"))
    }
}

impl Display for CreateExternalFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let replace = flag(self.or_replace, " OR REPLACE");
        write!(f, "CREATE{replace} EXTERNAL FUNCTION {}({}) RETURNS {}", self.name, List(&self.args), self.returns)?;
        if let Some(volatility) = self.volatility {
            write!(f, " {volatility}")?;
        }
        match &self.endpoint {
            FunctionEndpoint::Lambda(name) => write!(f, " LAMBDA {}", Quoted(name))?,
            FunctionEndpoint::SageMaker(name) => write!(f, " SAGEMAKER {}", Quoted(name))?,
        }
        write!(f, " IAM_ROLE {}{}", self.iam_role, Clause("RETRY_TIMEOUT", &self.retry_timeout))?;
        write!(f, "{}", Clause("MAX_BATCH_ROWS", &self.max_batch_rows))?;
        write!(f, "{}", Clause("MAX_BATCH_SIZE", &self.max_batch_size))
    }
}

impl Display for BatchSize {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.amount)?;
        f.write_str(match self.unit {
            Some(BatchUnit::Kilobytes) => " KB",
            Some(BatchUnit::Megabytes) => " MB",
            None => "",
        })
    }
}

impl RoutineKind {
    /// As it is written.
    pub fn keyword(self) -> &'static str {
        match self {
            RoutineKind::Function => "FUNCTION",
            RoutineKind::Procedure => "PROCEDURE",
        }
    }
}

impl Display for AlterRoutine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER {} {} ", self.kind.keyword(), self.signature)?;
        match &self.action {
            AlterRoutineAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterRoutineAction::OwnerTo(NewOwner::User(user)) => write!(f, "OWNER TO {user}"),
            AlterRoutineAction::OwnerTo(NewOwner::CurrentUser) => f.write_str("OWNER TO CURRENT_USER"),
            AlterRoutineAction::OwnerTo(NewOwner::SessionUser) => f.write_str("OWNER TO SESSION_USER"),
        }
    }
}

impl Display for DropRoutine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DROP {} {}{}", self.kind.keyword(), self.signature, flag(self.cascade, " CASCADE"))
    }
}

impl Display for CreateLibrary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let replace = flag(self.or_replace, " OR REPLACE");
        write!(f, "CREATE{replace} LIBRARY {} LANGUAGE plpythonu FROM {}", self.name, Quoted(&self.source))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}
