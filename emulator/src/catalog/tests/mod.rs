//! Tests of the catalog through its own interface.

mod anomalies;
mod backups;
mod objects;
mod recovery;
