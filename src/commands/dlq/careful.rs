//! A requeue as it was asked for: at once or by a canary, and followed or not.

use std::time::Duration;

use super::execute::{self, ApprovedWrite};
use super::job_tracker::JobTracker;
use super::throttle::WriteThrottle;
use super::{canary, follow};
use crate::context::Context;
use crate::error::Error;
use crate::facts::canary::Canary;
use crate::facts::operation::OperationId;
use crate::facts::requeue::Plan;
use crate::interrupt::Interrupt;
use crate::report::requeue::RequeueRun;
use crate::sources::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::RequeueColumns;
use crate::sources::postgres::requeue::statements::Statements;

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
            None => (execute::run(context, self.state, record, agreed).await?.into(), None),
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
        let outcome =
            execute::with_operation_record(context, self.state, record, &flags, async || {
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
