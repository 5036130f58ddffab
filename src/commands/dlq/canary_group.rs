//! One group of a plan on its way through the steps of a canary.

use std::time::{Duration, Instant};

use super::job_tracker::JobTracker;
use crate::checks::canary::{next_decision, remainder_fails};
use crate::checks::job_outcome::describe_counts;
use crate::facts::canary::{BatchSize, Canary, CanaryDecision, CanaryGroupResult, CanaryStop};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Plan, UNGROUPED};
use crate::facts::requeued_job::OutcomeCounts;
use crate::terminal::Progress;
use crate::text::{count, format_duration, plural};

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
