--! page c_unsupported-postgresql-features, c_unsupported-postgresql-datatypes, c_unsupported-postgresql-functions, c_redshift-and-postgres-sql
-- What Postgres has and Redshift refuses. `--! for ID` says which item of unsupported.txt the cases under it cover.

--! for partitioning
--! error 42601 | syntax error at or near "partition" | partition by | DISTKEY
create table t (a int) partition by range (a)
--! error 42601 | syntax error at or near "partition" | partition of | DISTKEY
create table p partition of t for values from (1) to (2)

--! for tablespaces
--! error 0A000 | Tablespaces are not supported | tablespace | storage
create table t (a int) tablespace x
--! error 0A000 | SQL command "create tablespace x location '/x'" not supported. | create | storage
create tablespace x location '/x'
--! error 0A000 | SQL command "drop tablespace x" not supported. | drop | storage
drop tablespace x

--! for unique, foreign-key, primary-key
--! ok CREATE TABLE
create table t (a int unique, b int primary key, c int references u (d), unique (a, b), foreign key (c) references u (d));
--! error 0A000 | Actions of foreign keys are not supported | on | informational
create table t (a int references u on delete cascade)
--! error 0A000 | DEFERRABLE constraints are not supported | deferrable | informational
create table t (a int primary key deferrable)

--! for check-constraints
--! error 0A000 | ALTER/CREATE TABLE column CHECK constraint is not supported | check | NOT NULL
create table t (a int check (a > 0))
--! error 0A000 | ALTER/CREATE TABLE CHECK constraint is not supported | check | NOT NULL
create table t (a int, constraint positive check (a > 0))
--! error 0A000 | ALTER/CREATE TABLE CHECK constraint is not supported | check | NOT NULL
alter table t add check (a > 0)

--! for exclusion-constraints
--! error 42601 | syntax error at or near "using" | using | not enforced
create table t (a int, exclude using gist (a with =))

--! for inheritance
--! error 0A000 | Table inheritance is not supported | inherits | LIKE
create table t (a int) inherits (u)

--! for indexes
--! error 0A000 | SQL command "create index i on t (a)" not supported on Redshift tables. | create | SORTKEY
create index i on t (a)
--! error 0A000 | SQL command "CREATE UNIQUE INDEX i ON t (a)" not supported on Redshift tables. | CREATE | SORTKEY
CREATE UNIQUE INDEX i ON t (a);
--! error 0A000 | SQL command "drop index i" not supported on Redshift tables. | drop | SORTKEY
drop index i
--! error 0A000 | SQL command "reindex table t" not supported. | reindex | VACUUM REINDEX
reindex table t
--! error 0A000 | SQL command "cluster i on t" not supported. | cluster | SORTKEY
cluster i on t

--! for window-nulls
--! ok SELECT
select sum(a) over (order by b nulls first) from t;
select last_value(a) ignore nulls over (order by b rows unbounded preceding) from t;

--! for collations
--! error 42601 | syntax error at or near "collation" | collation | CASE_INSENSITIVE
create collation german from "de_DE"
--! error 42601 | syntax error at or near ""de_DE"" | "de_DE" | CASE_INSENSITIVE
create table t (a varchar(5) collate "de_DE")

--! for array-constructors, subscripts, row-constructors
--! ok SELECT
select array(1, 'a', null), t.a[0].b, t.a.b[1][2] from t;
select (1, 2) = (a, b), row(1, 2) in (select 1, 2) from t;

--! for triggers
--! error 0A000 | SQL command "create trigger g after insert on t execute procedure f()" not supported. | create | procedures
create trigger g after insert on t execute procedure f()
--! error 42601 | syntax error at or near "event" | event | procedures
create event trigger g on ddl_command_start execute procedure f()
--! error 0A000 | SQL command "drop trigger g on t" not supported. | drop | procedures
drop trigger g on t

--! for external-data
--! error 42601 | syntax error at or near "foreign" | foreign | EXTERNAL SCHEMA
create foreign table t (a int) server s
--! error 42601 | syntax error at or near "server" | server | EXTERNAL SCHEMA
create server s foreign data wrapper w

--! for table-functions
--! error 0A000 | functions that return sets are not supported | setof | view
create function f() returns setof int stable as $$ select 1 $$ language sql
--! error 42601 | syntax error at or near "table" | table | view
create function f() returns table (a int) stable as $$ select 1 $$ language sql
--! error 42601 | syntax error at or near "with" | with | ROW_NUMBER
select * from generate_series(1, 3) with ordinality
--! error 42601 | syntax error at or near "select" | select b | LATERAL
select * from a, lateral (select b) c

