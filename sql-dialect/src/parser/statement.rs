//! Which statement begins with which words.

use super::{Parser, session::NO_TWO_PHASES};
use crate::{
    ast::{CreateTableAs, DeclareCursor, Explain, Prepare, Query, Statement, TableAttributes},
    error::{Error, Result},
    lexer::TokenKind,
    names::ObjectName,
};

impl Parser<'_> {
    /// One statement.
    pub(super) fn statement(&mut self) -> Result<Statement> {
        if self.is(TokenKind::LeftParen) {
            return self.query_statement();
        }
        match self.folded_word().as_str() {
            "select" => self.query_statement(),
            "with" => self.with_statement(),
            "insert" => self.insert(),
            "update" => self.update(None),
            "delete" => self.delete(None),
            "truncate" => self.truncate(),
            "copy" => self.copy(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop(),
            "comment" => self.comment(),
            "analyze" | "analyse" => self.analyze(),
            "vacuum" => self.vacuum(),
            "lock" => self.lock(),
            "explain" => self.explain(),
            "begin" | "start" => self.begin(),
            "commit" | "end" => self.commit(),
            "rollback" | "abort" => self.rollback(),
            "savepoint" => self.savepoint(),
            "release" => self.release(),
            "set" => self.set(),
            "reset" => self.reset(),
            "show" => self.show(),
            "prepare" => self.prepare(),
            "execute" => self.execute(),
            "deallocate" => self.deallocate(),
            "declare" => self.declare_cursor(),
            "fetch" => self.fetch(),
            "close" => self.close_cursor(),
            "grant" | "revoke" => self.grant(),
            "merge" => self.merge(),
            "unload" => self.unload(),
            "call" => self.call(),
            "refresh" => self.refresh(),
            "attach" | "detach" => self.attach(),
            "desc" => self.desc(),
            "use" => self.use_database(),
            "cancel" => self.cancel(),
            "values" => self.query().map(Statement::Query),
            _ => Err(self.unknown_command()),
        }
    }

    /// DESC DATASHARE, DESC IDENTITY PROVIDER
    fn desc(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_word("datashare") {
            return self.desc_datashare();
        }
        self.expect_words(&["identity", "provider"])?;
        self.ident().map(Statement::DescIdentityProvider)
    }

    fn query_statement(&mut self) -> Result<Statement> {
        let query = self.top_query()?;
        Ok(self.query_or_select_into(query))
    }

    /// WITH before SELECT, UPDATE or DELETE.
    fn with_statement(&mut self) -> Result<Statement> {
        let with = self.optional_with()?;
        match self.folded_word().as_str() {
            "update" => self.update(with),
            "delete" => self.delete(with),
            "merge" => {
                Err(self
                    .newer(0, "Write the query as the source: MERGE INTO table USING (SELECT ...) AS source ON ..."))
            }
            "insert" => Err(self.newer(0, "Write WITH before the SELECT: INSERT INTO table WITH ... SELECT ...")),
            _ => {
                let query = self.query_behind_with(with)?;
                Ok(self.query_or_select_into(query))
            }
        }
    }

    /// SELECT ... INTO makes a table; any other query gives rows.
    fn query_or_select_into(&mut self, query: Box<Query>) -> Statement {
        match self.into.take() {
            None => Statement::Query(query),
            Some(into) => Statement::CreateTableAs(Box::new(CreateTableAs {
                name: into.name,
                temporary: into.temporary,
                columns: Vec::new(),
                attributes: TableAttributes::default(),
                iceberg: None,
                query,
                select_into: true,
            })),
        }
    }

    // ---- Statements within statements

    pub(super) fn inner_statement(&mut self) -> Result<Statement> {
        let entered = self.enter()?;
        let statement = self.statement()?;
        self.leave(entered);
        Ok(statement)
    }

    fn explain(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_word("analyze") || self.is_word("analyse") {
            return Err(Error::unsupported("EXPLAIN ANALYZE is not supported")
                .with_hint("Run the query and look at SYS_QUERY_DETAIL.")
                .at(self.pos()));
        }
        if self.is(TokenKind::LeftParen) && !self.paren_holds_query() {
            return Err(self.newer(1, "Use EXPLAIN [VERBOSE] query."));
        }
        let verbose = self.eat_word("verbose");
        let start = self.at;
        let statement = Box::new(self.inner_statement()?);
        let explainable = matches!(
            *statement,
            Statement::Query(_)
                | Statement::CreateTableAs(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::Execute(_)
                | Statement::DeclareCursor(_)
        );
        if explainable {
            Ok(Statement::Explain(Explain { verbose, statement }))
        } else {
            Err(self.unexpected_at(start))
        }
    }

    fn prepare(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_word("transaction") {
            return Err(self.newer(1, NO_TWO_PHASES));
        }
        let name = self.ident()?;
        let types = if self.is(TokenKind::LeftParen) { self.paren_list(Self::data_type)? } else { Vec::new() };
        self.expect_word("as")?;
        let start = self.at;
        let statement = Box::new(self.inner_statement()?);
        let preparable = matches!(
            *statement,
            Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)
        );
        if !preparable {
            return Err(self.unexpected_at(start));
        }
        let parameters = self.parameters;
        Ok(Statement::Prepare(Prepare { name, types, statement, parameters }))
    }

    fn declare_cursor(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.ident()?;
        for (word, what) in [("binary", "BINARY"), ("insensitive", "INSENSITIVE"), ("scroll", "SCROLL")] {
            if self.is_word(word) {
                return Err(Error::unsupported(format!("DECLARE {what} CURSOR is not supported")).at(self.pos()));
            }
        }
        if self.are_words(&["no", "scroll"]) {
            self.at += 2;
        }
        self.expect_word("cursor")?;
        let hold = self.eat_words(&["with", "hold"]);
        if !hold {
            self.eat_words(&["without", "hold"]);
        }
        self.expect_word("for")?;
        let query = self.query()?;
        if self.are_words(&["for", "read", "only"]) {
            self.at += 3;
        }
        Ok(Statement::DeclareCursor(Box::new(DeclareCursor { name, hold, query })))
    }

    /// The name of a collation, behind COLLATE.
    pub(super) fn collation(&mut self) -> Result<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.eat(TokenKind::Dot) {
            parts.push(self.label()?);
        }
        Ok(ObjectName(parts))
    }
}
