"""redshift_connector, Amazon's own driver: its protocols 0, 1 and 2, with TLS and without."""

import datetime
import decimal

import pytest
import redshift_connector


def connect(server, protocol=2, **options):
    return redshift_connector.connect(
        host=server.host, port=server.port, user="admin", password="any", database="dev",
        **{"ssl": False, "client_protocol_version": protocol} | options,
    )


@pytest.fixture(params=[0, 1, 2])
def connection(request, shared_server):
    connection = connect(shared_server, request.param)
    assert connection._client_protocol_version == request.param
    yield connection
    connection.close()


def test_values(connection):
    with connection.cursor() as cursor:
        cursor.execute("""select 1::smallint, 2, 3::bigint, 1.50::decimal(5,2), -12345678901234567890.5::decimal(38,4), 0.5::float8,
            0.25::float4, true, 'text'::varchar, 'c'::char(3), date '2008-01-02', timestamp '2008-01-02 03:04:05.678',
            time '10:20:30', timestamptz '2008-01-02 03:04:05+00', null::int, sum(x) from (select 1.25::decimal(8,2) as x) s group by 1""")
        assert tuple(cursor.fetchone()) == (
            1, 2, 3, decimal.Decimal("1.50"), decimal.Decimal("-12345678901234567890.5000"), 0.5, 0.25, True, "text", "c  ",
            datetime.date(2008, 1, 2), datetime.datetime(2008, 1, 2, 3, 4, 5, 678000), datetime.time(10, 20, 30),
            datetime.datetime(2008, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), None, decimal.Decimal("1.25"),
        )


def test_description(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table described (id int not null, v varchar(10))")
        cursor.execute("select id, v, id + 1 as next from described")
        assert [column[0] for column in cursor.description] == ["id", "v", "next"]
        assert [column[1] for column in cursor.description] == [23, 1043, 23]


def test_parameters(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table p (i int, b bigint, n decimal(10,2), f float8, t varchar(20), d date, m timestamp, l bool)")
        values = (7, 2**40, decimal.Decimal("1.50"), 2.5, "it's", datetime.date(2020, 2, 29), datetime.datetime(2020, 1, 1, 2, 3, 4), True)
        cursor.execute("insert into p values (%s, %s, %s, %s, %s, %s, %s, %s)", values)
        cursor.execute("select * from p where i = %s", (7,))
        assert tuple(cursor.fetchone()) == values
        cursor.executemany("insert into p (i, t) values (%s, %s)", [(i, None) for i in range(5)])
        cursor.execute("select count(*) from p where t is null")
        assert cursor.fetchone()[0] == 5


def test_transactions(connection):
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists connector_t")
        cursor.execute("create table connector_t (i int)")
        connection.commit()
        cursor.execute("insert into connector_t values (1)")
        connection.rollback()
        cursor.execute("select count(*) from connector_t")
        assert cursor.fetchone()[0] == 0
        connection.commit()


def test_errors(connection):
    with connection.cursor() as cursor:
        with pytest.raises(redshift_connector.ProgrammingError) as failure:
            cursor.execute("select * from nothing")
        assert failure.value.args[0]["C"] == "42P01"
        assert failure.value.args[0]["M"] == 'relation "nothing" does not exist'
        connection.rollback()
        cursor.execute("select 1")
        assert cursor.fetchone()[0] == 1


def test_many_rows(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table n as with recursive r(n) as (select 1 union all select n + 1 from r where n < 1000) select n from r")
        cursor.execute("select n, n / 7.0 from n order by n")
        assert [row[0] for row in cursor.fetchall()] == list(range(1, 1001))
        cursor.execute("select n from n order by n")
        frame = cursor.fetch_dataframe()
        assert frame["n"].sum() == 500500


def test_autocommit(shared_server):
    connection = connect(shared_server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create table connector_auto (i int)")
        cursor.execute("insert into connector_auto values (1)")
    connection.close()
    with shared_server.connect() as other:
        assert other.execute("select i from connector_auto").fetchall() == [(1,)]
