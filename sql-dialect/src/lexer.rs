//! Text to tokens, as Postgres 8.0 cuts it.
//!
//! Tokens are cut one by one and hold only their kind and place; what a string or a quoted name says is worked out
//! when the parser takes it. An error of the lexer (an unterminated string) is a token too, so that it is reported in its
//! place among the errors of the parser, not before them.

use crate::error::{Error, Pos, Result, SqlState};

/// A token: what it is and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub start: Pos,
    pub end: Pos,
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A key word or an unquoted identifier.
    Word,
    QuotedIdent,
    /// `'...'`: backslash escapes.
    String,
    /// `E'...'`: backslash escapes, also `\xhh`.
    EscapeString,
    /// `N'...'`
    NationalString,
    /// `X'...'`
    HexString,
    /// `B'...'`
    BitString,
    /// `$tag$...$tag$`
    DollarString,
    Integer,
    Decimal,
    Float,
    /// `$n`
    Parameter,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Comma,
    Dot,
    Semicolon,
    Colon,
    /// `::`
    Cast,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    Concat,
    Ampersand,
    Pipe,
    Hash,
    ShiftLeft,
    ShiftRight,
    Tilde,
    TildeStar,
    NotTilde,
    NotTildeStar,
    /// `~~`, which is LIKE
    LikeOp,
    NotLikeOp,
    ILikeOp,
    NotILikeOp,
    At,
    SquareRoot,
    CubeRoot,
    /// An operator that Redshift does not have.
    OtherOperator,
    /// What no token begins with, or one that does not end.
    Bad(BadToken),
    /// The end of the text.
    End,
}

/// What is wrong with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadToken {
    Character,
    String,
    QuotedIdent,
    EmptyIdent,
    DollarString,
    HexString,
    BitString,
    Comment,
}

impl BadToken {
    fn complaint(self) -> &'static str {
        match self {
            BadToken::Character => "syntax error",
            BadToken::String => "unterminated quoted string",
            BadToken::QuotedIdent => "unterminated quoted identifier",
            BadToken::EmptyIdent => "zero-length delimited identifier",
            BadToken::DollarString => "unterminated dollar-quoted string",
            BadToken::HexString => "unterminated hexadecimal string literal",
            BadToken::BitString => "unterminated bit string literal",
            BadToken::Comment => "unterminated /* comment",
        }
    }

    /// The error for a bad token with this text.
    pub fn error(self, text: &str, pos: Pos) -> Error {
        Error::new(SqlState::SYNTAX_ERROR, format!("{} at or near \"{}\"", self.complaint(), shortened(text))).at(pos)
    }
}

/// Text of a token for a message: whole, unless it is very long.
pub(crate) fn shortened(text: &str) -> &str {
    const MOST: usize = 1_000;
    &text[..text.floor_char_boundary(MOST)]
}

