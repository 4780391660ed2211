//! FROM: tables, sub-queries, functions, joins, PIVOT and UNPIVOT.

use super::{Parser, query::NO_VALUES};
use crate::{
    ast::{Expr, ExprKind, FromItem, Join, JoinConstraint, JoinKind, Literal, Pivot, SelectItem, TableAlias, Unpivot},
    error::{Error, Pos, Result},
    lexer::TokenKind,
    names::{Ident, ObjectName},
};

/// `[NATURAL] [INNER | LEFT [OUTER] | ...] JOIN`
#[derive(Clone, Copy)]
struct JoinWords {
    kind: JoinKind,
    natural: bool,
    /// How many words they are.
    count: usize,
}

impl Parser<'_> {
    /// The items of FROM, separated by commas.
    pub(super) fn table_refs(&mut self) -> Result<Vec<FromItem>> {
        self.comma_list(Self::table_ref)
    }

    /// One item with the joins behind it.
    fn table_ref(&mut self) -> Result<FromItem> {
        let entered = self.enter()?;
        let first = self.table_primary()?;
        let item = self.joins(first)?;
        self.leave(entered);
        Ok(item)
    }

    fn joins(&mut self, mut left: FromItem) -> Result<FromItem> {
        while let Some(words) = self.join_words() {
            let pos = self.pos();
            self.at += words.count;
            let right = self.join_right(&left, words)?;
            left = self.join_tail(left, right, words, pos)?;
        }
        Ok(left)
    }

    fn join_right(&mut self, left: &FromItem, words: JoinWords) -> Result<FromItem> {
        let right = self.table_primary()?;
        // `a JOIN b JOIN c ON ... ON ...`: the right side is a join itself, up to its ON.
        let has_condition = !words.natural && words.kind != JoinKind::Cross && !is_path_over(&right, left);
        if has_condition && self.join_words().is_some() { self.inner_joins(right) } else { Ok(right) }
    }

    fn join_tail(&mut self, left: FromItem, right: FromItem, words: JoinWords, pos: Pos) -> Result<FromItem> {
        let constraint = if is_path_over(&right, &left) && !self.is_one_of(&["on", "using"]) {
            JoinConstraint::None
        } else {
            self.join_constraint(words)?
        };
        self.grow()?;
        let kind = words.kind;
        Ok(FromItem::Join(Box::new(Join { left, right, kind, constraint, pos, alias: None })))
    }

    fn inner_joins(&mut self, left: FromItem) -> Result<FromItem> {
        let entered = self.enter()?;
        // The left side was made before: its height counts here.
        self.height = entered.height;
        let item = self.joins(left)?;
        self.leave(entered);
        Ok(item)
    }

    /// The words of the join that begins here, without taking them.
    fn join_words(&self) -> Option<JoinWords> {
        let natural = self.is_word("natural");
        let first = usize::from(natural);
        let found = |kind, count| Some(JoinWords { kind, natural, count: first + count });
        let outer = |kind| match (self.word_at(first + 1, "outer"), self.word_at(first + 1, "join")) {
            (true, _) if self.word_at(first + 2, "join") => found(kind, 3),
            (_, true) => found(kind, 2),
            _ => None,
        };
        if self.word_at(first, "join") {
            found(JoinKind::Inner, 1)
        } else if self.word_at(first, "inner") && self.word_at(first + 1, "join") {
            found(JoinKind::Inner, 2)
        } else if self.word_at(first, "left") {
            outer(JoinKind::Left)
        } else if self.word_at(first, "right") {
            outer(JoinKind::Right)
        } else if self.word_at(first, "full") {
            outer(JoinKind::Full)
        } else if !natural && self.are_words(&["cross", "join"]) {
            found(JoinKind::Cross, 2)
        } else {
            None
        }
    }

    fn join_constraint(&mut self, words: JoinWords) -> Result<JoinConstraint> {
        if words.natural {
            Ok(JoinConstraint::Natural)
        } else if words.kind == JoinKind::Cross {
            Ok(JoinConstraint::None)
        } else if self.eat_word("on") {
            self.expr().map(JoinConstraint::On)
        } else if self.eat_word("using") {
            self.ident_list().map(JoinConstraint::Using)
        } else {
            Err(self.unexpected())
        }
    }

    /// An item without joins, but with PIVOT and UNPIVOT.
    pub(super) fn table_primary(&mut self) -> Result<FromItem> {
        let before = std::mem::take(&mut self.height);
        let mut item = self.table_simple()?;
        loop {
            item = if self.is_word("pivot") {
                self.pivot(item)?
            } else if self.is_word("unpivot") {
                self.unpivot(item)?
            } else {
                self.height = self.height.max(before);
                return Ok(item);
            };
            self.grow()?;
        }
    }

    fn table_simple(&mut self) -> Result<FromItem> {
        if self.is(TokenKind::LeftParen) {
            if self.paren_holds_query() { self.table_query() } else { self.table_paren() }
        } else if self.eat_word("unpivot") {
            self.unpivot_object()
        } else {
            self.table_named()
        }
    }

    /// A table or a function.
    fn table_named(&mut self) -> Result<FromItem> {
        if self.is_word("lateral") && (self.peek_at(1).kind == TokenKind::LeftParen || self.begins_ident(1)) {
            return Err(self.newer(2, "There is no LATERAL: join the tables, or unnest a SUPER value by its path."));
        }
        self.eat_word("only");
        if self.is_word("unnest") && self.peek_at(1).kind == TokenKind::LeftParen {
            let name = ObjectName(vec![self.label()?]);
            return self.table_function(name);
        }
        let name = ObjectName(self.path()?);
        if self.is(TokenKind::LeftParen) {
            return self.table_function(name);
        }
        if self.is(TokenKind::LeftBracket) {
            let path = self.subscripted_path(name)?;
            let (alias, at) = (self.table_alias()?, self.index_alias()?);
            return Ok(FromItem::Path { path, alias, at });
        }
        self.eat(TokenKind::Star);
        let (alias, at) = (self.table_alias()?, self.index_alias()?);
        self.height = self.height.max(1);
        Ok(FromItem::Table { name, alias, at })
    }

    /// `AT index` or nothing.
    fn index_alias(&mut self) -> Result<Option<Ident>> {
        if !self.is_word("at") || !self.begins_ident(1) {
            return Ok(None);
        }
        self.advance();
        self.ident().map(Some)
    }

    /// `a[0].b` behind `a`.
    fn subscripted_path(&mut self, name: ObjectName) -> Result<Expr> {
        let pos = name.pos();
        let column = self.leaf(ExprKind::Column(name), pos)?;
        let path = self.path_steps(column)?;
        self.grow()?;
        Ok(path)
    }

    /// `(t.a[0].b)`, which is the path without its parentheses; none where something else is in them.
    fn paren_path(&mut self) -> Result<Option<FromItem>> {
        let start = self.at;
        self.advance();
        if !self.begins_ident(0) {
            self.at = start;
            return Ok(None);
        }
        let name = ObjectName(self.path()?);
        let is_path = name.0.len() > 1 || self.is(TokenKind::LeftBracket);
        let item = if !is_path {
            None
        } else if self.is(TokenKind::LeftBracket) {
            Some(FromItem::Path { path: self.subscripted_path(name)?, alias: None, at: None })
        } else {
            Some(FromItem::Table { name, alias: None, at: None })
        };
        match item {
            Some(item) if self.eat(TokenKind::RightParen) => Ok(Some(item)),
            _ => {
                self.at = start;
                Ok(None)
            }
        }
    }

    /// A table's name, or a path over an earlier item, which may be longer.
    fn path(&mut self) -> Result<Vec<Ident>> {
        let first = self.item_name()?;
        let mut parts = vec![self.with_catalog(first)?];
        while self.eat(TokenKind::Dot) {
            parts.push(self.label()?);
        }
        Ok(parts)
    }

    /// The name of an item of FROM. ARRAY is on the list of reserved words, and yet an item has that name in the guide's
    /// examples of unnesting.
    fn item_name(&mut self) -> Result<Ident> {
        if self.is_word("array") { self.label() } else { self.ident() }
    }

    /// `(query) [alias]`
    fn table_query(&mut self) -> Result<FromItem> {
        let pos = self.pos();
        let query = self.paren_query()?;
        let alias = self.table_alias()?;
        self.grow()?;
        Ok(FromItem::Query { query, alias, pos })
    }

    /// `(joins) [alias]`
    fn table_paren(&mut self) -> Result<FromItem> {
        if self.word_at(1, "values") {
            // VALUES is a function's name here, and a function in parentheses is no item of FROM.
            let first_row =
                if self.peek_at(2).kind == TokenKind::LeftParen { self.matching_paren(self.at + 2) } else { self.at };
            return Err(self.unexpected_at(first_row + 1).with_hint(NO_VALUES));
        }
        match self.paren_path()? {
            Some(FromItem::Table { name, .. }) => {
                let (alias, at) = (self.table_alias()?, self.index_alias()?);
                self.height = self.height.max(1);
                return Ok(FromItem::Table { name, alias, at });
            }
            Some(FromItem::Path { path, .. }) => {
                let (alias, at) = (self.table_alias()?, self.index_alias()?);
                return Ok(FromItem::Path { path, alias, at });
            }
            _ => {}
        }
        self.advance();
        let mut item = self.table_ref()?;
        self.expect(TokenKind::RightParen)?;
        self.join_alias(&mut item)?;
        Ok(item)
    }

    /// The alias of a join in parentheses.
    fn join_alias(&mut self, item: &mut FromItem) -> Result<()> {
        let start = self.at;
        if let Some(alias) = self.table_alias()? {
            match item {
                FromItem::Join(join) if join.alias.is_none() => join.alias = Some(alias),
                _ => return Err(self.unexpected_at(start)),
            }
        }
        Ok(())
    }

    fn table_function(&mut self, name: ObjectName) -> Result<FromItem> {
        let is_unnest = name.0.len() == 1 && name.object().value == "unnest";
        let call = self.call_tail(name)?;
        let with_offset = is_unnest && self.eat_words(&["with", "offset"]);
        if self.are_words(&["with", "ordinality"]) {
            return Err(self.newer(0, "Number the rows with ROW_NUMBER(), or use UNNEST ... WITH OFFSET."));
        }
        let alias = self.table_alias()?;
        let at = self.index_alias()?;
        self.grow()?;
        Ok(FromItem::Function { call, with_offset, alias, at })
    }

    /// `[AS] name [(column [type], ...)]`
    pub(super) fn table_alias(&mut self) -> Result<Option<TableAlias>> {
        let name = if self.eat_word("as") {
            self.item_name()?
        } else if self.begins_bare_table_alias() {
            self.label()?
        } else {
            return Ok(None);
        };
        let columns = if self.is(TokenKind::LeftParen) && !self.is_outer_join_mark() {
            self.paren_list(|parser| {
                let column = parser.ident()?;
                let typed = !matches!(parser.kind(), TokenKind::Comma | TokenKind::RightParen);
                Ok((column, if typed { Some(parser.data_type()?) } else { None }))
            })?
        } else {
            Vec::new()
        };
        Ok(Some(TableAlias { name, columns }))
    }

    /// `expr AS value AT attribute`, behind UNPIVOT.
    fn unpivot_object(&mut self) -> Result<FromItem> {
        let expr = self.postfixed()?;
        self.eat_word("as");
        let value = self.item_name()?;
        let attribute = if self.eat_word("at") { Some(self.ident()?) } else { None };
        self.grow()?;
        Ok(FromItem::UnpivotObject { expr, value, attribute })
    }

    /// `PIVOT (aggregates FOR column IN (values)) alias`
    fn pivot(&mut self, input: FromItem) -> Result<FromItem> {
        self.advance();
        self.expect(TokenKind::LeftParen)?;
        let aggregates = self.comma_list(|parser| {
            let expr = parser.expr()?;
            Ok(SelectItem { expr, alias: parser.select_alias()? })
        })?;
        self.expect_word("for")?;
        let column = self.ident()?;
        self.expect_word("in")?;
        let values = self.paren_list(|parser| {
            let expr = parser.expr()?;
            Ok(SelectItem { expr, alias: parser.select_alias()? })
        })?;
        self.expect(TokenKind::RightParen)?;
        let alias = self.table_alias()?;
        Ok(FromItem::Pivot(Box::new(Pivot { input, aggregates, column, values, alias })))
    }

    /// `UNPIVOT [INCLUDE NULLS | EXCLUDE NULLS] (value FOR name IN (columns)) alias`
    fn unpivot(&mut self, input: FromItem) -> Result<FromItem> {
        self.advance();
        let include_nulls = self.eat_words(&["include", "nulls"]);
        if !include_nulls {
            self.eat_words(&["exclude", "nulls"]);
        }
        self.expect(TokenKind::LeftParen)?;
        let value = self.ident()?;
        self.expect_word("for")?;
        let name = self.ident()?;
        self.expect_word("in")?;
        let columns = self.paren_list(|parser| {
            let column = parser.ident()?;
            let ends = |kind| matches!(kind, TokenKind::Comma | TokenKind::RightParen);
            let named = parser.eat_word("as") || !ends(parser.kind());
            if named && !parser.begins_ident(0) && !parser.begins_string(0) && !ends(parser.peek_at(1).kind) {
                return Err(Error::unsupported("UNPIVOT IN list must contain only column references").at(column.pos));
            }
            Ok((column, if named { Some(parser.unpivot_name()?) } else { None }))
        })?;
        self.expect(TokenKind::RightParen)?;
        let alias = self.table_alias()?;
        Ok(FromItem::Unpivot(Box::new(Unpivot { input, include_nulls, value, name, columns, alias })))
    }

    /// The value that stands for a column's name: a constant or an identifier, which is then a string.
    fn unpivot_name(&mut self) -> Result<Expr> {
        if !self.begins_ident(0) {
            return self.expr();
        }
        let name = self.label()?;
        let literal = Literal::String(name.value);
        self.leaf(ExprKind::Literal(literal), name.pos)
    }
}

