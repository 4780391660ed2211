//! SELECT and its clauses.

use super::{Expr, NullTreatment};
use crate::{
    error::Pos,
    names::{Ident, ObjectName},
};

/// `[WITH ...] body [ORDER BY ...] [LIMIT ...] [OFFSET ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `WITH`
    pub with: Option<With>,
    /// SELECT or a set operation.
    pub body: QueryBody,
    /// `ORDER BY`
    pub order_by: Vec<OrderByItem>,
    /// `LIMIT`; `LIMIT ALL` is none.
    pub limit: Option<Expr>,
    /// `OFFSET`
    pub offset: Option<Expr>,
}

/// `WITH [RECURSIVE] name [(columns)] AS (query), ...`
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// RECURSIVE?
    pub recursive: bool,
    /// The common table expressions.
    pub ctes: Vec<Cte>,
}

/// A common table expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    /// Its name.
    pub name: Ident,
    /// Names for its columns.
    pub columns: Vec<Ident>,
    /// What it is.
    pub query: Box<Query>,
}

/// What a query is made of.
#[derive(Debug, Clone)]
pub enum QueryBody {
    /// SELECT
    Select(Box<Select>),
    /// `left UNION | INTERSECT | EXCEPT [ALL] right`
    SetOperation {
        /// Which one; MINUS is EXCEPT.
        op: SetOperator,
        /// ALL?
        all: bool,
        /// The left side.
        left: Box<QueryBody>,
        /// The right side.
        right: Box<QueryBody>,
        /// Where the operator stands.
        pos: Pos,
    },
    /// A query in parentheses.
    Nested(Box<Query>),
    /// `VALUES (...), ...`: in INSERT only.
    Values(Vec<Vec<Expr>>),
}

/// The set operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

/// A SELECT without its ORDER BY and LIMIT.
#[derive(Debug, Clone)]
pub struct Select {
    /// `TOP n`
    pub top: Option<Expr>,
    /// DISTINCT?
    pub distinct: bool,
    /// The select list.
    pub items: Vec<SelectItem>,
    /// `* EXCLUDE (a, b)` or `EXCLUDE a` behind the whole list.
    pub exclude: Vec<Ident>,
    /// `FROM`, items separated by commas.
    pub from: Vec<FromItem>,
    /// `WHERE`
    pub selection: Option<Expr>,
    /// `START WITH ... CONNECT BY ...`
    pub connect_by: Option<ConnectBy>,
    /// `GROUP BY`
    pub group_by: GroupBy,
    /// `HAVING`
    pub having: Option<Expr>,
    /// `QUALIFY`
    pub qualify: Option<Expr>,
    /// `WINDOW name AS (...)`
    pub windows: Vec<(Ident, WindowSpec)>,
    /// Where SELECT stands.
    pub pos: Pos,
}

impl Select {
    /// A SELECT that stands here and says nothing yet.
    pub fn empty(pos: Pos) -> Self {
        Select {
            top: None,
            distinct: false,
            items: Vec::new(),
            exclude: Vec::new(),
            from: Vec::new(),
            selection: None,
            connect_by: None,
            group_by: GroupBy::None,
            having: None,
            qualify: None,
            windows: Vec::new(),
            pos,
        }
    }
}

/// An item of the select list.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectItem {
    /// The expression; `*` and `t.*` are [`super::ExprKind::Wildcard`].
    pub expr: Expr,
    /// `[AS] alias`
    pub alias: Option<Ident>,
}

/// `[START WITH cond] CONNECT BY [NOCYCLE] cond`
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectBy {
    /// Which rows are roots.
    pub start_with: Option<Expr>,
    /// How a row relates to its parent.
    pub condition: Expr,
}

/// GROUP BY in its forms.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupBy {
    /// None.
    None,
    /// `GROUP BY ALL`
    All,
    /// A list.
    Items(Vec<GroupingItem>),
}

/// An item of GROUP BY.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupingItem {
    /// An expression, ordinal or alias.
    Expr(Expr),
    /// `ROLLUP (...)`: each element is one expression or a parenthesised list.
    Rollup(Vec<Vec<Expr>>),
    /// `CUBE (...)`
    Cube(Vec<Vec<Expr>>),
    /// `GROUPING SETS (...)`
    GroupingSets(Vec<Vec<Expr>>),
}

