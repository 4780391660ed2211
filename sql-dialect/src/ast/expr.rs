//! Value expressions.

use super::{OrderByItem, Query, WindowSpec};
use crate::{
    error::Pos,
    names::{Ident, ObjectName},
    types::RedshiftType,
};

/// An expression and where it begins in the text.
///
/// The position is the one that an error about this expression names: for an operator, the operator's.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Byte offset in the message text.
    pub pos: Pos,
}

/// Two expressions are one where they say the same; GROUP BY needs that, wherever they stand.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// `a`, `t.a`, `s.t.a`, `db.s.t.a`; also a SUPER path's head.
    Column(ObjectName),
    /// `$n`, counted from 1.
    Parameter(u16),
    /// `expr[index]` and `expr.field` behind a subscript: navigation of SUPER, subscripts of catalog arrays.
    Subscript {
        /// The value.
        expr: Box<Expr>,
        /// The step.
        step: PathStep,
    },
    /// `- expr`, `NOT expr`, ...
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        expr: Box<Expr>,
    },
    /// `left op right`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Its left operand.
        left: Box<Expr>,
        /// Its right operand.
        right: Box<Expr>,
    },
    /// `first op a op b ...`: many operators of one level, each applied to all that stands before it. A tree of them
    /// would be as high as the chain is long.
    Chain {
        /// The first operand.
        first: Box<Expr>,
        /// Each operator with the operand behind it.
        rest: Vec<Link>,
    },
    /// `expr [NOT] LIKE | ILIKE | SIMILAR TO pattern [ESCAPE c]`
    Like {
        /// Which of them.
        kind: LikeKind,
        /// Is it NOT?
        negated: bool,
        /// The value.
        expr: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// The escape character.
        escape: Option<Box<Expr>>,
    },
    /// `expr IS [NOT] NULL | TRUE | FALSE | UNKNOWN`
    Is {
        /// The value.
        expr: Box<Expr>,
        /// What it is tested for.
        test: IsTest,
        /// Is it NOT?
        negated: bool,
    },
    /// `expr [NOT] BETWEEN [SYMMETRIC] low AND high`
    Between {
        /// The value.
        expr: Box<Expr>,
        /// Is it NOT?
        negated: bool,
        /// The lower bound.
        low: Box<Expr>,
        /// The upper bound.
        high: Box<Expr>,
    },
    /// `expr [NOT] IN (list)`
    InList {
        /// The value; a [`ExprKind::Row`] for a row comparison.
        expr: Box<Expr>,
        /// Is it NOT?
        negated: bool,
        /// The list.
        list: Vec<Expr>,
    },
    /// `expr [NOT] IN (query)`
    InQuery {
        /// The value; a [`ExprKind::Row`] for several columns.
        expr: Box<Expr>,
        /// Is it NOT?
        negated: bool,
        /// The sub-query.
        query: Box<Query>,
    },
    /// `expr op ANY | ALL (query)`
    QuantifiedQuery {
        /// The value.
        expr: Box<Expr>,
        /// The comparison.
        op: BinaryOp,
        /// ANY (SOME) or ALL.
        quantifier: Quantifier,
        /// The sub-query.
        query: Box<Query>,
    },
    /// `expr op ANY | ALL (array)`: over arrays of the catalog.
    QuantifiedArray {
        /// The value.
        expr: Box<Expr>,
        /// The comparison.
        op: BinaryOp,
        /// ANY (SOME) or ALL.
        quantifier: Quantifier,
        /// The array.
        array: Box<Expr>,
    },
    /// `[NOT] EXISTS (query)`
    Exists {
        /// Is it NOT?
        negated: bool,
        /// The sub-query.
        query: Box<Query>,
    },
    /// `(query)` as a value
    ScalarQuery(Box<Query>),
    /// `(a, b)` or `ROW(a, b)`
    Row(Vec<Expr>),
    /// `ARRAY[a, b]` (catalog queries) or `ARRAY(a, b)` (SUPER)
    Array {
        /// The items.
        items: Vec<Expr>,
        /// Is it Redshift's function `ARRAY(...)`, which makes a SUPER?
        constructor: ArraySyntax,
    },
    /// `ARRAY(SELECT ...)`: catalog queries of clients.
    ArrayQuery(Box<Query>),
    /// `CASE ... END`
    Case {
        /// `CASE operand WHEN`
        operand: Option<Box<Expr>>,
        /// The branches: condition and result.
        branches: Vec<(Expr, Expr)>,
        /// `ELSE`
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(expr AS type)`, `expr::type`, `CONVERT(type, expr)`, `type 'literal'`
    Cast {
        /// The value.
        expr: Box<Expr>,
        /// The type.
        ty: DataType,
        /// TRY_CAST?
        safety: CastSafety,
        /// Does the type say how long it is?
        length: CastLength,
    },
    /// A function call, an aggregate or a window function.
    Function(Box<FunctionCall>),
    /// `OBJECT_TRANSFORM(input [KEEP path, ...] [SET path, value, ...])`
    ObjectTransform {
        /// The object.
        input: Box<Expr>,
        /// The paths of what is kept.
        keep: Vec<Expr>,
        /// Paths and what is put there.
        set: Vec<(Expr, Expr)>,
    },
    /// `EXTRACT(part FROM expr)`
    Extract {
        /// The date part, in lower case.
        part: String,
        /// The value.
        expr: Box<Expr>,
    },
    /// `POSITION(needle IN haystack)`
    Position {
        /// What is sought.
        needle: Box<Expr>,
        /// Where.
        haystack: Box<Expr>,
    },
    /// `SUBSTRING(expr FROM start [FOR length])`: the form with commas is an ordinary call.
    Substring {
        /// The value.
        expr: Box<Expr>,
        /// First character, counted from 1.
        from: Option<Box<Expr>>,
        /// How many.
        length: Option<Box<Expr>>,
    },
    /// `TRIM([LEADING | TRAILING | BOTH] [characters] FROM expr)`; `TRIM(expr)`.
    Trim {
        /// On which side.
        side: TrimSide,
        /// Which characters.
        characters: Option<Box<Expr>>,
        /// The value.
        expr: Box<Expr>,
    },
    /// `expr AT TIME ZONE zone`
    AtTimeZone {
        /// The value.
        expr: Box<Expr>,
        /// The zone.
        zone: Box<Expr>,
    },
    /// `expr COLLATE name`
    Collate {
        /// The value.
        expr: Box<Expr>,
        /// The collation.
        collation: ObjectName,
    },
    /// `PRIOR expr`, in CONNECT BY.
    Prior(Box<Expr>),
    /// `expr (+)`: the optional side of an outer join in WHERE.
    OuterJoinMark(Box<Expr>),
    /// `*` or `t.*` as an argument or in a select list.
    Wildcard {
        /// `t` of `t.*`
        qualifier: Option<ObjectName>,
        /// `EXCLUDE (a, b)`
        exclude: Vec<Ident>,
    },
    /// DEFAULT, in INSERT ... VALUES and UPDATE ... SET.
    Default,
}

/// An operator of an [`ExprKind::Chain`] and what stands behind it.
#[derive(Debug, Clone)]
pub struct Link {
    /// The operator.
    pub op: BinaryOp,
    /// Where the operator stands.
    pub pos: Pos,
    /// Its right operand.
    pub operand: Expr,
}

/// Where a link stands does not matter.
impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.op == other.op && self.operand == other.operand
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// NULL
    Null,
    /// TRUE, FALSE
    Bool(bool),
    /// Digits without point or exponent, as written.
    Integer(String),
    /// Digits with a point and no exponent, as written: a DECIMAL.
    Decimal(String),
    /// Digits with an exponent, as written: a DOUBLE PRECISION.
    Float(String),
    /// A string, escapes resolved.
    String(String),
    /// `x'1f'`, `b'101'`: digits of base 16 or 2, for a cast to an integer.
    Bits {
        /// Of base 16?
        hexadecimal: bool,
        /// What is between the quotes.
        digits: String,
    },
    /// `INTERVAL '1 day' [qualifier]`
    Interval {
        /// What is between the quotes.
        value: String,
        /// The qualifier.
        qualifier: Option<IntervalQualifier>,
    },
}

/// `YEAR [TO MONTH]`, `DAY [TO SECOND [(n)]]`, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalQualifier {
    /// The first field.
    pub from: IntervalField,
    /// The last field.
    pub to: Option<IntervalField>,
    /// Digits of the seconds' fraction.
    pub precision: Option<u8>,
}

/// A field of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum IntervalField {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// A step of a path into a SUPER value or an array of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub enum PathStep {
    /// `[expr]`
    Index(Box<Expr>),
    /// `.name`
    Field(Ident),
}

/// The prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    /// `~`
    BitNot,
    /// `@`
    Abs,
    /// `|/`
    SquareRoot,
    /// `||/`
    CubeRoot,
}

/// The infix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    And,
    Or,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    Plus,
    Minus,
    Multiply,
    Divide,
    Modulo,
    /// `^`
    Power,
    /// `||`
    Concat,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `#`
    BitXor,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `~`: POSIX regular expression
    Match,
    /// `~*`
    MatchInsensitive,
    /// `!~`
    NotMatch,
    /// `!~*`
    NotMatchInsensitive,
    /// `OVERLAPS` between two rows
    Overlaps,
}

