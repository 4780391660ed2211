//! Which functions only one kind of node has.
//!
//! Sources: developer guide, "Leader node-only functions", "Compute node-only functions", "Querying the catalog tables".

use super::{catalog_arrays, catalog_info, catalog_rows, record_rows};

/// Where a function runs that does not run everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    /// On the leader node, as its page says: never beside a table of a user or a system table.
    Leader,
    /// On the leader node, as the functions do that the catalog's own relations use: only tables of users bar them, which
    /// includes the one that a statement fills.
    Catalog,
    /// On the leader node, as the functions do that PostgreSQL has for the time: only tables of users that are read bar them.
    /// Scripts of AWS for administrators put `current_timestamp` beside STV tables, and a table may be made of it where no
    /// table is read, as the tests of dbt-redshift do on clusters.
    Time,
    /// On the compute nodes.
    Compute,
}

/// The documented functions of the leader node, sorted.
const LEADER: &[&str] = &[
    "current_schema",
    "current_schemas",
    "factorial",
    "get_byte",
    "has_database_privilege",
    "has_schema_privilege",
    "has_table_privilege",
    "set_bit",
    "set_byte",
    "to_ascii",
    "version",
];

/// The functions of the leader node that are deprecated, sorted.
const DEPRECATED: &[&str] =
    &["age", "current_time", "current_timestamp", "isfinite", "localtime", "localtimestamp", "now"];

/// The functions of the compute nodes, sorted.
const COMPUTE: &[&str] = &["listagg", "median", "percentile_cont", "percentile_disc"];

/// Functions that read the catalog and may stand in policies of tables.
const EVERYWHERE: [&str; 3] = ["has_assumerole_privilege", "role_is_member_of", "user_is_member_of"];

/// Where the function of this name runs, where not everywhere.
pub(crate) fn node(name: &str) -> Option<Node> {
    if LEADER.binary_search(&name).is_ok() {
        return Some(Node::Leader);
    }
    if COMPUTE.binary_search(&name).is_ok() {
        return Some(Node::Compute);
    }
    if EVERYWHERE.contains(&name) {
        return None;
    }
    if DEPRECATED.binary_search(&name).is_ok() {
        return Some(Node::Time);
    }
    let of_catalog = catalog_info::knows(name)
        || catalog_arrays::knows(name)
        || catalog_rows::knows(name)
        || record_rows::knows(name);
    (of_catalog || name == "generate_series").then_some(Node::Catalog)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_the_search() {
        assert!(LEADER.is_sorted() && DEPRECATED.is_sorted() && COMPUTE.is_sorted());
    }
}
