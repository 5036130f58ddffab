//! Simulated workers that claim, finish and fail jobs like those of the backend, each on its own
//! connection, and a producer of new jobs.

use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::fix;
use super::scenario::{Scenario, SimulatedFailure};
use super::server::connect;

/// The interval of heartbeats, and of claims while the queue is empty.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);
/// Seconds until a failed job is retried.
const BACKOFF: i32 = 20;
/// The producer pauses at this number of queued jobs, because a demo may run overnight.
const MAX_QUEUED: i64 = 200;

const CLAIM: &str = "\
    SELECT id::text, kind, payload ->> 'clip' AS clip FROM public.worker_claim_next_job($1)";
/// Claims as `worker_claim_next_job` does, but only jobs that became due after $2.
const CLAIM_NEW: &str = "\
    UPDATE public.jobs SET state = 'running', locked_by = $1, locked_at = now(), heartbeat_at = now() \
    WHERE id = (SELECT id FROM public.jobs \
    WHERE state = 'queued' AND run_at <= now() AND run_at >= $2::text::timestamptz \
    ORDER BY priority DESC, run_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
    RETURNING id::text, kind, payload ->> 'clip' AS clip";
/// Jobs that this worker had claimed before a restart.
const RESUME: &str = "\
    SELECT id::text, kind, payload ->> 'clip' AS clip FROM public.jobs \
    WHERE state = 'running' AND locked_by = $1 LIMIT 1";
/// For all jobs of a worker: one that it resumed may still run beside the current one.
const HEARTBEAT: &str = "\
    UPDATE public.jobs SET heartbeat_at = now() WHERE state = 'running' AND locked_by = $1";
const FINISH: &str = "SELECT public.worker_finish($1::text::uuid, $2, '{\"ok\": true}')";
const FAIL: &str = "SELECT public.worker_fail($1::text::uuid, $2, $3, $4)";
const PRODUCE: &str = include_str!("produce.sql");

/// A job that this worker has claimed.
struct ClaimedJob {
    id: String,
    kind: String,
    clip: String,
}

/// Processes jobs until the connection to the database ends.
pub(crate) async fn work(
    database_url: String,
    name: &str,
    scenario: &Scenario,
    directory: &Path,
) -> Result<(), Error> {
    let client = connect(&database_url).await?;
    let started: String = client.query_typed("SELECT now()::text", &[]).await?[0].get(0);
    loop {
        let job = if scenario.keeps_backlog && !fix::is_any_deployed(directory) {
            // The jobs that it had claimed hang: they run until a fix is deployed.
            claim(&client, CLAIM_NEW, &[name, &started]).await?
        } else {
            match claim(&client, RESUME, &[name]).await? {
                Some(job) => Some(job),
                None => claim(&client, CLAIM, &[name]).await?,
            }
        };
        let Some(job) = job else {
            client.execute_typed(HEARTBEAT, &[(&name, Type::TEXT)]).await?;
            sleep(HEARTBEAT_INTERVAL).await;
            continue;
        };
        // The database rejects a job that was requeued or undone meanwhile: continue with the next
        // one.
        match run(&client, name, (scenario, directory), &job).await {
            Err(error) if error.as_db_error().is_none() => return Err(error),
            _ => {}
        }
    }
}

async fn claim(
    client: &Client,
    statement: &str,
    params: &[&str],
) -> Result<Option<ClaimedJob>, Error> {
    let params: Vec<(&(dyn tokio_postgres::types::ToSql + Sync), Type)> =
        params.iter().map(|value| (value as _, Type::TEXT)).collect();
    let rows = client.query_typed(statement, &params).await?;
    Ok(rows.first().and_then(|row| {
        Some(ClaimedJob {
            // If no job is due, the claim function returns a row of NULLs.
            id: row.get::<_, Option<String>>("id")?,
            kind: row.get::<_, Option<String>>("kind")?,
            clip: row.get::<_, Option<String>>("clip").unwrap_or_default(),
        })
    }))
}

async fn run(
    client: &Client,
    name: &str,
    (scenario, directory): (&Scenario, &Path),
    job: &ClaimedJob,
) -> Result<(), Error> {
    for _ in 0..duration_seconds(&job.kind) {
        client.execute_typed(HEARTBEAT, &[(&name, Type::TEXT)]).await?;
        sleep(HEARTBEAT_INTERVAL).await;
    }
    let fixed = fix::is_deployed(directory, &job.kind);
    match scenario.failures.iter().find(|failure| !fixed && applies_to(failure, job)) {
        Some(failure) => {
            let message = failure.message.replace("{clip}", &job.clip);
            let params: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 4] = [
                (&job.id, Type::TEXT),
                (&name, Type::TEXT),
                (&message, Type::TEXT),
                (&BACKOFF, Type::INT4),
            ];
            client.execute_typed(FAIL, &params).await?;
        }
        None => {
            client.execute_typed(FINISH, &[(&job.id, Type::TEXT), (&name, Type::TEXT)]).await?;
        }
    }
    Ok(())
}

/// Returns whether the failure applies to this job: to every job of the kind, or only to odd clips.
fn applies_to(failure: &SimulatedFailure, job: &ClaimedJob) -> bool {
    let odd = job.clip.parse::<u64>().is_ok_and(|clip| clip % 2 == 1);
    failure.kind == job.kind && (odd || !failure.odd_clips_only)
}

/// Returns how many seconds a job of this kind takes.
fn duration_seconds(kind: &str) -> u32 {
    match kind {
        "CLIP_RENDER" => 4,
        "TRANSCRIBE" => 2,
        _ => 1,
    }
}

/// Adds a new job at each interval.
pub(crate) async fn produce(database_url: String, every: Duration) -> Result<(), Error> {
    let client = connect(&database_url).await?;
    loop {
        sleep(every).await;
        client.execute_typed(PRODUCE, &[(&MAX_QUEUED, Type::INT8)]).await?;
    }
}
