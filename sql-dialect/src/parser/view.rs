//! Materialized views.

use super::Parser;
use crate::{
    ast::{
        AlterMaterializedView, AlterMaterializedViewAction, AlterTableAction, CreateMaterializedView,
        DropMaterializedView, IcebergStorage, RefreshMaterializedView, Statement, TableAttributes,
    },
    error::Result,
    lexer::TokenKind,
};

impl Parser<'_> {
    /// VIEW and what follows, behind CREATE MATERIALIZED.
    pub(super) fn create_materialized_view(&mut self) -> Result<Statement> {
        let create = self.tokens[self.at.saturating_sub(2)].start as usize;
        self.advance();
        if self.are_words(&["if", "not", "exists"]) {
            return Err(self.newer(1, "Use DROP MATERIALIZED VIEW IF EXISTS before it."));
        }
        let name = self.object_name()?;
        let columns = self.optional_ident_list()?;
        let iceberg = self.iceberg()?;
        let (mut attributes, mut auto_refresh) = (TableAttributes::default(), None);
        while iceberg.is_none() {
            if auto_refresh.is_none() && self.eat_words(&["auto", "refresh"]) {
                auto_refresh = Some(self.yes_no()?);
            } else if !self.table_attribute(&mut attributes)? {
                break;
            }
        }
        self.expect_word("as")?;
        let start = self.pos() as usize;
        let head_text = self.text[create..start].to_owned();
        let query = self.query()?;
        let query_text = self.text[start..self.tokens[self.at - 1].end as usize].to_owned();
        if self.are_words(&["with", "no", "data"]) || self.are_words(&["with", "data"]) {
            return Err(self.newer(0, "Materialized views are filled when they are created."));
        }
        Ok(Statement::CreateMaterializedView(Box::new(CreateMaterializedView {
            name,
            columns,
            attributes,
            auto_refresh,
            iceberg,
            query,
            query_text,
            head_text,
        })))
    }

    /// `USING ICEBERG ...` or nothing.
    pub(super) fn iceberg(&mut self) -> Result<Option<IcebergStorage>> {
        if !self.eat_word("using") {
            return Ok(None);
        }
        self.expect_word("iceberg")?;
        let location = if self.eat_word("location") { Some(self.string()?) } else { None };
        // The guide's examples write a single field without parentheses.
        let bare = self.are_words(&["partitioned", "by"]) && self.peek_at(2).kind != TokenKind::LeftParen;
        let partitioned_by = if bare {
            self.at += 2;
            vec![self.partition_field()?]
        } else {
            self.partitioned_by()?
        };
        Ok(Some(IcebergStorage { location, partitioned_by, properties: self.table_properties()? }))
    }

    /// VIEW and what follows, behind ALTER MATERIALIZED.
    pub(super) fn alter_materialized_view(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let action = if self.eat_words(&["auto", "refresh"]) {
            AlterMaterializedViewAction::AutoRefresh(self.yes_no()?)
        } else if self.eat_words(&["owner", "to"]) {
            AlterMaterializedViewAction::OwnerTo(self.principal_name()?)
        } else if let Some(security) = self.table_security()? {
            AlterMaterializedViewAction::Security(security)
        } else if self.is_word("alter") {
            let start = self.at;
            match self.alter_alter()? {
                AlterTableAction::AlterDistKey(column) => AlterMaterializedViewAction::DistKey(column),
                AlterTableAction::AlterDistStyle(style) => AlterMaterializedViewAction::DistStyle(style),
                AlterTableAction::AlterSortKey(key) => AlterMaterializedViewAction::SortKey(key),
                _ => return Err(self.unexpected_at(start + 1)),
            }
        } else {
            return Err(self.unexpected());
        };
        Ok(Statement::AlterMaterializedView(AlterMaterializedView { name, action }))
    }

    /// REFRESH MATERIALIZED VIEW
    pub(super) fn refresh(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_words(&["materialized", "view"])?;
        if self.is_word("concurrently") {
            return Err(self.newer(1, "Readers are not blocked by REFRESH MATERIALIZED VIEW."));
        }
        let name = self.object_name()?;
        Ok(Statement::RefreshMaterializedView(RefreshMaterializedView { name, cascade: self.cascade() }))
    }

    /// VIEW and what follows, behind DROP MATERIALIZED.
    pub(super) fn drop_materialized_view(&mut self) -> Result<Statement> {
        self.advance();
        let if_exists = self.eat_words(&["if", "exists"]);
        let names = self.comma_list(Self::object_name)?;
        let cascade = self.cascade();
        Ok(Statement::DropMaterializedView(DropMaterializedView { if_exists, names, cascade }))
    }
}
