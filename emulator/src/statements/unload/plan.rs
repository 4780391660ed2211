//! What an UNLOAD statement asks for, checked against its query's columns.

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Query, QueryBody, Unload, UnloadFormat},
};

use super::options::{MEGABYTE, Options};
use crate::{
    formats::{blocks::Compression, splitter::FixedWidth},
    result::ResultColumn,
    s3::{S3Credentials, S3Path},
    statements::copy::plan::single_character,
    text_output::TextStyle,
};

/// An UNLOAD, checked and ready to be run.
#[derive(Debug)]
pub(super) struct UnloadPlan {
    /// Where the files go: the beginning of their keys.
    pub target: S3Path,
    pub credentials: S3Credentials,
    pub region: Option<String>,
    /// The key of KMS that S3 encrypts the files with.
    pub kms_key_id: Option<String>,
    pub format: Format,
    /// The columns of the files: names, types and places in the query.
    pub columns: Vec<FileColumn>,
    /// The columns of PARTITION BY.
    pub partition: Vec<FileColumn>,
    pub compression: Compression,
    pub manifest: Manifest,
    pub header: bool,
    pub existing: Existing,
    pub layout: Layout,
    pub max_file_size: u64,
    pub row_group_size: u64,
    pub extension: Option<String>,
    pub style: TextStyle,
}

/// A column of the query.
#[derive(Debug, Clone)]
pub(super) struct FileColumn {
    pub name: String,
    pub ty: RedshiftType,
    /// Its place in the query's result.
    pub place: usize,
}

/// How files are written.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Delimited(Delimited),
    /// Between delimiters, in quotes where a field has to be; NULL as this text.
    Csv {
        delimiter: u8,
        null_as: String,
    },
    /// Columns of these widths in characters; NULL as this text.
    FixedWidth {
        widths: Vec<usize>,
        null_as: String,
    },
    Json,
    Parquet,
}

/// Fields between delimiters.
#[derive(Debug, Clone)]
pub(super) struct Delimited {
    pub delimiter: u8,
    pub add_quotes: bool,
    pub escape: bool,
    pub null_as: String,
}

/// MANIFEST
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manifest {
    None,
    Plain,
    Verbose,
}

/// What is done about files that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// They are an error.
    Refuse,
    /// ALLOWOVERWRITE
    Overwrite,
    /// CLEANPATH
    Remove,
}

/// PARALLEL
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Files of each slice.
    Slices,
    /// One file after the other.
    Serial,
}

impl UnloadPlan {
    /// Checks a statement whose query gives these columns.
    ///
    /// # Errors
    /// 42601, 22023, 0A000 for options that contradict each other, are out of range or are not there; 42703 for a column
    /// of PARTITION BY that the query does not give.
    pub(super) fn new(
        unload: &Unload,
        result: &[ResultColumn],
        style: TextStyle,
        case_sensitive: bool,
    ) -> Result<UnloadPlan> {
        refuse_limit(unload)?;
        let options = Options::gather(unload)?;
        let Some(mut target) = S3Path::parse(&unload.target) else {
            let message = format!("Invalid S3 path: '{}'", unload.target);
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
        };
        let column = |place: usize| FileColumn { name: result[place].name.clone(), ty: result[place].ty, place };
        let mut columns: Vec<FileColumn> = (0..result.len()).map(column).collect();
        let mut partition = Vec::new();
        if let Some((names, include)) = &options.partition {
            for name in names {
                let folded = name.folded(case_sensitive);
                let found = columns.iter().find(|column| column.name == folded).ok_or_else(|| {
                    let message = format!("column \"{folded}\" does not exist in the query of UNLOAD");
                    Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
                })?;
                partition.push(partition_column(found).map_err(|error| error.at(name.pos))?);
            }
            if !*include {
                columns.retain(|column| !partition.iter().any(|key| key.place == column.place));
            }
            if columns.is_empty() {
                return Err(Error::unsupported("UNLOAD needs at least one column that is not in PARTITION BY"));
            }
            if !target.key.is_empty() && !target.key.ends_with('/') {
                target.key.push('/');
            }
        }
        let format = format(&options, &columns)?;
        check_types(&format, &columns)?;
        let existing = match (options.allow_overwrite, options.clean_path) {
            (_, true) => Existing::Remove,
            (true, false) => Existing::Overwrite,
            (false, false) => Existing::Refuse,
        };
        let mut max_file_size = options.max_file_size.unwrap_or(6_348 * MEGABYTE);
        let row_group_size = options.row_group_size.unwrap_or(32 * MEGABYTE);
        if matches!(format, Format::Parquet) {
            // "rounded down to the nearest multiple of 32 MB"
            max_file_size = (max_file_size / row_group_size).max(1) * row_group_size;
        }
        Ok(UnloadPlan {
            target,
            credentials: options.authorization.credentials("UNLOAD to S3")?,
            region: options.region.clone(),
            kms_key_id: options.kms_key_id.clone(),
            format,
            columns,
            partition,
            compression: options.compression,
            manifest: match options.manifest {
                None => Manifest::None,
                Some(false) => Manifest::Plain,
                Some(true) => Manifest::Verbose,
            },
            header: options.header,
            existing,
            layout: if options.serial { Layout::Serial } else { Layout::Slices },
            max_file_size,
            row_group_size,
            extension: options.extension.clone(),
            style,
        })
    }

