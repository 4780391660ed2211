//! What stands beside clusters: groups of parameters and of subnets, tags.

use std::collections::BTreeMap;

use hyper::StatusCode;

use super::{
    admin::Control,
    json_rpc::ApiError,
    provisioned::{Form, Outcome, add_tags, arn, invalid, shown_tags, wrapped},
    sigv4::Caller,
    warehouses::{Group, State},
    xml::Xml,
};

/// The families of groups; each has a group that there is from the start.
const FAMILIES: [&str; 2] = ["redshift-1.0", "redshift-2.0"];

/// The parameters of a group: name, value where nothing is said, type, when it takes effect, what it may be.
/// Source: management guide, "Amazon Redshift parameter groups".
const PARAMETERS: [(&str, &str, &str, &str, &str); 12] = [
    ("auto_analyze", "true", "boolean", "static", "true,false"),
    ("auto_mv", "true", "boolean", "static", "true,false"),
    ("datestyle", "ISO, MDY", "string", "static", ""),
    ("enable_case_sensitive_identifier", "false", "boolean", "static", "true,false"),
    ("enable_user_activity_logging", "true", "boolean", "static", "true,false"),
    ("extra_float_digits", "0", "integer", "static", "-15-2"),
    ("max_concurrency_scaling_clusters", "1", "integer", "dynamic", "0-10"),
    ("query_group", "default", "string", "static", ""),
    ("require_ssl", "true", "boolean", "static", "true,false"),
    ("search_path", "$user, public", "string", "static", ""),
    ("statement_timeout", "0", "integer", "static", "0,100-2147483647"),
    ("wlm_json_configuration", "[{\"auto_wlm\":true}]", "string", "static", ""),
];

/// The network that everything is told to be in.
pub const VPC: &str = "vpc-00000000";

/// Runs an operation.
///
/// # Errors
/// As the service's model says for each.
pub fn run(control: &Control, action: &str, form: &Form, caller: &Caller) -> Outcome {
    match action {
        "CreateClusterParameterGroup" => create_parameter_group(control, form, caller),
        "DescribeClusterParameterGroups" => describe_parameter_groups(control, form, caller),
        "DescribeClusterParameters" => describe_parameters(control, form),
        "ModifyClusterParameterGroup" => modify_parameter_group(control, form),
        "ResetClusterParameterGroup" => reset_parameter_group(control, form),
        "DeleteClusterParameterGroup" => delete_parameter_group(control, form, caller),
        "CreateClusterSubnetGroup" => create_subnet_group(control, form, caller),
        "DescribeClusterSubnetGroups" => describe_subnet_groups(control, form, caller),
        "ModifyClusterSubnetGroup" => modify_subnet_group(control, form, caller),
        "DeleteClusterSubnetGroup" => delete_subnet_group(control, form, caller),
        "CreateTags" => create_tags(control, form),
        "DeleteTags" => delete_tags(control, form),
        "DescribeTags" => describe_tags(control, form),
        other => {
            let message = format!("Could not find operation {other} for version 2012-12-01.");
            Err(ApiError::client("InvalidAction", message))
        }
    }
}

/// Is it the group of a family?
fn is_default(name: &str) -> bool {
    name.strip_prefix("default.").is_some_and(|family| FAMILIES.contains(&family))
}

/// Is there such a group of parameters?
pub fn is_parameter_group(state: &State, name: &str) -> bool {
    is_default(name) || state.parameter_groups.contains_key(name)
}

/// ClusterParameterGroupNotFound
pub fn no_parameter_group(name: &str) -> ApiError {
    let error = ApiError::client("ClusterParameterGroupNotFound", format!("ParameterGroup not found: {name}"));
    error.with_status(StatusCode::NOT_FOUND)
}

// ---- Groups of parameters

fn shown_parameter_group(state: &State, group: &Group, caller: &Caller) -> Xml {
    Xml::of([
        ("ParameterGroupName", Some(group.name.as_str().into())),
        ("ParameterGroupFamily", group.family.as_ref().map(Xml::from)),
        ("Description", Some(group.description.as_str().into())),
        ("Tags", Some(shown_tags(state, &arn(&caller.region, "parametergroup", &group.name)))),
    ])
}

fn default_group(family: &str) -> Group {
    Group {
        name: format!("default.{family}"),
        description: format!("Default parameter group for {family}"),
        family: Some(family.to_string()),
        items: BTreeMap::new(),
    }
}

