--! page r_CREATE_TEMPLATE, r_ALTER_TEMPLATE

--! ok CREATE TEMPLATE
CREATE TEMPLATE test_schema.demo_template FOR COPY AS FORMAT JSON 'auto' NULL AS '' MAXERROR 100;
CREATE TEMPLATE demo_database.demo_schema.test FOR COPY AS CSV;
CREATE OR REPLACE TEMPLATE demo_schema.demo_template FOR COPY AS
ACCEPTANYDATE ACCEPTINVCHARS DATEFORMAT 'DD-MM-YYYY' EXPLICIT_IDS ROUNDEC
TIMEFORMAT  AS 'DD.MM.YYYY HH:MI:SS' TRUNCATECOLUMNS NULL  AS 'null_string';
create template t for copy noload delimiter ',' encoding utf16 encrypted;

--! ok ALTER TEMPLATE
ALTER TEMPLATE test_template RENAME TO demo_template;
ALTER TEMPLATE demo_template OWNER TO bob;
ALTER TEMPLATE demo_template ADD CSV;
ALTER TEMPLATE demo_template ADD TIMEFORMAT 'auto';
ALTER TEMPLATE demo_template DROP ENCRYPTED;
ALTER TEMPLATE demo_template SET DELIMITER TO '|', TIMEFORMAT TO 'epochsecs';
alter template t set maxerror to 5, compupdate to off;

--! ok DROP TEMPLATE
drop template s.t;

--! error 42601 | syntax error at end of input |
create template t for copy as

--! error 42601 | syntax error at or near "iam_role" | iam_role
create template t for copy as csv iam_role default

--! error 42601 | syntax error at or near "unload" | unload
create template t for unload as csv

--! error 42601 | syntax error at or near "nothing" | nothing
alter template t drop nothing
