//! Expected bytes are reasoned from PostgreSQL's send functions and from what Redshift's drivers read.

use std::sync::Arc;

use arrow::{
    array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray, Float32Array, Float64Array,
        Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, IntervalYearMonthArray, ListArray,
        StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    },
    datatypes::{Field, IntervalMonthDayNano, Schema},
};

use super::*;

/// 2024-01-31, in days since 1970.
const DAY: i32 = 19_753;
/// 2024-01-31 10:00:00.5, in microseconds since 1970.
const MOMENT: i64 = (DAY as i64 * 86_400 + 36_000) * 1_000_000 + 500_000;

fn encoded(values: ArrayRef, ty: RedshiftType, format: Format, numeric: NumericFormat) -> Result<Option<Vec<u8>>> {
    let field = Field::new("c", values.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![values]).unwrap();
    let columns = [ResultColumn::computed("c", ty)];
    let interval = match numeric {
        NumericFormat::Postgres => IntervalFormat::Postgres,
        NumericFormat::Redshift => IntervalFormat::Redshift,
    };
    let encoding = Encoding { style: TextStyle::default(), numeric, interval };
    let mut out = BytesMut::new();
    BatchEncoder::new(&batch, &columns, &[format], encoding)?.write_row(0, &mut out)?;
    assert_eq!(out[0], b'D');
    assert_eq!(u32::from_be_bytes(out[1..5].try_into().unwrap()) as usize, out.len() - 1);
    assert_eq!(out[5..7], [0, 1]);
    let length = i32::from_be_bytes(out[7..11].try_into().unwrap());
    assert_eq!(length.max(0) as usize, out.len() - 11);
    Ok((length >= 0).then(|| out[11..].to_vec()))
}

fn text(values: impl Array + 'static, ty: RedshiftType) -> String {
    let value = encoded(Arc::new(values), ty, Format::Text, NumericFormat::Postgres).unwrap();
    String::from_utf8(value.unwrap()).unwrap()
}

fn binary(values: impl Array + 'static, ty: RedshiftType) -> Vec<u8> {
    encoded(Arc::new(values), ty, Format::Binary, NumericFormat::Postgres).unwrap().unwrap()
}

fn decimal(value: i128, precision: u8, scale: u8) -> Decimal128Array {
    Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale as i8).unwrap()
}

fn timestamps(micros: i64) -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from(vec![micros])
}

fn list_of_int16(items: Vec<Option<i16>>) -> ListArray {
    ListArray::from_iter_primitive::<Int16Type, _, _>([Some(items)])
}

fn list_of_text(items: &[&str]) -> ListArray {
    use arrow::array::{ListBuilder, StringViewBuilder};
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    items.iter().for_each(|item| builder.values().append_value(item));
    builder.append(true);
    builder.finish()
}

