//! Sections 3.1 and 3.2: the app does not answer, or reports that it is not ready.

use std::time::Duration;

use Status::{Critical, Ok, Unknown, Warning};

use super::*;
use crate::facts::SourceErrorKind as Kind;
use crate::facts::service::{ReadinessFormat, ReportedQueue};
use crate::triage::testing::failed;

/// Makes healthz and readyz fail with the same error.
fn both(facts: &mut TriageFacts, kind: Kind) {
    failed(&mut facts.health, kind);
    failed(&mut facts.readiness, kind);
}

#[test]
fn unavailable_app_leads_to_section_3_1() {
    assert_diagnoses(&[
        ("all is well", |_| {}, "-", Ok, 0, "-"),
        ("nothing listens", |f| both(f, Kind::Refused), "3.1", Critical, 2, "runbook 3.1"),
        ("no such name", |f| both(f, Kind::Dns), "3.1", Critical, 2, "runbook 3.1"),
        ("a dead proxy", |f| both(f, Kind::Proxy), "3.1", Unknown, 3, "config show"),
        ("a cached answer", |f| both(f, Kind::Stale), "3.1", Unknown, 3, "config show"),
        ("no such app", |f| both(f, Kind::Undeployed), "3.1", Critical, 2, "runbook 3.1"),
        ("a bad certificate", |f| both(f, Kind::Tls), "3.1", Critical, 2, "runbook 3.1"),
        ("it hangs", |f| both(f, Kind::Timeout), "3.1", Critical, 2, "runbook 3.1"),
        ("it hangs up", |f| both(f, Kind::Disconnected), "3.1", Critical, 2, "runbook 3.1"),
        ("5xx in plain text", |f| both(f, Kind::Unavailable), "3.1", Critical, 2, "runbook 3.1"),
        ("nonsense", |f| both(f, Kind::Malformed), "3.1", Critical, 2, "runbook 3.1"),
        ("a login page", |f| both(f, Kind::Intercepted), "3.1", Unknown, 3, "config show"),
        ("401", |f| both(f, Kind::Authentication), "3.1", Unknown, 3, "config show"),
        ("403", |f| both(f, Kind::Permission), "3.1", Unknown, 3, "config show"),
        ("404", |f| both(f, Kind::NotFound), "3.1", Unknown, 3, "config show"),
        ("429", |f| both(f, Kind::RateLimited), "3.1", Unknown, 3, "config show"),
        ("interrupted", |f| both(f, Kind::Other), "3.1", Unknown, 3, "config show"),
        ("no base URL", |f| both(f, Kind::NotConfigured), "3.1", Unknown, 3, "config show"),
        (
            "healthz alone is down",
            |f| failed(&mut f.health, Kind::Refused),
            "3.1",
            Critical,
            2,
            "runbook 3.1",
        ),
        (
            "healthz says no",
            |f| f.health.result.as_mut().unwrap().ok = false,
            "3.1",
            Critical,
            2,
            "runbook 3.1",
        ),
        (
            "healthz is slow",
            |f| {
                let exchange = &mut f.health.result.as_mut().unwrap().exchange;
                exchange.latency.first_byte = Duration::from_secs(3);
            },
            "3.1",
            Warning,
            1,
            "ready --admin",
        ),
        (
            "a slow healthz hides no dead worker",
            |f| {
                let exchange = &mut f.health.result.as_mut().unwrap().exchange;
                exchange.latency.first_byte = Duration::from_secs(3);
                red(f, Some("worker"));
            },
            "3.2",
            Critical,
            2,
            "env check --process",
        ),
        (
            "a dead app goes before a backlog",
            |f| {
                both(f, Kind::Refused);
                queue(f).oldest_due_age = Some(9_000.0);
            },
            "3.1",
            Critical,
            2,
            "runbook 3.1",
        ),
    ]);
}

