//! Provisioned clusters: the query protocol, a form in and XML out.
//!
//! A cluster is another name for the one warehouse that this program is, with its own state: a paused one takes no
//! statements through the Data API and gives no credentials. Its databases and its admin are made for real.
//!
//! Source: Amazon Redshift API reference (API version 2012-12-01).

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use hyper::StatusCode;
use uuid::Uuid;

use super::{
    admin::Control,
    json_rpc::ApiError,
    now, provisioned_groups as groups, provisioned_snapshots as snapshots,
    sigv4::{Caller, decode},
    validate::Pattern,
    warehouses::{ACCOUNT, Cluster, ClusterStatus, State},
    xml::Xml,
};

const NAMESPACE: &str = "http://redshift.amazonaws.com/doc/2012-12-01/";
const VERSION: &str = "2012-12-01";
/// How long credentials last where nothing is said, and the bounds.
const DEFAULT_SECONDS: i64 = 900;
const LEAST_SECONDS: i64 = 900;
const MOST_SECONDS: i64 = 3_600;
/// Records of a page where nothing is said.
const DEFAULT_RECORDS: usize = 100;

/// What an operation gives: the content of its result, or none where it has no result.
pub type Outcome = Result<Option<Xml>, ApiError>;

/// Runs an operation: the whole document.
///
/// # Errors
/// As the service's model says for each.
pub async fn call(
    control: &Control,
    query: Option<&str>,
    body: &Bytes,
    caller: &Caller,
    id: &str,
) -> Result<String, ApiError> {
    let form = Form::read(query.unwrap_or_default(), body);
    let action = form.get("Action").ok_or_else(|| {
        let message = "The request must contain the parameter Action, or the header X-Amz-Target.";
        ApiError::client("MissingAction", message)
    })?;
    if form.get("Version").is_some_and(|version| version != VERSION) {
        let message = format!("Could not find operation {action} for another version than {VERSION}.");
        return Err(ApiError::client("InvalidAction", message));
    }
    caller.check_operation("redshift", action)?;
    let result = run(control, action, &form, caller).await?;
    let metadata = Xml::of([("RequestId", Some(id.into()))]);
    let mut out = String::new();
    let attribute = format!(" xmlns=\"{NAMESPACE}\"");
    out.push_str(&format!("<{action}Response{attribute}>"));
    if let Some(result) = result {
        result.write(&format!("{action}Result"), "", &mut out);
    }
    metadata.write("ResponseMetadata", "", &mut out);
    out.push_str(&format!("</{action}Response>"));
    Ok(out)
}

/// An error as a document.
pub fn error_xml(error: &ApiError, id: &str) -> String {
    let sender = if error.status.is_server_error() { "Receiver" } else { "Sender" };
    let told = Xml::of([
        ("Type", Some(sender.into())),
        ("Code", Some(error.code.into())),
        ("Message", Some(error.message.as_str().into())),
    ]);
    let mut out = String::new();
    let document = Xml::of([("Error", Some(told)), ("RequestId", Some(id.into()))]);
    document.write("ErrorResponse", &format!(" xmlns=\"{NAMESPACE}\""), &mut out);
    out
}

async fn run(control: &Control, action: &str, form: &Form, caller: &Caller) -> Outcome {
    match action {
        "CreateCluster" => create_cluster(control, form, caller).await,
        "DescribeClusters" => describe_clusters(control, form),
        "ModifyCluster" => modify_cluster(control, form).await,
        "ModifyClusterIamRoles" => modify_roles(control, form),
        "PauseCluster" => set_status(control, form, ClusterStatus::Paused),
        "ResumeCluster" => set_status(control, form, ClusterStatus::Available),
        "RebootCluster" => reboot_cluster(control, form),
        "DeleteCluster" => delete_cluster(control, form).await,
        "DescribeLoggingStatus" => logging_status(control, form),
        "EnableLogging" | "DisableLogging" => change_logging(control, action, form),
        "ModifyAquaConfiguration" => aqua(control, form),
        "GetClusterCredentials" => get_credentials(control, form).await,
        "GetClusterCredentialsWithIAM" => get_credentials_with_iam(control, form, caller).await,
        other => match snapshots::run(control, other, form, caller).await {
            Some(done) => done,
            None => groups::run(control, other, form, caller),
        },
    }
}

