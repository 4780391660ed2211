//! Every definition: readable, with OIDs of its own, and with the columns that Redshift documents.

use std::collections::HashSet;

use redshift_sql_dialect::{RedshiftType, ast::DistStyle};

use super::*;
use crate::{
    Credential,
    binder::SessionInfo,
    catalog::{
        Constraint, Database, GrantEntry, GrantObject, Grantee, Group, Identity, Isolation, KeyKind, Privilege, Schema,
        TableInfo, User, ViewInfo,
    },
    storage::TableStatistics,
};

#[test]
fn every_definition_can_be_read() {
    for file in FILES {
        for definition in definition::read(file) {
            let definition = definition.unwrap_or_else(|line| panic!("cannot read: {line}"));
            assert!(
                SYSTEM_SCHEMAS.iter().any(|(_, name)| *name == definition.schema),
                "{}.{}",
                definition.schema,
                definition.name
            );
        }
    }
}

#[test]
fn oids_and_names_are_unique_and_below_those_of_users() {
    let mut oids = HashSet::new();
    let mut names = HashSet::new();
    for entry in ENTRIES.iter() {
        let relation = &entry.relation;
        assert!(relation.oid.0 < 100_000, "{}", relation.name);
        if entry.listing == Listing::Extended {
            let original = super::relation(&relation.schema, &relation.name, Edition::Redshift);
            assert_eq!(original.map(|original| original.oid), Some(relation.oid));
            continue;
        }
        assert!(oids.insert(relation.oid), "OID {} of {} is another's", relation.oid.0, relation.name);
        assert!(names.insert((&relation.schema, &relation.name)), "{} is there twice", relation.name);
        let mut columns = HashSet::new();
        assert!(relation.columns.iter().all(|column| columns.insert(&column.name)), "{}", relation.name);
    }
}

#[test]
fn documented_relations_have_the_documented_columns() {
    let mut documented: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    for line in include_str!("testdata/documented_columns.tsv").lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('\t').collect();
        let [relation, column, ty] = parts[..] else { panic!("{line}") };
        if documented.last().is_none_or(|(last, _)| *last != relation) {
            documented.push((relation, Vec::new()));
        }
        documented.last_mut().unwrap().1.push((column.to_string(), canonical(ty)));
    }
    for (name, columns) in &documented {
        let relation = relation("pg_catalog", name, Edition::Redshift).unwrap_or_else(|| panic!("no {name}"));
        let ours = relation.columns.iter().filter(|column| column.attnum > 0);
        let ours: Vec<_> = ours.map(|column| (column.name.clone(), column.ty.to_string())).collect();
        assert_eq!(&ours, columns, "{name}");
    }
}

/// The type as `format_type` writes it; the guide writes aliases, too.
fn canonical(ty: &str) -> String {
    let known = match ty {
        "int" => "integer",
        "timestamp" => "timestamp without time zone",
        "double" => "double precision",
        other => other,
    };
    known.replace("varchar(", "character varying(").replace("char(", "character(")
}

#[test]
fn extensions_add_columns_to_stl_load_commits() {
    let relation = |edition| super::relation("pg_catalog", "stl_load_commits", edition).unwrap();
    let extra = ["rows_loaded", "bytes_loaded", "starttime", "endtime", "lines_loaded"];
    for column in extra {
        assert!(relation(Edition::Redshift).column(column).is_none());
        assert!(relation(Edition::Extended).column(column).is_some());
    }
    let (ours, extended) = (relation(Edition::Redshift), relation(Edition::Extended));
    assert_eq!(ours.columns[..], extended.columns[..ours.columns.len()]);
}

#[test]
fn relations_that_redshift_lacks_are_found_but_not_listed() {
    assert!(relation("pg_catalog", "pg_roles", Edition::Redshift).is_some());
    let listed: Vec<_> = listed().map(|(relation, _)| relation.name.as_str()).collect();
    assert!(!listed.contains(&"pg_roles") && !listed.contains(&"relations"));
    assert!(listed.contains(&"pg_class") && listed.contains(&"svv_tables"));
}

#[test]
fn system_columns_are_hidden() {
    let pg_class = relation("pg_catalog", "pg_class", Edition::Redshift).unwrap();
    assert_eq!((pg_class.oid.0, pg_class.column("oid").map(|oid| oid.ty)), (1259, Some(RedshiftType::Oid)));
    assert!(pg_class.column("oid").is_some_and(|column| column.attnum < 0));
    assert!(pg_class.column("relname").is_some_and(|column| column.attnum == 1));
}

/// A catalog with a table of each kind of column and key, a view of each kind, a group and a grant.
pub(crate) struct Sample;

impl Sample {
    pub(crate) const SALES: u32 = 100_200;
    pub(crate) const CUSTOMER: u32 = 100_100;

