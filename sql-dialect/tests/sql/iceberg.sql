--! page iceberg-writes-sql-syntax, iceberg-alter-table

--! ok CREATE TABLE
CREATE TABLE my_external_schema.orders (
  order_id INT,
  status VARCHAR DEFAULT 'pending',
  region VARCHAR DEFAULT 'us-east-1'
)
USING ICEBERG
LOCATION 's3://amzn-s3-demo-bucket/orders/'
TABLE PROPERTIES ('format-version'='3');
create table if not exists s.t (id int, ship_date date) using iceberg location 's3://b/k/' partitioned by (bucket(16, id), year(ship_date));
CREATE TABLE my_external_schema.lineitem (l_item_id int, l_ship_date varchar) USING ICEBERG LOCATION 's3://b/k/' PARTITIONED BY l_ship_date;
create table t (a date) using iceberg partitioned by year(a) table properties ('compression_type' = 'zstd', 'format-version' = '2');
CREATE TABLE "amzn-s3-demo-bucket@s3tablescatalog".my_namespace.orders (order_id INT) USING ICEBERG;
create table awsdatacatalog.db.t (a int, b date, c varchar(5)) using iceberg partitioned by (a, month(b), day(b), hour(b), truncate(4, c));

--! ok CREATE TABLE AS
CREATE TABLE my_external_schema.orders_backup (order_id, status, region) USING ICEBERG
LOCATION 's3://amzn-s3-demo-bucket/orders-backup/' TABLE PROPERTIES ('format-version'='3')
AS SELECT order_id, status, region FROM my_external_schema.orders;
create table s.t using iceberg as select 1 as a;

--! ok SHOW TABLE
SHOW TABLE "catalog_name".database_name.table_name;

--! ok ALTER TABLE
ALTER TABLE s.t SET TABLE PROPERTIES ('format-version' = '3');
ALTER TABLE s.t RENAME COLUMN a TO b; alter table s.t rename a to b;
ALTER TABLE my_external_schema.orders ADD COLUMN priority INT DEFAULT 0; alter table s.t add a int; alter table s.t drop column a;
ALTER TABLE s.t ALTER COLUMN cint TYPE int8;
ALTER TABLE my_external_schema.orders ALTER COLUMN status SET DEFAULT 'active';
ALTER TABLE awsdatacatalog.my_glue_db.orders ALTER COLUMN status DROP DEFAULT; alter table t alter a set default -1;
ALTER TABLE s.t ADD PARTITION FIELD bucket(128, ship_date); alter table s.t add partition field region;
ALTER TABLE s.t DROP PARTITION FIELD year(ship_date); alter table s.t drop partition field region;
ALTER TABLE s.t REPLACE PARTITION FIELD year(ship_date) WITH month(ship_date); alter table s.t replace partition field a with truncate(5, a);

--! ok INSERT
insert into "b@s3tablescatalog".n.t (a) values (1); insert into s.t (select 1);

--! ok DELETE
DELETE FROM my_external_schema.lineitem WHERE l_ship_date = '20251231';

--! error 42601 | syntax error at or near "diststyle" | diststyle
create table s.t (a int) using iceberg diststyle all

--! error 42601 | syntax error at or near "delta" | delta
create table s.t (a int) using delta

--! error 42601 | syntax error at or near "location" | location
create table s.t (a int) using iceberg partitioned by (a) location 's3://b/'

--! error 42601 | syntax error at end of input |
alter table s.t replace partition field a