/// The parameters of a request.
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// From the body, and from the query of the address, where presigned requests have everything.
    fn read(query: &str, body: &[u8]) -> Form {
        let text = format!("{query}&{}", String::from_utf8_lossy(body)).replace('+', " ");
        let decoded = |text: &str| String::from_utf8_lossy(&decode(text)).into_owned();
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Form(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    /// A parameter that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// MissingParameter
    pub fn need(&self, name: &str) -> Result<&str, ApiError> {
        let message = || format!("The request must contain the parameter {name}.");
        self.get(name).ok_or_else(|| ApiError::client("MissingParameter", message()))
    }

    /// The items of a list, `Name.Item.1` and so on; none where the list is not there.
    pub fn list(&self, name: &str, item: &str) -> Option<Vec<String>> {
        let items = |item: &str| -> Vec<String> {
            (1..).map_while(|at| self.0.get(&format!("{name}.{item}.{at}")).cloned()).collect()
        };
        let found = [items(item), items("member")].into_iter().find(|found| !found.is_empty());
        // An empty list is written as an empty parameter.
        found.or_else(|| self.0.get(name).filter(|value| value.is_empty()).map(|_| Vec::new()))
    }

    /// The items of a list of structures, each by one of two members.
    pub fn pairs(&self, name: &str, item: &str, [key, value]: [&str; 2]) -> Vec<(String, String)> {
        let one = |item: &str, at: usize| {
            let first = self.0.get(&format!("{name}.{item}.{at}.{key}"))?;
            let second = self.0.get(&format!("{name}.{item}.{at}.{value}")).cloned().unwrap_or_default();
            Some((first.clone(), second))
        };
        let all = |item: &str| -> Vec<(String, String)> { (1..).map_while(|at| one(item, at)).collect() };
        let found = all(item);
        if found.is_empty() { all("member") } else { found }
    }

    /// The page of a list that is asked for, and the marker of the next.
    ///
    /// # Errors
    /// InvalidParameterValue
    pub fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<Xml>), ApiError> {
        let number = |name: &str| {
            self.get(name)
                .map(|text| text.parse::<usize>().map_err(|_| invalid(format!("{name} is not a number."))))
                .transpose()
        };
        let from = number("Marker")?.unwrap_or(0);
        let most = number("MaxRecords")?.unwrap_or(DEFAULT_RECORDS);
        if !(20..=100).contains(&most) {
            return Err(invalid("MaxRecords must be between 20 and 100."));
        }
        let next = (all.len() > from + most).then(|| (from + most).into());
        Ok((all.into_iter().skip(from).take(most).collect(), next))
    }

    /// Does a resource have one of the tags that are asked for, where any are?
    pub fn wants_tags(&self, tags: Option<&BTreeMap<String, String>>) -> bool {
        let has = |wanted: &str, is: fn(&(&String, &String)) -> String| {
            tags.into_iter().flatten().any(|tag| is(&tag) == wanted)
        };
        let keys = self.list("TagKeys", "TagKey").unwrap_or_default();
        let values = self.list("TagValues", "TagValue").unwrap_or_default();
        (keys.is_empty() || keys.iter().any(|key| has(key, |(key, _)| (*key).clone())))
            && (values.is_empty() || values.iter().any(|value| has(value, |(_, value)| (*value).clone())))
    }
}

/// InvalidParameterValue
pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterValue", message)
}

/// The ARN of a resource.
pub fn arn(region: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:redshift:{region}:{ACCOUNT}:{kind}:{name}")
}

/// A moment as the protocol writes it.
pub fn date_time(micros: i64) -> Xml {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true).into()
}

/// Tags of a resource.
pub fn shown_tags(state: &State, arn: &str) -> Xml {
    let tags = state.tags.get(arn).into_iter().flatten();
    Xml::list("Tag", tags.map(|(key, value)| Xml::of([("Key", Some(key.into())), ("Value", Some(value.into()))])))
}

/// Gives a resource the tags of a request.
pub fn add_tags(state: &mut State, arn: &str, form: &Form) {
    state.tags.entry(arn.to_string()).or_default().extend(form.pairs("Tags", "Tag", ["Key", "Value"]));
}

// ---- Clusters

