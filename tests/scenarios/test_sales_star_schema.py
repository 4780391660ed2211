"""A warehouse of sales: a fact table and four dimensions loaded from the data lake, with views for the sample analyses (sales
performance, customer segments, products, time series, geography). The facts are made here; what each analysis should
answer is computed by DuckDB over the same rows.
"""

import csv
import datetime
import io
import json

import duckdb
import pytest

LAKE = "sales-data-lake-raw"
ROLE = "arn:aws:iam::123456789012:role/RedshiftLoad"

CREATE = {
    "dim_geography": """CREATE TABLE dim_geography (
        geography_key INTEGER NOT NULL PRIMARY KEY,
        city VARCHAR(50), state VARCHAR(50), country VARCHAR(50), region VARCHAR(20)
    ) DISTSTYLE ALL SORTKEY (geography_key);""",
    "dim_customer": """CREATE TABLE dim_customer (
        customer_key INTEGER NOT NULL PRIMARY KEY,
        customer_name VARCHAR(100) ENCODE lzo,
        email VARCHAR(100) ENCODE lzo,
        segment VARCHAR(20) ENCODE bytedict,
        birth_date DATE,
        geography_key INTEGER REFERENCES dim_geography (geography_key)
    ) DISTSTYLE ALL SORTKEY (customer_key);""",
    "dim_product": """CREATE TABLE dim_product (
        product_key INTEGER NOT NULL PRIMARY KEY,
        product_name VARCHAR(100),
        category VARCHAR(50),
        list_price DECIMAL(10,2)
    ) DISTSTYLE ALL SORTKEY (product_key);""",
    "dim_date": """CREATE TABLE dim_date (
        date_key INTEGER NOT NULL PRIMARY KEY,
        full_date DATE NOT NULL,
        year SMALLINT, quarter SMALLINT, month SMALLINT, month_name CHAR(9), is_weekend BOOLEAN
    ) DISTSTYLE ALL SORTKEY (date_key);""",
    "sales_fact": """CREATE TABLE sales_fact (
        sale_id BIGINT NOT NULL DISTKEY,
        customer_key INTEGER REFERENCES dim_customer (customer_key),
        product_key INTEGER REFERENCES dim_product (product_key),
        date_key INTEGER REFERENCES dim_date (date_key),
        quantity INTEGER,
        unit_price DECIMAL(10,2),
        total_amount DECIMAL(12,2),
        discount_amount DECIMAL(10,2)
    ) COMPOUND SORTKEY (date_key, customer_key);""",
}

COPY = {
    "dim_geography": f"COPY dim_geography FROM 's3://{LAKE}/catalog/geography.tsv' IAM_ROLE '{ROLE}' DELIMITER '\\t' NULL AS 'n/a'",
    "dim_customer": f"COPY dim_customer FROM 's3://{LAKE}/api/customers.json' IAM_ROLE '{ROLE}' FORMAT JSON 'auto' DATEFORMAT 'auto'",
    "dim_product": f"COPY dim_product (product_key, product_name, category, list_price) FROM 's3://{LAKE}/catalog/products.csv.gz' "
                   f"IAM_ROLE '{ROLE}' CSV QUOTE '''' GZIP",
    "dim_date": f"COPY dim_date FROM 's3://{LAKE}/catalog/dates.csv' IAM_ROLE '{ROLE}' CSV IGNOREHEADER 1 DATEFORMAT 'DD.MM.YYYY'",
    "sales_fact": f"COPY sales_fact FROM 's3://{LAKE}/sales/' IAM_ROLE '{ROLE}' CSV IGNOREHEADER 1 COMPUPDATE ON STATUPDATE ON",
}

CITIES = [
    ("Berlin", None, "Germany", "Europe"), ("Lyon", None, "France", "Europe"), ("Austin", "Texas", "USA", "Americas"),
    ("Portland", "Oregon", "USA", "Americas"), ("São Paulo", "SP", "Brazil", "Americas"), ("Osaka", "Kansai", "Japan", "Asia"),
]
SEGMENTS = ["Consumer", "Corporate", "Home Office"]
CATEGORIES = ["Furniture", "Office Supplies", "Technology"]
CUSTOMERS, PRODUCTS, SALES = 60, 24, 3000
FIRST = datetime.date(2023, 1, 1)


