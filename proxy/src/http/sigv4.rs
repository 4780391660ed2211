//! Who sends a request: AWS Signature Version 4.
//!
//! The signature covers the method, the path, the query, some headers and the hash of the body with a key that only the
//! owner of the secret can derive. It stands in the header `Authorization`, or in the query of a presigned address, which
//! says how long it counts. Where a signed header `X-Amz-Content-Sha256` says UNSIGNED-PAYLOAD, the body is not covered.
//!
//! An emulator without configured keys only reads the name of the access key; with them, and in a gateway that knows its users,
//! every request must be signed with one that is known, and recently. Source: AWS General Reference, "Signature Version 4 signing process"; the words about clocks are those that
//! callers report.

use std::{collections::BTreeMap, fmt};

use chrono::{NaiveDateTime, TimeDelta};
use hyper::{StatusCode, http::request::Parts};
use ring::hmac;
use sha2::{Digest, Sha256};

use super::{json_rpc::ApiError, warehouses::ACCOUNT};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How many minutes the clock of a caller may be off.
const TOLERANCE: i64 = 5;
/// Most seconds that a presigned request counts: 7 days.
const MOST_PRESIGNED: i64 = 604_800;
/// What is signed in the place of the body's hash where the body is not covered.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// How moments are written.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";
/// The region of callers that name none.
const DEFAULT_REGION: &str = "us-east-1";

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The access key; none where the request is not signed.
    pub access_key: Option<String>,
    /// The region that it was signed for.
    pub region: String,
    /// Whose key it is, where that was configured.
    pub identity: Option<Identity>,
}

/// Who owns an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// An IAM user of this name.
    User(String),
    /// A session of the IAM role of this name.
    Role(String),
}

impl Identity {
    /// `user/NAME` or `role/NAME`.
    fn parse(text: &str) -> Result<Identity, String> {
        match text.split_once('/') {
            Some(("user", name)) if !name.is_empty() => Ok(Identity::User(name.to_string())),
            Some(("role", name)) if !name.is_empty() => Ok(Identity::Role(name.to_string())),
            _ => Err("the owner of an access key is expected as user/NAME or role/NAME".to_string()),
        }
    }
}

impl Caller {
    /// A caller whose key has an owner acts as that owner's database user, and asks the control plane no more than to look and
    /// for that user's credentials. Whose key it is nobody told is the superuser.
    ///
    /// # Errors
    /// AccessDeniedException
    pub fn check_operation(&self, service: &str, operation: &str) -> Result<(), ApiError> {
        let own = matches!(operation, "GetCredentials" | "GetClusterCredentialsWithIAM");
        let looks = ["Describe", "List", "Get"].iter().any(|verb| operation.starts_with(verb));
        if self.identity.is_none() || own || (looks && operation != "GetClusterCredentials") {
            return Ok(());
        }
        Err(self.denied(&format!("{service}:{operation}")))
    }

    /// The refusal of an action.
    pub fn denied(&self, action: &str) -> ApiError {
        let owner = match &self.identity {
            Some(Identity::User(name)) => format!("user/{name}"),
            Some(Identity::Role(name)) => format!("role/{name}"),
            None => "anonymous".to_string(),
        };
        let message = format!("User: arn:aws:iam::{ACCOUNT}:{owner} is not authorized to perform: {action}");
        refused("AccessDeniedException", message)
    }
}

impl Default for Caller {
    fn default() -> Self {
        Caller { access_key: None, region: DEFAULT_REGION.to_string(), identity: None }
    }
}

/// The keys that requests must be signed with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, Key>);

#[derive(Clone, PartialEq, Eq)]
struct Key {
    secret: String,
    owner: Option<Identity>,
}

/// Secrets are not for logs.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl std::str::FromStr for Keys {
    type Err = String;

    /// `ID:SECRET`, and perhaps `:user/NAME` or `:role/NAME` behind it; or several with commas between them.
    fn from_str(text: &str) -> Result<Keys, String> {
        let pairs = text.split(',').map(|key| {
            let (id, rest) = key.trim().split_once(':').unwrap_or_default();
            let (secret, owner) = rest.split_once(':').map_or((rest, None), |(secret, owner)| (secret, Some(owner)));
            if id.is_empty() || secret.is_empty() {
                return Err("an access key is expected as ID:SECRET".to_string());
            }
            let owner = owner.map(Identity::parse).transpose()?;
            Ok((id.to_string(), Key { secret: secret.to_string(), owner }))
        });
        pairs.collect::<Result<_, _>>().map(Keys)
    }
}

impl Keys {
    /// The secret of an access key, and whose key it is where that was configured.
    pub fn find(&self, access_key: &str) -> Option<(String, Option<Identity>)> {
        self.0.get(access_key).map(|key| (key.secret.clone(), key.owner.clone()))
    }
}

