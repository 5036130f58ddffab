//! The part of the reports of `jobs rescue` about the package's own code, which frees jobs by the age of their claim.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::write_outcome::NAMED;
use super::{Block, Cell, Column, Document, Table};
use crate::exit::ExitCode;
use crate::facts::requeued_job::FollowEnd;
use crate::facts::stuck_job::{RescueFollow, RescueOutcome, RescueResult, StuckJobs};
use crate::text::{age, count, format_duration, plural};

/// Maximum number of jobs in the table.
pub(super) const SHOWN: usize = 20;

/// The package's own code, which frees jobs by the age of their claim.
pub(crate) struct RescuerView<'a> {
    /// Its name, as the subject of a sentence.
    pub(crate) name: &'a str,
    /// Why it may not act, after "perhaps".
    pub(crate) unless: &'a str,
    /// The time in which it acts by default.
    pub(crate) within: Duration,
    /// The age that claims get; `None` if each job has its own limit.
    pub(crate) claim_age: Option<Duration>,
    /// How long cliplyctl waits for it.
    pub(crate) wait: Duration,
}

/// The package's own code, which frees jobs by the age of their claim.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RescuerJson {
    name: String,
    /// The time in which it acts by default.
    within_seconds: u64,
    /// The age that claims get; null if each job has its own limit.
    claim_age_seconds: Option<u64>,
    /// The longest time that cliplyctl waits for it.
    wait_seconds: f64,
}

/// Jobs whose claims were aged, by what became of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RescueFollowJson {
    /// Why waiting ended: `decided`, `deadline`, `detached` or `lost`.
    end: &'static str,
    waited_seconds: f64,
    /// Jobs that are queued, or wait for another attempt.
    queued: u64,
    /// Jobs that a worker has claimed again.
    running: u64,
    finished: u64,
    dead_letters: u64,
    canceled: u64,
    deleted: u64,
    /// Jobs that the package has not freed.
    still_claimed: u64,
    /// Jobs that were not read, or whose state has no known meaning.
    unknown: u64,
    /// At most 1,000.
    jobs: Vec<RescuedJobJson>,
}

/// A job whose claim was aged.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RescuedJobJson {
    id: String,
    /// `queued`, `running`, `finished`, `dead_letter`, `canceled`, `deleted`, `still_claimed` or `unknown`.
    outcome: &'static str,
}

/// Says what frees the jobs, how long that takes, and what tells against it.
pub(super) fn rescuer_notes(document: &mut Document, rescuer: &RescuerView<'_>, found: &StuckJobs) {
    let claims: Vec<_> =
        found.jobs.iter().filter(|job| job.result == RescueResult::ClaimAged).collect();
    if claims.is_empty() {
        return;
    }
    let age = match rescuer.claim_age {
        Some(age) => format!("The claims get the age {}", format_duration(age)),
        None => "The claims are put beyond the limit of their job".to_owned(),
    };
    document.note(format!(
        "{age}; {} frees the jobs after that, by default within {}. The command waits for it at most {} (--wait).",
        rescuer.name,
        format_duration(rescuer.within),
        format_duration(rescuer.wait)
    ));
    let past = claims.iter().filter(|job| job.is_past_limit).count() as u64;
    if past > 0 {
        let claims = plural(past, "claim is", "claims are");
        document.note(format!(
            "warning: {claims} past the default limit already, and {} has not freed the job: perhaps {}{}",
            rescuer.name,
            rescuer.unless,
            longer_limit(rescuer)
        ));
    }
}

/// What helps against a longer limit.
fn longer_limit(rescuer: &RescuerView<'_>) -> &'static str {
    match rescuer.claim_age {
        Some(_) => ". For a longer limit, --claim-age sets the age of the claims",
        None => "",
    }
}

/// Returns the exit code: 0 if the package has freed every job, 130 after Ctrl-C, otherwise 3.
pub(super) fn follow_exit(followed: &RescueFollow) -> ExitCode {
    match followed.end {
        _ if followed.undecided() == 0 => ExitCode::Ok,
        FollowEnd::Detached => ExitCode::Interrupted,
        _ => ExitCode::Unknown,
    }
}

/// `1 queued again, 1 dead letter`
pub(super) fn describe(followed: &RescueFollow) -> String {
    let counts = RescueOutcome::ALL.map(|outcome| (outcome, followed.count(outcome)));
    let counts = counts.into_iter().filter(|(_, jobs)| *jobs > 0);
    let counts = counts.map(|(outcome, jobs)| match outcome {
        RescueOutcome::Queued => format!("{} queued again", count(jobs)),
        RescueOutcome::Running => format!("{} claimed again", count(jobs)),
        RescueOutcome::Finished => format!("{} finished", count(jobs)),
        RescueOutcome::DeadLetter => plural(jobs, "dead letter", "dead letters"),
        RescueOutcome::Canceled => format!("{} canceled", count(jobs)),
        RescueOutcome::Deleted => format!("{} deleted", count(jobs)),
        RescueOutcome::StillClaimed => format!("{} still claimed", count(jobs)),
        RescueOutcome::Unknown => format!("{} unknown", count(jobs)),
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// Adds how long the package took, or that it has not acted, and for which jobs.
pub(super) fn add_follow(
    document: &mut Document,
    rescuer: &RescuerView<'_>,
    followed: &RescueFollow,
) {
    let waited = age(followed.waited.as_secs_f64());
    let undecided = followed.undecided();
    if undecided == 0 {
        document.note(format!("{} has freed the jobs ({waited}).", rescuer.name));
        return;
    }
    let claims = plural(undecided, "job is", "jobs are");
    document.note(format!(
        "{claims} still claimed after {waited}: {} has not acted. Perhaps {}{}.",
        rescuer.name,
        rescuer.unless,
        longer_limit(rescuer)
    ));
    document.note("The claims stay aged: it frees these jobs when it runs.");
    let mut table = Table::listing(vec![Column::text("job"), Column::text("outcome")]);
    let open = followed.jobs.iter().filter(|(_, outcome)| !outcome.is_decided());
    for (id, outcome) in open.take(SHOWN) {
        let outcome = outcome.as_str().replace('_', " ");
        table.row(vec![Cell::strong(id.to_string()), Cell::plain(outcome)]);
    }
    document.push(Block::Table(table));
}

pub(super) fn follow_json(followed: &RescueFollow) -> RescueFollowJson {
    let jobs = followed
        .jobs
        .iter()
        .take(NAMED)
        .map(|(id, outcome)| RescuedJobJson { id: id.to_string(), outcome: outcome.as_str() });
    RescueFollowJson {
        end: followed.end.as_str(),
        waited_seconds: followed.waited.as_secs_f64(),
        queued: followed.count(RescueOutcome::Queued),
        running: followed.count(RescueOutcome::Running),
        finished: followed.count(RescueOutcome::Finished),
        dead_letters: followed.count(RescueOutcome::DeadLetter),
        canceled: followed.count(RescueOutcome::Canceled),
        deleted: followed.count(RescueOutcome::Deleted),
        still_claimed: followed.count(RescueOutcome::StillClaimed),
        unknown: followed.count(RescueOutcome::Unknown),
        jobs: jobs.collect(),
    }
}

pub(super) fn rescuer_json(rescuer: &RescuerView<'_>) -> RescuerJson {
    RescuerJson {
        name: rescuer.name.to_owned(),
        within_seconds: rescuer.within.as_secs(),
        claim_age_seconds: rescuer.claim_age.map(|age| age.as_secs()),
        wait_seconds: rescuer.wait.as_secs_f64(),
    }
}
