//! How a requeued job stands, from its row and its events; and who acted on it without a claim.

use crate::facts::requeued_job::{
    JobEvent, JobEvents, JobOutcome, JobRow, OutcomeCounts, RequeuedJob, ZombieWorker,
};
use crate::queue::Lifecycle;
use crate::text::count;

/// Claimers of one job that are kept apart.
const CLAIMERS: usize = 8;

/// What the last attempt since the requeue failed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastFailure {
    /// What the job had died of.
    Same,
    /// Something else.
    Another,
    /// It left no new error: a recovery took the job from a silent worker.
    Unrecorded,
}

/// How a job stands; `now` is none where its row is gone.
#[must_use]
pub fn outcome(member: &RequeuedJob, trail: &JobEvents, now: Option<&JobRow>) -> JobOutcome {
    let Some(now) = now.filter(|_| !trail.changed_since) else { return JobOutcome::ChangedSince };
    match (now.role, failure(member, now)) {
        (Lifecycle::Finished, _) => JobOutcome::Finished,
        (Lifecycle::Other, _) => JobOutcome::ChangedSince,
        (_, Some(LastFailure::Same)) => JobOutcome::FailedAgain,
        (Lifecycle::Dead, Some(_)) => JobOutcome::FailedOther,
        // Dead without an attempt: put back, by hand or by an undo.
        (Lifecycle::Dead, None) => JobOutcome::ChangedSince,
        (Lifecycle::Claimed, _) => JobOutcome::Running,
        (Lifecycle::Queued | Lifecycle::Failed, Some(_)) | (Lifecycle::Failed, None) => {
            JobOutcome::RetryPending
        }
        (Lifecycle::Queued, None) => JobOutcome::Queued,
    }
}

/// A requeue keeps the old errors and sets the attempts to 0: what is there besides, is new.
fn failure(member: &RequeuedJob, now: &JobRow) -> Option<LastFailure> {
    if now.error_hash != member.error_hash {
        let same = now.cause == member.cause;
        return Some(if same { LastFailure::Same } else { LastFailure::Another });
    }
    let dead = now.role == Lifecycle::Dead;
    let tried = now.attempts.map_or(dead, |attempts| attempts > 0);
    let put_back = dead && now.updated_hash == member.updated_hash;
    match now.error_has_time {
        _ if !tried || put_back => None,
        true => Some(LastFailure::Unrecorded),
        // The same words again, as far as anybody can tell.
        false => Some(LastFailure::Same),
    }
}

impl JobEvents {
    /// Takes note of an event; one that was seen before tells nothing new.
    pub fn record_event(&mut self, event: i64, deed: JobEvent) {
        if event <= self.last {
            return;
        }
        self.last = event;
        match deed {
            JobEvent::RequeuedAgain => self.changed_since = true,
            JobEvent::Undone => (self.changed_since, self.undone) = (true, true),
            JobEvent::Rescued => self.is_claimed = false,
            JobEvent::Claimed(worker) => {
                self.is_claimed = true;
                match worker {
                    None => self.has_anonymous_claim = true,
                    Some(name) if self.claimers.contains(&name) => {}
                    Some(_) if self.claimers.len() >= CLAIMERS => self.has_anonymous_claim = true,
                    Some(name) => self.claimers.push(name),
                }
            }
            JobEvent::Failed(worker) => {
                if !self.is_claimed {
                    self.unclaimed_failure.get_or_insert(worker);
                }
                self.is_claimed = false;
            }
        }
    }

    /// Whether this worker claimed the job since the requeue, as far as anybody can tell.
    fn claimed_by(&self, worker: &str) -> bool {
        self.has_anonymous_claim || self.claimers.iter().any(|claimer| claimer == worker)
    }
}

/// A worker that acted without a claim. Only to be asked where claims leave events.
#[must_use]
pub fn detect_zombie(
    member: &RequeuedJob,
    trail: &JobEvents,
    now: Option<&JobRow>,
) -> Option<ZombieWorker> {
    let zombie = |worker, failed| Some(ZombieWorker { id: member.id, worker, failed });
    let now = now.filter(|_| !trail.changed_since);
    let failed_by = now.filter(|now| now.error_hash != member.error_hash);
    let failed_by = failed_by.and_then(|now| now.failed_by.clone());
    if let Some(worker) = &trail.unclaimed_failure {
        return zombie(worker.clone().or(failed_by), true);
    }
    if let Some(worker) = failed_by.filter(|worker| !trail.claimed_by(worker)) {
        return zombie(Some(worker), true);
    }
    let holder = now.filter(|now| now.role == Lifecycle::Claimed)?.locked_by.clone()?;
    if trail.claimed_by(&holder) { None } else { zombie(Some(holder), false) }
}

/// `412 finished, 3 failed again (same cause), 5 still running`
#[must_use]
pub fn describe_counts(tally: &OutcomeCounts) -> String {
    let told = JobOutcome::ALL
        .into_iter()
        .filter(|standing| *standing == JobOutcome::Finished || tally.count(*standing) > 0);
    let parts: Vec<_> = told
        .map(|standing| format!("{} {}", count(tally.count(standing)), outcome_label(standing)))
        .collect();
    parts.join(", ")
}

