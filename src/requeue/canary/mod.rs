//! The canary: requeues a plan in growing batches per group and stops a group when a batch fails
//! again.

mod decision;
mod group;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use group::CanaryGroup;

use super::follow::{PAUSE_FACTOR, pause_after};
use super::job_tracker::JobTracker;
use super::throttle::WriteThrottle;
use super::undo_watch::UndoWatch;
use crate::context::Context;
use crate::facts::canary::{BatchSize, Canary, CanaryGroupResult};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, Plan, WriteStop};
use crate::interrupt::Interrupt;
use crate::requeue::job_outcome::describe_counts;
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::{WriteInput, Writer};
use crate::terminal::Progress;
use crate::text::{age, count};

/// Jobs of the last batch that are written between two polls.
const MAX_JOBS_BETWEEN_POLLS: usize = 5_000;

/// The settings, the writer and the tracker that a canary works with.
pub(crate) struct CanaryIo<'a, 'w, 'x> {
    /// Batch sizes, timeout and failure threshold.
    pub(crate) canary: &'a Canary,
    /// The writer.
    pub(crate) writer: &'a mut Writer<'w>,
    /// Knows the outcome of each requeued job.
    pub(crate) tracker: &'a mut JobTracker<'x>,
    /// The rate limit and the pauses.
    pub(crate) throttle: WriteThrottle<'x>,
    /// Notices an undo by another operator.
    pub(crate) watch: Option<UndoWatch<'x>>,
    /// The statements for the last batch, with the due times of `--spread`.
    pub(crate) remainder: &'a Statements,
    /// The statements for the batches before it, whose jobs are due at once.
    pub(crate) batches: &'a Statements,
    /// Ctrl-C.
    pub(crate) interrupt: &'a Interrupt,
}

/// Writes a plan batch by batch. The groups proceed independently of each other.
pub(crate) async fn run(
    context: &Context,
    plan: &Plan,
    keys: &[String],
    io: CanaryIo<'_, '_, '_>,
) -> (Outcome, Vec<CanaryGroupResult>) {
    let total = plan.ids.len() as u64;
    let progress = context.terminal.following(total);
    let mut run =
        CanaryRun { io, total, outcome: Outcome::default(), progress, last_poll: LastPoll::new() };
    let mut groups = CanaryGroup::from_plan(plan, keys);
    let CanaryRun { io: CanaryIo { canary, tracker, .. }, progress, .. } = &run;
    groups.iter_mut().for_each(|group| group.resume_in_flight(canary, tracker, progress));
    let stopped = run.run_until_finished(&mut groups).await.err();
    run.progress.finish();
    let mut outcome = run.outcome;
    outcome.stopped = stopped;
    outcome.not_requeued = total.saturating_sub(outcome.decided() + outcome.in_doubt);
    (outcome, groups.into_iter().map(CanaryGroup::finish).collect())
}

/// The state of a running canary over all groups.
struct CanaryRun<'a, 'w, 'x> {
    io: CanaryIo<'a, 'w, 'x>,
    total: u64,
    outcome: Outcome,
    progress: Progress,
    last_poll: LastPoll,
}

/// The last poll of the tracker. Its duration determines when the next one is due.
struct LastPoll {
    at: Instant,
    took: Duration,
}

impl LastPoll {
    fn new() -> Self {
        Self { at: Instant::now(), took: Duration::ZERO }
    }

    /// Returns the time until the next poll. While jobs are being written, outcomes change fast, so
    /// the minimum pause does not apply.
    fn pause(&self, writing: bool) -> Duration {
        let pause = if writing { self.took * PAUSE_FACTOR } else { pause_after(self.took) };
        pause.saturating_sub(self.at.elapsed())
    }
}

