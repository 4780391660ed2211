//! Tokens to statements: recursive descent, written by hand.
//!
//! `mod.rs` holds the entry points and what every part uses: looking at tokens, names, key words, limits. The parts are
//! [`statement`] (which command begins with which words), [`expr`] (precedence climbing over Postgres 8.0's table),
//! [`query`], [`types`], one for each family of commands, and [`refuse`] (what only Postgres has).
//!
//! Two limits keep every later walk of the tree from running out of stack: [`MAX_DEPTH`] bounds the parser's own
//! recursion, and [`MAX_TREE_HEIGHT`] the height of the tree. Chains of AND, OR, `||` and of set operators are trees of
//! logarithmic height when they are long, because these operators are associative; so ten thousand terms are fine.

mod clauses;
pub(crate) mod column_type;
mod copy;
mod database;
mod ddl;
mod dml;
mod expr;
mod external;
pub(crate) mod grant;
mod literal;
mod model;
mod policy;
mod principal;
mod query;
mod refuse;
mod routine;
mod session;
mod show;
mod statement;
mod table;
mod table_ref;
mod types;
mod unload;
mod view;

use std::{cell::OnceCell, ops::Range};

use crate::{
    ast::{DataType, Expr, Parsed, Query, Statement},
    error::{Error, Pos, Result, SqlState},
    lexer::{Lexer, Token, TokenKind, UnknownEscape, shortened, string_value},
    names::{Ident, ObjectName},
    precedence::{LEFT_DEEP, left_operands},
    reserved::is_reserved,
};

/// Most bytes of one statement: quota of the developer guide, "SQL statement size".
pub const MAX_STATEMENT_BYTES: usize = 16 * 1024 * 1024;
/// Most levels of nested expressions and queries in the tree of a statement.
pub const MAX_TREE_HEIGHT: u32 = 400;
/// Most levels of the parser's own recursion.
const MAX_DEPTH: u32 = 200;
/// Most bytes of a name: developer guide, "Names and identifiers"; CREATE TABLE says that longer ones are cut.
const MAX_NAME_BYTES: usize = 127;

/// Parses a whole message: any number of statements, separated by semicolons; empty ones are skipped.
///
/// Errors are those of the first statement that has one; nothing may run before the whole message has parsed.
pub fn parse(text: &str) -> Result<Vec<Parsed>> {
    Statements::new(text, &[])?.collect()
}

/// Parses a whole message in which parameters stand by name, as the Data API has them: `:name` is `$n` where `names[n - 1]`
/// is that name, and what it always was where there is no such name.
///
/// # Errors
/// Those of [`parse`].
pub fn parse_with_names(text: &str, names: &[String]) -> Result<Vec<Parsed>> {
    Statements::new(text, names)?.collect()
}

/// What of `names` stands in the text as `:name`, whether or not the text can be parsed.
pub fn names_in(text: &str, names: &[String]) -> Vec<bool> {
    let mut used = vec![false; names.len()];
    let Ok(mut statements) = Statements::new(text, names) else { return used };
    while !statements.ended {
        let Ok((parser, last)) = Parser::for_next_statement(text, names, &mut statements.lexer) else { break };
        statements.ended = last;
        for token in parser.iter().flat_map(|parser| &parser.tokens).filter(|token| token.kind == TokenKind::Parameter)
        {
            let named = name_index(&text[token.start as usize..token.end as usize], names);
            named.into_iter().for_each(|index| used[index] = true);
        }
    }
    used
}

/// Where `$n` stands in the text of one statement, in order: the bytes that it takes and n. Nothing where the text cannot
/// be cut into tokens.
pub fn parameters_in(text: &str) -> Vec<(Range<usize>, u16)> {
    let mut lexer = Lexer::new(text, 0);
    let mut found = Vec::new();
    loop {
        let token = lexer.next();
        let span = token.start as usize..token.end as usize;
        match token.kind {
            TokenKind::Parameter => {
                let number = text[span.clone()].strip_prefix('$').and_then(|digits| digits.parse().ok());
                found.extend(number.map(|number| (span, number)));
            }
            TokenKind::Bad(_) => return Vec::new(),
            TokenKind::End | TokenKind::Semicolon => return found,
            _ => {}
        }
    }
}

