//! Arrays of the catalog: `conkey[1]`, `attnum = ANY(conkey)`, `array_to_string(relacl, ',')`, `array[1::smallint]`.
//!
//! Redshift's tables have no array columns, but pg_catalog has those of PostgreSQL 8.0, and clients that read keys and
//! privileges take them apart. Source: PostgreSQL 8.0 documentation, "Arrays" and "Array Functions and Operators".
//! The subscripts of INT2VECTOR and OIDVECTOR begin at 0, those of arrays at 1.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, ListArray, ListBuilder, StringViewArray, StringViewBuilder},
    compute::{CastOptions, cast as arrow_cast, cast_with_options, concat},
    datatypes::{DataType, Field, Int64Type},
};
use datafusion::logical_expr::LogicalPlanBuilder;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::FunctionRows;
use super::kernel::{Args, Kernel, Run};
use crate::{
    binder::{BindContext, CastKind, Typed, cast, common_type},
    error::from_datafusion,
    types::arrow_type,
};

/// Is this the name of a function of arrays?
pub(super) fn knows(name: &str) -> bool {
    matches!(
        name,
        "array_subscript"
            | "array_any_equal"
            | "array_brackets"
            | "array_to_string"
            | "array_upper"
            | "array_lower"
            | "array_length"
            | "string_to_array"
    )
}

/// Calls it.
///
/// # Errors
/// 42883 where there is none for these arguments, 42804 for the subscript of what is no array.
pub(super) fn call(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    if name == "array_brackets" {
        return constructor(args, ctx);
    }
    let element = args.first().and_then(|array| element_of(array.ty));
    match (name, &args[..], element) {
        ("array_subscript", [array, index], Some(element)) => subscript(array, index, element, ctx),
        ("array_subscript", [other, _], None) => {
            let message = format!("cannot subscript type {} because it is not an array", other.ty.base_name());
            Err(Error::new(SqlState::DATATYPE_MISMATCH, message))
        }
        ("array_any_equal", [array, value], Some(element)) => any_equal(array, value, element, ctx),
        ("array_any_equal", ..) => {
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, "op ANY/ALL (array) requires array on right side"))
        }
        ("array_to_string", [array, delimiter], Some(_)) => to_string(array, delimiter, ctx),
        ("string_to_array", [_, _], _) => from_delimited(args, ctx),
        ("array_upper" | "array_lower" | "array_length", [array, dimension], Some(_)) => {
            bound(name, array, dimension, ctx)
        }
        _ => Err(super::no_such_function(name, &args)),
    }
}

/// Calls `unnest(array)`: a row for each element.
///
/// # Errors
/// 42883 for other arguments.
pub(super) fn unnest(args: Vec<Typed>) -> Result<FunctionRows> {
    let [array] = &args[..] else { return Err(super::no_such_function("unnest", &args)) };
    let Some(element) = element_of(array.ty) else { return Err(super::no_such_function("unnest", &args)) };
    let one_row = LogicalPlanBuilder::empty(true);
    let plan = one_row.project([array.expr.clone().alias("unnest")]).and_then(|plan| plan.unnest_column("unnest"));
    let plan = plan.and_then(LogicalPlanBuilder::build).map_err(from_datafusion)?;
    Ok(FunctionRows { plan, columns: vec![("unnest".to_string(), element)], single: true })
}

/// The type of an array's elements; none where the type is no array.
pub(super) fn element_of(ty: RedshiftType) -> Option<RedshiftType> {
    use RedshiftType::*;
    Some(match ty {
        Int2Vector | Int2Array => Int2,
        Int4Array => Int4,
        OidVector | OidArray => Oid,
        TextArray => Text,
        InternalCharArray => InternalChar,
        AclItemArray => AclItem,
        _ => return None,
    })
}

/// The array of elements of this type.
fn array_of(element: RedshiftType) -> Option<RedshiftType> {
    use RedshiftType::*;
    Some(match element {
        Int2 => Int2Array,
        Int4 => Int4Array,
        Oid => OidArray,
        Text | Name | Varchar(_) | Char(_) | Unknown => TextArray,
        InternalChar => InternalCharArray,
        _ => return None,
    })
}

