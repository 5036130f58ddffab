//! The jobs of one group and the state of its batches.

use std::time::{Duration, Instant};

use super::decision::{MAX_REPLACED, next_decision, remainder_fails};
use crate::facts::canary::{BatchSize, Canary, CanaryDecision, CanaryGroupResult, CanaryStop};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Plan, UNGROUPED};
use crate::facts::requeued_job::OutcomeCounts;
use crate::requeue::job_outcome::describe_batch;
use crate::requeue::job_tracker::JobTracker;
use crate::terminal::Progress;
use crate::text::{count, format_duration, plural};

/// The jobs of one group and the state of their batches.
pub(super) struct CanaryGroup {
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
    pub(super) fn from_plan(plan: &Plan, keys: &[String]) -> Vec<Self> {
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

    pub(super) fn new(group: &str, kind: &str, cause: &str) -> Self {
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
    pub(super) fn resume_in_flight(
        &mut self,
        canary: &Canary,
        tracker: &JobTracker<'_>,
        progress: &Progress,
    ) {
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
    pub(super) fn waiting_batch(&self, canary: &Canary) -> Option<(String, Duration)> {
        let is_waiting = !self.ready && !self.is_finished();
        let remaining = canary.timeout.saturating_sub(self.since.elapsed());
        let batches = canary.batch_sizes.batches_of(self.jobs.len() as u64).len();
        let number = self.batch + 1;
        is_waiting.then(|| (format!("{number} of {}", batches.max(number)), remaining))
    }

    /// Returns whether jobs may be written now.
    pub(super) fn may_write(&self) -> bool {
        self.ready && self.result.stopped.is_none() && self.next < self.jobs.len()
    }

    /// Returns whether the group is stopped or complete. The last batch is complete when it is
    /// written, before its jobs have outcomes.
    pub(super) fn is_finished(&self) -> bool {
        let all_written = self.next == self.jobs.len();
        self.result.stopped.is_some()
            || (all_written && (self.is_remainder || self.followed.is_empty()))
    }

    /// Begins the current batch and returns its size.
    pub(super) fn begin_batch(&mut self, canary: &Canary) -> BatchSize {
        let size = canary.batch_sizes.batch(self.batch);
        self.is_remainder = size == BatchSize::All;
        size
    }

    /// Takes the next jobs to write and their keys, at most `max`.
    pub(super) fn take_jobs(&mut self, max: usize) -> (Vec<JobId>, Vec<String>) {
        let taken = self.next..self.jobs.len().min(self.next.saturating_add(max));
        self.next = taken.end;
        (self.jobs[taken.clone()].to_vec(), self.keys[taken].to_vec())
    }

    /// Records that `jobs` were written: `done` of them requeued, `decided` of them requeued, skipped
    /// or rejected.
    pub(super) fn record_written(&mut self, jobs: Vec<JobId>, done: u64, decided: u64) {
        self.result.requeued += done;
        self.decided += decided;
        self.followed.extend(jobs);
        self.since = Instant::now();
        self.ready = self.is_remainder;
    }

    /// Evaluates the outcomes of the current batch and decides how to proceed.
    pub(super) fn evaluate(
        &mut self,
        canary: &Canary,
        tracker: &JobTracker<'_>,
        progress: &Progress,
    ) {
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

    pub(super) fn next_batch(&mut self, batch: usize) {
        self.batch = batch;
        self.followed.clear();
        self.ready = true;
    }

    /// `v2-3f9a2c1b07: stopped: 1 of 1 failed again (same cause); 11 jobs not requeued`
    pub(super) fn stop_message(&self, reason: CanaryStop, timeout: Duration) -> String {
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
    pub(super) fn finish(self) -> CanaryGroupResult {
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
