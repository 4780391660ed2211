//! Redshift Serverless: namespaces, workgroups, credentials, tags; snapshots are in [`super::serverless_snapshots`].
//!
//! Source: Amazon Redshift Serverless API reference (API version 2021-04-21).

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    admin::Control,
    json_rpc::{Answer, ApiError, input, object},
    now, seconds, serverless_snapshots as snapshots,
    sigv4::Caller,
    snapshot_arn,
    validate::{Checks, Pattern},
    warehouses::{ACCOUNT, DEFAULT_CAPACITY, Namespace, State, Workgroup},
};

/// How long credentials last where nothing is said, and the bounds.
const DEFAULT_SECONDS: i64 = 900;
const SECONDS: [i64; 2] = [900, 3_600];
/// Most tags of a resource.
const MAX_TAGS: usize = 50;

/// Runs an operation.
///
/// # Errors
/// As the service's model says for each.
pub async fn call(control: &Control, operation: &str, body: &Bytes, caller: &Caller) -> Answer {
    caller.check_operation("redshift-serverless", operation)?;
    match operation {
        "CreateNamespace" => create_namespace(control, input(body)?, caller).await,
        "GetNamespace" => get_namespace(control, &input::<Named>(body)?),
        "ListNamespaces" => list_namespaces(control, &input(body)?),
        "UpdateNamespace" => update_namespace(control, input(body)?).await,
        "DeleteNamespace" => delete_namespace(control, &input::<Named>(body)?).await,
        "CreateWorkgroup" => create_workgroup(control, input(body)?, caller),
        "GetWorkgroup" => get_workgroup(control, &input::<Named>(body)?),
        "ListWorkgroups" => list_workgroups(control, &input(body)?),
        "UpdateWorkgroup" => update_workgroup(control, input(body)?),
        "DeleteWorkgroup" => delete_workgroup(control, &input::<Named>(body)?),
        "GetCredentials" => get_credentials(control, input(body)?, caller).await,
        "ListTagsForResource" => list_tags(control, &input(body)?),
        "TagResource" => tag_resource(control, input(body)?),
        "UntagResource" => untag_resource(control, &input(body)?),
        other => snapshots::call(control, other, body, caller).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Named {
    namespace_name: Option<String>,
    workgroup_name: Option<String>,
    final_snapshot_name: Option<String>,
    final_snapshot_retention_period: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NamespaceInput {
    namespace_name: Option<String>,
    admin_username: Option<String>,
    admin_user_password: Option<String>,
    manage_admin_password: Option<bool>,
    admin_password_secret_kms_key_id: Option<String>,
    redshift_idc_application_arn: Option<String>,
    log_destination_type: Option<String>,
    s3_table_action: Option<String>,
    db_name: Option<String>,
    default_iam_role_arn: Option<String>,
    iam_roles: Option<Vec<String>>,
    kms_key_id: Option<String>,
    log_exports: Option<Vec<String>>,
    tags: Option<Vec<Tag>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkgroupInput {
    workgroup_name: Option<String>,
    namespace_name: Option<String>,
    base_capacity: Option<i64>,
    max_capacity: Option<i64>,
    config_parameters: Option<Vec<ConfigParameter>>,
    enhanced_vpc_routing: Option<bool>,
    publicly_accessible: Option<bool>,
    security_group_ids: Option<Vec<String>>,
    subnet_ids: Option<Vec<String>>,
    ip_address_type: Option<String>,
    track_name: Option<String>,
    price_performance_target: Option<Value>,
    extra_compute_for_automatic_optimization: Option<bool>,
    port: Option<i64>,
    tags: Option<Vec<Tag>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigParameter {
    parameter_key: String,
    parameter_value: String,
}

/// A tag.
#[derive(Deserialize)]
#[allow(missing_docs)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// The page of a list that is asked for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// At most so many.
    pub max_results: Option<i64>,
    /// Where to go on.
    pub next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CredentialsInput {
    workgroup_name: Option<String>,
    custom_domain_name: Option<String>,
    db_name: Option<String>,
    duration_seconds: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TagsInput {
    resource_arn: Option<String>,
    tags: Option<Vec<Tag>>,
    tag_keys: Option<Vec<String>>,
}

/// A name that must be there and have the pattern.
///
/// # Errors
/// ValidationException
pub fn check_name(member: &str, name: Option<&String>) -> Result<String, ApiError> {
    let text = name.map(String::as_str);
    let mut checks = Checks::new();
    checks.present(member, name).length(member, text, [3, 64]).pattern(member, text, Pattern::Serverless);
    checks.finish()?;
    Ok(text.unwrap_or_default().to_string())
}

/// ConflictException
pub fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::client("ConflictException", message)
}

fn missing(kind: &str, name: &str) -> ApiError {
    let error = ApiError::client("ResourceNotFoundException", format!("{kind} {name} not found."));
    error.with_member("resourceName", name)
}

/// A moment in ISO 8601.
pub fn date_time(micros: i64) -> Value {
    let moment = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::Millis, true).into()
}

/// The ARN of a resource.
pub fn arn(region: &str, kind: &str, id: &str) -> String {
    format!("arn:aws:redshift-serverless:{region}:{ACCOUNT}:{kind}/{id}")
}

/// The secret that is told where a password is managed.
pub fn secret_arn(region: &str, namespace: &str, admin: &str) -> String {
    format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:redshift!{namespace}-{admin}")
}

/// A value, or null.
pub fn optional<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, Into::into)
}

// ---- Namespaces

/// A namespace as it is told.
pub fn shown_namespace(namespace: &Namespace, status: &str) -> Value {
    object([
        ("namespaceName", namespace.name.clone().into()),
        ("namespaceId", namespace.id.clone().into()),
        ("namespaceArn", arn(&namespace.region, "namespace", &namespace.id).into()),
        ("adminUsername", namespace.admin.clone().into()),
        ("adminPasswordSecretArn", optional(namespace.secret.clone())),
        ("adminPasswordSecretKmsKeyId", optional(namespace.secret_key.clone())),
        ("dbName", namespace.database.clone().into()),
        ("iamRoles", shown_roles(&namespace.iam_roles)),
        ("defaultIamRoleArn", optional(namespace.default_iam_role.clone())),
        ("kmsKeyId", namespace.kms_key.clone().unwrap_or_else(|| "AWS_OWNED_KMS_KEY".to_string()).into()),
        ("logExports", json!(namespace.log_exports)),
        ("creationDate", date_time(namespace.created)),
        ("status", status.into()),
    ])
}

/// As the service shows the roles of a namespace.
fn shown_roles(roles: &[String]) -> Value {
    roles.iter().map(|role| format!("IamRole(applyStatus=in-sync, iamRoleArn={role})")).collect()
}

/// A password as the service demands it: 8 to 64 characters with upper case, lower case and a digit, and none of `/@"`,
/// the blank, the backslash and the quote.
fn check_password(password: Option<&str>) -> Result<(), ApiError> {
    let Some(password) = password else { return Ok(()) };
    let has = |is: fn(&char) -> bool| password.chars().any(|c| is(&c));
    let characters = password.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '/' | '@' | '"' | '\\' | '\''));
    let fits = (8..=64).contains(&password.len())
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
        && characters;
    if fits {
        return Ok(());
    }
    let message = "The parameter adminUserPassword must be 8 to 64 printable ASCII characters with at least one uppercase \
                   letter, one lowercase letter and one number, and without /, @, \", \\, ' and spaces.";
    Err(ApiError::validation(message))
}

