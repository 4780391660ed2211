//! CREATE MODEL: machine learning as Redshift ML words it.

use super::{DataType, IamRole, Query};
use crate::names::{Ident, ObjectName};

/// `CREATE MODEL name [FROM source] [TARGET column] [FUNCTION name [(types)]] [RETURNS type] ... SETTINGS (...)`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateModel {
    /// Its name.
    pub name: ObjectName,
    /// What it is trained with, or what trained it.
    pub source: Option<ModelSource>,
    /// TARGET: what is predicted.
    pub target: Option<Ident>,
    /// FUNCTION: what predicts; none for forecasts.
    pub function: Option<ObjectName>,
    /// The types of the function's arguments, where written.
    pub arg_types: Option<Vec<DataType>>,
    /// RETURNS
    pub returns: Option<DataType>,
    /// SAGEMAKER: where a model is asked that is there already.
    pub sagemaker: Option<Endpoint>,
    /// IAM_ROLE
    pub iam_role: IamRole,
    /// AUTO ON | OFF
    pub auto: Option<bool>,
    /// MODEL_TYPE
    pub model_type: Option<ModelType>,
    /// PROBLEM_TYPE
    pub problem_type: Option<ProblemType>,
    /// OBJECTIVE
    pub objective: Option<String>,
    /// PREPROCESSORS
    pub preprocessors: Option<String>,
    /// HYPERPARAMETERS
    pub hyperparameters: Option<Hyperparameters>,
    /// SETTINGS
    pub settings: Vec<ModelSetting>,
}

/// `'endpoint'[:'model']`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The endpoint's name.
    pub name: String,
    /// Which model, where the endpoint has several.
    pub model: Option<String>,
}

/// What a model is trained with.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSource {
    /// A table.
    Table(ObjectName),
    /// `(query)`
    Query(Box<Query>),
    /// `'job or model path'`
    Job(String),
}

/// The kinds of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ModelType {
    XgBoost,
    Mlp,
    LinearLearner,
    KMeans,
    Forecast,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProblemType {
    Regression,
    BinaryClassification,
    MulticlassClassification,
}

/// `HYPERPARAMETERS DEFAULT [EXCEPT (key 'value', ...)]`
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperparameters {
    /// Those that differ.
    pub except: Vec<(Ident, String)>,
}

/// A setting of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSetting {
    /// `S3_BUCKET 'bucket'`
    S3Bucket(String),
    /// `TAGS 'tags'`
    Tags(String),
    /// `KMS_KEY_ID 'key'`
    KmsKeyId(String),
    /// `S3_GARBAGE_COLLECT ON | OFF`
    S3GarbageCollect(bool),
    /// `MAX_CELLS n`
    MaxCells(u64),
    /// `MAX_RUNTIME seconds`
    MaxRuntime(u64),
    /// `MAX_BATCH_ROWS n`
    MaxBatchRows(u64),
    /// `HORIZON n`
    Horizon(u64),
    /// `FREQUENCY 'unit' | n`
    Frequency(Frequency),
    /// `PERCENTILES 'list'`
    Percentiles(String),
}

/// How often a forecast has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frequency {
    /// `'H'`
    Unit(String),
    /// `5`
    Number(u64),
}

/// `CREATE EXTERNAL MODEL name FUNCTION name [(types)] IAM_ROLE ... MODEL_TYPE BEDROCK SETTINGS (...)`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalModel {
    /// Its name.
    pub name: ObjectName,
    /// FUNCTION: what asks it.
    pub function: ObjectName,
    /// The types of the function's arguments, where written.
    pub arg_types: Option<Vec<DataType>>,
    /// IAM_ROLE
    pub iam_role: IamRole,
    /// SETTINGS
    pub settings: Vec<ExternalModelSetting>,
}

/// A setting of an external model.
#[derive(Debug, Clone, PartialEq)]
pub enum ExternalModelSetting {
    /// `MODEL_ID 'id'`
    ModelId(String),
    /// `PROMPT 'prefix'`
    Prompt(String),
    /// `SUFFIX 'suffix'`
    Suffix(String),
    /// `REQUEST_TYPE RAW | UNIFIED`: UNIFIED?
    Unified(bool),
    /// `RESPONSE_TYPE VARCHAR | SUPER`: SUPER?
    SuperResponse(bool),
}

/// `DROP MODEL [IF EXISTS] name`
#[derive(Debug, Clone, PartialEq)]
pub struct DropModel {
    /// IF EXISTS?
    pub if_exists: bool,
    /// Which one.
    pub name: ObjectName,
}
