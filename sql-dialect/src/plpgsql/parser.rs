//! A recursive descent over the tokens of a body. Where SQL begins, its text is handed to the parser of SQL.

use super::*;
use crate::{
    ast::QueryBody,
    error::{Error, Pos, Result, SqlState},
    lexer::{Lexer, Token, TokenKind},
    parse, parse_data_type, parse_query,
};

/// Blocks, branches and loops inside each other, at most.
const MOST_DEPTH: u32 = 100;

/// Parses the body of a procedure.
///
/// # Errors
/// 42601, at its place in the body; 0A000 for handlers that only NONATOMIC procedures have; 54000 for more than
/// [`MOST_VARIABLES`].
pub fn parse_block(text: &str, mode: Mode) -> Result<Block> {
    let mut lexer = Lexer::new(text, 0);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        tokens.push(token);
        if token.kind == TokenKind::End {
            break;
        }
    }
    // As in PostgreSQL 8.0, the line break behind the opening quote ends no line.
    let counted = ["\r\n", "\n"].iter().find(|end| text.starts_with(**end)).map_or(0, |end| end.len());
    let mut parser = PlParser { text, tokens, mode, at: 0, depth: 0, counted, lines: 0, variables: 0 };
    let label = parser.label()?;
    let block = parser.block(label)?;
    parser.eat(TokenKind::Semicolon);
    match parser.peek().kind {
        TokenKind::End => Ok(block),
        _ => Err(parser.unexpected()),
    }
}

struct PlParser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    mode: Mode,
    at: usize,
    depth: u32,
    variables: usize,
    /// How far line breaks have been counted, and how many there were.
    counted: usize,
    lines: u32,
}

