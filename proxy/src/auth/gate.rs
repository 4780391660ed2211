//! The gate: who may pass, by the users file.
//!
//! Three ways lead in: a client certificate whose name is the user's, a token of an identity provider as the password, and a
//! password. A wrong password, a user who does not exist and one who is locked look alike: in the question (under TLS all are
//! asked for the clear text; without it Redshift's drivers get its digest and the others MD5), in the words of the refusal,
//! and in the time that it takes: every check of a password costs what the costliest verifier costs. Checks run on threads of
//! their own, few at a time, so that a flood of logins leaves the processors to those who are in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
    thread::available_parallelism,
    time::Instant,
};

use redshift_sql_dialect::{Error, Result, SqlState};
use ring::hmac;
use tokio::{sync::Semaphore, task::spawn_blocking, time::sleep};

use super::{
    jwt::{Expectations, KeySet, looks_like_token},
    passwords::{Answer, Challenge, Driver, Encryption},
    throttle::{Throttle, Turn},
    users::{ActsAs, Secret, User, Users},
    verifier::{Verifier, waste},
};
use crate::reload::Reloading;

/// Somebody who is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The name in the users file.
    pub name: String,
    /// Groups, of the file and of the token.
    pub groups: Vec<String>,
    /// How they proved who they are.
    pub method: Method,
    /// Databases that they may name; empty is all.
    pub targets: Vec<String>,
    /// As whom they act in the warehouse.
    pub acts: ActsAs,
    /// Connections at a time.
    pub max_connections: Option<usize>,
    /// Statements that run at a time.
    pub max_running: Option<usize>,
}

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Certificate,
    Token,
    Password,
    /// A signed HTTP request.
    Signature,
}

impl Method {
    /// As the audit writes it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Certificate => "certificate",
            Method::Token => "token",
            Method::Password => "password",
            Method::Signature => "signature",
        }
    }
}

/// Why somebody is not in. Clients are told the same of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Refusal {
    UnknownUser,
    Locked,
    WrongPassword,
    NoPassword,
    WrongToken(&'static str),
    WrongCertificate,
    TooManyFailures,
}

impl Refusal {
    /// As the audit and the metrics write it.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::UnknownUser => "unknown user",
            Refusal::Locked => "locked",
            Refusal::WrongPassword => "wrong password",
            Refusal::NoPassword => "no password",
            Refusal::WrongToken(_) => "wrong token",
            Refusal::WrongCertificate => "wrong certificate",
            Refusal::TooManyFailures => "too many failures",
        }
    }

    /// What clients are told.
    pub fn error(self, user: &str) -> Error {
        Error::new(SqlState::INVALID_AUTHORIZATION, format!("password authentication failed for user \"{user}\""))
    }
}

/// Somebody at the gate.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The name they give.
    pub user: &'a str,
    /// Their address.
    pub source: &'a str,
    /// Is the line encrypted?
    pub encryption: Encryption,
    /// Whose driver is it?
    pub driver: Driver,
    /// The names in the client certificate, which the TLS library has checked; none where there is no certificate.
    pub certificate: Option<&'a [String]>,
}

/// Tokens that are taken.
pub struct Tokens {
    /// The provider's keys.
    pub keys: Reloading<KeySet>,
    /// What a token must say.
    pub expected: Expectations,
}

/// The gate.
pub struct Gate {
    users: Reloading<Users>,
    tokens: Option<Tokens>,
    throttle: Throttle,
    /// Checks of passwords that run at a time.
    checks: Semaphore,
    known: Known,
    present: Arc<Mutex<HashMap<String, Counts>>>,
    max_connections: Option<usize>,
}

/// What a user has going.
#[derive(Debug, Default)]
struct Counts {
    connections: usize,
    running: Arc<AtomicUsize>,
}

/// What a check of a password needs.
struct Check {
    user: String,
    verifier: Option<Verifier>,
    /// What it costs in all.
    iterations: u32,
    challenge: Challenge,
    answer: Answer,
}

impl Gate {
    /// A gate. `max_connections` is what users have whose own entry says nothing.
    pub fn new(users: Reloading<Users>, tokens: Option<Tokens>, max_connections: Option<usize>) -> Gate {
        Gate {
            users,
            tokens,
            throttle: Throttle::default(),
            checks: Semaphore::new(available_parallelism().map_or(1, usize::from)),
            known: Known::new(),
            present: Arc::default(),
            max_connections,
        }
    }

    /// The user of a client certificate, who needs no password; none where there is no certificate of theirs.
    pub fn certified(&self, caller: Caller<'_>) -> Option<Guest> {
        let names = caller.certificate?;
        let users = self.users.get();
        let user = users.get(caller.user).filter(|user| !user.locked)?;
        let is_theirs = |name: &String| name == caller.user || user.certificates.contains(name);
        names.iter().any(is_theirs).then(|| guest(caller.user, user, Method::Certificate))
    }