    fn customer() -> Relation {
        let id = Column { not_null: true, identity: identity(), dist_key: true, ..column(1, "id", RedshiftType::Int4) };
        let name = Column {
            default: Some("'nobody'".into()),
            comment: Some("how to call them".into()),
            encoding: Some("zstd".into()),
            ..column(2, "Name", RedshiftType::Varchar(20))
        };
        let key =
            Constraint { oid: Oid(100_101), name: "customer_pkey".into(), kind: KeyKind::Primary, columns: vec![1] };
        let info = TableInfo { dist_style: Some(DistStyle::Key), constraints: vec![key], ..TableInfo::default() };
        let comment = Some("people".to_string());
        Relation { comment, ..table(Self::CUSTOMER, "customer", vec![id, name], info) }
    }

    fn sales() -> Relation {
        let customer = column(1, "customer_id", RedshiftType::Int4);
        let price = Column { sort_key: 1, ..column(2, "price", RedshiftType::numeric(10, 2)) };
        let key = Constraint {
            oid: Oid(100_201),
            name: "sales_customer_id_fkey".into(),
            kind: KeyKind::Foreign { table: Oid(Self::CUSTOMER), columns: vec![1] },
            columns: vec![1],
        };
        let info = TableInfo { constraints: vec![key], ..TableInfo::default() };
        table(Self::SALES, "sales", vec![customer, price], info)
    }

    fn view(oid: u32, name: &str, late_binding: bool) -> Relation {
        let view = ViewInfo {
            query: "select price from sales".into(),
            late_binding,
            depends_on: if late_binding { vec![] } else { vec![Oid(Self::SALES)] },
            search_path: vec!["public".into()],
        };
        let columns = vec![column(1, "price", RedshiftType::numeric(10, 2))];
        Relation { kind: RelationKind::View(view), ..table(oid, name, columns, TableInfo::default()) }
    }
}

fn identity() -> Option<Identity> {
    Some(Identity { seed: 1, step: 1, by_default: false })
}

fn column(attnum: i16, name: &str, ty: RedshiftType) -> Column {
    Column { attnum, ..Column::new(name, ty) }
}

fn table(oid: u32, name: &str, columns: Vec<Column>, info: TableInfo) -> Relation {
    Relation {
        oid: Oid(oid),
        schema: "public".into(),
        schema_oid: Oid(2200),
        name: name.into(),
        owner: Oid(100),
        columns: columns.into(),
        kind: RelationKind::Table(info),
        comment: None,
        created: 1_700_000_000_000_000,
    }
}

impl Directory for Sample {
    fn schemas(&self) -> Result<Vec<Arc<Schema>>> {
        let name = "public".to_string();
        Ok(vec![Arc::new(Schema { oid: Oid(2200), name, owner: Oid(100), quota_mb: None, comment: None })])
    }

    fn relations(&self) -> Result<Vec<Arc<Relation>>> {
        let views = [Sample::view(100_300, "prices", false), Sample::view(100_301, "late_prices", true)];
        Ok([Sample::customer(), Sample::sales()].into_iter().chain(views).map(Arc::new).collect())
    }

    fn relation_by_oid(&self, oid: Oid) -> Result<Option<Arc<Relation>>> {
        Ok(self.relations()?.into_iter().find(|relation| relation.oid == oid))
    }

    fn relation_by_name(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        Ok(self.relations()?.into_iter().find(|relation| relation.schema == schema && relation.name == name))
    }

    fn users(&self) -> Result<Vec<Arc<User>>> {
        let user = |id, name: &str, superuser| User {
            id: Oid(id),
            name: name.into(),
            password: Credential::Md5("md5secret".into()),
            superuser,
            create_db: superuser,
            syslog_unrestricted: false,
            valid_until: None,
            connection_limit: None,
            session_timeout: None,
            external_id: None,
            settings: Vec::new(),
        };
        Ok(vec![Arc::new(user(100, "admin", true)), Arc::new(user(101, "reader", false))])
    }

    fn groups(&self) -> Result<Vec<Arc<Group>>> {
        Ok(vec![Arc::new(Group { id: Oid(100), name: "readers".into(), members: vec![Oid(101)] })])
    }

    fn databases(&self) -> Result<Vec<Arc<Database>>> {
        Ok(vec![Arc::new(Database {
            oid: Oid(100_001),
            name: "dev".into(),
            owner: Oid(100),
            connection_limit: None,
            case_insensitive: false,
            isolation: Isolation::Snapshot,
            created: 0,
            comment: None,
        })])
    }

    fn grants(&self) -> Result<Vec<GrantEntry>> {
        let select = |grantee| GrantEntry {
            object: GrantObject::Relation(Oid(Sample::SALES)),
            grantee,
            privilege: Privilege::Select,
            grantor: Oid(100),
            grant_option: false,
        };
        Ok(vec![select(Grantee::User(Oid(101))), select(Grantee::Group(Oid(100))), select(Grantee::Public)])
    }

    fn statistics(&self, table: Oid) -> Result<TableStatistics> {
        let rows = if table.0 == Sample::SALES { 10 } else { 0 };
        Ok(TableStatistics { rows, deleted_rows: 0, bytes: rows * 100, files: rows.min(1) })
    }
}

