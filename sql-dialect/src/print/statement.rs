//! Which statement prints how; what changes rows.

use std::fmt::{self, Display, Formatter};

use super::{Clause, List, Parenthesized, flag, query::query};
use crate::{
    ast::{
        Analyze, AnalyzeCompression, AnalyzeScope, CreateTableAs, Delete, Explain, Expr, Insert, InsertSource, Lock,
        MatchedAction, Merge, MergeAction, Prepare, Statement, Truncate, Update, Vacuum, VacuumMode, With,
    },
    names::Ident,
};

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Query(query) => write!(f, "{query}"),
            Statement::Insert(insert) => write!(f, "{insert}"),
            Statement::Update(update) => write!(f, "{update}"),
            Statement::Delete(delete) => write!(f, "{delete}"),
            Statement::Merge(merge) => write!(f, "{merge}"),
            Statement::Truncate(truncate) => write!(f, "{truncate}"),
            Statement::Copy(copy) => write!(f, "{copy}"),
            Statement::CopyJob(job) => write!(f, "{job}"),
            Statement::Unload(unload) => write!(f, "{unload}"),
            Statement::CreateTable(create) => create.fmt(f),
            Statement::CreateTableAs(create) => write!(f, "{create}"),
            Statement::CreateView(create) => write!(f, "{create}"),
            Statement::CreateSchema(create) => write!(f, "{create}"),
            Statement::CreateDatabase(create) => write!(f, "{create}"),
            Statement::AlterTable(alter) => write!(f, "{alter}"),
            Statement::AlterSchema(alter) => write!(f, "{alter}"),
            Statement::AlterDatabase(alter) => write!(f, "{alter}"),
            Statement::Drop(drop) => write!(f, "{drop}"),
            Statement::Comment(comment) => write!(f, "{comment}"),
            Statement::Analyze(analyze) => write!(f, "{analyze}"),
            Statement::AnalyzeCompression(analyze) => write!(f, "{analyze}"),
            Statement::Vacuum(vacuum) => write!(f, "{vacuum}"),
            Statement::Lock(lock) => write!(f, "{lock}"),
            Statement::Explain(explain) => write!(f, "{explain}"),
            Statement::Begin(modes) => write!(f, "BEGIN{modes}"),
            Statement::Commit => f.write_str("COMMIT"),
            Statement::Rollback => f.write_str("ROLLBACK"),
            Statement::Savepoint(name) => write!(f, "SAVEPOINT {name}"),
            Statement::Release(name) => write!(f, "RELEASE {name}"),
            Statement::Set(set) => write!(f, "{set}"),
            Statement::Reset(reset) => write!(f, "{reset}"),
            Statement::Show(show) => write!(f, "{show}"),
            Statement::ShowObjects(show) => write!(f, "SHOW {show}"),
            Statement::Prepare(prepare) => write!(f, "{prepare}"),
            Statement::Execute(execute) => write!(f, "{execute}"),
            Statement::Deallocate(deallocate) => write!(f, "{deallocate}"),
            Statement::DeclareCursor(declare) => write!(f, "{declare}"),
            Statement::Fetch(fetch) => write!(f, "{fetch}"),
            Statement::CloseCursor(close) => write!(f, "{close}"),
            Statement::CreateUser(create) => write!(f, "{create}"),
            Statement::AlterUser(alter) => write!(f, "{alter}"),
            Statement::CreateGroup(create) => write!(f, "{create}"),
            Statement::AlterGroup(alter) => write!(f, "{alter}"),
            Statement::DropPrincipal(drop) => write!(f, "{drop}"),
            Statement::Grant(grant) => write!(f, "{grant}"),
            Statement::AlterDefaultPrivileges(alter) => write!(f, "{alter}"),
            Statement::CreateRole(create) => write!(f, "{create}"),
            Statement::AlterRole(alter) => write!(f, "{alter}"),
            Statement::DropRole(drop) => write!(f, "{drop}"),
            Statement::CreateIdentityProvider(create) => write!(f, "{create}"),
            Statement::AlterIdentityProvider(alter) => write!(f, "{alter}"),
            Statement::DropIdentityProvider(drop) => write!(f, "{drop}"),
            Statement::DescIdentityProvider(name) => write!(f, "DESC IDENTITY PROVIDER {name}"),
            Statement::CreateTemplate(create) => write!(f, "{create}"),
            Statement::AlterTemplate(alter) => write!(f, "{alter}"),
            Statement::DropTemplate(drop) => write!(f, "DROP TEMPLATE {}", drop.name),
            Statement::CreateMaterializedView(create) => write!(f, "{create}"),
            Statement::AlterMaterializedView(alter) => write!(f, "{alter}"),
            Statement::RefreshMaterializedView(refresh) => write!(f, "{refresh}"),
            Statement::DropMaterializedView(drop) => write!(f, "{drop}"),
            Statement::AlterTableSecurity(alter) => write!(f, "ALTER TABLE {} {}", alter.name, alter.security),
            Statement::CreateFunction(create) => write!(f, "{create}"),
            Statement::CreateProcedure(create) => write!(f, "{create}"),
            Statement::CreateExternalFunction(create) => write!(f, "{create}"),
            Statement::AlterRoutine(alter) => write!(f, "{alter}"),
            Statement::DropRoutine(drop) => write!(f, "{drop}"),
            Statement::Call(call) => write!(f, "CALL {}({})", call.name, List(&call.args)),
            Statement::CreateLibrary(create) => write!(f, "{create}"),
            Statement::DropLibrary(name) => write!(f, "DROP LIBRARY {name}"),
            Statement::CreateExternalSchema(create) => write!(f, "{create}"),
            Statement::AlterExternalSchema(alter) => write!(f, "{alter}"),
            Statement::CreateExternalTable(create) => write!(f, "{create}"),
            Statement::AlterExternalTable(alter) => write!(f, "ALTER TABLE {} {}", alter.name, alter.action),
            Statement::CreateExternalView(create) => write!(f, "{create}"),
            Statement::AlterExternalView(alter) => write!(f, "{alter}"),
            Statement::DropExternalView(drop) => write!(f, "{drop}"),
            Statement::CreateDatashare(create) => write!(f, "{create}"),
            Statement::AlterDatashare(alter) => write!(f, "{alter}"),
            Statement::DropDatashare(drop) => write!(f, "{drop}"),
            Statement::DescDatashare(desc) => write!(f, "{desc}"),
            Statement::CreateModel(create) => write!(f, "{create}"),
            Statement::CreateExternalModel(create) => write!(f, "{create}"),
            Statement::DropModel(drop) => write!(f, "{drop}"),
            Statement::CreateMaskingPolicy(create) => write!(f, "{create}"),
            Statement::CreateRlsPolicy(create) => write!(f, "{create}"),
            Statement::AlterPolicy(alter) => write!(f, "{alter}"),
            Statement::DropPolicy(drop) => write!(f, "{drop}"),
            Statement::AttachMaskingPolicy(attach) => write!(f, "{attach}"),
            Statement::AttachRlsPolicy(attach) => write!(f, "{attach}"),
            Statement::Use(change) => write!(f, "USE {}", change.database),
            Statement::Cancel(cancel) => write!(f, "{cancel}"),
            Statement::AlterSystem(alter) => write!(f, "{alter}"),
        }
    }
}

