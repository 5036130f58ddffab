//! The answers of `dlq requeue`: the plan, the refusal, the account.

use schemars::JsonSchema;
use serde::Serialize;

use super::canary::{self, LaneJson};
use super::follow::{self, FollowJson};
use super::outcome::{
    NAMED, NamedJson, OutcomeJson, SHOWN, account, exit, note_stop, outcome_json,
};
use super::{Cell, Column, Document, Provenance, Report, Table, header};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::Verdict;
use crate::facts::cohort::Followed;
use crate::facts::operation::OperationId;
use crate::facts::pace::Pace;
use crate::facts::ramp::{Canary, Lane};
use crate::facts::requeue::{Exclusion, Outcome, Plan, Stop};
use crate::report::Block;
use crate::text::{count, first_line, plural, span};

/// Jobs a second that a plan expects: slower than measured, so that the truth is a good surprise.
const RATE: f64 = 5_000.0;
/// A plan, and where it stands.
pub struct Facing<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Context and database.
    pub from: Provenance,
    /// The operation that goes on.
    pub resumes: Option<OperationId>,
    /// There are no events: the record stays on this machine.
    pub journal_only: bool,
    /// Whether the plan can be applied by its id.
    pub stored: bool,
    /// Step by step.
    pub canary: Option<Canary>,
    /// How fast.
    pub pace: Pace,
}

/// What was done, and what became of it as far as it was watched.
pub struct Done {
    /// What became of each job of the plan.
    pub outcome: Outcome,
    /// How far each group came, where a canary went ahead.
    pub lanes: Vec<Lane>,
    /// What became of the jobs, where they were followed.
    pub followed: Option<Followed>,
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, lanes: vec![], followed: None }
    }
}

/// `data` of `dlq requeue`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequeueJson {
    plan: String,
    /// Where the plan may be applied by its id.
    stored: bool,
    /// The server's clock when the plan was made, RFC 3339 UTC.
    cutoff: String,
    matched: u64,
    eligible: u64,
    excluded: Vec<ExcludedJson>,
    groups: Vec<GroupJson>,
    samples: Vec<String>,
    /// Seconds.
    expected_duration: f64,
    /// Null where nothing was written.
    outcome: Option<OutcomeJson>,
    /// How far each group came; null without a canary.
    canary: Option<Vec<LaneJson>>,
    /// What became of the jobs; null where they were not followed.
    followed: Option<FollowJson>,
}

/// Jobs that are not part of the plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExcludedJson {
    /// `missing`, `not_dead`, `repeat_offender`, `beyond_max` or `already_done`.
    reason: &'static str,
    jobs: u64,
    /// Some of them, with their present state.
    named: Vec<NamedJson>,
}

/// Jobs of one cause.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupJson {
    group: String,
    kind: String,
    template: String,
    jobs: u64,
}

/// The plan for people: on stderr before the question, on stdout with `--dry-run`.
#[must_use]
pub fn document(facing: &Facing<'_>) -> Document {
    let plan = facing.plan;
    let mut document = Document::default();
    document.push(header::title("requeue plan", &facing.from));
    let mut pairs = vec![
        ("plan", Cell::strong(&plan.id)),
        ("matched", Cell::plain(count(plan.matched))),
        ("to requeue", Cell::strong(count(plan.ids.len() as u64))),
    ];
    for (reason, n, _) in &plan.excluded {
        pairs.push((label(*reason), Cell::plain(count(*n))));
    }
    let (about, least) = (crate::text::age(expected(facing)), facing.canary.is_some());
    let words = if least { format!("{about}, and as long as the canary takes") } else { about };
    pairs.push(("expected", Cell::plain(format!("about {words}"))));
    pairs.extend(pace(&facing.pace).map(|words| ("pace", Cell::plain(words))));
    pairs.push(("repeat offenders", Cell::muted(&plan.offenders_examined)));
    if let Some(canary) = &facing.canary {
        let Canary { ramp, timeout, stop_at } = canary;
        let words = format!(
            "{ramp} of each group; a step is waited for {} at most, and a group stops where its first \
             step or more than {stop_at}% of a later one fails again",
            span(*timeout)
        );
        pairs.push(("canary", Cell::plain(words)));
    }
    document.push(Block::Pairs(pairs));
    groups(&mut document, plan);
    samples(&mut document, plan);
    left_out(&mut document, plan);
    if facing.journal_only {
        document.note("this database keeps no events: the record stays on this machine, others will not see it");
    }
    if let Some(operation) = &facing.resumes {
        document.note(format!("goes on with operation {operation}"));
    }
    document
}

/// The flags of what was shown: a plan holds the jobs, and not how carefully they go.
fn care(facing: &Facing<'_>) -> String {
    let mut flags = String::new();
    if let Some(Canary { ramp, timeout, stop_at }) = &facing.canary {
        flags.push_str(&format!(
            " --canary --ramp {ramp} --canary-timeout {}s --stop-at {stop_at}%",
            timeout.as_secs()
        ));
    }
    let Pace { rate, spread, pause_above } = &facing.pace;
    flags.extend(rate.map(|rate| format!(" --rate {:.0}/h", rate * 3_600.0)));
    flags.extend(spread.map(|spread| format!(" --spread {}s", spread.as_secs())));
    flags.extend(pause_above.map(|most| format!(" --pause-above {most}")));
    flags
}

