-- The STL, STV and SVL views: what was run and what was loaded.
-- Each definition names its page of the developer guide. Rows of other users are seen by superusers only: the base
-- relations leave them out.

-- r_STL_QUERY.md
view pg_catalog.stl_query 10701 (
    userid integer, query integer, label character(320), xid bigint, pid integer, database character(32),
    querytxt character(4000), starttime timestamp, endtime timestamp, aborted integer, insert_pristine integer,
    concurrency_scaling_status integer
) as
select userid, query, label, xid, pid, database, querytxt, starttime, endtime, aborted, 0, 0
from pg_internal.log_query
where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_STL_QUERYTEXT.md
view pg_catalog.stl_querytext 10702 (
    userid integer, xid bigint, pid integer, query integer, sequence integer, text character(200),
    user_query_id bigint, child_query_sequence integer, query_uuid character(36)
) as
select userid, xid, pid, query, sequence, text, query, 1, null
from pg_internal.log_query_text
where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_STL_DDLTEXT.md
view pg_catalog.stl_ddltext 10703 (
    userid integer, xid bigint, pid integer, label character(320), starttime timestamp, endtime timestamp,
    sequence integer, text character(200)
) as
select userid, xid, pid, label, starttime, endtime, sequence, text
from pg_internal.log_query_text
where query_type = 'DDL'
;

-- r_STL_UTILITYTEXT.md
view pg_catalog.stl_utilitytext 10704 (
    userid integer, xid bigint, pid integer, label character(320), starttime timestamp, endtime timestamp,
    sequence integer, text character(200)
) as
select userid, xid, pid, label, starttime, endtime, sequence, text
from pg_internal.log_query_text
where query_type in ('UTILITY', 'COMMAND')
;

-- r_STL_LOAD_ERRORS.md
view pg_catalog.stl_load_errors 10705 (
    userid integer, slice integer, tbl integer, starttime timestamp, session integer, query integer,
    filename character(256), line_number bigint, colname character(127), type character(10), col_length character(10),
    position integer, raw_line character(1024), raw_field_value character(1024), err_code integer,
    err_reason character(100), is_partial integer, start_offset bigint, copy_job_id bigint
) as
select userid, slice, tbl, starttime, session, query,
    filename, line_number, colname, type, col_length,
    position, raw_line, raw_field_value, err_code,
    err_reason, is_partial, start_offset, 0
from pg_internal.log_load_error
;

-- r_STL_LOADERROR_DETAIL.md
view pg_catalog.stl_loaderror_detail 10706 (
    userid integer, slice integer, session integer, query integer, filename character(256), line_number bigint,
    field integer, colname character(1024), value character(1024), is_null integer, type character(10),
    col_length character(10)
) as
select userid, slice, session, query, filename, line_number, field, colname, value, is_null, type, col_length
from pg_internal.log_load_error_field
;

-- r_STL_LOAD_COMMITS.md
view pg_catalog.stl_load_commits 10707 (
    userid integer, query integer, slice integer, name character(256), filename character(256), byte_offset integer,
    lines_scanned integer, errors integer, curtime timestamp, status integer, file_format character(16),
    is_partial integer, start_offset bigint, copy_job_id bigint
) as
select userid, query, slice, '', filename, byte_offset,
    lines_scanned, errors, curtime, status, file_format,
    is_partial, start_offset, 0
from pg_internal.log_load_file
;

-- The same with columns that Redshift does not have and that monitoring queries of tutorials name.
extended pg_catalog.stl_load_commits 10707 (
    userid integer, query integer, slice integer, name character(256), filename character(256), byte_offset integer,
    lines_scanned integer, errors integer, curtime timestamp, status integer, file_format character(16),
    is_partial integer, start_offset bigint, copy_job_id bigint, lines_loaded bigint, rows_loaded bigint,
    bytes_loaded bigint, starttime timestamp, endtime timestamp
) as
select userid, query, slice, '', filename, byte_offset,
    lines_scanned, errors, curtime, status, file_format,
    is_partial, start_offset, 0, rows_loaded, rows_loaded,
    bytes_loaded, starttime, curtime
