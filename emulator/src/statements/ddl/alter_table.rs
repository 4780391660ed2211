//! ALTER TABLE.

use std::{collections::BTreeSet, sync::Arc};

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{AlterTable, AlterTableAction, ColumnDef, ConstraintKind, DistStyle, SortKey, TableConstraint},
    names::{Ident, ObjectName},
};

use super::{
    append::{self, Extra, quoted},
    columns::{Declared, DeclaredKey, check_no_system_column, check_room, column, storable},
    create_table::{default_value, resolve_keys},
    encodings,
    materialized_view::{Impact, mark_readers},
    names::relation_exists,
};
use crate::{
    catalog::{
        BaseChange, CatalogView, Column, GrantObject, KeyKind, LockMode, Oid, Owned, Relation, RelationKind, TableInfo,
    },
    result::{CommandTag, Notice, Outcome},
    statements::{
        Work,
        access::OrElse,
        policies::{check_column_free, check_relations_free},
    },
};

/// Runs ALTER TABLE.
pub(crate) async fn alter_table(alter: &AlterTable, work: &mut Work<'_>) -> Result<Outcome> {
    let relation = work.binder().resolve(&alter.name)?;
    if relation.kind != RelationKind::System {
        let or_else = match alter.action {
            AlterTableAction::OwnerTo(_) => OrElse::NOTHING,
            _ => OrElse::ALTER,
        };
        work.require_owner(&relation, or_else).map_err(|error| error.at(alter.name.pos()))?;
    }
    let RelationKind::Table(table) = &relation.kind else {
        return alter_view(alter, &relation, work).await;
    };
    if let AlterTableAction::AppendFrom { source, ignore_extra, fill_target } = &alter.action {
        let extra = match (ignore_extra, fill_target) {
            (true, _) => Extra::Ignored,
            (_, true) => Extra::Filled,
            _ => Extra::Refused,
        };
        return append::append(&alter.name, source, extra, work).await;
    }
    let relation = work.lock(&alter.name, LockMode::AccessExclusive).await?;
    let mut altered = Altered { relation: (*relation).clone(), table: table.clone() };
    let before = relation;
    let actions = match &alter.action {
        AlterTableAction::Several(actions) => {
            check_combination(actions)?;
            actions.as_slice()
        }
        AlterTableAction::AddColumn(def) => return add_column(&altered, def, work).await,
        action => std::slice::from_ref(action),
    };
    for action in actions {
        altered.apply(action, work).await?;
        if let Some(impact) = impact(action) {
            mark_readers(&before, impact, work).await?;
        }
    }
    let Altered { relation, table } = altered;
    work.transaction.update_relation(Relation { kind: RelationKind::Table(table), ..relation }).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER TABLE")))
}

/// A sort key's columns can be altered together with the distribution key or DISTSTYLE ALL, in both orders, and nothing else
/// can (developer guide, "ALTER TABLE").
fn check_combination(actions: &[AlterTableAction]) -> Result<()> {
    let sorts = |action: &AlterTableAction| matches!(action, AlterTableAction::AlterSortKey(SortKey::Compound(_)));
    let distributes = |action: &AlterTableAction| {
        matches!(action, AlterTableAction::AlterDistKey(_) | AlterTableAction::AlterDistStyle(DistStyle::All))
    };
    match actions {
        [first, second] if sorts(first) && distributes(second) || distributes(first) && sorts(second) => Ok(()),
        _ => Err(Error::unsupported("this combination of ALTER TABLE clauses is not supported")
            .with_hint("ALTER SORTKEY (columns) goes together with ALTER DISTKEY or ALTER DISTSTYLE ALL.")),
    }
}