fn create_parameter_group(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ParameterGroupName")?.to_lowercase();
    let family = form.need("ParameterGroupFamily")?;
    if !FAMILIES.contains(&family) {
        return Err(invalid(format!("ParameterGroupFamily {family} is not a valid parameter group family.")));
    }
    let group = Group {
        name: name.clone(),
        description: form.need("Description")?.to_string(),
        family: Some(family.to_string()),
        items: BTreeMap::new(),
    };
    control.warehouses.change(|state| {
        if is_parameter_group(state, &name) {
            let message = format!("ParameterGroup {name} already exists.");
            return Err(ApiError::client("ClusterParameterGroupAlreadyExists", message));
        }
        add_tags(state, &arn(&caller.region, "parametergroup", &name), form);
        let shown = shown_parameter_group(state, &group, caller);
        state.parameter_groups.insert(name, group);
        Ok(wrapped("ClusterParameterGroup", shown))
    })
}

fn describe_parameter_groups(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let state = control.warehouses.state();
    let asked = form.get("ParameterGroupName");
    if let Some(name) = asked.filter(|name| !is_parameter_group(&state, name)) {
        return Err(no_parameter_group(name));
    }
    let all = FAMILIES.iter().copied().map(default_group).chain(state.parameter_groups.values().cloned());
    let wanted = |group: &Group| {
        let tags = state.tags.get(&arn(&caller.region, "parametergroup", &group.name));
        asked.is_none_or(|name| name == group.name) && form.wants_tags(tags)
    };
    let (page, marker) = form.page(all.filter(wanted).collect())?;
    let shown = page.iter().map(|group| shown_parameter_group(&state, group, caller));
    Ok(Some(Xml::of([("ParameterGroups", Some(Xml::list("ClusterParameterGroup", shown))), ("Marker", marker)])))
}

fn parameter_group(state: &State, name: &str) -> Result<Group, ApiError> {
    match state.parameter_groups.get(name) {
        Some(group) => Ok(group.clone()),
        None if is_default(name) => Ok(default_group(name.trim_start_matches("default."))),
        None => Err(no_parameter_group(name)),
    }
}

fn describe_parameters(control: &Control, form: &Form) -> Outcome {
    let state = control.warehouses.state();
    let group = parameter_group(&state, form.need("ParameterGroupName")?)?;
    let shown = PARAMETERS.iter().filter_map(|(name, default, data_type, apply, allowed)| {
        let set = group.items.get(*name);
        let source = if set.is_some() { "user" } else { "engine-default" };
        form.get("Source").is_none_or(|wanted| wanted == source).then(|| {
            Xml::of([
                ("ParameterName", Some(name.into())),
                ("ParameterValue", Some(set.map_or(*default, String::as_str).into())),
                ("Source", Some(source.into())),
                ("DataType", Some(data_type.into())),
                ("AllowedValues", Some(allowed).filter(|allowed| !allowed.is_empty()).map(Xml::from)),
                ("ApplyType", Some(apply.into())),
                ("IsModifiable", Some(true.into())),
            ])
        })
    });
    let (page, marker) = form.page(shown.collect())?;
    Ok(Some(Xml::of([("Parameters", Some(Xml::list("Parameter", page))), ("Marker", marker)])))
}

/// Changes a group of parameters that is not the default one.
fn change_parameters(
    control: &Control,
    form: &Form,
    change: impl FnOnce(&mut Group) -> Result<(), ApiError>,
) -> Outcome {
    let name = form.need("ParameterGroupName")?;
    if is_default(name) {
        let message = "The default parameter group can't be modified.";
        return Err(ApiError::client("InvalidClusterParameterGroupState", message));
    }
    control
        .warehouses
        .change(|state| change(state.parameter_groups.get_mut(name).ok_or_else(|| no_parameter_group(name))?))?;
    let status = "Your parameter group has been updated. If you changed only dynamic parameters, associated clusters are being \
                  modified now. If you changed static parameters, all updates, including dynamic parameters, will be \
                  applied when you reboot the associated clusters.";
    Ok(Some(Xml::of([("ParameterGroupName", Some(name.into())), ("ParameterGroupStatus", Some(status.into()))])))
}

