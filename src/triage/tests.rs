//! Incidents: facts in; section, verdict, exit code and next command out.

mod access;
mod app;
mod jobs;
mod property;
mod server;
mod tree;

use super::{evaluate, section, testing};
use crate::exit::FailOn;
use crate::facts::queue::{Count, Queue, Workers};
use crate::facts::server::ServerStatus;
use crate::facts::service::{Component, Readiness, ReportedFlag};
use crate::facts::triage::TriageFacts;
use crate::facts::{Status, Thresholds};
use crate::report::{Provenance, triage};

/// An incident: its name, what is broken in a healthy system, the section that applies (`-` for
/// none), the verdict, the exit code, the next command without the program's name.
type Incident = (&'static str, fn(&mut TriageFacts), &'static str, Status, u8, &'static str);

/// Judges every incident of a table; all that differ are named at once.
fn assert_diagnoses(incidents: &[Incident]) {
    let mut wrong = Vec::new();
    for (name, break_it, wanted, verdict, code, next) in incidents {
        let mut facts = testing::healthy();
        break_it(&mut facts);
        let steps = evaluate(&facts, &Thresholds::default());
        let report = triage::report(&facts, &steps, FailOn::Warning, &Provenance::default());
        let number = section(&steps).map_or("-", |section| section.section.number());
        let command = report.document.first_command().unwrap_or("cliplyctl -");
        let command = command.strip_prefix("cliplyctl ").unwrap_or(command);
        let seen = (number, report.status.unwrap(), report.exit.code(), command);
        if seen != (*wanted, *verdict, *code, *next) {
            wrong.push(format!("{name}: {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "these differ; now they are\n{}", wrong.join("\n"));
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

/// A readiness that is red, because of this part where there is one.
fn red(facts: &mut TriageFacts, part: Option<&str>) {
    let report = report(facts);
    (report.ok, report.exchange.http_status) = (ReportedFlag::Is(false), 503);
    if let Some(part) = part {
        self::part(report, part).ok = ReportedFlag::Is(false);
    }
}

/// The part of this name; it is added where the report has none.
fn part<'a>(report: &'a mut Readiness, name: &str) -> &'a mut Component {
    if report.component(name).is_none() {
        let (name, ok) = (name.to_owned(), ReportedFlag::Is(true));
        report.components.push(Component { name, ok, message: None, details: vec![] });
    }
    report.components.iter_mut().find(|component| component.name == name).unwrap()
}

/// Nothing is due and nothing in progress.
fn idle(facts: &mut TriageFacts) {
    let (queue, none) = (queue(facts), Count::Exact(0));
    (queue.due, queue.in_progress, queue.oldest_due_age) = (none.clone(), none.clone(), None);
    queue.workers = Some(Workers { beating: none, last_beat_age: None });
}

/// The headline of what is broken in a healthy system.
fn headline(break_it: fn(&mut TriageFacts)) -> String {
    let mut facts = testing::healthy();
    break_it(&mut facts);
    let steps = evaluate(&facts, &Thresholds::default());
    let report = triage::report(&facts, &steps, FailOn::Warning, &Provenance::default());
    report.document.headline_text().unwrap_or_default().to_owned()
}

#[test]
fn headline_names_the_likely_cause_of_another_section() {
    let warns = |facts: &mut TriageFacts| {
        red(facts, None);
        queue(facts).oldest_due_age = Some(100.0);
    };
    assert_eq!(headline(warns), "3.3 Queue backlog or slow processing, the likely cause of 3.2");
}

#[test]
fn queue_warning_does_not_hide_critical_dead_letters() {
    let both = |facts: &mut TriageFacts| {
        red(facts, None);
        queue(facts).oldest_due_age = Some(100.0);
        queue(facts).dead = Some(Count::Exact(1_000));
    };
    assert_eq!(headline(both), "3.4 Dead letters grow, the likely cause of 3.2");
}

#[test]
fn headline_lists_other_critical_sections() {
    let both = |facts: &mut TriageFacts| {
        queue(facts).oldest_due_age = Some(1e6);
        queue(facts).dead = Some(Count::Exact(1_000));
    };
    assert_eq!(headline(both), "3.3 Queue backlog or slow processing; also CRITICAL: 3.4");
}
