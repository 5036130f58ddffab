//! Section 4: access to the database and the template.

use Status::{Critical, Ok, Unknown};

use super::*;
use crate::facts::SourceErrorKind as Kind;
use crate::suggest::ShellCommand;
use crate::triage::testing::{checkout, failed};

/// Makes the layout unreadable; the checks that depend on it are blocked.
fn hide_jobs(facts: &mut TriageFacts, layout: Kind, server: Option<Kind>) {
    failed(&mut facts.layout, layout);
    (facts.queue, facts.flow, facts.failures) = (None, None, None);
    if let Some(kind) = server {
        failed(&mut facts.server, kind);
    }
}

fn disconnect(facts: &mut TriageFacts, kind: Kind) {
    hide_jobs(facts, kind, Some(kind));
}

#[test]
fn unreachable_database_is_unknown_with_a_next_step() {
    assert_diagnoses(&[
        ("it refuses", |f| disconnect(f, Kind::Refused), "3.2", Unknown, 3, "config check"),
        ("no such name", |f| disconnect(f, Kind::Dns), "3.2", Unknown, 3, "config check"),
        ("a bad certificate", |f| disconnect(f, Kind::Tls), "3.2", Unknown, 3, "config check"),
        ("it hangs", |f| disconnect(f, Kind::Timeout), "3.2", Unknown, 3, "config check"),
        (
            "a wrong password",
            |f| disconnect(f, Kind::Authentication),
            "3.2",
            Unknown,
            3,
            "config check",
        ),
        (
            "too many connections",
            |f| disconnect(f, Kind::Unavailable),
            "3.2",
            Unknown,
            3,
            "config check",
        ),
        (
            "no database is set",
            |f| disconnect(f, Kind::NotConfigured),
            "3.2",
            Unknown,
            3,
            "config show",
        ),
        ("no grant", |f| hide_jobs(f, Kind::Permission, None), "4.2", Unknown, 3, "rls audit"),
        ("rows are hidden", |f| hide_jobs(f, Kind::Hidden, None), "4.2", Unknown, 3, "rls audit"),
        (
            "no such table",
            |f| hide_jobs(f, Kind::NotFound, None),
            "4.2",
            Unknown,
            3,
            "config check",
        ),
        (
            "a foreign schema",
            |f| hide_jobs(f, Kind::UnknownLayout, None),
            "4.2",
            Unknown,
            3,
            "config check",
        ),
        (
            "a locked catalog",
            |f| hide_jobs(f, Kind::Timeout, None),
            "4.2",
            Unknown,
            3,
            "config check",
        ),
        (
            "both are away",
            |f| {
                disconnect(f, Kind::Refused);
                failed(&mut f.health, Kind::Refused);
                failed(&mut f.readiness, Kind::Refused);
            },
            "3.1",
            Critical,
            2,
            "runbook 3.1",
        ),
    ]);
}

#[test]
fn refused_app_and_template_drift_lead_to_their_sections() {
    assert_diagnoses(&[
        (
            "permission denied for table jobs",
            |f| {
                red(f, Some("db"));
                let refusal = "permission denied for table jobs".to_owned();
                part(report(f), "db").message = Some(refusal);
            },
            "3.2",
            Critical,
            2,
            "ready --admin",
        ),
        ("a checkout in order", |f| f.environment = Some(checkout(false)), "-", Ok, 0, "-"),
        (
            "a template that drifted",
            |f| f.environment = Some(checkout(true)),
            "4.1",
            Critical,
            2,
            "env check",
        ),
        (
            "a template that drifted is not the incident",
            |f| {
                f.environment = Some(checkout(true));
                queue(f).oldest_due_age = Some(4_000.0);
            },
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "a schema that cannot be read",
            |f| {
                let mut environment = checkout(false);
                failed(&mut environment, Kind::Malformed);
                f.environment = Some(environment);
            },
            "4.1",
            Unknown,
            3,
            "env check",
        ),
    ]);
}

