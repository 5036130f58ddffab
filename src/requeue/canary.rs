//! The canary: requeues a plan in growing batches per group and stops a group when a batch fails
//! again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::follow::{PAUSE_FACTOR, pause_after};
use super::job_tracker::JobTracker;
use super::throttle::WriteThrottle;
use super::undo_watch::UndoWatch;
use crate::context::Context;
use crate::facts::canary::{BatchSize, Canary, CanaryDecision, CanaryGroupResult, CanaryStop};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, Plan, UNGROUPED, WriteStop};
use crate::facts::requeued_job::OutcomeCounts;
use crate::interrupt::Interrupt;
use crate::requeue::job_outcome::{describe_batch, describe_counts};
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::{WriteInput, Writer};
use crate::terminal::Progress;
use crate::text::{age, count, format_duration, plural};

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

/// The jobs of one group and the state of their batches.
struct CanaryGroup {
    result: CanaryGroupResult,
    jobs: Vec<JobId>,
    /// The key of each job for the write.
    keys: Vec<String>,
    /// Index of the next job to write.
    next: usize,
    /// Jobs whose write succeeded, was skipped or failed.
    decided: u64,
    /// Index of the current batch.
    batch: usize,
    /// How often the current batch was replaced, because all of its jobs were changed by others.
    replaced: u32,
    /// Written jobs of the current batch, whose outcomes decide about the next one.
    followed: Vec<JobId>,
    /// When jobs of the current batch were last written.
    since: Instant,
    /// Whether more jobs may be written now.
    ready: bool,
    /// Whether the current batch is the last one, which contains all remaining jobs.
    is_remainder: bool,
}

impl CanaryGroup {
    /// Creates the groups of a plan. All jobs without a listed group form one more group.
    fn from_plan(plan: &Plan, keys: &[String]) -> Vec<Self> {
        let listed =
            plan.groups.iter().map(|group| Self::new(&group.group, &group.kind, &group.cause));
        let mut groups: Vec<_> = listed.chain([Self::new("-", "-", "other causes")]).collect();
        let others = groups.len() - 1;
        for ((job, key), cause) in plan.ids.iter().zip(keys).zip(&plan.group_of_job) {
            let at = if *cause == UNGROUPED { others } else { *cause as usize };
            if let Some(group) = groups.get_mut(at) {
                group.jobs.push(*job);
                group.keys.push(key.clone());
                group.result.jobs += 1;
            }
        }
        groups.retain(|group| !group.jobs.is_empty());
        groups
    }

    fn new(group: &str, kind: &str, cause: &str) -> Self {
        let result = CanaryGroupResult {
            group: group.to_owned(),
            kind: kind.to_owned(),
            cause: cause.to_owned(),
            jobs: 0,
            requeued: 0,
            not_requeued: 0,
            last_batch: OutcomeCounts::default(),
            stopped: None,
            failed_job: None,
            undecided: false,
            written_unfollowed: 0,
        };
        Self {
            result,
            jobs: vec![],
            keys: vec![],
            next: 0,
            decided: 0,
            batch: 0,
            replaced: 0,
            followed: vec![],
            since: Instant::now(),
            ready: true,
            is_remainder: false,
        }
    }

    /// Resumes an operation: jobs without an outcome form the first batch to wait for. If there are
    /// more of them than the largest batch, the last batch was running; it continues unless too many
    /// of its jobs failed.
    fn resume_in_flight(&mut self, canary: &Canary, tracker: &JobTracker<'_>, progress: &Progress) {
        let requeued: Vec<_> = tracker.jobs_of_group(&self.result.group).collect();
        let open = requeued.iter().filter(|(_, outcome)| !outcome.is_decided());
        let open: Vec<_> = open.map(|(job, _)| *job).collect();
        if open.is_empty() {
            return;
        }
        let jobs = plural(open.len() as u64, "requeued job has", "requeued jobs have");
        progress.print_line_above(&format!("{}: {jobs} no outcome yet", self.result.group));
        if open.len() as u64 <= canary.batch_sizes.largest() {
            (self.followed, self.ready) = (open, false);
        } else if !remainder_fails(canary, &requeued.iter().map(|(_, outcome)| *outcome).collect())
        {
            (self.followed, self.batch) = (open, canary.batch_sizes.remainder());
        }
    }

