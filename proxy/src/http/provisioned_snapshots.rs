//! Snapshots of clusters, and what is restored of them.
//!
//! All clusters share one warehouse. So a cluster is restored only where there is no other: it would lose its data.
//!
//! Source: Amazon Redshift API reference, "CreateClusterSnapshot", "RestoreFromClusterSnapshot",
//! "RestoreTableFromClusterSnapshot", "Snapshot", "TableRestoreStatus".

use chrono::DateTime;
use hyper::StatusCode;
use uuid::Uuid;

use super::{
    admin::Control,
    json_rpc::ApiError,
    now,
    provisioned::{
        Form, Outcome, add_tags, check_identifier, date_time, default_settings, invalid, invalid_state, no_cluster,
        settings_of, shown_cluster, shown_tags, wrapped,
    },
    serverless_snapshots::{check_snapshot_name, table_names},
    sigv4::Caller,
    snapshot_arn,
    snapshots::{Kind, NewSnapshot},
    warehouses::{ACCOUNT, Cluster, ClusterStatus, Snapshot, Source, State, TableRestored},
    xml::Xml,
};

/// Bytes of a megabyte, as sizes are told.
const MEGABYTE: f64 = 1024.0 * 1024.0;

/// Runs an operation; none where it is no operation of snapshots.
///
/// # Errors
/// As the service's model says for each.
pub async fn run(control: &Control, action: &str, form: &Form, caller: &Caller) -> Option<Outcome> {
    Some(match action {
        "CreateClusterSnapshot" => create(control, form).await,
        "DescribeClusterSnapshots" => describe(control, form).await,
        "ModifyClusterSnapshot" => modify(control, form),
        "DeleteClusterSnapshot" => delete(control, form).await,
        "BatchDeleteClusterSnapshots" => delete_all(control, form).await,
        "RestoreFromClusterSnapshot" => restore(control, form, caller).await,
        "RestoreTableFromClusterSnapshot" => restore_table(control, form).await,
        "DescribeTableRestoreStatus" => describe_table_restores(control, form),
        _ => return None,
    })
}

fn no_snapshot(name: &str) -> ApiError {
    let error = ApiError::client("ClusterSnapshotNotFound", format!("Snapshot not found: {name}"));
    error.with_status(StatusCode::NOT_FOUND)
}

/// What a snapshot was taken of: here always a cluster.
fn cluster_of(snapshot: &Snapshot) -> Option<&Cluster> {
    match &snapshot.source {
        Source::Cluster(cluster) => Some(cluster),
        Source::Namespace(_) => None,
    }
}

fn shown(state: &State, snapshot: &Snapshot, cluster: &Cluster, status: &str) -> Xml {
    let setting = |name: &str| cluster.settings.get(name).filter(|value| !value.is_empty()).map(Xml::from);
    let megabytes = snapshot.bytes as f64 / MEGABYTE;
    let arn = snapshot_arn(snapshot);
    Xml::of([
        ("SnapshotIdentifier", Some(snapshot.name.as_str().into())),
        ("SnapshotArn", Some(arn.as_str().into())),
        ("ClusterIdentifier", Some(cluster.name.as_str().into())),
        ("SnapshotCreateTime", Some(date_time(snapshot.created))),
        ("Status", Some(status.into())),
        ("Port", Some(5439.into())),
        ("AvailabilityZone", setting("AvailabilityZone")),
        ("ClusterCreateTime", Some(date_time(cluster.created))),
        ("MasterUsername", Some(cluster.admin.as_str().into())),
        ("ClusterVersion", Some("1.0".into())),
        ("SnapshotType", Some("manual".into())),
        ("NodeType", setting("NodeType")),
        ("NumberOfNodes", setting("NumberOfNodes")),
        ("DBName", Some(cluster.database.as_str().into())),
        ("Encrypted", setting("Encrypted")),
        ("KmsKeyId", setting("KmsKeyId")),
        ("EncryptedWithHSM", Some(false.into())),
        ("OwnerAccount", Some(ACCOUNT.into())),
        ("TotalBackupSizeInMegaBytes", Some(megabytes.into())),
        ("ActualIncrementalBackupSizeInMegaBytes", Some(megabytes.into())),
        ("BackupProgressInMegaBytes", Some(megabytes.into())),
        ("CurrentBackupRateInMegaBytesPerSecond", Some(0.into())),
        ("EstimatedSecondsToCompletion", Some(0.into())),
        ("ElapsedTimeInSeconds", Some((snapshot.took / 1_000_000).into())),
        ("Tags", Some(shown_tags(state, &arn))),
        ("EnhancedVpcRouting", setting("EnhancedVpcRouting")),
        ("MaintenanceTrackName", setting("MaintenanceTrackName")),
        ("ManualSnapshotRetentionPeriod", Some(snapshot.retention.into())),
        ("ManualSnapshotRemainingDays", snapshot.days_left().map(Xml::from)),
        ("SnapshotRetentionStartTime", Some(date_time(snapshot.created))),
        ("MasterPasswordSecretArn", cluster.secret.as_ref().map(Xml::from)),
    ])
}