--! for values-as-table
--! error 42601 | syntax error at or near "values" | values | UNION ALL
values (1, 2), (3, 4)
--! error 42601 | syntax error at or near ")" | ) t | UNION ALL
select * from (values (1)) t
--! error 42601 | syntax error at or near "," | , (2) | UNION ALL
select * from (values (1), (2)) t
--! error 42601 | syntax error at or near "values" | values | UNION ALL
with x as (values (1)) select * from x

--! for sequences
--! error 0A000 | SQL command "CREATE SEQUENCE s START WITH 1" not supported. | CREATE | IDENTITY
CREATE SEQUENCE s START WITH 1
--! error 0A000 | SQL command "alter sequence s restart" not supported. | alter | IDENTITY
alter sequence s restart
--! error 0A000 | SQL command "create temp sequence s" not supported. | create | IDENTITY
create temp sequence s

--! for text-search
--! error 42601 | syntax error at or near "text" | text | LIKE
create text search configuration c (copy = english)
--! error 42601 | syntax error at or near "@@" | @@
select a @@ b

--! for rule-and-trigger-permissions
--! ok GRANT
grant rule, trigger on t to u;

--! for rules
--! error 0A000 | SQL command "create or replace rule r as on insert to t do nothing" not supported. | create | views
create or replace rule r as on insert to t do nothing

--! for savepoints
--! error 0A000 | SQL command "rollback to savepoint a" not supported. | rollback | ROLLBACK
rollback to savepoint a

--! for on-conflict
--! error 42601 | syntax error at or near "on" | on conflict | MERGE
insert into t values (1) on conflict do nothing
--! error 42601 | syntax error at or near "on" | on conflict | MERGE
insert into t select 1 from u on conflict (a) do update set a = 1
--! error 42601 | syntax error at or near "as" | as x
insert into t as x values (1)

--! for returning
--! error 42601 | syntax error at or near "returning" | returning | SELECT
insert into t values (1) returning a
--! error 42601 | syntax error at or near "returning" | returning | SELECT
update t set a = 1 returning a
--! error 42601 | syntax error at or near "returning" | returning | SELECT
delete from t returning a

--! for distinct-on
--! error 0A000 | SELECT DISTINCT ON is not supported | distinct | QUALIFY
select distinct on (a) b from t

