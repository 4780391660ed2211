//! Every definition: readable, with OIDs of its own, and with the columns that Redshift documents.

use std::collections::HashSet;

use redshift_sql_dialect::RedshiftType;

use super::*;
pub(super) use sample::{Sample, source};

mod live;
mod queries;
mod sample;

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
    for line in include_str!("../testdata/documented_columns.tsv").lines().filter(|line| !line.starts_with('#')) {
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

#[test]
fn documented_relations_are_there_for_whom_they_are() {
    let mut absent = Vec::new();
    let mut count = 0;
    for (name, visibility) in documented() {
        count += 1;
        match (relation("pg_catalog", name, Edition::Redshift), visibility) {
            (Some(relation), "all" | "superuser") => {
                assert_eq!(is_for_superusers(&relation), visibility == "superuser", "{name}");
                assert!(listed().any(|(other, _)| other.oid == relation.oid), "{name} is not listed");
            }
            (None, "absent") => absent.push(name),
            _ => panic!("{name} is to be {visibility}"),
        }
    }
    assert_eq!((count, absent.as_slice()), (246, &["svl_qerror"][..]));
}

/// The views that extend a catalog of PostgreSQL's have its columns, its OID under another name, and more (pages of each).
#[test]
fn views_extend_the_catalogs_that_they_stand_on() {
    let columns = |name: &str| {
        let relation = relation("pg_catalog", name, Edition::Redshift).unwrap_or_else(|| panic!("no {name}"));
        let listed = relation.columns.iter().filter(|column| !column.is_hidden());
        listed.map(|column| (column.name.clone(), column.ty.to_string())).collect::<Vec<_>>()
    };
    /// A column and its type.
    type Column = (&'static str, &'static str);
    let more: [(&str, &str, &[Column]); 3] = [
        (
            "pg_class",
            "pg_class_info",
            &[
                ("reloid", "oid"),
                ("relcreationtime", "timestamp without time zone"),
                ("releffectivediststyle", "integer"),
            ],
        ),
        ("pg_database", "pg_database_info", &[("datid", "oid"), ("datconnlimit", "text")]),
        (
            "pg_proc",
            "pg_proc_info",
            &[("prooid", "oid"), ("prokind", "\"char\""), ("proargmodes", "\"char\"[]"), ("proallargtypes", "oid[]")],
        ),
    ];
    for (catalog, view, more) in more {
        let mut expected = columns(catalog);
        expected.extend(more.iter().map(|(name, ty)| (name.to_string(), ty.to_string())));
        let mut shown = columns(view);
        expected.sort();
        shown.sort();
        assert_eq!(shown, expected, "{view}");
    }
}

/// The relations that the guide documents, and who may read them.
fn documented() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("../testdata/documented_relations.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once('\t').unwrap_or_else(|| panic!("{line}")))
}

/// The type as `format_type` writes it; the guide writes aliases, too.
fn canonical(ty: &str) -> String {
    let known = match ty {
        "int" => "integer",
        "timestamp" => "timestamp without time zone",
        "double" => "double precision",
        "bool" => "boolean",
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
    assert_eq!(acl, "[admin=arwdRxtDPA/admin, reader=r/admin, group readers=r/admin, =r/admin]");
    let rows = rows_of(Base::Privileges, 100, &["object_name", "privilege", "grantee_name", "grantee_kind"]).await;
    assert!(rows.contains(&["sales", "SELECT", "readers", "group"].map(String::from).to_vec()));
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

#[test]
fn every_query_is_a_query() {
    for entry in ENTRIES.iter() {
        if let Rows::Query(text) = entry.rows {
            redshift_sql_dialect::parse_query(text)
                .unwrap_or_else(|error| panic!("{}: {error} at {:?}", entry.relation.name, error.position()));
        }
    }
}
