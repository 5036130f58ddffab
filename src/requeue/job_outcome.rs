//! The outcome of a requeued job, determined from its row and its events, and the detection of zombie
//! workers, which act on a job without a claim.

use crate::facts::requeued_job::{
    EventKey, JobEvent, JobEvents, JobOutcome, JobRow, OutcomeCounts, RequeuedJob, ZombieWorker,
};
use crate::queue::{Counting, Lifecycle};
use crate::text::count;

/// How the last attempt since the requeue failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastFailure {
    /// With the cause that the job had before the requeue.
    SameCause,
    /// With another cause.
    OtherCause,
    /// Without a new error: the recovery unlocked the job of an unresponsive worker.
    Unrecorded,
}

/// Returns the outcome of a job of a table that counts attempts like this. `row` is `None` if the job was deleted, which
/// the queue does itself when a job has finished if `deletes_finished`.
pub(crate) fn outcome(
    requeued: &RequeuedJob,
    events: &JobEvents,
    row: Option<&JobRow>,
    (counting, deletes_finished): (Counting, bool),
) -> JobOutcome {
    let row = match row {
        _ if events.changed_since() => return JobOutcome::ChangedSince,
        Some(row) => row,
        None if deletes_finished => return JobOutcome::Finished,
        None => return JobOutcome::Deleted,
    };
    match (row.role, last_failure(requeued, row, counting)) {
        (Lifecycle::Finished, _) => JobOutcome::Finished,
        (Lifecycle::Canceled | Lifecycle::Blocked | Lifecycle::Other, _) => {
            JobOutcome::ChangedSince
        }
        (_, Some(LastFailure::SameCause)) => JobOutcome::FailedAgain,
        (Lifecycle::Dead, Some(_)) => JobOutcome::FailedOther,
        // Dead without a new attempt: undone, or edited by hand.
        (Lifecycle::Dead, None) => JobOutcome::ChangedSince,
        (Lifecycle::Claimed, _) => JobOutcome::Running,
        (Lifecycle::Queued | Lifecycle::Failed, Some(_)) | (Lifecycle::Failed, None) => {
            JobOutcome::RetryPending
        }
        (Lifecycle::Queued, None) => JobOutcome::Queued,
    }
}

/// Returns the failure since the requeue; `None` if there is none. A requeue keeps the errors and sets
/// the attempts to 0, so a new error is a failure. So is a counted attempt, unless the claim counted the one that runs.
fn last_failure(requeued: &RequeuedJob, row: &JobRow, counting: Counting) -> Option<LastFailure> {
    // No other transaction has written the row since the requeue: what differs is the work of a trigger. Only an
    // error together with a counted attempt is a failure then.
    let is_queued = row.role == Lifecycle::Queued;
    let is_same = row.transaction.is_some() && row.transaction == requeued.transaction;
    let attempts = row.attempts.map(|attempts| attempts - requeued.attempts);
    let has_new_error = row.errors.is_new_since(requeued.errors);
    if is_queued && is_same && !(has_new_error && attempts.is_some_and(|attempts| attempts > 0)) {
        return None;
    }
    // Of a job that waits with no counted attempt, only a trigger can have changed the error.
    if is_queued && attempts == Some(0) && row.locked_by.is_none() {
        return None;
    }
    let by_cause = match row.group == requeued.group {
        true => LastFailure::SameCause,
        false => LastFailure::OtherCause,
    };
    if has_new_error {
        return Some(by_cause);
    }
    let has_ended = matches!(row.role, Lifecycle::Dead | Lifecycle::Failed);
    let may_include_running = row.role == Lifecycle::Claimed && counting != Counting::AtFailure;
    let has_failed = attempts.map_or(has_ended, |n| n > i64::from(may_include_running));
    let is_undone =
        has_ended && row.updated_hash.is_some() && row.updated_hash == requeued.updated_hash;
    match row.error_has_time {
        _ if !has_failed || is_undone => None,
        true => Some(LastFailure::Unrecorded),
        // Without a time in the error, an unchanged error means the same error again.
        false => Some(by_cause),
    }
}

