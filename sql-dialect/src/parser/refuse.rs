//! Commands that only Postgres has.
//!
//! Redshift comes from Postgres 8.0. What that version had is refused by name, with SQLSTATE 0A000; what came later is a
//! syntax error at the word where that version's grammar stops. Either way the hint names Redshift's way.

use super::Parser;
use crate::{
    error::Error,
    lexer::{TokenKind, shortened},
};

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
const NO_TEXT_SEARCH: &str = "Use LIKE, SIMILAR TO and the functions of regular expressions.";

/// Commands of Postgres 8.0 that Redshift refuses by name, and Redshift's way.
const REFUSED: &[(&str, &str)] = &[
    ("ALTER AGGREGATE", NO_OPERATORS),
    ("ALTER CONVERSION", NO_OPERATORS),
    ("ALTER DOMAIN", NO_TYPES),
    ("ALTER INDEX", NO_INDEXES),
    ("ALTER LANGUAGE", "The languages are SQL, plpgsql and plpythonu."),
    ("ALTER OPERATOR", NO_OPERATORS),
    ("ALTER SEQUENCE", NO_SEQUENCES),
    ("ALTER TABLESPACE", NO_TABLESPACES),
    ("ALTER TRIGGER", NO_TRIGGERS),
    ("ALTER TYPE", NO_TYPES),
    ("CHECKPOINT", NO_TABLESPACES),
    ("CLUSTER", NO_INDEXES),
    ("CREATE AGGREGATE", NO_OPERATORS),
    ("CREATE CAST", NO_OPERATORS),
    ("CREATE CONSTRAINT TRIGGER", NO_TRIGGERS),
    ("CREATE CONVERSION", NO_OPERATORS),
    ("CREATE DOMAIN", NO_TYPES),
    ("CREATE INDEX", NO_INDEXES),
    ("CREATE LANGUAGE", "The languages are SQL, plpgsql and plpythonu."),
    ("CREATE OPERATOR", NO_OPERATORS),
    ("CREATE RULE", NO_RULES),
    ("CREATE SEQUENCE", NO_SEQUENCES),
    ("CREATE TABLESPACE", NO_TABLESPACES),
    ("CREATE TEMP SEQUENCE", NO_SEQUENCES),
    ("CREATE TEMPORARY SEQUENCE", NO_SEQUENCES),
    ("CREATE TRIGGER", NO_TRIGGERS),
    ("CREATE TYPE", NO_TYPES),
    ("CREATE UNIQUE INDEX", NO_INDEXES),
    ("DROP AGGREGATE", NO_OPERATORS),
    ("DROP CAST", NO_OPERATORS),
    ("DROP CONVERSION", NO_OPERATORS),
    ("DROP DOMAIN", NO_TYPES),
    ("DROP INDEX", NO_INDEXES),
    ("DROP LANGUAGE", "The languages are SQL, plpgsql and plpythonu."),
    ("DROP OPERATOR", NO_OPERATORS),
    ("DROP RULE", NO_RULES),
    ("DROP SEQUENCE", NO_SEQUENCES),
    ("DROP TABLESPACE", NO_TABLESPACES),
    ("DROP TRIGGER", NO_TRIGGERS),
    ("DROP TYPE", NO_TYPES),
    ("LISTEN", NO_NOTIFICATIONS),
    ("LOAD", NO_EXTENSIONS),
    ("MOVE", "Use FETCH."),
    ("NOTIFY", NO_NOTIFICATIONS),
    ("REINDEX", "Use VACUUM REINDEX."),
    ("UNLISTEN", NO_NOTIFICATIONS),
];

