--! page r_ALTER_TABLE_examples_basic, r_CREATE_MASKING_POLICY, r_ATTACH_MASKING_POLICY, r_CREATE_RLS_POLICY, r_ATTACH_RLS_POLICY, r_SHOW_POLICIES

--! ok CREATE MASKING POLICY
CREATE MASKING POLICY mask_credit_card_full WITH (credit_card VARCHAR(256)) USING ('000000XXXX0000'::TEXT);
create masking policy p if not exists with (a int) using (a + 1);
create masking policy if not exists db.p with (a int, b varchar(5)) using (a + 1, case when b = 'x' then null else b end);

--! ok ALTER MASKING POLICY
ALTER MASKING POLICY p USING (a + 1);

--! ok DROP MASKING POLICY
DROP MASKING POLICY p;

--! ok ATTACH MASKING POLICY
ATTACH MASKING POLICY mask_credit_card_full ON credit_cards(credit_card) TO PUBLIC;
attach masking policy p on s.t (a, b) using (c, d) to role analytics_role priority 10;
attach masking policy db.p on db.s.t (person.name.first_name, x[0].y) to "IAMR:alice";

--! ok DETACH MASKING POLICY
DETACH MASKING POLICY p ON t(a) FROM ROLE r;
detach masking policy p on t (a, b) from u;

--! ok CREATE RLS POLICY
CREATE RLS POLICY policy_concerts WITH (catgroup VARCHAR(10)) USING (catgroup = 'Concerts');
create rls policy p with (a int, b varchar(5)) as x using (x.a = 1 and x.b in (select b from l));
create rls policy p with (a int) x using (x.a = 1);
create rls policy db.p using (current_user = 'joe');

--! ok ALTER RLS POLICY
ALTER RLS POLICY policy_concerts USING (catgroup = 'piano concerts');

--! ok DROP RLS POLICY
DROP RLS POLICY policy_concerts;
drop rls policy if exists p cascade;

--! ok ATTACH RLS POLICY
ATTACH RLS POLICY policy_concerts ON tickit_category_redshift TO ROLE analyst, ROLE dbadmin;
attach rls policy p on table a, s.b to alice, public;

--! ok DETACH RLS POLICY
DETACH RLS POLICY policy_concerts ON tickit_category_redshift FROM ROLE analyst, ROLE dbadmin;

--! ok ALTER TABLE
ALTER TABLE tickit_category_redshift ROW LEVEL SECURITY ON;
alter table t row level security off conjunction type or for datashares;
alter table t masking on for datashares;
ALTER TABLE rls_tbl ROW LEVEL SECURITY FOR DATASHARES OFF; alter table t row level security for datashares on;

--! ok SHOW POLICIES
SHOW RLS POLICIES;
SHOW MASKING POLICIES FROM DATABASE "sales_db@finance-catalog";
SHOW RLS POLICIES ON sales_schema.sales_table;
SHOW MASKING POLICIES ON "sales_db@finance-catalog".sales_schema.transaction_table LIMIT 1;
SHOW MASKING POLICIES ON sales_schema.transaction_table FOR ROLE transaction_analyst_role;

--! error 42601 | syntax error at or near "using" | using
create masking policy p using (1)

--! error 42601 | syntax error at or near "," | ,
create rls policy p using (a, b)

--! error 42601 | syntax error at or near "priority" | priority
detach masking policy p on t (a) from public priority 5

--! error 42601 | syntax error at or near "policy" | policy | CREATE RLS POLICY
create policy p on t using (true)
