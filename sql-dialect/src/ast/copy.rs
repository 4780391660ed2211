//! COPY, COPY JOB, templates and UNLOAD: developer guide, "COPY" and its pages on parameters.

use super::IamRole;
use crate::{
    error::Pos,
    names::{Ident, ObjectName},
};

/// `COPY table [(columns)] FROM 's3://...' authorization [parameters in any order] [USING TEMPLATE name]`
#[derive(Debug, Clone)]
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
    /// USING TEMPLATE: where further parameters are.
    pub template: Option<ObjectName>,
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

/// Two COPYs are one where they say the same; where their parts stand does not matter.
impl PartialEq for Copy {
    fn eq(&self, other: &Self) -> bool {
        let Copy { table, columns, source, source_pos: _, options, option_positions: _, template } = self;
        *table == other.table
            && *columns == other.columns
            && *source == other.source
            && *options == other.options
            && *template == other.template
    }
}

/// `COPY ... JOB CREATE name` and the other commands on copy jobs.
#[derive(Debug, Clone, PartialEq)]
pub enum CopyJob {
    /// `COPY ... JOB CREATE name [AUTO ON | OFF]`
    Create {
        /// What the job does.
        copy: Box<Copy>,
        /// Its name.
        name: Ident,
        /// AUTO ON | OFF
        auto: Option<bool>,
    },
    /// `COPY JOB ALTER name [AUTO ON | OFF]`
    Alter {
        /// Which one.
        name: Ident,
        /// AUTO ON | OFF
        auto: Option<bool>,
    },
    /// `COPY JOB RUN name`
    Run(Ident),
    /// `COPY JOB LIST`
    List,
    /// `COPY JOB SHOW name`
    Show(Ident),
    /// `COPY JOB DROP name`
    Drop(Ident),
}

/// `CREATE [OR REPLACE] TEMPLATE name FOR COPY [AS] options`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTemplate {
    /// OR REPLACE?
    pub or_replace: bool,
    /// Its name.
    pub name: ObjectName,
    /// The parameters of COPY that it keeps.
    pub options: Vec<CopyOption>,
}

/// `ALTER TEMPLATE name action`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTemplate {
    /// Which one.
    pub name: ObjectName,
    /// What is done to it.
    pub action: AlterTemplateAction,
}

/// What ALTER TEMPLATE does.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterTemplateAction {
    /// `RENAME TO name`
    RenameTo(Ident),
    /// `OWNER TO user`
    OwnerTo(Ident),
    /// `ADD parameter [AS] [value]`
    Add(CopyOption),
    /// `DROP parameter`, in lower case.
    Drop(String),
    /// `SET parameter TO value, ...`
    Set(Vec<CopyOption>),
}

/// `DROP TEMPLATE name`
#[derive(Debug, Clone, PartialEq)]
pub struct DropTemplate {
    /// Which one.
    pub name: ObjectName,
}

/// `UNLOAD ('query') TO 's3://...' authorization [options in any order]`
#[derive(Debug, Clone)]
pub struct Unload {
    /// The text of the query.
    pub query_text: String,
    /// The text's query.
    pub query: Box<super::Query>,
    /// Where the text stands.
    pub query_pos: Pos,
    /// Where the files go.
    pub target: String,
    /// The options, in the order they were written.
    pub options: Vec<UnloadOption>,
    /// Where each option stands.
    pub option_positions: Vec<Pos>,
}

/// Two UNLOADs are one where they say the same; where their parts stand does not matter.
impl PartialEq for Unload {
    fn eq(&self, other: &Self) -> bool {
        let Unload { query_text, query, query_pos: _, target, options, option_positions: _ } = self;
        *query_text == other.query_text && *query == other.query && *target == other.target && *options == other.options
    }
}

/// An option of UNLOAD.
#[derive(Debug, Clone, PartialEq)]
pub enum UnloadOption {
    /// `IAM_ROLE ...`
    IamRole(IamRole),
    /// `[WITH] CREDENTIALS [AS] 'text'`
    Credentials(String),
    /// `ACCESS_KEY_ID [AS] 'key'`
    AccessKeyId(String),
    /// `SECRET_ACCESS_KEY [AS] 'key'`
    SecretAccessKey(String),
    /// `SESSION_TOKEN [AS] 'token'`
    SessionToken(String),
    /// `[FORMAT [AS]] CSV | PARQUET | JSON`
    Format(UnloadFormat),
    /// `PARTITION BY (columns) [INCLUDE]`
    PartitionBy {
        /// The columns.
        columns: Vec<Ident>,
        /// INCLUDE: are they in the files, too?
        include: bool,
    },
    /// `MANIFEST [VERBOSE]`
    Manifest {
        /// VERBOSE?
        verbose: bool,
    },
    /// HEADER
    Header,
    /// `DELIMITER [AS] 'c'`
    Delimiter(String),
    /// `FIXEDWIDTH [AS] 'label:width,...'`
    FixedWidth(String),
    /// `ENCRYPTED [AUTO]`
    Encrypted {
        /// AUTO?
        auto: bool,
    },
    /// `KMS_KEY_ID [AS] 'key'`
    KmsKeyId(String),
    /// `MASTER_SYMMETRIC_KEY [AS] 'key'`
    MasterSymmetricKey(String),
    /// BZIP2
    Bzip2,
    /// GZIP
    Gzip,
    /// ZSTD
    Zstd,
    /// ADDQUOTES
    AddQuotes,
    /// `NULL [AS] 'text'`
    NullAs(String),
    /// ESCAPE
    Escape,
    /// ALLOWOVERWRITE
    AllowOverwrite,
    /// CLEANPATH
    CleanPath,
    /// `PARALLEL [ON | TRUE | OFF | FALSE]`
    Parallel(bool),
    /// `MAXFILESIZE [AS] n [MB | GB]`
    MaxFileSize(UnloadSize),
    /// `ROWGROUPSIZE [AS] n [MB | GB]`
    RowGroupSize(UnloadSize),
    /// `REGION [AS] 'region'`
    Region(String),
    /// `EXTENSION 'extension'`
    Extension(String),
}

/// The formats of UNLOAD. Without one it writes delimited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnloadFormat {
    Csv,
    Parquet,
    Json,
}

/// `n [MB | GB]`
#[derive(Debug, Clone, PartialEq)]
pub struct UnloadSize {
    /// The number as written: digits, maybe with a point.
    pub amount: String,
    /// Gigabytes? Megabytes otherwise.
    pub gigabytes: bool,
}
