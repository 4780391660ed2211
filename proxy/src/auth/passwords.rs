//! Passwords: how they are kept, and the three ways in which Redshift asks for them.
//!
//! * in clear text (authentication code 3), asked for only where TLS hides it;
//! * MD5 (code 5): the client sends `md5` + hex(md5(hex(md5(password ‖ user)) ‖ salt)), which can be checked against
//!   what is kept, `md5` + hex(md5(password ‖ user));
//! * Redshift's digest (code 13) for users whose password is kept as SHA-256: both sides compute
//!   sha256(sha256(password ‖ salt) ‖ server nonce ‖ client nonce). Only Redshift's own drivers know it.
//!
//! SCRAM is never offered: Redshift does not have it, and its Python driver fails on the offer.
//! Source for the kept forms: developer guide, "CREATE USER", parameter PASSWORD.

use blueshift_emulator::Credential;
use md5::Md5;
use sha2::{Digest, Sha256};

/// How a client is asked for its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// Not at all.
    Trust,
    /// In clear text.
    Cleartext,
    /// Hashed with this salt.
    Md5 {
        /// Random.
        salt: [u8; 4],
    },
    /// Redshift's digest.
    Digest {
        /// What the kept digest was made with.
        salt: Vec<u8>,
        /// Random.
        server_nonce: [u8; 32],
    },
}

/// What a client answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A password message: the password, or its MD5.
    Password(Vec<u8>),
    /// A digest message.
    Digest {
        /// The digest.
        digest: Vec<u8>,
        /// The client's nonce.
        client_nonce: Vec<u8>,
    },
}

/// What is known of the client before it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// Is the line encrypted?
    pub encryption: Encryption,
    /// Does the client know the digest?
    pub driver: Driver,
}

/// Is the line encrypted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Encryption {
    Tls,
    None,
}

/// Whose driver is it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// One of Redshift's own: it named its version in the start-up message.
    Redshift,
    /// One for PostgreSQL.
    Postgres,
}

/// Chooses how to ask. A user who does not exist is asked like one who does, so that nobody can tell.
pub fn challenge(credential: Option<&Credential>, circumstances: Circumstances) -> Challenge {
    let Circumstances { encryption, driver } = circumstances;
    match credential {
        Some(Credential::Anything) => Challenge::Trust,
        Some(Credential::Sha256(kept)) if driver == Driver::Redshift || encryption == Encryption::None => {
            let salt = Sha256Kept::parse(kept).map(|kept| kept.salt).unwrap_or_default();
            Challenge::Digest { salt, server_nonce: rand::random() }
        }
        _ if encryption == Encryption::Tls => Challenge::Cleartext,
        _ => Challenge::Md5 { salt: rand::random() },
    }
}

/// Does the answer prove that it is this user?
pub fn verify(user: &str, credential: Option<&Credential>, challenge: &Challenge, answer: &Answer) -> bool {
    match (credential, challenge, answer) {
        (Some(Credential::Anything), _, _) => true,
        (Some(Credential::Md5(kept)), Challenge::Cleartext, Answer::Password(password)) => {
            same(md5_of(password, user.as_bytes()).as_bytes(), kept.to_lowercase().as_bytes())
        }
        (Some(Credential::Md5(kept)), Challenge::Md5 { salt }, Answer::Password(answer)) => {
            let kept = kept.to_lowercase();
            let inner = kept.strip_prefix("md5").unwrap_or(&kept);
            same(md5_of(inner.as_bytes(), salt).as_bytes(), answer)
        }
        (Some(Credential::Sha256(kept)), Challenge::Cleartext, Answer::Password(password)) => Sha256Kept::parse(kept)
            .is_some_and(|kept| {
                same(&Sha256::new().chain_update(password).chain_update(&kept.salt).finalize(), &kept.digest)
            }),
        (
            Some(Credential::Sha256(kept)),
            Challenge::Digest { server_nonce, .. },
            Answer::Digest { digest, client_nonce },
        ) => Sha256Kept::parse(kept)
            .is_some_and(|kept| same(&digest_answer(&kept.digest, server_nonce, client_nonce), digest)),
        _ => false,
    }
}

/// `md5` and the MD5 of password and user, as pg_shadow keeps it.
pub fn md5_hash(password: &str, user: &str) -> String {
    md5_of(password.as_bytes(), user.as_bytes())
}

/// `md5` + hex(md5(secret ‖ salt)): how a password is kept (salted with the user) and how it is sent (with random bytes).
fn md5_of(secret: &[u8], salt: &[u8]) -> String {
    let digest = Md5::new().chain_update(secret).chain_update(salt).finalize();
    format!("md5{digest:x}")
}

/// What the client's digest must be.
fn digest_answer(kept: &[u8], server_nonce: &[u8], client_nonce: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update(kept).chain_update(server_nonce).chain_update(client_nonce).finalize().to_vec()
}

/// The salt of `sha256|digest|salt`; none where that is not its form.
pub(crate) fn digest_salt(kept: &str) -> Option<Vec<u8>> {
    Sha256Kept::parse(kept).map(|kept| kept.salt)
}

/// `sha256|digest|salt`, both in hexadecimal.
struct Sha256Kept {
    digest: Vec<u8>,
    salt: Vec<u8>,
}