def rows():
    """The rows of every table, values as Python has them."""
    dates = [FIRST + datetime.timedelta(days=n) for n in range(730)]
    prices = [10 + n * 7 % 90 + n / 100 for n in range(PRODUCTS)]
    facts = []
    for n in range(SALES):
        product, quantity = n * 7 % PRODUCTS, n % 5 + 1
        cents = round(prices[product] * 100) * quantity
        discount = cents // 10 if n % 4 == 0 else 0
        # Later days sell more; the last customers buy nothing.
        day = dates[int((n / SALES) ** 0.5 * 729)]
        facts.append((n + 10**12, n * n % (CUSTOMERS - 5), product, int(f"{day:%Y%m%d}"), quantity, round(prices[product], 2),
                      (cents - discount) / 100, discount / 100))
    return {
        "dim_geography": [(n, *city) for n, city in enumerate(CITIES)],
        "dim_customer": [
            (n, f"Customer, \"{n}\"", f"c{n}@example.com" if n % 6 else None, SEGMENTS[n % 3],
             datetime.date(1960, 1, 1) + datetime.timedelta(days=n * 211), n * 5 % len(CITIES))
            for n in range(CUSTOMERS)
        ],
        "dim_product": [(n, f"Product '{n}', boxed", CATEGORIES[n % 3], round(prices[n], 2)) for n in range(PRODUCTS)],
        "dim_date": [
            (int(f"{d:%Y%m%d}"), d, d.year, (d.month + 2) // 3, d.month, f"{d:%B}", d.isoweekday() > 5) for d in dates
        ],
        "sales_fact": facts,
    }


def as_csv(table, header=True, quote='"', dates="%Y-%m-%d"):
    file = io.StringIO()
    writer = csv.writer(file, quotechar=quote, lineterminator="\n")
    if header:
        writer.writerow([f"column_{n}" for n in range(len(table[0]))])
    for row in table:
        writer.writerow([value.strftime(dates) if isinstance(value, datetime.date) else value for value in row])
    return file.getvalue()


def upload(s3, tables):
    import gzip

    names = ["customer_key", "customer_name", "email", "segment", "birth_date", "geography_key"]
    geography = ["\t".join("n/a" if value is None else str(value) for value in row) for row in tables["dim_geography"]]
    s3.put(LAKE, "catalog/geography.tsv", "\n".join(geography) + "\n")
    customers = [json.dumps(dict(zip(names, row, strict=True)), default=str) for row in tables["dim_customer"]]
    # Objects may stand back to back.
    s3.put(LAKE, "api/customers.json", "".join(customers))
    s3.put(LAKE, "catalog/products.csv.gz", gzip.compress(as_csv(tables["dim_product"], header=False, quote="'").encode()))
    s3.put(LAKE, "catalog/dates.csv", as_csv(tables["dim_date"], dates="%d.%m.%Y"))
    facts = tables["sales_fact"]
    for part in range(3):
        s3.put(LAKE, f"sales/2024/part-{part}.csv", as_csv(facts[part::3]))


# The analyses run as they are on both.
ANALYSES = {
    "sales performance": """
        SELECT d.year, d.quarter, COUNT(*) AS sales, SUM(f.quantity) AS units, SUM(f.total_amount) AS revenue,
               SUM(f.discount_amount) AS discounts, MAX(f.total_amount) AS largest
        FROM sales_fact f JOIN dim_date d ON f.date_key = d.date_key
        GROUP BY d.year, d.quarter ORDER BY d.year, d.quarter""",
    "growth over the year before": """
        WITH monthly AS (
            SELECT d.year, d.month, SUM(f.total_amount) AS revenue
            FROM sales_fact f JOIN dim_date d USING (date_key) GROUP BY d.year, d.month)
        SELECT a.month, a.revenue, b.revenue AS before, a.revenue - b.revenue AS growth
        FROM monthly a LEFT JOIN monthly b ON b.year = a.year - 1 AND b.month = a.month
        WHERE a.year = 2024 ORDER BY a.month""",
    "customer segments": """
        SELECT c.segment, COUNT(DISTINCT c.customer_key) AS customers, COUNT(f.sale_id) AS sales,
               COALESCE(SUM(f.total_amount), 0) AS revenue
        FROM dim_customer c LEFT JOIN sales_fact f ON f.customer_key = c.customer_key
        GROUP BY c.segment ORDER BY revenue DESC""",
    "customers by value": """
        SELECT value, COUNT(*) FROM (
            SELECT c.customer_key,
                   CASE WHEN SUM(f.total_amount) >= 5000 THEN 'high' WHEN SUM(f.total_amount) >= 2000 THEN 'medium' ELSE 'low' END AS value
            FROM dim_customer c LEFT JOIN sales_fact f USING (customer_key) GROUP BY c.customer_key) AS valued
        GROUP BY value ORDER BY value""",
    "customers without sales": """
        SELECT customer_key FROM dim_customer c
        WHERE NOT EXISTS (SELECT 1 FROM sales_fact f WHERE f.customer_key = c.customer_key) ORDER BY 1""",
    "best product of each category": """
        SELECT category, product_name, revenue FROM (
            SELECT p.category, p.product_name, SUM(f.total_amount) AS revenue,
                   ROW_NUMBER() OVER (PARTITION BY p.category ORDER BY SUM(f.total_amount) DESC, p.product_name) AS place
            FROM sales_fact f JOIN dim_product p USING (product_key) GROUP BY p.category, p.product_name) AS ranked
        WHERE place <= 2 ORDER BY category, place""",
    "products above their category's mean price": """
        SELECT product_key FROM dim_product p
        WHERE list_price > (SELECT SUM(list_price) / COUNT(*) FROM dim_product q WHERE q.category = p.category) ORDER BY 1""",
    "time series": """
        SELECT d.full_date, SUM(f.total_amount) AS revenue,
               SUM(SUM(f.total_amount)) OVER (ORDER BY d.full_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week,
               SUM(SUM(f.total_amount)) OVER (ORDER BY d.full_date ROWS UNBOUNDED PRECEDING) AS running
        FROM sales_fact f JOIN dim_date d USING (date_key) GROUP BY d.full_date ORDER BY d.full_date""",
    "weekends": """
        SELECT d.is_weekend, COUNT(*), SUM(f.quantity) FROM sales_fact f, dim_date d
        WHERE f.date_key = d.date_key AND d.full_date BETWEEN '2024-01-01' AND '2024-12-31'
        GROUP BY 1 ORDER BY 1""",
    "geography": """
        SELECT g.region, g.country, SUM(f.total_amount) AS revenue, COUNT(DISTINCT f.customer_key) AS customers
        FROM sales_fact f JOIN dim_customer c ON f.customer_key = c.customer_key
        JOIN dim_geography g ON c.geography_key = g.geography_key
        GROUP BY ROLLUP (g.region, g.country) ORDER BY g.region NULLS LAST, g.country NULLS LAST""",
    "cities without a state": "SELECT city FROM dim_geography WHERE state IS NULL ORDER BY city",
}


@pytest.fixture
def loaded(warehouse):
    upload(warehouse.s3, rows())
    for table, statement in CREATE.items():
        warehouse.run(statement)
        warehouse.run(COPY[table])
    return warehouse


def same(one, other):
    """Texts of values: numbers by their value, dates, booleans and strings as they are."""
    if one is None or other is None:
        return one is other
    try:
        return abs(float(one) - float(other)) < 1e-9
    except ValueError:
        return one == other


def test_analyses(loaded):
    duck = duckdb.connect()
    for table, content in rows().items():
        definition = CREATE[table].split("DISTSTYLE")[0].split("COMPOUND")[0]
        for word in [" DISTKEY", " ENCODE lzo", " ENCODE bytedict", " PRIMARY KEY"]:
            definition = definition.replace(word, "")
        definition = "\n".join(line.split(" REFERENCES")[0] + "," * (" REFERENCES" in line and line.rstrip().endswith(","))
                               for line in definition.splitlines())
        duck.execute(definition)
        duck.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(content[0]))})", content)
    for name, query in ANALYSES.items():
        expected = [tuple(None if v is None else ("ft"[v] if isinstance(v, bool) else str(v)) for v in row)
                    for row in duck.execute(query).fetchall()]
        assert expected, name
        got = loaded.run(query)
        assert len(got) == len(expected), name
        for one, other in zip(got, expected, strict=True):
            assert all(map(same, one, other)), (name, one, other)


