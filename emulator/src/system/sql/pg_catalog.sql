-- The catalog of PostgreSQL 8.0 as Redshift has it.
-- Sources: PostgreSQL 8.0 documentation, "System Catalogs"; developer guide, "System catalog tables"
-- (c_intro_catalog_views.md, c_join_PG_examples.md). Redshift's own columns: reldiststyle and its neighbours of pg_class
-- (viewing-distribution-styles), attisdistkey, attsortkeyord, attencodingtype of pg_attribute.
-- Hidden beside oid and tableoid: columns of later PostgreSQL versions that psql, asyncpg and postgres.js ask for.

table pg_catalog.pg_namespace 2615 (
    nspname name, nspowner integer, nspacl aclitem[]
) hidden (
    oid oid, tableoid oid
) as
select name, owner, acl, oid, 2615 from pg_internal.namespaces
;

table pg_catalog.pg_class 1259 (
    relname name, relnamespace oid, reltype oid, relowner integer, relam oid, relfilenode oid, reltablespace oid,
    relpages integer, reltuples real, reltoastrelid oid, reltoastidxid oid, relhasindex boolean, relisshared boolean,
    relkind "char", relnatts smallint, relexternid oid, relisreplicated boolean, relispinned boolean,
    reldiststyle smallint, relprojbaseid oid, relchecks smallint, reltriggers smallint, relukeys smallint,
    relfkeys smallint, relrefs smallint, relhasoids boolean, relhaspkey boolean, relhasrules boolean,
    relhassubclass boolean, relacl aclitem[]
) hidden (
    oid oid, tableoid oid, relpersistence "char", relhastriggers boolean, reloftype oid, reloptions text[],
    relrowsecurity boolean, relforcerowsecurity boolean, relreplident "char", relispartition boolean
) as
select name, namespace, row_type, owner, case when kind = 'i' then 403 else 0 end, oid, 0,
    pages, row_estimate, 0, 0, has_index, false,
    kind, natts, 0, false, false,
    dist_style, 0, 0, 0, unique_keys,
    foreign_keys, referencing_keys, false, has_primary_key, kind = 'v',
    false, acl,
    oid, 1259, persistence, false, 0, null,
    false, false, 'n', false
from pg_internal.relations
;

table pg_catalog.pg_attribute 1249 (
    attrelid oid, attname name, atttypid oid, attstattarget integer, attlen smallint, attnum smallint,
    attndims integer, attcacheoff integer, atttypmod integer, attbyval boolean, attstorage "char", attalign "char",
    attnotnull boolean, atthasdef boolean, attisdropped boolean, attislocal boolean, attinhcount integer,
    attisdistkey boolean, attispreloaded boolean, attsortkeyord integer, attencodingtype smallint,
    attencrypttype smallint
) hidden (
    tableoid oid, attcollation oid, attidentity "char", attgenerated "char", attacl aclitem[], attoptions text[]
) as
select relation, name, type, -1, length, num,
    dimensions, -1, typmod, by_value, storage, alignment,
    not_null, has_default, false, true, 0,
    dist_key, false, sort_key, encoding_code,
    0,
    1249, 0, '', '', acl, null
from pg_internal.attributes
;

table pg_catalog.pg_attrdef 2604 (
    adrelid oid, adnum smallint, adbin text, adsrc text
) hidden (
    oid oid, tableoid oid
) as
select relation, num, default_value, default_value, relation, 2604 from pg_internal.attributes where has_default
;

table pg_catalog.pg_type 1247 (
    typname name, typnamespace oid, typowner integer, typlen smallint, typbyval boolean, typtype "char",
    typisdefined boolean, typdelim "char", typrelid oid, typelem oid, typinput regproc, typoutput regproc,
    typreceive regproc, typsend regproc, typanalyze regproc, typalign "char", typstorage "char", typnotnull boolean,
    typbasetype oid, typtypmod integer, typndims integer, typdefaultbin text, typdefault text
) hidden (
    oid oid, tableoid oid, typarray oid, typcategory "char", typispreferred boolean, typcollation oid,
    typmodin regproc, typmodout regproc, typsubscript regproc, typacl aclitem[]
) as
select name, namespace, owner, length, by_value, type_kind,
    true, ',', relation, element, input, output,
    receive, send, '-', alignment, storage, false,
    0, -1, 0, null, null,
    oid, 1247, array_type, category, preferred, 0,
    '-', '-', '-', null
