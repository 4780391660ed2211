//! UNLOAD's parameters, each at most once, and which of them go with which format.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{IamRole, Unload, UnloadFormat, UnloadOption, UnloadSize},
    error::Pos,
    names::Ident,
};

use crate::statements::copy::plan::authorization::Clauses;

/// The parameters of a statement.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub authorization: Clauses,
    pub format: Option<UnloadFormat>,
    pub partition: Option<(Vec<Ident>, bool)>,
    /// MANIFEST, and whether VERBOSE.
    pub manifest: Option<bool>,
    pub header: bool,
    pub delimiter: Option<(String, Pos)>,
    pub fixed_width: Option<(String, Pos)>,
    pub compression: crate::formats::blocks::Compression,
    pub add_quotes: bool,
    pub null_as: Option<String>,
    pub escape: bool,
    pub allow_overwrite: bool,
    pub clean_path: bool,
    pub serial: bool,
    pub max_file_size: Option<u64>,
    pub row_group_size: Option<u64>,
    pub region: Option<String>,
    /// ENCRYPTED AUTO
    encrypted_by_bucket: bool,
    pub kms_key_id: Option<String>,
    pub extension: Option<String>,
    given: Vec<(&'static str, Pos)>,
}

/// Bytes of a megabyte.
pub(super) const MEGABYTE: u64 = 1 << 20;

impl Options {
    /// Takes a statement's parameters apart.
    pub(super) fn gather(unload: &Unload) -> Result<Options> {
        let mut options = Options::default();
        for (index, option) in unload.options.iter().enumerate() {
            let pos = unload.option_positions.get(index).copied().unwrap_or(unload.query_pos);
            let name = name(option);
            let repeated = |(given, _): &(&str, Pos)| *given == name || (is_compression(given) && is_compression(name));
            if options.given.iter().any(repeated) {
                return Err(Error::new(SqlState::SYNTAX_ERROR, "conflicting or redundant options").at(pos));
            }
            options.given.push((name, pos));
            options.take(option, pos).map_err(|error| error.at(pos))?;
        }
        options.check()?;
        Ok(options)
    }

    fn take(&mut self, option: &UnloadOption, pos: Pos) -> Result<()> {
        use crate::formats::blocks::Compression;
        match option {
            UnloadOption::IamRole(role) => {
                self.authorization.iam_role = Some(match role {
                    IamRole::Default => None,
                    IamRole::Session => return Err(Error::unsupported("IAM_ROLE 'SESSION' is not supported")),
                    IamRole::Arn(arn) => Some(arn.clone()),
                });
            }
            UnloadOption::Credentials(text) => self.authorization.credentials = Some(text.clone()),
            UnloadOption::AccessKeyId(text) => self.authorization.access_key_id = Some(text.clone()),
            UnloadOption::SecretAccessKey(text) => self.authorization.secret_access_key = Some(text.clone()),
            UnloadOption::SessionToken(text) => self.authorization.session_token = Some(text.clone()),
            UnloadOption::Format(format) => self.format = Some(*format),
            UnloadOption::PartitionBy { columns, include } => self.partition = Some((columns.clone(), *include)),
            UnloadOption::Manifest { verbose } => self.manifest = Some(*verbose),
            UnloadOption::Header => self.header = true,
            UnloadOption::Delimiter(text) => self.delimiter = Some((text.clone(), pos)),
            UnloadOption::FixedWidth(text) => self.fixed_width = Some((text.clone(), pos)),
            // S3 encrypts with its own key, or the bucket's, what it is given, and decrypts what is read.
            UnloadOption::Encrypted { auto } => self.encrypted_by_bucket = *auto,
            UnloadOption::KmsKeyId(key) => self.kms_key_id = Some(key.clone()),
            UnloadOption::MasterSymmetricKey(_) => {
                return Err(Error::unsupported("UNLOAD with client-side encryption is not supported"));
            }
            UnloadOption::Bzip2 => self.compression = Compression::Bzip2,
            UnloadOption::Gzip => self.compression = Compression::Gzip,
            UnloadOption::Zstd => self.compression = Compression::Zstd,
            UnloadOption::AddQuotes => self.add_quotes = true,
            UnloadOption::NullAs(text) => self.null_as = Some(text.clone()),
            UnloadOption::Escape => self.escape = true,
            UnloadOption::AllowOverwrite => self.allow_overwrite = true,
            UnloadOption::CleanPath => self.clean_path = true,
            UnloadOption::Parallel(on) => self.serial = !on,
            UnloadOption::MaxFileSize(size) => {
                // 6.2 GB is the most that S3 takes of Redshift at once.
                let most = (6.2 * 1024.0 * MEGABYTE as f64) as u64;
                self.max_file_size =
                    Some(bytes(size, (5 * MEGABYTE, most), "MAXFILESIZE must be between 5MB and 6.2GB")?);
            }
            UnloadOption::RowGroupSize(size) => {
                let most = 128 * MEGABYTE;
                let message = "ROWGROUPSIZE must be between 32MB and 128MB";
                self.row_group_size = Some(bytes(size, (32 * MEGABYTE, most), message)?);
            }
            UnloadOption::Region(region) => self.region = Some(region.clone()),
            UnloadOption::Extension(extension) => self.extension = Some(extension.clone()),
        }
        Ok(())
    }

