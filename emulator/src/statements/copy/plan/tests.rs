use redshift_sql_dialect::ast::{DistStyle, Statement};

use super::*;
use crate::{
    catalog::{Column, Identity, Oid, TableInfo},
    formats::splitter::Delimiter,
};

const ROLE: &str = "iam_role 'arn:aws:iam::123456789012:role/r'";

fn column(attnum: i16, name: &str, ty: RedshiftType) -> Column {
    Column {
        attnum,
        name: name.into(),
        ty,
        not_null: false,
        default: None,
        identity: None,
        encoding: None,
        dist_key: false,
        sort_key: 0,
        case_insensitive: false,
        comment: None,
    }
}

fn table(columns: Vec<Column>) -> Relation {
    Relation {
        oid: Oid(100_001),
        schema: "public".into(),
        schema_oid: Oid(2200),
        database: Oid(1),
        name: "venue".into(),
        owner: Oid(100),
        columns: columns.into(),
        kind: RelationKind::Table(TableInfo { dist_style: Some(DistStyle::Even), ..TableInfo::default() }),
        comment: None,
        created: 0,
        security: None,
    }
}

fn venue() -> Relation {
    table(vec![
        column(1, "venueid", RedshiftType::Int2),
        column(2, "venuename", RedshiftType::Varchar(100)),
        Column { default: Some("1000".into()), ..column(3, "venueseats", RedshiftType::Int4) },
    ])
}

fn plan_into(relation: &Relation, text: &str) -> Result<CopyPlan> {
    let parsed = redshift_sql_dialect::parse(text).expect("a statement").remove(0);
    let Statement::Copy(copy) = parsed.statement else { panic!("COPY") };
    CopyPlan::new(&copy, relation, &PlanContext { case_sensitive: false, input: DateTimeInput::default() })
}

/// `COPY venue FROM 's3://b/k' IAM_ROLE ... parameters`
fn plan(parameters: &str) -> Result<CopyPlan> {
    plan_into(&venue(), &format!("copy venue from 's3://b/k' {ROLE} {parameters}"))
}

fn refused(parameters: &str) -> String {
    plan(parameters).expect_err(parameters).to_string()
}

#[test]
fn without_parameters_it_is_pipes() {
    let plan = plan("").expect("a plan");
    assert_eq!(plan.source.to_string(), "s3://b/k");
    assert_eq!(plan.source_kind, SourceKind::Prefix);
    assert_eq!(
        plan.format,
        FileFormat::Delimited(Delimited { delimiter: Delimiter::byte(b'|'), escape: false, remove_quotes: false })
    );
    assert_eq!(plan.columns, [0, 1, 2]);
    assert_eq!(plan.error_limit, ErrorLimit::At(1));
    assert_eq!(plan.purpose, Purpose::Load);
    assert_eq!(plan.conversion.null_as.as_deref(), Some(b"\\N".as_slice()));
    assert_eq!(plan.conversion.dates, DateReading::Iso);
    assert_eq!(plan.conversion.rounding, Rounding::Truncate);
    assert_eq!(plan.credentials, S3Credentials::Engine);
}

#[test]
fn the_loads_of_the_wild_are_understood() {
    let csv = plan(
        "format as csv ignoreheader 1 delimiter ',' region 'us-east-1' dateformat 'YYYY-MM-DD' compupdate on statupdate off",
    );
    let csv = csv.expect("a plan");
    assert_eq!(csv.format, FileFormat::Csv(Csv { delimiter: Delimiter::byte(b','), quote: b'"' }));
    assert_eq!((csv.header_lines, csv.region.as_deref()), (1, Some("us-east-1")));
    let json = plan("format as json 'auto' maxerror 100 timeformat 'YYYY-MM-DD HH:MI:SS'").expect("a plan");
    assert_eq!(json.format, FileFormat::Json(JsonSource::Auto));
    assert_eq!((json.error_limit, json.conversion.times), (ErrorLimit::At(100), TimeReading::Iso));
    let events = plan("json 's3://udacity-dend/log_json_path.json' timeformat 'epochmillisecs' region 'us-west-2'");
    let events = events.expect("a plan");
    assert!(matches!(events.format, FileFormat::Json(JsonSource::Paths(path)) if path.key == "log_json_path.json"));
    assert_eq!(events.conversion.times, TimeReading::EpochMilliseconds);
    assert_eq!(plan("format as parquet").expect("a plan").format, FileFormat::Parquet);
    let manifest = plan("format as csv manifest gzip").expect("a plan");
    assert_eq!((manifest.source_kind, manifest.compression), (SourceKind::Manifest, Compression::Gzip));
    let event = plan(
        "removequotes emptyasnull blanksasnull maxerror 5 delimiter '|' timeformat 'YYYY-MM-DD HH:MI:SS' \
         truncatecolumns trimblanks acceptinvchars as '^' null as '\\\\0' roundec noload",
    );
    let event = event.expect("a plan");
    assert!(event.conversion.empty_as_null && event.conversion.blanks_as_null && event.conversion.truncate_columns);
    assert_eq!((event.conversion.replacement, event.purpose), (Some(b'^'), Purpose::Check));
    assert_eq!(event.conversion.null_as.as_deref(), Some(b"\0".as_slice()));
}

