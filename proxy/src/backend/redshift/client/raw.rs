//! Calls that are passed on as somebody else made them: JSON in, JSON out, whatever the service has learned since.
//!
//! The SDK knows each operation by types of its own, and would lose what it does not know. So one of its operations carries
//! the body: endpoint, credentials and signature are the SDK's, the operation's name and body the caller's, and what the
//! service says is heard before the SDK looks into it.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_redshiftdata::config::{
    ConfigBag, Intercept, RuntimeComponents, http::HttpRequest, interceptors::AfterDeserializationInterceptorContextRef,
};
use serde_json::{Map, Value};

use super::{Attempts, Client, Failure};

/// How long a call is made again whose caller waits for it.
const RETRY_FOR: Duration = Duration::from_secs(20);

/// A call that was passed on and failed.
#[derive(Debug)]
pub struct Unanswered {
    /// Why.
    pub failure: Failure,
    /// What the service said, where it did.
    pub said: Map<String, Value>,
}

/// The body of the last answer.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Option<Value>>>);

impl Heard {
    fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "Heard"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let body = context.response().body().bytes();
        let body = body.and_then(|bytes| serde_json::from_slice(bytes).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}

impl Client {
    /// Makes a call that may be made twice, with this body, until it is answered.
    ///
    /// # Errors
    /// What the service said, or why it could not be asked.
    pub async fn pass_on(&self, operation: &str, body: &Map<String, Value>) -> Result<Map<String, Value>, Unanswered> {
        let text = Value::Object(body.clone()).to_string();
        let target = format!("RedshiftData.{operation}");
        let heard = Heard::default();
        let attempt = || {
            let (target, text) = (target.clone(), text.clone());
            let put = move |request: &mut HttpRequest| {
                request.headers_mut().insert("x-amz-target", target.clone());
                request.headers_mut().insert("content-length", text.len().to_string());
                *request.body_mut() = text.as_str().into();
            };
            self.sdk.list_databases().customize().mutate_request(put).interceptor(heard.clone()).send()
        };
        let wait = body.get("WaitTimeSeconds").and_then(Value::as_u64).unwrap_or(0);
        let longest = self.call_timeout + Duration::from_secs(wait);
        let attempts = Attempts { longest, retry_for: self.retry_for.min(RETRY_FOR) };
        let answered = self.until_answered_within(attempts, attempt).await;
        let said = match heard.take() {
            Some(Value::Object(said)) => said,
            _ => Map::new(),
        };
        match answered {
            Ok(_) => Ok(said),
            Err(failure) => Err(Unanswered { failure, said }),
        }
    }

    /// Names the workgroup or cluster in the body of a call, in the place of what its caller named.
    pub fn name_place(&self, body: &mut Map<String, Value>) {
        let members = [
            ("ClusterIdentifier", &self.cluster),
            ("WorkgroupName", &self.workgroup),
            ("DbUser", &self.db_user),
            ("SecretArn", &self.secret),
        ];
        for (member, value) in members {
            match value {
                Some(value) => body.insert(member.to_string(), value.clone().into()),
                None => body.remove(member),
            };
        }
    }
}
