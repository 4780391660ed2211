"""Every type from table to wire and back, in text and in binary: the bytes as libpq sees them, without a driver's adapters.

Sources: developer guide, "Data types" (storage and ranges of each type); binary forms are PostgreSQL's send formats.
"""

import struct
from decimal import Decimal

import pytest
from psycopg.pq import ExecStatus

DAY = 86_400_000_000
# Days from 2000-01-01, where the protocol begins to count, to 2024-02-29.
LEAP_DAY = 8825

TEXT, BINARY = 0, 1


def numeric(*words):
    """Count of groups, weight of the first, sign, scale, and the groups of four digits."""
    return struct.pack(f"!{len(words)}H", *(word & 0xFFFF for word in words))


def times(micros):
    return struct.pack("!q", micros)


# Declaration, value, OID, type modifier, fixed size; text and bytes that arrive.
TYPES = [
    ("smallint", "(-32768)::smallint", 21, -1, 2, "-32768", struct.pack("!h", -(2**15))),
    ("int2", "32767", 21, -1, 2, "32767", struct.pack("!h", 2**15 - 1)),
    ("integer", "-2147483648", 23, -1, 4, "-2147483648", struct.pack("!i", -(2**31))),
    ("int4", "2147483647", 23, -1, 4, "2147483647", struct.pack("!i", 2**31 - 1)),
    ("bigint", "'-9223372036854775808'", 20, -1, 8, "-9223372036854775808", struct.pack("!q", -(2**63))),
    ("int8", "9223372036854775807", 20, -1, 8, "9223372036854775807", struct.pack("!q", 2**63 - 1)),
    ("decimal", "1.5", 1700, (18 << 16) + 4, -1, "2", numeric(1, 0, 0, 0, 2)),
    ("decimal(5,2)", "-999.99", 1700, (5 << 16) + 2 + 4, -1, "-999.99", numeric(2, 0, 0x4000, 2, 999, 9900)),
    ("numeric(19,0)", "9223372036854775807", 1700, (19 << 16) + 4, -1, "9223372036854775807", numeric(5, 4, 0, 0, 922, 3372, 368, 5477, 5807)),
    (
        "decimal(38,37)", "'-9.9999999999999999999999999999999999999'", 1700, (38 << 16) + 37 + 4, -1,
        "-9.9999999999999999999999999999999999999", numeric(11, 0, 0x4000, 37, 9, *[9999] * 9, 9000),
    ),
    ("decimal(38,0)", "'99999999999999999999999999999999999999'", 1700, (38 << 16) + 4, -1, "9" * 38, numeric(10, 9, 0, 0, 99, *[9999] * 9)),
    ("real", "3.4028235e38::real", 700, -1, 4, "3.40282e+38", struct.pack("!f", 3.4028235e38)),
    ("float4", "'-Infinity'", 700, -1, 4, "-Infinity", struct.pack("!f", float("-inf"))),
    ("double precision", "0.1", 701, -1, 8, "0.1", struct.pack("!d", 0.1)),
    ("float8", "'NaN'", 701, -1, 8, "NaN", b"\x7f\xf8" + bytes(6)),
    ("float", "1e300", 701, -1, 8, "1e+300", struct.pack("!d", 1e300)),
    ("boolean", "'yes'", 16, -1, 1, "t", b"\x01"),
    ("bool", "'0'", 16, -1, 1, "f", b"\x00"),
    ("char(5)", "'ab'", 1042, 9, -1, "ab   ", b"ab   "),
    ("char", "'a'", 1042, 5, -1, "a", b"a"),
    ("nchar(3)", "'a'", 1042, 7, -1, "a  ", b"a  "),
    ("bpchar", "'a'", 1042, 260, -1, f"{'a':256}", f"{'a':256}".encode()),
    ("varchar(10)", "'é€ '", 1043, 14, -1, "é€ ", "é€ ".encode()),
    ("varchar", "''", 1043, 260, -1, "", b""),
    ("text", "'t'", 1043, 260, -1, "t", b"t"),
    ("nvarchar(3)", "'a'", 1043, 7, -1, "a", b"a"),
    ("varchar(max)", "'m'", 1043, 65539, -1, "m", b"m"),
    ("date", "'4713-01-01 BC'", 1082, -1, 4, "4713-01-01 BC", struct.pack("!i", -2451507)),
    ("date", "'2024-02-29'", 1082, -1, 4, "2024-02-29", struct.pack("!i", LEAP_DAY)),
    ("date", "'294276-12-31'", 1082, -1, 4, "294276-12-31", struct.pack("!i", 106751982)),
    ("time", "'23:59:59.999999'", 1083, -1, 8, "23:59:59.999999", times(DAY - 1)),
    # As redshift_connector's own test has it, the end of the day is stored as the beginning of the next.
    ("time", "'24:00:00'", 1083, -1, 8, "00:00:00", times(0)),
    ("timetz", "'00:00:00+14'", 1266, -1, 12, "10:00:00+00", times(10 * DAY // 24) + bytes(4)),
    ("timestamp", "'2024-02-29 12:00:00.5'", 1114, -1, 8, "2024-02-29 12:00:00.50", times(LEAP_DAY * DAY + DAY // 2 + 500_000)),
    ("timestamp", "'4713-01-01 BC'", 1114, -1, 8, "4713-01-01 00:00:00 BC", times(-2451507 * DAY)),
    ("timestamptz", "'2024-02-29 12:00:00+05:30'", 1184, -1, 8, "2024-02-29 06:30:00+00", times(LEAP_DAY * DAY + 13 * DAY // 48)),
    ("interval year to month", "'-178956970-8'", 1188, -1, 4, "-178956970 years -8 mons", struct.pack("!i", -(2**31))),
    ("intervaly2m", "'37 months'", 1188, -1, 4, "3 years 1 mon", struct.pack("!i", 37)),
    ("intervald2s", "'10 days 48 hours'", 1190, -1, 8, "12 days", times(12 * DAY)),
    ("interval day to second", "'106751991 04:00:54.775807'", 1190, -1, 8, "106751991 days 04:00:54.775807", times(2**63 - 1)),
    ("super", """json_parse('{"a": [1, null]}')""", 4000, -1, -1, '{"a":[1,null]}', b'{"a":[1,null]}'),
    ("varbyte(5)", "from_hex('00ff')", 6551, 9, -1, "00ff", b"\x00\xff"),
    ("varbinary", "from_hex('')", 6551, 64004, -1, "", b""),
    (
        "geometry", "st_point(1, 2)", 3000, -1, -1, "0101000000000000000000F03F0000000000000040",
        bytes.fromhex("0101000000000000000000F03F0000000000000040"),
    ),
    (
        "geography", "st_geogfromtext('POINT(1 2)')", 3001, -1, -1, "0101000020E6100000000000000000F03F0000000000000040",
        bytes.fromhex("0101000020E6100000000000000000F03F0000000000000040"),
    ),
]

# Those whose parameters are no more than a text that the type's cast reads in another way: SUPER takes a string for a string,
# VARBYTE for the bytes of its characters; GEOMETRY and GEOGRAPHY have no binary input.
ONE_WAY = {4000, 6551, 3000, 3001}


@pytest.fixture(scope="module")
def libpq(shared_server):
    with shared_server.connect() as connection:
        yield connection.pgconn


def run(libpq, sql, parameters=(), oids=(), formats=(), result=TEXT):
    answer = libpq.exec_params(sql.encode(), list(parameters), list(oids), list(formats), result)
    if answer.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise AssertionError(answer.error_message.decode())
    return answer


def name_of(kind):
    return f"{kind[0]}: {kind[1]}"


@pytest.mark.parametrize("kind", TYPES, ids=map(name_of, TYPES))
def test_table_to_wire(libpq, kind):
    declared, value, oid, typmod, size, text, binary = kind
    run(libpq, "drop table if exists wire_types")
    run(libpq, f"create table wire_types (c {declared})")
    run(libpq, f"insert into wire_types values ({value})")
    run(libpq, "insert into wire_types values (null)")
    run(libpq, "create temp table wire_copy as select c from wire_types")
    run(libpq, "create view wire_view as select c from wire_types")
    for source in ("wire_types", "wire_copy", "wire_view", "(select c from wire_types) as s"):
        for format, expected in ((TEXT, text.encode()), (BINARY, binary)):
            answer = run(libpq, f"select c from {source} where c is not null", result=format)
            assert (answer.ftype(0), answer.fmod(0), answer.fsize(0), answer.fformat(0)) == (oid, typmod, size, format), source
            assert answer.get_value(0, 0) == expected, source
            assert run(libpq, f"select c from {source} where c is null", result=format).get_value(0, 0) is None
    run(libpq, "drop view wire_view")
    run(libpq, "drop table wire_copy")


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind[2] not in ONE_WAY], ids=name_of)
def test_wire_to_table(libpq, kind):
    declared, _, oid, _, _, text, binary = kind
    # PostgreSQL's 15 digits do not give every DOUBLE back, nor 6 every REAL.
    text = {"3.40282e+38": "3.4028235e38"}.get(text, text)
    run(libpq, "drop table if exists wire_types")
    run(libpq, f"create table wire_types (c {declared})")
    # The type may be the client's or what the column makes of the parameter.
    for parameter, format in ((text.encode(), TEXT), (binary, BINARY)):
        for given in (oid, 0):
            run(libpq, "insert into wire_types values ($1)", [parameter], [given], [format])
    answer = run(libpq, "select c from wire_types", result=BINARY)
    assert [answer.get_value(row, 0) for row in range(answer.ntuples)] == [binary] * 4


EXPRESSIONS = [
    ("1::smallint + 1::smallint", 21, -1),
    ("1::smallint + 1", 23, -1),
    ("1 + 1::bigint", 20, -1),
    ("1 / 2", 23, -1),
    ("2147483648", 20, -1),
    ("1.50", 1700, (3 << 16) + 2 + 4),
    # "Computations with numeric values": precision and scale of results.
    ("1.50 + 10.5", 1700, (5 << 16) + 2 + 4),
    ("1.50 * 10.5", 1700, (7 << 16) + 3 + 4),
    ("1::decimal(10,2) / 3::decimal(5,1)", 1700, (16 << 16) + 7 + 4),
    ("1 + 1.0::float8", 701, -1),
    ("1::real + 1", 701, -1),
    ("'a' || 'bc'", 1043, 7),
    ("'ab'::char(5)", 1042, 9),
    ("true and false", 16, -1),
    ("date '2024-01-01' + 1", 1082, -1),
    ("date '2024-01-02' - date '2024-01-01'", 23, -1),
    ("date '2024-01-01' + interval '1' month", 1082, -1),
    ("date '2024-01-01' + interval '1' hour", 1114, -1),
    ("timestamp '2024-01-02' - timestamp '2024-01-01'", 1186, -1),
    ("interval '1' month", 1188, -1),
    ("interval '1' day", 1190, -1),
    ("interval '1 day'", 1186, -1),
    ("getdate()", 1114, -1),
    ("current_date", 1082, -1),
    ("len('abc')", 23, -1),
    ("coalesce(1, 2.5)", 1700, (11 << 16) + 1 + 4),
    ("case when true then 1::smallint else 2::bigint end", 20, -1),
    ("array(1, 2)", 4000, -1),
    ("'abc'::varbyte", 6551, None),
]


@pytest.mark.parametrize("expression, oid, typmod", EXPRESSIONS, ids=[row[0] for row in EXPRESSIONS])
def test_types_of_expressions(libpq, expression, oid, typmod):
    for format in (TEXT, BINARY):
        answer = run(libpq, f"select {expression}", result=format)
        assert answer.ftype(0) == oid
        assert typmod is None or answer.fmod(0) == typmod


def test_interval_without_qualifier(libpq):
    """For all but Redshift's own drivers an interval has PostgreSQL's 16 bytes."""
    answer = run(libpq, "select interval '1 month 2 days 3 seconds'", result=BINARY)
    assert answer.get_value(0, 0) == struct.pack("!qii", 3_000_000, 2, 1)
    assert run(libpq, "select interval '36 hours'").get_value(0, 0) == b"1 day 12:00:00"


def test_numbers_of_all_digits_as_parameters(shared_server):
    """NUMERIC parameters have no modifier: none of their digits may be lost on the way to the column."""
    with shared_server.connect() as connection:
        connection.execute("create temp table digits (n decimal(38,20), w decimal(38,0))")
        for how in ("%t", "%b"):
            connection.execute("truncate digits")
            values = [Decimal("0.12345678901234567890"), Decimal("9" * 38)]
            connection.execute(f"insert into digits values ({how}, {how})", values)
            assert list(connection.execute("select * from digits").fetchone()) == values
