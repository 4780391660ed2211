//! The logs: rows of other users left out, and the texts of statements cut into pieces.

use arrow::{
    array::{Array, AsArray, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::{Int32Type, Int64Type, TimestampMicrosecondType},
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use crate::system::{
    Source,
    logs::LogTable,
    rows::{BaseColumn, Cell},
};

/// Bytes of a piece in stl_querytext, stl_ddltext and stl_utilitytext.
pub const SHORT: usize = 200;
/// Bytes of a piece in sys_query_text.
pub const LONG: usize = 4_000;

pub const COLUMNS: &[BaseColumn] = &[
    ("query", RedshiftType::Int8),
    ("userid", RedshiftType::Int4),
    ("xid", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("label", RedshiftType::Text),
    ("query_type", RedshiftType::Text),
    ("starttime", RedshiftType::Timestamp),
    ("endtime", RedshiftType::Timestamp),
    ("sequence", RedshiftType::Int4),
    ("text", RedshiftType::Text),
];

/// The rows of a log that the user may see.
pub async fn log(source: &Source, table: LogTable, projection: &[usize]) -> Result<Vec<RecordBatch>> {
    let names: Vec<&str> = projection.iter().filter_map(|index| table.columns().get(*index)).map(|(n, _)| *n).collect();
    let batches = visible(source, table, &names).await?;
    // Whose a row is was read to know who may see it.
    let wanted: Vec<usize> = (0..names.len()).collect();
    let project = |batch: RecordBatch| batch.project(&wanted).map_err(|error| Error::internal(error.to_string()));
    batches.into_iter().map(project).collect()
}

/// The rows of a log that the user may see with these columns, and who may see them behind these where they are not among
/// them.
pub async fn visible(source: &Source, table: LogTable, columns: &[&str]) -> Result<Vec<RecordBatch>> {
    let sees_all = source.sees_all_rows()?;
    let owner = (!sees_all && !columns.contains(&"userid")).then_some("userid");
    let places = columns.iter().copied().chain(owner).filter_map(|name| table.place(name)).collect();
    let batches = source.logs.read_columns(table, places).await?;
    if sees_all {
        return Ok(batches);
    }
    let own = i64::from(source.session.user_id);
    let only_own = |batch: RecordBatch| {
        let users = column(&batch, "userid")?.as_primitive::<Int32Type>();
        let keep: BooleanArray = users.iter().map(|user| Some(user.map(i64::from) == Some(own))).collect();
        filter_record_batch(&batch, &keep).map_err(|error| Error::internal(error.to_string()))
    };
    batches.into_iter().map(only_own).collect()
}

pub fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(|| Error::internal(format!("no column {name} in the log")))
}

/// The statements' texts in pieces of at most this many bytes, where a line's end is written `\n`.
pub async fn rows(source: &Source, piece: usize) -> Result<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    const WANTED: [&str; 9] =
        ["query", "userid", "xid", "pid", "label", "query_type", "starttime", "endtime", "querytxt"];
    for batch in visible(source, LogTable::Query, &WANTED).await? {
        let query = column(&batch, "query")?.as_primitive::<Int64Type>();
        let user = column(&batch, "userid")?.as_primitive::<Int32Type>();
        let xid = column(&batch, "xid")?.as_primitive::<Int64Type>();
        let pid = column(&batch, "pid")?.as_primitive::<Int32Type>();
        let label = column(&batch, "label")?.as_string_view();
        let query_type = column(&batch, "query_type")?.as_string_view();
        let start = column(&batch, "starttime")?.as_primitive::<TimestampMicrosecondType>();
        let end = column(&batch, "endtime")?.as_primitive::<TimestampMicrosecondType>();
        let text = column(&batch, "querytxt")?.as_string_view();
        for row in 0..batch.num_rows() {
            let text = text.value(row).replace('\n', "\\n");
            for (sequence, piece) in pieces(&text, piece).enumerate() {
                rows.push(vec![
                    query.value(row).into(),
                    user.value(row).into(),
                    xid.value(row).into(),
                    pid.value(row).into(),
                    label.value(row).to_string().into(),
                    query_type.value(row).to_string().into(),
                    start.value(row).into(),
                    end.value(row).into(),
                    Cell::Int(sequence as i64),
                    piece.to_string().into(),
                ]);
            }
        }
    }
    Ok(rows)
}

/// The text in pieces of at most this many bytes, cut between characters; an empty text is one empty piece.
pub fn pieces(text: &str, bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, after) = text.split_at(text.floor_char_boundary(bytes));
        rest = (!after.is_empty()).then_some(after);
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(pieces("abcdef", 4).collect::<Vec<_>>(), ["abcd", "ef"]);
        assert_eq!(pieces("abcé", 4).collect::<Vec<_>>(), ["abc", "é"]);
        assert_eq!(pieces("", 4).collect::<Vec<_>>(), [""]);
    }
}
