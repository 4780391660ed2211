//! COPY and its parameters, which may stand in any order; copy jobs and templates.

use super::Parser;
use crate::{
    ast::{
        AlterTemplate, AlterTemplateAction, CompUpdate, Copy, CopyJob, CopyOption, CreateTemplate, DropTemplate,
        Statement,
    },
    error::{Error, Result},
    lexer::{TokenKind, UnknownEscape},
};

impl Parser<'_> {
    pub(super) fn copy(&mut self) -> Result<Statement> {
        self.advance();
        if self.is(TokenKind::LeftParen) {
            return Err(Error::unsupported("COPY (query) is not supported")
                .with_hint("Use UNLOAD ('query') TO 's3://...'.")
                .at(self.pos()));
        }
        if let Some(job) = self.copy_job()? {
            return Ok(Statement::CopyJob(job));
        }
        let table = self.object_name()?;
        let columns = self.optional_ident_list()?;
        if self.is_word("to") {
            return Err(Error::unsupported("COPY TO is not supported")
                .with_hint("Use UNLOAD ('query') TO 's3://...'.")
                .at(self.pos()));
        }
        self.expect_word("from")?;
        let source_pos = self.pos();
        if self.is_one_of(&["stdin", "program"]) {
            let what = self.folded_word().to_uppercase();
            return Err(Error::unsupported(format!("COPY FROM {what} is not supported"))
                .with_hint("COPY loads from 's3://...'.")
                .at(source_pos));
        }
        let source = self.argument_text()?;
        let mut copy = Copy {
            table,
            columns,
            source,
            source_pos,
            options: Vec::new(),
            option_positions: Vec::new(),
            template: None,
        };
        while self.at + 1 < self.tokens.len() {
            if self.eat_words(&["job", "create"]) {
                let (copy, name) = (Box::new(copy), self.ident()?);
                return Ok(Statement::CopyJob(CopyJob::Create { copy, name, auto: self.job_auto()? }));
            }
            if self.eat_words(&["using", "template"]) {
                copy.template = Some(self.object_name()?);
                break;
            }
            let pos = self.pos();
            self.copy_option(&mut copy.options)?;
            // A clause may hold several options (`CSV QUOTE '"'` is two); all begin where it does.
            copy.option_positions.resize(copy.options.len(), pos);
        }
        Ok(Statement::Copy(Box::new(copy)))
    }

    /// `JOB ALTER | RUN | LIST | SHOW | DROP ...`; none where a table of the name JOB is loaded.
    fn copy_job(&mut self) -> Result<Option<CopyJob>> {
        if !self.is_word("job") || self.word_at(1, "from") || self.peek_at(1).kind != TokenKind::Word {
            return Ok(None);
        }
        self.advance();
        if self.eat_word("list") {
            return Ok(Some(CopyJob::List));
        }
        let word = self.folded_word();
        if !matches!(word.as_str(), "alter" | "run" | "show" | "drop") {
            return Err(self.unexpected());
        }
        self.advance();
        let name = self.ident()?;
        Ok(Some(match word.as_str() {
            "alter" => CopyJob::Alter { name, auto: self.job_auto()? },
            "run" => CopyJob::Run(name),
            "show" => CopyJob::Show(name),
            _ => CopyJob::Drop(name),
        }))
    }

    fn job_auto(&mut self) -> Result<Option<bool>> {
        if self.eat_word("auto") { self.on_off().map(Some) } else { Ok(None) }
    }

    // ---- Templates

    /// TEMPLATE and what follows, behind CREATE [OR REPLACE].
    pub(super) fn create_template(&mut self, or_replace: bool) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        self.expect_words(&["for", "copy"])?;
        self.eat_word("as");
        let mut options = Vec::new();
        loop {
            let start = self.at;
            self.copy_option(&mut options)?;
            if options.last().is_some_and(belongs_to_one_load) {
                return Err(self.unexpected_at(start));
            }
            if self.at + 1 >= self.tokens.len() {
                return Ok(Statement::CreateTemplate(CreateTemplate { or_replace, name, options }));
            }
        }
    }

    pub(super) fn alter_template(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let action = if self.eat_words(&["rename", "to"]) {
            AlterTemplateAction::RenameTo(self.ident()?)
        } else if self.eat_words(&["owner", "to"]) {
            AlterTemplateAction::OwnerTo(self.principal_name()?)
        } else if self.eat_word("add") {
            AlterTemplateAction::Add(self.one_copy_option()?)
        } else if self.eat_word("drop") {
            let start = self.at;
            let parameter = self.label()?.value;
            if !is_copy_parameter(&parameter) {
                return Err(self.unexpected_at(start));
            }
            AlterTemplateAction::Drop(parameter)
        } else {
            self.expect_word("set")?;
            AlterTemplateAction::Set(self.comma_list(Self::copy_assignment)?)
        };
        Ok(Statement::AlterTemplate(AlterTemplate { name, action }))
    }

    fn one_copy_option(&mut self) -> Result<CopyOption> {
        let start = self.at;
        let mut options = Vec::new();
        self.copy_option(&mut options)?;
        match options.pop() {
            Some(option) if options.is_empty() && !belongs_to_one_load(&option) => Ok(option),
            _ => Err(self.unexpected_at(start)),
        }
    }

    /// `parameter TO value`: the same as `parameter AS value`, so that TO is taken for AS.
    fn copy_assignment(&mut self) -> Result<CopyOption> {
        if self.word_at(1, "to") {
            self.tokens.remove(self.at + 1);
            self.closing.take();
        } else {
            return Err(self.unexpected_at(self.at + 1));
        }
        self.one_copy_option()
    }

    pub(super) fn drop_template(&mut self) -> Result<Statement> {
        self.advance();
        Ok(Statement::DropTemplate(DropTemplate { name: self.object_name()? }))
    }

    /// A string that keeps the backslash of what is no escape: `'\N'`.
    pub(super) fn argument_text(&mut self) -> Result<String> {
        self.string_with(UnknownEscape::Keep)
    }

    /// `[AS] 'text'`
    pub(super) fn as_text(&mut self) -> Result<String> {
        self.eat_word("as");
        self.argument_text()
    }

    /// `[AS] n`
    fn as_number<T: std::str::FromStr>(&mut self) -> Result<T> {
        self.eat_word("as");
        self.unsigned()
    }

    pub(super) fn copy_option(&mut self, options: &mut Vec<CopyOption>) -> Result<()> {
        let start = self.at;
        let word = self.folded_word();
        if matches!(word.as_str(), "format" | "as") {
            return self.format_clause(options);
        }
        self.advance();
        let option = match word.as_str() {
            "iam_role" => CopyOption::IamRole(self.iam_role()?),
            "with" => {
                self.expect_word("credentials")?;
                CopyOption::Credentials(self.as_text()?)
            }
            "credentials" => CopyOption::Credentials(self.as_text()?),
            "access_key_id" => CopyOption::AccessKeyId(self.as_text()?),
            "secret_access_key" => CopyOption::SecretAccessKey(self.as_text()?),
            "session_token" | "token" => CopyOption::SessionToken(self.as_text()?),
            "manifest" => CopyOption::Manifest,
            "encrypted" => CopyOption::Encrypted,
            "master_symmetric_key" => CopyOption::MasterSymmetricKey(self.as_text()?),
            "region" => CopyOption::Region(self.as_text()?),
            "ssh" => CopyOption::Ssh,
            "readratio" => CopyOption::ReadRatio(self.as_number()?),
            "acceptanydate" => CopyOption::AcceptAnyDate,
            "acceptinvchars" => CopyOption::AcceptInvChars(self.replacement()?),
            "blanksasnull" => CopyOption::BlanksAsNull,
            "dateformat" => CopyOption::DateFormat(self.as_text()?),
            "emptyasnull" => CopyOption::EmptyAsNull,
            "encoding" => CopyOption::Encoding(self.encoding_name()?),
            "escape" => CopyOption::Escape,
            "explicit_ids" => CopyOption::ExplicitIds,
            "fillrecord" => CopyOption::FillRecord,
            "ignoreblanklines" => CopyOption::IgnoreBlankLines,
            "ignoreheader" => CopyOption::IgnoreHeader(self.as_number()?),
            "null" => CopyOption::NullAs(self.as_text()?),
            "quote" => CopyOption::Quote(self.as_text()?),
            "removequotes" => CopyOption::RemoveQuotes,
            "rounddec" | "roundec" => CopyOption::RoundDec,
            "serializetojson" => CopyOption::SerializeToJson,
            "timeformat" => CopyOption::TimeFormat(self.as_text()?),
            "trimblanks" => CopyOption::TrimBlanks,
            "truncatecolumns" => CopyOption::TruncateColumns,
            "bzip2" => CopyOption::Bzip2,
            "gzip" => CopyOption::Gzip,
            "lzop" => CopyOption::Lzop,
            "zstd" => CopyOption::Zstd,
            "comprows" => CopyOption::CompRows(self.as_number()?),
            "compupdate" => CopyOption::CompUpdate(self.comp_update()),
            "ignoreallerrors" => CopyOption::IgnoreAllErrors,
            "maxerror" => CopyOption::MaxError(self.as_number()?),
            "noload" => CopyOption::NoLoad,
            "statupdate" => CopyOption::StatUpdate(self.on_or_off().unwrap_or(true)),
            _ => {
                self.at = start;
                return self.data_format(options);
            }
        };
        options.push(option);
        Ok(())
    }

    /// `[FORMAT] [AS] data_format`
    fn format_clause(&mut self, options: &mut Vec<CopyOption>) -> Result<()> {
        self.eat_word("format");
        self.eat_word("as");
        self.data_format(options)
    }

    fn data_format(&mut self, options: &mut Vec<CopyOption>) -> Result<()> {
        let start = self.at;
        let word = self.folded_word();
        self.advance();
        let format = match word.as_str() {
            "csv" => CopyOption::Csv,
            "delimiter" => CopyOption::Delimiter(self.as_text()?),
            "fixedwidth" => CopyOption::FixedWidth(self.as_text()?),
            "shapefile" => self.shapefile()?,
            "avro" => CopyOption::Avro(self.auto_or_path()?),
            "json" => CopyOption::Json(self.auto_or_path()?),
            "parquet" => CopyOption::Parquet,
            "orc" => CopyOption::Orc,
            _ => return Err(self.unexpected_at(start)),
        };
        options.push(format);
        Ok(())
    }

    /// `[[AS] 'auto' | 's3://...']`
    fn auto_or_path(&mut self) -> Result<String> {
        if self.begins_as_text() { self.as_text() } else { Ok("auto".to_owned()) }
    }

    /// `[SIMPLIFY [AUTO] ['tolerance']]`
    fn shapefile(&mut self) -> Result<CopyOption> {
        let (mut simplify, mut auto) = (None, false);
        if self.eat_word("simplify") {
            auto = self.eat_word("auto");
            let number = matches!(self.kind(), TokenKind::Integer | TokenKind::Decimal | TokenKind::Float);
            simplify = Some(if self.begins_string(0) {
                self.argument_text()?
            } else if number {
                let token = self.advance();
                self.token_text(token).to_owned()
            } else {
                String::new()
            });
        }
        Ok(CopyOption::Shapefile { simplify, auto })
    }

    /// `default` or `'arn'`
    fn iam_role(&mut self) -> Result<Option<String>> {
        self.eat_word("as");
        if self.eat_word("default") {
            return Ok(None);
        }
        let text = self.argument_text()?;
        Ok(Some(text).filter(|text| !text.eq_ignore_ascii_case("default")))
    }

    /// `[AS] ['c']`
    fn replacement(&mut self) -> Result<Option<String>> {
        if self.begins_as_text() { self.as_text().map(Some) } else { Ok(None) }
    }

    /// Is there a string, with or without AS? AS alone begins a format: `ACCEPTINVCHARS AS CSV`.
    fn begins_as_text(&self) -> bool {
        self.begins_string(0) || self.is_word("as") && self.begins_string(1)
    }

    fn encoding_name(&mut self) -> Result<String> {
        self.eat_word("as");
        let name = if self.begins_string(0) { self.argument_text()? } else { self.label()?.value };
        Ok(name.to_uppercase())
    }

    fn comp_update(&mut self) -> CompUpdate {
        if self.eat_word("preset") {
            return CompUpdate::Preset;
        }
        match self.on_or_off() {
            Some(false) => CompUpdate::Off,
            Some(true) | None => CompUpdate::On,
        }
    }

    /// `ON | TRUE | OFF | FALSE` or nothing.
    pub(super) fn on_or_off(&mut self) -> Option<bool> {
        if self.eat_word("on") || self.eat_word("true") {
            Some(true)
        } else if self.eat_word("off") || self.eat_word("false") {
            Some(false)
        } else {
            None
        }
    }
}