from pg_internal.log_load_file
;

-- r_STL_REPLACEMENTS.md
view pg_catalog.stl_replacements 10708 (
    userid integer, query integer, slice integer, tbl integer, starttime timestamp, session integer,
    filename character(256), line_number bigint, colname character(127), raw_line character(1024),
    user_query_id bigint
) as
select userid, query, slice, tbl, starttime, session, filename, line_number, colname, raw_line, query
from pg_internal.log_replacement
;

-- r_STL_FILE_SCAN.md
view pg_catalog.stl_file_scan 10709 (
    userid integer, query integer, slice integer, name character(90), lines bigint, bytes bigint, loadtime bigint,
    curtime timestamp, is_partial integer, start_offset bigint
) as
select userid, query, slice, filename, lines_scanned, bytes_loaded, datediff(microsecond, starttime, curtime),
    curtime, is_partial, start_offset
from pg_internal.log_load_file
;

-- r_STL_ERROR.md
view pg_catalog.stl_error 10712 (
    userid integer, process character(12), recordtime timestamp, pid integer, errcode integer, file character(90),
    linenum integer, context character(100), error character(512)
)
;

-- r_STL_S3CLIENT.md: one request for each file.
view pg_catalog.stl_s3client 10714 (
    userid integer, query integer, slice integer, recordtime timestamp, pid integer, http_method character(64),
    bucket character(64), key character(256), transfer_size bigint, data_size bigint, start_time bigint,
    end_time bigint, transfer_time bigint, compression_time bigint, connect_time bigint, app_connect_time bigint,
    retries bigint, request_id character(32), extended_request_id character(128), ip_address character(64),
    is_partial integer, start_offset bigint, query_uuid character(36)
) as
select l.userid, l.query, l.slice, l.curtime, q.pid, 'GET',
    split_part(l.filename, '/', 3), substring(l.filename, len(split_part(l.filename, '/', 3)) + 7), l.file_bytes,
    l.bytes_loaded, datediff(microsecond, timestamp '2000-01-01', l.starttime),
    datediff(microsecond, timestamp '2000-01-01', l.curtime), datediff(microsecond, l.starttime, l.curtime), 0, 0, 0,
    0, null, null, null,
    l.is_partial, l.start_offset, null
from pg_internal.log_load_file l left join pg_internal.log_load q on q.query = l.query
union all
select userid, query, slice, endtime, pid, 'PUT',
    split_part(path, '/', 3), substring(path, len(split_part(path, '/', 3)) + 7), transfer_size,
    transfer_size, datediff(microsecond, timestamp '2000-01-01', starttime),
    datediff(microsecond, timestamp '2000-01-01', endtime), datediff(microsecond, starttime, endtime), 0, 0, 0,
    0, null, null, null,
    0, 0, null
from pg_internal.log_unload_file
;

-- r_STL_UNLOAD_LOG.md
view pg_catalog.stl_unload_log 10715 (
    userid integer, query integer, slice integer, pid integer, path character(1280), start_time timestamp,
    end_time timestamp, line_count bigint, transfer_size bigint, file_format character(10), user_query_id bigint,
    transaction_id bigint
) as
select userid, query, slice, pid, path, starttime, endtime, line_count, transfer_size, file_format, query, xid
from pg_internal.log_unload_file
;

-- r_STL_WLM_QUERY.md
view pg_catalog.stl_wlm_query 10721 (
    userid integer, xid integer, task integer, query integer, service_class integer, slot_count integer,
    service_class_start_time timestamp, queue_start_time timestamp, queue_end_time timestamp, total_queue_time bigint,
    exec_start_time timestamp, exec_end_time timestamp, total_exec_time bigint, service_class_end_time timestamp,
    final_state character(16), est_peak_mem bigint, query_priority character(20), service_class_name character(64)
) as
select userid, xid, query, query, 100, 1,
    starttime, starttime, starttime, 0,
    starttime, endtime, datediff(microsecond, starttime, endtime), endtime,
    'Completed', 0, 'Normal', 'Default queue'
