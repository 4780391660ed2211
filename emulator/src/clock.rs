//! The time, as the catalog and the logs keep it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970 (UTC).
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros() as i64)
}
