//! The types of parameters that a client left open.
//!
//! The Data API does not tell them. They follow from the statement and the columns of its tables by the rules of Redshift's
//! binder, which the emulator has: so the statement is described there, in memory, over empty tables with the columns that
//! the warehouse told. The tables are made in a transaction that is never committed.

use std::sync::Arc;

use blueshift_emulator::{
    Client, Description, Engine, EngineConfig, Location, Login, Request, ResultColumn, S3Config, Session,
};
use redshift_sql_dialect::{
    RedshiftType, Result,
    ast::{Statement, TransactionModes},
    names::{Ident, ObjectName},
    parameters_in, parse,
};
use tokio::sync::OnceCell;

/// How many parameters a statement has: the highest n of `$n`.
pub fn parameter_count(statement: &Statement) -> usize {
    parameters_in(&statement.to_string()).into_iter().map(|(_, number)| usize::from(number)).max().unwrap_or(0)
}

/// A warehouse without rows.
#[derive(Default)]
pub struct Binder(OnceCell<Engine>);

impl Binder {
    /// The types of all parameters of a statement over these tables, and its columns here.
    ///
    /// # Errors
    /// Where the statement cannot be understood here, for example because it calls a function of the user's.
    pub async fn describe(
        &self,
        statement: &Statement,
        types: &[Option<RedshiftType>],
        tables: &[(ObjectName, Arc<[ResultColumn]>)],
    ) -> Result<Description> {
        let mut session = self.session().await?;
        session.begin(TransactionModes::default()).await?;
        for (name, columns) in tables {
            if let [schema, _] = &name.0[..] {
                run(&mut session, &format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
            }
            run(&mut session, &table_text(name, columns)).await?;
        }
        session.describe(statement, types).await
    }

    async fn session(&self) -> Result<Session> {
        let open = || async {
            Engine::open(EngineConfig {
                location: Location::Memory,
                database: "dev".to_string(),
                user: "gateway".to_string(),
                s3: S3Config::default(),
                memory_limit: None,
                extensions: false,
            })
            .await
        };
        self.0.get_or_try_init(open).await?.session(Login {
            user: "gateway".to_string(),
            database: "dev".to_string(),
            settings: Vec::new(),
            client: Client::local(),
            pid: 0,
            control: None,
        })
    }
}

async fn run(session: &mut Session, sql: &str) -> Result<()> {
    for parsed in parse(sql)? {
        let request = Request { statement: &parsed.statement, text: sql, parameter_types: &[], parameters: &[] };
        session.execute(request).await?;
    }
    Ok(())
}

/// CREATE TABLE with these columns.
fn table_text(name: &ObjectName, columns: &[ResultColumn]) -> String {
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", Ident::new(&column.name), declared(column.ty))).collect();
    format!("CREATE TABLE {name} ({})", columns.join(", "))
}

/// The type as a column is declared with it.
fn declared(ty: RedshiftType) -> String {
    use RedshiftType::*;
    match ty {
        Text | Name | InternalChar | Unknown | RegProc | RegProcedure | RegClass | RegType | AbsTime | Int2Vector
        | OidVector | Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItem | AclItemArray
        | CString => "varchar(65535)".to_string(),
        Interval => "interval day to second".to_string(),
        Oid => "bigint".to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn types_follow_from_the_columns_that_parameters_meet() {
        let sql = "insert into s.t select $1, $2::date, $3 from s.t where a = $1 and b like $4 limit $5";
        let statement = &parse(sql).unwrap()[0].statement;
        assert_eq!(parameter_count(statement), 5);
        let name = ObjectName(vec![Ident::new("s"), Ident::new("t")]);
        let types = [RedshiftType::Int4, RedshiftType::Date, RedshiftType::numeric(10, 2), RedshiftType::Varchar(20)];
        let columns = ["a", "d", "n", "b"].iter().zip(types).map(|(name, ty)| ResultColumn::computed(*name, ty));
        let tables = [(name, columns.collect())];
        let binder = Binder::default();
        let sql = "insert into s.t (a, d, n) values ($1, $2, $3)";
        let insert = &parse(sql).unwrap()[0].statement;
        let found = binder.describe(insert, &[None, None, None], &tables).await.unwrap().parameters;
        assert_eq!(found.iter().map(|ty| ty.oid()).collect::<Vec<_>>(), [23, 1082, 1700]);
        // Again: nothing of the first time is left.
        assert!(binder.describe(insert, &[None; 3], &tables).await.is_ok());
        assert!(binder.describe(statement, &[None; 5], &[]).await.is_err());
    }
}
