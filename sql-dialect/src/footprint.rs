//! What a statement touches: the relations, schemas, routines, settings and places outside that it names, wherever in it.
//!
//! ```
//! use redshift_sql_dialect::{footprint::Footprint, parse, visit::Use};
//!
//! let parsed = parse("insert into totals with r as (select * from sales.orders) select count(*) from r").unwrap();
//! let footprint = Footprint::of(&parsed[0].statement);
//! let named: Vec<_> = footprint.relations.iter().map(|(name, usage)| (name.to_string(), *usage)).collect();
//! assert_eq!(named, [("totals".to_string(), Use::Write), ("sales.orders".to_string(), Use::Read)]);
//! ```
//!
//! Names of common table expressions are no relations. A name of several parts in FROM may be, in PartiQL, a path over an
//! earlier item; that is known only in the warehouse, so that here it is a relation: who decides about rights is on the safe
//! side. What EXPLAIN explains is only read.

use crate::{
    ast::{Delete, ExprKind, FunctionCall, Literal, Query, Set, Statement, Update},
    names::{Ident, ObjectName},
    visit::{Direction, Opaque, RoutineUse, Use, Visitor, walk_statement},
};

/// What a statement touches. Each name once for each use, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Footprint {
    /// Tables and views.
    pub relations: Vec<(ObjectName, Use)>,
    /// Schemas that are what the statement is about.
    pub schemas: Vec<(Ident, Use)>,
    /// Functions and procedures outside of expressions.
    pub routines: Vec<(ObjectName, RoutineUse)>,
    /// Places outside of the warehouse.
    pub locations: Vec<(String, Direction)>,
    /// Settings that it changes, in lower case, by SET, RESET or set_config; none is one whose name is known only when the
    /// statement runs.
    pub settings: Vec<Option<String>>,
    /// Parts that cannot be looked into.
    pub opaque: Vec<Opaque>,
    /// UPDATE and DELETE without WHERE: which command, and of which table.
    pub unconditional: Vec<(&'static str, ObjectName)>,
    /// The commands inside of it, itself first: those that PREPARE, CREATE SCHEMA and bodies of procedures hold. What is only
    /// explained does not count.
    pub commands: Vec<&'static str>,
}

impl Footprint {
    /// The footprint of a statement.
    pub fn of(statement: &Statement) -> Footprint {
        let mut collector = Collector::default();
        collector.visit_statement(statement);
        collector.footprint
    }
}

