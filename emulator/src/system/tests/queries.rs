//! Every system relation bound and run over the sample.

use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use redshift_sql_dialect::ast::Statement;

use super::*;
use crate::{
    binder::{BindContext, Binder, Bound, Parameters},
    catalog::{CatalogView, Oid, RelationRights, RowIdentity},
    execution::{ExecutionOptions, execute, session_state},
};

/// The sample's tables by name, without rows.
struct Users(Arc<dyn Directory>);

impl CatalogView for Users {
    fn relation_rights(&self, _user: Oid, _relation: &Relation) -> Result<RelationRights> {
        Ok(RelationRights::everything())
    }

    fn may_use_schema(&self, _user: Oid, _schema: &str) -> Result<bool> {
        Ok(true)
    }

    fn may_execute(&self, _user: Oid, _routine: &crate::catalog::Routine) -> Result<bool> {
        Ok(true)
    }

    fn has_schema(&self, schema: &str) -> Result<bool> {
        Ok(schema == "public")
    }

    fn relation(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        self.0.relation_by_name(schema, name)
    }

    fn contents(&self, relation: &Arc<Relation>, _identity: RowIdentity) -> Result<Contents> {
        let fields: Vec<_> = relation.columns.iter().map(|column| arrow_field(&column.name, column.ty)).collect();
        Ok(Contents::Scan(Arc::new(EmptyTable::new(Arc::new(Schema::new(fields))))))
    }
}

fn bind_as(user_id: u32, edition: Edition, sql: &str) -> Result<Bound> {
    let mut source = source(user_id);
    let mut session = (*source.session).clone();
    session.extensions = edition == Edition::Extended;
    source.session = Arc::new(session.clone());
    let users = Arc::new(Users(source.directory.clone()));
    let catalog = Arc::new(SystemView::new(users, source));
    let context = BindContext {
        catalog,
        session: Arc::new(session),
        parameters: Parameters::default(),
        effects: crate::binder::Effects::default(),
        variables: None,
        blanks: Default::default(),
    };
    let mut parsed = redshift_sql_dialect::parse(sql)?;
    match parsed.remove(0).statement {
        Statement::Query(query) => Binder::new(context).query(&query),
        _ => Err(redshift_sql_dialect::Error::internal("not a query")),
    }
}

async fn run(bound: &Bound) -> Result<Vec<Vec<String>>> {
    let state = session_state(&ExecutionOptions { parallelism: Some(1), ..Default::default() })?;
    let batches: Vec<RecordBatch> = execute(&bound.plan, &state).await?.try_collect().await?;
    let options = arrow::util::display::FormatOptions::new().with_null("NULL");
    let rows = batches.iter().flat_map(|batch| {
        let text = |array: &arrow::array::ArrayRef, row| {
            let formatter = arrow::util::display::ArrayFormatter::try_new(array, &options).expect("a printable type");
            formatter.value(row).to_string()
        };
        let row = move |row| batch.columns().iter().map(|array| text(array, row)).collect::<Vec<_>>();
        (0..batch.num_rows()).map(row).collect::<Vec<_>>()
    });
    Ok(rows.collect())
}

