//! Scalar functions from arrays to an array, in a few lines each.
//!
//! A [`Kernel`] is a DataFusion function with the types of one call: arguments already have the Arrow types that it
//! expects, because the binder casts them. Its parameters (a format, a type modifier) are part of its identity, so that
//! two calls are one expression only where they compute the same.
//!
//! ```ignore
//! Kernel::new("upper", (), ty, |_, args| args.map1(|text: &str| Ok(Some(text.to_uppercase()))))
//! ```

use std::{
    borrow::Cow,
    fmt::Debug,
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, BooleanBuilder, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array,
        IntervalMonthDayNanoArray, StringViewArray, StringViewBuilder, cast::AsArray, make_array, new_null_array,
    },
    datatypes::{DataType, Decimal128Type, IntervalMonthDayNano},
};
use datafusion::{
    error::Result as DataFusionResult,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
        expr::ScalarFunction,
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use crate::{
    binder::Typed,
    error::{as_compute_error, from_datafusion, to_datafusion},
    types::arrow_type,
};

/// What a kernel computes: its parameters and its arguments to a column of its type.
pub type Run<P> = fn(&P, &Args) -> Result<ArrayRef>;

/// What a parameter of a kernel has to be.
pub trait Parameters: Debug + Clone + Eq + Hash + Send + Sync + 'static {}

impl<P: Debug + Clone + Eq + Hash + Send + Sync + 'static> Parameters for P {}

/// A scalar function with its parameters.
#[derive(Debug, Clone)]
pub struct Kernel<P: Parameters> {
    name: String,
    parameters: P,
    returns: RedshiftType,
    strict: bool,
    signature: Signature,
    run: Run<P>,
}

impl<P: Parameters> Kernel<P> {
    /// A function that always gives the same for the same arguments, and NULL where one of them is NULL.
    pub fn new(name: impl Into<String>, parameters: P, returns: RedshiftType, run: Run<P>) -> Self {
        let signature = Signature::new(TypeSignature::UserDefined, Volatility::Immutable);
        Kernel { name: name.into(), parameters, returns, strict: true, signature, run }
    }

    /// The same function, which may make something of a NULL.
    pub fn not_strict(mut self) -> Self {
        self.strict = false;
        self
    }

    /// The same function, which does something: it is called for each row, when the statement runs.
    pub fn volatile(mut self) -> Self {
        self.signature = Signature::new(TypeSignature::UserDefined, Volatility::Volatile);
        self
    }

    /// Its call.
    pub fn call(self, args: Vec<Expr>) -> Typed {
        let ty = self.returns;
        let function = ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(self)), args);
        Typed::new(Expr::ScalarFunction(function), ty)
    }

    /// Its call, computed at once where all arguments are constants.
    ///
    /// # Errors
    /// What the function finds in constant arguments.
    pub fn call_or_fold(self, args: Vec<Expr>) -> Result<Typed> {
        let mut constants = Vec::with_capacity(args.len());
        for arg in &args {
            match arg {
                Expr::Literal(value, _) => constants.push(ColumnarValue::Scalar(value.clone())),
                _ => return Ok(self.call(args)),
            }
        }
        let value = self.compute(&constants, 1)?;
        let value = ScalarValue::try_from_array(&value, 0).map_err(from_datafusion)?;
        Ok(Typed::literal(value, self.returns))
    }

    fn compute(&self, values: &[ColumnarValue], rows: usize) -> Result<ArrayRef> {
        let returns = arrow_type(self.returns);
        if self.strict && values.iter().any(|value| matches!(value, ColumnarValue::Scalar(scalar) if scalar.is_null()))
        {
            return Ok(new_null_array(&returns, rows));
        }
        let columns = values.iter().map(Column::of).collect::<Result<_>>()?;
        let args = Args { columns, rows };
        let array = (self.run)(&self.parameters, &args)?;
        retype(array, &returns)
    }
}

impl<P: Parameters> PartialEq for Kernel<P> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.parameters == other.parameters && self.returns == other.returns
    }
}

impl<P: Parameters> Eq for Kernel<P> {}

