-- The SVV views: metadata of the database's objects.
-- Each definition names its page of the developer guide.

-- r_SVV_TABLES.md
view pg_catalog.svv_tables 10501 (
    table_catalog text, table_schema text, table_name text, table_type text, remarks text
) as
select current_database(), schema, name, case when kind = 'v' then 'VIEW' else 'BASE TABLE' end, comment
from pg_internal.relations
where kind in ('r', 'v') and accessible
;

-- r_SVV_COLUMNS.md
view pg_catalog.svv_columns 10502 (
    table_catalog text, table_schema text, table_name text, column_name text, ordinal_position integer,
    column_default text, is_nullable text, data_type text, character_maximum_length integer, numeric_precision integer,
    numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, interval_type text,
    interval_precision text, character_set_catalog text, character_set_schema text, character_set_name text,
    collation_catalog text, collation_schema text, collation_name text, domain_name text, remarks text
) as
select current_database(), r.schema, r.name, a.name, a.num,
    a.default_value, case when a.not_null then 'NO' else 'YES' end, a.data_type, a.character_maximum_length,
    a.numeric_precision,
    a.numeric_precision_radix, a.numeric_scale, a.datetime_precision, null,
    null, null, null, null,
    null, null, null, null, a.comment
from pg_internal.relations r join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
union all
select current_database(), schema, relation_name, name, num,
    null, 'YES', data_type, character_maximum_length,
    numeric_precision,
    numeric_precision_radix, numeric_scale, datetime_precision, null,
    null, null, null, null,
    null, null, null, null, null
from pg_internal.late_binding_attributes
;

-- The columns of late-binding views of this database, as their queries give them at this moment.
compat pg_internal.late_binding_attributes 11620 (
    schema name, relation_name name, name name, num integer, type_name text, data_type text,
    character_maximum_length integer, numeric_precision integer, numeric_precision_radix integer,
    numeric_scale integer, datetime_precision integer
) as
select c.view_schema, c.view_name, c.col_name, c.col_num, c.col_type, c.data_type,
    case when c.data_type in ('character', 'character varying') then c.size end,
    case c.data_type when 'smallint' then 16 when 'integer' then 32 when 'bigint' then 64 when 'real' then 24
        when 'double precision' then 53 when 'numeric' then c.size end,
    case when c.data_type in ('smallint', 'integer', 'bigint', 'real', 'double precision') then 2
        when c.data_type = 'numeric' then 10 end,
    case when c.data_type in ('smallint', 'integer', 'bigint') then 0 when c.data_type = 'numeric' then c.scale end,
    case when c.data_type like 'time%' then 6 end
from (
    select view_schema, view_name, col_name, col_num, col_type, split_part(col_type, '(', 1) as data_type,
        cast(nullif(regexp_substr(col_type, '[0-9]+'), '') as integer) as size,
        cast(nullif(regexp_substr(col_type, '[0-9]+', 1, 2), '') as integer) as scale
    from pg_get_late_binding_view_cols()
        cols(view_schema name, view_name name, col_name name, col_type varchar, col_num integer)
) c
join pg_internal.relations r on r.schema = c.view_schema and r.name = c.view_name
where r.accessible
;

-- r_SVV_ALL_SCHEMAS.md
view pg_catalog.svv_all_schemas 10503 (
    database_name varchar(128), schema_name varchar(128), schema_owner integer, schema_type varchar(128),
    schema_acl varchar(128), source_database varchar(128), schema_option varchar(256)
) as
select database, name, owner, 'local', acl_text, null, null from pg_internal.all_namespaces where accessible
;

-- r_SVV_ALL_TABLES.md
view pg_catalog.svv_all_tables 10504 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), table_type varchar(128),
    table_acl varchar(128), remarks varchar(256)
) as
select database, schema, name, case when kind = 'v' then 'VIEW' else 'TABLE' end, acl_text, comment
from pg_internal.all_relations
where kind in ('r', 'v') and accessible
;

-- r_SVV_ALL_COLUMNS.md
view pg_catalog.svv_all_columns 10505 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128),
    ordinal_position integer, column_default varchar(4000), is_nullable varchar(3), data_type varchar(128),
    character_maximum_length integer, numeric_precision integer, numeric_scale integer, remarks varchar(256)
) as
select r.database, r.schema, r.name, a.name,
    a.num, a.default_value, case when a.not_null then 'NO' else 'YES' end,
    case when a.data_type like 'interval%' then a.type_name else a.data_type end,
    a.character_maximum_length, a.numeric_precision, a.numeric_scale, a.comment
from pg_internal.all_relations r join pg_internal.all_attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
union all
select current_database(), schema, relation_name, name,
    num, null, 'YES', data_type,
    character_maximum_length, numeric_precision, numeric_scale, null
