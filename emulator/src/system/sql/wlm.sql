-- Workload management and what describes the machine: one queue of automatic WLM that never makes a query wait, one node,
-- one slice, one disk. What describes hardware is plausible, not measured.
-- Each definition names its page of the developer guide.

-- r_STV_WLM_SERVICE_CLASS_CONFIG.md
view pg_catalog.stv_wlm_service_class_config 10910 (
    service_class integer, queueing_strategy character(32), num_query_tasks integer, target_num_query_tasks integer,
    evictable character(8), eviction_threshold bigint, query_working_mem integer, target_query_working_mem integer,
    min_step_mem integer, name character(64), max_execution_time bigint, user_group_wild_card boolean,
    query_group_wild_card boolean, concurrency_scaling character(20), query_priority character(20),
    user_role_wild_card boolean
) as
select 5, 'fixed query working memory', 1, 1, 'false', 0, 0, 0, 0, 'Service class for super user', 0, false, false,
    'off', 'N/A', false
union all
select 100, 'Auto WLM', -1, -1, 'false', 0, -1, -1, 0, 'Default queue', 0, false, false, 'off', 'Normal', false
;

-- r_STV_WLM_SERVICE_CLASS_STATE.md
view pg_catalog.stv_wlm_service_class_state 10911 (
    service_class integer, num_queued_queries integer, num_executing_queries integer, num_serviced_queries integer,
    num_executed_queries integer, num_evicted_queries integer, num_concurrency_scaling_queries integer
) as
select 5, 0, 0, 0, 0, 0, 0
union all
select 100, 0, (select count(*) from pg_internal.running_queries), count(*), count(*), 0, 0
from pg_internal.log_query where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_STV_WLM_CLASSIFICATION_CONFIG.md
view pg_catalog.stv_wlm_classification_config 10912 (
    id integer, condition character(128), action_seq integer, action character(64), action_service_class integer
) as
select 1, '(super user) and (query group: superuser)', 0, 'assign', 5
union all
select 2, '(querytype: any)', 0, 'assign', 100
;

-- r_STV_WLM_QMR_CONFIG.md
view pg_catalog.stv_wlm_qmr_config 10913 (
    service_class integer, rule_name character(256), action character(256), metric_name character(256),
    metric_operator character(256), metric_value double, action_value character(256)
)
;

-- r_STV_WLM_QUERY_QUEUE_STATE.md
view pg_catalog.stv_wlm_query_queue_state 10914 (
    service_class integer, position integer, task integer, query integer, slot_count integer, start_time timestamp,
    queue_time bigint
)
;

-- r_STV_WLM_QUERY_STATE.md
view pg_catalog.stv_wlm_query_state 10915 (
    xid integer, task integer, query integer, service_class integer, slot_count integer, wlm_start_time timestamp,
    state character(16), queue_time bigint, exec_time bigint, query_priority character(20)
) as
select transaction_id, query_id, query_id, 100, 1, start_time, 'Running', 0, running_time, 'Normal'
from pg_internal.running_queries
;

-- r_STV_WLM_QUERY_TASK_STATE.md
view pg_catalog.stv_wlm_query_task_state 10916 (
    service_class integer, task integer, query integer, slot_count integer, start_time timestamp, exec_time bigint
) as
select 100, query_id, query_id, 1, start_time, running_time
from pg_internal.running_queries
;

-- r_STL_WLM_ERROR.md
view pg_catalog.stl_wlm_error 10757 (
    userid integer, recordtime timestamp, pid integer, error_string character(256)
)
;

-- r_STL_WLM_RULE_ACTION.md
view pg_catalog.stl_wlm_rule_action 10758 (
    userid integer, query integer, service_class integer, rule character(256), action character(256),
    recordtime timestamp, action_value character(256), service_class_name character(64)
)
;

-- r_SVL_QUERY_QUEUE_INFO.md
view pg_catalog.svl_query_queue_info 11158 (
    database text, query integer, xid bigint, userid integer, querytxt text, queue_start_time timestamp,
    exec_start_time timestamp, service_class integer, slots integer, queue_elapsed bigint, exec_elapsed bigint,
    wlm_total_elapsed bigint, commit_queue_elapsed bigint, commit_exec_time bigint, service_class_name character(64)
) as
select database, query, xid, userid, substring(querytxt, 1, 100), starttime, starttime, 100, 1, 0,
    datediff(second, starttime, endtime), datediff(second, starttime, endtime), 0, 0, 'Default queue'
from pg_internal.log_query where query_type not in ('DDL', 'UTILITY', 'COMMAND')
;

-- r_STV_QUERY_METRICS.md
view pg_catalog.stv_query_metrics 10917 (
    userid integer, service_class integer, query integer, starttime timestamp, slices integer, segment integer,
    step_type integer, rows bigint, max_rows bigint, cpu_time bigint, max_cpu_time bigint, blocks_read bigint,
    max_blocks_read integer, run_time bigint, max_run_time bigint, max_blocks_to_disk bigint, blocks_to_disk bigint,
    step integer, max_query_scan_size bigint, query_scan_size bigint, query_priority integer,
    query_queue_time bigint
) as
select user_id, 100, query_id, start_time, 1, -1, -1, 0, 0, running_time, running_time, 0, 0, running_time,
    running_time, 0, 0, -1, 0, 0, 2, 0
from pg_internal.running_queries
;

