//! Tests of the catalog through its own interface.

mod anomalies;
mod objects;
mod recovery;
