//! `record`: keeps snapshots, once or again and again.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::poll::{PollResult, pause_between, poll, without_progress};
use crate::cli::Record;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::exit::ExitCode;
use crate::facts::snapshot::{OperationMarker, Snapshot};
use crate::history::transitions;
use crate::interrupt::Interrupt;
use crate::redact::sanitize;
use crate::render::openmetrics;
use crate::report::{self, Report};
use crate::sources::files::history::{Store, SystemId};
use crate::sources::http::exporter;

/// Keeps one snapshot.
///
/// # Errors
/// When there is nothing to look at, or no place to keep it.
pub async fn run(context: &Context, args: &Record) -> Result<Report, Error> {
    let mut recorder = Recorder::open(context, args.retain)?;
    let interrupt = Interrupt::listen();
    let seen = poll(context, &interrupt).await;
    if interrupt.happened() {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted before the look was whole")
            .hint("nothing was recorded"));
    }
    let number = recorder.keep(&seen)?;
    Ok(report::record::report(&seen.snapshot, number, recorder.path(), &context.provenance()))
}

/// Keeps a snapshot every so often until a signal comes; prints what changes.
///
/// # Errors
/// As [`run`]; or when the address of the metrics cannot be had.
pub async fn record_repeatedly(
    context: &Context,
    args: &Record,
    every: Duration,
) -> Result<ExitCode, Error> {
    let mut recorder = Recorder::open(context, args.retain)?;
    let (metrics, told) = watch::channel(String::new());
    if let Some(address) = args.listen {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Error::config(format!("{address} cannot be listened on")).cause(error)
        })?;
        let at = listener.local_addr().unwrap_or(address);
        context.terminal.print_note(&format!("metrics: http://{at}/metrics"));
        if !at.ip().is_loopback() {
            context.terminal.print_note("anybody who reaches this address can read them");
        }
        tokio::spawn(exporter::serve(listener, told));
    }
    let interrupt = Interrupt::listen();
    let opened = without_progress(context);
    let mut before: Option<Snapshot> = None;
    loop {
        let seen = poll(&opened, &interrupt).await;
        if interrupt.happened() {
            return Ok(ExitCode::Ok);
        }
        if let Err(error) = recorder.keep(&seen) {
            // The next one may be kept again: a full disk is emptied, a lock released.
            context.terminal.print_error(&error);
        }
        _ = metrics.send(openmetrics::render(&seen.snapshot, &opened.provenance()));
        let lines = transitions::lines(before.as_ref(), &seen.snapshot);
        if print(context, &lines)?.is_break() {
            return Ok(ExitCode::Ok);
        }
        before = Some(seen.snapshot);
        interrupt.sleep(pause_between(every, seen.took)).await;
        if interrupt.happened() {
            return Ok(ExitCode::Ok);
        }
    }
}

/// Prints lines for a log at once; a reader that went away wants no more.
pub fn print(context: &Context, lines: &[String]) -> Result<ControlFlow<()>, Error> {
    let text: String = lines.iter().map(|line| format!("{}\n", sanitize::line(line))).collect();
    let mut out = context.terminal.stream();
    let written = out.write(&text);
    let flushed = out.finish();
    written
        .and_then(|flow| flushed.map(|()| flow))
        .map_err(|error| Error::bug("the lines could not be written").cause(error))
}

/// Where snapshots go.
pub struct Recorder {
    store: Store,
    subject: String,
    context: Option<String>,
    keep: Duration,
}

impl Recorder {
    /// Opens the store.
    ///
    /// # Errors
    /// When there is nothing to look at, or no place to keep it.
    pub fn open(context: &Context, keep: Duration) -> Result<Self, Error> {
        let subject = context.system_id()?;
        let store = Store::open(context.settings.state_dir.as_deref())?;
        Ok(Self { store, subject, context: context.settings.context_name.clone(), keep })
    }

    /// Keeps a look; returns its number.
    ///
    /// # Errors
    /// The store's.
    pub fn keep(&mut self, seen: &PollResult) -> Result<i64, Error> {
        self.append(&seen.snapshot, &seen.marks)
    }

    /// Keeps a snapshot with the operations that were seen; returns its number.
    ///
    /// # Errors
    /// The store's.
    pub fn append(&mut self, snapshot: &Snapshot, marks: &[OperationMarker]) -> Result<i64, Error> {
        let place = SystemId { name: &self.subject, context: self.context.as_deref() };
        self.store.append(place, snapshot, marks, self.keep)
    }

    fn path(&self) -> &std::path::Path {
        self.store.path()
    }
}
