--! page r_COPY-JOB

--! ok COPY JOB
COPY public.target_table
FROM 's3://amzn-s3-demo-bucket/staging-folder'
IAM_ROLE 'arn:aws:iam::123456789012:role/MyLoadRoleName'
JOB CREATE my_copy_job_name
AUTO ON;
copy t from 's3://b/k' iam_role 'r' csv job create j;
copy job alter j auto off;
copy job run j;
copy job list;
copy job show j;
copy job drop j;

--! error 42601 | syntax error at or near "stop" | stop
copy job stop j

--! error 42601 | syntax error at or near "maybe" | maybe
copy job alter j auto maybe
