//! COPY's parameters, each at most once, and which of them go with which format.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Copy, CopyOption},
    error::Pos,
};

use super::{ErrorLimit, FileFormat, JsonSource, authorization};
use crate::{
    formats::{
        blocks::{Compression, Encoding},
        shapefile::Simplify,
        splitter::{Csv, Delimited, Delimiter, FixedWidth, Tolerance},
    },
    s3::{S3Credentials, S3Path},
};

/// What does not go with formats whose fields have names.
const NOT_FOR_NAMED_FIELDS: [&str; 8] =
    ["DELIMITER", "ESCAPE", "FILLRECORD", "IGNOREBLANKLINES", "NULL AS", "REMOVEQUOTES", "QUOTE", "SERIALIZETOJSON"];
/// What goes only with text, and a compression that "Data format parameters" does not have for Avro.
const NOT_FOR_AVRO: [&str; 3] = ["ENCODING", "IGNOREHEADER", "ZSTD"];

/// The parameters of a statement.
#[derive(Debug, Default)]
pub(super) struct Options {
    format: Option<(Format, Pos)>,
    delimiter: Option<(String, Pos)>,
    quote: Option<(String, Pos)>,
    encoding: Option<(String, Pos)>,
    null_as: Option<(String, Pos)>,
    accept_inv_chars: Option<(Option<String>, Pos)>,
    max_error: Option<(u32, Pos)>,
    ignore_all_errors: bool,
    escape: bool,
    remove_quotes: bool,
    fill_record: bool,
    ignore_blank_lines: bool,
    authorization: authorization::Clauses,
    pub manifest: bool,
    pub region: Option<String>,
    pub compression: Option<Compression>,
    pub header_lines: Option<u64>,
    pub explicit_ids: bool,
    pub empty_as_null: bool,
    pub blanks_as_null: bool,
    pub trim_blanks: bool,
    pub truncate_columns: bool,
    pub accept_any_date: bool,
    pub round_dec: bool,
    pub date_format: Option<String>,
    pub time_format: Option<String>,
    pub no_load: bool,
    pub serialize_to_json: bool,
    /// Every parameter's name and place, in their order.
    given: Vec<(&'static str, Pos)>,
}

/// The format that was asked for; none is delimited text.
#[derive(Debug)]
enum Format {
    Csv,
    FixedWidth(String),
    Json(String),
    Avro(String),
    Parquet,
    Orc,
    Shapefile(Simplify),
}

impl Options {
    /// Takes a statement's parameters apart.
    pub(super) fn gather(copy: &Copy) -> Result<Options> {
        let mut options = Options::default();
        for (index, option) in copy.options.iter().enumerate() {
            let pos = copy.option_positions.get(index).copied().unwrap_or(copy.source_pos);
            let name = name(option);
            // Two formats, two compressions contradict each other as much as the same parameter given twice.
            let kind = kind(option);
            if options.given.iter().any(|(given, _)| *given == name)
                || copy.options[..index].iter().any(|other| kind.is_some() && self::kind(other) == kind)
            {
                return Err(Error::new(SqlState::SYNTAX_ERROR, "conflicting or redundant options").at(pos));
            }
            options.given.push((name, pos));
            options.take(option, pos).map_err(|error| error.at(pos))?;
        }
        options.check_pairs()?;
        Ok(options)
    }