/// Commands of later versions. The grammar stops at the last of these words.
const LATER: &[(&str, &str)] = &[
    ("ALTER EVENT", NO_TRIGGERS),
    ("ALTER EXTENSION", NO_EXTENSIONS),
    ("ALTER FOREIGN", NO_FOREIGN_DATA),
    ("ALTER POLICY", "Use ALTER RLS POLICY."),
    ("ALTER PUBLICATION", "Use data sharing."),
    ("ALTER SERVER", NO_FOREIGN_DATA),
    ("ALTER STATISTICS", "Use ANALYZE."),
    ("ALTER SUBSCRIPTION", "Use data sharing."),
    ("ALTER TEXT", NO_TEXT_SEARCH),
    ("ALTER VIEW", "Use ALTER TABLE ... OWNER TO | RENAME TO, or CREATE OR REPLACE VIEW."),
    ("CREATE ACCESS", NO_EXTENSIONS),
    ("CREATE COLLATION", "Use COLLATE CASE_INSENSITIVE of databases and columns."),
    ("CREATE EVENT", NO_TRIGGERS),
    ("CREATE EXTENSION", NO_EXTENSIONS),
    ("CREATE FOREIGN", NO_FOREIGN_DATA),
    ("CREATE POLICY", "Use CREATE RLS POLICY."),
    ("CREATE PUBLICATION", "Use data sharing."),
    ("CREATE SERVER", NO_FOREIGN_DATA),
    ("CREATE STATISTICS", "Use ANALYZE."),
    ("CREATE SUBSCRIPTION", "Use data sharing."),
    ("CREATE TEXT", NO_TEXT_SEARCH),
    ("CREATE UNLOGGED", "Use CREATE TEMP TABLE."),
    ("CREATE RECURSIVE", "Use CREATE VIEW name AS WITH RECURSIVE ..."),
    ("DISCARD", "Use RESET ALL, DEALLOCATE ALL and DROP TABLE."),
    ("DO", NO_PLAIN_DO),
    ("DROP COLLATION", "Use COLLATE CASE_INSENSITIVE of databases and columns."),
    ("DROP EVENT", NO_TRIGGERS),
    ("DROP EXTENSION", NO_EXTENSIONS),
    ("DROP FOREIGN", NO_FOREIGN_DATA),
    ("DROP OWNED", "Drop the objects one by one."),
    ("DROP POLICY", "Use DROP RLS POLICY."),
    ("DROP PUBLICATION", "Use data sharing."),
    ("DROP ROUTINE", "Use DROP FUNCTION or DROP PROCEDURE."),
    ("DROP SERVER", NO_FOREIGN_DATA),
    ("DROP STATISTICS", "Use ANALYZE."),
    ("DROP SUBSCRIPTION", "Use data sharing."),
    ("DROP TEXT", NO_TEXT_SEARCH),
    ("IMPORT", NO_FOREIGN_DATA),
    ("REASSIGN", "Use ALTER TABLE ... OWNER TO."),
    ("SECURITY", "Security labels do not exist."),
];

impl Parser<'_> {
    /// The error for a statement that begins with none of the words we know.
    pub(super) fn unknown_command(&self) -> Error {
        if let Some(error) = self.enum_or_range() {
            return error;
        }
        if let Some((_, hint)) = REFUSED.iter().find(|(command, _)| self.words_of(command).is_some()) {
            return self.refused_command(hint);
        }
        if let Some((last, hint)) = LATER.iter().find_map(|(command, hint)| Some((self.words_of(command)?, hint))) {
            return self.newer(last, hint);
        }
        // The first word may be right and the second wrong: the error is at the second.
        let known_first = ["create", "alter", "drop", "refresh", "attach", "detach", "desc"];
        let wrong = match self.is_one_of(&known_first) {
            true if self.word_at(1, "or") && self.word_at(2, "replace") => 3,
            true => 1,
            false => 0,
        };
        self.unexpected_at(self.at + wrong)
    }

    /// `CREATE TYPE name AS ENUM | RANGE`: Postgres 8.0 has neither.
    fn enum_or_range(&self) -> Option<Error> {
        if !self.are_words(&["create", "type"]) {
            return None;
        }
        let name_end = (2..8).find(|ahead| self.word_at(*ahead, "as"))?;
        let later = self.word_at(name_end + 1, "enum") || self.word_at(name_end + 1, "range");
        later.then(|| self.newer(name_end + 1, NO_TYPES))
    }

    /// How far ahead the last word of this command stands; none where another one stands here. OR REPLACE may stand
    /// behind the first word.
    fn words_of(&self, command: &str) -> Option<usize> {
        let or_replace = self.word_at(1, "or") && self.word_at(2, "replace");
        let mut last = 0;
        for (index, word) in command.split(' ').enumerate() {
            last = if or_replace && index > 0 { index + 2 } else { index };
            if !self.word_at(last, &word.to_ascii_lowercase()) {
                return None;
            }
        }
        Some(last)
    }

    /// The error for a command that the grammar knows and Redshift refuses; it tells the command as it was written.
    pub(super) fn refused_command(&self, hint: &str) -> Error {
        let (start, end) = self.span();
        let text = shortened(&self.text[start as usize..end as usize]);
        let is_index = self.tokens[..self.tokens.len().min(3)]
            .iter()
            .any(|token| token.kind == TokenKind::Word && self.token_text(*token).eq_ignore_ascii_case("index"));
        let whose = if is_index { " on Redshift tables" } else { "" };
        Error::unsupported(format!("SQL command \"{text}\" not supported{whose}.")).with_hint(hint).at(start)
    }
}
