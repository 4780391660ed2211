//! A base relation as DataFusion scans it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    datasource::memory::MemorySourceConfig,
    error::Result,
    logical_expr::{Expr, TableType},
    physical_plan::ExecutionPlan,
};

use super::{
    Source,
    base::Base,
    rows::{batch_of, schema_of},
};
use crate::error::to_datafusion;

/// The rows of a base relation, made by the scan.
#[derive(Debug)]
pub(super) struct BaseProvider {
    base: Base,
    source: Arc<Source>,
    schema: SchemaRef,
}

impl BaseProvider {
    pub fn new(base: Base, source: Arc<Source>) -> Self {
        BaseProvider { base, source, schema: schema_of(base.columns()) }
    }
}

#[async_trait]
impl TableProvider for BaseProvider {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize>;
        let projection = match projection {
            Some(projection) => projection,
            None => {
                all = (0..self.schema.fields().len()).collect();
                &all
            }
        };
        let batches = self.base.scan(&self.source, projection).await.map_err(to_datafusion)?;
        let schema = match batches.first() {
            Some(batch) => batch.schema(),
            None => batch_of(self.base.columns(), &[], projection).map_err(to_datafusion)?.schema(),
        };
        Ok(MemorySourceConfig::try_new_exec(&[batches], schema, None)?)
    }
}