/// What an action does to materialized views over the table.
fn impact(action: &AlterTableAction) -> Option<Impact> {
    Some(match action {
        AlterTableAction::DropColumn { .. } => Impact::Unrefreshable(BaseChange::ColumnDropped),
        AlterTableAction::RenameTo(_) => Impact::Unrefreshable(BaseChange::TableRenamed),
        AlterTableAction::RenameColumn { .. } => Impact::Unrefreshable(BaseChange::ColumnRenamed),
        AlterTableAction::AlterType { .. } => Impact::Unrefreshable(BaseChange::ColumnTypeChanged),
        AlterTableAction::AlterDistKey(_) => Impact::Recompute("ALTER TABLE ALTER DISTKEY"),
        AlterTableAction::AlterDistStyle(_) => Impact::Recompute("ALTER TABLE ALTER DISTSTYLE"),
        AlterTableAction::AlterSortKey(_) => Impact::Recompute("ALTER TABLE ALTER SORTKEY"),
        _ => return None,
    })
}

/// Of a view ALTER TABLE changes name and owner (developer guide, "ALTER TABLE").
async fn alter_view(alter: &AlterTable, relation: &Arc<Relation>, work: &mut Work<'_>) -> Result<Outcome> {
    if relation.kind != RelationKind::System {
        work.require_connected(relation.database, "ALTER TABLE of a view")?;
    }
    let mut changed = (**relation).clone();
    match (&relation.kind, &alter.action) {
        (RelationKind::View(view), _) if view.materialized.is_some() => {
            let message = format!("\"{}\" is a materialized view", relation.name);
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message)
                .with_hint("Use ALTER MATERIALIZED VIEW; it cannot be renamed.")
                .at(alter.name.pos()));
        }
        (RelationKind::View(_), AlterTableAction::RenameTo(name)) => changed.name = new_name(relation, name, work)?,
        (RelationKind::View(_), AlterTableAction::OwnerTo(user)) => {
            changed.owner = new_owner(relation, user, work).await?
        }
        _ => {
            let message = format!("\"{}\" is not a table", relation.name);
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(alter.name.pos()));
        }
    }
    work.transaction.update_relation(changed).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER TABLE")))
}

/// The next owner of a relation, to whom what the one before held and gave is moved.
async fn new_owner(relation: &Relation, user: &Ident, work: &Work<'_>) -> Result<Oid> {
    let owner = work.user(user)?.id;
    let owned = Owned { object: GrantObject::Relation(relation.oid), owner: relation.owner };
    work.transaction.change_owner(owned, owner).await?;
    Ok(owner)
}

fn new_name(relation: &Relation, name: &Ident, work: &Work<'_>) -> Result<String> {
    let folded = name.folded(work.context.session.case_sensitive);
    let (kind, temporary) = match relation.table() {
        Some(table) => ("table", table.temporary),
        None => ("view", relation.schema == work.state.temp_schema),
    };
    if folded.starts_with('#') && !temporary {
        let message = format!("a permanent {kind} cannot be renamed to a name that begins with '#'");
        return Err(Error::new(SqlState::INVALID_NAME, message).at(name.pos));
    }
    if work.view.relation(&relation.schema, &folded)?.is_some() {
        return Err(relation_exists(&folded).at(name.pos));
    }
    Ok(folded)
}

/// A table on its way to what it will be.
struct Altered {
    relation: Relation,
    table: TableInfo,
}