    /// Returns the batch whose outcomes it waits for, `2 of 3`, and the time until its timeout.
    fn waiting_batch(&self, canary: &Canary) -> Option<(String, Duration)> {
        let is_waiting = !self.ready && !self.is_finished();
        let remaining = canary.timeout.saturating_sub(self.since.elapsed());
        let batches = canary.batch_sizes.batches_of(self.jobs.len() as u64).len();
        let number = self.batch + 1;
        is_waiting.then(|| (format!("{number} of {}", batches.max(number)), remaining))
    }

    /// Returns whether jobs may be written now.
    fn may_write(&self) -> bool {
        self.ready && self.result.stopped.is_none() && self.next < self.jobs.len()
    }

    /// Returns whether the group is stopped or complete. The last batch is complete when it is
    /// written, before its jobs have outcomes.
    fn is_finished(&self) -> bool {
        let all_written = self.next == self.jobs.len();
        self.result.stopped.is_some()
            || (all_written && (self.is_remainder || self.followed.is_empty()))
    }

    /// Begins the current batch and returns its size.
    fn begin_batch(&mut self, canary: &Canary) -> BatchSize {
        let size = canary.batch_sizes.batch(self.batch);
        self.is_remainder = size == BatchSize::All;
        size
    }

    /// Takes the next jobs to write and their keys, at most `max`.
    fn take_jobs(&mut self, max: usize) -> (Vec<JobId>, Vec<String>) {
        let taken = self.next..self.jobs.len().min(self.next.saturating_add(max));
        self.next = taken.end;
        (self.jobs[taken.clone()].to_vec(), self.keys[taken].to_vec())
    }

    /// Records that `jobs` were written: `done` of them requeued, `decided` of them requeued, skipped
    /// or rejected.
    fn record_written(&mut self, jobs: Vec<JobId>, done: u64, decided: u64) {
        self.result.requeued += done;
        self.decided += decided;
        self.followed.extend(jobs);
        self.since = Instant::now();
        self.ready = self.is_remainder;
    }

    /// Evaluates the outcomes of the current batch and decides how to proceed.
    fn evaluate(&mut self, canary: &Canary, tracker: &JobTracker<'_>, progress: &Progress) {
        self.result.last_batch = tracker.counts_of(&self.followed);
        self.result.failed_job = tracker.first_failed(&self.followed);
        let decision = if !self.is_remainder {
            next_decision(canary, self.batch == 0, &self.result.last_batch, self.since.elapsed())
        } else if remainder_fails(canary, &self.result.last_batch) {
            CanaryDecision::Stop(CanaryStop::Failed)
        } else {
            CanaryDecision::Wait
        };
        match decision {
            CanaryDecision::Wait => {}
            CanaryDecision::RepeatBatch
                if self.replaced < MAX_REPLACED && self.next < self.jobs.len() =>
            {
                self.replaced += 1;
                self.next_batch(self.batch);
            }
            CanaryDecision::RepeatBatch => {
                self.result.stopped = Some(CanaryStop::Changed);
                progress.print_line_above(&self.stop_message(CanaryStop::Changed, canary.timeout));
            }
            CanaryDecision::NextBatch => {
                progress.print_line_above(&format!(
                    "{}: batch {}: {}",
                    self.result.group,
                    self.batch + 1,
                    describe_batch(&self.result.last_batch)
                ));
                self.replaced = 0;
                self.next_batch(self.batch + 1);
            }
            CanaryDecision::Stop(reason) => {
                self.result.stopped = Some(reason);
                progress.print_line_above(&self.stop_message(reason, canary.timeout));
            }
        }
    }

    fn next_batch(&mut self, batch: usize) {
        self.batch = batch;
        self.followed.clear();
        self.ready = true;
    }

