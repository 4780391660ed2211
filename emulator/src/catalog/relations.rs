//! Schemas and relations: reading them, and DDL.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::{OptionalExtension, named_params};
use serde::{Deserialize, Serialize};

use super::{
    Column, DefaultKind, GrantObject, Materialized, Oid, Owned, Relation, RelationKind, RowSecurity, Schema, TableInfo,
    Transaction, TransactionView, ViewInfo, encode,
    locks::{LockKey, LockMode},
    objects::{Cache, Caches, Kind, Object, Version, changed, locked},
    open::{self, Counter},
    sql::sql_error,
};

/// The name of a session's temporary schema, up to its process id.
pub(crate) const TEMP_SCHEMA_PREFIX: &str = "pg_temp_";

/// Is it the schema of a session's temporary tables?
pub(crate) fn is_temporary(schema: &str) -> bool {
    schema.starts_with(TEMP_SCHEMA_PREFIX)
}

/// A schema to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchema {
    /// Its database; none is the session's.
    pub database: Option<Oid>,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Oid,
    /// Its quota in megabytes.
    pub quota_mb: Option<u64>,
}

/// A table or a view to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRelation {
    /// Its database; none is the session's.
    pub database: Option<Oid>,
    /// Its schema; see [`Transaction::temp_schema`] for temporary tables.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Oid,
    /// Its columns; their attnums are given here, in order from 1, and constraints count on that.
    pub columns: Vec<Column>,
    /// What it is, with constraints whose OIDs are from [`Transaction::new_oid`].
    pub kind: RelationKind,
}

/// A relation with what only storage asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Record", try_from = "Record")]
pub(crate) struct StoredRelation {
    pub(crate) relation: Arc<Relation>,
    /// The attnum of the next column that is added.
    pub(crate) next_attnum: i16,
    /// What columns that were added have in rows that are older, where that is not NULL; by attnum.
    pub(crate) values: Arc<BTreeMap<i16, ScalarValue>>,
}

/// A relation as its definition has it.
#[derive(Serialize, Deserialize)]
struct Record {
    oid: Oid,
    schema: String,
    schema_oid: Oid,
    name: String,
    owner: Oid,
    columns: Vec<Column>,
    kind: KindRecord,
    comment: Option<String>,
    created: i64,
    next_attnum: i16,
    values: BTreeMap<i16, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    security: Option<RowSecurity>,
}

#[derive(Serialize, Deserialize)]
enum KindRecord {
    Table(TableInfo),
    View(ViewInfo),
    /// The catalog keeps none of these; a definition that says so is refused.
    System,
}

impl From<StoredRelation> for Record {
    fn from(stored: StoredRelation) -> Record {
        let relation = Arc::unwrap_or_clone(stored.relation);
        let kind = match relation.kind {
            RelationKind::Table(table) => KindRecord::Table(table),
            RelationKind::View(view) => KindRecord::View(view),
            RelationKind::System => KindRecord::System,
        };
        // A value that cannot be written was refused when the column was added.
        let values = stored.values.iter().filter_map(|(at, v)| Some((*at, encode::scalar_to_text(v).ok()?))).collect();
        Record {
            oid: relation.oid,
            schema: relation.schema,
            schema_oid: relation.schema_oid,
            name: relation.name,
            owner: relation.owner,
            columns: relation.columns.to_vec(),
            kind,
            comment: relation.comment,
            created: relation.created,
            next_attnum: stored.next_attnum,
            values,
            security: relation.security.map(Arc::unwrap_or_clone),
        }
    }
}

impl TryFrom<Record> for StoredRelation {
    type Error = String;

    fn try_from(record: Record) -> Result<StoredRelation, String> {
        let kind = match record.kind {
            KindRecord::Table(table) => RelationKind::Table(table),
            KindRecord::View(view) => RelationKind::View(view),
            KindRecord::System => return Err("a system relation".into()),
        };
        let values: Result<BTreeMap<i16, ScalarValue>> =
            record.values.iter().map(|(attnum, text)| Ok((*attnum, encode::scalar_from_text(text)?))).collect();
        let relation = Relation {
            oid: record.oid,
            schema: record.schema,
            schema_oid: record.schema_oid,
            // Its schema tells.
            database: Oid(0),
            name: record.name,
            owner: record.owner,
            columns: record.columns.into(),
            kind,
            comment: record.comment,
            created: record.created,
            security: record.security.map(Arc::new),
        };
        Ok(StoredRelation {
            relation: Arc::new(relation),
            next_attnum: record.next_attnum,
            values: Arc::new(values.map_err(|error| error.to_string())?),
        })
    }
}

