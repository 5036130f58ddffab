//! Tests of every known format of the readiness report, served over a socket.

use cliplyctl::facts::Status::{self, Critical, Ok, Unknown, Warning};

use super::{evaluate_readiness, request_readiness, worst};
use crate::support::http::{Response, Stub};

/// Returns the body of a fixture.
pub fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/readiness/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Returns the worst status and every check that is not OK: `ready.ok=critical …`.
fn statuses(status: u16, name: &str) -> (Status, String) {
    let stub = Stub::start([("/api/readyz", Response::json(status, fixture(name)))]);
    let findings = evaluate_readiness(&request_readiness(&stub.url()));
    let not_ok = findings.iter().filter(|f| f.status != Ok);
    let not_ok: Vec<_> =
        not_ok.map(|f| format!("{}={}", &f.check[6..], f.status.as_str())).collect();
    (worst(&findings), not_ok.join(" "))
}

#[test]
fn every_format_has_its_status_and_only_full_reports_are_ok() {
    for (status, fixture, worst, not_ok) in [
        (200, "canonical", Ok, ""),
        (200, "canonical-admin", Ok, ""),
        (503, "canonical-red", Critical, "ok=critical worker=critical queue=warning"),
        (200, "canonical-contradiction", Warning, "agreement=warning worker=warning"),
        (200, "flags", Unknown, "worker=unknown queue=unknown ffmpeg=unknown"),
        (
            503,
            "flags-red",
            Critical,
            "ok=critical db=critical worker=unknown queue=unknown ffmpeg=unknown",
        ),
        (200, "integrations", Unknown, "worker=unknown queue=unknown ffmpeg=unknown"),
        (200, "detailed", Unknown, "queue=unknown ffmpeg=unknown"),
        (
            503,
            "detailed-red",
            Critical,
            "ok=critical db=critical worker=unknown queue=unknown ffmpeg=unknown env=critical stripe=critical",
        ),
        (
            503,
            "fatal",
            Critical,
            "ok=critical db=skipped worker=skipped queue=skipped ffmpeg=skipped",
        ),
        (
            500,
            "internal-error",
            Critical,
            "ok=critical db=skipped worker=skipped queue=skipped ffmpeg=skipped",
        ),
        (200, "worker", Unknown, "worker=unknown ffmpeg=unknown"),
        (200, "bare", Unknown, "db=unknown worker=unknown queue=unknown ffmpeg=unknown"),
        (
            503,
            "bare-red",
            Critical,
            "ok=critical db=unknown worker=unknown queue=unknown ffmpeg=unknown",
        ),
    ] {
        assert_eq!(statuses(status, fixture), (worst, not_ok.to_owned()), "{fixture}");
    }
}

/// Returns the worst status of a body with this HTTP status.
fn status_of(http_status: u16, content_type: &str, body: &str) -> Status {
    let stub = Stub::start([("/api/readyz", Response::text(http_status, content_type, body))]);
    worst(&evaluate_readiness(&request_readiness(&stub.url())))
}

