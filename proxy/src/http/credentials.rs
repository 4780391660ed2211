//! Temporary credentials: a name and a password that log in on the wire until they expire.
//!
//! * GetClusterCredentials gives `IAM:user` for a database user who exists, `IAMA:user` where it may be created, with the
//!   groups that it joins behind it: `IAMA:user:group`.
//! * GetClusterCredentialsWithIAM and the serverless GetCredentials give `IAM:name` for an IAM user and `IAMR:name` for a
//!   role: these are names of database users of their own, which are made when they are first asked for.
//!
//! Sources: Amazon Redshift API reference, "GetClusterCredentials", "GetClusterCredentialsWithIAM"; Redshift Serverless API
//! reference, "GetCredentials".

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use blueshift_emulator::Credential;
use rand::{Rng, distr::Alphanumeric};

use super::now;
use crate::auth::passwords;

/// Characters of a password.
const LENGTH: usize = 64;
/// Credentials that may be open at a time for a name; beyond them the oldest end.
const MOST: usize = 100;

/// What was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The name to log in with.
    pub login: String,
    /// The password.
    pub password: String,
    /// When it ends, in microseconds since 1970.
    pub expires: i64,
}

/// What was issued for a name, as those see it who check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The database user behind it.
    pub user: String,
    /// The groups that the user is in while the session lasts.
    pub groups: Vec<String>,
    /// What proves it.
    pub credential: Credential,
}

struct Entry {
    open: Open,
    expires: i64,
}

/// All credentials that are open.
#[derive(Default)]
pub struct Credentials(Mutex<HashMap<String, Vec<Entry>>>);

impl Credentials {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Vec<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issues a password for a database user, for so many seconds.
    pub fn issue(&self, login: &str, user: &str, seconds: i64) -> Issued {
        self.issue_with_groups(login, user, &[], seconds)
    }

    /// The same; who logs in with it is in these groups while the session lasts.
    pub fn issue_with_groups(&self, login: &str, user: &str, groups: &[String], seconds: i64) -> Issued {
        let password: String = rand::rng().sample_iter(Alphanumeric).take(LENGTH).map(char::from).collect();
        let expires = now() + seconds * 1_000_000;
        let credential = Credential::Md5(passwords::md5_hash(&password, login));
        let mut entries = self.entries();
        entries.retain(|_, open| {
            open.retain(|entry| entry.expires > now());
            !open.is_empty()
        });
        let open = entries.entry(login.to_string()).or_default();
        if open.len() >= MOST {
            open.remove(0);
        }
        open.push(Entry { open: Open { user: user.to_string(), groups: groups.to_vec(), credential }, expires });
        Issued { login: login.to_string(), password, expires }
    }

    /// The users behind a name, each with what proves it.
    pub fn of(&self, login: &str) -> Vec<Open> {
        let entries = self.entries();
        let open = entries.get(login).into_iter().flatten().filter(|entry| entry.expires > now());
        open.map(|entry| entry.open.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::passwords::{Answer, Challenge, verify};

    #[test]
    fn a_password_lets_in_until_it_expires() {
        let credentials = Credentials::default();
        let issued = credentials.issue("IAM:admin", "admin", 900);
        let other = credentials.issue("IAM:admin", "admin", 900);
        assert_ne!(issued.password, other.password);
        let open = credentials.of("IAM:admin");
        let lets_in = |password: &str| {
            let answer = Answer::Password(password.as_bytes().to_vec());
            open.iter().any(|open| verify("IAM:admin", Some(&open.credential), &Challenge::Cleartext, &answer))
        };
        assert!(lets_in(&issued.password) && lets_in(&other.password));
        assert!(!lets_in("wrong"));
        assert!(credentials.of("IAM:other").is_empty());
        credentials.issue("IAM:late", "late", -1);
        assert!(credentials.of("IAM:late").is_empty());
    }
}
