//! Explanation of the state of one job, and what to do about it.

use crate::facts::Suggestion;
use crate::facts::Thresholds;
use crate::facts::job::Job;
use crate::facts::stuck_job::SignOfLife;
use crate::queue::{Fate, LONGEST_WAIT, Lifecycle};
use crate::suggest::ShellCommand;
use crate::text;

/// Explanation of a job's state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobExplanation {
    /// Name in JSON: `stuck`, `scheduled`, …
    pub(crate) label: &'static str,
    /// Explanation in one sentence.
    pub(crate) sentence: String,
    /// Next steps.
    pub(crate) next: Vec<Suggestion>,
}

/// Explains the state of a job.
pub(crate) fn explain(job: &Job, limits: &Thresholds) -> JobExplanation {
    match job.role {
        Lifecycle::Queued => explain_queued(job, limits),
        Lifecycle::Claimed => explain_claimed(job),
        Lifecycle::Failed => explain_failed(job),
        Lifecycle::Finished => {
            plain("finished", "Finished. An error shown here is from an earlier attempt.")
        }
        Lifecycle::Dead => JobExplanation {
            label: "dead",
            sentence: dead_sentence(job),
            next: vec![
                Suggestion::new(
                    ShellCommand::new("dlq show").arg(&job.id),
                    "group, advice and earlier requeues",
                ),
                Suggestion::new(dead_letters(job), "dead letters of its kind"),
                Suggestion::fixed("runbook 3.4", "runbook: dead letters"),
            ],
        },
        Lifecycle::Canceled => plain("canceled", "Canceled by an operator or the app."),
        Lifecycle::Blocked if job.is_queue_paused => plain(
            "blocked",
            "Paused: its queue is paused, and no worker claims it until the queue is resumed.",
        ),
        Lifecycle::Blocked => {
            plain("blocked", "Blocked: not claimable until the jobs that it depends on end.")
        }
        Lifecycle::Other => plain("unknown", format!("Unknown state: \"{}\".", job.state)),
    }
}

fn explain_failed(job: &Job) -> JobExplanation {
    let attempts = after_attempts(job);
    let why = match job.fate {
        Fate::Retried => {
            let sentence = format!("Retrying: failed{attempts}; it will be claimed again.");
            return plain("failed", sentence);
        }
        Fate::Unknown => {
            let sentence = format!(
                "Failed{attempts}. Nothing shows whether jobs in state \"{}\" are tried again.",
                job.state
            );
            let declare = Suggestion::fixed("config check", "declare which states are tried again");
            return JobExplanation { label: "failed", sentence, next: vec![declare] };
        }
        Fate::NotClaimed => {
            format!("no function of this database claims jobs in state \"{}\"", job.state)
        }
        Fate::AttemptsUsed => "all its attempts are used".to_owned(),
        Fate::Overdue => {
            format!("it has been due for more than {LONGEST_WAIT}h, and no worker has claimed it")
        }
    };
    JobExplanation {
        label: "given_up",
        sentence: format!("Given up{attempts}: {why}."),
        next: vec![Suggestion::fixed("jobs list --state failed", "failed jobs with their errors")],
    }
}

fn explain_queued(job: &Job, limits: &Thresholds) -> JobExplanation {
    let last = match last_attempt(job) {
        Some(last) => format!(" The next attempt is the last ({last})."),
        None => String::new(),
    };
    match job.due_age {
        Some(age) if age < 0.0 => {
            let due = text::age(-age);
            plain("scheduled", format!("Scheduled: due in {due}{}.{last}", after_attempts(job)))
        }
        age => {
            let age = age.or(job.created_age).unwrap_or(0.0);
            let due = text::age(age);
            if limits.oldest_due.warning.is_none_or(|limit| age < limit) {
                return plain(
                    "due",
                    format!("Due for {due}: the next free worker claims it.{last}"),
                );
            }
            JobExplanation {
                label: "queued_too_long",
                sentence: format!(
                    "Queued too long: due for {due}, and no worker has claimed it.{last}"
                ),
                next: vec![Suggestion::fixed("queue", "active workers and the backlog")],
            }
        }
    }
}

