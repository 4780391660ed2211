use arrow::{array::Array, util::display::array_value_to_string};

use super::*;
use crate::formats::splitter::{Csv, Delimited, Delimiter, Json, Splitter, Tolerance};

/// What COPY does where nothing is said.
fn usual() -> Conversion {
    Conversion {
        null_as: Some(b"\\N".to_vec()),
        quote: b'"',
        empty_as_null: false,
        blanks_as_null: false,
        trim_blanks: false,
        truncate_columns: false,
        replacement: None,
        accept_any_date: false,
        rounding: Rounding::Truncate,
        missing_is_empty: false,
        dates: DateReading::Iso,
        times: TimeReading::Iso,
        input: text_input::DateTimeInput::default(),
    }
}

fn nullable(ty: RedshiftType) -> Target {
    Target { name: "c".into(), ty, nullable: true }
}

/// A field's value as text, or its fault as `code reason`.
fn one(ty: RedshiftType, field: &[u8], conversion: &Conversion) -> Result<Option<String>, String> {
    let mut block = field.to_vec();
    block.extend_from_slice(b"|\n");
    let splitter =
        Splitter::Delimited(Delimited { delimiter: Delimiter::byte(b'|'), escape: false, remove_quotes: false });
    loaded(&splitter, &block, &[nullable(ty)], conversion).remove(0).map(|mut row| row.remove(0))
}

type LoadedRow = Result<Vec<Option<String>>, String>;

fn loaded(splitter: &Splitter, block: &[u8], targets: &[Target], conversion: &Conversion) -> Vec<LoadedRow> {
    let mut table = FieldTable::new(targets.len());
    assert!(splitter.begin(block, Tolerance::default()).fill(&mut table, 1_000));
    let (arrays, faults) = convert(&table, block, targets, conversion);
    let value = |array: &ArrayRef, row| array.is_valid(row).then(|| array_value_to_string(array, row).expect("a text"));
    let mut rows: Vec<LoadedRow> =
        (0..table.len()).map(|row| Ok(arrays.iter().map(|array| value(array, row)).collect())).collect();
    for bad in faults.bad {
        rows[bad.row] = Err(format!("{} {}", bad.fault.code, bad.fault.reason));
    }
    for (array, target) in arrays.iter().zip(targets) {
        assert_eq!(array.data_type(), &arrow_type(target.ty));
    }
    rows
}

fn value(ty: RedshiftType, field: &str, conversion: &Conversion) -> Option<String> {
    one(ty, field.as_bytes(), conversion).expect("a value")
}

fn fault(ty: RedshiftType, field: &[u8], conversion: &Conversion) -> String {
    one(ty, field, conversion).expect_err("a fault")
}

const VARCHAR: RedshiftType = RedshiftType::Varchar(10);
const CHAR: RedshiftType = RedshiftType::Char(4);

#[test]
fn numbers_are_read_with_blanks_around_them() {
    for (ty, field, expected) in [
        (RedshiftType::Int2, " 12 ", "12"),
        (RedshiftType::Int4, "-7", "-7"),
        (RedshiftType::Int4, "+7", "7"),
        (RedshiftType::Int8, "9223372036854775807", "9223372036854775807"),
        (RedshiftType::numeric(10, 2), " 1299.99", "1299.99"),
        (RedshiftType::numeric(10, 2), "1e2", "100.00"),
        (RedshiftType::numeric(38, 2), "123456789012345678901234567890.5", "123456789012345678901234567890.50"),
        (RedshiftType::Float8, "1.5", "1.5"),
        (RedshiftType::Float4, " 2.5e1", "25.0"),
        (RedshiftType::Bool, "t", "true"),
        (RedshiftType::Bool, "0", "false"),
    ] {
        assert_eq!(value(ty, field, &usual()).as_deref(), Some(expected), "{field}");
    }
}