/// Seconds that the writing takes, without what is waited for.
fn expected(facing: &Facing<'_>) -> f64 {
    let rate = facing.pace.rate.map_or(RATE, |rate| rate.min(RATE));
    (facing.plan.ids.len() as f64 / rate).ceil()
}

/// `at most 20 jobs a second; due one by one over 10m`
fn pace(pace: &Pace) -> Option<String> {
    let mut words = Vec::new();
    words.extend(pace.rate.map(|rate| {
        let jobs = (rate * 3_600.0).round() as u64;
        if rate >= 1.0 {
            format!("at most {} jobs a second", rate.round())
        } else {
            format!("at most {} an hour", plural(jobs, "job", "jobs"))
        }
    }));
    words.extend(pace.spread.map(|spread| format!("due one by one over {}", span(spread))));
    words.extend(
        pace.pause_above
            .map(|most| format!("waits while more than {} are due", plural(most, "job", "jobs"))),
    );
    (!words.is_empty()).then(|| words.join("; "))
}

fn label(reason: Exclusion) -> &'static str {
    match reason {
        Exclusion::Missing => "left out: no such job",
        Exclusion::NotDead => "left out: not dead",
        Exclusion::RepeatOffender => "left out: repeat offender",
        Exclusion::BeyondMax => "left out: beyond --max",
        Exclusion::AlreadyDone => "already done",
    }
}

fn groups(document: &mut Document, plan: &Plan) {
    if plan.groups.is_empty() {
        return;
    }
    let columns = vec![
        Column::number("jobs"),
        Column::text("kind"),
        Column::text("group"),
        Column::prose("cause"),
    ];
    let mut table = Table::listing(columns);
    for group in plan.groups.iter().take(SHOWN) {
        table.row(vec![
            Cell::plain(count(group.jobs)),
            Cell::plain(&group.kind),
            Cell::plain(&group.hash),
            Cell::plain(first_line(&group.template)),
        ]);
    }
    document.push(Block::Table(table));
    if plan.groups.len() > SHOWN {
        document.note(format!("and {} more groups", count((plan.groups.len() - SHOWN) as u64)));
    }
}

fn samples(document: &mut Document, plan: &Plan) {
    if plan.samples.is_empty() {
        return;
    }
    let mut table =
        Table::listing(vec![Column::text("sample"), Column::text("kind"), Column::prose("error")]);
    for sample in &plan.samples {
        table.row(vec![
            Cell::plain(sample.id.to_string()),
            Cell::plain(&sample.kind),
            Cell::plain(first_line(&sample.error)),
        ]);
    }
    document.push(Block::Table(table));
}

