//! What every write shares: consent, an operation id, the writer, the record of it.

use std::time::Duration;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::job_tracker::JobTracker;
use super::throttle::WriteThrottle;
use super::{canary, follow};
use crate::context::Context;
use crate::error::Error;
use crate::facts::canary::Canary;
use crate::facts::operation::{Author, OperationId, OperationType};
use crate::facts::requeue::{Outcome, Plan, RequeueRun, WriteStop};
use crate::facts::throttle::Throttle;
use crate::interrupt::Interrupt;
use crate::permit::WritePermit;
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::journal::Journal;
use crate::sources::postgres::requeue::operation_events::WritePreconditions;
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, Writer};

/// Refuses while a context of the configuration cannot be read: it may protect this database.
///
/// # Errors
/// 77 with what is wrong.
pub fn refuse_if_config_invalid(context: &Context) -> Result<(), Error> {
    let Some(broken) = &context.settings.broken else { return Ok(()) };
    Err(Error::refused("a broken context may protect this database: nothing is written")
        .cause(&broken.message)
        .hint("mend it first; cliplyctl config check says whether that is all"))
}

/// Refuses where nothing can be written, before anyone is asked.
pub fn refuse_if_not_writable(context: &Context, ground: &WritePreconditions) -> Result<(), Error> {
    refuse_if_config_invalid(context)?;
    if let (Some(why), false) = (&ground.obstacle, context.settings.read_only) {
        return Err(Error::refused(why.clone()));
    }
    Ok(())
}

/// This machine's records. Where there are no events they are the only ones, and must be kept.
///
/// # Errors
/// When they cannot be, and must.
pub fn open_local_store(
    state: Result<LocalStore, Error>,
    journal_only: bool,
) -> Result<Option<LocalStore>, Error> {
    match state {
        Err(error) if journal_only => Err(error),
        state => Ok(state.ok()),
    }
}

/// The journal of an operation that no event tells of.
///
/// # Errors
/// When it cannot be opened.
pub fn journal(
    state: Option<&LocalStore>,
    journal_only: bool,
    operation: &OperationId,
) -> Result<Option<Journal>, Error> {
    let state = state.filter(|_| journal_only);
    state.map(|state| Ok(Journal::new(state.journal(operation)?))).transpose()
}

/// A new operation that begins here.
pub fn operation_id(ground: &WritePreconditions, salt: &str) -> OperationId {
    let seed = format!("{salt}\n{}\n{}", ground.now, std::process::id());
    let hash = Sha256::digest(seed.as_bytes());
    let tag = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    OperationId { at: ground.now, after: ground.newest_event, tag }
}

/// What every event of an operation says; the statement adds what each job was.
pub fn event(
    operation: &OperationId,
    author: &Author,
    reason: &str,
    undoes: Option<&OperationId>,
) -> String {
    let mut event = json!({
        "reason": reason,
        "operation": operation.to_string(),
        "actor": author.actor,
        "host": author.host,
        "operator_reason": author.reason,
        "tool": concat!("cliplyctl ", env!("CARGO_PKG_VERSION")),
    });
    if let Some(undoes) = undoes {
        event["undoes"] = undoes.to_string().into();
    }
    event.to_string()
}

/// A write that was agreed to.
pub struct ApprovedWrite<'a> {
    /// Leave to write.
    pub permit: WritePermit,
    /// What to run.
    pub statements: Statements,
    /// What every event says.
    pub event: String,
    /// On what.
    pub work: WriteInput<'a>,
    /// All jobs in one transaction, or none.
    pub all_or_nothing: bool,
    /// How fast.
    pub throttle: Throttle,
    /// How long locked rows are retried.
    pub lock_wait: Duration,
    /// Where there are no events.
    pub journal: Option<Journal>,
    /// The flags with which it is to go on, should it be interrupted.
    pub flags: String,
}

/// Writes, and keeps the record of it before and after.
pub async fn run(
    context: &Context,
    state: Option<&LocalStore>,
    record: &mut StoredOperation,
    agreed: ApprovedWrite<'_>,
) -> Result<Outcome, Error> {
    let interrupt = Interrupt::listen();
    let (work, all_or_nothing, pace) = (agreed.work, agreed.all_or_nothing, agreed.throttle);
    let flags = agreed.flags.clone();
    with_operation_record(context, state, record, &flags, async || {
        let mut writer = agreed.writer(context, &interrupt).await?;
        if all_or_nothing {
            return Ok(writer.all_or_nothing(work).await);
        }
        let total = work.jobs.len() as u64;
        let progress = context.terminal.progress(total, "jobs");
        let mut pacer = WriteThrottle::new(context, &interrupt, pace);
        let tell = async |so_far: &Outcome| {
            progress.at(so_far.decided());
            pacer.next_write_size(so_far, total, &progress).await
        };
        let outcome = writer.apply(work, tell).await;
        progress.finish();
        Ok(outcome)
    })
    .await
}

impl<'a> ApprovedWrite<'a> {
    /// The writer of what was agreed to.
    pub async fn writer(
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
            // What any answer may take, and the wait for locks that cannot be skipped.
            timeout: context.timeout() + self.lock_wait,
            journal: self.journal,
            interrupt,
        })
    }
}