    fn take(&mut self, option: &CopyOption, pos: Pos) -> Result<()> {
        match option {
            CopyOption::IamRole(role) => self.authorization.iam_role = Some(role.clone()),
            CopyOption::Credentials(text) => self.authorization.credentials = Some(text.clone()),
            CopyOption::AccessKeyId(text) => self.authorization.access_key_id = Some(text.clone()),
            CopyOption::SecretAccessKey(text) => self.authorization.secret_access_key = Some(text.clone()),
            CopyOption::SessionToken(text) => self.authorization.session_token = Some(text.clone()),
            CopyOption::Manifest => self.manifest = true,
            CopyOption::Encrypted | CopyOption::MasterSymmetricKey(_) => {
                return Err(Error::unsupported("COPY of client-side encrypted files is not supported"));
            }
            CopyOption::Region(region) => self.region = Some(region.clone()),
            CopyOption::Ssh | CopyOption::ReadRatio(_) => {
                return Err(Error::unsupported(format!(
                    "{} argument is not supported for S3 based COPY",
                    name(option)
                )));
            }
            CopyOption::Csv => self.format = Some((Format::Csv, pos)),
            CopyOption::FixedWidth(text) => self.format = Some((Format::FixedWidth(text.clone()), pos)),
            CopyOption::Json(text) => self.format = Some((Format::Json(text.clone()), pos)),
            CopyOption::Parquet => self.format = Some((Format::Parquet, pos)),
            CopyOption::Orc => self.format = Some((Format::Orc, pos)),
            CopyOption::Avro(text) => self.format = Some((Format::Avro(text.clone()), pos)),
            CopyOption::Shapefile { simplify, auto } => {
                self.format = Some((Format::Shapefile(simplification(simplify.as_deref(), *auto)?), pos));
            }
            CopyOption::SerializeToJson => self.serialize_to_json = true,
            CopyOption::Lzop => self.compression = Some(Compression::Lzop),
            CopyOption::Bzip2 => self.compression = Some(Compression::Bzip2),
            CopyOption::Gzip => self.compression = Some(Compression::Gzip),
            CopyOption::Zstd => self.compression = Some(Compression::Zstd),
            CopyOption::Quote(text) => self.quote = Some((text.clone(), pos)),
            CopyOption::Delimiter(text) => self.delimiter = Some((text.clone(), pos)),
            CopyOption::AcceptAnyDate => self.accept_any_date = true,
            CopyOption::AcceptInvChars(text) => self.accept_inv_chars = Some((text.clone(), pos)),
            CopyOption::BlanksAsNull => self.blanks_as_null = true,
            CopyOption::DateFormat(text) => self.date_format = Some(text.clone()),
            CopyOption::EmptyAsNull => self.empty_as_null = true,
            CopyOption::Encoding(text) => self.encoding = Some((text.clone(), pos)),
            CopyOption::Escape => self.escape = true,
            CopyOption::ExplicitIds => self.explicit_ids = true,
            CopyOption::FillRecord => self.fill_record = true,
            CopyOption::IgnoreBlankLines => self.ignore_blank_lines = true,
            CopyOption::IgnoreHeader(lines) => self.header_lines = Some(*lines),
            CopyOption::NullAs(text) => self.null_as = Some((text.clone(), pos)),
            CopyOption::RemoveQuotes => self.remove_quotes = true,
            CopyOption::RoundDec => self.round_dec = true,
            // "You can't include a time zone specifier (TZ, tz, or OF) in the timeformat_string."
            CopyOption::TimeFormat(text) if ["TZ", "tz", "OF"].iter().any(|zone| text.contains(zone)) => {
                return Err(out_of_range("TIMEFORMAT cannot have a time zone specifier (TZ, tz or OF)"));
            }
            CopyOption::TimeFormat(text) => self.time_format = Some(text.clone()),
            CopyOption::TrimBlanks => self.trim_blanks = true,
            CopyOption::TruncateColumns => self.truncate_columns = true,
            CopyOption::CompRows(rows) if !(1_000..=2_147_483_647).contains(rows) => {
                return Err(out_of_range("COMPROWS must be between 1000 and 2147483647"));
            }
            // Encodings and statistics cannot change what a query answers.
            CopyOption::CompRows(_) | CopyOption::CompUpdate(_) | CopyOption::StatUpdate(_) => {}
            CopyOption::IgnoreAllErrors => self.ignore_all_errors = true,
            CopyOption::MaxError(count) => self.max_error = Some((*count, pos)),
            CopyOption::NoLoad => self.no_load = true,
        }
        Ok(())
    }

    /// Parameters that need or exclude each other whatever the format is.
    fn check_pairs(&self) -> Result<()> {
        let conflict = |pos: Pos, what: &str| Err(Error::new(SqlState::SYNTAX_ERROR, what).at(pos));
        match (self.max_error, self.ignore_all_errors) {
            (Some((_, pos)), true) => conflict(pos, "MAXERROR and IGNOREALLERRORS cannot be specified together"),
            _ => Ok(()),
        }
    }

