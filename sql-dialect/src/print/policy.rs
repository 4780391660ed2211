//! Policies of masking and of row-level security.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Typed, flag, on_off};
use crate::ast::{
    AlterPolicy, AttachMaskingPolicy, AttachRlsPolicy, Conjunction, CreateMaskingPolicy, CreateRlsPolicy, DropPolicy,
    PolicyKind, Principal, TableSecurity,
};

impl PolicyKind {
    /// As it is written.
    pub fn keyword(self) -> &'static str {
        match self {
            PolicyKind::Masking => "MASKING",
            PolicyKind::Rls => "RLS",
        }
    }
}

impl Display for Principal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Principal::User(name) => write!(f, "{name}"),
            Principal::Role(name) => write!(f, "ROLE {name}"),
            Principal::Public => f.write_str("PUBLIC"),
        }
    }
}

impl Display for CreateMaskingPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_not_exists, " IF NOT EXISTS");
        write!(f, "CREATE MASKING POLICY{exists} {} WITH ({})", self.name, Typed(&self.columns))?;
        write!(f, " USING ({})", List(&self.using))
    }
}

impl Display for CreateRlsPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE RLS POLICY {}", self.name)?;
        if !self.columns.is_empty() {
            write!(f, " WITH ({}){}", Typed(&self.columns), Clause("AS", &self.alias))?;
        }
        write!(f, " USING ({})", self.using)
    }
}

impl Display for AlterPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER {} POLICY {} USING ({})", self.kind.keyword(), self.name, List(&self.using))
    }
}

impl Display for DropPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exists = flag(self.if_exists, " IF EXISTS");
        write!(f, "DROP {} POLICY{exists} {}{}", self.kind.keyword(), self.name, flag(self.cascade, " CASCADE"))
    }
}

impl Display for AttachMaskingPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.detach { "DETACH" } else { "ATTACH" })?;
        write!(f, " MASKING POLICY {} ON {} ({})", self.name, self.table, List(&self.output))?;
        if !self.input.is_empty() {
            write!(f, " USING ({})", List(&self.input))?;
        }
        f.write_str(if self.detach { " FROM " } else { " TO " })?;
        write!(f, "{}{}", self.principal, Clause("PRIORITY", &self.priority))
    }
}

impl Display for AttachRlsPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (command, to) = if self.detach { ("DETACH", "FROM") } else { ("ATTACH", "TO") };
        write!(f, "{command} RLS POLICY {} ON TABLE {} {to} {}", self.name, List(&self.tables), List(&self.principals))
    }
}

impl Display for TableSecurity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TableSecurity::MaskingForDatashares { on } => write!(f, "MASKING {} FOR DATASHARES", on_off(*on)),
            TableSecurity::RowLevel { on, conjunction, for_datashares } => {
                write!(f, "ROW LEVEL SECURITY {}", on_off(*on))?;
                f.write_str(match conjunction {
                    Some(Conjunction::And) => " CONJUNCTION TYPE AND",
                    Some(Conjunction::Or) => " CONJUNCTION TYPE OR",
                    None => "",
                })?;
                f.write_str(flag(*for_datashares, " FOR DATASHARES"))
            }
        }
    }
}