/// An item of FROM with the joins behind it.
#[derive(Debug, Clone)]
pub enum FromItem {
    /// A table, view or common table expression; `db.schema.table`, or a PartiQL path over an earlier item.
    Table {
        /// Its name.
        name: ObjectName,
        /// `[AS] alias [(columns)]`
        alias: Option<TableAlias>,
        /// `AT index`, in PartiQL.
        at: Option<Ident>,
    },
    /// `t.a[0].b [AS] value [AT index]`: a path of PartiQL with subscripts, over an earlier item.
    Path {
        /// The path.
        path: Expr,
        /// `[AS] value`
        alias: Option<TableAlias>,
        /// `AT index`
        at: Option<Ident>,
    },
    /// `(query) [AS alias]`
    Query {
        /// The sub-query.
        query: Box<Query>,
        /// Redshift does not ask for an alias.
        alias: Option<TableAlias>,
        /// Where the parenthesis stands.
        pos: Pos,
    },
    /// `function(args) [WITH OFFSET] [AS] alias [(columns)] [AT index]`
    Function {
        /// The call.
        call: Expr,
        /// `UNNEST (array) WITH OFFSET`?
        with_offset: bool,
        /// Its alias.
        alias: Option<TableAlias>,
        /// `AT index`, in PartiQL.
        at: Option<Ident>,
    },
    /// `left JOIN right ON ...`
    Join(Box<Join>),
    /// `UNPIVOT expr AS value AT attribute`: of a SUPER object.
    UnpivotObject {
        /// The object.
        expr: Expr,
        /// The value's name.
        value: Ident,
        /// The attribute's name.
        attribute: Option<Ident>,
    },
    /// `item PIVOT (aggregates FOR column IN (...)) [AS alias]`
    Pivot(Box<Pivot>),
    /// `item UNPIVOT [INCLUDE NULLS] (value FOR name IN (...)) [AS alias]`
    Unpivot(Box<Unpivot>),
}

/// `[AS] name [(column [type], ...)]`
#[derive(Debug, Clone, PartialEq)]
pub struct TableAlias {
    /// The alias.
    pub name: Ident,
    /// Names for the columns; with types behind a record function.
    pub columns: Vec<(Ident, Option<super::DataType>)>,
}

/// A join.
#[derive(Debug, Clone)]
pub struct Join {
    /// Its left side.
    pub left: FromItem,
    /// Its right side.
    pub right: FromItem,
    /// Which rows stay.
    pub kind: JoinKind,
    /// How rows match.
    pub constraint: JoinConstraint,
    /// Where JOIN stands.
    pub pos: Pos,
    /// The alias of a join in parentheses.
    pub alias: Option<TableAlias>,
}

/// The kinds of joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

/// How rows of a join match.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinConstraint {
    /// `ON`
    On(Expr),
    /// `USING (columns)`
    Using(Vec<Ident>),
    /// NATURAL
    Natural,
    /// None: CROSS JOIN.
    None,
}

/// PIVOT of rows into columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Pivot {
    /// What is pivoted.
    pub input: FromItem,
    /// The aggregates.
    pub aggregates: Vec<SelectItem>,
    /// FOR column
    pub column: Ident,
    /// IN (value [AS alias], ...)
    pub values: Vec<SelectItem>,
    /// The result's alias.
    pub alias: Option<TableAlias>,
}

/// UNPIVOT of columns into rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Unpivot {
    /// What is unpivoted.
    pub input: FromItem,
    /// INCLUDE NULLS?
    pub include_nulls: bool,
    /// The value's column.
    pub value: Ident,
    /// The name's column.
    pub name: Ident,
    /// IN (column [AS alias], ...)
    pub columns: Vec<(Ident, Option<Expr>)>,
    /// The result's alias.
    pub alias: Option<TableAlias>,
}

/// An item of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderByItem {
    /// What to sort by; an integer literal is an ordinal.
    pub expr: Expr,
    /// DESC?
    pub descending: bool,
    /// NULLS FIRST or LAST; by default nulls are greater than everything.
    pub nulls_first: Option<bool>,
}

