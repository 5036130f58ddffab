//! Earlier requeues of a dead letter, and their results.

use crate::facts::job::{Job, RequeueEvent, TimelineEvent};

/// An earlier requeue of a dead letter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EarlierRequeue<'a> {
    /// The requeue.
    pub(crate) requeued: &'a RequeueEvent,
    /// Age in seconds.
    pub(crate) age: Option<f64>,
    /// Result of the requeue.
    pub(crate) result: EarlierRequeueResult,
}

/// Result of an earlier requeue of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum EarlierRequeueResult {
    /// It was undone before a worker claimed the job.
    Undone,
    /// The job failed again.
    FailedAgain {
        /// Seconds between the requeue and the failure, if an event records it.
        after: Option<f64>,
        /// Whether it failed with the same cause, if the events record it.
        same: Option<bool>,
    },
}

/// The requeues among the events of a dead letter, latest first.
pub(crate) fn earlier<'a>(job: &'a Job) -> Vec<EarlierRequeue<'a>> {
    let events = job.timeline.events.iter().enumerate();
    let earlier = |(at, event): (usize, &'a TimelineEvent)| {
        let requeued = event.requeued.as_ref()?;
        Some(EarlierRequeue { requeued, age: event.age, result: result_of(job, at, requeued) })
    };
    events.filter_map(earlier).collect()
}

/// The result of the requeue at index `at`. Events are newest first, so those before it happened later.
/// A job that is a dead letter or was requeued again has failed in between, even without an event.
fn result_of(job: &Job, at: usize, requeued: &RequeueEvent) -> EarlierRequeueResult {
    let events = &job.timeline.events;
    let later = events.get(..at).unwrap_or_default();
    let is_undo =
        |event: &TimelineEvent| event.undoes.is_some() && event.undoes == requeued.operation;
    if later.iter().any(is_undo) {
        return EarlierRequeueResult::Undone;
    }
    let next = later.iter().rposition(|event| event.requeued.is_some());
    let (before_next, cause) = match next {
        Some(next) => {
            let again = later.get(next).and_then(|event| event.requeued.as_ref());
            (later.get(next + 1..), again.and_then(|requeued| requeued.cause.as_ref()))
        }
        None => (Some(later), Some(&job.cause.hash)),
    };
    let failure = before_next.unwrap_or_default().iter().find(|event| event.stage == "failed");
    let (requeue, failure) = (events.get(at).and_then(|e| e.age), failure.and_then(|e| e.age));
    EarlierRequeueResult::FailedAgain {
        after: requeue.zip(failure).map(|(requeue, failure)| requeue - failure),
        same: requeued.cause.as_ref().zip(cause).map(|(before, after)| before == after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::job_explanation::tests::job;
    use crate::queue::Lifecycle;

    fn event(stage: &str, age: f64) -> TimelineEvent {
        TimelineEvent {
            stage: stage.into(),
            data: None,
            age: Some(age),
            requeued: None,
            undoes: None,
        }
    }

    fn requeue(operation: &str, age: f64, died_of: Option<&str>) -> TimelineEvent {
        let requeued = RequeueEvent {
            operation: Some(operation.into()),
            actor: None,
            host: None,
            reason: None,
            cause: died_of.map(str::to_owned),
        };
        TimelineEvent { requeued: Some(requeued), ..event("enqueued", age) }
    }

    #[test]
    fn requeue_result_comes_from_events_before_the_next_requeue() {
        let mut dead = job(Lifecycle::Dead, 5);
        let now = dead.cause.hash.clone();
        let undo = TimelineEvent { undoes: Some("rq-2".into()), ..event("progress", 90.0) };
        dead.timeline.events = vec![
            event("failed", 40.0),
            requeue("rq-3", 60.0, Some(&now)),
            undo,
            requeue("rq-2", 100.0, Some(&now)),
            event("failed", 150.0),
            event("failed", 160.0),
            requeue("rq-1", 200.0, Some("v1-0000000000")),
            event("enqueued", 900.0),
        ];
        let endings: Vec<_> = earlier(&dead).into_iter().map(|e| (e.age, e.result)).collect();
        let again = |after, same| EarlierRequeueResult::FailedAgain {
            after: Some(after),
            same: Some(same),
        };
        assert_eq!(
            endings,
            [
                (Some(60.0), again(20.0, true)),
                (Some(100.0), EarlierRequeueResult::Undone),
                (Some(200.0), again(50.0, false)),
            ]
        );
    }

    #[test]
    fn missing_events_leave_time_and_cause_unknown() {
        let mut dead = job(Lifecycle::Dead, 5);
        dead.timeline.events = vec![requeue("rq-1", 9.0, None)];
        let silent = EarlierRequeueResult::FailedAgain { after: None, same: None };
        assert_eq!(earlier(&dead)[0].result, silent);
    }
}
