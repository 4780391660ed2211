//! Users, groups, roles and identity providers.

use super::Parser;
use crate::{
    ast::{
        AlterGroup, AlterGroupAction, AlterIdentityProvider, AlterRole, AlterRoleAction, AlterUser, CreateGroup,
        CreateIdentityProvider, CreateRole, CreateUser, DropIdentityProvider, DropRole, IdentityProviderOption,
        Statement, UserOption,
    },
    error::Result,
    lexer::TokenKind,
};

impl Parser<'_> {
    // ---- Users and groups

    pub(super) fn create_user(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.principal_name()?;
        let options = self.user_options()?;
        Ok(Statement::CreateUser(CreateUser { name, options }))
    }

    pub(super) fn alter_user(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.principal_name()?;
        if self.eat_words(&["rename", "to"]) {
            let rename_to = Some(self.ident()?);
            return Ok(Statement::AlterUser(AlterUser { name, options: Vec::new(), rename_to }));
        }
        let start = self.at;
        self.eat_word("with");
        let options = if self.eat_word("set") {
            vec![UserOption::Set(self.setting()?)]
        } else if self.is_word("reset") && !self.are_words(&["reset", "session", "timeout"]) {
            self.advance();
            vec![if self.eat_word("all") { UserOption::ResetAll } else { UserOption::Reset(self.parameter_name()?) }]
        } else {
            self.alter_user_options()?
        };
        if options.is_empty() {
            return Err(self.unexpected_at(start));
        }
        Ok(Statement::AlterUser(AlterUser { name, options, rename_to: None }))
    }

    /// The options of CREATE USER, and those that lock and unlock.
    fn alter_user_options(&mut self) -> Result<Vec<UserOption>> {
        let mut options = Vec::new();
        loop {
            if self.eat_word("nologin") {
                options.push(UserOption::NoLogin);
            } else if self.eat_word("login") {
                self.expect_word("password")?;
                options.push(UserOption::Login(self.string()?));
            } else if let Some(option) = self.user_option()? {
                options.push(option);
            } else {
                return Ok(options);
            }
            self.eat(TokenKind::Comma);
        }
    }

    fn user_options(&mut self) -> Result<Vec<UserOption>> {
        self.eat_word("with");
        let mut options = Vec::new();
        while let Some(option) = self.user_option()? {
            options.push(option);
            self.eat(TokenKind::Comma);
        }
        Ok(options)
    }

    fn user_option(&mut self) -> Result<Option<UserOption>> {
        let option = if self.eat_word("password") {
            UserOption::Password(if self.eat_word("disable") { None } else { Some(self.string()?) })
        } else if self.eat_word("createdb") {
            UserOption::CreateDb(true)
        } else if self.eat_word("nocreatedb") {
            UserOption::CreateDb(false)
        } else if self.eat_word("createuser") {
            UserOption::CreateUser(true)
        } else if self.eat_word("nocreateuser") {
            UserOption::CreateUser(false)
        } else if self.eat_words(&["syslog", "access"]) {
            let unrestricted = self.eat_word("unrestricted");
            if !unrestricted {
                self.expect_word("restricted")?;
            }
            UserOption::SyslogUnrestricted(unrestricted)
        } else if self.eat_words(&["in", "group"]) {
            UserOption::InGroup(self.comma_list(Self::ident)?)
        } else if self.eat_words(&["valid", "until"]) {
            UserOption::ValidUntil(self.string()?)
        } else if self.eat_words(&["connection", "limit"]) {
            UserOption::ConnectionLimit(self.connection_limit()?)
        } else if self.eat_words(&["session", "timeout"]) {
            UserOption::SessionTimeout(Some(self.unsigned()?))
        } else if self.eat_words(&["reset", "session", "timeout"]) {
            UserOption::SessionTimeout(None)
        } else if self.eat_word("externalid") {
            UserOption::ExternalId(self.external_id()?)
        } else {
            return Ok(None);
        };
        Ok(Some(option))
    }

    pub(super) fn create_group(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        self.eat_word("with");
        let users = if self.eat_word("user") { self.comma_list(Self::ident)? } else { Vec::new() };
        Ok(Statement::CreateGroup(CreateGroup { name, users }))
    }

    pub(super) fn alter_group(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let action = if self.eat_words(&["add", "user"]) {
            AlterGroupAction::AddUsers(self.comma_list(Self::principal_name)?)
        } else if self.eat_words(&["drop", "user"]) {
            AlterGroupAction::DropUsers(self.comma_list(Self::principal_name)?)
        } else {
            self.expect_words(&["rename", "to"])?;
            AlterGroupAction::RenameTo(self.ident()?)
        };
        Ok(Statement::AlterGroup(AlterGroup { name, action }))
    }

    // ---- Roles

    pub(super) fn create_role(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.principal_name()?;
        let external_id = if self.eat_word("externalid") { Some(self.external_id()?) } else { None };
        Ok(Statement::CreateRole(CreateRole { name, external_id }))
    }

    pub(super) fn alter_role(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.principal_name()?;
        self.eat_word("with");
        let mut actions = Vec::new();
        loop {
            actions.push(if self.eat_words(&["rename", "to"]) {
                AlterRoleAction::RenameTo(self.principal_name()?)
            } else if self.eat_words(&["owner", "to"]) {
                AlterRoleAction::OwnerTo(self.principal_name()?)
            } else {
                self.expect_words(&["externalid", "to"])?;
                AlterRoleAction::ExternalIdTo(self.external_id()?)
            });
            if !self.eat(TokenKind::Comma) && !self.is_word("externalid") {
                return Ok(Statement::AlterRole(AlterRole { name, actions }));
            }
        }
    }

    pub(super) fn drop_role(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.principal_name()?;
        let force = self.eat_word("force");
        if !force {
            self.eat_word("restrict");
        }
        Ok(Statement::DropRole(DropRole { name, force }))
    }

    // ---- Identity providers

    /// PROVIDER and what follows, behind CREATE IDENTITY.
    pub(super) fn create_identity_provider(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        self.expect_word("type")?;
        let provider_type = self.external_id()?.to_lowercase();
        self.expect_word("namespace")?;
        let namespace = self.external_id()?;
        let options = self.identity_provider_options(IdentityProviderCommand::Create)?;
        Ok(Statement::CreateIdentityProvider(CreateIdentityProvider { name, provider_type, namespace, options }))
    }

    /// PROVIDER and what follows, behind ALTER IDENTITY.
    pub(super) fn alter_identity_provider(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let options = self.identity_provider_options(IdentityProviderCommand::Alter)?;
        if options.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Statement::AlterIdentityProvider(AlterIdentityProvider { name, options }))
    }

    fn identity_provider_options(&mut self, command: IdentityProviderCommand) -> Result<Vec<IdentityProviderOption>> {
        let alter = command == IdentityProviderCommand::Alter;
        let mut options = Vec::new();
        loop {
            options.push(if self.eat_word("parameters") {
                IdentityProviderOption::Parameters(self.string()?)
            } else if self.eat_word("iam_role") {
                IdentityProviderOption::IamRole(self.iam_role_value()?)
            } else if self.eat_word("auto_create_roles") {
                self.auto_create_roles()?
            } else if !alter && self.eat_word("application_arn") {
                IdentityProviderOption::ApplicationArn(self.string()?)
            } else if alter && self.eat_word("namespace") {
                IdentityProviderOption::Namespace(self.external_id()?)
            } else if alter && self.eat_word("enable") {
                IdentityProviderOption::Enabled(true)
            } else if alter && self.eat_word("disable") {
                IdentityProviderOption::Enabled(false)
            } else {
                return Ok(options);
            });
        }
    }

    /// `[TRUE [INCLUDE | EXCLUDE GROUPS LIKE 'pattern'] | FALSE]`
    fn auto_create_roles(&mut self) -> Result<IdentityProviderOption> {
        if self.eat_word("false") {
            return Ok(IdentityProviderOption::AutoCreateRoles { on: false, groups: None });
        }
        self.eat_word("true");
        let groups = if self.is_one_of(&["include", "exclude"]) {
            let include = self.is_word("include");
            self.advance();
            self.expect_words(&["groups", "like"])?;
            Some((include, self.string()?))
        } else {
            None
        };
        Ok(IdentityProviderOption::AutoCreateRoles { on: true, groups })
    }

    /// PROVIDER and what follows, behind DROP IDENTITY.
    pub(super) fn drop_identity_provider(&mut self) -> Result<Statement> {
        self.advance();
        let if_exists = self.eat_words(&["if", "exists"]);
        let name = self.ident()?;
        Ok(Statement::DropIdentityProvider(DropIdentityProvider { if_exists, name, cascade: self.cascade() }))
    }
}

/// Which command has the options.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IdentityProviderCommand {
    Create,
    Alter,
}
