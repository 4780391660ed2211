//! Base relations of all databases of the warehouse, with the name of the database in front: what SVV_ALL_* and
//! SVV_REDSHIFT_* show (developer guide, "Considerations" of cross-database queries).
//!
//! The system's own relations are told of the session's database alone: from another one they cannot be named.

use std::sync::{Arc, LazyLock};

use arrow::{
    array::{RecordBatch, RecordBatchOptions, StringViewArray},
    datatypes::{Field, Schema},
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::{Base, Source, attributes, namespaces, relations, routines};
use crate::{system::rows::BaseColumn, types::arrow_field};

/// A base relation of a database that is also had of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::system) enum Everywhere {
    Namespaces,
    Relations,
    Attributes,
    Routines,
}

/// The column in front.
const DATABASE: BaseColumn = ("database", RedshiftType::Name);

static NAMESPACES: LazyLock<Vec<BaseColumn>> = LazyLock::new(|| in_front_of(namespaces::COLUMNS));
static RELATIONS: LazyLock<Vec<BaseColumn>> = LazyLock::new(|| in_front_of(relations::COLUMNS));
static ATTRIBUTES: LazyLock<Vec<BaseColumn>> = LazyLock::new(|| in_front_of(attributes::COLUMNS));
static ROUTINES: LazyLock<Vec<BaseColumn>> = LazyLock::new(|| in_front_of(routines::COLUMNS));

fn in_front_of(columns: &[BaseColumn]) -> Vec<BaseColumn> {
    std::iter::once(DATABASE).chain(columns.iter().copied()).collect()
}

impl Everywhere {
    pub fn name(self) -> &'static str {
        match self {
            Everywhere::Namespaces => "all_namespaces",
            Everywhere::Relations => "all_relations",
            Everywhere::Attributes => "all_attributes",
            Everywhere::Routines => "all_routines",
        }
    }

    pub fn columns(self) -> &'static [BaseColumn] {
        match self {
            Everywhere::Namespaces => &NAMESPACES,
            Everywhere::Relations => &RELATIONS,
            Everywhere::Attributes => &ATTRIBUTES,
            Everywhere::Routines => &ROUTINES,
        }
    }

    fn of_one(self) -> Base {
        match self {
            Everywhere::Namespaces => Base::Namespaces,
            Everywhere::Relations => Base::Relations,
            Everywhere::Attributes => Base::Attributes,
            Everywhere::Routines => Base::Routines,
        }
    }

    /// Its rows, with these columns only.
    pub async fn scan(self, source: &Source, projection: &[usize]) -> Result<Vec<RecordBatch>> {
        let inner: Vec<usize> = projection.iter().filter_map(|index| index.checked_sub(1)).collect();
        let mut batches = Vec::new();
        for database in source.directory.databases()? {
            let Some(there) = source.in_database(&database) else { continue };
            for batch in Box::pin(self.of_one().scan(&there, &inner)).await? {
                batches.push(with_name(&database.name, &batch, projection)?);
            }
        }
        Ok(batches)
    }
}

/// Puts the name of the database at its places among the columns.
fn with_name(database: &str, batch: &RecordBatch, projection: &[usize]) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    let (schema, mut others) = (batch.schema(), batch.columns().iter().enumerate());
    let mut fields: Vec<Arc<Field>> = Vec::with_capacity(projection.len());
    let mut columns = Vec::with_capacity(projection.len());
    for index in projection {
        if *index == 0 {
            fields.push(arrow_field(DATABASE.0, DATABASE.1));
            columns.push(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(database, rows))) as _);
        } else if let Some((place, column)) = others.next() {
            fields.push(Arc::clone(&schema.fields()[place]));
            columns.push(Arc::clone(column));
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|error| Error::internal(error.to_string()))
}