impl<P: Parameters> Hash for Kernel<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.parameters.hash(state);
        self.returns.hash(state);
    }
}

impl<P: Parameters> ScalarUDFImpl for Kernel<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(arrow_type(self.returns))
    }

    fn is_strict(&self) -> bool {
        self.strict
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let constant = !args.args.is_empty() && args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = self.compute(&args.args, rows).map_err(|error| {
            // Constants are the leader node's, whenever they are computed.
            to_datafusion(if constant { error } else { as_compute_error(error) })
        })?;
        if constant { ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar) } else { Ok(array.into()) }
    }
}

/// An argument: a column, or a constant kept in one row.
#[derive(Debug)]
pub struct Column {
    /// The values.
    pub array: ArrayRef,
    /// Does its first row stand for all rows?
    pub constant: bool,
}

impl Column {
    fn of(value: &ColumnarValue) -> Result<Column> {
        Ok(match value {
            ColumnarValue::Array(array) => Column { array: Arc::clone(array), constant: false },
            ColumnarValue::Scalar(scalar) => {
                Column { array: scalar.to_array().map_err(from_datafusion)?, constant: true }
            }
        })
    }

    fn is_null(&self, row: usize) -> bool {
        self.array.is_null(self.index(row))
    }

    fn index(&self, row: usize) -> usize {
        if self.constant { 0 } else { row }
    }
}

/// The arguments of a call.
#[derive(Debug)]
pub struct Args {
    /// In their order.
    pub columns: Vec<Column>,
    /// How many rows the result has.
    pub rows: usize,
}

impl Args {
    /// How many arguments.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// An argument as a column of as many rows as the result has.
    pub fn array(&self, index: usize) -> Result<ArrayRef> {
        let column = &self.columns[index];
        if !column.constant {
            return Ok(Arc::clone(&column.array));
        }
        let scalar = ScalarValue::try_from_array(&column.array, 0).map_err(from_datafusion)?;
        scalar.to_array_of_size(self.rows).map_err(from_datafusion)
    }

    /// Reads an argument row by row.
    pub fn reader<'a, T: Read<'a>>(&'a self, index: usize) -> Result<Reader<'a, T>> {
        let column = &self.columns[index];
        Ok(Reader { column, source: T::source(&column.array)? })
    }

    /// Is one of the arguments NULL in this row?
    pub fn any_null(&self, row: usize) -> bool {
        self.columns.iter().any(|column| column.is_null(row))
    }

    /// Computes each row by itself.
    pub fn rows<R: Write>(&self, mut compute: impl FnMut(usize) -> Result<Option<R>>) -> Result<ArrayRef> {
        let mut builder = R::builder(self.rows);
        for row in 0..self.rows {
            R::append(&mut builder, compute(row)?);
        }
        Ok(R::finish(builder))
    }

    /// Computes each row from one argument; NULL gives NULL.
    pub fn map1<'a, A: Read<'a>, R: Write>(&'a self, f: impl Fn(A) -> Result<Option<R>>) -> Result<ArrayRef> {
        let a = self.reader::<A>(0)?;
        self.rows(|row| match a.get(row) {
            Some(a) => f(a),
            None => Ok(None),
        })
    }

    /// Computes each row from two arguments; NULL gives NULL.
    pub fn map2<'a, A: Read<'a>, B: Read<'a>, R: Write>(
        &'a self,
        f: impl Fn(A, B) -> Result<Option<R>>,
    ) -> Result<ArrayRef> {
        let (a, b) = (self.reader::<A>(0)?, self.reader::<B>(1)?);
        self.rows(|row| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => f(a, b),
            _ => Ok(None),
        })
    }

    /// Computes each row from three arguments; NULL gives NULL.
    pub fn map3<'a, A: Read<'a>, B: Read<'a>, C: Read<'a>, R: Write>(
        &'a self,
        f: impl Fn(A, B, C) -> Result<Option<R>>,
    ) -> Result<ArrayRef> {
        let (a, b, c) = (self.reader::<A>(0)?, self.reader::<B>(1)?, self.reader::<C>(2)?);
        self.rows(|row| match (a.get(row), b.get(row), c.get(row)) {
            (Some(a), Some(b), Some(c)) => f(a, b, c),
            _ => Ok(None),
        })
    }
}