#[test]
fn delimiters_are_characters_or_octal() {
    let delimiter = |text: &str| match plan(&format!("delimiter {text}")).map(|plan| plan.format) {
        Ok(FileFormat::Delimited(delimited)) => Some(delimited.delimiter.as_bytes().to_vec()),
        _ => None,
    };
    let of = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(delimiter("'\\t'"), of("\t"));
    assert_eq!(delimiter("'\\\\t'"), of("\t"));
    assert_eq!(delimiter("as '\\001'"), of("\u{1}"));
    assert_eq!(delimiter("'\\\\036'"), of("\u{1e}"));
    assert_eq!(delimiter("'~'"), of("~"));
    // "Characters can also be represented in octal as their UTF-8 code units."
    assert_eq!(delimiter("'|~|'"), of("|~|"));
    assert_eq!(delimiter("'¦ì'"), of("¦ì"));
    assert_eq!(delimiter("'\\\\302\\\\246\\\\303\\\\254'"), of("¦ì"));
    for wrong in ["''", "'\\n'", "'|\\n'", "'\\\\302'", "'12345678901234567'"] {
        assert_eq!(delimiter(wrong), None, "{wrong}");
    }
}

#[test]
fn what_contradicts_is_refused() {
    for (parameters, message) in [
        ("csv csv", "42601: conflicting or redundant options"),
        ("csv json 'auto'", "42601: conflicting or redundant options"),
        ("gzip bzip2", "42601: conflicting or redundant options"),
        ("maxerror 1 maxerror 2", "42601: conflicting or redundant options"),
        ("maxerror 1 ignoreallerrors", "42601: MAXERROR and IGNOREALLERRORS cannot be specified together"),
        ("csv escape", "0A000: ESCAPE argument is not supported for CSV based COPY"),
        ("csv removequotes", "0A000: REMOVEQUOTES argument is not supported for CSV based COPY"),
        ("quote '%'", "0A000: QUOTE argument is not supported for delimited text based COPY"),
        (
            "fixedwidth 'a:1,b:1,c:1' delimiter ','",
            "0A000: DELIMITER argument is not supported for FIXEDWIDTH based COPY",
        ),
        (
            "fixedwidth 'a:1,b:1,c:1' encoding utf16",
            "0A000: ENCODING argument is not supported for FIXEDWIDTH based COPY",
        ),
        ("json 'auto' null as 'x'", "0A000: NULL AS argument is not supported for JSON based COPY"),
        ("json 'auto' fillrecord", "0A000: FILLRECORD argument is not supported for JSON based COPY"),
        ("parquet region 'us-east-1'", "0A000: REGION argument is not supported for PARQUET based COPY"),
        ("parquet maxerror 10", "0A000: MAXERROR argument is not supported for PARQUET based COPY"),
        ("parquet ignoreallerrors", "0A000: IGNOREALLERRORS argument is not supported for PARQUET based COPY"),
        ("parquet ignoreheader 1", "0A000: IGNOREHEADER argument is not supported for PARQUET based COPY"),
        ("ssh", "0A000: SSH argument is not supported for S3 based COPY"),
        ("readratio 50", "0A000: READRATIO argument is not supported for S3 based COPY"),
        ("orc gzip", "0A000: GZIP argument is not supported for ORC based COPY"),
        ("avro 'auto' zstd", "0A000: ZSTD argument is not supported for AVRO based COPY"),
        ("avro 'auto' delimiter ','", "0A000: DELIMITER argument is not supported for AVRO based COPY"),
        ("avro 'auto' ignoreheader 1", "0A000: IGNOREHEADER argument is not supported for AVRO based COPY"),
        ("serializetojson", "0A000: SERIALIZETOJSON argument is not supported for delimited text based COPY"),
        ("shapefile delimiter ','", "0A000: DELIMITER argument is not supported for SHAPEFILE based COPY"),
        ("encoding iso88592", "0A000: ENCODING ISO88592 is not supported"),
        ("using template loads", "0A000: COPY with a TEMPLATE is not supported"),
        ("encrypted", "0A000: COPY of client-side encrypted files is not supported"),
        ("maxerror 100001", "22023: MAXERROR must be between 0 and 100000"),
        ("comprows 999", "22023: COMPROWS must be between 1000 and 2147483647"),
        ("null as '\\n'", "22023: COPY null representation cannot use newline or carriage return"),
        ("csv quote ','", "22023: COPY delimiter and quote must be different"),
        ("fixedwidth 'a:1'", "22023: FIXEDWIDTH specifies 1 columns, the table has 3"),
        ("avro 'noshred'", "22023: AVRO argument must be 'auto', 'auto ignorecase' or the S3 path of a JSONPaths file"),
        ("json 'noshred'", "22023: JSON 'noshred' requires a single column of type SUPER"),
    ] {
        assert_eq!(refused(parameters), message, "{parameters}");
    }
}

