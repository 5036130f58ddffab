//! The report of `queue`.

mod json;
mod tables;

pub(crate) use json::{CountJson, QueueJson};
use tables::{by_kind, state_table, worker_table};

use super::{Block, Cell, Document, Provenance, Report, acknowledged, title_line};
use crate::checks::next;
use crate::checks::queue::{count_plural, count_text};
use crate::exit::FailOn;
use crate::facts::Suggestion;
use crate::facts::queue::{Count, Queue, Throughput, WorkerJobs};
use crate::facts::{Finding, Observed, Section, Status, Thresholds};
use crate::suggest::ShellCommand;
use crate::text;
use crate::triage::without_beginnings;

/// Builds the report; it has no data if the queue could not be read.
pub(crate) fn report(
    observed: &Observed<Queue>,
    throughput: Option<Throughput>,
    (findings, thresholds): (Vec<Finding>, &Thresholds),
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let Ok(queue) = &observed.result else {
        return Report::from_findings("queue", findings, fail_on, (), Document::default());
    };
    let document = document(queue, throughput, (&findings, thresholds), from);
    let data = QueueJson::new(queue, throughput);
    let mut report = Report::from_findings("queue", findings, fail_on, data, document);
    report.summary = vec![
        ("queued", queue.queued().at_least().into()),
        ("due", queue.due.at_least().into()),
        ("claimed", queue.claimed.at_least().into()),
        ("running", queue.running().as_ref().and_then(Count::at_least).into()),
        ("stuck", queue.stuck.as_ref().and_then(Count::at_least).into()),
        ("dead", queue.dead.as_ref().and_then(Count::at_least).into()),
    ];
    report.examined.push(observed.source.clone());
    if let Some(reason) = &queue.by_kind_missing {
        report.not_examined.push(("split by kind".to_owned(), reason.clone()));
    }
    report
}

fn document(
    queue: &Queue,
    throughput: Option<Throughput>,
    (findings, thresholds): (&[Finding], &Thresholds),
    from: &Provenance,
) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|f| f.status));
    document.headline(status, headline(queue, findings, status));
    let subject = match &queue.kind {
        Some(kind) => format!("queue of {kind}"),
        None => "queue".to_owned(),
    };
    document.push(title_line::title_at(subject, from));
    document.push(Block::Table(state_table(queue, findings, thresholds)));
    if let Some(throughput) = throughput {
        document.push(Block::Pairs(throughput_pairs(throughput, &queue.due)));
    }
    if !queue.by_kind.is_empty() {
        document.push(Block::Table(by_kind(queue)));
    }
    acknowledged::push_notes(&mut document, queue.acknowledged.as_ref());
    if let Some(reason) = &queue.by_kind_missing {
        document.note(format!("the rows by kind are incomplete: {reason}"));
    }
    let workers = listed_workers(queue);
    if !workers.is_empty() {
        document.push(Block::Table(worker_table(workers)));
    }
    if let Some(more) = queue.workers.as_ref().map(|w| w.more).filter(|more| *more > 0) {
        document.note(text::plural(more, "more worker", "more workers"));
    }
    for note in &queue.unknowable {
        document.note(note.as_str());
    }
    document.next(next_steps(queue, findings, status));
    document
}

/// The commands, the one for the most urgent problem first.
fn next_steps(queue: &Queue, findings: &[Finding], status: Status) -> Vec<Suggestion> {
    if status == Status::Ok {
        return vec![];
    }
    let is_problem =
        |ids: &[&str]| findings.iter().any(|f| ids.contains(&f.check) && f.status != Status::Ok);
    let mut steps = Vec::new();
    if is_problem(&["queue.stuck"]) && queue.stuck.as_ref().and_then(Count::at_least) > Some(0) {
        let stuck = queue.stuck.as_ref();
        let stuck = stuck.map(|stuck| count_plural(stuck, "stuck job", "stuck jobs"));
        let stuck = stuck.unwrap_or_default();
        steps.push(match queue.is_rescue_refused {
            true => Suggestion::new(
                ShellCommand::new("jobs list --state stuck"),
                format!("the {stuck}"),
            ),
            false => Suggestion::new(
                next::RESCUE_PREVIEW.command,
                format!("preview the rescue of the {stuck}"),
            ),
        });
    }
    if is_problem(&["dlq.size", "dlq.inflow"]) {
        steps.push(Suggestion::fixed("dlq groups", "dead letters by cause"));
    }
    for finding in findings.iter().filter(|f| f.status != Status::Ok) {
        let Some(command) = finding.next_command().filter(|next| **next != next::QUEUE.command)
        else {
            continue;
        };
        if steps.iter().all(|known| known.command != *command) {
            steps.push(Suggestion::new(command.clone(), finding.section.name()));
        }
    }
    if findings.iter().any(|f| f.section == Section::Backlog && f.status != Status::Ok) {
        steps.push(Suggestion::fixed("runbook 3.3", "runbook: queue backlog"));
    } else {
        steps.push(Suggestion::fixed("runbook 3.4", "runbook: dead letters"));
    }
    if let [first, _, ..] = steps.as_mut_slice() {
        first.extend_why(": start here");
    }
    steps
}

/// Returns the problems with their numbers, the worst first; the counts if the status is OK.
fn headline(queue: &Queue, findings: &[Finding], status: Status) -> String {
    if status == Status::Ok {
        let mut parts = vec![format!("{} due", count_plural(&queue.due, "job", "jobs"))];
        parts.extend(queue.running().map(|running| format!("{} running", count_text(&running))));
        let dead = queue.dead.as_ref();
        parts.extend(dead.map(|dead| count_plural(dead, "dead letter", "dead letters")));
        return parts.join(", ");
    }
    let of = |wanted: Status, is_queue: bool| {
        findings
            .iter()
            .filter(move |f| f.status == wanted && (f.section == Section::Backlog) == is_queue)
    };
    // Dead letters of a lower status are left to the table.
    let mut sentences: Vec<&str> = Vec::new();
    for rank in [Status::Critical, Status::Unknown, Status::Warning] {
        sentences.extend(of(rank, true).map(|f| f.message.as_str()));
        if rank == status {
            sentences.extend(of(rank, false).map(|f| f.message.as_str()));
        }
    }
    without_beginnings(sentences).join("; ")
}

fn throughput_pairs(throughput: Throughput, due: &Count) -> Vec<(&'static str, Cell)> {
    let Throughput { finished_per_minute, enqueued_per_minute } = throughput;
    let rates = format!(
        "{finished_per_minute:.1} jobs finished per minute, {enqueued_per_minute:.1} new (last 5m)"
    );
    let mut pairs = vec![("throughput", Cell::plain(rates))];
    if let Some(due) = due.at_least().filter(|due| *due > 0) {
        let drain = match throughput.seconds_to_drain(due) {
            Some(seconds) => format!("{} at this rate", text::age(seconds)),
            None => "not draining: at least as many new jobs as finished jobs".to_owned(),
        };
        pairs.push(("time to drain", Cell::plain(drain)));
    }
    pairs
}

fn listed_workers(queue: &Queue) -> &[WorkerJobs] {
    queue.workers.as_ref().map_or(&[], |workers| &workers.by_worker)
}