impl BinaryOp {
    /// The operator as it is written and as messages name it.
    pub fn symbol(self) -> &'static str {
        use BinaryOp::*;
        match self {
            And => "AND",
            Or => "OR",
            Eq => "=",
            NotEq => "<>",
            Lt => "<",
            LtEq => "<=",
            Gt => ">",
            GtEq => ">=",
            Plus => "+",
            Minus => "-",
            Multiply => "*",
            Divide => "/",
            Modulo => "%",
            Power => "^",
            Concat => "||",
            BitAnd => "&",
            BitOr => "|",
            BitXor => "#",
            ShiftLeft => "<<",
            ShiftRight => ">>",
            Match => "~",
            MatchInsensitive => "~*",
            NotMatch => "!~",
            NotMatchInsensitive => "!~*",
            Overlaps => "OVERLAPS",
        }
    }

    /// Does it compare (`=`, `<>`, `<`, ...)?
    pub fn is_comparison(self) -> bool {
        use BinaryOp::*;
        matches!(self, Eq | NotEq | Lt | LtEq | Gt | GtEq)
    }
}

/// LIKE and its relatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LikeKind {
    Like,
    ILike,
    SimilarTo,
}

/// What IS tests for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IsTest {
    Null,
    True,
    False,
    Unknown,
}