from pg_internal.late_binding_attributes
;

-- r_SVV_REDSHIFT_DATABASES.md
view pg_catalog.svv_redshift_databases 10506 (
    database_name varchar(128), database_owner integer, database_type varchar(32), database_acl varchar(128),
    database_options varchar(128), database_isolation_level varchar(128)
) as
select name, owner, 'local', acl_text, null, isolation_level from pg_internal.databases where not is_template
;

-- r_SVV_REDSHIFT_SCHEMAS.md
view pg_catalog.svv_redshift_schemas 10507 (
    database_name varchar(128), schema_name varchar(128), schema_owner integer, schema_type varchar(16),
    schema_acl varchar(128), schema_option varchar(128)
) as
select database, name, owner, 'local', acl_text, null from pg_internal.all_namespaces where accessible
;

-- r_SVV_REDSHIFT_TABLES.md
view pg_catalog.svv_redshift_tables 10508 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), table_type varchar(128),
    table_acl varchar(128), remarks varchar(128), table_owner varchar(128)
) as
select database, schema, name, case when kind = 'v' then 'VIEW' else 'TABLE' end, acl_text, comment,
    owner_name
from pg_internal.all_relations
where kind in ('r', 'v') and accessible
;

-- r_SVV_REDSHIFT_COLUMNS.md
view pg_catalog.svv_redshift_columns 10509 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128),
    ordinal_position integer, data_type varchar(32), column_default varchar(4000), is_nullable varchar(3),
    encoding varchar(128), distkey boolean, sortkey integer, column_acl varchar(128), remarks varchar(256)
) as
select r.database, r.schema, r.name, a.name,
    a.num, a.type_name, a.default_value, case when a.not_null then 'NO' else 'YES' end,
    a.encoding, a.dist_key, a.sort_key, a.acl_text, a.comment
from pg_internal.all_relations r join pg_internal.all_attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
union all
select current_database(), schema, relation_name, name,
    num, type_name, null, 'YES',
    null, false, 0, null, null
from pg_internal.late_binding_attributes
;

-- r_SVV_REDSHIFT_FUNCTIONS.md
view pg_catalog.svv_redshift_functions 10510 (
    database_name varchar(128), schema_name varchar(128), function_name varchar(128), function_type varchar(128),
    argument_type varchar(512), result_type varchar(128)
) as
select database, schema, name, case when is_procedure then 'STORED PROCEDURE' else 'REGULAR FUNCTION' end,
    input_list, result
from pg_internal.all_routines
where accessible
;

-- r_SVV_TABLE_INFO.md: tables with at least one row; sizes in blocks of one megabyte. One slice holds all rows, so that
-- none has more than another; a table of DISTSTYLE ALL has no such ratio. The columns of a table share its bytes evenly.
-- The planner looks at the rows themselves, so that statistics are never out of date.
view pg_catalog.svv_table_info 10511 (
    database text, schema text, table_id oid, table text, encoded text, diststyle text, sortkey1 text,
    max_varchar integer, sortkey1_enc character(32), sortkey_num integer, size bigint, pct_used numeric(10,4),
    empty bigint, unsorted numeric(5,2), stats_off numeric(5,2), tbl_rows numeric(38,0), skew_sortkey1 numeric(19,2),
    skew_rows numeric(19,2), estimated_visible_rows numeric(38,0), risk_event text, vacuum_sort_benefit numeric(12,2),
    create_time timestamp
) as
select current_database(), schema, oid, shown_name, encoded, dist_style_name, sort_key1,
    max_varchar, sort_key1_encoding, sort_keys, blocks, cast(blocks * 100.0 / 1048576 as numeric(10,4)),
    0, case when sort_keys > 0 then cast((stored_rows - sorted_rows) * 100.0 / stored_rows as numeric(5,2)) end, 0,
    stored_rows, case when sort_keys > 0 then 1 end,
    case when effective_dist_style in (0, 1) then 1 end, visible_rows, null, case when sort_keys > 0 then 0 end,
    created
from pg_internal.relations
where kind = 'r' and not is_system and stored_rows > 0
;

-- r_SVV_EXTERNAL_SCHEMAS.md
view pg_catalog.svv_external_schemas 10512 (
    esoid oid, eskind smallint, schemaname name, esowner integer, databasename text, esoptions text
)
;

-- r_SVV_EXTERNAL_TABLES.md
view pg_catalog.svv_external_tables 10513 (
    redshift_database_name text, schemaname text, tablename text, tabletype text, location text, input_format text,
    output_format text, serialization_lib text, serde_parameters text, compressed integer, parameters text
)
;

-- r_SVV_EXTERNAL_COLUMNS.md
view pg_catalog.svv_external_columns 10514 (
    redshift_database_name text, schemaname text, tablename text, columnname text, external_type text,
    columnnum integer, part_key integer, is_nullable text
)
;

