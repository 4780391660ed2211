//! UNLOAD as a statement of a session.

use std::{collections::HashSet, sync::Arc};

use datafusion::execution::SendableRecordBatchStream;
use redshift_sql_dialect::{
    Error, Result,
    ast::{AssumingCommand, IamRole, Unload, UnloadOption},
};
use tokio::{sync::Mutex, task::JoinSet};

use super::{
    manifest,
    plan::{Format, Layout, UnloadPlan},
    slice::{Job, Slice, WrittenFile},
    text::file_style,
};
use crate::{
    binder::Destination,
    catalog::DEFAULT_IAM_ROLE,
    clock, execution,
    formats::blocks::Compression,
    result::{CommandTag, Notice, Outcome},
    s3::{S3Client, S3Path},
    statements::{Work, copy::fault::Runner},
    system::logs::{Logs, UnloadFileRecord, UnloadRecord},
    text_output::TextStyle,
};

/// Runs UNLOAD.
pub(crate) async fn unload(unload: &Unload, work: &mut Work<'_>) -> Result<Outcome> {
    let bound = work.bind(|mut binder| binder.query_for(&unload.query, Destination::Table)).await?;
    for option in &unload.options {
        let role = match option {
            UnloadOption::IamRole(IamRole::Arn(arn)) => arn,
            UnloadOption::IamRole(IamRole::Default | IamRole::Session) => DEFAULT_IAM_ROLE,
            _ => continue,
        };
        work.require_assume_role(role, AssumingCommand::Unload)?;
    }
    let settings = &work.context.session.settings;
    let style = file_style(TextStyle::of_settings(|name| settings.get(name).cloned()));
    let plan = UnloadPlan::new(unload, &bound.columns, style, work.context.session.case_sensitive)?;
    let s3 = S3Client::new(&work.state.engine.config().s3, plan.credentials.clone(), plan.region.clone())
        .encrypting(plan.kms_key_id.clone());
    let runner = Runner { query: work.query, pid: work.state.login.pid };
    let job = Arc::new(Job { plan, s3, runner, cleaned: Mutex::new(HashSet::new()) });
    let start = clock::now();
    let written = async {
        job.prepare().await?;
        let execution = work.state.engine.execution();
        let streams = match job.plan.layout {
            Layout::Serial => vec![execution::stream(&bound.plan, execution).await?],
            Layout::Slices => execution::streams(&bound.plan, execution).await?,
        };
        write(&job, streams).await
    }
    .await;
    log(&job, work, start, &written);
    let (rows, _) = written?;
    work.state.last_unload_id = work.query;
    work.state.last_unload_count = rows as i64;
    work.state.notices.push(Notice::info(format!("UNLOAD completed, {rows} record(s) unloaded successfully.")));
    Ok(Outcome::Done(CommandTag::plain("UNLOAD")))
}

/// Writes the slices side by side, then the manifest. Dropping the future stops them.
async fn write(job: &Arc<Job>, streams: Vec<SendableRecordBatchStream>) -> Result<(u64, Vec<WrittenFile>)> {
    let mut slices = JoinSet::new();
    for (number, rows) in streams.into_iter().enumerate() {
        slices.spawn(Slice::new(Arc::clone(job), number).write(rows));
    }
    let (mut rows, mut files) = (0, Vec::new());
    while let Some(slice) = slices.join_next().await {
        let (count, written) = slice.map_err(|error| Error::internal(error.to_string()))??;
        rows += count;
        files.extend(written);
    }
    // "When zero rows are unloaded": JSON writes nothing, text an empty file; folders of partitions need a value.
    let is_text = !matches!(job.plan.format, Format::Json | Format::Parquet);
    if files.is_empty() && is_text && job.plan.partition.is_empty() {
        files = Slice::new(Arc::clone(job), 0).write_empty().await?;
    }
    files.sort_by(|a, b| a.key.cmp(&b.key));
    if let Some(text) = manifest::text(&job.plan, &files) {
        let target = &job.plan.target;
        let path = S3Path { bucket: target.bucket.clone(), key: format!("{}manifest", target.key) };
        job.s3.put(&path, text.into()).await.map_err(|error| job.s3_error(&error, &path.key))?;
    }
    Ok((rows, files))
}

fn log(job: &Job, work: &Work<'_>, start: i64, written: &Result<(u64, Vec<WrittenFile>)>) {
    let logs: &Logs = work.state.engine.logs();
    let (rows, files) = match written {
        Ok((rows, files)) => (*rows, files.as_slice()),
        Err(_) => (0, &[][..]),
    };
    let plan = &job.plan;
    for file in files {
        logs.append(UnloadFileRecord {
            query: work.query,
            user_id: work.state.user_id.0,
            slice: file.slice as i32,
            pid: work.state.login.pid,
            xid: work.transaction.id(),
            path: format!("s3://{}/{}", plan.target.bucket, file.key),
            start: file.start,
            end: file.end,
            lines: file.lines as i64,
            bytes: file.bytes as i64,
            format: plan.format_name(),
        });
    }
    logs.append(UnloadRecord {
        query: work.query,
        user_id: work.state.user_id.0,
        xid: work.transaction.id(),
        pid: work.state.login.pid,
        database: work.state.login.database.clone(),
        status: if written.is_ok() { "completed" } else { "failed" },
        start,
        end: clock::now(),
        format: plan.format_name(),
        compression: match plan.compression {
            Compression::None | Compression::Lzop => "",
            Compression::Gzip => "gzip",
            Compression::Bzip2 => "bzip2",
            Compression::Zstd => "zstd",
        },
        location: plan.target.to_string(),
        rows: rows as i64,
        files: files.len() as i64,
        bytes: files.iter().map(|file| file.bytes).sum::<u64>() as i64,
        error: written.as_ref().err().map(|error| error.message().to_string()),
    });
}
