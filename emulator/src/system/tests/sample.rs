//! A small catalog that the tests of system relations and lookups look at.

use std::sync::Arc;

use redshift_sql_dialect::{RedshiftType, Result, ast::DistStyle};

use crate::{
    Credential,
    binder::SessionInfo,
    catalog::{
        Actor, ArgumentMode, ArgumentType, Column, Conflict, Constraint, Database, GrantEntry, GrantObject, Grantee,
        Group, IamRole, Identity, Isolation, KeyKind, LockMode, Oid, Privilege, Relation, RelationKind, RelationRights,
        Role, Routine, RoutineArgument, RoutineKind, Schema, TableInfo, TableLock, User, ViewInfo, default_entries,
    },
    storage::TableStatistics,
    system::{Activity, Directory, Source, logs},
    text_input::zone::Zone,
};

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
            written: None,
            column_names: Vec::new(),
            depends_on: if late_binding { vec![] } else { vec![Oid(Self::SALES)] },
            search_path: vec!["public".into()],
            case_sensitive_attributes: None,
            materialized: None,
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
        database: Oid(1),
        name: name.into(),
        owner: Oid(100),
        columns: columns.into(),
        kind: RelationKind::Table(info),
        comment: None,
        created: 1_700_000_000_000_000,
        security: None,
    }
}

impl Directory for Sample {
    fn schemas(&self) -> Result<Vec<Arc<Schema>>> {
        let name = "public".to_string();
        Ok(vec![Arc::new(Schema {
            oid: Oid(2200),
            database: Oid(100_000),
            name,
            owner: Oid(100),
            quota_mb: None,
            comment: None,
        })])
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
        Ok([user(1, "rdsdb", true), user(100, "admin", true), user(101, "reader", false)]
            .into_iter()
            .map(Arc::new)
            .collect())
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

    fn roles(&self) -> Result<Vec<Arc<Role>>> {
        Ok(Vec::new())
    }

    fn iam_roles(&self) -> Result<Vec<Arc<IamRole>>> {
        Ok(Vec::new())
    }

    fn actor(&self, user: Oid) -> Result<Arc<Actor>> {
        let reader = [Grantee::User(user), Grantee::Group(Oid(100))];
        Ok(Arc::new(if user.0 < 101 { Actor::unrestricted(user) } else { Actor::ordinary(user, reader) }))
    }

    fn relation_rights(&self, actor: &Actor, relation: &Relation) -> Result<RelationRights> {
        if actor.superuser {
            return Ok(RelationRights::everything());
        }
        let held = self
            .grants()?
            .into_iter()
            .filter(|grant| grant.object == GrantObject::Relation(relation.oid) && actor.is(grant.grantee));
        Ok(RelationRights::of(held.map(|grant| grant.privilege)))
    }

    fn may_with_schema(&self, _: &Actor, _: &Schema, _: Privilege) -> Result<bool> {
        Ok(true)
    }

    fn may_with_database(&self, actor: &Actor, _: Oid, _: Privilege) -> Result<bool> {
        Ok(actor.superuser)
    }

    fn grants(&self) -> Result<Vec<GrantEntry>> {
        let select = |grantee| GrantEntry {
            object: GrantObject::Relation(Oid(Sample::SALES)),
            grantee,
            privilege: Privilege::Select,
            grantor: Oid(100),
            grant_option: false,
        };
        let mut grants = default_entries(GrantObject::Relation(Oid(Sample::SALES)), Oid(100));
        grants.extend([Grantee::User(Oid(101)), Grantee::Group(Oid(100)), Grantee::Public].map(select));
        Ok(grants)
    }

    fn statistics(&self, table: Oid) -> Result<TableStatistics> {
        let rows = if table.0 == Sample::SALES { 10 } else { 0 };
        Ok(TableStatistics { rows, deleted_rows: 0, bytes: rows * 100, files: rows.min(1), sorted_rows: rows })
    }

    fn table_version(&self, table: Oid) -> Result<i64> {
        Ok(i64::from(table.0))
    }

    fn locks(&self) -> Vec<TableLock> {
        vec![TableLock {
            table: Oid(Sample::SALES),
            txn: 7,
            pid: 0,
            began: 0,
            mode: LockMode::ShareRowExclusive,
            granted: true,
        }]
    }

    fn conflicts(&self) -> Vec<Conflict> {
        vec![Conflict { txn: 9, pid: 1, began: 0, aborted: 1, table: Oid(Sample::SALES) }]
    }

    fn routines(&self) -> Result<Vec<(Arc<Schema>, Arc<Routine>)>> {
        let arg = |name: &str, mode, ty| RoutineArgument { name: Some(name.into()), mode, ty: Some(ArgumentType(ty)) };
        let routine = |oid, name: &str, kind, args, body: &str| {
            Arc::new(Routine {
                oid: Oid(oid),
                schema_oid: Oid(2200),
                name: name.into(),
                signature: name.into(),
                owner: Oid(100),
                kind,
                args,
                body: body.into(),
                search_path: Vec::new(),
                created: 0,
            })
        };
        let returns = ArgumentType(RedshiftType::Int8);
        let function = routine(
            100_400,
            "twice",
            RoutineKind::Function { returns, volatility: 'i' },
            vec![arg("a", ArgumentMode::In, RedshiftType::Int4)],
            "select 2 * $1",
        );
        let procedure = routine(
            100_401,
            "fill",
            RoutineKind::Procedure { definer: true, nonatomic: false, settings: Vec::new() },
            vec![
                arg("a", ArgumentMode::In, RedshiftType::Int4),
                arg("b", ArgumentMode::Out, RedshiftType::Varchar(20)),
            ],
            "begin b := a; end",
        );
        let schema = self.schemas()?.remove(0);
        Ok(vec![(Arc::clone(&schema), function), (schema, procedure)])
    }

    fn may_execute(&self, actor: &Actor, routine: &Routine) -> Result<bool> {
        Ok(actor.superuser || !routine.is_procedure())
    }

    fn may_write_in(&self, actor: &Actor, language: Oid) -> Result<bool> {
        let entries = default_entries(GrantObject::Language(language), crate::catalog::RDSDB);
        Ok(actor.holds(&entries, crate::catalog::Privilege::Usage))
    }
}

/// What the sample's user of this id would see.
pub(crate) fn source(user_id: u32) -> Source {
    let session = SessionInfo {
        database: "dev".into(),
        case_insensitive: false,
        database_in_use: None,
        user: "admin".into(),
        user_id,
        superuser: user_id < 101,
        session_user: "admin".into(),
        pid: 1,
        search_path: vec!["admin".into(), "public".into()],
        temp_schema: "pg_temp_1".into(),
        case_sensitive: false,
        case_settings_changed: false,
        time_zone: Zone::UTC,
        transaction_start: 0,
        statement_start: 0,
        settings: Arc::new([("datestyle".to_string(), "ISO, MDY".to_string())].into()),
        null_settings: Arc::default(),
        last_copy_id: -1,
        last_copy_count: 0,
        last_unload_id: -1,
        last_unload_count: 0,
        last_query_id: -1,
        random: crate::functions::Random::new(),
        extensions: false,
    };
    let activity = Activity::default();
    let logs = logs::Logs::open(&crate::Location::Memory).expect("logs");
    Source {
        directory: Arc::new(Sample),
        session: Arc::new(session),
        logs,
        activity,
        engine: None,
        elsewhere: false,
        describing: false,
    }
}