-- r_SVV_EXTERNAL_PARTITIONS.md
view pg_catalog.svv_external_partitions 10515 (
    schemaname text, tablename text, values text, location text, input_format text, output_format text,
    serialization_lib text, serde_parameters text, compressed integer, parameters text
)
;

-- r_SVV_EXTERNAL_DATABASES.md
view pg_catalog.svv_external_databases 10516 (
    eskind integer, esoptions text, databasename text, location text, parameters text
)
;

-- r_SVV_RELATION_PRIVILEGES.md
view pg_catalog.svv_relation_privileges 10517 (
    namespace_name text, relation_name text, privilege_type text, identity_id integer, identity_name text,
    identity_type text, admin_option boolean
) as
select schema, object_name, privilege, grantee, grantee_name, grantee_kind, grant_option
from pg_internal.privileges
where object_kind = 'relation'
;

-- r_SVV_SCHEMA_PRIVILEGES.md
view pg_catalog.svv_schema_privileges 10518 (
    namespace_name text, privilege_type text, identity_id integer, identity_name text, identity_type text,
    admin_option boolean, privilege_scope text
) as
select object_name, privilege, grantee, grantee_name, grantee_kind, grant_option, scope
from pg_internal.privileges
where object_kind = 'schema'
;

-- r_SVV_DATABASE_PRIVILEGES.md
view pg_catalog.svv_database_privileges 10519 (
    database_name text, privilege_type text, identity_id integer, identity_name text, identity_type text,
    admin_option boolean, privilege_scope text
) as
select object_name, privilege, grantee, grantee_name, grantee_kind, grant_option, scope
from pg_internal.privileges
where object_kind = 'database'
;

-- r_SVV_USER_INFO.md
view pg_catalog.svv_user_info 10520 (
    user_name text, user_id integer, createdb boolean, superuser boolean, catalog_update boolean,
    connection_limit text, syslog_access text, last_ddl_timestamp timestamp, session_timeout integer,
    external_user_id text
) as
select name, id, can_create_databases, is_superuser, is_superuser,
    connection_limit, case when sees_all_logs then 'UNRESTRICTED' else 'RESTRICTED' end, null, session_timeout,
    null
from pg_internal.users where accessible
;

-- r_SVV_MV_INFO.md
view pg_catalog.svv_mv_info 10521 (
    database_name character(128), schema_name character(128), user_name character(128), name character(128),
    is_stale character(1), state integer, autorewrite character(1), autorefresh character(1)
) as
select current_database(), schema, owner_name, name, case when mv_stale then 't' else 'f' end, mv_state, 'f',
    case when mv_auto_refresh then 't' else 'f' end
from pg_internal.relations where mv_state is not null
;

-- r_SVV_MV_DEPENDENCY.md
view pg_catalog.svv_mv_dependency 10560 (
    database_name character(128), schema_name character(128), name character(128),
    dependent_database_name character(128), dependent_schema_name character(128), dependent_name character(128)
) as
select current_database(), mv.schema, mv.name, current_database(), base.schema, base.name
from pg_internal.relations mv
join pg_internal.dependencies d on d.object = mv.oid and d.kind = 'n'
join pg_internal.relations base on base.oid = d.referenced_object
where mv.mv_state is not null and base.mv_state is not null
;

-- r_SVV_ROLES.md
view pg_catalog.svv_roles 10522 (
    role_id integer, role_name text, role_owner text, external_id text
) as
select id, name, owner_name, external_id from pg_internal.roles
;

-- r_SVV_USER_GRANTS.md
view pg_catalog.svv_user_grants 10523 (
    user_id integer, user_name text, role_id integer, role_name text, admin_option boolean
) as
select grantee, grantee_name, object, object_name, grant_option
from pg_internal.privileges
where object_kind = 'role' and grantee_kind = 'user'
;

-- r_SVV_ROLE_GRANTS.md
view pg_catalog.svv_role_grants 10524 (
    role_id integer, role_name text, granted_role_id integer, granted_role_name text
) as
select grantee, grantee_name, object, object_name
from pg_internal.privileges
where object_kind = 'role' and grantee_kind = 'role'
;

-- r_SVV_TRANSACTIONS.md
view pg_catalog.svv_transactions 10525 (
    txn_owner text, txn_db text, xid bigint, pid integer, txn_start timestamp, lock_mode text,
    lockable_object_type text, relation integer, granted boolean
) as
select user_name, database, transaction_id, pid, transaction_start, mode, 'relation', cast(relation_oid as integer), granted
from pg_internal.locks
union
select user_name, database, transaction_id, pid, transaction_start, 'ExclusiveLock', 'transactionid',
    cast(null as integer), true
