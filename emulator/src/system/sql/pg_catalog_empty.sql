-- Catalogs that have no rows here, because what they describe does not exist in Redshift or is not listed by it.
-- Sources: PostgreSQL 8.0 documentation, "System Catalogs"; developer guide, "System catalog tables".

table pg_catalog.pg_trigger 2620 (
    tgrelid oid, tgname name, tgfoid oid, tgtype smallint, tgenabled boolean, tgisconstraint boolean,
    tgconstrname name, tgconstrrelid oid, tgdeferrable boolean, tginitdeferred boolean, tgnargs smallint,
    tgattr int2vector, tgargs varbyte
) hidden (
    oid oid, tableoid oid, tgisinternal boolean, tgconstraint oid
)
;

table pg_catalog.pg_inherits 2611 (
    inhrelid oid, inhparent oid, inhseqno integer
) hidden (
    tableoid oid, inhdetachpending boolean
)
;

table pg_catalog.pg_conversion 2607 (
    conname name, connamespace oid, conowner integer, conforencoding integer, contoencoding integer, conproc regproc,
    condefault boolean
) hidden (
    oid oid, tableoid oid
)
;

table pg_catalog.pg_largeobject 2613 (
    loid oid, pageno integer, data varbyte
) hidden (
    tableoid oid
)
;

-- PostgreSQL 8.1's, which clusters have (redshift_connector reads it). It would know the owners of all databases; DROP USER
-- looks at one database only (r_DROP_USER.md), so that they are not kept there.
table pg_catalog.pg_shdepend 1214 (
    dbid oid, classid oid, objid oid, refclassid oid, refobjid oid, deptype "char"
) hidden (
    tableoid oid
)
;

-- r_PG_DEFAULT_ACL.md
table pg_catalog.pg_default_acl 10202 (
    defacluser integer, defaclnamespace oid, defaclobjtype "char", defaclacl aclitem[]
) hidden (
    oid oid, tableoid oid, defaclrole oid
) as
select owner, schema, kind, acl, null, 826, owner from pg_internal.default_acls
;

-- r_PG_EXTERNAL_SCHEMA.md
table pg_catalog.pg_external_schema 10203 (
    esoid oid, eskind integer, esdbname text, esoptions text
)
;

-- r_PG_STATISTIC_INDICATOR.md: nothing has changed since statistics were gathered, because they are gathered for each plan.
table pg_catalog.pg_statistic_indicator 10204 (
    stairelid oid, stairows double, staiins double, staidels double
) as
select oid, cast(visible_rows as double precision), 0, 0
from pg_internal.relations
where kind = 'r' and not is_system and stored_rows > 0
;

-- r_PG_LIBRARY.md
table pg_catalog.pg_library 10205 (
    name name, language_oid oid, file_store_id integer, owner integer
)
;

-- Catalogs of later PostgreSQL versions that clients read whatever the server's version is.

compat pg_catalog.pg_auth_members 10209 (roleid oid, member oid, grantor oid, admin_option boolean)
;

compat pg_catalog.pg_collation 10210 (
    oid oid, tableoid oid, collname name, collnamespace oid, collowner integer, collprovider "char",
    collisdeterministic boolean, collencoding integer, collcollate text, collctype text, colliculocale text
)
;

compat pg_catalog.pg_range 10211 (
    rngtypid oid, rngsubtype oid, rngmultitypid oid, rngcollation oid, rngsubopc oid, rngcanonical regproc,
    rngsubdiff regproc
)
;

compat pg_catalog.pg_enum 10212 (oid oid, tableoid oid, enumtypid oid, enumsortorder real, enumlabel name)
;

compat pg_catalog.pg_extension 10213 (
    oid oid, tableoid oid, extname name, extowner integer, extnamespace oid, extrelocatable boolean, extversion text
)
;

compat pg_catalog.pg_foreign_data_wrapper 10214 (
    oid oid, tableoid oid, fdwname name, fdwowner integer, fdwhandler oid, fdwvalidator oid, fdwacl aclitem[],
    fdwoptions text[]
)
;

compat pg_catalog.pg_foreign_server 10215 (
    oid oid, tableoid oid, srvname name, srvowner integer, srvfdw oid, srvtype text, srvversion text, srvacl aclitem[],
    srvoptions text[]
)
;

compat pg_catalog.pg_foreign_table 10216 (ftrelid oid, ftserver oid, ftoptions text[])
;

compat pg_catalog.pg_ts_config 10217 (
    oid oid, tableoid oid, cfgname name, cfgnamespace oid, cfgowner integer, cfgparser oid
)
;

compat pg_catalog.pg_opfamily 10218 (
    oid oid, tableoid oid, opfmethod oid, opfname name, opfnamespace oid, opfowner integer
)
;

compat pg_catalog.pg_db_role_setting 10219 (setdatabase oid, setrole oid, setconfig text[])
;

compat pg_catalog.pg_largeobject_metadata 10220 (oid oid, tableoid oid, lomowner integer, lomacl aclitem[])
;

compat pg_catalog.pg_event_trigger 10221 (
    oid oid, tableoid oid, evtname name, evtevent name, evtowner integer, evtfoid oid, evtenabled "char", evttags text[]
)
;

compat pg_catalog.pg_policy 10222 (
    oid oid, polname name, polrelid oid, polcmd "char", polpermissive boolean, polroles oid[], polqual text,
    polwithcheck text
)
;

compat pg_catalog.pg_statistic_ext 10223 (
    oid oid, stxrelid oid, stxname name, stxnamespace oid, stxowner integer, stxkeys int2vector, stxkind text[]
)
;

compat pg_catalog.pg_publication 10224 (
    oid oid, pubname name, pubowner integer, puballtables boolean, pubinsert boolean, pubupdate boolean,
    pubdelete boolean
)
;

compat pg_catalog.pg_publication_rel 10225 (oid oid, prpubid oid, prrelid oid)
;

compat pg_catalog.pg_seclabel 10226 (objoid oid, classoid oid, objsubid integer, provider text, label text)
;

-- ANALYZE counts rows here, and keeps no statistics of columns. Arrays of numbers are shown as text.
table pg_catalog.pg_statistic 2619 (
    starelid oid, staattnum smallint, stanullfrac real, stawidth integer, stadistinct real, stakind1 smallint,
    stakind2 smallint, stakind3 smallint, stakind4 smallint, staop1 oid, staop2 oid, staop3 oid, staop4 oid,
    stanumbers1 text[], stanumbers2 text[], stanumbers3 text[], stanumbers4 text[], stavalues1 text[], stavalues2 text[],
    stavalues3 text[], stavalues4 text[]
) hidden (
    tableoid oid
)
;

-- PostgreSQL 8.0, "pg_stats" and "pg_rules": what pg_statistic holds, and the rules that are no views. Arrays are shown as text.
view pg_catalog.pg_stats 10236 (
    schemaname name, tablename name, attname name, null_frac real, avg_width integer, n_distinct real,
    most_common_vals text[], most_common_freqs text[], histogram_bounds text[], correlation real
)
;

view pg_catalog.pg_rules 10237 (
    schemaname name, tablename name, rulename name, definition text
)
;
