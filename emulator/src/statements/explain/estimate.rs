//! What a step costs, by the formulas of PostgreSQL 8.0's planner with Redshift's constants.
//!
//! The constants are those that the sample plans of the developer guide follow: a row costs 0.01, an operator 0.0025, a
//! step that sorts 10^12 on top; a byte that is broadcast costs 10,000 and one that is sent to where it belongs a 48th of
//! that. For example the guide's hash join of 8,798 rows of EVENT with 11 rows of CATEGORY, 49 bytes wide:
//!
//! ```text
//! 0.11 + 11 x 0.0025 + 8,798 x (0.01 + 5 x 0.0025 + 0.01) + 11 x 60 bytes x 10,000 = 6,600,286.07
//! ```

use std::fmt;

/// Of a row that passes.
pub(super) const TUPLE: f64 = 0.01;
/// Of an operator or a function that is computed.
pub(super) const OPERATOR: f64 = 0.0025;
/// Of a sort, which Redshift thinks of as a way that is closed.
const SORT: f64 = 1e12;
/// Of a byte that goes to all nodes.
const BROADCAST: f64 = 10_000.0;
/// Of a byte that goes to the one slice that it belongs to.
const DISTRIBUTE: f64 = BROADCAST / 48.0;
/// How many operators a hash join computes for a row and condition: the hash, and the rows in its bucket.
const PROBES: f64 = 5.0;

/// The figures behind a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// What the first row costs.
    pub start: f64,
    /// What all rows cost.
    pub total: f64,
    pub rows: f64,
    /// Bytes of a row.
    pub width: usize,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cost={:.2}..{:.2} rows={:.0} width={}", self.start, self.total, self.rows, self.width)
    }
}

/// A number of rows: at least one, and whole.
pub(super) fn whole(rows: f64) -> f64 {
    if rows.is_finite() { rows.round_ties_even().max(1.0) } else { 1.0 }
}

impl Estimate {
    /// A step without input.
    pub fn result() -> Estimate {
        Estimate { start: 0.0, total: TUPLE, rows: 1.0, width: 0 }
    }

    /// A scan of so many rows.
    pub fn scan(rows: f64, width: usize) -> Estimate {
        Estimate { start: 0.0, total: rows * TUPLE, rows, width }
    }

    /// Those of its rows that a condition of so many operators keeps.
    pub fn filtered(self, operators: usize, selectivity: f64) -> Estimate {
        let total = self.total + self.rows * operators as f64 * OPERATOR;
        Estimate { total, rows: whole(self.rows * selectivity), ..self }
    }

    /// A step that passes rows on, one by one: of a sub-query.
    pub fn passed(self, width: usize) -> Estimate {
        Estimate { total: self.total + self.rows * TUPLE, width, ..self }
    }

    /// Rows without repetitions.
    pub fn unique(self, columns: usize, rows: f64) -> Estimate {
        Estimate { total: self.total + self.rows * columns as f64 * OPERATOR, rows, ..self }
    }

    pub fn sorted(self) -> Estimate {
        let compare = 2.0 * OPERATOR * self.rows * self.rows.max(2.0).log2();
        let start = SORT + self.total + compare;
        Estimate { start, total: start + OPERATOR * self.rows, ..self }
    }

    pub fn limited(self, skip: f64, fetch: Option<f64>) -> Estimate {
        let share = |rows: f64| (self.total - self.start) * (rows / self.rows).min(1.0);
        let left = (self.rows - skip).max(1.0);
        let rows = fetch.map_or(left, |fetch| fetch.min(left)).max(1.0);
        Estimate { start: self.start + share(skip), total: self.start + share(skip + rows), rows, ..self }
    }

    /// What a hash is built of.
    pub fn hashed(self) -> Estimate {
        Estimate { start: self.total, ..self }
    }

    pub fn window(self, operators: usize) -> Estimate {
        Estimate { total: self.total + self.rows * operators as f64 * OPERATOR, ..self }
    }

    pub fn appended(parts: impl IntoIterator<Item = Estimate>) -> Estimate {
        let none = Estimate { start: 0.0, total: 0.0, rows: 0.0, width: 0 };
        let sum = parts.into_iter().fold(none, |sum, part| Estimate {
            start: 0.0,
            total: sum.total + part.total,
            rows: sum.rows + part.rows,
            width: sum.width.max(part.width),
        });
        Estimate { rows: sum.rows.max(1.0), ..sum }
    }

    /// What it costs to bring the rows to all nodes.
    pub fn broadcast(&self) -> f64 {
        self.rows * self.sent_bytes() * BROADCAST
    }

    /// What it costs to bring each row to the slice where it belongs.
    pub fn distribute(&self) -> f64 {
        self.rows * self.sent_bytes() * DISTRIBUTE
    }

    /// A row with its head, in words.
    fn sent_bytes(&self) -> f64 {
        (self.width + 8).next_multiple_of(4) as f64
    }
}

/// An aggregation: how many columns it groups by and how many functions it computes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grouping {
    pub columns: usize,
    pub functions: usize,
    /// How many groups there are.
    pub groups: f64,
}