fn explain_claimed(job: &Job) -> JobExplanation {
    let last = last_attempt(job);
    if !job.has_heartbeats {
        let sentence =
            "Claimed. This schema has no heartbeats: not known whether the job is stuck.";
        return plain("running", sentence);
    }
    if !job.is_stuck {
        let last = last.map(|last| format!(" This is the last attempt ({last})."));
        let (worker, last) = (prefixed(" on ", job.locked_by.as_ref()), last.unwrap_or_default());
        let seen = match (job.sign, job.heartbeat_age) {
            (SignOfLife::Heartbeat, Some(age)) => {
                format!(", last heartbeat {} ago", text::age(age))
            }
            (SignOfLife::Lock, Some(age)) => format!(", claimed {} ago", text::age(age)),
            _ => String::new(),
        };
        return plain("running", format!("Running{worker}{seen}.{last}"));
    }
    let mut next = vec![
        Suggestion::fixed("runbook queue.stuck", "runbook: restart the worker first"),
        Suggestion::fixed("queue", "stuck jobs and active workers"),
    ];
    let outcome = match last {
        _ if job.is_rescue_refused => String::new(),
        Some(last) => format!(" Attempt {last}: a rescue makes it a dead letter."),
        None => " A rescue requeues it.".to_owned(),
    };
    if !job.is_rescue_refused {
        let command = ShellCommand::new("jobs rescue").arg(&job.id).arg("--dry-run");
        next.push(Suggestion::new(command, "preview the rescue of this job"));
    }
    let sentence = format!("Stuck: {}.{outcome}", why_stuck(job));
    JobExplanation { label: "stuck", sentence, next }
}

/// What is known of the worker of a stuck job. The time of a claim is no heartbeat.
fn why_stuck(job: &Job) -> String {
    let worker = job.locked_by.as_ref();
    let ownerless = job.owner.as_ref().filter(|_| worker.is_none());
    let claimed = || match job.locked_age.filter(|age| *age >= 0.0) {
        Some(age) => format!(", claimed {} ago", text::age(age)),
        None => String::new(),
    };
    match (job.sign, job.heartbeat_age) {
        _ if ownerless.is_some_and(|_| job.sign != SignOfLife::Heartbeat) => {
            format!("no {} owns it{}", ownerless.map_or("process", String::as_str), claimed())
        }
        (SignOfLife::Lock, Some(age)) if job.sends_heartbeats => {
            let from = prefixed(" from ", worker);
            format!("no heartbeat{from} since its lock {} ago", text::age(age))
        }
        (SignOfLife::Lock, Some(age)) => {
            format!("claimed{} {} ago", prefixed(" by ", worker), text::age(age))
        }
        (_, Some(age)) => {
            format!("no heartbeat{} for {}", prefixed(" from ", worker), text::age(age))
        }
        (_, None) => {
            format!("{} never sent a heartbeat", worker.map_or("the worker", String::as_str))
        }
    }
}

/// The name after a preposition, or nothing if it is not known.
fn prefixed(preposition: &str, name: Option<&String>) -> String {
    name.map_or_else(String::new, |name| format!("{preposition}{name}"))
}

/// `Dead letter: all 5 attempts failed. It runs again only after a requeue.`
fn dead_sentence(job: &Job) -> String {
    let failed = match (job.attempts, job.max_attempts) {
        (Some(1), _) => ": 1 attempt failed".to_owned(),
        (Some(n), Some(max)) if n >= max => format!(": all {max} attempts failed"),
        (Some(n), _) if n > 0 => format!(": {n} attempts failed"),
        _ => String::new(),
    };
    format!("Dead letter{failed}. It runs again only after a requeue.")
}

fn plain(word: &'static str, sentence: impl Into<String>) -> JobExplanation {
    JobExplanation { label: word, sentence: sentence.into(), next: vec![] }
}

