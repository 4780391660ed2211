//! The check that there was one row, as the query runs.

use std::sync::{Arc, LazyLock};

use arrow::{
    array::AsArray,
    datatypes::{DataType, Int64Type},
};
use datafusion::{
    error::Result as PlanResult,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, SqlState};

/// The value, unless there are several rows.
///
/// # Errors
/// When it runs: 21000 `single-row subquery returns more than one row`, or what the complaint says.
pub(super) fn single_row(value: Expr, rows: Expr, complaint: Complaint) -> Expr {
    static SUBQUERY: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| SingleRow::function(Complaint::SeveralRows));
    static UPDATE: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| SingleRow::function(Complaint::SeveralMatches));
    match complaint {
        Complaint::SeveralRows => SUBQUERY.call(vec![value, rows]),
        Complaint::SeveralMatches => UPDATE.call(vec![value, rows]),
    }
}

/// What several rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Complaint {
    /// Rows of a scalar sub-query.
    SeveralRows,
    /// Source rows of one target row of UPDATE.
    SeveralMatches,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SingleRow {
    complaint: Complaint,
    signature: Signature,
}

impl SingleRow {
    fn function(complaint: Complaint) -> Arc<ScalarUDF> {
        let signature = Signature::new(TypeSignature::Any(2), Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(SingleRow { complaint, signature }))
    }

    fn error(&self) -> Error {
        match self.complaint {
            Complaint::SeveralRows => {
                Error::new(SqlState::CARDINALITY_VIOLATION, "single-row subquery returns more than one row")
            }
            Complaint::SeveralMatches => {
                Error::new(SqlState::INTERNAL_ERROR, "Found multiple matches to update the same tuple.")
            }
        }
    }
}

impl ScalarUDFImpl for SingleRow {
    fn name(&self) -> &str {
        "single_row"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> PlanResult<DataType> {
        Ok(arg_types.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        let several = match &args.args[1] {
            ColumnarValue::Array(rows) => rows.as_primitive::<Int64Type>().iter().flatten().any(|rows| rows > 1),
            ColumnarValue::Scalar(ScalarValue::Int64(Some(rows))) => *rows > 1,
            ColumnarValue::Scalar(_) => false,
        };
        if several {
            return Err(crate::error::to_datafusion(self.error()));
        }
        Ok(args.args[0].clone())
    }
}
