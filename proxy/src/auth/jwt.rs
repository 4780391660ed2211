//! JSON Web Tokens of an identity provider, sent as the password.
//!
//! A token says who somebody is and is signed by the provider, whose public keys (a JWK set) are in a file. Taken are RS256 and
//! ES256, the two that providers sign with; the algorithm is the key's, never the one that the token's head asks for.
//!
//! Sources: RFC 7515 (signatures), RFC 7517 (keys), RFC 7518 sections 3.3, 3.4 and 6 (algorithms), RFC 7519 (claims).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// How far the clocks of gateway and provider may be apart, in seconds.
const LEEWAY: i64 = 60;

/// What a token must say.
#[derive(Debug, Clone)]
pub struct Expectations {
    /// `iss`
    pub issuer: String,
    /// `aud`, or one of them.
    pub audience: String,
    /// The claim that names the user.
    pub user_claim: String,
    /// The claim that lists groups.
    pub groups_claim: Option<String>,
}

/// Who a token says somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The user.
    pub user: String,
    /// Groups.
    pub groups: Vec<String>,
}

/// The provider's public keys.
#[derive(Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point on P-256, uncompressed.
    P256(Vec<u8>),
}

impl KeySet {
    /// Reads a JWK set. Keys of other kinds, and those that encrypt, are passed over.
    ///
    /// # Errors
    /// Where it is none, or has no key that can be used.
    pub fn parse(text: &str) -> Result<KeySet, String> {
        let set: Jwks = serde_json::from_str(text).map_err(|error| format!("it is no JWK set: {error}"))?;
        let keys: Vec<Key> = set.keys.iter().filter_map(Jwk::key).collect();
        if keys.is_empty() {
            return Err("it has no RSA or P-256 key for signatures".to_string());
        }
        Ok(KeySet(keys))
    }

    /// Checks a token at this moment, in seconds since 1970.
    ///
    /// # Errors
    /// What is wrong with it; nothing of the token is in the words.
    pub fn verify(&self, token: &str, expected: &Expectations, now: i64) -> Result<Bearer, &'static str> {
        let (signed, signature) = token.rsplit_once('.').ok_or("it is no token")?;
        let (head, claims) = signed.split_once('.').ok_or("it is no token")?;
        let head: Head = serde_json::from_slice(&decode(head)?).map_err(|_| "its head cannot be read")?;
        if head.crit.is_some() {
            return Err("it has critical extensions");
        }
        let signature = decode(signature)?;
        let id = head.kid.as_deref();
        let fits = |key: &&Key| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        let signs = |key: &Key| key.algorithm() == head.alg && key.verifies(signed.as_bytes(), &signature);
        if !self.0.iter().filter(fits).any(signs) {
            return Err("no key has signed it");
        }
        let claims: Value = serde_json::from_slice(&decode(claims)?).map_err(|_| "its claims cannot be read")?;
        check(&claims, expected, now)
    }
}

fn check(claims: &Value, expected: &Expectations, now: i64) -> Result<Bearer, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // Numbers may have a fraction.
    let moment = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or("a date is no number")).transpose();
    if text("iss") != Some(expected.issuer.as_str()) {
        return Err("another issuer made it");
    }
    let for_us = match claims.get("aud") {
        Some(Value::String(audience)) => *audience == expected.audience,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(expected.audience.as_str())),
        _ => false,
    };
    if !for_us {
        return Err("it is for another audience");
    }
    let expires = moment("exp")?.ok_or("it never expires")?;
    if expires + LEEWAY as f64 <= now as f64 {
        return Err("it has expired");
    }
    if moment("nbf")?.is_some_and(|begins| begins - LEEWAY as f64 > now as f64) {
        return Err("it is not valid yet");
    }
    let user = text(&expected.user_claim).filter(|user| !user.is_empty()).ok_or("it names no user")?;
    let groups = expected.groups_claim.as_ref().and_then(|claim| claims.get(claim)).and_then(Value::as_array);
    let groups = groups.into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect();
    Ok(Bearer { user: user.to_string(), groups })
}

