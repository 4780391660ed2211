//! Databases, schemas, relations, users, groups and privileges.

use redshift_sql_dialect::{RedshiftType, SqlState, types::DayTimeUnit};

use crate::{
    Credential,
    catalog::{
        Catalog, CatalogView, Column, Constraint, Contents, Database, GrantEntry, GrantObject, Grantee, Group,
        Identity, Isolation, KeyKind, LockMode, NewRelation, NewSchema, Oid, Privilege, RDSDB, Relation, RelationKind,
        RowIdentity, TableInfo, User, ViewInfo, testing::*,
    },
};

fn new_schema(name: &str) -> NewSchema {
    NewSchema { database: None, name: name.into(), owner: OWNER, quota_mb: None }
}

async fn until_waiting(catalog: &Catalog) {
    while catalog.table_locks().iter().all(|lock| lock.granted) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_new_catalog_has_a_database_a_user_and_a_schema() {
    let catalog = in_memory(Isolation::Serializable).await;
    let txn = begin(&catalog, 1);
    assert_eq!(txn.database().isolation, Isolation::Serializable);
    let view = txn.view();
    let databases = view.databases().unwrap();
    assert_eq!(databases.iter().map(|database| database.name.as_str()).collect::<Vec<_>>(), ["dev"]);
    let users: Vec<(u32, String)> = view.users().unwrap().iter().map(|user| (user.id.0, user.name.clone())).collect();
    assert_eq!(users, [(1, "rdsdb".into()), (100, "admin".into())]);
    let public = view.schema("public").unwrap().unwrap();
    assert_eq!((public.oid, public.owner), (Oid(2200), RDSDB));
    let usage = GrantEntry {
        object: GrantObject::Schema(Oid(2200)),
        grantee: Grantee::Public,
        privilege: Privilege::Usage,
        grantor: RDSDB,
        grant_option: false,
    };
    assert!(view.grants_on(usage.object).unwrap().contains(&usage));
    let error = catalog.begin(1, "nowhere").err().unwrap();
    assert_eq!(error.sqlstate(), SqlState::INVALID_CATALOG_NAME);
    assert_eq!(error.message(), "database \"nowhere\" does not exist");
}

/// DDL is undone with its transaction, and nobody else sees it before COMMIT.
#[tokio::test]
async fn ddl_is_transactional() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    txn.create_schema(new_schema("s")).await.unwrap();
    let moved = NewRelation { schema: "s".into(), ..table_named("u") };
    txn.create_relation(moved).await.unwrap();
    let old = table(&txn, "t");
    txn.update_relation(Relation { name: "renamed".into(), ..(*old).clone() }).await.unwrap();
    assert!(txn.view().relation("s", "u").unwrap().is_some());
    assert!(txn.view().relation("public", "t").unwrap().is_none());
    assert!(txn.view().relation("public", "renamed").unwrap().is_some());
    let other = begin(&catalog, 2);
    assert!(!other.view().has_schema("s").unwrap());
    assert_eq!(table(&other, "t").oid, old.oid);
    txn.rollback();
    let txn = begin(&catalog, 1);
    assert!(!txn.view().has_schema("s").unwrap());
    assert_eq!(table(&txn, "t"), old);
    txn.drop_relation(old.oid).await.unwrap();
    let again = txn.create_relation(table_named("t")).await.unwrap();
    assert!(again.oid > old.oid);
    txn.commit().await.unwrap();
    assert_eq!(table(&begin(&catalog, 1), "t").oid, again.oid);
}

/// What a name stands for is remembered, for its snapshot alone and for nobody's own changes.
#[tokio::test]
async fn a_name_stands_for_what_its_snapshot_shows() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let early = begin(&catalog, 1);
    let seen = early.view();
    let first = seen.relation("public", "t").unwrap().unwrap().oid;
    assert!(seen.relation("public", "u").unwrap().is_none());
    let writer = begin(&catalog, 2);
    writer.drop_relation(first).await.unwrap();
    let second = writer.create_relation(table_named("t")).await.unwrap().oid;
    writer.create_relation(table_named("u")).await.unwrap();
    assert_eq!(table(&writer, "t").oid, second);
    assert_eq!(table(&begin(&catalog, 3), "t").oid, first);
    assert!(begin(&catalog, 3).view().relation("public", "u").unwrap().is_none());
    writer.commit().await.unwrap();
    assert_eq!(table(&begin(&catalog, 3), "t").oid, second);
    assert_eq!(seen.relation("public", "t").unwrap().unwrap().oid, first);
    assert!(seen.relation("public", "u").unwrap().is_none());
    let undone = begin(&catalog, 2);
    undone.drop_relation(second).await.unwrap();
    assert!(undone.view().relation("public", "t").unwrap().is_none());
    undone.rollback();
    assert_eq!(table(&begin(&catalog, 3), "t").oid, second);
}

