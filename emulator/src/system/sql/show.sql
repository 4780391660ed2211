-- What the SHOW commands list, which narrow it by names and patterns.
-- Each definition names its page of the developer guide, which says the columns and their order.

-- r_SHOW_DATABASES.md
compat pg_internal.show_databases 11601 (
    database_name varchar(128), database_owner integer, database_type varchar(32), database_acl varchar(1024),
    parameters varchar(128), database_isolation_level varchar(128)
) as
select name, owner, 'local', acl_text, null, isolation_level from pg_internal.databases where not is_template
;

-- r_SHOW_SCHEMAS.md
compat pg_internal.show_schemas 11602 (
    database_name varchar(128), schema_name varchar(128), schema_owner integer, schema_type varchar(128),
    schema_acl varchar(1024), source_database varchar(128), schema_option varchar(256)
) as
select current_database(), name, owner, 'local', acl_text, null, null
from pg_internal.namespaces
where accessible and name not in ('pg_internal', 'pg_toast') and name not like 'pg\\_temp\\_%'
;

-- r_SHOW_TABLES.md
compat pg_internal.show_tables 11603 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), table_type varchar(128),
    table_acl varchar(1024), remarks varchar(4000), owner varchar(128), last_altered_time timestamp,
    last_modified_time timestamp, dist_style varchar(128), table_subtype varchar(128)
) as
select current_database(), schema, name, case when kind = 'v' then 'VIEW' else 'TABLE' end,
    acl_text, comment, owner_name, case when kind = 'r' and not is_system then coalesce(altered, created) end,
    case when kind = 'r' and not is_system then rows_changed end, replace(dist_style_name, '(', ' ('), subtype
from pg_internal.relations
-- The tables behind materialized views are left out (dbt-redshift, test_get_catalog.py).
where kind in ('r', 'v') and accessible and shown_name = name
;

-- r_SHOW_COLUMNS.md; an interval is shown with its digits (test_metadataAPI.py of redshift_connector).
compat pg_internal.show_columns 11604 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128),
    ordinal_position integer, column_default varchar(4000), is_nullable varchar(3), data_type varchar(128),
    character_maximum_length integer, numeric_precision integer, numeric_scale integer, remarks varchar(4000),
    sort_key_type varchar(128), sort_key integer, dist_key integer, encoding varchar(128), collation varchar(128)
) as
select current_database(), r.schema, r.name, a.name,
    a.num, a.default_value, case when a.not_null then 'NO' else 'YES' end,
    case when a.data_type like 'interval%' then a.type_name else a.data_type end,
    a.character_maximum_length, a.numeric_precision, a.numeric_scale, a.comment,
    case when a.sort_key = 0 then null when r.sort_key1 = 'INTERLEAVED' then 'INTERLEAVED' else 'COMPOUND' end,
    a.sort_key, case when a.dist_key then 1 end,
    case when r.kind = 'r' and not r.is_system then case when a.encoding = 'none' then 'raw' else a.encoding end end,
    a.collation
from pg_internal.relations r join pg_internal.attributes a on a.relation = r.oid
where r.kind in ('r', 'v') and r.accessible
union all
select current_database(), schema, relation_name, name,
    num, null, 'YES', data_type,
    character_maximum_length, numeric_precision, numeric_scale, null,
    null, 0, null,
    null,
    null
from pg_internal.late_binding_attributes
;

-- r_SHOW_CONSTRAINTS.md
compat pg_internal.show_primary_keys 11605 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), pk_name varchar(128),
    column_name varchar(128), key_seq integer
) hidden (
    accessible boolean
) as
select current_database(), c.schema, c.relation_name, c.constraint_name, c.column_name, c.position,
    r.accessible
from pg_internal.constraint_columns c join pg_internal.relations r on r.oid = c.relation
where c.kind = 'p'
;

-- r_SHOW_CONSTRAINTS.md
compat pg_internal.show_foreign_keys 11606 (
    pk_database_name varchar(128), pk_schema_name varchar(128), pk_table_name varchar(128), pk_column_name varchar(128),
    fk_database_name varchar(128), fk_schema_name varchar(128), fk_table_name varchar(128), fk_column_name varchar(128),
    key_seq integer, fk_name varchar(128), pk_name varchar(128), update_rule smallint, delete_rule smallint,
    deferrability smallint
) hidden (
    pk_accessible boolean, fk_accessible boolean
) as
select current_database(), c.used_schema, c.used_relation_name, c.used_column_name,
    current_database(), c.schema, c.relation_name, c.column_name,
    c.position, c.constraint_name, k.unique_name, null, null,
    null,
    p.accessible, f.accessible
from pg_internal.constraint_columns c
join pg_internal.constraints k on k.relation = c.relation and k.name = c.constraint_name
join pg_internal.relations p on p.oid = k.foreign_relation
join pg_internal.relations f on f.oid = c.relation
where c.kind = 'f'
;

-- r_SHOW_GRANTS.md: a group is shown as a role whose name begins with a slash; what owners hold themselves is left out.
compat pg_internal.show_grants 11607 (
    schema_name varchar(128), object_name varchar(128), object_type varchar(128), privilege_type varchar(128),
    identity_id integer, identity_name varchar(128), identity_type varchar(128), admin_option boolean,
    privilege_scope varchar(128), database_name varchar(128), grantor_name varchar(128)
) as
select case object_kind when 'schema' then object_name else schema end,
    object_name, case object_kind when 'relation' then 'TABLE' else upper(object_kind) end, privilege,
    grantee, case grantee_kind when 'group' then '/' || grantee_name else grantee_name end,
    case grantee_kind when 'group' then 'role' else grantee_kind end, grant_option,
    case object_kind when 'relation' then 'TABLE' when 'function' then 'FUNCTION' when 'procedure' then 'PROCEDURE'
        else scope end,
    case object_kind when 'database' then object_name else current_database() end, grantor_name
