//! The steps that all writes share: the checks before the confirmation, the operation id, the
//! operation record, the writer, and for a requeue the canary and the follow.

use std::time::Duration;

use jiff::Timestamp;

use super::job_tracker::JobTracker;
use super::operation::{RecordStore, with_operation_record};
use super::throttle::WriteThrottle;
use super::undo_watch::UndoWatch;
use super::{canary, follow};
use crate::context::Context;
use crate::error::Error;
use crate::facts::canary::Canary;
use crate::facts::operation::{OperationId, OperationType};
use crate::facts::requeue::{Outcome, Plan, RequeueRun};
use crate::facts::throttle::Throttle;
use crate::interrupt::Interrupt;
use crate::permit::WritePermit;
use crate::sources::files::local_store::StoredOperation;
use crate::sources::postgres::requeue::journal::Journal;
use crate::sources::postgres::requeue::operation_events::LocatedOperation;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, Writer};
use crate::suggest::{CommandText, ShellCommand};
use crate::text::format_duration;

/// Refuses (77) while a context of the configuration is invalid, because it might protect this
/// database.
pub(crate) fn refuse_if_config_invalid(context: &Context) -> Result<(), Error> {
    let Some(invalid) = &context.settings.invalid_config else { return Ok(()) };
    Err(Error::refused("refused: the configuration is invalid and might protect this database")
        .cause(&invalid.message)
        .hint(CommandText::from("fix it, then run ").command(ShellCommand::new("config check"))))
}

/// Refuses (77) if this database cannot be written to.
pub(crate) fn refuse_if_not_writable(
    context: &Context,
    preconditions: &WritePreconditions,
    unknown_guard: Option<Error>,
) -> Result<(), Error> {
    refuse_if_config_invalid(context)?;
    if let Some(refusal) = unknown_guard {
        return Err(refusal);
    }
    if let Some(obstacle) = &preconditions.obstacle {
        return Err(Error::refused(obstacle.clone()));
    }
    if let Some(warning) = clock_warning(context.now(), preconditions.now) {
        context.terminal.print_note(&format!("warning: {warning}"));
    }
    Ok(())
}

/// From this difference the clocks are wrong rather than imprecise.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

/// Returns the warning for a clock of this machine that differs from that of the database server.
fn clock_warning(here: Timestamp, server: Timestamp) -> Option<String> {
    let difference = here.duration_since(server);
    if difference.unsigned_abs() < MAX_CLOCK_DIFFERENCE {
        return None;
    }
    let relation = if difference.is_negative() { "behind" } else { "ahead of" };
    Some(format!(
        "the clock of this machine is {} {relation} that of the database server; operations carry the server's time",
        format_duration(difference.unsigned_abs())
    ))
}

/// A confirmed write.
pub(crate) struct ApprovedWrite<'a> {
    /// The permit from the confirmation.
    pub(crate) permit: WritePermit,
    /// The statements to run.
    pub(crate) statements: Statements,
    /// The JSON that all events share, from [`operation::event`](super::operation::event).
    pub(crate) event: String,
    /// The jobs.
    pub(crate) input: WriteInput<'a>,
    /// Whether all jobs are written in one transaction, or none.
    pub(crate) all_or_nothing: bool,
    /// The rate limit and the pauses.
    pub(crate) throttle: Throttle,
    /// How long locked rows are retried.
    pub(crate) lock_wait: Duration,
    /// The journal, if the database has no events.
    pub(crate) journal: Option<Journal>,
    /// What was read of the database before the confirmation.
    pub(crate) preconditions: WritePreconditions,
    /// The flags for resuming the operation after an interrupt.
    pub(crate) flags: Vec<String>,
}

/// Writes the jobs without a canary and stores the operation record before and after. Returns also whether the
/// record is stored.
pub(crate) async fn run(
    context: &Context,
    records: RecordStore<'_>,
    record: &mut StoredOperation,
    write: ApprovedWrite<'_>,
) -> Result<(Outcome, bool), Error> {
    let interrupt = Interrupt::listen();
    let (input, all_or_nothing, limits) = (write.input, write.all_or_nothing, write.throttle);
    let flags = write.flags.clone();
    let mut watch = write.undo_watch(context, record, records);
    with_operation_record(context, records, record, &flags, async || {
        let mut writer = write.writer(context, &interrupt).await?;
        if all_or_nothing {
            return Ok(writer.all_or_nothing(input).await);
        }
        let total = input.jobs.len() as u64;
        let progress = context.terminal.progress(total, "jobs");
        let mut throttle = WriteThrottle::new(context, &interrupt, limits);
        let next_size = async |so_far: &Outcome| {
            progress.at(so_far.decided());
            let size = throttle.next_write_size(so_far, total, &progress).await;
            if let Some(watch) = &mut watch {
                watch.check(so_far.decided() == 0).await?;
            }
            Ok(size)
        };
        let outcome = writer.apply(input, next_size).await;
        progress.finish();
        Ok(outcome)
    })
    .await
}

