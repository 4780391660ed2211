//! COPY: developer guide, "COPY" and its pages on parameters.

use crate::{
    error::Pos,
    names::{Ident, ObjectName},
};

/// `COPY table [(columns)] FROM 's3://...' authorization [parameters in any order]`
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// Into what.
    pub table: ObjectName,
    /// Which columns, in the order of the file's fields.
    pub columns: Vec<Ident>,
    /// The text behind FROM.
    pub source: String,
    /// Where that text stands.
    pub source_pos: Pos,
    /// The parameters, in the order they were written; a later one of a kind that is given twice is an error.
    pub options: Vec<CopyOption>,
    /// Where each option stands.
    pub option_positions: Vec<Pos>,
}

/// A parameter of COPY.
#[derive(Debug, Clone, PartialEq)]
pub enum CopyOption {
    /// `IAM_ROLE default | 'arn'`; none is `default`.
    IamRole(Option<String>),
    /// `[WITH] CREDENTIALS [AS] 'text'`
    Credentials(String),
    /// `ACCESS_KEY_ID [AS] 'key'`
    AccessKeyId(String),
    /// `SECRET_ACCESS_KEY [AS] 'key'`
    SecretAccessKey(String),
    /// `SESSION_TOKEN [AS] 'token'`
    SessionToken(String),
    /// MANIFEST
    Manifest,
    /// ENCRYPTED
    Encrypted,
    /// `MASTER_SYMMETRIC_KEY [AS] 'key'`
    MasterSymmetricKey(String),
    /// `REGION [AS] 'region'`
    Region(String),
    /// SSH
    Ssh,
    /// `READRATIO [AS] n`
    ReadRatio(u32),
    /// `[FORMAT] [AS] CSV`
    Csv,
    /// `QUOTE [AS] 'c'`
    Quote(String),
    /// `DELIMITER [AS] 'c'`
    Delimiter(String),
    /// `FIXEDWIDTH [AS] 'label:width,...'`
    FixedWidth(String),
    /// `SHAPEFILE [SIMPLIFY [AUTO] [tolerance]]`
    Shapefile {
        /// `SIMPLIFY`
        simplify: Option<String>,
        /// `AUTO`
        auto: bool,
    },
    /// `AVRO [AS] 'auto' | 'auto ignorecase' | 's3://...'`
    Avro(String),
    /// `JSON [AS] 'auto' | 'auto ignorecase' | 'noshred' | 's3://...'`
    Json(String),
    /// `PARQUET`
    Parquet,
    /// `ORC`
    Orc,
    /// `SERIALIZETOJSON`, behind PARQUET and ORC.
    SerializeToJson,
    /// BZIP2
    Bzip2,
    /// GZIP
    Gzip,
    /// LZOP
    Lzop,
    /// ZSTD
    Zstd,
    /// ACCEPTANYDATE
    AcceptAnyDate,
    /// `ACCEPTINVCHARS [AS] ['c']`
    AcceptInvChars(Option<String>),
    /// BLANKSASNULL
    BlanksAsNull,
    /// `DATEFORMAT [AS] 'format'`
    DateFormat(String),
    /// EMPTYASNULL
    EmptyAsNull,
    /// `ENCODING [AS] name`, in upper case.
    Encoding(String),
    /// ESCAPE
    Escape,
    /// EXPLICIT_IDS
    ExplicitIds,
    /// FILLRECORD
    FillRecord,
    /// IGNOREBLANKLINES
    IgnoreBlankLines,
    /// `IGNOREHEADER [AS] n`
    IgnoreHeader(u64),
    /// `NULL AS 'text'`
    NullAs(String),
    /// REMOVEQUOTES
    RemoveQuotes,
    /// ROUNDEC
    RoundDec,
    /// `TIMEFORMAT [AS] 'format'`
    TimeFormat(String),
    /// TRIMBLANKS
    TrimBlanks,
    /// TRUNCATECOLUMNS
    TruncateColumns,
    /// `COMPROWS n`
    CompRows(u64),
    /// `COMPUPDATE [PRESET | ON | OFF]`
    CompUpdate(CompUpdate),
    /// IGNOREALLERRORS
    IgnoreAllErrors,
    /// `MAXERROR [AS] n`
    MaxError(u32),
    /// NOLOAD
    NoLoad,
    /// `STATUPDATE [ON | OFF]`
    StatUpdate(bool),
}

/// What COMPUPDATE says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CompUpdate {
    Preset,
    On,
    Off,
}