/// `OVER name` or `OVER ([name] [PARTITION BY ...] [ORDER BY ...] [frame])`
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpec {
    /// A window of the WINDOW clause.
    pub base: Option<Ident>,
    /// `PARTITION BY`
    pub partition_by: Vec<Expr>,
    /// `ORDER BY`
    pub order_by: Vec<OrderByItem>,
    /// The frame.
    pub frame: Option<WindowFrame>,
}

/// `ROWS | RANGE BETWEEN start AND end`
#[derive(Debug, Clone)]
pub struct WindowFrame {
    /// ROWS or RANGE.
    pub units: FrameUnits,
    /// The first row.
    pub start: FrameBound,
    /// The last row; CURRENT ROW where only one bound is written.
    pub end: FrameBound,
    /// Where the frame begins in the text.
    pub pos: Pos,
}

/// ROWS or RANGE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FrameUnits {
    Rows,
    Range,
}

/// A bound of a frame.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}

impl NullTreatment {
    /// As it is written.
    pub fn keyword(self) -> &'static str {
        match self {
            NullTreatment::Ignore => "IGNORE NULLS",
            NullTreatment::Respect => "RESPECT NULLS",
        }
    }
}

// Two parts of a query are one where they say the same; where they stand does not matter.

impl PartialEq for QueryBody {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (QueryBody::Select(a), QueryBody::Select(b)) => a == b,
            (QueryBody::Nested(a), QueryBody::Nested(b)) => a == b,
            (QueryBody::Values(a), QueryBody::Values(b)) => a == b,
            (
                QueryBody::SetOperation { op, all, left, right, pos: _ },
                QueryBody::SetOperation { op: op_b, all: all_b, left: left_b, right: right_b, pos: _ },
            ) => op == op_b && all == all_b && left == left_b && right == right_b,
            _ => false,
        }
    }
}

impl PartialEq for Select {
    fn eq(&self, other: &Self) -> bool {
        let Select {
            top,
            distinct,
            items,
            exclude,
            from,
            selection,
            connect_by,
            group_by,
            having,
            qualify,
            windows,
            pos: _,
        } = self;
        *top == other.top
            && *distinct == other.distinct
            && *items == other.items
            && *exclude == other.exclude
            && *from == other.from
            && *selection == other.selection
            && *connect_by == other.connect_by
            && *group_by == other.group_by
            && *having == other.having
            && *qualify == other.qualify
            && *windows == other.windows
    }
}

impl PartialEq for FromItem {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (FromItem::Table { name, alias, at }, FromItem::Table { name: name_b, alias: alias_b, at: at_b }) => {
                name == name_b && alias == alias_b && at == at_b
            }
            (FromItem::Query { query, alias, pos: _ }, FromItem::Query { query: query_b, alias: alias_b, pos: _ }) => {
                query == query_b && alias == alias_b
            }
            (FromItem::Path { path, alias, at }, FromItem::Path { path: path_b, alias: alias_b, at: at_b }) => {
                path == path_b && alias == alias_b && at == at_b
            }
            (
                FromItem::Function { call, with_offset, alias, at },
                FromItem::Function { call: call_b, with_offset: with_offset_b, alias: alias_b, at: at_b },
            ) => call == call_b && with_offset == with_offset_b && alias == alias_b && at == at_b,
            (FromItem::Join(a), FromItem::Join(b)) => a == b,
            (
                FromItem::UnpivotObject { expr, value, attribute },
                FromItem::UnpivotObject { expr: expr_b, value: value_b, attribute: attribute_b },
            ) => expr == expr_b && value == value_b && attribute == attribute_b,
            (FromItem::Pivot(a), FromItem::Pivot(b)) => a == b,
            (FromItem::Unpivot(a), FromItem::Unpivot(b)) => a == b,
            _ => false,
        }
    }
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        let Join { left, right, kind, constraint, pos: _, alias } = self;
        *left == other.left
            && *right == other.right
            && *kind == other.kind
            && *constraint == other.constraint
            && *alias == other.alias
    }
}

impl PartialEq for WindowFrame {
    fn eq(&self, other: &Self) -> bool {
        let WindowFrame { units, start, end, pos: _ } = self;
        *units == other.units && *start == other.start && *end == other.end
    }
}
