--! page r_expressions, r_compound_expressions, r_logical_condition, r_pattern-matching-conditions, r_range_condition, r_in_condition, r_exists_condition, r_Window_functions, r_LISTAGG, r_interval_data_types, r_CASE_function, r_CAST_function

--! ok SELECT
select a + b * c ^ 2 % 3 - -d / +e, -2 ^ 2, @ -5, |/ 25, ||/ 27, ~ 5, 5 & 3 | 2 # 1 << 2 >> 1;
select a || b || 'c', a <> b, a != b, a <= b, a >= b, a < b = c, not a and b or not c;
select a like 'x%' escape '!', a not like b, a ilike b, a not ilike 'x', a similar to '%(a|b)%' escape '^', a not similar to b;
select a ~ 'x', a !~ 'x', a ~* 'x', a !~* 'x', a ~~ b, a !~~ b, a ~~* b, a !~~* b;
select a between 1 and 2 and b not between c and d, a in (1, 2), a not in (select 1), (a, b) in ((1, 2), (3, 4)), (a, b) = (1, 2);
select a is null, a is not null, a isnull, a notnull, a is true, a is not false, a is unknown, a is not unknown;
select a = any (select 1), a <> all (select 2), a > some (select 3), a = any (b), exists (select 1), not exists (select 2);
select case a when 1 then 'x' when 2 then 'y' else 'z' end, case when a > 1 then b end, (a overlaps b);
select a::int::varchar(5), cast(a as decimal(10, 2)), convert(varchar, a), convert(int, '5'), try_cast('x' as int);
select a at time zone 'utc', a collate case_insensitive, collate(a, 'case_sensitive') from t;
select a operator(pg_catalog.~) 'x', a operator(+) b;

--! ok SELECT
-- Calls
select count(*), count(distinct a), count(all a), sum(distinct a + b), approximate count(distinct a), f(), s.f(1, 'x'), left(a, 2), right(a, 2);
select approximate percentile_disc(0.5) within group (order by a), percentile_cont(0.5) within group (order by a desc) over (partition by b);
select listagg(distinct a, ', ') within group (order by b, c desc) from t; select listagg(a) within group (order by a) over (partition by b);
select lag(a, 1) ignore nulls over (order by b), lag(a, 1 ignore nulls) over (order by b), nth_value(a, 2) respect nulls over w from t window w as (order by a);
select first_value(a respect nulls) over (partition by b order by c rows between 1 preceding and 1 following) from t;
select sum(a) over (), sum(a) over (rows unbounded preceding), sum(a) over (order by b range between unbounded preceding and current row);
select extract(year from a), extract('epoch' from a), date_part(dow, a), datediff(day, a, b), dateadd(month, 1, a), date_trunc('day', a);
select trim(a), trim(both 'x' from a), trim(leading from a), trim('x' from a), btrim(a, 'x'), position('a' in b), substring(a from 1 for 2), substring(a, 1, 2);
select current_date, current_timestamp, sysdate, user, current_user, session_user, current_user_id, getdate(), current_time, localtime from t;
select decode(a, 1, 'x', 'y'), nvl(a, b), nvl2(a, b, c), nullif(a, b), coalesce(a, b, c), greatest(a, b), least(a, b), iff(a, b, c);
select row(1, 2) = (a, b), array(1, 2, 'x'), array(), object('a', 1), json_parse('{}').a, pg_catalog.version();

--! ok SELECT
-- Constants
select 1, 1.5, .5, 5., 1e10, 1.5e-3, 1E+5, -1, +1, 'it''s', '';
select 'a\'b', 'tab\tnew\nline', 'back\\slash', '\101\x', E'\x41\'', N'x', $$it's$$, $a$x $$ y$a$, 'one'
  'two';
select date '2024-01-31', time '10:00', timestamp '2024-01-31 10:00:00', timestamptz '2024-01-31 10:00+01', timetz '10:00+01';
select timestamp with time zone '2024-01-31', time without time zone '10:00', varchar(5) 'x', numeric(5, 2) '1.5', super '1', int '5', bool 't';
select interval '1 day', interval '5' day, interval '1-2' year to month, interval '1' year, interval '3 04:05:06' day to second(3);
select interval '1' hour, interval '1:30' hour to minute, interval '90' second(2), interval '5' days, interval '1:2' minute to second;
select true, false, null, default from t; select $1, $2::int, $1 + $3;
select 1 /* a /* nested */ comment */ + -- and a line
2;

--! ok SELECT
-- Names
select "select", "A b", "a""b", a$1, _a, été, "t"."c" from "from"; select a.b.c.d.e from t; select oid, ctid, tableoid from pg_class;
select #t.a from #t; select name, type, value, date, time, text, level, prior, window, rows, range, language, owner, role, group_ from t;

--! error 42601 | syntax error at or near "c" | c from
select a b c from t

--! error 42601 | syntax error at or near "<" | < c
select a < b < c

--! error 42601 | syntax error at or near ")" | )
select f(a, )

--! error 42601 | syntax error at or near "end" | end
select case when a then end

--! error 42601 | syntax error at or near "end" | end
select case end

--! error 42601 | syntax error at end of input |
select (1 + 2

--! error 42601 | syntax error at or near ")" | )
select 1 + 2)

--! error 42601 | syntax error at or near "]" | ]
select a[]

--! error 42601 | syntax error at or near "ignore" | ignore nulls)
select f(ignore nulls)

--! error 42601 | syntax error at or near "to" | to year
select interval '1' day to to year

--! error 42601 | syntax error at or near "year" | year
select interval '1' month to year

--! error 22023 | interval(7) precision must be between 0 and 6 | 7)
select interval '1' second(7)

--! error 42601 | syntax error at or near "?" | ?
select ?

--! error 42601 | syntax error at or near ":" | :a
select :a

--! error 42601 | syntax error at or near "`" | `a`
select `a`

--! error 42601 | unterminated quoted string at or near "'it" | 'it
select 'it

--! error 42601 | unterminated quoted string at or near "'it\'" | 'it\'
select 'it\'

--! error 42601 | unterminated quoted identifier at or near ""a" | "a
select "a

--! error 42601 | unterminated /* comment at or near "/* a /* b */" | /* a
select 1 /* a /* b */

--! error 42601 | unterminated dollar-quoted string at or near "$x$ a $y$" | $x$
select $x$ a $y$

--! error 42601 | zero-length delimited identifier at or near """" | ""
select ""
