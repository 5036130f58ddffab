//! The careful way to write a plan: of each group one job, then more, then the rest, for as long as
//! they do well.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::follow::{SHARE, pause_after};
use super::job_tracker::JobTracker;
use super::throttle::WriteThrottle;
use crate::context::Context;
use crate::facts::canary::{BatchSize, Canary, CanaryDecision, CanaryGroupResult, CanaryStop};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, Plan, UNGROUPED, WriteStop};
use crate::facts::requeued_job::{JobOutcome, OutcomeCounts};
use crate::interrupt::Interrupt;
use crate::requeue::job_outcome::describe_counts;
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::{WriteInput, Writer};
use crate::terminal::Progress;
use crate::text::{count, format_duration, plural};

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
        self.progress.set_outcomes(self.outcome.decided(), self.total, &words);
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
            progress.set_outcomes(before + so_far.decided(), total, &words);
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

/// A group, and where it stands.
pub struct CanaryGroup {
    result: CanaryGroupResult,
    jobs: Vec<JobId>,
    /// Jobs that were tried.
    next: usize,
    /// Jobs of which it is known what became of them.
    decided: u64,
    batch: usize,
    /// Jobs of this step that were written.
    watched: Vec<JobId>,
    since: Instant,
    /// Whether more may be written now.
    ready: bool,
    /// Whether the rest is what is being written.
    is_remainder: bool,
}

impl CanaryGroup {
    /// The groups of a plan; causes that are not kept apart go together.
    pub fn from_plan(plan: &Plan) -> Vec<Self> {
        let groups = plan.groups.iter().map(|group| Self::new(&group.group, &group.cause));
        let mut runners: Vec<_> = groups.chain([Self::new("-", "other causes")]).collect();
        let others = runners.len() - 1;
        for (job, cause) in plan.ids.iter().zip(&plan.causes) {
            let at = if *cause == UNGROUPED { others } else { *cause as usize };
            if let Some(runner) = runners.get_mut(at) {
                runner.jobs.push(*job);
                runner.result.jobs += 1;
            }
        }
        runners.retain(|runner| !runner.jobs.is_empty());
        runners
    }

    fn new(group: &str, template: &str) -> Self {
        let result = CanaryGroupResult {
            group: group.to_owned(),
            cause: template.to_owned(),
            jobs: 0,
            requeued: 0,
            not_requeued: 0,
            last_batch: OutcomeCounts::default(),
            stopped: None,
            undecided: false,
            written_unwatched: 0,
        };
        Self {
            result,
            jobs: vec![],
            next: 0,
            decided: 0,
            batch: 0,
            watched: vec![],
            since: Instant::now(),
            ready: true,
            is_remainder: false,
        }
    }

    /// Of an operation that goes on: what is still on its way is the step that is watched first. More
    /// of them than any step counts are the rest, which goes on unless too much of it failed.
    pub fn resume_in_flight(
        &mut self,
        canary: &Canary,
        watch: &JobTracker<'_>,
        progress: &Progress,
    ) {
        let sent: Vec<_> = watch.jobs_with_cause(&self.result.group).collect();
        let open = sent.iter().filter(|(_, standing)| !standing.decided());
        let open: Vec<_> = open.map(|(job, _)| *job).collect();
        if open.is_empty() {
            return;
        }
        let jobs = plural(open.len() as u64, "job is", "jobs are");
        progress.print_line_above(&format!("{}: {jobs} on the way already", self.result.group));
        if open.len() as u64 <= canary.batch_sizes.largest() {
            (self.watched, self.ready) = (open, false);
        } else if !remainder_fails(canary, &sent.iter().map(|(_, standing)| *standing).collect()) {
            (self.watched, self.batch) = (open, canary.batch_sizes.remainder());
        }
    }

    /// The step that it waits for, from 1, and how long at most.
    pub fn waiting_batch(&self, canary: &Canary) -> Option<(usize, Duration)> {
        let waits = !self.ready && !self.is_finished();
        let left = canary.timeout.saturating_sub(self.since.elapsed());
        waits.then(|| (self.batch + 1, Duration::from_secs(left.as_secs())))
    }

    /// Whether it may write now.
    pub fn may_write(&self) -> bool {
        self.ready && self.result.stopped.is_none() && self.next < self.jobs.len()
    }