impl NamespaceInput {
    fn check(&self) -> Result<(), ApiError> {
        check_password(self.admin_user_password.as_deref())?;
        let managed = self.manage_admin_password == Some(true);
        if managed && self.admin_user_password.is_some() {
            let message = "adminUserPassword can't be specified when manageAdminPassword is true.";
            return Err(ApiError::validation(message));
        }
        if self.admin_password_secret_kms_key_id.is_some() && !managed {
            let message = "adminPasswordSecretKmsKeyId can only be specified when manageAdminPassword is true.";
            return Err(ApiError::validation(message));
        }
        let absent = [
            ("redshiftIdcApplicationArn", &self.redshift_idc_application_arn),
            ("logDestinationType", &self.log_destination_type),
            ("s3TableAction", &self.s3_table_action),
        ];
        match absent.iter().find(|(_, value)| value.is_some()) {
            Some((member, _)) => Err(ApiError::validation(format!("{member} is not supported."))),
            None => Ok(()),
        }
    }
}

async fn create_namespace(control: &Control, asked: NamespaceInput, caller: &Caller) -> Answer {
    let name = check_name("namespaceName", asked.namespace_name.as_ref())?;
    let exports = check_exports(asked.log_exports.as_deref())?;
    asked.check()?;
    let managed = asked.manage_admin_password == Some(true);
    if control.warehouses.state().namespaces.contains_key(&name) {
        return Err(conflict(format!("Namespace {name} already exists.")));
    }
    let admin = asked.admin_username.unwrap_or_else(|| control.warehouses.superuser().to_string());
    let database = asked.db_name.unwrap_or_else(|| control.warehouses.database().to_string()).to_lowercase();
    control.ensure_database(&database).await?;
    control.ensure_admin(&admin, asked.admin_user_password.as_deref()).await?;
    let secret = secret_arn(&caller.region, &name, &admin);
    let namespace = Namespace {
        id: Uuid::new_v4().to_string(),
        created: now(),
        region: caller.region.clone(),
        database,
        admin,
        iam_roles: asked.iam_roles.unwrap_or_default(),
        default_iam_role: asked.default_iam_role_arn,
        kms_key: asked.kms_key_id,
        log_exports: exports,
        secret: managed.then_some(secret),
        secret_key: asked.admin_password_secret_kms_key_id,
        name: name.clone(),
    };
    let shown = shown_namespace(&namespace, "AVAILABLE");
    control.warehouses.change(|state| {
        if state.namespaces.contains_key(&name) {
            return Err(conflict(format!("Namespace {name} already exists.")));
        }
        add_tags(state, &arn(&namespace.region, "namespace", &namespace.id), asked.tags)?;
        state.namespaces.insert(name, namespace);
        Ok(())
    })?;
    Ok(json!({"namespace": shown}))
}

