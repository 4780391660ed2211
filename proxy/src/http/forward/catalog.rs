//! ListDatabases, ListSchemas, ListTables and DescribeTable: for policies and the audit they are the SHOW command that tells the
//! same.

use redshift_sql_dialect::{
    ast::{BoundName, BoundText, NamePart, ShowFilter, ShowObjects, Statement},
    names::Ident,
};
use serde_json::{Map, Value};

use super::{Call, Forward, api_error, parsed, places::Reached};
use crate::{
    backend::redshift::errors::call_error,
    guard::Saying,
    http::{
        data_api::input::Metadata,
        json_rpc::{Answer, ApiError},
    },
    policy::Place,
};

/// What stands for a name that the caller leaves open.
const ANY: &str = "%";

impl Forward {
    /// Answers a question about the catalog.
    ///
    /// # Errors
    /// Those of the service; AccessDeniedException where a policy does not let it pass.
    pub(super) async fn catalog(&self, call: Call<'_>, mut body: Map<String, Value>) -> Answer {
        let Call { operation, client } = call;
        let asked: Metadata = parsed(&body)?;
        asked.check()?;
        let connected = asked.connected_database.as_deref();
        let database = connected.or(asked.place.database());
        let reached = match (operation, database) {
            // All are listed wherever that is.
            ("ListDatabases", None) => self.anywhere(call, &asked).await?,
            _ => self.reach(call, &asked.place, database).await?,
        };
        let Reached { name, target, db_user } = reached;
        target.client.name_place(&mut body);
        // Another database than the connected one is named by its own name.
        let looked_at = match (connected, asked.place.database()) {
            (Some(connected), Some(other)) if connected != other => other.to_string(),
            _ => target.database.clone(),
        };
        if connected.is_some() {
            body.insert("ConnectedDatabase".to_string(), target.database.clone().into());
        }
        body.insert("Database".to_string(), looked_at.clone().into());

        let visit = self.visit(client, &name, None)?;
        let place = Place::new(&name, db_user.as_deref(), None);
        let show = show(operation, &looked_at, &asked);
        let text = show.to_string();
        let said = Saying { statement: &show, text: Some(&text), parameters: &[] };
        let limits = visit.decide(&said, &place).map_err(|error| api_error(&error))?;
        let _turn = visit.turn().map_err(|error| api_error(&error))?;
        let mut watch = visit.begin(&said, limits).map_err(|error| api_error(&error))?;
        let mut answer = match target.client.pass_on(operation, &body).await {
            Ok(answer) => answer,
            Err(error) => {
                watch.failed(&call_error(&error.failure));
                return Err(super::service_error(&error));
            }
        };
        if let Some(columns) = answer.get_mut("ColumnList").and_then(Value::as_array_mut) {
            // A pattern may have found what must not be looked at.
            columns.retain(|column| {
                let part = |member: &str| column.get(member).and_then(Value::as_str).unwrap_or_default();
                let show = columns_of(&looked_at, part("schemaName"), part("tableName"));
                visit.may(&show, &place)
            });
        }
        let lists = ["Databases", "Schemas", "Tables", "ColumnList"];
        let rows = lists.iter().filter_map(|list| answer.get(*list)?.as_array()).map(Vec::len).sum::<usize>();
        watch.succeeded(rows as u64);
        Ok(super::shown(answer))
    }

    /// A target of the workgroup or cluster that is named.
    async fn anywhere(&self, call: Call<'_>, asked: &Metadata) -> Result<Reached, ApiError> {
        let is = |config: &crate::config::proxy::TargetConfig, name: &str| {
            super::places::is_meant(name, config, &asked.place, None)
        };
        let meant = self.targets(call.client).find(|(name, config)| is(config, name));
        let database = meant.map(|(name, _)| name.clone()).unwrap_or_default();
        self.reach(call, &asked.place, Some(&database)).await
    }
}

/// The command that tells what an operation does.
fn show(operation: &str, database: &str, asked: &Metadata) -> Statement {
    let like = |pattern: &Option<String>| ShowFilter { like: pattern.clone().map(BoundText::Text), limit: None };
    Statement::ShowObjects(match operation {
        "ListDatabases" => ShowObjects::Databases { catalog: None, filter: ShowFilter::default() },
        "ListSchemas" => {
            ShowObjects::Schemas { database: Some(bound(&[database])), filter: like(&asked.schema_pattern) }
        }
        "ListTables" => {
            let schema = asked.schema_pattern.as_deref().unwrap_or(ANY);
            ShowObjects::Tables { schema: bound(&[database, schema]), filter: like(&asked.table_pattern) }
        }
        _ => {
            let (schema, table) = (asked.schema.as_deref().unwrap_or(ANY), asked.table.as_deref().unwrap_or(ANY));
            return columns_of(database, schema, table);
        }
    })
}

/// SHOW COLUMNS of a table.
fn columns_of(database: &str, schema: &str, table: &str) -> Statement {
    let table = bound(&[database, schema, table]);
    Statement::ShowObjects(ShowObjects::Columns { table, filter: ShowFilter::default() })
}

fn bound(parts: &[&str]) -> BoundName {
    let part =
        |value: &&str| NamePart::Name(Ident { value: (*value).to_string(), quoted: true, written: None, pos: 0 });
    BoundName(parts.iter().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_the_command_that_tells_the_same() {
        let asked =
            Metadata { table: Some("t".to_string()), schema_pattern: Some("s%".to_string()), ..Metadata::default() };
        let command = |operation| show(operation, "dev", &asked).command_name();
        assert_eq!(command("ListDatabases"), "SHOW DATABASES");
        assert_eq!(command("ListSchemas"), "SHOW SCHEMAS");
        assert_eq!(command("ListTables"), "SHOW TABLES");
        assert_eq!(command("DescribeTable"), "SHOW COLUMNS");
        assert_eq!(show("DescribeTable", "dev", &asked).to_string(), "SHOW COLUMNS FROM TABLE \"dev\".\"%\".\"t\"");
    }
}
