//! Faults of S3 in Redshift's words.

use std::fmt;

/// What S3 answered instead of what was asked for. Its display is the text that Redshift shows.
///
/// Source: developer guide, "S3ServiceException errors"; the ids of requests, which Redshift shows behind `Rid` and
/// `ExtRid`, are not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum S3Error {
    /// The server answered with an error.
    Service {
        /// Its message.
        message: String,
        /// HTTP's status.
        status: u16,
        /// Its code.
        code: String,
    },
    /// No server answered.
    Unreachable {
        /// Why not.
        reason: String,
    },
}

impl S3Error {
    fn service(message: &str, status: u16, code: &str) -> Self {
        S3Error::Service { message: message.to_string(), status, code: code.to_string() }
    }

    pub(super) fn no_such_bucket() -> Self {
        S3Error::service("The specified bucket does not exist", 404, "NoSuchBucket")
    }

    pub(super) fn no_such_key() -> Self {
        S3Error::service("The specified key does not exist.", 404, "NoSuchKey")
    }

    pub(super) fn invalid_bucket_name() -> Self {
        S3Error::service("The specified bucket is not valid.", 400, "InvalidBucketName")
    }

    fn access_denied() -> Self {
        S3Error::service("Access Denied", 403, "AccessDenied")
    }

    fn wrong_region() -> Self {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        S3Error::service(message, 301, "PermanentRedirect")
    }

    /// The fault of a listing: there what is not found is the bucket.
    pub(super) fn of_listing(error: &object_store::Error) -> Self {
        match Self::of_store(error) {
            S3Error::Service { code, .. } if code == "NoSuchKey" => S3Error::no_such_bucket(),
            other => other,
        }
    }

    /// The fault of a request for an object.
    pub(super) fn of_store(error: &object_store::Error) -> Self {
        use object_store::Error;
        let chain = whole_text(error);
        if let Some(told) = told_by_server(&chain) {
            return told;
        }
        match error {
            Error::NotFound { .. } => S3Error::no_such_key(),
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => S3Error::access_denied(),
            Error::Precondition { .. } | Error::NotModified { .. } => S3Error::service(
                "At least one of the pre-conditions you specified did not hold",
                412,
                "PreconditionFailed",
            ),
            _ if chain.contains("redirect") => S3Error::wrong_region(),
            other => S3Error::Unreachable { reason: root_text(other) },
        }
    }
}

impl S3Error {
    /// The fault of writing an object: the store's error inside those of the writers around it.
    pub(crate) fn of_write(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut inner = Some(error);
        while let Some(error) = inner {
            let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            let wrapped = wrapped.map(|error| error as &(dyn std::error::Error + 'static));
            if let Some(store) = wrapped.unwrap_or(error).downcast_ref::<object_store::Error>() {
                return S3Error::of_store(store);
            }
            inner = match wrapped {
                Some(wrapped) => Some(wrapped),
                None => error.source(),
            };
        }
        S3Error::Unreachable { reason: root_text(error) }
    }
}

impl fmt::Display for S3Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            S3Error::Service { message, status, code } => {
                write!(f, "S3ServiceException:{message},Status {status},Error {code},Rid ,ExtRid ,CanRetry 1")
            }
            S3Error::Unreachable { reason } => {
                write!(f, "S3CurlException: {reason}, CurlError 7, multiCurlError 0, CanRetry 1, UserError 0")
            }
        }
    }
}

impl std::error::Error for S3Error {}

/// The server's own words: the XML body of its answer, which `object_store` passes on inside its errors' text only.
fn told_by_server(text: &str) -> Option<S3Error> {
    let code = element(text, "Code")?;
    let message = element(text, "Message").unwrap_or(code);
    let status = text.split_once("status ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    let status = status.unwrap_or(match code {
        "NoSuchBucket" | "NoSuchKey" => 404,
        "PermanentRedirect" => 301,
        "AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" => 403,
        _ => 400,
    });
    Some(S3Error::service(message, status, code))
}

fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

fn whole_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push('\n');
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

fn root_text(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(inner) = root.source() {
        root = inner;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_error(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.to_string().into() }
    }

    #[test]
    fn the_servers_own_words_are_kept() {
        let body = "Client error with status 403 Forbidden: <Error><Code>InvalidAccessKeyId</Code>\
                    <Message>The AWS Access Key Id you provided does not exist in our records.</Message></Error>";
        assert_eq!(
            S3Error::of_store(&store_error(body)).to_string(),
            "S3ServiceException:The AWS Access Key Id you provided does not exist in our records.,Status 403,\
             Error InvalidAccessKeyId,Rid ,ExtRid ,CanRetry 1"
        );
    }

    #[test]
    fn a_redirect_is_a_wrong_region() {
        let error =
            store_error("Received redirect without LOCATION, this normally indicates an incorrectly configured region");
        let text = S3Error::of_store(&error).to_string();
        assert!(
            text.starts_with(
                "S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint."
            ),
            "{text}"
        );
    }

    #[test]
    fn a_denial_without_a_body_is_access_denied() {
        let error = object_store::Error::PermissionDenied { path: "k".into(), source: "403".into() };
        assert_eq!(
            S3Error::of_store(&error).to_string(),
            "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid ,ExtRid ,CanRetry 1"
        );
    }
}
