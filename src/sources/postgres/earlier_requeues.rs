//! Dead letters that were requeued before, from the newest events; no index supports a full search.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::join;

use super::Database;
use super::events;
use super::requeue::repeat_failures::EVENTS_READ;
use super::selection::{Conditions, fingerprint_columns, with_fingerprints};
use crate::facts::SourceError;
use crate::facts::group::RequeuedBefore;
use crate::facts::operation::{REQUEUED, UNDONE};
use crate::queue::{Layout, sql};

/// Timeout of the query.
const BUDGET: Duration = Duration::from_secs(1);

/// Counts dead letters that were requeued before, by the hash of their latest cause. If they cannot
/// be counted, the reason is part of the result.
pub(crate) async fn requeued_before(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> RequeuedBefore {
    let unknown =
        |why: &str| RequeuedBefore { jobs: None, incomplete: Some(format!("not known: {why}")) };
    if let Err(error) = events::visible(layout) {
        return unknown(&error.to_string());
    }
    let Some(statement) = statement(layout) else {
        return unknown("this database has no events of requeues");
    };
    let counted = count(db, &statement, timeout.min(BUDGET));
    match join(counted, events::search_limit(db, layout, EVENTS_READ, BUDGET)).await {
        (Ok(jobs), incomplete) => {
            RequeuedBefore { jobs: Some(jobs), incomplete: incomplete.unwrap_or_default() }
        }
        (Err(error), _) => unknown(&format!("cannot read the events: {error}")),
    }
}

async fn count(
    db: &Database,
    statement: &str,
    budget: Duration,
) -> Result<HashMap<String, u64>, SourceError> {
    let no_conditions = Conditions::default();
    db.read_at_once(budget, async |tx| {
        let rows = tx.query_typed_raw(statement, no_conditions.params()).await?;
        let mut rows = pin!(with_fingerprints(rows));
        let mut jobs = HashMap::new();
        while let Some((_, fingerprint)) = rows.try_next().await? {
            *jobs.entry(fingerprint.hash).or_default() += 1;
        }
        Ok(jobs)
    })
    .await
}

/// Returns the statement for dead letters with more requeues than undos.
fn statement(layout: &Layout) -> Option<String> {
    let jobs = layout.rows_as("jobs");
    let events = layout.events.as_ref()?;
    let data = sql::ident(events.data.as_deref()?);
    let order = if events.ids_grow { "id".to_owned() } else { events.at.as_ref()?.sql() };
    let job_events = &events.relation;
    Some(format!(
        "with recent as materialized (
           select job_id, {data}::jsonb ->> 'reason' as reason from {job_events}
            order by {order} desc limit {EVENTS_READ}
         ), requeued as materialized (
           select job_id from recent where reason in ({requeued}, {undone}) group by job_id
           having count(*) filter (where reason = {requeued}) > count(*) filter (where reason = {undone})
         )
         select {columns} from {jobs} where id in (select job_id from requeued) and {dead}",
        requeued = sql::literal(REQUEUED),
        undone = sql::literal(UNDONE),
        columns = fingerprint_columns(layout),
        dead = sql::state_in(layout, &layout.state_names.dead),
    ))
}