    /// Refuses what does not go together ("UNLOAD", the parameters' own descriptions).
    fn check(&self) -> Result<()> {
        let (format, refused): (&str, &[&str]) = match self.format {
            Some(UnloadFormat::Csv) => ("CSV", &["FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "ROWGROUPSIZE"]),
            Some(UnloadFormat::Parquet) => (
                "PARQUET",
                &["DELIMITER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL", "HEADER", "GZIP", "BZIP2", "ZSTD"],
            ),
            Some(UnloadFormat::Json) => {
                ("JSON", &["DELIMITER", "HEADER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL", "ROWGROUPSIZE"])
            }
            None if self.fixed_width.is_some() => {
                ("FIXEDWIDTH", &["DELIMITER", "HEADER", "ADDQUOTES", "ESCAPE", "ROWGROUPSIZE"])
            }
            None => ("delimited text", &["ROWGROUPSIZE"]),
        };
        if let Some((name, pos)) = self.given.iter().find(|(name, _)| refused.contains(name)) {
            let message = format!("{name} argument is not supported for {format} based UNLOAD");
            return Err(Error::unsupported(message).at(*pos));
        }
        if let Some((_, pos)) = self.given.iter().find(|(name, _)| *name == "KMS_KEY_ID")
            && !self.given.iter().any(|(name, _)| *name == "ENCRYPTED")
        {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "KMS_KEY_ID requires ENCRYPTED").at(*pos));
        }
        if self.encrypted_by_bucket
            && let Some((_, pos)) = self.given.iter().find(|(name, _)| *name == "KMS_KEY_ID")
        {
            let message = "KMS_KEY_ID and ENCRYPTED AUTO cannot be specified together";
            return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(*pos));
        }
        if self.allow_overwrite
            && let Some((_, pos)) = self.given.iter().find(|(name, _)| *name == "CLEANPATH")
        {
            let message = "CLEANPATH and ALLOWOVERWRITE cannot be specified together";
            return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(*pos));
        }
        Ok(())
    }
}

/// A size in bytes, between the least and the most.
fn bytes(size: &UnloadSize, (least, most): (u64, u64), message: &str) -> Result<u64> {
    let unit = if size.gigabytes { 1024 * MEGABYTE } else { MEGABYTE };
    let bytes = size.amount.parse::<f64>().ok().map(|amount| (amount * unit as f64) as u64);
    bytes
        .filter(|bytes| (least..=most).contains(bytes))
        .ok_or_else(|| Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
}

fn is_compression(name: &str) -> bool {
    matches!(name, "BZIP2" | "GZIP" | "ZSTD")
}

fn name(option: &UnloadOption) -> &'static str {
    match option {
        UnloadOption::IamRole(_) => "IAM_ROLE",
        UnloadOption::Credentials(_) => "CREDENTIALS",
        UnloadOption::AccessKeyId(_) => "ACCESS_KEY_ID",
        UnloadOption::SecretAccessKey(_) => "SECRET_ACCESS_KEY",
        UnloadOption::SessionToken(_) => "SESSION_TOKEN",
        UnloadOption::Format(_) => "FORMAT",
        UnloadOption::PartitionBy { .. } => "PARTITION BY",
        UnloadOption::Manifest { .. } => "MANIFEST",
        UnloadOption::Header => "HEADER",
        UnloadOption::Delimiter(_) => "DELIMITER",
        UnloadOption::FixedWidth(_) => "FIXEDWIDTH",
        UnloadOption::Encrypted { .. } => "ENCRYPTED",
        UnloadOption::KmsKeyId(_) => "KMS_KEY_ID",
        UnloadOption::MasterSymmetricKey(_) => "MASTER_SYMMETRIC_KEY",
        UnloadOption::Bzip2 => "BZIP2",
        UnloadOption::Gzip => "GZIP",
        UnloadOption::Zstd => "ZSTD",
        UnloadOption::AddQuotes => "ADDQUOTES",
        UnloadOption::NullAs(_) => "NULL",
        UnloadOption::Escape => "ESCAPE",
        UnloadOption::AllowOverwrite => "ALLOWOVERWRITE",
        UnloadOption::CleanPath => "CLEANPATH",
        UnloadOption::Parallel(_) => "PARALLEL",
        UnloadOption::MaxFileSize(_) => "MAXFILESIZE",
        UnloadOption::RowGroupSize(_) => "ROWGROUPSIZE",
        UnloadOption::Region(_) => "REGION",
        UnloadOption::Extension(_) => "EXTENSION",
    }
}
