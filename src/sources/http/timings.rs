//! Timing of the phases of a request, measured by hooks in the resolver and in the connector.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_layer::Layer;
use tower_service::Service;

use crate::facts::service::Latency;

/// Current phase of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Resolving the host name.
    Resolving,
    /// Connecting, TLS included.
    Connecting,
    /// Waiting for the response head.
    WaitingForFirstByte,
    /// Reading the body.
    ReadingBody,
}

impl Phase {
    /// Returns the phase as used after "while" in messages.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Resolving => "resolving the name",
            Self::Connecting => "connecting",
            Self::WaitingForFirstByte => "waiting for the first byte",
            Self::ReadingBody => "reading the body",
        }
    }
}

/// Timer of one attempt; clones share its state.
#[derive(Clone)]
pub(crate) struct RequestTimer(Arc<Mutex<TimingMarks>>);

struct TimingMarks {
    started: Instant,
    phase: Phase,
    latency: Latency,
    /// Bytes of the body that were received so far.
    received: usize,
}

impl RequestTimer {
    /// Starts a timer.
    pub(crate) fn start() -> Self {
        Self(Arc::new(Mutex::new(TimingMarks {
            started: Instant::now(),
            phase: Phase::WaitingForFirstByte,
            latency: Latency::default(),
            received: 0,
        })))
    }

    /// Returns the current phase and the number of body bytes received so far.
    pub(crate) fn progress(&self) -> (Phase, usize) {
        let marks = self.marks();
        (marks.phase, marks.received)
    }

    /// Records that a response head was received. After redirects the last call counts.
    pub(crate) fn first_byte(&self) {
        let mut marks = self.marks();
        marks.latency.first_byte = marks.started.elapsed();
        marks.phase = Phase::ReadingBody;
    }

    /// Records the number of body bytes received so far.
    pub(crate) fn received(&self, bytes: usize) {
        self.marks().received = bytes;
    }

    /// Returns the measured times, with the total up to now.
    pub(crate) fn finish(&self) -> Latency {
        let marks = self.marks();
        Latency { total: marks.started.elapsed(), ..marks.latency }
    }

    /// Records the current phase.
    fn enter(&self, phase: Phase) {
        self.marks().phase = phase;
    }

    fn marks(&self) -> MutexGuard<'_, TimingMarks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// System resolver that records its time.
pub(crate) struct TimedResolver(pub(crate) RequestTimer);

impl Resolve for TimedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let timer = self.0.clone();
        Box::pin(async move {
            timer.enter(Phase::Resolving);
            let started_at = Instant::now();
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let mut marks = timer.marks();
            marks.latency.dns = Some(started_at.elapsed());
            marks.phase = Phase::Connecting;
            Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// Tower layer that wraps the connector in a [`TimedConnector`].
#[derive(Clone)]
pub(crate) struct TimedConnecting(pub(crate) RequestTimer);

impl<S> Layer<S> for TimedConnecting {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TimedConnector { inner, timer: self.0.clone() }
    }
}

/// Connector that records its time.
#[derive(Clone)]
pub(crate) struct TimedConnector<S> {
    inner: S,
    timer: RequestTimer,
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
        let timer = self.timer.clone();
        timer.enter(Phase::Connecting);
        let started_at = Instant::now();
        let connecting = self.inner.call(request);
        Box::pin(async move {
            let connection = connecting.await?;
            let mut marks = timer.marks();
            let dns = marks.latency.dns.unwrap_or(Duration::ZERO);
            marks.latency.connect = Some(started_at.elapsed().saturating_sub(dns));
            marks.phase = Phase::WaitingForFirstByte;
            drop(marks);
            Ok(connection)
        })
    }
}
