//! CREATE TABLE AS and SELECT INTO.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::CreateTableAs};

use super::{
    columns::{Declared, default_collation},
    create_table::Making,
    names::{Lifetime, relation_exists},
};
use crate::{
    binder::Destination,
    catalog::{CatalogView, Column},
    execution,
    result::{CommandTag, Outcome},
    statements::{Work, dml},
};

/// Runs CREATE TABLE AS: the table is made and filled in one transaction.
pub(crate) async fn create_table_as(create: &CreateTableAs, work: &mut Work<'_>) -> Result<Outcome> {
    if create.iceberg.is_some() {
        return Err(Error::unsupported("CREATE TABLE USING ICEBERG is not supported"));
    }
    let lifetime = if create.temporary { Lifetime::Temporary } else { Lifetime::Permanent };
    let place = work.place(&create.name, lifetime).await?;
    if work.view.relation(&place.schema, &place.name)?.is_some() {
        return Err(relation_exists(&place.name).at(create.name.object().pos));
    }
    let bound = work.bind(|mut binder| binder.query_for(&create.query, Destination::Table)).await?;
    if create.columns.len() > bound.columns.len() {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "CREATE TABLE AS specifies too many column names"));
    }
    let case_sensitive = work.context.session.case_sensitive;
    let mut declared = Declared::default();
    let session = work.session_there()?;
    for (index, result) in bound.columns.iter().enumerate() {
        let given = create.columns.get(index);
        let name = given.map_or_else(|| result.name.clone(), |ident| ident.folded(case_sensitive));
        let pos = given.map_or(create.name.pos(), |ident| ident.pos);
        let ty = kept(result.ty);
        let by_default = default_collation(ty, &session);
        let case_insensitive = result.origin.as_ref().map_or(by_default, |origin| origin.case_insensitive);
        declared.push(Column { case_insensitive, ..Column::new(name, ty) }, pos)?;
    }
    declared.apply(&create.attributes, case_sensitive)?;
    let making = Making { lifetime, place, attributes: create.attributes.clone(), declared };
    let relation = making.make(work).await?;
    let rows = dml::append(bound.plan, &relation, work).await?;
    execution::trace::added(rows);
    // A cluster answers both with SELECT, as PostgreSQL 8.0 does.
    Ok(Outcome::Done(CommandTag::plain("SELECT")))
}

/// The type that a column has that is made from an expression of this type.
pub(super) fn kept(ty: RedshiftType) -> RedshiftType {
    match ty {
        RedshiftType::Text | RedshiftType::Name | RedshiftType::RegProc | RedshiftType::UNSIZED_VARCHAR => {
            RedshiftType::Varchar(256)
        }
        RedshiftType::InternalChar => RedshiftType::Char(1),
        RedshiftType::Oid | RedshiftType::AbsTime => RedshiftType::Int8,
        RedshiftType::Unknown => RedshiftType::Varchar(1),
        RedshiftType::Interval => RedshiftType::DAY_TO_SECOND,
        other => other,
    }
}
