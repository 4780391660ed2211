--! page materialized-view-create-sql-command, r_ALTER_MATERIALIZED_VIEW, materialized-view-refresh-sql-command

--! ok CREATE MATERIALIZED VIEW
CREATE MATERIALIZED VIEW tickets_mv AS
    select   catgroup,
    sum(qtysold) as sold -- how many
    from     category c, event e, sales s
    where    c.catid = e.catid
    and      e.eventid = s.eventid
    group by catgroup;
CREATE MATERIALIZED VIEW mv_baseball DISTSTYLE ALL AUTO REFRESH YES AS SELECT ball AS baseball FROM baseball_table;
create materialized view s.v (a, b) backup no diststyle key distkey (a) sortkey (a, b) auto refresh no as select 1, 2;
create materialized view awsdatacatalog.d.v using iceberg location 's3://b/k/' partitioned by (a, year(b), bucket(5, c), truncate(3, d))
table properties ('write.parquet.compression-codec' = 'zstd') as select a, b, c, d from t;

--! ok ALTER MATERIALIZED VIEW
ALTER MATERIALIZED VIEW tickets_mv AUTO REFRESH YES;
alter materialized view v alter distkey a;
alter materialized view v alter diststyle even;
alter materialized view v alter compound sortkey (a, b);
alter materialized view v alter sortkey none;
alter materialized view v row level security on conjunction type and for datashares;

--! ok REFRESH MATERIALIZED VIEW
REFRESH MATERIALIZED VIEW tickets_mv;
REFRESH MATERIALIZED VIEW products_mv CASCADE;
refresh materialized view v restrict;

--! ok DROP MATERIALIZED VIEW
DROP MATERIALIZED VIEW tickets_mv;
drop materialized view if exists s.v cascade;

--! error 42601 | syntax error at or near "not" | not | DROP MATERIALIZED VIEW IF EXISTS
create materialized view if not exists v as select 1

--! error 42601 | syntax error at or near "with" | with no data
create materialized view v as select 1 with no data

--! error 42601 | syntax error at or near "materialized" | materialized
create or replace materialized view v as select 1

--! error 42601 | syntax error at or near "encode" | encode
alter materialized view v alter encode auto

--! error 42601 | syntax error at or near "v" | v
refresh materialized view concurrently v
