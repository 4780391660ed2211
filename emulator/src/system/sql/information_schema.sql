-- The information schema of PostgreSQL 8.0, whose identifiers are VARCHAR in Redshift.
-- Source: PostgreSQL 8.0 documentation, "The Information Schema".

view information_schema.information_schema_catalog_name 10301 (catalog_name varchar(128)) as
select current_database()
;

view information_schema.schemata 10302 (
    catalog_name varchar(128), schema_name varchar(128), schema_owner varchar(128),
    default_character_set_catalog varchar(128), default_character_set_schema varchar(128),
    default_character_set_name varchar(128), sql_path varchar(4000)
) as
select current_database(), name, owner_name, null, null, null, null from pg_internal.namespaces
;

view information_schema.tables 10303 (
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), table_type varchar(128),
    self_referencing_column_name varchar(128), reference_generation varchar(128),
    user_defined_type_catalog varchar(128), user_defined_type_schema varchar(128), user_defined_type_name varchar(128)
) as
select current_database(), schema, name,
    case when kind = 'v' then 'VIEW' when persistence = 't' then 'LOCAL TEMPORARY' else 'BASE TABLE' end,
    null, null, null, null, null
from pg_internal.relations
where kind in ('r', 'v') and accessible
;

view information_schema.columns 10304 (
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), column_name varchar(128),
    ordinal_position integer, column_default varchar(4000), is_nullable varchar(3), data_type varchar(128),
    character_maximum_length integer, character_octet_length integer, numeric_precision integer,
    numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, interval_type varchar(128),
    interval_precision varchar(128), character_set_catalog varchar(128), character_set_schema varchar(128),
    character_set_name varchar(128), collation_catalog varchar(128), collation_schema varchar(128),
    collation_name varchar(128), domain_catalog varchar(128), domain_schema varchar(128), domain_name varchar(128),
    udt_catalog varchar(128), udt_schema varchar(128), udt_name varchar(128), scope_catalog varchar(128),
    scope_schema varchar(128), scope_name varchar(128), maximum_cardinality integer, dtd_identifier varchar(128),
    is_self_referencing varchar(3)
) as
select current_database(), r.schema, r.name, a.name,
    a.num, a.default_value, case when a.not_null then 'NO' else 'YES' end, a.data_type,
    a.character_maximum_length, a.character_octet_length, a.numeric_precision,
    a.numeric_precision_radix, a.numeric_scale, a.datetime_precision, null,
    null, null, null,
    null, null, null,
    null, null, null, null,
    current_database(), 'pg_catalog', a.internal_type, null,
    null, null, null, cast(a.num as varchar),
    'NO'
from pg_internal.relations r join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
;

view information_schema.views 10305 (
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), view_definition varchar(65535),
    check_option varchar(128), is_updatable varchar(3), is_insertable_into varchar(3)
) as
select current_database(), schema, name, definition, 'NONE', 'NO', 'NO' from pg_internal.relations where kind = 'v'
;

view information_schema.table_constraints 10306 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), constraint_type varchar(128),
    is_deferrable varchar(3), initially_deferred varchar(3)
) as
select current_database(), schema, name,
    current_database(), schema, relation_name,
    case kind when 'p' then 'PRIMARY KEY' when 'u' then 'UNIQUE' else 'FOREIGN KEY' end,
    'NO', 'NO'
from pg_internal.constraints
;

view information_schema.key_column_usage 10307 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), column_name varchar(128),
    ordinal_position integer
) as
select current_database(), schema, constraint_name, current_database(), schema, relation_name, column_name, position
from pg_internal.constraint_columns
;

view information_schema.referential_constraints 10308 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    unique_constraint_catalog varchar(128), unique_constraint_schema varchar(128),
    unique_constraint_name varchar(128), match_option varchar(128), update_rule varchar(128), delete_rule varchar(128)
) as
select current_database(), schema, name,
    current_database(), unique_schema, unique_name, 'NONE', 'NO ACTION', 'NO ACTION'
from pg_internal.constraints
where kind = 'f'
;

view information_schema.constraint_column_usage 10309 (
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), column_name varchar(128),
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128)
) as
select current_database(), used_schema, used_relation_name, used_column_name,
    current_database(), schema, constraint_name
from pg_internal.constraint_columns
;

view information_schema.constraint_table_usage 10310 (
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128),
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128)
) as
select distinct current_database(), used_schema, used_relation_name, current_database(), schema, constraint_name
from pg_internal.constraint_columns
;

view information_schema.table_privileges 10311 (
    grantor varchar(128), grantee varchar(128), table_catalog varchar(128), table_schema varchar(128),
    table_name varchar(128), privilege_type varchar(128), is_grantable varchar(3), with_hierarchy varchar(3)
) as
select grantor_name, grantee_name, current_database(), schema, object_name, privilege,
    case when grant_option then 'YES' else 'NO' end, 'NO'
from pg_internal.privileges
where object_kind = 'relation'
;

view information_schema.enabled_roles 10312 (role_name varchar(128)) as
select name from pg_internal.groups
;

view information_schema.applicable_roles 10313 (
    grantee varchar(128), role_name varchar(128), is_grantable varchar(3)
) as
select current_user, name, 'NO' from pg_internal.groups
;

view information_schema.routines 10314 (
    specific_catalog varchar(128), specific_schema varchar(128), specific_name varchar(128),
    routine_catalog varchar(128), routine_schema varchar(128), routine_name varchar(128), routine_type varchar(128),
    data_type varchar(128), routine_body varchar(128), routine_definition varchar(65535), external_language varchar(128),
    is_deterministic varchar(3), security_type varchar(128)
) as
select current_database(), schema, name || '_' || oid,
    current_database(), schema, name, case when is_procedure then 'PROCEDURE' else 'FUNCTION' end,
    case when is_procedure then null else result end, 'EXTERNAL', source,
    case when is_procedure then 'PLPGSQL' else 'SQL' end,
    case when volatility = 'i' then 'YES' else 'NO' end, case when security_definer then 'DEFINER' else 'INVOKER' end
from pg_internal.routines
where accessible
;

view information_schema.parameters 10315 (
    specific_catalog varchar(128), specific_schema varchar(128), specific_name varchar(128), ordinal_position integer,
    parameter_mode varchar(128), is_result varchar(3), as_locator varchar(3), parameter_name varchar(128),
    data_type varchar(128)
) as
select current_database(), schema, routine_name || '_' || routine, position, mode, 'NO', 'NO', name, data_type
from pg_internal.routine_arguments
where accessible and position > 0
;

view information_schema.triggers 10316 (
    trigger_catalog varchar(128), trigger_schema varchar(128), trigger_name varchar(128),
    event_manipulation varchar(128), event_object_catalog varchar(128), event_object_schema varchar(128),
    event_object_table varchar(128), action_order integer, action_condition varchar(4000),
    action_statement varchar(4000), action_orientation varchar(128), condition_timing varchar(128)
)
;

view information_schema.sequences 10317 (
    sequence_catalog varchar(128), sequence_schema varchar(128), sequence_name varchar(128), data_type varchar(128)
)
;