#[tokio::test]
async fn a_definition_comes_back_whole() {
    let catalog = in_memory(Isolation::Snapshot).await;
    let txn = begin(&catalog, 1);
    let identity = Identity { seed: 10, step: 5, by_default: true };
    let columns = vec![
        Column { identity: Some(identity), not_null: true, dist_key: true, ..Column::new("id", RedshiftType::Int8) },
        Column {
            sort_key: 1,
            encoding: Some("az64".into()),
            ..Column::new("span", RedshiftType::IntervalDayToSecond(DayTimeUnit::Second(3)))
        },
        Column {
            default: Some("'x'".into()),
            case_insensitive: true,
            ..Column::new("n", RedshiftType::numeric(38, 37))
        },
    ];
    let parent = txn.create_relation(table_named("parent")).await.unwrap();
    let key = |name: &str, kind| Constraint { oid: Oid(0), name: name.into(), kind, columns: vec![1] };
    let mut constraints =
        vec![key("pk", KeyKind::Primary), key("fk", KeyKind::Foreign { table: parent.oid, columns: vec![1] })];
    for constraint in &mut constraints {
        constraint.oid = txn.new_oid().unwrap();
    }
    let info =
        TableInfo { dist_style: Some(redshift_sql_dialect::ast::DistStyle::Key), constraints, ..TableInfo::default() };
    let made = txn
        .create_relation(NewRelation { columns, kind: RelationKind::Table(info), ..table_named("child") })
        .await
        .unwrap();
    txn.commit().await.unwrap();
    let txn = begin(&catalog, 2);
    // Nothing but the definition itself is asked for.
    catalog.look().shared().caches.forget(&(0..100).collect::<Vec<_>>());
    assert_eq!(table(&txn, "child"), made);
}

#[tokio::test]
async fn names_are_unique_once_the_first_has_committed() {
    let catalog = in_memory(Isolation::Snapshot).await;
    for commits in [true, false] {
        let first = begin(&catalog, 1);
        let name = if commits { "kept" } else { "undone" };
        first.create_relation(table_named(name)).await.unwrap();
        let second = begin(&catalog, 2);
        let waiting = tokio::spawn(async move {
            let made = second.create_relation(table_named(name)).await;
            (second, made)
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        if commits {
            first.commit().await.unwrap();
            let error = waiting.await.unwrap().1.unwrap_err();
            assert_eq!(error.sqlstate(), SqlState::DUPLICATE_TABLE);
            assert_eq!(error.message(), "Relation \"kept\" already exists");
        } else {
            first.rollback();
            assert!(waiting.await.unwrap().1.is_ok());
        }
    }
}

#[tokio::test]
async fn who_altered_a_table_meanwhile_is_not_overwritten() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    create_table(&catalog, "u").await;
    let late = begin(&catalog, 1);
    ids(&late, "u").await.unwrap();
    let seen = table(&late, "t");
    let early = begin(&catalog, 2);
    early.update_relation(Relation { comment: Some("first".into()), ..(*seen).clone() }).await.unwrap();
    early.commit().await.unwrap();
    let error = late.update_relation(Relation { comment: Some("second".into()), ..(*seen).clone() }).await.unwrap_err();
    assert_eq!((error.sqlstate().0, error.message()), ("XX000", "1023"));
    let error = late.lock_table(seen.oid, LockMode::ShareRowExclusive).await.unwrap_err();
    assert_eq!(error.message(), "1023");
    drop(late);

    let late = begin(&catalog, 1);
    ids(&late, "u").await.unwrap();
    let early = begin(&catalog, 2);
    early.drop_relation(seen.oid).await.unwrap();
    early.commit().await.unwrap();
    let error = late.lock_table(seen.oid, LockMode::ShareRowExclusive).await.unwrap_err();
    assert_eq!((error.message(), error.detail()), ("1018", Some("Relation does not exist.")));
}

/// DROP waits for readers that hold their lock until their transaction ends.
#[tokio::test]
async fn drop_waits_for_readers() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let reader = begin(&catalog, 1);
    let oid = table(&reader, "t").oid;
    reader.lock_table(oid, LockMode::AccessShare).await.unwrap();
    let writer = begin(&catalog, 2);
    let waiting = tokio::spawn(async move {
        writer.drop_relation(oid).await.unwrap();
        writer.commit().await.unwrap();
    });
    until_waiting(&catalog).await;
    reader.commit().await.unwrap();
    waiting.await.unwrap();
    assert!(begin(&catalog, 1).view().relations().unwrap().is_empty());
}

