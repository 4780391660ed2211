--! page r_SELECT_synopsis, r_SELECT_list, r_EXCLUDE_list, r_QUALIFY_clause, r_GROUP_BY_clause, r_WITH_clause, r_CONNECT_BY_clause, r_UNION, r_ORDER_BY_clause, r_LIMIT_OFFSET

--! ok SELECT
select 1; select all a from t; select distinct a, b from t; select * from t; select t.*, u.a from t, u;
select top 10 qtysold, sellerid from sales order by qtysold desc, sellerid;
select top 5 distinct a from t; select distinct top 5 a from t; select top (1 + 1) a from t; select top $1 a from t;
select a as "Total", b total, c as select, d "D" from t;
select 1 year, 2 month, 3 as user, 4 name, 5 type, 6 value from t;

--! ok SELECT
-- EXCLUDE
SELECT * EXCLUDE saletime FROM sales;
SELECT * EXCLUDE (qtysold, saletime) FROM sales;
SELECT * EXCLUDE col1, col2 FROM tablea;
select a.*, b.x exclude (y) from a, b;
select exclude from t; select a exclude from t; select 1 as exclude;

--! ok SELECT INTO
SELECT * EXCLUDE saletime INTO TEMP temp_sales FROM sales;

--! ok SELECT
-- QUALIFY
SELECT * FROM store_sales ss WHERE ss_sold_time > time '12:00:00'
QUALIFY row_number() OVER (PARTITION BY ss_sold_date ORDER BY ss_sales_price DESC) <= 2;
SELECT * FROM store_sales ss
QUALIFY last_value(ss_item) OVER (PARTITION BY ss_sold_date ORDER BY ss_sold_time ASC
ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) = ss_item;
select a, count(*) n from t x group by a having count(*) > 1 qualify rank() over (order by n) = 1 order by a limit 5;
select qualify from t;

--! error 42601 | syntax error at or near "row_number" | row_number()
select * from t qualify row_number() over (order by a) = 1

--! ok SELECT
-- GROUP BY
select listid, sum(pricepaid) as revenue, count(qtysold) from sales group by listid order by 3, 2, 1;
select a, b, sum(c) from t group by all; select a from t group by 1, a + b, (c);
select a, b, count(*) from t group by rollup (a, b); select a, b from t group by cube (a, (b, c)), d;
select a, b from t group by grouping sets ((a, b), a, ()); select a, b from t group by grouping sets (grouping sets (a, (a, b)), ());
select a, b from t group by grouping sets (a, grouping sets (grouping sets (b), rollup (a, b))); select grouping(a), grouping_id(a, b) from t group by rollup(a, b);
select count(*) from t group by (); select rollup, cube from t; select all from_ from t;
select 1 having true;

--! ok SELECT
-- WITH
with venuesales as (select a from t) select * from venuesales;
with a as (select 1 as x), b (y) as (select x from a) select * from a, b where a.x = b.y;
with recursive john_org(id, name, manager_id, level) as (
select id, name, manager_id, 1 as level from employee where name = 'John'
union all
select e.id, e.name, e.manager_id, level + 1 as next_level from employee e, john_org j where e.manager_id = j.id and level < 4)
select distinct id, name, manager_id from john_org order by manager_id;
select * from (with x as (select 1) select * from x) y where a in (with z as (select 2) select * from z);

--! ok SELECT
-- CONNECT BY
SELECT id, name, manager_id FROM employee WHERE LEVEL < 4 START WITH name = 'John' CONNECT BY PRIOR id = manager_id;
SELECT COUNT(*) FROM Employee "start" CONNECT BY PRIOR id = manager_id START WITH name = 'John';
SELECT COUNT(*) FROM Employee AS start CONNECT BY PRIOR id = manager_id START WITH name = 'John';
select id, level from t connect by parent > prior id and level < 3; select prior, level, connect, start from t;

--! ok SELECT
-- Set operations
select 1 union select 2 union all select 3 intersect select 4 except select 5 minus select 6;
(select 1 order by 1 limit 1) union all (select 2) order by 1 desc nulls first limit 10 offset 5;
select a from t union distinct select b from u limit all; ((select 1)); (select 1) union ((select 2) intersect select 3);
select 1 offset 5 limit 10; select a from t order by b asc nulls last, 2 desc, c + 1; select 1 limit $1 offset $2;

--! error 0A000 | INTERSECT ALL is not supported | intersect
select a from t intersect all select b from u

--! error 0A000 | EXCEPT ALL is not supported | except
select a from t except all select b from u

--! error 0A000 | MINUS ALL is not supported | MINUS
select a from t union select 1 MINUS ALL select b from u

--! ok SELECT
-- Lateral references to aliases, sub-queries without alias
select clicks / impressions as probability, round(100 * probability, 1) as percentage from raw_data;
select * from (select 1 as a), (select 2 as b) where a < b; select (select 1), (select max(a) from t) + 1 from u;
select a, (select count(*) from u where u.a = t.a) from t where exists (select 1 from v) and not exists (select 2);

--! error 42601 | syntax error at or near "from" | from t
select from t

--! error 42601 | syntax error at end of input |
select a from t where

--! error 42601 | syntax error at or near "group" | group by b
select a from t group by a group by b

--! error 42601 | syntax error at or near "where" | where
select a from t group by a where b

--! error 42601 | syntax error at or near "," | , b
select a,, b from t

--! error 42601 | syntax error at or near "order" | order by a union
select a from t order by b order by a union select 1

--! error 42601 | syntax error at or near "union" | union
select a from t limit 1 union select 2

--! error 42601 | syntax error at end of input |
select a from t start with a = 1

--! error 42601 | syntax error at or near "(" | (a) exclude
select (a) from t x (a) (a) exclude

--! error 42601 | syntax error at or near "-" | -1
select top -1 a from t
