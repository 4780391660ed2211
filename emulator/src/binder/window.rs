//! The plan of window functions.

use datafusion::logical_expr::{Expr, LogicalPlan, utils::group_window_expr_by_sort_keys};
use redshift_sql_dialect::Result;

use super::{
    Binder,
    block::{Block, Taken},
    node::{self, column},
    planned,
};

impl Binder {
    /// Computes the window functions of a block, those of one partitioning and order in one node.
    pub(super) fn windows(&mut self, plan: LogicalPlan, block: &Block<'_>) -> Result<LogicalPlan> {
        let (mut plan, windows) = self.with_key_columns(plan, &block.windows)?;
        let mut open: Vec<&Taken> = windows.iter().collect();
        while !open.is_empty() {
            // Two functions that differ in a constant's type alone have one text, which names their column.
            let mut shown: Vec<String> = Vec::new();
            let (now, later): (Vec<&Taken>, Vec<&Taken>) = open.into_iter().partition(|taken| {
                let name = taken.expr.schema_name().to_string();
                let free = !shown.contains(&name);
                shown.push(name);
                free
            });
            let mut outputs: Vec<Expr> = node::field_names(&plan).into_iter().map(column).collect();
            outputs.extend(now.iter().map(|taken| column(taken.expr.schema_name().to_string()).alias(&taken.name)));
            let functions = now.iter().map(|taken| taken.expr.clone());
            for (_, group) in planned(group_window_expr_by_sort_keys(functions))? {
                plan = node::window(plan, group)?;
            }
            plan = node::project(plan, outputs)?;
            open = later;
        }
        Ok(plan)
    }

    /// Makes columns of what windows are partitioned and ordered by: DataFusion can lose the order of a computed key when
    /// it moves a sort below the window, and fails then ("Expects PARTITION BY expression to be ordered").
    fn with_key_columns(&mut self, plan: LogicalPlan, windows: &[Taken]) -> Result<(LogicalPlan, Vec<Taken>)> {
        let mut windows = windows.to_vec();
        let (mut computed, mut known): (Vec<Expr>, Vec<(Expr, String)>) = (Vec::new(), Vec::new());
        for taken in &mut windows {
            let Expr::WindowFunction(function) = &mut taken.expr else { continue };
            let ordered = function.params.order_by.iter_mut().map(|key| &mut key.expr);
            for key in function.params.partition_by.iter_mut().chain(ordered) {
                if matches!(key, Expr::Column(_) | Expr::Literal(..)) {
                    continue;
                }
                let name = match known.iter().find(|(expr, _)| expr == key) {
                    Some((_, name)) => name.clone(),
                    None => {
                        let (expr, name) = self.renamed(key.clone());
                        computed.push(expr);
                        known.push((key.clone(), name.clone()));
                        name
                    }
                };
                *key = column(name);
            }
        }
        Ok((node::extend(plan, computed)?, windows))
    }
}
