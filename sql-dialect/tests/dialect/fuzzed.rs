//! The corpus of the fuzz targets, without the fuzzer: what it once found stays found.

use std::{fs, path::Path};

use redshift_sql_dialect::{check::check, parse, parse_data_type, parse_expression, parse_query};

use crate::support::assert_printed_parses_back;

#[test]
fn the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/statements");
    let mut texts = 0;
    for entry in fs::read_dir(corpus).expect("the corpus") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a text");
        let Ok(text) = String::from_utf8(bytes) else { continue };
        texts += 1;
        let _ = (parse_query(&text), parse_expression(&text), parse_data_type(&text));
        for problem in check(&text) {
            assert!(!problem.report("f").is_empty() && !problem.json("f").is_empty());
        }
        for parsed in parse(&text).unwrap_or_default() {
            assert_printed_parses_back(&parsed.statement);
        }
    }
    assert!(texts > 100, "{texts}");
}
