//! Who was requeued before? Events have no index on the job, so the newest ones are read.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use crate::facts::job_id::JobId;
use crate::facts::operation::{REQUEUED, UNDONE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::fingerprint::Fingerprint;
use crate::queue::Layout;
use crate::queue::sql::{ident, literal};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types::id;

/// Events that are looked through, the newest.
pub const EVENTS_READ: u32 = 200_000;
/// Requeued this often, and dead of the same again.
const TOO_OFTEN: usize = 2;

/// Jobs that were requeued twice or more, with what they had died of each time.
#[derive(Debug, Default)]
pub struct RepeatFailures {
    requeues: HashMap<JobId, Vec<Requeue>>,
    /// How they were looked for, in words.
    pub examined: String,
}

#[derive(Debug, Deserialize)]
struct Requeue {
    operation: Option<String>,
    undoes: Option<String>,
    last_error: Option<String>,
    error: Option<String>,
    told: bool,
}

impl RepeatFailures {
    /// Whether this job was requeued twice or more and died of this each time. The worker's own
    /// helper does not say of what: its requeues count.
    #[must_use]
    pub fn holds(&self, job: JobId, kind: &str, hash: &str) -> bool {
        let Some(requeues) = self.requeues.get(&job) else { return false };
        let same = requeues.iter().filter(|r| {
            !r.told
                || Fingerprint::new(kind, r.last_error.as_deref(), r.error.as_deref()).hash == hash
        });
        same.count() >= TOO_OFTEN
    }
}

/// Looks through the newest events, within `budget`.
///
/// # Errors
/// The database's; running out of time is none: the answer says so.
pub async fn read(
    db: &Database,
    layout: &Layout,
    budget: Duration,
) -> Result<RepeatFailures, SourceError> {
    let none = |why: &str| RepeatFailures { requeues: HashMap::new(), examined: why.to_owned() };
    let Some(statement) = statement(layout) else {
        return Ok(none("not looked for: this database keeps no events"));
    };
    let rows = db.rows(budget, &statement, &[]).await;
    let rows = match rows {
        Err(error) if error.kind == SourceErrorKind::Timeout => {
            return Ok(none("not looked for: reading the events took too long"));
        }
        other => other?,
    };
    let mut offenders = none(&format!(
        "looked for in the newest {} events",
        crate::text::count(u64::from(EVENTS_READ))
    ));
    for row in rows {
        let job = id(row.get("id"), layout.id)?;
        let mut requeues: Vec<Requeue> =
            serde_json::from_str(row.get("requeues")).map_err(|_| {
                SourceError::new(SourceErrorKind::Malformed, "events hold strange data")
            })?;
        let undone: Vec<_> = requeues.iter().filter_map(|r| r.undoes.clone()).collect();
        requeues.retain(|r| {
            r.undoes.is_none() && !r.operation.as_ref().is_some_and(|o| undone.contains(o))
        });
        offenders.requeues.insert(job, requeues);
    }
    Ok(offenders)
}

fn statement(layout: &Layout) -> Option<String> {
    let events = layout.events.as_ref()?;
    let data = ident(events.data.as_deref()?);
    let order = if events.ids_grow { "id".to_owned() } else { ident(events.at.as_deref()?) };
    Some(format!(
        "with recent as (
           select job_id, {data}::jsonb as data from public.job_events
            order by {order} desc limit {EVENTS_READ}
         )
         select job_id::text as id, json_agg(json_build_object(
                  'operation', data ->> 'operation', 'undoes', data ->> 'undoes',
                  'told', data ? 'previous',
                  'last_error', data -> 'previous' ->> 'last_error',
                  'error', (data -> 'previous' -> 'error')::text))::text as requeues
           from recent
          where data ->> 'reason' in ({}, {})
          group by job_id having count(*) >= {TOO_OFTEN}",
        literal(REQUEUED),
        literal(UNDONE),
    ))
}
