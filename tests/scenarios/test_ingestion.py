"""Data ingestion: customers from CSV, products from Parquet, orders from JSON, transactions from a manifest; load errors;
an upsert through a staging table; monitoring. The statements are those of the assessment "Redshift Data Ingestion", word
for word, with the student's and the account's number filled in."""

import io
import json

import pandas
import pytest

from blueshift import Psycopg, Server, SqlError

STUDENT = "042"
ACCOUNT = "123456789012"
BUCKET = f"redshift-data-lake-{STUDENT}"


def filled(text):
    return text.replace("STUDENTID", STUDENT).replace("ACCOUNT", ACCOUNT)


TABLES = [
    """CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY,
    first_name VARCHAR(50),
    last_name VARCHAR(50),
    email VARCHAR(100),
    phone VARCHAR(20),
    address VARCHAR(200),
    city VARCHAR(50),
    state VARCHAR(2),
    zip_code VARCHAR(10),
    country VARCHAR(50),
    registration_date DATE,
    customer_segment VARCHAR(20)
);""",
    """CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER,
    order_date TIMESTAMP,
    ship_date TIMESTAMP,
    ship_mode VARCHAR(20),
    total_amount DECIMAL(10,2),
    discount DECIMAL(10,2),
    tax DECIMAL(10,2),
    profit DECIMAL(10,2),
    order_status VARCHAR(20)
);""",
    """CREATE TABLE products (
    product_id INTEGER PRIMARY KEY,
    product_name VARCHAR(200),
    category VARCHAR(50),
    sub_category VARCHAR(50),
    brand VARCHAR(50),
    unit_price DECIMAL(10,2),
    cost DECIMAL(10,2),
    stock_quantity INTEGER,
    supplier_id INTEGER
);""",
    """CREATE TABLE transactions (
    transaction_id BIGINT PRIMARY KEY,
    order_id INTEGER,
    product_id INTEGER,
    quantity INTEGER,
    unit_price DECIMAL(10,2),
    discount_percent DECIMAL(5,2),
    transaction_date DATE,
    payment_method VARCHAR(20)
);""",
]

CUSTOMERS = """customer_id,first_name,last_name,email,phone,address,city,state,zip_code,country,registration_date,customer_segment
1,John,Doe,john.doe@email.com,555-0101,123 Main St,New York,NY,10001,USA,2024-01-15,Premium
2,Jane,Smith,jane.smith@email.com,555-0102,456 Oak Ave,Los Angeles,CA,90001,USA,2024-02-20,Standard
3,Bob,Johnson,bob.j@email.com,555-0103,789 Pine Rd,Chicago,IL,60601,USA,2024-03-10,Premium
"""

COPY_CUSTOMERS = filled("""COPY customers
FROM 's3://redshift-data-lake-STUDENTID/raw/customers/customers.csv'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/RedshiftS3AccessRole-STUDENTID'
FORMAT AS CSV
IGNOREHEADER 1
DELIMITER ','
REGION 'us-east-1'
DATEFORMAT 'YYYY-MM-DD';""")

PRODUCTS = {
    "product_id": [1, 2, 3, 4, 5],
    "product_name": ["Laptop Pro", "Wireless Mouse", "USB Keyboard", '27" Monitor', "Webcam HD"],
    "category": ["Electronics", "Electronics", "Electronics", "Electronics", "Electronics"],
    "sub_category": ["Computers", "Accessories", "Accessories", "Displays", "Accessories"],
    "brand": ["TechCorp", "LogiTech", "KeyMaster", "ViewSonic", "CamPro"],
    "unit_price": [1299.99, 29.99, 49.99, 349.99, 79.99],
    "cost": [800.00, 15.00, 25.00, 200.00, 40.00],
    "stock_quantity": [50, 200, 150, 75, 100],
    "supplier_id": [101, 102, 102, 103, 104],
}

