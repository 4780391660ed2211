//! The manifest of an UNLOAD: developer guide, "UNLOAD", MANIFEST.

use redshift_sql_dialect::{RedshiftType, types::sized};
use serde_json::{Value, json};

use super::{
    plan::{Manifest, UnloadPlan},
    slice::WrittenFile,
};

/// The text of a manifest of these files; none where none was asked for.
pub(super) fn text(plan: &UnloadPlan, files: &[WrittenFile]) -> Option<String> {
    let url = |file: &WrittenFile| format!("s3://{}/{}", plan.target.bucket, file.key);
    let manifest = match plan.manifest {
        Manifest::None => return None,
        Manifest::Plain => json!({
            "entries": files
                .iter()
                // COPY of Parquet and ORC wants the lengths.
                .map(|file| json!({ "url": url(file), "meta": { "content_length": file.bytes } }))
                .collect::<Vec<_>>(),
        }),
        Manifest::Verbose => json!({
            "entries": files
                .iter()
                .map(|file| json!({
                    "url": url(file),
                    "meta": { "content_length": file.bytes, "record_count": file.lines },
                }))
                .collect::<Vec<_>>(),
            "schema": {
                "elements": plan
                    .columns
                    .iter()
                    .map(|column| json!({ "name": column.name, "type": type_of(column.ty) }))
                    .collect::<Vec<_>>(),
            },
            "meta": {
                "content_length": files.iter().map(|file| file.bytes).sum::<u64>(),
                "record_count": files.iter().map(|file| file.lines).sum::<u64>(),
            },
            "author": { "name": "Amazon Redshift", "version": "1.0.0" },
        }),
    };
    serde_json::to_string_pretty(&manifest).ok().map(|text| text + "\n")
}

/// A type with its dimensions.
fn type_of(ty: RedshiftType) -> Value {
    let base = ty.base_name();
    match ty {
        RedshiftType::Char(length) | RedshiftType::Varchar(length) => {
            json!({ "base": base, "max_length": sized(length) })
        }
        RedshiftType::Numeric { precision, scale } => json!({ "base": base, "precision": precision, "scale": scale }),
        _ => json!({ "base": base }),
    }
}
