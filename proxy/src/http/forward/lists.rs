//! ListStatements and ListSessions: what the service lists, as far as it is the caller's.
//!
//! The service lists what all users of a role have started, and the gateway's clients of port 5439, too. So a page of the caller's
//! is made from as many pages of the service's as it takes, target by target, within bounds: a page may have less than was asked
//! for, and say where the next one begins.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use super::{Call, Client, Forward, parsed, pass_on, places::is_meant};
use crate::http::{
    data_api::input::{List, Place, no_session, session_id},
    json_rpc::{Answer, ApiError, object},
};

/// Entries of a page where nothing is said; it is also the most.
const PAGE: usize = 100;
/// Pages of the service's that are looked through for one of the caller's.
const MOST_PAGES: usize = 20;

/// What is listed.
#[derive(Clone, Copy)]
enum Kind {
    Statements,
    Sessions,
}

impl Kind {
    /// The member of the answer that has the list, and that of an entry that has its id.
    fn members(self) -> (&'static str, &'static str) {
        match self {
            Kind::Statements => ("Statements", "Id"),
            Kind::Sessions => ("Sessions", "SessionId"),
        }
    }
}

/// Where a page begins.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Position {
    /// The target, counted from 0.
    target: usize,
    /// The service's own word for it.
    token: Option<String>,
}

impl Position {
    fn of(token: Option<&str>) -> Result<Position, ApiError> {
        let Some(token) = token else { return Ok(Position::default()) };
        let text = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = text.as_deref().and_then(|text| text.split_once(' '));
        let position = parts.and_then(|(target, token)| {
            let token = Some(token.to_string()).filter(|token| !token.is_empty());
            Some(Position { target: target.parse().ok()?, token })
        });
        position.ok_or_else(|| ApiError::validation("NextToken is not valid."))
    }

    fn token(&self) -> String {
        BASE64_STANDARD.encode(format!("{} {}", self.target, self.token.as_deref().unwrap_or_default()))
    }
}

impl Forward {
    /// Lists what is the caller's.
    ///
    /// # Errors
    /// Those of the service.
    pub(super) async fn list(&self, call: Call<'_>, mut body: Map<String, Value>) -> Answer {
        let Call { operation, client } = call;
        let asked: List = parsed(&body)?;
        let kind = if operation == "ListStatements" { Kind::Statements } else { Kind::Sessions };
        match kind {
            Kind::Statements => asked.check_statements()?,
            Kind::Sessions => asked.check_sessions()?,
        }
        let (list, id) = kind.members();
        if let Some(id) = asked.session_id.as_deref() {
            return self.one_session(&session_id(id)?.to_string(), &body, client).await;
        }
        let place = Place {
            cluster_identifier: asked.cluster_identifier.clone(),
            workgroup_name: asked.workgroup_name.clone(),
            ..Place::default()
        };
        let meant = |name: &str, config: &_| is_meant(name, config, &place, asked.database.as_deref());
        let targets: Vec<_> = self.targets(client).filter(|(name, config)| meant(name, config)).collect();
        let most = asked.max_results.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
        let most = most.unwrap_or(PAGE).min(PAGE);
        let mut position = Position::of(asked.next_token.as_deref())?;
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some((name, _)) = targets.get(position.target) else { break };
            if found.len() >= most {
                break;
            }
            let reached = self.reach_by_name(name, client).await?;
            reached.target.client.name_place(&mut body);
            body.retain(|member, _| member != "DbUser" && member != "SecretArn");
            body.insert("Database".to_string(), reached.target.database.clone().into());
            body.insert("MaxResults".to_string(), (most - found.len()).into());
            match &position.token {
                Some(token) => body.insert("NextToken".to_string(), token.clone().into()),
                None => body.remove("NextToken"),
            };
            let mut page = pass_on(&reached.target, operation, &body).await?;
            let items = page.get_mut(list).and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            let own = |item: &Value| {
                let id = item.get(id).and_then(Value::as_str).unwrap_or_default();
                let target = match kind {
                    Kind::Statements => self.ledger.target_of(id, client.name()),
                    Kind::Sessions => self.ledger.session(id, client.name()).map(|own| own.target_name.clone()),
                };
                target.as_ref() == Some(name)
            };
            found.extend(items.into_iter().filter(own));
            let next = page.get("NextToken").and_then(Value::as_str).filter(|token| !token.is_empty());
            position = match next {
                Some(token) => Position { token: Some(token.to_string()), ..position },
                None => Position { target: position.target + 1, token: None },
            };
        }
        let next = if position.target < targets.len() { position.token().into() } else { Value::Null };
        Ok(object([(list, found.into()), ("NextToken", next)]))
    }

    /// ListSessions of one.
    async fn one_session(&self, id: &str, body: &Map<String, Value>, client: &Client) -> Answer {
        let session = self.ledger.session(id, client.name()).ok_or_else(|| no_session(id))?;
        pass_on(&session.target, "ListSessions", body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_told_and_read() {
        for position in [Position { target: 2, token: Some("a b=".to_string()) }, Position { target: 1, token: None }] {
            assert_eq!(Position::of(Some(&position.token())).unwrap(), position);
        }
        assert_eq!(Position::of(None).unwrap(), Position::default());
        assert!(Position::of(Some("nonsense")).is_err());
    }
}
