use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::facts::service::{
    Component, Exchange, Latency, ReadinessFormat, ReportedFlag, ReportedQueue,
};
use crate::facts::{Finding, SourceError, Thresholds};

fn observed<T>(result: Result<T, SourceError>) -> Observed<T> {
    let source = "/api/test".to_owned();
    Observed { source, at: Timestamp::UNIX_EPOCH, took: Duration::ZERO, result }
}

fn app_up(result: Result<Health, SourceError>) -> Finding {
    let mut findings = app_up::APP_UP.run(&observed(result), &Thresholds::default());
    assert_eq!(findings.len(), 1);
    findings.remove(0)
}

fn health(http_status: u16, ok: bool, first_byte_ms: u64) -> Health {
    let first_byte = Duration::from_millis(first_byte_ms);
    let latency = Latency { first_byte, ..Latency::default() };
    let exchange = Exchange { http_status, latency, retries: 0 };
    Health { exchange, ok, service: None, ts: None, error: None, unhealthy: vec![] }
}

#[test]
fn app_is_ok_only_with_a_fast_positive_answer() {
    for (health, status) in [
        (health(200, true, 12), Status::Ok),
        (health(200, true, 1999), Status::Ok),
        (health(200, true, 2000), Status::Warning),
        (health(200, false, 12), Status::Critical),
        (health(503, true, 12), Status::Critical),
        (health(500, false, 12), Status::Critical),
    ] {
        assert_eq!(app_up(Ok(health.clone())).status, status, "{health:?}");
    }
}

#[test]
fn errors_that_users_see_are_critical_and_others_unknown() {
    use SourceErrorKind::*;
    use Status::{Critical, Unknown};
    for (kind, health, readiness) in [
        (Refused, Critical, Critical),
        (Unavailable, Critical, Critical),
        (Dns, Critical, Unknown),
        (Tls, Critical, Unknown),
        (Timeout, Critical, Unknown),
        (Disconnected, Critical, Unknown),
        (Malformed, Critical, Unknown),
        (Undeployed, Critical, Critical),
        (Unrecognized, Unknown, Unknown),
        (Intercepted, Unknown, Unknown),
        (Proxy, Unknown, Unknown),
        (Stale, Unknown, Unknown),
        (RateLimited, Unknown, Unknown),
        (Authentication, Unknown, Unknown),
        (Permission, Unknown, Unknown),
        (NotFound, Unknown, Unknown),
        (NotConfigured, Unknown, Unknown),
        (Other, Unknown, Unknown),
    ] {
        let finding = app_up(Err(SourceError::new(kind, "the cause")));
        assert_eq!(finding.status, health, "{kind:?}");
        assert!(finding.message.ends_with("the cause"), "{kind:?}: {}", finding.message);
        let findings = ready(Err(SourceError::new(kind, "the cause")));
        assert_eq!(findings[0].status, readiness, "{kind:?}");
        let rest: Vec<_> = findings[1..].iter().map(|f| (f.check, f.status)).collect();
        let skipped = Status::Skipped { blocked_by: "ready.ok" };
        let components = ["ready.db", "ready.worker", "ready.queue", "ready.ffmpeg"];
        assert_eq!(rest, components.map(|id| (id, skipped)), "{kind:?}");
    }
}

fn ready(result: Result<Readiness, SourceError>) -> Vec<Finding> {
    let observed_report = observed(result);
    READINESS.iter().flat_map(|check| check.run(&observed_report, &Thresholds::default())).collect()
}

fn report(
    ok: ReportedFlag,
    components: &[(&str, ReportedFlag)],
    queue: Option<ReportedQueue>,
) -> Readiness {
    let component = |(name, ok): &(&str, ReportedFlag)| Component {
        name: (*name).to_owned(),
        ok: ok.clone(),
        message: None,
        details: vec![],
    };
    Readiness {
        is_for_operators: false,
        exchange: Exchange { http_status: 200, ..Exchange::default() },
        ok,
        format: ReadinessFormat::Canonical,
        components: components.iter().map(component).collect(),
        queue,
        timestamp: None,
        fatal: false,
        errors: vec![],
        problems: vec![],
        unhealthy: vec![],
        ignored: vec![],
        constants: vec![],
    }
}

/// Returns the worst status of the findings of one check.
fn status(findings: &[Finding], id: &str) -> Option<Status> {
    let statuses = findings.iter().filter(|f| f.check == id).map(|f| f.status);
    statuses.reduce(Status::worse)
}

