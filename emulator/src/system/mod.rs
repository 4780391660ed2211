//! The system's own relations, and the logs that many of them show.

pub mod logs;
