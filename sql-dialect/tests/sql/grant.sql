--! page r_GRANT, r_REVOKE, r_ALTER_DEFAULT_PRIVILEGES

--! ok GRANT
grant select on table sales to fred;
grant select on all tables in schema qa_tickit to fred with grant option;
grant all on sales to group managers, role r, public;
grant insert, update, delete, drop, references, alter, truncate on a, s.b to u with grant option, v;
grant create, temporary, usage, alter, drop on database d, e to u;
grant all privileges on schema s, db.t to group g;
grant execute on function f(a int, varchar(5)), s.g() to u;
grant execute on all functions in schema s to role r;
grant all on procedure p(in a int, out b int) to u;
grant execute on all procedures in schema s to u;
grant usage on language plpythonu, sql to group udf_devs;
grant alter, drop on copy job a, b to u;
grant alter, drop, usage on template db.s.t to role r;
grant select (cust_name, cust_phone), update (cust_contact_preference) on cust_profile to group sales_group;
grant all (cust_name) on table cust_profile to user1;
grant assumerole on 'arn:aws:iam::123456789012:role/Redshift-S3-Read', 'b' to reg_user1 for copy, unload;
grant assumerole on default to role r for external function, create model;
grant assumerole on all to public for all;
grant select (a, b) on external table s.t to iam_role 'arn' with grant option;
grant select, alter, drop, delete, insert on external table s.t, s.u to iam_role 'a', public;
grant create, alter, drop on external schema s to iam_role 'a', iam_role 'b';
grant alter, share on datashare salesshare to u with grant option;
grant usage on datashare salesshare to namespace '13b8833d-17c6-4f16-8fe4-1a018f5ed00d';
GRANT USAGE ON DATASHARE salesshare TO ACCOUNT '123456789012' VIA DATA CATALOG;
grant usage on database sales_db to bob;
grant create, usage for schemas in database d to role r;
grant select, insert for tables in schema s database d to u with grant option;
grant all for tables in database d to u;
GRANT EXECUTE FOR FUNCTIONS IN SCHEMA Sales_schema TO bob;
grant execute for procedures in schema s to role r;
grant all for tables in schema sharedb.shareschema to role sales;
grant usage for languages in database d to u;
grant create, alter for copy jobs in database d to u;
grant usage for templates in schema s to u;
grant create model to u with grant option, group g;
grant execute on model m, s.n to role r;
GRANT ROLE sys:secadmin TO bob;
grant role a, role b to u with admin option;
grant role a to role b;
GRANT sample_role1 TO user1;
grant create user, drop user, alter user, create schema, drop schema, alter default privileges, access catalog,
access system table, create table, drop table, alter table, create or replace function,
create or replace external function, drop function, create or replace procedure, drop procedure,
create or replace view, drop view, create model, drop model, create datashare, alter datashare, drop datashare,
create library, drop library, create role, drop role, truncate table, vacuum, analyze, cancel to role r;
grant all to role r;
grant explain rls to role r;
grant explain masking to role r;
grant ignore rls to role r;
grant select on table lookup to rls policy p, masking policy q;

grant connect on workgroup to "awsidc:alice", role "awsidc:sales", public; grant connect to awsidc:bob;

--! ok REVOKE
revoke grant option for drop, alter on database d from u restrict;
revoke connect on workgroup from public; revoke connect from role "awsidc:sales";
revoke insert on table lookup from public;
revoke all on schema s from group g;
revoke grant option for select, insert on t from u restrict;
revoke create on schema s from u cascade;
revoke execute on function f(int) from public;
revoke usage on language sql from PUBLIC;
revoke select (a), update (b) on t from u;
revoke assumerole on all from public for all;
revoke all on external table s.t from iam_role 'a';
revoke share on datashare s from u;
revoke usage on datashare s from namespace 'a', 'b'; revoke usage on datashare s from namespace 'x', account '1' via data catalog;
REVOKE EXECUTE FOR FUNCTIONS IN SCHEMA Sales_schema FROM bob;
revoke grant option for create model from u;
revoke admin option for role a from u;
revoke role a, role b from role c;
revoke create table, vacuum from role r;
revoke all privileges from role r;
revoke ignore rls from role r;
revoke select on t from rls policy p;

--! ok ALTER DEFAULT PRIVILEGES
alter default privileges for user report_admin grant select on tables to group report_readers;
alter default privileges grant select on tables to public;
alter default privileges in schema sales grant insert, drop on tables to group sales_admin, u with grant option;
alter default privileges in schema sales, b revoke insert on tables from group sales_admin;
alter default privileges revoke execute on functions from public;
alter default privileges for user a, b grant all privileges on procedures to role r;
alter default privileges revoke grant option for all on tables from u restrict;

--! ok SHOW GRANTS
SHOW GRANTS on database demo_db;
SHOW GRANTS ON SCHEMA demo_schema limit 5;
SHOW GRANTS FOR alice;
SHOW GRANTS FOR role r FROM DATABASE second_db limit 10;
SHOW GRANTS ON TABLE demo_db.demo_schema.t3 FOR ALICE;
SHOW GRANTS ON t4;
show grants on function s.f(int, a varchar(5)) for public;
show grants on function s.f;
show grants on template t;

--! ok SHOW COLUMN GRANTS
SHOW COLUMN GRANTS ON TABLE demo_db.demo_schema.t100;
show column grants on table s.t for role r limit 5;

--! error 0LP01 | invalid privilege type EXECUTE for table | execute
grant execute on t to u

--! error 0LP01 | invalid privilege type INSERT for column | insert
grant insert (a) on t to u

--! error 0LP01 | invalid privilege type REFERENCES for column | select
revoke select (a), references (b) on t from u

--! error 0LP01 | invalid privilege type SELECT for database | select
grant select on database d to u

--! error 42601 | syntax error at or near "to" | to
grant select to u

--! error 42601 | syntax error at or near "connect" | connect
grant connect on database d to u

--! error 42601 | syntax error at or near "sequence" | sequence
alter default privileges grant select on sequence to u

--! error 42601 | syntax error at or near "database" | database
grant all for tables in schema sharedb.shareschema database sharedb to role sales

--! error 42601 | syntax error at or near "to" | to
grant all for tables in to role sales