/// What is kept of a cluster as it was said: the parameter, and its value where nothing is said.
const SETTINGS: [(&str, &str); 17] = [
    ("NodeType", ""),
    ("NumberOfNodes", "1"),
    ("ClusterSubnetGroupName", ""),
    ("ClusterParameterGroupName", "default.redshift-2.0"),
    ("AvailabilityZone", ""),
    ("PreferredMaintenanceWindow", "sun:06:00-sun:06:30"),
    ("AutomatedSnapshotRetentionPeriod", "1"),
    ("ManualSnapshotRetentionPeriod", "-1"),
    ("AllowVersionUpgrade", "true"),
    ("PubliclyAccessible", "false"),
    ("Encrypted", "true"),
    ("KmsKeyId", ""),
    ("EnhancedVpcRouting", "false"),
    ("MaintenanceTrackName", "current"),
    ("IpAddressType", "ipv4"),
    ("MultiAZ", "false"),
    ("AvailabilityZoneRelocation", "false"),
];

/// The settings of a cluster of which nothing is said.
pub fn default_settings(region: &str) -> BTreeMap<String, String> {
    let usual = SETTINGS.iter().map(|(name, default)| ((*name).to_string(), (*default).to_string()));
    let mut settings: BTreeMap<String, String> = usual.collect();
    settings.insert("AvailabilityZone".to_string(), format!("{region}a"));
    settings
}

/// ClusterNotFound
pub fn no_cluster(name: &str) -> ApiError {
    ApiError::client("ClusterNotFound", format!("Cluster {name} not found.")).with_status(StatusCode::NOT_FOUND)
}

/// A cluster as it is told.
pub fn shown_cluster(control: &Control, state: &State, cluster: &Cluster, status: Option<&str>) -> Xml {
    let door = control.warehouses.door();
    let current = match cluster.status {
        ClusterStatus::Available => "available",
        ClusterStatus::Paused => "paused",
    };
    let availability = match cluster.status {
        ClusterStatus::Available => "Available",
        ClusterStatus::Paused => "Paused",
    };
    let setting = |name: &str| cluster.settings.get(name).filter(|value| !value.is_empty()).map(Xml::from);
    let endpoint = Xml::of([("Address", Some(door.host.as_str().into())), ("Port", Some(door.port.into()))]);
    let groups = cluster
        .security_groups
        .iter()
        .map(|group| Xml::of([("VpcSecurityGroupId", Some(group.into())), ("Status", Some("active".into()))]));
    let roles = cluster
        .iam_roles
        .iter()
        .map(|role| Xml::of([("IamRoleArn", Some(role.into())), ("ApplyStatus", Some("in-sync".into()))]));
    let parameter_group = Xml::of([
        ("ParameterGroupName", setting("ClusterParameterGroupName")),
        ("ParameterApplyStatus", Some("in-sync".into())),
    ]);
    let switch = |name: &str, [on, off]: [&'static str; 2]| {
        let is_on = cluster.settings.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Some(Xml::from(if is_on { on } else { off }))
    };
    let restored = cluster.restored_from.as_ref().map(|_| Xml::of([("Status", Some("completed".into()))]));
    Xml::of([
        ("ClusterIdentifier", Some(cluster.name.as_str().into())),
        ("NodeType", setting("NodeType")),
        ("ClusterStatus", Some(status.unwrap_or(current).into())),
        ("ClusterAvailabilityStatus", Some(availability.into())),
        ("MasterUsername", Some(cluster.admin.as_str().into())),
        ("DBName", Some(cluster.database.as_str().into())),
        ("Endpoint", Some(endpoint).filter(|_| status != Some("creating"))),
        ("ClusterCreateTime", Some(date_time(cluster.created))),
        ("AutomatedSnapshotRetentionPeriod", setting("AutomatedSnapshotRetentionPeriod")),
        ("ManualSnapshotRetentionPeriod", setting("ManualSnapshotRetentionPeriod")),
        ("ClusterSecurityGroups", Some(Xml::empty())),
        ("VpcSecurityGroups", Some(Xml::list("VpcSecurityGroup", groups))),
        ("ClusterParameterGroups", Some(Xml::list("ClusterParameterGroup", [parameter_group]))),
        ("ClusterSubnetGroupName", setting("ClusterSubnetGroupName")),
        ("VpcId", Some(groups::VPC.into())),
        ("AvailabilityZone", setting("AvailabilityZone")),
        ("PreferredMaintenanceWindow", setting("PreferredMaintenanceWindow")),
        ("PendingModifiedValues", Some(Xml::empty())),
        ("ClusterVersion", Some("1.0".into())),
        ("AllowVersionUpgrade", setting("AllowVersionUpgrade")),
        ("NumberOfNodes", setting("NumberOfNodes")),
        ("PubliclyAccessible", setting("PubliclyAccessible")),
        ("Encrypted", setting("Encrypted")),
        ("ClusterNodes", Some(shown_nodes(cluster))),
        ("Tags", Some(shown_tags(state, &arn(&cluster.region, "cluster", &cluster.name)))),
        ("KmsKeyId", setting("KmsKeyId")),
        ("EnhancedVpcRouting", setting("EnhancedVpcRouting")),
        ("IamRoles", Some(Xml::list("ClusterIamRole", roles))),
        ("DefaultIamRoleArn", cluster.default_iam_role.as_ref().map(Xml::from)),
        ("MaintenanceTrackName", setting("MaintenanceTrackName")),
        ("AvailabilityZoneRelocationStatus", switch("AvailabilityZoneRelocation", ["enabled", "disabled"])),
        ("RestoreStatus", restored),
        ("MasterPasswordSecretArn", cluster.secret.as_ref().map(Xml::from)),
        ("ClusterNamespaceArn", Some(arn(&cluster.region, "namespace", &cluster.id).into())),
        ("IpAddressType", setting("IpAddressType")),
        ("MultiAZ", switch("MultiAZ", ["Enabled", "Disabled"])),
    ])
}

