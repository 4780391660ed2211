//! Expressions, by precedence climbing over the levels of [`crate::precedence`].

use super::{Parser, fold_chain, name_index};
use crate::{
    ast::{
        ArraySyntax, BinaryOp, CastSafety, Expr, ExprKind, IsTest, LikeKind, Link, Literal, PathStep, Quantifier,
        UnaryOp,
    },
    error::{Error, Pos, Result, SqlState},
    lexer::{Token, TokenKind, UnknownEscape, string_value},
    precedence::*,
};

/// How many links of a chain count as one level of the tree.
const LINKS_IN_A_LEVEL: u32 = 5;

/// An operator behind an expression.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    /// `OPERATOR(schema.op)`
    Qualified(BinaryOp),
    Like(LikeKind, Negated),
    /// `~~` and its relatives
    LikeOperator(LikeKind, Negated),
    Between(Negated),
    In(Negated),
    Is,
    IsNull,
    NotNull,
    AtTimeZone,
    Collate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Negated {
    Yes,
    No,
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.expr_above(OR)
    }

    /// An expression of operators that bind at least this tightly.
    pub(super) fn expr_above(&mut self, least: Level) -> Result<Expr> {
        let entered = self.enter()?;
        let mut left = self.prefix()?;
        // The level of a non-associative operator that was just taken: `a < b < c` is an error.
        let mut barred = None;
        while let Some((infix, level)) = self.infix() {
            if level < least {
                break;
            }
            if barred == Some(level) {
                return Err(self.unexpected());
            }
            left = self.infix_tail(left, infix, level)?;
            barred = is_non_associative(level).then_some(level);
        }
        self.leave(entered);
        Ok(left)
    }

    // ---- Before an operand

    fn prefix(&mut self) -> Result<Expr> {
        let token = self.peek();
        let op = match token.kind {
            TokenKind::Minus => UnaryOp::Minus,
            TokenKind::Plus => UnaryOp::Plus,
            TokenKind::Tilde => UnaryOp::BitNot,
            TokenKind::At => UnaryOp::Abs,
            TokenKind::SquareRoot => UnaryOp::SquareRoot,
            TokenKind::CubeRoot => UnaryOp::CubeRoot,
            TokenKind::Word if self.is_word("not") => UnaryOp::Not,
            _ => return self.postfixed(),
        };
        self.advance();
        self.unary(op, token.start)
    }

    fn unary(&mut self, op: UnaryOp, pos: Pos) -> Result<Expr> {
        let operand = self.expr_above(operand_level(op))?;
        self.grow()?;
        let kind = match operand.kind {
            ExprKind::Exists { negated, query } if op == UnaryOp::Not => ExprKind::Exists { negated: !negated, query },
            other => ExprKind::Unary { op, expr: Box::new(Expr { kind: other, pos: operand.pos }) },
        };
        Ok(Expr { kind, pos })
    }

    // ---- Behind an operand

    /// The operator that stands here, without taking it.
    fn infix(&self) -> Option<(Infix, Level)> {
        use BinaryOp::*;
        use Negated::{No, Yes};
        let op = match self.kind() {
            TokenKind::Eq => Eq,
            TokenKind::Lt => Lt,
            TokenKind::Gt => Gt,
            TokenKind::LtEq => LtEq,
            TokenKind::GtEq => GtEq,
            TokenKind::NotEq => NotEq,
            TokenKind::Concat => Concat,
            TokenKind::Tilde => Match,
            TokenKind::TildeStar => MatchInsensitive,
            TokenKind::NotTilde => NotMatch,
            TokenKind::NotTildeStar => NotMatchInsensitive,
            TokenKind::LikeOp => return Some((Infix::LikeOperator(LikeKind::Like, No), OPERATOR)),
            TokenKind::NotLikeOp => return Some((Infix::LikeOperator(LikeKind::Like, Yes), OPERATOR)),
            TokenKind::ILikeOp => return Some((Infix::LikeOperator(LikeKind::ILike, No), OPERATOR)),
            TokenKind::NotILikeOp => return Some((Infix::LikeOperator(LikeKind::ILike, Yes), OPERATOR)),
            TokenKind::Ampersand => BitAnd,
            TokenKind::Pipe => BitOr,
            TokenKind::Hash => BitXor,
            TokenKind::ShiftLeft => ShiftLeft,
            TokenKind::ShiftRight => ShiftRight,
            TokenKind::Plus => Plus,
            TokenKind::Minus => Minus,
            TokenKind::Star => Multiply,
            TokenKind::Slash => Divide,
            TokenKind::Percent => Modulo,
            TokenKind::Caret => Power,
            TokenKind::Word => return self.infix_word(),
            _ => return None,
        };
        Some((Infix::Binary(op), binary_level(op)))
    }

    fn infix_word(&self) -> Option<(Infix, Level)> {
        use Negated::{No, Yes};
        let found = match self.folded_word().as_str() {
            "or" => (Infix::Binary(BinaryOp::Or), OR),
            "and" => (Infix::Binary(BinaryOp::And), AND),
            "like" => (Infix::Like(LikeKind::Like, No), LIKE),
            "ilike" => (Infix::Like(LikeKind::ILike, No), LIKE),
            "similar" if self.word_at(1, "to") => (Infix::Like(LikeKind::SimilarTo, No), LIKE),
            "between" => (Infix::Between(No), BETWEEN),
            "in" => (Infix::In(No), IN),
            "not" if self.word_at(1, "like") => (Infix::Like(LikeKind::Like, Yes), NOT),
            "not" if self.word_at(1, "ilike") => (Infix::Like(LikeKind::ILike, Yes), NOT),
            "not" if self.word_at(1, "similar") => (Infix::Like(LikeKind::SimilarTo, Yes), NOT),
            "not" if self.word_at(1, "between") => (Infix::Between(Yes), NOT),
            "not" if self.word_at(1, "in") => (Infix::In(Yes), NOT),
            "is" => (Infix::Is, IS),
            "isnull" => (Infix::IsNull, IS_NULL),
            "notnull" => (Infix::NotNull, NOT_NULL),
            "overlaps" => (Infix::Binary(BinaryOp::Overlaps), OVERLAPS),
            "at" if self.are_words(&["at", "time", "zone"]) => (Infix::AtTimeZone, AT_TIME_ZONE),
            "collate" if !self.in_default => (Infix::Collate, COLLATE),
            "operator" => (Infix::Qualified(self.qualified_operator()?), OPERATOR),
            _ => return None,
        };
        Some(found)
    }

    fn infix_tail(&mut self, left: Expr, infix: Infix, level: Level) -> Result<Expr> {
        let pos = self.pos();
        match infix {
            Infix::Binary(op @ (BinaryOp::And | BinaryOp::Or | BinaryOp::Concat)) => self.chain(left, op, level),
            Infix::Binary(_) if makes_links(level) => self.links(left, level),
            Infix::Binary(op) => {
                self.advance();
                self.binary_tail(left, op, level, pos)
            }
            Infix::Qualified(op) => {
                while !self.eat(TokenKind::RightParen) {
                    self.advance();
                }
                self.binary_tail(left, op, level, pos)
            }
            Infix::Like(kind, negated) => {
                self.at += usize::from(negated == Negated::Yes) + 1 + usize::from(kind == LikeKind::SimilarTo);
                self.like_tail(left, (kind, negated), LIKE + 1, pos)
            }
            Infix::LikeOperator(kind, negated) => {
                self.advance();
                self.like_tail(left, (kind, negated), OPERATOR + 1, pos)
            }
            Infix::Between(negated) => {
                self.at += usize::from(negated == Negated::Yes) + 1;
                self.between_tail(left, negated, pos)
            }
            Infix::In(negated) => {
                self.at += usize::from(negated == Negated::Yes) + 1;
                self.in_tail(left, negated, pos)
            }
            Infix::Is | Infix::IsNull | Infix::NotNull => self.is_tail(left, infix, pos),
            Infix::AtTimeZone => {
                self.at += 3;
                let zone = Box::new(self.expr_above(AT_TIME_ZONE + 1)?);
                self.grown(ExprKind::AtTimeZone { expr: Box::new(left), zone }, pos)
            }
            Infix::Collate => {
                self.advance();
                let collation = self.collation()?;
                self.grown(ExprKind::Collate { expr: Box::new(left), collation }, pos)
            }
        }
    }

    /// A node over what was just parsed.
    pub(super) fn grown(&mut self, kind: ExprKind, pos: Pos) -> Result<Expr> {
        self.grow()?;
        Ok(Expr { kind, pos })
    }

    fn binary_tail(&mut self, left: Expr, op: BinaryOp, level: Level, pos: Pos) -> Result<Expr> {
        let quantifier = match self.folded_word().as_str() {
            "any" | "some" if self.peek_at(1).kind == TokenKind::LeftParen => Some(Quantifier::Any),
            "all" if self.peek_at(1).kind == TokenKind::LeftParen => Some(Quantifier::All),
            _ => None,
        };
        if let Some(quantifier) = quantifier {
            self.advance();
            return self.quantified_tail(left, op, quantifier, pos);
        }
        // `=` alone is right-associative.
        let right = self.expr_above(if level == EQUAL { level } else { level + 1 })?;
        self.grown(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, pos)
    }

    fn quantified_tail(&mut self, left: Expr, op: BinaryOp, quantifier: Quantifier, pos: Pos) -> Result<Expr> {
        let expr = Box::new(left);
        let kind = if self.paren_holds_query() {
            let query = self.paren_query()?;
            ExprKind::QuantifiedQuery { expr, op, quantifier, query }
        } else {
            self.expect(TokenKind::LeftParen)?;
            let array = Box::new(self.expr()?);
            self.expect(TokenKind::RightParen)?;
            ExprKind::QuantifiedArray { expr, op, quantifier, array }
        };
        self.grown(kind, pos)
    }

    /// `a AND b AND c ...`: all operands first, then the tree.
    fn chain(&mut self, first: Expr, op: BinaryOp, level: Level) -> Result<Expr> {
        let is_op = |parser: &Self| matches!(parser.infix(), Some((Infix::Binary(next), _)) if next == op);
        let mut rest = Vec::new();
        while is_op(self) {
            let pos = self.advance().start;
            rest.push((pos, self.expr_above(level + 1)?));
        }
        let join = |pos, left, right| Expr {
            kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) },
            pos,
        };
        let (tree, levels) = fold_chain(first, rest, &join);
        self.grow_by(levels)?;
        Ok(tree)
    }

    /// `a + b - c ...`: all operators of a level first, then a tree leaning to the left, or a flat chain where that would
    /// be high.
    fn links(&mut self, first: Expr, level: Level) -> Result<Expr> {
        let mut rest = Vec::new();
        while let Some((Infix::Binary(op), found)) = self.infix()
            && found == level
        {
            let quantified = self.are_quantified(1);
            if quantified && rest.is_empty() {
                let pos = self.advance().start;
                return self.binary_tail(first, op, level, pos);
            }
            if quantified {
                break;
            }
            let pos = self.advance().start;
            rest.push(Link { op, pos, operand: self.expr_above(level + 1)? });
        }
        self.linked(first, rest, level)
    }

    /// Parentheses around the beginning of a chain change nothing, so what is in them becomes a part of it.
    fn linked(&mut self, first: Expr, behind: Vec<Link>, level: Level) -> Result<Expr> {
        let added = behind.len() as u32;
        let (first, mut rest) = unlinked(first, level);
        rest.extend(behind);
        if rest.len() < LEFT_DEEP {
            self.grow_by(added)?;
            return Ok(rest.into_iter().fold(first, |left, Link { op, pos, operand }| Expr {
                kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(operand) },
                pos,
            }));
        }
        // Whoever computes it makes a tree of it again, on a stack that is larger than a parser's.
        self.grow_by(added.div_ceil(LINKS_IN_A_LEVEL))?;
        // What an error about the whole names is the last operator, as in a tree.
        let pos = rest.last().map_or(first.pos, |link| link.pos);
        self.grown(ExprKind::Chain { first: Box::new(first), rest }, pos)
    }

    /// Does `ANY (`, `SOME (` or `ALL (` stand so many tokens ahead?
    fn are_quantified(&self, ahead: usize) -> bool {
        ["any", "some", "all"].iter().any(|word| self.word_at(ahead, word))
            && self.peek_at(ahead + 1).kind == TokenKind::LeftParen
    }

    fn like_tail(&mut self, left: Expr, like: (LikeKind, Negated), level: Level, pos: Pos) -> Result<Expr> {
        let (kind, negated) = like;
        let pattern = Box::new(self.expr_above(level)?);
        let escape = if self.eat_word("escape") { Some(Box::new(self.expr_above(ESCAPE + 1)?)) } else { None };
        let negated = negated == Negated::Yes;
        self.grown(ExprKind::Like { kind, negated, expr: Box::new(left), pattern, escape }, pos)
    }

    fn between_tail(&mut self, left: Expr, negated: Negated, pos: Pos) -> Result<Expr> {
        if self.is_word("symmetric") && !matches!(self.peek_at(1).kind, TokenKind::LeftParen | TokenKind::Dot) {
            return Err(self.newer(1, "There is no BETWEEN SYMMETRIC: write the lesser bound first."));
        }
        let low = Box::new(self.expr_above(IN + 1)?);
        self.expect_word("and")?;
        let high = Box::new(self.expr_above(IN + 1)?);
        let negated = negated == Negated::Yes;
        self.grown(ExprKind::Between { expr: Box::new(left), negated, low, high }, pos)
    }

    fn in_tail(&mut self, left: Expr, negated: Negated, pos: Pos) -> Result<Expr> {
        let expr = Box::new(left);
        let negated = negated == Negated::Yes;
        let kind = if self.paren_holds_query() {
            ExprKind::InQuery { expr, negated, query: self.paren_query()? }
        } else {
            ExprKind::InList { expr, negated, list: self.paren_list(Self::expr)? }
        };
        self.grown(kind, pos)
    }

    fn is_tail(&mut self, left: Expr, infix: Infix, pos: Pos) -> Result<Expr> {
        self.advance();
        let negated = match infix {
            Infix::IsNull => false,
            Infix::NotNull => true,
            _ => self.eat_word("not"),
        };
        let test = match (infix, self.folded_word().as_str()) {
            (Infix::IsNull | Infix::NotNull, _) => IsTest::Null,
            (_, "null") => IsTest::Null,
            (_, "true") => IsTest::True,
            (_, "false") => IsTest::False,
            (_, "unknown") => IsTest::Unknown,
            (_, "distinct") => {
                return Err(Error::unsupported("IS DISTINCT FROM is not supported")
                    .with_hint("Compare the values with = and test for NULL with IS NULL.")
                    .at(pos));
            }
            _ => return Err(self.unexpected()),
        };
        if matches!(infix, Infix::Is) {
            self.advance();
        }
        let mut tested = self.grown(ExprKind::Is { expr: Box::new(left), test, negated }, pos)?;
        // As in PostgreSQL's grammar, a cast behind the test is of its answer.
        while self.is(TokenKind::Cast) {
            let pos = self.pos();
            self.advance();
            let (ty, length) = self.cast_type()?;
            let safety = CastSafety::Error;
            tested = self.grown(ExprKind::Cast { expr: Box::new(tested), ty, safety, length }, pos)?;
        }
        Ok(tested)
    }

    /// The operator of `OPERATOR(schema.op)`, without taking it; none where these are other words.
    fn qualified_operator(&self) -> Option<BinaryOp> {
        use BinaryOp::*;
        let mut ahead = 1;
        if self.peek_at(ahead).kind != TokenKind::LeftParen {
            return None;
        }
        ahead += 1;
        while matches!(self.peek_at(ahead).kind, TokenKind::Word | TokenKind::QuotedIdent)
            && self.peek_at(ahead + 1).kind == TokenKind::Dot
        {
            ahead += 2;
        }
        let op = match self.peek_at(ahead).kind {
            TokenKind::Eq => Eq,
            TokenKind::NotEq => NotEq,
            TokenKind::Lt => Lt,
            TokenKind::LtEq => LtEq,
            TokenKind::Gt => Gt,
            TokenKind::GtEq => GtEq,
            TokenKind::Plus => Plus,
            TokenKind::Minus => Minus,
            TokenKind::Star => Multiply,
            TokenKind::Slash => Divide,
            TokenKind::Percent => Modulo,
            TokenKind::Caret => Power,
            TokenKind::Concat => Concat,
            TokenKind::Tilde => Match,
            TokenKind::TildeStar => MatchInsensitive,
            TokenKind::NotTilde => NotMatch,
            TokenKind::NotTildeStar => NotMatchInsensitive,
            _ => return None,
        };
        (self.peek_at(ahead + 1).kind == TokenKind::RightParen).then_some(op)
    }

    // ---- Operands

    /// `[index]` and `.field`, as many as there are.
    pub(super) fn path_steps(&mut self, mut expr: Expr) -> Result<Expr> {
        loop {
            let pos = self.pos();
            let step = if self.eat(TokenKind::LeftBracket) {
                let step = PathStep::Index(Box::new(self.expr()?));
                self.expect(TokenKind::RightBracket)?;
                step
            } else if self.eat(TokenKind::Dot) {
                PathStep::Field(self.label()?)
            } else {
                return Ok(expr);
            };
            expr = self.grown(ExprKind::Subscript { expr: Box::new(expr), step }, pos)?;
        }
    }

    /// An operand with its casts, subscripts, fields and `(+)`.
    pub(super) fn postfixed(&mut self) -> Result<Expr> {
        let mut expr = self.operand()?;
        loop {
            expr = self.path_steps(expr)?;
            let pos = self.pos();
            let kind = match self.kind() {
                TokenKind::Cast => {
                    self.advance();
                    let (ty, length) = self.cast_type()?;
                    ExprKind::Cast { expr: Box::new(expr), ty, safety: CastSafety::Error, length }
                }
                TokenKind::LeftParen if self.is_outer_join_mark() => {
                    self.at += 3;
                    ExprKind::OuterJoinMark(Box::new(expr))
                }
                _ => return Ok(expr),
            };
            expr = self.grown(kind, pos)?;
        }
    }

    /// Is this `(+)`?
    pub(super) fn is_outer_join_mark(&self) -> bool {
        self.is(TokenKind::LeftParen)
            && self.peek_at(1).kind == TokenKind::Plus
            && self.peek_at(2).kind == TokenKind::RightParen
    }

    fn operand(&mut self) -> Result<Expr> {
        let token = self.peek();
        match token.kind {
            TokenKind::Word => self.word_operand(),
            TokenKind::QuotedIdent | TokenKind::Hash => self.name_operand(),
            TokenKind::LeftParen => self.paren_operand(),
            TokenKind::Parameter => self.parameter(),
            _ => match self.literal(token)? {
                Some(literal) => self.leaf(ExprKind::Literal(literal), token.start),
                None => Err(self.unexpected()),
            },
        }
    }

    /// A node without branches.
    pub(super) fn leaf(&mut self, kind: ExprKind, pos: Pos) -> Result<Expr> {
        self.height = self.height.max(1);
        Ok(Expr { kind, pos })
    }

    /// Takes a constant that is one token.
    fn literal(&mut self, token: Token) -> Result<Option<Literal>> {
        let text = || self.token_text(token).to_owned();
        let literal = match token.kind {
            TokenKind::Integer => Literal::Integer(text()),
            TokenKind::Decimal => Literal::Decimal(text()),
            TokenKind::Float => Literal::Float(text()),
            _ if self.begins_string(0) => Literal::String(string_value(token, self.text, UnknownEscape::Drop)?),
            // There is no type of bits: they are for casts to integers ("H3_ToChildren" has `x'8001fffffffffff'::BIGINT`).
            TokenKind::HexString | TokenKind::BitString => {
                if self.peek_at(1).kind != TokenKind::Cast && !self.word_at(1, "as") {
                    return Err(Error::unsupported("bit string literals are not supported")
                        .with_hint("Cast them to INTEGER or BIGINT, or use FROM_HEX or TO_VARBYTE to make a VARBYTE.")
                        .at(token.start));
                }
                self.bits(token)?
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(literal))
    }

    /// `x'1f'`, `b'101'`
    fn bits(&self, token: Token) -> Result<Literal> {
        let hexadecimal = token.kind == TokenKind::HexString;
        let digits: String = self.token_text(token).chars().skip(2).take_while(|c| *c != '\'').collect();
        let (base, what) = if hexadecimal { (16, "hexadecimal") } else { (2, "binary") };
        match digits.chars().find(|digit| !digit.is_digit(base)) {
            Some(wrong) => {
                let message = format!("\"{wrong}\" is not a valid {what} digit");
                Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message).at(token.start))
            }
            None => Ok(Literal::Bits { hexadecimal, digits }),
        }
    }

    fn parameter(&mut self) -> Result<Expr> {
        let pos = self.pos();
        let number = self.parameter_number()?;
        self.leaf(ExprKind::Parameter(number), pos)
    }

    /// `$n`, or the name of one.
    pub(super) fn parameter_number(&mut self) -> Result<u16> {
        let token = self.expect(TokenKind::Parameter)?;
        if let Some(number) = name_index(self.token_text(token), self.names).and_then(|at| u16::try_from(at + 1).ok()) {
            self.parameters = self.parameters.max(number);
            return Ok(number);
        }
        let digits = &self.token_text(token)[1..];
        match digits.parse::<u16>() {
            Ok(number) if number > 0 => {
                self.parameters = self.parameters.max(number);
                Ok(number)
            }
            _ => {
                Err(Error::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${digits}"))
                    .at(token.start))
            }
        }
    }

    /// `(query)`, `(a)` or `(a, b)`
    fn paren_operand(&mut self) -> Result<Expr> {
        let pos = self.pos();
        if self.paren_holds_query() {
            let query = self.paren_query()?;
            return self.grown(ExprKind::ScalarQuery(query), pos);
        }
        self.advance();
        let first = self.expr()?;
        if self.eat(TokenKind::RightParen) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(TokenKind::Comma) {
            items.push(self.expr()?);
        }
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Row(items), pos)
    }

    /// `ARRAY[...]`, `ARRAY(query)` or `ARRAY(...)`, behind ARRAY.
    pub(super) fn array_tail(&mut self, pos: Pos) -> Result<Expr> {
        if self.is(TokenKind::LeftBracket) {
            return self.bracket_array(pos);
        }
        if self.paren_holds_query() {
            let query = self.paren_query()?;
            return self.grown(ExprKind::ArrayQuery(query), pos);
        }
        self.expect(TokenKind::LeftParen)?;
        let items = if self.is(TokenKind::RightParen) { Vec::new() } else { self.comma_list(Self::expr)? };
        self.expect(TokenKind::RightParen)?;
        self.grown(ExprKind::Array { items, constructor: ArraySyntax::Parentheses }, pos)
    }

    /// `[a, b]` behind ARRAY, or within such an array.
    fn bracket_array(&mut self, pos: Pos) -> Result<Expr> {
        self.expect(TokenKind::LeftBracket)?;
        let item = |parser: &mut Self| {
            let pos = parser.pos();
            if parser.is(TokenKind::LeftBracket) { parser.inner_array(pos) } else { parser.expr() }
        };
        let items = if self.is(TokenKind::RightBracket) { Vec::new() } else { self.comma_list(item)? };
        self.expect(TokenKind::RightBracket)?;
        self.grown(ExprKind::Array { items, constructor: ArraySyntax::Brackets }, pos)
    }

    fn inner_array(&mut self, pos: Pos) -> Result<Expr> {
        let entered = self.enter()?;
        let array = self.bracket_array(pos)?;
        self.leave(entered);
        Ok(array)
    }
}

/// The first operand of a chain of this level, and its links.
fn unlinked(mut first: Expr, level: Level) -> (Expr, Vec<Link>) {
    let mut links = Vec::new();
    loop {
        match first.kind {
            ExprKind::Binary { op, left, right } if binary_level(op) == level => {
                links.push(Link { op, pos: first.pos, operand: *right });
                first = *left;
            }
            ExprKind::Chain { first: inner, rest }
                if rest.first().is_some_and(|link| binary_level(link.op) == level) =>
            {
                links.extend(rest.into_iter().rev());
                first = *inner;
            }
            kind => {
                links.reverse();
                return (Expr { kind, pos: first.pos }, links);
            }
        }
    }
}