/// Is the right side a path of PartiQL over an item on the left, `t JOIN t.a AS x`? Then a condition is not needed.
fn is_path_over(right: &FromItem, left: &FromItem) -> bool {
    let first = match right {
        FromItem::Table { name, .. } if name.0.len() > 1 => &name.0[0],
        FromItem::Path { path, .. } => match path_head(path) {
            Some(name) => &name.0[0],
            None => return false,
        },
        _ => return false,
    };
    names_item(left, first)
}

fn path_head(path: &Expr) -> Option<&ObjectName> {
    let mut head = path;
    while let ExprKind::Subscript { expr, .. } = &head.kind {
        head = expr;
    }
    match &head.kind {
        ExprKind::Column(name) => Some(name),
        _ => None,
    }
}

/// Has an item of FROM this name?
fn names_item(item: &FromItem, name: &Ident) -> bool {
    let is_alias = |alias: &Option<TableAlias>| alias.as_ref().is_some_and(|alias| alias.name.value == name.value);
    match item {
        FromItem::Table { name: own, alias: None, .. } => own.object().value == name.value,
        FromItem::Table { alias, .. }
        | FromItem::Path { alias, .. }
        | FromItem::Query { alias, .. }
        | FromItem::Function { alias, .. } => is_alias(alias),
        FromItem::Join(join) => is_alias(&join.alias) || names_item(&join.left, name) || names_item(&join.right, name),
        FromItem::UnpivotObject { value, .. } => value.value == name.value,
        FromItem::Pivot(pivot) => is_alias(&pivot.alias),
        FromItem::Unpivot(unpivot) => is_alias(&unpivot.alias),
    }
}
