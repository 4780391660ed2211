--! page r_MERGE

--! ok MERGE
MERGE INTO target USING source ON target.id = source.id
WHEN MATCHED THEN UPDATE SET id = source.id, name = source.name
WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name);
merge into s.target using s.source as x on target.id = x.id
when matched then delete
when not matched then insert (id, name) values (x.id, default);
MERGE INTO target USING source ON target.id = source.id REMOVE DUPLICATES;
MERGE INTO target
USING (SELECT id, name FROM source GROUP BY 1, 2) as my_source
ON target.id = my_source.id
WHEN MATCHED THEN UPDATE SET id = my_source.id, name = my_source.name
WHEN NOT MATCHED THEN INSERT VALUES (my_source.id, my_source.name);

--! error 42601 | syntax error at or near "remove" | remove
merge into t using s on t.a = s.a when matched then delete remove duplicates

--! error 42601 | syntax error at end of input |
merge into t using s on t.a = s.a when matched then delete

--! error 42601 | syntax error at or near "and" | and | source
merge into t using s on t.a = s.a when matched and s.b > 1 then delete when not matched then insert values (s.a)

--! error 42601 | syntax error at or near "x" | x | table itself
merge into t x using s on x.a = s.a remove duplicates

--! error 42601 | syntax error at or near "merge" | merge | SELECT
with s as (select 1) merge into t using s on t.a = s.a remove duplicates
