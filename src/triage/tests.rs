//! Table tests of triage: each incident leads to a section, a status, an exit code and a suggested
//! command.

mod access;
mod app;
mod areas;
mod jobs;
mod property;
mod server;

use super::{evaluate, section, testing};
use crate::exit::FailOn;
use crate::facts::queue::{Count, Queue, Workers};
use crate::facts::server::ServerStatus;
use crate::facts::service::{Component, Readiness, ReportedFlag};
use crate::facts::triage::TriageFacts;
use crate::facts::{Status, Thresholds};
use crate::report::{Provenance, triage};

/// An incident: its name, the defect, the section that applies (`-` for none), the status, the exit
/// code, and the suggested command without the program name.
type Incident = (&'static str, fn(&mut TriageFacts), &'static str, Status, u8, &'static str);

/// Evaluates every incident of a table and reports all that differ at once.
fn assert_diagnoses(incidents: &[Incident]) {
    let mut differences = Vec::new();
    for (name, break_it, expected_section, status, code, next) in incidents {
        let mut facts = testing::healthy();
        break_it(&mut facts);
        let results = evaluate(&facts, &Thresholds::default());
        let report = triage::report(&facts, &results, FailOn::Warning, &Provenance::default());
        let section_number = section(&results).map_or("-", |diagnosis| diagnosis.section.number());
        let command: Vec<_> = match report.document.first_command() {
            Some(command) => command.argv().collect(),
            None => vec!["-"],
        };
        let command = command.join(" ");
        let actual = (section_number, report.status.unwrap(), report.exit.code(), &*command);
        if actual != (*expected_section, *status, *code, *next) {
            differences.push(format!("{name}: {actual:?}"));
        }
    }
    assert!(differences.is_empty(), "these differ; now they are\n{}", differences.join("\n"));
}

fn report(facts: &mut TriageFacts) -> &mut Readiness {
    facts.readiness.result.as_mut().unwrap()
}

fn queue(facts: &mut TriageFacts) -> &mut Queue {
    facts.queue.as_mut().unwrap().result.as_mut().unwrap()
}

fn server(facts: &mut TriageFacts) -> &mut ServerStatus {
    facts.server.result.as_mut().unwrap()
}

/// Makes the readiness fail, because of this component if one is given.
fn red(facts: &mut TriageFacts, part: Option<&str>) {
    let report = report(facts);
    (report.ok, report.exchange.http_status) = (ReportedFlag::Is(false), 503);
    if let Some(part) = part {
        self::part(report, part).ok = ReportedFlag::Is(false);
    }
}

/// Returns the component of this name, added if the report has none.
fn part<'a>(report: &'a mut Readiness, name: &str) -> &'a mut Component {
    if report.component(name).is_none() {
        let (name, ok) = (name.to_owned(), ReportedFlag::Is(true));
        report.components.push(Component { name, ok, message: None, details: vec![] });
    }
    report.components.iter_mut().find(|component| component.name == name).unwrap()
}

/// Makes the queue idle: no job is due, nothing is claimed.
fn idle(facts: &mut TriageFacts) {
    let (queue, zero) = (queue(facts), Count::Exact(0));
    (queue.due, queue.claimed, queue.oldest_due_age) = (zero.clone(), zero.clone(), None);
    queue.workers = Some(Workers {
        is_observable: true,
        active: zero,
        heartbeat_age: None,
        by_worker: vec![],
        more: 0,
    });
}

/// Returns the headline of a healthy system with one defect.
fn headline(break_it: fn(&mut TriageFacts)) -> String {
    let mut facts = testing::healthy();
    break_it(&mut facts);
    let results = evaluate(&facts, &Thresholds::default());
    let report = triage::report(&facts, &results, FailOn::Warning, &Provenance::default());
    report.document.headline_text().unwrap_or_default().to_owned()
}

#[test]
fn headline_names_the_likely_cause_of_another_section() {
    let warns = |facts: &mut TriageFacts| {
        red(facts, None);
        queue(facts).oldest_due_age = Some(100.0);
    };
    assert_eq!(
        headline(warns),
        "Queue backlog: 2 jobs due, oldest due for 1m 40s; also CRITICAL: readiness (result of the backlog)"
    );
}

#[test]
fn queue_warning_does_not_hide_critical_dead_letters() {
    let both = |facts: &mut TriageFacts| {
        red(facts, None);
        queue(facts).oldest_due_age = Some(100.0);
        queue(facts).dead = Some(Count::Exact(1_000));
    };
    assert_eq!(
        headline(both),
        "Dead letters: 1,000 dead letters; also CRITICAL: readiness (result of it)"
    );
}

#[test]
fn headline_lists_other_critical_sections() {
    let both = |facts: &mut TriageFacts| {
        queue(facts).oldest_due_age = Some(1e6);
        queue(facts).dead = Some(Count::Exact(1_000));
    };
    assert_eq!(
        headline(both),
        "Queue backlog: 2 jobs due, oldest due for 11d 13h; also CRITICAL: dead letters"
    );
}