COPY_PRODUCTS = filled("""COPY products
FROM 's3://redshift-data-lake-STUDENTID/staging/parquet/products.parquet'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/RedshiftS3AccessRole-STUDENTID'
FORMAT AS PARQUET;""")

ORDERS = """{"order_id": 1001, "customer_id": 1, "order_date": "2024-11-01 10:30:00", "ship_date": "2024-11-03 14:20:00", "ship_mode": "Standard", "total_amount": 1500.00, "discount": 50.00, "tax": 120.00, "profit": 300.00, "order_status": "Delivered"}
{"order_id": 1002, "customer_id": 2, "order_date": "2024-11-02 15:45:00", "ship_date": "2024-11-04 09:10:00", "ship_mode": "Express", "total_amount": 89.97, "discount": 0.00, "tax": 7.20, "profit": 25.00, "order_status": "Delivered"}
{"order_id": 1003, "customer_id": 1, "order_date": "2024-11-05 08:15:00", "ship_date": null, "ship_mode": "Standard", "total_amount": 450.00, "discount": 22.50, "tax": 36.00, "profit": 100.00, "order_status": "Processing"}
"""

COPY_ORDERS = filled("""COPY orders
FROM 's3://redshift-data-lake-STUDENTID/staging/json/orders.json'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/RedshiftS3AccessRole-STUDENTID'
FORMAT AS JSON 'auto'
TIMEFORMAT 'YYYY-MM-DD HH:MI:SS';""")

COPY_ORDERS_WITH_ERRORS = filled("""COPY orders
FROM 's3://redshift-data-lake-STUDENTID/staging/json/orders.json'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/RedshiftS3AccessRole-STUDENTID'
FORMAT AS JSON 'auto'
MAXERROR 100
TIMEFORMAT 'YYYY-MM-DD HH:MI:SS';""")

LOAD_ERRORS = """-- View load errors
SELECT * FROM stl_load_errors
ORDER BY starttime DESC
LIMIT 10;"""

LOAD_ERROR_DETAILS = """-- View detailed error info
SELECT 
    query,
    filename,
    line_number,
    colname,
    type,
    raw_line,
    err_reason
FROM stl_load_errors
WHERE query = pg_last_copy_id()
ORDER BY line_number;"""

CREATE_STAGING = """CREATE TABLE orders_staging (
    order_id INTEGER,
    customer_id INTEGER,
    order_date TIMESTAMP,
    ship_date TIMESTAMP,
    ship_mode VARCHAR(20),
    total_amount DECIMAL(10,2),
    discount DECIMAL(10,2),
    tax DECIMAL(10,2),
    profit DECIMAL(10,2),
    order_status VARCHAR(20)
);"""

# Order 1003 was shipped meanwhile; order 1004 is new.
NEW_ORDERS = """order_id,customer_id,order_date,ship_date,ship_mode,total_amount,discount,tax,profit,order_status
1003,1,2024-11-05 08:15:00,2024-11-07 09:00:00,Standard,450.00,22.50,36.00,100.00,Delivered
1004,3,2024-11-19 12:00:00,,Express,75.50,0.00,6.04,12.25,Processing
"""

COPY_STAGING = filled("""COPY orders_staging
FROM 's3://redshift-data-lake-STUDENTID/raw/orders/2024-11-19/'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/RedshiftS3AccessRole-STUDENTID'
FORMAT AS CSV
IGNOREHEADER 1;""")

UPSERT = [
    "-- Begin transaction\nBEGIN TRANSACTION;",
    """-- Delete existing records that will be updated
DELETE FROM orders
WHERE order_id IN (SELECT order_id FROM orders_staging);""",
    """-- Insert all records from staging
INSERT INTO orders
SELECT * FROM orders_staging;""",
    "-- Commit\nEND TRANSACTION;",
    "-- Clear staging\nTRUNCATE orders_staging;",
]

