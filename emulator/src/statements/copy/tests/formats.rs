//! The loads that people write, one for each format.

use super::*;

fn customers() -> Relation {
    table(
        "customers",
        &[
            ("customer_id", RedshiftType::Int4),
            ("first_name", varchar(50)),
            ("state", varchar(2)),
            ("registration_date", RedshiftType::Date),
        ],
    )
}

#[tokio::test]
async fn csv_with_a_header() {
    let house = House::new();
    house.put(
        "raw/customers/customers.csv",
        "customer_id,first_name,state,registration_date\n1,John,NY,2024-01-15\n2,\"Jane \"\"J\"\"\",CA,2024-02-20\n",
    );
    let given = house
        .copy(
            &customers(),
            "copy customers from 's3://bkt/raw/customers/customers.csv' format as csv ignoreheader 1 delimiter ',' \
             region 'us-east-1' dateformat 'YYYY-MM-DD'",
        )
        .await
        .expect("loaded");
    assert_eq!(given.rows, [["1", "John", "NY", "2024-01-15"], ["2", "Jane \"J\"", "CA", "2024-02-20"]]);
    assert_eq!(given.notices, ["Load into table 'customers' completed, 2 record(s) loaded successfully."]);
    let commits = house.log(LogTable::LoadFile, ["query", "filename", "lines_scanned", "rows_loaded", "bytes_loaded"]);
    assert_eq!(commits.await, [["1", "s3://bkt/raw/customers/customers.csv", "3", "2", "97"]]);
    let columns = ["query", "status", "table_name", "data_source", "file_format", "loaded_rows", "error_count"];
    let expected = ["1", "completed", "customers", "s3://bkt/raw/customers/customers.csv", "csv", "2", "0"];
    assert_eq!(house.log(LogTable::Load, columns).await, [expected]);
}

#[tokio::test]
async fn parquet_as_pandas_writes_it() {
    let house = House::new();
    let products = table(
        "products",
        &[
            ("product_id", RedshiftType::Int4),
            ("product_name", varchar(200)),
            ("unit_price", RedshiftType::numeric(10, 2)),
        ],
    );
    house.put(
        "staging/products.parquet",
        parquet_file(vec![
            ("product_id", array(Int64Array::from(vec![1, 2]))),
            ("product_name", array(StringArray::from(vec![Some("Laptop Pro"), None]))),
            ("unit_price", array(Float64Array::from(vec![1299.99, 29.99]))),
        ]),
    );
    let copy = "copy products from 's3://bkt/staging/products.parquet' format as parquet";
    let given = house.copy(&products, copy).await.expect("loaded");
    assert_eq!(given.rows, [["1", "Laptop Pro", "1299.99"], ["2", "\\N", "29.99"]]);
    assert_eq!(given.notices, ["Load into table 'products' completed, 2 record(s) loaded successfully."]);
    let commits = house.log(LogTable::LoadFile, ["filename", "rows_loaded", "file_format"]);
    assert_eq!(commits.await, [["s3://bkt/staging/products.parquet", "2", "parquet"]]);
}

#[tokio::test]
async fn json_by_names() {
    let house = House::new();
    let orders = table(
        "orders",
        &[
            ("order_id", RedshiftType::Int4),
            ("order_date", RedshiftType::Timestamp),
            ("ship_date", RedshiftType::Timestamp),
            ("total_amount", RedshiftType::numeric(10, 2)),
        ],
    );
    house.put(
        "orders.json",
        r#"{"order_id": 1001, "order_date": "2024-11-01 10:30:00", "ship_date": "2024-11-03 14:20:00", "total_amount": 1500.00}
{"order_id": 1003, "order_date": "2024-11-05 08:15:00", "ship_date": null, "total_amount": 450.00, "x": 1}"#,
    );
    let copy = "copy orders from 's3://bkt/orders.json' format as json 'auto' timeformat 'YYYY-MM-DD HH:MI:SS'";
    let given = house.copy(&orders, copy).await.expect("loaded");
    assert_eq!(
        given.rows,
        [
            ["1001", "2024-11-01T10:30:00", "2024-11-03T14:20:00", "1500.00"],
            ["1003", "2024-11-05T08:15:00", "\\N", "450.00"],
        ]
    );
}

