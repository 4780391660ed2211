-- What the queries that ran did, step by step, and their plans.
-- Each definition names its page of the developer guide. Columns that the guide says are for internal use are
-- null, and so are figures of hash tables and of several slices: there is one slice here.

-- r_STL_AGGR.md
view pg_catalog.stl_aggr 10730 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, slots integer, occupied integer,
    maxlength integer, tbl integer, is_diskbased character(1), workmem bigint, type character(6), resizes integer,
    flushable integer
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, bytes, null, null, null, 0, 'f', 0,
    case when detail = 'plain' then 'PLAIN' when detail = 'sorted' then 'SORTED' else 'HASHED' end, null, null
from pg_internal.log_steps where kind = 'aggr'
;

-- r_STL_BCAST.md
view pg_catalog.stl_bcast 10731 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, packets integer
)
;

-- r_STL_DELETE.md
view pg_catalog.stl_delete 10732 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, tbl integer
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, tbl
from pg_internal.log_steps where kind = 'delete'
;

-- r_STL_DIST.md
view pg_catalog.stl_dist 10733 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, packets integer
)
;

-- r_STL_HASH.md
view pg_catalog.stl_hash 10734 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, slots integer, occupied integer,
    maxlength integer, tbl integer, is_diskbased character(1), workmem bigint, num_parts integer, est_rows bigint,
    num_blocks_permitted integer, resizes integer, checksum bigint, runtime_filter_size integer,
    max_runtime_filter_size integer
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, bytes, null, null, null, 0, 'f', 0, 1, null,
        null,
    null, null, null, null
from pg_internal.log_steps where kind = 'hash'
;

-- r_STL_HASHJOIN.md
view pg_catalog.stl_hashjoin 10735 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, tbl integer, num_parts integer, join_type integer,
    hash_looped character(1), switched_parts character(1), used_prefetching character(1), hash_segment integer,
    hash_step integer, checksum bigint, distribution integer
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, 0, 1,
    case detail when 'inner' then 0 when 'left' then 1 when 'full' then 2 when 'right' then 3 else 5 end, null,
    null, null, null, null, null, null
from pg_internal.log_steps where kind = 'hjoin'
;

-- r_STL_INSERT.md
view pg_catalog.stl_insert 10736 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, tbl integer, inserted_mega_value character(1)
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, tbl, 'f'
from pg_internal.log_steps where kind = 'insert'
;

-- r_STL_LIMIT.md
view pg_catalog.stl_limit 10737 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, checksum bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, null
from pg_internal.log_steps where kind = 'limit'
;

-- r_STL_MERGE.md
view pg_catalog.stl_merge 10738 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows
from pg_internal.log_steps where kind = 'merge'
;

-- r_STL_MERGEJOIN.md
view pg_catalog.stl_mergejoin 10739 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, tbl integer, checksum bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, 0, null
from pg_internal.log_steps where kind = 'mjoin'
;

-- r_STL_NESTLOOP.md
view pg_catalog.stl_nestloop 10740 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, tbl integer, checksum bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, 0, null
from pg_internal.log_steps where kind = 'nloop'
;

-- r_STL_PARSE.md
view pg_catalog.stl_parse 10741 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint
) as
select userid, query, slice, 0, 1, starttime, curtime, 0, lines_scanned
from pg_internal.log_load_file
;

-- r_STL_PROJECT.md
view pg_catalog.stl_project 10742 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, checksum bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, null
from pg_internal.log_steps where kind = 'project'
;

-- r_STL_RETURN.md
view pg_catalog.stl_return 10743 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, packets integer, checksum bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, bytes, 0, null
from pg_internal.log_steps where kind = 'return'
;

-- r_STL_SAVE.md
view pg_catalog.stl_save 10744 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, tbl integer, is_diskbased character(1),
    workmem bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, bytes, 0, 'f', 0
from pg_internal.log_steps where kind = 'save'
;

-- r_STL_SCAN.md
view pg_catalog.stl_scan 10745 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, fetches bigint, type integer, tbl integer,
    is_rrscan character(1), is_delayed_scan character(1), rows_pre_filter bigint, rows_pre_user_filter bigint,
    perm_table_name character(136), is_rlf_scan character(1), is_rlf_scan_reason integer, num_em_blocks integer,
    checksum bigint, runtime_filtering character(1), scan_region integer, num_sortkey_as_predicate integer,
    row_fetcher_state integer, consumed_scan_ranges bigint, work_stealing_reason bigint,
    is_vectorized_scan character(1), is_vectorized_scan_reason integer, row_fetcher_reason bigint,
    topology_signature bigint, use_tpm_partition character(1), is_rrscan_expr character(1),
    scanned_mega_value character(1)
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, bytes, null, case when tbl > 0 then 2 else 3 end,
    tbl, 'f', 'f', case when tbl > 0 then rows_before else 0 end, case when tbl > 0 then rows_before else 0 end,
    table_name, 'f', null, null, null, 'f', null, null, null, null, null, null, null, null, null, null, null, null
