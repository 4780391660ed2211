//! Statements as the audit writes them: without comments, constants as the settings say, and never a secret.
//!
//! Which constants are secrets the statement tells: passwords of users, credentials of COPY, UNLOAD and their like, ARNs of
//! secrets, parameters of identity providers. In a statement of a kind that can carry one, all strings go, whatever the
//! settings, but for the places that data come from and go to; so it is in every body, which may hold such statements. A text
//! that looks like a key, a token or the ARN of a secret goes wherever it stands.

use redshift_sql_dialect::{
    ast::{FunctionLanguage, Statement},
    redact::{Constant, replace_constants},
};
use ring::hmac;

use super::Literals;

/// What stands for a secret.
pub const SECRET: &str = "'***'";

/// Writes texts without what must not be written.
pub struct Masker {
    literals: Literals,
    key: hmac::Key,
}

impl Masker {
    /// What the settings say, with a key of its own for hashes.
    pub fn new(literals: Literals) -> Masker {
        Masker { literals, key: hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>()) }
    }

    /// The text of a statement.
    pub fn text(&self, statement: &Statement, text: &str) -> String {
        let carrier = carries(statement);
        replace_constants(text, &mut |constant| match (constant, &carrier) {
            (Constant::Number(number), _) => self.number(number),
            (Constant::Body(body), _) => Some(self.body(body)),
            (Constant::Quoted(quoted), Carrier::Harmless) => self.quoted(quoted),
            (Constant::Quoted(quoted), Carrier::Secrets { location }) => Some(self.beside_secrets(quoted, *location)),
            // The query of UNLOAD is a string; in it are constants like any others.
            (Constant::Quoted(quoted), Carrier::Unload { query, location }) if content(quoted) == *query => {
                let inner = replace_constants(query, &mut |constant| match constant {
                    Constant::Number(number) => self.number(number),
                    Constant::Quoted(quoted) => self.quoted(quoted),
                    Constant::Body(body) => Some(self.body(body)),
                });
                let _ = location;
                Some(format!("'{}'", inner.replace('\'', "''")))
            }
            (Constant::Quoted(quoted), Carrier::Unload { location, .. }) => {
                Some(self.beside_secrets(quoted, Some(location)))
            }
        })
    }

    /// A parameter's value.
    pub fn parameter(&self, value: &str) -> String {
        match self.literals {
            _ if looks_secret(value) => "***".to_string(),
            Literals::Keep => value.to_string(),
            Literals::Hash => self.hash(value),
            Literals::Drop => "?".to_string(),
        }
    }

    fn number(&self, number: &str) -> Option<String> {
        match self.literals {
            Literals::Keep => None,
            Literals::Hash => Some(self.hash(number)),
            Literals::Drop => Some("?".to_string()),
        }
    }

    fn quoted(&self, quoted: &str) -> Option<String> {
        match self.literals {
            _ if looks_secret(quoted) => Some(SECRET.to_string()),
            Literals::Keep => None,
            Literals::Hash => Some(format!("'{}'", self.hash(&content(quoted)))),
            Literals::Drop => Some("?".to_string()),
        }
    }

    /// A string in a statement that may carry secrets: only where data are is no secret.
    fn beside_secrets(&self, quoted: &str, location: Option<&str>) -> String {
        if location.is_some_and(|location| content(quoted) == location) && !looks_secret(quoted) {
            return self.quoted(quoted).unwrap_or_else(|| quoted.to_string());
        }
        SECRET.to_string()
    }

    /// A body holds statements of any kind.
    fn body(&self, body: &str) -> String {
        replace_constants(body, &mut |constant| match constant {
            Constant::Number(number) => self.number(number),
            Constant::Quoted(_) => Some(SECRET.to_string()),
            Constant::Body(body) => Some(self.body(body)),
        })
    }

    fn hash(&self, text: &str) -> String {
        let tag = hmac::sign(&self.key, text.as_bytes());
        tag.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What strings of a statement may be.
enum Carrier<'a> {
    /// Data.
    Harmless,
    /// Secrets, but for the place where its data are.
    Secrets { location: Option<&'a str> },
    /// Secrets, but for its query and the place where its data go.
    Unload { query: &'a str, location: &'a str },
}

/// Which kinds of statements can carry a secret? Everything that has no reason to be among the harmless ones.
fn carries(statement: &Statement) -> Carrier<'_> {
    match statement {
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_)
        | Statement::CreateTable(_)
        | Statement::CreateTableAs(_)
        | Statement::CreateView(_)
        | Statement::CreateMaterializedView(_)
        | Statement::AlterTable(_)
        | Statement::Comment(_)
        | Statement::Set(_)
        | Statement::ShowObjects(_)
        | Statement::Execute(_)
        | Statement::Call(_)
        | Statement::DeclareCursor(_)
        | Statement::CreateMaskingPolicy(_)
        | Statement::CreateRlsPolicy(_)
        | Statement::AlterPolicy(_) => Carrier::Harmless,
        Statement::Explain(explain) => carries(&explain.statement),
        Statement::Prepare(prepare) => carries(&prepare.statement),
        Statement::Copy(copy) => Carrier::Secrets { location: Some(&copy.source) },
        Statement::Unload(unload) => Carrier::Unload { query: &unload.query_text, location: &unload.target },
        Statement::CreateExternalTable(create) => Carrier::Secrets { location: create.location.as_deref() },
        Statement::CreateFunction(create) if create.language == FunctionLanguage::Sql => Carrier::Harmless,
        _ => Carrier::Secrets { location: None },
    }
}

