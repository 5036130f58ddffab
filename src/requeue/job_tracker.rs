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
    CauseInterner, EventKey, FailureGroup, FollowEnd, FollowResult, JobEvents, JobOutcome, JobRow,
    OutcomeCounts, Remainder, RequeuedJob, ZombieWorker,
};
use crate::queue::{Counting, Lifecycle};
use crate::requeue::job_outcome::{detect_zombie, outcome};
use crate::requeue::operation::{committed_entries, ensure_same_table, undone_by_journal};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::event_position::{self, EventPosition};
use crate::sources::postgres::requeue::operation_events::LocatedOperation;
use crate::sources::postgres::requeue::{RequeueColumns, operation_events, running};
use crate::sources::postgres::requeued_jobs;
use crate::sources::postgres::requeued_jobs::{CHUNK, EventRecord};

/// The most pages of events per refresh.
const MAX_PAGES: u32 = 50;

/// The source of the jobs of an operation.
enum JobSource {
    /// Events with growing ids. Each refresh reads the newer ones, and those that may have been committed late.
    Events {
        /// How far all events have been read.
        position: EventPosition,
        /// The newest event that was read.
        newest: i64,
    },
    /// Events without growing ids, or the journal: read completely when `stale`.
    Once { journal: Option<LocalStore>, stale: bool },
}

/// Which events are read.
#[derive(Clone, Copy)]
enum EventRange {
    /// Those after the newest that was read: jobs that were requeued meanwhile.
    Newest,
    /// Also those whose transactions may have been open when newer ones were read.
    Open,
}

/// The jobs of one operation.
pub(crate) struct JobTracker<'a> {
    context: &'a Context,
    operation: LocatedOperation,
    columns: RequeueColumns,
    source: JobSource,
    /// The store of this machine.
    store: Option<LocalStore>,
    causes: CauseInterner,
    jobs: HashMap<JobId, TrackedJob>,
    claims_have_events: bool,
    has_transactions: bool,
    has_unread_events: bool,
    deletes_finished: bool,
    counting: Counting,
}

/// A requeued job with its events and its row as of the last refresh.
struct TrackedJob {
    requeued: RequeuedJob,
    events: JobEvents,
    row: Row,
    outcome: JobOutcome,
    /// Whether the outcome is final, so that the row is not read again.
    settled: bool,
}

/// The row of a job.
enum Row {
    /// Not read since its requeue is known.
    Unread,
    /// Deleted.
    Missing,
    Read(JobRow),
}

impl Row {
    fn read(&self) -> Option<&JobRow> {
        match self {
            Self::Read(row) => Some(row),
            Self::Unread | Self::Missing => None,
        }
    }
}