impl Object for StoredRelation {
    const KIND: Kind = Kind::Relation;

    fn oid(&self) -> Oid {
        self.relation.oid
    }

    fn parent(&self) -> Oid {
        self.relation.schema_oid
    }

    fn name(&self) -> &str {
        &self.relation.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.relations
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_TABLE, format!("Relation \"{}\" already exists", self.relation.name))
    }
}

impl Object for Schema {
    const KIND: Kind = Kind::Schema;

    fn oid(&self) -> Oid {
        self.oid
    }

    fn parent(&self) -> Oid {
        self.database
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.schemas
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_SCHEMA, format!("Schema \"{}\" already exists", self.name))
    }
}

impl TransactionView {
    /// All schemas of the database, temporary ones included, by OID.
    pub fn schemas(&self) -> Result<Vec<Arc<Schema>>> {
        Ok(self.objects_in(self.database_oid())?.into_iter().map(|version| version.object).collect())
    }

    /// The schema of this name. Those of temporary tables are in the database that the session is connected to.
    pub fn schema(&self, name: &str) -> Result<Option<Arc<Schema>>> {
        let database = if is_temporary(name) { self.connected_oid() } else { self.database_oid() };
        Ok(self.object_named(database, name)?.map(|version| version.object))
    }

    /// All tables and views of the database, by OID.
    pub fn relations(&self) -> Result<Vec<Arc<Relation>>> {
        let mut all = Vec::new();
        for schema in self.schemas()? {
            all.extend(self.relations_of(&schema)?);
        }
        all.sort_by_key(|relation| relation.oid);
        Ok(all)
    }

    /// The tables and views of a schema, by OID.
    pub fn relations_in(&self, schema: Oid) -> Result<Vec<Arc<Relation>>> {
        match self.object::<Schema>(schema)? {
            Some(schema) => self.relations_of(&schema.object),
            None => Ok(Vec::new()),
        }
    }

    fn relations_of(&self, schema: &Schema) -> Result<Vec<Arc<Relation>>> {
        let versions = self.objects_in::<StoredRelation>(schema.oid)?;
        Ok(versions.into_iter().map(|version| Arc::clone(&self.in_schema(version, schema).relation)).collect())
    }

    /// The table or view with this OID.
    pub fn relation_by_oid(&self, oid: Oid) -> Result<Option<Arc<Relation>>> {
        Ok(self.stored_relation(oid)?.map(|stored| Arc::clone(&stored.relation)))
    }

    /// The table or view of this name.
    pub(crate) fn relation_named(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        let Some(schema) = self.schema(schema)? else { return Ok(None) };
        let version = self.object_named(schema.oid, name)?;
        Ok(version.map(|version| Arc::clone(&self.in_schema(version, &schema).relation)))
    }

    /// The relation with this OID, with what storage asks for.
    pub(crate) fn stored_relation(&self, oid: Oid) -> Result<Option<Arc<StoredRelation>>> {
        let Some(version) = self.object::<StoredRelation>(oid)? else { return Ok(None) };
        let schema = self.object::<Schema>(version.object.relation.schema_oid)?;
        Ok(schema.map(|schema| self.in_schema(version, &schema.object)))
    }

    /// The query of the rows that a materialized view keeps.
    pub(crate) fn stored_rows(&self, view: &Materialized) -> Result<String> {
        let Some(data) = self.relation_by_oid(view.data)? else {
            return Err(Error::internal("a materialized view without its rows"));
        };
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        Ok(format!("SELECT * FROM {}.{}", quoted(&data.schema), quoted(&data.name)))
    }

    /// The views, late-binding ones aside, that read this relation.
    pub fn dependents(&self, oid: Oid) -> Result<Vec<Arc<Relation>>> {
        let reads = |relation: &Relation| match &relation.kind {
            RelationKind::View(view) => view.depends_on.contains(&oid),
            RelationKind::Table(_) | RelationKind::System => false,
        };
        Ok(self.relations()?.into_iter().filter(|relation| reads(relation)).collect())
    }

    /// The relation with what its schema tells: the database, and the schema's name of now, which a definition that is
    /// older than a renaming does not have.
    fn in_schema(&self, version: Version<StoredRelation>, schema: &Schema) -> Arc<StoredRelation> {
        let Version { number, object } = version;
        if object.relation.schema == schema.name && object.relation.database == schema.database {
            return object;
        }
        let (name, database) = (schema.name.clone(), schema.database);
        let relation = Relation { schema: name, database, ..(*object.relation).clone() };
        let renamed = Arc::new(StoredRelation { relation: Arc::new(relation), ..(*object).clone() });
        locked(&self.shared().caches.relations).insert(number, Arc::clone(&renamed));
        renamed
    }
}