    /// `v2-3f9a2c1b07: stopped: 1 of 1 failed again (same cause); 11 jobs not requeued`
    fn stop_message(&self, reason: CanaryStop, timeout: Duration) -> String {
        let (group, batch) = (&self.result.group, &self.result.last_batch);
        let not_requeued = (self.jobs.len() - self.next) as u64;
        let cause = match reason {
            CanaryStop::Failed => describe_batch(batch),
            CanaryStop::Changed => format!(
                "no outcome was seen, {} of {} changed or deleted by others",
                count(batch.unseen()),
                count(batch.total())
            ),
            CanaryStop::Timeout => format!(
                "{} of {} had no outcome within {}",
                count(batch.total() - batch.decided()),
                count(batch.total()),
                format_duration(timeout)
            ),
        };
        let not_requeued = plural(not_requeued, "job", "jobs");
        format!("{group}: stopped: {cause}; {not_requeued} not requeued")
    }

    /// Returns the result of the group.
    fn finish(self) -> CanaryGroupResult {
        let undecided = !self.is_finished() && !self.followed.is_empty();
        let written_unwatched = if self.is_remainder { self.followed.len() as u64 } else { 0 };
        CanaryGroupResult {
            not_requeued: self.result.jobs - self.decided,
            undecided,
            written_unfollowed: written_unwatched,
            ..self.result
        }
    }
}

/// The smallest base for the failure percentage of the last batch, so that a few failures among its
/// first jobs do not stop it.
const MIN_REMAINDER_BASE: u64 = 25;

/// How often a batch whose jobs were all changed by others is replaced. A worker that deletes finished jobs changes
/// all of them, and no number of batches would show an outcome.
const MAX_REPLACED: u32 = 2;

/// Decides how a group proceeds after a batch. In the first batch no job may fail.
///
/// Failures with another cause count as well: they are no reason to requeue more jobs either. Jobs
/// that changed since or were deleted are ignored.
fn next_decision(
    canary: &Canary,
    is_first: bool,
    batch: &OutcomeCounts,
    waited: Duration,
) -> CanaryDecision {
    let unchanged = batch.total() - batch.unseen();
    let max_failed_percent = if is_first { 0 } else { u64::from(canary.stop_at) };
    if batch.failed() * 100 > max_failed_percent * unchanged {
        return CanaryDecision::Stop(CanaryStop::Failed);
    }
    if batch.decided() == batch.total() {
        return if unchanged == 0 {
            CanaryDecision::RepeatBatch
        } else {
            CanaryDecision::NextBatch
        };
    }
    if waited >= canary.timeout {
        CanaryDecision::Stop(CanaryStop::Timeout)
    } else {
        CanaryDecision::Wait
    }
}

/// Returns whether the last batch must stop. It is evaluated while it is written, over the jobs that
/// are written so far.
fn remainder_fails(canary: &Canary, written: &OutcomeCounts) -> bool {
    let unchanged = written.total() - written.unseen();
    written.failed() * 100 > u64::from(canary.stop_at) * unchanged.max(MIN_REMAINDER_BASE)
}

#[cfg(test)]
mod tests {
    use JobOutcome::{
        ChangedSince, FailedAgain, FailedOther, Finished, Queued, RetryPending, Running,
    };

    use super::*;
    use crate::facts::canary::BatchSizes;
    use crate::facts::requeued_job::JobOutcome;

    fn decision(is_first: bool, outcomes: &[(JobOutcome, usize)], seconds: u64) -> CanaryDecision {
        let canary = Canary {
            batch_sizes: BatchSizes::default(),
            timeout: Duration::from_secs(300),
            is_timeout_given: false,
            stop_at: 20,
        };
        let batch = outcomes
            .iter()
            .flat_map(|(outcome, jobs)| std::iter::repeat_n(*outcome, *jobs))
            .collect();
        next_decision(&canary, is_first, &batch, Duration::from_secs(seconds))
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
            let batch = [(Finished, 4), (open, 1)];
            assert_eq!(decision(false, &batch, 299), CanaryDecision::Wait);
            assert_eq!(decision(false, &batch, 300), CanaryDecision::Stop(CanaryStop::Timeout));
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
            is_timeout_given: false,
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
