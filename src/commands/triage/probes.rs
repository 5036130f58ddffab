//! Runs concurrent probes that all end when the time budget is over or on a signal, and shows which are
//! still running.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::context::Context;
use crate::facts::{Observed, SourceError, SourceErrorKind};
use crate::interrupt::Interrupt;
use crate::terminal::StatusLine;
use crate::text;

/// The time that a probe may exceed the budget before it is aborted. Probes normally end within the
/// budget and report what they waited for.
const GRACE: Duration = Duration::from_millis(250);

/// The running probes.
pub(crate) struct Probes<'a> {
    context: &'a Context,
    interrupt: &'a Interrupt,
    status: StatusLine,
    title: String,
    running: RefCell<Vec<&'a str>>,
    interrupted: Cell<bool>,
}

impl<'a> Probes<'a> {
    /// Shows the status line. All sources are listed from the start, so that the line is complete before
    /// their probes begin.
    pub(crate) fn start(
        context: &'a Context,
        interrupt: &'a Interrupt,
        sources: &[&'a str],
    ) -> Self {
        let from = context.provenance();
        let title = match from.context.or(from.base_url) {
            Some(target) => format!("triage · {target}"),
            None => "triage".to_owned(),
        };
        let status = context.terminal.status(&title);
        let (running, interrupted) = (RefCell::new(sources.to_vec()), Cell::new(false));
        Self { context, interrupt, status, title, running, interrupted }
    }

    /// Returns whether a signal ended a probe early.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Removes sources from the status line.
    pub(crate) fn forget(&self, sources: &[&str]) {
        self.running.borrow_mut().retain(|source| !sources.contains(source));
        self.show();
    }

    /// Runs a probe until it ends, the budget and the grace time are over, or a signal.
    pub(crate) async fn probe<T>(
        &self,
        name: &str,
        read: impl Future<Output = Observed<T>>,
    ) -> Observed<T> {
        self.show();
        let aborted = self.context.observe(name, self.abort_error());
        let observed = match select(pin!(read), pin!(aborted)).await {
            Either::Left((observed, _)) | Either::Right((observed, _)) => observed,
        };
        self.forget(&[name]);
        observed
    }

    fn show(&self) {
        let running = self.running.borrow();
        if running.is_empty() {
            self.status.set_message(&self.title);
        } else {
            self.status.set_message(&format!(
                "{} · waiting for {}",
                self.title,
                running.join(", ")
            ));
        }
    }

    /// Waits until probes must end and returns the reason as an error.
    async fn abort_error<T>(&self) -> Result<T, SourceError> {
        let limit = self.context.remaining() + GRACE;
        tokio::select! {
            () = self.interrupt.wait() => {
                self.interrupted.set(true);
                Err(SourceError::new(SourceErrorKind::Other, "not finished when interrupted"))
            }
            () = tokio::time::sleep(limit) => {
                let limit = text::format_duration(self.context.timeout());
                Err(SourceError::new(SourceErrorKind::Timeout, format!("not finished within {limit}"))
                    .hint("allow more time: --timeout 30s"))
            }
        }
    }
}