from pg_internal.types
;

table pg_catalog.pg_database 1262 (
    datname name, datdba integer, encoding integer, datistemplate boolean, datallowconn boolean, datlastsysoid oid,
    datvacuumxid bigint, datfrozenxid bigint, dattablespace oid, datconfig text[], datacl aclitem[]
) hidden (
    oid oid, tableoid oid, datcollate name, datctype name, datconnlimit integer
) as
select name, owner, 6, is_template, true, 99999,
    0, 0, 1663, null, acl,
    oid, 1262, 'C', 'C', connection_limit
from pg_internal.databases
;

table pg_catalog.pg_shadow 1260 (
    usename name, usesysid integer, usecreatedb boolean, usesuper boolean, usecatupd boolean, passwd text,
    valuntil abstime, useconfig text[]
) as
select name, id, can_create_databases, is_superuser, is_superuser, password, valid_until, config from pg_internal.users
;

table pg_catalog.pg_group 1261 (
    groname name, grosysid integer, grolist integer[]
) as
select name, id, members from pg_internal.groups
;

table pg_catalog.pg_constraint 2606 (
    conname name, connamespace oid, contype "char", condeferrable boolean, condeferred boolean, conrelid oid,
    contypid oid, confrelid oid, confupdtype "char", confdeltype "char", confmatchtype "char", conkey smallint[],
    confkey smallint[], conbin text, consrc text
) hidden (
    oid oid, tableoid oid, convalidated boolean, conindid oid, conislocal boolean, coninhcount integer,
    connoinherit boolean
) as
select name, namespace, kind, false, false, relation,
    0, foreign_relation, foreign_action, foreign_action, foreign_match, keys,
    foreign_keys, null, null,
    oid, 2606, true, index, true, 0, false
from pg_internal.constraints
;

table pg_catalog.pg_index 2610 (
    indexrelid oid, indrelid oid, indkey int2vector, indclass oidvector, indnatts smallint, indisunique boolean,
    indisprimary boolean, indisclustered boolean, indexprs text, indpred text
) hidden (
    tableoid oid, indisvalid boolean, indisready boolean, indislive boolean, indisreplident boolean,
    indisexclusion boolean, indimmediate boolean, indoption int2vector, indnkeyatts smallint
) as
select index, relation, key_vector, class_vector, natts, true,
    kind = 'p', false, null, null,
    2610, true, true, true, false,
    false, true, option_vector, natts
from pg_internal.constraints
where index <> 0
;

table pg_catalog.pg_description 2609 (
    objoid oid, classoid oid, objsubid integer, description text
) hidden (
    tableoid oid
) as
select object, class, sub_object, description, 2609 from pg_internal.comments
;

table pg_catalog.pg_depend 2608 (
    classid oid, objid oid, objsubid integer, refclassid oid, refobjid oid, refobjsubid integer, deptype "char"
) hidden (
    tableoid oid
) as
select class, object, sub_object, referenced_class, referenced_object, referenced_sub_object, kind, 2608
from pg_internal.dependencies
;

table pg_catalog.pg_rewrite 2618 (
    rulename name, ev_class oid, ev_attr smallint, ev_type "char", is_instead boolean, ev_qual text, ev_action text
) hidden (
    oid oid, tableoid oid, ev_enabled "char"
) as
select '_RETURN', oid, -1, '1', true, null, query, oid, 2618, 'O' from pg_internal.relations where kind = 'v'
;

