//! The language from outside: texts, and what the parser makes of them.
//!
//! Expected results come from the developer guide, from the manual of Postgres 8.0 where the guide is silent, and from
//! reasoning.

mod clients;
mod copy;
mod definitions;
mod expressions;
mod fuzzed;
mod lexical;
mod limits;
mod manipulation;
mod parameters;
mod print;
mod queries;
mod refusals;
mod reserved;
mod scripts;
mod session;
mod suite;
mod support;