    /// Whether nothing more is to be done for it. The rest is not waited for.
    pub fn is_finished(&self) -> bool {
        let written = self.next == self.jobs.len();
        self.result.stopped.is_some() || (written && (self.is_remainder || self.watched.is_empty()))
    }

    /// The step that it is about to write.
    pub fn begin_batch(&mut self, canary: &Canary) -> BatchSize {
        let step = canary.batch_sizes.batch(self.batch);
        self.is_remainder = step == BatchSize::All;
        step
    }

    /// Its next jobs.
    pub fn take_jobs(&mut self, most: usize) -> Vec<JobId> {
        let jobs: Vec<_> = self.jobs.iter().skip(self.next).take(most).copied().collect();
        self.next += jobs.len();
        jobs
    }

    /// These jobs of it were written.
    pub fn record_written(&mut self, jobs: Vec<JobId>, done: u64, decided: u64) {
        self.result.requeued += done;
        self.decided += decided;
        self.watched.extend(jobs);
        self.since = Instant::now();
        self.ready = self.is_remainder;
    }

    /// Whether somebody took back what was written in this step.
    pub fn undone(&self, watch: &JobTracker<'_>) -> bool {
        watch.undone(&self.watched)
    }

    /// Looks how the jobs of its step stand, and decides what comes next.
    pub fn evaluate(&mut self, canary: &Canary, watch: &JobTracker<'_>, progress: &Progress) {
        self.result.last_batch = watch.counts_of(&self.watched);
        let decision = if !self.is_remainder {
            next_decision(canary, self.batch == 0, &self.result.last_batch, self.since.elapsed())
        } else if remainder_fails(canary, &self.result.last_batch) {
            CanaryDecision::Stop(CanaryStop::Failed)
        } else {
            CanaryDecision::Wait
        };
        match decision {
            CanaryDecision::Wait => {}
            CanaryDecision::RepeatBatch => self.next_batch(self.batch),
            CanaryDecision::NextBatch => {
                progress.print_line_above(&format!(
                    "{}: {}",
                    self.result.group,
                    describe_counts(&self.result.last_batch)
                ));
                self.next_batch(self.batch + 1);
            }
            CanaryDecision::Stop(reason) => {
                self.result.stopped = Some(reason);
                progress.print_line_above(&self.stop_message(reason, canary.timeout));
            }
        }
    }

    fn next_batch(&mut self, step: usize) {
        self.batch = step;
        self.watched.clear();
        self.ready = true;
    }

    /// `v1-3f9a2c1b07 stops: 1 of 1 failed again; 11 jobs stay dead`
    fn stop_message(&self, reason: CanaryStop, timeout: Duration) -> String {
        let (lane, left) = (&self.result, (self.jobs.len() - self.next) as u64);
        let why = match reason {
            CanaryStop::Failed => {
                format!(
                    "{} of {} failed again",
                    count(lane.last_batch.failed()),
                    count(lane.last_batch.total())
                )
            }
            CanaryStop::Timeout => format!(
                "{} of {} came to no end within {}",
                count(lane.last_batch.total() - lane.last_batch.decided()),
                count(lane.last_batch.total()),
                format_duration(timeout)
            ),
        };
        format!("{} stops: {why}; {}", lane.group, plural(left, "job stays dead", "jobs stay dead"))
    }

    /// How far it came.
    pub fn finish(self) -> CanaryGroupResult {
        let open = !self.is_finished() && !self.watched.is_empty();
        let rest = if self.is_remainder { self.watched.len() as u64 } else { 0 };
        CanaryGroupResult {
            not_requeued: self.result.jobs - self.decided,
            undecided: open,
            written_unwatched: rest,
            ..self.result
        }
    }
}

/// Of fewer jobs of the rest than these, no part is taken.
const FEW: u64 = 25;

/// Judges the jobs of a step; `first` is the canary itself, of which none may fail.
///
/// Deaths of another cause count as well: they, too, are no reason to send more jobs after. Jobs
/// that others moved count for nothing.
#[must_use]
pub fn next_decision(
    canary: &Canary,
    first: bool,
    step: &OutcomeCounts,
    waited: Duration,
) -> CanaryDecision {
    let ours = step.total() - step.count(JobOutcome::ChangedSince);
    let bearable = if first { 0 } else { u64::from(canary.stop_at) * ours };
    if step.failed() * 100 > bearable {
        return CanaryDecision::Stop(CanaryStop::Failed);
    }
    if step.decided() == step.total() {
        return if ours == 0 { CanaryDecision::RepeatBatch } else { CanaryDecision::NextBatch };
    }
    if waited >= canary.timeout {
        CanaryDecision::Stop(CanaryStop::Timeout)
    } else {
        CanaryDecision::Wait
    }
}