    /// How somebody is asked for the password: nothing in it tells whether there is such a user.
    pub fn challenge(&self, caller: Caller<'_>) -> Challenge {
        if caller.encryption == Encryption::Tls {
            return Challenge::Cleartext;
        }
        match caller.driver {
            Driver::Postgres => Challenge::Md5 { salt: rand::random() },
            Driver::Redshift => {
                let users = self.users.get();
                let salt = users.get(caller.user).and_then(|user| user.verifier.as_ref()?.digest_salt());
                let salt = salt.unwrap_or_else(|| users.decoy_salt(caller.user));
                Challenge::Digest { salt, server_nonce: rand::random() }
            }
        }
    }

    /// Lets somebody in, or not; in its time.
    ///
    /// # Errors
    /// Why not.
    pub async fn admit(&self, caller: Caller<'_>, challenge: Challenge, answer: Answer) -> Result<Guest, Refusal> {
        match self.throttle.turn(caller.user, caller.source, Instant::now()) {
            Turn::Never => return Err(Refusal::TooManyFailures),
            Turn::After(wait) if wait.is_zero() => {}
            Turn::After(wait) => sleep(wait).await,
        }
        let checked = self.check(caller, challenge, answer).await;
        match &checked {
            Ok(_) => self.throttle.succeeded(caller.user),
            Err(_) => self.throttle.failed(caller.user, caller.source, Instant::now()),
        }
        checked
    }

    async fn check(&self, caller: Caller<'_>, challenge: Challenge, answer: Answer) -> Result<Guest, Refusal> {
        let users = self.users.get();
        let user = users.get(caller.user);
        if let (Some(tokens), Challenge::Cleartext, Answer::Password(token)) = (&self.tokens, &challenge, &answer)
            && looks_like_token(token)
        {
            let bearer = tokens.verify(token, caller.user);
            // A token is checked before anybody looks whether there is such a user, and both take no time.
            let groups = bearer.map_err(Refusal::WrongToken)?;
            let mut guest = guest(caller.user, passable(user)?, Method::Token);
            guest.groups.extend(groups);
            return Ok(guest);
        }
        let verifier = user.and_then(|user| user.verifier.clone());
        let no_password = user.is_some() && verifier.is_none();
        let check = Check {
            user: caller.user.to_string(),
            verifier,
            iterations: if challenge == Challenge::Cleartext { users.iterations() } else { 0 },
            challenge,
            answer,
        };
        let proved = self.prove(check).await;
        let user = passable(user)?;
        match proved {
            true => Ok(guest(caller.user, user, Method::Password)),
            false if no_password => Err(Refusal::NoPassword),
            false => Err(Refusal::WrongPassword),
        }
    }

    /// Does the password prove its user?
    async fn prove(&self, check: Check) -> bool {
        if self.known.knows(&check) {
            return true;
        }
        // It is never closed.
        let Ok(_turn) = self.checks.acquire().await else { return false };
        let worked = spawn_blocking(move || {
            let cost = check.verifier.as_ref().map_or(0, Verifier::iterations);
            let proved = match &check.verifier {
                Some(verifier) => verifier.proves(&check.user, &check.challenge, &check.answer),
                None => false,
            };
            waste(check.iterations.saturating_sub(cost));
            (proved, check)
        });
        match worked.await {
            Ok((true, check)) => {
                self.known.learn(&check);
                true
            }
            _ => false,
        }
    }

    /// Whoever signed a request with this access key, and the secret that the signature must have been made with. None where
    /// there is no such key, or its user is locked.
    pub fn signer(&self, access_key: &str) -> Option<(Guest, Secret)> {
        let users = self.users.get();
        let (name, user, secret) = users.access_key(access_key)?;
        (!user.locked).then(|| (guest(name, user, Method::Signature), secret.clone()))
    }

    /// Counts a connection of a guest, until what is given is dropped.
    ///
    /// # Errors
    /// 53300 where there are as many as there may be.
    pub fn enter(&self, guest: &Guest) -> Result<Presence> {
        let mut present = lock(&self.present);
        let most = guest.max_connections.or(self.max_connections).unwrap_or(usize::MAX);
        if present.get(&guest.name).map_or(0, |counts| counts.connections) >= most {
            let message = format!("too many connections for user \"{}\"", guest.name);
            return Err(Error::new(SqlState::TOO_MANY_CONNECTIONS, message));
        }
        let counts = present.entry(guest.name.clone()).or_default();
        counts.connections += 1;
        let running = Arc::clone(&counts.running);
        drop(present);
        Ok(Presence { name: guest.name.clone(), running, present: Arc::clone(&self.present) })
    }
}