#[tokio::test]
async fn json_by_paths_with_epochs() {
    let house = House::new();
    let events = table(
        "staging_events",
        &[
            ("artist", varchar(256)),
            ("iteminsession", RedshiftType::Int4),
            ("registration", RedshiftType::Float8),
            ("ts", RedshiftType::Timestamp),
            ("userid", RedshiftType::Int4),
        ],
    );
    house.put(
        "log_json_path.json",
        r#"{"jsonpaths": ["$['artist']", "$['itemInSession']", "$['registration']", "$['ts']", "$['userId']"]}"#,
    );
    house.put(
        "log_data/2018/11/a-events.json",
        r#"{"artist":null,"itemInSession":0,"registration":1540919166796.0,"ts":1541121934796,"userId":"15"}
{"artist":"Des'ree","itemInSession":1,"registration":null,"ts":1541106106796,"userId":""}
"#,
    );
    let copy = "copy staging_events from 's3://bkt/log_data' json 's3://bkt/log_json_path.json' \
                timeformat as 'epochmillisecs' region 'us-west-2'";
    let given = house.copy(&events, copy).await.expect("loaded");
    assert_eq!(
        given.rows,
        [
            ["\\N", "0", "1540919166796.0", "2018-11-02T01:25:34.796", "15"],
            ["Des'ree", "1", "\\N", "2018-11-01T21:01:46.796", "\\N"],
        ]
    );
}

