//! Policies of masking and of row-level security.

use super::Parser;
use crate::{
    ast::{
        AlterPolicy, AlterTableSecurity, AttachMaskingPolicy, AttachRlsPolicy, Conjunction, CreateMaskingPolicy,
        CreateRlsPolicy, DataType, DropPolicy, PolicyKind, Statement, TableSecurity,
    },
    error::Result,
    lexer::TokenKind,
    names::{Ident, ObjectName},
};

impl Parser<'_> {
    /// Takes `MASKING POLICY` or `RLS POLICY`; none where neither stands here.
    pub(super) fn policy_kind(&mut self) -> Option<PolicyKind> {
        if self.eat_words(&["masking", "policy"]) {
            Some(PolicyKind::Masking)
        } else if self.eat_words(&["rls", "policy"]) {
            Some(PolicyKind::Rls)
        } else {
            None
        }
    }

    /// What follows CREATE MASKING POLICY and CREATE RLS POLICY.
    pub(super) fn create_policy(&mut self, kind: PolicyKind) -> Result<Statement> {
        match kind {
            PolicyKind::Masking => {
                let if_not_exists = self.if_not_exists();
                let name = self.object_name()?;
                // The guide's synopsis has it behind the name.
                let if_not_exists = if_not_exists || self.if_not_exists();
                self.expect_word("with")?;
                let columns = self.typed_columns()?;
                self.expect_word("using")?;
                let using = self.paren_list(Self::expr)?;
                Ok(Statement::CreateMaskingPolicy(CreateMaskingPolicy { if_not_exists, name, columns, using }))
            }
            PolicyKind::Rls => self.create_rls_policy(),
        }
    }

    fn create_rls_policy(&mut self) -> Result<Statement> {
        let name = self.object_name()?;
        let (mut columns, mut alias) = (Vec::new(), None);
        if self.eat_word("with") {
            columns = self.typed_columns()?;
            if self.eat_word("as") || !self.is_word("using") {
                alias = Some(self.ident()?);
            }
        }
        self.expect_word("using")?;
        self.expect(TokenKind::LeftParen)?;
        let using = self.expr()?;
        self.expect(TokenKind::RightParen)?;
        Ok(Statement::CreateRlsPolicy(CreateRlsPolicy { name, columns, alias, using }))
    }

    /// `(name type, ...)`
    fn typed_columns(&mut self) -> Result<Vec<(Ident, DataType)>> {
        self.paren_list(|parser| Ok((parser.ident()?, parser.column_type()?)))
    }

    pub(super) fn alter_policy(&mut self, kind: PolicyKind) -> Result<Statement> {
        let name = self.object_name()?;
        self.expect_word("using")?;
        let start = self.at;
        let using = self.paren_list(Self::expr)?;
        if kind == PolicyKind::Rls && using.len() > 1 {
            return Err(self.unexpected_at(start));
        }
        Ok(Statement::AlterPolicy(AlterPolicy { kind, name, using }))
    }

    pub(super) fn drop_policy(&mut self, kind: PolicyKind) -> Result<Statement> {
        let if_exists = self.eat_words(&["if", "exists"]);
        let name = self.object_name()?;
        let cascade = self.cascade();
        Ok(Statement::DropPolicy(DropPolicy { kind, if_exists, name, cascade }))
    }

    /// ATTACH and DETACH.
    pub(super) fn attach(&mut self) -> Result<Statement> {
        let detach = self.is_word("detach");
        self.advance();
        match self.policy_kind() {
            Some(PolicyKind::Masking) => self.attach_masking(detach),
            Some(PolicyKind::Rls) => self.attach_rls(detach),
            None => Err(self.unexpected()),
        }
    }

    fn attach_masking(&mut self, detach: bool) -> Result<Statement> {
        let name = self.object_name()?;
        self.expect_word("on")?;
        let table = self.object_name()?;
        let output = self.paren_list(Self::postfixed)?;
        let input = if !detach && self.eat_word("using") { self.paren_list(Self::postfixed)? } else { Vec::new() };
        self.expect_word(if detach { "from" } else { "to" })?;
        let principal = self.principal()?;
        let priority = if !detach && self.eat_word("priority") { Some(self.unsigned()?) } else { None };
        Ok(Statement::AttachMaskingPolicy(AttachMaskingPolicy {
            detach,
            name,
            table,
            output,
            input,
            principal,
            priority,
        }))
    }

    fn attach_rls(&mut self, detach: bool) -> Result<Statement> {
        let name = self.object_name()?;
        self.expect_word("on")?;
        self.eat_word("table");
        let tables = self.comma_list(Self::object_name)?;
        self.expect_word(if detach { "from" } else { "to" })?;
        let principals = self.comma_list(Self::principal)?;
        Ok(Statement::AttachRlsPolicy(AttachRlsPolicy { detach, name, tables, principals }))
    }

    /// `ROW LEVEL SECURITY ...`, `MASKING ...`, behind the name of a table; none where neither stands here.
    pub(super) fn table_security(&mut self) -> Result<Option<TableSecurity>> {
        if self.eat_word("masking") {
            let on = self.on_off()?;
            self.expect_words(&["for", "datashares"])?;
            return Ok(Some(TableSecurity::MaskingForDatashares { on }));
        }
        if !self.eat_words(&["row", "level", "security"]) {
            return Ok(None);
        }
        // Behind ON in the guide's synopsis, in front of it in an example.
        let before = self.eat_words(&["for", "datashares"]);
        let on = self.on_off()?;
        let conjunction = if self.eat_words(&["conjunction", "type"]) {
            let and = self.eat_word("and");
            if !and {
                self.expect_word("or")?;
            }
            Some(if and { Conjunction::And } else { Conjunction::Or })
        } else {
            None
        };
        let for_datashares = before || self.eat_words(&["for", "datashares"]);
        Ok(Some(TableSecurity::RowLevel { on, conjunction, for_datashares }))
    }

    pub(super) fn alter_table_security(&mut self, name: &ObjectName) -> Result<Option<Statement>> {
        let security = self.table_security()?;
        Ok(security.map(|security| Statement::AlterTableSecurity(AlterTableSecurity { name: name.clone(), security })))
    }
}