/// The pages of the formats and of the parameters say which go together ("COPY parameter reference"): D is delimited text,
/// C CSV, F FIXEDWIDTH, J JSON, A Avro, S shapefiles, P Parquet and O ORC.
const GO_TOGETHER: &[(&str, &str)] = &[
    ("manifest", "DCFJAPO"),
    ("region 'us-east-1'", "DCFJAS"),
    ("bzip2", "DCJA"),
    ("gzip", "DCJAS"),
    ("lzop", "DCJA"),
    ("zstd", "DCJ"),
    ("acceptanydate", "DCFJA"),
    ("acceptinvchars", "DCFJASPO"),
    ("acceptinvchars as '^'", "DCFJASPO"),
    ("blanksasnull", "DCFJ"),
    ("dateformat 'auto'", "DCFJA"),
    ("emptyasnull", "DCFJ"),
    ("encoding utf16", "DCJ"),
    ("escape", "D"),
    ("explicit_ids", "DCFJASPO"),
    ("fillrecord", "DCPO"),
    ("ignoreblanklines", "DC"),
    ("ignoreheader 1", "DCFJ"),
    ("null as 'x'", "DCF"),
    ("removequotes", "D"),
    ("roundec", "DCFJ"),
    ("timeformat 'epochsecs'", "DCFJA"),
    ("trimblanks", "DCF"),
    ("truncatecolumns", "DCFJ"),
    ("comprows 1000", "DCFJA"),
    ("compupdate preset", "DCFJA"),
    ("ignoreallerrors", "DCFJAS"),
    ("maxerror 10", "DCFJAS"),
    ("noload", "DCFJAS"),
    ("statupdate on", "DCFJASPO"),
];

