//! Where the time of a request goes: hooks in the name look-up and in the connector.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_layer::Layer;
use tower_service::Service;

use crate::facts::service::Latency;

/// What a request is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking up the name.
    Resolving,
    /// Connecting, TLS included.
    Connecting,
    /// Waiting for the head of the answer.
    Waiting,
    /// Reading the body.
    ReadingBody,
}

impl Phase {
    /// `while …`
    pub fn message(self) -> &'static str {
        match self {
            Self::Resolving => "looking up the name",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting for the first byte",
            Self::ReadingBody => "reading the body",
        }
    }
}

/// Follows one attempt; clones share it.
#[derive(Clone)]
pub struct RequestTimer(Arc<Mutex<TimingMarks>>);

struct TimingMarks {
    started: Instant,
    phase: Phase,
    latency: Latency,
    /// Bytes of the body so far.
    received: usize,
}

impl RequestTimer {
    /// Starts now.
    pub fn start() -> Self {
        Self(Arc::new(Mutex::new(TimingMarks {
            started: Instant::now(),
            phase: Phase::Waiting,
            latency: Latency::default(),
            received: 0,
        })))
    }

    /// The phase and the bytes of the body so far.
    pub fn progress(&self) -> (Phase, usize) {
        let marks = self.marks();
        (marks.phase, marks.received)
    }

    /// The head of the answer is here; the last call counts, after redirects.
    pub fn first_byte(&self) {
        let mut marks = self.marks();
        marks.latency.first_byte = marks.started.elapsed();
        marks.phase = Phase::ReadingBody;
    }

    /// More of the body is here.
    pub fn received(&self, bytes: usize) {
        self.marks().received = bytes;
    }

    /// The last byte is here.
    pub fn finish(&self) -> Latency {
        let marks = self.marks();
        Latency { total: marks.started.elapsed(), ..marks.latency }
    }

    fn enter(&self, phase: Phase) {
        self.marks().phase = phase;
    }

    fn marks(&self) -> MutexGuard<'_, TimingMarks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The system's resolver, timed.
pub struct TimedResolver(pub RequestTimer);

impl Resolve for TimedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let watch = self.0.clone();
        Box::pin(async move {
            watch.enter(Phase::Resolving);
            let began = Instant::now();
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let mut marks = watch.marks();
            marks.latency.dns = Some(began.elapsed());
            marks.phase = Phase::Connecting;
            Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// Wraps the connector to time it.
#[derive(Clone)]
pub struct TimedConnecting(pub RequestTimer);

impl<S> Layer<S> for TimedConnecting {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TimedConnector { inner, watch: self.0.clone() }
    }
}

/// The connector, timed.
#[derive(Clone)]
pub struct TimedConnector<S> {
    inner: S,
    watch: RequestTimer,
}

impl<S, R> Service<R> for TimedConnector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let watch = self.watch.clone();
        watch.enter(Phase::Connecting);
        let began = Instant::now();
        let connecting = self.inner.call(request);
        Box::pin(async move {
            let connection = connecting.await?;
            let mut marks = watch.marks();
            let dns = marks.latency.dns.unwrap_or(Duration::ZERO);
            marks.latency.connect = Some(began.elapsed().saturating_sub(dns));
            marks.phase = Phase::Waiting;
            drop(marks);
            Ok(connection)
        })
    }
}