/// One node does everything; of several the first one leads.
fn shown_nodes(cluster: &Cluster) -> Xml {
    let count: usize = cluster.settings.get("NumberOfNodes").and_then(|count| count.parse().ok()).unwrap_or(1);
    let roles = match count {
        0 | 1 => vec!["SHARED".to_string()],
        _ => std::iter::once("LEADER".to_string()).chain((0..count).map(|node| format!("COMPUTE-{node}"))).collect(),
    };
    let node = |role: String| {
        Xml::of([
            ("NodeRole", Some(role.into())),
            ("PrivateIPAddress", Some("127.0.0.1".into())),
            ("PublicIPAddress", Some("127.0.0.1".into())),
        ])
    };
    Xml::list("member", roles.into_iter().map(node))
}

/// InvalidParameterValue where it is no identifier of a cluster.
///
/// # Errors
/// That one.
pub fn check_identifier(name: &str) -> Result<(), ApiError> {
    if name.len() <= 63 && Pattern::Cluster.matches(name) {
        return Ok(());
    }
    let message = "The parameter ClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain \
                   only lowercase ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two \
                   consecutive hyphens.";
    Err(invalid(message))
}

/// InvalidParameterValue where a parameter is no number within bounds.
///
/// # Errors
/// That one.
pub fn check_number(form: &Form, name: &str, [least, most]: [i64; 2]) -> Result<(), ApiError> {
    let Some(text) = form.get(name) else { return Ok(()) };
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(()),
        _ => Err(invalid(format!("{name} must be between {least} and {most}."))),
    }
}

/// What is said of a cluster, checked.
///
/// # Errors
/// InvalidParameterValue, and those of groups that there are not.
pub fn settings_of(control: &Control, state: &State, form: &Form) -> Result<BTreeMap<String, String>, ApiError> {
    check_number(form, "NumberOfNodes", [1, 128])?;
    check_number(form, "AutomatedSnapshotRetentionPeriod", [0, 35])?;
    check_number(form, "ManualSnapshotRetentionPeriod", [-1, 3_653])?;
    let (served, usual) = (control.warehouses.door().port.to_string(), "5439");
    if form.get("Port").is_some_and(|port| port != served && port != usual) {
        return Err(invalid(format!("The port must be {served}: all clusters share it.")));
    }
    if let Some(group) = form.get("ClusterSubnetGroupName").filter(|name| !state.subnet_groups.contains_key(*name)) {
        let message = format!("Cluster subnet group {group} not found.");
        return Err(ApiError::client("ClusterSubnetGroupNotFoundFault", message));
    }
    if let Some(group) = form.get("ClusterParameterGroupName").filter(|name| !groups::is_parameter_group(state, name)) {
        return Err(groups::no_parameter_group(group));
    }
    let said = SETTINGS.iter().filter_map(|(name, _)| Some(((*name).to_string(), form.get(name)?.to_string())));
    Ok(said.collect())
}