from pg_internal.locks
;

-- r_SVV_QUERY_INFLIGHT.md
view pg_catalog.svv_query_inflight 10526 (
    userid integer, slice integer, query integer, pid integer, starttime timestamp, suspended integer,
    text character(200), sequence integer
) as
select user_id, 0, query_id, pid, start_time, 0, text, sequence
from pg_internal.running_texts
;

-- r_SVV_DISKUSAGE.md; dbt-labs/redshift selects the other columns of STV_BLOCKLIST, too.
view pg_catalog.svv_diskusage 10527 (
    db_id integer, name character(72), slice integer, col integer, tbl integer, blocknum integer, num_values integer,
    extended_limits integer, minvalue bigint, maxvalue bigint, sb_pos integer, pinned integer, on_disk integer,
    backed_up integer, modified integer, hdr_modified integer, unsorted integer, tombstone integer,
    preferred_diskno integer, temporary integer, newblock integer, num_readers integer, id integer, flags integer
) as
select p.db_id, p.name, b.slice, b.col, b.tbl, b.blocknum, b.num_values,
    b.extended_limits, b.minvalue, b.maxvalue, b.sb_pos, b.pinned, b.on_disk,
    b.backed_up, b.modified, b.hdr_modified, b.unsorted, b.tombstone,
    b.preferred_diskno, b.temporary, b.newblock, b.num_readers, b.id, b.flags
from pg_catalog.stv_blocklist b join pg_catalog.stv_tbl_perm p on p.id = b.tbl and p.slice = b.slice
;

-- r_SVV_VACUUM_PROGRESS.md: the table that was vacuumed last. While a table is vacuumed, nobody can tell how far it is.
view pg_catalog.svv_vacuum_progress 10528 (
    table_name text, status text, time_remaining_estimate text
) as
select table_name, case when skipped then 'Skipped' else 'Complete' end, ''
from pg_internal.log_vacuum
order by endtime desc
limit 1
;

-- r_SVV_DATASHARES.md
view pg_catalog.svv_datashares 10529 (
    share_name varchar(128), share_id integer, share_owner integer, source_database varchar(128),
    consumer_database varchar(128), share_type varchar(8), createdate timestamp, is_publicaccessible boolean,
    share_acl varchar(256), producer_account varchar(16), producer_namespace varchar(64), managed_by varchar(64)
)
;

-- r_SVV_DEFAULT_PRIVILEGES.md
view pg_catalog.svv_default_privileges 10530 (
    schema_name text, object_type text, owner_id integer, owner_name text, owner_type text, privilege_type text,
    grantee_id integer, grantee_name text, grantee_type text, admin_option boolean
) as
select schema, scope, object, object_name, 'user', privilege, grantee, grantee_name, grantee_kind, grant_option
from pg_internal.privileges
where object_kind = 'default' and (grantee_kind <> 'user' or grantee <> object)
;

-- r_SVV_COLUMN_PRIVILEGES.md
view pg_catalog.svv_column_privileges 10531 (
    namespace_name text, relation_name text, column_name text, privilege_type text, identity_id integer,
    identity_name text, identity_type text
) as
select schema, object_name, column_name, privilege, grantee, grantee_name, grantee_kind
from pg_internal.privileges
where object_kind = 'column'
;

-- r_SVV_FUNCTION_PRIVILEGES.md
view pg_catalog.svv_function_privileges 10532 (
    namespace_name text, function_name text, argument_types text, privilege_type text, identity_id integer,
    identity_name text, identity_type text, admin_option boolean
) as
select schema, object_name, arguments, privilege, grantee, grantee_name, grantee_kind, grant_option
from pg_internal.privileges
where object_kind in ('function', 'procedure')
;

-- r_SVV_SYSTEM_PRIVILEGES.md
view pg_catalog.svv_system_privileges 10533 (
    system_privilege text, identity_id integer, identity_name text, identity_type text
) as
select privilege, grantee, grantee_name, grantee_kind from pg_internal.privileges where object_kind = 'system'
;

-- r_SVV_IAM_PRIVILEGES.md
view pg_catalog.svv_iam_privileges 10534 (
    iam_arn text, command_type text, identity_id integer, identity_name text, identity_type text
) as
select object_name, privilege, grantee, grantee_name, grantee_kind
from pg_internal.privileges
where object_kind = 'iam role'
;

-- r_SVV_LANUGAGE_PRIVILEGES.md
view pg_catalog.svv_language_privileges 10535 (
    language_name text, privilege_type text, identity_id integer, identity_name text, identity_type text,
    admin_option boolean
) as
select object_name, privilege, grantee, grantee_name, grantee_kind, grant_option
from pg_internal.privileges
where object_kind = 'language'
;
