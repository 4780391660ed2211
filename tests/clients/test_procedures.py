"""Stored procedures as psql shows them: where an error happened, messages, cursors that are handed out.

Developer guide, "Trapping errors", "Managing transactions", "Returning a result set from a stored procedure".
"""

import pytest

from blueshift import TARGET

PROCEDURES = """
create table employee (firstname varchar, lastname varchar);
insert into employee values ('Tomas', 'Smith');
create table employee_error_log (message varchar);
create table test_table_a (c1 int);
create table test_table_b (c1 int);

CREATE OR REPLACE PROCEDURE update_employee_sp() AS
$$
BEGIN
    UPDATE employee SET firstname = 'Adam' WHERE lastname = 'Smith';
    EXECUTE 'select invalid';
EXCEPTION WHEN OTHERS THEN
    RAISE INFO 'An exception occurred.';
    INSERT INTO employee_error_log VALUES ('Error message: ' || SQLERRM);
END;
$$
LANGUAGE plpgsql;

CREATE OR REPLACE PROCEDURE sp_open_cursor_truncate()
LANGUAGE plpgsql
AS $$
DECLARE
  rec RECORD;
  cur1 cursor for select * from test_table_a order by 1;
BEGIN
  open cur1;
  TRUNCATE table test_table_b;
  Loop
    fetch cur1 into rec;
    raise info '%', rec.c1;
    exit when not found;
  End Loop;
END
$$;

CREATE OR REPLACE PROCEDURE sp_truncate_atomic() LANGUAGE plpgsql
AS $$
BEGIN
  TRUNCATE test_table_b;
END;
$$;

CREATE OR REPLACE PROCEDURE raises(a int) LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'no %', a;
END;
$$;

CREATE OR REPLACE PROCEDURE calls(a int) LANGUAGE plpgsql
AS $$
BEGIN
  CALL raises(a);
END;
$$;

CREATE OR REPLACE PROCEDURE gives(rs INOUT refcursor) LANGUAGE plpgsql
AS $$
BEGIN
  OPEN rs FOR SELECT firstname FROM employee;
END;
$$;
"""


@pytest.fixture(scope="module", autouse=True)
def procedures(shared_server):
    shared_server.psql("-v", "ON_ERROR_STOP=1", stdin=PROCEDURES)


def said(shared_server, script):
    return shared_server.psql(stdin=script, check=False).stderr


def test_an_error_tells_statement_and_line(shared_server):
    stderr = said(shared_server, "call update_employee_sp();")
    if TARGET != "gateway":
        # The Data API does not tell messages.
        assert "INFO:  An exception occurred." in stderr
    assert (
        'ERROR:  column "invalid" does not exist\n'
        'CONTEXT:  SQL statement "select invalid"\n'
        'PL/pgSQL function "update_employee_sp" line 3 at execute statement\n'
    ) in stderr
    rows = shared_server.psql("-At", "-c", "select * from employee_error_log").stdout
    assert rows == 'Error message: column "invalid" does not exist\n'


def test_a_cursor_that_is_closed(shared_server):
    stderr = said(shared_server, "call sp_open_cursor_truncate();")
    assert (
        'ERROR:  cursor "cur1" does not exist\n'
        'CONTEXT:  PL/pgSQL function "sp_open_cursor_truncate" line 8 at fetch\n'
    ) in stderr


def test_truncate_in_a_block(shared_server):
    stderr = said(shared_server, "begin; call sp_truncate_atomic();")
    assert "ERROR:  TRUNCATE cannot be invoked from a procedure that is executing in an atomic context." in stderr
    assert "HINT:  Try calling the procedure as a top-level call" in stderr
    assert (
        'CONTEXT:  SQL statement "TRUNCATE test_table_b"\n'
        'PL/pgSQL function "sp_truncate_atomic" line 2 at SQL statement\n'
    ) in stderr


def test_calls_in_calls(shared_server):
    """What raises an exception leaves itself out, as in PostgreSQL 8.0; who called it does not."""
    stderr = said(shared_server, "call raises(1);")
    assert "ERROR:  no 1\n" in stderr and "CONTEXT" not in stderr
    stderr = said(shared_server, "call calls(2);")
    assert 'CONTEXT:  SQL statement "CALL raises( $1 )"\nPL/pgSQL function "calls" line 2 at SQL statement\n' in stderr


def test_a_cursor_is_handed_out(shared_server):
    script = "begin; call gives('mycursor'); fetch all from mycursor; commit;"
    assert shared_server.psql("-At", stdin=script).stdout.splitlines() == ["BEGIN", "mycursor", "Tomas", "COMMIT"]