/// Whether the rest goes on while it is written: it is too many to be waited for, and is stopped in
/// the middle where more than the bearable part of what was written fails.
#[must_use]
pub fn remainder_fails(canary: &Canary, written: &OutcomeCounts) -> bool {
    let ours = written.total() - written.count(JobOutcome::ChangedSince);
    written.failed() * 100 > u64::from(canary.stop_at) * ours.max(FEW)
}

#[cfg(test)]
mod tests {
    use JobOutcome::{
        ChangedSince, FailedAgain, FailedOther, Finished, Queued, RetryPending, Running,
    };

    use super::*;
    use crate::facts::canary::BatchSizes;

    fn decision(first: bool, standings: &[(JobOutcome, usize)], seconds: u64) -> CanaryDecision {
        let canary = Canary {
            batch_sizes: BatchSizes::default(),
            timeout: Duration::from_secs(300),
            stop_at: 20,
        };
        let step = standings.iter().flat_map(|(s, n)| std::iter::repeat_n(*s, *n)).collect();
        next_decision(&canary, first, &step, Duration::from_secs(seconds))
    }

    #[test]
    fn first_batch_stops_on_any_failure_later_ones_above_20_percent() {
        let failed = CanaryDecision::Stop(CanaryStop::Failed);
        assert_eq!(decision(true, &[(FailedAgain, 1)], 0), failed);
        assert_eq!(decision(true, &[(FailedOther, 1)], 0), failed);
        assert_eq!(decision(true, &[(Finished, 4), (FailedAgain, 1)], 0), failed);
        assert_eq!(
            decision(false, &[(Finished, 4), (FailedAgain, 1)], 0),
            CanaryDecision::NextBatch
        );
        assert_eq!(decision(false, &[(Finished, 3), (FailedAgain, 2)], 0), failed);
        assert_eq!(decision(false, &[(Running, 3), (FailedAgain, 2)], 0), failed, "at once");
    }

    #[test]
    fn batch_waits_for_open_jobs_until_its_timeout() {
        for open in [Queued, Running, RetryPending] {
            let step = [(Finished, 4), (open, 1)];
            assert_eq!(decision(false, &step, 299), CanaryDecision::Wait);
            assert_eq!(decision(false, &step, 300), CanaryDecision::Stop(CanaryStop::Timeout));
        }
        assert_eq!(
            decision(true, &[(Finished, 1)], 300),
            CanaryDecision::NextBatch,
            "in the last moment"
        );
    }

    #[test]
    fn last_batch_stops_above_20_percent_and_five_failures() {
        let canary = Canary {
            batch_sizes: BatchSizes::default(),
            timeout: Duration::from_secs(300),
            stop_at: 20,
        };
        let fails = |failed, queued| {
            let failed = std::iter::repeat_n(FailedAgain, failed);
            let written: OutcomeCounts =
                failed.chain(std::iter::repeat_n(Queued, queued)).collect();
            remainder_fails(&canary, &written)
        };
        assert!(!fails(5, 0), "five of the first few are chance");
        assert!(fails(6, 0) && !fails(20, 80) && fails(21, 79));
    }

    #[test]
    fn jobs_changed_since_are_ignored_in_the_batch_decision() {
        assert_eq!(decision(true, &[(ChangedSince, 1)], 0), CanaryDecision::RepeatBatch);
        assert_eq!(
            decision(true, &[], 0),
            CanaryDecision::RepeatBatch,
            "all were locked or changed"
        );
        assert_eq!(
            decision(false, &[(ChangedSince, 4), (Finished, 1)], 0),
            CanaryDecision::NextBatch
        );
        let stop = CanaryDecision::Stop(CanaryStop::Failed);
        assert_eq!(decision(false, &[(ChangedSince, 4), (FailedAgain, 1)], 0), stop);
    }
}