/// Which of the names `:name` means.
fn name_index(token: &str, names: &[String]) -> Option<usize> {
    let name = token.strip_prefix(':')?;
    names.iter().position(|other| other == name)
}

/// Parses each statement of a file for itself: behind one that is wrong, parsing goes on with the next one. Lines
/// between statements that are commands of psql are skipped, and so is a byte order mark.
pub(crate) fn parse_each(text: &str) -> Vec<Result<Parsed>> {
    match Statements::new(text, &[]) {
        Ok(mut statements) => {
            let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            statements.lexer = Lexer::new(text, mark as Pos);
            statements.of_psql = true;
            statements.collect()
        }
        Err(error) => vec![Err(error)],
    }
}

/// The statements of a text, one by one.
struct Statements<'a> {
    text: &'a str,
    names: &'a [String],
    lexer: Lexer<'a>,
    ended: bool,
    /// May commands of psql stand between the statements?
    of_psql: bool,
}

impl<'a> Statements<'a> {
    fn new(text: &'a str, names: &'a [String]) -> Result<Self> {
        if Pos::try_from(text.len()).is_err() {
            return Err(too_large(text, 0));
        }
        Ok(Statements { text, names, lexer: Lexer::new(text, 0), ended: false, of_psql: false })
    }

    /// The next statement; none where it is empty.
    fn parse_next(&mut self) -> Result<Option<Parsed>> {
        if self.of_psql {
            self.lexer.skip_psql_commands();
        }
        let (parser, last) =
            Parser::for_next_statement(self.text, self.names, &mut self.lexer).inspect_err(|_| self.ended = true)?;
        self.ended = last;
        let Some(mut parser) = parser else { return Ok(None) };
        let (begin, (start, end)) = (parser.comments(), parser.span());
        let statement = parser.statement()?;
        parser.expect_end()?;
        let parameters = if matches!(statement, Statement::Prepare(_)) { 0 } else { parser.parameters };
        Ok(Some(Parsed { statement, begin, start, end, parameters }))
    }
}

impl Iterator for Statements<'_> {
    type Item = Result<Parsed>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            if let Some(parsed) = self.parse_next().transpose() {
                return Some(parsed);
            }
        }
        None
    }
}

/// Parses a text that is one query: the definition of a view.
pub fn parse_query(text: &str) -> Result<Query> {
    parse_whole(text, Parser::query).map(|query| *query)
}

/// Parses a text that is one expression: the default of a column.
pub fn parse_expression(text: &str) -> Result<Expr> {
    parse_whole(text, Parser::expr)
}

/// Parses a text that is one data type: `character varying(20)`.
pub fn parse_data_type(text: &str) -> Result<DataType> {
    parse_whole(text, Parser::data_type)
}

fn parse_whole<'a, T>(text: &'a str, parse: impl FnOnce(&mut Parser<'a>) -> Result<T>) -> Result<T> {
    let mut lexer = Lexer::new(text, 0);
    let (parser, mut last) = Parser::for_next_statement(text, &[], &mut lexer)?;
    let Some(mut parser) = parser else { return Err(end_of_input(text.len())) };
    let value = parse(&mut parser)?;
    parser.expect_end()?;
    // A semicolon may end it; a second statement may not follow.
    while !last {
        let (parser, is_last) = Parser::for_next_statement(text, &[], &mut lexer)?;
        if let Some(parser) = parser {
            return Err(parser.unexpected());
        }
        last = is_last;
    }
    Ok(value)
}

fn end_of_input(end: usize) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, "syntax error at end of input").at(end as Pos)
}

