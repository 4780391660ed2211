//! COPY: every parameter, in every documented spelling.

use redshift_sql_dialect::ast::{CompUpdate, Copy, CopyOption, CopyOption::*, Statement};

use crate::support::{assert_syntax_error, error, name, object, statement};

#[track_caller]
fn copy(sql: &str) -> Copy {
    match statement(sql) {
        Statement::Copy(copy) => *copy,
        other => panic!("{sql}: {other:?}"),
    }
}

/// Options behind `copy t from 's3://b/k'`.
#[track_caller]
fn options(sql: &str) -> Vec<CopyOption> {
    copy(&format!("copy t from 's3://b/k' {sql}")).options
}

#[test]
fn the_whole_statement() {
    let sql = "COPY s.t (a, b) FROM 's3://bucket/key' IAM_ROLE 'arn:aws:iam::1:role/r' CSV GZIP";
    let copy = copy(sql);
    assert_eq!((copy.table, copy.columns), (object("s.t"), vec![name("a"), name("b")]));
    assert_eq!((copy.source.as_str(), copy.source_pos), ("s3://bucket/key", 21));
    assert_eq!(copy.options, [IamRole(Some("arn:aws:iam::1:role/r".into())), Csv, Gzip]);
    let words: Vec<&str> = copy.option_positions.iter().map(|pos| &sql[*pos as usize..][..3]).collect();
    assert_eq!(words, ["IAM", "CSV", "GZI"]);
}

#[test]
fn authorization() {
    assert_eq!(options("iam_role default"), [IamRole(None)]);
    assert_eq!(options("iam_role 'default'"), [IamRole(None)]);
    assert_eq!(options("iam_role 'arn1,arn2'"), [IamRole(Some("arn1,arn2".into()))]);
    let credentials = [Credentials("aws_iam_role=x".into())];
    for sql in
        ["with credentials as 'aws_iam_role=x'", "credentials 'aws_iam_role=x'", "credentials as 'aws_iam_role=x'"]
    {
        assert_eq!(options(sql), credentials, "{sql}");
    }
    assert_eq!(
        options("access_key_id 'a' secret_access_key as 'b' session_token 'c'"),
        [AccessKeyId("a".into()), SecretAccessKey("b".into()), SessionToken("c".into())]
    );
    assert_eq!(
        options("master_symmetric_key 'k' encrypted region as 'us-east-1' manifest"),
        [MasterSymmetricKey("k".into()), Encrypted, Region("us-east-1".into()), Manifest]
    );
}

#[test]
fn formats() {
    for sql in ["csv", "format csv", "format as csv", "as csv"] {
        assert_eq!(options(sql), [Csv], "{sql}");
    }
    for sql in ["json 'auto'", "json as 'auto'", "format json 'auto'", "format as json 'auto'", "json"] {
        assert_eq!(options(sql), [Json("auto".into())], "{sql}");
    }
    assert_eq!(options("json 's3://b/paths.json'"), [Json("s3://b/paths.json".into())]);
    assert_eq!(options("avro as 'auto ignorecase'"), [Avro("auto ignorecase".into())]);
    assert_eq!(options("format as parquet serializetojson"), [Parquet, SerializeToJson]);
    assert_eq!(options("format orc"), [Orc]);
    assert_eq!(options("fixedwidth 'a:3,b:4'"), [FixedWidth("a:3,b:4".into())]);
    assert_eq!(options("delimiter '|'"), [Delimiter("|".into())]);
    assert_eq!(options(r"delimiter as '\t'"), [Delimiter("\t".into())]);
    assert_eq!(options(r"delimiter '\011'"), [Delimiter("\t".into())]);
    assert_eq!(options("csv quote as '%'"), [Csv, Quote("%".into())]);
    assert_eq!(options("shapefile"), [Shapefile { simplify: None, auto: false }]);
    assert_eq!(options("format shapefile simplify auto 1.5"), [Shapefile { simplify: Some("1.5".into()), auto: true }]);
}

#[test]
fn conversion() {
    assert_eq!(
        options(
            "acceptanydate acceptinvchars blanksasnull emptyasnull escape explicit_ids fillrecord ignoreblanklines \
             removequotes roundec trimblanks truncatecolumns"
        ),
        [
            AcceptAnyDate,
            AcceptInvChars(None),
            BlanksAsNull,
            EmptyAsNull,
            Escape,
            ExplicitIds,
            FillRecord,
            IgnoreBlankLines,
            RemoveQuotes,
            RoundDec,
            TrimBlanks,
            TruncateColumns,
        ]
    );
    assert_eq!(options("acceptinvchars as '^'"), [AcceptInvChars(Some("^".into()))]);
    assert_eq!(options("acceptinvchars '^' gzip"), [AcceptInvChars(Some("^".into())), Gzip]);
    assert_eq!(
        options("dateformat 'auto' timeformat as 'epochmillisecs'"),
        [DateFormat("auto".into()), TimeFormat("epochmillisecs".into())]
    );
    assert_eq!(options("encoding utf16le encoding as 'utf8'"), [Encoding("UTF16LE".into()), Encoding("UTF8".into())]);
    assert_eq!(options("ignoreheader 1 ignoreheader as 2"), [IgnoreHeader(1), IgnoreHeader(2)]);
}

/// Developer guide, "Data conversion parameters": the default null string is `\N`, and `\0` is the character NUL.
#[test]
fn null_strings_keep_their_backslash() {
    assert_eq!(options(r"null as '\N'"), [NullAs("\\N".into())]);
    assert_eq!(options(r"null '\\N'"), [NullAs("\\N".into())]);
    assert_eq!(options(r"null as '\0'"), [NullAs("\0".into())]);
    assert_eq!(options(r"null as '\000'"), [NullAs("\0".into())]);
    assert_eq!(options("null as 'NULL'"), [NullAs("NULL".into())]);
}

#[test]
fn load_operations() {
    assert_eq!(options("compupdate off statupdate on"), [CompUpdate(self::CompUpdate::Off), StatUpdate(true)]);
    assert_eq!(
        options("compupdate preset statupdate false"),
        [CompUpdate(self::CompUpdate::Preset), StatUpdate(false)]
    );
    assert_eq!(options("compupdate statupdate"), [CompUpdate(self::CompUpdate::On), StatUpdate(true)]);
    assert_eq!(options("comprows 1000 maxerror as 5 noload"), [CompRows(1000), MaxError(5), NoLoad]);
    assert_eq!(options("ignoreallerrors"), [IgnoreAllErrors]);
    assert_eq!(options("bzip2 lzop zstd"), [Bzip2, Lzop, Zstd]);
    assert_eq!(options("ssh readratio 50"), [Ssh, ReadRatio(50)]);
}

#[test]
fn mistakes() {
    assert_syntax_error("copy t from 's3://b/k' iam_role default colour 'red'", "colour");
    assert_syntax_error("copy t from 's3://b/k' format xml", "xml");
    assert_syntax_error("copy t from 's3://b/k' delimiter ignoreheader 1", "ignoreheader");
    assert_syntax_error("copy t 's3://b/k'", "'s3://b/k'");
    assert_eq!(error("copy t from 's3://b/k' maxerror 99999999999").sqlstate().0, "22003");
}