/// What a string says: its quotes away, and those doubled inside.
fn content(quoted: &str) -> String {
    let inner = quoted.find('\'').and_then(|at| quoted.get(at + 1..quoted.len().saturating_sub(1)));
    inner.unwrap_or(quoted).replace("''", "'")
}

/// Does a text look like a secret, wherever it stands: credentials of COPY, access keys of AWS, tokens, ARNs of secrets,
/// verifiers?
fn looks_secret(text: &str) -> bool {
    const MARKS: [&str; 9] = [
        "aws_secret_access_key",
        "aws_access_key_id",
        "master_symmetric_key",
        ":secretsmanager:",
        "sha256|",
        "AKIA",
        "ASIA",
        "eyJ",
        "-----BEGIN",
    ];
    MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    fn masked(literals: Literals, sql: &str) -> String {
        let parsed = parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        Masker::new(literals).text(&parsed[0].statement, sql)
    }

    #[test]
    fn constants_are_kept_hashed_or_dropped() {
        let sql = "select a, 1.5 from t where b = 'x' or c = 'x' /* z */";
        assert_eq!(masked(Literals::Keep, sql), "select a, 1.5 from t where b = 'x' or c = 'x'");
        assert_eq!(masked(Literals::Drop, sql), "select a, ? from t where b = ? or c = ?");
        let hashed = masked(Literals::Hash, sql);
        let hashes: Vec<&str> = hashed.split('\'').skip(1).step_by(2).collect();
        assert_eq!((hashes.len(), hashes[0].len(), hashes[0]), (2, 16, hashes[1]));
        assert!(!hashed.contains("1.5") && !hashed.contains("'x'"), "{hashed}");
    }

    /// Each statement carries `S3CRET` somewhere, which must not come out, whatever the settings.
    #[test]
    fn secrets_never_come_out() {
        let statements = [
            "create user u password 'S3CRETpw1'",
            "create user u password 'md5S3CRET0123456789abcdef0123456' in group g",
            "alter user u password 'S3CRETpw1' valid until '2030-01-01'",
            "copy t from 's3://b/k' credentials 'aws_access_key_id=x;aws_secret_access_key=S3CRET'",
            "copy t from 's3://b/k' access_key_id 'x' secret_access_key 'S3CRET' session_token 'S3CRET'",
            "copy t from 's3://b/k' iam_role default master_symmetric_key 'S3CRET'",
            "unload ('select 1') to 's3://b/' credentials 'aws_access_key_id=x;aws_secret_access_key=S3CRET'",
            "unload ('select 1') to 's3://b/' access_key_id 'x' secret_access_key 'S3CRET'",
            "create external schema s from postgres database 'd' uri 'h' iam_role default \
             secret_arn 'arn:aws:secretsmanager:eu-west-1:1:secret:S3CRET'",
            "create identity provider p type azure namespace 'n' parameters '{\"client_secret\":\"S3CRET\"}'",
            "create procedure p() as $$ begin copy t from 's3://b' credentials 'S3CRET'; end $$ language plpgsql",
            "create procedure p() as 'begin copy t from \\'s3://b\\' credentials \\'S3CRET\\'; end' language plpgsql",
            "create library l language plpythonu from 's3://b' credentials 'S3CRET'",
            "prepare p as insert into t values ('eyJS3CRET')",
            "select 'arn:aws:secretsmanager:eu-west-1:1:secret:S3CRET'",
            "select 1 /* S3CRET */ -- S3CRET",
            "explain select 'AKIAS3CRET'",
        ];
        for sql in statements {
            for literals in [Literals::Keep, Literals::Hash, Literals::Drop] {
                let text = masked(literals, sql);
                assert!(!text.contains("S3CRET"), "{text}");
            }
        }
    }

    #[test]
    fn where_data_come_from_and_go_to_is_no_secret() {
        assert_eq!(
            masked(Literals::Keep, "copy t from 's3://b/k' credentials 'x' csv delimiter '|'"),
            "copy t from 's3://b/k' credentials '***' csv delimiter '***'"
        );
        assert_eq!(
            masked(Literals::Keep, "unload ('select ''a'', 1') to 's3://b/' iam_role 'r'"),
            "unload ('select ''a'', 1') to 's3://b/' iam_role '***'"
        );
        assert_eq!(
            masked(Literals::Drop, "unload ('select ''a'', 1') to 's3://b/' iam_role 'r'"),
            "unload ('select ?, ?') to ? iam_role '***'"
        );
    }

    #[test]
    fn parameters_are_constants() {
        let of = |literals, value: &str| Masker::new(literals).parameter(value);
        assert_eq!(of(Literals::Keep, "x"), "x");
        assert_eq!(of(Literals::Drop, "x"), "?");
        assert_eq!(of(Literals::Hash, "x").len(), 16);
        assert_eq!(of(Literals::Keep, "ASIAX"), "***");
    }
}
