"""Sessionized events that a Spark stream wrote as Parquet files under one prefix: staging, then the final tables. The COPY
is that of the seed, with its account's and bucket's names."""

import datetime
import io

import pyarrow
import pyarrow.parquet

COPY = """COPY stg_sessionized_events
FROM 's3://ecommerce-enriched/sessionized/'
IAM_ROLE 'arn:aws:iam::478867930203:role/RedshiftS3Full'
FORMAT AS PARQUET;"""

FILES = 4
ROWS = 250
START = datetime.datetime(2025, 1, 1)


def events(part):
    """Rows of one file: every tenth has no user, every seventh is a purchase."""
    for i in range(ROWS):
        number = part * ROWS + i
        yield {
            "event_id": f"e{number:06}",
            "session_id": f"s{number // 5:05}",
            "user_id": None if number % 10 == 0 else number % 97,
            "event_type": "purchase" if number % 7 == 0 else "view",
            "amount": number / 4 if number % 7 == 0 else None,
            "event_time": START + datetime.timedelta(seconds=number),
            "is_mobile": number % 2 == 0,
        }


SCHEMA = pyarrow.schema([
    ("event_id", pyarrow.string()),
    ("session_id", pyarrow.string()),
    ("user_id", pyarrow.int64()),
    ("event_type", pyarrow.string()),
    ("amount", pyarrow.float64()),
    ("event_time", pyarrow.timestamp("us")),
    ("is_mobile", pyarrow.bool_()),
])


def test_load_and_transform(warehouse):
    for part in range(FILES):
        file = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(events(part)), schema=SCHEMA), file, compression="snappy")
        warehouse.s3.put("ecommerce-enriched", f"sessionized/part-{part:05}.snappy.parquet", file.getvalue())
    # Spark leaves these behind; COPY passes over names that begin with an underscore.
    warehouse.s3.put("ecommerce-enriched", "sessionized/_SUCCESS", "")

    warehouse.run("""CREATE TABLE stg_sessionized_events (
        event_id VARCHAR(20), session_id VARCHAR(20), user_id BIGINT, event_type VARCHAR(20),
        amount DOUBLE PRECISION, event_time TIMESTAMP, is_mobile BOOLEAN)""")
    warehouse.run("""CREATE TABLE sessionized_events (
        session_id VARCHAR(20) NOT NULL DISTKEY, user_id BIGINT, events INTEGER, revenue DECIMAL(12,2),
        started TIMESTAMP SORTKEY, ended TIMESTAMP)""")
    warehouse.run(COPY)

    rows = [row for part in range(FILES) for row in events(part)]
    purchases = [row for row in rows if row["event_type"] == "purchase"]
    assert warehouse.run("SELECT COUNT(*), COUNT(user_id), COUNT(amount), MAX(event_time) FROM stg_sessionized_events") == [(
        str(len(rows)), str(sum(row["user_id"] is not None for row in rows)), str(len(purchases)), str(rows[-1]["event_time"]),
    )]

    warehouse.run("""INSERT INTO sessionized_events
        SELECT session_id, MAX(user_id), COUNT(*), SUM(amount), MIN(event_time), MAX(event_time)
        FROM stg_sessionized_events GROUP BY session_id""")
    assert warehouse.run("SELECT COUNT(*), MIN(events), MAX(events) FROM sessionized_events") == [
        (str(len({row["session_id"] for row in rows})), "5", "5")
    ]
    total = sum(row["amount"] for row in purchases)
    assert warehouse.run("SELECT SUM(revenue) FROM sessionized_events") == [(f"{total:.2f}",)]
    first = rows[:5]
    assert warehouse.run("SELECT user_id, revenue, started, ended FROM sessionized_events WHERE session_id = 's00000'") == [
        (str(max(row["user_id"] or 0 for row in first)), "0.00", str(first[0]["event_time"]), str(first[-1]["event_time"]))
    ]