fn dead_letters(job: &Job) -> ShellCommand {
    match &job.kind {
        Some(kind) => ShellCommand::new("dlq list --kind").arg(kind),
        None => ShellCommand::new("dlq list"),
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
    let next = match job.role {
        Lifecycle::Claimed => job.running_attempt()?,
        _ => job.attempts?.saturating_add(1),
    };
    (next >= allowed).then(|| format!("{next} of {allowed}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::job::Timeline;
    use crate::fingerprint::Fingerprint;
    use crate::queue::Counting;

    pub(crate) fn job(role: Lifecycle, attempts: i64) -> Job {
        Job {
            id: "1".into(),
            kind: Some("CLIP_RENDER".into()),
            workspace: None,
            state: "x".into(),
            role,
            other_state: None,
            attempts: Some(attempts),
            counting: Counting::AtFailure,
            fate: Fate::Retried,
            max_attempts: Some(5),
            due_age: Some(5.0),
            locked_by: Some("worker-c".into()),
            locked_age: None,
            has_heartbeats: true,
            sends_heartbeats: true,
            heartbeat_age: None,
            sign: SignOfLife::Heartbeat,
            is_stuck: false,
            owner: None,
            is_rescue_refused: false,
            is_queue_paused: false,
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

    fn stuck(attempts: i64) -> Job {
        Job { is_stuck: true, ..job(Lifecycle::Claimed, attempts) }
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
        assert_eq!(state_label(Job { heartbeat_age: Some(601.0), ..stuck(0) }), "stuck");
        assert_eq!(state_label(stuck(0)), "stuck");
        assert_eq!(state_label(job(Lifecycle::Dead, 5)), "dead");
    }

    #[test]
    fn stuck_job_explanation_depends_on_remaining_attempts() {
        let said = explain(&stuck(4), &Thresholds::default()).sentence;
        assert!(said.contains("Attempt 5 of 5: a rescue makes it a dead letter"), "{said}");
        let said = explain(&stuck(3), &Thresholds::default()).sentence;
        assert!(said.contains("A rescue requeues it"), "{said}");
        let counted_at_claim = Job { counting: Counting::AtClaim, ..stuck(4) };
        let said = explain(&counted_at_claim, &Thresholds::default()).sentence;
        assert!(said.contains("A rescue requeues it"), "{said}");
    }

    #[test]
    fn only_a_paused_queue_is_called_paused() {
        let blocked = Job { state: "paused".to_owned(), ..job(Lifecycle::Blocked, 0) };
        let sentence = |job: &Job| explain(job, &Thresholds::default()).sentence;
        assert!(sentence(&blocked).starts_with("Blocked:"));
        assert!(sentence(&Job { is_queue_paused: true, ..blocked }).starts_with("Paused:"));
    }

    #[test]
    fn claim_is_not_called_a_heartbeat() {
        let sentence = |job: &Job| explain(job, &Thresholds::default()).sentence;
        let locked = Job { sign: SignOfLife::Lock, heartbeat_age: Some(7200.0), ..stuck(3) };
        assert!(
            sentence(&locked)
                .starts_with("Stuck: no heartbeat from worker-c since its lock 2h 00m ago."),
            "{}",
            sentence(&locked)
        );
        let no_heartbeats = Job { sends_heartbeats: false, ..locked.clone() };
        assert!(sentence(&no_heartbeats).starts_with("Stuck: claimed by worker-c 2h 00m ago. "));
        let ownerless = Job {
            locked_by: None,
            owner: Some("process".to_owned()),
            locked_age: Some(7200.0),
            is_rescue_refused: true,
            ..locked.clone()
        };
        assert_eq!(sentence(&ownerless), "Stuck: no process owns it, claimed 2h 00m ago.");
        let running = Job { is_stuck: false, ..locked };
        assert!(sentence(&running).starts_with("Running on worker-c, claimed 2h 00m ago."));
    }

    #[test]
    fn dead_letter_suggests_dlq_show() {
        let next = explain(&job(Lifecycle::Dead, 5), &Thresholds::default()).next;
        assert_eq!(next[0].command.to_string(), "cliplyctl dlq show 1");
    }
}
