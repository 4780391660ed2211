-- Relations of what is not there: datashares, zero-ETL, streaming ingestion, models, policies, concurrency scaling,
-- Python. They have Redshift's columns and no rows. Each definition names its page of the developer guide.

-- SYS_DATASHARE_CHANGE_LOG.md
view pg_catalog.sys_datashare_change_log 11360 (
    user_id integer, user_name varchar(128), session_id integer, transaction_id bigint, share_id integer,
    share_name varchar(128), source_database_id integer, source_database_name varchar(128),
    consumer_database_id integer, consumer_database_name varchar(128), arn varchar(192), record_time timestamp,
    action varchar(128), status integer, share_object_type varchar(64), share_object_id integer,
    share_object_name varchar(128), target_user_type varchar(16), target_user_id integer,
    target_user_name varchar(128), consumer_account varchar(16), consumer_namespace varchar(64),
    producer_account varchar(16), producer_namespace varchar(64), attribute_name varchar(64),
    attribute_value varchar(128), message varchar(512)
)
;

-- SYS_DATASHARE_USAGE_CONSUMER.md
view pg_catalog.sys_datashare_usage_consumer 11361 (
    user_id integer, session_id integer, transaction_id bigint, request_id varchar(50), request_type varchar(25),
    transaction_uid varchar(50), record_time timestamp, status integer, error varchar(512)
)
;

-- SYS_DATASHARE_USAGE_PRODUCER.md
view pg_catalog.sys_datashare_usage_producer 11362 (
    share_id integer, share_name varchar(128), request_id varchar(50), request_type varchar(25),
    object_type varchar(64), object_oid integer, object_name varchar(128), consumer_account varchar(16),
    consumer_namespace varchar(64), consumer_transaction_uid varchar(50), record_time timestamp, status integer,
    error varchar(512), consumer_region character(64)
)
;

-- r_SVL_DATASHARE_CHANGE_LOG.md
view pg_catalog.svl_datashare_change_log 11159 (
    userid integer, username varchar(128), pid integer, xid bigint, share_id integer, share_name varchar(128),
    source_database_id integer, source_database_name varchar(128), consumer_database_id integer,
    consumer_database_name varchar(128), arn varchar(192), recordtime timestamp, action varchar(128),
    status integer, share_object_type varchar(64), share_object_id integer, share_object_name varchar(128),
    target_user_type varchar(16), target_userid integer, target_username varchar(128), consumer_account varchar(16),
    consumer_namespace varchar(64), producer_account varchar(16), producer_namespace varchar(64),
    attribute_name varchar(64), attribute_value varchar(128), message varchar(512)
)
;

-- r_SVL_DATASHARE_USAGE_CONSUMER.md
view pg_catalog.svl_datashare_usage_consumer 11160 (
    userid integer, pid integer, xid bigint, request_id varchar(50), request_type varchar(25),
    transaction_uid varchar(50), recordtime timestamp, status integer, error varchar(512)
)
;

-- r_SVL_DATASHARE_USAGE_PRODUCER.md
view pg_catalog.svl_datashare_usage_producer 11161 (
    share_id integer, share_name varchar(128), request_id varchar(50), request_type varchar(25),
    object_type varchar(64), object_oid integer, object_name varchar(128), consumer_account varchar(16),
    consumer_namespace varchar(64), consumer_transaction_uid varchar(50), recordtime timestamp, status integer,
    error varchar(512), consumer_region character(64)
)
;

-- r_SVL_DATASHARE_CROSS_REGION_USAGE.md
view pg_catalog.svl_datashare_cross_region_usage 11162 (
    query integer, segment bigint, start_time timestamp, end_time timestamp, transferred_data bigint,
    source_region character(25), recordtime timestamp
)
;

-- r_SVV_DATASHARE_CONSUMERS.md
view pg_catalog.svv_datashare_consumers 10578 (
    share_name varchar(128), consumer_account varchar(16), consumer_namespace varchar(64), share_date timestamp
)
;

-- r_SVV_DATASHARE_OBJECTS.md
view pg_catalog.svv_datashare_objects 10579 (
    share_type varchar(8), share_name varchar(128), object_type varchar(64), object_name varchar(512),
    producer_account varchar(16), producer_namespace varchar(64), include_new boolean
)
;

-- r_SVV_DATASHARE_PRIVILEGES.md
view pg_catalog.svv_datashare_privileges 10580 (
    datashare_name text, privilege_type text, identity_id integer, identity_name text, identity_type text,
    admin_option boolean
)
;