fn shown_alone(state: &State, snapshot: &Snapshot, status: &str) -> Outcome {
    let cluster = cluster_of(snapshot).ok_or_else(|| no_snapshot(&snapshot.name))?;
    Ok(wrapped("Snapshot", shown(state, snapshot, cluster, status)))
}

/// Days that a snapshot is kept, checked; -1 is for ever.
fn retention(form: &Form, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = form.get(name) else { return Ok(None) };
    match text.parse() {
        Ok(days) if days == -1 || (1..=3_653).contains(&days) => Ok(Some(days)),
        _ => {
            let message = "The retention period must be either -1 or an integer between 1 and 3653.";
            Err(ApiError::client("InvalidRetentionPeriodFault", message))
        }
    }
}

fn identifier(name: &str) -> Result<String, ApiError> {
    check_snapshot_name(name).map_err(|error| invalid(error.message))
}

/// The snapshot of that name, or ARN.
fn find(state: &State, form: &Form) -> Result<Snapshot, ApiError> {
    let all = &state.cluster_snapshots;
    let (found, named) = match (form.get("SnapshotIdentifier"), form.get("SnapshotArn")) {
        (Some(_), Some(_)) => {
            let message = "SnapshotIdentifier and SnapshotArn can't be specified at the same time.";
            return Err(ApiError::client("InvalidParameterCombination", message));
        }
        (Some(name), None) => (all.get(&name.to_ascii_lowercase()), name),
        (None, Some(arn)) => {
            let mut both = all.values().chain(state.snapshots.values());
            (both.find(|snapshot| snapshot_arn(snapshot) == arn), arn)
        }
        (None, None) => (None, form.need("SnapshotIdentifier")?),
    };
    let of_cluster = |snapshot: &&Snapshot| {
        let of = cluster_of(snapshot).map(|cluster| cluster.name.as_str());
        form.get("SnapshotClusterIdentifier").is_none_or(|wanted| of == Some(wanted))
    };
    found.filter(of_cluster).cloned().ok_or_else(|| no_snapshot(named))
}

/// Takes a snapshot of a cluster that runs.
///
/// # Errors
/// ClusterNotFound, InvalidClusterState, ClusterSnapshotAlreadyExists
pub async fn take(
    control: &Control,
    cluster: &str,
    name: &str,
    days: Option<i64>,
    form: Option<&Form>,
) -> Result<Snapshot, ApiError> {
    let name = identifier(name)?;
    let source = {
        let state = control.warehouses.state();
        state.clusters.get(cluster).cloned().ok_or_else(|| no_cluster(cluster))?
    };
    if source.status != ClusterStatus::Available {
        let message =
            format!("There is an operation running on the Cluster. Please try later. Cluster {cluster} is paused.");
        return Err(invalid_state(message));
    }
    let kept = source.settings.get("ManualSnapshotRetentionPeriod").and_then(|days| days.parse().ok());
    let retention = days.or(kept).unwrap_or(-1);
    let taken = || {
        let message =
            format!("Cannot create the snapshot because a snapshot with the identifier {name} already exists.");
        ApiError::client("ClusterSnapshotAlreadyExists", message)
    };
    let new = NewSnapshot { name: name.clone(), retention, source: Source::Cluster(source) };
    let name_it = |state: &mut State, snapshot: &Snapshot| {
        if let Some(form) = form {
            add_tags(state, &snapshot_arn(snapshot), form);
        }
        Ok(())
    };
    control.take_snapshot(Kind::Provisioned, new, taken, name_it).await
}

async fn create(control: &Control, form: &Form) -> Outcome {
    let (name, cluster) = (form.need("SnapshotIdentifier")?, form.need("ClusterIdentifier")?);
    let days = retention(form, "ManualSnapshotRetentionPeriod")?;
    let snapshot = take(control, cluster, name, days, Some(form)).await?;
    shown_alone(&control.warehouses.state(), &snapshot, "creating")
}

