//! No text ends the process: not when it is parsed, nor when its errors are reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redshift_sql_dialect::{check::check, parse, parse_data_type, parse_expression, parse_query};

fuzz_target!(|text: &str| {
    if let Err(error) = parse(text) {
        let position = error.position().unwrap_or_default() as usize;
        assert!(text.is_char_boundary(position), "an error within a character: {error}");
    }
    for problem in check(text) {
        let _ = (problem.report("f.sql"), problem.json("f.sql"));
    }
    let _ = (parse_query(text), parse_expression(text), parse_data_type(text));
});