table pg_catalog.pg_am 2601 (
    amname name, amowner integer, amstrategies smallint, amsupport smallint, amorderstrategy smallint,
    amcanunique boolean, amcanmulticol boolean, amindexnulls boolean, amconcurrent boolean
) hidden (
    oid oid, tableoid oid, amtype "char"
) as
select 'btree', 1, 5, 1, 1, true, true, true, true, 403, 2601, 'i'
;

table pg_catalog.pg_language 2612 (
    lanname name, lanispl boolean, lanpltrusted boolean, lanplcallfoid oid, lanvalidator oid, lanacl aclitem[]
) hidden (
    oid oid, tableoid oid, lanowner integer
) as
select name, oid > 14, trusted, 0, 0, null, oid, 2612, 1
from (
    select 'internal' as name, false as trusted, 12 as oid
    union all select 'c', false, 13
    union all select 'sql', true, 14
    union all select 'plpythonu', false, 100125
    union all select 'plpgsql', true, 100126
    union all select 'exfunc', true, 100127
)
;

table pg_catalog.pg_tablespace 1213 (
    spcname name, spcowner integer, spclocation text, spcacl aclitem[]
) hidden (
    oid oid, tableoid oid
) as
select name, 1, '', null, oid, 1213
from (select 'pg_default' as name, 1663 as oid union all select 'pg_global', 1664)
;

view pg_catalog.pg_user 10101 (
    usename name, usesysid integer, usecreatedb boolean, usesuper boolean, usecatupd boolean, passwd text,
    valuntil abstime, useconfig text[]
) as
select name, id, can_create_databases, is_superuser, is_superuser, '********', valid_until, config
from pg_internal.users
;

view pg_catalog.pg_tables 10102 (
    schemaname name, tablename name, tableowner name, tablespace name, hasindexes boolean, hasrules boolean,
    hastriggers boolean
) as
select schema, name, owner_name, null, has_index, false, false from pg_internal.relations where kind = 'r'
;

view pg_catalog.pg_views 10103 (
    schemaname name, viewname name, viewowner name, definition text
) as
select schema, name, owner_name, definition from pg_internal.relations where kind = 'v'
;

view pg_catalog.pg_indexes 10104 (
    schemaname name, tablename name, indexname name, tablespace name, indexdef text
) as
select schema, relation_name, name, null, index_definition from pg_internal.constraints where index <> 0
;

-- r_PG_TABLE_DEF.md; that the tables of STL and STV are among them show the examples of r_patternmatching_condition_like.md.
view pg_catalog.pg_table_def 10105 (
    schemaname name, tablename name, column name, type text, encoding character(32), distkey boolean, sortkey integer,
    notnull boolean
) as
select r.schema, r.name, a.name, a.type_name, a.encoding, a.dist_key, a.sort_key, a.not_null
from pg_internal.relations r join pg_internal.attributes a on a.relation = r.oid
where r.visible and (r.kind = 'r' or r.is_system and (r.name like 'stl\\_%' or r.name like 'stv\\_%'))
;

-- pg_user_info.md
view pg_catalog.pg_user_info 10106 (
    usename name, usesysid integer, usecreatedb boolean, usesuper boolean, usecatupd boolean, passwd text,
    valuntil abstime, useconfig text[], useconnlimit text
) as
select name, id, can_create_databases, is_superuser, is_superuser, '********', valid_until, config, connection_limit
from pg_internal.users
;

-- r_PG_CLASS_INFO.md
view pg_catalog.pg_class_info 10107 (
    reloid oid, relname name, relnamespace oid, reltype oid, relowner integer, relam oid, relfilenode oid,
    reltablespace oid, relpages integer, reltuples real, reltoastrelid oid, reltoastidxid oid, relhasindex boolean,
    relisshared boolean, relkind "char", relnatts smallint, relexternid oid, relisreplicated boolean,
    relispinned boolean, reldiststyle smallint, relprojbaseid oid, relchecks smallint, reltriggers smallint,
    relukeys smallint, relfkeys smallint, relrefs smallint, relhasoids boolean, relhaspkey boolean,
    relhasrules boolean, relhassubclass boolean, relacl aclitem[], releffectivediststyle integer,
    relcreationtime timestamp
) as
select oid, name, namespace, row_type, owner, case when kind = 'i' then 403 else 0 end, oid,
    0, pages, row_estimate, 0, 0, has_index,
    false, kind, natts, 0, false,
    false, dist_style, 0, 0, 0,
    unique_keys, foreign_keys, referencing_keys, false, has_primary_key,
    kind = 'v', false, acl, effective_dist_style,
    created
