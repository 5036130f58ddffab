//! `watch`: looks again and again, and shows it.

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
use crate::facts::snapshot::Snapshot;
use crate::history::transitions;
use crate::interrupt::Interrupt;
use crate::render::{self, table};
use crate::sources::files::history::Store;
use crate::terminal::{Input, RenderTarget, Screen};
use crate::triage::{headline_suffix, section};
use crate::watch::{Action, DashboardUpdate, Model, Overlay, TrendPoint, press};

/// Between two snapshots that are kept, unless something changes.
const RECORDED: Duration = Duration::from_secs(30);
/// How long they are kept, as `record` has it.
const TREND_POINTS: Duration = Duration::from_hours(30 * 24);
/// What the sparklines show of the time before.
const BEFORE: SignedDuration = SignedDuration::from_mins(20);

/// Watches until somebody leaves.
///
/// # Errors
/// When there is nothing to look at, or no terminal to show it on.
pub async fn run(context: &Context, args: &Watch) -> Result<ExitCode, Error> {
    let subject = context.system_id()?;
    if let (false, Some(why)) = (args.plain, context.terminal.fullscreen_obstacle()) {
        return Err(Error::usage("watch wants a terminal to show itself on")
            .cause(why)
            .hint("for logs and pipes: cliplyctl watch --plain"));
    }
    let recorder = if args.no_record { None } else { Some(Recorder::open(context, TREND_POINTS)?) };
    if args.plain {
        return plain(context, args, recorder).await;
    }
    let name = context.settings.context_name.as_ref();
    let shown = name.map_or_else(|| subject.clone(), |name| format!("{name} · {subject}"));
    let mut model = Model::new(shown, context.settings.address(), args.every, context.now());
    if recorder.is_some() {
        // What was before is a nicety: a store that cannot be read is told when it is written.
        _ = recall(context, &subject, &mut model);
    }
    DashboardLoop { context, model, recorder: recorder.map(|r| Arc::new(Mutex::new(r))) }
        .run(args.every)
        .await
}

/// One line for each change.
async fn plain(
    context: &Context,
    args: &Watch,
    mut recorder: Option<Recorder>,
) -> Result<ExitCode, Error> {
    let (interrupt, mut rhythm) = (Interrupt::listen(), SnapshotSchedule::default());
    let opened = without_progress(context);
    let mut before: Option<Snapshot> = None;
    while !interrupt.happened() {
        let seen = poll(&opened, &interrupt).await;
        if interrupt.happened() {
            break;
        }
        if let Some(recorder) = &mut recorder
            && rhythm.is_due(&seen.snapshot, RECORDED)
            && let Err(error) = recorder.keep(&seen)
        {
            context.terminal.print_error(&error);
        }
        let lines = transitions::lines(before.as_ref(), &seen.snapshot);
        if record::print(context, &lines)?.is_break() {
            break;
        }
        before = Some(seen.snapshot);
        interrupt.sleep(pause_between(args.every, seen.took)).await;
    }
    Ok(ExitCode::Ok)
}

/// Puts what was recorded of late under the sparklines.
fn recall(context: &Context, subject: &str, model: &mut Model) -> Result<(), Error> {
    let Some(store) = Store::read(context.settings.state_dir.as_deref())? else { return Ok(()) };
    let Some(place) = store.place(subject)? else { return Ok(()) };
    let until = context.now();
    let from = until.saturating_sub(BEFORE).unwrap_or(until);
    store.walk(place, (from.as_millisecond(), until.as_millisecond()), |point| {
        if let Ok(at) = jiff::Timestamp::from_millisecond(point.at) {
            model.remember(TrendPoint { at, metrics: point.metrics, kinds: vec![] });
        }
    })
}

/// What happens beside the person.
enum DashboardEvent {
    /// A look has ended.
    Polled(Box<PollResult>),
    /// It is time for the next.
    Due,
    /// A job was read, or not.
    Job(String, Result<String, Error>),
    /// A snapshot was kept, or not.
    Recorded(Result<(), Error>),
}

struct DashboardLoop<'a> {
    context: &'a Context,
    model: Model,
    recorder: Option<Arc<Mutex<Recorder>>>,
}

type PendingTasks = FuturesUnordered<LocalBoxFuture<'static, DashboardEvent>>;