from pg_internal.log_query
where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_STV_RECENTS.md
view pg_catalog.stv_recents 10901 (
    userid integer, status character(20), starttime timestamp, duration integer, user_name character(50),
    db_name character(50), query character(600), pid integer
) as
select user_id, 'Running', start_time, 0, user_name, database, query_text, pid from pg_internal.running_queries
union all
select userid, 'Done', starttime, datediff(microsecond, starttime, endtime), username, database, querytxt, -1
from pg_internal.log_query
;

-- r_STV_INFLIGHT.md
view pg_catalog.stv_inflight 10902 (
    userid integer, slice integer, query integer, label character(320), xid bigint, pid integer, starttime timestamp,
    text character(100), suspended integer, insert_pristine integer, concurrency_scaling_status integer
) as
select user_id, 0, query_id, label, transaction_id, pid, start_time, query_text, 0, 0, 0
from pg_internal.running_queries
;

-- r_STV_SESSIONS.md
view pg_catalog.stv_sessions 10903 (
    starttime timestamp, process integer, user_name character(50), db_name character(50), timeout_sec integer
) as
select started, pid, user_name, database, timeout from pg_internal.sessions
;

-- r_STV_TBL_PERM.md
view pg_catalog.stv_tbl_perm 10904 (
    slice integer, id integer, name character(72), rows bigint, sorted_rows bigint, temp integer, db_id integer,
    insert_pristine integer, delete_pristine integer, backup integer, dist_style integer, block_count integer
) as
select 0, cast(r.oid as integer), r.name, r.stored_rows, r.sorted_rows, case when r.persistence = 't' then 1 else 0 end,
    cast(r.database_oid as integer), 0, 0, case when r.backup then 1 else 0 end, r.dist_style, r.blocks
from pg_internal.relations r
where r.kind = 'r' and not r.is_system
;

-- r_STV_LOCKS.md: updates, not reads. When a table was last changed is not kept.
view pg_catalog.stv_locks 10905 (
    table_id bigint, last_commit timestamp, last_update timestamp, lock_owner bigint, lock_owner_pid bigint,
    lock_owner_start_ts timestamp, lock_owner_end_ts timestamp, lock_status character(22)
) as
select l.relation_oid, r.rows_changed, r.rows_changed, l.transaction_id, l.pid, l.transaction_start, null,
    case when l.granted then 'Holding write lock' else 'Waiting for write lock' end
from pg_internal.locks l left join pg_internal.relations r on r.oid = l.relation_oid
where l.mode <> 'AccessShareLock'
;

-- r_STV_SLICES.md
view pg_catalog.stv_slices 10906 (node integer, slice integer, localslice integer, type character(1)) as
select 0, 0, 0, 'D'
;

-- r_STV_LOAD_STATE.md
view pg_catalog.stv_load_state 10907 (
    userid integer, session integer, query integer, slice integer, pid integer, recordtime timestamp,
    bytes_to_load bigint, bytes_loaded bigint, bytes_to_load_compressed bigint, bytes_loaded_compressed bigint,
    lines integer, num_files integer, num_files_complete integer, current_file character(256), pct_complete integer
) as
select user_id, pid, query_id, 0, pid, cast(getdate() as timestamp),
    case when compressed then 0 else bytes end, bytes_loaded,
    case when compressed then bytes else 0 end, case when compressed then bytes_complete else 0 end,
    lines, files, files_complete, current_file,
    case when bytes > 0 then 100 * (case when compressed then bytes_complete else bytes_loaded end) / bytes else 0 end
from pg_internal.running_loads
;

