//! Functions of arrays.
//!
//! Source: developer guide, "Array functions". Functions over two arrays and searches take NULL for an element like any
//! other unless they are told not to; an argument that is no array gives NULL.

use std::collections::{HashMap, HashSet};

use arrow::array::ArrayRef;
use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    SUPER, invalid_input, is_on,
    key::{Case, key, order},
    parse::MAX_SUPER,
    scalar::has_super,
    value::{Json, Kind, array, write_string},
};
use crate::{
    binder::{CastKind, Typed, cast},
    functions::{
        collation,
        kernel::{Args, Reader, optional_int},
        registry::{BOOL, Call, Function, INT4, Param, function, takes},
    },
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("array", &[takes(&[], constructor).and_more(Param::Any)]),
    function("array_concat", &[takes(&[SUPER, SUPER], concat)]),
    function("array_contains", &[takes(&[SUPER, SUPER, BOOL], contains).optional(1)]),
    function("array_distinct", &[takes(&[SUPER], distinct)]),
    function("array_except", &[takes(&[SUPER, SUPER, BOOL], except).optional(1)]),
    function("array_flatten", &[takes(&[SUPER], flatten).and_more(SUPER)]),
    function("array_intersection", &[takes(&[SUPER, SUPER, BOOL], intersection).optional(1)]),
    function("array_position", &[takes(&[SUPER, SUPER, BOOL], position).optional(1)]),
    function("array_positions", &[takes(&[SUPER, SUPER, BOOL], positions).optional(1)]),
    function("array_sort", &[takes(&[SUPER, BOOL, BOOL], sort).optional(2)]),
    function("array_union", &[takes(&[SUPER, SUPER], union)]),
    function("arrays_overlap", &[takes(&[SUPER, SUPER], overlap)]),
    function("get_array_length", &[takes(&[SUPER], length)]),
    function("split_to_array", &[takes(&[Param::Text, Param::Text], split).optional(1)]),
    function("subarray", &[takes(&[SUPER, INT4, INT4], subarray).optional(1)]),
];

/// The items of what is an array.
fn items(text: &str) -> Option<Vec<Json<'_>>> {
    let value = Json::of(text);
    (value.kind() == Kind::Array).then(|| value.items().collect())
}

fn made<'a>(items: impl IntoIterator<Item = Json<'a>>) -> String {
    array(items.into_iter().map(Json::text))
}

/// The arguments of ARRAY and OBJECT as SUPER values.
///
/// # Errors
/// 42846 `OBJECT could not convert type date to super`.
pub(super) fn as_super(arg: Typed, call: &Call<'_>) -> Result<Typed> {
    if !has_super(arg.ty) {
        let message = format!("{} could not convert type {} to super", call.name.to_uppercase(), arg.ty.base_name());
        return Err(redshift_sql_dialect::Error::new(redshift_sql_dialect::SqlState::CANNOT_COERCE, message));
    }
    cast(arg, RedshiftType::Super, CastKind::Implicit, call.ctx)
}

/// The value, or an error where it is larger than a SUPER.
pub(super) fn sized(text: String) -> Result<Option<String>> {
    if text.len() > MAX_SUPER {
        return Err(invalid_input("SUPER value exceeds the max size of 16777216 bytes"));
    }
    Ok(Some(text))
}

fn constructor(mut call: Call<'_>) -> Result<Typed> {
    let args = std::mem::take(&mut call.args);
    call.args = args.into_iter().map(|arg| as_super(arg, &call)).collect::<Result<_>>()?;
    call.lenient_kernel(RedshiftType::Super, |(), args| {
        let values = (0..args.len()).map(|index| args.reader::<&str>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| sized(array(values.iter().map(|value| value.get(row).unwrap_or("null")))))
    })
}

fn concat(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Super, |(), args| {
        args.map2(|a: &str, b: &str| match (items(a), items(b)) {
            (Some(a), Some(b)) => sized(made(a.into_iter().chain(b))),
            _ => Ok(None),
        })
    })
}

/// All values within arrays within arrays.
fn flatten(call: Call<'_>) -> Result<Typed> {
    fn leaves<'a>(value: Json<'a>, out: &mut Vec<Json<'a>>) {
        if value.kind() == Kind::Array {
            value.items().for_each(|item| leaves(item, out));
        } else {
            out.push(value);
        }
    }
    call.kernel(RedshiftType::Super, |(), args| {
        let values = (0..args.len()).map(|index| args.reader::<&str>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| {
            let mut found = Vec::new();
            for value in &values {
                match value.get(row).map(Json::of) {
                    Some(value) if value.kind() == Kind::Array => leaves(value, &mut found),
                    _ => return Ok(None),
                }
            }
            Ok(Some(made(found)))
        })
    })
}

fn length(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map1(|text: &str| {
            let value = Json::of(text);
            Ok((value.kind() == Kind::Array).then(|| value.items().count() as i32))
        })
    })
}