impl Altered {
    /// Does one action, in memory.
    async fn apply(&mut self, action: &AlterTableAction, work: &mut Work<'_>) -> Result<()> {
        match action {
            AlterTableAction::DropColumn { name, cascade } => drop_column(self, name, *cascade, work).await?,
            AlterTableAction::RenameTo(name) => {
                check_relations_free([&Arc::new(self.relation.clone())], "rename", work)?;
                self.relation.name = new_name(&self.relation, name, work)?;
            }
            AlterTableAction::RenameColumn { from, to } => self.rename_column(from, to, work)?,
            AlterTableAction::AlterType { name, ty } => {
                let at = self.position(name, work)?;
                check_column_free(&self.relation, &self.relation.columns[at], "alter type of", work)?;
                let ty = storable(ty, &name.value)?;
                self.alter_type(at, ty, work).await?;
            }
            AlterTableAction::SetDefault { .. } | AlterTableAction::DropDefault(_) => {
                return Err(Error::unsupported("ALTER COLUMN SET DEFAULT and DROP DEFAULT are not supported")
                    .with_hint("Add a new column with the default, copy the values, and drop the old one."));
            }
            AlterTableAction::AlterEncode { columns } => {
                let mut seen = BTreeSet::new();
                for (name, encoding) in columns {
                    let at = self.position(name, work)?;
                    if !seen.insert(at) {
                        let message = format!("column \"{}\" specified more than once", self.relation.columns[at].name);
                        return Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(name.pos));
                    }
                    self.alter_encoding(at, encoding, name.pos)?;
                }
            }
            AlterTableAction::AlterEncodeAuto => {
                self.columns(|columns| columns.iter_mut().for_each(|column| column.encoding = None));
            }
            AlterTableAction::OwnerTo(user) => self.relation.owner = new_owner(&self.relation, user, work).await?,
            AlterTableAction::AddConstraint(constraint) => self.add_constraint(constraint, work)?,
            AlterTableAction::DropConstraint { name, cascade } => self.drop_constraint(name, *cascade, work).await?,
            AlterTableAction::AlterDistKey(name) => {
                let at = self.position(name, work)?;
                self.check_not_interleaved("ALTER DISTKEY")?;
                self.distribute(DistStyle::Key, Some(at));
            }
            AlterTableAction::AlterDistStyle(style) => {
                self.check_not_interleaved("ALTER DISTSTYLE")?;
                if self.table.temporary {
                    return Err(Error::unsupported("ALTER DISTSTYLE is not supported for temporary tables"));
                }
                self.distribute(*style, None);
            }
            AlterTableAction::AlterSortKey(key) => self.sort(key, work)?,
            AlterTableAction::AppendFrom { .. } | AlterTableAction::AddColumn(_) | AlterTableAction::Several(_) => {
                return Err(Error::unsupported("only the keys of a table can be altered together"));
            }
        }
        Ok(())
    }

    fn columns(&mut self, change: impl FnOnce(&mut Vec<Column>)) {
        let mut columns = self.relation.columns.to_vec();
        change(&mut columns);
        self.relation.columns = columns.into();
    }

    /// Where the column of this name is.
    fn position(&self, name: &Ident, work: &Work<'_>) -> Result<usize> {
        let folded = name.folded(work.context.session.case_sensitive);
        self.relation.columns.iter().position(|column| column.name == folded).ok_or_else(|| {
            let message = format!("column \"{folded}\" of relation \"{}\" does not exist", self.relation.name);
            Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
        })
    }

    fn check_free(&self, name: &str, pos: u32) -> Result<()> {
        if self.relation.column(name).is_none() {
            return Ok(());
        }
        let message = format!("column \"{name}\" of relation \"{}\" already exists", self.relation.name);
        Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(pos))
    }

    fn rename_column(&mut self, from: &Ident, to: &Ident, work: &Work<'_>) -> Result<()> {
        let at = self.position(from, work)?;
        check_column_free(&self.relation, &self.relation.columns[at], "rename", work)?;
        let name = to.folded(work.context.session.case_sensitive);
        self.check_free(&name, to.pos)?;
        check_no_system_column(&name).map_err(|error| error.at(to.pos))?;
        self.columns(|columns| columns[at].name = name);
        Ok(())
    }

    /// ALTER COLUMN TYPE changes the size of a VARCHAR, nothing else, and not below what is stored (developer guide,
    /// "ALTER TABLE").
    async fn alter_type(&mut self, at: usize, ty: RedshiftType, work: &mut Work<'_>) -> Result<()> {
        let column = self.relation.columns[at].clone();
        let name = &column.name;
        let (before, after) = match (column.ty, ty) {
            (RedshiftType::Varchar(before), RedshiftType::Varchar(after))
            | (RedshiftType::Varbyte(before), RedshiftType::Varbyte(after)) => (before, after),
            _ => {
                let message = format!("ALTER COLUMN TYPE is not supported for column \"{name}\"");
                let hint = "Only the size of a VARCHAR or VARBYTE column can be changed.";
                return Err(Error::unsupported(message).with_hint(hint));
            }
        };
        let refuse =
            |why: &str| Err(Error::unsupported(format!("cannot alter type of column \"{name}\", which {why}")));
        if column.default.is_some() {
            return refuse("has a default value");
        }
        if self.table.constraints.iter().any(|key| key.columns.contains(&column.attnum)) {
            return refuse("is part of a key");
        }
        if matches!(column.encoding.as_deref(), Some("bytedict" | "runlength" | "text255" | "text32k")) {
            return refuse("has the compression encoding BYTEDICT, RUNLENGTH, TEXT255 or TEXT32K");
        }
        if after < before {
            let table = ObjectName(vec![quoted(&self.relation.schema), quoted(&self.relation.name)]);
            let longest = append::longest(&table, name, work).await?;
            if longest > i64::from(after) {
                let message = format!("cannot alter type of column \"{name}\": it holds values of {longest} bytes");
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
        }
        self.columns(|columns| columns[at].ty = ty);
        Ok(())
    }

    fn alter_encoding(&mut self, at: usize, encoding: &str, pos: u32) -> Result<()> {
        self.check_not_interleaved("ALTER COLUMN ENCODE")?;
        let column = &self.relation.columns[at];
        if column.encoding.as_deref() == Some(encoding) {
            let message = format!("column \"{}\" already has the encoding {encoding}", column.name);
            return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message).at(pos));
        }
        encodings::check(encoding, column.ty, &column.name).map_err(|error| error.at(pos))?;
        self.columns(|columns| columns[at].encoding = Some(encoding.to_string()));
        Ok(())
    }

    fn check_not_interleaved(&self, what: &str) -> Result<()> {
        if self.table.interleaved {
            let message = format!("{what} is not supported for tables with interleaved sort keys");
            return Err(Error::unsupported(message));
        }
        Ok(())
    }

    fn add_constraint(&mut self, constraint: &TableConstraint, work: &Work<'_>) -> Result<()> {
        let key = DeclaredKey { name: constraint.name.clone(), kind: constraint.kind.clone() };
        let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
        if primary && self.table.constraints.iter().any(|other| other.kind == crate::catalog::KeyKind::Primary) {
            let message = format!("multiple primary keys for table \"{}\" are not allowed", self.relation.name);
            return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
        }
        if let ConstraintKind::PrimaryKey(names) = &constraint.kind {
            for name in names {
                let column = &self.relation.columns[self.position(name, work)?];
                if !column.refuses_null() {
                    let message = format!("cannot add primary key to nullable column \"{}\"", column.name);
                    return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message).at(name.pos));
                }
            }
        }
        let mut columns = self.relation.columns.to_vec();
        let constraints = resolve_keys(vec![key], &self.table.constraints, &mut columns, &self.relation.name, work)?;
        for constraint in constraints {
            if self.table.constraints.iter().any(|other| other.name == constraint.name) {
                let (name, table) = (&constraint.name, &self.relation.name);
                let message = format!("constraint \"{name}\" for relation \"{table}\" already exists");
                return Err(Error::new(SqlState::DUPLICATE_OBJECT, message));
            }
            self.table.constraints.push(constraint);
        }
        self.relation.columns = columns.into();
        Ok(())
    }

    /// Foreign keys of other tables that point to a key go with it, with CASCADE.
    async fn drop_constraint(&mut self, name: &Ident, cascade: bool, work: &mut Work<'_>) -> Result<()> {
        let folded = name.folded(work.context.session.case_sensitive);
        let Some(at) = self.table.constraints.iter().position(|constraint| constraint.name == folded) else {
            let message = format!("constraint \"{folded}\" does not exist");
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos));
        };
        let dropped = self.table.constraints.remove(at);
        if matches!(dropped.kind, KeyKind::Foreign { .. }) {
            return Ok(());
        }
        let table_oid = self.relation.oid;
        let points_here = |kind: &KeyKind| matches!(kind, KeyKind::Foreign { table, columns } if *table == table_oid && *columns == dropped.columns);
        for other in work.view.relations()? {
            let Some(info) = other.table().filter(|_| other.oid != table_oid) else { continue };
            let Some(key) = info.constraints.iter().find(|key| points_here(&key.kind)) else { continue };
            if !cascade {
                let what = format!("constraint {folded} on table {}", self.relation.name);
                let detail = format!("constraint {} on table {} depends on index {folded}", key.name, other.name);
                return Err(super::drop::still_needed(&what).with_detail(detail));
            }
            let notice = format!("drop cascades to constraint {} on table {}", key.name, other.name);
            work.state.notices.push(Notice::note(notice));
            let mut info = info.clone();
            info.constraints.retain(|key| !points_here(&key.kind));
            let changed = Relation { kind: RelationKind::Table(info), ..(*other).clone() };
            work.transaction.update_relation(changed).await?;
        }
        Ok(())
    }

    fn distribute(&mut self, style: DistStyle, key: Option<usize>) {
        self.table.dist_style = Some(style);
        self.columns(|columns| {
            for (at, column) in columns.iter_mut().enumerate() {
                column.dist_key = key == Some(at);
            }
        });
    }

    /// SORTKEY AUTO keeps the sort key that there is.
    fn sort(&mut self, key: &SortKey, work: &Work<'_>) -> Result<()> {
        if self.table.temporary && *key != SortKey::None {
            return Err(Error::unsupported("ALTER SORTKEY is not supported for temporary tables"));
        }
        if *key == SortKey::Auto {
            return Ok(());
        }
        let mut declared = Declared { columns: self.relation.columns.to_vec(), keys: Vec::new() };
        declared.columns.iter_mut().for_each(|column| column.sort_key = 0);
        declared.sort(key, work.context.session.case_sensitive)?;
        self.table.interleaved = matches!(key, SortKey::Interleaved(_));
        self.relation.columns = declared.columns.into();
        Ok(())
    }
}