-- r_STL_DISK_FULL_DIAG.md
view pg_catalog.stl_disk_full_diag 10760 (
    currenttime bigint, node_num bigint, query_id bigint, temp_blocks bigint
)
;

-- r_STL_S3CLIENT_ERROR.md
view pg_catalog.stl_s3client_error 10761 (
    userid integer, query integer, sliceid integer, recordtime timestamp, pid integer, http_method character(64),
    bucket character(64), key character(256), error character(1024), is_partial integer, start_offset bigint
)
;

-- r_STL_SSHCLIENT_ERROR.md
view pg_catalog.stl_sshclient_error 10762 (
    userid integer, query integer, slice integer, recordtime timestamp, pid integer, ssh_username character(1024),
    endpoint character(1024), command character(4096), error character(1024)
)
;

-- r_STL_USAGE_CONTROL.md
view pg_catalog.stl_usage_control 10763 (
    eventtime timestamp, query integer, xid bigint, pid integer, usage_limit_id character(40),
    feature_type character(30)
)
;

-- r_STV_ML_MODEL_INFO.md
view pg_catalog.stv_ml_model_info 10925 (
    schema_name character(128), user_name character(128), model_name character(128), life_cycle character(20),
    is_refreshable integer, model_state character(128)
)
;

-- r_SVV_ML_MODEL_INFO.md
view pg_catalog.svv_ml_model_info 10581 (
    database_name character(128), schema_name character(128), user_name character(128), model_name character(128),
    life_cycle character(20), is_refreshable integer, model_state character(128)
)
;

-- r_SVV_ML_MODEL_PRIVILEGES.md
view pg_catalog.svv_ml_model_privileges 10582 (
    namespace_name text, model_name text, model_version integer, privilege_type text, identity_id integer,
    identity_name text, identity_type text, admin_option boolean
)
;

-- r_SVCS_CONCURRENCY_SCALING_USAGE.md
view pg_catalog.svcs_concurrency_scaling_usage 11207 (
    start_time timestamp, end_time timestamp, queries bigint, usage_in_seconds numeric(27,0)
)
;

-- r_SVCS_S3LIST.md
view pg_catalog.svcs_s3list 11208 (
    query integer, segment integer, node integer, eventtime timestamp, bucket character(256), prefix character(256),
    recursive character(1), retrieved_files integer, max_file_size bigint, avg_file_size double,
    generated_splits integer, avg_split_length double, duration bigint
)
;

-- r_SVL_S3LIST.md
view pg_catalog.svl_s3list 11163 (
    query integer, segment integer, node integer, slice integer, eventtime timestamp, bucket text, prefix text,
    recursive character(1), retrieved_files integer, max_file_size bigint, avg_file_size double,
    generated_splits integer, avg_split_length double, duration bigint
)
;

-- r_SVCS_S3PARTITION_SUMMARY.md
view pg_catalog.svcs_s3partition_summary 11209 (
    query integer, segment integer, assignment character(1), min_starttime timestamp, max_endtime timestamp,
    min_duration bigint, max_duration bigint, avg_duration bigint, total_partitions integer,
    qualified_partitions integer, min_assigned_partitions integer, max_assigned_partitions integer,
    avg_assigned_partitions bigint
)
;

-- r_SVL_S3PARTITION_SUMMARY.md
view pg_catalog.svl_s3partition_summary 11164 (
    query integer, segment integer, assignment character(1), min_starttime timestamp, max_endtime timestamp,
    min_duration bigint, max_duration bigint, avg_duration bigint, total_partitions integer,
    qualified_partitions integer, min_assigned_partitions integer, max_assigned_partitions integer,
    avg_assigned_partitions bigint
)
;

-- r_SVL_S3PARTITION.md
view pg_catalog.svl_s3partition 11165 (
    query integer, segment integer, node integer, slice integer, starttime timestamp, endtime timestamp,
    duration bigint, total_partitions integer, qualified_partitions integer, assigned_partitions integer,
    assignment character(1)
)
;

-- r_SVL_S3RETRIES.md
view pg_catalog.svl_s3retries 11166 (
    query integer, segment integer, node integer, slice integer, eventtime timestamp, retries integer,
    successful_fetches integer, file_size bigint, location text, message text
)
;

