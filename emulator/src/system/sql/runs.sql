-- What sessions, transactions, users, procedures and maintenance left behind.
-- Each definition names its page of the developer guide.

-- r_STL_SESSIONS.md
view pg_catalog.stl_sessions 10711 (
    userid integer, starttime timestamp, endtime timestamp, process integer, user_name character(50),
    db_name character(50), timeout_sec integer, timed_out integer
) as
select userid, starttime, endtime, pid, username, database, timeout, 0
from pg_internal.log_session
;

-- r_STL_CONNECTION_LOG.md
view pg_catalog.stl_connection_log 10710 (
    event character(50), recordtime timestamp, remotehost character(45), remoteport character(32), pid integer,
    dbname character(50), username character(50), authmethod character(32), duration integer,
    sslversion character(50), sslcipher character(128), mtu integer, sslcompression character(64),
    sslexpansion character(64), iamauthguid character(36), application_name character(250),
    os_version character(64), driver_version character(64), plugin_name character(32), protocol_version integer,
    sessionid character(36), compression character(16)
) as
select event, recordtime, remote_host, remote_port, pid, database, username, authmethod, duration, sslversion, sslcipher, 0,
    '', '', '', application_name, os_version, driver_version, plugin_name, protocol_version, '', ''
from pg_internal.connection_events
;

-- SYS_CONNECTION_LOG.md
view pg_catalog.sys_connection_log 11309 (
    event character(50), record_time timestamp, remote_host character(45), remote_port character(32),
    session_id integer, database_name character(50), user_name character(50), auth_method character(32),
    duration integer, ssl_version character(50), ssl_cipher character(128), mtu integer,
    ssl_compression character(64), ssl_expansion character(64), iam_auth_guid character(36),
    application_name character(250), driver_version character(64), os_version character(64),
    plugin_name character(32), protocol_version integer, global_session_id character(36)
) as
select event, recordtime, remote_host, remote_port, pid, database, username, authmethod, duration, sslversion, sslcipher, 0,
    '', '', '', application_name, driver_version, os_version, plugin_name, protocol_version, ''
from pg_internal.connection_events
;

-- SYS_SESSION_HISTORY.md
view pg_catalog.sys_session_history 11310 (
    user_id character(50), session_id integer, database_name character(50), status character(20),
    session_timeout integer, start_time timestamp, end_time timestamp
) as
select cast(user_id as varchar), pid, database, 'active', timeout, started, null
from pg_internal.sessions
union all
select cast(userid as varchar), pid, database, 'closed', timeout, starttime, endtime
from pg_internal.log_session
;

-- SYS_TRANSACTION_HISTORY.md
view pg_catalog.sys_transaction_history 11311 (
    user_id integer, transaction_id bigint, isolation_level text, status text, transaction_start_time timestamp,
    commit_start_time timestamp, commit_end_time timestamp, blocks_committed bigint, undo_transaction_id bigint
) as
select userid, xid, isolation_level, status, starttime, case status when 'committed' then committime end, endtime, 0,
    -1
from pg_internal.log_transaction
;

-- r_STL_COMMIT_STATS.md
view pg_catalog.stl_commit_stats 10753 (
    xid bigint, node integer, startqueue timestamp, startwork timestamp, endflush timestamp, endstage timestamp,
    endlocal timestamp, startglobal timestamp, endtime timestamp, queuelen bigint, permblocks bigint,
    newblocks bigint, dirtyblocks bigint, headers bigint, numxids integer, oldestxid bigint, extwritelatency bigint,
    metadatawritten integer, tombstonedblocks bigint, tossedblocks bigint, batched_by bigint
) as
select xid, -1, committime, committime, endtime, endtime, endtime, endtime, endtime, 0, 0, 0, 0, 0, 0, null, null,
    null, null, null, null
from pg_internal.log_transaction where status = 'committed'
;

-- r_STL_UNDONE.md
view pg_catalog.stl_undone 10713 (
    userid integer, xact_id bigint, xact_id_undone bigint, undo_start_ts timestamp, undo_end_ts timestamp,
    table_id bigint
) as
select userid, xid, xid, committime, endtime, null
from pg_internal.log_transaction where status = 'rolled back'
;

-- r_STL_TR_CONFLICT.md
view pg_catalog.stl_tr_conflict 10716 (
    xact_id bigint, process_id bigint, xact_start_ts timestamp, abort_time timestamp, table_id bigint
) as
select xid, pid, starttime, aborttime, tbl
from pg_internal.conflicts
;