async fn create_cluster(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ClusterIdentifier")?.to_string();
    check_identifier(&name)?;
    form.need("NodeType")?;
    let admin = form.need("MasterUsername")?.to_string();
    let managed = form.get("ManageMasterPassword") == Some("true");
    let password = form.get("MasterUserPassword");
    if password.is_none() && !managed {
        return Err(ApiError::client("MissingParameter", "The request must contain the parameter MasterUserPassword."));
    }
    let exists = || ApiError::client("ClusterAlreadyExists", format!("Cluster {name} already exists."));
    let said = {
        let state = control.warehouses.state();
        if state.clusters.contains_key(&name) {
            return Err(exists());
        }
        settings_of(control, &state, form)?
    };
    let database = form.get("DBName").unwrap_or_else(|| control.warehouses.database()).to_lowercase();
    control.ensure_database(&database).await?;
    control.ensure_admin(&admin, password).await?;
    let mut settings = default_settings(&caller.region);
    settings.extend(said);
    let secret = super::serverless::secret_arn(&caller.region, &name, &admin);
    let cluster = Cluster {
        name: name.clone(),
        id: Uuid::new_v4().to_string(),
        created: now(),
        region: caller.region.clone(),
        status: ClusterStatus::Available,
        database,
        admin,
        iam_roles: form.list("IamRoles", "IamRoleArn").unwrap_or_default(),
        default_iam_role: form.get("DefaultIamRoleArn").map(str::to_string),
        settings,
        security_groups: form.list("VpcSecurityGroupIds", "VpcSecurityGroupId").unwrap_or_default(),
        secret: managed.then_some(secret),
        restored_from: None,
    };
    control.warehouses.change(|state| {
        if state.clusters.contains_key(&name) {
            return Err(exists());
        }
        add_tags(state, &arn(&cluster.region, "cluster", &name), form);
        let shown = shown_cluster(control, state, &cluster, Some("creating"));
        state.clusters.insert(name.clone(), cluster);
        Ok(wrapped("Cluster", shown))
    })
}

/// The result that holds one structure.
pub fn wrapped(name: &'static str, shown: Xml) -> Option<Xml> {
    Some(Xml::Elements(vec![(name, shown)]))
}

fn describe_clusters(control: &Control, form: &Form) -> Outcome {
    let state = control.warehouses.state();
    if let Some(name) = form.get("ClusterIdentifier").filter(|name| !state.clusters.contains_key(*name)) {
        return Err(no_cluster(name));
    }
    let wanted = |cluster: &&Cluster| {
        let tags = state.tags.get(&arn(&cluster.region, "cluster", &cluster.name));
        form.get("ClusterIdentifier").is_none_or(|name| name == cluster.name) && form.wants_tags(tags)
    };
    let found: Vec<&Cluster> = state.clusters.values().filter(wanted).collect();
    let (page, marker) = form.page(found)?;
    let shown = page.into_iter().map(|cluster| shown_cluster(control, &state, cluster, None));
    Ok(Some(Xml::of([("Clusters", Some(Xml::list("Cluster", shown))), ("Marker", marker)])))
}

/// Changes a cluster that there is.
fn change(
    control: &Control,
    form: &Form,
    status: Option<&str>,
    change: impl FnOnce(&mut State, &mut Cluster) -> Result<(), ApiError>,
) -> Outcome {
    let name = form.need("ClusterIdentifier")?;
    control.warehouses.change(|state| {
        let mut cluster = state.clusters.remove(name).ok_or_else(|| no_cluster(name))?;
        change(state, &mut cluster)?;
        let shown = shown_cluster(control, state, &cluster, status);
        state.clusters.insert(cluster.name.clone(), cluster);
        Ok(wrapped("Cluster", shown))
    })
}

