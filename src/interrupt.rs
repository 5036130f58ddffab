//! Ctrl-C and SIGTERM, noticed where it suits us: between two batches, or to say what is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// Whether somebody wants us to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    happened: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// From now on, signals are noted instead of ending the process.
    #[must_use]
    pub fn listen() -> Self {
        let interrupt = Self::default();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // Without a handler the signal ends the process as ever: the database is safe then, too.
            if let Ok(mut signals) = signal(kind) {
                let noted = interrupt.clone();
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        noted.0.happened.store(true, Ordering::Relaxed);
                        noted.0.notify.notify_waiters();
                    }
                });
            }
        }
        interrupt
    }

    /// Whether a signal came.
    #[must_use]
    pub fn happened(&self) -> bool {
        self.0.happened.load(Ordering::Relaxed)
    }

    /// Waits for a signal.
    pub async fn wait(&self) {
        let waked = self.0.notify.notified();
        if !self.happened() {
            waked.await;
        }
    }

    /// Sleeps, but not through a signal.
    pub async fn sleep(&self, span: Duration) {
        let waked = self.0.notify.notified();
        if !self.happened() {
            _ = tokio::time::timeout(span, waked).await;
        }
    }
}
