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