async fn describe(control: &Control, form: &Form) -> Outcome {
    control.expire_snapshots().await;
    let moment = |name: &str| {
        let parsed = form.get(name).map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_micros()));
        parsed.transpose().map_err(|_| invalid(format!("{name} is not a valid timestamp.")))
    };
    let (start, end) = (moment("StartTime")?, moment("EndTime")?);
    let state = control.warehouses.state();
    if form.get("SnapshotIdentifier").is_some() || form.get("SnapshotArn").is_some() {
        find(&state, form)?;
    }
    let wanted = |snapshot: &Snapshot, cluster: &Cluster| {
        let name = form.get("SnapshotIdentifier").map(str::to_ascii_lowercase);
        name.is_none_or(|name| name == snapshot.name)
            && form.get("SnapshotArn").is_none_or(|arn| arn == snapshot_arn(snapshot))
            && form.get("ClusterIdentifier").is_none_or(|name| name == cluster.name)
            && form.get("SnapshotType").is_none_or(|kind| kind == "manual")
            && form.get("OwnerAccount").is_none_or(|owner| owner == ACCOUNT)
            && (form.get("ClusterExists") != Some("true") || state.clusters.contains_key(&cluster.name))
            && start.is_none_or(|start| snapshot.created >= start)
            && end.is_none_or(|end| snapshot.created <= end)
            && form.wants_tags(state.tags.get(&snapshot_arn(snapshot)))
    };
    let all = state.cluster_snapshots.values().filter_map(|snapshot| Some((snapshot, cluster_of(snapshot)?)));
    let found: Vec<_> = all.filter(|(snapshot, cluster)| wanted(snapshot, cluster)).collect();
    let (page, marker) = form.page(found)?;
    let shown = page.into_iter().map(|(snapshot, cluster)| shown(&state, snapshot, cluster, "available"));
    Ok(Some(Xml::of([("Snapshots", Some(Xml::list("Snapshot", shown))), ("Marker", marker)])))
}

fn modify(control: &Control, form: &Form) -> Outcome {
    let days = retention(form, "ManualSnapshotRetentionPeriod")?;
    let found = find(&control.warehouses.state(), form)?;
    let changed = control.change_snapshot(Kind::Provisioned, &found.name, |snapshot| {
        snapshot.retention = days.unwrap_or(snapshot.retention);
    })?;
    shown_alone(&control.warehouses.state(), &changed.ok_or_else(|| no_snapshot(&found.name))?, "available")
}

async fn delete(control: &Control, form: &Form) -> Outcome {
    let found = find(&control.warehouses.state(), form)?;
    let told = shown_alone(&control.warehouses.state(), &found, "deleted");
    control.remove_snapshot(Kind::Provisioned, &found).await?;
    told
}

/// Those that there are go; for each of the others an error is told.
async fn delete_all(control: &Control, form: &Form) -> Outcome {
    let names: Vec<String> = (1..)
        .map_while(|at| {
            form.get(&format!("Identifiers.DeleteClusterSnapshotMessage.{at}.SnapshotIdentifier")).map(str::to_string)
        })
        .collect();
    let (mut gone, mut errors) = (Vec::new(), Vec::new());
    for name in names {
        let found = control.warehouses.state().cluster_snapshots.get(&name.to_ascii_lowercase()).cloned();
        match found {
            Some(snapshot) => {
                control.remove_snapshot(Kind::Provisioned, &snapshot).await?;
                gone.push(Xml::from(name));
            }
            None => errors.push(Xml::of([
                ("SnapshotIdentifier", Some(name.as_str().into())),
                ("FailureCode", Some("ClusterSnapshotNotFound".into())),
                ("FailureReason", Some(format!("Snapshot not found: {name}").into())),
            ])),
        }
    }
    Ok(Some(Xml::of([
        ("Resources", Some(Xml::list("String", gone))),
        ("Errors", Some(Xml::list("SnapshotErrorMessage", errors))),
    ])))
}

async fn restore(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ClusterIdentifier")?.to_string();
    check_identifier(&name)?;
    let (snapshot, said) = {
        let state = control.warehouses.state();
        let snapshot = find(&state, form)?;
        if state.clusters.contains_key(&name) {
            return Err(ApiError::client("ClusterAlreadyExists", format!("Cluster {name} already exists.")));
        }
        if let Some(other) = state.clusters.keys().next() {
            let message = format!(
                "All clusters share one warehouse: restoring the snapshot would replace the data of the cluster {other}. \
                 Delete that cluster first."
            );
            return Err(ApiError::client("UnsupportedOperation", message));
        }
        (snapshot, settings_of(control, &state, form)?)
    };
    control.restore_snapshot(&snapshot).await?;
    let (mut settings, database, admin) = match &snapshot.source {
        Source::Cluster(cluster) => (cluster.settings.clone(), cluster.database.clone(), cluster.admin.clone()),
        Source::Namespace(namespace) => {
            (default_settings(&caller.region), namespace.database.clone(), namespace.admin.clone())
        }
    };
    settings.extend(said);
    let managed = form.get("ManageMasterPassword") == Some("true");
    let cluster = Cluster {
        name: name.clone(),
        id: Uuid::new_v4().to_string(),
        created: now(),
        region: caller.region.clone(),
        status: ClusterStatus::Available,
        secret: managed.then(|| super::serverless::secret_arn(&caller.region, &name, &admin)),
        database,
        admin,
        iam_roles: form.list("IamRoles", "IamRoleArn").unwrap_or_default(),
        default_iam_role: form.get("DefaultIamRoleArn").map(str::to_string),
        settings,
        security_groups: form.list("VpcSecurityGroupIds", "VpcSecurityGroupId").unwrap_or_default(),
        restored_from: Some(snapshot.name),
    };
    control.warehouses.change(|state| {
        let shown = shown_cluster(control, state, &cluster, Some("creating"));
        state.clusters.insert(name, cluster);
        Ok(wrapped("Cluster", shown))
    })
}