    /// Refuses what does not go with the format (developer guide: the lists of each format's page).
    pub(super) fn check_for(&self, format: &FileFormat) -> Result<()> {
        let (what, refused): (&str, &[&str]) = match format {
            FileFormat::Delimited(_) => ("delimited text", &["QUOTE", "SERIALIZETOJSON"]),
            FileFormat::Csv(_) => ("CSV", &["ESCAPE", "REMOVEQUOTES", "SERIALIZETOJSON"]),
            FileFormat::FixedWidth(_) => {
                ("FIXEDWIDTH", &["DELIMITER", "ESCAPE", "REMOVEQUOTES", "QUOTE", "FILLRECORD", "SERIALIZETOJSON"])
            }
            FileFormat::Json(_) => ("JSON", &NOT_FOR_NAMED_FIELDS),
            FileFormat::Avro(_) => match self.given.iter().find(|(name, _)| NOT_FOR_AVRO.contains(name)) {
                Some((name, pos)) => return Err(refusal(name, "AVRO").at(*pos)),
                None => ("AVRO", &NOT_FOR_NAMED_FIELDS),
            },
            FileFormat::Parquet | FileFormat::Orc => return self.check_for_columnar(format),
            FileFormat::Shapefile(_) => ("SHAPEFILE", &NOT_OF_SHAPEFILES),
        };
        match self.given.iter().find(|(name, _)| refused.contains(name)) {
            Some((name, pos)) => Err(refusal(name, what).at(*pos)),
            None => Ok(()),
        }
    }

    /// "COPY from columnar data formats" lists what is supported rather than what is not.
    fn check_for_columnar(&self, format: &FileFormat) -> Result<()> {
        let supported = [
            "PARQUET",
            "ORC",
            "SERIALIZETOJSON",
            "ACCEPTINVCHARS",
            "FILLRECORD",
            "IAM_ROLE",
            "CREDENTIALS",
            "STATUPDATE",
            "MANIFEST",
            "ACCESS_KEY_ID",
            "SECRET_ACCESS_KEY",
            "SESSION_TOKEN",
            "EXPLICIT_IDS",
        ];
        match self.given.iter().find(|(name, _)| !supported.contains(name)) {
            Some((name, pos)) => Err(refusal(name, &format.name().to_uppercase()).at(*pos)),
            None => Ok(()),
        }
    }

    pub(super) fn format(&self) -> Result<FileFormat> {
        let Some((format, pos)) = &self.format else {
            return Ok(FileFormat::Delimited(Delimited {
                delimiter: self.delimiter(Delimiter::byte(b'|'))?,
                escape: self.escape,
                remove_quotes: self.remove_quotes,
            }));
        };
        match format {
            Format::Csv => {
                let (delimiter, quote) = (self.delimiter(Delimiter::byte(b','))?, self.quote()?);
                if delimiter.as_bytes().contains(&quote) {
                    return Err(out_of_range("COPY delimiter and quote must be different").at(*pos));
                }
                Ok(FileFormat::Csv(Csv { delimiter, quote }))
            }
            Format::FixedWidth(text) => {
                let fixed = FixedWidth::parse(text);
                fixed.map(FileFormat::FixedWidth).ok_or_else(|| {
                    out_of_range("FIXEDWIDTH must be of the format 'label:width,label:width,...'").at(*pos)
                })
            }
            Format::Json(text) => json_source("JSON", text, *pos).map(FileFormat::Json),
            Format::Avro(text) => json_source("AVRO", text, *pos).map(FileFormat::Avro),
            Format::Orc => Ok(FileFormat::Orc),
            Format::Parquet => Ok(FileFormat::Parquet),
            Format::Shapefile(simplify) => Ok(FileFormat::Shapefile(*simplify)),
        }
    }

    fn delimiter(&self, default: Delimiter) -> Result<Delimiter> {
        let Some((text, pos)) = &self.delimiter else { return Ok(default) };
        let bytes = characters(text);
        if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(out_of_range("COPY delimiter cannot be newline or carriage return").at(*pos));
        }
        let limit = Delimiter::LONGEST;
        let message = format!("COPY delimiter must be 1 to {limit} bytes long");
        let is_text = std::str::from_utf8(&bytes).is_ok();
        Delimiter::new(&bytes).filter(|_| is_text).ok_or_else(|| out_of_range(&message).at(*pos))
    }

    fn quote(&self) -> Result<u8> {
        let Some((text, pos)) = &self.quote else { return Ok(b'"') };
        let quote = single_character(text).filter(|quote| !matches!(quote, b'\n' | b'\r'));
        quote.ok_or_else(|| out_of_range("COPY quote must be a single ASCII character").at(*pos))
    }

    pub(super) fn encoding(&self) -> Result<Encoding> {
        let Some((name, pos)) = &self.encoding else { return Ok(Encoding::Utf8) };
        let encoding = match name.as_str() {
            "UTF8" => Encoding::Utf8,
            "UTF16" => Encoding::Utf16,
            "UTF16LE" => Encoding::Utf16LittleEndian,
            "UTF16BE" => Encoding::Utf16BigEndian,
            "ISO88591" => Encoding::Latin1,
            other => return Err(Error::unsupported(format!("ENCODING {other} is not supported")).at(*pos)),
        };
        let is_fixed = matches!(self.format, Some((Format::FixedWidth(_), _)));
        if is_fixed && encoding != Encoding::Utf8 {
            return Err(refusal("ENCODING", "FIXEDWIDTH").at(*pos));
        }
        Ok(encoding)
    }