/// The subscript of the first element.
fn first_subscript(ty: RedshiftType) -> i64 {
    i64::from(!matches!(ty, RedshiftType::Int2Vector | RedshiftType::OidVector))
}

/// An argument as lists.
pub(super) fn lists(args: &Args, index: usize) -> Result<ListArray> {
    let array = args.array(index)?;
    array.as_list_opt().cloned().ok_or_else(|| Error::internal(format!("{} is no array", array.data_type())))
}

/// `array[index]`: NULL where there is no such element.
fn subscript(array: &Typed, index: &Typed, element: RedshiftType, ctx: &BindContext) -> Result<Typed> {
    let index = cast(index.clone(), RedshiftType::Int8, CastKind::Implicit, ctx)?;
    let run: Run<i64> = |first, args| {
        let lists = lists(args, 0)?;
        let indexes = args.reader::<i64>(1)?;
        let place = |row: usize| {
            let offset = usize::try_from(indexes.get(row)? - first).ok()?;
            (lists.is_valid(row) && offset < lists.value_length(row) as usize)
                .then(|| lists.value_offsets()[row] as u64 + offset as u64)
        };
        let places: arrow::array::UInt64Array = (0..args.rows).map(place).collect();
        arrow::compute::take(lists.values(), &places, None).map_err(|error| Error::internal(error.to_string()))
    };
    let first = first_subscript(array.ty);
    Kernel::new("array_subscript", first, element, run).call_or_fold(vec![array.expr.clone(), index.expr])
}

/// `value = ANY (array)`: unknown where it is not found and something is NULL.
fn any_equal(array: &Typed, value: &Typed, element: RedshiftType, ctx: &BindContext) -> Result<Typed> {
    let numbers = !matches!(element, RedshiftType::Text | RedshiftType::InternalChar | RedshiftType::AclItem);
    let ty = if numbers { RedshiftType::Int8 } else { RedshiftType::Text };
    let value = cast(value.clone(), ty, CastKind::Implicit, ctx)?;
    let run: Run<bool> = |numbers, args| {
        let lists = lists(args, 0)?;
        if *numbers {
            let wanted = args.reader::<i64>(1)?;
            let elements = elements(&lists, &DataType::Int64)?;
            let elements = elements.as_primitive::<Int64Type>();
            args.rows(|row| Ok(found(&lists, row, wanted.get(row), |at, wanted| elements.value(at) == *wanted)))
        } else {
            let wanted = args.reader::<&str>(1)?;
            let elements = elements(&lists, &DataType::Utf8View)?;
            let elements = elements.as_string_view();
            args.rows(|row| Ok(found(&lists, row, wanted.get(row), |at, wanted| elements.value(at) == *wanted)))
        }
    };
    let kernel = Kernel::new("array_any_equal", numbers, RedshiftType::Bool, run);
    kernel.call_or_fold(vec![array.expr.clone(), value.expr])
}

fn elements(lists: &ListArray, ty: &DataType) -> Result<ArrayRef> {
    arrow_cast(lists.values(), ty).map_err(|error| Error::internal(error.to_string()))
}

fn found<T>(lists: &ListArray, row: usize, wanted: Option<T>, equal: impl Fn(usize, &T) -> bool) -> Option<bool> {
    let wanted = wanted?;
    if lists.is_null(row) {
        return None;
    }
    let offsets = lists.value_offsets();
    let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
    if (start..end).any(|at| lists.values().is_valid(at) && equal(at, &wanted)) {
        return Some(true);
    }
    (start..end).all(|at| lists.values().is_valid(at)).then_some(false)
}

