//! How values that are not JSON by themselves stand in the catalog's definitions.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::{Field, Schema},
    ipc::{reader::StreamReader, writer::StreamWriter},
};
use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, Result};

/// A type as its OID and modifier, e.g. `[1043, 24]`.
pub(crate) mod redshift_type {
    use redshift_sql_dialect::RedshiftType;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(ty: &RedshiftType, serializer: S) -> Result<S::Ok, S::Error> {
        (ty.oid(), ty.typmod()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RedshiftType, D::Error> {
        let (oid, modifier) = <(u32, i32)>::deserialize(deserializer)?;
        RedshiftType::of_column(oid, modifier)
            .ok_or_else(|| D::Error::custom(format!("there is no type with OID {oid}")))
    }
}

/// A distribution style as its word in upper case.
pub(crate) mod dist_style {
    use redshift_sql_dialect::ast::DistStyle;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(style: &Option<DistStyle>, serializer: S) -> Result<S::Ok, S::Error> {
        let word = style.as_ref().map(|style| match style {
            DistStyle::Auto => "AUTO",
            DistStyle::Even => "EVEN",
            DistStyle::Key => "KEY",
            DistStyle::All => "ALL",
        });
        word.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DistStyle>, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        match word.as_deref() {
            None => Ok(None),
            Some("AUTO") => Ok(Some(DistStyle::Auto)),
            Some("EVEN") => Ok(Some(DistStyle::Even)),
            Some("KEY") => Ok(Some(DistStyle::Key)),
            Some("ALL") => Ok(Some(DistStyle::All)),
            Some(other) => Err(D::Error::custom(format!("there is no distribution style {other}"))),
        }
    }
}

/// A batch as an Arrow IPC stream.
pub(crate) fn batch_to_bytes(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = StreamWriter::try_new(&mut bytes, &batch.schema()).and_then(|mut writer| {
        writer.write(batch)?;
        writer.finish()
    });
    written.map_err(|error| Error::internal(format!("rows could not be written: {error}")))?;
    Ok(bytes)
}

/// The batch that such bytes are.
pub(crate) fn batch_from_bytes(bytes: &[u8]) -> Result<RecordBatch> {
    let damaged = |error: String| Error::internal(format!("rows in the catalog could not be read: {error}"));
    let mut reader = StreamReader::try_new(bytes, None).map_err(|error| damaged(error.to_string()))?;
    match reader.next() {
        Some(batch) => batch.map_err(|error| damaged(error.to_string())),
        None => Err(damaged("there are none".into())),
    }
}

/// A value as hexadecimal digits of an Arrow IPC stream of one row.
pub(crate) fn scalar_to_text(value: &ScalarValue) -> Result<String> {
    let array = value.to_array().map_err(|error| Error::internal(error.to_string()))?;
    let schema = Schema::new(vec![Field::new("value", array.data_type().clone(), true)]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).map_err(|e| Error::internal(e.to_string()))?;
    Ok(batch_to_bytes(&batch)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The value that such digits are.
pub(crate) fn scalar_from_text(text: &str) -> Result<ScalarValue> {
    let damaged = || Error::internal("a value in the catalog could not be read");
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    let batch = batch_from_bytes(&bytes.ok_or_else(damaged)?)?;
    let column: &ArrayRef = batch.columns().first().ok_or_else(damaged)?;
    ScalarValue::try_from_array(column, 0).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        let values = [
            ScalarValue::Decimal128(Some(-12_345), 18, 2),
            ScalarValue::Utf8View(Some("more than twelve bytes, ünïcode".into())),
            ScalarValue::TimestampMicrosecond(Some(1), Some("UTC".into())),
            ScalarValue::Boolean(Some(true)),
        ];
        for value in values {
            assert_eq!(scalar_from_text(&scalar_to_text(&value).unwrap()).unwrap(), value);
        }
        assert!(scalar_from_text("xyz").is_err());
    }
}
