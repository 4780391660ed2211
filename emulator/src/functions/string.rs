//! Functions of strings.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{Error, RedshiftType, Result, types::MAX_VARCHAR};

use super::kernel::{Args, Kernel};

/// A string without the blanks at its end: what strings are compared as.
pub fn without_trailing_blanks(value: Expr) -> Expr {
    Kernel::new("without_trailing_blanks", (), RedshiftType::Varchar(MAX_VARCHAR), trim_trailing_blanks)
        .call(vec![value])
        .expr
}

/// Gives back the same array where no value ends with a blank, which is nearly always.
fn trim_trailing_blanks((): &(), args: &Args) -> Result<ArrayRef> {
    let array = &args.columns[0].array;
    let strings = array.as_string_view_opt().ok_or_else(|| Error::internal("a string is not one"))?;
    if !strings.bytes_iter().any(|bytes| bytes.last() == Some(&b' ')) {
        return Ok(Arc::clone(array));
    }
    let mut builder = StringViewBuilder::with_capacity(strings.len());
    for value in strings {
        builder.append_option(value.map(|text| text.trim_end_matches(' ')));
    }
    Ok(Arc::new(builder.finish()))
}
