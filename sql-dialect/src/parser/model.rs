//! CREATE MODEL and CREATE EXTERNAL MODEL.

use super::Parser;
use crate::{
    ast::{
        CreateExternalModel, CreateModel, DropModel, Endpoint, ExternalModelSetting, Frequency, Hyperparameters,
        IamRole, ModelSetting, ModelSource, ModelType, ProblemType, Statement,
    },
    error::Result,
    lexer::TokenKind,
    names::Ident,
};

impl Parser<'_> {
    /// MODEL and what follows, behind CREATE.
    pub(super) fn create_model(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let source = if self.eat_word("from") { Some(self.model_source()?) } else { None };
        let target = if self.eat_word("target") { Some(self.column_or_string()?) } else { None };
        let behind_target = self.at;
        let function = if self.eat_word("function") { Some(self.object_name()?) } else { None };
        let arg_types = if function.is_some() { self.optional_types()? } else { None };
        let returns = if self.eat_word("returns") { Some(self.data_type()?) } else { None };
        let mut model = CreateModel {
            name,
            source,
            target,
            function,
            arg_types,
            returns,
            sagemaker: None,
            iam_role: IamRole::Default,
            auto: None,
            model_type: None,
            problem_type: None,
            objective: None,
            preprocessors: None,
            hyperparameters: None,
            settings: Vec::new(),
        };
        if self.eat_word("sagemaker") {
            model.sagemaker = Some(self.endpoint()?);
        }
        model.iam_role = self.iam_role_clause()?;
        self.model_options(&mut model)?;
        // Only forecasts are asked through the model's own name: FORECAST(model).
        if model.function.is_none() && model.model_type != Some(ModelType::Forecast) {
            return Err(self.unexpected_at(behind_target));
        }
        Ok(Statement::CreateModel(Box::new(model)))
    }

    /// `'endpoint'[:'model']`
    fn endpoint(&mut self) -> Result<Endpoint> {
        let name = self.string()?;
        let model = if self.eat(TokenKind::Colon) { Some(self.string()?) } else { None };
        Ok(Endpoint { name, model })
    }

    fn model_source(&mut self) -> Result<ModelSource> {
        if self.begins_string(0) {
            return self.string().map(ModelSource::Job);
        }
        if self.is(TokenKind::LeftParen) {
            return self.paren_query().map(ModelSource::Query);
        }
        self.object_name().map(ModelSource::Table)
    }

    /// A column, which the guide's examples also write as a string.
    fn column_or_string(&mut self) -> Result<Ident> {
        if !self.begins_string(0) {
            return self.ident();
        }
        let pos = self.pos();
        Ok(Ident { value: self.string()?, quoted: true, written: None, pos })
    }

    fn model_options(&mut self, model: &mut CreateModel) -> Result<()> {
        loop {
            if model.auto.is_none() && self.eat_word("auto") {
                model.auto = Some(self.on_off()?);
            } else if model.model_type.is_none() && self.eat_word("model_type") {
                model.model_type = Some(self.model_type()?);
            } else if model.problem_type.is_none() && self.eat_word("problem_type") {
                model.problem_type = Some(self.in_optional_parens(Self::problem_type)?);
            } else if model.objective.is_none() && self.eat_word("objective") {
                model.objective = Some(self.in_optional_parens(Self::string)?);
            } else if model.preprocessors.is_none() && self.eat_word("preprocessors") {
                model.preprocessors = Some(self.string()?);
            } else if model.hyperparameters.is_none() && self.eat_word("hyperparameters") {
                model.hyperparameters = Some(self.hyperparameters()?);
            } else if model.settings.is_empty() && self.eat_word("settings") {
                model.settings = self.paren_list(Self::model_setting)?;
            } else {
                return Ok(());
            }
        }
    }

    /// `item` or `(item)`
    fn in_optional_parens<T>(&mut self, item: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let parens = self.eat(TokenKind::LeftParen);
        let item = item(self)?;
        if parens {
            self.expect(TokenKind::RightParen)?;
        }
        Ok(item)
    }

    fn model_type(&mut self) -> Result<ModelType> {
        let found = match self.folded_word().as_str() {
            "xgboost" => ModelType::XgBoost,
            "mlp" => ModelType::Mlp,
            "linear_learner" => ModelType::LinearLearner,
            "kmeans" => ModelType::KMeans,
            "forecast" => ModelType::Forecast,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(found)
    }

    fn problem_type(&mut self) -> Result<ProblemType> {
        let found = match self.folded_word().as_str() {
            "regression" => ProblemType::Regression,
            "binary_classification" => ProblemType::BinaryClassification,
            "multiclass_classification" => ProblemType::MulticlassClassification,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(found)
    }

    fn hyperparameters(&mut self) -> Result<Hyperparameters> {
        self.expect_word("default")?;
        let except = if self.eat_word("except") {
            self.paren_list(|parser| Ok((parser.label()?, parser.string()?)))?
        } else {
            Vec::new()
        };
        Ok(Hyperparameters { except })
    }

    fn model_setting(&mut self) -> Result<ModelSetting> {
        let start = self.at;
        let word = self.folded_word();
        self.advance();
        Ok(match word.as_str() {
            "s3_bucket" => ModelSetting::S3Bucket(self.string()?),
            "tags" => ModelSetting::Tags(self.string()?),
            "kms_key_id" => ModelSetting::KmsKeyId(self.string()?),
            "s3_garbage_collect" => ModelSetting::S3GarbageCollect(self.on_off()?),
            "max_cells" => ModelSetting::MaxCells(self.unsigned()?),
            "max_runtime" => ModelSetting::MaxRuntime(self.unsigned()?),
            "max_batch_rows" => ModelSetting::MaxBatchRows(self.unsigned()?),
            "horizon" => ModelSetting::Horizon(self.unsigned()?),
            "frequency" => ModelSetting::Frequency(self.frequency()?),
            "percentiles" => ModelSetting::Percentiles(self.string()?),
            _ => return Err(self.unexpected_at(start)),
        })
    }

    /// The guide's synopsis has a number, its text and examples a string.
    fn frequency(&mut self) -> Result<Frequency> {
        if self.begins_string(0) { self.string().map(Frequency::Unit) } else { self.unsigned().map(Frequency::Number) }
    }

    /// MODEL and what follows, behind CREATE EXTERNAL.
    pub(super) fn create_external_model(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        self.expect_word("function")?;
        let function = self.object_name()?;
        let arg_types = self.optional_types()?;
        let iam_role = self.iam_role_clause()?;
        self.expect_words(&["model_type", "bedrock", "settings"])?;
        let settings = self.paren_list(Self::external_model_setting)?;
        Ok(Statement::CreateExternalModel(CreateExternalModel { name, function, arg_types, iam_role, settings }))
    }

    fn external_model_setting(&mut self) -> Result<ExternalModelSetting> {
        let start = self.at;
        let word = self.folded_word();
        self.advance();
        Ok(match word.as_str() {
            "model_id" => ExternalModelSetting::ModelId(self.string()?),
            "prompt" => ExternalModelSetting::Prompt(self.string()?),
            "suffix" => ExternalModelSetting::Suffix(self.string()?),
            "request_type" => {
                let unified = self.eat_word("unified");
                if !unified {
                    self.expect_word("raw")?;
                }
                ExternalModelSetting::Unified(unified)
            }
            "response_type" => {
                let is_super = self.eat_word("super");
                if !is_super {
                    self.expect_word("varchar")?;
                }
                ExternalModelSetting::SuperResponse(is_super)
            }
            _ => return Err(self.unexpected_at(start)),
        })
    }

    pub(super) fn drop_model(&mut self) -> Result<Statement> {
        self.advance();
        let if_exists = self.eat_words(&["if", "exists"]);
        Ok(Statement::DropModel(DropModel { if_exists, name: self.object_name()? }))
    }
}
