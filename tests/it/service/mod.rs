//! Tests of `/api/healthz` and `/api/readyz` over real sockets, sources and checks together.

mod commands;
mod healthy;
pub mod hostile;
mod shapes;
pub mod tls;

use std::time::{Duration, Instant};

use cliplyctl::checks::service::{HEALTH, READINESS};
use cliplyctl::facts::service::{Health, Readiness};
use cliplyctl::facts::{Finding, Observed, SourceError, Status, Thresholds};
use cliplyctl::sources::http::{Http, app};
use jiff::Timestamp;

/// The timeout of every test, which must end within [`MAX_DURATION`].
const TIMEOUT: Duration = Duration::from_millis(1500);
/// The timeout with a margin for a loaded machine. A call without a timeout would take far longer.
const MAX_DURATION: Duration = Duration::from_secs(20);

/// Requests healthz from this base URL.
fn request_health(base_url: &str) -> Observed<Health> {
    let http = Http::new(base_url, [], None).unwrap();
    observed(run(app::health(&http, TIMEOUT)))
}

/// Requests readyz from this base URL.
pub fn request_readiness(base_url: &str) -> Observed<Readiness> {
    let http = Http::new(base_url, [], None).unwrap();
    observed(run(app::readiness(&http, TIMEOUT)))
}

fn observed<T>(result: Result<T, SourceError>) -> Observed<T> {
    let source = "/api/test".to_owned();
    Observed { source, at: Timestamp::UNIX_EPOCH, took: Duration::ZERO, result }
}

/// Runs a future on a new runtime, which is shut down without waiting for its threads.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let began = Instant::now();
    let result = runtime.block_on(future);
    assert!(began.elapsed() < MAX_DURATION, "took {:?}", began.elapsed());
    runtime.shutdown_background();
    result
}

fn evaluate_health(observed: &Observed<Health>) -> Vec<Finding> {
    HEALTH.iter().flat_map(|check| check.run(observed, &Thresholds::default())).collect()
}

pub fn evaluate_readiness(observed: &Observed<Readiness>) -> Vec<Finding> {
    READINESS.iter().flat_map(|check| check.run(observed, &Thresholds::default())).collect()
}

pub fn worst(findings: &[Finding]) -> Status {
    Status::worst(findings.iter().map(|finding| finding.status))
}