impl PlParser<'_> {
    fn peek(&self) -> Token {
        self.tokens[self.at]
    }

    fn ahead(&self, count: usize) -> Token {
        self.tokens[(self.at + count).min(self.tokens.len() - 1)]
    }

    fn slice(&self, token: Token) -> &str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek().kind == kind;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: TokenKind) -> Result<()> {
        if self.eat(kind) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn is_word_at(&self, count: usize, word: &str) -> bool {
        let token = self.ahead(count);
        token.kind == TokenKind::Word && self.slice(token).eq_ignore_ascii_case(word)
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Error {
        let token = self.peek();
        let message = match token.kind {
            TokenKind::End => "syntax error at end of input".to_string(),
            _ => format!("syntax error at or near \"{}\"", self.slice(token)),
        };
        Error::new(SqlState::SYNTAX_ERROR, message).at(token.start)
    }

    /// The line of the token here. Nobody asks for an earlier one than before, so that each is counted once.
    fn line(&mut self) -> u32 {
        let start = self.peek().start as usize;
        let passed = self.text.as_bytes().get(self.counted..start).unwrap_or_default();
        self.lines += passed.iter().filter(|byte| **byte == b'\n').count() as u32;
        self.counted = start.max(self.counted);
        self.lines + 1
    }

    fn ident(&mut self) -> Result<Ident> {
        let token = self.peek();
        let text = self.slice(token);
        let ident = match token.kind {
            TokenKind::Word => Ident::new(text.to_ascii_lowercase()),
            TokenKind::QuotedIdent => {
                let value = text[1..text.len() - 1].replace("\"\"", "\"");
                Ident { quoted: true, ..Ident::new(value) }
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(ident)
    }

    fn name(&mut self) -> Result<String> {
        self.ident().map(|ident| ident.value.to_ascii_lowercase())
    }

    fn label(&mut self) -> Result<Option<String>> {
        if !self.eat(TokenKind::ShiftLeft) {
            return Ok(None);
        }
        let label = self.name()?;
        self.expect(TokenKind::ShiftRight)?;
        Ok(Some(label))
    }

    fn end_label(&mut self) {
        if !matches!(self.peek().kind, TokenKind::Semicolon | TokenKind::End) {
            self.advance();
        }
    }

    fn block(&mut self, label: Option<String>) -> Result<Block> {
        let mut declarations = Vec::new();
        if self.eat_word("declare") {
            while !self.is_word("begin") {
                // DECLARE may be written before each declaration.
                if self.eat_word("declare") {
                    continue;
                }
                let start = self.peek().start;
                declarations.push(self.declaration()?);
                self.variables += 1;
                if self.variables > MOST_VARIABLES {
                    let message = format!("a procedure can have at most {MOST_VARIABLES} variables");
                    return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message).at(start));
                }
            }
        }
        let line = self.line();
        self.expect_word("begin")?;
        let body = self.statements(&["end", "exception"])?;
        let handler = if self.eat_word("exception") { Some(self.handler()?) } else { None };
        self.expect_word("end")?;
        self.end_label();
        Ok(Block { label, declarations, body, handler, line })
    }

    /// What stands behind EXCEPTION.
    fn handler(&mut self) -> Result<Handler> {
        let start = self.peek().start;
        let resumes = if self.eat_word("continue_handler") {
            Some(Resumes::BehindStatement)
        } else if self.eat_word("exit_handler") {
            Some(Resumes::BehindBlock)
        } else {
            None
        };
        if resumes.is_some() && self.mode == Mode::Atomic {
            let message = "CONTINUE_HANDLER and EXIT_HANDLER are not supported in procedures that are not NONATOMIC";
            return Err(Error::unsupported(message).at(start));
        }
        self.expect_word("when")?;
        if !self.eat_word("others") {
            return Err(Error::unsupported("OTHERS is the only condition that an exception block supports"));
        }
        self.expect_word("then")?;
        Ok(Handler { resumes: resumes.unwrap_or(Resumes::BehindBlock), body: self.statements(&["end"])? })
    }

    fn declaration(&mut self) -> Result<Declaration> {
        let name = self.name()?;
        let kind = if self.eat_word("alias") {
            self.expect_word("for")?;
            let token = self.peek();
            if token.kind == TokenKind::Parameter {
                let number = self.slice(token)[1..].parse().map_err(|_| self.unexpected())?;
                self.advance();
                DeclarationKind::Argument(number)
            } else {
                DeclarationKind::Alias(self.name()?)
            }
        } else if self.eat_word("cursor") {
            let args = self.cursor_arguments()?;
            if !self.eat_word("for") {
                self.expect_word("is")?;
            }
            DeclarationKind::Cursor { args, query: Box::new(self.query_until(|_| false)?) }
        } else {
            let constant = self.eat_word("constant");
            let ty = self.variable_type()?;
            let not_null = self.is_word("not") && self.is_word_at(1, "null");
            if not_null {
                self.advance();
                self.advance();
            }
            let default = if self.eat_word("default") || self.eat_assignment() {
                Some(Box::new(self.expression(&[])?))
            } else {
                None
            };
            DeclarationKind::Variable { ty, constant, not_null, default }
        };
        self.expect(TokenKind::Semicolon)?;
        Ok(Declaration { name, kind })
    }

    fn cursor_arguments(&mut self) -> Result<Vec<(String, DataType)>> {
        let mut args = Vec::new();
        if self.eat(TokenKind::LeftParen) {
            loop {
                let name = self.name()?;
                let start = self.peek().start;
                let end = self.until(|parser| matches!(parser.peek().kind, TokenKind::Comma | TokenKind::RightParen));
                args.push((name, self.data_type(start, end)?));
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
            self.expect(TokenKind::RightParen)?;
        }
        Ok(args)
    }

    fn variable_type(&mut self) -> Result<VariableType> {
        if self.eat_word("record") {
            return Ok(VariableType::Record);
        }
        if self.eat_word("refcursor") {
            return Ok(VariableType::RefCursor);
        }
        let begin = self.at;
        let mut parts = Vec::new();
        while let Ok(part) = self.ident() {
            parts.push(part);
            if !self.eat(TokenKind::Dot) {
                break;
            }
        }
        if self.peek().kind == TokenKind::Percent {
            self.advance();
            if self.eat_word("rowtype") {
                return Ok(VariableType::Row(ObjectName(parts)));
            }
            self.expect_word("type")?;
            return Ok(VariableType::Of(parts));
        }
        self.at = begin;
        let start = self.peek().start;
        let end = self.until(|parser| {
            parser.is_any(&["not", "default"])
                || matches!(parser.peek().kind, TokenKind::Semicolon | TokenKind::Colon | TokenKind::Eq)
        });
        self.data_type(start, end).map(VariableType::Scalar)
    }

    fn eat_assignment(&mut self) -> bool {
        if self.eat(TokenKind::Eq) {
            return true;
        }
        let found = self.peek().kind == TokenKind::Colon && self.ahead(1).kind == TokenKind::Eq;
        if found {
            self.advance();
            self.advance();
        }
        found
    }

    /// Goes on to the first token outside parentheses and CASE that ends a part, and gives where the part ended.
    fn until(&mut self, ends: impl Fn(&Self) -> bool) -> u32 {
        let (mut parens, mut cases) = (0u32, 0u32);
        let mut end = self.peek().start;
        loop {
            let token = self.peek();
            let outside = parens == 0 && cases == 0;
            if token.kind == TokenKind::End || (outside && ends(self)) {
                return end;
            }
            match token.kind {
                TokenKind::LeftParen => parens += 1,
                TokenKind::RightParen => parens = parens.saturating_sub(1),
                TokenKind::Word if self.is_word("case") => cases += 1,
                TokenKind::Word if self.is_word("end") => cases = cases.saturating_sub(1),
                // A statement ends where it ends, whatever was left open.
                TokenKind::Semicolon if parens == 0 => return end,
                _ => {}
            }
            end = token.end;
            self.advance();
        }
    }

    /// An expression up to the semicolon or one of these words.
    fn expression(&mut self, words: &[&str]) -> Result<Query> {
        let start = self.peek().start as usize;
        let end = self.until(|parser| parser.peek().kind == TokenKind::Semicolon || parser.is_any(words)) as usize;
        self.expression_of(start, end)
    }

    /// An expression up to a comma or one of these words.
    fn item(&mut self, words: &[&str]) -> Result<Query> {
        let start = self.peek().start as usize;
        let end = self.until(|parser| {
            matches!(parser.peek().kind, TokenKind::Semicolon | TokenKind::Comma | TokenKind::RightParen)
                || parser.is_any(words)
        }) as usize;
        self.expression_of(start, end)
    }

    /// A query up to the semicolon or another end.
    fn query_until(&mut self, ends: impl Fn(&Self) -> bool) -> Result<Query> {
        let start = self.peek().start as usize;
        let end = self.until(|parser| parser.peek().kind == TokenKind::Semicolon || ends(parser)) as usize;
        self.query_of(start, end)
    }

    /// The query that stands here in the body.
    fn query_of(&self, start: usize, end: usize) -> Result<Query> {
        parse_query(self.piece(start, end)).map_err(|error| moved(error, |inner| start + inner))
    }

    /// The expression that stands here, as the query of its value.
    fn expression_of(&self, start: usize, end: usize) -> Result<Query> {
        expression_of(self.piece(start, end))
            .map_err(|error| moved(error, |inner| start + inner.saturating_sub(SELECT.len())))
    }

    /// The type that stands here.
    fn data_type(&self, start: Pos, end: Pos) -> Result<DataType> {
        let (start, end) = (start as usize, end as usize);
        parse_data_type(self.piece(start, end)).map_err(|error| moved(error, |inner| start + inner))
    }

    fn piece(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The statements up to one of these words: of a block, a branch or a loop.
    fn statements(&mut self, ends: &[&str]) -> Result<Vec<PlStatement>> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            let message = "the procedure's blocks are nested too deeply";
            return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, message).at(self.peek().start));
        }
        let mut statements = Vec::new();
        while !self.is_any(ends) {
            if self.peek().kind == TokenKind::End {
                return Err(self.unexpected());
            }
            let line = self.line();
            let kind = self.statement()?;
            self.expect(TokenKind::Semicolon)?;
            statements.push(PlStatement { kind, line });
        }
        self.depth -= 1;
        Ok(statements)
    }

    fn statement(&mut self) -> Result<PlStatementKind> {
        if let Some(target) = self.assigned()? {
            return Ok(PlStatementKind::Assign { target, value: Box::new(self.expression(&[])?) });
        }
        let label = self.label()?;
        if self.is_any(&["declare", "begin"]) {
            return Ok(PlStatementKind::Block(self.block(label)?));
        }
        let token = self.peek();
        let word = if token.kind == TokenKind::Word { self.slice(token).to_ascii_lowercase() } else { String::new() };
        match word.as_str() {
            "if" => self.if_statement(),
            "case" => self.case_statement(),
            "loop" => {
                let body = self.loop_body()?;
                Ok(PlStatementKind::Loop { label, condition: None, body })
            }
            "while" => {
                self.advance();
                let condition = Some(Box::new(self.expression(&["loop"])?));
                let body = self.loop_body()?;
                Ok(PlStatementKind::Loop { label, condition, body })
            }
            "for" => self.for_statement(label),
            "exit" | "continue" => {
                self.advance();
                let label = match self.peek().kind {
                    TokenKind::Word if !self.is_word("when") => Some(self.name()?),
                    _ => None,
                };
                let when = if self.eat_word("when") { Some(Box::new(self.expression(&[])?)) } else { None };
                Ok(match word.as_str() {
                    "exit" => PlStatementKind::Exit { label, when },
                    _ => PlStatementKind::Continue { label, when },
                })
            }
            "raise" => self.raise(),
            "execute" => {
                self.advance();
                let command = Box::new(self.expression(&["into"])?);
                let into = if self.eat_word("into") { self.targets()? } else { Vec::new() };
                Ok(PlStatementKind::Execute { command, into })
            }
            "perform" => {
                self.advance();
                let start = self.peek().start as usize;
                let end = self.until(|parser| parser.peek().kind == TokenKind::Semicolon) as usize;
                Ok(PlStatementKind::Perform(Box::new(self.expression_of(start, end)?)))
            }
            "open" => self.open(),
            "fetch" => {
                self.advance();
                let cursor = self.name()?;
                self.expect_word("into")?;
                Ok(PlStatementKind::Fetch { cursor, targets: self.targets()? })
            }
            "close" => {
                self.advance();
                Ok(PlStatementKind::Close(self.name()?))
            }
            "get" => {
                self.advance();
                self.expect_word("diagnostics")?;
                let target = self.target()?;
                if !self.eat_assignment() {
                    return Err(self.unexpected());
                }
                self.expect_word("row_count")?;
                Ok(PlStatementKind::GetRowCount(target))
            }
            "start" if self.is_word_at(1, "transaction") => {
                self.advance();
                self.only(PlStatementKind::StartTransaction)
            }
            "commit" => self.only(PlStatementKind::Commit),
            "rollback" => self.only(PlStatementKind::Rollback),
            "return" => self.only(PlStatementKind::Return),
            "null" => self.only(PlStatementKind::Null),
            _ => self.sql(),
        }
    }

    fn only(&mut self, kind: PlStatementKind) -> Result<PlStatementKind> {
        self.advance();
        Ok(kind)
    }

    /// The target of an assignment, where the statement is one.
    fn assigned(&mut self) -> Result<Option<Target>> {
        let begin = self.at;
        if matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedIdent) {
            let target = self.target()?;
            if self.eat_assignment() {
                return Ok(Some(target));
            }
        }
        self.at = begin;
        Ok(None)
    }

    fn target(&mut self) -> Result<Target> {
        let mut target = vec![self.name()?];
        while self.peek().kind == TokenKind::Dot {
            self.advance();
            target.push(self.name()?);
        }
        Ok(target)
    }

    fn targets(&mut self) -> Result<Vec<Target>> {
        let mut targets = vec![self.target()?];
        while self.eat(TokenKind::Comma) {
            targets.push(self.target()?);
        }
        Ok(targets)
    }

    fn if_statement(&mut self) -> Result<PlStatementKind> {
        const ENDS: [&str; 4] = ["elsif", "elseif", "else", "end"];
        let mut branches = Vec::new();
        self.advance();
        loop {
            let condition = self.expression(&["then"])?;
            self.expect_word("then")?;
            branches.push((condition, self.statements(&ENDS)?));
            if !self.eat_word("elsif") && !self.eat_word("elseif") {
                break;
            }
        }
        let otherwise = if self.eat_word("else") { self.statements(&["end"])? } else { Vec::new() };
        self.expect_word("end")?;
        self.expect_word("if")?;
        Ok(PlStatementKind::If { branches, otherwise })
    }

    fn case_statement(&mut self) -> Result<PlStatementKind> {
        self.advance();
        let operand = if self.is_word("when") { None } else { Some(Box::new(self.expression(&["when"])?)) };
        let mut branches = Vec::new();
        while self.eat_word("when") {
            let mut values = vec![self.item(&["then"])?];
            while self.eat(TokenKind::Comma) {
                values.push(self.item(&["then"])?);
            }
            self.expect_word("then")?;
            branches.push((values, self.statements(&["when", "else", "end"])?));
        }
        let otherwise = if self.eat_word("else") { Some(self.statements(&["end"])?) } else { None };
        self.expect_word("end")?;
        self.expect_word("case")?;
        Ok(PlStatementKind::Case { operand, branches, otherwise })
    }

    fn loop_body(&mut self) -> Result<Vec<PlStatement>> {
        self.expect_word("loop")?;
        let body = self.statements(&["end"])?;
        self.expect_word("end")?;
        self.expect_word("loop")?;
        self.end_label();
        Ok(body)
    }

    fn for_statement(&mut self, label: Option<String>) -> Result<PlStatementKind> {
        self.advance();
        let targets = self.targets()?;
        self.expect_word("in")?;
        if self.eat_word("execute") {
            let source = RowSource::Execute(Box::new(self.expression(&["loop"])?));
            let body = self.loop_body()?;
            return Ok(PlStatementKind::ForQuery { label, targets, source, body });
        }
        let reverse = self.eat_word("reverse");
        let begin = self.at;
        let start = self.peek().start as usize;
        let end = self.until(|parser| parser.is_word("loop")) as usize;
        if let ([variable], Some(dots)) = (targets.as_slice(), self.range_dots(begin))
            && let [variable] = variable.as_slice()
        {
            let (from, to) = (self.expression_of(start, dots)?, self.expression_of(dots + 2, end)?);
            let (from, to) = (Box::new(from), Box::new(to));
            let variable = variable.clone();
            let body = self.loop_body()?;
            return Ok(PlStatementKind::ForInteger { label, variable, reverse, from, to, body });
        }
        let source = RowSource::Query(Box::new(self.query_of(start, end)?));
        let body = self.loop_body()?;
        Ok(PlStatementKind::ForQuery { label, targets, source, body })
    }

    /// Where `..` stands among the tokens since this one. Numbers beside it may have taken a point.
    fn range_dots(&self, begin: usize) -> Option<usize> {
        let tokens = &self.tokens[begin..self.at];
        tokens.windows(2).find_map(|pair| {
            let (left, right) = (pair[0], pair[1]);
            let (left_text, right_text) = (self.slice(left), self.slice(right));
            let joined = left.end == right.start;
            let is_number = |kind| matches!(kind, TokenKind::Integer | TokenKind::Decimal | TokenKind::Dot);
            (joined
                && is_number(left.kind)
                && is_number(right.kind)
                && left_text.ends_with('.')
                && right_text.starts_with('.'))
            .then(|| left.end as usize - 1)
        })
    }

    fn raise(&mut self) -> Result<PlStatementKind> {
        self.advance();
        if self.peek().kind == TokenKind::Semicolon {
            return Ok(PlStatementKind::Raise(None));
        }
        let levels = [
            ("notice", RaiseLevel::Notice),
            ("info", RaiseLevel::Info),
            ("log", RaiseLevel::Log),
            ("debug", RaiseLevel::Debug),
            ("warning", RaiseLevel::Warning),
            ("exception", RaiseLevel::Exception),
        ];
        let Some((_, level)) = levels.into_iter().find(|(word, _)| self.is_word(word)) else {
            return Err(self.unexpected());
        };
        self.advance();
        let token = self.peek();
        if !matches!(token.kind, TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString) {
            return Err(self.unexpected());
        }
        let format = string_value(self.slice(token)).ok_or_else(|| self.unexpected())?;
        self.advance();
        let mut args = Vec::new();
        while self.eat(TokenKind::Comma) {
            args.push(self.item(&[])?);
        }
        Ok(PlStatementKind::Raise(Some(Raise { level, format, args })))
    }

    fn open(&mut self) -> Result<PlStatementKind> {
        self.advance();
        let cursor = self.name()?;
        if self.eat_word("for") {
            let source = if self.eat_word("execute") {
                RowSource::Execute(Box::new(self.expression(&[])?))
            } else {
                RowSource::Query(Box::new(self.query_until(|_| false)?))
            };
            return Ok(PlStatementKind::Open { cursor, source });
        }
        let mut args = Vec::new();
        if self.eat(TokenKind::LeftParen) {
            loop {
                args.push(self.item(&[])?);
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
            self.expect(TokenKind::RightParen)?;
        }
        Ok(PlStatementKind::OpenBound { cursor, args })
    }

    /// A statement of SQL; INTO of a SELECT is taken out of it.
    fn sql(&mut self) -> Result<PlStatementKind> {
        let begin = self.at;
        let start = self.peek().start as usize;
        let selects = self.is_any(&["select", "with"]);
        if !matches!(self.peek().kind, TokenKind::Word | TokenKind::LeftParen) {
            return Err(self.unexpected());
        }
        let end = self.until(|parser| parser.peek().kind == TokenKind::Semicolon) as usize;
        let last = self.at;
        // Where INTO and its targets begin and end in the body.
        let mut cut = end..end;
        let (text, into) = match selects.then(|| self.find_into(begin, last)).flatten() {
            Some((from, to)) => {
                self.at = from + 1;
                let targets = self.targets()?;
                let behind = self.tokens[to].start as usize;
                self.at = last;
                let before = self.tokens[from].start as usize;
                cut = before..behind;
                (format!("{}{}", self.piece(start, before), self.piece(behind, end)), targets)
            }
            None => (self.piece(start, end).to_string(), Vec::new()),
        };
        let place = |inner| if start + inner < cut.start { start + inner } else { start + inner + cut.len() };
        let mut parsed = parse(&text).map_err(|error| moved(error, place))?;
        match (parsed.len(), parsed.pop()) {
            (1, Some(parsed)) => Ok(PlStatementKind::Sql { statement: Box::new(parsed.statement), text, into }),
            _ => Err(self.unexpected()),
        }
    }

    /// The token INTO outside parentheses, and the first behind its targets.
    fn find_into(&self, begin: usize, last: usize) -> Option<(usize, usize)> {
        let mut parens = 0i32;
        for at in begin..last {
            let token = self.tokens[at];
            match token.kind {
                TokenKind::LeftParen => parens += 1,
                TokenKind::RightParen => parens -= 1,
                TokenKind::Word if parens == 0 && self.slice(token).eq_ignore_ascii_case("into") => {
                    let is_name = |at: usize| matches!(self.tokens[at].kind, TokenKind::Word | TokenKind::QuotedIdent);
                    let mut behind = at + 1;
                    while behind < last && is_name(behind) {
                        behind += 1;
                        match self.tokens[behind].kind {
                            TokenKind::Dot | TokenKind::Comma => behind += 1,
                            _ => break,
                        }
                    }
                    return Some((at, behind));
                }
                _ => {}
            }
        }
        None
    }
}

