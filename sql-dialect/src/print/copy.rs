//! COPY, copy jobs, templates and UNLOAD.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Parenthesized, Quoted, flag, on_off};
use crate::{
    ast::{
        AlterTemplate, AlterTemplateAction, CompUpdate, Copy, CopyJob, CopyOption, CreateTemplate, Unload,
        UnloadFormat, UnloadOption, UnloadSize,
    },
    names::Ident,
};

impl Display for Copy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "COPY {}{} FROM {}", self.table, Parenthesized(&self.columns), Quoted(&self.source))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))?;
        self.template.iter().try_for_each(|template| write!(f, " USING TEMPLATE {template}"))
    }
}

impl Display for CopyOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        copy_option(f, self, " ")
    }
}

/// A parameter and its argument with this between them: a blank, or ` TO ` in ALTER TEMPLATE.
fn copy_option(f: &mut Formatter<'_>, option: &CopyOption, between: &str) -> fmt::Result {
    let (word, text) = match option {
        CopyOption::IamRole(None) => return write!(f, "IAM_ROLE{between}default"),
        CopyOption::IamRole(Some(role)) => ("IAM_ROLE", role),
        CopyOption::Credentials(text) => ("CREDENTIALS", text),
        CopyOption::AccessKeyId(text) => ("ACCESS_KEY_ID", text),
        CopyOption::SecretAccessKey(text) => ("SECRET_ACCESS_KEY", text),
        CopyOption::SessionToken(text) => ("SESSION_TOKEN", text),
        CopyOption::MasterSymmetricKey(text) => ("MASTER_SYMMETRIC_KEY", text),
        CopyOption::Region(text) => ("REGION", text),
        CopyOption::Quote(text) => ("QUOTE", text),
        CopyOption::Delimiter(text) => ("DELIMITER", text),
        CopyOption::FixedWidth(text) => ("FIXEDWIDTH", text),
        CopyOption::Avro(text) => ("AVRO", text),
        CopyOption::Json(text) => ("JSON", text),
        CopyOption::AcceptInvChars(Some(text)) => ("ACCEPTINVCHARS", text),
        CopyOption::DateFormat(text) => ("DATEFORMAT", text),
        CopyOption::Encoding(text) => ("ENCODING", text),
        CopyOption::NullAs(text) => ("NULL", text),
        CopyOption::TimeFormat(text) => ("TIMEFORMAT", text),
        CopyOption::ReadRatio(number) => return write!(f, "READRATIO{between}{number}"),
        CopyOption::IgnoreHeader(number) => return write!(f, "IGNOREHEADER{between}{number}"),
        CopyOption::CompRows(number) => return write!(f, "COMPROWS{between}{number}"),
        CopyOption::MaxError(number) => return write!(f, "MAXERROR{between}{number}"),
        CopyOption::StatUpdate(on) => return write!(f, "STATUPDATE{between}{}", on_off(*on)),
        CopyOption::CompUpdate(CompUpdate::Preset) => return write!(f, "COMPUPDATE{between}PRESET"),
        CopyOption::CompUpdate(CompUpdate::On) => return write!(f, "COMPUPDATE{between}ON"),
        CopyOption::CompUpdate(CompUpdate::Off) => return write!(f, "COMPUPDATE{between}OFF"),
        CopyOption::Shapefile { simplify, auto } => return shapefile(f, simplify, *auto),
        other => return f.write_str(plain_option(other).ok_or(fmt::Error)?),
    };
    write!(f, "{word}{between}{}", Quoted(text))
}

/// The parameters without an argument.
fn plain_option(option: &CopyOption) -> Option<&'static str> {
    Some(match option {
        CopyOption::Manifest => "MANIFEST",
        CopyOption::Encrypted => "ENCRYPTED",
        CopyOption::Ssh => "SSH",
        CopyOption::Csv => "CSV",
        CopyOption::Parquet => "PARQUET",
        CopyOption::Orc => "ORC",
        CopyOption::SerializeToJson => "SERIALIZETOJSON",
        CopyOption::Bzip2 => "BZIP2",
        CopyOption::Gzip => "GZIP",
        CopyOption::Lzop => "LZOP",
        CopyOption::Zstd => "ZSTD",
        CopyOption::AcceptAnyDate => "ACCEPTANYDATE",
        CopyOption::AcceptInvChars(None) => "ACCEPTINVCHARS",
        CopyOption::BlanksAsNull => "BLANKSASNULL",
        CopyOption::EmptyAsNull => "EMPTYASNULL",
        CopyOption::Escape => "ESCAPE",
        CopyOption::ExplicitIds => "EXPLICIT_IDS",
        CopyOption::FillRecord => "FILLRECORD",
        CopyOption::IgnoreBlankLines => "IGNOREBLANKLINES",
        CopyOption::RemoveQuotes => "REMOVEQUOTES",
        CopyOption::RoundDec => "ROUNDEC",
        CopyOption::TrimBlanks => "TRIMBLANKS",
        CopyOption::TruncateColumns => "TRUNCATECOLUMNS",
        CopyOption::IgnoreAllErrors => "IGNOREALLERRORS",
        CopyOption::NoLoad => "NOLOAD",
        _ => return None,
    })
}