/// Cuts a text into tokens.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Begins at this byte.
    pub fn new(text: &'a str, at: Pos) -> Self {
        Lexer { text, bytes: text.as_bytes(), at: at as usize }
    }

    /// Where the next token is looked for.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next token; [`TokenKind::End`] for ever at the end.
    pub fn next(&mut self) -> Token {
        if let Err(comment) = self.skip_blanks() {
            return self.token(TokenKind::Bad(BadToken::Comment), comment);
        }
        let start = self.at;
        let kind = self.cut();
        self.token(kind, start)
    }

    fn token(&self, kind: TokenKind, start: usize) -> Token {
        Token { kind, start: start as Pos, end: self.at as Pos }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Skips white space and comments; the error is where a comment begins that does not end.
    fn skip_blanks(&mut self) -> Result<(), usize> {
        loop {
            match self.byte(0) {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.byte(1) == b'-' => self.skip_line(),
                b'/' if self.byte(1) == b'*' => self.skip_comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Skips lines that are commands of psql, `\set x 1`, where a statement may begin.
    pub fn skip_psql_commands(&mut self) {
        loop {
            let start = self.at;
            if self.skip_blanks().is_err() {
                // A comment that does not end is an error of the statement that begins here.
                self.at = start;
                return;
            }
            if self.byte(0) != b'\\' {
                return;
            }
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && !matches!(self.bytes[self.at], b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) -> Result<(), usize> {
        let start = self.at;
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        Err(start)
    }

    fn cut(&mut self) -> TokenKind {
        let first = self.byte(0);
        match first {
            _ if self.at >= self.bytes.len() => TokenKind::End,
            b'\'' => self.quoted(TokenKind::String, BadToken::String, Backslash::Escapes),
            b'"' => self.quoted_ident(),
            b'e' | b'E' if self.byte(1) == b'\'' => {
                self.prefixed(TokenKind::EscapeString, BadToken::String, Backslash::Escapes)
            }
            b'n' | b'N' if self.byte(1) == b'\'' => {
                self.prefixed(TokenKind::NationalString, BadToken::String, Backslash::Escapes)
            }
            b'x' | b'X' if self.byte(1) == b'\'' => {
                self.prefixed(TokenKind::HexString, BadToken::HexString, Backslash::Plain)
            }
            b'b' | b'B' if self.byte(1) == b'\'' => {
                self.prefixed(TokenKind::BitString, BadToken::BitString, Backslash::Plain)
            }
            b'$' => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            _ if begins_word(first) => self.word(),
            _ => self.punctuation(first),
        }
    }

    fn word(&mut self) -> TokenKind {
        while self.at < self.bytes.len() && continues_word(self.bytes[self.at]) {
            self.at += 1;
        }
        TokenKind::Word
    }

    fn number(&mut self) -> TokenKind {
        let mut kind = TokenKind::Integer;
        self.digits();
        // `1..2` is no number with a point: the second point cannot follow.
        if self.byte(0) == b'.' && self.byte(1) != b'.' {
            kind = TokenKind::Decimal;
            self.at += 1;
            self.digits();
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                kind = TokenKind::Float;
                self.at += 1 + sign;
                self.digits();
            }
        }
        kind
    }

    fn digits(&mut self) {
        while self.byte(0).is_ascii_digit() {
            self.at += 1;
        }
    }

    fn prefixed(&mut self, kind: TokenKind, bad: BadToken, backslash: Backslash) -> TokenKind {
        self.at += 1;
        self.quoted(kind, bad, backslash)
    }

    /// A string from its quote on, with the pieces on the lines that follow.
    fn quoted(&mut self, kind: TokenKind, bad: BadToken, backslash: Backslash) -> TokenKind {
        loop {
            if !self.skip_quoted(b'\'', backslash) {
                return TokenKind::Bad(bad);
            }
            let end = self.at;
            if !self.continues_on_next_line() {
                self.at = end;
                return kind;
            }
        }
    }

    /// From an opening quote to behind the closing one; false where there is none.
    fn skip_quoted(&mut self, quote: u8, backslash: Backslash) -> bool {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'\\' if backslash == Backslash::Escapes => self.at += 2,
                byte if byte == quote && self.byte(1) == quote => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return true;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
        false
    }

    /// Do white space with a line break and another quote follow? Then the string goes on there.
    fn continues_on_next_line(&mut self) -> bool {
        let mut broken = false;
        loop {
            match self.byte(0) {
                b'\n' | b'\r' => {
                    broken = true;
                    self.at += 1;
                }
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.byte(1) == b'-' => self.skip_line(),
                b'\'' => return broken,
                _ => return false,
            }
        }
    }

    fn quoted_ident(&mut self) -> TokenKind {
        let start = self.at;
        if !self.skip_quoted(b'"', Backslash::Plain) {
            TokenKind::Bad(BadToken::QuotedIdent)
        } else if self.at == start + 2 {
            TokenKind::Bad(BadToken::EmptyIdent)
        } else {
            TokenKind::QuotedIdent
        }
    }

    /// `$1` or `$tag$...$tag$`
    fn dollar(&mut self) -> TokenKind {
        if self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits();
            return TokenKind::Parameter;
        }
        let start = self.at;
        let mut tag_end = self.at + 1;
        while self.bytes.get(tag_end).is_some_and(|&byte| byte != b'$' && continues_word(byte)) {
            tag_end += 1;
        }
        if self.bytes.get(tag_end) != Some(&b'$') {
            self.at += 1;
            return TokenKind::Bad(BadToken::Character);
        }
        let tag = &self.text[start..=tag_end];
        match self.text[tag_end + 1..].find(tag) {
            Some(length) => {
                self.at = tag_end + 1 + length + tag.len();
                TokenKind::DollarString
            }
            None => {
                self.at = self.bytes.len();
                TokenKind::Bad(BadToken::DollarString)
            }
        }
    }

    fn punctuation(&mut self, first: u8) -> TokenKind {
        let one = match first {
            b'(' => TokenKind::LeftParen,
            b')' => TokenKind::RightParen,
            b'[' => TokenKind::LeftBracket,
            b']' => TokenKind::RightBracket,
            b',' => TokenKind::Comma,
            b'.' => TokenKind::Dot,
            b';' => TokenKind::Semicolon,
            b':' if self.byte(1) == b':' => {
                self.at += 2;
                return TokenKind::Cast;
            }
            b':' => TokenKind::Colon,
            _ if is_operator(first) => return self.operator(),
            _ => TokenKind::Bad(BadToken::Character),
        };
        self.at += 1;
        one
    }

    /// The longest run of operator characters, less a comment's beginning, and less a sign at its end unless it has a
    /// character that no standard operator has: `=-1` is two tokens.
    fn operator(&mut self) -> TokenKind {
        let start = self.at;
        let mut end = start;
        while self.bytes.get(end).is_some_and(|&byte| is_operator(byte)) {
            if matches!(self.bytes.get(end..end + 2), Some(b"--" | b"/*")) && end > start {
                break;
            }
            end += 1;
        }
        let special = |byte: &u8| matches!(byte, b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'%');
        while end > start + 1
            && matches!(self.bytes[end - 1], b'+' | b'-')
            && !self.bytes[start..end - 1].iter().any(special)
        {
            end -= 1;
        }
        self.at = end;
        match &self.bytes[start..end] {
            b"+" => TokenKind::Plus,
            b"-" => TokenKind::Minus,
            b"*" => TokenKind::Star,
            b"/" => TokenKind::Slash,
            b"%" => TokenKind::Percent,
            b"^" => TokenKind::Caret,
            b"=" => TokenKind::Eq,
            b"<>" | b"!=" => TokenKind::NotEq,
            b"<" => TokenKind::Lt,
            b"<=" => TokenKind::LtEq,
            b">" => TokenKind::Gt,
            b">=" => TokenKind::GtEq,
            b"||" => TokenKind::Concat,
            b"&" => TokenKind::Ampersand,
            b"|" => TokenKind::Pipe,
            b"#" => TokenKind::Hash,
            b"<<" => TokenKind::ShiftLeft,
            b">>" => TokenKind::ShiftRight,
            b"~" => TokenKind::Tilde,
            b"~*" => TokenKind::TildeStar,
            b"!~" => TokenKind::NotTilde,
            b"!~*" => TokenKind::NotTildeStar,
            b"~~" => TokenKind::LikeOp,
            b"!~~" => TokenKind::NotLikeOp,
            b"~~*" => TokenKind::ILikeOp,
            b"!~~*" => TokenKind::NotILikeOp,
            b"@" => TokenKind::At,
            b"|/" => TokenKind::SquareRoot,
            b"||/" => TokenKind::CubeRoot,
            _ => TokenKind::OtherOperator,
        }
    }
}

/// Is a backslash in a string the beginning of an escape?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backslash {
    Escapes,
    Plain,
}

fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

/// What stands behind a backslash that begins no known escape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnknownEscape {
    /// The character alone stays: `\d` is `d`.
    Drop,
    /// The backslash stays too: `\N` is `\N`, as COPY takes its arguments.
    Keep,
}

/// What a string token says.
pub(crate) fn string_value(token: Token, text: &str, unknown: UnknownEscape) -> Result<String> {
    let raw = &text[token.start as usize..token.end as usize];
    match token.kind {
        TokenKind::DollarString => {
            let tag = raw[1..].find('$').unwrap_or(0) + 2;
            Ok(raw[tag..raw.len() - tag].to_owned())
        }
        TokenKind::EscapeString | TokenKind::NationalString => unquoted(&raw[1..], unknown, token),
        _ => unquoted(raw, unknown, token),
    }
}

/// Takes the quotes and escapes out of `'...'`, also where it is in several pieces.
fn unquoted(raw: &str, unknown: UnknownEscape, token: Token) -> Result<String> {
    let inside = &raw[1..raw.len() - 1];
    if !inside.contains(['\'', '\\']) {
        return Ok(inside.to_owned());
    }
    let bytes = raw.as_bytes();
    let mut value = Vec::with_capacity(bytes.len());
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => {
                value.push(b'\'');
                at += 2;
            }
            b'\'' => at = next_piece(bytes, at + 1),
            b'\\' => at = escape(bytes, at + 1, &mut value, (unknown, token.kind)),
            byte => {
                value.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(value).map_err(|error| {
        let wrong = &error.as_bytes()[error.utf8_error().valid_up_to()..];
        let shown: String = wrong.iter().take(1).map(|byte| format!("0x{byte:02x}")).collect();
        Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            format!("invalid byte sequence for encoding \"UTF8\": {shown}"),
        )
        .at(token.start)
    })
}

/// From behind a closing quote to behind the next opening one. What lies between are blanks and comments.
fn next_piece(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'\'' {
        if bytes[at..].starts_with(b"--") {
            while at < bytes.len() && !matches!(bytes[at], b'\n' | b'\r') {
                at += 1;
            }
        } else {
            at += 1;
        }
    }
    at + 1
}

/// One escape, from behind its backslash; gives where it ends.
fn escape(bytes: &[u8], at: usize, value: &mut Vec<u8>, (unknown, kind): (UnknownEscape, TokenKind)) -> usize {
    let Some(&byte) = bytes.get(at) else { return at };
    let simple = match byte {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'\\' | b'\'' => byte,
        b'0'..=b'7' => return number_escape(bytes, at, 3, 8, value),
        b'x' if kind == TokenKind::EscapeString && bytes.get(at + 1).is_some_and(u8::is_ascii_hexdigit) => {
            return number_escape(bytes, at + 1, 2, 16, value);
        }
        _ => {
            if unknown == UnknownEscape::Keep {
                value.push(b'\\');
            }
            byte
        }
    };
    value.push(simple);
    at + 1
}

fn number_escape(bytes: &[u8], mut at: usize, most: usize, radix: u32, value: &mut Vec<u8>) -> usize {
    let end = at + most;
    let mut code = 0u32;
    while let Some(digit) = bytes.get(at).filter(|_| at < end).and_then(|&byte| char::from(byte).to_digit(radix)) {
        code = code * radix + digit;
        at += 1;
    }
    // Three octal digits may exceed a byte; Postgres keeps the low eight bits.
    value.push((code & 0xff) as u8);
    at
}