fn left_out(document: &mut Document, plan: &Plan) {
    let named = plan
        .excluded
        .iter()
        .filter(|(reason, ..)| !matches!(reason, Exclusion::BeyondMax | Exclusion::AlreadyDone));
    let mut table = Table::listing(vec![Column::text("left out"), Column::prose("why")]);
    for (reason, _, jobs) in named {
        for job in jobs.iter().take(SHOWN) {
            let why = match (reason, &job.state) {
                (Exclusion::NotDead, Some(state)) => format!("it is {state}"),
                (Exclusion::Missing, _) => "no such job".to_owned(),
                _ => label(*reason).trim_start_matches("left out: ").to_owned(),
            };
            table.row(vec![Cell::plain(job.id.to_string()), Cell::plain(why)]);
        }
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
}

/// The plan as the answer: `--dry-run`, or nothing to do.
#[must_use]
pub fn planned(facing: &Facing<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(facing);
    let plan = facing.plan;
    if plan.matched == 0 {
        document.note("no dead letter matches: nothing to do");
    } else if plan.ids.is_empty() {
        document.note("none of these may be requeued: nothing was written");
    } else {
        document.note("nothing was written");
    }
    if let Some(obstacle) = obstacle {
        document.note(format!("it could not be applied here: {obstacle}"));
    }
    if dry_run && facing.stored && !plan.ids.is_empty() {
        let command = format!("cliplyctl dlq requeue --plan {}{}", plan.id, care(facing));
        document.next(vec![(command, "apply exactly this".to_owned())]);
    }
    let mut report = Report::listing("dlq requeue", json(facing, None), document);
    if !dry_run && left_behind(plan) > 0 {
        report.exit = ExitCode::Partial;
    }
    summarise(&mut report, plan, None);
    report
}

/// Explicit ids of which some are not dead: nothing was written.
#[must_use]
pub fn refused(facing: &Facing<'_>) -> Report {
    let plan = facing.plan;
    let mut document = document(facing);
    let n = plan.excluded_for(Exclusion::Missing) + plan.excluded_for(Exclusion::NotDead);
    let jobs = plural(n, "job is not dead", "jobs are not dead");
    document.headline(Verdict::Unknown, format!("refused: {jobs}; nothing was written"));
    let mut report = Report::listing("dlq requeue", json(facing, None), document);
    report.exit = ExitCode::Refused;
    let error = Error::refused(format!("{jobs}, and ids are all or nothing"))
        .hint("--skip-ineligible leaves them out");
    report.errors.push(error);
    summarise(&mut report, plan, None);
    report
}

/// The account of a write.
#[must_use]
pub fn applied(facing: &Facing<'_>, operation: &OperationId, done: &Done) -> Report {
    let outcome = &done.outcome;
    let mut document = Document::default();
    document.push(header::title("requeue", &facing.from));
    account(&mut document, operation, outcome, "requeued");
    canary::blocks(&mut document, &done.lanes);
    if let Some(followed) = &done.followed {
        follow::blocks(&mut document, followed);
    }
    document.next(next(operation, done));
    let mut data = json(facing, Some(outcome_json(operation, outcome)));
    data.canary = facing.canary.as_ref().map(|_| canary::json(&done.lanes));
    data.followed = done.followed.as_ref().map(follow::json);
    let mut report = Report::listing("dlq requeue", data, document);
    report.exit = ending(done, exit(outcome, left_behind(facing.plan)));
    note_stop(&mut report, outcome);
    summarise(&mut report, facing.plan, Some(outcome));
    if let Some(followed) = &done.followed {
        follow::note_end(&mut report, followed);
        follow::summarise(&mut report, followed);
    }
    report
}

/// What was seen of the jobs goes before the account of the write: failed again 2, not known 3.
fn ending(done: &Done, written: ExitCode) -> ExitCode {
    if done.outcome.stopped.is_some() {
        return written;
    }
    let seen = [canary::exit(&done.lanes), done.followed.as_ref().map(follow::exit)];
    let has = |code| seen.contains(&Some(code));
    let order = [ExitCode::Critical, ExitCode::Unknown, ExitCode::Interrupted];
    order.into_iter().find(|code| has(*code)).unwrap_or(written)
}

fn next(operation: &OperationId, done: &Done) -> Vec<(String, String)> {
    let (outcome, mut next) = (&done.outcome, Vec::new());
    let mut say = |command: String, why: &str| next.push((command, why.to_owned()));
    // Whoever goes on, goes on as carefully.
    let canary = if done.lanes.is_empty() { "" } else { " --canary" };
    let resume = format!("cliplyctl dlq requeue --resume {operation}{canary}");
    if done.lanes.iter().any(|lane| lane.stopped.is_some()) {
        say(
            format!("cliplyctl dlq follow {operation}"),
            "what becomes of those that were requeued",
        );
        if outcome.left > 0 {
            say(resume, "once the cause is mended: go on with the others");
        }
        say(format!("cliplyctl dlq undo {operation}"), "take back what no worker has touched");
    } else if outcome.left + outcome.in_doubt > 0 {
        if outcome.stopped != Some(Stop::AllOrNothing) {
            say(resume, "finish it; nothing is done twice");
        }
    } else if let Some(followed) = &done.followed {
        follow::next(followed).into_iter().for_each(|(command, why)| say(command, &why));
    } else if outcome.done > 0 {
        say(format!("cliplyctl dlq follow {operation}"), "what becomes of them");
        say(format!("cliplyctl dlq undo {operation}"), "take it back");
    }
    next
}

/// What was meant and not requeued: repeat offenders, and ids that are not dead.
fn left_behind(plan: &Plan) -> u64 {
    [Exclusion::RepeatOffender, Exclusion::NotDead, Exclusion::Missing]
        .into_iter()
        .map(|reason| plan.excluded_for(reason))
        .sum()
}

fn json(facing: &Facing<'_>, outcome: Option<OutcomeJson>) -> RequeueJson {
    let plan = facing.plan;
    let excluded = plan.excluded.iter().map(|(reason, n, jobs)| ExcludedJson {
        reason: reason.word(),
        jobs: *n,
        named: jobs
            .iter()
            .map(|job| NamedJson { id: job.id.to_string(), why: job.state.clone() })
            .collect(),
    });
    let groups = plan.groups.iter().take(NAMED).map(|group| GroupJson {
        group: group.hash.clone(),
        kind: group.kind.clone(),
        template: group.template.clone(),
        jobs: group.jobs,
    });
    RequeueJson {
        plan: plan.id.clone(),
        stored: facing.stored,
        cutoff: plan.cutoff.to_string(),
        matched: plan.matched,
        eligible: plan.ids.len() as u64,
        excluded: excluded.collect(),
        groups: groups.collect(),
        samples: plan.samples.iter().map(|sample| sample.id.to_string()).collect(),
        expected_duration: expected(facing),
        outcome,
        canary: None,
        followed: None,
    }
}

fn summarise(report: &mut Report, plan: &Plan, outcome: Option<&Outcome>) {
    report.summary = vec![
        ("matched", plan.matched.into()),
        ("eligible", plan.ids.len().into()),
        ("requeued", outcome.map_or(0, |o| o.done).into()),
    ];
}
