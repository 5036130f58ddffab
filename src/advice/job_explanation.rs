//! Explanation of the state of one job, and what to do about it.

use crate::facts::Thresholds;
use crate::facts::job::Job;
use crate::queue::Lifecycle;
use crate::text;
use crate::text::ShellCommand;

/// Explanation of a job's state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobExplanation {
    /// Name in JSON: `stuck`, `scheduled`, …
    pub(crate) label: &'static str,
    /// Explanation in one sentence.
    pub(crate) sentence: String,
    /// Next commands, each with its purpose.
    pub(crate) next: Vec<(String, String)>,
}

/// Explains the state of a job.
pub(crate) fn explain(job: &Job, limits: &Thresholds) -> JobExplanation {
    match job.role {
        Lifecycle::Queued => explain_queued(job, limits),
        Lifecycle::Claimed => explain_claimed(job, limits),
        Lifecycle::Failed if job.given_up => JobExplanation {
            label: "given_up",
            sentence: format!(
                "Given up{}: no function of this database claims jobs in state \"{}\".",
                after_attempts(job),
                job.state
            ),
            next: vec![(
                "cliplyctl jobs list --state failed".into(),
                "all given-up jobs with their errors".into(),
            )],
        },
        Lifecycle::Failed => {
            plain("failed", format!("Failed{}. It will be claimed again.", after_attempts(job)))
        }
        Lifecycle::Finished => {
            plain("finished", "Finished. An error shown is from an earlier attempt.")
        }
        Lifecycle::Dead => JobExplanation {
            label: "dead",
            sentence: format!(
                "Dead letter{}. It runs again only after a requeue.",
                after_attempts(job)
            ),
            next: vec![
                (
                    ShellCommand::new("dlq show").arg(&job.id).into(),
                    "whether a retry is safe".into(),
                ),
                (dead_letters(job), "dead letters of this kind".into()),
                ("cliplyctl runbook 3.4".into(), "requeue only after the cause is fixed".into()),
            ],
        },
        Lifecycle::Canceled => plain("canceled", "Canceled by an operator or the app."),
        Lifecycle::Other => {
            plain("unknown", format!("State \"{}\" is not known to this tool.", job.state))
        }
    }
}

fn explain_queued(job: &Job, limits: &Thresholds) -> JobExplanation {
    let last = match last_attempt(job) {
        Some(last) => format!("; its next attempt ({last}) is the last"),
        None => String::new(),
    };
    match job.due_age {
        Some(age) if age < 0.0 => {
            let due = text::age(-age);
            plain("scheduled", format!("Scheduled: due in {due}{}{last}.", after_attempts(job)))
        }
        age => {
            let age = age.or(job.created_age).unwrap_or(0.0);
            let due = text::age(age);
            if limits.oldest_due.warning.is_none_or(|limit| age < limit) {
                return plain(
                    "due",
                    format!("Due for {due}: the next free worker claims it{last}."),
                );
            }
            JobExplanation {
                label: "queued_too_long",
                sentence: format!("Queued too long: due for {due}, not claimed{last}."),
                next: vec![("cliplyctl queue".into(), "active workers and the backlog".into())],
            }
        }
    }
}

fn explain_claimed(job: &Job, limits: &Thresholds) -> JobExplanation {
    let worker = job.locked_by.as_deref().unwrap_or("unknown worker");
    let last = last_attempt(job);
    if !job.has_heartbeats {
        let sentence =
            "Running. This table has no heartbeats, so it is not known whether the job is stuck.";
        return plain("running", sentence);
    }
    let unresponsive = match job.heartbeat_age {
        Some(age) if age < limits.stuck_after => {
            let ending = last.map(|last| format!(". Attempt {last} is the last one"));
            let ending = ending.unwrap_or_default();
            let heartbeat = text::age(age);
            return plain(
                "running",
                format!("Running on {worker}, last heartbeat {heartbeat} ago{ending}."),
            );
        }
        Some(age) => format!("for {}", text::age(age)),
        None => "since it was claimed".to_owned(),
    };
    let outcome = match last {
        Some(last) => {
            format!("Attempt {last}: a rescue makes it a dead letter.")
        }
        None => "A rescue requeues it.".to_owned(),
    };
    JobExplanation {
        label: "stuck",
        sentence: format!("Stuck: no heartbeat from {worker} {unresponsive}. {outcome}"),
        next: vec![
            ("cliplyctl runbook queue.stuck".into(), "restart the worker first".into()),
            ("cliplyctl queue".into(), "other stuck jobs and active workers".into()),
            (
                ShellCommand::new("jobs rescue").arg(&job.id).flags(" --dry-run").into(),
                "preview its rescue".into(),
            ),
        ],
    }
}

