//! Whole UNLOADs into a folder that plays S3, and back with COPY.

use std::{collections::BTreeMap, path::Path};

use arrow::{array::Array, util::display::array_value_to_string};
use futures::StreamExt;
use redshift_sql_dialect::Result;

use crate::{Outcome, Request, S3Config, Session, testing};

struct House {
    folder: tempfile::TempDir,
    session: Session,
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::create_dir(folder.path().join("bkt")).expect("bucket");
        let s3 = S3Config { folder: Some(folder.path().to_path_buf()), ..S3Config::default() };
        let session = testing::session(&testing::engine(s3).await, "admin", 1);
        House { folder, session }
    }

    async fn run(&mut self, text: &str) -> Result<Vec<String>> {
        let mut given = Vec::new();
        for parsed in redshift_sql_dialect::parse(text)? {
            let request = Request { statement: &parsed.statement, text, parameter_types: &[], parameters: &[] };
            given.clear();
            if let Outcome::Rows(mut rows) = self.session.execute(request).await? {
                while let Some(batch) = rows.batches.next().await {
                    let batch = batch?;
                    for row in 0..batch.num_rows() {
                        let value = |column: &arrow::array::ArrayRef| match column.is_null(row) {
                            true => "\\N".to_string(),
                            false => array_value_to_string(column, row).expect("a text"),
                        };
                        given.push(batch.columns().iter().map(value).collect::<Vec<_>>().join("|"));
                    }
                }
            }
        }
        Ok(given)
    }

    async fn ok(&mut self, text: &str) -> Vec<String> {
        self.run(text).await.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The error's state and message.
    async fn error(&mut self, text: &str) -> String {
        let error = self.run(text).await.expect_err(text);
        format!("{}: {}", error.sqlstate(), error.message())
    }

    /// The files of the bucket, by key.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
            for entry in std::fs::read_dir(folder).expect("folder") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    walk(root, &path, files);
                } else {
                    let key = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
                    files.insert(key, std::fs::read(&path).expect("file"));
                }
            }
        }
        let mut files = BTreeMap::new();
        let root = self.folder.path().join("bkt");
        walk(&root, &root, &mut files);
        files
    }

    fn text(&self, key: &str) -> String {
        String::from_utf8(self.files().remove(key).unwrap_or_else(|| panic!("{key} of {:?}", self.files().keys())))
            .expect("text")
    }

    fn clear(&self) {
        let bucket = self.folder.path().join("bkt");
        std::fs::remove_dir_all(&bucket).expect("removed");
        std::fs::create_dir(bucket).expect("bucket");
    }
}