async fn modify_cluster(control: &Control, form: &Form) -> Outcome {
    let name = form.need("ClusterIdentifier")?;
    let (said, admin) = {
        let state = control.warehouses.state();
        let cluster = state.clusters.get(name).ok_or_else(|| no_cluster(name))?;
        (settings_of(control, &state, form)?, cluster.admin.clone())
    };
    if let Some(password) = form.get("MasterUserPassword") {
        control.ensure_admin(&admin, Some(password)).await?;
    }
    change(control, form, Some("modifying"), |state, cluster| {
        cluster.settings.extend(said);
        match form.get("ManageMasterPassword") {
            Some("true") => {
                cluster.secret = Some(super::serverless::secret_arn(&cluster.region, &cluster.name, &admin));
            }
            Some(_) => cluster.secret = None,
            None => {}
        }
        if let Some(groups) = form.list("VpcSecurityGroupIds", "VpcSecurityGroupId") {
            cluster.security_groups = groups;
        }
        if let Some(renamed) = form.get("NewClusterIdentifier") {
            check_identifier(renamed)?;
            if state.clusters.contains_key(renamed) {
                return Err(ApiError::client("ClusterAlreadyExists", format!("Cluster {renamed} already exists.")));
            }
            let tags = state.tags.remove(&arn(&cluster.region, "cluster", &cluster.name)).unwrap_or_default();
            state.tags.insert(arn(&cluster.region, "cluster", renamed), tags);
            cluster.name = renamed.to_string();
        }
        Ok(())
    })
}

fn modify_roles(control: &Control, form: &Form) -> Outcome {
    change(control, form, None, |_, cluster| {
        let removed = form.list("RemoveIamRoles", "IamRoleArn").unwrap_or_default();
        cluster.iam_roles.retain(|role| !removed.contains(role));
        for role in form.list("AddIamRoles", "IamRoleArn").unwrap_or_default() {
            if !cluster.iam_roles.contains(&role) {
                cluster.iam_roles.push(role);
            }
        }
        if let Some(role) = form.get("DefaultIamRoleArn") {
            cluster.default_iam_role = Some(role.to_string());
        }
        Ok(())
    })
}

/// InvalidClusterState
pub fn invalid_state(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidClusterState", message)
}

fn set_status(control: &Control, form: &Form, wanted: ClusterStatus) -> Outcome {
    let (shown, required) = match wanted {
        ClusterStatus::Paused => ("pausing", "available"),
        ClusterStatus::Available => ("resuming", "paused"),
    };
    change(control, form, Some(shown), |_, cluster| {
        if cluster.status == wanted {
            let message = format!("You can't do this to cluster {} because it isn't {required}.", cluster.name);
            return Err(invalid_state(message));
        }
        cluster.status = wanted;
        Ok(())
    })
}

fn reboot_cluster(control: &Control, form: &Form) -> Outcome {
    change(control, form, Some("rebooting"), |_, cluster| match cluster.status {
        ClusterStatus::Available => Ok(()),
        ClusterStatus::Paused => Err(invalid_state(format!("Cluster {} is paused.", cluster.name))),
    })
}

/// The cluster's name goes; the databases stay, because the other clusters and workgroups have them, too.
async fn delete_cluster(control: &Control, form: &Form) -> Outcome {
    let name = form.need("ClusterIdentifier")?;
    let skips = form.get("SkipFinalClusterSnapshot") == Some("true");
    if !skips && form.get("FinalClusterSnapshotIdentifier").is_none() {
        let message = "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is specified.";
        return Err(ApiError::client("InvalidParameterCombination", message));
    }
    if let Some(last) = form.get("FinalClusterSnapshotIdentifier") {
        if skips {
            let message = "FinalClusterSnapshotIdentifier can't be specified with SkipFinalClusterSnapshot.";
            return Err(ApiError::client("InvalidParameterCombination", message));
        }
        check_number(form, "FinalClusterSnapshotRetentionPeriod", [-1, 3_653])?;
        let days = form.get("FinalClusterSnapshotRetentionPeriod").and_then(|days| days.parse().ok());
        snapshots::take(control, name, last, days, None).await?;
    }
    control.warehouses.change(|state| {
        let cluster = state.clusters.remove(name).ok_or_else(|| no_cluster(name))?;
        let shown = shown_cluster(control, state, &cluster, Some("deleting"));
        state.tags.remove(&arn(&cluster.region, "cluster", name));
        Ok(wrapped("Cluster", shown))
    })
}

fn logging_status(control: &Control, form: &Form) -> Outcome {
    let name = form.need("ClusterIdentifier")?;
    let state = control.warehouses.state();
    state.clusters.get(name).ok_or_else(|| no_cluster(name))?;
    Ok(Some(Xml::of([("LoggingEnabled", Some(false.into()))])))
}

/// Logs go nowhere: that they are off is told, and to switch them on is refused.
fn change_logging(control: &Control, action: &str, form: &Form) -> Outcome {
    let done = logging_status(control, form)?;
    match action {
        "DisableLogging" => Ok(done),
        _ => Err(ApiError::client("UnsupportedOperation", "Audit logging is not supported.")),
    }
}