/// Are these two tokens a parameter's name and the colon before it?
fn names_parameter(text: &str, names: &[String], colon: Token, name: Token) -> bool {
    colon.kind == TokenKind::Colon
        && colon.end == name.start
        && matches!(name.kind, TokenKind::Word | TokenKind::Integer)
        && name_index(&text[colon.start as usize..name.end as usize], names).is_some()
}

/// The tokens of one statement and how far they have been taken.
struct Parser<'a> {
    text: &'a str,
    /// Where the statement's part of the text begins: with the comments before it.
    begin: usize,
    /// The names of parameters that stand as `:name`.
    names: &'a [String],
    /// Never empty: the last one is [`TokenKind::End`] or [`TokenKind::Semicolon`].
    tokens: Vec<Token>,
    at: usize,
    /// The highest n of `$n`.
    parameters: u16,
    /// Levels of recursion now.
    depth: u32,
    /// Height of the highest tree that was made since this was last set to 0.
    height: u32,
    /// `INTO` of a SELECT that nobody has taken yet.
    into: Option<IntoTable>,
    /// Are we in CONNECT BY, where PRIOR is an operator?
    in_connect_by: bool,
    /// Are we in the default of a column, where COLLATE is the column's?
    in_default: bool,
    /// The table whose columns are being declared.
    declared_table: Option<String>,
    /// For each opening parenthesis among the tokens, where it is closed; made when somebody asks.
    closing: OnceCell<Vec<u32>>,
}

/// What a part that nests has interrupted.
struct Entered {
    height: u32,
}

/// `SELECT ... INTO [TEMP] [TABLE] name`
struct IntoTable {
    name: ObjectName,
    temporary: bool,
    /// The token INTO.
    token: usize,
}

impl<'a> Parser<'a> {
    /// Cuts the next statement; none where it is empty. Also says whether the text ends with it.
    fn for_next_statement(text: &'a str, names: &'a [String], lexer: &mut Lexer<'a>) -> Result<(Option<Self>, bool)> {
        let begin = lexer.at();
        let mut tokens: Vec<Token> = Vec::new();
        let last = loop {
            let token = lexer.next();
            match tokens.last_mut() {
                Some(colon) if names_parameter(text, names, *colon, token) => {
                    *colon = Token { kind: TokenKind::Parameter, end: token.end, ..*colon };
                }
                _ => tokens.push(token),
            }
            let start = tokens[0].start as usize;
            if token.end as usize - start > MAX_STATEMENT_BYTES {
                return Err(too_large(text, start));
            }
            match token.kind {
                TokenKind::End => break true,
                TokenKind::Semicolon => break false,
                _ => {}
            }
        };
        let parser = Parser {
            text,
            begin,
            names,
            tokens,
            at: 0,
            parameters: 0,
            depth: 0,
            height: 0,
            into: None,
            in_connect_by: false,
            in_default: false,
            declared_table: None,
            closing: OnceCell::new(),
        };
        Ok((Some(parser).filter(|parser| parser.tokens.len() > 1), last))
    }

    /// Where the statement begins and ends.
    fn span(&self) -> (Pos, Pos) {
        let last = self.tokens.len().saturating_sub(2);
        (self.tokens[0].start, self.tokens[last].end)
    }

    /// Where the comments before the statement begin; where it does itself if there are none.
    fn comments(&self) -> Pos {
        let start = self.tokens[0].start;
        start - self.text[self.begin..start as usize].trim_start().len() as Pos
    }

    // ---- Looking at tokens and taking them