from pg_internal.relations
;

-- r_PG_ATTRIBUTE_INFO.md
view pg_catalog.pg_attribute_info 10108 (
    attrelid oid, attname name, atttypid oid, attstattarget integer, attlen smallint, attnum smallint,
    attndims integer, attcacheoff integer, atttypmod integer, attbyval boolean, attstorage "char", attalign "char",
    attnotnull boolean, atthasdef boolean, attisdropped boolean, attislocal boolean, attinhcount integer,
    attisdistkey boolean, attispreloaded boolean, attsortkeyord integer, attencodingtype smallint,
    attencrypttype smallint, attacl aclitem[]
) as
select relation, name, type, -1, length, num,
    dimensions, -1, typmod, by_value, storage, alignment,
    not_null, has_default, false, true, 0,
    dist_key, false, sort_key, encoding_code,
    0, acl
from pg_internal.attributes
;

-- r_PG_DATABASE_INFO.md
view pg_catalog.pg_database_info 10109 (
    datid oid, datname name, datdba integer, encoding integer, datistemplate boolean, datallowconn boolean,
    datlastsysoid oid, datvacuumxid bigint, datfrozenxid bigint, dattablespace oid, datconfig text[], datacl aclitem[],
    datconnlimit text
) as
select oid, name, owner, 6, is_template, true,
    99999, 0, 0, 1663, null, acl,
    cast(connection_limit as varchar)
from pg_internal.databases
;

view pg_catalog.pg_settings 10110 (
    name text, setting text, category text, short_desc text, extra_desc text, context text, vartype text, source text,
    min_val text, max_val text
) hidden (
    unit text, boot_val text, reset_val text, sourcefile text, enumvals text[]
) as
select name, setting, 'Amazon Redshift', name, null, 'user', 'string',
    case when setting = default_value then 'default' else 'session' end,
    null, null,
    null, default_value, default_value, null, null
from pg_internal.settings
;

view pg_catalog.pg_stat_activity 10111 (
    datid oid, datname name, procpid integer, usesysid integer, usename name, current_query text,
    query_start timestamptz
) hidden (
    pid integer, application_name text, client_addr text, backend_start timestamptz, state text, query text
) as
select database_oid, database, pid, user_id, user_name, coalesce(query, '<IDLE>'),
    query_start,
    pid, application_name, remote_host, started_at, case when query is null then 'idle' else 'active' end, query
from pg_internal.sessions
;

-- PostgreSQL 8.1's roles: psql 15 asks for them whatever the server's version.
compat pg_catalog.pg_roles 10112 (
    rolname name, rolsuper boolean, rolinherit boolean, rolcreaterole boolean, rolcreatedb boolean, rolcatupdate boolean,
    rolcanlogin boolean, rolreplication boolean, rolconnlimit integer, rolpassword text, rolvaliduntil timestamptz,
    rolbypassrls boolean, rolconfig text[], oid oid
) as
select name, is_superuser, true, is_superuser, can_create_databases, is_superuser,
    true, false, -1, '********', valid_until_time,
    is_superuser, config, id
from pg_internal.users
;

-- PostgreSQL 8.0, "pg_locks": every transaction locks its own number.
view pg_catalog.pg_locks 10117 (
    relation oid, database oid, transaction bigint, pid integer, mode text, granted boolean
) as
select relation_oid, database_oid, null, pid, mode, granted from pg_internal.locks
union
select null, null, transaction_id, pid, 'ExclusiveLock', true from pg_internal.locks
;

