//! COMMENT ON.
//!
//! Source: developer guide, "COMMENT".

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Comment, ObjectKind},
    names::ObjectName,
};

use crate::{
    catalog::{Column, Database, Relation, RelationKind},
    result::{CommandTag, Notice, Outcome},
    statements::{Work, access::OrElse},
};

/// Runs COMMENT ON.
pub(crate) async fn comment(comment: &Comment, work: &mut Work<'_>) -> Result<Outcome> {
    let text = comment.text.clone().filter(|text| !text.is_empty());
    match comment.kind {
        ObjectKind::Table | ObjectKind::View => {
            let relation = work.binder().resolve(&comment.name)?;
            let word = if comment.kind == ObjectKind::View { "view" } else { "table" };
            let fits = matches!(
                (&relation.kind, comment.kind),
                (RelationKind::Table(_), ObjectKind::Table) | (RelationKind::View(_), ObjectKind::View)
            );
            if !fits {
                let message = format!("\"{}\" is not a {word}", relation.name);
                return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(comment.name.pos()));
            }
            require_owner(&relation, &comment.name, work)?;
            work.transaction.update_relation(Relation { comment: text, ..(*relation).clone() }).await?;
        }
        ObjectKind::Column => comment_on_column(&comment.name, text, work).await?,
        ObjectKind::Schema => {
            let mut schema = (*work.schema_in(comment.name.schema(), comment.name.object())?).clone();
            work.require_schema_owner(&schema, OrElse::NOTHING).map_err(|error| error.at(comment.name.pos()))?;
            schema.comment = text;
            work.transaction.update_schema(&schema).await?;
        }
        ObjectKind::Database => comment_on_database(&comment.name, text, work).await?,
        ObjectKind::Constraint => comment_on_constraint(comment, text, work).await?,
    }
    Ok(Outcome::Done(CommandTag::plain("COMMENT")))
}

/// The system's relations are nobody's to comment on.
fn require_owner(relation: &Relation, name: &ObjectName, work: &Work<'_>) -> Result<()> {
    if relation.kind == RelationKind::System {
        let message = format!("permission denied: \"{}\" is a system catalog", relation.name);
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(name.pos()));
    }
    work.require_owner(relation, OrElse::NOTHING).map_err(|error| error.at(name.pos()))
}

/// Only the current database can be commented on; of others a warning tells that (developer guide, "COMMENT").
async fn comment_on_database(name: &ObjectName, text: Option<String>, work: &mut Work<'_>) -> Result<()> {
    let folded = name.object().folded(work.context.session.case_sensitive);
    let current = work.view.database_named(&folded)?.filter(|found| found.oid == work.transaction.database().oid);
    let Some(database) = current else {
        let message = "database comments may only be applied to the current database";
        work.state.notices.push(Notice::warning(SqlState::WARNING, message));
        return Ok(());
    };
    work.require_database_owner(&database, None).map_err(|error| error.at(name.pos()))?;
    work.transaction.update_database(&Database { comment: text, ..(*database).clone() }).await
}

async fn comment_on_constraint(comment: &Comment, text: Option<String>, work: &mut Work<'_>) -> Result<()> {
    let Some(table) = &comment.table else {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "a constraint needs its table").at(comment.name.pos()));
    };
    let relation = work.table(table)?;
    require_owner(&relation, table, work)?;
    let mut info = relation.table().cloned().unwrap_or_default();
    let folded = comment.name.object().folded(work.context.session.case_sensitive);
    let Some(key) = info.constraints.iter().find(|key| key.name == folded).map(|key| key.oid.0) else {
        let message = format!("constraint \"{folded}\" for table \"{}\" does not exist", relation.name);
        return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(comment.name.pos()));
    };
    match text {
        Some(text) => info.constraint_comments.insert(key, text),
        None => info.constraint_comments.remove(&key),
    };
    let changed = Relation { kind: RelationKind::Table(info), ..(*relation).clone() };
    work.transaction.update_relation(changed).await.map(|_| ())
}

async fn comment_on_column(name: &ObjectName, text: Option<String>, work: &mut Work<'_>) -> Result<()> {
    let Some((column, table)) = name.0.split_last().filter(|(_, table)| !table.is_empty()) else {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "column name must be qualified").at(name.pos()));
    };
    let relation = work.binder().resolve(&ObjectName(table.to_vec()))?;
    require_owner(&relation, name, work)?;
    let folded = column.folded(work.context.session.case_sensitive);
    if relation.column(&folded).is_none() {
        let message = format!("column \"{folded}\" of relation \"{}\" does not exist", relation.name);
        return Err(Error::new(SqlState::UNDEFINED_COLUMN, message).at(column.pos));
    }
    let columns = relation.columns.iter().map(|column| match column.name == folded {
        true => Column { comment: text.clone(), ..column.clone() },
        false => column.clone(),
    });
    let columns = columns.collect();
    work.transaction.update_relation(Relation { columns, ..(*relation).clone() }).await?;
    Ok(())
}
