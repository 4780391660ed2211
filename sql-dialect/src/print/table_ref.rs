//! The items of FROM.

use std::fmt::{self, Display, Formatter};

use super::{comma_list, expr::above, flag, paren_list};
use crate::{
    ast::{FromItem, Join, JoinConstraint, JoinKind, Pivot, TableAlias, Unpivot},
    names::Ident,
    precedence::PRIMARY,
};

impl Display for FromItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            FromItem::Table { name, alias, at } => {
                write!(f, "{name}")?;
                optional_alias(f, alias)?;
                optional_at(f, at)
            }
            FromItem::Path { path, alias, at } => {
                write!(f, "{path}")?;
                optional_alias(f, alias)?;
                optional_at(f, at)
            }
            FromItem::Query { query, alias, .. } => {
                write!(f, "({query})")?;
                optional_alias(f, alias)
            }
            FromItem::Function { call, with_offset, alias, at } => {
                write!(f, "{call}{}", flag(*with_offset, " WITH OFFSET"))?;
                optional_alias(f, alias)?;
                optional_at(f, at)
            }
            FromItem::Join(join) if join.alias.is_some() => {
                write!(f, "({join})")?;
                optional_alias(f, &join.alias)
            }
            FromItem::Join(join) => write!(f, "{join}"),
            FromItem::UnpivotObject { expr, value, attribute } => {
                f.write_str("UNPIVOT ")?;
                above(f, expr, PRIMARY)?;
                write!(f, " AS {value}")?;
                optional_at(f, attribute)
            }
            FromItem::Pivot(pivot) => write!(f, "{pivot}"),
            FromItem::Unpivot(unpivot) => write!(f, "{unpivot}"),
        }
    }
}

fn optional_at(f: &mut Formatter<'_>, at: &Option<Ident>) -> fmt::Result {
    match at {
        Some(at) => write!(f, " AT {at}"),
        None => Ok(()),
    }
}

fn optional_alias(f: &mut Formatter<'_>, alias: &Option<TableAlias>) -> fmt::Result {
    match alias {
        Some(alias) => write!(f, " AS {alias}"),
        None => Ok(()),
    }
}

/// Without AS before it.
impl Display for TableAlias {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for (index, (name, ty)) in self.columns.iter().enumerate() {
            write!(f, "{}{name}", if index > 0 { ", " } else { " (" })?;
            if let Some(ty) = ty {
                write!(f, " {ty}")?;
            }
        }
        f.write_str(if self.columns.is_empty() { "" } else { ")" })
    }
}

/// Without the parentheses and the alias that it may have.
impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.left)?;
        if matches!(self.constraint, JoinConstraint::Natural) {
            f.write_str("NATURAL ")?;
        }
        f.write_str(match self.kind {
            JoinKind::Inner => "JOIN ",
            JoinKind::Left => "LEFT JOIN ",
            JoinKind::Right => "RIGHT JOIN ",
            JoinKind::Full => "FULL JOIN ",
            JoinKind::Cross => "CROSS JOIN ",
        })?;
        input(f, &self.right)?;
        match &self.constraint {
            JoinConstraint::On(condition) => write!(f, " ON {condition}"),
            JoinConstraint::Using(columns) => {
                f.write_str(" USING ")?;
                paren_list(f, columns)
            }
            JoinConstraint::Natural | JoinConstraint::None => Ok(()),
        }
    }
}

/// An item that must not be a bare join.
fn input(f: &mut Formatter<'_>, item: &FromItem) -> fmt::Result {
    match item {
        FromItem::Join(join) if join.alias.is_none() => write!(f, "({item})"),
        _ => write!(f, "{item}"),
    }
}

impl Display for Pivot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        input(f, &self.input)?;
        f.write_str(" PIVOT (")?;
        comma_list(f, &self.aggregates)?;
        write!(f, " FOR {} IN ", self.column)?;
        paren_list(f, &self.values)?;
        f.write_str(")")?;
        optional_alias(f, &self.alias)
    }
}

impl Display for Unpivot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        input(f, &self.input)?;
        let nulls = if self.include_nulls { "INCLUDE NULLS " } else { "" };
        write!(f, " UNPIVOT {nulls}({} FOR {} IN (", self.value, self.name)?;
        for (index, (column, name)) in self.columns.iter().enumerate() {
            write!(f, "{}{column}", if index > 0 { ", " } else { "" })?;
            if let Some(name) = name {
                write!(f, " AS {name}")?;
            }
        }
        f.write_str("))")?;
        optional_alias(f, &self.alias)
    }
}