#[test]
fn faults_of_numbers_are_worded_as_redshift_words_them() {
    let fault = |ty, field: &str| fault(ty, field.as_bytes(), &usual());
    assert_eq!(fault(RedshiftType::Int4, "a"), "1207 Invalid digit, Value 'a', Pos 0, Type: Integer");
    assert_eq!(fault(RedshiftType::Int4, "1.0"), "1207 Invalid digit, Value '.', Pos 1, Type: Integer");
    assert_eq!(fault(RedshiftType::numeric(8, 2), "1,5"), "1207 Invalid digit, Value ',', Pos 1, Type: Decimal");
    assert_eq!(fault(RedshiftType::Float8, "x1"), "1207 Invalid digit, Value 'x', Pos 0, Type: Double");
    assert_eq!(fault(RedshiftType::numeric(4, 2), "100"), "1204 Overflow for NUMERIC(4,2)");
    assert!(fault(RedshiftType::Int2, "40000").starts_with("1204 Overflow"));
    assert_eq!(fault(RedshiftType::Bool, "maybe"), "1210 Unknown boolean format");
}

#[test]
fn decimals_are_cut_unless_roundec() {
    let decimal = RedshiftType::numeric(8, 2);
    assert_eq!(value(decimal, "20.259", &usual()).as_deref(), Some("20.25"));
    let rounding = Conversion { rounding: Rounding::HalfAwayFromZero, ..usual() };
    assert_eq!(value(decimal, "20.259", &rounding).as_deref(), Some("20.26"));
}

#[test]
fn empty_and_blank_fields_are_null_but_for_strings() {
    for ty in [RedshiftType::Int4, RedshiftType::Date, RedshiftType::Bool, RedshiftType::numeric(5, 1)] {
        for field in ["", "   ", "\\N"] {
            assert_eq!(value(ty, field, &usual()), None, "{ty} {field:?}");
        }
    }
    assert_eq!(value(VARCHAR, "", &usual()).as_deref(), Some(""));
    assert_eq!(value(VARCHAR, "   ", &usual()).as_deref(), Some("   "));
    assert_eq!(value(VARCHAR, "\\N", &usual()), None);
    assert_eq!(value(VARCHAR, "\\N.", &usual()).as_deref(), Some("\\N."));
    let empty = Conversion { empty_as_null: true, ..usual() };
    assert_eq!(value(VARCHAR, "", &empty), None);
    assert_eq!(value(VARCHAR, " ", &empty).as_deref(), Some(" "));
    let blank = Conversion { blanks_as_null: true, ..usual() };
    assert_eq!(value(VARCHAR, " \t ", &blank), None);
    assert_eq!(value(VARCHAR, "", &blank).as_deref(), Some(""));
    assert_eq!(value(VARCHAR, " a ", &blank).as_deref(), Some(" a "));
}

#[test]
fn null_as_is_any_text() {
    let null = |text: &str| Conversion { null_as: Some(text.as_bytes().to_vec()), ..usual() };
    assert_eq!(value(VARCHAR, "NA", &null("NA")), None);
    assert_eq!(value(RedshiftType::Int4, "-1", &null("-1")), None);
    assert_eq!(value(VARCHAR, "", &null("")), None);
    assert_eq!(value(VARCHAR, "\0", &null("\0")), None);
    assert_eq!(value(VARCHAR, "a\0", &null("\0")).as_deref(), Some("a\0"));
    assert_eq!(value(VARCHAR, "\\N", &null("NA")).as_deref(), Some("\\N"));
}

#[test]
fn the_default_null_may_be_escaped() {
    // "Data conversion parameters", ESCAPE.
    let splitter =
        Splitter::Delimited(Delimited { delimiter: Delimiter::byte(b'|'), escape: true, remove_quotes: false });
    let targets = [nullable(VARCHAR), nullable(VARCHAR), nullable(RedshiftType::Int4)];
    let rows = loaded(&splitter, b"\\N|\\\\N|\\N\n", &targets, &usual());
    assert_eq!(rows, [Ok(vec![None, None, None])]);
}