fn check_exports(exports: Option<&[String]>) -> Result<Vec<String>, ApiError> {
    let mut checks = Checks::new();
    for export in exports.into_iter().flatten() {
        checks.one_of("logExports", Some(export), &["useractivitylog", "userlog", "connectionlog"]);
    }
    checks.finish()?;
    Ok(exports.unwrap_or_default().to_vec())
}

fn get_namespace(control: &Control, asked: &Named) -> Answer {
    let name = check_name("namespaceName", asked.namespace_name.as_ref())?;
    let state = control.warehouses.state();
    let namespace = state.namespaces.get(&name).ok_or_else(|| missing("Namespace", &name))?;
    Ok(json!({"namespace": shown_namespace(namespace, "AVAILABLE")}))
}

fn list_namespaces(control: &Control, asked: &Page) -> Answer {
    let state = control.warehouses.state();
    let shown = state.namespaces.values().map(|namespace| shown_namespace(namespace, "AVAILABLE")).collect();
    listed("namespaces", shown, asked)
}

async fn update_namespace(control: &Control, asked: NamespaceInput) -> Answer {
    let name = check_name("namespaceName", asked.namespace_name.as_ref())?;
    asked.check()?;
    let exports = asked.log_exports.as_deref().map(|exports| check_exports(Some(exports))).transpose()?;
    let before = control.warehouses.state().namespaces.get(&name).cloned();
    let before = before.ok_or_else(|| missing("Namespace", &name))?;
    let admin = asked.admin_username.unwrap_or(before.admin);
    if asked.admin_user_password.is_some() {
        control.ensure_admin(&admin, asked.admin_user_password.as_deref()).await?;
    }
    let shown = control.warehouses.change(|state| {
        let namespace = state.namespaces.get_mut(&name).ok_or_else(|| missing("Namespace", &name))?;
        match asked.manage_admin_password {
            Some(true) => namespace.secret = Some(secret_arn(&namespace.region, &name, &admin)),
            Some(false) => (namespace.secret, namespace.secret_key) = (None, None),
            None => {}
        }
        namespace.secret_key = asked.admin_password_secret_kms_key_id.or_else(|| namespace.secret_key.clone());
        namespace.admin = admin;
        namespace.iam_roles = asked.iam_roles.unwrap_or_else(|| namespace.iam_roles.clone());
        let role = asked.default_iam_role_arn.or_else(|| namespace.default_iam_role.clone());
        // The empty string takes the default role away.
        namespace.default_iam_role = role.filter(|role| !role.is_empty());
        namespace.kms_key = asked.kms_key_id.or_else(|| namespace.kms_key.clone());
        namespace.log_exports = exports.unwrap_or_else(|| namespace.log_exports.clone());
        Ok(shown_namespace(namespace, "AVAILABLE"))
    })?;
    Ok(json!({"namespace": shown}))
}