/// The operation is retired, and changes nothing in the service either.
fn aqua(control: &Control, form: &Form) -> Outcome {
    let name = form.need("ClusterIdentifier")?;
    let state = control.warehouses.state();
    state.clusters.get(name).ok_or_else(|| no_cluster(name))?;
    let configuration =
        Xml::of([("AquaStatus", Some("disabled".into())), ("AquaConfigurationStatus", Some("auto".into()))]);
    Ok(wrapped("AquaConfiguration", configuration))
}

// ---- Credentials

/// The cluster that credentials are for: it must run.
fn running_cluster(control: &Control, form: &Form) -> Result<(), ApiError> {
    if form.get("CustomDomainName").is_some() {
        return Err(ApiError::client("UnsupportedOperation", "Custom domain names are not supported."));
    }
    let name = form.need("ClusterIdentifier")?;
    match control.warehouses.state().clusters.get(name).map(|cluster| cluster.status) {
        Some(ClusterStatus::Available) => Ok(()),
        Some(ClusterStatus::Paused) => Err(invalid_state(format!("Cluster {name} is paused."))),
        None => Err(no_cluster(name)),
    }
}

fn seconds(form: &Form) -> Result<i64, ApiError> {
    check_number(form, "DurationSeconds", [LEAST_SECONDS, MOST_SECONDS])?;
    Ok(form.get("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_SECONDS))
}

async fn get_credentials(control: &Control, form: &Form) -> Outcome {
    running_cluster(control, form)?;
    // AutoCreate makes names in lower case.
    let user = form.need("DbUser")?.to_lowercase();
    let seconds = seconds(form)?;
    let groups = form.list("DbGroups", "DbGroup").unwrap_or_default();
    let create = form.get("AutoCreate") == Some("true");
    if create {
        control.ensure_user(&user).await?;
    }
    let prefix = if create { "IAMA" } else { "IAM" };
    let login = [&[prefix.to_string(), user.clone()], &groups[..]].concat().join(":");
    let issued = control.credentials.issue_with_groups(&login, &user, &groups, seconds);
    Ok(Some(Xml::of([
        ("DbUser", Some(issued.login.into())),
        ("DbPassword", Some(issued.password.into())),
        ("Expiration", Some(date_time(issued.expires))),
    ])))
}

async fn get_credentials_with_iam(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    running_cluster(control, form)?;
    let seconds = seconds(form)?;
    let user = control.user_of(caller).await?;
    let login = if user.starts_with("IAM") { user.clone() } else { format!("IAM:{user}") };
    let issued = control.credentials.issue(&login, &user, seconds);
    Ok(Some(Xml::of([
        ("DbUser", Some(issued.login.into())),
        ("DbPassword", Some(issued.password.into())),
        ("Expiration", Some(date_time(issued.expires))),
        ("NextRefreshTime", Some(date_time(issued.expires))),
    ])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_parameters_lists_and_pairs() {
        let form = Form::read(
            "",
            b"Action=CreateCluster&Name=a%20b+c&IamRoles.IamRoleArn.1=x&IamRoles.IamRoleArn.2=y&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v",
        );
        assert_eq!(form.get("Name"), Some("a b c"));
        assert_eq!(form.list("IamRoles", "IamRoleArn").unwrap(), ["x", "y"]);
        assert_eq!(form.pairs("Tags", "Tag", ["Key", "Value"]), [("k".to_string(), "v".to_string())]);
        assert_eq!(form.list("None", "Item"), None);
        assert_eq!(form.need("Missing").unwrap_err().code, "MissingParameter");
    }

    #[test]
    fn pages_have_markers() {
        let form = Form::read("", b"MaxRecords=20&Marker=20");
        let (page, marker) = form.page((0..50).collect()).unwrap();
        assert_eq!((page, marker), ((20..40).collect(), Some(40.into())));
        assert!(Form::read("", b"MaxRecords=5").page(vec![1]).is_err());
    }

    #[test]
    fn an_error_is_a_document() {
        assert_eq!(
            error_xml(&no_cluster("c"), "id"),
            "<ErrorResponse xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\"><Error><Type>Sender</Type>\
             <Code>ClusterNotFound</Code><Message>Cluster c not found.</Message></Error><RequestId>id</RequestId></ErrorResponse>"
        );
    }
}
