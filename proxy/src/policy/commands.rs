//! The names of commands that policies may speak of: a pattern that matches none of them is a slip of the pen, and a command
//! that was to be forbidden would pass.

use super::patterns::Glob;

/// All names that `Statement::command_name` gives.
const NAMES: [&str; 123] = [
    "ALTER DATABASE",
    "ALTER DATASHARE",
    "ALTER DEFAULT PRIVILEGES",
    "ALTER EXTERNAL SCHEMA",
    "ALTER EXTERNAL VIEW",
    "ALTER FUNCTION",
    "ALTER GROUP",
    "ALTER IDENTITY PROVIDER",
    "ALTER MASKING POLICY",
    "ALTER MATERIALIZED VIEW",
    "ALTER PROCEDURE",
    "ALTER RLS POLICY",
    "ALTER ROLE",
    "ALTER SCHEMA",
    "ALTER SYSTEM",
    "ALTER TABLE",
    "ALTER TABLE APPEND",
    "ALTER TEMPLATE",
    "ALTER USER",
    "ANALYZE",
    "ANALYZE COMPRESSION",
    "ATTACH MASKING POLICY",
    "ATTACH RLS POLICY",
    "BEGIN",
    "CALL",
    "CANCEL",
    "CLOSE CURSOR",
    "COMMENT",
    "COMMIT",
    "COPY",
    "COPY JOB",
    "CREATE DATABASE",
    "CREATE DATASHARE",
    "CREATE EXTERNAL FUNCTION",
    "CREATE EXTERNAL MODEL",
    "CREATE EXTERNAL SCHEMA",
    "CREATE EXTERNAL TABLE",
    "CREATE EXTERNAL VIEW",
    "CREATE FUNCTION",
    "CREATE GROUP",
    "CREATE IDENTITY PROVIDER",
    "CREATE LIBRARY",
    "CREATE MASKING POLICY",
    "CREATE MATERIALIZED VIEW",
    "CREATE MODEL",
    "CREATE PROCEDURE",
    "CREATE RLS POLICY",
    "CREATE ROLE",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE TABLE AS",
    "CREATE TEMPLATE",
    "CREATE USER",
    "CREATE VIEW",
    "DEALLOCATE",
    "DECLARE CURSOR",
    "DELETE",
    "DESC DATASHARE",
    "DESC IDENTITY PROVIDER",
    "DETACH MASKING POLICY",
    "DETACH RLS POLICY",
    "DROP DATABASE",
    "DROP DATASHARE",
    "DROP EXTERNAL VIEW",
    "DROP FUNCTION",
    "DROP GROUP",
    "DROP IDENTITY PROVIDER",
    "DROP LIBRARY",
    "DROP MASKING POLICY",
    "DROP MATERIALIZED VIEW",
    "DROP MODEL",
    "DROP PROCEDURE",
    "DROP RLS POLICY",
    "DROP ROLE",
    "DROP SCHEMA",
    "DROP TABLE",
    "DROP TEMPLATE",
    "DROP USER",
    "DROP VIEW",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "INSERT",
    "LOCK TABLE",
    "MERGE",
    "PREPARE",
    "REFRESH MATERIALIZED VIEW",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SELECT INTO",
    "SET",
    "SET SESSION AUTHORIZATION",
    "SHOW",
    "SHOW COLUMN GRANTS",
    "SHOW COLUMNS",
    "SHOW CONSTRAINTS",
    "SHOW DATABASES",
    "SHOW DATASHARES",
    "SHOW EXTERNAL TABLE",
    "SHOW FUNCTIONS",
    "SHOW GRANTS",
    "SHOW MODEL",
    "SHOW PARAMETERS",
    "SHOW POLICIES",
    "SHOW PROCEDURE",
    "SHOW PROCEDURES",
    "SHOW SCHEMAS",
    "SHOW TABLE",
    "SHOW TABLES",
    "SHOW TEMPLATE",
    "SHOW TEMPLATES",
    "SHOW USER LOCKOUT",
    "SHOW VIEW",
    "TRUNCATE TABLE",
    "UNLOAD",
    "UPDATE",
    "USE",
    "VACUUM",
];

/// Patterns of commands, in whatever case.
///
/// # Errors
/// Names one that no command has.
pub fn patterns(texts: &[String]) -> Result<Vec<Glob>, String> {
    let pattern = |text: &String| {
        let glob = Glob::new(&text.to_ascii_uppercase());
        let is_any = NAMES.iter().any(|name| glob.matches(name));
        is_any.then_some(glob).ok_or_else(|| format!("no command is called \"{text}\""))
    };
    texts.iter().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    #[test]
    fn patterns_are_of_commands() {
        let is_known = |text: &str| patterns(&[text.to_string()]).is_ok();
        for text in ["select", "CREATE *", "drop table", "*", "SHOW *", "*PROCEDURE"] {
            assert!(is_known(text), "{text}");
        }
        for text in ["SELEKT", "CREATE TABEL", "DROP", "truncate", ""] {
            assert!(!is_known(text), "{text}");
        }
    }

    #[test]
    fn commands_have_the_names_of_the_list() {
        let script = "select 1; insert into t values (1); update t set a = 1; delete from t; truncate t; begin; commit; call p();
            copy t from 's3://b/k' iam_role default; unload ('select 1') to 's3://b/k' iam_role default; create table t (a int);
            create temp table t as select 1; create view v as select 1; drop view v; drop table t; grant select on t to u;
            revoke select on t from u; create user u password disable; drop user u; show tables from schema d.s; vacuum; analyze;
            merge into t using s on t.a = s.a when matched then delete when not matched then insert values (1);
            refresh materialized view v; set search_path to s; show search_path; lock t; alter table t add column b int";
        for parsed in parse(script).unwrap() {
            let name = parsed.statement.command_name();
            assert!(NAMES.contains(&name), "{name}");
        }
    }
}