async fn delete_namespace(control: &Control, asked: &Named) -> Answer {
    let name = check_name("namespaceName", asked.namespace_name.as_ref())?;
    if let Some(last) = &asked.final_snapshot_name {
        let last = snapshots::check_snapshot_name(last)?;
        let retention = snapshots::check_retention(asked.final_snapshot_retention_period)?;
        let namespace = {
            let state = control.warehouses.state();
            check_unused(&state, &name)?;
            state.namespaces.get(&name).cloned().ok_or_else(|| missing("Namespace", &name))?
        };
        snapshots::take(control, last, retention, namespace, None).await?;
    }
    let shown = control.warehouses.change(|state| {
        check_unused(state, &name)?;
        let namespace = state.namespaces.remove(&name).ok_or_else(|| missing("Namespace", &name))?;
        state.tags.remove(&arn(&namespace.region, "namespace", &namespace.id));
        Ok(shown_namespace(&namespace, "DELETING"))
    })?;
    Ok(json!({"namespace": shown}))
}

fn check_unused(state: &State, namespace: &str) -> Result<(), ApiError> {
    match state.workgroups.values().find(|workgroup| workgroup.namespace == namespace) {
        Some(Workgroup { name, .. }) => {
            Err(conflict(format!("Namespace {namespace} is in use by workgroup {name}. Delete the workgroup first.")))
        }
        None => Ok(()),
    }
}

// ---- Workgroups

fn shown_workgroup(control: &Control, workgroup: &Workgroup, status: &str) -> Value {
    let door = control.warehouses.door();
    let parameters: Vec<Value> =
        workgroup.parameters.iter().map(|(key, value)| json!({"parameterKey": key, "parameterValue": value})).collect();
    let endpoint = json!({"address": door.host, "port": door.port, "vpcEndpoints": []});
    object([
        ("workgroupName", workgroup.name.clone().into()),
        ("workgroupId", workgroup.id.clone().into()),
        ("workgroupArn", arn(&workgroup.region, "workgroup", &workgroup.id).into()),
        ("namespaceName", workgroup.namespace.clone().into()),
        ("baseCapacity", workgroup.base_capacity.into()),
        ("maxCapacity", optional(workgroup.max_capacity)),
        ("configParameters", parameters.into()),
        ("enhancedVpcRouting", workgroup.enhanced_vpc_routing.into()),
        ("publiclyAccessible", workgroup.publicly_accessible.into()),
        ("securityGroupIds", json!(workgroup.security_groups)),
        ("subnetIds", json!(workgroup.subnets)),
        ("ipAddressType", workgroup.ip_address_type.clone().into()),
        ("trackName", workgroup.track.clone().into()),
        ("pricePerformanceTarget", optional(workgroup.price_performance.clone())),
        ("extraComputeForAutomaticOptimization", workgroup.extra_compute.into()),
        ("port", door.port.into()),
        ("endpoint", endpoint),
        ("creationDate", date_time(workgroup.created)),
        ("status", status.into()),
    ])
}

impl WorkgroupInput {
    fn check(&self) -> Result<String, ApiError> {
        let name = check_name("workgroupName", self.workgroup_name.as_ref())?;
        for (member, capacity) in [("baseCapacity", self.base_capacity), ("maxCapacity", self.max_capacity)] {
            // 4 is the least since 2025; from 8 on it goes by eights, from 512 on by thirty-twos.
            let fits = |rpus: i64| match rpus {
                4 => true,
                8..=512 => rpus % 8 == 0,
                513..=1024 => rpus % 32 == 0,
                _ => false,
            };
            if let Some(capacity) = capacity.filter(|rpus| !fits(*rpus)) {
                return Err(ApiError::validation(format!("The {member} {capacity} is not valid.")));
            }
        }
        Ok(name)
    }

    /// What may be changed.
    fn apply(self, workgroup: &mut Workgroup) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut workgroup.base_capacity, self.base_capacity);
        workgroup.max_capacity = self.max_capacity.or(workgroup.max_capacity);
        set(&mut workgroup.enhanced_vpc_routing, self.enhanced_vpc_routing);
        set(&mut workgroup.publicly_accessible, self.publicly_accessible);
        set(&mut workgroup.security_groups, self.security_group_ids);
        set(&mut workgroup.subnets, self.subnet_ids);
        set(&mut workgroup.ip_address_type, self.ip_address_type);
        set(&mut workgroup.track, self.track_name);
        set(&mut workgroup.extra_compute, self.extra_compute_for_automatic_optimization);
        workgroup.price_performance = self.price_performance_target.or_else(|| workgroup.price_performance.take());
        // Parameters that are not named keep their values.
        for ConfigParameter { parameter_key, parameter_value } in self.config_parameters.into_iter().flatten() {
            workgroup.parameters.retain(|(key, _)| *key != parameter_key);
            workgroup.parameters.push((parameter_key, parameter_value));
        }
        workgroup.parameters.sort();
    }
}