#[tokio::test]
async fn a_renamed_schema_takes_its_tables_along() {
    let catalog = in_memory(Isolation::Snapshot).await;
    let txn = begin(&catalog, 1);
    txn.create_schema(new_schema("s")).await.unwrap();
    let made = txn.create_relation(NewRelation { schema: "s".into(), ..table_named("t") }).await.unwrap();
    txn.commit().await.unwrap();
    let before = begin(&catalog, 2);
    let seen = before.view();
    let txn = begin(&catalog, 1);
    let schema = txn.view().schema("s").unwrap().unwrap();
    txn.update_schema(&crate::catalog::Schema { name: "z".into(), ..(*schema).clone() }).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(begin(&catalog, 1).view().relation("z", "t").unwrap().unwrap().schema, "z");
    assert_eq!(seen.relation("s", "t").unwrap().unwrap(), made);
    assert_eq!(begin(&catalog, 1).view().relation_by_oid(made.oid).unwrap().unwrap().schema, "z");

    let txn = begin(&catalog, 1);
    txn.drop_schema(schema.oid).await.unwrap();
    assert!(txn.view().relations().unwrap().is_empty());
    assert!(!txn.view().has_schema("z").unwrap());
}

/// A table that comes into a schema while somebody else drops it: one of the two waits, and no table is left in nowhere.
#[tokio::test]
async fn a_schema_is_not_dropped_under_a_new_table() {
    let catalog = in_memory(Isolation::Snapshot).await;
    let txn = begin(&catalog, 1);
    let oid = txn.create_schema(new_schema("s")).await.unwrap();
    txn.commit().await.unwrap();
    let creator = begin(&catalog, 1);
    creator.create_relation(NewRelation { schema: "s".into(), ..table_named("t") }).await.unwrap();
    let dropper = begin(&catalog, 2);
    assert!(dropper.view().has_schema("s").unwrap());
    let waiting = tokio::spawn(async move {
        let dropped = dropper.drop_schema(oid).await;
        (dropper, dropped)
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    creator.commit().await.unwrap();
    let (dropper, dropped) = waiting.await.unwrap();
    dropped.unwrap();
    dropper.commit().await.unwrap();
    assert_eq!(begin(&catalog, 1).view().relations().unwrap().len(), 0);
    let left: i64 = catalog
        .look()
        .shared()
        .sql
        .connection()
        .query_row("SELECT count(*) FROM objects WHERE kind = 'relation' AND end_snapshot IS NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn views_say_what_they_read() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    let oid = table(&txn, "t").oid;
    let view = ViewInfo {
        query: "select id from t".into(),
        late_binding: false,
        written: None,
        column_names: Vec::new(),
        depends_on: vec![oid],
        search_path: vec!["public".into()],
        case_sensitive_attributes: None,
        materialized: None,
    };
    let columns = vec![Column::new("id", RedshiftType::Int4)];
    let kind = RelationKind::View(view);
    let made = txn.create_relation(NewRelation { columns, kind, ..table_named("v") }).await.unwrap();
    assert_eq!(txn.view().dependents(oid).unwrap(), std::slice::from_ref(&made));
    match txn.view().contents(&made, RowIdentity::Omitted).unwrap() {
        Contents::Query { text, search_path } => {
            assert_eq!((text.as_str(), search_path.len()), ("select id from t", 1))
        }
        Contents::Scan(_) => panic!("a view is not scanned"),
    }
}

#[tokio::test]
async fn identity_values_are_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &'static str| {
        let identity = Identity { seed: 10, step: -5, by_default: false };
        let columns = vec![Column { identity: Some(identity), ..Column::new("id", RedshiftType::Int8) }];
        NewRelation { columns, ..table_named(name) }
    };
    {
        let catalog = in_folder(folder.path()).await;
        let txn = begin(&catalog, 1);
        let relation = txn.create_relation(make("t")).await.unwrap();
        txn.commit().await.unwrap();
        let txn = begin(&catalog, 1);
        assert_eq!(txn.allot_identity(&relation, 3), Ok(10));
        drop(txn);
        assert_eq!(begin(&catalog, 1).allot_identity(&relation, 1), Ok(-5));
        let error = begin(&catalog, 1).allot_identity(&relation, u64::MAX).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    }
    let catalog = in_folder(folder.path()).await;
    let txn = begin(&catalog, 1);
    assert_eq!(txn.allot_identity(&table(&txn, "t"), 1), Ok(-10));
}

fn user(name: &str) -> User {
    User {
        id: Oid(0),
        name: name.into(),
        password: Credential::Disabled,
        superuser: false,
        create_db: false,
        syslog_unrestricted: false,
        valid_until: None,
        connection_limit: Some(3),
        session_timeout: None,
        external_id: None,
        settings: vec![("search_path".into(), "s".into())],
    }
}

#[tokio::test]
async fn users_and_groups() {
    let catalog = in_memory(Isolation::Snapshot).await;
    let txn = begin(&catalog, 1);
    let id = txn.create_user(user("ann")).await.unwrap();
    assert_eq!(id, Oid(101));
    let error = txn.create_user(user("ann")).await.unwrap_err();
    assert_eq!((error.sqlstate().0, error.message()), ("42710", "user \"ann\" already exists"));
    let group = Group { id: Oid(0), name: "analysts".into(), members: vec![id, OWNER] };
    let group = txn.create_group(group).await.unwrap();
    txn.commit().await.unwrap();
    let txn = begin(&catalog, 1);
    let ann = txn.view().user("ann").unwrap().unwrap();
    assert_eq!(*ann, User { id, ..user("ann") });
    txn.update_user(&User { name: "anna".into(), superuser: true, ..(*ann).clone() }).await.unwrap();
    assert!(txn.view().user("ann").unwrap().is_none());
    txn.drop_user(id).await.unwrap();
    assert_eq!(txn.view().group("analysts").unwrap().unwrap().members, [OWNER]);
    txn.drop_group(group).await.unwrap();
    assert!(txn.view().groups().unwrap().is_empty());
    drop(txn);
    assert!(catalog.look().user_by_id(id).unwrap().is_some());
}

#[tokio::test]
async fn databases_have_schemas_of_their_own() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    let dev = (**txn.database()).clone();
    let oid = txn.create_database(Database { name: "other".into(), ..dev.clone() }).await.unwrap();
    let error = txn.create_database(Database { name: "other".into(), ..dev }).await.unwrap_err();
    assert_eq!((error.sqlstate().0, error.message()), ("42P04", "database \"other\" already exists"));
    txn.commit().await.unwrap();
    let txn = catalog.begin(2, "other").unwrap();
    assert!(txn.view().relation("public", "t").unwrap().is_none());
    txn.create_relation(table_named("t")).await.unwrap();
    insert(&txn, "t", numbered([1])).await.unwrap();
    txn.commit().await.unwrap();
    assert!(ids(&begin(&catalog, 1), "t").await.unwrap().is_empty());
    let txn = begin(&catalog, 1);
    txn.drop_database(oid).await.unwrap();
    txn.commit().await.unwrap();
    assert!(catalog.begin(2, "other").is_err());
    assert_eq!(begin(&catalog, 1).view().relations().unwrap().len(), 1);
}

