--! page r_CREATE_EXTERNAL_SCHEMA, r_CREATE_EXTERNAL_TABLE, r_ALTER_TABLE_external-table, r_CREATE_EXTERNAL_VIEW

--! ok CREATE EXTERNAL SCHEMA
create external schema spectrum_schema
from data catalog
database 'sampledb'
region 'us-west-2'
iam_role 'arn:aws:iam::123456789012:role/MySpectrumRole';
create external schema if not exists spectrum_schema
from data catalog
database 'spectrum_db'
iam_role 'arn:aws:iam::123456789012:role/MySpectrumRole'
create external database if not exists;
create external schema hive_schema
from hive metastore
database 'hive_db'
uri '172.10.10.10' port 99
iam_role 'arn:aws:iam::123456789012:role/MySpectrumRole';
create external schema s from data catalog database 'd' iam_role 'a,b' catalog_role 'SESSION' catalog_id '123456789012';
CREATE EXTERNAL SCHEMA myRedshiftSchema FROM POSTGRES DATABASE 'my_aurora_db' SCHEMA 'my_aurora_schema'
URI 'endpoint to aurora hostname' PORT 5432 IAM_ROLE default SECRET_ARN 'arn:aws:secretsmanager:x';
create external schema s from mysql database 'd' uri 'h' port 3306 iam_role 'r' secret_arn 'x';
create external schema s from kinesis iam_role default;
create external schema s from msk iam_role 'r' authentication iam cluster_arn 'arn:aws:kafka:x';
create external schema s from kafka iam_role default uri 'a:9092,b:9092' authentication mtls authentication_arn 'arn';
CREATE EXTERNAL SCHEMA sales_schema FROM REDSHIFT DATABASE 'sales_db' SCHEMA 'public';

--! ok ALTER EXTERNAL SCHEMA
ALTER EXTERNAL SCHEMA schema_name AUTHENTICATION mtls AUTHENTICATION_ARN 'arn:aws:acm:us-east-1:444455556666:certificate/x';
ALTER EXTERNAL SCHEMA schema_name URI 'lkc-ghidef-67890.centralus.azure.glb.confluent.cloud:9092';
alter external schema s iam_role 'SESSION' authentication none secret_arn 'x';

--! ok CREATE EXTERNAL TABLE
create external table spectrum_db.spectrum_schema.test (c1 int)
stored as parquet
location 's3://mybucket/myfolder/';
create external table spectrum.sales_part(
salesid integer,
pricepaid decimal(8,2),
saletime timestamp)
partitioned by (saledate date, hour int)
row format delimited
fields terminated by '|' lines terminated by '\n'
stored as textfile
location 's3://b/tickit/spectrum/sales_partition/'
table properties ('numRows'='172000', 'skip.header.line.count'='1');
CREATE EXTERNAL TABLE spectrum.customers (
  id     int,
  name   struct<given:varchar(20), family:varchar(20)>,
  phones array<varchar(20)>,
  orders array<struct<shipdate:timestamp, price:double precision>>,
  deep   array<array<map<varchar(5), int>>>
)
STORED AS PARQUET
LOCATION 's3://awssampledbuswest2/nested_example/customers/';
create external table s.t (a int) row format serde 'org.openx.data.jsonserde.JsonSerDe'
with serdeproperties ('dots.in.keys' = 'true', 'mapping.requesttime' = 'requesttimestamp')
stored as inputformat 'a.B' outputformat 'c.D' location 's3://b/k/';
create external table s.t (a int) row format serde 'com.amazon.emr.hive.serde.CloudTrailSerde' location 's3://b/json/';
create external table s.t (a int) row format delimited collection items terminated by ',' map keys terminated by ':' stored as orc location 's3://b/';
CREATE EXTERNAL TABLE spectrum.partitioned_lineitem
PARTITIONED BY (l_shipdate, l_shipmode)
STORED AS parquet
LOCATION 'S3://mybucket/cetas/partitioned_lineitem/'
AS SELECT l_orderkey, l_shipmode, l_shipdate FROM local_table;

--! ok ALTER TABLE
alter table spectrum.sales set table properties ('numRows'='170000');
alter table spectrum.sales set location 's3://awssampledbuswest2/tickit/spectrum/sales/';
alter table spectrum.sales set file format parquet;
alter table spectrum.sales_part add if not exists partition(saledate='2008-01-01')
location 's3://b/saledate=2008-01/'
partition(saledate='2008-02-01', n = -1)
location 's3://b/saledate=2008-02/';
alter table s.t add partition (a = 1) location 's3://b/1', partition (a = 2) location 's3://b/2';
alter table spectrum.sales_part drop partition(saledate='2008-01-01');
alter table spectrum.sales_part partition(saledate='2008-01-01') set location 's3://b/x/';
alter table spectrum.sales rename column sales_date to transaction_date;

--! ok SHOW EXTERNAL TABLE
SHOW EXTERNAL TABLE my_schema.alldatatypes_parquet_test_partitioned;
SHOW EXTERNAL TABLE d.s.t PARTITION;

--! ok CREATE EXTERNAL VIEW
CREATE EXTERNAL PROTECTED VIEW sample_schema.glue_data_catalog_view IF NOT EXISTS
AS SELECT * FROM sample_database.remote_table "remote-table-name";
create external view awsdatacatalog.d.v as select 1;

--! ok ALTER EXTERNAL VIEW
ALTER EXTERNAL VIEW sample_schema.glue_data_catalog_view FORCE REMOVE DEFINITION;
alter external view s.v as (select a from t);
alter external view s.v force as select a from t;

--! ok DROP EXTERNAL VIEW
drop external view s.v if exists;
drop external view awsdatacatalog.d.v;

--! ok DROP SCHEMA
drop schema s drop external database cascade;

--! error 42601 | syntax error at or near "oracle" | oracle
create external schema s from oracle database 'd'

--! error 42601 | syntax error at or near ")" | )
create external table s.t (a struct<b:int) stored as parquet location 's3://b/'

--! error 42601 | syntax error at end of input |
create external table s.t stored as parquet location 's3://b/'

--! error 42601 | syntax error at or near "xml" | xml
create external table s.t (a int) stored as xml location 's3://b/'

--! error 42601 | syntax error at end of input |
alter external schema s

--! error 42601 | syntax error at or near "schema" | schema | SET LOCATION
alter table t set schema s
