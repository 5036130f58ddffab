//! Finds repeat failures: jobs that were requeued before and failed again with the same cause.
//! Events have no index on the job, so only the newest ones are read.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use crate::facts::job_id::JobId;
use crate::facts::operation::{REQUEUED, UNDONE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::Layout;
use crate::queue::sql::{ident, literal};
use crate::sources::postgres::Database;
use crate::sources::postgres::events;
use crate::sources::postgres::row_types;
use crate::sources::postgres::row_types::id;

/// Number of newest events that are read.
pub(crate) const EVENTS_READ: u32 = 200_000;
/// Number of requeues with the same cause from which a job is a repeat failure.
const TOO_OFTEN: usize = 2;

/// Jobs that were requeued at least `TOO_OFTEN` times, with the errors before each requeue.
#[derive(Debug, Default)]
pub(crate) struct RepeatFailures {
    requeues: HashMap<JobId, Vec<Requeue>>,
    /// Why not all events were searched, if they were not.
    pub(crate) incomplete: Option<String>,
}

/// Requeue or undo of a job, from its event.
#[derive(Debug, Deserialize)]
struct Requeue {
    operation: Option<String>,
    undoes: Option<String>,
    last_error: Option<String>,
    error: Option<String>,
    /// Whether the event contains the former columns.
    told: bool,
}

impl RepeatFailures {
    /// Returns whether the job is a repeat failure with this cause. Requeues by the backend's own
    /// function have no cause in their events and always count.
    pub(crate) fn contains(&self, job: JobId, kind: &str, hash: &str) -> bool {
        let Some(requeues) = self.requeues.get(&job) else { return false };
        let same_cause = requeues.iter().filter(|requeue| {
            let (last_error, error) = (requeue.last_error.as_deref(), requeue.error.as_deref());
            !requeue.told || row_types::fingerprint_of(kind, last_error, error).hash == hash
        });
        same_cause.count() >= TOO_OFTEN
    }
}

/// Reads the newest events within `budget`. After a timeout the result is empty and says so in
/// `incomplete`.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    budget: Duration,
) -> Result<RepeatFailures, SourceError> {
    let none = |why: &str| RepeatFailures {
        requeues: HashMap::new(),
        incomplete: Some(format!("not searched: {why}")),
    };
    if let Err(error) = events::visible(layout) {
        return Ok(none(&error.to_string()));
    }
    let Some(statement) = statement(layout) else {
        return Ok(none("this database has no events"));
    };
    let rows = db.rows(budget, &statement, &[]).await;
    let rows = match rows {
        Err(error) if error.kind == SourceErrorKind::Timeout => {
            return Ok(none("reading the events timed out"));
        }
        rows => rows?,
    };
    let incomplete = events::search_limit(db, layout, EVENTS_READ, budget).await?;
    let mut repeat_failures = RepeatFailures { requeues: HashMap::new(), incomplete };
    for row in rows {
        let job = id(row.get("id"), layout.id)?;
        let mut requeues: Vec<Requeue> =
            serde_json::from_str(row.get("requeues")).map_err(|_| {
                SourceError::new(SourceErrorKind::Malformed, "events contain unexpected data")
            })?;
        let undone: Vec<_> = requeues.iter().filter_map(|requeue| requeue.undoes.clone()).collect();
        requeues.retain(|requeue| {
            let is_undone = requeue.operation.as_ref().is_some_and(|id| undone.contains(id));
            requeue.undoes.is_none() && !is_undone
        });
        repeat_failures.requeues.insert(job, requeues);
    }
    Ok(repeat_failures)
}

fn statement(layout: &Layout) -> Option<String> {
    let events = layout.events.as_ref()?;
    let data = ident(events.data.as_deref()?);
    let order = if events.ids_grow { "id".to_owned() } else { events.at.as_ref()?.sql() };
    let job_events = &events.relation;
    let error = literal(layout.last_error.as_deref().unwrap_or("last_error"));
    Some(format!(
        "with recent as (
           select job_id, {data} as data from {job_events}
            order by {order} desc limit {EVENTS_READ}
         )
         select job_id::text as id, json_agg(json_build_object(
                  'operation', data ->> 'operation', 'undoes', data ->> 'undoes',
                  'told', data -> 'previous' is not null,
                  'last_error', data -> 'previous' ->> {error},
                  'error', (data -> 'previous' -> 'error')::text))::text as requeues
           from recent
          where data ->> 'reason' in ({}, {})
          group by job_id having count(*) >= {TOO_OFTEN}",
        literal(REQUEUED),
        literal(UNDONE),
    ))
}
