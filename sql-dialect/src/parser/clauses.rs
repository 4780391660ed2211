//! Clauses that several commands share: roles, switches, properties, names with a catalog.

use super::Parser;
use crate::{
    ast::{IamRole, PartitionColumn, PartitionTransform, Principal, Setting},
    error::Result,
    lexer::TokenKind,
    names::Ident,
};

impl Parser<'_> {
    /// A role's or user's name, which may have the namespace of an identity provider before it: `sys:secadmin`.
    pub(super) fn principal_name(&mut self) -> Result<Ident> {
        let mut name = self.ident()?;
        let glued = self.tokens[self.at - 1].end == self.pos() && self.peek_at(1).start == self.peek().end;
        if self.is(TokenKind::Colon) && glued {
            self.advance();
            let rest = self.label()?;
            name.value = format!("{}:{}", name.value, rest.value);
            name.quoted = true;
        }
        Ok(name)
    }

    /// `name`, `ROLE name` or PUBLIC.
    pub(super) fn principal(&mut self) -> Result<Principal> {
        if self.eat_word("public") {
            return Ok(Principal::Public);
        }
        if self.is_word("role") && self.begins_ident(1) {
            self.advance();
            return self.principal_name().map(Principal::Role);
        }
        self.principal_name().map(Principal::User)
    }

    /// The name of a database, which may have a catalog behind it: `db@catalog`.
    pub(super) fn database_name(&mut self) -> Result<Ident> {
        let name = self.ident()?;
        self.with_catalog(name)
    }

    /// `@catalog` right behind a name.
    pub(super) fn with_catalog(&mut self, mut name: Ident) -> Result<Ident> {
        let glued = self.tokens[self.at - 1].end == self.pos() && self.peek_at(1).start == self.peek().end;
        if self.is(TokenKind::At) && glued {
            self.advance();
            let catalog = self.label()?;
            name.value = format!("{}@{}", name.value, catalog.value);
            name.quoted = true;
        }
        Ok(name)
    }

    /// `[AS] default | 'SESSION' | 'arn'`, behind IAM_ROLE.
    pub(super) fn iam_role_value(&mut self) -> Result<IamRole> {
        self.eat_word("as");
        if self.eat_word("default") {
            return Ok(IamRole::Default);
        }
        let text = self.string()?;
        Ok(match text.to_ascii_lowercase().as_str() {
            "default" => IamRole::Default,
            "session" => IamRole::Session,
            _ => IamRole::Arn(text),
        })
    }

    /// `IAM_ROLE ...`
    pub(super) fn iam_role_clause(&mut self) -> Result<IamRole> {
        self.expect_word("iam_role")?;
        self.iam_role_value()
    }

    /// ON or OFF.
    pub(super) fn on_off(&mut self) -> Result<bool> {
        self.either("on", "off")
    }

    /// YES or NO.
    pub(super) fn yes_no(&mut self) -> Result<bool> {
        self.either("yes", "no")
    }

    /// `[=] TRUE | FALSE`
    pub(super) fn equals_true_false(&mut self) -> Result<bool> {
        self.eat(TokenKind::Eq);
        self.either("true", "false")
    }

    fn either(&mut self, yes: &str, no: &str) -> Result<bool> {
        let found = self.eat_word(yes);
        if !found {
            self.expect_word(no)?;
        }
        Ok(found)
    }

    /// An id outside of Redshift: a string, or a name in any case.
    pub(super) fn external_id(&mut self) -> Result<String> {
        if self.begins_string(0) { self.string() } else { Ok(self.label()?.value) }
    }

    /// `('name' = 'value', ...)`
    pub(super) fn properties(&mut self) -> Result<Vec<(String, String)>> {
        self.paren_list(|parser| {
            let name = parser.string()?;
            parser.expect(TokenKind::Eq)?;
            Ok((name, parser.string()?))
        })
    }

    /// `TABLE PROPERTIES (...)` or nothing.
    pub(super) fn table_properties(&mut self) -> Result<Vec<(String, String)>> {
        if self.eat_words(&["table", "properties"]) { self.properties() } else { Ok(Vec::new()) }
    }

    /// `PARTITIONED BY (...)` or nothing.
    pub(super) fn partitioned_by(&mut self) -> Result<Vec<PartitionColumn>> {
        if self.eat_words(&["partitioned", "by"]) { self.paren_list(Self::partition_column) } else { Ok(Vec::new()) }
    }

    /// `name`, `YEAR(name)`, `BUCKET(n, name)`, ...
    pub(super) fn partition_field(&mut self) -> Result<PartitionColumn> {
        match self.partition_transform()? {
            Some(transform) => Ok(transform),
            None => Ok(PartitionColumn::Column { name: self.ident()?, ty: None }),
        }
    }

    /// `name [type]`, `YEAR(name)`, `BUCKET(n, name)`, ...
    fn partition_column(&mut self) -> Result<PartitionColumn> {
        match self.partition_transform()? {
            Some(transform) => Ok(transform),
            None => self.plain_partition_column(),
        }
    }

    /// `YEAR(name)`, `BUCKET(n, name)`, ...; none where a column stands here.
    fn partition_transform(&mut self) -> Result<Option<PartitionColumn>> {
        let transform = match self.folded_word().as_str() {
            "year" => PartitionTransform::Year,
            "month" => PartitionTransform::Month,
            "day" => PartitionTransform::Day,
            "hour" => PartitionTransform::Hour,
            "bucket" => PartitionTransform::Bucket(0),
            "truncate" => PartitionTransform::Truncate(0),
            _ => return Ok(None),
        };
        if self.peek_at(1).kind != TokenKind::LeftParen {
            return Ok(None);
        }
        self.at += 2;
        let transform = match transform {
            PartitionTransform::Bucket(_) => PartitionTransform::Bucket(self.number_and_comma()?),
            PartitionTransform::Truncate(_) => PartitionTransform::Truncate(self.number_and_comma()?),
            other => other,
        };
        let column = self.ident()?;
        self.expect(TokenKind::RightParen)?;
        Ok(Some(PartitionColumn::Transform { transform, column }))
    }

    fn number_and_comma(&mut self) -> Result<u64> {
        let number = self.unsigned()?;
        self.expect(TokenKind::Comma)?;
        Ok(number)
    }

    fn plain_partition_column(&mut self) -> Result<PartitionColumn> {
        let name = self.ident()?;
        let untyped = matches!(self.kind(), TokenKind::Comma | TokenKind::RightParen);
        let ty = if untyped { None } else { Some(self.column_type()?) };
        Ok(PartitionColumn::Column { name, ty })
    }

    /// `parameter TO | = values | DEFAULT`, behind SET.
    pub(super) fn setting(&mut self) -> Result<Setting> {
        let name = self.parameter_name()?;
        if !self.eat(TokenKind::Eq) {
            self.expect_word("to")?;
        }
        let value = if self.eat_word("default") { None } else { Some(self.comma_list(Self::set_value)?) };
        Ok(Setting { name, value })
    }
}
