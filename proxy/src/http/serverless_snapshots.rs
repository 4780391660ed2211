//! Snapshots of namespaces, and what is restored of them.
//!
//! Sources: Amazon Redshift Serverless API reference, "CreateSnapshot", "RestoreFromSnapshot", "RestoreTableFromSnapshot",
//! "Snapshot", "TableRestoreStatus"; management guide, "Restoring a snapshot" (a snapshot replaces the database that there is).

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    admin::Control,
    json_rpc::{Answer, ApiError, input, object, unknown_operation},
    seconds,
    serverless::{Page, Tag, add_tags, arn, check_name, conflict, date_time, listed, optional, shown_namespace},
    sigv4::Caller,
    snapshot_arn,
    snapshots::{Kind, NewSnapshot},
    validate::Checks,
    warehouses::{ACCOUNT, Namespace, Snapshot, Source, State, TableRestored},
};

/// Bytes of a megabyte, as sizes are told.
const MEGABYTE: f64 = 1024.0 * 1024.0;
/// Most days that a snapshot is kept, but for ever.
const MOST_DAYS: i64 = 3_653;

/// Runs an operation.
///
/// # Errors
/// As the service's model says for each.
pub async fn call(control: &Control, operation: &str, body: &Bytes, caller: &Caller) -> Answer {
    match operation {
        "CreateSnapshot" => create(control, input(body)?).await,
        "GetSnapshot" => get(control, &input(body)?).await,
        "ListSnapshots" => list(control, &input(body)?, caller).await,
        "UpdateSnapshot" => update(control, &input(body)?),
        "DeleteSnapshot" => delete(control, &input(body)?).await,
        "RestoreFromSnapshot" => restore(control, input(body)?).await,
        "RestoreTableFromSnapshot" => restore_table(control, input(body)?).await,
        "GetTableRestoreStatus" => get_table_restore(control, &input(body)?),
        "ListTableRestoreStatus" => list_table_restores(control, &input(body)?),
        other => Err(unknown_operation(other)),
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SnapshotInput {
    snapshot_name: Option<String>,
    snapshot_arn: Option<String>,
    namespace_name: Option<String>,
    namespace_arn: Option<String>,
    workgroup_name: Option<String>,
    owner_account: Option<String>,
    retention_period: Option<i64>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    manage_admin_password: Option<bool>,
    admin_password_secret_kms_key_id: Option<String>,
    tags: Option<Vec<Tag>>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TableInput {
    table_restore_request_id: Option<String>,
    namespace_name: Option<String>,
    workgroup_name: Option<String>,
    snapshot_name: Option<String>,
    source_database_name: Option<String>,
    source_schema_name: Option<String>,
    source_table_name: Option<String>,
    target_database_name: Option<String>,
    target_schema_name: Option<String>,
    new_table_name: Option<String>,
    activate_case_sensitive_identifier: Option<bool>,
    #[serde(flatten)]
    page: Page,
}

fn no_snapshot(name: &str) -> ApiError {
    let message = format!("The snapshot {name} doesn't exist.");
    ApiError::client("ResourceNotFoundException", message).with_member("resourceName", name)
}

fn no_namespace(name: &str) -> ApiError {
    let message = format!("Serverless namespace {name} not found.");
    ApiError::client("ResourceNotFoundException", message).with_member("resourceName", name)
}

/// Days that a snapshot is kept, checked; -1 is for ever.
pub fn check_retention(days: Option<i64>) -> Result<i64, ApiError> {
    match days {
        None => Ok(-1),
        Some(days) if days == -1 || (1..=MOST_DAYS).contains(&days) => Ok(days),
        Some(_) => {
            let message = format!("The retention period must be either -1 or an integer between 1 and {MOST_DAYS}.");
            Err(ApiError::validation(message))
        }
    }
}

/// The name of a snapshot, checked: letters, digits and hyphens that begin with a letter.
pub fn check_snapshot_name(name: &str) -> Result<String, ApiError> {
    let lower = name.to_ascii_lowercase();
    if name.len() <= 235 && super::validate::Pattern::Cluster.matches(&lower) {
        return Ok(lower);
    }
    let message = "The snapshot name must have 1 to 235 alphanumeric characters or hyphens, begin with a letter, and must not \
                   end with a hyphen or contain two consecutive hyphens.";
    Err(ApiError::validation(message))
}

fn shown(snapshot: &Snapshot, namespace: &Namespace, status: &str) -> Value {
    let megabytes = snapshot.bytes as f64 / MEGABYTE;
    object([
        ("snapshotName", snapshot.name.clone().into()),
        ("snapshotArn", snapshot_arn(snapshot).into()),
        ("snapshotCreateTime", date_time(snapshot.created)),
        ("snapshotRetentionPeriod", snapshot.retention.into()),
        ("snapshotRetentionStartTime", date_time(snapshot.created)),
        ("snapshotRemainingDays", optional(snapshot.days_left())),
        ("namespaceName", namespace.name.clone().into()),
        ("namespaceArn", arn(&namespace.region, "namespace", &namespace.id).into()),
        ("adminUsername", namespace.admin.clone().into()),
        ("adminPasswordSecretArn", optional(namespace.secret.clone())),
        ("adminPasswordSecretKmsKeyId", optional(namespace.secret_key.clone())),
        ("kmsKeyId", namespace.kms_key.clone().unwrap_or_else(|| "AWS_OWNED_KMS_KEY".to_string()).into()),
        ("ownerAccount", ACCOUNT.into()),
        ("status", status.into()),
        ("totalBackupSizeInMegaBytes", megabytes.into()),
        ("actualIncrementalBackupSizeInMegaBytes", megabytes.into()),
        ("backupProgressInMegaBytes", megabytes.into()),
        ("currentBackupRateInMegaBytesPerSecond", 0.0.into()),
        ("estimatedSecondsToCompletion", 0.into()),
        ("elapsedTimeInSeconds", (snapshot.took / 1_000_000).into()),
        ("accountsWithRestoreAccess", json!([])),
        ("accountsWithProvisionedRestoreAccess", json!([])),
    ])
}

fn namespace_of(snapshot: &Snapshot) -> Option<&Namespace> {
    match &snapshot.source {
        Source::Namespace(namespace) => Some(namespace),
        Source::Cluster(_) => None,
    }
}

fn answer(snapshot: &Snapshot, status: &str) -> Answer {
    let namespace = namespace_of(snapshot).ok_or_else(|| no_snapshot(&snapshot.name))?;
    Ok(json!({"snapshot": shown(snapshot, namespace, status)}))
}

/// The snapshot that is named, or that has the ARN.
fn find(control: &Control, asked: &SnapshotInput) -> Result<Snapshot, ApiError> {
    let state = control.warehouses.state();
    let mut all = state.snapshots.values();
    let (found, named) = match (&asked.snapshot_name, &asked.snapshot_arn) {
        (Some(_), Some(_)) => {
            return Err(ApiError::validation("snapshotName and snapshotArn can't be specified at the same time."));
        }
        (Some(name), None) => (state.snapshots.get(&name.to_ascii_lowercase()), name),
        (None, Some(arn)) => (all.find(|one| snapshot_arn(one) == *arn), arn),
        (None, None) => return Err(ApiError::validation("Either snapshotName or snapshotArn must be specified.")),
    };
    found.cloned().ok_or_else(|| no_snapshot(named))
}

async fn create(control: &Control, asked: SnapshotInput) -> Answer {
    let mut checks = Checks::new();
    checks.present("namespaceName", asked.namespace_name.as_ref());
    checks.present("snapshotName", asked.snapshot_name.as_ref()).finish()?;
    let namespace_name = check_name("namespaceName", asked.namespace_name.as_ref())?;
    let name = check_snapshot_name(asked.snapshot_name.as_deref().unwrap_or_default())?;
    let retention = check_retention(asked.retention_period)?;
    let namespace = {
        let state = control.warehouses.state();
        let found = state.namespaces.get(&namespace_name).cloned().ok_or_else(|| no_namespace(&namespace_name))?;
        if !state.workgroups.values().any(|workgroup| workgroup.namespace == namespace_name) {
            let message = "You can't create a snapshot because there isn't a workgroup created for the namespace.";
            return Err(ApiError::validation(message));
        }
        found
    };
    let snapshot = take(control, name, retention, namespace, asked.tags).await?;
    answer(&snapshot, "CREATING")
}

/// Takes a snapshot of a namespace.
///
/// # Errors
/// ConflictException where the name is another's.
pub async fn take(
    control: &Control,
    name: String,
    retention: i64,
    namespace: Namespace,
    tags: Option<Vec<Tag>>,
) -> Result<Snapshot, ApiError> {
    let taken = || conflict(format!("The snapshot {name} already exists."));
    let new = NewSnapshot { name: name.clone(), retention, source: Source::Namespace(namespace) };
    let name_it = |state: &mut State, snapshot: &Snapshot| add_tags(state, &snapshot_arn(snapshot), tags);
    control.take_snapshot(Kind::Serverless, new, taken, name_it).await
}

async fn get(control: &Control, asked: &SnapshotInput) -> Answer {
    control.expire_snapshots().await;
    answer(&find(control, asked)?, "AVAILABLE")
}

async fn list(control: &Control, asked: &SnapshotInput, caller: &Caller) -> Answer {
    control.expire_snapshots().await;
    let state = control.warehouses.state();
    let wanted = |snapshot: &&Snapshot, namespace: &Namespace| {
        let created = snapshot.created as f64 / 1e6;
        let arn = arn(&namespace.region, "namespace", &namespace.id);
        asked.namespace_name.as_ref().is_none_or(|name| *name == namespace.name)
            && asked.namespace_arn.as_ref().is_none_or(|wanted| *wanted == arn)
            && asked.owner_account.as_ref().is_none_or(|owner| owner == ACCOUNT)
            && asked.start_time.is_none_or(|start| created >= start)
            && asked.end_time.is_none_or(|end| created <= end)
            && namespace.region == caller.region
    };
    let all = state.snapshots.values().filter_map(|snapshot| Some((snapshot, namespace_of(snapshot)?)));
    let mut found: Vec<_> = all.filter(|(snapshot, namespace)| wanted(snapshot, namespace)).collect();
    found.sort_by_key(|(snapshot, _)| std::cmp::Reverse(snapshot.created));
    let shown = found.into_iter().map(|(snapshot, namespace)| shown(snapshot, namespace, "AVAILABLE")).collect();
    listed("snapshots", shown, &asked.page)
}

fn update(control: &Control, asked: &SnapshotInput) -> Answer {
    let retention = asked.retention_period.map(|days| check_retention(Some(days))).transpose()?;
    let found = find(control, asked)?;
    let changed = control.change_snapshot(Kind::Serverless, &found.name, |snapshot| {
        snapshot.retention = retention.unwrap_or(snapshot.retention);
    })?;
    answer(&changed.ok_or_else(|| no_snapshot(&found.name))?, "AVAILABLE")
}

async fn delete(control: &Control, asked: &SnapshotInput) -> Answer {
    let found = find(control, asked)?;
    let told = answer(&found, "DELETED")?;
    control.remove_snapshot(Kind::Serverless, &found).await?;
    Ok(told)
}

/// The namespace and its workgroup, which must belong together.
fn place(control: &Control, namespace: Option<&String>, workgroup: Option<&String>) -> Result<[String; 2], ApiError> {
    let namespace = check_name("namespaceName", namespace)?;
    let workgroup = check_name("workgroupName", workgroup)?;
    let state = control.warehouses.state();
    if !state.namespaces.contains_key(&namespace) {
        return Err(no_namespace(&namespace));
    }
    let found = state.workgroups.get(&workgroup).ok_or_else(|| {
        let message = format!("Workgroup {workgroup} not found.");
        ApiError::client("ResourceNotFoundException", message).with_member("resourceName", workgroup.as_str())
    })?;
    if found.namespace != namespace {
        let message = format!("The workgroup {workgroup} isn't associated with the namespace {namespace}.");
        return Err(ApiError::validation(message));
    }
    Ok([namespace, workgroup])
}

async fn restore(control: &Control, asked: SnapshotInput) -> Answer {
    let [name, _] = place(control, asked.namespace_name.as_ref(), asked.workgroup_name.as_ref())?;
    let of_cluster = asked.snapshot_arn.as_deref().and_then(|arn| {
        let state = control.warehouses.state();
        state.cluster_snapshots.values().find(|one| snapshot_arn(one) == arn).cloned()
    });
    let snapshot = match of_cluster {
        Some(snapshot) if asked.snapshot_name.is_none() => snapshot,
        _ => find(control, &asked)?,
    };
    control.restore_snapshot(&snapshot).await?;
    // The first database and its administrator are those of the snapshot.
    let (database, admin) = match &snapshot.source {
        Source::Namespace(namespace) => (namespace.database.clone(), namespace.admin.clone()),
        Source::Cluster(cluster) => (cluster.database.clone(), cluster.admin.clone()),
    };
    let managed = asked.manage_admin_password == Some(true);
    let key = asked.admin_password_secret_kms_key_id;
    let shown = control.warehouses.change(|state| {
        let namespace = state.namespaces.get_mut(&name).ok_or_else(|| no_namespace(&name))?;
        namespace.secret = managed.then(|| super::serverless::secret_arn(&namespace.region, &name, &admin));
        namespace.secret_key = key.filter(|_| managed);
        (namespace.database, namespace.admin) = (database, admin);
        Ok(shown_namespace(namespace, "MODIFYING"))
    })?;
    Ok(json!({"namespace": shown, "snapshotName": snapshot.name, "ownerAccount": ACCOUNT}))
}

// ---- Tables

fn shown_restore(restored: &TableRestored, status: Option<&str>) -> Value {
    let done = if restored.error.is_some() { "FAILED" } else { "SUCCEEDED" };
    let megabytes = (restored.bytes as f64 / MEGABYTE).ceil() as i64;
    let TableRestored {
        from: [from_database, from_schema, from_table], to: [to_database, to_schema, to_table], ..
    } = restored;
    object([
        ("tableRestoreRequestId", restored.id.clone().into()),
        ("status", status.unwrap_or(done).into()),
        ("message", if status.is_none() { optional(restored.error.clone()) } else { Value::Null }),
        ("requestTime", seconds(restored.requested)),
        ("namespaceName", restored.place.0.clone().into()),
        ("workgroupName", optional(restored.place.1.clone())),
        ("snapshotName", restored.snapshot.clone().into()),
        ("sourceDatabaseName", from_database.clone().into()),
        ("sourceSchemaName", from_schema.clone().into()),
        ("sourceTableName", from_table.clone().into()),
        ("targetDatabaseName", to_database.clone().into()),
        ("targetSchemaName", to_schema.clone().into()),
        ("newTableName", to_table.clone().into()),
        ("progressInMegaBytes", megabytes.into()),
        ("totalDataInMegaBytes", megabytes.into()),
    ])
}

/// The table that is asked for and where it is to go; identifiers are in lower case unless case counts. What is said of the
/// target's database and schema is said of the source's, too, where that is silent.
pub fn table_names(
    source: [Option<&str>; 3],
    target: [Option<&str>; 3],
    case_sensitive: bool,
) -> Result<[[String; 3]; 2], &'static str> {
    let folded = |name: &str| if case_sensitive { name.to_string() } else { name.to_lowercase() };
    let [database, schema, table] = source;
    let database = database.ok_or("sourceDatabaseName")?;
    let (schema, table) = (schema.unwrap_or("public"), table.ok_or("sourceTableName")?);
    let [to_database, to_schema, to_table] = target;
    let (to_database, to_schema) = (to_database.unwrap_or(database), to_schema.unwrap_or("public"));
    let to_table = to_table.ok_or("newTableName")?;
    Ok([[database, schema, table].map(folded), [to_database, to_schema, to_table].map(folded)])
}

async fn restore_table(control: &Control, asked: TableInput) -> Answer {
    let [namespace, workgroup] = place(control, asked.namespace_name.as_ref(), asked.workgroup_name.as_ref())?;
    let source = [&asked.source_database_name, &asked.source_schema_name, &asked.source_table_name];
    let target = [&asked.target_database_name, &asked.target_schema_name, &asked.new_table_name];
    let case_sensitive = asked.activate_case_sensitive_identifier == Some(true);
    let names = table_names(source.map(Option::as_deref), target.map(Option::as_deref), case_sensitive);
    let names = match names {
        Ok(names) => names,
        Err(member) => return Checks::new().present::<String>(member, None).finish().map(|()| Value::Null),
    };
    let by_name = SnapshotInput { snapshot_name: asked.snapshot_name, ..SnapshotInput::default() };
    let snapshot = find(control, &by_name)?;
    if namespace_of(&snapshot).is_none_or(|of| of.name != namespace) {
        let message = format!("The snapshot {} wasn't taken of the namespace {namespace}.", snapshot.name);
        return Err(ApiError::validation(message));
    }
    let restored = control.restore_table(&snapshot, (namespace, Some(workgroup)), names).await?;
    Ok(json!({"tableRestoreStatus": shown_restore(&restored, Some("PENDING"))}))
}

/// Those that namespaces asked for, not clusters.
fn table_restores(state: &State) -> impl DoubleEndedIterator<Item = &TableRestored> {
    state.table_restores.iter().filter(|restored| restored.place.1.is_some())
}

fn get_table_restore(control: &Control, asked: &TableInput) -> Answer {
    let mut checks = Checks::new();
    checks.present("tableRestoreRequestId", asked.table_restore_request_id.as_ref()).finish()?;
    let id = asked.table_restore_request_id.as_deref().unwrap_or_default();
    let state = control.warehouses.state();
    let found = table_restores(&state).find(|restored| restored.id == id).ok_or_else(|| {
        let message = format!("The table restore request {id} doesn't exist.");
        ApiError::client("ResourceNotFoundException", message).with_member("resourceName", id)
    })?;
    Ok(json!({"tableRestoreStatus": shown_restore(found, None)}))
}

fn list_table_restores(control: &Control, asked: &TableInput) -> Answer {
    let state = control.warehouses.state();
    let wanted = |restored: &&TableRestored| {
        asked.namespace_name.as_ref().is_none_or(|name| *name == restored.place.0)
            && asked.workgroup_name.as_ref().is_none_or(|name| restored.place.1.as_ref() == Some(name))
    };
    let shown = table_restores(&state).rev().filter(wanted).map(|restored| shown_restore(restored, None)).collect();
    listed("tableRestoreStatuses", shown, &asked.page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_kept_for_ever_or_for_some_days() {
        assert_eq!([None, Some(-1), Some(7)].map(|days| check_retention(days).unwrap()), [-1, -1, 7]);
        assert!(check_retention(Some(0)).is_err() && check_retention(Some(3_654)).is_err());
        assert_eq!(check_snapshot_name("My-Snapshot").unwrap(), "my-snapshot");
        assert!(check_snapshot_name("9-lives").is_err() && check_snapshot_name("a--b").is_err());
    }

    #[test]
    fn a_table_comes_back_beside_the_old_one_unless_told_otherwise() {
        let names = table_names([Some("Dev"), None, Some("T")], [None, Some("s"), Some("New")], false).unwrap();
        assert_eq!(names, [["dev", "public", "t"], ["dev", "s", "new"]]);
        let names = table_names([Some("Dev"), None, Some("T")], [Some("X"), None, Some("New")], true).unwrap();
        assert_eq!(names, [["Dev", "public", "T"], ["X", "public", "New"]]);
        assert_eq!(table_names([Some("dev"), None, None], [None; 3], false), Err("sourceTableName"));
    }
}
