//! `watch`: the live, read-only dashboard, and with `--plain` one line per change.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::SignedDuration;

use super::jobs;
use super::poll::{PollResult, SnapshotSchedule, pause_between, poll, without_progress};
use super::record::{self, Recorder};
use crate::cli::{JobsShow, Watch};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::history::transitions::Transitions;
use crate::interrupt::Interrupt;
use crate::render::{self, table};
use crate::sources::files::history::Store;
use crate::terminal::{Input, RenderTarget, Screen};
use crate::triage::{headline, section};
use crate::watch::{Action, DashboardUpdate, Model, Overlay, TrendPoint, press};

/// The interval between two recorded snapshots, unless a check changes.
const RECORD_INTERVAL: Duration = Duration::from_secs(30);
/// The retention of the snapshots, the default of `record`.
const RETENTION: Duration = Duration::from_hours(30 * 24);
/// The recorded time that the sparklines show at the start.
const RECALLED: SignedDuration = SignedDuration::from_mins(20);

/// Runs the dashboard until the operator quits, or prints changes until a signal.
pub(crate) async fn run(context: &Context, args: &Watch) -> Result<ExitCode, Error> {
    let system = context.system_address()?;
    if let (false, Some(obstacle)) = (args.plain, context.terminal.fullscreen_obstacle()) {
        return Err(Error::usage("watch needs a terminal")
            .cause(obstacle)
            .hint("for logs and pipes: cliplyctl watch --plain"));
    }
    let recorder = if args.no_record { None } else { open_recorder(context) };
    if args.plain {
        return plain(context, args, recorder).await;
    }
    let name = context.settings.context_name.as_ref();
    let title = name.map_or_else(|| system.clone(), |name| format!("{name} · {system}"));
    let mut model = Model::new(title, context.settings.address(), args.every, context.now());
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

/// Loads the recently recorded snapshots into the sparklines.
fn load_trend(context: &Context, system: &str, model: &mut Model) -> Result<(), Error> {
    let Some(store) = Store::read(context.settings.state_dir.as_deref())? else { return Ok(()) };
    let Some(system) = store.system(system)? else { return Ok(()) };
    let until = context.now();
    let from = until.saturating_sub(RECALLED).unwrap_or(until);
    store.walk(system, (from.as_millisecond(), until.as_millisecond()), |point| {
        if jiff::Timestamp::from_millisecond(point.at).is_ok() {
            model.remember(TrendPoint { metrics: point.metrics, kinds: vec![] });
        }
    })
}

/// The result of a background task.
enum DashboardEvent {
    /// A poll has ended.
    Polled(Box<PollResult>),
    /// The next poll is due.
    PollDue,
    /// The text of the job with this id was read.
    Job(String, Result<String, Error>),
    /// A snapshot was recorded.
    Recorded(Result<(), Error>),
}

/// The state of the dashboard.
struct DashboardLoop<'a> {
    context: &'a Context,
    model: Model,
    recorder: Option<Arc<Mutex<Recorder>>>,
}

/// The background tasks that have not ended.
type PendingTasks = FuturesUnordered<LocalBoxFuture<'static, DashboardEvent>>;