#[test]
fn permission_error_points_to_rls_audit_in_any_section() {
    let mut facts = testing::healthy();
    red(&mut facts, Some("db"));
    part(report(&mut facts), "db").message = Some("permission denied for table jobs".to_owned());
    let results = evaluate(&facts, &Thresholds::default());
    let access = results.iter().find(|result| result.area == "access?").unwrap();
    let next = access.next().map(|step| &step.command);
    assert_eq!(next, Some(&ShellCommand::new("rls audit")));
}

#[test]
fn blocked_check_names_its_blocker_and_others_still_run() {
    let mut facts = testing::healthy();
    disconnect(&mut facts, Kind::Refused);
    let findings: Vec<_> = evaluate(&facts, &Thresholds::default())
        .into_iter()
        .flat_map(|result| result.findings)
        .collect();
    let status_of = |id: &str| findings.iter().find(|finding| finding.check == id).unwrap().status;
    let blocked = Status::Skipped { blocked_by: "db.reachable" };
    for id in ["access.jobs", "queue.backlog", "dlq.size", "dlq.trend", "dlq.failures", "db.locks"]
    {
        assert_eq!(status_of(id), blocked, "{id}");
    }
    assert_eq!(
        (status_of("app.up"), status_of("ready.ok"), status_of("ready.worker")),
        (Ok, Ok, Ok)
    );
}

#[test]
fn earlier_sections_are_ruled_out_with_their_details() {
    let mut facts = testing::healthy();
    queue(&mut facts).dead = Some(Count::Exact(140));
    queue(&mut facts).oldest_due_age = Some(70.0);
    let results = evaluate(&facts, &Thresholds::default());
    let diagnosis = section(&results).unwrap();
    let ruled_out: Vec<_> =
        diagnosis.ruled_out.iter().map(|r| (r.section.number(), r.status)).collect();
    assert_eq!(ruled_out, [("3.1", Ok), ("3.2", Ok), ("3.3", Status::Warning)]);
    assert_eq!(diagnosis.ruled_out[0].detail, "HTTP 200 in 12 ms");
    assert!(diagnosis.ruled_out[2].detail.contains("oldest due for 1m 10s"));
    let matched: Vec<_> = diagnosis.matched.iter().map(|finding| finding.check).collect();
    assert_eq!(matched, ["dlq.size"]);
    let evidence = diagnosis.matched[0].evidence.as_ref().unwrap();
    assert_eq!((evidence.unit, evidence.source.as_str()), (Some("jobs"), "public.jobs"));
}

#[test]
fn audit_that_could_not_run_is_skipped_and_changes_no_status() {
    let report_of = |facts: &TriageFacts| {
        let results = evaluate(facts, &Thresholds::default());
        let access = results.last().unwrap();
        let (status, detail) = (access.shown_status().label(), access.shown_detail());
        let report = triage::report(facts, &results, FailOn::Warning, &Provenance::default());
        (status, detail, report.exit.code())
    };
    let mut facts = testing::healthy();
    assert_eq!(report_of(&facts), ("OK", "no access violations on 6 tables".to_owned(), 0));
    let audit = facts.access.as_mut().unwrap();
    audit.age_seconds = 490.0;
    let aged = "no access violations on 6 tables (audit: 8m 10s ago)".to_owned();
    assert_eq!(report_of(&facts), ("OK", aged, 0));

    let reason = "this login may not act as anon".to_owned();
    facts.access.as_mut().unwrap().age_seconds = 0.0;
    facts.access.as_mut().unwrap().not_tested.push(reason.clone());
    assert_eq!(report_of(&facts), ("SKIPPED", reason, 0));
    // Another problem of the area is shown instead.
    report(&mut facts).errors = vec!["permission denied for table jobs".to_owned()];
    assert_eq!(report_of(&facts).0, "WARNING");
    // A triage that version 0.1.0 saved has no audit.
    let mut facts = testing::healthy();
    facts.access = None;
    assert_eq!(report_of(&facts).0, "SKIPPED");
}