#[test]
fn every_parameter_goes_with_its_formats() {
    let formats = [
        ('D', "delimiter '~'"),
        ('C', "csv"),
        ('F', "fixedwidth 'a:1,b:1,c:1'"),
        ('J', "json 'auto'"),
        ('A', "avro 'auto'"),
        ('S', "shapefile"),
        ('P', "parquet"),
        ('O', "orc"),
    ];
    let shapes = table(vec![
        column(1, "wkb_geometry", RedshiftType::Geometry),
        column(2, "osm_id", RedshiftType::Varchar(256)),
        column(3, "code", RedshiftType::Int4),
    ]);
    for (parameter, its_formats) in GO_TOGETHER {
        for (letter, format) in formats {
            let relation = if letter == 'S' { &shapes } else { &venue() };
            for clauses in [format!("{parameter} {format}"), format!("{format} {parameter}")] {
                let planned = plan_into(relation, &format!("copy venue from 's3://b/k' {ROLE} {clauses}"));
                match planned {
                    Ok(_) => assert!(its_formats.contains(letter) || !"PO".contains(letter), "{clauses}"),
                    Err(error) => {
                        assert!(!its_formats.contains(letter), "{clauses}: {error}");
                        assert_eq!(error.sqlstate(), SqlState::FEATURE_NOT_SUPPORTED, "{clauses}");
                        assert!(error.message().contains("argument is not supported for"), "{clauses}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn maxerror_0_and_1_are_the_first_error() {
    for (parameters, limit) in
        [("maxerror 0", ErrorLimit::At(1)), ("maxerror 1", ErrorLimit::At(1)), ("ignoreallerrors", ErrorLimit::Never)]
    {
        assert_eq!(plan(parameters).expect("a plan").error_limit, limit);
    }
}

#[test]
fn one_authorization_is_needed() {
    let plan = |clauses: &str| plan_into(&venue(), &format!("copy venue from 's3://b/k' {clauses}"));
    assert!(plan("iam_role default").is_ok());
    assert!(plan("with credentials as 'aws_iam_role=arn:aws:iam::123456789012:role/r'").is_ok());
    let keys = plan("access_key_id 'a' secret_access_key 'b' session_token 'c'").expect("a plan").credentials;
    assert!(matches!(keys, S3Credentials::Keys { session_token: Some(_), .. }));
    assert!(plan("").expect_err("none").message().starts_with("COPY from S3 requires IAM_ROLE"));
    assert!(
        plan("iam_role 'x'").expect_err("no ARN").message().starts_with("Invalid credentials. Must be of the format")
    );
    assert!(plan("credentials 'x'").expect_err("no form").message().starts_with("Invalid credentials."));
    assert!(plan("access_key_id 'a'").is_err());
    assert_eq!(
        plan("iam_role default access_key_id 'a' secret_access_key 'b'").expect_err("both").to_string(),
        "42601: conflicting or redundant options"
    );
}

#[test]
fn other_sources_are_refused_by_name() {
    let refused = |source: &str| {
        plan_into(&venue(), &format!("copy venue from '{source}' {ROLE}")).expect_err(source).to_string()
    };
    assert_eq!(refused("dynamodb://Movies"), "0A000: COPY from Amazon DynamoDB is not supported");
    assert_eq!(refused("emr://j-SAMPLE2B500FC/myoutput/part-*"), "0A000: COPY from Amazon EMR is not supported");
    assert_eq!(
        refused("/tmp/data.csv"),
        "0A000: LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)"
    );
}

#[test]
fn columns_are_those_of_the_list() {
    let plan = plan_into(&venue(), &format!("copy venue (venuename, VENUEID) from 's3://b/k' {ROLE}")).expect("a plan");
    assert_eq!(plan.columns, [1, 0]);
    assert_eq!(plan.omitted_columns(&venue()), [2]);
    let refused = |list: &str| {
        let error = plan_into(&venue(), &format!("copy venue ({list}) from 's3://b/k' {ROLE}")).expect_err(list);
        (error.to_string(), error.position())
    };
    assert_eq!(refused("x"), ("42703: column \"x\" of relation \"venue\" does not exist".into(), Some(12)));
    assert_eq!(refused("venueid, venueid").0, "42701: column \"venueid\" specified more than once");
}

#[test]
fn identity_columns_need_explicit_ids() {
    // "Load data from a file with default values".
    let identity = |by_default| Some(Identity { seed: 1, step: 1, by_default });
    let always = table(vec![
        Column { identity: identity(false), not_null: true, ..column(1, "venueid", RedshiftType::Int4) },
        column(2, "venuename", RedshiftType::Varchar(100)),
    ]);
    let plan = |relation: &Relation, list: &str, parameters: &str| {
        plan_into(relation, &format!("copy venue {list} from 's3://b/k' {ROLE} {parameters}")).map(|plan| plan.columns)
    };
    assert_eq!(plan(&always, "", ""), Ok(vec![1]));
    assert_eq!(plan(&always, "", "explicit_ids"), Ok(vec![0, 1]));
    assert_eq!(plan(&always, "(venueid, venuename)", "explicit_ids"), Ok(vec![0, 1]));
    assert!(plan(&always, "(venueid, venuename)", "").is_err());
    assert!(plan(&always, "(venuename)", "explicit_ids").is_err());
    let by_default = table(vec![
        Column { identity: identity(true), not_null: true, ..column(1, "venueid", RedshiftType::Int4) },
        column(2, "venuename", RedshiftType::Varchar(100)),
    ]);
    assert_eq!(plan(&by_default, "(venueid, venuename)", ""), Ok(vec![0, 1]));
    assert_eq!(plan(&by_default, "(venuename)", ""), Ok(vec![1]));
    let omitted = plan_into(&by_default, &format!("copy venue (venuename) from 's3://b/k' {ROLE}")).expect("a plan");
    assert!(omitted.omitted_columns(&by_default).is_empty());
}
