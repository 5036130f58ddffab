//! Tracks the jobs that an operation requeued: reads their ids from events or from the journal, and
//! determines the outcome of each.

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

/// Event ids that are read again at each refresh, because lower ids may be committed later.
const OVERLAP: i64 = 1_000;
/// The most pages of events per refresh.
const MAX_PAGES: u32 = 50;

/// The source of the jobs of an operation.
enum JobSource {
    /// Events with growing ids, read up to this one. Each refresh reads the newer ones.
    Events(i64),
    /// Events without growing ids, or the journal: read completely when `stale`.
    Once { journal: Option<LocalStore>, stale: bool },
}

/// The jobs of one operation.
pub(crate) struct JobTracker<'a> {
    context: &'a Context,
    operation: OperationId,
    source: JobSource,
    /// The newest event before the operation.
    begin: i64,
    causes: CauseInterner,
    jobs: HashMap<JobId, TrackedJob>,
    claims_have_events: bool,
    has_unread_events: bool,
}

/// A requeued job with its events and its row as of the last refresh.
struct TrackedJob {
    requeued: RequeuedJob,
    events: JobEvents,
    row: Option<JobRow>,
    outcome: JobOutcome,
    /// Whether the outcome is final, so that the row is not read again.
    settled: bool,
}

impl<'a> JobTracker<'a> {
    /// Creates a tracker for the jobs that an operation requeued after the event `after`. The first
    /// refresh reads them.
    ///
    /// # Errors
    /// A usage error if the database has no events and this machine no journal of the operation.
    pub(crate) async fn new(
        context: &'a Context,
        operation: &OperationId,
        after: Option<i64>,
        columns: &RequeueColumns,
        store: Option<&LocalStore>,
    ) -> Result<Self, Error> {
        let (layout, database) = (context.layout().await?, context.database().await?);
        let ids_grow = layout.events.as_ref().is_some_and(|events| events.ids_grow);
        let source = match (columns.enqueued.is_some(), ids_grow) {
            (true, true) => JobSource::Events(after.unwrap_or(0)),
            (true, false) => JobSource::Once { journal: None, stale: true },
            (false, _) => {
                JobSource::Once { journal: Some(journal(operation, store)?), stale: true }
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

    /// Makes the next refresh read the jobs of the operation again. Has no effect on events with
    /// growing ids, which each refresh reads.
    pub(crate) fn invalidate(&mut self) {
        if let JobSource::Once { stale, .. } = &mut self.source {
            *stale = true;
        }
    }

    /// Reads the rows and then the events, so that the claim of each claimed row is among the events,
    /// and evaluates the outcomes.
    pub(crate) async fn refresh(&mut self) -> Result<(), SourceError> {
        self.read_jobs().await?;
        self.read_rows().await?;
        if matches!(self.source, JobSource::Events(_)) {
            self.read_events().await?;
        }
        for job in self.jobs.values_mut().filter(|job| !job.settled) {
            job.evaluate();
        }
        Ok(())
    }

    async fn read_jobs(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let timeout = self.context.timeout();
        let requeued = match &mut self.source {
            JobSource::Events(_) => return self.read_events().await,
            JobSource::Once { stale: false, .. } => return Ok(()),
            JobSource::Once { journal: None, stale } => {
                *stale = false;
                let (operation, causes) = (&self.operation, &mut self.causes);
                requeued_jobs::read_from_events(database, layout, operation, causes, timeout)
                    .await?
            }
            JobSource::Once { journal: Some(store), stale } => {
                *stale = false;
                let entries = store.journal_entries(&self.operation);
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
        for job in requeued {
            self.jobs.entry(job.id).or_insert_with(|| TrackedJob::new(job, 0));
        }
        Ok(())
    }

    async fn read_events(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let JobSource::Events(last_read) = &mut self.source else { return Ok(()) };
        let mut next = self.begin.max(*last_read - OVERLAP);
        let (operation, causes) = (&self.operation, &mut self.causes);
        for _ in 0..MAX_PAGES {
            let timeout = self.context.timeout();
            let page =
                requeued_jobs::events(database, layout, operation, next, causes, timeout).await?;
            next = page.last;
            *last_read = next.max(*last_read);
            for (event_id, record) in page.records {
                match record {
                    EventRecord::Requeued(requeued) => {
                        // A second requeue after an undo starts again.
                        let known = self.jobs.get(&requeued.id);
                        if known.is_none_or(|job| job.events.last < event_id) {
                            self.jobs.insert(requeued.id, TrackedJob::new(requeued, event_id));
                        }
                    }
                    EventRecord::Happened(job_id, event) => {
                        if let Some(job) = self.jobs.get_mut(&job_id) {
                            job.events.record_event(event_id, event);
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
        let unsettled = self.jobs.values().filter(|job| !job.settled);
        let unsettled: Vec<_> = unsettled.map(|job| job.requeued.id).collect();
        for chunk in unsettled.chunks(CHUNK) {
            let timeout = self.context.timeout();
            let rows = requeued_jobs::read_rows(database, layout, chunk, &mut self.causes, timeout)
                .await?;
            let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
            for id in chunk {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.row = rows.remove(id);
                }
            }
        }
        Ok(())
    }

    /// Returns the number of jobs per outcome.
    pub(crate) fn counts(&self) -> OutcomeCounts {
        self.jobs.values().map(|job| job.outcome).collect()
    }

    /// Returns the number of the given jobs per outcome. Jobs that were not read yet count as queued.
    pub(crate) fn counts_of(&self, jobs: &[JobId]) -> OutcomeCounts {
        let outcome = |id| self.jobs.get(id).map_or(JobOutcome::Queued, |job| job.outcome);
        jobs.iter().map(outcome).collect()
    }

    /// Returns the jobs of a group, a group id before the requeue, with their outcomes.
    pub(crate) fn jobs_of_group(&self, group: &str) -> impl Iterator<Item = (JobId, JobOutcome)> {
        let jobs = self.jobs.values().filter(move |job| &*job.requeued.group == group);
        jobs.map(|job| (job.requeued.id, job.outcome))
    }

    /// Returns whether one of these jobs was undone. Always false if the database has no events.
    pub(crate) fn has_undone(&self, jobs: &[JobId]) -> bool {
        jobs.iter().any(|id| self.jobs.get(id).is_some_and(|job| job.events.undone))
    }

    /// Returns the workers that acted without a claim, sorted by job id; `None` if claims are not
    /// recorded as events or not all events were read.
    pub(crate) fn zombie_workers(&self) -> Option<Vec<ZombieWorker>> {
        if !self.claims_have_events || self.has_unread_events {
            return None;
        }
        let zombie = |job: &TrackedJob| detect_zombie(&job.requeued, &job.events, job.row.as_ref());
        let mut zombies: Vec<_> = self.jobs.values().filter_map(zombie).collect();
        zombies.sort_by_key(|zombie| zombie.id);
        Some(zombies)
    }

    /// Returns the result as of the last refresh.
    pub(crate) fn result(&self, end: FollowEnd) -> FollowResult {
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
            |job: &&TrackedJob| job.outcome.is_failed() || job.outcome == JobOutcome::RetryPending;
        for job in self.jobs.values().filter(failed) {
            let Some(row) = &job.row else { continue };
            // The failure of an unresponsive worker leaves no new error.
            if row.error_hash == job.requeued.error_hash && job.outcome != JobOutcome::FailedAgain {
                continue;
            }
            let group = groups.entry(Arc::clone(&row.group)).or_insert_with(|| FailureGroup {
                group: Arc::clone(&row.group),
                cause: self.causes.cause(&row.group).to_owned(),
                jobs: 0,
                same_cause: 0,
                sample: job.requeued.id,
            });
            group.jobs += 1;
            group.same_cause += u64::from(job.outcome == JobOutcome::FailedAgain);
            group.sample = group.sample.min(job.requeued.id);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|a, b| b.jobs.cmp(&a.jobs).then_with(|| a.group.cmp(&b.group)));
        groups
    }
}

/// Returns the store if it contains the operation.
fn journal(operation: &OperationId, store: Option<&LocalStore>) -> Result<LocalStore, Error> {
    let with_operation = match store {
        Some(store) => store.operation(operation)?.map(|_| store.clone()),
        None => None,
    };
    with_operation.ok_or_else(|| {
        Error::usage(format!("operation {operation} was not begun on this machine"))
            .hint("this database keeps no events: only the machine that began an operation knows its jobs")
    })
}

impl TrackedJob {
    fn new(requeued: RequeuedJob, event_id: i64) -> Self {
        let events = JobEvents { last: event_id, ..JobEvents::default() };
        Self { requeued, events, row: None, outcome: JobOutcome::Queued, settled: false }
    }

    fn evaluate(&mut self) {
        let row = self.row.as_ref();
        self.outcome = outcome(&self.requeued, &self.events, row);
        let dead = row.is_some_and(|row| row.role == Lifecycle::Dead);
        // A job that failed again may have retries left and still finish.
        self.settled =
            self.outcome.is_decided() && (self.outcome != JobOutcome::FailedAgain || dead);
    }
}