    fn peek(&self) -> Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Token {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> TokenKind {
        self.peek().kind
    }

    fn pos(&self) -> Pos {
        self.peek().start
    }

    fn token_text(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn is(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: TokenKind) -> Result<Token> {
        if self.is(kind) { Ok(self.advance()) } else { Err(self.unexpected()) }
    }

    fn expect_end(&mut self) -> Result<()> {
        if self.at + 1 == self.tokens.len() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Is the token so many ahead this key word (in lower case)?
    fn word_at(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek_at(ahead);
        token.kind == TokenKind::Word && self.token_text(token).eq_ignore_ascii_case(word)
    }

    fn is_word(&self, word: &str) -> bool {
        self.word_at(0, word)
    }

    fn are_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.word_at(ahead, word))
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.eat_words(&[word])
    }

    fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = self.are_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_words(&mut self, words: &[&str]) -> Result<()> {
        words.iter().try_for_each(|word| self.expect_word(word))
    }

    /// The word here in lower case; nothing where there is none.
    fn folded_word(&self) -> String {
        let token = self.peek();
        if token.kind == TokenKind::Word { self.token_text(token).to_ascii_lowercase() } else { String::new() }
    }

    /// The error that this token cannot stand here.
    fn unexpected(&self) -> Error {
        self.unexpected_at(self.at)
    }

    fn unexpected_at(&self, index: usize) -> Error {
        let token = self.tokens[index.min(self.tokens.len() - 1)];
        match token.kind {
            TokenKind::End => end_of_input(token.start as usize),
            TokenKind::Bad(bad) => bad.error(self.token_text(token), token.start),
            _ => Error::syntax_near(shortened(self.token_text(token)), token.start),
        }
    }

    /// The syntax error that Redshift reports at the token so many ahead for what only newer versions of Postgres
    /// have, with Redshift's way as the hint.
    fn newer(&self, ahead: usize, hint: &str) -> Error {
        self.unexpected_at(self.at + ahead).with_hint(hint)
    }

    // ---- Names

    /// A name that may not be a reserved word.
    fn ident(&mut self) -> Result<Ident> {
        if self.begins_ident(0) { self.label() } else { Err(self.unexpected()) }
    }

    /// Can the token so many ahead be a name?
    fn begins_ident(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        match token.kind {
            TokenKind::QuotedIdent => true,
            TokenKind::Word => {
                let word = self.token_text(token).to_ascii_lowercase();
                // TIMESTAMP is on the list, and yet system tables have columns of that name which need no quotes.
                word == "timestamp" || !is_reserved(&word)
            }
            TokenKind::Hash => {
                let next = self.peek_at(ahead + 1);
                next.kind == TokenKind::Word && next.start == token.end
            }
            _ => false,
        }
    }

    /// A name where any word may stand: behind AS or a dot.
    fn label(&mut self) -> Result<Ident> {
        let token = self.peek();
        let pos = token.start;
        let text = self.token_text(token);
        let mut written = None;
        let (value, quoted) = match token.kind {
            TokenKind::Word => {
                let folded = text.to_ascii_lowercase();
                written = (folded != text).then(|| text.into());
                (folded, false)
            }
            TokenKind::QuotedIdent => (text[1..text.len() - 1].replace("\"\"", "\""), true),
            // `#name` is a temporary table; the lexer sees an operator.
            TokenKind::Hash if self.begins_ident(0) => {
                self.advance();
                (format!("#{}", self.token_text(self.peek()).to_ascii_lowercase()), false)
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Ident { value: cut_name(value), quoted, written, pos })
    }

    /// `[[database[@catalog].]schema.]object`
    fn object_name(&mut self) -> Result<ObjectName> {
        let mut parts = vec![self.database_name()?];
        while self.eat(TokenKind::Dot) {
            parts.push(self.label()?);
        }
        if parts.len() > 3 {
            let name = ObjectName(parts);
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("improper qualified name (too many dotted names): {name}"),
            )
            .at(name.pos()));
        }
        Ok(ObjectName(parts))
    }

