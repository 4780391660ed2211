//! Table locks.

/// How a table is locked; named as `svv_transactions.lock_mode` shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockMode {
    /// By readers: only DDL and LOCK wait for them.
    AccessShare,
    /// By INSERT, UPDATE, DELETE, COPY: one writer at a time, beside readers.
    ShareRowExclusive,
    /// By DROP, ALTER, TRUNCATE and LOCK: nobody else.
    AccessExclusive,
}
