//! CREATE MODEL and CREATE EXTERNAL MODEL.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Quoted, TextClause, flag, on_off};
use crate::ast::{
    CreateExternalModel, CreateModel, DropModel, Endpoint, ExternalModelSetting, Frequency, Hyperparameters,
    ModelSetting, ModelSource, ModelType, ProblemType,
};

impl Display for CreateModel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE MODEL {}", self.name)?;
        write!(f, "{}{}", Clause("FROM", &self.source), Clause("TARGET", &self.target))?;
        write!(f, "{}", Clause("FUNCTION", &self.function))?;
        if let Some(types) = &self.arg_types {
            write!(f, " ({})", List(types))?;
        }
        write!(f, "{}", Clause("RETURNS", &self.returns))?;
        write!(f, "{}", Clause("SAGEMAKER", &self.sagemaker))?;
        write!(f, " IAM_ROLE {}{}", self.iam_role, Clause("AUTO", &self.auto.map(on_off)))?;
        write!(f, "{}", Clause("MODEL_TYPE", &self.model_type))?;
        write!(f, "{}", Clause("PROBLEM_TYPE", &self.problem_type))?;
        write!(f, "{}", TextClause("OBJECTIVE", &self.objective))?;
        write!(f, "{}", TextClause("PREPROCESSORS", &self.preprocessors))?;
        write!(f, "{}", Clause("HYPERPARAMETERS", &self.hyperparameters))?;
        if self.settings.is_empty() { Ok(()) } else { write!(f, " SETTINGS ({})", List(&self.settings)) }
    }
}

impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Quoted(&self.name))?;
        match &self.model {
            Some(model) => write!(f, ":{}", Quoted(model)),
            None => Ok(()),
        }
    }
}

impl Display for ModelSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ModelSource::Table(name) => write!(f, "{name}"),
            ModelSource::Query(query) => write!(f, "({query})"),
            ModelSource::Job(job) => write!(f, "{}", Quoted(job)),
        }
    }
}

impl Display for ModelType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ModelType::XgBoost => "XGBOOST",
            ModelType::Mlp => "MLP",
            ModelType::LinearLearner => "LINEAR_LEARNER",
            ModelType::KMeans => "KMEANS",
            ModelType::Forecast => "FORECAST",
        })
    }
}

impl Display for ProblemType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProblemType::Regression => "REGRESSION",
            ProblemType::BinaryClassification => "BINARY_CLASSIFICATION",
            ProblemType::MulticlassClassification => "MULTICLASS_CLASSIFICATION",
        })
    }
}

impl Display for Hyperparameters {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("DEFAULT")?;
        for (index, (key, value)) in self.except.iter().enumerate() {
            write!(f, "{}{key} {}", if index > 0 { ", " } else { " EXCEPT (" }, Quoted(value))?;
        }
        f.write_str(flag(!self.except.is_empty(), ")"))
    }
}

impl Display for ModelSetting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ModelSetting::S3Bucket(bucket) => write!(f, "S3_BUCKET {}", Quoted(bucket)),
            ModelSetting::Tags(tags) => write!(f, "TAGS {}", Quoted(tags)),
            ModelSetting::KmsKeyId(key) => write!(f, "KMS_KEY_ID {}", Quoted(key)),
            ModelSetting::S3GarbageCollect(on) => write!(f, "S3_GARBAGE_COLLECT {}", on_off(*on)),
            ModelSetting::MaxCells(count) => write!(f, "MAX_CELLS {count}"),
            ModelSetting::MaxRuntime(seconds) => write!(f, "MAX_RUNTIME {seconds}"),
            ModelSetting::MaxBatchRows(count) => write!(f, "MAX_BATCH_ROWS {count}"),
            ModelSetting::Horizon(count) => write!(f, "HORIZON {count}"),
            ModelSetting::Frequency(Frequency::Unit(unit)) => write!(f, "FREQUENCY {}", Quoted(unit)),
            ModelSetting::Frequency(Frequency::Number(number)) => write!(f, "FREQUENCY {number}"),
            ModelSetting::Percentiles(list) => write!(f, "PERCENTILES {}", Quoted(list)),
        }
    }
}

impl Display for CreateExternalModel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let CreateExternalModel { name, function, arg_types, iam_role, settings } = self;
        write!(f, "CREATE EXTERNAL MODEL {name} FUNCTION {function}")?;
        if let Some(types) = arg_types {
            write!(f, " ({})", List(types))?;
        }
        write!(f, " IAM_ROLE {iam_role} MODEL_TYPE BEDROCK SETTINGS ({})", List(settings))
    }
}

impl Display for ExternalModelSetting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ExternalModelSetting::ModelId(id) => write!(f, "MODEL_ID {}", Quoted(id)),
            ExternalModelSetting::Prompt(text) => write!(f, "PROMPT {}", Quoted(text)),
            ExternalModelSetting::Suffix(text) => write!(f, "SUFFIX {}", Quoted(text)),
            ExternalModelSetting::Unified(true) => f.write_str("REQUEST_TYPE UNIFIED"),
            ExternalModelSetting::Unified(false) => f.write_str("REQUEST_TYPE RAW"),
            ExternalModelSetting::SuperResponse(true) => f.write_str("RESPONSE_TYPE SUPER"),
            ExternalModelSetting::SuperResponse(false) => f.write_str("RESPONSE_TYPE VARCHAR"),
        }
    }
}

impl Display for DropModel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DROP MODEL{} {}", flag(self.if_exists, " IF EXISTS"), self.name)
    }
}