fn outcome_label(standing: JobOutcome) -> &'static str {
    match standing {
        JobOutcome::Finished => "finished",
        JobOutcome::FailedAgain => "failed again (same cause)",
        JobOutcome::FailedOther => "failed for another reason",
        JobOutcome::RetryPending => "waiting for a retry",
        JobOutcome::Running => "still running",
        JobOutcome::Queued => "still queued",
        JobOutcome::ChangedSince => "undone or changed since",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::job_id::JobId;

    const ID: JobId = JobId::Number(1);

    fn member() -> RequeuedJob {
        RequeuedJob { id: ID, cause: "v1-a".into(), error_hash: 1, updated_hash: 1 }
    }

    fn now(role: Lifecycle, attempts: i64, cause: &str, errors: u64) -> JobRow {
        JobRow {
            id: ID,
            role,
            attempts: Some(attempts),
            locked_by: None,
            failed_by: None,
            error_has_time: true,
            cause: cause.into(),
            error_hash: errors,
            updated_hash: 2,
        }
    }

    fn stands(now: &JobRow) -> JobOutcome {
        outcome(&member(), &JobEvents::default(), Some(now))
    }

    #[test]
    fn same_cause_counts_as_failed_again_while_retries_remain() {
        assert_eq!(stands(&now(Lifecycle::Queued, 1, "v1-a", 2)), JobOutcome::FailedAgain);
        assert_eq!(stands(&now(Lifecycle::Claimed, 1, "v1-a", 2)), JobOutcome::FailedAgain);
        assert_eq!(stands(&now(Lifecycle::Dead, 5, "v1-a", 2)), JobOutcome::FailedAgain);
        assert_eq!(stands(&now(Lifecycle::Finished, 1, "v1-a", 2)), JobOutcome::Finished);
    }

    #[test]
    fn other_cause_is_retry_pending_until_the_job_is_dead() {
        assert_eq!(stands(&now(Lifecycle::Queued, 1, "v1-b", 2)), JobOutcome::RetryPending);
        assert_eq!(stands(&now(Lifecycle::Claimed, 1, "v1-b", 2)), JobOutcome::Running);
        assert_eq!(stands(&now(Lifecycle::Dead, 5, "v1-b", 2)), JobOutcome::FailedOther);
    }

    #[test]
    fn unchanged_old_error_is_not_a_new_failure() {
        assert_eq!(stands(&now(Lifecycle::Queued, 0, "v1-a", 1)), JobOutcome::Queued);
        assert_eq!(stands(&now(Lifecycle::Claimed, 0, "v1-a", 1)), JobOutcome::Running);
        // Recovered from a silent worker: an attempt more, and no new error.
        assert_eq!(stands(&now(Lifecycle::Queued, 1, "v1-a", 1)), JobOutcome::RetryPending);
        assert_eq!(stands(&now(Lifecycle::Dead, 5, "v1-a", 1)), JobOutcome::FailedOther);
        // Without a date in the error, the same words again look just like that.
        let undated = |role| JobRow { error_has_time: false, ..now(role, 1, "v1-a", 1) };
        assert_eq!(stands(&undated(Lifecycle::Queued)), JobOutcome::FailedAgain);
    }

    #[test]
    fn job_requeued_by_others_counts_as_changed_since() {
        assert_eq!(outcome(&member(), &JobEvents::default(), None), JobOutcome::ChangedSince);
        assert_eq!(stands(&now(Lifecycle::Other, 0, "v1-a", 1)), JobOutcome::ChangedSince);
        assert_eq!(
            stands(&now(Lifecycle::Dead, 0, "v1-a", 1)),
            JobOutcome::ChangedSince,
            "by hand"
        );
        let undone = JobRow { updated_hash: 1, ..now(Lifecycle::Dead, 5, "v1-a", 1) };
        assert_eq!(stands(&undone), JobOutcome::ChangedSince);
        let mut trail = JobEvents::default();
        trail.record_event(7, JobEvent::RequeuedAgain);
        let waits = now(Lifecycle::Queued, 0, "v1-a", 1);
        assert_eq!(outcome(&member(), &trail, Some(&waits)), JobOutcome::ChangedSince);
    }

    #[test]
    fn worker_without_a_matching_claim_is_a_zombie() {
        let found = |trail: &JobEvents, now: &JobRow| {
            detect_zombie(&member(), trail, Some(now)).map(|zombie| (zombie.worker, zombie.failed))
        };
        let failed =
            JobRow { failed_by: Some("w-z".into()), ..now(Lifecycle::Queued, 1, "v1-a", 2) };
        let mut trail = JobEvents::default();
        trail.record_event(1, JobEvent::Failed(None));
        assert_eq!(found(&trail, &failed), Some((Some("w-z".into()), true)), "no claim at all");
        let mut trail = JobEvents::default();
        trail.record_event(1, JobEvent::Claimed(Some("w-a".into())));
        trail.record_event(2, JobEvent::Failed(None));
        assert_eq!(found(&trail, &failed), Some((Some("w-z".into()), true)), "another's claim");
        let own = JobRow { failed_by: Some("w-a".into()), ..failed };
        assert_eq!(found(&trail, &own), None);
        let held =
            JobRow { locked_by: Some("w-z".into()), ..now(Lifecycle::Claimed, 0, "v1-a", 1) };
        assert_eq!(found(&trail, &held), Some((Some("w-z".into()), false)));
        trail.record_event(3, JobEvent::Claimed(None));
        assert_eq!(found(&trail, &held), None, "a claim that names nobody may be anybody's");
    }

    #[test]
    fn description_lists_only_outcomes_that_occurred() {
        let standings =
            [(JobOutcome::Finished, 412), (JobOutcome::FailedAgain, 3), (JobOutcome::Running, 5)];
        let tally: OutcomeCounts =
            standings.into_iter().flat_map(|(s, n)| std::iter::repeat_n(s, n)).collect();
        assert_eq!(
            describe_counts(&tally),
            "412 finished, 3 failed again (same cause), 5 still running"
        );
        assert_eq!((tally.total(), tally.decided(), tally.failed()), (420, 415, 3));
        assert_eq!(describe_counts(&OutcomeCounts::default()), "0 finished");
    }
}
