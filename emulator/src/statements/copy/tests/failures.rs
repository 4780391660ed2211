//! Rows that cannot be loaded, and loads that fail.

use super::*;

fn people() -> Relation {
    let people = table(
        "people",
        &[
            ("id", RedshiftType::Int4),
            ("name", varchar(5)),
            ("born", RedshiftType::Date),
            ("paid", RedshiftType::numeric(10, 2)),
        ],
    );
    with_column(people, "name", |column| column.not_null = true)
}

const FAILED: &str = "Load into table 'people' failed.  Check 'stl_load_errors' system table for details.";

#[tokio::test]
async fn the_first_faulty_row_fails_the_load_and_is_logged() {
    let house = House::new();
    house.put("x.csv", "id,name,born,paid\n1,Ann,2000-01-01,1.5\n2,Bob,2000-1-1,2\n3,Cy,2000-01-01,3\n");
    let error =
        house.copy(&people(), "copy people from 's3://bkt/x.csv' csv ignoreheader 1").await.expect_err("failed");
    assert_eq!(error.to_string(), format!("XX000: {FAILED}"));
    let columns = [
        "query",
        "tbl",
        "session",
        "filename",
        "line_number",
        "colname",
        "type",
        "col_length",
        "position",
        "raw_line",
        "raw_field_value",
        "err_code",
        "err_reason",
    ];
    let expected = [
        "1",
        "100133",
        "42",
        "s3://bkt/x.csv",
        "3",
        "born",
        "date",
        "0",
        "6",
        "2,Bob,2000-1-1,2",
        "2000-1-1",
        "1205",
        "Invalid Date Format - length must be 10 or more",
    ];
    assert_eq!(house.log(LogTable::LoadError, columns).await, [expected]);
    let details =
        house.log(LogTable::LoadErrorField, ["field", "colname", "value", "is_null", "type", "col_length"]).await;
    assert_eq!(
        details,
        [
            ["0", "id", "2", "0", "int4", "0"],
            ["1", "name", "Bob", "0", "varchar", "5"],
            ["2", "born", "\\N", "1", "date", "0"],
        ]
    );
    let loads = house.log(LogTable::Load, ["status", "loaded_rows", "error_count"]).await;
    assert_eq!(loads, [["aborted", "0", "1"]]);
    assert!(house.log(LogTable::LoadFile, ["filename"]).await.is_empty());
}

#[tokio::test]
async fn maxerror_lets_fewer_errors_pass() {
    let house = House::new();
    let text = "1|Ann|2000-01-01|1\nx|Bob|2000-01-01|1\n3|Caesar|2000-01-01|1\n4||2000-01-01|1\n5|\\N|2000-01-01|1\n\
                6|Eve|2000-01-01|y\n7|Flo|2000-01-01\n8|Gus|2000-01-01|1|z\n9|Hal|2000-01-01|123456789\n";
    house.put("x.txt", text);
    let given = house.copy(&people(), "copy people from 's3://bkt/x.txt' maxerror 8").await.expect("loaded");
    assert_eq!(given.rows, [["1", "Ann", "2000-01-01", "1.00"], ["4", "", "2000-01-01", "1.00"]]);
    assert_eq!(
        given.notices,
        [
            "Load into table 'people' completed, 2 record(s) loaded successfully.",
            "Load into table 'people' completed, 7 record(s) could not be loaded.  Check 'stl_load_errors' system table for \
         details.",
        ]
    );
    let errors =
        house.log(LogTable::LoadError, ["line_number", "colname", "col_length", "err_code", "err_reason"]).await;
    assert_eq!(
        errors,
        [
            ["2", "id", "0", "1207", "Invalid digit, Value 'x', Pos 0, Type: Integer"],
            ["3", "name", "5", "1204", "String length exceeds DDL length"],
            ["5", "name", "5", "1213", "Missing data for not-null field"],
            ["6", "paid", "10, 2", "1207", "Invalid digit, Value 'y', Pos 0, Type: Decimal"],
            ["7", "born", "0", "1214", "Delimiter not found"],
            ["8", "", "", "1202", "Extra column(s) found"],
            ["9", "paid", "10, 2", "1204", "Overflow for NUMERIC(10,2)"],
        ]
    );
    for parameters in ["maxerror 7", "maxerror 1", "maxerror 0", ""] {
        let error = house.copy(&people(), &format!("copy people from 's3://bkt/x.txt' {parameters}")).await;
        assert_eq!(error.expect_err(parameters).message(), FAILED);
    }
    assert!(house.copy(&people(), "copy people from 's3://bkt/x.txt' ignoreallerrors").await.is_ok());
}

#[tokio::test]
async fn noload_checks_and_loads_nothing() {
    let house = House::new();
    house.put("good.txt", "1|Ann|2000-01-01|1\n");
    house.put("bad.txt", "x|Ann|2000-01-01|1\n");
    let given = house.copy(&people(), "copy people from 's3://bkt/good.txt' noload").await.expect("checked");
    assert_eq!(given.notices, ["Load into table 'people' completed, 0 record(s) loaded successfully."]);
    assert!(given.rows.is_empty());
    assert!(house.copy(&people(), "copy people from 's3://bkt/bad.txt' noload").await.is_err());
}

#[tokio::test]
async fn one_faulty_file_of_many_fails_all() {
    let house = House::new();
    house.put("d/1.txt", "1|Ann|2000-01-01|1\n");
    house.put("d/2.txt", "2|Bob|2000-01-01|1\n3|Bo\n");
    house.put("d/3.txt", "4|Cy|2000-01-01|1\n");
    assert_eq!(house.copy(&people(), "copy people from 's3://bkt/d/'").await.expect_err("failed").message(), FAILED);
}

