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

/// The timeout of every test, which must end within [`CEILING`].
const BUDGET: Duration = Duration::from_millis(1500);
/// The timeout with a margin for a loaded machine. A call without a timeout would take far longer.
const CEILING: Duration = Duration::from_secs(20);

/// Requests healthz from this base URL.
fn ask_health(base_url: &str) -> Observed<Health> {
    let http = Http::new(base_url, [], None).unwrap();
    observed(run(app::health(&http, BUDGET)))
}

/// Requests readyz from this base URL.
pub fn ask_ready(base_url: &str) -> Observed<Readiness> {
    let http = Http::new(base_url, [], None).unwrap();
    observed(run(app::readiness(&http, BUDGET)))
}

fn observed<T>(result: Result<T, SourceError>) -> Observed<T> {
    let source = "/api/test".to_owned();
    Observed { source, at: Timestamp::UNIX_EPOCH, took: Duration::ZERO, result }
}

/// Runs a future on a new runtime, which is shut down without waiting for its threads.
fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let began = Instant::now();
    let result = runtime.block_on(work);
    assert!(began.elapsed() < CEILING, "took {:?}", began.elapsed());
    runtime.shutdown_background();
    result
}

fn evaluate_health(seen: &Observed<Health>) -> Vec<Finding> {
    HEALTH.iter().flat_map(|check| check.run(seen, &Thresholds::default())).collect()
}

pub fn evaluate_readiness(seen: &Observed<Readiness>) -> Vec<Finding> {
    READINESS.iter().flat_map(|check| check.run(seen, &Thresholds::default())).collect()
}

pub fn worst(findings: &[Finding]) -> Status {
    Status::worst(findings.iter().map(|finding| finding.status))
}
