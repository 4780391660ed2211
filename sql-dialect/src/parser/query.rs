//! Queries: WITH, SELECT and its clauses, set operations, windows.

use super::{IntoTable, Parser, fold_chain};
use crate::{
    ast::{
        ConnectBy, Cte, Expr, ExprKind, FrameBound, FrameUnits, GroupBy, GroupingItem, Literal, OrderByItem, Query,
        QueryBody, Select, SelectItem, SetOperator, WindowFrame, WindowSpec, With,
    },
    error::{Error, Result},
    lexer::{Token, TokenKind},
    names::Ident,
    reserved::is_reserved,
};

/// SELECT without its ORDER BY and LIMIT binds to these with INTERSECT before UNION and EXCEPT.
const UNION_LEVEL: u8 = 1;
const INTERSECT_LEVEL: u8 = 2;

/// Words behind a sub-query in parentheses that make it a part of a larger query.
const QUERY_TAIL: [&str; 7] = ["union", "intersect", "except", "minus", "order", "limit", "offset"];

/// The hint where VALUES stands for a table.
pub(super) const NO_VALUES: &str = "VALUES is no table: write SELECT ... UNION ALL SELECT ...";

impl Parser<'_> {
    /// A query that is not the whole statement: INTO has no place in it.
    pub(super) fn query(&mut self) -> Result<Box<Query>> {
        let outer = self.into.take();
        let query = self.top_query()?;
        if let Some(into) = std::mem::replace(&mut self.into, outer) {
            return Err(self.unexpected_at(into.token));
        }
        Ok(query)
    }

    /// A query; `SELECT ... INTO` leaves its name in `self.into`.
    pub(super) fn top_query(&mut self) -> Result<Box<Query>> {
        let entered = self.enter()?;
        let with = self.optional_with()?;
        let query = self.query_behind_with(with)?;
        self.leave(entered);
        Ok(query)
    }

    /// The query behind a WITH that was taken already.
    pub(super) fn query_behind_with(&mut self, with: Option<With>) -> Result<Box<Query>> {
        let body = self.query_body(UNION_LEVEL)?;
        let mut query = Box::new(Query { with, body, order_by: Vec::new(), limit: None, offset: None });
        self.query_tail(&mut query)?;
        self.grow()?;
        Ok(query)
    }

    /// `[ORDER BY ...] [LIMIT ...] [OFFSET ...]`
    fn query_tail(&mut self, query: &mut Query) -> Result<()> {
        query.order_by = self.optional_order_by()?;
        let (mut limited, mut skipped) = (false, false);
        loop {
            if !limited && self.eat_word("limit") {
                limited = true;
                query.limit = if self.eat_word("all") { None } else { Some(self.expr()?) };
            } else if !skipped && self.eat_word("offset") {
                skipped = true;
                query.offset = Some(self.expr()?);
            } else {
                break;
            }
        }
        if self.are_words(&["for", "update"]) || self.are_words(&["for", "share"]) {
            return Err(Error::unsupported("SELECT FOR UPDATE is not supported")
                .with_hint("Use LOCK to lock the table.")
                .at(self.pos()));
        }
        Ok(())
    }

    pub(super) fn optional_with(&mut self) -> Result<Option<With>> {
        if !self.eat_word("with") {
            return Ok(None);
        }
        // RECURSIVE is no reserved word: a query may have that name.
        let is_name = self.word_at(1, "as") || self.peek_at(1).kind == TokenKind::LeftParen;
        let recursive = !is_name && self.eat_word("recursive");
        let ctes = self.comma_list(Self::cte)?;
        Ok(Some(With { recursive, ctes }))
    }

    fn cte(&mut self) -> Result<Cte> {
        let name = self.ident()?;
        let columns = self.cte_columns()?;
        self.expect_word("as")?;
        if self.is_one_of(&["materialized", "not"]) {
            return Err(self.newer(0, "Redshift decides itself whether it materializes a common table expression."));
        }
        let query = self.paren_query()?;
        Ok(Cte { name, columns, query })
    }

    /// Names of columns, among which OID needs no quotes although it is reserved: asyncpg's query for types begins so, and
    /// clusters read on.
    fn cte_columns(&mut self) -> Result<Vec<Ident>> {
        if !self.eat(TokenKind::LeftParen) {
            return Ok(Vec::new());
        }
        let columns = self.comma_list(|parser| if parser.is_word("oid") { parser.label() } else { parser.ident() })?;
        self.expect(TokenKind::RightParen)?;
        Ok(columns)
    }

    // ---- Set operations

    fn query_body(&mut self, least: u8) -> Result<QueryBody> {
        let mut left = self.simple_body()?;
        while let Some((op, all)) = self.set_operator() {
            if set_level(op) < least {
                break;
            }
            left = self.set_chain(left, op, all)?;
        }
        Ok(left)
    }

    /// All sides of a run of one operator: `a UNION ALL b UNION ALL c`.
    fn set_chain(&mut self, first: QueryBody, op: SetOperator, all: bool) -> Result<QueryBody> {
        let mut rest = Vec::new();
        while self.set_operator() == Some((op, all)) {
            let operator = self.advance();
            let pos = operator.start;
            if all && op != SetOperator::Union {
                let word = self.token_text(operator).to_uppercase();
                return Err(Error::unsupported(format!("{word} ALL is not supported")).at(pos));
            }
            if !self.eat_word("all") {
                self.eat_word("distinct");
            }
            let before = self.into.is_some();
            rest.push((pos, self.query_body(set_level(op) + 1)?));
            if let Some(into) = self.into.as_ref().filter(|_| !before) {
                return Err(self.unexpected_at(into.token));
            }
            // EXCEPT is not associative: its runs stay as they are.
            if op == SetOperator::Except {
                break;
            }
        }
        let join =
            |pos, left, right| QueryBody::SetOperation { op, all, left: Box::new(left), right: Box::new(right), pos };
        let (body, levels) = fold_chain(first, rest, &join);
        self.grow_by(levels)?;
        Ok(body)
    }

    /// The set operator that stands here, without taking it.
    fn set_operator(&self) -> Option<(SetOperator, bool)> {
        let op = match self.folded_word().as_str() {
            "union" => SetOperator::Union,
            "intersect" => SetOperator::Intersect,
            "except" | "minus" => SetOperator::Except,
            _ => return None,
        };
        Some((op, self.word_at(1, "all")))
    }

    fn simple_body(&mut self) -> Result<QueryBody> {
        if self.is(TokenKind::LeftParen) {
            return self.paren_query().map(QueryBody::Nested);
        }
        if self.is_word("select") {
            let before = std::mem::take(&mut self.height);
            let select = self.select()?;
            self.grow()?;
            self.height = self.height.max(before);
            return Ok(QueryBody::Select(select));
        }
        if self.is_word("values") {
            return Err(self.newer(0, NO_VALUES));
        }
        Err(self.unexpected())
    }

    /// `(query)`
    pub(super) fn paren_query(&mut self) -> Result<Box<Query>> {
        self.expect(TokenKind::LeftParen)?;
        let query = self.query()?;
        self.expect(TokenKind::RightParen)?;
        Ok(query)
    }

    /// Does the parenthesis here hold a query, not an expression or a join that merely begins with one?
    pub(super) fn paren_holds_query(&self) -> bool {
        self.is(TokenKind::LeftParen) && self.query_in_paren_at(self.at)
    }

    fn query_in_paren_at(&self, paren: usize) -> bool {
        let mut first = paren + 1;
        while self.tokens[first].kind == TokenKind::LeftParen {
            first += 1;
        }
        let begins_query = ["select", "with"].iter().any(|word| self.word_at(first - self.at, word));
        // From the innermost parenthesis outwards: what follows a query decides about the parenthesis around it.
        let mut inner = first - 1;
        let mut holds = begins_query;
        while holds && inner > paren {
            let behind = self.matching_paren(inner) + 1;
            let ahead = behind.saturating_sub(self.at);
            holds = self.peek_at(ahead).kind == TokenKind::RightParen
                || QUERY_TAIL.iter().any(|word| self.word_at(ahead, word));
            inner -= 1;
        }
        holds
    }

    /// The parenthesis that closes this one; the last token where none does.
    pub(super) fn matching_paren(&self, open: usize) -> usize {
        self.closing.get_or_init(|| closing_parens(&self.tokens))[open] as usize
    }

    // ---- SELECT

    /// The clauses are put into the statement one by one, which keeps this function's part of the stack small.
    fn select(&mut self) -> Result<Box<Select>> {
        let pos = self.advance().start;
        let mut select = Box::new(Select::empty(pos));
        (select.distinct, select.top) = self.select_modifiers()?;
        self.select_list(&mut select)?;
        if self.is_word("into") {
            self.select_into()?;
        }
        if self.eat_word("from") {
            select.from = self.table_refs()?;
        }
        select.selection = self.optional_clause("where")?;
        select.connect_by = self.connect_by()?;
        select.group_by = self.group_by()?;
        select.having = self.optional_clause("having")?;
        select.windows = self.windows()?;
        select.qualify = self.optional_clause("qualify")?;
        if select.windows.is_empty() {
            select.windows = self.windows()?;
        }
        Ok(select)
    }

    fn select_list(&mut self, select: &mut Select) -> Result<()> {
        loop {
            let item = self.select_item()?;
            select.items.push(item);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        select.exclude = self.exclude()?;
        Ok(())
    }

    fn optional_clause(&mut self, word: &str) -> Result<Option<Expr>> {
        if self.eat_word(word) { self.expr().map(Some) } else { Ok(None) }
    }

    /// `[TOP n] [ALL | DISTINCT]`, in either order.
    fn select_modifiers(&mut self) -> Result<(bool, Option<Expr>)> {
        let mut top = self.top()?;
        let distinct = self.is_word("distinct");
        if distinct {
            let pos = self.advance().start;
            if self.is_word("on") {
                return Err(Error::unsupported("SELECT DISTINCT ON is not supported")
                    .with_hint("Number the rows with ROW_NUMBER() OVER (...) and keep the first with QUALIFY.")
                    .at(pos));
            }
        } else {
            self.eat_word("all");
        }
        if top.is_none() {
            top = self.top()?;
        }
        Ok((distinct, top))
    }

    fn top(&mut self) -> Result<Option<Expr>> {
        if !self.eat_word("top") {
            return Ok(None);
        }
        let token = self.peek();
        match token.kind {
            TokenKind::Integer => {
                self.advance();
                let digits = self.token_text(token).to_owned();
                self.leaf(ExprKind::Literal(Literal::Integer(digits)), token.start).map(Some)
            }
            TokenKind::Parameter | TokenKind::LeftParen => self.postfixed().map(Some),
            _ => Err(self.unexpected()),
        }
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        let is_star = self.is(TokenKind::Star);
        let expr = self.select_expr()?;
        let alias = if is_star { None } else { self.select_alias()? };
        Ok(SelectItem { expr, alias })
    }

    /// `*` or an expression.
    fn select_expr(&mut self) -> Result<Expr> {
        if !self.is(TokenKind::Star) {
            return self.expr();
        }
        let pos = self.advance().start;
        self.leaf(ExprKind::Wildcard { qualifier: None, exclude: Vec::new() }, pos)
    }

    /// `AS any_word`, or a bare word that is not reserved.
    pub(super) fn select_alias(&mut self) -> Result<Option<Ident>> {
        if self.eat_word("as") {
            return self.label().map(Some);
        }
        if !self.begins_bare_alias() || self.begins_exclude() {
            return Ok(None);
        }
        self.label().map(Some)
    }

    fn begins_exclude(&self) -> bool {
        let next = self.peek_at(1).kind;
        self.is_word("exclude")
            && (matches!(next, TokenKind::QuotedIdent | TokenKind::LeftParen)
                || next == TokenKind::Word && self.begins_ident(1))
    }

    /// `EXCLUDE column, ...` or `EXCLUDE (column, ...)` behind the select list.
    fn exclude(&mut self) -> Result<Vec<Ident>> {
        if !self.begins_exclude() {
            return Ok(Vec::new());
        }
        self.advance();
        if self.is(TokenKind::LeftParen) { self.ident_list() } else { self.comma_list(Self::ident) }
    }

    /// `INTO [TEMP | TEMPORARY] [TABLE] name`
    fn select_into(&mut self) -> Result<()> {
        let token = self.at;
        if self.into.is_some() {
            return Err(self.unexpected());
        }
        self.advance();
        self.eat_word("local");
        let written = self.eat_word("temp") || self.eat_word("temporary");
        self.eat_word("table");
        let name = self.object_name()?;
        let temporary = written || name.object().value.starts_with('#');
        self.into = Some(IntoTable { name, temporary, token });
        Ok(())
    }

    /// `[START WITH condition] CONNECT BY condition`, in either order.
    fn connect_by(&mut self) -> Result<Option<ConnectBy>> {
        let outer = std::mem::replace(&mut self.in_connect_by, true);
        let mut start_with = self.start_with()?;
        let condition = if self.eat_words(&["connect", "by"]) { Some(self.expr()?) } else { None };
        if start_with.is_none() && condition.is_some() {
            start_with = self.start_with()?;
        }
        self.in_connect_by = outer;
        match condition {
            Some(condition) => Ok(Some(ConnectBy { start_with, condition })),
            None if start_with.is_some() => Err(self.unexpected()),
            None => Ok(None),
        }
    }

    fn start_with(&mut self) -> Result<Option<Expr>> {
        if self.eat_words(&["start", "with"]) { self.expr().map(Some) } else { Ok(None) }
    }

    // ---- GROUP BY, ORDER BY

    fn group_by(&mut self) -> Result<GroupBy> {
        if !self.eat_word("group") {
            return Ok(GroupBy::None);
        }
        self.expect_word("by")?;
        if self.eat_word("all") {
            return Ok(GroupBy::All);
        }
        self.comma_list(Self::grouping_item).map(GroupBy::Items)
    }

    fn grouping_item(&mut self) -> Result<GroupingItem> {
        let called = self.peek_at(1).kind == TokenKind::LeftParen;
        if called && self.eat_word("rollup") {
            return self.paren_list(Self::grouping_element).map(GroupingItem::Rollup);
        }
        if called && self.eat_word("cube") {
            return self.paren_list(Self::grouping_element).map(GroupingItem::Cube);
        }
        if self.eat_words(&["grouping", "sets"]) {
            return self.grouping_sets().map(GroupingItem::GroupingSets);
        }
        if self.is(TokenKind::LeftParen) && self.peek_at(1).kind == TokenKind::RightParen {
            return Ok(GroupingItem::GroupingSets(vec![self.grouping_element()?]));
        }
        self.expr().map(GroupingItem::Expr)
    }

    /// The sets behind GROUPING SETS. Those of a GROUPING SETS among them are sets of this one too.
    fn grouping_sets(&mut self) -> Result<Vec<Vec<Expr>>> {
        let entered = self.enter()?;
        let sets = self.paren_list(|parser| match parser.eat_words(&["grouping", "sets"]) {
            true => parser.grouping_sets(),
            false => Ok(vec![parser.grouping_element()?]),
        })?;
        self.leave(entered);
        Ok(sets.into_iter().flatten().collect())
    }

    /// `a`, `(a, b)` or `()`
    fn grouping_element(&mut self) -> Result<Vec<Expr>> {
        if self.is(TokenKind::LeftParen) && self.peek_at(1).kind == TokenKind::RightParen {
            self.at += 2;
            return Ok(Vec::new());
        }
        let expr = self.expr()?;
        Ok(match expr.kind {
            ExprKind::Row(items) => items,
            _ => vec![expr],
        })
    }

    /// `ORDER BY item, ...`
    pub(super) fn order_by(&mut self) -> Result<Vec<OrderByItem>> {
        self.expect_words(&["order", "by"])?;
        self.comma_list(Self::order_by_item)
    }

    fn order_by_item(&mut self) -> Result<OrderByItem> {
        let expr = self.expr()?;
        let descending = self.eat_word("desc");
        if !descending {
            self.eat_word("asc");
        }
        let nulls_first = if self.eat_words(&["nulls", "first"]) {
            Some(true)
        } else if self.eat_words(&["nulls", "last"]) {
            Some(false)
        } else {
            None
        };
        Ok(OrderByItem { expr, descending, nulls_first })
    }

    // ---- Windows

    /// `WINDOW name AS (...), ...`
    fn windows(&mut self) -> Result<Vec<(Ident, WindowSpec)>> {
        if !self.begins_window_clause() {
            return Ok(Vec::new());
        }
        self.advance();
        self.comma_list(|parser| {
            let name = parser.ident()?;
            parser.expect_word("as")?;
            Ok((name, parser.window_spec()?))
        })
    }

    /// WINDOW is no reserved word: only `WINDOW name AS (` is the clause.
    pub(super) fn begins_window_clause(&self) -> bool {
        self.is_word("window")
            && self.begins_ident(1)
            && self.word_at(2, "as")
            && self.peek_at(3).kind == TokenKind::LeftParen
    }

    /// What stands behind OVER.
    pub(super) fn over(&mut self) -> Result<WindowSpec> {
        if self.is(TokenKind::LeftParen) {
            return self.window_spec();
        }
        let base = Some(self.ident()?);
        Ok(WindowSpec { base, partition_by: Vec::new(), order_by: Vec::new(), frame: None })
    }

    fn window_spec(&mut self) -> Result<WindowSpec> {
        self.expect(TokenKind::LeftParen)?;
        let begins_clause = self.is_one_of(&["partition", "order", "rows", "range"]);
        let base = if !begins_clause && self.begins_ident(0) { Some(self.ident()?) } else { None };
        let partition_by = if self.eat_word("partition") {
            self.expect_word("by")?;
            self.comma_list(Self::expr)?
        } else {
            Vec::new()
        };
        let order_by = self.optional_order_by()?;
        let frame = self.frame()?;
        self.expect(TokenKind::RightParen)?;
        Ok(WindowSpec { base, partition_by, order_by, frame })
    }

    fn frame(&mut self) -> Result<Option<WindowFrame>> {
        let pos = self.pos();
        let units = match self.folded_word().as_str() {
            "rows" => FrameUnits::Rows,
            "range" => FrameUnits::Range,
            "groups" => {
                return Err(self.newer(0, "Frames are in ROWS."));
            }
            _ => return Ok(None),
        };
        self.advance();
        let (start, end) = if self.eat_word("between") {
            let start = self.frame_bound()?;
            self.expect_word("and")?;
            (start, self.frame_bound()?)
        } else {
            (self.frame_bound()?, FrameBound::CurrentRow)
        };
        if self.is_word("exclude") {
            return Err(self.newer(0, "Frames have no EXCLUDE."));
        }
        Ok(Some(WindowFrame { units, start, end, pos }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.eat_words(&["unbounded", "preceding"]) {
            return Ok(FrameBound::UnboundedPreceding);
        }
        if self.eat_words(&["unbounded", "following"]) {
            return Ok(FrameBound::UnboundedFollowing);
        }
        if self.eat_words(&["current", "row"]) {
            return Ok(FrameBound::CurrentRow);
        }
        let offset = Box::new(self.expr_above(crate::precedence::OPERATOR)?);
        if self.eat_word("preceding") {
            Ok(FrameBound::Preceding(offset))
        } else if self.eat_word("following") {
            Ok(FrameBound::Following(offset))
        } else {
            Err(self.unexpected())
        }
    }

    /// Is there a word here that may be a table's alias without AS?
    pub(super) fn begins_bare_table_alias(&self) -> bool {
        let word = self.folded_word();
        let begins_clause = match word.as_str() {
            "start" => self.word_at(1, "with"),
            "connect" => self.word_at(1, "by"),
            "window" => self.begins_window_clause(),
            "returning" => self.begins_returning(),
            _ => false,
        };
        match self.kind() {
            TokenKind::Word => !begins_clause && self.begins_bare_alias(),
            _ => self.begins_bare_alias(),
        }
    }

    /// Is there a word here that may be an alias without AS?
    fn begins_bare_alias(&self) -> bool {
        match self.kind() {
            TokenKind::Word => !is_reserved(&self.folded_word()),
            TokenKind::QuotedIdent => true,
            _ => false,
        }
    }
}

/// For each opening parenthesis the token that closes it, or the last one; 0 for other tokens.
fn closing_parens(tokens: &[Token]) -> Vec<u32> {
    let mut closing = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::LeftParen => open.push(index),
            TokenKind::RightParen => {
                if let Some(opening) = open.pop() {
                    closing[opening] = index as u32;
                }
            }
            _ => {}
        }
    }
    open.into_iter().for_each(|opening| closing[opening] = tokens.len() as u32 - 1);
    closing
}

fn set_level(op: SetOperator) -> u8 {
    match op {
        SetOperator::Union | SetOperator::Except => UNION_LEVEL,
        SetOperator::Intersect => INTERSECT_LEVEL,
    }
}
