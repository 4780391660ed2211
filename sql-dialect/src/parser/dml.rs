//! INSERT, UPDATE, DELETE, MERGE, TRUNCATE, LOCK, ANALYZE, VACUUM.

use super::Parser;
use crate::{
    ast::{
        Analyze, AnalyzeCompression, AnalyzeScope, Delete, Expr, Insert, InsertSource, Lock, MatchedAction, Merge,
        MergeAction, Query, QueryBody, Statement, Truncate, Update, Vacuum, VacuumMode, With,
    },
    error::{Error, Result},
    lexer::TokenKind,
    names::Ident,
};

impl Parser<'_> {
    // ---- INSERT

    pub(super) fn insert(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_word("into")?;
        let table = self.object_name()?;
        if self.is_word("as") {
            return Err(self.newer(0, "The target of INSERT has no alias."));
        }
        let columns = if self.paren_holds_query() { Vec::new() } else { self.optional_ident_list()? };
        let source = if self.eat_words(&["default", "values"]) {
            InsertSource::DefaultValues
        } else if self.is_word("values") {
            InsertSource::Query(Box::new(self.values()?))
        } else {
            InsertSource::Query(self.query()?)
        };
        self.refuse_insert_tail()?;
        Ok(Statement::Insert(Insert { table, columns, source }))
    }

    fn refuse_insert_tail(&self) -> Result<()> {
        if self.are_words(&["on", "conflict"]) {
            let hint = "Load a staging table, then MERGE, or DELETE ... USING and INSERT in one transaction.";
            return Err(self.newer(0, hint));
        }
        self.refuse_returning()
    }

    fn refuse_returning(&self) -> Result<()> {
        if self.is_word("returning") {
            return Err(self.newer(0, "Read the rows with a SELECT in the same transaction."));
        }
        Ok(())
    }

    /// RETURNING is no reserved word: where nothing that could be returned follows, it is a name.
    pub(super) fn begins_returning(&self) -> bool {
        let next = self.peek_at(1).kind;
        self.is_word("returning") && (next == TokenKind::Star || self.begins_ident(1) && !self.word_at(1, "set"))
    }

    /// `VALUES (...), ...`
    fn values(&mut self) -> Result<Query> {
        self.advance();
        let rows = self.comma_list(|parser| parser.paren_list(Self::expr))?;
        self.grow()?;
        let body = QueryBody::Values(rows);
        Ok(Query { with: None, body, order_by: Vec::new(), limit: None, offset: None })
    }

    // ---- UPDATE and DELETE

    pub(super) fn update(&mut self, with: Option<With>) -> Result<Statement> {
        self.advance();
        self.eat_word("only");
        let table = self.object_name()?;
        // SET is no reserved word: `UPDATE t SET SET a = 1` gives t that alias.
        let is_alias = self.word_at(1, "set") && self.peek_at(2).kind != TokenKind::Eq;
        let alias = if self.is_word("set") && !is_alias { None } else { self.target_alias()? };
        self.expect_word("set")?;
        let assignments = self.comma_list(Self::assignment)?;
        let from = if self.eat_word("from") { self.table_refs()? } else { Vec::new() };
        let selection = self.where_clause()?;
        self.refuse_returning()?;
        Ok(Statement::Update(Update { with, table, alias, assignments, from, selection }))
    }

    fn assignment(&mut self) -> Result<(Ident, Expr)> {
        if self.is(TokenKind::LeftParen) {
            return Err(self.newer(0, "Write one assignment for each column."));
        }
        let column = self.ident()?;
        self.expect(TokenKind::Eq)?;
        Ok((column, self.expr()?))
    }

    pub(super) fn delete(&mut self, with: Option<With>) -> Result<Statement> {
        self.advance();
        let from = self.eat_word("from");
        self.eat_word("only");
        let table = self.object_name()?;
        let alias = self.target_alias()?;
        // FROM may be left out, but not where USING stands.
        if !from && self.is_word("using") {
            return Err(self.unexpected());
        }
        let using = if self.eat_word("using") { self.table_refs()? } else { Vec::new() };
        let selection = self.where_clause()?;
        self.refuse_returning()?;
        Ok(Statement::Delete(Delete { with, table, alias, using, selection }))
    }

    fn target_alias(&mut self) -> Result<Option<Ident>> {
        let named = self.eat_word("as") || self.begins_bare_table_alias();
        if named { self.ident().map(Some) } else { Ok(None) }
    }

    fn where_clause(&mut self) -> Result<Option<Expr>> {
        if !self.eat_word("where") {
            return Ok(None);
        }
        if self.are_words(&["current", "of"]) {
            return Err(self.newer(1, "Rows are named by a condition, not by a cursor."));
        }
        self.expr().map(Some)
    }

    // ---- Whole tables

    pub(super) fn truncate(&mut self) -> Result<Statement> {
        self.advance();
        self.eat_word("table");
        let table = self.object_name()?;
        Ok(Statement::Truncate(Truncate { table }))
    }

    pub(super) fn lock(&mut self) -> Result<Statement> {
        self.advance();
        self.eat_word("table");
        let tables = self.comma_list(Self::object_name)?;
        if self.is_word("in") {
            return Err(Error::unsupported("LOCK ... IN mode is not supported")
                .with_hint("LOCK takes an exclusive lock.")
                .at(self.pos()));
        }
        Ok(Statement::Lock(Lock { tables }))
    }

    pub(super) fn analyze(&mut self) -> Result<Statement> {
        self.advance();
        if self.eat_word("compression") {
            return self.analyze_compression();
        }
        let verbose = self.eat_word("verbose");
        let named = self.begins_ident(0) && !self.are_words(&["predicate", "columns"]);
        let (table, columns) =
            if named { (Some(self.object_name()?), self.optional_ident_list()?) } else { (None, Vec::new()) };
        let scope = if self.eat_words(&["predicate", "columns"]) {
            Some(AnalyzeScope::PredicateColumns)
        } else if self.eat_words(&["all", "columns"]) {
            Some(AnalyzeScope::AllColumns)
        } else {
            None
        };
        Ok(Statement::Analyze(Analyze { table, columns, verbose, scope }))
    }

    /// `[table [(columns)]] [COMPROWS n]`
    fn analyze_compression(&mut self) -> Result<Statement> {
        let named = self.begins_ident(0) && !self.is_word("comprows");
        let (table, columns) =
            if named { (Some(self.object_name()?), self.optional_ident_list()?) } else { (None, Vec::new()) };
        let comp_rows = if self.eat_word("comprows") { Some(self.unsigned()?) } else { None };
        Ok(Statement::AnalyzeCompression(AnalyzeCompression { table, columns, comp_rows }))
    }

    // ---- MERGE

    pub(super) fn merge(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_word("into")?;
        let target = self.object_name()?;
        if !self.is_word("using") {
            return Err(
                self.newer(0, "The target of MERGE has no alias: name the table itself in conditions and values.")
            );
        }
        self.advance();
        let source = self.table_primary()?;
        self.expect_word("on")?;
        let on = self.expr()?;
        let action = if self.eat_words(&["remove", "duplicates"]) {
            MergeAction::RemoveDuplicates
        } else {
            self.merge_clauses()?
        };
        Ok(Statement::Merge(Box::new(Merge { target, source, on, action })))
    }

    fn merge_clauses(&mut self) -> Result<MergeAction> {
        self.expect_words(&["when", "matched"])?;
        self.refuse_merge_condition()?;
        self.expect_word("then")?;
        let matched = if self.eat_word("delete") {
            MatchedAction::Delete
        } else {
            self.expect_words(&["update", "set"])?;
            MatchedAction::Update(self.comma_list(Self::assignment)?)
        };
        if self.are_words(&["when", "matched"]) {
            return Err(self.newer(1, "MERGE has one WHEN MATCHED and one WHEN NOT MATCHED."));
        }
        self.expect_words(&["when", "not", "matched"])?;
        self.refuse_merge_condition()?;
        self.expect_words(&["then", "insert"])?;
        let columns = self.optional_ident_list()?;
        self.expect_word("values")?;
        let values = self.paren_list(Self::expr)?;
        self.refuse_returning()?;
        Ok(MergeAction::When { matched, columns, values })
    }

    /// `AND condition`, `BY SOURCE`: other databases have them.
    fn refuse_merge_condition(&self) -> Result<()> {
        if !self.is_one_of(&["and", "by"]) {
            return Ok(());
        }
        Err(self.newer(0, "WHEN has no further condition: filter the rows in the source, USING (SELECT ...)."))
    }

    /// `[FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [table [TO n PERCENT] [BOOST]]`
    pub(super) fn vacuum(&mut self) -> Result<Statement> {
        self.advance();
        let mode = if self.eat_words(&["sort", "only"]) {
            VacuumMode::SortOnly
        } else if self.eat_words(&["delete", "only"]) {
            VacuumMode::DeleteOnly
        } else if self.eat_word("reindex") {
            VacuumMode::Reindex
        } else if self.eat_word("recluster") {
            VacuumMode::Recluster
        } else {
            self.eat_word("full");
            VacuumMode::Full
        };
        let of_one_table = matches!(mode, VacuumMode::Reindex | VacuumMode::Recluster);
        let ends = self.at + 1 == self.tokens.len();
        // A lone BOOST, or a TO, is no table's name: what they mean is said of a table only.
        if of_one_table && ends || self.is_word("to") || self.is_word("boost") && self.at + 2 == self.tokens.len() {
            return Err(self.unexpected());
        }
        let table = if ends { None } else { Some(self.object_name()?) };
        let threshold = if !of_one_table && self.eat_word("to") { Some(self.percent()?) } else { None };
        let boost = table.is_some() && self.eat_word("boost");
        Ok(Statement::Vacuum(Vacuum { mode, table, threshold, boost }))
    }

    /// `n PERCENT`, from 0 to 100.
    fn percent(&mut self) -> Result<u8> {
        let token = self.at;
        let percent: u8 = self.unsigned()?;
        if percent > 100 {
            return Err(self.unexpected_at(token));
        }
        self.expect_word("percent")?;
        Ok(percent)
    }
}