from pg_internal.log_steps where kind = 'scan'
;

-- r_STL_SORT.md
view pg_catalog.stl_sort 10746 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, bytes bigint, tbl integer, is_diskbased character(1),
    workmem bigint, checksum bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, bytes, 0, 'f', 0, null
from pg_internal.log_steps where kind = 'sort'
;

-- r_STL_UNIQUE.md
view pg_catalog.stl_unique 10747 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, type character(6), is_diskbased character(1), slots integer,
    workmem bigint, max_buffers_used bigint, resizes integer, occupied integer, flushable integer,
    used_unique_prefetching character(1), bytes bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, 'HASHED', 'f', null, 0, null, null, null, null,
    null, bytes
from pg_internal.log_steps where kind = 'unique'
;

-- r_STL_WINDOW.md
view pg_catalog.stl_window 10748 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, tasknum integer, rows bigint, is_diskbased character(1), workmem bigint
) as
select userid, query, 0, segment, step, starttime, endtime, 0, rows, 'f', 0
from pg_internal.log_steps where kind = 'window'
;

-- r_STL_STREAM_SEGS.md
view pg_catalog.stl_stream_segs 10749 (
    userid integer, query integer, stream integer, segment integer, query_uuid character(36)
) as
select distinct userid, query, stream, segment, null
from pg_internal.log_steps
;

-- r_SVCS_STREAM_SEGS.md
view pg_catalog.svcs_stream_segs 11200 (
    userid integer, query integer, stream integer, segment integer, query_uuid character(36)
) as
select * from pg_catalog.stl_stream_segs
;

-- r_STL_EXPLAIN.md
view pg_catalog.stl_explain 10718 (
    userid integer, query integer, nodeid integer, parentid integer, plannode character(400), info character(400)
) as
select userid, query, nodeid, parentid, plannode, info
from pg_internal.log_plans where nodeid > 0
;

-- r_SVCS_EXPLAIN.md
view pg_catalog.svcs_explain 11201 (
    userid integer, query integer, nodeid integer, parentid integer, plannode character(400), info character(400)
) as
select * from pg_catalog.stl_explain
;

-- SYS_QUERY_EXPLAIN.md
view pg_catalog.sys_query_explain 11350 (
    userid integer, query_id bigint, child_query_sequence integer, plan_node_id integer, plan_parent_id integer,
    plan_node character(400), plan_info character(400), query_uuid character(36)
) as
select userid, query, 1, nodeid, parentid, plannode, info, null
from pg_internal.log_plans where nodeid > 0
;

-- r_STL_PLAN_INFO.md
view pg_catalog.stl_plan_info 10750 (
    userid integer, query integer, nodeid integer, segment integer, step integer, locus integer, plannode integer,
    startupcost double, totalcost double, rows bigint, bytes bigint
) as
select userid, query, nodeid, null, null, case when on_leader then 1 else 0 end, null,
    cast(startup_cost as double precision), cast(total_cost as double precision), rows, rows * width
from pg_internal.log_plans where nodeid > 0
;

-- r_SVCS_PLAN_INFO.md
view pg_catalog.svcs_plan_info 11202 (
    userid integer, query integer, nodeid integer, segment integer, step integer, locus integer, plannode integer,
    startupcost double, totalcost double, rows bigint, bytes bigint
) as
select * from pg_catalog.stl_plan_info
;

-- r_STL_ALERT_EVENT_LOG.md
view pg_catalog.stl_alert_event_log 10751 (
    userid integer, query integer, slice integer, segment integer, step integer, pid integer, xid bigint,
    event character(1024), solution character(1024), event_time timestamp
) as
select userid, query, 0, segment, step, pid, xid, 'Nested Loop Join in the query plan',
    'Review the join predicates to avoid Cartesian products', starttime
