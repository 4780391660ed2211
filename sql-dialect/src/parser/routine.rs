//! Functions, procedures and libraries.

use super::Parser;
use crate::{
    ast::{
        AlterRoutine, AlterRoutineAction, ArgMode, BatchSize, BatchUnit, Call, CopyOption, CreateExternalFunction,
        CreateFunction, CreateLibrary, CreateProcedure, DataType, DropRoutine, FunctionEndpoint, FunctionLanguage,
        NewOwner, Quoting, RoutineArg, RoutineBody, RoutineKind, Security, Signature, Statement, Volatility,
    },
    error::{Error, Result, SqlState},
    lexer::TokenKind,
    names::Ident,
};

/// The hint where a function is to return rows.
const NO_SETS: &str = "Redshift's functions are scalar; use a view, or a procedure that fills a temporary table.";

/// What stands behind the arguments of CREATE FUNCTION and CREATE PROCEDURE, in any order.
#[derive(Default)]
struct RoutineClauses {
    volatility: Option<Volatility>,
    language: Option<Ident>,
    body: Option<RoutineBody>,
    nonatomic: bool,
    security: Option<Security>,
    settings: Vec<crate::ast::Setting>,
}

impl Parser<'_> {
    // ---- Arguments

    /// `([[name] [mode] type, ...])`
    pub(super) fn routine_args(&mut self) -> Result<Vec<RoutineArg>> {
        self.expect(TokenKind::LeftParen)?;
        if self.eat(TokenKind::RightParen) {
            return Ok(Vec::new());
        }
        let args = self.comma_list(Self::routine_arg)?;
        self.expect(TokenKind::RightParen)?;
        Ok(args)
    }

    /// A type alone where it ends the argument, else a name with a type.
    pub(super) fn routine_arg(&mut self) -> Result<RoutineArg> {
        let mode = self.arg_mode();
        let start = self.at;
        let alone = self.data_type();
        if let Ok(ty) = &alone
            && matches!(self.kind(), TokenKind::Comma | TokenKind::RightParen)
        {
            return Ok(RoutineArg { name: None, mode, ty: ty.clone() });
        }
        self.at = start;
        let named = self.named_arg(mode);
        match (named, alone) {
            (Ok(named), _) => Ok(named),
            // `varchar(70000)`: what is wrong is the type.
            (Err(_), Err(error)) => Err(error),
            (Err(error), Ok(_)) => Err(error),
        }
    }

    fn named_arg(&mut self, before: Option<ArgMode>) -> Result<RoutineArg> {
        let name = Some(self.ident()?);
        let behind = self.arg_mode();
        let ty = self.data_type()?;
        Ok(RoutineArg { name, mode: before.or(behind), ty })
    }

    fn arg_mode(&mut self) -> Option<ArgMode> {
        let mode = match self.folded_word().as_str() {
            "in" => ArgMode::In,
            "out" => ArgMode::Out,
            "inout" => ArgMode::InOut,
            _ => return None,
        };
        if matches!(self.peek_at(1).kind, TokenKind::Comma | TokenKind::RightParen) {
            return None;
        }
        self.advance();
        Some(mode)
    }

    /// `name [(args)]`
    pub(super) fn signature(&mut self) -> Result<Signature> {
        let name = self.object_name()?;
        let args = if self.is(TokenKind::LeftParen) { Some(self.routine_args()?) } else { None };
        Ok(Signature { name, args })
    }

    fn signature_with_args(&mut self) -> Result<Signature> {
        let name = self.object_name()?;
        Ok(Signature { name, args: Some(self.routine_args()?) })
    }

    // ---- CREATE

    /// FUNCTION and what follows, behind CREATE [OR REPLACE].
    pub(super) fn create_function(&mut self, or_replace: bool) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let args = self.routine_args()?;
        self.expect_word("returns")?;
        self.refuse_set_results()?;
        let returns = self.data_type()?;
        let clauses = self.routine_clauses(RoutineKind::Function)?;
        let (Some(body), Some(language)) = (clauses.body, clauses.language) else { return Err(self.unexpected()) };
        let language = function_language(&language)?;
        let volatility = clauses.volatility;
        Ok(Statement::CreateFunction(Box::new(CreateFunction {
            or_replace,
            name,
            args,
            returns,
            volatility,
            language,
            body,
        })))
    }

    fn refuse_set_results(&self) -> Result<()> {
        if self.is_word("table") {
            return Err(self.newer(0, NO_SETS));
        }
        if self.is_word("setof") {
            return Err(Error::unsupported("functions that return sets are not supported")
                .with_hint(NO_SETS)
                .at(self.pos()));
        }
        Ok(())
    }

    /// PROCEDURE and what follows, behind CREATE [OR REPLACE].
    pub(super) fn create_procedure(&mut self, or_replace: bool) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let args = self.routine_args()?;
        let clauses = self.routine_clauses(RoutineKind::Procedure)?;
        let (Some(body), Some(language)) = (clauses.body, clauses.language) else { return Err(self.unexpected()) };
        if language.value != "plpgsql" {
            return Err(unknown_language(&language, "Procedures are written in plpgsql."));
        }
        let RoutineClauses { nonatomic, security, settings, .. } = clauses;
        Ok(Statement::CreateProcedure(Box::new(CreateProcedure {
            or_replace,
            name,
            args,
            nonatomic,
            security,
            settings,
            body,
        })))
    }

    fn routine_clauses(&mut self, kind: RoutineKind) -> Result<RoutineClauses> {
        let mut clauses = RoutineClauses::default();
        let is_procedure = kind == RoutineKind::Procedure;
        loop {
            if clauses.body.is_none() && self.eat_word("as") {
                clauses.body = Some(self.routine_body()?);
            } else if clauses.language.is_none() && self.eat_word("language") {
                clauses.language = Some(self.language_name()?);
            } else if !is_procedure && clauses.volatility.is_none() && self.begins_volatility() {
                clauses.volatility = self.volatility();
            } else if is_procedure && self.eat_word("nonatomic") {
                clauses.nonatomic = true;
            } else if is_procedure && clauses.security.is_none() && self.eat_word("security") {
                let definer = self.eat_word("definer");
                if !definer {
                    self.expect_word("invoker")?;
                }
                clauses.security = Some(if definer { Security::Definer } else { Security::Invoker });
            } else if is_procedure && self.eat_word("set") {
                clauses.settings.push(self.setting()?);
            } else {
                return Ok(clauses);
            }
        }
    }

    /// A name or a string in any case.
    fn language_name(&mut self) -> Result<Ident> {
        if !self.begins_string(0) {
            return self.ident();
        }
        let pos = self.pos();
        Ok(Ident { value: self.string()?.to_lowercase(), quoted: false, written: None, pos })
    }

    fn routine_body(&mut self) -> Result<RoutineBody> {
        let token = self.peek();
        let text = self.string()?;
        let quoting = match token.kind {
            TokenKind::DollarString => {
                let tag = self.token_text(token)[1..].split('$').next().unwrap_or_default().to_owned();
                Quoting::Dollar { tag }
            }
            _ => Quoting::Single,
        };
        Ok(RoutineBody { text, quoting })
    }

    fn begins_volatility(&self) -> bool {
        self.is_one_of(&["volatile", "stable", "immutable"])
    }

    fn volatility(&mut self) -> Option<Volatility> {
        let volatility = match self.folded_word().as_str() {
            "volatile" => Volatility::Volatile,
            "stable" => Volatility::Stable,
            "immutable" => Volatility::Immutable,
            _ => return None,
        };
        self.advance();
        Some(volatility)
    }

    /// FUNCTION and what follows, behind CREATE [OR REPLACE] EXTERNAL.
    pub(super) fn create_external_function(&mut self, or_replace: bool) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let args = self.routine_args()?;
        self.expect_word("returns")?;
        let returns = self.data_type()?;
        let volatility = self.volatility();
        let endpoint = if self.eat_word("lambda") {
            FunctionEndpoint::Lambda(self.string()?)
        } else {
            self.expect_word("sagemaker")?;
            FunctionEndpoint::SageMaker(self.string()?)
        };
        let iam_role = self.iam_role_clause()?;
        let mut function = CreateExternalFunction {
            or_replace,
            name,
            args,
            returns,
            volatility,
            endpoint,
            iam_role,
            retry_timeout: None,
            max_batch_rows: None,
            max_batch_size: None,
        };
        loop {
            if function.retry_timeout.is_none() && self.eat_word("retry_timeout") {
                function.retry_timeout = Some(self.unsigned()?);
            } else if function.max_batch_rows.is_none() && self.eat_word("max_batch_rows") {
                function.max_batch_rows = Some(self.unsigned()?);
            } else if function.max_batch_size.is_none() && self.eat_word("max_batch_size") {
                function.max_batch_size = Some(self.batch_size()?);
            } else {
                return Ok(Statement::CreateExternalFunction(Box::new(function)));
            }
        }
    }

    fn batch_size(&mut self) -> Result<BatchSize> {
        let amount = self.unsigned()?;
        let unit = if self.eat_word("kb") {
            Some(BatchUnit::Kilobytes)
        } else if self.eat_word("mb") {
            Some(BatchUnit::Megabytes)
        } else {
            None
        };
        Ok(BatchSize { amount, unit })
    }

    /// LIBRARY and what follows, behind CREATE [OR REPLACE].
    pub(super) fn create_library(&mut self, or_replace: bool) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        self.expect_word("language")?;
        let language = self.language_name()?;
        if language.value != "plpythonu" {
            return Err(unknown_language(&language, "Libraries are for plpythonu."));
        }
        self.expect_word("from")?;
        let source = self.string()?;
        let mut options = Vec::new();
        while self.at + 1 < self.tokens.len() {
            let start = self.at;
            self.copy_option(&mut options)?;
            let is_access = matches!(
                options.last(),
                Some(
                    CopyOption::IamRole(_)
                        | CopyOption::Credentials(_)
                        | CopyOption::AccessKeyId(_)
                        | CopyOption::SecretAccessKey(_)
                        | CopyOption::SessionToken(_)
                        | CopyOption::Region(_)
                )
            );
            if !is_access {
                return Err(self.unexpected_at(start));
            }
        }
        Ok(Statement::CreateLibrary(CreateLibrary { or_replace, name, source, options }))
    }

    // ---- ALTER, DROP, CALL

    pub(super) fn alter_routine(&mut self, kind: RoutineKind) -> Result<Statement> {
        self.advance();
        let signature = match kind {
            RoutineKind::Function => self.signature_with_args()?,
            RoutineKind::Procedure => self.signature()?,
        };
        let action = if self.eat_words(&["rename", "to"]) {
            AlterRoutineAction::RenameTo(self.ident()?)
        } else {
            self.expect_words(&["owner", "to"])?;
            AlterRoutineAction::OwnerTo(self.new_owner()?)
        };
        Ok(Statement::AlterRoutine(AlterRoutine { kind, signature, action }))
    }

    fn new_owner(&mut self) -> Result<NewOwner> {
        if self.eat_word("current_user") {
            Ok(NewOwner::CurrentUser)
        } else if self.eat_word("session_user") {
            Ok(NewOwner::SessionUser)
        } else {
            self.principal_name().map(NewOwner::User)
        }
    }

    pub(super) fn drop_routine(&mut self, kind: RoutineKind) -> Result<Statement> {
        self.advance();
        self.refuse_if_exists("Write CREATE OR REPLACE, or look into PG_PROC first.")?;
        let signature = self.signature_with_args()?;
        let cascade = self.cascade();
        Ok(Statement::DropRoutine(DropRoutine { kind, signature, cascade }))
    }

    pub(super) fn call(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        self.expect(TokenKind::LeftParen)?;
        let args = if self.is(TokenKind::RightParen) { Vec::new() } else { self.comma_list(Self::expr)? };
        self.expect(TokenKind::RightParen)?;
        Ok(Statement::Call(Call { name, args }))
    }

    /// `[(types)]`
    pub(super) fn optional_types(&mut self) -> Result<Option<Vec<DataType>>> {
        if !self.eat(TokenKind::LeftParen) {
            return Ok(None);
        }
        let types = if self.is(TokenKind::RightParen) { Vec::new() } else { self.comma_list(Self::data_type)? };
        self.expect(TokenKind::RightParen)?;
        Ok(Some(types))
    }
}

fn function_language(language: &Ident) -> Result<FunctionLanguage> {
    match language.value.as_str() {
        "sql" => Ok(FunctionLanguage::Sql),
        "plpythonu" => Ok(FunctionLanguage::Python),
        "plpgsql" => Err(Error::unsupported("functions in plpgsql are not supported")
            .with_hint("Use CREATE PROCEDURE, or write the function in SQL.")
            .at(language.pos)),
        _ => Err(unknown_language(language, "Functions are written in sql or plpythonu.")),
    }
}

fn unknown_language(language: &Ident, hint: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("language \"{}\" does not exist", language.value))
        .with_hint(hint)
        .at(language.pos)
}
