//! The UNLOAD of a query: what it writes can be read back as the Data API would have given it.
//!
//! ```sql
//! select name, at from t order by lower(name), at limit 9
//! -- becomes, for columns of VARCHAR and TIMETZ
//! UNLOAD ('SELECT r.c1 AS c1, CAST(r.c2 AS VARCHAR(65535)) AS c2
//!     FROM (SELECT name, at, lower(name) AS k1 FROM t ORDER BY lower(name), at LIMIT 9) AS r (c1, c2, k1)
//!     ORDER BY r.k1, r.c2') TO ... FORMAT AS PARQUET PARALLEL OFF
//! ```
//!
//! UNLOAD takes no LIMIT, Parquet no two columns of one name, so that the query becomes a table of its own. A table has no
//! order: the outer query sorts again, by columns of the result, or by such that are added for that. Files in order are
//! written one after the other. Types that Parquet does not have are written as text.
//!
//! Source: developer guide, "UNLOAD", "Usage notes" and "FORMAT AS PARQUET".

use blueshift_emulator::ResultColumn;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{
        Expr, ExprKind, FromItem, GroupBy, IamRole, Literal, OrderByItem, Query, QueryBody, Select, SelectItem,
        Statement, TableAlias, Unload, UnloadFormat, UnloadOption,
    },
    names::{Ident, ObjectName},
    parse_expression,
};

/// The table that the query becomes.
const TABLE: &str = "r";

/// The UNLOAD of a query with these columns into a folder.
///
/// # Errors
/// 0A000 where its order or a type cannot be kept.
pub fn unload(
    query: &Query,
    columns: &[ResultColumn],
    folder: &str,
    (role, region): (&IamRole, Option<&str>),
) -> Result<Statement> {
    let (inner, keys) = with_keys(query, columns)?;
    let ordered = !keys.order.is_empty();
    let query = outer(inner, columns, keys)?;
    let mut options = vec![
        UnloadOption::IamRole(role.clone()),
        UnloadOption::Format(UnloadFormat::Parquet),
        UnloadOption::Parallel(!ordered),
    ];
    options.extend(region.map(|region| UnloadOption::Region(region.to_string())));
    Ok(Statement::Unload(Box::new(Unload {
        query_text: query.to_string(),
        query: Box::new(query),
        query_pos: 0,
        target: folder.to_string(),
        option_positions: vec![0; options.len()],
        options,
    })))
}

/// How the outer query sorts.
struct Keys {
    order: Vec<OrderByItem>,
    /// How many columns were added to sort by.
    added: usize,
}

/// The query with columns added that its order needs.
fn with_keys(query: &Query, columns: &[ResultColumn]) -> Result<(Query, Keys)> {
    let mut inner = query.clone();
    let (mut order, mut added) = (Vec::new(), Vec::new());
    for item in &query.order_by {
        let name = match place(query, &item.expr, columns) {
            Some(index) => column_name(index),
            None => {
                added.push(SelectItem { expr: item.expr.clone(), alias: Some(Ident::new(key_name(added.len()))) });
                key_name(added.len() - 1)
            }
        };
        order.push(OrderByItem { expr: column(&name), ..item.clone() });
    }
    let keys = Keys { order, added: added.len() };
    if keys.added > 0 {
        match &mut inner.body {
            QueryBody::Select(select) if !select.distinct && select.group_by != GroupBy::All => {
                select.items.extend(added)
            }
            _ => {
                return Err(Error::unsupported(
                    "a result that is too large for the Data API cannot be unloaded in this order: order it by its columns",
                ));
            }
        }
    }
    let is_limited = query.limit.is_some()
        || query.offset.is_some()
        || matches!(&query.body, QueryBody::Select(select) if select.top.is_some());
    if !is_limited {
        inner.order_by.clear();
    }
    Ok((inner, keys))
}