#[test]
fn lengths_are_in_bytes() {
    assert_eq!(value(VARCHAR, "éééé", &usual()).as_deref(), Some("éééé"));
    assert_eq!(fault(VARCHAR, "éééééé".as_bytes(), &usual()), "1204 String length exceeds DDL length");
    assert_eq!(fault(CHAR, b"abcde", &usual()), "1204 Char length exceeds DDL length");
    assert_eq!(value(CHAR, "ab      ", &usual()).as_deref(), Some("ab"));
    let truncating = Conversion { truncate_columns: true, ..usual() };
    assert_eq!(value(VARCHAR, "xéééééé", &truncating).as_deref(), Some("xéééé"));
    assert_eq!(value(CHAR, "abcde", &truncating).as_deref(), Some("abcd"));
    let trimming = Conversion { trim_blanks: true, ..usual() };
    assert_eq!(value(VARCHAR, " a         ", &trimming).as_deref(), Some(" a"));
}

#[test]
fn bytes_that_are_not_utf8_are_faults_or_replaced() {
    assert_eq!(
        fault(VARCHAR, b"a\xa4", &usual()),
        "1220 String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: a4 (error 3)"
    );
    assert!(fault(VARCHAR, b"\xe2\x82", &usual()).ends_with("e2 82 (error 2)"));
    assert!(fault(VARCHAR, b"\xf8x", &usual()).ends_with("(error 1)"));
    assert!(fault(VARCHAR, b"\xc3x", &usual()).ends_with("c3 (error 4)"));
    assert_eq!(
        fault(CHAR, "é".as_bytes(), &usual()),
        "1220 Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: c3 a9"
    );
    let replacing = Conversion { replacement: Some(b'^'), ..usual() };
    assert_eq!(one(VARCHAR, b"a\xe2\x82z", &replacing), Ok(Some("a^^z".into())));
    assert_eq!(one(VARCHAR, "a\u{fdd0}é".as_bytes(), &replacing), Ok(Some("a^^^é".into())));
}

#[test]
fn replacements_are_told_by_row() {
    let splitter = Splitter::Csv(Csv { delimiter: Delimiter::byte(b','), quote: b'"' });
    let block = b"a,b\nx\xff,\xff\ny,\xff\n";
    let mut table = FieldTable::new(2);
    splitter.begin(block, Tolerance::default()).fill(&mut table, 10);
    let replacing = Conversion { replacement: Some(b'?'), ..usual() };
    let (_, faults) = convert(&table, block, &[nullable(VARCHAR), nullable(VARCHAR)], &replacing);
    assert_eq!(faults.replaced, [(1, 0), (2, 1)]);
}

#[test]
fn dates_are_read_by_their_format() {
    let date = |text: &str, format: &str| {
        one(RedshiftType::Date, text.as_bytes(), &Conversion { dates: DateReading::parse(format), ..usual() })
    };
    let day = |text: &str| Ok(Some(text.to_string()));
    assert_eq!(date("2024-01-15", "YYYY-MM-DD"), day("2024-01-15"));
    assert_eq!(date("2024-01-15 10:11:12", "YYYY-MM-DD"), day("2024-01-15"));
    assert_eq!(date("01/15/2024", "MM/DD/YYYY"), day("2024-01-15"));
    assert_eq!(date("01/15/2024 10:11", "MM/DD/YYYY"), day("2024-01-15"));
    assert_eq!(date("January 12, 1992", "auto"), day("1992-01-12"));
    assert_eq!(date("19920104", "auto"), day("1992-01-04"));
    assert_eq!(date("2024-1-5", "YYYY-MM-DD"), Err("1205 Invalid Date Format - length must be 10 or more".into()));
    assert_eq!(date("2024-13-05", "YYYY-MM-DD"), Err("1205 Invalid date format or value [YYYY-MM-DD]".into()));
    assert_eq!(date("2024-01-05", "MM/DD/YYYY"), Err("1205 Invalid date format or value [MM/DD/YYYY]".into()));
    let any = Conversion { accept_any_date: true, ..usual() };
    assert_eq!(one(RedshiftType::Date, b"00/00/00 00:00:00", &any), Ok(None));
}