// ---- Rows

impl Display for Insert {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "INSERT INTO {}{}", self.table, Parenthesized(&self.columns))?;
        match &self.source {
            InsertSource::DefaultValues => f.write_str(" DEFAULT VALUES"),
            InsertSource::Query(query) => write!(f, " {query}"),
        }
    }
}

/// `column = value, ...`
struct Assignments<'a>(&'a [(Ident, Expr)]);

impl Display for Assignments<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (column, value)) in self.0.iter().enumerate() {
            write!(f, "{}{column} = {value}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

fn with_before(f: &mut Formatter<'_>, with: &Option<With>) -> fmt::Result {
    match with {
        Some(with) => write!(f, "{with} "),
        None => Ok(()),
    }
}

impl Display for Update {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        with_before(f, &self.with)?;
        write!(f, "UPDATE {}{} SET {}", self.table, Clause("AS", &self.alias), Assignments(&self.assignments))?;
        if !self.from.is_empty() {
            write!(f, " FROM {}", List(&self.from))?;
        }
        write!(f, "{}", Clause("WHERE", &self.selection))
    }
}

impl Display for Delete {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        with_before(f, &self.with)?;
        write!(f, "DELETE FROM {}{}", self.table, Clause("AS", &self.alias))?;
        if !self.using.is_empty() {
            write!(f, " USING {}", List(&self.using))?;
        }
        write!(f, "{}", Clause("WHERE", &self.selection))
    }
}