impl Sha256Kept {
    fn parse(kept: &str) -> Option<Sha256Kept> {
        let (digest, salt) = kept.strip_prefix("sha256|").unwrap_or(kept).split_once('|')?;
        Some(Sha256Kept { digest: from_hex(digest)?, salt: from_hex(salt)? })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

/// Equality in a time that does not tell where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (l, r)| difference | (l ^ r)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The guide's example: `CREATE USER user1` with the password `ez`.
    const MD5_OF_THE_GUIDE: &str = "md5153c434b4b77c89e6b94f12c5393af5b";
    /// The guide's example: the password `Mypassword1` with this salt.
    const SHA256_OF_THE_GUIDE: &str = "sha256|821708135fcc42eb3afda85286dee0ed15c2c461d000291609f77eb113073ec2|\
                                       c721bff5d9042cf541ff7b9d48fa8a6e545c19a763e3710151f9513038b0f6c6";

    fn circumstances(encryption: Encryption, driver: Driver) -> Circumstances {
        Circumstances { encryption, driver }
    }

    fn password(text: &str) -> Answer {
        Answer::Password(text.as_bytes().to_vec())
    }

    #[test]
    fn md5_is_kept_as_the_guide_says() {
        assert_eq!(md5_hash("ez", "user1"), MD5_OF_THE_GUIDE);
    }

    #[test]
    fn md5_is_checked_in_clear_text_and_salted() {
        let kept = Credential::Md5(MD5_OF_THE_GUIDE.into());
        assert!(verify("user1", Some(&kept), &Challenge::Cleartext, &password("ez")));
        assert!(!verify("user1", Some(&kept), &Challenge::Cleartext, &password("wrong")));
        assert!(!verify("user2", Some(&kept), &Challenge::Cleartext, &password("ez")));
        let salt = [1, 2, 3, 4];
        // What a client computes: the MD5 of the inner hash's digits and the salt.
        let inner = &MD5_OF_THE_GUIDE[3..];
        let sent = format!("md5{:x}", Md5::new().chain_update(inner).chain_update(salt).finalize());
        assert!(verify("user1", Some(&kept), &Challenge::Md5 { salt }, &password(&sent)));
        assert!(!verify("user1", Some(&kept), &Challenge::Md5 { salt: [4, 3, 2, 1] }, &password(&sent)));
    }

    #[test]
    fn sha256_is_checked_in_clear_text_and_as_a_digest() {
        let kept = Credential::Sha256(SHA256_OF_THE_GUIDE.into());
        assert!(verify("admin", Some(&kept), &Challenge::Cleartext, &password("Mypassword1")));
        assert!(!verify("admin", Some(&kept), &Challenge::Cleartext, &password("mypassword1")));

        let challenge = challenge(Some(&kept), circumstances(Encryption::None, Driver::Redshift));
        let Challenge::Digest { salt, server_nonce } = &challenge else { panic!("{challenge:?}") };
        assert_eq!(salt.len(), 32);
        let client_nonce = b"1700000000000".to_vec();
        let inner = Sha256::new().chain_update("Mypassword1").chain_update(salt).finalize();
        let digest = Sha256::new()
            .chain_update(inner)
            .chain_update(server_nonce)
            .chain_update(&client_nonce)
            .finalize()
            .to_vec();
        assert!(verify(
            "admin",
            Some(&kept),
            &challenge,
            &Answer::Digest { digest, client_nonce: client_nonce.clone() }
        ));
        let forged = Answer::Digest { digest: vec![0; 32], client_nonce };
        assert!(!verify("admin", Some(&kept), &challenge, &forged));
    }

    #[test]
    fn the_question_suits_the_line_and_the_driver() {
        let md5 = Credential::Md5(MD5_OF_THE_GUIDE.into());
        let sha256 = Credential::Sha256(SHA256_OF_THE_GUIDE.into());
        let ask = |credential: Option<&Credential>, encryption, driver| {
            challenge(credential, circumstances(encryption, driver))
        };
        use Driver::*;
        use Encryption::*;
        assert_eq!(ask(Some(&md5), Tls, Postgres), Challenge::Cleartext);
        assert!(matches!(ask(Some(&md5), None, Postgres), Challenge::Md5 { .. }));
        assert_eq!(ask(Some(&sha256), Tls, Postgres), Challenge::Cleartext);
        assert!(matches!(ask(Some(&sha256), Tls, Redshift), Challenge::Digest { .. }));
        assert_eq!(ask(Some(&Credential::Anything), None, Postgres), Challenge::Trust);
        // Nobody learns from the question who exists.
        assert!(matches!(ask(Option::None, None, Postgres), Challenge::Md5 { .. }));
        assert_eq!(ask(Option::None, Tls, Postgres), Challenge::Cleartext);
    }

    #[test]
    fn nobody_gets_in_without_a_credential() {
        assert!(!verify("x", None, &Challenge::Cleartext, &password("")));
        assert!(!verify("x", Some(&Credential::Disabled), &Challenge::Cleartext, &password("x")));
        let broken = Credential::Sha256("sha256|zz|zz".into());
        assert!(!verify("x", Some(&broken), &Challenge::Cleartext, &password("x")));
    }
}
