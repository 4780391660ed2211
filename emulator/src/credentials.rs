//! How passwords are kept: as Redshift's pg_shadow keeps them.
//!
//! Source: developer guide, "CREATE USER", parameter PASSWORD.

use md5::{Digest, Md5};
use redshift_sql_dialect::{Error, Result, SqlState};
use sha2::Sha256;

use crate::Credential;

/// What is kept of a password as CREATE USER and ALTER USER give it: clear text, `md5...` or `sha256|...`.
///
/// # Errors
/// 22023 where clear text breaks Redshift's rules: 8 to 64 characters, one upper case, one lower case, one digit.
pub(crate) fn from_password(password: &str, user: &str) -> Result<Credential> {
    if let Some(digest) = password.strip_prefix("md5")
        && digest.len() == 32
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return Ok(Credential::Md5(password.to_string()));
    }
    if let Some(rest) = password.strip_prefix("sha256|") {
        return Ok(sha256(rest));
    }
    check(password)?;
    Ok(md5(password, user))
}

/// `md5` + md5(password || user)
pub(crate) fn md5(password: &str, user: &str) -> Credential {
    let digest = Md5::new().chain_update(password).chain_update(user).finalize();
    Credential::Md5(format!("md5{}", hex(&digest)))
}

/// `sha256|password` or `sha256|digest|salt`: clear text is digested, a digest is kept.
fn sha256(rest: &str) -> Credential {
    if let Some((digest, _)) = rest.split_once('|')
        && digest.len() == 64
    {
        return Credential::Sha256(format!("sha256|{rest}"));
    }
    let salt = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes).concat();
    Credential::Sha256(format!("sha256|{}|{}", hex(&digest(rest, &salt)), hex(&salt)))
}

/// SHA-256 of a password and the bytes of its salt.
fn digest(password: &str, salt: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(password).chain_update(salt).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check(password: &str) -> Result<()> {
    let refuse = |why: &str| Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, why));
    if password.len() < 8 || password.len() > 64 {
        return refuse("password length must be between 8 and 64 characters");
    }
    if !password.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return refuse("password must contain an uppercase letter");
    }
    if !password.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return refuse("password must contain a lowercase letter");
    }
    if !password.bytes().any(|byte| byte.is_ascii_digit()) {
        return refuse("password must contain a number");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The guide's example.
    #[test]
    fn sha256_is_of_password_and_the_bytes_of_the_salt() {
        let salt = "c721bff5d9042cf541ff7b9d48fa8a6e545c19a763e3710151f9513038b0f6c6";
        let bytes: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&salt[2 * i..2 * i + 2], 16).unwrap()).collect();
        let of_the_guide = "821708135fcc42eb3afda85286dee0ed15c2c461d000291609f77eb113073ec2";
        assert_eq!(hex(&digest("Mypassword1", &bytes)), of_the_guide);
        let Ok(Credential::Sha256(kept)) = from_password("sha256|Mypassword1", "u") else { panic!() };
        let parts: Vec<_> = kept.split('|').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [6, 64, 64]);
        let given = format!("sha256|{of_the_guide}|{salt}");
        assert_eq!(from_password(&given, "u"), Ok(Credential::Sha256(given)));
    }

    #[test]
    fn md5_is_of_password_and_user() {
        // md5("secretadmin"), computed with md5sum.
        assert_eq!(md5("secret", "admin"), Credential::Md5("md5ea909ccfbf42c1d230f26167db4d4fdb".into()));
    }
}
