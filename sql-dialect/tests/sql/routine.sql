--! page r_CREATE_FUNCTION, r_CREATE_PROCEDURE, r_CREATE_EXTERNAL_FUNCTION, r_CREATE_LIBRARY, r_CALL_procedure

--! ok CREATE FUNCTION
create function f_py_greater (a float, b float)
  returns float
stable
as $$
  if a > b:
    return a
  return b
$$ language plpythonu;
create or replace function public.f_sql_greater (float, float)
  returns float
stable
as $$
  select case when $1 > $2 then $1
    else $2
  end
$$ language sql;
create function f() returns varchar(20) volatile as $test$ select '$$' $test$ language sql;
create function f(x date, y timestamp with time zone, z double precision, character varying(5)) returns super immutable
language plpythonu as 'return "it''s"';

--! ok CREATE PROCEDURE
CREATE OR REPLACE PROCEDURE test_sp1(f1 int, f2 varchar(20))
AS $$
DECLARE
  min_val int;
BEGIN
  DROP TABLE IF EXISTS tmp_tbl;
  RAISE INFO 'min_val = %, f2 = %', min_val, f2;
END;
$$ LANGUAGE plpgsql;
CREATE OR REPLACE PROCEDURE test_sp2(f1 IN int, f2 INOUT varchar(256), out_var OUT varchar(256))
AS $$ begin end; $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path TO a, "$user";
CREATE PROCEDURE inner_proc(INOUT a int, b int, INOUT c int) LANGUAGE plpgsql NONATOMIC AS $_$ begin; end; $_$;
create procedure p() as 'begin end' language plpgsql security invoker set statement_timeout = 100 set timezone to default;
create procedure p(refcursor, in integer, out x numeric(10,2)) as $$$$ language 'plpgsql';

--! ok CREATE EXTERNAL FUNCTION
CREATE EXTERNAL FUNCTION exfunc_sum(INT,INT)
RETURNS INT
VOLATILE
LAMBDA 'lambda_sum'
IAM_ROLE 'arn:aws:iam::123456789012:role/Redshift-Exfunc-Test';
create or replace external function s.f(varchar(max)) returns varchar(max) stable lambda 'f' iam_role default
retry_timeout 1000 max_batch_rows 10 max_batch_size 4 kb;
create external function f(x int) returns int immutable sagemaker 'endpoint' iam_role 'arn' max_batch_size 1 mb;

--! ok CREATE LIBRARY
create library f_urlparse
language plpythonu
from 's3://mybucket/urlparse3-1.0.3.zip'
credentials 'aws_iam_role=arn:aws:iam::<aws-account-id>:role/<role-name>'
region as 'us-east-1';
create or replace library f_urlparse language plpythonu from 'https://example.com/packages/urlparse3-1.0.3.zip';
create library l language plpythonu from 's3://b/k' iam_role default;

--! ok DROP LIBRARY
drop library f_urlparse;

--! ok ALTER FUNCTION
ALTER FUNCTION first_quarter_revenue(bigint, numeric, int) RENAME TO quarterly_revenue;
ALTER FUNCTION quarterly_revenue(bigint, numeric) OWNER TO etl_user;
alter function s.f(a int) owner to current_user;

--! ok ALTER PROCEDURE
ALTER PROCEDURE first_quarter_revenue(volume INOUT bigint, at_price IN numeric, result OUT int) RENAME TO quarterly_revenue;
ALTER PROCEDURE quarterly_revenue(bigint, numeric) OWNER TO etl_user;
alter procedure p rename to q;
alter procedure p() owner to session_user;

--! ok DROP FUNCTION
drop function f_sqrt(int);
drop function f_sqrt(int)cascade;
drop function s.f() restrict;

--! ok DROP PROCEDURE
DROP PROCEDURE quarterly_revenue(volume INOUT bigint, at_price IN numeric,result OUT int);
drop procedure p();

--! ok CALL
call test_sp1(3,'book');
call s.p();
call p($1, (select 1), 1 + 2);

--! error 42601 | syntax error at or near ";" | ;
call p;

--! error 42601 | unterminated dollar-quoted string at or near "$$ begin end" | $$
create procedure p() as $$ begin end

--! error 42704 | language "plperl" does not exist | plperl | plpythonu
create function f() returns int stable as $$ 1 $$ language plperl

--! error 0A000 | functions in plpgsql are not supported | plpgsql | CREATE PROCEDURE
create function f() returns int stable as $$ begin return 1; end $$ language plpgsql

--! error 0A000 | functions that return sets are not supported | setof | view
create function f() returns setof int as $$ select 1 $$ language sql

--! error 22023 | length for type varchar cannot exceed 65535 | varchar
create function f(varchar(70000)) returns int stable as $$ select 1 $$ language sql

--! error 42601 | syntax error at or near "volatile" | volatile
create procedure p() volatile as $$ begin end $$ language plpgsql

--! error 42601 | syntax error at or near "gzip" | gzip
create library l language plpythonu from 's3://b/k' gzip

--! error 42601 | syntax error at or near "rename" | rename
alter function f rename to g

--! error 42601 | syntax error at or near "exists" | exists f | OR REPLACE
drop function if exists f(int)

--! error 42601 | syntax error at or near "exists" | exists p | OR REPLACE
drop procedure if exists p()