/// The guide's table.
async fn venue(house: &mut House) {
    house
        .ok("create table venue (venueid smallint, venuename varchar(100), venuestate char(2), venueseats int);
             insert into venue values (1, 'Toyota Park', 'IL', 0), (2, 'Columbus \"Crew\" Stadium', 'OH', null),
                (3, 'a|b', null, 68756)")
        .await;
}

/// Runs UNLOAD of the guide's table, in its order and with these options, and gives the text of the only file.
async fn unloaded(house: &mut House, options: &str) -> String {
    house.clear();
    house
        .ok(&format!(
            "unload ('select * from venue order by 1') to 's3://bkt/venue_' iam_role default parallel off {options}"
        ))
        .await;
    house.text("venue_000")
}

#[tokio::test]
async fn lines_are_as_documented() {
    let mut house = House::new().await;
    venue(&mut house).await;
    assert_eq!(unloaded(&mut house, "").await, "1|Toyota Park|IL|0\n2|Columbus \"Crew\" Stadium|OH|\n3|a|b||68756\n");
    assert_eq!(
        unloaded(&mut house, "escape null as 'nil' delimiter '|'").await,
        "1|Toyota Park|IL|0\n2|Columbus \"Crew\" Stadium|OH|nil\n3|a\\|b|nil|68756\n"
    );
    assert_eq!(
        unloaded(&mut house, "delimiter ',' addquotes escape header").await,
        "\"venueid\",\"venuename\",\"venuestate\",\"venueseats\"\n1,\"Toyota Park\",\"IL\",0\n\
         2,\"Columbus \\\"Crew\\\" Stadium\",\"OH\",\n3,\"a|b\",,68756\n"
    );
    assert_eq!(
        unloaded(&mut house, "format csv header").await,
        "venueid,venuename,venuestate,venueseats\n1,Toyota Park,IL,0\n2,\"Columbus \"\"Crew\"\" Stadium\",OH,\n\
         3,a|b,,68756\n"
    );
    assert_eq!(
        unloaded(&mut house, "json").await,
        "{\"venueid\":1,\"venuename\":\"Toyota Park\",\"venuestate\":\"IL\",\"venueseats\":0}\n\
         {\"venueid\":2,\"venuename\":\"Columbus \\\"Crew\\\" Stadium\",\"venuestate\":\"OH\",\"venueseats\":null}\n\
         {\"venueid\":3,\"venuename\":\"a|b\",\"venuestate\":null,\"venueseats\":68756}\n"
    );
    assert_eq!(
        unloaded(&mut house, "fixedwidth as 'venueid:3,venuename:23,venuestate:2,venueseats:6'").await,
        "1  Toyota Park            IL0     \n2  Columbus \"Crew\" StadiumOH      \n3  a|b                      68756 \n"
    );
}

#[tokio::test]
async fn files_are_named_as_documented() {
    let mut house = House::new().await;
    venue(&mut house).await;
    for (options, key) in [
        ("", "v_0000_part_00"),
        ("gzip", "v_0000_part_00.gz"),
        ("bzip2 csv", "v_0000_part_00.bz2"),
        ("zstd json", "v_0000_part_00.zst"),
        ("extension 'txt.gz' gzip", "v_0000_part_00.txt.gz"),
        ("parquet", "v_0000_part_00.parquet"),
        ("parallel off parquet", "v_000.parquet"),
        ("parallel false gzip", "v_000.gz"),
    ] {
        house.clear();
        house
            .ok(&format!("unload ('select * from venue order by 1') to 's3://bkt/v_' iam_role default {options}"))
            .await;
        assert_eq!(house.files().keys().collect::<Vec<_>>(), [key], "{options}");
    }
}

#[tokio::test]
async fn partitions_are_folders() {
    let mut house = House::new().await;
    house
        .ok("create table sales (id int, day date, state varchar(10));
             insert into sales values (1, '2024-01-01', 'a/b'), (2, '2024-01-01', null), (3, '2024-01-02', 'ü')")
        .await;
    let unload = "unload ('select * from sales') to 's3://bkt/sales' iam_role default csv partition by (day, state)";
    house.ok(unload).await;
    let files = house.files();
    let expected = [
        ("sales/day=2024-01-01/state=__HIVE_DEFAULT_PARTITION__/0000_part_00", "2\n"),
        ("sales/day=2024-01-01/state=a%2Fb/0000_part_00", "1\n"),
        ("sales/day=2024-01-02/state=ü/0000_part_00", "3\n"),
    ];
    let given: Vec<(&str, &str)> =
        files.iter().map(|(key, bytes)| (key.as_str(), std::str::from_utf8(bytes).expect("text"))).collect();
    assert_eq!(given, expected);
    // CLEANPATH empties only the folders that get files.
    let stray = house.folder.path().join("bkt/sales/day=2024-01-02/state=ü/old");
    let other = house.folder.path().join("bkt/sales/day=1999-01-01");
    std::fs::write(&stray, "x").expect("file");
    std::fs::create_dir(&other).expect("folder");
    std::fs::write(other.join("kept"), "x").expect("file");
    house.ok(&format!("{unload} include cleanpath")).await;
    assert!(!stray.exists() && other.join("kept").exists());
    assert_eq!(house.text("sales/day=2024-01-02/state=ü/0000_part_00"), "3,2024-01-02,ü\n");
    for (options, error) in [
        ("partition by (nothing)", "42703: column \"nothing\" does not exist in the query of UNLOAD"),
        ("partition by (id, day, state)", "0A000: UNLOAD needs at least one column that is not in PARTITION BY"),
    ] {
        let text = format!("unload ('select * from sales') to 's3://bkt/x' iam_role default {options}");
        assert_eq!(house.error(&text).await, error);
    }
}

#[tokio::test]
async fn manifests_list_the_files() {
    let mut house = House::new().await;
    venue(&mut house).await;
    house.ok("unload ('select * from venue') to 's3://bkt/m/' iam_role default manifest verbose header").await;
    let manifest: serde_json::Value = serde_json::from_str(&house.text("m/manifest")).expect("JSON");
    let entry = &manifest["entries"][0];
    assert_eq!(entry["url"], "s3://bkt/m/0000_part_00");
    assert_eq!(entry["meta"]["record_count"], 4);
    assert_eq!(entry["meta"]["content_length"], house.text("m/0000_part_00").len());
    assert_eq!(manifest["schema"]["elements"][1]["name"], "venuename");
    assert_eq!(manifest["schema"]["elements"][1]["type"]["base"], "character varying");
    assert_eq!(manifest["author"]["name"], "Amazon Redshift");
    house.ok("delete from venue where venueid = 3; create table back (like venue)").await;
    house.ok("unload ('select * from venue') to 's3://bkt/m2/' iam_role default manifest").await;
    house.ok("copy back from 's3://bkt/m2/manifest' iam_role default manifest").await;
    assert_eq!(house.ok("select count(*) from back").await, ["2"]);
    // COPY of Parquet wants each file's length.
    house.ok("unload ('select * from venue') to 's3://bkt/m3/' iam_role default format parquet manifest").await;
    house.ok("copy back from 's3://bkt/m3/manifest' iam_role default format parquet manifest").await;
    assert_eq!(house.ok("select count(*) from back").await, ["4"]);
}

#[tokio::test]
async fn files_that_are_there_are_kept() {
    let mut house = House::new().await;
    venue(&mut house).await;
    let unload = "unload ('select * from venue') to 's3://bkt/v_' iam_role default";
    house.ok(unload).await;
    assert_eq!(
        house.error(unload).await,
        "XX000: Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually \
         removing the target files in S3, or using the ALLOWOVERWRITE option."
    );
    house.ok(&format!("{unload} allowoverwrite")).await;
    std::fs::write(house.folder.path().join("bkt/v_old"), "x").expect("file");
    house.ok(&format!("{unload} cleanpath")).await;
    assert_eq!(house.files().keys().collect::<Vec<_>>(), ["v_0000_part_00"]);
}

#[tokio::test]
async fn what_redshift_refuses_is_refused() {
    let mut house = House::new().await;
    venue(&mut house).await;
    for (query, options, error) in [
        ("select * from venue limit 10", "", "0A000: Limit clause is not supported"),
        ("select top 1 * from venue", "", "0A000: Limit clause is not supported"),
        ("((select * from venue limit 10))", "", "0A000: Limit clause is not supported"),
        ("select 1", "csv addquotes", "0A000: ADDQUOTES argument is not supported for CSV based UNLOAD"),
        ("select 1", "parquet gzip", "0A000: GZIP argument is not supported for PARQUET based UNLOAD"),
        ("select 1", "json header", "0A000: HEADER argument is not supported for JSON based UNLOAD"),
        ("select 1", "fixedwidth 'a:1' header", "0A000: HEADER argument is not supported for FIXEDWIDTH based UNLOAD"),
        ("select 1", "gzip zstd", "42601: conflicting or redundant options"),
        ("select 1", "maxfilesize 4 mb", "22023: MAXFILESIZE must be between 5MB and 6.2GB"),
        ("select 1", "maxfilesize 7 gb", "22023: MAXFILESIZE must be between 5MB and 6.2GB"),
        ("select 1", "parquet rowgroupsize 129 mb", "22023: ROWGROUPSIZE must be between 32MB and 128MB"),
        (
            "select 1",
            "master_symmetric_key 'k' encrypted",
            "0A000: UNLOAD with client-side encryption is not supported",
        ),
        ("select 1", "kms_key_id 'k'", "42601: KMS_KEY_ID requires ENCRYPTED"),
        ("select 1", "cleanpath allowoverwrite", "42601: CLEANPATH and ALLOWOVERWRITE cannot be specified together"),
        ("select 1, 1", "json", "42701: column \"?column?\" appears twice in the rows of UNLOAD as JSON"),
        (
            "select * from venue",
            "fixedwidth 'a:1,b:1,c:1,d:1'",
            "22001: value too long for column \"venuename\" of width 1 in FIXEDWIDTH",
        ),
        ("select 1/0 from venue", "", "22012: division by zero"),
    ] {
        let text = format!("unload ($${query}$$) to 's3://bkt/r/' iam_role default {options}");
        let given = house.error(&text).await;
        if error.starts_with("22012") {
            assert!(given.to_lowercase().contains("zero"), "{given}");
        } else {
            assert_eq!(given, error, "{text}");
        }
        assert!(house.files().keys().all(|key| !key.starts_with("r/")), "{text}");
    }
    assert!(house.error("unload ('select 1') to 's3://nobody/x' iam_role default").await.contains("NoSuchBucket"));
    assert!(house.error("unload ('select 1') to 's3://bkt/x'").await.starts_with("42601: UNLOAD to S3 requires"));
}

#[tokio::test]
async fn no_rows_are_an_empty_file_or_none() {
    let mut house = House::new().await;
    venue(&mut house).await;
    for (options, keys) in
        [("", vec!["v_0000_part_00"]), ("csv", vec!["v_0000_part_00"]), ("json", vec![]), ("parquet", vec![])]
    {
        house.clear();
        house
            .ok(&format!("unload ('select * from venue where false') to 's3://bkt/v_' iam_role default {options}"))
            .await;
        assert_eq!(house.files().keys().collect::<Vec<_>>(), keys, "{options}");
    }
}

#[tokio::test]
async fn it_is_told_and_logged() {
    let mut house = House::new().await;
    venue(&mut house).await;
    assert_eq!(house.ok("select pg_last_unload_id(), pg_last_unload_count()").await, ["-1|0"]);
    house.session.take_notices();
    house.ok("unload ('select * from venue') to 's3://bkt/v_' iam_role default gzip").await;
    let notices: Vec<String> = house.session.take_notices().into_iter().map(|notice| notice.message).collect();
    assert_eq!(notices, ["UNLOAD completed, 3 record(s) unloaded successfully."]);
    assert_eq!(house.ok("select pg_last_unload_count()").await, ["3"]);
    assert_eq!(
        house
            .ok(
                "select trim(path), line_count, trim(file_format) from stl_unload_log where query = pg_last_unload_id()"
            )
            .await,
        ["s3://bkt/v_0000_part_00.gz|3|text"]
    );
    assert_eq!(
        house
            .ok("select status, file_format, compression_type, unloaded_location, unloaded_rows, unloaded_files_count
                 from sys_unload_history")
            .await,
        ["completed|text|gzip|s3://bkt/v_|3|1"]
    );
    assert_eq!(house.ok("select count(*) from sys_unload_detail where line_count = 3").await, ["1"]);
    assert_eq!(
        house.ok("select distinct query_type from sys_query_history where query_text ilike 'unload%'").await,
        ["UNLOAD"]
    );
}

/// Developer guide, "Unloading semi-structured data": a SUPER that is NULL is JSON's null, whatever NULL AS says.
#[tokio::test]
async fn a_null_of_super_is_json() {
    let mut house = House::new().await;
    house
        .ok("create table s (id int, v super, t varchar(5));
             insert into s values (1, null, null), (2, json_parse('{\"a\": null}'), 'x')")
        .await;
    for (options, expected) in [
        ("", "1|null|\n2|{\"a\":null}|x\n"),
        ("null as 'nil'", "1|null|nil\n2|{\"a\":null}|x\n"),
        ("format csv null as 'nil'", "1,null,nil\n2,\"{\"\"a\"\":null}\",x\n"),
        ("format json", "{\"id\":1,\"v\":null,\"t\":null}\n{\"id\":2,\"v\":{\"a\":null},\"t\":\"x\"}\n"),
    ] {
        house.clear();
        house
            .ok(&format!(
                "unload ('select * from s order by 1') to 's3://bkt/s_' iam_role default parallel off {options}"
            ))
            .await;
        assert_eq!(house.text("s_000"), expected, "{options}");
    }
}

/// A column of each type, with what is at the ends of their ranges.
const ALL_TYPES: &str = "create table t (id int, b boolean, s smallint, l bigint, d decimal(38, 10), n numeric(5, 2), r real,
        f double precision, c char(10), v varchar(100), dt date, tm time, ts timestamp, tz timestamptz);
    insert into t values
        (1, true, -32768, -9223372036854775808, -9999999999999999999999999999.9999999999, 999.99, 1.5, -1e300, 'abc', 'x|y,\"z\"',
         '0001-01-01', '00:00:00', '1970-01-01 00:00:00', '2024-02-29 23:59:59.999999+00'),
        (2, false, 32767, 9223372036854775807, 0.0000000001, -0.01, -0.25, 1e-300, ' lead', 'line\\nfeed\\\\ and ''quotes'' ü €',
         '9999-12-31', '23:59:59.999999', '2024-12-31 23:59:59.000001', '1969-12-31 23:00:00+00'),
        (3, null, null, null, null, null, null, null, null, null, null, null, null, null),
        (4, true, 0, 0, 0, 0, 0, 0, 'a', 'plain', '2000-01-01', '12:00:00', '2000-01-01 12:00:00', '2000-01-01 12:00:00+00')";

#[tokio::test]
async fn copy_gives_back_what_unload_wrote() {
    let mut house = House::new().await;
    house.ok(ALL_TYPES).await;
    for (unload, copy) in [
        ("escape null as '\\\\N'", "escape"),
        ("escape addquotes null as '@N' delimiter '\\t' gzip", "escape removequotes null as '@N' delimiter '\\t' gzip"),
        ("format csv null as '@N' bzip2", "format csv null as '@N' bzip2"),
        ("format csv null as '@N' header delimiter ';'", "format csv null as '@N' ignoreheader 1 delimiter ';'"),
        ("json zstd", "json 'auto' zstd"),
        ("parquet", "parquet"),
    ] {
        house.clear();
        house.ok("drop table if exists back; create table back (like t)").await;
        house.ok(&format!("unload ('select * from t') to 's3://bkt/t/' iam_role default {unload}")).await;
        if let Err(error) = house.run(&format!("copy back from 's3://bkt/t/' iam_role default {copy}")).await {
            let why =
                house.ok("select trim(colname), trim(raw_field_value), trim(err_reason) from stl_load_errors").await;
            panic!("{unload}: {error}: {why:?}");
        }
        assert_eq!(house.ok("select count(*) from back").await, ["4"], "{unload}");
        for column in ["b", "s", "l", "d", "n", "r", "f", "c", "v", "dt", "tm", "ts", "tz"] {
            let query = |table: &str| format!("select id, {column} from {table} order by id");
            let (there, here) = (house.ok(&query("t")).await, house.ok(&query("back")).await);
            assert_eq!(here, there, "{column} with {unload}");
        }
    }
}

#[tokio::test]
async fn files_end_at_their_largest_size() {
    let mut house = House::new().await;
    house.ok("create table big (id int, filler varchar(2000))").await;
    house.ok("insert into big values (1, repeat('x', 1999)), (2, repeat('x', 1999))").await;
    house.ok("create table nine as select 1 as n union all select 2 union all select 3 union all select 4 union all select 5
              union all select 6 union all select 7 union all select 8 union all select 9 union all select 10").await;
    house.ok("insert into big select b.id, b.filler from big b, nine a, nine c, nine d, (select * from nine where n < 4) e").await;
    house.ok("delete from big where id > 2").await;
    house.ok("unload ('select * from big') to 's3://bkt/b_' iam_role default parallel off maxfilesize 5 mb").await;
    let files = house.files();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["b_000", "b_001", "b_002"]);
    assert!(files.values().all(|bytes| bytes.len() <= 5 << 20 && bytes.ends_with(b"x\n")));
    let lines: usize = files.values().map(|bytes| bytes.split(|byte| *byte == b'\n').count() - 1).sum();
    assert_eq!(lines, 6002);
}