#[derive(Default)]
struct Collector {
    footprint: Footprint,
    /// Common table expressions, innermost last.
    ctes: Vec<String>,
    /// How many there were where each open scope began.
    scopes: Vec<usize>,
    /// Inside of EXPLAIN?
    explaining: bool,
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Visitor for Collector {
    fn visit_statement(&mut self, statement: &Statement) {
        let outside = self.explaining;
        if !outside {
            add(&mut self.footprint.commands, statement.command_name());
        }
        match statement {
            Statement::Explain(_) => self.explaining = true,
            Statement::Update(Update { table, selection: None, .. }) if !self.explaining => {
                add(&mut self.footprint.unconditional, ("UPDATE", table.clone()));
            }
            Statement::Delete(Delete { table, selection: None, .. }) if !self.explaining => {
                add(&mut self.footprint.unconditional, ("DELETE", table.clone()));
            }
            Statement::Set(set) => add(&mut self.footprint.settings, Some(setting(set))),
            Statement::Reset(crate::ast::Reset::Parameter(name)) => {
                add(&mut self.footprint.settings, Some(name.clone()));
            }
            Statement::Reset(_) => add(&mut self.footprint.settings, None),
            _ => {}
        }
        // A statement in the body of a procedure sees no names of what is around it.
        let ctes = std::mem::take(&mut self.ctes);
        walk_statement(self, statement);
        self.ctes = ctes;
        self.explaining = outside;
    }

    fn visit_query(&mut self, query: &Query) {
        crate::visit::walk_query(self, query);
    }

    fn visit_call(&mut self, call: &FunctionCall) {
        if call.name.object().value.eq_ignore_ascii_case("set_config") {
            let name = match call.args.first().map(|arg| &arg.kind) {
                Some(ExprKind::Literal(Literal::String(name))) => Some(name.to_ascii_lowercase()),
                _ => None,
            };
            add(&mut self.footprint.settings, name);
        }
    }

    fn visit_relation(&mut self, name: &ObjectName, usage: Use) {
        let is_cte = || matches!(name.0.as_slice(), [only] if self.ctes.contains(&only.value));
        if usage == Use::Read && is_cte() {
            return;
        }
        let usage = if self.explaining && usage != Use::Mention { Use::Read } else { usage };
        add(&mut self.footprint.relations, (name.clone(), usage));
    }

    fn visit_routine(&mut self, name: &ObjectName, usage: RoutineUse) {
        add(&mut self.footprint.routines, (name.clone(), usage));
    }

    fn visit_schema(&mut self, name: &Ident, usage: Use) {
        add(&mut self.footprint.schemas, (name.clone(), usage));
    }

    fn visit_location(&mut self, location: &str, direction: Direction) {
        if !self.explaining {
            add(&mut self.footprint.locations, (location.to_string(), direction));
        }
    }

    fn visit_opaque(&mut self, why: Opaque) {
        add(&mut self.footprint.opaque, why);
    }

    fn enter_scope(&mut self) {
        self.scopes.push(self.ctes.len());
    }

    fn define_cte(&mut self, name: &Ident) {
        self.ctes.push(name.value.clone());
    }

    fn leave_scope(&mut self) {
        self.ctes.truncate(self.scopes.pop().unwrap_or_default());
    }
}

/// The setting that SET changes.
fn setting(set: &Set) -> String {
    match set {
        Set::Parameter { local: _, name, value: _ } => name.to_ascii_lowercase(),
        Set::TimeZone { .. } => "timezone".to_string(),
        Set::SessionAuthorization { .. } => "session_authorization".to_string(),
        Set::Transaction(_) | Set::SessionCharacteristics(_) => "transaction_isolation".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn footprint(sql: &str) -> Footprint {
        let parsed = parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        Footprint::of(&parsed[0].statement)
    }

    /// The relations as `use name`.
    fn relations(sql: &str) -> Vec<String> {
        let words = |usage| match usage {
            Use::Read => "read",
            Use::Write => "write",
            Use::Define => "define",
            Use::Mention => "mention",
        };
        let footprint = footprint(sql);
        footprint.relations.iter().map(|(name, usage)| format!("{} {name}", words(*usage))).collect()
    }

    #[test]
    fn tables_are_found_wherever_a_query_can_stand() {
        let cases: [(&str, &[&str]); 12] = [
            ("select * from a, b.c join d on exists (select 1 from e)", &["read a", "read b.c", "read d", "read e"]),
            ("select (select max(x) from a) from b where x in (select y from c)", &["read b", "read a", "read c"]),
            ("select 1 from (select * from (select * from a) i) o", &["read a"]),
            ("select * from a union all (select * from b) except select * from c", &["read a", "read b", "read c"]),
            (
                "select case when x = any (select y from a) then 1 end from b order by (select 1 from c)",
                &["read b", "read a", "read c"],
            ),
            ("select sum(x) over (partition by (select 1 from a)) from b limit 1", &["read b", "read a"]),
            ("select * from a pivot (count(*) for x in (1, 2)) p", &["read a"]),
            ("select x from a group by x having count(*) > (select n from b) ", &["read a", "read b"]),
            (
                "select x from a where true qualify row_number() over (order by (select 1 from b)) = 1",
                &["read a", "read b"],
            ),
            ("select f((select x from a), array(select y from b))", &["read a", "read b"]),
            ("select * from o.t as v, v.items as i", &["read o.t", "read v.items"]),
            ("select top 1 x from db.s.a where (x, y) not in (select 1, 2 from b)", &["read db.s.a", "read b"]),
        ];
        for (sql, expected) in cases {
            assert_eq!(relations(sql), expected, "{sql}");
        }
    }

    #[test]
    fn common_table_expressions_are_no_tables() {
        assert_eq!(relations("with a as (select * from b) select * from a, c"), ["read b", "read c"]);
        // Without RECURSIVE a query does not see its own name, nor what comes later, nor what is inside of another.
        assert_eq!(relations("with a as (select * from a) select * from a"), ["read a"]);
        assert_eq!(relations("with a as (select * from b), b as (select 1) select * from b"), ["read b"]);
        assert_eq!(relations("select * from (with a as (select 1) select * from a) x, a"), ["read a"]);
        assert_eq!(
            relations("with recursive a(n) as (select 1 union all select n + 1 from a where n < 3) select * from a"),
            Vec::<String>::new()
        );
        // A name with a schema is never one of WITH; neither is what is written to.
        assert_eq!(relations("with a as (select 1) select * from s.a"), ["read s.a"]);
        assert_eq!(relations("with a as (select 1) delete from a using a x where true"), ["write a"]);
    }

    #[test]
    fn what_is_written_is_told_from_what_is_read() {
        let cases: [(&str, &[&str]); 14] = [
            ("insert into a select * from b", &["write a", "read b"]),
            ("insert into a select * from a", &["write a", "read a"]),
            ("update a set x = (select 1 from c) from b where a.y = b.y", &["write a", "read b", "read c"]),
            ("delete from a using b where x in (select 1 from c)", &["write a", "read b", "read c"]),
            ("truncate a", &["write a"]),
            (
                "merge into a using b on a.x = b.x when matched then delete when not matched then insert values (1)",
                &["write a", "read b"],
            ),
            ("copy a from 's3://b/k' iam_role default", &["write a"]),
            ("create table a as select * from b", &["define a", "read b"]),
            ("select * into a from b", &["define a", "read b"]),
            ("create view a as select * from b", &["define a", "read b"]),
            ("create table a (like b, x int references c)", &["define a", "mention b", "mention c"]),
            ("alter table a append from b", &["define a", "read b", "write b", "write a"]),
            ("alter table s.a rename to b", &["define s.a", "define s.b"]),
            ("grant select on a, b to u", &["define a", "define b"]),
        ];
        for (sql, expected) in cases {
            assert_eq!(relations(sql), expected, "{sql}");
        }
        assert_eq!(relations("explain delete from a"), ["read a"]);
        assert_eq!(relations("unload ('select * from a') to 's3://b/' iam_role default"), ["read a"]);
        assert_eq!(relations("declare c cursor for select * from a"), ["read a"]);
        assert_eq!(relations("prepare p as delete from a"), ["write a"]);
    }

    #[test]
    fn places_outside_are_told_with_their_direction() {
        let copy = footprint("copy a from 's3://in/k' iam_role default");
        assert_eq!(copy.locations, [("s3://in/k".to_string(), Direction::In)]);
        let unload = footprint("unload ('select 1') to 's3://out/' iam_role default");
        assert_eq!(unload.locations, [("s3://out/".to_string(), Direction::Out)]);
    }

    #[test]
    fn bodies_of_procedures_are_looked_into() {
        let footprint = footprint(
            "create procedure p() as $$ begin delete from a; insert into b select * from c; end $$ language plpgsql",
        );
        let named: Vec<_> = footprint.relations.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(named, ["a", "b", "c"]);
        assert_eq!(footprint.unconditional.len(), 1);
        assert_eq!(footprint.commands, ["CREATE PROCEDURE", "DELETE", "INSERT"]);
        assert_eq!(footprint.opaque, []);
    }

    #[test]
    fn what_cannot_be_looked_into_is_said() {
        let opaque = |sql: &str| footprint(sql).opaque;
        assert_eq!(opaque("call p(1)"), [Opaque::Call]);
        let dynamic = "create procedure p() as $$ begin execute 'drop table a'; end $$ language plpgsql";
        assert_eq!(opaque(dynamic), [Opaque::DynamicSql]);
        assert_eq!(opaque("create procedure p() as $$ nonsense $$ language plpgsql"), [Opaque::Body]);
    }

    #[test]
    fn settings_and_missing_conditions_are_noted() {
        assert_eq!(footprint("set search_path to a, b").settings, [Some("search_path".to_string())]);
        assert_eq!(footprint("reset all").settings, [None]);
        let call = footprint("select set_config('search_path', 'a', false)");
        assert_eq!(call.settings, [Some("search_path".to_string())]);
        assert_eq!(footprint("select set_config('search' || '_path', 'a', false)").settings, [None]);
        assert_eq!(footprint("update a set x = 1").unconditional[0].0, "UPDATE");
        assert_eq!(footprint("update a set x = 1 where y = 2").unconditional, []);
        assert_eq!(footprint("explain delete from a").unconditional, []);
    }
}