/// An argument that is read as values of one kind.
pub struct Reader<'a, T: Read<'a>> {
    column: &'a Column,
    source: T::Source,
}

impl<'a, T: Read<'a>> Reader<'a, T> {
    /// The value in a row; none for NULL.
    pub fn get(&self, row: usize) -> Option<T> {
        let row = self.column.index(row);
        if self.column.array.is_null(row) { None } else { Some(T::get(&self.source, row)) }
    }
}

/// A value that can be read from a column.
pub trait Read<'a>: Sized {
    /// What it is read from.
    type Source;

    /// The column in a form that values are read from.
    fn source(array: &'a ArrayRef) -> Result<Self::Source>;

    /// The value in a row that is not NULL.
    fn get(source: &Self::Source, row: usize) -> Self;
}

/// A value that a column can be made of.
pub trait Write: Sized {
    /// What makes the column.
    type Builder;

    /// For so many rows.
    fn builder(rows: usize) -> Self::Builder;

    /// Adds a row.
    fn append(builder: &mut Self::Builder, value: Option<Self>);

    /// The column.
    fn finish(builder: Self::Builder) -> ArrayRef;
}

impl<'a> Read<'a> for &'a str {
    type Source = &'a StringViewArray;

    fn source(array: &'a ArrayRef) -> Result<Self::Source> {
        array.as_string_view_opt().ok_or_else(|| wrong_type(array, "a string"))
    }

    fn get(source: &Self::Source, row: usize) -> Self {
        source.value(row)
    }
}

impl<'a> Read<'a> for &'a [u8] {
    type Source = &'a arrow::array::BinaryArray;

    fn source(array: &'a ArrayRef) -> Result<Self::Source> {
        array.as_binary_opt().ok_or_else(|| wrong_type(array, "binary"))
    }

    fn get(source: &Self::Source, row: usize) -> Self {
        source.value(row)
    }
}

impl<'a> Read<'a> for bool {
    type Source = &'a BooleanArray;

    fn source(array: &'a ArrayRef) -> Result<Self::Source> {
        array.as_boolean_opt().ok_or_else(|| wrong_type(array, "a boolean"))
    }

    fn get(source: &Self::Source, row: usize) -> Self {
        source.value(row)
    }
}

impl<'a> Read<'a> for i128 {
    type Source = &'a arrow::array::Decimal128Array;

    fn source(array: &'a ArrayRef) -> Result<Self::Source> {
        array.as_primitive_opt::<Decimal128Type>().ok_or_else(|| wrong_type(array, "a decimal"))
    }

    fn get(source: &Self::Source, row: usize) -> Self {
        source.value(row)
    }
}

/// A column of a list type.
impl<'a> Read<'a> for ArrayRef {
    type Source = &'a arrow::array::ListArray;

    fn source(array: &'a ArrayRef) -> Result<Self::Source> {
        array.as_list_opt().ok_or_else(|| wrong_type(array, "a list"))
    }

    fn get(source: &Self::Source, row: usize) -> Self {
        source.value(row)
    }
}

/// Numbers are read from every type that holds them: a date is the days, a timestamp the microseconds.
macro_rules! numbers {
    ($($native:ty, $array:ty, $arrow:expr;)*) => {$(
        impl<'a> Read<'a> for $native {
            type Source = $array;

            fn source(array: &'a ArrayRef) -> Result<Self::Source> {
                let array = retype(Arc::clone(array), &$arrow)?;
                array.as_any().downcast_ref::<$array>().cloned().ok_or_else(|| wrong_type(&array, stringify!($native)))
            }

            fn get(source: &Self::Source, row: usize) -> Self {
                source.value(row)
            }
        }

        impl Write for $native {
            type Builder = Vec<Option<$native>>;

            fn builder(rows: usize) -> Self::Builder {
                Vec::with_capacity(rows)
            }

            fn append(builder: &mut Self::Builder, value: Option<Self>) {
                builder.push(value);
            }

            fn finish(builder: Self::Builder) -> ArrayRef {
                Arc::new(<$array>::from(builder))
            }
        }
    )*};
}