--! for filter
--! error 42601 | syntax error at or near "(" | (where | CASE
select count(*) filter (where a) from t

--! for is-distinct-from
--! error 0A000 | IS DISTINCT FROM is not supported | is | IS NULL
select a is distinct from b

--! for row-locks
--! error 0A000 | SELECT FOR UPDATE is not supported | for | LOCK
select * from t for update
--! error 0A000 | SELECT FOR UPDATE is not supported | for | LOCK
select * from t limit 1 for share

--! for enums-and-ranges
--! error 42601 | syntax error at or near "enum" | enum | VARCHAR
create type mood as enum ('sad', 'happy')
--! error 42601 | syntax error at or near "range" | range | SUPER
create type s.r as range (subtype = int)
--! error 42704 | type "int4range" does not exist | int4range | two columns
create table t (a int4range)

--! for composite-types
--! error 0A000 | SQL command "create type point2 as (a int, b int)" not supported. | create | SUPER
create type point2 as (a int, b int)
--! error 0A000 | SQL command "create domain d as int" not supported. | create | SUPER
create domain d as int

--! for arrays
--! error 0A000 | Column "t.a" has unsupported type "integer[]". | int[] | SUPER
create table t (a int[])
--! error 0A000 | Column "t.a" has unsupported type "character varying[]". | varchar | SUPER
create table t (a varchar(5)[])
--! error 0A000 | Column "t.a" has unsupported type "integer[]". | int array | SUPER
create table t (a int array)

--! for bit
--! error 0A000 | Column "t.a" has unsupported type "bit". | bit | BOOLEAN
create table t (a bit(5))
--! error 0A000 | Column "a" has unsupported type "bit varying". | bit | VARBYTE
alter table t add column a bit varying(5)
--! error 0A000 | bit string literals are not supported | B'101' | VARBYTE
select B'101'

--! for bytea
--! error 0A000 | Column "a" has unsupported type "bytea". | bytea | VARBYTE
alter table t add a bytea

--! for date-and-time-types
--! error 0A000 | Column "t.a" has unsupported type "interval". | interval | DAY TO SECOND
create table t (a interval)
--! error 0A000 | Column "t.a" has unsupported type "abstime". | abstime | TIMESTAMP
create table t (a abstime)
--! error 0A000 | precision 3 of type timestamp without time zone is not supported | (3) | 6 digits
create table t (a timestamp(3))

--! for geometric-types
--! error 0A000 | Column "t.a" has unsupported type "point". | point | GEOMETRY
create table t (a point)
--! error 0A000 | Column "t.a" has unsupported type "polygon". | polygon | GEOMETRY
create table t (a polygon)

--! for hstore
--! error 42704 | type "hstore" does not exist | hstore | SUPER
create table t (a hstore)

--! for json
--! error 42704 | type "json" does not exist | json | SUPER
create table t (a json)
--! error 42704 | type "jsonb" does not exist | jsonb | SUPER
alter table t add column a jsonb

--! for network-address-types
--! error 0A000 | Column "t.a" has unsupported type "inet". | inet | VARCHAR
create table t (a inet)
--! error 0A000 | Column "t.a" has unsupported type "macaddr". | macaddr | VARCHAR
create table t (a macaddr)

--! for serial
--! error 0A000 | Column "pgmigrations.id" has unsupported type "serial". | SERIAL | IDENTITY
CREATE TABLE "public"."pgmigrations" (id SERIAL PRIMARY KEY)
--! error 0A000 | Column "t.a" has unsupported type "bigserial". | bigserial | IDENTITY
create table t (a bigserial)
--! error 42704 | type "smallserial" does not exist | smallserial | IDENTITY
create table t (a smallserial)

--! for money
--! error 0A000 | Column "t.a" has unsupported type "money". | money | DECIMAL
create table t (a money)

--! for object-identifiers
--! error 0A000 | Column "t.a" has unsupported type "oid". | oid | BIGINT
create table t (a oid)
--! error 0A000 | Column "t.a" has unsupported type "regclass". | regclass
create table t (a regclass)

--! for pseudo-types
--! error 0A000 | Column "t.a" has unsupported type "record". | record
create table t (a record)

--! for internal-types
--! error 0A000 | Column "t.a" has unsupported type ""char"". | "char" | CHAR
create table t (a "char")
--! error 0A000 | Column "t.a" has unsupported type "name". | name | VARCHAR
create table t (a name)

--! for text-search-types
--! error 42704 | type "tsvector" does not exist | tsvector | VARCHAR
create table t (a tsvector)

--! for txid-snapshot
--! error 42704 | type "txid_snapshot" does not exist | txid_snapshot
create table t (a txid_snapshot)

--! for uuid
--! error 42704 | type "uuid" does not exist | uuid | VARCHAR(36)
create table t (a uuid)

--! for xml
--! error 42704 | type "xml" does not exist | xml | VARCHAR(MAX)
create table t (a xml)

--! for extensions
--! error 42601 | syntax error at or near "extension" | extension | functions
create extension hstore
--! error 42601 | syntax error at or near "do" | do | CREATE PROCEDURE
do $$ begin end $$

--! for notifications
--! error 0A000 | SQL command "listen channel" not supported. | listen | Notifications
listen channel
--! error 0A000 | SQL command "notify channel" not supported. | notify | Notifications
notify channel

--! for generated-columns
--! error 42601 | syntax error at or near "(" | (b + 1) | view
create table t (a int generated always as (b + 1) stored)

--! for if-exists
--! error 42601 | syntax error at or near "exists" | exists u | IF EXISTS
alter table if exists u rename to v
--! error 42601 | syntax error at or near "not" | not exists | SVV_COLUMNS
alter table t add column if not exists a int
--! error 42601 | syntax error at or near "exists" | exists a | SVV_COLUMNS
alter table t drop column if exists a
--! error 42601 | syntax error at or near "not" | not exists | OR REPLACE
create view if not exists v as select 1
--! error 42601 | syntax error at or near "as" | as select | DROP TABLE IF EXISTS
create table if not exists t as select 1

--! for alter-column
--! error 0A000 | ALTER COLUMN SET NOT NULL is not supported | set | new column
alter table t alter column a set not null
--! error 0A000 | ALTER COLUMN DROP NOT NULL is not supported | drop | new column
alter table t alter a drop not null

--! for copy-streams
--! error 0A000 | COPY FROM STDIN is not supported | stdin | s3://
copy t from stdin
--! error 0A000 | COPY TO is not supported | to | UNLOAD
copy t to 's3://b/k'

--! for temporary-views
--! error 42601 | syntax error at or near "view" | view | TEMP TABLE
create temp view v as select 1

--! for two-phase-commit
--! error 42601 | syntax error at or near "'x'" | 'x' | two phases
prepare transaction 'x'
--! error 42601 | syntax error at or near "prepared" | prepared | two phases
commit prepared 'x'
--! error 42601 | syntax error at or near "prepared" | prepared | two phases
rollback prepared 'x'

--! for functions-of-later-versions
-- Functions are no matter of syntax: that they do not exist (42883) is said where names are resolved.
--! ok SELECT
select string_agg(a, ','), array_agg(a), every(b) from t;
select overlay('abcdef', 'x', 2), quote_nullable(a), pg_sleep(1), setseed(0.5) from t;
--! error 42601 | syntax error at or near "placing" | placing
select overlay('abcdef' placing 'x' from 2 for 1)
--! error 42601 | syntax error at or near "order" | order by
select string_agg(a, ',' order by b) from t