#[test]
fn missing_or_malformed_readiness_is_unknown() {
    use Status::Unknown;
    let malformed = || ReportedFlag::Malformed("the field x is a string".to_owned());
    let queue = ReportedQueue { problems: vec!["the field y".to_owned()], ..Default::default() };
    let empty = ready(Ok(report(ReportedFlag::Absent, &[], None)));
    let components =
        [("db", malformed()), ("worker", ReportedFlag::Absent), ("ffmpeg", malformed())];
    let malformed_report = ready(Ok(report(malformed(), &components, Some(queue))));
    for findings in [empty, malformed_report] {
        for id in ["ready.ok", "ready.db", "ready.worker", "ready.queue", "ready.ffmpeg"] {
            assert_eq!(status(&findings, id), Some(Unknown), "{id}: {findings:#?}");
        }
    }
}

#[test]
fn contradiction_in_readiness_shows_both_values() {
    let (yes, no) = (ReportedFlag::Is(true), ReportedFlag::Is(false));
    let reported_ready = ready(Ok(report(yes.clone(), &[("worker", no.clone())], None)));
    assert_eq!(status(&reported_ready, "ready.ok"), Some(Status::Ok));
    assert_eq!(status(&reported_ready, "ready.worker"), Some(Status::Warning));
    let finding = reported_ready.iter().find(|f| f.check == "ready.agreement").unwrap();
    assert_eq!(finding.status, Status::Warning);
    assert_eq!(finding.message, "reported as ready, but with worker: false");

    let unexplained = ready(Ok(report(no.clone(), &[("db", yes.clone())], None)));
    assert_eq!(status(&unexplained, "ready.ok"), Some(Status::Critical));
    assert_eq!(status(&unexplained, "ready.agreement"), Some(Status::Warning));

    let queue_with_warning = ReportedQueue { warning: yes.clone(), ..ReportedQueue::default() };
    let explained = ready(Ok(report(no.clone(), &[("db", yes)], Some(queue_with_warning))));
    assert_eq!(status(&explained, "ready.agreement"), Some(Status::Ok));
    assert_eq!(status(&explained, "ready.queue"), Some(Status::Warning));

    let consistent = ready(Ok(report(no.clone(), &[("db", no)], None)));
    assert_eq!(status(&consistent, "ready.agreement"), Some(Status::Ok));
    assert_eq!(status(&consistent, "ready.db"), Some(Status::Critical));
}

#[test]
fn contradiction_leads_to_the_queue_only_if_it_is_about_the_queue() {
    let (yes, no) = (ReportedFlag::Is(true), ReportedFlag::Is(false));
    for (name, command) in [("worker", "queue"), ("db", "queue"), ("redis", "ready --admin")] {
        let findings = ready(Ok(report(yes.clone(), &[(name, no.clone())], None)));
        let finding = findings.iter().find(|f| f.check == "ready.agreement").unwrap();
        let next = finding.next.as_ref().map(|step| step.command.to_string());
        assert!(next.as_ref().is_some_and(|next| next.contains(command)), "{name}: {next:?}");
    }
}

#[test]
fn retries_before_a_ready_answer_are_shown() {
    let healthy = |retries| {
        let mut readiness = report(ReportedFlag::Is(true), &[("db", ReportedFlag::Is(true))], None);
        readiness.exchange.retries = retries;
        ready(Ok(readiness)).remove(0).message
    };
    assert_eq!((healthy(0), healthy(2)), ("ready".to_owned(), "ready, after 2 retries".to_owned()));
}

#[test]
fn http_503_is_not_ready_even_if_the_body_reports_ok() {
    let mut readiness = report(ReportedFlag::Is(true), &[("db", ReportedFlag::Is(true))], None);
    readiness.exchange.http_status = 503;
    let findings = ready(Ok(readiness));
    assert_eq!(status(&findings, "ready.ok"), Some(Status::Critical));
    assert_eq!(findings[0].message, "HTTP 503, although ok: true");
}

#[test]
fn unlisted_components_are_evaluated() {
    let findings =
        ready(Ok(report(ReportedFlag::Is(false), &[("redis", ReportedFlag::Is(false))], None)));
    let redis = findings.iter().find(|f| f.check == "ready.other").unwrap();
    assert_eq!((redis.subject.as_str(), redis.status), ("redis", Status::Critical));
}

#[test]
fn external_text_is_cut_to_one_line() {
    let text = brief(&format!("a\n  b {}", "ü".repeat(300)));
    assert!(text.starts_with("a b ü") && text.chars().count() == 161, "{text}");
}
