--! page r_CREATE_MODEL, r_create_model_use_cases, r_create_external_model, r_SHOW_MODEL, r_DROP_MODEL

--! ok CREATE MODEL
CREATE MODEL customer_churn
FROM customer_data
TARGET churn
FUNCTION predict_churn
IAM_ROLE 'arn:aws:iam::<account-id>:role/<role-name>'
PROBLEM_TYPE BINARY_CLASSIFICATION
OBJECTIVE 'F1'
SETTINGS (S3_BUCKET 'bucket');
create model s.m from (select a, b from t) target b function s.f (int, varchar(5)) iam_role default auto on
model_type xgboost problem_type (regression) objective ('MSE') preprocessors '[]'
settings (s3_bucket 'b', tags 't', kms_key_id 'k', s3_garbage_collect off, max_cells 10000, max_runtime 5400, max_batch_rows 5);
create model m from t target 'Churn' function f iam_role default auto off model_type kmeans preprocessors 'none'
hyperparameters default except (k '5', num_round '10') settings (s3_bucket 'b');
create model m from 'job_name' function f (int) returns decimal(8,7) iam_role default settings (s3_bucket 'b');
create model m function f (varchar, int) returns float sagemaker 'endpoint' iam_role default;
create model m from t target c function f iam_role default hyperparameters default;
create model m function f (super) returns super sagemaker 'endpoint':'second' iam_role default settings (max_batch_rows 10);
create model m from (select a, b, c from t) target c iam_role default auto on model_type forecast objective 'RMSE'
settings (s3_bucket 'b', horizon 5, frequency 'D', percentiles '0.25,0.50,mean', s3_garbage_collect off);
create model m from t target c iam_role default model_type forecast settings (s3_bucket 'b', horizon 5, frequency 1);

--! ok CREATE EXTERNAL MODEL
CREATE EXTERNAL MODEL llm_claude
FUNCTION llm_claude_func
IAM_ROLE default
MODEL_TYPE BEDROCK
SETTINGS (MODEL_ID 'anthropic.claude-v2:1', PROMPT 'Summarize:', SUFFIX 'x', REQUEST_TYPE UNIFIED, RESPONSE_TYPE VARCHAR);
create external model m function f iam_role 'arn' model_type bedrock settings (model_id 'x', request_type raw, response_type super);

create external model m function f (varchar, super) iam_role default model_type bedrock settings (model_id 'x');

--! ok SHOW MODEL
SHOW MODEL ALL;
SHOW MODEL customer_churn;

--! ok DROP MODEL
DROP MODEL demo_ml.customer_churn;
drop model if exists m;

--! error 42601 | syntax error at or near "forest" | forest
create model m from t target a function f iam_role default model_type forest

--! error 42601 | syntax error at or near "settings" | settings
create model m from t target a function f settings (s3_bucket 'b')

--! error 42601 | syntax error at or near "iam_role" | iam_role
create model m from t target a iam_role default settings (s3_bucket 'b')

--! error 42601 | syntax error at or near "iam_role" | iam_role
create model m function f (int) returns int sagemaker iam_role default
