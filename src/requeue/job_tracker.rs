//! Watches the jobs that an operation requeued: whose they are, and how each of them stands.

use std::collections::HashMap;
use std::sync::Arc;

use crate::context::Context;
use crate::error::Error;
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationId;
use crate::facts::requeued_job::{
    CauseInterner, FailureGroup, FollowEnd, FollowResult, JobEvents, JobOutcome, JobRow,
    OutcomeCounts, RequeuedJob, ZombieWorker,
};
use crate::queue::Lifecycle;
use crate::requeue::job_outcome::{detect_zombie, outcome};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::RequeueColumns;
use crate::sources::postgres::requeued_jobs;
use crate::sources::postgres::requeued_jobs::{CHUNK, EventRecord};

/// Events that are read again: those with lower ids may be committed later.
const OVERLAP: i64 = 1_000;
/// Pages of events of one look.
const PAGES: u32 = 50;

/// Where the jobs of an operation are known from.
enum JobSource {
    /// Events in order: read up to here; what is new is read at each look.
    Events(i64),
    /// Events without an order, or the journal: read as a whole, when there is reason to.
    Once { journal: Option<LocalStore>, stale: bool },
}

/// The jobs of one operation.
pub struct JobTracker<'a> {
    context: &'a Context,
    operation: OperationId,
    source: JobSource,
    begin: i64,
    causes: CauseInterner,
    jobs: HashMap<JobId, TrackedJob>,
    claims_have_events: bool,
    has_unread_events: bool,
}

struct TrackedJob {
    requeued: RequeuedJob,
    events: JobEvents,
    row: Option<JobRow>,
    outcome: JobOutcome,
    settled: bool,
}

impl<'a> JobTracker<'a> {
    /// Looks for the jobs that an operation requeued behind the event `after`, where events tell.
    ///
    /// # Errors
    /// Where neither events nor a journal of this machine can tell.
    pub async fn new(
        context: &'a Context,
        operation: &OperationId,
        after: Option<i64>,
        shape: &RequeueColumns,
        state: Option<&LocalStore>,
    ) -> Result<Self, Error> {
        let (layout, database) = (context.layout().await?, context.database().await?);
        let grows = layout.events.as_ref().is_some_and(|events| events.ids_grow);
        let source = match (shape.enqueued.is_some(), grows) {
            (true, true) => JobSource::Events(after.unwrap_or(0)),
            (true, false) => JobSource::Once { journal: None, stale: true },
            (false, _) => {
                JobSource::Once { journal: Some(journal(operation, state)?), stale: true }
            }
        };
        Ok(Self {
            context,
            operation: operation.clone(),
            source,
            begin: after.unwrap_or(0),
            causes: CauseInterner::default(),
            jobs: HashMap::new(),
            claims_have_events: requeued_jobs::claims_have_events(
                database,
                layout,
                context.timeout(),
            )
            .await?,
            has_unread_events: false,
        })
    }

    /// Makes the next look read the operation's jobs again, where that is not done at each.
    pub fn invalidate(&mut self) {
        if let JobSource::Once { stale, .. } = &mut self.source {
            *stale = true;
        }
    }

    /// Looks: at the rows first and at the events afterwards, so that no claim is missing.
    ///
    /// # Errors
    /// The database's.
    pub async fn refresh(&mut self) -> Result<(), SourceError> {
        self.read_members().await?;
        self.read_rows().await?;
        if matches!(self.source, JobSource::Events(_)) {
            self.read_events().await?;
        }
        for seen in self.jobs.values_mut().filter(|seen| !seen.settled) {
            seen.evaluate();
        }
        Ok(())
    }

    async fn read_members(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let timeout = self.context.timeout();
        let members = match &mut self.source {
            JobSource::Events(_) => return self.read_events().await,
            JobSource::Once { stale: false, .. } => return Ok(()),
            JobSource::Once { journal: None, stale } => {
                *stale = false;
                let (of, causes) = (&self.operation, &mut self.causes);
                requeued_jobs::read_from_events(database, layout, of, causes, timeout).await?
            }
            JobSource::Once { journal: Some(state), stale } => {
                *stale = false;
                let entries = state.journal_entries(&self.operation);
                let texts: Vec<_> =
                    entries.iter().filter_map(|e| serde_json::to_string(e).ok()).collect();
                requeued_jobs::read_from_journal(
                    database,
                    layout,
                    &texts,
                    &mut self.causes,
                    timeout,
                )
                .await?
            }
        };
        for member in members {
            self.jobs.entry(member.id).or_insert_with(|| TrackedJob::new(member, 0));
        }
        Ok(())
    }

    async fn read_events(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let JobSource::Events(read) = &mut self.source else { return Ok(()) };
        let mut next = self.begin.max(*read - OVERLAP);
        for _ in 0..PAGES {
            let (of, timeout) = (&self.operation, self.context.timeout());
            let page = requeued_jobs::events(database, layout, of, next, &mut self.causes, timeout)
                .await?;
            next = page.last;
            *read = next.max(*read);
            for (event, told) in page.records {
                match told {
                    EventRecord::Requeued(member) => {
                        // Once more, after an undo: a new beginning.
                        let known = self.jobs.get(&member.id);
                        if known.is_none_or(|seen| seen.events.last < event) {
                            self.jobs.insert(member.id, TrackedJob::new(member, event));
                        }
                    }
                    EventRecord::Happened(job, deed) => {
                        if let Some(seen) = self.jobs.get_mut(&job) {
                            seen.events.record_event(event, deed);
                        }
                    }
                }
            }
            self.has_unread_events = page.more;
            if !page.more {
                break;
            }
        }
        Ok(())
    }

