--! page r_COPY, r_COPY-WITH-TEMPLATE

--! ok COPY
copy catdemo from 's3://awssampledbuswest2/tickit/category_pipe.txt'
iam_role 'arn:aws:iam::<aws-account-id>:role/<role-name>' region 'us-west-2';
copy t (a, b) from 's3://b/k' iam_role default csv quote as '"' delimiter ',' null as '\N' ignoreheader 1 maxerror 5 gzip;
copy t from 's3://b/m' credentials 'aws_iam_role=arn' manifest json 'auto ignorecase' timeformat 'auto' dateformat as 'auto' truncatecolumns;
copy t from 's3://b/k' iam_role default format as parquet serializetojson;
copy t from 's3://b/k' access_key_id 'a' secret_access_key 'b' session_token 'c' fixedwidth 'a:3,b:5' acceptinvchars as '^'
acceptanydate blanksasnull emptyasnull encoding utf16 escape explicit_ids fillrecord ignoreblanklines removequotes roundec
trimblanks comprows 100 compupdate off statupdate on noload bzip2;
copy t from 's3://b/k' iam_role default shapefile simplify auto 0.5;
copy t from 's3://b/k' iam_role default avro 's3://b/paths' lzop ignoreallerrors;
copy t from 'emr://c/k' iam_role default orc;
copy t from 'dynamodb://x' iam_role default readratio 50 compupdate preset zstd encrypted master_symmetric_key 'k' ssh;
copy public.t from 's3://b/k' iam_role 'arn' delimiter ',' using template public.loads;
copy t from 's3://b/k' iam_role 'SESSION' encoding iso88591 using template d.s.loads;

--! error 42601 | syntax error at or near "csv" | csv
copy t from 's3://b/k' iam_role default using template x csv

--! error 0A000 | COPY FROM STDIN is not supported | stdin | s3://
copy t from stdin

--! error 0A000 | COPY TO is not supported | to | UNLOAD
copy t to 's3://b/k'

--! error 0A000 | COPY (query) is not supported | ( | UNLOAD
copy (select 1) to 's3://b/k'

--! error 42601 | syntax error at or near "headers" | headers
copy t from 's3://b/k' iam_role default headers
