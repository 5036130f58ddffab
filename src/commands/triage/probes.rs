//! Probes that end together: when they are done, when time is up, or on Ctrl-C.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::context::Context;
use crate::facts::{Observed, SourceError, SourceErrorKind};
use crate::interrupt::Interrupt;
use crate::terminal::StatusLine;
use crate::text;

/// Probes know the budget and end by themselves, saying what they waited for. One that has not when
/// this much more is over is left alone.
const GRACE: Duration = Duration::from_millis(250);

/// The probes that are out.
pub struct Probes<'a> {
    context: &'a Context,
    interrupt: &'a Interrupt,
    status: StatusLine,
    title: String,
    out: RefCell<Vec<&'static str>>,
    interrupted: Cell<bool>,
}

impl<'a> Probes<'a> {
    /// Says at once, on a terminal, what is being looked at. Every source that will be asked is named
    /// from the start, so that the line never counts fewer than are still to come.
    pub fn start(context: &'a Context, interrupt: &'a Interrupt, sources: &[&'static str]) -> Self {
        let from = context.provenance();
        let title = match from.context.or(from.base_url) {
            Some(place) => format!("triage · {place}"),
            None => "triage".to_owned(),
        };
        let status = context.terminal.status(&title);
        let (out, interrupted) = (RefCell::new(sources.to_vec()), Cell::new(false));
        Self { context, interrupt, status, title, out, interrupted }
    }

    /// Whether a signal cut a probe short.
    pub fn interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Sources that will not be asked after all.
    pub fn forget(&self, sources: &[&str]) {
        self.out.borrow_mut().retain(|source| !sources.contains(source));
        self.show();
    }

    /// Runs a probe until it ends, or until it is ended.
    pub async fn probe<T>(
        &self,
        name: &'static str,
        reading: impl Future<Output = Observed<T>>,
    ) -> Observed<T> {
        self.show();
        let ended = self.context.observe(name, self.ended());
        let seen = match select(pin!(reading), pin!(ended)).await {
            Either::Left((seen, _)) | Either::Right((seen, _)) => seen,
        };
        self.forget(&[name]);
        seen
    }

    fn show(&self) {
        let out = self.out.borrow();
        if out.is_empty() {
            self.status.set_message(&self.title);
        } else {
            self.status.set_message(&format!("{} · waiting for {}", self.title, out.join(", ")));
        }
    }

    async fn ended<T>(&self) -> Result<T, SourceError> {
        let left = self.context.remaining() + GRACE;
        tokio::select! {
            () = self.interrupt.wait() => {
                self.interrupted.set(true);
                Err(SourceError::new(SourceErrorKind::Other, "not finished when interrupted"))
            }
            () = tokio::time::sleep(left) => {
                let limit = text::format_duration(self.context.timeout());
                Err(SourceError::new(SourceErrorKind::Timeout, format!("not finished within {limit}"))
                    .hint("a longer --timeout may help"))
            }
        }
    }
}