/// `left || right` of two arrays of one type: the elements of both; NULL where either is.
pub(crate) fn concatenated(left: &Typed, right: &Typed) -> Option<Result<Typed>> {
    let element = element_of(left.ty).filter(|_| left.ty == right.ty)?;
    let run: Run<RedshiftType> = |element, args| {
        let failed = |error: arrow::error::ArrowError| Error::internal(error.to_string());
        let (left, right) = (lists(args, 0)?, lists(args, 1)?);
        let both = concat(&[left.values().as_ref(), right.values().as_ref()]).map_err(failed)?;
        let behind = left.values().len() as u64;
        let (mut places, mut lengths) = (Vec::new(), Vec::new());
        for row in 0..args.rows {
            let range = |lists: &ListArray| lists.value_offsets()[row] as u64..lists.value_offsets()[row + 1] as u64;
            let before = places.len();
            if left.is_valid(row) && right.is_valid(row) {
                places.extend(range(&left));
                places.extend(range(&right).map(|place| place + behind));
            }
            lengths.push(places.len() - before);
        }
        let values = arrow::compute::take(&both, &arrow::array::UInt64Array::from(places), None).map_err(failed)?;
        let nulls = arrow::buffer::NullBuffer::union(left.nulls(), right.nulls());
        let field = Arc::new(Field::new_list_field(arrow_type(*element), true));
        let offsets = arrow::buffer::OffsetBuffer::from_lengths(lengths);
        Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls).map_err(failed)?) as ArrayRef)
    };
    let kernel = Kernel::new("array_concat", element, left.ty, run);
    Some(kernel.call_or_fold(vec![left.expr.clone(), right.expr.clone()]))
}

/// The elements that are not NULL, as text, with the delimiter between them.
fn to_string(array: &Typed, delimiter: &Typed, ctx: &BindContext) -> Result<Typed> {
    let delimiter = cast(delimiter.clone(), RedshiftType::Text, CastKind::Implicit, ctx)?;
    let run: Run<()> = |(), args| {
        let lists = lists(args, 0)?;
        let texts = elements(&lists, &DataType::Utf8View)?;
        let texts: &StringViewArray = texts.as_string_view();
        let delimiters = args.reader::<&str>(1)?;
        args.rows(|row| {
            let Some(delimiter) = delimiters.get(row).filter(|_| lists.is_valid(row)) else { return Ok(None) };
            let offsets = lists.value_offsets();
            let range = offsets[row] as usize..offsets[row + 1] as usize;
            let shown: Vec<&str> = range.filter(|at| texts.is_valid(*at)).map(|at| texts.value(at)).collect();
            Ok(Some(shown.join(delimiter)))
        })
    };
    Kernel::new("array_to_string", (), RedshiftType::Text, run).call_or_fold(vec![array.expr.clone(), delimiter.expr])
}

/// `string_to_array(text, delimiter)`: what stands between the delimiters; of an empty text no elements, and the text itself
/// where the delimiter is empty (PostgreSQL 8.0, "Array Functions and Operators"). Amazon's JDBC driver takes pg_proc.probin
/// apart with it.
fn from_delimited(args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let texts = args.into_iter().map(|arg| cast(arg, RedshiftType::Text, CastKind::Implicit, ctx).map(|arg| arg.expr));
    let run: Run<()> = |(), args| {
        let (texts, delimiters) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        for row in 0..args.rows {
            match (texts.get(row), delimiters.get(row)) {
                (None, _) | (_, None) => lists.append_null(),
                (Some(""), _) => lists.append(true),
                (Some(text), Some("")) => lists.append_value([Some(text)]),
                (Some(text), Some(delimiter)) => lists.append_value(text.split(delimiter).map(Some)),
            }
        }
        Ok(Arc::new(lists.finish()))
    };
    Kernel::new("string_to_array", (), RedshiftType::TextArray, run).call_or_fold(texts.collect::<Result<_>>()?)
}

/// `array_upper` and `array_lower`: the last and the first subscript; `array_length`: how many there are, which clients of
/// newer servers ask for (psql 18, of ACLs). NULL of an empty array. There is one dimension.
fn bound(name: &str, array: &Typed, dimension: &Typed, ctx: &BindContext) -> Result<Typed> {
    let dimension = cast(dimension.clone(), RedshiftType::Int8, CastKind::Implicit, ctx)?;
    let run: Run<(i64, Bound)> = |(first, bound), args| {
        let lists = lists(args, 0)?;
        let dimensions = args.reader::<i64>(1)?;
        args.rows(|row| {
            let length = i64::from(if lists.is_valid(row) { lists.value_length(row) } else { 0 });
            let there = length > 0 && dimensions.get(row) == Some(1);
            let value = match bound {
                Bound::Upper => first + length - 1,
                Bound::Lower => *first,
                Bound::Length => length,
            };
            Ok(there.then_some(value as i32))
        })
    };
    let asked = match name {
        "array_upper" => Bound::Upper,
        "array_lower" => Bound::Lower,
        _ => Bound::Length,
    };
    let parameters = (first_subscript(array.ty), asked);
    Kernel::new(name, parameters, RedshiftType::Int4, run).call_or_fold(vec![array.expr.clone(), dimension.expr])
}