/// The parts of a string between delimiters, commas where there is no other.
fn split(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Super, |(), args| {
        let texts = args.reader::<&str>(0)?;
        let delimiters = if args.len() > 1 { Some(args.reader::<&str>(1)?) } else { None };
        args.rows(|row| {
            let delimiter = match &delimiters {
                Some(delimiters) => delimiters.get(row),
                None => Some(","),
            };
            let (Some(text), Some(delimiter)) = (texts.get(row), delimiter) else { return Ok(None) };
            let parts: Vec<&str> = if delimiter.is_empty() { vec![text] } else { text.split(delimiter).collect() };
            let mut out = String::from("[");
            for (index, part) in parts.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(&mut out, part);
            }
            out.push(']');
            sized(out)
        })
    })
}

/// So many items from a place that counts from 0, or from the end where it is negative.
fn subarray(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Super, |(), args| {
        let (texts, starts) = (args.reader::<&str>(0)?, args.reader::<i32>(1)?);
        // Without a length, all that follows.
        let counts = optional_int(args, 2, i32::MAX)?;
        args.rows(|row| {
            let (Some(text), Some(start), Some(count)) = (texts.get(row), starts.get(row), counts(row)) else {
                return Ok(None);
            };
            let Some(items) = items(text) else { return Ok(None) };
            let Ok(count) = usize::try_from(count) else {
                return Err(invalid_input("SUBARRAY length cannot be negative"));
            };
            let start = if start < 0 { items.len() as i64 + i64::from(start) } else { i64::from(start) };
            Ok(Some(made(items.into_iter().skip(start.max(0) as usize).take(count))))
        })
    })
}

/// What a search for an element found.
enum Found<T> {
    /// This.
    Answer(T),
    /// It would be in the way of NULLs.
    Unknown,
}

/// Searches an array for a value in each row.
struct Search<'a> {
    arrays: Reader<'a, &'a str>,
    values: Reader<'a, &'a str>,
    null_match: Option<Reader<'a, bool>>,
    searching: Searching,
}

/// How an array is searched: does NULL match NULL where the call does not say it?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Searching {
    null_match: bool,
    case: Case,
}

impl<'a> Search<'a> {
    fn of(args: &'a Args, searching: Searching) -> Result<Self> {
        let null_match = if args.len() > 2 { Some(args.reader(2)?) } else { None };
        Ok(Search { arrays: args.reader(0)?, values: args.reader(1)?, null_match, searching })
    }

    /// The places of the value; none where there is no array.
    fn places(&self, row: usize) -> Option<Found<Vec<i64>>> {
        let items = items(self.arrays.get(row)?)?;
        let Searching { null_match, case } = self.searching;
        let null_match = self.null_match.as_ref().and_then(|reader| reader.get(row)).unwrap_or(null_match);
        let value = self.values.get(row);
        if value.is_none() && !null_match {
            return Some(Found::Unknown);
        }
        let wanted = value.map(|text| key(Json::of(text), case));
        let is_it = |item: &Json<'_>| match &wanted {
            None => item.kind() == Kind::Null,
            Some(wanted) => item.kind() != Kind::Null && key(*item, case) == *wanted,
        };
        let places = items.iter().enumerate().filter(|(_, item)| is_it(item)).map(|(place, _)| place as i64);
        let places: Vec<i64> = places.collect();
        let nulls = items.iter().any(|item| item.kind() == Kind::Null);
        Some(if places.is_empty() && nulls && !null_match { Found::Unknown } else { Found::Answer(places) })
    }

    fn answer<R>(&self, row: usize, make: impl Fn(Vec<i64>) -> R) -> Result<Option<R>> {
        Ok(match self.places(row) {
            Some(Found::Answer(places)) => Some(make(places)),
            Some(Found::Unknown) | None => None,
        })
    }
}

impl Searching {
    fn of(call: &Call<'_>) -> Self {
        let null_match = is_on(call.ctx, "default_array_search_null_handling", true);
        Searching { null_match, case: case_of(call) }
    }
}

/// Does the case of strings count? Not where an argument has such a collation.
fn case_of(call: &Call<'_>) -> Case {
    match call.args.iter().any(collation::is_insensitive) {
        true => Case::Insensitive,
        false => Case::Sensitive,
    }
}

fn contains(call: Call<'_>) -> Result<Typed> {
    let searching = Searching::of(&call);
    call.lenient_kernel_with(searching, RedshiftType::Bool, |searching, args| {
        let search = Search::of(args, *searching)?;
        args.rows(|row| search.answer(row, |places| !places.is_empty()))
    })
}

fn position(call: Call<'_>) -> Result<Typed> {
    let searching = Searching::of(&call);
    call.lenient_kernel_with(searching, RedshiftType::Int4, |searching, args| {
        let search = Search::of(args, *searching)?;
        args.rows(|row| search.answer(row, |places| places.first().map_or(-1, |place| *place as i32)))
    })
}