fn given_parameters(form: &Form) -> Result<Vec<(String, String)>, ApiError> {
    let given = form.pairs("Parameters", "Parameter", ["ParameterName", "ParameterValue"]);
    match given.iter().find(|(name, _)| !PARAMETERS.iter().any(|known| known.0 == name)) {
        Some((name, _)) => Err(invalid(format!("Could not find parameter with name: {name}"))),
        None => Ok(given),
    }
}

fn modify_parameter_group(control: &Control, form: &Form) -> Outcome {
    let given = given_parameters(form)?;
    change_parameters(control, form, |group| {
        group.items.extend(given);
        Ok(())
    })
}

fn reset_parameter_group(control: &Control, form: &Form) -> Outcome {
    let given = given_parameters(form)?;
    change_parameters(control, form, |group| {
        match form.get("ResetAllParameters") {
            Some("true") => group.items.clear(),
            _ => group.items.retain(|name, _| !given.iter().any(|(gone, _)| gone == name)),
        }
        Ok(())
    })
}

fn delete_parameter_group(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ParameterGroupName")?;
    control.warehouses.change(|state| {
        let used = |group: &str| {
            let of = |cluster: &super::warehouses::Cluster| cluster.settings.get("ClusterParameterGroupName").cloned();
            state.clusters.values().any(|cluster| of(cluster).as_deref() == Some(group))
        };
        if is_default(name) || used(name) {
            let message = format!("Parameter group {name} can't be deleted.");
            return Err(ApiError::client("InvalidClusterParameterGroupState", message));
        }
        state.parameter_groups.remove(name).ok_or_else(|| no_parameter_group(name))?;
        state.tags.remove(&arn(&caller.region, "parametergroup", name));
        Ok(None)
    })
}

// ---- Groups of subnets

fn no_subnet_group(name: &str) -> ApiError {
    ApiError::client("ClusterSubnetGroupNotFoundFault", format!("Cluster subnet group {name} not found."))
}

fn shown_subnet_group(state: &State, group: &Group, caller: &Caller) -> Xml {
    let zone = || Xml::of([("Name", Some(format!("{}a", caller.region).into()))]);
    let subnets = group.items.keys().map(|subnet| {
        Xml::of([
            ("SubnetIdentifier", Some(subnet.into())),
            ("SubnetAvailabilityZone", Some(zone())),
            ("SubnetStatus", Some("Active".into())),
        ])
    });
    Xml::of([
        ("ClusterSubnetGroupName", Some(group.name.as_str().into())),
        ("Description", Some(group.description.as_str().into())),
        ("VpcId", Some(VPC.into())),
        ("SubnetGroupStatus", Some("Complete".into())),
        ("Subnets", Some(Xml::list("Subnet", subnets))),
        ("Tags", Some(shown_tags(state, &arn(&caller.region, "subnetgroup", &group.name)))),
    ])
}

fn subnets(form: &Form) -> Result<BTreeMap<String, String>, ApiError> {
    let given = form.list("SubnetIds", "SubnetIdentifier").unwrap_or_default();
    if given.is_empty() {
        return Err(ApiError::client("MissingParameter", "The request must contain the parameter SubnetIds."));
    }
    Ok(given.into_iter().map(|subnet| (subnet, String::new())).collect())
}

fn create_subnet_group(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ClusterSubnetGroupName")?.to_lowercase();
    let description = form.need("Description")?.to_string();
    let group = Group { name: name.clone(), description, family: None, items: subnets(form)? };
    control.warehouses.change(|state| {
        if state.subnet_groups.contains_key(&name) {
            let message = format!("Cluster subnet group {name} already exists.");
            return Err(ApiError::client("ClusterSubnetGroupAlreadyExists", message));
        }
        add_tags(state, &arn(&caller.region, "subnetgroup", &name), form);
        let shown = shown_subnet_group(state, &group, caller);
        state.subnet_groups.insert(name, group);
        Ok(wrapped("ClusterSubnetGroup", shown))
    })
}

fn describe_subnet_groups(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let state = control.warehouses.state();
    let asked = form.get("ClusterSubnetGroupName");
    if let Some(name) = asked.filter(|name| !state.subnet_groups.contains_key(*name)) {
        return Err(no_subnet_group(name));
    }
    let wanted = |group: &&Group| {
        let tags = state.tags.get(&arn(&caller.region, "subnetgroup", &group.name));
        asked.is_none_or(|name| name == group.name) && form.wants_tags(tags)
    };
    let (page, marker) = form.page(state.subnet_groups.values().filter(wanted).collect())?;
    let shown = page.into_iter().map(|group| shown_subnet_group(&state, group, caller));
    Ok(Some(Xml::of([("ClusterSubnetGroups", Some(Xml::list("ClusterSubnetGroup", shown))), ("Marker", marker)])))
}

