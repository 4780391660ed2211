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
where owner_name = current_user
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
select current_database(), c.schema, c.name,
    current_database(), c.schema, c.relation_name,
    case c.kind when 'p' then 'PRIMARY KEY' when 'u' then 'UNIQUE' else 'FOREIGN KEY' end,
    'NO', 'NO'
from pg_internal.constraints c join pg_internal.relations r on r.oid = c.relation
where r.owner_name = current_user
;

view information_schema.key_column_usage 10307 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), column_name varchar(128),
    ordinal_position integer
) as
select current_database(), c.schema, c.constraint_name, current_database(), c.schema, c.relation_name, c.column_name, c.position
from pg_internal.constraint_columns c join pg_internal.relations r on r.oid = c.relation
where r.owner_name = current_user
;

view information_schema.referential_constraints 10308 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    unique_constraint_catalog varchar(128), unique_constraint_schema varchar(128),
    unique_constraint_name varchar(128), match_option varchar(128), update_rule varchar(128), delete_rule varchar(128)
) as
select current_database(), c.schema, c.name,
    current_database(), c.unique_schema, c.unique_name, 'NONE', 'NO ACTION', 'NO ACTION'
from pg_internal.constraints c join pg_internal.relations r on r.oid = c.relation
where c.kind = 'f' and r.owner_name = current_user
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

-- Domains, triggers and element types are none in Redshift. What a standard says of features and sizes is not listed, nor
-- which columns of a table a view uses, which is not kept.

view information_schema.check_constraints 10318 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    check_clause varchar(4000)
)
;

view information_schema.column_domain_usage 10319 (
    domain_catalog varchar(128), domain_schema varchar(128), domain_name varchar(128), table_catalog varchar(128),
    table_schema varchar(128), table_name varchar(128), column_name varchar(128)
)
;

view information_schema.column_privileges 10320 (
    grantor varchar(128), grantee varchar(128), table_catalog varchar(128), table_schema varchar(128),
    table_name varchar(128), column_name varchar(128), privilege_type varchar(128), is_grantable varchar(3)
) as
select grantor_name, grantee_name, current_database(), schema, object_name, column_name, privilege,
    case when grant_option then 'YES' else 'NO' end
from pg_internal.privileges
where object_kind = 'column'
union
select p.grantor_name, p.grantee_name, current_database(), p.schema, p.object_name, a.name, p.privilege,
    case when p.grant_option then 'YES' else 'NO' end
from pg_internal.privileges p join pg_internal.attributes a on a.relation = p.object
where p.object_kind = 'relation' and p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
;

view information_schema.column_udt_usage 10321 (
    udt_catalog varchar(128), udt_schema varchar(128), udt_name varchar(128), table_catalog varchar(128),
    table_schema varchar(128), table_name varchar(128), column_name varchar(128)
) as
select current_database(), 'pg_catalog', a.internal_type, current_database(), r.schema, r.name, a.name
from pg_internal.relations r join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
;

view information_schema.data_type_privileges 10322 (
    object_catalog varchar(128), object_schema varchar(128), object_name varchar(128), object_type varchar(128),
    dtd_identifier varchar(128)
) as
select current_database(), r.schema, r.name, 'TABLE', cast(a.num as varchar)
from pg_internal.relations r join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
;

view information_schema.domain_constraints 10323 (
    constraint_catalog varchar(128), constraint_schema varchar(128), constraint_name varchar(128),
    domain_catalog varchar(128), domain_schema varchar(128), domain_name varchar(128), is_deferrable varchar(3),
    initially_deferred varchar(3)
)
;

view information_schema.domain_udt_usage 10324 (
    udt_catalog varchar(128), udt_schema varchar(128), udt_name varchar(128), domain_catalog varchar(128),
    domain_schema varchar(128), domain_name varchar(128)
)
;

view information_schema.domains 10325 (
    domain_catalog varchar(128), domain_schema varchar(128), domain_name varchar(128), data_type varchar(128),
    character_maximum_length integer, character_octet_length integer, character_set_catalog varchar(128),
    character_set_schema varchar(128), character_set_name varchar(128), collation_catalog varchar(128),
    collation_schema varchar(128), collation_name varchar(128), numeric_precision integer,
    numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, interval_type varchar(128),
    interval_precision varchar(128), domain_default varchar(4000), udt_catalog varchar(128), udt_schema varchar(128),
    udt_name varchar(128), scope_catalog varchar(128), scope_schema varchar(128), scope_name varchar(128),
    maximum_cardinality integer, dtd_identifier varchar(128)
)
;

view information_schema.element_types 10326 (
    object_catalog varchar(128), object_schema varchar(128), object_name varchar(128), object_type varchar(128),
    array_type_identifier varchar(128), data_type varchar(128), character_maximum_length integer,
    character_octet_length integer, character_set_catalog varchar(128), character_set_schema varchar(128),
    character_set_name varchar(128), collation_catalog varchar(128), collation_schema varchar(128),
    collation_name varchar(128), numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
    datetime_precision integer, interval_type varchar(128), interval_precision varchar(128),
    domain_default varchar(4000), udt_catalog varchar(128), udt_schema varchar(128), udt_name varchar(128),
    scope_catalog varchar(128), scope_schema varchar(128), scope_name varchar(128), maximum_cardinality integer,
    dtd_identifier varchar(128)
)
;

