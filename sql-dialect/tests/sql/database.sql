--! page r_CREATE_DATABASE, r_ALTER_DATABASE, r_DROP_DATABASE, r_USE_command, r_ALTER_SYSTEM

--! ok CREATE DATABASE
create database tickit with owner dwuser;
CREATE DATABASE sampledb COLLATE CASE_INSENSITIVE;
CREATE DATABASE sampledb ISOLATION LEVEL SNAPSHOT;
create database d owner = u connection limit 5 collate cs isolation level serializable;
create database d connection limit unlimited;
CREATE DATABASE d FROM DATASHARE salesshare OF NAMESPACE '13b8833d';
create database d with permissions from datashare s of account '123' namespace 'x';
create database d from arn 'arn:aws:glue:x' with no data catalog schema iam_role default;
create database d from arn 'arn' with data catalog schema 's' iam_role 'SESSION';
CREATE DATABASE sampledb FROM INTEGRATION 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111';
create database d from integration 'x' database sourcedb set refresh_interval 7200 query_all_states = true acceptinvchars false
truncatecolumns true history_mode = true auto_remediation = false owner u;

--! ok ALTER DATABASE
alter database tickit_sandbox rename to tickit_test;
alter database tickit owner to dwuser;
ALTER DATABASE sampledb COLLATE CASE_INSENSITIVE;
ALTER DATABASE sampledb ISOLATION LEVEL SNAPSHOT;
alter database d connection limit 5 collate case_sensitive isolation level serializable;
ALTER DATABASE sample_integration_db INTEGRATION REFRESH TABLE schema1.sample_table1, schema2.sample_table2;
ALTER DATABASE sample_integration_db INTEGRATION REFRESH ALL tables;
ALTER DATABASE sample_integration_db INTEGRATION REFRESH INERROR TABLES in SCHEMA sample_schema;
ALTER DATABASE sample_integration_db INTEGRATION SET REFRESH_INTERVAL 600;
ALTER DATABASE sample_integration_db INTEGRATION SET HISTORY_MODE = true FOR TABLE myschema.table1;
ALTER DATABASE sample_integration_db INTEGRATION SET HISTORY_MODE = true for ALL TABLES IN SCHEMA myschema;

--! ok DROP DATABASE
drop database tickit_test; drop database "A b" force;

--! ok USE
use pdb;
USE my_db@my_catalog;
use "my_db@my_catalog";

--! ok CREATE TABLE
CREATE TABLE my_db@my_catalog.public.t (col INT);

--! ok SELECT
SELECT * FROM my_db@my_catalog.public.t;

--! ok ALTER SYSTEM
ALTER SYSTEM SET data_catalog_auto_mount = true;
ALTER SYSTEM SET default_identity_namespace = 'MYCO';
alter system set metadata_security = off;

--! ok SHOW
show use;

--! ok RESET
reset use;

--! error 0A000 | CREATE DATABASE option ENCODING is not supported | encoding | UTF-8
create database d encoding 'utf8'

--! error 0A000 | CREATE DATABASE option TEMPLATE is not supported | template
create database d template template0

--! error 42601 | syntax error at end of input |
alter database d

--! error 42601 | syntax error at or near "exists" | exists d | PG_DATABASE
drop database if exists d

--! error 42601 | syntax error at or near "cascade" | cascade
drop database d cascade

--! error 42601 | syntax error at or near "," | , e
drop database d, e