impl CanaryRun<'_, '_, '_> {
    async fn run_until_finished(&mut self, groups: &mut [CanaryGroup]) -> Result<(), WriteStop> {
        loop {
            for group in groups.iter_mut().filter(|group| group.may_write()) {
                self.write(group).await?;
            }
            if groups.iter().all(CanaryGroup::is_finished) {
                return Ok(());
            }
            let writing = groups.iter().any(CanaryGroup::may_write);
            if !writing {
                self.io.interrupt.sleep(self.last_poll.pause(false)).await;
            }
            if self.io.interrupt.is_interrupted() {
                return Err(WriteStop::Interrupted);
            }
            if self.last_poll.pause(writing).is_zero() {
                self.poll(groups).await?;
                let undone = match &mut self.io.watch {
                    Some(watch) => watch.check(false).await,
                    None => Ok(()),
                };
                let open = groups.iter_mut().filter(|group| !group.is_finished());
                open.for_each(|group| {
                    group.evaluate(self.io.canary, self.io.tracker, &self.progress)
                });
                undone?;
            }
        }
    }

    /// `1 of 14 requeued, 1 queued`
    fn outcomes(&self) -> String {
        let (written, total) = (count(self.outcome.decided()), count(self.total));
        let counts = self.io.tracker.counts();
        let outcomes = if counts.total() == 0 { String::new() } else { describe_counts(&counts) };
        let separator = if outcomes.is_empty() { "" } else { ", " };
        format!("{written} of {total} requeued{separator}{outcomes}")
    }

    async fn poll(&mut self, groups: &[CanaryGroup]) -> Result<(), WriteStop> {
        let began = Instant::now();
        match self.io.tracker.refresh().await {
            Ok(()) => self.progress.note(""),
            Err(error) if error.kind.is_retryable() => {
                self.progress.note(&format!("retrying: {error}"));
            }
            Err(error) => return Err(WriteStop::Database(error)),
        }
        self.last_poll = LastPoll { at: Instant::now(), took: began.elapsed() };
        let mut message = self.outcomes();
        // Show the batch whose timeout ends last: the canary may still proceed until then.
        let waiting = groups.iter().filter_map(|group| group.waiting_batch(self.io.canary));
        if let Some((batch, remaining)) = waiting.max_by_key(|(_, remaining)| *remaining) {
            message += &format!(" · batch {batch}, timeout in {}", age(remaining.as_secs_f64()));
        }
        self.progress.set_outcomes(self.outcome.decided(), self.total, &message);
        Ok(())
    }

    /// Writes the next jobs of a group.
    async fn write(&mut self, group: &mut CanaryGroup) -> Result<(), WriteStop> {
        let ((jobs, keys), statements) = match group.begin_batch(self.io.canary) {
            BatchSize::Jobs(n) => (group.take_jobs(n as usize), self.io.batches),
            BatchSize::All => (
                group.take_jobs(self.io.throttle.max_write_size(MAX_JOBS_BETWEEN_POLLS)),
                self.io.remainder,
            ),
        };
        self.io.writer.statements = statements.clone();
        let before = self.outcome.decided();
        let (progress, total, size) = (&self.progress, self.total, jobs.len() as u64);
        let message = self.outcomes();
        let (throttle, watch) = (&mut self.io.throttle, &mut self.io.watch);
        let next_size = async |so_far: &Outcome| {
            progress.set_outcomes(before + so_far.decided(), total, &message);
            let size = throttle.next_write_size(so_far, size, progress).await;
            if let Some(watch) = watch.as_mut() {
                watch.check(so_far.decided() == 0).await?;
            }
            Ok(size)
        };
        let input = WriteInput { jobs: &jobs, keys: &keys };
        let mut written = self.io.writer.apply(input, next_size).await;
        group.record_written(written_jobs(&jobs, &written), written.written, written.decided());
        let stopped = written.stopped.take();
        // `run` counts the jobs of the whole plan that were not requeued.
        written.not_requeued = 0;
        self.outcome.absorb(written);
        self.io.tracker.invalidate();
        stopped.map_or(Ok(()), Err)
    }
}

/// Returns the jobs that were neither skipped nor rejected. After an early stop this includes jobs
/// that were not reached.
fn written_jobs(jobs: &[JobId], outcome: &Outcome) -> Vec<JobId> {
    let skipped = outcome.skipped.iter().map(|(job, _)| *job);
    let not_written: HashSet<_> =
        skipped.chain(outcome.errors.iter().map(|(job, _)| *job)).collect();
    jobs.iter().copied().filter(|job| !not_written.contains(job)).collect()
}
