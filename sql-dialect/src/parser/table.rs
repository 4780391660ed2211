//! What a table is declared with: columns, constraints and attributes; ALTER TABLE.

use super::Parser;
use crate::{
    ast::{
        AlterTable, AlterTableAction, ColumnAttribute, ColumnDef, ConstraintKind, DistStyle, Expr, SortKey, Statement,
        TableAttributes, TableConstraint, TableElement,
    },
    error::{Error, Pos, Result, SqlState},
    lexer::TokenKind,
    names::Ident,
    precedence::OPERATOR,
};

/// Encodings of columns: developer guide, "Compression encodings"; NONE is what the catalog calls RAW.
const ENCODINGS: [&str; 16] = [
    "az64",
    "bytedict",
    "delta",
    "delta32k",
    "globaldict256",
    "globaldict64k",
    "lzo",
    "mostly16",
    "mostly32",
    "mostly8",
    "none",
    "raw",
    "runlength",
    "text255",
    "text32k",
    "zstd",
];

impl Parser<'_> {
    /// `(columns, constraints, LIKE ...)`
    pub(super) fn table_elements(&mut self) -> Result<Vec<TableElement>> {
        self.expect(TokenKind::LeftParen)?;
        if self.eat(TokenKind::RightParen) {
            return Ok(Vec::new());
        }
        let elements = self.comma_list(Self::table_element)?;
        self.expect(TokenKind::RightParen)?;
        Ok(elements)
    }

    fn table_element(&mut self) -> Result<TableElement> {
        if self.eat_word("like") {
            let table = self.object_name()?;
            let mut including_defaults = false;
            while self.is_one_of(&["including", "excluding"]) {
                including_defaults = self.is_word("including");
                self.advance();
                self.expect_word("defaults")?;
            }
            return Ok(TableElement::Like { table, including_defaults });
        }
        if let Some(constraint) = self.table_constraint()? {
            return Ok(TableElement::Constraint(constraint));
        }
        self.column_def().map(TableElement::Column)
    }

    /// `[CONSTRAINT name] UNIQUE | PRIMARY KEY | FOREIGN KEY ...`; none where a column stands here.
    pub(super) fn table_constraint(&mut self) -> Result<Option<TableConstraint>> {
        let name = if self.eat_word("constraint") { Some(self.ident()?) } else { None };
        let kind = if self.eat_word("unique") {
            ConstraintKind::Unique(self.ident_list()?)
        } else if self.eat_words(&["primary", "key"]) {
            ConstraintKind::PrimaryKey(self.ident_list()?)
        } else if self.eat_words(&["foreign", "key"]) {
            let columns = self.ident_list()?;
            self.expect_word("references")?;
            let table = self.object_name()?;
            let referenced = self.optional_ident_list()?;
            self.reference_actions()?;
            ConstraintKind::ForeignKey { columns, table, referenced }
        } else if self.is_word("check") {
            return Err(self.refuse_check("ALTER/CREATE TABLE CHECK constraint is not supported"));
        } else if self.is_word("exclude") && (self.word_at(1, "using") || self.peek_at(1).kind == TokenKind::LeftParen)
        {
            return Err(self.newer(1, "There are no exclusion constraints, and constraints are not enforced."));
        } else if name.is_some() {
            return Err(self.unexpected());
        } else {
            return Ok(None);
        };
        self.constraint_timing()?;
        Ok(Some(TableConstraint { name, kind }))
    }

    fn refuse_check(&self, message: &str) -> Error {
        Error::unsupported(message)
            .with_hint("Redshift enforces NOT NULL alone; filter the rows before they are inserted.")
            .at(self.pos())
    }

    /// `ON DELETE ...`, `MATCH ...`: Redshift's syntax has none.
    fn reference_actions(&mut self) -> Result<()> {
        let refused = self.are_words(&["on", "delete"]) || self.are_words(&["on", "update"]) || self.is_word("match");
        if refused {
            return Err(Error::unsupported("Actions of foreign keys are not supported")
                .with_hint("Foreign keys are informational only: Redshift does not enforce them.")
                .at(self.pos()));
        }
        Ok(())
    }

    fn constraint_timing(&mut self) -> Result<()> {
        if self.is_one_of(&["deferrable", "initially"]) || self.are_words(&["not", "deferrable"]) {
            return Err(Error::unsupported("DEFERRABLE constraints are not supported")
                .with_hint("Keys are informational only: Redshift does not enforce them.")
                .at(self.pos()));
        }
        Ok(())
    }

    // ---- Columns

    pub(super) fn column_def(&mut self) -> Result<ColumnDef> {
        let name = self.ident()?;
        let ty = self.type_of_column(&name)?;
        let mut attributes = Vec::new();
        while let Some(attribute) = self.column_attribute()? {
            attributes.push(attribute);
        }
        Ok(ColumnDef { name, ty, attributes })
    }

    fn column_attribute(&mut self) -> Result<Option<ColumnAttribute>> {
        let pos = self.pos();
        if self.eat_word("constraint") {
            // Names of column constraints are taken and forgotten: Redshift shows none.
            self.ident()?;
        }
        let attribute = match self.folded_word().as_str() {
            "default" => {
                self.advance();
                ColumnAttribute::Default(self.default_value()?)
            }
            "identity" => {
                self.advance();
                let (seed, step) = self.seed_and_step()?;
                ColumnAttribute::Identity { seed, step }
            }
            "generated" => self.generated()?,
            "encode" => {
                self.advance();
                ColumnAttribute::Encode(self.encoding()?)
            }
            "distkey" => {
                self.advance();
                ColumnAttribute::DistKey
            }
            "sortkey" => {
                self.advance();
                ColumnAttribute::SortKey
            }
            "collate" => {
                self.advance();
                ColumnAttribute::Collate(self.column_collation()?)
            }
            "not" if self.word_at(1, "null") => {
                self.at += 2;
                ColumnAttribute::NotNull
            }
            "null" => {
                self.advance();
                ColumnAttribute::Null
            }
            "unique" => {
                self.advance();
                ColumnAttribute::Unique
            }
            "primary" => {
                self.expect_words(&["primary", "key"])?;
                ColumnAttribute::PrimaryKey
            }
            "references" => {
                self.advance();
                self.references()?
            }
            "check" => return Err(self.refuse_check("ALTER/CREATE TABLE column CHECK constraint is not supported")),
            _ if self.pos() != pos => return Err(self.unexpected()),
            _ => {
                self.constraint_timing()?;
                return Ok(None);
            }
        };
        Ok(Some(attribute))
    }

    /// What stands behind DEFAULT.
    fn default_value(&mut self) -> Result<Expr> {
        self.in_default = true;
        let value = self.expr_above(OPERATOR)?;
        self.in_default = false;
        Ok(value)
    }

    /// `ALWAYS | BY DEFAULT AS IDENTITY (seed, step)`
    fn generated(&mut self) -> Result<ColumnAttribute> {
        self.advance();
        let by_default = self.eat_words(&["by", "default"]);
        if !by_default {
            self.expect_word("always")?;
        }
        self.expect_word("as")?;
        if self.is(TokenKind::LeftParen) {
            return Err(self.newer(0, "There are no generated columns: compute the value in a view."));
        }
        self.expect_word("identity")?;
        let (seed, step) = self.seed_and_step()?;
        Ok(if by_default {
            ColumnAttribute::DefaultIdentity { seed, step }
        } else {
            ColumnAttribute::Identity { seed, step }
        })
    }

    /// `(seed, step)`; 1 and 1 where nothing is written.
    fn seed_and_step(&mut self) -> Result<(i64, i64)> {
        if !self.eat(TokenKind::LeftParen) {
            return Ok((1, 1));
        }
        let seed = self.signed()?;
        self.expect(TokenKind::Comma)?;
        let step = self.signed()?;
        self.expect(TokenKind::RightParen)?;
        Ok((seed, step))
    }

    fn references(&mut self) -> Result<ColumnAttribute> {
        let table = self.object_name()?;
        let column = if self.eat(TokenKind::LeftParen) {
            let column = self.ident()?;
            self.expect(TokenKind::RightParen)?;
            Some(column)
        } else {
            None
        };
        self.reference_actions()?;
        Ok(ColumnAttribute::References { table, column })
    }

    /// CASE_SENSITIVE or CASE_INSENSITIVE, in lower case; they have short names.
    fn column_collation(&mut self) -> Result<String> {
        let name = match self.folded_word().as_str() {
            "case_sensitive" | "cs" => "case_sensitive",
            "case_insensitive" | "ci" => "case_insensitive",
            _ => return Err(self.newer(0, "COLLATE is CASE_SENSITIVE or CASE_INSENSITIVE.")),
        };
        self.advance();
        Ok(name.to_owned())
    }

    /// An encoding in lower case: AZ64, BYTEDICT, ...
    fn encoding(&mut self) -> Result<String> {
        let start = self.at;
        let name = if self.begins_string(0) { self.string()?.to_lowercase() } else { self.label()?.value };
        if ENCODINGS.contains(&name.as_str()) {
            return Ok(name);
        }
        let hint = format!("Encodings are {}.", ENCODINGS.join(", ").to_uppercase());
        Err(self.unexpected_at(start).with_hint(hint))
    }

    // ---- Attributes of the table

    /// One attribute, if one stands here.
    pub(super) fn table_attribute(&mut self, attributes: &mut TableAttributes) -> Result<bool> {
        let pos = self.pos();
        match self.folded_word().as_str() {
            "backup" => {
                self.advance();
                let yes = self.eat_word("yes");
                if !yes {
                    self.expect_word("no")?;
                }
                set_once(&mut attributes.backup, yes, pos)?;
            }
            "diststyle" => {
                self.advance();
                let style = self.dist_style()?;
                set_once(&mut attributes.dist_style, style, pos)?;
            }
            "distkey" => {
                self.advance();
                let column = self.dist_key()?;
                set_once(&mut attributes.dist_key, column, pos)?;
            }
            "sortkey" | "compound" | "interleaved" => {
                let key = self.sort_key()?;
                set_once(&mut attributes.sort_key, key, pos)?;
            }
            "encode" => {
                self.advance();
                self.expect_word("auto")?;
                attributes.encode_auto = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `(column)`
    fn dist_key(&mut self) -> Result<Ident> {
        self.expect(TokenKind::LeftParen)?;
        let column = self.key_column()?;
        self.expect(TokenKind::RightParen)?;
        Ok(column)
    }

    /// A column of a key: its name, or its place in the query of CREATE TABLE AS.
    fn key_column(&mut self) -> Result<Ident> {
        if !self.is(TokenKind::Integer) {
            return self.ident();
        }
        let token = self.advance();
        Ok(Ident { value: self.token_text(token).to_owned(), quoted: false, written: None, pos: token.start })
    }

    fn dist_style(&mut self) -> Result<DistStyle> {
        let style = match self.folded_word().as_str() {
            "auto" => DistStyle::Auto,
            "even" => DistStyle::Even,
            "key" => DistStyle::Key,
            "all" => DistStyle::All,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(style)
    }

    /// `[COMPOUND | INTERLEAVED] SORTKEY (columns) | AUTO | NONE`
    fn sort_key(&mut self) -> Result<SortKey> {
        let interleaved = self.eat_word("interleaved");
        if !interleaved {
            self.eat_word("compound");
        }
        self.expect_word("sortkey")?;
        if interleaved {
            return self.paren_list(Self::key_column).map(SortKey::Interleaved);
        }
        if self.eat_word("auto") {
            return Ok(SortKey::Auto);
        }
        if self.eat_word("none") {
            return Ok(SortKey::None);
        }
        self.paren_list(Self::key_column).map(SortKey::Compound)
    }

    // ---- ALTER TABLE

    pub(super) fn alter_table(&mut self) -> Result<Statement> {
        self.advance();
        if self.are_words(&["if", "exists"]) {
            return Err(self.newer(1, "ALTER TABLE has no IF EXISTS."));
        }
        let name = self.object_name()?;
        if let Some(altered) = self.alter_external_table(&name)? {
            return Ok(altered);
        }
        if let Some(altered) = self.alter_table_security(&name)? {
            return Ok(altered);
        }
        let action = match self.folded_word().as_str() {
            "add" => self.alter_add()?,
            "drop" => self.alter_drop()?,
            "rename" => self.alter_rename()?,
            "alter" => self.alter_alters()?,
            "owner" => {
                self.expect_words(&["owner", "to"])?;
                AlterTableAction::OwnerTo(self.ident()?)
            }
            "append" => self.alter_append()?,
            "set" => {
                let hint =
                    "External tables have SET LOCATION, SET FILE FORMAT and SET TABLE PROPERTIES, others no SET.";
                return Err(self.newer(1, hint));
            }
            _ => return Err(self.unexpected()),
        };
        Ok(Statement::AlterTable(Box::new(AlterTable { name, action })))
    }

    fn alter_add(&mut self) -> Result<AlterTableAction> {
        self.advance();
        if !self.is_word("column")
            && let Some(constraint) = self.table_constraint()?
        {
            return Ok(AlterTableAction::AddConstraint(constraint));
        }
        self.eat_word("column");
        if self.are_words(&["if", "not", "exists"]) {
            return Err(self.newer(1, "ADD COLUMN has no IF NOT EXISTS: look into SVV_COLUMNS before."));
        }
        let column = self.column_def()?;
        if self.is(TokenKind::Comma) {
            return Err(Error::unsupported("ALTER TABLE can add or drop only one column at a time")
                .with_hint("Write one ALTER TABLE for each column.")
                .at(self.pos()));
        }
        Ok(AlterTableAction::AddColumn(column))
    }

    fn alter_drop(&mut self) -> Result<AlterTableAction> {
        self.advance();
        if self.eat_word("constraint") {
            let name = self.ident()?;
            return Ok(AlterTableAction::DropConstraint { name, cascade: self.cascade() });
        }
        self.eat_word("column");
        if self.are_words(&["if", "exists"]) {
            return Err(self.newer(1, "DROP COLUMN has no IF EXISTS: look into SVV_COLUMNS before."));
        }
        let name = self.ident()?;
        Ok(AlterTableAction::DropColumn { name, cascade: self.cascade() })
    }

    fn alter_rename(&mut self) -> Result<AlterTableAction> {
        self.advance();
        if self.eat_word("to") {
            return Ok(AlterTableAction::RenameTo(self.ident()?));
        }
        self.eat_word("column");
        let from = self.ident()?;
        self.expect_word("to")?;
        Ok(AlterTableAction::RenameColumn { from, to: self.ident()? })
    }

    /// One ALTER, or those of the distribution and of the sort key together.
    fn alter_alters(&mut self) -> Result<AlterTableAction> {
        let mut actions = vec![self.alter_alter()?];
        while self.is(TokenKind::Comma) && self.word_at(1, "alter") {
            self.advance();
            actions.push(self.alter_alter()?);
        }
        match actions.len() {
            1 => Ok(actions.remove(0)),
            _ => Ok(AlterTableAction::Several(actions)),
        }
    }

    /// `ALTER COLUMN ...`, `ALTER DISTKEY ...`, `ALTER SORTKEY ...`, ...
    pub(super) fn alter_alter(&mut self) -> Result<AlterTableAction> {
        self.advance();
        if self.eat_word("distkey") {
            return Ok(AlterTableAction::AlterDistKey(self.ident()?));
        }
        if self.eat_word("diststyle") {
            let style = self.dist_style()?;
            if style == DistStyle::Key {
                self.expect_word("distkey")?;
                return Ok(AlterTableAction::AlterDistKey(self.ident()?));
            }
            return Ok(AlterTableAction::AlterDistStyle(style));
        }
        if self.is_one_of(&["sortkey", "compound"]) {
            return self.sort_key().map(AlterTableAction::AlterSortKey);
        }
        if self.eat_words(&["encode", "auto"]) {
            return Ok(AlterTableAction::AlterEncodeAuto);
        }
        self.eat_word("column");
        let name = self.ident()?;
        if self.eat_word("type") || self.eat_words(&["set", "data", "type"]) {
            return Ok(AlterTableAction::AlterType { ty: self.type_of_column(&name)?, name });
        }
        if self.eat_words(&["set", "default"]) {
            return Ok(AlterTableAction::SetDefault { name, value: self.default_value()? });
        }
        if self.eat_words(&["drop", "default"]) {
            return Ok(AlterTableAction::DropDefault(name));
        }
        if self.is_one_of(&["set", "drop"]) {
            return Err(self.refuse_alter_column());
        }
        self.expect_word("encode")?;
        let mut columns = vec![(name, self.encoding()?)];
        while self.is(TokenKind::Comma) && self.word_at(1, "alter") {
            self.at += 2;
            self.eat_word("column");
            let name = self.ident()?;
            self.expect_word("encode")?;
            columns.push((name, self.encoding()?));
        }
        Ok(AlterTableAction::AlterEncode { columns })
    }

    /// `SET NOT NULL`, `DROP NOT NULL`, `SET STATISTICS`, ... behind the name of a column.
    fn refuse_alter_column(&self) -> Error {
        let mut what = self.folded_word().to_uppercase();
        for ahead in 1..self.tokens.len() - self.at {
            let token = self.peek_at(ahead);
            if token.kind != TokenKind::Word {
                break;
            }
            what.push(' ');
            what.push_str(&self.token_text(token).to_uppercase());
        }
        Error::unsupported(format!("ALTER COLUMN {what} is not supported"))
            .with_hint("Add a new column as it is to be, copy the values, and drop the old one.")
            .at(self.pos())
    }

    fn alter_append(&mut self) -> Result<AlterTableAction> {
        self.expect_words(&["append", "from"])?;
        let source = self.object_name()?;
        let ignore_extra = self.eat_word("ignoreextra");
        let fill_target = !ignore_extra && self.eat_word("filltarget");
        Ok(AlterTableAction::AppendFrom { source, ignore_extra, fill_target })
    }
}

/// Each attribute of a table may stand once.
fn set_once<T>(slot: &mut Option<T>, value: T, pos: Pos) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "conflicting or redundant options").at(pos));
    }
    *slot = Some(value);
    Ok(())
}