    /// `'\0'` and `'\000'` stand for the character NUL.
    pub(super) fn null_as(&self) -> Result<Vec<u8>> {
        let Some((text, pos)) = &self.null_as else { return Ok(b"\\N".to_vec()) };
        if text.contains(['\n', '\r']) || text == "\\n" {
            let message = "COPY null representation cannot use newline or carriage return";
            return Err(out_of_range(message).at(*pos));
        }
        Ok(match text.as_str() {
            "\\0" | "\\000" => b"\0".to_vec(),
            other => other.as_bytes().to_vec(),
        })
    }

    pub(super) fn replacement(&self) -> Result<Option<u8>> {
        match &self.accept_inv_chars {
            None => Ok(None),
            Some((None, _)) => Ok(Some(b'?')),
            Some((Some(text), pos)) => match text.as_bytes() {
                [byte] if byte.is_ascii() && *byte != 0 => Ok(Some(*byte)),
                _ => Err(out_of_range("ACCEPTINVCHARS must be a single ASCII character other than NULL").at(*pos)),
            },
        }
    }

    pub(super) fn tolerance(&self) -> Tolerance {
        Tolerance { skip_blank_lines: self.ignore_blank_lines, fill_records: self.fill_record }
    }

    /// 0 and 1 both mean the first error.
    pub(super) fn error_limit(&self) -> Result<ErrorLimit> {
        match self.max_error {
            Some((count, pos)) if count > 100_000 => Err(out_of_range("MAXERROR must be between 0 and 100000").at(pos)),
            _ if self.ignore_all_errors => Ok(ErrorLimit::Never),
            Some((count, _)) => Ok(ErrorLimit::At(count.max(1))),
            None => Ok(ErrorLimit::At(1)),
        }
    }

    pub(super) fn credentials(&self) -> Result<S3Credentials> {
        self.authorization.credentials("COPY from S3")
    }
}

/// What stands behind JSON and AVRO.
fn json_source(format: &str, text: &str, pos: Pos) -> Result<JsonSource> {
    match text.trim() {
        "auto" => Ok(JsonSource::Auto),
        "auto ignorecase" => Ok(JsonSource::AutoIgnoreCase),
        // Avro has none.
        "noshred" if format == "JSON" => Ok(JsonSource::Whole),
        other => S3Path::parse(other).map(JsonSource::Paths).ok_or_else(|| {
            let words =
                if format == "JSON" { "'auto', 'auto ignorecase', 'noshred'," } else { "'auto', 'auto ignorecase'" };
            let message = format!("{format} argument must be {words} or the S3 path of a JSONPaths file");
            out_of_range(&message).at(pos)
        }),
    }
}

