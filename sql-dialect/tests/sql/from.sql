--! page r_FROM_clause30, r_FROM_clause-pivot-unpivot-examples, r_Join_examples, r_FROM_clause-unnest-examples, query-super, r_WHERE_oracle_outer

--! ok SELECT
select * from a join b on a.x = b.x; select * from a inner join b using (x, y); select * from a left outer join b on true;
select * from a right join b on a.x = b.x full join c on b.x = c.x; select * from a cross join b natural join c;
select * from a natural left outer join b; select * from a, b, c x, d as y (p, q); select * from only a; select * from a *;
select * from (a join b on a.x = b.x) j; select * from (a cross join (b natural join c)), d;
select * from a join b join c on b.x = c.x on a.x = b.x; select * from ((select 1) x join (select 2) y on true);
select * from s.t, db.s.t, "S"."T" as "X", #tmp, my_db@cat.s.t; select * from generate_series(1, 5) as g(n), f() as x (a int, b varchar(5));

--! ok SELECT
-- Oracle's outer joins
select count(*) from sales, listing where sales.listid = listing.listid(+);
select a.x from a, b where a.x(+) = b.x and b.y = 5 and (a.z)(+) = 'x';

--! ok SELECT
-- PIVOT and UNPIVOT
SELECT * FROM (SELECT partname, price FROM part) PIVOT (AVG(price) FOR partname IN ('P1', 'P2', 'P3'));
SELECT * FROM (SELECT quality, manufacturer FROM part) PIVOT (count(*) AS count FOR quality IN (1, 2, NULL));
SELECT * FROM (SELECT a, b, c FROM t) AS x PIVOT (max(c) m, min(c) as n FOR a IN (1 AS one, 'b' two, -3)) AS p;
SELECT * FROM (SELECT red, green, blue FROM count_by_color) UNPIVOT (cnt FOR color IN (red, green, blue));
SELECT * FROM (SELECT red, green, blue FROM count_by_color) UNPIVOT INCLUDE NULLS (cnt FOR color IN (red, green, blue));
SELECT * FROM count_by_color UNPIVOT (cnt FOR color IN (red AS r, green AS g, blue AS b)) u;
select * from t unpivot exclude nulls (a for b in (c as 'x', d)) join v on true;

--! ok SELECT
-- PartiQL: navigation and unnesting
SELECT c.*, o, l FROM customer_orders_lineitem c, c.c_orders o, o.o_lineitems l;
SELECT c_name, orders.o_orderkey AS orderkey, index AS orderkey_index
FROM customer_orders_lineitem c, c.c_orders AS orders AT index ORDER BY orderkey_index;
SELECT array, element FROM foo AS f, f.multi_level_array AS array, array AS element;
SELECT attr as attribute_name, val as object_value FROM customer_orders_lineitem c, c.c_orders AS o, UNPIVOT o AS val AT attr;
SELECT attr FROM customer_orders_lineitem c, UNPIVOT c.c_orders[0] AS val AT attr WHERE c_custkey = 9451;
SELECT c_orders[0].o_orderkey FROM customer_orders_lineitem WHERE c_orders[0].o_orderstatus = 'shipped';
SELECT COUNT(*) FROM test_json WHERE all_data.data.pnr.events[0]."eventType" = 'UPDATED';
select x, i from t, t.a[0].b as x at i; select x from t, t.a[0] x; select x from t, (t.a.b) as x at i, (t.a[1]) y;
select * from customers c left join c.orders o on true; select * from customers c join c.orders o;
select * from customers as c join c.orders as o join o.items i cross join v; select * from t left join t.a[0].b as x at i;
select t.a[1 + 1]."B".c::int, (t.a).b[0], f(x).y[0].z, $1.a, $1[0] from t;

--! ok SELECT
-- UNNEST
SELECT o.order_id, unnested_products.product FROM orders o, UNNEST(o.products) AS unnested_products(product);
SELECT o.order_id, up.product, up.offset_col FROM orders o, UNNEST(o.products) WITH OFFSET AS up(product);
SELECT o.order_id, up.product, up.idx FROM orders o, UNNEST(o.products) WITH OFFSET up(product, idx);

--! error 42601 | syntax error at or near "where" | where
select * from a join b where a.x = b.x

--! error 42601 | syntax error at or near "where" | where
select * from a join s.b where a.x = b.x

--! error 42601 | syntax error at or near "on" | on
select * from a cross join b on a.x = b.x

--! error 42601 | syntax error at or near "with" | with offset
select * from f(1) with offset as x

--! error 42601 | syntax error at or near "x" | x
select * from (a) x

--! error 42601 | syntax error at or near "for" | for c in
select * from t pivot (for c in (1))

--! error 42601 | syntax error at or near ")" | )
select * from t unpivot (a for b in ())

--! error 42601 | improper qualified name (too many dotted names): a.b.c.d | a.b
create table a.b.c.d (x int)
