//! What is printed parses to the same value, and prints the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redshift_sql_dialect::parse;

fuzz_target!(|text: &str| {
    let Ok(statements) = parse(text) else { return };
    for parsed in statements {
        let printed = parsed.statement.to_string();
        match parse(&printed) {
            Ok(back) => {
                assert_eq!(back.len(), 1, "{printed}");
                assert_eq!(back[0].statement, parsed.statement, "{printed}");
                assert_eq!(back[0].statement.to_string(), printed);
            }
            Err(error) => panic!("{error}\n{printed}\n{:?}", parsed.statement),
        }
    }
});