/// The bytes of a text in which `\t` and `\ddd` (octal) stand for one each.
fn characters(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let octal = behind.get(..3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        let (byte, behind) = match (first, behind, octal) {
            (b'\\', [b't', behind @ ..], _) => (b'\t', behind),
            (b'\\', _, Some(byte)) => (byte, &behind[3..]),
            _ => (*first, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    bytes
}

/// `c`, `\t`, or `\ddd` in octal. Escapes that the string literal itself has were undone before.
pub(in crate::statements) fn single_character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        b"\\t" => Some(b'\t'),
        [b'\\', digits @ ..] if digits.len() == 3 => {
            u8::from_str_radix(&text[1..], 8).ok().filter(|byte| byte.is_ascii())
        }
        _ => None,
    }
}

fn refusal(option: &str, format: &str) -> Error {
    Error::unsupported(format!("{option} argument is not supported for {format} based COPY"))
}

/// What says how text is written says nothing of a shapefile.
const NOT_OF_SHAPEFILES: [&str; 10] = [
    "DELIMITER",
    "ESCAPE",
    "FILLRECORD",
    "IGNOREBLANKLINES",
    "IGNOREHEADER",
    "MANIFEST",
    "NULL AS",
    "QUOTE",
    "REMOVEQUOTES",
    "SERIALIZETOJSON",
];

/// `SIMPLIFY [AUTO] ['tolerance']`; without a tolerance the text is empty.
fn simplification(simplify: Option<&str>, auto: bool) -> Result<Simplify> {
    let Some(text) = simplify else { return Ok(Simplify::Never) };
    if auto && text.is_empty() {
        return Ok(Simplify::Auto(None));
    }
    let tolerance = text.trim().parse().ok().filter(|tolerance: &f64| *tolerance >= 0.0 && tolerance.is_finite());
    let tolerance =
        tolerance.ok_or_else(|| out_of_range("SIMPLIFY tolerance must be a number that is not negative"))?;
    Ok(if auto { Simplify::Auto(Some(tolerance)) } else { Simplify::Always(tolerance) })
}

fn out_of_range(message: &str) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// Parameters of one kind exclude each other.
#[derive(PartialEq, Eq)]
enum Kind {
    Format,
    Compression,
}

fn kind(option: &CopyOption) -> Option<Kind> {
    match option {
        CopyOption::Csv
        | CopyOption::FixedWidth(_)
        | CopyOption::Shapefile { .. }
        | CopyOption::Avro(_)
        | CopyOption::Json(_)
        | CopyOption::Parquet
        | CopyOption::Orc => Some(Kind::Format),
        CopyOption::Bzip2 | CopyOption::Gzip | CopyOption::Lzop | CopyOption::Zstd => Some(Kind::Compression),
        _ => None,
    }
}

fn name(option: &CopyOption) -> &'static str {
    match option {
        CopyOption::IamRole(_) => "IAM_ROLE",
        CopyOption::Credentials(_) => "CREDENTIALS",
        CopyOption::AccessKeyId(_) => "ACCESS_KEY_ID",
        CopyOption::SecretAccessKey(_) => "SECRET_ACCESS_KEY",
        CopyOption::SessionToken(_) => "SESSION_TOKEN",
        CopyOption::Manifest => "MANIFEST",
        CopyOption::Encrypted => "ENCRYPTED",
        CopyOption::MasterSymmetricKey(_) => "MASTER_SYMMETRIC_KEY",
        CopyOption::Region(_) => "REGION",
        CopyOption::Ssh => "SSH",
        CopyOption::ReadRatio(_) => "READRATIO",
        CopyOption::Csv => "CSV",
        CopyOption::Quote(_) => "QUOTE",
        CopyOption::Delimiter(_) => "DELIMITER",
        CopyOption::FixedWidth(_) => "FIXEDWIDTH",
        CopyOption::Shapefile { .. } => "SHAPEFILE",
        CopyOption::Avro(_) => "AVRO",
        CopyOption::Json(_) => "JSON",
        CopyOption::Parquet => "PARQUET",
        CopyOption::Orc => "ORC",
        CopyOption::SerializeToJson => "SERIALIZETOJSON",
        CopyOption::Bzip2 => "BZIP2",
        CopyOption::Gzip => "GZIP",
        CopyOption::Lzop => "LZOP",
        CopyOption::Zstd => "ZSTD",
        CopyOption::AcceptAnyDate => "ACCEPTANYDATE",
        CopyOption::AcceptInvChars(_) => "ACCEPTINVCHARS",
        CopyOption::BlanksAsNull => "BLANKSASNULL",
        CopyOption::DateFormat(_) => "DATEFORMAT",
        CopyOption::EmptyAsNull => "EMPTYASNULL",
        CopyOption::Encoding(_) => "ENCODING",
        CopyOption::Escape => "ESCAPE",
        CopyOption::ExplicitIds => "EXPLICIT_IDS",
        CopyOption::FillRecord => "FILLRECORD",
        CopyOption::IgnoreBlankLines => "IGNOREBLANKLINES",
        CopyOption::IgnoreHeader(_) => "IGNOREHEADER",
        CopyOption::NullAs(_) => "NULL AS",
        CopyOption::RemoveQuotes => "REMOVEQUOTES",
        CopyOption::RoundDec => "ROUNDEC",
        CopyOption::TimeFormat(_) => "TIMEFORMAT",
        CopyOption::TrimBlanks => "TRIMBLANKS",
        CopyOption::TruncateColumns => "TRUNCATECOLUMNS",
        CopyOption::CompRows(_) => "COMPROWS",
        CopyOption::CompUpdate(_) => "COMPUPDATE",
        CopyOption::IgnoreAllErrors => "IGNOREALLERRORS",
        CopyOption::MaxError(_) => "MAXERROR",
        CopyOption::NoLoad => "NOLOAD",
        CopyOption::StatUpdate(_) => "STATUPDATE",
    }
}