/// The column of the result that an expression of ORDER BY is.
fn place(query: &Query, expr: &Expr, columns: &[ResultColumn]) -> Option<usize> {
    match &expr.kind {
        ExprKind::Literal(Literal::Integer(ordinal)) => {
            return ordinal.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < columns.len());
        }
        // A name is the result's before it is a table's.
        ExprKind::Column(ObjectName(parts)) if parts.len() == 1 => {
            let is_it = |column: &ResultColumn| column.name.eq_ignore_ascii_case(&parts[0].value);
            let mut found = (0..columns.len()).filter(|index| is_it(&columns[*index]));
            if let (Some(index), None) = (found.next(), found.next()) {
                return Some(index);
            }
        }
        _ => {}
    }
    let QueryBody::Select(select) = &query.body else { return None };
    let Select { items, exclude, .. } = select.as_ref();
    // Behind `*` nobody knows here which column an item is.
    let counted = items.iter().take_while(|item| !matches!(item.expr.kind, ExprKind::Wildcard { .. }));
    counted.take(if exclude.is_empty() { usize::MAX } else { 0 }).position(|item| item.expr == *expr)
}

fn outer(mut inner: Query, columns: &[ResultColumn], keys: Keys) -> Result<Query> {
    let with = inner.with.take();
    let names = (0..columns.len()).map(column_name).chain((0..keys.added).map(key_name));
    let alias = TableAlias { name: Ident::new(TABLE), columns: names.map(|name| (Ident::new(name), None)).collect() };
    let items = columns.iter().enumerate().map(|(index, column)| {
        let name = column_name(index);
        Ok(SelectItem { expr: written(column, &name)?, alias: Some(Ident::new(name)) })
    });
    let from = vec![FromItem::Query { query: Box::new(inner), alias: Some(alias), pos: 0 }];
    let select = Select { items: items.collect::<Result<_>>()?, from, ..Select::empty(0) };
    Ok(Query { with, body: QueryBody::Select(Box::new(select)), order_by: keys.order, limit: None, offset: None })
}

fn column_name(index: usize) -> String {
    format!("c{}", index + 1)
}

fn key_name(index: usize) -> String {
    format!("k{}", index + 1)
}

fn column(name: &str) -> Expr {
    Expr { kind: ExprKind::Column(ObjectName(vec![Ident::new(TABLE), Ident::new(name)])), pos: 0 }
}

/// A column as it is written into the file.
fn written(result: &ResultColumn, name: &str) -> Result<Expr> {
    let call = match form(result.ty) {
        Form::Parquet => return Ok(column(name)),
        Form::Text => format!("CAST({TABLE}.{name} AS varchar(65535))"),
        Form::Hex => format!("to_hex({TABLE}.{name})"),
        Form::HexEwkb => format!("st_ashexewkb({TABLE}.{name})"),
        Form::None => {
            let message = format!(
                "column \"{}\" of type {} cannot be unloaded, and the result is too large for the Data API",
                result.name, result.ty
            );
            return Err(Error::unsupported(message));
        }
    };
    parse_expression(&call)
}

/// How a type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As what it is.
    Parquet,
    /// As the text that the Data API would give.
    Text,
    /// As hexadecimal digits.
    Hex,
    HexEwkb,
    /// Not at all.
    None,
}