/// Claims and failures since a requeue.
#[derive(Default)]
struct Attempts<'a> {
    /// Workers that claimed the job.
    claimers: Vec<&'a str>,
    /// Whether a claim did not name its worker.
    has_anonymous_claim: bool,
    /// A failure without a claim, with the worker if the event names it.
    unclaimed_failure: Option<Option<&'a str>>,
}

impl JobEvents {
    /// Creates the events of a job whose requeue has this event.
    pub(crate) fn since(requeued: EventKey) -> Self {
        Self { requeued, ..Self::default() }
    }

    /// Records an event, unless it is older than the requeue. Our own events carry the time of the server; the
    /// time of a worker's event may be that of its own clock, so its id counts as well.
    pub(crate) fn record_event(&mut self, key: EventKey, event: JobEvent) {
        let is_later = match event {
            JobEvent::RequeuedAgain | JobEvent::Undone | JobEvent::Rescued => key > self.requeued,
            JobEvent::Claimed(_) | JobEvent::Failed(_) => {
                key > self.requeued || key.id > self.requeued.id
            }
        };
        if is_later {
            self.since.insert(key, event);
        }
    }

    /// Returns whether another operation changed the job.
    fn changed_since(&self) -> bool {
        let changes =
            |event: &JobEvent| matches!(event, JobEvent::RequeuedAgain | JobEvent::Undone);
        self.undone || self.since.values().any(changes)
    }

    fn attempts(&self) -> Attempts<'_> {
        let (mut attempts, mut is_claimed) = (Attempts::default(), false);
        for event in self.since.values() {
            match event {
                JobEvent::RequeuedAgain | JobEvent::Undone => {}
                JobEvent::Rescued => is_claimed = false,
                JobEvent::Claimed(worker) => {
                    is_claimed = true;
                    match worker.as_deref() {
                        None => attempts.has_anonymous_claim = true,
                        Some(name) => attempts.claimers.push(name),
                    }
                }
                JobEvent::Failed(worker) => {
                    if !is_claimed {
                        attempts.unclaimed_failure.get_or_insert(worker.as_deref());
                    }
                    is_claimed = false;
                }
            }
        }
        // If ids and times disagree, the order of claims and failures is not known.
        let ids = self.since.keys().map(|key| key.id);
        if !ids.is_sorted() && (attempts.has_anonymous_claim || !attempts.claimers.is_empty()) {
            attempts.unclaimed_failure = None;
        }
        attempts
    }
}

impl Attempts<'_> {
    /// Returns whether this worker may have claimed the job since the requeue. An anonymous claim can
    /// be that of any worker.
    fn may_be_claimed_by(&self, worker: &str) -> bool {
        self.has_anonymous_claim || self.claimers.contains(&worker)
    }
}

/// Returns a worker that acted on the job without a claim. The result is only valid if claims are
/// recorded as events.
pub(crate) fn detect_zombie(
    requeued: &RequeuedJob,
    events: &JobEvents,
    row: Option<&JobRow>,
) -> Option<ZombieWorker> {
    let zombie = |worker, failed| Some(ZombieWorker { id: requeued.id, worker, failed });
    let (row, attempts) = (row.filter(|_| !events.changed_since()), events.attempts());
    let failed_by = row.filter(|row| row.errors.is_new_since(requeued.errors));
    let failed_by = failed_by.and_then(|row| row.failed_by.clone());
    if let Some(worker) = attempts.unclaimed_failure {
        return zombie(worker.map(str::to_owned).or(failed_by), true);
    }
    if let Some(worker) = failed_by.filter(|worker| !attempts.may_be_claimed_by(worker)) {
        return zombie(Some(worker), true);
    }
    let locked_by = row.filter(|row| row.role == Lifecycle::Claimed)?.locked_by.clone()?;
    if attempts.may_be_claimed_by(&locked_by) { None } else { zombie(Some(locked_by), false) }
}

/// Returns the counts as text: `412 finished, 3 failed again (same cause), 5 running`. Outcomes
/// without jobs are omitted.
pub(crate) fn describe_counts(counts: &OutcomeCounts) -> String {
    if counts.total() == 0 {
        return "0 finished".to_owned();
    }
    let shown = JobOutcome::ALL.into_iter().filter(|outcome| counts.count(*outcome) > 0);
    let parts: Vec<_> = shown
        .map(|outcome| format!("{} {}", count(counts.count(outcome)), outcome_label(outcome)))
        .collect();
    parts.join(", ")
}