fn create_workgroup(control: &Control, mut asked: WorkgroupInput, caller: &Caller) -> Answer {
    let name = asked.check()?;
    let namespace = check_name("namespaceName", asked.namespace_name.as_ref())?;
    check_port(control, asked.port)?;
    let tags = asked.tags.take();
    let mut workgroup = Workgroup {
        name: name.clone(),
        id: Uuid::new_v4().to_string(),
        created: now(),
        region: caller.region.clone(),
        namespace: namespace.clone(),
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
    asked.apply(&mut workgroup);
    let shown = shown_workgroup(control, &workgroup, "CREATING");
    control.warehouses.change(|state| {
        if !state.namespaces.contains_key(&namespace) {
            return Err(missing("Namespace", &namespace));
        }
        if state.workgroups.contains_key(&name) {
            return Err(conflict(format!("Workgroup {name} already exists.")));
        }
        if let Some(other) = state.workgroups.values().find(|other| other.namespace == namespace) {
            return Err(conflict(format!("Namespace {namespace} is already in use by workgroup {}.", other.name)));
        }
        add_tags(state, &arn(&workgroup.region, "workgroup", &workgroup.id), tags)?;
        state.workgroups.insert(name, workgroup);
        Ok(())
    })?;
    Ok(json!({"workgroup": shown}))
}

/// All workgroups share the port of this server.
fn check_port(control: &Control, port: Option<i64>) -> Result<(), ApiError> {
    let (served, usual) = (i64::from(control.warehouses.door().port), 5439);
    if port.is_none_or(|port| port == served || port == usual) {
        return Ok(());
    }
    Err(ApiError::validation(format!("The port must be {served}: all workgroups share it.")))
}

fn get_workgroup(control: &Control, asked: &Named) -> Answer {
    let name = check_name("workgroupName", asked.workgroup_name.as_ref())?;
    let state = control.warehouses.state();
    let workgroup = state.workgroups.get(&name).ok_or_else(|| missing("Workgroup", &name))?;
    Ok(json!({"workgroup": shown_workgroup(control, workgroup, "AVAILABLE")}))
}

fn list_workgroups(control: &Control, asked: &Page) -> Answer {
    let state = control.warehouses.state();
    let shown = state.workgroups.values().map(|workgroup| shown_workgroup(control, workgroup, "AVAILABLE")).collect();
    listed("workgroups", shown, asked)
}

fn update_workgroup(control: &Control, asked: WorkgroupInput) -> Answer {
    let name = asked.check()?;
    check_port(control, asked.port)?;
    let workgroup = control.warehouses.change(|state| {
        let workgroup = state.workgroups.get_mut(&name).ok_or_else(|| missing("Workgroup", &name))?;
        asked.apply(workgroup);
        Ok(workgroup.clone())
    })?;
    Ok(json!({"workgroup": shown_workgroup(control, &workgroup, "MODIFYING")}))
}

fn delete_workgroup(control: &Control, asked: &Named) -> Answer {
    let name = check_name("workgroupName", asked.workgroup_name.as_ref())?;
    let workgroup = control.warehouses.change(|state| {
        let workgroup = state.workgroups.remove(&name).ok_or_else(|| missing("Workgroup", &name))?;
        state.tags.remove(&arn(&workgroup.region, "workgroup", &workgroup.id));
        Ok(workgroup)
    })?;
    Ok(json!({"workgroup": shown_workgroup(control, &workgroup, "DELETING")}))
}

/// A page of a list.
///
/// # Errors
/// ValidationException
pub fn listed(member: &str, all: Vec<Value>, asked: &Page) -> Answer {
    Checks::new().range("maxResults", asked.max_results, [1, 100]).finish()?;
    let from: usize = match &asked.next_token {
        None => 0,
        Some(token) => token.parse().map_err(|_| ApiError::validation("The nextToken is not valid."))?,
    };
    let most = asked.max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(100);
    // The model wants 8 characters at least.
    let next = (all.len() > from + most).then(|| format!("{:08}", from + most));
    let page: Vec<Value> = all.into_iter().skip(from).take(most).collect();
    Ok(object([(member, page.into()), ("nextToken", optional(next))]))
}

// ---- Credentials

async fn get_credentials(control: &Control, asked: CredentialsInput, caller: &Caller) -> Answer {
    Checks::new().range("durationSeconds", asked.duration_seconds, SECONDS).finish()?;
    if asked.custom_domain_name.is_some() {
        return Err(ApiError::validation("Custom domain names are not supported."));
    }
    let name = check_name("workgroupName", asked.workgroup_name.as_ref())?;
    if !control.warehouses.state().workgroups.contains_key(&name) {
        return Err(missing("Workgroup", &name));
    }
    let _ = asked.db_name;
    let user = control.user_of(caller).await?;
    let login = if user.starts_with("IAM") { user.clone() } else { format!("IAM:{user}") };
    let issued = control.credentials.issue(&login, &user, asked.duration_seconds.unwrap_or(DEFAULT_SECONDS));
    Ok(object([
        ("dbUser", issued.login.into()),
        ("dbPassword", issued.password.into()),
        ("expiration", seconds(issued.expires)),
        ("nextRefreshTime", seconds(issued.expires)),
    ]))
}

// ---- Tags

/// Is there a resource of this ARN?
fn check_arn(state: &State, given: Option<&String>) -> Result<String, ApiError> {
    Checks::new().present("resourceArn", given).finish()?;
    let given = given.cloned().unwrap_or_default();
    let namespaces = state.namespaces.values().map(|namespace| arn(&namespace.region, "namespace", &namespace.id));
    let workgroups = state.workgroups.values().map(|workgroup| arn(&workgroup.region, "workgroup", &workgroup.id));
    let snapshots = state.snapshots.values().map(snapshot_arn);
    if namespaces.chain(workgroups).chain(snapshots).any(|arn| arn == given) {
        return Ok(given);
    }
    Err(missing("Resource", &given).with_status(StatusCode::BAD_REQUEST))
}

/// Gives a resource tags.
///
/// # Errors
/// TooManyTagsException
pub fn add_tags(state: &mut State, arn: &str, tags: Option<Vec<Tag>>) -> Result<(), ApiError> {
    let kept: &mut BTreeMap<String, String> = state.tags.entry(arn.to_string()).or_default();
    kept.extend(tags.into_iter().flatten().map(|tag| (tag.key, tag.value)));
    if kept.len() > MAX_TAGS {
        let error = ApiError::client("TooManyTagsException", format!("A resource has at most {MAX_TAGS} tags."));
        return Err(error.with_member("resourceName", arn));
    }
    Ok(())
}

fn list_tags(control: &Control, asked: &TagsInput) -> Answer {
    let state = control.warehouses.state();
    let arn = check_arn(&state, asked.resource_arn.as_ref())?;
    let tags = state.tags.get(&arn).into_iter().flatten();
    let tags: Vec<Value> = tags.map(|(key, value)| json!({"key": key, "value": value})).collect();
    Ok(json!({"tags": tags}))
}

fn tag_resource(control: &Control, asked: TagsInput) -> Answer {
    control.warehouses.change(|state| {
        let arn = check_arn(state, asked.resource_arn.as_ref())?;
        add_tags(state, &arn, asked.tags)
    })?;
    Ok(json!({}))
}

fn untag_resource(control: &Control, asked: &TagsInput) -> Answer {
    control.warehouses.change(|state| {
        let arn = check_arn(state, asked.resource_arn.as_ref())?;
        if let Some(tags) = state.tags.get_mut(&arn) {
            tags.retain(|key, _| !asked.tag_keys.iter().flatten().any(|gone| gone == key));
        }
        Ok(())
    })?;
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_strong() {
        for (password, fits) in
            [("Secret-12", true), ("secret-12", false), ("Sec-1", false), ("Secret 12", false), ("Secret/12", false)]
        {
            assert_eq!(check_password(Some(password)).is_ok(), fits, "{password}");
        }
    }

    #[test]
    fn capacities_go_by_eights() {
        let capacity = |rpus| {
            let name = Some("name".to_string());
            WorkgroupInput { workgroup_name: name, base_capacity: Some(rpus), ..WorkgroupInput::default() }
                .check()
                .is_ok()
        };
        assert!(capacity(8) && capacity(4) && capacity(128) && capacity(512) && capacity(1024));
        assert!(!capacity(9) && !capacity(0) && !capacity(2048));
    }

    #[test]
    fn moments_are_iso_8601() {
        assert_eq!(date_time(1_700_000_000_123_456), Value::from("2023-11-14T22:13:20.123Z"));
    }
}
