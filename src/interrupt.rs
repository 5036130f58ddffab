//! SIGINT and SIGTERM as a flag that commands check at safe points, for example between two write
//! transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// A flag that is set when the process receives SIGINT or SIGTERM.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    happened: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Installs the signal handlers: from now on the signals set the flag and do not end the process.
    pub(crate) fn listen() -> Self {
        let interrupt = Self::default();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // If the handler cannot be installed, the signal ends the process. That is safe: an open
            // transaction is rolled back.
            if let Ok(mut signals) = signal(kind) {
                let interrupt = interrupt.clone();
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        interrupt.0.happened.store(true, Ordering::Relaxed);
                        interrupt.0.notify.notify_waiters();
                    }
                });
            }
        }
        interrupt
    }

    /// Returns whether a signal was received.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.0.happened.load(Ordering::Relaxed)
    }

    /// Waits for a signal.
    pub(crate) async fn wait(&self) {
        let notified = self.0.notify.notified();
        if !self.is_interrupted() {
            notified.await;
        }
    }

    /// Sleeps for `duration`, or until a signal.
    pub(crate) async fn sleep(&self, duration: Duration) {
        let notified = self.0.notify.notified();
        if !self.is_interrupted() {
            _ = tokio::time::timeout(duration, notified).await;
        }
    }
}
