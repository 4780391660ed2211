//! SELECT and its clauses.

use redshift_sql_dialect::ast::{
    ExprKind, FrameBound, FromItem, GroupBy, GroupingItem, JoinConstraint, JoinKind, Literal, QueryBody, Select,
    SetOperator, Statement,
};

use crate::support::{assert_syntax_error, name, object, query, statement};

#[track_caller]
fn select(sql: &str) -> Select {
    match query(sql).body {
        QueryBody::Select(select) => *select,
        other => panic!("{sql}: {other:?}"),
    }
}

#[track_caller]
fn from(sql: &str) -> Vec<FromItem> {
    select(&format!("select * from {sql}")).from
}

#[test]
fn the_clauses_have_their_places() {
    let all = query(
        "WITH RECURSIVE a (x) AS (SELECT 1), b AS (SELECT 2) \
         SELECT DISTINCT x y, t.* FROM a t WHERE x > 1 GROUP BY 1 HAVING count(*) > 1 QUALIFY rank() OVER w = 1 \
         ORDER BY y DESC NULLS LAST, 1 LIMIT 10 OFFSET 5",
    );
    let with = all.with.unwrap();
    assert!(with.recursive);
    assert_eq!(with.ctes[0].columns, [name("x")]);
    assert!(all.order_by[0].descending && all.order_by[0].nulls_first == Some(false));
    assert!(!all.order_by[1].descending && all.order_by[1].nulls_first.is_none());
    assert!(all.limit.is_some() && all.offset.is_some());
    let QueryBody::Select(select) = all.body else { panic!("no select") };
    assert!(select.distinct && select.selection.is_some() && select.having.is_some() && select.qualify.is_some());
    assert_eq!(select.items[0].alias, Some(name("y")));
    assert_eq!(select.items[1].expr.kind, ExprKind::Wildcard { qualifier: Some(object("t")), exclude: vec![] });
}

#[test]
fn limit_and_offset_in_either_order() {
    assert_eq!(query("select 1 offset 5 limit 10"), query("select 1 limit 10 offset 5"));
    assert_eq!(query("select 1 limit all"), query("select 1"));
}

#[test]
fn top() {
    let top = |sql: &str| select(sql).top.map(|expr| expr.to_string());
    assert_eq!(top("select top 10 * from t"), Some("10".into()));
    assert_eq!(top("select top (5) a from t"), Some("5".into()));
    assert_eq!(top("select top $1 a from t"), Some("$1".into()));
    let both = select("select top 10 distinct a from t");
    assert!(both.distinct && both.top.is_some());
    assert_eq!(both, select("select distinct top 10 a from t"));
}

#[test]
fn aliases_need_no_as_unless_reserved() {
    let aliases = |sql: &str| -> Vec<Option<String>> {
        select(sql).items.into_iter().map(|item| item.alias.map(|alias| alias.value)).collect()
    };
    assert_eq!(aliases("select 1 a, 2 as b, 3"), [Some("a".into()), Some("b".into()), None]);
    assert_eq!(aliases("select 1 as order, 2 \"Order\""), [Some("order".into()), Some("Order".into())]);
    // No clause is taken for an alias.
    assert_eq!(aliases("select a from t limit 1"), [None]);
    assert_syntax_error("select 1 order, 2", ",");
}

/// Developer guide, "EXCLUDE column_list": with or without parentheses, behind the whole list.
#[test]
fn exclude() {
    let excluded = [name("a"), name("b")];
    assert_eq!(select("select * exclude a, b from t").exclude, excluded);
    assert_eq!(select("select * exclude (a, b) from t").exclude, excluded);
    assert_eq!(select("select t.*, 1 as x exclude (a, b) from t").exclude, excluded);
    assert_eq!(select("select 1 exclude from t").items[0].alias, Some(name("exclude")));
}

/// Developer guide, "QUALIFY clause": directly behind FROM the relation must have an alias.
#[test]
fn qualify_behind_from_needs_an_alias() {
    assert!(select("select * from t ss qualify row_number() over (order by a) = 1").qualify.is_some());
    assert!(select("select * from t where a qualify row_number() over (order by a) = 1").qualify.is_some());
    assert_syntax_error("select * from t qualify row_number() over (order by a) = 1", "row_number");
}