/// Who says that they call; nothing is checked.
pub fn claimed(request: &Parts) -> Caller {
    Authorization::of(request).map_or_else(Caller::default, |authorization| authorization.caller())
}

/// Reads who calls, and checks that. `find` knows the secret of an access key, and something about its owner.
///
/// # Errors
/// 403 where a signature is wrong, old or missing.
pub fn identify<O>(
    request: &Parts,
    body: &[u8],
    find: impl FnOnce(&str) -> Option<(String, O)>,
) -> Result<(Caller, O), ApiError> {
    let Some(authorization) = Authorization::of(request) else {
        return Err(refused("MissingAuthenticationTokenException", "Missing Authentication Token"));
    };
    let Some((secret, owner)) = find(&authorization.access_key) else {
        let message = "The security token included in the request is invalid.";
        return Err(refused("UnrecognizedClientException", message));
    };
    verify(request, body, &authorization, &secret)?;
    Ok((authorization.caller(), owner))
}

fn verify(request: &Parts, body: &[u8], authorization: &Authorization, secret: &str) -> Result<(), ApiError> {
    let date = &authorization.moment;
    let Ok(signed_at) = NaiveDateTime::parse_from_str(date, MOMENT) else {
        return Err(refused(
            "IncompleteSignatureException",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        ));
    };
    if !date.starts_with(&authorization.date) {
        let message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP";
        return Err(refused("InvalidSignatureException", message));
    }
    if !authorization.covers("host") {
        return Err(refused("InvalidSignatureException", "'Host' must be a 'SignedHeader' in the AWS Authorization."));
    }
    check_moment(authorization, signed_at, chrono::Utc::now().naive_utc())?;
    let canonical = canonical_request(request, authorization, &payload_hash(request, body, authorization)?);
    let scope = authorization.scope();
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let key = signing_key(secret, authorization);
    let given = from_hex(&authorization.signature).unwrap_or_default();
    // Compares in constant time.
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), to_sign.as_bytes(), &given).map_err(|_| does_not_match())
}

fn does_not_match() -> ApiError {
    let message = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
                   Key and signing method. Consult the service documentation for details.";
    refused("InvalidSignatureException", message)
}

/// Is the signature of now? A presigned one counts as long as it says.
fn check_moment(authorization: &Authorization, signed_at: NaiveDateTime, now: NaiveDateTime) -> Result<(), ApiError> {
    let shown = |moment: NaiveDateTime| moment.format(MOMENT).to_string();
    let tolerance = TimeDelta::minutes(TOLERANCE);
    let too_old = |message: String| Err(refused("InvalidSignatureException", message));
    let latest = now + tolerance;
    if signed_at > latest {
        let (signed, latest, now) = (shown(signed_at), shown(latest), shown(now));
        return too_old(format!(
            "Signature not yet current: {signed} is still later than {latest} ({now} + {TOLERANCE} min.)"
        ));
    }
    if let Some(seconds) = authorization.expires {
        let end = signed_at + TimeDelta::seconds(seconds.clamp(0, MOST_PRESIGNED));
        if end >= now {
            return Ok(());
        }
        return too_old(format!("Signature expired: {} is now earlier than {}", shown(end), shown(now)));
    }
    let earliest = now - tolerance;
    if signed_at < earliest {
        let (signed, earliest, now) = (shown(signed_at), shown(earliest), shown(now));
        return too_old(format!(
            "Signature expired: {signed} is now earlier than {earliest} ({now} - {TOLERANCE} min.)"
        ));
    }
    Ok(())
}

/// What is signed of the body: its hash, or that it is not covered. What a header says of it must be true.
fn payload_hash(request: &Parts, body: &[u8], authorization: &Authorization) -> Result<String, ApiError> {
    let hash = hex(&Sha256::digest(body));
    match header(request, "x-amz-content-sha256") {
        None => Ok(hash),
        Some(UNSIGNED) if authorization.covers("x-amz-content-sha256") => Ok(UNSIGNED.to_string()),
        Some(said) if said == hash => Ok(hash),
        Some(said) if said.starts_with("STREAMING-") => {
            let message = format!("The payload signing method {said} is not supported by this service.");
            Err(refused("InvalidSignatureException", message))
        }
        Some(_) => Err(does_not_match()),
    }
}

fn refused(code: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::client(code, message).with_status(StatusCode::FORBIDDEN)
}

fn header<'a>(request: &'a Parts, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

/// What a request says of its signature.
struct Authorization {
    access_key: String,
    date: String,
    region: String,
    service: String,
    signed_headers: Vec<String>,
    signature: String,
    /// When it was signed.
    moment: String,
    /// Seconds that a presigned request counts.
    expires: Option<i64>,
}

