//! Crashes and restarts.