async fn rows(sql: &str) -> Vec<Vec<String>> {
    let bound = bind_as(100, Edition::Redshift, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    run(&bound).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

async fn lines(sql: &str) -> Vec<String> {
    rows(sql).await.into_iter().map(|row| row.join(" ")).collect()
}

#[tokio::test]
async fn columns_of_a_table_are_defined() {
    assert_eq!(
        lines(
            "select \"column\", type, encoding, distkey, sortkey, \"notnull\" from pg_table_def \
               where tablename in ('customer', 'sales') order by 1"
        )
        .await,
        [
            "Name character varying(20) zstd false 0 false",
            "customer_id integer az64 false 0 false",
            "id integer az64 true 0 true",
            "price numeric(10,2) none false 1 false",
        ]
    );
}

#[tokio::test]
async fn names_and_oids_of_relations_lead_to_each_other() {
    let sales = Sample::SALES.to_string();
    assert_eq!(lines("select 'public.sales'::regclass::oid").await, std::slice::from_ref(&sales));
    assert_eq!(
        lines("select oid, oid::regclass from pg_class where relname = 'sales'").await,
        [format!("{sales} sales")]
    );
    assert_eq!(lines("select relname from pg_class where oid = 'sales'::regclass").await, ["sales"]);
    assert_eq!(
        lines("select 23::regtype, 'int4'::regtype, 'pg_catalog.trigger'::regtype::oid").await,
        ["integer integer 2279"]
    );
    assert_eq!(
        lines("select typname from pg_type where typinput = 'array_in'::regproc and typelem = 23").await,
        ["_int4"]
    );
}

#[tokio::test]
async fn visible_relations_are_those_of_the_search_path() {
    assert_eq!(
        lines("select c.relname, pg_get_userbyid(c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
               where c.relkind = 'r' and n.nspname !~ '^pg_' and pg_table_is_visible(c.oid) order by 1")
        .await,
        ["customer admin", "sales admin"]
    );
}

#[tokio::test]
async fn a_missing_column_has_a_hint_and_extensions_have_the_column() {
    let sql = "select rows_loaded from stl_load_commits";
    let error = bind_as(100, Edition::Redshift, sql).unwrap_err();
    assert_eq!(error.sqlstate(), redshift_sql_dialect::SqlState::UNDEFINED_COLUMN);
    assert_eq!(error.message(), "column \"rows_loaded\" does not exist in stl_load_commits");
    assert!(error.hint().is_some_and(|hint| hint.contains("SYS_LOAD_HISTORY")));
    assert!(bind_as(100, Edition::Extended, sql).is_ok());
}

#[tokio::test]
async fn comments_and_defaults_are_shown() {
    assert_eq!(lines("select obj_description('customer'::regclass::oid, 'pg_class')").await, ["people"]);
    assert_eq!(
        lines(
            "select a.attname, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum) \
               from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum order by a.attnum"
        )
        .await,
        ["id \"identity\"(100100, 0, '1,1'::text) NULL", "Name 'nobody'::character varying how to call them"]
    );
}

#[tokio::test]
async fn late_binding_views_list_their_columns() {
    let cols = "cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)";
    let expected = ["public late_prices price numeric(10,2) 1"];
    assert_eq!(lines(&format!("select * from pg_get_late_binding_view_cols() {cols}")).await, expected);
    assert_eq!(lines(&format!("select * from pg_get_cols('public.late_prices') {cols}")).await, expected);
    let error = bind_as(100, Edition::Redshift, "select * from pg_get_cols('sales')").unwrap_err();
    assert_eq!(error.message(), "a column definition list is required for functions returning \"record\"");
}

#[tokio::test]
async fn arrays_of_the_catalog_come_apart() {
    assert_eq!(
        lines(
            "select a.attname, t.conkey[1], t.conkey[2] from pg_constraint t join pg_attribute a \
               on a.attrelid = t.conrelid and a.attnum = any(t.conkey) order by 1"
        )
        .await,
        ["customer_id 1 NULL", "id 1 NULL"]
    );
    assert_eq!(
        lines("select indkey[0], array_upper(indkey, 1), array_lower(indkey, 1) from pg_index").await,
        ["1 0 0"]
    );
    assert_eq!(
        lines("select array_to_string(relacl, '|') from pg_class where relname in ('sales', 'customer') order by 1")
            .await,
        ["admin=arwdRxtDPA/admin|reader=r/admin|group readers=r/admin|=r/admin", "NULL"]
    );
    assert_eq!(lines("select 2 = any(array[1::smallint, 2]), array['a', 'b']").await, ["true [a, b]"]);
    assert_eq!(lines("select (current_schemas(true))[1], (current_schemas(false))[1]").await, ["pg_catalog public"]);
}

#[tokio::test]
async fn subqueries_become_arrays_and_arrays_rows() {
    assert_eq!(
        lines(
            "select c.relname, array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = 1) \
               from pg_class c where c.relname in ('sales', 'customer') order by 1"
        )
        .await,
        ["customer [id]", "sales [customer_id]"]
    );
    assert_eq!(lines("select x from unnest(array[1, 2] || array[3]) x order by 1").await, ["1", "2", "3"]);
    assert_eq!(
        lines("select conname, array(select item + 1 from unnest(conkey) item) from pg_constraint order by 1").await,
        ["customer_pkey [2]", "sales_customer_id_fkey [2]"]
    );
    let error = bind_as(100, Edition::Redshift, "select 'nothing'::regproc").unwrap_err();
    assert_eq!(error.message(), "function \"nothing\" does not exist");
}

#[tokio::test]
async fn relations_and_literals_unite() {
    assert_eq!(
        lines("select relname, pg_get_viewdef(oid) from pg_class where relname = 'prices' union select null, null order by 1").await,
        ["prices select price from sales;", "NULL NULL"]
    );
}

#[tokio::test]
async fn every_relation_binds_and_runs_with_its_columns() {
    let mut failures = Vec::new();
    for entry in ENTRIES.iter() {
        let edition = if entry.listing == Listing::Extended { Edition::Extended } else { Edition::Redshift };
        let name = format!("{}.{}", entry.relation.schema, entry.relation.name);
        let bound = match bind_as(100, edition, &format!("select * from {name}")) {
            Ok(bound) => bound,
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let shown: Vec<_> = bound.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
        let declared = entry.relation.columns.iter().filter(|column| !column.is_hidden());
        let declared: Vec<_> = declared.map(|column| (column.name.clone(), column.ty)).collect();
        assert_eq!(shown, declared, "{name}");
        let all: Vec<_> = entry.relation.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let all = format!("select {} from {name}", all.join(", "));
        match bind_as(100, edition, &all) {
            Ok(bound) => {
                if let Err(error) = run(&bound).await {
                    failures.push(format!("{name}: {error}"));
                }
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn a_primary_key_is_found_through_its_index() {
    assert_eq!(
        lines(
            "select a.attname, ci.relname, i.indisprimary from pg_class ct, pg_class ci, pg_attribute a, pg_index i \
               where ct.oid = i.indrelid and ci.oid = i.indexrelid and a.attrelid = ci.oid and ct.relname = 'customer'"
        )
        .await,
        ["id customer_pkey true"]
    );
    assert_eq!(
        lines("select conname, contype, pg_get_constraintdef(oid, true) from pg_constraint order by 1").await,
        [
            "customer_pkey p PRIMARY KEY (id)",
            "sales_customer_id_fkey f FOREIGN KEY (customer_id) REFERENCES customer(id)"
        ]
    );
    assert_eq!(
        lines(
            "select constraint_name, column_name, ordinal_position from information_schema.key_column_usage order by 1"
        )
        .await,
        ["customer_pkey id 1", "sales_customer_id_fkey customer_id 1"]
    );
}

#[tokio::test]
async fn tables_are_summarised() {
    assert_eq!(
        lines("select \"table\", encoded, diststyle, sortkey1, tbl_rows, size from svv_table_info").await,
        ["sales Y, AUTO(ENCODE) AUTO(ALL) price 10 5"]
    );
}