    /// `item, item, ...`
    fn comma_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(TokenKind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, item, ...)`
    fn paren_list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect(TokenKind::LeftParen)?;
        let items = self.comma_list(item)?;
        self.expect(TokenKind::RightParen)?;
        Ok(items)
    }

    fn ident_list(&mut self) -> Result<Vec<Ident>> {
        self.paren_list(Self::ident)
    }

    /// `(name, ...)` where there is a parenthesis, else nothing.
    fn optional_ident_list(&mut self) -> Result<Vec<Ident>> {
        if self.is(TokenKind::LeftParen) { self.ident_list() } else { Ok(Vec::new()) }
    }

    // ---- Constants outside of expressions

    fn begins_string(&self, ahead: usize) -> bool {
        use TokenKind::*;
        matches!(self.peek_at(ahead).kind, String | EscapeString | NationalString | DollarString)
    }

    /// A string.
    fn string(&mut self) -> Result<String> {
        self.string_with(UnknownEscape::Drop)
    }

    fn string_with(&mut self, unknown: UnknownEscape) -> Result<String> {
        if !self.begins_string(0) {
            return Err(self.unexpected());
        }
        let token = self.advance();
        string_value(token, self.text, unknown)
    }

    /// Digits that fit into the wanted type.
    fn unsigned<T: std::str::FromStr>(&mut self) -> Result<T> {
        let token = self.expect(TokenKind::Integer)?;
        self.token_text(token).parse().map_err(|_| {
            let text = self.token_text(token);
            Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("value \"{}\" is out of range", shortened(text)))
                .at(token.start)
        })
    }

    /// Digits with a sign before them.
    fn signed(&mut self) -> Result<i64> {
        let negative = self.eat(TokenKind::Minus);
        if !negative {
            self.eat(TokenKind::Plus);
        }
        let value: i64 = self.unsigned()?;
        Ok(if negative { -value } else { value })
    }

    // ---- Limits

    /// Begins a part that may nest and whose tree is a branch among others: what was made before does not count into
    /// its height. Gives what [`Parser::leave`] wants. Nobody goes on after an error, so `?` may skip the leaving.
    fn enter(&mut self) -> Result<Entered> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_complex());
        }
        self.depth += 1;
        Ok(Entered { height: std::mem::take(&mut self.height) })
    }

    fn leave(&mut self, entered: Entered) {
        self.depth -= 1;
        self.height = self.height.max(entered.height);
    }

    /// The tree that was just made is one level higher than its highest branch.
    fn grow(&mut self) -> Result<()> {
        self.grow_by(1)
    }

    fn grow_by(&mut self, levels: u32) -> Result<()> {
        self.height += levels;
        if self.height > MAX_TREE_HEIGHT { Err(self.too_complex()) } else { Ok(()) }
    }

    fn too_complex(&self) -> Error {
        Error::new(SqlState::STATEMENT_TOO_COMPLEX, "statement too complex")
            .with_detail("Expressions or queries are nested too deeply.")
            .at(self.pos())
    }
}

fn cut_name(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
    name
}

fn too_large(text: &str, start: usize) -> Error {
    let size = text.len() - start;
    Error::new(
        SqlState::SYNTAX_ERROR,
        format!("Statement is too large. Statement Size: {size} bytes. Maximum Allowed: {MAX_STATEMENT_BYTES} bytes"),
    )
}

/// Joins the operands of an associative operator: to the left where they are few, into a balanced tree where they are
/// many, so that the tree stays low. Each join knows its operator's place.
///
/// Also gives how much higher the tree is than the highest operand.
fn fold_chain<T>(first: T, mut rest: Vec<(Pos, T)>, join: &impl Fn(Pos, T, T) -> T) -> (T, u32) {
    let count = rest.len() + 1;
    if count <= LEFT_DEEP {
        let levels = rest.len() as u32;
        return (rest.into_iter().fold(first, |left, (pos, right)| join(pos, left, right)), levels);
    }
    let mut right_rest = rest.split_off(left_operands(count) - 1);
    let (pos, right_first) = right_rest.remove(0);
    let (left, left_levels) = fold_chain(first, rest, join);
    let (right, right_levels) = fold_chain(right_first, right_rest, join);
    (join(pos, left, right), left_levels.max(right_levels) + 1)
}