impl DashboardLoop<'_> {
    async fn run(mut self, every: Duration) -> Result<ExitCode, Error> {
        let interrupt = Interrupt::listen();
        let mut screen =
            Screen::open().map_err(|error| Error::bug("cannot use the terminal").cause(error))?;
        let mut schedule = SnapshotSchedule::default();
        let poll_context = Rc::new(without_progress(self.context));
        let mut tasks = PendingTasks::new();
        tasks.push(poll_event(poll_context.clone(), interrupt.clone()));
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let color = self.context.terminal.stdout.color;
        loop {
            self.model.now = self.context.now();
            let drawn = screen.draw(|frame| render::watch::render(frame, &self.model, color));
            if drawn.is_err() {
                return Ok(ExitCode::Ok); // the terminal was closed
            }
            let action = tokio::select! {
                input = screen.input() => match input {
                    Input::Key(key) => press(&mut self.model, key),
                    Input::Resized => None,
                    Input::Closed => Some(Action::Quit),
                },
                Some(event) = tasks.next(), if !tasks.is_empty() => {
                    match event {
                        DashboardEvent::Polled(result) => {
                            let pause = pause_between(every, result.took);
                            tasks.push(Box::pin(async move {
                                tokio::time::sleep(pause).await;
                                DashboardEvent::PollDue
                            }));
                            self.record(&mut tasks, &mut schedule, &result);
                            let update = dashboard_update(*result, pause, self.context);
                            self.model.apply_update(update);
                        }
                        DashboardEvent::PollDue => {
                            tasks.push(poll_event(poll_context.clone(), interrupt.clone()));
                        }
                        DashboardEvent::Job(id, text) => self.show_job(&id, text),
                        DashboardEvent::Recorded(result) => {
                            self.model.error = result.err().map(|e| e.to_string());
                        }
                    }
                    None
                },
                _ = seconds.tick() => None,
                () = interrupt.wait() => Some(Action::Quit),
            };
            match action {
                None => {}
                Some(Action::Quit) => return Ok(ExitCode::Ok),
                Some(Action::OpenJob(id)) => tasks.push(self.read_job(id)),
                Some(Action::Leave(command)) => {
                    drop(screen);
                    _ = record::print(self.context, &[command])?;
                    return Ok(ExitCode::Ok);
                }
            }
        }
    }

    /// Records the snapshot in a background task if it is due, because another recorder may lock the
    /// store for a moment.
    fn record(
        &self,
        tasks: &mut PendingTasks,
        schedule: &mut SnapshotSchedule,
        result: &PollResult,
    ) {
        let Some(recorder) = self.recorder.clone() else { return };
        if !schedule.is_due(&result.snapshot, RECORD_INTERVAL) {
            return;
        }
        let (snapshot, marks) = (result.snapshot.clone(), result.marks.clone());
        tasks.push(Box::pin(async move {
            let recorded = tokio::task::spawn_blocking(move || {
                let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
                recorder.append(&snapshot, &marks).map(|_| ())
            });
            // The panic hook has already restored the screen, so the dashboard must end as well.
            DashboardEvent::Recorded(recorded.await.unwrap_or_else(|error| {
                match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => Err(Error::bug("cannot record a snapshot").cause(error)),
                }
            }))
        }));
    }

    /// Reads a job and renders it as plain text.
    fn read_job(&self, id: String) -> LocalBoxFuture<'static, DashboardEvent> {
        let context = without_progress(self.context);
        let width = self.context.terminal.stdout.width.map(|width| width.saturating_sub(6));
        Box::pin(async move {
            let args = JobsShow { id: id.clone() };
            let text = jobs::show(&context, &args).await.map(|mut report| {
                report.address(&context.settings.address());
                table::render(&report.document, RenderTarget { color: false, width })
            });
            DashboardEvent::Job(id, text)
        })
    }

    /// Shows the text of the job, unless the operator has closed its overlay.
    fn show_job(&mut self, id: &str, text: Result<String, Error>) {
        let job_title = format!("job {id}");
        let is_open =
            matches!(&self.model.overlay, Some(Overlay::Text(title, ..)) if *title == job_title);
        if !is_open {
            return;
        }
        let text = text.unwrap_or_else(|error| {
            let hints = error.hints.iter().map(|hint| format!("\nhint: {hint}"));
            format!("error: {}{}", error.message, hints.collect::<String>())
        });
        let lines = text.lines().map(str::to_owned).collect();
        self.model.overlay = Some(Overlay::Text(job_title, lines, 0));
    }
}

fn poll_event(
    context: Rc<Context>,
    interrupt: Interrupt,
) -> LocalBoxFuture<'static, DashboardEvent> {
    Box::pin(async move { DashboardEvent::Polled(Box::new(poll(&context, &interrupt).await)) })
}

/// Converts the result of a poll to an update of the model.
fn dashboard_update(result: PollResult, pause: Duration, context: &Context) -> DashboardUpdate {
    let queue = result.facts.queue.as_ref();
    let obstacle = match (queue, result.facts.layout.error()) {
        (_, Some(error)) => Some(error.to_string()),
        (Some(queue), None) => queue.error().map(ToString::to_string),
        (None, None) => Some("not read".to_owned()),
    };
    let section = section(&result.areas);
    let next = section.as_ref().and_then(|section| section.next.clone());
    let next = next.map(|next| context.settings.address().add_to_text(&next));
    DashboardUpdate {
        obstacle,
        by_kind_missing: queue.and_then(|q| q.value()).and_then(|q| q.by_kind_missing.clone()),
        next,
        section: section.map(|section| headline(&section, &result.areas).0),
        snapshot: result.snapshot,
        activity: result.activity,
        took: result.took,
        pause,
    }
}
