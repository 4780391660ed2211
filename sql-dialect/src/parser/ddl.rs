//! Which object CREATE, ALTER and DROP are about; tables, views and schemas; COMMENT.

use super::Parser;
use crate::{
    ast::{
        AlterSchema, AlterSchemaAction, Comment, CreateSchema, CreateTable, CreateTableAs, CreateView, Drop,
        DropPrincipal, IcebergStorage, ObjectKind, PrincipalKind, RoutineKind, Statement, TableAttributes,
    },
    error::{Error, Result},
    lexer::TokenKind,
    names::{Ident, ObjectName},
};

impl Parser<'_> {
    // ---- CREATE

    /// CREATE, behind which a kind of object stands.
    pub(super) fn create(&mut self) -> Result<Statement> {
        let start = self.at;
        self.advance();
        let or_replace = self.eat_words(&["or", "replace"]);
        match self.folded_word().as_str() {
            "view" => return self.create_view(or_replace),
            "function" => return self.create_function(or_replace),
            "procedure" => return self.create_procedure(or_replace),
            "library" => return self.create_library(or_replace),
            "template" => return self.create_template(or_replace),
            "external" if self.word_at(1, "function") => {
                self.advance();
                return self.create_external_function(or_replace);
            }
            _ => {}
        }
        let temporary = self.temporary();
        if self.is_word("table") && !or_replace {
            return self.create_table(temporary);
        }
        if temporary && self.is_word("view") {
            return Err(self.newer(0, "Use CREATE VIEW, or CREATE TEMP TABLE ... AS."));
        }
        if !or_replace
            && !temporary
            && let Some(created) = self.create_other()?
        {
            return Ok(created);
        }
        self.at = start;
        Err(self.unknown_command())
    }

    /// What stands behind CREATE alone; none where that is nothing of Redshift's.
    fn create_other(&mut self) -> Result<Option<Statement>> {
        let created = match self.folded_word().as_str() {
            "schema" => self.create_schema(),
            "database" => self.create_database(),
            "user" => self.create_user(),
            "group" => self.create_group(),
            "role" => self.create_role(),
            "datashare" => self.create_datashare(),
            "model" => self.create_model(),
            "materialized" if self.word_at(1, "view") => {
                self.advance();
                self.create_materialized_view()
            }
            "identity" if self.word_at(1, "provider") => {
                self.advance();
                self.create_identity_provider()
            }
            "external" if self.word_at(1, "schema") => self.behind_external(Self::create_external_schema),
            "external" if self.word_at(1, "table") => self.behind_external(Self::create_external_table),
            "external" if self.word_at(1, "model") => self.behind_external(Self::create_external_model),
            "external" if self.word_at(1, "view") || self.word_at(1, "protected") => {
                self.behind_external(Self::create_external_view)
            }
            _ => match self.policy_kind() {
                Some(kind) => self.create_policy(kind),
                None => return Ok(None),
            },
        };
        created.map(Some)
    }

    fn behind_external(&mut self, parse: impl FnOnce(&mut Self) -> Result<Statement>) -> Result<Statement> {
        self.advance();
        parse(self)
    }

    /// `[LOCAL | GLOBAL] TEMP | TEMPORARY`
    fn temporary(&mut self) -> bool {
        let scoped = self.is_one_of(&["local", "global"]);
        let ahead = usize::from(scoped);
        let found = self.word_at(ahead, "temp") || self.word_at(ahead, "temporary");
        if found {
            self.at += ahead + 1;
        }
        found
    }

    pub(super) fn if_not_exists(&mut self) -> bool {
        self.eat_words(&["if", "not", "exists"])
    }

    fn create_table(&mut self, temp: bool) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let temporary = temp || name.object().value.starts_with('#');
        if self.are_words(&["partition", "of"]) {
            return Err(self.refuse_partitioning());
        }
        if self.is(TokenKind::LeftParen) && !self.paren_holds_names_of_ctas() && !self.paren_holds_query() {
            self.declared_table = Some(name.object().value.clone());
            let elements = self.table_elements()?;
            self.declared_table = None;
            let (attributes, iceberg) = self.attributes_or_iceberg()?;
            let table = CreateTable { name, temporary, if_not_exists, elements, attributes, iceberg };
            return Ok(Statement::CreateTable(Box::new(table)));
        }
        let columns = self.optional_ident_list()?;
        let (attributes, iceberg) = self.attributes_or_iceberg()?;
        if if_not_exists && self.is_word("as") {
            return Err(self.newer(0, "CREATE TABLE AS has no IF NOT EXISTS: use DROP TABLE IF EXISTS before it."));
        }
        self.expect_word("as")?;
        let query = self.query()?;
        if self.are_words(&["with", "no", "data"]) || self.are_words(&["with", "data"]) {
            return Err(self.newer(0, "For a table without rows add WHERE FALSE to the query."));
        }
        Ok(Statement::CreateTableAs(Box::new(CreateTableAs {
            name,
            temporary,
            columns,
            attributes,
            iceberg,
            query,
            select_into: false,
        })))
    }

    /// What stands behind the parentheses of a table: the attributes of Redshift's own ones, or USING ICEBERG.
    fn attributes_or_iceberg(&mut self) -> Result<(TableAttributes, Option<IcebergStorage>)> {
        match self.iceberg()? {
            Some(iceberg) => Ok((TableAttributes::default(), Some(iceberg))),
            None => Ok((self.table_attributes()?, None)),
        }
    }

    /// Are only names in the parentheses, as in CREATE TABLE name (a, b) AS?
    fn paren_holds_names_of_ctas(&self) -> bool {
        let mut ahead = 1;
        while self.begins_ident(ahead) {
            match self.peek_at(ahead + 1).kind {
                TokenKind::Comma => ahead += 2,
                TokenKind::RightParen => return true,
                _ => return false,
            }
        }
        false
    }

    fn create_view(&mut self, or_replace: bool) -> Result<Statement> {
        self.advance();
        if self.are_words(&["if", "not", "exists"]) {
            return Err(self.newer(1, "Use CREATE OR REPLACE VIEW."));
        }
        let name = self.object_name()?;
        let columns = self.optional_ident_list()?;
        self.expect_word("as")?;
        let start = self.pos() as usize;
        let query = self.query()?;
        let query_text = self.text[start..self.tokens[self.at - 1].end as usize].to_owned();
        let late_binding = self.eat_words(&["with", "no", "schema", "binding"]);
        let end = self.tokens[self.at - 1].end as usize;
        let written = late_binding.then(|| self.text[self.comments() as usize..end].to_owned());
        let view = CreateView { name, or_replace, columns, query, query_text, late_binding, written };
        Ok(Statement::CreateView(Box::new(view)))
    }

    fn create_schema(&mut self) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists();
        let mut database = None;
        let mut name = None;
        if !self.is_word("authorization") {
            let start = self.at;
            let first = self.database_name()?;
            let has_catalog = self.at > start + 1;
            // Not in the synopsis; "USE" shows it with a catalog, and dbt-redshift writes it where `datasharing` is on.
            if self.eat(TokenKind::Dot) {
                database = Some(first);
                name = Some(self.ident()?);
            } else if has_catalog {
                return Err(self.unexpected());
            } else {
                name = Some(first);
            }
        }
        let authorization = if self.eat_word("authorization") { Some(self.ident()?) } else { None };
        let quota_mb = if self.eat_word("quota") { self.quota()? } else { None };
        let mut elements = Vec::new();
        while self.is_word("create") || self.is_word("grant") {
            elements.push(self.schema_element()?);
        }
        Ok(Statement::CreateSchema(CreateSchema { database, name, if_not_exists, authorization, quota_mb, elements }))
    }

    /// CREATE TABLE, CREATE VIEW or GRANT within CREATE SCHEMA.
    fn schema_element(&mut self) -> Result<Statement> {
        let start = self.at;
        let element = self.inner_statement()?;
        match element {
            Statement::CreateTable(_) | Statement::CreateView(_) | Statement::Grant(_) => Ok(element),
            _ => Err(self.unexpected_at(start + 1)),
        }
    }

    /// `n [MB | GB | TB]` or UNLIMITED, in megabytes.
    fn quota(&mut self) -> Result<Option<u64>> {
        if self.eat_word("unlimited") {
            return Ok(None);
        }
        let amount: u64 = self.unsigned()?;
        let unit = match self.folded_word().as_str() {
            "mb" => 1,
            "gb" => 1_024,
            "tb" => 1_024 * 1_024,
            _ => return Ok(Some(amount)),
        };
        self.advance();
        Ok(Some(amount.saturating_mul(unit)))
    }

    // ---- ALTER

    pub(super) fn alter(&mut self) -> Result<Statement> {
        let start = self.at;
        self.advance();
        match self.folded_word().as_str() {
            "table" => self.alter_table(),
            "schema" => self.alter_schema(),
            "database" => self.alter_database(),
            "user" => self.alter_user(),
            "group" => self.alter_group(),
            "role" => self.alter_role(),
            "datashare" => self.alter_datashare(),
            "template" => self.alter_template(),
            "system" => self.alter_system(),
            "function" => self.alter_routine(RoutineKind::Function),
            "procedure" => self.alter_routine(RoutineKind::Procedure),
            "default" => self.alter_default_privileges(),
            "materialized" if self.word_at(1, "view") => {
                self.advance();
                self.alter_materialized_view()
            }
            "identity" if self.word_at(1, "provider") => {
                self.advance();
                self.alter_identity_provider()
            }
            "external" if self.word_at(1, "schema") => self.behind_external(Self::alter_external_schema),
            "external" if self.word_at(1, "view") => self.behind_external(Self::alter_external_view),
            _ => match self.policy_kind() {
                Some(kind) => self.alter_policy(kind),
                None => {
                    self.at = start;
                    Err(self.unknown_command())
                }
            },
        }
    }

    fn alter_schema(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        let action = if self.eat_words(&["rename", "to"]) {
            AlterSchemaAction::RenameTo(self.ident()?)
        } else if self.eat_words(&["owner", "to"]) {
            AlterSchemaAction::OwnerTo(self.ident()?)
        } else if self.eat_word("quota") {
            AlterSchemaAction::Quota(self.quota()?)
        } else {
            return Err(self.unexpected());
        };
        Ok(Statement::AlterSchema(AlterSchema { name, action }))
    }

    // ---- DROP

    pub(super) fn drop(&mut self) -> Result<Statement> {
        let start = self.at;
        self.advance();
        match self.folded_word().as_str() {
            "table" => self.drop_objects(ObjectKind::Table),
            "view" => self.drop_objects(ObjectKind::View),
            "schema" => self.drop_objects(ObjectKind::Schema),
            "database" => self.drop_database(),
            "user" => self.drop_principal(PrincipalKind::User),
            "group" => self.drop_principal(PrincipalKind::Group),
            "role" => self.drop_role(),
            "function" => self.drop_routine(RoutineKind::Function),
            "procedure" => self.drop_routine(RoutineKind::Procedure),
            "library" => {
                self.advance();
                self.ident().map(Statement::DropLibrary)
            }
            "datashare" => self.drop_datashare(),
            "model" => self.drop_model(),
            "template" => self.drop_template(),
            "materialized" if self.word_at(1, "view") => {
                self.advance();
                self.drop_materialized_view()
            }
            "identity" if self.word_at(1, "provider") => {
                self.advance();
                self.drop_identity_provider()
            }
            "external" if self.word_at(1, "view") => self.behind_external(Self::drop_external_view),
            _ => match self.policy_kind() {
                Some(kind) => self.drop_policy(kind),
                None => {
                    self.at = start;
                    Err(self.unknown_command())
                }
            },
        }
    }

    fn drop_objects(&mut self, kind: ObjectKind) -> Result<Statement> {
        self.advance();
        let if_exists = self.eat_words(&["if", "exists"]);
        let names = self.comma_list(Self::object_name)?;
        let external_database = kind == ObjectKind::Schema && self.eat_words(&["drop", "external", "database"]);
        let cascade = self.cascade();
        Ok(Statement::Drop(Drop { kind, if_exists, names, external_database, cascade, force: false }))
    }

    /// `DATABASE name [FORCE]`
    fn drop_database(&mut self) -> Result<Statement> {
        self.advance();
        self.refuse_if_exists("Look into PG_DATABASE first.")?;
        let names = vec![ObjectName(vec![self.ident()?])];
        let force = self.eat_word("force");
        let kind = ObjectKind::Database;
        Ok(Statement::Drop(Drop { kind, if_exists: false, names, external_database: false, cascade: false, force }))
    }

    /// IF EXISTS came late to Postgres, and Redshift has it for some objects only.
    pub(super) fn refuse_if_exists(&self, hint: &str) -> Result<()> {
        if self.are_words(&["if", "exists"]) { Err(self.newer(1, hint)) } else { Ok(()) }
    }

    /// `[CASCADE | RESTRICT]`
    pub(super) fn cascade(&mut self) -> bool {
        let cascade = self.eat_word("cascade");
        if !cascade {
            self.eat_word("restrict");
        }
        cascade
    }

    fn drop_principal(&mut self, kind: PrincipalKind) -> Result<Statement> {
        self.advance();
        if kind == PrincipalKind::Group {
            self.refuse_if_exists("Look into PG_GROUP first.")?;
            let names = vec![self.ident()?];
            return Ok(Statement::DropPrincipal(DropPrincipal { kind, if_exists: false, names }));
        }
        let if_exists = self.eat_words(&["if", "exists"]);
        let names = self.comma_list(Self::ident)?;
        Ok(Statement::DropPrincipal(DropPrincipal { kind, if_exists, names }))
    }

    // ---- COMMENT

    pub(super) fn comment(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_word("on")?;
        let kind = match self.folded_word().as_str() {
            "table" => ObjectKind::Table,
            "view" => ObjectKind::View,
            "schema" => ObjectKind::Schema,
            "database" => ObjectKind::Database,
            "column" => ObjectKind::Column,
            "constraint" => ObjectKind::Constraint,
            "" => return Err(self.unexpected()),
            other => {
                return Err(
                    Error::unsupported(format!("COMMENT ON {} is not supported", other.to_uppercase())).at(self.pos())
                );
            }
        };
        self.advance();
        let name = match kind {
            ObjectKind::Column => self.column_name()?,
            _ => self.object_name()?,
        };
        let table = if kind == ObjectKind::Constraint {
            self.expect_word("on")?;
            Some(self.object_name()?)
        } else {
            None
        };
        self.expect_word("is")?;
        let text = if self.eat_word("null") { None } else { Some(self.string()?) };
        Ok(Statement::Comment(Comment { kind, name, table, text }))
    }

    /// `[[database.]schema.]table.column`
    fn column_name(&mut self) -> Result<ObjectName> {
        let mut parts: Vec<Ident> = vec![self.ident()?];
        while self.eat(TokenKind::Dot) {
            parts.push(self.label()?);
        }
        if (2..=4).contains(&parts.len()) { Ok(ObjectName(parts)) } else { Err(self.unexpected()) }
    }

    // ---- What stands behind the parentheses of a table

    /// Also refuses what Postgres has there.
    fn table_attributes(&mut self) -> Result<TableAttributes> {
        let mut attributes = TableAttributes::default();
        while self.table_attribute(&mut attributes)? {}
        if self.are_words(&["partition", "by"]) {
            return Err(self.refuse_partitioning());
        }
        let refused = [
            ("inherits", "Table inheritance is not supported", "Use LIKE to take the columns of another table."),
            ("tablespace", "Tablespaces are not supported", "Redshift manages storage itself."),
            ("without", "WITHOUT OIDS is not supported", "Rows have no OIDs."),
        ];
        if let Some((_, message, hint)) = refused.iter().find(|(word, _, _)| self.is_word(word)) {
            return Err(Error::unsupported(*message).with_hint(*hint).at(self.pos()));
        }
        if self.is_word("with") {
            return Err(self.newer(0, "Tables have no storage parameters."));
        }
        if self.are_words(&["on", "commit"]) {
            return Err(Error::unsupported("ON COMMIT is not supported")
                .with_hint("Temporary tables last until the session ends; use TRUNCATE or DROP TABLE.")
                .at(self.pos()));
        }
        Ok(attributes)
    }

    fn refuse_partitioning(&self) -> Error {
        self.newer(0, "Use DISTKEY and SORTKEY, or an external table with PARTITIONED BY.")
    }
}
