//! What results look like: RowDescription, in PostgreSQL's form and in the longer one of Redshift's drivers.

use blueshift_emulator::ResultColumn;
use bytes::{BufMut, BytesMut};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::encode::Format;

/// From this version of Redshift's protocol on, columns tell where they come from.
const EXTENDED: u8 = 1;
/// From this one on, they tell whether their values distinguish case.
const CASE_SENSITIVITY: u8 = 3;

const NOT_NULL: i16 = 1;
const CASE_SENSITIVE: i16 = 1 << 1;
const AUTO_INCREMENT: i16 = 1 << 4;
const SEARCHABLE: i16 = 1 << 12;

/// Appends a RowDescription; `formats` has one format for each column.
pub fn put_row_description(out: &mut BytesMut, columns: &[ResultColumn], formats: &[Format], protocol: u8) {
    let start = out.len();
    out.put_u8(b'T');
    out.put_u32(0);
    out.put_u16(columns.len() as u16);
    for (column, format) in columns.iter().zip(formats) {
        let origin = column.origin.as_deref();
        put_text(out, &column.name);
        out.put_u32(origin.map_or(0, |origin| origin.table_oid));
        out.put_i16(origin.map_or(0, |origin| origin.attnum));
        out.put_u32(column.ty.oid());
        out.put_i16(column.ty.typlen());
        out.put_i32(column.ty.typmod());
        out.put_i16(format.code());
        if protocol >= EXTENDED {
            put_text(out, origin.map_or("", |origin| &origin.schema));
            put_text(out, origin.map_or("", |origin| &origin.table));
            put_text(out, origin.map_or("", |origin| &origin.column));
            put_text(out, origin.map_or("", |origin| &origin.database));
            out.put_i16(flags(column, protocol));
        }
    }
    let length = (out.len() - start - 1) as u32;
    out[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
}

fn flags(column: &ResultColumn, protocol: u8) -> i16 {
    let origin = column.origin.as_deref();
    let is = |condition: bool, flag: i16| if condition { flag } else { 0 };
    let distinguishes_case = matches!(
        column.ty,
        RedshiftType::Char(_)
            | RedshiftType::Varchar(_)
            | RedshiftType::Text
            | RedshiftType::Name
            | RedshiftType::Super
    );
    SEARCHABLE
        | is(origin.is_some_and(|origin| origin.not_null), NOT_NULL)
        | is(origin.is_some_and(|origin| origin.identity), AUTO_INCREMENT)
        | is(protocol >= CASE_SENSITIVITY && distinguishes_case, CASE_SENSITIVE)
}

/// A C string. A name cannot hold a zero byte; what is behind one would be misread.
fn put_text(out: &mut BytesMut, text: &str) {
    out.put_slice(text.split('\0').next().unwrap_or_default().as_bytes());
    out.put_u8(0);
}

/// From this one on, the server sends VARBYTE in binary even where text is asked for, and RowDescription says so: JDBC makes
/// hexadecimal digits of it, redshift_connector reads the bytes as UTF-8 (its issue 261 shows what comes of others).
const BINARY: u8 = 2;

/// One format for each column, from what Bind gave: none is text, one is for all.
///
/// # Errors
/// 08P01 where there are neither none, one nor as many as columns.
pub fn formats_for(columns: &[ResultColumn], given: &[Format], protocol: u8) -> Result<Vec<Format>> {
    let count = columns.len();
    let mut formats = match given {
        [] => vec![Format::Text; count],
        [all] => vec![*all; count],
        each if each.len() == count => each.to_vec(),
        each => {
            let message = format!("bind message has {} result formats but query has {count} columns", each.len());
            return Err(Error::new(SqlState::PROTOCOL_VIOLATION, message));
        }
    };
    if protocol >= BINARY {
        for (column, format) in columns.iter().zip(&mut formats) {
            if matches!(column.ty, RedshiftType::Varbyte(_)) {
                *format = Format::Binary;
            }
        }
    }
    Ok(formats)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use blueshift_emulator::ColumnOrigin;

    use super::*;

    fn column() -> ResultColumn {
        let origin = ColumnOrigin {
            table_oid: 100,
            attnum: 2,
            database: "dev".into(),
            schema: "public".into(),
            table: "t".into(),
            column: "c".into(),
            not_null: true,
            identity: true,
            case_insensitive: false,
        };
        ResultColumn { origin: Some(Arc::new(origin)), ..ResultColumn::computed("alias", RedshiftType::Varchar(20)) }
    }

    fn described(protocol: u8) -> Vec<u8> {
        let mut out = BytesMut::new();
        put_row_description(&mut out, &[column()], &[Format::Binary], protocol);
        assert_eq!(u32::from_be_bytes(out[1..5].try_into().unwrap()) as usize, out.len() - 1);
        out[5..].to_vec()
    }

    /// Name, table, column number, OID 1043, length -1, modifier 24, binary.
    const PLAIN: &[u8] = b"\0\x01alias\0\0\0\0\x64\0\x02\0\0\x04\x13\xff\xff\0\0\0\x18\0\x01";

    #[test]
    fn postgres_clients_get_the_usual_fields() {
        assert_eq!(described(0), PLAIN);
    }

    #[test]
    fn redshift_drivers_learn_where_a_column_comes_from() {
        assert_eq!(described(1), [PLAIN, b"public\0t\0c\0dev\0\x10\x11"].concat());
        assert_eq!(described(2), described(1));
        assert_eq!(described(3), [PLAIN, b"public\0t\0c\0dev\0\x10\x13"].concat());
    }

    #[test]
    fn one_format_is_for_all_columns() {
        use Format::*;
        let two = [column(), ResultColumn::computed("b", RedshiftType::Varbyte(3))];
        assert_eq!(formats_for(&two, &[], 0).unwrap(), [Text, Text]);
        assert_eq!(formats_for(&two, &[Binary], 1).unwrap(), [Binary, Binary]);
        assert_eq!(formats_for(&two, &[Binary, Text], 1).unwrap(), [Binary, Text]);
        assert_eq!(formats_for(&two, &[], 2).unwrap(), [Text, Binary]);
        assert!(formats_for(&[column()], &[Text, Binary], 0).is_err());
    }
}