impl Transaction {
    /// Makes a schema.
    ///
    /// # Errors
    /// 42P06 where there is one of this name.
    pub async fn create_schema(&self, schema: NewSchema) -> Result<Oid> {
        let NewSchema { database, name, owner, quota_mb } = schema;
        let database = database.unwrap_or(self.database().oid);
        if !is_temporary(&name) {
            self.writes_in(database)?;
        }
        let schema = Schema { oid: self.new_oid()?, database, name, owner, quota_mb, comment: None };
        self.insert_object(&schema).await?;
        Ok(schema.oid)
    }

    /// Puts another version (name, owner, quota, comment) in the place of the schema with the same OID.
    ///
    /// # Errors
    /// 42P06 where its new name is another's.
    pub async fn update_schema(&self, schema: &Schema) -> Result<()> {
        self.writes_in(schema.database)?;
        self.replace_object(schema).await
    }

    /// Drops a schema with everything in it; the caller has asked what is in it.
    ///
    /// # Errors
    /// XX000 where somebody made something in it that this transaction does not see.
    pub async fn drop_schema(&self, schema: Oid) -> Result<()> {
        self.lock_object(Kind::Schema, schema).await?;
        let relations = self.view().relations_in(schema)?;
        if relations.len() != self.count_last(Kind::Relation, schema)? {
            return Err(changed(Kind::Schema));
        }
        for relation in relations {
            self.drop_relation(relation.oid).await?;
        }
        for routine in self.view().routines_in(schema)? {
            self.drop_routine(&routine).await?;
        }
        self.drop_privileges(GrantObject::Schema(schema)).await?;
        self.remove_object::<Schema>(schema).await
    }

    /// Makes the session's schema of temporary tables (`pg_temp_N`) where there is none, and gives its name.
    pub async fn temp_schema(&self, owner: Oid) -> Result<String> {
        let name = format!("{TEMP_SCHEMA_PREFIX}{}", self.owner().pid);
        if self.seen().schema(&name)?.is_none() {
            self.create_schema(NewSchema { database: None, name: name.clone(), owner, quota_mb: None }).await?;
        }
        Ok(name)
    }