-- r_SVCS_S3LOG.md
view pg_catalog.svcs_s3log 11210 (
    pid integer, query integer, segment integer, step integer, node integer, slice integer, eventtime timestamp,
    message text
)
;

-- r_SVCS_S3QUERY_SUMMARY.md
view pg_catalog.svcs_s3query_summary 11211 (
    userid integer, query integer, xid bigint, pid integer, segment integer, step integer, starttime timestamp,
    endtime timestamp, elapsed bigint, aborted integer, external_table_name text, file_format character(16),
    is_partitioned text, is_rrscan text, s3_scanned_rows bigint, s3_scanned_bytes bigint,
    s3query_returned_rows bigint, s3query_returned_bytes bigint, files bigint, files_max integer, files_avg bigint,
    splits bigint, splits_max integer, splits_avg bigint, total_split_size bigint, max_split_size bigint,
    avg_split_size bigint, total_retries bigint, max_retries integer, max_request_duration integer,
    avg_request_duration bigint, max_request_parallelism integer, avg_request_parallelism double
)
;

-- r_SVL_SPECTRUM_SCAN_ERROR.md
view pg_catalog.svl_spectrum_scan_error 11167 (
    userid integer, query integer, location character(128), rowid character(128), colname character(128),
    original_value character(128), modified_value character(128), trigger character(128), action character(128),
    action_value character(128), error_code integer
)
;

-- SYS_EXTERNAL_QUERY_ERROR.md
view pg_catalog.sys_external_query_error 11364 (
    user_id integer, query_id bigint, file_location character(256), rowid character(2100),
    column_name character(127), original_value character(1024), modified_value character(1024),
    trigger character(128), action character(128), action_value character(128), error_code integer,
    query_uuid character(36)
)
;

-- r_SVL_FEDERATED_QUERY.md
view pg_catalog.svl_federated_query 11168 (
    userid integer, xid bigint, pid integer, query integer, sourcetype character(32), recordtime timestamp,
    querytext character(4000), num_rows bigint, num_bytes bigint, duration bigint
)
;

-- r_SVL_UDF_LOG.md
view pg_catalog.svl_udf_log 11170 (
    query bigint, message character(4096), created timestamp, traceback character(4096), funcname character(256),
    node integer, slice integer, seq integer
)
;

-- SYS_UDF_LOG.md
view pg_catalog.sys_udf_log 11366 (
    query_id bigint, function_name text, record_time timestamp, sequence integer, message text,
    query_uuid character(36)
)
;

-- r_SVL_AUTO_WORKER_ACTION.md
view pg_catalog.svl_auto_worker_action 11171 (
    table_id integer, type character(32), status character(128), eventtime timestamp, sequence integer,
    previous_state character(200)
)
;

-- r_SYS_AUTO_TABLE_OPTIMIZATION.md
view pg_catalog.sys_auto_table_optimization 11367 (
    transaction_id bigint, session_id integer, table_id integer, alter_table_type character(32),
    status character(128), event_time timestamp, alter_from character(200)
)
;

-- r_SVV_ALTER_TABLE_RECOMMENDATIONS.md
view pg_catalog.svv_alter_table_recommendations 10583 (
    type character(30), database character(128), table_id integer, group_id integer, ddl character(1024),
    auto_eligible character(1)
)
;

-- r_SVV_IDENTITY_PROVIDERS.md
view pg_catalog.svv_identity_providers 10584 (
    uid integer, name text, type text, instanceid text, namespc text, params text, enabled boolean
)
;

-- r_SVV_MASKING_POLICY.md
view pg_catalog.svv_masking_policy 10585 (
    policy_database text, policy_name text, input_columns text, policy_expression text, policy_modified_by text,
    policy_modified_time timestamp
)
;

-- r_SVV_ATTACHED_MASKING_POLICY.md
view pg_catalog.svv_attached_masking_policy 10586 (
    policy_name text, schema_name text, table_name text, table_type text, grantor text, grantee text,
    grantee_type text, priority integer, input_columns text, output_columns text, is_masking_datashare_on boolean
)
;

-- SYS_APPLIED_MASKING_POLICY_LOG.md
view pg_catalog.sys_applied_masking_policy_log 11368 (
    policy_name text, user_id text, record_time timestamp, session_id integer, transaction_id bigint,
    query_id integer, database_name text, relation_name text, schema_name text, attachment_id bigint,
    relation_kind text
)
;