/// How a type is written.
pub(super) fn form(ty: RedshiftType) -> Form {
    use RedshiftType::*;
    match ty {
        Bool
        | Int2
        | Int4
        | Int8
        | Float4
        | Float8
        | Numeric { .. }
        | Char(_)
        | Varchar(_)
        | Text
        | Date
        | Timestamp
        | TimestampTz
        | Super => Form::Parquet,
        Time
        | TimeTz
        | IntervalYearToMonth(_)
        | IntervalDayToSecond(_)
        | Interval
        | Oid
        | Name
        | InternalChar
        | AbsTime
        | RegProc
        | RegProcedure
        | RegClass
        | RegType
        | AclItem
        | CString
        | Unknown => Form::Text,
        Varbyte(_) => Form::Hex,
        Geometry | Geography => Form::HexEwkb,
        HllSketch | Int2Vector | OidVector | Int2Array | Int4Array | OidArray | TextArray | InternalCharArray
        | AclItemArray => Form::None,
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    fn unloaded(sql: &str, types: &[(&str, RedshiftType)]) -> Result<String> {
        let Statement::Query(query) = &parse(sql).unwrap()[0].statement else { panic!("no query") };
        let columns: Vec<_> = types.iter().map(|(name, ty)| ResultColumn::computed(*name, *ty)).collect();
        let statement = unload(query, &columns, "s3://b/p/", (&IamRole::Default, None))?;
        // What is printed is what was meant.
        assert_eq!(parse(&statement.to_string()).unwrap()[0].statement, statement);
        let Statement::Unload(unload) = statement else { panic!("no UNLOAD") };
        let ordered = unload.options.contains(&UnloadOption::Parallel(false));
        Ok(format!("{}{}", unload.query_text, if ordered { " -- in order" } else { "" }))
    }

    const AB: [(&str, RedshiftType); 2] = [("a", RedshiftType::Int4), ("b", RedshiftType::TimeTz)];

    #[test]
    fn a_query_becomes_a_table() {
        assert_eq!(
            unloaded("select a, b from t", &AB).unwrap(),
            "SELECT r.c1 AS c1, r.c2::character varying(65535) AS c2 FROM (SELECT a, b FROM t) AS r (c1, c2)"
        );
    }

    #[test]
    fn the_order_is_kept_by_columns_of_the_result() {
        let text = unloaded("select a, b from t order by 2 desc nulls last, A", &AB).unwrap();
        assert!(
            text.ends_with("FROM (SELECT a, b FROM t) AS r (c1, c2) ORDER BY r.c2 DESC NULLS LAST, r.c1 -- in order")
        );
        let text = unloaded("select a, b from t union all select a, b from u order by a", &AB).unwrap();
        assert!(text.ends_with(" ORDER BY r.c1 -- in order"), "{text}");
        let text = unloaded("select distinct a + 1, b from t order by a + 1", &AB).unwrap();
        assert!(text.ends_with(" ORDER BY r.c1 -- in order"), "{text}");
    }

    #[test]
    fn the_order_is_kept_by_columns_that_are_added() {
        let text = unloaded("select a, b from t order by c + 1, b limit 5", &AB).unwrap();
        assert!(
            text.ends_with(
                "FROM (SELECT a, b, c + 1 AS k1 FROM t ORDER BY c + 1, b LIMIT 5) AS r (c1, c2, k1) \
                 ORDER BY r.k1, r.c2 -- in order"
            ),
            "{text}"
        );
        // Behind a star nobody knows which column an item is.
        let text = unloaded("select *, b from t order by lower(b)", &AB).unwrap();
        assert!(text.contains("lower(b) AS k1"), "{text}");
        for sql in [
            "select a, b from t union select a, b from u order by a + 1",
            "select distinct a, b from t order by c",
            "select a, b, count(*) from t group by all order by c",
        ] {
            assert!(unloaded(sql, &AB).is_err(), "{sql}");
        }
    }

    #[test]
    fn common_table_expressions_stay_outside() {
        let text = unloaded("with x as (select 'it''s \\\\' a, b from t) select * from x limit 3", &AB).unwrap();
        assert!(text.starts_with("WITH x AS (SELECT 'it''s \\\\' AS a, b FROM t) SELECT r.c1"), "{text}");
        assert!(text.ends_with("FROM (SELECT * FROM x LIMIT 3) AS r (c1, c2)"), "{text}");
    }

    #[test]
    fn types_without_a_form_are_refused() {
        let sketch = [("s", RedshiftType::HllSketch)];
        assert!(
            unloaded("select s from t", &sketch).unwrap_err().message().starts_with("column \"s\" of type hllsketch")
        );
        let bytes = [("v", RedshiftType::Varbyte(9)), ("g", RedshiftType::Geometry)];
        let text = unloaded("select v, g from t", &bytes).unwrap();
        assert!(text.starts_with("SELECT to_hex(r.c1) AS c1, st_ashexewkb(r.c2) AS c2"), "{text}");
    }
}
