//! What is no command at all; what only Postgres has stands in `tests/sql/unsupported.sql`.

use crate::support::assert_syntax_error;

#[test]
fn what_is_no_command_is_a_syntax_error() {
    assert_syntax_error("selct 1", "selct");
    assert_syntax_error("create tabel t (a int)", "tabel");
    assert_syntax_error("drop tabel t", "tabel");
    assert_syntax_error("create or replace table t (a int)", "table");
    assert_syntax_error("1", "1");
    assert_syntax_error("select 1 1", "1");
}
