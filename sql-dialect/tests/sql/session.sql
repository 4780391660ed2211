--! page r_BEGIN, r_COMMIT, r_ROLLBACK, r_SET, r_RESET, r_SHOW, r_PREPARE, r_EXECUTE, r_DEALLOCATE, declare, fetch, close, r_CANCEL

--! ok BEGIN
begin; begin work; begin transaction isolation level serializable read only; start transaction;
begin isolation level read uncommitted read write;

--! ok COMMIT
commit; commit work; end; end transaction;

--! ok ROLLBACK
rollback; abort; abort work; rollback transaction;

--! ok SAVEPOINT
savepoint a; savepoint "B c";

--! ok RELEASE
release savepoint a; release a;

--! ok SET
set search_path to a, "$user", 'c'; set seed to .25; set datestyle to 'SQL,DMY'; set query_group to default;
set local statement_timeout = 1000; set app_context.user_id to 'x'; set time zone 'UTC'; set time zone local;
set session characteristics as transaction isolation level serializable; set transaction read only;
set "time" to 1; set extra_float_digits to -3; set timezone interval '-8 hours'; set time zone interval '-08:00' hour to minute;
set timezone to interval '1 hour'; set local time zone 'America/New_York'; set session time zone default; SET timezone = 'GB';

--! ok SET SESSION AUTHORIZATION
set session authorization 'dwuser'; set session authorization default; set local session authorization bob;

--! ok RESET
reset all; reset query_group; reset session authorization; reset app_context.user_id;

--! ok SHOW
show all; show query_group; show time zone; SHOW app_context.user_id; show "tables";

--! ok PREPARE
PREPARE prep_select_plan AS select * from prep1 where c1 = $1;
prepare p (int, varchar(5), numeric(10,2)) as insert into t values ($1, $2, $3);
prepare p as update t set a = $1; prepare p as delete from t where a = $1;

--! ok EXECUTE
EXECUTE prep_select_plan (10); execute p; execute p (1, 'a', null);

--! ok DEALLOCATE
deallocate p; deallocate prepare p; deallocate all;

--! ok DECLARE CURSOR
declare lollapalooza cursor for select eventname from event order by 1;
declare c cursor with hold for select 1;

--! ok FETCH
fetch forward 5 from lollapalooza; fetch next from c; fetch all from c; fetch forward all from c; fetch 10 in c; fetch c;

--! ok CLOSE CURSOR
close lollapalooza; close all;

--! ok CANCEL
cancel 802; cancel 802 'Long-running query';

--! ok EXPLAIN
explain select 1; explain verbose select eventid from event; explain insert into t select 1; explain delete from t;
explain create table t as select 1; explain update t set a = 1;

--! ok SHOW TABLE
show table sales; show table public.category;

--! ok SHOW VIEW
show view LA_Venues_v; show view public.Sports_v;

--! ok SHOW TABLES
SHOW TABLES FROM SCHEMA s1; SHOW TABLES FROM SCHEMA dev.s1 LIKE '%view' LIMIT 1;

--! ok SHOW SCHEMAS
SHOW SCHEMAS FROM DATABASE dev LIKE 's%' LIMIT 5; show schemas;

--! ok SHOW COLUMNS
SHOW COLUMNS FROM TABLE sales_db.public.tickit_sales LIKE 'a%' limit 2;

--! ok SHOW DATABASES
SHOW DATABASES; show databases like 'a' limit 5;
SHOW DATABASES FROM DATA CATALOG ACCOUNT '123456789012', '2' LIKE 'x%' IAM_ROLE default LIMIT 3;
show databases from data catalog;

--! ok SHOW CONSTRAINTS
SHOW CONSTRAINTS PRIMARY KEYS FROM TABLE demo_db.demo_schema.pk1;
SHOW CONSTRAINTS FOREIGN KEYS FROM TABLE demo_schema.fk2; SHOW CONSTRAINTS FOREIGN KEYS EXPORTED FROM TABLE s.pk1 limit 5;

--! ok SHOW FUNCTIONS
show functions from schema dev.s like 'f%' limit 1;

--! ok SHOW PROCEDURES
show procedures from schema s;

--! ok SHOW PARAMETERS
SHOW PARAMETERS OF PROCEDURE demo_db.demo_schema.f1(VARCHAR, DECIMAL, DECIMAL, DECIMAL) like 'val%';
show parameters of function s.f();

--! ok SHOW PROCEDURE
show procedure test_sp2(int, varchar); show procedure s.p; show procedure p();

--! ok SHOW TEMPLATE
SHOW TEMPLATE test_schema.demo_template;

--! ok SHOW TEMPLATES
SHOW TEMPLATES FROM SCHEMA dev.s1 LIKE '%template' LIMIT 1;

--! error 0A000 | FETCH PRIOR is not supported | prior | forward
fetch prior from c

--! error 0A000 | DECLARE SCROLL CURSOR is not supported | scroll
declare c scroll cursor for select 1

--! error 0A000 | EXPLAIN ANALYZE is not supported | analyze
explain analyze select 1

--! error 42601 | syntax error at or near "two" | two
cancel two

--! error 42601 | syntax error at or near "." | .c
set a.b.c to 1

--! error 42601 | syntax error at or near ""a"" | "a"
set "a"."b" to 1

--! error 42601 | syntax error at or near ""b"" | "b"
set a."b" to 1

--! error 42601 | syntax error at or near ""a.b"" | "a.b"
set "a.b" to 1
