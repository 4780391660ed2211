//! The control plane's state: namespaces, workgroups, clusters, snapshots, groups of parameters and subnets, tags.
//!
//! All of them stand for the one warehouse that this program is: they lead to the same databases and the same port. What is
//! told of capacity, networks and encryption is kept and shown, and changes nothing. The state is one JSON file in the data
//! folder, replaced as a whole.

use std::{
    collections::BTreeMap,
    fs, io,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{json_rpc::ApiError, now};

/// The account that everything belongs to.
pub const ACCOUNT: &str = "000000000000";
/// The namespace and the workgroup that there are from the start.
const DEFAULT: &str = "default";
/// RPUs of a workgroup where nothing is said.
pub const DEFAULT_CAPACITY: i64 = 128;

/// A namespace of Redshift Serverless.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[allow(missing_docs)]
pub struct Namespace {
    pub name: String,
    pub id: String,
    pub created: i64,
    pub region: String,
    pub database: String,
    pub admin: String,
    pub iam_roles: Vec<String>,
    pub default_iam_role: Option<String>,
    pub kms_key: Option<String>,
    pub log_exports: Vec<String>,
    /// Is the password kept in a secret of this ARN?
    pub secret: Option<String>,
    /// The key of that secret.
    #[serde(default)]
    pub secret_key: Option<String>,
}

/// A workgroup of Redshift Serverless.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[allow(missing_docs)]
pub struct Workgroup {
    pub name: String,
    pub id: String,
    pub created: i64,
    pub region: String,
    pub namespace: String,
    pub base_capacity: i64,
    pub max_capacity: Option<i64>,
    pub parameters: Vec<(String, String)>,
    pub enhanced_vpc_routing: bool,
    pub publicly_accessible: bool,
    pub security_groups: Vec<String>,
    pub subnets: Vec<String>,
    pub ip_address_type: String,
    pub track: String,
    /// pricePerformanceTarget, as it was given.
    #[serde(default)]
    pub price_performance: Option<serde_json::Value>,
    #[serde(default)]
    pub extra_compute: bool,
}

/// Is a cluster there to be used?
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ClusterStatus {
    Available,
    Paused,
}

/// A provisioned cluster.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[allow(missing_docs)]
pub struct Cluster {
    pub name: String,
    pub id: String,
    pub created: i64,
    pub region: String,
    pub status: ClusterStatus,
    pub database: String,
    pub admin: String,
    pub iam_roles: Vec<String>,
    pub default_iam_role: Option<String>,
    /// What else was said of it, by the names of the query protocol.
    pub settings: BTreeMap<String, String>,
    pub security_groups: Vec<String>,
    /// Is the password kept in a secret of this ARN?
    #[serde(default)]
    pub secret: Option<String>,
    /// The snapshot that it was made of.
    #[serde(default)]
    pub restored_from: Option<String>,
}

/// What a snapshot was taken of, as it was then.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[allow(missing_docs)]
pub enum Source {
    Namespace(Namespace),
    Cluster(Cluster),
}

/// A snapshot: a backup of the warehouse under a name.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// Its id in ARNs, and the backup's.
    pub backup: String,
    /// When it was taken, in microseconds since 1970.
    pub created: i64,
    /// How long that took, in microseconds.
    pub took: i64,
    /// Bytes of its rows.
    pub bytes: u64,
    /// Days that it is kept; -1 is for ever.
    pub retention: i64,
    /// What it was taken of.
    pub source: Source,
}

/// A table that was asked back.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[allow(missing_docs)]
pub struct TableRestored {
    pub id: String,
    pub requested: i64,
    /// The namespace and the workgroup, or the cluster.
    pub place: (String, Option<String>),
    pub snapshot: String,
    /// Database, schema and name that it had.
    pub from: [String; 3],
    /// Database, schema and name that it has now.
    pub to: [String; 3],
    pub bytes: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// A group of parameters or of subnets.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[allow(missing_docs)]
pub struct Group {
    pub name: String,
    pub description: String,
    pub family: Option<String>,
    /// The parameters that were set, or the subnets.
    pub items: BTreeMap<String, String>,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default)]
#[allow(missing_docs)]
pub struct State {
    pub namespaces: BTreeMap<String, Namespace>,
    pub workgroups: BTreeMap<String, Workgroup>,
    pub clusters: BTreeMap<String, Cluster>,
    pub parameter_groups: BTreeMap<String, Group>,
    pub subnet_groups: BTreeMap<String, Group>,
    /// Of namespaces.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Of clusters.
    pub cluster_snapshots: BTreeMap<String, Snapshot>,
    /// Oldest first.
    pub table_restores: Vec<TableRestored>,
    /// By ARN.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where the warehouse is, and whose.
#[derive(Debug, Clone)]
pub struct Door {
    /// The host that clients connect to.
    pub host: String,
    /// The port that clients connect to.
    pub port: u16,
    /// The database that there is from the start.
    pub database: String,
    /// The superuser.
    pub user: String,
}

/// The control plane.
pub struct Warehouses {
    file: Option<PathBuf>,
    state: Mutex<State>,
    door: Door,
}

impl Warehouses {
    /// Reads the state, or begins one with the default namespace and workgroup; without a file it is forgotten at the end.
    ///
    /// # Errors
    /// Where the file cannot be read or does not hold a state.
    pub fn open(file: Option<PathBuf>, door: Door) -> io::Result<Warehouses> {
        let kept = match file.as_ref().map(fs::read) {
            None => None,
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Some(read) => Some(serde_json::from_slice(&read?)?),
        };
        let state = kept.unwrap_or_else(|| beginning(&door));
        Ok(Warehouses { file, state: Mutex::new(state), door })
    }