impl Display for Merge {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "MERGE INTO {} USING {} ON {} ", self.target, self.source, self.on)?;
        match &self.action {
            MergeAction::RemoveDuplicates => f.write_str("REMOVE DUPLICATES"),
            MergeAction::When { matched, columns, values } => {
                f.write_str("WHEN MATCHED THEN ")?;
                match matched {
                    MatchedAction::Delete => f.write_str("DELETE")?,
                    MatchedAction::Update(assignments) => write!(f, "UPDATE SET {}", Assignments(assignments))?,
                }
                write!(f, " WHEN NOT MATCHED THEN INSERT{} VALUES ({})", Parenthesized(columns), List(values))
            }
        }
    }
}

/// `CREATE TABLE ... AS`, or `SELECT ... INTO` where it was written so.
impl Display for CreateTableAs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let CreateTableAs { name, temporary, columns, query: source, select_into, .. } = self;
        let temp = flag(*temporary && !name.object().value.starts_with('#'), " TEMP");
        if *select_into {
            return query(f, source, &format!(" INTO{temp} {name}"));
        }
        write!(f, "CREATE{temp} TABLE {name}{}{}", Parenthesized(columns), self.attributes)?;
        if let Some(iceberg) = &self.iceberg {
            write!(f, "{iceberg}")?;
        }
        write!(f, " AS {source}")
    }
}

// ---- Whole tables

impl Display for Truncate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "TRUNCATE TABLE {}", self.table)
    }
}

impl Display for Lock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "LOCK TABLE {}", List(&self.tables))
    }
}

impl Display for Analyze {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ANALYZE{}", flag(self.verbose, " VERBOSE"))?;
        if let Some(table) = &self.table {
            write!(f, " {table}{}", Parenthesized(&self.columns))?;
        }
        f.write_str(match self.scope {
            Some(AnalyzeScope::PredicateColumns) => " PREDICATE COLUMNS",
            Some(AnalyzeScope::AllColumns) => " ALL COLUMNS",
            None => "",
        })
    }
}

impl Display for AnalyzeCompression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ANALYZE COMPRESSION")?;
        if let Some(table) = &self.table {
            write!(f, " {table}{}", Parenthesized(&self.columns))?;
        }
        write!(f, "{}", Clause("COMPROWS", &self.comp_rows))
    }
}

impl Display for Vacuum {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.mode {
            VacuumMode::Full => "VACUUM FULL",
            VacuumMode::SortOnly => "VACUUM SORT ONLY",
            VacuumMode::DeleteOnly => "VACUUM DELETE ONLY",
            VacuumMode::Reindex => "VACUUM REINDEX",
            VacuumMode::Recluster => "VACUUM RECLUSTER",
        })?;
        if let Some(table) = &self.table {
            write!(f, " {table}")?;
        }
        if let Some(percent) = self.threshold {
            write!(f, " TO {percent} PERCENT")?;
        }
        f.write_str(flag(self.boost, " BOOST"))
    }
}

// ---- Statements within statements

impl Display for Explain {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "EXPLAIN{} {}", flag(self.verbose, " VERBOSE"), self.statement)
    }
}

impl Display for Prepare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "PREPARE {}{} AS {}", self.name, Parenthesized(&self.types), self.statement)
    }
}