-- r_STL_USERLOG.md
view pg_catalog.stl_userlog 10717 (
    userid integer, username character(50), oldusername character(50), action character(10), usecreatedb integer,
    usesuper integer, usecatupd integer, valuntil timestamp, pid integer, xid bigint, recordtime timestamp
) as
select userid, username, old_username, action, creates_databases, is_superuser, is_superuser, valid_until, pid, xid,
    recordtime
from pg_internal.log_user_change
;

-- SYS_USERLOG.md
view pg_catalog.sys_userlog 11352 (
    user_id integer, user_name character(50), original_user_name character(50), action character(10),
    has_create_db_privs integer, is_superuser integer, has_update_catalog_privs integer,
    password_expiration timestamp, session_id integer, transaction_id bigint, record_time timestamp
) as
select userid, username, old_username, action, creates_databases, is_superuser, is_superuser, valid_until, pid, xid,
    recordtime
from pg_internal.log_user_change
;

-- r_STL_VACUUM.md
view pg_catalog.stl_vacuum 10719 (
    userid integer, xid bigint, table_id integer, status character(30), rows bigint, sortedrows integer,
    blocks integer, max_merge_partitions integer, eventtime timestamp, reclaimable_rows bigint,
    reclaimable_space_mb bigint, cutoff_xid bigint, is_recluster integer
) as
select userid, xid, tbl,
    case when skipped then 'Skipped' || case when mode = 'Delete' then '(delete only)' when mode = 'Sort' then
        '(sort only)' else '' end else 'Started' || case when mode = 'Delete' then ' Delete Only' when mode = 'Sort'
        then ' Sort Only' when mode = 'Reindex' then ' Reindex' else '' end end,
    rows_before, rows_before, blocks_before, 0, starttime, deleted_before, 0, 0,
    case when mode = 'Recluster' then 1 else 0 end
from pg_internal.log_vacuum
union all
select userid, xid, tbl, 'Finished', rows_after, rows_after, blocks_after, 0, endtime, 0, 0, 0,
    case when mode = 'Recluster' then 1 else 0 end
from pg_internal.log_vacuum where not skipped
;

-- SYS_VACUUM_HISTORY.md
view pg_catalog.sys_vacuum_history 11353 (
    user_id integer, transaction_id bigint, query_id bigint, database_name text, schema_name text, table_name text,
    table_id integer, vacuum_type character(32), is_automatic boolean, status character(32), start_time timestamp,
    end_time timestamp, record_time timestamp, duration integer, rows_before_vacuum bigint,
    size_before_vacuum integer, reclaimable_rows bigint, reclaimed_rows bigint, reclaimed_blocks bigint,
    sortedrows_before_vacuum integer, sortedrows_after_vacuum integer
) as
select userid, xid, query, database, schema, table_name, tbl, mode, false,
    case when skipped then 'Skipped' else 'Complete' end, starttime, endtime, endtime,
    datediff(microsecond, starttime, endtime), rows_before, blocks_before, deleted_before, rows_before - rows_after,
    blocks_before - blocks_after, rows_before, 0
from pg_internal.log_vacuum
;

-- r_SVV_VACUUM_SUMMARY.md
view pg_catalog.svv_vacuum_summary 10570 (
    table_name text, xid bigint, sort_partitions bigint, merge_increments bigint, elapsed_time bigint,
    row_delta bigint, sortedrow_delta bigint, block_delta integer, max_merge_partitions integer
) as
select table_name, xid, 0, 0, datediff(microsecond, starttime, endtime), rows_after - rows_before, 0,
    blocks_after - blocks_before, 0
from pg_internal.log_vacuum where not skipped
;

-- r_SVL_VACUUM_PERCENTAGE.md
view pg_catalog.svl_vacuum_percentage 11154 (
    xid bigint, table_id integer, percentage bigint
) as
select xid, tbl, case when blocks_before > 0 then 100 * blocks_after / blocks_before else 100 end
from pg_internal.log_vacuum where not skipped
;

-- r_STL_ANALYZE.md
view pg_catalog.stl_analyze 10720 (
    userid integer, xid bigint, database character(30), table_id integer, status character(15), rows double,
    modified_rows double, threshold_percent integer, is_auto character(1), starttime timestamp, endtime timestamp,
    prevtime timestamp, num_predicate_cols integer, num_new_predicate_cols integer, is_background character(1),
    auto_analyze_phase character(100), schema_name character(128), table_name character(136)
) as
select userid, xid, database, tbl, status, rows, modified, threshold, 'f', starttime, endtime, prevtime, 0, 0, 'f', '',
        schema,
    table_name
