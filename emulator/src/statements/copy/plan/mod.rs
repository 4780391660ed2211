//! What a COPY statement asks for, checked: developer guide, "COPY" and its pages on parameters.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::Copy};

use crate::{
    catalog::{Relation, RelationKind},
    formats::{
        blocks::{Compression, Encoding},
        columnar::Reading,
        convert::{Conversion, DateReading, Target, TimeReading, is_loadable},
        shapefile::Simplify,
        splitter::{Csv, Delimited, FixedWidth, Tolerance},
    },
    s3::{S3Credentials, S3Path},
    text_input::{DateTimeInput, Rounding},
};

pub(in crate::statements) mod authorization;
mod options;

pub(in crate::statements) use options::single_character;

use options::Options;

/// What the session adds to the statement.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext {
    /// Do quoted identifiers keep their case?
    pub case_sensitive: bool,
    /// What date and time texts depend on.
    pub input: DateTimeInput,
}

/// A COPY, checked and ready to be run.
#[derive(Debug, Clone)]
pub struct CopyPlan {
    /// Where the data is, or the manifest.
    pub source: S3Path,
    /// What is there.
    pub source_kind: SourceKind,
    /// With whose credentials it is read.
    pub credentials: S3Credentials,
    /// REGION
    pub region: Option<String>,
    /// How the files are written.
    pub format: FileFormat,
    /// How they are compressed.
    pub compression: Compression,
    /// How their characters are encoded.
    pub encoding: Encoding,
    /// IGNOREHEADER
    pub header_lines: u64,
    /// IGNOREBLANKLINES and FILLRECORD
    pub tolerance: Tolerance,
    /// The columns that fields go to, in the order of the fields, by their place in the relation.
    pub columns: Vec<usize>,
    /// The same as targets of conversion.
    pub targets: Vec<Target>,
    /// How fields are read.
    pub conversion: Conversion,
    /// How the values of columnar files are read.
    pub reading: Reading,
    /// When errors are too many.
    pub error_limit: ErrorLimit,
    /// Does it load, or only check?
    pub purpose: Purpose,
}

/// What the source names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Every object whose key begins with its key.
    Prefix,
    /// MANIFEST: a list of objects.
    Manifest,
}

/// How files are written.
#[derive(Debug, Clone, PartialEq)]
pub enum FileFormat {
    /// Fields between delimiters.
    Delimited(Delimited),
    /// CSV
    Csv(Csv),
    /// FIXEDWIDTH
    FixedWidth(FixedWidth),
    /// JSON
    Json(JsonSource),
    /// AVRO
    Avro(JsonSource),
    /// PARQUET
    Parquet,
    /// ORC
    Orc,
    /// SHAPEFILE
    Shapefile(Simplify),
}

/// How the values of JSON and Avro find their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonSource {
    /// `'auto'`
    Auto,
    /// `'auto ignorecase'`
    AutoIgnoreCase,
    /// `'noshred'`
    Whole,
    /// A JSONPaths file.
    Paths(S3Path),
}

/// When a load has too many errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorLimit {
    /// MAXERROR: when it has so many; at least one.
    At(u32),
    /// IGNOREALLERRORS: never.
    Never,
}

/// What the statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To load.
    Load,
    /// NOLOAD: to see whether everything could be loaded.
    Check,
}

impl FileFormat {
    /// Its name in `sys_load_history.file_format`.
    pub fn name(&self) -> &'static str {
        match self {
            FileFormat::Delimited(_) => "text",
            FileFormat::Csv(_) => "csv",
            FileFormat::FixedWidth(_) => "fixedwidth",
            FileFormat::Json(_) => "json",
            FileFormat::Avro(_) => "avro",
            FileFormat::Parquet => "parquet",
            FileFormat::Shapefile(_) => "shapefile",
            FileFormat::Orc => "orc",
        }
    }

    /// Do its files hold columns rather than records?
    pub fn is_columnar(&self) -> bool {
        matches!(self, FileFormat::Parquet | FileFormat::Orc)
    }

    /// How values find their columns by name, where they do.
    pub fn json_source(&self) -> Option<&JsonSource> {
        match self {
            FileFormat::Json(source) | FileFormat::Avro(source) => Some(source),
            _ => None,
        }
    }
}

impl CopyPlan {
    /// Checks a statement against the table that it names.
    ///
    /// # Errors
    /// 42601 for parameters that contradict each other, 0A000 for what is not supported (by Redshift together with the
    /// format, or by Blueshift at all), 22023 for arguments out of range, 42703 for columns that there are not.
    pub fn new(copy: &Copy, relation: &Relation, context: &PlanContext) -> Result<CopyPlan> {
        check_relation(relation)?;
        let source = source(copy)?;
        if let Some(template) = &copy.template {
            return Err(Error::unsupported("COPY with a TEMPLATE is not supported").at(template.pos()));
        }
        let options = Options::gather(copy)?;
        let format = options.format()?;
        options.check_for(&format)?;
        let (credentials, region) = (options.credentials()?, options.region.clone());
        let columns = columns(copy, relation, context.case_sensitive, options.explicit_ids)?;
        let target = |index: &usize| {
            let column = &relation.columns[*index];
            // An absent key gives a GENERATED BY DEFAULT column its next value; elsewhere a field is always there.
            let is_generated = column.identity.is_some() && format.json_source().is_some();
            Target { name: column.name.clone(), ty: column.ty, nullable: !column.refuses_null() || is_generated }
        };
        let targets: Vec<Target> = columns.iter().map(target).collect();
        check_targets(&targets, &format)?;
        Ok(CopyPlan {
            source,
            source_kind: if options.manifest { SourceKind::Manifest } else { SourceKind::Prefix },
            credentials,
            region,
            compression: options.compression.unwrap_or_default(),
            encoding: options.encoding()?,
            header_lines: options.header_lines.unwrap_or(0),
            tolerance: options.tolerance(),
            columns,
            targets,
            conversion: conversion(&options, &format, context)?,
            reading: Reading { replacement: options.replacement()?, serialize: options.serialize_to_json },
            error_limit: options.error_limit()?,
            purpose: if options.no_load { Purpose::Check } else { Purpose::Load },
            format,
        })
    }