impl<'a> JobTracker<'a> {
    /// Creates a tracker for the jobs of an operation. The first refresh reads them.
    ///
    /// # Errors
    /// A usage error if the database has no events and this machine no journal of the operation; refused (77) if it
    /// belongs to another table.
    pub(crate) async fn new(
        context: &'a Context,
        operation: &LocatedOperation,
        columns: &RequeueColumns,
        store: Option<&LocalStore>,
    ) -> Result<Self, Error> {
        let (layout, database) = (context.layout().await?, context.database().await?);
        let ids_grow = layout.events.as_ref().is_some_and(|events| events.ids_grow);
        let source = match (columns.enqueued.is_some(), ids_grow) {
            (true, true) => {
                let newest = operation.after.unwrap_or(0);
                JobSource::Events { position: EventPosition::new(newest), newest }
            }
            (true, false) => JobSource::Once { journal: None, stale: true },
            (false, _) => {
                let journal = journal(context, &operation.id, store).await?;
                JobSource::Once { journal: Some(journal), stale: true }
            }
        };
        Ok(Self {
            context,
            operation: operation.clone(),
            columns: columns.clone(),
            source,
            store: store.cloned(),
            causes: CauseInterner::default(),
            jobs: HashMap::new(),
            claims_have_events: requeued_jobs::claims_have_events(
                database,
                layout,
                context.timeout(),
            )
            .await?,
            has_transactions: requeued_jobs::have_transactions(database, layout, context.timeout())
                .await?,
            has_unread_events: false,
            deletes_finished: layout.package().is_some_and(|package| package.deletes_finished),
            counting: context.counting().await?,
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
    /// and evaluates the outcomes. A job whose requeue became known after the rows were read is evaluated by the
    /// next refresh.
    pub(crate) async fn refresh(&mut self) -> Result<(), SourceError> {
        self.read_jobs().await?;
        self.read_rows().await?;
        if matches!(self.source, JobSource::Events { .. }) {
            self.read_events(EventRange::Open).await?;
        } else {
            self.read_undone().await?;
        }
        for job in self.jobs.values_mut().filter(|job| !job.settled) {
            job.evaluate((self.counting, self.deletes_finished));
        }
        Ok(())
    }

    async fn read_jobs(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let timeout = self.context.timeout();
        let requeued = match &mut self.source {
            JobSource::Events { .. } => return self.read_events(EventRange::Newest).await,
            JobSource::Once { stale: false, .. } => return Ok(()),
            JobSource::Once { journal: None, stale } => {
                *stale = false;
                let (operation, causes) = (&self.operation, &mut self.causes);
                requeued_jobs::read_from_events(database, layout, operation, causes, timeout)
                    .await?
            }
            JobSource::Once { journal: Some(store), stale } => {
                *stale = false;
                let (context, columns) = (self.context, &self.columns);
                // Jobs of a transaction that is still open appear when it has ended.
                let entries = committed_entries(context, columns, store, &self.operation.id).await;
                let entries = entries.unwrap_or_default();
                let texts: Vec<_> =
                    entries.iter().filter_map(|e| serde_json::to_string(e).ok()).collect();
                let causes = &mut self.causes;
                requeued_jobs::read_from_journal(database, layout, &texts, causes, timeout).await?
            }
        };
        for job in requeued {
            let id = job.id;
            let tracked = || TrackedJob::new(job, EventKey::default());
            self.jobs.entry(id).or_insert_with(tracked);
        }
        Ok(())
    }

    /// Reads which jobs were undone, if a dead letter might be one of them: events without growing ids, and
    /// journals, are not read at each refresh.
    async fn read_undone(&mut self) -> Result<(), SourceError> {
        let has_ended = |row: &JobRow| matches!(row.role, Lifecycle::Dead | Lifecycle::Failed);
        let may_be_undone =
            |job: &TrackedJob| !job.settled && job.row.read().is_some_and(has_ended);
        let JobSource::Once { journal, .. } = &self.source else { return Ok(()) };
        if !self.jobs.values().any(may_be_undone) {
            return Ok(());
        }
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let undone = match journal {
            None => {
                let timeout = self.context.timeout();
                operation_events::undone_ids(database, layout, &self.operation, timeout).await?
            }
            Some(store) => {
                undone_by_journal(self.context, &self.columns, store, &self.operation.id)
                    .await
                    .unwrap_or_default()
            }
        };
        for id in undone {
            if let Some(job) = self.jobs.get_mut(&id) {
                job.events.undone = true;
            }
        }
        Ok(())
    }

    async fn read_events(&mut self, range: EventRange) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let timeout = self.context.timeout();
        let JobSource::Events { position, newest } = &mut self.source else { return Ok(()) };
        let horizon = event_position::read_horizon(database, layout, timeout).await?;
        let mut next = match range {
            EventRange::Newest => *newest,
            EventRange::Open => position.next(),
        };
        let (operation, causes) = (&self.operation.id, &mut self.causes);
        for _ in 0..MAX_PAGES {
            let page =
                requeued_jobs::events(database, layout, operation, next, causes, timeout).await?;
            next = page.last;
            *newest = next.max(*newest);
            // First the requeues: with ids that are out of order, a claim can have a lower one.
            let (requeued, happened): (Vec<_>, Vec<_>) = page
                .records
                .into_iter()
                .partition(|(_, record)| matches!(record, EventRecord::Requeued(_)));
            for (key, record) in requeued.into_iter().chain(happened) {
                match record {
                    EventRecord::Requeued(requeued) => {
                        let id = requeued.id;
                        let tracked = || TrackedJob::new(requeued, key);
                        self.jobs.entry(id).or_insert_with(tracked);
                    }
                    EventRecord::Happened(job_id, event) => {
                        if let Some(job) = self.jobs.get_mut(&job_id) {
                            job.events.record_event(key, event);
                        }
                    }
                }
            }
            self.has_unread_events = page.more;
            if !page.more {
                if matches!(range, EventRange::Open) {
                    position.advance(&horizon);
                }
                break;
            }
        }
        Ok(())
    }

    async fn read_rows(&mut self) -> Result<(), SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let unsettled = self.jobs.values().filter(|job| !job.settled);
        let unsettled: Vec<_> =
            unsettled.map(|job| (job.requeued.id, job.requeued.place.clone())).collect();
        for chunk in unsettled.chunks(CHUNK) {
            let timeout = self.context.timeout();
            let jobs = (chunk, self.has_transactions);
            let rows =
                requeued_jobs::read_rows(database, layout, jobs, &mut self.causes, timeout).await?;
            let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
            for (id, _) in chunk {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.row = rows.remove(id).map_or(Row::Missing, Row::Read);
                }
            }
        }
        Ok(())
    }