/// What the sample's user of this id would see.
pub(crate) fn source(user_id: u32) -> Source {
    let session = SessionInfo {
        database: "dev".into(),
        user: "admin".into(),
        user_id,
        session_user: "admin".into(),
        pid: 1,
        search_path: vec!["admin".into(), "public".into()],
        temp_schema: "pg_temp_1".into(),
        case_sensitive: false,
        time_zone: chrono_tz::Tz::UTC,
        transaction_start: 0,
        statement_start: 0,
        settings: [("datestyle".to_string(), "ISO, MDY".to_string())].into(),
        last_copy_id: -1,
        last_copy_count: 0,
        last_query_id: -1,
        extensions: false,
    };
    let activity = Activity::default();
    let logs = logs::Logs::open(&crate::Location::Memory).expect("logs");
    Source { directory: Arc::new(Sample), session: Arc::new(session), logs, activity }
}

async fn rows_of(base: Base, user_id: u32, columns: &[&str]) -> Vec<Vec<String>> {
    let place = |name: &&str| base.columns().iter().position(|(column, _)| column == name).expect("a column");
    let projection: Vec<usize> = columns.iter().map(place).collect();
    let batches = base.scan(&source(user_id), &projection).await.expect("rows");
    let text =
        |array: &arrow::array::ArrayRef, row| arrow::util::display::array_value_to_string(array, row).expect("a value");
    let rows = batches.iter().flat_map(|batch| {
        (0..batch.num_rows()).map(|row| batch.columns().iter().map(|array| text(array, row)).collect::<Vec<_>>())
    });
    rows.collect()
}

#[tokio::test]
async fn every_base_relation_gives_rows_of_its_columns() {
    let source = source(100);
    for base in Base::ALL {
        let all: Vec<usize> = (0..base.columns().len()).collect();
        let batches = base.scan(&source, &all).await.unwrap_or_else(|error| panic!("{}: {error}", base.name()));
        assert_eq!(batches[0].schema(), rows::schema_of(base.columns()), "{}", base.name());
        base.scan(&source, &[]).await.unwrap_or_else(|error| panic!("{}: {error}", base.name()));
    }
}

#[tokio::test]
async fn tables_views_and_indexes_are_relations() {
    let rows = rows_of(Base::Relations, 100, &["name", "kind", "has_primary_key", "dist_style", "is_system"]).await;
    let users: Vec<_> = rows.iter().filter(|row| row[4] == "false").map(|row| row[..4].join(" ")).collect();
    assert_eq!(
        users,
        [
            "customer r true 1",
            "customer_pkey i false 0",
            "sales r false 9",
            "prices v false 0",
            "late_prices v false 0"
        ]
    );
    assert!(rows.iter().any(|row| row[0] == "pg_class" && row[1] == "r"));
}

#[tokio::test]
async fn grants_become_acls_and_rows() {
    let rows = rows_of(Base::Relations, 100, &["name", "acl"]).await;
    let acl = &rows.iter().find(|row| row[0] == "sales").unwrap()[1];
    assert_eq!(acl, "[admin=arwdRxtDA/admin, reader=r/admin, group readers=r/admin, =r/admin]");
    let rows = rows_of(Base::Privileges, 100, &["object_name", "privilege", "grantee_name", "grantee_kind"]).await;
    assert_eq!(rows[1], ["sales", "SELECT", "readers", "group"]);
}

#[tokio::test]
async fn only_superusers_see_digests_of_passwords() {
    let of_admin = |rows: Vec<Vec<String>>| rows.into_iter().find(|row| row[0] == "admin").unwrap()[1].clone();
    assert_eq!(of_admin(rows_of(Base::Users, 100, &["name", "password"]).await), "md5secret");
    assert_eq!(of_admin(rows_of(Base::Users, 101, &["name", "password"]).await), "");
}

#[tokio::test]
async fn keys_have_definitions_and_foreign_keys_lead_to_the_key_they_use() {
    let columns = ["name", "kind", "foreign_relation", "unique_name", "index_definition"];
    let rows = rows_of(Base::Constraints, 100, &columns).await;
    let index = "CREATE UNIQUE INDEX customer_pkey ON public.customer USING btree (id)";
    assert_eq!(rows[0], ["customer_pkey", "p", "0", "", index]);
    assert_eq!(rows[1], ["sales_customer_id_fkey", "f", "100100", "customer_pkey", ""]);
    let columns = ["constraint_name", "column_name", "position", "used_relation_name", "used_column_name"];
    let rows = rows_of(Base::ConstraintColumns, 100, &columns).await;
    assert_eq!(rows[1], ["sales_customer_id_fkey", "customer_id", "1", "customer", "id"]);
}

#[tokio::test]
async fn comments_of_tables_and_columns_are_listed() {
    let rows = rows_of(Base::Comments, 100, &["object", "class", "sub_object", "description"]).await;
    assert_eq!(rows, [["100100", "1259", "0", "people"], ["100100", "1259", "2", "how to call them"]]);
}
