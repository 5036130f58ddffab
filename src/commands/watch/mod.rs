//! `watch`: the live dashboard, and with `--plain` one line per change.

mod dashboard;
mod subcommand;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dashboard::DashboardLoop;

use super::poll::{SnapshotSchedule, pause_between, poll, without_progress};
use super::record::{self, Recorder};
use crate::cli::Watch;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::history::transitions::Transitions;
use crate::interrupt::Interrupt;
use crate::sources::files::history::Store;
use crate::suggest::{CommandText, ShellCommand};
use crate::watch::{Model, Target, TrendPoint};

/// The interval between two recorded snapshots, unless a check changes.
const RECORD_INTERVAL: Duration = Duration::from_secs(30);
/// The retention of the snapshots, the default of `record`.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Runs the dashboard until the operator quits, or prints changes until a signal.
pub(crate) async fn run(context: &Context, args: &Watch) -> Result<ExitCode, Error> {
    let system = context.system_address()?;
    if let (false, Some(obstacle)) = (args.plain, context.terminal.fullscreen_obstacle()) {
        return Err(Error::usage("watch needs a terminal")
            .cause(obstacle)
            .hint(CommandText::to("for logs and pipes", ShellCommand::new("watch --plain"))));
    }
    let recorder = if args.no_record { None } else { open_recorder(context) };
    if args.plain {
        return plain(context, args, recorder).await;
    }
    let name = context.settings.context_name.as_ref();
    let target = Target {
        subject: name.map_or_else(|| system.clone(), |name| format!("{name} · {system}")),
        address: context.settings.address(),
        limits: context.settings.thresholds,
        read_only: context.protection().read_only_by,
    };
    let mut model = Model::new(target, args.every, context.now());
    if recorder.is_some() {
        // Ignored: an error of the store is reported when the first snapshot is recorded.
        _ = load_trend(context, &system, &mut model);
    }
    DashboardLoop { context, model, recorder: recorder.map(|r| Arc::new(Mutex::new(r))) }
        .run(args.every)
        .await
}

/// Opens the history. The dashboard does not need it, so an error is only printed.
fn open_recorder(context: &Context) -> Option<Recorder> {
    match Recorder::open(context, RETENTION) {
        Ok(recorder) => Some(recorder),
        Err(error) => {
            context.terminal.print_error(&error);
            context.terminal.print_note("snapshots are not recorded");
            None
        }
    }
}

/// Prints one line per change until a signal.
async fn plain(
    context: &Context,
    args: &Watch,
    mut recorder: Option<Recorder>,
) -> Result<ExitCode, Error> {
    let (interrupt, mut schedule) = (Interrupt::listen(), SnapshotSchedule::default());
    let poll_context = without_progress(context);
    let mut transitions = Transitions::default();
    while !interrupt.is_interrupted() {
        let result = poll(&poll_context, &interrupt).await;
        if interrupt.is_interrupted() {
            break;
        }
        if let Some(recorder) = &mut recorder
            && schedule.is_due(&result.snapshot, RECORD_INTERVAL)
            && let Err(error) = recorder.record(&result)
        {
            context.terminal.print_error(&error);
        }
        let lines = transitions.lines(&result.snapshot);
        if record::print(context, &lines)?.is_break() {
            break;
        }
        interrupt.sleep(pause_between(args.every, result.took)).await;
    }
    Ok(ExitCode::Ok)
}

/// Loads the recently recorded snapshots into the trends.
fn load_trend(context: &Context, system: &str, model: &mut Model) -> Result<(), Error> {
    let Some(store) = Store::read(context.settings.state_dir.as_deref())? else { return Ok(()) };
    let Some(system) = store.system(system)? else { return Ok(()) };
    let until = context.now();
    let from = until.saturating_sub(model.trend_window()).unwrap_or(until);
    store.walk(system, (from.as_millisecond(), until.as_millisecond()), |point| {
        if let Ok(at) = jiff::Timestamp::from_millisecond(point.at) {
            model.remember(TrendPoint { at, metrics: point.metrics, kinds: Default::default() });
        }
    })
}