    /// Returns whether the operation is still being written: on this machine its lock tells, on another one the
    /// session of the writer.
    pub(crate) async fn is_running(&self) -> bool {
        if self.store.as_ref().is_some_and(|store| store.owner(&self.operation.id).is_some()) {
            return true;
        }
        let Ok(database) = self.context.database().await else { return false };
        running::is_shown(database, &self.operation.id, self.context.timeout())
            .await
            .unwrap_or(false)
    }

    /// Returns what of the operation is not requeued.
    fn remainder(&self, is_running: bool) -> Remainder {
        let store = self.store.as_ref();
        let record = store.and_then(|store| store.operation(&self.operation.id).ok().flatten());
        let interrupted = record.filter(|record| !record.finished && !is_running);
        let planned = interrupted.map_or(0, |record| record.jobs);
        let not_requeued = planned.saturating_sub(self.jobs.len() as u64);
        Remainder { is_running, not_requeued }
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

    /// Returns the first of the given jobs that failed.
    pub(crate) fn first_failed(&self, jobs: &[JobId]) -> Option<JobId> {
        let failed = |id: &&JobId| self.jobs.get(id).is_some_and(|job| job.outcome.is_failed());
        jobs.iter().find(failed).copied()
    }

    /// Returns the jobs of a group, a group id before the requeue, with their outcomes.
    pub(crate) fn jobs_of_group(&self, group: &str) -> impl Iterator<Item = (JobId, JobOutcome)> {
        let jobs = self.jobs.values().filter(move |job| &*job.requeued.group == group);
        jobs.map(|job| (job.requeued.id, job.outcome))
    }

    /// Returns the workers that acted without a claim, sorted by job id; `None` if claims are not
    /// recorded as events or not all events were read.
    pub(crate) fn zombie_workers(&self) -> Option<Vec<ZombieWorker>> {
        if !self.claims_have_events || self.has_unread_events {
            return None;
        }
        let zombie = |job: &TrackedJob| detect_zombie(&job.requeued, &job.events, job.row.read());
        let mut zombies: Vec<_> = self.jobs.values().filter_map(zombie).collect();
        zombies.sort_by_key(|zombie| zombie.id);
        Some(zombies)
    }

    /// Returns the result as of the last refresh.
    pub(crate) fn result(&self, is_running: bool, end: FollowEnd) -> FollowResult {
        FollowResult {
            operation: self.operation.id.clone(),
            counts: self.counts(),
            failures: self.failures(),
            zombies: self.zombie_workers(),
            has_unread_events: self.has_unread_events,
            remainder: self.remainder(is_running),
            end,
        }
    }

    fn failures(&self) -> Vec<FailureGroup> {
        let mut groups: HashMap<Arc<str>, FailureGroup> = HashMap::new();
        let failed =
            |job: &&TrackedJob| job.outcome.is_failed() || job.outcome == JobOutcome::RetryPending;
        for job in self.jobs.values().filter(failed) {
            let Some(row) = job.row.read() else { continue };
            // The failure of an unresponsive worker leaves no new error.
            if row.errors == job.requeued.errors && job.outcome != JobOutcome::FailedAgain {
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

/// Returns the store if it contains the operation, which must be one of this table.
async fn journal(
    context: &Context,
    operation: &OperationId,
    store: Option<&LocalStore>,
) -> Result<LocalStore, Error> {
    let not_here = || {
        Error::usage(format!("operation {operation} was not started on this machine")).hint(
            "without an events table, only the machine that started an operation knows its jobs",
        )
    };
    let store = store.ok_or_else(not_here)?;
    let record = store.operation(operation)?.ok_or_else(not_here)?;
    ensure_same_table(context, &record.jobs_table).await?;
    Ok(store.clone())
}

impl TrackedJob {
    fn new(requeued: RequeuedJob, event: EventKey) -> Self {
        let events = JobEvents::since(event);
        Self { requeued, events, row: Row::Unread, outcome: JobOutcome::Queued, settled: false }
    }

    fn evaluate(&mut self, queue: (Counting, bool)) {
        if matches!(self.row, Row::Unread) {
            return;
        }
        let row = self.row.read();
        self.outcome = outcome(&self.requeued, &self.events, row, queue);
        let dead = row.is_some_and(|row| row.role == Lifecycle::Dead);
        // A job that failed again may have retries left and still finish.
        self.settled =
            self.outcome.is_decided() && (self.outcome != JobOutcome::FailedAgain || dead);
    }
}