/// ADD COLUMN: a column that is NOT NULL needs a DEFAULT, which rows that are there already get (developer guide).
async fn add_column(altered: &Altered, def: &ColumnDef, work: &Work<'_>) -> Result<Outcome> {
    let session = work.session_there()?;
    let (column, keys) = column(def, &session)?;
    altered.check_free(&column.name, def.name.pos)?;
    check_room(altered.relation.columns.len())?;
    if column.identity.is_some() || column.dist_key || column.sort_key > 0 || !keys.is_empty() {
        let message = "ALTER TABLE ADD COLUMN does not support identity, distribution, sort and key attributes";
        return Err(Error::unsupported(message).at(def.name.pos));
    }
    let value = default_value(&column, work)?.filter(|value| !value.is_null());
    if column.not_null && value.is_none() {
        let message = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression";
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message).at(def.name.pos));
    }
    work.transaction.add_column(&altered.relation, column, value).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER TABLE")))
}

/// DROP COLUMN: not of a distribution or sort key, and with CASCADE where views read the table (developer guide).
async fn drop_column(altered: &mut Altered, name: &Ident, cascade: bool, work: &mut Work<'_>) -> Result<()> {
    let at = altered.position(name, work)?;
    let column = altered.relation.columns[at].clone();
    check_column_free(&altered.relation, &column, "drop", work)?;
    if column.dist_key || column.sort_key > 0 {
        let what = if column.dist_key { "distribution key" } else { "sort key" };
        let message = format!("cannot drop {what} column \"{}\"", column.name);
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message).at(name.pos));
    }
    if altered.relation.columns.len() == 1 {
        let message = format!("cannot drop the only column of table \"{}\"", altered.relation.name);
        return Err(Error::unsupported(message).at(name.pos));
    }
    let what = format!("table {} column {}", altered.relation.name, column.name);
    if cascade {
        let views = super::drop::dependents(&altered.relation, work)?;
        check_relations_free(&views, "drop", work)?;
        for view in views {
            work.state.notices.push(Notice::note(format!("drop cascades to view {}", view.name)));
            work.transaction.drop_relation(view.oid).await?;
        }
    } else if let Some(view) = super::drop::view_over(altered.relation.oid, work)? {
        return Err(super::drop::still_needed(&what).with_detail(format!("view {} depends on {what}", view.name)));
    }
    altered.table.constraints.retain(|key| !key.columns.contains(&column.attnum));
    altered.columns(|columns| {
        columns.remove(at);
    });
    Ok(())
}