fn plain(word: &'static str, sentence: impl Into<String>) -> JobExplanation {
    JobExplanation { label: word, sentence: sentence.into(), next: vec![] }
}

fn dead_letters(job: &Job) -> String {
    match &job.kind {
        Some(kind) => ShellCommand::new("dlq list --kind").arg(kind).into(),
        None => "cliplyctl dlq list".to_owned(),
    }
}

fn after_attempts(job: &Job) -> String {
    match job.attempts {
        None | Some(0) => String::new(),
        Some(1) => " after 1 attempt".to_owned(),
        Some(n) => format!(" after {n} attempts"),
    }
}

/// `5 of 5` if one more failure makes it a dead letter: the running attempt of a claimed job, the next of another.
fn last_attempt(job: &Job) -> Option<String> {
    let allowed = job.max_attempts?;
    let next = job.running_attempt().or_else(|| Some(job.attempts?.saturating_add(1)))?;
    (next >= allowed).then(|| format!("{next} of {allowed}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::job::Timeline;
    use crate::fingerprint::Fingerprint;

    pub(crate) fn job(role: Lifecycle, attempts: i64) -> Job {
        Job {
            id: "1".into(),
            kind: Some("CLIP_RENDER".into()),
            workspace: None,
            state: "x".into(),
            role,
            other_state: None,
            attempts: Some(attempts),
            counted_at_claim: false,
            given_up: false,
            max_attempts: Some(5),
            due_age: Some(5.0),
            locked_by: Some("worker-c".into()),
            locked_age: None,
            has_heartbeats: true,
            heartbeat_age: None,
            created_age: None,
            updated_age: None,
            last_error: None,
            error: None,
            payload: None,
            result: None,
            cause: Fingerprint::new("CLIP_RENDER", None, None),
            timeline: Timeline { events: vec![], searched: String::new(), complete: true },
        }
    }

    fn state_label(job: Job) -> &'static str {
        explain(&job, &Thresholds::default()).label
    }

    #[test]
    fn each_job_state_has_its_explanation() {
        assert_eq!(state_label(job(Lifecycle::Queued, 0)), "due");
        assert_eq!(
            state_label(Job { due_age: Some(-60.0), ..job(Lifecycle::Queued, 2) }),
            "scheduled"
        );
        assert_eq!(
            state_label(Job { due_age: Some(61.0), ..job(Lifecycle::Queued, 0) }),
            "queued_too_long"
        );
        assert_eq!(
            state_label(Job { heartbeat_age: Some(3.0), ..job(Lifecycle::Claimed, 0) }),
            "running"
        );
        assert_eq!(
            state_label(Job { heartbeat_age: Some(601.0), ..job(Lifecycle::Claimed, 0) }),
            "stuck"
        );
        assert_eq!(state_label(job(Lifecycle::Claimed, 0)), "stuck");
        assert_eq!(state_label(job(Lifecycle::Dead, 5)), "dead");
    }

    #[test]
    fn stuck_job_explanation_depends_on_remaining_attempts() {
        let said = explain(&job(Lifecycle::Claimed, 4), &Thresholds::default()).sentence;
        assert!(said.contains("Attempt 5 of 5: a rescue makes it a dead letter"), "{said}");
        let said = explain(&job(Lifecycle::Claimed, 3), &Thresholds::default()).sentence;
        assert!(said.contains("A rescue requeues it"), "{said}");
        let counted_at_claim = Job { counted_at_claim: true, ..job(Lifecycle::Claimed, 4) };
        let said = explain(&counted_at_claim, &Thresholds::default()).sentence;
        assert!(said.contains("A rescue requeues it"), "{said}");
    }

    #[test]
    fn dead_letter_suggests_dlq_show() {
        let next = explain(&job(Lifecycle::Dead, 5), &Thresholds::default()).next;
        assert_eq!(next[0].0, "cliplyctl dlq show 1");
    }
}
