--! page r_UNLOAD

--! ok UNLOAD
unload ('select * from venue') to 's3://mybucket/unload/' iam_role 'arn:aws:iam::0123456789012:role/MyRedshiftRole';
unload ('select * from venue where venuestate=''NV''') to 's3://b/p' iam_role default parallel off;
unload ($$select * from venue where venuestate='NV'$$) to 's3://b/p' iam_role 'SESSION' format as parquet partition by (a, b) include;
unload ('select 1') to 's3://b/p' credentials 'aws_access_key_id=x;aws_secret_access_key=y' csv header delimiter as ',' gzip
manifest verbose allowoverwrite parallel true maxfilesize 100 mb region as 'us-east-1' extension 'csv.gz';
unload ('select 1') to 's3://b/p' access_key_id 'a' secret_access_key 'b' session_token 'c' fixedwidth 'a:1' encrypted kms_key_id 'k' bzip2 cleanpath;
unload ('select 1') to 's3://b/p' iam_role default json zstd addquotes null as 'x' escape encrypted auto maxfilesize as 6.2 gb rowgroupsize 64 mb manifest;
unload ('select 1') to 's3://b/p' iam_role default, format csv, header;

--! error 42601 | syntax error at or near "form" | form t
unload ('select * form t') to 's3://b/p' iam_role default

--! error 42601 | syntax error at or near "nonsense" | nonsense
unload ('select 1') to 's3://b/p' iam_role default nonsense

--! error 42601 | syntax error at or near "select" | select
unload (select 1) to 's3://b/p' iam_role default

--! error 0A000 | SELECT DISTINCT ON is not supported | distinct | QUALIFY
unload ('select distinct on (a) a from t') to 's3://b/p' iam_role default