impl Authorization {
    /// From the header of that name, or from the query.
    fn of(request: &Parts) -> Option<Authorization> {
        match header(request, "authorization") {
            Some(text) => Authorization::parse(text, header(request, "x-amz-date").unwrap_or_default()),
            None => Authorization::presigned(request.uri.query()?),
        }
    }

    fn parse(text: &str, moment: &str) -> Option<Authorization> {
        let fields = text.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let fields = fields.split(',').map(str::trim);
            fields.filter_map(|field| field.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let signed = Signed { credential: field("Credential")?, headers: field("SignedHeaders")? };
        Authorization::new(signed, field("Signature")?, moment, None)
    }

    fn presigned(query: &str) -> Option<Authorization> {
        let field = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value));
            found.and_then(|value| String::from_utf8(value).ok())
        };
        field("X-Amz-Algorithm").filter(|algorithm| algorithm == ALGORITHM)?;
        let (credential, headers) = (field("X-Amz-Credential")?, field("X-Amz-SignedHeaders")?);
        let signed = Signed { credential: &credential, headers: &headers };
        let expires = field("X-Amz-Expires")?.parse().ok()?;
        Authorization::new(signed, &field("X-Amz-Signature")?, &field("X-Amz-Date")?, Some(expires))
    }

    fn new(signed: Signed<'_>, signature: &str, moment: &str, expires: Option<i64>) -> Option<Authorization> {
        let scope: Vec<&str> = signed.credential.split('/').collect();
        let [access_key, date, region, service, "aws4_request"] = scope[..] else { return None };
        Some(Authorization {
            access_key: access_key.to_string(),
            date: date.to_string(),
            region: region.to_string(),
            service: service.to_string(),
            signed_headers: signed.headers.split(';').map(str::to_string).collect(),
            signature: signature.to_string(),
            moment: moment.to_string(),
            expires,
        })
    }

    fn caller(&self) -> Caller {
        Caller { access_key: Some(self.access_key.clone()), region: self.region.clone(), identity: None }
    }

    fn covers(&self, header: &str) -> bool {
        self.signed_headers.iter().any(|covered| covered == header)
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// Who signed what, as it is written.
struct Signed<'a> {
    credential: &'a str,
    headers: &'a str,
}

fn canonical_request(request: &Parts, authorization: &Authorization, hash: &str) -> String {
    let path = encode(&decode(request.uri.path()), Slash::Kept);
    let headers: String = authorization.signed_headers.iter().map(|name| canonical_header(request, name)).collect();
    let (query, names) = (canonical_query(request.uri.query()), authorization.signed_headers.join(";"));
    format!("{}\n{path}\n{query}\n{headers}\n{names}\n{hash}", request.method)
}

/// `name:value` and a line break; runs of blanks are one.
fn canonical_header(request: &Parts, name: &str) -> String {
    let values = request.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let values: Vec<String> = values.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    format!("{name}:{}\n", values.join(","))
}

