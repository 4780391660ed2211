//! EXPLAIN VERBOSE: the plan as the tree of nodes that stands before its summary (developer guide, "EXPLAIN").
//!
//! Each node is written with its properties, one a line, and the nodes below it inside of it, as PostgreSQL prints its
//! plans and as those read it who take plans apart: SQLMesh finds the columns of a query in the list of targets of the topmost
//! node, the server for language models of awslabs costs and distribution in all of them. What a node computes is no property
//! here: only the topmost has targets, and these say name, type and origin of each column.
//!
//! ```text
//!   { HASHJOIN
//!   :startup_cost 2.52
//!   ...
//!   :lefttree
//!     { SEQSCAN
//!     ...
//! ```

use super::steps::Step;
use crate::result::ResultColumn;

/// Spaces before a node and its properties for each level.
const INDENT: usize = 2;

/// The lines of the tree.
pub(super) fn tree(root: &Step, columns: &[ResultColumn]) -> Vec<String> {
    let mut writer = Writer { lines: Vec::new(), nodes: 0, scans: 0 };
    writer.node(root, 0, INDENT, columns);
    writer.lines
}

struct Writer {
    lines: Vec<String>,
    /// Nodes that were written.
    nodes: usize,
    /// Scans that were written.
    scans: usize,
}

impl Writer {
    fn line(&mut self, indent: usize, text: impl std::fmt::Display) {
        self.lines.push(format!("{:indent$}{text}", ""));
    }

    fn node(&mut self, step: &Step, parent: usize, indent: usize, columns: &[ResultColumn]) {
        self.nodes += 1;
        let id = self.nodes;
        self.line(indent, format!("{{ {}", tag(&step.title)));
        self.line(indent, format!(":startup_cost {:.2}", step.estimate.start));
        self.line(indent, format!(":total_cost {:.2}", step.estimate.total));
        self.line(indent, format!(":plan_rows {:.0}", step.estimate.rows));
        self.line(indent, format!(":node_id {id}"));
        self.line(indent, format!(":parent_id {parent}"));
        self.line(indent, format!(":plan_width {}", step.estimate.width));
        self.line(indent, ":best_pathkeys <>");
        self.line(indent, format!(":dist_info.dist_strategy {}", strategy(step)));
        self.line(indent, ":dist_info.dist_keys <>");
        self.targets(columns, indent);
        self.line(indent, ":qual <>");
        for (name, at) in [(":lefttree", 0), (":righttree", 1)] {
            match step.inputs.get(at) {
                // Of more than two, all stand in a list of their own.
                Some(child) if step.inputs.len() <= 2 => {
                    self.line(indent, name);
                    self.node(child, id, indent + INDENT, &[]);
                }
                _ => self.line(indent, format!("{name} <>")),
            }
        }
        self.list(":initPlan", &step.plans_before, id, indent);
        if step.inputs.len() > 2 {
            self.list(":appendplans", &step.inputs, id, indent);
        }
        if tag(&step.title) == "SEQSCAN" {
            self.scans += 1;
            let number = self.scans;
            self.line(indent, format!(":scanrelid {number}"));
        }
        self.line(indent, "}");
    }

    fn list(&mut self, name: &str, steps: &[Step], parent: usize, indent: usize) {
        if steps.is_empty() {
            self.line(indent, format!("{name} <>"));
            return;
        }
        self.line(indent, format!("{name} ("));
        for step in steps {
            self.node(step, parent, indent + INDENT, &[]);
        }
        self.line(indent, ")");
    }

    fn targets(&mut self, columns: &[ResultColumn], indent: usize) {
        if columns.is_empty() {
            self.line(indent, ":targetlist <>");
            return;
        }
        self.line(indent, ":targetlist (");
        for (number, column) in (1..).zip(columns) {
            let (table, attnum) = column.origin.as_ref().map_or((0, 0), |origin| (origin.table_oid, origin.attnum));
            self.line(indent + INDENT, "{ TARGETENTRY");
            self.line(indent + INDENT, ":resdom");
            let within = indent + 2 * INDENT;
            self.line(within, "{ RESDOM");
            self.line(within, format!(":resno {number}"));
            self.line(within, format!(":restype {}", column.ty.oid()));
            self.line(within, format!(":restypmod {}", column.ty.typmod()));
            self.line(within, format!(":resname {}", column.name));
            self.line(within, ":ressortgroupref 0");
            self.line(within, format!(":resorigtbl {table}"));
            self.line(within, format!(":resorigcol {attnum}"));
            self.line(within, ":resjunk false");
            self.line(within, "}");
            self.line(indent + INDENT, "}");
        }
        self.line(indent, ")");
    }
}

/// What a node is called, by the title of its step.
fn tag(title: &str) -> &'static str {
    const TAGS: [(&str, &str); 16] = [
        ("Seq Scan", "SEQSCAN"),
        ("Hash Join", "HASHJOIN"),
        ("Hash Left Join", "HASHJOIN"),
        ("HashAggregate", "AGG"),
        ("GroupAggregate", "AGG"),
        ("Aggregate", "AGG"),
        ("Nested Loop", "NESTLOOP"),
        ("Subquery Scan", "SUBQUERYSCAN"),
        ("Sort", "SORT"),
        ("Network", "NETWORK"),
        ("Limit", "LIMIT"),
        ("Unique", "UNIQUE"),
        ("Window", "WINDOW"),
        ("Append", "APPEND"),
        ("SetOp", "SETOP"),
        ("Recursive Union", "RECURSIVEUNION"),
    ];
    let name = title.strip_prefix("XN ").or(title.strip_prefix("LD ")).unwrap_or(title);
    if let Some((_, tag)) = TAGS.iter().find(|(start, _)| name.starts_with(start)) {
        return tag;
    }
    match (name.split(' ').next(), name.contains("DS_")) {
        (Some("Hash"), true) => "HASHJOIN",
        (Some("Hash"), false) => "HASH",
        (Some("Merge"), true) => "MERGEJOIN",
        (Some("Merge"), false) => "MERGE",
        _ => "RESULT",
    }
}

/// How rows find each other: of a join its title says it, what reads rows where they are needs nothing, and of what is done
/// to rows of others it is not decided.
fn strategy(step: &Step) -> &str {
    let label = step.title.split(' ').find(|word| word.starts_with("DS_"));
    label.unwrap_or(if step.inputs.is_empty() { "DS_DIST_NONE" } else { "DS_DIST_ERR" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_called_by_their_steps() {
        let tags = [
            ("XN Seq Scan on event", "SEQSCAN"),
            ("XN Hash Join DS_DIST_OUTER", "HASHJOIN"),
            ("XN Hash Left Join DS_BCAST_INNER", "HASHJOIN"),
            ("XN Hash IN Join DS_DIST_NONE", "HASHJOIN"),
            ("XN Hash", "HASH"),
            ("XN HashAggregate", "AGG"),
            ("XN Merge Join DS_DIST_NONE", "MERGEJOIN"),
            ("XN Merge", "MERGE"),
            ("XN Result", "RESULT"),
            ("XN Subquery Scan derived_table1", "SUBQUERYSCAN"),
        ];
        for (title, wanted) in tags {
            assert_eq!(tag(title), wanted, "{title}");
        }
    }
}