impl DashboardLoop<'_> {
    async fn run(mut self, every: Duration) -> Result<ExitCode, Error> {
        let interrupt = Interrupt::listen();
        let mut screen = Screen::open()
            .map_err(|error| Error::bug("the screen could not be taken").cause(error))?;
        let mut rhythm = SnapshotSchedule::default();
        let opened = Rc::new(without_progress(self.context));
        let mut work = PendingTasks::new();
        work.push(poll_event(opened.clone(), interrupt.clone()));
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let color = self.context.terminal.stdout.color;
        loop {
            self.model.now = self.context.now();
            let drawn = screen.draw(|frame| render::watch::render(frame, &self.model, color));
            if drawn.is_err() {
                return Ok(ExitCode::Ok); // the terminal is gone, and with it whoever watched
            }
            let effect = tokio::select! {
                input = screen.input() => match input {
                    Input::Key(key) => press(&mut self.model, key),
                    Input::Resized => None,
                    Input::Gone => Some(Action::Quit),
                },
                Some(event) = work.next(), if !work.is_empty() => {
                    match event {
                        DashboardEvent::Polled(seen) => {
                            let rest = pause_between(every, seen.took);
                            work.push(Box::pin(async move {
                                tokio::time::sleep(rest).await;
                                DashboardEvent::Due
                            }));
                            self.record(&mut work, &mut rhythm, &seen);
                            self.model.apply_update(dashboard_update(*seen, rest, self.context));
                        }
                        DashboardEvent::Due => work.push(poll_event(opened.clone(), interrupt.clone())),
                        DashboardEvent::Job(id, read) => self.show_job(&id, read),
                        DashboardEvent::Recorded(kept) => self.model.error = kept.err().map(|e| e.to_string()),
                    }
                    None
                },
                _ = seconds.tick() => None,
                () = interrupt.wait() => Some(Action::Quit),
            };
            match effect {
                None => {}
                Some(Action::Quit) => return Ok(ExitCode::Ok),
                Some(Action::OpenJob(id)) => work.push(self.opening(id)),
                Some(Action::Leave(command)) => {
                    drop(screen);
                    _ = record::print(self.context, &[command])?;
                    return Ok(ExitCode::Ok);
                }
            }
        }
    }

    /// Keeps a snapshot aside: another recorder may hold the store for a moment.
    fn record(&self, work: &mut PendingTasks, rhythm: &mut SnapshotSchedule, seen: &PollResult) {
        let Some(recorder) = self.recorder.clone() else { return };
        if !rhythm.is_due(&seen.snapshot, RECORDED) {
            return;
        }
        let (snapshot, marks) = (seen.snapshot.clone(), seen.marks.clone());
        work.push(Box::pin(async move {
            let kept = tokio::task::spawn_blocking(move || {
                let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
                recorder.append(&snapshot, &marks).map(|_| ())
            });
            // A panic has given the screen back already, whoever panicked: it ends us, too.
            DashboardEvent::Recorded(kept.await.unwrap_or_else(
                |error| match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => Err(Error::bug("a snapshot could not be kept").cause(error)),
                },
            ))
        }));
    }

    fn opening(&self, id: String) -> LocalBoxFuture<'static, DashboardEvent> {
        let context = without_progress(self.context);
        let width = self.context.terminal.stdout.width.map(|width| width.saturating_sub(6));
        Box::pin(async move {
            let show = JobsShow { id: id.clone() };
            let shown = jobs::show(&context, &show).await.map(|mut report| {
                report.address(&context.settings.address());
                table::render(&report.document, RenderTarget { color: false, width })
            });
            DashboardEvent::Job(id, shown)
        })
    }

    /// Shows the job, unless the person has closed it meanwhile.
    fn show_job(&mut self, id: &str, read: Result<String, Error>) {
        let wanted = format!("job {id}");
        let open =
            matches!(&self.model.overlay, Some(Overlay::Text(title, ..)) if *title == wanted);
        if !open {
            return;
        }
        let text = read.unwrap_or_else(|error| {
            let hints = error.hints.iter().map(|hint| format!("\nhint: {hint}"));
            format!("error: {}{}", error.message, hints.collect::<String>())
        });
        let lines = text.lines().map(str::to_owned).collect();
        self.model.overlay = Some(Overlay::Text(wanted, lines, 0));
    }
}

fn poll_event(
    context: Rc<Context>,
    interrupt: Interrupt,
) -> LocalBoxFuture<'static, DashboardEvent> {
    Box::pin(async move { DashboardEvent::Polled(Box::new(poll(&context, &interrupt).await)) })
}

/// A look as the model takes it.
fn dashboard_update(seen: PollResult, pause: Duration, context: &Context) -> DashboardUpdate {
    let queue = seen.facts.queue.as_ref();
    let obstacle = match (queue, seen.facts.layout.error()) {
        (_, Some(error)) => Some(error.to_string()),
        (Some(queue), None) => queue.error().map(ToString::to_string),
        (None, None) => Some("not read".to_owned()),
    };
    let section = section(&seen.areas);
    let next = section.as_ref().and_then(|section| section.next.clone());
    let next = next.map(|next| context.settings.address().add_to_text(&next));
    DashboardUpdate {
        obstacle,
        by_kind_missing: queue.and_then(|q| q.value()).and_then(|q| q.by_kind_missing.clone()),
        next,
        section: section
            .map(|s| format!("{}{}", s.section.name(), headline_suffix(&s, &seen.areas))),
        snapshot: seen.snapshot,
        activity: seen.activity,
        took: seen.took,
        pause,
    }
}