    /// Makes a table or a view.
    ///
    /// # Errors
    /// 42P07 where there is one of this name; 3F000 where there is no such schema.
    pub async fn create_relation(&self, new: NewRelation) -> Result<Arc<Relation>> {
        let view = self.seen();
        let view = new.database.map_or_else(|| Arc::clone(&view), |database| view.in_database(database));
        let Some(schema) = view.schema(&new.schema)? else {
            return Err(Error::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{}\" does not exist", new.schema)));
        };
        if !is_temporary(&schema.name) {
            self.writes_in(schema.database)?;
        }
        // Whoever drops the schema waits until it is known what is in it.
        self.lock(LockKey::Object(Kind::Schema, schema.oid), LockMode::AccessShare).await?;
        let columns = new.columns.into_iter().zip(1..).map(|(column, attnum)| Column { attnum, ..column }).collect();
        let relation = Relation {
            oid: self.new_oid()?,
            schema: schema.name.clone(),
            schema_oid: schema.oid,
            database: schema.database,
            name: new.name,
            owner: new.owner,
            columns,
            kind: new.kind,
            comment: None,
            created: open::now(),
            security: None,
        };
        let next_attnum = relation.columns.len() as i16 + 1;
        let values = Arc::new(BTreeMap::new());
        self.add_relation(StoredRelation { relation: Arc::new(relation), next_attnum, values }).await
    }

    /// Adds a relation with a new OID to a schema that this transaction has locked.
    pub(crate) async fn add_relation(&self, new: StoredRelation) -> Result<Arc<Relation>> {
        let relation = Arc::clone(&new.relation);
        self.lock(LockKey::Object(Kind::Relation, relation.oid), LockMode::AccessExclusive).await?;
        self.insert_object(&new).await?;
        if !is_temporary(&relation.schema) {
            let owned = Owned { object: GrantObject::Relation(relation.oid), owner: relation.owner };
            self.apply_default_privileges(owned, relation.schema_oid, DefaultKind::Tables).await?;
        }
        Ok(relation)
    }

    /// Puts another version in the place of the relation with the same OID: other name, schema, owner, columns (fewer,
    /// renamed, of wider types), constraints (with OIDs from [`Transaction::new_oid`]), comment or query. Columns are
    /// added with [`Transaction::add_column`].
    ///
    /// # Errors
    /// 42P07 where its new name is another's; 1023 (XX000) where it was changed since this transaction's snapshot.
    pub async fn update_relation(&self, relation: Relation) -> Result<Arc<Relation>> {
        let old = self.stored(relation.oid).await?;
        if !is_temporary(&relation.schema) {
            self.writes_in(relation.database)?;
        }
        let next_attnum = match relation.kind {
            // CREATE OR REPLACE VIEW numbers its columns anew.
            RelationKind::View(_) => relation.columns.len() as i16 + 1,
            RelationKind::Table(_) | RelationKind::System => old.next_attnum,
        };
        let relation = Arc::new(relation);
        let new = StoredRelation { relation: Arc::clone(&relation), next_attnum, values: Arc::clone(&old.values) };
        self.replace_object(&new).await?;
        Ok(relation)
    }

    /// Adds a column, whose attnum is given here. Rows that are there already have `value` in it, or NULL.
    pub async fn add_column(
        &self,
        table: &Relation,
        column: Column,
        value: Option<ScalarValue>,
    ) -> Result<Arc<Relation>> {
        let old = self.stored(table.oid).await?;
        if !is_temporary(&table.schema) {
            self.writes_in(table.database)?;
        }
        let attnum = old.next_attnum;
        let columns = old.relation.columns.iter().cloned().chain([Column { attnum, ..column }]).collect();
        let mut values = (*old.values).clone();
        if let Some(value) = value.filter(|value| !value.is_null()) {
            encode::scalar_to_text(&value)?;
            values.insert(attnum, value);
        }
        let relation = Arc::new(Relation { columns, ..(*old.relation).clone() });
        let new = StoredRelation { relation: Arc::clone(&relation), next_attnum: attnum + 1, values: Arc::new(values) };
        self.replace_object(&new).await?;
        Ok(relation)
    }

    /// Drops a table with its rows, or a view; the caller has asked for its dependents.
    pub async fn drop_relation(&self, relation: Oid) -> Result<()> {
        if let Some(stored) = self.seen().stored_relation(relation)?
            && !is_temporary(&stored.relation.schema)
        {
            self.writes_in(stored.relation.database)?;
        }
        self.remove_object::<StoredRelation>(relation).await?;
        self.drop_privileges(GrantObject::Relation(relation)).await?;
        self.end_all_files(relation)
    }

    /// The last version of a relation that this transaction sees, locked against everybody.
    async fn stored(&self, oid: Oid) -> Result<Arc<StoredRelation>> {
        self.lock_object(Kind::Relation, oid).await?;
        self.seen()
            .stored_relation(oid)?
            .ok_or_else(|| Error::new(SqlState::UNDEFINED_TABLE, "relation does not exist"))
    }

    /// An OID that was never given before; never given back.
    pub fn new_oid(&self) -> Result<Oid> {
        open::next(&self.shared().sql.connection(), Counter::Oid)
    }

    /// What allots values of a table's first identity column to the streams that are appended to it.
    pub(crate) fn identities(&self, table: &Arc<Relation>) -> Arc<dyn Fn(u64) -> Result<i64> + Send + Sync> {
        let (shared, table) = (Arc::clone(self.shared()), Arc::clone(table));
        Arc::new(move |rows| allot_identity(&shared, &table, rows))
    }

    /// Allots `rows` values of a table's first identity column and gives the first; the others follow by its step. Values of a
    /// transaction that rolls back are not given again.
    ///
    /// # Errors
    /// 22003 where they exceed BIGINT.
    pub fn allot_identity(&self, table: &Relation, rows: u64) -> Result<i64> {
        allot_identity(self.shared(), table, rows)
    }
}

fn allot_identity(shared: &super::Shared, table: &Relation, rows: u64) -> Result<i64> {
    let identity = table.columns.iter().find_map(|column| column.identity);
    let identity = identity.ok_or_else(|| Error::internal("a table without an IDENTITY column"))?;
    shared.sql.atomically(|connection| {
        let first = connection
            .prepare_cached("SELECT next FROM identities WHERE table_oid = :table")
            .and_then(|mut statement| {
                statement.query_row(named_params! { ":table": table.oid.0 }, |row| row.get(0)).optional()
            })
            .map_err(sql_error)?
            .unwrap_or(identity.seed);
        let next = i64::try_from(rows).ok().and_then(|rows| identity.step.checked_mul(rows));
        let next = next
            .and_then(|distance| first.checked_add(distance))
            .ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range"))?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO identities (table_oid, next) VALUES (:table, :next)")
            .and_then(|mut statement| statement.execute(named_params! { ":table": table.oid.0, ":next": next }))
            .map_err(sql_error)?;
        Ok(first)
    })
}
