//! The 22 queries of TPC-H bind and run; what they answer, `tests/tpch` compares with another database's answers.

use std::{fmt::Display, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, StringViewArray},
    datatypes::Schema,
    record_batch::RecordBatch,
};
use redshift_sql_dialect::RedshiftType::{self, *};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

use crate::{
    binder::testing::{Database, query},
    text_input::{DateTimeInput, Rounding, parse_date, parse_numeric},
    types::arrow_field,
};

const SCALE: f64 = 0.01;
const MONEY: RedshiftType = RedshiftType::numeric(15, 2);

fn add<R: Display>(db: &Database, name: &str, columns: &[(&str, RedshiftType)], rows: impl Iterator<Item = R>) {
    let lines: Vec<String> = rows.map(|row| row.to_string()).collect();
    let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split('|').collect()).collect();
    let arrays = columns.iter().enumerate().map(|(index, (_, ty))| array(*ty, cells.iter().map(|row| row[index])));
    let arrays = arrays.collect();
    let fields: Vec<_> = columns.iter().map(|(name, ty)| arrow_field(name, *ty)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length");
    db.catalog.add_table(name, columns, vec![batch]);
}

fn array<'a>(ty: RedshiftType, cells: impl Iterator<Item = &'a str>) -> ArrayRef {
    let input = DateTimeInput::default();
    match ty {
        Int4 => Arc::new(Int32Array::from_iter_values(cells.map(|cell| cell.parse().expect("a number")))),
        Int8 => Arc::new(Int64Array::from_iter_values(cells.map(|cell| cell.parse().expect("a number")))),
        Date => Arc::new(Date32Array::from_iter_values(cells.map(|cell| parse_date(cell, &input).expect("a date")))),
        Numeric { precision, scale } => {
            let values = cells.map(|cell| parse_numeric(cell, precision, scale, Rounding::Truncate).expect("a number"));
            let values = Decimal128Array::from_iter_values(values);
            Arc::new(values.with_precision_and_scale(precision, scale as i8).expect("a decimal type"))
        }
        _ => Arc::new(StringViewArray::from_iter_values(cells)),
    }
}

fn database() -> Database {
    let db = Database::new();
    let key = |name: &'static str| (name, Int4);
    let text = |name: &'static str, length: u32| (name, Varchar(length));
    let fixed = |name: &'static str, length: u32| (name, Char(length));
    let region = [key("r_regionkey"), fixed("r_name", 25), text("r_comment", 152)];
    add(&db, "region", &region, RegionGenerator::new(SCALE, 1, 1).iter());
    let nation = [key("n_nationkey"), fixed("n_name", 25), key("n_regionkey"), text("n_comment", 152)];
    add(&db, "nation", &nation, NationGenerator::new(SCALE, 1, 1).iter());
    let part = [
        key("p_partkey"),
        text("p_name", 55),
        fixed("p_mfgr", 25),
        fixed("p_brand", 10),
        text("p_type", 25),
        key("p_size"),
        fixed("p_container", 10),
        ("p_retailprice", MONEY),
        text("p_comment", 23),
    ];
    add(&db, "part", &part, PartGenerator::new(SCALE, 1, 1).iter());
    let supplier = [
        key("s_suppkey"),
        fixed("s_name", 25),
        text("s_address", 40),
        key("s_nationkey"),
        fixed("s_phone", 15),
        ("s_acctbal", MONEY),
        text("s_comment", 101),
    ];
    add(&db, "supplier", &supplier, SupplierGenerator::new(SCALE, 1, 1).iter());
    let partsupp =
        [key("ps_partkey"), key("ps_suppkey"), key("ps_availqty"), ("ps_supplycost", MONEY), text("ps_comment", 199)];
    add(&db, "partsupp", &partsupp, PartSuppGenerator::new(SCALE, 1, 1).iter());
    let customer = [
        key("c_custkey"),
        text("c_name", 25),
        text("c_address", 40),
        key("c_nationkey"),
        fixed("c_phone", 15),
        ("c_acctbal", MONEY),
        fixed("c_mktsegment", 10),
        text("c_comment", 117),
    ];
    add(&db, "customer", &customer, CustomerGenerator::new(SCALE, 1, 1).iter());
    let orders = [
        ("o_orderkey", Int8),
        key("o_custkey"),
        fixed("o_orderstatus", 1),
        ("o_totalprice", MONEY),
        ("o_orderdate", Date),
        fixed("o_orderpriority", 15),
        fixed("o_clerk", 15),
        key("o_shippriority"),
        text("o_comment", 79),
    ];
    add(&db, "orders", &orders, OrderGenerator::new(SCALE, 1, 1).iter());
    let lineitem = [
        ("l_orderkey", Int8),
        key("l_partkey"),
        key("l_suppkey"),
        key("l_linenumber"),
        ("l_quantity", MONEY),
        ("l_extendedprice", MONEY),
        ("l_discount", MONEY),
        ("l_tax", MONEY),
        fixed("l_returnflag", 1),
        fixed("l_linestatus", 1),
        ("l_shipdate", Date),
        ("l_commitdate", Date),
        ("l_receiptdate", Date),
        fixed("l_shipinstruct", 25),
        fixed("l_shipmode", 10),
        text("l_comment", 44),
    ];
    add(&db, "lineitem", &lineitem, LineItemGenerator::new(SCALE, 1, 1).iter());
    db
}

#[tokio::test]
async fn all_queries_run() {
    let db = database();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tpch/queries");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the queries").map(|entry| entry.expect("a file")).collect();
    files.sort_by_key(|file| file.file_name());
    assert_eq!(files.len(), 22);
    let mut failures = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file.path()).expect("a query");
        let bound = query(&text).and_then(|query| db.binder().query(&query));
        let rows = match bound {
            Ok(bound) => db.run(&bound.plan).await,
            Err(error) => Err(error),
        };
        if let Err(error) = rows {
            failures.push(format!("{:?}: {error}", file.file_name()));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