def test_views_for_reports(loaded):
    loaded.run("""CREATE VIEW monthly_sales AS
        SELECT d.year, d.month, TRIM(d.month_name) AS month_name, SUM(f.total_amount) AS revenue
        FROM sales_fact f JOIN dim_date d ON f.date_key = d.date_key GROUP BY 1, 2, 3""")
    facts = rows()["sales_fact"]
    january = sum(round(row[6] * 100) for row in facts if row[3] // 100 == 202401)
    assert loaded.run("SELECT month_name, revenue FROM monthly_sales WHERE year = 2024 AND month = 1") == [
        ("January", f"{january / 100:.2f}")
    ]
    assert loaded.run("SELECT COUNT(*) FROM monthly_sales") == [(str(len({row[3] // 100 for row in facts})),)]


def test_the_catalog_shows_the_keys(loaded):
    loaded.run("SET search_path TO public")
    assert loaded.run("""SELECT "column", type, TRIM(encoding), distkey, sortkey, "notnull" FROM pg_table_def
        WHERE tablename = 'dim_customer' AND "column" IN ('customer_key', 'segment') ORDER BY sortkey DESC""") == [
        ("customer_key", "integer", "none", "f", "1", "t"),
        ("segment", "character varying(20)", "bytedict", "f", "0", "f"),
    ]
    assert loaded.run("""SELECT "column", distkey, sortkey FROM pg_table_def
        WHERE tablename = 'sales_fact' AND (distkey OR sortkey <> 0) ORDER BY sortkey""") == [
        ("sale_id", "t", "0"), ("date_key", "f", "1"), ("customer_key", "f", "2"),
    ]
