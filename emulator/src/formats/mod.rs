//! What files of rows look like, and how their bytes become columns.
//!
//! Text (delimited, CSV, fixed width, JSON) takes three steps, each a pass over a block of whole records of about a
//! megabyte. A [`splitter`] finds where records and fields are, without looking at what they mean: the result is a
//! [`fields::FieldTable`] of offsets. Then [`convert`] goes through the table column by column and fills one Arrow builder
//! at a time, with a loop for each type; whatever does not convert marks its row as bad and is kept as a fault. Last the
//! bad rows are filtered out. Nothing is allocated for a field, and blocks are independent of each other, so that
//! several are worked on side by side.
//!
//! [`blocks`] reads files into such blocks in bounded memory, decompressing and transcoding on the way. A file of Avro
//! becomes JSON there ([`avro`]), and takes the same three steps.
//!
//! Parquet and ORC give columns themselves; [`columnar`] makes them the table's.

pub(crate) mod avro;
pub mod blocks;
pub mod columnar;
pub mod convert;
pub mod datetime_format;
pub mod fields;
pub(crate) mod lzop;
pub mod manifest;
pub mod shapefile;
pub mod splitter;
