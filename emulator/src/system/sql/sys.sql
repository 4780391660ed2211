-- The SYS monitoring views.
-- Each definition names its page of the developer guide. Rows of other users are seen by superusers only: the base
-- relations leave them out.

-- SYS_QUERY_HISTORY.md
view pg_catalog.sys_query_history 11301 (
    user_id integer, query_id bigint, query_label character(320), transaction_id bigint, session_id integer,
    database_name character(128), query_type character(32), status character(10), result_cache_hit boolean,
    start_time timestamp, end_time timestamp, elapsed_time bigint, queue_time bigint, execution_time bigint,
    error_message character(512), returned_rows bigint, returned_bytes bigint, query_text character(4000),
    redshift_version character(256), usage_limit character(150), compute_type varchar(32), compile_time bigint,
    planning_time bigint, lock_wait_time bigint, service_class_id integer, service_class_name character(64),
    query_priority character(20), short_query_accelerated character(10), user_query_hash character(40),
    generic_query_hash character(40), query_hash_version integer, result_cache_query_id integer,
    username character(128)
) as
select userid, query, label, xid, pid,
    database, query_type, case when canceled then 'canceled' when aborted = 0 then 'success' else 'failed' end, false,
    starttime, endtime, datediff(microsecond, starttime, endtime), 0, datediff(microsecond, starttime, endtime),
    error_message, returned_rows, returned_bytes, querytxt,
    version(), null, 'primary', 0,
    0, 0, 100, 'Default queue',
    'normal', null, null,
    null, 1, 0,
    username
from pg_internal.log_query
union all
select user_id, query_id, label, transaction_id, pid,
    database, query_type, 'running', false,
    start_time, null, 0, 0, 0,
    null, 0, 0, query_text,
    version(), null, 'primary', 0,
    0, 0, 100, 'Default queue',
    'normal', null, null,
    null, 1, 0,
    user_name
from pg_internal.running_queries
;

-- SYS_QUERY_TEXT.md
view pg_catalog.sys_query_text 11302 (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, start_time timestamp,
    sequence integer, text character(4000), query_uuid character(36)
) as
select userid, query, xid, pid, starttime, sequence, text, null from pg_internal.log_query_long_text
;

-- SYS_LOAD_HISTORY.md
view pg_catalog.sys_load_history 11303 (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name text, status text,
    table_name text, start_time timestamp, end_time timestamp, duration bigint, data_source text, file_format text,
    loaded_rows bigint, loaded_bytes bigint, source_file_count integer, source_file_bytes bigint,
    file_count_scanned integer, file_bytes_scanned bigint, error_count bigint, copy_job_id bigint
) as
select userid, query, xid, pid, database, status,
    table_name, starttime, endtime, datediff(microsecond, starttime, endtime), data_source, file_format,
    loaded_rows, loaded_bytes, source_file_count, source_file_bytes,
    file_count_scanned, file_bytes_scanned, error_count, 0
from pg_internal.log_load
;

-- SYS_LOAD_DETAIL.md
view pg_catalog.sys_load_detail 11304 (
    user_id integer, query_id integer, file_name character(256), bytes_scanned integer, lines_scanned integer,
    record_time timestamp, splits_scanned integer, start_time timestamp, end_time timestamp, file_etag character(256),
    file_last_modified timestamp
) as
select userid, query, filename, bytes_loaded, lines_scanned,
    curtime, 1, starttime, curtime, null,
    null
from pg_internal.log_load_file
;

-- SYS_LOAD_ERROR_DETAIL.md
view pg_catalog.sys_load_error_detail 11305 (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name character(64),
    table_id integer, start_time timestamp, file_name character(256), line_number bigint, column_name character(127),
    column_type character(10), column_length character(10), position integer, error_code integer,
    error_message character(512)
) as
select userid, query, xid, session, database,
    tbl, starttime, filename, line_number, colname,
    type, col_length, position, err_code,
    err_reason
from pg_internal.log_load_error
;

-- SYS_COPY_REPLACEMENTS.md
view pg_catalog.sys_copy_replacements 11306 (
    user_id integer, query_id bigint, table_id integer, file_name character(256), column_name character(127),
    line_number bigint, raw_line character(1024)
) as
select userid, query, tbl, filename, colname, line_number, raw_line from pg_internal.log_replacement
;

-- SYS_UNLOAD_HISTORY.md
view pg_catalog.sys_unload_history 11307 (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name text, status text,
    start_time timestamp, end_time timestamp, duration bigint, file_format text, compression_type text,
    unloaded_location text, unloaded_rows bigint, unloaded_files_count bigint, unloaded_files_size bigint,
    error_message text
) as
select userid, query, xid, pid, database, status, starttime, endtime, datediff(microsecond, starttime, endtime),
    file_format, compression, location, row_count, file_count, file_bytes, error_message
from pg_internal.log_unload
;

-- SYS_UNLOAD_DETAIL.md
view pg_catalog.sys_unload_detail 11308 (
    user_id integer, query_id integer, session_id integer, transaction_id bigint, file_name character(1280),
    start_time timestamp, end_time timestamp, line_count bigint, transfer_size bigint, file_format character(10)
) as
select userid, query, pid, xid, path, starttime, endtime, line_count, transfer_size, file_format
from pg_internal.log_unload_file
;

-- SYS_EXTERNAL_QUERY_DETAIL.md
view pg_catalog.sys_external_query_detail 11313 (
    user_id integer, query_id bigint, transaction_id bigint, child_query_sequence integer, segment_id integer,
    source_type character(32), start_time timestamp, end_time timestamp, duration bigint, total_partitions integer,
    qualified_partitions integer, scanned_files bigint, returned_rows bigint, returned_bytes bigint,
    file_format text, file_location text, external_query_text text, warning_message character(4000),
    table_name character(136), is_recursive character(1), is_nested character(1), s3list_time bigint,
    get_partition_time bigint, query_uuid character(36)
)
;

-- SYS_MV_REFRESH_HISTORY.md
view pg_catalog.sys_mv_refresh_history 11340 (
    user_id integer, session_id integer, transaction_id bigint, database_name character(128),
    schema_name character(128), mv_id bigint, mv_name character(128), refresh_type character(32), status text,
    start_time timestamp, end_time timestamp, duration bigint, consumer_account character(12),
    consumer_region character(32), consumer_namespace character(36)
) as
select userid, pid, xid, database, schema, mv_id, name, refresh_type, status, starttime, endtime,
    datediff(microsecond, starttime, endtime), null, null, null
from pg_internal.log_mv_refresh
;