    /// Where the warehouse is.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// The superuser, as whom callers work who name no user.
    pub fn superuser(&self) -> &str {
        &self.door.user
    }

    /// The database that there is from the start.
    pub fn database(&self) -> &str {
        &self.door.database
    }

    /// The state, to be read.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state: all of the change and kept, or nothing of it.
    ///
    /// # Errors
    /// Those of the change, and where it cannot be written.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let mut state = self.state();
        let mut changed = state.clone();
        let done = change(&mut changed)?;
        self.write(&changed).map_err(|error| {
            tracing::error!(%error, "the state of the control plane cannot be written");
            ApiError::internal("The state cannot be written.")
        })?;
        *state = changed;
        Ok(done)
    }

    fn write(&self, state: &State) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut next = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| ".".as_ref()))?;
        serde_json::to_writer_pretty(&mut next, state)?;
        next.as_file().sync_all()?;
        next.persist(file)?;
        Ok(())
    }

    /// The workgroup of this name or ARN, by its name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn workgroup_of(&self, name: &str) -> Result<String, ApiError> {
        let last = name.rsplit(['/', ':']).next().unwrap_or(name);
        let state = self.state();
        let found = state.workgroups.values().find(|group| group.name == last || group.id == last);
        found.map(|group| group.name.clone()).ok_or_else(no_endpoint)
    }

    /// Checks that there is such a cluster, and that it runs.
    ///
    /// # Errors
    /// Where there is none, or it is paused.
    pub fn running_cluster(&self, name: &str) -> Result<(), ApiError> {
        match self.state().clusters.get(name).map(|cluster| cluster.status) {
            None => Err(no_endpoint()),
            Some(ClusterStatus::Paused) => {
                Err(ApiError::validation(format!("Cluster {name} is paused. Resume it before running statements.")))
            }
            Some(ClusterStatus::Available) => Ok(()),
        }
    }
}

fn no_endpoint() -> ApiError {
    ApiError::validation("Redshift endpoint doesn't exist in this region.")
}

fn beginning(door: &Door) -> State {
    let (created, region) = (now(), "us-east-1".to_string());
    let namespace = Namespace {
        name: DEFAULT.to_string(),
        id: Uuid::new_v4().to_string(),
        created,
        region: region.clone(),
        database: door.database.clone(),
        admin: door.user.clone(),
        iam_roles: Vec::new(),
        default_iam_role: None,
        kms_key: None,
        log_exports: Vec::new(),
        secret: None,
        secret_key: None,
    };
    let workgroup = Workgroup {
        name: DEFAULT.to_string(),
        id: Uuid::new_v4().to_string(),
        created,
        region,
        namespace: DEFAULT.to_string(),
        base_capacity: DEFAULT_CAPACITY,
        max_capacity: None,
        parameters: Vec::new(),
        enhanced_vpc_routing: false,
        publicly_accessible: false,
        security_groups: Vec::new(),
        subnets: Vec::new(),
        ip_address_type: "ipv4".to_string(),
        track: "current".to_string(),
        price_performance: None,
        extra_compute: false,
    };
    State {
        namespaces: BTreeMap::from([(DEFAULT.to_string(), namespace)]),
        workgroups: BTreeMap::from([(DEFAULT.to_string(), workgroup)]),
        ..State::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door { host: "127.0.0.1".into(), port: 5439, database: "dev".into(), user: "admin".into() }
    }

    #[test]
    fn what_was_changed_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("warehouses.json"));
        let warehouses = Warehouses::open(file.clone(), door()).unwrap();
        warehouses.change(|state| Ok(state.tags.insert("arn".into(), BTreeMap::new()))).unwrap();
        let failed = warehouses.change(|state| {
            state.workgroups.clear();
            Err::<(), _>(ApiError::validation("no"))
        });
        assert!(failed.is_err());
        let state = warehouses.state().clone();
        assert!(state.workgroups.contains_key("default"));
        assert_eq!(*Warehouses::open(file, door()).unwrap().state(), state);
    }

    #[test]
    fn a_workgroup_is_known_by_name_and_by_arn() {
        let warehouses = Warehouses::open(None, door()).unwrap();
        assert_eq!(warehouses.workgroup_of("default").unwrap(), "default");
        let arn = format!("arn:aws:redshift-serverless:us-east-1:{ACCOUNT}:workgroup/{}", {
            warehouses.state().workgroups["default"].id.clone()
        });
        assert_eq!(warehouses.workgroup_of(&arn).unwrap(), "default");
        assert_eq!(
            warehouses.workgroup_of("other").unwrap_err().message,
            "Redshift endpoint doesn't exist in this region."
        );
    }
}
