//! What the columns of a statement are, without running it.

use std::sync::Arc;

use blueshift_emulator::ResultColumn;
use redshift_sql_dialect::{
    RedshiftType,
    ast::{Call, Expr, ExprKind, Literal, QueryBody, Show, Statement},
};

/// How the columns of a statement are found out.
pub enum Columns {
    /// It has none.
    None,
    /// They are always the same.
    Known(Arc<[ResultColumn]>),
    /// By running this, which changes nothing and gives no or few rows.
    Probe(Box<Statement>),
    /// Those of the procedure that is called.
    OfProcedure(Box<Call>),
}

/// How the columns of this statement are found out.
pub fn known_columns(statement: &Statement) -> Columns {
    match statement {
        Statement::Query(query) => {
            let mut query = query.clone();
            query.limit = Some(Expr { kind: ExprKind::Literal(Literal::Integer("0".into())), pos: 0 });
            query.offset = None;
            // TOP and LIMIT exclude each other.
            if let QueryBody::Select(select) = &mut query.body {
                select.top = None;
            }
            Columns::Probe(Box::new(Statement::Query(query)))
        }
        Statement::Show(Show::Parameter(name)) => Columns::Known([text_column(name)].into()),
        Statement::Show(Show::All) => Columns::Known(["name", "setting"].map(text_column).into()),
        Statement::Explain(_) => Columns::Known([text_column("QUERY PLAN")].into()),
        // They only look.
        Statement::ShowObjects(_) | Statement::DescDatashare(_) | Statement::DescIdentityProvider(_) => {
            Columns::Probe(Box::new(statement.clone()))
        }
        Statement::Call(call) => Columns::OfProcedure(Box::new(call.clone())),
        _ => Columns::None,
    }
}

fn text_column(name: &str) -> ResultColumn {
    ResultColumn::computed(name, RedshiftType::Text)
}
