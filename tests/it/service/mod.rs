//! Tests of `/api/healthz` and `/api/readyz` over real sockets, sources and checks together.

mod commands;
mod freshness;
mod healthy;
pub mod hostile;
mod platforms;
mod properties;
mod proxies;
mod shapes;
pub mod tls;
mod transport;

use std::time::{Duration, Instant};

use cliplyctl::checks::service::{HEALTH, READINESS};
use cliplyctl::facts::service::{Health, Readiness};
use cliplyctl::facts::{Finding, Observed, SourceError, Status, Thresholds};
use cliplyctl::sources::http::app::ReportRequest;
use cliplyctl::sources::http::{Freshness, Http, app};
use jiff::Timestamp;

/// The timeout of every test, which must end within [`MAX_DURATION`].
const TIMEOUT: Duration = Duration::from_millis(1500);
/// The timeout with a margin for a loaded machine. A call without a timeout would take far longer.
const MAX_DURATION: Duration = Duration::from_secs(20);

/// Requests healthz from this base URL.
fn request_health(base_url: &str) -> Observed<Health> {
    let http = Http::new(base_url, [], None).unwrap();
    observed(run(app::health(&http, report("/api/healthz"))))
}

/// Requests readyz from this base URL.
pub fn request_readiness(base_url: &str) -> Observed<Readiness> {
    let http = Http::new(base_url, [], None).unwrap();
    observed(run(app::readiness(&http, report("/api/readyz"))))
}

/// Returns a request for the report at this path.
fn report(path: &str) -> ReportRequest<'_> {
    let freshness = Freshness { max_age: Duration::from_secs(60), now: Timestamp::UNIX_EPOCH };
    ReportRequest { path, budget: TIMEOUT, freshness, ignored: &[] }
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