fn modify_subnet_group(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ClusterSubnetGroupName")?;
    let items = subnets(form)?;
    control.warehouses.change(|state| {
        let group = state.subnet_groups.get_mut(name).ok_or_else(|| no_subnet_group(name))?;
        group.items = items;
        if let Some(description) = form.get("Description") {
            group.description = description.to_string();
        }
        let group = group.clone();
        Ok(wrapped("ClusterSubnetGroup", shown_subnet_group(state, &group, caller)))
    })
}

fn delete_subnet_group(control: &Control, form: &Form, caller: &Caller) -> Outcome {
    let name = form.need("ClusterSubnetGroupName")?;
    control.warehouses.change(|state| {
        let uses = |cluster: &super::warehouses::Cluster| {
            cluster.settings.get("ClusterSubnetGroupName").is_some_and(|group| group == name)
        };
        if state.clusters.values().any(uses) {
            let message = format!("Cluster subnet group {name} is used by a cluster.");
            return Err(ApiError::client("InvalidClusterSubnetGroupStateFault", message));
        }
        state.subnet_groups.remove(name).ok_or_else(|| no_subnet_group(name))?;
        state.tags.remove(&arn(&caller.region, "subnetgroup", name));
        Ok(None)
    })
}

// ---- Tags

/// `arn:aws:redshift:region:account:kind:name`: the kind and the name, where there is such a resource.
fn check_arn<'a>(state: &State, given: &'a str) -> Result<(&'a str, &'a str), ApiError> {
    let parts: Vec<&str> = given.splitn(7, ':').collect();
    let found = match parts[..] {
        ["arn", "aws", "redshift", _, _, kind, name] => {
            let there = match kind {
                "cluster" => state.clusters.contains_key(name),
                "parametergroup" => is_parameter_group(state, name),
                "subnetgroup" => state.subnet_groups.contains_key(name),
                "snapshot" => name.split_once('/').is_some_and(|(_, name)| state.cluster_snapshots.contains_key(name)),
                _ => false,
            };
            there.then_some((kind, name))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let error = ApiError::client("ResourceNotFoundFault", format!("Resource {given} not found."));
        error.with_status(StatusCode::NOT_FOUND)
    })
}

fn create_tags(control: &Control, form: &Form) -> Outcome {
    let name = form.need("ResourceName")?;
    control.warehouses.change(|state| {
        check_arn(state, name)?;
        add_tags(state, name, form);
        Ok(None)
    })
}

fn delete_tags(control: &Control, form: &Form) -> Outcome {
    let name = form.need("ResourceName")?;
    let keys = form.list("TagKeys", "TagKey").unwrap_or_default();
    control.warehouses.change(|state| {
        check_arn(state, name)?;
        if let Some(tags) = state.tags.get_mut(name) {
            tags.retain(|key, _| !keys.contains(key));
        }
        Ok(None)
    })
}

fn describe_tags(control: &Control, form: &Form) -> Outcome {
    let state = control.warehouses.state();
    if let Some(name) = form.get("ResourceName") {
        check_arn(&state, name)?;
    }
    let asked = |arn: &str, kind: &str| {
        form.get("ResourceName").is_none_or(|name| name == arn)
            && form.get("ResourceType").is_none_or(|wanted| wanted == kind)
    };
    let mut shown = Vec::new();
    for (arn, tags) in &state.tags {
        let Ok((kind, _)) = check_arn(&state, arn) else { continue };
        for (key, value) in tags.iter().filter(|_| asked(arn, kind)) {
            let tag = BTreeMap::from([(key.clone(), value.clone())]);
            if form.wants_tags(Some(&tag)) {
                let tag = Xml::of([("Key", Some(key.into())), ("Value", Some(value.into()))]);
                shown.push(Xml::of([
                    ("Tag", Some(tag)),
                    ("ResourceName", Some(arn.into())),
                    ("ResourceType", Some(kind.into())),
                ]));
            }
        }
    }
    let (page, marker) = form.page(shown)?;
    Ok(Some(Xml::of([("TaggedResources", Some(Xml::list("TaggedResource", page))), ("Marker", marker)])))
}