from pg_internal.log_analyze
;

-- SYS_ANALYZE_HISTORY.md
view pg_catalog.sys_analyze_history 11354 (
    user_id integer, transaction_id bigint, database_name character(30), table_name character(30), table_id integer,
    is_automatic character(1), status character(15), start_time timestamp, end_time timestamp, rows double,
    modified_rows double, analyze_threshold_percent integer, last_analyze_time timestamp
) as
select userid, xid, database, substring(table_name, 1, 30), tbl, 'f', status, starttime, endtime, rows, modified,
    threshold, prevtime
from pg_internal.log_analyze
;

-- r_SVL_STORED_PROC_CALL.md
view pg_catalog.svl_stored_proc_call 11155 (
    userid integer, session_userid integer, query integer, label character(320), xid bigint, pid integer,
    database character(32), querytxt character(4000), starttime timestamp, endtime timestamp, aborted integer,
    from_sp_call integer
) as
select userid, session_userid, query, label, xid, pid, database, querytxt, starttime, endtime, aborted, from_call
from pg_internal.log_call
;

-- SYS_PROCEDURE_CALL.md
view pg_catalog.sys_procedure_call 11355 (
    session_user_id integer, security_user_id integer, query_id integer, query_text character(4000),
    start_time timestamp, end_time timestamp, status character(10), caller_procedure_query_id integer,
    query_uuid character(36)
) as
select session_userid, userid, query, querytxt, starttime, endtime,
    case when aborted = 0 then 'success' else 'canceled' end, from_call, null
from pg_internal.log_call
;

-- r_SVL_STORED_PROC_MESSAGES.md
view pg_catalog.svl_stored_proc_messages 11156 (
    userid integer, session_userid integer, pid integer, xid bigint, query integer, recordtime timestamp,
    loglevel integer, loglevel_text character(10), message character(1024), linenum integer,
    querytext character(500), label character(320), aborted integer, message_xid bigint
) as
select m.userid, m.session_userid, m.pid, m.xid, m.query, m.recordtime, m.loglevel,
    case m.loglevel when 20 then 'LOG' when 30 then 'INFO' when 40 then 'NOTICE' when 50 then 'WARNING' else
        'EXCEPTION' end,
    m.message, m.linenum, substring(coalesce(c.querytxt, ''), 1, 500), m.label, coalesce(c.aborted, 0),
    m.xid
from pg_internal.log_procedure_message m left join pg_internal.log_call c on c.query = m.query
;

-- SYS_PROCEDURE_MESSAGES.md
view pg_catalog.sys_procedure_messages 11356 (
    transaction_id bigint, query_id integer, record_time timestamp, log_level character(10),
    message character(1024), line_number integer, query_uuid character(36)
) as
select xid, query, recordtime,
    case loglevel when 20 then 'LOG' when 30 then 'INFO' when 40 then 'NOTICE' when 50 then 'WARNING' else
        'EXCEPTION' end,
    message, linenum, null
from pg_internal.log_procedure_message
;

-- r_SVL_MULTI_STATEMENT_VIOLATIONS.md
view pg_catalog.svl_multi_statement_violations 11157 (
    userid integer, database character(32), cmdname character(20), xid bigint, pid integer, label character(320),
    starttime timestamp, endtime timestamp, sequence integer, type varchar(10), text character(200)
) as
select q.userid, q.database, upper(split_part(q.error_message, ' cannot run', 1)), q.xid, q.pid, q.label, q.starttime,
    q.endtime, t.sequence, case q.query_type when 'DDL' then 'DDL' else 'UTILITY' end, t.text
from pg_internal.log_query q join pg_internal.log_query_text t on t.query = q.query
where q.error_message like '%cannot run inside a transaction block%'
;

-- r_STL_RESTARTED_SESSIONS.md
view pg_catalog.stl_restarted_sessions 10754 (
    currenttime timestamp, dbname character(50), newpid integer, oldpid integer, username character(50),
    remotehost character(45), remoteport character(32), parkedtime timestamp, session_vars character(2000)
)
;

-- r_STL_SCHEMA_QUOTA_VIOLATIONS.md
view pg_catalog.stl_schema_quota_violations 10755 (
    ownerid integer, xid bigint, pid integer, userid integer, schema_id integer, schema_name character(128),
    quota integer, disk_usage integer, disk_usage_pct double, timestamp timestamp
) as
select ownerid, xid, pid, userid, schema_id, schema_name, quota, disk_usage,
    case when quota > 0 then 100.0 * disk_usage / quota else 0 end, recordtime