TRANSACTION_PARTS = {
    "part-001.csv": ["1,1001,1,1,1299.99,0.00,2024-11-01,Credit Card", "2,1001,2,2,29.99,5.00,2024-11-01,Credit Card"],
    "part-002.csv": ["3,1002,3,1,49.99,0.00,2024-11-02,PayPal"],
    "part-003.csv": [
        "4,1003,4,1,349.99,10.00,2024-11-05,Debit Card",
        "5,1003,5,1,79.99,0.00,2024-11-05,Debit Card",
        "9223372036854775807,1003,5,2,79.99,12.50,2024-11-05,Debit Card",
    ],
}
TRANSACTION_HEADER = "transaction_id,order_id,product_id,quantity,unit_price,discount_percent,transaction_date,payment_method"

MANIFEST = filled("""{
  "entries": [
    {"url": "s3://redshift-data-lake-STUDENTID/raw/transactions/part-001.csv", "mandatory": true},
    {"url": "s3://redshift-data-lake-STUDENTID/raw/transactions/part-002.csv", "mandatory": true},
    {"url": "s3://redshift-data-lake-STUDENTID/raw/transactions/part-003.csv", "mandatory": true}
  ]
}
""")

COPY_TRANSACTIONS = filled("""COPY transactions
FROM 's3://redshift-data-lake-STUDENTID/staging/load_manifest.json'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/RedshiftS3AccessRole-STUDENTID'
FORMAT AS CSV
MANIFEST
IGNOREHEADER 1
COMPUPDATE ON;""")

RECENT_COPIES = """-- View recent COPY commands
SELECT 
    query,
    filename,
    curtime as load_time,
    status,
    rows_loaded,
    bytes_loaded,
    DATEDIFF(seconds, starttime, endtime) as duration_seconds
FROM stl_load_commits
WHERE filename LIKE '%redshift-data-lake%'
ORDER BY curtime DESC
LIMIT 20;"""

LOAD_PERFORMANCE = """-- View load performance metrics
SELECT 
    TRIM(filename) as file,
    lines_scanned,
    lines_loaded,
    bytes_loaded / 1024 / 1024 as mb_loaded,
    DATEDIFF(ms, starttime, endtime) / 1000.0 as seconds
FROM stl_load_commits
ORDER BY starttime DESC
LIMIT 10;"""


def upload(s3):
    s3.put(BUCKET, "raw/customers/customers.csv", CUSTOMERS)
    products = io.BytesIO()
    pandas.DataFrame(PRODUCTS).to_parquet(products, engine="pyarrow", compression="snappy")
    s3.put(BUCKET, "staging/parquet/products.parquet", products.getvalue())
    s3.put(BUCKET, "staging/json/orders.json", ORDERS)
    s3.put(BUCKET, "raw/orders/2024-11-19/orders.csv", NEW_ORDERS)
    for name, rows in TRANSACTION_PARTS.items():
        s3.put(BUCKET, f"raw/transactions/{name}", "\n".join([TRANSACTION_HEADER, *rows]) + "\n")
    s3.put(BUCKET, "staging/load_manifest.json", MANIFEST)


