//! Commands that only Postgres has.
//!
//! They are named in full in an error with SQLSTATE 0A000; what is no command at all is a syntax error.

use super::Parser;
use crate::error::Error;

const NO_INDEXES: &str = "Use SORTKEY and DISTKEY instead of indexes.";
const NO_SEQUENCES: &str = "Use IDENTITY(seed, step) columns.";
const NO_TRIGGERS: &str = "Triggers do not exist; use stored procedures.";
const NO_TYPES: &str = "Use SUPER for structured values, and VARCHAR for enumerations.";
const NO_TABLESPACES: &str = "Redshift manages storage itself.";
const NO_EXTENSIONS: &str = "Extensions do not exist; use user-defined functions.";
const NO_RULES: &str = "Rules do not exist; use views.";
const NO_NOTIFICATIONS: &str = "Notifications do not exist.";
const NO_FOREIGN_DATA: &str = "Use CREATE EXTERNAL SCHEMA.";
const NO_PLAIN_DO: &str = "Use CREATE PROCEDURE and CALL.";
const NO_OPERATORS: &str = "Operators, casts, aggregates and conversions cannot be defined.";

/// Commands that only Postgres has, and Redshift's way.
const POSTGRES_ONLY: &[(&str, &str)] = &[
    ("ALTER INDEX", NO_INDEXES),
    ("ALTER SEQUENCE", NO_SEQUENCES),
    ("ALTER TABLESPACE", NO_TABLESPACES),
    ("ALTER TRIGGER", NO_TRIGGERS),
    ("ALTER TYPE", NO_TYPES),
    ("ALTER VIEW", "Use ALTER TABLE ... OWNER TO | RENAME TO, or CREATE OR REPLACE VIEW."),
    ("CHECKPOINT", "Redshift manages storage itself."),
    ("CLUSTER", NO_INDEXES),
    ("CREATE AGGREGATE", NO_OPERATORS),
    ("CREATE CAST", NO_OPERATORS),
    ("CREATE COLLATION", "Use COLLATE CASE_INSENSITIVE of databases and columns."),
    ("CREATE CONVERSION", NO_OPERATORS),
    ("CREATE DOMAIN", NO_TYPES),
    ("CREATE EVENT TRIGGER", NO_TRIGGERS),
    ("CREATE EXTENSION", NO_EXTENSIONS),
    ("CREATE FOREIGN DATA WRAPPER", NO_FOREIGN_DATA),
    ("CREATE FOREIGN TABLE", NO_FOREIGN_DATA),
    ("CREATE INDEX", NO_INDEXES),
    ("CREATE LANGUAGE", "The languages are SQL, plpgsql and plpythonu."),
    ("CREATE OPERATOR", NO_OPERATORS),
    ("CREATE POLICY", "Use CREATE RLS POLICY."),
    ("CREATE PUBLICATION", "Use data sharing."),
    ("CREATE RULE", NO_RULES),
    ("CREATE SEQUENCE", NO_SEQUENCES),
    ("CREATE SERVER", NO_FOREIGN_DATA),
    ("CREATE STATISTICS", "Use ANALYZE."),
    ("CREATE SUBSCRIPTION", "Use data sharing."),
    ("CREATE TABLESPACE", NO_TABLESPACES),
    ("CREATE TEXT SEARCH", "Use LIKE, SIMILAR TO and the functions of regular expressions."),
    ("CREATE TRIGGER", NO_TRIGGERS),
    ("CREATE TYPE", NO_TYPES),
    ("CREATE UNIQUE INDEX", NO_INDEXES),
    ("CREATE UNLOGGED TABLE", "Use CREATE TEMP TABLE."),
    ("DISCARD", "Use RESET ALL, DEALLOCATE ALL and DROP TABLE."),
    ("DO", NO_PLAIN_DO),
    ("DROP DOMAIN", NO_TYPES),
    ("DROP EXTENSION", NO_EXTENSIONS),
    ("DROP INDEX", NO_INDEXES),
    ("DROP OWNED", "Drop the objects one by one."),
    ("DROP SEQUENCE", NO_SEQUENCES),
    ("DROP TABLESPACE", NO_TABLESPACES),
    ("DROP TRIGGER", NO_TRIGGERS),
    ("DROP TYPE", NO_TYPES),
    ("LISTEN", NO_NOTIFICATIONS),
    ("MOVE", "Use FETCH."),
    ("NOTIFY", NO_NOTIFICATIONS),
    ("REASSIGN OWNED", "Use ALTER TABLE ... OWNER TO."),
    ("REINDEX", "Use VACUUM REINDEX."),
    ("SECURITY LABEL", "Security labels do not exist."),
    ("UNLISTEN", NO_NOTIFICATIONS),
];

impl Parser<'_> {
    /// The error for a statement that begins with none of the words we know.
    pub(super) fn unknown_command(&self) -> Error {
        let pos = self.pos();
        let or_replace = self.word_at(1, "or") && self.word_at(2, "replace");
        let begins = |command: &str| {
            command.split(' ').enumerate().all(|(index, word)| {
                let skipped = if or_replace && index > 0 { 2 } else { 0 };
                self.word_at(index + skipped, &word.to_ascii_lowercase())
            })
        };
        if let Some((command, hint)) = POSTGRES_ONLY.iter().find(|(command, _)| begins(command)) {
            return Error::unsupported(format!("{command} is not supported")).with_hint(*hint).at(pos);
        }
        // The first word may be right and the second wrong: the error is at the second.
        let known_first = ["create", "alter", "drop", "refresh", "attach", "detach", "desc"];
        let wrong = if self.is_one_of(&known_first) { if or_replace { 3 } else { 1 } } else { 0 };
        self.unexpected_at(self.at + wrong)
    }
}
