//! The HTTP port: AWS's interfaces to a warehouse, as SDKs, the CLI and Terraform call them.
//!
//! 1. [`server`] accepts connections and reads a whole request; [`sigv4`] says who sends it and, where keys are
//!    configured, whether that is true.
//! 2. A request with `X-Amz-Target` is JSON ([`json_rpc`]): the Data API ([`data_api`]) or Redshift Serverless
//!    ([`serverless`]). A form is the query protocol of provisioned clusters ([`provisioned`]).
//!    [`snapshots`] of both are backups of the one warehouse.
//! 3. The Data API runs SQL in sessions of the same backend as the wire protocol; the control plane keeps its
//!    namespaces, workgroups and clusters in [`warehouses`] and issues [`credentials`] that log in on the wire.

pub mod admin;
pub mod credentials;
pub mod data_api;
pub mod forward;
pub mod json_rpc;
pub mod provisioned;
mod provisioned_groups;
mod provisioned_snapshots;
pub mod server;
pub mod serverless;
mod serverless_snapshots;
pub mod sigv4;
pub mod snapshots;
mod validate;
pub mod warehouses;
mod xml;

/// The ARN of a snapshot.
pub(crate) fn snapshot_arn(snapshot: &warehouses::Snapshot) -> String {
    use warehouses::Source;
    match &snapshot.source {
        Source::Namespace(namespace) => serverless::arn(&namespace.region, "snapshot", &snapshot.backup),
        Source::Cluster(cluster) => {
            let name = format!("{}/{}", cluster.name, snapshot.name);
            provisioned::arn(&cluster.region, "snapshot", &name)
        }
    }
}

/// Now, in microseconds since 1970.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

/// A moment as JSON protocols of AWS write it: seconds since 1970, to the millisecond.
pub(crate) fn seconds(micros: i64) -> serde_json::Value {
    serde_json::json!(micros.div_euclid(1_000) as f64 / 1_000.0)
}