    /// The key of a file, behind the statement's prefix and the folders of its partition.
    pub(super) fn key(&self, folder: &str, slice: usize, part: usize) -> String {
        let name = match self.layout {
            Layout::Slices => format!("{slice:04}_part_{part:02}"),
            Layout::Serial => format!("{part:03}"),
        };
        format!("{}{folder}{name}{}", self.target.key, self.suffix())
    }

    fn suffix(&self) -> String {
        if let Some(extension) = &self.extension {
            return format!(".{}", extension.trim_start_matches('.'));
        }
        let suffix = match (&self.format, self.compression) {
            (Format::Parquet, _) => ".parquet",
            // UNLOAD has no LZOP.
            (_, Compression::None | Compression::Lzop) => "",
            (_, Compression::Gzip) => ".gz",
            (_, Compression::Bzip2) => ".bz2",
            (_, Compression::Zstd) => ".zst",
        };
        suffix.to_string()
    }

    /// The format as the logs name it.
    pub(super) fn format_name(&self) -> &'static str {
        match self.format {
            Format::Delimited(_) | Format::FixedWidth { .. } => "text",
            Format::Csv { .. } => "csv",
            Format::Json => "json",
            Format::Parquet => "parquet",
        }
    }
}

/// "The SELECT query can't use a LIMIT clause in the outer SELECT."
fn refuse_limit(unload: &Unload) -> Result<()> {
    if is_limited(&unload.query) {
        return Err(Error::unsupported("Limit clause is not supported").at(unload.query_pos));
    }
    Ok(())
}

/// Has the outer SELECT a LIMIT, OFFSET or TOP? Parentheses around it do not make it an inner one.
fn is_limited(query: &Query) -> bool {
    let within = match &query.body {
        QueryBody::Select(select) => select.top.is_some(),
        QueryBody::Nested(query) => is_limited(query),
        QueryBody::SetOperation { .. } | QueryBody::Values(_) => false,
    };
    within || query.limit.is_some() || query.offset.is_some()
}

fn partition_column(column: &FileColumn) -> Result<FileColumn> {
    use RedshiftType::*;
    match column.ty {
        Int2 | Int4 | Int8 | Numeric { .. } | Float4 | Bool | Char(_) | Varchar(_) | Text | Date | Timestamp => {
            Ok(column.clone())
        }
        ty => Err(Error::unsupported(format!("PARTITION BY is not supported on columns of type {ty}"))),
    }
}

fn format(options: &Options, columns: &[FileColumn]) -> Result<Format> {
    let delimiter = |default: u8| {
        let Some((text, pos)) = &options.delimiter else { return Ok(default) };
        single_character(text).filter(|byte| !matches!(byte, b'\n' | b'\r')).ok_or_else(|| {
            let message = "UNLOAD delimiter must be a single ASCII character";
            Error::new(SqlState::INVALID_PARAMETER_VALUE, message).at(*pos)
        })
    };
    let null_as = options.null_as.clone().unwrap_or_default();
    match options.format {
        Some(UnloadFormat::Csv) => Ok(Format::Csv { delimiter: delimiter(b',')?, null_as }),
        Some(UnloadFormat::Parquet) => Ok(Format::Parquet),
        Some(UnloadFormat::Json) => {
            for (index, column) in columns.iter().enumerate() {
                if columns[..index].iter().any(|other| other.name == column.name) {
                    let message = format!("column \"{}\" appears twice in the rows of UNLOAD as JSON", column.name);
                    return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
                }
            }
            Ok(Format::Json)
        }
        None => match &options.fixed_width {
            Some((text, pos)) => {
                let invalid = |message: &str| Error::new(SqlState::INVALID_PARAMETER_VALUE, message).at(*pos);
                let widths = FixedWidth::parse(text)
                    .ok_or_else(|| invalid("FIXEDWIDTH must be of the format 'label:width,label:width,...'"))?
                    .widths;
                if widths.len() != columns.len() {
                    return Err(invalid("FIXEDWIDTH must name as many columns as the query gives"));
                }
                Ok(Format::FixedWidth { widths, null_as })
            }
            None => Ok(Format::Delimited(Delimited {
                delimiter: delimiter(b'|')?,
                add_quotes: options.add_quotes,
                escape: options.escape,
                null_as,
            })),
        },
    }
}

/// "Unloading a column of the ... data type": which types go into which files.
fn check_types(format: &Format, columns: &[FileColumn]) -> Result<()> {
    use RedshiftType::*;
    let name = match format {
        Format::Delimited(_) | Format::Csv { .. } => return Ok(()),
        Format::FixedWidth { .. } => "FIXEDWIDTH",
        Format::Json => "JSON",
        Format::Parquet => "PARQUET",
    };
    for column in columns {
        let refused = match column.ty {
            Varbyte(_) | Geometry | Geography | HllSketch => true,
            IntervalYearToMonth(_) | IntervalDayToSecond(_) | Interval => matches!(format, Format::Parquet),
            _ => false,
        };
        if refused {
            let message = format!("UNLOAD of type {} is not supported for {name} files", column.ty);
            return Err(Error::unsupported(message));
        }
    }
    Ok(())
}
