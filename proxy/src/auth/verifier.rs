//! What the users file keeps instead of passwords, and which way of asking each of them allows.
//!
//! | kept as | asked for in clear text under TLS | Redshift's digest | MD5 |
//! | --- | --- | --- | --- |
//! | `pbkdf2-sha256$iterations$salt$hash` | yes | no | no |
//! | `sha256\|digest\|salt` | yes | yes | no |
//! | `md5…` | yes | no | yes |
//!
//! The digest's answer is computed from sha256(password ‖ salt), MD5's from md5(password ‖ user): a gateway can check them only
//! if it keeps just that, and who steals a file of those can try billions of passwords a second, and for these two ways needs
//! not even try: what is kept is what proves. PBKDF2 costs as many hashes as it has iterations for each try, and what is kept
//! proves nothing; but it needs the password itself, which only TLS may carry. So PBKDF2 is what `blueshift user add` makes
//! unless told otherwise, and under TLS everybody is asked for the clear text.
//!
//! Sources: RFC 8018 (PBKDF2); OWASP Password Storage Cheat Sheet for the number of iterations; for the other two
//! [`super::passwords`].

use std::{fmt, num::NonZeroU32, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use blueshift_emulator::Credential;
use ring::pbkdf2;
use sha2::{Digest, Sha256};

use super::passwords::{self, Answer, Challenge};

const PREFIX: &str = "pbkdf2-sha256";
/// Iterations of new verifiers.
pub const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).expect("it is not zero");
/// More would let one line of a file keep a processor busy for minutes.
const MOST_ITERATIONS: u32 = 10_000_000;
/// Bytes of a salt.
const SALT: usize = 16;
/// Bytes of a hash.
const HASH: usize = 32;

/// How a new verifier is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum VerifierKind {
    /// For all clients under TLS
    #[default]
    Pbkdf2,
    /// For Redshift's drivers without TLS, too
    Sha256,
    /// For PostgreSQL's drivers without TLS, too: MD5 is broken, and the file must be kept like a password
    Md5,
}

/// What proves a password without being it.
#[derive(Clone, PartialEq, Eq)]
pub enum Verifier {
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2 {
        /// How many rounds.
        iterations: NonZeroU32,
        /// Random.
        salt: Vec<u8>,
        /// What comes out.
        hash: Vec<u8>,
    },
    /// `sha256|digest|salt`, as CREATE USER takes it.
    Sha256(String),
    /// `md5…`, as CREATE USER takes it.
    Md5(String),
}

/// It is not for logs.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verifier::Pbkdf2 { .. } => "Pbkdf2(..)",
            Verifier::Sha256(_) => "Sha256(..)",
            Verifier::Md5(_) => "Md5(..)",
        })
    }
}

impl Verifier {
    /// A verifier for a user's password, with a salt of its own.
    pub fn make(kind: VerifierKind, user: &str, password: &str) -> Verifier {
        match kind {
            VerifierKind::Pbkdf2 => Verifier::pbkdf2(password, ITERATIONS),
            VerifierKind::Sha256 => {
                let salt: [u8; 32] = rand::random();
                let digest = Sha256::new().chain_update(password).chain_update(salt).finalize();
                Verifier::Sha256(format!("sha256|{}|{}", hex(&digest), hex(&salt)))
            }
            VerifierKind::Md5 => Verifier::Md5(passwords::md5_hash(password, user)),
        }
    }

    /// A verifier of so many iterations.
    pub fn pbkdf2(password: &str, iterations: NonZeroU32) -> Verifier {
        let salt: [u8; SALT] = rand::random();
        let mut hash = vec![0; HASH];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, password.as_bytes(), &mut hash);
        Verifier::Pbkdf2 { iterations, salt: salt.to_vec(), hash }
    }

    /// How many iterations a check of the clear text costs.
    pub fn iterations(&self) -> u32 {
        match self {
            Verifier::Pbkdf2 { iterations, .. } => iterations.get(),
            Verifier::Sha256(_) | Verifier::Md5(_) => 0,
        }
    }

    /// The salt of the digest, where this verifier can check one.
    pub fn digest_salt(&self) -> Option<Vec<u8>> {
        match self {
            Verifier::Sha256(kept) => passwords::digest_salt(kept),
            Verifier::Pbkdf2 { .. } | Verifier::Md5(_) => None,
        }
    }

    /// Does the answer prove the password? This takes as long as its iterations do.
    pub fn proves(&self, user: &str, challenge: &Challenge, answer: &Answer) -> bool {
        let credential = match self {
            Verifier::Pbkdf2 { iterations, salt, hash } => {
                return match (challenge, answer) {
                    (Challenge::Cleartext, Answer::Password(password)) => {
                        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, *iterations, salt, password, hash).is_ok()
                    }
                    _ => false,
                };
            }
            Verifier::Sha256(kept) => Credential::Sha256(kept.clone()),
            Verifier::Md5(kept) => Credential::Md5(kept.clone()),
        };
        passwords::verify(user, Some(&credential), challenge, answer)
    }
}

