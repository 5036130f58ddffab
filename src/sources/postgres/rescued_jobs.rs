//! Reads what became of stuck jobs whose claims were aged.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use super::Database;
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::stuck_job::{RescueOutcome, StuckJob};
use crate::queue::package::{OVERDUE, PLACE};
use crate::queue::sql::ident;
use crate::queue::{Layout, Lifecycle};
use crate::sources::postgres::row_types;

/// Maximum number of jobs of one query.
const CHUNK: usize = 5_000;

/// Returns what became of these jobs, in their order.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    jobs: &[&StuckJob],
    timeout: Duration,
) -> Result<Vec<RescueOutcome>, SourceError> {
    let statement = statement(layout);
    let mut outcomes = Vec::with_capacity(jobs.len());
    for chunk in jobs.chunks(CHUNK) {
        let ids: Vec<_> = chunk.iter().map(|job| job.id.to_string()).collect();
        let mut places: Vec<_> = chunk.iter().filter_map(|job| job.place.clone()).collect();
        places.sort_unstable();
        places.dedup();
        let params: [(&(dyn ToSql + Sync), Type); 2] =
            [(&ids, Type::TEXT_ARRAY), (&places, Type::TEXT_ARRAY)];
        let mut found: HashMap<(JobId, Option<String>), RescueOutcome> = HashMap::new();
        for row in &db.rows(timeout, &statement, &params).await? {
            let id = row_types::id(row.get("id"), layout.id)?;
            let state: Option<&str> = row.get("state");
            let role = state.map_or(Lifecycle::Other, |state| layout.state_names.role(state));
            found.insert((id, row.get("place")), outcome(role, row.get("overdue")));
        }
        let outcome_of = |job: &&StuckJob| {
            found.get(&(job.id, job.place.clone())).copied().unwrap_or(RescueOutcome::Deleted)
        };
        outcomes.extend(chunk.iter().map(outcome_of));
    }
    Ok(outcomes)
}

/// What a row says. The claim of another worker is recent.
fn outcome(role: Lifecycle, is_overdue: bool) -> RescueOutcome {
    match role {
        Lifecycle::Claimed if is_overdue => RescueOutcome::StillClaimed,
        Lifecycle::Claimed => RescueOutcome::Running,
        Lifecycle::Queued | Lifecycle::Blocked | Lifecycle::Failed => RescueOutcome::Queued,
        Lifecycle::Finished => RescueOutcome::Finished,
        Lifecycle::Dead => RescueOutcome::DeadLetter,
        Lifecycle::Canceled => RescueOutcome::Canceled,
        Lifecycle::Other => RescueOutcome::Unknown,
    }
}

fn statement(layout: &Layout) -> String {
    let has_place = layout.declared.as_ref().is_some_and(|declared| declared.has_column(PLACE));
    format!(
        "select job.id::text as id, job.{state}::text as state, {place} as place, coalesce(job.{OVERDUE}, false) as overdue
           from {jobs} where job.id = any($1::text[]::{id}[]) and {same_place}",
        state = ident(&layout.state_column),
        place = if has_place { format!("job.{PLACE}") } else { "null::text".to_owned() },
        jobs = layout.rows_as("job"),
        id = layout.id.sql(),
        // The primary key begins with it.
        same_place = match has_place {
            true => format!("job.{PLACE} = any($2::text[])"),
            false => "$2::text[] is not null".to_owned(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_claim_is_that_of_another_worker() {
        assert_eq!(outcome(Lifecycle::Claimed, true), RescueOutcome::StillClaimed);
        assert_eq!(outcome(Lifecycle::Claimed, false), RescueOutcome::Running);
        // A state that this program does not know is never an outcome.
        assert!(!outcome(Lifecycle::Other, false).is_decided());
    }
}