#[test]
fn reports_of_common_frameworks_list_their_own_components() {
    let json = "application/json";
    let page = |color: &str| {
        format!(
            "<!DOCTYPE html><html><head></head><body style=\"background-color: {color}\"></body></html>"
        )
    };
    for (name, http_status, content_type, body, expected) in [
        ("Actuator", 200, json, r#"{"status":"UP","groups":["liveness"]}"#, Ok),
        (
            "Actuator with components",
            200,
            "application/vnd.spring-boot.actuator.v3+json",
            r#"{"status":"UP","components":{"db":{"status":"UP","details":{"database":"PostgreSQL"}},
                "diskSpace":{"status":"UP","details":{"total":9,"exists":true,"path":"/app/."}}}}"#,
            Ok,
        ),
        (
            "Actuator, a component is down",
            503,
            json,
            r#"{"status":"DOWN","components":{"db":{"status":"DOWN","details":{"error":"refused"}}}}"#,
            Critical,
        ),
        (
            "Actuator, a nested component is down",
            200,
            json,
            r#"{"status":"UP","components":{"db":{"status":"UP","components":{"a":{"status":"DOWN"}}}}}"#,
            Warning,
        ),
        ("Actuator, unknown", 200, json, r#"{"status":"UNKNOWN"}"#, Unknown),
        (
            "MicroProfile",
            200,
            json,
            r#"{"status":"UP","checks":[{"name":"db","status":"UP","data":{"pool":3}}]}"#,
            Ok,
        ),
        (
            "health+json",
            200,
            "application/health+json",
            r#"{"status":"pass","version":"1","checks":{"redis:ping":[{"status":"pass","observedValue":3}]}}"#,
            Ok,
        ),
        (
            "health+json, a check warns",
            200,
            "application/health+json",
            r#"{"status":"warn","checks":{"cpu:utilization":[{"status":"warn","output":"85%"}]}}"#,
            Warning,
        ),
        (
            "health+json, an element fails",
            200,
            "application/health+json",
            r#"{"status":"pass","checks":{"redis:ping":[{"status":"pass"},{"ok":false}]}}"#,
            Warning,
        ),
        ("health+json, failed", 503, "application/health+json", r#"{"status":"fail"}"#, Critical),
        (
            "Terminus",
            200,
            json,
            r#"{"status":"ok","info":{"db":{"status":"up"}},"error":{},"details":{"db":{"status":"up"}}}"#,
            Ok,
        ),
        (
            "Terminus, failed",
            503,
            json,
            r#"{"status":"error","info":{},"error":{"db":{"status":"down","message":"timeout"}},
                "details":{"db":{"status":"down","message":"timeout"}}}"#,
            Critical,
        ),
        (
            "Kubernetes",
            200,
            "text/plain; charset=utf-8",
            "[+]ping ok\n[+]etcd ok\nreadyz check passed\n",
            Ok,
        ),
        (
            "Kubernetes, failed",
            500,
            "text/plain; charset=utf-8",
            "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n",
            Critical,
        ),
        ("Rails", 200, "text/html", &page("green"), Ok),
        ("Rails, failed", 500, "text/html", &page("red"), Critical),
        ("Rails in JSON", 200, json, r#"{"status":"up","timestamp":"2026-01-01T00:00:00Z"}"#, Ok),
        (
            "a login page",
            200,
            "text/html",
            "<body style=\"background-color: green\">Log in</body>",
            Unknown,
        ),
        ("only ok", 200, json, r#"{"ok":true}"#, Unknown),
        ("only a word", 200, json, r#"{"status":"ok"}"#, Unknown),
    ] {
        assert_eq!(status_of(http_status, content_type, body), expected, "{name}");
    }
}

#[test]
fn components_of_the_apps_own_format_are_all_evaluated() {
    let report = |checks: &str, top: &str| {
        format!(
            r#"{{"ok":true,"checks":{{"db":{{"ok":true}},"worker":{{"ok":true}}{checks}}},
                "queue":{{"length":0,"oldestJobAge":null}},"ffmpeg":{{"ok":true}}{top}}}"#
        )
    };
    let of_queue = |queue: &str| {
        format!(
            r#"{{"ok":true,"checks":{{"db":true,"worker":true}},"queue":{queue},"ffmpeg":true}}"#
        )
    };
    for (queue, expected) in [
        (r#"{"length":0}"#, Ok),
        (r#"{"ok":true}"#, Ok),
        (r#""ok""#, Ok),
        ("true", Ok),
        ("false", Warning),
        (r#""down""#, Warning),
        (r#"{"length":0,"ok":false}"#, Warning),
        (r#"{"length":0,"status":"degraded"}"#, Warning),
        (r#"{"length":0,"status":"idle"}"#, Ok),
        (r#""paused""#, Unknown),
        ("3", Unknown),
        ("{}", Unknown),
    ] {
        assert_eq!(status_of(200, "application/json", &of_queue(queue)), expected, "{queue}");
    }
    for (checks, top, expected) in [
        ("", "", Ok),
        ("", r#","db":{"ok":true}"#, Ok),
        ("", r#","env":"production","stripe":"live""#, Ok),
        ("", r#","env":"failed""#, Warning),
        ("", r#","env":{"ok":false}"#, Warning),
        (r#","queue":{"ok":true}"#, "", Ok),
        ("", r#","db":{"ok":false}"#, Warning),
        (r#","queue":{"ok":false}"#, "", Warning),
        (r#","queue":"paused""#, "", Unknown),
    ] {
        assert_eq!(
            status_of(200, "application/json", &report(checks, top)),
            expected,
            "{checks}{top}"
        );
    }
}