#[test]
fn unready_app_leads_to_section_3_2() {
    assert_diagnoses(&[
        ("the app's database", |f| red(f, Some("db")), "3.2", Critical, 2, "ready --admin"),
        ("a worker alone", |f| red(f, Some("worker")), "3.2", Critical, 2, "env check --process"),
        (
            "a worker with a reason",
            |f| {
                red(f, Some("worker"));
                part(report(f), "worker").message = Some("no heartbeat".to_owned());
            },
            "3.2",
            Critical,
            2,
            "ready --admin",
        ),
        ("ffmpeg", |f| red(f, Some("ffmpeg")), "3.2", Critical, 2, "ready --admin"),
        ("the environment", |f| red(f, Some("env")), "3.2", Critical, 2, "ready --admin"),
        ("payments", |f| red(f, Some("stripe")), "3.2", Critical, 2, "ready --admin"),
        ("a part nobody knows", |f| red(f, Some("redis")), "3.2", Critical, 2, "ready --admin"),
        ("without a reason", |f| red(f, None), "3.2", Critical, 2, "env check --process"),
        (
            "503 that claims ok",
            |f| report(f).exchange.http_status = 503,
            "3.2",
            Critical,
            2,
            "ready --admin",
        ),
        (
            "readyz alone refuses",
            |f| failed(&mut f.readiness, Kind::Refused),
            "3.2",
            Critical,
            2,
            "health",
        ),
        (
            "readyz is HTML",
            |f| failed(&mut f.readiness, Kind::Intercepted),
            "3.2",
            Unknown,
            3,
            "config show",
        ),
        (
            "readyz breaks off",
            |f| failed(&mut f.readiness, Kind::Malformed),
            "3.2",
            Unknown,
            3,
            "health",
        ),
        (
            "readyz hangs",
            |f| failed(&mut f.readiness, Kind::Timeout),
            "3.2",
            Unknown,
            3,
            "runbook 3.2",
        ),
        (
            "ok is absent",
            |f| report(f).ok = ReportedFlag::Absent,
            "3.2",
            Unknown,
            3,
            "ready --admin",
        ),
        (
            "ok is a string",
            |f| report(f).ok = ReportedFlag::Malformed("the field ok is a string".to_owned()),
            "3.2",
            Unknown,
            3,
            "ready --admin",
        ),
        (
            "ffmpeg is not mentioned",
            |f| report(f).components.retain(|part| part.name != "ffmpeg"),
            "3.2",
            Unknown,
            3,
            "runbook 3.2",
        ),
        (
            "the worker is not mentioned",
            |f| report(f).components.retain(|part| part.name != "worker"),
            "3.2",
            Unknown,
            3,
            "queue",
        ),
        (
            "nothing but ok",
            |f| {
                let report = report(f);
                report.format = ReadinessFormat::Bare;
                report.components.clear();
                report.queue = None;
            },
            "3.2",
            Unknown,
            3,
            "queue",
        ),
        (
            "worker: false although ok, and workers beat",
            |f| part(report(f), "worker").ok = ReportedFlag::Is(false),
            "3.2",
            Warning,
            1,
            "queue",
        ),
        (
            "red although every part is well",
            |f| report(f).ok = ReportedFlag::Is(false),
            "3.2",
            Critical,
            2,
            "env check --process",
        ),
    ]);
}

#[test]
fn readiness_failure_leads_to_the_section_of_its_cause() {
    assert_diagnoses(&[
        (
            "red because its queue warns, and the database's does not",
            |f| {
                red(f, None);
                report(f).queue =
                    Some(ReportedQueue { warning: ReportedFlag::Is(true), ..Default::default() });
            },
            "3.2",
            Critical,
            2,
            "ready --admin",
        ),
        (
            "red because its queue warns, and a small backlog is too old",
            |f| {
                red(f, None);
                report(f).queue =
                    Some(ReportedQueue { warning: ReportedFlag::Is(true), ..Default::default() });
                queue(f).oldest_due_age = Some(100.0);
            },
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "red and the queue stands still",
            |f| {
                red(f, None);
                queue(f).oldest_due_age = Some(4_000.0);
            },
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "red and a hundred dead",
            |f| {
                red(f, None);
                queue(f).dead = Some(Count::Exact(140));
            },
            "3.4",
            Critical,
            2,
            "dlq groups",
        ),
        (
            "red because of ffmpeg, with a backlog behind it",
            |f| {
                red(f, Some("ffmpeg"));
                queue(f).oldest_due_age = Some(4_000.0);
            },
            "3.2",
            Critical,
            2,
            "ready --admin",
        ),
    ]);
}