/// ANY (SOME) or ALL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Quantifier {
    Any,
    All,
}

/// How an array was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArraySyntax {
    /// `ARRAY[...]`: Postgres' array, for catalog queries.
    Brackets,
    /// `ARRAY(...)`: a SUPER.
    Parentheses,
}

/// Does a cast that fails give an error or NULL?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastSafety {
    /// CAST
    Error,
    /// TRY_CAST
    Null,
}

/// Does a cast say how long its VARCHAR is? One that does not is as long as the value that is cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastLength {
    /// `varchar(20)`, and any other type.
    Given,
    /// `varchar`
    Default,
}

/// The sides of TRIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TrimSide {
    Both,
    Leading,
    Trailing,
}

/// A type as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum DataType {
    /// One of Redshift's.
    Known(RedshiftType),
    /// A name that the catalog has to resolve: `regclass`, `information_schema.sql_identifier`, or nothing.
    Named(ObjectName),
}

/// A call: `name([DISTINCT] args [ORDER BY ...]) [WITHIN GROUP (...)] [IGNORE NULLS] [OVER ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// The function.
    pub name: ObjectName,
    /// The arguments; a lone [`ExprKind::Wildcard`] for `count(*)`.
    pub args: Vec<Expr>,
    /// Was it written with parentheses? `current_date` and its like are not.
    pub parentheses: Parentheses,
    /// DISTINCT or ALL.
    pub distinct: bool,
    /// APPROXIMATE
    pub approximate: bool,
    /// `WITHIN GROUP (ORDER BY ...)`
    pub within_group: Vec<OrderByItem>,
    /// `IGNORE NULLS`, `RESPECT NULLS`
    pub nulls: Option<NullTreatment>,
    /// `OVER ...`
    pub over: Option<WindowSpec>,
}

/// Was a function written with or without parentheses?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Parentheses {
    Written,
    Omitted,
}

/// What a window function does with nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NullTreatment {
    Ignore,
    Respect,
}
