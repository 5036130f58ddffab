//! The ids that an argument can have, each with a description: for prefixes on the command line and for completion.
//! Reading them writes nothing.

use jiff::Timestamp;

use super::dlq::given_up::GivenUp;
use crate::context::Context;
use crate::error::Error;
use crate::facts::group::DeadLetterGroup;
use crate::facts::job::{JobLine, JobState};
use crate::facts::operation::OperationId;
use crate::facts::selection::Selection;
use crate::queue::{Counting, Lifecycle, sql};
use crate::redact::sanitize;
use crate::requeue::operation;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::ops;
use crate::sources::postgres::{groups, jobs};
use crate::text;

/// Maximum length of a description, in characters.
const DESCRIPTION: usize = 80;

/// An id that an argument can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The id.
    pub(crate) id: String,
    /// What tells it from other ids, on one line.
    pub(crate) description: String,
}

impl Candidate {
    /// Creates a candidate. The description can contain text of the database.
    pub(super) fn new(id: impl Into<String>, description: &str) -> Self {
        let description = sanitize::line(description).chars().take(DESCRIPTION).collect();
        Self { id: id.into(), description }
    }
}

/// Reads the groups of dead letters and of given-up jobs, largest first. `None` if they were not read completely.
pub(crate) async fn groups(context: &Context) -> Result<Option<Vec<Candidate>>, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let given_up = GivenUp::read(context, layout).await?;
    let mut jobs = sql::is_role(layout, Lifecycle::Dead);
    if let Some((_, given_up)) = given_up.states() {
        jobs = format!("({jobs} or {given_up})");
    }
    let all = Selection::default();
    let read = groups::read(database, layout, &jobs, &all, context.remaining()).await?;
    if read.truncated || read.rare_groups_dropped > 0 {
        return Ok(None);
    }
    let candidate = |group: &DeadLetterGroup| {
        let jobs = text::plural(group.dead.jobs, "job", "jobs");
        let description = format!("{}, {jobs}: {}", group.kind, group.fingerprint.template);
        Candidate::new(&group.fingerprint.hash, &description)
    };
    Ok(Some(read.groups.iter().map(candidate).collect()))
}

/// Reads the plans of this machine, newest first.
pub(crate) fn plans(context: &Context, store: &LocalStore) -> Vec<Candidate> {
    let mut plans = store.plan_ids();
    plans.sort_by_key(|(_, stored)| std::cmp::Reverse(*stored));
    let candidate = |(id, stored): (String, Option<Timestamp>)| {
        let age = stored.map(|at| text::age(text::seconds_since(at, context.now())));
        Candidate::new(id, &age.map_or_else(String::new, |age| format!("planned {age} ago")))
    };
    plans.into_iter().map(candidate).collect()
}

/// Reads the operations that start with `prefix`: those in the newest events, and those of this database that this
/// machine recorded.
pub(crate) async fn operations(
    context: &Context,
    store: Option<&LocalStore>,
    prefix: &str,
) -> Result<Vec<Candidate>, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let mut found: Vec<_> = ops::with_prefix(database, layout, prefix, context.remaining())
        .await?
        .into_iter()
        .map(|(id, operation_type)| (id, operation_type.as_str().to_owned()))
        .collect();
    for record in store.map(LocalStore::operations).unwrap_or_default() {
        let id = record.operation.to_string();
        if id.starts_with(prefix)
            && found.iter().all(|(known, _)| *known != record.operation)
            && operation::is_same_table(context, &record.jobs_table).await?
        {
            let jobs = text::plural(record.jobs, "job", "jobs");
            let description = format!("{} of {jobs}", record.operation_type.as_str());
            found.push((record.operation, description));
        }
    }
    found.sort_by_key(|(id, _)| std::cmp::Reverse(id.at));
    let candidate = |(id, description): (OperationId, String)| {
        let age = text::age(text::seconds_since(id.at, context.now()));
        Candidate::new(id.to_string(), &format!("{description}, {age} ago"))
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// Reads up to `limit` jobs of a state whose ids start with `prefix`.
pub(crate) async fn jobs(
    context: &Context,
    state: JobState,
    prefix: &str,
    limit: u32,
) -> Result<Vec<Candidate>, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let condition = jobs::ListCondition {
        state,
        kind: None,
        workspace: None,
        changed_since: None,
        id_prefix: prefix.to_owned(),
        limit,
        counting: Counting::Unknown,
        stuck_after: context.settings.thresholds.stuck_after,
    };
    let listed = jobs::list(database, layout, &condition, context.remaining()).await?;
    let candidate = |job: JobLine| {
        let kind = job.kind.unwrap_or_else(|| "-".to_owned());
        let detail = match state {
            JobState::Stuck => job.worker.map(|worker| format!("locked by {worker}")),
            _ => job.error.and_then(|error| error.lines().next().map(str::to_owned)),
        };
        let detail = detail.map_or_else(String::new, |detail| format!(": {detail}"));
        Candidate::new(job.id, &format!("{} {kind}{detail}", state.as_str()))
    };
    Ok(listed.into_iter().map(candidate).collect())
}