-- PostgreSQL 8.0, "pg_proc". The system's functions have the rights of everybody, and no argument names.
table pg_catalog.pg_proc 1255 (
    proname name, pronamespace oid, proowner integer, prolang oid, proisagg boolean, prosecdef boolean,
    proisstrict boolean, proretset boolean, provolatile "char", pronargs smallint, prorettype oid,
    proargtypes oidvector, proargnames text[], prosrc text, probin varbyte, proacl aclitem[]
) hidden (
    oid oid, tableoid oid, proiswindow boolean, prokind "char", proargmodes "char"[], proallargtypes oid[],
    provariadic oid, proargdefaults text, proleakproof boolean, proparallel "char", pronargdefaults smallint
) as
select name, namespace, owner, language, false, security_definer,
    false, false, volatility, input_count, return_type,
    input_types, names, source, cast(modifiers as varbyte), acl,
    oid, 1255, false, case when is_procedure then 'p' else 'f' end, modes, all_types,
    0, null, false, 'u', 0
from pg_internal.routines
union all
select name, namespace, owner, language, kind = 'a', false,
    strict, returns_set, volatility, input_count, return_type,
    input_types, null, name, null, null,
    oid, 1255, kind = 'w', kind, null, null,
    0, null, false, 'u', 0
from pg_internal.built_in_routines
;

-- PostgreSQL 8.0, "pg_operator", "pg_cast", "pg_aggregate", "pg_opclass", "pg_amop", "pg_amproc". What estimates how many rows an operator
-- finds has no functions here.
table pg_catalog.pg_operator 2617 (
    oprname name, oprnamespace oid, oprowner integer, oprkind "char", oprcanhash boolean, oprleft oid, oprright oid,
    oprresult oid, oprcom oid, oprnegate oid, oprlsortop oid, oprrsortop oid, oprltcmpop oid, oprgtcmpop oid,
    oprcode regproc, oprrest regproc, oprjoin regproc
) hidden (
    oid oid, tableoid oid
) as
select name, 11, 1, kind, hashes, left_type, right_type,
    result, commutator, negator, left_sort, right_sort, less, greater,
    function, '-', '-',
    oid, 2617
from pg_internal.operators
;

table pg_catalog.pg_cast 2605 (
    castsource oid, casttarget oid, castfunc oid, castcontext "char"
) hidden (
    oid oid, tableoid oid, castmethod "char"
) as
select source, target, function, context, oid, 2605, method from pg_internal.casts
;

-- Only few states of aggregates are values of a type that functions of pg_proc take.
table pg_catalog.pg_aggregate 2600 (
    aggfnoid regproc, aggtransfn regproc, aggfinalfn regproc, aggtranstype oid, agginitval text
) as
select r.oid, coalesce(s.transition, 0), '-', coalesce(s.state, 0), null
from pg_internal.built_in_routines r left join pg_internal.aggregate_states s on s.aggregate = r.oid
where r.kind = 'a'
;

table pg_catalog.pg_opclass 2616 (
    opcamid oid, opcname name, opcnamespace oid, opcowner integer, opcintype oid, opcdefault boolean, opckeytype oid
) hidden (
    oid oid, tableoid oid, opcmethod oid, opcfamily oid
) as
select 403, name, 11, 1, input, is_default, 0, oid, 2616, 403, 0 from pg_internal.operator_classes
;

table pg_catalog.pg_amop 2602 (
    amopclaid oid, amopsubtype oid, amopstrategy smallint, amopreqcheck boolean, amopopr oid
) hidden (
    tableoid oid
) as
select class, subtype, strategy, false, operator, 2602 from pg_internal.class_operators
;

table pg_catalog.pg_amproc 2603 (
    amopclaid oid, amprocsubtype oid, amprocnum smallint, amproc regproc
) hidden (
    tableoid oid
) as
select class, subtype, number, function, 2603 from pg_internal.class_functions
;

