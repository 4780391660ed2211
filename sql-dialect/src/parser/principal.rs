//! Users, groups and privileges.

use super::Parser;
use crate::{
    ast::{AlterUser, CreateGroup, CreateUser, Grant, GrantTarget, PrincipalKind, Statement, UserOption},
    error::{Error, Pos, Result},
    lexer::TokenKind,
    names::Ident,
};

/// Privileges of GRANT that stand on tables, schemas and databases.
const PRIVILEGES: [&str; 14] = [
    "select",
    "insert",
    "update",
    "delete",
    "drop",
    "truncate",
    "references",
    "rule",
    "trigger",
    "alter",
    "create",
    "usage",
    "temporary",
    "temp",
];

impl Parser<'_> {
    // ---- Users and groups

    pub(super) fn create_user(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let options = self.user_options()?;
        Ok(Statement::CreateUser(CreateUser { name, options }))
    }

    pub(super) fn alter_user(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        if self.eat_words(&["rename", "to"]) {
            let rename_to = Some(self.ident()?);
            return Ok(Statement::AlterUser(AlterUser { name, options: Vec::new(), rename_to }));
        }
        if self.is_word("set") || self.is_word("reset") && !self.are_words(&["reset", "session", "timeout"]) {
            let what = self.folded_word().to_uppercase();
            return Err(Error::unsupported(format!("ALTER USER {what} is not supported")).at(self.pos()));
        }
        let start = self.at;
        let options = self.user_options()?;
        if options.is_empty() {
            return Err(self.unexpected_at(start));
        }
        Ok(Statement::AlterUser(AlterUser { name, options, rename_to: None }))
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
            UserOption::ExternalId(if self.begins_string(0) { self.string()? } else { self.label()?.value })
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

    // ---- GRANT and REVOKE

    pub(super) fn grant(&mut self) -> Result<Statement> {
        let start = self.advance();
        let revoke = self.token_text(start).eq_ignore_ascii_case("revoke");
        let mut grant_option = revoke && self.eat_words(&["grant", "option", "for"]);
        let command = if revoke { "REVOKE" } else { "GRANT" };
        let privileges = self.privileges(command)?;
        if self.is_one_of(&["to", "from"]) {
            let message = format!("{command} without ON is not supported");
            return Err(Error::unsupported(message).at(self.pos()));
        }
        self.expect_word("on")?;
        let on = self.grant_target(command)?;
        self.expect_word(if revoke { "from" } else { "to" })?;
        let mut grantees = Vec::new();
        loop {
            grantees.push(self.grantee()?);
            grant_option |= !revoke && self.eat_words(&["with", "grant", "option"]);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        if revoke {
            self.cascade();
        }
        Ok(Statement::Grant(Grant { revoke, privileges, on, grantees, grant_option, pos: start.start }))
    }

    fn privileges(&mut self, command: &str) -> Result<Vec<String>> {
        if self.eat_word("all") {
            self.eat_word("privileges");
            self.refuse_columns()?;
            return Ok(Vec::new());
        }
        self.comma_list(|parser| {
            let pos = parser.pos();
            let word = parser.folded_word();
            if !PRIVILEGES.contains(&word.as_str()) {
                return Err(parser.refuse_privilege(command, &word, pos));
            }
            parser.advance();
            parser.refuse_columns()?;
            if parser.is(TokenKind::Word) && !parser.is_one_of(&["on", "to", "from"]) {
                let privilege = format!("{word} {}", parser.folded_word()).to_uppercase();
                return Err(Error::unsupported(format!("{command} {privilege} is not supported")).at(pos));
            }
            Ok(if word == "temp" { "temporary".to_owned() } else { word })
        })
    }

    /// The error for a word that is none of the privileges above.
    fn refuse_privilege(&self, command: &str, word: &str, pos: Pos) -> Error {
        match word {
            "" => self.unexpected(),
            "execute" | "assumerole" | "explain" | "ignore" | "admin" | "role" | "share" | "scan" => {
                Error::unsupported(format!("{command} {} is not supported", word.to_uppercase())).at(pos)
            }
            // Any other word is a role.
            _ => Error::unsupported(format!("{command} ROLE is not supported")).at(pos),
        }
    }

    fn refuse_columns(&self) -> Result<()> {
        if self.is(TokenKind::LeftParen) {
            return Err(Error::unsupported("privileges on columns are not supported").at(self.pos()));
        }
        Ok(())
    }

    fn grant_target(&mut self, command: &str) -> Result<GrantTarget> {
        if self.eat_words(&["all", "tables", "in", "schema"]) {
            return self.comma_list(Self::ident).map(GrantTarget::AllTablesInSchemas);
        }
        if self.eat_word("schema") {
            return self.comma_list(Self::ident).map(GrantTarget::Schemas);
        }
        if self.eat_word("database") {
            return self.comma_list(Self::ident).map(GrantTarget::Databases);
        }
        let others = [
            "function",
            "functions",
            "procedure",
            "procedures",
            "language",
            "external",
            "datashare",
            "model",
            "copy",
            "job",
            "all",
        ];
        let names_table =
            matches!(self.peek_at(1).kind, TokenKind::Dot | TokenKind::Comma | TokenKind::End | TokenKind::Semicolon)
                || self.word_at(1, "to")
                || self.word_at(1, "from");
        if self.is_one_of(&others) && !names_table {
            let what = self.folded_word().to_uppercase();
            return Err(Error::unsupported(format!("{command} ON {what} is not supported")).at(self.pos()));
        }
        self.eat_word("table");
        self.comma_list(Self::object_name).map(GrantTarget::Tables)
    }

    fn grantee(&mut self) -> Result<(PrincipalKind, Ident)> {
        if self.is_word("public") {
            return Ok((PrincipalKind::Public, self.label()?));
        }
        if self.eat_word("group") {
            return Ok((PrincipalKind::Group, self.ident()?));
        }
        if self.is_word("role") && self.begins_ident(1) {
            self.advance();
            return Ok((PrincipalKind::Role, self.ident()?));
        }
        if self.is_one_of(&["account", "namespace", "iam_role"]) && self.at + 2 < self.tokens.len() {
            let what = self.folded_word().to_uppercase();
            return Err(Error::unsupported(format!("GRANT to {what} is not supported")).at(self.pos()));
        }
        if self.is_word("user") {
            self.advance();
        }
        Ok((PrincipalKind::User, self.ident()?))
    }
}
