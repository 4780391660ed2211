//! Prefixes, exact keys, manifests, and what is not there.

use super::*;

fn numbers() -> Relation {
    table("numbers", &[("n", RedshiftType::Int4)])
}

fn column(given: &Given) -> Vec<&str> {
    given.rows.iter().map(|row| row[0].as_str()).collect()
}

#[tokio::test]
async fn a_prefix_loads_every_key_that_begins_with_it() {
    let house = House::new();
    for (key, text) in [("d/part.1", "1\n"), ("d/part.2", "2\n"), ("d/partition/x", "3\n"), ("d/other", "4\n")] {
        house.put(key, text);
    }
    house.put("d/part.empty", "");
    let given = house.copy(&numbers(), "copy numbers from 's3://bkt/d/part'").await.expect("loaded");
    let mut numbers = column(&given);
    numbers.sort_unstable();
    assert_eq!(numbers, ["1", "2", "3"]);
}

#[tokio::test]
async fn what_is_not_there_is_told_as_redshift_tells_it() {
    let house = House::new();
    house.put("d/x", "1\n");
    let error = house.copy(&numbers(), "copy numbers from 's3://bkt/nothing/here'").await.expect_err("no such key");
    assert_eq!(error.to_string(), "XX000: The specified S3 prefix 'nothing/here' does not exist");
    let expected = "\n  -----------------------------------------------\n  error:  The specified S3 prefix 'nothing/here' \
                    does not exist\n  code:      8001\n  context:   \n  query:     1\n  process:   padbmaster [pid=42]\n  \
                    -----------------------------------------------\n";
    assert_eq!(detail(&error), expected);
    let error = house.copy(&numbers(), "copy numbers from 's3://nobody/x'").await.expect_err("no such bucket");
    assert!(
        error
            .message()
            .starts_with("S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,"),
        "{error}"
    );
    assert!(detail(&error).contains("code:      8001\n  context:   Listing bucket=nobody prefix=x\n"));
    assert!(house.log(LogTable::Load, ["query"]).await.is_empty(), "the load has not begun");
}

#[tokio::test]
async fn a_folder_without_files_is_an_empty_load() {
    let house = House::new();
    house.put("d/x", "1\n");
    std::fs::create_dir(house.folder.path().join("bkt/empty")).expect("folder");
    let given = house.copy(&numbers(), "copy numbers from 's3://bkt/empty/'").await.expect("loaded");
    assert_eq!(given.notices, ["Load into table 'numbers' completed, 0 record(s) loaded successfully."]);
}

#[tokio::test]
async fn a_manifest_names_the_files() {
    let house = House::new();
    for n in 1..=3 {
        house.put(&format!("t/part-00{n}.csv"), format!("header\n{n}\n"));
    }
    house.put(
        "load_manifest.json",
        r#"{"entries": [
            {"url": "s3://bkt/t/part-001.csv", "mandatory": true},
            {"url": "s3://bkt/t/part-003.csv", "mandatory": true},
            {"url": "s3://bkt/t/part-009.csv"},
            {"url": "s3://bkt/t/part-001.csv"}
        ]}"#,
    );
    let copy = "copy numbers from 's3://bkt/load_manifest.json' format as csv manifest ignoreheader 1 compupdate on";
    let given = house.copy(&numbers(), copy).await.expect("loaded");
    assert_eq!(column(&given), ["1", "3", "1"]);
}

#[tokio::test]
async fn manifests_that_cannot_be_used_are_refused() {
    let house = House::new();
    house.put("t/1.csv", "1\n");
    house.put(
        "missing.json",
        r#"{"entries": [{"url": "s3://bkt/t/1.csv"}, {"url": "s3://bkt/t/2.csv", "mandatory": true}]}"#,
    );
    house.put("none.json", r#"{"entries": [{"url": "s3://bkt/t/2.csv"}]}"#);
    house.put("prefix.json", r#"{"entries": [{"url": "s3://bkt/t/", "mandatory": true}]}"#);
    let refused = async |key: &str| {
        let error = house.copy(&numbers(), &format!("copy numbers from 's3://bkt/{key}' manifest")).await;
        error.expect_err(key).message().to_string()
    };
    assert_eq!(refused("missing.json").await, "Mandatory url is not present in manifest file.");
    assert_eq!(refused("prefix.json").await, "Mandatory url is not present in manifest file.");
    assert_eq!(refused("none.json").await, "The specified S3 prefix 't/2.csv' does not exist");
    assert_eq!(refused("t/1.csv").await, "Manifest file is not in correct json format");
    assert_eq!(refused("t/").await, "COPY with MANIFEST parameter requires full path of an S3 object.");
    assert_eq!(refused("t/1").await, "COPY with MANIFEST parameter requires full path of an S3 object.");
    assert_eq!(
        refused("nothing.json").await,
        "Problem reading manifest file - S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,\
         Rid ,ExtRid ,CanRetry 1"
    );
}

#[tokio::test]
async fn parquet_manifests_need_lengths() {
    let house = House::new();
    let file = parquet_file(vec![("n", array(Int64Array::from(vec![5])))]);
    house.put("p/1.parquet", &file);
    house.put(
        "with.json",
        format!(r#"{{"entries": [{{"url": "s3://bkt/p/1.parquet", "meta": {{"content_length": {}}}}}]}}"#, file.len()),
    );
    house.put("without.json", r#"{"entries": [{"url": "s3://bkt/p/1.parquet"}]}"#);
    let given =
        house.copy(&numbers(), "copy numbers from 's3://bkt/with.json' parquet manifest").await.expect("loaded");
    assert_eq!(column(&given), ["5"]);
    assert!(house.copy(&numbers(), "copy numbers from 's3://bkt/without.json' parquet manifest").await.is_err());
}

#[tokio::test]
async fn what_spark_puts_beside_parquet_files_is_not_read() {
    let house = House::new();
    for (n, key) in ["s/part-00000.snappy.parquet", "s/part-00001.snappy.parquet"].into_iter().enumerate() {
        house.put(key, parquet_file(vec![("n", array(Int64Array::from(vec![n as i64])))]));
    }
    house.put("s/_SUCCESS", "");
    house.put("s/_committed_1", "{}");
    house.put("s/.part-00000.crc", "crc");
    let given = house.copy(&numbers(), "copy numbers from 's3://bkt/s/' format as parquet").await.expect("loaded");
    assert_eq!(column(&given), ["0", "1"]);
}