#[tokio::test]
async fn a_paths_file_of_another_key_is_left_out_of_account() {
    let house = House::new();
    let category = table("category", &[("catid", RedshiftType::Int4)]);
    house.put("paths.json", r#"{"somethingelse": ["$.id"]}"#);
    house.put("data.json", r#"{"catid": 1, "id": 2}"#);
    let given = house.copy(&category, "copy category from 's3://bkt/data.json' json 's3://bkt/paths.json'").await;
    assert_eq!(given.expect("loaded").rows, [["1"]]);
}

#[tokio::test]
async fn fixed_width() {
    // "Load VENUE from a fixed-width data file".
    let house = House::new();
    let venue = table(
        "venue",
        &[
            ("venueid", RedshiftType::Int2),
            ("venuename", varchar(100)),
            ("venuestate", RedshiftType::Char(2)),
            ("venueseats", RedshiftType::Int4),
        ],
    );
    house.put("venue_fw.txt", "1  Toyota Park              IL0     \n5  Gillette Stadium         MA68756\n");
    let copy = "copy venue from 's3://bkt/venue_fw.txt' fixedwidth 'venueid:3,venuename:25,venuestate:2,venueseats:6'";
    let given = house.copy(&venue, copy).await.expect("loaded");
    assert_eq!(
        given.rows,
        [["1", "Toyota Park              ", "IL", "0"], ["5", "Gillette Stadium         ", "MA", "68756"],]
    );
    let trimmed = house.copy(&venue, &format!("{copy} trimblanks")).await.expect("loaded");
    assert_eq!(trimmed.rows[0][1], "Toyota Park");
}

#[tokio::test]
async fn gzip_over_several_files() {
    let house = House::new();
    let time = table("time", &[("id", RedshiftType::Int4), ("name", varchar(10))]);
    for (key, text) in [("t/timerows.2.gz", "3|c\n"), ("t/timerows.1.gz", "1|a\n2|b\n")] {
        house.put(key, gzipped(text.as_bytes()).await);
    }
    let given = house.copy(&time, "copy time from 's3://bkt/t/timerows' gzip delimiter '|'").await.expect("loaded");
    assert_eq!(given.rows, [["1", "a"], ["2", "b"], ["3", "c"]]);
    let error = house.copy(&time, "copy time from 's3://bkt/t/timerows' bzip2").await.expect_err("no bzip2");
    assert_eq!(error.to_string(), "XX000: failed to decompress with bzip2");
    house.put("plain.csv", "1|a\n");
    let error = house.copy(&time, "copy time from 's3://bkt/plain.csv' gzip").await.expect_err("no gzip");
    assert_eq!(error.message(), "failed to inflateinvalid or incomplete deflate data. zlib error code: -3");
    assert!(detail(&error).contains("code:      9001\n  context:   S3 key being read : s3://bkt/plain.csv"));
}

#[tokio::test]
async fn omitted_columns_take_their_default() {
    // "Load data from a file with default values".
    let house = House::new();
    let venue = table(
        "venue_new",
        &[("venueid", RedshiftType::Int2), ("venuename", varchar(100)), ("venueseats", RedshiftType::Int4)],
    );
    let venue = with_column(venue, "venueseats", |column| column.not_null = true);
    house.put("venue_noseats.txt", "1|Toyota Park|\n2|Columbus Crew Stadium|\n");
    let copy = "copy venue_new(venueid, venuename) from 's3://bkt/venue_noseats.txt' delimiter '|'";
    let defaults = vec![None, None, Some(ScalarValue::Int32(Some(1000)))];
    let given = house.copy_with(&venue, copy, defaults).await.expect("loaded");
    assert_eq!(given.rows, [["1", "Toyota Park", "1000"], ["2", "Columbus Crew Stadium", "1000"]]);
    let error = house.copy(&venue, copy).await.expect_err("no default");
    assert_eq!(
        error.message(),
        "Load into table 'venue_new' failed.  Check 'stl_load_errors' system table for details."
    );
    let errors = house.log(LogTable::LoadError, ["colname", "err_code", "err_reason"]).await;
    assert_eq!(errors[0], ["venueseats", "1213", "Missing data for not-null field"]);
}

#[tokio::test]
async fn identity_columns_are_left_to_who_writes() {
    let house = House::new();
    let identity = |column: &mut Column| {
        column.identity = Some(Identity { seed: 1, step: 1, by_default: false });
        column.not_null = true;
    };
    let venue = table("venue_identity", &[("venueid", RedshiftType::Int4), ("venuename", varchar(100))]);
    let venue = with_column(venue, "venueid", identity);
    house.put("names.txt", "Toyota Park\nRFK Stadium\n");
    let given = house.copy(&venue, "copy venue_identity from 's3://bkt/names.txt'").await.expect("loaded");
    assert_eq!(given.rows, [["\\N", "Toyota Park"], ["\\N", "RFK Stadium"]]);
    house.put("both.txt", "7|Toyota Park\n");
    let given = house.copy(&venue, "copy venue_identity from 's3://bkt/both.txt' explicit_ids").await.expect("loaded");
    assert_eq!(given.rows, [["7", "Toyota Park"]]);
}

#[tokio::test]
async fn a_column_list_gives_the_order_of_the_fields() {
    let house = House::new();
    let table = table("t", &[("a", RedshiftType::Int4), ("b", varchar(5)), ("c", RedshiftType::Int4)]);
    house.put("x.csv", "x,1\n");
    let given = house.copy(&table, "copy t (b, c) from 's3://bkt/x.csv' csv").await.expect("loaded");
    assert_eq!(given.rows, [["\\N", "x", "1"]]);
}

#[tokio::test]
async fn short_records_are_filled() {
    let house = House::new();
    let table = table("t", &[("a", RedshiftType::Int4), ("b", varchar(5)), ("c", RedshiftType::Char(5))]);
    house.put("x.csv", "1\n2,y\n");
    let given = house.copy(&table, "copy t from 's3://bkt/x.csv' csv fillrecord").await.expect("loaded");
    assert_eq!(given.rows, [["1", "", "\\N"], ["2", "y", "\\N"]]);
    let given = house.copy(&table, "copy t from 's3://bkt/x.csv' csv fillrecord emptyasnull").await.expect("loaded");
    assert_eq!(given.rows[0], ["1", "\\N", "\\N"]);
}

#[tokio::test]
async fn replacements_are_counted_and_logged() {
    let house = House::new();
    let table = table("t", &[("a", RedshiftType::Int4), ("city", varchar(10))]);
    house.put("x.txt", b"1|a\xffb\n2|ok\n");
    let given = house.copy(&table, "copy t from 's3://bkt/x.txt' acceptinvchars '^'").await.expect("loaded");
    assert_eq!(given.rows, [["1", "a^b"], ["2", "ok"]]);
    assert_eq!(
        given.notices[1],
        "Load into table 't' completed, 1 record(s) were loaded with replacements made for \
                                  ACCEPTINVCHARS. Check 'stl_replacements' system table for details."
    );
    let logged = house.log(LogTable::Replacement, ["filename", "line_number", "colname", "raw_line"]).await;
    assert_eq!(logged, [["s3://bkt/x.txt", "1", "city", "1|a.b"]]);
}

#[tokio::test]
async fn large_files_are_loaded_in_parts_side_by_side() {
    let house = House::new();
    let table = table("t", &[("id", RedshiftType::Int8), ("text", varchar(100))]);
    let line = |n: u64| format!("{n},\"{}\n{n}\"\n", "x".repeat((n % 50) as usize));
    for file in 0..3 {
        let text: String = (0..80_000).map(|n| line(file * 80_000 + n)).collect();
        house.put(&format!("big/{file}.csv"), text);
    }
    let given = house.copy(&table, "copy t from 's3://bkt/big/' csv").await.expect("loaded");
    let mut ids: Vec<u64> = given.rows.iter().map(|row| row[0].parse().expect("a number")).collect();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(0..240_000));
    assert!(given.rows.iter().all(|row| row[1].ends_with(&format!("\n{}", row[0]))));
    let files = house.log(LogTable::LoadFile, ["rows_loaded", "lines_scanned"]).await;
    assert_eq!(files, vec![["80000", "160000"]; 3]);
}

/// A `.shp` file of shapes: each its type and the rest of its content.
fn shp(shapes: &[(i32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = 9_994_i32.to_be_bytes().to_vec();
    bytes.resize(100, 0);
    for (index, (kind, content)) in shapes.iter().enumerate() {
        bytes.extend((index as i32 + 1).to_be_bytes());
        bytes.extend(((4 + content.len()) as i32 / 2).to_be_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(content);
    }
    bytes
}

fn doubles(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A polygon's content: box, counts, where the rings begin, points.
fn rings(rings: &[&[f64]]) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    let points: usize = rings.iter().map(|ring| ring.len() / 2).sum();
    bytes.extend((rings.len() as i32).to_le_bytes());
    bytes.extend((points as i32).to_le_bytes());
    let mut start = 0;
    for ring in rings {
        bytes.extend((start as i32).to_le_bytes());
        start += ring.len() / 2;
    }
    rings.iter().for_each(|ring| bytes.extend(doubles(ring)));
    bytes
}

/// A `.dbf` file of a numeric field of 4 characters and a string of 6.
fn dbf(rows: &[&str]) -> Vec<u8> {
    let mut bytes = vec![3, 124, 1, 1];
    bytes.extend((rows.len() as u32).to_le_bytes());
    bytes.extend(97_u16.to_le_bytes());
    bytes.extend(11_u16.to_le_bytes());
    bytes.resize(32, 0);
    for (name, kind, length) in [("ID", b'N', 4_u8), ("NAME", b'C', 6)] {
        let mut field = name.as_bytes().to_vec();
        field.resize(32, 0);
        (field[11], field[16]) = (kind, length);
        bytes.extend(field);
    }
    bytes.push(0x0D);
    rows.iter().for_each(|row| bytes.extend(row.as_bytes()));
    bytes
}

fn places() -> Relation {
    table("places", &[("shape", RedshiftType::Geometry), ("id", RedshiftType::Int4), ("name", varchar(20))])
}

fn put_places(house: &House) {
    let square = [0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0];
    let hole = [0.5, 0.5, 1.0, 0.5, 0.5, 1.0, 0.5, 0.5];
    house.put("maps/p.shp", shp(&[(1, doubles(&[1.0, 2.0])), (0, Vec::new()), (5, rings(&[&square, &hole]))]));
    house.put("maps/p.dbf", dbf(&["    1a\"b   ", "        ,c ", "    3      "].map(|row| &row[..11])));
}

/// Developer guide, "Loading a shapefile into Amazon Redshift".
#[tokio::test]
async fn shapefiles_give_a_geometry_and_attributes() {
    let house = House::new();
    put_places(&house);
    let copy = "copy places from 's3://bkt/maps/p.shp' format shapefile";
    let given = house.copy(&places(), copy).await.expect("loaded");
    let point = "0101000000000000000000f03f0000000000000040";
    assert_eq!(given.rows[0], [point, "1", "a\"b"]);
    assert_eq!(given.rows[1], ["\\N", "\\N", "   ,c"]);
    // One polygon with a hole: 2 rings.
    assert!(given.rows[2][0].starts_with("0103000000020000000500000"), "{:?}", given.rows[2]);
    assert_eq!(given.rows[2][1..], ["3", ""]);
    // The projection says the SRID; the extended form has it.
    house.put("maps/p.prj", "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\"]]");
    let given = house.copy(&places(), copy).await.expect("loaded");
    assert_eq!(given.rows[0][0], "0101000020e6100000000000000000f03f0000000000000040");
}

/// Developer guide, "SVL_SPATIAL_SIMPLIFY": a row for each geometry that is too large, or one for the whole COPY.
#[tokio::test]
async fn what_simplify_does_is_noted() {
    let house = House::new();
    // A straight line of 70,000 points, 16 bytes each, is too large and needs no more than its ends.
    let line: Vec<f64> = (0..70_000).flat_map(|point| [f64::from(point), 0.0]).collect();
    house.put("maps/l.shp", shp(&[(1, doubles(&[1.0, 2.0])), (3, rings(&[&line]))]));
    house.put("maps/l.dbf", dbf(&["    1a     ", "    2b     "]));
    let copy = "copy places from 's3://bkt/maps/l.shp' format shapefile simplify";
    house.copy(&places(), &format!("{copy} auto 0.5")).await.expect("loaded");
    house.copy(&places(), &format!("{copy} 0.25")).await.expect("loaded");
    let columns = ["line_number", "maximum_tolerance", "simplified"];
    let noted = house.log(LogTable::Simplification, columns).await;
    assert_eq!(noted, [["2", "0.5", "true"], ["\\N", "0.25", "\\N"]]);
    let sizes = house.log(LogTable::Simplification, ["initial_size", "final_size"]).await;
    let [initial, smaller] = [0, 1].map(|place: usize| sizes[0][place].parse::<usize>().expect("a number"));
    assert!(initial >= 16 * 70_000 && smaller < 1_000, "{sizes:?}");
}

#[tokio::test]
async fn shapefiles_are_refused_where_something_is_missing() {
    let house = House::new();
    house.put("maps/q.shp", shp(&[(1, doubles(&[1.0, 2.0]))]));
    let copy = |what: &str| format!("copy places from 's3://bkt/maps/{what}' format shapefile");
    let error = house.copy(&places(), &copy("q.shp")).await.expect_err("no attributes");
    assert_eq!(error.message(), "The shapefile has no attributes (.dbf)");
    house.put("maps/q.dbf", dbf(&["    1a     "]));
    house.put("maps/q.shp", "no shapefile");
    let error = house.copy(&places(), &copy("q.shp")).await.expect_err("damaged");
    assert_eq!(error.message(), "the .shp file is no shapefile");
    let text = format!("{} delimiter ','", copy("q.shp"));
    assert_eq!(house.copy(&places(), &text).await.expect_err("refused").sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
    let text = format!("{} simplify auto 'x'", copy("q.shp"));
    assert_eq!(house.copy(&places(), &text).await.expect_err("refused").sqlstate(), SqlState::INVALID_PARAMETER_VALUE);
}

/// Developer guide, "Loading a column of the GEOMETRY or GEOGRAPHY data type".
#[tokio::test]
async fn spatial_columns_take_hexadecimal_and_text() {
    let house = House::new();
    let shapes = table("shapes", &[("shape", RedshiftType::Geometry), ("globe", RedshiftType::Geography)]);
    let hex = "0101000000000000000000F03F0000000000000040";
    house.put("a.txt", format!("{hex}|{hex}\nPOINT(1 2)|POINT(1 2)\nSRID=4326;POINT(1 2)|\n"));
    let given = house.copy(&shapes, "copy shapes from 's3://bkt/a.txt'").await.expect("loaded");
    let (flat, round) = (hex.to_lowercase(), "0101000020e6100000000000000000f03f0000000000000040");
    assert_eq!(given.rows, [[flat.as_str(), round], [flat.as_str(), round], [round, "\\N"]]);
    house.put("b.txt", "01zz|\n");
    house.copy(&shapes, "copy shapes from 's3://bkt/b.txt'").await.expect_err("no hexadecimal digits");
    let reasons = house.log(LogTable::LoadError, ["colname", "err_code", "err_reason"]).await;
    let reason = "Compass I/O exception: Invalid hexadecimal character(s) found";
    assert_eq!(reasons, [["shape", "1200", reason]]);
}