fn shapefile(f: &mut Formatter<'_>, simplify: &Option<String>, auto: bool) -> fmt::Result {
    f.write_str("SHAPEFILE")?;
    let Some(tolerance) = simplify else { return Ok(()) };
    write!(f, " SIMPLIFY{}", flag(auto, " AUTO"))?;
    if tolerance.is_empty() { Ok(()) } else { write!(f, " {}", Quoted(tolerance)) }
}

impl Display for CopyJob {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let automatic = |auto: &Option<bool>| auto.map(on_off);
        match self {
            CopyJob::Create { copy, name, auto } => {
                write!(f, "{copy} JOB CREATE {name}{}", Clause("AUTO", &automatic(auto)))
            }
            CopyJob::Alter { name, auto } => write!(f, "COPY JOB ALTER {name}{}", Clause("AUTO", &automatic(auto))),
            CopyJob::Run(name) => write!(f, "COPY JOB RUN {name}"),
            CopyJob::List => f.write_str("COPY JOB LIST"),
            CopyJob::Show(name) => write!(f, "COPY JOB SHOW {name}"),
            CopyJob::Drop(name) => write!(f, "COPY JOB DROP {name}"),
        }
    }
}

impl Display for CreateTemplate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE{} TEMPLATE {} FOR COPY AS", flag(self.or_replace, " OR REPLACE"), self.name)?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for AlterTemplate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER TEMPLATE {} ", self.name)?;
        match &self.action {
            AlterTemplateAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterTemplateAction::OwnerTo(owner) => write!(f, "OWNER TO {owner}"),
            AlterTemplateAction::Add(option) => write!(f, "ADD {option}"),
            AlterTemplateAction::Drop(parameter) => write!(f, "DROP {}", Ident::new(parameter)),
            AlterTemplateAction::Set(options) => {
                f.write_str("SET ")?;
                for (index, option) in options.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    copy_option(f, option, " TO ")?;
                }
                Ok(())
            }
        }
    }
}

/// With the text of the query as it was written.
impl Display for Unload {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "UNLOAD ({}) TO {}", Quoted(&self.query_text), Quoted(&self.target))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for UnloadOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (word, text) = match self {
            UnloadOption::IamRole(role) => return write!(f, "IAM_ROLE {role}"),
            UnloadOption::Credentials(text) => ("CREDENTIALS", text),
            UnloadOption::AccessKeyId(text) => ("ACCESS_KEY_ID", text),
            UnloadOption::SecretAccessKey(text) => ("SECRET_ACCESS_KEY", text),
            UnloadOption::SessionToken(text) => ("SESSION_TOKEN", text),
            UnloadOption::Delimiter(text) => ("DELIMITER", text),
            UnloadOption::FixedWidth(text) => ("FIXEDWIDTH", text),
            UnloadOption::KmsKeyId(text) => ("KMS_KEY_ID", text),
            UnloadOption::MasterSymmetricKey(text) => ("MASTER_SYMMETRIC_KEY", text),
            UnloadOption::NullAs(text) => ("NULL AS", text),
            UnloadOption::Region(text) => ("REGION", text),
            UnloadOption::Extension(text) => ("EXTENSION", text),
            UnloadOption::Format(format) => return write!(f, "FORMAT AS {format}"),
            UnloadOption::PartitionBy { columns, include } => {
                return write!(f, "PARTITION BY ({}){}", List(columns), flag(*include, " INCLUDE"));
            }
            UnloadOption::MaxFileSize(size) => return write!(f, "MAXFILESIZE {size}"),
            UnloadOption::RowGroupSize(size) => return write!(f, "ROWGROUPSIZE {size}"),
            UnloadOption::Manifest { verbose: true } => return f.write_str("MANIFEST VERBOSE"),
            UnloadOption::Manifest { verbose: false } => return f.write_str("MANIFEST"),
            UnloadOption::Encrypted { auto: true } => return f.write_str("ENCRYPTED AUTO"),
            UnloadOption::Encrypted { auto: false } => return f.write_str("ENCRYPTED"),
            UnloadOption::Parallel(on) => return write!(f, "PARALLEL {}", on_off(*on)),
            UnloadOption::Header => return f.write_str("HEADER"),
            UnloadOption::Bzip2 => return f.write_str("BZIP2"),
            UnloadOption::Gzip => return f.write_str("GZIP"),
            UnloadOption::Zstd => return f.write_str("ZSTD"),
            UnloadOption::AddQuotes => return f.write_str("ADDQUOTES"),
            UnloadOption::Escape => return f.write_str("ESCAPE"),
            UnloadOption::AllowOverwrite => return f.write_str("ALLOWOVERWRITE"),
            UnloadOption::CleanPath => return f.write_str("CLEANPATH"),
        };
        write!(f, "{word} {}", Quoted(text))
    }
}

impl Display for UnloadFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnloadFormat::Csv => "CSV",
            UnloadFormat::Parquet => "PARQUET",
            UnloadFormat::Json => "JSON",
        })
    }
}

impl Display for UnloadSize {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, if self.gigabytes { " GB" } else { " MB" })
    }
}