#[tokio::test]
async fn privileges_are_kept_until_they_are_revoked_or_their_object_dropped() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    let oid = table(&txn, "t").oid;
    let select = GrantEntry {
        object: GrantObject::Relation(oid),
        grantee: Grantee::User(Oid(101)),
        privilege: Privilege::Select,
        grantor: OWNER,
        grant_option: false,
    };
    let insert = GrantEntry { privilege: Privilege::Insert, grantee: Grantee::Group(Oid(100)), ..select };
    txn.grant(select).await.unwrap();
    txn.grant(insert).await.unwrap();
    txn.grant(GrantEntry { grant_option: true, ..select }).await.unwrap();
    txn.commit().await.unwrap();
    let txn = begin(&catalog, 1);
    assert_eq!(txn.view().grants_on(select.object).unwrap(), [insert, GrantEntry { grant_option: true, ..select }]);
    txn.revoke(select.object, select.grantee, select.privilege).await.unwrap();
    assert_eq!(txn.view().grants_on(select.object).unwrap(), [insert]);
    drop(txn);
    let txn = begin(&catalog, 1);
    txn.drop_relation(oid).await.unwrap();
    assert!(txn.view().grants_on(select.object).unwrap().is_empty());
    assert_eq!(begin(&catalog, 2).view().grants_on(select.object).unwrap().len(), 2);
}