/// Names and values in order, without the signature, which does not cover itself.
fn canonical_query(query: Option<&str>) -> String {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.filter(|pair| !pair.starts_with("X-Amz-Signature=")).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (encode(&decode(name), Slash::Encoded), encode(&decode(value), Slash::Encoded))
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slash {
    Kept,
    Encoded,
}

fn encode(bytes: &[u8], slash: Slash) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(char::from(*byte)),
            b'/' if slash == Slash::Kept => text.push('/'),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// `%2F` to the byte; what is no escape stays.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

/// The key that the secret gives for a day, a region and a service.
fn signing_key(secret: &str, authorization: &Authorization) -> Vec<u8> {
    let Authorization { date, region, service, .. } = authorization;
    let parts = [date.as_str(), region, service, "aws4_request"];
    parts.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    /// The example of the AWS General Reference: GET https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08.
    fn example(signature: &str) -> (Parts, String) {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
        );
        let request = Request::get("/?Version=2010-05-08&Action=ListUsers")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("host", "iam.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .body(())
            .unwrap();
        (request.into_parts().0, authorization)
    }

    #[test]
    fn a_request_is_hashed_as_the_reference_shows() {
        let (parts, authorization) = example("00");
        let authorization = Authorization::parse(&authorization, "20150830T123600Z").unwrap();
        let canonical = canonical_request(&parts, &authorization, &hex(&Sha256::digest(b"")));
        assert_eq!(
            hex(&Sha256::digest(canonical.as_bytes())),
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
        );
        assert_eq!(
            hex(&signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &authorization)),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
    }

    #[test]
    fn without_keys_the_caller_is_believed() {
        let (mut parts, authorization) = example("00");
        parts.headers.insert("authorization", authorization.parse().unwrap());
        let caller = claimed(&parts);
        assert_eq!(
            caller,
            Caller { access_key: Some("AKIDEXAMPLE".into()), region: "us-east-1".into(), identity: None }
        );
        parts.headers.remove("authorization");
        assert_eq!(claimed(&parts), Caller::default());
    }

    #[test]
    fn with_keys_only_a_right_and_recent_signature_passes() {
        let keys: Keys = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".parse().unwrap();
        let identify = |parts: &Parts, body: &[u8]| identify(parts, body, |id| keys.find(id));
        let (mut parts, _) = example("");
        assert_eq!(identify(&parts, b"").unwrap_err().code, "MissingAuthenticationTokenException");
        let now = chrono::Utc::now();
        let (date, time) = (now.format("%Y%m%d").to_string(), now.format("%Y%m%dT%H%M%SZ").to_string());
        let sign = |parts: &mut Parts, key: &str, time: &str| {
            parts.headers.insert("x-amz-date", time.parse().unwrap());
            let text = |signature: &str| {
                format!(
                    "AWS4-HMAC-SHA256 Credential={key}/{date}/us-east-1/iam/aws4_request, \
                     SignedHeaders=host;x-amz-date, Signature={signature}"
                )
            };
            let unsigned = text("00");
            let authorization = Authorization::parse(&unsigned, time).unwrap();
            let canonical = canonical_request(parts, &authorization, &hex(&Sha256::digest(b"body")));
            let hash = hex(&Sha256::digest(canonical.as_bytes()));
            let to_sign = format!("{ALGORITHM}\n{time}\n{}\n{hash}", authorization.scope());
            let derived = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &authorization);
            let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &derived), to_sign.as_bytes());
            parts.headers.insert("authorization", text(&hex(signature.as_ref())).parse().unwrap());
        };
        sign(&mut parts, "AKIDEXAMPLE", &time);
        assert!(identify(&parts, b"body").is_ok());
        assert_eq!(identify(&parts, b"another").unwrap_err().code, "InvalidSignatureException");
        sign(&mut parts, "AKIDOTHER", &time);
        assert_eq!(identify(&parts, b"body").unwrap_err().code, "UnrecognizedClientException");
        let old = (now - chrono::TimeDelta::hours(1)).format("%Y%m%dT%H%M%SZ").to_string();
        sign(&mut parts, "AKIDEXAMPLE", &old);
        assert_eq!(identify(&parts, b"body").unwrap_err().status, StatusCode::FORBIDDEN);
    }

    #[test]
    fn a_clock_that_is_wrong_is_told_so() {
        let moment = |text: &str| NaiveDateTime::parse_from_str(text, MOMENT).unwrap();
        let (_, text) = example("00");
        let mut authorization = Authorization::parse(&text, "").unwrap();
        let now = moment("20240522T121019Z");
        let said = |authorization: &Authorization, at: &str| {
            check_moment(authorization, moment(at), now).map_err(|error| error.message)
        };
        assert_eq!(said(&authorization, "20240522T120519Z"), Ok(()));
        assert_eq!(
            said(&authorization, "20240522T115159Z").unwrap_err(),
            "Signature expired: 20240522T115159Z is now earlier than 20240522T120519Z (20240522T121019Z - 5 min.)"
        );
        assert_eq!(
            said(&authorization, "20240522T121520Z").unwrap_err(),
            "Signature not yet current: 20240522T121520Z is still later than 20240522T121519Z (20240522T121019Z + 5 min.)"
        );
        // A presigned address counts as long as it says.
        authorization.expires = Some(3_600);
        assert_eq!(said(&authorization, "20240522T112000Z"), Ok(()));
        assert!(said(&authorization, "20240522T111000Z").unwrap_err().starts_with("Signature expired: "));
    }

    #[test]
    fn a_presigned_address_says_everything() {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fredshift%2Faws4_request\
                     &X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00ff&Action=A";
        let authorization = Authorization::presigned(query).unwrap();
        assert_eq!((authorization.access_key.as_str(), authorization.expires), ("AKID", Some(60)));
        assert!(authorization.covers("host") && !canonical_query(Some(query)).contains("Signature="));
        assert!(Authorization::presigned("Action=A").is_none());
    }

    #[test]
    fn keys_are_pairs() {
        assert!("A:b,C:d".parse::<Keys>().is_ok());
        assert!("A".parse::<Keys>().is_err());
        assert!("A:b:user/me,C:d:role/job".parse::<Keys>().is_ok());
        assert!("A:b:me".parse::<Keys>().is_err());
        assert_eq!(format!("{:?}", "A:secret".parse::<Keys>().unwrap()), r#"{"A"}"#);
    }

    #[test]
    fn escapes_are_read_and_written() {
        assert_eq!(decode("a%2Fb%zz"), b"a/b%zz");
        assert_eq!(encode("a/b é".as_bytes(), Slash::Encoded), "a%2Fb%20%C3%A9");
    }
}