/// Authorization and manifests, which no template keeps: developer guide, "CREATE TEMPLATE".
fn belongs_to_one_load(option: &CopyOption) -> bool {
    matches!(
        option,
        CopyOption::IamRole(_)
            | CopyOption::Credentials(_)
            | CopyOption::AccessKeyId(_)
            | CopyOption::SecretAccessKey(_)
            | CopyOption::SessionToken(_)
            | CopyOption::MasterSymmetricKey(_)
            | CopyOption::Manifest
    )
}

/// Is this word, in lower case, a parameter that a template may keep?
fn is_copy_parameter(word: &str) -> bool {
    const PARAMETERS: [&str; 40] = [
        "acceptanydate",
        "acceptinvchars",
        "avro",
        "blanksasnull",
        "bzip2",
        "comprows",
        "compupdate",
        "csv",
        "dateformat",
        "delimiter",
        "emptyasnull",
        "encoding",
        "encrypted",
        "escape",
        "explicit_ids",
        "fillrecord",
        "fixedwidth",
        "gzip",
        "ignoreallerrors",
        "ignoreblanklines",
        "ignoreheader",
        "json",
        "lzop",
        "maxerror",
        "noload",
        "null",
        "orc",
        "parquet",
        "quote",
        "readratio",
        "region",
        "removequotes",
        "roundec",
        "shapefile",
        "ssh",
        "statupdate",
        "timeformat",
        "trimblanks",
        "truncatecolumns",
        "zstd",
    ];
    PARAMETERS.contains(&word)
}