-- r_PG_PROC_INFO.md
view pg_catalog.pg_proc_info 10201 (
    prooid oid, proname name, pronamespace oid, proowner integer, prolang oid, proisagg boolean, prosecdef boolean,
    proisstrict boolean, proretset boolean, provolatile "char", prokind "char", pronargs smallint, prorettype oid,
    proargtypes oidvector, proargmodes "char"[], proallargtypes oid[], proargnames text[], prosrc text, probin varbyte,
    proacl aclitem[]
) as
select oid, name, namespace, owner, language, false, security_definer,
    false, false, volatility, case when is_procedure then 'p' else 'f' end, input_count, return_type,
    input_types, modes, all_types, names, source, cast(modifiers as varbyte),
    acl
from pg_internal.routines
union all
select oid, name, namespace, owner, language, kind = 'a', false,
    strict, returns_set, volatility, kind, input_count, return_type,
    input_types, null, null, null, name, null,
    null
from pg_internal.built_in_routines
;

-- What Redshift's scripts for administrators read of it: the tables with BACKUP NO, by the OIDs of database and table. What
-- its values are is not documented.
compat pg_catalog.pg_conf 10227 (
    key text, value text
) as
select 'pg_class_backup_' || cast(r.database_oid as varchar(20)) || '_' || cast(r.oid as varchar(20)), null
from pg_internal.relations r where r.kind = 'r' and not r.backup
;

-- PostgreSQL 8.0, "The Statistics Collector": what was written is known by the rows that are kept, reads are not counted.
view pg_catalog.pg_stat_all_tables 10230 (
    relid oid, schemaname name, relname name, seq_scan bigint, seq_tup_read bigint, idx_scan bigint, idx_tup_fetch bigint,
    n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint
) as
select oid, schema, name, 0, 0, 0, 0, stored_rows, 0, stored_rows - visible_rows
from pg_internal.relations where kind = 'r'
;

view pg_catalog.pg_stat_user_tables 10231 (
    relid oid, schemaname name, relname name, seq_scan bigint, seq_tup_read bigint, idx_scan bigint, idx_tup_fetch bigint,
    n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint
) as
select * from pg_catalog.pg_stat_all_tables where schemaname not in ('pg_catalog', 'pg_toast')
;

view pg_catalog.pg_stat_sys_tables 10232 (
    relid oid, schemaname name, relname name, seq_scan bigint, seq_tup_read bigint, idx_scan bigint, idx_tup_fetch bigint,
    n_tup_ins bigint, n_tup_upd bigint, n_tup_del bigint
) as
select * from pg_catalog.pg_stat_all_tables where schemaname in ('pg_catalog', 'pg_toast')
;

view pg_catalog.pg_statio_all_tables 10233 (
    relid oid, schemaname name, relname name, heap_blks_read bigint, heap_blks_hit bigint, idx_blks_read bigint,
    idx_blks_hit bigint, toast_blks_read bigint, toast_blks_hit bigint, tidx_blks_read bigint, tidx_blks_hit bigint
) as
select oid, schema, name, 0, 0, 0, 0, 0, 0, 0, 0 from pg_internal.relations where kind = 'r'
;

view pg_catalog.pg_statio_user_tables 10234 (
    relid oid, schemaname name, relname name, heap_blks_read bigint, heap_blks_hit bigint, idx_blks_read bigint,
    idx_blks_hit bigint, toast_blks_read bigint, toast_blks_hit bigint, tidx_blks_read bigint, tidx_blks_hit bigint
) as
select * from pg_catalog.pg_statio_all_tables where schemaname not in ('pg_catalog', 'pg_toast')
;

view pg_catalog.pg_stat_database 10235 (
    datid oid, datname name, numbackends integer, xact_commit bigint, xact_rollback bigint, blks_read bigint,
    blks_hit bigint
) as
select d.oid, d.name, cast(count(s.pid) as integer), 0, 0, 0, 0
from pg_internal.databases d left join pg_internal.sessions s on s.database_oid = d.oid
group by d.oid, d.name
;