/// The arrays that literals write: `{a,"b c"}`, of one dimension; PostgreSQL 8.0 has no NULL in arrays.
///
/// # Errors
/// 22P02 where a text is no array, or an item none of the array's type.
pub(super) fn from_text(ty: RedshiftType, args: &Args) -> Result<ArrayRef> {
    let texts = args.reader::<&str>(0)?;
    let mut lists = ListBuilder::new(StringViewBuilder::new());
    for row in 0..args.rows {
        match texts.get(row) {
            Some(text) => lists.append_value(items_of(text)?.into_iter().map(Some)),
            None => lists.append_null(),
        }
    }
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&lists.finish(), &arrow_type(ty), &strict).map_err(|_| {
        let message = format!("invalid input syntax for type {}", ty.base_name());
        Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
    })
}

/// An array whose elements are cast to those of another type of array.
///
/// # Errors
/// 22003 where a number does not fit.
pub(super) fn with_elements_of(ty: RedshiftType, args: &Args) -> Result<ArrayRef> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&lists(args, 0)?, &arrow_type(ty), &strict).map_err(|_| {
        let message = format!("{} out of range", element_of(ty).unwrap_or(ty).base_name());
        Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
    })
}

fn items_of(text: &str) -> Result<Vec<String>> {
    let malformed =
        || Error::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("malformed array literal: \"{text}\""));
    let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(malformed)?;
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut items = vec![String::new()];
    let mut quoted = false;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let item = items.last_mut().ok_or_else(malformed)?;
        match c {
            '\\' => item.push(chars.next().ok_or_else(malformed)?),
            '"' => quoted = !quoted,
            ',' if !quoted => items.push(String::new()),
            '{' | '}' if !quoted => return Err(malformed()),
            other => item.push(other),
        }
    }
    if quoted { Err(malformed()) } else { Ok(items) }
}

/// What is asked of an array's dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bound {
    Upper,
    Lower,
    Length,
}

/// `array[a, b]`
fn constructor(items: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let inputs: Vec<&Typed> = items.iter().collect();
    let element = common_type(&inputs, "ARRAY")?;
    let unsupported = || Error::unsupported(format!("ARRAY[] of type {} is not supported", element.base_name()));
    let array = array_of(element).ok_or_else(unsupported)?;
    let element = element_of(array).ok_or_else(unsupported)?;
    let items = items.into_iter().map(|item| cast(item, element, CastKind::Implicit, ctx).map(|item| item.expr));
    let items = items.collect::<Result<Vec<_>>>()?;
    if items.is_empty() {
        return Err(Error::new(SqlState::INDETERMINATE_DATATYPE, "cannot determine type of empty array"));
    }
    let run: Run<RedshiftType> = |element, args| {
        let columns = (0..args.len()).map(|index| args.array(index)).collect::<Result<Vec<_>>>()?;
        let columns: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
        let failed = |error: arrow::error::ArrowError| Error::internal(error.to_string());
        // Columns stand one behind the other; the elements of a row are as far apart as there are rows.
        let stacked = concat(&columns).map_err(failed)?;
        let places =
            (0..args.rows).flat_map(|row| (0..args.len()).map(move |column| (column * args.rows + row) as u64));
        let places: arrow::array::UInt64Array = places.collect::<Vec<_>>().into();
        let values = arrow::compute::take(&stacked, &places, None).map_err(failed)?;
        let offsets = arrow::buffer::OffsetBuffer::from_lengths(std::iter::repeat_n(args.len(), args.rows));
        let field = Arc::new(Field::new_list_field(arrow_type(*element), true));
        let lists = ListArray::try_new(field, offsets, values, None).map_err(failed)?;
        Ok(Arc::new(lists) as ArrayRef)
    };
    Kernel::new("array", element, array, run).not_strict().call_or_fold(items)
}