impl Grouping {
    /// Of all rows together.
    pub fn plain(self, input: Estimate) -> Estimate {
        let start = input.total + OPERATOR * input.rows * self.functions as f64;
        Estimate { start, total: start + OPERATOR * self.functions as f64, rows: 1.0, width: input.width }
    }

    /// By a hash.
    pub fn hashed(self, input: Estimate) -> Estimate {
        // One after the other, as PostgreSQL adds them up: half a cent of the guide's figures hangs on it.
        let columns = OPERATOR * input.rows * self.columns as f64;
        let start = input.total + columns + OPERATOR * input.rows * self.functions as f64;
        let total = start + OPERATOR * self.groups * self.functions as f64;
        Estimate { start, total, rows: self.groups, width: input.width }
    }

    /// Of rows that come in the order of their groups.
    pub fn sorted(self, input: Estimate) -> Estimate {
        Estimate { start: input.start, ..self.hashed(input) }
    }
}

/// The two sides of a join, and what comes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joined {
    pub outer: Estimate,
    pub inner: Estimate,
    /// How many conditions.
    pub conditions: usize,
    pub rows: f64,
    pub width: usize,
    /// What sending rows about costs.
    pub network: f64,
}

impl Joined {
    pub fn hash(self) -> Estimate {
        let Joined { outer, inner, .. } = self;
        let conditions = self.conditions as f64 * OPERATOR;
        let start = outer.start + inner.total + conditions * inner.rows;
        let probes = conditions * outer.rows * PROBES;
        let total = start + (outer.total - outer.start) + probes + self.rows * TUPLE + self.network;
        Estimate { start, total, rows: self.rows, width: self.width }
    }

    pub fn merge(self) -> Estimate {
        let compared = self.conditions as f64 * OPERATOR * (self.outer.rows + self.inner.rows);
        let total = self.outer.total + self.inner.total + compared + self.rows * TUPLE;
        Estimate { start: self.outer.start + self.inner.start, total, rows: self.rows, width: self.width }
    }

    pub fn nested_loop(self) -> Estimate {
        let Joined { outer, inner, .. } = self;
        let pairs = outer.rows * inner.rows;
        let total = outer.total + outer.rows * inner.total + pairs * self.conditions as f64 * OPERATOR;
        let total = total + self.rows * TUPLE + self.network;
        Estimate { start: outer.start + inner.start, total, rows: self.rows, width: self.width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(estimate: Estimate) -> String {
        estimate.to_string()
    }

    /// Developer guide, "Query plan": the sample plans, whose tables are those of TICKIT.
    #[test]
    fn sample_plans_of_the_guide() {
        let event = Estimate::scan(8_798.0, 17);
        assert_eq!(text(event), "cost=0.00..87.98 rows=8798 width=17");
        let by_name = Grouping { columns: 1, functions: 1, groups: 576.0 };
        assert_eq!(text(by_name.hashed(event)), "cost=131.97..133.41 rows=576 width=17");

        let category = Estimate::scan(11.0, 49);
        let event = Estimate::scan(8_798.0, 35);
        let network = category.broadcast();
        let joined = Joined { outer: event, inner: category, conditions: 1, rows: 8_798.0, width: 84, network };
        assert_eq!(text(joined.hash()), "cost=0.14..6600286.07 rows=8798 width=84");

        let (sales, listing) = (Estimate::scan(172_456.0, 24), Estimate::scan(192_497.0, 14));
        let joined = Joined { outer: listing, inner: sales, conditions: 1, rows: 172_456.0, width: 30, network: 0.0 };
        // As the page on data redistribution has it.
        assert_eq!(text(joined.merge()), "cost=0.00..6286.47 rows=172456 width=30");

        let (sales, event) = (Estimate::scan(172_456.0, 14), Estimate::scan(8_798.0, 21));
        let network = event.broadcast();
        let joined = Joined { outer: sales, inner: event, conditions: 1, rows: 172_456.0, width: 27, network }.hash();
        assert_eq!(text(joined), "cost=109.98..2815365714.80 rows=172456 width=27");
        let groups = by_name.hashed(joined);
        assert_eq!(text(groups), "cost=2815366577.07..2815366578.51 rows=576 width=27");
        assert_eq!(text(groups.sorted()), "cost=1002815366604.92..1002815366606.36 rows=576 width=27");
    }

    /// Developer guide, "CTAS usage notes" and "EXPLAIN".
    #[test]
    fn other_samples_of_the_guide() {
        let sales = Estimate::scan(172_456.0, 8);
        assert_eq!(text(sales.limited(0.0, Some(100.0))), "cost=0.00..1.00 rows=100 width=8");
        assert_eq!(text(sales.sorted()), "cost=1000000016724.67..1000000017155.81 rows=172456 width=8");
        let groups = Grouping { columns: 2, functions: 1, groups: 83_509.0 };
        assert_eq!(text(groups.hashed(sales)), "cost=3017.98..3226.75 rows=83509 width=8");
        // A join whose outer rows are sent to where the inner ones are.
        let (event, venue) = (Estimate::scan(8_798.0, 23), Estimate::scan(202.0, 22));
        let network = event.distribute();
        let joined = Joined { outer: event, inner: venue, conditions: 1, rows: 8_712.0, width: 43, network };
        assert_eq!(text(joined.hash()), "cost=2.52..58653620.93 rows=8712 width=43");
    }
}