def test_the_whole_job(warehouse):
    upload(warehouse.s3)
    for table in TABLES:
        warehouse.run(table)

    warehouse.run(COPY_CUSTOMERS)
    assert warehouse.run("SELECT COUNT(*) FROM customers;") == [("3",)]
    expected = [tuple(line.split(",")) for line in CUSTOMERS.splitlines()[1:]]
    assert sorted(warehouse.run("SELECT * FROM customers LIMIT 10;")) == expected

    warehouse.run(COPY_PRODUCTS)
    assert warehouse.run("SELECT COUNT(*) FROM products;") == [("5",)]
    money = ["unit_price", "cost"]
    expected = [
        tuple(f"{value:.2f}" if name in money else str(value) for name, value in zip(PRODUCTS, row, strict=True))
        for row in zip(*PRODUCTS.values(), strict=True)
    ]
    assert sorted(warehouse.run("SELECT * FROM products;")) == expected

    warehouse.run(COPY_ORDERS)
    orders = warehouse.run("SELECT * FROM orders ORDER BY order_id")
    assert orders == [
        ("1001", "1", "2024-11-01 10:30:00", "2024-11-03 14:20:00", "Standard", "1500.00", "50.00", "120.00", "300.00", "Delivered"),
        ("1002", "2", "2024-11-02 15:45:00", "2024-11-04 09:10:00", "Express", "89.97", "0.00", "7.20", "25.00", "Delivered"),
        ("1003", "1", "2024-11-05 08:15:00", None, "Standard", "450.00", "22.50", "36.00", "100.00", "Processing"),
    ]

    # The same file again: keys are not enforced.
    warehouse.run(COPY_ORDERS_WITH_ERRORS)
    assert warehouse.run("SELECT COUNT(*), COUNT(DISTINCT order_id) FROM orders") == [("6", "3")]
    assert warehouse.run(LOAD_ERRORS) == []
    assert warehouse.run(LOAD_ERROR_DETAILS) == []

    warehouse.run(CREATE_STAGING)
    warehouse.run(COPY_STAGING)
    for statement in UPSERT:
        warehouse.run(statement)
    assert warehouse.run("SELECT COUNT(*) FROM orders_staging") == [("0",)]
    assert warehouse.run("SELECT order_id, ship_date, order_status, COUNT(*) FROM orders GROUP BY 1, 2, 3 ORDER BY 1") == [
        ("1001", "2024-11-03 14:20:00", "Delivered", "2"),
        ("1002", "2024-11-04 09:10:00", "Delivered", "2"),
        ("1003", "2024-11-07 09:00:00", "Delivered", "1"),
        ("1004", None, "Processing", "1"),
    ]

    warehouse.run(COPY_TRANSACTIONS)
    loaded = warehouse.run("SELECT * FROM transactions ORDER BY transaction_id")
    assert loaded == [tuple(row.split(",")) for rows in TRANSACTION_PARTS.values() for row in rows]
    assert warehouse.run("SELECT pg_last_copy_count()") == [("6",)]

    # A question over the star: revenue of each customer segment.
    assert warehouse.run("""
        SELECT c.customer_segment, SUM(t.quantity * t.unit_price * (1 - t.discount_percent / 100))
        FROM transactions t
        JOIN (SELECT DISTINCT order_id, customer_id FROM orders) o ON o.order_id = t.order_id
        JOIN customers c USING (customer_id)
        GROUP BY 1 ORDER BY 1""")[0][0] == "Premium"

    # The history of the loads, one row for each file.
    commits = warehouse.run("SELECT TRIM(filename), status FROM stl_load_commits ORDER BY query, filename")
    prefix = f"s3://{BUCKET}/"
    assert commits == [
        (prefix + "raw/customers/customers.csv", "1"),
        (prefix + "staging/parquet/products.parquet", "1"),
        (prefix + "staging/json/orders.json", "1"),
        (prefix + "staging/json/orders.json", "1"),
        (prefix + "raw/orders/2024-11-19/orders.csv", "1"),
        (prefix + "raw/transactions/part-001.csv", "1"),
        (prefix + "raw/transactions/part-002.csv", "1"),
        (prefix + "raw/transactions/part-003.csv", "1"),
    ]
    history = warehouse.run("SELECT TRIM(table_name), loaded_rows, source_file_count, TRIM(status) FROM sys_load_history ORDER BY query_id")
    assert history == [
        ("customers", "3", "1", "completed"),
        ("products", "5", "1", "completed"),
        ("orders", "3", "1", "completed"),
        ("orders", "3", "1", "completed"),
        ("orders_staging", "2", "1", "completed"),
        ("transactions", "6", "3", "completed"),
    ]


def test_monitoring_fails_as_in_redshift_and_names_what_to_ask_instead(server):
    client = Psycopg(server)
    for query in [RECENT_COPIES, LOAD_PERFORMANCE]:
        with pytest.raises(SqlError) as failure:
            client.run(query)
        assert failure.value.sqlstate == "42703"
        assert "does not exist" in failure.value.message
        assert "SYS_LOAD_HISTORY" in failure.value.hint.upper()


