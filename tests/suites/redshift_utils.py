"""Creates AWS's views for administrators and selects from them, and runs their scripts; says which did not answer and why."""

import os
import pathlib
import re
import sys

import psycopg

VIEW = re.compile(r"create\s+(?:or\s+replace\s+)?view\s+([\w.\"]+)", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)


def failure(connection, text):
    """What went wrong with the statements of a text, which go in one message; none where they were answered."""
    result = connection.pgconn.exec_(text.encode())
    if result.status != psycopg.pq.ExecStatus.FATAL_ERROR:
        return None
    state, message = (result.error_field(field) for field in (psycopg.pq.DiagnosticField.SQLSTATE, psycopg.pq.DiagnosticField.MESSAGE_PRIMARY))
    return f"{state.decode()}: {message.decode()}"


def problems(connection, file):
    text = file.read_text(encoding="utf-8-sig")
    found = failure(connection, text)
    if found:
        return [found]
    views = VIEW.findall(COMMENT.sub("", text))
    asked = ((view, failure(connection, f"select * from {view}")) for view in views)
    return [f"select from {view}: {found}" for view, found in asked if found]


def main(source):
    environment = {key: os.environ[f"REDSHIFT_TEST_{key}"] for key in ("HOST", "PORT", "USER", "DBNAME")}
    connection = psycopg.connect(**{key.lower(): value for key, value in environment.items()}, sslmode="disable", autocommit=True)
    connection.execute("create schema admin")
    files = sorted([*source.glob("AdminViews/*.sql"), *source.glob("AdminScripts/*.sql")])
    # Some views are made of others: what fails is tried again when the others are there.
    wrong = {file: found for file in files if (found := problems(connection, file))}
    wrong = {file: found for file in wrong if (found := problems(connection, file))}
    for file, found in wrong.items():
        print(*(f"{file.relative_to(source)}: {problem}" for problem in found), sep="\n")
    print(f"{len(files) - len(wrong)} of {len(files)} files answer")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
