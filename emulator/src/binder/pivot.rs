//! PIVOT and UNPIVOT.

use datafusion::logical_expr::LogicalPlan;
use redshift_sql_dialect::{
    Error, Result,
    ast::{Pivot, Unpivot},
};

use super::{Binder, from::position, scope::Scope};

impl Binder {
    pub(super) fn pivot(&mut self, pivot: &Pivot) -> Result<(LogicalPlan, Scope)> {
        Err(Error::unsupported("PIVOT is not supported").at(position(&pivot.input)))
    }

    pub(super) fn unpivot(&mut self, unpivot: &Unpivot) -> Result<(LogicalPlan, Scope)> {
        Err(Error::unsupported("UNPIVOT is not supported").at(position(&unpivot.input)))
    }
}