    async fn read_rows(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let open: Vec<_> =
            self.jobs.values().filter(|s| !s.settled).map(|s| s.requeued.id).collect();
        for chunk in open.chunks(CHUNK) {
            let timeout = self.context.timeout();
            let rows = requeued_jobs::read_rows(database, layout, chunk, &mut self.causes, timeout)
                .await?;
            let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
            for id in chunk {
                if let Some(seen) = self.jobs.get_mut(id) {
                    seen.row = rows.remove(id);
                }
            }
        }
        Ok(())
    }

    /// How many jobs stand how.
    #[must_use]
    pub fn counts(&self) -> OutcomeCounts {
        self.jobs.values().map(|seen| seen.outcome).collect()
    }

    /// How many of these jobs stand how; what is not known of yet, is queued.
    #[must_use]
    pub fn counts_of(&self, jobs: &[JobId]) -> OutcomeCounts {
        let standing = |id| self.jobs.get(id).map_or(JobOutcome::Queued, |seen| seen.outcome);
        jobs.iter().map(standing).collect()
    }

    /// Those that had died of this (a fingerprint's hash), and how they stand.
    pub fn jobs_with_cause(&self, died_of: &str) -> impl Iterator<Item = (JobId, JobOutcome)> {
        let mine = self.jobs.values().filter(move |seen| &*seen.requeued.cause == died_of);
        mine.map(|seen| (seen.requeued.id, seen.outcome))
    }

    /// Whether somebody took back one of these jobs, where events tell.
    #[must_use]
    pub fn undone(&self, jobs: &[JobId]) -> bool {
        jobs.iter().any(|id| self.jobs.get(id).is_some_and(|seen| seen.events.undone))
    }

    /// Workers that acted without a claim; none where claims leave no events.
    #[must_use]
    pub fn zombie_workers(&self) -> Option<Vec<ZombieWorker>> {
        if !self.claims_have_events || self.has_unread_events {
            return None;
        }
        let zombie =
            |seen: &TrackedJob| detect_zombie(&seen.requeued, &seen.events, seen.row.as_ref());
        let mut zombies: Vec<_> = self.jobs.values().filter_map(zombie).collect();
        zombies.sort_by_key(|zombie| zombie.id);
        Some(zombies)
    }

    /// The account so far.
    #[must_use]
    pub fn result(&self, end: FollowEnd) -> FollowResult {
        FollowResult {
            operation: self.operation.clone(),
            counts: self.counts(),
            failures: self.failures(),
            zombies: self.zombie_workers(),
            has_unread_events: self.has_unread_events,
            end,
        }
    }

    fn failures(&self) -> Vec<FailureGroup> {
        let mut groups: HashMap<Arc<str>, FailureGroup> = HashMap::new();
        let failed =
            |seen: &&TrackedJob| seen.outcome.failed() || seen.outcome == JobOutcome::RetryPending;
        for seen in self.jobs.values().filter(failed) {
            let Some(now) = &seen.row else { continue };
            // A job that lost its worker left no error of its own.
            if now.error_hash == seen.requeued.error_hash && seen.outcome != JobOutcome::FailedAgain
            {
                continue;
            }
            let group = groups.entry(Arc::clone(&now.cause)).or_insert_with(|| FailureGroup {
                group: Arc::clone(&now.cause),
                cause: self.causes.cause(&now.cause).to_owned(),
                jobs: 0,
                same_cause: 0,
                sample: seen.requeued.id,
            });
            group.jobs += 1;
            group.same_cause += u64::from(seen.outcome == JobOutcome::FailedAgain);
            group.sample = group.sample.min(seen.requeued.id);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|a, b| b.jobs.cmp(&a.jobs).then_with(|| a.group.cmp(&b.group)));
        groups
    }
}

/// The records of this machine, where the operation is one of them.
fn journal(operation: &OperationId, state: Option<&LocalStore>) -> Result<LocalStore, Error> {
    let known = match state {
        Some(state) => state.operation(operation)?.map(|_| state.clone()),
        None => None,
    };
    known.ok_or_else(|| {
        Error::usage(format!("operation {operation} was not begun on this machine"))
            .hint("this database keeps no events: only the machine that began an operation knows its jobs")
    })
}

impl TrackedJob {
    fn new(requeued: RequeuedJob, event: i64) -> Self {
        let events = JobEvents { last: event, ..JobEvents::default() };
        Self { requeued, events, row: None, outcome: JobOutcome::Queued, settled: false }
    }

    fn evaluate(&mut self) {
        let now = self.row.as_ref();
        self.outcome = outcome(&self.requeued, &self.events, now);
        let dead = now.is_some_and(|now| now.role == Lifecycle::Dead);
        // One that failed again may still be tried again, and finish.
        self.settled = self.outcome.decided() && (self.outcome != JobOutcome::FailedAgain || dead);
    }
}
