//! AWS JSON 1.1: an operation named by `X-Amz-Target`, a JSON object in, a JSON object or an error out.
//!
//! An error is `{"__type": name, "Message": text, ...}` with the members that its shape has beside. Source: Smithy, "AWS
//! JSON 1.1 protocol".

use bytes::Bytes;
use hyper::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// An error of an AWS interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Its name: `ValidationException`.
    pub code: &'static str,
    /// What it says.
    pub message: String,
    /// The status of the response.
    pub status: StatusCode,
    /// Other members of its shape.
    pub members: Vec<(&'static str, String)>,
}

impl ApiError {
    /// An error of the caller's making.
    pub fn client(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into(), status: StatusCode::BAD_REQUEST, members: Vec::new() }
    }

    /// The request is not valid.
    pub fn validation(message: impl Into<String>) -> ApiError {
        ApiError::client("ValidationException", message)
    }

    /// An error of ours.
    pub fn internal(message: impl Into<String>) -> ApiError {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        ApiError { status, ..ApiError::client("InternalServerException", message) }
    }

    /// The same with another status.
    pub fn with_status(self, status: StatusCode) -> ApiError {
        ApiError { status, ..self }
    }

    /// The same with a member beside the message.
    pub fn with_member(mut self, name: &'static str, value: impl Into<String>) -> ApiError {
        self.members.push((name, value.into()));
        self
    }

    /// As the protocol has it; `message` is how the service spells the member.
    pub fn to_json(&self, message: &str) -> Value {
        let mut body = Map::new();
        body.insert("__type".into(), self.code.into());
        body.insert(message.into(), self.message.clone().into());
        body.extend(self.members.iter().map(|(name, value)| ((*name).to_string(), value.clone().into())));
        Value::Object(body)
    }
}

/// What an operation gives.
pub type Answer = Result<Value, ApiError>;

/// The input of an operation.
///
/// # Errors
/// Where the body is no JSON of that shape.
pub fn input<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| ApiError::client("SerializationException", error.to_string()))
}

/// An operation that the service does not have.
pub fn unknown_operation(target: &str) -> ApiError {
    ApiError::client("UnknownOperationException", format!("The operation {target} is not known"))
}

/// An object of the members that are there.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(members.map(|(name, value)| (name.to_string(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_name_its_text_and_what_else_its_shape_has() {
        let error =
            ApiError::client("ResourceNotFoundException", "Query does not exist.").with_member("ResourceId", "x");
        assert_eq!(
            error.to_json("Message").to_string(),
            r#"{"__type":"ResourceNotFoundException","Message":"Query does not exist.","ResourceId":"x"}"#
        );
    }

    #[test]
    fn absent_members_are_left_out() {
        assert_eq!(object([("a", 1.into()), ("b", Value::Null)]).to_string(), r#"{"a":1}"#);
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert_eq!(input::<Map<String, Value>>(&Bytes::new()).unwrap(), Map::new());
        assert_eq!(input::<Map<String, Value>>(&Bytes::from_static(b"[")).unwrap_err().code, "SerializationException");
    }
}
