//! UNLOAD and its options, which may stand in any order.

use super::Parser;
use crate::{
    ast::{Query, Statement, Unload, UnloadFormat, UnloadOption, UnloadSize},
    error::{Error, Result},
    lexer::{Token, TokenKind},
    parse_query,
};

impl Parser<'_> {
    pub(super) fn unload(&mut self) -> Result<Statement> {
        self.advance();
        self.expect(TokenKind::LeftParen)?;
        let token = self.peek();
        let query_text = self.string()?;
        let query = Box::new(self.quoted_query(token, &query_text)?);
        self.expect(TokenKind::RightParen)?;
        self.expect_word("to")?;
        let target = self.string()?;
        let mut unload = Unload {
            query_text,
            query,
            query_pos: token.start,
            target,
            options: Vec::new(),
            option_positions: Vec::new(),
        };
        while self.at + 1 < self.tokens.len() {
            unload.option_positions.push(self.pos());
            let option = self.unload_option()?;
            unload.options.push(option);
            // The newer guide writes commas between options in its synopsis and none in its examples.
            if self.is(TokenKind::Comma) && self.at + 2 < self.tokens.len() {
                self.advance();
            }
        }
        Ok(Statement::Unload(Box::new(unload)))
    }

    /// The query in a string. An error in it is told at its place where the string has no escapes, else at the string.
    fn quoted_query(&self, token: Token, text: &str) -> Result<Query> {
        parse_query(text).map_err(|error| {
            let place = self.token_text(token).find(text).map(|offset| token.start + offset as u32);
            let position = match (place, error.position()) {
                (Some(start), Some(inner)) => start + inner,
                _ => token.start,
            };
            let moved = Error::new(error.sqlstate(), error.message()).at(position);
            let moved = match error.detail() {
                Some(detail) => moved.with_detail(detail),
                None => moved,
            };
            match error.hint() {
                Some(hint) => moved.with_hint(hint),
                None => moved,
            }
        })
    }

    fn unload_option(&mut self) -> Result<UnloadOption> {
        let start = self.at;
        let word = self.folded_word();
        self.advance();
        Ok(match word.as_str() {
            "iam_role" => UnloadOption::IamRole(self.iam_role_value()?),
            "with" => {
                self.expect_word("credentials")?;
                UnloadOption::Credentials(self.as_text()?)
            }
            "credentials" => UnloadOption::Credentials(self.as_text()?),
            "access_key_id" => UnloadOption::AccessKeyId(self.as_text()?),
            "secret_access_key" => UnloadOption::SecretAccessKey(self.as_text()?),
            "session_token" | "token" => UnloadOption::SessionToken(self.as_text()?),
            "format" => {
                self.eat_word("as");
                UnloadOption::Format(self.unload_format()?)
            }
            "csv" | "parquet" | "json" => {
                self.at = start;
                UnloadOption::Format(self.unload_format()?)
            }
            "partition" => {
                self.expect_word("by")?;
                let columns = self.ident_list()?;
                UnloadOption::PartitionBy { columns, include: self.eat_word("include") }
            }
            "manifest" => UnloadOption::Manifest { verbose: self.eat_word("verbose") },
            "header" => UnloadOption::Header,
            "delimiter" => UnloadOption::Delimiter(self.as_text()?),
            "fixedwidth" => UnloadOption::FixedWidth(self.as_text()?),
            "encrypted" => UnloadOption::Encrypted { auto: self.eat_word("auto") },
            "kms_key_id" => UnloadOption::KmsKeyId(self.as_text()?),
            "master_symmetric_key" => UnloadOption::MasterSymmetricKey(self.as_text()?),
            "bzip2" => UnloadOption::Bzip2,
            "gzip" => UnloadOption::Gzip,
            "zstd" => UnloadOption::Zstd,
            "addquotes" => UnloadOption::AddQuotes,
            "null" => UnloadOption::NullAs(self.as_text()?),
            "escape" => UnloadOption::Escape,
            "allowoverwrite" => UnloadOption::AllowOverwrite,
            "cleanpath" => UnloadOption::CleanPath,
            "parallel" => UnloadOption::Parallel(self.on_or_off().unwrap_or(true)),
            "maxfilesize" => UnloadOption::MaxFileSize(self.unload_size()?),
            "rowgroupsize" => UnloadOption::RowGroupSize(self.unload_size()?),
            "region" => UnloadOption::Region(self.as_text()?),
            "extension" => UnloadOption::Extension(self.as_text()?),
            _ => return Err(self.unexpected_at(start)),
        })
    }

    fn unload_format(&mut self) -> Result<UnloadFormat> {
        let format = match self.folded_word().as_str() {
            "csv" => UnloadFormat::Csv,
            "parquet" => UnloadFormat::Parquet,
            "json" => UnloadFormat::Json,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(format)
    }

    /// `[AS] n [MB | GB]`
    fn unload_size(&mut self) -> Result<UnloadSize> {
        self.eat_word("as");
        if !matches!(self.kind(), TokenKind::Integer | TokenKind::Decimal) {
            return Err(self.unexpected());
        }
        let token = self.advance();
        let amount = self.token_text(token).to_owned();
        let gigabytes = self.eat_word("gb");
        if !gigabytes {
            self.eat_word("mb");
        }
        Ok(UnloadSize { amount, gigabytes })
    }
}
