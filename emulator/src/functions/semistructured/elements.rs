//! The elements of an array and the attributes of an object as lists, which FROM makes rows of.
//!
//! Source: developer guide, "Querying semistructured data" (unnesting queries, object unpivoting).

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Builder, ListBuilder, StringViewBuilder},
    datatypes::{DataType, Field},
};
use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Mode, invalid_input,
    value::{Json, Kind, unescaped},
};
use crate::functions::kernel::{Args, Kernel};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Listed {
    /// An array's items.
    Items,
    /// Their places, counted from 0.
    Places,
    /// An object's values.
    Values,
    /// Its attributes' names.
    Names,
}

/// What is listed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Listing {
    what: Listed,
    mode: Mode,
}

impl Listed {
    /// The type of the list's elements.
    pub(crate) fn ty(self) -> RedshiftType {
        match self {
            Listed::Items | Listed::Values => RedshiftType::Super,
            Listed::Places => RedshiftType::Int8,
            Listed::Names => RedshiftType::Varchar(redshift_sql_dialect::types::MAX_VARCHAR),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Listed::Items | Listed::Places => Kind::Array,
            Listed::Values | Listed::Names => Kind::Object,
        }
    }
}

/// The list; NULL where there is nothing to be listed.
pub(crate) fn listed(value: Expr, what: Listed, mode: Mode) -> Expr {
    let ty = if what == Listed::Places { RedshiftType::OidArray } else { RedshiftType::TextArray };
    let name = match what {
        Listed::Items => "super_items",
        Listed::Places => "super_places",
        Listed::Values => "super_values",
        Listed::Names => "super_names",
    };
    Kernel::new(name, Listing { what, mode }, ty, list).call(vec![value]).expr
}

fn list(how: &Listing, args: &Args) -> Result<ArrayRef> {
    let values = args.reader::<&str>(0)?;
    let value = |row: usize| -> Result<Option<Json<'_>>> {
        let Some(value) = values.get(row).map(Json::of) else { return Ok(None) };
        if value.kind() == how.what.kind() {
            // A list without elements makes no row, as no list does.
            return Ok((value.text().len() > 2).then_some(value));
        }
        match (how.mode, how.what.kind()) {
            (Mode::Lax, _) => Ok(None),
            (Mode::Strict, Kind::Object) => Err(invalid_input("SUPER value is not an object")),
            (Mode::Strict, _) => Err(invalid_input("SUPER value is not an array")),
        }
    };
    if how.what == Listed::Places {
        let field = Field::new_list_field(DataType::Int64, true);
        let mut builder = ListBuilder::new(Int64Builder::new()).with_field(Arc::new(field));
        for row in 0..args.rows {
            let found = value(row)?;
            let count = found.map_or(0, |value| value.items().count());
            (0..count).for_each(|place| builder.values().append_value(place as i64));
            builder.append(found.is_some());
        }
        return Ok(Arc::new(builder.finish()));
    }
    let field = Field::new_list_field(DataType::Utf8View, true);
    let mut builder = ListBuilder::new(StringViewBuilder::new()).with_field(Arc::new(field));
    for row in 0..args.rows {
        let found = value(row)?;
        for value in found.into_iter().flat_map(Json::items) {
            builder.values().append_option(value.present().map(Json::text));
        }
        for (name, value) in found.into_iter().flat_map(Json::members) {
            match how.what {
                Listed::Names => builder.values().append_value(unescaped(name)),
                _ => builder.values().append_option(value.present().map(Json::text)),
            }
        }
        builder.append(found.is_some());
    }
    Ok(Arc::new(builder.finish()))
}
