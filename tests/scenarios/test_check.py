"""`blueshift check`: files of SQL against Redshift's language, without a warehouse."""

import json
import subprocess

from blueshift import PROGRAM

PATIENCE = 60


def check(*arguments, text=None):
    """Runs it; gives exit status and output."""
    result = subprocess.run(
        [PROGRAM, "check", *map(str, arguments)],
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def test_good_files_say_nothing(tmp_path):
    good = tmp_path / "good.sql"
    good.write_text("-- nothing wrong\nselect 1;\ncreate table t (a int) diststyle all;\n")
    assert check(good, good) == (0, "", "")


def test_errors_are_reported_as_by_a_compiler(tmp_path):
    bad = tmp_path / "bad.sql"
    bad.write_text("select 1;\n\tcreate index i on t (a);\nselect * form t;\nselect \u00e9, from t\n")
    status, output, _ = check(bad)
    assert status == 1
    assert output == (
        'error[0A000]: SQL command "create index i on t (a)" not supported on Redshift tables.\n'
        f" --> {bad}:2:2\n  |\n2 | \tcreate index i on t (a);\n  | \t^\n"
        "  = hint: Use SORTKEY and DISTKEY instead of indexes.\n\n"
        'error[42601]: syntax error at or near "form"\n'
        f" --> {bad}:3:10\n  |\n3 | select * form t;\n  |          ^\n\n"
        'error[42601]: syntax error at or near "from"\n'
        f" --> {bad}:4:11\n  |\n4 | select \u00e9, from t\n  |           ^\n\n"
    )


def test_json_for_editors(tmp_path):
    bad = tmp_path / 'a "quoted" name.sql'
    bad.write_text("insert into t values (1)\nreturning a;\nselct 1")
    status, output, _ = check("--format", "json", bad)
    assert status == 1
    problems = [json.loads(line) for line in output.splitlines()]
    assert [(p["line"], p["column"], p["sqlstate"]) for p in problems] == [(2, 1, "42601"), (3, 1, "42601")]
    assert problems[0]["file"] == str(bad)
    assert problems[0]["message"] == 'syntax error at or near "returning"'
    assert "SELECT" in problems[0]["hint"] and problems[0]["detail"] is None


def test_standard_input():
    assert check(text="select 1")[0] == 0
    status, output, _ = check("-", text="\ufeffselect 1\r\n;\r\nselect")
    assert (status, "<stdin>:3:7" in output) == (1, True)


def test_files_of_psql(tmp_path):
    script = tmp_path / "psql.sql"
    script.write_bytes(b"\\set ON_ERROR_STOP on\r\nselect 1;\r\n\\i other.sql\r\nselect 2;\r\n")
    assert check(script) == (0, "", "")


def test_a_file_that_is_not_there(tmp_path):
    good = tmp_path / "good.sql"
    good.write_text("select 1")
    status, output, errors = check(tmp_path / "nothing.sql", good)
    assert (status, output) == (1, "")
    assert "nothing.sql" in errors


def places(output):
    """Line, column and SQLSTATE of each problem in JSON."""
    problems = [json.loads(line) for line in output.splitlines()]
    return [(problem["line"], problem["column"], problem["sqlstate"]) for problem in problems]


def test_what_is_not_utf8():
    status, output, errors = check("--format", "json", text=b"select 'caf\xe9';\r\nselct 1;\r\n")
    assert (status, errors) == (1, "")
    assert places(output) == [(1, 12, "22021"), (2, 1, "42601")]
    status, output, _ = check(text="select 1;".encode("utf-16"))
    assert status == 1 and "0xff" in output and "UTF-16" in output


def test_what_does_not_end():
    for text, place in [
        ("select 1;\n  select 'a;\nselect 2;\n", (2, 10)),
        ("select 1;\n  /* comment\nselect 2;\n", (2, 3)),
        ('select "a;\nselct 1;', (1, 8)),
        ("create procedure p() as $$ begin\nend;\n", (1, 25)),
    ]:
        status, output, _ = check("--format", "json", text=text)
        assert (status, places(output)) == (1, [(*place, "42601")]), text


def test_bodies_and_types():
    text = (
        "create procedure p() as $$\nbegin\n  selct 1;\nend\n$$ language plpgsql;\n"
        "select a::uuid from t;\nselect cast(a as varchar(5)) from t;\n"
    )
    status, output, _ = check("--format", "json", text=text)
    assert (status, places(output)) == (1, [(3, 3, "42601"), (6, 11, "42704")])


def test_several_files_are_all_checked(tmp_path):
    files = []
    for number, text in enumerate(["selct 1;", "select 1;", "select\n\tfrom"]):
        files.append(tmp_path / f"{number}.sql")
        files[-1].write_text(text)
    status, output, _ = check("--format", "json", *files)
    assert (status, places(output)) == (1, [(1, 1, "42601"), (2, 2, "42601")])
    assert [json.loads(line)["file"] for line in output.splitlines()] == [str(files[0]), str(files[2])]


def test_commands_and_variables_of_psql():
    status, output, _ = check("--format", "json", text="\\c dev\nselect 1 \\g\n;\nselect :name;\n\\q\n")
    assert (status, places(output)) == (1, [(2, 10, "42601"), (4, 8, "42601")])
    assert all("psql" in json.loads(line)["hint"] for line in output.splitlines())