numbers! {
    i16, Int16Array, DataType::Int16;
    i32, Int32Array, DataType::Int32;
    i64, Int64Array, DataType::Int64;
    f32, Float32Array, DataType::Float32;
    f64, Float64Array, DataType::Float64;
}

impl<'a> Read<'a> for IntervalMonthDayNano {
    type Source = &'a IntervalMonthDayNanoArray;

    fn source(array: &'a ArrayRef) -> Result<Self::Source> {
        array.as_primitive_opt().ok_or_else(|| wrong_type(array, "an interval"))
    }

    fn get(source: &Self::Source, row: usize) -> Self {
        source.value(row)
    }
}

impl Write for IntervalMonthDayNano {
    type Builder = Vec<Option<IntervalMonthDayNano>>;

    fn builder(rows: usize) -> Self::Builder {
        Vec::with_capacity(rows)
    }

    fn append(builder: &mut Self::Builder, value: Option<Self>) {
        builder.push(value);
    }

    fn finish(builder: Self::Builder) -> ArrayRef {
        Arc::new(IntervalMonthDayNanoArray::from(builder))
    }
}

impl Write for i128 {
    type Builder = Vec<Option<i128>>;

    fn builder(rows: usize) -> Self::Builder {
        Vec::with_capacity(rows)
    }

    fn append(builder: &mut Self::Builder, value: Option<Self>) {
        builder.push(value);
    }

    fn finish(builder: Self::Builder) -> ArrayRef {
        Arc::new(arrow::array::Decimal128Array::from(builder))
    }
}

impl Write for bool {
    type Builder = BooleanBuilder;

    fn builder(rows: usize) -> Self::Builder {
        BooleanBuilder::with_capacity(rows)
    }

    fn append(builder: &mut Self::Builder, value: Option<Self>) {
        builder.append_option(value);
    }

    fn finish(mut builder: Self::Builder) -> ArrayRef {
        Arc::new(builder.finish())
    }
}

macro_rules! strings {
    ($($ty:ty),*) => {$(
        impl Write for $ty {
            type Builder = StringViewBuilder;

            fn builder(rows: usize) -> Self::Builder {
                StringViewBuilder::with_capacity(rows)
            }

            fn append(builder: &mut Self::Builder, value: Option<Self>) {
                builder.append_option(value);
            }

            fn finish(mut builder: Self::Builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
        }
    )*};
}

strings!(String, &str, Cow<'_, str>);

impl Write for Vec<u8> {
    type Builder = arrow::array::BinaryBuilder;

    fn builder(_rows: usize) -> Self::Builder {
        arrow::array::BinaryBuilder::new()
    }

    fn append(builder: &mut Self::Builder, value: Option<Self>) {
        builder.append_option(value);
    }

    fn finish(mut builder: Self::Builder) -> ArrayRef {
        Arc::new(builder.finish())
    }
}

/// The same values under another type that is stored in the same way: BIGINT as TIMESTAMP.
pub fn retype(array: ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    if array.data_type() == ty {
        return Ok(array);
    }
    if array.data_type().primitive_width().is_none() || array.data_type().primitive_width() != ty.primitive_width() {
        return Err(wrong_type(&array, &ty.to_string()));
    }
    let data = array.to_data().into_builder().data_type(ty.clone()).build();
    data.map(make_array).map_err(|error| Error::internal(error.to_string()))
}

fn wrong_type(array: &ArrayRef, expected: &str) -> Error {
    Error::internal(format!("a kernel was given {} for {expected}", array.data_type()))
}
/// An integer argument that may be left out.
///
/// # Errors
/// Internal ones only.
pub(super) fn optional_int<'a>(
    args: &'a Args,
    index: usize,
    default: i32,
) -> Result<impl Fn(usize) -> Option<i32> + 'a> {
    let reader = if args.len() > index { Some(args.reader::<i32>(index)?) } else { None };
    Ok(move |row| match &reader {
        Some(reader) => reader.get(row),
        None => Some(default),
    })
}
