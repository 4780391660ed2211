--! page r_CREATE_USER, r_ALTER_USER, r_CREATE_GROUP, r_ALTER_GROUP, r_CREATE_ROLE, r_ALTER_ROLE, r_CREATE_IDENTITY_PROVIDER, r_SHOW_USER_LOCKOUT

--! ok CREATE USER
create user dbuser with password 'abcD1234' createdb connection limit 30;
create user safe_superuser password 'md5abc' createuser;
create user u with password disable nocreatedb nocreateuser syslog access restricted in group a, b valid until '2017-06-10'
connection limit unlimited session timeout 120 externalid "ABC123";
CREATE USER admin PASSWORD 'sha256|Mypassword1';

--! ok ALTER USER
alter user admin createdb;
alter user admin password 'adminPass9' valid until '2017-12-31 23:59';
alter user dbuser rename to newuser;
alter user u with connection limit 5, session timeout 300, syslog access unrestricted;
alter user u reset session timeout;
alter user u set search_path to a, b;
alter user u set statement_timeout = default;
alter user u reset search_path;
alter user u reset all;
alter user u with reset all;
alter user u externalid 'x';
ALTER USER myco_aad:bob EXTERNALID "ABC123" PASSWORD DISABLE;
ALTER USER data_analyst NOLOGIN; ALTER USER data_analyst LOGIN PASSWORD 'NewStr0ngP@ssword'; ALTER USER odie SET TIMEZONE TO 'Europe/Zurich';

--! ok SHOW USER LOCKOUT
SHOW USER LOCKOUT;

--! ok DROP USER
drop user if exists danny, billybob;

--! ok CREATE GROUP
create group admin_group with user admin, u;
create group g user a;
create group g;

--! ok ALTER GROUP
alter group admin_group add user dwuser, x;
alter group admin_group drop user dwuser;
alter group admin_group rename to administrators;

--! ok DROP GROUP
drop group guests;

--! ok CREATE ROLE
CREATE ROLE sample_role1;
CREATE ROLE sample_role1 EXTERNALID "ABC123";
create role "aad:readers";

--! ok ALTER ROLE
ALTER ROLE sample_role1 WITH RENAME TO sample_role2;
ALTER ROLE sample_role1 WITH OWNER TO user1;
ALTER ROLE sample_role1 EXTERNALID TO "XYZ456";
alter role r rename to s, owner to u externalid to 'x';

--! ok DROP ROLE
DROP ROLE sample_role FORCE;
drop role r restrict;

--! ok CREATE IDENTITY PROVIDER
CREATE IDENTITY PROVIDER oauth_standard TYPE azure
NAMESPACE 'aad'
PARAMETERS '{"issuer":"https://sts.windows.net/x/", "client_secret":"BUAH~ew\"rq", "audience":["https://x"]}';
CREATE IDENTITY PROVIDER "redshift-idc-app" TYPE AWSIDC NAMESPACE 'awsidc' APPLICATION_ARN 'arn:aws:sso::1:x'
IAM_ROLE 'arn:aws:iam::123456789012:role/MyRedshiftRole' auto_create_roles true include groups like 'a%';

--! ok ALTER IDENTITY PROVIDER
ALTER IDENTITY PROVIDER oauth_standard PARAMETERS '{}';
ALTER IDENTITY PROVIDER "my-redshift-idc-application" NAMESPACE 'MYCO';
ALTER IDENTITY PROVIDER "redshift-idc-app" DISABLE;
alter identity provider p iam_role default auto_create_roles false enable;
alter identity provider p auto_create_roles exclude groups like 'x';

--! ok DROP IDENTITY PROVIDER
DROP IDENTITY PROVIDER oauth_provider;
drop identity provider p cascade;

--! ok DESC IDENTITY PROVIDER
DESC IDENTITY PROVIDER azure_idp;

--! error 42601 | syntax error at or near "superuser" | superuser
create user u password 'x' superuser

--! error 42601 | syntax error at end of input |
alter user u

--! error 42601 | syntax error at or near "login" | login
create role r login

--! error 42601 | syntax error at end of input |
alter user u login

--! error 42601 | syntax error at or near "nologin" | nologin
create user u password disable nologin

--! error 42601 | syntax error at or near "exists" | exists g | PG_GROUP
drop group if exists g

--! error 42601 | syntax error at or near "exists" | exists
drop role if exists r
