//! What the tests of Blueshift from end to end are made of.
//!
//! * `suite/`: runs the SQL scripts of `slt/` and the wire scripts of `wire/`.
//! * `clients/`, `scenarios/`, `tpch/`: tests in Python, by pytest, against the program itself.
//! * `run`: the test command.

pub mod pg;
pub mod server;