def test_monitoring_runs_as_written_with_extensions(s3):
    with Server("--extensions", s3=s3) as server:
        upload(s3)
        client = Psycopg(server)
        for table in TABLES:
            client.run(table)
        client.run(COPY_CUSTOMERS)
        client.run(COPY_TRANSACTIONS)
        rows = client.run(RECENT_COPIES)
        assert len(rows) == 4
        parts = {row[1].strip().rsplit("/", 1)[1]: row for row in rows}
        assert parts["customers.csv"][3:6] == ("1", "3", str(len(CUSTOMERS)))
        assert [parts[name][4] for name in TRANSACTION_PARTS] == ["2", "1", "3"]
        assert all(0 <= int(row[6]) <= 60 for row in rows)
        rows = client.run(LOAD_PERFORMANCE)
        assert sorted((row[0].rsplit("/", 1)[1], row[2]) for row in rows) == [
            ("customers.csv", "3"), ("part-001.csv", "2"), ("part-002.csv", "1"), ("part-003.csv", "3"),
        ]


# Each of these rows has one fault; the third is good.
FAULTY = [
    '{"order_id": 1, "order_date": "2024-13-01 10:30:00"}',
    '{"order_id": "abc"}',
    '{"order_id": 3, "order_status": "Delivered"}',
    '{"order_id": 4, "order_status": "a status of more than twenty bytes"}',
]


def test_load_errors(warehouse):
    warehouse.run(TABLES[1])
    warehouse.s3.put(BUCKET, "staging/json/orders.json", "\n".join(FAULTY) + "\n")

    with pytest.raises(SqlError) as failure:
        warehouse.run(COPY_ORDERS)
    assert failure.value.sqlstate == "XX000"
    assert failure.value.message == (
        "Load into table 'orders' failed.  Check 'stl_load_errors' system table for details."
    )
    assert warehouse.run("SELECT COUNT(*) FROM orders") == [("0",)]
    # MAXERROR is 0: the first error ends the load, and no other is told.
    assert warehouse.run("SELECT line_number, TRIM(colname), TRIM(type) FROM stl_load_errors") == [
        ("1", "order_date", "timestamp")
    ]

    warehouse.run(COPY_ORDERS_WITH_ERRORS)
    assert warehouse.run("SELECT order_id, order_status FROM orders") == [("3", "Delivered")]
    assert warehouse.run("SELECT pg_last_copy_count()") == [("1",)]
    details = warehouse.run(LOAD_ERROR_DETAILS)
    assert [(row[2], row[3].strip(), row[4].strip()) for row in details] == [
        ("1", "order_date", "timestamp"),
        ("2", "order_id", "int4"),
        ("4", "order_status", "varchar"),
    ]
    assert all(row[1].strip() == f"s3://{BUCKET}/staging/json/orders.json" for row in details)
    assert [row[5].strip() for row in details] == [FAULTY[0], FAULTY[1], FAULTY[3]]


@pytest.mark.parametrize("lost, mandatory", [("part-002.csv", True), ("part-002.csv", False)])
def test_manifest_entries(warehouse, lost, mandatory):
    """A file that is missing stops the load where it is mandatory, and is passed over where it is not."""
    upload(warehouse.s3)
    (warehouse.s3.root / BUCKET / "raw/transactions" / lost).unlink()
    manifest = json.loads(MANIFEST)
    for entry in manifest["entries"]:
        entry["mandatory"] = mandatory
    warehouse.s3.put(BUCKET, "staging/load_manifest.json", json.dumps(manifest))
    warehouse.run(TABLES[3])
    if mandatory:
        with pytest.raises(SqlError):
            warehouse.run(COPY_TRANSACTIONS)
        assert warehouse.run("SELECT COUNT(*) FROM transactions") == [("0",)]
    else:
        warehouse.run(COPY_TRANSACTIONS)
        assert warehouse.run("SELECT COUNT(*) FROM transactions") == [("5",)]