-- r_STV_BLOCKLIST.md: how many there are follows from the sizes of the tables' files. What stands in a block is not kept
-- block by block, so that least and greatest values are null. ID stands in the page's sample query alone, BACKED_UP in what
-- dbt-labs/redshift selects.
view pg_catalog.stv_blocklist 10908 (
    slice integer, col integer, tbl integer, blocknum integer, num_values integer, extended_limits integer,
    minvalue bigint, maxvalue bigint, sb_pos integer, pinned integer, on_disk integer, backed_up integer,
    modified integer, hdr_modified integer, unsorted integer, tombstone integer, preferred_diskno integer,
    temporary integer, newblock integer, num_readers integer, id integer, flags integer
) as
select 0, col, tbl, blocknum, num_values, 0,
    null, null, 0, 0, 1, 0,
    0, 0, 0, 0, 0,
    case when temporary then 1 else 0 end, 0, 0, tbl, 0
from pg_internal.blocks
;

-- r_STV_ACTIVE_CURSORS.md: rows are computed when they are fetched, so that there is no count of all before the last.
view pg_catalog.stv_active_cursors 10909 (
    userid integer, name character(256), xid bigint, pid integer, starttime timestamp, row_count bigint,
    byte_count bigint, fetched_rows bigint
) as
select user_id, name, transaction_id, pid, declared, row_count, byte_count, fetched_rows from pg_internal.cursors
;

-- r_SVL_QLOG.md
view pg_catalog.svl_qlog 11101 (
    userid integer, query integer, xid bigint, pid integer, starttime timestamp, endtime timestamp, elapsed bigint,
    aborted integer, label character(320), substring character(60), source_query integer,
    concurrency_scaling_status_txt text, from_sp_call integer
) as
select userid, query, xid, pid, starttime, endtime, datediff(microsecond, starttime, endtime),
    aborted, label, querytxt, null,
    'Ran on the main cluster', from_call
from pg_internal.log_query
where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_SVL_STATEMENTTEXT.md
view pg_catalog.svl_statementtext 11102 (
    userid integer, xid bigint, pid integer, label character(320), starttime timestamp, endtime timestamp,
    sequence integer, type varchar(10), text character(200)
) as
select userid, xid, pid, label, starttime, endtime,
    sequence,
    case query_type when 'DDL' then 'DDL' when 'UTILITY' then 'UTILITY' when 'COMMAND' then 'UTILITY' else 'QUERY' end,
    text
from pg_internal.log_query_text
;

-- r_SVL_USER_INFO.md
view pg_catalog.svl_user_info 11103 (
    usename text, usesysid integer, usecreatedb boolean, usesuper boolean, usecatupd boolean, useconnlimit text,
    syslogaccess text, last_ddl_ts timestamp, sessiontimeout integer, external_id text
) as
select name, id, can_create_databases, is_superuser, is_superuser, connection_limit,
    case when sees_all_logs then 'UNRESTRICTED' else 'RESTRICTED' end, null, session_timeout, null
from pg_internal.users
;

-- r_SVL_TERMINATE.md
view pg_catalog.svl_terminate 11104 (
    pid integer, eventtime timestamp, userid integer, type character(50)
) as
select pid, eventtime, userid, type from pg_internal.log_termination
;

-- r_SVL_S3LOG.md
view pg_catalog.svl_s3log 11105 (
    pid integer, query integer, segment integer, step integer, node integer, slice integer, eventtime timestamp,
    message text
)
;

-- r_SVL_S3QUERY.md
view pg_catalog.svl_s3query 11107 (
    userid integer, query integer, segment integer, step integer, node integer, slice integer, starttime timestamp,
    endtime timestamp, elapsed bigint, external_table_name text, file_format character(16),
    is_partitioned character(1), is_rrscan character(1), s3_scanned_rows bigint, s3_scanned_bytes bigint,
    s3query_returned_rows bigint, s3query_returned_bytes bigint, files integer, splits integer,
    total_split_size bigint, max_split_size bigint, total_retries integer, max_retries integer,
    max_request_duration integer, avg_request_duration integer, max_request_parallelism integer,
    avg_request_parallelism double
)
;

