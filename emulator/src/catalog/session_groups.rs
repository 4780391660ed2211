//! Groups that a user is in for one session only, beside those that the catalog says.
//!
//! Temporary credentials may name some (`DbGroups`): who logs in with them has the privileges of these groups until the
//! session ends, and nobody else sees that. Source: Amazon Redshift API reference, "GetClusterCredentials".

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use redshift_sql_dialect::{Error, Result, SqlState};

use super::{Catalog, Oid, Shared, objects::locked};

/// By process id: the user, and the groups.
#[derive(Default)]
pub(crate) struct SessionGroups(Mutex<HashMap<i32, (Oid, Vec<Oid>)>>);

impl SessionGroups {
    /// The groups that a user is in while this session lasts.
    pub(crate) fn of(&self, pid: i32, user: Oid) -> Vec<Oid> {
        let sessions = locked(&self.0);
        sessions.get(&pid).filter(|(member, _)| *member == user).map_or(Vec::new(), |(_, groups)| groups.clone())
    }
}

/// A session's membership in groups. It ends when this is dropped.
pub(crate) struct Membership {
    shared: Arc<Shared>,
    pid: i32,
}

impl Drop for Membership {
    fn drop(&mut self) {
        locked(&self.shared.session_groups.0).remove(&self.pid);
    }
}

impl Catalog {
    /// Puts a user into groups for as long as a session lasts.
    ///
    /// # Errors
    /// 42704 where there is no such group.
    pub(crate) fn join_groups(&self, pid: i32, user: Oid, names: &[String]) -> Result<Membership> {
        let all = self.look().groups()?;
        let find = |name: &String| {
            let found = all.iter().find(|group| group.name == *name).map(|group| group.id);
            found.ok_or_else(|| Error::new(SqlState::UNDEFINED_OBJECT, format!("group \"{name}\" does not exist")))
        };
        let groups = names.iter().map(find).collect::<Result<Vec<Oid>>>()?;
        locked(&self.0.session_groups.0).insert(pid, (user, groups));
        Ok(Membership { shared: Arc::clone(&self.0), pid })
    }
}