from pg_internal.log_quota_violation
;

-- r_SYS_SCHEMA_QUOTA_VIOLATIONS.md
view pg_catalog.sys_schema_quota_violations 11357 (
    owner_id integer, user_id integer, transaction_id bigint, session_id integer, schema_id integer,
    schema_name character(128), quota integer, disk_usage integer, record_time timestamp
) as
select ownerid, userid, xid, pid, schema_id, schema_name, quota, disk_usage, recordtime
from pg_internal.log_quota_violation
;

-- r_SVV_SCHEMA_QUOTA_STATE.md
view pg_catalog.svv_schema_quota_state 10571 (
    schema_id integer, schema_name character(128), schema_owner integer, quota integer, disk_usage integer,
    disk_usage_pct double
) as
select cast(n.oid as integer), n.name, n.owner, n.quota_mb, coalesce(s.used, 0),
    case when n.quota_mb > 0 then 100.0 * coalesce(s.used, 0) / n.quota_mb else 0 end
from pg_internal.namespaces n
left join (select namespace, sum(megabytes) as used from pg_internal.relations where kind = 'r' group by namespace) s
        on s.namespace = n.oid
where n.accessible and n.quota_mb is not null
;

-- r_SVV_REDSHIFT_SCHEMA_QUOTA.md
view pg_catalog.svv_redshift_schema_quota 10572 (
    database_name character(128), schema_name character(128), schema_owner integer, quota integer,
    disk_usage integer
) as
select current_database(), schema_name, schema_owner, quota, disk_usage
from pg_catalog.svv_schema_quota_state
;

-- r_SVCS_UNLOAD_LOG.md
view pg_catalog.svcs_unload_log 11206 (
    userid integer, query integer, pid integer, path character(1280), start_time timestamp, end_time timestamp,
    line_count bigint, transfer_size bigint, file_format character(10)
) as
select userid, query, pid, path, starttime, endtime, line_count, transfer_size, file_format
from pg_internal.log_unload_file
;

-- r_STL_MV_STATE.md
view pg_catalog.stl_mv_state 10756 (
    userid bigint, starttime timestamp, xid bigint, event_desc character(500), db_name character(128),
    base_table_schema character(128), base_table_name character(128), mv_schema character(128),
    mv_name character(128), state character(32)
) as
select userid, eventtime, xid, event, database, base_schema, base_name, mv_schema, mv_name, state
from pg_internal.log_mv_state
;

-- SYS_MV_STATE.md
view pg_catalog.sys_mv_state 11358 (
    user_id bigint, transaction_id bigint, database_name character(128), event_desc character(500),
    start_time timestamp, base_table_database_name character(128), base_table_schema character(128),
    base_table_name character(128), mv_schema character(128), mv_name character(128), state character(32)
) as
select userid, xid, database, event, eventtime, database, base_schema, base_name, mv_schema, mv_name, state
from pg_internal.log_mv_state
;

-- SYS_SERVERLESS_USAGE.md
view pg_catalog.sys_serverless_usage 11359 (
    start_time timestamp, end_time timestamp, compute_seconds double, compute_capacity double, data_storage bigint,
    cross_region_transferred_data bigint, charged_seconds bigint,
    charged_extra_compute_for_automatic_optimization_seconds bigint
) as
select minute, dateadd(minute, 1, minute), 8 * seconds, 8, storage.megabytes, 0,
    cast(8 * case when seconds > 60 then seconds else 60 end as bigint), 0
from (select date_trunc('minute', starttime) as minute, sum(datediff(microsecond, starttime, endtime)) / 1000000.0 as
        seconds from pg_internal.log_query group by 1)
cross join (select coalesce(sum(megabytes), 0) as megabytes from pg_internal.relations where kind = 'r') storage
;

-- Transactions that ended: blocks, and statements that were transactions of their own.
compat pg_internal.log_transaction 11612 (
    userid integer, xid bigint, pid integer, isolation_level varchar(32), status varchar(16), starttime timestamp,
    committime timestamp, endtime timestamp
) as
select t.userid, t.xid, t.pid, d.isolation_level, t.status, t.starttime, t.committime, t.endtime
from (
    select userid, xid, pid, database, status, starttime, committime, endtime from pg_internal.log_transaction_end
    union all
    select userid, xid, pid, database, case when aborted = 0 then 'committed' else 'rolled back' end, starttime,
        endtime, endtime
    from pg_internal.log_query
    where own_transaction
) t
left join pg_internal.databases d on d.name = t.database
;
