//! COMMENT ON.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Comment, ObjectKind},
    names::ObjectName,
};

use crate::{
    catalog::{Column, Relation, RelationKind},
    result::{CommandTag, Outcome},
    statements::Work,
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
            work.transaction.update_relation(Relation { comment: text, ..(*relation).clone() }).await?;
        }
        ObjectKind::Column => comment_on_column(&comment.name, text, work).await?,
        ObjectKind::Schema => {
            let mut schema = (*work.schema(comment.name.object())?).clone();
            schema.comment = text;
            work.transaction.update_schema(&schema).await?;
        }
        ObjectKind::Database | ObjectKind::Constraint => {
            return Err(Error::unsupported("COMMENT ON DATABASE and COMMENT ON CONSTRAINT are not supported"));
        }
    }
    Ok(Outcome::Done(CommandTag::plain("COMMENT")))
}

async fn comment_on_column(name: &ObjectName, text: Option<String>, work: &mut Work<'_>) -> Result<()> {
    let Some((column, table)) = name.0.split_last().filter(|(_, table)| !table.is_empty()) else {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "column name must be qualified").at(name.pos()));
    };
    let relation = work.binder().resolve(&ObjectName(table.to_vec()))?;
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