#[tokio::test]
async fn json_lines_are_counted_to_the_objects_end() {
    let house = House::new();
    let category = table("category", &[("catid", RedshiftType::Int4), ("catname", varchar(10))]);
    house.put("x.json", "{\"catid\": 1,\n \"catname\": \"a\"}\n\n{\"catid\": \"one\",\n \"catname\": \"b\"\n}\n");
    let given = house.copy(&category, "copy category from 's3://bkt/x.json' json 'auto' maxerror 5").await;
    assert_eq!(given.expect("loaded").rows, [["1", "a"]]);
    let errors = house.log(LogTable::LoadError, ["line_number", "colname", "raw_field_value", "err_code"]).await;
    assert_eq!(errors, [["6", "catid", "one", "1207"]]);
}

#[tokio::test]
async fn paths_and_columns_must_be_as_many() {
    let house = House::new();
    let category = table("category", &[("catid", RedshiftType::Int4), ("catname", varchar(10))]);
    house.put("x.json", "{}");
    house.put("paths.json", r#"{"jsonpaths": ["$.a"]}"#);
    house.put("wrong.json", r#"{"jsonpaths": ["$.a", "$[*]"]}"#);
    let refused = async |paths: &str| {
        let copy = format!("copy category from 's3://bkt/x.json' json 's3://bkt/{paths}'");
        house.copy(&category, &copy).await.expect_err(paths).message().to_string()
    };
    assert_eq!(
        refused("paths.json").await,
        "Number of jsonpaths and the number of columns should match. JSONPath size: 1, Number of columns in table or \
         column list: 2"
    );
    assert!(refused("wrong.json").await.starts_with("Invalid JSONPath format: "));
    assert!(refused("nothing.json").await.starts_with("S3ServiceException:The specified key does not exist."));
}

#[tokio::test]
async fn parquet_files_of_another_shape_are_refused() {
    let house = House::new();
    let products = table("products", &[("product_id", RedshiftType::Int4), ("name", varchar(5))]);
    let ids = || ("product_id", array(Int64Array::from(vec![1])));
    let refused = async |columns: Vec<(&str, ArrayRef)>| {
        house.put("p.parquet", parquet_file(columns));
        let error =
            house.copy(&products, "copy products from 's3://bkt/p.parquet' parquet").await.expect_err("refused");
        assert_eq!(error.to_string(), "XX000: Spectrum Scan Error");
        detail(&error)
            .lines()
            .find_map(|line| line.trim().strip_prefix("context:"))
            .expect("a context")
            .trim()
            .to_string()
    };
    let url = "https://s3.us-east-1.amazonaws.com/bkt/p.parquet";
    assert_eq!(
        refused(vec![ids()]).await,
        format!(
            "Unmatched number of columns between table and file. Table columns: 2, Data columns: 1, File name: {url}"
        )
    );
    assert_eq!(
        refused(vec![
            ("product_id", array(StringArray::from(vec!["1"]))),
            ("name", array(StringArray::from(vec!["a"])))
        ])
        .await,
        format!(
            "File '{url}' has an incompatible Parquet schema for column 's3://bkt/p.parquet.product_id'. \
             Column type: INT, Parquet schema:"
        )
    );
    assert_eq!(
        refused(vec![
            ("product_id", array(Int64Array::from(vec![1 << 40]))),
            ("name", array(StringArray::from(vec!["a"])))
        ])
        .await,
        format!(
            "File '{url}' has an incompatible Parquet schema for column 's3://bkt/p.parquet.product_id'. \
             Column type: INT, Parquet schema:"
        )
    );
    assert_eq!(
        refused(vec![ids(), ("name", array(StringArray::from(vec!["too long"])))]).await,
        format!(
            "The length of the data column name is longer than the length defined in the table. Table: 5, Data: 8, \
             File name: {url}"
        )
    );
    house.put("p.parquet", "1,a\n");
    let error = house.copy(&products, "copy products from 's3://bkt/p.parquet' parquet").await.expect_err("no Parquet");
    assert!(detail(&error).contains(&format!("context:   File '{url}' has an invalid version number.")));
    let filled = parquet_file(vec![ids()]);
    house.put("p.parquet", filled);
    let given = house.copy(&products, "copy products from 's3://bkt/p.parquet' parquet fillrecord").await;
    assert_eq!(given.expect("loaded").rows, [["1", "\\N"]]);
}

#[tokio::test]
async fn nulls_of_parquet_files_obey_not_null() {
    let house = House::new();
    let products = table("products", &[("product_id", RedshiftType::Int4)]);
    let products = with_column(products, "product_id", |column| column.not_null = true);
    house.put("p.parquet", parquet_file(vec![("product_id", array(Int64Array::from(vec![Some(1), None])))]));
    let error = house.copy(&products, "copy products from 's3://bkt/p.parquet' parquet").await.expect_err("refused");
    assert_eq!(error.message(), "Cannot insert a NULL value into column product_id");
}

#[tokio::test]
async fn a_wrong_encoding_is_an_error_of_its_file() {
    let house = House::new();
    house.put("x.txt", "1|Ann|2000-01-01|1\n");
    let copy = "copy people from 's3://bkt/x.txt' encoding utf16";
    assert_eq!(house.copy(&people(), copy).await.expect_err("failed").message(), FAILED);
    let errors = house.log(LogTable::LoadError, ["filename", "err_code", "err_reason"]).await;
    assert_eq!(errors, [["s3://bkt/x.txt", "1221", "Encoding of the file is not the same as specified"]]);
}