/// A connection that counts.
#[derive(Debug)]
pub struct Presence {
    name: String,
    running: Arc<AtomicUsize>,
    present: Arc<Mutex<HashMap<String, Counts>>>,
}

impl Presence {
    /// How many statements of its user run, on all connections.
    pub fn running(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.running)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut present = lock(&self.present);
        let Some(counts) = present.get_mut(&self.name) else { return };
        counts.connections -= 1;
        if counts.connections == 0 {
            present.remove(&self.name);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A user who exists and is not locked.
fn passable(user: Option<&User>) -> Result<&User, Refusal> {
    match user {
        None => Err(Refusal::UnknownUser),
        Some(user) if user.locked => Err(Refusal::Locked),
        Some(user) => Ok(user),
    }
}

fn guest(name: &str, user: &User, method: Method) -> Guest {
    Guest {
        name: name.to_string(),
        groups: user.groups.clone(),
        method,
        targets: user.targets.clone(),
        acts: user.acts.clone(),
        max_connections: user.max_connections,
        max_running: user.max_running,
    }
}

impl Tokens {
    /// The groups of a token's bearer, who is this user.
    fn verify(&self, token: &[u8], user: &str) -> Result<Vec<String>, &'static str> {
        let token = std::str::from_utf8(token).map_err(|_| "it is no token")?;
        let now = chrono::Utc::now().timestamp();
        let bearer = self.keys.get().verify(token, &self.expected, now)?;
        if bearer.user == user { Ok(bearer.groups) } else { Err("it is another user's") }
    }
}

/// Passwords that were right, so that a pool's hundred connections cost one check. Kept is a keyed hash of the password and of
/// what it was checked against, under a key that nobody else has: it goes with the process, and with another password.
struct Known {
    key: hmac::Key,
    tags: Mutex<HashMap<String, hmac::Tag>>,
}

impl Known {
    fn new() -> Known {
        Known { key: hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>()), tags: Mutex::default() }
    }

    /// What is hashed; none where there is nothing to be saved.
    fn message(check: &Check) -> Option<Vec<u8>> {
        match (&check.verifier, &check.challenge, &check.answer) {
            (Some(verifier @ Verifier::Pbkdf2 { .. }), Challenge::Cleartext, Answer::Password(password)) => {
                let verifier = verifier.to_string();
                Some([&verifier.len().to_be_bytes(), verifier.as_bytes(), password].concat())
            }
            _ => None,
        }
    }

    fn knows(&self, check: &Check) -> bool {
        let Some(message) = Known::message(check) else { return false };
        lock(&self.tags).get(&check.user).is_some_and(|tag| hmac::verify(&self.key, &message, tag.as_ref()).is_ok())
    }

    fn learn(&self, check: &Check) {
        if let Some(message) = Known::message(check) {
            lock(&self.tags).insert(check.user.clone(), hmac::sign(&self.key, &message));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, num::NonZeroU32};

    use serde_json::json;

    use super::*;
    use crate::auth::{
        jwt::tests::{Provider, expectations},
        verifier::VerifierKind,
    };

    fn users_file() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        let strong = Verifier::pbkdf2("right", NonZeroU32::new(1_000).unwrap());
        let digest = Verifier::make(VerifierKind::Sha256, "dig", "right");
        let text = format!(
            "[users.ana]\npassword = \"{strong}\"\nmax-connections = 2\ncertificates = [\"ana@example.com\"]\n\
             access-keys = {{ K1 = 'x' }}\n\
             [users.dig]\npassword = \"{digest}\"\n[users.shut]\npassword = \"{strong}\"\nlocked = true\naccess-keys = {{ K2 = 'y' }}\n[users.cert]\n"
        );
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn gate(tokens: Option<Tokens>) -> Gate {
        let (_folder, path) = users_file();
        Gate::new(Reloading::fixed(Users::read(&path).unwrap()), tokens, None)
    }

    fn caller(user: &str) -> Caller<'_> {
        Caller { user, source: "10.0.0.1", encryption: Encryption::Tls, driver: Driver::Postgres, certificate: None }
    }

    async fn try_in(gate: &Gate, user: &str, password: &str) -> Result<Guest, Refusal> {
        let challenge = gate.challenge(caller(user));
        gate.admit(caller(user), challenge, Answer::Password(password.as_bytes().to_vec())).await
    }

