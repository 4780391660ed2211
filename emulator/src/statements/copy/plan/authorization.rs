//! Authorization parameters: developer guide, "Authorization parameters".
//!
//! A role stands for the engine's own credentials: nobody here could assume it. Its ARN is looked at all the same, so that
//! a statement which Redshift would refuse for its form is refused.

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::s3::S3Credentials;

/// The clauses that were given.
#[derive(Default)]
pub(in crate::statements) struct Clauses {
    /// IAM_ROLE; none inside is `default`.
    pub iam_role: Option<Option<String>>,
    pub credentials: Option<String>,
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
}

/// Secrets do not show.
impl std::fmt::Debug for Clauses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clauses").field("iam_role", &self.iam_role).finish_non_exhaustive()
    }
}

impl Clauses {
    /// Whose credentials the statement asks for; `what` names it: `COPY from S3`.
    pub(in crate::statements) fn credentials(&self, what: &str) -> Result<S3Credentials> {
        let has_keys = self.access_key_id.is_some() || self.secret_access_key.is_some() || self.session_token.is_some();
        match (&self.iam_role, &self.credentials, has_keys) {
            (Some(role), None, false) => match role {
                // Only who has logged in through an identity provider has credentials of his own.
                Some(role) if role == "SESSION" => Err(Error::unsupported("IAM_ROLE 'SESSION' is not supported")),
                Some(role) if !is_role(role) => Err(invalid()),
                _ => Ok(S3Credentials::Engine),
            },
            (None, Some(text), false) => of_text(text).ok_or_else(invalid),
            (None, None, true) => match (&self.access_key_id, &self.secret_access_key) {
                (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => Ok(S3Credentials::Keys {
                    access_key_id: id.clone(),
                    secret_access_key: secret.clone(),
                    session_token: self.session_token.clone(),
                }),
                _ => Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    "ACCESS_KEY_ID and SECRET_ACCESS_KEY must be specified together",
                )),
            },
            (None, None, false) => Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("{what} requires IAM_ROLE, CREDENTIALS, or ACCESS_KEY_ID and SECRET_ACCESS_KEY"),
            )),
            _ => Err(Error::new(SqlState::SYNTAX_ERROR, "conflicting or redundant options")
                .with_hint("IAM_ROLE, CREDENTIALS, and ACCESS_KEY_ID with SECRET_ACCESS_KEY exclude each other.")),
        }
    }
}

fn invalid() -> Error {
    let message = "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or \
                   'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'";
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// `arn:aws:iam::123456789012:role/name`; several of them, each assuming the next, are separated by commas.
fn is_role(text: &str) -> bool {
    text.split(',').all(|arn| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
        let is_partition = partition == "aws" || partition.starts_with("aws-");
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        is_partition && is_account && resource.strip_prefix("role/").is_some_and(is_name)
    })
}

/// `aws_iam_role=...` or `aws_access_key_id=...;aws_secret_access_key=...[;token=...]`
fn of_text(text: &str) -> Option<S3Credentials> {
    let (mut role, mut id, mut secret, mut token) = (None, None, None, None);
    for part in text.split(';').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        if value.is_empty() || value.contains(char::is_whitespace) {
            return None;
        }
        let slot = match name {
            "aws_iam_role" => &mut role,
            "aws_access_key_id" => &mut id,
            "aws_secret_access_key" => &mut secret,
            "token" => &mut token,
            _ => return None,
        };
        if slot.replace(value.to_string()).is_some() {
            return None;
        }
    }
    match (role, id, secret) {
        (Some(role), None, None) if token.is_none() => is_role(&role).then_some(S3Credentials::Engine),
        (None, Some(access_key_id), Some(secret_access_key)) => {
            Some(S3Credentials::Keys { access_key_id, secret_access_key, session_token: token })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_arns() {
        for role in [
            "arn:aws:iam::0123456789012:role/MyRedshiftRole",
            "arn:aws-cn:iam::123456789012:role/path/name",
            "arn:aws:iam::123456789012:role/a,arn:aws:iam::210987654321:role/b",
        ] {
            assert!(is_role(role), "{role}");
        }
        for role in [
            "",
            "MyRole",
            "arn:aws:iam::ACCOUNT:role/x",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::1:user/x",
            "arn:aws:iam::1:role/",
        ] {
            assert!(!is_role(role), "{role}");
        }
    }

    #[test]
    fn credentials_are_a_role_or_keys() {
        assert_eq!(of_text("aws_iam_role=arn:aws:iam::123456789012:role/r"), Some(S3Credentials::Engine));
        let keys = |token: Option<&str>| S3Credentials::Keys {
            access_key_id: "AKIA".into(),
            secret_access_key: "a/b=c".into(),
            session_token: token.map(Into::into),
        };
        assert_eq!(of_text("aws_access_key_id=AKIA;aws_secret_access_key=a/b=c"), Some(keys(None)));
        assert_eq!(of_text("aws_access_key_id=AKIA;aws_secret_access_key=a/b=c;token=t"), Some(keys(Some("t"))));
        for text in [
            "",
            "aws_iam_role=role",
            "aws_access_key_id=AKIA",
            "aws_access_key_id=AKIA; aws_secret_access_key=b",
            "aws_access_key_id=A B;aws_secret_access_key=c",
            "AWS_ACCESS_KEY_ID=a;aws_secret_access_key=c",
            "aws_access_key_id=a;aws_access_key_id=b;aws_secret_access_key=c",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }
}