view information_schema.role_column_grants 10327 (
    grantor varchar(128), grantee varchar(128), table_catalog varchar(128), table_schema varchar(128),
    table_name varchar(128), column_name varchar(128), privilege_type varchar(128), is_grantable varchar(3)
) as
select p.grantor, p.grantee, p.table_catalog, p.table_schema, p.table_name, p.column_name, p.privilege_type,
    p.is_grantable
from information_schema.column_privileges p join pg_internal.groups g on g.name = p.grantee
;

view information_schema.role_routine_grants 10328 (
    grantor varchar(128), grantee varchar(128), specific_catalog varchar(128), specific_schema varchar(128),
    specific_name varchar(128), routine_catalog varchar(128), routine_schema varchar(128), routine_name varchar(128),
    privilege_type varchar(128), is_grantable varchar(3)
) as
select grantor_name, grantee_name, current_database(), schema, object_name || '_' || object, current_database(), schema,
    object_name, privilege, case when grant_option then 'YES' else 'NO' end
from pg_internal.privileges
where object_kind in ('function', 'procedure') and grantee_kind = 'group'
;

view information_schema.role_table_grants 10329 (
    grantor varchar(128), grantee varchar(128), table_catalog varchar(128), table_schema varchar(128),
    table_name varchar(128), privilege_type varchar(128), is_grantable varchar(3), with_hierarchy varchar(3)
) as
select grantor_name, grantee_name, current_database(), schema, object_name, privilege,
    case when grant_option then 'YES' else 'NO' end, 'NO'
from pg_internal.privileges
where object_kind = 'relation' and grantee_kind = 'group'
;

view information_schema.role_usage_grants 10330 (
    grantor varchar(128), grantee varchar(128), object_catalog varchar(128), object_schema varchar(128),
    object_name varchar(128), object_type varchar(128), privilege_type varchar(128), is_grantable varchar(3)
)
;

view information_schema.routine_privileges 10331 (
    grantor varchar(128), grantee varchar(128), specific_catalog varchar(128), specific_schema varchar(128),
    specific_name varchar(128), routine_catalog varchar(128), routine_schema varchar(128), routine_name varchar(128),
    privilege_type varchar(128), is_grantable varchar(3)
) as
select grantor_name, grantee_name, current_database(), schema, object_name || '_' || object, current_database(), schema,
    object_name, privilege, case when grant_option then 'YES' else 'NO' end
from pg_internal.privileges
where object_kind in ('function', 'procedure')
;

view information_schema.sql_features 10332 (
    feature_id varchar(128), feature_name varchar(128), sub_feature_id varchar(128), sub_feature_name varchar(128),
    is_supported varchar(3), is_verified_by varchar(128), comments varchar(4000)
)
;

view information_schema.sql_implementation_info 10333 (
    implementation_info_id varchar(128), implementation_info_name varchar(128), integer_value integer,
    character_value varchar(128), comments varchar(4000)
)
;

view information_schema.sql_languages 10334 (
    sql_language_source varchar(128), sql_language_year varchar(128), sql_language_conformance varchar(128),
    sql_language_integrity varchar(128), sql_language_implementation varchar(128),
    sql_language_binding_style varchar(128), sql_language_programming_language varchar(128)
)
;

view information_schema.sql_packages 10335 (
    feature_id varchar(128), feature_name varchar(128), is_supported varchar(3), is_verified_by varchar(128),
    comments varchar(4000)
)
;

view information_schema.sql_sizing 10336 (
    sizing_id integer, sizing_name varchar(128), supported_value integer, comments varchar(4000)
)
;

view information_schema.sql_sizing_profiles 10337 (
    sizing_id integer, sizing_name varchar(128), profile_id varchar(128), required_value integer,
    comments varchar(4000)
)
;

view information_schema.triggered_update_columns 10338 (
    trigger_catalog varchar(128), trigger_schema varchar(128), trigger_name varchar(128),
    event_object_catalog varchar(128), event_object_schema varchar(128), event_object_table varchar(128),
    event_object_column varchar(128)
)
;

view information_schema.usage_privileges 10339 (
    grantor varchar(128), grantee varchar(128), object_catalog varchar(128), object_schema varchar(128),
    object_name varchar(128), object_type varchar(128), privilege_type varchar(128), is_grantable varchar(3)
)
;

view information_schema.view_table_usage 10340 (
    view_catalog varchar(128), view_schema varchar(128), view_name varchar(128), table_catalog varchar(128),
    table_schema varchar(128), table_name varchar(128)
) as
select distinct current_database(), v.schema, v.name, current_database(), used.schema, used.name
from pg_internal.relations v
join pg_internal.dependencies d on d.object = v.oid and d.kind = 'n'
join pg_internal.relations used on used.oid = d.referenced_object
where v.kind = 'v' and v.accessible and used.kind in ('r', 'v') and used.shown_name = used.name
;

view information_schema.view_column_usage 10341 (
    view_catalog varchar(128), view_schema varchar(128), view_name varchar(128), table_catalog varchar(128),
    table_schema varchar(128), table_name varchar(128), column_name varchar(128)
)
;