    /// The columns that no field goes to and that are no identity columns, by their place in the relation: they take their
    /// DEFAULT, or else NULL.
    pub fn omitted_columns(&self, relation: &Relation) -> Vec<usize> {
        let is_omitted = |index: &usize| !self.columns.contains(index) && relation.columns[*index].identity.is_none();
        (0..relation.columns.len()).filter(is_omitted).collect()
    }
}

/// Refuses to load what is no table, as PostgreSQL 8.0 words it.
///
/// # Errors
/// 42809 for a view, 42501 for a system relation.
pub(super) fn check_relation(relation: &Relation) -> Result<()> {
    match relation.kind {
        RelationKind::Table(_) => Ok(()),
        RelationKind::View(_) => {
            let message = format!("cannot copy to view \"{}\"", relation.name);
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message))
        }
        RelationKind::System => {
            let message = format!("permission denied: \"{}\" is a system catalog", relation.name);
            Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message))
        }
    }
}

fn source(copy: &Copy) -> Result<S3Path> {
    for (scheme, name) in [("emr://", "Amazon EMR"), ("dynamodb://", "Amazon DynamoDB")] {
        if copy.source.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            return Err(Error::unsupported(format!("COPY from {name} is not supported")).at(copy.source_pos));
        }
    }
    S3Path::parse(&copy.source).ok_or_else(|| {
        let message = "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)";
        Error::unsupported(message).at(copy.source_pos)
    })
}

/// "Column mapping options": the columns of the list, or all but IDENTITY columns, which only EXPLICIT_IDS loads.
fn columns(copy: &Copy, relation: &Relation, case_sensitive: bool, explicit_ids: bool) -> Result<Vec<usize>> {
    let generated = |index: usize| relation.columns[index].identity.is_some_and(|identity| !identity.by_default);
    if copy.columns.is_empty() {
        return Ok((0..relation.columns.len()).filter(|index| explicit_ids || !generated(*index)).collect());
    }
    let mut columns = Vec::with_capacity(copy.columns.len());
    for ident in &copy.columns {
        let name = ident.folded(case_sensitive);
        let index = relation.columns.iter().position(|column| column.name == name).ok_or_else(|| {
            let message = format!("column \"{name}\" of relation \"{}\" does not exist", relation.name);
            Error::new(SqlState::UNDEFINED_COLUMN, message).at(ident.pos)
        })?;
        if columns.contains(&index) {
            let message = format!("column \"{name}\" specified more than once");
            return Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(ident.pos));
        }
        if generated(index) && !explicit_ids {
            let message = format!("cannot set an identity column \"{name}\" without EXPLICIT_IDS");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(ident.pos));
        }
        columns.push(index);
    }
    let left_out = (0..relation.columns.len()).find(|index| generated(*index) && !columns.contains(index));
    if let Some(index) = left_out.filter(|_| explicit_ids) {
        let message =
            format!("EXPLICIT_IDS requires identity column \"{}\" in the column list", relation.columns[index].name);
        return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(copy.columns[0].pos));
    }
    Ok(columns)
}

fn check_targets(targets: &[Target], format: &FileFormat) -> Result<()> {
    if let Some(target) = targets.iter().find(|target| !is_loadable(target.ty)) {
        let message = format!("COPY into column \"{}\" of type {} is not supported", target.name, target.ty);
        return Err(Error::unsupported(message));
    }
    let whole = matches!(format.json_source(), Some(JsonSource::Whole));
    match format {
        FileFormat::FixedWidth(fixed) if fixed.widths.len() != targets.len() => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("FIXEDWIDTH specifies {} columns, the table has {}", fixed.widths.len(), targets.len()),
        )),
        _ if whole && !matches!(targets, [Target { ty: RedshiftType::Super, .. }]) => {
            let message = "JSON 'noshred' requires a single column of type SUPER";
            Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
        }
        _ => Ok(()),
    }
}

fn conversion(options: &Options, format: &FileFormat, context: &PlanContext) -> Result<Conversion> {
    let is_json = format.json_source().is_some();
    Ok(Conversion {
        null_as: if is_json { None } else { Some(options.null_as()?) },
        quote: match format {
            FileFormat::Csv(csv) => csv.quote,
            _ => b'"',
        },
        empty_as_null: options.empty_as_null,
        blanks_as_null: options.blanks_as_null,
        trim_blanks: options.trim_blanks,
        truncate_columns: options.truncate_columns,
        replacement: options.replacement()?,
        accept_any_date: options.accept_any_date,
        rounding: if options.round_dec { Rounding::HalfAwayFromZero } else { Rounding::Truncate },
        missing_is_empty: !is_json && !options.empty_as_null,
        dates: options.date_format.as_deref().map_or(DateReading::Iso, DateReading::parse),
        times: options.time_format.as_deref().map_or(TimeReading::Iso, TimeReading::parse),
        input: context.input,
    })
}

#[cfg(test)]
mod tests;
