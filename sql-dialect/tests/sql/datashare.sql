--! page r_CREATE_DATASHARE, r_ALTER_DATASHARE, r_DESC_DATASHARE, r_DROP_DATASHARE, r_SHOW_DATASHARES

--! ok CREATE DATASHARE
CREATE DATASHARE salesshare;
CREATE DATASHARE demoshare SET PUBLICACCESSIBLE TRUE, MANAGEDBY ADX;
create datashare s publicaccessible = false;
create datashare s managedby adx;

--! ok ALTER DATASHARE
ALTER DATASHARE salesshare ADD SCHEMA public;
ALTER DATASHARE salesshare ADD TABLE public.tickit_sales_redshift, public.x;
ALTER DATASHARE salesshare ADD ALL TABLES IN SCHEMA PUBLIC, a;
ALTER DATASHARE salesshare REMOVE TABLE public.tickit_sales_redshift;
alter datashare s add function public.f(int, varchar(5)), g();
alter datashare s remove all functions in schema a;
ALTER DATASHARE salesshare SET PUBLICACCESSIBLE FALSE;
alter datashare s set publicaccessible = true set includenew = true for schema public;
alter datashare s set includenew false for schema a;

--! ok DROP DATASHARE
DROP DATASHARE salesshare;
drop datashare if exists salesshare;

--! ok DESC DATASHARE
DESC DATASHARE salesshare;
DESC DATASHARE salesshare of ACCOUNT '123456789012' NAMESPACE '13b8833d-17c6-4f16-8fe4-1a018f5ed00d';
desc datashare s of namespace 'x';

--! ok SHOW DATASHARES
SHOW DATASHARES;
SHOW DATASHARES LIKE 'sales%';

--! error 42601 | syntax error at or near "view" | view
alter datashare s add view v

--! error 42601 | syntax error at end of input |
alter datashare s set includenew = true