#[test]
fn group_by() {
    let items = |sql: &str| match select(sql).group_by {
        GroupBy::Items(items) => items,
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(select("select a group by all").group_by, GroupBy::All);
    assert!(matches!(items("select 1 group by a, (b, c)")[..], [GroupingItem::Expr(_), GroupingItem::Expr(_)]));
    let lengths = |elements: &Vec<Vec<_>>| elements.iter().map(Vec::len).collect::<Vec<_>>();
    match &items("select 1 group by x, rollup (a, (b, c))")[1] {
        GroupingItem::Rollup(elements) => assert_eq!(lengths(elements), [1, 2]),
        other => panic!("{other:?}"),
    }
    assert!(matches!(items("select 1 group by cube(a, b)")[..], [GroupingItem::Cube(_)]));
    match &items("select 1 group by grouping sets ((a, b), a, ())")[0] {
        GroupingItem::GroupingSets(elements) => assert_eq!(lengths(elements), [2, 1, 0]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn set_operations() {
    let QueryBody::SetOperation { op, all, left, right, pos } =
        query("select 1 union all select 2 intersect select 3").body
    else {
        panic!("no set operation")
    };
    assert_eq!((op, all, pos), (SetOperator::Union, true, 9));
    assert!(matches!(*left, QueryBody::Select(_)));
    assert!(matches!(*right, QueryBody::SetOperation { op: SetOperator::Intersect, all: false, .. }));
    assert_eq!(query("select 1 minus select 2"), query("select 1 except select 2"));
    assert_eq!(query("select 1 union distinct select 2"), query("select 1 union select 2"));
    // EXCEPT groups to the left.
    let QueryBody::SetOperation { left, .. } = query("select 1 except select 2 except select 3").body else { panic!() };
    assert!(matches!(*left, QueryBody::SetOperation { .. }));
    let nested = query("(select 1 limit 1) union (select 2 order by 1) order by 1");
    assert_eq!(nested.order_by.len(), 1);
    let QueryBody::SetOperation { left, .. } = nested.body else { panic!() };
    assert!(matches!(*left, QueryBody::Nested(query) if query.limit.is_some()));
}

#[test]
fn tables() {
    let [FromItem::Table { name: table, alias, at: None }] = &from("db.s.t as a (b, c)")[..] else { panic!() };
    assert_eq!(*table, object("db.s.t"));
    let alias = alias.clone().unwrap();
    assert_eq!((alias.name, alias.columns), (name("a"), vec![(name("b"), None), (name("c"), None)]));
    assert!(matches!(&from("(select 1)")[..], [FromItem::Query { alias: None, pos: 14, .. }]));
    assert!(matches!(&from("(select 1) x")[..], [FromItem::Query { alias: Some(_), .. }]));
    assert!(matches!(&from("((select 1) union (select 2)) x")[..], [FromItem::Query { .. }]));
    assert!(matches!(&from("((select 1) x join t on true)")[..], [FromItem::Join(_)]));
    assert!(matches!(&from("generate_series(1, 5) as g(n)")[..], [FromItem::Function { .. }]));
    let [FromItem::Function { alias: Some(alias), .. }] = &from("f() as x (a int, b text)")[..] else { panic!() };
    assert!(alias.columns[1].1.is_some());
    // Developer guide, "Querying semistructured data".
    let [_, FromItem::Table { name: path, at: Some(index), .. }] = &from("c, c.c_orders as o at i")[..] else {
        panic!()
    };
    assert_eq!((path, index), (&object("c.c_orders"), &name("i")));
    assert!(matches!(
        &from("c, unpivot c.c_orders[0] as val at attr")[..],
        [_, FromItem::UnpivotObject { attribute: Some(_), .. }]
    ));
}

#[test]
fn joins() {
    let kinds = [
        ("a join b on x", JoinKind::Inner),
        ("a inner join b on x", JoinKind::Inner),
        ("a left join b on x", JoinKind::Left),
        ("a left outer join b on x", JoinKind::Left),
        ("a right join b on x", JoinKind::Right),
        ("a full outer join b on x", JoinKind::Full),
        ("a cross join b", JoinKind::Cross),
        ("a natural left join b", JoinKind::Left),
    ];
    for (sql, kind) in kinds {
        match &from(sql)[..] {
            [FromItem::Join(join)] => assert_eq!(join.kind, kind, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    let [FromItem::Join(using)] = &from("a left join b using (c, d)")[..] else { panic!() };
    assert_eq!(using.constraint, JoinConstraint::Using(vec![name("c"), name("d")]));
    // To the left, unless the condition comes later.
    let [FromItem::Join(chain)] = &from("a join b on x join c on y")[..] else { panic!() };
    assert!(matches!(chain.left, FromItem::Join(_)));
    let [FromItem::Join(late)] = &from("a join b join c on x on y")[..] else { panic!() };
    assert!(matches!(late.right, FromItem::Join(_)));
    let [FromItem::Join(named)] = &from("(a join b on x) as j")[..] else { panic!() };
    assert_eq!(named.alias.as_ref().unwrap().name, name("j"));
    assert_syntax_error("select * from a join b where c", "where");
}

/// Developer guide, "PIVOT and UNPIVOT examples".
#[test]
fn pivot_and_unpivot() {
    let [FromItem::Pivot(pivot)] =
        &from("(select a, p from t) pivot (avg(p) as m, count(*) for a in ('x' as x1, 'y')) as q")[..]
    else {
        panic!()
    };
    assert_eq!((pivot.aggregates.len(), pivot.column.clone(), pivot.values.len()), (2, name("a"), 2));
    assert_eq!(pivot.values[0].alias, Some(name("x1")));
    let [FromItem::Unpivot(unpivot)] =
        &from("(select * from t) unpivot include nulls (cnt for color in (red as r, green as 'g', blue))")[..]
    else {
        panic!()
    };
    assert!(unpivot.include_nulls);
    let values: Vec<_> =
        unpivot.columns.iter().map(|(_, value)| value.as_ref().map(|value| value.kind.clone())).collect();
    let string = |text: &str| Some(ExprKind::Literal(Literal::String(text.into())));
    assert_eq!(values, [string("r"), string("g"), None]);
}

/// Developer guide, "CONNECT BY clause".
#[test]
fn hierarchies() {
    let root =
        select("select id, level from t start with name = 'John' connect by prior id = manager_id and level < 3");
    let connect_by = root.connect_by.unwrap();
    assert!(connect_by.start_with.is_some());
    assert_eq!(connect_by.condition.to_string(), "PRIOR id = manager_id AND level < 3");
    // Elsewhere PRIOR is a name.
    assert!(select("select prior from t").connect_by.is_none());
}

#[test]
fn windows() {
    let window = |sql: &str| match select(&format!("select f() over {sql} from t w")).items.remove(0).expr.kind {
        ExprKind::Function(call) => call.over.unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(window("w").base, Some(name("w")));
    let full = window("(partition by a, b order by c desc rows between unbounded preceding and 1 + 1 following)");
    assert_eq!((full.partition_by.len(), full.order_by.len()), (2, 1));
    let frame = full.frame.unwrap();
    assert_eq!(frame.start, FrameBound::UnboundedPreceding);
    assert!(matches!(frame.end, FrameBound::Following(_)));
    assert_eq!(window("(order by a rows unbounded preceding)").frame.unwrap().end, FrameBound::CurrentRow);
    let named = select("select sum(a) over (w order by b) from t x window w as (partition by c), v as (w)");
    assert_eq!(named.windows.len(), 2);
}

/// Developer guide, "SELECT INTO".
#[test]
fn select_into_makes_a_table() {
    let into = |sql: &str| match statement(sql) {
        Statement::CreateTableAs(create) => *create,
        other => panic!("{sql}: {other:?}"),
    };
    let plain = into("select * into s.n from t where a = 1");
    assert_eq!((plain.name, plain.temporary, plain.select_into), (object("s.n"), false, true));
    assert!(into("select a into temp table n from t").temporary);
    assert!(into("select a into #n from t").temporary);
    assert!(into("with x as (select 1) select a into n from x").query.with.is_some());
    assert!(!into("select a into n from t union select 2").temporary);
    assert_syntax_error("select * from (select 1 into x) y", "into");
    assert_syntax_error("select 1 union select 2 into x", "into");
    assert_syntax_error("create view v as select 1 into x", "into");
}