// ---- Tables

fn shown_restore(restored: &TableRestored, status: Option<&str>) -> Xml {
    let done = if restored.error.is_some() { "FAILED" } else { "SUCCEEDED" };
    let megabytes = (restored.bytes as f64 / MEGABYTE).ceil() as i64;
    let TableRestored {
        from: [from_database, from_schema, from_table], to: [to_database, to_schema, to_table], ..
    } = restored;
    Xml::of([
        ("TableRestoreRequestId", Some(restored.id.as_str().into())),
        ("Status", Some(status.unwrap_or(done).into())),
        ("Message", restored.error.as_ref().filter(|_| status.is_none()).map(Xml::from)),
        ("RequestTime", Some(date_time(restored.requested))),
        ("ProgressInMegaBytes", Some(megabytes.into())),
        ("TotalDataInMegaBytes", Some(megabytes.into())),
        ("ClusterIdentifier", Some(restored.place.0.as_str().into())),
        ("SnapshotIdentifier", Some(restored.snapshot.as_str().into())),
        ("SourceDatabaseName", Some(from_database.into())),
        ("SourceSchemaName", Some(from_schema.into())),
        ("SourceTableName", Some(from_table.into())),
        ("TargetDatabaseName", Some(to_database.into())),
        ("TargetSchemaName", Some(to_schema.into())),
        ("NewTableName", Some(to_table.into())),
    ])
}

async fn restore_table(control: &Control, form: &Form) -> Outcome {
    let cluster = form.need("ClusterIdentifier")?.to_string();
    form.need("SnapshotIdentifier")?;
    let source = ["SourceDatabaseName", "SourceSchemaName", "SourceTableName"].map(|name| form.get(name));
    let target = ["TargetDatabaseName", "TargetSchemaName", "NewTableName"].map(|name| form.get(name));
    for needed in ["SourceDatabaseName", "SourceTableName", "NewTableName"] {
        form.need(needed)?;
    }
    let case_sensitive = form.get("EnableCaseSensitiveIdentifier") == Some("true");
    let names = table_names(source, target, case_sensitive).map_err(invalid)?;
    let snapshot = {
        let state = control.warehouses.state();
        let current = state.clusters.get(&cluster).ok_or_else(|| no_cluster(&cluster))?;
        if current.status != ClusterStatus::Available {
            return Err(invalid_state(format!("Cluster {cluster} is paused.")));
        }
        find(&state, form)?
    };
    if cluster_of(&snapshot).is_none_or(|of| of.name != cluster) {
        let message = format!("The snapshot {} wasn't taken of the cluster {cluster}.", snapshot.name);
        return Err(ApiError::client("InvalidTableRestoreArgument", message));
    }
    let restored = control.restore_table(&snapshot, (cluster, None), names).await?;
    Ok(wrapped("TableRestoreStatus", shown_restore(&restored, Some("PENDING"))))
}

fn describe_table_restores(control: &Control, form: &Form) -> Outcome {
    let state = control.warehouses.state();
    let (cluster, id) = (form.get("ClusterIdentifier"), form.get("TableRestoreRequestId"));
    if let Some(name) = cluster.filter(|name| !state.clusters.contains_key(*name)) {
        return Err(no_cluster(name));
    }
    let wanted = |restored: &&TableRestored| {
        restored.place.1.is_none()
            && cluster.is_none_or(|name| name == restored.place.0)
            && id.is_none_or(|id| id == restored.id)
    };
    let found: Vec<_> = state.table_restores.iter().rev().filter(wanted).collect();
    if let Some(id) = id.filter(|_| found.is_empty()) {
        let error = ApiError::client("TableRestoreNotFoundFault", format!("Table restore request {id} not found."));
        return Err(error.with_status(StatusCode::BAD_REQUEST));
    }
    let (page, marker) = form.page(found)?;
    let shown = page.into_iter().map(|restored| shown_restore(restored, None));
    let list = Xml::list("TableRestoreStatus", shown);
    Ok(Some(Xml::of([("TableRestoreStatusDetails", Some(list)), ("Marker", marker)])))
}