    #[tokio::test]
    async fn the_right_password_lets_in_and_nothing_else_does() {
        let gate = gate(None);
        let guest = try_in(&gate, "ana", "right").await.unwrap();
        assert_eq!((guest.name.as_str(), guest.method), ("ana", Method::Password));
        // The second time without the work; a wrong one is no better off for it.
        assert!(try_in(&gate, "ana", "right").await.is_ok());
        assert_eq!(try_in(&gate, "ana", "wrong").await, Err(Refusal::WrongPassword));
        assert_eq!(try_in(&gate, "nobody", "right").await, Err(Refusal::UnknownUser));
        assert_eq!(try_in(&gate, "shut", "right").await, Err(Refusal::Locked));
        assert!(try_in(&self::gate(None), "dig", "right").await.is_ok());
    }

    #[tokio::test]
    async fn who_has_no_password_gets_in_with_none() {
        assert_eq!(try_in(&gate(None), "cert", "").await, Err(Refusal::NoPassword));
    }

    #[test]
    fn questions_and_refusals_tell_nothing() {
        let gate = gate(None);
        let ask = |user, encryption, driver| gate.challenge(Caller { encryption, driver, ..caller(user) });
        for user in ["ana", "dig", "shut", "cert", "nobody"] {
            assert_eq!(ask(user, Encryption::Tls, Driver::Redshift), Challenge::Cleartext);
            assert!(matches!(ask(user, Encryption::None, Driver::Postgres), Challenge::Md5 { .. }));
            let Challenge::Digest { salt, .. } = ask(user, Encryption::None, Driver::Redshift) else { panic!() };
            let Challenge::Digest { salt: again, .. } = ask(user, Encryption::None, Driver::Redshift) else { panic!() };
            assert_eq!((salt.len(), &salt), (32, &again));
        }
        let words: Vec<String> =
            [Refusal::UnknownUser, Refusal::Locked, Refusal::WrongToken("x"), Refusal::TooManyFailures]
                .iter()
                .map(|refusal| refusal.error("ana").to_string())
                .collect();
        assert!(words.iter().all(|text| text == "28000: password authentication failed for user \"ana\""), "{words:?}");
    }

    #[test]
    fn a_certificate_is_somebodys() {
        let gate = gate(None);
        let with = |user: &'static str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            gate.certified(Caller { certificate: Some(&names), ..caller(user) }).map(|guest| guest.method)
        };
        assert_eq!(with("cert", &["cert"]), Some(Method::Certificate));
        assert_eq!(with("ana", &["other", "ana@example.com"]), Some(Method::Certificate));
        assert_eq!(with("ana", &["cert"]), None);
        assert_eq!(with("shut", &["shut"]), None);
        assert_eq!(with("nobody", &["nobody"]), None);
        assert_eq!(gate.certified(caller("cert")), None);
    }

    #[tokio::test]
    async fn a_token_is_a_password() {
        let provider = Provider::new();
        let keys = Reloading::fixed(KeySet::parse(&provider.jwks()).unwrap());
        let gate = gate(Some(Tokens { keys, expected: expectations() }));
        let expires = chrono::Utc::now().timestamp() + 600;
        let claims = |user: &str| json!({"iss": "https://id.example", "aud": "blueshift", "exp": expires, "email": user, "groups": ["g"]});
        let token = |user: &str| provider.token(json!({"alg": "ES256"}), claims(user));
        let guest = try_in(&gate, "ana", &token("ana")).await.unwrap();
        assert_eq!((guest.method, guest.groups), (Method::Token, vec!["g".to_string()]));
        assert_eq!(try_in(&gate, "ana", &token("dig")).await, Err(Refusal::WrongToken("it is another user's")));
        assert_eq!(try_in(&gate, "shut", &token("shut")).await, Err(Refusal::Locked));
        assert_eq!(try_in(&gate, "nobody", &token("nobody")).await, Err(Refusal::UnknownUser));
        // Nobody sends a token in the clear.
        let open = Caller { encryption: Encryption::None, ..caller("ana") };
        let challenge = gate.challenge(open);
        assert!(gate.admit(open, challenge, Answer::Password(token("ana").into_bytes())).await.is_err());
    }

    #[test]
    fn connections_are_counted_while_they_last() {
        let gate = gate(None);
        let (ana, secret) = gate.signer("K1").unwrap();
        assert_eq!((ana.name.as_str(), ana.method, secret.reveal()), ("ana", Method::Signature, "x"));
        assert!(gate.signer("K2").is_none() && gate.signer("K3").is_none());
        let first = gate.enter(&ana).unwrap();
        let _second = gate.enter(&ana).unwrap();
        let refused = gate.enter(&ana).unwrap_err();
        assert_eq!(refused.to_string(), "53300: too many connections for user \"ana\"");
        drop(first);
        assert!(gate.enter(&ana).is_ok());
    }
}
