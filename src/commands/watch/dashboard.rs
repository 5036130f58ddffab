//! The loop of the dashboard: keys, polls and background tasks.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;

use super::{RECORD_INTERVAL, subcommand};
use crate::commands::poll::{PollResult, SnapshotSchedule, pause_between, poll, without_progress};
use crate::commands::record::{self, Recorder};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::interrupt::Interrupt;
use crate::render;
use crate::terminal::{Input, Screen};
use crate::triage::{headline, section};
use crate::watch::row_command::RowCommand;
use crate::watch::{Action, DashboardUpdate, Model, Overlay, press};

/// The result of a background task.
enum DashboardEvent {
    /// A poll has ended.
    Polled(Box<PollResult>),
    /// The next poll is due.
    PollDue,
    /// The command with these arguments returned this report.
    Detail(RowCommand, String),
    /// A snapshot was recorded.
    Recorded(Result<(), Error>),
}

/// The state of the dashboard.
pub(super) struct DashboardLoop<'a> {
    pub(super) context: &'a Context,
    pub(super) model: Model,
    pub(super) recorder: Option<Arc<Mutex<Recorder>>>,
}

/// The background tasks that have not ended.
type PendingTasks = FuturesUnordered<LocalBoxFuture<'static, DashboardEvent>>;

impl DashboardLoop<'_> {
    /// Shows the dashboard until the operator quits.
    pub(super) async fn run(mut self, every: Duration) -> Result<ExitCode, Error> {
        let interrupt = Interrupt::listen();
        let mut screen = open_screen()?;
        let mut schedule = SnapshotSchedule::default();
        let poll_context = Rc::new(without_progress(self.context));
        let mut tasks = PendingTasks::new();
        let start_poll = || poll_event(poll_context.clone(), interrupt.clone());
        tasks.push(start_poll());
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
                            self.record(&mut tasks, &mut schedule, &result);
                            self.show_poll(&mut tasks, *result, every);
                        }
                        DashboardEvent::PollDue => tasks.push(start_poll()),
                        DashboardEvent::Detail(command, text) => self.show_detail(&command, &text),
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
                Some(Action::Open(command)) => tasks.push(self.read_detail(command)),
                Some(Action::Leave(command)) => {
                    drop(screen);
                    _ = record::print(self.context, &[command.to_string()])?;
                    return Ok(ExitCode::Ok);
                }
                Some(Action::Canary(canary)) => {
                    // The prompts of the command need the terminal, and what a poll reads meanwhile is old afterwards.
                    drop(screen);
                    tasks.clear();
                    if let Some(code) =
                        subcommand::on_terminal(self.context, &canary, &interrupt).await?
                    {
                        return Ok(code);
                    }
                    screen = open_screen()?;
                    tasks.push(start_poll());
                }
            }
        }
    }

    /// Shows the result of a poll and schedules the next one.
    fn show_poll(&mut self, tasks: &mut PendingTasks, result: PollResult, every: Duration) {
        let pause = pause_between(every, result.took);
        tasks.push(Box::pin(async move {
            tokio::time::sleep(pause).await;
            DashboardEvent::PollDue
        }));
        self.model.apply_update(dashboard_update(result, pause, self.context));
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

    /// Runs the command of a detail and returns its report as text.
    fn read_detail(&self, command: RowCommand) -> LocalBoxFuture<'static, DashboardEvent> {
        let context = without_progress(self.context);
        let width = self.context.terminal.stdout.width.map(|width| width.saturating_sub(6));
        Box::pin(async move {
            let text = subcommand::text(&context, &command, width).await;
            DashboardEvent::Detail(command, text)
        })
    }

    /// Shows the report, unless the operator has closed its overlay.
    fn show_detail(&mut self, command: &RowCommand, text: &str) {
        if let Some(Overlay::Detail(detail)) = &mut self.model.overlay
            && detail.command == *command
        {
            detail.lines = Some(text.lines().map(str::to_owned).collect());
        }
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
    let layout = result.facts.layout.value();
    let dead_states = layout.map(|layout| layout.state_names.dead.clone()).unwrap_or_default();
    let acknowledged = queue.and_then(|q| q.value()).and_then(|q| q.acknowledged.as_ref());
    let section = section(&result.areas);
    let next = section.as_ref().and_then(|section| section.next.as_ref());
    let next = next.map(|step| step.command.clone().addressed(&context.settings.address()));
    DashboardUpdate {
        obstacle,
        by_kind_missing: queue.and_then(|q| q.value()).and_then(|q| q.by_kind_missing.clone()),
        next,
        section: section.map(|section| headline(&section, &result.areas).0),
        acknowledged: acknowledged.map(AcknowledgedDead::held_groups).unwrap_or_default(),
        dead_states,
        snapshot: result.snapshot,
        activity: result.activity,
        took: result.took,
        pause,
    }
}

fn open_screen() -> Result<Screen, Error> {
    Screen::open().map_err(|error| Error::bug("cannot use the terminal").cause(error))
}