from pg_internal.log_steps where kind = 'nloop'
union all
select userid, query, 0, segment, step, pid, xid,
    'Very selective query filter:ratio=rows(' || rows || ')/rows_pre_user_filter(' || rows_before || ')=' ||
        cast(cast(rows as double precision) / rows_before as decimal(18,6)),
    'Review the choice of sort key to enable range restricted scans, or run the VACUUM command to ensure the table is sorted',
    starttime
from pg_internal.log_steps
where kind = 'scan' and tbl > 0 and rows_before >= 1000000 and rows < rows_before / 20
;

-- r_SVCS_ALERT_EVENT_LOG.md
view pg_catalog.svcs_alert_event_log 11203 (
    userid integer, query integer, slice integer, segment integer, step integer, pid integer, xid bigint,
    event character(1024), solution character(1024), event_time timestamp
) as
select * from pg_catalog.stl_alert_event_log
;

-- r_SVL_QUERY_REPORT.md
view pg_catalog.svl_query_report 11150 (
    userid integer, query integer, slice integer, segment integer, step integer, start_time timestamp,
    end_time timestamp, elapsed_time bigint, rows bigint, bytes bigint, label character(256),
    is_diskbased character(1), workmem bigint, is_rrscan character(1), is_delayed_scan character(1),
    rows_pre_filter bigint
) as
select userid, query, 0, segment, step, starttime, endtime, elapsed, rows, bytes, label, 'f', 0, 'f', 'f',
    case when kind = 'scan' and tbl > 0 then rows_before else 0 end
from pg_internal.log_steps
;

-- r_SVL_QUERY_SUMMARY.md
view pg_catalog.svl_query_summary 11106 (
    userid integer, query integer, stm integer, seg integer, step integer, maxtime bigint, avgtime bigint,
    rows bigint, bytes bigint, rate_row double, rate_byte double, label text, is_diskbased character(1),
    workmem bigint, is_rrscan character(1), is_delayed_scan character(1), rows_pre_filter bigint
) as
select userid, query, stream, segment, step, elapsed, elapsed, rows, bytes,
    case when elapsed > 0 then cast(rows as double precision) * 1000000 / elapsed end,
    case when elapsed > 0 then cast(bytes as double precision) * 1000000 / elapsed end, label, 'f', 0, 'f', 'f',
    case when kind = 'scan' and tbl > 0 then rows_before else 0 end
from pg_internal.log_steps
;

-- r_SVCS_QUERY_SUMMARY.md
view pg_catalog.svcs_query_summary 11204 (
    userid integer, query integer, stm integer, seg integer, step integer, maxtime bigint, avgtime bigint,
    rows bigint, bytes bigint, rate_row double, rate_byte double, label text, is_diskbased character(1),
    workmem bigint, is_rrscan character(1), is_delayed_scan character(1), rows_pre_filter bigint
) as
select * from pg_catalog.svl_query_summary
;

-- r_STL_QUERY_METRICS.md
view pg_catalog.stl_query_metrics 10752 (
    userid integer, service_class integer, query integer, segment integer, step_type integer, starttime timestamp,
    slices integer, max_rows bigint, rows bigint, max_cpu_time bigint, cpu_time bigint, max_blocks_read integer,
    blocks_read bigint, max_run_time bigint, run_time bigint, max_blocks_to_disk bigint, blocks_to_disk bigint,
    step integer, max_query_scan_size bigint, query_scan_size bigint, query_priority integer,
    query_queue_time bigint, service_class_name character(64)
) as
select userid, 100, query, segment, step_type, starttime, 1, rows, rows, elapsed, elapsed, 0, 0, elapsed, elapsed, 0,
    0, step, 0, 0, 2, 0, 'Default queue'
from pg_internal.log_steps where step_type is not null
union all
select userid, 100, query, -1, -1, starttime, 1, returned_rows, returned_rows,
    datediff(microsecond, starttime, endtime), datediff(microsecond, starttime, endtime), 0, 0,
    datediff(microsecond, starttime, endtime), datediff(microsecond, starttime, endtime), 0, 0, -1, 0, 0, 2, 0,
    'Default queue'
