//! The rescue of stuck jobs: which ones, and the write.

use std::collections::HashSet;
use std::time::Duration;

use super::execute::{self, ApprovedWrite};
use super::operation::{self, RecordStore};
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, OperationType, RESCUED};
use crate::facts::requeue::Outcome;
use crate::facts::stuck_job::{StuckJob, StuckJobs, StuckRule};
use crate::facts::throttle::Throttle;
use crate::permit::WritePermit;
use crate::queue::Lifecycle;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::WriteInput;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;
use crate::sources::postgres::requeue::rescue::{RescueColumns, statements};
use crate::sources::postgres::requeue::stored::Stored;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

/// A confirmed rescue.
pub(crate) struct Rescue<'a> {
    /// The columns that it writes.
    pub(crate) columns: &'a RescueColumns,
    /// The jobs to unlock.
    pub(crate) jobs: &'a [&'a StuckJob],
    /// What was read of the database before the confirmation.
    pub(crate) preconditions: &'a WritePreconditions,
    /// The operator's reason.
    pub(crate) reason: Option<&'a str>,
    /// How long locked rows are retried.
    pub(crate) lock_wait: Duration,
}

impl Rescue<'_> {
    /// Unlocks the jobs and returns the operation with its outcome. Each job is written only while the
    /// evidence that it is stuck is unchanged.
    pub(crate) async fn write(
        &self,
        context: &Context,
        store: Option<&LocalStore>,
        permit: WritePermit,
    ) -> Result<(OperationId, Outcome), Error> {
        let jobs: Vec<_> = self.jobs.iter().map(|job| job.id).collect();
        let keys: Vec<_> = self.jobs.iter().map(|job| job.fence_key.clone()).collect();
        let id = operation::operation_id(self.preconditions, "rescue");
        let mut record =
            operation::new_record(context, id, OperationType::Rescue, self.reason, jobs.len())
                .await?;
        let journal_only = self.columns.event.is_none();
        let journal = operation::journal(store, journal_only, &record.operation)?;
        let layout = context.layout().await?;
        let stored = Stored::without_role(layout, Lifecycle::Claimed, &self.preconditions.traits);
        let write = ApprovedWrite {
            permit,
            statements: statements(layout, self.columns, &stored),
            event: operation::event(&record, RESCUED),
            input: WriteInput { jobs: &jobs, keys: &keys },
            all_or_nothing: false,
            throttle: Throttle::default(),
            lock_wait: self.lock_wait,
            journal,
            preconditions: self.preconditions.clone(),
            flags: Vec::new(),
        };
        let records = RecordStore { store, journal_only };
        let (outcome, _) = execute::run(context, records, &mut record, write).await?;
        Ok((record.operation, outcome))
    }
}

/// Returns the stuck jobs that a rescue writes.
pub(crate) fn writable(stuck: &StuckJobs) -> Vec<&StuckJob> {
    stuck.jobs.iter().filter(|job| job.result.is_written()).collect()
}

/// Returns the jobs of a rescue that were written; none if it stopped early, because it is not known which.
pub(crate) fn written<'a>(jobs: &[&'a StuckJob], outcome: &Outcome) -> Vec<&'a StuckJob> {
    if outcome.stopped.is_some() || outcome.in_doubt > 0 {
        return vec![];
    }
    let skipped = outcome.skipped.iter().map(|(id, _)| *id);
    let missing: HashSet<_> = skipped.chain(outcome.errors.iter().map(|(id, _)| *id)).collect();
    jobs.iter().copied().filter(|job| !missing.contains(&job.id)).collect()
}

/// Returns only the stuck jobs with these ids. An id that is not stuck is refused.
pub(crate) fn filter_by_ids(
    only: &[JobId],
    stuck: StuckJobs,
    rule: StuckRule,
) -> Result<StuckJobs, Error> {
    let jobs: Vec<_> = stuck.jobs.into_iter().filter(|job| only.contains(&job.id)).collect();
    if let Some(id) = only.iter().find(|id| jobs.iter().all(|job| job.id != **id)) {
        let message = match rule {
            StuckRule::Age(after) => format!(
                "job {id} is not stuck: it has no lock older than {} without a heartbeat",
                text::format_duration(after)
            ),
            StuckRule::OwnLimit(_) => {
                format!("job {id} is not stuck: it is not claimed, or not beyond its own limit")
            }
        };
        return Err(
            Error::refused(message).hint(CommandText::see(ShellCommand::new("jobs show").arg(id)))
        );
    }
    Ok(StuckJobs { jobs, without_heartbeat: 0, truncated: false })
}