/// What makes a query of an expression.
const SELECT: &str = "select ";

/// An expression as the query of its value.
fn expression_of(text: &str) -> Result<Query> {
    parse_query(&format!("{SELECT}{text}"))
}

/// An error of SQL inside, at its place in the body.
fn moved(error: Error, place: impl Fn(usize) -> usize) -> Error {
    match error.position() {
        Some(inner) => error.without_position().at(place(inner as usize) as Pos),
        None => error,
    }
}

/// What a string constant says.
fn string_value(text: &str) -> Option<String> {
    let query = parse_query(&format!("select {text}")).ok()?;
    let QueryBody::Select(select) = query.body else { return None };
    match &select.items.first()?.expr.kind {
        crate::ast::ExprKind::Literal(crate::ast::Literal::String(value)) => Some(value.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Vec<PlStatement> {
        parse_block(&format!("begin {text} end;"), Mode::Atomic).unwrap_or_else(|error| panic!("{text}: {error}")).body
    }

    #[test]
    fn statements_are_told_apart() {
        let kinds = body(
            "a := 1; b.c = case when x then 1 else 2 end; select into r * from t; select x, y into a, b from t; \
             insert into t values (a); if a > 1 then null; elsif a = 2 then return; else raise info 'x %', a; end if; \
             for i in 1..10 loop exit when i = 3; end loop; for r in select * from t loop null; end loop; \
             execute 'select 1' into a; perform f(a); commit; get diagnostics a := row_count;",
        );
        assert_eq!(kinds.len(), 12);
        assert!(matches!(&kinds[0].kind, PlStatementKind::Assign { target, .. } if target == &["a"]));
        assert!(matches!(&kinds[2].kind, PlStatementKind::Sql { into, .. } if into == &[vec!["r".to_string()]]));
        assert!(
            matches!(&kinds[3].kind, PlStatementKind::Sql { into, text, .. } if into.len() == 2 && !text.contains("into"))
        );
        assert!(matches!(&kinds[4].kind, PlStatementKind::Sql { into, .. } if into.is_empty()));
        assert!(matches!(&kinds[6].kind, PlStatementKind::ForInteger { variable, .. } if variable == "i"));
        assert!(matches!(&kinds[7].kind, PlStatementKind::ForQuery { .. }));
    }

    #[test]
    fn ranges_are_found_beside_names_and_numbers() {
        for range in ["1..10", "a..b", "1..n", "n..10", "1 .. 10", "reverse 10..1", "f(1, 2)..g(3)"] {
            let kinds = body(&format!("for i in {range} loop null; end loop;"));
            assert!(matches!(&kinds[0].kind, PlStatementKind::ForInteger { .. }), "{range}");
        }
    }

    /// The error is at the word in brackets.
    #[test]
    fn errors_have_their_place() {
        for marked in [
            "begin [selct] 1; end",
            "begin a := 1 [2]; end",
            "begin if a [2] then null; end if; end",
            "begin select a b [c] into x from t; end",
            "begin select a into x from [where] b; end",
            "begin for i in 1..2 [3] loop null; end loop; end",
            "begin for r in select[ ]loop null; end loop; end",
            "begin perform f(a) b [c]; end",
            "begin raise info '%', a [2]; end",
            "declare x [varchar](70000); begin end",
            "begin null; [foo] end",
        ] {
            let (before, _) = marked.split_once('[').expect("a mark");
            let error = parse_block(&marked.replace(['[', ']'], ""), Mode::Atomic).expect_err(marked);
            assert_eq!(error.position(), Some(before.len() as u32), "{marked}: {error}");
        }
    }

    /// As the guide counts them: "Trapping errors", "Managing transactions".
    #[test]
    fn lines_count_from_the_first_that_is_written_on() {
        for text in [
            "begin\n  a := 1;\n  execute 'x';\nend",
            "\nbegin\n  a := 1;\n  execute 'x';\nend",
            "\r\nbegin\r\na := 1;\r\nexecute 'x'; end",
        ] {
            let block = parse_block(text, Mode::Atomic).unwrap();
            assert_eq!(block.body.iter().map(|statement| statement.line).collect::<Vec<_>>(), [2, 3], "{text}");
        }
    }

    #[test]
    fn handlers_go_on_where_they_say() {
        let handled =
            |words: &str, mode| parse_block(&format!("begin null; exception {words} when others then null; end"), mode);
        let resumes = |words| handled(words, Mode::Nonatomic).unwrap().handler.unwrap().resumes;
        assert_eq!(resumes("CONTINUE_HANDLER"), Resumes::BehindStatement);
        assert_eq!(resumes("exit_handler"), Resumes::BehindBlock);
        assert_eq!(resumes(""), Resumes::BehindBlock);
        assert_eq!(handled("continue_handler", Mode::Atomic).unwrap_err().sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
        assert!(handled("", Mode::Atomic).is_ok());
    }

    #[test]
    fn there_is_an_end_to_variables() {
        let declared = |count: usize| {
            let text: String = (0..count).map(|number| format!("v{number} int; ")).collect();
            parse_block(&format!("declare {text} begin end"), Mode::Atomic)
        };
        assert!(declared(MOST_VARIABLES).is_ok());
        assert_eq!(declared(MOST_VARIABLES + 1).unwrap_err().sqlstate(), SqlState::PROGRAM_LIMIT_EXCEEDED);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, message) in [
            ("begin a := 1 end", "syntax error at or near \"end\""),
            ("begin if a then end;", "syntax error at or near \";\""),
            ("begin null;", "syntax error at end of input"),
            ("begin exception when division_by_zero then null; end", "OTHERS is the only condition"),
        ] {
            let error = parse_block(text, Mode::Atomic).expect_err(text);
            assert!(error.message().contains(message) || error.message().contains("syntax error"), "{text}: {error}");
        }
    }
}
