//! Tests that a stored response is not taken for an answer of the app, over real sockets.

use std::time::Duration;

use cliplyctl::facts::SourceErrorKind::Stale;
use cliplyctl::facts::Status::{self, Ok, Unknown};
use cliplyctl::sources::http::{Freshness, Http, app};

use super::{evaluate_health, evaluate_readiness, observed, report, run, worst};
use crate::support::http::{Response, Stub};

const READY: &str = r#"{"ok":true,"checks":{"db":{"ok":true},"worker":{"ok":true}},
    "queue":{"length":0,"oldestJobAge":null},"ffmpeg":{"ok":true}TS}"#;
const NOW: &str = "2026-11-29T12:00:00Z";
const DATE: &str = "Sun, 29 Nov 2026 12:00:00 GMT";

/// Returns the status of health and of readiness for these headers and this time in the report.
fn statuses(headers: &[(&str, &str)], ts: Option<&str>) -> (Status, Status) {
    let ts = ts.map(|ts| format!(",\"ts\":\"{ts}\"")).unwrap_or_default();
    let answer = |body: String| {
        let response = Response::json(200, body);
        headers.iter().fold(response, |response, (name, value)| response.header(name, value))
    };
    let stub = Stub::start([
        ("/api/healthz", answer(format!("{{\"ok\":true{ts}}}"))),
        ("/api/readyz", answer(READY.replace("TS", &ts))),
    ]);
    let http = Http::new(&stub.url(), [], None).unwrap();
    let freshness = Freshness { max_age: Duration::from_secs(60), now: NOW.parse().unwrap() };
    let request = |path| app::ReportRequest { freshness, ..report(path) };
    let health = observed(run(app::health(&http, request("/api/healthz"))));
    let readiness = observed(run(app::readiness(&http, request("/api/readyz"))));
    for error in [health.error(), readiness.error()].into_iter().flatten() {
        assert_eq!(error.kind, Stale, "{error:?}");
        assert!(error.hint.as_ref().unwrap().to_string().contains("max_answer_age"), "{error:?}");
    }
    (worst(&evaluate_health(&health)), worst(&evaluate_readiness(&readiness)))
}

#[test]
fn stored_response_is_unknown() {
    for headers in [
        &[("age", "86400")][..],
        &[("x-vercel-cache", "STALE")],
        &[("x-vercel-cache", "HIT")],
        &[("cf-cache-status", "HIT"), ("age", "7200")],
        &[("x-nextjs-cache", "HIT")],
        &[("x-cache", "Hit from cloudfront")],
    ] {
        assert_eq!(statuses(headers, None), (Unknown, Unknown), "{headers:?}");
    }
}

#[test]
fn response_that_a_cache_passed_on_is_ok() {
    for headers in [
        &[][..],
        &[("age", "0")],
        &[("x-vercel-cache", "MISS")],
        &[("x-vercel-cache", "BYPASS")],
        &[("cf-cache-status", "DYNAMIC")],
        &[("x-cache", "MISS"), ("cache-control", "no-store")],
        &[("x-vercel-cache", "HIT"), ("age", "5")],
    ] {
        assert_eq!(statuses(headers, None), (Ok, Ok), "{headers:?}");
    }
}

#[test]
fn report_of_long_ago_is_unknown_by_both_clocks_only() {
    let old = "2020-01-01T00:00:00.000Z";
    assert_eq!(statuses(&[("date", DATE)], Some(old)), (Unknown, Unknown));
    assert_eq!(statuses(&[("date", DATE)], Some("2026-11-29T12:00:20Z")), (Ok, Ok));
    assert_eq!(statuses(&[("date", DATE)], None), (Ok, Ok));
    // The clock of the server is wrong, and the report is current by it.
    let wrong_clock = [("date", "Wed, 01 Jan 2020 00:00:10 GMT")];
    assert_eq!(statuses(&wrong_clock, Some(old)), (Ok, Ok));
}
