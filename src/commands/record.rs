//! `record`: records one snapshot, or with `--every` snapshots at an interval.

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
use crate::history::transitions::Transitions;
use crate::interrupt::Interrupt;
use crate::redact::sanitize;
use crate::render::{Format, openmetrics};
use crate::report::{self, Report};
use crate::sources::files::history::{Store, SystemId};
use crate::sources::http::exporter;
use crate::suggest::{CommandText, ShellCommand};

/// Records one snapshot.
pub(crate) async fn run(context: &Context, args: &Record) -> Result<Report, Error> {
    let mut recorder = Recorder::open(context, args.retain)?;
    let interrupt = Interrupt::listen();
    let result = poll(context, &interrupt).await;
    if interrupt.is_interrupted() {
        return Err(Error::new(
            ErrorKind::Interrupted,
            "interrupted before the snapshot was complete",
        )
        .hint("nothing was recorded"));
    }
    let number = recorder.record(&result)?;
    Ok(report::record::report(&result.snapshot, number, recorder.path(), &context.provenance()))
}

/// Records snapshots at the interval `every` until a signal, prints changes in lines, and with `--listen` serves
/// `/metrics`.
pub(crate) async fn record_repeatedly(
    context: &Context,
    args: &Record,
    every: Duration,
    format: Format,
) -> Result<ExitCode, Error> {
    if format != Format::Table {
        return Err(Error::usage("record --every does not support -o").hint(CommandText::to(
            "remove -o; the recorded data",
            ShellCommand::new("history -o json"),
        )));
    }
    let mut recorder = Recorder::open(context, args.retain)?;
    let (metrics, metrics_receiver) = watch::channel(String::new());
    if let Some(address) = args.listen {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Error::config(format!("cannot listen on {address}")).cause(error))?;
        let at = listener.local_addr().unwrap_or(address);
        context.terminal.print_note(&format!("metrics: http://{at}/metrics"));
        if !at.ip().is_loopback() {
            context
                .terminal
                .print_note("the address is not local: every host that reaches it can read them");
        }
        tokio::spawn(exporter::serve(listener, metrics_receiver));
    }
    let interrupt = Interrupt::listen();
    let poll_context = without_progress(context);
    let mut transitions = Transitions::default();
    loop {
        let result = poll(&poll_context, &interrupt).await;
        if interrupt.is_interrupted() {
            return Ok(ExitCode::Ok);
        }
        if recorder.store.is_deleted() {
            let path = recorder.path().display();
            context
                .terminal
                .print_note(&format!("the history was deleted; recording again to {path}"));
        }
        if let Err(error) = recorder.record(&result) {
            // Not fatal: the error can be temporary, such as a full disk or a lock.
            context.terminal.print_error(&error);
        }
        _ = metrics.send(openmetrics::render(&result.snapshot, &poll_context.provenance()));
        let lines = transitions.lines(&result.snapshot);
        if print(context, &lines)?.is_break() {
            return Ok(ExitCode::Ok);
        }
        interrupt.sleep(pause_between(every, result.took)).await;
        if interrupt.is_interrupted() {
            return Ok(ExitCode::Ok);
        }
    }
}

/// Prints and flushes lines. Returns `Break` if the pipe is closed.
pub(crate) fn print(context: &Context, lines: &[String]) -> Result<ControlFlow<()>, Error> {
    let text: String = lines.iter().map(|line| format!("{}\n", sanitize::line(line))).collect();
    let mut out = context.terminal.stream();
    let written = out.write(&text);
    let flushed = out.finish();
    written
        .and_then(|flow| flushed.map(|()| flow))
        .map_err(|error| Error::unavailable("cannot write to stdout").cause(error))
}

/// The history store with the system whose snapshots are recorded.
pub(crate) struct Recorder {
    store: Store,
    address: String,
    context: Option<String>,
    retain: Duration,
}

impl Recorder {
    /// Opens the history store.
    ///
    /// # Errors
    /// The error of the settings if neither the app nor the database is configured, or the error of the
    /// store.
    pub(crate) fn open(context: &Context, retain: Duration) -> Result<Self, Error> {
        let address = context.system_address()?;
        let store = Store::open(context.settings.state_dir.as_deref())?;
        Ok(Self { store, address, context: context.settings.context_name.clone(), retain })
    }

    /// Records the snapshot of a poll and returns its number.
    pub(crate) fn record(&mut self, result: &PollResult) -> Result<i64, Error> {
        self.append(&result.snapshot, &result.marks)
    }

    /// Records a snapshot and its operations, deletes snapshots older than the retention, and returns
    /// the number of the snapshot.
    pub(crate) fn append(
        &mut self,
        snapshot: &Snapshot,
        marks: &[OperationMarker],
    ) -> Result<i64, Error> {
        let system = SystemId { address: &self.address, context: self.context.as_deref() };
        self.store.append(system, snapshot, marks, self.retain)
    }

    fn path(&self) -> &std::path::Path {
        self.store.path()
    }
}