-- r_SVL_S3QUERY_SUMMARY.md
view pg_catalog.svl_s3query_summary 11108 (
    userid integer, query integer, xid bigint, pid integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, elapsed bigint, aborted integer, external_table_name text, file_format character(16),
    is_partitioned text, is_rrscan text, s3_scanned_rows bigint, s3_scanned_bytes bigint, s3query_returned_rows bigint,
    s3query_returned_bytes bigint, files bigint, files_max integer, files_avg bigint, splits bigint,
    splits_max integer, splits_avg bigint, total_split_size bigint, max_split_size bigint, avg_split_size bigint,
    total_retries bigint, max_retries integer, max_request_duration integer, avg_request_duration bigint,
    max_request_parallelism integer, avg_request_parallelism double
)
;

-- r_STV_MV_INFO.md
view pg_catalog.stv_mv_info 10940 (
    db_name character(128), schema character(128), name character(128), updated_upto_xid bigint, is_stale character(1),
    owner_user_name character(128), state integer, autorewrite character(1), autorefresh character(1)
) as
select current_database(), schema, name, mv_xid, case when mv_stale then 't' else 'f' end,
    owner_name, mv_state, 'f', case when mv_auto_refresh then 't' else 'f' end
from pg_internal.relations where mv_state is not null
;

-- r_STV_MV_DEPS.md
view pg_catalog.stv_mv_deps 10941 (
    db_name character(128), schema character(128), name character(128), ref_schema character(128),
    ref_name character(128), ref_database_name character(128)
) as
select current_database(), mv.schema, mv.name, base.schema, base.name, current_database()
from pg_internal.relations mv
join pg_internal.dependencies d on d.object = mv.oid and d.kind = 'n'
join pg_internal.relations base on base.oid = d.referenced_object
where mv.mv_state is not null and base.mv_state is not null
;

-- r_SVL_MV_REFRESH_STATUS.md
view pg_catalog.svl_mv_refresh_status 11140 (
    db_name character(128), userid bigint, schema_name character(128), mv_name character(128), xid bigint,
    starttime timestamp, endtime timestamp, status text, refresh_type character(32), consumer_account character(12),
    consumer_region character(32), consumer_namespace character(36)
) as
select database, userid, schema, name, xid, starttime, endtime, status, refresh_type, null, null, null
from pg_internal.log_mv_refresh
;

-- r_STL_ANALYZE_COMPRESSION.md
view pg_catalog.stl_analyze_compression 10759 (
    userid integer, start_time timestamp, xid bigint, tbl integer, tablename character(128), col integer,
    old_encoding character(15), new_encoding character(15), mode character(14),
    best_compression_encoding character(15), recommended_bytes character(15), best_compression_bytes character(15),
    ndv bigint
) as
select userid, start_time, xid, tbl, tablename, col, old_encoding, new_encoding, mode, best_compression_encoding,
    cast(recommended_bytes as varchar), cast(best_compression_bytes as varchar), ndv
from pg_internal.log_compression
;

-- r_SYS_ANALYZE_COMPRESSION_HISTORY.md
view pg_catalog.sys_analyze_compression_history 11363 (
    user_id integer, start_time timestamp, transaction_id bigint, table_id integer, table_name character(128),
    column_position integer, old_encoding character(15), new_encoding character(15), mode character(14)
) as
select userid, start_time, xid, tbl, tablename, col, old_encoding, new_encoding, mode
from pg_internal.log_compression
;

-- r_SVL_SPATIAL_SIMPLIFY.md
view pg_catalog.svl_spatial_simplify 11169 (
    query integer, line_number integer, maximum_tolerance double, initial_size integer, simplified character(1),
    final_size integer, final_tolerance double
) as
select query, line_number, cast(maximum_tolerance as double precision), initial_size,
    case when simplified then 't' when not simplified then 'f' end, final_size, cast(final_tolerance as double precision)
from pg_internal.log_simplification
;

-- SYS_SPATIAL_SIMPLIFY.md
view pg_catalog.sys_spatial_simplify 11365 (
    query_id bigint, line_number bigint, maximum_tolerance double, initial_size bigint, simplified character(1),
    final_size bigint, final_tolerance double
) as
select query, line_number, cast(maximum_tolerance as double precision), initial_size,
    case when simplified then 't' when not simplified then 'f' end, final_size, cast(final_tolerance as double precision)
from pg_internal.log_simplification
;