#[test]
fn every_type_has_its_text() {
    use RedshiftType::*;
    assert_eq!(text(BooleanArray::from(vec![true]), Bool), "t");
    assert_eq!(text(Int16Array::from(vec![-7]), Int2), "-7");
    assert_eq!(text(Int32Array::from(vec![i32::MIN]), Int4), "-2147483648");
    assert_eq!(text(Int64Array::from(vec![i64::MAX]), Int8), "9223372036854775807");
    assert_eq!(text(Int64Array::from(vec![4_294_967_295]), Oid), "4294967295");
    assert_eq!(text(decimal(-12_345, 10, 2), RedshiftType::numeric(10, 2)), "-123.45");
    assert_eq!(text(Float32Array::from(vec![1.5]), Float4), "1.5");
    assert_eq!(text(Float64Array::from(vec![1.0 / 3.0]), Float8), "0.333333333333333");
    assert_eq!(text(StringViewArray::from(vec!["ab"]), Char(5)), "ab   ");
    assert_eq!(text(StringViewArray::from(vec!["ab "]), Varchar(5)), "ab ");
    assert_eq!(text(Date32Array::from(vec![DAY]), Date), "2024-01-31");
    assert_eq!(text(Time64MicrosecondArray::from(vec![36_000_500_000]), Time), "10:00:00.50");
    assert_eq!(text(Time64MicrosecondArray::from(vec![36_000_000_000]), TimeTz), "10:00:00+00");
    assert_eq!(text(timestamps(MOMENT), Timestamp), "2024-01-31 10:00:00.50");
    assert_eq!(text(timestamps(MOMENT).with_timezone("UTC"), TimestampTz), "2024-01-31 10:00:00.50+00");
    assert_eq!(text(Int64Array::from(vec![MOMENT / 1_000_000]), AbsTime), "2024-01-31 10:00:00+00");
    assert_eq!(text(IntervalYearMonthArray::from(vec![14]), RedshiftType::YEAR_TO_MONTH), "1 year 2 mons");
    assert_eq!(text(DurationMicrosecondArray::from(vec![90_000_000]), RedshiftType::DAY_TO_SECOND), "00:01:30");
    let interval = IntervalMonthDayNano::new(1, 2, 3_000_000_000);
    assert_eq!(text(IntervalMonthDayNanoArray::from(vec![interval]), Interval), "1 mon 2 days 00:00:03");
    assert_eq!(text(StringViewArray::from(vec![r#"{"a":1}"#]), Super), r#"{"a":1}"#);
    assert_eq!(text(BinaryArray::from(vec![&b"a\xff"[..]]), Varbyte(8)), "61ff");
    assert_eq!(text(BinaryArray::from(vec![&b"\x01\xe6"[..]]), Geometry), "01E6");
    assert_eq!(text(BinaryArray::from(vec![&br#"{"logm":15}"#[..]]), HllSketch), r#"{"logm":15}"#);
    assert_eq!(text(StringViewArray::from(vec!["boolin"]), RegProc), "boolin");
    assert_eq!(text(list_of_int16(vec![Some(1), Some(2)]), Int2Vector), "1 2");
    assert_eq!(text(list_of_int16(vec![Some(1), None]), Int2Array), "{1,NULL}");
    assert_eq!(text(list_of_text(&["a", "b c"]), TextArray), r#"{a,"b c"}"#);
    assert_eq!(text(list_of_text(&["admin=arwdRxt/admin"]), AclItemArray), "{admin=arwdRxt/admin}");
}

#[test]
fn every_type_has_its_bytes() {
    use RedshiftType::*;
    assert_eq!(binary(BooleanArray::from(vec![true]), Bool), [1]);
    assert_eq!(binary(Int16Array::from(vec![-2]), Int2), [0xff, 0xfe]);
    assert_eq!(binary(Int32Array::from(vec![258]), Int4), [0, 0, 1, 2]);
    assert_eq!(binary(Int64Array::from(vec![258]), Int8), [0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(binary(Int64Array::from(vec![4_294_967_295]), Oid), [0xff; 4]);
    assert_eq!(binary(Float32Array::from(vec![1.0]), Float4), [0x3f, 0x80, 0, 0]);
    assert_eq!(binary(Float64Array::from(vec![1.0]), Float8), [0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(binary(StringViewArray::from(vec!["ab"]), Char(4)), b"ab  ");
    assert_eq!(binary(StringViewArray::from(vec!["é"]), Varchar(4)), "é".as_bytes());
    // 2024-01-31 is 8,796 days after 2000-01-01.
    assert_eq!(binary(Date32Array::from(vec![DAY]), Date), 8_796i32.to_be_bytes());
    assert_eq!(binary(Time64MicrosecondArray::from(vec![1]), Time), 1i64.to_be_bytes());
    assert_eq!(binary(Time64MicrosecondArray::from(vec![1]), TimeTz), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let since_2000 = (8_796i64 * 86_400 + 36_000) * 1_000_000 + 500_000;
    assert_eq!(binary(timestamps(MOMENT), Timestamp), since_2000.to_be_bytes());
    assert_eq!(binary(IntervalYearMonthArray::from(vec![14]), RedshiftType::YEAR_TO_MONTH), 14i32.to_be_bytes());
    assert_eq!(binary(DurationMicrosecondArray::from(vec![9]), RedshiftType::DAY_TO_SECOND), 9i64.to_be_bytes());
    let interval = IntervalMonthDayNano::new(1, 2, 3_000);
    assert_eq!(
        binary(IntervalMonthDayNanoArray::from(vec![interval]), Interval),
        [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1]
    );
    assert_eq!(binary(BinaryArray::from(vec![&b"a\xff"[..]]), Varbyte(8)), b"a\xff");
    // One dimension, no nulls, of int2, two items from index 0.
    assert_eq!(
        binary(list_of_int16(vec![Some(1), Some(2)]), Int2Vector),
        [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 2, 0, 2]
    );
    assert_eq!(binary(list_of_int16(vec![]), Int2Array), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 21]);
    assert_eq!(
        binary(list_of_text(&["a"]), TextArray),
        [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, b'a']
    );
}

/// ndigits, weight, sign, dscale, then the groups.
fn numeric_of(value: i128, scale: u8) -> Vec<u16> {
    let bytes = binary(decimal(value, 38, scale), RedshiftType::numeric(38, scale));
    bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

#[test]
fn numeric_in_postgres_format() {
    assert_eq!(numeric_of(0, 2), [0, 0, 0, 2]);
    assert_eq!(numeric_of(12_345, 2), [2, 0, 0, 2, 123, 4_500]);
    assert_eq!(numeric_of(-12_345, 2), [2, 0, 0x4000, 2, 123, 4_500]);
    assert_eq!(numeric_of(100_000_000, 0), [1, 2, 0, 0, 1]);
    // 0.00001: the first group behind the point is zero, so the weight is -2.
    assert_eq!(numeric_of(1, 5), [1, 0xfffe, 0, 5, 1_000]);
    assert_eq!(numeric_of(1_0000_0001, 4), [3, 1, 0, 4, 1, 0, 1]);
    // One digit before the point and 37 behind it, which fill nine groups and a quarter of the tenth.
    let nines = 10i128.pow(38) - 1;
    assert_eq!(numeric_of(nines, 37), [&[11, 0, 0, 37, 9][..], &[9_999; 9], &[9_000]].concat());
}

#[test]
fn numeric_in_redshift_format() {
    let redshift = |value: i128, precision: u8| {
        let ty = RedshiftType::numeric(precision, 2);
        let values: ArrayRef = Arc::new(decimal(value, precision, 2));
        encoded(values, ty, Format::Binary, NumericFormat::Redshift).unwrap().unwrap()
    };
    assert_eq!(redshift(-12_345, 18), (-12_345i64).to_be_bytes());
    assert_eq!(redshift(-12_345, 38), (-12_345i128).to_be_bytes());
}

/// PostgreSQL 8.0 counts a day as 24 hours: redshift_connector reads eight bytes of microseconds and four of months.
#[test]
fn interval_in_redshift_format() {
    let values: ArrayRef = Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 3_000)]));
    let bytes = encoded(values, RedshiftType::Interval, Format::Binary, NumericFormat::Redshift).unwrap().unwrap();
    assert_eq!(bytes, [&172_800_000_003i64.to_be_bytes()[..], &[0, 0, 0, 1]].concat());
}

#[test]
fn null_has_no_bytes() {
    let values: ArrayRef = Arc::new(Int32Array::from(vec![None]));
    let null = encoded(values, RedshiftType::Int4, Format::Text, NumericFormat::Postgres).unwrap();
    assert_eq!(null, None);
}

#[test]
fn objects_shown_by_name_have_their_number() {
    assert_eq!(binary(StringViewArray::from(vec!["-"]), RedshiftType::RegProc), [0; 4]);
    assert_eq!(binary(StringViewArray::from(vec!["258"]), RedshiftType::RegProc), [0, 0, 1, 2]);
    let known = function_oid("lower").unwrap().to_be_bytes();
    assert_eq!(binary(StringViewArray::from(vec!["lower"]), RedshiftType::RegProc), known);
    assert_eq!(binary(StringViewArray::from(vec!["none_such"]), RedshiftType::RegProc), [0; 4]);
    let named: ArrayRef = Arc::new(StringViewArray::from(vec!["pg_class"]));
    let error = encoded(named, RedshiftType::RegClass, Format::Binary, NumericFormat::Postgres).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::UNDEFINED_FUNCTION);
}

#[test]
fn a_row_that_fails_leaves_nothing_behind() {
    let values: ArrayRef = Arc::new(Date32Array::from(vec![i32::MIN]));
    let field = Field::new("c", values.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![values]).unwrap();
    let columns = [ResultColumn::computed("c", RedshiftType::Date)];
    let encoding =
        Encoding { style: TextStyle::default(), numeric: NumericFormat::Postgres, interval: IntervalFormat::Postgres };
    let encoder = BatchEncoder::new(&batch, &columns, &[Format::Binary], encoding).unwrap();
    let mut out = BytesMut::from(&b"before"[..]);
    assert!(encoder.write_row(0, &mut out).is_err());
    assert_eq!(&out[..], b"before");
}

#[test]
fn text_values_for_parameters() {
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None]));
    let value = |row| text_value(&values, row, RedshiftType::Int4, TextStyle::default()).unwrap();
    assert_eq!(value(0).as_deref(), Some("7"));
    assert_eq!(value(1), None);
}