#[test]
fn timestamps_are_read_by_their_format() {
    let time = |text: &str, format: &str| {
        let conversion = Conversion { times: TimeReading::parse(format), ..usual() };
        one(RedshiftType::Timestamp, text.as_bytes(), &conversion)
    };
    let moment = |text: &str| Ok(Some(text.to_string()));
    let iso = "YYYY-MM-DD HH:MI:SS";
    assert_eq!(time("2009-01-12 14:15:57.119568", iso), moment("2009-01-12T14:15:57.119568"));
    assert_eq!(time("2009-01-12", iso), Err("1206 Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]".into()));
    assert_eq!(time("2017-11-27T22:21:37Z", "auto"), moment("2017-11-27T22:21:37"));
    assert_eq!(time("2017-11-27", "auto"), moment("2017-11-27T00:00:00"));
    assert_eq!(time("1540919166796", "epochmillisecs"), moment("2018-10-30T17:06:06.796"));
    assert_eq!(time("1540919166", "epochsecs"), moment("2018-10-30T17:06:06"));
    assert_eq!(time("1.540919166796E12", "epochmillisecs"), moment("2018-10-30T17:06:06.796"));
    assert_eq!(time("x", "epochsecs"), Err("1206 Invalid timestamp format or value [epochsecs]".into()));
    assert_eq!(time("27.11.2017 22:21", "DD.MM.YYYY HH24:MI"), moment("2017-11-27T22:21:00"));
}

#[test]
fn timestamptz_takes_an_offset() {
    let time = |text: &str| value(RedshiftType::TimestampTz, text, &usual());
    assert_eq!(time("2024-01-02 03:04:05-08"), Some("2024-01-02T11:04:05Z".into()));
    assert_eq!(time("2024-01-02 03:04:05.5+05:30"), Some("2024-01-01T21:34:05.500Z".into()));
    assert_eq!(time("2024-01-02 03:04:05"), Some("2024-01-02T03:04:05Z".into()));
}

#[test]
fn the_leftmost_fault_of_a_row_is_told() {
    let splitter =
        Splitter::Delimited(Delimited { delimiter: Delimiter::byte(b'|'), escape: false, remove_quotes: false });
    let required = Target { nullable: false, ..nullable(RedshiftType::Int4) };
    let targets = [required, nullable(RedshiftType::Int4), nullable(VARCHAR)];
    let rows = loaded(&splitter, b"1|2|c\n|x|c\nx|y\n1|y|c|d\n1|2\n", &targets, &usual());
    let told: Vec<_> = rows.into_iter().map(|row| row.map(|_| ()).err()).collect();
    assert_eq!(
        told,
        [
            None,
            Some("1213 Missing data for not-null field".into()),
            Some("1207 Invalid digit, Value 'x', Pos 0, Type: Integer".into()),
            Some("1207 Invalid digit, Value 'y', Pos 0, Type: Integer".into()),
            Some("1214 Delimiter not found".into()),
        ]
    );
}

#[test]
fn json_values_become_any_type() {
    let splitter = Splitter::Json(Json::auto(["a", "b", "c", "d"], false));
    let targets = [
        nullable(RedshiftType::Int4),
        nullable(RedshiftType::numeric(10, 2)),
        nullable(RedshiftType::Varchar(30)),
        nullable(RedshiftType::Super),
    ];
    let conversion = Conversion { null_as: None, ..usual() };
    let text = br#"{"a": 1, "b": 1500.00, "c": "x\"y", "d": {"k": [1, "two"]}}
        {"a": "2", "b": null, "c": true, "d": "text\n"}
        {"c": [1, 2], "a": "", "d": null}"#;
    let some = |text: &str| Some(text.to_string());
    assert_eq!(
        loaded(&splitter, text, &targets, &conversion),
        [
            Ok(vec![some("1"), some("1500.00"), some("x\"y"), some("{\"k\":[1,\"two\"]}")]),
            Ok(vec![some("2"), None, some("true"), some("\"text\\n\"")]),
            Ok(vec![None, None, some("[1,2]"), None]),
        ]
    );
}

#[test]
fn super_fields_of_text_hold_json() {
    assert_eq!(value(RedshiftType::Super, "{\"a\": [1, 2]}", &usual()).as_deref(), Some("{\"a\":[1,2]}"));
    assert_eq!(fault(RedshiftType::Super, b"abc", &usual()), "1224 Invalid JSON format for SUPER data type");
}
