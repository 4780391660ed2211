//! Files that pack their records: Avro, ORC, nested values of Parquet, and LZOP.

use apache_avro::{Codec, types::Value};
use arrow::{array::StructArray, datatypes::Field};
use orc_rust::ArrowWriterBuilder;

use super::*;
use crate::formats::{avro, lzop};

const CATEGORIES: &str = r#"{"name": "category", "type": "record", "fields": [
    {"name": "catid", "type": "int"}, {"name": "CatGroup", "type": ["null", "string"]},
    {"name": "since", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "names", "type": {"type": "array", "items": "string"}}]}"#;

fn category(catid: i32, group: &str, names: &[&str]) -> Value {
    Value::Record(vec![
        ("catid".into(), Value::Int(catid)),
        ("CatGroup".into(), Value::Union(1, Box::new(Value::String(group.into())))),
        ("since".into(), Value::TimestampMillis(1_540_919_166_796)),
        ("names".into(), Value::Array(names.iter().map(|name| Value::String(name.to_string())).collect())),
    ])
}

fn categories() -> Relation {
    table(
        "category",
        &[
            ("names", varchar(20)),
            ("catid", RedshiftType::Int2),
            ("catgroup", varchar(10)),
            ("since", RedshiftType::Timestamp),
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_avro_are_found_by_their_names() {
    let house = House::new();
    let records = vec![category(1, "Sports", &["MLB", "NHL"]), category(2, "Shows", &[])];
    house.put("a/1.avro", avro::file_of(CATEGORIES, records, Codec::Snappy));
    let copy = "copy category from 's3://bkt/a/' format as avro";
    let timed = "timeformat 'epochmillisecs'";
    let given = house.copy(&categories(), &format!("{copy} 'auto' {timed}")).await.expect("loaded");
    let since = "2018-10-30T17:06:06.796";
    assert_eq!(given.rows, [[r#"["MLB","NHL"]"#, "1", "\\N", since], ["[]", "2", "\\N", since]]);
    let given = house.copy(&categories(), &format!("{copy} 'auto ignorecase' {timed}")).await.expect("loaded");
    assert_eq!(given.rows[0], [r#"["MLB","NHL"]"#, "1", "Sports", since]);
    let expected = ["avro", "2"];
    assert_eq!(house.log(LogTable::Load, ["file_format", "loaded_rows"]).await[1], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn jsonpaths_lead_into_avro() {
    let house = House::new();
    let file = avro::file_of(CATEGORIES, vec![category(7, "x", &["MLB", "NHL"])], Codec::Null);
    house.put("a/1.avro.gz", gzipped(&file).await);
    house.put("paths", r#"{"jsonpaths": ["$.catid", "$.names[1]"]}"#);
    let copy = "copy category (catid, catgroup) from 's3://bkt/a/' avro 's3://bkt/paths' gzip";
    let given = house.copy(&categories(), copy).await.expect("loaded");
    assert_eq!(given.rows, [["\\N", "7", "NHL", "\\N"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_rows_of_avro_are_load_errors() {
    let house = House::new();
    let records = vec![category(1, "ok", &[]), category(70_000, "ok", &[]), category(2, "much too long", &[])];
    house.put("a/1.avro", avro::file_of(CATEGORIES, records, Codec::Null));
    let copy = "copy category from 's3://bkt/a/1.avro' avro 'auto ignorecase' timeformat 'epochmillisecs' maxerror 3";
    let given = house.copy(&categories(), copy).await.expect("loaded");
    assert_eq!(given.rows.len(), 1);
    let errors = house.log(LogTable::LoadError, ["line_number", "colname", "err_code"]).await;
    assert_eq!(errors, [["2", "catid", "1204"], ["3", "catgroup", "1204"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_avro_file_fails_the_load() {
    let house = House::new();
    house.put("a/1.avro", "catid|x\n");
    let error = house.copy(&categories(), "copy category from 's3://bkt/a/' avro 'auto'").await.expect_err("no Avro");
    assert_eq!(error.to_string(), "XX000: Invalid AVRO file found.");
    assert!(detail(&error).contains("Cannot init avro reader from s3 file"), "{}", detail(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn lzop_is_decompressed() {
    let house = House::new();
    let text: String = (0..5_000).map(|n| format!("{n}|row {n}\n")).collect();
    house.put("l/1.lzo", lzop::compressed(text.as_bytes(), 10_000));
    let rows = table("rows", &[("n", RedshiftType::Int4), ("t", varchar(20))]);
    let given = house.copy(&rows, "copy rows from 's3://bkt/l/' lzop").await.expect("loaded");
    assert_eq!((given.rows.len(), given.rows[4_999].join(" ")), (5_000, "4999 row 4999".into()));
    house.put("l/1.lzo", &lzop::compressed(text.as_bytes(), 10_000)[..500]);
    house.copy(&rows, "copy rows from 's3://bkt/l/' lzop").await.expect_err("it has no end");
}

fn orc_file(batches: &[RecordBatch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A small stripe, so that there are several.
    let builder = ArrowWriterBuilder::new(&mut bytes, batches[0].schema()).with_stripe_byte_size(10_000);
    let mut writer = builder.try_build().expect("a writer");
    batches.iter().for_each(|batch| writer.write(batch).expect("written"));
    writer.close().expect("closed");
    bytes
}

fn numbers(from: i64, count: i64) -> RecordBatch {
    let names = (from..from + count).map(|n| if n % 2 == 0 { Some(format!("n{n}")) } else { None });
    RecordBatch::try_from_iter_with_nullable([
        ("N", array(Int64Array::from_iter_values(from..from + count)), true),
        ("name", array(StringArray::from_iter(names)), true),
        ("half", array(Float64Array::from_iter_values((from..from + count).map(|n| n as f64 / 2.0))), true),
    ])
    .expect("a batch")
}

#[tokio::test]
async fn columns_of_orc_are_found_by_their_places() {
    let house = House::new();
    house.put("o/1.orc", orc_file(&[numbers(0, 5_000), numbers(5_000, 5_000)]));
    let columns = [("a", RedshiftType::Int4), ("b", varchar(5)), ("c", RedshiftType::Float8)];
    let wide = table("wide", &columns);
    let given = house.copy(&wide, "copy wide from 's3://bkt/o/' format as orc").await.expect("loaded");
    assert_eq!(given.rows.len(), 10_000);
    assert_eq!(given.rows[..2], [["0", "n0", "0.0"], ["1", "\\N", "0.5"]]);
    assert_eq!(given.rows[9_998], ["9998", "n9998", "4999.0"]);

    let narrow = table("narrow", &columns[..2]);
    let error = house.copy(&narrow, "copy narrow from 's3://bkt/o/' orc").await.expect_err("another width");
    assert_eq!(error.to_string(), "XX000: Spectrum Scan Error");
    assert!(
        detail(&error)
            .contains("Unmatched number of columns between table and file. Table columns: 2, Data columns: 3")
    );
    let dated = with_column(wide.clone(), "c", |column| column.ty = RedshiftType::Date);
    let error = house.copy(&dated, "copy wide from 's3://bkt/o/' orc").await.expect_err("another type");
    assert!(detail(&error).contains("has an incompatible ORC schema for column"), "{}", detail(&error));
    house.put("o/1.orc", "no ORC");
    house.copy(&wide, "copy wide from 's3://bkt/o/' orc").await.expect_err("no ORC");
}

#[tokio::test]
async fn nested_values_are_serialized_where_that_is_asked_for() {
    let house = House::new();
    let field = |name| Arc::new(Field::new(name, arrow::datatypes::DataType::Int64, true));
    let nested = StructArray::from(vec![
        (field("x"), array(Int64Array::from(vec![Some(1), None]))),
        (field("y"), array(Int64Array::from(vec![Some(2), Some(3)]))),
    ]);
    let ids = array(Int64Array::from(vec![10, 11]));
    house.put("p/1.parquet", parquet_file(vec![("id", ids), ("nested", array(nested))]));
    let relation = table("t", &[("id", RedshiftType::Int4), ("nested", RedshiftType::Super)]);
    let copy = "copy t from 's3://bkt/p/' format parquet";
    let given = house.copy(&relation, &format!("{copy} serializetojson")).await.expect("loaded");
    assert_eq!(given.rows, [["10", r#"{"x":1,"y":2}"#], ["11", r#"{"x":null,"y":3}"#]]);
    let error = house.copy(&relation, copy).await.expect_err("not asked for");
    assert_eq!(error.to_string(), "XX000: Assert");
    assert!(detail(&error).contains("Unreachable - Invalid type: 4000"));
    let error = house.copy(&relation, "copy t from 's3://bkt/p/' csv serializetojson").await.expect_err("not for text");
    assert_eq!(error.to_string(), "0A000: SERIALIZETOJSON argument is not supported for CSV based COPY");
}