/// Does a password look like a token?
pub fn looks_like_token(password: &[u8]) -> bool {
    // A JSON object in base64url begins so.
    password.starts_with(b"eyJ") && password.iter().filter(|byte| **byte == b'.').count() == 2
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self.material {
            Material::Rsa { .. } => "RS256",
            Material::P256(_) => "ES256",
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.material {
            Material::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
            Material::P256(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    fn key(&self) -> Option<Key> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let bytes = |part: &Option<String>| part.as_deref().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let material = match self.kty.as_str() {
            "RSA" => {
                // ring takes no leading zeros.
                let trim = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
                Material::Rsa { modulus: trim(bytes(&self.n)?), exponent: trim(bytes(&self.e)?) }
            }
            "EC" if self.crv.as_deref() == Some("P-256") => {
                Material::P256([vec![4], bytes(&self.x)?, bytes(&self.y)?].concat())
            }
            _ => return None,
        };
        let key = Key { id: self.kid.clone(), material };
        self.alg.as_deref().is_none_or(|alg| alg == key.algorithm()).then_some(key)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, &'static str> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| "it is not in base64")
}

#[cfg(test)]
pub(crate) mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };
    use serde_json::json;

    use super::*;

    /// A provider with one key.
    pub(crate) struct Provider(EcdsaKeyPair);

    impl Provider {
        pub(crate) fn new() -> Provider {
            let random = SystemRandom::new();
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
            Provider(key)
        }

        pub(crate) fn jwks(&self) -> String {
            let point = self.0.public_key().as_ref();
            let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            json!({"keys": [
                {"kty": "oct", "k": "AAAA"},
                {"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "x": part(&point[1..33]), "y": part(&point[33..])},
            ]})
            .to_string()
        }

        pub(crate) fn token(&self, head: Value, claims: Value) -> String {
            let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(head), part(claims));
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
    }

    pub(crate) fn expectations() -> Expectations {
        Expectations {
            issuer: "https://id.example".into(),
            audience: "blueshift".into(),
            user_claim: "email".into(),
            groups_claim: Some("groups".into()),
        }
    }

    fn claims() -> Value {
        json!({"iss": "https://id.example", "aud": "blueshift", "exp": 2_000, "email": "ana", "groups": ["analysts", 1]})
    }

    #[test]
    fn a_good_token_names_its_bearer() {
        let provider = Provider::new();
        let keys = KeySet::parse(&provider.jwks()).unwrap();
        let token = provider.token(json!({"alg": "ES256", "kid": "1"}), claims());
        assert!(looks_like_token(token.as_bytes()));
        let bearer = keys.verify(&token, &expectations(), 1_000).unwrap();
        assert_eq!(bearer, Bearer { user: "ana".into(), groups: vec!["analysts".into()] });
        let mut several = claims();
        several["aud"] = json!(["other", "blueshift"]);
        assert!(keys.verify(&provider.token(json!({"alg": "ES256"}), several), &expectations(), 1_000).is_ok());
    }

    #[test]
    fn a_wrong_token_is_refused() {
        let provider = Provider::new();
        let keys = KeySet::parse(&provider.jwks()).unwrap();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            keys.verify(&provider.token(json!({"alg": "ES256"}), claims), &expectations(), 1_000)
        };
        assert_eq!(with("iss", json!("https://evil.example")), Err("another issuer made it"));
        assert_eq!(with("aud", json!("other")), Err("it is for another audience"));
        assert_eq!(with("exp", json!(900)), Err("it has expired"));
        assert_eq!(with("exp", Value::Null), Err("a date is no number"));
        assert_eq!(with("nbf", json!(1_100)), Err("it is not valid yet"));
        assert_eq!(with("email", Value::Null), Err("it names no user"));
        let mut eternal = claims();
        eternal.as_object_mut().unwrap().remove("exp");
        let eternal = provider.token(json!({"alg": "ES256"}), eternal);
        assert_eq!(keys.verify(&eternal, &expectations(), 1_000), Err("it never expires"));
        let other = Provider::new().token(json!({"alg": "ES256", "kid": "1"}), claims());
        assert_eq!(keys.verify(&other, &expectations(), 1_000), Err("no key has signed it"));
    }

    #[test]
    fn the_key_says_with_which_algorithm_it_signs() {
        let provider = Provider::new();
        let keys = KeySet::parse(&provider.jwks()).unwrap();
        for alg in ["none", "HS256", "RS256"] {
            let token = provider.token(json!({"alg": alg}), claims());
            assert_eq!(keys.verify(&token, &expectations(), 1_000), Err("no key has signed it"), "{alg}");
        }
        let unsigned = provider.token(json!({"alg": "none"}), claims());
        let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
        assert!(keys.verify(&unsigned, &expectations(), 1_000).is_err());
    }

    /// The signature of RFC 7515, appendix A.2, with the key given there.
    #[test]
    fn rs256_is_that_of_the_standard() {
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs\
                 D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV\
                 MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
        let jwks = json!({"keys": [{"kty": "RSA", "n": n, "e": "AQAB"}]}).to_string();
        let keys = KeySet::parse(&jwks).unwrap();
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn\
                     VlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr\
                     7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jz\
                     DwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77\
                     Rw";
        let expected = Expectations { issuer: "joe".into(), ..expectations() };
        // The signature is good; the claims of that example name no audience.
        assert_eq!(keys.verify(token, &expected, 1_300_000_000), Err("it is for another audience"));
        let forged = token.replace(".cC4h", ".cC4i");
        assert_eq!(keys.verify(&forged, &expected, 1_300_000_000), Err("no key has signed it"));
    }

    #[test]
    fn a_file_without_keys_is_refused() {
        assert!(KeySet::parse("{}").is_err());
        assert!(KeySet::parse(r#"{"keys": [{"kty": "oct", "k": "AAAA"}]}"#).is_err());
    }
}