fn positions(call: Call<'_>) -> Result<Typed> {
    let searching = Searching::of(&call);
    call.lenient_kernel_with(searching, RedshiftType::Super, |searching, args| {
        let search = Search::of(args, *searching)?;
        args.rows(|row| {
            search.answer(row, |places| {
                let places: Vec<String> = places.iter().map(i64::to_string).collect();
                array(places.iter().map(String::as_str))
            })
        })
    })
}

fn distinct(call: Call<'_>) -> Result<Typed> {
    let case = case_of(&call);
    call.kernel_with(case, RedshiftType::Super, |case, args| {
        args.map1(|text: &str| Ok(items(text).map(|items| made(unique(items, *case)))))
    })
}

fn unique(items: Vec<Json<'_>>, case: Case) -> Vec<Json<'_>> {
    let mut seen = HashSet::with_capacity(items.len());
    items.into_iter().filter(|item| seen.insert(key(*item, case))).collect()
}

fn union(call: Call<'_>) -> Result<Typed> {
    let case = case_of(&call);
    call.kernel_with(case, RedshiftType::Super, |case, args| {
        args.map2(|a: &str, b: &str| match (items(a), items(b)) {
            (Some(a), Some(b)) => sized(made(unique(a.into_iter().chain(b).collect(), *case))),
            _ => Ok(None),
        })
    })
}

fn overlap(call: Call<'_>) -> Result<Typed> {
    let case = case_of(&call);
    call.kernel_with(case, RedshiftType::Bool, |case, args| {
        args.map2(|a: &str, b: &str| {
            let (Some(a), Some(b)) = (items(a), items(b)) else { return Ok(None) };
            let keys: HashSet<Vec<u8>> = a.into_iter().map(|item| key(item, *case)).collect();
            Ok(Some(b.into_iter().any(|item| keys.contains(&key(item, *case)))))
        })
    })
}

/// Which elements of the first array a set operation keeps.
#[derive(Clone, Copy)]
enum Keeps {
    /// Those that the second has not.
    Others,
    /// Those that it has.
    Common,
}

fn except(call: Call<'_>) -> Result<Typed> {
    let case = case_of(&call);
    call.kernel_with(case, RedshiftType::Super, |case, args| set_operation(args, Keeps::Others, *case))
}

fn intersection(call: Call<'_>) -> Result<Typed> {
    let case = case_of(&call);
    call.kernel_with(case, RedshiftType::Super, |case, args| set_operation(args, Keeps::Common, *case))
}

/// Each element of the second array takes one of the first, or all equal ones where sets are asked for.
fn set_operation(args: &Args, keeps: Keeps, case: Case) -> Result<ArrayRef> {
    let (lefts, rights) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
    let as_sets = if args.len() > 2 { Some(args.reader::<bool>(2)?) } else { None };
    args.rows(|row| {
        let (Some(left), Some(right)) = (lefts.get(row).and_then(items), rights.get(row).and_then(items)) else {
            return Ok(None);
        };
        let sets = as_sets.as_ref().and_then(|reader| reader.get(row)).unwrap_or(false);
        let mut counts: HashMap<Vec<u8>, usize> = HashMap::new();
        for item in right {
            *counts.entry(key(item, case)).or_default() += 1;
        }
        let left = if sets { unique(left, case) } else { left };
        let kept = left.into_iter().filter(|item| {
            let common = match counts.get_mut(&key(*item, case)) {
                Some(count) if *count > 0 => {
                    *count -= usize::from(!sets);
                    true
                }
                _ => false,
            };
            common == matches!(keeps, Keeps::Common)
        });
        Ok(Some(made(kept)))
    })
}

/// Sorted as ORDER BY sorts; NULLs are last, or first where the order is descending.
fn sort(call: Call<'_>) -> Result<Typed> {
    let case = case_of(&call);
    call.kernel_with(case, RedshiftType::Super, |case, args| {
        let arrays = args.reader::<&str>(0)?;
        let flag = |index: usize| if args.len() > index { args.reader::<bool>(index).map(Some) } else { Ok(None) };
        let (ascending, nulls_first) = (flag(1)?, flag(2)?);
        args.rows(|row| {
            let Some(items) = arrays.get(row).and_then(items) else { return Ok(None) };
            let ascending = ascending.as_ref().and_then(|reader| reader.get(row)).unwrap_or(true);
            let nulls_first = nulls_first.as_ref().and_then(|reader| reader.get(row)).unwrap_or(!ascending);
            let (nulls, values): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.kind() == Kind::Null);
            let mut keyed: Vec<(Vec<u8>, Json<'_>)> =
                values.into_iter().map(|item| (order(item, *case), item)).collect();
            keyed.sort_by(|(a, _), (b, _)| if ascending { a.cmp(b) } else { b.cmp(a) });
            let values = keyed.into_iter().map(|(_, item)| item);
            Ok(Some(if nulls_first { made(nulls.into_iter().chain(values)) } else { made(values.chain(nulls)) }))
        })
    })
}
