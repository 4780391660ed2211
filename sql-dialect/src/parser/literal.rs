//! Operands that begin with a word: constants, names, calls, and the functions that have a syntax of their own.

use super::Parser;
use crate::{
    ast::{
        CastSafety, Expr, ExprKind, FunctionCall, IntervalField, Literal, NullTreatment, OrderByItem, Parentheses,
        TrimSide,
    },
    error::{Pos, Result},
    lexer::TokenKind,
    names::{Ident, ObjectName},
    reserved::is_reserved,
};

impl Parser<'_> {
    pub(super) fn word_operand(&mut self) -> Result<Expr> {
        let pos = self.pos();
        let word = self.folded_word();
        if self.peek_at(1).kind == TokenKind::LeftParen && self.begins_special_call(&word) {
            return self.special_call(&word);
        }
        if self.begins_typed_literal(&word)
            && let Some(typed) = self.typed_literal(&word)?
        {
            return Ok(typed);
        }
        let literal = match word.as_str() {
            "null" => Literal::Null,
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "default" => {
                self.advance();
                return self.leaf(ExprKind::Default, pos);
            }
            "case" => return self.case(),
            "array" if self.peek_at(1).kind == TokenKind::LeftBracket => {
                self.advance();
                return self.array_tail(pos);
            }
            "prior" if self.in_connect_by && self.begins_ident(1) => {
                self.advance();
                let operand = self.name_operand()?;
                return self.grown(ExprKind::Prior(Box::new(operand)), pos);
            }
            "approximate" if self.peek_at(2).kind == TokenKind::LeftParen => return self.approximate(),
            // "Do not use trailing parentheses when calling CURRENT_USER" ("CURRENT_USER").
            "current_user" if self.peek_at(1).kind == TokenKind::LeftParen => {
                self.advance();
                return Err(self.unexpected());
            }
            _ if is_call_without_parentheses(&word) => return self.bare_call(),
            _ => return self.name_operand(),
        };
        self.advance();
        self.leaf(ExprKind::Literal(literal), pos)
    }

    // ---- Names and calls

    /// `a`, `t.a`, `t.*`, `f(...)`, `s.f(...)`
    pub(super) fn name_operand(&mut self) -> Result<Expr> {
        let pos = self.pos();
        let first = self.operand_ident()?;
        let mut parts = vec![first];
        while self.eat(TokenKind::Dot) {
            if self.eat(TokenKind::Star) {
                let qualifier = Some(ObjectName(parts));
                return self.leaf(ExprKind::Wildcard { qualifier, exclude: Vec::new() }, pos);
            }
            parts.push(self.label()?);
        }
        let name = ObjectName(parts);
        if self.is(TokenKind::LeftParen) && !self.is_outer_join_mark() {
            self.call_tail(name)
        } else {
            self.leaf(ExprKind::Column(name), pos)
        }
    }

    /// The first part of a name in an expression. OID is reserved and yet the name of a column of the catalog; some
    /// reserved words are names of functions.
    fn operand_ident(&mut self) -> Result<Ident> {
        let word = self.folded_word();
        let called = self.peek_at(1).kind == TokenKind::LeftParen;
        let is_function =
            called && matches!(word.as_str(), "left" | "right" | "collate" | "identity" | "isnull" | "unnest");
        // The guide's examples of unnesting call a column ARRAY; amazon-redshift-utils asks STV_TBL_PERM for BACKUP.
        let is_column = matches!(word.as_str(), "oid" | "array" | "backup");
        if is_column || is_function { self.label() } else { self.ident() }
    }

    /// `CURRENT_DATE` and its like.
    fn bare_call(&mut self) -> Result<Expr> {
        let name = self.label()?;
        let pos = name.pos;
        let mut call = empty_call(ObjectName(vec![name]));
        call.parentheses = Parentheses::Omitted;
        // `CURRENT_TIMESTAMP(6)`, `CURRENT_USER()`
        if self.is(TokenKind::LeftParen) {
            return self.call_tail(call.name);
        }
        self.leaf(ExprKind::Function(call), pos)
    }

    /// `APPROXIMATE f(...)`
    fn approximate(&mut self) -> Result<Expr> {
        let pos = self.advance().start;
        let mut call = self.name_operand()?;
        match &mut call.kind {
            ExprKind::Function(function) => function.approximate = true,
            _ => return Err(self.unexpected()),
        }
        call.pos = pos;
        Ok(call)
    }

    /// `(args) ...` behind the name of a function.
    pub(super) fn call_tail(&mut self, name: ObjectName) -> Result<Expr> {
        let pos = name.pos();
        let mut call = empty_call(name);
        self.expect(TokenKind::LeftParen)?;
        if matches!(call.name.0.as_slice(), [name] if name.value == "object_transform") {
            return self.object_transform(pos);
        }
        call.distinct = self.eat_word("distinct");
        if !call.distinct {
            self.eat_word("all");
        }
        if !self.is(TokenKind::RightParen) {
            self.arguments(&mut call.args)?;
            call.nulls = self.null_treatment();
            if self.is_word("order") {
                return Err(self.newer(0, "Use LISTAGG(...) WITHIN GROUP (ORDER BY ...)."));
            }
        }
        self.expect(TokenKind::RightParen)?;
        self.call_suffix(&mut call)?;
        self.grown(ExprKind::Function(call), pos)
    }

    /// `input [KEEP path, ...] [SET path, value, ...])`, behind `OBJECT_TRANSFORM(`.
    fn object_transform(&mut self, pos: Pos) -> Result<Expr> {
        let input = Box::new(self.expr()?);
        let keep = if self.eat_word("keep") { self.comma_list(Self::expr)? } else { Vec::new() };
        let set = if self.eat_word("set") {
            self.comma_list(|parser| {
                let path = parser.expr()?;
                parser.expect(TokenKind::Comma)?;
                Ok((path, parser.expr()?))
            })?
        } else {
            Vec::new()
        };
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::ObjectTransform { input, keep, set }, pos)
    }

    fn arguments(&mut self, args: &mut Vec<Expr>) -> Result<()> {
        loop {
            let argument = self.argument()?;
            args.push(argument);
            if !self.eat(TokenKind::Comma) {
                return Ok(());
            }
        }
    }

    /// What may stand behind the parentheses of a call.
    fn call_suffix(&mut self, call: &mut FunctionCall) -> Result<()> {
        if self.are_words(&["within", "group"]) && self.peek_at(2).kind == TokenKind::LeftParen {
            self.at += 3;
            call.within_group = self.order_by()?;
            self.expect(TokenKind::RightParen)?;
        }
        if self.is_word("filter") && self.peek_at(1).kind == TokenKind::LeftParen && self.word_at(2, "where") {
            let hint = "There is no FILTER: aggregate a CASE expression, sum(CASE WHEN condition THEN value END).";
            return Err(self.newer(1, hint));
        }
        if call.nulls.is_none() {
            call.nulls = self.null_treatment();
        }
        if self.is_word("over") && (self.peek_at(1).kind == TokenKind::LeftParen || self.begins_ident(1)) {
            self.advance();
            call.over = Some(self.over()?);
        }
        Ok(())
    }

    fn argument(&mut self) -> Result<Expr> {
        if self.is(TokenKind::Star) {
            let pos = self.advance().start;
            return self.leaf(ExprKind::Wildcard { qualifier: None, exclude: Vec::new() }, pos);
        }
        self.expr()
    }

    fn null_treatment(&mut self) -> Option<NullTreatment> {
        if self.eat_words(&["ignore", "nulls"]) {
            Some(NullTreatment::Ignore)
        } else if self.eat_words(&["respect", "nulls"]) {
            Some(NullTreatment::Respect)
        } else {
            None
        }
    }

    /// `ORDER BY ...` or nothing.
    pub(super) fn optional_order_by(&mut self) -> Result<Vec<OrderByItem>> {
        if self.is_word("order") { self.order_by() } else { Ok(Vec::new()) }
    }

    // ---- Functions with a syntax of their own

    /// Does this word, with the parenthesis behind it, begin such a call?
    fn begins_special_call(&mut self, word: &str) -> bool {
        match word {
            "cast" | "try_cast" | "exists" | "extract" | "position" | "substring" | "trim" | "array" | "row" => true,
            "convert" => self.begins_type_and_comma(),
            _ => false,
        }
    }

    fn special_call(&mut self, word: &str) -> Result<Expr> {
        let pos = self.advance().start;
        match word {
            "exists" => return self.exists_tail(pos),
            "array" => return self.array_tail(pos),
            _ => self.advance(),
        };
        match word {
            "cast" => self.cast_tail(CastSafety::Error, pos),
            "try_cast" => self.cast_tail(CastSafety::Null, pos),
            "convert" => self.convert_tail(pos),
            "extract" => self.extract_tail(pos),
            "position" => self.position_tail(pos),
            "substring" => self.substring_tail(pos),
            "trim" => self.trim_tail(pos),
            _ => self.row_tail(pos),
        }
    }

    fn exists_tail(&mut self, pos: Pos) -> Result<Expr> {
        let query = self.paren_query()?;
        self.grown(ExprKind::Exists { negated: false, query }, pos)
    }

    fn row_tail(&mut self, pos: Pos) -> Result<Expr> {
        let items = if self.is(TokenKind::RightParen) { Vec::new() } else { self.comma_list(Self::expr)? };
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Row(items), pos)
    }

    /// `expr AS type)`
    fn cast_tail(&mut self, safety: CastSafety, pos: Pos) -> Result<Expr> {
        let expr = Box::new(self.expr()?);
        self.expect_word("as")?;
        let (ty, length) = self.cast_type()?;
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Cast { expr, ty, safety, length }, pos)
    }

    /// Do a type and a comma stand behind `CONVERT(`?
    fn begins_type_and_comma(&mut self) -> bool {
        let start = self.at;
        self.at += 2;
        let found = self.data_type().is_ok() && self.is(TokenKind::Comma);
        self.at = start;
        found
    }

    /// `type, expr)`
    fn convert_tail(&mut self, pos: Pos) -> Result<Expr> {
        let (ty, length) = self.cast_type()?;
        self.expect(TokenKind::Comma)?;
        let expr = Box::new(self.expr()?);
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Cast { expr, ty, safety: CastSafety::Error, length }, pos)
    }

    /// `part FROM expr)`
    fn extract_tail(&mut self, pos: Pos) -> Result<Expr> {
        let part = if self.begins_string(0) { self.string()?.to_lowercase() } else { self.label()?.value };
        self.expect_word("from")?;
        let expr = Box::new(self.expr()?);
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Extract { part, expr }, pos)
    }

    /// `needle IN haystack)`
    fn position_tail(&mut self, pos: Pos) -> Result<Expr> {
        let needle = Box::new(self.expr_above(crate::precedence::OPERATOR)?);
        self.expect_word("in")?;
        let haystack = Box::new(self.expr_above(crate::precedence::OPERATOR)?);
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Position { needle, haystack }, pos)
    }

    /// `expr FROM start [FOR length])`, `expr FOR length [FROM start])`, or the arguments of an ordinary call.
    fn substring_tail(&mut self, pos: Pos) -> Result<Expr> {
        let value = self.expr()?;
        let (mut from, mut length) = (None, None);
        loop {
            if from.is_none() && self.eat_word("from") {
                from = Some(Box::new(self.expr()?));
            } else if length.is_none() && self.eat_word("for") {
                length = Some(Box::new(self.expr()?));
            } else {
                break;
            }
        }
        if from.is_none() && length.is_none() {
            return self.plain_call_tail("substring", value, pos);
        }
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Substring { expr: Box::new(value), from, length }, pos)
    }

    /// `[side] [characters] FROM expr)`, `expr)`, or the arguments of an ordinary call.
    fn trim_tail(&mut self, pos: Pos) -> Result<Expr> {
        let named_side = match self.folded_word().as_str() {
            "both" => Some(TrimSide::Both),
            "leading" => Some(TrimSide::Leading),
            "trailing" => Some(TrimSide::Trailing),
            _ => None,
        };
        if named_side.is_some() {
            self.advance();
        }
        let side = named_side.unwrap_or(TrimSide::Both);
        let first = if self.is_word("from") { None } else { Some(self.expr()?) };
        let (characters, expr) = if self.eat_word("from") {
            (first.map(Box::new), self.expr()?)
        } else {
            match first {
                Some(value) if named_side.is_none() && self.is(TokenKind::Comma) => {
                    return self.plain_call_tail("trim", value, pos);
                }
                Some(value) => (None, value),
                None => return Err(self.unexpected()),
            }
        };
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Trim { side, characters, expr: Box::new(expr) }, pos)
    }

    /// `[, args])` of a call whose first argument is known already.
    fn plain_call_tail(&mut self, name: &str, first: Expr, pos: Pos) -> Result<Expr> {
        let mut call =
            empty_call(ObjectName(vec![Ident { value: name.to_owned(), quoted: false, written: None, pos }]));
        call.args.push(first);
        while self.eat(TokenKind::Comma) {
            call.args.push(self.expr()?);
        }
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Function(call), pos)
    }

    fn case(&mut self) -> Result<Expr> {
        let pos = self.advance().start;
        let operand = if self.is_word("when") { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while self.eat_word("when") {
            let condition = self.expr()?;
            self.expect_word("then")?;
            branches.push((condition, self.expr()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.eat_word("else") { Some(Box::new(self.expr()?)) } else { None };
        self.expect_word("end")?;
        self.grown(ExprKind::Case { operand, branches, otherwise }, pos)
    }

    // ---- Constants with a type

    /// May this word begin a constant with a type?
    fn begins_typed_literal(&self, word: &str) -> bool {
        let next = self.peek_at(1).kind;
        match word {
            "interval" => self.begins_string(1) || next == TokenKind::LeftParen,
            "pg_catalog" if next == TokenKind::Dot => true,
            _ if is_reserved(word) && word != "timestamp" && word != "oid" => false,
            _ => self.begins_string(1) || begins_long_type(word, next),
        }
    }

    /// `DATE '2020-01-01'`, `INTERVAL '1' DAY`, `timestamp with time zone '...'`; none where this is no such constant.
    fn typed_literal(&mut self, word: &str) -> Result<Option<Expr>> {
        let pos = self.pos();
        if word == "interval" {
            self.advance();
            return self.interval_literal(pos).map(Some);
        }
        let start = self.at;
        match self.cast_type() {
            Ok((ty, length)) if self.begins_string(0) => {
                let text_pos = self.pos();
                let value = self.string()?;
                let expr = Box::new(self.leaf(ExprKind::Literal(Literal::String(value)), text_pos)?);
                let kind = ExprKind::Cast { expr, ty, safety: CastSafety::Error, length };
                self.grown(kind, pos).map(Some)
            }
            _ => {
                self.at = start;
                Ok(None)
            }
        }
    }

    /// `'text' [qualifier]`, behind INTERVAL.
    fn interval_literal(&mut self, pos: Pos) -> Result<Expr> {
        let mut precision = None;
        if self.eat(TokenKind::LeftParen) {
            precision = Some(self.unsigned::<u8>()?);
            self.expect(TokenKind::RightParen)?;
        }
        let value = self.string()?;
        let mut qualifier = self.interval_qualifier()?;
        // A precision says how many digits the seconds have; without seconds it says nothing.
        if let Some(qualifier) = &mut qualifier
            && qualifier.to.unwrap_or(qualifier.from) == IntervalField::Second
        {
            qualifier.precision = qualifier.precision.or(precision);
        }
        self.leaf(ExprKind::Literal(Literal::Interval { value, qualifier }), pos)
    }
}

/// Can this word, with this token behind it, begin a type of several words or one with a length?
fn begins_long_type(word: &str, next: TokenKind) -> bool {
    match next {
        TokenKind::Word => matches!(word, "double" | "character" | "national" | "char" | "time" | "timestamp"),
        TokenKind::LeftParen => {
            matches!(
                word,
                "character" | "char" | "varchar" | "nchar" | "nvarchar" | "bpchar" | "numeric" | "decimal" | "float"
            )
        }
        _ => false,
    }
}

fn empty_call(name: ObjectName) -> Box<FunctionCall> {
    Box::new(FunctionCall {
        name,
        args: Vec::new(),
        parentheses: Parentheses::Written,
        distinct: false,
        approximate: false,
        within_group: Vec::new(),
        nulls: None,
        over: None,
    })
}

/// Functions that are called without parentheses: reserved words, all of them.
fn is_call_without_parentheses(word: &str) -> bool {
    matches!(
        word,
        "current_date"
            | "current_time"
            | "current_timestamp"
            | "current_user"
            | "current_user_id"
            | "localtime"
            | "localtimestamp"
            | "session_user"
            | "sysdate"
            | "user"
    )
}