/// Returns the outcomes of a batch, failures first: `2 of 5 failed again (same cause), 3 finished`.
pub(crate) fn describe_batch(batch: &OutcomeCounts) -> String {
    let by_failure = |outcome: &JobOutcome| !outcome.is_failed();
    let mut outcomes = JobOutcome::ALL;
    outcomes.sort_by_key(by_failure);
    let mut outcomes = outcomes.into_iter().filter(|outcome| batch.count(*outcome) > 0);
    let Some(first) = outcomes.next() else { return "-".to_owned() };
    let mut text = format!(
        "{} of {} {}",
        count(batch.count(first)),
        count(batch.total()),
        outcome_label(first)
    );
    for outcome in outcomes {
        text.push_str(&format!(", {} {}", count(batch.count(outcome)), outcome_label(outcome)));
    }
    text
}

fn outcome_label(outcome: JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Finished => "finished",
        JobOutcome::FailedAgain => "failed again (same cause)",
        JobOutcome::FailedOther => "failed (other cause)",
        JobOutcome::RetryPending => "retry pending",
        JobOutcome::Running => "running",
        JobOutcome::Queued => "queued",
        JobOutcome::ChangedSince => "undone or changed",
        JobOutcome::Deleted => "deleted (outcome not known here)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::job_id::JobId;
    use crate::facts::requeued_job::ErrorMarks;

    const ID: JobId = JobId::Number(1);

    /// The claim does not count attempts, and finished jobs stay.
    const COUNTED: (Counting, bool) = (Counting::AtFailure, false);

    fn key(id: i64) -> EventKey {
        EventKey { at: Some(id), id }
    }

    fn errors(text: u64) -> ErrorMarks {
        ErrorMarks { text: Some(text), structured: None }
    }

    fn requeued() -> RequeuedJob {
        RequeuedJob {
            id: ID,
            place: None,
            group: "v1-a".into(),
            errors: errors(1),
            updated_hash: Some(1),
            transaction: None,
            attempts: 0,
        }
    }

    fn row(role: Lifecycle, attempts: i64, cause: &str, error_hash: u64) -> JobRow {
        JobRow {
            id: ID,
            role,
            attempts: Some(attempts),
            locked_by: None,
            failed_by: None,
            error_has_time: true,
            group: cause.into(),
            errors: errors(error_hash),
            updated_hash: Some(2),
            transaction: None,
        }
    }

    fn outcome_of(row: &JobRow) -> JobOutcome {
        outcome(&requeued(), &JobEvents::default(), Some(row), COUNTED)
    }

    #[test]
    fn same_cause_counts_as_failed_again_while_retries_remain() {
        assert_eq!(outcome_of(&row(Lifecycle::Queued, 1, "v1-a", 2)), JobOutcome::FailedAgain);
        assert_eq!(outcome_of(&row(Lifecycle::Claimed, 1, "v1-a", 2)), JobOutcome::FailedAgain);
        assert_eq!(outcome_of(&row(Lifecycle::Dead, 5, "v1-a", 2)), JobOutcome::FailedAgain);
        assert_eq!(outcome_of(&row(Lifecycle::Finished, 1, "v1-a", 2)), JobOutcome::Finished);
    }

    #[test]
    fn other_cause_is_retry_pending_until_the_job_is_dead() {
        assert_eq!(outcome_of(&row(Lifecycle::Queued, 1, "v1-b", 2)), JobOutcome::RetryPending);
        assert_eq!(outcome_of(&row(Lifecycle::Claimed, 1, "v1-b", 2)), JobOutcome::Running);
        assert_eq!(outcome_of(&row(Lifecycle::Dead, 5, "v1-b", 2)), JobOutcome::FailedOther);
    }

    #[test]
    fn unchanged_old_error_is_not_a_new_failure() {
        assert_eq!(outcome_of(&row(Lifecycle::Queued, 0, "v1-a", 1)), JobOutcome::Queued);
        assert_eq!(outcome_of(&row(Lifecycle::Claimed, 0, "v1-a", 1)), JobOutcome::Running);
        // Recovered from an unresponsive worker: one more attempt and no new error.
        assert_eq!(outcome_of(&row(Lifecycle::Queued, 1, "v1-a", 1)), JobOutcome::RetryPending);
        assert_eq!(outcome_of(&row(Lifecycle::Dead, 5, "v1-a", 1)), JobOutcome::FailedOther);
        // Without a time in the error, the same error again cannot be told from the old one.
        let undated = |role| JobRow { error_has_time: false, ..row(role, 1, "v1-a", 1) };
        assert_eq!(outcome_of(&undated(Lifecycle::Queued)), JobOutcome::FailedAgain);
    }

    #[test]
    fn claimed_job_has_failed_only_if_something_beyond_the_claim_shows_it() {
        let of = |counting, row: &JobRow| {
            let row = JobRow { error_has_time: false, ..row.clone() };
            outcome(&requeued(), &JobEvents::default(), Some(&row), (counting, false))
        };
        let cleared = |row: JobRow| JobRow { errors: ErrorMarks::default(), ..row };
        for counting in [Counting::AtClaim, Counting::Unknown] {
            let claimed = |attempts| row(Lifecycle::Claimed, attempts, "v1-a", 1);
            assert_eq!(of(counting, &claimed(1)), JobOutcome::Running);
            assert_eq!(of(counting, &cleared(claimed(1))), JobOutcome::Running);
            assert_eq!(of(counting, &claimed(2)), JobOutcome::FailedAgain, "a second claim");
            let waiting = row(Lifecycle::Queued, 1, "v1-a", 1);
            assert_eq!(of(counting, &waiting), JobOutcome::FailedAgain, "back after a claim");
        }
        let counted = row(Lifecycle::Claimed, 1, "v1-a", 1);
        assert_eq!(of(Counting::AtFailure, &counted), JobOutcome::FailedAgain);
        // Only the text is cleared: what is left of the error is the old one.
        let both = ErrorMarks { text: Some(1), structured: Some(7) };
        let half = ErrorMarks { text: None, structured: Some(7) };
        assert!(!half.is_new_since(both) && both.is_new_since(half));
    }

    #[test]
    fn dead_letter_of_a_table_without_a_change_time_is_not_undone() {
        let requeued = RequeuedJob { updated_hash: None, ..requeued() };
        let dead = row(Lifecycle::Dead, 5, "v1-a", 1);
        let dead = JobRow { updated_hash: None, error_has_time: false, ..dead };
        let of = |row| outcome(&requeued, &JobEvents::default(), Some(row), COUNTED);
        let by_hand = JobRow { attempts: Some(0), ..dead.clone() };
        assert_eq!(of(&dead), JobOutcome::FailedAgain);
        assert_eq!(of(&by_hand), JobOutcome::ChangedSince);
    }

    #[test]
    fn job_requeued_by_others_counts_as_changed_since_and_a_deleted_one_as_deleted() {
        assert_eq!(outcome(&requeued(), &JobEvents::default(), None, COUNTED), JobOutcome::Deleted);
        assert_eq!(
            outcome(&requeued(), &JobEvents::default(), None, (Counting::AtFailure, true)),
            JobOutcome::Finished
        );
        assert_eq!(outcome_of(&row(Lifecycle::Other, 0, "v1-a", 1)), JobOutcome::ChangedSince);
        assert_eq!(
            outcome_of(&row(Lifecycle::Dead, 0, "v1-a", 1)),
            JobOutcome::ChangedSince,
            "by hand"
        );
        let undone = JobRow { updated_hash: Some(1), ..row(Lifecycle::Dead, 5, "v1-a", 1) };
        assert_eq!(outcome_of(&undone), JobOutcome::ChangedSince);
        let mut events = JobEvents::default();
        events.record_event(key(7), JobEvent::RequeuedAgain);
        let queued = row(Lifecycle::Queued, 0, "v1-a", 1);
        assert_eq!(outcome(&requeued(), &events, Some(&queued), COUNTED), JobOutcome::ChangedSince);
    }

    #[test]
    fn worker_without_a_matching_claim_is_a_zombie() {
        let zombie = |events: &JobEvents, row: &JobRow| {
            detect_zombie(&requeued(), events, Some(row))
                .map(|zombie| (zombie.worker, zombie.failed))
        };
        let failed =
            JobRow { failed_by: Some("w-z".into()), ..row(Lifecycle::Queued, 1, "v1-a", 2) };
        let mut events = JobEvents::default();
        events.record_event(key(1), JobEvent::Failed(None));
        assert_eq!(zombie(&events, &failed), Some((Some("w-z".into()), true)), "no claim at all");
        let mut events = JobEvents::default();
        events.record_event(key(1), JobEvent::Claimed(Some("w-a".into())));
        events.record_event(key(2), JobEvent::Failed(None));
        assert_eq!(zombie(&events, &failed), Some((Some("w-z".into()), true)), "another's claim");
        let own = JobRow { failed_by: Some("w-a".into()), ..failed };
        assert_eq!(zombie(&events, &own), None);
        let claimed =
            JobRow { locked_by: Some("w-z".into()), ..row(Lifecycle::Claimed, 0, "v1-a", 1) };
        assert_eq!(zombie(&events, &claimed), Some((Some("w-z".into()), false)));
        events.record_event(key(3), JobEvent::Claimed(None));
        assert_eq!(zombie(&events, &claimed), None, "a claim that names nobody may be anybody's");
    }

    #[test]
    fn claim_with_an_older_id_is_found_by_its_time() {
        let requeue = EventKey { at: Some(10), id: 200 };
        let mut events = JobEvents::since(requeue);
        events.record_event(EventKey { at: Some(11), id: 2 }, JobEvent::Claimed(Some("w".into())));
        events.record_event(EventKey { at: Some(12), id: 3 }, JobEvent::Failed(None));
        events.record_event(EventKey { at: Some(9), id: 1 }, JobEvent::RequeuedAgain);
        let failed = JobRow { failed_by: Some("w".into()), ..row(Lifecycle::Dead, 5, "v1-b", 2) };
        assert_eq!(detect_zombie(&requeued(), &events, Some(&failed)), None);
        assert_eq!(outcome(&requeued(), &events, Some(&failed), COUNTED), JobOutcome::FailedOther);
    }

    #[test]
    fn row_of_the_requeue_itself_has_no_failure() {
        let own = |attempts, error_hash| {
            let transaction = Some("7".to_owned());
            let requeued = RequeuedJob { transaction: transaction.clone(), ..requeued() };
            let row =
                JobRow { transaction, ..row(Lifecycle::Queued, attempts, "v1-a", error_hash) };
            outcome(&requeued, &JobEvents::default(), Some(&row), COUNTED)
        };
        assert_eq!((own(3, 1), own(0, 2)), (JobOutcome::Queued, JobOutcome::Queued), "a trigger");
        assert_eq!(own(1, 2), JobOutcome::FailedAgain, "a trigger that runs the job");
    }

    #[test]
    fn error_that_a_trigger_changed_is_no_failure() {
        assert_eq!(outcome_of(&row(Lifecycle::Queued, 0, "v1-b", 2)), JobOutcome::Queued);
    }

    #[test]
    fn description_lists_only_outcomes_that_occurred() {
        let outcomes =
            [(JobOutcome::Finished, 412), (JobOutcome::FailedAgain, 3), (JobOutcome::Running, 5)];
        let counts: OutcomeCounts = outcomes
            .into_iter()
            .flat_map(|(outcome, jobs)| std::iter::repeat_n(outcome, jobs))
            .collect();
        assert_eq!(
            describe_counts(&counts),
            "412 finished, 3 failed again (same cause), 5 running"
        );
        assert_eq!((counts.total(), counts.decided(), counts.failed()), (420, 415, 3));
        assert_eq!(describe_counts(&OutcomeCounts::default()), "0 finished");
        let batch = [JobOutcome::Finished, JobOutcome::Finished, JobOutcome::FailedAgain];
        let batch: OutcomeCounts = batch.into_iter().collect();
        assert_eq!(describe_batch(&batch), "1 of 3 failed again (same cause), 2 finished");
        assert_eq!(describe_batch(&OutcomeCounts::default()), "-");
    }
}