-- r_SVV_RLS_POLICY.md
view pg_catalog.svv_rls_policy 10587 (
    poldb text, polname text, polalias text, polatts text, polqual text, polenabled boolean, polmodifiedby text,
    polmodifiedtime timestamp
) as
select database, name, alias, attributes, condition, true, modified_by, modified
from pg_internal.rls_policies
;

-- r_SVV_RLS_ATTACHED_POLICY.md
view pg_catalog.svv_rls_attached_policy 10588 (
    relschema text, relname text, relkind text, polname text, grantor text, grantee text, granteekind text,
    is_pol_on boolean, is_rls_on boolean, rls_conjunction_type character(3)
) as
select schema, relation, kind, policy, grantor, grantee, grantee_kind, true, is_on, conjunction
from pg_internal.rls_attachments
;

-- r_SVV_RLS_RELATION.md
view pg_catalog.svv_rls_relation 10589 (
    datname text, relschema text, relname text, relkind text, is_rls_on boolean, is_rls_datashare_on boolean,
    rls_conjunction_type character(3), rls_datashare_conjunction_type character(3)
) as
select current_database(), schema, relation, kind, is_on, is_on_for_datashares, conjunction, datashare_conjunction
from pg_internal.rls_relations
;

-- r_SVV_RLS_APPLIED_POLICY.md
view pg_catalog.svv_rls_applied_policy 10590 (
    username text, query integer, xid bigint, pid integer, recordtime timestamp, command character(1), datname text,
    relschema text, relname text, polname text, poldefault character(1)
) as
select username, query, xid, pid, recordtime, command, database, schema, relation, policy, default_policy
from pg_internal.log_applied_policy
;

-- r_SYS_STREAM_SCAN_ERRORS.md
view pg_catalog.sys_stream_scan_errors 11369 (
    external_schema_name character(128), stream_name character(255), mv_name character(128), transaction_id bigint,
    query_id bigint, stream_timestamp_type character(1), stream_timestamp timestamp, record_time timestamp,
    partition_id character(128), position character(128), error_code integer, error_reason character(128)
)
;

-- r_SYS_STREAM_SCAN_STATES.md
view pg_catalog.sys_stream_scan_states 11370 (
    external_schema_name character(128), stream_name character(255), mv_name character(128), transaction_id bigint,
    query_id bigint, record_time timestamp, partition_id character(128), latest_position character(128),
    scanned_rows bigint, skipped_rows bigint, scanned_bytes bigint, stream_record_time_min timestamp,
    stream_record_time_max timestamp
)
;

-- SYS_COPY_JOB_DETAIL.md
view pg_catalog.sys_copy_job_detail 11371 (
    user_id integer, database_name text, job_id integer, job_name text, file_location text, file_name text,
    file_size bigint, file_etag text, job_text character(256), modification_time timestamp, enqueue_time timestamp,
    status character(1)
)
;

-- SYS_COPY_JOB_INFO.md
view pg_catalog.sys_copy_job_info 11372 (
    job_id bigint, job_name character(128), database_name character(128), record_time timestamp,
    message character(512)
)
;

-- SVV_COPY_JOB_INTEGRATIONS.md
view pg_catalog.svv_copy_job_integrations 10591 (
    job_owner integer, channel_arn name, bucket text, channel_state name, db_name name, job_name text,
    job_state integer
)
;

-- r_SVV_INTEGRATION.md
view pg_catalog.svv_integration 10592 (
    integration_id character(128), target_database character(128), source character(128), state character(128),
    current_lag bigint, last_replicated_checkpoint character(128), total_tables_replicated integer,
    total_tables_failed integer, creation_time timestamp, refresh_interval integer, source_database character(128),
    is_history_mode boolean, latest_detected_change_time timestamp, latest_applied_change_time timestamp,
    auto_remediation boolean, latest_shipped_source_commit_time timestamp
)
;

-- r_SVV_INTEGRATION_TABLE_STATE.md
view pg_catalog.svv_integration_table_state 10593 (
    integration_id character(128), target_database character(128), schema_name character(128),
    table_name character(128), table_state character(128), table_last_replicated_checkpoint character(128),
    reason character(256), last_updated_timestamp timestamp, table_rows bigint, table_size bigint,
    is_history_mode boolean
)
;

-- r_SYS_INTEGRATION_ACTIVITY.md
view pg_catalog.sys_integration_activity 11373 (
    integration_id character(128), target_database character(128), source character(128),
    checkpoint_name character(128), checkpoint_type character(16), checkpoint_bytes bigint,
    last_commit_timestamp timestamp, modified_tables integer, integration_start_time timestamp,
    integration_end_time timestamp
)
;