from pg_internal.privileges
where object_kind in ('relation', 'schema', 'database', 'function', 'procedure') and not own
;

-- r_SHOW_GRANTS.md: those on functions and procedures, which are told apart by their arguments.
compat pg_internal.show_routine_grants 11614 (
    schema_name varchar(128), object_name varchar(128), object_type varchar(128), privilege_type varchar(128),
    identity_id integer, identity_name varchar(128), identity_type varchar(128), admin_option boolean,
    privilege_scope varchar(128), database_name varchar(128), grantor_name varchar(128), arguments varchar(4000)
) as
select schema, object_name, upper(object_kind), privilege,
    grantee, case grantee_kind when 'group' then '/' || grantee_name else grantee_name end,
    case grantee_kind when 'group' then 'role' else grantee_kind end, grant_option,
    upper(object_kind), current_database(), grantor_name, arguments
from pg_internal.privileges
where object_kind in ('function', 'procedure') and not own
;

-- r_SHOW_COLUMN_GRANTS.md
compat pg_internal.show_column_grants 11608 (
    database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128),
    object_type varchar(128), privilege_type varchar(128), identity_id integer, identity_name varchar(128),
    identity_type varchar(128), admin_option boolean, privilege_scope varchar(128), grantor_name varchar(128)
) as
select current_database(), schema, object_name, column_name,
    'COLUMN', privilege, grantee, case grantee_kind when 'group' then '/' || grantee_name else grantee_name end,
    case grantee_kind when 'group' then 'role' else grantee_kind end, grant_option, 'COLUMN', grantor_name
from pg_internal.privileges
where object_kind = 'column'
;

-- r_SHOW_FUNCTIONS.md
compat pg_internal.show_functions 11609 (
    database_name varchar(128), schema_name varchar(128), function_name varchar(128), number_of_arguments integer,
    argument_list varchar(4000), return_type varchar(4000), remarks varchar(4000)
) as
select current_database(), schema, name, input_count, input_list, result, null
from pg_internal.routines
where accessible and not is_procedure
;

-- r_SHOW_PROCEDURES.md
compat pg_internal.show_procedures 11610 (
    database_name varchar(128), schema_name varchar(128), procedure_name varchar(128), number_of_arguments integer,
    argument_list varchar(4000), return_type varchar(4000), remarks varchar(4000)
) as
select current_database(), schema, name, input_count, input_list, output_list, null
from pg_internal.routines
where accessible and is_procedure
;

-- r_SHOW_PARAMETERS.md; the columns are those that redshift_connector reads.
compat pg_internal.show_parameters 11613 (
    database_name varchar(128), schema_name varchar(128), routine_name varchar(128), parameter_name varchar(128),
    ordinal_position integer, parameter_type varchar(16), data_type varchar(128), character_maximum_length integer,
    numeric_precision integer, numeric_scale integer, routine oid, is_procedure boolean, input_list varchar(4000)
) as
select current_database(), schema, routine_name, name, position, mode, data_type, character_maximum_length,
    numeric_precision, numeric_scale, routine, is_procedure, input_list
from pg_internal.routine_arguments
where accessible
;

-- r_SHOW_DATASHARES.md
compat pg_internal.show_datashares 11611 (
    share_name varchar(255), share_owner integer, source_database varchar(255), consumer_database varchar(255),
    share_type varchar(8), createdate timestamp, is_publicaccessible boolean, share_acl varchar(256),
    producer_account varchar(16), producer_namespace varchar(64)
)
;

-- r_SHOW_POLICIES.md: of a database, and of a relation; for superusers and who has the role sys:secadmin. Masking policies
-- cannot be made here.
compat pg_internal.show_rls_policies 11615 (
    policy_name varchar(128), policy_alias varchar(128), policy_atts varchar(4000), policy_qual varchar(4000),
    policy_enabled boolean, policy_modified_by varchar(128), policy_modified_time timestamp
) as
select name, alias, attributes, condition, true, modified_by, modified
from pg_internal.rls_policies
where here and for_admin
;

compat pg_internal.show_attached_rls_policies 11616 (
    policy_name varchar(128), schema_name varchar(128), relation_name varchar(128), relation_kind varchar(128),
    grantor varchar(128), grantee varchar(128), grantee_kind varchar(128), is_policy_on boolean, is_rls_on boolean,
    rls_conjunction_type varchar(3)
) as
select policy, schema, relation, kind, grantor, grantee, grantee_kind, true, is_on, conjunction
from pg_internal.rls_attachments
;

compat pg_internal.show_masking_policies 11617 (
    policy_name varchar(128), input_columns varchar(4000), policy_expression varchar(4000),
    policy_modified_by varchar(128), policy_modified_time timestamp
)
;

compat pg_internal.show_attached_masking_policies 11618 (
    policy_name varchar(128), schema_name varchar(128), relation_name varchar(128), relation_type varchar(128),
    grantor varchar(128), grantee varchar(128), grantee_type varchar(128), priority integer,
    input_columns varchar(4000), output_columns varchar(4000)
)
;

-- r_SHOW_TEMPLATES.md: templates cannot be made here.
compat pg_internal.show_templates 11619 (
    template_name varchar(128), template_id integer, template_type varchar(128), template_owner varchar(128),
    database_name varchar(128), schema_name varchar(128), create_time timestamp, last_modified_time timestamp,
    last_modified_by integer
)
;