/// Does the work of so many iterations, and nothing else.
pub fn waste(iterations: u32) {
    if let Some(iterations) = NonZeroU32::new(iterations) {
        let mut hash = [0; HASH];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &[0; SALT], b"", &mut hash);
        // Not to be left out because nobody looks at it.
        std::hint::black_box(hash);
    }
}

impl FromStr for Verifier {
    type Err = String;

    fn from_str(text: &str) -> Result<Verifier, String> {
        let wrong =
            || "a verifier is expected, as `blueshift user add` writes it; passwords are never kept".to_string();
        if text.starts_with("sha256|") {
            return passwords::digest_salt(text).map(|_| Verifier::Sha256(text.to_string())).ok_or_else(wrong);
        }
        if let Some(digits) = text.strip_prefix("md5") {
            let is_md5 = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            return if is_md5 { Ok(Verifier::Md5(text.to_string())) } else { Err(wrong()) };
        }
        let parts: Vec<&str> = text.split('$').collect();
        let [PREFIX, iterations, salt, hash] = parts.as_slice() else { return Err(wrong()) };
        let iterations: NonZeroU32 = iterations.parse().map_err(|_| wrong())?;
        let salt = STANDARD_NO_PAD.decode(salt).map_err(|_| wrong())?;
        let hash = STANDARD_NO_PAD.decode(hash).map_err(|_| wrong())?;
        if salt.len() < SALT || hash.len() != HASH || iterations.get() > MOST_ITERATIONS {
            return Err(wrong());
        }
        Ok(Verifier::Pbkdf2 { iterations, salt, hash })
    }
}

/// As the users file keeps it.
impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verifier::Pbkdf2 { iterations, salt, hash } => {
                write!(f, "{PREFIX}${iterations}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash))
            }
            Verifier::Sha256(kept) | Verifier::Md5(kept) => f.write_str(kept),
        }
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Answer {
        Answer::Password(text.as_bytes().to_vec())
    }

    #[test]
    fn what_is_written_is_read_again_and_proves_the_password() {
        let few = NonZeroU32::new(10).unwrap();
        for verifier in [
            Verifier::pbkdf2("secret", few),
            Verifier::make(VerifierKind::Sha256, "ana", "secret"),
            Verifier::make(VerifierKind::Md5, "ana", "secret"),
        ] {
            let kept: Verifier = verifier.to_string().parse().unwrap();
            assert_eq!(kept, verifier);
            assert!(!verifier.to_string().contains("secret"));
            assert!(kept.proves("ana", &Challenge::Cleartext, &password("secret")), "{kept:?}");
            assert!(!kept.proves("ana", &Challenge::Cleartext, &password("Secret")), "{kept:?}");
        }
    }

    /// The vector of RFC 7914, section 11, for PBKDF2-HMAC-SHA-256; it has 64 bytes, of which a verifier keeps 32.
    #[test]
    fn pbkdf2_is_that_of_the_standard() {
        let hash = "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56";
        let hash = (0..32).map(|i| u8::from_str_radix(&hash[2 * i..2 * i + 2], 16).unwrap()).collect();
        let iterations = NonZeroU32::new(80_000).unwrap();
        let verifier = Verifier::Pbkdf2 { iterations, salt: b"NaCl".to_vec(), hash };
        assert!(verifier.proves("x", &Challenge::Cleartext, &password("Password")));
    }

    #[test]
    fn each_allows_what_it_can_check() {
        let salt = [1; 4];
        let digest = Challenge::Digest { salt: vec![1; 32], server_nonce: [2; 32] };
        let strong = Verifier::pbkdf2("x", NonZeroU32::new(10).unwrap());
        assert!(!strong.proves("ana", &Challenge::Md5 { salt }, &password("x")));
        assert!(!strong.proves("ana", &digest, &password("x")));
        assert!(strong.digest_salt().is_none());
        assert_eq!(Verifier::make(VerifierKind::Sha256, "ana", "x").digest_salt().map(|salt| salt.len()), Some(32));
    }

    #[test]
    fn a_password_is_no_verifier() {
        for text in ["secret", "", "md5secret", "sha256|x", "pbkdf2-sha256$0$AAAA$AAAA", "pbkdf2-sha256$1$AAAA$AAAA"] {
            assert!(text.parse::<Verifier>().is_err(), "{text}");
        }
    }
}