from pg_internal.log_query where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_SVL_QUERY_METRICS.md
view pg_catalog.svl_query_metrics 11151 (
    userid integer, query integer, service_class integer, dimension varchar(24), segment integer, step integer,
    step_label varchar(30), query_cpu_time bigint, query_blocks_read bigint, query_execution_time bigint,
    query_cpu_usage_percent bigint, query_temp_blocks_to_disk bigint, segment_execution_time bigint,
    cpu_skew numeric(38,2), io_skew numeric(38,2), scan_row_count bigint, join_row_count bigint,
    nested_loop_join_row_count bigint, return_row_count bigint, spectrum_scan_row_count bigint,
    spectrum_scan_size_mb bigint, query_queue_time bigint
) as
select userid, query, 100, 'step', segment, step_type, kind, null, null, null, null, null, null, null, null,
    case when kind = 'scan' then rows_before end, case when kind in ('hjoin', 'mjoin') then rows end,
    case when kind = 'nloop' then rows end, case when kind = 'return' then rows end, null, null, null
from pg_internal.log_steps where step_type is not null
union all
select userid, query, 100, 'query', null, null, null, datediff(second, starttime, endtime), 0,
    datediff(second, starttime, endtime), null, 0, null, null, null, null, null, null, returned_rows, null, null, 0
from pg_internal.log_query where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_SVL_QUERY_METRICS_SUMMARY.md
view pg_catalog.svl_query_metrics_summary 11152 (
    userid integer, query integer, service_class integer, query_cpu_time bigint, query_blocks_read bigint,
    query_execution_time bigint, query_cpu_usage_percent numeric(38,2), query_temp_blocks_to_disk bigint,
    segment_execution_time bigint, cpu_skew numeric(38,2), io_skew numeric(38,2), scan_row_count bigint,
    join_row_count bigint, nested_loop_join_row_count bigint, return_row_count bigint,
    spectrum_scan_row_count bigint, spectrum_scan_size_mb bigint, query_queue_time bigint
) as
select userid, query, service_class, max(query_cpu_time), max(query_blocks_read), max(query_execution_time),
    max(query_cpu_usage_percent), max(query_temp_blocks_to_disk), max(segment_execution_time), max(cpu_skew),
    max(io_skew), max(scan_row_count), max(join_row_count), max(nested_loop_join_row_count), max(return_row_count),
    max(spectrum_scan_row_count), max(spectrum_scan_size_mb), max(query_queue_time)
from pg_catalog.svl_query_metrics group by userid, query, service_class
;

-- r_SVL_COMPILE.md
view pg_catalog.svl_compile 11153 (
    userid integer, xid bigint, pid integer, query integer, segment integer, locus integer, starttime timestamp,
    endtime timestamp, compile integer
) as
select distinct userid, xid, pid, query, segment, 1, starttime, starttime, 0
from pg_internal.log_steps
;

-- r_SVCS_COMPILE.md
view pg_catalog.svcs_compile 11205 (
    userid integer, xid bigint, pid integer, query integer, segment integer, locus integer, starttime timestamp,
    endtime timestamp, compile integer
) as
select * from pg_catalog.svl_compile
;

-- SYS_QUERY_DETAIL.md
view pg_catalog.sys_query_detail 11312 (
    user_id integer, query_id bigint, child_query_sequence integer, stream_id integer, segment_id integer,
    step_id integer, step_name text, table_id integer, table_name character(136), is_rrscan character(1),
    start_time timestamp, end_time timestamp, duration bigint, alert text, input_bytes bigint, input_rows bigint,
    output_bytes bigint, output_rows bigint, blocks_read bigint, blocks_write bigint, local_read_io bigint,
    remote_read_io bigint, source text, data_skewness integer, time_skewness integer, is_active character(1),
    spilled_block_local_disk bigint, spilled_block_remote_disk bigint, step_attribute character(64),
    metrics_level character(64), plan_parent_id integer, plan_node_id integer
) as
select userid, query, 1, stream, segment, step,
    case kind when 'aggr' then 'aggregate' when 'hjoin' then 'hashjoin' when 'mjoin' then 'mergejoin' when 'nloop'
        then 'nestloop' else kind end,
    case when tbl > 0 then tbl end, table_name, 'f', starttime, endtime, elapsed,
    case when kind = 'nloop' then 'Nested Loop Join in the query plan' end, 0, rows_before, bytes, rows, 0, 0, 0, 0,
    case when kind = 'scan' and tbl > 0 then 'Redshift(local)' end, 0, 0, 'f', 0, 0, null, 'step', null, null
from pg_internal.log_steps
;

-- SYS_CHILD_QUERY_TEXT.md
view pg_catalog.sys_child_query_text 11351 (
    user_id integer, query_id bigint, child_query_sequence integer, sequence integer, text character(200),
    query_uuid character(36)
) as
select userid, query, 1, sequence, text, null
from pg_internal.log_query_text where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;