-- r_STV_EXEC_STATE.md
view pg_catalog.stv_exec_state 10918 (
    userid integer, query integer, slice integer, segment integer, step integer, starttime timestamp,
    currenttime timestamp, tasknum integer, rows bigint, bytes bigint, label character(256),
    is_diskbased character(1), workmem bigint, num_parts integer, is_rrscan character(1),
    is_delayed_scan character(1), query_uuid character(36)
) as
select user_id, query_id, 0, segment, step, start_time, now, 0, rows, bytes, label, 'f', 0, 0, 'f', 'f', null
from pg_internal.running_steps
;

-- r_SVV_QUERY_STATE.md
view pg_catalog.svv_query_state 10573 (
    userid integer, query integer, seg integer, step integer, maxtime interval, avgtime interval, rows bigint,
    bytes bigint, cpu bigint, memory bigint, rate_row double, rate_byte double, label character(25),
    is_diskbased character(1), workmem bigint, num_parts integer, is_rrscan character(1),
    is_delayed_scan character(1)
) as
select user_id, query_id, segment, step, now - start_time, now - start_time, rows, bytes, 0, 0,
    case when now > start_time then rows * 1000000.0 / datediff(microsecond, start_time, now) end,
    case when now > start_time then bytes * 1000000.0 / datediff(microsecond, start_time, now) end,
    substring(label, 1, 25), 'f', 0, 0, 'f', 'f'
from pg_internal.running_steps
;

-- r_STV_TBL_TRANS.md
view pg_catalog.stv_tbl_trans 10919 (
    slice integer, id integer, rows bigint, size bigint, query_id bigint, ref_cnt integer, from_suspended integer,
    prep_swap integer
)
;

-- r_STV_CURSOR_CONFIGURATION.md
view pg_catalog.stv_cursor_configuration 10920 (
    current_cursor_count integer, max_diskspace_usable integer, current_diskspace_used integer
) as
select count(*), 3840000, coalesce(sum(byte_count), 0) / 1048576 from pg_internal.cursors
;

-- r_STV_DB_ISOLATION_LEVEL.md
view pg_catalog.stv_db_isolation_level 10921 (
    db_name character(128), isolation_level character(20)
) as
select name, isolation_level
from pg_internal.databases
;

-- r_STV_NODE_STORAGE_CAPACITY.md
view pg_catalog.stv_node_storage_capacity 10922 (
    node integer, used integer, capacity integer
) as
select 0, coalesce(sum(blocks), 0), 1048576
from pg_internal.relations where kind = 'r'
;

-- r_STV_PARTITIONS.md
view pg_catalog.stv_partitions 10923 (
    owner integer, host integer, diskno integer, part_begin bigint, part_end bigint, used integer, tossed integer,
    capacity integer, reads bigint, writes bigint, seek_forward integer, seek_back integer, is_san integer,
    failed integer, mbps integer, mount character(256)
) as
select 0, 0, 0, 0, 1099511627776, coalesce(sum(blocks), 0), 0, 1048576, 0, 0, 0, 0, 0, 0, 0, '/dev/nvme1n1'
from pg_internal.relations where kind = 'r'
;

-- r_STV_STARTUP_RECOVERY_STATE.md
view pg_catalog.stv_startup_recovery_state 10924 (
    db_id integer, table_id integer, table_name character(137)
)
;

-- r_SVV_ACTIVE_CURSORS.md
view pg_catalog.svv_active_cursors 10574 (
    user_id integer, cursor_name varchar(128), transaction_id bigint, session_id integer, declare_time timestamp,
    total_bytes bigint, total_rows bigint, fetched_rows bigint, cursor_storage_limit_used_percent integer
) as
select user_id, name, transaction_id, pid, declared, byte_count, row_count, fetched_rows, 0 from pg_internal.cursors
;

-- r_SVV_INTERLEAVED_COLUMNS.md
view pg_catalog.svv_interleaved_columns 10575 (
    tbl integer, col integer, interleaved_skew numeric(19,2), last_reindex timestamp
) as
select cast(r.oid as integer), a.num - 1, 1.00, v.last_reindex
from pg_internal.relations r
join pg_internal.attributes a on a.relation = r.oid
left join (select tbl, max(endtime) as last_reindex from pg_internal.log_vacuum where mode = 'Reindex' group by tbl)
        v on v.tbl = r.oid
where r.sort_key1 = 'INTERLEAVED' and a.sort_key <> 0
;

-- r_SVV_GEOMETRY_COLUMNS.md
view pg_catalog.svv_geometry_columns 10576 (
    f_table_catalog varchar(128), f_table_schema varchar(128), f_table_name varchar(128),
    f_geometry_column varchar(128), coord_dimension integer, srid integer, type varchar(128)
) as
select current_database(), r.schema, r.name, a.name, 2, 0, 'GEOMETRY'
from pg_internal.relations r
join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible and a.internal_type = 'geometry'
;

-- r_SVV_GEOGRAPHY_COLUMNS.md
view pg_catalog.svv_geography_columns 10577 (
    f_table_catalog varchar(128), f_table_schema varchar(128), f_table_name varchar(128),
    f_geography_column varchar(128), coord_dimension integer, srid integer, type varchar(128)
) as
select current_database(), r.schema, r.name, a.name, 2, 0, 'GEOGRAPHY'
from pg_internal.relations r
join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible and a.internal_type = 'geography'
;