impl<'a> ApprovedWrite<'a> {
    /// Returns the watch that stops a requeue when another operator undoes it.
    fn undo_watch<'c>(
        &self,
        context: &'c Context,
        record: &StoredOperation,
        records: RecordStore<'_>,
    ) -> Option<UndoWatch<'c>> {
        let store = records.store.filter(|_| records.journal_only);
        (record.operation_type == OperationType::Requeue)
            .then(|| UndoWatch::new(context, &record.operation, &self.preconditions, store))
    }

    /// Connects to the database and returns the writer.
    pub(crate) async fn writer(
        self,
        context: &'a Context,
        interrupt: &'a Interrupt,
    ) -> Result<Writer<'a>, Error> {
        Ok(Writer {
            database: context.database().await?,
            permit: self.permit,
            statements: self.statements,
            event: self.event,
            lock_wait: self.lock_wait,
            // The lock wait is added for locks that SKIP LOCKED does not skip.
            timeout: context.timeout() + self.lock_wait,
            journal: self.journal,
            interrupt,
        })
    }
}

/// How to write a plan.
pub(crate) struct ExecutionOptions<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// The columns that a requeue writes in this database.
    pub(crate) columns: &'a RequeueColumns,
    /// Where the record is kept.
    pub(crate) records: RecordStore<'a>,
    /// The canary, if the plan is written in growing batches.
    pub(crate) canary: Option<&'a Canary>,
    /// The statements for all batches of the canary but the last one.
    pub(crate) batch_statements: &'a Statements,
    /// How long to follow the jobs at most; `None` to not follow them.
    pub(crate) follow: Option<Duration>,
    /// Whether an operation is resumed, so that some of its jobs may be queued or running.
    pub(crate) resumed: bool,
}

impl ExecutionOptions<'_> {
    /// Writes the plan and follows its jobs if requested.
    pub(crate) async fn write(
        &self,
        context: &Context,
        record: &mut StoredOperation,
        write: ApprovedWrite<'_>,
    ) -> Result<RequeueRun, Error> {
        let interrupt = Interrupt::listen();
        let (run, tracker) = match self.canary {
            None => {
                let (outcome, resumable) = run(context, self.records, record, write).await?;
                (RequeueRun { resumable, ..outcome.into() }, None)
            }
            Some(canary) => {
                let (run, tracker) =
                    self.run_canary(context, record, write, canary, &interrupt).await?;
                (run, Some(tracker))
            }
        };
        self.follow_if_requested(context, &record.operation, run, tracker, &interrupt).await
    }

    async fn run_canary<'w>(
        &self,
        context: &'w Context,
        record: &mut StoredOperation,
        write: ApprovedWrite<'_>,
        canary: &Canary,
        interrupt: &'w Interrupt,
    ) -> Result<(RequeueRun, JobTracker<'w>), Error> {
        let (operation, flags) = (record.operation.clone(), write.flags.clone());
        let mut result = None;
        let watch = write.undo_watch(context, record, self.records);
        let written = with_operation_record(context, self.records, record, &flags, async || {
            // Created here because without events it needs the record that was just stored.
            let located = LocatedOperation::by_id(&operation);
            let mut tracker =
                JobTracker::new(context, &located, self.columns, self.records.store).await?;
            if self.resumed {
                tracker.refresh().await?;
            }
            let (remainder, keys) = (write.statements.clone(), write.input.keys);
            let throttle = WriteThrottle::new(context, interrupt, write.throttle);
            let mut writer = write.writer(context, interrupt).await?;
            let io = canary::CanaryIo {
                canary,
                writer: &mut writer,
                tracker: &mut tracker,
                throttle,
                watch,
                remainder: &remainder,
                batches: self.batch_statements,
                interrupt,
            };
            let (outcome, groups) = canary::run(context, self.plan, keys, io).await;
            result = Some((groups, tracker));
            Ok(outcome)
        })
        .await;
        let (outcome, resumable) = written?;
        let (groups, tracker) = result.ok_or_else(|| Error::bug("the canary did not run"))?;
        Ok((RequeueRun { groups, resumable, ..outcome.into() }, tracker))
    }

    /// Follows the written jobs if `--follow` was given and the write was not stopped.
    async fn follow_if_requested<'w>(
        &self,
        context: &'w Context,
        operation: &OperationId,
        mut run: RequeueRun,
        tracker: Option<JobTracker<'w>>,
        interrupt: &Interrupt,
    ) -> Result<RequeueRun, Error> {
        let Some(limit) = self.follow else { return Ok(run) };
        if run.outcome.written == 0 || run.outcome.stopped.is_some() {
            return Ok(run);
        }
        let mut tracker = match tracker {
            Some(tracker) => tracker,
            None => {
                let located = LocatedOperation::by_id(operation);
                JobTracker::new(context, &located, self.columns, self.records.store).await?
            }
        };
        run.followed = Some(follow::follow(context, &mut tracker, interrupt, limit).await);
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_clock_difference_causes_a_warning() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        assert_eq!(clock_warning(at(30), at(0)), None);
        assert!(clock_warning(at(7_200), at(0)).unwrap().contains("2h ahead of"));
        assert!(clock_warning(at(0), at(120)).unwrap().contains("2m behind"));
    }
}
