//! The careful way to write a plan: of each group one job, then more, then the rest, for as long as
//! they do well.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::canary_group::CanaryGroup;
use super::follow::{SHARE, pause_after};
use super::job_tracker::JobTracker;
use super::throttle::WriteThrottle;
use crate::checks::job_outcome::describe_counts;
use crate::context::Context;
use crate::facts::canary::{BatchSize, Canary, CanaryGroupResult};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, Plan, WriteStop};
use crate::interrupt::Interrupt;
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::{WriteInput, Writer};
use crate::terminal::Progress;
use crate::text::format_duration;

/// Jobs of the rest that are written before anybody looks.
const SLICE: usize = 5_000;

/// What is used on the way.
pub struct CanaryIo<'a, 'w, 'x> {
    /// What was asked for.
    pub canary: &'a Canary,
    /// The writer.
    pub writer: &'a mut Writer<'w>,
    /// Who knows how the jobs stand.
    pub tracker: &'a mut JobTracker<'x>,
    /// How fast.
    pub throttle: WriteThrottle<'x>,
    /// What writes the rest: spread over time, perhaps. The steps before it are wanted at once.
    pub remainder: &'a Statements,
    /// What writes those.
    pub batches: &'a Statements,
    /// Ctrl-C.
    pub interrupt: &'a Interrupt,
}

/// Writes a plan step by step. Every group goes its own way, side by side with the others.
pub async fn run(
    context: &Context,
    plan: &Plan,
    way: CanaryIo<'_, '_, '_>,
) -> (Outcome, Vec<CanaryGroupResult>) {
    let total = plan.ids.len() as u64;
    let progress = context.terminal.following(total);
    let mut tour = CanaryRun {
        io: way,
        total,
        outcome: Outcome::default(),
        progress,
        last_poll: LastPoll::new(),
    };
    let mut runners = CanaryGroup::from_plan(plan);
    let CanaryRun { io: CanaryIo { canary, tracker: watch, .. }, progress, .. } = &tour;
    runners.iter_mut().for_each(|runner| runner.resume_in_flight(canary, watch, progress));
    let stopped = tour.run_until_finished(&mut runners).await.err();
    tour.progress.finish();
    let mut outcome = tour.outcome;
    outcome.stopped = stopped;
    outcome.not_requeued = total.saturating_sub(outcome.decided() + outcome.in_doubt);
    (outcome, runners.into_iter().map(CanaryGroup::finish).collect())
}

/// A plan on its way.
struct CanaryRun<'a, 'w, 'x> {
    io: CanaryIo<'a, 'w, 'x>,
    total: u64,
    outcome: Outcome,
    progress: Progress,
    last_poll: LastPoll,
}

/// The last look: when the next one is due follows from what it cost.
struct LastPoll {
    at: Instant,
    took: Duration,
}

impl LastPoll {
    fn new() -> Self {
        Self { at: Instant::now(), took: Duration::ZERO }
    }

    /// How long to wait until the next one. While jobs are being written, things change fast.
    fn pause(&self, writing: bool) -> Duration {
        let span = if writing { self.took * SHARE } else { pause_after(self.took) };
        span.saturating_sub(self.at.elapsed())
    }
}

impl CanaryRun<'_, '_, '_> {
    async fn run_until_finished(&mut self, runners: &mut [CanaryGroup]) -> Result<(), WriteStop> {
        loop {
            for runner in runners.iter_mut().filter(|runner| runner.may_write()) {
                self.write(runner).await?;
            }
            if runners.iter().all(CanaryGroup::is_finished) {
                return Ok(());
            }
            let writing = runners.iter().any(CanaryGroup::may_write);
            if !writing {
                self.io.interrupt.sleep(self.last_poll.pause(false)).await;
            }
            if self.io.interrupt.happened() {
                return Err(WriteStop::Interrupted);
            }
            if self.last_poll.pause(writing).is_zero() {
                self.poll(runners).await?;
                let undone = runners.iter().any(|runner| runner.undone(self.io.tracker));
                let open = runners.iter_mut().filter(|runner| !runner.is_finished());
                open.for_each(|r| r.evaluate(self.io.canary, self.io.tracker, &self.progress));
                if undone {
                    return Err(WriteStop::Undone);
                }
            }
        }
    }

    async fn poll(&mut self, runners: &[CanaryGroup]) -> Result<(), WriteStop> {
        let began = Instant::now();
        match self.io.tracker.refresh().await {
            Ok(()) => self.progress.note(""),
            Err(error) if error.kind.retryable() => {
                self.progress.note(&format!("asking again: {error}"));
            }
            Err(error) => return Err(WriteStop::Database(error)),
        }
        self.last_poll = LastPoll { at: Instant::now(), took: began.elapsed() };
        let mut words = describe_counts(&self.io.tracker.counts());
        // The one whose time is up last: until then it may go on by itself.
        let waiting = runners.iter().filter_map(|runner| runner.waiting_batch(self.io.canary));
        if let Some((step, left)) = waiting.max_by_key(|(_, left)| *left) {
            words += &format!(" · step {step}, waits {} more at most", format_duration(left));
        }
        self.progress.stands(self.outcome.decided(), self.total, &words);
        Ok(())
    }

    /// Writes the next jobs of a group.
    async fn write(&mut self, runner: &mut CanaryGroup) -> Result<(), WriteStop> {
        let (jobs, statements) = match runner.begin_batch(self.io.canary) {
            BatchSize::Jobs(n) => (runner.take_jobs(n as usize), self.io.batches),
            BatchSize::All => {
                (runner.take_jobs(self.io.throttle.max_write_size(SLICE)), self.io.remainder)
            }
        };
        self.io.writer.statements = statements.clone();
        let before = self.outcome.decided();
        let (progress, total, size) = (&self.progress, self.total, jobs.len() as u64);
        let pacer = &mut self.io.throttle;
        let words = describe_counts(&self.io.tracker.counts());
        let tell = async |so_far: &Outcome| {
            progress.stands(before + so_far.decided(), total, &words);
            pacer.next_write_size(so_far, size, progress).await
        };
        let mut written = self.io.writer.apply(WriteInput { jobs: &jobs, keys: None }, tell).await;
        runner.record_written(done(&jobs, &written), written.done, written.decided());
        let stopped = written.stopped.take();
        // What is left of a step, is left of the plan, and counted there.
        written.not_requeued = 0;
        self.outcome.absorb(written);
        self.io.tracker.invalidate();
        stopped.map_or(Ok(()), Err)
    }
}

/// The jobs that were written, where nothing ended it early.
fn done(jobs: &[JobId], written: &Outcome) -> Vec<JobId> {
    let missed = written.skipped.iter().map(|(job, _)| *job);
    let missed: HashSet<_> = missed.chain(written.errors.iter().map(|(job, _)| *job)).collect();
    jobs.iter().copied().filter(|job| !missed.contains(job)).collect()
}