/// Keeps the record of a write before and after it.
pub async fn with_operation_record(
    context: &Context,
    state: Option<&LocalStore>,
    record: &mut StoredOperation,
    flags: &str,
    write: impl AsyncFnOnce() -> Result<Outcome, Error>,
) -> Result<Outcome, Error> {
    flags.clone_into(&mut record.flags);
    if let Some(state) = state {
        state.save_operation(record)?;
    }
    print_operation_id(context, record);
    let outcome = write().await?;
    record.written += outcome.done;
    // A canary that stopped leaves jobs, without anything that stopped all of it.
    let whole = outcome.not_requeued + outcome.in_doubt == 0;
    record.finished = match outcome.stopped {
        None => whole,
        Some(WriteStop::AllOrNothing) => true,
        Some(_) => false,
    };
    // What was written matters more than the record of it; the database knows it as well.
    if let Some(state) = state
        && let Err(error) = state.save_operation(record)
    {
        context.terminal.print_error(&error);
    }
    Ok(outcome)
}

/// Says the operation's id before the first write: whatever happens, it can be found again.
fn print_operation_id(context: &Context, record: &StoredOperation) {
    let StoredOperation { operation, flags, .. } = record;
    context.terminal.print_note(&format!("operation {operation}"));
    if record.operation_type == OperationType::Requeue {
        let resume = format!("  if interrupted: cliplyctl dlq requeue --resume {operation}{flags}");
        context.terminal.print_note(&context.settings.address().add_to_text(&resume));
    }
}

/// How a plan is to be written.
pub struct ExecutionOptions<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it means here.
    pub columns: &'a RequeueColumns,
    /// This machine's records.
    pub state: Option<&'a LocalStore>,
    /// Step by step.
    pub canary: Option<&'a Canary>,
    /// What writes the steps of a canary.
    pub batch_statements: &'a Statements,
    /// Watched afterwards, at most this long.
    pub follow: Option<Duration>,
    /// It goes on with an operation: some of its jobs may be on their way.
    pub resumed: bool,
}

impl ExecutionOptions<'_> {
    /// Writes the plan, and watches as long as it was asked for.
    pub async fn write(
        &self,
        context: &Context,
        record: &mut StoredOperation,
        agreed: ApprovedWrite<'_>,
    ) -> Result<RequeueRun, Error> {
        let interrupt = Interrupt::listen();
        let (done, watch) = match self.canary {
            None => (run(context, self.state, record, agreed).await?.into(), None),
            Some(canary) => {
                let (done, watch) =
                    self.run_canary(context, record, agreed, canary, &interrupt).await?;
                (done, Some(watch))
            }
        };
        self.follow_if_requested(context, &record.operation, done, watch, &interrupt).await
    }

    async fn run_canary<'w>(
        &self,
        context: &'w Context,
        record: &mut StoredOperation,
        agreed: ApprovedWrite<'_>,
        canary: &Canary,
        interrupt: &'w Interrupt,
    ) -> Result<(RequeueRun, JobTracker<'w>), Error> {
        let (operation, flags) = (record.operation.clone(), agreed.flags.clone());
        let mut went = None;
        let outcome = with_operation_record(context, self.state, record, &flags, async || {
            // Without events it is the record just written that tells whose jobs they are.
            let mut watch =
                JobTracker::new(context, &operation, operation.after, self.columns, self.state)
                    .await?;
            if self.resumed {
                watch.refresh().await?;
            }
            let rest = agreed.statements.clone();
            let pacer = WriteThrottle::new(context, interrupt, agreed.throttle);
            let mut writer = agreed.writer(context, interrupt).await?;
            let way = canary::CanaryIo {
                canary,
                writer: &mut writer,
                tracker: &mut watch,
                throttle: pacer,
                remainder: &rest,
                batches: self.batch_statements,
                interrupt,
            };
            let (outcome, lanes) = canary::run(context, self.plan, way).await;
            went = Some((lanes, watch));
            Ok(outcome)
        })
        .await?;
        let (lanes, watch) = went.ok_or_else(|| Error::bug("a canary that never flew"))?;
        Ok((RequeueRun { groups: lanes, ..outcome.into() }, watch))
    }

    /// Follows what was written, where that was asked for and nothing ended it early.
    async fn follow_if_requested<'w>(
        &self,
        context: &'w Context,
        operation: &OperationId,
        mut done: RequeueRun,
        watch: Option<JobTracker<'w>>,
        interrupt: &Interrupt,
    ) -> Result<RequeueRun, Error> {
        let Some(limit) = self.follow else { return Ok(done) };
        if done.outcome.done == 0 || done.outcome.stopped.is_some() {
            return Ok(done);
        }
        let mut watch = match watch {
            Some(watch) => watch,
            None => {
                JobTracker::new(context, operation, operation.after, self.columns, self.state)
                    .await?
            }
        };
        done.followed = Some(follow::follow(context, &mut watch, interrupt, limit).await);
        Ok(done)
    }
}
