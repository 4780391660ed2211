//! What queries answer.

mod select;