-- r_SYS_INTEGRATION_TABLE_ACTIVITY.md
view pg_catalog.sys_integration_table_activity 11374 (
    integration_id character(128), checkpoint_name character(128), target_database character(128),
    schema_name character(128), table_name character(128), table_id integer, record_time timestamp,
    transaction_id bigint, inserted_rows bigint, deleted_rows bigint, updated_rows bigint, bytes_ingested bigint
)
;

-- r_SYS_INTEGRATION_TABLE_STATE_CHANGE.md
view pg_catalog.sys_integration_table_state_change 11375 (
    integration_id character(128), database_name character(128), schema_name character(128),
    table_name character(128), new_state character(128), table_last_replicated_checkpoint character(128),
    state_change_reason character(256), record_time timestamp
)
;

-- SYS_RESTORE_LOG.md
view pg_catalog.sys_restore_log 11376 (
    event_time timestamp, database_name character(128), schema_name character(128), table_name character(128),
    table_id integer, action character(128), table_size bigint, total_data_processed bigint,
    delta_data_processed bigint, message character(512), redistribution_type character(32)
)
;

-- SYS_RESTORE_STATE.md
view pg_catalog.sys_restore_state 11377 (
    user_id integer, database_name character(64), schema_id integer, table_id integer, table_name character(128),
    redistribution_status character(128), percentage_redistributed double, redistribution_type character(32)
)
;

-- r_SYS_DATASHARE_CROSS_REGION_USAGE.md
view pg_catalog.sys_datashare_cross_region_usage 11378 (
    query_id integer, child_query_sequence integer, segment_id bigint, start_time timestamp, end_time timestamp,
    transferred_data bigint, source_region character(25), query_uuid character(36)
)
;

-- SYS_REDSHIFT_TEMPLATE.md
view pg_catalog.sys_redshift_template 11379 (
    database_name character(128), schema_name character(128), template_name character(128), template_type integer,
    create_time timestamp, last_modified_time timestamp, owner_id integer, last_modified_by integer,
    template_parameters text
)
;

-- r_SVV_INTEGRATION_TABLE_MAPPING.md
view pg_catalog.svv_integration_table_mapping 10594 (
    integration_id character(128), source_database character(128), target_database character(128),
    source_schema_name character(128), target_schema_name character(128), source_table_name character(128),
    target_table_name character(128), source_column_name character(128), target_column_name character(128),
    source_data_type character(128), target_data_type character(128)
)
;

-- SYS_AUTOMATIC_OPTIMIZATION.md
view pg_catalog.sys_automatic_optimization 11380 (
    session_id integer, database_name character(128), object_type character(30), object_ids character(512),
    task_type character(100), event character(50), event_time timestamp, status character(512),
    compute_type character(100), task_details character(512)
)
;

-- SYS_EXTRA_COMPUTE_FOR_AUTOMATIC_OPTIMIZATION.md
view pg_catalog.sys_extra_compute_for_automatic_optimization 11381 (
    start_time timestamp, end_time timestamp, query_count bigint, compute_seconds numeric(27,0)
)
;

-- SYS_LUDF_DETAIL.md
view pg_catalog.sys_ludf_detail 11382 (
    user_id integer, transaction_id bigint, query_id bigint, function_oid bigint, function_position integer,
    stream_id integer, segment_id integer, step_id integer, lambda_function_name character(256),
    start_time timestamp, end_time timestamp, total_duration bigint, invocations integer, total_rows bigint,
    input_bytes bigint, output_bytes bigint
)
;

-- SYS_COPY_JOB.md
view pg_catalog.sys_copy_job 11383 (
    job_id bigint, job_name character(128), iam_role character(128), job_text character(256), is_auto integer,
    on_error_suspend integer
)
;

-- r_SVL_RESTORE_ALTER_TABLE_PROGRESS.md: tables are not moved between nodes here.
view pg_catalog.svl_restore_alter_table_progress 11172 (
    tbl integer, progress character(32), message character(256)
)
;

-- r_STV_XRESTORE_ALTER_QUEUE_STATE.md
view pg_catalog.stv_xrestore_alter_queue_state 10926 (
    userid integer, db_id integer, schema character(128), table_name character(128), tbl integer,
    status character(64), task_type integer
)
;
